//! Why a phone could not do what it was told.

use openpsc_ecps_keys::{NotForUs, oprf::InvalidElement};
use openpsc_protocol::ecps::{RefusalCode, Refused};

/// Whose doing was it: the server's answer, the network, or what came back.
#[derive(Debug, thiserror::Error)]
pub enum PhoneError {
    /// The server said no, and why.
    #[error("refused: {:?}: {}", .0.error, .0.error_description)]
    Refused(Refused),
    /// The server could not be reached or did not speak the protocol.
    #[error("the server could not be reached")]
    Unreachable(#[from] reqwest::Error),
    /// An answer that is not of this protocol.
    #[error("the server answered {status} with something else: {body}")]
    Foreign {
        /// The HTTP status.
        status: u16,
        /// The start of the body.
        body: String,
    },
    /// A request that this phone must not show.
    #[error("the request is not for this phone")]
    Untrusted(#[from] NotForUs),
    /// The evaluated PIN is not a point.
    #[error("the server's evaluation is not usable")]
    Evaluation(#[from] InvalidElement),
    /// The text given is neither a link of the portal nor the code in it.
    #[error("not an enrolment link")]
    NotALink,
    /// No such request waits for this phone.
    #[error("no request {0} waits for this phone")]
    NoSuchRequest(String),
    /// The phone is not active, so that it has no chain to sign with.
    #[error("the phone is not active yet")]
    NotActive,
    /// The state that was kept is damaged.
    #[error("the kept state is not a phone")]
    DamagedState,
    /// A message could not be written as JSON.
    #[error("the message could not be written")]
    Unwritable(#[from] serde_json::Error),
    /// The portal did not confirm in time.
    #[error("the portal did not confirm in time")]
    NotConfirmed,
}

impl PhoneError {
    /// The code of a refusal; `None` for every other kind of failure.
    pub fn refusal(&self) -> Option<RefusalCode> {
        match self {
            Self::Refused(refused) => Some(refused.error),
            _ => None,
        }
    }
}
