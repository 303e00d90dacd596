//! K1 and the device secret: WebCrypto's, and not extractable. A script can
//! use them; it cannot take them away.

use js_sys::{Array, Object, Reflect, Uint8Array};
use openpsc_ecps_keys::jws::Draft;
use openpsc_protocol::ecps::{PublicKey, kid};
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, CryptoKeyPair, SubtleCrypto};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The keys that stay in the phone.
#[derive(Clone)]
pub(super) struct Keys {
    /// K1: ECDSA on P-256.
    pub(super) possession: CryptoKey,
    /// HMAC-SHA-256: what K2 is mixed with.
    pub(super) secret: CryptoKey,
}

/// New keys, and the public half of K1.
pub(super) async fn generate() -> Result<(Keys, PublicKey), Failure> {
    let usages = Array::of1(&"sign".into());
    let ecdsa = object(&[("name", "ECDSA"), ("namedCurve", "P-256")]);
    let pair = subtle()?.generate_key_with_object(&ecdsa, false, &usages).map_err(refused)?;
    let pair: CryptoKeyPair = settled(pair).await?.unchecked_into();
    let hmac = object(&[("name", "HMAC"), ("hash", "SHA-256")]);
    Reflect::set(&hmac, &"length".into(), &256.into()).map_err(refused)?;
    let secret = subtle()?.generate_key_with_object(&hmac, false, &usages).map_err(refused)?;
    let secret: CryptoKey = settled(secret).await?.unchecked_into();

    let public = public_key(&pair.get_public_key()).await?;
    Ok((Keys { possession: pair.get_private_key(), secret }, public))
}

impl Keys {
    /// The raw 64 bytes r‖s, ES256.
    pub(super) async fn sign(&self, input: &str) -> Result<[u8; 64], Failure> {
        let ecdsa = object(&[("name", "ECDSA"), ("hash", "SHA-256")]);
        let signature = subtle()?
            .sign_with_object_and_u8_array(&ecdsa, &self.possession, input.as_bytes())
            .map_err(refused)?;
        bytes(&settled(signature).await?)
    }

    /// Adds the signature of K1 under the name `kid`.
    pub(super) async fn sign_draft(&self, draft: Draft, kid: &str) -> Result<Draft, Failure> {
        let signature = self.sign(&draft.signing_input(kid)).await?;
        Ok(draft.signed(kid, &signature))
    }

    /// A message of K1: the first signature, others may follow.
    pub(super) async fn message(
        &self,
        typ: &'static str,
        payload: &impl Serialize,
    ) -> Result<Draft, Failure> {
        self.sign_draft(draft(typ, payload)?, kid::K1).await
    }

    /// HKDF-Extract with the device secret: one HMAC.
    pub(super) async fn extract(&self, input: &[u8; 32]) -> Result<Zeroizing<[u8; 32]>, Failure> {
        let mac =
            subtle()?.sign_with_str_and_u8_array("HMAC", &self.secret, input).map_err(refused)?;
        let mac = settled(mac).await?;
        let prk = bytes(&mac).map(Zeroizing::new);
        // The copy on the JavaScript side goes as well.
        Uint8Array::new(&mac).fill(0, 0, 32);
        prk
    }
}

/// A payload that waits for signatures.
pub(super) fn draft(typ: &'static str, payload: &impl Serialize) -> Result<Draft, Failure> {
    Draft::new(typ, payload).map_err(|error| Failure::Browser(error.to_string()))
}

async fn public_key(key: &CryptoKey) -> Result<PublicKey, Failure> {
    /// The members of a JWK that matter; WebCrypto adds `ext` and `key_ops`.
    #[derive(Deserialize)]
    struct Jwk {
        kty: String,
        crv: String,
        x: String,
        y: String,
    }
    let jwk = settled(subtle()?.export_key("jwk", key).map_err(refused)?).await?;
    let Jwk { kty, crv, x, y } =
        serde_wasm_bindgen::from_value(jwk).map_err(|error| Failure::Browser(error.to_string()))?;
    Ok(PublicKey { kty, crv, x, y })
}

fn subtle() -> Result<SubtleCrypto, Failure> {
    let crypto = gloo::utils::window().crypto().map_err(refused)?;
    let subtle = crypto.subtle();
    // Absent outside a secure context.
    if subtle.is_undefined() {
        return Err(Failure::Browser("WebCrypto needs https".into()));
    }
    Ok(subtle)
}

fn object(members: &[(&str, &str)]) -> Object {
    let object = Object::new();
    for (name, value) in members {
        // A fresh ordinary object takes any member.
        Reflect::set(&object, &(*name).into(), &(*value).into()).ok();
    }
    object
}

async fn settled(promise: js_sys::Promise) -> Result<JsValue, Failure> {
    JsFuture::from(promise).await.map_err(refused)
}

fn bytes<const N: usize>(buffer: &JsValue) -> Result<[u8; N], Failure> {
    let view = Uint8Array::new(buffer);
    if view.length() as usize != N {
        return Err(Failure::Browser(format!("{} bytes instead of {N}", view.length())));
    }
    let mut bytes = [0; N];
    view.copy_to(&mut bytes);
    Ok(bytes)
}

fn refused(error: JsValue) -> Failure {
    Failure::Browser(format!("{error:?}"))
}
