//! Which pages of other origins may call us from a script (oidc-rules §0.10).
//!
//! Discovery, keys, token and userinfo may be called from the origins that
//! clients registered; the authorization endpoint never (RFC 9700 §2.6).
//! `Origin: null` matches nobody.

use axum::http::{HeaderName, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::app::App;

/// Answers preflights and marks the answers that a page may read.
pub fn layer(app: &App) -> CorsLayer {
    let app = app.clone();
    let registered = AllowOrigin::predicate(move |origin, _| {
        origin.to_str().is_ok_and(|origin| app.clients.allows_origin(origin))
    });
    CorsLayer::new()
        .allow_origin(registered)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("dpop"),
        ])
        .expose_headers([header::WWW_AUTHENTICATE, HeaderName::from_static("dpop-nonce")])
        .max_age(std::time::Duration::from_secs(600))
}
