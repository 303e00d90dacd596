//! The envelopes: a proof for each call, a signed message for each decision,
//! and the answer when a call is refused.

use serde::{Deserialize, Serialize};

/// `typ` of each kind of JWS, so that none can stand in for another
/// (RFC 8725 §3.11).
pub mod typ {
    /// A [`super::Proof`].
    pub const PROOF: &str = "ecps-proof+jwt";
    /// A [`super::super::ClaimProof`].
    pub const ENROL_CLAIM: &str = "ecps-enrol-claim+jwt";
    /// A [`super::super::EnrolPin`].
    pub const ENROL_PIN: &str = "ecps-enrol-pin+jwt";
    /// A [`super::super::PinOprf`].
    pub const PIN_OPRF: &str = "ecps-pin-oprf+jwt";
    /// A [`super::super::PinChange`].
    pub const PIN_CHANGE: &str = "ecps-pin-change+jwt";
    /// A [`super::super::Revocation`].
    pub const REVOKE: &str = "ecps-revoke+jwt";
    /// A [`super::super::Challenge`], signed by the server.
    pub const CHALLENGE: &str = "ecps-challenge+jwt";
    /// A [`super::super::Decision`].
    pub const APPROVAL: &str = "ecps-approval+jwt";
}

/// `kid` of the keys that a phone signs with.
pub mod kid {
    /// The possession key: this phone.
    pub const K1: &str = "k1";
    /// The knowledge key: this person's PIN.
    pub const K2: &str = "k2";
    /// The knowledge key of the new PIN, when it changes.
    pub const K2_NEW: &str = "k2-new";
}

/// The protected header of each signature: exactly these three members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProtectedHeader {
    /// Always `ES256`.
    pub alg: String,
    /// One of [`typ`].
    pub typ: String,
    /// One of [`kid`]; in a [`Proof`], the device id.
    pub kid: String,
}

/// A JWS in the general JSON serialisation (RFC 7515 §7.2.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedMessage {
    /// base64url of the JSON that is signed.
    pub payload: String,
    /// One for each key, in the order K1, K2, new K2.
    pub signatures: Vec<MessageSignature>,
}

/// One signature of a [`SignedMessage`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageSignature {
    /// base64url of a [`ProtectedHeader`].
    pub protected: String,
    /// base64url of the 64 bytes r‖s over `protected.payload`.
    pub signature: String,
}

/// Proves that a call comes from this phone, now. The header's `kid` is the
/// device id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The method, always `POST`.
    pub htm: String,
    /// The path, one of [`super::paths`].
    pub htp: String,
    /// SHA-256 of the body's bytes.
    pub bh: String,
    /// The nonce that the server gave; good once, for 60 s.
    pub nonce: String,
}

/// Answer of [`super::paths::NONCE`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NonceAnswer {
    /// For the next [`Proof`].
    pub nonce: String,
    /// The server's clock, for a phone whose own is wrong.
    pub now: i64,
}

/// Why a call was refused. HTTP status 4xx says the same to a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Stable, for programs.
    pub error: RefusalCode,
    /// One English sentence for a developer; the app has its own words for people.
    pub error_description: String,
    /// With `pin_wrong`: tries left before the next lock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tries_left: Option<u32>,
    /// With `pin_locked`: when it ends; absent when it never does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked_until: Option<i64>,
}

/// What [`Refused::error`] may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// The body or a signature is not of the form asked for.
    InvalidRequest,
    /// The proof is missing, wrong, or for another call.
    InvalidProof,
    /// The nonce is spent or too old: take the one in the answer, try once more.
    UseNonce,
    /// No such device, or one that is no longer allowed to speak.
    UnknownDevice,
    /// This phone was revoked, replaced or has expired: enrol again.
    DeviceRevoked,
    /// Two copies of this e-CPS were seen: both stop, enrol again.
    DeviceSuspended,
    /// The enrolment is unknown, already claimed, or over.
    EnrolmentOver,
    /// The scanned code is no longer the one on the screen.
    CodeStale,
    /// There is no such request for this phone.
    UnknownRequest,
    /// The request was already answered, replaced or cancelled.
    RequestOver,
    /// The request ran out of time.
    RequestExpired,
    /// The challenge signed is not the one that was sent.
    ChallengeMismatch,
    /// The PIN is wrong; see `tries_left`.
    PinWrong,
    /// Too many wrong PINs; see `locked_until`.
    PinLocked,
    /// The number typed is not the one on the screen: the request is over.
    NumberWrong,
    /// Too many calls.
    TooManyRequests,
    /// The server's own fault.
    ServerError,
}
