//! One span a request.

use axum::http::{HeaderMap, StatusCode};
use opentelemetry::{
    Context, KeyValue,
    propagation::TextMapPropagator,
    trace::{Link, Span as _, SpanContext, SpanKind, Status, TraceContextExt, TraceState, Tracer},
};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::{propagation::TraceContextPropagator, trace::Span};

use super::Telemetry;

/// A request that is being answered.
pub struct RequestSpan(Span);

impl Telemetry {
    /// Begins the span of a request; nothing when traces are off. A trace that
    /// the request says to belong to (W3C Trace Context) is gone on with when a
    /// proxy of ours says so. Anybody else's is only linked to: a stranger must
    /// not write into our traces, nor decide what is sampled.
    pub fn begin(
        &self,
        method: &str,
        route: &str,
        headers: &HeaderMap,
        from_our_proxy: impl FnOnce() -> bool,
    ) -> Option<RequestSpan> {
        let tracer = self.tracer()?;
        let theirs = TraceContextPropagator::new()
            .extract_with_context(&Context::new(), &HeaderExtractor(headers));
        let builder = tracer
            .span_builder(format!("{method} {route}"))
            .with_kind(SpanKind::Server)
            .with_attributes([
                KeyValue::new("http.request.method", method.to_owned()),
                KeyValue::new("http.route", route.to_owned()),
            ]);
        let span = if from_our_proxy() {
            tracer.build_with_context(builder, &theirs)
        } else {
            // Its numbers alone: `tracestate` is free text of a stranger's.
            let theirs = theirs.span().span_context().clone();
            let (trace, span) = (theirs.trace_id(), theirs.span_id());
            let links = theirs.is_valid().then(|| {
                let flags = theirs.trace_flags();
                Link::with_context(SpanContext::new(trace, span, flags, true, TraceState::NONE))
            });
            let builder = builder.with_links(links.into_iter().collect());
            tracer.build_with_context(builder, &Context::new())
        };
        Some(RequestSpan(span))
    }
}

impl RequestSpan {
    /// The request is answered.
    pub fn end(mut self, status: StatusCode) {
        self.0
            .set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
        if status.is_server_error() {
            self.0.set_status(Status::error(""));
        }
        self.0.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn off_there_is_no_span() {
        let telemetry = Telemetry::default();
        assert!(telemetry.begin("GET", "/auth", &HeaderMap::new(), || unreachable!()).is_none());
    }
}
