//! Settings of dynamic registration.

use serde::Deserialize;

/// Whether and how services register themselves.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Whether they may, with a token that the operator made. In the sandbox
    /// they always may, without one.
    pub enabled: bool,
    /// Services registered while running, however they were: at so many,
    /// registration stops.
    pub most_clients: i64,
    /// Days after which a service that registered itself ends.
    pub lifetime_days: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { enabled: false, most_clients: 10_000, lifetime_days: 365 }
    }
}
