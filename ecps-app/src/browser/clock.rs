//! The server's clock, as far as this phone can tell.

use std::cell::Cell;

use gloo::timers::future::TimeoutFuture;

thread_local! {
    /// How far the server is ahead of this phone, in seconds.
    static AHEAD: Cell<i64> = const { Cell::new(0) };
}

/// Seconds since 1970, by the server.
pub(super) fn now() -> i64 {
    here() + AHEAD.get()
}

/// The server has told the time.
pub(super) fn set(server: i64) {
    AHEAD.set(server - here());
}

/// Lets some milliseconds pass.
pub(super) async fn pass(milliseconds: u32) {
    if milliseconds > 0 {
        TimeoutFuture::new(milliseconds).await;
    }
}

fn here() -> i64 {
    (js_sys::Date::now() / 1000.0) as i64
}
