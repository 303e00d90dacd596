//! The sandbox answers in a person's place, so that a test suite can run
//! unattended.

use super::{
    poll::seen,
    request::{Standing, Verdict},
    store,
};
use crate::{app::App, ecps, secret::digest_of};

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unattended {
    /// Decided.
    Decided,
    /// There is no such request.
    Unknown,
    /// It was decided, used or too old before.
    Over,
}

/// Allows or denies a request; outside the sandbox an allowed one has no effect.
pub async fn decide(app: &App, auth_req_id: &str, allow: bool) -> anyhow::Result<Unattended> {
    let Some((request, standing)) = seen(app, &digest_of(auth_req_id)).await? else {
        return Ok(Unattended::Unknown);
    };
    if standing != Standing::Pending {
        return Ok(Unattended::Over);
    }
    let verdict = if allow { Verdict::Allowed } else { Verdict::Denied };
    if !store::decide(app, &request.id, verdict).await? {
        return Ok(Unattended::Over);
    }
    // Afterwards, so that nobody sees it end without seeing why; a phone that
    // shows it must not go on, and whoever waits is woken.
    ecps::withdraw(app, &request.rid, allow).await?;
    Ok(Unattended::Decided)
}
