//! PostgreSQL: a pool, and a transaction for each group of statements.

use anyhow::{Context, anyhow};
use sqlx::{
    PgPool, SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

use super::{Expect, MIGRATIONS, Row, Statement, Written, statement::postgres};
use crate::audit::{self, Trail};

pub(super) async fn open(url: &str) -> anyhow::Result<PgPool> {
    let pool = PgPool::connect(url).await.context("could not connect to PostgreSQL")?;
    let migrations = MIGRATIONS.iter().map(|&(version, name, text)| {
        Migration::new(version, name.into(), MigrationType::Simple, text.into_sql_str(), false)
    });
    Migrator::with_migrations(migrations.collect())
        .run(&pool)
        .await
        .context("could not bring the schema up to date")?;
    Ok(pool)
}

/// Writes, and answers once what happened is in the trail: a node that dies in
/// between has not answered.
pub(super) async fn audited(
    pool: &PgPool,
    statements: Vec<Statement>,
    trail: &Trail,
) -> anyhow::Result<Option<Written>> {
    let written = write(pool, statements).await?;
    if let Some(written) = &written
        && !written.events.is_empty()
    {
        trail.wait(written.events.iter().map(|event| trail.line(event)).collect());
        write_trail(pool, trail).await?;
    }
    Ok(written)
}

/// Writes what waits, its own or others': whoever waits for this turn finds
/// that the one before has written for all.
pub(super) async fn write_trail(pool: &PgPool, trail: &Trail) -> anyhow::Result<()> {
    let _turn = trail.turn().await;
    let lines = trail.take();
    if lines.is_empty() {
        return Ok(());
    }
    let kept = async {
        let heads = if trail.has_begun() {
            Vec::new()
        } else {
            audit::read_heads(&read(pool, audit::heads()).await?)?
        };
        let mut draft = trail.draft(lines.clone(), heads);
        let statements = std::mem::take(&mut draft.statements);
        match write(pool, statements).await? {
            Some(_) => Ok(draft),
            None => Err(anyhow!("a record is there already")),
        }
    };
    match kept.await {
        Ok(draft) => trail.settle(draft),
        Err(cause) => {
            trail.abandon();
            trail.wait(lines);
            return Err(cause.context("could not write the audit trail"));
        }
    }
    Ok(())
}

async fn write(pool: &PgPool, statements: Vec<Statement>) -> anyhow::Result<Option<Written>> {
    let mut transaction = pool.begin().await.context("could not begin")?;
    let mut written = Written::default();
    for Statement { text, values, expect, returns, events } in statements {
        let query = postgres(text, values);
        if returns {
            let rows = query.fetch_all(&mut *transaction).await.with_context(|| text.to_owned())?;
            written.rows_affected = rows.len() as u64;
            written.rows = rows.into_iter().map(Row::Postgres).collect();
        } else {
            let done = query.execute(&mut *transaction).await.with_context(|| text.to_owned())?;
            written.rows_affected = done.rows_affected();
        }
        if let Expect::Exactly(rows) = expect
            && rows != written.rows_affected
        {
            transaction.rollback().await.context("could not roll back")?;
            return Ok(None);
        }
        if written.rows_affected > 0 {
            written.events.extend(events);
        }
    }
    transaction.commit().await.context("could not commit")?;
    Ok(Some(written))
}

pub(super) async fn read(pool: &PgPool, statement: Statement) -> anyhow::Result<Vec<Row>> {
    let rows =
        postgres(statement.text, statement.values).fetch_all(pool).await.context(statement.text)?;
    Ok(rows.into_iter().map(Row::Postgres).collect())
}
