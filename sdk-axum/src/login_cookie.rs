//! A login under way, sealed into a cookie of the browser that started it.
//!
//! Nothing is kept on the server, so that a million abandoned logins cost
//! nothing. Each login has its own cookie, named after its `state`: two tabs
//! never mix, and an answer without the cookie is not this browser's.

use axum::http::HeaderMap;
use axum_extra::extract::{
    PrivateCookieJar,
    cookie::{Cookie, Key, SameSite},
};
use serde::{Deserialize, Serialize};

use crate::{Level, ReturnPath, clock::UnixTime};

/// How long a person may take to log in.
pub(crate) const LONGEST_LOGIN: i64 = 600;
/// A browser sends all its cookies at once: too many make a request that
/// servers refuse.
const MOST_LOGINS: usize = 6;

/// What must be remembered between leaving and coming back.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Login {
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) verifier: String,
    pub(crate) return_to: ReturnPath,
    pub(crate) level: Option<Level>,
    pub(crate) max_age: Option<u32>,
    /// Who must turn out to be there, when this is a step-up.
    #[serde(default)]
    pub(crate) subject: Option<String>,
    pub(crate) popup: bool,
    pub(crate) started_at: UnixTime,
}

/// The sealed cookies that came with a request.
pub(crate) struct LoginCookies {
    jar: PrivateCookieJar,
    prefix: String,
}

impl LoginCookies {
    pub(crate) fn read(headers: &HeaderMap, key: &Key, service: &str) -> Self {
        let jar = PrivateCookieJar::from_headers(headers, key.clone());
        Self { jar, prefix: format!("__Host-{service}-login-") }
    }

    /// Remembers a login, and forgets the oldest of too many.
    pub(crate) fn put(self, login: &Login) -> Result<PrivateCookieJar, serde_json::Error> {
        let mut others: Vec<_> = self
            .jar
            .iter()
            .filter(|cookie| cookie.name().starts_with(&self.prefix))
            .map(|cookie| (started_at(&cookie), cookie.name().to_owned()))
            .collect();
        others.sort_unstable();
        let forgotten = others.len().saturating_sub(MOST_LOGINS - 1);
        let mut jar = self.jar;
        for (_, name) in others.into_iter().take(forgotten) {
            jar = jar.remove(cookie(name, String::new()));
        }
        let text = serde_json::to_string(login)?;
        Ok(jar.add(cookie(name(&self.prefix, &login.state), text)))
    }

    /// The login that this answer belongs to, which is then over.
    pub(crate) fn take(self, state: &str, now: UnixTime) -> (PrivateCookieJar, Option<Login>) {
        let name = name(&self.prefix, state);
        let Some(found) = self.jar.get(&name) else { return (self.jar, None) };
        let login = serde_json::from_str::<Login>(found.value())
            .ok()
            .filter(|login| login.state == state && now < login.started_at + LONGEST_LOGIN);
        (self.jar.remove(cookie(name, String::new())), login)
    }
}

fn started_at(cookie: &Cookie<'_>) -> UnixTime {
    serde_json::from_str::<Login>(cookie.value()).map_or(0, |login| login.started_at)
}

/// The part of a state that can stand in a name; the whole of it is compared.
fn name(prefix: &str, state: &str) -> String {
    let letters = state.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '_');
    format!("{prefix}{}", letters.take(16).collect::<String>())
}

/// The answer is a navigation that another site starts, hence `Lax`. The time
/// of the login is inside, so the browser needs no date.
fn cookie(name: String, value: String) -> Cookie<'static> {
    Cookie::build((name, value))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .build()
}
