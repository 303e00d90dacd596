//! Why the core refuses: a number for the door, and a detail for the integrator.

use alloc::borrow::ToOwned;
use alloc::string::String;

/// Which rule was broken. The numbers are the contract with the door, which
/// turns each into the code of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The settings or the registration of the client are wrong.
    Configuration = 0,
    /// The discovery document is unusable.
    Discovery = 1,
    /// The answer belongs to no login that this browser started.
    StateMismatch = 2,
    /// Another provider answered than the one that was asked.
    IssuerMismatch = 3,
    /// The ID token answers another login.
    NonceMismatch = 4,
    /// A token breaks a rule.
    TokenRejected = 5,
    /// The clocks of the provider and of this device differ too much.
    ClockSkew = 6,
    /// The login is weaker than what the service demanded.
    LevelTooLow = 7,
    /// The person, or the provider on their behalf, said no.
    AccessDenied = 8,
    /// There is no session any more: the person has to log in.
    LoginRequired = 9,
    /// The session stands but its tokens could not be renewed now.
    RefreshFailed = 10,
    /// The provider failed.
    Server = 11,
}

/// A broken rule and what the integrator may read about it.
///
/// The detail never holds a token, a code or a verifier (S20).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which rule.
    pub code: Code,
    /// The provider's own code, or a few words.
    pub detail: String,
}

impl Refusal {
    /// A refusal with its detail.
    pub fn new(code: Code, detail: &str) -> Self {
        Self { code, detail: detail.to_owned() }
    }

    /// A token that breaks a rule, named in a few words.
    pub fn token(detail: &str) -> Self {
        Self::new(Code::TokenRejected, detail)
    }
}
