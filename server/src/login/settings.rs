//! Settings of the logins.

use serde::Deserialize;

/// How long a login may take, and how many may wait.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Seconds from the service's request to the end of the login.
    pub lifetime: i64,
    /// Logins that one browser may have under way; the oldest gives way.
    pub per_browser: u32,
    /// Logins that one client may have under way; the oldest give way within a
    /// minute.
    pub per_client: u32,
    /// Logins under way in all; the oldest give way within a minute.
    pub in_all: u32,
    /// Logins that one address may begin in a minute, for each node.
    pub starts_per_address: u32,
    /// Logins that one client may begin in a minute, for each node.
    pub starts_per_client: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lifetime: 600,
            per_browser: 20,
            per_client: 10_000,
            in_all: 1_000_000,
            starts_per_address: 1_200,
            starts_per_client: 60_000,
        }
    }
}
