//! The authorization endpoint: may this service ask, and what is it asking?
//!
//! The order of the checks decides what a stranger can learn and where a
//! browser can be sent: before client and redirect URI are known to be good
//! nothing is redirected; after that every refusal goes back to the service.
//!
//! [`request`] is what was asked, [`checks`] the list of rules in their order,
//! [`decision`] what to do about it, [`answer`] how it is sent back.

mod answer;
mod checks;
mod decision;
mod request;
mod routes;

pub use answer::{Answer, Outcome, redirect};
pub use checks::{SCOPES, granted_scope};
pub use decision::{granted_level, told_level};
pub use request::{AuthorizationRequest, ResponseMode};
pub use routes::{give_code, router};
