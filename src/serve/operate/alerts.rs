//! What asks for a person: held batches, registries that are late or failing. As numbers for Prometheus and as warnings in
//! the log, so that an operator hears of it without looking.

use prometheus_client::registry::Unit;

use crate::hub::{SyncOutcome, SyncReport};
use crate::model::message::{Lang, reason_text};
use crate::serve::metrics::{Gauge, Gauges};
use crate::serve::state::ServerState;

/// States of a registry, each a line of its own so that an alert can name it.
const STATES: [&str; 5] = ["CURRENT", "LATE", "FAILING", "HELD", "NEVER"];

/// Gauges of the registries; empty where the store cannot be read (`readyz` says so).
pub async fn gauges(state: &ServerState) -> Vec<Gauges> {
    let hub = state.hub();
    let (Ok(rows), Ok(held)) = (hub.store.registries().await, hub.store.batches(None, Some("HELD"), 1_000).await) else {
        return Vec::new();
    };
    let now = hub.clock.millis();
    let known = hub.connectors.iter().filter_map(|c| rows.iter().find(|r| r.name == c.name));
    let (mut states, mut ages) = (Vec::new(), Vec::new());
    for row in known {
        let found = hub.standing(row);
        for state in STATES {
            let labels = vec![("registry", row.name.clone()), ("state", state.to_owned())];
            states.push(Gauge { labels, value: f64::from(u8::from(found.state == state)) });
        }
        if let Some(good) = row.last_good {
            ages.push(Gauge { labels: vec![("registry", row.name.clone())], value: ((now - good) / 1_000) as f64 });
        }
    }
    let mut gauges = vec![Gauges {
        name: "huitu_registry_state",
        help: "1 for the state a registry is in, 0 for the others",
        unit: None,
        values: states,
        counts: false,
    }];
    if !ages.is_empty() {
        let (name, help) = ("huitu_registry_age", "Since the last good pull of a registry");
        gauges.push(Gauges { name, help, unit: Some(Unit::Seconds), values: ages, counts: false });
    }
    if let Ok(edition) = hub.held_edition().await {
        let waits = edition.is_some_and(|held| held.waits());
        gauges.push(Gauges::one("huitu_edition_held", "1 where an edition waits for a person", f64::from(u8::from(waits))));
    }
    let failing = f64::from(u8::from(hub.sharing_problem(Lang::En).is_some()));
    gauges.push(Gauges::one("huitu_editions_store_failing", "1 where editions cannot be fetched or shared", failing));
    let missing = "Needs of the gap list that no registry meets: above 0 the list is empty";
    gauges.push(Gauges::one("huitu_sources_missing", missing, hub.lacks().len() as f64));
    gauges.push(Gauges::one("huitu_batches_held", "Batches that wait for a person", held.len() as f64));
    gauges
}

/// Writes what a sync of this server's own left for a person into the log.
pub fn warn(report: &SyncReport) {
    if let Some(held) = report.held.as_ref().filter(|held| held.waits()) {
        tracing::warn!(held = held.id, "edition held, a person must decide: {}", held.text(Lang::En));
    }
    for unmet in &report.lacks {
        let reason = unmet.reason();
        tracing::warn!(code = &*reason.code, "the gap list is empty: {}", reason_text(&reason.code, &reason.inputs, Lang::En));
    }
    for r in &report.receipts {
        let (code, why) = r.notice.as_ref().map_or(("", ""), |n| (&*n.code, n.en.as_str()));
        match r.outcome {
            SyncOutcome::Held => {
                tracing::warn!(registry = r.registry, batch = r.batch, code, "batch held, a person must decide: {why}");
            }
            SyncOutcome::Failed => tracing::warn!(registry = r.registry, code, "pull failed: {why}"),
            _ => {}
        }
    }
}
