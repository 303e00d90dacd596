//! A guess of a PIN: counted before it is answered, spent by one signature.

use anyhow::anyhow;
use openpsc_protocol::ecps::DeviceState;

use super::{
    device::{Device, EvaluatedFor},
    pin_lock::{self, LAST, Standing},
    portal::device_key,
    store::{devices, requests},
    waiting::wake_key,
    words::word,
};
use crate::{
    app::App,
    audit::{Event, Kind},
    clock::UnixTime,
    spent,
};

/// The kind of one-time value that names an evaluation.
pub(super) const JTI: &str = "ecps oprf";

/// How long a spent `jti` is remembered: far longer than any request.
pub(super) const JTI_LIFETIME: i64 = 24 * 60 * 60;

/// What became of a guess.
pub(super) enum Counted {
    /// It is counted; so many may be wrong before the next lock.
    Yes { tries_left: u32 },
    /// The PIN may not be tried now.
    Locked,
    /// This signed call was evaluated before.
    Replayed,
}

/// Counts a guess, unless the PIN is locked. Nothing may be evaluated before
/// this has answered.
pub(super) async fn count(
    app: &App,
    device_id: &str,
    jti: &str,
    what: &EvaluatedFor,
) -> anyhow::Result<Counted> {
    // Another guess of the same phone may come between reading and writing.
    for _ in 0..3 {
        let now = app.clock.now();
        let device = devices::find(&app.database, device_id).await?;
        let device = device.ok_or_else(|| anyhow!("device {device_id} has vanished"))?;
        let open = matches!(device.pin_standing(now), Standing::Open { .. });
        if !open || device.state_at(now) != DeviceState::Active {
            return Ok(Counted::Locked);
        }
        let failures = device.pin_failures + 1;
        let locked_until = pin_lock::lock_after(failures, now);
        let oprf_next = device.oprf_next + i64::from(*what == EvaluatedFor::ChangeOld);
        let steps = vec![
            spent::take(JTI, &format!("{device_id} {jti}"), now + JTI_LIFETIME),
            devices::count_guess(&device, locked_until, what, oprf_next, now)
                .audited(device.event(Kind::PinTried).count(i64::from(failures))),
        ];
        if app.database.all_or_nothing(steps).await? {
            return Ok(Counted::Yes { tries_left: pin_lock::tries_left(failures) });
        }
        if spent::is_taken(&app.database, JTI, &format!("{device_id} {jti}")).await? {
            return Ok(Counted::Replayed);
        }
    }
    Err(anyhow!("three times another guess came in between"))
}

/// A guess did not lead to a success: it stays counted, and on a step of the
/// ladder the phone locks and what it was asked is over. `false` when the phone
/// is no longer as it was read.
pub(super) async fn spend(
    app: &App,
    device: &Device,
    now: UnixTime,
    event: Event,
) -> anyhow::Result<bool> {
    let failures = device.pin_failures;
    let locks = pin_lock::locks(failures);
    let state = if failures >= LAST { DeviceState::PinLocked } else { DeviceState::Active };
    let locked_until = pin_lock::lock_after(failures, now);
    let (mut woken, mut steps) = (Vec::new(), Vec::new());
    if locks {
        woken = requests::rids_of_device(&app.database, &device.device_id).await?;
        steps.push(requests::cancelled_of_device(&device.device_id));
    }
    let spent = devices::spend_evaluation(device, locked_until, state, now).audited(event);
    let locked = device.event(Kind::PinLocked).reason(word(state)).count(i64::from(failures));
    // E15: the owner will be told by mail where this event is now.
    steps.push(if locks { spent.audited(locked) } else { spent });
    let kept = app.database.all_or_nothing(steps).await?;
    if kept && locks {
        woken.iter().for_each(|rid| app.wake.notify(&wake_key(rid)));
        app.wake.notify(&device_key(&device.device_id));
    }
    Ok(kept)
}
