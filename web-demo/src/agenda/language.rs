//! The language of a page, which is in its path.

use axum::{
    extract::{FromRequestParts, OriginalUri},
    http::request::Parts,
};

/// French at `/…`, English at `/en/…`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Language {
    French,
    English,
}

impl Language {
    pub(crate) fn say<'a>(&self, french: &'a str, english: &'a str) -> &'a str {
        if *self == Self::French { french } else { english }
    }

    pub(crate) fn tag(&self) -> &'static str {
        self.say("fr", "en")
    }

    pub(crate) fn home(&self) -> &'static str {
        self.say("/", "/en")
    }

    /// The address of a page in this language.
    pub(crate) fn path(&self, page: &str) -> String {
        match (self, page) {
            (Self::French, page) => page.into(),
            (Self::English, "/") => "/en".into(),
            (Self::English, page) => format!("/en{page}"),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Language {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let OriginalUri(uri) = OriginalUri::from_request_parts(parts, state).await?;
        let english = uri.path() == "/en" || uri.path().starts_with("/en/");
        Ok(if english { Self::English } else { Self::French })
    }
}
