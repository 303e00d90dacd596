//! What a service asks for, once it has passed the checks.

use openpsc_protocol::level::Level;
use serde::{Deserialize, Serialize};

use super::pushed::Pushed;

/// How the answer travels back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    #[default]
    Query,
    /// By a form that posts itself.
    FormPost,
    /// As one signed token in the query (JARM §2.3.1).
    QueryJwt,
    /// As one signed token by a form (JARM §2.3.3).
    FormPostJwt,
}

impl ResponseMode {
    /// Whether a form carries it.
    pub fn is_a_form(self) -> bool {
        matches!(self, Self::FormPost | Self::FormPostJwt)
    }

    /// Whether it is signed.
    pub fn is_signed(self) -> bool {
        matches!(self, Self::QueryJwt | Self::FormPostJwt)
    }
}

/// `prompt` (Core §3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// Show no page.
    pub none: bool,
    /// Ask again even when there is a session.
    pub login: bool,
}

/// An authorization request whose every parameter has been checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client_id: String,
    /// Where the answer goes, letter by letter as registered.
    pub redirect_uri: String,
    /// How it goes there.
    pub response_mode: ResponseMode,
    /// Comes back untouched.
    pub state: Option<String>,
    /// What is granted.
    pub scope: String,
    /// Comes back in the ID token.
    pub nonce: Option<String>,
    /// PKCE, S256.
    pub code_challenge: Option<String>,
    /// Whether pages may or must be shown.
    pub prompt: Prompt,
    /// The oldest login that is good enough, in seconds.
    pub max_age: Option<i64>,
    /// Whom the service expects; only prefills.
    pub login_hint: Option<String>,
    /// Whose ID token the service holds: anybody else must log in again.
    pub hinted_subject: Option<String>,
    /// The levels asked for, in order of preference.
    pub acr_values: Vec<Level>,
    /// The levels of which one is needed, when there are any (Core §5.5.1.1).
    pub essential_acr: Vec<Level>,
    /// Whom the tokens are for (RFC 8707).
    pub resources: Vec<String>,
    /// The languages asked for.
    pub ui_locales: Option<String>,
    /// The key that the tokens will be bound to (RFC 9449 §10).
    pub dpop_jkt: Option<String>,
    /// The reference that it came by.
    pub pushed: Option<Pushed>,
}
