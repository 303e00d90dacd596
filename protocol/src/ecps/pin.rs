//! The PIN: each guess is one counted call.

use serde::{Deserialize, Serialize};

/// Asks the server to evaluate the OPRF (RFC 9497, P-256, SHA-256, mode 0) at
/// one blinded PIN. Signed by K1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinOprf {
    /// This phone.
    pub device_id: String,
    /// What the PIN is for.
    pub purpose: PinPurpose,
    /// The blinded element, 33 bytes compressed.
    pub blinded: String,
    /// 128 random bits: one evaluation for each signed call.
    pub jti: String,
}

/// What a PIN is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum PinPurpose {
    /// A first PIN, at enrolment: not a guess.
    Enrol,
    /// To approve the request `rid`, whose challenge has the digest `ch`.
    Approve {
        /// The request.
        rid: String,
        /// SHA-256 of the challenge's compact text.
        ch: String,
    },
    /// The PIN now in force, before it changes: a guess.
    ChangeOld,
    /// The PIN that will replace it: not a guess.
    ChangeNew,
}

/// Answer to a [`PinOprf`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluated {
    /// The evaluated element, 33 bytes compressed.
    pub evaluated: String,
    /// Wrong PINs allowed before the next lock, this one counted as wrong
    /// until its signature has been seen.
    pub tries_left: u32,
}

/// Replaces the PIN. Signed by K1, the old K2 and the new K2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinChange {
    /// This phone.
    pub device_id: String,
    /// The new K2.
    pub public_key: super::PublicKey,
    /// 128 random bits.
    pub jti: String,
}
