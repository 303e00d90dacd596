//! The compact form of a signed token (RFC 7515 §7.1), read strictly.

use alloc::borrow::ToOwned;
use alloc::string::String;

use crate::base64url;
use crate::json::{self, Value};
use crate::refusal::Refusal;

/// Beyond this a token is not one of ours.
const LONGEST: usize = 16 * 1024;

/// How a token may be signed (S10). `none` and the HMAC family do not exist here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA PKCS#1 v1.5 with SHA-256.
    Rs256,
    /// RSA-PSS with SHA-256.
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
}

impl Algorithm {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "RS256" => Some(Self::Rs256),
            "PS256" => Some(Self::Ps256),
            "ES256" => Some(Self::Es256),
            _ => None,
        }
    }

    /// The word of the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
        }
    }
}

/// A token taken apart; its signature is not verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwt {
    /// How it says it is signed.
    pub algorithm: Algorithm,
    /// Which key it says it is signed with.
    pub key_id: Option<String>,
    /// What it claims.
    pub claims: Value,
    /// The text that the signature covers.
    pub signed: String,
    /// The signature, base64url.
    pub signature: String,
}

impl Jwt {
    /// Takes a token apart.
    pub fn parse(token: &str) -> Result<Self, Refusal> {
        if token.len() > LONGEST {
            return Err(Refusal::token("too long"));
        }
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Refusal::token("not a JWT"));
        };
        let signed =
            token.get(..token.len().saturating_sub(signature.len() + 1)).unwrap_or("").to_owned();
        let header = object(header).ok_or_else(|| Refusal::token("header"))?;
        let claims = object(payload).ok_or_else(|| Refusal::token("claims"))?;
        if base64url::decode(signature).is_none() {
            return Err(Refusal::token("signature"));
        }

        // RFC 7515 §4.1.11: an extension we do not understand must not be ignored.
        if header.member("crit").is_some() {
            return Err(Refusal::token("crit"));
        }
        // RFC 8725 §3.11: another kind of token must not stand in for this one.
        if header.text("typ").is_some_and(|kind| !kind.eq_ignore_ascii_case("JWT")) {
            return Err(Refusal::token("typ"));
        }
        let algorithm =
            header.text("alg").and_then(Algorithm::parse).ok_or_else(|| Refusal::token("alg"))?;
        let key_id = header.text("kid").map(str::to_owned);
        Ok(Self { algorithm, key_id, claims, signed, signature: signature.to_owned() })
    }
}

fn object(part: &str) -> Option<Value> {
    let bytes = base64url::decode(part)?;
    let value = json::parse(core::str::from_utf8(&bytes).ok()?)?;
    matches!(value, Value::Object(_)).then_some(value)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn token(header: &str, claims: &str) -> String {
        [
            &base64url::encode(header.as_bytes()),
            ".",
            &base64url::encode(claims.as_bytes()),
            ".",
            "c2ln",
        ]
        .concat()
    }

    fn refused(token: &str) -> String {
        Jwt::parse(token).expect_err(token).detail
    }

    #[test]
    fn a_token_is_taken_apart() {
        let text = token(r#"{"alg":"RS256","typ":"JWT","kid":"k1"}"#, r#"{"sub":"s"}"#);
        let jwt = Jwt::parse(&text).unwrap();
        assert_eq!(jwt.algorithm, Algorithm::Rs256);
        assert_eq!(jwt.key_id.as_deref(), Some("k1"));
        assert_eq!(jwt.claims.text("sub"), Some("s"));
        assert_eq!([&jwt.signed, ".c2ln"].concat(), text);
        assert_eq!(jwt.signature, "c2ln");
    }

    #[test]
    fn unsigned_and_hmac_tokens_do_not_exist() {
        for algorithm in ["none", "None", "HS256", "HS512", "RS1", "rs256", "EdDSA", ""] {
            assert_eq!(refused(&token(&[r#"{"alg":""#, algorithm, r#""}"#].concat(), "{}")), "alg");
        }
        assert_eq!(refused(&token("{}", "{}")), "alg");
    }

    #[test]
    fn another_kind_of_token_is_refused() {
        for kind in ["at+jwt", "logout+jwt", "dpop+jwt"] {
            let header = [r#"{"alg":"ES256","typ":""#, kind, r#""}"#].concat();
            assert_eq!(refused(&token(&header, "{}")), "typ");
        }
        assert_eq!(refused(&token(r#"{"alg":"ES256","crit":["exp"],"exp":1}"#, "{}")), "crit");
    }

    #[test]
    fn a_malformed_token_is_refused() {
        for text in
            ["", ".", "..", "a.b", "a.b.c.d", "e30.e30", "e30.e30.a=", "W10.e30.", "e30.W10."]
        {
            assert!(Jwt::parse(text).is_err(), "{text}");
        }
        let good = token(r#"{"alg":"ES256"}"#, r#"{"sub":"s","sub":"t"}"#);
        assert_eq!(refused(&good), "claims");
        assert_eq!(refused(&"a".repeat(LONGEST + 1)), "too long");
    }
}
