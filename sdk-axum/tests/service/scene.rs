//! The stage: a service, its provider, a clock, and people's browsers.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use axum::{Router, routing::get};
use openpsc_sdk_axum::{
    Clock, Config, Error, Level, MemoryStore, Psc, PscSession, Secret, SessionStore,
};

use crate::{
    browser::{Browser, Page},
    provider::{Behaviour, CLIENT_ID, CLIENT_SECRET, Provider},
};

pub(crate) const NOW: i64 = 1_800_000_000;

pub(crate) struct Scene {
    pub provider: Provider,
    pub(crate) service: Router,
    clock: Arc<AtomicI64>,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::with(Behaviour::ours(), |_| {}).await
    }

    pub(crate) async fn like_psc() -> Self {
        Self::with(Behaviour::like_psc(), |_| {}).await
    }

    pub(crate) async fn with(behaviour: Behaviour, change: impl FnOnce(&mut Config)) -> Self {
        Self::with_store(behaviour, change, MemoryStore::default()).await
    }

    pub(crate) async fn with_store(
        behaviour: Behaviour,
        change: impl FnOnce(&mut Config),
        store: impl SessionStore,
    ) -> Self {
        let provider = Provider::start(behaviour, NOW).await;
        let clock = Arc::new(AtomicI64::new(NOW));
        let mut config = Config::new(
            &provider.issuer,
            CLIENT_ID,
            Secret::new(CLIENT_SECRET),
            "http://localhost:8082",
        );
        config.allow_insecure_loopback = true;
        change(&mut config);
        let psc = Psc::with_store(config, store, Clock::Test(clock.clone())).unwrap();
        let service = Router::new()
            .route("/", get(|| async { "home" }))
            .route("/agenda", get(agenda))
            .route("/sign", get(sign))
            .route("/token", get(token))
            .route("/open", get(open))
            .nest("/en", Router::new().route("/agenda", get(agenda)))
            .merge(psc.router())
            .with_state(psc);
        Self { provider, service, clock }
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.service.clone())
    }

    /// Time passes, for the service and its provider alike.
    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
        self.provider.state().now += seconds;
    }

    /// The service's clock alone goes wrong.
    pub(crate) fn service_clock_is_off_by(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    /// A login from the link to the page it returns to.
    pub(crate) async fn log_in(&self, browser: &mut Browser, login: &str) -> Page {
        let authorization = browser.open(login).await.redirect().to_owned();
        let back = self.provider.approve(&authorization);
        browser.open(&back[url::Position::BeforePath..]).await
    }
}

async fn agenda(session: PscSession) -> String {
    format!("agenda of {} {}", session.given_name, session.activities().len())
}

async fn sign(session: PscSession) -> Result<String, Error> {
    session.at_least(Level::Eidas2)?;
    session.authenticated_within(60)?;
    Ok("signed".into())
}

async fn token(session: PscSession) -> Result<String, Error> {
    session.access_token().await
}

async fn open(session: Option<PscSession>) -> String {
    session.map_or("nobody".into(), |session| session.national_id.clone())
}
