//! Talking a level down, or a person into being another.

use openpsc_tests::{Client, Request, TestServer, on_both_engines};
use serde_json::{Value, json};

use super::{ATTACKER, DOCTOR};

fn asking(client: &Client, claims: &Value) -> Request {
    client.request().with("claims", &claims.to_string())
}

#[tokio::test]
async fn malformed_claims_are_refused() {
    let server = TestServer::start().await;
    let client = server.client("agenda");
    for claims in [
        "x",
        "[]",
        "{",
        r#"{"id_token":[]}"#,
        r#"{"id_token":{"acr":"eidas3"}}"#,
        r#"{"id_token":{"acr":{"essential":1}}}"#,
        r#"{"id_token":{"acr":{"values":"eidas3"}}}"#,
        r#"{"id_token":{"acr":{"essential":true,"essential":false,"value":"eidas3"}}}"#,
        r#"{"userinfo":{"sub":{"value":7}}}"#,
    ] {
        let request = client.request().with("claims", claims);
        let answer = server.browser().get(&request.url).await.answer();
        assert_eq!(answer.error(), "invalid_request", "{claims}");
    }
}

on_both_engines! {
    /// Core §5.5.1.1: neither the session nor a weaker means will do.
    async fn an_essential_level_is_never_lowered(server: TestServer) {
        let claims = json!({"id_token": {"acr": {"essential": true, "values": ["eidas3"]}}});
        for client_id in ["agenda", "hopital"] {
            let client = server.client(client_id);
            let browser = server.browser();
            client.log_in(&browser, DOCTOR).await;
            let silent = asking(&client, &claims).with("prompt", "none");
            assert_eq!(browser.get(&silent.url).await.answer().error(), "login_required");
            // A lower wish beside it does not help.
            let request = asking(&client, &claims).with("acr_values", "eidas1");
            let page = browser.open(&request.url).await;
            let page = browser.one_click(&page, DOCTOR, "ecps").await;
            assert_eq!(page.answer().error(), "unmet_authentication_requirements");
        }
        let nonsense = json!({"id_token": {"acr": {"essential": true, "value": "urn:x"}}});
        let request = asking(&server.client("agenda"), &nonsense);
        let answer = server.browser().get(&request.url).await.answer();
        assert_eq!(answer.error(), "unmet_authentication_requirements");
    }

    async fn a_level_that_nobody_reaches_here_is_not_asked_for_in_vain(server: TestServer) {
        let server = server.reconfigured(|config| {
            config.sandbox = None;
            for client in &mut config.clients {
                client.auto_login = false;
            }
        }).await;
        let claims = json!({"id_token": {"acr": {"essential": true, "value": "eidas3"}}});
        let request = asking(&server.client("agenda"), &claims);
        let answer = server.browser().get(&request.url).await.answer();
        assert_eq!(answer.error(), "unmet_authentication_requirements");
    }

    /// The attacker logs in where the doctor was expected.
    async fn nobody_logs_in_in_place_of_the_one_expected(server: TestServer) {
        let client = server.client("agenda");
        let doctor = client.log_in(&server.browser(), DOCTOR).await;
        let subject = format!("f:550dc1c8-d97b-4b1e-ac8c-8eb4471cf9dd:{DOCTOR}");
        for request in [
            client.request().with("id_token_hint", &doctor.id_token),
            asking(&client, &json!({"id_token": {"sub": {"value": subject}}})),
        ] {
            let browser = server.browser();
            let page = browser.open(&request.url).await;
            let page = browser.one_click(&page, ATTACKER, "ecps").await;
            assert_eq!(page.answer().error(), "login_required");
            let silent = client.request().with("prompt", "none");
            assert_eq!(browser.get(&silent.url).await.answer().error(), "login_required");
        }
        let other = json!({"id_token": {"sub": {"value": "f:x:y"}}});
        let request = asking(&client, &other).with("id_token_hint", &doctor.id_token);
        let answer = server.browser().get(&request.url).await.answer();
        assert_eq!(answer.error(), "invalid_request", "two people");
    }
}
