//! DPoP proofs (RFC 9449 §4.2).

use std::time::{SystemTime, UNIX_EPOCH};

use openpsc::{
    jose::{Alg, SigningKey},
    secret::{base64url, random_token},
};
use serde_json::json;

/// A key that proves are signed with, its header written once.
pub(crate) struct Prover {
    key: SigningKey,
    header: String,
}

impl Prover {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let (key, _) = SigningKey::generate(Alg::ES256)?;
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": key.jwk()});
        Ok(Self { key, header: base64url(header.to_string().as_bytes()) })
    }

    /// The header line of a POST to this address.
    pub(crate) fn line(&self, address: &str) -> anyhow::Result<String> {
        let claims = format!(
            r#"{{"jti":"{}","htm":"POST","htu":"{address}","iat":{}}}"#,
            random_token(),
            now()?
        );
        let input = format!("{}.{}", self.header, base64url(claims.as_bytes()));
        let signature = base64url(&self.key.sign(input.as_bytes())?);
        Ok(format!("dpop: {input}.{signature}\r\n"))
    }
}

#[expect(clippy::disallowed_methods, reason = "the server measured has the machine's own clock")]
fn now() -> anyhow::Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}
