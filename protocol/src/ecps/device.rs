//! The phone as the provider knows it.

use serde::{Deserialize, Serialize};

use super::Person;

/// Where a phone stands; only `active` may approve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceState {
    /// Has claimed an enrolment, no PIN yet.
    Claimed,
    /// PIN chosen; the portal has not confirmed yet.
    PinSet,
    /// May approve.
    Active,
    /// Nine wrong PINs: for good.
    PinLocked,
    /// Two copies were seen: for good.
    Suspended,
    /// Revoked or replaced: for good.
    Revoked,
    /// Too old: for good.
    Expired,
}

/// Answer of [`super::paths::DEVICE`], and of what changes a phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceStatus {
    /// This phone.
    pub device_id: String,
    /// Where it stands.
    pub state: DeviceState,
    /// Whose it is.
    pub person: Person,
    /// What the person called it.
    pub label: String,
    /// When it was enrolled.
    pub created_at: i64,
    /// When it must be enrolled again.
    pub expires_at: i64,
    /// How many digits its PIN has.
    pub pin_length: u32,
    /// Wrong PINs allowed before the next lock.
    pub tries_left: u32,
    /// While the PIN is locked: until when; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked_until: Option<i64>,
    /// Decisions taken so far: the next [`super::Decision::ctr`] is one more.
    pub ctr: u64,
    /// Present while the phone is active and `ctr` is 0: the first
    /// [`super::Decision::chain`]. Later values come with [`super::Decided`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// The server's clock.
    pub now: i64,
}

/// The person gives this phone up. Signed by K1 alone: losing the PIN must
/// not prevent it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// This phone.
    pub device_id: String,
    /// Always `true`: the person said yes.
    pub revoke: bool,
}
