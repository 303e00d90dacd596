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

/// Keys remembered at the most; of more, the half that ends first is forgotten.
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
    seen: Mutex<HashMap<String, Seen>>,
}

/// The calls of one key.
#[derive(Default)]
struct Seen {
    times: VecDeque<UnixTime>,
    /// From then on none of them counts.
    counts_until: UnixTime,
}

impl Throttle {
    /// Takes one call, or says in how many seconds to come back.
    pub fn take(&self, key: &str, limit: Limit, now: UnixTime) -> Result<(), i64> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST_KEYS && !seen.contains_key(key) {
            make_room(&mut seen, now);
        }
        let Seen { times, counts_until } = seen.entry(key.to_owned()).or_default();
        while times.front().is_some_and(|first| *first <= now - limit.seconds) {
            times.pop_front();
        }
        if times.len() >= limit.calls {
            let oldest = times.front().copied().unwrap_or(now);
            return Err((oldest + limit.seconds - now).max(1));
        }
        times.push_back(now);
        *counts_until = now + limit.seconds;
        Ok(())
    }
}

impl Throttle {
    /// Forgets what counts no more, and gives its memory back.
    pub fn sweep(&self, now: UnixTime) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|_, seen| seen.counts_until > now);
        seen.shrink_to_fit();
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

/// Forgets what counts no more, and of the rest what soon would not. At least
/// half of the room is made, so that a flood of keys does not pay for it, nor
/// anybody else, at each call; and who is held back the longest stays so.
fn make_room(seen: &mut HashMap<String, Seen>, now: UnixTime) {
    let mut ends: Vec<_> = seen.values().map(|seen| seen.counts_until).collect();
    let middle = ends.len() / 2;
    let (_, middle, _) = ends.select_nth_unstable(middle);
    let last_forgotten = (*middle).max(now);
    let mut to_forget = seen.len() / 2;
    seen.retain(|_, seen| {
        let forgotten = seen.counts_until < last_forgotten
            || (seen.counts_until == last_forgotten && to_forget > 0);
        to_forget = to_forget.saturating_sub(usize::from(forgotten));
        !forgotten
    });
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

    /// Whoever has many addresses could otherwise wash a long refusal away.
    #[test]
    fn a_flood_of_keys_is_bounded_and_frees_nobody() {
        let throttle = Throttle::default();
        let (long, short) = (Limit { calls: 1, seconds: 3600 }, Limit { calls: 9, seconds: 60 });
        throttle.take("guessing", long, 0).unwrap();
        for number in 0..2 * MOST_KEYS {
            let now = i64::try_from(number / 4_000).unwrap();
            throttle.take(&format!("flood {number}"), short, now).unwrap();
            assert!(throttle.seen.lock().unwrap().len() <= MOST_KEYS);
        }
        assert_eq!(throttle.take("guessing", long, 60), Err(3540));
        // The youngest of the flood are known too.
        assert!(throttle.seen.lock().unwrap().contains_key("flood 199999"));
    }

    #[test]
    fn what_counts_no_more_is_swept() {
        let throttle = Throttle::default();
        throttle.take("a", Limit { calls: 1, seconds: 60 }, 0).unwrap();
        throttle.take("b", Limit { calls: 1, seconds: 90 }, 0).unwrap();
        throttle.sweep(60);
        assert_eq!(throttle.seen.lock().unwrap().len(), 1);
        assert!(throttle.take("b", Limit { calls: 1, seconds: 90 }, 60).is_err());
    }

    #[test]
    fn what_counts_no_more_goes_first() {
        let throttle = Throttle::default();
        let limit = Limit { calls: 1, seconds: 60 };
        for number in 0..MOST_KEYS {
            throttle.take(&number.to_string(), limit, 0).unwrap();
        }
        throttle.take("now", limit, 61).unwrap();
        assert_eq!(throttle.seen.lock().unwrap().len(), 1);
    }
}
