//! Settings of the sessions.

use serde::Deserialize;

/// How long a session lives.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Seconds after the login at which it ends in any case.
    pub absolute: i64,
    /// Seconds without use after which it ends.
    pub idle: i64,
    /// Whether services' back ends are told of sessions that end by time too.
    pub tell_of_expiry: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { absolute: 4 * 3600, idle: 30 * 60, tell_of_expiry: false }
    }
}
