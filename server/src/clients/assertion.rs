//! `private_key_jwt`: a client signs who it is (RFC 7523 §3, OpenID Connect
//! Core §9).

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::{AuthMethod, AuthenticationError, Client};
use crate::{
    app::App,
    clock::UnixTime,
    error::Error as HttpError,
    jose::{Alg, Compact},
    parameters::Parameters,
    spent,
};

/// The one kind of assertion that there is (RFC 7523 §2.2).
const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How long an assertion serves, in seconds. Libraries write an `exp` an hour
/// ahead: with an `iat`, which says when it was made, it serves no longer all
/// the same (RFC 7523 §3.4 leaves the limit to us).
const LONGEST: i64 = 5 * 60;

/// How far a client's clock may be off, in seconds (oidc-rules §0.7).
const SKEW: i64 = 30;

/// Where the endpoints live, below the issuer.
const ENDPOINTS: &str = "/protocol/openid-connect/";

/// The longest `jti` that is read.
const LONGEST_JTI: usize = 256;

/// Libraries write no `typ`, or the general one; the last is that of the draft
/// that updates RFC 7523.
const TYPS: &[Option<&str>] = &[None, Some("JWT"), Some("client-authentication+jwt")];

/// What is wrong with an assertion that its client did sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssertionError {
    /// RFC 7523 §3.1–§3.2.
    Names,
    /// RFC 7523 §3.3.
    Audience,
    /// RFC 7523 §3.4.
    Expiry,
    /// RFC 7523 §3.5–§3.6.
    Future,
    /// RFC 7523 §3.7: required here, so that an assertion serves once.
    Jti,
    /// It has served already.
    Replayed,
}

impl AssertionError {
    /// The sentence for the client.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Names => "client_assertion: iss and sub must both be the client_id.",
            Self::Audience => "client_assertion: aud must be the issuer.",
            Self::Expiry => {
                "client_assertion: exp is missing or in the past, or the assertion is to serve for more than five minutes."
            }
            Self::Future => "client_assertion: iat or nbf is in the future.",
            Self::Jti => "client_assertion: jti is missing, or longer than 256 characters.",
            Self::Replayed => "client_assertion: this jti was already used.",
        }
    }
}

/// The claims, as they come: each is judged by [`Claims::check`].
#[derive(Debug, Deserialize)]
struct Claims {
    #[serde(default)]
    iss: Value,
    #[serde(default)]
    sub: Value,
    #[serde(default)]
    aud: Value,
    #[serde(default)]
    exp: Value,
    #[serde(default)]
    iat: Value,
    #[serde(default)]
    nbf: Value,
    #[serde(default)]
    jti: Value,
}

/// Whether a call proves its client this way.
pub(super) fn is_used(body: &Parameters) -> bool {
    body.has("client_assertion") || body.has("client_assertion_type")
}

/// Finds the client that signed an assertion, and spends the assertion.
pub(super) async fn authenticate(app: &App, body: &Parameters) -> Result<Arc<Client>, HttpError> {
    let refused = AuthenticationError::Refused { basic: false };
    if body.one("client_assertion_type")? != Some(TYPE) {
        return Err(AuthenticationError::AssertionType.into());
    }
    let text = body.one("client_assertion")?.ok_or(AuthenticationError::AssertionType)?;
    let token = Compact::parse(text).map_err(|_| refused)?;
    let named: Claims = token.unverified().map_err(|_| refused)?;
    let sub = named.sub.as_str().ok_or(refused)?;
    app.clients.meet(&app.database, sub).await?;
    let client = app.clients.find(sub).ok_or(refused)?;
    if client.auth_method != AuthMethod::PrivateKeyJwt {
        return Err(refused.into());
    }
    // RFC 7521 §4.2: a client_id beside it is not needed, but must agree.
    if body.one("client_id")?.is_some_and(|sent| sent != client.client_id) {
        return Err(refused.into());
    }
    let keys = client.keys(app, token.kid()).await;
    let alg = client.assertion_alg;
    let algs = alg.as_ref().map_or(Alg::ALL.as_slice(), std::slice::from_ref);
    let claims: Claims = token.verified_by(&keys, algs, TYPS).map_err(|_| refused)?;

    let checked = claims.check(&client, &app.issuer, app.clock.now());
    let (jti, end) = checked.map_err(AuthenticationError::Assertion)?;
    // Until its end, whatever the clock of its client says.
    let value = format!("{} {jti}", client.client_id);
    if !spent::take_now(&app.database, "clients assertion", &value, end + SKEW).await? {
        return Err(AuthenticationError::Assertion(AssertionError::Replayed).into());
    }
    Ok(client)
}

impl Claims {
    /// Judges the claims of a verified assertion; answers its `jti` and its end.
    fn check(
        &self,
        client: &Client,
        issuer: &str,
        now: UnixTime,
    ) -> Result<(&str, UnixTime), AssertionError> {
        if self.iss != client.client_id.as_str() || self.sub != client.client_id.as_str() {
            return Err(AssertionError::Names);
        }
        if !self.is_for(issuer, client.assertion_audience_is_issuer) {
            return Err(AssertionError::Audience);
        }
        let exp = seconds(&self.exp).ok_or(AssertionError::Expiry)?;
        let end = match seconds(&self.iat) {
            Some(iat) => exp.min(iat.saturating_add(LONGEST)),
            None => exp,
        };
        if end <= now || end > now + LONGEST + SKEW {
            return Err(AssertionError::Expiry);
        }
        for time in [&self.iat, &self.nbf] {
            let passed = seconds(time).is_some_and(|time| time <= now + SKEW);
            if !time.is_null() && !passed {
                return Err(AssertionError::Future);
            }
        }
        let jti = self.jti.as_str().unwrap_or_default();
        if jti.is_empty() || jti.len() > LONGEST_JTI {
            return Err(AssertionError::Jti);
        }
        Ok((jti, end))
    }

    /// One text, or an array of texts of which one is ours: the issuer or the
    /// address of an endpoint (RFC 9126 §2, CIBA §7.1). A strict client's is the
    /// issuer and nothing else: an assertion that is good in two places can be
    /// carried from the one to the other.
    fn is_for(&self, issuer: &str, only_issuer: bool) -> bool {
        let is_ours = |audience: &str| {
            let path = audience.strip_prefix(issuer);
            path.is_some_and(|path| path.is_empty() || path.starts_with(ENDPOINTS))
        };
        match &self.aud {
            Value::String(audience) if only_issuer => audience == issuer,
            Value::String(audience) => is_ours(audience),
            Value::Array(items) if !only_issuer => {
                items.iter().all(Value::is_string)
                    && items.iter().filter_map(Value::as_str).any(is_ours)
            }
            _ => false,
        }
    }
}

/// The last second that a calendar writes with four digits for the year.
const LAST_SECOND: UnixTime = 253_402_300_799;

/// A NumericDate (RFC 7519 §2), which may have a fraction, and is a date.
fn seconds(value: &Value) -> Option<UnixTime> {
    #[expect(clippy::cast_possible_truncation, reason = "a time beyond all times saturates")]
    let whole = |number: f64| number.floor() as i64;
    let seconds = value.as_i64().or_else(|| value.as_f64().map(whole));
    seconds.filter(|seconds| (0..=LAST_SECOND).contains(seconds))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::clients::Clients;

    const NOW: i64 = 1_000_000;

    fn client(strict: bool) -> Arc<Client> {
        let key = crate::jose::SigningKey::generate(Alg::ES256).unwrap().0.jwk();
        let settings = serde_json::from_value(json!({
            "client_id": "a",
            "client_name": "A",
            "redirect_uris": ["https://a.example/"],
            "token_endpoint_auth_method": "private_key_jwt",
            "assertion_audience_is_issuer": strict,
            "jwks": {"keys": [key]},
        }))
        .unwrap();
        Clients::new(&[settings]).find("a").unwrap()
    }

    fn good() -> Value {
        json!({"iss": "a", "sub": "a", "aud": "https://op", "exp": NOW + 60, "iat": NOW, "jti": "1"})
    }

    fn check(strict: bool, change: impl FnOnce(&mut Value)) -> Result<(), AssertionError> {
        let mut claims = good();
        change(&mut claims);
        let claims: Claims = serde_json::from_value(claims).unwrap();
        claims.check(&client(strict), "https://op", NOW).map(|_| ())
    }

    #[test]
    fn a_good_assertion_is_accepted_and_so_are_clocks_a_little_off() {
        assert_eq!(check(true, |_| {}), Ok(()));
        assert_eq!(check(true, |claims| claims["iat"] = (NOW + 10).into()), Ok(()));
        assert_eq!(check(true, |claims| claims["nbf"] = (NOW + 10).into()), Ok(()));
        assert_eq!(check(true, |claims| claims["exp"] = (NOW + 310).into()), Ok(()));
        assert_eq!(check(true, |claims| claims["exp"] = json!(1_000_060.5)), Ok(()));
    }

    #[test]
    fn each_claim_has_its_rule() {
        for (name, values, error) in [
            ("iss", vec![json!("b"), Value::Null, json!(["a"])], AssertionError::Names),
            ("sub", vec![json!("b"), Value::Null], AssertionError::Names),
            (
                "exp",
                vec![Value::Null, json!(NOW), json!(NOW - 1), json!("1000060")],
                AssertionError::Expiry,
            ),
            ("iat", vec![json!(NOW + 31), json!("x"), json!([])], AssertionError::Future),
            ("nbf", vec![json!(NOW + 61), json!(true)], AssertionError::Future),
            (
                "jti",
                vec![Value::Null, json!(""), json!(7), json!("x".repeat(257))],
                AssertionError::Jti,
            ),
        ] {
            for value in values {
                assert_eq!(
                    check(false, |it| it[name] = value.clone()),
                    Err(error),
                    "{name} {value}"
                );
            }
        }
    }

    #[test]
    fn an_assertion_serves_for_five_minutes_whatever_it_says() {
        let verdict = |exp: Value, iat: Value| {
            check(false, |claims| (claims["exp"], claims["iat"]) = (exp, iat))
        };
        let late = Err(AssertionError::Expiry);
        for exp in [json!(NOW + 3600), json!(LAST_SECOND)] {
            assert_eq!(verdict(exp.clone(), json!(NOW)), Ok(()));
            assert_eq!(verdict(exp.clone(), json!(NOW - 299)), Ok(()));
            assert_eq!(verdict(exp.clone(), json!(NOW - 300)), late);
            assert_eq!(verdict(exp.clone(), Value::Null), late);
            assert_eq!(verdict(exp, json!(f64::MAX)), late);
        }
        assert_eq!(verdict(json!(NOW + 331), Value::Null), late);
        assert_eq!(verdict(json!(f64::MAX), json!(NOW)), late, "that is no date");
    }

    #[test]
    fn the_audience_is_the_issuer_and_for_some_an_endpoint() {
        let both = json!(["https://other", "https://op"]);
        for (aud, strict, lenient) in [
            (json!("https://op"), true, true),
            (json!("https://op/protocol/openid-connect/token"), false, true),
            (both, false, true),
            (json!(["https://op"]), false, true),
            (json!(["https://op", 1]), false, false),
            (json!("https://op/"), false, false),
            (json!("https://op/elsewhere"), false, false),
            (json!("https://op.evil/protocol/openid-connect/token"), false, false),
            (json!("https://other"), false, false),
            (json!([]), false, false),
            (json!({"https://op": 1}), false, false),
            (Value::Null, false, false),
        ] {
            let passes = |strict| check(strict, |claims| claims["aud"] = aud.clone()).is_ok();
            assert_eq!((passes(true), passes(false)), (strict, lenient), "{aud}");
        }
    }
}
