//! Wakes whoever waits for a row to change.
//!
//! A wake-up is a hint, the row is the truth: a waiter reads its row again at
//! each call, and every few seconds without one.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, futures::Notified},
    time::{Instant, timeout},
};

/// Without a hint a waiter looks again after this long.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// The waiters of this node, by the key of the row they watch.
#[derive(Clone, Default)]
pub struct Wake {
    waiters: Arc<Mutex<HashMap<String, Arc<Notify>>>>,
}

/// One waiter. Ask for it before reading the row, or a change may be missed.
pub struct Waiter {
    wake: Wake,
    key: String,
    notify: Arc<Notify>,
}

impl Wake {
    /// Starts to watch `key`.
    pub fn watch(&self, key: &str) -> Waiter {
        let notify = Arc::clone(self.lock().entry(key.to_owned()).or_default());
        Waiter { wake: self.clone(), key: key.to_owned(), notify }
    }

    /// Wakes everybody who watches `key`.
    pub fn notify(&self, key: &str) {
        if let Some(notify) = self.lock().get(key) {
            notify.notify_waiters();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Notify>>> {
        // A panic elsewhere leaves the map whole: each change to it is one call.
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiter {
    /// A change from now on. Ask for it, read the row, and only then wait for
    /// it with [`Change::before`].
    pub fn change(&self) -> Change<'_> {
        Change(self.notify.notified())
    }
}

/// A change to come.
pub struct Change<'a>(Notified<'a>);

impl Change<'_> {
    /// Waits for a hint, but never longer than until one should look again.
    /// `false` when `deadline` has come: there is nothing more to wait for.
    pub async fn before(self, deadline: Instant) -> bool {
        let now = Instant::now();
        if now >= deadline {
            return false;
        }
        let _ = timeout(LOOK_AGAIN.min(deadline - now), self.0).await;
        true
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut waiters = self.wake.lock();
        // Two owners: the map and this waiter.
        if Arc::strong_count(&self.notify) <= 2 {
            waiters.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_waiter_wakes_when_the_row_changes() {
        let wake = Wake::default();
        let changed = Arc::new(AtomicBool::new(false));
        let waiter = wake.watch("row");
        let seen = Arc::clone(&changed);
        let waiting = tokio::spawn(async move {
            let deadline = Instant::now() + Duration::from_secs(60);
            loop {
                let change = waiter.change();
                if seen.load(Ordering::SeqCst) || !change.before(deadline).await {
                    return seen.load(Ordering::SeqCst);
                }
            }
        });
        tokio::task::yield_now().await;
        changed.store(true, Ordering::SeqCst);
        wake.notify("row");
        assert!(waiting.await.unwrap());
        assert!(wake.lock().is_empty());
    }
}
