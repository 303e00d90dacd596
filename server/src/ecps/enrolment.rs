//! An enrolment: from a code on the portal to a phone that may approve.
//!
//! ```text
//! waiting ──claim──▶ claimed ──PIN──▶ pin_set ──confirmed on the portal──▶ active
//!    └──────────────────┴────────────────┴──▶ over
//! ```

use std::str::FromStr;

use crate::clock::UnixTime;

/// How long the person has from the scan to the confirmation, in seconds.
pub(super) const FINISH: i64 = 10 * 60;

/// A code on the portal is drawn anew this often, in seconds.
pub(super) const REDRAWN: i64 = 15;

/// A code is taken this long after it was drawn, in seconds.
pub(super) const TAKEN: i64 = 45;

/// One enrolment.
#[derive(Clone, Debug)]
pub(super) struct Enrolment {
    pub(super) id: String,
    pub(super) national_id: String,
    pub(super) state: EnrolmentState,
    pub(super) device_id: Option<String>,
    pub(super) expires_at: UnixTime,
}

/// Where an enrolment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnrolmentState {
    /// The portal shows a code.
    Waiting,
    /// A phone has taken it.
    Claimed,
    /// The PIN is chosen; the portal shows the check value.
    PinSet,
    /// The phone may approve.
    Active,
    /// Refused, or out of time.
    Over,
}

impl EnrolmentState {
    const ALL: [Self; 5] = [Self::Waiting, Self::Claimed, Self::PinSet, Self::Active, Self::Over];

    /// The word of the database and of the portal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Claimed => "claimed",
            Self::PinSet => "pin_set",
            Self::Active => "active",
            Self::Over => "over",
        }
    }
}

impl FromStr for EnrolmentState {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|state| state.as_str() == word).ok_or(())
    }
}

impl Enrolment {
    /// Where it stands now: time ends it without writing.
    pub(super) fn state_at(&self, now: UnixTime) -> EnrolmentState {
        match self.state {
            EnrolmentState::Active => EnrolmentState::Active,
            _ if self.expires_at <= now => EnrolmentState::Over,
            state => state,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_ends_what_is_unfinished_only() {
        let enrolment = |state| Enrolment {
            id: "e".into(),
            national_id: "n".into(),
            state,
            device_id: None,
            expires_at: 100,
        };
        assert_eq!(enrolment(EnrolmentState::PinSet).state_at(99), EnrolmentState::PinSet);
        assert_eq!(enrolment(EnrolmentState::PinSet).state_at(100), EnrolmentState::Over);
        assert_eq!(enrolment(EnrolmentState::Active).state_at(100), EnrolmentState::Active);
    }

    #[test]
    fn a_state_reads_back_what_it_writes() {
        for state in EnrolmentState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
    }
}
