//! The authorization code: everything that the token endpoint needs, sealed.

use aws_lc_rs::digest;
use openpsc_protocol::level::Level;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    clock::UnixTime,
    secret::{Sealer, base64url, random_bytes, same},
};

const SEAL: &str = "authorization code";

/// What a code stands for. Member names are short because it travels in a URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// Names it, and the grant that it is exchanged for.
    #[serde(rename = "i")]
    pub id: String,
    /// Who may redeem it.
    #[serde(rename = "c")]
    pub client_id: String,
    /// The redirect URI of the request, compared letter by letter.
    #[serde(rename = "r")]
    pub redirect_uri: String,
    /// The session that it was given under.
    #[serde(rename = "s")]
    pub sid: String,
    /// Who logged in.
    #[serde(rename = "u")]
    pub national_id: String,
    /// What was granted.
    #[serde(rename = "o")]
    pub scope: String,
    /// Comes back in the ID token.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// PKCE, S256.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub code_challenge: Option<String>,
    /// The key that its tokens will be bound to (RFC 9449 §10).
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub dpop_jkt: Option<String>,
    /// Whom its access tokens are for (RFC 8707).
    #[serde(rename = "a", default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// The level granted to this client.
    #[serde(rename = "l")]
    pub acr: Level,
    /// When it dies.
    #[serde(rename = "e")]
    pub expires_at: UnixTime,
}

/// Why a code is not worth a token. Every one is `invalid_grant`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CodeError {
    /// Unknown, altered or too old.
    #[error("The code is unknown or has expired.")]
    Unknown,
    /// Given to another client.
    #[error("The code was given to another client.")]
    ForeignClient,
    /// The redirect URI differs from the request's.
    #[error("redirect_uri is not the one of the authorization request.")]
    RedirectUri,
    /// PKCE: the verifier is missing, malformed or wrong.
    #[error("code_verifier is missing, or does not match code_challenge.")]
    Verifier,
    /// The request announced another key than the one that comes, or none came.
    #[error("The code is bound to another DPoP key.")]
    Key,
    /// A verifier without a challenge: somebody removed the challenge.
    #[error("code_verifier was sent, but the authorization request had no code_challenge.")]
    Downgrade,
}

impl Code {
    /// A new id: 170 random bits behind the time, so that what is redeemed
    /// together lies together in the index.
    pub fn new_id() -> String {
        format!("{}{}", uuid::Uuid::now_v7().simple(), base64url(&random_bytes::<12>()))
    }

    /// Into text for the redirect.
    pub fn seal(&self, sealer: &Sealer) -> anyhow::Result<String> {
        sealer.seal_value(SEAL, self)
    }

    /// From the text that a client presents.
    pub fn open(sealer: &Sealer, text: &str) -> Option<Self> {
        sealer.open_value(SEAL, text)
    }

    /// Whether this client may redeem it now, with this verifier.
    pub fn check(
        &self,
        client_id: &str,
        redirect_uri: Option<&str>,
        verifier: Option<&str>,
        jkt: Option<&str>,
        now: UnixTime,
    ) -> Result<(), CodeError> {
        if self.client_id != client_id {
            return Err(CodeError::ForeignClient);
        }
        if now >= self.expires_at {
            return Err(CodeError::Unknown);
        }
        if redirect_uri != Some(&self.redirect_uri) {
            return Err(CodeError::RedirectUri);
        }
        if self.dpop_jkt.is_some() && self.dpop_jkt.as_deref() != jkt {
            return Err(CodeError::Key);
        }
        match (&self.code_challenge, verifier) {
            (None, None) => Ok(()),
            // RFC 9700 §4.8: a verifier without a challenge is a downgrade.
            (None, Some(_)) => Err(CodeError::Downgrade),
            (Some(challenge), Some(verifier))
                if is_verifier(verifier) && same(challenge, &s256(verifier)) =>
            {
                Ok(())
            }
            (Some(_), _) => Err(CodeError::Verifier),
        }
    }
}

/// RFC 7636 §4.1.
fn is_verifier(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&text.len()) && text.bytes().all(allowed)
}

/// RFC 7636 §4.2.
fn s256(verifier: &str) -> String {
    base64url(digest::digest(&digest::SHA256, verifier.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7636 Appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn code() -> Code {
        Code {
            id: Code::new_id(),
            client_id: "a".into(),
            redirect_uri: "https://a.example/".into(),
            sid: "s".into(),
            national_id: "899700990015".into(),
            scope: "openid".into(),
            nonce: None,
            code_challenge: Some(CHALLENGE.into()),
            dpop_jkt: None,
            resources: vec![],
            acr: Level::Eidas2,
            expires_at: 100,
        }
    }

    fn check(client: &str, uri: &str, verifier: Option<&str>, now: i64) -> Result<(), CodeError> {
        code().check(client, Some(uri), verifier, None, now)
    }

    #[test]
    fn a_code_is_for_one_client_one_address_one_verifier() {
        let uri = "https://a.example/";
        assert_eq!(check("a", uri, Some(VERIFIER), 99), Ok(()));
        assert_eq!(check("b", uri, Some(VERIFIER), 99), Err(CodeError::ForeignClient));
        assert_eq!(check("a", uri, Some(VERIFIER), 100), Err(CodeError::Unknown));
        assert_eq!(check("a", "https://a.example", Some(VERIFIER), 0), Err(CodeError::RedirectUri));
        assert_eq!(check("a", uri, None, 0), Err(CodeError::Verifier));
        assert_eq!(check("a", uri, Some(CHALLENGE), 0), Err(CodeError::Verifier));
        assert_eq!(check("a", uri, Some("short"), 0), Err(CodeError::Verifier));
    }

    #[test]
    fn a_verifier_without_a_challenge_is_a_downgrade() {
        let code = Code { code_challenge: None, ..code() };
        let uri = Some("https://a.example/");
        assert_eq!(code.check("a", uri, Some(VERIFIER), None, 0), Err(CodeError::Downgrade));
        assert_eq!(code.check("a", uri, None, None, 0), Ok(()));
    }

    #[test]
    fn a_code_that_announced_a_key_is_for_that_key() {
        let code = Code { dpop_jkt: Some("k".into()), ..code() };
        let check = |jkt| code.check("a", Some("https://a.example/"), Some(VERIFIER), jkt, 0);
        assert_eq!(check(Some("k")), Ok(()));
        assert_eq!(check(Some("other")), Err(CodeError::Key));
        assert_eq!(check(None), Err(CodeError::Key));
    }

    #[test]
    fn a_code_opens_only_where_it_was_sealed() {
        let sealer = Sealer::new(&[1; 32]).unwrap();
        let text = code().seal(&sealer).unwrap();
        assert_eq!(Code::open(&sealer, &text).unwrap().client_id, "a");
        assert_eq!(Code::open(&Sealer::new(&[2; 32]).unwrap(), &text), None);
        assert_eq!(Code::open(&sealer, "x"), None);
    }
}
