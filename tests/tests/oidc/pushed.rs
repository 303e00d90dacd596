//! Requests that a service pushes from back end to back end (RFC 9126).

use openpsc_tests::on_both_engines;
use serde_json::Value;

use super::DOCTOR;

on_both_engines! {
    async fn a_pushed_request_logs_in(server: TestServer) {
        for client_id in ["agenda", "imagerie", "dossier", "hopital"] {
            let client = server.client(client_id);
            let browser = server.browser();
            let request = client.request();
            let page = client.push(&request).await;
            assert_eq!(page.status, 201, "{}", page.text);
            assert_eq!(page.header("cache-control"), "no-store");
            let body: Value = serde_json::from_str(&page.text).unwrap();
            assert_eq!(body["expires_in"], 90);
            let request_uri = body["request_uri"].as_str().unwrap();
            assert!(request_uri.starts_with("urn:ietf:params:oauth:request_uri:"));
            assert!(!page.text.contains(&request.nonce), "the browser's owner reads nothing in it");

            let request = client.pushed(&request).await;
            let page = browser.open(&request.url).await;
            let page = browser.one_click(&page, DOCTOR, "ecps").await;
            let code = client.code(&request, &page);
            let tokens = client.redeem(&code, &request.verifier).await.unwrap();
            assert_eq!(server.verified(&tokens.id_token).await.text("nonce"), request.nonce);
        }
    }

    /// RFC 9126 §7.3: a reload on the way is not a second use.
    async fn a_login_page_can_be_reloaded_until_the_login_ends(server: TestServer) {
        let client = server.client("agenda");
        let browser = server.browser();
        let request = client.pushed(&client.request()).await;
        browser.open(&request.url).await.form("/sandbox");
        browser.open(&request.url).await.form("/sandbox");
        let page = browser.open(&request.url).await;
        // The person takes longer than the reference lives.
        server.clock.advance(300);
        let page = browser.one_click(&page, DOCTOR, "ecps").await;
        client.code(&request, &page);
    }

    async fn a_session_answers_a_pushed_request(server: TestServer) {
        let client = server.client("agenda");
        let browser = server.browser();
        client.log_in(&browser, DOCTOR).await;
        let request = client.pushed(&client.request().with("prompt", "none")).await;
        client.code(&request, &browser.get(&request.url).await);
    }
}
