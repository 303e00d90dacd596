//! Introspection (RFC 7662): a service asks whether a token is worth anything.
//!
//! It learns so only of its own tokens, of access tokens whose audience it is,
//! and of anybody's access tokens when it is registered as one that may ask.
//! Whatever else it presents is answered `{"active":false}` and nothing more,
//! so that nobody can sort a pile of stolen tokens here.
//!
//! [`answer`] is the rules, [`routes`] speaks HTTP and signs when asked to
//! (RFC 9701).

mod answer;
mod routes;

pub use routes::router;
