//! What a client may ask for: by which grants, and for which scopes.

use anyhow::bail;
use serde::{Deserialize, Serialize};

use super::{AuthMethod, Client, ClientSettings};

/// A way to tokens (`grant_type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// A professional logs in (RFC 6749 §4.1).
    AuthorizationCode,
    /// Tokens are renewed (RFC 6749 §6).
    RefreshToken,
    /// The service acts for itself, for nobody (RFC 6749 §4.4).
    ClientCredentials,
    /// A professional logs in without a page (CIBA Core §10.1).
    #[serde(rename = "urn:openid:params:grant-type:ciba")]
    Ciba,
}

impl GrantType {
    /// Every one.
    pub const ALL: [Self; 4] =
        [Self::AuthorizationCode, Self::RefreshToken, Self::ClientCredentials, Self::Ciba];

    /// What a client has that registers none: RFC 7591 §2, and renewal, because
    /// every client of PSC renews.
    pub fn usual() -> Vec<Self> {
        vec![Self::AuthorizationCode, Self::RefreshToken]
    }

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::Ciba => "urn:openid:params:grant-type:ciba",
        }
    }
}

impl std::str::FromStr for GrantType {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|grant| grant.as_str() == word).ok_or(())
    }
}

/// A client's own list of grants and scopes.
#[derive(Clone, Debug)]
pub struct Allowance {
    grants: Vec<GrantType>,
    scopes: Option<Vec<String>>,
}

impl From<&ClientSettings> for Allowance {
    fn from(settings: &ClientSettings) -> Self {
        let words = |text: &String| text.split(' ').map(str::to_owned).collect();
        Self { grants: settings.grant_types.clone(), scopes: settings.scope.as_ref().map(words) }
    }
}

impl Client {
    /// Whether it is registered for a grant.
    pub fn may_use(&self, grant: GrantType) -> bool {
        self.allowance.grants.contains(&grant)
    }

    /// Whether it may ask for a scope (ASVS 10.4.11): one of its list, or of
    /// `usual` when it has no list.
    pub fn may_ask_for(&self, word: &str, usual: &[&str]) -> bool {
        match &self.allowance.scopes {
            Some(scopes) => scopes.iter().any(|allowed| allowed == word),
            None => usual.contains(&word),
        }
    }

    /// The scopes that it registered; none when it registered no list.
    pub fn scopes(&self) -> &[String] {
        self.allowance.scopes.as_deref().unwrap_or_default()
    }
}

/// The rules that types cannot hold.
pub(super) fn check(settings: &ClientSettings) -> anyhow::Result<()> {
    let has = |grant| settings.grant_types.contains(&grant);
    if settings.grant_types.is_empty() {
        bail!("grant_types is empty");
    }
    if has(GrantType::AuthorizationCode) && settings.redirect_uris.is_empty() {
        bail!("redirect_uris is empty");
    }
    let public = settings.token_endpoint_auth_method == AuthMethod::None;
    if has(GrantType::ClientCredentials) && public {
        // RFC 6749 §4.4: anybody could say its name.
        bail!("grant_types: client_credentials is not for a public client");
    }
    if has(GrantType::ClientCredentials) && settings.client_id.starts_with("f:") {
        // RFC 9700 §4.15: its own token must not be taken for a person's.
        bail!("grant_types: client_credentials is not for a client_id that begins with f:");
    }
    let well_formed = |word: &str| {
        // RFC 6749 §3.3.
        let allowed = |byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        !word.is_empty() && word.bytes().all(allowed)
    };
    if settings.scope.as_ref().is_some_and(|scope| !scope.split(' ').all(well_formed)) {
        bail!("scope must be words of RFC 6749 section 3.3, separated by single spaces");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_with(text: &str) -> Result<(), String> {
        let settings: ClientSettings = toml::from_str(&format!(
            "client_id = 'a'\nclient_name = 'A'\nclient_secret = '{}'\n{text}",
            "x".repeat(32)
        ))
        .map_err(|error| error.to_string())?;
        settings.check(false).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn a_service_that_logs_nobody_in_needs_no_redirect_uri() {
        assert_eq!(check_with("grant_types = ['client_credentials']"), Ok(()));
        assert!(check_with("").unwrap_err().contains("redirect_uris"));
        assert!(check_with("grant_types = []").unwrap_err().contains("grant_types"));
        assert!(check_with("grant_types = ['password']").unwrap_err().contains("password"));
    }

    #[test]
    fn a_list_of_scopes_is_well_formed() {
        let with = |scope| {
            check_with(&format!("redirect_uris = ['https://a.example/']\nscope = '{scope}'"))
        };
        assert_eq!(with("openid dossier.read"), Ok(()));
        for bad in ["", "a  b", " a", "a ", "a\"b", "é"] {
            assert!(with(bad).unwrap_err().contains("scope"), "{bad}");
        }
    }
}
