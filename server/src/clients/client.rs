//! One service.

use anyhow::{Context, bail};
use openpsc_protocol::level::Level;
use serde::Deserialize;

use super::{
    Allowance, Backchannel, DeliveryMode, Demands, FrontChannelLogout, GrantType, Profile, Rules,
    allowance, certificate, demands,
    keys::{ClientKeys, read_jwks},
    logout,
};
use crate::{
    clock::UnixTime,
    jose::Alg,
    secret::{Hidden, digest_of},
    tls::Subject,
};

/// How a client proves who it is at the token endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// `Authorization: Basic` (RFC 6749 §2.3.1).
    #[default]
    ClientSecretBasic,
    /// `client_id` and `client_secret` in the body.
    ClientSecretPost,
    /// An assertion signed with the client's own key (RFC 7523).
    PrivateKeyJwt,
    /// A certificate that an authority issued (RFC 8705 §2.1).
    TlsClientAuth,
    /// A certificate whose key the client registered (RFC 8705 §2.2).
    SelfSignedTlsClientAuth,
    /// A public client: it has no secret, PKCE protects its codes.
    None,
}

/// A `[[clients]]` entry of the configuration file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientSettings {
    /// Names the client.
    pub client_id: String,
    /// Shown to the professional on the login page and on the phone.
    pub client_name: String,
    /// The secret, at least 32 characters. Absent for a public client.
    #[serde(default)]
    pub client_secret: Option<Hidden>,
    /// `client_secret_basic`, `client_secret_post`, `private_key_jwt`,
    /// `tls_client_auth`, `self_signed_tls_client_auth` or `none`.
    #[serde(default)]
    pub token_endpoint_auth_method: AuthMethod,
    /// The one algorithm that its assertions are signed with; any of ours when
    /// absent.
    #[serde(default)]
    pub token_endpoint_auth_signing_alg: Option<Alg>,
    /// Whether an assertion must name the issuer, as text and alone, as its
    /// audience (FAPI 2.0 §5.3.2.1); otherwise the token endpoint's address
    /// will do too.
    #[serde(default)]
    pub assertion_audience_is_issuer: bool,
    /// The subject of its certificate, as RFC 4514 writes it.
    #[serde(default)]
    pub tls_client_auth_subject_dn: Option<String>,
    /// Or a DNS name that its certificate bears.
    #[serde(default)]
    pub tls_client_auth_san_dns: Option<String>,
    /// Or a URI.
    #[serde(default)]
    pub tls_client_auth_san_uri: Option<String>,
    /// Or an IP address.
    #[serde(default)]
    pub tls_client_auth_san_ip: Option<String>,
    /// Or an e-mail address.
    #[serde(default)]
    pub tls_client_auth_san_email: Option<String>,
    /// Gives it tokens bound to its certificate only (RFC 8705 §3).
    #[serde(default)]
    pub tls_client_certificate_bound_access_tokens: bool,
    /// Its public keys: a JWK Set, `{ keys = [...] }`.
    #[serde(default)]
    pub jwks: Option<serde_json::Value>,
    /// Where it publishes its public keys instead.
    #[serde(default)]
    pub jwks_uri: Option<String>,
    /// How it may come to tokens: `authorization_code`, `refresh_token`,
    /// `client_credentials`.
    #[serde(default = "GrantType::usual")]
    pub grant_types: Vec<GrantType>,
    /// The scopes that it may ask for, separated by spaces; those of a login
    /// when absent.
    #[serde(default)]
    pub scope: Option<String>,
    /// Where codes may be sent, compared letter by letter.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// Where a browser may be sent after a logout, compared letter by letter.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
    /// Where the client's back end is told that a session has ended.
    #[serde(default)]
    pub backchannel_logout_uri: Option<String>,
    /// Whether a logout token for this client always names one session: without
    /// it, one about everything of a person names the person alone.
    #[serde(default)]
    pub backchannel_logout_session_required: bool,
    /// The client's page that is loaded, in a frame of ours, when a session ends
    /// in a browser; it lives where a redirect URI does.
    #[serde(default)]
    pub frontchannel_logout_uri: Option<String>,
    /// Whether that page is told `iss` and `sid`.
    #[serde(default)]
    pub frontchannel_logout_session_required: bool,
    /// Origins whose pages may call token and userinfo from a browser.
    #[serde(default)]
    pub web_origins: Vec<String>,
    /// `RS256`, `PS256`, `ES256` or `EdDSA`.
    #[serde(default = "rs256")]
    pub id_token_signed_response_alg: Alg,
    /// Userinfo is answered as a JWT signed in this way; absent: as JSON.
    #[serde(default)]
    pub userinfo_signed_response_alg: Option<Alg>,
    /// How introspection answers are signed when the client asks for it.
    #[serde(default = "rs256")]
    pub introspection_signed_response_alg: Alg,
    /// Whether it may introspect access tokens issued to other clients.
    #[serde(default)]
    pub introspects_others: bool,
    /// `openid` (strict) or `psc` (as the real one behaves).
    #[serde(default)]
    pub profile: Profile,
    /// The least level this client is content with, whatever it asks for.
    #[serde(default)]
    pub minimum_level: Option<Level>,
    /// Whether its authorization requests need a `code_challenge` (RFC 7636).
    /// Absent: as the profile has it. A public client always needs one.
    #[serde(default)]
    pub require_pkce: Option<bool>,
    /// Takes pushed requests only (RFC 9126).
    #[serde(default)]
    pub require_pushed_authorization_requests: bool,
    /// Takes signed requests only (RFC 9101).
    #[serde(default)]
    pub require_signed_request_object: bool,
    /// The one algorithm of its request objects; any but RS256 when absent.
    #[serde(default)]
    pub request_object_signing_alg: Option<Alg>,
    /// Where its request objects may be fetched, compared letter by letter.
    #[serde(default)]
    pub request_uris: Vec<String>,
    /// Registers the client for signed answers, in this algorithm (JARM).
    #[serde(default)]
    pub authorization_signed_response_alg: Option<Alg>,
    /// Gives it tokens bound to a DPoP key only (RFC 9449).
    #[serde(default)]
    pub dpop_bound_access_tokens: bool,
    /// Every DPoP proof of its must repeat a nonce of ours.
    #[serde(default)]
    pub dpop_require_nonce: bool,
    /// The resources that it may ask tokens for, compared letter by letter
    /// (RFC 8707).
    #[serde(default)]
    pub resources: Vec<String>,
    /// Sandbox only: a request with `login_hint` logs that identity in without
    /// a page.
    #[serde(default)]
    pub auto_login: bool,
    /// `poll` or `ping`: the client may log people in without a page (CIBA), and
    /// learns in this way that they have answered. Absent: it may not.
    #[serde(default)]
    pub backchannel_token_delivery_mode: Option<DeliveryMode>,
    /// With `ping`: where it is told.
    #[serde(default)]
    pub backchannel_client_notification_endpoint: Option<String>,
    /// `PS256`, `ES256` or `EdDSA`: its CIBA requests are signed, with this.
    #[serde(default)]
    pub backchannel_authentication_request_signing_alg: Option<Alg>,
    /// Whether it is told that an identifier is nobody's or has no e-CPS,
    /// rather than to wait until the request expires.
    #[serde(default)]
    pub backchannel_reveal_unknown_user: bool,
}

fn rs256() -> Alg {
    Alg::RS256
}

impl ClientSettings {
    /// The rules that types cannot hold.
    pub fn check(&self, sandbox: bool) -> anyhow::Result<()> {
        if self.client_id.is_empty() || self.client_id.len() > 200 {
            bail!("client_id must have 1 to 200 characters");
        }
        if self.client_name.trim().is_empty() || self.client_name.len() > 200 {
            bail!("client_name must have 1 to 200 characters");
        }
        match (&self.client_secret, self.token_endpoint_auth_method) {
            (Some(_), AuthMethod::None) => bail!("a public client has no client_secret"),
            (
                Some(_),
                AuthMethod::PrivateKeyJwt
                | AuthMethod::TlsClientAuth
                | AuthMethod::SelfSignedTlsClientAuth,
            ) => bail!("client_secret is not used with this token_endpoint_auth_method"),
            (None, AuthMethod::None) => {}
            (None, AuthMethod::TlsClientAuth) => {}
            (None, AuthMethod::PrivateKeyJwt | AuthMethod::SelfSignedTlsClientAuth)
                if self.has_keys() => {}
            (None, AuthMethod::PrivateKeyJwt | AuthMethod::SelfSignedTlsClientAuth) => {
                bail!("token_endpoint_auth_method: this one needs jwks or jwks_uri")
            }
            (None, _) => bail!("client_secret is missing"),
            (Some(secret), _) if secret.expose().len() < 32 => {
                bail!("client_secret must have at least 32 characters")
            }
            (Some(_), _) => {}
        }
        if let Some(jwks) = &self.jwks {
            read_jwks(jwks).context("jwks")?;
        }
        if self.jwks.is_some() && self.jwks_uri.is_some() {
            bail!("jwks and jwks_uri exclude each other (RFC 7591 section 2)");
        }
        allowance::check(self)?;
        certificate::subject(self)?;
        if self.tls_client_certificate_bound_access_tokens && self.dpop_bound_access_tokens {
            bail!("tokens are bound to a DPoP key or to a certificate, not to both");
        }
        Backchannel::check(self, sandbox)?;
        for uri in self.redirect_uris.iter().chain(&self.post_logout_redirect_uris) {
            check_redirect_uri(uri).with_context(|| format!("redirect URI {uri:?}"))?;
        }
        logout::check(self)?;
        for origin in &self.web_origins {
            let url =
                url::Url::parse(origin).with_context(|| format!("web_origins: {origin:?}"))?;
            if url.origin().ascii_serialization() != *origin {
                bail!("web_origins: {origin:?} must be scheme, host and port only");
            }
        }
        demands::check(self)?;
        if self.auto_login && !sandbox {
            bail!("auto_login exists in the sandbox only");
        }
        Ok(())
    }
}

impl ClientSettings {
    /// Whether it proves itself by a secret.
    pub fn needs_secret(&self) -> bool {
        let method = self.token_endpoint_auth_method;
        matches!(method, AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost)
    }

    /// Every address of it that the server may call.
    pub fn called(&self) -> impl Iterator<Item = &String> {
        let alone = [
            &self.jwks_uri,
            &self.backchannel_logout_uri,
            &self.backchannel_client_notification_endpoint,
        ];
        alone.into_iter().flatten().chain(&self.request_uris)
    }

    fn has_keys(&self) -> bool {
        self.jwks.is_some() || self.jwks_uri.is_some()
    }
}

/// Absolute, https (http on loopback), no fragment, no user (RFC 6749 §3.1.2).
pub fn check_redirect_uri(uri: &str) -> anyhow::Result<()> {
    let url = url::Url::parse(uri).context("not an absolute URL")?;
    if url.fragment().is_some() || uri.contains('#') {
        bail!("must not have a fragment");
    }
    if !url.username().is_empty() || url.password().is_some() {
        bail!("must not carry a user or a password");
    }
    let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match url.scheme() {
        "https" => Ok(()),
        "http" if loopback => Ok(()),
        "http" => bail!("must be https, except on localhost"),
        _ => bail!("must be https"),
    }
}

/// A secret that is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretDigest {
    /// Its SHA-256.
    pub digest: String,
    /// Until when it is good, if another has taken its place.
    pub until: Option<UnixTime>,
}

impl SecretDigest {
    fn of(secret: &Hidden) -> Self {
        Self { digest: digest_of(secret.expose()), until: None }
    }

    /// Whether it is good still.
    pub fn is_good(&self, now: UnixTime) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// A registered service.
#[derive(Clone, Debug)]
pub struct Client {
    /// Names the client.
    pub client_id: String,
    /// Shown to the professional.
    pub client_name: String,
    /// Its secrets; a public client has none.
    pub secrets: Vec<SecretDigest>,
    /// How it proves who it is.
    pub auth_method: AuthMethod,
    /// The one algorithm of its assertions, when it registered one.
    pub assertion_alg: Option<Alg>,
    /// Its assertions must name the issuer, alone.
    pub assertion_audience_is_issuer: bool,
    /// What its signatures are verified with.
    pub(super) keys: ClientKeys,
    /// The name on its certificate, when an authority vouches for it.
    pub(super) subject: Option<Subject>,
    /// Its tokens are bound to its certificate (RFC 8705 §3.4).
    pub certificate_bound: bool,
    /// By which grants, and for which scopes, it may ask.
    pub(super) allowance: Allowance,
    /// Where codes may be sent.
    pub redirect_uris: Vec<String>,
    /// Where a browser may be sent after a logout.
    pub post_logout_redirect_uris: Vec<String>,
    /// Where its back end is told that a session has ended.
    pub backchannel_logout_uri: Option<String>,
    /// Whether each logout token must name one session.
    pub backchannel_logout_session_required: bool,
    /// Its page that a browser loads when a session ends there.
    pub frontchannel_logout: Option<FrontChannelLogout>,
    /// Origins whose pages may call token and userinfo.
    pub web_origins: Vec<String>,
    /// How its tokens are signed.
    pub alg: Alg,
    /// How userinfo is signed, if it is.
    pub userinfo_alg: Option<Alg>,
    /// How introspection answers are signed.
    pub introspection_alg: Alg,
    /// Whether it may introspect access tokens issued to other clients.
    pub introspects_others: bool,
    /// The least level it is content with.
    pub minimum_level: Option<Level>,
    /// How its requests must come, and what they may name.
    pub demands: Demands,
    /// Sandbox: no page when `login_hint` names an identity.
    pub auto_login: bool,
    /// Its registration for CIBA, if it has one.
    pub backchannel: Option<Backchannel>,
    /// How it is treated.
    pub rules: Rules,
}

impl Client {
    /// Whether it has no secret.
    pub fn is_public(&self) -> bool {
        self.auth_method == AuthMethod::None
    }
}

impl From<&ClientSettings> for Client {
    fn from(settings: &ClientSettings) -> Self {
        Self {
            client_id: settings.client_id.clone(),
            client_name: settings.client_name.clone(),
            secrets: settings.client_secret.iter().map(SecretDigest::of).collect(),
            auth_method: settings.token_endpoint_auth_method,
            assertion_alg: settings.token_endpoint_auth_signing_alg,
            assertion_audience_is_issuer: settings.assertion_audience_is_issuer,
            keys: ClientKeys::of(settings),
            subject: certificate::subject(settings).ok().flatten(),
            certificate_bound: settings.tls_client_certificate_bound_access_tokens,
            allowance: Allowance::from(settings),
            redirect_uris: settings.redirect_uris.clone(),
            post_logout_redirect_uris: settings.post_logout_redirect_uris.clone(),
            backchannel_logout_uri: settings.backchannel_logout_uri.clone(),
            backchannel_logout_session_required: settings.backchannel_logout_session_required,
            frontchannel_logout: FrontChannelLogout::of(settings),
            web_origins: settings.web_origins.clone(),
            alg: settings.id_token_signed_response_alg,
            userinfo_alg: settings.userinfo_signed_response_alg,
            introspection_alg: settings.introspection_signed_response_alg,
            introspects_others: settings.introspects_others,
            minimum_level: settings.minimum_level,
            demands: Demands::from(settings),
            auto_login: settings.auto_login,
            backchannel: Backchannel::of(settings),
            rules: settings.profile.rules(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirect_uris_are_checked_when_they_are_registered() {
        for good in ["https://a.example/cb?x=1", "http://localhost:8082/cb", "http://127.0.0.1/"] {
            assert!(check_redirect_uri(good).is_ok(), "{good}");
        }
        for bad in [
            "http://a.example/cb",
            "https://a.example/#x",
            "https://a.example/#",
            "javascript:alert(1)",
            "data:text/html,x",
            "/cb",
            "https://user@a.example/",
            "",
        ] {
            assert!(check_redirect_uri(bad).is_err(), "{bad}");
        }
    }
}
