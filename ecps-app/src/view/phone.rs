//! "My phone".

use super::{Scene, frame::notice};
use crate::{
    markup::{Tag, button, tag},
    model::Notice,
    texts::fill,
    update::locked_until,
};

pub(super) fn device(scene: &Scene<'_>, told: Option<&Notice>) -> (String, Tag) {
    let texts = scene.texts;
    let mut facts = Vec::new();
    if let Some(record) = &scene.model.record {
        let person = &record.person;
        facts.push((texts.device_of, format!("{} {}", person.given_name, person.family_name)));
        facts.push((texts.device_id_number, person.national_id.clone()));
    }
    if let Some(status) = &scene.model.status {
        facts.push((texts.device_name, status.label.clone()));
        facts.push((texts.device_since, scene.day(status.created_at)));
        facts.push((texts.device_until, scene.day(status.expires_at)));
        let pin = match locked_until(scene.model) {
            Some(until) => fill(texts.device_pin_locked, "time", scene.hour(until)),
            None => fill(texts.device_tries, "n", status.tries_left),
        };
        facts.push((texts.device_pin, pin));
    }
    let main = tag("div")
        .children(notice(scene, told))
        .child(tag("dl").class("about").test_id("device-facts").children(facts.into_iter().map(
            |(name, value)| tag("div").child(tag("dt").say(name)).child(tag("dd").say(value)),
        )))
        .child(button("change-pin", texts.change_pin).class("secondary wide"))
        .child(button("ask-give-up", texts.give_up).class("danger quiet-danger wide"))
        .child(tag("p").class("small").say(texts.device_honest));
    (texts.device_title.into(), main)
}

pub(super) fn give_up(scene: &Scene<'_>, told: Option<&Notice>) -> (String, Tag) {
    let texts = scene.texts;
    let main = tag("div")
        .children(notice(scene, told))
        .child(tag("p").class("lead").say(texts.give_up_lead))
        .child(button("give-up", texts.give_up_yes).class("danger wide"))
        .child(button("device", texts.give_up_no).class("secondary wide").test_id("keep"));
    (texts.give_up_title.into(), main)
}
