//! The two profiles: what a client of PSC may do, and a strict one may not.
//!
//! One scene for each rule of `clients/profile.rs`, with both sides of it.

use openpsc::secret::from_base64url;
use openpsc_tests::{
    Browser, Client, Credentials, Request, TestServer, Tokens, nearly, on_both_engines,
};
use serde_json::Value;

use super::DOCTOR;

/// The lenient client, the strict one, and a browser with a session.
async fn both(server: &TestServer) -> (Client, Client, Browser) {
    let browser = server.browser();
    let (psc, openid) = (server.client("hopital"), server.client("agenda"));
    openid.log_in(&browser, DOCTOR).await;
    (psc, openid, browser)
}

async fn error(browser: &Browser, request: &Request) -> String {
    browser.get(&request.url).await.answer().error().to_owned()
}

async fn tokens(client: &Client, browser: &Browser, request: &Request) -> Tokens {
    let code = client.code(request, &browser.get(&request.url).await);
    client.redeem(&code, &request.verifier).await.unwrap()
}

fn without_pkce(client: &Client) -> Request {
    client.request().without("code_challenge").without("code_challenge_method")
}

on_both_engines! {
    async fn pkce_is_optional(server: TestServer) {
        let (psc, openid, browser) = both(&server).await;
        let request = without_pkce(&psc);
        let code = psc.code(&request, &browser.get(&request.url).await);
        let form = psc.redemption(&code, "");
        psc.token(&form[..3]).await.unwrap();

        assert_eq!(error(&browser, &without_pkce(&openid)).await, "invalid_request");
        // Nothing else protects the code of a client without a secret.
        let mobile = server.client("mobile");
        assert_eq!(error(&browser, &without_pkce(&mobile)).await, "invalid_request");
        tokens(&mobile, &browser, &mobile.request()).await;
    }

    async fn what_pkce_was_asked_for_is_held_to(server: TestServer) {
        let (psc, _, browser) = both(&server).await;
        let request = psc.request();
        let code = psc.code(&request, &browser.get(&request.url).await);
        let bare = psc.token(&psc.redemption(&code, "")[..3]).await;
        assert_eq!(bare.unwrap_err().error, "invalid_grant");
        // RFC 9700 §4.8: a verifier without a challenge is a downgrade.
        let request = without_pkce(&psc);
        let code = psc.code(&request, &browser.get(&request.url).await);
        let refused = psc.redeem(&code, &request.verifier).await.unwrap_err();
        assert_eq!(refused.error, "invalid_grant");
    }

    /// Clients join our address and a path with one slash too many.
    async fn slashes_too_many_lead_to_the_same_endpoints(server: TestServer) {
        let (psc, _, browser) = both(&server).await;
        let realm = "auth//realms/esante-wallet";
        let discovery =
            format!("{}//{realm}//.well-known/wallet-openid-configuration/", server.url());
        let document = openpsc_tests::http().get(discovery).send().await.unwrap();
        let document: Value = document.json().await.unwrap();
        assert_eq!(document["issuer"], server.issuer());

        let request = psc.request();
        let address = request.url.as_str().replace("/auth?", "//auth/?");
        assert_ne!(address, request.url.as_str());
        let code = psc.code(&request, &browser.get(address).await);
        let form = psc.redemption(&code, &request.verifier);
        let token = format!("{}/{realm}/protocol//openid-connect/token/", server.url());
        let call = openpsc_tests::http().post(token).form(&form);
        let Credentials::Basic(secret) = psc.credentials else { panic!("hopital uses Basic") };
        let answer = call.basic_auth(psc.client_id, Some(secret)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    }

    async fn openid_is_implied(server: TestServer) {
        let (psc, openid, browser) = both(&server).await;
        for client in [&psc, &openid] {
            let alone = client.request().changed("scope", "scope_all");
            let none = client.request().without("scope");
            if client.client_id == "agenda" {
                assert_eq!(error(&browser, &alone).await, "invalid_scope");
                assert_eq!(error(&browser, &none).await, "invalid_scope");
            } else {
                let granted = tokens(client, &browser, &alone).await;
                assert_eq!(granted.scope, "openid scope_all identity");
                assert_eq!(client.userinfo(&granted.access_token).await.status, 200);
                assert_eq!(tokens(client, &browser, &none).await.scope, "openid identity");
            }
        }
    }

    async fn unknown_scopes_are_dropped(server: TestServer) {
        let (psc, openid, browser) = both(&server).await;
        let wide = "openid profile email scope_all";
        let granted = tokens(&psc, &browser, &psc.request().changed("scope", wide)).await;
        assert_eq!(granted.scope, "openid scope_all identity");
        let strict = openid.request().changed("scope", wide);
        assert_eq!(error(&browser, &strict).await, "invalid_scope");
        // A character that no scope has is a mistake in both.
        for client in [&psc, &openid] {
            let broken = client.request().changed("scope", "openid \"x\"");
            assert_eq!(error(&browser, &broken).await, "invalid_scope");
        }
    }

    async fn credentials_may_be_sent_twice_when_they_agree(server: TestServer) {
        let (psc, openid, browser) = both(&server).await;
        for (client, secret) in [
            (&psc, "hopital-secret-0123456789abcdefghijklm"),
            (&openid, "agenda-secret-0123456789abcdefghijklmn"),
        ] {
            let request = client.request();
            let code = client.code(&request, &browser.get(&request.url).await);
            let mut form = client.redemption(&code, &request.verifier);
            form.extend([("client_id", client.client_id), ("client_secret", secret)]);
            let twice = client.token(&form).await;
            if client.client_id == "hopital" {
                twice.unwrap();
            } else {
                assert_eq!(twice.unwrap_err().error, "invalid_request");
            }
            let at = form.len() - 1;
            form[at] = ("client_secret", "another-secret-0123456789abcdefghijklm");
            assert!(client.token(&form).await.is_err(), "they do not agree");
        }
    }

    async fn either_method_of_authentication_will_do(server: TestServer) {
        let (psc, openid, browser) = both(&server).await;
        for (client, secret) in [
            (&psc, "hopital-secret-0123456789abcdefghijklm"),
            (&openid, "agenda-secret-0123456789abcdefghijklmn"),
        ] {
            let request = client.request();
            let code = client.code(&request, &browser.get(&request.url).await);
            let mut form = client.redemption(&code, &request.verifier);
            form.extend([("client_id", client.client_id), ("client_secret", secret)]);
            let post = client.http().post(client.endpoint("token")).form(&form);
            let answer = openpsc_tests::token_answer(&client.call(post).await);
            if client.client_id == "hopital" {
                answer.unwrap();
            } else {
                assert_eq!(answer.unwrap_err().error, "invalid_client");
            }
        }
    }

    async fn acr_echoes_what_was_asked_for(server: TestServer) {
        let (psc, openid, browser) = both(&server).await;
        for (asked, echoed) in [
            ("", "eidas1"),
            ("unknown", "eidas1"),
            ("eidas1", "eidas1"),
            ("eidas2", "eidas2"),
            ("eidas1 eidas2", "eidas1"),
        ] {
            for (client, expected) in [(&psc, echoed), (&openid, "eidas2")] {
                let request = client.request().with("acr_values", asked);
                let granted = tokens(client, &browser, &request).await;
                let id_token = server.verified(&granted.id_token).await;
                assert_eq!(id_token.text("acr"), expected, "acr_values={asked}");
                let access_token = server.verified(&granted.access_token).await;
                assert_eq!(access_token.text("acr"), expected);
            }
        }
    }

    /// A level that was not earned is never claimed, not even as an echo.
    async fn an_echo_is_never_higher_than_the_login(server: TestServer) {
        let (psc, _, browser) = both(&server).await;
        let request = psc.request().with("acr_values", "eidas3");
        let page = browser.open(&request.url).await;
        let page = browser.one_click(&page, DOCTOR, "ecps").await;
        let code = psc.code(&request, &page);
        let granted = psc.redeem(&code, &request.verifier).await.unwrap();
        assert_eq!(server.verified(&granted.id_token).await.text("acr"), "eidas2");
    }

    /// A Drupal module puts acr_values into the configured address as well.
    async fn a_repeated_level_is_taken_once(server: TestServer) {
        let (psc, openid, browser) = both(&server).await;
        let twice = |client: &Client| {
            client.request().with("acr_values", "eidas2").with("acr_values", "eidas2")
        };
        let granted = tokens(&psc, &browser, &twice(&psc)).await;
        assert_eq!(server.verified(&granted.id_token).await.text("acr"), "eidas2");
        assert_eq!(error(&browser, &twice(&openid)).await, "invalid_request");
    }

    async fn the_access_token_has_no_audience(server: TestServer) {
        let (psc, openid, browser) = both(&server).await;
        let lenient = tokens(&psc, &browser, &psc.request()).await;
        let lenient = server.verified(&lenient.access_token).await;
        assert_eq!((lenient.header["typ"].as_str(), lenient.claims.get("aud")), (Some("JWT"), None));
        assert_eq!(lenient.text("typ"), "Bearer");
        let strict = tokens(&openid, &browser, &openid.request()).await;
        let strict = server.verified(&strict.access_token).await;
        // RFC 9068 §2.1 and §2.2.
        assert_eq!(strict.header["typ"], "at+jwt");
        assert_eq!(strict.text("aud"), server.issuer());
    }

    async fn the_refresh_token_is_a_jwt_that_clients_decode(server: TestServer) {
        let (psc, openid, browser) = both(&server).await;
        let request = psc.request();
        let granted = tokens(&psc, &browser, &request).await;
        let parts: Vec<&str> = granted.refresh_token.split('.').collect();
        let [header, claims, _] = parts.as_slice() else { panic!("no JWT: {parts:?}") };
        let object = |part: &str| -> Value {
            serde_json::from_slice(&from_base64url(part).unwrap()).unwrap()
        };
        assert_eq!(object(header)["alg"], "HS512");
        let claims = object(claims);
        // DRIMbox throws when one of these is missing.
        for member in ["jti", "sub", "azp", "scope"] {
            assert!(claims[member].is_string(), "{member}");
        }
        assert_eq!(claims["typ"], "Refresh");
        assert_eq!(claims["iss"], server.issuer());
        assert_eq!(claims["aud"], server.issuer());
        assert_eq!(claims["nonce"], request.nonce);
        assert_eq!(claims["sid"], granted.session_state);
        assert_eq!(claims["session_state"], granted.session_state);
        nearly(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 1800);
        // It works, and altering it does not.
        psc.refresh(&granted.refresh_token).await.unwrap();
        let altered = format!("{}A", granted.refresh_token);
        assert_eq!(psc.refresh(&altered).await.unwrap_err().error, "invalid_grant");

        let strict = tokens(&openid, &browser, &openid.request()).await;
        assert!(!strict.refresh_token.contains('.'), "nothing to decode");
    }

    async fn nonce_is_never_absent(server: TestServer) {
        let (psc, openid, browser) = both(&server).await;
        for (client, expected) in [(&psc, Some("")), (&openid, None)] {
            let granted = tokens(client, &browser, &client.request().without("nonce")).await;
            for token in [&granted.id_token, &granted.access_token] {
                let token = server.verified(token).await;
                assert_eq!(token.claims.get("nonce").and_then(Value::as_str), expected);
            }
        }
    }

    /// There is no delegated provider to choose, and the request is none the worse.
    async fn a_hint_of_a_local_provider_is_accepted(server: TestServer) {
        let (psc, openid, browser) = both(&server).await;
        for client in [&psc, &openid] {
            tokens(client, &browser, &client.request().with("kc_idp_hint", "OKTA_clinique")).await;
        }
    }

    /// The wallet's address, and the one that Keycloak has of its own.
    async fn both_authorization_endpoints_answer(server: TestServer) {
        let (psc, _, browser) = both(&server).await;
        let request = psc.request();
        let wallet = format!("{}/auth?", server.url());
        let native = format!("{}/protocol/openid-connect/auth?", server.issuer());
        let address = request.url.as_str().replace(&wallet, &native);
        assert_ne!(address, request.url.as_str());
        let code = psc.code(&request, &browser.get(address).await);
        psc.redeem(&code, &request.verifier).await.unwrap();
    }

    /// DRIMbox percent-encodes nothing; the browser repairs the spaces alone.
    async fn an_address_may_hold_its_values_as_they_are(server: TestServer) {
        let (psc, _, browser) = both(&server).await;
        let raw = format!(
            "{}/auth?response_type=code&client_id=hopital&redirect_uri={}&scope=openid%20scope_all\
             &acr_values=eidas1&state=s&nonce=n",
            server.url(),
            psc.redirect_uri
        );
        let answer = browser.get(raw).await.answer();
        assert_eq!(answer.member("state"), "s");
        assert!(!answer.code().is_empty());
    }

    /// DRIMbox compares the nonce of both tokens; the official proxy reads
    /// these members without asking whether they are there.
    async fn every_token_carries_what_real_clients_read(server: TestServer) {
        let (psc, _, browser) = both(&server).await;
        let request = psc.request();
        let granted = tokens(&psc, &browser, &request).await;
        nearly(granted.refresh_expires_in, 1800);
        for token in [&granted.id_token, &granted.access_token] {
            let token = server.verified(token).await;
            assert_eq!(token.text("nonce"), request.nonce);
            assert_eq!(token.text("session_state"), granted.session_state);
            assert_eq!(token.text("sid"), granted.session_state);
            assert_eq!(token.text("preferred_username"), DOCTOR);
            assert!(token.number("auth_time") > 0);
        }
        let id_token = server.verified(&granted.id_token).await;
        assert!(id_token.claims["aud"].is_string(), "a string, not an array");
    }
}

/// The page that tells integrators of this forgets no rule.
#[test]
fn the_page_on_compatibility_tells_of_every_rule() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let read = |path: String| std::fs::read_to_string(&path).expect(&path);
    let page = read(format!("{root}/docs/psc-compatibility.md"));
    let rules = read(format!("{root}/server/src/clients/profile.rs"));
    let mut named = 0;
    for line in rules.lines().filter(|line| line.ends_with(": bool,")) {
        let rule = line.trim().trim_start_matches("pub ").trim_end_matches(": bool,");
        assert!(page.contains(&format!("`{rule}`")), "the page does not tell of {rule}");
        named += 1;
    }
    assert!(named > 10, "the rules were not found");
}
