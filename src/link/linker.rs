//! Runs the steps, and remembers the record table and what it decided between runs.

use hashbrown::HashSet;
use rayon::prelude::*;

use super::block::recall::{Blocking, blocking};
use super::cluster::JudgedPairs;
use super::cluster::judgements::{cannot_links, judged_pairs};
use super::compare::weights::{WeightTable, Weights};
use super::entity_key::{EntityKey, reference_of};
use super::group::profiles::{NONE, ProfileNo};
use super::outcome::{Decision, LinkedRelation, Linking, Previous, ReviewPair, Statistics};
use super::records::{BY_CREDIT_CODE, RecordNo, RecordTable};
use super::resolve::decisions::{ResolveScope, decide, flags, name_clusters, refresh_reviews};
use super::resolve::evidence;
use super::resolve::relations::Firms;
use super::resolve::review::{evidence_of, queue};
use super::score::covered::{Covered, covered};
use super::score::edges::{Scored, ScoringContext};
use super::score::fit::fit;
use super::settings::LinkSettings;
use super::state::{LinkState, Memory, WaitingPair};
use super::update::{begin, follow};
use crate::model::linkage::{Evidence, Judgement, LinkMethod, LinkRecord, RecordRef};

/// All records known so far, how to link them, and what the last run decided.
///
/// ```
/// use huitu_rules::link::{LinkSettings, Linker, Previous, Weights};
/// use huitu_rules::model::linkage::LinkRecord;
///
/// let record = |registry, key: &str, credit_code: &str| LinkRecord {
///     registry,
///     key: key.into(),
///     name: "示例城信通科技有限公司".into(),
///     credit_code: credit_code.into(),
///     ..LinkRecord::default()
/// };
/// let mut linker = Linker::new(LinkSettings::with_registries(["commerce", "tax"]), Weights::shipped());
/// linker.put(&[record(0, "A-1", "93110101000000019Q"), record(1, "7", "93110101000000019Q")]);
///
/// let first = linker.link(&Previous::default(), &[]);
/// assert_eq!(first.decisions.len(), 2);
/// assert_eq!(first.decisions[0].entity, first.decisions[1].entity);
///
/// // Nothing changed: there is nothing to say again.
/// assert!(linker.link(&Previous::default(), &[]).decisions.is_empty());
/// ```
#[derive(Debug, Clone)]
pub struct Linker {
    pub(super) settings: LinkSettings,
    pub(super) weights: Weights,
    pub(super) record_table: RecordTable,
    pub(super) memory: Memory,
    /// None before the first run.
    pub(super) standing: Option<LinkState>,
}

/// Some rows of the store, a bit each: every record of a city is asked whether it comes from one of them.
struct RowSet<'a> {
    /// In order.
    ids: &'a [i64],
    first: u64,
    /// None where the ids lie too far apart for bits.
    bits: Option<Vec<u64>>,
}

/// Ids are handed out one after the other: where they span more than this they are looked up instead.
const WIDEST: u64 = 1 << 32;

impl RowSet<'_> {
    fn of(ids: &[i64]) -> RowSet<'_> {
        let first = ids.first().map_or(0, |id| *id as u64);
        let span = ids.last().map_or(0, |id| (*id as u64).wrapping_sub(first));
        let bits = (span < WIDEST).then(|| {
            let mut bits = vec![0u64; span as usize / 64 + 1];
            for at in ids.iter().map(|id| (*id as u64).wrapping_sub(first) as usize) {
                bits[at / 64] |= 1 << (at % 64);
            }
            bits
        });
        RowSet { ids, first, bits }
    }
    fn contains(&self, id: i64) -> bool {
        let Some(bits) = &self.bits else { return self.ids.binary_search(&id).is_ok() };
        let at = (id as u64).wrapping_sub(self.first);
        bits.get((at / 64) as usize).is_some_and(|bits| bits >> (at % 64) & 1 == 1)
    }
}

/// Everything that stands: an outcome without decisions and events.
fn outcome(scoring: ScoringContext<'_>, standing: &LinkState, memory: &Memory, scored: Scored) -> Linking {
    let ScoringContext { record_table, profiles, index, settings, .. } = scoring;
    let firms = Firms { record_table, profiles, index, entities: &memory.entities };
    let (relations, circles) = firms.relations(&standing.stated_relations, settings);
    let mut flags = flags(scoring, standing, memory);
    flags.extend(circles);
    let statistics = Statistics {
        records: record_table.standing_count(),
        profiles: profiles.count(),
        unidentified: standing.joined.len(),
        candidate_pairs: scored.candidates,
        compared_pairs: scored.compared,
        scored_pairs: standing.scored_pairs.len(),
        entities: standing.in_use.len(),
        keys: index.len(),
    };
    let review = queue(record_table, settings, standing.reviews.values().flatten());
    Linking { review, relations, flags, statistics, ..Linking::default() }
}

impl Linker {
    /// Knows no record yet.
    pub fn new(settings: LinkSettings, weights: Weights) -> Linker {
        Linker { settings, weights, record_table: RecordTable::new(), memory: Memory::default(), standing: None }
    }

    /// Adds records, or replaces those with the same registry, key and part.
    pub fn put(&mut self, records: &[LinkRecord]) {
        self.record_table.put(records, &self.settings);
    }

    /// Forgets a record; false where it is not known.
    pub fn remove(&mut self, record: &RecordRef) -> bool {
        self.record_table.remove(reference_of(record)).is_some()
    }

    /// Forgets what the rows `touched` (store ids in order) said and `put` does not say again.
    pub fn retire(&mut self, touched: &[i64], put: &[LinkRecord]) {
        let said: HashSet<(i64, u16)> = put.iter().map(|record| (record.store_id, record.part)).collect();
        let is_gone = |record: &RecordNo| !said.contains(&self.stored(*record));
        let gone: Vec<RecordNo> = self.records_of_rows(touched).into_iter().filter(is_gone).collect();
        for record in gone {
            self.record_table.remove(self.record_table.facts(record).reference);
        }
    }

    /// How sure is sure, and the registries in their rank.
    pub fn settings(&self) -> &LinkSettings {
        &self.settings
    }
    /// What levels of agreement are worth.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }
    /// Records that stand.
    pub fn len(&self) -> usize {
        self.record_table.standing_count()
    }
    /// Whether no record stands.
    pub fn is_empty(&self) -> bool {
        self.record_table.standing_count() == 0
    }
    /// How a record is named across runs.
    pub fn record_ref(&self, record: RecordNo) -> RecordRef {
        self.record_table.record_ref(record, &self.settings)
    }
    /// Store id and part of a record.
    pub fn stored(&self, record: RecordNo) -> (i64, u16) {
        let facts = self.record_table.facts(record);
        (facts.store_id, facts.part)
    }
    /// Whether a valid code or registration number stands in the record.
    pub fn has_code(&self, record: RecordNo) -> bool {
        let facts = self.record_table.facts(record);
        facts.organisation != 0 || facts.registration != 0
    }
    /// Reference, store id and part of every record that stands.
    pub fn records(&self) -> impl Iterator<Item = (u64, i64, u16)> + '_ {
        self.record_table
            .standing()
            .map(|record| self.record_table.facts(record))
            .map(|facts| (facts.reference, facts.store_id, facts.part))
    }
    /// Registry index, key and part of a record, without a copy.
    pub fn record_key(&self, record: RecordNo) -> (u16, &str, u16) {
        let facts = self.record_table.facts(record);
        (facts.registry, self.record_table.key(record), facts.part)
    }

    /// Links everything that stands in the record table. `previous` tells the entities of an earlier run where the linker itself
    /// does not remember one. `judgements` are all that stand: a withdrawn one is simply no longer among them.
    ///
    /// After the first run only what a change touches is done again; the result is what a first run on the same records
    /// would give.
    pub fn link(&mut self, previous: &Previous, judgements: &[Judgement]) -> Linking {
        let (changes, scored) = self.run(previous, judgements);
        let Some(standing) = &self.standing else { return changes };
        let Linking { decisions, events, reconsidered, reviewed, .. } = changes;
        Linking { decisions, events, reconsidered, reviewed, ..outcome(self.scoring(standing), standing, &self.memory, scored) }
    }

    /// The same, and of the outcome only what may be another than before: `review`, `relations`, `flags` and `statistics` are left out.
    pub fn link_changes(&mut self, previous: &Previous, judgements: &[Judgement]) -> Linking {
        self.run(previous, judgements).0
    }

    fn run(&mut self, previous: &Previous, judgements: &[Judgement]) -> (Linking, Scored) {
        let changed = self.record_table.changed();
        self.recall(previous, changed.as_ref().map(|changed| changed.iter().map(|(record, _)| *record).collect()));
        let cannot_links = cannot_links(&self.record_table, judgements);
        let standing = self.standing.take().zip(changed);
        let followed = standing.and_then(|(standing, changed)| {
            follow(&mut self.record_table, &self.settings, &self.weights, standing, &changed, judgements, &cannot_links)
        });
        let (standing, judged, scope, scored) = match followed {
            Some(followed) => followed,
            None => {
                let gone = (0..self.record_table.records.len() as RecordNo).filter(|r| self.record_table.facts(*r).is_gone());
                let vanished = gone.filter(|r| self.memory.entities[*r as usize].is_some()).collect();
                let (mut standing, scored) = begin(&self.record_table, &self.settings, &self.weights, &cannot_links);
                let judged = judged_pairs(&self.record_table, &standing.profiles, judgements);
                let clustered: Vec<_> = standing.profiles.standing().collect();
                standing.cluster(&clustered, &judged, &self.settings);
                (standing, judged, ResolveScope { clustered, vanished, ..ResolveScope::default() }, scored)
            }
        };
        self.record_table.mark_baseline();
        (self.resolve_scope(standing, &judged, &scope, judgements), scored)
    }

    /// The last run's decision on every record that stands, whatever was stated before. Empty before the first run.
    pub fn decisions(&self) -> Vec<Decision> {
        let Some(standing) = &self.standing else { return Vec::new() };
        let judged = judged_pairs(&self.record_table, &standing.profiles, &standing.judgements);
        let all: Vec<_> = standing.profiles.standing().collect();
        let decided = decide(self.scoring(standing), standing, &self.memory, &[&all], &judged);
        decided.into_iter().map(|(_, decision)| decision).collect()
    }

    /// The last run's decision on some records, in order. Empty before the first run.
    pub fn decisions_on(&self, records: &[RecordNo]) -> Vec<Decision> {
        let Some(standing) = &self.standing else { return Vec::new() };
        let judged = judged_pairs(&self.record_table, &standing.profiles, &standing.judgements);
        let of = |record: &RecordNo| Some(standing.profiles.of_record[*record as usize]).filter(|profile| *profile != NONE);
        let mut profiles: Vec<ProfileNo> = records.iter().filter_map(of).collect();
        profiles.sort_unstable();
        profiles.dedup();
        let decided = decide(self.scoring(standing), standing, &self.memory, &[&profiles], &judged);
        let decisions = decided.into_iter().map(|(_, decision)| decision);
        decisions.filter(|decision| records.binary_search(&decision.record).is_ok()).collect()
    }

    /// The entity of a record; None where it is gone or attached to nothing.
    pub fn entity(&self, record: RecordNo) -> Option<EntityKey> {
        let gone = self.record_table.facts(record).is_gone();
        self.memory.entities.get(record as usize).copied().flatten().filter(|_| !gone)
    }

    /// The records that stand and belong to these entities, in order.
    pub fn records_of(&self, entities: &HashSet<EntityKey>) -> Vec<RecordNo> {
        let chosen = |record: &RecordNo| self.entity(*record).is_some_and(|entity| entities.contains(&entity));
        self.all_records().filter(chosen).collect()
    }

    /// The records that stand and come from these rows of the store (ids in order), in order.
    pub fn records_of_rows(&self, store_ids: &[i64]) -> Vec<RecordNo> {
        let wanted = RowSet::of(store_ids);
        let of_rows = |record: &RecordNo| {
            let facts = self.record_table.facts(*record);
            !facts.is_gone() && wanted.contains(facts.store_id)
        };
        self.all_records().filter(of_rows).collect()
    }

    fn all_records(&self) -> impl rayon::iter::IndexedParallelIterator<Item = RecordNo> + '_ {
        (0..self.record_table.records.len() as RecordNo).into_par_iter().with_min_len(1 << 16)
    }

    /// The pairs for a person of which at least one profile's word is `asked` for, each as the queue has it.
    pub fn reviews(&self, asked: impl Fn(&WaitingPair) -> bool + Sync) -> Vec<ReviewPair> {
        let Some(standing) = &self.standing else { return Vec::new() };
        let words: Vec<&[WaitingPair]> = standing.reviews.values().map(|pairs| &**pairs).collect();
        let both = |pair: &WaitingPair| (pair.left.min(pair.right), pair.left.max(pair.right));
        let of: Vec<(RecordNo, RecordNo)> =
            words.par_iter().flat_map_iter(|pairs| pairs.iter()).filter(|pair| asked(pair)).map(both).collect();
        let of: HashSet<(RecordNo, RecordNo)> = of.into_iter().collect();
        let words: Vec<&WaitingPair> =
            words.par_iter().flat_map_iter(|pairs| pairs.iter()).filter(|pair| of.contains(&both(pair))).collect();
        queue(&self.record_table, &self.settings, words.into_iter())
    }

    /// What speaks for and against a pair of the last run, feature by feature.
    pub fn evidence_of_pair(&self, pair: &ReviewPair) -> Vec<Evidence> {
        let Some(standing) = &self.standing else { return Vec::new() };
        evidence_of(self.scoring(standing), pair.records, pair.of_unit)
    }

    /// What the records of whole entities state of others.
    pub fn relations_of(&self, records: &[RecordNo]) -> Vec<LinkedRelation> {
        let Some(LinkState { profiles, index, stated_relations, .. }) = &self.standing else { return Vec::new() };
        let of = |record: &RecordNo| Some(profiles.of_record[*record as usize]).filter(|profile| *profile != NONE);
        let stated = records.iter().filter_map(of).filter_map(|p| Some((p, stated_relations.get(&p)?.clone()))).collect();
        let firms = Firms { record_table: &self.record_table, profiles, index, entities: &self.memory.entities };
        firms.relations(&stated, &self.settings).0
    }

    /// How many records an entity has; 0 where there is no such entity.
    pub fn records_in(&self, entity: EntityKey) -> u32 {
        self.standing.as_ref().and_then(|standing| standing.in_use.get(&entity.to_bits())).copied().unwrap_or(0)
    }

    /// By registry: how many of its rows belong to an entity that a row of another registry belongs to as well.
    pub fn met(&self) -> Vec<i64> {
        let mut met = vec![0; self.settings.registries.len()];
        let Some(standing) = &self.standing else { return met };
        // By the profile that stands for a cluster: the registry of one of its records, and whether another one followed.
        const NOBODY: u16 = u16::MAX;
        let mut seen: Vec<(u16, bool)> = vec![(NOBODY, false); standing.profiles.all.len()];
        let root = |record: RecordNo| {
            let profile = standing.profiles.of_record[record as usize];
            self.entity(record).map(|_| standing.roots[profile as usize] as usize)
        };
        for record in self.record_table.standing() {
            if let Some(root) = root(record) {
                let (registry, (first, several)) = (self.record_table.facts(record).registry, &mut seen[root]);
                *several |= *first != NOBODY && *first != registry;
                *first = registry;
            }
        }
        for record in self.record_table.standing().filter(|record| self.record_table.facts(*record).part == 0) {
            let registry = usize::from(self.record_table.facts(record).registry);
            met[registry] += i64::from(root(record).is_some_and(|root| seen[root].1));
        }
        met
    }

    /// The whole outcome of the last run, whatever was stated before; its events are over. Empty before the first run.
    pub fn linking(&self) -> Linking {
        let Some(standing) = &self.standing else { return Linking::default() };
        Linking { decisions: self.decisions(), ..outcome(self.scoring(standing), standing, &self.memory, Scored::default()) }
    }

    fn scoring<'a>(&'a self, standing: &'a LinkState) -> ScoringContext<'a> {
        let LinkState { profiles, terms, index, .. } = standing;
        ScoringContext {
            record_table: &self.record_table,
            profiles,
            terms,
            weights: &self.weights,
            index,
            settings: &self.settings,
        }
    }

    fn resolve_scope(
        &mut self,
        mut standing: LinkState,
        judged: &JudgedPairs,
        scope: &ResolveScope,
        judgements: &[Judgement],
    ) -> Linking {
        let Linker { settings, weights, record_table, memory, .. } = self;
        // What the scoring context reads and what is concluded are kept apart while both are at hand.
        let (profiles, terms, index) = standing.lend();
        let scoring = ScoringContext { record_table, profiles: &profiles, terms: &terms, weights, index: &index, settings };
        let events = name_clusters(scoring, &mut standing, memory, scope);
        let decided = decide(scoring, &standing, memory, &[&scope.clustered, &scope.bound], judged);
        let decisions = memory.changed_decisions(decided, &scope.vanished);
        let speakers = standing.speakers(scoring, scope, &decisions);
        let restated = refresh_reviews(scoring, &mut standing, memory, scope, &speakers, judgements);
        let (mut reviewed, mut others) = (restated.reviewed, scope.reassigned.clone());
        others.iter_mut().for_each(|others| others.extend(&restated.relations));
        reviewed.sort_by(|a, b| a.id.cmp(&b.id));
        let reconsidered = others.map(|others| {
            let stand = others.iter().filter(|profile| profiles.stands(**profile));
            let mut records: Vec<RecordNo> = stand.flat_map(|profile| profiles.members(*profile)).copied().collect();
            records.extend(&scope.vanished);
            records.extend(decisions.iter().map(|decision| decision.record));
            records.sort_unstable();
            records.dedup();
            records
        });
        standing.judgements = judgements.to_vec();
        (standing.profiles, standing.terms, standing.index) = (profiles, terms, index);
        self.standing = Some(standing);
        Linking { decisions, events, reconsidered, reviewed, ..Linking::default() }
    }

    /// Entities of an earlier run that were kept elsewhere; of the records `touched`, or of all.
    fn recall(&mut self, previous: &Previous, touched: Option<Vec<RecordNo>>) {
        self.memory.entities.resize(self.record_table.records.len(), None);
        self.memory.stated.resize(self.record_table.records.len(), 0);
        if !previous.is_empty() {
            let all = || (0..self.record_table.records.len() as RecordNo).collect();
            for record in touched.unwrap_or_else(all) {
                let entity = &mut self.memory.entities[record as usize];
                *entity = entity.or_else(|| previous.get(self.record_table.facts(record).reference));
            }
        }
    }

    /// Fits the weight table to the records of the record table.
    pub fn fit(&self) -> WeightTable {
        fit(&self.record_table, &self.settings, &self.weights)
    }

    /// How many true partners the keys find, and at what cost; see [`Blocking`].
    pub fn blocking(&self) -> Blocking {
        blocking(&self.record_table, &self.settings)
    }

    /// How well records are joined whose code is missing, by registry; see [`Covered`].
    pub fn covered(&self) -> Vec<Covered> {
        covered(&self.record_table, &self.settings, &self.weights)
    }

    /// Why the last run put a record where it did: features, levels, weights. Empty for one that stands alone.
    pub fn evidence(&self, decision: &Decision) -> Vec<Evidence> {
        let facts = self.record_table.facts(decision.record);
        let (Some(partner), Some(standing)) = (decision.partner, &self.standing) else {
            return evidence::of_code(facts, decision.method);
        };
        if decision.method == LinkMethod::Judgement {
            return Vec::new();
        }
        let members = |record: RecordNo| standing.profiles.members(standing.profiles.of_record[record as usize]);
        self.pair_evidence(standing, (members(decision.record), decision.record), (members(partner), partner))
    }

    fn pair_evidence(
        &self,
        standing: &LinkState,
        left: (&[RecordNo], RecordNo),
        right: (&[RecordNo], RecordNo),
    ) -> Vec<Evidence> {
        let pair = self.scoring(standing).compare_records(left.0, right.0);
        evidence::of_pair(&self.record_table, &self.weights, standing.terms.profiles, &pair, left.1, right.1)
    }

    /// Two records by themselves, and what joins them where it is not this pair: a code both bear, or a record that each of
    /// them is joined to. Evidence and log2 odds; None where one is unknown or nothing was linked yet.
    pub fn explain(&self, left: &RecordRef, right: &RecordRef) -> Option<(Vec<Evidence>, f32)> {
        let standing = self.standing.as_ref()?;
        let (a, b) = (self.record_table.find(reference_of(left))?, self.record_table.find(reference_of(right))?);
        let mut evidence = self.pair_evidence(standing, (&[a], a), (&[b], b));
        evidence.extend(self.beside_the_pair(standing, a, b, evidence.iter().map(|e| e.weight).sum()));
        let weight = evidence.iter().map(|e| e.weight).sum();
        Some((evidence, weight))
    }

    /// The code that makes two records one, or the path of joins from one to the other, whose weakest decides.
    fn beside_the_pair(&self, standing: &LinkState, a: RecordNo, b: RecordNo, sum: f32) -> Vec<Evidence> {
        let profiles = &standing.profiles;
        let of = |record: RecordNo| profiles.of_record[record as usize];
        if of(a) == NONE || of(b) == NONE {
            return Vec::new();
        }
        if of(a) == of(b) {
            let facts = [self.record_table.facts(a), self.record_table.facts(b)];
            let method = match profiles.get(of(a)).is_unidentified() {
                true if facts.iter().all(|f| f.organisation == 0) => LinkMethod::RegistrationNumber,
                _ if facts.iter().all(|f| f.has(BY_CREDIT_CODE)) => LinkMethod::CreditCode,
                _ => LinkMethod::OrganisationCode,
            };
            return evidence::of_code(facts[0], method);
        }
        let joined = |profile: ProfileNo| standing.joined.get(&profile).filter(|joined| joined.joined);
        let directly = |one: ProfileNo, other: ProfileNo| joined(one).is_some_and(|joined| joined.partner == Some(other));
        let together = standing.roots[of(a) as usize] == standing.roots[of(b) as usize];
        if !together || directly(of(a), of(b)) || directly(of(b), of(a)) {
            return Vec::new();
        }
        let steps: Vec<(ProfileNo, f32)> =
            [of(a), of(b)].into_iter().filter_map(|p| Some((joined(p)?.partner?, joined(p)?.lead))).collect();
        let weakest = steps.iter().map(|(_, lead)| *lead).fold(f32::INFINITY, f32::min);
        let name = |at: usize| {
            let (partner, _) = steps.get(at)?;
            let record = profiles.members(*partner)[0];
            Some(
                format!("{}:{}", self.settings.registry(self.record_table.facts(record).registry), self.record_table.key(record))
                    .into(),
            )
        };
        let weight = if weakest.is_finite() { weakest - sum } else { 0.0 };
        vec![Evidence { feature: "through".into(), level: "joined".into(), left: name(0), right: name(1), weight }]
    }
}

#[cfg(test)]
mod tests {
    use super::RowSet;

    #[test]
    fn rows_are_found_however_far_apart_their_ids_are() {
        for ids in [vec![], vec![3], vec![-70, 0, 1, 63, 64, 65, 200], vec![i64::MIN, 0, 5, i64::MAX]] {
            let set = RowSet::of(&ids);
            for id in (-300..300).chain([i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX]) {
                assert_eq!(set.contains(id), ids.contains(&id), "{id} of {ids:?}");
            }
        }
    }
}
