//! What a phone is answered when its call is refused.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use openpsc_protocol::ecps::{RefusalCode, Refused};

use super::super::{device::Device, pin_lock, pin_lock::Standing};
use crate::clock::UnixTime;

/// A refusal, or our own failure.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The phone's doing.
    Refused(Box<Refused>),
    /// The phone's, with a body that is too large to be read.
    TooLarge,
    /// Ours: log the whole cause, tell the phone nothing.
    Internal(anyhow::Error),
}

impl From<anyhow::Error> for Refusal {
    fn from(cause: anyhow::Error) -> Self {
        Self::Internal(cause)
    }
}

impl From<RefusalCode> for Refusal {
    fn from(code: RefusalCode) -> Self {
        Self::of(code)
    }
}

impl Refusal {
    /// A refusal that its code says all about.
    pub(super) fn of(code: RefusalCode) -> Self {
        Self::Refused(Box::new(Refused {
            error: code,
            error_description: description(code).into(),
            tries_left: None,
            locked_until: None,
        }))
    }

    /// A refusal over the PIN, with what the person may still do.
    pub(super) fn of_pin(code: RefusalCode, device: &Device, now: UnixTime) -> Self {
        let locked_until = match device.pin_standing(now) {
            Standing::LockedUntil(until) => Some(until),
            Standing::Open { .. } | Standing::LockedForGood => None,
        };
        Self::Refused(Box::new(Refused {
            error: code,
            error_description: description(code).into(),
            tries_left: Some(pin_lock::tries_left(device.pin_failures)),
            locked_until,
        }))
    }
}

fn status(code: RefusalCode) -> StatusCode {
    use RefusalCode::*;
    match code {
        InvalidRequest => StatusCode::BAD_REQUEST,
        InvalidProof | UseNonce | UnknownDevice => StatusCode::UNAUTHORIZED,
        DeviceRevoked | DeviceSuspended | PinWrong | NumberWrong => StatusCode::FORBIDDEN,
        UnknownRequest => StatusCode::NOT_FOUND,
        CodeStale | RequestOver | ChallengeMismatch => StatusCode::CONFLICT,
        EnrolmentOver | RequestExpired => StatusCode::GONE,
        PinLocked => StatusCode::LOCKED,
        TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        ServerError => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn description(code: RefusalCode) -> &'static str {
    use RefusalCode::*;
    match code {
        InvalidRequest => "The call, its body or a signature is not of the form asked for.",
        InvalidProof => "The proof is missing, wrong, or for another call.",
        UseNonce => "The nonce is spent or too old: sign the call again with the one given here.",
        UnknownDevice => "There is no such device, or it may not do this.",
        DeviceRevoked => "This device was revoked or replaced, or has expired.",
        DeviceSuspended => "Two copies of this device were seen: both are stopped.",
        EnrolmentOver => "The enrolment is unknown, already claimed, or over.",
        CodeStale => "The code is no longer the one on the screen.",
        UnknownRequest => "There is no such request for this device.",
        RequestOver => "The request was already answered, replaced or cancelled.",
        RequestExpired => "The request ran out of time.",
        ChallengeMismatch => "The challenge signed is not the one that was sent.",
        PinWrong => "The PIN is wrong.",
        PinLocked => "Too many wrong PINs.",
        NumberWrong => "The number is not the one on the screen: the request is over.",
        TooManyRequests => "Too many calls: wait a minute.",
        ServerError => "The server failed; its log says why.",
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, refused) = match self {
            Self::Refused(refused) => (status(refused.error), *refused),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, plain(RefusalCode::InvalidRequest)),
            Self::Internal(cause) => {
                tracing::error!(cause = format!("{cause:#}"), "could not answer a phone");
                (StatusCode::INTERNAL_SERVER_ERROR, plain(RefusalCode::ServerError))
            }
        };
        let is_throttled = status == StatusCode::TOO_MANY_REQUESTS;
        let mut response = (status, Json(refused)).into_response();
        if is_throttled {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        }
        response
    }
}

fn plain(error: RefusalCode) -> Refused {
    Refused {
        error,
        error_description: description(error).into(),
        tries_left: None,
        locked_until: None,
    }
}
