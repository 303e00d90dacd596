//! A request inside a signed object (CIBA Core §7.1.1; FAPI-CIBA §5.2.2).

use serde_json::{Map, Value};
use url::form_urlencoded;

use super::checks::PARAMETERS;
use crate::{
    app::App,
    clients::Client,
    clock::UnixTime,
    error::{Error, ErrorCode},
    jose::{Alg, Audience, Compact},
    parameters::Parameters,
    spent,
};

/// What a request object may be signed with: RS256 is not good enough for
/// FAPI-CIBA, and no thick client is old enough to need it.
pub const ALGS: &[Alg] = &[Alg::PS256, Alg::ES256, Alg::EdDSA];

/// CIBA names no `typ`; RFC 9101 §10.8 names one.
const TYPS: &[Option<&str>] = &[None, Some("JWT"), Some("oauth-authz-req+jwt")];

/// How long an object may live, and how old it may be, in seconds.
const LONGEST: i64 = 60 * 60;

/// How far a client's clock may be ahead, in seconds.
const SKEW: i64 = 30;

fn refused(why: &'static str) -> Error {
    Error::Refused(ErrorCode::InvalidRequest, why)
}

/// The parameters that count: those of the signed object if there is one, and
/// then no others.
pub(super) async fn parameters(
    app: &App,
    client: &Client,
    sent: Parameters,
) -> Result<Parameters, Error> {
    let registered = client.backchannel.as_ref().and_then(|it| it.request_signing_alg);
    if sent.has("request_uri") {
        return Err(refused("request_uri does not exist in CIBA: send the object itself."));
    }
    let Some(object) = sent.one("request")? else {
        return match registered {
            None => Ok(sent),
            Some(_) => Err(refused(
                "This client is registered for signed requests: send them in the parameter request.",
            )),
        };
    };
    // Nothing beside the object is signed (CIBA Core §7.1.1).
    if PARAMETERS.iter().any(|name| sent.has(name)) {
        return Err(refused("With request, every other parameter belongs inside it."));
    }
    let object = Compact::parse(object)
        .map_err(|_| refused("request is not a signed JWT in compact form."))?;
    let keys = client.keys(app, object.kid()).await;
    let algs = registered.as_ref().map_or(ALGS, std::slice::from_ref);
    let claims: Map<String, Value> = object.verified_by(&keys, algs, TYPS).map_err(|_| {
        refused("request is not signed with a registered key and algorithm of this client.")
    })?;
    let now = app.clock.now();
    let (jti, exp) = check(&claims, &client.client_id, &app.issuer, now).map_err(refused)?;
    let value = format!("{} {jti}", client.client_id);
    if !spent::take_now(&app.database, "ciba-request", &value, exp + SKEW).await? {
        return Err(refused("This request object was sent before: jti must be new."));
    }
    unpacked(&claims).map_err(refused)
}

/// The claims about the object itself; answers with `jti` and `exp`.
fn check<'a>(
    claims: &'a Map<String, Value>,
    client_id: &str,
    issuer: &str,
    now: UnixTime,
) -> Result<(&'a str, UnixTime), &'static str> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let time = |name: &str| claims.get(name).and_then(Value::as_i64);
    if text("iss") != Some(client_id) {
        return Err("request: iss must be the client_id.");
    }
    let aud =
        claims.get("aud").cloned().and_then(|aud| serde_json::from_value::<Audience>(aud).ok());
    if !aud.is_some_and(|aud| aud.names(issuer)) {
        return Err("request: aud must name this issuer.");
    }
    // An object with sub could be mistaken for a client assertion, and back
    // (RFC 9101 §10.8).
    if claims.contains_key("sub") {
        return Err("request: sub must be absent.");
    }
    let exp = time("exp").ok_or("request: exp is missing or not a number of seconds.")?;
    let nbf = time("nbf").ok_or("request: nbf is missing or not a number of seconds.")?;
    let iat = time("iat").ok_or("request: iat is missing or not a number of seconds.")?;
    if exp <= now {
        return Err("request: it has expired.");
    }
    if nbf > now + SKEW || iat > now + SKEW {
        return Err("request: nbf or iat lies in the future.");
    }
    if nbf < now - LONGEST || iat < now - LONGEST {
        return Err("request: nbf or iat is more than 60 minutes old.");
    }
    if exp > nbf.saturating_add(LONGEST) {
        return Err("request: it must not live longer than 60 minutes.");
    }
    let jti = text("jti").filter(|jti| (1..=200).contains(&jti.len()));
    Ok((jti.ok_or("request: jti is missing, or longer than 200 characters.")?, exp))
}

/// The parameters inside, as if they had come in the form.
fn unpacked(claims: &Map<String, Value>) -> Result<Parameters, &'static str> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for name in PARAMETERS {
        match claims.get(*name) {
            None => {}
            Some(Value::String(text)) => {
                form.append_pair(name, text);
            }
            // CIBA Core §7.1.1: a number may stay a number here.
            Some(Value::Number(number)) if *name == "requested_expiry" => {
                form.append_pair(name, &number.to_string());
            }
            Some(_) => return Err("request: a parameter inside it is not text."),
        }
    }
    Ok(Parameters::parse(form.finish().as_bytes()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_000_000;

    fn judged(change: impl FnOnce(&mut Map<String, Value>)) -> Result<(), &'static str> {
        let claims = json!({"iss": "a", "aud": "https://op", "exp": NOW + 300, "iat": NOW,
            "nbf": NOW, "jti": "j"});
        let mut claims = claims.as_object().unwrap().clone();
        change(&mut claims);
        check(&claims, "a", "https://op", NOW).map(drop)
    }

    #[test]
    fn each_claim_is_required_and_bounded() {
        assert_eq!(judged(|_| ()), Ok(()));
        assert_eq!(judged(|it| drop(it.insert("aud".into(), json!(["x", "https://op"])))), Ok(()));
        for name in ["iss", "aud", "exp", "iat", "nbf", "jti"] {
            let refusal = judged(|it| drop(it.remove(name))).unwrap_err();
            assert!(refusal.contains(name), "{name}: {refusal}");
        }
        for (name, value) in [
            ("iss", json!("b")),
            ("aud", json!("https://other")),
            ("aud", json!([1, "https://op"])),
            ("exp", json!(NOW)),
            ("exp", json!(NOW + 70 * 60)),
            ("exp", json!("soon")),
            ("nbf", json!(NOW + 600)),
            ("nbf", json!(NOW - 70 * 60)),
            ("iat", json!(NOW + 600)),
            ("iat", json!(NOW - 70 * 60)),
            ("jti", json!("")),
            ("jti", json!("j".repeat(201))),
            ("sub", json!("a")),
        ] {
            assert!(
                judged(|it| drop(it.insert(name.into(), value.clone()))).is_err(),
                "{name} {value}"
            );
        }
    }

    #[test]
    fn a_number_is_taken_where_the_specification_allows_it() {
        let unpacked =
            |value| unpacked(serde_json::from_value::<Value>(value).unwrap().as_object().unwrap());
        let parameters =
            unpacked(json!({"requested_expiry": 30, "scope": "openid", "x": 1})).unwrap();
        assert_eq!(parameters.one("requested_expiry"), Ok(Some("30")));
        assert!(unpacked(json!({"scope": 30})).is_err());
        assert!(unpacked(json!({"scope": ["openid"]})).is_err());
    }
}
