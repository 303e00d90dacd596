//! Requests that wait for a phone, and how they ended.

use anyhow::Context;
use openpsc_protocol::ecps::{RequestState, Start};

use super::super::{
    push_limits::HORIZON,
    request::{Request, may_become},
    words::{self, word},
};
use crate::{
    clock::UnixTime,
    database::{Database, Row, Statement, sql},
};

fn read(row: &Row) -> anyhow::Result<Request> {
    let rid = row.text("rid")?;
    let answer = || -> anyhow::Result<Option<(u64, String)>> {
        let (ctr, chain) =
            (row.optional_integer("answer_ctr")?, row.optional_text("answer_chain")?);
        Ok(match (ctr, chain) {
            (Some(ctr), Some(chain)) => {
                Some((u64::try_from(ctr).context("column answer_ctr is negative")?, chain))
            }
            _ => None,
        })
    };
    let read = || -> anyhow::Result<Request> {
        Ok(Request {
            rid: rid.clone(),
            client_id: row.text("client_id")?,
            client_name: row.text("client_name")?,
            acr: row
                .optional_text("acr")?
                .map(|level| level.parse().context("column acr holds no level"))
                .transpose()?,
            lang: row.text("lang")?,
            origin: row.json("origin")?,
            start: words::read(row, "start")?,
            number: row.optional_text("number")?,
            message: row.optional_text("message")?,
            nonce: row.text("nonce")?,
            national_id: row.optional_text("national_id")?,
            device_id: row.optional_text("device_id")?,
            challenge: row.optional_text("challenge")?,
            state: words::read(row, "state")?,
            decision_digest: row.optional_text("decision_digest")?,
            answer: answer()?,
            created_at: row.integer("created_at")?,
            expires_at: row.integer("expires_at")?,
            decided_at: row.optional_integer("decided_at")?,
        })
    };
    read().with_context(|| format!("e-CPS request {rid} makes no sense"))
}

macro_rules! select {
    ($rest:literal) => {
        sql(concat!(
            "select rid, client_id, client_name, acr, lang, origin, start, number, message, nonce, ",
            "national_id, device_id, challenge, state, decision_digest, answer_ctr, answer_chain, ",
            "created_at, expires_at, decided_at from ecps_requests ",
            $rest
        ))
    };
}

/// One request.
pub(in super::super) async fn find(
    database: &Database,
    rid: &str,
) -> anyhow::Result<Option<Request>> {
    let row = select!("where rid = $1").bind(rid).fetch_optional(database).await?;
    row.as_ref().map(read).transpose()
}

/// The request of a kind that a login already has and that still waits.
pub(in super::super) async fn live_of_login(
    database: &Database,
    login_id: &str,
    browser_digest: &str,
    start: Start,
    now: UnixTime,
) -> anyhow::Result<Option<String>> {
    let row = sql("select rid from ecps_requests where login_id = $1 and browser_digest = $2 \
                   and start = $3 and state in ('pending', 'fetched') and expires_at > $4 \
                   order by created_at desc limit 1")
    .bind(login_id)
    .bind(browser_digest)
    .bind(word(start))
    .bind(now)
    .fetch_optional(database)
    .await?;
    row.map(|row| row.text("rid")).transpose()
}

/// What waits for a phone, oldest first.
pub(in super::super) async fn waiting_for(
    database: &Database,
    device_id: &str,
    now: UnixTime,
) -> anyhow::Result<Vec<Request>> {
    let rows = select!(
        "where device_id = $1 and state in ('pending', 'fetched') and expires_at > $2 \
         order by created_at, rid limit 20"
    )
    .bind(device_id)
    .bind(now)
    .fetch_all(database)
    .await?;
    rows.iter().map(read).collect()
}

/// What reached a phone, newest first.
pub(in super::super) async fn history_of(
    database: &Database,
    device_id: &str,
) -> anyhow::Result<Vec<Request>> {
    let rows = select!(
        "where device_id = $1 and challenge is not null order by created_at desc, rid limit 50"
    )
    .bind(device_id)
    .fetch_all(database)
    .await?;
    rows.iter().map(read).collect()
}

/// A request that nobody has answered yet.
pub(in super::super) struct NewRequest<'a> {
    pub(in super::super) login_id: &'a str,
    pub(in super::super) browser_digest: &'a str,
    pub(in super::super) request: &'a Request,
}

/// Adds a request. A push finds no place while another of the same person
/// waits, nor when the last hour has seen another number of them than `seen`:
/// one has come in between, and the limits must be looked at again.
pub(in super::super) fn insert(new: &NewRequest<'_>, seen: i64) -> Statement {
    let request = new.request;
    let origin =
        serde_json::to_string(&request.origin).expect("three strings always have a JSON form");
    sql("insert into ecps_requests (rid, login_id, browser_digest, client_id, client_name, acr, \
         lang, origin, start, number, nonce, national_id, device_id, state, created_at, \
         expires_at, message) \
         select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'pending', $14, $15, $18 \
         where $9 <> 'push' or $16 = (select count(*) from ecps_requests \
         where national_id = $12 and start = 'push' and created_at > $17) \
         on conflict do nothing")
    .bind(&request.rid)
    .bind(new.login_id)
    .bind(new.browser_digest)
    .bind(&request.client_id)
    .bind(&request.client_name)
    .bind(request.acr.map(|level| level.as_str()))
    .bind(&request.lang)
    .bind(origin)
    .bind(word(request.start))
    .bind(request.number.clone())
    .bind(&request.nonce)
    .bind(request.national_id.clone())
    .bind(request.device_id.clone())
    .bind(request.created_at)
    .bind(request.expires_at)
    .bind(seen)
    .bind(request.created_at - HORIZON)
    .bind(request.message.clone())
    .must_touch(1)
}

/// A phone takes a request: it gets its challenge, once.
pub(in super::super) fn fetched(
    rid: &str,
    device_id: &str,
    national_id: &str,
    challenge: &str,
    now: UnixTime,
) -> Statement {
    debug_assert!(may_become(RequestState::Pending, RequestState::Fetched));
    sql("update ecps_requests set state = 'fetched', device_id = $2, national_id = $3, \
         challenge = $4 where rid = $1 and state = 'pending' and expires_at > $5 \
         and (device_id is null or device_id = $2)")
    .bind(rid)
    .bind(device_id)
    .bind(national_id)
    .bind(challenge)
    .bind(now)
    .must_touch(1)
}

/// A decision that moves a request, and the answer to give when asked again.
pub(in super::super) fn decided(
    request: &Request,
    to: RequestState,
    decision_digest: &str,
    answer: Option<(u64, &str)>,
    now: UnixTime,
) -> Statement {
    debug_assert!(may_become(RequestState::Fetched, to));
    let (ctr, chain) = answer.unzip();
    sql("update ecps_requests set state = $3, decision_digest = $4, answer_ctr = $5, \
         answer_chain = $6, decided_at = $7 \
         where rid = $1 and device_id = $2 and state = 'fetched' and expires_at > $7")
    .bind(&request.rid)
    .bind(request.device_id.clone())
    .bind(word(to))
    .bind(decision_digest)
    .bind(ctr.map(|ctr| i64::try_from(ctr).unwrap_or(i64::MAX)))
    .bind(chain)
    .bind(now)
    .must_touch(1)
}

/// The browser that asked, and the login that asked, take the approval.
pub(in super::super) fn consumed(
    rid: &str,
    login_id: &str,
    browser_digest: &str,
    approved_after: UnixTime,
) -> Statement {
    debug_assert!(may_become(RequestState::Approved, RequestState::Consumed));
    sql("update ecps_requests set state = 'consumed' where rid = $1 and login_id = $2 \
         and browser_digest = $3 and state = 'approved' and decided_at > $4")
    .bind(rid)
    .bind(login_id)
    .bind(browser_digest)
    .bind(approved_after)
    .must_touch(1)
}

/// The login page gives up.
pub(in super::super) fn cancelled(rid: &str) -> Statement {
    sql("update ecps_requests set state = 'cancelled' \
         where rid = $1 and state in ('pending', 'fetched')")
    .bind(rid)
}

/// The sandbox has answered in the person's place.
pub(in super::super) fn withdrawn(rid: &str, to: RequestState, now: UnixTime) -> Statement {
    sql("update ecps_requests set state = $2, decided_at = $3 \
         where rid = $1 and state in ('pending', 'fetched')")
    .bind(rid)
    .bind(word(to))
    .bind(now)
}

/// A phone is gone: nothing it was asked, and nothing it has approved that no
/// browser has used yet, stands.
pub(in super::super) fn cancelled_of_device(device_id: &str) -> Statement {
    sql("update ecps_requests set state = 'cancelled' \
         where device_id = $1 and state in ('pending', 'fetched', 'approved')")
    .bind(device_id)
}

/// The same for every phone of a person but one.
pub(in super::super) fn cancelled_of_others(national_id: &str, device_id: &str) -> Statement {
    sql("update ecps_requests set state = 'cancelled' \
         where state in ('pending', 'fetched', 'approved') and device_id in \
         (select device_id from ecps_devices where national_id = $1 and device_id <> $2)")
    .bind(national_id)
    .bind(device_id)
}

/// The pages that watch what [`cancelled_of_device`] ends.
pub(in super::super) async fn rids_of_device(
    database: &Database,
    device_id: &str,
) -> anyhow::Result<Vec<String>> {
    let rows = sql("select rid from ecps_requests \
                    where device_id = $1 and state in ('pending', 'fetched', 'approved')")
    .bind(device_id)
    .fetch_all(database)
    .await?;
    rows.iter().map(|row| row.text("rid")).collect()
}

/// Requests that time has ended and nobody has written down yet, a hundred at
/// a time.
pub(in super::super) async fn overdue(
    database: &Database,
    now: UnixTime,
) -> anyhow::Result<Vec<Request>> {
    let rows = select!(
        "where expires_at <= $1 and state in ('pending', 'fetched') order by expires_at limit 100"
    )
    .bind(now)
    .fetch_all(database)
    .await?;
    rows.iter().map(read).collect()
}

/// Writes down that time has ended a request.
pub(in super::super) fn expired(rid: &str, now: UnixTime) -> Statement {
    debug_assert!(may_become(RequestState::Fetched, RequestState::Expired));
    sql("update ecps_requests set state = 'expired' \
         where rid = $1 and expires_at <= $2 and state in ('pending', 'fetched')")
    .bind(rid)
    .bind(now)
}

/// Forgets what ended long ago. A request that reached no phone is forgotten
/// after a day.
pub(in super::super) fn sweep(now: UnixTime, keep: i64) -> Vec<Statement> {
    vec![
        sql("delete from ecps_requests where created_at <= $1 and challenge is null")
            .bind(now - 24 * 60 * 60),
        sql("delete from ecps_requests where created_at <= $1").bind(now - keep),
    ]
}
