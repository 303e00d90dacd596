//! What PSC's software says where we have a sentence of our own.
//!
//! Integrators search for these words, and some clients log them
//! (psc-protocol §5.4, §9, §12.2, §12.3). Only the description is another: the
//! code is the standard's for both profiles.

use super::Rules;
use crate::error::{Error, ErrorCode};

/// Codes that PSC's software has one sentence for.
fn for_code(code: ErrorCode) -> Option<&'static str> {
    Some(match code {
        ErrorCode::AuthorizationPending => {
            "The authorization request is still pending as the end-user hasn't yet been authenticated."
        }
        ErrorCode::SlowDown => "too early to access",
        ErrorCode::ExpiredToken => "authentication timed out",
        ErrorCode::AccessDenied => "not authorized",
        ErrorCode::UnknownUserId => "invalid user",
        ErrorCode::UnsupportedGrantType => "Unsupported grant_type",
        _ => return None,
    })
}

/// Ours, and theirs.
const SENTENCES: &[(&str, &str)] = &[
    ("grant_type is missing.", "Missing form parameter: grant_type"),
    ("The code is unknown or has expired.", "Code not valid"),
    ("The code was given to another client.", "Code not valid"),
    ("The code was already used: what it was exchanged for is revoked.", "Code not valid"),
    ("redirect_uri is not the one of the authorization request.", "Incorrect redirect_uri"),
    (
        "code_verifier is missing, or does not match code_challenge.",
        "PKCE verification failed: code_verifier is missing, or does not match code_challenge.",
    ),
    ("The session of this code has ended.", "Session not active"),
    ("The refresh token is not active.", "Token is not active"),
    ("auth_req_id is missing.", "Missing parameter: auth_req_id"),
    ("The auth_req_id is unknown, or was given to another client.", "Invalid auth_req_id"),
    (
        "The auth_req_id was already used: what it was exchanged for is revoked.",
        "Invalid auth_req_id",
    ),
    ("scope is missing.", "missing parameter : scope"),
    (
        "Exactly one of login_hint, id_token_hint and login_hint_token says who is asked.",
        "missing parameter : login_hint",
    ),
    ("token is missing.", "Token not provided."),
    ("Introspection is for clients with credentials.", "Client not allowed."),
];

impl Rules {
    /// A refusal in the words that this client's integrator looks for.
    pub fn worded(self, error: Error) -> Error {
        if !self.errors_say_what_psc_says {
            return error;
        }
        let theirs = |code, ours| {
            let sentence = SENTENCES.iter().find(|(known, _)| *known == ours);
            for_code(code).or(sentence.map(|(_, theirs)| *theirs)).unwrap_or(ours)
        };
        match error {
            Error::Refused(code, ours) => Error::Refused(code, theirs(code, ours)),
            Error::RefusedWith(code, ours, name, value) => {
                Error::RefusedWith(code, theirs(code, ours), name, value)
            }
            ours @ Error::Internal(_) => ours,
        }
    }
}
