//! A PIN being chosen: typed, judged, repeated.

use openpsc_ecps_keys::weak_pin;

use crate::{
    event::Effect,
    model::{Announcement, ChoosePin, ChooseStep, Model, PinProblem},
};

/// The pad's last digit came, or the person pressed the button.
pub(super) fn submit(model: &mut Model, mut choosing: ChoosePin) -> (ChoosePin, Vec<Effect>) {
    let length = model.pin_length();
    if choosing.busy || choosing.typed.len() != length {
        return (choosing, Vec::new());
    }
    let forbidden =
        model.record.as_ref().map_or(&[] as &[String], |record| &record.forbidden_in_pin);
    let typed = std::mem::take(&mut choosing.typed);
    choosing.problem = None;

    match choosing.step {
        ChooseStep::Old => {
            choosing.old = Some(typed);
            choosing.step = ChooseStep::New;
        }
        ChooseStep::New => {
            if let Some(weakness) = weak_pin(typed.digits(), length, forbidden) {
                choosing.problem = Some(PinProblem::Weak(weakness));
            } else if choosing.old.as_ref() == Some(&typed) {
                choosing.problem = Some(PinProblem::Same);
            } else {
                choosing.new = typed;
                choosing.step = ChooseStep::Again;
            }
        }
        ChooseStep::Again if typed != choosing.new => {
            choosing.problem = Some(PinProblem::Different);
            choosing.new.clear();
            choosing.step = ChooseStep::New;
        }
        ChooseStep::Again => {
            choosing.new.clear();
            choosing.busy = true;
            let effect = match choosing.old.take() {
                Some(old) => Effect::ChangePin { old, new: typed },
                None => Effect::SetPin(typed),
            };
            return (choosing, vec![effect]);
        }
    }
    if choosing.problem.is_some() {
        model.announcement = Some(Announcement::Problem);
    }
    (choosing, Vec::new())
}
