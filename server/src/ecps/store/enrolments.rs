//! Enrolments under way.

use anyhow::Context;

use super::super::enrolment::{Enrolment, EnrolmentState};
use crate::{
    clock::UnixTime,
    database::{Database, Row, Statement, sql},
};

fn read(row: &Row) -> anyhow::Result<Enrolment> {
    let id = row.text("id")?;
    let read = || -> anyhow::Result<Enrolment> {
        Ok(Enrolment {
            id: id.clone(),
            national_id: row.text("national_id")?,
            state: row.word::<EnrolmentState>("state")?,
            device_id: row.optional_text("device_id")?,
            expires_at: row.integer("expires_at")?,
        })
    };
    read().with_context(|| format!("e-CPS enrolment {id} makes no sense"))
}

/// One enrolment.
pub(in super::super) async fn find(
    database: &Database,
    id: &str,
) -> anyhow::Result<Option<Enrolment>> {
    let row = sql("select id, national_id, state, device_id, expires_at \
                   from ecps_enrolments where id = $1")
    .bind(id)
    .fetch_optional(database)
    .await?;
    row.as_ref().map(read).transpose()
}

/// The enrolment that a phone has claimed.
pub(in super::super) async fn of_device(
    database: &Database,
    device_id: &str,
) -> anyhow::Result<Option<Enrolment>> {
    let row = sql("select id, national_id, state, device_id, expires_at \
                   from ecps_enrolments where device_id = $1")
    .bind(device_id)
    .fetch_optional(database)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Adds an enrolment that waits for a phone.
pub(in super::super) fn insert(
    id: &str,
    national_id: &str,
    portal_digest: &str,
    now: UnixTime,
    expires_at: UnixTime,
) -> Statement {
    sql("insert into ecps_enrolments (id, national_id, portal_digest, state, created_at, \
         expires_at) values ($1, $2, $3, 'waiting', $4, $5)")
    .bind(id)
    .bind(national_id)
    .bind(portal_digest)
    .bind(now)
    .bind(expires_at)
}

/// A phone takes it: the code is burnt.
pub(in super::super) fn claim(
    id: &str,
    device_id: &str,
    now: UnixTime,
    expires_at: UnixTime,
) -> Statement {
    sql("update ecps_enrolments set state = 'claimed', device_id = $2, expires_at = $4 \
         where id = $1 and state = 'waiting' and expires_at > $3")
    .bind(id)
    .bind(device_id)
    .bind(now)
    .bind(expires_at)
    .must_touch(1)
}

/// Moves it on, while there is time.
pub(in super::super) fn advance(
    id: &str,
    from: EnrolmentState,
    to: EnrolmentState,
    now: UnixTime,
) -> Statement {
    sql("update ecps_enrolments set state = $3 \
         where id = $1 and state = $2 and expires_at > $4")
    .bind(id)
    .bind(from.as_str())
    .bind(to.as_str())
    .bind(now)
    .must_touch(1)
}

/// The browser that started it says yes: only that one may.
pub(in super::super) fn confirm(id: &str, portal_digest: &str, now: UnixTime) -> Statement {
    sql("update ecps_enrolments set state = 'active' where id = $1 and portal_digest = $2 \
         and state = 'pin_set' and expires_at > $3")
    .bind(id)
    .bind(portal_digest)
    .bind(now)
    .must_touch(1)
}

/// The browser that started it says no.
pub(in super::super) fn refuse(id: &str, portal_digest: &str) -> Statement {
    sql("update ecps_enrolments set state = 'over' where id = $1 and portal_digest = $2 \
         and state in ('waiting', 'claimed', 'pin_set')")
    .bind(id)
    .bind(portal_digest)
    .must_touch(1)
}

/// Ends what was never finished, with the phone that began it, and forgets it
/// after a day.
pub(in super::super) fn sweep(now: UnixTime) -> Vec<Statement> {
    vec![
        sql("update ecps_devices set state = 'revoked', ended_at = $1 \
             where state in ('claimed', 'pin_set') and device_id in \
             (select device_id from ecps_enrolments where expires_at <= $1 \
             and state in ('claimed', 'pin_set', 'over'))")
        .bind(now),
        sql("update ecps_enrolments set state = 'over' where expires_at <= $1 \
             and state in ('waiting', 'claimed', 'pin_set')")
        .bind(now),
        sql("delete from ecps_enrolments where expires_at <= $1").bind(now - 24 * 60 * 60),
    ]
}
