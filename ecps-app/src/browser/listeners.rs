//! Hears the page, the keyboard, the address bar, the network and the clock.

use gloo::{
    events::{EventListener, EventListenerOptions},
    timers::callback::Interval,
    utils::{document, window},
};
use openpsc_protocol::ecps::AppLink;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    ClipboardEvent, Element, Event as DomEvent, EventTarget, HtmlElement, KeyboardEvent,
};

use super::{MODEL, clock, dispatch};
use crate::{
    event::{Action, Event},
    model::Screen,
};

/// Once, for the life of the page.
pub(super) fn listen() {
    on(&document(), "click", clicked);
    on(&document(), "submit", pasted_link);
    on(&document(), "keydown", key_pressed);
    on(&document(), "paste", pasted_digits);
    on(&document(), "visibilitychange", |_| {
        if !document().hidden() {
            dispatch(Event::Woke);
        }
    });
    on(&window(), "pageshow", |_| dispatch(Event::Woke));
    on(&window(), "online", |_| dispatch(Event::Woke));
    on(&window(), "offline", |_| dispatch(Event::NetworkLost));
    on(&window(), "hashchange", |_| link_followed());
    on(&window(), "popstate", |_| {
        // Following a link is a change of history as well, but not a way back.
        if fragment().is_empty() {
            dispatch(Event::WentBack);
        }
    });
    Interval::new(1000, || dispatch(Event::Ticked(clock::now()))).forget();
}

fn on(target: &EventTarget, name: &'static str, heard: impl Fn(&DomEvent) + 'static) {
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(target, name, options, move |event| heard(event)).forget();
}

/// Every button says with `data-do` what it does.
fn clicked(event: &DomEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let button = target.and_then(|target| target.closest("[data-do]").ok().flatten());
    let action = button
        .filter(|button| button.get_attribute("aria-disabled").as_deref() != Some("true"))
        .and_then(|button| button.get_attribute("data-do"))
        .and_then(|what| Action::parse(&what));
    if let Some(action) = action {
        dispatch(Event::Did(action));
    }
}

/// The only form: a link instead of a scan.
fn pasted_link(event: &DomEvent) {
    event.prevent_default();
    let field = document().get_element_by_id("link");
    let text = field
        .and_then(|field| js_sys::Reflect::get(&field, &"value".into()).ok())
        .and_then(|value| value.as_string());
    dispatch(Event::Did(Action::Paste(text.unwrap_or_default())));
}

/// The pad by keyboard.
fn key_pressed(event: &DomEvent) {
    let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
    if key.ctrl_key() || key.meta_key() || key.alt_key() || !has_pad() {
        return;
    }
    let action = match key.key().as_str() {
        "Backspace" => Action::Erase,
        // On a button, Enter presses that button.
        "Enter" if !is_on_a_button() => Action::Submit,
        digit => match digit.parse() {
            Ok(digit @ 0..=9) => Action::Digit(digit),
            _ => return,
        },
    };
    event.prevent_default();
    dispatch(Event::Did(action));
}

/// A password manager's digits, or anyone's (WCAG 2.2, 3.3.8).
fn pasted_digits(event: &DomEvent) {
    if !has_pad() {
        return;
    }
    let text = event
        .dyn_ref::<ClipboardEvent>()
        .and_then(ClipboardEvent::clipboard_data)
        .and_then(|data| data.get_data("text").ok());
    event.prevent_default();
    for digit in text.unwrap_or_default().chars().filter_map(|digit| digit.to_digit(10)).take(12) {
        dispatch(Event::Did(Action::Digit(u8::try_from(digit).unwrap_or_default())));
    }
}

/// A link was opened while the app was open. What it carries leaves the
/// address bar at once.
fn link_followed() {
    let fragment = fragment();
    if fragment.is_empty() {
        return;
    }
    let here = window().location().pathname().unwrap_or_else(|_| "/".into());
    if let Ok(history) = window().history() {
        history.replace_state_with_url(&JsValue::NULL, "", Some(&here)).ok();
    }
    dispatch(AppLink::parse(&fragment).map_or(Event::NotALink, Event::Linked));
}

fn fragment() -> String {
    window().location().hash().unwrap_or_default()
}

fn has_pad() -> bool {
    MODEL.with_borrow(|model| {
        model
            .as_ref()
            .is_some_and(|model| matches!(model.screen, Screen::ChoosePin(_) | Screen::Request(_)))
    })
}

fn is_on_a_button() -> bool {
    document()
        .active_element()
        .and_then(|element| element.dyn_into::<HtmlElement>().ok())
        .is_some_and(|element| element.local_name() == "button")
}
