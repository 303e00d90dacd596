//! A phone as the provider knows it.

use openpsc_protocol::ecps::{DeviceState, PublicKey, RefusalCode};

use super::{
    clone_check::Remembered,
    pin_lock::{self, Standing},
};
use crate::{
    audit::{Event, Kind},
    clock::UnixTime,
};

/// One phone.
#[derive(Clone, Debug)]
pub(super) struct Device {
    pub(super) device_id: String,
    pub(super) national_id: String,
    pub(super) label: String,
    pub(super) state: DeviceState,
    pub(super) k1: PublicKey,
    pub(super) k2: Option<PublicKey>,
    /// The version of the OPRF key that `k2` was derived under.
    pub(super) oprf_version: i64,
    /// The version for the next PIN: raised at each change that begins.
    pub(super) oprf_next: i64,
    pub(super) ctr: u64,
    pub(super) chain: String,
    pub(super) previous_chain: Option<String>,
    pub(super) last_rid: Option<String>,
    pub(super) pin_failures: u32,
    pub(super) pin_locked_until: UnixTime,
    /// The evaluation that waits for its signature.
    pub(super) evaluated_for: Option<EvaluatedFor>,
    pub(super) evaluated_at: UnixTime,
    pub(super) created_at: UnixTime,
    pub(super) last_seen_at: UnixTime,
    pub(super) expires_at: UnixTime,
}

/// What the last counted evaluation was for: it is good for one signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EvaluatedFor {
    /// The approval of this request.
    Approval(String),
    /// The old PIN of a change; the new one has not been evaluated yet.
    ChangeOld,
    /// Both PINs of a change.
    ChangeNew,
}

impl EvaluatedFor {
    /// As the database keeps it. An id has no colon.
    pub(super) fn to_text(&self) -> String {
        match self {
            Self::Approval(rid) => format!("approval:{rid}"),
            Self::ChangeOld => "change:old".into(),
            Self::ChangeNew => "change:new".into(),
        }
    }

    /// Reads what [`Self::to_text`] wrote.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("approval", rid) => Some(Self::Approval(rid.into())),
            ("change", "old") => Some(Self::ChangeOld),
            ("change", "new") => Some(Self::ChangeNew),
            _ => None,
        }
    }
}

impl Device {
    /// What the audit trail says of it.
    pub(super) fn event(&self, kind: Kind) -> Event {
        Event::of(kind).person(&self.national_id).device(&self.device_id)
    }

    /// Where it stands now: time and the ninth wrong PIN end it without writing.
    pub(super) fn state_at(&self, now: UnixTime) -> DeviceState {
        if self.is_ended() {
            self.state
        } else if self.expires_at <= now {
            DeviceState::Expired
        } else if self.pin_failures >= pin_lock::LAST && !self.is_evaluation_open(now) {
            DeviceState::PinLocked
        } else {
            self.state
        }
    }

    /// Whether an evaluation still waits for its signature.
    pub(super) fn is_evaluation_open(&self, now: UnixTime) -> bool {
        self.evaluated_for.is_some() && now < self.evaluated_at + pin_lock::PATIENCE
    }

    /// Whether an evaluation for just this still waits.
    pub(super) fn is_evaluated_for(&self, what: &EvaluatedFor, now: UnixTime) -> bool {
        self.is_evaluation_open(now) && self.evaluated_for.as_ref() == Some(what)
    }

    /// Whether the PIN may be tried now.
    pub(super) fn pin_standing(&self, now: UnixTime) -> Standing {
        if self.state == DeviceState::PinLocked {
            return Standing::LockedForGood;
        }
        pin_lock::standing(self.pin_failures, self.pin_locked_until, now)
    }

    /// What this phone's decisions are compared with.
    pub(super) fn remembered(&self) -> Remembered<'_> {
        Remembered {
            ctr: self.ctr,
            chain: &self.chain,
            previous_chain: self.previous_chain.as_deref(),
            last_rid: self.last_rid.as_deref(),
        }
    }

    /// Whether it may speak to the server at all. One whose PIN is locked may:
    /// to hear so, and to be revoked.
    pub(super) fn may_speak(&self, now: UnixTime) -> Result<(), RefusalCode> {
        match self.state_at(now) {
            DeviceState::Claimed
            | DeviceState::PinSet
            | DeviceState::Active
            | DeviceState::PinLocked => Ok(()),
            DeviceState::Suspended => Err(RefusalCode::DeviceSuspended),
            DeviceState::Revoked | DeviceState::Expired => Err(RefusalCode::DeviceRevoked),
        }
    }

    fn is_ended(&self) -> bool {
        use DeviceState::*;
        matches!(self.state, PinLocked | Suspended | Revoked | Expired)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An active phone, enrolled at 0.
    pub(in super::super) fn active() -> Device {
        let key =
            PublicKey { kty: "EC".into(), crv: "P-256".into(), x: String::new(), y: String::new() };
        Device {
            device_id: "d1".into(),
            national_id: "899700990015".into(),
            label: "Phone".into(),
            state: DeviceState::Active,
            k1: key.clone(),
            k2: Some(key),
            oprf_version: 1,
            oprf_next: 1,
            ctr: 4,
            chain: "c4".into(),
            previous_chain: Some("c3".into()),
            last_rid: Some("r0".into()),
            pin_failures: 1,
            pin_locked_until: 0,
            evaluated_for: Some(EvaluatedFor::Approval("r1".into())),
            evaluated_at: 1000,
            created_at: 0,
            last_seen_at: 0,
            expires_at: 1_000_000,
        }
    }

    #[test]
    fn an_evaluation_is_good_for_two_minutes_and_one_request() {
        let device = active();
        let right = EvaluatedFor::Approval("r1".into());
        assert!(device.is_evaluated_for(&right, 1119));
        assert!(!device.is_evaluated_for(&right, 1120));
        assert!(!device.is_evaluated_for(&EvaluatedFor::Approval("r2".into()), 1001));
        assert!(!device.is_evaluated_for(&EvaluatedFor::ChangeNew, 1001));
    }

    #[test]
    fn the_ninth_guess_may_still_prove_right() {
        let ninth = Device { pin_failures: 9, ..active() };
        assert_eq!(ninth.state_at(1001), DeviceState::Active);
        assert_eq!(ninth.pin_standing(1001), Standing::LockedForGood);
        assert_eq!(ninth.state_at(1120), DeviceState::PinLocked);
        let spent = Device { evaluated_for: None, ..ninth };
        assert_eq!(spent.state_at(1001), DeviceState::PinLocked);
    }

    #[test]
    fn a_phone_grows_too_old() {
        assert_eq!(active().state_at(999_999), DeviceState::Active);
        assert_eq!(active().state_at(1_000_000), DeviceState::Expired);
        assert_eq!(active().may_speak(1_000_000), Err(RefusalCode::DeviceRevoked));
    }

    #[test]
    fn what_an_evaluation_was_for_reads_back() {
        for what in
            [EvaluatedFor::Approval("r".into()), EvaluatedFor::ChangeOld, EvaluatedFor::ChangeNew]
        {
            assert_eq!(EvaluatedFor::from_text(&what.to_text()), Some(what));
        }
        assert_eq!(EvaluatedFor::from_text("r"), None);
    }
}
