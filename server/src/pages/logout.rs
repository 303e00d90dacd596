//! Leaving: asking whether, and saying that it is done.

use askama::Template;
use axum::{http::StatusCode, response::Response};

use super::{document, visit::Visit};

/// Asks before the session ends, when nobody proved that the person wants it.
#[derive(Clone, Debug)]
pub struct LogoutPage {
    /// Where the form goes.
    pub action: String,
    /// Goes with the form.
    pub csrf: String,
    /// Who is logged in.
    pub who: Option<String>,
    /// The service that asks.
    pub client_name: Option<String>,
    /// What else the form carries.
    pub fields: Vec<(String, String)>,
    /// Where it ends afterwards.
    pub return_to: Option<String>,
}

/// Says that the session is over.
#[derive(Clone, Debug)]
pub struct LoggedOutPage {
    /// The service that asked.
    pub client_name: Option<String>,
    /// Its verified address.
    pub return_to: Option<String>,
    /// Pages of services that forget the login when they are loaded.
    pub frames: Vec<String>,
    /// Seconds that we stay for them before we go on to the service.
    pub patience: u32,
}

#[derive(Template)]
#[template(path = "logout.html")]
struct Ask<'a> {
    page: &'a LogoutPage,
    visit: &'a Visit,
}

#[derive(Template)]
#[template(path = "logged_out.html")]
struct Done<'a> {
    page: &'a LoggedOutPage,
    visit: &'a Visit,
}

impl LogoutPage {
    /// The answer.
    pub fn render(&self, visit: &Visit) -> Response {
        let forms_go_to: Vec<_> = self.return_to.as_deref().into_iter().collect();
        document::answer(visit, StatusCode::OK, &Ask { page: self, visit }, &forms_go_to)
    }
}

impl LoggedOutPage {
    /// The answer.
    pub fn render(&self, visit: &Visit) -> Response {
        let page = Done { page: self, visit };
        document::answer_with_frames(visit, StatusCode::OK, &page, &self.frames)
    }

    fn text_key(&self) -> &'static str {
        match (&self.return_to, self.frames.is_empty()) {
            (Some(_), false) => "logged-out-telling",
            _ => "logged-out-text",
        }
    }
}
