//! Counters and times, in Prometheus's words (OpenMetrics 1.0).

use std::{fmt, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};

use crate::{app::App, serve::Peer};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Call {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Login {
    means: String,
    acr: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Issue {
    grant_type: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Notice {
    result: String,
}

/// Everything that is counted on this node.
pub struct Metrics {
    registry: Registry,
    calls: Family<Call, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
    logins: Family<Login, Counter>,
    tokens: Family<Issue, Counter>,
    notices: Family<Notice, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("openpsc");
        let calls = Family::default();
        registry.register("http_requests", "Answers, by route and status", calls.clone());
        // From half a millisecond to eight seconds.
        let times: fn() -> Histogram = || Histogram::new(exponential_buckets(0.0005, 2.0, 15));
        let seconds = Family::new_with_constructor(times);
        registry.register("http_request_seconds", "Time to answer, by route", seconds.clone());
        let logins = Family::default();
        registry.register(
            "logins",
            "Logins that made a session, by means and level",
            logins.clone(),
        );
        let tokens = Family::default();
        registry.register("tokens", "Answers with tokens, by grant type", tokens.clone());
        let notices = Family::default();
        registry.register(
            "backchannel_logouts",
            "Tries to tell a service of a logout, by result",
            notices.clone(),
        );
        Self { registry, calls, seconds, logins, tokens, notices }
    }
}

impl Metrics {
    /// A login made a session.
    pub fn login(&self, means: &str, acr: &str) {
        self.logins.get_or_create(&Login { means: means.into(), acr: acr.into() }).inc();
    }

    /// Tokens were issued.
    pub fn tokens(&self, grant_type: &str) {
        self.tokens.get_or_create(&Issue { grant_type: grant_type.into() }).inc();
    }

    /// A service was told of a logout, or not.
    pub fn backchannel_logout(&self, result: &str) {
        self.notices.get_or_create(&Notice { result: result.into() }).inc();
    }

    /// As Prometheus reads it.
    pub(super) fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Counts an answer, and traces it where traces are made, under its route's pattern: an address itself could hold
/// anything, and there is no end to addresses.
pub async fn count_requests(
    State(app): State<App>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let route = path.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = match request.method().as_str() {
        known @ ("GET" | "POST" | "HEAD" | "OPTIONS" | "PUT" | "DELETE") => known.to_owned(),
        _ => "other".to_owned(),
    };
    let from_our_proxy = || {
        let peer = request.extensions().get::<Peer>();
        peer.is_some_and(|peer| app.config.proxy.is_at(peer.address.ip()))
    };
    let span = app.telemetry.begin(&method, &route, request.headers(), from_our_proxy);
    let began = Instant::now();
    let response = next.run(request).await;
    if let Some(span) = span {
        span.end(response.status());
    }
    let status = response.status().as_u16();
    let seconds = began.elapsed().as_secs_f64();
    app.metrics.seconds.get_or_create(&Route { route: route.clone() }).observe(seconds);
    app.metrics.calls.get_or_create(&Call { method, route, status }).inc();
    response
}
