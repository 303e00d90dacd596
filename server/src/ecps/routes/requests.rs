//! The requests that wait for a phone: listed, scanned, or opened by a link.

use std::time::Duration;

use axum::{Json, extract::State};
use openpsc_ecps_keys::rotating_code::{self, CodeRefused};
use openpsc_protocol::ecps::{
    DeviceState, ListRequests, OpenLink, PendingRequest, RefusalCode, RequestState, Requests, Scan,
    Start,
};
use tokio::time::Instant;

use super::{
    super::{
        challenge,
        device::Device,
        portal::device_key,
        start::{link_secret, qr_secret},
        store::{devices, requests},
    },
    call::Call,
    refusal::Refusal,
};
use crate::{app::App, secret};

/// The longest that an answer is held, in seconds.
const LONGEST: u32 = 25;

/// A code on the login page is taken this long after it was drawn, in seconds.
const TAKEN: i64 = 5;

/// What waits for this phone, held back until there is news.
pub(super) async fn list(
    State(app): State<App>,
    Call { device, body, .. }: Call<ListRequests>,
) -> Result<Json<Requests>, Refusal> {
    if body.known.len() > 50 {
        return Err(RefusalCode::InvalidRequest.into());
    }
    let waiter = app.wake.watch(&device_key(&device.device_id));
    let deadline = Instant::now() + Duration::from_secs(u64::from(body.wait.min(LONGEST)));
    loop {
        // Asked for before the rows are read, or a change may be missed.
        let change = waiter.change();
        // Read each time: a phone may be revoked while it waits.
        let Some(device) = devices::find(&app.database, &device.device_id).await? else {
            return Err(RefusalCode::UnknownDevice.into());
        };
        may_approve(&app, &device)?;
        let requests = waiting_for(&app, &device).await?;
        let same = requests.len() == body.known.len()
            && requests.iter().all(|request| body.known.contains(&request.rid));
        if !same || !change.before(deadline).await {
            return Ok(Json(Requests { requests }));
        }
    }
}

/// The phone scanned a login page: the request is now this phone's alone.
pub(super) async fn scan(
    State(app): State<App>,
    Call { device, body: Scan { code }, .. }: Call<Scan>,
) -> Result<Json<PendingRequest>, Refusal> {
    let secret = qr_secret(&app, &code.id);
    rotating_code::check(&code, secret.as_bytes(), app.clock.now(), TAKEN).map_err(
        |why| match why {
            CodeRefused::Stale => RefusalCode::CodeStale,
            CodeRefused::Forged => RefusalCode::UnknownRequest,
        },
    )?;
    take(&app, &device, &code.id, Start::Qr).await
}

/// The person followed the link of a login page on this very phone.
pub(super) async fn open(
    State(app): State<App>,
    Call { device, body: OpenLink { rid, secret }, .. }: Call<OpenLink>,
) -> Result<Json<PendingRequest>, Refusal> {
    if !secret::same(&link_secret(&app, &rid), &secret) {
        return Err(RefusalCode::UnknownRequest.into());
    }
    take(&app, &device, &rid, Start::Link).await
}

async fn take(
    app: &App,
    device: &Device,
    rid: &str,
    start: Start,
) -> Result<Json<PendingRequest>, Refusal> {
    may_approve(app, device)?;
    let request = requests::find(&app.database, rid).await?;
    let request =
        request.filter(|request| request.start == start).ok_or(RefusalCode::UnknownRequest)?;
    let is_expired = request.state_at(app.clock.now()) == RequestState::Expired;
    match challenge::give(app, request, device).await? {
        Some(pending) => Ok(Json(pending)),
        None if is_expired => Err(RefusalCode::RequestExpired.into()),
        None => Err(RefusalCode::RequestOver.into()),
    }
}

async fn waiting_for(app: &App, device: &Device) -> anyhow::Result<Vec<PendingRequest>> {
    let now = app.clock.now();
    let mut waiting = Vec::new();
    for request in requests::waiting_for(&app.database, &device.device_id, now).await? {
        waiting.extend(challenge::give(app, request, device).await?);
    }
    Ok(waiting)
}

/// Only an active phone is given requests.
fn may_approve(app: &App, device: &Device) -> Result<(), RefusalCode> {
    let now = app.clock.now();
    device.may_speak(now)?;
    match device.state_at(now) {
        DeviceState::Active => Ok(()),
        DeviceState::PinLocked => Err(RefusalCode::PinLocked),
        _ => Err(RefusalCode::UnknownDevice),
    }
}
