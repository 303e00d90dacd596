//! UserInfo (OpenID Connect Core §5.3): who is this, in full.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;

use crate::{
    app::App,
    config::REALM,
    error::Error,
    parameters::Parameters,
    token::{AccessTokenError, verify_access_token},
};

/// Routes of this room.
pub fn router() -> Router<App> {
    let path = format!("{REALM}/protocol/openid-connect/userinfo");
    Router::new().route(&path, get(userinfo).post(userinfo))
}

async fn userinfo(
    State(app): State<App>,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Response, Error> {
    let query = Parameters::parse(query.unwrap_or_default().as_bytes());
    // RFC 9700 §4.3.2: an address ends in logs and histories.
    if query.has("access_token") {
        return Ok(challenge(Some((
            "invalid_request",
            "Send the token in the Authorization header, not in the address.",
        ))));
    }
    let form =
        if method == Method::POST { Parameters::parse(&body) } else { Parameters::default() };
    let token = match (bearer(&headers), form.one("access_token")) {
        (Some(header), Ok(None)) => header.to_owned(),
        (None, Ok(Some(form))) => form.to_owned(),
        (None, Ok(None)) => return Ok(challenge(None)),
        _ => {
            return Ok(challenge(Some((
                "invalid_request",
                "Send the token once: in the Authorization header or in the body.",
            ))));
        }
    };
    let token = match verify_access_token(&app, &token).await {
        Ok(token) => token,
        Err(AccessTokenError::Inactive) => {
            return Ok(challenge(Some(("invalid_token", "Token verification failed"))));
        }
        Err(AccessTokenError::Internal(cause)) => return Err(cause.into()),
    };
    if !token.allows("openid") {
        return Ok(challenge(Some(("insufficient_scope", "Missing openid scope"))));
    }
    let person = token.national_id.as_deref().and_then(|id| app.directory.find(id));
    let Some(person) = person else {
        return Ok(challenge(Some(("invalid_token", "Token verification failed"))));
    };
    let auth_mode = token.means().map_or("", |means| means.as_str());
    let claims = person.userinfo(&token.sub, auth_mode);
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(claims)).into_response())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// RFC 6750 §3: the challenge says what was wrong, a bare one that nothing came.
fn challenge(error: Option<(&'static str, &'static str)>) -> Response {
    const BARE: &str = r#"Bearer realm="esante-wallet""#;
    let Some((code, description)) = error else {
        let headers = [(header::WWW_AUTHENTICATE, BARE), (header::CACHE_CONTROL, "no-store")];
        return (StatusCode::UNAUTHORIZED, headers).into_response();
    };
    let status = match code {
        "invalid_request" => StatusCode::BAD_REQUEST,
        "insufficient_scope" => StatusCode::FORBIDDEN,
        _ => StatusCode::UNAUTHORIZED,
    };
    let text = format!(r#"{BARE}, error="{code}", error_description="{description}""#);
    let body = Json(json!({"error": code, "error_description": description}));
    let mut response = (status, [(header::CACHE_CONTROL, "no-store")], body).into_response();
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}
