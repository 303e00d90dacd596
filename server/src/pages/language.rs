//! French or English: what the service asks, what the person chose, what the
//! browser prefers, in this order; French when nobody says.

use axum::{
    extract::{Path, Query},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::texts;

const COOKIE: &str = "__Host-openpsc-language";

/// The languages that the pages speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// French.
    #[default]
    Fr,
    /// English.
    En,
}

impl Language {
    /// Both, French first.
    pub const ALL: [Self; 2] = [Self::Fr, Self::En];

    /// The tag in `lang` attributes and URLs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fr => "fr",
            Self::En => "en",
        }
    }

    /// The other one, for the switch.
    pub fn other(self) -> Self {
        match self {
            Self::Fr => Self::En,
            Self::En => Self::Fr,
        }
    }

    /// The first language of `ui_locales` that we speak. The parameter is
    /// hostile input and never an error (OIDC Core §15.1).
    pub fn from_ui_locales(ui_locales: &str) -> Option<Self> {
        ui_locales.split(' ').find_map(Self::from_tag)
    }

    /// The value of a `Set-Cookie` that keeps this language on this browser.
    pub fn cookie(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Fr => {
                "__Host-openpsc-language=fr; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=31536000"
            }
            Self::En => {
                "__Host-openpsc-language=en; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=31536000"
            }
        })
    }

    /// A text of the pages.
    pub fn text(self, key: &str) -> String {
        texts::text(self, key, &[])
    }

    /// A text of the pages with its variables.
    pub fn text_with(self, key: &str, variables: &[(&str, &str)]) -> String {
        texts::text(self, key, variables)
    }

    pub(super) fn of_request(query: &str, headers: &HeaderMap) -> Self {
        let asked = url::form_urlencoded::parse(query.as_bytes())
            .find_map(|(name, value)| (name == "ui_locales").then(|| value.into_owned()));
        asked
            .and_then(|ui_locales| Self::from_ui_locales(&ui_locales))
            .or_else(|| Self::from_cookie(headers))
            .or_else(|| Self::from_accept_language(headers))
            .unwrap_or_default()
    }

    /// `fr-FR` is French, whatever the country.
    fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split('-').next()?;
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.as_str()))
    }

    fn from_cookie(headers: &HeaderMap) -> Option<Self> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        cookies
            .flat_map(|line| line.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .find_map(|(name, value)| (name == COOKIE).then(|| Self::from_tag(value)).flatten())
    }

    fn from_accept_language(headers: &HeaderMap) -> Option<Self> {
        let accepted = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
        let mut best: Option<(f32, Self)> = None;
        for item in accepted.split(',') {
            let (tag, quality) = item.split_once(";q=").unwrap_or((item, "1"));
            let Some(language) = Self::from_tag(tag) else { continue };
            let quality = quality.trim().parse().unwrap_or(0.0);
            if quality > best.map_or(0.0, |(best, _)| best) {
                best = Some((quality, language));
            }
        }
        best.map(|(_, language)| language)
    }
}

/// Where to go back to after the switch.
#[derive(Deserialize)]
pub(super) struct Back {
    #[serde(default)]
    back: String,
}

/// Keeps the person's choice and returns to the page they were on.
pub(super) async fn choose(Path(tag): Path<String>, Query(Back { back }): Query<Back>) -> Response {
    let Some(language) = Language::from_tag(&tag) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let back = if is_local_path(&back) { back.as_str() } else { "/" };
    let Ok(location) = HeaderValue::from_str(back) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let headers = [
        (header::LOCATION, location),
        (header::SET_COOKIE, language.cookie()),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// A path of this very origin: `//host`, `/\host` and anything that a browser
/// could read as another origin are refused, so the switch redirects nowhere else.
fn is_local_path(path: &str) -> bool {
    let mut letters = path.chars();
    letters.next() == Some('/')
        && !matches!(letters.next(), Some('/' | '\\'))
        && path.chars().all(|letter| letter.is_ascii_graphic() && letter != '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(query: &str, lines: &[(header::HeaderName, &'static str)]) -> Language {
        let headers = lines
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect();
        Language::of_request(query, &headers)
    }

    #[test]
    fn the_service_then_the_person_then_the_browser() {
        let english = (header::COOKIE, "a=1; __Host-openpsc-language=en");
        let french = (header::ACCEPT_LANGUAGE, "fr-FR,fr;q=0.9");
        assert_eq!(of("ui_locales=fr-CA", std::slice::from_ref(&english)), Language::Fr);
        assert_eq!(of("ui_locales=de%20it", &[english.clone(), french.clone()]), Language::En);
        assert_eq!(of("", &[french]), Language::Fr);
        assert_eq!(of("", &[]), Language::Fr);
    }

    #[test]
    fn the_browser_is_heard_by_its_weights() {
        assert_eq!(of("", &[(header::ACCEPT_LANGUAGE, "de, en;q=0.8, fr;q=0.5")]), Language::En);
        assert_eq!(of("", &[(header::ACCEPT_LANGUAGE, "en;q=0, *;q=0.1")]), Language::Fr);
        assert_eq!(of("", &[(header::ACCEPT_LANGUAGE, "en;q=x")]), Language::Fr);
    }

    #[test]
    fn the_switch_redirects_to_this_origin_only() {
        assert!(is_local_path("/login/abc?x=1"));
        for elsewhere in
            ["//evil.example", "/\\evil.example", "https://evil.example", "", "a", "/\t/x"]
        {
            assert!(!is_local_path(elsewhere), "{elsewhere}");
        }
    }
}
