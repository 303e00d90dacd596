//! A phone enrols: it takes the code, then chooses a PIN.

use axum::{Json, extract::State};
use openpsc_ecps_keys::{
    jws::{open, open_in_steps},
    rotating_code::{self, CodeRefused},
    thumbprint,
};
use openpsc_protocol::ecps::{
    Claim, ClaimProof, Claimed, DeviceState, EnrolPin, NonceAnswer, PinSet, PublicKey, RefusalCode,
    ServerKey, SignedMessage, kid, typ,
};

use super::{
    super::{
        display,
        enrolment::{EnrolmentState, FINISH, TAKEN},
        nonce,
        portal::{enrolment_key, enrolment_secret},
        start::random_id,
        store::{devices, enrolments},
    },
    call::{Call, FirstCall, Nothing},
    device::{forbidden_in_pin, person},
    refusal::Refusal,
};
use crate::{
    app::App,
    audit::{Event, Kind},
    secret, spent,
};

/// The longest label, in characters.
const LABEL: usize = 60;

/// Gives a first nonce and the time.
pub(super) async fn nonce(
    State(app): State<App>,
    FirstCall(Nothing {}): FirstCall<Nothing>,
) -> Json<NonceAnswer> {
    let now = app.clock.now();
    Json(NonceAnswer { nonce: nonce::draw(&app.sealer, now), now })
}

/// E2: a phone takes the enrolment, with a key that it shows to hold.
pub(super) async fn claim(
    State(app): State<App>,
    FirstCall(claim): FirstCall<Claim>,
) -> Result<Json<Claimed>, Refusal> {
    let (now, id) = (app.clock.now(), claim.code.id.as_str());
    let secret = enrolment_secret(&app, id);
    rotating_code::check(&claim.code, secret.as_bytes(), now, TAKEN).map_err(|why| match why {
        CodeRefused::Stale => RefusalCode::CodeStale,
        CodeRefused::Forged => RefusalCode::EnrolmentOver,
    })?;
    let invalid = RefusalCode::InvalidRequest;
    thumbprint(&claim.public_key).map_err(|_| invalid)?;
    let proof: ClaimProof = open(&claim.proof, typ::ENROL_CLAIM, &[(kid::K1, &claim.public_key)])
        .map_err(|_| invalid)?;
    if proof.enrol_id != id {
        return Err(invalid.into());
    }
    if !nonce::is_fresh(&app.sealer, &proof.nonce, now) {
        return Err(RefusalCode::UseNonce.into());
    }
    let enrolment = enrolments::find(&app.database, id).await?;
    let enrolment = enrolment
        .filter(|enrolment| enrolment.state_at(now) == EnrolmentState::Waiting)
        .ok_or(RefusalCode::EnrolmentOver)?;

    let (device_id, chain) = (random_id(), secret::random_token());
    let national_id = enrolment.national_id.as_str();
    let label = display::shown(&claim.label, LABEL);
    let expires_at = now + app.config.ecps.device_lifetime_days * 24 * 60 * 60;
    let claimed = Event::of(Kind::EnrolmentClaimed).request(id);
    let claimed = claimed.person(national_id).device(&device_id);
    let steps = vec![
        spent::take("ecps nonce", &proof.nonce, now + nonce::LIFETIME),
        enrolments::claim(id, &device_id, now, now + FINISH).audited(claimed),
        devices::insert(
            &device_id,
            national_id,
            &label,
            &claim.public_key,
            &chain,
            now,
            expires_at,
        ),
    ];
    if !app.database.all_or_nothing(steps).await? {
        return Err(RefusalCode::EnrolmentOver.into());
    }
    app.wake.notify(&enrolment_key(id));
    Ok(Json(Claimed {
        device_id,
        pin_length: app.config.ecps.pin_length,
        issuer: app.issuer.clone(),
        server_keys: server_keys(&app).await?,
        person: person(&app, national_id),
        forbidden_in_pin: forbidden_in_pin(&app, national_id),
    }))
}

/// E3: the PIN is chosen; what the server keeps of it is a public key.
pub(super) async fn pin(
    State(app): State<App>,
    Call { device, body, .. }: Call<SignedMessage>,
) -> Result<Json<PinSet>, Refusal> {
    let invalid = |_| Refusal::of(RefusalCode::InvalidRequest);
    let kids = [kid::K1, kid::K2];
    let opened =
        open_in_steps::<EnrolPin>(&body, typ::ENROL_PIN, &kids, &device.k1).map_err(invalid)?;
    let k2 = &opened.payload.public_key;
    opened.verify(kid::K2, k2).map_err(invalid)?;
    let names = (thumbprint(&device.k1), thumbprint(k2));
    let (Ok(thumb1), Ok(thumb2)) = names else {
        return Err(RefusalCode::InvalidRequest.into());
    };
    let said = &opened.payload;
    if said.device_id != device.device_id || said.thumb1 != thumb1 || said.thumb2 != thumb2 {
        return Err(RefusalCode::InvalidRequest.into());
    }
    if device.state == DeviceState::PinSet && device.k2.as_ref() == Some(k2) {
        // The first answer was lost on the way.
        return Ok(Json(PinSet { state: DeviceState::PinSet }));
    }
    let enrolment = enrolments::of_device(&app.database, &device.device_id).await?;
    let enrolment = enrolment.ok_or(RefusalCode::EnrolmentOver)?;
    let (from, to) = (EnrolmentState::Claimed, EnrolmentState::PinSet);
    let steps = vec![
        enrolments::advance(&enrolment.id, from, to, app.clock.now()),
        devices::set_pin(&device.device_id, k2)
            .audited(device.event(Kind::EnrolmentPinChosen).request(&enrolment.id)),
    ];
    if !app.database.all_or_nothing(steps).await? {
        return Err(RefusalCode::EnrolmentOver.into());
    }
    app.wake.notify(&enrolment_key(&enrolment.id));
    Ok(Json(PinSet { state: DeviceState::PinSet }))
}

async fn server_keys(app: &App) -> anyhow::Result<Vec<ServerKey>> {
    let keys = app.keys.get(app).await?;
    let (x, y) = keys.ecps().public_ec().unwrap_or_default();
    let key = PublicKey { kty: "EC".into(), crv: "P-256".into(), x, y };
    Ok(vec![ServerKey { kid: keys.ecps().kid().to_owned(), key }])
}
