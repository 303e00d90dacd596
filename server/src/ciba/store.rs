//! Requests at rest.

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::request::{Request, SLOW_DOWN, Verdict};
use crate::{
    app::App,
    clock::UnixTime,
    database::{Row, Statement, sql},
};

/// Rows stay this long after their end, so that a client is told "expired" and
/// a replay is noticed.
const REMEMBER: i64 = 600;

/// What a ping needs, sealed at rest: both are secrets.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Ping {
    pub(super) auth_req_id: String,
    pub(super) token: String,
}

const SEAL: &str = "ciba ping";

/// Keeps a new request; `ping` is held by this node until `leased_until`.
pub(super) fn kept(
    app: &App,
    request: &Request,
    ping: Option<&Ping>,
    leased_until: UnixTime,
) -> anyhow::Result<Statement> {
    let sealed = ping.map(|ping| app.sealer.seal_value(SEAL, ping)).transpose()?;
    let levels: Vec<&str> = request.acr_values.iter().map(|level| level.as_str()).collect();
    let now = app.clock.now();
    Ok(sql("insert into ciba_requests (id, rid, client_id, national_id, scope, acr_values, \
         poll_interval, next_poll_at, ping_sealed, ping_at, ping_tries, created_at, expires_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $8, $11)")
    .bind(&request.id)
    .bind(&request.rid)
    .bind(&request.client_id)
    .bind(&request.national_id)
    .bind(&request.scope)
    .bind(levels.join(" "))
    .bind(request.poll_interval)
    .bind(now)
    .bind(sealed)
    .bind(ping.map(|_| leased_until))
    .bind(request.expires_at)
    .must_touch(1))
}

/// The request of this digest.
pub(super) async fn find(app: &App, id: &str) -> anyhow::Result<Option<Request>> {
    let row = sql("select id, rid, client_id, national_id, scope, acr_values, poll_interval, \
                   verdict, grant_id, expires_at from ciba_requests where id = $1")
    .bind(id)
    .fetch_optional(&app.database)
    .await?;
    row.as_ref().map(read).transpose().context("a row of ciba_requests makes no sense")
}

fn read(row: &Row) -> anyhow::Result<Request> {
    let levels = row.text("acr_values")?;
    let verdict = row.optional_text("verdict")?;
    Ok(Request {
        id: row.text("id")?,
        rid: row.text("rid")?,
        client_id: row.text("client_id")?,
        national_id: row.text("national_id")?,
        scope: row.text("scope")?,
        acr_values: levels.split(' ').filter_map(|word| word.parse().ok()).collect(),
        poll_interval: row.integer("poll_interval")?,
        verdict: verdict
            .map(|word| word.parse().ok().with_context(|| format!("column verdict holds {word:?}")))
            .transpose()?,
        grant_id: row.optional_text("grant_id")?,
        expires_at: row.integer("expires_at")?,
    })
}

/// Takes the turn to poll, for so many seconds and one interval more; `false`
/// when another poll is held, or the last one was answered too lately.
pub(super) async fn take_turn(app: &App, id: &str, hold: i64) -> anyhow::Result<bool> {
    let taken = sql("update ciba_requests set next_poll_at = $2 + $3 + poll_interval \
                     where id = $1 and next_poll_at <= $2")
    .bind(id)
    .bind(app.clock.now())
    .bind(hold)
    .execute(&app.database)
    .await?;
    Ok(taken == 1)
}

/// The poll is answered: the interval counts from now (C19).
pub(super) async fn end_turn(app: &App, id: &str) -> anyhow::Result<()> {
    sql("update ciba_requests set next_poll_at = $2 + poll_interval where id = $1")
        .bind(id)
        .bind(app.clock.now())
        .execute(&app.database)
        .await?;
    Ok(())
}

/// The client polls too fast: its interval grows, for good.
pub(super) async fn slow_down(app: &App, id: &str) -> anyhow::Result<()> {
    sql("update ciba_requests set poll_interval = poll_interval + $3, next_poll_at = \
         case when next_poll_at > $2 + poll_interval + $3 then next_poll_at \
         else $2 + poll_interval + $3 end where id = $1")
    .bind(id)
    .bind(app.clock.now())
    .bind(SLOW_DOWN)
    .execute(&app.database)
    .await?;
    Ok(())
}

/// Exchanges a request for a grant: exactly one caller does, in time.
pub(super) fn redeemed(id: &str, client_id: &str, grant_id: &str, now: UnixTime) -> Statement {
    sql("update ciba_requests set grant_id = $3 \
         where id = $1 and client_id = $2 and grant_id is null and expires_at > $4")
    .bind(id)
    .bind(client_id)
    .bind(grant_id)
    .bind(now)
    .must_touch(1)
}

/// Writes down what the sandbox decided, once.
pub(super) async fn decide(app: &App, id: &str, verdict: Verdict) -> anyhow::Result<bool> {
    let decided = sql("update ciba_requests set verdict = $2 \
                       where id = $1 and verdict is null and grant_id is null and expires_at > $3")
    .bind(id)
    .bind(verdict.as_str())
    .bind(app.clock.now())
    .execute(&app.database)
    .await?;
    Ok(decided == 1)
}

/// A ping that a node must see to.
pub(super) struct Due {
    pub(super) id: String,
    pub(super) ping: Ping,
    pub(super) tries: i64,
    /// Until when it was another's, or was to wait.
    pub(super) at: UnixTime,
}

/// Pings that no node sees to at present, the oldest first.
pub(super) async fn due(app: &App) -> anyhow::Result<Vec<Due>> {
    let rows = sql("select id, ping_sealed, ping_tries, ping_at from ciba_requests \
                    where ping_at is not null and ping_at <= $1 order by ping_at limit 100")
    .bind(app.clock.now())
    .fetch_all(&app.database)
    .await?;
    let mut due = Vec::new();
    for row in &rows {
        let id = row.text("id")?;
        let sealed = row.optional_text("ping_sealed")?.unwrap_or_default();
        match app.sealer.open_value(SEAL, &sealed) {
            Some(ping) => due.push(Due {
                ping,
                tries: row.integer("ping_tries")?,
                at: row.optional_integer("ping_at")?.unwrap_or_default(),
                id,
            }),
            // Sealed under a key that is gone: nobody can send it any more.
            None => forget_ping(app, &id).await?,
        }
    }
    Ok(due)
}

/// Holds a ping until another time; `false` when it is no longer held by
/// whoever knows `at`.
pub(super) async fn lease(
    app: &App,
    id: &str,
    at: UnixTime,
    until: UnixTime,
    tries: i64,
) -> anyhow::Result<bool> {
    let leased = sql("update ciba_requests set ping_at = $3, ping_tries = $4 \
                      where id = $1 and ping_at = $2")
    .bind(id)
    .bind(at)
    .bind(until)
    .bind(tries)
    .execute(&app.database)
    .await?;
    Ok(leased == 1)
}

/// A ping is over: its secrets go.
pub(super) async fn forget_ping(app: &App, id: &str) -> anyhow::Result<()> {
    sql("update ciba_requests set ping_at = null, ping_sealed = null where id = $1")
        .bind(id)
        .execute(&app.database)
        .await?;
    Ok(())
}

/// Forgets what is over.
pub async fn sweep(app: &App, now: UnixTime) -> anyhow::Result<()> {
    sql("delete from ciba_requests where expires_at < $1")
        .bind(now - REMEMBER)
        .execute(&app.database)
        .await?;
    Ok(())
}
