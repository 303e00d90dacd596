//! Signed tokens that a client writes, right or wrong.

use openpsc::{
    jose::{Alg, SigningKey},
    secret::{base64url, digest_of, random_token},
};
use serde_json::{Value, json};

use crate::{Client, Request, TestServer};

/// A token before it is signed.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The header.
    pub header: Value,
    /// The claims.
    pub claims: Value,
}

impl Draft {
    /// The same with another claim.
    pub fn with(mut self, claim: &str, value: impl Into<Value>) -> Self {
        self.claims[claim] = value.into();
        self
    }

    /// The same without a claim.
    pub fn without(mut self, claim: &str) -> Self {
        self.claims.as_object_mut().unwrap().remove(claim);
        self
    }

    /// The same with another member of the header.
    pub fn header(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.header[member] = value.into();
        self
    }

    /// The same without a member of the header.
    pub fn without_header(mut self, member: &str) -> Self {
        self.header.as_object_mut().unwrap().remove(member);
        self
    }

    /// What is signed.
    pub fn input(&self) -> String {
        let part = |value: &Value| base64url(value.to_string().as_bytes());
        format!("{}.{}", part(&self.header), part(&self.claims))
    }

    /// Signed.
    pub fn signed(&self, key: &SigningKey) -> String {
        let input = self.input();
        format!("{input}.{}", base64url(&key.sign(input.as_bytes()).unwrap()))
    }
}

impl Client {
    /// A request as a request object in the making (RFC 9101).
    pub fn object(&self, server: &TestServer, key: &SigningKey, request: &Request) -> Draft {
        let now = server.clock.now();
        let mut claims = json!({
            "iss": self.client_id,
            "aud": server.issuer(),
            "nbf": now,
            "exp": now + 300,
            "jti": random_token(),
        });
        for (name, value) in request.url.query_pairs() {
            claims[name.as_ref()] = value.as_ref().into();
        }
        let header = json!({
            "alg": key.alg().as_str(),
            "typ": "oauth-authz-req+jwt",
            "kid": key.kid(),
        });
        Draft { header, claims }
    }

    /// The same request with everything inside an object.
    pub fn inside(&self, object: &str, request: &Request) -> Request {
        let mut url = request.url.clone();
        url.query_pairs_mut()
            .clear()
            .append_pair("client_id", self.client_id)
            .append_pair("request", object);
        Request { url, ..request.clone() }
    }
}

/// The key of a service that uses DPoP.
pub struct DpopKey(pub SigningKey);

impl DpopKey {
    /// A new one on P-256.
    pub fn new() -> Self {
        Self::of(Alg::ES256)
    }

    /// A new one.
    pub fn of(alg: Alg) -> Self {
        Self(SigningKey::generate(alg).unwrap().0)
    }

    /// Its thumbprint.
    pub fn jkt(&self) -> &str {
        self.0.kid()
    }

    /// Its public half, bare.
    pub fn jwk(&self) -> Value {
        let mut jwk = self.0.jwk();
        for member in ["kid", "use", "alg"] {
            jwk.as_object_mut().unwrap().remove(member);
        }
        jwk
    }

    /// A proof in the making.
    pub fn draft(&self, method: &str, url: &str, now: i64) -> Draft {
        Draft {
            header: json!({"typ": "dpop+jwt", "alg": self.0.alg().as_str(), "jwk": self.jwk()}),
            claims: json!({"jti": random_token(), "htm": method, "htu": url, "iat": now}),
        }
    }

    /// A proof.
    pub fn proof(&self, method: &str, url: &str, now: i64) -> String {
        self.draft(method, url, now).signed(&self.0)
    }

    /// A proof for the use of a token.
    pub fn use_of(&self, token: &str, method: &str, url: &str, now: i64) -> String {
        self.draft(method, url, now).with("ath", digest_of(token)).signed(&self.0)
    }
}

impl Default for DpopKey {
    fn default() -> Self {
        Self::new()
    }
}
