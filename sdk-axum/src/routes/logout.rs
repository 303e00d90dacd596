//! Logout: here first, then at the provider.

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use openidconnect::{ClientId, CsrfToken, LogoutRequest, PostLogoutRedirectUrl, core::CoreIdToken};
use serde::Deserialize;
use serde_json::json;

use super::{csrf, session::refused};
use crate::{Error, ErrorCode, Psc, ReturnPath, psc::Parts, session::Record};

/// What is ended, and where a local logout comes back to. An explicit click
/// ends the provider's session too; an automatic logout stays local.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wish {
    local: bool,
    return_to: Option<String>,
}

/// Ends this service's session, and says where to end the provider's.
pub(super) async fn logout(
    State(psc): State<Psc>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Response> {
    let psc = psc.parts();
    let script = csrf::sent_by_our_script(&headers);
    if !script && !csrf::sent_by_our_form(psc, &headers) {
        return Err(refused());
    }
    let wish = wish(&body, script).map_err(IntoResponse::into_response)?;
    let return_to = match &wish.return_to {
        None => psc.checked.home.clone(),
        Some(path) => ReturnPath::parse(path).map_err(|error| {
            Error::new(ErrorCode::Configuration, format!("return_to {error}")).into_response()
        })?,
    };
    let ended = psc.end_session(&headers).await.map_err(IntoResponse::into_response)?;
    let redirect = match ended {
        Some(record) if !wish.local => provider_logout(psc, &record).await,
        _ => None,
    };
    let forget = (psc.forget_cookie(), [(header::CACHE_CONTROL, "no-store")]);
    Ok(if script {
        (forget, Json(json!({ "redirect": redirect }))).into_response()
    } else {
        let address = redirect.as_deref().unwrap_or(return_to.as_str());
        (forget, Redirect::to(address)).into_response()
    })
}

fn wish(body: &[u8], script: bool) -> Result<Wish, Error> {
    let malformed = |detail: String| Error::new(ErrorCode::Configuration, detail);
    if body.is_empty() {
        return Ok(Wish::default());
    }
    if script {
        return serde_json::from_slice(body).map_err(|error| malformed(error.to_string()));
    }
    let mut wish = Wish::default();
    for (name, value) in url::form_urlencoded::parse(body) {
        match &*name {
            "local" => wish.local = value == "true",
            "return_to" => wish.return_to = Some(value.into_owned()),
            _ => {}
        }
    }
    Ok(wish)
}

/// The provider's end-session address, if it has one. A provider that is down
/// does not keep a person logged in here.
async fn provider_logout(psc: &Parts, record: &Record) -> Option<String> {
    let found = psc.provider.found(&psc.config, psc.clock.now()).await.ok()?;
    let hint: CoreIdToken = record.tokens.id_token.parse().ok()?;
    let come_back = PostLogoutRedirectUrl::new(psc.checked.post_logout_uri.clone()).ok()?;
    let request = LogoutRequest::from(found.metadata.end_session_endpoint.clone()?)
        .set_id_token_hint(&hint)
        .set_client_id(ClientId::new(psc.config.client_id.clone()))
        .set_post_logout_redirect_uri(come_back)
        .set_state(CsrfToken::new_random_len(32));
    Some(request.http_get_url().into())
}
