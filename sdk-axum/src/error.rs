//! What can go wrong with a login, under names that never change.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{
    Deserialize, Serialize,
    de::{IntoDeserializer, value},
};
use serde_json::json;

/// The stable name of a failure. The browser SDK uses the same words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The request was made wrongly: a bad `return_to`, a missing header.
    Configuration,
    /// The provider did not answer in time.
    Timeout,
    /// The provider's clock and ours differ by more than 30 seconds.
    ClockSkew,
    /// The provider's description of itself could not be used.
    Discovery,
    /// This browser did not start this login, or has already ended it.
    StateMismatch,
    /// Someone else than the configured provider answered.
    IssuerMismatch,
    /// The ID token belongs to another login.
    NonceMismatch,
    /// A token broke a rule.
    TokenRejected,
    /// The login is weaker than what was asked.
    LevelTooLow,
    /// The person, or the provider for them, said no.
    AccessDenied,
    /// Another person than the one logged in confirmed their identity: the
    /// session has ended.
    OtherPerson,
    /// Nobody is logged in, or not recently enough.
    LoginRequired,
    /// The provider refused to renew the tokens.
    RefreshFailed,
    /// The provider is out of reach or failed, or the session store did. The
    /// word `network` is left to the browser SDK: it is about the page's own.
    Server,
}

impl ErrorCode {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Timeout => "timeout",
            Self::ClockSkew => "clock_skew",
            Self::Discovery => "discovery",
            Self::StateMismatch => "state_mismatch",
            Self::IssuerMismatch => "issuer_mismatch",
            Self::NonceMismatch => "nonce_mismatch",
            Self::TokenRejected => "token_rejected",
            Self::LevelTooLow => "level_too_low",
            Self::AccessDenied => "access_denied",
            Self::OtherPerson => "other_person",
            Self::LoginRequired => "login_required",
            Self::RefreshFailed => "refresh_failed",
            Self::Server => "server",
        }
    }

    /// Reads the word of the wire.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::deserialize(word.into_deserializer()).map_err(|_: value::Error| ()).ok()
    }

    fn status(self) -> StatusCode {
        match self {
            Self::Configuration => StatusCode::BAD_REQUEST,
            Self::LoginRequired => StatusCode::UNAUTHORIZED,
            Self::LevelTooLow | Self::AccessDenied | Self::OtherPerson => StatusCode::FORBIDDEN,
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
            Self::Discovery | Self::RefreshFailed => StatusCode::BAD_GATEWAY,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// A failure, and what the log should know of it. The detail never holds a
/// token, and never leaves the server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", code.as_str())]
pub struct Error {
    /// The stable name.
    pub code: ErrorCode,
    /// For the log.
    pub detail: String,
}

impl Error {
    /// A failure named `code`.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

/// `{"error": code}` with the status of the code.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        tracing::debug!(code = self.code.as_str(), detail = %self.detail, "refused");
        let body = Json(json!({ "error": self.code.as_str() }));
        (self.code.status(), [(header::CACHE_CONTROL, "no-store")], body).into_response()
    }
}
