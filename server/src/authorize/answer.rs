//! The answer to the service: a code or an error, by the way that it chose.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use url::form_urlencoded;

use super::{AuthorizationRequest, ResponseMode};
use crate::pages::{FormPostPage, Visit};

/// What is told to the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A code, and the session that it belongs to.
    Code {
        /// The code.
        code: String,
        /// `session_state`, which PSC's clients read.
        sid: String,
    },
    /// An error code and one sentence.
    Error(&'static str, &'static str),
}

/// Where and how the answer goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// Registered, compared letter by letter.
    pub redirect_uri: &'a str,
    /// How.
    pub response_mode: ResponseMode,
    /// Comes back untouched.
    pub state: Option<&'a str>,
    /// Our own name (RFC 9207).
    pub issuer: &'a str,
}

impl<'a> Answer<'a> {
    /// The way back that a request asked for.
    pub fn to(request: &'a AuthorizationRequest, issuer: &'a str) -> Self {
        Self {
            redirect_uri: &request.redirect_uri,
            response_mode: request.response_mode,
            state: request.state.as_deref(),
            issuer,
        }
    }

    /// The members of the answer.
    pub fn members(&self, outcome: &Outcome) -> Vec<(&'static str, String)> {
        let mut members = Vec::with_capacity(4);
        match outcome {
            Outcome::Code { code, sid } => {
                members.push(("code", code.clone()));
                members.push(("session_state", sid.clone()));
            }
            Outcome::Error(code, description) => {
                members.push(("error", (*code).to_owned()));
                members.push(("error_description", (*description).to_owned()));
            }
        }
        if let Some(state) = self.state {
            members.push(("state", state.to_owned()));
        }
        members.push(("iss", self.issuer.to_owned()));
        members
    }

    /// The address of a redirect that carries the answer.
    pub fn location(&self, outcome: &Outcome) -> String {
        let query: String = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(self.members(outcome))
            .finish();
        // Appended as text: the registered string must not be rewritten.
        let joint = match self.redirect_uri.find('?') {
            None => "?",
            Some(at) if at + 1 == self.redirect_uri.len() => "",
            Some(_) => "&",
        };
        format!("{}{joint}{query}", self.redirect_uri)
    }

    /// The HTTP answer.
    pub fn respond(&self, outcome: &Outcome, visit: &Visit) -> Response {
        match self.response_mode {
            // RFC 9700 §4.12: 303, so that a posted form never travels on.
            ResponseMode::Query => redirect(&self.location(outcome)),
            ResponseMode::FormPost => {
                let members = self.members(outcome).into_iter();
                FormPostPage {
                    action: self.redirect_uri.to_owned(),
                    fields: members.map(|(name, value)| (name.to_owned(), value)).collect(),
                }
                .render(visit)
            }
        }
    }
}

/// A redirect that no cache keeps.
pub fn redirect(location: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(location) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let headers = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(redirect_uri: &str) -> String {
        let answer = Answer {
            redirect_uri,
            response_mode: ResponseMode::Query,
            state: Some("a b&c"),
            issuer: "https://op.example",
        };
        answer.location(&Outcome::Error("access_denied", "No."))
    }

    #[test]
    fn the_answer_is_appended_to_the_registered_address() {
        let tail =
            "error=access_denied&error_description=No.&state=a+b%26c&iss=https%3A%2F%2Fop.example";
        assert_eq!(location("https://a.example/cb"), format!("https://a.example/cb?{tail}"));
        assert_eq!(location("https://a.example/?x=1"), format!("https://a.example/?x=1&{tail}"));
        assert_eq!(location("https://a.example/?"), format!("https://a.example/?{tail}"));
    }
}
