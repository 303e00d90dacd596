//! The sandbox's front page: what runs where.

use askama::Template;
use axum::{http::StatusCode, response::Response};

use super::{document, visit::Visit};

/// `GET /`.
#[derive(Clone, Debug)]
pub struct HomePage {
    /// The issuer.
    pub issuer: String,
    /// Its discovery document.
    pub discovery: String,
    /// The phone app.
    pub app: String,
    /// The demo services.
    pub services: Vec<HomeLink>,
    /// The portal.
    pub portal: String,
    /// The services that are registered.
    pub clients: Vec<HomeClient>,
    /// The documentation, where there is one.
    pub docs: Option<String>,
}

/// A client that an integrator may use at once.
#[derive(Clone, Debug)]
pub struct HomeClient {
    /// Its id.
    pub client_id: String,
    /// Its secret, which in a sandbox is no secret.
    pub client_secret: Option<String>,
    /// Where its codes may be sent.
    pub redirect_uris: Vec<String>,
}

/// A place to go.
#[derive(Clone, Debug)]
pub struct HomeLink {
    /// What it is called.
    pub name: String,
    /// Its address.
    pub url: String,
    /// What it is, in one sentence.
    pub description: String,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Html<'a> {
    page: &'a HomePage,
    visit: &'a Visit,
}

impl HomePage {
    /// The answer.
    pub fn render(&self, visit: &Visit) -> Response {
        document::answer(visit, StatusCode::OK, &Html { page: self, visit }, &[])
    }
}
