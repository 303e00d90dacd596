//! Sessions at rest.

use anyhow::Context;
use axum::http::{HeaderMap, HeaderValue};
use openpsc_protocol::ecps::Origin;

use super::{Authentication, Session, cookie::state_cookie, ending, read_cookie, set_cookie};
use crate::{
    app::App,
    clock::UnixTime,
    database::{Row, Statement, sql},
    secret::{digest_of, random_token},
};

const COOKIE: &str = "__Host-openpsc-session";

/// Use is written down at most once in so many seconds: half of the flows
/// would otherwise be a write.
const TOUCH_EVERY: i64 = 60;

/// Nobody has more sessions to look at than these.
const MOST_LISTED: i64 = 100;

/// A session that a login has just made.
pub struct Started {
    /// The session.
    pub session: Session,
    /// Keeps it, in the transaction that ends the login.
    pub keep: Statement,
    /// Give it to the browser: the session, and its state for frames.
    pub cookies: [HeaderValue; 2],
    /// Another person's session in this browser: one browser, one person, so
    /// that it must end once this one is kept.
    pub replaced: Option<String>,
}

/// Makes a session for a login. The same person logging in again keeps the
/// `sid`; anybody else starts afresh.
///
/// `origin` is the browser; `None` when a service logs the person in without
/// a page.
pub fn start(
    app: &App,
    authentication: Authentication,
    origin: Option<Origin>,
    previous: Option<&Session>,
) -> Started {
    let now = app.clock.now();
    let secret = random_token();
    let settings = &app.config.sessions;
    let kept = previous.filter(|it| it.authentication.national_id == authentication.national_id);
    // Ordered by time: sessions begun together lie together in every index.
    let sid = kept.map_or_else(|| uuid::Uuid::now_v7().to_string(), |session| session.sid.clone());
    let session = Session {
        sid,
        authentication,
        origin,
        started_at: kept.map_or(now, |session| session.started_at),
        last_seen_at: now,
        expires_at: now + settings.absolute,
    };
    let keep = upsert(&session, &digest_of(&secret));
    let state = state_cookie(Some(&session.sid), settings.absolute, is_https(app));
    let cookies = [set_cookie(COOKIE, &secret, None), state];
    let replaced = previous.filter(|it| it.sid != session.sid).map(|it| it.sid.clone());
    Started { session, keep, cookies, replaced }
}

fn upsert(session: &Session, secret_digest: &str) -> Statement {
    let Authentication { national_id, means, acr, amr, auth_time, device_id } =
        &session.authentication;
    sql("insert into sessions (sid, secret_digest, national_id, means, acr, amr, auth_time, device_id, last_seen_at, expires_at, origin, started_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict (sid) do update set secret_digest = excluded.secret_digest, means = excluded.means,
           acr = excluded.acr, amr = excluded.amr, auth_time = excluded.auth_time, device_id = excluded.device_id,
           last_seen_at = excluded.last_seen_at, expires_at = excluded.expires_at, origin = excluded.origin
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
        .bind(session.origin.as_ref().map(origin_text))
        .bind(session.started_at)
        .must_touch(1)
}

fn origin_text(origin: &Origin) -> String {
    serde_json::to_string(origin).expect("three strings always have a JSON form")
}

/// The session of this browser, if it lives.
pub async fn current(app: &App, headers: &HeaderMap) -> anyhow::Result<Option<Session>> {
    let Some(digest) = current_digest(headers) else { return Ok(None) };
    let row = sql("select sid, national_id, means, acr, amr, auth_time, device_id, last_seen_at, expires_at, origin, started_at from sessions where secret_digest = $1 and ended_at is null")
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
    let row = sql("select sid, national_id, means, acr, amr, auth_time, device_id, last_seen_at, expires_at, origin, started_at from sessions where sid = $1 and ended_at is null")
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
        origin: row
            .optional_text("origin")?
            .map(|text| serde_json::from_str(&text))
            .transpose()
            .context("column origin holds JSON of another shape")?,
        started_at: row.integer("started_at")?,
        last_seen_at: row.integer("last_seen_at")?,
        expires_at: row.integer("expires_at")?,
    })
}

/// Writes down that a session was used, and answers how it stands then.
pub async fn touch(app: &App, session: Session) -> anyhow::Result<Session> {
    let now = app.clock.now();
    if now - session.last_seen_at < TOUCH_EVERY {
        return Ok(session);
    }
    sql("update sessions set last_seen_at = $1 where sid = $2 and last_seen_at < $1 and ended_at is null")
        .bind(now)
        .bind(&session.sid)
        .execute(&app.database)
        .await?;
    Ok(Session { last_seen_at: now, ..session })
}

/// A person's sessions that live, the one used last first.
pub async fn of_person(app: &App, national_id: &str) -> anyhow::Result<Vec<Session>> {
    let rows = sql("select sid, national_id, means, acr, amr, auth_time, device_id, last_seen_at, expires_at, origin, started_at from sessions where national_id = $1 and ended_at is null and expires_at > $2 order by last_seen_at desc, sid limit $3")
        .bind(national_id)
        .bind(app.clock.now())
        .bind(MOST_LISTED)
        .fetch_all(&app.database)
        .await?;
    let sessions = rows.into_iter().map(|row| alive(app, Some(row)));
    Ok(sessions.collect::<anyhow::Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// Forgets what is over. An ended session stays a while, so that a late token
/// is told "ended" and not "unknown".
pub async fn sweep(app: &App, now: UnixTime) -> anyhow::Result<()> {
    if app.config.sessions.tell_of_expiry {
        ending::end_expired(app, now).await?;
    }
    sql("delete from sessions where expires_at < $1")
        .bind(now - 600)
        .execute(&app.database)
        .await?;
    Ok(())
}

/// Removes the session and its state from the browser.
pub fn forget_cookies(app: &App) -> [HeaderValue; 2] {
    [set_cookie(COOKIE, "", Some(0)), state_cookie(None, 0, is_https(app))]
}

/// What a browser is told that shows the cookie of a session which is over, so
/// that its state does not outlive it; nothing to any other.
pub fn forget_dead(app: &App, headers: &HeaderMap, session: Option<&Session>) -> Vec<HeaderValue> {
    if session.is_none() && current_digest(headers).is_some() {
        forget_cookies(app).into()
    } else {
        Vec::new()
    }
}

fn is_https(app: &App) -> bool {
    app.config.public_url.starts_with("https:")
}
