//! Sessions at rest.

use anyhow::Context;
use axum::http::{HeaderMap, HeaderValue};

use super::{Authentication, Session, read_cookie, set_cookie};
use crate::{
    app::App,
    audit::{Event, Kind},
    clock::UnixTime,
    database::{Row, Statement, sql},
    secret::{digest_of, random_token},
};

const COOKIE: &str = "__Host-openpsc-session";

/// Use is written down at most once in so many seconds: half of the flows
/// would otherwise be a write.
const TOUCH_EVERY: i64 = 60;

/// A session that a login has just made.
pub struct Started {
    /// The session.
    pub session: Session,
    /// Keeps it, in the transaction that ends the login.
    pub keep: Statement,
    /// Gives it to the browser.
    pub cookie: HeaderValue,
}

/// Makes a session for a login. The same person logging in again keeps the
/// `sid`; anybody else starts afresh.
pub fn start(app: &App, authentication: Authentication, previous: Option<&Session>) -> Started {
    let now = app.clock.now();
    let secret = random_token();
    let settings = &app.config.sessions;
    let kept = previous.filter(|it| it.authentication.national_id == authentication.national_id);
    // Ordered by time: sessions begun together lie together in every index.
    let sid = kept.map_or_else(|| uuid::Uuid::now_v7().to_string(), |session| session.sid.clone());
    let session =
        Session { sid, authentication, last_seen_at: now, expires_at: now + settings.absolute };
    let keep = upsert(&session, &digest_of(&secret));
    let cookie = set_cookie(COOKIE, &secret, None);
    Started { session, keep, cookie }
}

fn upsert(session: &Session, secret_digest: &str) -> Statement {
    let Authentication { national_id, means, acr, amr, auth_time, device_id } =
        &session.authentication;
    sql("insert into sessions (sid, secret_digest, national_id, means, acr, amr, auth_time, device_id, last_seen_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (sid) do update set secret_digest = excluded.secret_digest, means = excluded.means,
           acr = excluded.acr, amr = excluded.amr, auth_time = excluded.auth_time, device_id = excluded.device_id,
           last_seen_at = excluded.last_seen_at, expires_at = excluded.expires_at
         where sessions.ended_at is null")
        .bind(&session.sid)
        .bind(secret_digest)
        .bind(national_id)
        .bind(means.as_str())
        .bind(acr.as_str())
        .bind(amr.join(" "))
        .bind(*auth_time)
        .bind(device_id.clone())
        .bind(session.last_seen_at)
        .bind(session.expires_at)
        .must_touch(1)
}

/// The session of this browser, if it lives.
pub async fn current(app: &App, headers: &HeaderMap) -> anyhow::Result<Option<Session>> {
    let Some(digest) = current_digest(headers) else { return Ok(None) };
    let row = sql("select sid, national_id, means, acr, amr, auth_time, device_id, last_seen_at, expires_at from sessions where secret_digest = $1 and ended_at is null")
        .bind(digest)
        .fetch_optional(&app.database)
        .await?;
    alive(app, row)
}

/// The digest of this browser's session cookie: what a form is bound to.
pub fn current_digest(headers: &HeaderMap) -> Option<String> {
    Some(digest_of(&read_cookie(headers, COOKIE)?))
}

/// The session of this `sid`, if it lives.
pub async fn find(app: &App, sid: &str) -> anyhow::Result<Option<Session>> {
    let row = sql("select sid, national_id, means, acr, amr, auth_time, device_id, last_seen_at, expires_at from sessions where sid = $1 and ended_at is null")
        .bind(sid)
        .fetch_optional(&app.database)
        .await?;
    alive(app, row)
}

fn alive(app: &App, row: Option<Row>) -> anyhow::Result<Option<Session>> {
    let Some(row) = row else { return Ok(None) };
    let session = read(&row).context("a row of sessions makes no sense")?;
    Ok(session.is_alive(&app.config.sessions, app.clock.now()).then_some(session))
}

fn read(row: &Row) -> anyhow::Result<Session> {
    Ok(Session {
        sid: row.text("sid")?,
        authentication: Authentication {
            national_id: row.text("national_id")?,
            means: row.word("means")?,
            acr: row.word("acr")?,
            amr: row.text("amr")?.split(' ').map(Into::into).collect(),
            auth_time: row.integer("auth_time")?,
            device_id: row.optional_text("device_id")?,
        },
        last_seen_at: row.integer("last_seen_at")?,
        expires_at: row.integer("expires_at")?,
    })
}

/// Writes down that a session was used.
pub async fn touch(app: &App, session: &Session) -> anyhow::Result<()> {
    let now = app.clock.now();
    if now - session.last_seen_at < TOUCH_EVERY {
        return Ok(());
    }
    sql("update sessions set last_seen_at = $1 where sid = $2 and last_seen_at < $1 and ended_at is null")
        .bind(now)
        .bind(&session.sid)
        .execute(&app.database)
        .await?;
    Ok(())
}

/// Ends a session and what was granted under it; says whether it was alive.
/// `why` is a word for the audit trail.
/// In the same transaction every client that holds tokens of it is put down to
/// be told (Back-Channel Logout 1.0 §2.4).
pub async fn end(app: &App, sid: &str, why: &'static str) -> anyhow::Result<bool> {
    let now = app.clock.now();
    let session = find(app, sid).await?;
    let event = Event::of(Kind::Logout).session(sid).reason(why);
    let event = match &session {
        Some(session) => event.person(&session.authentication.national_id),
        None => event,
    };
    let end = sql("update sessions set ended_at = $1 where sid = $2 and ended_at is null")
        .bind(now)
        .bind(sid)
        .must_touch(1)
        .audited(event);
    let notices = sql("insert into logout_notices (sid, client_id, national_id, attempts, next_at, ended_at)
         select distinct sid, client_id, national_id, 0, cast($1 as bigint), cast($1 as bigint) from grants where sid = $2
         on conflict do nothing")
        .bind(now)
        .bind(sid);
    let ended = app.database.all_or_nothing(vec![end, notices]).await?;
    if ended {
        app.wake.notify(ENDED);
    }
    Ok(ended)
}

/// What to watch to hear that sessions have ended.
pub const ENDED: &str = "sessions ended";

/// Forgets what is over. An ended session stays a while, so that a late token
/// is told "ended" and not "unknown".
pub async fn sweep(app: &App, now: UnixTime) -> anyhow::Result<()> {
    sql("delete from sessions where expires_at < $1")
        .bind(now - 600)
        .execute(&app.database)
        .await?;
    Ok(())
}

/// Removes the session cookie from the browser.
pub fn forget_cookie() -> HeaderValue {
    set_cookie(COOKIE, "", Some(0))
}
