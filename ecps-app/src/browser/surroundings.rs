//! What the app runs in: which system, which language, which time zone.

use gloo::{
    storage::{LocalStorage, Storage},
    utils::window,
};
use js_sys::{Date, Object, Reflect};
use wasm_bindgen::JsValue;

use crate::{model::Surroundings, texts::Language, view::Dates};

const LANGUAGE: &str = "language";

pub(super) fn read() -> Surroundings {
    let navigator = window().navigator();
    let agent = navigator.user_agent().unwrap_or_default();
    // An iPad calls itself a Mac, but no Mac has a touch screen.
    let touch_mac = agent.contains("Macintosh") && navigator.max_touch_points() > 1;
    let ios = agent.contains("iPhone") || agent.contains("iPad") || touch_mac;
    let installed = window()
        .match_media("(display-mode: standalone)")
        .ok()
        .flatten()
        .is_some_and(|query| query.matches());
    Surroundings { ios, installed }
}

/// As chosen before, or as the browser prefers.
pub(super) fn language() -> Language {
    let chosen: Option<String> = LocalStorage::get(LANGUAGE).ok();
    if let Some(language) = chosen.as_deref().and_then(Language::parse) {
        return language;
    }
    let preferred: Vec<String> =
        window().navigator().languages().iter().filter_map(|tag| tag.as_string()).collect();
    Language::of_browser(preferred.iter().map(String::as_str))
}

pub(super) fn keep_language(language: Language) {
    // Without storage the switch works until the page is closed.
    LocalStorage::set(LANGUAGE, language.tag()).ok();
}

/// What the person will recognise this phone by on other screens.
pub(super) fn label() -> String {
    let agent = window().navigator().user_agent().unwrap_or_default();
    let first = |pairs: &[(&str, &'static str)]| {
        pairs.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    let system = first(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Macintosh", "Mac"),
        ("Linux", "Linux"),
    ]);
    let browser = first(&[
        ("Firefox", "Firefox"),
        ("FxiOS", "Firefox"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Edg", "Edge"),
        ("Chrome", "Chrome"),
        ("CriOS", "Chrome"),
        ("Safari", "Safari"),
    ]);
    [system, browser].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Dates in the person's own time zone and language.
pub(super) fn dates() -> Dates {
    Dates { day, moment, hour }
}

fn day(time: i64, language: Language) -> String {
    written(time, language, &[("dateStyle", "long")])
}

fn moment(time: i64, language: Language) -> String {
    written(time, language, &[("dateStyle", "medium"), ("timeStyle", "short")])
}

fn hour(time: i64, language: Language) -> String {
    written(time, language, &[("timeStyle", "short")])
}

fn written(time: i64, language: Language, styles: &[(&str, &str)]) -> String {
    let date = Date::new(&JsValue::from_f64(time as f64 * 1000.0));
    let options = Object::new();
    for (name, value) in styles {
        Reflect::set(&options, &(*name).into(), &(*value).into()).ok();
    }
    date.to_locale_string(language.tag(), &options).into()
}
