//! From a value to the sentence for it.

use openpsc_ecps_keys::Weakness;
use openpsc_protocol::{
    ecps::{Challenge, RefusalCode, RequestState, Start},
    level::Level,
};

use super::{Texts, fill};
use crate::{
    failure::Failure,
    model::{Notice, PinProblem},
    record::Ending,
};

impl Texts {
    /// What went wrong, and what to do now.
    pub fn failure(&self, failure: &Failure) -> String {
        let refused = match failure {
            Failure::Refused(refused) => refused,
            Failure::Offline => return self.network_failed.into(),
            Failure::Untrusted(_) => return self.untrusted.into(),
            Failure::Browser(_) => return self.browser_failed.into(),
        };
        match refused.error {
            RefusalCode::PinWrong => match refused.tries_left {
                Some(1) => self.pin_wrong_one.into(),
                Some(left) if left > 1 => fill(self.pin_wrong, "n", left),
                _ => self.pin_wrong_none.into(),
            },
            RefusalCode::PinLocked => self.locked_title.into(),
            RefusalCode::NumberWrong => self.number_wrong_lead.into(),
            RefusalCode::RequestExpired => self.expired_lead.into(),
            RefusalCode::RequestOver => self.over_lead.into(),
            RefusalCode::UnknownRequest => self.request_unknown.into(),
            RefusalCode::CodeStale => self.code_stale.into(),
            RefusalCode::EnrolmentOver => self.enrolment_over.into(),
            RefusalCode::DeviceRevoked => self.ended_revoked.into(),
            RefusalCode::DeviceSuspended => self.ended_suspended.into(),
            RefusalCode::UnknownDevice => self.ended_unknown.into(),
            RefusalCode::TooManyRequests => self.too_many.into(),
            RefusalCode::ServerError => self.server_error.into(),
            RefusalCode::ChallengeMismatch => self.untrusted.into(),
            RefusalCode::InvalidRequest | RefusalCode::InvalidProof | RefusalCode::UseNonce => {
                self.refused_otherwise.into()
            }
        }
    }

    /// What stands above a screen's content.
    pub fn notice(&self, notice: &Notice) -> String {
        match notice {
            Notice::Failed(failure) => self.failure(failure),
            Notice::NotALink => self.not_a_link.into(),
            Notice::NoEcpsHere => self.no_ecps_here.into(),
            Notice::PinChanged => self.pin_changed.into(),
        }
    }

    /// Why a PIN was not taken.
    pub fn pin_problem(&self, problem: &PinProblem, length: usize) -> String {
        match problem {
            PinProblem::Weak(Weakness::WrongLength) => fill(self.weak_length, "n", length),
            PinProblem::Weak(Weakness::Repeated) => self.weak_repeated.into(),
            PinProblem::Weak(Weakness::Run) => self.weak_run.into(),
            PinProblem::Weak(Weakness::Year) => self.weak_year.into(),
            PinProblem::Weak(Weakness::Personal) => self.weak_personal.into(),
            PinProblem::Weak(Weakness::Common) => self.weak_common.into(),
            PinProblem::Different => self.pin_different.into(),
            PinProblem::Same => self.pin_same.into(),
            PinProblem::Failed(failure) => self.failure(failure),
        }
    }

    /// Title and sentence of an end.
    pub fn ending(&self, ending: Ending) -> (&'static str, &'static str) {
        match ending {
            Ending::GivenUp => (self.ended_given_up_title, self.ended_given_up),
            Ending::Revoked => (self.ended_revoked_title, self.ended_revoked),
            Ending::Suspended => (self.ended_suspended_title, self.ended_suspended),
            Ending::PinLocked => (self.ended_pin_locked_title, self.ended_pin_locked),
            Ending::Expired => (self.ended_expired_title, self.ended_expired),
            Ending::Unknown => (self.ended_unknown_title, self.ended_unknown),
        }
    }

    /// How long a request has left.
    pub fn time_left(&self, seconds: i64) -> String {
        let seconds = seconds.max(0);
        if seconds < 60 {
            fill(self.time_left, "n", seconds)
        } else {
            fill(&fill(self.time_left_minute, "m", seconds / 60), "n", seconds % 60)
        }
    }

    /// The browser and system of a login page.
    pub fn browser(&self, challenge: &Challenge) -> String {
        let origin = &challenge.origin;
        match (origin.browser.as_str(), origin.os.as_str()) {
            ("", "") => self.unknown_browser.into(),
            (only, "") | ("", only) => only.into(),
            (browser, os) => fill(&fill(self.on_system, "browser", browser), "os", os),
        }
    }

    /// An eIDAS level in a word.
    pub fn level(&self, level: Level) -> &'static str {
        match level {
            Level::Eidas1 => self.level_low,
            Level::Eidas2 => self.level_substantial,
            Level::Eidas3 => self.level_high,
        }
    }

    /// How a request reached this phone.
    pub fn start(&self, start: Start) -> &'static str {
        match start {
            Start::Qr => self.start_qr,
            Start::Push => self.start_push,
            Start::Link => self.start_link,
        }
    }

    /// How a past request ended.
    pub fn state(&self, state: RequestState) -> &'static str {
        match state {
            RequestState::Pending | RequestState::Fetched => self.state_pending,
            RequestState::Approved | RequestState::Consumed => self.state_approved,
            RequestState::Denied => self.state_denied,
            RequestState::NumberWrong => self.state_number_wrong,
            RequestState::Expired => self.state_expired,
            RequestState::Cancelled => self.state_cancelled,
            RequestState::Superseded => self.state_superseded,
        }
    }
}
