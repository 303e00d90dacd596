//! A login that waits for a phone, and how it may end.

use openpsc_protocol::{
    ecps::{Matching, Origin, RequestState, Start},
    level::Level,
};

use crate::{
    audit::{Event, Kind},
    clock::UnixTime,
};

/// How long an approval may wait for the browser that asked for it, in seconds.
pub(super) const APPROVAL_LIFETIME: i64 = 120;

/// One request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// 128 random bits; neither the login's id nor a secret.
    pub(super) rid: String,
    pub(super) client_id: String,
    pub(super) client_name: String,
    pub(super) acr: Option<Level>,
    pub(super) lang: String,
    pub(super) origin: Origin,
    pub(super) start: Start,
    /// With a push: what the page, or the service itself, shows and the person
    /// types.
    pub(super) number: Option<String>,
    /// With a push of a service that shows words instead: what the phone shows
    /// too.
    pub(super) message: Option<String>,
    pub(super) nonce: String,
    pub(super) national_id: Option<String>,
    /// The phone that it is for; nobody's until a phone scans or opens it, and
    /// nobody's ever when the identifier of a push has no active phone.
    pub(super) device_id: Option<String>,
    /// The compact JWS that the phone was given.
    pub(super) challenge: Option<String>,
    pub(super) state: RequestState,
    /// Digest of the body that decided.
    pub(super) decision_digest: Option<String>,
    pub(super) answer: Option<(u64, String)>,
    pub(super) created_at: UnixTime,
    pub(super) expires_at: UnixTime,
    pub(super) decided_at: Option<UnixTime>,
}

impl Request {
    /// Where it stands now: time ends it without writing.
    pub(super) fn state_at(&self, now: UnixTime) -> RequestState {
        match self.state {
            RequestState::Pending | RequestState::Fetched if self.expires_at <= now => {
                RequestState::Expired
            }
            RequestState::Approved
                if self.decided_at.is_none_or(|at| at + APPROVAL_LIFETIME <= now) =>
            {
                RequestState::Expired
            }
            state => state,
        }
    }

    /// What the audit trail says of it.
    pub(super) fn event(&self, kind: Kind) -> Event {
        let event = Event::of(kind).request(&self.rid).client(&self.client_id);
        let event = match &self.national_id {
            Some(national_id) => event.person(national_id),
            None => event,
        };
        match &self.device_id {
            Some(device_id) => event.device(device_id),
            None => event,
        }
    }

    /// What the person must do beside the PIN.
    pub(super) fn matching(&self) -> Matching {
        match self.start {
            Start::Push if self.number.is_some() => Matching::Typed2,
            Start::Push => Matching::Read,
            Start::Qr => Matching::Qr,
            Start::Link => Matching::Link,
        }
    }
}

/// Whether a request may pass from one state to another. Every statement of
/// the store that moves a request names both.
pub(super) fn may_become(from: RequestState, to: RequestState) -> bool {
    use RequestState::*;
    match from {
        Pending => matches!(to, Fetched | Expired | Cancelled | Superseded),
        Fetched => {
            matches!(to, Approved | Denied | NumberWrong | Expired | Cancelled | Superseded)
        }
        Approved => matches!(to, Consumed | Cancelled),
        Consumed | Denied | NumberWrong | Expired | Cancelled | Superseded => false,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A push that a phone shows, made at 1000.
    pub(in super::super) fn fetched_push() -> Request {
        Request {
            rid: "r1".into(),
            client_id: "agenda".into(),
            client_name: "Agenda".into(),
            acr: Some(Level::Eidas2),
            lang: "fr".into(),
            origin: Origin::default(),
            start: Start::Push,
            number: Some("07".into()),
            message: None,
            nonce: "n".into(),
            national_id: Some("899700990015".into()),
            device_id: Some("d1".into()),
            challenge: Some("challenge".into()),
            state: RequestState::Fetched,
            decision_digest: None,
            answer: None,
            created_at: 1000,
            expires_at: 1120,
            decided_at: None,
        }
    }

    #[test]
    fn time_ends_a_request_by_itself() {
        let request = fetched_push();
        assert_eq!(request.state_at(1119), RequestState::Fetched);
        assert_eq!(request.state_at(1120), RequestState::Expired);
    }

    #[test]
    fn an_approval_does_not_wait_for_ever() {
        let approved =
            Request { state: RequestState::Approved, decided_at: Some(1110), ..fetched_push() };
        assert_eq!(approved.state_at(1229), RequestState::Approved);
        assert_eq!(approved.state_at(1230), RequestState::Expired);
    }

    #[test]
    fn what_has_ended_stays_ended() {
        use RequestState::*;
        let all = [
            Pending,
            Fetched,
            Approved,
            Consumed,
            Denied,
            NumberWrong,
            Expired,
            Cancelled,
            Superseded,
        ];
        for ended in [Consumed, Denied, NumberWrong, Expired, Cancelled, Superseded] {
            assert!(all.into_iter().all(|to| !may_become(ended, to)), "{ended:?}");
        }
    }

    #[test]
    fn only_what_a_phone_shows_is_approved_and_only_that_is_consumed() {
        use RequestState::*;
        assert!(may_become(Fetched, Approved) && !may_become(Pending, Approved));
        assert!(may_become(Approved, Consumed) && !may_become(Fetched, Consumed));
    }
}
