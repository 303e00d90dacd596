//! What the portal may do: start and confirm enrolments, revoke phones.

use openpsc_ecps_keys::{check_value, rotating_code, thumbprint};
use openpsc_protocol::ecps::DeviceState;

use super::{
    device::Device,
    enrolment::{Enrolment, EnrolmentState, REDRAWN},
    start::random_id,
    store::{devices, enrolments, requests},
    waiting::wake_key,
};
use crate::{
    app::App,
    audit::{Event, Kind},
    clock::UnixTime,
    database::Statement,
    sessions,
};

/// Why the portal is refused.
#[derive(Debug, thiserror::Error)]
pub enum EnrolmentError {
    /// The directory has nobody of this identifier.
    #[error("nobody has this identifier")]
    UnknownPerson,
    /// The enrolment is unknown, not at that point, out of time, or another
    /// browser's.
    #[error("the enrolment is over")]
    Over,
    /// Ours.
    #[error("could not go on with the enrolment")]
    Internal(#[from] anyhow::Error),
}

/// An enrolment waits for a phone.
#[derive(Clone, Debug)]
pub struct EnrolmentStarted {
    /// 128 random bits.
    pub id: String,
    /// When its code stops being taken.
    pub expires_at: UnixTime,
}

/// An enrolment, for the portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrolmentView {
    /// Whose phone it will be.
    pub national_id: String,
    /// Where it stands now.
    pub state: EnrolmentState,
    /// Once the PIN is chosen: the six digits to compare with the phone's.
    pub check: Option<String>,
    /// What the person called the phone that took it.
    pub label: Option<String>,
    /// When it ends by itself.
    pub expires_at: UnixTime,
}

/// A phone, for the portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceView {
    /// The phone.
    pub device_id: String,
    /// What the person called it.
    pub label: String,
    /// Where it stands now.
    pub state: DeviceState,
    /// When it was enrolled.
    pub created_at: UnixTime,
    /// When it last spoke, to the minute.
    pub last_seen_at: UnixTime,
}

/// The key of [`App::wake`](crate::app::Handles::wake) that is notified at each
/// change of an enrolment.
pub fn enrolment_key(id: &str) -> String {
    format!("ecps-enrolment {id}")
}

/// The key that wakes a phone which waits for requests.
pub(super) fn device_key(device_id: &str) -> String {
    format!("ecps-device {device_id}")
}

/// The secret behind an enrolment's code, derived like that of a request.
pub(super) fn enrolment_secret(app: &App, id: &str) -> String {
    app.sealer.tag("ecps-enrolment", id)
}

/// Starts an enrolment for somebody whom the portal has identified. Only the
/// browser of `portal_digest` may confirm it.
pub async fn start_enrolment(
    app: &App,
    national_id: &str,
    portal_digest: &str,
) -> Result<EnrolmentStarted, EnrolmentError> {
    let person = app.directory.find(national_id).ok_or(EnrolmentError::UnknownPerson)?;
    let national_id = person.national_id.as_str();
    let (id, now) = (random_id(), app.clock.now());
    let expires_at = now + app.config.ecps.enrolment_lifetime;
    // E15: a mail to the person will hang on this event and its siblings.
    let started = Event::of(Kind::EnrolmentStarted).request(&id).person(national_id);
    enrolments::insert(&id, national_id, portal_digest, now, expires_at)
        .audited(started)
        .execute(&app.database)
        .await?;
    Ok(EnrolmentStarted { id, expires_at })
}

/// The code to show now, or nothing once a phone has taken it or time is up.
/// It also works as a link.
pub async fn draw_enrolment(app: &App, id: &str) -> anyhow::Result<Option<String>> {
    let now = app.clock.now();
    let enrolment = enrolments::find(&app.database, id).await?;
    if enrolment.is_none_or(|enrolment| enrolment.state_at(now) != EnrolmentState::Waiting) {
        return Ok(None);
    }
    let drawn_at = now - now.rem_euclid(REDRAWN);
    let code = rotating_code::draw(id, enrolment_secret(app, id).as_bytes(), drawn_at);
    Ok(Some(format!("{}/#e={}", app.config.ecps.app_url, code.to_fragment())))
}

/// Where an enrolment stands; nothing when there is none.
pub async fn enrolment_view(app: &App, id: &str) -> anyhow::Result<Option<EnrolmentView>> {
    let Some(enrolment) = enrolments::find(&app.database, id).await? else { return Ok(None) };
    let device = match &enrolment.device_id {
        Some(device_id) => devices::find(&app.database, device_id).await?,
        None => None,
    };
    let state = enrolment.state_at(app.clock.now());
    let check = match &device {
        Some(device) if state == EnrolmentState::PinSet => check_of(id, device),
        _ => None,
    };
    let label = device.map(|device| device.label);
    let Enrolment { national_id, expires_at, .. } = enrolment;
    Ok(Some(EnrolmentView { national_id, state, check, label, expires_at }))
}

/// The person has compared the six digits, in the browser that started. With a
/// yes the phone may approve, and any other phone of the person is revoked in
/// the same transaction.
pub async fn confirm_enrolment(
    app: &App,
    id: &str,
    portal_digest: &str,
    yes: bool,
) -> Result<(), EnrolmentError> {
    let now = app.clock.now();
    let enrolment = enrolments::find(&app.database, id).await?.ok_or(EnrolmentError::Over)?;
    let national_id = enrolment.national_id.as_str();
    let device_id = enrolment.device_id.as_deref().unwrap_or_default();
    let said = |kind| {
        let event = Event::of(kind).request(id).person(national_id);
        if device_id.is_empty() { event } else { event.device(device_id) }
    };
    let mut replaced = Vec::new();
    let mut woken = Vec::new();
    let steps = if yes {
        for other in devices::all_of(&app.database, national_id).await? {
            if other.device_id != device_id && other.may_speak(now).is_ok() {
                let rids = requests::rids_of_device(&app.database, &other.device_id).await?;
                woken.extend(rids.iter().map(|rid| wake_key(rid)));
                woken.push(device_key(&other.device_id));
                replaced.push(other);
            }
        }
        let expires_at = now + app.config.ecps.device_lifetime_days * 24 * 60 * 60;
        let revoke = devices::revoke_others(national_id, device_id, now);
        let ended = replaced.iter().map(|other| other.event(Kind::DeviceEnded).reason("replaced"));
        let mut steps = vec![
            enrolments::confirm(id, portal_digest, now).audited(said(Kind::EnrolmentConfirmed)),
            requests::cancelled_of_others(national_id, device_id),
            ended.fold(revoke, Statement::audited),
            devices::activate(device_id, expires_at),
        ];
        steps.extend(replaced.iter().flat_map(|device| endings_of(app, &device.device_id)));
        steps
    } else {
        let mut steps =
            vec![enrolments::refuse(id, portal_digest).audited(said(Kind::EnrolmentRefused))];
        if enrolment.device_id.is_some() {
            steps.push(devices::end(device_id, DeviceState::Revoked, now));
        }
        steps
    };
    if !app.database.all_or_nothing(steps).await? {
        return Err(EnrolmentError::Over);
    }
    app.wake.notify(&enrolment_key(id));
    sessions::ended(app);
    woken.iter().for_each(|key| app.wake.notify(key));
    Ok(())
}

/// The phones of a person, newest first.
pub async fn devices_of(app: &App, national_id: &str) -> anyhow::Result<Vec<DeviceView>> {
    let now = app.clock.now();
    let devices = devices::all_of(&app.database, national_id).await?;
    let views = devices.into_iter().map(|device| DeviceView {
        state: device.state_at(now),
        device_id: device.device_id,
        label: device.label,
        created_at: device.created_at,
        last_seen_at: device.last_seen_at,
    });
    Ok(views.collect())
}

/// Ends a phone at once, with all that it was asked; `false` when there was
/// nothing to end.
pub async fn revoke_device(app: &App, device_id: &str) -> anyhow::Result<bool> {
    end_device(app, device_id, DeviceState::Revoked).await
}

/// Ends a phone in the given state, cancels its requests and wakes their pages.
pub(super) async fn end_device(
    app: &App,
    device_id: &str,
    state: DeviceState,
) -> anyhow::Result<bool> {
    let Some(device) = devices::find(&app.database, device_id).await? else { return Ok(false) };
    let woken = requests::rids_of_device(&app.database, device_id).await?;
    let now = app.clock.now();
    // E15: the owner will be told by mail where this event is now.
    let ended = device.event(Kind::DeviceEnded).reason(super::words::word(state));
    let end = devices::end(device_id, state, now).audited(ended);
    // Requests before phones, here as everywhere: else two transactions could
    // each wait for what the other holds.
    let mut steps = vec![requests::cancelled_of_device(device_id), end];
    steps.extend(endings_of(app, device_id));
    let ended = app.database.all_or_nothing(steps).await?;
    if ended {
        woken.iter().for_each(|rid| app.wake.notify(&wake_key(rid)));
        app.wake.notify(&device_key(device_id));
        sessions::ended(app);
    }
    Ok(ended)
}

/// A phone that is revoked, replaced or seen twice may be in other hands, and
/// so may whatever was opened with it.
fn endings_of(app: &App, device_id: &str) -> Vec<Statement> {
    if !app.config.ecps.revocation_ends_sessions {
        return Vec::new();
    }
    sessions::endings_of_device(device_id, app.clock.now())
}

fn check_of(enrolment_id: &str, device: &Device) -> Option<String> {
    let thumb1 = thumbprint(&device.k1).ok()?;
    let thumb2 = thumbprint(device.k2.as_ref()?).ok()?;
    Some(check_value(enrolment_id, &thumb1, &thumb2))
}
