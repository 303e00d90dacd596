//! K1 in software: for phones that are programs. A browser keeps its own in
//! WebCrypto, where no script can read it.

use openpsc_protocol::ecps::PublicKey;
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use crate::public_key;

/// Says *this phone*. Zeroised when dropped.
#[derive(Clone)]
pub struct PossessionKey(SigningKey);

impl PossessionKey {
    /// A new key.
    pub fn random(rng: &mut (impl CryptoRng + RngCore)) -> Self {
        Self(SigningKey::random(rng))
    }

    /// What [`Self::to_bytes`] gave; `None` when it is no P-256 scalar.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        SigningKey::from_slice(bytes).ok().map(Self)
    }

    /// The private scalar, for a program that keeps its phone between runs.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes().into())
    }

    /// The raw 64 bytes r‖s, ES256.
    pub fn sign(&self, input: &[u8]) -> [u8; 64] {
        let signature: Signature = self.0.sign(input);
        signature.to_bytes().into()
    }

    /// Its public half.
    pub fn public_key(&self) -> PublicKey {
        public_key::on_the_wire(self.0.verifying_key())
    }
}

#[cfg(test)]
mod tests {
    use rand_core::OsRng;

    use super::*;

    #[test]
    fn a_kept_key_is_the_same_key() {
        let key = PossessionKey::random(&mut OsRng);
        let kept = PossessionKey::from_bytes(&key.to_bytes()).unwrap();
        assert_eq!(kept.public_key(), key.public_key());
        assert!(PossessionKey::from_bytes(&[0; 32]).is_none());
    }
}
