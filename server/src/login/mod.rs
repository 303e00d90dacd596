//! A login under way: one record, one browser, one tab.
//!
//! The handle in the address names the record; it is worth nothing without the
//! cookie of the browser that began it, so an approval made for one browser
//! cannot be used by another. Each tab has its own handle, so two logins never
//! mix.
//!
//! ```text
//! pending ──complete──▶ finished
//!    └─────cancel─────▶ cancelled
//! ```
//!
//! [`pending`] is the record, [`here`] the door that every page goes through,
//! [`progress`] what the waiting page shows,
//! [`store`] keeps it, [`means`] are the ways to log in, [`routes`] the pages.

mod complete;
mod ecps;
mod here;
mod identifier;
mod means;
mod origin;
mod pending;
mod progress;
mod routes;
mod settings;
mod store;
mod waiting;

pub(crate) use complete::made;
pub use means::highest_level;
pub use origin::origin_of;
pub use routes::router;
pub use settings::Settings;
pub use store::{Begun, begin, may_begin, sweep};
