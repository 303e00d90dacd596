//! Who looks at a page.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{Method, request::Parts},
};

use super::{assets, language::Language};

/// One answer to one browser: its language, its address, its nonce.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The language of the page.
    pub language: Language,
    nonce: String,
    /// Where the language switch comes back to: a page that was asked for by
    /// GET; the answer to a POST cannot be asked for again.
    here: Option<String>,
}

impl Visit {
    /// A visit in a given language, for a page that is not the answer to a GET.
    pub fn new(language: Language) -> Self {
        Self { language, nonce: uuid::Uuid::new_v4().simple().to_string(), here: None }
    }

    pub(super) fn nonce(&self) -> &str {
        &self.nonce
    }

    /// A text of the page.
    pub(super) fn say(&self, key: &str) -> String {
        self.language.text(key)
    }

    /// A text of the page with one variable.
    pub(super) fn say_with(&self, key: &str, name: &str, value: &str) -> String {
        self.language.text_with(key, &[(name, value)])
    }

    /// The address of an asset, its content's digest in its name.
    pub(super) fn asset(&self, name: &str) -> String {
        assets::path(name)
    }

    /// The link that shows this page in the other language.
    pub(super) fn switch(&self) -> Option<String> {
        let here = self.here.as_deref()?;
        let back: String = url::form_urlencoded::byte_serialize(here.as_bytes()).collect();
        Some(format!("/language/{}?back={back}", self.language.other().as_str()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or("");
        let language = Language::of_request(query, &parts.headers);
        let here = (parts.method == Method::GET).then(|| address(parts.uri.path(), query));
        Ok(Self { here, ..Self::new(language) })
    }
}

/// The address without `ui_locales`, which would overrule the switch.
fn address(path: &str, query: &str) -> String {
    let kept: Vec<_> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("ui_locales="))
        .collect();
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_comes_back_here_without_the_services_wish() {
        let here = Some(address("/auth", "client_id=a&ui_locales=fr&state=x%26y"));
        let visit = Visit { here, ..Visit::new(Language::Fr) };
        assert_eq!(
            visit.switch().unwrap(),
            "/language/en?back=%2Fauth%3Fclient_id%3Da%26state%3Dx%2526y"
        );
    }

    #[test]
    fn the_answer_to_a_post_has_no_switch() {
        assert_eq!(Visit::new(Language::Fr).switch(), None);
    }

    #[test]
    fn every_answer_has_its_own_nonce() {
        assert_ne!(Visit::new(Language::Fr).nonce(), Visit::new(Language::Fr).nonce());
    }
}
