//! The handle that a service holds: settings, provider, sessions.

use std::sync::Arc;

use axum::Router;

use crate::{
    Clock, Config, ConfigError, MemoryStore, SessionStore, config::Checked, http::Http,
    provider::Provider, routes, session_lock::SessionLocks,
};

/// Logging in with Pro Santé Connect, for one service. Cheap to clone; it is
/// the state of [`Psc::router`] and what [`PscSession`](crate::PscSession)
/// asks for.
#[derive(Clone)]
pub struct Psc(Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) config: Config,
    pub(crate) checked: Checked,
    pub(crate) provider: Provider,
    pub(crate) store: Box<dyn SessionStore>,
    pub(crate) locks: SessionLocks,
    pub(crate) clock: Clock,
}

impl Psc {
    /// Checks the settings. The provider is first asked at the first login, so
    /// it may start later than the service.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        Self::with_store(config, MemoryStore::default(), Clock::System)
    }

    /// The same with sessions kept elsewhere, or a clock that a test moves.
    pub fn with_store(
        config: Config,
        store: impl SessionStore,
        clock: Clock,
    ) -> Result<Self, ConfigError> {
        let http = Http::new().map_err(|_| ConfigError {
            setting: "issuer",
            rule: "needs a TLS client, and this machine's trust anchors could not be read",
        })?;
        Ok(Self(Arc::new(Parts {
            checked: config.check()?,
            config,
            provider: Provider::new(http),
            store: Box::new(store),
            locks: SessionLocks::default(),
            clock,
        })))
    }

    /// `/psc/session`, `/psc/login`, `/psc/callback`, `/psc/logout`, at the
    /// path of the settings: merge it into the service's router.
    pub fn router<S>(&self) -> Router<S> {
        routes::router(self)
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.0
    }

    /// Where a link starts a login that comes back to `return_to`.
    pub fn login_url(&self, return_to: &str) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("return_to", return_to)
            .finish();
        format!("{}/login?{query}", self.0.config.path)
    }
}

impl std::fmt::Debug for Psc {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Psc").field("config", &self.0.config).finish_non_exhaustive()
    }
}
