//! What time it is: the one place that asks, and a clock that tests move.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Seconds since 1970.
pub type UnixTime = i64;

/// The time that every rule of this crate is given.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's.
    #[default]
    System,
    /// One that a test moves.
    Test(Arc<AtomicI64>),
}

impl Clock {
    /// Seconds since 1970, now.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn now(&self) -> UnixTime {
        match self {
            Self::System => std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .map_or(0, |since| since.as_secs().try_into().unwrap_or(i64::MAX)),
            Self::Test(seconds) => seconds.load(Ordering::Relaxed),
        }
    }
}
