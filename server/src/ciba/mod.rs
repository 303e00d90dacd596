//! CIBA: a service that shows no page of ours asks for a login by itself.
//!
//! A thick client, or a machine at a bedside, has no browser to send away. Its
//! back end names a professional and says what it shows them, two digits or a
//! few words; the e-CPS rings that person's phone; the service asks for the
//! tokens until they are there, or is told when to come (OpenID Connect CIBA
//! Core 1.0).
//!
//! ```text
//! service ──login_hint, binding_message──▶ here ──▶ ecps ──▶ phone
//!    │ ◀──────────auth_req_id──────────────┘                  │
//!    └──token: pending … slow_down … tokens, once ◀──approves─┘
//! ```
//!
//! An identifier is public, so all the limits of the page hold, and whoever
//! has no phone looks like somebody who does not answer.
//!
//! The rules do no I/O: [`checks`] is the list of what a request must be,
//! [`request`] where it stands. [`signed`] takes a request out of a signed
//! object, [`hint`] finds out whom it is about, [`mod@poll`] answers the token
//! endpoint, [`ping`] calls the service back, [`store`] keeps it all,
//! [`routes`] is the endpoint.

mod checks;
mod hint;
mod ping;
mod poll;
mod request;
mod routes;
mod settings;
mod signed;
mod store;
mod unattended;

pub use ping::run as run_pings;
pub use poll::{Allowed, PollError, poll, redeemed, why_not};
pub use routes::router;
pub use settings::Settings;
pub use signed::ALGS;
pub use store::sweep;
pub use unattended::{Unattended, decide};
