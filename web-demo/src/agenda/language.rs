//! The language of a page, which is in its path.

use axum::{
    extract::{FromRequestParts, OriginalUri},
    http::{HeaderMap, header, request::Parts},
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

    /// Whether an English browser came here from elsewhere: a link of our own
    /// pages is a choice, an address that was typed is none.
    pub(crate) fn is_not_chosen(&self, headers: &HeaderMap) -> bool {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let languages = header(header::ACCEPT_LANGUAGE.as_str()).unwrap_or_default();
        let first = languages.split(',').find_map(|tag| {
            let tag = tag.trim();
            [("fr", Self::French), ("en", Self::English)]
                .into_iter()
                .find_map(|(name, language)| tag.starts_with(name).then_some(language))
        });
        *self == Self::French
            && first == Some(Self::English)
            && header("sec-fetch-site") != Some("same-origin")
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
