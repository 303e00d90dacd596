//! Assertions that a service did not make, did not make for this, or made
//! before.

use aws_lc_rs::hmac;
use openpsc::{
    jose::Alg,
    secret::{base64url, from_base64url},
};
use openpsc_tests::{Refused, Signer, TestServer, http, on_both_engines, token_answer};
use serde_json::{Value, json};

/// A refresh with nonsense: whoever is believed gets `invalid_grant`.
const FORM: [(&str, &str); 2] = [("grant_type", "refresh_token"), ("refresh_token", "x")];

async fn sends(server: &TestServer, extra: &[(&str, &str)]) -> Refused {
    let form = [FORM.as_slice(), extra].concat();
    let answer = http().post(server.endpoint("token")).form(&form).send().await.unwrap();
    token_answer(&openpsc_tests::Page::of(answer).await).unwrap_err()
}

async fn is_believed(server: &TestServer, assertion: &str) {
    assert_eq!(sends(server, &Signer::form(assertion)).await.error, "invalid_grant", "{assertion}");
}

async fn is_refused(server: &TestServer, assertion: &str) {
    let refused = sends(server, &Signer::form(assertion)).await;
    assert_eq!((refused.status.as_u16(), refused.error.as_str()), (401, "invalid_client"));
}

async fn changed(server: &TestServer, signer: &Signer, name: &str, value: Value) {
    let mut claims = signer.claims(server, "cle");
    claims[name] = value;
    is_refused(server, &signer.sign(&claims)).await;
}

on_both_engines! {
    async fn an_assertion_serves_once_on_every_node_and_after_a_restart(server: TestServer) {
        let signer = Signer::new(Alg::ES256);
        let server = server.with_clients([signer.registration("cle")]).await;
        let other = server.second_node().await;
        let assertion = signer.assertion(&server, "cle");
        is_believed(&server, &assertion).await;
        is_refused(&server, &assertion).await;
        is_refused(&other, &signer.sign(&{
            // The same jti in another assertion.
            let mut claims = signer.claims(&other, "cle");
            claims["jti"] = openpsc_tests::Jwt::read(&assertion).claims["jti"].clone();
            claims
        })).await;
        let server = server.restart().await;
        is_refused(&server, &assertion).await;
        server.clock.advance(59);
        openpsc::sweep::once(&server.app).await.unwrap();
        is_refused(&server, &assertion).await;
    }

    async fn of_eight_that_send_the_same_one_is_believed(server: TestServer) {
        let signer = Signer::new(Alg::ES256);
        let server = server.with_clients([signer.registration("cle")]).await;
        let assertion = signer.assertion(&server, "cle");
        let server = std::sync::Arc::new(server);
        let race: Vec<_> = (0..8)
            .map(|_| {
                let (server, assertion) = (server.clone(), assertion.clone());
                tokio::spawn(async move { sends(&server, &Signer::form(&assertion)).await.error })
            })
            .collect();
        let mut believed = 0;
        for each in race {
            believed += usize::from(each.await.unwrap() == "invalid_grant");
        }
        assert_eq!(believed, 1);
    }
}

#[tokio::test]
async fn each_claim_that_breaks_its_rule_is_refused() {
    let signer = Signer::new(Alg::ES256);
    let strict = Signer::new(Alg::ES256);
    let mut registration = strict.registration("strict");
    registration["assertion_audience_is_issuer"] = true.into();
    let registrations = [signer.registration("cle"), registration];
    let server = TestServer::start().await.with_clients(registrations).await;
    let now = server.clock.now();
    for (name, values) in [
        ("iss", vec![json!("agenda"), Value::Null]),
        ("sub", vec![json!("agenda"), json!("nobody"), json!(["cle"]), Value::Null]),
        (
            "aud",
            vec![
                json!("https://other.example"),
                json!(format!("{}/", server.issuer())),
                json!(server.url()),
                json!(["https://other.example"]),
                json!([]),
                json!([server.issuer(), 7]),
                Value::Null,
            ],
        ),
        ("exp", vec![json!(now - 1), json!("soon"), Value::Null]),
        ("nbf", vec![json!(now + 120), json!("x")]),
        ("iat", vec![json!(now + 120)]),
        ("jti", vec![json!(""), json!(1), json!("x".repeat(300)), Value::Null]),
    ] {
        for value in values {
            changed(&server, &signer, name, value).await;
        }
    }
    is_believed(&server, &signer.assertion(&server, "cle")).await;

    // The audience of a strict client is the issuer, as text.
    let (issuer, token) = (server.issuer().to_owned(), server.endpoint("token"));
    let elsewhere = "https://other.example";
    for aud in [json!(issuer), json!(token), json!([issuer]), json!([elsewhere, issuer])] {
        let mut claims = signer.claims(&server, "cle");
        claims["aud"] = aud.clone();
        is_believed(&server, &signer.sign(&claims)).await;
        let mut claims = strict.claims(&server, "strict");
        claims["aud"] = aud.clone();
        if aud == issuer.as_str() {
            is_believed(&server, &strict.sign(&claims)).await;
        } else {
            is_refused(&server, &strict.sign(&claims)).await;
        }
    }
}

#[tokio::test]
async fn an_assertion_for_an_hour_serves_for_five_minutes() {
    let signer = Signer::new(Alg::ES256);
    let server = TestServer::start().await.with_clients([signer.registration("cle")]).await;
    let for_an_hour = |iat: Value| {
        let mut claims = signer.claims(&server, "cle");
        (claims["exp"], claims["iat"]) = (json!(server.clock.now() + 3600), iat);
        signer.sign(&claims)
    };
    // As Authlib writes it, and as nobody should: when was it made?
    is_believed(&server, &for_an_hour(json!(server.clock.now()))).await;
    is_refused(&server, &for_an_hour(Value::Null)).await;
    let stolen = for_an_hour(json!(server.clock.now()));
    server.clock.advance(300);
    is_refused(&server, &stolen).await;
}

#[tokio::test]
async fn a_signature_that_is_not_the_clients_is_refused() {
    let signer = Signer::new(Alg::RS256);
    let other = Signer::new(Alg::ES256);
    let mut only_ps256 = Signer::new(Alg::RS256).registration("ps");
    only_ps256["token_endpoint_auth_signing_alg"] = "PS256".into();
    let rsa = Signer::new(Alg::RS256);
    let mut jwk = rsa.key.jwk();
    jwk.as_object_mut().unwrap().remove("alg");
    only_ps256["jwks"] = json!({"keys": [jwk]});
    let registrations = [signer.registration("cle"), other.registration("autre"), only_ps256];
    let server = TestServer::start().await.with_clients(registrations).await;

    // Another client's key, under either name.
    let claims = signer.claims(&server, "cle");
    is_refused(&server, &other.sign(&claims)).await;
    let borrowed = json!({"alg": "ES256", "typ": "JWT", "kid": signer.key.kid()});
    is_refused(&server, &other.sign_as(&borrowed, &claims)).await;
    for (name, value) in [
        ("jwk", other.key.jwk()),
        ("jku", json!("https://evil.example/jwks")),
        ("x5c", json!(["AAAA"])),
    ] {
        let mut header = json!({"alg": "ES256", "typ": "JWT"});
        header[name] = value;
        is_refused(&server, &other.sign_as(&header, &claims)).await;
    }

    // Nobody's.
    let part = |value: &Value| base64url(value.to_string().as_bytes());
    for alg in ["none", "None", ""] {
        let input = format!("{}.{}", part(&json!({"alg": alg})), part(&claims));
        is_refused(&server, &format!("{input}.")).await;
        is_refused(&server, &format!("{input}.AAAA")).await;
    }
    // The public key as a secret.
    let member = from_base64url(signer.key.jwk()["n"].as_str().unwrap()).unwrap();
    for secret in [signer.key.jwk().to_string().into_bytes(), member] {
        let input = format!("{}.{}", part(&json!({"alg": "HS256", "typ": "JWT"})), part(&claims));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), input.as_bytes());
        is_refused(&server, &format!("{input}.{}", base64url(tag.as_ref()))).await;
    }
    // Of another kind, or with members that must be understood.
    for header in [
        json!({"alg": "RS256", "typ": "at+jwt"}),
        json!({"alg": "RS256", "typ": "dpop+jwt"}),
        json!({"alg": "RS256", "typ": "oauth-authz-req+jwt"}),
        json!({"alg": "RS256", "typ": 7}),
        json!({"alg": "RS256", "crit": ["b64"], "b64": false}),
        json!({"alg": "RS256", "kid": "another"}),
    ] {
        is_refused(&server, &signer.sign_as(&header, &claims)).await;
    }
    for header in
        [json!({"alg": "RS256"}), json!({"alg": "RS256", "typ": "client-authentication+jwt"})]
    {
        is_believed(&server, &signer.sign_as(&header, &signer.claims(&server, "cle"))).await;
    }
    // With an algorithm that the client did not register.
    is_refused(&server, &rsa.assertion(&server, "ps")).await;
    // No assertion at all.
    for text in ["x", "..", "", "a.b.c"] {
        let form = Signer::form(text);
        assert_eq!(sends(&server, &form).await.error, "invalid_client", "{text}");
    }
}

#[tokio::test]
async fn one_method_at_a_time_and_the_registered_one() {
    let signer = Signer::new(Alg::ES256);
    let server = TestServer::start().await.with_clients([signer.registration("cle")]).await;
    let assertion = signer.assertion(&server, "cle");
    let secret =
        [("client_id", "imagerie"), ("client_secret", "imagerie-secret-0123456789abcdefghijkl")];
    let form = [FORM.as_slice(), &Signer::form(&assertion)].concat();

    let both = sends(&server, &[&secret[..], &Signer::form(&assertion)].concat()).await;
    assert_eq!(both.error, "invalid_request");
    let basic = http().post(server.endpoint("token")).basic_auth("agenda", Some("x")).form(&form);
    let page = openpsc_tests::Page::of(basic.send().await.unwrap()).await;
    assert_eq!(token_answer(&page).unwrap_err().error, "invalid_request");

    // Another name beside it, half of it, another type.
    let named =
        sends(&server, &[&[("client_id", "agenda")], &Signer::form(&assertion)[..]].concat()).await;
    assert_eq!(named.error, "invalid_client");
    for half in Signer::form(&assertion) {
        assert_eq!(sends(&server, &[("client_id", "cle"), half]).await.error, "invalid_client");
    }
    let saml = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";
    let other = [("client_assertion_type", saml), ("client_assertion", assertion.as_str())];
    assert_eq!(sends(&server, &other).await.error, "invalid_client");
    // Its name alone, or with a secret that it has not.
    assert_eq!(sends(&server, &[("client_id", "cle")]).await.error, "invalid_client");
    let invented = [("client_id", "cle"), ("client_secret", "")];
    assert_eq!(sends(&server, &invented).await.error, "invalid_client");
    // A client of another method.
    is_refused(&server, &signer.sign(&signer.claims(&server, "agenda"))).await;
    is_refused(&server, &signer.sign(&signer.claims(&server, "dossier"))).await;
    // In the address.
    let address = format!("{}?client_assertion={assertion}", server.endpoint("token"));
    let answer = http().post(address).form(&form).send().await.unwrap();
    let page = openpsc_tests::Page::of(answer).await;
    assert_eq!(token_answer(&page).unwrap_err().error, "invalid_request");
    // All this did not spend it.
    is_believed(&server, &assertion).await;
}
