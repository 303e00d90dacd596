//! All that a phone remembers, in a form that can be kept and copied.

use openpsc_ecps_keys::{PossessionKey, base64url, thumbprint};
use openpsc_protocol::ecps::{Person, PublicKey, ServerKey, SignedMessage};
use serde::{Deserialize, Serialize};

use crate::PhoneError;

/// A phone at rest. Whoever holds this text holds the phone and its PIN.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhoneState {
    /// Its name at the provider.
    pub device_id: String,
    /// The enrolment that made it.
    pub enrol_id: String,
    /// The issuer whose challenges it believes.
    pub issuer: String,
    /// The keys pinned at enrolment.
    pub server_keys: Vec<ServerKey>,
    /// Whose it is.
    pub person: Person,
    /// K1, base64url of the private scalar.
    pub possession_key: String,
    /// What K2 is mixed with, base64url of 32 bytes.
    pub dev_secret: String,
    /// The public half of K2 as it was set last.
    pub knowledge_key: Option<PublicKey>,
    /// The PIN that it types.
    pub pin: String,
    /// Decisions taken.
    pub ctr: u64,
    /// For the next decision; `None` until active.
    pub chain: Option<String>,
    /// A decision that was sent and whose answer has not come.
    pub unanswered: Option<Unanswered>,
}

/// Sent again as it is, so that a lost answer never looks like a copied phone.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unanswered {
    /// The request decided.
    pub rid: String,
    /// What was sent.
    pub message: SignedMessage,
}

impl PhoneState {
    pub(crate) fn possession(&self) -> Result<PossessionKey, PhoneError> {
        base64url::decode_exactly(&self.possession_key)
            .and_then(|bytes| PossessionKey::from_bytes(&bytes))
            .ok_or(PhoneError::DamagedState)
    }

    pub(crate) fn secret(&self) -> Result<[u8; 32], PhoneError> {
        base64url::decode_exactly(&self.dev_secret).ok_or(PhoneError::DamagedState)
    }

    /// The thumbprints of K1 and K2.
    pub(crate) fn thumbprints(&self) -> Result<(String, String), PhoneError> {
        let thumb = |key: &PublicKey| thumbprint(key).map_err(|_| PhoneError::DamagedState);
        let k2 = self.knowledge_key.as_ref().ok_or(PhoneError::DamagedState)?;
        Ok((thumb(&self.possession()?.public_key())?, thumb(k2)?))
    }
}

impl std::fmt::Debug for PhoneState {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("PhoneState")
            .field("device_id", &self.device_id)
            .field("ctr", &self.ctr)
            .finish_non_exhaustive()
    }
}
