//! Logins that end well, and those that a person or a provider ends.

use axum::http::StatusCode;
use openpsc_sdk_axum::{ClientAuthentication, Level};
use serde_json::json;

use crate::{
    provider::{Behaviour, SUBJECT, query},
    scene::{NOW, Scene},
};

#[tokio::test]
async fn a_login_comes_back_to_its_page_with_a_session() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    let page = scene.log_in(&mut browser, "/psc/login?return_to=/agenda?day=2").await;
    assert_eq!(page.redirect(), "/agenda?day=2");

    let session = browser.fetch("/psc/session").await.json();
    assert_eq!(session["subject"], SUBJECT);
    assert_eq!(session["national_id"], "899700990015");
    assert_eq!(session["given_name"], "AURORE");
    assert_eq!(session["level"], "eidas2");
    assert_eq!(session["means"], "MOBILE");
    assert_eq!(session["authenticated_at"], NOW - 2);
    assert_eq!(session["expires_at"], NOW - 2 + 4 * 3600);
    assert_eq!(session["claims"]["Mode_Acces_Raison"], "");
    assert!(!session.to_string().contains("access-"), "a token reached the page");
    assert_eq!(browser.open("/agenda").await.body, "agenda of AURORE 2");
}

#[tokio::test]
async fn the_request_carries_what_psc_and_the_rules_ask() {
    let scene = Scene::new().await;
    let page =
        scene.browser().open("/psc/login?level=eidas2&max_age=60&means=card&locale=en").await;
    let address = page.redirect();
    assert!(address.starts_with("http://wallet.localhost:"), "{address}");
    let query = query(address);
    assert_eq!(query["response_type"], "code");
    assert_eq!(query["scope"], "openid scope_all");
    assert_eq!(query["redirect_uri"], "http://localhost:8082/psc/callback");
    assert_eq!(query["acr_values"], "eidas2");
    assert_eq!(query["max_age"], "60");
    assert_eq!(query["ui_locales"], "en");
    assert_eq!(query["means"], "card");
    assert_eq!(query["code_challenge_method"], "S256");
    for secret in ["state", "nonce", "code_challenge"] {
        assert_eq!(query[secret].len(), 43, "{secret} has 32 bytes");
    }
}

#[tokio::test]
async fn without_a_level_eidas1_is_asked_and_nothing_demanded() {
    let scene = Scene::new().await;
    scene.provider.behave(|provider| provider.acr = None);
    let mut browser = scene.browser();
    let authorization = browser.open("/psc/login").await.redirect().to_owned();
    assert_eq!(query(&authorization)["acr_values"], "eidas1");

    assert_eq!(scene.log_in(&mut browser, "/psc/login").await.redirect(), "/");
    assert_eq!(browser.fetch("/psc/session").await.json()["level"], json!(null));
}

#[tokio::test]
async fn the_real_provider_needs_only_another_issuer() {
    let scene = Scene::like_psc().await;
    let mut browser = scene.browser();
    assert_eq!(
        scene.log_in(&mut browser, "/psc/login?return_to=/agenda").await.redirect(),
        "/agenda"
    );
    assert_eq!(browser.fetch("/psc/session").await.json()["level"], "eidas1");

    scene.advance(110);
    assert!(browser.open("/token").await.body.starts_with("access-"));
    assert_eq!(scene.provider.state().refresh_calls, 1);
}

#[tokio::test]
async fn a_provider_with_the_standard_path_only_is_found() {
    let behaviour = Behaviour { paths: vec!["openid-configuration"], ..Behaviour::ours() };
    let scene = Scene::with(behaviour, |_| {}).await;
    assert_eq!(scene.log_in(&mut scene.browser(), "/psc/login").await.redirect(), "/");
}

#[tokio::test]
async fn a_secret_can_travel_in_the_body() {
    let in_the_body = ClientAuthentication::ClientSecretPost;
    let scene =
        Scene::with(Behaviour::ours(), |config| config.client_authentication = in_the_body).await;
    assert_eq!(scene.log_in(&mut scene.browser(), "/psc/login").await.redirect(), "/");
}

#[tokio::test]
async fn two_tabs_log_in_side_by_side() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    let first = browser.open("/psc/login?return_to=/first").await.redirect().to_owned();
    let second = browser.open("/psc/login?return_to=/second").await.redirect().to_owned();
    for (authorization, page) in [(first, "/first"), (second, "/second")] {
        let back = scene.provider.approve(&authorization);
        assert_eq!(browser.open(&back[url::Position::BeforePath..]).await.redirect(), page);
    }
}

#[tokio::test]
async fn many_abandoned_logins_leave_few_cookies() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    for _ in 0..20 {
        browser.open("/psc/login").await;
        scene.advance(1);
    }
    assert_eq!(browser.cookies.len(), 6);
    assert_eq!(scene.log_in(&mut browser, "/psc/login").await.redirect(), "/");
}

#[tokio::test]
async fn ten_minutes_on_the_login_page_are_the_end() {
    let scene = Scene::new().await;
    for (seconds, page) in [(599, "/agenda"), (600, "/?psc_error=state_mismatch")] {
        let mut browser = scene.browser();
        let authorization =
            browser.open("/psc/login?return_to=/agenda").await.redirect().to_owned();
        scene.advance(seconds);
        let back = scene.provider.approve(&authorization);
        assert_eq!(browser.open(&back[url::Position::BeforePath..]).await.redirect(), page);
    }
}

#[tokio::test]
async fn a_refusal_is_told_to_the_page() {
    let scene = Scene::new().await;
    for (error, code) in [
        ("access_denied", "access_denied"),
        ("login_required", "login_required"),
        ("unmet_authentication_requirements", "level_too_low"),
        ("temporarily_unavailable", "server"),
        ("<script>", "server"),
    ] {
        let mut browser = scene.browser();
        let authorization =
            browser.open("/psc/login?return_to=/open?a=1").await.redirect().to_owned();
        let back = scene.provider.refuse(&authorization, error);
        let page = browser.open(&back[url::Position::BeforePath..]).await;
        assert_eq!(page.redirect(), format!("/open?a=1&psc_error={code}"));
        assert_eq!(browser.fetch("/psc/session").await.status, StatusCode::NO_CONTENT);
    }
}

#[tokio::test]
async fn a_popup_ends_on_a_page_that_tells_its_opener() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    let page = scene.log_in(&mut browser, "/psc/login?mode=popup").await;
    assert_eq!(page.redirect(), "/psc/done");
    let done = browser.open("/psc/done").await;
    assert!(done.body.contains("new BroadcastChannel('psc')"));
    assert!(done.body.contains("{type:'psc-callback'}"));
    let policy = done.policy.unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'nonce-"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");

    let authorization = browser.open("/psc/login?mode=popup").await.redirect().to_owned();
    let back = scene.provider.refuse(&authorization, "access_denied");
    let page = browser.open(&back[url::Position::BeforePath..]).await;
    assert_eq!(page.redirect(), "/psc/done?error=access_denied");
    let done = browser.open("/psc/done?error=access_denied").await;
    assert!(done.body.contains("{type:'psc-callback',error:'access_denied'}"));
}

#[tokio::test]
async fn a_popup_page_says_only_known_words() {
    let scene = Scene::new().await;
    let page = scene.browser().open("/psc/done?error='});alert(1)//").await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_step_up_replaces_the_session() {
    let scene = Scene::new().await;
    scene.provider.behave(|provider| provider.acr = Some("eidas1"));
    let mut browser = scene.browser();
    scene.log_in(&mut browser, "/psc/login").await;
    let refused = browser.open("/sign").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.json()["error"], "level_too_low");

    let before = browser.clone();
    scene.provider.behave(|provider| provider.acr = Some("eidas3"));
    let page =
        scene.log_in(&mut browser, "/psc/login?level=eidas2&max_age=60&return_to=/sign").await;
    assert_eq!(page.redirect(), "/sign");
    assert_eq!(browser.open("/sign").await.body, "signed");
    scene.advance(61);
    assert_eq!(browser.open("/sign").await.json()["error"], "login_required");

    // The cookie of before is worth nothing: a planted one neither (fixation).
    assert_eq!(before.clone().fetch("/psc/session").await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_failed_step_up_keeps_the_session() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    scene.log_in(&mut browser, "/psc/login").await;
    let page = scene.log_in(&mut browser, "/psc/login?level=eidas3&return_to=/agenda").await;
    assert_eq!(page.redirect(), "/agenda?psc_error=level_too_low");
    assert_eq!(browser.fetch("/psc/session").await.json()["level"], "eidas2");
}

#[tokio::test]
async fn a_service_can_demand_a_level_of_every_login() {
    let scene = Scene::with(Behaviour::ours(), |config| config.level = Some(Level::Eidas3)).await;
    let page = scene.log_in(&mut scene.browser(), "/psc/login?level=eidas1").await;
    assert_eq!(page.redirect(), "/?psc_error=level_too_low");
}

#[tokio::test]
async fn a_page_sends_to_the_login_once_and_then_asks() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    assert_eq!(
        browser.open("/agenda?day=2").await.redirect(),
        "/psc/login?return_to=%2Fagenda%3Fday%3D2"
    );
    assert_eq!(
        browser.open("/en/agenda?day=2").await.redirect(),
        "/psc/login?return_to=%2Fen%2Fagenda%3Fday%3D2",
        "the whole address, in a nested router too"
    );
    let failed = browser.open("/agenda?psc_error=access_denied").await;
    assert_eq!(failed.status, StatusCode::UNAUTHORIZED);
    assert!(failed.body.contains("href=\"/psc/login?return_to=%2Fagenda\""), "{}", failed.body);

    let fetched = browser.fetch("/agenda").await;
    assert_eq!(fetched.status, StatusCode::UNAUTHORIZED);
    assert_eq!(fetched.json()["error"], "login_required");
    assert_eq!(browser.open("/open").await.body, "nobody");
}

#[tokio::test]
async fn a_provider_out_of_reach_is_told_as_such() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let issuer = format!("http://{nobody}/auth/realms/esante-wallet");
    let scene = Scene::with(Behaviour::ours(), |config| config.issuer = issuer).await;
    assert_eq!(scene.browser().open("/psc/login").await.redirect(), "/?psc_error=server");
}

#[tokio::test]
async fn a_provider_that_is_down_is_found_when_it_comes_back() {
    let behaviour = Behaviour { paths: vec![], ..Behaviour::ours() };
    let scene = Scene::with(behaviour, |_| {}).await;
    let mut browser = scene.browser();
    let page = browser.open("/psc/login?return_to=/open").await;
    assert_eq!(page.redirect(), "/open?psc_error=discovery");

    // A storm of logins does not become a storm of questions.
    let asked = scene.provider.state().discovery_calls;
    browser.open("/psc/login").await;
    assert_eq!(scene.provider.state().discovery_calls, asked);

    scene.provider.behave(|provider| provider.paths = vec!["wallet-openid-configuration"]);
    scene.advance(3);
    assert_eq!(scene.log_in(&mut browser, "/psc/login").await.redirect(), "/");
}

#[tokio::test]
async fn a_new_signing_key_is_fetched_once() {
    let scene = Scene::new().await;
    scene.log_in(&mut scene.browser(), "/psc/login").await;
    scene.advance(120);
    scene.provider.behave(|provider| {
        provider.kid = "k2";
        provider.published = vec!["k1", "k2"];
    });
    assert_eq!(scene.log_in(&mut scene.browser(), "/psc/login").await.redirect(), "/");

    let asked = scene.provider.state().discovery_calls;
    scene.provider.behave(|provider| provider.kid = "k3");
    for _ in 0..3 {
        let page = scene.log_in(&mut scene.browser(), "/psc/login").await;
        assert_eq!(page.redirect(), "/?psc_error=token_rejected");
    }
    assert_eq!(scene.provider.state().discovery_calls, asked);
}
