//! Settings of what operators ask.

use serde::Deserialize;

/// Where operators' machines ask.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The address and port of `/live`, `/ready` and `/metrics`.
    pub listen: String,
}
