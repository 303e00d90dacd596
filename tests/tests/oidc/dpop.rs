//! Tokens that are bound to a key (RFC 9449).

use openpsc::jose::Alg;
use openpsc_tests::{Client, DpopKey, Page, TestServer, Tokens, on_both_engines, token_answer};

use super::DOCTOR;

/// Logs in and redeems with a proof.
async fn bound(server: &TestServer, client: &Client, key: &DpopKey) -> Tokens {
    let browser = server.browser();
    let request = client.request();
    let page = browser.open(&request.url).await;
    let page = browser.one_click(&page, DOCTOR, "ecps").await;
    let code = client.code(&request, &page);
    let form = client.redemption(&code, &request.verifier);
    token_answer(&call(server, client, key, &form).await).unwrap()
}

async fn call(server: &TestServer, client: &Client, key: &DpopKey, form: &[(&str, &str)]) -> Page {
    let proof = key.proof("POST", &client.endpoint("token"), server.clock.now());
    client.call(client.token_request(form).header("dpop", proof)).await
}

async fn userinfo(server: &TestServer, client: &Client, key: &DpopKey, token: &str) -> Page {
    let url = client.endpoint("userinfo");
    let proof = key.use_of(token, "GET", &url, server.clock.now());
    let request = client.http().get(url).header("authorization", format!("DPoP {token}"));
    client.call(request.header("dpop", proof)).await
}

/// A service with a certificate may also want its tokens bound to a DPoP key,
/// and it knows us by another name (RFC 8705 §5).
#[tokio::test]
async fn a_proof_may_name_the_address_for_services_with_certificates() {
    let server =
        TestServer::with(|config| config.mtls.public_url = Some("https://mtls.example".into()))
            .await;
    let client = server.client("dossier");
    let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    let path = client.endpoint("token").replacen(server.url(), "", 1);
    for (origin, error) in [
        ("https://mtls.example", "invalid_grant"),
        (server.url(), "invalid_grant"),
        ("https://evil.example", "invalid_dpop_proof"),
    ] {
        let url = format!("{origin}{path}");
        let proof = DpopKey::new().proof("POST", &url, server.clock.now());
        let page = client.call(client.token_request(&form).header("dpop", proof)).await;
        assert_eq!(token_answer(&page).unwrap_err().error, error, "{origin}");
    }
}

on_both_engines! {
    async fn a_token_is_bound_to_the_key_of_its_proof(server: TestServer) {
        for (client_id, alg) in
            [("dossier", Alg::ES256), ("agenda", Alg::EdDSA), ("imagerie", Alg::PS256), ("hopital", Alg::ES256)]
        {
            let client = server.client(client_id);
            let key = DpopKey::of(alg);
            let tokens = bound(&server, &client, &key).await;
            assert_eq!(tokens.token_type, "DPoP");
            let token = server.verified(&tokens.access_token).await;
            assert_eq!(token.claims["cnf"]["jkt"], key.jkt());
            let page = userinfo(&server, &client, &key, &tokens.access_token).await;
            assert_eq!(page.status, 200, "{client_id}: {}", page.text);

            let form = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh_token.as_str())];
            let renewed = token_answer(&call(&server, &client, &key, &form).await).unwrap();
            assert_eq!(renewed.token_type, "DPoP");
            let page = userinfo(&server, &client, &key, &renewed.access_token).await;
            assert_eq!(page.status, 200);
        }
    }

    /// RFC 9449 §5: its refresh token is bound to its credentials already.
    async fn a_confidential_client_may_come_with_a_new_key(server: TestServer) {
        let client = server.client("agenda");
        let tokens = bound(&server, &client, &DpopKey::new()).await;
        let next = DpopKey::new();
        let form = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh_token.as_str())];
        let renewed = token_answer(&call(&server, &client, &next, &form).await).unwrap();
        let token = server.verified(&renewed.access_token).await;
        assert_eq!(token.claims["cnf"]["jkt"], next.jkt());
    }

    async fn a_nonce_is_asked_for_and_then_repeated(server: TestServer) {
        let server = server.reconfigured(|config| config.dpop.require_nonce = true).await;
        let client = server.client("dossier");
        let browser = server.browser();
        let request = client.request();
        let page = browser.open(&request.url).await;
        let page = browser.one_click(&page, DOCTOR, "ecps").await;
        let code = client.code(&request, &page);
        let form = client.redemption(&code, &request.verifier);
        let key = DpopKey::new();
        let page = call(&server, &client, &key, &form).await;
        assert_eq!(token_answer(&page).unwrap_err().error, "use_dpop_nonce");

        // The code was not spent by that.
        let nonce = page.header("dpop-nonce");
        let url = client.endpoint("token");
        let draft = key.draft("POST", &url, server.clock.now()).with("nonce", nonce);
        let page = client.call(client.token_request(&form).header("dpop", draft.signed(&key.0))).await;
        let tokens = token_answer(&page).unwrap();
        assert_ne!(page.header("dpop-nonce"), "", "the next one comes along");

        let page = userinfo(&server, &client, &key, &tokens.access_token).await;
        assert_eq!(page.status, 401);
        assert!(page.every_header("www-authenticate").contains("DPoP algs=\"ES256 EdDSA PS256\", error=\"use_dpop_nonce\""));
        let url = client.endpoint("userinfo");
        let draft = key.draft("GET", &url, server.clock.now()).with("nonce", page.header("dpop-nonce"));
        let proof = draft.with("ath", openpsc::secret::digest_of(&tokens.access_token)).signed(&key.0);
        let token = format!("DPoP {}", tokens.access_token);
        let request = client.http().get(url).header("authorization", token).header("dpop", proof);
        assert_eq!(client.call(request).await.status, 200);
    }

    async fn a_key_can_be_announced(server: TestServer) {
        let client = server.client("robot");
        let key = DpopKey::new();
        // By the parameter, or by the proof of a push.
        let url = client.endpoint("ext/par/request");
        let plain = client.request().with("login_hint", DOCTOR);
        let form: Vec<(String, String)> = plain.url.query_pairs().into_owned().collect();
        let form: Vec<(&str, &str)> = form.iter().map(|(a, b)| (a.as_str(), b.as_str())).filter(|(name, _)| *name != "client_id").collect();
        let proof = key.proof("POST", &url, server.clock.now());
        let page = client.call(client.back_channel("ext/par/request", &form).header("dpop", proof)).await;
        assert_eq!(page.status, 201, "{}", page.text);
        let body: serde_json::Value = serde_json::from_str(&page.text).unwrap();
        let pushed = format!("{}/auth?client_id=robot&request_uri={}", server.url(), body["request_uri"].as_str().unwrap());
        for (address, verifier) in [
            (pushed, &plain.verifier),
            (plain.clone().with("dpop_jkt", key.jkt()).url.into(), &plain.verifier),
        ] {
            let code = client.code(&plain, &server.browser().get(&address).await);
            let form = client.redemption(&code, verifier);
            let other = call(&server, &client, &DpopKey::new(), &form).await;
            assert_eq!(token_answer(&other).unwrap_err().error, "invalid_grant");
            assert_eq!(client.token(&form).await.unwrap_err().error, "invalid_grant");
            token_answer(&call(&server, &client, &key, &form).await).unwrap();
        }
    }
}
