//! "My phone": where it stands, a new PIN, giving it up, what it answered.

use openpsc_protocol::ecps::{DeviceState, DeviceStatus, HistoryEntry, RefusalCode};

use super::{end, ending, enrolment, requests};
use crate::{
    event::Effect,
    failure::Failure,
    model::{ChoosePin, ChooseStep, Model, Notice, Outcome, PinProblem, Screen},
    record::{Ending, Record, Stage},
};

/// How often the portal's confirmation is looked for, in milliseconds.
const UNTIL_CONFIRMED: u32 = 1500;
/// How long to wait before another try when there is no network.
const UNTIL_ONLINE: u32 = 4000;

pub(super) fn stood(
    model: &mut Model,
    answer: Result<(DeviceStatus, Record), Failure>,
) -> Vec<Effect> {
    let waiting = matches!(model.screen, Screen::CheckValue);
    match answer {
        Ok((status, record)) => {
            model.now = status.now;
            let ended = ending(status.state);
            let active = status.state == DeviceState::Active;
            let was_active = model.is_active();
            model.status = Some(status);
            model.record = Some(record);
            if let Some(ended) = ended {
                return end(model, ended);
            }
            if active && !was_active {
                model.screen = Screen::Outcome(Outcome::Enrolled);
                return vec![requests::watch(model)];
            }
            if waiting { vec![Effect::AskStatus(UNTIL_CONFIRMED)] } else { Vec::new() }
        }
        Err(failure) if enrolment::is_enrolling(model) && enrolment::is_over(&failure) => {
            enrolment::start_over(model, failure)
        }
        Err(failure) => match failure.ending() {
            Some(ended) => end(model, ended),
            None if waiting => vec![Effect::AskStatus(UNTIL_ONLINE)],
            None => Vec::new(),
        },
    }
}

pub(super) fn pin_changed(model: &mut Model, answer: Result<(), Failure>) -> Vec<Effect> {
    let Err(failure) = answer else {
        model.screen = Screen::Device(Some(Notice::PinChanged));
        return vec![Effect::AskStatus(0)];
    };
    if let Some(ended) = failure.ending() {
        return end(model, ended);
    }
    if matches!(failure.code(), Some(RefusalCode::PinWrong)) {
        let mut choosing = ChoosePin::at(ChooseStep::Old, None);
        choosing.problem = Some(PinProblem::Failed(failure));
        model.screen = Screen::ChoosePin(choosing);
    } else {
        model.screen = Screen::Device(Some(Notice::Failed(failure)));
    }
    vec![Effect::AskStatus(0)]
}

pub(super) fn give_up(model: &mut Model) -> Vec<Effect> {
    if !matches!(model.screen, Screen::GiveUp(_)) {
        return Vec::new();
    }
    model.screen = Screen::Working;
    vec![Effect::GiveUp]
}

pub(super) fn gave_up(model: &mut Model, answer: Result<DeviceState, Failure>) -> Vec<Effect> {
    match answer {
        Ok(_) => end(model, Ending::GivenUp),
        Err(failure) => match failure.ending() {
            Some(ended) => end(model, ended),
            None => {
                model.screen = Screen::GiveUp(Some(Notice::Failed(failure)));
                Vec::new()
            }
        },
    }
}

pub(super) fn remembered(
    model: &mut Model,
    answer: Result<Vec<HistoryEntry>, Failure>,
) -> Vec<Effect> {
    match answer {
        Ok(entries) => {
            if let Screen::History(shown) = &mut model.screen {
                *shown = Some(entries);
            }
        }
        Err(failure) => {
            if let Some(ended) = failure.ending() {
                return end(model, ended);
            }
        }
    }
    Vec::new()
}

/// Whether the PIN is locked now, and until when.
pub(crate) fn locked_until(model: &Model) -> Option<i64> {
    let until = model.status.as_ref()?.locked_until?;
    (until > model.now && matches!(model.record.as_ref()?.stage, Stage::Active)).then_some(until)
}
