//! `openpsc sandbox`: a configuration made from a few flags.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;

use crate::{
    config::Config,
    secret::{base64url, random_bytes},
};

/// The flags of `openpsc sandbox`.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// The port of the provider.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// The port of the phone app [default: the provider's + 1].
    #[arg(long)]
    pub app_port: Option<u16>,
    /// Where browsers and services reach the provider, when a proxy on this
    /// machine ends TLS before it [default: http://localhost and the port].
    #[arg(long)]
    pub public_url: Option<String>,
    /// The same of the phone app.
    #[arg(long)]
    pub app_url: Option<String>,
    /// The port of the demo service "agenda" [default: the provider's + 2].
    #[arg(long)]
    pub agenda_port: Option<u16>,
    /// The port of the demo service "patient file" [default: the provider's + 3].
    #[arg(long)]
    pub dossier_port: Option<u16>,
    /// Where keys and database are kept.
    #[arg(long, default_value = "data")]
    pub data_dir: PathBuf,
    /// More identities: files in the national extraction's format.
    #[arg(long)]
    pub identities: Vec<PathBuf>,
    /// More services: a TOML file of `[[clients]]` entries, and of sections that
    /// the sandbox leaves out, see docs/settings.md.
    #[arg(long)]
    pub clients: Option<PathBuf>,
    /// Speak https: a PEM file with the certificate of localhost. Services may
    /// then show theirs, as they do to the real one.
    #[arg(long, requires = "tls_key")]
    pub tls_certificate: Option<PathBuf>,
    /// The private key of that certificate, in PEM.
    #[arg(long, requires = "tls_certificate")]
    pub tls_key: Option<PathBuf>,
    /// Stop when standard input closes, so as not to outlive who started this.
    #[arg(long)]
    pub exit_with_stdin: bool,
}

impl Options {
    /// The configuration; keys are made at the first start.
    pub fn config(&self) -> anyhow::Result<Config> {
        fs::create_dir_all(&self.data_dir)
            .with_context(|| format!("could not make {}", self.data_dir.display()))?;
        key_file(&self.data_dir.join("key-encryption.key"))?;
        key_file(&self.data_dir.join("oprf-seed.key"))?;
        let more = match &self.clients {
            Some(path) => fs::read_to_string(path)
                .with_context(|| format!("could not read {}", path.display()))?,
            None => String::new(),
        };
        let text = format!("{}\n{more}", self.text()?);
        Config::parse(&text).context("the sandbox's configuration")
    }

    fn text(&self) -> anyhow::Result<String> {
        let port = self.port;
        let next = |offset: u16| port.checked_add(offset).context("--port is too high");
        let app_port = self.app_port.map_or_else(|| next(1), Ok)?;
        let agenda = self.agenda_port.map_or_else(|| next(2), Ok)?;
        let dossier = self.dossier_port.map_or_else(|| next(3), Ok)?;
        let elsewhere = next(4)?;
        let (scheme, tls) = self.tls();
        let at = |url: &Option<String>, scheme, port: u16| match url {
            Some(url) => toml::Value::from(url.as_str()),
            None => toml::Value::from(format!("{scheme}://localhost:{port}")),
        };
        let public_url = at(&self.public_url, scheme, port);
        let app_url = at(&self.app_url, scheme, app_port);
        let data = self.data_dir.display();
        let identities: Vec<_> =
            self.identities.iter().map(|path| path.display().to_string()).collect();
        let identities = toml::Value::from(identities);
        Ok(format!(
            r#"
public_url = {public_url}
listen = "127.0.0.1:{port}"
{tls}
[database]
url = "sqlite:{data}/openpsc.db"

[secrets]
key_encryption_key_file = "{data}/key-encryption.key"
oprf_seed_file = "{data}/oprf-seed.key"

[directory]
files = {identities}

[ecps]
app_url = {app_url}
listen = "127.0.0.1:{app_port}"
reveal_missing_phone = true

[[sandbox.services]]
name = "Agenda"
url = "http://localhost:{agenda}/"
description = "L’agenda d’un cabinet : son serveur garde les jetons."
description_en = "The agenda of a practice: its server keeps the tokens."

[[sandbox.services]]
name = "Dossier patient"
url = "http://localhost:{dossier}/"
description = "Un dossier patient : la page garde les jetons."
description_en = "A patient file: the page keeps the tokens."

[[clients]]
client_id = "demo-agenda"
client_name = "Agenda du cabinet des Tilleuls"
client_secret = "demo-agenda-secret-0123456789abcdef"
redirect_uris = ["http://localhost:{agenda}/psc/callback"]
post_logout_redirect_uris = ["http://localhost:{agenda}/"]
backchannel_logout_uri = "http://localhost:{agenda}/psc/backchannel-logout"
id_token_signed_response_alg = "ES256"

[[clients]]
client_id = "demo-dossier"
client_name = "Dossier patient"
token_endpoint_auth_method = "none"
redirect_uris = ["http://localhost:{dossier}/", "http://localhost:{dossier}/callback.html"]
post_logout_redirect_uris = ["http://localhost:{dossier}/"]
web_origins = ["http://localhost:{dossier}"]

[[clients]]
client_id = "demo-autologin"
client_name = "Suite de tests"
client_secret = "demo-autologin-secret-0123456789abcdef"
token_endpoint_auth_method = "client_secret_post"
redirect_uris = ["http://localhost:{elsewhere}/callback"]
id_token_signed_response_alg = "ES256"
auto_login = true

[[clients]]
client_id = "demo-bedside"
client_name = "Logiciel au chevet du patient"
client_secret = "demo-bedside-secret-0123456789abcdef"
grant_types = ["urn:openid:params:grant-type:ciba", "refresh_token"]
id_token_signed_response_alg = "ES256"
backchannel_token_delivery_mode = "poll"

[[clients]]
client_id = "demo-psc"
client_name = "Client Pro Santé Connect"
client_secret = "demo-psc-secret-0123456789abcdefghij"
redirect_uris = ["http://localhost:{elsewhere}/callback"]
post_logout_redirect_uris = ["http://localhost:{elsewhere}/"]
profile = "psc"
grant_types = ["authorization_code", "refresh_token", "urn:openid:params:grant-type:ciba"]
backchannel_token_delivery_mode = "poll"
"#
        ))
    }

    /// How the provider is spoken to, and the section that says so.
    fn tls(&self) -> (&'static str, String) {
        let (Some(certificate), Some(key)) = (&self.tls_certificate, &self.tls_key) else {
            return ("http", String::new());
        };
        let path = |path: &Path| toml::Value::from(path.display().to_string());
        let section = format!(
            "\n[tls]\ncertificate_file = {}\nkey_file = {}\nclient_certificates = true\nphone_app = false\n",
            path(certificate),
            path(key),
        );
        ("https", section)
    }
}

/// A 256-bit key in a file that only its owner reads; made when it is missing.
fn key_file(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;

    let made = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Ok(mut file) => file
            .write_all(base64url(&random_bytes::<32>()).as_bytes())
            .with_context(|| format!("could not write {}", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error).with_context(|| format!("could not make {}", path.display())),
    }
}
