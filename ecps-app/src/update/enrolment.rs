//! From a scanned code to a phone that may approve.

use openpsc_protocol::ecps::{RefusalCode, RotatingCode};

use crate::{
    event::Effect,
    failure::Failure,
    model::{ChoosePin, ChooseStep, Model, Notice, PinProblem, Screen},
    record::{Record, Stage},
};

/// A code of the portal was scanned or followed.
pub(super) fn begin(model: &mut Model, code: RotatingCode) -> Vec<Effect> {
    if model.surroundings.ios && !model.surroundings.installed {
        // What Safari keeps in a tab is neither lasting nor shared with the
        // installed app, so the code is better used there.
        model.screen = Screen::InstallFirst;
        return Vec::new();
    }
    if model.is_active() {
        model.screen = Screen::Replace(code);
        return Vec::new();
    }
    model.screen = Screen::Working;
    vec![Effect::Claim(code)]
}

/// The person replaces the e-CPS of this phone.
pub(super) fn replace(model: &mut Model) -> Vec<Effect> {
    let Screen::Replace(code) = &model.screen else { return Vec::new() };
    let code = code.clone();
    model.screen = Screen::Working;
    vec![Effect::Claim(code)]
}

pub(super) fn claimed(model: &mut Model, answer: Result<Record, Failure>) -> Vec<Effect> {
    match answer {
        Ok(record) => {
            model.record = Some(record);
            model.requests.clear();
            model.status = None;
            model.screen = Screen::ChoosePin(ChoosePin::first());
        }
        // The e-CPS that was there, if any, is untouched.
        Err(failure) if model.is_active() => {
            model.screen = Screen::Home(Some(Notice::Failed(failure)));
        }
        Err(failure) => model.screen = Screen::Welcome(Some(Notice::Failed(failure))),
    }
    Vec::new()
}

pub(super) fn pin_set(model: &mut Model, answer: Result<Record, Failure>) -> Vec<Effect> {
    match answer {
        Ok(record) => {
            model.record = Some(record);
            model.screen = Screen::CheckValue;
            vec![Effect::AskStatus(1000)]
        }
        Err(failure) if is_over(&failure) => start_over(model, failure),
        Err(failure) => {
            let mut choosing = ChoosePin::at(ChooseStep::New, None);
            choosing.problem = Some(PinProblem::Failed(failure));
            model.screen = Screen::ChoosePin(choosing);
            Vec::new()
        }
    }
}

/// An enrolment that ended before the phone was active leaves nothing behind.
pub(super) fn start_over(model: &mut Model, failure: Failure) -> Vec<Effect> {
    model.record = None;
    model.screen = Screen::Welcome(Some(Notice::Failed(failure)));
    Vec::new()
}

/// Whether a refusal means that this enrolment will never be finished.
pub(super) fn is_over(failure: &Failure) -> bool {
    failure.ending().is_some() || failure.code() == Some(RefusalCode::EnrolmentOver)
}

/// Whether this phone is still being enrolled.
pub(super) fn is_enrolling(model: &Model) -> bool {
    model
        .record
        .as_ref()
        .is_some_and(|record| matches!(record.stage, Stage::Claimed | Stage::PinSet { .. }))
}
