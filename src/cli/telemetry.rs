//! The log, and traces for whoever collects them.
//!
//! `HUITU_LOG` says what is logged, `HUITU_LOG_FORMAT=json` how. Where `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector, what the program
//! does is sent there too (OTLP over HTTP): questions, syncs, pulls, landings, publications, and the statements within them. Neither
//! holds values of rows, texts of questions, tokens or passwords: statements have `$1` where values stand.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanBuilder, SpanKind, TraceContextExt, Tracer, TracerProvider};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::WithHttpConfig;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

/// A collector that takes longer is done without.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Where the database driver tells of statements.
const STATEMENTS: &str = "sqlx::query";
/// Addresses of a collector, as OpenTelemetry has them.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

/// What is to be sent before the program ends.
pub struct Telemetry(Option<SdkTracerProvider>);

impl Telemetry {
    /// Begins to log, and to send traces where a collector is named; within the runtime.
    pub fn start() -> Telemetry {
        let filter = EnvFilter::try_from_env("HUITU_LOG").unwrap_or_else(|_| EnvFilter::new("warn,sqlx=error"));
        let is_json = std::env::var("HUITU_LOG_FORMAT").is_ok_and(|format| format.eq_ignore_ascii_case("json"));
        let written = fmt::layer().with_writer(std::io::stderr);
        let written = match is_json {
            true => written.json().flatten_event(true).with_span_list(false).with_filter(filter).boxed(),
            false => written.with_target(false).with_filter(filter).boxed(),
        };
        let (provider, fault) = match provider() {
            Ok(provider) => (provider, None),
            Err(error) => (None, Some(error)),
        };
        let traced = provider.as_ref().map(|provider| {
            let tracer = provider.tracer("huitu");
            let of_ours =
                Targets::new().with_target("huitu", tracing::Level::INFO).with_target("huitu_engine", tracing::Level::INFO);
            let spans = tracing_opentelemetry::layer().with_tracer(tracer.clone()).with_location(false).with_threads(false);
            let statements = Targets::new().with_target(STATEMENTS, tracing::Level::DEBUG);
            spans.with_filter(of_ours).and_then(Statements(tracer).with_filter(statements))
        });
        tracing_subscriber::registry().with(traced).with(written).init();
        if let Some(error) = fault {
            tracing::warn!(%error, "no traces are sent");
        }
        Telemetry(provider)
    }

    /// Sends what waits; the program is about to end.
    pub async fn end(self) {
        if let Some(provider) = self.0 {
            // It blocks until its own thread has sent all.
            let _ = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(TIMEOUT)).await;
        }
    }
}

/// None where no collector is named.
fn provider() -> anyhow::Result<Option<SdkTracerProvider>> {
    let is_named = |name: &str| std::env::var(name).is_ok_and(|place| !place.trim().is_empty());
    if !ENDPOINTS.iter().any(|name| is_named(name)) {
        return Ok(None);
    }
    let client = Collector {
        client: crate::pull::collector_client(TIMEOUT)?,
        runtime: tokio::runtime::Handle::current(),
        has_failed: AtomicBool::new(false),
    };
    let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().with_http_client(client).build()?;
    let mut resource = Resource::builder();
    if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
        resource = resource.with_service_name("huitu");
    }
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    Ok(Some(
        SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource.with_attribute(version).build())
            .build(),
    ))
}

/// Sends through the program's own client and runtime, whichever thread asks.
#[derive(Debug)]
struct Collector {
    client: reqwest::Client,
    runtime: tokio::runtime::Handle,
    /// Said once, not with every batch.
    has_failed: AtomicBool,
}

impl HttpClient for Collector {
    fn send_bytes<'life0, 'async_trait>(
        &'life0 self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        let client = self.client.clone();
        let sent = self.runtime.spawn(async move {
            let (parts, body) = request.into_parts();
            let request = client.request(parts.method, parts.uri.to_string()).headers(parts.headers).body(body);
            let answer = request.send().await?;
            let status = answer.status();
            let body = answer.bytes().await?;
            let mut response = Response::new(body);
            *response.status_mut() = status;
            Ok::<Response<Bytes>, reqwest::Error>(response)
        });
        Box::pin(async move {
            let sent = match sent.await {
                Ok(sent) => sent.map_err(|error| error.without_url().to_string()),
                Err(error) => Err(error.to_string()),
            };
            match &sent {
                Ok(_) => self.has_failed.store(false, Ordering::Relaxed),
                Err(error) if !self.has_failed.swap(true, Ordering::Relaxed) => {
                    tracing::warn!(error, "the collector of traces cannot be reached; the work goes on without it");
                }
                Err(_) => {}
            }
            sent.map_err(HttpError::from)
        })
    }
}

/// Makes spans of what the database driver tells when a statement has ended.
struct Statements(SdkTracer);

/// What is told of a statement.
#[derive(Default)]
struct Told {
    summary: String,
    seconds: f64,
    returned: u64,
    affected: u64,
}

impl Visit for Told {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "summary" {
            value.clone_into(&mut self.summary);
        }
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.seconds = value;
        }
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "rows_returned" => self.returned = value,
            "rows_affected" => self.affected = value,
            _ => {}
        }
    }
    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let within = tracing::Span::current().context();
        // Of statements that nothing asked for (the look each second) nobody needs a trace.
        if !within.span().span_context().is_valid() {
            return;
        }
        let mut told = Told::default();
        event.record(&mut told);
        let end = SystemTime::now();
        let start = end.checked_sub(Duration::try_from_secs_f64(told.seconds).unwrap_or_default()).unwrap_or(end);
        let attributes = vec![
            KeyValue::new("db.query.summary", told.summary),
            KeyValue::new("db.response.returned_rows", i64::try_from(told.returned).unwrap_or(i64::MAX)),
            KeyValue::new("huitu.affected_rows", i64::try_from(told.affected).unwrap_or(i64::MAX)),
        ];
        let span = SpanBuilder::from_name("sql").with_kind(SpanKind::Client).with_start_time(start).with_attributes(attributes);
        let mut span = self.0.build_with_context(span, &within);
        opentelemetry::trace::Span::end_with_timestamp(&mut span, end);
    }
}
