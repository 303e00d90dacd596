//! The answer to the service: a code or an error, by the way that it chose, and
//! signed when it is registered for that (JARM).

use anyhow::Context;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Map;
use url::form_urlencoded;

use super::{AuthorizationRequest, ResponseMode};
use crate::{
    app::App,
    jose::sign_compact,
    pages::{FormPostPage, Visit},
};

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

/// A signed answer is read at once; its code lives a minute.
const SIGNED_LIFETIME: i64 = 600;

/// Where and how the answer goes.
struct Answer<'a> {
    /// Registered, compared letter by letter.
    redirect_uri: &'a str,
    response_mode: ResponseMode,
    /// Comes back untouched.
    state: Option<&'a str>,
    /// Our own name (RFC 9207).
    issuer: &'a str,
}

impl Answer<'_> {
    /// The members of the answer.
    fn members(&self, outcome: &Outcome) -> Vec<(&'static str, String)> {
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

    /// The address of a redirect that carries these members.
    fn location(&self, members: &[(&'static str, String)]) -> String {
        let query: String =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(members).finish();
        // Appended as text: the registered string must not be rewritten.
        let joint = match self.redirect_uri.find('?') {
            None => "?",
            Some(at) if at + 1 == self.redirect_uri.len() => "",
            Some(_) => "&",
        };
        format!("{}{joint}{query}", self.redirect_uri)
    }

    fn render(&self, members: Vec<(&'static str, String)>, visit: &Visit) -> Response {
        if self.response_mode.is_a_form() {
            let fields = members.into_iter().map(|(name, value)| (name.to_owned(), value));
            let page =
                FormPostPage { action: self.redirect_uri.to_owned(), fields: fields.collect() };
            return page.render(visit);
        }
        // RFC 9700 §4.12: 303, so that a posted form never travels on.
        redirect(&self.location(&members))
    }
}

/// Tells the service, by the way that its request asked for.
pub async fn respond(
    app: &App,
    request: &AuthorizationRequest,
    outcome: &Outcome,
    visit: &Visit,
) -> anyhow::Result<Response> {
    let answer = Answer {
        redirect_uri: &request.redirect_uri,
        response_mode: request.response_mode,
        state: request.state.as_deref(),
        issuer: &app.issuer,
    };
    let mut members = answer.members(outcome);
    if answer.response_mode.is_signed() {
        let signed = signed(app, request, &members).await?;
        members = vec![("response", signed)];
    }
    Ok(answer.render(members, visit))
}

/// The members as a signed token (JARM §2.1).
async fn signed(
    app: &App,
    request: &AuthorizationRequest,
    members: &[(&'static str, String)],
) -> anyhow::Result<String> {
    let client = app.clients.find(&request.client_id);
    let alg = client.and_then(|client| client.demands.answer_alg);
    let alg = alg.context("the client is no longer registered for signed answers")?;
    let mut claims = Map::new();
    claims.insert("aud".into(), request.client_id.as_str().into());
    claims.insert("exp".into(), (app.clock.now() + SIGNED_LIFETIME).into());
    for (name, value) in members {
        claims.insert((*name).into(), value.as_str().into());
    }
    let keys = app.keys.get(app).await?;
    sign_compact(keys.tokens(alg), "JWT", &claims)
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
        answer.location(&answer.members(&Outcome::Error("access_denied", "No.")))
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
