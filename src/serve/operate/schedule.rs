//! Pulls registries when their schedules say so, outside their quiet hours, one sync at a time.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::connector::{Connector, Due, Transport};
use crate::hub::{Hub, HubError, SyncOptions};
use crate::serve::answers::events::Broadcast;
use crate::serve::state::ServerState;
use crate::store::StoreError;
use crate::store::registry::RegistryRow;

/// How often the schedules are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// A registry that failed is tried again after its breaker's pause, but not sooner than this.
const AGAIN_AFTER: TimeDelta = TimeDelta::minutes(5);

/// Runs beside the server until it is dropped.
pub async fn run(state: ServerState) {
    loop {
        if let Err(error) = run_due(&state).await {
            tracing::error!(%error, "a scheduled sync failed");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// One look at the schedules: syncs what is due and answers its names. Nothing happens while another sync is running.
///
/// # Errors
/// What a sync says; a registry that fails is no error of the sync.
pub async fn run_due(state: &ServerState) -> Result<Vec<String>, HubError> {
    let hub = state.hub();
    hub.refresh_registry_settings().await?;
    let rows = hub.store.registries().await?;
    let now = hub.clock.now();
    let due: BTreeSet<String> = hub
        .connectors
        .iter()
        .filter(|c| hub.is_pulled(c) && is_due(hub, c, rows.iter().find(|r| r.name == c.name), now))
        .map(|c| c.name.clone())
        .collect();
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let Some(_turn) = state.begin_sync() else { return Ok(Vec::new()) };
    let due: Vec<String> = due.into_iter().collect();
    tracing::info!(registries = due.join(","), "scheduled sync");
    let options = SyncOptions { registries: due.clone(), ..SyncOptions::default() };
    let done = hub.sync(&options, Arc::new(Broadcast { events: state.events().clone(), also: None })).await;
    if let Err(problem) = state.refresh().await {
        tracing::error!(problem = %problem.en, "the edition after a scheduled sync could not be read");
    }
    match done {
        Ok(report) => {
            super::alerts::warn(&report);
            Ok(due)
        }
        // Another process is syncing: the next look finds the registries still due, or pulled by then.
        Err(HubError::Store(StoreError::Busy { .. })) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Whether a registry with a schedule should be pulled now. One that failed is tried again before its next time comes.
fn is_due(hub: &Hub, connector: &Connector, row: Option<&RegistryRow>, now: DateTime<Utc>) -> bool {
    let manners = hub.manners(connector);
    if manners.schedule.is_none() || connector.source.transport == Transport::Push {
        return false;
    }
    let last = row.and_then(|r| DateTime::from_timestamp_millis(r.last_attempt?));
    match manners.due(now, last, hub.settings.zone) {
        Due::Now => true,
        Due::Quiet => false,
        Due::NotYet { .. } => {
            let pause = AGAIN_AFTER.max(TimeDelta::seconds(manners.breaker_secs.min(86_400) as i64));
            row.is_some_and(|r| matches!(r.state.as_str(), "FAILING" | "LATE")) && last.is_some_and(|last| now - last >= pause)
        }
    }
}
