//! The database: one SQL text for SQLite and PostgreSQL.
//!
//! On SQLite a single writer drains a queue: what waits together is committed
//! together, so that an answer is durable and still cheap. On PostgreSQL, which
//! groups commits by itself, each statement goes to the pool.
//!
//! What a statement is [audited](Statement::audited) as is kept with it: on
//! SQLite in the very transaction, on PostgreSQL before the write is answered.
//!
//! A [`Statement`] is text with `$1` and values; a [`Row`] is read by column
//! name. What differs between the engines lives here and nowhere else.

mod postgres;
mod row;
mod sqlite;
mod statement;

use std::sync::Arc;

use anyhow::bail;

pub use row::Row;
pub use statement::{Expect, Statement, Value, sql};

use crate::audit::{Event, Trail};

/// The schema, in PostgreSQL's words: a version, a name, the text.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "first light", include_str!("../migrations/1_first_light.sql")),
    (2, "e-CPS", include_str!("../migrations/2_ecps.sql")),
    (3, "ordered grants", include_str!("../migrations/3_ordered_grants.sql")),
    (4, "resources", include_str!("../migrations/4_resources.sql")),
    (5, "CIBA", include_str!("../migrations/5_ciba.sql")),
    (6, "logout", include_str!("../migrations/6_logout.sql")),
    (8, "tokens", include_str!("../migrations/8_tokens.sql")),
    (9, "whose login", include_str!("../migrations/9_login_client.sql")),
    (12, "audit", include_str!("../migrations/12_audit.sql")),
    (14, "endings", include_str!("../migrations/14_endings.sql")),
];

/// A handle on the database; cheap to clone.
#[derive(Clone)]
pub struct Database {
    engine: Engine,
    trail: Trail,
}

#[derive(Clone)]
enum Engine {
    Sqlite(sqlite::Sqlite),
    Postgres(sqlx::PgPool),
}

impl Database {
    /// Opens `sqlite:PATH` or `postgres://…` and brings the schema up to date.
    /// What happens is kept in `trail`.
    pub async fn open(url: &str, trail: Trail) -> anyhow::Result<Self> {
        let engine = if url.starts_with("sqlite:") {
            Engine::Sqlite(sqlite::Sqlite::open(url, trail.clone()).await?)
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Engine::Postgres(postgres::open(url).await?)
        } else {
            bail!("database.url must start with sqlite: or postgres:, not {url:?}");
        };
        Ok(Self { engine, trail })
    }

    /// Runs statements as one transaction. When one of them does not touch the
    /// rows that it must, nothing at all is kept and the answer is `false`.
    pub async fn all_or_nothing(&self, statements: Vec<Statement>) -> anyhow::Result<bool> {
        if statements.is_empty() {
            return Ok(true);
        }
        Ok(self.write(statements).await?.is_some())
    }

    /// Writes those events of the trail that wait for a statement.
    pub async fn write_trail(&self) -> anyhow::Result<()> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.write(Vec::new()).await.map(drop),
            Engine::Postgres(pool) => postgres::write_trail(pool, &self.trail).await,
        }
    }

    /// Waits for what is under way, then closes.
    pub async fn close(&self) {
        if let Err(cause) = self.write_trail().await {
            tracing::error!(cause = format!("{cause:#}"), "could not write the audit trail");
        }
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.close().await,
            Engine::Postgres(pool) => pool.close().await,
        }
    }

    async fn write(&self, statements: Vec<Statement>) -> anyhow::Result<Option<Written>> {
        let written = match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.write(statements).await?,
            // The driver's futures have kilobytes: in a box they are not part of
            // every handler's, which is moved several times.
            Engine::Postgres(pool) => {
                Box::pin(postgres::audited(pool, statements, &self.trail)).await?
            }
        };
        if let Some(written) = &written {
            written.events.iter().for_each(|event| event.log());
        }
        Ok(written)
    }

    async fn read(&self, statement: Statement) -> anyhow::Result<Vec<Row>> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.read(statement).await,
            Engine::Postgres(pool) => Box::pin(postgres::read(pool, statement)).await,
        }
    }
}

/// What a write did: rows touched by, and rows returned from, its last
/// statement, and what happened by it.
#[derive(Default)]
struct Written {
    rows_affected: u64,
    rows: Vec<Row>,
    events: Vec<Arc<Event>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    fn trail() -> Trail {
        Trail::new(&[7; 32], Clock::default()).unwrap()
    }

    async fn fresh() -> Database {
        Database::open("sqlite::memory:", trail()).await.unwrap()
    }

    fn insert(id: &str) -> Statement {
        sql("insert into spent_proofs (digest, expires_at) values ($1, $2)").bind(id).bind(10)
    }

    #[tokio::test]
    async fn a_half_done_transaction_leaves_nothing() {
        let database = fresh().await;
        let steps = vec![
            insert("a").must_touch(1),
            sql("update spent_proofs set expires_at = 1 where digest = $1")
                .bind("absent")
                .must_touch(1),
        ];
        assert!(!database.all_or_nothing(steps).await.unwrap());
        let found = sql("select digest from spent_proofs").fetch_all(&database).await.unwrap();
        assert_eq!(found.len(), 0);
    }

    #[tokio::test]
    async fn one_refused_write_does_not_harm_its_neighbours() {
        let database = fresh().await;
        let writes = (0..50).map(|at| {
            let database = database.clone();
            tokio::spawn(async move { insert(&(at % 25).to_string()).execute(&database).await })
        });
        let mut done = 0;
        for write in writes.collect::<Vec<_>>() {
            done += u64::from(write.await.unwrap().is_ok());
        }
        assert_eq!(done, 25);
    }

    #[tokio::test]
    async fn an_unknown_engine_is_named() {
        let error = Database::open("mysql://x", trail()).await.err().unwrap().to_string();
        assert!(error.contains("database.url"), "{error}");
    }
}
