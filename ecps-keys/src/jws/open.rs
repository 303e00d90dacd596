//! Reading a message: strict about its form, and deaf to any key that it
//! might bring along.

use openpsc_protocol::ecps::{MessageSignature, ProtectedHeader, PublicKey, SignedMessage};
use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use serde::de::DeserializeOwned;

use super::MAX_PAYLOAD;
use crate::{base64url, public_key};

/// Why a message is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOpened {
    /// Not of the form asked for, and how.
    #[error("the message is malformed: {0}")]
    Malformed(&'static str),
    /// The signatures are not those of the keys asked for, in their order.
    #[error("the message is not signed by the keys asked for")]
    WrongKeys,
    /// The signature said to be of this key is not.
    #[error("the signature of {kid} is wrong")]
    BadSignature {
        /// The first key whose signature failed; those before it held.
        kid: String,
    },
}

/// Verifies every signature and returns the payload. The signatures must be
/// exactly those of `keys`, in that order; the first that fails is named.
pub fn open<T: DeserializeOwned>(
    message: &SignedMessage,
    typ: &str,
    keys: &[(&str, &PublicKey)],
) -> Result<T, NotOpened> {
    let kids: Vec<&str> = keys.iter().map(|(kid, _)| *kid).collect();
    let Some(((_, first), others)) = keys.split_first() else { return Err(NotOpened::WrongKeys) };
    let opened = open_in_steps(message, typ, &kids, first)?;
    for (kid, key) in others {
        opened.verify(kid, key)?;
    }
    Ok(opened.payload)
}

/// A message whose first signature holds.
#[derive(Debug)]
pub struct Opened<'a, T> {
    /// What was signed.
    pub payload: T,
    message: &'a SignedMessage,
    kids: Vec<String>,
}

/// Verifies the first signature only: the rest of the rules may stand between
/// it and [`Opened::verify`] for the others. The form of all is checked here.
pub fn open_in_steps<'a, T: DeserializeOwned>(
    message: &'a SignedMessage,
    typ: &str,
    kids: &[&str],
    first: &PublicKey,
) -> Result<Opened<'a, T>, NotOpened> {
    if message.signatures.len() != kids.len() {
        return Err(NotOpened::WrongKeys);
    }
    for (signature, kid) in message.signatures.iter().zip(kids) {
        if header(&signature.protected, typ)?.kid != *kid {
            return Err(NotOpened::WrongKeys);
        }
    }
    let (Some(signature), Some(kid)) = (message.signatures.first(), kids.first()) else {
        return Err(NotOpened::WrongKeys);
    };
    verify(signature, &message.payload, kid, first)?;
    let kids = kids.iter().map(|kid| (*kid).to_owned()).collect();
    Ok(Opened { payload: payload(&message.payload)?, message, kids })
}

impl<T> Opened<'_, T> {
    /// Verifies the signature of a further key.
    pub fn verify(&self, kid: &str, key: &PublicKey) -> Result<(), NotOpened> {
        let at = self.kids.iter().position(|known| known == kid).ok_or(NotOpened::WrongKeys)?;
        let signature = self.message.signatures.get(at).ok_or(NotOpened::WrongKeys)?;
        verify(signature, &self.message.payload, kid, key)
    }
}

/// Whose a compact text claims to be: to look the key up. Believe nothing
/// until [`open_compact`] has verified it.
pub fn compact_kid(text: &str, typ: &str) -> Result<String, NotOpened> {
    let (protected, _, _) = parts(text)?;
    Ok(header(protected, typ)?.kid)
}

/// Verifies a compact text with whichever of `keys` its `kid` names.
pub fn open_compact<T: DeserializeOwned>(
    text: &str,
    typ: &str,
    keys: &[(&str, &PublicKey)],
) -> Result<T, NotOpened> {
    let (protected, body, signature) = parts(text)?;
    let claimed = header(protected, typ)?.kid;
    let (kid, key) = keys.iter().find(|(kid, _)| *kid == claimed).ok_or(NotOpened::WrongKeys)?;
    let signature = MessageSignature { protected: protected.into(), signature: signature.into() };
    verify(&signature, body, kid, key)?;
    payload(body)
}

fn parts(text: &str) -> Result<(&str, &str, &str), NotOpened> {
    let mut parts = text.split('.');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(protected), Some(payload), Some(signature), None) => {
            Ok((protected, payload, signature))
        }
        _ => Err(NotOpened::Malformed("not three parts")),
    }
}

/// Exactly `alg`, `typ` and `kid`: `crit`, `jwk`, `jku` and the like are
/// unknown members, and those are refused.
fn header(protected: &str, typ: &str) -> Result<ProtectedHeader, NotOpened> {
    let bytes = base64url(protected, "the header is not base64url")?;
    let header: ProtectedHeader = serde_json::from_slice(&bytes)
        .map_err(|_| NotOpened::Malformed("the header is not alg, typ and kid"))?;
    if header.alg != "ES256" {
        return Err(NotOpened::Malformed("alg is not ES256"));
    }
    if header.typ != typ {
        return Err(NotOpened::Malformed("typ is that of another message"));
    }
    Ok(header)
}

fn payload<T: DeserializeOwned>(encoded: &str) -> Result<T, NotOpened> {
    let bytes = base64url(encoded, "the payload is not base64url")?;
    serde_json::from_slice(&bytes)
        .map_err(|_| NotOpened::Malformed("the payload is not what its typ says"))
}

fn base64url(encoded: &str, complaint: &'static str) -> Result<Vec<u8>, NotOpened> {
    if encoded.len() > MAX_PAYLOAD {
        return Err(NotOpened::Malformed("more than 8 KB"));
    }
    base64url::decode(encoded).ok_or(NotOpened::Malformed(complaint))
}

fn verify(
    signature: &MessageSignature,
    payload: &str,
    kid: &str,
    key: &PublicKey,
) -> Result<(), NotOpened> {
    let refusal = || NotOpened::BadSignature { kid: kid.to_owned() };
    if payload.len() > MAX_PAYLOAD {
        return Err(NotOpened::Malformed("more than 8 KB"));
    }
    let key: VerifyingKey = public_key::verifying(key).map_err(|_| refusal())?;
    let raw = base64url::decode_exactly::<64>(&signature.signature).ok_or_else(refusal)?;
    let raw = Signature::from_slice(&raw).map_err(|_| refusal())?;
    let input = format!("{}.{payload}", signature.protected);
    key.verify(input.as_bytes(), &raw).map_err(|_| refusal())
}

#[cfg(test)]
mod tests;
