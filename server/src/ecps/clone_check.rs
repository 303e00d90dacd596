//! Two copies of one phone betray each other: both count their decisions and
//! repeat the random value that the server gave with the last one.

/// What the server remembers of a phone's decisions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Remembered<'a> {
    /// Decisions taken.
    pub(super) ctr: u64,
    /// Given with the last one.
    pub(super) chain: &'a str,
    /// Given with the one before.
    pub(super) previous_chain: Option<&'a str>,
    /// The request that the last one was about.
    pub(super) last_rid: Option<&'a str>,
}

/// What a decision says about the phone it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sequence {
    /// The next one.
    Next,
    /// The last one again: its answer was lost on the way.
    LastAgain,
    /// Two copies exist.
    Diverged,
    /// Ahead of all that was ever given: no copy of this phone can say so.
    Impossible,
}

/// Compares. `chain` is compared plainly: who signs with K1 and knows a right
/// counter already knows as much as this could tell.
pub(super) fn sequence(remembered: Remembered<'_>, rid: &str, ctr: u64, chain: &str) -> Sequence {
    if ctr > remembered.ctr.saturating_add(1) {
        Sequence::Impossible
    } else if ctr == remembered.ctr.saturating_add(1) && chain == remembered.chain {
        Sequence::Next
    } else if ctr == remembered.ctr
        && Some(chain) == remembered.previous_chain
        && Some(rid) == remembered.last_rid
    {
        Sequence::LastAgain
    } else {
        Sequence::Diverged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: Remembered<'_> =
        Remembered { ctr: 7, chain: "c7", previous_chain: Some("c6"), last_rid: Some("r7") };

    #[test]
    fn the_next_decision_follows() {
        assert_eq!(sequence(SEEN, "r8", 8, "c7"), Sequence::Next);
    }

    #[test]
    fn a_lost_answer_is_asked_for_again() {
        assert_eq!(sequence(SEEN, "r7", 7, "c6"), Sequence::LastAgain);
    }

    #[test]
    fn a_copy_that_slept_is_recognised() {
        assert_eq!(sequence(SEEN, "r8", 7, "c6"), Sequence::Diverged);
        assert_eq!(sequence(SEEN, "r8", 3, "c2"), Sequence::Diverged);
    }

    #[test]
    fn a_copy_that_caught_up_is_recognised_by_its_chain() {
        assert_eq!(sequence(SEEN, "r8", 8, "c6"), Sequence::Diverged);
        assert_eq!(sequence(SEEN, "r7", 7, "c7"), Sequence::Diverged);
    }

    #[test]
    fn a_counter_from_the_future_suspends_nobody() {
        assert_eq!(sequence(SEEN, "r8", 9, "c7"), Sequence::Impossible);
        let last = Remembered { ctr: u64::MAX, ..SEEN };
        assert_ne!(sequence(last, "r8", u64::MAX, "c7"), Sequence::Impossible);
    }
}
