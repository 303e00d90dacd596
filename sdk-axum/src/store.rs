//! Where sessions live: a small interface, and one that lives in memory.

use std::{
    collections::{BTreeSet, HashMap},
    future::{Future, ready},
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::clock::UnixTime;

/// What a store answers, later.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A store that cannot answer.
#[derive(Debug, thiserror::Error)]
#[error("the session store: {0}")]
pub struct StoreError(pub String);

/// Keeps one text for each key until its time. Services with several nodes
/// write one over their database; the text holds tokens, so seal it there.
///
/// A key is a digest of what the browser holds: a copy of the store opens no
/// session.
pub trait SessionStore: Send + Sync + 'static {
    /// Keeps a new text.
    fn insert<'a>(
        &'a self,
        key: &'a str,
        record: String,
        expires_at: UnixTime,
        now: UnixTime,
    ) -> StoreFuture<'a, ()>;

    /// Replaces a text that is still there, and says whether it was. A
    /// session that was ended meanwhile must not come back.
    fn replace<'a>(
        &'a self,
        key: &'a str,
        record: String,
        expires_at: UnixTime,
    ) -> StoreFuture<'a, bool>;

    /// The text of this key.
    fn load<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<String>>;

    /// Forgets a key.
    fn remove<'a>(&'a self, key: &'a str) -> StoreFuture<'a, ()>;
}

/// Sessions in memory, up to a number: when it is full, the one that would
/// have ended first makes room.
#[derive(Debug)]
pub struct MemoryStore {
    capacity: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    records: HashMap<String, (String, UnixTime)>,
    by_end: BTreeSet<(UnixTime, String)>,
}

impl MemoryStore {
    /// Keeps at most `capacity` sessions, and at least one.
    pub fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new(10_000)
    }
}

impl Kept {
    fn put(&mut self, key: &str, record: String, expires_at: UnixTime) {
        self.forget(key);
        self.records.insert(key.to_owned(), (record, expires_at));
        self.by_end.insert((expires_at, key.to_owned()));
    }

    fn forget(&mut self, key: &str) -> bool {
        let Some((_, expires_at)) = self.records.remove(key) else { return false };
        self.by_end.remove(&(expires_at, key.to_owned()))
    }

    fn sweep(&mut self, now: UnixTime) {
        while let Some((expires_at, key)) = self.by_end.first().cloned()
            && expires_at <= now
        {
            self.forget(&key);
        }
    }
}

impl SessionStore for MemoryStore {
    fn insert<'a>(
        &'a self,
        key: &'a str,
        record: String,
        expires_at: UnixTime,
        now: UnixTime,
    ) -> StoreFuture<'a, ()> {
        let mut kept = self.kept();
        kept.sweep(now);
        if kept.records.len() >= self.capacity
            && let Some((_, first)) = kept.by_end.first().cloned()
        {
            kept.forget(&first);
        }
        kept.put(key, record, expires_at);
        Box::pin(ready(Ok(())))
    }

    fn replace<'a>(
        &'a self,
        key: &'a str,
        record: String,
        expires_at: UnixTime,
    ) -> StoreFuture<'a, bool> {
        let mut kept = self.kept();
        let was_there = kept.records.contains_key(key);
        if was_there {
            kept.put(key, record, expires_at);
        }
        Box::pin(ready(Ok(was_there)))
    }

    fn load<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<String>> {
        let record = self.kept().records.get(key).map(|(record, _)| record.clone());
        Box::pin(ready(Ok(record)))
    }

    fn remove<'a>(&'a self, key: &'a str) -> StoreFuture<'a, ()> {
        self.kept().forget(key);
        Box::pin(ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_store_drops_what_ends_first() {
        let store = MemoryStore::new(2);
        store.insert("a", "1".into(), 30, 0).await.unwrap();
        store.insert("b", "2".into(), 20, 0).await.unwrap();
        store.insert("c", "3".into(), 40, 0).await.unwrap();
        assert_eq!(store.load("b").await.unwrap(), None);
        assert_eq!(store.load("a").await.unwrap().as_deref(), Some("1"));
        assert_eq!(store.kept().by_end.len(), 2);
    }

    #[tokio::test]
    async fn what_has_ended_is_swept() {
        let store = MemoryStore::new(10);
        store.insert("a", "1".into(), 30, 0).await.unwrap();
        store.insert("b", "2".into(), 90, 30).await.unwrap();
        assert_eq!(store.load("a").await.unwrap(), None);
        assert_eq!(store.kept().by_end.len(), 1);
    }

    #[tokio::test]
    async fn what_was_removed_does_not_come_back() {
        let store = MemoryStore::default();
        store.insert("a", "1".into(), 30, 0).await.unwrap();
        assert!(store.replace("a", "2".into(), 60).await.unwrap());
        store.remove("a").await.unwrap();
        assert!(!store.replace("a", "3".into(), 90).await.unwrap());
        assert_eq!(store.load("a").await.unwrap(), None);
    }
}
