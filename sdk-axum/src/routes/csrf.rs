//! Whether a request is our own page's.

use axum::http::{HeaderMap, header};

use crate::psc::Parts;

/// A fixed header that no form and no other site can set without a preflight,
/// which is never granted. (RFC 10017 makes a defence compulsory.)
pub(crate) fn sent_by_our_script(headers: &HeaderMap) -> bool {
    headers.get("psc-csrf").is_some_and(|value| value == "1")
        && headers.get("sec-fetch-site").is_none_or(|site| site != "cross-site")
}

/// A form of our own page. Browsers say on every POST where it comes from;
/// those too old for `Sec-Fetch-Site` still name the origin. (A page with
/// `Referrer-Policy: no-referrer` hides its origin, and has only the first.)
pub(crate) fn sent_by_our_form(psc: &Parts, headers: &HeaderMap) -> bool {
    match headers.get("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => headers.get(header::ORIGIN).is_some_and(|origin| *origin == *psc.checked.origin),
    }
}
