//! The published key set (RFC 7517 §5).

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{app::App, config::REALM, error::Error};

/// Routes of this room.
pub fn router() -> Router<App> {
    Router::new().route(&format!("{REALM}/protocol/openid-connect/certs"), get(jwks))
}

async fn jwks(State(app): State<App>) -> Result<Response, Error> {
    let keys = app.keys.get(&app).await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
    ];
    Ok((headers, keys.jwks.clone()).into_response())
}
