//! How wrong PINs lock a phone: a ladder of three steps, kept in the database.
//!
//! A guess counts as wrong before the server answers it, and only a full
//! success takes the count back to nothing. After the third wrong PIN the phone
//! waits 5 minutes, after the sixth an hour; the ninth is the last.

use crate::clock::UnixTime;

/// Wrong PINs between two locks.
const STEP: u32 = 3;

/// Wrong PINs after which the phone must be enrolled again (NIST SP 800-63B-4
/// asks for ten at the most).
pub(super) const LAST: u32 = 9;

/// How long a guess may wait for its approval before it counts as wrong.
pub(super) const PATIENCE: i64 = 120;

/// Whether a PIN may be tried now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Yes, and so many may be wrong before the next lock.
    Open { tries_left: u32 },
    /// Not before this time.
    LockedUntil(UnixTime),
    /// Never again.
    LockedForGood,
}

/// Where a phone with so many wrong PINs stands.
pub(super) fn standing(failures: u32, locked_until: UnixTime, now: UnixTime) -> Standing {
    if failures >= LAST {
        Standing::LockedForGood
    } else if locked_until > now {
        Standing::LockedUntil(locked_until)
    } else {
        Standing::Open { tries_left: STEP - failures % STEP }
    }
}

/// Until when the phone is locked once `failures` PINs were wrong; 0 when this
/// one does not lock it.
pub(super) fn lock_after(failures: u32, now: UnixTime) -> UnixTime {
    match failures {
        STEP => now + 5 * 60,
        6 => now + 60 * 60,
        _ => 0,
    }
}

/// Whether the count stands on a step of the ladder: the last PIN locked.
pub(super) fn locks(failures: u32) -> bool {
    failures > 0 && failures.is_multiple_of(STEP)
}

/// Wrong PINs allowed before the next lock, the last one counted as wrong.
pub(super) fn tries_left(failures: u32) -> u32 {
    if locks(failures) || failures >= LAST { 0 } else { STEP - failures % STEP }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_six_and_nine_lock() {
        let locks: Vec<i64> = (0..=9).map(|failures| lock_after(failures, 1000)).collect();
        assert_eq!(locks, [0, 0, 0, 1300, 0, 0, 4600, 0, 0, 0]);
        assert_eq!(standing(9, 0, 1000), Standing::LockedForGood);
        assert_eq!(standing(12, 0, 1000), Standing::LockedForGood);
    }

    #[test]
    fn a_lock_ends_at_its_time_and_the_count_goes_on() {
        assert_eq!(standing(3, 1300, 1299), Standing::LockedUntil(1300));
        assert_eq!(standing(3, 1300, 1300), Standing::Open { tries_left: 3 });
        assert_eq!(standing(4, 1300, 1300), Standing::Open { tries_left: 2 });
    }

    #[test]
    fn a_try_counts_as_wrong_until_it_proves_right() {
        let left: Vec<u32> = (1..=9).map(tries_left).collect();
        assert_eq!(left, [2, 1, 0, 2, 1, 0, 2, 1, 0]);
    }

    #[test]
    fn fewer_than_ten_guesses_are_ever_answered() {
        let mut answered = 0;
        let mut now = 0;
        let (mut failures, mut locked_until) = (0, 0);
        for _ in 0..1_000_000 {
            now += 60;
            if let Standing::Open { .. } = standing(failures, locked_until, now) {
                answered += 1;
                failures += 1;
                locked_until = lock_after(failures, now);
            }
        }
        assert_eq!(answered, 9);
    }
}
