//! The way out: to the provider, with a cookie to recognise the return.

use axum::{
    extract::{Query, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::PrivateCookieJar;
use openidconnect::{
    AuthenticationContextClass, AuthenticationFlow, CsrfToken, LanguageTag, LoginHint, Nonce,
    PkceCodeChallenge, Scope, core::CoreResponseType,
};
use serde::Deserialize;

use crate::{
    Error, ErrorCode, Level, Psc, ReturnPath, Session,
    login_cookie::{Login, LoginCookies},
    psc::Parts,
};

/// What a page may ask of a login. Anything else in the query is ignored.
#[derive(Debug, Deserialize)]
pub(super) struct LoginQuery {
    return_to: Option<String>,
    level: Option<Level>,
    max_age: Option<u32>,
    means: Option<Means>,
    mode: Option<Mode>,
    locale: Option<Locale>,
}

/// Which tab of the login page opens first; never a restriction.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Means {
    Ecps,
    Card,
    Passkey,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Redirect,
    Popup,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Locale {
    Fr,
    En,
}

/// Starts a login.
pub(super) async fn login(
    State(psc): State<Psc>,
    headers: HeaderMap,
    Query(query): Query<LoginQuery>,
) -> Result<Response, Error> {
    let psc = psc.parts();
    let popup = query.mode == Some(Mode::Popup);
    let return_to = match &query.return_to {
        None => psc.checked.home.clone(),
        Some(path) => ReturnPath::parse(path)
            .map_err(|error| Error::new(ErrorCode::Configuration, format!("return_to {error}")))?,
    };
    match start(psc, &headers, &query, &return_to).await {
        Ok((cookies, address)) => {
            let no_store = [(header::CACHE_CONTROL, "no-store")];
            Ok((no_store, cookies, Redirect::to(&address)).into_response())
        }
        Err(error) => {
            tracing::warn!(%error, "a login could not start");
            Ok(super::callback::back(psc, &return_to, popup, Some(error.code)))
        }
    }
}

async fn start(
    psc: &Parts,
    headers: &HeaderMap,
    query: &LoginQuery,
    return_to: &ReturnPath,
) -> Result<(PrivateCookieJar, String), Error> {
    let now = psc.clock.now();
    let found = psc.provider.found(&psc.config, now).await?;
    let client = found.client(&psc.config, &psc.checked.redirect_uri)?;
    let level = query.level.max(psc.config.level);
    let confirmed = confirmed(psc, headers, query).await?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();

    let mut request = client
        .authorize_url(
            AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
            || CsrfToken::new_random_len(32),
            || Nonce::new_random_len(32),
        )
        .set_pkce_challenge(challenge)
        // PSC wants the parameter always, and `eidas1` is the least it knows.
        .add_auth_context_value(AuthenticationContextClass::new(
            level.unwrap_or(Level::Eidas1).to_string(),
        ));
    for scope in psc.config.scope.split(' ').filter(|scope| *scope != "openid") {
        request = request.add_scope(Scope::new(scope.to_owned()));
    }
    if let Some(seconds) = query.max_age {
        request = request.set_max_age(std::time::Duration::from_secs(seconds.into()));
    }
    if let Some(session) = &confirmed {
        // Only the provider's page is helped by it; the answer is checked.
        request = request.set_login_hint(LoginHint::new(session.national_id.clone()));
    }
    if let Some(locale) = query.locale {
        let tag = match locale {
            Locale::Fr => "fr",
            Locale::En => "en",
        };
        request = request.add_ui_locale(LanguageTag::new(tag.to_owned()));
    }
    if let Some(means) = query.means {
        let word = match means {
            Means::Ecps => "ecps",
            Means::Card => "card",
            Means::Passkey => "passkey",
        };
        request = request.add_extra_param("means", word);
    }
    let (address, state, nonce) = request.url();

    let login = Login {
        state: state.secret().clone(),
        nonce: nonce.secret().clone(),
        verifier: verifier.into_secret(),
        return_to: return_to.clone(),
        level,
        max_age: query.max_age,
        subject: confirmed.map(|session| session.subject),
        popup: query.mode == Some(Mode::Popup),
        started_at: now,
    };
    let cookies = LoginCookies::read(headers, &psc.checked.cookie_key, &psc.config.name)
        .put(&login)
        .map_err(|error| Error::new(ErrorCode::Server, error.to_string()))?;
    Ok((cookies, address.into()))
}

/// Who is asked to confirm their identity: a login that demands a level or a
/// fresh gesture while somebody is logged in is a step-up, and nobody else may
/// answer it. Without such a demand it is a login, perhaps of someone else.
async fn confirmed(
    psc: &Parts,
    headers: &HeaderMap,
    query: &LoginQuery,
) -> Result<Option<Session>, Error> {
    if query.level.is_none() && query.max_age.is_none() {
        return Ok(None);
    }
    Ok(psc.find_session(headers).await?.map(|kept| kept.record.session))
}
