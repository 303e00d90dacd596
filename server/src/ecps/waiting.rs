//! What the login page that waits may see and do.

use openpsc_protocol::ecps::{DeviceState, RequestState, Start};

use super::{
    AMR, LEVEL,
    device::Device,
    pin_lock::Standing,
    portal::device_key,
    request::{APPROVAL_LIFETIME, Request},
    store::{devices, requests},
    words::word,
};
use crate::{
    app::App,
    audit::Kind,
    clock::UnixTime,
    database::Statement,
    directory::NationalId,
    sessions::{Authentication, Means},
};

/// A request, for the page that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The request.
    pub rid: String,
    /// Where it stands now.
    pub state: RequestState,
    /// How it was started.
    pub start: Start,
    /// With a push: the two digits to show. For this page only.
    pub number: Option<String>,
    /// With a push: whom it was sent to, shortened for the screen.
    pub who: Option<String>,
    /// When it was made.
    pub created_at: UnixTime,
    /// When it ends by itself.
    pub expires_at: UnixTime,
    /// The phone that shows it, or showed it, is locked by wrong PINs.
    pub phone_locked: bool,
    /// The identifier has no active phone; only ever said when settings allow it.
    pub no_phone: bool,
}

/// Who said yes, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approved {
    /// The professional.
    pub national_id: String,
    /// The phone.
    pub device_id: String,
    /// When: the `auth_time` of the session.
    pub auth_time: UnixTime,
}

/// The key of [`App::wake`](crate::app::Handles::wake) that is notified at each
/// change of a request.
pub fn wake_key(rid: &str) -> String {
    format!("ecps-request {rid}")
}

impl From<Approved> for Authentication {
    fn from(approved: Approved) -> Self {
        Self {
            national_id: approved.national_id,
            means: Means::Mobile,
            acr: LEVEL,
            amr: AMR.iter().map(|word| (*word).to_owned()).collect(),
            auth_time: approved.auth_time,
            device_id: Some(approved.device_id),
        }
    }
}

/// The state of a request alone; nothing when there is none.
pub async fn state(app: &App, rid: &str) -> anyhow::Result<Option<RequestState>> {
    let request = requests::find(&app.database, rid).await?;
    Ok(request.map(|request| request.state_at(app.clock.now())))
}

/// Where a request stands; nothing when there is none.
pub async fn view(app: &App, rid: &str) -> anyhow::Result<Option<View>> {
    let now = app.clock.now();
    let Some(request) = requests::find(&app.database, rid).await? else { return Ok(None) };
    let state = request.state_at(now);
    // Before a phone has fetched it, a page must not learn anything about one.
    let device = match &request.device_id {
        Some(device_id) if request.challenge.is_some() => {
            devices::find(&app.database, device_id).await?
        }
        _ => None,
    };
    let no_phone = request.start == Start::Push
        && request.device_id.is_none()
        && app.config.ecps.reveal_missing_phone;
    Ok(Some(View {
        phone_locked: device.is_some_and(|device| is_locked(&device, now)),
        no_phone,
        state,
        start: request.start,
        who: match request.start {
            Start::Push => request.national_id.as_deref().map(masked),
            Start::Qr | Start::Link => None,
        },
        created_at: request.created_at,
        expires_at: request.expires_at,
        number: request.number,
        rid: request.rid,
    }))
}

/// The page gives up.
pub async fn cancel(app: &App, rid: &str) -> anyhow::Result<()> {
    let Some(request) = requests::find(&app.database, rid).await? else { return Ok(()) };
    let event = request.event(Kind::ApprovalCancelled);
    if requests::cancelled(rid).audited(event).execute(&app.database).await? == 1 {
        app.wake.notify(&wake_key(rid));
        if let Some(device_id) = &request.device_id {
            app.wake.notify(&device_key(device_id));
        }
    }
    Ok(())
}

/// The sandbox has answered in the person's place: no phone is asked any more,
/// and a yes counts among the successes that free the way for the next start.
pub async fn withdraw(app: &App, rid: &str, yes: bool) -> anyhow::Result<()> {
    let to = if yes { RequestState::Consumed } else { RequestState::Cancelled };
    let Some(request) = requests::find(&app.database, rid).await? else { return Ok(()) };
    let event = request.event(Kind::ApprovalSimulated).reason(word(to));
    let withdrawn = requests::withdrawn(rid, to, app.clock.now()).audited(event);
    withdrawn.execute(&app.database).await?;
    app.wake.notify(&wake_key(rid));
    if let Some(device_id) = &request.device_id {
        app.wake.notify(&device_key(device_id));
    }
    Ok(())
}

/// Uses an approval up, in the transaction that opens the session: only the
/// login and the browser that asked, only once, only soon (E07, E08).
pub fn consume(rid: &str, login_id: &str, browser_digest: &str, now: UnixTime) -> Vec<Statement> {
    vec![requests::consumed(rid, login_id, browser_digest, now - APPROVAL_LIFETIME)]
}

/// Who approved a request that waits to be used; nothing in any other state.
pub async fn approved(app: &App, rid: &str) -> anyhow::Result<Option<Approved>> {
    let now = app.clock.now();
    let Some(request) = requests::find(&app.database, rid).await? else { return Ok(None) };
    if request.state_at(now) != RequestState::Approved {
        return Ok(None);
    }
    let Request { national_id: Some(national_id), device_id: Some(device_id), decided_at, .. } =
        request
    else {
        return Ok(None);
    };
    let device = devices::find(&app.database, &device_id).await?;
    let active = device.is_some_and(|device| device.state_at(now) == DeviceState::Active);
    Ok(decided_at.filter(|_| active).map(|auth_time| Approved {
        national_id,
        device_id,
        auth_time,
    }))
}

fn is_locked(device: &Device, now: UnixTime) -> bool {
    // While a guess waits for its signature nothing is decided.
    !device.is_evaluation_open(now) && !matches!(device.pin_standing(now), Standing::Open { .. })
}

fn masked(national_id: &str) -> String {
    national_id.parse::<NationalId>().map(|id| id.masked()).unwrap_or_default()
}
