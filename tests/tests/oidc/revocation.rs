//! Revocation: a service gives a token back.

use openpsc_tests::{Client, Page, on_both_engines};

use super::DOCTOR;

async fn revoke(client: &Client, form: &[(&str, &str)]) -> Page {
    let page = client.call(client.back_channel("revoke", form)).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert_eq!(page.text, "");
    page
}

async fn is_active(client: &Client, access_token: &str) -> bool {
    client.userinfo(access_token).await.status == 200
}

on_both_engines! {
    async fn a_refresh_token_takes_its_access_tokens_along(server: TestServer) {
        for client_id in ["agenda", "dossier", "hopital"] {
            let client = server.client(client_id);
            let first = client.log_in(&server.browser(), DOCTOR).await;
            let second = client.refresh(&first.refresh_token).await.unwrap();
            revoke(&client, &[("token", &second.refresh_token)]).await;
            for tokens in [&first, &second] {
                assert!(!is_active(&client, &tokens.access_token).await, "{client_id}");
                let refused = client.refresh(&tokens.refresh_token).await.unwrap_err();
                assert_eq!(refused.error, "invalid_grant");
            }
            // And once more: it is gone all the same.
            revoke(&client, &[("token", &second.refresh_token)]).await;
        }
    }

    async fn an_access_token_goes_alone(server: TestServer) {
        let client = server.client("agenda");
        let first = client.log_in(&server.browser(), DOCTOR).await;
        let second = client.refresh(&first.refresh_token).await.unwrap();
        // RFC 7009 §2.1: a wrong hint is no reason not to find it.
        revoke(&client, &[("token", &first.access_token), ("token_type_hint", "refresh_token")])
            .await;
        assert!(!is_active(&client, &first.access_token).await);
        assert!(is_active(&client, &second.access_token).await);
        assert!(client.refresh(&first.refresh_token).await.is_ok());
        let server = server.restart().await;
        assert!(!is_active(&server.client("agenda"), &first.access_token).await);
    }

    async fn other_services_of_the_session_keep_theirs(server: TestServer) {
        let browser = server.browser();
        let (agenda, imagerie) = (server.client("agenda"), server.client("imagerie"));
        let given_back = agenda.log_in(&browser, DOCTOR).await;
        let request = imagerie.request();
        let code = imagerie.code(&request, &browser.open(&request.url).await);
        let kept = imagerie.redeem(&code, &request.verifier).await.unwrap();
        revoke(&agenda, &[("token", &given_back.refresh_token)]).await;
        assert!(is_active(&imagerie, &kept.access_token).await);
    }

    async fn what_was_revoked_is_forgotten_when_it_would_have_expired(server: TestServer) {
        let client = server.client("agenda");
        let tokens = client.log_in(&server.browser(), DOCTOR).await;
        revoke(&client, &[("token", &tokens.access_token)]).await;
        let kept = async || {
            openpsc::sweep::once(&server.app).await.unwrap();
            let rows = openpsc::database::sql("select jti from revoked_tokens");
            rows.fetch_all(&server.app.database).await.unwrap().len()
        };
        assert_eq!(kept().await, 1);
        server.clock.advance(121);
        assert_eq!(kept().await, 0);
        assert!(!is_active(&client, &tokens.access_token).await);
    }
}
