//! Runs the steps, and remembers the book and what it decided between runs.

use crate::model::linkage::{Evidence, Judgement, JudgementVerdict, LinkMethod, LinkRecord, RecordRef};

use super::block::block;
use super::book::{Book, RecordNo};
use super::cluster::{Spoken, cluster};
use super::compare::compare;
use super::conclude::{Conclusion, Ground, conclude};
use super::entity::{self, EntityKey};
use super::evidence;
use super::fit::fit;
use super::identify::{Profiles, identify, identify_but};
use super::outcome::{Decision, Linking, Previous, Statistics};
use super::score::{Bench, Scored, Scores, score};
use super::settings::Settings;
use super::terms::Terms;
use super::weights::{WeightTable, Weights};

/// All records known so far, how to link them, and what the last run decided.
#[derive(Debug, Clone)]
pub struct Linker {
    pub(super) settings: Settings,
    pub(super) weights: Weights,
    pub(super) book: Book,
    pub(super) memory: Memory,
    scored: Scored,
    /// The last run's profiles and counts: what evidence is read from.
    last: Option<(Profiles, Terms)>,
}

/// What earlier runs decided, by record number.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Memory {
    pub entities: Vec<Option<EntityKey>>,
    /// Fingerprint of the decision that was handed out; 0 for none.
    pub told: Vec<u64>,
}

impl Linker {
    pub fn new(settings: Settings, weights: Weights) -> Linker {
        Linker { settings, weights, book: Book::new(), memory: Memory::default(), scored: Scored::default(), last: None }
    }

    /// Adds records, or replaces those with the same registry, key and part.
    pub fn put(&mut self, records: &[LinkRecord]) {
        self.book.put(records, &self.settings);
    }

    /// Forgets a record; false where it is not known.
    pub fn remove(&mut self, record: &RecordRef) -> bool {
        self.book.remove(reference(record)).is_some()
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }
    pub fn weights(&self) -> &Weights {
        &self.weights
    }
    /// Records that stand.
    pub fn len(&self) -> usize {
        self.book.standing().count()
    }
    pub fn is_empty(&self) -> bool {
        self.book.standing().next().is_none()
    }
    pub fn record_ref(&self, record: RecordNo) -> RecordRef {
        self.book.record_ref(record, &self.settings)
    }
    /// Whether a valid code or registration number stands in the record.
    pub fn has_code(&self, record: RecordNo) -> bool {
        let facts = self.book.facts(record);
        facts.organisation != 0 || facts.registration != 0
    }
    /// Reference, store id and part of every record that stands.
    pub fn records(&self) -> impl Iterator<Item = (u64, i64, u16)> + '_ {
        self.book.standing().map(|record| self.book.facts(record)).map(|facts| (facts.reference, facts.store_id, facts.part))
    }
    /// Registry index, key and part of a record, without a copy.
    pub fn record_key(&self, record: RecordNo) -> (u16, &str, u16) {
        let facts = self.book.facts(record);
        (facts.registry, self.book.key(record), facts.part)
    }

    /// Links everything that stands in the book. `previous` tells the entities of an earlier run where the linker itself
    /// does not remember one. `judgements` are all that stand: a withdrawn one is simply no longer among them.
    pub fn link(&mut self, previous: &Previous, judgements: &[Judgement]) -> Linking {
        self.recall(previous);
        let profiles = self.profiles(judgements);
        let spoken = self.spoken(&profiles, judgements);
        let terms = Terms::count(&self.book, &profiles);
        let blocks = block(&self.book, &profiles, &self.settings);
        let bench = Bench { book: &self.book, profiles: &profiles, terms: &terms, weights: &self.weights };
        let Scores { edges, candidates, compared } = score(bench, &blocks, &mut self.scored);
        let mut clusters = cluster(&profiles, &blocks.loose, &edges, &spoken, &self.settings);
        let statistics = Statistics {
            records: 0,
            profiles: profiles.all.len(),
            loose: blocks.loose.len(),
            candidate_pairs: candidates,
            compared_pairs: compared,
            edges: edges.iter().map(Vec::len).sum(),
            entities: 0,
            keys: blocks.keys,
            dropped_keys: blocks.dropped,
        };
        let ground = Ground { bench, loose: &blocks.loose, edges: &edges, spoken: &spoken, judgements, settings: &self.settings };
        let Conclusion { linking, memory } = conclude(ground, &mut clusters, &self.memory, statistics);
        self.memory = memory;
        self.last = Some((profiles, terms));
        linking
    }

    /// Entities of an earlier run that were kept elsewhere.
    fn recall(&mut self, previous: &Previous) {
        self.memory.entities.resize(self.book.records.len(), None);
        self.memory.told.resize(self.book.records.len(), 0);
        if !previous.is_empty() {
            for (facts, entity) in self.book.records.iter().zip(&mut self.memory.entities) {
                *entity = entity.or_else(|| previous.get(facts.reference));
            }
        }
    }

    /// Profiles by code; a record that a person told apart from its code's other records stands alone.
    fn profiles(&self, judgements: &[Judgement]) -> Profiles {
        let profiles = identify(&self.book);
        let severed: Vec<RecordNo> = self
            .pairs(judgements, JudgementVerdict::Different)
            .filter(|(a, b)| profiles.of_record[*a as usize] == profiles.of_record[*b as usize])
            .map(|(a, b)| {
                let rank = |r: RecordNo| (self.book.facts(r).registry, self.book.facts(r).reference);
                if rank(a) > rank(b) { a } else { b }
            })
            .collect();
        if severed.is_empty() { profiles } else { identify_but(&self.book, |record| severed.contains(&record)) }
    }

    fn spoken(&self, profiles: &Profiles, judgements: &[Judgement]) -> Spoken {
        let of = |(a, b): (RecordNo, RecordNo)| (profiles.of_record[a as usize], profiles.of_record[b as usize]);
        Spoken {
            same: self.pairs(judgements, JudgementVerdict::Same).map(of).filter(|(a, b)| a != b).collect(),
            different: self.pairs(judgements, JudgementVerdict::Different).map(of).filter(|(a, b)| a != b).collect(),
        }
    }

    /// Pairs of standing records with that verdict, in the order of their ids.
    fn pairs(&self, judgements: &[Judgement], verdict: JudgementVerdict) -> impl Iterator<Item = (RecordNo, RecordNo)> + '_ {
        let mut ordered: Vec<&Judgement> = judgements.iter().filter(|j| j.verdict == verdict).collect();
        ordered.sort_by(|a, b| a.id.cmp(&b.id));
        let find = |record: &RecordRef| self.book.find(reference(record)).filter(|r| !self.book.facts(*r).is_gone());
        let pairs: Vec<_> = ordered.into_iter().filter_map(|j| Some((find(&j.left)?, find(&j.right)?))).collect();
        pairs.into_iter()
    }

    /// Fits the weight table to the records of the book.
    pub fn fit(&self) -> WeightTable {
        fit(&self.book, &self.settings, &self.weights)
    }

    /// Why the last run put a record where it did: features, levels, weights. Empty for one that stands alone.
    pub fn evidence(&self, decision: &Decision) -> Vec<Evidence> {
        let facts = self.book.facts(decision.record);
        let (Some(partner), Some((profiles, terms))) = (decision.partner, &self.last) else {
            return evidence::of_code(facts, decision.method);
        };
        if decision.method == LinkMethod::Judgement {
            return Vec::new();
        }
        let members = |record: RecordNo| profiles.members(profiles.of_record[record as usize]);
        let pair = compare(&self.book, terms, &self.weights, members(decision.record), members(partner));
        evidence::of_pair(&self.book, &self.weights, terms.profiles, &pair, decision.record, partner)
    }

    /// Two records by themselves, whatever clusters they are in: evidence and log2 odds. None where one is unknown or
    /// nothing was linked yet.
    pub fn explain(&self, left: &RecordRef, right: &RecordRef) -> Option<(Vec<Evidence>, f32)> {
        let (_, terms) = self.last.as_ref()?;
        let (a, b) = (self.book.find(reference(left))?, self.book.find(reference(right))?);
        let pair = compare(&self.book, terms, &self.weights, &[a], &[b]);
        let evidence = evidence::of_pair(&self.book, &self.weights, terms.profiles, &pair, a, b);
        let weight = evidence.iter().map(|e| e.weight).sum();
        Some((evidence, weight))
    }
}

pub(super) fn reference(record: &RecordRef) -> u64 {
    entity::reference(&record.registry, &record.key, record.part)
}
