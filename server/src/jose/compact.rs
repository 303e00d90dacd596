//! The compact form: `header.payload.signature`.

use aws_lc_rs::hmac;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use thiserror::Error;

use super::{Alg, PublicKey, SigningKey, StrictValue};
use crate::secret::{base64url, from_base64url};

/// Longer tokens are not read (oidc-rules §0.12).
const LONGEST: usize = 16 * 1024;

/// Why a token is not one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum JoseError {
    /// Not three parts of strict base64url holding JSON objects.
    #[error("not a compact JWS")]
    Malformed,
    /// `alg`, `typ`, `kid` or `crit` is not what this use allows.
    #[error("the header is not of the kind expected here")]
    Header,
    /// The signature is not ours.
    #[error("the signature does not verify")]
    Signature,
}

/// Signs claims.
pub fn sign_compact(
    key: &SigningKey,
    typ: &str,
    claims: &impl Serialize,
) -> anyhow::Result<String> {
    let header =
        format!(r#"{{"alg":"{}","typ":"{typ}","kid":"{}"}}"#, key.alg().as_str(), key.kid());
    let input = signing_input(&header, claims)?;
    let signature = key.sign(input.as_bytes())?;
    Ok(format!("{input}.{}", base64url(&signature)))
}

/// Signs claims with a key that only this server has: for tokens that come
/// back to it, and that clients of PSC decode without verifying.
pub fn sign_hs512(key: &hmac::Key, kid: &str, claims: &impl Serialize) -> anyhow::Result<String> {
    let header = json!({"alg": "HS512", "typ": "JWT", "kid": kid}).to_string();
    let input = signing_input(&header, claims)?;
    let tag = hmac::sign(key, input.as_bytes());
    Ok(format!("{input}.{}", base64url(tag.as_ref())))
}

fn signing_input(header: &str, claims: &impl Serialize) -> anyhow::Result<String> {
    let claims = serde_json::to_vec(claims)?;
    Ok(format!("{}.{}", base64url(header.as_bytes()), base64url(&claims)))
}

/// A token taken apart, not yet believed.
#[derive(Debug)]
pub struct Compact<'a> {
    header: Value,
    payload: Vec<u8>,
    input: &'a [u8],
    signature: Vec<u8>,
}

impl<'a> Compact<'a> {
    /// Takes a token apart. Nothing in it is believed before
    /// [`Self::verified`] has answered.
    pub fn parse(text: &'a str) -> Result<Self, JoseError> {
        if text.len() > LONGEST {
            return Err(JoseError::Malformed);
        }
        let (input, signature) = text.rsplit_once('.').ok_or(JoseError::Malformed)?;
        let (header, payload) = input.split_once('.').ok_or(JoseError::Malformed)?;
        if payload.contains('.') {
            return Err(JoseError::Malformed);
        }
        let decode = |part| from_base64url(part).ok_or(JoseError::Malformed);
        let header: StrictValue =
            serde_json::from_slice(&decode(header)?).map_err(|_| JoseError::Malformed)?;
        if !header.0.is_object() {
            return Err(JoseError::Malformed);
        }
        Ok(Self {
            header: header.0,
            payload: decode(payload)?,
            input: input.as_bytes(),
            signature: decode(signature)?,
        })
    }

    /// The key that the token says it was signed with.
    pub fn kid(&self) -> Option<&str> {
        self.header["kid"].as_str()
    }

    /// Verifies against one key and for one `typ`, and reads the claims.
    pub fn verified<T: DeserializeOwned>(
        &self,
        key: &SigningKey,
        typ: &str,
    ) -> Result<T, JoseError> {
        let header_fits = self.header["alg"] == key.alg().as_str()
            && self.header["typ"] == typ
            && self.header["kid"] == key.kid()
            && self.header.get("crit").is_none();
        if !header_fits {
            return Err(JoseError::Header);
        }
        if !key.verifies(self.input, &self.signature) {
            return Err(JoseError::Signature);
        }
        self.claims()
    }

    /// Verifies what a client signed: with one of its keys (RFC 7515 §6), one of
    /// these algorithms, and a `typ` that is one of these; `None` is a token
    /// without `typ`. Keys that the header carries or points to are ignored.
    pub fn verified_by<T: DeserializeOwned>(
        &self,
        keys: &[PublicKey],
        algs: &[Alg],
        typs: &[Option<&str>],
    ) -> Result<T, JoseError> {
        let alg = self.header["alg"].as_str().and_then(|word| word.parse::<Alg>().ok());
        let typ = self.header.get("typ").map(|typ| typ.as_str().unwrap_or(""));
        let alg = alg.filter(|alg| algs.contains(alg)).ok_or(JoseError::Header)?;
        if !typs.contains(&typ) || self.header.get("crit").is_some() {
            return Err(JoseError::Header);
        }
        let named = |key: &&PublicKey| self.kid().is_none() || key.kid.as_deref() == self.kid();
        let fits = |key: &PublicKey| key.verifies(alg, self.input, &self.signature);
        if keys.iter().filter(named).any(fits) { self.claims() } else { Err(JoseError::Signature) }
    }

    /// A member of the header, not yet believed.
    pub fn header(&self, name: &str) -> Option<&Value> {
        self.header.get(name)
    }

    /// The claims, not yet believed: only to learn whose key to verify with.
    pub fn unverified<T: DeserializeOwned>(&self) -> Result<T, JoseError> {
        self.claims()
    }

    /// Verifies what [`sign_hs512`] made.
    pub fn verified_hs512<T: DeserializeOwned>(&self, key: &hmac::Key) -> Result<T, JoseError> {
        if self.header["alg"] != "HS512" || self.header.get("crit").is_some() {
            return Err(JoseError::Header);
        }
        hmac::verify(key, self.input, &self.signature).map_err(|_| JoseError::Signature)?;
        self.claims()
    }

    fn claims<T: DeserializeOwned>(&self) -> Result<T, JoseError> {
        let claims: StrictValue =
            serde_json::from_slice(&self.payload).map_err(|_| JoseError::Malformed)?;
        serde_json::from_value(claims.0).map_err(|_| JoseError::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SigningKey {
        SigningKey::generate(Alg::ES256).unwrap().0
    }

    fn read(text: &str, key: &SigningKey, typ: &str) -> Result<Value, JoseError> {
        Compact::parse(text)?.verified(key, typ)
    }

    #[test]
    fn a_token_reads_back() {
        let key = key();
        let token = sign_compact(&key, "JWT", &json!({"sub": "x"})).unwrap();
        assert_eq!(read(&token, &key, "JWT").unwrap()["sub"], "x");
        assert_eq!(Compact::parse(&token).unwrap().kid(), Some(key.kid()));
    }

    #[test]
    fn a_token_of_one_kind_does_not_stand_in_for_another() {
        let key = key();
        let token = sign_compact(&key, "JWT", &json!({})).unwrap();
        assert_eq!(read(&token, &key, "at+jwt"), Err(JoseError::Header));
    }

    #[test]
    fn forgeries_are_refused() {
        let ours = key();
        let token = sign_compact(&ours, "JWT", &json!({"sub": "x"})).unwrap();
        let (input, signature) = token.rsplit_once('.').unwrap();
        let (header, payload) = input.split_once('.').unwrap();
        let none = base64url(br#"{"alg":"none","typ":"JWT"}"#);
        let hmac = base64url(br#"{"alg":"HS512","typ":"JWT"}"#);
        let crit = base64url(
            format!(r#"{{"alg":"ES256","typ":"JWT","kid":"{}","crit":["x"]}}"#, ours.kid())
                .as_bytes(),
        );
        let twice = base64url(
            format!(r#"{{"alg":"none","alg":"ES256","typ":"JWT","kid":"{}"}}"#, ours.kid())
                .as_bytes(),
        );
        let other = base64url(br#"{"sub":"y"}"#);
        for (forged, why) in [
            (format!("{none}.{payload}."), JoseError::Header),
            (format!("{hmac}.{payload}.{signature}"), JoseError::Header),
            (format!("{crit}.{payload}.{signature}"), JoseError::Header),
            (format!("{twice}.{payload}.{signature}"), JoseError::Malformed),
            (format!("{header}.{other}.{signature}"), JoseError::Signature),
            (format!("{token}="), JoseError::Malformed),
            (format!(" {token}"), JoseError::Malformed),
            (format!("{token}.x"), JoseError::Malformed),
            (String::new(), JoseError::Malformed),
            ("a".repeat(20_000), JoseError::Malformed),
        ] {
            assert_eq!(read(&forged, &ours, "JWT"), Err(why), "{forged}");
        }
        assert!(read(&sign_compact(&key(), "JWT", &json!({})).unwrap(), &ours, "JWT").is_err());
    }
}
