//! The requests: they come, are looked at, answered, and end.

use openpsc_protocol::ecps::{Challenge, RefusalCode, Start};

use super::{choosing, end, go, leave_screen, phone::locked_until};
use crate::{
    event::{Choice, Effect},
    failure::Failure,
    model::{Announcement, Model, Notice, Outcome, Request, Scanner, Screen, Step},
    pin::Pin,
};

/// How long to wait before another try when the last one failed, in
/// milliseconds.
const AFTER_FAILURE: u32 = 4000;
/// How long the server may hold a list that has not changed, in seconds.
const HELD: u32 = 25;

/// A new question, answered when the list has changed, or at once while
/// nothing is known yet; the answers to older ones are void.
pub(super) fn watch(model: &mut Model) -> Effect {
    let wait = if model.asked { HELD } else { 0 };
    question(model, wait, 0)
}

/// A new question, answered at once: to learn whether the server is there.
pub(super) fn look(model: &mut Model, after: u32) -> Effect {
    question(model, 0, after)
}

fn question(model: &mut Model, wait: u32, after: u32) -> Effect {
    model.watch += 1;
    let known = model.requests.iter().map(|request| request.rid.clone()).collect();
    Effect::Watch { watch: model.watch, known, wait, after }
}

pub(super) fn listed(
    model: &mut Model,
    question: u32,
    answer: Result<Vec<Challenge>, Failure>,
) -> Vec<Effect> {
    if question != model.watch || !model.is_active() {
        return Vec::new();
    }
    let requests = match answer {
        Ok(requests) => requests,
        Err(failure) => {
            return match failure.ending() {
                Some(ended) => end(model, ended),
                None => vec![look(model, AFTER_FAILURE)],
            };
        }
    };
    let is_new = |request: &Challenge| !model.requests.iter().any(|old| old.rid == request.rid);
    if requests.iter().any(is_new) {
        model.announcement = Some(Announcement::NewRequest);
    }
    model.requests = requests;
    model.asked = true;
    if let Screen::Request(open) = &mut model.screen {
        let present = model.requests.iter().any(|request| request.rid == open.challenge.rid);
        open.listed |= present;
        if open.listed && !present && open.busy.is_none() {
            model.screen = Screen::Outcome(Outcome::Over);
        }
    }
    vec![watch(model)]
}

/// Time is up for a request that nobody answered.
pub(super) fn ticked(model: &mut Model, now: i64) -> Vec<Effect> {
    model.now = now;
    if let Screen::Request(request) = &model.screen
        && request.busy.is_none()
        && request.challenge.exp <= now
    {
        model.screen = Screen::Outcome(Outcome::Expired);
    }
    Vec::new()
}

/// A login page was scanned, or its link followed on this phone.
pub(super) fn fetch(model: &mut Model, effect: Effect) -> Vec<Effect> {
    if model.record.is_none() {
        model.screen = Screen::Welcome(Some(Notice::NoEcpsHere));
        return Vec::new();
    }
    if !model.is_active() {
        return go(model, Screen::Home(None));
    }
    model.screen = Screen::Working;
    vec![effect]
}

pub(super) fn fetched(model: &mut Model, answer: Result<Challenge, Failure>) -> Vec<Effect> {
    match answer {
        Ok(challenge) => {
            model.screen = Screen::Request(Box::new(Request::new(challenge, false)));
            vec![watch(model)]
        }
        Err(failure) => match (failure.ending(), failure.code()) {
            (Some(ended), _) => end(model, ended),
            // A code that moved on is best scanned again at once.
            (None, Some(RefusalCode::CodeStale)) => {
                let notice = Some(Notice::Failed(failure));
                model.screen = Screen::Scanner(Scanner { problem: None, notice });
                vec![Effect::StartCamera]
            }
            (None, code) => {
                // A code of nobody's, or somebody else's: it never was ours.
                let known = code.filter(|code| *code != RefusalCode::UnknownRequest);
                model.screen = match known.and_then(outcome) {
                    Some(outcome) => Screen::Outcome(outcome),
                    None => Screen::Home(Some(Notice::Failed(failure))),
                };
                Vec::new()
            }
        },
    }
}

pub(super) fn open(model: &mut Model, rid: &str) -> Vec<Effect> {
    let Some(challenge) = model.requests.iter().find(|request| request.rid == rid).cloned() else {
        return Vec::new();
    };
    go(model, Screen::Request(Box::new(Request::new(challenge, true))))
}

pub(super) fn digit(model: &mut Model, digit: u8) -> Vec<Effect> {
    let length = model.pin_length();
    match &mut model.screen {
        Screen::ChoosePin(choosing) if !choosing.busy => {
            choosing.typed.push(digit, length);
            model.announcement = Some(Announcement::Digits(choosing.typed.len(), length));
            if choosing.typed.len() == length {
                return submit(model);
            }
        }
        Screen::Request(request) if request.busy.is_none() => match request.step {
            Step::Number if request.number.len() < 2 => {
                request.number.push(char::from(b'0' + digit % 10));
                model.announcement = Some(Announcement::Digits(request.number.len(), 2));
                if request.number.len() == 2 {
                    request.step = Step::Pin;
                }
            }
            Step::Number => {}
            Step::Pin => {
                request.problem = None;
                request.pin.push(digit, length);
                model.announcement = Some(Announcement::Digits(request.pin.len(), length));
            }
        },
        _ => {}
    }
    Vec::new()
}

pub(super) fn erase(model: &mut Model) -> Vec<Effect> {
    match &mut model.screen {
        Screen::ChoosePin(choosing) if !choosing.busy => choosing.typed.erase(),
        Screen::Request(request) if request.busy.is_none() => match request.step {
            Step::Number => {
                request.number.pop();
            }
            Step::Pin => request.pin.erase(),
        },
        _ => {}
    }
    Vec::new()
}

pub(super) fn edit_number(model: &mut Model) -> Vec<Effect> {
    if let Screen::Request(request) = &mut model.screen
        && request.busy.is_none()
    {
        request.number.clear();
        request.pin.clear();
        request.step = Step::Number;
    }
    Vec::new()
}

/// The button below the pad.
pub(super) fn submit(model: &mut Model) -> Vec<Effect> {
    if let Screen::ChoosePin(choosing) = &model.screen {
        let (choosing, effects) = choosing::submit(model, choosing.clone());
        model.screen = Screen::ChoosePin(choosing);
        return effects;
    }
    let (length, locked) = (model.pin_length(), locked_until(model).is_some());
    let Screen::Request(request) = &mut model.screen else { return Vec::new() };
    if request.step == Step::Number
        || request.busy.is_some()
        || request.pin.len() != length
        || locked
    {
        return Vec::new();
    }
    request.busy = Some(Choice::Approve);
    request.problem = None;
    vec![Effect::Decide {
        rid: request.challenge.rid.clone(),
        choice: Choice::Approve,
        number: Some(request.number.clone()).filter(|number| !number.is_empty()),
        pin: std::mem::take(&mut request.pin),
    }]
}

/// No is one tap, and needs no PIN.
pub(super) fn deny(model: &mut Model, choice: Choice) -> Vec<Effect> {
    let Screen::Request(request) = &mut model.screen else { return Vec::new() };
    if request.busy.is_some() || choice == Choice::Approve {
        return Vec::new();
    }
    request.busy = Some(choice);
    request.problem = None;
    request.pin.clear();
    let rid = request.challenge.rid.clone();
    vec![Effect::Decide { rid, choice, number: None, pin: Pin::default() }]
}

pub(super) fn decided(
    model: &mut Model,
    rid: &str,
    choice: Choice,
    answer: Result<(), Failure>,
) -> Vec<Effect> {
    let is_open = matches!(&model.screen, Screen::Request(request) if request.challenge.rid == rid);
    let failure = match answer {
        Ok(()) => {
            model.requests.retain(|request| request.rid != rid);
            // Tries are counted anew after a success.
            let mut effects = vec![watch(model), Effect::AskStatus(0)];
            if let Screen::Request(request) = &model.screen
                && is_open
            {
                let (client, start) =
                    (request.challenge.client.name.clone(), request.challenge.start);
                if choice == Choice::Approve && start == Start::Link && model.opened_by_link {
                    effects.push(Effect::CloseSoon);
                }
                model.screen = Screen::Outcome(match choice {
                    Choice::Approve => Outcome::Approved { client, start },
                    denied => Outcome::Denied(denied),
                });
            }
            return effects;
        }
        Err(failure) => failure,
    };
    if let Some(ended) = failure.ending() {
        return end(model, ended);
    }
    let mut effects = leave_screen(model);
    if let Screen::Request(request) = &mut model.screen
        && is_open
    {
        request.busy = None;
        request.pin.clear();
        let ended = match &failure {
            Failure::Refused(refused) if refused.error == RefusalCode::PinLocked => {
                refused.locked_until.map(Outcome::PinLocked)
            }
            other => other.code().and_then(outcome),
        };
        match ended {
            Some(outcome) => {
                model.screen = Screen::Outcome(outcome);
                model.requests.retain(|request| request.rid != rid);
                effects.push(watch(model));
            }
            None => {
                request.problem = Some(failure.clone());
                model.announcement = Some(Announcement::Problem);
            }
        }
    }
    if failure.code().is_some() {
        effects.push(Effect::AskStatus(0));
    }
    effects
}

/// Which refusals end a request.
fn outcome(code: RefusalCode) -> Option<Outcome> {
    match code {
        RefusalCode::NumberWrong => Some(Outcome::NumberWrong),
        RefusalCode::RequestExpired => Some(Outcome::Expired),
        RefusalCode::RequestOver | RefusalCode::UnknownRequest => Some(Outcome::Over),
        _ => None,
    }
}
