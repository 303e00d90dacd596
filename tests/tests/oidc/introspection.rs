//! Introspection: a service asks what a token is worth.

use openpsc::config::Config;
use openpsc_tests::{Client, nearly, on_both_engines};
use serde_json::{Value, json};

use super::DOCTOR;

async fn introspect(client: &Client, token: &str) -> Value {
    let form = [("token", token)];
    let page = client.call(client.back_channel("token/introspect", &form)).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert_eq!(page.header("cache-control"), "no-store");
    serde_json::from_str(&page.text).unwrap()
}

/// Imagerie becomes a target service: others' tokens are presented to it.
fn entitle_imagerie(config: &mut Config) {
    let client = config.clients.iter_mut().find(|client| client.client_id == "imagerie");
    client.unwrap().introspects_others = true;
}

on_both_engines! {
    async fn a_client_learns_of_its_own_tokens(server: TestServer) {
        let client = server.client("agenda");
        let tokens = client.log_in(&server.browser(), DOCTOR).await;
        let claims = server.verified(&tokens.access_token).await.claims;

        let access = introspect(&client, &tokens.access_token).await;
        assert_eq!(access["active"], true);
        for member in ["iss", "sub", "aud", "client_id", "scope", "exp", "iat", "jti", "acr", "auth_time"] {
            assert_eq!(access[member], claims[member], "{member}");
            assert!(!access[member].is_null(), "{member}");
        }
        assert_eq!(access["token_type"], "Bearer");
        // RFC 7662 §5: no more about the person than the caller needs.
        for member in ["SubjectNameID", "username", "otherIds", "nonce"] {
            assert!(access.get(member).is_none(), "{member}");
        }

        let refresh = introspect(&client, &tokens.refresh_token).await;
        assert_eq!(refresh["active"], true);
        assert_eq!(refresh["client_id"], "agenda");
        assert_eq!(refresh["sub"], claims["sub"]);
        nearly(refresh["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 1800);
    }

    /// psc-protocol §9: every claim of the token, and three more.
    async fn a_client_of_psc_gets_the_whole_token(server: TestServer) {
        let client = server.client("hopital");
        let tokens = client.log_in(&server.browser(), DOCTOR).await;
        let claims = server.verified(&tokens.access_token).await.claims;
        let access = introspect(&client, &tokens.access_token).await;
        for (member, value) in claims.as_object().unwrap() {
            assert_eq!(access[member], *value, "{member}");
        }
        assert_eq!(access["client_id"], "hopital");
        assert_eq!(access["username"], DOCTOR);
        assert_eq!(access["SubjectNameID"], DOCTOR);
        assert_eq!(access["active"], true);

        let refresh = introspect(&client, &tokens.refresh_token).await;
        assert_eq!(refresh["typ"], "Refresh");
        assert_eq!(refresh["username"], DOCTOR);
        assert_eq!(refresh["active"], true);
        assert!(refresh.get("SubjectNameID").is_none());
    }

    async fn a_target_service_learns_of_others_access_tokens(server: TestServer) {
        let tokens = server.client("hopital").log_in(&server.browser(), DOCTOR).await;
        let target = server.client("imagerie");
        assert_eq!(introspect(&target, &tokens.access_token).await, json!({"active": false}));

        let server = server.reconfigured(entitle_imagerie).await;
        let target = server.client("imagerie");
        let answer = introspect(&target, &tokens.access_token).await;
        assert_eq!(answer["active"], true);
        assert_eq!(answer["client_id"], "hopital");
        // Not of what only that client can use.
        assert_eq!(introspect(&target, &tokens.refresh_token).await, json!({"active": false}));
    }

    async fn what_is_over_is_inactive_at_once(server: TestServer) {
        let client = server.client("agenda");
        let browser = server.browser();
        let tokens = client.log_in(&browser, DOCTOR).await;
        server.clock.advance(120);
        assert_eq!(introspect(&client, &tokens.access_token).await, json!({"active": false}));
        assert_eq!(introspect(&client, &tokens.refresh_token).await["active"], true);

        let next = client.refresh(&tokens.refresh_token).await.unwrap();
        assert_eq!(introspect(&client, &next.access_token).await["active"], true);
        let sid = server.verified(&next.id_token).await.text("sid").to_owned();
        openpsc::sessions::end(&server.app, &sid, openpsc::audit::Actor::Operator, "test").await.unwrap();
        for token in [&next.access_token, &next.refresh_token] {
            assert_eq!(introspect(&client, token).await, json!({"active": false}));
        }
    }

    async fn an_idle_refresh_token_is_inactive(server: TestServer) {
        let client = server.client("agenda");
        let tokens = client.log_in(&server.browser(), DOCTOR).await;
        server.clock.advance(1801);
        assert_eq!(introspect(&client, &tokens.refresh_token).await, json!({"active": false}));
    }

    /// RFC 9701: the answer signed, for this caller and nobody else.
    async fn the_answer_is_signed_for_who_asks(server: TestServer) {
        let client = server.client("agenda");
        let tokens = client.log_in(&server.browser(), DOCTOR).await;
        for (token, active) in [(tokens.access_token.as_str(), true), ("nonsense", false)] {
            let request = client
                .back_channel("token/introspect", &[("token", token)])
                .header("accept", "application/token-introspection+jwt, application/json;q=0.5");
            let page = client.call(request).await;
            assert_eq!(page.header("content-type"), "application/token-introspection+jwt");
            let jwt = server.verified(&page.text).await;
            assert_eq!(jwt.header["typ"], "token-introspection+jwt");
            assert_eq!(jwt.header["alg"], "RS256");
            assert_eq!(jwt.text("iss"), server.issuer());
            assert_eq!(jwt.text("aud"), "agenda");
            assert_eq!(jwt.claims["token_introspection"]["active"], active);
            // RFC 9701 §5: the claims of the token stay inside, so that the
            // answer is no token.
            assert!(jwt.claims.get("sub").is_none() && jwt.claims.get("exp").is_none());
            let inner = introspect(&client, token).await;
            assert_eq!(jwt.claims["token_introspection"], inner);
        }
    }
}
