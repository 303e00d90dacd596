//! What a client registers for CIBA (CIBA Core §4).

use anyhow::{Context, bail};
use serde::Deserialize;

use super::{AuthMethod, ClientSettings, GrantType, Profile};
use crate::jose::Alg;

/// How a client learns that its tokens are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryMode {
    /// It asks.
    Poll,
    /// It is told, and then asks.
    Ping,
}

/// A client's registration for CIBA.
#[derive(Clone, Debug)]
pub struct Backchannel {
    /// How it learns that its tokens are there.
    pub mode: DeliveryMode,
    /// Where it is told; with ping only.
    pub notification_endpoint: Option<String>,
    /// Its requests are signed, with this.
    pub request_signing_alg: Option<Alg>,
    /// It is told that an identifier is nobody's, or has no e-CPS.
    pub reveal_unknown_user: bool,
}

impl Backchannel {
    /// The registration; nothing for a client that has none.
    pub(super) fn of(settings: &ClientSettings) -> Option<Self> {
        Some(Self {
            mode: settings.backchannel_token_delivery_mode?,
            notification_endpoint: settings.backchannel_client_notification_endpoint.clone(),
            request_signing_alg: settings.backchannel_authentication_request_signing_alg,
            reveal_unknown_user: settings.backchannel_reveal_unknown_user,
        })
    }

    /// The rules that types cannot hold.
    pub(super) fn check(settings: &ClientSettings, sandbox: bool) -> anyhow::Result<()> {
        let endpoint = settings.backchannel_client_notification_endpoint.as_deref();
        let granted = settings.grant_types.contains(&GrantType::Ciba);
        if granted && settings.backchannel_token_delivery_mode.is_none() {
            bail!("grant_types holds CIBA: backchannel_token_delivery_mode must say poll or ping");
        }
        if !granted && settings.backchannel_token_delivery_mode.is_some() {
            bail!(
                "backchannel_token_delivery_mode needs urn:openid:params:grant-type:ciba in grant_types"
            );
        }
        match (settings.backchannel_token_delivery_mode, endpoint) {
            (None, None) => {
                if settings.backchannel_authentication_request_signing_alg.is_some()
                    || settings.backchannel_reveal_unknown_user
                {
                    bail!(
                        "backchannel_token_delivery_mode is missing: without it there is no CIBA"
                    );
                }
                return Ok(());
            }
            (None, Some(_)) => bail!("backchannel_token_delivery_mode is missing"),
            (Some(DeliveryMode::Poll), Some(_)) => {
                bail!("backchannel_client_notification_endpoint is for ping")
            }
            (Some(DeliveryMode::Poll), None) => {}
            (Some(DeliveryMode::Ping), None) => {
                bail!("backchannel_client_notification_endpoint is missing")
            }
            (Some(DeliveryMode::Ping), Some(_)) if settings.profile == Profile::Psc => {
                bail!("a client of the psc profile polls: the real service does nothing else")
            }
            (Some(DeliveryMode::Ping), Some(endpoint)) => check_endpoint(endpoint, sandbox)
                .with_context(|| {
                    format!("backchannel_client_notification_endpoint {endpoint:?}")
                })?,
        }
        if settings.token_endpoint_auth_method == AuthMethod::None {
            bail!("backchannel_token_delivery_mode: CIBA is for confidential clients only");
        }
        match settings.backchannel_authentication_request_signing_alg {
            Some(Alg::RS256) => {
                bail!("backchannel_authentication_request_signing_alg is PS256, ES256 or EdDSA")
            }
            Some(_) if settings.jwks.is_none() && settings.jwks_uri.is_none() => {
                bail!("backchannel_authentication_request_signing_alg needs jwks or jwks_uri")
            }
            _ => Ok(()),
        }
    }
}

/// https, and http to this very machine in the sandbox; what its name leads to
/// is judged at each call.
fn check_endpoint(endpoint: &str, sandbox: bool) -> anyhow::Result<()> {
    let url = url::Url::parse(endpoint).context("not an absolute URL")?;
    if endpoint.contains('#') || !url.username().is_empty() || url.password().is_some() {
        bail!("must have no fragment, user or password");
    }
    let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match url.scheme() {
        "https" => Ok(()),
        "http" if here && sandbox => Ok(()),
        _ => bail!("must be https, except on localhost in the sandbox"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(more: &str, sandbox: bool) -> Result<(), String> {
        let text = format!(
            "client_id = 'a'\nclient_name = 'a'\n\
             grant_types = ['urn:openid:params:grant-type:ciba']\n\
             client_secret = '0123456789abcdef0123456789abcdef'\n{more}"
        );
        let settings: ClientSettings = toml::from_str(&text).map_err(|error| error.to_string())?;
        settings.check(sandbox).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn each_mode_says_what_it_needs() {
        let poll = "backchannel_token_delivery_mode = 'poll'";
        let ping = "backchannel_token_delivery_mode = 'ping'";
        let at = |url: &str| format!("{ping}\nbackchannel_client_notification_endpoint = '{url}'");
        assert_eq!(checked(poll, false), Ok(()));
        assert_eq!(checked(&at("https://a.example/ping"), false), Ok(()));
        assert_eq!(checked(&at("http://127.0.0.1:1/ping"), true), Ok(()));
        for (more, reason) in [
            ("".to_owned(), "poll or ping"),
            (ping.to_owned(), "endpoint is missing"),
            (at("http://127.0.0.1:1/ping"), "https"),
            (at("http://a.example/ping"), "https"),
            (at("https://a@a.example/ping"), "user"),
            (at("https://a.example/#x"), "fragment"),
            (at("javascript:alert(1)"), "https"),
            (format!("{}\nprofile = 'psc'", at("https://a.example/")), "psc"),
            ("backchannel_token_delivery_mode = 'push'".to_owned(), "push"),
            (format!("{poll}\nbackchannel_client_notification_endpoint = 'x'"), "ping"),
            (format!("{poll}\nbackchannel_authentication_request_signing_alg = 'ES256'"), "jwks"),
            (format!("{poll}\nbackchannel_authentication_request_signing_alg = 'RS256'"), "PS256"),
            (
                "redirect_uri = []\nbackchannel_reveal_unknown_user = true".to_owned(),
                "redirect_uri",
            ),
        ] {
            let refusal = checked(&more, false).unwrap_err();
            assert!(refusal.contains(reason), "{more}: {refusal}");
        }
    }
}
