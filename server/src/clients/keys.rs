//! A client's own keys: what its assertions and request objects are verified
//! with (RFC 7517).

use std::sync::Arc;

use anyhow::{Context, bail};
use serde_json::Value;

use super::{Client, ClientSettings};
use crate::{
    app::App,
    jose::{JwkError, PublicKey},
};

/// A set that a client registers holds so many keys at the most.
const MOST_KEYS: usize = 50;

/// Where a client's keys are.
#[derive(Clone, Debug, Default)]
pub enum ClientKeys {
    /// It has none.
    #[default]
    None,
    /// In its registration.
    Inline(Arc<[PublicKey]>),
    /// At an address of its own.
    Published(String),
}

impl ClientKeys {
    /// The keys of a registration that was checked.
    pub(super) fn of(settings: &ClientSettings) -> Self {
        if let Some(uri) = &settings.jwks_uri {
            return Self::Published(uri.clone());
        }
        let inline = settings.jwks.as_ref().and_then(|set| read_jwks(set).ok());
        inline.map_or(Self::None, Self::Inline)
    }
}

impl Client {
    /// Whether it registered keys, or where they are.
    pub fn has_keys(&self) -> bool {
        !matches!(self.keys, ClientKeys::None)
    }

    /// The keys that this client signs with; `kid` is the one that the token at
    /// hand names. Empty when there are none: then nothing verifies.
    pub async fn keys(&self, app: &App, kid: Option<&str>) -> Arc<[PublicKey]> {
        match &self.keys {
            ClientKeys::None => Arc::default(),
            ClientKeys::Inline(keys) => Arc::clone(keys),
            ClientKeys::Published(uri) => app.client_keys.at(app, uri, kid).await,
        }
    }
}

/// Reads a JWK Set. Keys of kinds that we do not know, and keys for encryption,
/// are passed over (RFC 7517 §5); a private key is refused, because its owner
/// should know.
pub fn read_jwks(set: &Value) -> anyhow::Result<Arc<[PublicKey]>> {
    let jwks = set["keys"].as_array().context("it has no array named keys")?;
    if jwks.len() > MOST_KEYS {
        bail!("it holds more than {MOST_KEYS} keys");
    }
    let mut keys = Vec::new();
    for (at, jwk) in jwks.iter().enumerate() {
        match PublicKey::from_jwk(jwk) {
            Ok(key) if signs(jwk) => keys.push(key),
            Ok(_) | Err(JwkError::Kind) => {}
            Err(error) => return Err(error).with_context(|| format!("keys[{at}]")),
        }
    }
    if keys.is_empty() {
        bail!("none of its keys is an RSA, P-256 or Ed25519 key for signatures");
    }
    Ok(keys.into())
}

/// RFC 7517 §4.2 and §4.3.
fn signs(jwk: &Value) -> bool {
    let for_signatures = jwk.get("use").is_none_or(|it| it == "sig");
    let operations = jwk.get("key_ops").and_then(Value::as_array);
    for_signatures && operations.is_none_or(|them| them.iter().any(|it| it == "verify"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jose::{Alg, SigningKey};

    #[test]
    fn a_set_is_read_and_what_is_not_for_signatures_is_passed_over() {
        let jwk = |alg| SigningKey::generate(alg).unwrap().0.jwk();
        let mut for_encryption = jwk(Alg::ES256);
        for_encryption["use"] = "enc".into();
        let foreign = json!({"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"});
        let set = json!({"keys": [jwk(Alg::ES256), for_encryption, foreign, jwk(Alg::EdDSA)]});
        assert_eq!(read_jwks(&set).unwrap().len(), 2);
    }

    #[test]
    fn a_set_that_cannot_serve_is_refused_with_its_reason() {
        let mut private = SigningKey::generate(Alg::ES256).unwrap().0.jwk();
        private["d"] = "AA".into();
        for (set, reason) in [
            (json!({}), "keys"),
            (json!([]), "keys"),
            (json!({"keys": []}), "none of its keys"),
            (json!({"keys": [private]}), "private"),
            (json!({"keys": [{"kty": "oct", "k": "AA"}]}), "private"),
            (json!({"keys": vec![json!({}); 51]}), "more than 50"),
        ] {
            let error = format!("{:#}", read_jwks(&set).unwrap_err());
            assert!(error.contains(reason), "{error}");
        }
    }
}
