//! For operators: alive, ready, and numbers in Prometheus' text format.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use prometheus_client::registry::Unit;

use crate::access::AccessScope;
use crate::serve::http::headers::{header_text, lang_of, request_id};
use crate::serve::http::rest::refuse;
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

/// Numbers for Prometheus. Where callers prove who they are, for those with the scope `operate`: how many enterprises, which registries
/// and how their pulls go is nobody else's.
pub async fn numbers(State(state): State<ServerState>, headers: HeaderMap) -> Response {
    let caller = state.caller(header_text(&headers, header::AUTHORIZATION)).await;
    if let Err(problem) = caller.and_then(|caller| Ok(caller.require(AccessScope::Operate)?)) {
        return refuse(&problem, lang_of(&headers), &request_id(&headers));
    }
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
    gauges.extend(super::workings::gauges(&state));
    match metrics::written(state.metrics(), gauges) {
        Ok(text) => ([(header::CONTENT_TYPE, metrics::MEDIA_TYPE)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "numbers cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
