//! The certificate that we show, which is renewed while we run.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::SystemTime,
};

use anyhow::Context;
use rustls::{
    crypto::CryptoProvider,
    pki_types::{PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use super::listener::certificates_in;

/// A certificate and its key, and the files that they come from.
#[derive(Debug)]
pub(super) struct Shown {
    certificate: PathBuf,
    key: PathBuf,
    provider: Arc<CryptoProvider>,
    current: RwLock<Current>,
}

#[derive(Debug)]
struct Current {
    pair: Arc<CertifiedKey>,
    /// When the files were written.
    written: [SystemTime; 2],
}

impl Shown {
    /// Reads both files, which hold PEM.
    pub(super) fn read(
        certificate: &Path,
        key: &Path,
        provider: &Arc<CryptoProvider>,
    ) -> anyhow::Result<Self> {
        let written = written(certificate, key)?;
        let pair = Arc::new(pair(certificate, key, provider)?);
        Ok(Self {
            certificate: certificate.into(),
            key: key.into(),
            provider: provider.clone(),
            current: RwLock::new(Current { pair, written }),
        })
    }

    /// Reads the files again if they were written since; whether they were.
    /// Whatever is wrong with the new ones, the old pair stays.
    pub(super) fn renew(&self) -> anyhow::Result<bool> {
        let written = written(&self.certificate, &self.key)?;
        if self.current.read().unwrap_or_else(PoisonError::into_inner).written == written {
            return Ok(false);
        }
        let pair = Arc::new(pair(&self.certificate, &self.key, &self.provider)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Current { pair, written };
        Ok(true)
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.read().unwrap_or_else(PoisonError::into_inner).pair.clone())
    }
}

fn written(certificate: &Path, key: &Path) -> anyhow::Result<[SystemTime; 2]> {
    let of = |path: &Path| {
        std::fs::metadata(path)
            .and_then(|file| file.modified())
            .with_context(|| format!("could not read {}", path.display()))
    };
    Ok([of(certificate)?, of(key)?])
}

fn pair(certificate: &Path, key: &Path, provider: &CryptoProvider) -> anyhow::Result<CertifiedKey> {
    let read = |path: &Path| {
        std::fs::read(path).with_context(|| format!("could not read {}", path.display()))
    };
    let chain = certificates_in(&read(certificate)?)
        .with_context(|| format!("{} is not usable", certificate.display()))?;
    let private = PrivateKeyDer::from_pem_slice(&read(key)?)
        .with_context(|| format!("{} holds no private key", key.display()))?;
    CertifiedKey::from_der(chain, private, provider)
        .with_context(|| format!("{} and its key do not fit", certificate.display()))
}
