//! The record of a login.

use std::str::FromStr;

use crate::{authorize::AuthorizationRequest, clock::UnixTime};

/// Where a login stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Pending,
    Finished,
    Cancelled,
}

impl State {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
        }
    }
}

impl FromStr for State {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        let all = [Self::Pending, Self::Finished, Self::Cancelled];
        all.into_iter().find(|state| state.as_str() == word).ok_or(())
    }
}

/// A login under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Login {
    /// Stands in the address of its pages.
    pub handle: String,
    /// The digest of its handle.
    pub id: String,
    /// The digest of the cookie of the browser that began it.
    pub browser_digest: String,
    /// What the service asked.
    pub request: AuthorizationRequest,
    /// Where it stands.
    pub state: State,
    /// The session that it ended in.
    pub sid: Option<String>,
    /// The request sent to a phone by number or by link.
    pub rid: Option<String>,
    /// The request behind the QR code.
    pub qr_rid: Option<String>,
    /// When it dies.
    pub expires_at: UnixTime,
}

impl Login {
    /// Whether it can still go on.
    pub(super) fn is_open(&self, now: UnixTime) -> bool {
        self.state == State::Pending && now < self.expires_at
    }
}
