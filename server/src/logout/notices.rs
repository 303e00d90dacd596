//! Who must still be told that a session has ended: a queue that outlives us.

use super::back_channel::Notice;
use crate::{
    app::App,
    clock::UnixTime,
    database::{Statement, sql},
};

/// Notices told at once.
const GROUP: i64 = 64;

/// A node that takes a notice and dies leaves it to the others after so long.
const LEASE: i64 = 60;

/// A client that has not listened for a day is not told any more.
const GIVE_UP: i64 = 24 * 3600;

/// Takes the notices that are due; no other node gets the same.
pub(super) async fn take(app: &App) -> anyhow::Result<Vec<Notice>> {
    let now = app.clock.now();
    let rows = sql("update logout_notices set next_at = $1, attempts = attempts + 1
         where next_at <= $2 and national_id || ' ' || sid || ' ' || client_id in
           (select national_id || ' ' || sid || ' ' || client_id from logout_notices where next_at <= $2 order by next_at limit $3)
         returning sid, client_id, national_id, attempts, ended_at")
        .bind(now + LEASE)
        .bind(now)
        .bind(GROUP)
        .returning_all(&app.database)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Notice {
                sid: Some(row.text("sid")?).filter(|sid| !sid.is_empty()),
                client_id: row.text("client_id")?,
                national_id: row.text("national_id")?,
                attempts: row.integer("attempts")?,
                ended_at: row.integer("ended_at")?,
            })
        })
        .collect()
}

/// The client has been told, or need not be.
pub(super) fn done(notice: &Notice) -> Statement {
    // Another end of the meantime has a notice of its own in the same row.
    sql("delete from logout_notices where sid = $1 and client_id = $2 and national_id = $3 and ended_at = $4")
        .bind(key(notice))
        .bind(&notice.client_id)
        .bind(&notice.national_id)
        .bind(notice.ended_at)
}

/// When to try again: 2 s, 8 s, 32 s, … an hour at the most; then not at all.
pub(super) fn next_try(notice: &Notice, now: UnixTime) -> Option<UnixTime> {
    let exponent = u32::try_from(notice.attempts.clamp(1, 6) - 1).unwrap_or(0);
    let pause = (2 * 4_i64.pow(exponent)).min(3600);
    (now + pause < notice.ended_at + GIVE_UP).then_some(now + pause)
}

/// The client did not listen: another time.
pub(super) fn again(notice: &Notice, at: UnixTime) -> Statement {
    sql("update logout_notices set next_at = $1 where sid = $2 and client_id = $3 and national_id = $4 and ended_at = $5")
        .bind(at)
        .bind(key(notice))
        .bind(&notice.client_id)
        .bind(&notice.national_id)
        .bind(notice.ended_at)
}

/// In the place of a notice about everything, one for each session that ended
/// with it: some clients know sessions only by their `sid`.
pub(super) async fn one_for_each_session(app: &App, notice: &Notice) -> anyhow::Result<()> {
    let each = sql("insert into logout_notices (sid, client_id, national_id, attempts, next_at, ended_at)
         select distinct grants.sid, grants.client_id, grants.national_id, 0, cast($1 as bigint), cast($1 as bigint)
         from grants join sessions on sessions.sid = grants.sid
         where sessions.national_id = $2 and sessions.ended_at = $1 and grants.client_id = $3
         on conflict do nothing")
        .bind(notice.ended_at)
        .bind(&notice.national_id)
        .bind(&notice.client_id);
    app.database.all_or_nothing(vec![each, done(notice)]).await?;
    Ok(())
}

/// How the database writes that a notice is about everything.
fn key(notice: &Notice) -> &str {
    notice.sid.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_grow_and_end_after_a_day() {
        let at = |attempts, now| {
            let notice = Notice {
                sid: Some("s".into()),
                client_id: "a".into(),
                national_id: "8".into(),
                attempts,
                ended_at: 0,
            };
            next_try(&notice, now)
        };
        assert_eq!(at(1, 100), Some(102));
        assert_eq!(at(2, 100), Some(108));
        assert_eq!(at(6, 100), Some(100 + 2048));
        assert_eq!(at(90, 100), Some(100 + 2048));
        assert_eq!(at(90, GIVE_UP), None);
    }
}
