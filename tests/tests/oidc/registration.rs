//! A service registers itself, logs people in, and looks after its entry.

use openpsc_tests::{Client, Credentials, Page, TestServer, http, on_both_engines};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::DOCTOR;

const CALLBACK: &str = "https://nouveau.example/callback";

fn endpoint(server: &TestServer) -> String {
    format!("{}/clients-registrations/openid-connect", server.issuer())
}

async fn sent(request: RequestBuilder) -> (u16, Value) {
    let page = Page::of(request.send().await.unwrap()).await;
    assert_eq!(page.header("cache-control"), "no-store", "{}", page.text);
    let body =
        if page.text.is_empty() { Value::Null } else { serde_json::from_str(&page.text).unwrap() };
    (page.status.as_u16(), body)
}

async fn registered(server: &TestServer, metadata: Value) -> Value {
    let (status, answer) = sent(http().post(endpoint(server)).json(&metadata)).await;
    assert_eq!(status, 201, "{answer}");
    answer
}

/// A call of the registration's own address with its own token.
fn managing(method: Method, answer: &Value) -> RequestBuilder {
    let address = answer["registration_client_uri"].as_str().unwrap();
    let token = answer["registration_access_token"].as_str().unwrap();
    http().request(method, address).bearer_auth(token)
}

fn leaked(value: &Value) -> &'static str {
    value.as_str().unwrap().to_owned().leak()
}

fn client(server: &TestServer, answer: &Value) -> Client {
    let mut client = Client::registered(leaked(&answer["client_id"]), CALLBACK, server.url());
    if answer.get("client_secret").is_some() {
        client.credentials = Credentials::Basic(leaked(&answer["client_secret"]));
    }
    client
}

on_both_engines! {
    async fn it_logs_people_in_at_once_on_every_node(server: TestServer) {
        let other = server.second_node().await;
        let address = format!("{}/.well-known/openid-configuration", server.issuer());
        let discovery: Value = http().get(address).send().await.unwrap().json().await.unwrap();
        assert_eq!(discovery["registration_endpoint"], endpoint(&server));

        let answer = registered(&server, json!({
            "redirect_uris": [CALLBACK],
            "client_name": "Nouveau",
            "id_token_signed_response_alg": "ES256",
            "logo_uri": "https://nouveau.example/logo.svg",
        })).await;
        assert_eq!(answer["redirect_uris"], json!([CALLBACK]));
        assert_eq!(answer["token_endpoint_auth_method"], "client_secret_basic");
        assert_eq!(answer["grant_types"], json!(["authorization_code", "refresh_token"]));
        assert_eq!(answer["response_types"], json!(["code"]));
        assert!(answer["client_secret_expires_at"].as_i64().unwrap() > server.clock.now());
        assert!(answer["client_secret"].as_str().unwrap().len() >= 43);
        assert!(answer.get("logo_uri").is_none(), "what we do not use is not kept");

        for node in [&other, &server] {
            let client = client(node, &answer);
            let tokens = client.log_in(&node.browser(), DOCTOR).await;
            assert_eq!(node.verified(&tokens.id_token).await.header["alg"], "ES256");
            assert!(client.refresh(&tokens.refresh_token).await.is_ok());
        }
    }

    async fn a_page_registers_without_a_secret(server: TestServer) {
        let metadata = json!({"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"});
        let answer = registered(&server, metadata).await;
        assert!(answer.get("client_secret").is_none());
        client(&server, &answer).log_in(&server.browser(), DOCTOR).await;
        // And calls the token endpoint from where it lives.
        let origin = http()
            .post(server.endpoint("token"))
            .header("origin", "https://nouveau.example")
            .send()
            .await
            .unwrap();
        assert_eq!(origin.headers()["access-control-allow-origin"], "https://nouveau.example");
    }

    /// What an operator would decide elsewhere, an integrator tries here.
    async fn in_a_sandbox_it_may_be_a_client_of_psc(server: TestServer) {
        let metadata = json!({"redirect_uris": [CALLBACK], "profile": "psc"});
        let answer = registered(&server, metadata).await;
        assert_eq!(answer["profile"], "psc");
        let psc = client(&server, &answer);
        let tokens = psc.log_in(&server.browser(), DOCTOR).await;
        assert_eq!(tokens.scope, "openid scope_all identity");
    }

    /// Conformance suites have scenes that send no challenge.
    async fn a_confidential_client_may_do_without_pkce_when_it_is_registered_so(server: TestServer) {
        let browser = server.browser();
        server.client("agenda").log_in(&browser, DOCTOR).await;
        for (metadata, error) in [
            (json!({"redirect_uris": [CALLBACK]}), Some("invalid_request")),
            (json!({"redirect_uris": [CALLBACK], "require_pkce": false}), None),
            (json!({"redirect_uris": [CALLBACK], "profile": "psc", "require_pkce": true}),
                Some("invalid_request")),
        ] {
            let client = client(&server, &registered(&server, metadata.clone()).await);
            let request = client.request().without("code_challenge").without("code_challenge_method");
            let answer = browser.get(&request.url).await.answer();
            match error {
                Some(error) => assert_eq!(answer.error(), error, "{metadata}"),
                None => {
                    let form = client.redemption(answer.code(), "");
                    client.token(&form[..3]).await.unwrap();
                }
            }
        }
        let page = json!({"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none",
            "require_pkce": false});
        let (status, refused) = sent(http().post(endpoint(&server)).json(&page)).await;
        assert_eq!((status, &refused["error"]), (400, &json!("invalid_client_metadata")));
        let why = refused["error_description"].as_str().unwrap();
        assert!(why.contains("require_pkce") || why.contains("token_endpoint_auth_method"), "{why}");
    }

    /// RFC 7592.
    async fn it_reads_changes_and_ends_its_entry(server: TestServer) {
        let answer = registered(&server, json!({"redirect_uris": [CALLBACK]})).await;
        let (status, read) = sent(managing(Method::GET, &answer)).await;
        assert_eq!((status, &read["redirect_uris"]), (200, &answer["redirect_uris"]));
        assert!(read.get("client_secret").is_none(), "only its digest is kept");

        let changed = json!({
            "client_id": answer["client_id"],
            "client_secret": answer["client_secret"],
            "client_name": "Autrement",
            "redirect_uris": [CALLBACK, "https://nouveau.example/other"],
            "userinfo_signed_response_alg": "RS256",
        });
        let (status, read) = sent(managing(Method::PUT, &answer).json(&changed)).await;
        assert_eq!((status, &read["client_name"]), (200, &json!("Autrement")), "{read}");
        let client = client(&server, &answer);
        let tokens = client.log_in(&server.browser(), DOCTOR).await;
        let userinfo = client.userinfo(&tokens.access_token).await;
        assert_eq!(userinfo.header("content-type"), "application/jwt");

        let (status, _) = sent(managing(Method::DELETE, &answer)).await;
        assert_eq!(status, 204);
        assert_eq!(sent(managing(Method::GET, &answer)).await.0, 401);
        assert_eq!(client.userinfo(&tokens.access_token).await.status, 401);
        assert_eq!(client.refresh(&tokens.refresh_token).await.unwrap_err().error, "invalid_client");
        let page = server.browser().get(&client.request().url).await;
        assert_eq!(page.error_code(), "invalid_client");
    }

    async fn it_ends_with_its_time_and_is_forgotten(server: TestServer) {
        let answer = registered(&server, json!({"redirect_uris": [CALLBACK]})).await;
        let client = client(&server, &answer);
        assert_eq!(client.refresh("x").await.unwrap_err().error, "invalid_grant");
        server.clock.advance(365 * 24 * 3600);
        openpsc::sweep::once(&server.app).await.unwrap();
        server.app.clients.refresh(&server.app.database).await.unwrap();
        assert_eq!(client.refresh("x").await.unwrap_err().error, "invalid_client");
        server.clock.advance(24 * 3600 + 1);
        openpsc::sweep::once(&server.app).await.unwrap();
        assert_eq!(openpsc::clients::store::count(&server.app.database).await.unwrap(), 0);
    }
}
