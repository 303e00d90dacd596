//! Settings of traces.

use anyhow::{Context, ensure};
use serde::Deserialize;

/// Traces. Absent: none are made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where the collector takes OTLP over HTTP, without `/v1/traces`.
    pub otlp_endpoint: String,
    /// The share of requests that are traced, from 0 to 1. What a trusted proxy
    /// has decided goes first.
    #[serde(default = "all")]
    pub sample: f64,
}

fn all() -> f64 {
    1.0
}

impl Settings {
    /// The rules that types cannot hold.
    pub fn check(&self) -> anyhow::Result<()> {
        let url =
            url::Url::parse(&self.otlp_endpoint).context("telemetry.otlp_endpoint is not a URL")?;
        let is_http = matches!(url.scheme(), "http" | "https") && url.query().is_none();
        ensure!(is_http, "telemetry.otlp_endpoint must be http or https, without a query");
        ensure!((0.0..=1.0).contains(&self.sample), "telemetry.sample must be from 0 to 1");
        Ok(())
    }
}
