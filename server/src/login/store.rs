//! Logins at rest.

use anyhow::Context;
use axum::http::{HeaderMap, HeaderValue};

use super::pending::{Login, State};
use crate::{
    app::App,
    audit::Event,
    authorize::AuthorizationRequest,
    browser::{browser, browser_cookie},
    clock::UnixTime,
    database::{Row, Statement, sql},
    secret::{digest_of, random_token},
    serve::Peer,
    throttle::{self, Caller, Limit},
};

/// Rows stay this long after their end, so that a page left open for hours can
/// say what happened.
const REMEMBER: i64 = 24 * 3600;

/// A login that has begun.
pub struct Begun {
    /// Stands in the address of its pages.
    pub handle: String,
    /// Binds it to this browser.
    pub cookie: HeaderValue,
}

/// Whether a caller may begin one more login, or in how many seconds.
pub fn may_begin(app: &App, peer: Peer, client_id: &str) -> Result<(), i64> {
    let settings = &app.config.login;
    let limit = |calls: u32| Limit { calls: calls as usize, seconds: 60 };
    let (who, client) = (peer.network(), Some(client_id));
    let there = Caller { who: &who, client };
    throttle::brake(app, "logins from an address", there, limit(settings.starts_per_address))?;
    let here = Caller { who: client_id, client };
    throttle::brake(app, "logins of a client", here, limit(settings.starts_per_client))
}

/// Begins a login for this browser.
pub async fn begin(
    app: &App,
    request: AuthorizationRequest,
    headers: &HeaderMap,
) -> anyhow::Result<Begun> {
    let browser = browser(headers).unwrap_or_else(random_token);
    let handle = random_token();
    let browser_digest = digest_of(&browser);
    let now = app.clock.now();
    let settings = &app.config.login;
    let insert = sql("insert into logins (id, browser_digest, client_id, request, state, created_at, expires_at) values ($1, $2, $7, $3, $4, $5, $6)")
        .bind(digest_of(&handle))
        .bind(&browser_digest)
        .bind(serde_json::to_string(&request).context("could not write a request")?)
        .bind(State::Pending.as_str())
        .bind(now)
        .bind(now + settings.lifetime)
        .bind(&request.client_id);
    // The new one stays, also when others began in the same second.
    let make_room = sql("delete from logins where browser_digest = $1 and id <> $2 and id not in
         (select id from logins where browser_digest = $1 and id <> $2 order by created_at desc, id limit $3)")
    .bind(&browser_digest)
    .bind(digest_of(&handle))
    .bind(settings.per_browser.saturating_sub(1));
    app.database.all_or_nothing(vec![insert, make_room]).await.context("could not keep a login")?;
    Ok(Begun { handle, cookie: browser_cookie(&browser) })
}

/// The login of this handle, whichever browser asks.
pub(super) async fn find(app: &App, handle: &str) -> anyhow::Result<Option<Login>> {
    let row = sql("select id, browser_digest, request, state, sid, rid, qr_rid, expires_at from logins where id = $1")
        .bind(digest_of(handle))
        .fetch_optional(&app.database)
        .await?;
    row.as_ref().map(|row| read(row, handle)).transpose().context("a row of logins makes no sense")
}

fn read(row: &Row, handle: &str) -> anyhow::Result<Login> {
    Ok(Login {
        handle: handle.to_owned(),
        id: row.text("id")?,
        browser_digest: row.text("browser_digest")?,
        request: row.json("request")?,
        state: row.word("state")?,
        sid: row.optional_text("sid")?,
        rid: row.optional_text("rid")?,
        qr_rid: row.optional_text("qr_rid")?,
        expires_at: row.integer("expires_at")?,
    })
}

/// Remembers the request sent to a phone.
pub(super) async fn set_rid(app: &App, login: &Login, rid: Option<&str>) -> anyhow::Result<()> {
    sql("update logins set rid = $1 where id = $2")
        .bind(rid.map(str::to_owned))
        .bind(&login.id)
        .execute(&app.database)
        .await?;
    Ok(())
}

/// Remembers the request behind the QR code.
pub(super) async fn set_qr_rid(app: &App, login: &Login, rid: Option<&str>) -> anyhow::Result<()> {
    sql("update logins set qr_rid = $1 where id = $2")
        .bind(rid.map(str::to_owned))
        .bind(&login.id)
        .execute(&app.database)
        .await?;
    Ok(())
}

/// Ends a login in a session: exactly one caller does.
pub(super) fn finish(login: &Login, sid: &str, now: UnixTime) -> Statement {
    sql("update logins set state = $1, sid = $2 where id = $3 and state = $4 and expires_at > $5")
        .bind(State::Finished.as_str())
        .bind(sid)
        .bind(&login.id)
        .bind(State::Pending.as_str())
        .bind(now)
        .must_touch(1)
}

/// Ends a login without a session.
pub(super) async fn cancel(app: &App, login: &Login, event: Event) -> anyhow::Result<bool> {
    let cancelled = sql("update logins set state = $1 where id = $2 and state = $3")
        .bind(State::Cancelled.as_str())
        .bind(&login.id)
        .bind(State::Pending.as_str())
        .audited(event)
        .execute(&app.database)
        .await?;
    Ok(cancelled == 1)
}

/// Forgets what is over, and the oldest of what is too much.
pub async fn sweep(app: &App, now: UnixTime) -> anyhow::Result<()> {
    sql("delete from logins where expires_at < $1")
        .bind(now - REMEMBER)
        .execute(&app.database)
        .await?;
    let settings = &app.config.login;
    let crowded = sql("select client_id from logins group by client_id having count(*) > $1")
        .bind(settings.per_client)
        .fetch_all(&app.database)
        .await?;
    for client in crowded {
        sql("delete from logins where id in (select id from logins where client_id = $1
             order by created_at desc, id limit 9223372036854775807 offset $2)")
        .bind(client.text("client_id")?)
        .bind(settings.per_client)
        .execute(&app.database)
        .await?;
    }
    sql("delete from logins where id in (select id from logins
         order by created_at desc, id limit 9223372036854775807 offset $1)")
    .bind(settings.in_all)
    .execute(&app.database)
    .await?;
    Ok(())
}
