//! Dynamic registration: a service registers itself (RFC 7591) and looks after
//! its own registration (RFC 7592).
//!
//! It is off; in the sandbox it is on, and open to everybody. Elsewhere the
//! operator hands out registration tokens, each good for so many services. What
//! a service may say of itself is a list: it cannot give itself a right that
//! only the operator gives.
//!
//! [`metadata`] is the rules, [`routes`] speaks HTTP; the clients themselves are
//! kept by `clients`.

mod metadata;
mod routes;
mod settings;

pub use routes::{endpoint, router};
pub use settings::Settings;
