//! SQLite: one writer that commits what waits together, readers beside it.
//!
//! The writer is a thread: a group of jobs crosses to it once, runs, is
//! committed once, and only then answered. A read takes microseconds, less than
//! a crossing would: it runs where it was asked for.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use anyhow::{Context, anyhow};
use rusqlite::{CachedStatement, Connection, OpenFlags, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::{Expect, MIGRATIONS, Row, Statement, Written, row::SqliteRow};
use crate::audit::{self, Draft, Event, Trail};

/// Jobs committed together at the most: bounds how long the first one waits.
const GROUP: usize = 128;

type Reply = oneshot::Sender<anyhow::Result<Option<Written>>>;

enum Job {
    Write(Vec<Statement>, Reply),
    Close(oneshot::Sender<()>),
}

#[derive(Clone)]
pub(super) struct Sqlite {
    jobs: mpsc::Sender<Job>,
    /// A database in memory has no readers: its one connection does both.
    readers: Option<Arc<Readers>>,
}

impl Sqlite {
    pub(super) async fn open(url: &str, trail: Trail) -> anyhow::Result<Self> {
        let path = PathBuf::from(url.strip_prefix("sqlite:").unwrap_or(url));
        let in_memory = path.as_os_str() == ":memory:";
        let mut writer =
            Connection::open(&path).with_context(|| format!("could not open {url}"))?;
        settle(&writer)?;
        migrate(&mut writer).context("could not bring the schema up to date")?;
        let (jobs, queue) = mpsc::channel(4096);
        thread::Builder::new()
            .name("database".into())
            .spawn(move || write_groups(&writer, queue, &trail))
            .context("could not start the database's writer")?;
        let readers = (!in_memory).then(|| Arc::new(Readers { path, idle: Mutex::default() }));
        Ok(Self { jobs, readers })
    }

    pub(super) async fn write(
        &self,
        statements: Vec<Statement>,
    ) -> anyhow::Result<Option<Written>> {
        let (reply, answer) = oneshot::channel();
        self.jobs
            .send(Job::Write(statements, reply))
            .await
            .map_err(|_| anyhow!("the database's writer has stopped"))?;
        answer.await.map_err(|_| anyhow!("the database's writer has stopped"))?
    }

    pub(super) async fn read(&self, mut statement: Statement) -> anyhow::Result<Vec<Row>> {
        match &self.readers {
            Some(readers) => readers.read(&statement),
            None => {
                statement.returns = true;
                let written = self.write(vec![statement]).await?;
                Ok(written.map_or_else(Vec::new, |written| written.rows))
            }
        }
    }

    /// What was queued is written first.
    pub(super) async fn close(&self) {
        let (closed, closing) = oneshot::channel();
        if self.jobs.send(Job::Close(closed)).await.is_ok() {
            let _ = closing.await;
        }
    }
}

/// Connections that read; as many as there are threads that ask at once.
struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    fn read(&self, statement: &Statement) -> anyhow::Result<Vec<Row>> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = idle.map_or_else(|| self.open(), Ok)?;
        let rows = rows(&connection, statement);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        rows
    }

    fn open(&self) -> anyhow::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)
            .with_context(|| format!("could not open {} to read", self.path.display()))?;
        settle(&connection)?;
        Ok(connection)
    }
}

fn settle(connection: &Connection) -> anyhow::Result<()> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(200);
    if !connection.is_readonly("main")? {
        connection.pragma_update(None, "journal_mode", "wal")?;
    }
    // Committed is on the disk. 16 MiB of pages, and a checkpoint each 16 MiB
    // of log: what is written often is then copied into the database once.
    for (name, value) in [("foreign_keys", 1), ("cache_size", -16384), ("wal_autocheckpoint", 4096)]
    {
        connection.pragma_update(None, name, value)?;
    }
    connection.pragma_update(None, "synchronous", "full")?;
    Ok(())
}

/// The schema in SQLite's words: strict tables know no `bigint` and no `bytea`.
/// All that is missing comes in one transaction: each commit waits for the disk.
fn migrate(writer: &mut Connection) -> anyhow::Result<()> {
    let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "create table if not exists schema_migrations (version integer primary key, name text not null) strict",
    )?;
    // The first builds of openpsc kept this list elsewhere.
    if transaction.table_exists(None, "_sqlx_migrations")? {
        transaction.execute_batch(
            "insert into schema_migrations select version, description from _sqlx_migrations;
             drop table _sqlx_migrations",
        )?;
    }
    for &(version, name, text) in MIGRATIONS {
        let done = transaction
            .prepare("select 1 from schema_migrations where version = $1")?
            .exists([version])?;
        if done {
            continue;
        }
        let text = text
            .replace("bigint", "integer")
            .replace("bytea", "blob")
            .replace("\n);", "\n) strict;");
        transaction.execute_batch(&text).with_context(|| format!("{version} {name}"))?;
        transaction.execute("insert into schema_migrations values ($1, $2)", (version, name))?;
    }
    Ok(transaction.commit()?)
}

fn write_groups(writer: &Connection, mut queue: mpsc::Receiver<Job>, trail: &Trail) {
    let mut group = Vec::with_capacity(GROUP);
    let mut closed = Vec::new();
    while closed.is_empty() && queue.blocking_recv_many(&mut group, GROUP) > 0 {
        let mut writes = Vec::with_capacity(group.len());
        for job in group.drain(..) {
            match job {
                Job::Write(statements, reply) => writes.push((statements, reply)),
                Job::Close(reply) => closed.push(reply),
            }
        }
        write_group(writer, writes, trail);
    }
    for reply in closed {
        let _ = reply.send(());
    }
}

/// Runs each job, adds to the trail what happened, commits once, and only then
/// answers. What cannot be audited does not happen.
fn write_group(writer: &Connection, group: Vec<(Vec<Statement>, Reply)>, trail: &Trail) {
    let mut answers: Vec<(Reply, anyhow::Result<Option<Written>>)> =
        Vec::with_capacity(group.len());
    let begun = plain(writer, "begin immediate");
    for (statements, reply) in group {
        let outcome = match &begun {
            // A full disk may have made SQLite undo the whole group by itself:
            // what follows would be written alone, and answered otherwise.
            Ok(()) if writer.is_autocommit() => Err(anyhow!("the database undid the group")),
            Ok(()) => run(writer, &statements),
            Err(error) => Err(anyhow!("could not begin: {error}")),
        };
        answers.push((reply, outcome));
    }
    if begun.is_ok() && writer.is_autocommit() {
        for (_, outcome) in &mut answers {
            *outcome = Err(anyhow!("the database undid the group"));
        }
    } else if begun.is_ok() {
        let waiting = trail.take();
        let happened = answers.iter().filter_map(|(_, outcome)| outcome.as_ref().ok()?.as_ref());
        let happened = happened.flat_map(|written| &written.events).map(|event| trail.line(event));
        let lines = waiting.iter().cloned().chain(happened).collect();
        let committed = keep_trail(writer, lines, trail)
            .and_then(|draft| Ok(plain(writer, "commit").map(|()| draft)?));
        match committed {
            Ok(draft) => draft.into_iter().for_each(|draft| trail.settle(draft)),
            Err(error) => {
                let _ = plain(writer, "rollback");
                trail.abandon();
                trail.wait(waiting);
                for (_, outcome) in &mut answers {
                    *outcome = Err(anyhow!("could not commit: {error:#}"));
                }
            }
        }
    }
    for (reply, outcome) in answers {
        // Whoever asked may have gone away; the write stands all the same.
        let _ = reply.send(outcome);
    }
}

/// Adds what happened to the trail, within the transaction.
fn keep_trail(
    writer: &Connection,
    lines: Vec<String>,
    trail: &Trail,
) -> anyhow::Result<Option<Draft>> {
    if lines.is_empty() {
        return Ok(None);
    }
    let heads = if trail.has_begun() {
        Vec::new()
    } else {
        audit::read_heads(&rows(writer, &audit::heads())?)?
    };
    let draft = trail.draft(lines, heads);
    for statement in &draft.statements {
        run_one(writer, statement)?;
    }
    Ok(Some(draft))
}

fn plain(connection: &Connection, text: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(text)?.execute([])?;
    Ok(())
}

/// One job: a single statement undoes itself when it fails, several need a
/// savepoint so that their neighbours in the group are not harmed.
fn run(writer: &Connection, statements: &[Statement]) -> anyhow::Result<Option<Written>> {
    if let [only] = statements
        && only.expect == Expect::Any
    {
        let (mut written, _) = run_one(writer, only)?;
        written.events.extend(happened(only, &written));
        return Ok(Some(written));
    }
    plain(writer, "savepoint job").context("could not begin")?;
    let mut last = None;
    let mut events = Vec::new();
    for statement in statements {
        match run_one(writer, statement) {
            Ok((written, true)) => {
                events.extend(happened(statement, &written));
                last = Some(written);
            }
            Ok((_, false)) => {
                undo(writer)?;
                return Ok(None);
            }
            Err(error) => {
                undo(writer)?;
                return Err(error);
            }
        }
    }
    plain(writer, "release job").context("could not release")?;
    Ok(last.map(|last| Written { events, ..last }))
}

/// What a statement is audited as, if it did anything.
fn happened(statement: &Statement, written: &Written) -> Vec<Arc<Event>> {
    if written.rows_affected > 0 { statement.events.clone() } else { Vec::new() }
}

fn undo(writer: &Connection) -> anyhow::Result<()> {
    plain(writer, "rollback to job").context("could not roll back")?;
    plain(writer, "release job").context("could not release")
}

fn run_one(writer: &Connection, statement: &Statement) -> anyhow::Result<(Written, bool)> {
    let written = if statement.returns {
        let rows = rows(writer, statement)?;
        Written { rows_affected: rows.len() as u64, rows, ..Written::default() }
    } else {
        let done = prepare(writer, statement)?.raw_execute().context(statement.text)?;
        Written { rows_affected: done as u64, ..Written::default() }
    };
    let as_expected = match statement.expect {
        Expect::Any => true,
        Expect::Exactly(rows) => rows == written.rows_affected,
    };
    Ok((written, as_expected))
}

fn rows(connection: &Connection, statement: &Statement) -> anyhow::Result<Vec<Row>> {
    let mut prepared = prepare(connection, statement)?;
    let columns: Arc<[String]> =
        prepared.column_names().into_iter().map(str::to_owned).collect::<Vec<_>>().into();
    let mut found = prepared.raw_query();
    let mut rows = Vec::new();
    while let Some(row) = found.next().context(statement.text)? {
        let values = (0..columns.len())
            .map(|at| row.get(at))
            .collect::<rusqlite::Result<_>>()
            .context(statement.text)?;
        rows.push(Row::Sqlite(SqliteRow { columns: Arc::clone(&columns), values }));
    }
    Ok(rows)
}

/// SQLite numbers parameters as they appear: `$2` may be its first.
fn prepare<'a>(
    connection: &'a Connection,
    statement: &Statement,
) -> anyhow::Result<CachedStatement<'a>> {
    let mut prepared = connection.prepare_cached(statement.text).context(statement.text)?;
    for at in 1..=prepared.parameter_count() {
        let number = prepared.parameter_name(at).and_then(|name| name.strip_prefix('$'));
        let value = number
            .and_then(|number| statement.values.get(number.parse::<usize>().ok()?.checked_sub(1)?))
            .with_context(|| format!("parameter {at} has no value: {}", statement.text))?;
        prepared.raw_bind_parameter(at, value).context(statement.text)?;
    }
    Ok(prepared)
}
