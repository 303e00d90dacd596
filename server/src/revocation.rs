//! Revocation (RFC 7009): a client gives a token back.
//!
//! A refresh token takes its access tokens along; an access token goes alone.
//! The answer is the same whether or not there was anything to revoke.

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};

use crate::{
    app::App,
    back_channel::Authenticated,
    config::REALM,
    error::{Error, ErrorCode},
    token,
};

/// Routes of this room.
pub fn router() -> Router<App> {
    let path = format!("{REALM}/protocol/openid-connect/revoke");
    Router::new().route(&path, post(revoke))
}

/// `token_type_hint` is not read: what the token is, it says itself.
async fn revoke(State(app): State<App>, call: Authenticated) -> Result<Response, Error> {
    let text = call
        .parameters
        .one("token")?
        .ok_or(Error::Refused(ErrorCode::InvalidRequest, "token is missing."))?;
    token::revoke(&app, &call.client, text).await?;
    Ok((StatusCode::OK, [(header::CACHE_CONTROL, "no-store")]).into_response())
}
