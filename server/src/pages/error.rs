//! The page of a request that cannot go on. It never redirects: whoever sent
//! the person here is not known or not to be trusted.

use askama::Template;
use axum::{
    http::{StatusCode, header},
    response::Response,
};

use super::{document, visit::Visit};

/// What went wrong, for two readers: the person, who can only call someone,
/// and that someone.
#[derive(Clone, Debug)]
pub struct ErrorPage {
    /// The HTTP status.
    pub status: StatusCode,
    /// What to tell the person.
    pub kind: ErrorKind,
    /// Stable, for programs and support.
    pub code: String,
    /// The rule that was broken, in English, for the integrator.
    pub description: String,
    /// What the log knows this answer by.
    pub reference: String,
    /// What was received, by name of parameter. Never what is registered: that
    /// is the integrator's to know.
    pub details: Vec<(String, String)>,
    /// A safe way back, if there is one.
    pub service: Option<String>,
    /// Seconds to wait, if waiting helps.
    pub retry_after: Option<i64>,
}

/// What the person is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The service's request is wrong.
    Request,
    /// The service's request to log out is wrong.
    Logout,
    /// The login was started in another browser, or cookies are refused.
    OtherBrowser,
    /// Too many calls: they come back later.
    TooMany,
    /// There is no such page.
    NotFound,
    /// The fault is ours.
    Server,
}

/// The longest received value that is repeated, in characters.
const LONGEST_DETAIL: usize = 300;

#[derive(Template)]
#[template(path = "error.html")]
struct Html<'a> {
    page: &'a ErrorPage,
    visit: &'a Visit,
}

impl ErrorPage {
    /// A refusal, with a reference of its own.
    pub fn new(status: StatusCode, kind: ErrorKind, code: &str, description: &str) -> Self {
        Self {
            status,
            kind,
            code: code.into(),
            description: description.into(),
            reference: crate::secret::random_token()[..8].to_owned(),
            details: Vec::new(),
            service: None,
            retry_after: None,
        }
    }

    /// The caller's fault: a request that breaks a rule.
    pub fn bad_request(description: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorKind::Request, "invalid_request", description)
    }

    /// A request to log out that breaks a rule.
    pub fn bad_logout(code: &str, description: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorKind::Logout, code, description)
    }

    /// A form that no page of ours sent from this browser.
    pub fn foreign_form() -> Self {
        let description = "The form does not come from a page that this browser was shown: its csrf token is missing or wrong.";
        Self::new(StatusCode::FORBIDDEN, ErrorKind::Request, "invalid_request", description)
    }

    /// Too many logins begin at once, from there or for that service.
    pub fn too_many(retry_after: i64) -> Self {
        let description = "Too many logins were begun within a minute, from this address or for this client: come back after Retry-After.";
        let status = StatusCode::TOO_MANY_REQUESTS;
        let page = Self::new(status, ErrorKind::TooMany, "too_many_requests", description);
        Self { retry_after: Some(retry_after), ..page }
    }

    /// There is nothing at this address.
    pub fn not_found(description: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, ErrorKind::NotFound, "not_found", description)
    }

    /// Our fault: the log gets the whole cause, the page a reference to it.
    pub fn internal(cause: &anyhow::Error) -> Self {
        let page = Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            ErrorKind::Server,
            "server_error",
            "The server failed; its log says why, under this reference.",
        );
        let reference = &page.reference;
        tracing::error!(cause = format!("{cause:#}"), reference, "could not show a page");
        page
    }

    /// What was received, by name of parameter.
    #[must_use]
    pub fn with_details(mut self, details: Vec<(String, String)>) -> Self {
        self.details = details;
        self
    }

    /// A safe way back.
    #[must_use]
    pub fn with_service(mut self, service: Option<String>) -> Self {
        self.service = service;
        self
    }

    /// A page, or the one that says that it could not be made.
    pub fn or(outcome: anyhow::Result<Response>, visit: &Visit) -> Response {
        outcome.unwrap_or_else(|cause| Self::internal(&cause).render(visit))
    }

    /// The answer.
    pub fn render(&self, visit: &Visit) -> Response {
        let mut response = document::answer(visit, self.status, &Html { page: self, visit }, &[]);
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl ErrorKind {
    fn title_key(self) -> &'static str {
        match self {
            Self::Request => "error-request-title",
            Self::Logout => "error-logout-title",
            Self::OtherBrowser => "error-other-browser-title",
            Self::TooMany => "error-too-many-title",
            Self::NotFound => "error-not-found-title",
            Self::Server => "error-server-title",
        }
    }

    fn text_key(self) -> &'static str {
        match self {
            Self::Request | Self::Logout => "error-request-text",
            Self::OtherBrowser => "error-other-browser-text",
            Self::TooMany => "error-too-many-text",
            Self::NotFound => "error-not-found-text",
            Self::Server => "error-server-text",
        }
    }
}

/// A received value, without what could disturb the page around it.
fn shown(value: &str) -> String {
    let plain: String = value
        .chars()
        .take(LONGEST_DETAIL)
        .map(|letter| if is_disturbing(letter) { '\u{fffd}' } else { letter })
        .collect();
    if value.chars().count() > LONGEST_DETAIL { format!("{plain}…") } else { plain }
}

/// Control characters, and those that turn the direction of text.
fn is_disturbing(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_received_value_is_shown_short_and_plain() {
        assert_eq!(shown("https://a\u{202e}b\n"), "https://a\u{fffd}b\u{fffd}");
        assert_eq!(shown(&"x".repeat(400)).chars().count(), 301);
    }
}
