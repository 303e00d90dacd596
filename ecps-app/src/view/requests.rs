//! The list of requests, and those of the past.

use openpsc_protocol::ecps::{Challenge, HistoryEntry, RequestState};

use super::{
    Scene,
    frame::{busy, notice},
};
use crate::{
    markup::{Tag, button, tag},
    model::Notice,
    texts::fill,
    update::locked_until,
};

pub(super) fn home(scene: &Scene<'_>, told: Option<&Notice>) -> (String, Tag) {
    let texts = scene.texts;
    let requests: Vec<&Challenge> = scene.model.live_requests().collect();
    let locked = locked_until(scene.model).map(|until| {
        tag("p").class("notice bad").test_id("pin-locked").say(fill(
            texts.pin_locked_until,
            "time",
            scene.hour(until),
        ))
    });
    let main = tag("div").children(notice(scene, told)).children(locked);
    let main = if requests.is_empty() && scene.model.offline {
        main.child(
            tag("div")
                .class("empty")
                .test_id("requests-unknown")
                .child(tag("p").class("strong").say(texts.home_unknown))
                .child(tag("p").say(texts.home_unknown_lead)),
        )
    } else if requests.is_empty() && !scene.model.asked {
        main.child(busy(texts.working))
    } else if requests.is_empty() {
        main.child(
            tag("div")
                .class("empty")
                .test_id("no-requests")
                .child(tag("div").class("calm").with("aria-hidden", "true"))
                .child(tag("p").class("strong").say(texts.home_none))
                .child(tag("p").say(texts.home_none_lead)),
        )
    } else {
        let count = match requests.len() {
            1 => texts.home_one.to_owned(),
            many => fill(texts.home_some, "n", many),
        };
        main.child(tag("p").class("lead").say(count)).child(
            tag("ul").class("cards").test_id("requests").children(
                requests.into_iter().map(|request| tag("li").child(card(scene, request))),
            ),
        )
    };
    let scan = button("scan", texts.scan_login).class("secondary wide");
    (texts.home_title.into(), main.child(scan))
}

/// The whole card is the button: a thumb in a hurry does not aim.
fn card(scene: &Scene<'_>, request: &Challenge) -> Tag {
    let texts = scene.texts;
    let mut from = texts.browser(request);
    if !request.origin.network.is_empty() {
        from = format!("{from} · {}", request.origin.network);
    }
    tag("button")
        .with("type", "button")
        .with("data-do", format!("open:{}", request.rid))
        .with("data-rid", request.rid.clone())
        .test_id("request-card")
        .class("card")
        .child(tag("span").class("card-of").say(texts.request_of))
        .child(tag("span").class("card-client").say(request.client.name.clone()))
        .child(tag("span").class("card-from").say(from))
        .child(tag("span").class("card-time").say(texts.time_left(request.exp - scene.model.now)))
        .child(tag("span").class("card-look").say(texts.request_look))
}

pub(super) fn history(scene: &Scene<'_>, entries: Option<&[HistoryEntry]>) -> (String, Tag) {
    let texts = scene.texts;
    let main = match entries {
        None => tag("div").child(busy(texts.history_loading)).children(
            scene.model.offline.then(|| button("retry", texts.retry).class("secondary wide")),
        ),
        Some([]) => tag("div").child(tag("p").class("lead").say(texts.history_none)),
        Some(entries) => tag("div").child(
            tag("ul")
                .class("rows")
                .test_id("history")
                .children(entries.iter().map(|entry| past(scene, entry))),
        ),
    };
    (texts.history_title.into(), main)
}

fn past(scene: &Scene<'_>, entry: &HistoryEntry) -> Tag {
    let good = matches!(entry.state, RequestState::Approved | RequestState::Consumed);
    let bad = matches!(entry.state, RequestState::Denied | RequestState::NumberWrong);
    let kind = if good {
        "state good"
    } else if bad {
        "state bad"
    } else {
        "state"
    };
    tag("li")
        .child(tag("span").class("row-client").say(entry.client_name.clone()))
        .child(tag("span").class(kind).say(scene.texts.state(entry.state)))
        .child(tag("span").class("row-time").say(scene.moment(entry.created_at)))
}
