//! Too much of everything: who floods is told to wait, in words that fit.

use openpsc::audit::Kind;
use openpsc_tests::{Browser, Page, TestServer, http};

fn told_to_wait(page: &Page) {
    assert_eq!(page.status, 429, "{}", page.text);
    let seconds: i64 = page.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
}

async fn waits(server: &TestServer, reason: &str) -> usize {
    let told = server.audited(Kind::TooManyCalls).await;
    told.iter().filter(|event| event["reason"] == reason).count()
}

#[tokio::test]
async fn who_begins_too_many_logins_gets_a_page_that_can_be_read() {
    let server = TestServer::with(|config| config.login.starts_per_address = 3).await;
    let client = server.client("agenda");
    for _ in 0..3 {
        assert_eq!(Browser::of(server.url()).open(&client.request().url).await.status, 200);
    }
    let browser = Browser::of(server.url());
    for _ in 0..2 {
        let page = browser.get(&client.request().url).await;
        told_to_wait(&page);
        assert!(page.header("content-type").starts_with("text/html"));
        assert!(page.text.contains("Attendez une minute"), "{}", page.text);
        assert!(page.text.contains("too_many_requests"), "the code for support");
    }
    assert_eq!(waits(&server, "logins from an address").await, 1, "once, not each time");

    server.clock.advance(61);
    assert_eq!(browser.open(&client.request().url).await.status, 200);
}

#[tokio::test]
async fn a_service_that_begins_too_many_logins_does_not_stop_another() {
    let server = TestServer::with(|config| config.login.starts_per_client = 2).await;
    let (agenda, dossier) = (server.client("agenda"), server.client("dossier"));
    for _ in 0..2 {
        assert_eq!(server.browser().open(&agenda.request().url).await.status, 200);
    }
    told_to_wait(&server.browser().get(&agenda.request().url).await);
    assert_eq!(server.browser().open(&dossier.request().url).await.status, 200);
}

/// A person with a session is answered whatever others begin.
#[tokio::test]
async fn a_session_goes_on_when_no_login_may_begin() {
    let server = TestServer::with(|config| config.login.starts_per_address = 1).await;
    let (client, browser) = (server.client("agenda"), server.browser());
    client.log_in(&browser, super::DOCTOR).await;
    told_to_wait(&server.browser().get(&client.request().url).await);
    let request = client.request();
    client.code(&request, &browser.get(&request.url).await);
}

#[tokio::test]
async fn who_pushes_too_many_requests_is_told_in_json() {
    let server = TestServer::with(|config| config.authorize.pushed_per_client = 2).await;
    let client = server.client("agenda");
    for _ in 0..2 {
        assert_eq!(client.push(&client.request()).await.status, 201);
    }
    let refused = client.push(&client.request()).await;
    told_to_wait(&refused);
    assert!(refused.text.contains(r#""error":"too_many_requests""#), "{}", refused.text);
    assert_eq!(refused.header("cache-control"), "no-store");
    let event = &server.audited(Kind::TooManyCalls).await[0];
    assert_eq!((&event["client"], &event["reason"]), (&"agenda".into(), &"pushed requests".into()));
    assert_eq!(
        server.client("imagerie").push(&server.client("imagerie").request()).await.status,
        201
    );
}

#[tokio::test]
async fn who_tries_registration_tokens_is_told_to_wait() {
    let server = TestServer::start().await;
    let address = format!("{}/clients-registrations/openid-connect/agenda", server.issuer());
    let tries = async || {
        let call = http().get(&address).bearer_auth("x").send().await.unwrap();
        Page::of(call).await
    };
    for _ in 0..60 {
        assert_eq!(tries().await.status, 401);
    }
    told_to_wait(&tries().await);
    assert_eq!(waits(&server, "registration tokens").await, 1);
}

#[tokio::test]
async fn phones_that_nobody_knows_are_told_to_wait() {
    let server = TestServer::start().await;
    let address = format!("{}{}", server.app_url(), openpsc_protocol::ecps::paths::NONCE);
    let asks = async || {
        let call = http().post(&address).json(&serde_json::json!({})).send().await.unwrap();
        Page::of(call).await
    };
    for _ in 0..1200 {
        let answer = asks().await;
        if answer.status == 429 {
            panic!("too early");
        }
    }
    told_to_wait(&asks().await);
}

/// Nobody who proves its name waits for what others do in its name.
#[tokio::test]
async fn a_flood_in_the_name_of_a_service_does_not_stop_it() {
    let server =
        TestServer::with(|config| config.proxy.addresses = vec!["127.0.0.1/32".parse().unwrap()])
            .await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", "agenda")];
    let fails = async |nth: usize| {
        let from = format!("198.51.{}.{}", 100 + nth / 200, nth % 200);
        let call = http().post(server.endpoint("token")).header("x-forwarded-for", from);
        Page::of(call.form(&form).send().await.unwrap()).await
    };
    for nth in 0..1000 {
        assert_eq!(fails(nth).await.status, 401);
    }
    told_to_wait(&fails(1001).await);
    server.client("agenda").log_in(&server.browser(), super::DOCTOR).await;
}
