//! The provider's published keys (RFC 7517), of which one verifies a token.

use alloc::string::String;

use crate::json::{self, Value};
use crate::jwt::{Algorithm, Jwt};
use crate::refusal::{Code, Refusal};

/// The keys, as published.
#[derive(Debug)]
pub struct Keys(Value);

impl Keys {
    /// Keys that are not known yet.
    pub fn none() -> Self {
        Self(Value::Null)
    }

    /// Reads the published document.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        match json::parse(text) {
            Some(document) if !document.items("keys").is_empty() => Ok(Self(document)),
            _ => Err(Refusal::new(Code::Discovery, "jwks")),
        }
    }

    /// The key of a token as a JWK that holds its public members and nothing
    /// else, so that neither `key_ops` nor a foreign member steers the import.
    pub fn find(&self, jwt: &Jwt) -> Option<String> {
        let mut found = None;
        for key in self.0.items("keys") {
            if fits(key, jwt) {
                // Without a key id, two candidates are one too many.
                if found.is_some() && jwt.key_id.is_none() {
                    return None;
                }
                found = found.or(Some(key));
            }
        }
        let key = found?;
        let members: &[&str] = match jwt.algorithm {
            Algorithm::Es256 => &["kty", "crv", "x", "y"],
            Algorithm::Rs256 | Algorithm::Ps256 => &["kty", "n", "e"],
        };
        let mut jwk = String::from("{");
        for name in members {
            json::push_member(&mut jwk, name, key.text(name)?);
        }
        jwk.push('}');
        Some(jwk)
    }
}

fn fits(key: &Value, jwt: &Jwt) -> bool {
    let kind = match jwt.algorithm {
        Algorithm::Es256 => key.text("kty") == Some("EC") && key.text("crv") == Some("P-256"),
        // 2048 bits are 342 characters; a shorter modulus can be factored.
        Algorithm::Rs256 | Algorithm::Ps256 => {
            key.text("kty") == Some("RSA") && key.text("n").is_some_and(|n| n.len() >= 342)
        }
    };
    kind && key.text("use").is_none_or(|usage| usage == "sig")
        && key.text("alg").is_none_or(|alg| alg == jwt.algorithm.as_str())
        && jwt.key_id.as_deref().is_none_or(|id| key.text("kid") == Some(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwt::tests::token;

    const KEYS: &str = r#"{"keys":[
        {"kid":"enc","kty":"RSA","use":"enc","alg":"RSA-OAEP","n":"MODULUS","e":"AQAB","x5c":["MIIB"]},
        {"kid":"r1","kty":"RSA","use":"sig","alg":"RS256","n":"MODULUS","e":"AQAB","key_ops":["sign"],"d":"secret"},
        {"kid":"r0","kty":"RSA","use":"sig","n":"bg","e":"AQAB"},
        {"kid":"e1","kty":"EC","crv":"P-256","use":"sig","x":"eA","y":"eQ"},
        {"kid":"e2","kty":"EC","crv":"P-256","x":"eA","y":"eQ"},
        {"kid":"e3","kty":"EC","crv":"P-384","x":"eA","y":"eQ"},
        "junk"
    ]}"#;

    /// A modulus as long as one of 2048 bits.
    fn modulus() -> String {
        "b".repeat(342)
    }

    fn find(header: &str) -> Option<String> {
        Keys::parse(&KEYS.replace("MODULUS", &modulus()))
            .unwrap()
            .find(&Jwt::parse(&token(header, "{}")).unwrap())
    }

    #[test]
    fn a_key_is_found_by_its_id_and_stripped() {
        assert_eq!(
            find(r#"{"alg":"RS256","kid":"r1"}"#),
            Some([r#"{"kty":"RSA","n":""#, &modulus(), r#"","e":"AQAB"}"#].concat())
        );
        assert_eq!(
            find(r#"{"alg":"ES256","kid":"e1"}"#).as_deref(),
            Some(r#"{"kty":"EC","crv":"P-256","x":"eA","y":"eQ"}"#)
        );
    }

    #[test]
    fn a_key_of_another_kind_use_or_curve_does_not_fit() {
        for header in [
            r#"{"alg":"ES256","kid":"r1"}"#,
            r#"{"alg":"PS256","kid":"r1"}"#,
            r#"{"alg":"RS256","kid":"enc"}"#,
            r#"{"alg":"RS256","kid":"r0"}"#,
            r#"{"alg":"ES256","kid":"e3"}"#,
            r#"{"alg":"ES256","kid":"unknown"}"#,
        ] {
            assert_eq!(find(header), None, "{header}");
        }
    }

    #[test]
    fn a_token_without_key_id_needs_a_single_candidate() {
        assert!(find(r#"{"alg":"RS256"}"#).is_some());
        assert_eq!(find(r#"{"alg":"ES256"}"#), None);
    }

    #[test]
    fn a_document_without_keys_is_refused() {
        for text in ["", "{}", r#"{"keys":[]}"#, r#"{"keys":{}}"#] {
            assert_eq!(Keys::parse(text).unwrap_err().code, Code::Discovery);
        }
    }
}
