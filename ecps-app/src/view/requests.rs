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
    let main = tag("div").add_all(notice(scene, told)).add_all(locked);
    let main = if requests.is_empty() {
        main.add(
            tag("div")
                .class("empty")
                .test_id("no-requests")
                .add(tag("div").class("calm").with("aria-hidden", "true"))
                .add(tag("p").class("strong").say(texts.home_none))
                .add(tag("p").say(texts.home_none_lead)),
        )
    } else {
        let count = match requests.len() {
            1 => texts.home_one.to_owned(),
            many => fill(texts.home_some, "n", many),
        };
        main.add(tag("p").class("lead").say(count)).add(
            tag("ul")
                .class("cards")
                .test_id("requests")
                .add_all(requests.into_iter().map(|request| tag("li").add(card(scene, request)))),
        )
    };
    let scan = button("scan", texts.scan_login).class("secondary wide");
    (texts.home_title.into(), main.add(scan))
}

/// The whole card is the button: a thumb in a hurry does not aim.
fn card(scene: &Scene<'_>, request: &Challenge) -> Tag {
    let texts = scene.texts;
    let mut from = texts.browser(request);
    if !request.origin.network.is_empty() {
        from = format!("{from} · {}", request.origin.network);
    }
    let level = request.acr.map(|level| {
        tag("span").class("card-level").say(format!(
            "{} : {}",
            texts.fact_level,
            texts.level(level)
        ))
    });
    tag("button")
        .with("type", "button")
        .with("data-do", format!("open:{}", request.rid))
        .with("data-rid", request.rid.clone())
        .test_id("request-card")
        .class("card")
        .add(tag("span").class("card-of").say(texts.request_of))
        .add(tag("span").class("card-client").say(request.client.name.clone()))
        .add(tag("span").class("card-from").say(from))
        .add_all(level)
        .add(tag("span").class("card-time").say(texts.time_left(request.exp - scene.model.now)))
        .add(tag("span").class("card-look").say(texts.request_look))
}

pub(super) fn history(scene: &Scene<'_>, entries: Option<&[HistoryEntry]>) -> (String, Tag) {
    let texts = scene.texts;
    let main = match entries {
        None => tag("div").add(busy(texts.history_loading)).add_all(
            scene.model.offline.then(|| button("retry", texts.retry).class("secondary wide")),
        ),
        Some([]) => tag("div").add(tag("p").class("lead").say(texts.history_none)),
        Some(entries) => tag("div").add(
            tag("ul")
                .class("rows")
                .test_id("history")
                .add_all(entries.iter().map(|entry| past(scene, entry))),
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
        .add(tag("span").class("row-client").say(entry.client_name.clone()))
        .add(tag("span").class(kind).say(scene.texts.state(entry.state)))
        .add(tag("span").class("row-time").say(scene.moment(entry.created_at)))
}
