//! Settings of the tokens.

use serde::Deserialize;

/// How long codes and tokens live, in seconds (psc-protocol §5.2).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// An authorization code.
    pub code: i64,
    /// Access and ID tokens.
    pub access: i64,
    /// A refresh token without use; the session ends it in any case.
    pub refresh: i64,
    /// How long a public client that lost an answer may present its previous
    /// refresh token again and get the same successor.
    pub rotation_grace: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { code: 60, access: 120, refresh: 30 * 60, rotation_grace: 30 }
    }
}
