//! A key that signs, and its public half.

use anyhow::{Context, anyhow};
use aws_lc_rs::{
    digest,
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeySize, PublicKeyComponents},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
        RSA_PSS_SHA256, RsaEncoding, RsaKeyPair, UnparsedPublicKey,
    },
};
use serde_json::{Value, json};

use super::Alg;
use crate::secret::base64url;

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ec(Box<EcdsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

/// A private key with its `kid`, the RFC 7638 thumbprint of its public half.
pub struct SigningKey {
    kid: String,
    alg: Alg,
    pair: Pair,
}

impl SigningKey {
    /// Makes a new key; also answers its PKCS#8 form, to be sealed and kept.
    pub fn generate(alg: Alg) -> anyhow::Result<(Self, Vec<u8>)> {
        let pkcs8 = match alg {
            Alg::RS256 | Alg::PS256 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048)
                    .map_err(|_| anyhow!("could not make an RSA key"))?;
                let der: Pkcs8V1Der<'_> =
                    pair.as_der().map_err(|_| anyhow!("could not write an RSA key"))?;
                der.as_ref().to_vec()
            }
            Alg::ES256 => {
                EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
                    .map_err(|_| anyhow!("could not make a P-256 key"))?
                    .as_ref()
                    .to_vec()
            }
            Alg::EdDSA => Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
                .map_err(|_| anyhow!("could not make an Ed25519 key"))?
                .as_ref()
                .to_vec(),
        };
        Ok((Self::from_pkcs8(alg, &pkcs8)?, pkcs8))
    }

    /// Reads what [`Self::generate`] wrote.
    pub fn from_pkcs8(alg: Alg, pkcs8: &[u8]) -> anyhow::Result<Self> {
        let pair = match alg {
            Alg::RS256 | Alg::PS256 => {
                Pair::Rsa(Box::new(RsaKeyPair::from_pkcs8(pkcs8).context("not an RSA key")?))
            }
            Alg::ES256 => Pair::Ec(Box::new(
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8)
                    .context("not a P-256 key")?,
            )),
            Alg::EdDSA => Pair::Ed25519(Box::new(
                Ed25519KeyPair::from_pkcs8(pkcs8).context("not an Ed25519 key")?,
            )),
        };
        let mut key = Self { kid: String::new(), alg, pair };
        key.kid =
            base64url(digest::digest(&digest::SHA256, key.thumbprint_input().as_bytes()).as_ref());
        Ok(key)
    }

    /// Names the key.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// How it signs.
    pub fn alg(&self) -> Alg {
        self.alg
    }

    /// Signs; ECDSA in the fixed form r‖s (RFC 7518 §3.4).
    pub fn sign(&self, input: &[u8]) -> anyhow::Result<Vec<u8>> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let padding: &'static dyn RsaEncoding =
                    if self.alg == Alg::PS256 { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, input, &mut signature)
                    .map_err(|_| anyhow!("could not sign with RSA"))?;
                Ok(signature)
            }
            Pair::Ec(pair) => {
                let signature =
                    pair.sign(&random, input).map_err(|_| anyhow!("could not sign with P-256"))?;
                Ok(signature.as_ref().to_vec())
            }
            Pair::Ed25519(pair) => Ok(pair.sign(input).as_ref().to_vec()),
        }
    }

    /// Whether this key made a signature.
    pub fn verifies(&self, input: &[u8], signed: &[u8]) -> bool {
        let public = match &self.pair {
            Pair::Rsa(pair) => pair.public_key().as_ref(),
            Pair::Ec(pair) => pair.public_key().as_ref(),
            Pair::Ed25519(pair) => pair.public_key().as_ref(),
        };
        let algorithm = self.alg.verification();
        UnparsedPublicKey::new(algorithm, public).verify(input, signed).is_ok()
    }

    /// The public half of a P-256 key, `x` and `y` in base64url.
    pub fn public_ec(&self) -> Option<(String, String)> {
        match &self.pair {
            Pair::Rsa(_) | Pair::Ed25519(_) => None,
            Pair::Ec(pair) => {
                let point = pair.public_key().as_ref();
                Some((base64url(&point[1..33]), base64url(&point[33..65])))
            }
        }
    }

    /// As it stands in the key set (RFC 7517).
    pub fn jwk(&self) -> Value {
        let mut jwk = match &self.pair {
            Pair::Rsa(pair) => {
                let (n, e) = rsa_public(pair);
                json!({"kty": "RSA", "n": n, "e": e})
            }
            Pair::Ec(_) => {
                let (x, y) = self.public_ec().unwrap_or_default();
                json!({"kty": "EC", "crv": "P-256", "x": x, "y": y})
            }
            Pair::Ed25519(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(pair.public_key().as_ref())})
            }
        };
        jwk["kid"] = self.kid.as_str().into();
        jwk["use"] = "sig".into();
        jwk["alg"] = self.alg.as_str().into();
        jwk
    }

    /// RFC 7638 §3.2: the required members only, in this order.
    fn thumbprint_input(&self) -> String {
        match &self.pair {
            Pair::Rsa(pair) => {
                let (n, e) = rsa_public(pair);
                format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)
            }
            Pair::Ec(_) => {
                let (x, y) = self.public_ec().unwrap_or_default();
                format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)
            }
            Pair::Ed25519(pair) => {
                let x = base64url(pair.public_key().as_ref());
                format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#)
            }
        }
    }
}

fn rsa_public(pair: &RsaKeyPair) -> (String, String) {
    let parts = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
    (base64url(&parts.n), base64url(&parts.e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_verifies_what_it_signs_and_survives_storage() {
        for alg in Alg::ALL {
            let (key, pkcs8) = SigningKey::generate(alg).unwrap();
            let again = SigningKey::from_pkcs8(alg, &pkcs8).unwrap();
            let signed = key.sign(b"hello").unwrap();
            assert!(again.verifies(b"hello", &signed));
            assert!(!again.verifies(b"hullo", &signed));
            assert_eq!(key.kid(), again.kid());
            assert_eq!(key.kid().len(), 43);
        }
    }
}
