//! For operators: alive, ready, and numbers in Prometheus' text format.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::serve::metrics::BUCKETS;
use crate::serve::state::ServerState;

/// The process answers.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// There is an edition, and the store can be read.
pub async fn readyz(State(state): State<ServerState>) -> Response {
    let edition = state.hub().editions.current();
    let store = state.hub().store.registries().await;
    match (edition, store) {
        (Ok(edition), Ok(_)) => format!("ready: edition {}\n", edition.number()).into_response(),
        (Err(_), _) => (StatusCode::SERVICE_UNAVAILABLE, "no edition has been published yet: run `huitu sync`\n").into_response(),
        (_, Err(error)) => {
            tracing::error!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the store cannot be read; see the log\n").into_response()
        }
    }
}

/// Numbers for Prometheus.
pub async fn metrics(State(state): State<ServerState>) -> Response {
    let m = state.metrics();
    let mut text = String::new();
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let total = read(&m.ok) + read(&m.client_errors) + read(&m.server_errors);
    let mut line = |arguments: std::fmt::Arguments<'_>| {
        let _ = writeln!(text, "{arguments}"); // writing to a String cannot fail
    };
    line(format_args!("# TYPE huitu_graphql_requests_total counter"));
    for (class, counter) in [("ok", &m.ok), ("client_error", &m.client_errors), ("server_error", &m.server_errors)] {
        line(format_args!("huitu_graphql_requests_total{{result=\"{class}\"}} {}", read(counter)));
    }
    line(format_args!("# TYPE huitu_graphql_cached_answers_total counter"));
    line(format_args!("huitu_graphql_cached_answers_total {}", read(&m.cache_hits)));
    line(format_args!("# TYPE huitu_store_reads_total counter"));
    line(format_args!("huitu_store_reads_total {}", read(&m.store_reads)));
    line(format_args!("# TYPE huitu_graphql_seconds histogram"));
    for (bound, bucket) in BUCKETS.iter().zip(&m.buckets) {
        line(format_args!("huitu_graphql_seconds_bucket{{le=\"{}\"}} {}", *bound as f64 / 1e6, read(bucket)));
    }
    line(format_args!("huitu_graphql_seconds_bucket{{le=\"+Inf\"}} {total}"));
    line(format_args!("huitu_graphql_seconds_sum {}", read(&m.micros) as f64 / 1e6));
    line(format_args!("huitu_graphql_seconds_count {total}"));
    if let Ok(edition) = state.hub().editions.current() {
        line(format_args!("# TYPE huitu_edition_number gauge"));
        line(format_args!("huitu_edition_number {}", edition.number()));
        line(format_args!("# TYPE huitu_edition_enterprises gauge"));
        line(format_args!("huitu_edition_enterprises {}", edition.len()));
        let age = state.hub().clock.now() - edition.manifest.published_at;
        line(format_args!("# TYPE huitu_edition_age_seconds gauge"));
        line(format_args!("huitu_edition_age_seconds {}", age.num_seconds()));
    }
    text.push_str(&super::alerts::gauges(&state).await);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
