//! Every way in which a session ends before its time.
//!
//! In the same transaction each client that holds tokens of it is put down to
//! be told (Back-Channel Logout 1.0 §2.4), and what was granted under it dies
//! with it: a grant stands only as long as its session.

use crate::{
    app::App,
    audit::{Actor, Event, Kind},
    clock::UnixTime,
    database::{Statement, sql},
};

/// What to watch to hear that sessions have ended.
pub const ENDED: &str = "sessions ended";

/// Sessions that are read at once.
const SWEPT: i64 = 1000;

/// Says that sessions have ended: whoever tells the clients wakes up.
pub fn ended(app: &App) {
    app.wake.notify(ENDED);
}

/// Ends a session and what was granted under it; says whether it was alive. The
/// audit trail tells who ended it and, in a word or two, why.
pub async fn end(app: &App, sid: &str, by: Actor, why: &'static str) -> anyhow::Result<bool> {
    let row = sql("select national_id from sessions where sid = $1").bind(sid);
    let row = row.fetch_optional(&app.database).await?;
    let event = Event::of(Kind::Logout).by(by).session(sid).reason(why);
    let event = match row {
        Some(row) => event.person(&row.text("national_id")?),
        None => event,
    };
    let now = app.clock.now();
    let end = sql("update sessions set ended_at = $1 where sid = $2 and ended_at is null")
        .bind(now)
        .bind(sid)
        .must_touch(1)
        .audited(event);
    end_with(app, vec![end, clients_are_told(sid, now)]).await
}

/// The same, and only if it is this person's: another's is not there.
pub async fn end_own(app: &App, national_id: &str, sid: &str) -> anyhow::Result<bool> {
    let now = app.clock.now();
    let end = sql("update sessions set ended_at = $1 where sid = $2 and national_id = $3 and ended_at is null and expires_at > $1")
        .bind(now)
        .bind(sid)
        .bind(national_id)
        .must_touch(1)
        .audited(Event::of(Kind::Logout).session(sid).person(national_id).reason("own page"));
    end_with(app, vec![end, clients_are_told(sid, now)]).await
}

async fn end_with(app: &App, steps: Vec<Statement>) -> anyhow::Result<bool> {
    let done = app.database.all_or_nothing(steps).await?;
    if done {
        ended(app);
    }
    Ok(done)
}

fn clients_are_told(sid: &str, now: UnixTime) -> Statement {
    sql("insert into logout_notices (sid, client_id, national_id, attempts, next_at, ended_at)
         select distinct sid, client_id, national_id, 0, cast($1 as bigint), cast($1 as bigint) from grants where sid = $2
         on conflict do nothing")
        .bind(now)
        .bind(sid)
}

/// Puts one client down to be told that it has no session any more, whether or
/// not the session itself goes on. Only of the person's own session.
pub fn client_is_told(national_id: &str, sid: &str, client_id: &str, now: UnixTime) -> Statement {
    sql("insert into logout_notices (sid, client_id, national_id, attempts, next_at, ended_at)
         select distinct sid, client_id, national_id, 0, cast($1 as bigint), cast($1 as bigint) from grants
         where sid = $2 and client_id = $3 and national_id = $4
         on conflict do nothing")
        .bind(now)
        .bind(sid)
        .bind(client_id)
        .bind(national_id)
}

/// Ends every session of a person, in whichever browser. Each client gets one
/// notice without a `sid`: whatever it holds of this person is over.
pub async fn end_everything(
    app: &App,
    national_id: &str,
    by: Actor,
    why: &'static str,
) -> anyhow::Result<()> {
    let now = app.clock.now();
    let everything = Event::of(Kind::Logout).by(by).person(national_id).reason(why);
    let sids = sql("select sid from sessions where national_id = $1 and ended_at is null limit $2")
        .bind(national_id)
        .bind(SWEPT)
        .fetch_all(&app.database)
        .await?;
    let events: Vec<Event> = sids
        .iter()
        .map(|row| Ok(everything.clone().session(&row.text("sid")?)))
        .collect::<anyhow::Result<_>>()?;
    let ends = sql("update sessions set ended_at = $1 where national_id = $2 and ended_at is null")
        .bind(now)
        .bind(national_id);
    let notices = sql("insert into logout_notices (sid, client_id, national_id, attempts, next_at, ended_at)
         select distinct '', grants.client_id, grants.national_id, 0, cast($1 as bigint), cast($1 as bigint)
         from grants join sessions on sessions.sid = grants.sid
         where sessions.national_id = $2 and sessions.ended_at = $1
         on conflict (national_id, client_id, sid) do update set attempts = 0, next_at = excluded.next_at, ended_at = excluded.ended_at")
        .bind(now)
        .bind(national_id);
    let ends = events.into_iter().fold(ends, Statement::audited);
    end_with(app, vec![ends, notices]).await.map(drop)
}

/// Ends every session that was opened with a phone, as steps of the transaction
/// that ends the phone. Afterwards say so with [`ended`].
pub fn endings_of_device(device_id: &str, now: UnixTime) -> Vec<Statement> {
    let ends = sql("update sessions set ended_at = $1 where device_id = $2 and ended_at is null")
        .bind(now)
        .bind(device_id)
        .audited(Event::of(Kind::Logout).device(device_id).reason("phone ended"));
    let notices = sql("insert into logout_notices (sid, client_id, national_id, attempts, next_at, ended_at)
         select distinct grants.sid, grants.client_id, grants.national_id, 0, cast($1 as bigint), cast($1 as bigint)
         from grants join sessions on sessions.sid = grants.sid
         where sessions.device_id = $2 and sessions.ended_at = $1
         on conflict do nothing")
        .bind(now)
        .bind(device_id);
    vec![ends, notices]
}

/// Ends what time has ended, so that clients are told of that too.
pub(super) async fn end_expired(app: &App, now: UnixTime) -> anyhow::Result<()> {
    loop {
        let rows = sql("select sid from sessions where ended_at is null and (expires_at <= $1 or last_seen_at <= $2) order by expires_at limit $3")
            .bind(now)
            .bind(now - app.config.sessions.idle)
            .bind(SWEPT)
            .fetch_all(&app.database)
            .await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            end(app, &row.text("sid")?, Actor::Server, "expired").await?;
        }
    }
}

/// Ends the sessions of everybody who has left the directory, which is read at
/// start.
pub async fn end_of_the_gone(app: &App) -> anyhow::Result<()> {
    let mut after = String::new();
    loop {
        let rows = sql("select distinct national_id from sessions where national_id > $1 and ended_at is null order by national_id limit $2")
            .bind(&after)
            .bind(SWEPT)
            .fetch_all(&app.database)
            .await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.text("national_id")?;
        for row in &rows {
            let national_id = row.text("national_id")?;
            if app.directory.find(&national_id).is_none() {
                let why = "no longer in the directory";
                end_everything(app, &national_id, Actor::Server, why).await?;
            }
        }
    }
}

/// The clients that were given tokens under a session, alive or just ended.
pub async fn clients_of(app: &App, sid: &str) -> anyhow::Result<Vec<String>> {
    let rows = sql("select distinct client_id from grants where sid = $1 order by client_id")
        .bind(sid)
        .fetch_all(&app.database)
        .await?;
    rows.iter().map(|row| row.text("client_id")).collect()
}
