//! Where a login comes back to: a path of this service, and nothing else.

use serde::{Deserialize, Serialize};

/// A path on this origin, with its query and fragment. Browsers read `//host` and `/\host`
/// as another site, and drop tabs and line ends inside a URL before reading
/// it: none of these can be held here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReturnPath(String);

/// A return path that could lead elsewhere.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a path of this service: `/…`, not `//…`, without `\\` or control characters")]
pub struct NotAPath;

impl ReturnPath {
    /// The longest that is kept.
    const LONGEST: usize = 1024;

    /// Takes a path of this origin, and nothing else.
    pub fn parse(path: &str) -> Result<Self, NotAPath> {
        let leads_here = path.starts_with('/')
            && !path.starts_with("//")
            && path.len() <= Self::LONGEST
            && !path.chars().any(|c| c == '\\' || c.is_control());
        if !leads_here {
            return Err(NotAPath);
        }
        // What is sent in a header is what the URL standard makes of it: ASCII,
        // and without the dots that could bring `//` back.
        let base = url::Url::parse("https://here.invalid").map_err(|_| NotAPath)?;
        let url = base.join(path).map_err(|_| NotAPath)?;
        if url.origin() != base.origin() || url.path().starts_with("//") {
            return Err(NotAPath);
        }
        Ok(Self(url[url::Position::BeforePath..].to_owned()))
    }

    /// The path, its query and its fragment.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same with `psc_error=code` in its query.
    pub(crate) fn with_error(&self, code: crate::ErrorCode) -> String {
        let (path, fragment) = self.0.split_at(self.0.find('#').unwrap_or(self.0.len()));
        let separator = if path.contains('?') { '&' } else { '?' };
        format!("{path}{separator}psc_error={}{fragment}", code.as_str())
    }
}

impl TryFrom<String> for ReturnPath {
    type Error = NotAPath;

    fn try_from(path: String) -> Result<Self, NotAPath> {
        Self::parse(&path)
    }
}

impl From<ReturnPath> for String {
    fn from(path: ReturnPath) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_this_service_is_kept_with_its_query() {
        for path in ["/", "/agenda", "/agenda?day=2026-11-22&x=%2F%2F", "/a//b"] {
            assert_eq!(ReturnPath::parse(path).unwrap().as_str(), path);
        }
    }

    #[test]
    fn a_path_that_leads_elsewhere_is_refused() {
        for path in [
            "",
            "agenda",
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/a\\b",
            "/\t/evil.example",
            "/\n/evil.example",
            "/a\r\nSet-Cookie: x=1",
            "/a\0",
            "/.//evil.example",
            "/a/..//evil.example",
            "javascript:alert(1)",
        ] {
            assert_eq!(ReturnPath::parse(path), Err(NotAPath), "{path:?}");
        }
        assert_eq!(ReturnPath::parse(&format!("/{}", "a".repeat(2000))), Err(NotAPath));
    }

    #[test]
    fn an_error_joins_the_query_that_was_there() {
        let code = crate::ErrorCode::AccessDenied;
        let path = |text| ReturnPath::parse(text).unwrap();
        assert_eq!(path("/a").with_error(code), "/a?psc_error=access_denied");
        assert_eq!(path("/a?b=1").with_error(code), "/a?b=1&psc_error=access_denied");
        assert_eq!(path("/a#noon").with_error(code), "/a?psc_error=access_denied#noon");
    }

    #[test]
    fn letters_beyond_ascii_travel_encoded() {
        assert_eq!(ReturnPath::parse("/été").unwrap().as_str(), "/%C3%A9t%C3%A9");
    }
}
