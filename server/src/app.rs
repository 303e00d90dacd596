//! The floor plan: every room's routes, and the handles that all share.

use std::{
    ops::Deref,
    sync::{Arc, OnceLock},
};

use anyhow::Context;
use axum::{
    Router,
    http::{HeaderValue, header},
    middleware::from_fn_with_state,
    response::Response,
};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::{
    audit::Trail,
    cached::CachedDocument,
    clients::{Clients, RemoteKeys},
    clock::Clock,
    config::Config,
    database::Database,
    directory::Directory,
    dpop::Replays,
    ecps,
    fetch::Fetcher,
    keys::Keys,
    operations::{self, Metrics},
    pages::{ErrorPage, Visit},
    sandbox::Phones,
    secret::Sealer,
    serve::with_any_slashes,
    throttle::Throttle,
    tls::Authorities,
    token::VerifiedTokens,
    wake::Wake,
};

/// What every handler is given; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Handles>);

/// The handles themselves.
pub struct Handles {
    /// The configuration, as read at start.
    pub config: Config,
    /// The issuer, as it stands in every token.
    pub issuer: String,
    /// What time it is.
    pub clock: Clock,
    /// The state.
    pub database: Database,
    /// What happened.
    pub audit: Trail,
    /// The keys that sign.
    pub keys: Keys,
    /// The discovery document, once somebody has asked for it.
    pub discovery: OnceLock<CachedDocument>,
    /// The services.
    pub clients: Clients,
    /// The keys that services publish.
    pub client_keys: RemoteKeys,
    /// The professionals.
    pub directory: Directory,
    /// Calls others.
    pub fetcher: Fetcher,
    /// Vouch for the certificates of services.
    pub authorities: Authorities,
    /// Seals what leaves the server and comes back.
    pub sealer: Sealer,
    /// Wakes who waits.
    pub wake: Wake,
    /// What operators are told.
    pub metrics: Metrics,
    /// Counts calls.
    pub throttle: Throttle,
    /// Access tokens whose signature was verified lately.
    pub verified_tokens: VerifiedTokens,
    /// Counts DPoP proofs.
    pub replays: Replays,
    /// What the e-CPS keeps in memory.
    pub ecps: ecps::Ecps,
    /// The simulated phones of the sandbox.
    pub phones: Phones,
}

impl Deref for App {
    type Target = Handles;

    fn deref(&self) -> &Handles {
        &self.0
    }
}

impl App {
    /// Opens the database and reads keys and directory.
    pub async fn open(config: Config) -> anyhow::Result<Self> {
        let clock = Clock::default();
        let key_encryption_key = config.secrets.key_encryption_key()?;
        let sealer = Sealer::new(&key_encryption_key)?;
        let audit = Trail::new(&key_encryption_key, clock.clone())?;
        let database = Database::open(&config.database.url, audit.clone());
        let database = database.await.context("database.url")?;
        let directory = crate::sandbox::directory(&config).context("directory.files")?;
        let clients = Clients::new(&config.clients);
        clients.refresh(&database).await?;
        let ecps = ecps::Ecps::new(&config)?;
        let fetcher = Fetcher::new(&config.outgoing, config.sandbox.is_some());
        for client in &config.clients {
            for uri in client.called() {
                fetcher
                    .would_call(uri)
                    .with_context(|| format!("clients: {:?}: {uri:?}", client.client_id))?;
            }
        }
        let authorities = Authorities::read(&config.mtls)?;
        let issuer = config.issuer();
        Ok(Self(Arc::new(Handles {
            issuer,
            clock,
            database,
            audit,
            keys: Keys::default(),
            discovery: OnceLock::new(),
            clients,
            client_keys: RemoteKeys::default(),
            directory,
            fetcher,
            authorities,
            sealer,
            wake: Wake::default(),
            metrics: Metrics::default(),
            throttle: Throttle::default(),
            verified_tokens: VerifiedTokens::default(),
            replays: Replays::default(),
            phones: Phones::default(),
            ecps,
            config,
        })))
    }

    /// What browsers and services reach.
    pub fn provider(&self) -> Router {
        let for_browsers = Router::new()
            .merge(crate::pages::router())
            .merge(crate::authorize::router())
            .merge(crate::login::router(self))
            .merge(crate::logout::router())
            .merge(crate::account::router())
            .merge(crate::check_session::router());
        let routes = Router::new()
            .merge(self.for_services())
            .merge(for_browsers)
            .merge(crate::sandbox::router(self))
            .fallback(nowhere)
            .layer(from_fn_with_state(self.clone(), operations::count_requests))
            .layer(self.headers())
            .with_state(self.clone());
        with_any_slashes(routes)
    }

    /// What services with certificates reach, on a listener of its own: no page
    /// is there, so no browser ever asks its user for a certificate.
    pub fn mutual(&self) -> Router {
        let routes = self
            .for_services()
            .fallback(nowhere)
            .layer(from_fn_with_state(self.clone(), operations::count_requests))
            .layer(self.headers())
            .with_state(self.clone());
        with_any_slashes(routes)
    }

    /// What services call, whichever way they come.
    fn for_services(&self) -> Router<Self> {
        let for_scripts = Router::new()
            .merge(crate::discovery::router())
            .merge(crate::keys::router())
            .merge(crate::authorize::for_back_ends())
            .merge(crate::token::router())
            .merge(crate::userinfo::router())
            .merge(crate::revocation::router())
            .layer(crate::cors::layer(self));
        for_scripts
            .merge(crate::ciba::router())
            .merge(crate::introspection::router())
            .merge(crate::registration::router(self))
    }

    /// What phones reach, on its own origin.
    pub fn phone(&self) -> Router {
        ecps::router(self)
            .layer(from_fn_with_state(self.clone(), operations::count_requests))
            .layer(self.headers())
            .with_state(self.clone())
    }

    /// What operators' machines reach, on a port of its own.
    pub fn operations(&self) -> Router {
        operations::router().with_state(self.clone())
    }

    /// What every answer says, whichever room it comes from (oidc-rules §0.9).
    fn headers(
        &self,
    ) -> (SetResponseHeaderLayer<HeaderValue>, SetResponseHeaderLayer<Option<HeaderValue>>) {
        let https = self.config.public_url.starts_with("https:");
        (
            SetResponseHeaderLayer::if_not_present(
                header::X_CONTENT_TYPE_OPTIONS,
                HeaderValue::from_static("nosniff"),
            ),
            SetResponseHeaderLayer::if_not_present(
                header::STRICT_TRANSPORT_SECURITY,
                https.then(|| HeaderValue::from_static("max-age=31536000")),
            ),
        )
    }
}

/// An address that nobody lives at.
async fn nowhere(visit: Visit) -> Response {
    ErrorPage::not_found("There is no such address here.").render(&visit)
}
