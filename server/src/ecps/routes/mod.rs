//! What phones reach, on an origin of their own: their app, and below `/a/` the
//! calls of the protocol.
//!
//! Every call but the first two carries a [`proof`] that it comes from
//! the phone, now, with this very body; every answer, refusals included, brings
//! the nonce for the next one.

mod app_files;
mod call;
mod decide;
mod device;
mod enrol;
mod pin;
mod proof;
mod refusal;
mod requests;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::post,
};
use openpsc_protocol::ecps::{NONCE_HEADER, RefusalCode, paths};

use super::nonce;
use crate::app::App;
use refusal::Refusal;

/// The phone's origin.
pub fn router(app: &App) -> Router<App> {
    let calls = Router::new()
        .route(paths::NONCE, post(enrol::nonce))
        .route(paths::CLAIM, post(enrol::claim))
        .route(paths::ENROL_PIN, post(enrol::pin))
        .route(paths::PIN_OPRF, post(pin::oprf))
        .route(paths::PIN_CHANGE, post(pin::change))
        .route(paths::DEVICE, post(device::status))
        .route(paths::REVOKE, post(device::revoke))
        .route(paths::HISTORY, post(device::history))
        .route(paths::REQUESTS, post(requests::list))
        .route(paths::SCAN, post(requests::scan))
        .route(paths::OPEN_LINK, post(requests::open))
        .route(paths::DECIDE, post(decide::decide))
        .route("/a/{*rest}", axum::routing::any(no_such_call))
        .method_not_allowed_fallback(no_such_call)
        .layer(middleware::from_fn_with_state(app.clone(), next_nonce));
    calls.merge(app_files::router())
}

async fn no_such_call() -> Refusal {
    Refusal::of(RefusalCode::InvalidRequest)
}

/// Adds what every answer to a phone carries.
async fn next_nonce(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let nonce = nonce::draw(&app.sealer, app.clock.now());
    if let Ok(nonce) = HeaderValue::from_str(&nonce) {
        headers.insert(NONCE_HEADER, nonce);
    }
    response
}
