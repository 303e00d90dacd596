//! Tokens as a service receives and verifies them.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use openpsc::secret::{base64url, from_base64url};
use serde::Deserialize;
use serde_json::Value;

use crate::{TestServer, browser::http};

/// The answer of the token endpoint, with the members that clients of PSC
/// cannot do without.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "they are the protocol's own names")]
pub struct Tokens {
    pub access_token: String,
    pub expires_in: i64,
    pub refresh_expires_in: i64,
    pub refresh_token: String,
    pub token_type: String,
    pub id_token: String,
    #[serde(rename = "not-before-policy")]
    pub not_before_policy: i64,
    pub session_state: String,
    pub scope: String,
}

/// A signed token, taken apart.
#[derive(Clone, Debug)]
pub struct Jwt {
    /// The header.
    pub header: Value,
    /// The claims.
    pub claims: Value,
    signature: Vec<u8>,
    signed: String,
}

impl Jwt {
    /// Takes a token apart, without believing it.
    pub fn read(token: &str) -> Self {
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        let object = |part: &str| serde_json::from_slice(&from_base64url(part).unwrap()).unwrap();
        Self {
            header: object(header),
            claims: object(claims),
            signature: from_base64url(signature).unwrap(),
            signed: signed.to_owned(),
        }
    }

    /// Puts a token together from altered parts, under the old signature.
    pub fn forged(&self) -> String {
        let part = |value: &Value| base64url(value.to_string().as_bytes());
        let signature = base64url(&self.signature);
        format!("{}.{}.{signature}", part(&self.header), part(&self.claims))
    }

    /// A claim that is text; empty when it is absent.
    pub fn text(&self, claim: &str) -> &str {
        self.claims[claim].as_str().unwrap_or_default()
    }

    /// A claim that is a number.
    pub fn number(&self, claim: &str) -> i64 {
        self.claims[claim].as_i64().unwrap_or_else(|| panic!("no {claim} in {}", self.claims))
    }

    fn is_signed_by(&self, key: &Value) -> bool {
        let member = |name: &str| from_base64url(key[name].as_str().unwrap()).unwrap();
        let signed = self.signed.as_bytes();
        match key["alg"].as_str().unwrap() {
            "RS256" => RsaPublicKeyComponents { n: member("n"), e: member("e") }
                .verify(&RSA_PKCS1_2048_8192_SHA256, signed, &self.signature)
                .is_ok(),
            "ES256" => {
                let point = [vec![4], member("x"), member("y")].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                    .verify(signed, &self.signature)
                    .is_ok()
            }
            other => panic!("a key for {other}?"),
        }
    }
}

impl TestServer {
    /// The published keys.
    pub async fn jwks(&self) -> Vec<Value> {
        let answer = http().get(self.endpoint("certs")).send().await.unwrap();
        let set: Value = answer.json().await.unwrap();
        set["keys"].as_array().unwrap().clone()
    }

    /// Verifies a token against the published keys.
    pub async fn verified(&self, token: &str) -> Jwt {
        let jwt = Jwt::read(token);
        let keys = self.jwks().await;
        let key = keys.iter().find(|key| key["kid"] == jwt.header["kid"]);
        let key = key.expect("the key is published");
        assert_eq!(jwt.header["alg"], key["alg"]);
        assert!(jwt.is_signed_by(key), "the signature verifies");
        jwt
    }
}

/// Holds a time that is told to what is expected, less a few seconds: what it
/// ends with, a session for instance, may have begun a moment before.
pub fn nearly(told: i64, expected: i64) {
    assert!((expected - 5..=expected).contains(&told), "{told} is not nearly {expected}");
}
