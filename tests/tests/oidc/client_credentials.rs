//! A service acts for itself.

use openpsc_tests::{Client, Page, Signer, TestServer, on_both_engines};
use serde_json::{Value, json};

use super::DOCTOR;

/// A service that logs nobody in.
fn registration(client_id: &str, profile: &str) -> Value {
    json!({
        "client_id": client_id,
        "client_name": "Synchronisation",
        "client_secret": "machine-secret-0123456789abcdefghijklm",
        "token_endpoint_auth_method": "client_secret_post",
        "grant_types": ["client_credentials"],
        "scope": "agenda.read agenda.write",
        "id_token_signed_response_alg": "ES256",
        "profile": profile,
    })
}

async fn asks(server: &TestServer, client_id: &'static str, extra: &[(&str, &str)]) -> Page {
    let client = Client::registered(client_id, "", server.url());
    let form = [
        &[
            ("grant_type", "client_credentials"),
            ("client_secret", "machine-secret-0123456789abcdefghijklm"),
        ],
        extra,
    ]
    .concat();
    client.call(client.token_request(&form)).await
}

on_both_engines! {
    /// RFC 8707: for the resources that it is registered for.
    async fn its_token_may_be_for_a_resource(server: TestServer) {
        let mut registration = registration("machine-a", "openid");
        registration["resources"] = json!(["https://api.example/one"]);
        let server = server.with_clients([registration]).await;
        let page = asks(&server, "machine-a", &[("resource", "https://api.example/one")]).await;
        let answer: Value = serde_json::from_str(&page.text).unwrap();
        let token = server.verified(answer["access_token"].as_str().unwrap()).await;
        assert_eq!(token.text("aud"), "https://api.example/one");
        let page = asks(&server, "machine-a", &[("resource", "https://api.example/two")]).await;
        assert!(page.status == 400 && page.text.contains("invalid_target"), "{}", page.text);
    }

    async fn a_service_gets_a_token_of_its_own(server: TestServer) {
        let registrations = [registration("machine-a", "openid"), registration("machine-b", "psc")];
        let server = server.with_clients(registrations).await;
        for (client_id, typ) in [("machine-a", "at+jwt"), ("machine-b", "JWT")] {
            let page = asks(&server, client_id, &[]).await;
            assert_eq!(page.status, 200, "{}", page.text);
            assert_eq!(page.header("cache-control"), "no-store");
            let answer: Value = serde_json::from_str(&page.text).unwrap();
            assert_eq!(answer["token_type"], "Bearer");
            assert_eq!(answer["expires_in"], 120);
            assert_eq!(answer["scope"], "agenda.read agenda.write");
            // RFC 6749 §4.4.3; there is no person, so no ID token either.
            assert_eq!(answer.as_object().unwrap().len(), 4, "{answer}");

            let token = server.verified(answer["access_token"].as_str().unwrap()).await;
            assert_eq!(token.header["typ"], typ);
            assert_eq!(token.text("sub"), client_id);
            assert_eq!(token.text("client_id"), client_id);
            assert_eq!(token.text("iss"), server.issuer());
            assert_eq!(token.number("exp") - token.number("iat"), 120);
            for absent in ["sid", "session_state", "acr", "auth_time", "SubjectNameID", "nonce"] {
                assert!(token.claims.get(absent).is_none(), "{absent}");
            }
        }
        let page = asks(&server, "machine-a", &[("scope", "agenda.read")]).await;
        let answer: Value = serde_json::from_str(&page.text).unwrap();
        assert_eq!(answer["scope"], "agenda.read");
    }

    async fn its_token_stands_until_it_expires_or_is_taken_back(server: TestServer) {
        let server = server.with_clients([registration("machine-a", "openid")]).await;
        let token = || async {
            let page = asks(&server, "machine-a", &[]).await;
            let answer: Value = serde_json::from_str(&page.text).unwrap();
            answer["access_token"].as_str().unwrap().to_owned()
        };
        let (first, second) = (token().await, token().await);
        let client = Client::registered("machine-a", "", server.url());
        let secret = ("client_secret", "machine-secret-0123456789abcdefghijklm");
        let page = client
            .call(client.back_channel("token/introspect", &[secret, ("token", &first)]))
            .await;
        let said: Value = serde_json::from_str(&page.text).unwrap();
        assert_eq!(said["active"], true, "{said}");
        assert_eq!(said["sub"], "machine-a");
        let page = client.call(client.back_channel("revoke", &[secret, ("token", &first)])).await;
        assert_eq!(page.status, 200);
        assert!(openpsc::token::verify_access_token(&server.app, &first).await.is_err());
        assert!(openpsc::token::verify_access_token(&server.app, &second).await.is_ok());
        server.clock.advance(120);
        assert!(openpsc::token::verify_access_token(&server.app, &second).await.is_err());
    }

    async fn it_ends_with_its_clients_permission(server: TestServer) {
        let server = server.with_clients([registration("machine-a", "openid")]).await;
        let page = asks(&server, "machine-a", &[]).await;
        let answer: Value = serde_json::from_str(&page.text).unwrap();
        let server = server
            .reconfigured(|config| {
                let client = config.clients.last_mut().unwrap();
                client.grant_types = openpsc::clients::GrantType::usual();
            })
            .await;
        let token = answer["access_token"].as_str().unwrap();
        assert!(openpsc::token::verify_access_token(&server.app, token).await.is_err());
    }
}

#[tokio::test]
async fn a_service_may_be_kept_to_some_scopes_and_without_renewal() {
    let signer = Signer::new(openpsc::jose::Alg::ES256);
    let mut registration = signer.registration("etroit");
    registration["scope"] = "openid agenda.read".into();
    registration["grant_types"] = json!(["authorization_code"]);
    let server = TestServer::start().await.with_clients([registration]).await;
    let client = Client::registered("etroit", "https://etroit.example/callback", server.url());

    let refused = server.browser().get(&client.request().url).await.answer();
    assert_eq!(refused.error(), "invalid_scope");

    let request = client.request().changed("scope", "openid agenda.read");
    let browser = server.browser();
    let page = browser.open(&request.url).await;
    let page = browser.one_click(&page, DOCTOR, "ecps").await;
    let code = client.code(&request, &page);
    let assertion = signer.assertion(&server, "etroit");
    let form = [client.redemption(&code, &request.verifier), Signer::form(&assertion).to_vec()];
    let page = client.call(client.token_request(&form.concat())).await;
    let answer: Value = serde_json::from_str(&page.text).unwrap();
    assert_eq!(answer["scope"], "openid agenda.read", "{answer}");
    assert!(answer.get("refresh_token").is_none(), "{answer}");
    assert!(answer.get("refresh_expires_in").is_none(), "{answer}");
}
