//! The sandbox answers in a person's place, so that a test suite can run
//! unattended.

use super::{
    poll::standing,
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
    let Some(request) = store::find(app, &digest_of(auth_req_id)).await? else {
        return Ok(Unattended::Unknown);
    };
    if standing(app, &request).await? != Standing::Pending {
        return Ok(Unattended::Over);
    }
    let verdict = if allow { Verdict::Allowed } else { Verdict::Denied };
    if !store::decide(app, &request.id, verdict).await? {
        return Ok(Unattended::Over);
    }
    // A phone that shows it must not go on; whoever waits is woken.
    ecps::cancel(app, &request.rid).await?;
    app.wake.notify(&ecps::wake_key(&request.rid));
    Ok(Unattended::Decided)
}
