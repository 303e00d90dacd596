//! A page that services keep in a frame to hear that the browser's session has
//! changed (OpenID Connect Session Management 1.0).
//!
//! `session_state` is the session's `sid`, in the answer of the authorization
//! endpoint as in PSC's tokens. The page compares it with a cookie that holds a
//! salted digest of the same and opens nothing. What the specification's digest
//! over client and origin would prove, the page asks for: whether the origin
//! that sends it messages is one of the client's.

use std::sync::LazyLock;

use aws_lc_rs::digest;
use axum::{
    Router,
    extract::{RawQuery, State},
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use base64::{Engine, prelude::BASE64_STANDARD};

use crate::{app::App, config::REALM, parameters::Parameters};

const SCRIPT: &str = include_str!("../assets/check-session.js");

/// Where the page is, under the issuer: the name is PSC's.
const WORD: &str = "/protocol/openid-connect/login-status-iframe.html";

/// Routes of this room.
pub fn router() -> Router<App> {
    Router::new()
        .route(&format!("{REALM}{WORD}"), get(page))
        .route(&format!("{REALM}{WORD}/init"), get(is_its_origin))
}

/// What discovery says.
pub fn endpoint(app: &App) -> String {
    format!("{}{WORD}", app.issuer)
}

/// The one page of ours that others may frame: nothing in it can be clicked.
static PAGE: LazyLock<(String, HeaderValue)> = LazyLock::new(|| {
    let digest = digest::digest(&digest::SHA256, SCRIPT.as_bytes());
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; connect-src 'self'; form-action 'none'; \
         base-uri 'none'",
        BASE64_STANDARD.encode(digest)
    );
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>openpsc</title>\n\
         <script>{SCRIPT}</script>\n</html>\n"
    );
    (html, HeaderValue::from_str(&policy).expect("base64 is visible ASCII"))
});

async fn page() -> Response {
    let (html, policy) = &*PAGE;
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy.clone()),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
    ];
    (headers, Html(html.as_str())).into_response()
}

/// 204 when the origin is one of the client's, 403 otherwise: a client that
/// does not exist has none.
async fn is_its_origin(State(app): State<App>, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::parse(query.unwrap_or_default().as_bytes());
    let (Ok(Some(client_id)), Ok(Some(origin))) =
        (parameters.one("client_id"), parameters.one("origin"))
    else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let lives_there = app.clients.find(client_id).is_some_and(|client| client.lives_at(origin));
    let status = if lives_there { StatusCode::NO_CONTENT } else { StatusCode::FORBIDDEN };
    (status, [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))]).into_response()
}
