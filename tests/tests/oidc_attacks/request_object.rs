//! Request objects that are not the client's, or not a request (RFC 9101).

use aws_lc_rs::hmac;
use openpsc::{jose::Alg, secret::base64url};
use openpsc_tests::{Client, Draft, Request, Signer, TestServer, on_both_engines};
use serde_json::{Value, json};

async fn prepared(signer: &Signer) -> TestServer {
    TestServer::start().await.with_client("agenda", |it| it.jwks = Some(signer.jwks())).await
}

/// What becomes of an object at both of its doors.
async fn error(server: &TestServer, client: &Client, object: &str, request: &Request) -> String {
    let inside = client.inside(object, request);
    let page = client.push(&inside).await;
    assert_eq!(page.status, 400, "{object}: {}", page.text);
    let pushed: Value = serde_json::from_str(&page.text).unwrap();
    // Without a way back it is a page; the one beside the object is taken when
    // it is registered.
    assert_eq!(server.browser().get(&inside.url).await.error_code(), pushed["error"]);
    let beside = inside.with("redirect_uri", client.redirect_uri).with("state", "s");
    let answer = server.browser().get(&beside.url).await.answer();
    assert_eq!((answer.error(), answer.member("state")), (pushed["error"].as_str().unwrap(), "s"));
    answer.error().to_owned()
}

#[tokio::test]
async fn each_rule_of_an_object_is_held() {
    let signer = Signer::new(Alg::ES256);
    let server = prepared(&signer).await;
    let client = server.client("agenda");
    let request = client.request();
    let now = server.clock.now();
    let draft = || client.object(&server, &signer.key, &request);
    let signed = |draft: Draft| draft.signed(&signer.key);
    let other = Signer::new(Alg::ES256);
    let mut broken = vec![
        "x".to_owned(),
        "e30.e30.e30".into(),
        signed(draft()) + "=",
        // alg and keys.
        format!("{}.", draft().header("alg", "none").input()),
        signed(draft().header("alg", "none")),
        signed(draft().header("alg", "ES384")),
        signed(draft().header("crit", json!(["x"]))),
        draft().signed(&other.key),
        draft().header("jwk", other.key.jwk()).header("kid", other.key.kid()).signed(&other.key),
        draft().header("jku", "https://evil.example/").signed(&other.key),
        signed(draft().header("kid", "another")),
        // Another kind of token.
        signed(draft().header("typ", "JWT")),
        signed(draft().header("typ", "dpop+jwt")),
        signed(draft().header("typ", 7)),
        signed(draft().with("sub", "agenda")),
        // iss, aud.
        signed(draft().with("iss", "imagerie")),
        signed(draft().without("iss")),
        signed(draft().without("aud")),
        signed(draft().with("aud", "https://other.example")),
        signed(draft().with("aud", format!("{}/", server.issuer()))),
        signed(draft().with("aud", json!([]))),
        signed(draft().with("aud", json!([server.issuer(), 7]))),
        signed(draft().with("aud", json!({"iss": server.issuer()}))),
        // Times.
        signed(draft().without("exp")),
        signed(draft().without("nbf")),
        signed(draft().with("exp", now)),
        signed(draft().with("exp", (now + 300).to_string())),
        signed(draft().with("nbf", now + 100)),
        signed(draft().with("nbf", now - 3700)),
        signed(draft().with("exp", now + 3800)),
        signed(draft().with("iat", now + 100)),
        signed(draft().with("exp", i64::MAX).with("nbf", i64::MIN)),
        signed(draft().with("jti", 7)),
        signed(draft().with("jti", "")),
        signed(draft().with("jti", "x".repeat(300))),
        // Inside and outside differ.
        signed(draft().with("client_id", "imagerie")),
        signed(draft().with("client_id", 7)),
        signed(draft().with("state", json!(["a", "b"]))),
        signed(draft().with("resource", json!([7]))),
    ];
    // The public key as an HMAC secret.
    let input = draft().header("alg", "HS256").input();
    let secret = hmac::Key::new(hmac::HMAC_SHA256, signer.key.jwk().to_string().as_bytes());
    broken.push(format!("{input}.{}", base64url(hmac::sign(&secret, input.as_bytes()).as_ref())));
    // A member that stands twice.
    let claims = draft().claims.to_string().replacen('{', "{\"scope\":\"openid\",", 1);
    let header = draft().header.to_string();
    let input = format!("{}.{}", base64url(header.as_bytes()), base64url(claims.as_bytes()));
    broken.push(format!("{input}.{}", base64url(&signer.key.sign(input.as_bytes()).unwrap())));
    for object in &broken {
        let error = error(&server, &client, object, &request).await;
        assert_eq!(error, "invalid_request_object", "{object}");
    }

    // A request inside a request.
    for (name, value) in [
        ("request", signed(draft())),
        ("request_uri", "urn:ietf:params:oauth:request_uri:x".to_owned()),
        ("request_uri", "https://agenda.example/r".to_owned()),
    ] {
        let object = signed(draft().with(name, value));
        assert_eq!(error(&server, &client, &object, &request).await, "invalid_request", "{name}");
    }
    // response_type must agree; the right one has not been touched by all that.
    let right = signed(draft());
    let beside = client.inside(&right, &request).with("response_type", "token");
    assert_eq!(server.browser().get(&beside.url).await.error_code(), "invalid_request_object");
    let beside = client.inside(&right, &request).changed("client_id", "imagerie");
    assert_eq!(server.browser().get(&beside.url).await.error_code(), "request_not_supported");
    server.browser().open(&client.inside(&right, &request).url).await.form("/sandbox");
}

#[tokio::test]
async fn the_parameters_inside_are_held_to_every_rule() {
    let signer = Signer::new(Alg::ES256);
    let server = prepared(&signer).await;
    let client = server.client("agenda");
    let request = client.request();
    let inside = |draft: Draft| client.inside(&draft.signed(&signer.key), &request);
    let draft = || client.object(&server, &signer.key, &request);
    let evil = inside(draft().with("redirect_uri", "https://evil.example/"));
    assert_eq!(server.browser().get(&evil.url).await.error_code(), "invalid_request");
    // A registered one beside it does not stand in for the one that is missing.
    let none = inside(draft().without("redirect_uri")).with("redirect_uri", client.redirect_uri);
    assert_eq!(server.browser().get(&none.url).await.error_code(), "invalid_request");
    for (draft, error) in [
        (draft().without("code_challenge"), "invalid_request"),
        (draft().with("code_challenge_method", "plain"), "invalid_request"),
        (draft().with("response_type", "token"), "unsupported_response_type"),
        (draft().without("response_type"), "invalid_request"),
        (draft().with("scope", "openid admin"), "invalid_scope"),
        (draft().with("registration", json!({})), "registration_not_supported"),
        (draft().with("claims", json!([])), "invalid_request_object"),
        (draft().with("claims", json!({"id_token": 7})), "invalid_request"),
    ] {
        // What is missing inside is not taken from outside.
        let outside = inside(draft)
            .with("code_challenge", &openpsc::secret::digest_of("x"))
            .with("code_challenge_method", "S256")
            .with("redirect_uri", client.redirect_uri);
        let answer = server.browser().get(&outside.url).await.answer();
        assert_eq!(answer.error(), error);
    }
}

#[tokio::test]
async fn a_plain_request_is_refused_where_a_signature_is_demanded() {
    let signer = Signer::new(Alg::ES256);
    let server = prepared(&signer).await;
    let server = server.with_client("agenda", |it| it.require_signed_request_object = true).await;
    let client = server.client("agenda");
    let request = client.request();
    assert_eq!(server.browser().get(&request.url).await.answer().error(), "invalid_request");
    let page = client.push(&request).await;
    assert!(page.status == 400 && page.text.contains("\"invalid_request\""), "{}", page.text);
}

#[tokio::test]
async fn rs256_is_for_those_who_registered_it() {
    let signer = Signer::new(Alg::RS256);
    let server = prepared(&signer).await;
    let client = server.client("agenda");
    let request = client.request();
    let object =
        |server: &TestServer| client.object(server, &signer.key, &request).signed(&signer.key);
    let error = error(&server, &client, &object(&server), &request).await;
    assert_eq!(error, "invalid_request_object");
    let server =
        server.with_client("agenda", |it| it.request_object_signing_alg = Some(Alg::RS256)).await;
    let inside = client.inside(&object(&server), &request);
    server.browser().open(&inside.url).await.form("/sandbox");
    // And then nothing else is.
    let server =
        server.with_client("agenda", |it| it.request_object_signing_alg = Some(Alg::PS256)).await;
    let inside = client.inside(&object(&server), &request);
    assert_eq!(server.browser().get(&inside.url).await.error_code(), "invalid_request_object");
}

#[tokio::test]
async fn two_ways_at_once_are_refused() {
    let signer = Signer::new(Alg::ES256);
    let server = prepared(&signer).await;
    let client = server.client("agenda");
    let request = client.request();
    let object = client.object(&server, &signer.key, &request).signed(&signer.key);
    let pushed = client.pushed(&request).await.with("request", &object);
    assert_eq!(server.browser().get(&pushed.url).await.error_code(), "invalid_request");
    let inside = client.inside(&object, &request).with("redirect_uri", client.redirect_uri);
    for second in [("request_uri", "https://agenda.example/r"), ("request", object.as_str())] {
        let both = inside.clone().with(second.0, second.1);
        let answer = server.browser().get(&both.url).await.answer();
        assert_eq!(answer.error(), "invalid_request", "{}", second.0);
    }
}

on_both_engines! {
    async fn an_object_is_taken_once(server: TestServer) {
        let signer = Signer::new(Alg::ES256);
        let server = server.with_client("agenda", |it| it.jwks = Some(signer.jwks())).await;
        let client = server.client("agenda");
        let request = client.request();
        let object = client.object(&server, &signer.key, &request).signed(&signer.key);
        let inside = client.inside(&object, &request);
        server.browser().open(&inside.url).await.form("/sandbox");
        assert_eq!(server.browser().get(&inside.url).await.error_code(), "invalid_request_object");
        let page = client.push(&inside).await;
        assert!(page.status == 400 && page.text.contains("invalid_request_object"));
        let server = server.restart().await;
        assert_eq!(server.browser().get(&inside.url).await.error_code(), "invalid_request_object");
    }
}
