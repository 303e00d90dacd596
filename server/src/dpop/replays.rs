//! How many proofs may be remembered: what a flood writes has an end
//! (RFC 9449 §11.1).

use std::sync::{Mutex, PoisonError};

use crate::clock::UnixTime;

/// Proofs of this minute, on this node.
#[derive(Debug, Default)]
pub struct Replays(Mutex<(i64, u32)>);

impl Replays {
    /// Takes one, or says in how many seconds to come back.
    pub(super) fn take(&self, most: u32, now: UnixTime) -> Result<(), i64> {
        let minute = now.div_euclid(60);
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.0 != minute {
            *counted = (minute, 0);
        }
        if counted.1 >= most {
            return Err((minute + 1) * 60 - now);
        }
        counted.1 += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_holds_so_many_and_the_next_begins_anew() {
        let replays = Replays::default();
        assert_eq!(replays.take(2, 60), Ok(()));
        assert_eq!(replays.take(2, 90), Ok(()));
        assert_eq!(replays.take(2, 100), Err(20));
        assert_eq!(replays.take(2, 120), Ok(()));
    }
}
