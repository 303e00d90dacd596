//! Settings of DPoP.

use serde::Deserialize;

/// What proofs must hold, and how many are remembered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Whether every proof must repeat a nonce of ours (RFC 9449 §8).
    pub require_nonce: bool,
    /// Proofs that this node remembers in a minute; more are told to wait.
    pub proofs_per_minute: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { require_nonce: false, proofs_per_minute: 600_000 }
    }
}
