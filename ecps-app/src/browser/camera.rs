//! The camera, and the QR code in its picture.

use std::cell::RefCell;

use gloo::{
    timers::future::TimeoutFuture,
    utils::{document, window},
};
use js_sys::{Object, Reflect};
use openpsc_protocol::ecps::AppLink;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    CanvasRenderingContext2d, DomException, HtmlCanvasElement, HtmlVideoElement, MediaStream,
    MediaStreamConstraints, MediaStreamTrack,
};

use super::dispatch;
use crate::event::{CameraProblem, Event};

/// How often a picture is looked at, in milliseconds.
const EVERY: u32 = 120;
/// Pictures are shrunk to this width: enough for a code, quick to search.
const WIDTH: u32 = 640;

thread_local! {
    static STREAM: RefCell<Option<MediaStream>> = const { RefCell::new(None) };
}

/// Shows the camera in the page and looks for a code until [`stop`].
pub(super) fn start() {
    stop();
    spawn_local(async {
        match open().await {
            Ok(stream) => watch(stream).await,
            Err(problem) => dispatch(Event::CameraFailed(problem)),
        }
    });
}

/// Lets the camera go.
pub(super) fn stop() {
    let Some(stream) = STREAM.take() else { return };
    for track in stream.get_tracks().iter() {
        track.unchecked_into::<MediaStreamTrack>().stop();
    }
}

async fn open() -> Result<MediaStream, CameraProblem> {
    // Absent outside a secure context.
    let devices = window().navigator().media_devices().map_err(|_| CameraProblem::Missing)?;
    let constraints = MediaStreamConstraints::new();
    constraints.set_video(&back_camera());
    let asked = devices
        .get_user_media_with_constraints(&constraints)
        .map_err(|_| CameraProblem::Missing)?;
    let stream = JsFuture::from(asked).await.map_err(|error| {
        let name = error.dyn_ref::<DomException>().map(DomException::name).unwrap_or_default();
        let forbidden = matches!(name.as_str(), "NotAllowedError" | "SecurityError");
        if forbidden { CameraProblem::Forbidden } else { CameraProblem::Missing }
    })?;
    Ok(stream.unchecked_into())
}

fn back_camera() -> Object {
    let wanted = Object::new();
    for (name, value) in [("facingMode", JsValue::from("environment")), ("width", 1280.into())] {
        let ideal = Object::new();
        // A fresh ordinary object takes any member.
        Reflect::set(&ideal, &"ideal".into(), &value).ok();
        Reflect::set(&wanted, &name.into(), &ideal).ok();
    }
    wanted
}

async fn watch(stream: MediaStream) {
    // `stream.clone()` would be JavaScript's: another stream of the same camera.
    STREAM.set(Some(Clone::clone(&stream)));
    let Some(video) = video() else { return stop() };
    video.set_muted(true);
    video.set_src_object(Some(&stream));
    if let Ok(playing) = video.play() {
        JsFuture::from(playing).await.ok();
    }
    let Some((canvas, context)) = canvas() else {
        return dispatch(Event::CameraFailed(CameraProblem::Missing));
    };
    let mut refused = String::new();
    while is_current(&stream) {
        if let Some(text) = code(&video, &canvas, &context)
            && text != refused
        {
            match AppLink::parse(&text) {
                Some(link) => return dispatch(Event::Linked(link)),
                None => dispatch(Event::NotALink),
            }
            refused = text;
        }
        TimeoutFuture::new(EVERY).await;
    }
}

/// Whether this is still the picture that the page shows.
fn is_current(stream: &MediaStream) -> bool {
    let current = STREAM.with_borrow(|shown| shown.as_ref() == Some(stream));
    if current && video().is_none() {
        stop();
        return false;
    }
    current
}

fn video() -> Option<HtmlVideoElement> {
    document().get_element_by_id("camera")?.dyn_into().ok()
}

fn canvas() -> Option<(HtmlCanvasElement, CanvasRenderingContext2d)> {
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    let often_read = Object::new();
    Reflect::set(&often_read, &"willReadFrequently".into(), &true.into()).ok()?;
    let context = canvas.get_context_with_context_options("2d", &often_read).ok()??;
    Some((canvas, context.dyn_into().ok()?))
}

/// The text of a QR code in the picture of this moment.
fn code(
    video: &HtmlVideoElement,
    canvas: &HtmlCanvasElement,
    context: &CanvasRenderingContext2d,
) -> Option<String> {
    let (full_width, full_height) = (video.video_width(), video.video_height());
    if full_width == 0 || full_height == 0 {
        return None;
    }
    let width = full_width.min(WIDTH);
    let height = full_height * width / full_width;
    if (canvas.width(), canvas.height()) != (width, height) {
        canvas.set_width(width);
        canvas.set_height(height);
    }
    let (w, h) = (f64::from(width), f64::from(height));
    context.draw_image_with_html_video_element_and_dw_and_dh(video, 0.0, 0.0, w, h).ok()?;
    let pixels = context.get_image_data(0.0, 0.0, w, h).ok()?.data();
    decode(&pixels, width as usize, height as usize)
}

/// Looks for a code in RGBA pixels.
fn decode(pixels: &[u8], width: usize, height: usize) -> Option<String> {
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        let at = (y * width + x) * 4;
        match pixels.get(at..at + 3) {
            Some([red, green, blue]) => {
                let luma = u16::from(*red) * 77 + u16::from(*green) * 150 + u16::from(*blue) * 29;
                (luma >> 8) as u8
            }
            _ => 0,
        }
    });
    picture.detect_grids().into_iter().find_map(|grid| grid.decode().ok()).map(|(_, text)| text)
}
