//! The app in a browser: events in, effects out, the page brought up to date.
//!
//! `page` writes the page and `listeners` hear it; `phone` speaks to the
//! provider through `calls`, with the keys of `keys` that `vault` keeps.

mod calls;
mod camera;
mod clock;
mod keys;
mod listeners;
mod page;
mod phone;
mod surroundings;
mod turn;
mod vault;

use std::cell::RefCell;

use openpsc_protocol::ecps::AppLink;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;

use crate::{
    event::{Effect, Event},
    model::{Announcement, Model},
    update::update,
    view,
};

thread_local! {
    /// The one model of this page. Never borrowed across an `await`.
    static MODEL: RefCell<Option<Model>> = const { RefCell::new(None) };
}

/// Starts the app. `fragment` is what stood behind `#`; the caller has taken
/// it out of the address bar already.
#[wasm_bindgen]
pub fn start(fragment: String) {
    let link = AppLink::parse(&fragment);
    let model = Model::new(surroundings::language(), surroundings::read(), clock::now());
    MODEL.set(Some(model));
    listeners::listen();
    show();
    spawn_local(async move {
        // A browser that cannot read its own storage starts as an empty one;
        // the first enrolment then says what is wrong.
        let record = vault::record().await.ok().flatten();
        dispatch(Event::Started { record, link });
    });
}

/// Takes an event in, does what follows, and shows the result.
fn dispatch(event: Event) {
    let effects = MODEL.with_borrow_mut(|model| {
        model.as_mut().map(|model| update(model, event)).unwrap_or_default()
    });
    show();
    for effect in effects {
        perform(effect);
    }
}

fn show() {
    MODEL.with_borrow_mut(|model| {
        let Some(model) = model else { return };
        let page = view::page(model, surroundings::dates());
        let moved = page::show(&page, model.screen.name(), model.language.tag());
        match view::announcement(model) {
            // The digits of a screen that is gone are nobody's any more.
            Some(_) if moved && matches!(model.announcement, Some(Announcement::Digits(..))) => {
                page::announce("");
            }
            Some(words) => page::announce(&words),
            None if moved => page::announce(""),
            None => {}
        }
        model.announcement = None;
    });
}

fn perform(effect: Effect) {
    match effect {
        Effect::StartCamera => return camera::start(),
        Effect::StopCamera => return camera::stop(),
        Effect::KeepLanguage(language) => return surroundings::keep_language(language),
        Effect::Leave => return page::leave(),
        _ => {}
    }
    spawn_local(async move {
        if let Some(event) = answer(effect).await {
            dispatch(event);
        }
    });
}

/// What the server, or the vault, has to say.
async fn answer(effect: Effect) -> Option<Event> {
    Some(match effect {
        Effect::Claim(code) => Event::Claimed(phone::claim(code).await),
        Effect::SetPin(pin) => Event::PinSet(phone::set_pin(pin).await),
        Effect::AskStatus(after) => {
            clock::pass(after).await;
            Event::Stood(phone::status().await)
        }
        Effect::Watch { watch, known, wait, after } => {
            clock::pass(after).await;
            Event::Listed { watch, answer: phone::requests(known, wait).await }
        }
        Effect::Scan(code) => Event::Fetched(phone::scan(code).await),
        Effect::Open(link) => Event::Fetched(phone::open(link).await),
        Effect::Decide { rid, choice, number, pin } => {
            let answer = phone::decide(&rid, choice, number, pin).await;
            Event::Decided { rid, choice, answer }
        }
        Effect::ChangePin { old, new } => Event::PinChanged(phone::change_pin(old, new).await),
        Effect::GiveUp => Event::GaveUp(phone::give_up().await),
        Effect::Remember => Event::Remembered(phone::history().await),
        Effect::CloseSoon => {
            clock::pass(1_200).await;
            page::close();
            return None;
        }
        Effect::Keep(record) => {
            // The server knows as well; a failure shows at the next call.
            vault::keep(&record).await.ok();
            return None;
        }
        Effect::StartCamera | Effect::StopCamera | Effect::KeepLanguage(_) | Effect::Leave => {
            return None;
        }
    })
}
