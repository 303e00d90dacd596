//! The authorization code flow, from the request to the tokens.

use openpsc::secret::{base64url, digest_of, from_base64url};
use openpsc_tests::{Credentials, Jwt, TestServer, Tokens, http, nearly, on_both_engines};
use reqwest::StatusCode;

use super::DOCTOR;

/// Logs a doctor in at a service and checks all that a strict library checks.
async fn log_in_at(server: &TestServer, client_id: &'static str) -> (Tokens, Jwt, Jwt) {
    let client = server.client(client_id);
    let browser = server.browser();
    let before = server.clock.now();

    let request = client.request();
    let page = browser.open(&request.url).await;
    assert_eq!(page.status, StatusCode::OK);
    let page = browser.one_click(&page, DOCTOR, "ecps").await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    let code = client.code(&request, &page);
    let tokens = client.redeem(&code, &request.verifier).await.unwrap();

    let id_token = server.verified(&tokens.id_token).await;
    assert_eq!(id_token.header["typ"], "JWT");
    assert_eq!(id_token.text("iss"), server.issuer());
    assert_eq!(id_token.text("aud"), client_id);
    assert_eq!(id_token.text("azp"), client_id);
    assert_eq!(id_token.text("nonce"), request.nonce);
    assert_eq!(id_token.text("sub"), format!("f:550dc1c8-d97b-4b1e-ac8c-8eb4471cf9dd:{DOCTOR}"));
    assert_eq!(id_token.number("exp") - id_token.number("iat"), 120);
    assert!((before..=server.clock.now()).contains(&id_token.number("auth_time")));
    assert_eq!(id_token.text("authMode"), "MOBILE");
    assert_eq!(id_token.claims["amr"], serde_json::json!(["swk", "pin", "mfa"]));
    assert_eq!(id_token.text("sid"), tokens.session_state);
    // Core §3.1.3.6: the left half of the access token's digest.
    let digest = from_base64url(&digest_of(&tokens.access_token)).unwrap();
    assert_eq!(id_token.text("at_hash"), base64url(&digest[..16]));

    let access_token = server.verified(&tokens.access_token).await;
    assert_eq!(access_token.text("sub"), id_token.text("sub"));
    assert_eq!(access_token.text("client_id"), client_id);
    assert_eq!(access_token.text("scope"), tokens.scope);
    assert_eq!(access_token.text("SubjectNameID"), DOCTOR);

    assert_eq!(tokens.token_type, "Bearer");
    assert_eq!(tokens.expires_in, 120);
    nearly(tokens.refresh_expires_in, 1800);
    assert_eq!(tokens.not_before_policy, 0);
    (tokens, id_token, access_token)
}

on_both_engines! {
    async fn a_service_with_a_secret_gets_tokens_signed_with_rsa(server: TestServer) {
        let (tokens, id_token, access_token) = log_in_at(&server, "agenda").await;
        assert_eq!(id_token.header["alg"], "RS256");
        assert_eq!(access_token.header["alg"], "RS256");
        assert_eq!(id_token.text("acr"), "eidas2");
        assert_eq!(tokens.scope, "openid scope_all");
    }

    async fn a_service_that_posts_its_secret_gets_tokens_on_p256(server: TestServer) {
        let (_, id_token, access_token) = log_in_at(&server, "imagerie").await;
        assert_eq!(id_token.header["alg"], "ES256");
        assert_eq!(access_token.header["alg"], "ES256");
    }

    async fn scopes_come_in_any_order(server: TestServer) {
        let (client, browser) = (server.client("agenda"), server.browser());
        client.log_in(&browser, DOCTOR).await;
        let request = client.request().changed("scope", "scope_all openid");
        let code = client.code(&request, &browser.get(&request.url).await);
        let tokens = client.redeem(&code, &request.verifier).await.unwrap();
        let mut granted: Vec<_> = tokens.scope.split(' ').collect();
        granted.sort_unstable();
        assert_eq!(granted, ["openid", "scope_all"]);
    }

    async fn a_browser_kept_service_needs_no_secret(server: TestServer) {
        assert_eq!(server.client("dossier").credentials, Credentials::None);
        log_in_at(&server, "dossier").await;
    }

    async fn a_client_of_psc_gets_its_tokens_too(server: TestServer) {
        let (tokens, ..) = log_in_at(&server, "hopital").await;
        assert_eq!(tokens.scope, "openid scope_all identity");
    }

    async fn a_test_suite_logs_in_without_a_page(server: TestServer) {
        let client = server.client("robot");
        let request = client.request().with("login_hint", DOCTOR);
        let page = server.browser().get(&request.url).await;
        let code = client.code(&request, &page);
        let tokens = client.redeem(&code, &request.verifier).await.unwrap();
        assert_eq!(server.verified(&tokens.id_token).await.text("SubjectNameID"), DOCTOR);

        // The card is chosen when the e-CPS would not be enough.
        let request = client.request().with("login_hint", DOCTOR).with("acr_values", "eidas3");
        let page = server.browser().get(&request.url).await;
        let tokens = client.redeem(&client.code(&request, &page), &request.verifier).await.unwrap();
        let id_token = server.verified(&tokens.id_token).await;
        assert_eq!((id_token.text("acr"), id_token.text("authMode")), ("eidas3", "CARD"));
    }

    async fn no_hint_or_a_strangers_or_another_client_means_a_page(server: TestServer) {
        for request in [
            server.client("robot").request(),
            server.client("robot").request().with("login_hint", "899700999999"),
            server.client("agenda").request().with("login_hint", DOCTOR),
        ] {
            let page = server.browser().open(&request.url).await;
            assert_eq!(page.status, StatusCode::OK);
            page.form("/sandbox");
        }
    }

    async fn a_code_may_travel_in_a_form(server: TestServer) {
        let client = server.client("agenda");
        let browser = server.browser();
        let request = client.request().with("response_mode", "form_post");
        let page = browser.open(&request.url).await;
        let page = browser.one_click(&page, DOCTOR, "ecps").await;
        assert_eq!(page.status, StatusCode::OK);
        let form = page.form(client.redirect_uri);
        assert_eq!(form.fields["state"], request.state);
        assert_eq!(form.fields["iss"], server.issuer());
        client.redeem(&form.fields["code"], &request.verifier).await.unwrap();
        // The policy of the page lets the form go there and nowhere else.
        let policy = page.header("content-security-policy");
        assert!(policy.contains("form-action 'self' https://agenda.example;"), "{policy}");
    }

    async fn an_error_travels_as_a_code_would(server: TestServer) {
        let client = server.client("agenda");
        let request = client.request().changed("response_type", "token");
        let refused = server.browser().get(&request.url).await.answer();
        assert_eq!(refused.error(), "unsupported_response_type");
        assert_eq!(refused.member("state"), request.state);
        assert_eq!(refused.member("iss"), server.issuer());
        assert_eq!(refused.at, client.redirect_uri);

        let request = request.with("response_mode", "form_post");
        let page = server.browser().get(&request.url).await;
        let form = page.form(client.redirect_uri);
        assert_eq!(form.fields["error"], "unsupported_response_type");
        assert_eq!(form.fields["state"], request.state);
    }

    async fn a_registered_query_is_kept_and_added_to(server: TestServer) {
        let client = server.client("agenda");
        let browser = server.browser();
        let uri = "https://agenda.example/callback?place=2";
        let request = client.request().changed("redirect_uri", uri);
        let page = browser.open(&request.url).await;
        let answer = browser.one_click(&page, DOCTOR, "ecps").await.answer();
        assert_eq!(answer.member("place"), "2");
        let mut form = client.redemption(answer.code(), &request.verifier);
        form[2] = ("redirect_uri", uri);
        client.token(&form).await.unwrap();
    }

    async fn state_and_nonce_are_optional_and_come_back_unchanged(server: TestServer) {
        let client = server.client("agenda");
        let browser = server.browser();
        let bare = client.request().without("state").without("nonce");
        let page = browser.open(&bare.url).await;
        let answer = browser.one_click(&page, DOCTOR, "ecps").await.answer();
        assert!(!answer.members.contains_key("state"));
        let tokens = client.redeem(answer.code(), &bare.verifier).await.unwrap();
        assert!(server.verified(&tokens.id_token).await.claims.get("nonce").is_none());

        let odd = "é &=+%2B \"<script>'";
        let request = client.request().changed("state", odd).changed("nonce", odd);
        let answer = browser.get(&request.url).await.answer();
        assert_eq!(answer.member("state"), odd);
        let tokens = client.redeem(answer.code(), &request.verifier).await.unwrap();
        assert_eq!(server.verified(&tokens.id_token).await.text("nonce"), odd);
    }

    /// PSC's wallet path, with the slash that some clients add, and Keycloak's.
    async fn every_authorization_path_works_by_get_and_by_post(server: TestServer) {
        let client = server.client("agenda");
        for path in ["/auth".into(), "/auth/".into(), server.endpoint("auth")] {
            let browser = server.browser();
            let request = client.request();
            let page = browser.open(format!("{path}?{}", request.url.query().unwrap())).await;
            let page = browser.one_click(&page, DOCTOR, "ecps").await;
            client.code(&request, &page);

            let request = client.request();
            let fields: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            // A post from the service's page brings no cookie, yet sees the session.
            let page = browser.post_from_elsewhere(&path, &fields).await;
            let page = browser.follow(page).await;
            client.code(&request, &page);
        }
    }

    async fn a_person_who_cancels_is_access_denied(server: TestServer) {
        let client = server.client("agenda");
        let browser = server.browser();
        let request = client.request();
        let page = browser.open(&request.url).await;
        let refused = browser.submit(&page, "/cancel", &[]).await.answer();
        assert_eq!(refused.error(), "access_denied");
        assert_eq!(refused.member("state"), request.state);
        // That login is over: nobody finishes it behind the person's back.
        let page = browser.one_click(&page, DOCTOR, "ecps").await;
        assert!(browser.follow(page).await.status == StatusCode::OK);
        assert_eq!(browser.cookie(openpsc_tests::SESSION_COOKIE), None);
    }

    async fn a_code_dies_after_a_minute(server: TestServer) {
        let client = server.client("agenda");
        let browser = server.browser();
        client.log_in(&browser, DOCTOR).await;
        for (seconds, alive) in [(30, true), (60, false)] {
            let request = client.request();
            let code = client.code(&request, &browser.get(&request.url).await);
            server.clock.advance(seconds);
            let redeemed = client.redeem(&code, &request.verifier).await;
            assert_eq!(redeemed.is_ok(), alive, "after {seconds} s");
        }
    }

    /// Core §15.1: hints and languages are wishes.
    async fn strange_hints_never_cause_an_error(server: TestServer) {
        let client = server.client("agenda");
        for (name, value) in [
            ("login_hint", "x".repeat(4000)),
            ("login_hint", "\u{0}\u{202e}<b>".into()),
            ("ui_locales", "tlh zz-ZZ-zz".into()),
            ("ui_locales", "\u{7}".into()),
            ("display", "wap".into()),
            ("acr_values", "urn:mace:unknown 0".into()),
            ("claims_locales", "en".into()),
            ("something_else", "x".into()),
        ] {
            let request = client.request().with(name, &value);
            let page = server.browser().open(&request.url).await;
            assert_eq!(page.status, StatusCode::OK, "{name}={value}");
            page.form("/sandbox");
        }
    }
}

#[tokio::test]
async fn the_tokens_endpoint_takes_forms_only() {
    let server = TestServer::start().await;
    let client = server.client("agenda");
    let json = http().post(client.endpoint("token")).body(r#"{"grant_type":"x"}"#);
    let refused = client.call(json.header("content-type", "application/json")).await;
    assert_eq!(refused.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(refused.text.contains("invalid_request"), "{}", refused.text);
}
