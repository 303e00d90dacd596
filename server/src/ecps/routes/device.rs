//! What a phone may know of itself, and how it is given up.

use axum::{Json, extract::State};
use openpsc_ecps_keys::jws::open;
use openpsc_protocol::ecps::{
    DeviceState, DeviceStatus, History, HistoryEntry, Person, RefusalCode, Revocation,
    SignedMessage, kid, typ,
};

use super::{
    super::{
        device::Device,
        enrolment::EnrolmentState,
        pin_lock::Standing,
        portal::end_device,
        store::{devices, enrolments, requests},
    },
    call::{Call, Nothing},
    refusal::Refusal,
};
use crate::app::App;

/// Where this phone stands.
pub(super) async fn status(
    State(app): State<App>,
    Call { device, body: Nothing {}, .. }: Call<Nothing>,
) -> Result<Json<DeviceStatus>, Refusal> {
    if matches!(device.state, DeviceState::Claimed | DeviceState::PinSet) {
        let enrolment = enrolments::of_device(&app.database, &device.device_id).await?;
        let now = app.clock.now();
        if enrolment.is_none_or(|enrolment| enrolment.state_at(now) == EnrolmentState::Over) {
            return Err(RefusalCode::EnrolmentOver.into());
        }
    }
    Ok(Json(status_of(&app, &device)))
}

/// The person gives this phone up: K1 alone, for the PIN may be what is lost.
pub(super) async fn revoke(
    State(app): State<App>,
    Call { device, body, .. }: Call<SignedMessage>,
) -> Result<Json<DeviceStatus>, Refusal> {
    let said: Revocation = open(&body, typ::REVOKE, &[(kid::K1, &device.k1)])
        .map_err(|_| RefusalCode::InvalidRequest)?;
    if said.device_id != device.device_id || !said.revoke {
        return Err(RefusalCode::InvalidRequest.into());
    }
    end_device(&app, &device.device_id, DeviceState::Revoked).await?;
    let device = devices::find(&app.database, &device.device_id).await?;
    let device = device.ok_or(RefusalCode::UnknownDevice)?;
    Ok(Json(status_of(&app, &device)))
}

/// What this phone was asked before.
pub(super) async fn history(
    State(app): State<App>,
    Call { device, body: Nothing {}, .. }: Call<Nothing>,
) -> Result<Json<History>, Refusal> {
    let now = app.clock.now();
    let requests = requests::history_of(&app.database, &device.device_id).await?;
    let entries = requests.into_iter().map(|request| HistoryEntry {
        state: request.state_at(now),
        client_name: request.client_name,
        created_at: request.created_at,
    });
    Ok(Json(History { entries: entries.collect() }))
}

/// A phone, in its own words.
pub(super) fn status_of(app: &App, device: &Device) -> DeviceStatus {
    let now = app.clock.now();
    let state = device.state_at(now);
    let (tries_left, locked_until) = match device.pin_standing(now) {
        Standing::Open { tries_left } => (tries_left, None),
        Standing::LockedUntil(until) => (0, Some(until)),
        Standing::LockedForGood => (0, None),
    };
    let is_new = state == DeviceState::Active && device.ctr == 0;
    DeviceStatus {
        device_id: device.device_id.clone(),
        state,
        person: person(app, &device.national_id),
        label: device.label.clone(),
        created_at: device.created_at,
        expires_at: device.expires_at,
        pin_length: app.config.ecps.pin_length,
        tries_left,
        locked_until,
        ctr: device.ctr,
        chain: is_new.then(|| device.chain.clone()),
        now,
    }
}

/// A person, for the phone's screen; without a name once the directory has
/// forgotten them.
pub(super) fn person(app: &App, national_id: &str) -> Person {
    let person = app.directory.find(national_id);
    Person {
        given_name: person.map(|person| person.given_name().to_owned()).unwrap_or_default(),
        family_name: person.map(|person| person.family_name.clone()).unwrap_or_default(),
        national_id: national_id.to_owned(),
    }
}

/// What a PIN must not repeat: the birth date and every identifier.
pub(super) fn forbidden_in_pin(app: &App, national_id: &str) -> Vec<String> {
    let Some(person) = app.directory.find(national_id) else { return Vec::new() };
    let ids = person.other_ids.iter().map(|other| other.id.as_str());
    let words = [person.birth_date.as_str()].into_iter().chain(ids);
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
