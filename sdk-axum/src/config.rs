//! How a service is known to the provider, and what it asks of a login.

use std::fmt;

use axum_extra::extract::cookie::Key;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use url::{Host, Url};

use crate::{Level, ReturnPath};

/// The settings. Start from [`Config::new`], change what you need; or read
/// them with serde, where an unknown key is refused by its name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The provider, exactly as it names itself in its discovery document.
    pub issuer: String,
    /// The service's name at the provider.
    pub client_id: String,
    /// The service's secret at the provider.
    pub client_secret: Secret,
    /// How the secret is sent to the provider.
    pub client_authentication: ClientAuthentication,
    /// The service's own origin as browsers see it: `https://agenda.example`.
    pub base_url: String,
    /// Where the router stands: `/psc` gives `/psc/login` and its siblings.
    /// The redirect URI to register is `base_url` + `path` + `/callback`.
    pub path: String,
    /// Tells the cookies of two services of one host apart.
    pub name: String,
    /// The lowest level that any login here may have.
    pub level: Option<Level>,
    /// What is asked of the provider.
    pub scope: String,
    /// Where a person lands when no return path is known.
    pub home: String,
    /// Where the provider sends the browser after a logout: a path, whose
    /// full address is registered at the provider.
    pub post_logout_path: String,
    /// The longest life of a session, in seconds.
    pub session_seconds: i64,
    /// How long a session may stay unused, in seconds.
    pub idle_seconds: i64,
    /// After how many seconds a session in use is confirmed with the provider:
    /// so much later at most is a logout elsewhere noticed. A page that asks
    /// `/session` learns of it within seconds.
    pub revalidate_seconds: i64,
    /// Seals the cookies of logins under way: 64 bytes or more, in base64.
    /// Nodes that share a session store share this too. Random when absent.
    pub cookie_key: Option<Secret>,
    /// Accepts `http` on this machine's loopback, for development.
    pub allow_insecure_loopback: bool,
}

/// How a client proves its name at the token endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// In the `Authorization` header.
    #[default]
    ClientSecretBasic,
    /// In the body.
    ClientSecretPost,
}

/// A secret: it can be used, and not printed.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Keeps a secret.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

/// A setting that breaks its rule.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {rule}")]
pub struct ConfigError {
    /// The setting's name.
    pub setting: &'static str,
    /// What it must be.
    pub rule: &'static str,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            client_id: String::new(),
            client_secret: Secret::default(),
            client_authentication: ClientAuthentication::default(),
            base_url: String::new(),
            path: "/psc".into(),
            name: "psc".into(),
            level: None,
            scope: "openid scope_all".into(),
            home: "/".into(),
            post_logout_path: "/".into(),
            session_seconds: 4 * 3600,
            idle_seconds: 30 * 60,
            revalidate_seconds: 5 * 60,
            cookie_key: None,
            allow_insecure_loopback: false,
        }
    }
}

impl Config {
    /// The four settings that have no default.
    pub fn new(
        issuer: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: Secret,
        base_url: impl Into<String>,
    ) -> Self {
        Self {
            issuer: issuer.into(),
            client_id: client_id.into(),
            client_secret,
            base_url: base_url.into(),
            ..Self::default()
        }
    }

    /// Checks every setting once, so that nothing has to be checked again.
    pub(crate) fn check(&self) -> Result<Checked, ConfigError> {
        let require = |holds: bool, setting, rule| {
            if holds { Ok(()) } else { Err(ConfigError { setting, rule }) }
        };
        let issuer = parse(&self.issuer, "issuer")?;
        require(
            self.allows(&issuer) && issuer.query().is_none() && issuer.fragment().is_none(),
            "issuer",
            "must be an https URL without query (http on loopback with allow_insecure_loopback)",
        )?;
        require(!self.client_id.is_empty(), "client_id", "must not be empty")?;
        require(!self.client_secret.0.is_empty(), "client_secret", "must not be empty")?;

        let base = parse(&self.base_url, "base_url")?;
        require(
            self.allows(&base) && base[url::Position::BeforePath..] == *"/",
            "base_url",
            "must be an https origin without path (http on loopback with allow_insecure_loopback)",
        )?;
        require(
            self.path.starts_with('/')
                && self.path[1..]
                    .split('/')
                    .all(|word| !word.is_empty() && word.chars().all(is_name_letter)),
            "path",
            "must be like `/psc`: small letters, digits, `-`, no `/` at its end",
        )?;
        require(
            (1..=32).contains(&self.name.len()) && self.name.chars().all(is_name_letter),
            "name",
            "must be 1 to 32 small letters, digits or `-`",
        )?;
        require(
            self.scope.split(' ').any(|word| word == "openid"),
            "scope",
            "must contain the word `openid`",
        )?;
        require(
            self.idle_seconds >= 60 && self.idle_seconds <= self.session_seconds,
            "idle_seconds",
            "must be at least 60 and at most session_seconds",
        )?;
        require(
            (60..=self.idle_seconds).contains(&self.revalidate_seconds),
            "revalidate_seconds",
            "must be at least 60 and at most idle_seconds",
        )?;

        let origin = base.origin().ascii_serialization();
        let path_rule = "must be a path of this service, such as `/`";
        let home = ReturnPath::parse(&self.home)
            .map_err(|_| ConfigError { setting: "home", rule: path_rule })?;
        let post_logout = ReturnPath::parse(&self.post_logout_path)
            .map_err(|_| ConfigError { setting: "post_logout_path", rule: path_rule })?;
        Ok(Checked {
            redirect_uri: format!("{origin}{}/callback", self.path),
            post_logout_uri: format!("{origin}{}", post_logout.as_str()),
            home,
            origin,
            cookie_key: self.cookie_key()?,
        })
    }

    fn cookie_key(&self) -> Result<Key, ConfigError> {
        let Some(key) = &self.cookie_key else { return Ok(Key::generate()) };
        let bytes = STANDARD.decode(key.expose()).ok().filter(|bytes| bytes.len() >= 64);
        let rule = "must be at least 64 bytes in base64";
        Ok(Key::from(&bytes.ok_or(ConfigError { setting: "cookie_key", rule })?))
    }

    /// Whether tokens and codes may travel to this address: TLS, or a wire
    /// that does not leave the machine.
    pub(crate) fn allows(&self, url: &Url) -> bool {
        let loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        let without_credentials = url.username().is_empty() && url.password().is_none();
        without_credentials
            && (url.scheme() == "https"
                || url.scheme() == "http" && loopback && self.allow_insecure_loopback)
    }
}

fn is_name_letter(letter: char) -> bool {
    letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-'
}

fn parse(text: &str, setting: &'static str) -> Result<Url, ConfigError> {
    Url::parse(text).map_err(|_| ConfigError { setting, rule: "must be an absolute URL" })
}

/// What follows from settings that hold.
pub(crate) struct Checked {
    pub(crate) origin: String,
    pub(crate) redirect_uri: String,
    pub(crate) post_logout_uri: String,
    pub(crate) home: ReturnPath,
    pub(crate) cookie_key: Key,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agenda() -> Config {
        Config::new(
            "https://auth.example/auth/realms/esante-wallet",
            "agenda",
            Secret::new("a secret"),
            "https://agenda.example",
        )
    }

    fn refused(change: impl FnOnce(&mut Config)) -> &'static str {
        let mut config = agenda();
        change(&mut config);
        config.check().err().expect("the setting is refused").setting
    }

    #[test]
    fn four_settings_are_enough() {
        let checked = agenda().check().unwrap();
        assert_eq!(checked.redirect_uri, "https://agenda.example/psc/callback");
        assert_eq!(checked.post_logout_uri, "https://agenda.example/");
    }

    #[test]
    fn a_wrong_setting_is_named() {
        assert_eq!(refused(|c| c.issuer = "auth.example".into()), "issuer");
        assert_eq!(refused(|c| c.issuer = "http://auth.example/realm".into()), "issuer");
        assert_eq!(refused(|c| c.issuer.push_str("?a=b")), "issuer");
        assert_eq!(refused(|c| c.client_id.clear()), "client_id");
        assert_eq!(refused(|c| c.client_secret = Secret::default()), "client_secret");
        assert_eq!(refused(|c| c.base_url = "https://agenda.example/app".into()), "base_url");
        assert_eq!(refused(|c| c.base_url = "https://me@agenda.example".into()), "base_url");
        assert_eq!(refused(|c| c.path = "psc".into()), "path");
        assert_eq!(refused(|c| c.path = "/psc/".into()), "path");
        assert_eq!(refused(|c| c.path = "/{psc}".into()), "path");
        assert_eq!(refused(|c| c.name = "a;b".into()), "name");
        assert_eq!(refused(|c| c.scope = "scope_all".into()), "scope");
        assert_eq!(refused(|c| c.home = "//evil.example".into()), "home");
        assert_eq!(refused(|c| c.post_logout_path = "out".into()), "post_logout_path");
        assert_eq!(refused(|c| c.idle_seconds = 5 * 3600), "idle_seconds");
        assert_eq!(refused(|c| c.revalidate_seconds = 1), "revalidate_seconds");
        assert_eq!(refused(|c| c.cookie_key = Some(Secret::new("c2hvcnQ="))), "cookie_key");
    }

    #[test]
    fn http_is_for_loopback_and_only_when_allowed() {
        let mut config = agenda();
        config.base_url = "http://localhost:8082".into();
        assert_eq!(config.check().err().unwrap().setting, "base_url");
        config.allow_insecure_loopback = true;
        assert!(config.check().is_ok());
        config.base_url = "http://agenda.example".into();
        assert_eq!(config.check().err().unwrap().setting, "base_url");
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert!(!format!("{:?}", agenda()).contains("a secret"));
    }

    #[test]
    fn an_unknown_key_is_refused_by_its_name() {
        let error = serde_json::from_str::<Config>(r#"{"clientid":"x"}"#).unwrap_err();
        assert!(error.to_string().contains("clientid"), "{error}");
    }
}
