//! Service B, the patient file: **its page keeps the tokens**.
//!
//! The server hands out files and one interface, `/api/patient`, which wants
//! the access token of a person who logged in through this service. Everything
//! about logging in is in `dossier/dossier.js`.

use std::time::Duration;

use axum::{
    Router,
    extract::{OriginalUri, State},
    http::{HeaderMap, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rust_embed::RustEmbed;
use serde::Deserialize;

use crate::{Flags, files, page_headers};

const CLIENT_ID: &str = "demo-dossier";

/// Files, configuration for the script, and the interface.
pub(crate) fn service(flags: &Flags) -> anyhow::Result<Router> {
    let dossier = Dossier {
        issuer: flags.issuer.clone(),
        agenda_url: format!("{}/", flags.agenda_url()),
        http: reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(5))
            .build()?,
    };
    // The page speaks to the provider itself, and its core is wasm.
    let issuer = page_headers::origin(&flags.issuer)?;
    let policy = page_headers::policy("'self' 'wasm-unsafe-eval'", &issuer, "");
    Ok(Router::new()
        .route("/", get(asset))
        .route("/callback.html", get(asset))
        .route("/dossier.css", get(asset))
        .route("/dossier.js", get(asset))
        .route("/record.js", get(asset))
        .route("/texts.js", get(asset))
        .route("/icon.svg", get(asset))
        .route("/config.js", get(config))
        .route("/api/patient", get(patient))
        .merge(files::sdk())
        .layer(middleware::from_fn(move |request, next| {
            page_headers::write(policy.clone(), request, next)
        }))
        .with_state(dossier))
}

#[derive(Clone)]
struct Dossier {
    issuer: String,
    agenda_url: String,
    http: reqwest::Client,
}

/// What changes from one installation to the next. Yours may be a constant.
async fn config(State(dossier): State<Dossier>) -> impl IntoResponse {
    let module = format!(
        "export const issuer = {};\nexport const clientId = {};\nexport const agenda = {};\n",
        serde_json::Value::from(dossier.issuer),
        serde_json::Value::from(CLIENT_ID),
        serde_json::Value::from(dossier.agenda_url),
    );
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], module)
}

/// The record of an invented patient, for a person who is logged in.
async fn patient(State(dossier): State<Dossier>, headers: HeaderMap) -> Response {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    match token {
        Some(token) if dossier.accepts(token).await => {
            let name = "patient.json";
            let headers = HeaderMap::new();
            let file = files::file(Assets::get(name), name, &headers);
            ([(header::CACHE_CONTROL, "no-store")], file).into_response()
        }
        _ => (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response(),
    }
}

impl Dossier {
    /// Whether the provider still stands by this token, and gave it to us.
    ///
    /// A confidential service introspects instead. Asking userinfo proves that
    /// the token is alive; only then is what it says about itself believed.
    /// PSC's access tokens have no audience: `azp` tells whose they are.
    async fn accepts(&self, token: &str) -> bool {
        let userinfo = format!("{}/protocol/openid-connect/userinfo", self.issuer);
        let answer = self.http.get(userinfo).bearer_auth(token).send().await;
        let alive = answer.is_ok_and(|answer| answer.status() == StatusCode::OK);
        alive && authorized_party(token).as_deref() == Some(CLIENT_ID)
    }
}

/// The client that a token was given to, as the token says.
fn authorized_party(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Claims {
        azp: Option<String>,
        client_id: Option<String>,
    }
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Claims = serde_json::from_slice(&payload).ok()?;
    claims.azp.or(claims.client_id)
}

#[derive(RustEmbed)]
#[folder = "dossier/"]
struct Assets;

async fn asset(OriginalUri(uri): OriginalUri, headers: HeaderMap) -> Response {
    let name = match uri.path().trim_start_matches('/') {
        "" => "index.html",
        name => name,
    };
    files::file(Assets::get(name), name, &headers)
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};
    use clap::Parser;
    use tower::ServiceExt;

    use super::*;

    async fn open(path: &str) -> (StatusCode, HeaderMap, String) {
        let flags = Flags::parse_from(["demo"]);
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = service(&flags).unwrap().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn the_page_may_run_wasm_and_speak_to_the_provider_alone() {
        let (status, headers, _) = open("/").await;
        assert_eq!(status, StatusCode::OK);
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval';"), "{policy}");
        assert!(policy.contains("connect-src 'self' http://localhost:8080;"), "{policy}");
    }

    #[tokio::test]
    async fn the_record_wants_a_token_and_is_no_file() {
        let (status, headers, body) = open("/api/patient").await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert_eq!(headers["www-authenticate"], "Bearer");
        assert!(body.is_empty());
        assert_eq!(open("/patient.json").await.0, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn the_script_is_told_where_the_provider_is() {
        let (_, _, module) = open("/config.js").await;
        assert!(module.contains(
            "export const issuer = \"http://localhost:8080/auth/realms/esante-wallet\";"
        ));
        assert!(module.contains("export const agenda = \"http://localhost:8082/\";"));
    }

    fn token(claims: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn a_token_names_the_client_it_was_given_to() {
        assert_eq!(authorized_party(&token(r#"{"azp":"demo-dossier"}"#)).unwrap(), CLIENT_ID);
        assert_eq!(authorized_party(&token(r#"{"client_id":"other"}"#)).unwrap(), "other");
        assert_eq!(authorized_party("not a token"), None);
    }
}
