//! The introspection endpoint over HTTP.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::json;

use super::answer::answer;
use crate::{
    app::App,
    back_channel::Authenticated,
    clients::Client,
    config::REALM,
    error::{Error, ErrorCode},
    jose::sign_compact,
    parameters::Parameters,
    token,
};

/// RFC 9701 §4.
const SIGNED: &str = "application/token-introspection+jwt";

/// Routes of this room.
pub fn router() -> Router<App> {
    let path = format!("{REALM}/protocol/openid-connect/token/introspect");
    Router::new().route(&path, post(introspect))
}

async fn introspect(
    State(app): State<App>,
    Authenticated { client, parameters, caller, .. }: Authenticated,
) -> Result<Response, Error> {
    let text = asked_of(&client, &parameters).map_err(|refusal| client.rules.worded(refusal))?;
    let answer = answer(&client, token::inspect(&app, text).await?);

    if !wants_signed(&caller.headers) {
        return Ok(([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response());
    }
    let claims = json!({
        "iss": app.issuer,
        "aud": client.client_id,
        "iat": app.clock.now(),
        "token_introspection": answer,
    });
    let keys = app.keys.get(&app).await?;
    let key = keys.tokens(client.introspection_alg);
    let signed = sign_compact(key, "token-introspection+jwt", &claims)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(SIGNED)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, signed).into_response())
}

/// The token that a client may ask about.
fn asked_of<'a>(client: &Client, parameters: &'a Parameters) -> Result<&'a str, Error> {
    if client.is_public() {
        // RFC 7662 §2.1: anybody could name a public client.
        let code = if client.rules.errors_say_what_psc_says {
            ErrorCode::NotForThisClient
        } else {
            ErrorCode::InvalidClient
        };
        return Err(Error::Refused(code, "Introspection is for clients with credentials."));
    }
    let missing = Error::Refused(ErrorCode::InvalidRequest, "token is missing.");
    parameters.one("token")?.ok_or(missing)
}

/// Whether the caller names the signed form among those that it accepts.
fn wants_signed(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted
        .flat_map(|text| text.split(','))
        .filter_map(|range| range.split(';').next())
        .any(|kind| kind.trim().eq_ignore_ascii_case(SIGNED))
}
