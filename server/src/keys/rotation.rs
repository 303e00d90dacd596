//! Which key signs, which are published, and when the next one is due.

use super::Settings;
use crate::clock::UnixTime;

const DAY: i64 = 24 * 3600;

/// When a key of a chain lives. A chain is the keys of one purpose and one
/// algorithm, by generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Life {
    /// Its place in the chain.
    pub generation: i64,
    /// From when it signs.
    pub activates_at: UnixTime,
    /// The operator took it away: nothing that it signed is believed.
    pub retired: bool,
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Published, and will sign.
    Announced,
    /// Signs.
    Signs,
    /// Published, for what it has signed.
    Kept,
    /// Nothing.
    Gone,
}

/// What a key of a chain does now. `keep` is how long what it signed may be
/// presented.
pub(super) fn state(life: &Life, chain: &[Life], keep: i64, now: UnixTime) -> State {
    if life.retired {
        return State::Gone;
    }
    if signing(chain, now) == Some(*life) {
        return State::Signs;
    }
    if life.activates_at > now {
        return State::Announced;
    }
    let later = chain.iter().filter(|it| it.generation > life.generation && !it.retired);
    let over = later.map(|it| it.activates_at).min().unwrap_or(now);
    if now < over + keep { State::Kept } else { State::Gone }
}

/// The newest that has become active; before there is one, the first of them.
pub(super) fn signing(chain: &[Life], now: UnixTime) -> Option<Life> {
    let alive = || chain.iter().filter(|life| !life.retired);
    alive()
        .filter(|life| life.activates_at <= now)
        .max_by_key(|life| life.generation)
        .or_else(|| alive().min_by_key(|life| life.generation))
        .copied()
}

/// The key that should be made now, if one should.
pub(super) fn due(chain: &[Life], settings: &Settings, now: UnixTime) -> Option<Life> {
    let Some(newest) = newest(chain) else {
        return Some(Life { activates_at: now, ..announced(chain, settings, now) });
    };
    if settings.rotate_after_days == 0 {
        return None;
    }
    let planned = newest.activates_at + settings.rotate_after_days * DAY;
    let next = announced(chain, settings, now);
    (next.activates_at >= planned).then_some(next)
}

/// The next of a chain, announced now; nothing when one is announced already.
pub(super) fn next(chain: &[Life], settings: &Settings, now: UnixTime) -> Option<Life> {
    let waiting = newest(chain).is_some_and(|newest| newest.activates_at > now);
    (!waiting).then(|| announced(chain, settings, now))
}

fn newest(chain: &[Life]) -> Option<Life> {
    chain.iter().filter(|life| !life.retired).max_by_key(|life| life.generation).copied()
}

fn announced(chain: &[Life], settings: &Settings, now: UnixTime) -> Life {
    let generation = chain.iter().map(|life| life.generation).max().map_or(0, |last| last + 1);
    Life { generation, activates_at: now + settings.announce, retired: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEEP: i64 = 14_520;

    fn life(generation: i64, activates_at: i64) -> Life {
        Life { generation, activates_at, retired: false }
    }

    fn states(chain: &[Life], now: i64) -> Vec<State> {
        chain.iter().map(|it| state(it, chain, KEEP, now)).collect()
    }

    #[test]
    fn the_first_key_signs_at_once_and_the_next_after_its_announcement() {
        let settings = Settings::default();
        let first = due(&[], &settings, 1000).unwrap();
        assert_eq!(first, life(0, 1000));
        let planned = 1000 + 90 * DAY;
        assert_eq!(due(&[first], &settings, planned - DAY - 1), None);
        let second = due(&[first], &settings, planned - DAY).unwrap();
        assert_eq!(second, life(1, planned));
        assert_eq!(due(&[first, second], &settings, planned - DAY), None);
        // Nobody was there to announce it in time: it is announced all the same.
        let late = due(&[first], &settings, planned + 5).unwrap();
        assert_eq!(late.activates_at, planned + 5 + DAY);
        let never = Settings { rotate_after_days: 0, ..settings };
        assert_eq!(due(&[first], &never, i64::MAX / 2), None);
    }

    #[test]
    fn an_old_key_is_kept_as_long_as_what_it_signed() {
        let chain = [life(0, 0), life(1, 1000)];
        assert_eq!(states(&chain, 999), [State::Signs, State::Announced]);
        assert_eq!(states(&chain, 1000), [State::Kept, State::Signs]);
        assert_eq!(states(&chain, 1000 + KEEP - 1), [State::Kept, State::Signs]);
        assert_eq!(states(&chain, 1000 + KEEP), [State::Gone, State::Signs]);
    }

    #[test]
    fn a_retired_key_is_gone_and_another_signs() {
        let retired = |generation, at| Life { retired: true, ..life(generation, at) };
        let chain = [life(0, 0), retired(1, 1000)];
        assert_eq!(states(&chain, 1010), [State::Signs, State::Gone]);
        // Only the announced one is left: it signs before its time.
        let chain = [retired(0, 0), life(1, 5000)];
        assert_eq!(states(&chain, 1010), [State::Gone, State::Signs]);
        let settings = Settings::default();
        assert_eq!(due(&[retired(0, 0)], &settings, 10), Some(life(1, 10)));
    }

    #[test]
    fn an_operator_announces_one_at_a_time() {
        let settings = Settings::default();
        let next_one = next(&[life(0, 0)], &settings, 10).unwrap();
        assert_eq!(next_one, life(1, 10 + DAY));
        assert_eq!(next(&[life(0, 0), next_one], &settings, 20), None);
    }
}
