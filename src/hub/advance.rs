//! A linker of an earlier run, brought up to what landed since.

use std::sync::Arc;

use super::error::HubError;
use super::linker_state::KeptLinker;
use super::open::Hub;
use crate::link::{Linker, Linking, Previous};
use crate::model::linkage::Judgement;
use crate::model::record::RegistryIndex;
use crate::publish::StoredLinks;
use crate::records;
use crate::store::landing::Watermark;

/// A linker that has followed what landed.
pub(super) struct Advanced {
    pub linker: Arc<Linker>,
    pub delivery: Delivery,
}

/// What landed since a linker's run before, and what followed from it.
pub(super) struct Delivery {
    /// What may be another than before.
    pub changes: Linking,
    /// The state that it has seen.
    pub mark: Watermark,
    /// Rows of the store that landed since, in order.
    pub landed: Vec<i64>,
    /// These, and rows of which linking decided otherwise; in order.
    pub changed: Vec<i64>,
    /// Registry and key of those that are gone.
    pub gone: Vec<(RegistryIndex, Box<str>)>,
    /// The links of the changed rows as they were.
    pub links_before: StoredLinks,
    pub judgements: Vec<Judgement>,
}

impl Delivery {
    /// Ids of the pairs for a person that came, went or are others, in order.
    pub fn reviewed_ids(&self) -> Vec<Box<str>> {
        let mut ids: Vec<Box<str>> = self.changes.reviewed.iter().map(|pair| pair.id.clone()).collect();
        ids.dedup();
        ids
    }
}

impl Hub {
    /// Brings a kept linker up to what landed; None where it is damaged.
    pub(super) async fn advance(&self, kept: KeptLinker) -> Result<Option<Advanced>, HubError> {
        let mark = self.store.latest_landing().await?;
        let touched = self.store.ids_changed_since(&kept.mark).await?;
        let changed = self.some_records(&touched, true).await?;
        let before = self.links_of(&touched).await?;
        let judgements = self.judgements_in_force().await?;
        tracing::debug!(records = changed.standing.link.len(), "changed records read");
        let Some(mut linker) = kept.linker().await else { return Ok(None) };
        let names = records::traits(&self.connectors);
        let (put, heard, gone) = (changed.standing.link, judgements.clone(), changed.gone);
        drop(changed.standing.facts);
        let follow = move || {
            let mut previous = Previous::default();
            for record in &put {
                if let Some(entity) = before.get(&(record.store_id, record.part)) {
                    previous.insert(&names[usize::from(record.registry)].name, &record.key, record.part, *entity);
                }
            }
            linker.retire(&touched, &put);
            linker.put(&put);
            let changes = linker.link_changes(&previous, &heard);
            (linker, changes, touched, before)
        };
        let (linker, changes, touched, mut links_before) =
            tokio::task::spawn_blocking(follow).await.expect("linking does not panic");
        tracing::debug!(decisions = changes.decisions.len(), "linked again");
        let mut others: Vec<i64> = changes.decisions.iter().map(|d| d.store_id).collect();
        others.sort_unstable();
        others.dedup();
        others.retain(|id| touched.binary_search(id).is_err());
        links_before.extend(self.links_of(&others).await?);
        let mut changed_rows = [touched.as_slice(), &others].concat();
        changed_rows.sort_unstable();
        let delivery = Delivery { changes, mark, landed: touched, changed: changed_rows, gone, links_before, judgements };
        Ok(Some(Advanced { linker: Arc::new(linker), delivery }))
    }

    async fn links_of(&self, rows: &[i64]) -> Result<StoredLinks, HubError> {
        let mut links = StoredLinks::default();
        for rows in rows.chunks(20_000) {
            for link in self.store.links_of(rows).await? {
                let damaged = || {
                    let reason = format_args!("entity_id \"{}\" is no id", link.entity_id);
                    self.store.failed(crate::store::damage::damaged("link", format_args!("of record {}", link.record_id), reason))
                };
                let entity = link.entity_id.parse().map_err(|_| damaged())?;
                links.insert((link.record_id, link.part as u16), entity);
            }
        }
        Ok(links)
    }
}
