//! What a phone is given to show: signed, so that nothing else is shown.

use openpsc_protocol::ecps::{Challenge, ChallengeClient, PendingRequest, RequestState, typ};

use super::{
    device::Device, request::Request, start::random_id, store::requests, waiting::wake_key,
};
use crate::{app::App, audit::Kind, jose};

/// Gives a request to a phone, with a challenge made for that phone alone. The
/// first phone has it; nothing when that is another one, or time is up.
pub(super) async fn give(
    app: &App,
    request: Request,
    device: &Device,
) -> anyhow::Result<Option<PendingRequest>> {
    if let Some(given) = given(app, &request, device) {
        return Ok(Some(given));
    }
    if request.state_at(app.clock.now()) != RequestState::Pending {
        return Ok(None);
    }
    let keys = app.keys.get(app).await?;
    let challenge =
        jose::sign_compact(keys.ecps(), typ::CHALLENGE, &words_of(app, &request, device))?;
    let (rid, now) = (&request.rid, app.clock.now());
    let shown = device.event(Kind::ApprovalShown).request(rid).client(&request.client_id);
    let taken = requests::fetched(rid, &device.device_id, &device.national_id, &challenge, now)
        .audited(shown);
    if app.database.all_or_nothing(vec![taken]).await? {
        app.wake.notify(&wake_key(rid));
        return Ok(Some(PendingRequest { rid: rid.clone(), challenge }));
    }
    // Another call of the same phone, or another phone, was first.
    let request = requests::find(&app.database, rid).await?;
    Ok(request.and_then(|request| given(app, &request, device)))
}

fn given(app: &App, request: &Request, device: &Device) -> Option<PendingRequest> {
    let same_phone = request.device_id.as_deref() == Some(&device.device_id);
    let waits = request.state_at(app.clock.now()) == RequestState::Fetched;
    let challenge = request.challenge.clone().filter(|_| same_phone && waits)?;
    Some(PendingRequest { rid: request.rid.clone(), challenge })
}

/// The number is not among them, and never will be: who reads it off the phone
/// need not look at the page.
fn words_of(app: &App, request: &Request, device: &Device) -> Challenge {
    Challenge {
        iss: app.issuer.clone(),
        aud: device.device_id.clone(),
        rid: request.rid.clone(),
        jti: random_id(),
        iat: request.created_at,
        exp: request.expires_at,
        nonce: request.nonce.clone(),
        client: ChallengeClient {
            id: request.client_id.clone(),
            name: request.client_name.clone(),
        },
        acr: request.acr,
        origin: request.origin.clone(),
        start: request.start,
        matching: request.matching(),
        message: request.message.clone(),
        lang: request.lang.clone(),
    }
}
