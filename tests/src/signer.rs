//! A service's own key.

use openpsc::{
    clients::ClientSettings,
    jose::{Alg, SigningKey},
    secret::{base64url, random_token},
};
use serde_json::{Value, json};

use crate::TestServer;

/// The form's `client_assertion_type`.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A private key, and what a service signs with it.
pub struct Signer {
    /// The key itself.
    pub key: SigningKey,
}

impl Signer {
    /// A new key.
    pub fn new(alg: Alg) -> Self {
        Self { key: SigningKey::generate(alg).unwrap().0 }
    }

    /// The public half, in a JWK Set.
    pub fn jwks(&self) -> Value {
        json!({"keys": [self.key.jwk()]})
    }

    /// A service that is known by this key.
    pub fn registration(&self, client_id: &str) -> Value {
        json!({
            "client_id": client_id,
            "client_name": "Service à clé",
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": self.jwks(),
            "redirect_uris": [format!("https://{client_id}.example/callback")],
            "id_token_signed_response_alg": "ES256",
        })
    }

    /// The claims of an assertion with everything that it should have.
    pub fn claims(&self, server: &TestServer, client_id: &str) -> Value {
        let now = server.clock.now();
        json!({
            "iss": client_id,
            "sub": client_id,
            "aud": server.issuer(),
            "iat": now,
            "exp": now + 60,
            "jti": random_token(),
        })
    }

    /// Signs claims under the header that libraries write.
    pub fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": self.key.alg(), "typ": "JWT", "kid": self.key.kid()});
        self.sign_as(&header, claims)
    }

    /// Signs claims under any header.
    pub fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| base64url(value.to_string().as_bytes());
        let input = format!("{}.{}", part(header), part(claims));
        let signature = self.key.sign(input.as_bytes()).unwrap();
        format!("{input}.{}", base64url(&signature))
    }

    /// A good assertion.
    pub fn assertion(&self, server: &TestServer, client_id: &str) -> String {
        self.sign(&self.claims(server, client_id))
    }

    /// The two parameters that carry an assertion.
    pub fn form(assertion: &str) -> [(&str, &str); 2] {
        [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion)]
    }
}

impl TestServer {
    /// Starts again with more services.
    pub async fn with_clients(self, registrations: impl IntoIterator<Item = Value>) -> Self {
        let read = |value| serde_json::from_value::<ClientSettings>(value).unwrap();
        let more: Vec<_> = registrations.into_iter().map(read).collect();
        for settings in &more {
            settings.check(true).unwrap();
        }
        self.reconfigured(|config| config.clients.extend(more)).await
    }
}
