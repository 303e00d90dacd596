//! Nonces without memory: a tag over the minute, so that every node makes and
//! knows the same ones (RFC 9449 §8).

use crate::{
    clock::UnixTime,
    secret::{Sealer, same},
};

/// A nonce is given during so many seconds, and good as long again.
const PERIOD: i64 = 60;

/// The nonce to give now.
pub(super) fn current(sealer: &Sealer, now: UnixTime) -> String {
    of(sealer, now.div_euclid(PERIOD))
}

/// Whether a nonce is ours and young; another node's clock may be a little
/// ahead.
pub(super) fn is_good(sealer: &Sealer, nonce: &str, now: UnixTime) -> bool {
    let period = now.div_euclid(PERIOD);
    (period - 1..=period + 1).any(|period| same(&of(sealer, period), nonce))
}

/// The key behind the nonces changes every hour.
fn of(sealer: &Sealer, period: i64) -> String {
    let key = sealer.tag("dpop nonce key", &period.div_euclid(60).to_string());
    sealer.tag("dpop nonce", &format!("{key} {period}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_good_for_a_minute_or_two_and_only_here() {
        let sealer = |seed| Sealer::new(&[seed; 32]).unwrap();
        let nonce = current(&sealer(1), 3659);
        assert!(is_good(&sealer(1), &nonce, 3600));
        assert!(is_good(&sealer(1), &nonce, 3719));
        assert!(!is_good(&sealer(1), &nonce, 3720));
        assert!(is_good(&sealer(1), &nonce, 3599), "a node that is a second behind");
        assert!(!is_good(&sealer(2), &nonce, 3659));
        assert!(!is_good(&sealer(1), "", 3659));
    }
}
