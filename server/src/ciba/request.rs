//! A request as it is kept, and where it stands.

use openpsc_protocol::{ecps::RequestState, level::Level};

use crate::clock::UnixTime;

/// A client that polls too fast adds so many seconds each time, for good
/// (CIBA Core §11).
pub(super) const SLOW_DOWN: i64 = 5;

/// So many times; then it is told that it is not playing by the rules.
const PATIENCE: i64 = 10;

/// What the sandbox decided in a person's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Allowed,
    Denied,
}

impl Verdict {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
        }
    }
}

impl std::str::FromStr for Verdict {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        [Self::Allowed, Self::Denied].into_iter().find(|it| it.as_str() == word).ok_or(())
    }
}

/// One request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// The digest of its `auth_req_id`.
    pub(super) id: String,
    /// What the phone is asked.
    pub(super) rid: String,
    pub(super) client_id: String,
    pub(super) national_id: String,
    pub(super) scope: String,
    pub(super) acr_values: Vec<Level>,
    /// Seconds between two polls, as they stand now.
    pub(super) poll_interval: i64,
    pub(super) verdict: Option<Verdict>,
    /// What it was exchanged for.
    pub(super) grant_id: Option<String>,
    pub(super) expires_at: UnixTime,
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nobody has answered yet.
    Pending,
    /// The person said yes.
    Approved,
    /// It will never be approved, and why.
    Denied(&'static str),
    /// Time is up.
    Expired,
    /// Its tokens were given.
    Redeemed,
}

impl Request {
    /// Where it stands, given where the phone's request does. What was decided
    /// can be read until the end, and not after it: an approval that nobody
    /// fetched dies with its `auth_req_id`.
    pub(super) fn standing(&self, phone: Option<RequestState>, now: UnixTime) -> Standing {
        if self.grant_id.is_some() {
            return Standing::Redeemed;
        }
        if self.expires_at <= now {
            return Standing::Expired;
        }
        match (self.verdict, phone) {
            (Some(Verdict::Allowed), _) | (None, Some(RequestState::Approved)) => {
                Standing::Approved
            }
            (Some(Verdict::Denied), _) | (None, Some(RequestState::Denied)) => {
                Standing::Denied("The person refused.")
            }
            (None, Some(RequestState::Pending | RequestState::Fetched)) => Standing::Pending,
            (None, Some(RequestState::NumberWrong)) => {
                Standing::Denied("Another number was typed on the phone.")
            }
            (None, Some(RequestState::Superseded)) => {
                Standing::Denied("A newer request for this person took its place.")
            }
            (None, Some(RequestState::Expired)) => Standing::Expired,
            (None, Some(RequestState::Cancelled | RequestState::Consumed) | None) => {
                Standing::Denied("The phone is no longer the person's.")
            }
        }
    }

    /// Whether its client polls too fast again and again.
    pub(super) fn is_hammered(&self, interval: i64) -> bool {
        self.poll_interval >= interval + PATIENCE * SLOW_DOWN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request {
            id: "i".into(),
            rid: "r".into(),
            client_id: "c".into(),
            national_id: "899700990015".into(),
            scope: "openid".into(),
            acr_values: vec![],
            poll_interval: 5,
            verdict: None,
            grant_id: None,
            expires_at: 1120,
        }
    }

    #[test]
    fn what_was_decided_stands_until_the_end_and_not_after() {
        for state in [RequestState::Approved, RequestState::Denied, RequestState::Fetched] {
            assert_ne!(request().standing(Some(state), 1119), Standing::Expired);
            assert_eq!(request().standing(Some(state), 1120), Standing::Expired);
        }
    }

    #[test]
    fn what_was_redeemed_stays_redeemed() {
        let redeemed = Request { grant_id: Some("g".into()), ..request() };
        for now in [1000, 2000] {
            assert_eq!(redeemed.standing(Some(RequestState::Consumed), now), Standing::Redeemed);
        }
    }

    #[test]
    fn only_a_yes_approves() {
        use RequestState::*;
        for state in [Pending, Fetched] {
            assert_eq!(request().standing(Some(state), 1000), Standing::Pending);
        }
        for state in [Some(Denied), Some(NumberWrong), Some(Cancelled), Some(Superseded), None] {
            assert!(matches!(request().standing(state, 1000), Standing::Denied(_)), "{state:?}");
        }
        assert_eq!(request().standing(Some(Approved), 1000), Standing::Approved);
    }

    #[test]
    fn patience_has_an_end() {
        assert!(!Request { poll_interval: 50, ..request() }.is_hammered(5));
        assert!(Request { poll_interval: 55, ..request() }.is_hammered(5));
    }
}
