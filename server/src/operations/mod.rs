//! What an operator's machines ask: is it alive, is it ready, how does it do?
//!
//! It listens on a port of its own, which no browser and no service reaches.
//! Nothing here names a person.

mod metrics;
mod routes;
mod settings;

pub use metrics::{Metrics, count_requests};
pub use routes::router;
pub use settings::Settings;
