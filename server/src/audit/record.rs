//! One record: what happened together, under a MAC that covers the one before.
//!
//! Its body is lines of JSON. The first says where it stands, the others are
//! events. As the place is inside, a record that was moved still says where it
//! belongs.

use aws_lc_rs::hmac;
use serde::{Deserialize, Serialize};

use crate::secret::base64url;

/// Where a record stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) chain: String,
    pub(super) number: i64,
    /// Milliseconds.
    pub(super) at: i64,
    /// The MAC of the record before, base64url; empty in the first.
    pub(super) previous: String,
}

/// A record, as it lies in its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) chain: String,
    pub(super) number: i64,
    pub(super) at: i64,
    pub(super) body: String,
    pub(super) mac: Vec<u8>,
}

impl Record {
    /// Writes one.
    pub(super) fn write(key: &hmac::Key, place: Place, lines: &[String]) -> Self {
        let mut body = serde_json::to_string(&place).expect("a place is plain words");
        body.reserve(lines.iter().map(|line| line.len() + 1).sum());
        for line in lines {
            body.push('\n');
            body.push_str(line);
        }
        let mac = hmac::sign(key, body.as_bytes()).as_ref().to_vec();
        Self { chain: place.chain, number: place.number, at: place.at, body, mac }
    }

    /// Where it says that it belongs; nothing when we did not write it so.
    pub(super) fn place(&self, key: &hmac::Key) -> Option<Place> {
        hmac::verify(key, self.body.as_bytes(), &self.mac).ok()?;
        serde_json::from_str(self.body.lines().next()?).ok()
    }

    /// Its events, one JSON object each.
    pub(super) fn events(&self) -> impl Iterator<Item = &str> {
        self.body.lines().skip(1)
    }

    /// Its MAC in base64url.
    pub(super) fn name(&self) -> String {
        base64url(&self.mac)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place { chain: "c".into(), number: 1, at: 5, previous: "p".into() }
    }

    #[test]
    fn a_record_is_good_as_it_was_written_and_with_no_bit_changed() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &[1; 32]);
        let record = Record::write(&key, place(), &[r#"{"event":"login"}"#.into()]);
        assert_eq!(record.place(&key), Some(place()));
        assert_eq!(record.events().collect::<Vec<_>>(), [r#"{"event":"login"}"#]);

        let other = hmac::Key::new(hmac::HMAC_SHA256, &[2; 32]);
        assert_eq!(record.place(&other), None);
        for at in 0..record.body.len() {
            let mut body = record.body.clone().into_bytes();
            body[at] ^= 1;
            let altered = Record { body: String::from_utf8(body).unwrap(), ..record.clone() };
            assert_eq!(altered.place(&key), None);
        }
        let cut = Record { mac: record.mac[..31].to_vec(), ..record };
        assert_eq!(cut.place(&key), None);
    }
}
