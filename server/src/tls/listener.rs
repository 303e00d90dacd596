//! TLS connections that end here.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, UnixTime, pem::PemObject},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{ClientCertificate, shown::Shown};

/// How often the certificate's files are looked at.
const LOOKED_AT: Duration = Duration::from_secs(60);

/// Makes TLS connections: version 1.3, or 1.2 with ephemeral keys and
/// authenticated encryption, which are all that the library offers (RFC 9325).
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    shown: Arc<Shown>,
}

impl Tls {
    /// Reads a certificate and its key, both PEM. `ask` asks callers for a
    /// certificate of theirs, without demanding one.
    pub fn new(certificate: &Path, key: &Path, ask: bool) -> anyhow::Result<Self> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let shown = Arc::new(Shown::read(certificate, key, &provider)?);
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .context("TLS cannot be set up")?;
        let builder = if ask {
            builder.with_client_cert_verifier(Arc::new(Possession(provider)))
        } else {
            builder.with_no_client_auth()
        };
        let mut config = builder.with_cert_resolver(shown.clone());
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { acceptor: Arc::new(config).into(), shown })
    }

    /// Reads the certificate again if its files were written since; whether
    /// they were. Connections that stand are not touched, and whatever is wrong
    /// with the new files, the old certificate stays.
    pub fn renew(&self) -> anyhow::Result<bool> {
        self.shown.renew()
    }

    /// Does so every minute.
    pub async fn keep_renewed(self) {
        loop {
            tokio::time::sleep(LOOKED_AT).await;
            match self.renew() {
                Ok(true) => tracing::info!("the TLS certificate was renewed"),
                Ok(false) => {}
                Err(cause) => tracing::error!(
                    cause = format!("{cause:#}"),
                    "the renewed TLS certificate is of no use: the old one stays"
                ),
            }
        }
    }

    /// Makes a connection; also the certificate that the caller presented.
    pub async fn accept(
        &self,
        stream: TcpStream,
    ) -> std::io::Result<(TlsStream<TcpStream>, Option<ClientCertificate>)> {
        let stream = self.acceptor.accept(stream).await?;
        let (_, connection) = stream.get_ref();
        let chain = connection.peer_certificates().unwrap_or_default();
        let chain = chain.iter().map(|der| der.to_vec()).collect();
        Ok((stream, ClientCertificate::read(chain)))
    }
}

/// The certificates of a PEM file, in its order.
pub fn certificates_in(pem: &[u8]) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let found = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    let found = found.context("it is not PEM")?;
    ensure!(!found.is_empty(), "it holds no certificate");
    Ok(found)
}

/// Takes any certificate, or none, but only from whoever holds its key. What it
/// is worth depends on the client that it is for, and that is known later.
#[derive(Debug)]
struct Possession(Arc<CryptoProvider>);

impl ClientCertVerifier for Possession {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        // Self-signed ones are welcome, so there is nothing to hint at.
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
