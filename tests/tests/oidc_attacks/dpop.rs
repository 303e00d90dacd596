//! Proofs that prove nothing, and bound tokens in other hands (RFC 9449).

use aws_lc_rs::hmac;
use openpsc::{
    jose::Alg,
    secret::{base64url, digest_of},
};
use openpsc_tests::{
    Client, DpopKey, Draft, Page, TestServer, Tokens, on_both_engines, token_answer,
};
use serde_json::{Value, json};

use super::DOCTOR;

/// A refresh with nonsense: whoever is believed gets `invalid_grant`.
const FORM: [(&str, &str); 2] = [("grant_type", "refresh_token"), ("refresh_token", "x")];

async fn says(client: &Client, proofs: &[&str]) -> String {
    let mut request = client.token_request(&FORM);
    for proof in proofs {
        request = request.header("dpop", *proof);
    }
    token_answer(&client.call(request).await).unwrap_err().error
}

async fn bound(server: &TestServer, client: &Client, key: &DpopKey) -> Tokens {
    let browser = server.browser();
    let request = client.request();
    let page = browser.open(&request.url).await;
    let page = browser.one_click(&page, DOCTOR, "ecps").await;
    let code = client.code(&request, &page);
    let proof = key.proof("POST", &client.endpoint("token"), server.clock.now());
    let form = client.redemption(&code, &request.verifier);
    let page = client.call(client.token_request(&form).header("dpop", proof)).await;
    token_answer(&page).unwrap()
}

async fn used(client: &Client, authorization: &str, proofs: &[&str]) -> Page {
    let request = client.http().get(client.endpoint("userinfo"));
    let mut request = request.header("authorization", authorization);
    for proof in proofs {
        request = request.header("dpop", *proof);
    }
    client.call(request).await
}

fn is_refused(page: &Page) {
    assert_eq!(page.status, 401, "{}", page.text);
    let challenges = page.every_header("www-authenticate");
    assert!(challenges.contains("error=\"invalid_token\""), "{challenges}");
    assert!(challenges.contains("DPoP algs="), "{challenges}");
}

#[tokio::test]
async fn each_rule_of_a_proof_is_held() {
    let server = TestServer::start().await;
    let client = server.client("dossier");
    let url = client.endpoint("token");
    let key = DpopKey::new();
    let other = DpopKey::new();
    let now = server.clock.now();
    let draft = || key.draft("POST", &url, now);
    let signed = |draft: Draft| draft.signed(&key.0);
    assert_eq!(
        says(&client, &[&signed(draft())]).await,
        "invalid_grant",
        "the right one is believed"
    );

    let mut private = key.jwk();
    private["d"] = base64url(&[1; 32]).into();
    let ed25519 = DpopKey::of(Alg::EdDSA);
    let rsa = DpopKey::of(Alg::RS256);
    let mut broken = vec![
        signed(draft().header("typ", "JWT")),
        signed(draft().header("typ", "DPOP+JWT")),
        signed(draft().header("typ", "at+jwt")),
        signed(draft().without_header("typ")),
        signed(draft().header("alg", "none")),
        signed(draft().header("alg", "ES384")),
        signed(draft().header("alg", "EdDSA")),
        signed(draft().header("alg", json!(["ES256"]))),
        signed(draft().without_header("alg")),
        signed(draft().header("crit", json!(["exp"]))),
        signed(draft().without_header("jwk")),
        signed(draft().header("jwk", json!({}))),
        signed(draft().header("jwk", "x")),
        signed(draft().header("jwk", private)),
        signed(draft().header("jwk", json!({"kty": "oct", "k": base64url(b"secret")}))),
        signed(draft().header("jwk", other.jwk())),
        signed(draft().header("jwk", ed25519.jwk())),
        draft().signed(&other.0),
        // Not among the algorithms of FAPI 2.0.
        rsa.proof("POST", &url, now),
        format!("{}.", draft().header("alg", "none").input()),
        signed(draft()) + "=",
        signed(draft()) + ".x",
        "x".into(),
        signed(draft().without("jti")),
        signed(draft().with("jti", "")),
        signed(draft().with("jti", 7)),
        signed(draft().with("jti", "x".repeat(257))),
        signed(draft().without("htm")),
        signed(draft().with("htm", "GET")),
        signed(draft().with("htm", "post")),
        signed(draft().with("htm", json!(["POST"]))),
        signed(draft().without("htu")),
        signed(draft().with("htu", client.endpoint("userinfo"))),
        signed(draft().with("htu", format!("{url}/"))),
        signed(draft().with("htu", "https://evil.example/")),
        signed(draft().with("htu", 7)),
        signed(draft().without("iat")),
        signed(draft().with("iat", now - 75)),
        signed(draft().with("iat", now + 25)),
        signed(draft().with("iat", now.to_string())),
        signed(draft().with("iat", i64::MIN)),
        signed(draft().with("iat", i64::MAX)),
        signed(draft().with("nonce", 7)),
    ];
    // The public key as an HMAC secret.
    let hmac_input = draft().header("alg", "HS256").input();
    let secret = hmac::Key::new(hmac::HMAC_SHA256, key.jwk().to_string().as_bytes());
    broken.push(format!(
        "{hmac_input}.{}",
        base64url(hmac::sign(&secret, hmac_input.as_bytes()).as_ref())
    ));
    // A member that stands twice, in the claims and in the header.
    let twice = |text: String| text.replacen('{', "{\"jti\":\"x\",\"jti\":\"y\",", 1);
    for (header, claims) in [
        (draft().header.to_string(), twice(draft().without("jti").claims.to_string())),
        (twice(draft().header.to_string()), draft().claims.to_string()),
    ] {
        let input = format!("{}.{}", base64url(header.as_bytes()), base64url(claims.as_bytes()));
        broken.push(format!("{input}.{}", base64url(&key.0.sign(input.as_bytes()).unwrap())));
    }
    for proof in &broken {
        assert_eq!(says(&client, &[proof]).await, "invalid_dpop_proof", "{proof}");
    }
    let (first, second) = (signed(draft()), signed(draft()));
    assert_eq!(says(&client, &[&first, &second]).await, "invalid_dpop_proof", "one proof a call");
    // Clocks may differ by ten seconds.
    for seconds in [-10, 9] {
        assert_eq!(
            says(&client, &[&signed(draft().with("iat", now + seconds))]).await,
            "invalid_grant"
        );
    }
    // A nonce of nobody's is answered with one of ours.
    assert_eq!(says(&client, &[&signed(draft().with("nonce", "x"))]).await, "use_dpop_nonce");
}

on_both_engines! {
    async fn a_proof_is_taken_once(server: TestServer) {
        let client = server.client("dossier");
        let key = DpopKey::new();
        let proof = key.proof("POST", &client.endpoint("token"), server.clock.now());
        assert_eq!(says(&client, &[&proof]).await, "invalid_grant");
        assert_eq!(says(&client, &[&proof]).await, "invalid_dpop_proof");
        let server = server.restart().await;
        let client = server.client("dossier");
        assert_eq!(says(&client, &[&proof]).await, "invalid_dpop_proof");
        server.clock.advance(61);
        openpsc::sweep::once(&server.app).await.unwrap();
        assert_eq!(says(&client, &[&proof]).await, "invalid_dpop_proof", "forgotten, and too old");
    }

    async fn of_eight_equal_proofs_one_is_believed(server: TestServer) {
        let client = server.client("dossier");
        let proof = DpopKey::new().proof("POST", &client.endpoint("token"), server.clock.now());
        let calls: Vec<_> = (0..8)
            .map(|_| tokio::spawn(client.token_request(&FORM).header("dpop", &proof).send()))
            .collect();
        let mut believed = 0;
        for call in calls {
            let page = Page::of(call.await.unwrap().unwrap()).await;
            believed += usize::from(token_answer(&page).unwrap_err().error == "invalid_grant");
        }
        assert_eq!(believed, 1);
    }

    async fn a_bound_token_is_worth_nothing_in_other_hands(server: TestServer) {
        let client = server.client("dossier");
        let (key, thief) = (DpopKey::new(), DpopKey::new());
        let tokens = bound(&server, &client, &key).await;
        let token = tokens.access_token.as_str();
        let url = client.endpoint("userinfo");
        let now = server.clock.now();
        let dpop = format!("DPoP {token}");
        // As a bearer's token: in the header, with a proof beside it, in the body.
        is_refused(&client.userinfo(token).await);
        let right = || key.use_of(token, "GET", &url, now);
        is_refused(&used(&client, &format!("Bearer {token}"), &[&right()]).await);
        let posted = client.http().post(&url).form(&[("access_token", token)]);
        is_refused(&client.call(posted).await);
        // Without a proof, with two, with another key's, for another call.
        is_refused(&used(&client, &dpop, &[]).await);
        is_refused(&used(&client, &dpop, &[&right(), &right()]).await);
        is_refused(&used(&client, &dpop, &[&thief.use_of(token, "GET", &url, now)]).await);
        is_refused(&used(&client, &dpop, &[&key.use_of(token, "POST", &url, now)]).await);
        is_refused(&used(&client, &dpop, &[&key.use_of(token, "GET", &client.endpoint("token"), now)]).await);
        // `ath`: missing, another token's, in another spelling.
        let draft = || key.draft("GET", &url, now);
        is_refused(&used(&client, &dpop, &[&draft().signed(&key.0)]).await);
        for ath in [digest_of("other"), digest_of(token) + "=", String::new()] {
            is_refused(&used(&client, &dpop, &[&draft().with("ath", ath).signed(&key.0)]).await);
        }
        is_refused(&used(&client, &dpop, &[&draft().with("ath", Value::Null).signed(&key.0)]).await);
        // A proof that was used.
        let proof = right();
        assert_eq!(used(&client, &dpop, &[&proof]).await.status, 200);
        is_refused(&used(&client, &dpop, &[&proof]).await);
        // The scheme has no case.
        assert_eq!(used(&client, &format!("dpop {token}"), &[&right()]).await.status, 200);
    }

    async fn an_unbound_token_is_not_taken_with_a_proof(server: TestServer) {
        let client = server.client("dossier");
        let tokens = client.log_in(&server.browser(), DOCTOR).await;
        let key = DpopKey::new();
        let token = tokens.access_token.as_str();
        let proof = key.use_of(token, "GET", &client.endpoint("userinfo"), server.clock.now());
        is_refused(&used(&client, &format!("DPoP {token}"), &[&proof]).await);
    }

    async fn a_stolen_refresh_token_of_a_public_client_is_worth_nothing(server: TestServer) {
        let client = server.client("dossier");
        let key = DpopKey::new();
        let tokens = bound(&server, &client, &key).await;
        let form = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh_token.as_str())];
        let refresh = async |key: &DpopKey| {
            let proof = key.proof("POST", &client.endpoint("token"), server.clock.now());
            let page = client.call(client.token_request(&form).header("dpop", proof)).await;
            token_answer(&page)
        };
        assert_eq!(client.token(&form).await.unwrap_err().error, "invalid_dpop_proof");
        assert_eq!(refresh(&DpopKey::new()).await.unwrap_err().error, "invalid_grant");
        // The thief has neither rotated it nor taken it down.
        let renewed = refresh(&key).await.unwrap();
        assert_ne!(renewed.refresh_token, tokens.refresh_token);
    }

    async fn a_confidential_client_cannot_shed_the_binding(server: TestServer) {
        let client = server.client("agenda");
        let tokens = bound(&server, &client, &DpopKey::new()).await;
        let refused = client.refresh(&tokens.refresh_token).await.unwrap_err();
        assert_eq!(refused.error, "invalid_dpop_proof");
    }
}

#[tokio::test]
async fn a_client_that_must_prove_its_key_gets_nothing_without() {
    let server = TestServer::with(|config| {
        let mut clients = config.clients.iter_mut();
        clients.find(|it| it.client_id == "robot").unwrap().dpop_bound_access_tokens = true;
    })
    .await;
    let client = server.client("robot");
    let request = client.request().with("login_hint", DOCTOR);
    let code = client.code(&request, &server.browser().get(&request.url).await);
    let form = client.redemption(&code, &request.verifier);
    assert_eq!(client.token(&form).await.unwrap_err().error, "invalid_request");
    let key = DpopKey::new();
    let proof = key.proof("POST", &client.endpoint("token"), server.clock.now());
    let page = client.call(client.token_request(&form).header("dpop", proof)).await;
    let tokens = token_answer(&page).unwrap();
    assert_eq!(client.refresh(&tokens.refresh_token).await.unwrap_err().error, "invalid_request");
}

#[tokio::test]
async fn a_client_that_must_repeat_a_nonce_does() {
    let server = TestServer::with(|config| {
        let mut clients = config.clients.iter_mut();
        clients.find(|it| it.client_id == "dossier").unwrap().dpop_require_nonce = true;
    })
    .await;
    let client = server.client("dossier");
    let url = client.endpoint("token");
    let key = DpopKey::new();
    let draft = |server: &TestServer| key.draft("POST", &url, server.clock.now());
    let page = client
        .call(client.token_request(&FORM).header("dpop", draft(&server).signed(&key.0)))
        .await;
    assert_eq!(token_answer(&page).unwrap_err().error, "use_dpop_nonce");
    let nonce = page.header("dpop-nonce").to_owned();
    let with = |nonce: &str| draft(&server).with("nonce", nonce).signed(&key.0);
    assert_eq!(says(&client, &[&with(&nonce)]).await, "invalid_grant");
    assert_eq!(says(&client, &[&with(&nonce[1..])]).await, "use_dpop_nonce");
    server.clock.advance(120);
    assert_eq!(says(&client, &[&with(&nonce)]).await, "use_dpop_nonce", "it is too old");
    // Others need none.
    let other = server.client("mobile");
    assert_eq!(says(&other, &[&draft(&server).signed(&key.0)]).await, "invalid_grant");
}

#[tokio::test]
async fn what_proofs_leave_behind_has_an_end() {
    let server = TestServer::with(|config| config.dpop.proofs_per_minute = 3).await;
    let client = server.client("dossier");
    let key = DpopKey::new();
    // From the beginning of a minute.
    let into = server.clock.now().rem_euclid(60);
    server.clock.advance(u32::try_from(60 - into).unwrap());
    let proof = || key.proof("POST", &client.endpoint("token"), server.clock.now());
    for _ in 0..3 {
        assert_eq!(says(&client, &[&proof()]).await, "invalid_grant");
    }
    let page = client.call(client.token_request(&FORM).header("dpop", proof())).await;
    assert_eq!(page.status, 429);
    assert_ne!(page.header("retry-after"), "");
    server.clock.advance(60);
    assert_eq!(says(&client, &[&proof()]).await, "invalid_grant");
}

#[tokio::test]
async fn a_push_cannot_announce_two_keys() {
    let server = TestServer::start().await;
    let client = server.client("agenda");
    let key = DpopKey::new();
    let request = client.request().with("dpop_jkt", DpopKey::new().jkt());
    let form: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
    let form: Vec<(&str, &str)> = form.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let proof = key.proof("POST", &client.endpoint("ext/par/request"), server.clock.now());
    let page =
        client.call(client.back_channel("ext/par/request", &form).header("dpop", proof)).await;
    assert_eq!(page.status, 400);
    assert!(page.text.contains("invalid_dpop_proof"), "{}", page.text);
    // And a thumbprint has its shape.
    for jkt in ["x", "", &"x".repeat(44)] {
        let request = client.request().with("dpop_jkt", jkt);
        let page = server.browser().get(&request.url).await;
        match jkt {
            "" => assert!(page.location().unwrap().path().starts_with("/login/"), "absent"),
            _ => assert_eq!(page.answer().error(), "invalid_request"),
        }
    }
}
