//! An authority, and the certificates of a server and of services.

use base64::{Engine, prelude::BASE64_STANDARD};
use openpsc::{
    config::Config,
    secret::{base64url, from_base64url},
    tls::{MutualSettings, Settings},
};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, PublicKeyData,
    RevokedCertParams, SerialNumber, date_time_ymd,
};
use reqwest::{Certificate, Client, Identity, redirect::Policy};
use serde_json::{Value, json};

use crate::server::Folder;

/// An authority with a server of its own.
pub struct Pki {
    issuer: Issuer<'static, KeyPair>,
    ca: String,
    folder: Folder,
}

/// A service's certificate and its key.
pub struct Certified {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Pki {
    /// A new authority; the server's certificate is for `localhost`.
    pub fn create() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, "AC DE TEST");
        let ca = params.self_signed(&key).unwrap().pem();
        let pki = Self { issuer: Issuer::new(params, key), ca, folder: Folder::create() };
        let server = pki.issue(|params| {
            *params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        });
        pki.write("ca.pem", &pki.ca);
        pki.write("server.pem", &server.certificate.pem());
        pki.write("server.key", &server.key.serialize_pem());
        pki
    }

    /// A certificate of this authority, for clients unless that is changed.
    pub fn issue(&self, change: impl FnOnce(&mut CertificateParams)) -> Certified {
        let key = KeyPair::generate().unwrap();
        let mut params = params();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Certified { certificate, key }
    }

    /// A list on which these serial numbers are revoked; answers its file.
    pub fn revoke(&self, serials: &[&[u8]]) -> std::path::PathBuf {
        let revoked = |serial: &&[u8]| RevokedCertParams {
            serial_number: SerialNumber::from_slice(serial),
            revocation_time: date_time_ymd(2024, 1, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2024, 1, 1),
            next_update: date_time_ymd(2090, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: serials.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        self.write("revoked.crl", &list.signed_by(&self.issuer).unwrap().pem().unwrap());
        self.file("revoked.crl")
    }

    /// The settings of a listener for services with certificates.
    pub fn mutual(&self) -> MutualSettings {
        MutualSettings {
            listen: Some("127.0.0.1:0".into()),
            // The server of the test fills in its port.
            public_url: Some("https://localhost".into()),
            certificate_file: Some(self.file("server.pem")),
            key_file: Some(self.file("server.key")),
            ca_files: vec![self.file("ca.pem")],
            crl_files: Vec::new(),
        }
    }

    /// Makes the main listener speak TLS.
    pub fn secure(&self, config: &mut Config) {
        config.public_url = config.public_url.replace("http:", "https:");
        config.ecps.app_url = config.ecps.app_url.replace("http:", "https:");
        config.mtls.ca_files = vec![self.file("ca.pem")];
        config.tls = Some(Settings {
            certificate_file: self.file("server.pem"),
            key_file: self.file("server.key"),
            client_certificates: true,
            phone_app: true,
        });
    }

    /// An HTTP client that trusts this authority and shows a certificate, PEM
    /// with its key, or none.
    pub fn http(&self, identity: Option<&str>) -> Client {
        let root = Certificate::from_pem(self.ca.as_bytes()).unwrap();
        let builder = Client::builder().redirect(Policy::none()).tls_certs_only([root]);
        let builder = match identity {
            Some(pem) => builder.identity(Identity::from_pem(pem.as_bytes()).unwrap()),
            None => builder,
        };
        builder.timeout(std::time::Duration::from_secs(30)).build().unwrap()
    }

    /// The authority's certificate, in a file.
    pub fn authority(&self) -> std::path::PathBuf {
        self.file("ca.pem")
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.file(name), text).unwrap();
    }

    /// Where one of its files is: `ca.pem`, `server.pem`, `server.key`.
    pub fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }
}

impl Certified {
    /// One that its owner signed.
    pub fn self_signed(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = params();
        change(&mut params);
        Self { certificate: params.self_signed(&key).unwrap(), key }
    }

    /// Certificate and key, PEM.
    pub fn identity(&self) -> String {
        format!("{}{}", self.certificate.pem(), self.key.serialize_pem())
    }

    /// The certificate alone, PEM.
    pub fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// What a server ends TLS with.
    pub fn acceptor(&self) -> rustls::ServerConfig {
        let key = rustls::pki_types::PrivateKeyDer::try_from(self.key.serialize_der()).unwrap();
        rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.der().clone()], key)
            .unwrap()
    }

    /// As RFC 9440 writes it in a header.
    pub fn header(&self) -> String {
        format!(":{}:", BASE64_STANDARD.encode(self.certificate.der()))
    }

    /// Its key in a JWK Set.
    pub fn jwks(&self) -> Value {
        let point = self.key.der_bytes();
        let (x, y) = (base64url(&point[1..33]), base64url(&point[33..]));
        json!({"keys": [{"kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "sig"}]})
    }

    /// Its thumbprint, as RFC 8705 §3.1 writes it.
    pub fn thumbprint(&self) -> String {
        let der = self.certificate.der();
        base64url(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der).as_ref())
    }

    /// Its thumbprint, as PSC writes it.
    pub fn hexadecimal_thumbprint(&self) -> String {
        let bytes = from_base64url(&self.thumbprint()).unwrap();
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        BASE64_STANDARD.encode(text)
    }
}

fn params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CountryName, "FR");
    params.distinguished_name.push(DnType::OrganizationName, "CLINIQUE DES ESSAIS");
    params.distinguished_name.push(DnType::CommonName, "agenda-demo");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}
