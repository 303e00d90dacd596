//! How long a session lives, and how its tokens are renewed.

use std::sync::Mutex;

use axum::http::StatusCode;
use openpsc_sdk_axum::{MemoryStore, SessionStore, StoreError, StoreFuture};
use serde_json::json;

use crate::{
    browser::Browser,
    provider::Behaviour,
    scene::{NOW, Scene},
};

async fn status(browser: &mut Browser) -> StatusCode {
    browser.fetch("/psc/session").await.status
}

#[tokio::test]
async fn a_session_ends_after_half_an_hour_without_use() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    scene.log_in(&mut browser, "/psc/login").await;
    scene.advance(1799);
    assert_eq!(status(&mut browser).await, StatusCode::OK);
    scene.advance(1799);
    assert_eq!(status(&mut browser).await, StatusCode::OK, "use prolongs it");
    scene.advance(1800);
    assert_eq!(status(&mut browser).await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_session_ends_after_four_hours_of_use() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    scene.log_in(&mut browser, "/psc/login").await;
    for _ in 0..15 {
        scene.advance(15 * 60);
        assert_eq!(status(&mut browser).await, StatusCode::OK);
    }
    scene.advance(15 * 60);
    assert_eq!(status(&mut browser).await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_logout_elsewhere_is_noticed_within_minutes() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    scene.log_in(&mut browser, "/psc/login").await;
    scene.provider.behave(|provider| provider.refuses = Some("invalid_grant"));
    scene.advance(299);
    assert_eq!(browser.open("/agenda").await.status, StatusCode::OK);
    scene.advance(61);
    assert!(browser.open("/agenda").await.redirect().starts_with("/psc/login"));
}

#[tokio::test]
async fn a_page_that_asks_learns_of_a_logout_elsewhere_within_seconds() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    scene.log_in(&mut browser, "/psc/login").await;
    scene.provider.behave(|provider| provider.refuses = Some("invalid_grant"));
    scene.advance(4);
    assert_eq!(status(&mut browser).await, StatusCode::OK, "a storm of pages asks once");
    scene.advance(1);
    assert_eq!(status(&mut browser).await, StatusCode::NO_CONTENT);
    assert_eq!(browser.open("/open").await.body, "nobody");
}

#[tokio::test]
async fn a_provider_that_cannot_confirm_logs_nobody_out() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    scene.log_in(&mut browser, "/psc/login").await;
    scene.provider.behave(|provider| provider.refuses = Some("temporarily_unavailable"));
    scene.advance(301);
    assert_eq!(status(&mut browser).await, StatusCode::OK);
    let asked = scene.provider.state().token_calls;
    scene.advance(60);
    let tabs: Vec<_> = (0..5)
        .map(|_| {
            let mut tab = browser.clone();
            tokio::spawn(async move { status(&mut tab).await })
        })
        .collect();
    for tab in tabs {
        assert_eq!(tab.await.unwrap(), StatusCode::OK);
    }
    assert_eq!(scene.provider.state().token_calls, asked + 1, "asked once a minute");
}

#[tokio::test]
async fn use_keeps_the_providers_session_alive() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    scene.log_in(&mut browser, "/psc/login").await;
    for _ in 0..6 {
        scene.advance(301);
        status(&mut browser).await;
    }
    assert_eq!(scene.provider.state().refresh_calls, 6);
}

#[tokio::test]
async fn a_token_is_renewed_when_it_is_asked_for_and_nearly_over() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    scene.log_in(&mut browser, "/psc/login").await;
    let first = browser.open("/token").await.body;
    scene.advance(104);
    assert_eq!(browser.open("/token").await.body, first);
    scene.advance(1);
    let second = browser.open("/token").await.body;
    assert_ne!(second, first);
    assert_eq!(browser.open("/token").await.body, second);
    assert_eq!(scene.provider.state().refresh_calls, 1);
}

#[tokio::test]
async fn twenty_requests_at_once_renew_once() {
    let scene = Scene::with(Behaviour { rotates: true, ..Behaviour::ours() }, |_| {}).await;
    let mut browser = scene.browser();
    scene.log_in(&mut browser, "/psc/login").await;
    scene.advance(119);
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let mut tab = browser.clone();
            tokio::spawn(async move { tab.open("/token").await.body })
        })
        .collect();
    let mut tokens = Vec::new();
    for task in tasks {
        tokens.push(task.await.unwrap());
    }
    assert!(tokens.iter().all(|token| *token == tokens[0] && token.starts_with("access-")));
    assert_eq!(scene.provider.state().refresh_calls, 1);
}

#[tokio::test]
async fn a_grant_that_is_over_ends_the_session() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    scene.log_in(&mut browser, "/psc/login").await;
    scene.advance(110);
    scene.provider.behave(|provider| provider.refuses = Some("invalid_grant"));
    let page = browser.open("/token").await;
    assert_eq!(page.json()["error"], "login_required");
    assert_eq!(status(&mut browser).await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_provider_in_trouble_does_not_end_the_session() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    scene.log_in(&mut browser, "/psc/login").await;
    scene.advance(110);
    scene.provider.behave(|provider| provider.refuses = Some("temporarily_unavailable"));
    assert_eq!(browser.open("/token").await.json()["error"], "refresh_failed");
    assert_eq!(status(&mut browser).await, StatusCode::OK);
    scene.provider.behave(|provider| provider.refuses = None);
    assert!(browser.open("/token").await.body.starts_with("access-"));
}

#[tokio::test]
async fn renewed_tokens_of_someone_else_are_refused() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    scene.log_in(&mut browser, "/psc/login").await;
    scene.advance(110);
    scene.provider.behave(|provider| provider.id_token = json!({ "sub": "f:x:someone-else" }));
    assert_eq!(browser.open("/token").await.json()["error"], "token_rejected");
}

#[tokio::test]
async fn a_cookie_that_was_made_up_opens_nothing() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    scene.log_in(&mut browser, "/psc/login").await;
    let name = "__Host-psc-session".to_owned();
    assert!(browser.cookies.contains_key(&name));
    browser.cookies.insert(name, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into());
    assert_eq!(status(&mut browser).await, StatusCode::NO_CONTENT);
}

/// A store that a test can look into, and unplug.
#[derive(Default)]
struct WatchedStore {
    inner: MemoryStore,
    keys: Mutex<Vec<String>>,
    unplugged: Mutex<bool>,
}

impl SessionStore for &'static WatchedStore {
    fn insert<'a>(
        &'a self,
        key: &'a str,
        record: String,
        end: i64,
        now: i64,
    ) -> StoreFuture<'a, ()> {
        self.keys.lock().unwrap().push(key.to_owned());
        self.inner.insert(key, record, end, now)
    }

    fn replace<'a>(&'a self, key: &'a str, record: String, end: i64) -> StoreFuture<'a, bool> {
        self.inner.replace(key, record, end)
    }

    fn load<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<String>> {
        if *self.unplugged.lock().unwrap() {
            return Box::pin(async { Err(StoreError("unplugged".into())) });
        }
        self.inner.load(key)
    }

    fn remove<'a>(&'a self, key: &'a str) -> StoreFuture<'a, ()> {
        self.inner.remove(key)
    }
}

#[tokio::test]
async fn the_store_never_sees_what_the_browser_holds() {
    let store: &'static WatchedStore = Box::leak(Box::default());
    let scene = Scene::with_store(Behaviour::ours(), |_| {}, store).await;
    let mut browser = scene.browser();
    scene.log_in(&mut browser, "/psc/login").await;
    let cookie = browser.cookies["__Host-psc-session"].clone();
    let keys = store.keys.lock().unwrap().clone();
    assert_eq!(keys.len(), 1);
    assert_ne!(keys[0], cookie);
    browser.cookies.insert("__Host-psc-session".into(), keys[0].clone());
    assert_eq!(status(&mut browser).await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_store_that_is_down_is_an_error_and_not_a_logout() {
    let store: &'static WatchedStore = Box::leak(Box::default());
    let scene = Scene::with_store(Behaviour::ours(), |_| {}, store).await;
    let mut browser = scene.browser();
    scene.log_in(&mut browser, "/psc/login").await;
    *store.unplugged.lock().unwrap() = true;
    let page = browser.fetch("/psc/session").await;
    assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(page.json()["error"], "server");
    *store.unplugged.lock().unwrap() = false;
    assert_eq!(browser.fetch("/psc/session").await.json()["authenticated_at"], NOW - 2);
}
