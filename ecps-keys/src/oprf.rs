//! RFC 9497: the oblivious pseudorandom function OPRF(P-256, SHA-256), mode 0.
//!
//! The phone learns `F(key, input)` and the server learns nothing about the
//! input, not even whether two calls were about the same one.

use p256::{
    NistP256, NonZeroScalar, ProjectivePoint, PublicKey, Scalar,
    elliptic_curve::{
        group::Group,
        hash2curve::{ExpandMsgXmd, GroupDigest},
        sec1::ToEncodedPoint,
    },
};
use rand_core::{CryptoRng, RngCore};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// `"OPRFV1-" ‖ mode 0 ‖ "-P256-SHA256"` behind each of its three uses.
const HASH_TO_GROUP: &[u8] = b"HashToGroup-OPRFV1-\x00-P256-SHA256";
const DERIVE_KEY_PAIR: &[u8] = b"DeriveKeyPairOPRFV1-\x00-P256-SHA256";

/// The other side sent something that is not a point to work with: of the
/// wrong length, off the curve, or the identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a compressed point of P-256, or the identity")]
pub struct InvalidElement;

/// What the phone remembers between blinding and finalizing: good once.
/// Zeroised when dropped.
pub struct Blinding(Zeroizing<Scalar>);

/// Hides `input`; the 33 bytes go to the server.
pub fn blind(input: &[u8], rng: &mut (impl CryptoRng + RngCore)) -> (Blinding, [u8; 33]) {
    blind_with(input, *NonZeroScalar::random(rng))
}

fn blind_with(input: &[u8], blind: Scalar) -> (Blinding, [u8; 33]) {
    let point = NistP256::hash_from_bytes::<ExpandMsgXmd<Sha256>>(&[input], &[HASH_TO_GROUP])
        .expect("the domain separation tag is neither empty nor too long");
    let blinded = serialize(&(point * blind))
        .expect("hashing to the identity would take 2^255 tries, and the blind is not zero");
    (Blinding(Zeroizing::new(blind)), blinded)
}

impl Blinding {
    /// Takes the server's answer and gives the function's output.
    pub fn finalize(
        self,
        input: &[u8],
        evaluated: &[u8],
    ) -> Result<Zeroizing<[u8; 32]>, InvalidElement> {
        let evaluated = deserialize(evaluated)?;
        let inverse =
            Zeroizing::new(Option::<Scalar>::from(self.0.invert()).ok_or(InvalidElement)?);
        let unblinded = Zeroizing::new(serialize(&(evaluated * *inverse))?);
        // The PIN is six digits; no input of this product comes near 64 KiB.
        let input_length = u16::try_from(input.len()).map_err(|_| InvalidElement)?;

        let digest = Sha256::new()
            .chain_update(input_length.to_be_bytes())
            .chain_update(input)
            .chain_update(33_u16.to_be_bytes())
            .chain_update(unblinded.as_slice())
            .chain_update(b"Finalize")
            .finalize();
        Ok(Zeroizing::new(digest.into()))
    }
}

/// The server's key for one phone's PIN. Derived for each call, never stored,
/// zeroised when dropped.
pub struct EvaluationKey(Zeroizing<Scalar>);

impl EvaluationKey {
    /// RFC 9497 §3.2.1 `DeriveKeyPair`: the same `seed` and `info` give the
    /// same key. `seed` has at least 32 bytes; `info` is at most 65535.
    pub fn derive(seed: &[u8], info: &[u8]) -> Self {
        debug_assert!(seed.len() >= 32, "a seed shorter than the key weakens every PIN");
        let info_length = u16::try_from(info.len()).expect("info is a device id and a version");
        for counter in 0..=u8::MAX {
            let scalar = NistP256::hash_to_scalar::<ExpandMsgXmd<Sha256>>(
                &[seed, &info_length.to_be_bytes(), info, &[counter]],
                &[DERIVE_KEY_PAIR],
            )
            .expect("the domain separation tag is neither empty nor too long");
            if scalar != Scalar::ZERO {
                return Self(Zeroizing::new(scalar));
            }
        }
        unreachable!("256 digests in a row would have to be zero modulo the order");
    }

    /// Evaluates at a blinded element; refuses what is not a usable point.
    pub fn evaluate(&self, blinded: &[u8]) -> Result<[u8; 33], InvalidElement> {
        serialize(&(deserialize(blinded)? * *self.0))
    }
}

fn serialize(point: &ProjectivePoint) -> Result<[u8; 33], InvalidElement> {
    point.to_affine().to_encoded_point(true).as_bytes().try_into().map_err(|_| InvalidElement)
}

/// RFC 9497 §4.3 `DeserializeElement`: compressed only, on the curve, never
/// the identity.
fn deserialize(bytes: &[u8]) -> Result<ProjectivePoint, InvalidElement> {
    if bytes.len() != 33 {
        return Err(InvalidElement);
    }
    let point = PublicKey::from_sec1_bytes(bytes).map_err(|_| InvalidElement)?.to_projective();
    if bool::from(point.is_identity()) {
        return Err(InvalidElement);
    }
    Ok(point)
}

#[cfg(test)]
mod tests {
    use p256::elliptic_curve::PrimeField;
    use rand_core::OsRng;

    use super::*;

    fn bytes<const N: usize>(hex: &str) -> [u8; N] {
        let pairs = hex.as_bytes().chunks(2);
        let bytes: Vec<u8> = pairs
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect();
        bytes.try_into().unwrap()
    }

    /// RFC 9497 A.3.1.
    fn key() -> EvaluationKey {
        EvaluationKey::derive(&[0xa3; 32], b"test key")
    }

    fn vector(input: &[u8], blinded: &str, evaluated: &str, output: &str) {
        let blind = bytes::<32>("3338fa65ec36e0290022b48eb562889d89dbfa691d1cde91517fa222ed7ad364");
        let blind = Option::<Scalar>::from(Scalar::from_repr(blind.into())).unwrap();

        let (blinding, element) = blind_with(input, blind);
        assert_eq!(element, bytes::<33>(blinded));
        let element = key().evaluate(&element).unwrap();
        assert_eq!(element, bytes::<33>(evaluated));
        assert_eq!(*blinding.finalize(input, &element).unwrap(), bytes::<32>(output));
    }

    #[test]
    fn the_key_is_that_of_rfc_9497_a_3_1() {
        let expected = "159749d750713afe245d2d39ccfaae8381c53ce92d098a9375ee70739c7ac0bf";
        assert_eq!(<[u8; 32]>::from(key().0.to_repr()), bytes::<32>(expected));
    }

    #[test]
    fn rfc_9497_a_3_1_1() {
        vector(
            &[0],
            "03723a1e5c09b8b9c18d1dcbca29e8007e95f14f4732d9346d490ffc195110368d",
            "030de02ffec47a1fd53efcdd1c6faf5bdc270912b8749e783c7ca75bb412958832",
            "a0b34de5fa4c5b6da07e72af73cc507cceeb48981b97b7285fc375345fe495dd",
        );
    }

    #[test]
    fn rfc_9497_a_3_1_2() {
        vector(
            &[0x5a; 17],
            "03cc1df781f1c2240a64d1c297b3f3d16262ef5d4cf102734882675c26231b0838",
            "03a0395fe3828f2476ffcd1f4fe540e5a8489322d398be3c4e5a869db7fcb7c52c",
            "c748ca6dd327f0ce85f4ae3a8cd6d4d5390bbb804c9e12dcf94f853fece3dcce",
        );
    }

    #[test]
    fn two_blindings_of_one_input_look_unrelated_and_agree() {
        let ((first, a), (second, b)) =
            (blind(b"142857", &mut OsRng), blind(b"142857", &mut OsRng));
        assert_ne!(a, b);
        let (a, b) = (key().evaluate(&a).unwrap(), key().evaluate(&b).unwrap());
        let outputs = (first.finalize(b"142857", &a), second.finalize(b"142857", &b));
        assert_eq!(outputs.0, outputs.1);
    }

    #[test]
    fn the_identity_is_refused() {
        // SEC 1 writes the identity as one zero byte; some pad it.
        assert_eq!(key().evaluate(&[0]), Err(InvalidElement));
        assert_eq!(key().evaluate(&[0; 33]), Err(InvalidElement));
    }

    #[test]
    fn a_point_off_the_curve_is_refused() {
        let (_, good) = blind(b"x", &mut OsRng);
        let off_curve = (0..=u8::MAX).find_map(|last| {
            let mut element = good;
            element[32] = last;
            key().evaluate(&element).err()
        });
        assert_eq!(off_curve, Some(InvalidElement));

        let mut field_overflow = [0xff; 33];
        field_overflow[0] = 2;
        assert_eq!(key().evaluate(&field_overflow), Err(InvalidElement));
    }

    #[test]
    fn an_uncompressed_point_is_refused() {
        let point = ProjectivePoint::GENERATOR.to_affine().to_encoded_point(false);
        assert_eq!(key().evaluate(point.as_bytes()), Err(InvalidElement));
    }

    #[test]
    fn a_phone_refuses_a_bad_evaluation() {
        let (blinding, _) = blind(b"x", &mut OsRng);
        assert_eq!(blinding.finalize(b"x", &[0; 33]).err(), Some(InvalidElement));
    }
}
