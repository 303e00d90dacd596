//! The back-channel authentication endpoint.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use openpsc_protocol::ecps::Origin;
use serde::Serialize;

use super::{
    checks::{self, Asked, Refusal},
    hint, ping,
    poll::bound_to,
    request::Request,
    signed,
    store::{self, Due, Ping},
};
use crate::{
    app::App,
    back_channel::Authenticated,
    clients::Client,
    config::REALM,
    ecps::{self, Asking, Ringing, Shown, StartError},
    error::{Error, ErrorCode},
    parameters::Parameters,
    secret::{digest_of, random_token},
    throttle::{self, Caller, Limit},
};

/// Routes of this room.
pub fn router() -> Router<App> {
    let path = format!("{REALM}/protocol/openid-connect/ext/ciba/auth");
    Router::new().route(&path, post(ask))
}

/// CIBA Core §7.3.
#[derive(Serialize)]
struct Acknowledgement {
    auth_req_id: String,
    expires_in: i64,
    interval: i64,
}

async fn ask(State(app): State<App>, call: Authenticated) -> Result<Response, Error> {
    let Authenticated { client, parameters, .. } = call;
    let acknowledgement =
        begin(&app, &client, parameters).await.map_err(|refusal| client.rules.worded(refusal))?;
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::PRAGMA, HeaderValue::from_static("no-cache")),
    ];
    Ok((StatusCode::OK, headers, Json(acknowledgement)).into_response())
}

async fn begin(
    app: &App,
    client: &Client,
    parameters: Parameters,
) -> Result<Acknowledgement, Error> {
    checks::may_ask(client)?;
    brake(app, client)?;
    let parameters = signed::parameters(app, client, parameters).await?;
    let asked = checks::check(&parameters, client)?;
    let national_id = hint::identifier(app, client, &asked.hint).await?;
    ring(app, client, asked, national_id).await
}

/// C08: a client that tries identifiers comes to an end, too.
fn brake(app: &App, client: &Client) -> Result<(), Error> {
    let calls = app.config.ciba.requests_per_client as usize;
    let caller = Caller { who: &client.client_id, client: Some(&client.client_id) };
    throttle::brake(app, "requests without a page", caller, Limit { calls, seconds: 60 })
        .map_err(too_many)
}

async fn ring(
    app: &App,
    client: &Client,
    asked: Asked,
    national_id: String,
) -> Result<Acknowledgement, Error> {
    let settings = &app.config.ciba;
    let longest = settings.lifetime.min(app.config.ecps.request_lifetime);
    let lifetime = asked.requested_expiry.map_or(longest, |wanted| wanted.min(longest));
    // 256 random bits, of which only the digest is kept.
    let auth_req_id = random_token();
    let id = digest_of(&auth_req_id);
    let message = asked.binding_message.as_str();
    let typed = checks::is_number(message);
    let shown = if typed { Shown::Number(message) } else { Shown::Words(message) };
    let acr = asked.acr_values.iter().copied().min().max(client.minimum_level);
    let bound = bound_to(&client.client_id);
    let asking = Asking {
        login_id: &id,
        browser_digest: &bound,
        client_id: &client.client_id,
        client_name: &client.client_name,
        acr,
        lang: "fr",
        // The address is that of the service's server: it tells nothing about
        // where the person is.
        origin: Origin::default(),
        address: "",
    };
    let reveal = client.backchannel.as_ref().is_some_and(|it| it.reveal_unknown_user);
    let now = app.clock.now();
    let leased_until = now + ping::LEASE;
    let ping =
        asked.notification_token.map(|token| Ping { auth_req_id: auth_req_id.clone(), token });
    let beside = |rid: &str| {
        let request = Request {
            id: id.clone(),
            rid: rid.to_owned(),
            client_id: client.client_id.clone(),
            national_id: national_id.clone(),
            scope: asked.scope.clone(),
            acr_values: asked.acr_values.clone(),
            poll_interval: settings.interval,
            verdict: None,
            grant_id: None,
            expires_at: now + lifetime,
        };
        Ok(vec![store::kept(app, &request, ping.as_ref(), leased_until)?])
    };
    let ringing = Ringing { shown, lifetime, reveal_missing_phone: reveal, beside: &beside };
    ecps::start_back_channel(app, &asking, &national_id, ringing).await?;
    if let Some(ping) = ping {
        ping::see_to(app, Due { id, ping, tries: 0, at: leased_until });
    }
    Ok(Acknowledgement { auth_req_id, expires_in: lifetime, interval: settings.interval })
}

fn too_many(retry_after: i64) -> Error {
    Error::too_many(
        "Too many requests, for this person or from this client: come back after Retry-After.",
        retry_after,
    )
}

impl From<Refusal> for Error {
    fn from((code, description): Refusal) -> Self {
        Self::Refused(code, description)
    }
}

impl From<StartError> for Error {
    fn from(error: StartError) -> Self {
        match error {
            StartError::TooMany { retry_after } => too_many(retry_after),
            StartError::Off => Self::Refused(
                ErrorCode::Forbidden,
                "Logins that start from an identifier are switched off at present.",
            ),
            StartError::NoPhone => {
                Self::Refused(ErrorCode::UnknownUserId, "This person has no active e-CPS.")
            }
            StartError::Internal(cause) => Self::Internal(cause),
        }
    }
}
