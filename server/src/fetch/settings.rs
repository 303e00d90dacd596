//! Settings of what the server may call.

use ipnet::IpNet;
use serde::Deserialize;

/// What the server may call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Private networks that services may live in, as `10.20.0.0/16`.
    pub allowed_networks: Vec<IpNet>,
    /// How long a call may take in all, in seconds.
    pub time_limit: u64,
    /// The longest answer that is read, in bytes.
    pub size_limit: usize,
    /// Calls under way at once; others wait.
    pub concurrency: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { allowed_networks: Vec::new(), time_limit: 5, size_limit: 64 * 1024, concurrency: 64 }
    }
}

impl Settings {
    /// The rules that types cannot hold.
    pub fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            (1..=60).contains(&self.time_limit),
            "outgoing.time_limit must be between 1 and 60 seconds"
        );
        anyhow::ensure!(self.concurrency > 0, "outgoing.concurrency must be at least 1");
        anyhow::ensure!(self.size_limit > 0, "outgoing.size_limit must be at least 1");
        Ok(())
    }
}
