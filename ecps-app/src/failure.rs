//! Why something did not work out.

use openpsc_protocol::ecps::{RefusalCode, Refused};

use crate::record::Ending;

/// Whose doing was it?
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The server said no, and why.
    #[error("refused: {:?}", .0.error)]
    Refused(Refused),
    /// The server could not be reached.
    #[error("the server could not be reached")]
    Offline,
    /// The server answered something that is not of this protocol, or that
    /// its pinned key did not sign.
    #[error("the answer cannot be believed: {0}")]
    Untrusted(&'static str),
    /// The browser cannot keep or use keys.
    #[error("the browser failed: {0}")]
    Browser(String),
}

impl Failure {
    /// The server's own code.
    pub fn code(&self) -> Option<RefusalCode> {
        match self {
            Self::Refused(refused) => Some(refused.error),
            _ => None,
        }
    }

    /// What a refusal says about this phone as a whole.
    pub fn ending(&self) -> Option<Ending> {
        match self {
            Self::Refused(refused) => match refused.error {
                RefusalCode::UnknownDevice => Some(Ending::Unknown),
                RefusalCode::DeviceRevoked => Some(Ending::Revoked),
                RefusalCode::DeviceSuspended => Some(Ending::Suspended),
                RefusalCode::PinLocked if refused.locked_until.is_none() => Some(Ending::PinLocked),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether it says what became of a decision. A broken connection does
    /// not, and a server that failed half-way may still have taken it.
    pub fn settles(&self) -> bool {
        self.code().is_some_and(|code| {
            !matches!(code, RefusalCode::ServerError | RefusalCode::TooManyRequests)
        })
    }
}
