//! The published key set (RFC 7517 §5).

use axum::{Router, extract::State, http::HeaderMap, response::Response, routing::get};

use crate::{app::App, config::REALM, error::Error};

/// Routes of this room.
pub fn router() -> Router<App> {
    Router::new().route(&format!("{REALM}/protocol/openid-connect/certs"), get(jwks))
}

async fn jwks(State(app): State<App>, headers: HeaderMap) -> Result<Response, Error> {
    Ok(app.keys.get(&app).await?.jwks.answer(&headers))
}
