//! One-time values: each is taken once.

use crate::{
    clock::UnixTime,
    database::{Database, Statement, sql},
    secret,
};

/// Takes a value, in a transaction of others: it is undone when the value was
/// taken before.
pub(in super::super) fn take(kind: &str, value: &str, expires_at: UnixTime) -> Statement {
    sql("insert into spent_proofs (digest, expires_at) values ($1, $2) on conflict do nothing")
        .bind(digest(kind, value))
        .bind(expires_at)
        .must_touch(1)
}

/// Takes a value; `false` when it was taken before.
pub(in super::super) async fn take_now(
    database: &Database,
    kind: &str,
    value: &str,
    expires_at: UnixTime,
) -> anyhow::Result<bool> {
    database.all_or_nothing(vec![take(kind, value, expires_at)]).await
}

/// Whether a value was taken.
pub(in super::super) async fn is_taken(
    database: &Database,
    kind: &str,
    value: &str,
) -> anyhow::Result<bool> {
    let found = sql("select digest from spent_proofs where digest = $1")
        .bind(digest(kind, value))
        .fetch_optional(database)
        .await?;
    Ok(found.is_some())
}

fn digest(kind: &str, value: &str) -> String {
    secret::digest_of(&format!("ecps {kind} {value}"))
}
