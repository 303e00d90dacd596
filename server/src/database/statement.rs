//! One statement and its values.

use std::sync::Arc;

use rusqlite::{
    ToSql,
    types::{Null, ToSqlOutput},
};
use sqlx::query::Query;

use super::{Database, Row};
use crate::audit::Event;

/// What a parameter may be.
#[derive(Clone, Debug)]
pub enum Value {
    /// `text`.
    Text(Option<String>),
    /// `bigint`.
    Integer(Option<i64>),
    /// `bytea`.
    Bytes(Option<Vec<u8>>),
}

macro_rules! value_from {
    ($($source:ty => $kind:ident($convert:expr),)*) => {$(
        impl From<$source> for Value {
            fn from(value: $source) -> Self {
                Self::$kind(Some($convert(value)))
            }
        }
        impl From<Option<$source>> for Value {
            fn from(value: Option<$source>) -> Self {
                Self::$kind(value.map($convert))
            }
        }
    )*};
}

value_from! {
    &str => Text(str::to_owned),
    &String => Text(String::clone),
    String => Text(|text| text),
    i64 => Integer(|number| number),
    i32 => Integer(i64::from),
    u32 => Integer(i64::from),
    bool => Integer(i64::from),
    Vec<u8> => Bytes(|bytes| bytes),
    &[u8] => Bytes(<[u8]>::to_vec),
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Text(Some(text)) => text.to_sql(),
            Self::Integer(Some(number)) => number.to_sql(),
            Self::Bytes(Some(bytes)) => bytes.to_sql(),
            Self::Text(None) | Self::Integer(None) | Self::Bytes(None) => {
                Ok(ToSqlOutput::from(Null))
            }
        }
    }
}

/// How many rows a statement must touch for its transaction to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// However many.
    Any,
    /// Exactly this many.
    Exactly(u64),
}

/// SQL text and its values.
#[derive(Clone, Debug)]
pub struct Statement {
    pub(super) text: &'static str,
    pub(super) values: Vec<Value>,
    pub(super) expect: Expect,
    pub(super) returns: bool,
    pub(super) events: Vec<Arc<Event>>,
}

/// Starts a statement; parameters are `$1`, `$2`, …
pub fn sql(text: &'static str) -> Statement {
    Statement { text, values: Vec::new(), expect: Expect::Any, returns: false, events: Vec::new() }
}

impl Statement {
    /// Gives the next parameter its value.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// In a transaction: undo everything unless so many rows were touched.
    #[must_use]
    pub fn must_touch(mut self, rows: u64) -> Self {
        self.expect = Expect::Exactly(rows);
        self
    }

    /// Says in the audit trail what this statement does: in the same transaction,
    /// and only when it touches a row.
    #[must_use]
    pub fn audited(mut self, event: Event) -> Self {
        self.events.push(Arc::new(event));
        self
    }

    /// Writes; answers how many rows were touched.
    pub async fn execute(self, database: &Database) -> anyhow::Result<u64> {
        let written = database.write(vec![self]).await?;
        Ok(written.map_or(0, |written| written.rows_affected))
    }

    /// Writes and takes the row that `returning` gives, if any.
    pub async fn returning(mut self, database: &Database) -> anyhow::Result<Option<Row>> {
        self.returns = true;
        let written = database.write(vec![self]).await?;
        Ok(written.and_then(|mut written| written.rows.pop()))
    }

    /// Writes and takes every row that `returning` gives.
    pub async fn returning_all(mut self, database: &Database) -> anyhow::Result<Vec<Row>> {
        self.returns = true;
        let written = database.write(vec![self]).await?;
        Ok(written.map_or_else(Vec::new, |written| written.rows))
    }

    /// Reads at most one row.
    pub async fn fetch_optional(self, database: &Database) -> anyhow::Result<Option<Row>> {
        Ok(database.read(self).await?.into_iter().next())
    }

    /// Reads every row.
    pub async fn fetch_all(self, database: &Database) -> anyhow::Result<Vec<Row>> {
        database.read(self).await
    }
}

/// Hands text and values to PostgreSQL's driver.
pub(super) fn postgres<'q>(
    text: &'static str,
    values: Vec<Value>,
) -> Query<'q, sqlx::Postgres, <sqlx::Postgres as sqlx::Database>::Arguments> {
    values.into_iter().fold(sqlx::query(text), |query, value| match value {
        Value::Text(text) => query.bind(text),
        Value::Integer(number) => query.bind(number),
        Value::Bytes(bytes) => query.bind(bytes),
    })
}
