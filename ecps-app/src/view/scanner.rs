//! The camera, and pasting for whoever has none.

use super::{Scene, frame::notice};
use crate::{
    event::CameraProblem,
    markup::{Tag, button, tag},
    model::Scanner,
};

pub(super) fn scanner(scene: &Scene<'_>, scanner: &Scanner) -> (String, Tag) {
    let texts = scene.texts;
    let main = match scanner.problem {
        None => tag("div")
            .child(tag("p").class("lead").say(texts.scanner_lead))
            .children(notice(scene, scanner.notice.as_ref()))
            .child(viewfinder()),
        // Without a picture there is no frame; and of two troubles, the last.
        Some(problem) => {
            let trouble = match problem {
                CameraProblem::Forbidden => texts.camera_forbidden,
                CameraProblem::Missing => texts.camera_missing,
            };
            let words = match &scanner.notice {
                Some(told) => texts.notice(told),
                None => trouble.into(),
            };
            tag("div")
                .child(
                    tag("p")
                        .class("notice bad")
                        .with("role", "alert")
                        .test_id("camera-problem")
                        .say(words),
                )
                .child(
                    button("scan", texts.camera_retry)
                        .class("secondary wide")
                        .test_id("camera-retry"),
                )
                .child(paste(scene))
        }
    };
    (
        texts.scanner_title.into(),
        main.child(button("home", texts.cancel).class("quiet wide").test_id("cancel")),
    )
}

fn viewfinder() -> Tag {
    let video = tag("video")
        .with("id", "camera")
        .with("playsinline", "")
        .with("muted", "")
        .with("aria-hidden", "true");
    tag("div")
        .class("viewfinder")
        .test_id("viewfinder")
        .child(video)
        .child(tag("div").class("sight"))
}

/// A field for the link, whose submission the page hands over as an action.
pub(super) fn paste(scene: &Scene<'_>) -> Tag {
    tag("form")
        .class("paste")
        .with("id", "paste")
        .with("novalidate", "")
        .child(tag("label").with("for", "link").say(scene.texts.paste_label))
        .child(
            tag("input")
                .with("id", "link")
                .with("type", "text")
                .with("inputmode", "url")
                .with("autocomplete", "off")
                .with("autocapitalize", "none")
                .with("spellcheck", "false")
                .test_id("link"),
        )
        .child(
            tag("button")
                .with("type", "submit")
                .class("secondary")
                .test_id("use-link")
                .say(scene.texts.paste_button),
        )
}
