//! From a PIN to K2: one blinded call, counted by the server.

use openpsc_ecps_keys::{
    KnowledgeKey, base64url,
    jws::Draft,
    oprf::{self, InvalidElement},
    pin_input, prk,
};
use openpsc_protocol::ecps::{Evaluated, PinOprf, PinPurpose, kid, paths, typ};
use rand_core::OsRng;

use crate::{
    PhoneError, PhoneState,
    wire::{Caller, Wire},
};

/// Derives K2 for whatever PIN is typed; only the server can tell a wrong one.
pub(crate) async fn knowledge_key(
    wire: &Wire,
    state: &PhoneState,
    pin: &str,
    purpose: PinPurpose,
) -> Result<KnowledgeKey, PhoneError> {
    let key = state.possession()?;
    let input = pin_input(pin, &state.device_id);
    let (blinding, blinded) = oprf::blind(&input, &mut OsRng);

    let question = PinOprf {
        device_id: state.device_id.clone(),
        purpose,
        blinded: base64url::encode(blinded),
        jti: base64url::random_id(&mut OsRng),
    };
    let message =
        Draft::new(typ::PIN_OPRF, &question)?.sign(kid::K1, |input| key.sign(input)).into_message();
    let caller = Caller { device_id: &state.device_id, key: &key };
    let answer: Evaluated = wire.call(&caller, paths::PIN_OPRF, &message).await?;

    let evaluated = base64url::decode(&answer.evaluated).ok_or(InvalidElement)?;
    let output = blinding.finalize(&input, &evaluated)?;
    Ok(KnowledgeKey::from_prk(&prk(&state.secret()?, &output)))
}
