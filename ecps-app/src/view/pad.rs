//! The number pad, and the boxes that it fills.

use super::Scene;
use crate::markup::{Tag, button, tag};

/// Ten digits and one eraser. A keyboard's digits and pasting work as well.
pub(super) fn pad(scene: &Scene<'_>, enabled: bool) -> Tag {
    let key = |digit: u8| {
        button(format!("digit:{digit}"), digit.to_string())
            .class("key")
            .test_id(format!("digit-{digit}"))
            .with_if(!enabled, "disabled", "")
    };
    let eraser = button("erase", "⌫")
        .class("key")
        .with("aria-label", scene.texts.digit_erase)
        .with_if(!enabled, "disabled", "");
    tag("div")
        .class("pad")
        .test_id("pad")
        .children((1..=9).map(key))
        .child(tag("span"))
        .child(key(0))
        .child(eraser)
}

/// Dots for a PIN: how many, never which.
pub(super) fn dots(label: &str, progress: String, typed: usize, length: usize) -> Tag {
    tag("div")
        .class("dots")
        .with("role", "img")
        .with("aria-label", format!("{label} : {progress}"))
        .test_id("pin-dots")
        .with("data-typed", typed.to_string())
        .children(
            (0..length).map(|at| tag("span").class(if at < typed { "dot full" } else { "dot" })),
        )
}

/// Boxes for the number of a login page: it is on a screen, so it is shown.
pub(super) fn boxes(label: &str, number: &str) -> Tag {
    let mut digits = number.chars();
    tag("div")
        .class("boxes")
        .with("role", "img")
        .with("aria-label", format!("{label} : {number}"))
        .test_id("number-boxes")
        .children((0..2).map(|_| {
            tag("span").class("box").say(digits.next().map(String::from).unwrap_or_default())
        }))
}
