//! The chain of this process: what its next records are.

use aws_lc_rs::hmac;

use super::{
    Event, Kind,
    event::Head,
    record::{Place, Record},
    store,
};
use crate::database::Statement;

/// Events in one record at the most: a record is read at one go.
const EVENTS: usize = 500;

/// Where the chain stands.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    pub(super) id: String,
    next: i64,
    previous: String,
}

/// Records that are written but not yet committed.
pub(crate) struct Draft {
    /// Keep them, in one transaction.
    pub(crate) statements: Vec<Statement>,
    pub(super) after: Chain,
}

impl Chain {
    /// One that has no record yet. Ids are ordered by time.
    pub(super) fn new() -> Self {
        Self { id: uuid::Uuid::now_v7().to_string(), next: 0, previous: String::new() }
    }

    /// Whether it has a record.
    pub(super) fn has_begun(&self) -> bool {
        self.next > 0
    }

    /// Its last record, if it has one.
    pub(super) fn last(&self) -> Option<(i64, &str)> {
        self.has_begun().then_some((self.next - 1, self.previous.as_str()))
    }

    /// The records that keep `lines`. The first of a chain names the others.
    pub(super) fn draft(
        &self,
        key: &hmac::Key,
        at: i64,
        mut lines: Vec<String>,
        heads: Vec<Head>,
    ) -> Draft {
        let mut after = self.clone();
        let mut statements = Vec::new();
        if !self.has_begun() {
            statements.push(store::begin(&self.id, at));
            let begun = Event::of(Kind::ChainBegun).reason(env!("CARGO_PKG_VERSION")).heads(heads);
            lines.insert(0, begun.line(at));
        }
        for lines in lines.chunks(EVENTS) {
            let Self { id, next, previous } = after;
            let place = Place { chain: id.clone(), number: next, at, previous };
            let record = Record::write(key, place, lines);
            after = Self { id, next: next + 1, previous: record.name() };
            statements.push(store::insert(record));
        }
        Draft { statements, after }
    }
}
