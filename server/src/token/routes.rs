//! The token endpoint over HTTP.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};

use serde::Serialize;

use super::{authorization_code, ciba, client_credentials, refresh};
use crate::{
    app::App,
    back_channel::Authenticated,
    clients::GrantType,
    config::REALM,
    dpop,
    error::{Error, ErrorCode},
    parameters::Repeated,
};

/// Routes of this room.
pub fn router() -> Router<App> {
    let path = format!("{REALM}/protocol/openid-connect/token");
    Router::new().route(&path, post(token))
}

async fn token(State(app): State<App>, call: Authenticated) -> Result<Response, Error> {
    answer(&app, &call).await.map_err(|refusal| call.client.rules.worded(refusal))
}

async fn answer(app: &App, call: &Authenticated) -> Result<Response, Error> {
    let grant_type = call.parameters.one("grant_type")?;
    let grant_type = grant_type
        .ok_or(Error::Refused(ErrorCode::InvalidRequest, "grant_type is missing."))?
        .parse::<GrantType>()
        .map_err(|()| {
            Error::Refused(
                ErrorCode::UnsupportedGrantType,
                "grant_type is not one of grant_types_supported in the discovery document.",
            )
        })?;
    if !call.client.may_use(grant_type) {
        return Err(Error::Refused(
            ErrorCode::UnauthorizedClient,
            "This client is not registered for this grant_type.",
        ));
    }
    let mut response = match grant_type {
        // Each in a box: this handler is not as large as the largest of them.
        GrantType::AuthorizationCode => {
            given(Box::pin(authorization_code::redeem(app, call)).await?)
        }
        GrantType::RefreshToken => given(Box::pin(refresh::refresh(app, call)).await?),
        GrantType::Ciba => given(Box::pin(ciba::redeem(app, call)).await?),
        GrantType::ClientCredentials => {
            given(Box::pin(client_credentials::issue(app, call)).await?)
        }
    };
    app.metrics.tokens(grant_type.as_str());
    if call.jkt.is_some() {
        // RFC 9449 §8.2: the next proof may need a younger one.
        let (name, nonce) = dpop::next_nonce(app);
        response.headers_mut().insert(name, nonce);
    }
    Ok(response)
}

/// RFC 6749 §5.1.
fn given(tokens: impl Serialize) -> Response {
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::PRAGMA, HeaderValue::from_static("no-cache")),
    ];
    (StatusCode::OK, headers, Json(tokens)).into_response()
}

impl From<Repeated> for Error {
    fn from(_: Repeated) -> Self {
        Self::Refused(ErrorCode::InvalidRequest, "A parameter was sent more than once.")
    }
}
