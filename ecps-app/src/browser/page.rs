//! Brings the page to what [`crate::view`] says, touching only what differs:
//! focus, the camera's picture and a screen reader's place survive.

use gloo::utils::{document, window};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, Node, Text};

use crate::{
    markup::{Markup, Tag},
    view::Page,
};

/// Shows a page. When the screen is another one than before, focus goes to
/// its title, so that keyboard and screen reader start at its top; the answer
/// is then true.
pub(super) fn show(page: &Page, screen: &str, language: &str) -> bool {
    let document = document();
    if document.title() != page.title {
        document.set_title(&page.title);
    }
    if let Some(root) = document.document_element() {
        set(&root, "lang", language);
    }
    let Some(app) = document.get_element_by_id("app") else { return false };
    let before = app.get_attribute("data-screen");
    set(&app, "data-screen", screen);
    let content: Vec<Markup> = page.content.iter().cloned().map(Markup::Tag).collect();
    fit_content(&app, &content);

    let moved = before.as_deref() != Some(screen);
    if moved {
        window().scroll_to_with_x_and_y(0.0, 0.0);
        let title = document.get_element_by_id("title");
        if let Some(title) = title.and_then(|title| title.dyn_into::<HtmlElement>().ok()) {
            title.focus().ok();
        }
        follow_in_history(before.as_deref(), screen);
    }
    moved
}

/// Says something to a screen reader, politely.
pub(super) fn announce(words: &str) {
    if let Some(region) = document().get_element_by_id("announcement") {
        region.set_text_content(Some(words));
    }
}

/// Back to the tab that led here: this one closes, or goes to the page before.
pub(super) fn leave() {
    close();
    let window = window();
    if !window.closed().unwrap_or(false) {
        window.history().and_then(|history| history.back()).ok();
    }
}

/// Closes this page. Browsers let a page do so that another one opened, or
/// that has nothing to go back to; the others stay.
pub(super) fn close() {
    window().close().ok();
}

/// The phone's back button leads to the list, and from the list out.
fn follow_in_history(before: Option<&str>, screen: &str) {
    const BESIDE_HOME: [&str; 5] = ["history", "device", "scanner", "pin-old", "give-up"];
    if before == Some("home") && BESIDE_HOME.contains(&screen) {
        let here = window().location().pathname().unwrap_or_else(|_| "/".into());
        if let Ok(history) = window().history() {
            history.push_state_with_url(&JsValue::NULL, "", Some(&here)).ok();
        }
    }
}

fn fit_content(parent: &Element, content: &[Markup]) {
    let mut place = parent.first_child();
    for wanted in content {
        place = match place {
            Some(node) if fits(&node, wanted) => node.next_sibling(),
            Some(node) => {
                let next = node.next_sibling();
                let new = create(wanted);
                parent.replace_child(&new, &node).ok();
                next
            }
            None => {
                parent.append_child(&create(wanted)).ok();
                None
            }
        };
    }
    while let Some(node) = place {
        place = node.next_sibling();
        parent.remove_child(&node).ok();
    }
}

/// Changes a node into what is wanted; `false` when it is of another kind, or
/// belongs to another screen.
fn fits(node: &Node, wanted: &Markup) -> bool {
    match wanted {
        Markup::Words(words) => {
            let Some(text) = node.dyn_ref::<Text>() else { return false };
            if text.data() != *words {
                text.set_data(words);
            }
            true
        }
        Markup::Tag(tag) => {
            let Some(element) = node.dyn_ref::<Element>() else { return false };
            let same = element.local_name() == tag.name
                && element.get_attribute("data-screen").as_deref() == tag.attribute("data-screen");
            if same {
                fit_attributes(element, tag);
                fit_content(element, &tag.content);
            }
            same
        }
    }
}

fn fit_attributes(element: &Element, tag: &Tag) {
    for name in element.get_attribute_names().iter().filter_map(|name| name.as_string()) {
        if tag.attribute(&name).is_none() {
            element.remove_attribute(&name).ok();
        }
    }
    for (name, value) in &tag.attributes {
        set(element, name, value);
    }
}

fn create(wanted: &Markup) -> Node {
    let document = document();
    match wanted {
        Markup::Words(words) => document.create_text_node(words).into(),
        Markup::Tag(tag) => {
            let element =
                document.create_element(tag.name).expect("the names of tags are ours, and valid");
            fit_attributes(&element, tag);
            fit_content(&element, &tag.content);
            element.into()
        }
    }
}

fn set(element: &Element, name: &str, value: &str) {
    if element.get_attribute(name).as_deref() != Some(value) {
        element.set_attribute(name, value).ok();
    }
}
