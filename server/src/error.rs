//! What a handler returns when it cannot answer: whose doing was it?

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// OAuth and OIDC error codes that a JSON answer may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// RFC 6749 §5.2.
    InvalidRequest,
    /// RFC 6749 §5.2.
    InvalidClient,
    /// RFC 6749 §5.2.
    InvalidGrant,
    /// RFC 6749 §5.2.
    UnauthorizedClient,
    /// RFC 6749 §5.2.
    UnsupportedGrantType,
    /// RFC 6749 §5.2.
    InvalidScope,
    /// CIBA Core §11: nobody has answered yet.
    AuthorizationPending,
    /// CIBA Core §11: nor has the client waited.
    SlowDown,
    /// CIBA Core §11.
    ExpiredToken,
    /// CIBA Core §11: at the token endpoint, the person said no.
    AccessDenied,
    /// CIBA Core §13: at the endpoint itself, we say no: HTTP 403.
    Forbidden,
    /// CIBA Core §13.
    UnknownUserId,
    /// CIBA Core §13.
    InvalidBindingMessage,
    /// CIBA Core §13.
    ExpiredLoginHintToken,
    /// PSC's answer to a public client that asks about tokens: HTTP 403.
    NotForThisClient,
    /// RFC 9449 §5.
    InvalidDpopProof,
    /// RFC 9449 §8.
    UseDpopNonce,
    /// RFC 7591 §3.2.2.
    InvalidRedirectUri,
    /// RFC 7591 §3.2.2.
    InvalidClientMetadata,
    /// RFC 6750 §3.1.
    InvalidToken,
    /// RFC 6750 §3.1.
    InsufficientScope,
    /// Too many calls: HTTP 429.
    TooManyRequests,
    /// The body is too long: HTTP 413.
    TooLarge,
    /// The body is of another kind: HTTP 415.
    UnsupportedMediaType,
    /// No such thing here.
    NotFound,
    /// A refusal of an authorization request, told to a back end in the word
    /// that a redirect would carry (RFC 9126 §2.3).
    Authorization(&'static str),
    /// Ours.
    ServerError,
}

impl ErrorCode {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            // OAuth has no word of its own for the last three.
            Self::InvalidRequest
            | Self::TooLarge
            | Self::UnsupportedMediaType
            | Self::NotForThisClient => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::ExpiredToken => "expired_token",
            Self::AccessDenied | Self::Forbidden => "access_denied",
            Self::UnknownUserId => "unknown_user_id",
            Self::InvalidBindingMessage => "invalid_binding_message",
            Self::ExpiredLoginHintToken => "expired_login_hint_token",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::UseDpopNonce => "use_dpop_nonce",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::TooManyRequests => "too_many_requests",
            Self::NotFound => "not_found",
            Self::Authorization(word) => word,
            Self::ServerError => "server_error",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::InvalidClient | Self::InvalidToken => StatusCode::UNAUTHORIZED,
            Self::InsufficientScope | Self::Forbidden | Self::NotForThisClient => {
                StatusCode::FORBIDDEN
            }
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

/// What a JSON endpoint returns instead of its answer.
///
/// There is no blanket conversion, so `?` on a new kind of error does not
/// compile until someone has decided whose doing it is.
#[derive(Debug)]
pub enum Error {
    /// The caller's: tell them which rule they broke. The text must not repeat
    /// what they sent (RFC 6749 §5.2 allows few characters).
    Refused(ErrorCode, &'static str),
    /// The caller's, with a header that says what to do next.
    RefusedWith(ErrorCode, &'static str, HeaderName, HeaderValue),
    /// Ours: log the whole cause, tell the caller nothing.
    Internal(anyhow::Error),
}

impl Error {
    /// Too many calls: HTTP 429, with the seconds to wait.
    pub fn too_many(description: &'static str, retry_after: i64) -> Self {
        let seconds = HeaderValue::from(retry_after);
        Self::RefusedWith(ErrorCode::TooManyRequests, description, header::RETRY_AFTER, seconds)
    }
}

impl From<anyhow::Error> for Error {
    fn from(cause: anyhow::Error) -> Self {
        Self::Internal(cause)
    }
}

#[derive(Serialize)]
struct Body {
    error: &'static str,
    error_description: &'static str,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (code, description, extra) = match self {
            Self::Refused(code, description) => (code, description, None),
            Self::RefusedWith(code, description, name, value) => {
                (code, description, Some((name, value)))
            }
            Self::Internal(cause) => {
                tracing::error!(cause = format!("{cause:#}"), "could not answer");
                (ErrorCode::ServerError, "The server failed; its log says why.", None)
            }
        };
        let body = Body { error: code.as_str(), error_description: description };
        let mut response = (code.status(), Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
        if let Some((name, value)) = extra {
            headers.insert(name, value);
        }
        response
    }
}
