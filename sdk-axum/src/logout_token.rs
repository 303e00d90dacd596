//! The provider says that a session has ended (Back-Channel Logout 1.0).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use openidconnect::{
    JsonWebKey,
    core::{CoreJsonWebKey, CoreJwsSigningAlgorithm},
};
use serde_json::{Map, Value};

use crate::{Config, clock::UnixTime, provider::Found, unique_json};

/// The member of `events` that makes a token a logout token (§2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// A logout token is a few hundred bytes.
const LONGEST: usize = 16 * 1024;
const SKEW: i64 = 30;

/// What has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// One session at the provider.
    Session(String),
    /// Every session that this person had until then.
    Subject(String, UnixTime),
}

/// Why a logout token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Its key is not among those we know: they may have changed.
    UnknownKey,
    /// It broke this rule.
    Broken(&'static str),
}

/// Checks a token as §2.6 asks. Playing it again ends nothing more.
pub(crate) fn verify(
    token: &str,
    found: &Found,
    config: &Config,
    now: UnixTime,
) -> Result<Ended, Refusal> {
    use Refusal::{Broken, UnknownKey};
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        return Err(Broken("logout_token is not a JWT"));
    };
    if token.len() > LONGEST {
        return Err(Broken("logout_token is too long"));
    }
    let decode = |part: &str| {
        URL_SAFE_NO_PAD.decode(part).map_err(|_| Broken("logout_token is not base64url"))
    };
    let object = |part: &str| {
        unique_json::object(&decode(part)?).map_err(|_| Broken("logout_token is not JSON"))
    };
    let head = object(header)?;
    let algorithm = match head.get("alg").and_then(Value::as_str) {
        Some("RS256") => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        Some("PS256") => CoreJwsSigningAlgorithm::RsaSsaPssSha256,
        Some("ES256") => CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        _ => return Err(Broken("alg must be RS256, PS256 or ES256")),
    };
    // Older providers write the general word.
    let typ = head.get("typ").and_then(Value::as_str);
    if typ.is_some_and(|typ| !["logout+jwt", "JWT"].iter().any(|it| typ.eq_ignore_ascii_case(it))) {
        return Err(Broken("typ must be logout+jwt"));
    }
    if head.contains_key("crit") {
        return Err(Broken("crit names what is not understood here"));
    }
    let kid = head.get("kid").and_then(Value::as_str).ok_or(Broken("kid is missing"))?;
    let of_this_name =
        |key: &&CoreJsonWebKey| key.key_id().is_some_and(|name| name.as_str() == kid);
    let keys: Vec<_> = found.keys().iter().filter(of_this_name).collect();
    if keys.is_empty() {
        return Err(UnknownKey);
    }
    let (signed, signature) = (format!("{header}.{payload}"), decode(signature)?);
    let signs = |key: &&CoreJsonWebKey| {
        key.verify_signature(&algorithm, signed.as_bytes(), &signature).is_ok()
    };
    if !keys.iter().any(signs) {
        return Err(Broken("the signature is not the provider's"));
    }
    ended(&object(payload)?, config, now).map_err(Broken)
}

fn ended(
    claims: &Map<String, Value>,
    config: &Config,
    now: UnixTime,
) -> Result<Ended, &'static str> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|it| !it.is_empty());
    let number = |name: &str| claims.get(name).and_then(Value::as_i64);
    if text("iss") != Some(&config.issuer) {
        return Err("iss is another provider");
    }
    let ours = |value: &Value| value.as_str() == Some(&config.client_id);
    let for_us = match claims.get("aud") {
        Some(Value::Array(all)) => all.iter().any(ours),
        Some(one) => ours(one),
        None => false,
    };
    if !for_us {
        return Err("aud is another client");
    }
    let iat = number("iat").ok_or("iat is missing")?;
    if iat > now + SKEW {
        return Err("iat is in the future");
    }
    // Draft providers write no exp: then the token is good for two minutes.
    if number("exp").unwrap_or(iat + 120) + SKEW < now {
        return Err("exp has passed");
    }
    let event = claims.get("events").and_then(|events| events.get(EVENT));
    if !event.is_some_and(Value::is_object) {
        return Err("events does not name a back-channel logout");
    }
    // §2.4: else an ID token could pass for a logout token.
    if claims.contains_key("nonce") {
        return Err("a logout token has no nonce");
    }
    match (text("sid"), text("sub")) {
        (Some(sid), _) => Ok(Ended::Session(sid.to_owned())),
        (None, Some(sub)) => Ok(Ended::Subject(sub.to_owned(), iat)),
        (None, None) => Err("sid and sub are both missing"),
    }
}

/// The provider's name of the session that an ID token speaks of.
pub(crate) fn sid_of(id_token: &str) -> Option<String> {
    let payload = URL_SAFE_NO_PAD.decode(id_token.split('.').nth(1)?).ok()?;
    let claims = unique_json::object(&payload).ok()?;
    // Pro Santé Connect's tokens said `session_state` before they said `sid`.
    let named = |name: &str| claims.get(name)?.as_str().map(ToOwned::to_owned);
    named("sid").or_else(|| named("session_state"))
}
