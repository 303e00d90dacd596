//! What this phone says to the provider.

use std::{cell::RefCell, collections::HashMap};

use openpsc_ecps_keys::{
    KnowledgeKey, base64url, check_value, digest_b64, open_challenge,
    oprf::{self, InvalidElement},
    pin_input, thumbprint,
};
use openpsc_protocol::ecps::{
    Challenge, Claim, ClaimProof, Claimed, Decided, Decision, DenialReason, DeviceState,
    DeviceStatus, EnrolPin, Evaluated, History, HistoryEntry, ListRequests, OpenLink,
    PendingRequest, PinChange, PinOprf, PinPurpose, PinSet, PublicKey, Requests, Revocation,
    RotatingCode, Scan, SignedMessage, Verdict, kid, paths, typ,
};
use rand_core::OsRng;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    calls::{self, Caller},
    clock,
    keys::{self, Keys},
    surroundings, turn, vault,
};
use crate::{
    event::Choice,
    failure::Failure,
    pin::Pin,
    record::{Record, Stage},
};

thread_local! {
    /// The challenges that were shown, as the server signed them.
    static SHOWN: RefCell<HashMap<String, String>> = RefCell::default();
}

/// This phone, as the vault holds it.
struct Phone {
    record: Record,
    keys: Keys,
}

impl Phone {
    async fn load() -> Result<Self, Failure> {
        let record =
            vault::record().await?.ok_or_else(|| Failure::Browser("the record is gone".into()))?;
        Ok(Self { record, keys: vault::keys().await? })
    }

    fn caller(&self) -> Caller<'_> {
        Caller { device_id: &self.record.device_id, keys: &self.keys }
    }

    async fn call<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        calls::call(&self.caller(), path, body).await
    }

    /// Derives K2 for whatever PIN was typed; only the server can tell a
    /// wrong one, and it counts.
    async fn knowledge_key(&self, pin: &Pin, purpose: PinPurpose) -> Result<KnowledgeKey, Failure> {
        let unusable = |_: InvalidElement| Failure::Untrusted("the evaluation is not a point");
        let input = pin_input(pin.digits(), &self.record.device_id);
        let (blinding, blinded) = oprf::blind(&input, &mut OsRng);
        let question = PinOprf {
            device_id: self.record.device_id.clone(),
            purpose,
            blinded: base64url::encode(blinded),
            jti: base64url::random_id(&mut OsRng),
        };
        let message = self.keys.message(typ::PIN_OPRF, &question).await?.into_message();
        let answer: Evaluated = self.call(paths::PIN_OPRF, &message).await?;
        let evaluated =
            base64url::decode(&answer.evaluated).ok_or(InvalidElement).map_err(unusable)?;
        let output = blinding.finalize(&input, &evaluated).map_err(unusable)?;
        Ok(KnowledgeKey::from_prk(&*self.keys.extract(&output).await?))
    }

    /// Believes only what the pinned keys signed for this phone, and keeps the
    /// text for the answer.
    fn verified(&self, request: PendingRequest) -> Result<Challenge, Failure> {
        let record = &self.record;
        let challenge =
            open_challenge(&request, &record.issuer, &record.device_id, &record.server_keys)
                .map_err(|_| Failure::Untrusted("the challenge is not signed for this phone"))?;
        SHOWN.with_borrow_mut(|shown| shown.insert(request.rid, request.challenge));
        Ok(challenge)
    }

    /// Remembers a decision until its answer has come.
    async fn send(&mut self, message: SignedMessage) -> Result<(), Failure> {
        self.record.unanswered = Some(message.clone());
        vault::keep(&self.record).await?;
        let answer: Result<Decided, Failure> = self.call(paths::DECIDE, &message).await;
        match &answer {
            Ok(decided) => {
                self.record.unanswered = None;
                self.record.ctr = decided.ctr;
                self.record.chain = Some(decided.next_chain.clone());
            }
            Err(failure) if failure.settles() => self.record.unanswered = None,
            Err(_) => {}
        }
        vault::keep(&self.record).await?;
        answer.map(|_| ())
    }

    /// Finds out what became of a decision that was never answered. One that
    /// was taken is sent again for its chain; one that never arrived is
    /// dropped, so that an old yes does not arrive by itself later.
    async fn settle(&mut self) -> Result<(), Failure> {
        let Some(message) = self.record.unanswered.clone() else { return Ok(()) };
        let status: DeviceStatus = self.call(paths::DEVICE, &Empty {}).await?;
        if status.ctr == self.record.ctr {
            self.record.unanswered = None;
            return vault::keep(&self.record).await;
        }
        match self.send(message).await {
            Err(failure) if !failure.settles() => Err(failure),
            _ => Ok(()),
        }
    }
}

/// The body of calls that ask without saying anything: `{}`.
#[derive(Serialize)]
struct Empty {}

/// E2: new keys take the enrolment.
pub(super) async fn claim(code: RotatingCode) -> Result<Record, Failure> {
    let (keys, public_key) = keys::generate().await?;
    let enrol_id = code.id.clone();
    let proof = ClaimProof { enrol_id: enrol_id.clone(), nonce: calls::nonce().await? };
    let proof = keys.message(typ::ENROL_CLAIM, &proof).await?.into_message();
    let claim = Claim { code, public_key: public_key.clone(), label: surroundings::label(), proof };
    let claimed: Claimed = calls::call_unproven(paths::CLAIM, &claim).await?;
    let record = Record {
        device_id: claimed.device_id,
        enrol_id,
        public_key,
        issuer: claimed.issuer,
        server_keys: claimed.server_keys,
        person: claimed.person,
        pin_length: claimed.pin_length,
        forbidden_in_pin: claimed.forbidden_in_pin,
        stage: Stage::Claimed,
        ctr: 0,
        chain: None,
        unanswered: None,
    };
    vault::keep_new(&record, &keys).await?;
    // A browser short of space must not drop the keys; its answer is its own.
    gloo::utils::window().navigator().storage().persist().ok();
    Ok(record)
}

/// E3: the PIN becomes K2.
pub(super) async fn set_pin(pin: Pin) -> Result<Record, Failure> {
    let mut phone = Phone::load().await?;
    let k2 = phone.knowledge_key(&pin, PinPurpose::Enrol).await?;
    let thumb = |key: &PublicKey| {
        thumbprint(key).map_err(|_| Failure::Browser("a key of ours is not on the curve".into()))
    };
    let public_key = k2.public_key();
    let (thumb1, thumb2) = (thumb(&phone.record.public_key)?, thumb(&public_key)?);
    let value = check_value(&phone.record.enrol_id, &thumb1, &thumb2);

    let device_id = phone.record.device_id.clone();
    let enrol = EnrolPin { device_id, public_key, thumb1, thumb2 };
    let message = phone
        .keys
        .message(typ::ENROL_PIN, &enrol)
        .await?
        .sign(kid::K2, |input| k2.sign(input))
        .into_message();
    let _: PinSet = phone.call(paths::ENROL_PIN, &message).await?;
    phone.record.stage = Stage::PinSet { check_value: value };
    vault::keep(&phone.record).await?;
    Ok(phone.record)
}

/// Where this phone stands; a confirmed one becomes active here.
pub(super) async fn status() -> Result<(DeviceStatus, Record), Failure> {
    turn::alone(async {
        let mut phone = Phone::load().await?;
        phone.settle().await?;
        let status: DeviceStatus = phone.call(paths::DEVICE, &Empty {}).await?;
        clock::set(status.now);
        if status.state == DeviceState::Active && phone.record.chain.is_none() {
            phone.record.stage = Stage::Active;
            phone.record.chain.clone_from(&status.chain);
            vault::keep(&phone.record).await?;
        }
        Ok((status, phone.record))
    })
    .await
}

/// The requests that wait, held by the server for up to `wait` seconds until
/// they differ from `known`.
pub(super) async fn requests(known: Vec<String>, wait: u32) -> Result<Vec<Challenge>, Failure> {
    let phone = Phone::load().await?;
    let question = ListRequests { wait, known };
    let answer: Requests = calls::call_held(&phone.caller(), paths::REQUESTS, &question).await?;
    answer.requests.into_iter().map(|request| phone.verified(request)).collect()
}

/// A login page was scanned.
pub(super) async fn scan(code: RotatingCode) -> Result<Challenge, Failure> {
    let phone = Phone::load().await?;
    phone.verified(phone.call(paths::SCAN, &Scan { code }).await?)
}

/// A login page on this very phone.
pub(super) async fn open(link: OpenLink) -> Result<Challenge, Failure> {
    let phone = Phone::load().await?;
    phone.verified(phone.call(paths::OPEN_LINK, &link).await?)
}

/// Yes or no, signed.
pub(super) async fn decide(
    rid: &str,
    choice: Choice,
    number: Option<String>,
    pin: Pin,
) -> Result<(), Failure> {
    turn::alone(async {
        let mut phone = Phone::load().await?;
        phone.settle().await?;
        let challenge = SHOWN.with_borrow(|shown| shown.get(rid).cloned());
        let ch = digest_b64(challenge.ok_or(Failure::Untrusted("never shown"))?);
        let chain = phone.record.chain.clone().ok_or(Failure::Untrusted("not active"))?;
        let (dec, why) = match choice {
            Choice::Approve => (Verdict::Approve, None),
            Choice::Mistake => (Verdict::Deny, Some(DenialReason::Mistake)),
            Choice::NotMe => (Verdict::Deny, Some(DenialReason::NotMe)),
        };
        let decision = Decision {
            iss: phone.record.device_id.clone(),
            aud: phone.record.issuer.clone(),
            rid: rid.into(),
            ch: ch.clone(),
            dec,
            num: number,
            why,
            ctr: phone.record.ctr + 1,
            chain,
            iat: clock::now(),
        };
        let mut draft = phone.keys.message(typ::APPROVAL, &decision).await?;
        if dec == Verdict::Approve {
            let purpose = PinPurpose::Approve { rid: rid.into(), ch };
            let k2 = phone.knowledge_key(&pin, purpose).await?;
            draft = draft.sign(kid::K2, |input| k2.sign(input));
        }
        phone.send(draft.into_message()).await
    })
    .await
}

/// A new PIN.
pub(super) async fn change_pin(old: Pin, new: Pin) -> Result<(), Failure> {
    let phone = Phone::load().await?;
    let old_k2 = phone.knowledge_key(&old, PinPurpose::ChangeOld).await?;
    let new_k2 = phone.knowledge_key(&new, PinPurpose::ChangeNew).await?;
    let change = PinChange {
        device_id: phone.record.device_id.clone(),
        public_key: new_k2.public_key(),
        jti: base64url::random_id(&mut OsRng),
    };
    let message = phone
        .keys
        .message(typ::PIN_CHANGE, &change)
        .await?
        .sign(kid::K2, |input| old_k2.sign(input))
        .sign(kid::K2_NEW, |input| new_k2.sign(input))
        .into_message();
    let _: DeviceStatus = phone.call(paths::PIN_CHANGE, &message).await?;
    Ok(())
}

/// This phone is given up.
pub(super) async fn give_up() -> Result<DeviceState, Failure> {
    let phone = Phone::load().await?;
    let revocation = Revocation { device_id: phone.record.device_id.clone(), revoke: true };
    let message = phone.keys.message(typ::REVOKE, &revocation).await?.into_message();
    let status: DeviceStatus = phone.call(paths::REVOKE, &message).await?;
    Ok(status.state)
}

/// What reached this phone before.
pub(super) async fn history() -> Result<Vec<HistoryEntry>, Failure> {
    let history: History = Phone::load().await?.call(paths::HISTORY, &Empty {}).await?;
    Ok(history.entries)
}
