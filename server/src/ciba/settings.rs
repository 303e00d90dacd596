//! Settings of CIBA.

use anyhow::bail;
use serde::Deserialize;

/// How requests of services without a page are served.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Seconds that the person has to answer, and the service to fetch the
    /// tokens; a phone is never asked longer than `ecps.request_lifetime`.
    pub lifetime: i64,
    /// Seconds that a service waits between two polls.
    pub interval: i64,
    /// Seconds that a poll is held while nothing is decided; at most 30, and 0
    /// answers at once. Clients of the `psc` profile are always answered at once.
    pub long_poll: i64,
    /// Requests of one service in a minute, for each node.
    pub requests_per_client: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { lifetime: 120, interval: 5, long_poll: 20, requests_per_client: 600 }
    }
}

impl Settings {
    /// The rules that types cannot hold.
    pub fn check(&self) -> anyhow::Result<()> {
        if !(10..=120).contains(&self.lifetime) {
            bail!("ciba.lifetime must be from 10 to 120");
        }
        if !(1..=60).contains(&self.interval) {
            bail!("ciba.interval must be from 1 to 60");
        }
        if !(0..=30).contains(&self.long_poll) {
            bail!("ciba.long_poll must be from 0 to 30");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bound_is_named() {
        assert!(Settings::default().check().is_ok());
        for (text, key) in [
            ("lifetime = 121", "lifetime"),
            ("lifetime = 9", "lifetime"),
            ("interval = 0", "interval"),
            ("long_poll = 31", "long_poll"),
        ] {
            let settings: Settings = toml::from_str(text).unwrap();
            assert!(settings.check().unwrap_err().to_string().contains(key), "{text}");
        }
    }
}
