//! For operators: alive, ready, and numbers in Prometheus' text format.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use prometheus_client::registry::Unit;

use crate::serve::metrics::{self, Gauges};
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
pub async fn numbers(State(state): State<ServerState>) -> Response {
    let mut gauges = Vec::new();
    if let Ok(edition) = state.hub().editions.current() {
        gauges.push(Gauges::one("huitu_edition_number", "Number of the edition that answers", f64::from(edition.number())));
        gauges.push(Gauges::one("huitu_edition_enterprises", "Enterprises in that edition", f64::from(edition.len())));
        let age = state.hub().clock.now() - edition.manifest.published_at;
        let mut age = Gauges::one("huitu_edition_age", "Since that edition was published", age.num_seconds() as f64);
        age.unit = Some(Unit::Seconds);
        gauges.push(age);
    }
    gauges.extend(super::alerts::gauges(&state).await);
    match metrics::written(state.metrics(), gauges) {
        Ok(text) => ([(header::CONTENT_TYPE, metrics::MEDIA_TYPE)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "numbers cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
