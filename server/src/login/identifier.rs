//! The identifier that a person asked this browser to remember.

use axum::http::{HeaderMap, HeaderValue};

use crate::{
    secret::{base64url, from_base64url},
    sessions::{read_cookie, set_cookie},
};

const COOKIE: &str = "__Host-openpsc-identifier";
const YEAR: i64 = 365 * 24 * 3600;

/// What is remembered.
pub(super) fn read(headers: &HeaderMap) -> Option<String> {
    let bytes = from_base64url(&read_cookie(headers, COOKIE)?)?;
    String::from_utf8(bytes).ok().filter(|text| text.len() <= 64)
}

/// Remembers an identifier, or forgets it.
pub(super) fn cookie(identifier: Option<&str>) -> HeaderValue {
    match identifier {
        Some(text) => set_cookie(COOKIE, &base64url(text.as_bytes()), Some(YEAR)),
        None => set_cookie(COOKIE, "", Some(0)),
    }
}
