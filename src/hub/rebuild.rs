//! An edition made again from the store: the records as they stood at its landing, the links, judgements and findings it
//! used. Equal data digests prove that the edition says what the store holds.

use std::sync::Arc;

use serde::Serialize;

use super::basis::standing;
use super::error::HubError;
use super::open::Hub;
use crate::depot::Sharing;
use crate::edition;
use crate::edition::{EditionError, EditionSource, folder_name};
use crate::model::field::Field;
use crate::model::linkage::Judgement;
use crate::publish::{Publication, StoredLinks, counting, edition_input};
use crate::records::stream::Part;
use crate::records::{StoredRowReader, facts, link_record};
use crate::store::StoreError;
use crate::store::damage::damaged;

/// Records read at a time.
const RANGE: i64 = 40_000;

/// An edition made again.
#[derive(Debug, Clone, Serialize)]
pub struct Rebuilt {
    pub number: u32,
    /// Data digest as published, and as made again.
    pub published: String,
    pub rebuilt: String,
    /// Files whose digests differ, or of an edition of several parts the first thing on which the two differ; empty where the edition's own folder is gone.
    pub differing: Vec<String>,
    /// Whether it is what was published.
    pub equal: bool,
    /// Whether it now stands among the editions again.
    pub restored: bool,
}

impl Rebuilt {
    pub fn is_equal(&self) -> bool {
        self.equal
    }
}

impl Hub {
    /// Makes an edition again and compares the data digests. With `restore`, an edition that was removed stands among the
    /// editions again where its digest is the published one.
    ///
    /// # Errors
    /// Names what has changed since where rules, policy, weights, connectors or the program are no longer those it was made
    /// with: from other rules another edition would follow.
    pub async fn rebuild_edition(&self, number: u32, restore: bool) -> Result<Rebuilt, HubError> {
        let leader = self.store.lead().await?;
        self.leading(leader.store()).await?.rebuild_leading(number, restore).await
    }

    async fn rebuild_leading(&self, number: u32, restore: bool) -> Result<Rebuilt, HubError> {
        let unknown = || {
            HubError::said(
                format!("没有发布过第 {number} 期；huitu edition list 列出各期"),
                format!("edition {number} was never published; `huitu edition list` shows them"),
            )
        };
        let row = self.store.editions().await?.into_iter().find(|e| e.number == i64::from(number)).ok_or_else(unknown)?;
        let basis = self.store.edition_basis(row.number).await?.ok_or_else(|| {
            HubError::said(
                format!("第 {number} 期发布时尚未保存其依据，无法重建"),
                format!("edition {number} was published before its basis was kept: it cannot be made again"),
            )
        })?;
        self.refuse_other_rules(number, &basis.made_by)?;
        let as_of = row.as_of.parse().map_err(|_| {
            HubError::said(format!("第 {number} 期的日期无法读取"), format!("edition {number} has no readable date"))
        })?;
        let loaded = self.records_as_of(basis.landing).await?;
        let links = self.store.links_as_of(row.number).await?.into_iter();
        let link = |(r, part, id): (i64, u16, Box<str>)| {
            let id = id.parse().map_err(|_| {
                let reason = format_args!("entity_id \"{id}\" is no id");
                self.store.failed(damaged("link_version", format_args!("of record {r}, part {part}"), reason))
            })?;
            Ok::<_, StoreError>(((r, part), id))
        };
        let links: Arc<StoredLinks> = Arc::new(links.map(link).collect::<Result<_, _>>()?);
        let judgements = self.store.judgements_as_of(row.number).await?;
        let judgements: Vec<Judgement> = judgements.iter().map(|j| j.judgement(&self.store)).collect::<Result<_, _>>()?;
        let findings = standing(&self.store, self.store.findings_as_of(row.number).await?.into_iter(), as_of)?;
        let since = self.store.lacking_as_of(row.number).await?;
        let counting_since = self.store.first_lacking_before(row.number).await?;
        let (hub, before, weights) = (self.clone(), links.clone(), self.weights()?);
        let sources: Vec<EditionSource> = serde_json::from_str(&row.sources).map_err(EditionError::from)?;
        let unmet = self.unmet(&sources, as_of);
        let lacked = unmet.clone();
        let decided = tokio::task::spawn_blocking(move || {
            hub.decide(loaded, weights, &before, &judgements, findings, (since, counting_since), lacked, as_of)
        })
        .await
        .expect("deciding does not panic");
        let input = edition_input(Publication {
            number,
            published_at: chrono::DateTime::from_timestamp_millis(row.published_at).unwrap_or_default(),
            as_of,
            zone: self.settings.zone,
            sources,
            unmet,
            joined: decided.joined,
            registries: self.connectors.iter().map(|c| c.name.as_str().into()).collect(),
            counting: counting(&self.settings.policy),
            linking: decided.linking,
            review: decided.review,
            assessed: decided.assessed,
            links_before: links,
            previous: None,
            decided_before: None,
            inputs: String::new(),
            inputs_but_findings: String::new(),
            basis,
            unreadable: 0,
        });
        let place = self.settings.data.join("rebuild");
        let io = |source| EditionError::Io { path: place.clone(), source };
        if place.exists() {
            std::fs::remove_dir_all(&place).map_err(io)?;
        }
        let root = place.clone();
        let manifest = tokio::task::spawn_blocking(move || edition::write(&root, input));
        let manifest = manifest.await.expect("writing an edition does not panic")?;
        let folder = self.editions_root().join(folder_name(number));
        let equal = match &row.content {
            Some(content) => manifest.content.as_ref() == Some(content),
            None => manifest.digest == row.digest,
        };
        let differing = match edition::Manifest::read(&folder) {
            // One that says only what changed has other files: what the two say is compared.
            Ok(_) if equal => Vec::new(),
            Ok(published) => {
                let differs = |f: &&edition::format::manifest::FileDigest| !published.files.contains(f);
                let files = manifest.files.iter().filter(differs).map(|f| f.name.clone());
                let files: Vec<String> = files.filter(|_| published.parts.is_empty()).collect();
                let both = (edition::Edition::open(&place.join(folder_name(number))), edition::Edition::open(&folder));
                let difference = match both {
                    (Ok(ours), Ok(theirs)) => edition::difference(&ours, &theirs),
                    _ => None,
                };
                files.into_iter().chain(difference).collect()
            }
            Err(_) => Vec::new(),
        };
        // One that is there and whole stays; a broken one makes room.
        let whole = restore && folder.exists() && edition::Manifest::read(&folder).is_ok_and(|m| m.check(&folder).is_ok());
        let restored = restore && equal && !whole;
        if restored {
            if folder.exists() {
                std::fs::remove_dir_all(&folder).map_err(io)?;
            }
            std::fs::create_dir_all(self.editions_root())
                .and_then(|()| std::fs::rename(place.join(folder_name(number)), &folder))
                .map_err(io)?;
            self.store.edition_restored(row.number).await?;
            self.editions.refresh()?;
            self.share_editions(Sharing { restored: Some(number), ..Sharing::default() }).await;
        }
        std::fs::remove_dir_all(&place).map_err(io)?;
        Ok(Rebuilt { number, published: row.digest, rebuilt: manifest.digest, differing, equal, restored })
    }

    fn refuse_other_rules(&self, number: u32, made_by: &std::collections::BTreeMap<String, String>) -> Result<(), HubError> {
        let now = self.made_by()?;
        let names = now.keys().chain(made_by.keys().filter(|k| !now.contains_key(*k)));
        let changed: Vec<&str> = names.filter(|name| now.get(*name) != made_by.get(*name)).map(String::as_str).collect();
        if changed.is_empty() {
            return Ok(());
        }
        Err(HubError::said(
            format!("第 {number} 期无法重建：发布后以下内容已变：{}；请恢复当时所用的内容，或直接读取该期", changed.join("、")),
            format!(
                "edition {number} cannot be made again: changed since it was published: {}; bring back what it was made with, or \
                 read the edition itself",
                changed.join(", ")
            ),
        ))
    }

    /// All records as they stood after a landing, in the order of the store's ids.
    async fn records_as_of(&self, landing: i64) -> Result<Part, HubError> {
        let rows = self.registry_rows().await?;
        let reading = Arc::new(StoredRowReader::new(&self.store, &self.connectors, &rows).await?);
        let issues: Vec<bool> = self.connectors.iter().map(|c| c.issues_codes).collect();
        let last = self.store.last_record_id().await?;
        let mut all = Part::default();
        for after in (0..last).step_by(RANGE as usize) {
            for mut stored in self.store.records_as_of(landing, after, (after + RANGE).min(last)).await? {
                let Some((registry, records)) = reading.records(&stored) else { continue };
                let updated = records.first().and_then(|r| r.date(Field::UpdatedAt)).and_then(|d| d.first_day());
                stored.observed_at = updated.and_then(|d| d.and_hms_opt(0, 0, 0)).map(|t| t.and_utc().timestamp_millis());
                for record in records {
                    all.link.push(link_record(&record, stored.id, registry, issues[registry as usize]));
                    all.facts.push(facts(record, registry, &stored));
                }
            }
        }
        Ok(all)
    }
}
