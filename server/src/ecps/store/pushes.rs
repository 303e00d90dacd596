//! How often a person was rung lately, and whether they asked to be left alone.

use super::super::push_limits::{Block, HORIZON};
use crate::{
    clock::UnixTime,
    database::{Database, Statement, sql},
};

/// The starts that count: in the last hour, since the last success.
pub(in super::super) async fn starts_of(
    database: &Database,
    national_id: &str,
    now: UnixTime,
) -> anyhow::Result<Vec<UnixTime>> {
    let rows = sql("select created_at from ecps_requests where national_id = $1 \
                    and start = 'push' and created_at > $2 and created_at >= coalesce( \
                    (select max(decided_at) from ecps_requests where national_id = $1 \
                    and created_at > $2 and state in ('approved', 'consumed')), 0) \
                    and state not in ('approved', 'consumed') \
                    order by created_at desc limit 20")
    .bind(national_id)
    .bind(now - HORIZON)
    .fetch_all(database)
    .await?;
    rows.iter().map(|row| row.integer("created_at")).collect()
}

/// How many starts the last hour has seen, whatever became of them: what a new
/// start must still find when it is written.
pub(in super::super) async fn seen_of(
    database: &Database,
    national_id: &str,
    now: UnixTime,
) -> anyhow::Result<i64> {
    let row = sql("select count(*) as seen from ecps_requests where national_id = $1 \
                   and start = 'push' and created_at > $2")
    .bind(national_id)
    .bind(now - HORIZON)
    .fetch_optional(database)
    .await?;
    row.map_or(Ok(0), |row| row.integer("seen"))
}

/// The person's last complaint, if it is remembered.
pub(in super::super) async fn block_of(
    database: &Database,
    national_id: &str,
    now: UnixTime,
) -> anyhow::Result<Option<Block>> {
    let row = sql("select times, blocked_until from ecps_push_blocks \
                   where national_id = $1 and expires_at > $2")
    .bind(national_id)
    .bind(now)
    .fetch_optional(database)
    .await?;
    row.map(|row| {
        Ok(Block { times: row.integer("times")?, blocked_until: row.integer("blocked_until")? })
    })
    .transpose()
}

/// Keeps a complaint in place of the one before.
pub(in super::super) fn block(national_id: &str, block: Block) -> Statement {
    sql("insert into ecps_push_blocks (national_id, times, blocked_until, expires_at) \
         values ($1, $2, $3, $4) on conflict (national_id) do update set \
         times = excluded.times, blocked_until = excluded.blocked_until, \
         expires_at = excluded.expires_at")
    .bind(national_id)
    .bind(block.times)
    .bind(block.blocked_until)
    .bind(block.forgotten_at())
}

/// The requests that a new push takes the place of.
pub(in super::super) async fn live_of(
    database: &Database,
    national_id: &str,
) -> anyhow::Result<Vec<String>> {
    let rows = sql("select rid from ecps_requests where national_id = $1 and start = 'push' \
                    and state in ('pending', 'fetched')")
    .bind(national_id)
    .fetch_all(database)
    .await?;
    rows.iter().map(|row| row.text("rid")).collect()
}

/// A newer push takes the place of those that wait.
pub(in super::super) fn supersede(national_id: &str, now: UnixTime) -> Statement {
    sql("update ecps_requests set state = \
         case when expires_at <= $2 then 'expired' else 'superseded' end \
         where national_id = $1 and start = 'push' and state in ('pending', 'fetched')")
    .bind(national_id)
    .bind(now)
}

/// Forgets old complaints.
pub(in super::super) fn sweep(now: UnixTime) -> Statement {
    sql("delete from ecps_push_blocks where expires_at <= $1").bind(now)
}
