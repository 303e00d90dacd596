//! The nonce that a phone's next proof must repeat.
//!
//! It is a time and chance under the server's own tag, so that giving one
//! writes nothing; only a spent one is remembered, until it would be too old
//! anyway.

use crate::{
    clock::UnixTime,
    secret::{self, Sealer},
};

/// How long a nonce is good, in seconds.
pub(super) const LIFETIME: i64 = 60;

const PURPOSE: &str = "ecps-nonce";

/// Draws one.
pub(super) fn draw(sealer: &Sealer, now: UnixTime) -> String {
    let body = format!("{now}.{}", secret::base64url(&secret::random_bytes::<16>()));
    let tag = sealer.tag(PURPOSE, &body);
    format!("{body}.{tag}")
}

/// Whether this server drew it less than a minute ago.
pub(super) fn is_fresh(sealer: &Sealer, nonce: &str, now: UnixTime) -> bool {
    let Some((body, tag)) = nonce.rsplit_once('.') else { return false };
    if !secret::same(&sealer.tag(PURPOSE, body), tag) {
        return false;
    }
    let drawn = body.split_once('.').and_then(|(time, _)| time.parse::<UnixTime>().ok());
    // Two nodes rarely agree to the second.
    drawn.is_some_and(|drawn| drawn <= now + 2 && now - drawn < LIFETIME)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(seed: u8) -> Sealer {
        Sealer::new(&[seed; 32]).unwrap()
    }

    #[test]
    fn a_nonce_is_good_for_a_minute() {
        let nonce = draw(&sealer(1), 1000);
        assert!(is_fresh(&sealer(1), &nonce, 1000));
        assert!(is_fresh(&sealer(1), &nonce, 1059));
        assert!(!is_fresh(&sealer(1), &nonce, 1060));
    }

    #[test]
    fn an_invented_nonce_is_refused() {
        let nonce = draw(&sealer(1), 1000);
        assert!(!is_fresh(&sealer(2), &nonce, 1000));
        assert!(!is_fresh(&sealer(1), &nonce.replace("1000.", "1030."), 1030));
        for bad in ["", ".", "1000", "1000.x.y"] {
            assert!(!is_fresh(&sealer(1), bad, 1000), "{bad}");
        }
    }

    #[test]
    fn no_nonce_comes_twice() {
        assert_ne!(draw(&sealer(1), 1000), draw(&sealer(1), 1000));
    }
}
