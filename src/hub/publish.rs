//! From landed records to the next edition: link, assess, publish.

use std::sync::Arc;

use chrono::NaiveDate;
use hashbrown::HashMap;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::gather::Gathered;
use super::progress::{Event, Progress};
use super::world;
use super::{Hub, HubError};
use crate::assess::assess;
use crate::edition::{Counting, EditionSource, EnterpriseRow};
use crate::land::receipt::Receipt;
use crate::link::{EntityKey, Linking};
use crate::model::facts::{Relation, StandingFinding, World};
use crate::model::linkage::Judgement;
use crate::model::tie::Tie;
use crate::model::verdict::GapStatus;
use crate::publish::{INPUTS, Joined, Links, Publication, PublishError, open_pairs, publish};
use crate::store::registry::RegistryRow;

/// Raised when linking or assessing changes its ways, so that the next sync publishes anew.
const PROGRAM_VERSION: u32 = 1;

/// A published edition, for the receipt.
#[derive(Debug, Clone, Serialize)]
pub struct Published {
    pub number: u32,
    pub digest: String,
    pub as_of: NaiveDate,
    pub enterprises: u32,
    /// Enterprises above designated size that lack a union or an independent one.
    pub gap: u32,
    pub review_pairs: u32,
}

impl From<PublishError> for HubError {
    fn from(e: PublishError) -> HubError {
        match e {
            PublishError::Store(e) => HubError::Store(e),
            PublishError::Edition(e) => HubError::Edition(e),
        }
    }
}

/// What one run decided, before it is kept.
struct Decided {
    linking: Linking,
    joined: Vec<Joined>,
    assessed: crate::assess::Assessed,
    ties: Vec<Tie>,
}

impl Hub {
    /// Publishes an edition if what it would rest on has changed since the last one.
    pub(super) async fn publish(
        &self,
        force: bool,
        progress: &dyn Progress,
        receipts: &mut [Receipt],
    ) -> Result<Option<Published>, HubError> {
        let rows = self.registry_rows().await?;
        let now = self.clock.now();
        let as_of = self.clock.today(self.settings.zone);
        let inputs = self.inputs(as_of).await?;
        self.editions.refresh()?;
        let previous = self.editions.current().ok();
        if !force && previous.is_some() && self.store.meta(INPUTS).await?.as_ref() == Some(&inputs) {
            return Ok(None);
        }
        let stage =
            |zh: &str, en: &str| progress.event(&Event::Stage { name: "会图 huitu".into(), zh: zh.into(), en: en.into() });
        // Nothing ever landed: an empty edition would say that there are no enterprises.
        if previous.is_none() && self.store.last_record_id().await? == 0 {
            return Ok(None);
        }
        let began = std::time::Instant::now();
        let lap = |what: &str| tracing::info!(seconds = began.elapsed().as_secs_f64(), "{what}");
        stage("读取记录", "reading the records");
        let links = self.store.links(|id| id.parse().ok()).await?.into_iter();
        let links_before: Arc<Links> = Arc::new(links.map(|(record, part, id)| ((record, part), id)).collect());
        let gathered = self.gather(self.weights()?, links_before.clone()).await?;
        let judgements: Vec<Judgement> = self.store.judgements().await?.iter().map(|j| j.judgement()).collect();
        let findings = self.standing_findings(as_of).await?;
        let lacking_since = previous.as_deref().map(lacking_since).unwrap_or_default();

        lap("records read");
        stage("关联与研判", "linking and assessing");
        let first = previous.is_none();
        let hub = self.clone();
        let decided =
            tokio::task::spawn_blocking(move || hub.decide(gathered, &judgements, findings, lacking_since, first, as_of))
                .await
                .expect("deciding does not panic");
        count_linked(&decided.joined, &self.connectors, receipts);

        lap("decided");
        stage("发布", "publishing");
        let number = match self.store.latest_edition().await? {
            Some(e) => e.number as u32 + 1,
            None => 1,
        };
        let gap = decided.assessed.enterprises.iter().filter(|e| e.in_gap()).count() as u32;
        let review_pairs = decided.linking.review.len() as u32;
        let publication = Publication {
            number,
            published_at: now,
            as_of,
            zone: self.settings.zone,
            sources: self.sources(&rows),
            joined: decided.joined,
            registries: self.connectors.iter().map(|c| c.name.as_str().into()).collect(),
            counting: counting(&self.settings.policy),
            linking: decided.linking,
            assessed: decided.assessed,
            ties: decided.ties,
            links_before,
            previous,
            inputs,
        };
        let manifest = publish(&self.store, &self.editions_root(), publication).await?;
        lap("published");
        self.editions.refresh()?;
        let published = manifest.map(|m| Published {
            number: m.number,
            digest: m.digest,
            as_of: m.as_of,
            enterprises: m.enterprises,
            gap,
            review_pairs,
        });
        let (zh, en) = match &published {
            Some(p) => (format!("已发布第 {} 期", p.number), format!("edition {} published", p.number)),
            None => ("没有变化".to_owned(), "nothing changed".to_owned()),
        };
        progress.event(&Event::StageDone { name: "会图 huitu".into(), zh, en });
        Ok(published)
    }

    /// Links and assesses: pure from here on.
    fn decide(
        &self,
        gathered: Gathered,
        judgements: &[Judgement],
        findings: Vec<StandingFinding>,
        lacking_since: std::collections::HashMap<Box<str>, Option<NaiveDate>>,
        first_edition: bool,
        as_of: NaiveDate,
    ) -> Decided {
        let registries = world::traits(&self.connectors);
        let Gathered { mut linker, previous, facts, .. } = gathered;
        let began = std::time::Instant::now();
        let lap = |what: &str| tracing::info!(seconds = began.elapsed().as_secs_f64(), "{what}");
        let linking = linker.link(&previous, judgements);
        drop(previous);
        lap("linked");

        let at: HashMap<(i64, u16), u32> = facts.iter().enumerate().map(|(i, f)| ((f.record_id, f.part), i as u32)).collect();
        let mut entity_of = vec![None; facts.len()];
        let mut entities: Vec<Box<str>> = Vec::new();
        let mut index: HashMap<EntityKey, u32> = HashMap::new();
        let mut joined = Vec::with_capacity(facts.len());
        for d in &linking.decisions {
            let Some(&i) = at.get(&(d.store_id, d.part)) else { continue };
            let fact = &facts[i as usize];
            entity_of[i as usize] = d.entity.map(|key| {
                *index.entry(key).or_insert_with(|| {
                    entities.push(key.to_string().into());
                    entities.len() as u32 - 1
                })
            });
            let evidence = linker.evidence(d);
            joined.push(Joined {
                record_id: d.store_id,
                part: d.part,
                registry: fact.registry,
                key: fact.key.clone(),
                entity: d.entity,
                method: d.method,
                weight: d.weight,
                evidence: if evidence.is_empty() {
                    "".into()
                } else {
                    serde_json::to_string(&evidence).expect("plain texts").into()
                },
                runner_up: d.runner_up,
                refused: d.refused.map(|r| r.name()),
            });
        }
        drop(linker);
        let relations = linking
            .relations
            .iter()
            .filter_map(|r| {
                Some(Relation { kind: r.kind, from: r.from.to_string().into(), to: r.to?.to_string().into(), since: None })
            })
            .collect();
        let world = World {
            registries,
            facts,
            entity_of,
            entities,
            relations,
            open_pairs: open_pairs(&linking.review),
            findings,
            lacking_since,
            first_edition,
        };
        lap("gathered");
        let assessed = assess(&world, &self.rules, &self.settings.policy, as_of);
        lap("assessed");
        let ties = crate::publish::ties(&world, &assessed.enterprises);
        Decided { linking, joined, assessed, ties }
    }

    pub(super) async fn standing_findings(&self, as_of: NaiveDate) -> Result<Vec<StandingFinding>, HubError> {
        let rows = self.store.findings(None).await?;
        let standing = rows.into_iter().filter(|f| f.withdrawn_at.is_none()).map(|f| StandingFinding {
            id: f.id.into(),
            enterprise: f.enterprise_id.into(),
            reason: f.reason.into(),
            by: f.by_whom.map(Into::into),
            at: f.at,
            until: f.until.and_then(|d| d.parse().ok()),
        });
        Ok(standing.filter(|f| f.until.is_none_or(|until| until >= as_of)).collect())
    }

    fn sources(&self, rows: &[RegistryRow]) -> Vec<EditionSource> {
        let known = self.connectors.iter().filter_map(|c| Some((c, rows.iter().find(|r| r.name == c.name)?)));
        known
            .filter_map(|(c, row)| {
                let good = row.last_good?;
                Some(EditionSource {
                    name: c.name.clone(),
                    title_zh: c.title.zh.clone(),
                    title_en: c.title.en.clone(),
                    as_of: chrono::DateTime::from_timestamp_millis(good)?,
                    records: row.records as u64,
                    stale: self.standing(row).is_behind(),
                })
            })
            .collect()
    }

    /// Digest of everything an edition rests on.
    async fn inputs(&self, as_of: NaiveDate) -> Result<String, HubError> {
        let mut hash = Sha256::new();
        let mut add = |text: String| hash.update(format!("{}:{text}\n", text.len()));
        add(format!("program {PROGRAM_VERSION} {as_of} {}", self.settings.zone));
        for c in &self.connectors {
            add(format!("{} {}", c.name, c.digest));
        }
        for (registry, batch) in self.store.last_changes().await? {
            add(format!("{registry} {batch}"));
        }
        add(toml::to_string(&self.settings.policy).expect("a policy is plain"));
        add(format!("{:?}", self.rules));
        add(self.weights()?.to_toml());
        for j in self.store.judgements().await? {
            add(j.id);
        }
        for f in self.standing_findings(as_of).await? {
            add(f.id.into());
        }
        Ok(hash.finalize().iter().map(|b| format!("{b:02x}")).collect())
    }

    /// Folders of editions that a killed process renamed but never recorded.
    pub(super) async fn remove_unrecorded_editions(&self) -> Result<(), HubError> {
        let recorded = self.store.latest_edition().await?.map_or(0, |e| e.number as u32);
        for manifest in self.editions.list() {
            if manifest.number > recorded {
                let folder = self.editions_root().join(crate::edition::folder_name(manifest.number));
                std::fs::remove_dir_all(&folder).map_err(|source| crate::edition::EditionError::Io { path: folder, source })?;
            }
        }
        self.editions.refresh()?;
        Ok(())
    }
}

/// What of the policy the edition's counts rest on.
fn counting(policy: &crate::assess::Policy) -> Counting {
    let (counted_kinds, established_kinds) = (policy.counted_kinds.clone(), policy.established_kinds.clone());
    Counting { counted_kinds, established_kinds, dues_rate: policy.fund.rate }
}

/// What was lacking in the edition before, and since when.
fn lacking_since(previous: &crate::edition::Edition) -> std::collections::HashMap<Box<str>, Option<NaiveDate>> {
    (0..previous.len())
        .map(|row| EnterpriseRow { edition: previous, row })
        .filter(|r| matches!(r.gap(), Some(GapStatus::Lacking | GapStatus::LackingIndependent)))
        .map(|r| (r.id().into(), r.gap_since()))
        .collect()
}

/// Fills in how many records of each registry met a record of another one.
fn count_linked(joined: &[Joined], registries: &[Arc<crate::connector::Connector>], receipts: &mut [Receipt]) {
    // Per entity: the registry of its first record, and whether another one followed.
    let mut met: HashMap<EntityKey, (u16, bool)> = HashMap::new();
    for j in joined {
        if let Some(entity) = j.entity {
            let seen = met.entry(entity).or_insert((j.registry, false));
            seen.1 |= seen.0 != j.registry;
        }
    }
    let mut linked = vec![0i64; registries.len()];
    for j in joined.iter().filter(|j| j.part == 0) {
        linked[j.registry as usize] += i64::from(j.entity.is_some_and(|e| met[&e].1));
    }
    for r in receipts {
        r.linked = registries.iter().position(|c| c.name == r.registry).map(|i| linked[i]);
    }
}
