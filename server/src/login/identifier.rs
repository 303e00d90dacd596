//! The identifier that a person asked this browser to remember.

use axum::http::{HeaderMap, HeaderValue};

use crate::{
    secret::{base64url, from_base64url},
    sessions::{read_cookie, set_cookie},
};

const COOKIE: &str = "__Host-openpsc-identifier";
const YEAR: i64 = 365 * 24 * 3600;

/// What was typed a moment ago, to be corrected; never in an address, for
/// addresses end in logs.
const TYPED: &str = "__Host-openpsc-typed";

/// What was typed on the page before this one.
pub(super) fn read_typed(headers: &HeaderMap) -> Option<String> {
    read_text(headers, TYPED)
}

/// Keeps what was typed until the next page, or forgets it.
pub(super) fn typed_cookie(text: &str) -> HeaderValue {
    let life = if text.is_empty() { 0 } else { 60 };
    let short: String = text.chars().take(64).collect();
    set_cookie(TYPED, &base64url(short.as_bytes()), Some(life))
}

/// What is remembered.
pub(super) fn read(headers: &HeaderMap) -> Option<String> {
    read_text(headers, COOKIE)
}

fn read_text(headers: &HeaderMap, cookie: &str) -> Option<String> {
    let bytes = from_base64url(&read_cookie(headers, cookie)?)?;
    String::from_utf8(bytes).ok().filter(|text| text.chars().count() <= 64)
}

/// Remembers an identifier, or forgets it.
pub(super) fn cookie(identifier: Option<&str>) -> HeaderValue {
    match identifier {
        Some(text) => set_cookie(COOKIE, &base64url(text.as_bytes()), Some(YEAR)),
        None => set_cookie(COOKIE, "", Some(0)),
    }
}
