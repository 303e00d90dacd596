//! Ping: a service is told that it may come for its tokens, or that there will
//! be none (CIBA Core §10.2).
//!
//! The queue is the table of requests. A node holds a ping by a lease and sees
//! to it; when the node dies the lease ends, and another takes over. So a
//! service may hear twice, and never not at all while the request lives.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;
use tokio::time::Instant;

use super::{
    poll::seen,
    request::Standing,
    store::{self, Due},
};
use crate::{
    app::App,
    audit::{Event, Kind},
    clock::UnixTime,
    ecps,
    fetch::FetchError,
};

/// How long a node may say nothing before another takes over, in seconds.
pub(super) const LEASE: i64 = 30;

/// A lease is renewed when so little of it is left.
const RENEW: i64 = 20;

/// After this many tries a service that fails is left alone.
const MOST_TRIES: i64 = 8;

/// How often a node looks for what others left, in seconds.
const LOOK: u64 = 5;

/// Takes over what no node sees to, for ever.
pub async fn run(app: App) {
    let mut ticks = tokio::time::interval(Duration::from_secs(LOOK));
    loop {
        ticks.tick().await;
        if let Err(cause) = take_over(&app).await {
            tracing::error!(cause = format!("{cause:#}"), "could not look for pings");
        }
    }
}

async fn take_over(app: &App) -> anyhow::Result<()> {
    for mut due in store::due(app).await? {
        let until = app.clock.now() + LEASE;
        if store::lease(app, &due.id, due.at, until, due.tries).await? {
            due.at = until;
            see_to(app, due);
        }
    }
    Ok(())
}

/// Sees to a ping whose lease this node holds.
pub(super) fn see_to(app: &App, due: Due) {
    let app = app.clone();
    tokio::spawn(async move {
        let id = due.id.clone();
        if let Err(cause) = seen_to(&app, due).await {
            // The lease ends, and somebody tries again.
            tracing::error!(cause = format!("{cause:#}"), id, "could not see to a ping");
        }
    });
}

async fn seen_to(app: &App, mut due: Due) -> anyhow::Result<()> {
    let Some(client_id) = decided(app, &mut due).await? else { return Ok(()) };
    let client = app.clients.find(&client_id);
    let endpoint = client
        .as_ref()
        .and_then(|client| client.backchannel.as_ref())
        .and_then(|backchannel| backchannel.notification_endpoint.clone());
    let Some(endpoint) = endpoint else { return store::forget_ping(app, &due.id).await };
    loop {
        if !renew(app, &mut due, LEASE).await? {
            return Ok(());
        }
        let outcome = send(app, &endpoint, &due).await;
        due.tries += 1;
        let again = matches!(outcome, Outcome::Failed) && due.tries < MOST_TRIES;
        let heard = matches!(outcome, Outcome::Heard);
        let event = Event::of(if heard { Kind::PingSent } else { Kind::PingFailed })
            .client(&client_id)
            .reason(outcome.as_str())
            .count(due.tries);
        app.audit.record(event);
        if !again {
            return store::forget_ping(app, &due.id).await;
        }
        let pause = 1_i64 << (due.tries - 1);
        if !renew(app, &mut due, pause + LEASE).await? {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_secs(pause.unsigned_abs())).await;
    }
}

/// Waits for the end of the request; nothing when there is nothing to tell.
async fn decided(app: &App, due: &mut Due) -> anyhow::Result<Option<String>> {
    let Some(request) = store::find(app, &due.id).await? else { return Ok(None) };
    let waiter = app.wake.watch(&ecps::wake_key(&request.rid));
    loop {
        let change = waiter.change();
        let Some((request, standing)) = seen(app, &due.id).await? else { return Ok(None) };
        match standing {
            Standing::Pending => {}
            Standing::Approved | Standing::Denied(_) | Standing::Expired => {
                return Ok(Some(request.client_id));
            }
            // It polled, and has its tokens.
            Standing::Redeemed => {
                store::forget_ping(app, &due.id).await?;
                return Ok(None);
            }
        }
        let now = app.clock.now();
        if due.at - now < RENEW && !renew(app, due, LEASE).await? {
            return Ok(None);
        }
        let left = Duration::from_secs((request.expires_at - now).max(1).unsigned_abs());
        change.before(Instant::now() + left).await;
    }
}

/// Keeps the lease; `false` when another node has it by now.
async fn renew(app: &App, due: &mut Due, seconds: i64) -> anyhow::Result<bool> {
    let until: UnixTime = app.clock.now() + seconds;
    let kept = store::lease(app, &due.id, due.at, until, due.tries).await?;
    due.at = until;
    Ok(kept)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Heard,
    /// It said no: saying it again would not help.
    Refused,
    /// It was not there, or fell over.
    Failed,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Heard => "heard",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

async fn send(app: &App, endpoint: &str, due: &Due) -> Outcome {
    let body = json!({"auth_req_id": due.ping.auth_req_id});
    let authorization = format!("Bearer {}", due.ping.token);
    match app.fetcher.post_json(endpoint, &body, Some(&authorization)).await {
        Ok(answer) => judged(answer.status),
        Err(FetchError::Url(_) | FetchError::Address) => Outcome::Refused,
        // It heard us: what it says back is of no interest (CIBA Core §10.2).
        Err(FetchError::TooLarge) => Outcome::Heard,
        Err(_) => Outcome::Failed,
    }
}

/// A redirect is not followed and not tried again; neither is a refusal.
fn judged(status: StatusCode) -> Outcome {
    match status.as_u16() {
        200..=299 => Outcome::Heard,
        408 | 429 | 500..=599 => Outcome::Failed,
        _ => Outcome::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_tried_again() {
        for (status, outcome) in [
            (200, Outcome::Heard),
            (204, Outcome::Heard),
            (302, Outcome::Refused),
            (400, Outcome::Refused),
            (401, Outcome::Refused),
            (403, Outcome::Refused),
            (404, Outcome::Refused),
            (429, Outcome::Failed),
            (500, Outcome::Failed),
            (503, Outcome::Failed),
        ] {
            assert_eq!(judged(StatusCode::from_u16(status).unwrap()), outcome, "{status}");
        }
    }
}
