//! From landed records to the next edition: link, assess, publish.

use std::sync::Arc;

use chrono::NaiveDate;
use hashbrown::{HashMap, HashSet};
use rayon::prelude::*;
use tracing::Instrument;

use super::advance::{Advanced, Delivery};
use super::basis::lacking_since;
use super::error::HubError;
use super::evidence_texts::{show_texts, told};
use super::follow_records::Followed;
use super::guard::Word;
use super::header::Header;
use super::linker_state::WritingLinker;
use super::open::Hub;
use super::progress::{ProgressSink, SyncEvent};
use super::unreadable;
use crate::assess::assess_each;
use crate::depot::Sharing;
use crate::edition::pack_reasons;
use crate::hub::published::Published;
use crate::land::receipt::Receipt;
use crate::link::{Decision, EntityEvent, EntityKey, Linker, Linking, Previous, Weights};
use crate::model::enterprise::Enterprise;
use crate::model::facts::{AssessmentInput, Facts, RegistryTraits, StandingFinding, StatedTie};
use crate::model::linkage::{Judgement, LinkRecord};
use crate::model::record::RegistryIndex;
use crate::model::spilled::SpilledText;
use crate::model::text::json;
use crate::model::value::PartialDate;
use crate::model::verdict::{GapStatus, Unmet};
use crate::publish::{DecidedRecord, INPUTS, Publication, PublishError, StoredLinks, ToldPair, counting, open_pairs, publish};
use crate::records;
use crate::records::stream::{Part, SnapshotUse, WantedLinks};
use crate::spill::SpillFile;
use crate::store::StoreError;
use crate::store::history::EditionBasis;
use crate::store::landing::Watermark;

impl From<PublishError> for HubError {
    fn from(e: PublishError) -> HubError {
        match e {
            PublishError::Store(e) => HubError::Store(e),
            PublishError::Edition(e) => HubError::Edition(e),
        }
    }
}

/// What linking from nothing starts from.
struct Basis {
    linker: Linker,
    /// The entities that the records put belonged to.
    previous: Previous,
    judgements: Vec<Judgement>,
}

impl Basis {
    fn new(linker: Linker, judgements: Vec<Judgement>) -> Basis {
        Basis { linker, previous: Previous::default(), judgements }
    }

    /// Takes in a part of the records: they are read at once, so that their texts are never all in memory.
    fn with(mut self, records: Vec<LinkRecord>, links_before: &StoredLinks, registries: &[RegistryTraits]) -> Basis {
        for r in &records {
            if let Some(id) = links_before.get(&(r.store_id, r.part)) {
                self.previous.insert(&registries[r.registry as usize].name, &r.key, r.part, *id);
            }
        }
        self.linker.put(&records);
        self
    }

    fn link(mut self) -> (Linker, Linking) {
        let linking = self.linker.link(&self.previous, &self.judgements);
        (self.linker, linking)
    }
}

/// Every live record, and a linker that knows them.
struct Whole {
    linker: Arc<Linker>,
    /// Decisions on all records.
    linking: Linking,
    /// Records of which the decision is another than before; None: nothing was decided before.
    news: Option<HashSet<u32>>,
    mark: Watermark,
    /// What all records say; empty where it is to be read once linking is done with.
    facts: Vec<Facts>,
    unreadable: Vec<(i64, RegistryIndex)>,
    judgements: Vec<Judgement>,
    links_before: Arc<StoredLinks>,
}

/// Whether what records say is kept while they are linked: nobody looks at it meanwhile, and a third of the memory is its.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FactsMeanwhile {
    Kept,
    ReadAgain,
}

/// Records joined, and the world as assessing takes it, findings and history apart.
struct Linked {
    linking: Linking,
    review: Vec<ToldPair>,
    /// Without their keys, which stand in the world until it is judged.
    joined: Vec<DecidedRecord>,
    /// Where the facts of each of these stand.
    places: Vec<u32>,
    world: AssessmentInput,
}

/// What one run decided, before it is kept.
pub(super) struct Decided {
    pub linking: Linking,
    pub review: Vec<ToldPair>,
    pub joined: Vec<DecidedRecord>,
    pub assessed: crate::assess::Assessed,
}

impl Hub {
    /// Publishes an edition if what it would rest on has changed since the last one.
    pub(super) async fn publish(
        &self,
        force: bool,
        progress: &dyn ProgressSink,
        receipts: &mut [Receipt],
    ) -> Result<Option<Published>, HubError> {
        // What has landed closes requests and opens them again, whether an edition shows it or waits for a person.
        self.followed_by_corrections().await;
        // The federation's own rests on no edition, and no edition on it: what is wrong with it holds nothing up.
        if let Err(error) = self.enter_delivered().await {
            tracing::error!(%error, "what registries deliver of the federation could not be entered");
        }
        // On the heap: what it holds between its steps is large, and callers hold it in turn.
        let published = Box::pin(self.publish_what_changed(force, progress, receipts)).instrument(tracing::info_span!("publish"));
        let published = self.stages.run("publish", "", published).await?;
        self.share_editions(Sharing::default()).await;
        self.followed_by_corrections().await;
        Ok(published)
    }

    async fn publish_what_changed(
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
        // Another node may have published the edition that this one follows.
        self.fetch_editions().await;
        self.editions.refresh()?;
        let previous = self.editions.current().ok();
        // Where the newest edition is broken an older one answers: it is published again, whatever has changed.
        let newest = self.store.latest_edition().await?.map(|e| e.number);
        let answers = previous.is_some() && previous.as_ref().map(|e| i64::from(e.number())) == newest;
        if !force && answers && self.store.meta(INPUTS).await?.as_ref() == Some(&inputs.all) {
            self.store.nothing_held().await?;
            return Ok(None);
        }
        let is_first = previous.is_none() && newest.is_none();
        if !force && (answers || is_first) && self.waits_already(&inputs).await? {
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
                tell_published(Some(&published), progress);
                return Ok(Some(published));
            }
        }
        let began = std::time::Instant::now();
        let lap = |what: &str| tracing::info!(seconds = began.elapsed().as_secs_f64(), "{what}");
        stage("读取记录", "reading the records");
        let advanced = match self.kept_linker().await? {
            Some(kept) => self.advance(kept).await?,
            None => None,
        };
        lap("followed");
        // Written while the verdicts are reached.
        let (mut delivery, mut state) = match advanced {
            Some(Advanced { linker, delivery }) => {
                let state = self.write_linker(linker, delivery.mark.clone(), inputs.all.clone()).await?;
                (Some(delivery), Some(state))
            }
            None => (None, None),
        };
        if let (true, Some(previous), Some(writing)) = (!force && answers, &previous, &mut state)
            && let (Some(linker), Some(followed)) = (writing.linker().await, delivery.take())
        {
            stage("关联与研判", "linking and assessing");
            let header = Header { now, as_of, sources: sources.clone(), unmet: unmet.clone() };
            let met = linker.met();
            let advanced = Advanced { linker, delivery: followed };
            match self.follow_records(previous, &inputs, header, advanced, writing).await? {
                Followed::Published(published, ids) => {
                    state.take().into_iter().for_each(WritingLinker::keep);
                    tell_met(&met, &self.connectors, receipts);
                    lap("published");
                    self.editions.refresh()?;
                    if published.is_some() {
                        self.followed_by_cases_of(&ids).await;
                        self.prune_after_publishing().await?;
                    }
                    tell_published(published.as_ref(), progress);
                    return Ok(published);
                }
                Followed::Waits => {
                    state.take().into_iter().for_each(WritingLinker::discard);
                    tell_waiting(progress);
                    return Ok(None);
                }
                Followed::Not(followed) => delivery = followed.map(|followed| *followed),
            }
        }
        let linker = match &mut state {
            Some(writing) => writing.linker().await,
            None => None,
        };
        let advanced = linker.zip(delivery).map(|(linker, delivery)| Advanced { linker, delivery });
        let (whole, mut state) = self.everybody(advanced, state, &inputs.all).await?;
        unreadable::tell(&whole.unreadable, &self.connectors, receipts);
        let Whole { linker, linking, news, mark, facts, judgements, links_before, unreadable } = whole;
        let landing = mark.landing;
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
        let hub = self.clone();
        let joining = linker.clone();
        // What is only written, and not looked at before.
        let spill = SpillFile::new(&self.settings.data);
        let spilled = spill.clone();
        let linked = tokio::task::spawn_blocking(move || hub.join(&joining, linking, news.as_ref(), facts, &spilled));
        let linked = linked.await.expect("linking does not panic");
        tell_met(&linker.met(), &self.connectors, receipts);
        drop(linker);
        state.iter_mut().for_each(WritingLinker::done);
        let world = AssessmentInput {
            findings,
            lacking_since,
            counting_since,
            first_edition: first,
            unmet: unmet.clone(),
            ..linked.world
        };
        let (hub, linked) = (self.clone(), Linked { world, ..linked });
        let decided = tokio::task::spawn_blocking(move || hub.verdicts(linked, as_of, &spill));
        let decided = decided.await.expect("deciding does not panic");

        lap("decided");
        if let Word::Waits = self.guard(&inputs, previous.as_ref(), &unmet, &decided.assessed).await? {
            // What the linker has learnt belongs to an edition that is not there.
            state.take().into_iter().for_each(WritingLinker::discard);
            tell_waiting(progress);
            return Ok(None);
        }
        stage("发布", "publishing");
        let number = self.next_number().await?;
        let gap = decided.assessed.enterprises.iter().filter(|e| e.in_gap()).count() as u32;
        let undecided = |e: &&Enterprise| e.verdicts.gap.status == GapStatus::Undecided;
        let undecided = decided.assessed.enterprises.iter().filter(undecided).count() as u32;
        let review_pairs = decided.review.len() as u32;
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
            review: decided.review,
            assessed: decided.assessed,
            links_before,
            previous,
            decided_before,
            inputs: inputs.all,
            inputs_but_findings: inputs.but_findings,
            basis: edition_basis,
            unreadable: unreadable.len(),
        };
        let manifest = publish(&self.store, &self.editions_root(), publication).await?;
        state.take().into_iter().for_each(WritingLinker::keep);
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
            judged: None,
            unmet,
        });
        if published.is_some() {
            self.followed_by_cases().await;
            self.prune_after_publishing().await?;
        }
        tell_published(published.as_ref(), progress);
        Ok(published)
    }

    /// Every live record linked, and the linker's state being written. Of a linker that is new no more is in memory than is looked at:
    /// its state is written first, and what records say is read again.
    async fn everybody(
        &self,
        advanced: Option<Advanced>,
        state: Option<WritingLinker>,
        inputs: &str,
    ) -> Result<(Whole, Option<WritingLinker>), HubError> {
        let mut whole = self.whole(advanced, FactsMeanwhile::ReadAgain).await?;
        if whole.news.is_some() && state.is_some() {
            return Ok((whole, state));
        }
        state.into_iter().for_each(WritingLinker::discard);
        if whole.news.is_none() {
            let linker = std::mem::replace(&mut whole.linker, Arc::new(self.new_linker()?));
            let mut writing = self.write_linker(linker, whole.mark.clone(), inputs.to_owned()).await?;
            writing.let_go().await;
            let linker = writing.linker().await;
            if let Some((linker, facts)) = linker.zip(self.facts_at(&whole.mark).await?) {
                (whole.linker, whole.facts) = (linker, facts);
                return Ok((whole, Some(writing)));
            }
            // More has landed, or the disk does not give back what it took: once more, with everything in memory.
            writing.discard();
            whole = self.whole(None, FactsMeanwhile::Kept).await?;
        }
        let writing = self.write_linker(whole.linker.clone(), whole.mark.clone(), inputs.to_owned()).await?;
        Ok((whole, Some(writing)))
    }

    /// What all live records say; None where more has landed since `mark`.
    async fn facts_at(&self, mark: &Watermark) -> Result<Option<Vec<Facts>>, HubError> {
        let mut records = self.records(WantedLinks::None, SnapshotUse::Read).await?;
        if records.mark != *mark {
            return Ok(None);
        }
        let mut facts = Vec::with_capacity(records.expected);
        while let Some(part) = records.next().await? {
            facts.extend(part.facts);
        }
        Ok(Some(facts))
    }

    /// Reads every live record: for a linker that followed what landed, or for a new one.
    async fn whole(&self, advanced: Option<Advanced>, meanwhile: FactsMeanwhile) -> Result<Whole, HubError> {
        let store = self.store.clone();
        let links = tokio::spawn(async move {
            let links = store.links(|id| id.parse().ok()).await?.into_iter();
            Ok::<StoredLinks, StoreError>(links.map(|(record, part, id)| ((record, part), id)).collect())
        });
        if let Some(Advanced { linker, delivery }) = advanced {
            let Delivery { changes, mark, judgements, .. } = delivery;
            let mut records = self.records(WantedLinks::None, SnapshotUse::Write).await?;
            // What landed meanwhile the linker has not seen.
            if records.mark == mark {
                let mut facts = Vec::with_capacity(records.expected);
                let mut unreadable = Vec::new();
                while let Some(part) = records.next().await? {
                    facts.extend(part.facts);
                    unreadable.extend(part.unreadable);
                }
                let of_all = linker.clone();
                let linking = tokio::task::spawn_blocking(move || {
                    let news = changes.decisions.iter().map(|d| d.record).collect();
                    (Linking { events: changes.events, ..of_all.linking() }, news)
                });
                let (linking, news) = linking.await.expect("linking does not panic");
                let links_before = Arc::new(links.await.expect("reading links does not panic")?);
                return Ok(Whole { linker, linking, news: Some(news), mark, facts, unreadable, judgements, links_before });
            }
        }
        let links_before: Arc<StoredLinks> = Arc::new(links.await.expect("reading links does not panic")?);
        let names = Arc::new(records::traits(&self.connectors));
        let mut records = self.records(WantedLinks::All, SnapshotUse::Write).await?;
        let mark = records.mark.clone();
        let judgements = self.judgements_in_force().await?;
        let mut basis = Basis::new(self.new_linker()?, judgements.clone());
        let mut facts = Vec::new();
        let mut unreadable = Vec::new();
        while let Some(part) = records.next().await? {
            if meanwhile == FactsMeanwhile::Kept {
                facts.extend(part.facts);
            }
            unreadable.extend(part.unreadable);
            let (link, before, names) = (part.link, links_before.clone(), names.clone());
            let with = move || basis.with(link, &before, &names);
            basis = tokio::task::spawn_blocking(with).await.expect("linking does not panic");
        }
        let (linker, linking) = tokio::task::spawn_blocking(move || basis.link()).await.expect("linking does not panic");
        Ok(Whole { linker: Arc::new(linker), linking, news: None, mark, facts, unreadable, judgements, links_before })
    }

    /// Links from nothing and assesses: pure from here on but for texts that are put out of memory. `lacking`: since when whoever came to lack a union has lacked it, and since when
    /// whoever is not among them has, at least: before the first edition.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn decide(
        &self,
        loaded: Part,
        weights: Weights,
        links_before: &StoredLinks,
        judgements: &[Judgement],
        findings: Vec<StandingFinding>,
        lacking: (std::collections::HashMap<Box<str>, Option<NaiveDate>>, Option<NaiveDate>),
        unmet: Vec<Unmet>,
        as_of: NaiveDate,
    ) -> Decided {
        let basis = Basis::new(Linker::new(self.link_settings(), weights), judgements.to_vec());
        let (linker, linking) = basis.with(loaded.link, links_before, &records::traits(&self.connectors)).link();
        let spill = SpillFile::new(&self.settings.data);
        let linked = self.join(&linker, linking, None, loaded.facts, &spill);
        drop(linker);
        let (lacking_since, counting_since) = lacking;
        let world = AssessmentInput { findings, lacking_since, counting_since, first_edition: true, unmet, ..linked.world };
        self.verdicts(Linked { world, ..linked }, as_of, &spill)
    }

    /// From decisions to the world that is judged; evidence, which nobody looks at before it is written, goes to `spill`.
    fn join(
        &self,
        linker: &Linker,
        mut linking: Linking,
        news: Option<&HashSet<u32>>,
        facts: Vec<Facts>,
        spill: &Arc<SpillFile>,
    ) -> Linked {
        let registries = records::traits(&self.connectors);
        let began = std::time::Instant::now();
        let lap = |what: &str| tracing::info!(seconds = began.elapsed().as_secs_f64(), "{what}");
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
                key: "".into(),
                entity: d.entity,
                method: d.method,
                weight: d.weight,
                evidence: if evidence.is_empty() { "".into() } else { spill.put(json(&evidence)) },
                runner_up: d.runner_up,
                refused: d.refused,
                news: news.is_some_and(|news| news.contains(&d.record)),
            }
        };
        let joined: Vec<DecidedRecord> = placed.par_iter().map(join).collect();
        let places = placed.iter().map(|(i, _)| *i).collect();
        drop(placed);
        linking.decisions = Vec::new();
        // Nobody asks which entities are new: their links tell.
        linking.events.retain(|event| !matches!(event, EntityEvent::Founded(_)));
        linking.events.shrink_to_fit();
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
        let fact = |row: (i64, u16)| at.get(&row).map(|i| &facts[*i as usize]);
        let pairs = std::mem::take(&mut linking.review).into_par_iter();
        let review: Vec<ToldPair> = pairs
            .map(|pair| {
                let evidence = linker.evidence_of_pair(&pair).into_boxed_slice();
                told(pair, evidence, fact, |text| spill.put(text))
            })
            .collect();
        let open_pairs = open_pairs(review.iter().map(|told| &told.pair));
        lap("gathered");
        let world =
            AssessmentInput { registries, facts, entity_of, entities, relations, open_pairs, ..AssessmentInput::default() };
        Linked { linking, review, joined, places, world }
    }

    /// Assesses.
    fn verdicts(&self, linked: Linked, as_of: NaiveDate, spill: &Arc<SpillFile>) -> Decided {
        let Linked { linking, review, mut joined, places, mut world } = linked;
        let judged = |e: &mut Enterprise| {
            pack_reasons(e);
            if let Some(SpilledText::Here(reasons)) = e.reasons.take() {
                e.reasons = Some(spill.put(reasons));
            }
        };
        let assessed = assess_each(&world, (&self.rules, &self.settings.policy), as_of, judged);
        for (record, place) in joined.iter_mut().zip(places) {
            record.key = std::mem::take(&mut world.facts[place as usize].key);
        }
        // Millions of texts: giving their memory back is nothing to wait for.
        let _ = std::thread::Builder::new().spawn(move || drop(world));
        Decided { linking, review, joined, assessed }
    }

    /// Folders of editions that a killed process renamed but never recorded.
    pub(super) async fn remove_unrecorded_editions(&self) -> Result<(), HubError> {
        let recorded = self.store.latest_edition().await?.map_or(0, |e| e.number as u32);
        self.share_editions(Sharing { only_recorded: true, ..Sharing::default() }).await;
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

fn stage_done(zh: String, en: String, progress: &dyn ProgressSink) {
    progress.event(&SyncEvent::StageDone { name: "会图 huitu".into(), zh, en });
}

fn tell_published(published: Option<&Published>, progress: &dyn ProgressSink) {
    match published {
        Some(p) => stage_done(format!("已发布第 {} 期", p.number), format!("edition {} published", p.number), progress),
        None => stage_done("没有变化".into(), "nothing changed".into(), progress),
    }
}

fn tell_waiting(progress: &dyn ProgressSink) {
    stage_done("暂不发布，等待人工决定".into(), "not published: a person must decide".into(), progress);
}

/// How many records of each registry met a record of another one, as a linker knows it.
fn tell_met(met: &[i64], registries: &[Arc<crate::connector::Connector>], receipts: &mut [Receipt]) {
    for r in receipts {
        r.linked = registries.iter().position(|c| c.name == r.registry).and_then(|i| met.get(i).copied());
    }
}
