//! One sync: pulls side by side, landings one after the other, then link, assess and publish if anything changed.

use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;
use tokio::task::JoinSet;

use super::progress::{Event, Progress};
use super::publish::Published;
use super::{Hub, HubError};
use crate::connector::Connector;
use crate::land::apply::{Guard, Landing, RowReader, land};
use crate::land::receipt::{Outcome, Receipt};
use crate::land::spool::{Spool, SpoolState};
use crate::store::batch::BatchRow;
use crate::store::registry::{Notice, RegistryRow};

/// What to sync.
#[derive(Debug, Clone, Default)]
pub struct SyncOptions {
    /// Names of registries; empty = all.
    pub registries: Vec<String>,
    /// Pull everything again, also where the source says it has not changed.
    pub full: bool,
    /// Publish even if nothing changed (after a change of the program itself).
    pub republish: bool,
}

/// What a sync did.
#[derive(Debug, Serialize)]
pub struct SyncReport {
    pub receipts: Vec<Receipt>,
    /// None where nothing changed.
    pub edition: Option<Published>,
    pub seconds: f64,
}

impl SyncReport {
    /// Whether something waits for a person.
    pub fn needs_attention(&self) -> bool {
        self.receipts.iter().any(|r| matches!(r.outcome, Outcome::Held | Outcome::Failed))
    }
}

/// How a pull ended, before anything landed.
pub(super) enum Arrived {
    Spooled(SpoolState),
    Unchanged,
    /// The answer is broken in a way that a person must look at: what arrived is kept, nothing lands.
    Suspect(SpoolState, Notice),
    Failed(Notice),
}

impl Hub {
    /// Syncs registries and publishes an edition if anything changed. One process at a time.
    pub async fn sync(&self, options: &SyncOptions, progress: Arc<dyn Progress>) -> Result<SyncReport, HubError> {
        let started = Instant::now();
        let _leader = self.store.lead().await?;
        self.recover().await?;
        let chosen = self.chosen(&options.registries)?;
        let rows = self.registry_rows().await?;

        let mut pulls = JoinSet::new();
        for connector in chosen {
            let row = rows.iter().find(|r| r.name == connector.name).expect("ensured a moment ago").clone();
            let (hub, progress, full) = (self.clone(), progress.clone(), options.full);
            pulls.spawn(async move {
                let began = Instant::now();
                let arrived = hub.pull(&connector, &row, full, progress).await;
                (connector, row, arrived, began)
            });
        }
        let mut receipts = Vec::new();
        while let Some(done) = pulls.join_next().await {
            let (connector, row, arrived, began) = done.expect("a pull does not panic");
            let mut receipt = self.take_in(&connector, &row, arrived?, progress.as_ref()).await?;
            receipt.seconds = began.elapsed().as_secs_f64();
            tracing::info!(registry = connector.name, seconds = receipt.seconds, "pulled and landed");
            let (zh, en) = summary(&receipt);
            progress.event(&Event::Done { registry: connector.name.clone(), zh, en });
            receipts.push(receipt);
        }
        receipts.sort_by_key(|r| self.connectors.iter().position(|c| c.name == r.registry));
        let edition = self.publish(options.republish, progress.as_ref(), &mut receipts).await?;
        Ok(SyncReport { receipts, edition, seconds: started.elapsed().as_secs_f64() })
    }

    fn chosen(&self, names: &[String]) -> Result<Vec<Arc<Connector>>, HubError> {
        if names.is_empty() {
            return Ok(self.connectors.clone());
        }
        names
            .iter()
            .map(|name| {
                self.connectors.iter().find(|c| c.name == *name).cloned().ok_or_else(|| {
                    let known: Vec<&str> = self.connectors.iter().map(|c| c.name.as_str()).collect();
                    let nearest = crate::config::nearest(name, known.iter().copied()).unwrap_or_default();
                    HubError::Settings(format!(
                        "there is no registry \"{name}\"; did you mean \"{nearest}\"? Known: {}",
                        known.join(", ")
                    ))
                })
            })
            .collect()
    }

    /// Cleans up after a killed process: batches that never landed, editions that were never recorded.
    pub(super) async fn recover(&self) -> Result<(), HubError> {
        self.store.fail_interrupted_batches(self.clock.millis(), &[]).await?;
        self.remove_unrecorded_editions().await
    }

    /// Lands what arrived, or notes why nothing could.
    pub(super) async fn take_in(
        &self,
        connector: &Arc<Connector>,
        row: &RegistryRow,
        arrived: Arrived,
        progress: &dyn Progress,
    ) -> Result<Receipt, HubError> {
        let now = self.clock.millis();
        let (zh, en) = (connector.title.zh.as_str(), connector.title.en.as_str());
        let empty = |outcome| Receipt { records: row.records, ..Receipt::empty(&row.name, zh, en, outcome) };
        match arrived {
            Arrived::Unchanged => {
                self.store.registry_unchanged(row.id, now).await?;
                Ok(Receipt { unchanged: row.records, ..empty(Outcome::Unchanged) })
            }
            Arrived::Failed(why) => {
                self.store.registry_failed(row.id, "FAILING", now, &why).await?;
                let id = self.store.batch_started(row.id, now, &connector.source.shown(), connector.complete).await?;
                let held_because = Some(serde_json::to_string(&why).expect("plain texts"));
                let state = "FAILED".to_owned();
                let batch = BatchRow { id, finished_at: Some(now), state, held_because, ..Default::default() };
                self.store.batch_closed(&batch).await?;
                Ok(Receipt { batch: Some(id), notice: Some(why), ..empty(Outcome::Failed) })
            }
            Arrived::Suspect(mut state, why) => {
                state.batch = self.store.batch_started(row.id, state.started_at, &state.source, state.complete).await?;
                let batch = BatchRow {
                    id: state.batch,
                    finished_at: Some(now),
                    state: "HELD".into(),
                    read_rows: state.rows as i64,
                    held_because: Some(serde_json::to_string(&why).expect("plain texts")),
                    ..Default::default()
                };
                self.store.batch_closed(&batch).await?;
                self.store.registry_failed(row.id, "HELD", now, &why).await?;
                Spool::new(&self.settings.data, &row.name).hold(&self.settings.data, &row.name, state.batch)?;
                let read = state.rows as i64;
                Ok(Receipt { batch: Some(state.batch), read, notice: Some(why), ..empty(Outcome::Held) })
            }
            Arrived::Spooled(state) => {
                progress.event(&Event::Landing { registry: row.name.clone() });
                let spool = Spool::new(&self.settings.data, &row.name);
                self.land_spool(connector, row, &spool, state, None).await
            }
        }
    }

    /// Lands a finished spool; on a held batch the spool moves aside, otherwise it is removed.
    pub(super) async fn land_spool(
        &self,
        connector: &Arc<Connector>,
        row: &RegistryRow,
        spool: &Spool,
        mut state: SpoolState,
        released: Option<(String, String)>,
    ) -> Result<Receipt, HubError> {
        if released.is_none() {
            state.batch = self.store.batch_started(row.id, state.started_at, &state.source, state.complete).await?;
        }
        let batch = state.batch;
        let reader = match state.rows {
            // An empty answer may not even have columns; the guard decides what it means.
            0 => Arc::new(super::reader::NoRows) as Arc<dyn RowReader>,
            _ => super::reader::reader(connector, &state.columns).map_err(|p| HubError::Settings(p.to_string()))?,
        };
        let receipt = land(Landing {
            store: &self.store,
            registry: row,
            title: (&connector.title.zh, &connector.title.en),
            spool,
            reader,
            state,
            guard: Guard {
                vanish: connector.guard.max_vanished_percent / 100.0,
                quarantine: connector.guard.max_quarantined_percent / 100.0,
                released,
            },
            now: self.clock.millis(),
        })
        .await?;
        match receipt.outcome {
            Outcome::Held => {
                spool.hold(&self.settings.data, &row.name, batch)?;
            }
            _ => spool.remove()?,
        }
        Ok(receipt)
    }
}

/// One line for the terminal.
fn summary(r: &Receipt) -> (String, String) {
    use crate::model::text::grouped;
    match r.outcome {
        Outcome::Landed => (
            format!(
                "读取 {}，新增 {}，变更 {}，未变 {}，隔离 {}，消失 {}",
                grouped(r.read),
                grouped(r.added),
                grouped(r.changed),
                grouped(r.unchanged),
                grouped(r.quarantined),
                grouped(r.gone)
            ),
            format!(
                "{} read, {} new, {} changed, {} unchanged, {} quarantined, {} gone",
                grouped(r.read),
                grouped(r.added),
                grouped(r.changed),
                grouped(r.unchanged),
                grouped(r.quarantined),
                grouped(r.gone)
            ),
        ),
        Outcome::Unchanged => ("数据源未变化".into(), "source unchanged".into()),
        Outcome::Held | Outcome::Failed => {
            let (zh, en) = r.notice.as_ref().map_or(("", ""), |n| (n.zh.as_str(), n.en.as_str()));
            let (state_zh, state_en) = if r.outcome == Outcome::Held { ("暂挂", "held") } else { ("失败", "failed") };
            (format!("{state_zh}：{zh}"), format!("{state_en}: {en}"))
        }
    }
}
