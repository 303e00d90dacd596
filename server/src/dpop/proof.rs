//! The rules of one proof (RFC 9449 §4.3).

use serde::Deserialize;
use url::Url;

use crate::{
    clock::UnixTime,
    jose::{Alg, Compact, JwkError, PublicKey},
    secret::{digest_of, same},
};

/// How a proof may be signed: what FAPI 2.0 §5.4 allows.
pub const ALGS: [Alg; 3] = [Alg::ES256, Alg::EdDSA, Alg::PS256];

/// A proof is good for so many seconds.
pub(super) const AGE: i64 = 60;

/// Clocks differ: a proof may come from so many seconds ahead.
const AHEAD: i64 = 10;

/// The longest `jti`.
const LONGEST_JTI: usize = 256;

/// The call that a proof must have been made for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub method: &'a str,
    /// Its address, in each way that we are reached.
    pub urls: &'a [String],
    pub access_token: Option<&'a str>,
    pub now: UnixTime,
}

/// A proof that holds, but for its nonce and for having been seen before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Proof {
    /// The thumbprint of its key.
    pub jkt: String,
    pub jti: String,
    pub iat: UnixTime,
    pub nonce: Option<String>,
}

/// Which rule a proof broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProofError {
    Malformed,
    Key,
    PrivateKey,
    Header,
    Signature,
    Claims,
    Method,
    Address,
    Age,
    AccessToken,
}

impl ProofError {
    /// The rule, in one sentence.
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::Malformed => "The DPoP proof is not a compact JWS.",
            Self::Key => {
                "The DPoP proof has no jwk header with a public RSA, P-256 or Ed25519 key."
            }
            Self::PrivateKey => "The jwk of the DPoP proof holds private members.",
            Self::Header => {
                "typ of the DPoP proof must be dpop+jwt, alg one of ES256, EdDSA and PS256."
            }
            Self::Signature => "The DPoP proof is not signed by its own key.",
            Self::Claims => {
                "The DPoP proof needs jti, htm, htu and iat, each once and well formed."
            }
            Self::Method => "htm of the DPoP proof is not the method of this call.",
            Self::Address => "htu of the DPoP proof is not the address of this endpoint.",
            Self::Age => "iat of the DPoP proof is over a minute old, or ahead of our clock.",
            Self::AccessToken => {
                "ath of the DPoP proof is missing, or not the digest of this access token."
            }
        }
    }
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: i64,
    ath: Option<String>,
    nonce: Option<String>,
}

/// Checks a proof against the call that it came with.
pub(super) fn check(text: &str, expected: Expected<'_>) -> Result<Proof, ProofError> {
    let compact = Compact::parse(text).map_err(|_| ProofError::Malformed)?;
    let jwk = compact.header("jwk").ok_or(ProofError::Key)?;
    let mut key = PublicKey::from_jwk(jwk).map_err(|error| match error {
        JwkError::Private => ProofError::PrivateKey,
        JwkError::Kind | JwkError::Members => ProofError::Key,
    })?;
    // The key stands in the header: a kid beside it names no other.
    key.kid = compact.kid().map(str::to_owned);
    let jkt = key.thumbprint();
    let claims: Claims =
        compact.verified_by(&[key], &ALGS, &[Some("dpop+jwt")]).map_err(|error| match error {
            crate::jose::JoseError::Header => ProofError::Header,
            crate::jose::JoseError::Signature => ProofError::Signature,
            crate::jose::JoseError::Malformed => ProofError::Claims,
        })?;
    if claims.jti.is_empty() || claims.jti.len() > LONGEST_JTI {
        return Err(ProofError::Claims);
    }
    if claims.htm != expected.method {
        return Err(ProofError::Method);
    }
    if !expected.urls.iter().any(|url| is_address(&claims.htu, url)) {
        return Err(ProofError::Address);
    }
    // A difference that does not fit is certainly too great.
    let age = expected.now.checked_sub(claims.iat).ok_or(ProofError::Age)?;
    if !(-AHEAD..=AGE).contains(&age) {
        return Err(ProofError::Age);
    }
    if let Some(token) = expected.access_token
        && !claims.ath.is_some_and(|ath| same(&ath, &digest_of(token)))
    {
        return Err(ProofError::AccessToken);
    }
    Ok(Proof { jkt, jti: claims.jti, iat: claims.iat, nonce: claims.nonce })
}

/// §4.3: without query and fragment; scheme, host and port may be spelt in
/// another way, the path may not.
fn is_address(htu: &str, ours: &str) -> bool {
    let (Some(said), Some(expected)) = (taken_apart(htu), taken_apart(ours)) else {
        return false;
    };
    said == expected
}

fn taken_apart(address: &str) -> Option<(url::Origin, &str)> {
    let url = Url::parse(address).ok()?;
    let plain = url.has_host() && url.username().is_empty() && url.password().is_none();
    let (_, rest) = address.split_once("://")?;
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    plain.then(|| (url.origin(), path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_be_spelt_in_another_way_but_for_its_path() {
        let ours = "https://op.example/auth/token";
        for same in [
            ours,
            "HTTPS://OP.example/auth/token",
            "https://op.example:443/auth/token",
            "https://op.example/auth/token?x=1",
            "https://op.example/auth/token#x",
        ] {
            assert!(is_address(same, ours), "{same}");
        }
        for other in [
            "http://op.example/auth/token",
            "https://op.example:444/auth/token",
            "https://evil.example/auth/token",
            "https://op.example/auth/Token",
            "https://op.example/auth/token/",
            "https://op.example/auth/x/../token",
            "https://op.example/auth/%74oken",
            "https://op.example//auth/token",
            "https://x@op.example/auth/token",
            "/auth/token",
            "",
        ] {
            assert!(!is_address(other, ours), "{other}");
        }
    }
}
