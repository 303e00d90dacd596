//! A person's own page: where they are logged in, which services hold tokens,
//! and an end to each (ASVS 10.4.9, 10.7).
//!
//! It opens with the session of this browser and asks for no login of its own:
//! it gives nothing, it only takes away. Whoever has lost the phone must be able to
//! shut every session at once without finding it first; the phone itself ends when
//! the e-CPS is activated on another.
//!
//! [`list`] is what the page shows, [`routes`] the HTTP.

mod list;
mod routes;

pub use routes::router;

/// Where it is.
pub const PATH: &str = "/account";
