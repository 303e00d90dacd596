//! Pushed requests that are not the presenter's, or not what they should be.

use openpsc::config::Config;
use openpsc_tests::{Client, Page, Request, TestServer, http, on_both_engines};
use serde_json::Value;

use super::DOCTOR;

/// The error of a push that is refused.
async fn refused(client: &Client, request: &Request) -> String {
    let page = client.push(request).await;
    assert_eq!(page.status, 400, "{}", page.text);
    assert_eq!(page.header("cache-control"), "no-store");
    let body: Value = serde_json::from_str(&page.text).unwrap();
    body["error"].as_str().unwrap().to_owned()
}

/// What a browser gets is a page that leads nowhere.
async fn is_unusable(server: &TestServer, request: &Request) {
    let page = server.browser().get(&request.url).await;
    assert_eq!(page.error_code(), "invalid_request_uri");
}

on_both_engines! {
    async fn a_reference_completes_one_authorization(server: TestServer) {
        let client = server.client("agenda");
        let browser = server.browser();
        let request = client.pushed(&client.request()).await;
        let page = browser.open(&request.url).await;
        let page = browser.one_click(&page, DOCTOR, "ecps").await;
        client.code(&request, &page);
        is_unusable(&server, &request).await;
        let page = browser.get(&request.url).await;
        assert_eq!(page.error_code(), "invalid_request_uri", "the session is no excuse");
        let server = server.restart().await;
        is_unusable(&server, &request).await;
    }

    /// Two tabs hold the login page of one request.
    async fn the_second_tab_of_a_reference_gets_no_code(server: TestServer) {
        let client = server.client("agenda");
        let browser = server.browser();
        let request = client.pushed(&client.request()).await;
        let first = browser.open(&request.url).await;
        let second = browser.open(&request.url).await;
        client.code(&request, &browser.one_click(&first, DOCTOR, "ecps").await);
        let page = browser.one_click(&second, DOCTOR, "ecps").await;
        assert_eq!(page.location(), None, "{}", page.text);
        // Nor when the page notices the session that the first one made.
        let page = browser.open(&second.url).await;
        assert_eq!(page.location(), None, "{}", page.text);
    }

    async fn of_eight_at_once_one_gets_a_code(server: TestServer) {
        let client = server.client("robot");
        let request = client.pushed(&client.request().with("login_hint", DOCTOR)).await;
        let calls: Vec<_> = (0..8)
            .map(|_| tokio::spawn(http().get(request.url.as_str()).send()))
            .collect();
        let mut codes = 0;
        for call in calls {
            let page = Page::of(call.await.unwrap().unwrap()).await;
            codes += usize::from(page.location().is_some());
        }
        assert_eq!(codes, 1);
    }

    async fn a_reference_is_its_own_clients_and_dies(server: TestServer) {
        let client = server.client("agenda");
        let request = client.pushed(&client.request()).await;
        for other in ["imagerie", "dossier", "hopital"] {
            is_unusable(&server, &request.clone().changed("client_id", other)).await;
        }
        let reference = request.url.query_pairs().find(|(name, _)| name == "request_uri").unwrap().1.into_owned();
        for altered in [
            "urn:ietf:params:oauth:request_uri:x".to_owned(),
            "urn:ietf:params:oauth:request_uri:".to_owned(),
            format!("{reference}x"),
            reference[..reference.len() - 2].to_owned(),
        ] {
            is_unusable(&server, &request.clone().changed("request_uri", &altered)).await;
        }
        server.clock.advance(90);
        is_unusable(&server, &request).await;
    }

    /// What stands beside the reference counts for nothing.
    async fn nothing_beside_a_reference_counts(server: TestServer) {
        let client = server.client("agenda");
        let browser = server.browser();
        let request = client
            .pushed(&client.request())
            .await
            .with("redirect_uri", "https://evil.example/")
            .with("state", "evil")
            .with("scope", "openid")
            .with("prompt", "none");
        let page = browser.open(&request.url).await;
        let page = browser.one_click(&page, DOCTOR, "ecps").await;
        let code = client.code(&request, &page);
        let tokens = client.redeem(&code, &request.verifier).await.unwrap();
        assert_eq!(tokens.scope, "openid scope_all");
    }
}

#[tokio::test]
async fn every_rule_of_a_request_holds_when_it_is_pushed() {
    let server = TestServer::start().await;
    let client = server.client("agenda");
    let whole = || client.request();
    for (request, error) in [
        (whole().without("redirect_uri"), "invalid_request"),
        (whole().changed("redirect_uri", "https://evil.example/"), "invalid_request"),
        (whole().without("response_type"), "invalid_request"),
        (whole().changed("response_type", "token"), "unsupported_response_type"),
        (whole().with("response_mode", "fragment"), "invalid_request"),
        (whole().changed("scope", "scope_all"), "invalid_scope"),
        (whole().changed("scope", "openid admin"), "invalid_scope"),
        (whole().without("code_challenge"), "invalid_request"),
        (whole().changed("code_challenge_method", "plain"), "invalid_request"),
        (whole().with("state", "second"), "invalid_request"),
        (whole().with("redirect_uri", "https://agenda.example/callback"), "invalid_request"),
        (whole().changed("nonce", &"x".repeat(513)), "invalid_request"),
        (whole().with("prompt", "none login"), "invalid_request"),
        (whole().with("max_age", "soon"), "invalid_request"),
        (whole().with("id_token_hint", "x.y.z"), "invalid_request"),
        (whole().with("registration", "{}"), "registration_not_supported"),
        // RFC 9126 §2.1.
        (whole().with("request_uri", "https://agenda.example/r"), "invalid_request"),
        (whole().with("request_uri", "urn:ietf:params:oauth:request_uri:x"), "invalid_request"),
    ] {
        assert_eq!(refused(&client, &request).await, error, "{}", request.url);
    }
}

#[tokio::test]
async fn only_the_client_itself_pushes() {
    let server = TestServer::start().await;
    let client = server.client("agenda");
    let address = client.endpoint("ext/par/request");
    let request = client.request();
    let form: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
    // No secret, a wrong one, another client's.
    let anonymous = http().post(&address).form(&form);
    let wrong = http().post(&address).basic_auth("agenda", Some("wrong")).form(&form);
    let secret = "bloc-secret-0123456789abcdefghijklmnop";
    let foreign = http().post(&address).basic_auth("bloc", Some(secret)).form(&form);
    for call in [anonymous, wrong, foreign] {
        let page = client.call(call).await;
        assert_eq!(page.status, 401, "{}", page.text);
        assert!(page.text.contains("\"invalid_client\""), "{}", page.text);
    }
    // RFC 9126 §2.3.
    let page = client.call(http().get(&address)).await;
    assert_eq!((page.status.as_u16(), page.header("allow")), (405, "POST"));
    let large = http().post(&address).form(&[("state", "x".repeat(70 * 1024))]);
    assert_eq!(client.call(large).await.status, 413);
    let json = http().post(&address).json(&form);
    assert_eq!(client.call(json).await.status, 415);
}

fn demand(config: &mut Config, client_id: &str) {
    let mut clients = config.clients.iter_mut();
    let client = clients.find(|client| client.client_id == client_id).unwrap();
    client.require_pushed_authorization_requests = true;
}

#[tokio::test]
async fn a_plain_request_is_refused_where_pushing_is_demanded() {
    let server = TestServer::with(|config| demand(config, "agenda")).await;
    let client = server.client("agenda");
    let request = client.request();
    let answer = server.browser().get(&request.url).await.answer();
    assert_eq!((answer.error(), answer.member("state")), ("invalid_request", &*request.state));
    let pushed = client.pushed(&request).await;
    server.browser().open(&pushed.url).await.form("/sandbox");
    // The others may go on as they did.
    server.browser().open(&server.client("imagerie").request().url).await.form("/sandbox");

    let server = server
        .reconfigured(|config| config.authorize.require_pushed_authorization_requests = true)
        .await;
    let answer = server.browser().get(&server.client("imagerie").request().url).await.answer();
    assert_eq!(answer.error(), "invalid_request");
    let document = http().get(format!("{}/.well-known/openid-configuration", server.issuer()));
    let document: Value = document.send().await.unwrap().json().await.unwrap();
    assert_eq!(document["require_pushed_authorization_requests"], true);
}
