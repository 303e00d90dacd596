//! Files that stand in the binary.

use std::borrow::Cow;

use axum::{
    Router,
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use rust_embed::{EmbeddedFile, RustEmbed};

/// The SDK as built; an integrator installs `@openpsc/sdk` instead.
#[derive(RustEmbed)]
#[folder = "../sdk-wasm/dist/"]
#[allow_missing = true]
struct Sdk;

/// The SDK under `/openpsc/`, for both services.
pub(crate) fn sdk<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route(
        "/openpsc/{file}",
        get(|Path(name): Path<String>, headers: HeaderMap| async move {
            file(Sdk::get(&name), &name, &headers)
        }),
    )
}

/// Answers with a file, or with "not changed".
pub(crate) fn file(found: Option<EmbeddedFile>, name: &str, headers: &HeaderMap) -> Response {
    let Some(file) = found else { return StatusCode::NOT_FOUND.into_response() };
    let tag: String =
        file.metadata.sha256_hash()[..12].iter().map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{tag}\"");
    let fresh = [(header::CACHE_CONTROL, "no-cache".to_owned()), (header::ETAG, tag.clone())];
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| *known == *tag) {
        return (StatusCode::NOT_MODIFIED, fresh).into_response();
    }
    let body = match file.data {
        Cow::Borrowed(bytes) => axum::body::Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    (fresh, [(header::CONTENT_TYPE, content_type(name))], body).into_response()
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}
