//! The PIN: one evaluation for each counted call, and its change.

use axum::{Json, extract::State};
use openpsc_ecps_keys::{digest_b64, jws, jws::open_in_steps};
use openpsc_protocol::ecps::{
    DeviceState, DeviceStatus, Evaluated, PinChange, PinOprf, PinPurpose, RefusalCode,
    RequestState, SignedMessage, kid, typ,
};

use super::{
    super::{
        device::{Device, EvaluatedFor},
        enrolment::EnrolmentState,
        guess::{self, Counted, JTI, JTI_LIFETIME},
        pin_lock::{self, Standing},
        store::{devices, enrolments, requests},
    },
    call::Call,
    device::status_of,
    refusal::Refusal,
};
use crate::{
    app::App,
    audit::Kind,
    secret::{base64url, from_base64url},
    spent,
    throttle::Limit,
};

/// First PINs that a phone may try out while it enrols.
const FIRST_PINS: Limit = Limit { calls: 20, seconds: 600 };

/// Evaluates the OPRF at one blinded PIN.
pub(super) async fn oprf(
    State(app): State<App>,
    Call { device, body, .. }: Call<SignedMessage>,
) -> Result<Json<Evaluated>, Refusal> {
    let said: PinOprf = jws::open(&body, typ::PIN_OPRF, &[(kid::K1, &device.k1)])
        .map_err(|_| RefusalCode::InvalidRequest)?;
    let blinded = from_base64url(&said.blinded).ok_or(RefusalCode::InvalidRequest)?;
    if said.device_id != device.device_id
        || from_base64url(&said.jti).is_none_or(|jti| jti.len() < 16)
    {
        return Err(RefusalCode::InvalidRequest.into());
    }
    let version = match said.purpose {
        PinPurpose::ChangeNew => device.oprf_next,
        PinPurpose::Enrol | PinPurpose::Approve { .. } | PinPurpose::ChangeOld => {
            device.oprf_version
        }
    };
    // The point is checked before the guess is counted, and the answer is kept
    // back until it is: a malformed call is no guess.
    let key = app.ecps.evaluation_key(&device.device_id, version);
    let evaluated = key.evaluate(&blinded).map_err(|_| RefusalCode::InvalidRequest)?;
    let tries_left = match &said.purpose {
        PinPurpose::Enrol => enrol(&app, &device, &said.jti).await?,
        PinPurpose::Approve { rid, ch } => {
            may_approve(&app, &device, rid, ch).await?;
            counted(&app, &device, &said.jti, EvaluatedFor::Approval(rid.clone())).await?
        }
        PinPurpose::ChangeOld => counted(&app, &device, &said.jti, EvaluatedFor::ChangeOld).await?,
        PinPurpose::ChangeNew => change_new(&app, &device, &said.jti).await?,
    };
    Ok(Json(Evaluated { evaluated: base64url(&evaluated), tries_left }))
}

/// A first PIN is no guess: there is nothing yet that it could be compared with.
async fn enrol(app: &App, device: &Device, jti: &str) -> Result<u32, Refusal> {
    let now = app.clock.now();
    if device.state_at(now) != DeviceState::Claimed {
        return Err(RefusalCode::UnknownDevice.into());
    }
    let enrolment = enrolments::of_device(&app.database, &device.device_id).await?;
    if enrolment.is_none_or(|enrolment| enrolment.state_at(now) != EnrolmentState::Claimed) {
        return Err(RefusalCode::EnrolmentOver.into());
    }
    app.throttle
        .take(&format!("ecps-first-pin {}", device.device_id), FIRST_PINS, now)
        .map_err(|_| RefusalCode::TooManyRequests)?;
    let value = format!("{} {jti}", device.device_id);
    if !spent::take_now(&app.database, JTI, &value, now + JTI_LIFETIME).await? {
        return Err(RefusalCode::InvalidRequest.into());
    }
    Ok(pin_lock::tries_left(0))
}

/// Only what this phone was sent, and only while it waits.
async fn may_approve(app: &App, device: &Device, rid: &str, ch: &str) -> Result<(), Refusal> {
    let request = requests::find(&app.database, rid).await?;
    let request = request
        .filter(|request| request.device_id.as_deref() == Some(&device.device_id))
        .ok_or(RefusalCode::UnknownRequest)?;
    match request.state_at(app.clock.now()) {
        RequestState::Fetched => {}
        RequestState::Expired => return Err(RefusalCode::RequestExpired.into()),
        // A phone that is locked had its requests cancelled: say why.
        RequestState::Cancelled if is_locked(app, device) => return Err(locked(app, device)),
        _ => return Err(RefusalCode::RequestOver.into()),
    }
    match request.challenge.as_deref().map(digest_b64) {
        Some(sent) if sent == ch => Ok(()),
        _ => Err(RefusalCode::ChallengeMismatch.into()),
    }
}

/// A guess: counted, unless the PIN is locked.
async fn counted(
    app: &App,
    device: &Device,
    jti: &str,
    what: EvaluatedFor,
) -> Result<u32, Refusal> {
    match device.state_at(app.clock.now()) {
        DeviceState::Active => {}
        DeviceState::PinLocked => return Err(locked(app, device)),
        _ => return Err(RefusalCode::UnknownDevice.into()),
    }
    match guess::count(app, &device.device_id, jti, &what).await? {
        Counted::Yes { tries_left } => Ok(tries_left),
        Counted::Locked => Err(refused_over_pin(app, device, RefusalCode::PinLocked).await?),
        Counted::Replayed => Err(RefusalCode::InvalidRequest.into()),
    }
}

/// The new PIN, once for each old one: evaluated under a key of its own, so
/// that it is of no use to whoever guesses the old one.
async fn change_new(app: &App, device: &Device, jti: &str) -> Result<u32, Refusal> {
    let now = app.clock.now();
    if !device.is_evaluated_for(&EvaluatedFor::ChangeOld, now) {
        return Err(RefusalCode::InvalidRequest.into());
    }
    let value = format!("{} {jti}", device.device_id);
    let steps = vec![
        spent::take(JTI, &value, now + JTI_LIFETIME),
        devices::evaluate_new_pin(&device.device_id, device.oprf_next),
    ];
    if !app.database.all_or_nothing(steps).await? {
        return Err(RefusalCode::InvalidRequest.into());
    }
    Ok(pin_lock::tries_left(device.pin_failures))
}

/// Replaces the PIN: this phone, the old PIN and the new one all sign.
pub(super) async fn change(
    State(app): State<App>,
    Call { device, body, .. }: Call<SignedMessage>,
) -> Result<Json<DeviceStatus>, Refusal> {
    let invalid = |_| Refusal::of(RefusalCode::InvalidRequest);
    let kids = [kid::K1, kid::K2, kid::K2_NEW];
    let opened =
        open_in_steps::<PinChange>(&body, typ::PIN_CHANGE, &kids, &device.k1).map_err(invalid)?;
    let said = &opened.payload;
    if said.device_id != device.device_id {
        return Err(RefusalCode::InvalidRequest.into());
    }
    opened.verify(kid::K2_NEW, &said.public_key).map_err(invalid)?;

    let now = app.clock.now();
    if !device.is_evaluated_for(&EvaluatedFor::ChangeNew, now) {
        // As with an approval: what was not counted is not looked at.
        let code =
            if is_locked(&app, &device) { RefusalCode::PinLocked } else { RefusalCode::PinWrong };
        return Err(Refusal::of_pin(code, &device, now));
    }
    let right = device.k2.as_ref().is_some_and(|key| opened.verify(kid::K2, key).is_ok());
    if !right {
        let event = device.event(Kind::PinWrong).reason("change");
        guess::spend(&app, &device, now, event).await?;
        let code = match pin_lock::locks(device.pin_failures) {
            true => RefusalCode::PinLocked,
            false => RefusalCode::PinWrong,
        };
        return Err(refused_over_pin(&app, &device, code).await?);
    }
    let value = format!("{} {}", device.device_id, said.jti);
    let steps = vec![
        spent::take("ecps pin-change", &value, now + JTI_LIFETIME),
        // E15: the owner will be told by mail where this event is now.
        devices::change_pin(&device, &said.public_key).audited(device.event(Kind::PinChanged)),
    ];
    if !app.database.all_or_nothing(steps).await? {
        return Err(RefusalCode::InvalidRequest.into());
    }
    let device = devices::find(&app.database, &device.device_id).await?;
    let device = device.ok_or(RefusalCode::UnknownDevice)?;
    Ok(Json(status_of(&app, &device)))
}

/// A refusal over the PIN, with the phone as it stands now.
pub(super) async fn refused_over_pin(
    app: &App,
    device: &Device,
    code: RefusalCode,
) -> anyhow::Result<Refusal> {
    let device = devices::find(&app.database, &device.device_id).await?;
    Ok(device.map_or_else(
        || Refusal::of(RefusalCode::UnknownDevice),
        |device| Refusal::of_pin(code, &device, app.clock.now()),
    ))
}

fn is_locked(app: &App, device: &Device) -> bool {
    !matches!(device.pin_standing(app.clock.now()), Standing::Open { .. })
}

fn locked(app: &App, device: &Device) -> Refusal {
    Refusal::of_pin(RefusalCode::PinLocked, device, app.clock.now())
}
