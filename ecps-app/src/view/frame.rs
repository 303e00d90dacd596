//! What stands around every screen: the name above, the ways below.

use super::{Page, Scene};
use crate::{
    markup::{Tag, button, tag},
    model::{Notice, Screen},
    texts::Language,
};

pub(super) fn around(scene: &Scene<'_>, title: String, main: Tag) -> Page {
    let window_title = format!("{title} – {}", scene.texts.app_name);
    let mut content = vec![header(scene)];
    content.push(
        tag("p")
            .class("offline")
            .with("role", "status")
            .test_id("offline")
            .with_if(!scene.model.offline, "hidden", "")
            .say(if scene.model.offline { scene.texts.offline } else { "" }),
    );
    let name = scene.model.screen.name();
    let heading = tag("h1").with("id", "title").with("tabindex", "-1").say(title);
    let mut body = tag("main")
        .with("id", "screen")
        .with("data-screen", name)
        .test_id(format!("screen-{name}"))
        .class(name)
        .with("aria-labelledby", "title")
        .child(heading);
    body.content.extend(main.content);
    content.push(body);
    if has_ways(scene) {
        content.push(ways(scene));
    }
    Page { title: window_title, content }
}

fn header(scene: &Scene<'_>) -> Tag {
    let other = match scene.model.language {
        Language::French => Language::English,
        Language::English => Language::French,
    };
    let switch = button(format!("speak:{}", other.tag()), scene.texts.other_language)
        .with("lang", other.tag())
        .class("quiet")
        .test_id("language");
    let person = scene.model.record.as_ref().map(|record| {
        let person = &record.person;
        tag("span")
            .class("person")
            .test_id("person")
            .say(format!("{} {}", person.given_name, person.family_name))
    });
    tag("header")
        .child(tag("span").class("brand").say(scene.texts.app_name))
        .children(person)
        .child(switch)
}

/// Only an active phone has somewhere else to go, and only when nothing is
/// being typed: a thumb must not leave a request by accident.
fn has_ways(scene: &Scene<'_>) -> bool {
    scene.model.is_active()
        && matches!(
            scene.model.screen,
            Screen::Home(_) | Screen::History(_) | Screen::Device(_) | Screen::Scanner(_)
        )
}

fn ways(scene: &Scene<'_>) -> Tag {
    let way = |what: &'static str, words: &'static str, here: bool| {
        button(what, words).class("way").test_id(format!("nav-{what}")).with_if(
            here,
            "aria-current",
            "page",
        )
    };
    let screen = &scene.model.screen;
    tag("nav")
        .with("aria-label", scene.texts.app_name)
        .child(way("home", scene.texts.home, matches!(screen, Screen::Home(_))))
        .child(way("history", scene.texts.history, matches!(screen, Screen::History(_))))
        .child(way("device", scene.texts.device, matches!(screen, Screen::Device(_))))
}

/// A box above a screen's content.
pub(super) fn notice(scene: &Scene<'_>, notice: Option<&Notice>) -> Option<Tag> {
    let notice = notice?;
    let kind = if *notice == Notice::PinChanged { "notice good" } else { "notice bad" };
    Some(
        tag("p")
            .class(kind)
            .with("role", "alert")
            .test_id("notice")
            .say(scene.texts.notice(notice)),
    )
}

/// The same where a person may be typing: its place is kept, so that what
/// stands below it, and what was typed there, stays.
pub(super) fn notice_place(scene: &Scene<'_>, told: Option<&Notice>) -> Tag {
    notice(scene, told).unwrap_or_else(|| tag("p").with("hidden", "").test_id("no-notice"))
}

/// A line that says that something is going on.
pub(super) fn busy(words: &str) -> Tag {
    tag("p").class("busy").with("role", "status").test_id("busy").say(words)
}
