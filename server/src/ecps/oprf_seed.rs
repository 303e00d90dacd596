//! The seed of every PIN's OPRF key: outside the database, so that who steals
//! the database and a phone still has to ask here for each guess.

use openpsc_ecps_keys::oprf::EvaluationKey;

use crate::config::Config;

/// What the e-CPS keeps in memory.
pub struct Ecps {
    seed: [u8; 32],
}

impl Ecps {
    /// Reads the seed.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        Ok(Self { seed: config.secrets.oprf_seed()? })
    }

    /// The key for one phone's PIN. Each new PIN has a version of its own, so
    /// that evaluating a new one tells nothing about the old one.
    pub(super) fn evaluation_key(&self, device_id: &str, version: i64) -> EvaluationKey {
        EvaluationKey::derive(&self.seed, format!("openpsc-pin{device_id}.{version}").as_bytes())
    }
}
