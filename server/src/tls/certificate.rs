//! The certificate that a caller presented.

use std::{convert::Infallible, sync::Arc};

use aws_lc_rs::digest;
use axum::{extract::FromRequestParts, http::request::Parts};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use x509_cert::{
    Certificate,
    der::{Decode, Reader, SliceReader, asn1::ObjectIdentifier, asn1::UintRef},
    ext::pkix::{SubjectAltName, name::GeneralName},
    name::Name,
};

use super::forwarded;
use crate::{app::App, clock::UnixTime, jose::PublicKey, secret::base64url, serve::Peer};

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// A certificate whose key its owner holds, and the intermediates that came
/// with it. Nothing else about it is believed yet.
#[derive(Clone, Debug)]
pub struct ClientCertificate {
    /// In DER: its own first.
    chain: Arc<[Vec<u8>]>,
    parsed: Arc<Certificate>,
}

impl ClientCertificate {
    /// Reads DER certificates, the client's own first.
    pub fn read(chain: Vec<Vec<u8>>) -> Option<Self> {
        let parsed = Arc::new(Certificate::from_der(chain.first()?).ok()?);
        Some(Self { chain: chain.into(), parsed })
    }

    /// Itself, in DER.
    pub fn der(&self) -> &[u8] {
        self.chain.first().map_or(&[], Vec::as_slice)
    }

    /// What came with it, in DER.
    pub fn intermediates(&self) -> impl Iterator<Item = &[u8]> {
        self.chain.iter().skip(1).map(Vec::as_slice)
    }

    /// The thumbprint of RFC 8705 §3.1: base64url of the digest.
    pub fn thumbprint(&self) -> String {
        base64url(self.digest().as_ref())
    }

    /// PSC's own spelling: base64, padded, of the digest's hexadecimal text
    /// (psc-protocol §1).
    pub fn hexadecimal_thumbprint(&self) -> String {
        let bytes = self.digest();
        let text: String = bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        BASE64_STANDARD.encode(text)
    }

    fn digest(&self) -> digest::Digest {
        digest::digest(&digest::SHA256, self.der())
    }

    /// Whether its time has come and has not passed.
    pub fn is_valid_at(&self, now: UnixTime) -> bool {
        let validity = self.parsed.tbs_certificate().validity();
        let seconds = |time: &x509_cert::time::Time| {
            i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
        };
        seconds(&validity.not_before) <= now && now <= seconds(&validity.not_after)
    }

    /// Its subject.
    pub fn subject(&self) -> &Name {
        self.parsed.tbs_certificate().subject()
    }

    /// Its other names; none when they cannot be read.
    pub fn alternative_names(&self) -> Vec<GeneralName> {
        let found = self.parsed.tbs_certificate().get_extension::<SubjectAltName>();
        found.ok().flatten().map(|(_, names)| names.0).unwrap_or_default()
    }

    /// Its public key, when it is of a kind that a JWK Set of ours can hold.
    pub fn key(&self) -> Option<PublicKey> {
        PublicKey::from_jwk(&self.jwk()?).ok()
    }

    fn jwk(&self) -> Option<Value> {
        let info = self.parsed.tbs_certificate().subject_public_key_info();
        let bits = info.subject_public_key.as_bytes()?;
        let oid = info.algorithm.oid;
        if oid == RSA {
            // RFC 8017 §A.1.1.
            let read = |reader: &mut SliceReader<'_>| {
                reader.sequence(|numbers| {
                    let n = base64url(UintRef::decode(numbers)?.as_bytes());
                    let e = base64url(UintRef::decode(numbers)?.as_bytes());
                    x509_cert::der::Result::Ok((n, e))
                })
            };
            let (n, e) = read(&mut SliceReader::new(bits).ok()?).ok()?;
            return Some(json!({"kty": "RSA", "n": n, "e": e}));
        }
        let curve = info.algorithm.parameters.as_ref();
        let curve = curve.and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
        if oid == EC && curve == Some(P256) && bits.len() == 65 && bits[0] == 4 {
            let (x, y) = (base64url(&bits[1..33]), base64url(&bits[33..]));
            return Some(json!({"kty": "EC", "crv": "P-256", "x": x, "y": y}));
        }
        (oid == ED25519).then(|| json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(bits)}))
    }
}

impl PartialEq for ClientCertificate {
    fn eq(&self, other: &Self) -> bool {
        self.der() == other.der()
    }
}

/// The certificate of the caller of a request, if it presented one.
#[derive(Clone, Debug)]
pub struct Presented(pub Option<ClientCertificate>);

impl FromRequestParts<App> for Presented {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let Ok(peer) = Peer::from_request_parts(parts, app).await;
        let proxy = &app.config.proxy;
        if proxy.certificate_header.is_some() && proxy.is_at(peer.address.ip()) {
            // A certificate of that connection itself would be the proxy's own.
            return Ok(Self(forwarded::certificate(proxy, &parts.headers)));
        }
        Ok(Self(parts.extensions.get::<ClientCertificate>().cloned()))
    }
}
