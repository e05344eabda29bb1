//! The span of a question: its id, who asks and what for, as log and traces name it.

use axum::http::HeaderMap;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::access::Caller;

/// Characters of a purpose that are noted.
const PURPOSE: usize = 80;

/// A question that came in; within the trace that its `traceparent` names (W3C Trace Context), where one is sent.
pub fn question(headers: &HeaderMap, id: &str) -> Span {
    let span = tracing::info_span!(
        "graphql",
        otel.kind = "server",
        request_id = id,
        caller = Empty,
        role = Empty,
        purpose = Empty,
        operation = Empty
    );
    if !span.is_disabled() && headers.contains_key("traceparent") {
        let _ = span.set_parent(TraceContextPropagator::new().extract(&HeaderExtractor(headers)));
    }
    span
}

/// Notes who asks, by the id of the token and never by a person's name, and what for.
pub fn asked_by(caller: &Caller, headers: &HeaderMap) {
    let span = Span::current();
    if span.is_disabled() {
        return;
    }
    let purpose: String = crate::serve::answers::usage::purpose(headers).chars().take(PURPOSE).collect();
    span.record("caller", &*caller.id).record("role", caller.role.name());
    span.record("purpose", &*crate::model::text::visible(&purpose));
}

/// Notes the name that the client gave its operation.
pub fn called(operation: Option<&str>) {
    if let Some(name) = operation {
        Span::current().record("operation", name);
    }
}
