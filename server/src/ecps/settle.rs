//! Takes a decision: what the rule has judged is kept in one transaction.

use anyhow::anyhow;
use openpsc_protocol::ecps::{
    Decided, Decision, DenialReason, DeviceState, RefusalCode, RequestState, SignedMessage,
};

use super::{
    decision::{self, Bench, Outcome},
    device::Device,
    guess, pin_lock,
    portal::{device_key, end_device},
    push_limits::Block,
    request::Request,
    store::{devices, pushes, requests},
    waiting::wake_key,
    words::word,
};
use crate::{
    app::App,
    audit::{Event, Kind},
    secret,
};

/// Why a decision is not taken.
pub(super) enum NotSettled {
    /// The phone's doing.
    Refused(RefusalCode),
    /// Ours.
    Internal(anyhow::Error),
}

impl From<anyhow::Error> for NotSettled {
    fn from(cause: anyhow::Error) -> Self {
        Self::Internal(cause)
    }
}

/// Judges an answer and keeps what follows from it. When something has moved
/// between reading and writing, it is judged again.
pub(super) async fn settle(
    app: &App,
    device_id: &str,
    message: &SignedMessage,
    body_digest: &str,
) -> Result<Decided, NotSettled> {
    let claimed = decision::read(message);
    for _ in 0..3 {
        let device = devices::find(&app.database, device_id).await?;
        let device = device.ok_or_else(|| anyhow!("device {device_id} has vanished"))?;
        device.may_speak(app.clock.now()).map_err(NotSettled::Refused)?;
        let Some(claimed) = &claimed else {
            return Err(NotSettled::Refused(RefusalCode::InvalidRequest));
        };
        let request = requests::find(&app.database, &claimed.rid).await?;
        // Another phone's request is no different from none.
        let request = request.filter(|request| {
            request.challenge.is_some() && request.device_id.as_deref() == Some(device_id)
        });
        let Some(request) = request else {
            return Err(NotSettled::Refused(RefusalCode::UnknownRequest));
        };
        let bench = Bench {
            device: &device,
            request: &request,
            issuer: &app.issuer,
            body_digest,
            now: app.clock.now(),
        };
        let outcome = decision::judge(message, claimed, bench);
        let kept = keep(app, &outcome, claimed, bench).await?;
        if let Some(answer) = kept {
            match &outcome {
                Outcome::Repeat(_) => app.audit.record(refused("repeated", &device, &request)),
                Outcome::Refuse(code) => {
                    app.audit.record(refused(&word(*code), &device, &request));
                }
                // The others are in the trail with what they have changed.
                _ => {}
            }
            return answer.map_err(NotSettled::Refused);
        }
    }
    Err(NotSettled::Internal(anyhow!("three times the request moved in between")))
}

/// Keeps one outcome; nothing when the rows are no longer as they were read.
async fn keep(
    app: &App,
    outcome: &Outcome,
    decision: &Decision,
    bench: Bench<'_>,
) -> anyhow::Result<Option<Result<Decided, RefusalCode>>> {
    let Bench { device, .. } = bench;
    match outcome {
        Outcome::Repeat(decided) => Ok(Some(Ok(decided.clone()))),
        Outcome::Refuse(code) => Ok(Some(Err(*code))),
        Outcome::Approve => take(app, decision, bench, None).await,
        Outcome::Deny(reason) => take(app, decision, bench, Some(*reason)).await,
        Outcome::NumberWrong => {
            let Bench { request, body_digest, now, .. } = bench;
            let ended =
                requests::decided(request, RequestState::NumberWrong, body_digest, None, now)
                    .audited(refused("number_wrong", device, request));
            // The PIN was right and costs no try; what was wrong before stays
            // counted, for only a full success forgives (E10).
            let kept = app.database.all_or_nothing(vec![ended, devices::uncount(device)]).await?;
            app.wake.notify(&wake_key(&request.rid));
            Ok(kept.then_some(Err(RefusalCode::NumberWrong)))
        }
        Outcome::PinWrong => {
            let event = about(Kind::PinWrong, device, bench.request);
            let kept = guess::spend(app, device, bench.now, event).await?;
            let locked = pin_lock::locks(device.pin_failures);
            let code = if locked { RefusalCode::PinLocked } else { RefusalCode::PinWrong };
            Ok(kept.then_some(Err(code)))
        }
        Outcome::Suspend => {
            // E15: the owner will be told by mail where this event is now.
            app.audit.record(device.event(Kind::DeviceCloned).request(&decision.rid));
            let ended = end_device(app, &device.device_id, DeviceState::Suspended).await?;
            Ok(ended.then_some(Err(RefusalCode::DeviceSuspended)))
        }
    }
}

/// Yes or no was said as it must be: the counter moves in the same transaction.
async fn take(
    app: &App,
    decision: &Decision,
    bench: Bench<'_>,
    denial: Option<DenialReason>,
) -> anyhow::Result<Option<Result<Decided, RefusalCode>>> {
    let Bench { device, request, body_digest, now, .. } = bench;
    let next_chain = secret::random_token();
    let to = if denial.is_some() { RequestState::Denied } else { RequestState::Approved };
    let answer = Some((decision.ctr, next_chain.as_str()));
    let event = match denial {
        None => about(Kind::ApprovalAccepted, device, request).reason(word(request.start)),
        Some(reason) => refused(&format!("denied_{}", word(reason)), device, request),
    };
    let mut steps = vec![
        requests::decided(request, to, body_digest, answer, now).audited(event),
        devices::decided(device, &next_chain, &request.rid),
    ];
    match denial {
        None => steps.push(devices::forgive(device)),
        Some(DenialReason::Mistake) => {}
        Some(DenialReason::NotMe) => {
            let before = pushes::block_of(&app.database, &device.national_id, now).await?;
            steps.push(pushes::block(&device.national_id, Block::after(before, now)));
        }
    }
    if !app.database.all_or_nothing(steps).await? {
        return Ok(None);
    }
    app.wake.notify(&wake_key(&request.rid));
    app.wake.notify(&device_key(&device.device_id));
    Ok(Some(Ok(Decided { next_chain, ctr: decision.ctr })))
}

fn about(kind: Kind, device: &Device, request: &Request) -> Event {
    device.event(kind).request(&request.rid).client(&request.client_id)
}

fn refused(why: &str, device: &Device, request: &Request) -> Event {
    about(Kind::ApprovalRefused, device, request).reason(why)
}
