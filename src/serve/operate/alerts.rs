//! What asks for a person: held batches, registries that are late or failing. As numbers for Prometheus and as warnings in
//! the log, so that an operator hears of it without looking.

use std::fmt::Write;

use crate::hub::{SyncOutcome, SyncReport};
use crate::model::message::{Lang, reason_text};
use crate::serve::state::ServerState;

/// States of a registry, each a line of its own so that an alert can name it.
const STATES: [&str; 5] = ["CURRENT", "LATE", "FAILING", "HELD", "NEVER"];

/// Gauges of the registries; empty where the store cannot be read (`readyz` says so).
pub async fn gauges(state: &ServerState) -> String {
    let hub = state.hub();
    let (Ok(rows), Ok(held)) = (hub.store.registries().await, hub.store.batches(None, Some("HELD"), 1_000).await) else {
        return String::new();
    };
    let mut text = String::from("# TYPE huitu_registry_state gauge\n");
    let now = hub.clock.millis();
    let known = hub.connectors.iter().filter_map(|c| rows.iter().find(|r| r.name == c.name));
    let mut ages = String::new();
    for row in known {
        let standing = hub.standing(row);
        for state in STATES {
            let is = u8::from(standing.state == state);
            let _ = writeln!(text, "huitu_registry_state{{registry=\"{}\",state=\"{state}\"}} {is}", row.name);
        }
        if let Some(good) = row.last_good {
            let _ = writeln!(ages, "huitu_registry_age_seconds{{registry=\"{}\"}} {}", row.name, (now - good) / 1_000);
        }
    }
    if !ages.is_empty() {
        let _ = write!(text, "# TYPE huitu_registry_age_seconds gauge\n{ages}");
    }
    if let Ok(edition) = hub.held_edition().await {
        let waits = u8::from(edition.is_some_and(|held| held.waits()));
        let _ = writeln!(text, "# TYPE huitu_edition_held gauge\nhuitu_edition_held {waits}");
    }
    let _ = writeln!(text, "# TYPE huitu_sources_missing gauge\nhuitu_sources_missing {}", hub.lacks().len());
    let _ = writeln!(text, "# TYPE huitu_batches_held gauge\nhuitu_batches_held {}", held.len());
    text
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
        let (code, why) = r.notice.as_ref().map_or(("", ""), |n| (n.code.as_str(), n.en.as_str()));
        match r.outcome {
            SyncOutcome::Held => {
                tracing::warn!(registry = r.registry, batch = r.batch, code, "batch held, a person must decide: {why}");
            }
            SyncOutcome::Failed => tracing::warn!(registry = r.registry, code, "pull failed: {why}"),
            _ => {}
        }
    }
}
