//! Dynamic registration over HTTP.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Map, Value};

use super::metadata::{self, Place};
use crate::{
    app::App,
    audit::{Actor, Event, Kind},
    clients::store::{self, Registered},
    config::{Config, REALM},
    error::{Error, ErrorCode},
    jose::StrictValue,
    secret::{base64url, digest_of, random_bytes, random_token, same},
    serve::Peer,
    throttle::{self, Caller, Limit},
};

/// Registrations from one address.
const PER_ADDRESS: Limit = Limit { calls: 60, seconds: 60 };

/// Tokens that manage nothing, from one address.
const FAILURES: Limit = Limit { calls: 60, seconds: 60 };

/// RFC 7592 §2.2: what is the provider's to say.
const OURS: &[&str] = &[
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
];

/// Routes of this room; none when registration is off.
pub fn router(app: &App) -> Router<App> {
    if endpoint(&app.config).is_none() {
        return Router::new();
    }
    let path = format!("{REALM}/clients-registrations/openid-connect");
    Router::new()
        .route(&path, post(register))
        .route(&format!("{path}/{{client_id}}"), get(show).put(replace).delete(remove))
}

/// Where services register themselves, if they may.
pub fn endpoint(config: &Config) -> Option<String> {
    let open = config.registration.enabled || config.sandbox.is_some();
    open.then(|| format!("{}/clients-registrations/openid-connect", config.issuer()))
}

async fn register(
    State(app): State<App>,
    peer: Peer,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Error> {
    let now = app.clock.now();
    let caller = Caller { who: &peer.network(), client: None };
    throttle::brake(&app, "registrations", caller, PER_ADDRESS)
        .map_err(|seconds| Error::too_many("Too many registrations from this address.", seconds))?;
    let permit = match place(&app) {
        Place::Sandbox => None,
        Place::Outside => {
            let digest = digest_of(bearer(&headers).ok_or_else(unknown_token)?);
            if !store::registration_token_is_good(&app.database, &digest, now).await? {
                return Err(counted(&app, peer));
            }
            Some(store::use_registration_token(digest, now))
        }
    };
    let sent = object(&headers, &body)?;
    let metadata = read(&app, &sent)?;
    let settings = &app.config.registration;
    if store::count(&app.database).await? >= settings.most_clients {
        return Err(Error::Refused(
            ErrorCode::TooManyRequests,
            "No more services may register themselves here.",
        ));
    }

    let (client_id, token) = (base64url(&random_bytes::<16>()), random_token());
    let secret = needs_secret(&client_id, &metadata)?.then(random_token);
    let expires_at = now + settings.lifetime_days * 24 * 3600;
    let new = store::New {
        client_id: &client_id,
        metadata: &metadata,
        secret_digest: secret.as_deref().map(digest_of),
        registration_digest: Some(digest_of(&token)),
        expires_at: Some(expires_at),
    };
    let event = Event::of(Kind::ClientAdded).by(Actor::Client).client(&client_id);
    if !store::insert(&app.database, permit, new, now, event).await? {
        // Its last use was taken meanwhile.
        return Err(unknown_token());
    }
    app.clients.refresh(&app.database).await?;

    let mut answer = described(&app, &client_id, now, metadata, &token);
    if let Some(secret) = secret {
        answer.insert("client_secret".into(), secret.into());
        answer.insert("client_secret_expires_at".into(), expires_at.into());
    }
    Ok((StatusCode::CREATED, NO_STORE, Json(answer)).into_response())
}

async fn show(
    State(app): State<App>,
    Path(client_id): Path<String>,
    peer: Peer,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let (client, token) = managed(&app, &client_id, &headers, peer).await?;
    // The secret is not kept, so it cannot be told again.
    let answer = described(&app, &client_id, client.created_at, client.metadata, token);
    Ok((NO_STORE, Json(answer)).into_response())
}

async fn replace(
    State(app): State<App>,
    Path(client_id): Path<String>,
    peer: Peer,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Error> {
    let (client, token) = managed(&app, &client_id, &headers, peer).await?;
    let sent = object(&headers, &body)?;
    if OURS.iter().any(|name| sent.contains_key(*name)) {
        return Err(Error::Refused(
            ErrorCode::InvalidRequest,
            "What the provider says of a registration is not sent back to it.",
        ));
    }
    let agrees = |secret: &str| {
        let digest = digest_of(secret);
        client
            .secrets
            .iter()
            .any(|known| known.is_good(app.clock.now()) && same(&known.digest, &digest))
    };
    let own_secret = match sent.get("client_secret") {
        Some(Value::String(secret)) => agrees(secret),
        Some(_) => false,
        None => true,
    };
    if sent.get("client_id").and_then(Value::as_str) != Some(&client_id) || !own_secret {
        // RFC 7592 §2.2: neither may be changed here.
        return Err(Error::Refused(
            ErrorCode::InvalidClientMetadata,
            "client_id and client_secret must be those of this registration.",
        ));
    }
    let metadata = read(&app, &sent)?;
    let needed = needs_secret(&client_id, &metadata)?;
    let present = client.secrets.first().map(|secret| secret.digest.clone());
    let secret = (needed && present.is_none()).then(random_token);
    let digest = secret.as_deref().map(digest_of).or(present).filter(|_| needed);
    let event = Event::of(Kind::ClientChanged).by(Actor::Client).client(&client_id);
    if !store::replace(&app.database, &client_id, &metadata, digest, event).await? {
        return Err(unknown_token());
    }
    app.clients.refresh(&app.database).await?;

    let mut answer = described(&app, &client_id, client.created_at, metadata, token);
    if let Some(secret) = secret {
        answer.insert("client_secret".into(), secret.into());
        answer.insert("client_secret_expires_at".into(), 0.into());
    }
    Ok((NO_STORE, Json(answer)).into_response())
}

async fn remove(
    State(app): State<App>,
    Path(client_id): Path<String>,
    peer: Peer,
    headers: HeaderMap,
) -> Result<Response, Error> {
    managed(&app, &client_id, &headers, peer).await?;
    let event = Event::of(Kind::ClientEnded).by(Actor::Client).client(&client_id);
    store::end(&app.database, &client_id, app.clock.now(), event).await?;
    app.clients.refresh(&app.database).await?;
    Ok((StatusCode::NO_CONTENT, NO_STORE).into_response())
}

const NO_STORE: [(header::HeaderName, HeaderValue); 2] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::PRAGMA, HeaderValue::from_static("no-cache")),
];

fn place(app: &App) -> Place {
    if app.config.sandbox.is_some() { Place::Sandbox } else { Place::Outside }
}

fn read(app: &App, sent: &Map<String, Value>) -> Result<Value, Error> {
    metadata::read(sent, place(app), |url| app.fetcher.would_call(url).is_ok())
        .map_err(|(code, sentence)| Error::Refused(code, sentence))
}

fn needs_secret(client_id: &str, metadata: &Value) -> anyhow::Result<bool> {
    Ok(store::settings_of(client_id, metadata)?.needs_secret())
}

/// What a registration is answered with (RFC 7591 §3.2.1, RFC 7592 §3).
fn described(
    app: &App,
    client_id: &str,
    created_at: i64,
    metadata: Value,
    token: &str,
) -> Map<String, Value> {
    let mut answer = Map::new();
    answer.insert("client_id".into(), client_id.into());
    answer.insert("client_id_issued_at".into(), created_at.into());
    if let Value::Object(members) = metadata {
        answer.extend(members.into_iter().filter(|(name, _)| name != "web_origins"));
    }
    answer.insert("response_types".into(), vec!["code"].into());
    answer.insert("registration_access_token".into(), token.into());
    let uri = endpoint(&app.config).map(|endpoint| format!("{endpoint}/{client_id}"));
    answer.insert("registration_client_uri".into(), uri.into());
    answer
}

/// The client that this token manages. Whatever is wrong, the answer is the
/// same (RFC 7592 §2.1).
async fn managed<'h>(
    app: &App,
    client_id: &str,
    headers: &'h HeaderMap,
    peer: Peer,
) -> Result<(Registered, &'h str), Error> {
    let token = bearer(headers).ok_or_else(unknown_token)?;
    let digest = digest_of(token);
    let client = store::find(&app.database, client_id).await?;
    let manages = |client: &Registered| {
        !client.ended && client.registration_digest.as_ref().is_some_and(|it| same(it, &digest))
    };
    match client.filter(manages) {
        Some(client) => Ok((client, token)),
        None => Err(counted(app, peer)),
    }
}

/// A token was wrong: whoever tries many of them is asked to wait.
fn counted(app: &App, peer: Peer) -> Error {
    let caller = Caller { who: &peer.network(), client: None };
    match throttle::brake(app, "registration tokens", caller, FAILURES) {
        Ok(()) => unknown_token(),
        Err(seconds) => {
            Error::too_many("Too many wrong registration tokens from this address.", seconds)
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

fn unknown_token() -> Error {
    Error::RefusedWith(
        ErrorCode::InvalidToken,
        "A registration token is needed, and this is none that is good.",
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static("Bearer realm=\"esante-wallet\", error=\"invalid_token\""),
    )
}

fn object(headers: &HeaderMap, body: &Bytes) -> Result<Map<String, Value>, Error> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.and_then(|text| text.split(';').next()).map(str::trim);
    if !kind.is_some_and(|it| it.eq_ignore_ascii_case("application/json")) {
        return Err(Error::Refused(
            ErrorCode::UnsupportedMediaType,
            "The body must be application/json.",
        ));
    }
    match serde_json::from_slice(body) {
        Ok(StrictValue(Value::Object(members))) => Ok(members),
        _ => Err(Error::Refused(
            ErrorCode::InvalidClientMetadata,
            "The body must be one JSON object in which no member stands twice.",
        )),
    }
}
