//! What a phone's answer to a request means.
//!
//! The order of the checks is part of the protocol: what does not concern this
//! phone is turned away first, a copy of the phone is noticed before a wrong
//! PIN, and the number is looked at last, by then typed by the right person.

use openpsc_ecps_keys::{
    base64url, digest_b64,
    jws::{NotOpened, open_in_steps},
};
use openpsc_protocol::ecps::{
    Decided, Decision, DenialReason, Matching, PublicKey, RefusalCode, RequestState, SignedMessage,
    Verdict, kid, typ,
};

use super::{
    clone_check::{Sequence, sequence},
    device::{Device, EvaluatedFor},
    pin_lock::Standing,
    request::Request,
};
use crate::{clock::UnixTime, secret};

/// What the server holds when an answer comes in.
#[derive(Clone, Copy)]
pub(super) struct Bench<'a> {
    pub(super) device: &'a Device,
    pub(super) request: &'a Request,
    pub(super) issuer: &'a str,
    /// Digest of the body's bytes.
    pub(super) body_digest: &'a str,
    pub(super) now: UnixTime,
}

/// What to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The person said yes, with the right PIN and the right number.
    Approve,
    /// The person said no.
    Deny(DenialReason),
    /// The number is not the one on the page: the request ends.
    NumberWrong,
    /// The PIN is wrong: its evaluation is spent.
    PinWrong,
    /// Two copies of this phone exist.
    Suspend,
    /// This very answer was taken before: say again what was said.
    Repeat(Decided),
    /// Nothing changes.
    Refuse(RefusalCode),
}

/// Reads the answer without believing it yet.
pub(super) fn read(message: &SignedMessage) -> Option<Decision> {
    serde_json::from_slice(&base64url::decode(&message.payload)?).ok()
}

/// Judges an answer. `claimed` is what [`read`] gave for the same message.
pub(super) fn judge(message: &SignedMessage, claimed: &Decision, bench: Bench<'_>) -> Outcome {
    match judged(message, claimed, bench) {
        Ok(outcome) | Err(outcome) => outcome,
    }
}

/// The list of checks, in the order of the protocol. `Err` stops the walk.
fn judged(
    message: &SignedMessage,
    claimed: &Decision,
    bench: Bench<'_>,
) -> Result<Outcome, Outcome> {
    let Bench { device, request, .. } = bench;
    form(claimed, bench)?;
    same_body(bench)?;
    let kids: &[&str] = match claimed.dec {
        Verdict::Approve => &[kid::K1, kid::K2],
        Verdict::Deny => &[kid::K1],
    };
    let over = over(bench);
    if over.is_some_and(|code| code != RefusalCode::RequestOver) {
        return Err(Outcome::Refuse(RefusalCode::RequestExpired));
    }
    let opened = open_in_steps::<Decision>(message, typ::APPROVAL, kids, &device.k1)
        .map_err(|_| Outcome::Refuse(RefusalCode::InvalidRequest))?;
    let decision = &opened.payload;
    if over.is_some() {
        return Err(lost_answer(decision, bench));
    }
    challenge(decision, request)?;
    in_sequence(decision, device)?;
    match decision.dec {
        Verdict::Deny => Ok(Outcome::Deny(decision.why.unwrap_or(DenialReason::Mistake))),
        Verdict::Approve => {
            pin(bench, |key| opened.verify(kid::K2, key))?;
            number(decision, request)?;
            Ok(Outcome::Approve)
        }
    }
}

/// The members fit each other and this request.
fn form(decision: &Decision, bench: Bench<'_>) -> Result<(), Outcome> {
    let typed = bench.request.matching() == Matching::Typed2;
    let approves = decision.dec == Verdict::Approve;
    let fits = decision.iss == bench.device.device_id
        && decision.aud == bench.issuer
        && decision.num.is_some() == (approves && typed)
        && decision.num.as_deref().is_none_or(is_two_digits)
        && (decision.why.is_none() || !approves);
    if fits { Ok(()) } else { Err(Outcome::Refuse(RefusalCode::InvalidRequest)) }
}

fn is_two_digits(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A body that was taken once gets the same answer again: the phone did not
/// hear it. The proof of the call has shown that it comes from this phone.
fn same_body(bench: Bench<'_>) -> Result<(), Outcome> {
    let request = bench.request;
    if request.decision_digest.as_deref() != Some(bench.body_digest) {
        return Ok(());
    }
    match (&request.answer, request.state) {
        (Some((ctr, chain)), _) => {
            Err(Outcome::Repeat(Decided { next_chain: chain.clone(), ctr: *ctr }))
        }
        (None, RequestState::NumberWrong) => Err(Outcome::Refuse(RefusalCode::NumberWrong)),
        (None, _) => Ok(()),
    }
}

/// Why the request takes no answer any more.
fn over(bench: Bench<'_>) -> Option<RefusalCode> {
    match bench.request.state_at(bench.now) {
        RequestState::Fetched => None,
        RequestState::Expired if bench.request.decided_at.is_none() => {
            Some(RefusalCode::RequestExpired)
        }
        _ => Some(RefusalCode::RequestOver),
    }
}

/// The same answer in another body: the phone lost the first one with its
/// answer, and signed again. Only for the last request, and with the chain of
/// before.
fn lost_answer(decision: &Decision, bench: Bench<'_>) -> Outcome {
    let Bench { device, request, .. } = bench;
    let same = matches!(
        (decision.dec, request.state),
        (Verdict::Approve, RequestState::Approved | RequestState::Consumed)
            | (Verdict::Deny, RequestState::Denied)
    );
    let again = sequence(device.remembered(), &decision.rid, decision.ctr, &decision.chain);
    match &request.answer {
        Some((ctr, chain)) if same && again == Sequence::LastAgain => {
            Outcome::Repeat(Decided { next_chain: chain.clone(), ctr: *ctr })
        }
        _ => Outcome::Refuse(RefusalCode::RequestOver),
    }
}

/// What was signed is what was sent.
fn challenge(decision: &Decision, request: &Request) -> Result<(), Outcome> {
    let sent = request.challenge.as_deref().map(digest_b64);
    if sent.is_some_and(|sent| sent == decision.ch) {
        Ok(())
    } else {
        Err(Outcome::Refuse(RefusalCode::ChallengeMismatch))
    }
}

/// This phone is the only one of its kind.
fn in_sequence(decision: &Decision, device: &Device) -> Result<(), Outcome> {
    match sequence(device.remembered(), &decision.rid, decision.ctr, &decision.chain) {
        Sequence::Next => Ok(()),
        Sequence::Impossible => Err(Outcome::Refuse(RefusalCode::InvalidRequest)),
        Sequence::LastAgain | Sequence::Diverged => Err(Outcome::Suspend),
    }
}

/// The person's PIN. Without an evaluation that was counted for this request,
/// the signature is not even looked at: the answer would be a free guess.
fn pin(
    bench: Bench<'_>,
    verify: impl FnOnce(&PublicKey) -> Result<(), NotOpened>,
) -> Result<(), Outcome> {
    let Bench { device, request, now, .. } = bench;
    if !device.is_evaluated_for(&EvaluatedFor::Approval(request.rid.clone()), now) {
        return Err(Outcome::Refuse(match device.pin_standing(now) {
            Standing::Open { .. } => RefusalCode::PinWrong,
            Standing::LockedUntil(_) | Standing::LockedForGood => RefusalCode::PinLocked,
        }));
    }
    let right = device.k2.as_ref().is_some_and(|key| verify(key).is_ok());
    if right { Ok(()) } else { Err(Outcome::PinWrong) }
}

/// The number on the page, compared in constant time.
fn number(decision: &Decision, request: &Request) -> Result<(), Outcome> {
    match (&decision.num, &request.number) {
        (None, None) => Ok(()),
        (Some(typed), Some(shown)) if secret::same(typed, shown) => Ok(()),
        _ => Err(Outcome::NumberWrong),
    }
}

#[cfg(test)]
mod tests;
