//! One request: who asks, from where, and the person's answer.

use openpsc_protocol::{
    ecps::{Challenge, Matching},
    level::Level,
};

use super::{
    Scene,
    frame::busy,
    pad::{boxes, dots, pad},
};
use crate::{
    event::Choice,
    markup::{Tag, button, tag},
    model::{Request, Step},
    texts::fill,
    update::locked_until,
};

/// An approval by possession and knowledge is worth this much.
const EARNED: Level = Level::Eidas2;

pub(super) fn request(scene: &Scene<'_>, request: &Request) -> (String, Tag) {
    let texts = scene.texts;
    let title = fill(texts.request_title, "client", &request.challenge.client.name);
    let mut main = tag("div").child(facts(scene, &request.challenge));
    if let Some(choice) = request.busy {
        let words = if choice == Choice::Approve { texts.approving } else { texts.denying };
        return (title, main.child(busy(words)));
    }
    let locked = locked_until(scene.model);
    main = match (request.step, locked) {
        (_, Some(until)) => {
            main.child(tag("p").class("notice bad").test_id("pin-locked").say(fill(
                texts.pin_locked_until,
                "time",
                scene.hour(until),
            )))
        }
        (Step::Number, None) => number(scene, main, request),
        (Step::Pin, None) => pin(scene, main, request),
    };
    (title, main.child(denial(scene)))
}

/// Only what the server signed.
fn facts(scene: &Scene<'_>, challenge: &Challenge) -> Tag {
    let texts = scene.texts;
    let mut from = texts.browser(challenge);
    if !challenge.origin.network.is_empty() {
        from = format!("{from} · {}", challenge.origin.network);
    }
    let mut facts = vec![(texts.fact_from, from)];
    facts.push((texts.fact_start, texts.start(challenge.start).to_owned()));
    if let Some(message) = &challenge.message {
        facts.insert(0, (texts.fact_message, message.clone()));
    }
    // What the approval earns, which is what the service will be told. What it
    // asked for at least may be less.
    facts.push((texts.fact_level, texts.level(EARNED).to_owned()));
    let left = (challenge.exp - scene.model.now).max(0);
    let whole = (challenge.exp - challenge.iat).max(1);
    tag("div")
        .class("facts")
        .child(tag("dl").children(facts.into_iter().map(|(name, value)| {
            tag("div").child(tag("dt").say(name)).child(tag("dd").say(value))
        })))
        .child(
            tag("div")
                .class(if left <= 20 { "time short" } else { "time" })
                .test_id("time-left")
                .child(
                    tag("progress")
                        .with("max", whole.to_string())
                        .with("value", left.to_string())
                        .with("aria-hidden", "true"),
                )
                .child(tag("span").say(texts.time_left(left))),
        )
}

fn number(scene: &Scene<'_>, main: Tag, request: &Request) -> Tag {
    main.child(ask(scene, request, scene.texts.number_lead))
        .child(boxes(scene.texts.number_label, &request.number))
        .child(pad(scene, true))
}

fn pin(scene: &Scene<'_>, mut main: Tag, request: &Request) -> Tag {
    let texts = scene.texts;
    let (typed, length) = (request.pin.len(), scene.model.pin_length());
    if request.challenge.matching == Matching::Typed2 {
        main = main.child(
            tag("p")
                .class("typed")
                .test_id("number-typed")
                .child(tag("span").say(fill(texts.number_typed, "n", &request.number)))
                .child(button("edit-number", texts.number_edit).class("quiet")),
        );
    }
    let progress = fill(&fill(texts.digits_typed, "n", typed), "of", length);
    let complete = typed == length;
    main.child(ask(scene, request, texts.request_pin_lead))
        .child(dots(texts.pin_label, progress, typed, length))
        .child(pad(scene, true))
        .child(
            button("submit", texts.approve)
                .class("primary wide")
                .test_id("approve")
                // Focusable while it waits for digits, so that it is found.
                .with("aria-disabled", if complete { "false" } else { "true" }),
        )
}

/// What to type; or what was wrong with it, in the same place, so that the pad
/// does not move under the thumb.
fn ask(scene: &Scene<'_>, request: &Request, words: &str) -> Tag {
    match &request.problem {
        None => tag("p").class("ask").say(words),
        Some(problem) => tag("p")
            .class("ask notice bad")
            .test_id("request-problem")
            .say(scene.texts.failure(problem)),
    }
}

/// One tap, two reasons, always in sight.
fn denial(scene: &Scene<'_>) -> Tag {
    let texts = scene.texts;
    tag("div")
        .class("denial")
        .with("role", "group")
        .with("aria-label", texts.deny_title)
        .child(refusal("deny:mistake", texts.deny_title, texts.deny_mistake, "secondary"))
        .child(refusal("deny:not-me", texts.deny_title, texts.deny_not_me, "danger"))
}

fn refusal(what: &'static str, title: &str, why: &str, class: &str) -> Tag {
    tag("button")
        .with("type", "button")
        .with("data-do", what)
        .test_id(what.replace(':', "-"))
        .class(class)
        .child(tag("b").say(title))
        .say(" ")
        .child(tag("span").say(why))
}
