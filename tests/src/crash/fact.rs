//! What was acknowledged, and must be found so after each restart.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use reqwest::StatusCode;
use serde_json::Value;

use super::{ledger::Heard, wire::Wire};
use crate::Client;

/// How many facts one actor asks for after each restart.
const MOST: usize = 24;

/// A lost answer may be asked for again for 30 s (`tokens.rotation_grace`).
const GRACE: Duration = Duration::from_secs(25);

/// Something that holds until somebody changes it.
#[derive(Clone, Debug)]
pub(super) enum Fact {
    /// This cookie is a session.
    Session(String),
    /// This cookie is a session no more.
    NoSession(String),
    /// This refresh token works.
    Refresh {
        /// Who holds it.
        client_id: &'static str,
        token: String,
        /// Since when an answer with its successor is missing.
        cut: Option<Instant>,
    },
    /// This form is refused at an endpoint, for good.
    Spent {
        /// Why.
        what: &'static str,
        client: Called,
        endpoint: &'static str,
        form: Vec<(&'static str, String)>,
    },
    /// This reference to a pushed request was used.
    SpentReference { url: url::Url, session: String },
    /// This registration stands as it is here.
    Registered { uri: String, token: String, name: String },
    /// This one was removed.
    Removed { uri: String, token: String },
}

/// Who calls: a service of `clients.toml`, or one that says who it is in the form.
#[derive(Clone, Copy, Debug)]
pub(super) enum Called {
    Known(&'static str),
    Itself(&'static str),
}

impl Called {
    pub(super) fn client(self, wire: &Wire) -> Client {
        match self {
            Self::Known(id) => Client::of(id, wire.provider()),
            Self::Itself(id) => Client::registered(id, super::keyed::CALLBACK, wire.provider()),
        }
    }
}

/// The facts of one actor, the youngest ones.
#[derive(Default)]
pub(super) struct Memory(VecDeque<Fact>);

impl Memory {
    pub(super) fn keep(&mut self, fact: Fact) {
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(fact);
    }

    /// Keeps only those.
    pub(super) fn forget(&mut self, all_but: impl FnMut(&Fact) -> bool) {
        self.0.retain(all_but);
    }

    /// Asks for each of them; one that does not hold is told and forgotten.
    pub(super) async fn check(&mut self, wire: &Wire) {
        for mut fact in std::mem::take(&mut self.0) {
            let Some(held) = fact.holds(wire).await else {
                self.0.push_back(fact);
                continue;
            };
            if held.is_ok() {
                self.0.push_back(fact.clone());
            }
            wire.ledger.check(fact.promise(), held);
        }
        self.0.retain(|fact| !fact.is_doubtful());
    }
}

impl Fact {
    pub(super) fn refresh(client_id: &'static str, token: String) -> Self {
        Self::Refresh { client_id, token, cut: None }
    }

    /// A refresh token that is worth nothing any more.
    pub(super) fn no_refresh(client_id: &'static str, token: String) -> Self {
        Self::Spent {
            what: "a refresh token that was taken back stays so",
            client: Called::Known(client_id),
            endpoint: "token",
            form: vec![("grant_type", "refresh_token".into()), ("refresh_token", token)],
        }
    }

    fn promise(&self) -> &'static str {
        match self {
            Self::Session(_) => "a session does SSO",
            Self::NoSession(_) => "a logout holds",
            Self::Refresh { .. } => "a refresh token works",
            Self::Spent { what, .. } => what,
            Self::SpentReference { .. } => "a pushed request serves once",
            Self::Registered { .. } => "a registered client is there",
            Self::Removed { .. } => "a removed client stays away",
        }
    }

    /// So much time has passed since a cut that nobody can say what is right.
    fn is_doubtful(&self) -> bool {
        matches!(self, Self::Refresh { cut: Some(since), .. } if since.elapsed() > GRACE)
    }

    /// Nothing when the answer was cut.
    async fn holds(&mut self, wire: &Wire) -> Option<Result<(), String>> {
        match self {
            Self::Session(cookie) => does_sso(wire, cookie).await.map(|does| {
                if does { Ok(()) } else { Err("a session that was acknowledged is gone".into()) }
            }),
            Self::NoSession(cookie) => does_sso(wire, cookie).await.map(|does| {
                if does { Err("a session lives again after its logout".into()) } else { Ok(()) }
            }),
            Self::Refresh { client_id, token, cut } => {
                let client = Client::of(client_id, wire.provider());
                match refreshed(wire, &client, token).await {
                    None => {
                        cut.get_or_insert_with(Instant::now);
                        None
                    }
                    Some(Ok(next)) => {
                        (*token, *cut) = (next, None);
                        Some(Ok(()))
                    }
                    Some(Err(why)) => Some(Err(format!("a refresh token is lost ({why})"))),
                }
            }
            Self::Spent { client, endpoint, form, what } => {
                let form: Vec<_> =
                    form.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let call = client.client(wire).back_channel(endpoint, &form);
                match wire.heard(call).await {
                    Heard::Nothing => None,
                    Heard::Refused => Some(Ok(())),
                    Heard::Served => Some(Err(format!("not so: {what}"))),
                }
            }
            Self::SpentReference { url, session } => {
                let page = wire.authorize(url, Some(session)).await?;
                let served = page.location().is_some_and(|to| to.as_str().contains("code="));
                Some(if served { Err("a reference served twice".into()) } else { Ok(()) })
            }
            Self::Registered { uri, token, name } => {
                let page = wire.call(wire.http().get(&*uri).bearer_auth(token)).await?;
                let body: Value = serde_json::from_str(&page.text).unwrap_or_default();
                let held = page.status == StatusCode::OK && body["client_name"] == name.as_str();
                Some(if held { Ok(()) } else { Err(format!("a registration is {}", page.text)) })
            }
            Self::Removed { uri, token } => {
                let page = wire.call(wire.http().get(&*uri).bearer_auth(token)).await?;
                let held = page.status == StatusCode::UNAUTHORIZED;
                Some(if held { Ok(()) } else { Err("a removed registration is back".into()) })
            }
        }
    }
}

/// The next refresh token, or why there is none.
pub(super) async fn refreshed(
    wire: &Wire,
    client: &Client,
    token: &str,
) -> Option<Result<String, String>> {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    let page = wire.call(client.token_request(&form)).await?;
    let body: Value = serde_json::from_str(&page.text).unwrap_or_default();
    Some(match body["refresh_token"].as_str() {
        Some(next) => Ok(next.to_owned()),
        None => Err(page.text),
    })
}

async fn does_sso(wire: &Wire, cookie: &str) -> Option<bool> {
    let silent = Client::of("agenda", wire.provider()).request().with("prompt", "none");
    let page = wire.authorize(&silent.url, Some(cookie)).await?;
    let members = page.answer().members;
    if !members.contains_key("code") && members["error"] != "login_required" {
        wire.ledger.violation(format!("prompt=none is answered with {members:?}"));
    }
    Some(members.contains_key("code"))
}
