//! Asking about tokens that are somebody else's.

use openpsc_tests::{Client, Jwt, Page, TestServer, http, on_both_engines};
use serde_json::{Value, json};

use super::DOCTOR;

async fn asked(client: &Client, token: &str) -> Value {
    let request = client.back_channel("token/introspect", &[("token", token)]);
    let page = client.call(request).await;
    assert_eq!(page.status, 200, "{}", page.text);
    serde_json::from_str(&page.text).unwrap()
}

on_both_engines! {
    /// RFC 7662 §4: who holds a pile of stolen tokens cannot sort it here.
    async fn a_token_of_anothers_looks_like_nonsense(server: TestServer) {
        let tokens = server.client("agenda").log_in(&server.browser(), DOCTOR).await;
        let other = TestServer::start().await;
        let foreign = other.client("imagerie").log_in(&other.browser(), DOCTOR).await;
        let altered = {
            let mut jwt = Jwt::read(&tokens.access_token);
            jwt.claims["aud"] = "imagerie".into();
            jwt.forged()
        };
        for client_id in ["imagerie", "hopital", "robot"] {
            let thief = server.client(client_id);
            for token in [
                &tokens.access_token,
                &tokens.refresh_token,
                &tokens.id_token,
                &foreign.access_token,
                &foreign.refresh_token,
                &altered,
                "x",
                "..",
                &"A".repeat(20_000),
            ] {
                assert_eq!(asked(&thief, token).await, json!({"active": false}), "{token}");
            }
        }
        assert_eq!(asked(&server.client("agenda"), &tokens.access_token).await["active"], true);
        // An ID token is no access token, not even its own client's.
        assert_eq!(asked(&server.client("agenda"), &tokens.id_token).await, json!({"active": false}));
    }

    async fn only_who_proves_who_it_is_may_ask(server: TestServer) {
        let tokens = server.client("dossier").log_in(&server.browser(), DOCTOR).await;
        let address = server.endpoint("token/introspect");
        let form = [("token", tokens.access_token.as_str())];
        let anonymous = http().post(&address).form(&form);
        let public = server.client("dossier").back_channel("token/introspect", &form);
        let wrong = http().post(&address).basic_auth("agenda", Some("wrong")).form(&form);
        // A bearer token is no client's credential.
        let bearer = http().post(&address).bearer_auth(&tokens.access_token).form(&form);
        for request in [anonymous, public, wrong, bearer] {
            let page = Page::of(request.send().await.unwrap()).await;
            assert_eq!(page.status, 401, "{}", page.text);
            assert!(page.text.contains("invalid_client"));
            assert!(!page.text.contains("active"));
        }
    }

    async fn the_address_and_a_second_token_are_refused(server: TestServer) {
        let client = server.client("agenda");
        let tokens = client.log_in(&server.browser(), DOCTOR).await;
        let token = tokens.access_token.as_str();
        let twice = client.back_channel("token/introspect", &[("token", token), ("token", "x")]);
        let in_query = client.back_channel(&format!("token/introspect?token={token}"), &[]);
        let none = client.back_channel("token/introspect", &[]);
        for request in [twice, in_query, none] {
            let page = client.call(request).await;
            assert_eq!(page.status, 400);
            assert!(page.text.contains("invalid_request"), "{}", page.text);
        }
        let address = client.endpoint("token/introspect");
        let secret = Some("agenda-secret-0123456789abcdefghijklmn");
        let get = http().get(format!("{address}?token={token}")).basic_auth("agenda", secret);
        let page = client.call(get).await;
        assert_eq!(page.status, 405);
        let json = http().post(&address).json(&json!({"token": token})).basic_auth("agenda", secret);
        assert_eq!(client.call(json).await.status, 415);
    }

    /// RFC 9701 §8.1: the signed answer is no access token and no ID token.
    async fn a_signed_answer_stands_in_for_nothing(server: TestServer) {
        let client = server.client("agenda");
        let tokens = client.log_in(&server.browser(), DOCTOR).await;
        let signed = "application/token-introspection+jwt";
        let form = [("token", tokens.access_token.as_str())];
        let request = client.back_channel("token/introspect", &form).header("accept", signed);
        let answer = client.call(request).await.text;
        assert_eq!(client.userinfo(&answer).await.status, 401);
        assert_eq!(asked(&client, &answer).await, json!({"active": false}));
        let hint = [("id_token_hint", answer.as_str())];
        let address = url::Url::parse_with_params(&server.endpoint("logout"), hint).unwrap();
        assert_eq!(server.browser().get(address).await.error_code(), "invalid_request");
    }
}
