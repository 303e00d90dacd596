//! Base64url without padding (RFC 4648 §5), strict: one text for each value.

use alloc::string::String;
use alloc::vec::Vec;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Writes bytes as base64url without padding.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut group = 0u32;
        for (byte, shift) in chunk.iter().zip([16u32, 8, 0]) {
            group |= u32::from(*byte) << shift;
        }
        for shift in [18u32, 12, 6, 0].into_iter().take(chunk.len() + 1) {
            let digit = ALPHABET.get((group >> shift & 63) as usize);
            text.push(char::from(digit.copied().unwrap_or(b'A')));
        }
    }
    text
}

/// Reads base64url. Padding, stray characters and non-zero spare bits are
/// refused, so that a token has one spelling only.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for chunk in text.as_bytes().chunks(4) {
        let mut group = 0u32;
        for digit in chunk {
            group = group << 6 | value(*digit)?;
        }
        let kept: usize = match chunk.len() {
            4 => 3,
            3 => 2,
            2 => 1,
            _ => return None,
        };
        group <<= 6 * (4 - chunk.len() as u32);
        if group & (0xff_ffff >> (8 * kept)) != 0 {
            return None;
        }
        for shift in [16u32, 8, 0].into_iter().take(kept) {
            bytes.push((group >> shift & 255) as u8);
        }
    }
    Some(bytes)
}

fn value(digit: u8) -> Option<u32> {
    Some(u32::from(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_vectors_of_rfc_4648_hold_without_padding() {
        for (plain, text) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(plain.as_bytes()), text);
            assert_eq!(decode(text).as_deref(), Some(plain.as_bytes()));
        }
    }

    #[test]
    fn a_second_spelling_is_refused() {
        for text in ["Zg==", "Zh", "Zm9", "Z", "Zm+v", "Zm/v", "Zm 9v", "Zm9v\n", "é"] {
            assert_eq!(decode(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }

        #[test]
        fn what_is_read_has_one_spelling(text in "[A-Za-z0-9_-]{0,60}") {
            if let Some(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }
    }
}
