//! The code on a screen: it changes with time, so that a photograph of it is
//! soon worth nothing.

use hmac::{Hmac, Mac};
use openpsc_protocol::ecps::RotatingCode;
use sha2::Sha256;

use crate::base64url;

/// How far ahead of the server's clock a code may be, in seconds: two nodes
/// rarely agree to the second.
const AHEAD: i64 = 2;

/// Why a code is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeRefused {
    /// Was on the screen, but is too old, or not on it yet.
    #[error("the code is no longer on the screen")]
    Stale,
    /// Was never on the screen.
    #[error("the code was not drawn by this server")]
    Forged,
}

/// The code to show at `t`.
pub fn draw(id: &str, secret: &[u8], t: i64) -> RotatingCode {
    let digest = mac(secret, t).finalize().into_bytes();
    RotatingCode { id: id.into(), t, mac: base64url::encode(&digest[..16]) }
}

/// Whether a scanned code is one that was drawn at most `max_age` seconds ago.
pub fn check(
    code: &RotatingCode,
    secret: &[u8],
    now: i64,
    max_age: i64,
) -> Result<(), CodeRefused> {
    let given = base64url::decode_exactly::<16>(&code.mac).ok_or(CodeRefused::Forged)?;
    // Compared in constant time by the crate.
    mac(secret, code.t).verify_truncated_left(&given).map_err(|_| CodeRefused::Forged)?;

    let fresh = now.saturating_sub(max_age)..=now.saturating_add(AHEAD);
    if fresh.contains(&code.t) { Ok(()) } else { Err(CodeRefused::Stale) }
}

/// HMAC-SHA-256 over `t` in decimal.
fn mac(secret: &[u8], t: i64) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(t.to_string().as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"sixteen or more bytes";

    #[test]
    fn a_code_is_taken_while_it_is_fresh() {
        let code = draw("id", SECRET, 1000);
        for now in [998, 1000, 1005] {
            assert_eq!(check(&code, SECRET, now, 5), Ok(()), "{now}");
        }
        for now in [997, 1006, i64::MAX, i64::MIN] {
            assert_eq!(check(&code, SECRET, now, 5), Err(CodeRefused::Stale), "{now}");
        }
    }

    #[test]
    fn a_photograph_with_a_newer_time_is_refused() {
        let code = RotatingCode { t: 1010, ..draw("id", SECRET, 1000) };
        assert_eq!(check(&code, SECRET, 1010, 5), Err(CodeRefused::Forged));
    }

    #[test]
    fn another_secret_or_a_cut_mac_is_refused() {
        let code = draw("id", SECRET, 1000);
        assert_eq!(check(&code, b"other", 1000, 5), Err(CodeRefused::Forged));
        let cut = RotatingCode { mac: code.mac[..2].into(), ..code };
        assert_eq!(check(&cut, SECRET, 1000, 5), Err(CodeRefused::Forged));
        let empty = RotatingCode { mac: String::new(), ..cut };
        assert_eq!(check(&empty, SECRET, 1000, 5), Err(CodeRefused::Forged));
    }
}
