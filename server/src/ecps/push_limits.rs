//! How often a person's phone may be rung by whoever knows their identifier,
//! which is public data.

use crate::clock::UnixTime;

/// At most so many starts in so many seconds, without a success in between.
const LIMITS: [(usize, i64); 2] = [(3, 5 * 60), (10, 60 * 60)];

/// Starts older than this no longer count.
pub(super) const HORIZON: i64 = 60 * 60;

/// What a stranger is told at most: a longer wait would say that this person
/// has an e-CPS and has complained.
const TOLD_AT_MOST: i64 = 5 * 60;

/// A person said "this was not me".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// How many times lately.
    pub(super) times: i64,
    /// No push before this time.
    pub(super) blocked_until: UnixTime,
}

impl Block {
    /// A first complaint stops pushes for 15 minutes, the next for a day.
    pub(super) fn after(before: Option<Self>, now: UnixTime) -> Self {
        match before {
            None => Self { times: 1, blocked_until: now + 15 * 60 },
            Some(before) => Self {
                times: before.times + 1,
                blocked_until: before.blocked_until.max(now + 24 * 60 * 60),
            },
        }
    }

    /// A complaint is forgotten a week after its block ended.
    pub(super) fn forgotten_at(&self) -> UnixTime {
        self.blocked_until + 7 * 24 * 60 * 60
    }
}

/// Whether a person may be rung now, or in how many seconds. `starts` are the
/// times of the starts since the last success, in any order.
pub(super) fn may_ring(
    starts: &[UnixTime],
    block: Option<Block>,
    now: UnixTime,
) -> Result<(), i64> {
    let mut until = block.map_or(now, |block| block.blocked_until);
    for (most, seconds) in LIMITS {
        let mut recent: Vec<UnixTime> =
            starts.iter().copied().filter(|start| *start > now - seconds).collect();
        if recent.len() >= most {
            // Enough of them must have aged to leave room for one more.
            recent.sort_unstable();
            until = until.max(recent[recent.len() - most] + seconds);
        }
    }
    if until > now { Err((until - now).min(TOLD_AT_MOST)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_in_five_minutes() {
        assert_eq!(may_ring(&[0, 10], None, 20), Ok(()));
        assert_eq!(may_ring(&[20, 0, 10], None, 30), Err(270));
        assert_eq!(may_ring(&[0, 10, 20], None, 300), Ok(()));
    }

    #[test]
    fn ten_in_an_hour() {
        let starts: Vec<i64> = (0..10).map(|nth| nth * 200).collect();
        assert_eq!(may_ring(&starts, None, 2500), Err(300));
        assert_eq!(may_ring(&starts, None, 3599), Err(1));
        assert_eq!(may_ring(&starts, None, 3600), Ok(()));
    }

    #[test]
    fn not_me_stops_a_quarter_of_an_hour_then_a_day() {
        let first = Block::after(None, 1000);
        assert_eq!(first.blocked_until, 1900);
        assert_eq!(may_ring(&[], Some(first), 1899), Err(1));
        assert_eq!(may_ring(&[], Some(first), 1900), Ok(()));
        let second = Block::after(Some(first), 2000);
        assert_eq!((second.times, second.blocked_until), (2, 2000 + 86_400));
    }

    #[test]
    fn a_stranger_is_told_no_more_than_of_any_identifier() {
        let block = Block { times: 2, blocked_until: 86_400 };
        assert_eq!(may_ring(&[], Some(block), 0), Err(300));
    }
}
