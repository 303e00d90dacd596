//! The authorities whose certificates name clients (RFC 8705 §2.1).

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, anyhow};
use rustls::pki_types::{
    CertificateDer, CertificateRevocationListDer, TrustAnchor, UnixTime as Time, pem::PemObject,
};
use webpki::{
    ALL_VERIFICATION_ALGS, CertRevocationList, EndEntityCert, KeyUsage, OwnedCertRevocationList,
    RevocationCheckDepth, RevocationOptionsBuilder, UnknownStatusPolicy, anchor_from_trusted_cert,
};

use super::{ClientCertificate, MutualSettings, certificates_in};
use crate::clock::UnixTime;

/// Seconds between two readings of the revocation lists.
const KEPT: i64 = 300;

type Lists = Arc<Vec<CertRevocationList<'static>>>;

/// Authorities, and what they have revoked.
pub struct Authorities {
    anchors: Vec<TrustAnchor<'static>>,
    crl_files: Vec<PathBuf>,
    lists: Mutex<Option<(UnixTime, Lists)>>,
}

impl Authorities {
    /// Reads the files that the settings name.
    pub fn read(settings: &MutualSettings) -> anyhow::Result<Self> {
        let mut anchors = Vec::new();
        for path in &settings.ca_files {
            let name = || format!("mtls.ca_files: {}", path.display());
            let pem = std::fs::read(path).with_context(name)?;
            for der in certificates_in(&pem).with_context(name)? {
                let anchor = anchor_from_trusted_cert(&der).with_context(name)?;
                anchors.push(anchor.to_owned());
            }
        }
        read_lists(&settings.crl_files)?;
        Ok(Self { anchors, crl_files: settings.crl_files.clone(), lists: Mutex::default() })
    }

    /// Whether one of them issued this certificate for a client, and it is
    /// neither out of its time nor revoked.
    pub fn vouch_for(
        &self,
        certificate: &ClientCertificate,
        now: UnixTime,
    ) -> anyhow::Result<Result<(), webpki::Error>> {
        let lists = self.lists(now)?;
        let lists: Vec<&CertRevocationList<'_>> = lists.iter().collect();
        // Without a list nothing is asked; with one, an authority that has none
        // cannot say that its certificate is good.
        let revocation = RevocationOptionsBuilder::new(&lists).ok().map(|options| {
            options
                .with_depth(RevocationCheckDepth::EndEntity)
                .with_status_policy(UnknownStatusPolicy::Deny)
                .build()
        });
        let der = CertificateDer::from(certificate.der());
        let intermediates: Vec<_> = certificate.intermediates().map(CertificateDer::from).collect();
        let now = Time::since_unix_epoch(Duration::from_secs(now.unsigned_abs()));
        let verified = EndEntityCert::try_from(&der).and_then(|leaf| {
            leaf.verify_for_usage(
                ALL_VERIFICATION_ALGS,
                &self.anchors,
                &intermediates,
                now,
                KeyUsage::client_auth(),
                revocation,
                None,
            )
            .map(|_| ())
        });
        Ok(verified)
    }

    fn lists(&self, now: UnixTime) -> anyhow::Result<Lists> {
        let mut kept = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((read_at, lists)) = kept.as_ref()
            && now < read_at + KEPT
        {
            return Ok(Arc::clone(lists));
        }
        let lists = read_lists(&self.crl_files)?;
        *kept = Some((now, Arc::clone(&lists)));
        Ok(lists)
    }
}

fn read_lists(files: &[PathBuf]) -> anyhow::Result<Lists> {
    let mut lists = Vec::new();
    for path in files {
        let name = || format!("mtls.crl_files: {}", path.display());
        let pem = std::fs::read(path).with_context(name)?;
        for der in CertificateRevocationListDer::pem_slice_iter(&pem) {
            let der = der.map_err(|error| anyhow!("{error}")).with_context(name)?;
            let list = OwnedCertRevocationList::from_der(&der).with_context(name)?;
            lists.push(CertRevocationList::Owned(list));
        }
    }
    Ok(Arc::new(lists))
}
