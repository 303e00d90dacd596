//! One row, whichever engine it came from.

use std::sync::Arc;

use anyhow::{Context, anyhow};
use rusqlite::types::{FromSql, Value, ValueRef};
use sqlx::{Row as _, postgres::PgRow};

/// A row, read by column name.
pub enum Row {
    /// From SQLite.
    Sqlite(SqliteRow),
    /// From PostgreSQL.
    Postgres(PgRow),
}

/// A row that SQLite gave, taken out of its statement.
pub struct SqliteRow {
    pub(super) columns: Arc<[String]>,
    pub(super) values: Vec<Value>,
}

impl SqliteRow {
    fn get<T: FromSql>(&self, column: &str) -> anyhow::Result<T> {
        let at = self.columns.iter().position(|name| name == column);
        let value =
            at.and_then(|at| self.values.get(at)).ok_or_else(|| anyhow!("no such column"))?;
        T::column_result(ValueRef::from(value)).map_err(Into::into)
    }
}

macro_rules! columns {
    ($($(#[$doc:meta])* $name:ident -> $kind:ty,)*) => {$(
        $(#[$doc])*
        pub fn $name(&self, column: &'static str) -> anyhow::Result<$kind> {
            match self {
                Self::Sqlite(row) => row.get(column),
                Self::Postgres(row) => row.try_get(column).map_err(Into::into),
            }
            .with_context(|| format!("could not read column {column}"))
        }
    )*};
}

impl Row {
    columns! {
        /// A `text not null`.
        text -> String,
        /// A `text`.
        optional_text -> Option<String>,
        /// A `bigint not null`.
        integer -> i64,
        /// A `bigint`.
        optional_integer -> Option<i64>,
        /// A `bytea not null`.
        bytes -> Vec<u8>,
    }

    /// A `bigint not null` that is 0 or 1.
    pub fn flag(&self, column: &'static str) -> anyhow::Result<bool> {
        Ok(self.integer(column)? != 0)
    }

    /// A `text not null` that is one of the words of an enum.
    pub fn word<T: std::str::FromStr>(&self, column: &'static str) -> anyhow::Result<T> {
        let text = self.text(column)?;
        text.parse()
            .ok()
            .with_context(|| format!("column {column} holds {text:?}, not a known word"))
    }

    /// A `text not null` that holds JSON.
    pub fn json<T: serde::de::DeserializeOwned>(&self, column: &'static str) -> anyhow::Result<T> {
        serde_json::from_str(&self.text(column)?)
            .with_context(|| format!("column {column} holds JSON of another shape"))
    }
}
