//! Signed requests (RFC 9101): the parameters inside a token of the client's.
//!
//! Once there is a request object, only what stands inside it counts (§6.3).

use serde_json::{Map, Value};

use super::checks::Refusal;
use crate::{
    app::App,
    clients::Client,
    clock::UnixTime,
    fetch::FetchError,
    jose::{Alg, Audience, Compact, JoseError},
    parameters::Parameters,
    spent,
    throttle::{self, Caller, Limit},
};

/// How requests may be signed when the client registered nothing (FAPI 2.0
/// §5.4); RS256 is for those who say so.
const ALGS: [Alg; 3] = [Alg::PS256, Alg::ES256, Alg::EdDSA];

/// RFC 9101 §10.8: no other kind of token stands in for a request.
const TYPS: [Option<&str>; 2] = [Some("oauth-authz-req+jwt"), None];

/// A request lives an hour at the most, and is at most an hour old.
const LONGEST: i64 = 3600;

/// How far ahead another's clock may be, in seconds.
const AHEAD: i64 = 30;

/// Requests of one client that are fetched: anybody can make us call.
const FETCHES: Limit = Limit { calls: 60, seconds: 60 };

/// Claims of the token itself; the rest are parameters.
const OF_THE_TOKEN: &[&str] = &["iss", "aud", "exp", "nbf", "iat", "jti", "sub"];

/// The parameters inside a request object, if it is this client's.
pub(super) async fn open(
    app: &App,
    client: &Client,
    text: &str,
    outside: &Parameters,
) -> anyhow::Result<Result<Parameters, Refusal>> {
    if !client.has_keys() {
        return Ok(Err(("request_not_supported", "This client has registered no keys.")));
    }
    let Ok(compact) = Compact::parse(text) else {
        return Ok(Err(broken("The request object is not a compact JWS.")));
    };
    let keys = client.keys(app, compact.kid()).await;
    let registered = client.demands.request_alg.map(|alg| [alg]);
    let algs = registered.as_ref().map_or(&ALGS[..], |one| &one[..]);
    let claims = match compact.verified_by::<Map<String, Value>>(&keys, algs, &TYPS) {
        Ok(claims) => claims,
        Err(error) => return Ok(Err(broken(sentence_of(error)))),
    };
    if claims.contains_key("request") || claims.contains_key("request_uri") {
        // §4, and RFC 9126 §2.1 in these words.
        return Ok(Err((
            "invalid_request",
            "A request object holds neither request nor request_uri.",
        )));
    }
    let now = app.clock.now();
    let checked = check(&claims, &client.client_id, &app.issuer, outside, now);
    let parameters = match checked.and_then(|()| parameters(&claims, &client.client_id)) {
        Ok(parameters) => parameters,
        Err(sentence) => return Ok(Err(broken(sentence))),
    };
    if let Some(jti) = claims.get("jti").and_then(Value::as_str) {
        let value = format!("{} {jti}", client.client_id);
        if !spent::take_now(&app.database, "request object", &value, now + LONGEST + AHEAD).await? {
            return Ok(Err(broken("This request object was used before.")));
        }
    }
    Ok(Ok(parameters))
}

/// The request object at an address that the client registered.
pub(super) async fn fetch(app: &App, client: &Client, uri: &str) -> Result<String, Refusal> {
    if !app.config.authorize.request_uri_by_reference {
        return Err(("request_uri_not_supported", "Send the request itself, or push it."));
    }
    if !client.demands.request_uris.iter().any(|registered| registered == uri) {
        return Err(("invalid_request_uri", "request_uri is not registered for this client."));
    }
    let caller = Caller { who: &client.client_id, client: Some(&client.client_id) };
    if throttle::brake(app, "fetched request objects", caller, FETCHES).is_err() {
        return Err(("temporarily_unavailable", "Too many requests were fetched this minute."));
    }
    let unusable = ("invalid_request_uri", "request_uri does not lead to a request object.");
    let answer = app.fetcher.get(uri, "application/oauth-authz-req+jwt").await;
    let answer = answer.map_err(|error: FetchError| {
        tracing::warn!(client = client.client_id, %error, "a request object was not fetched");
        unusable
    })?;
    let fits = ["application/oauth-authz-req+jwt", "application/jwt"];
    if !fits.contains(&answer.media_type().as_str()) {
        return Err(unusable);
    }
    String::from_utf8(answer.body.to_vec()).map_err(|_| unusable)
}

fn broken(sentence: &'static str) -> Refusal {
    ("invalid_request_object", sentence)
}

fn sentence_of(error: JoseError) -> &'static str {
    match error {
        JoseError::Malformed => "The request object does not hold a JSON object.",
        JoseError::Header => {
            "The request object has an alg or typ that is not taken from this client, or crit."
        }
        JoseError::Signature => "The request object is not signed with a key of this client.",
    }
}

/// The rules of the token (§4, §10; FAPI message signing §5.3).
fn check(
    claims: &Map<String, Value>,
    client_id: &str,
    issuer: &str,
    outside: &Parameters,
    now: UnixTime,
) -> Result<(), &'static str> {
    if claims.get("iss").and_then(Value::as_str) != Some(client_id) {
        return Err("iss of the request object must be the client_id.");
    }
    let audience = claims.get("aud").cloned().map(serde_json::from_value::<Audience>);
    if !matches!(audience, Some(Ok(audience)) if audience.names(issuer)) {
        return Err("aud of the request object must be our issuer.");
    }
    if claims.contains_key("sub") {
        // §10.8: else it could stand in for a client assertion.
        return Err("The request object must not hold sub.");
    }
    let time = |name| claims.get(name).and_then(Value::as_i64);
    let (Some(exp), Some(nbf)) = (time("exp"), time("nbf")) else {
        return Err("The request object needs exp and nbf, in seconds.");
    };
    let ahead = now + AHEAD;
    if now >= exp || nbf > ahead || claims.contains_key("iat") && time("iat") > Some(ahead) {
        return Err("The request object has expired, or is not valid yet.");
    }
    // Both ends are near now, or the first of these has failed.
    if nbf < now - LONGEST || exp > now + LONGEST + AHEAD || exp - nbf > LONGEST {
        return Err("The request object lives longer than an hour, or is older.");
    }
    if let Some(jti) = claims.get("jti")
        && !jti.as_str().is_some_and(|jti| (1..=256).contains(&jti.len()))
    {
        return Err("jti of the request object is text of at most 256 bytes.");
    }
    if claims.get("client_id").is_some_and(|inside| inside != client_id) {
        return Err("client_id inside and outside the request object differ.");
    }
    let response_type = outside.one("response_type").unwrap_or(Some(""));
    let inside = claims.get("response_type").and_then(Value::as_str);
    if response_type.is_some() && response_type != inside {
        return Err("response_type inside and outside the request object differ.");
    }
    Ok(())
}

/// What is left are the parameters: text as it is, numbers and objects as JSON.
fn parameters(claims: &Map<String, Value>, client_id: &str) -> Result<Parameters, &'static str> {
    let mut pairs = vec![("client_id".to_owned(), client_id.to_owned())];
    let names = claims.iter().filter(|(name, _)| !OF_THE_TOKEN.contains(&name.as_str()));
    for (name, value) in names.filter(|(name, _)| *name != "client_id") {
        match value {
            Value::Null => {}
            Value::String(text) => pairs.push((name.clone(), text.clone())),
            Value::Array(values) if name == "resource" => {
                for value in values {
                    let text = value.as_str().ok_or("resource is text, or an array of it.")?;
                    pairs.push((name.clone(), text.to_owned()));
                }
            }
            Value::Array(_) => return Err("A parameter of the request object is an array."),
            Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
                pairs.push((name.clone(), value.to_string()));
            }
        }
    }
    Ok(Parameters::from(pairs))
}
