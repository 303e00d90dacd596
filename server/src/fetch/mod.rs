//! The guarded fetcher: every call that the server makes to somebody else.
//!
//! A service registers addresses (its keys, where to ping it, where to tell it
//! of a logout) and the server calls them from inside the hospital's network.
//! So nobody may choose an address that only the server can reach:
//!
//! - [`target`] takes https only, and nothing that hides where it leads;
//! - [`address`] knows which networks are nobody's business;
//! - [`resolve`] asks for a name once, checks every address of the answer, and
//!   the connection is made to these very addresses: a name that changes its
//!   answer meanwhile gains nothing;
//! - [`Fetcher`] follows no redirect, uses no proxy, keeps no cookie, and gives
//!   up on what is slow, long, or too many.

mod address;
mod error;
mod fetcher;
mod resolve;
mod settings;
mod target;

pub use error::FetchError;
pub use fetcher::{Answer, Fetcher};
pub use settings::Settings;
