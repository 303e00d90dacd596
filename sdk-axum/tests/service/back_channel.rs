//! The provider says that a session has ended, and others who pretend to.

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::{
    browser::{Browser, Page},
    provider::{Behaviour, Forgery, SUBJECT},
    scene::{NOW, Scene},
};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A scene whose provider names its session, and a browser that is logged in.
async fn logged_in() -> (Scene, Browser) {
    let scene = Scene::new().await;
    scene.provider.behave(|provider| provider.id_token = json!({ "sid": "session-1" }));
    let mut browser = scene.browser();
    scene.log_in(&mut browser, "/psc/login").await;
    assert!(is_logged_in(&mut browser).await);
    (scene, browser)
}

async fn is_logged_in(browser: &mut Browser) -> bool {
    browser.open("/open").await.body != "nobody"
}

/// The claims of a logout token; null removes one.
fn claims(scene: &Scene, changed: Value) -> Value {
    let mut claims = json!({
        "iss": scene.provider.issuer, "aud": "agenda", "iat": NOW, "exp": NOW + 120,
        "jti": "1", "sid": "session-1", "sub": SUBJECT, "events": { EVENT: {} },
    });
    let members: &mut Map<String, Value> = claims.as_object_mut().unwrap();
    members.extend(changed.as_object().unwrap().clone());
    members.retain(|_, value| !value.is_null());
    claims
}

async fn tell(scene: &Scene, token: &str) -> Page {
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    let body = format!("logout_token={token}");
    scene.browser().send(Method::POST, "/psc/backchannel-logout", &kind, &body).await
}

#[tokio::test]
async fn a_session_that_ended_at_the_provider_is_over_here_at_once() {
    let (scene, mut browser) = logged_in().await;
    let mut other = scene.browser();
    scene.provider.behave(|provider| provider.id_token = json!({ "sid": "session-2" }));
    scene.log_in(&mut other, "/psc/login").await;

    let token = scene.provider.logout_token(&claims(&scene, json!({})));
    let page = tell(&scene, &token).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(!is_logged_in(&mut browser).await);
    assert!(is_logged_in(&mut other).await, "the person's other session goes on");
    assert_eq!(tell(&scene, &token).await.status, StatusCode::OK, "told twice is no error");

    // The same browser may log in again.
    scene.provider.behave(|provider| provider.id_token = json!({ "sid": "session-3" }));
    scene.log_in(&mut browser, "/psc/login").await;
    assert!(is_logged_in(&mut browser).await);
}

#[tokio::test]
async fn a_token_without_sid_ends_every_session_of_the_person_until_then() {
    let (scene, mut browser) = logged_in().await;
    let token = scene.provider.logout_token(&claims(&scene, json!({ "sid": null })));
    assert_eq!(tell(&scene, &token).await.status, StatusCode::OK);
    assert!(!is_logged_in(&mut browser).await);
    scene.advance(1);
    scene.provider.behave(|provider| provider.authenticated_ago = 0);
    scene.log_in(&mut browser, "/psc/login").await;
    assert!(is_logged_in(&mut browser).await);
}

#[tokio::test]
async fn a_token_that_breaks_a_rule_ends_nothing() {
    let (scene, mut browser) = logged_in().await;
    for (changed, rule) in [
        (json!({ "iss": "https://evil.example" }), "iss"),
        (json!({ "aud": "another" }), "aud"),
        (json!({ "aud": ["another"] }), "aud"),
        (json!({ "aud": null }), "aud"),
        (json!({ "iat": NOW + 3600 }), "iat"),
        (json!({ "iat": null }), "iat"),
        (json!({ "exp": NOW - 60 }), "exp"),
        (json!({ "exp": null, "iat": NOW - 600 }), "exp"),
        (json!({ "events": null }), "events"),
        (json!({ "events": { "other": {} } }), "events"),
        (json!({ "events": { EVENT: true } }), "events"),
        (json!({ "nonce": "n" }), "nonce"),
        (json!({ "sid": null, "sub": null }), "sid"),
    ] {
        let token = scene.provider.logout_token(&claims(&scene, changed));
        let page = tell(&scene, &token).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{rule}");
        assert!(page.json()["error_description"].as_str().unwrap().contains(rule), "{}", page.body);
    }
    for nonsense in ["", "a.b", "a.b.c", "....", &"a".repeat(20_000)] {
        assert_eq!(tell(&scene, nonsense).await.status, StatusCode::BAD_REQUEST);
    }
    assert!(is_logged_in(&mut browser).await);
}

#[tokio::test]
async fn a_forged_token_ends_nothing() {
    let (scene, mut browser) = logged_in().await;
    for forgery in [Forgery::Unsigned, Forgery::SharedSecret, Forgery::OtherKey] {
        scene.provider.behave(|provider| provider.forgery = Some(forgery));
        let token = scene.provider.logout_token(&claims(&scene, json!({})));
        assert_eq!(tell(&scene, &token).await.status, StatusCode::BAD_REQUEST, "{forgery:?}");
    }
    scene.provider.behave(|provider| (provider.forgery, provider.kid) = (None, "unknown"));
    let token = scene.provider.logout_token(&claims(&scene, json!({})));
    assert_eq!(tell(&scene, &token).await.status, StatusCode::BAD_REQUEST);
    assert!(is_logged_in(&mut browser).await);
}

#[tokio::test]
async fn sessions_of_psc_are_known_by_session_state_too() {
    let scene = Scene::with(Behaviour::like_psc(), |_| {}).await;
    scene.provider.behave(|provider| {
        provider.id_token = json!({ "sid": null, "session_state": "session-1" });
    });
    let mut browser = scene.browser();
    scene.log_in(&mut browser, "/psc/login").await;
    let token = scene.provider.logout_token(&claims(&scene, json!({})));
    let page = tell(&scene, &token).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(!is_logged_in(&mut browser).await);
}
