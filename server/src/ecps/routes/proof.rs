//! Says whether a call comes from the phone that it names, now, and unaltered.
//!
//! Nothing is remembered of a phone between calls, so a revocation on any node
//! holds from the next call on (E13).

use axum::http::{HeaderMap, Method};
use openpsc_ecps_keys::{
    digest_b64,
    jws::{compact_kid, open_compact},
};
use openpsc_protocol::ecps::{PROOF_HEADER, Proof, RefusalCode, typ};

use super::{
    super::{device::Device, nonce, store::devices},
    refusal::Refusal,
};
use crate::{app::App, spent, throttle::Limit};

/// Calls of one phone in a minute, for each node: a person makes ten, a program
/// that waits for its portal ten in a second.
const CALLS: Limit = Limit { calls: 900, seconds: 60 };

/// The phone that made the call. Its state is checked; what it may do is not.
pub(super) async fn prove(
    app: &App,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Device, Refusal> {
    let invalid = || Refusal::of(RefusalCode::InvalidProof);
    let mut proofs = headers.get_all(PROOF_HEADER).iter();
    let (Some(text), None) = (proofs.next(), proofs.next()) else { return Err(invalid()) };
    let text = text.to_str().map_err(|_| invalid())?;
    let device_id = compact_kid(text, typ::PROOF).map_err(|_| invalid())?;

    let device = devices::find(&app.database, &device_id).await?;
    let device = device.ok_or_else(|| Refusal::of(RefusalCode::UnknownDevice))?;
    let proof: Proof =
        open_compact(text, typ::PROOF, &[(&device_id, &device.k1)]).map_err(|_| invalid())?;
    if proof.htm != method.as_str() || proof.htp != path || proof.bh != digest_b64(body) {
        return Err(invalid());
    }
    let now = app.clock.now();
    app.throttle
        .take(&format!("ecps-calls {device_id}"), CALLS, now)
        .map_err(|_| Refusal::of(RefusalCode::TooManyRequests))?;
    if !nonce::is_fresh(&app.sealer, &proof.nonce, now) {
        return Err(Refusal::of(RefusalCode::UseNonce));
    }
    let steps = vec![
        spent::take("ecps nonce", &proof.nonce, now + nonce::LIFETIME),
        devices::seen(&device_id, now),
    ];
    if !app.database.all_or_nothing(steps).await? {
        return Err(Refusal::of(RefusalCode::UseNonce));
    }
    device.may_speak(now).map_err(Refusal::of)?;
    Ok(device)
}
