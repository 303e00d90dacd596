//! Why a call brought nothing.

use thiserror::Error;

/// Why a call brought nothing. No text of the other side is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FetchError {
    /// The URL itself is not one that we call.
    #[error("the URL {0}")]
    Url(&'static str),
    /// The name leads to a network that is not the public one.
    #[error("the host is, or has, an address that is not allowed")]
    Address,
    /// Nobody there, or nobody whose certificate is good.
    #[error("the host could not be reached")]
    Unreachable,
    /// Too slow.
    #[error("the answer did not come in time")]
    TimedOut,
    /// Too long.
    #[error("the answer is too long")]
    TooLarge,
    /// Another status than was needed.
    #[error("the answer has status {0}")]
    Status(u16),
    /// Not JSON, or JSON that says a member twice.
    #[error("the answer is not well-formed JSON")]
    NotJson,
}
