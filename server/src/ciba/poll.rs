//! What the token endpoint is told of a request.

use std::time::Duration;

use openpsc_protocol::{ecps::RequestState, level::Level};
use thiserror::Error;
use tokio::{runtime::Handle, time::Instant};

use super::{
    request::{Request, Standing, Verdict},
    store,
};
use crate::{
    app::App, clients::Client, clock::UnixTime, database::Statement, ecps, sandbox,
    secret::digest_of, sessions::Authentication,
};

/// A request that a person has approved.
#[derive(Clone, Debug)]
pub struct Allowed {
    /// Names the request.
    pub id: String,
    /// Who did, how and when.
    pub authentication: Authentication,
    /// What is granted.
    pub scope: String,
    /// The levels that were asked for.
    pub acr_values: Vec<Level>,
    /// The phone's request, used up with the rest; nothing when the sandbox
    /// decided.
    rid: Option<String>,
}

/// Why there are no tokens, or not yet.
#[derive(Debug, Error)]
pub enum PollError {
    /// No such request, or another client's.
    #[error("the auth_req_id is unknown")]
    Unknown,
    /// Its tokens were given before: somebody holds a copy.
    #[error("the auth_req_id was used before")]
    Replayed {
        /// What it was exchanged for.
        grant_id: String,
    },
    /// Too late.
    #[error("the request has expired")]
    Expired,
    /// Never, and why.
    #[error("{0}")]
    Denied(&'static str),
    /// Not yet.
    #[error("the person has not answered yet")]
    Pending,
    /// Not yet, and asked too soon.
    #[error("polled too fast")]
    SlowDown,
    /// Asked too soon again and again.
    #[error("polled too fast too often")]
    Hammered,
    /// Ours.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

/// Answers a poll. While nothing is decided it is held a while, as a task that
/// waits and not as a thread.
pub async fn poll(app: &App, client: &Client, auth_req_id: &str) -> Result<Allowed, PollError> {
    let id = digest_of(auth_req_id);
    match look(app, client, &id).await {
        Err(PollError::Pending) => {}
        settled => return settled,
    }
    let settings = &app.config.ciba;
    let hold = if client.rules.polls_are_answered_at_once { 0 } else { settings.long_poll };
    if !store::take_turn(app, &id, hold).await? {
        store::slow_down(app, &id).await?;
        let request = store::find(app, &id).await?.ok_or(PollError::Unknown)?;
        let hammered = request.is_hammered(settings.interval);
        return Err(if hammered { PollError::Hammered } else { PollError::SlowDown });
    }
    if hold == 0 {
        // Taken for no time, the turn has ended: the next is an interval away.
        return Err(PollError::Pending);
    }
    let mut turn = Turn { app: app.clone(), id: Some(id.clone()) };
    let answer = held(app, client, &id, hold).await;
    turn.end().await?;
    answer
}

async fn held(app: &App, client: &Client, id: &str, hold: i64) -> Result<Allowed, PollError> {
    let request = store::find(app, id).await?.ok_or(PollError::Unknown)?;
    let deadline = Instant::now() + Duration::from_secs(hold.unsigned_abs());
    let waiter = app.wake.watch(&ecps::wake_key(&request.rid));
    loop {
        let change = waiter.change();
        match look(app, client, id).await {
            Err(PollError::Pending) => {}
            settled => return settled,
        }
        if !change.before(deadline).await {
            return Err(PollError::Pending);
        }
    }
}

/// The turn of a poll that is held. A client that breaks off gives it back.
struct Turn {
    app: App,
    id: Option<String>,
}

impl Turn {
    async fn end(&mut self) -> anyhow::Result<()> {
        match self.id.take() {
            Some(id) => store::end_turn(&self.app, &id).await,
            None => Ok(()),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(id) = self.id.take() else { return };
        // While the server stops there is nobody to do it: the turn ends by itself.
        let Ok(runtime) = Handle::try_current() else { return };
        let app = self.app.clone();
        runtime.spawn(async move {
            if let Err(cause) = store::end_turn(&app, &id).await {
                tracing::warn!(cause = format!("{cause:#}"), "a turn could not be given back");
            }
        });
    }
}

/// Where a request stands for its client.
async fn look(app: &App, client: &Client, id: &str) -> Result<Allowed, PollError> {
    let seen = seen(app, id).await?;
    let (request, standing) =
        seen.filter(|(it, _)| it.client_id == client.client_id).ok_or(PollError::Unknown)?;
    match standing {
        Standing::Pending => Err(PollError::Pending),
        Standing::Expired => Err(PollError::Expired),
        Standing::Denied(why) => Err(PollError::Denied(why)),
        Standing::Redeemed => {
            Err(PollError::Replayed { grant_id: request.grant_id.unwrap_or_default() })
        }
        Standing::Approved => {
            let authentication = authentication(app, &request).await?;
            let authentication =
                authentication.ok_or(PollError::Denied("The phone is no longer the person's."))?;
            Ok(Allowed {
                authentication,
                rid: request.verdict.is_none().then_some(request.rid),
                id: request.id,
                scope: request.scope,
                acr_values: request.acr_values,
            })
        }
    }
}

/// A request, and where it stands.
///
/// Two rows say so, and are read one after the other. The phone's may be over
/// because the other has just changed: then that one is read again.
pub(super) async fn seen(app: &App, id: &str) -> anyhow::Result<Option<(Request, Standing)>> {
    let Some(request) = store::find(app, id).await? else { return Ok(None) };
    let phone = ecps::state(app, &request.rid).await?;
    let request = match phone {
        Some(RequestState::Cancelled | RequestState::Consumed) => store::find(app, id).await?,
        _ => Some(request),
    };
    Ok(request.map(|request| {
        let standing = request.standing(phone, app.clock.now());
        (request, standing)
    }))
}

async fn authentication(app: &App, request: &Request) -> anyhow::Result<Option<Authentication>> {
    match request.verdict {
        Some(Verdict::Allowed) => Ok(sandbox::one_click(app, &request.national_id, "ecps")),
        Some(Verdict::Denied) => Ok(None),
        None => Ok(ecps::approved(app, &request.rid).await?.map(Into::into)),
    }
}

/// Uses an approved request up, in the transaction that keeps its grant.
pub fn redeemed(
    allowed: &Allowed,
    client: &Client,
    grant_id: &str,
    now: UnixTime,
) -> Vec<Statement> {
    let mut steps = vec![store::redeemed(&allowed.id, &client.client_id, grant_id, now)];
    if let Some(rid) = &allowed.rid {
        steps.extend(ecps::consume(rid, &allowed.id, &bound_to(&client.client_id), now));
    }
    steps
}

/// Why a request that looked approved could not be used up.
pub async fn why_not(app: &App, client: &Client, allowed: &Allowed) -> PollError {
    match look(app, client, &allowed.id).await {
        Err(why) => why,
        Ok(_) => PollError::Denied("The phone is no longer the person's."),
    }
}

/// What stands in the place of a browser: the client that asked.
pub(super) fn bound_to(client_id: &str) -> String {
    digest_of(&format!("ciba client {client_id}"))
}
