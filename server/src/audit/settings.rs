//! Settings of the audit trail.

use anyhow::ensure;
use serde::Deserialize;

/// The audit trail.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Days that a record is kept.
    pub retention_days: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { retention_days: 365 }
    }
}

impl Settings {
    /// The rules that types cannot hold.
    pub fn check(&self) -> anyhow::Result<()> {
        ensure!(
            (1..=36_500).contains(&self.retention_days),
            "audit.retention_days must be from 1 to 36500"
        );
        Ok(())
    }

    /// How long a record is kept, in milliseconds.
    pub(super) fn retention(&self) -> i64 {
        i64::from(self.retention_days) * 24 * 3600 * 1000
    }
}
