//! The way back: the provider's answer, believed only by the browser that
//! asked.

use axum::{
    extract::{Query, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use crate::{
    Error, ErrorCode, Psc, ReturnPath,
    login_cookie::{Login, LoginCookies},
    pages,
    psc::Parts,
    redemption,
};

/// The provider's answer (OIDC Core §3.1.2.5, RFC 9207 §2). A parameter that
/// stands twice is refused by the reader.
#[derive(Deserialize)]
pub(super) struct Answer {
    state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

/// Ends a login, well or not.
pub(super) async fn callback(
    State(psc): State<Psc>,
    headers: HeaderMap,
    Query(answer): Query<Answer>,
) -> Response {
    let psc = psc.parts();
    let now = psc.clock.now();
    let state = answer.state.clone().unwrap_or_default();
    let (cookies, login) =
        LoginCookies::read(&headers, &psc.checked.cookie_key, &psc.config.name).take(&state, now);
    let Some(login) = login else {
        // Also what a second visit to the same address finds (S02).
        tracing::info!("an answer to a login that this browser did not start, or has ended");
        let code = ErrorCode::StateMismatch;
        return (cookies, back(psc, &psc.checked.home, false, Some(code))).into_response();
    };

    let (return_to, popup) = (login.return_to.clone(), login.popup);
    match complete(psc, &headers, login, answer).await {
        Ok(session) => (cookies, session, back(psc, &return_to, popup, None)).into_response(),
        Err(error) => {
            tracing::warn!(%error, "a login failed");
            if error.code == ErrorCode::OtherPerson {
                // Who sits here is not whose session this is.
                return match psc.end_session(&headers).await {
                    Ok(_) => {
                        let back = back(psc, &return_to, popup, Some(error.code));
                        (cookies, psc.forget_cookie(), back).into_response()
                    }
                    Err(error) => (cookies, error).into_response(),
                };
            }
            (cookies, back(psc, &return_to, popup, Some(error.code))).into_response()
        }
    }
}

async fn complete(
    psc: &Parts,
    headers: &HeaderMap,
    login: Login,
    answer: Answer,
) -> Result<CookieJar, Error> {
    let now = psc.clock.now();
    let found = psc.provider.found(&psc.config, now).await?;

    // RFC 9207 §2.4: whoever announces `iss` must send it, and it is compared.
    let announced = found.metadata.authorization_response_iss_parameter_supported;
    match &answer.iss {
        Some(issuer) if *issuer != psc.config.issuer => {
            return Err(Error::new(ErrorCode::IssuerMismatch, "iss is another provider"));
        }
        None if announced => {
            return Err(Error::new(ErrorCode::IssuerMismatch, "iss is missing"));
        }
        _ => {}
    }
    if let Some(error) = answer.error {
        return Err(provider_error(&error));
    }
    let code = answer
        .code
        .ok_or_else(|| Error::new(ErrorCode::Server, "neither code nor error in the answer"))?;
    let (session, tokens) = redemption::redeem(psc, &found, login, code, now).await?;
    psc.open_session(headers, session, tokens).await
}

/// What the provider refused with, in our words.
fn provider_error(error: &str) -> Error {
    let code = match error {
        "access_denied" => ErrorCode::AccessDenied,
        "login_required" | "interaction_required" | "account_selection_required" => {
            ErrorCode::LoginRequired
        }
        "unmet_authentication_requirements" => ErrorCode::LevelTooLow,
        _ => ErrorCode::Server,
    };
    // The word comes from a URL that anyone can write: only its letters are kept.
    let word: String = error
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
        .take(64)
        .collect();
    Error::new(code, format!("the provider answered {word}"))
}

/// To the page that asked; a popup goes to the page that closes it.
pub(super) fn back(
    psc: &Parts,
    return_to: &ReturnPath,
    popup: bool,
    error: Option<ErrorCode>,
) -> Response {
    let address = match (popup, error) {
        (false, None) => return_to.as_str().to_owned(),
        (false, Some(code)) => return_to.with_error(code),
        (true, None) => format!("{}/done", psc.config.path),
        (true, Some(code)) => format!("{}/done?error={}", psc.config.path, code.as_str()),
    };
    let headers = [(header::CACHE_CONTROL, "no-store"), (header::REFERRER_POLICY, "no-referrer")];
    (headers, Redirect::to(&address)).into_response()
}

/// How a popup ended.
#[derive(Deserialize)]
pub(super) struct Outcome {
    error: Option<ErrorCode>,
}

/// The last page of a popup.
pub(super) async fn done(headers: HeaderMap, Query(outcome): Query<Outcome>) -> Response {
    pages::popup_end(&headers, outcome.error)
}
