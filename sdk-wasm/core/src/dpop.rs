//! Proofs of possession (RFC 9449): the bytes to sign, never the signing.

use alloc::string::String;

use sha2::{Digest, Sha256};

use crate::{base64url, json, url};

/// The public half of the page's P-256 key, as WebCrypto exports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The x coordinate, base64url.
    pub x: String,
    /// The y coordinate, base64url.
    pub y: String,
}

impl Key {
    /// The thumbprint by which the provider knows the key (RFC 7638).
    pub fn thumbprint(&self) -> String {
        base64url::encode(&Sha256::digest(self.jwk()))
    }

    /// The key as a JWK, in the canonical order of RFC 7638 §3.
    fn jwk(&self) -> String {
        let mut jwk = String::from("{");
        for (name, value) in [("crv", "P-256"), ("kty", "EC"), ("x", &self.x), ("y", &self.y)] {
            json::push_member(&mut jwk, name, value);
        }
        jwk.push('}');
        jwk
    }
}

/// What one proof is made for (S22).
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Fresh and unique.
    pub id: &'a str,
    /// The HTTP method.
    pub method: &'a str,
    /// The address; its query and fragment are left out here.
    pub address: &'a str,
    /// The time here.
    pub now: i64,
    /// The nonce that the server asked for, when it did.
    pub nonce: Option<&'a str>,
}

/// The text that WebCrypto signs: header and claims of the proof. At a resource
/// the proof names the access token that goes along.
pub fn to_sign(key: &Key, request: Request<'_>, access_token: Option<&str>) -> String {
    let mut header = String::from(r#"{"typ":"dpop+jwt","alg":"ES256","jwk":"#);
    header.push_str(&key.jwk());
    header.push('}');

    let mut claims = String::from("{");
    json::push_member(&mut claims, "jti", request.id);
    json::push_member(&mut claims, "htm", request.method);
    json::push_member(&mut claims, "htu", url::without_query(request.address));
    json::push_number(&mut claims, "iat", request.now);
    if let Some(token) = access_token {
        json::push_member(&mut claims, "ath", &base64url::encode(&Sha256::digest(token)));
    }
    if let Some(nonce) = request.nonce {
        json::push_member(&mut claims, "nonce", nonce);
    }
    claims.push('}');

    let mut text = base64url::encode(header.as_bytes());
    text.push('.');
    text.push_str(&base64url::encode(claims.as_bytes()));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 9449's examples.
    fn key() -> Key {
        Key {
            x: "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs".into(),
            y: "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA".into(),
        }
    }

    fn claims(to_sign: &str) -> String {
        let bytes = base64url::decode(to_sign.split_once('.').unwrap().1).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    fn request() -> Request<'static> {
        Request {
            id: "e1j3V_bKic8-LAEB",
            method: "GET",
            address: "https://resource.example.org/protectedresource?patient=1#top",
            now: 1562262618,
            nonce: None,
        }
    }

    #[test]
    fn the_thumbprint_is_that_of_rfc_9449_section_6() {
        assert_eq!(key().thumbprint(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    }

    #[test]
    fn the_claims_are_those_of_rfc_9449_section_7() {
        let access_token = Some("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");
        assert_eq!(
            claims(&to_sign(&key(), request(), access_token)),
            concat!(
                r#"{"jti":"e1j3V_bKic8-LAEB","htm":"GET","htu":"https://resource.example.org/protectedresource","#,
                r#""iat":1562262618,"ath":"fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"}"#
            )
        );
    }

    #[test]
    fn a_nonce_is_repeated_when_the_server_gave_one() {
        let with =
            claims(&to_sign(&key(), Request { nonce: Some("eyJ7S_z\""), ..request() }, None));
        assert!(with.ends_with(r#","nonce":"eyJ7S_z\""}"#));
        assert!(!claims(&to_sign(&key(), request(), None)).contains("nonce"));
    }
}
