//! Public keys as the wire carries them, and the digests that name things.

use openpsc_protocol::ecps::PublicKey;
use p256::{EncodedPoint, ecdsa::VerifyingKey};
use sha2::{Digest, Sha256};

use crate::base64url;

/// Not a P-256 key: wrong type or curve, wrong length, or off the curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a public key of P-256")]
pub struct InvalidKey;

/// The key that verifies, once the point was found to be on the curve.
pub(crate) fn verifying(key: &PublicKey) -> Result<VerifyingKey, InvalidKey> {
    if key.kty != "EC" || key.crv != "P-256" {
        return Err(InvalidKey);
    }
    let x = base64url::decode_exactly::<32>(&key.x).ok_or(InvalidKey)?;
    let y = base64url::decode_exactly::<32>(&key.y).ok_or(InvalidKey)?;
    let point = EncodedPoint::from_affine_coordinates(&x.into(), &y.into(), false);
    VerifyingKey::from_encoded_point(&point).map_err(|_| InvalidKey)
}

/// The other way round.
pub(crate) fn on_the_wire(key: &VerifyingKey) -> PublicKey {
    let point = key.to_encoded_point(false);
    let (Some(x), Some(y)) = (point.x(), point.y()) else {
        unreachable!("a verifying key is never the identity, and the point is uncompressed");
    };
    PublicKey {
        kty: "EC".into(),
        crv: "P-256".into(),
        x: base64url::encode(x),
        y: base64url::encode(y),
    }
}

/// RFC 7638 thumbprint with SHA-256. Refuses what is not a key of P-256, so
/// that nothing else is ever given a name.
pub fn thumbprint(key: &PublicKey) -> Result<String, InvalidKey> {
    verifying(key)?;
    let PublicKey { crv, kty, x, y } = key;
    Ok(digest_b64(format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}","y":"{y}"}}"#)))
}

/// SHA-256 as base64url: `ch` of a challenge, `bh` of a body.
pub fn digest_b64(bytes: impl AsRef<[u8]>) -> String {
    base64url::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7515 A.3.1.
    pub(super) fn key() -> PublicKey {
        PublicKey {
            kty: "EC".into(),
            crv: "P-256".into(),
            x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU".into(),
            y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0".into(),
        }
    }

    #[test]
    fn a_key_survives_the_way_in_and_out() {
        assert_eq!(on_the_wire(&verifying(&key()).unwrap()), key());
    }

    #[test]
    fn a_thumbprint_is_of_the_members_in_order() {
        let canonical = concat!(
            r#"{"crv":"P-256","kty":"EC","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","#,
            r#""y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#
        );
        assert_eq!(thumbprint(&key()), Ok(digest_b64(canonical)));
    }

    #[test]
    fn what_is_not_a_key_of_p256_is_refused() {
        let other_curve = PublicKey { crv: "P-384".into(), ..key() };
        let other_type = PublicKey { kty: "OKP".into(), ..key() };
        let off_the_curve = PublicKey { y: key().x, ..key() };
        let padded = PublicKey { x: format!("{}=", key().x), ..key() };
        let short = PublicKey { x: base64url::encode([1; 31]), ..key() };
        for bad in [other_curve, other_type, off_the_curve, padded, short] {
            assert_eq!(thumbprint(&bad), Err(InvalidKey), "{bad:?}");
        }
    }

    #[test]
    fn a_digest_is_base64url_without_padding() {
        assert_eq!(digest_b64(""), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
    }
}
