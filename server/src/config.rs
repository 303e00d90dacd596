//! The configuration file: it only lists the rooms, each room documents its own.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::Deserialize;

use crate::secret::{self, Hidden};

/// Everything that can be set. An unknown key stops the start with its name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where browsers reach the provider, without a final slash. The issuer is
    /// this and `/auth/realms/esante-wallet`.
    pub public_url: String,
    /// The address and port to listen on.
    #[serde(default = "default_listen")]
    pub listen: String,
    /// The database.
    #[serde(default)]
    pub database: DatabaseSettings,
    /// Keys that live outside the database.
    pub secrets: SecretSettings,
    /// Directory files, see `docs/identities.md`.
    #[serde(default)]
    pub directory: DirectorySettings,
    /// The e-CPS.
    pub ecps: crate::ecps::Settings,
    /// Authorization requests.
    #[serde(default)]
    pub authorize: crate::authorize::Settings,
    /// Browser sessions.
    #[serde(default)]
    pub sessions: crate::sessions::Settings,
    /// Tokens.
    #[serde(default)]
    pub tokens: crate::token::Settings,
    /// The keys that sign.
    #[serde(default)]
    pub keys: crate::keys::Settings,
    /// Logins of services without a page.
    #[serde(default)]
    pub ciba: crate::ciba::Settings,
    /// The audit trail.
    #[serde(default)]
    pub audit: crate::audit::Settings,
    /// DPoP.
    #[serde(default)]
    pub dpop: crate::dpop::Settings,
    /// Logins.
    #[serde(default)]
    pub login: crate::login::Settings,
    /// Services that register themselves.
    #[serde(default)]
    pub registration: crate::registration::Settings,
    /// Calls that the server makes to others.
    #[serde(default)]
    pub outgoing: crate::fetch::Settings,
    /// Where operators' machines ask. Absent: nowhere.
    #[serde(default)]
    pub operations: Option<crate::operations::Settings>,
    /// TLS on the main listener. Absent: it speaks HTTP, for a proxy in front.
    #[serde(default)]
    pub tls: Option<crate::tls::Settings>,
    /// Services that prove who they are by a certificate.
    #[serde(default)]
    pub mtls: crate::tls::MutualSettings,
    /// A proxy in front.
    #[serde(default)]
    pub proxy: crate::tls::ProxySettings,
    /// The services that may ask for a login.
    #[serde(default)]
    pub clients: Vec<crate::clients::ClientSettings>,
    /// Test identities, simulated phones, time travel. Absent: none of it exists.
    #[serde(default)]
    pub sandbox: Option<crate::sandbox::Settings>,
}

/// Where the state is kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseSettings {
    /// `sqlite:PATH`, or `postgres://user@host/name` when there are several nodes.
    pub url: String,
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self { url: "sqlite:openpsc.db".into() }
    }
}

/// Keys that live outside the database: who steals the one has not the other.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretSettings {
    /// A file with the 256-bit key that seals private keys and codes, in
    /// base64url or hexadecimal. The environment variable
    /// `OPENPSC_KEY_ENCRYPTION_KEY` holds the key itself and goes first.
    #[serde(default)]
    pub key_encryption_key_file: Option<PathBuf>,
    /// A file with the 256-bit seed of the PIN's OPRF, in the same form; keep
    /// its backup apart from the database's. `OPENPSC_OPRF_SEED` goes first.
    #[serde(default)]
    pub oprf_seed_file: Option<PathBuf>,
}

/// Where professionals come from.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DirectorySettings {
    /// Files in the national extraction's format, read at start.
    pub files: Vec<PathBuf>,
}

fn default_listen() -> String {
    "127.0.0.1:8080".into()
}

impl Config {
    /// Reads a file.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("could not read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} is not usable", path.display()))
    }

    /// Reads text.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let config: Self = toml::from_str(text)?;
        config.check()?;
        Ok(config)
    }

    /// The rules that types cannot hold.
    pub fn check(&self) -> anyhow::Result<()> {
        let url = url::Url::parse(&self.public_url).context("public_url is not a URL")?;
        if self.public_url.ends_with('/') {
            bail!("public_url must not end with a slash");
        }
        if url.scheme() != "https" && !is_loopback(&url) {
            bail!("public_url must be https, except on localhost");
        }
        self.ecps.check()?;
        self.ciba.check()?;
        self.audit.check()?;
        self.authorize.check()?;
        self.outgoing.check()?;
        self.keys.check()?;
        self.mtls.check(self.tls.as_ref())?;
        self.proxy.check()?;
        for client in &self.clients {
            client
                .check(self.sandbox.is_some())
                .and_then(|()| self.check_certificates_of(client))
                .with_context(|| format!("clients: {:?}", client.client_id))?;
        }
        Ok(())
    }

    /// Whether a client's certificate can reach us at all.
    pub fn takes_certificates(&self) -> bool {
        self.mtls.listens()
            || self.tls.as_ref().is_some_and(|tls| tls.client_certificates)
            || self.proxy.certificate_header.is_some()
    }

    fn check_certificates_of(&self, client: &crate::clients::ClientSettings) -> anyhow::Result<()> {
        use crate::clients::AuthMethod::{SelfSignedTlsClientAuth, TlsClientAuth};

        let method = client.token_endpoint_auth_method;
        let needs_one = matches!(method, TlsClientAuth | SelfSignedTlsClientAuth)
            || client.tls_client_certificate_bound_access_tokens;
        if needs_one && !self.takes_certificates() {
            bail!(
                "it needs its certificate, which nothing takes: set mtls.listen, tls.client_certificates or proxy.certificate_header"
            );
        }
        if method == TlsClientAuth && self.mtls.ca_files.is_empty() {
            bail!("tls_client_auth needs mtls.ca_files");
        }
        Ok(())
    }

    /// The issuer, as it stands in every token.
    pub fn issuer(&self) -> String {
        format!("{}{}", self.public_url, REALM)
    }
}

/// What the issuer adds to the public address (psc-protocol: the realm's name
/// is PSC's own).
pub const REALM: &str = "/auth/realms/esante-wallet";

fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl SecretSettings {
    /// The key that seals what the database must not hold in clear.
    pub fn key_encryption_key(&self) -> anyhow::Result<[u8; 32]> {
        read_secret("OPENPSC_KEY_ENCRYPTION_KEY", &self.key_encryption_key_file)
            .context("secrets.key_encryption_key_file")
    }

    /// The seed of the PIN's OPRF.
    pub fn oprf_seed(&self) -> anyhow::Result<[u8; 32]> {
        read_secret("OPENPSC_OPRF_SEED", &self.oprf_seed_file).context("secrets.oprf_seed_file")
    }
}

fn read_secret(variable: &str, file: &Option<PathBuf>) -> anyhow::Result<[u8; 32]> {
    if let Ok(text) = std::env::var(variable) {
        return secret::read_key(&text).with_context(|| format!("{variable} is not usable"));
    }
    let Some(file) = file else {
        bail!("neither {variable} nor a file is given");
    };
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("could not read {}", file.display()))?;
    secret::read_key(Hidden::from(text.as_str()).expose())
        .with_context(|| format!("{} is not usable", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFERENCE: &str = include_str!("../../docs/settings.md");

    fn smallest() -> &'static str {
        let (_, rest) = REFERENCE.split_once("```toml\n").unwrap();
        rest.split_once("```").unwrap().0
    }

    #[test]
    fn the_smallest_file_of_the_reference_is_read() {
        let config = Config::parse(smallest()).unwrap();
        assert_eq!(config.issuer(), "https://connexion.hopital.example/auth/realms/esante-wallet");
        assert!(config.sandbox.is_none());
    }

    #[test]
    fn an_unknown_key_is_named() {
        for (section, key) in [("", "lsiten"), ("[login]\n", "lifetme"), ("[sandbox]\n", "on")] {
            let text = if section.is_empty() {
                format!("{key} = 1\n{}", smallest())
            } else {
                format!("{}\n{section}{key} = 1", smallest())
            };
            let error = format!("{:#}", Config::parse(&text).unwrap_err());
            assert!(error.contains(key), "{error}");
        }
    }

    #[test]
    fn an_open_address_without_https_is_refused() {
        let text = smallest().replace("https://connexion", "http://connexion");
        let error = format!("{:#}", Config::parse(&text).unwrap_err());
        assert!(error.contains("public_url"), "{error}");
    }

    #[test]
    fn auto_login_is_refused_outside_the_sandbox() {
        let text = format!("{}auto_login = true", smallest());
        let error = format!("{:#}", Config::parse(&text).unwrap_err());
        assert!(error.contains("auto_login"), "{error}");
    }

    #[test]
    fn every_setting_is_in_the_reference() {
        for source in [
            include_str!("audit/settings.rs"),
            include_str!("ciba/settings.rs"),
            include_str!("authorize/settings.rs"),
            include_str!("dpop/settings.rs"),
            include_str!("ecps/settings.rs"),
            include_str!("fetch/settings.rs"),
            include_str!("keys/settings.rs"),
            include_str!("tls/settings.rs"),
            include_str!("login/settings.rs"),
            include_str!("operations/settings.rs"),
            include_str!("registration/settings.rs"),
            include_str!("sandbox/settings.rs"),
            include_str!("sessions/settings.rs"),
            include_str!("token/settings.rs"),
            include_str!("clients/client.rs").split("impl ClientSettings").next().unwrap(),
        ] {
            for line in source.lines().filter(|line| line.starts_with("    pub ")) {
                let Some((name, _)) = line.trim_start_matches("    pub ").split_once(':') else {
                    continue;
                };
                if name.contains("fn ") {
                    continue;
                }
                assert!(REFERENCE.contains(&format!("`{name}`")), "{name} is not documented");
            }
        }
    }
}
