//! Access tokens that are not access tokens.

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use openpsc::secret::{base64url, from_base64url};
use openpsc_tests::{Client, Jwt, TestServer, Tokens, http, on_both_engines};
use serde_json::{Value, json};

use super::DOCTOR;

async fn logged_in(server: &TestServer, client_id: &'static str) -> (Client, Tokens) {
    let client = server.client(client_id);
    let tokens = client.log_in(&server.browser(), DOCTOR).await;
    assert_eq!(client.userinfo(&tokens.access_token).await.status, 200);
    (client, tokens)
}

async fn is_refused(client: &Client, token: &str) {
    let page = client.userinfo(token).await;
    assert_eq!(page.status, 401, "{token}: {}", page.text);
    assert!(page.header("www-authenticate").contains("error=\"invalid_token\""), "{token}");
}

fn part(value: &Value) -> String {
    base64url(value.to_string().as_bytes())
}

/// The token with a changed header, signed by nobody.
fn with_header(token: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut jwt = Jwt::read(token);
    change(&mut jwt.header);
    jwt.forged()
}

on_both_engines! {
    async fn a_signature_of_nobodys_is_refused(server: TestServer) {
        for client_id in ["agenda", "imagerie", "hopital"] {
            let (client, tokens) = logged_in(&server, client_id).await;
            let jwt = Jwt::read(&tokens.access_token);
            for alg in ["none", "None", "NONE", "nOnE", ""] {
                let mut header = jwt.header.clone();
                header["alg"] = alg.into();
                is_refused(&client, &format!("{}.{}.", part(&header), part(&jwt.claims))).await;
                is_refused(&client, &with_header(&tokens.access_token, |it| it["alg"] = alg.into()))
                    .await;
            }
            let mut altered = jwt.clone();
            altered.claims["exp"] = 99_999_999_999_i64.into();
            is_refused(&client, &altered.forged()).await;
        }
    }

    /// The public key as an HMAC secret, in each way that it could be written.
    async fn a_public_key_is_no_secret(server: TestServer) {
        let keys = server.jwks().await;
        for client_id in ["agenda", "imagerie"] {
            let (client, tokens) = logged_in(&server, client_id).await;
            let mut jwt = Jwt::read(&tokens.access_token);
            let key = keys.iter().find(|key| key["kid"] == jwt.header["kid"]).unwrap();
            let member = |name: &str| from_base64url(key[name].as_str().unwrap_or("")).unwrap();
            for secret in [
                key.to_string().into_bytes(),
                member("n"),
                [vec![4], member("x"), member("y")].concat(),
                jwt.text("iss").as_bytes().to_vec(),
                Vec::new(),
            ] {
                for (alg, algorithm) in [("HS256", hmac::HMAC_SHA256), ("HS512", hmac::HMAC_SHA512)] {
                    jwt.header["alg"] = alg.into();
                    let input = format!("{}.{}", part(&jwt.header), part(&jwt.claims));
                    let tag = hmac::sign(&hmac::Key::new(algorithm, &secret), input.as_bytes());
                    is_refused(&client, &format!("{input}.{}", base64url(tag.as_ref()))).await;
                }
            }
        }
    }

    /// The attacker's own key, offered in each place where a verifier could
    /// be foolish enough to take it from.
    async fn a_key_that_comes_with_the_token_is_not_used(server: TestServer) {
        let (client, tokens) = logged_in(&server, "imagerie").await;
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap();
        let point = pair.public_key().as_ref();
        let jwk = json!({"kty": "EC", "crv": "P-256", "alg": "ES256",
            "x": base64url(&point[1..33]), "y": base64url(&point[33..])});
        let jwt = Jwt::read(&tokens.access_token);
        for (name, value) in [
            ("jwk", jwk),
            ("jku", "https://evil.example/jwks".into()),
            ("x5u", "https://evil.example/x".into()),
            ("x5c", json!(["AAAA"])),
            ("kid", "../../etc/passwd".into()),
            ("kid", "' or 1=1 --".into()),
            ("kid", "".into()),
        ] {
            let mut header = jwt.header.clone();
            header[name] = value;
            let input = format!("{}.{}", part(&header), part(&jwt.claims));
            let signature = pair.sign(&random, input.as_bytes()).unwrap();
            is_refused(&client, &format!("{input}.{}", base64url(signature.as_ref()))).await;
        }
    }

    /// The signature of each of these is good: they are only something else.
    async fn no_other_token_of_ours_stands_in(server: TestServer) {
        for client_id in ["agenda", "imagerie", "hopital"] {
            let (client, tokens) = logged_in(&server, client_id).await;
            is_refused(&client, &tokens.id_token).await;
            is_refused(&client, &tokens.refresh_token).await;
            // Nor an access token for an ID token.
            let hint = [("id_token_hint", tokens.access_token.as_str())];
            let address = url::Url::parse_with_params(&server.endpoint("logout"), hint).unwrap();
            let page = server.browser().get(address).await;
            assert_eq!(page.error_code(), "invalid_request");
            let request = client.request().with("id_token_hint", &tokens.access_token);
            let refused = server.browser().get(&request.url).await.answer();
            assert_eq!(refused.error(), "invalid_request");
            assert_eq!(client.userinfo(&tokens.access_token).await.status, 200);
        }
    }

    async fn another_spelling_of_a_good_token_is_refused(server: TestServer) {
        let (client, tokens) = logged_in(&server, "agenda").await;
        let good = &tokens.access_token;
        let (input, signature) = good.rsplit_once('.').unwrap();
        let (header, claims) = input.split_once('.').unwrap();
        // The last letter of 256 bytes carries four unused bits.
        let loose = (b'A'..=b'z')
            .map(char::from)
            .filter(|letter| letter.is_ascii_alphabetic())
            .map(|letter| format!("{}{letter}", &signature[..signature.len() - 1]))
            .filter(|other| other != signature);
        for other in loose {
            is_refused(&client, &format!("{input}.{other}")).await;
        }
        for other in [
            format!("{good}="),
            format!("{good}=="),
            format!("{good}."),
            format!(".{good}"),
            format!("{good}.{signature}"),
            format!("{header}=.{claims}.{signature}"),
            format!("{header}.{claims}=.{signature}"),
            input.to_owned(),
            format!("{input}."),
            format!("{claims}.{header}.{signature}"),
            good.to_lowercase(),
            "x".into(),
            "..".into(),
            "A".repeat(17 * 1024),
        ] {
            is_refused(&client, &other).await;
        }
        is_refused(&client, &with_header(good, |header| header["crit"] = json!(["x"]))).await;
        is_refused(&client, &with_header(good, |header| header["typ"] = "JWT".into())).await;
        is_refused(&client, &with_header(good, |header| header["b64"] = false.into())).await;
    }

    async fn another_servers_token_is_refused(server: TestServer) {
        let other = TestServer::start().await;
        let (_, foreign) = logged_in(&other, "imagerie").await;
        let (client, own) = logged_in(&server, "imagerie").await;
        is_refused(&client, &foreign.access_token).await;
        // Under the name of our key, too.
        let kid = Jwt::read(&own.access_token).header["kid"].clone();
        is_refused(&client, &with_header(&foreign.access_token, |header| header["kid"] = kid)).await;
    }

    async fn a_token_in_the_address_or_twice_is_refused(server: TestServer) {
        let (client, tokens) = logged_in(&server, "agenda").await;
        let token = tokens.access_token.as_str();
        let address = client.endpoint("userinfo");
        let in_query = format!("{address}?access_token={token}");
        for request in [
            http().get(&in_query),
            http().get(&in_query).bearer_auth(token),
            http().post(&address).bearer_auth(token).form(&[("access_token", token)]),
            http().post(&address).form(&[("access_token", token), ("access_token", token)]),
        ] {
            let page = client.call(request).await;
            assert_eq!(page.status, 400);
            assert!(page.header("www-authenticate").contains("error=\"invalid_request\""));
            assert!(!page.text.contains("SubjectNameID"));
        }
        let two_headers = http()
            .get(&address)
            .header("authorization", format!("Bearer {token}"))
            .header("authorization", "Bearer x");
        let page = client.call(two_headers).await;
        assert_eq!(page.status, 400);
        // A body that is no form is nothing (RFC 6750 §2.2).
        let text = format!("access_token={token}");
        let plain = http().post(&address).header("content-type", "text/plain").body(text);
        assert_eq!(client.call(plain).await.status, 401);
        // A body of a GET is nothing.
        let page = client.call(http().get(&address).form(&[("access_token", token)])).await;
        assert_eq!(page.status, 401);
        for scheme in ["Basic", "DPoP", "Token", ""] {
            let header = format!("{scheme} {token}");
            let page = client.call(http().get(&address).header("authorization", header)).await;
            assert_eq!(page.status, 401, "{scheme}");
        }
    }
}
