//! The trail as this process writes it.

use std::{
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_lc_rs::hmac;
use tokio::sync::Notify;

use super::{
    Event, Kind,
    chain::{Chain, Draft},
    event::Head,
};
use crate::{app::App, clock::Clock, secret};

/// Events that may wait for the database. When it does not write for so long
/// that there are more, they are counted instead.
const WAITING: usize = 100_000;

/// How long an event without a statement waits for others to be written with.
const GATHER: Duration = Duration::from_millis(200);

/// How often the other chains are named, in milliseconds.
const NAME_EVERY: i64 = 3600 * 1000;

/// A handle on the trail; cheap to clone.
#[derive(Clone)]
pub struct Trail(Arc<Inner>);

struct Inner {
    key: hmac::Key,
    clock: Clock,
    waiting: Mutex<Waiting>,
    chain: Mutex<Chain>,
    /// The other chains as this process has last named them, and when.
    named: Mutex<(i64, Vec<Head>)>,
    somebody_waits: Notify,
    /// Held by whoever writes records where there is no single writer.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<String>,
    lost: i64,
}

impl Trail {
    /// The key comes from the one that is outside the database.
    pub fn new(key_encryption_key: &[u8; 32], clock: Clock) -> anyhow::Result<Self> {
        let key = secret::derive(key_encryption_key, "openpsc audit v1")?;
        Ok(Self(Arc::new(Inner {
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
            clock,
            waiting: Mutex::default(),
            chain: Mutex::new(Chain::new()),
            named: Mutex::default(),
            somebody_waits: Notify::new(),
            turn: tokio::sync::Mutex::default(),
        })))
    }

    /// Records what needs no statement of its own: a refusal, a code that is
    /// sealed and not stored. It is kept with the next write, or within a
    /// second. What changes a row is attached to its statement instead.
    pub fn record(&self, event: Event) {
        event.log();
        let line = event.line(self.now());
        self.wait(vec![line]);
        self.0.somebody_waits.notify_one();
    }

    /// An event as it stands in a record, at this moment.
    pub(crate) fn line(&self, event: &Event) -> String {
        event.line(self.now())
    }

    /// Lets lines wait to be written.
    pub(crate) fn wait(&self, lines: Vec<String>) {
        let mut waiting = lock(&self.0.waiting);
        let room = WAITING.saturating_sub(waiting.lines.len());
        waiting.lost += i64::try_from(lines.len().saturating_sub(room)).unwrap_or(i64::MAX);
        waiting.lines.extend(lines.into_iter().take(room));
    }

    /// Takes what waits; whoever does not get it written lets it wait again.
    pub(crate) fn take(&self) -> Vec<String> {
        let Waiting { mut lines, lost } = mem::take(&mut *lock(&self.0.waiting));
        if lost > 0 {
            lines.push(Event::of(Kind::EventsLost).count(lost).line(self.now()));
        }
        lines
    }

    /// Whether something waits.
    fn is_waited_for(&self) -> bool {
        !lock(&self.0.waiting).lines.is_empty()
    }

    /// Whether this process has written a record: the first one names the heads
    /// of the other chains.
    pub(crate) fn has_begun(&self) -> bool {
        lock(&self.0.chain).has_begun()
    }

    /// The next records. One writer at a time drafts, commits and settles.
    pub(crate) fn draft(&self, lines: Vec<String>, heads: Vec<Head>) -> Draft {
        lock(&self.0.chain).draft(&self.0.key, self.now(), lines, heads)
    }

    /// A draft is committed.
    pub(crate) fn settle(&self, draft: Draft) {
        *lock(&self.0.chain) = draft.after;
    }

    /// Nobody knows whether a draft was committed: a new chain begins, and its
    /// first record says how the old one ended.
    pub(crate) fn abandon(&self) {
        *lock(&self.0.chain) = Chain::new();
    }

    /// Waits until nobody else writes records.
    pub(crate) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.0.turn.lock().await
    }

    /// The key of the MACs.
    pub(super) fn key(&self) -> &hmac::Key {
        &self.0.key
    }

    /// Whether an hour has passed since the other chains were named.
    pub(super) fn is_time_to_name(&self) -> bool {
        self.now() >= lock(&self.0.named).0 + NAME_EVERY
    }

    /// Those of the other chains that stand otherwise than when they were named
    /// last; they count as named from now on.
    pub(super) fn not_named(&self, mut heads: Vec<Head>, own: &str) -> Vec<Head> {
        heads.retain(|head| head.chain != own);
        let mut named = lock(&self.0.named);
        let new = heads.iter().filter(|head| !named.1.contains(head)).cloned().collect();
        *named = (self.now(), heads);
        new
    }

    /// The chain that this process writes, and its last record.
    pub(super) fn chain(&self) -> (String, Option<(i64, String)>) {
        let chain = lock(&self.0.chain);
        let last = chain.last().map(|(number, mac)| (number, mac.to_owned()));
        (chain.id.clone(), last)
    }

    /// Milliseconds.
    pub(super) fn now(&self) -> i64 {
        self.0.clock.now_milliseconds()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A panic elsewhere leaves it whole: each change is one assignment.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes what no statement takes along, for ever.
pub async fn keep_writing(app: App) {
    let trail = &app.audit;
    loop {
        trail.0.somebody_waits.notified().await;
        tokio::time::sleep(GATHER).await;
        while trail.is_waited_for() {
            if let Err(cause) = app.database.write_trail().await {
                tracing::error!(cause = format!("{cause:#}"), "could not write the audit trail");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}
