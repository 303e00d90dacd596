//! PostgreSQL: a pool, and a transaction for each group of statements.

use anyhow::Context;
use sqlx::{
    PgPool, SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

use super::{Expect, MIGRATIONS, Row, Statement, Written, statement::postgres};

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

pub(super) async fn write(
    pool: &PgPool,
    statements: Vec<Statement>,
) -> anyhow::Result<Option<Written>> {
    let mut transaction = pool.begin().await.context("could not begin")?;
    let mut written = Written { rows_affected: 0, rows: Vec::new() };
    for Statement { text, values, expect, returns } in statements {
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
    }
    transaction.commit().await.context("could not commit")?;
    Ok(Some(written))
}

pub(super) async fn read(pool: &PgPool, statement: Statement) -> anyhow::Result<Vec<Row>> {
    let rows =
        postgres(statement.text, statement.values).fetch_all(pool).await.context(statement.text)?;
    Ok(rows.into_iter().map(Row::Postgres).collect())
}
