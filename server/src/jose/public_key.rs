//! Somebody else's key: a client's, or the one inside a DPoP proof.

use aws_lc_rs::{digest, rsa::PublicKeyComponents, signature::UnparsedPublicKey};
use serde_json::Value;
use thiserror::Error;

use super::Alg;
use crate::secret::{base64url, from_base64url};

/// Why a JWK is not a key that we verify with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum JwkError {
    /// RFC 7517: `kty` and `crv` are not RSA, P-256 or Ed25519.
    #[error("kty must be RSA, EC with crv P-256, or OKP with crv Ed25519")]
    Kind,
    /// A member is missing or not strict base64url of the right length.
    #[error("n and e, x and y, or x are missing or not well formed")]
    Members,
    /// RFC 9449 §4.3: a public key has no private members.
    #[error("a public key must not hold private members")]
    Private,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256 { point: Vec<u8> },
    Ed25519 { x: Vec<u8> },
}

/// A public key that was read from a JWK (RFC 7517 §4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// What its owner calls it.
    pub kid: Option<String>,
    /// The one algorithm that its owner allows, when stated.
    pub alg: Option<Alg>,
    material: Material,
}

impl PublicKey {
    /// Reads a JWK.
    pub fn from_jwk(jwk: &Value) -> Result<Self, JwkError> {
        const PRIVATE: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
        if PRIVATE.iter().any(|name| jwk.get(name).is_some()) {
            return Err(JwkError::Private);
        }
        let bytes =
            |name: &str| jwk[name].as_str().and_then(from_base64url).ok_or(JwkError::Members);
        let coordinate = |name| {
            bytes(name).and_then(|it| (it.len() == 32).then_some(it).ok_or(JwkError::Members))
        };
        let material = match (jwk["kty"].as_str(), jwk["crv"].as_str()) {
            (Some("RSA"), None) => {
                let (n, e) = (bytes("n")?, bytes("e")?);
                // 2048 bits at the least (FAPI 2.0 §5.4.1).
                if n.len() < 256 || n.first() == Some(&0) {
                    return Err(JwkError::Members);
                }
                Material::Rsa { n, e }
            }
            (Some("EC"), Some("P-256")) => {
                let point = [vec![4], coordinate("x")?, coordinate("y")?].concat();
                Material::P256 { point }
            }
            (Some("OKP"), Some("Ed25519")) => Material::Ed25519 { x: coordinate("x")? },
            _ => return Err(JwkError::Kind),
        };
        Ok(Self {
            kid: jwk["kid"].as_str().map(str::to_owned),
            alg: jwk["alg"].as_str().and_then(|word| word.parse().ok()),
            material,
        })
    }

    /// Whether this key made a signature with this algorithm.
    pub fn verifies(&self, alg: Alg, input: &[u8], signed: &[u8]) -> bool {
        if self.alg.is_some_and(|only| only != alg) {
            return false;
        }
        match (&self.material, alg) {
            (Material::Rsa { n, e }, Alg::RS256) => PublicKeyComponents { n, e }
                .verify(&aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256, input, signed)
                .is_ok(),
            (Material::Rsa { n, e }, Alg::PS256) => PublicKeyComponents { n, e }
                .verify(&aws_lc_rs::signature::RSA_PSS_2048_8192_SHA256, input, signed)
                .is_ok(),
            (Material::P256 { point: raw }, Alg::ES256)
            | (Material::Ed25519 { x: raw }, Alg::EdDSA) => {
                UnparsedPublicKey::new(alg.verification(), raw).verify(input, signed).is_ok()
            }
            _ => false,
        }
    }

    /// The thumbprint of RFC 7638 §3.
    pub fn thumbprint(&self) -> String {
        let input = match &self.material {
            Material::Rsa { n, e } => {
                format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, base64url(e), base64url(n))
            }
            Material::P256 { point } => format!(
                r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#,
                base64url(&point[1..33]),
                base64url(&point[33..])
            ),
            Material::Ed25519 { x } => {
                format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, base64url(x))
            }
        };
        base64url(digest::digest(&digest::SHA256, input.as_bytes()).as_ref())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jose::SigningKey;

    #[test]
    fn a_key_verifies_what_its_owner_signs_and_with_that_algorithm_only() {
        for alg in Alg::ALL {
            let (key, _) = SigningKey::generate(alg).unwrap();
            let public = PublicKey::from_jwk(&key.jwk()).unwrap();
            let signed = key.sign(b"hello").unwrap();
            assert_eq!(public.thumbprint(), key.kid());
            for other in Alg::ALL {
                assert_eq!(public.verifies(other, b"hello", &signed), other == alg);
            }
            assert!(!public.verifies(alg, b"hullo", &signed));
        }
    }

    // RFC 7638 §3.1.
    #[test]
    fn the_thumbprint_is_that_of_the_rfc() {
        let jwk = json!({"kty": "RSA", "e": "AQAB", "kid": "2011-04-29", "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"});
        let key = PublicKey::from_jwk(&jwk).unwrap();
        assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn private_short_and_foreign_keys_are_refused() {
        let mut jwk = SigningKey::generate(Alg::ES256).unwrap().0.jwk();
        jwk["d"] = "AA".into();
        assert_eq!(PublicKey::from_jwk(&jwk), Err(JwkError::Private));
        for (jwk, error) in [
            (json!({"kty": "oct", "k": "AA"}), JwkError::Private),
            (json!({"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"}), JwkError::Kind),
            (json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}), JwkError::Members),
            (json!({"kty": "RSA", "n": "AAAA", "e": "AQAB"}), JwkError::Members),
            (json!([]), JwkError::Kind),
        ] {
            assert_eq!(PublicKey::from_jwk(&jwk), Err(error), "{jwk}");
        }
    }
}
