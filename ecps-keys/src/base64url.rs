//! base64url without padding, read strictly (RFC 7515 §2).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand_core::{CryptoRng, RngCore};

/// Bytes as text.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Text as bytes; padding, other alphabets and stray trailing bits are refused.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Text as exactly `N` bytes.
pub fn decode_exactly<const N: usize>(text: &str) -> Option<[u8; N]> {
    decode(text)?.try_into().ok()
}

/// 128 random bits: an id that nobody guesses and that never comes twice.
pub fn random_id(rng: &mut (impl CryptoRng + RngCore)) -> String {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_spelling_is_read() {
        assert_eq!(decode("_-8"), Some(vec![0xff, 0xef]));
        for bad in ["_-8=", "/+8", "_-9", "_ 8", "A"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_wrong_length_is_refused() {
        assert_eq!(decode_exactly::<2>("_-8"), Some([0xff, 0xef]));
        assert_eq!(decode_exactly::<3>("_-8"), None);
    }
}
