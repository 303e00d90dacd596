//! Each rule, by the attack that would break it.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use url::Url;

use crate::{
    browser::Browser,
    provider::{Forgery, query},
    scene::Scene,
};

fn path(address: &Url) -> &str {
    &address[url::Position::BeforePath..]
}

/// A login whose answer someone has changed.
async fn tampered(scene: &Scene, browser: &mut Browser, change: impl FnOnce(&mut Url)) -> String {
    let login = "/psc/login?return_to=/agenda";
    let authorization = browser.open(login).await.redirect().to_owned();
    let mut back = scene.provider.approve(&authorization);
    change(&mut back);
    browser.open(path(&back)).await.redirect().to_owned()
}

fn replace(address: &mut Url, name: &str, value: Option<&str>) {
    let mut pairs: Vec<_> = address.query_pairs().into_owned().collect();
    pairs.retain(|(found, _)| found != name);
    address.query_pairs_mut().clear().extend_pairs(pairs);
    if let Some(value) = value {
        address.query_pairs_mut().append_pair(name, value);
    }
}

/// A login with an ID token that someone has changed before it was signed.
async fn with_id_token(claims: Value) -> String {
    let scene = Scene::new().await;
    scene.provider.behave(|provider| provider.id_token = claims);
    scene.log_in(&mut scene.browser(), "/psc/login").await.redirect().to_owned()
}

async fn is_logged_out(browser: &mut Browser) -> bool {
    browser.fetch("/psc/session").await.status == StatusCode::NO_CONTENT
}

#[tokio::test]
async fn a_forged_state_is_refused() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    let page = tampered(&scene, &mut browser, |back| replace(back, "state", Some("forged"))).await;
    assert_eq!(page, "/?psc_error=state_mismatch");
    let page = tampered(&scene, &mut browser, |back| replace(back, "state", None)).await;
    assert_eq!(page, "/?psc_error=state_mismatch");
    assert!(is_logged_out(&mut browser).await);
    assert_eq!(scene.provider.state().token_calls, 0, "no code was redeemed");
}

#[tokio::test]
async fn a_state_that_only_begins_alike_is_refused() {
    let scene = Scene::new().await;
    let page = tampered(&scene, &mut scene.browser(), |back| {
        let state = back.query_pairs().find(|(name, _)| name == "state").unwrap().1;
        let alike = format!("{}{}", &state[..16], "A".repeat(27));
        replace(back, "state", Some(&alike));
    })
    .await;
    assert_eq!(page, "/?psc_error=state_mismatch");
}

#[tokio::test]
async fn an_answer_to_another_browser_is_refused() {
    let scene = Scene::new().await;
    let mut attacker = scene.browser();
    let authorization = attacker.open("/psc/login").await.redirect().to_owned();
    let back = scene.provider.approve(&authorization);

    let mut victim = scene.browser();
    victim.open("/psc/login").await;
    assert_eq!(victim.open(path(&back)).await.redirect(), "/?psc_error=state_mismatch");
    assert!(is_logged_out(&mut victim).await);
}

#[tokio::test]
async fn a_login_cookie_under_the_name_of_another_is_refused() {
    let scene = Scene::new().await;
    let mut attacker = scene.browser();
    let authorization = attacker.open("/psc/login").await.redirect().to_owned();
    let attackers = attacker.cookies.values().next().unwrap().clone();

    let mut victim = scene.browser();
    victim.open("/psc/login").await;
    let name = victim.cookies.keys().next().unwrap().clone();
    victim.cookies.insert(name, attackers);
    let back = scene.provider.approve(&authorization);
    assert_eq!(victim.open(path(&back)).await.redirect(), "/?psc_error=state_mismatch");
}

#[tokio::test]
async fn a_callback_that_is_replayed_is_refused() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    let authorization = browser.open("/psc/login").await.redirect().to_owned();
    let back = scene.provider.approve(&authorization);
    assert_eq!(browser.open(path(&back)).await.redirect(), "/");
    assert_eq!(browser.open(path(&back)).await.redirect(), "/?psc_error=state_mismatch");
    assert_eq!(scene.provider.state().token_calls, 1);
}

#[tokio::test]
async fn a_parameter_that_stands_twice_is_refused() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    let authorization = browser.open("/psc/login").await.redirect().to_owned();
    let mut back = scene.provider.approve(&authorization);
    back.query_pairs_mut().append_pair("code", "another");
    assert_eq!(browser.open(path(&back)).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_answer_of_another_provider_is_refused() {
    let scene = Scene::new().await;
    let evil = Some("https://evil.example/realm");
    let mut browser = scene.browser();
    let page = tampered(&scene, &mut browser, |back| replace(back, "iss", evil)).await;
    assert_eq!(page, "/agenda?psc_error=issuer_mismatch");
    let page = tampered(&scene, &mut browser, |back| replace(back, "iss", None)).await;
    assert_eq!(page, "/agenda?psc_error=issuer_mismatch");
    assert_eq!(scene.provider.state().token_calls, 0);

    // A provider that does not announce `iss` may leave it out, and not lie.
    let scene = Scene::like_psc().await;
    let mut browser = scene.browser();
    assert_eq!(tampered(&scene, &mut browser, |_| {}).await, "/agenda");
    let page = tampered(&scene, &mut browser, |back| replace(back, "iss", evil)).await;
    assert_eq!(page, "/agenda?psc_error=issuer_mismatch");
}

#[tokio::test]
async fn a_provider_that_names_itself_otherwise_is_refused() {
    let scene = Scene::new().await;
    scene.provider.behave(|provider| {
        provider.issuer_in_metadata = Some("https://evil.example/realm".into());
    });
    let page = scene.browser().open("/psc/login").await;
    assert_eq!(page.redirect(), "/?psc_error=issuer_mismatch");
}

#[tokio::test]
async fn an_id_token_of_another_login_is_refused() {
    assert_eq!(with_id_token(json!({ "nonce": "of-another" })).await, "/?psc_error=nonce_mismatch");
    assert_eq!(with_id_token(json!({ "nonce": null })).await, "/?psc_error=nonce_mismatch");
}

#[tokio::test]
async fn an_id_token_that_breaks_a_rule_is_refused() {
    for (claims, code) in [
        (json!({ "aud": "another-client" }), "token_rejected"),
        (json!({ "aud": ["agenda", "another-client"] }), "token_rejected"),
        (json!({ "aud": null }), "token_rejected"),
        (json!({ "azp": "another-client" }), "token_rejected"),
        (json!({ "iss": "https://evil.example" }), "issuer_mismatch"),
        (json!({ "at_hash": "AAAAAAAAAAAAAAAAAAAAAA" }), "token_rejected"),
        (json!({ "sub": "f:x:someone-else" }), "token_rejected"),
    ] {
        let page = with_id_token(claims.clone()).await;
        assert_eq!(page, format!("/?psc_error={code}"), "{claims}");
    }
    assert_eq!(with_id_token(json!({ "aud": ["agenda"], "at_hash": null })).await, "/");
}

#[tokio::test]
async fn an_id_token_that_the_provider_did_not_sign_is_refused() {
    for forgery in [Forgery::Unsigned, Forgery::SharedSecret, Forgery::OtherKey] {
        let scene = Scene::new().await;
        scene.provider.behave(|provider| provider.forgery = Some(forgery));
        let page = scene.log_in(&mut scene.browser(), "/psc/login").await;
        assert_eq!(page.redirect(), "/?psc_error=token_rejected", "{forgery:?}");
    }
}

#[tokio::test]
async fn a_member_that_stands_twice_is_refused() {
    let scene = Scene::new().await;
    for twice in [r#""acr":"eidas3""#, r#""authMode":"CARD","authMode":"MOBILE""#] {
        scene.provider.behave(|provider| provider.raw_payload = Some(twice.into()));
        let page = scene.log_in(&mut scene.browser(), "/psc/login").await;
        assert!(page.redirect().starts_with("/?psc_error="), "{twice}");
    }
}

#[tokio::test]
async fn clocks_that_differ_are_named() {
    for (seconds, page) in
        [(25, "/"), (-25, "/"), (200, "/?psc_error=clock_skew"), (-60, "/?psc_error=clock_skew")]
    {
        let scene = Scene::new().await;
        scene.service_clock_is_off_by(seconds);
        let found = scene.log_in(&mut scene.browser(), "/psc/login").await;
        assert_eq!(found.redirect(), page, "{seconds} s");
    }
}

#[tokio::test]
async fn a_login_that_is_too_weak_is_refused() {
    for acr in [None, Some("eidas1"), Some("eidas4"), Some(""), Some("1")] {
        let scene = Scene::new().await;
        scene.provider.behave(|provider| provider.acr = acr);
        let mut browser = scene.browser();
        let page = scene.log_in(&mut browser, "/psc/login?level=eidas2").await;
        assert_eq!(page.redirect(), "/?psc_error=level_too_low", "{acr:?}");
        assert!(is_logged_out(&mut browser).await);
    }
    for acr in ["eidas2", "eidas3"] {
        let scene = Scene::new().await;
        scene.provider.behave(|provider| provider.acr = Some(acr));
        let page = scene.log_in(&mut scene.browser(), "/psc/login?level=eidas2").await;
        assert_eq!(page.redirect(), "/", "a level is a minimum");
    }
}

#[tokio::test]
async fn a_login_that_is_too_old_is_refused() {
    for (ago, page) in [(60, "/"), (120, "/?psc_error=login_required")] {
        let scene = Scene::new().await;
        scene.provider.behave(|provider| provider.authenticated_ago = ago);
        let found = scene.log_in(&mut scene.browser(), "/psc/login?max_age=60").await;
        assert_eq!(found.redirect(), page);
    }
    let scene = Scene::new().await;
    scene.provider.behave(|provider| provider.id_token = json!({ "auth_time": null }));
    let found = scene.log_in(&mut scene.browser(), "/psc/login?max_age=60").await;
    assert_eq!(found.redirect(), "/?psc_error=login_required");
}

#[tokio::test]
async fn userinfo_of_someone_else_is_refused() {
    for userinfo in [json!({ "sub": "f:x:someone-else" }), json!({}), json!([])] {
        let scene = Scene::new().await;
        scene.provider.behave(|provider| provider.userinfo = userinfo);
        let page = scene.log_in(&mut scene.browser(), "/psc/login").await;
        assert_eq!(page.redirect(), "/?psc_error=token_rejected");
    }
}

#[tokio::test]
async fn a_code_that_the_provider_refuses_ends_the_login() {
    let scene = Scene::new().await;
    scene.provider.behave(|provider| provider.refuses = Some("invalid_grant"));
    let page = scene.log_in(&mut scene.browser(), "/psc/login?return_to=/agenda").await;
    assert_eq!(page.redirect(), "/agenda?psc_error=server");
}

#[tokio::test]
async fn a_return_path_that_leads_elsewhere_is_refused() {
    let scene = Scene::new().await;
    for path in ["https://evil.example", "//evil.example", "/%5Cevil.example", "/%09/evil.example"]
    {
        let page = scene.browser().open(&format!("/psc/login?return_to={path}")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(page.set_cookies.is_empty());
    }
}

#[tokio::test]
async fn the_session_is_not_told_without_the_header() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    scene.log_in(&mut browser, "/psc/login").await;
    for headers in
        [vec![], vec![("psc-csrf", "0")], vec![("psc-csrf", "1"), ("sec-fetch-site", "cross-site")]]
    {
        let page = browser.send(Method::GET, "/psc/session", &headers, "").await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{headers:?}");
        assert!(!page.body.contains("LANTERNIER"));
    }
}

#[tokio::test]
async fn another_site_cannot_log_a_person_out() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    scene.log_in(&mut browser, "/psc/login").await;
    for headers in [
        vec![],
        vec![("origin", "https://evil.example")],
        vec![("origin", "null")],
        vec![("origin", "http://localhost:8083")],
        vec![("origin", "http://localhost:8082"), ("sec-fetch-site", "same-site")],
        vec![("psc-csrf", "1"), ("sec-fetch-site", "cross-site")],
    ] {
        let page = browser.send(Method::POST, "/psc/logout", &headers, "").await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{headers:?}");
    }
    let page = browser.send(Method::GET, "/psc/logout", &[], "").await;
    assert_eq!(page.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(!is_logged_out(&mut browser).await);
}

#[tokio::test]
async fn a_step_up_by_another_person_ends_the_session() {
    for step_up in [
        "/psc/login?level=eidas2&max_age=60&return_to=/sign",
        "/psc/login?level=eidas2&return_to=/sign",
        "/psc/login?max_age=60&return_to=/sign",
    ] {
        let scene = Scene::new().await;
        let mut browser = scene.browser();
        scene.log_in(&mut browser, "/psc/login").await;
        let stolen = browser.clone();
        let other = "f:550dc1c8-d97b-4b1e-ac8c-8eb4471cf9dd:899700990023";
        scene.provider.behave(|provider| {
            provider.id_token = json!({ "sub": other });
            provider.userinfo["sub"] = json!(other);
        });

        let page = scene.log_in(&mut browser, step_up).await;
        assert_eq!(page.redirect(), "/sign?psc_error=other_person");
        assert!(is_logged_out(&mut browser).await);
        assert!(is_logged_out(&mut stolen.clone()).await, "the session of before is over too");
        let told = browser.open("/sign?psc_error=other_person").await;
        assert_eq!(told.status, StatusCode::UNAUTHORIZED);
        assert!(told.body.contains("Une autre personne s’est identifiée"), "{}", told.body);

        // A login that demands nothing is a login, and the person knows it.
        assert_eq!(scene.log_in(&mut browser, "/psc/login").await.redirect(), "/");
    }
}

#[tokio::test]
async fn a_step_up_names_the_person_to_the_provider() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    let hint = async |browser: &mut Browser| {
        let page = browser.open("/psc/login?level=eidas2&max_age=60").await;
        query(page.redirect()).get("login_hint").cloned()
    };
    assert_eq!(hint(&mut browser).await, None);
    scene.log_in(&mut browser, "/psc/login").await;
    assert_eq!(hint(&mut browser).await.as_deref(), Some("899700990015"));
}
