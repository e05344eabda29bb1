//! How good a registry's data is: how much is given, how much can be read, how much of it meets other registries.
//!
//! Reading three million rows for one question would hold the store for seconds: fields are measured on at most
//! `SAMPLE` rows spread evenly over the registry, whose number is each ratio's denominator. What the edition knows
//! (distinct enterprises, links) is counted whole. Kept until the registry's next batch or the next edition.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::RecvError;

use crate::edition::Edition;
use crate::hub::Hub;
use crate::model::enterprise::{EnterpriseField, enterprise_field};
use crate::records::StoredRowReader;
use crate::serve::problem::Problem;
use crate::serve::state::ServerState;
use crate::store::quality::QualityRow;
use crate::store::registry::RegistryRow;

/// Rows looked at.
const SAMPLE: i64 = 5_000;

/// Out of how many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Share {
    pub part: u64,
    pub whole: u64,
}

/// What was measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegistryQuality {
    /// Per field that the registry delivers: rows that give it.
    pub completeness: Vec<(EnterpriseField, Share)>,
    /// Per field: of the rows that give it, those whose text could be read.
    pub validity: Vec<(EnterpriseField, Share)>,
    /// Enterprises with a record of the registry, of the records that belong to enterprises.
    pub uniqueness: Share,
    /// Median age of the registry's own last touch of a row, in days; None where it does not say.
    pub timeliness_days: Option<f64>,
    /// Enterprises with a record of the registry that also have one of another.
    pub linked: Share,
}

/// The latest measurements by registry, with what they were taken of: last batch and edition.
#[derive(Default)]
pub struct QualityCache(Mutex<HashMap<String, ((i64, u32), Arc<RegistryQuality>)>>);

impl QualityCache {
    pub async fn of(&self, hub: &Hub, edition: Option<&Edition>, row: &RegistryRow) -> Result<Arc<RegistryQuality>, Problem> {
        let newest = hub.store.batches(Some(row.id), Some("DONE"), 1).await?.first().map_or(0, |b| b.id);
        let of = (newest, edition.map_or(0, Edition::number));
        let lock = || self.0.lock().expect("no panic while holding the measurements");
        if let Some((_, kept)) = lock().get(&row.name).filter(|(kept, _)| *kept == of) {
            return Ok(kept.clone());
        }
        let measured = Arc::new(measure(hub, edition, row).await?);
        lock().insert(row.name.clone(), (of, measured.clone()));
        Ok(measured)
    }
}

/// Measures every registry whose newest batch was not measured yet, and keeps what was found: the history of its quality.
///
/// # Errors
/// The store cannot be read or written.
pub async fn keep_history(hub: &Hub) -> Result<(), Problem> {
    let Ok(edition) = hub.editions.current() else { return Ok(()) };
    for row in hub.store.registries().await?.iter().filter(|row| row.records > 0) {
        let Some(batch) = hub.store.batches(Some(row.id), Some("DONE"), 1).await?.first().map(|b| b.id) else { continue };
        let (newest, _) = hub.store.quality_before(row.id, i64::MAX, 1).await?;
        if newest.first().is_some_and(|kept| kept.batch_id >= batch) {
            continue;
        }
        let measured = measure(hub, Some(&edition), row).await?;
        let measured = serde_json::to_string(&measured).map_err(|_| Problem::internal())?;
        let kept = QualityRow { batch_id: batch, at: hub.clock.millis(), edition: i64::from(edition.number()), measured };
        hub.store.put_quality(row.id, &kept).await?;
    }
    Ok(())
}

/// Keeps the history of quality for as long as the server runs: now, and after every edition.
pub async fn follow(state: ServerState) {
    let mut editions = state.events().editions.subscribe();
    loop {
        if let Err(problem) = keep_history(state.hub()).await {
            tracing::warn!(problem = %problem.en, "the quality of a registry could not be kept");
        }
        // Whoever was slow and missed some measures all the same: what counts is the newest batch.
        if let Err(RecvError::Closed) = editions.recv().await {
            return;
        }
    }
}

/// What was measured then; None where a later program wrote it in another way.
pub fn kept(row: &QualityRow) -> Option<RegistryQuality> {
    serde_json::from_str(&row.measured).ok()
}

/// The fields of an enterprise that a registry delivers; None where it has no connector any more.
pub fn fields_of(hub: &Hub, registry: &str) -> Option<Vec<EnterpriseField>> {
    let connector = hub.connectors.iter().find(|c| c.name == registry)?;
    let mut fields: Vec<EnterpriseField> =
        connector.contract.columns.iter().filter_map(|column| enterprise_field(column.field)).collect();
    fields.sort_unstable();
    fields.dedup();
    Some(fields)
}

async fn measure(hub: &Hub, edition: Option<&Edition>, row: &RegistryRow) -> Result<RegistryQuality, Problem> {
    let rows = hub.store.registries().await?;
    let reading = StoredRowReader::new(&hub.store, &hub.connectors, &rows).await?;
    let records = hub.store.sample(row.id, SAMPLE).await?;
    let fields = fields_of(hub, &row.name).unwrap_or_default();
    let now = hub.clock.millis();
    let mut counts: HashMap<EnterpriseField, (u64, u64)> = HashMap::new();
    let mut ages: Vec<i64> = Vec::new();
    let mut read = 0;
    for stored in &records {
        ages.extend(stored.observed_at.map(|at| now - at));
        let Some((_, parts)) = reading.records(stored) else { continue };
        read += 1;
        for field in &fields {
            let said = parts.iter().take(1).flat_map(|p| &p.fields).filter(|f| enterprise_field(f.field) == Some(*field));
            let given: Vec<bool> = said.filter(|f| !f.raw.trim().is_empty()).map(|f| f.value.is_some()).collect();
            let count = counts.entry(*field).or_default();
            count.0 += u64::from(!given.is_empty());
            count.1 += u64::from(given.contains(&true));
        }
    }
    ages.sort_unstable();
    let of = |field: &EnterpriseField| counts.get(field).copied().unwrap_or_default();
    let mut quality = RegistryQuality {
        completeness: fields.iter().map(|f| (*f, Share { part: of(f).0, whole: read })).collect(),
        validity: fields.iter().map(|f| (*f, Share { part: of(f).1, whole: of(f).0 })).collect(),
        timeliness_days: ages.get(ages.len() / 2).map(|millis| *millis as f64 / 86_400_000.0),
        ..RegistryQuality::default()
    };
    if let Some(edition) = edition
        && let Some(mine) = edition.facet("registry", &row.name)
    {
        let others = edition.facet_values("registry").filter(|name| *name != row.name);
        let others = others.filter_map(|name| edition.facet("registry", name));
        let shared = others.fold(roaring::RoaringBitmap::new(), |all, rows| all | (&*rows & &*mine));
        quality.linked = Share { part: shared.len(), whole: mine.len() };
        quality.uniqueness = Share { part: mine.len(), whole: edition.members_of(&row.name).max(mine.len()) };
    }
    Ok(quality)
}
