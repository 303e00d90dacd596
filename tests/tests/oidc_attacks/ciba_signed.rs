//! Signed requests (C14; FAPI-CIBA §5.2.2): what is altered, old, replayed or
//! somebody else's is refused.

use openpsc::{jose::Alg, secret::random_token};
use openpsc_tests::{Asked, CIBA, Client, Refused, Signer, TestServer, on_both_engines};
use serde_json::{Value, json};

use crate::DOCTOR;

/// A service that signs who it is and what it asks.
fn registration(signer: &Signer, client_id: &str) -> Value {
    let mut registration = signer.registration(client_id);
    registration["grant_types"] = json!([CIBA, "refresh_token"]);
    registration["redirect_uris"] = json!([]);
    registration["backchannel_token_delivery_mode"] = json!("poll");
    registration
}

/// The claims of a request with everything that it should have.
fn claims(server: &TestServer, client_id: &str) -> Value {
    let now = server.clock.now();
    json!({
        "iss": client_id, "aud": server.issuer(), "iat": now, "nbf": now, "exp": now + 300,
        "jti": random_token(), "scope": "openid scope_all", "login_hint": DOCTOR,
        "binding_message": "07",
    })
}

async fn send(
    server: &TestServer,
    signer: &Signer,
    client_id: &'static str,
    form: &[(&str, &str)],
) -> Result<Asked, Refused> {
    let client = Client::registered(client_id, "", server.url());
    let assertion = signer.assertion(server, client_id);
    client.ask_form(&[form, &Signer::form(&assertion)].concat()).await
}

async fn refused(server: &TestServer, signer: &Signer, object: &str) -> String {
    send(server, signer, "perfusion", &[("request", object)]).await.unwrap_err().error
}

on_both_engines! {
    async fn a_signed_request_is_taken_in_each_good_algorithm(server: TestServer) {
        let names = ["ps256", "es256", "eddsa"];
        let signers = [Alg::PS256, Alg::ES256, Alg::EdDSA].map(Signer::new);
        let registered = signers.iter().zip(names).map(|(signer, id)| registration(signer, id));
        let server = server.with_clients(registered).await;
        for (signer, id) in signers.iter().zip(names) {
            let mut object = claims(&server, id);
            // CIBA Core §7.1.1: a number may be one.
            object["requested_expiry"] = json!(60);
            let object = signer.sign(&object);
            let asked = send(&server, signer, id, &[("request", &object)]).await.unwrap();
            assert_eq!(asked.expires_in, 60);
            server.unattended(&asked.auth_req_id, "allow").await;
            let client = Client::registered(id, "", server.url());
            let assertion = signer.assertion(&server, id);
            let form = [("grant_type", CIBA), ("auth_req_id", asked.auth_req_id.as_str())];
            client.token(&[form.as_slice(), &Signer::form(&assertion)].concat()).await.unwrap();
        }
    }

    async fn each_claim_is_needed_and_bounded(server: TestServer) {
        let signer = Signer::new(Alg::ES256);
        let server = server.with_clients([registration(&signer, "perfusion")]).await;
        for name in ["iss", "aud", "exp", "iat", "nbf", "jti"] {
            let mut object = claims(&server, "perfusion");
            object.as_object_mut().unwrap().remove(name);
            assert_eq!(refused(&server, &signer, &signer.sign(&object)).await, "invalid_request");
        }
        let now = server.clock.now();
        for (name, value) in [
            ("iss", json!("chevet")),
            ("aud", json!("https://elsewhere.example")),
            ("exp", json!(now - 1)),
            ("exp", json!(now + 70 * 60)),
            ("nbf", json!(now + 10 * 60)),
            ("nbf", json!(now - 70 * 60)),
            ("sub", json!("perfusion")),
            ("login_hint", json!([DOCTOR])),
        ] {
            let mut object = claims(&server, "perfusion");
            object[name] = value;
            assert_eq!(
                refused(&server, &signer, &signer.sign(&object)).await,
                "invalid_request",
                "{name}"
            );
        }
    }

    async fn only_its_own_key_and_a_good_algorithm_sign(server: TestServer) {
        let (signer, other) = (Signer::new(Alg::ES256), Signer::new(Alg::ES256));
        let rsa = Signer::new(Alg::RS256);
        let mut keys = registration(&signer, "perfusion");
        keys["jwks"] = json!({"keys": [signer.key.jwk(), rsa.key.jwk()]});
        let server = server.with_clients([keys, registration(&other, "autre")]).await;
        let object = claims(&server, "perfusion");
        // RS256 is not good enough, and an algorithm of their own making is none.
        for forged in [
            rsa.sign(&object),
            other.sign(&object),
            other.sign_as(&json!({"alg": "ES256", "kid": signer.key.kid()}), &object),
            signer.sign_as(&json!({"alg": "none"}), &object),
            signer.sign_as(&json!({"alg": "HS256"}), &object),
            signer.sign_as(&json!({"alg": "ES256", "typ": "at+jwt"}), &object),
            signer.sign_as(&json!({"alg": "ES256", "crit": ["x"], "x": 1}), &object),
            "not a jwt".into(),
        ] {
            assert_eq!(refused(&server, &signer, &forged).await, "invalid_request", "{forged}");
        }
        let good = signer.sign_as(&json!({"alg": "ES256"}), &object);
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let none = format!("{signed}.");
        assert_eq!(refused(&server, &signer, &none).await, "invalid_request");
        let flipped = format!("{signed}.{}", signature.chars().rev().collect::<String>());
        assert_eq!(refused(&server, &signer, &flipped).await, "invalid_request");
        send(&server, &signer, "perfusion", &[("request", &good)]).await.unwrap();
    }

    async fn an_object_serves_once_also_after_a_restart(server: TestServer) {
        let signer = Signer::new(Alg::ES256);
        let server = server.with_clients([registration(&signer, "perfusion")]).await;
        let object = signer.sign(&claims(&server, "perfusion"));
        send(&server, &signer, "perfusion", &[("request", &object)]).await.unwrap();
        assert_eq!(refused(&server, &signer, &object).await, "invalid_request");
        let server = server.restart().await;
        assert_eq!(refused(&server, &signer, &object).await, "invalid_request");
    }

    async fn nothing_unsigned_stands_beside_it(server: TestServer) {
        let signer = Signer::new(Alg::ES256);
        let server = server.with_clients([registration(&signer, "perfusion")]).await;
        for beside in [
            ("login_hint", "899700990080"),
            ("scope", "openid"),
            ("binding_message", "13"),
            ("requested_expiry", "10"),
            ("channel", "MOBILE"),
        ] {
            let object = signer.sign(&claims(&server, "perfusion"));
            let form = [("request", object.as_str()), beside];
            let refusal = send(&server, &signer, "perfusion", &form).await.unwrap_err();
            assert_eq!(refusal.error, "invalid_request", "{beside:?}");
        }
    }

    async fn who_must_sign_signs_and_as_registered(server: TestServer) {
        let signer = Signer::new(Alg::ES256);
        let second = Signer::new(Alg::EdDSA);
        let mut strict = registration(&signer, "perfusion");
        strict["jwks"] = json!({"keys": [signer.key.jwk(), second.key.jwk()]});
        strict["backchannel_authentication_request_signing_alg"] = json!("ES256");
        let server = server.with_clients([strict]).await;
        let plain = [("scope", "openid"), ("login_hint", DOCTOR), ("binding_message", "07")];
        let unsigned = send(&server, &signer, "perfusion", &plain).await.unwrap_err();
        assert_eq!(unsigned.error, "invalid_request");
        let object = claims(&server, "perfusion");
        assert_eq!(refused(&server, &signer, &second.sign(&object)).await, "invalid_request");
        let object = signer.sign(&object);
        send(&server, &signer, "perfusion", &[("request", &object)]).await.unwrap();
    }

    /// RFC 8725 §3.11: one kind of JWT does not stand in for another.
    async fn an_assertion_is_no_request_and_a_request_no_assertion(server: TestServer) {
        let signer = Signer::new(Alg::ES256);
        let server = server.with_clients([registration(&signer, "perfusion")]).await;
        let assertion = signer.assertion(&server, "perfusion");
        assert_eq!(refused(&server, &signer, &assertion).await, "invalid_request");
        let client = Client::registered("perfusion", "", server.url());
        let object = signer.sign(&claims(&server, "perfusion"));
        let form = [("scope", "openid"), ("login_hint", DOCTOR), ("binding_message", "07")];
        let refusal = client.ask_form(&[form.as_slice(), &Signer::form(&object)].concat()).await;
        assert_eq!(refusal.unwrap_err().error, "invalid_client");
    }

    /// A client without keys has nothing that could verify.
    async fn a_client_without_keys_signs_nothing(server: TestServer) {
        let signer = Signer::new(Alg::ES256);
        let client = server.client("chevet");
        let object = signer.sign(&claims(&server, "chevet"));
        let refusal = client.ask_form(&[("request", &object)]).await.unwrap_err();
        assert_eq!(refusal.error, "invalid_request");
    }

    /// C03: the endpoint's own address is a good audience of an assertion.
    async fn an_assertion_may_be_for_this_endpoint(server: TestServer) {
        let signer = Signer::new(Alg::ES256);
        let server = server.with_clients([registration(&signer, "perfusion")]).await;
        let client = Client::registered("perfusion", "", server.url());
        for aud in [server.issuer().to_owned(), client.endpoint("token"), client.endpoint("ext/ciba/auth")] {
            let mut assertion = signer.claims(&server, "perfusion");
            assertion["aud"] = json!(aud);
            let assertion = signer.sign(&assertion);
            let form = [("scope", "openid"), ("login_hint", DOCTOR), ("binding_message", "07")];
            client.ask_form(&[form.as_slice(), &Signer::form(&assertion)].concat()).await.unwrap();
        }
    }

    /// C07: a hint that the client has signed, while it lasts.
    async fn a_signed_hint_is_read_until_it_expires(server: TestServer) {
        let (signer, other) = (Signer::new(Alg::ES256), Signer::new(Alg::ES256));
        let server = server.with_clients([registration(&signer, "perfusion")]).await;
        let now = server.clock.now();
        let hint = json!({"iss": "perfusion", "aud": server.issuer(), "exp": now + 60,
            "login_hint": DOCTOR});
        let header = json!({"alg": "ES256", "typ": "login-hint+jwt"});
        let ask = async |token: String| {
            let form =
                [("scope", "openid"), ("login_hint_token", &token), ("binding_message", "07")];
            send(&server, &signer, "perfusion", &form).await.map_err(|refusal| refusal.error)
        };
        ask(signer.sign_as(&header, &hint)).await.unwrap();
        for (token, error) in [
            (other.sign_as(&header, &hint), "invalid_request"),
            (signer.sign(&hint), "invalid_request"),
            (signer.sign_as(&header, &json!({"iss": "perfusion", "aud": "x", "exp": now + 60,
                "login_hint": DOCTOR})), "invalid_request"),
            (signer.sign_as(&header, &json!({"iss": "perfusion", "aud": server.issuer(),
                "exp": now, "login_hint": DOCTOR})), "expired_login_hint_token"),
        ] {
            assert_eq!(ask(token).await.unwrap_err(), error);
        }
    }
}
