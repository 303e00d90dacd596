//! One-time values: each is taken once, whichever node is asked.
//!
//! The first word of a kind is the room that it belongs to.

use crate::{
    clock::UnixTime,
    database::{Database, Statement, sql},
    secret,
};

/// Takes a value, in a transaction of others: it is undone when the value was
/// taken before.
pub fn take(kind: &str, value: &str, expires_at: UnixTime) -> Statement {
    sql("insert into spent_proofs (digest, expires_at) values ($1, $2) on conflict do nothing")
        .bind(digest(kind, value))
        .bind(expires_at)
        .must_touch(1)
}

/// Takes a value; `false` when it was taken before.
pub async fn take_now(
    database: &Database,
    kind: &str,
    value: &str,
    expires_at: UnixTime,
) -> anyhow::Result<bool> {
    database.all_or_nothing(vec![take(kind, value, expires_at)]).await
}

/// Whether a value was taken.
pub async fn is_taken(database: &Database, kind: &str, value: &str) -> anyhow::Result<bool> {
    let found = sql("select digest from spent_proofs where digest = $1")
        .bind(digest(kind, value))
        .fetch_optional(database)
        .await?;
    Ok(found.is_some())
}

/// Forgets what would be refused for its age in any case.
pub async fn sweep(database: &Database, now: UnixTime) -> anyhow::Result<()> {
    sql("delete from spent_proofs where expires_at < $1").bind(now).execute(database).await?;
    Ok(())
}

fn digest(kind: &str, value: &str) -> String {
    secret::digest_of(&format!("{kind} {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_value_is_taken_once_and_forgotten_when_it_is_too_old() {
        let trail = crate::audit::Trail::new(&[7; 32], crate::clock::Clock::default()).unwrap();
        let database = Database::open("sqlite::memory:", trail).await.unwrap();
        assert!(take_now(&database, "a", "x", 100).await.unwrap());
        assert!(!take_now(&database, "a", "x", 100).await.unwrap());
        assert!(take_now(&database, "b", "x", 100).await.unwrap());
        sweep(&database, 100).await.unwrap();
        assert!(is_taken(&database, "a", "x").await.unwrap());
        sweep(&database, 101).await.unwrap();
        assert!(!is_taken(&database, "a", "x").await.unwrap());
    }
}
