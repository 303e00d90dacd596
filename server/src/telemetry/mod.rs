//! Traces for whoever operates the server: one span a request, sent to a
//! collector (OpenTelemetry, OTLP over HTTP). Off unless a collector is named,
//! and then nothing of it runs.
//!
//! A span holds the method, the route's pattern and the status: no address, no
//! query, no header, nobody's name. [`span`] makes it, [`exporter`] sends it.

mod exporter;
mod settings;
mod span;

use std::sync::OnceLock;

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

pub use settings::Settings;
pub use span::RequestSpan;

/// Where spans go; nowhere until [`Telemetry::start`].
#[derive(Default)]
pub struct Telemetry {
    sending: OnceLock<Sending>,
}

struct Sending {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

impl Telemetry {
    /// Sends spans from now on, within a runtime.
    pub fn start(&self, settings: &Settings) -> anyhow::Result<()> {
        let provider = exporter::provider(settings)?;
        let tracer = provider.tracer("openpsc");
        // A second start changes nothing: the first collector stays.
        let _ = self.sending.set(Sending { provider, tracer });
        Ok(())
    }

    fn tracer(&self) -> Option<&SdkTracer> {
        Some(&self.sending.get()?.tracer)
    }

    /// Sends what waits.
    pub async fn flush(&self) {
        self.wait_for(|provider| provider.force_flush()).await;
    }

    /// Sends what waits, and ends.
    pub async fn stop(&self) {
        self.wait_for(|provider| provider.shutdown()).await;
    }

    async fn wait_for(
        &self,
        end: impl FnOnce(SdkTracerProvider) -> opentelemetry_sdk::error::OTelSdkResult + Send + 'static,
    ) {
        let Some(sending) = self.sending.get() else { return };
        let provider = sending.provider.clone();
        // The library waits by blocking its thread.
        let ended = tokio::task::spawn_blocking(move || end(provider)).await;
        if let Ok(Err(cause)) = ended {
            tracing::warn!(%cause, "the last traces were not sent");
        }
    }
}
