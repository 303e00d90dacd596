//! The answer by `response_mode=form_post`: a form that sends itself.

use askama::Template;
use axum::{http::StatusCode, response::Response};

use super::{document, visit::Visit};

/// What goes back to the service.
#[derive(Clone, Debug)]
pub struct FormPostPage {
    /// The redirect URI.
    pub action: String,
    /// The members of the answer.
    pub fields: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "form_post.html")]
struct Html<'a> {
    page: &'a FormPostPage,
    visit: &'a Visit,
}

impl FormPostPage {
    /// The answer.
    pub fn render(&self, visit: &Visit) -> Response {
        document::answer(visit, StatusCode::OK, &Html { page: self, visit }, &[&self.action])
    }
}
