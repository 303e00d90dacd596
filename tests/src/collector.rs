//! A double of an OpenTelemetry collector: it takes OTLP over HTTP and keeps
//! the spans.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value, trace::v1::Span,
};
use prost::Message;

/// What has arrived: the spans, and the bytes that they came in.
#[derive(Clone, Default)]
struct Arrived(Arc<Mutex<(Vec<Span>, Vec<u8>)>>);

/// A collector on a port of its own.
pub struct Collector {
    /// Where it is, as `telemetry.otlp_endpoint` wants it.
    pub endpoint: String,
    arrived: Arrived,
}

impl Collector {
    /// Starts one.
    pub async fn start() -> Self {
        let arrived = Arrived::default();
        let router = Router::new().route("/v1/traces", post(take)).with_state(arrived.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { endpoint, arrived }
    }

    /// The spans that have arrived.
    pub fn spans(&self) -> Vec<Span> {
        self.arrived.0.lock().unwrap().0.clone()
    }

    /// The span of this name.
    pub fn span(&self, name: &str) -> Span {
        let spans = self.spans();
        let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
        let found = spans.iter().find(|span| span.name == name);
        found.unwrap_or_else(|| panic!("no {name} among {names:?}")).clone()
    }

    /// Everything that has arrived, as text where it is text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.arrived.0.lock().unwrap().1).into_owned()
    }
}

/// One attribute of a span, as text.
pub fn attribute(span: &Span, name: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key == name)?;
    match found.value.clone()?.value? {
        Value::StringValue(text) => Some(text),
        Value::IntValue(number) => Some(number.to_string()),
        other => panic!("{name} is {other:?}"),
    }
}

async fn take(State(Arrived(arrived)): State<Arrived>, body: Bytes) -> StatusCode {
    let Ok(request) = ExportTraceServiceRequest::decode(body.clone()) else {
        return StatusCode::BAD_REQUEST;
    };
    let mut arrived = arrived.lock().unwrap();
    let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
    arrived.0.extend(scopes.flat_map(|scope| scope.spans));
    arrived.1.extend_from_slice(&body);
    StatusCode::OK
}
