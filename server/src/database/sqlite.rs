//! SQLite: one writer that commits what waits together, readers beside it.

use std::{str::FromStr, time::Duration};

use anyhow::{Context, anyhow};
use sqlx::{
    AssertSqlSafe, Connection, Executor, SqlSafeStr, SqliteConnection, SqlitePool,
    migrate::{Migration, MigrationType, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::{mpsc, oneshot};

use super::{Expect, MIGRATIONS, Row, Statement, Written, statement::query};

/// Jobs committed together at the most: bounds how long the first one waits.
const GROUP: usize = 128;

type Reply = oneshot::Sender<anyhow::Result<Option<Written>>>;

struct Job {
    statements: Vec<Statement>,
    reply: Reply,
}

#[derive(Clone)]
pub(super) struct Sqlite {
    jobs: mpsc::Sender<Job>,
    readers: SqlitePool,
}

impl Sqlite {
    pub(super) async fn open(url: &str) -> anyhow::Result<Self> {
        let in_memory = url.contains(":memory:");
        let options = SqliteConnectOptions::from_str(url)
            .with_context(|| format!("database.url {url:?} is not of the form sqlite:PATH"))?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .statement_cache_capacity(200)
            // 16 MiB of pages, and a checkpoint each 16 MiB of log: what is
            // written often is then copied into the database once.
            .pragma("cache_size", "-16384")
            .pragma("wal_autocheckpoint", "4096")
            .busy_timeout(Duration::from_secs(5));
        // A database in memory is shared by name between its connections.
        let options = if in_memory {
            let name = crate::secret::base64url(&crate::secret::random_bytes::<9>());
            SqliteConnectOptions::from_str(&format!("sqlite:file:{name}?mode=memory&cache=shared"))
                .context("could not name a database in memory")?
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(5))
        } else {
            options
        };
        let mut writer = SqliteConnection::connect_with(&options)
            .await
            .with_context(|| format!("could not open {url}"))?;
        migrate(&mut writer).await?;

        let readers = SqlitePoolOptions::new()
            .min_connections(1)
            .max_connections(4)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(if in_memory { options } else { options.read_only(true) })
            .await
            .context("could not open the readers")?;
        let (jobs, queue) = mpsc::channel(4096);
        tokio::spawn(write_groups(writer, queue));
        Ok(Self { jobs, readers })
    }

    pub(super) async fn write(
        &self,
        statements: Vec<Statement>,
    ) -> anyhow::Result<Option<Written>> {
        let (reply, answer) = oneshot::channel();
        self.jobs
            .send(Job { statements, reply })
            .await
            .map_err(|_| anyhow!("the database's writer has stopped"))?;
        answer.await.map_err(|_| anyhow!("the database's writer has stopped"))?
    }

    pub(super) async fn read(&self, statement: Statement) -> anyhow::Result<Vec<Row>> {
        let rows = query::<sqlx::Sqlite>(statement.text, statement.values)
            .fetch_all(&self.readers)
            .await
            .context(statement.text)?;
        Ok(rows.into_iter().map(Row::Sqlite).collect())
    }

    pub(super) async fn close(&self) {
        self.readers.close().await;
    }
}

/// The schema in SQLite's words: strict tables know no `bigint` and no `bytea`.
async fn migrate(writer: &mut SqliteConnection) -> anyhow::Result<()> {
    let migrations = MIGRATIONS.iter().map(|&(version, name, text)| {
        let text = text
            .replace("bigint", "integer")
            .replace("bytea", "blob")
            .replace("\n);", "\n) strict;");
        let text = AssertSqlSafe(text).into_sql_str();
        Migration::new(version, name.into(), MigrationType::Simple, text, false)
    });
    Migrator::with_migrations(migrations.collect())
        .run(writer)
        .await
        .context("could not bring the schema up to date")
}

async fn write_groups(mut writer: SqliteConnection, mut queue: mpsc::Receiver<Job>) {
    let mut group = Vec::with_capacity(GROUP);
    while queue.recv_many(&mut group, GROUP).await > 0 {
        write_group(&mut writer, group.drain(..)).await;
    }
    if let Err(error) = writer.close().await {
        tracing::error!(%error, "could not close the database");
    }
}

/// Runs each job, commits once, and only then answers.
async fn write_group(writer: &mut SqliteConnection, group: impl Iterator<Item = Job>) {
    let mut answers: Vec<(Reply, anyhow::Result<Option<Written>>)> = Vec::new();
    let begun = writer.execute("begin immediate").await;
    for Job { statements, reply } in group {
        let outcome = match &begun {
            Ok(_) => run(writer, statements).await,
            Err(error) => Err(anyhow!("could not begin: {error}")),
        };
        answers.push((reply, outcome));
    }
    if begun.is_err() {
        return answer(answers);
    }
    if let Err(error) = writer.execute("commit").await {
        let _ = writer.execute("rollback").await;
        for (_, outcome) in &mut answers {
            *outcome = Err(anyhow!("could not commit: {error}"));
        }
    }
    answer(answers);
}

fn answer(answers: Vec<(Reply, anyhow::Result<Option<Written>>)>) {
    for (reply, outcome) in answers {
        // Whoever asked may have gone away; the write stands all the same.
        let _ = reply.send(outcome);
    }
}

/// One job: a single statement undoes itself when it fails, several need a
/// savepoint so that their neighbours in the group are not harmed.
async fn run(
    writer: &mut SqliteConnection,
    mut statements: Vec<Statement>,
) -> anyhow::Result<Option<Written>> {
    if let [only] = statements.as_slice()
        && only.expect == Expect::Any
        && let Some(statement) = statements.pop()
    {
        return Ok(Some(run_one(writer, statement).await?.0));
    }
    writer.execute("savepoint job").await.context("could not begin")?;
    let mut last = None;
    for statement in statements {
        match run_one(writer, statement).await {
            Ok((written, true)) => last = Some(written),
            Ok((_, false)) => {
                undo(writer).await?;
                return Ok(None);
            }
            Err(error) => {
                undo(writer).await?;
                return Err(error);
            }
        }
    }
    writer.execute("release job").await.context("could not release")?;
    Ok(last)
}

async fn undo(writer: &mut SqliteConnection) -> anyhow::Result<()> {
    writer.execute("rollback to job").await.context("could not roll back")?;
    writer.execute("release job").await.context("could not release")?;
    Ok(())
}

async fn run_one(
    writer: &mut SqliteConnection,
    Statement { text, values, expect, returns }: Statement,
) -> anyhow::Result<(Written, bool)> {
    let query = query::<sqlx::Sqlite>(text, values);
    let written = if returns {
        let rows = query.fetch_all(writer).await.with_context(|| text.to_owned())?;
        Written {
            rows_affected: rows.len() as u64,
            rows: rows.into_iter().map(Row::Sqlite).collect(),
        }
    } else {
        let done = query.execute(writer).await.with_context(|| text.to_owned())?;
        Written { rows_affected: done.rows_affected(), rows: Vec::new() }
    };
    let as_expected = match expect {
        Expect::Any => true,
        Expect::Exactly(rows) => rows == written.rows_affected,
    };
    Ok((written, as_expected))
}
