//! From a code on the portal to a phone with a PIN.

use openpsc_ecps_keys::{PossessionKey, base64url, jws::Draft};
use openpsc_protocol::ecps::{
    Claim, ClaimProof, Claimed, EnrolPin, PinPurpose, PinSet, RotatingCode, kid, paths, typ,
};
use rand_core::{OsRng, RngCore};

use crate::{
    PhoneError, PhoneState,
    pin::knowledge_key,
    wire::{Caller, Wire},
};

/// E2: a new K1 takes the enrolment.
pub(crate) async fn claim(
    wire: &Wire,
    code: RotatingCode,
    pin: &str,
    label: &str,
) -> Result<PhoneState, PhoneError> {
    let key = PossessionKey::random(&mut OsRng);
    let mut dev_secret = [0; 32];
    OsRng.fill_bytes(&mut dev_secret);

    let enrol_id = code.id.clone();
    let proof = ClaimProof { enrol_id: enrol_id.clone(), nonce: wire.nonce().await? };
    let proof = Draft::new(typ::ENROL_CLAIM, &proof)?.sign(kid::K1, |input| key.sign(input));
    let claim = Claim {
        code,
        public_key: key.public_key(),
        label: label.into(),
        proof: proof.into_message(),
    };
    let claimed: Claimed = wire.call_unproven(paths::CLAIM, &claim).await?;
    Ok(PhoneState {
        device_id: claimed.device_id,
        enrol_id,
        issuer: claimed.issuer,
        server_keys: claimed.server_keys,
        person: claimed.person,
        possession_key: base64url::encode(*key.to_bytes()),
        dev_secret: base64url::encode(dev_secret),
        knowledge_key: None,
        pin: pin.into(),
        ctr: 0,
        chain: None,
        unanswered: None,
    })
}

/// E3: the PIN becomes K2.
pub(crate) async fn set_first_pin(wire: &Wire, state: &mut PhoneState) -> Result<(), PhoneError> {
    let key = state.possession()?;
    let k2 = knowledge_key(wire, state, &state.pin, PinPurpose::Enrol).await?;
    state.knowledge_key = Some(k2.public_key());
    let (thumb1, thumb2) = state.thumbprints()?;

    let device_id = state.device_id.clone();
    let enrol = EnrolPin { device_id, public_key: k2.public_key(), thumb1, thumb2 };
    let message = Draft::new(typ::ENROL_PIN, &enrol)?
        .sign(kid::K1, |input| key.sign(input))
        .sign(kid::K2, |input| k2.sign(input))
        .into_message();
    let caller = Caller { device_id: &state.device_id, key: &key };
    let _: PinSet = wire.call(&caller, paths::ENROL_PIN, &message).await?;
    Ok(())
}
