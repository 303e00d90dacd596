//! Chance that can be had again.

/// SplitMix64 (Steele, Lea and Flood, 2014).
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// All that follows comes from this number.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap()
    }

    /// One time of `n`.
    pub fn one_of(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Bytes of any kind.
    pub fn bytes(&mut self, most: usize) -> Vec<u8> {
        let length = self.below(most + 1);
        (0..length).map(|_| self.next().to_le_bytes()[0]).collect()
    }

    /// The same bytes with some of them changed, lost, doubled or cut.
    pub fn bent(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bent = bytes.to_vec();
        for _ in 0..=self.below(3) {
            let at = self.below(bent.len() + 1);
            match self.below(6) {
                0 if at < bent.len() => bent[at] ^= 1 << self.below(8),
                1 if at < bent.len() => {
                    bent.remove(at);
                }
                2 => bent.insert(at, self.next().to_le_bytes()[0]),
                3 => bent.truncate(at),
                4 => {
                    let end = at + self.below(bent.len() + 1 - at);
                    let piece = bent[at..end].to_vec();
                    bent.splice(at..at, piece);
                }
                _ => {
                    let piece = self.pick(INTERESTING).as_bytes().to_vec();
                    bent.splice(at..at, piece);
                }
            }
        }
        bent
    }
}

/// The mark of what must not come out as it went in.
pub(super) const MARK: &str = "<zq9\"'>";

/// Texts that parsers have stumbled over.
pub(super) const INTERESTING: &[&str] = &[
    "",
    "0",
    "-1",
    "9223372036854775808",
    "1e999",
    "null",
    "true",
    "[]",
    "{}",
    "[[[[[[[[",
    "\0",
    "\r\nzq9: 1",
    "\r\n\r\n<zq9\"'>",
    "%",
    "%00",
    "%0d%0azq9:1",
    "%ff",
    "%c0%ae",
    "+",
    "&",
    "=",
    ";",
    "#",
    "?",
    "..",
    "../../../etc/passwd",
    "\\",
    "//evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "http://[::1",
    "urn:ietf:params:oauth:request_uri:x",
    "<zq9\"'>",
    "\"><zq9\"'>",
    "{{7*7}}",
    "${7*7}",
    "' or '1'='1",
    "\u{202e}",
    "\u{feff}",
    "\u{1f600}",
    "é",
    "none",
    "login",
    "openid",
    "S256",
    "plain",
    "code",
    "query",
    "form_post",
    "jwt",
    "eidas9",
    "f:x:1",
    "899700990015",
    "agenda",
    "dossier",
    "Bearer",
    "Basic ",
    "DPoP",
    "e30.e30.",
    "a.b.c",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
];
