//! Whether an ID token is the provider's, for us, of this login, and strong
//! enough.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use openidconnect::{
    AccessToken, AccessTokenHash, ClaimsVerificationError, Nonce, SignatureVerificationError,
    core::{CoreIdToken, CoreIdTokenClaims, CoreIdTokenVerifier, CoreJwsSigningAlgorithm},
};
use serde_json::{Map, Value};

use crate::{Error, ErrorCode, Level, clock::UnixTime, provider::Client, unique_json};

/// The signatures that are believed: never `none`, never a shared secret.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 3] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
];
const SKEW: i64 = 30;

/// What this login must turn out to be.
pub(crate) struct Expected<'a> {
    /// The nonce that was sent; a renewed token may come without one.
    pub(crate) nonce: Option<&'a Nonce>,
    /// The same person as before, when tokens are renewed.
    pub(crate) subject: Option<&'a str>,
    /// The lowest level that is accepted.
    pub(crate) level: Option<Level>,
    /// The person showed themselves no earlier than this.
    pub(crate) authenticated_since: Option<UnixTime>,
}

/// An ID token that holds.
#[derive(Debug)]
pub(crate) struct Verified {
    pub(crate) subject: String,
    pub(crate) level: Option<Level>,
    pub(crate) authenticated_at: Option<UnixTime>,
    pub(crate) claims: Map<String, Value>,
}

/// Why a token does not hold.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Its key is not among those we know: they may have changed.
    UnknownKey,
    /// It broke a rule.
    Broken(Error),
}

/// Checks everything that OIDC Core §3.1.3.7 asks, and the level.
pub(crate) fn verify(
    client: &Client,
    id_token: &CoreIdToken,
    access_token: &AccessToken,
    expected: &Expected<'_>,
    now: UnixTime,
) -> Result<Verified, Refusal> {
    let verifier = client
        .id_token_verifier()
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(move || timestamp(now - SKEW))
        .set_issue_time_verifier_fn(move |issued| {
            let ahead = issued.timestamp() - now;
            if ahead <= SKEW { Ok(()) } else { Err(format!("issued {ahead} s ahead of {now}")) }
        });
    let nonce = |found: Option<&Nonce>| match (expected.nonce, found) {
        (Some(sent), Some(found)) if sent.secret() == found.secret() => Ok(()),
        (None, _) => Ok(()),
        _ => Err("not the nonce of this login".to_owned()),
    };
    let claims = id_token.claims(&verifier, nonce).map_err(refusal)?;
    verify_access_token(id_token, &verifier, claims, access_token)?;

    if claims.authorized_party().is_some_and(|party| party != client.client_id()) {
        return Err(broken(ErrorCode::TokenRejected, "azp is another client"));
    }
    if expected.subject.is_some_and(|subject| subject != claims.subject().as_str()) {
        return Err(broken(ErrorCode::TokenRejected, "sub is another person"));
    }
    let level = claims.auth_context_ref().and_then(|acr| acr.parse().ok());
    if expected.level.is_some_and(|minimum| level < Some(minimum)) {
        let found = claims.auth_context_ref().map_or("none", |acr| acr.as_str());
        return Err(broken(ErrorCode::LevelTooLow, format!("acr is {found}")));
    }
    let authenticated_at = claims.auth_time().map(|time| time.timestamp());
    if expected.authenticated_since.is_some_and(|since| authenticated_at < Some(since)) {
        return Err(broken(ErrorCode::LoginRequired, "auth_time is too old or absent"));
    }
    Ok(Verified {
        subject: claims.subject().to_string(),
        level,
        authenticated_at,
        claims: payload(id_token)?,
    })
}

/// `at_hash`, when present, ties the access token to the ID token.
fn verify_access_token(
    id_token: &CoreIdToken,
    verifier: &CoreIdTokenVerifier<'_>,
    claims: &CoreIdTokenClaims,
    access_token: &AccessToken,
) -> Result<(), Refusal> {
    let Some(expected) = claims.access_token_hash() else { return Ok(()) };
    let rejected = |error: SignatureVerificationError| {
        broken(ErrorCode::TokenRejected, format!("at_hash: {error}"))
    };
    let algorithm = id_token.signing_alg().map_err(rejected)?;
    let key = id_token.signing_key(verifier).map_err(rejected)?;
    match AccessTokenHash::from_token(access_token, algorithm, key) {
        Ok(found) if found == *expected => Ok(()),
        _ => Err(broken(ErrorCode::TokenRejected, "at_hash is of another access token")),
    }
}

/// Every claim, as on the wire.
fn payload(id_token: &CoreIdToken) -> Result<Map<String, Value>, Refusal> {
    let unreadable = |error: String| broken(ErrorCode::TokenRejected, error);
    let token = id_token.to_string();
    let payload = token.split('.').nth(1).unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(payload).map_err(|error| unreadable(error.to_string()))?;
    unique_json::object(&bytes).map_err(|error| unreadable(error.to_string()))
}

fn refusal(error: ClaimsVerificationError) -> Refusal {
    let code = match error {
        ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey,
        ) => return Refusal::UnknownKey,
        // The token was made for us a moment ago: if it seems expired, or not
        // yet made, one of the two clocks is wrong.
        ClaimsVerificationError::Expired(_) => ErrorCode::ClockSkew,
        ClaimsVerificationError::InvalidIssuer(_) => ErrorCode::IssuerMismatch,
        ClaimsVerificationError::InvalidNonce(_) => ErrorCode::NonceMismatch,
        _ => ErrorCode::TokenRejected,
    };
    broken(code, error.to_string())
}

/// A time as the library wants it. A clock beyond its range is a clock of 1970:
/// nothing is valid then.
fn timestamp(seconds: UnixTime) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}

fn broken(code: ErrorCode, detail: impl Into<String>) -> Refusal {
    Refusal::Broken(Error::new(code, detail))
}
