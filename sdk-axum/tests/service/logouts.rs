//! Logout: here first, then at the provider.

use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::{
    browser::{Browser, Page},
    provider::{Behaviour, query},
    scene::Scene,
};

async fn logout(browser: &mut Browser, body: &str) -> Page {
    let headers = [("psc-csrf", "1"), ("content-type", "application/json")];
    browser.send(Method::POST, "/psc/logout", &headers, body).await
}

async fn form(browser: &mut Browser, body: &str) -> Page {
    let headers = [
        ("origin", "http://localhost:8082"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    browser.send(Method::POST, "/psc/logout", &headers, body).await
}

async fn status(browser: &mut Browser) -> StatusCode {
    browser.fetch("/psc/session").await.status
}

#[tokio::test]
async fn a_logout_ends_the_session_and_names_the_providers_end() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    scene.log_in(&mut browser, "/psc/login").await;
    let stolen = browser.clone();

    let page = logout(&mut browser, r#"{"local":false}"#).await;
    assert_eq!(page.status, StatusCode::OK);
    let address = page.json()["redirect"].as_str().unwrap().to_owned();
    assert!(address.starts_with(&format!("{}/logout?", scene.provider.issuer)));
    let query = query(&address);
    assert_eq!(query["client_id"], "agenda");
    assert_eq!(query["post_logout_redirect_uri"], "http://localhost:8082/");
    assert_eq!(query["id_token_hint"].split('.').count(), 3);
    assert_eq!(query["state"].len(), 43);

    assert!(browser.cookies.is_empty());
    assert_eq!(status(&mut stolen.clone()).await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_local_logout_leaves_the_provider_alone() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    scene.log_in(&mut browser, "/psc/login").await;
    let page = logout(&mut browser, r#"{"local":true,"return_to":"/"}"#).await;
    assert_eq!(page.json(), json!({ "redirect": null }));
    assert_eq!(status(&mut browser).await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_form_without_script_logs_out_too() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    scene.log_in(&mut browser, "/psc/login").await;
    assert_eq!(form(&mut browser, "local=true&return_to=%2Fopen").await.redirect(), "/open");

    scene.log_in(&mut browser, "/psc/login").await;
    let page = form(&mut browser, "").await;
    assert!(page.redirect().starts_with(&scene.provider.issuer));

    // A page that hides its referrer sends `Origin: null`.
    scene.log_in(&mut browser, "/psc/login").await;
    let headers = [("origin", "null"), ("sec-fetch-site", "same-origin")];
    let page = browser.send(Method::POST, "/psc/logout", &headers, "local=true").await;
    assert_eq!(page.redirect(), "/");
}

#[tokio::test]
async fn logging_out_twice_is_not_an_error() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    assert_eq!(logout(&mut browser, "{}").await.json(), json!({ "redirect": null }));
}

#[tokio::test]
async fn a_logout_does_not_lead_elsewhere() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    let page = form(&mut browser, "local=true&return_to=%2F%2Fevil.example").await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_provider_that_is_gone_does_not_keep_anyone_logged_in() {
    let scene = Scene::with(Behaviour::ours(), |_| {}).await;
    let mut browser = scene.browser();
    scene.log_in(&mut browser, "/psc/login").await;
    // Known still: an hour-old description is better than none.
    scene.provider.behave(|provider| provider.paths = vec![]);
    scene.advance(1700);
    assert!(browser.fetch("/psc/session").await.status.is_success());
    scene.advance(1700);
    assert!(browser.fetch("/psc/session").await.status.is_success());
    scene.advance(1700);
    let page = logout(&mut browser, "{}").await;
    assert!(page.json()["redirect"].is_string());
    assert_eq!(status(&mut browser).await, StatusCode::NO_CONTENT);
}
