//! The token endpoint over HTTP.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};

use super::{authorization_code, refresh};
use crate::{
    app::App,
    clients::authenticate,
    config::REALM,
    error::{Error, ErrorCode},
    parameters::{Parameters, Repeated},
};

/// Routes of this room.
pub fn router() -> Router<App> {
    let path = format!("{REALM}/protocol/openid-connect/token");
    Router::new().route(&path, post(token))
}

/// RFC 9700 §4.3.2: an address ends in logs and histories.
const SECRETS: &[&str] = &["client_secret", "code", "code_verifier", "refresh_token"];

async fn token(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Error> {
    let query = Parameters::parse(query.unwrap_or_default().as_bytes());
    if SECRETS.iter().any(|name| query.has(name)) {
        return Err(Error::Refused(
            ErrorCode::InvalidRequest,
            "Secrets belong in the body or the Authorization header, not in the address.",
        ));
    }
    let parameters = form(&headers, &body)?;
    let client = authenticate(&app.clients, &headers, &parameters)?;
    let tokens = match parameters.one("grant_type")? {
        Some("authorization_code") => {
            authorization_code::redeem(&app, &client, &parameters).await?
        }
        Some("refresh_token") => refresh::refresh(&app, &client, &parameters).await?,
        Some(_) => {
            return Err(Error::Refused(
                ErrorCode::UnsupportedGrantType,
                "grant_type is authorization_code or refresh_token.",
            ));
        }
        None => {
            return Err(Error::Refused(ErrorCode::InvalidRequest, "grant_type is missing."));
        }
    };
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::PRAGMA, HeaderValue::from_static("no-cache")),
    ];
    Ok((StatusCode::OK, headers, Json(tokens)).into_response())
}

/// The body of a back-channel call (oidc-rules §0.3).
fn form(headers: &HeaderMap, body: &Bytes) -> Result<Parameters, Error> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|text| text.split(';').next()).map(str::trim);
    if !essence.is_some_and(|it| it.eq_ignore_ascii_case("application/x-www-form-urlencoded")) {
        return Err(Error::Refused(
            ErrorCode::InvalidRequest,
            "The body must be application/x-www-form-urlencoded.",
        ));
    }
    Ok(Parameters::parse(body))
}

impl From<Repeated> for Error {
    fn from(_: Repeated) -> Self {
        Self::Refused(ErrorCode::InvalidRequest, "A parameter was sent more than once.")
    }
}
