//! How a request, an enrolment or an e-CPS ended, and where to go now.

use openpsc_protocol::ecps::Start;

use super::Scene;
use crate::{
    event::Choice,
    markup::{Tag, button, tag},
    model::Outcome,
    record::Ending,
    texts::fill,
};

pub(super) fn outcome(scene: &Scene<'_>, outcome: &Outcome) -> (String, Tag) {
    let texts = scene.texts;
    let (kind, title, lead) = match outcome {
        Outcome::Enrolled => ("good", texts.enrolled_title, texts.enrolled_lead.to_owned()),
        Outcome::Approved { client, start: Start::Link } => {
            ("good", texts.approved_title, fill(texts.approved_here, "client", client))
        }
        Outcome::Approved { client, .. } => {
            ("good", texts.approved_title, fill(texts.approved_other, "client", client))
        }
        Outcome::Denied(Choice::NotMe) => ("stop", texts.not_me_title, texts.not_me_lead.into()),
        Outcome::Denied(_) => ("stop", texts.mistake_title, texts.mistake_lead.into()),
        Outcome::NumberWrong => ("bad", texts.number_wrong_title, texts.number_wrong_lead.into()),
        Outcome::Expired => ("bad", texts.expired_title, texts.expired_lead.into()),
        Outcome::Over => ("bad", texts.over_title, texts.over_lead.into()),
        Outcome::PinLocked(until) => {
            ("bad", texts.locked_title, fill(texts.locked_lead, "time", scene.hour(*until)))
        }
    };
    let way_back = match outcome {
        Outcome::Approved { start: Start::Link, .. } => Some(texts.leave),
        Outcome::Enrolled if scene.model.enrolled_by_link => Some(texts.leave_to_portal),
        _ => None,
    };
    let onwards = match outcome {
        Outcome::Enrolled => texts.enrolled_go,
        _ if scene.model.live_requests().next().is_some() => texts.see_others,
        _ => texts.done,
    };
    let main = sign(kind)
        .child(tag("p").class("lead").test_id("outcome-lead").say(lead))
        .children(way_back.map(|words| button("leave", words).class("primary wide")))
        .child(
            button("home", onwards)
                .class(if way_back.is_some() { "secondary wide" } else { "primary wide" })
                .test_id("onwards"),
        );
    (title.into(), main)
}

pub(super) fn ended(scene: &Scene<'_>, ending: Ending) -> (String, Tag) {
    let (title, lead) = scene.texts.ending(ending);
    let kind = if ending == Ending::GivenUp { "stop" } else { "bad" };
    let main = sign(kind)
        .child(
            tag("p")
                .class("lead")
                .test_id("ended-lead")
                .with("data-ending", format!("{ending:?}"))
                .say(lead),
        )
        .child(button("enrol-again", scene.texts.enrol_again).class("primary wide"));
    (title.into(), main)
}

/// A large sign, drawn by the style sheet; the words say the same.
fn sign(kind: &str) -> Tag {
    tag("div")
        .child(tag("div").class(format!("sign {kind}")).with("aria-hidden", "true").test_id("sign"))
}
