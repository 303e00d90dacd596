//! The first page of the sandbox: what runs where.

use axum::{Router, extract::State, response::Response, routing::get};

use crate::{
    app::App,
    clients::ClientSettings,
    pages::{HomeClient, HomeLink, HomePage, Language, Visit},
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
        clients: app.config.clients.iter().map(shown).collect(),
        docs: None,
    }
    .render(&visit)
}

fn shown(client: &ClientSettings) -> HomeClient {
    HomeClient {
        client_id: client.client_id.clone(),
        client_secret: client.client_secret.as_ref().map(|secret| secret.expose().to_owned()),
        redirect_uris: client.redirect_uris.clone(),
    }
}
