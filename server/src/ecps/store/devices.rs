//! Phones.

use anyhow::Context;
use openpsc_protocol::ecps::{DeviceState, PublicKey};

use super::super::{
    device::{Device, EvaluatedFor},
    words,
};
use crate::{
    clock::UnixTime,
    database::{Database, Row, Statement, sql},
};

fn read(row: &Row) -> anyhow::Result<Device> {
    let device_id = row.text("device_id")?;
    let number = |column| -> anyhow::Result<u64> {
        u64::try_from(row.integer(column)?).with_context(|| format!("column {column} is negative"))
    };
    let read = || -> anyhow::Result<Device> {
        Ok(Device {
            device_id: device_id.clone(),
            national_id: row.text("national_id")?,
            label: row.text("label")?,
            state: words::read(row, "state")?,
            k1: row.json("k1")?,
            k2: row
                .optional_text("k2")?
                .map(|key| serde_json::from_str(&key))
                .transpose()
                .context("column k2 holds no key")?,
            oprf_version: row.integer("oprf_version")?,
            oprf_next: row.integer("oprf_next")?,
            ctr: number("ctr")?,
            chain: row.text("chain")?,
            previous_chain: row.optional_text("previous_chain")?,
            last_rid: row.optional_text("last_rid")?,
            pin_failures: u32::try_from(row.integer("pin_failures")?)
                .context("column pin_failures is out of range")?,
            pin_locked_until: row.integer("pin_locked_until")?,
            evaluated_for: row
                .optional_text("evaluated_for")?
                .map(|text| EvaluatedFor::from_text(&text).context("column evaluated_for"))
                .transpose()?,
            evaluated_at: row.integer("evaluated_at")?,
            created_at: row.integer("created_at")?,
            last_seen_at: row.integer("last_seen_at")?,
            expires_at: row.integer("expires_at")?,
        })
    };
    read().with_context(|| format!("e-CPS device {device_id} makes no sense"))
}

macro_rules! select {
    ($rest:literal) => {
        sql(concat!(
            "select device_id, national_id, label, state, k1, k2, oprf_version, oprf_next, ctr, ",
            "chain, previous_chain, last_rid, pin_failures, pin_locked_until, evaluated_for, ",
            "evaluated_at, created_at, last_seen_at, expires_at from ecps_devices ",
            $rest
        ))
    };
}

/// One phone.
pub(in super::super) async fn find(
    database: &Database,
    device_id: &str,
) -> anyhow::Result<Option<Device>> {
    let row = select!("where device_id = $1").bind(device_id).fetch_optional(database).await?;
    row.as_ref().map(read).transpose()
}

/// The phone that may approve for a person.
pub(in super::super) async fn active_of(
    database: &Database,
    national_id: &str,
) -> anyhow::Result<Option<Device>> {
    let row = select!("where national_id = $1 and state = 'active'")
        .bind(national_id)
        .fetch_optional(database)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Every phone of a person, newest first.
pub(in super::super) async fn all_of(
    database: &Database,
    national_id: &str,
) -> anyhow::Result<Vec<Device>> {
    let rows = select!("where national_id = $1 order by created_at desc, device_id limit 50")
        .bind(national_id)
        .fetch_all(database)
        .await?;
    rows.iter().map(read).collect()
}

/// Adds a phone that has claimed an enrolment.
pub(in super::super) fn insert(
    device_id: &str,
    national_id: &str,
    label: &str,
    k1: &PublicKey,
    chain: &str,
    now: UnixTime,
    expires_at: UnixTime,
) -> Statement {
    sql("insert into ecps_devices (device_id, national_id, label, state, k1, oprf_version, \
         oprf_next, ctr, chain, pin_failures, pin_locked_until, evaluated_at, created_at, \
         last_seen_at, expires_at) \
         values ($1, $2, $3, 'claimed', $4, 1, 1, 0, $5, 0, 0, 0, $6, $6, $7)")
    .bind(device_id)
    .bind(national_id)
    .bind(label)
    .bind(key_text(k1))
    .bind(chain)
    .bind(now)
    .bind(expires_at)
    .must_touch(1)
}

/// Keeps the first PIN's key.
pub(in super::super) fn set_pin(device_id: &str, k2: &PublicKey) -> Statement {
    sql("update ecps_devices set k2 = $2, state = 'pin_set' \
         where device_id = $1 and state = 'claimed'")
    .bind(device_id)
    .bind(key_text(k2))
    .must_touch(1)
}

/// Lets a phone approve.
pub(in super::super) fn activate(device_id: &str, expires_at: UnixTime) -> Statement {
    sql("update ecps_devices set state = 'active', expires_at = $2 \
         where device_id = $1 and state = 'pin_set'")
    .bind(device_id)
    .bind(expires_at)
    .must_touch(1)
}

/// Ends every other phone of a person.
pub(in super::super) fn revoke_others(
    national_id: &str,
    device_id: &str,
    now: UnixTime,
) -> Statement {
    sql("update ecps_devices set state = 'revoked', ended_at = $3 \
         where national_id = $1 and device_id <> $2 \
         and state in ('claimed', 'pin_set', 'active', 'pin_locked', 'suspended')")
    .bind(national_id)
    .bind(device_id)
    .bind(now)
}

/// Ends a phone for good, whatever it was about to do.
pub(in super::super) fn end(device_id: &str, state: DeviceState, now: UnixTime) -> Statement {
    sql("update ecps_devices set state = $2, ended_at = $3, evaluated_for = null \
         where device_id = $1 and state in ('claimed', 'pin_set', 'active', 'pin_locked') \
         and state <> $2")
    .bind(device_id)
    .bind(words::word(state))
    .bind(now)
    .must_touch(1)
}

/// Counts a guess before it is answered. The locks of the ladder stand in the
/// `where`: the database holds them, not this process.
pub(in super::super) fn count_guess(
    device: &Device,
    locked_until: UnixTime,
    what: &EvaluatedFor,
    oprf_next: i64,
    now: UnixTime,
) -> Statement {
    sql("update ecps_devices set pin_failures = pin_failures + 1, pin_locked_until = $3, \
         evaluated_for = $4, evaluated_at = $5, oprf_next = $6 \
         where device_id = $1 and state = 'active' and pin_failures = $2 and pin_failures < 9 \
         and pin_locked_until <= $5 and oprf_next = $7")
    .bind(&device.device_id)
    .bind(device.pin_failures)
    .bind(locked_until)
    .bind(what.to_text())
    .bind(now)
    .bind(oprf_next)
    .bind(device.oprf_next)
    .must_touch(1)
}

/// The old PIN was evaluated; now the new one is, once.
pub(in super::super) fn evaluate_new_pin(device_id: &str, oprf_next: i64) -> Statement {
    sql("update ecps_devices set evaluated_for = 'change:new' where device_id = $1 \
         and state = 'active' and evaluated_for = 'change:old' and oprf_next = $2")
    .bind(device_id)
    .bind(oprf_next)
    .must_touch(1)
}

/// A decision was taken: the counter moves, and a full success forgives the
/// wrong PINs.
pub(in super::super) fn decided(device: &Device, next_chain: &str, rid: &str) -> Statement {
    sql("update ecps_devices set ctr = ctr + 1, previous_chain = chain, chain = $4, last_rid = $5 \
         where device_id = $1 and state = 'active' and ctr = $2 and chain = $3")
    .bind(&device.device_id)
    .bind(i64::try_from(device.ctr).unwrap_or(i64::MAX))
    .bind(&device.chain)
    .bind(next_chain)
    .bind(rid)
    .must_touch(1)
}

/// The evaluation proved right: no PIN was wrong.
pub(in super::super) fn forgive(device: &Device) -> Statement {
    sql("update ecps_devices set pin_failures = 0, pin_locked_until = 0, evaluated_for = null \
         where device_id = $1 and state = 'active' and pin_failures = $2 and evaluated_for = $3")
    .bind(&device.device_id)
    .bind(device.pin_failures)
    .bind(device.evaluated_for.as_ref().map(EvaluatedFor::to_text))
    .must_touch(1)
}

/// The evaluation proved right, and nothing came of it: its guess is taken off
/// the count, earlier ones are not.
pub(in super::super) fn uncount(device: &Device) -> Statement {
    sql("update ecps_devices set pin_failures = pin_failures - 1, pin_locked_until = 0, evaluated_for = null \
         where device_id = $1 and state = 'active' and pin_failures = $2 and pin_failures > 0 and evaluated_for = $3")
    .bind(&device.device_id)
    .bind(device.pin_failures)
    .bind(device.evaluated_for.as_ref().map(EvaluatedFor::to_text))
    .must_touch(1)
}

/// The evaluation is spent without a success: its guess stays counted.
pub(in super::super) fn spend_evaluation(
    device: &Device,
    locked_until: UnixTime,
    state: DeviceState,
    now: UnixTime,
) -> Statement {
    sql("update ecps_devices set evaluated_for = null, pin_locked_until = $4, state = $5, \
         ended_at = case when $5 = 'active' then null else $6 end \
         where device_id = $1 and state = 'active' and pin_failures = $2 and evaluated_for = $3")
    .bind(&device.device_id)
    .bind(device.pin_failures)
    .bind(device.evaluated_for.as_ref().map(EvaluatedFor::to_text))
    .bind(locked_until)
    .bind(words::word(state))
    .bind(now)
    .must_touch(1)
}

/// The PIN has changed: the count is what it was before the change began.
pub(in super::super) fn change_pin(device: &Device, k2: &PublicKey) -> Statement {
    sql("update ecps_devices set k2 = $3, oprf_version = oprf_next, evaluated_for = null, \
         pin_failures = pin_failures - 1, pin_locked_until = 0 \
         where device_id = $1 and state = 'active' and pin_failures = $2 and pin_failures > 0 \
         and evaluated_for = 'change:new' and oprf_next = $4")
    .bind(&device.device_id)
    .bind(device.pin_failures)
    .bind(key_text(k2))
    .bind(device.oprf_next)
    .must_touch(1)
}

/// Notes that a phone spoke, once a minute at most.
pub(in super::super) fn seen(device_id: &str, now: UnixTime) -> Statement {
    sql("update ecps_devices set last_seen_at = $2 where device_id = $1 and last_seen_at < $2 - 60")
        .bind(device_id)
        .bind(now)
}

/// Writes down what time and the ninth wrong PIN have ended, and forgets what
/// ended long ago or was never finished.
pub(in super::super) fn sweep(now: UnixTime, keep: i64) -> Vec<Statement> {
    vec![
        sql("update ecps_devices set state = 'expired', ended_at = $1 \
             where expires_at <= $1 and state in ('claimed', 'pin_set', 'active')")
        .bind(now),
        sql("update ecps_devices set state = 'pin_locked', ended_at = $1 \
             where state = 'active' and pin_failures >= 9 and evaluated_at <= $2")
        .bind(now)
        .bind(now - super::super::pin_lock::PATIENCE),
        sql("delete from ecps_devices where ended_at <= $1").bind(now - keep),
    ]
}

fn key_text(key: &PublicKey) -> String {
    serde_json::to_string(key).expect("four strings always have a JSON form")
}
