//! What people decide about batches and rows: release or reject a held batch, replay quarantined rows.

use std::sync::Arc;

use super::Published;
use super::error::HubError;
use super::open::Hub;
use super::progress::ProgressSink;
use crate::connector::Connector;
use crate::land::receipt::Receipt;
use crate::land::spool::{Spool, SpoolState};
use crate::model::problem::Problem;
use crate::store::batch::BatchRow;
use crate::store::quarantine::{QuarantinedRow, replayed};
use crate::store::registry::RegistryRow;

/// What a decision led to.
#[derive(Debug)]
pub struct BatchDecision {
    pub batch: BatchRow,
    /// None where the batch was rejected.
    pub receipt: Option<Receipt>,
    pub edition: Option<Published>,
}

pub(super) fn no_batch(id: i64) -> HubError {
    HubError::said(
        format!("没有批次 {id}；用 huitu batch list 查看"),
        format!("there is no batch {id}; `huitu batch list` shows them"),
    )
}

impl Hub {
    /// The connector and the store's row of a registry.
    ///
    /// # Errors
    /// `Told`: there is none of that name, with the nearest one and all of them; `Store`.
    pub async fn registry(&self, name: &str) -> Result<(Arc<Connector>, RegistryRow), HubError> {
        let rows = self.registry_rows().await?;
        let connector = self.connectors.iter().find(|c| c.name == name);
        match (connector, rows.into_iter().find(|r| r.name == name)) {
            (Some(connector), Some(row)) => Ok((connector.clone(), row)),
            _ => Err(self.no_registry(name)),
        }
    }

    /// Releases or rejects a batch that its guard held; `by` and `why` are kept with it.
    ///
    /// # Errors
    /// `Told`: there is no such batch, or it is not held; `Store`: its `Busy` where somebody else syncs; what landing and publishing
    /// fail with.
    pub async fn decide_batch(
        &self,
        id: i64,
        release: bool,
        by: &str,
        why: &str,
        progress: Arc<dyn ProgressSink>,
    ) -> Result<BatchDecision, HubError> {
        let leader = self.store.lead().await?;
        self.leading(leader.store()).await?.decide_leading(id, release, by, why, progress).await
    }

    async fn decide_leading(
        &self,
        id: i64,
        release: bool,
        by: &str,
        why: &str,
        progress: Arc<dyn ProgressSink>,
    ) -> Result<BatchDecision, HubError> {
        let unknown = || no_batch(id);
        let batch = self.store.batch(id).await?.ok_or_else(unknown)?;
        if batch.state != "HELD" {
            return Err(HubError::said(
                format!("批次 {id} 的状态是 {}，不是 HELD，无需处理", batch.state),
                format!("batch {id} is {}, not HELD: there is nothing to decide", batch.state),
            ));
        }
        let rows = self.registry_rows().await?;
        let row = rows.into_iter().find(|r| r.id == batch.registry_id).ok_or_else(unknown)?;
        let (connector, row) = self.registry(&row.name).await?;
        let spool = Spool::held(&self.settings.data, &row.name, id);
        if release && batch.complete != 0 {
            let later =
                self.store.batches(Some(row.id), Some("DONE"), 1).await?.into_iter().find(|b| b.id > id && b.complete != 0);
            if let Some(later) = later {
                return Err(HubError::said(
                    format!(
                        "批次 {id} 之后已有全量批次 {} 入库，放行会用旧数据覆盖新数据；请退回它：huitu batch reject {id} --reason …",
                        later.id
                    ),
                    format!(
                        "batch {id} has been overtaken by the complete batch {}: releasing it would put old rows over new ones; reject it with `huitu batch reject {id} --reason …`",
                        later.id
                    ),
                ));
            }
        }
        if !release {
            let closed = BatchRow {
                state: "REJECTED".into(),
                decided_by: Some(by.to_owned()),
                decided_why: Some(why.to_owned()),
                finished_at: Some(self.clock.millis()),
                ..batch
            };
            self.store.batch_closed(&closed).await?;
            spool.remove()?;
            let others = self.store.batches(Some(row.id), Some("HELD"), 1).await?;
            if row.state == "HELD" && others.is_empty() {
                // Nothing waits any more, and the registry still owes a good delivery.
                let rejected = Problem {
                    code: "rejected".into(),
                    zh: format!("批次 {id} 已退回：{why}；等待下一次数据"),
                    en: format!("batch {id} was rejected: {why}; the next delivery is waited for"),
                    remedy: None,
                };
                self.store.registry_failed(row.id, "FAILING", self.clock.millis(), &rejected).await?;
            }
            return Ok(BatchDecision { batch: closed, receipt: None, edition: None });
        }
        let state = spool.state().ok_or_else(|| {
            HubError::said(
                format!("批次 {id} 的数据已不再保留；请重新同步 {}", row.name),
                format!("the rows of batch {id} are no longer kept; sync {} again instead", row.name),
            )
        })?;
        let state = SpoolState { batch: id, ..state };
        let receipt = self.land_spool(&connector, &row, &spool, state, Some((by.to_owned(), why.to_owned()))).await?;
        let mut receipts = [receipt];
        let edition = self.publish(false, progress.as_ref(), &mut receipts).await?;
        let [receipt] = receipts;
        let batch = self.store.batch(id).await?.ok_or_else(unknown)?;
        Ok(BatchDecision { batch, receipt: Some(receipt), edition })
    }

    /// Reads quarantined rows again with today's connector, after a fix: `ids` empty = all open rows of the registry.
    /// Rows that still cannot be read are quarantined anew; rows whose cells were never told apart need a new pull.
    ///
    /// # Errors
    /// `Told`: there is no such registry; `Store`: its `Busy` where somebody else syncs; what landing and publishing fail with. Rows that
    /// still cannot be read are none: the receipts count them.
    pub async fn replay_quarantine(
        &self,
        registry: &str,
        ids: &[i64],
        progress: Arc<dyn ProgressSink>,
    ) -> Result<(Vec<Receipt>, Option<Published>), HubError> {
        let leader = self.store.lead().await?;
        self.leading(leader.store()).await?.replay_leading(registry, ids, progress).await
    }

    async fn replay_leading(
        &self,
        registry: &str,
        ids: &[i64],
        progress: Arc<dyn ProgressSink>,
    ) -> Result<(Vec<Receipt>, Option<Published>), HubError> {
        let (connector, row) = self.registry(registry).await?;
        let layouts = self.store.layouts().await?;
        let mut open = Vec::new();
        let mut after = 0;
        loop {
            let page = self.store.quarantined(Some(row.id), after, 5_000).await?;
            let Some(last) = page.last() else { break };
            after = last.id;
            open.extend(page.into_iter().filter(|r| ids.is_empty() || ids.contains(&r.id)));
        }
        let mut by_layout: std::collections::BTreeMap<i64, Vec<QuarantinedRow>> = std::collections::BTreeMap::new();
        for r in open.into_iter().filter(|r| r.raw.starts_with('[')) {
            by_layout.entry(r.layout_id.unwrap_or(0)).or_default().push(r);
        }
        let mut receipts = Vec::new();
        for (layout, rows) in by_layout {
            let Some((_, columns)) = layouts.get(&layout) else { continue };
            receipts.push(self.replay(&connector, &row, columns, rows).await?);
        }
        self.replay_values(&connector, &row).await?;
        let edition = self.publish(false, progress.as_ref(), &mut receipts).await?;
        Ok((receipts, edition))
    }

    /// Strikes off the listed values that today's connector reads: their rows have landed long since.
    async fn replay_values(&self, connector: &Connector, row: &RegistryRow) -> Result<(), HubError> {
        let failed = |e| HubError::Store(self.store.failed(e));
        let layouts = self.store.layouts().await?;
        let mut after = 0;
        loop {
            let page = self.store.unreadable_values(Some(row.id), after, 2_000).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.id;
            let mut tx = self.store.begin().await?;
            for value in &page {
                let Some(key) = value.record_key.as_deref().filter(|k| !k.is_empty()) else { continue };
                let Some(record) = self.store.record(row.id, key).await? else { continue };
                // What cannot be read stays on the list.
                let Some((_, columns)) = layouts.get(&record.layout_id) else { continue };
                let Ok(layout) = connector.layout(columns) else { continue };
                let Some(owned) = crate::store::record::cells(&record.payload) else { continue };
                let cells: Vec<Option<&str>> = owned.iter().map(Option::as_deref).collect();
                let still = match connector.read(&layout, &cells) {
                    Ok(records) => {
                        crate::land::reader::unreadable(connector, &records).iter().any(|v| v.column == value.column_name)
                    }
                    Err(_) => true,
                };
                if !still {
                    replayed(&mut tx, value.id).await.map_err(failed)?;
                }
            }
            tx.commit().await.map_err(failed)?;
        }
    }

    async fn replay(
        &self,
        connector: &Arc<Connector>,
        row: &RegistryRow,
        columns: &[String],
        rows: Vec<QuarantinedRow>,
    ) -> Result<Receipt, HubError> {
        let failed = |e| HubError::Store(self.store.failed(e));
        let spool = Spool::new(&self.settings.data.join("replay"), &row.name);
        let state = SpoolState {
            source: "quarantine".into(),
            started_at: self.clock.millis(),
            connector: connector.digest,
            // The registry's own cursor and fingerprint stay where they are.
            next_cursor: row.cursor.clone(),
            fingerprint: row.fingerprint.clone(),
            ..Default::default()
        };
        let mut writer = spool.create(state)?;
        writer.columns(columns);
        for r in &rows {
            writer.row_json(r.row_number as u64, r.byte_offset.map(|o| o as u64), 0, &r.raw)?;
        }
        let state = writer.finish()?;
        // Rows that fail again must not hold the others: a person asked for this.
        let asked = Some(("replay".to_owned(), "quarantine replay".to_owned()));
        let batch = self.store.batch_started(row.id, state.started_at, &state.source, false).await?;
        let receipt = self.land_spool(connector, row, &spool, SpoolState { batch, ..state }, asked).await?;
        let mut tx = self.store.begin().await?;
        for r in &rows {
            replayed(&mut tx, r.id).await.map_err(failed)?;
        }
        tx.commit().await.map_err(failed)?;
        Ok(receipt)
    }
}
