//! Cookies of the provider: all `__Host-`, so no neighbour can plant them.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::secret::{base64url, digest_of, random_bytes};

/// The one value of a cookie. Two values mean that somebody planted one:
/// neither is believed.
pub fn read_cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut found = None;
    for header in headers.get_all(header::COOKIE) {
        for pair in header.to_str().ok()?.split(';') {
            let Some((key, value)) = pair.trim().split_once('=') else { continue };
            if key == name && found.replace(value.to_owned()).is_some() {
                return None;
            }
        }
    }
    found
}

/// Sets a cookie, or removes it with `max_age` 0. `max_age` `None` lasts as
/// long as the browser runs.
pub fn set_cookie(name: &str, value: &str, max_age: Option<i64>) -> HeaderValue {
    let age = max_age.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let text = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{age}");
    HeaderValue::from_str(&text).expect("names and values are base64url")
}

/// Where pages outside a login read which session this browser has.
const STATE_COOKIE: &str = "__Host-openpsc-state";

/// Tells our check-session page, in frames of other sites too, which session
/// this browser has: a salted digest of its name, which opens nothing. Other
/// sites' frames need `SameSite=None`, which browsers take with https only.
pub(super) fn state_cookie(sid: Option<&str>, max_age: i64, https: bool) -> HeaderValue {
    let state = sid.map_or_else(String::new, |sid| {
        let salt = base64url(&random_bytes::<12>());
        format!("{salt}.{}", digest_of(&format!("{salt}.{sid}")))
    });
    let same_site = if https { "None" } else { "Lax" };
    let text =
        format!("{STATE_COOKIE}={state}; Path=/; Secure; SameSite={same_site}; Max-Age={max_age}");
    HeaderValue::from_str(&text).expect("names and values are base64url")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_for_other_sites_on_https_only_and_names_no_session() {
        let text = |https| state_cookie(Some("sid-1"), 60, https).to_str().unwrap().to_owned();
        assert!(text(true).ends_with("; Path=/; Secure; SameSite=None; Max-Age=60"));
        assert!(text(false).ends_with("; Path=/; Secure; SameSite=Lax; Max-Age=60"));
        assert!(!text(true).contains("sid-1"));
        assert_ne!(text(true), text(true), "each has a salt of its own");
        // The one with authority is never for other sites.
        assert!(set_cookie("a", "b", None).to_str().unwrap().contains("HttpOnly; SameSite=Lax"));
    }

    #[test]
    fn a_cookie_sent_twice_is_not_believed() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "a=1; b=2; c=3; b=4".parse().unwrap());
        assert_eq!(read_cookie(&headers, "a").as_deref(), Some("1"));
        assert_eq!(read_cookie(&headers, "b"), None);
        assert_eq!(read_cookie(&headers, "d"), None);
    }
}
