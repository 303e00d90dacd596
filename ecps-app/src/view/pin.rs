//! Choosing a PIN.

use super::{
    Scene,
    frame::busy,
    pad::{dots, pad},
};
use crate::{
    markup::{Tag, button, tag},
    model::{ChoosePin, ChooseStep},
    texts::fill,
};

pub(super) fn choose(scene: &Scene<'_>, choosing: &ChoosePin) -> (String, Tag) {
    let texts = scene.texts;
    let length = scene.model.pin_length();
    let (title, lead) = match choosing.step {
        ChooseStep::Old => (texts.old_pin_title, texts.old_pin_lead.to_owned()),
        ChooseStep::New => (texts.new_pin_title, fill(texts.new_pin_lead, "n", length)),
        ChooseStep::Again => (texts.again_pin_title, texts.again_pin_lead.to_owned()),
    };
    let typed = choosing.typed.len();
    let progress = fill(&fill(texts.digits_typed, "n", typed), "of", length);
    let problem = choosing.problem.as_ref().map(|problem| {
        tag("p").class("notice bad").test_id("pin-problem").say(texts.pin_problem(problem, length))
    });

    let mut main = tag("div")
        .child(tag("p").class("lead").say(lead))
        .children(problem)
        .child(dots(texts.pin_label, progress, typed, length));
    main = if choosing.busy {
        main.child(busy(texts.pin_setting))
    } else {
        main.child(pad(scene, true))
    };
    // A change can be left; a first PIN cannot be done without.
    if scene.model.is_active() && !choosing.busy {
        main = main.child(button("device", texts.cancel).class("quiet wide").test_id("cancel"));
    }
    (title.into(), main)
}
