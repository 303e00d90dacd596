//! The browser in front of our pages: the cookie that names it, the forms it
//! posts.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::{
    app::App,
    parameters::Parameters,
    secret::{from_base64url, same},
    sessions::{read_cookie, set_cookie},
};

const COOKIE: &str = "__Host-openpsc-browser";

/// The cookie that names this browser: what was begun in it ends in it.
pub fn browser(headers: &HeaderMap) -> Option<String> {
    let is_ours = |value: &String| from_base64url(value).is_some_and(|bytes| bytes.len() == 32);
    read_cookie(headers, COOKIE).filter(is_ours)
}

/// Sets it.
pub fn browser_cookie(browser: &str) -> HeaderValue {
    set_cookie(COOKIE, browser, None)
}

/// The token that this browser's forms carry.
pub fn csrf(app: &App, browser: &str) -> String {
    app.sealer.tag("csrf", browser)
}

/// A form of ours, posted by this browser: its token fits, and the browser
/// does not say that another site sent it.
pub fn posted_here(app: &App, headers: &HeaderMap, form: &Parameters) -> bool {
    let token = form.one("csrf").ok().flatten().unwrap_or_default();
    let fits = browser(headers).is_some_and(|browser| same(token, &csrf(app, &browser)));
    fits && same_site(headers)
}

/// A form that one of our own pages posted, as far as the browser tells. Our
/// pages send no referrer, so that a browser writes their origin as `null`: that
/// is believed of one that also says `same-origin`.
pub fn sent_by_our_page(app: &App, headers: &HeaderMap) -> bool {
    let origin = headers.get(header::ORIGIN).map(HeaderValue::as_bytes);
    let ours = |origin: &[u8]| {
        let here = url::Url::parse(&app.config.public_url);
        here.is_ok_and(|here| here.origin().ascii_serialization().as_bytes() == origin)
    };
    match headers.get("sec-fetch-site") {
        Some(site) if site == "same-origin" => {
            origin.is_none_or(|origin| origin == b"null" || ours(origin))
        }
        Some(_) => false,
        None => origin.is_none_or(ours),
    }
}

/// What `Sec-Fetch-Site` says; older browsers say nothing.
pub fn same_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none")
}
