//! What the app keeps of its e-CPS between visits, beside the keys.

use openpsc_protocol::ecps::{Person, PublicKey, ServerKey, SignedMessage};
use serde::{Deserialize, Serialize};

/// One enrolled phone. Nothing in it is secret: the keys are WebCrypto's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its name at the provider.
    pub device_id: String,
    /// The enrolment that made it.
    pub enrol_id: String,
    /// The public half of K1.
    pub public_key: PublicKey,
    /// The issuer whose challenges it believes.
    pub issuer: String,
    /// The keys pinned at enrolment.
    pub server_keys: Vec<ServerKey>,
    /// Whose it is.
    pub person: Person,
    /// How many digits the PIN has.
    pub pin_length: u32,
    /// What a PIN must not repeat.
    pub forbidden_in_pin: Vec<String>,
    /// How far the enrolment has come.
    pub stage: Stage,
    /// Decisions taken.
    pub ctr: u64,
    /// For the next decision; `None` until active.
    pub chain: Option<String>,
    /// A decision that was sent and whose answer has not come.
    pub unanswered: Option<SignedMessage>,
}

/// How far a phone has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The enrolment is ours; the PIN is to be chosen.
    Claimed,
    /// The PIN is chosen; the portal is to confirm.
    PinSet {
        /// The six digits to compare.
        check_value: String,
    },
    /// May approve.
    Active,
    /// Never again; the screen says why.
    Ended(Ending),
}

/// Why a phone may not approve any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The person gave this phone up, here.
    GivenUp,
    /// Revoked or replaced, elsewhere.
    Revoked,
    /// Two copies were seen.
    Suspended,
    /// Too many wrong PINs.
    PinLocked,
    /// Too old.
    Expired,
    /// The provider does not know it.
    Unknown,
}
