//! Secrets: random ones, their digests, and what is sealed under the key that
//! lives outside the database.

use std::fmt;

use anyhow::{Context, bail};
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey},
    digest, hkdf, hmac,
    rand::{self, SecureRandom},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Text that must not be printed: a client secret, a key.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Hidden(String);

impl Hidden {
    /// The text itself: say at the call why it is needed.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Hidden {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("(hidden)")
    }
}

/// `N` bytes from the operating system's generator.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::SystemRandom::new().fill(&mut bytes).expect("the system's generator answers");
    bytes
}

/// A bearer secret or an unguessable id: 256 random bits, base64url.
pub fn random_token() -> String {
    base64url(&random_bytes::<32>())
}

/// base64url without padding.
pub fn base64url(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads base64url without padding; strict: no stray bit, no padding.
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}

/// SHA-256, base64url: how a secret is stored and looked up.
pub fn digest_of(secret: &str) -> String {
    base64url(digest::digest(&digest::SHA256, secret.as_bytes()).as_ref())
}

/// Compares without telling, by its time, where two texts differ.
pub fn same(left: &str, right: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(left.as_bytes(), right.as_bytes()).is_ok()
}

/// Seals and opens with keys derived from the key-encryption key.
pub struct Sealer {
    aead: RandomizedNonceKey,
    mac: hmac::Key,
}

impl Sealer {
    /// `key_encryption_key` comes from outside the database.
    pub fn new(key_encryption_key: &[u8; 32]) -> anyhow::Result<Self> {
        let aead = derive(key_encryption_key, "openpsc seal v1")?;
        let mac = derive(key_encryption_key, "openpsc mac v1")?;
        Ok(Self {
            aead: RandomizedNonceKey::new(&AES_256_GCM, &aead)
                .context("could not make the sealing key")?,
            mac: hmac::Key::new(hmac::HMAC_SHA256, &mac),
        })
    }

    /// Seals bytes for one purpose: what was sealed for another does not open.
    pub fn seal(&self, purpose: &'static str, plain: &[u8]) -> anyhow::Result<Vec<u8>> {
        let mut sealed = plain.to_vec();
        let nonce = self
            .aead
            .seal_in_place_append_tag(Aad::from(purpose), &mut sealed)
            .context("could not seal")?;
        let mut out = nonce.as_ref().to_vec();
        out.append(&mut sealed);
        Ok(out)
    }

    /// Opens what [`Self::seal`] made; nothing when it was altered.
    pub fn open(&self, purpose: &'static str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = sealed.split_at_checked(12)?;
        let mut buffer = rest.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let plain = self.aead.open_in_place(nonce, Aad::from(purpose), &mut buffer).ok()?;
        Some(plain.to_vec())
    }

    /// Seals a value into text that can travel in a URL or a cookie.
    pub fn seal_value<T: Serialize>(
        &self,
        purpose: &'static str,
        value: &T,
    ) -> anyhow::Result<String> {
        let plain = serde_json::to_vec(value).context("could not write what is sealed")?;
        Ok(base64url(&self.seal(purpose, &plain)?))
    }

    /// Opens what [`Self::seal_value`] made; nothing when it was altered.
    pub fn open_value<T: DeserializeOwned>(&self, purpose: &'static str, text: &str) -> Option<T> {
        serde_json::from_slice(&self.open(purpose, &from_base64url(text)?)?).ok()
    }

    /// A tag over `message` that only this server can make.
    pub fn tag(&self, purpose: &'static str, message: &str) -> String {
        let mut context = hmac::Context::with_key(&self.mac);
        context.update(purpose.as_bytes());
        context.update(&[0]);
        context.update(message.as_bytes());
        base64url(context.sign().as_ref())
    }
}

/// Derives 32 bytes for one use (HKDF-SHA-256).
pub fn derive(key: &[u8; 32], info: &'static str) -> anyhow::Result<[u8; 32]> {
    let mut out = [0; 32];
    hkdf::Salt::new(hkdf::HKDF_SHA256, b"openpsc")
        .extract(key)
        .expand(&[info.as_bytes()], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut out))
        .ok()
        .context("could not derive a key")?;
    Ok(out)
}

/// Reads a 256-bit key written as base64url or as 64 hexadecimal digits.
pub fn read_key(text: &str) -> anyhow::Result<[u8; 32]> {
    let text = text.trim();
    let bytes = if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        (0..64)
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16))
            .collect::<Result<Vec<_>, _>>()
            .context("not hexadecimal")?
    } else {
        from_base64url(text).context("neither base64url nor hexadecimal")?
    };
    match bytes.try_into() {
        Ok(key) => Ok(key),
        Err(_) => bail!("a key has 32 bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_opens_for_its_own_purpose_only() {
        let sealer = Sealer::new(&[7; 32]).unwrap();
        let sealed = sealer.seal("code", b"hello").unwrap();
        assert_eq!(sealer.open("code", &sealed).as_deref(), Some(&b"hello"[..]));
        assert_eq!(sealer.open("other", &sealed), None);
    }

    #[test]
    fn an_altered_seal_does_not_open() {
        let sealer = Sealer::new(&[7; 32]).unwrap();
        let mut sealed = sealer.seal("code", b"hello").unwrap();
        for at in 0..sealed.len() {
            sealed[at] ^= 1;
            assert_eq!(sealer.open("code", &sealed), None);
            sealed[at] ^= 1;
        }
        assert_eq!(sealer.open("code", &sealed[..4]), None);
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Hidden::from("s3cret")), "(hidden)");
    }

    #[test]
    fn a_key_is_read_in_both_spellings() {
        assert_eq!(read_key(&base64url(&[1; 32])).unwrap(), [1; 32]);
        assert_eq!(read_key(&"01".repeat(32)).unwrap(), [1; 32]);
        assert!(read_key("short").is_err());
    }
}
