//! Before this phone may approve.

use super::{
    Scene,
    frame::{busy, notice_place},
    scanner::paste,
};
use crate::{
    markup::{Tag, button, tag},
    model::Notice,
    record::Stage,
    texts::fill,
};

pub(super) fn starting(scene: &Scene<'_>) -> (String, Tag) {
    (scene.texts.app_name.into(), tag("div").child(busy(scene.texts.loading)))
}

pub(super) fn working(scene: &Scene<'_>) -> (String, Tag) {
    (scene.texts.working.into(), tag("div").child(tag("div").class("spinner")))
}

pub(super) fn welcome(scene: &Scene<'_>, told: Option<&Notice>) -> (String, Tag) {
    let texts = scene.texts;
    let steps = [texts.welcome_step_portal, texts.welcome_step_scan, texts.welcome_step_pin];
    let main = tag("div")
        .child(tag("p").class("lead").say(texts.welcome_lead))
        .child(notice_place(scene, told))
        .child(tag("ol").class("steps").children(steps.map(|step| tag("li").say(step))))
        .child(button("scan", texts.scan_portal).class("primary wide"))
        .child(paste(scene));
    (texts.welcome_title.into(), main)
}

pub(super) fn install_first(scene: &Scene<'_>) -> (String, Tag) {
    let texts = scene.texts;
    let steps = [texts.install_step_share, texts.install_step_add, texts.install_step_open];
    let main = tag("div")
        .child(tag("p").class("lead").say(texts.install_lead))
        .child(tag("ol").class("steps").children(steps.map(|step| tag("li").say(step))))
        .child(tag("p").class("small").say(texts.install_why));
    (texts.install_title.into(), main)
}

pub(super) fn replace(scene: &Scene<'_>) -> (String, Tag) {
    let texts = scene.texts;
    let person = scene.model.record.as_ref().map_or_else(String::new, |record| {
        format!("{} {}", record.person.given_name, record.person.family_name)
    });
    let main = tag("div")
        .child(tag("p").class("lead").say(fill(texts.replace_lead, "person", person)))
        .child(button("replace", texts.replace_yes).class("danger wide"))
        .child(button("home", texts.replace_no).class("secondary wide").test_id("keep"));
    (texts.replace_title.into(), main)
}

pub(super) fn check_value(scene: &Scene<'_>) -> (String, Tag) {
    let texts = scene.texts;
    let value = match scene.model.record.as_ref().map(|record| &record.stage) {
        Some(Stage::PinSet { check_value }) => check_value.as_str(),
        _ => "",
    };
    // Two groups of three are read, and read out, more easily than six.
    let (first, last) = value.split_at_checked(3).unwrap_or((value, ""));
    let main = tag("div")
        .child(tag("p").class("lead").say(texts.check_lead))
        .child(
            tag("p")
                .class("check-number")
                .test_id("check-value")
                .with("data-value", value)
                .child(tag("span").say(first))
                .child(tag("span").say(last)),
        )
        .child(busy(if scene.model.enrolled_by_link {
            texts.check_wait_here
        } else {
            texts.check_wait
        }))
        .child(tag("p").class("notice plain").say(texts.check_other));
    (texts.check_title.into(), main)
}
