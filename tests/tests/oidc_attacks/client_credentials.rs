//! A service that acts for itself, and reaches for more.

use openpsc_tests::{Client, TestServer, on_both_engines};
use serde_json::{Value, json};

use super::DOCTOR;

const SECRET: &str = "machine-secret-0123456789abcdefghijklm";

fn registration() -> Value {
    json!({
        "client_id": "machine",
        "client_name": "Synchronisation",
        "client_secret": SECRET,
        "token_endpoint_auth_method": "client_secret_post",
        "grant_types": ["client_credentials"],
        "scope": "agenda.read openid",
        "redirect_uris": ["https://machine.example/callback"],
    })
}

fn machine(server: &TestServer) -> Client {
    Client::registered("machine", "https://machine.example/callback", server.url())
}

on_both_engines! {
    async fn a_service_gets_no_more_than_it_is_registered_for(server: TestServer) {
        let server = server.with_clients([registration()]).await;
        let client = machine(&server);
        for scope in ["openid", "agenda.read openid", "scope_all", "agenda.write", "agenda.read  x", "Agenda.Read"] {
            let form = [("grant_type", "client_credentials"), ("client_secret", SECRET), ("scope", scope)];
            assert_eq!(client.token(&form).await.unwrap_err().error, "invalid_scope", "{scope}");
        }
        for grant in ["authorization_code", "refresh_token"] {
            let form = [("grant_type", grant), ("client_secret", SECRET), ("code", "x")];
            assert_eq!(client.token(&form).await.unwrap_err().error, "unauthorized_client", "{grant}");
        }
        let refused = server.browser().get(&client.request().url).await.answer();
        assert_eq!(refused.error(), "unauthorized_client");
        for other in ["agenda", "imagerie", "dossier", "hopital", "mobile"] {
            let refused = server.client(other).token(&[("grant_type", "client_credentials")]).await;
            assert_eq!(refused.unwrap_err().error, "unauthorized_client", "{other}");
        }
        let wrong = [("grant_type", "client_credentials"), ("client_secret", "wrong")];
        assert_eq!(client.token(&wrong).await.unwrap_err().error, "invalid_client");
    }

    async fn its_token_is_nobodys(server: TestServer) {
        let server = server.with_clients([registration()]).await;
        let client = machine(&server);
        let form = [("grant_type", "client_credentials"), ("client_secret", SECRET)];
        let page = client.call(client.token_request(&form)).await;
        let answer: Value = serde_json::from_str(&page.text).unwrap();
        let token = answer["access_token"].as_str().unwrap();
        assert_eq!(answer["scope"], "agenda.read");

        let page = client.userinfo(token).await;
        assert_eq!(page.status, 403, "{}", page.text);
        assert!(page.header("www-authenticate").contains("insufficient_scope"));
        let agenda = server.client("agenda");
        assert_eq!(agenda.refresh(token).await.unwrap_err().error, "invalid_grant");
        // A person's own token is not touched by one that was taken back.
        let tokens = agenda.log_in(&server.browser(), DOCTOR).await;
        let form = [("client_secret", SECRET), ("token", token)];
        assert_eq!(client.call(client.back_channel("revoke", &form)).await.status, 200);
        assert_eq!(client.userinfo(token).await.status, 401);
        assert_eq!(agenda.userinfo(&tokens.access_token).await.status, 200);
    }
}
