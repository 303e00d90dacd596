//! Sends spans, in batches, from a thread of the library's own.

use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use axum::{
    body::Bytes,
    http::{Request, Response},
};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracerProvider},
};
use tokio::runtime::Handle;

use super::Settings;

/// How long a collector may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a collector answers is not read further.
const LONGEST_ANSWER: usize = 64 * 1024;

pub(super) fn provider(settings: &Settings) -> anyhow::Result<SdkTracerProvider> {
    // The operator's own collector may be anywhere: the guarded fetcher, which
    // keeps away from private networks, is for addresses that others name.
    let http = reqwest::Client::builder()
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .context("could not make an HTTP client")?;
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Client { http, runtime: Handle::current() })
        .with_endpoint(format!("{}/v1/traces", settings.otlp_endpoint.trim_end_matches('/')))
        .build()
        .context("telemetry.otlp_endpoint")?;
    let resource = Resource::builder_empty()
        .with_service_name("openpsc")
        .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let sampler = Sampler::TraceIdRatioBased(settings.sample);
    Ok(SdkTracerProvider::builder()
        .with_resource(resource)
        .with_sampler(Sampler::ParentBased(Box::new(sampler)))
        .with_batch_exporter(exporter)
        .build())
}

/// Our HTTP client, called from a thread that has no runtime.
#[derive(Debug)]
struct Client {
    http: reqwest::Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let http = self.http.clone();
        let sent = self.runtime.spawn(send(http, request)).await?;
        match &sent {
            Ok(answer) if !answer.status().is_success() => {
                tracing::warn!(status = answer.status().as_u16(), "the collector refused traces");
            }
            Err(cause) => tracing::warn!(%cause, "traces were not sent"),
            Ok(_) => {}
        }
        sent
    }
}

async fn send(
    http: reqwest::Client,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, HttpError> {
    let mut answer = http.execute(request.try_into()?).await?;
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = answer.status();
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err("the collector's answer is too long".into());
        }
        body.extend_from_slice(&chunk);
    }
    *response.body_mut() = body.into();
    Ok(response)
}
