//! Settings of the authorization endpoint.

use serde::Deserialize;

/// How requests may come.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Whether every client must push its requests (RFC 9126 §5).
    pub require_pushed_authorization_requests: bool,
    /// Whether request objects are fetched from addresses that clients
    /// registered (RFC 9101 §5.2).
    pub request_uri_by_reference: bool,
    /// Seconds that a pushed request may be presented.
    pub pushed_lifetime: u16,
    /// Requests that one client may push in a minute, for each node.
    pub pushed_per_client: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            require_pushed_authorization_requests: false,
            request_uri_by_reference: false,
            pushed_lifetime: 90,
            pushed_per_client: 300_000,
        }
    }
}

impl Settings {
    /// The rules that types cannot hold.
    pub fn check(&self) -> anyhow::Result<()> {
        // FAPI 2.0 §5.3.2.2.
        anyhow::ensure!(
            (5..600).contains(&self.pushed_lifetime),
            "authorize.pushed_lifetime must be 5 to 599 seconds"
        );
        Ok(())
    }
}
