//! Settings of TLS, of client certificates, and of a proxy that ends TLS.

use std::{net::IpAddr, path::PathBuf};

use anyhow::{Context, bail, ensure};
use axum::http::HeaderName;
use ipnet::IpNet;
use serde::Deserialize;

/// TLS on the listeners. Absent: they speak HTTP, for a proxy in front.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// A PEM file: the server's certificate, then its intermediates.
    pub certificate_file: PathBuf,
    /// A PEM file with its private key.
    pub key_file: PathBuf,
    /// Whether services may show a certificate on this listener, as the real
    /// Pro Santé Connect does. Browsers that hold one may then ask their user
    /// about it; `[mtls]` spares them that.
    #[serde(default)]
    pub client_certificates: bool,
    /// Whether the phone app's listener speaks TLS too, with the same
    /// certificate. Off when a proxy ends it there.
    #[serde(default = "yes")]
    pub phone_app: bool,
}

fn yes() -> bool {
    true
}

/// A listener of its own for services with certificates (RFC 8705 §5).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MutualSettings {
    /// The address and port to listen on.
    pub listen: Option<String>,
    /// Where services reach it, without a final slash.
    pub public_url: Option<String>,
    /// Its certificate; that of `[tls]` when absent.
    pub certificate_file: Option<PathBuf>,
    /// Its private key; that of `[tls]` when absent.
    pub key_file: Option<PathBuf>,
    /// PEM files of the authorities whose certificates name clients
    /// (`tls_client_auth`).
    pub ca_files: Vec<PathBuf>,
    /// PEM files of revocation lists, read again every five minutes. When there
    /// is one, each authority needs its own.
    pub crl_files: Vec<PathBuf>,
}

/// Proxies in front.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProxySettings {
    /// The addresses, or networks, that its connections come from. From anyone
    /// else its headers are ignored.
    pub addresses: Vec<IpNet>,
    /// The header that it puts the client's certificate in: `client-cert` is
    /// RFC 9440's form, any other holds PEM, percent-encoded or on one line.
    pub certificate_header: Option<String>,
    /// The header that it appends the address of its own caller to. The other
    /// ones are the caller's, and ignored.
    pub address_header: AddressHeader,
}

/// Where a proxy says who called it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressHeader {
    /// `X-Forwarded-For`, what most proxies write.
    #[default]
    XForwardedFor,
    /// RFC 7239.
    Forwarded,
    /// Nowhere: every call seems to come from the proxy.
    None,
}

impl MutualSettings {
    /// Whether there is a listener.
    pub fn listens(&self) -> bool {
        self.listen.is_some()
    }

    /// The rules that types cannot hold.
    pub fn check(&self, tls: Option<&Settings>) -> anyhow::Result<()> {
        ensure!(
            self.listen.is_some() == self.public_url.is_some(),
            "mtls.listen and mtls.public_url go together"
        );
        ensure!(
            self.certificate_file.is_some() == self.key_file.is_some(),
            "mtls.certificate_file and mtls.key_file go together"
        );
        let Some(public_url) = &self.public_url else { return Ok(()) };
        let url = url::Url::parse(public_url).context("mtls.public_url is not a URL")?;
        if url.scheme() != "https" || url.origin().ascii_serialization() != *public_url {
            bail!("mtls.public_url must be https, host and port only, without a final slash");
        }
        if self.certificate_file.is_none() && tls.is_none() {
            bail!("mtls.certificate_file is missing, and there is no [tls] to take it from");
        }
        Ok(())
    }
}

impl ProxySettings {
    /// Whether a connection comes from the proxy.
    pub fn is_at(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.addresses.iter().any(|network| network.contains(&address))
    }

    /// The rules that types cannot hold.
    pub fn check(&self) -> anyhow::Result<()> {
        let Some(name) = &self.certificate_header else { return Ok(()) };
        HeaderName::try_from(name).context("proxy.certificate_header is not a header's name")?;
        ensure!(!self.addresses.is_empty(), "proxy.certificate_header needs proxy.addresses");
        Ok(())
    }
}
