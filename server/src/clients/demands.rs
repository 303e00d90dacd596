//! How a client's authorization requests must come, and what they may name.

use anyhow::{Context, bail};

use super::{AuthMethod, ClientSettings, client::check_redirect_uri};
use crate::jose::Alg;

/// A client's own rules for its requests, their answers and their tokens.
#[derive(Clone, Debug)]
pub struct Demands {
    /// Its requests need a `code_challenge` (RFC 7636).
    pub pkce: bool,
    /// Only pushed requests are taken (RFC 9126 §6).
    pub pushed: bool,
    /// Only signed requests are taken (RFC 9101 §10.5).
    pub signed: bool,
    /// How its request objects are signed, when it registered it.
    pub request_alg: Option<Alg>,
    /// Where its request objects may be fetched.
    pub request_uris: Vec<String>,
    /// How answers to it are signed, when it registered for that (JARM §3).
    pub answer_alg: Option<Alg>,
    /// Only tokens bound to a DPoP key are given (RFC 9449 §5.2).
    pub dpop: bool,
    /// Every proof of its must repeat a nonce of ours (RFC 9449 §8).
    pub dpop_nonce: bool,
    /// The resources that it may ask tokens for (RFC 8707).
    pub resources: Vec<String>,
}

impl Demands {
    /// Whether a token for this resource may be asked for; ours is everybody's.
    pub fn may_reach(&self, resource: &str, issuer: &str) -> bool {
        resource == issuer || self.resources.iter().any(|known| known == resource)
    }
}

impl From<&ClientSettings> for Demands {
    fn from(settings: &ClientSettings) -> Self {
        Self {
            pkce: settings.require_pkce.unwrap_or(!settings.profile.rules().pkce_is_optional),
            pushed: settings.require_pushed_authorization_requests,
            signed: settings.require_signed_request_object,
            request_alg: settings.request_object_signing_alg,
            request_uris: settings.request_uris.clone(),
            answer_alg: settings.authorization_signed_response_alg,
            dpop: settings.dpop_bound_access_tokens,
            dpop_nonce: settings.dpop_require_nonce,
            resources: settings.resources.clone(),
        }
    }
}

/// The rules that types cannot hold.
pub(super) fn check(settings: &ClientSettings) -> anyhow::Result<()> {
    if settings.require_pkce == Some(false)
        && settings.token_endpoint_auth_method == AuthMethod::None
    {
        bail!("require_pkce: nothing else protects the codes of a public client");
    }
    for uri in &settings.resources {
        let url = url::Url::parse(uri).with_context(|| format!("resources: {uri:?}"))?;
        // RFC 8707 §2.
        if url.fragment().is_some() {
            bail!("resources: {uri:?} must not have a fragment");
        }
    }
    for uri in &settings.request_uris {
        check_redirect_uri(uri).with_context(|| format!("request_uris: {uri:?}"))?;
    }
    if settings.require_signed_request_object
        && settings.jwks.is_none()
        && settings.jwks_uri.is_none()
    {
        bail!("require_signed_request_object needs jwks or jwks_uri");
    }
    Ok(())
}
