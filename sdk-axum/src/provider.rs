//! What the provider says of itself, read when first needed and kept an hour.
//!
//! PSC publishes its document at a path of its own; the standard one comes
//! second. A provider that is down when the service starts is found later.

use std::sync::Arc;

use axum::http::{Request, StatusCode, header};
use openidconnect::{
    AuthType, AuthUrl, ClientId, ClientSecret, EndSessionUrl, EndpointNotSet, EndpointSet,
    IssuerUrl, JsonWebKeySetUrl, RedirectUrl, TokenUrl, UserInfoUrl,
    core::{CoreClient, CoreJsonWebKey, CoreJsonWebKeySet},
};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::{
    Config, Error, ErrorCode,
    clock::UnixTime,
    config::ClientAuthentication,
    http::{self, Http},
};

const DISCOVERY_PATHS: [&str; 2] =
    ["/.well-known/wallet-openid-configuration", "/.well-known/openid-configuration"];
const FRESH_FOR: i64 = 3600;
const RETRY_AFTER: i64 = 2;
const KEYS_RELOAD_AFTER: i64 = 60;

/// A client that knows where to log in and where to redeem.
pub(crate) type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
    EndpointNotSet,
>;

/// The members of the discovery document that a login needs. The others may
/// say what they like: PSC's announces levels that do not exist.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Metadata {
    issuer: IssuerUrl,
    authorization_endpoint: AuthUrl,
    token_endpoint: TokenUrl,
    pub(crate) userinfo_endpoint: UserInfoUrl,
    jwks_uri: JsonWebKeySetUrl,
    pub(crate) end_session_endpoint: Option<EndSessionUrl>,
    #[serde(default)]
    pub(crate) authorization_response_iss_parameter_supported: bool,
}

/// The provider as last read.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) metadata: Metadata,
    keys: CoreJsonWebKeySet,
    read_at: UnixTime,
}

impl Found {
    /// The keys that the provider signs with.
    pub(crate) fn keys(&self) -> &[CoreJsonWebKey] {
        self.keys.keys()
    }

    /// An OpenID Connect client for this provider.
    pub(crate) fn client(&self, config: &Config, redirect_uri: &str) -> Result<Client, Error> {
        let redirect_uri = RedirectUrl::new(redirect_uri.to_owned())
            .map_err(|error| Error::new(ErrorCode::Configuration, error.to_string()))?;
        let authentication = match config.client_authentication {
            ClientAuthentication::ClientSecretBasic => AuthType::BasicAuth,
            ClientAuthentication::ClientSecretPost => AuthType::RequestBody,
        };
        let client_id = ClientId::new(config.client_id.clone());
        Ok(CoreClient::new(client_id, self.metadata.issuer.clone(), self.keys.clone())
            .set_client_secret(ClientSecret::new(config.client_secret.expose().to_owned()))
            .set_auth_type(authentication)
            .set_auth_uri(self.metadata.authorization_endpoint.clone())
            .set_token_uri(self.metadata.token_endpoint.clone())
            .set_redirect_uri(redirect_uri))
    }
}

/// What is known of the provider at this moment.
#[derive(Default)]
struct Memory {
    found: Option<Arc<Found>>,
    failed: Option<(UnixTime, Error)>,
}

/// The provider, reached through [`Http`].
pub(crate) struct Provider {
    pub(crate) http: Http,
    memory: Mutex<Memory>,
}

impl Provider {
    pub(crate) fn new(http: Http) -> Self {
        Self { http, memory: Mutex::default() }
    }

    /// The provider, read again when what is known is an hour old. An old
    /// answer is better than none, and a failure is not asked for again at once.
    pub(crate) async fn found(&self, config: &Config, now: UnixTime) -> Result<Arc<Found>, Error> {
        let mut memory = self.memory.lock().await;
        if let Some(found) = &memory.found
            && now < found.read_at + FRESH_FOR
        {
            return Ok(found.clone());
        }
        if let Some((failed_at, error)) = &memory.failed
            && now < failed_at + RETRY_AFTER
        {
            return memory.found.clone().ok_or_else(|| error.clone());
        }
        self.read(&mut memory, config, now).await
    }

    /// The provider with its keys of this minute: a token names a key that
    /// was not there when we last looked.
    pub(crate) async fn found_with_new_keys(
        &self,
        config: &Config,
        now: UnixTime,
    ) -> Result<Arc<Found>, Error> {
        let mut memory = self.memory.lock().await;
        if let Some(found) = &memory.found
            && now < found.read_at + KEYS_RELOAD_AFTER
        {
            return Ok(found.clone());
        }
        self.read(&mut memory, config, now).await
    }

    async fn read(
        &self,
        memory: &mut Memory,
        config: &Config,
        now: UnixTime,
    ) -> Result<Arc<Found>, Error> {
        match self.discover(config, now).await {
            Ok(found) => {
                let found = Arc::new(found);
                *memory = Memory { found: Some(found.clone()), failed: None };
                Ok(found)
            }
            Err(error) => {
                tracing::warn!(issuer = %config.issuer, %error, "the provider cannot be used");
                memory.failed = Some((now, error.clone()));
                memory.found.clone().ok_or(error)
            }
        }
    }

    async fn discover(&self, config: &Config, now: UnixTime) -> Result<Found, Error> {
        let metadata = self.metadata(config).await?;
        let keys = CoreJsonWebKeySet::fetch_async(&metadata.jwks_uri, &self.http)
            .await
            .map_err(|error| discovery(format!("{}: {error}", metadata.jwks_uri.as_str())))?;
        Ok(Found { metadata, keys, read_at: now })
    }

    async fn metadata(&self, config: &Config) -> Result<Metadata, Error> {
        let mut refused = discovery("no discovery document");
        for path in DISCOVERY_PATHS {
            let address = format!("{}{path}", config.issuer.trim_end_matches('/'));
            match self.document(&address).await? {
                Ok(metadata) => return metadata.checked(config),
                Err(reason) => refused = discovery(format!("{address}: {reason}")),
            }
        }
        Err(refused)
    }

    /// A discovery document, or why this address has none.
    async fn document(&self, address: &str) -> Result<Result<Metadata, String>, Error> {
        let request = Request::get(address)
            .header(header::ACCEPT, "application/json")
            .body(Vec::new())
            .map_err(|error| discovery(error.to_string()))?;
        let answer = self.http.send(request).await.map_err(|error| http::failure(&error))?;
        let status = answer.status().as_u16();
        if answer.status().is_server_error() {
            return Err(Error::new(ErrorCode::Server, format!("{address}: status {status}")));
        }
        if answer.status() != StatusCode::OK {
            return Ok(Err(format!("status {status}")));
        }
        Ok(serde_json::from_slice(answer.body()).map_err(|error| error.to_string()))
    }
}

impl Metadata {
    /// The document speaks for the configured issuer, code point by code
    /// point (OIDC Discovery §4.3), and sends nothing over an open wire.
    fn checked(self, config: &Config) -> Result<Self, Error> {
        if self.issuer.as_str() != config.issuer {
            return Err(Error::new(
                ErrorCode::IssuerMismatch,
                format!("configured {}, discovered {}", config.issuer, self.issuer.as_str()),
            ));
        }
        let addresses = [
            Some(self.authorization_endpoint.url()),
            Some(self.token_endpoint.url()),
            Some(self.userinfo_endpoint.url()),
            Some(self.jwks_uri.url()),
            self.end_session_endpoint.as_ref().map(EndSessionUrl::url),
        ];
        if let Some(address) = addresses.into_iter().flatten().find(|url| !config.allows(url)) {
            return Err(discovery(format!("{address} is not an https address")));
        }
        Ok(self)
    }
}

fn discovery(detail: impl Into<String>) -> Error {
    Error::new(ErrorCode::Discovery, detail)
}
