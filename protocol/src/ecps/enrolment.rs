//! Enrolment: from a code on the portal to a phone that may approve.
//!
//! ```text
//! portal shows a code ─claim▶ claimed ─PIN▶ pin_set ─confirmed on the portal▶ active
//! ```

use serde::{Deserialize, Serialize};

use super::SignedMessage;

/// A P-256 public key (RFC 7517, RFC 7518 §6.2), these members only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicKey {
    /// Always `EC`.
    pub kty: String,
    /// Always `P-256`.
    pub crv: String,
    /// base64url of 32 bytes.
    pub x: String,
    /// base64url of 32 bytes.
    pub y: String,
}

/// What the portal's QR code or link carries: `{app}/#e=<id>.<t>.<mac>`.
///
/// The code on the screen changes every 15 s and is taken up to 45 s after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RotatingCode {
    /// What is being started, 128 bits.
    pub id: String,
    /// When this code was drawn.
    pub t: i64,
    /// HMAC-SHA-256 of `t` under the secret of `id`, its first 16 bytes.
    pub mac: String,
}

impl RotatingCode {
    /// As it stands in a fragment: `<id>.<t>.<mac>`.
    pub fn to_fragment(&self) -> String {
        format!("{}.{}.{}", self.id, self.t, self.mac)
    }

    /// Reads what [`Self::to_fragment`] wrote.
    pub fn from_fragment(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (id, t, mac) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || id.is_empty() || mac.is_empty() {
            return None;
        }
        Some(Self { id: id.into(), t: t.parse().ok()?, mac: mac.into() })
    }
}

/// E2: this phone takes the enrolment. The code burns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// As scanned.
    pub code: RotatingCode,
    /// K1.
    pub public_key: PublicKey,
    /// What the person will recognise this phone by, at most 60 characters.
    pub label: String,
    /// A [`ClaimProof`] signed by K1, one signature.
    pub proof: SignedMessage,
}

/// Binds the new key to this enrolment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimProof {
    /// The `id` of the code.
    pub enrol_id: String,
    /// From [`super::paths::NONCE`].
    pub nonce: String,
}

/// Answer to a [`Claim`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claimed {
    /// Names this phone from now on, 128 bits.
    pub device_id: String,
    /// How many digits the PIN must have.
    pub pin_length: u32,
    /// The issuer, to compare with `iss` of every challenge.
    pub issuer: String,
    /// The keys that sign challenges; pinned by the phone.
    pub server_keys: Vec<ServerKey>,
    /// Whose e-CPS this will be.
    pub person: Person,
    /// Never after this: birth date and identifiers, which a PIN must not repeat.
    #[serde(default)]
    pub forbidden_in_pin: Vec<String>,
}

/// A key that signs challenges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerKey {
    /// As in the challenge's header.
    pub kid: String,
    /// Its public half.
    #[serde(flatten)]
    pub key: PublicKey,
}

/// Whose e-CPS this is, for the screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// `given_name`.
    pub given_name: String,
    /// `family_name`.
    pub family_name: String,
    /// The national id, for instance `899700990015`.
    pub national_id: String,
}

/// E3: the PIN is chosen. Signed by K1 and the new K2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolPin {
    /// This phone.
    pub device_id: String,
    /// K2.
    pub public_key: PublicKey,
    /// RFC 7638 thumbprint of K1.
    pub thumb1: String,
    /// RFC 7638 thumbprint of K2.
    pub thumb2: String,
}

/// Answer to an [`EnrolPin`]. The phone shows the check value, computed by
/// itself, and waits until [`super::DeviceStatus::state`] is `active`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinSet {
    /// Always [`super::DeviceState::PinSet`].
    pub state: super::DeviceState,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_survives_the_fragment() {
        let code = RotatingCode { id: "abc".into(), t: 12, mac: "xyz".into() };
        assert_eq!(RotatingCode::from_fragment(&code.to_fragment()), Some(code));
        for bad in ["", "a.b.c", "a.1", "a.1.c.d", ".1.c", "a.1."] {
            assert_eq!(RotatingCode::from_fragment(bad), None, "{bad}");
        }
    }
}
