//! Logout: asked by the person, by a service's page, by a service's server.

use openpsc_tests::{Browser, SESSION_COOKIE, TestServer, http, on_both_engines};
use reqwest::StatusCode;

use super::{DOCTOR, MIDWIFE};

/// The address of a logout.
fn address(server: &TestServer, parameters: &[(&str, &str)]) -> url::Url {
    url::Url::parse_with_params(&server.endpoint("logout"), parameters).unwrap()
}

/// Whether this browser still has a session.
async fn is_logged_in(server: &TestServer, browser: &Browser) -> bool {
    let request = server.client("imagerie").request().with("prompt", "none");
    browser.get(&request.url).await.answer().members.contains_key("code")
}

on_both_engines! {
    async fn a_service_with_its_id_token_logs_the_browser_out(server: TestServer) {
        let (browser, client) = (server.browser(), server.client("agenda"));
        let tokens = client.log_in(&browser, DOCTOR).await;
        // The token is usually expired when it is used for this.
        server.clock.advance(600);
        let page = browser
            .get(address(&server, &[
                ("id_token_hint", &tokens.id_token),
                ("post_logout_redirect_uri", "https://agenda.example/bye"),
                ("state", "a b&c"),
            ]))
            .await;
        assert_eq!(page.location().unwrap().as_str(), "https://agenda.example/bye?state=a+b%26c");
        assert_eq!(browser.cookie(SESSION_COOKIE), None);
        assert!(!is_logged_in(&server, &browser).await);
        // Everything that hung on the session went with it.
        assert_eq!(client.refresh(&tokens.refresh_token).await.unwrap_err().error, "invalid_grant");
        assert_eq!(client.userinfo(&tokens.access_token).await.status, 401);
    }

    async fn a_registered_query_is_added_to(server: TestServer) {
        let (browser, client) = (server.browser(), server.client("agenda"));
        let tokens = client.log_in(&browser, DOCTOR).await;
        let page = browser
            .get(address(&server, &[
                ("id_token_hint", &tokens.id_token),
                ("post_logout_redirect_uri", "https://agenda.example/bye?from=psc"),
                ("state", "s"),
            ]))
            .await;
        assert_eq!(page.location().unwrap().as_str(), "https://agenda.example/bye?from=psc&state=s");
    }

    /// DRIMbox calls by GET, the official proxy by POST; both want a 2xx.
    async fn a_services_server_logs_out_without_a_cookie(server: TestServer) {
        let client = server.client("hopital");
        for by_post in [false, true] {
            let browser = server.browser();
            let tokens = client.log_in(&browser, DOCTOR).await;
            let parameters = [("id_token_hint", tokens.id_token.as_str())];
            let call = if by_post {
                http().post(server.endpoint("logout")).form(&parameters)
            } else {
                http().get(address(&server, &parameters))
            };
            assert!(call.try_clone().unwrap().send().await.unwrap().status().is_success());
            assert!(!is_logged_in(&server, &browser).await);
            // Once more is still a success.
            assert!(call.send().await.unwrap().status().is_success());
        }
    }

    async fn without_proof_the_person_is_asked_first(server: TestServer) {
        let (browser, client) = (server.browser(), server.client("agenda"));
        client.log_in(&browser, DOCTOR).await;
        let page = browser
            .get(address(&server, &[
                ("client_id", "agenda"),
                ("post_logout_redirect_uri", "https://agenda.example/bye"),
                ("state", "s1"),
            ]))
            .await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains("LANTERNIER"), "the page says whose session it is");
        assert!(is_logged_in(&server, &browser).await);

        let page = browser.submit(&page, "/logout/confirmed", &[]).await;
        assert_eq!(page.location().unwrap().as_str(), "https://agenda.example/bye?state=s1");
        assert!(!is_logged_in(&server, &browser).await);
    }

    async fn no_parameter_at_all_works_too(server: TestServer) {
        let (browser, client) = (server.browser(), server.client("agenda"));
        client.log_in(&browser, DOCTOR).await;
        let page = browser.get(address(&server, &[])).await;
        let page = browser.submit(&page, "/logout/confirmed", &[]).await;
        assert_eq!((page.status, page.location()), (StatusCode::OK, None));
        assert!(!is_logged_in(&server, &browser).await);
    }

    async fn the_token_of_another_session_asks_first(server: TestServer) {
        let client = server.client("agenda");
        let (here, there) = (server.browser(), server.browser());
        let doctor = client.log_in(&here, DOCTOR).await;
        client.log_in(&there, MIDWIFE).await;
        let page = there.get(address(&server, &[("id_token_hint", &doctor.id_token)])).await;
        page.form("/logout/confirmed");
        assert!(is_logged_in(&server, &there).await);
        assert!(is_logged_in(&server, &here).await);
    }

    async fn logging_out_of_one_browser_leaves_the_others(server: TestServer) {
        let client = server.client("agenda");
        let (here, there) = (server.browser(), server.browser());
        let first = client.log_in(&here, DOCTOR).await;
        let second = client.log_in(&there, DOCTOR).await;
        here.get(address(&server, &[("id_token_hint", &first.id_token)])).await;
        assert!(!is_logged_in(&server, &here).await);
        assert!(is_logged_in(&server, &there).await);
        assert_eq!(client.userinfo(&second.access_token).await.status, 200);
    }
}
