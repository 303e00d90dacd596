//! The token endpoint over HTTP.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};

use super::{authorization_code, ciba, refresh};
use crate::{
    app::App,
    back_channel::Authenticated,
    config::REALM,
    error::{Error, ErrorCode},
    parameters::Repeated,
};

/// Routes of this room.
pub fn router() -> Router<App> {
    let path = format!("{REALM}/protocol/openid-connect/token");
    Router::new().route(&path, post(token))
}

async fn token(State(app): State<App>, call: Authenticated) -> Result<Response, Error> {
    let tokens = match call.parameters.one("grant_type")? {
        Some("authorization_code") => authorization_code::redeem(&app, &call).await?,
        Some("refresh_token") => refresh::refresh(&app, &call).await?,
        Some(ciba::GRANT_TYPE) => ciba::redeem(&app, &call).await?,
        Some(_) => {
            return Err(Error::Refused(
                ErrorCode::UnsupportedGrantType,
                "grant_type is authorization_code, refresh_token or urn:openid:params:grant-type:ciba.",
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

impl From<Repeated> for Error {
    fn from(_: Repeated) -> Self {
        Self::Refused(ErrorCode::InvalidRequest, "A parameter was sent more than once.")
    }
}
