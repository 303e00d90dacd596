//! Pushed authorization requests (RFC 9126): a service sends its request from
//! back end to back end, and the browser carries only a reference to it.
//!
//! The reference *is* the request, checked and sealed, with 256 random bits
//! that name it: nothing is stored for requests that nobody ever presents. It
//! is spent when the authorization completes, so that a browser which reloads
//! on the way is not stopped (§7.3).

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    AuthorizationRequest,
    reading::{self, Refused},
};
use crate::{
    app::App,
    back_channel::Authenticated,
    clients::Client,
    clock::UnixTime,
    database::Statement,
    error::{Error, ErrorCode},
    secret::random_token,
    spent,
    throttle::{self, Caller, Limit},
};

const SEAL: &str = "pushed request";

/// What every reference begins with (§2.2).
pub(super) const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// Names a request that was pushed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pushed {
    id: String,
    expires_at: UnixTime,
}

/// POST ext/par/request
pub(super) async fn push(State(app): State<App>, call: Authenticated) -> Result<Response, Error> {
    let Authenticated { client, parameters, jkt, .. } = call;
    let calls = app.config.authorize.pushed_per_client as usize;
    let caller = Caller { who: &client.client_id, client: Some(&client.client_id) };
    throttle::brake(&app, "pushed requests", caller, Limit { calls, seconds: 60 }).map_err(
        |seconds| Error::too_many("Too many requests were pushed by this client.", seconds),
    )?;
    if parameters.has("request_uri") {
        // §2.1: a pushed request is not a reference to another.
        return Err(refused("invalid_request", "request_uri cannot be pushed."));
    }
    let read = reading::read(&app, &client, &parameters, true).await?;
    let mut request = read.map_err(|refused| match refused {
        Refused::OnPage(page) => self::refused(page.error, page.sentence),
        Refused::ToService(_, (error, sentence)) => self::refused(error, sentence),
    })?;

    if let Some(jkt) = jkt {
        // RFC 9449 §10.1: pushing with a proof announces its key.
        if request.dpop_jkt.as_ref().is_some_and(|announced| *announced != jkt) {
            return Err(Error::Refused(
                ErrorCode::InvalidDpopProof,
                "dpop_jkt is not the key of the DPoP proof.",
            ));
        }
        request.dpop_jkt = Some(jkt);
    }
    let lifetime = i64::from(app.config.authorize.pushed_lifetime);
    let expires_at = app.clock.now() + lifetime;
    request.pushed = Some(Pushed { id: random_token(), expires_at });
    let reference = app.sealer.seal_value(SEAL, &request)?;
    let body = json!({"request_uri": format!("{PREFIX}{reference}"), "expires_in": lifetime});
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response())
}

fn refused(error: &'static str, sentence: &'static str) -> Error {
    Error::Refused(ErrorCode::Authorization(error), sentence)
}

/// The request behind a reference, for the client that pushed it; nothing when
/// it is another's, unknown, too old or spent.
pub(super) async fn find(
    app: &App,
    client: &Client,
    request_uri: &str,
) -> anyhow::Result<Option<AuthorizationRequest>> {
    let sealed = request_uri.strip_prefix(PREFIX).unwrap_or_default();
    let Some(request) = app.sealer.open_value::<AuthorizationRequest>(SEAL, sealed) else {
        return Ok(None);
    };
    let Some(pushed) = &request.pushed else { return Ok(None) };
    // A registration may have changed since.
    let still_registered = client.redirect_uris.contains(&request.redirect_uri);
    let fits = request.client_id == client.client_id
        && still_registered
        && app.clock.now() < pushed.expires_at
        && !spent::is_taken(&app.database, SEAL, &pushed.id).await?;
    Ok(fits.then_some(request))
}

/// Spends the reference that a request came by: exactly one authorization
/// completes with it.
pub(super) fn spend(app: &App, request: &AuthorizationRequest) -> Option<Statement> {
    let Pushed { id, expires_at } = request.pushed.as_ref()?;
    // A login that began in the last second may take its whole time.
    Some(spent::take(SEAL, id, expires_at + app.config.login.lifetime))
}
