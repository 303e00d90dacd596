//! The first page of the sandbox: what runs where.

use axum::{Router, extract::State, response::Response, routing::get};

use crate::{
    app::App,
    pages::{HomeLink, HomePage, Language, Visit},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/", get(home))
}

async fn home(State(app): State<App>, visit: Visit) -> Response {
    let services = app.config.sandbox.iter().flat_map(|sandbox| &sandbox.services);
    HomePage {
        issuer: app.issuer.clone(),
        discovery: format!("{}/.well-known/openid-configuration", app.issuer),
        app: app.config.ecps.app_url.clone(),
        services: services
            .map(|service| HomeLink {
                name: service.name.clone(),
                url: service.url.clone(),
                description: match &service.description_en {
                    Some(english) if visit.language == Language::En => english.clone(),
                    _ => service.description.clone(),
                },
            })
            .collect(),
        portal: "/portal".into(),
        docs: None,
    }
    .render(&visit)
}
