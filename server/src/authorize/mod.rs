//! The authorization endpoint: may this service ask, and what is it asking?
//!
//! The order of the checks decides what a stranger can learn and where a
//! browser can be sent: before client and redirect URI are known to be good
//! nothing is redirected; after that every refusal goes back to the service.
//!
//! [`request`] is what was asked, [`reading`] how it is read, [`checks`] the list
//! of rules in their order, [`pushed`] requests that come from back end to back
//! end, [`request_object`] those that are signed, [`decision`] what to do about one, [`answer`] how that is sent back.

mod answer;
mod checks;
mod claims;
mod decision;
mod pushed;
mod reading;
mod request;
mod request_object;
mod routes;
mod settings;

pub use answer::{Outcome, redirect, respond};
pub use checks::{SCOPES, granted_scope};
pub use decision::{granted_level, is_good_enough, shortcoming, told_level, wanted_level};
pub use pushed::Pushed;
pub use request::{AuthorizationRequest, ResponseMode};
pub use routes::{code_issued, endings, for_back_ends, give_code, router};
pub use settings::Settings;
