//! Check session: who is logged in, for the page's script.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::csrf;
use crate::{Error, ErrorCode, Psc};

/// The session as JSON, or 204 when nobody is logged in: that is an answer and
/// no failure, and a browser would show a 401 as an error in its console.
pub(super) async fn session(
    State(psc): State<Psc>,
    headers: HeaderMap,
) -> Result<Response, Response> {
    if !csrf::sent_by_our_script(&headers) {
        return Err(refused());
    }
    let kept = psc.parts().check_session(&headers).await.map_err(IntoResponse::into_response)?;
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    match kept {
        Some(kept) => Ok((no_store, Json(kept.record.session)).into_response()),
        None => Ok((StatusCode::NO_CONTENT, no_store).into_response()),
    }
}

/// 403: the header is missing, or another site asks.
pub(super) fn refused() -> Response {
    let error =
        Error::new(ErrorCode::Configuration, "psc-csrf is missing, or the origin is not ours");
    (StatusCode::FORBIDDEN, error).into_response()
}
