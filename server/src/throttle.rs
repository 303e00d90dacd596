//! Counts calls in a sliding window, for this node: the first brake against a
//! flood. What must hold across nodes is counted in the database instead.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use crate::{
    app::App,
    audit::{Event, Kind},
    clock::UnixTime,
};

/// Keys remembered at the most; beyond that the stalest are forgotten.
const MOST_KEYS: usize = 100_000;

/// At most `calls` in any `seconds`.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// How many calls.
    pub calls: usize,
    /// In how long.
    pub seconds: i64,
}

/// Calls seen, by key.
#[derive(Default)]
pub struct Throttle {
    seen: Mutex<HashMap<String, VecDeque<UnixTime>>>,
}

impl Throttle {
    /// Takes one call, or says in how many seconds to come back.
    pub fn take(&self, key: &str, limit: Limit, now: UnixTime) -> Result<(), i64> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST_KEYS && !seen.contains_key(key) {
            let horizon = now - limit.seconds;
            seen.retain(|_, times| times.back().is_some_and(|last| *last > horizon));
            if seen.len() >= MOST_KEYS {
                seen.clear();
            }
        }
        let times = seen.entry(key.to_owned()).or_default();
        while times.front().is_some_and(|first| *first <= now - limit.seconds) {
            times.pop_front();
        }
        if times.len() >= limit.calls {
            let oldest = times.front().copied().unwrap_or(now);
            return Err((oldest + limit.seconds - now).max(1));
        }
        times.push_back(now);
        Ok(())
    }
}

/// Who calls, and through which service: the names in `docs/settings.md`.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// Who is counted: a network address, a client, a phone.
    pub who: &'a str,
    /// The service, where it is known.
    pub client: Option<&'a str>,
}

/// Takes one call of a kind, or says in how many seconds to come back. Whoever
/// has to wait stands in the audit trail once a minute.
pub fn brake(app: &App, what: &'static str, caller: Caller<'_>, limit: Limit) -> Result<(), i64> {
    const ONCE: Limit = Limit { calls: 1, seconds: 60 };
    let (key, now) = (format!("{what} {}", caller.who), app.clock.now());
    app.throttle.take(&key, limit, now).inspect_err(|_| {
        if app.throttle.take(&format!("told {key}"), ONCE, now).is_ok() {
            let event = Event::of(Kind::TooManyCalls).reason(what);
            app.audit.record(match caller.client {
                Some(client_id) => event.client(client_id),
                None => event,
            });
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fourth_call_waits_for_the_first_to_age() {
        let throttle = Throttle::default();
        let limit = Limit { calls: 3, seconds: 300 };
        for at in [0, 10, 20] {
            assert_eq!(throttle.take("a", limit, at), Ok(()));
        }
        assert_eq!(throttle.take("a", limit, 30), Err(270));
        assert_eq!(throttle.take("b", limit, 30), Ok(()));
        assert_eq!(throttle.take("a", limit, 300), Ok(()));
    }
}
