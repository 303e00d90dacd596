//! Writing a message: one payload, then a signature for each key.

use openpsc_protocol::ecps::{MessageSignature, ProtectedHeader, SignedMessage};
use serde::Serialize;

use crate::base64url;

/// A payload that waits for its signatures.
///
/// Signing is left to the caller, because WebCrypto signs asynchronously.
pub struct Draft {
    typ: &'static str,
    payload: String,
    signatures: Vec<MessageSignature>,
}

impl Draft {
    /// Fixes the bytes that will be signed.
    pub fn new(typ: &'static str, payload: &impl Serialize) -> Result<Self, serde_json::Error> {
        let payload = base64url::encode(serde_json::to_vec(payload)?);
        Ok(Self { typ, payload, signatures: Vec::new() })
    }

    /// What the key called `kid` must sign with ES256.
    pub fn signing_input(&self, kid: &str) -> String {
        format!("{}.{}", self.header(kid), self.payload)
    }

    /// Adds the raw 64 bytes r‖s that `kid` made over [`Self::signing_input`].
    pub fn signed(mut self, kid: &str, signature: &[u8; 64]) -> Self {
        let protected = self.header(kid);
        self.signatures
            .push(MessageSignature { protected, signature: base64url::encode(signature) });
        self
    }

    /// Signs at once, with a key that is at hand.
    pub fn sign(self, kid: &str, sign: impl FnOnce(&[u8]) -> [u8; 64]) -> Self {
        let signature = sign(self.signing_input(kid).as_bytes());
        self.signed(kid, &signature)
    }

    /// The general JSON serialisation.
    pub fn into_message(self) -> SignedMessage {
        SignedMessage { payload: self.payload, signatures: self.signatures }
    }

    /// The compact serialisation; `None` unless there is exactly one signature.
    pub fn into_compact(self) -> Option<String> {
        let [only] = self.signatures.as_slice() else { return None };
        Some(format!("{}.{}.{}", only.protected, self.payload, only.signature))
    }

    fn header(&self, kid: &str) -> String {
        let header = ProtectedHeader { alg: "ES256".into(), typ: self.typ.into(), kid: kid.into() };
        base64url::encode(
            serde_json::to_vec(&header).expect("three strings always have a JSON form"),
        )
    }
}
