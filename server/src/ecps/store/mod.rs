//! The SQL of the e-CPS, one file for each table.
//!
//! What moves a row on is a [`Statement`](crate::database::Statement) whose
//! `where` repeats what the rule has seen: when two calls race, one of them
//! touches no row, and its whole transaction is undone.

pub(super) mod devices;
pub(super) mod enrolments;
pub(super) mod pushes;
pub(super) mod requests;
