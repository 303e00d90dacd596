//! What time it is: the only place that asks the machine.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Whole seconds since 1970, UTC.
pub type UnixTime = i64;

/// The clock that the whole server reads. Tests and the sandbox may push it
/// forward; it never goes back.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead: Arc<AtomicI64>,
}

impl Clock {
    /// The time, in seconds.
    pub fn now(&self) -> UnixTime {
        self.now_milliseconds() / 1000
    }

    /// The time, in milliseconds.
    pub fn now_milliseconds(&self) -> i64 {
        #[expect(clippy::disallowed_methods, reason = "this is the clock")]
        let machine = std::time::SystemTime::now();
        let since = machine.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let machine = i64::try_from(since.as_millis()).unwrap_or(i64::MAX / 2);
        machine + self.ahead.load(Ordering::Relaxed) * 1000
    }

    /// Pushes the clock forward.
    pub fn advance(&self, seconds: u32) {
        self.ahead.fetch_add(i64::from(seconds), Ordering::Relaxed);
    }
}
