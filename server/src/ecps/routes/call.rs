//! A call: its body, and the phone that it was proved to come from.

use axum::{
    body::{Body, to_bytes},
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use openpsc_ecps_keys::digest_b64;
use openpsc_protocol::ecps::RefusalCode;
use serde::de::DeserializeOwned;

use super::{super::device::Device, proof, refusal::Refusal};
use crate::{
    app::App,
    serve::Peer,
    throttle::{self, Caller, Limit},
};

/// No call of this protocol comes near this many bytes (E09).
const LARGEST: usize = 8 * 1024;

/// Calls from one address in a minute that no phone has signed: each of them
/// begins an enrolment, or comes before a first signature.
const FIRST_CALLS: Limit = Limit { calls: 1200, seconds: 60 };

/// A call with a proof.
pub(super) struct Call<T> {
    pub(super) device: Device,
    pub(super) body: T,
    /// Digest of the body's bytes.
    pub(super) digest: String,
}

/// A call from a phone that is not known yet.
pub(super) struct FirstCall<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<App> for Call<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let (Parts { method, uri, headers, .. }, body) = request.into_parts();
        let bytes = read(&headers, body).await?;
        let device = proof::prove(app, &method, uri.path(), &headers, &bytes).await?;
        Ok(Self { device, body: parse(&bytes)?, digest: digest_b64(&bytes) })
    }
}

impl<T: DeserializeOwned> FromRequest<App> for FirstCall<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let Ok(peer) = Peer::from_request_parts(&mut parts, app).await;
        let caller = Caller { who: &peer.network(), client: None };
        throttle::brake(app, "calls of unknown phones", caller, FIRST_CALLS)
            .map_err(|_| Refusal::of(RefusalCode::TooManyRequests))?;
        Ok(Self(parse(&read(&parts.headers, body).await?)?))
    }
}

/// JSON only: a page of another origin cannot send it without asking first.
async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::of(RefusalCode::InvalidRequest));
    }
    let bytes = to_bytes(body, LARGEST).await.map_err(|_| Refusal::TooLarge)?;
    Ok(bytes.into())
}

/// An object only: a list of the members' values would be read as well.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(Refusal::of(RefusalCode::InvalidRequest));
    }
    serde_json::from_slice(bytes).map_err(|_| Refusal::of(RefusalCode::InvalidRequest))
}

/// The body `{}` of a call that says nothing.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}
