//! Key sets that clients publish at an address of theirs (`jwks_uri`).
//!
//! A set is kept for as long as its owner allows, an hour at the most. A key
//! that it does not hold may be new, so the set is asked for again, but at most
//! once a minute: whoever invents key names must not make us call others.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::keys::read_jwks;
use crate::{app::App, clock::UnixTime, jose::PublicKey};

/// Seconds between two calls for the same set.
const PATIENCE: i64 = 60;

/// Seconds that a set is kept when its owner does not say.
const KEPT: i64 = 600;

/// The most, in seconds, that a set is kept, whatever its owner says: a key that
/// was withdrawn must not serve for long.
const KEPT_LONGEST: i64 = 3600;

/// Sets that are remembered; beyond that all are asked for again.
const MOST_SETS: usize = 10_000;

/// What was fetched, by address.
#[derive(Default)]
pub struct RemoteKeys(Mutex<HashMap<String, Arc<Published>>>);

#[derive(Default)]
struct Published {
    set: Mutex<Set>,
    /// One call at a time: the others take what it brings.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Clone, Default)]
struct Set {
    keys: Arc<[PublicKey]>,
    fresh_until: UnixTime,
    asked_at: Option<UnixTime>,
}

impl RemoteKeys {
    /// The keys at an address, among them `kid` if its owner published it. None
    /// when the address does not answer and nothing is remembered.
    pub(super) async fn at(&self, app: &App, uri: &str, kid: Option<&str>) -> Arc<[PublicKey]> {
        let published = self.published(uri);
        let set = published.set();
        if set.serves(kid, app.clock.now()) {
            return set.keys;
        }
        let _one = published.fetching.lock().await;
        // Somebody else may have asked while we waited.
        let (set, now) = (published.set(), app.clock.now());
        let too_soon = set.asked_at.is_some_and(|at| now < at + PATIENCE);
        if set.serves(kid, now) || too_soon {
            return set.usable(now);
        }
        let set = match fetched(app, uri).await {
            Ok((keys, kept)) => Set { keys, fresh_until: now + kept, asked_at: Some(now) },
            Err(cause) => {
                tracing::warn!(uri, cause = format!("{cause:#}"), "a client's keys do not come");
                Set { asked_at: Some(now), ..set }
            }
        };
        let keys = set.usable(now);
        *published.set.lock().unwrap_or_else(PoisonError::into_inner) = set;
        keys
    }

    fn published(&self, uri: &str) -> Arc<Published> {
        let mut sets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sets.len() >= MOST_SETS && !sets.contains_key(uri) {
            sets.clear();
        }
        Arc::clone(sets.entry(uri.to_owned()).or_default())
    }
}

impl Published {
    fn set(&self) -> Set {
        self.set.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Set {
    /// Whether it answers for a key without a call.
    fn serves(&self, kid: Option<&str>, now: UnixTime) -> bool {
        let held = |kid| self.keys.iter().any(|key| key.kid.as_deref() == Some(kid));
        now < self.fresh_until && kid.is_none_or(held)
    }

    /// An owner who does not answer for a moment is believed by his last set,
    /// until that is as old as a set may become.
    fn usable(&self, now: UnixTime) -> Arc<[PublicKey]> {
        if now < self.fresh_until + KEPT_LONGEST { Arc::clone(&self.keys) } else { Arc::default() }
    }
}

async fn fetched(app: &App, uri: &str) -> anyhow::Result<(Arc<[PublicKey]>, i64)> {
    let answer = app.fetcher.get(uri, "application/jwk-set+json, application/json").await?;
    let keys = read_jwks(&answer.json()?)?;
    let allowed = answer.max_age().and_then(|seconds| i64::try_from(seconds).ok());
    Ok((keys, allowed.unwrap_or(KEPT).clamp(PATIENCE, KEPT_LONGEST)))
}
