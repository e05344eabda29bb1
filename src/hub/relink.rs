//! Linking what the store holds without publishing anything: for reports, explanations and fitting.

use super::error::HubError;
use super::evidence_texts::show_texts;
use super::open::Hub;
use crate::link::{Linker, Linking, Previous, Weights};
use crate::model::facts::Facts;
use crate::model::linkage::{Evidence, Judgement, RecordRef};
use crate::records::stream::{SnapshotUse, WantedLinks};
use crate::records::{StoredRowReader, facts};

/// The fitted weight table, beside the store; without it the shipped one counts.
const WEIGHTS_FILE: &str = "weights.toml";

impl Hub {
    /// Where `huitu link fit --apply` puts its table.
    pub fn weights_path(&self) -> std::path::PathBuf {
        self.settings.data.join(WEIGHTS_FILE)
    }

    /// The weight table in force: the fitted one, or the shipped one.
    ///
    /// # Errors
    /// `Told`: the file cannot be read or is no table of weights, with the remedy.
    pub fn weights(&self) -> Result<Weights, HubError> {
        let path = self.weights_path();
        match std::fs::read_to_string(&path) {
            Ok(text) => Weights::parse(&text).map_err(|e| {
                HubError::said(
                    format!("{}：{e}；请重新拟合（huitu link fit），或删除该文件", path.display()),
                    format!("{}: {e}; fit again (huitu link fit), or remove the file", path.display()),
                )
            }),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Weights::shipped()),
            Err(e) => {
                Err(HubError::said(format!("无法读取 {}：{e}", path.display()), format!("cannot read {}: {e}", path.display())))
            }
        }
    }

    /// All standing records in a linker, not linked yet.
    ///
    /// # Errors
    /// As [`Hub::weights`]; `Store`, where the records cannot be read.
    pub async fn linker(&self) -> Result<Linker, HubError> {
        let mut records = self.records(WantedLinks::All, SnapshotUse::Read).await?;
        let mut linker = self.new_linker()?;
        while let Some(part) = records.next().await? {
            let put = move || {
                linker.put(&part.link);
                linker
            };
            linker = tokio::task::spawn_blocking(put).await.expect("reading records does not panic");
        }
        Ok(linker)
    }

    /// All standing records linked, with the judgements in force and the entity ids that are kept: from where the last
    /// publication left off, or anew. The store stays as it is.
    ///
    /// # Errors
    /// As [`Hub::linker`].
    pub async fn relinked(&self) -> Result<(Linker, Linking), HubError> {
        let judgements: Vec<Judgement> = self.judgements_in_force().await?;
        if let Some(linker) = self.following(judgements.clone()).await? {
            let whole = move || {
                let linking = linker.linking();
                (linker, linking)
            };
            return Ok(tokio::task::spawn_blocking(whole).await.expect("reading decisions does not panic"));
        }
        let mut linker = self.linker().await?;
        let links = self.store.links(|id| id.parse().ok()).await?.into_iter();
        let ids: crate::publish::StoredLinks = links.map(|(record, part, id)| ((record, part), id)).collect();
        let mut previous = Previous::default();
        for (reference, store_id, part) in linker.records() {
            if let Some(id) = ids.get(&(store_id, part)) {
                previous.insert_reference(reference, *id);
            }
        }
        let link = move || {
            let linking = linker.link(&previous, &judgements);
            (linker, linking)
        };
        Ok(tokio::task::spawn_blocking(link).await.expect("linking does not panic"))
    }

    /// Fills the texts that linking does not keep (addresses, phones) into the evidence on two records.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn show_evidence(&self, evidence: &mut [Evidence], left: &RecordRef, right: &RecordRef) -> Result<(), HubError> {
        let rows = self.registry_rows().await?;
        let reading = StoredRowReader::new(&self.store, &self.connectors, &rows).await?;
        let mut sides: Vec<Option<Facts>> = Vec::new();
        for side in [left, right] {
            let stored = match rows.iter().find(|r| *r.name == *side.registry) {
                Some(registry) => self.store.record(registry.id, &side.key).await?,
                None => None,
            };
            sides.push(stored.and_then(|row| {
                let (registry, records) = reading.records(&row)?;
                records.into_iter().find(|r| r.part == side.part).map(|record| facts(record, registry, &row))
            }));
        }
        show_texts(evidence, sides[0].as_ref(), sides[1].as_ref());
        Ok(())
    }
}
