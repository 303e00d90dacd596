//! The keys that sign tokens and challenges.
//!
//! They are made at the first start, sealed under the key-encryption key and
//! kept in the database. Each signs for one purpose only. The JSON Web Key Set
//! is written once and served as bytes.

mod routes;
mod set;
mod store;

pub use routes::router;
pub use set::{KeySet, Keys, Purpose};
