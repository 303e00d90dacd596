//! A phone in a person's hand: what it can be told to do.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use openpsc_ecps_keys::{base64url, check_value, digest_b64, jws::Draft, open_challenge};
use openpsc_protocol::ecps::{
    AppLink, Challenge, Decided, Decision, DenialReason, DeviceState, DeviceStatus, History,
    HistoryEntry, ListRequests, OpenLink, PendingRequest, PinChange, PinPurpose, RefusalCode,
    Requests, Revocation, RotatingCode, Scan, SignedMessage, Verdict, kid, paths, typ,
};
use rand_core::OsRng;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    PhoneError, PhoneState, clock, enrolment,
    pin::knowledge_key,
    state::Unanswered,
    wire::{Caller, Wire},
};

/// One enrolled phone. Its methods take `&self`, so that it can wait for a
/// request and be asked for its history at the same time.
pub struct Phone {
    wire: Wire,
    state: Mutex<PhoneState>,
    /// The requests that it was shown, as the server signed them.
    shown: Mutex<HashMap<String, PendingRequest>>,
    /// Decisions go one after the other: each needs the chain of the last.
    deciding: tokio::sync::Mutex<()>,
}

impl Phone {
    /// Claims the enrolment behind a link of the portal (`#e=…`, whole or in
    /// part), sets the PIN, and returns the value to confirm on the portal.
    pub async fn enrol(
        app_url: &str,
        link: &str,
        pin: &str,
        label: &str,
    ) -> Result<(Self, String), PhoneError> {
        let code = match AppLink::parse(link) {
            Some(AppLink::Enrol(code)) => code,
            _ => RotatingCode::from_fragment(link).ok_or(PhoneError::NotALink)?,
        };
        let wire = Wire::new(app_url);
        let mut state = enrolment::claim(&wire, code, pin, label).await?;
        enrolment::set_first_pin(&wire, &mut state).await?;

        let (thumb1, thumb2) = state.thumbprints()?;
        let value = check_value(&state.enrol_id, &thumb1, &thumb2);
        Ok((Self::with(wire, state), value))
    }

    /// A phone as [`Self::state`] left it.
    pub fn restore(app_url: &str, state: PhoneState) -> Result<Self, PhoneError> {
        state.possession()?;
        state.secret()?;
        Ok(Self::with(Wire::new(app_url), state))
    }

    /// A second copy of this very phone, as a thief would make it.
    pub fn copied(&self) -> Self {
        Self::with(Wire::new(self.wire.app_url()), self.state())
    }

    fn with(wire: Wire, state: PhoneState) -> Self {
        Self {
            wire,
            state: Mutex::new(state),
            shown: Mutex::default(),
            deciding: tokio::sync::Mutex::default(),
        }
    }

    /// All that it remembers, to keep or to copy.
    pub fn state(&self) -> PhoneState {
        self.locked().clone()
    }

    /// Its name at the provider.
    pub fn device_id(&self) -> String {
        self.locked().device_id.clone()
    }

    /// Waits until the portal has confirmed, at most `patience`.
    pub async fn wait_active(&self, patience: Duration) -> Result<DeviceStatus, PhoneError> {
        let confirmed = async {
            loop {
                let status = self.status().await?;
                if status.state == DeviceState::Active {
                    return Ok(status);
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(patience, confirmed).await.map_err(|_| PhoneError::NotConfirmed)?
    }

    /// Where this phone stands.
    pub async fn status(&self) -> Result<DeviceStatus, PhoneError> {
        let status: DeviceStatus = self.call(paths::DEVICE, &Empty {}).await?;
        let mut state = self.locked();
        if state.chain.is_none() && status.ctr == 0 {
            state.chain.clone_from(&status.chain);
        }
        Ok(status)
    }

    /// The requests that wait for it, oldest first; when there are none, waits
    /// up to `wait` seconds (the server allows 25) for one.
    pub async fn requests(&self, wait: u32) -> Result<Vec<Challenge>, PhoneError> {
        let question = ListRequests { wait, known: Vec::new() };
        let answer: Requests = self.call(paths::REQUESTS, &question).await?;
        answer.requests.into_iter().map(|request| self.show(request)).collect()
    }

    /// Scans the code of a login page: `#q=…`, whole or in part.
    pub async fn scan(&self, code: &str) -> Result<Challenge, PhoneError> {
        let code = match AppLink::parse(code) {
            Some(AppLink::Scan(code)) => code,
            _ => RotatingCode::from_fragment(code).ok_or(PhoneError::NotALink)?,
        };
        self.show(self.call(paths::SCAN, &Scan { code }).await?)
    }

    /// Follows the link of a login page on this very phone.
    pub async fn open_link(&self, rid: &str, secret: &str) -> Result<Challenge, PhoneError> {
        let link = OpenLink { rid: rid.into(), secret: secret.into() };
        self.show(self.call(paths::OPEN_LINK, &link).await?)
    }

    /// Says yes, with the number of the login page if it asks for one.
    pub async fn approve(&self, rid: &str, number: Option<&str>) -> Result<Decided, PhoneError> {
        let pin = self.locked().pin.clone();
        self.approve_with_pin(rid, number, &pin).await
    }

    /// Says yes with this PIN, right or wrong.
    pub async fn approve_with_pin(
        &self,
        rid: &str,
        number: Option<&str>,
        pin: &str,
    ) -> Result<Decided, PhoneError> {
        let _one_at_a_time = self.deciding.lock().await;
        self.settle().await?;
        let ch = digest_b64(self.request(rid).await?.challenge);
        let purpose = PinPurpose::Approve { rid: rid.into(), ch: ch.clone() };
        let state = self.state();
        let k2 = knowledge_key(&self.wire, &state, pin, purpose).await?;

        let num = number.map(str::to_owned);
        let decision = Decision { num, ..decision(&state, rid, ch, Verdict::Approve)? };
        let message = self
            .sign(typ::APPROVAL, &decision)?
            .sign(kid::K2, |input| k2.sign(input))
            .into_message();
        self.decide(rid, message).await
    }

    /// Says no.
    pub async fn deny(&self, rid: &str, why: DenialReason) -> Result<Decided, PhoneError> {
        let _one_at_a_time = self.deciding.lock().await;
        self.settle().await?;
        let ch = digest_b64(self.request(rid).await?.challenge);
        let decision =
            Decision { why: Some(why), ..decision(&self.state(), rid, ch, Verdict::Deny)? };
        let message = self.sign(typ::APPROVAL, &decision)?.into_message();
        self.decide(rid, message).await
    }

    /// Replaces its PIN by `new`.
    pub async fn change_pin(&self, new: &str) -> Result<DeviceStatus, PhoneError> {
        let state = self.state();
        let old_k2 = knowledge_key(&self.wire, &state, &state.pin, PinPurpose::ChangeOld).await?;
        let new_k2 = knowledge_key(&self.wire, &state, new, PinPurpose::ChangeNew).await?;
        let change = PinChange {
            device_id: state.device_id,
            public_key: new_k2.public_key(),
            jti: base64url::random_id(&mut OsRng),
        };
        let message = self
            .sign(typ::PIN_CHANGE, &change)?
            .sign(kid::K2, |input| old_k2.sign(input))
            .sign(kid::K2_NEW, |input| new_k2.sign(input))
            .into_message();
        let status = self.call(paths::PIN_CHANGE, &message).await?;
        let mut state = self.locked();
        state.pin = new.to_owned();
        state.knowledge_key = Some(change.public_key);
        Ok(status)
    }

    /// Types another PIN from now on, right or wrong, and tells nobody.
    pub fn misremember(&self, pin: &str) {
        self.locked().pin = pin.to_owned();
    }

    /// Gives this phone up.
    pub async fn revoke(&self) -> Result<DeviceStatus, PhoneError> {
        let revocation = Revocation { device_id: self.device_id(), revoke: true };
        let message = self.sign(typ::REVOKE, &revocation)?.into_message();
        self.call(paths::REVOKE, &message).await
    }

    /// What reached this phone before, newest first.
    pub async fn history(&self) -> Result<Vec<HistoryEntry>, PhoneError> {
        let history: History = self.call(paths::HISTORY, &Empty {}).await?;
        Ok(history.entries)
    }

    /// Verifies what a server sent, and remembers it for the answer.
    fn show(&self, request: PendingRequest) -> Result<Challenge, PhoneError> {
        let state = self.state();
        let challenge =
            open_challenge(&request, &state.issuer, &state.device_id, &state.server_keys)?;
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.insert(request.rid.clone(), request);
        Ok(challenge)
    }

    /// A request by its name: as shown before, or as the server lists it now.
    async fn request(&self, rid: &str) -> Result<PendingRequest, PhoneError> {
        if let Some(request) = self.shown(rid) {
            return Ok(request);
        }
        self.requests(0).await?;
        self.shown(rid).ok_or_else(|| PhoneError::NoSuchRequest(rid.into()))
    }

    fn shown(&self, rid: &str) -> Option<PendingRequest> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).get(rid).cloned()
    }

    /// Remembers a decision until its answer has come.
    async fn decide(&self, rid: &str, message: SignedMessage) -> Result<Decided, PhoneError> {
        self.locked().unanswered = Some(Unanswered { rid: rid.into(), message: message.clone() });
        let answer: Result<Decided, PhoneError> = self.call(paths::DECIDE, &message).await;
        let mut state = self.locked();
        match &answer {
            Ok(decided) => {
                state.unanswered = None;
                state.ctr = decided.ctr;
                state.chain = Some(decided.next_chain.clone());
            }
            Err(refused) if refused.refusal().is_some_and(settles) => state.unanswered = None,
            Err(_) => {}
        }
        answer
    }

    /// Finds out what became of a decision that was never answered. One that
    /// was taken is sent again for its chain, without which the next would
    /// look like that of a copy; one that never arrived is dropped, so that an
    /// old yes does not arrive by itself later.
    async fn settle(&self) -> Result<(), PhoneError> {
        let Some(Unanswered { rid, message }) = self.state().unanswered else { return Ok(()) };
        if self.status().await?.ctr == self.locked().ctr {
            self.locked().unanswered = None;
            return Ok(());
        }
        match self.decide(&rid, message).await {
            Err(failed) if !failed.refusal().is_some_and(settles) => Err(failed),
            _ => Ok(()),
        }
    }

    fn sign(&self, typ: &'static str, payload: &impl Serialize) -> Result<Draft, PhoneError> {
        let key = self.locked().possession()?;
        Ok(Draft::new(typ, payload)?.sign(kid::K1, |input| key.sign(input)))
    }

    async fn call<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, PhoneError> {
        let (device_id, key) = {
            let state = self.locked();
            (state.device_id.clone(), state.possession()?)
        };
        self.wire.call(&Caller { device_id: &device_id, key: &key }, path, body).await
    }

    fn locked(&self) -> MutexGuard<'_, PhoneState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a refusal says what became of a decision. A broken connection does
/// not, and a server that failed half-way may still have taken it.
fn settles(refusal: RefusalCode) -> bool {
    !matches!(refusal, RefusalCode::ServerError | RefusalCode::TooManyRequests)
}

/// The body of calls that ask without saying anything: `{}`.
#[derive(Serialize)]
struct Empty {}

fn decision(
    state: &PhoneState,
    rid: &str,
    ch: String,
    dec: Verdict,
) -> Result<Decision, PhoneError> {
    Ok(Decision {
        iss: state.device_id.clone(),
        aud: state.issuer.clone(),
        rid: rid.into(),
        ch,
        dec,
        num: None,
        why: None,
        ctr: state.ctr + 1,
        chain: state.chain.clone().ok_or(PhoneError::NotActive)?,
        iat: clock::now(),
    })
}

#[cfg(test)]
mod tests {
    use openpsc_protocol::ecps::Person;

    use super::*;

    fn state() -> PhoneState {
        let person =
            Person { given_name: "A".into(), family_name: "B".into(), national_id: "8".into() };
        PhoneState {
            device_id: "d".into(),
            enrol_id: "e".into(),
            issuer: "i".into(),
            server_keys: Vec::new(),
            person,
            possession_key: base64url::encode([1; 32]),
            dev_secret: base64url::encode([2; 32]),
            knowledge_key: None,
            pin: "407193".into(),
            ctr: 3,
            chain: Some("c".into()),
            unanswered: None,
        }
    }

    #[test]
    fn a_state_survives_being_written_down() {
        let text = serde_json::to_string(&state()).unwrap();
        let phone = Phone::restore("http://localhost", serde_json::from_str(&text).unwrap());
        let restored = phone.unwrap().state();
        assert_eq!(serde_json::to_string(&restored).unwrap(), text);
    }

    #[test]
    fn a_damaged_state_is_refused() {
        let damaged = PhoneState { possession_key: base64url::encode([0; 32]), ..state() };
        let refused = Phone::restore("http://localhost", damaged).err();
        assert!(matches!(refused, Some(PhoneError::DamagedState)));
    }

    #[test]
    fn a_state_never_prints_its_secrets() {
        let printed = format!("{:?}", state());
        for secret in ["407193", &state().possession_key, &state().dev_secret] {
            assert!(!printed.contains(secret), "{printed}");
        }
    }

    #[test]
    fn the_next_decision_counts_one_further_on_the_same_chain() {
        let next = decision(&state(), "r", "h".into(), Verdict::Deny).unwrap();
        assert_eq!((next.ctr, next.chain.as_str()), (4, "c"));
        let inactive = PhoneState { chain: None, ..state() };
        let refused = decision(&inactive, "r", "h".into(), Verdict::Deny);
        assert!(matches!(refused, Err(PhoneError::NotActive)));
    }
}
