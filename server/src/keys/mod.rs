//! The keys that sign tokens and challenges.
//!
//! They are made when they are first needed, sealed under the key-encryption
//! key and kept in the database. Each signs for one purpose only.
//!
//! Keys that sign tokens follow each other by themselves:
//!
//! ```text
//! announced ──a day──▶ signs ──90 days──▶ still published ──last token expires──▶ gone
//! ```
//!
//! so that no client ever meets a `kid` that it could not have read before.
//! Every node makes the same choice, because the rows say from when a key
//! signs. [`rotation`] is the rules, [`store`] keeps the keys, [`set`] holds
//! them in memory, [`command`] is the operator's hand on them.

mod command;
mod rotation;
mod routes;
mod set;
mod settings;
mod store;

pub use command::Command;
pub use routes::router;
pub use set::{KeySet, Keys, Purpose};
pub use settings::Settings;
pub use store::sweep;
