//! Settings of the keys.

use serde::Deserialize;

/// How keys follow each other.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Days that a key signs before the next one takes over; 0 leaves it to
    /// the operator.
    pub rotate_after_days: i64,
    /// Seconds that a key is published before it signs.
    pub announce: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { rotate_after_days: 90, announce: 24 * 3600 }
    }
}

impl Settings {
    /// The rules that types cannot hold.
    pub fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.rotate_after_days >= 0, "keys.rotate_after_days must not be negative");
        // Core §10.1.1: twice what a client may keep the key set for.
        anyhow::ensure!(self.announce >= 600, "keys.announce must be at least 600 seconds");
        Ok(())
    }
}
