//! From landed records to the next edition: link, assess, publish.

use std::sync::Arc;

use chrono::NaiveDate;
use hashbrown::{HashMap, HashSet};
use rayon::prelude::*;

use super::basis::{counting, lacking_since};
use super::error::HubError;
use super::follow_findings::Header;
use super::guard::Word;
use super::linker_state::KeptLinker;
use super::open::Hub;
use super::progress::{ProgressSink, SyncEvent};
use super::unreadable;
use crate::assess::assess;
use crate::hub::published::Published;
use crate::land::receipt::Receipt;
use crate::link::{Decision, EntityKey, Linker, Linking, Previous, Weights};
use crate::model::enterprise::Enterprise;
use crate::model::facts::{AssessmentInput, Facts, RegistryTraits, StandingFinding, StatedTie};
use crate::model::field::Field;
use crate::model::linkage::{Evidence, Judgement, LinkRecord};
use crate::model::tie::Tie;
use crate::model::value::PartialDate;
use crate::model::verdict::{GapStatus, Unmet};
use crate::publish::{DecidedRecord, INPUTS, Publication, PublishError, StoredLinks, open_pairs, publish};
use crate::records;
use crate::records::stream::{Part, SnapshotUse};
use crate::store::StoreError;
use crate::store::history::EditionBasis;

impl From<PublishError> for HubError {
    fn from(e: PublishError) -> HubError {
        match e {
            PublishError::Store(e) => HubError::Store(e),
            PublishError::Edition(e) => HubError::Edition(e),
        }
    }
}

/// What linking starts from.
struct Basis {
    linker: Linker,
    /// The linker remembers, and these store ids changed since; None: it is a new one with all live records put.
    touched: Option<Vec<i64>>,
    /// Of a linker that remembers: the live ones among what changed.
    changed: Vec<LinkRecord>,
    /// The entities that the records put or changed belonged to.
    previous: Previous,
    judgements: Vec<Judgement>,
}

impl Basis {
    fn new(linker: Linker, touched: Option<Vec<i64>>) -> Basis {
        Basis { linker, touched, changed: Vec::new(), previous: Previous::default(), judgements: Vec::new() }
    }

    /// Takes in a part of the records. A linker from nothing reads them at once, so that their texts are never all in memory.
    fn with(mut self, records: Vec<LinkRecord>, links_before: &StoredLinks, registries: &[RegistryTraits]) -> Basis {
        for r in &records {
            if let Some(id) = links_before.get(&(r.store_id, r.part)) {
                self.previous.insert(&registries[r.registry as usize].name, &r.key, r.part, *id);
            }
        }
        match self.touched {
            Some(_) => self.changed.extend(records),
            None => self.linker.put(&records),
        }
        self
    }
}

/// Records joined, and the world as assessing takes it, findings and history apart.
struct Linked {
    linker: Linker,
    linking: Linking,
    joined: Vec<DecidedRecord>,
    world: AssessmentInput,
}

/// What one run decided, before it is kept.
pub(super) struct Decided {
    pub linking: Linking,
    pub joined: Vec<DecidedRecord>,
    pub assessed: crate::assess::Assessed,
    pub ties: Vec<Tie>,
}

impl Hub {
    /// Publishes an edition if what it would rest on has changed since the last one.
    pub(super) async fn publish(
        &self,
        force: bool,
        progress: &dyn ProgressSink,
        receipts: &mut [Receipt],
    ) -> Result<Option<Published>, HubError> {
        let rows = self.registry_rows().await?;
        let now = self.clock.now();
        let as_of = self.clock.today(self.settings.zone);
        let sources = self.sources(&rows);
        let unmet = self.unmet(&sources, as_of);
        let inputs = self.inputs(as_of, &unmet).await?;
        self.editions.refresh()?;
        let previous = self.editions.current().ok();
        // Where the newest edition is broken an older one answers: it is published again, whatever has changed.
        let newest = self.store.latest_edition().await?.map(|e| e.number);
        let answers = previous.is_some() && previous.as_ref().map(|e| i64::from(e.number())) == newest;
        if !force && answers && self.store.meta(INPUTS).await?.as_ref() == Some(&inputs.all) {
            self.store.nothing_held().await?;
            return Ok(None);
        }
        if !force && answers && self.waits_already(&inputs).await? {
            return Ok(None);
        }
        let stage =
            |zh: &str, en: &str| progress.event(&SyncEvent::Stage { name: "会图 huitu".into(), zh: zh.into(), en: en.into() });
        // Nothing ever landed: an empty edition would say that there are no enterprises.
        if previous.is_none() && self.store.last_record_id().await? == 0 {
            return Ok(None);
        }
        if !force && let Some(previous) = previous.as_ref().filter(|_| answers) {
            let header = Header { now, as_of, sources: sources.clone(), unmet: unmet.clone() };
            if let Some((published, ids)) = self.follow_findings(previous, &inputs, header).await? {
                self.followed_by_cases_of(&ids).await;
                self.prune_after_publishing().await?;
                let (zh, en) = (format!("已发布第 {} 期", published.number), format!("edition {} published", published.number));
                progress.event(&SyncEvent::StageDone { name: "会图 huitu".into(), zh, en });
                return Ok(Some(published));
            }
        }
        let began = std::time::Instant::now();
        let lap = |what: &str| tracing::info!(seconds = began.elapsed().as_secs_f64(), "{what}");
        stage("读取记录", "reading the records");
        let store = self.store.clone();
        let links = tokio::spawn(async move {
            let links = store.links(|id| id.parse().ok()).await?.into_iter();
            Ok::<StoredLinks, StoreError>(links.map(|(record, part, id)| ((record, part), id)).collect())
        });
        let mut kept = self.kept_linker().await?;
        let links_before: Arc<StoredLinks> = Arc::new(links.await.expect("reading links does not panic")?);
        let names = Arc::new(records::traits(&self.connectors));
        let (mark, mut basis, facts, unreadable) = loop {
            let mut records = self.records(KeptLinker::wanted(kept.as_ref()), SnapshotUse::Write).await?;
            let (mark, touched) = (records.mark.clone(), records.touched.clone());
            let mut basis = Basis::new(self.new_linker()?, touched);
            let mut facts = Vec::with_capacity(records.expected);
            let mut unreadable = Vec::new();
            while let Some(part) = records.next().await? {
                facts.extend(part.facts);
                unreadable.extend(part.unreadable);
                let (link, before, names) = (part.link, links_before.clone(), names.clone());
                let with = move || basis.with(link, &before, &names);
                basis = tokio::task::spawn_blocking(with).await.expect("linking does not panic");
            }
            let Some(kept) = kept.take().filter(|_| basis.touched.is_some()) else {
                break (mark, basis, facts, unreadable);
            };
            // A linker that turns out to be damaged knows nothing: every record is read for a new one.
            if let Some(linker) = kept.linker().await {
                break (mark, Basis { linker, ..basis }, facts, unreadable);
            }
        };
        unreadable::tell(&unreadable, &self.connectors, receipts);
        let landing = mark.landing;
        let judgements: Vec<Judgement> = self.judgements_in_force().await?;
        let findings = self.standing_findings(as_of).await?;
        let decided_before = self.decided_before(previous.as_ref());
        let first = decided_before.is_none();
        // Editions that share a damaged file are lost together: since when somebody lacks a union the store knows too.
        let lost = previous.is_none() && newest.is_some();
        let edition_basis = EditionBasis {
            landing,
            first: first && !lost,
            made_by: self.made_by()?,
            judgements: judgements.iter().map(|j| j.id.to_string()).collect(),
            findings: findings.iter().map(|f| f.id.to_string()).collect(),
        };
        let lacking_since = match (&decided_before, newest.filter(|_| lost)) {
            (Some(edition), _) => lacking_since(edition),
            (None, Some(number)) => self.store.lacking_as_of(number).await?,
            (None, None) => Default::default(),
        };
        let counting_since = self.store.first_lacking().await?;

        lap("records read");
        stage("关联与研判", "linking and assessing");
        basis.judgements = judgements;
        let hub = self.clone();
        let linked = tokio::task::spawn_blocking(move || hub.link(basis, facts));
        let linked = linked.await.expect("linking does not panic");
        let state = self.write_linker(linked.linker, mark, inputs.all.clone()).await?;
        let (hub, linking, joined, world) = (self.clone(), linked.linking, linked.joined, linked.world);
        let world =
            AssessmentInput { findings, lacking_since, counting_since, first_edition: first, unmet: unmet.clone(), ..world };
        let decided = tokio::task::spawn_blocking(move || {
            let decided = hub.verdicts(linking, joined, &world, as_of);
            // Millions of texts: giving their memory back is nothing to wait for.
            let _ = std::thread::Builder::new().spawn(move || drop(world));
            decided
        });
        let decided = decided.await.expect("deciding does not panic");
        count_linked(&decided.joined, &self.connectors, receipts);

        lap("decided");
        if let Word::Waits = self.guard(&inputs, previous.as_ref(), &unmet, &decided.assessed).await? {
            // What the linker has learnt belongs to an edition that is not there.
            if let Some(written) = state.join().expect("writing the linker's state does not panic") {
                written.discard();
            }
            let (zh, en) = ("暂不发布，等待人工决定", "not published: a person must decide");
            progress.event(&SyncEvent::StageDone { name: "会图 huitu".into(), zh: zh.into(), en: en.into() });
            return Ok(None);
        }
        stage("发布", "publishing");
        let number = match self.store.latest_edition().await? {
            Some(e) => e.number as u32 + 1,
            None => 1,
        };
        let gap = decided.assessed.enterprises.iter().filter(|e| e.in_gap()).count() as u32;
        let undecided = |e: &&Enterprise| e.verdicts.gap.status == GapStatus::Undecided;
        let undecided = decided.assessed.enterprises.iter().filter(undecided).count() as u32;
        let review_pairs = decided.linking.review.len() as u32;
        let publication = Publication {
            number,
            published_at: now,
            as_of,
            zone: self.settings.zone,
            sources,
            unmet: unmet.clone(),
            joined: decided.joined,
            registries: self.connectors.iter().map(|c| c.name.as_str().into()).collect(),
            counting: counting(&self.settings.policy),
            linking: decided.linking,
            assessed: decided.assessed,
            ties: decided.ties,
            links_before,
            previous,
            decided_before,
            inputs: inputs.all,
            inputs_but_findings: inputs.but_findings,
            basis: edition_basis,
        };
        let manifest = publish(&self.store, &self.editions_root(), publication).await?;
        if let Some(written) = state.join().expect("writing the linker's state does not panic")
            && let Err(e) = written.keep()
        {
            tracing::warn!("the linker's state cannot be put in force: {e}; the next run links everything anew");
        }
        lap("published");
        self.editions.refresh()?;
        let published = manifest.map(|m| Published {
            number: m.number,
            digest: m.digest,
            as_of: m.as_of,
            enterprises: m.enterprises,
            gap,
            undecided,
            review_pairs,
            unmet,
        });
        if published.is_some() {
            self.followed_by_cases().await;
            self.prune_after_publishing().await?;
        }
        let (zh, en) = match &published {
            Some(p) => (format!("已发布第 {} 期", p.number), format!("edition {} published", p.number)),
            None => ("没有变化".to_owned(), "nothing changed".to_owned()),
        };
        progress.event(&SyncEvent::StageDone { name: "会图 huitu".into(), zh, en });
        Ok(published)
    }

    /// Links from nothing and assesses: pure from here on.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn decide(
        &self,
        loaded: Part,
        weights: Weights,
        links_before: &StoredLinks,
        judgements: &[Judgement],
        findings: Vec<StandingFinding>,
        lacking_since: std::collections::HashMap<Box<str>, Option<NaiveDate>>,
        first_edition: bool,
        unmet: Vec<Unmet>,
        as_of: NaiveDate,
    ) -> Decided {
        let basis = Basis::new(Linker::new(self.link_settings(), weights), None);
        let basis = basis.with(loaded.link, links_before, &records::traits(&self.connectors));
        let basis = Basis { judgements: judgements.to_vec(), ..basis };
        let Linked { linker, linking, joined, world } = self.link(basis, loaded.facts);
        drop(linker);
        let counting_since = lacking_since.values().flatten().min().copied();
        let world = AssessmentInput { findings, lacking_since, counting_since, first_edition, unmet, ..world };
        self.verdicts(linking, joined, &world, as_of)
    }

    /// Links: pure from here on.
    fn link(&self, basis: Basis, facts: Vec<Facts>) -> Linked {
        let registries = records::traits(&self.connectors);
        let Basis { mut linker, touched, changed, previous, judgements } = basis;
        let began = std::time::Instant::now();
        let lap = |what: &str| tracing::info!(seconds = began.elapsed().as_secs_f64(), "{what}");
        let remembers = touched.is_some();
        if let Some(touched) = touched {
            linker.retire(&touched, &changed);
            linker.put(&changed);
        }
        drop(changed);
        lap("normalised");
        let mut linking = linker.link(&previous, &judgements);
        drop(previous);
        lap("linked");
        let mut news: HashSet<u32> = HashSet::new();
        if remembers {
            news.extend(linking.decisions.iter().map(|d| d.record));
            linking.decisions = linker.decisions();
        }
        let at: HashMap<(i64, u16), u32> = facts.iter().enumerate().map(|(i, f)| ((f.record_id, f.part), i as u32)).collect();
        let mut entity_of = vec![None; facts.len()];
        let mut entities: Vec<Box<str>> = Vec::new();
        let mut index: HashMap<EntityKey, u32> = HashMap::new();
        let mut placed: Vec<(u32, &Decision)> = Vec::with_capacity(facts.len());
        for d in &linking.decisions {
            let Some(&i) = at.get(&(d.store_id, d.part)) else { continue };
            entity_of[i as usize] = d.entity.map(|key| {
                *index.entry(key).or_insert_with(|| {
                    entities.push(key.to_string().into());
                    entities.len() as u32 - 1
                })
            });
            placed.push((i, d));
        }
        let join = |(i, d): &(u32, &Decision)| {
            let fact = &facts[*i as usize];
            let mut evidence = linker.evidence(d);
            if let Some(partner) = d.partner.filter(|_| !evidence.is_empty()) {
                let (store_id, part) = linker.stored(partner);
                let there = at.get(&(store_id, part)).map(|i| &facts[*i as usize]);
                show_texts(&mut evidence, Some(fact), there);
            }
            DecidedRecord {
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
                news: news.contains(&d.record),
            }
        };
        let joined: Vec<DecidedRecord> = placed.par_iter().map(join).collect();
        drop(placed);
        let relations = linking
            .relations
            .iter()
            .filter_map(|r| {
                Some(StatedTie {
                    kind: r.kind,
                    from: r.from.to_string().into(),
                    to: r.to?.to_string().into(),
                    since: r.since.and_then(PartialDate::first_day),
                })
            })
            .collect();
        for pair in &mut linking.review {
            let side = |store_id: i64, part: u16| at.get(&(store_id, part)).map(|i| &facts[*i as usize]);
            let sides = (side(pair.left_store_id, pair.left.part), side(pair.right_store_id, pair.right.part));
            show_texts(&mut pair.evidence, sides.0, sides.1);
        }
        let open_pairs = open_pairs(&linking.review);
        lap("gathered");
        let world =
            AssessmentInput { registries, facts, entity_of, entities, relations, open_pairs, ..AssessmentInput::default() };
        Linked { linker, linking, joined, world }
    }

    /// Assesses.
    fn verdicts(&self, linking: Linking, joined: Vec<DecidedRecord>, world: &AssessmentInput, as_of: NaiveDate) -> Decided {
        let assessed = assess(world, &self.rules, &self.settings.policy, as_of);
        let ties = crate::publish::ties(world, &assessed.enterprises);
        Decided { linking, joined, assessed, ties }
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

/// Addresses and phones as the registries wrote them: linking keeps numbers only.
pub(super) fn show_texts(evidence: &mut [Evidence], left: Option<&Facts>, right: Option<&Facts>) {
    for e in evidence.iter_mut().filter(|e| e.left.is_none() && e.right.is_none()) {
        let fields: &[Field] = match &*e.feature {
            "address" => &[Field::Address, Field::OperatingAddress],
            "phone" => &[Field::Phone],
            "county" => &[Field::District, Field::Area],
            "registration" => &[Field::RegistrationNumber],
            _ => continue,
        };
        let text =
            |facts: Option<&Facts>| facts.and_then(|f| fields.iter().find_map(|field| Some(f.get(*field)?.to_string().into())));
        (e.left, e.right) = (text(left), text(right));
    }
}

/// Fills in how many records of each registry met a record of another one.
fn count_linked(joined: &[DecidedRecord], registries: &[Arc<crate::connector::Connector>], receipts: &mut [Receipt]) {
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
