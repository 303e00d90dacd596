//! The audit trail: who did what, through which service, from where, and what
//! came of it.
//!
//! An [`Event`] is either attached to the statement that makes it true, and is
//! then written in the same transaction ([`crate::database::Statement::audited`]),
//! or, when nothing is written, recorded by itself ([`Trail::record`]) and kept
//! within a second. What waits together becomes one [`record`] in a chain:
//!
//! ```text
//! record 0 ──mac──▶ record 1 ──mac──▶ record 2 …        one chain a process
//!   └ names the last record of every other chain, as record n does each hour
//! ```
//!
//! Each record's MAC covers the MAC before it, under a key that is not in the
//! database: who holds the database alone can neither alter a record nor take
//! one out of the middle, and a chain that is gone is missed by the others.
//! [`mod@verify`] walks them, [`retention`] ends them, [`command`] is for the
//! operator, [`store`] is their SQL.

mod caller;
mod chain;
mod command;
mod event;
mod kind;
mod record;
mod retention;
mod settings;
mod store;
mod trail;
mod verify;

pub use caller::called_from;
pub use command::Command;
pub use event::{Event, Head};
pub use kind::{Actor, Kind, Outcome};
pub use retention::sweep;
pub use settings::Settings;
pub use trail::{Trail, keep_writing};
pub use verify::{Report, verify};

pub(crate) use chain::Draft;
pub(crate) use store::{heads, read_heads};
