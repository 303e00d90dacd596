//! K2: the key that exists only while a person's PIN is at hand.

use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use openpsc_protocol::ecps::PublicKey;
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::public_key;

/// The input of the OPRF: `len ‖ PIN ‖ device_id`. The length keeps two
/// different pairs from giving the same bytes.
pub fn pin_input(pin: &str, device_id: &str) -> Zeroizing<Vec<u8>> {
    let length = u8::try_from(pin.len()).unwrap_or(u8::MAX);
    let mut input = Zeroizing::new(Vec::with_capacity(1 + pin.len() + device_id.len()));
    input.push(length);
    input.extend_from_slice(pin.as_bytes());
    input.extend_from_slice(device_id.as_bytes());
    input
}

/// HKDF-Extract with the phone's secret as salt, which is one HMAC-SHA-256: a
/// browser computes it with a WebCrypto key that no script can read.
pub fn prk(dev_secret: &[u8; 32], oprf_output: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(dev_secret).expect("HMAC takes a key of any length");
    mac.update(oprf_output);
    Zeroizing::new(mac.finalize().into_bytes().into())
}

/// Says *this person's PIN*. Zeroised when dropped; make it, sign, let it go.
pub struct KnowledgeKey(SigningKey);

impl KnowledgeKey {
    /// HKDF-Expand with `info = "openpsc pin key v1" ‖ i`, for i = 0, 1, …
    /// until the value lies in [1, n-1]. The first nearly always does.
    pub fn from_prk(prk: &[u8; 32]) -> Self {
        let hkdf = Hkdf::<Sha256>::from_prk(prk).expect("32 bytes are what SHA-256 asks for");
        for i in 0..=u8::MAX {
            let mut candidate = Zeroizing::new([0; 32]);
            hkdf.expand_multi_info(&[b"openpsc pin key v1", &[i]], candidate.as_mut_slice())
                .expect("32 bytes are one block");
            if let Ok(key) = SigningKey::from_slice(candidate.as_slice()) {
                return Self(key);
            }
        }
        unreachable!("256 digests in a row would have to exceed the order, each at 2^-32");
    }

    /// The raw 64 bytes r‖s, ES256.
    pub fn sign(&self, input: &[u8]) -> [u8; 64] {
        let signature: Signature = self.0.sign(input);
        signature.to_bytes().into()
    }

    /// Its public half: what the server keeps.
    pub fn public_key(&self) -> PublicKey {
        public_key::on_the_wire(self.0.verifying_key())
    }
}

#[cfg(test)]
mod tests {
    use rand_core::OsRng;

    use super::*;
    use crate::oprf::{self, EvaluationKey};

    fn key(pin: &str, device_id: &str, dev_secret: [u8; 32], seed: u8) -> PublicKey {
        let input = pin_input(pin, device_id);
        let (blinding, blinded) = oprf::blind(&input, &mut OsRng);
        let evaluated = EvaluationKey::derive(&[seed; 32], b"i").evaluate(&blinded).unwrap();
        let output = blinding.finalize(&input, &evaluated).unwrap();
        KnowledgeKey::from_prk(&prk(&dev_secret, &output)).public_key()
    }

    #[test]
    fn the_same_pin_gives_the_same_key() {
        assert_eq!(key("142857", "d", [1; 32], 2), key("142857", "d", [1; 32], 2));
    }

    #[test]
    fn pin_phone_secret_and_seed_each_change_the_key() {
        let right = key("142857", "d", [1; 32], 2);
        assert_ne!(right, key("142858", "d", [1; 32], 2));
        assert_ne!(right, key("142857", "e", [1; 32], 2));
        assert_ne!(right, key("142857", "d", [9; 32], 2));
        assert_ne!(right, key("142857", "d", [1; 32], 9));
    }

    #[test]
    fn a_pin_does_not_run_into_the_device_id() {
        assert_ne!(pin_input("1234", "56"), pin_input("123456", ""));
        assert_eq!(pin_input("12", "d").as_slice(), b"\x0212d");
    }

    #[test]
    fn the_extract_is_that_of_hkdf() {
        let (expected, _) = Hkdf::<Sha256>::extract(Some(&[7; 32]), &[9; 32]);
        assert_eq!(*prk(&[7; 32], &[9; 32]), <[u8; 32]>::from(expected));
    }
}
