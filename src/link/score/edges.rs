//! Edges: candidate pairs that are not hopeless, with their weight.
//!
//! They are kept between runs. A pair is compared again only where one of its sides has changed, or how common a value
//! of theirs is; so a run after a small change compares little, and ends where a full one would.
//!
//! A branch that was written with its parent's code may only join what bears its own name, give or take a slip.

use rayon::prelude::*;

use crate::link::block::index::Index;
use crate::link::block::keys::{BlockKey, block_limit, is_blocking, keys};
use crate::link::codec::{KeepAll, Reader, Writer};
use crate::link::compare::caution::caution;
use crate::link::compare::frequencies::ValueFrequencies;
use crate::link::compare::levels::Caution;
use crate::link::compare::levels::{CodeLevel, Comparison, RegistrationLevel};
use crate::link::compare::weights::Weights;
use crate::link::compare::{compare, compare_unless};
use crate::link::group::bearers::Doubt;
use crate::link::group::profiles::{NONE, Profile, ProfileNo, Profiles};
use crate::link::records::{RecordNo, RecordTable};
use crate::link::score::packed_lists::PackedLists;
use crate::link::settings::LinkSettings;

/// What speaks for an unidentified profile's being one enterprise with another.
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct ScoredPair {
    /// The other profile.
    pub right: ProfileNo,
    /// log2 odds.
    pub weight: f32,
    /// Hash of what was compared and how far it agreed: two comparisons can weigh the same and say something else.
    pub said: u32,
}

/// So many of an unidentified profile's best scored pairs take part in clustering.
pub(in crate::link) const BEST: usize = 8;
/// Pairs whose data is brought near together: few enough to stay there.
const AT_A_TIME: usize = 64;
/// Lighter scored pairs decide nothing.
const LIGHTEST: f32 = -9.0;

/// Everything scoring reads.
#[derive(Clone, Copy)]
pub struct ScoringContext<'a> {
    /// All records.
    pub record_table: &'a RecordTable,
    /// Who stands for which records.
    pub profiles: &'a Profiles,
    /// How common values are.
    pub terms: &'a ValueFrequencies,
    /// What levels are worth.
    pub weights: &'a Weights,
    /// Who shares a key with whom.
    pub index: &'a Index,
    /// How sure is sure.
    pub settings: &'a LinkSettings,
}

impl ScoringContext<'_> {
    /// How far two profiles agree, feature by feature.
    pub fn compare(&self, left: ProfileNo, right: ProfileNo) -> Comparison {
        self.compare_members((self.profiles.members(left), Some(left)), (self.profiles.members(right), Some(right)))
    }
    /// The same of some records of two profiles.
    pub fn compare_records(&self, left: &[RecordNo], right: &[RecordNo]) -> Comparison {
        let profile = |records: &[RecordNo]| records.first().map(|r| self.profiles.of_record[*r as usize]).filter(|p| *p != NONE);
        self.compare_members((left, profile(left)), (right, profile(right)))
    }
    fn compare_members(
        &self,
        (left, of_left): (&[RecordNo], Option<ProfileNo>),
        (right, of_right): (&[RecordNo], Option<ProfileNo>),
    ) -> Comparison {
        let pair = compare(self.record_table, self.terms, self.weights, left, right);
        match (of_left, of_right) {
            (Some(left), Some(right)) => self.with_profiles(pair, left, right),
            _ => pair,
        }
    }
    /// What the two profiles say of it beside their records.
    fn with_profiles(&self, mut pair: Comparison, left: ProfileNo, right: ProfileNo) -> Comparison {
        let (a, b) = (self.profiles.get(left), self.profiles.get(right));
        // A code of its own: a unit by itself, or not, and nobody has said.
        if pair.establishment && a.organisation != 0 && b.organisation != 0 && left != right {
            pair.caution = Caution::Unit;
        }
        // A registration number dragged over many rows proves nothing of any.
        let dragged = |one: &Profile| one.doubt() == Doubt::Dragged && one.claim == 0;
        if pair.registration == RegistrationLevel::Same && (dragged(a) || dragged(b)) {
            pair.registration = RegistrationLevel::Absent;
            pair.caution = caution(&pair, self.record_table.name(pair.names.0), self.record_table.name(pair.names.1));
        }
        // Whose code it is nobody has to guess; another firm's name would have to say so.
        let of_another = |one: &Profile, other: &Profile| {
            let codes = one.claim != 0 && other.organisation != 0 && one.claim != other.organisation;
            codes && one.doubt() != Doubt::Dragged
        };
        if pair.name.is_of_another() && (of_another(a, b) || of_another(b, a)) {
            pair.caution = Caution::OtherCode;
        }
        // All that is beside the code says no; it is the firm's own only if nobody else's.
        for (one, _) in [(a, b), (b, a)].into_iter().filter(|(one, other)| one.claim != 0 && one.claim == other.organisation) {
            match one.doubt() {
                // The name is another unit's or another city's: whose code it is does not say which of the two is wrong.
                Doubt::Silent if matches!(pair.caution, Caution::Unit | Caution::Place) => pair.caution = Caution::Dragged,
                Doubt::Silent => pair.caution = Caution::Unsaid,
                Doubt::Contradicted => pair.caution = Caution::Claim,
                Doubt::Dragged => pair.caution = Caution::Dragged,
                Doubt::Slip => pair.code = CodeLevel::OneSlip,
            }
        }
        pair
    }
    /// log2 odds that the two are one enterprise.
    pub fn weight(&self, pair: &Comparison) -> f32 {
        self.weights.odds(pair, self.terms.profiles)
    }
    /// Profiles that share a telling key with `left`, put into `out`.
    pub fn candidates(&self, left: ProfileNo, scratch: &mut Vec<BlockKey>, out: &mut Vec<ProfileNo>) {
        self.index.candidates(self.record_table, self.profiles, self.settings, left, scratch, out);
    }

    /// The scored pair between an unidentified profile and a candidate; None where nothing may join them, or too little does.
    pub fn scored_pair(&self, left: ProfileNo, right: ProfileNo) -> Option<ScoredPair> {
        if self.profiles.barred(left, right) {
            return None;
        }
        let claims = self.profiles.get(left).claim != 0 || self.profiles.get(right).claim != 0;
        let is_hopeless = |pair: &Comparison| !claims && self.weights.at_most(pair, self.terms.profiles) < LIGHTEST;
        let (here, there) = (self.profiles.members(left), self.profiles.members(right));
        let Some(pair) = compare_unless(self.record_table, self.terms, self.weights, here, there, is_hopeless) else {
            debug_assert!(self.weight(&self.compare(left, right)) < LIGHTEST, "a pair that was given up would have counted");
            return None;
        };
        let pair = self.with_profiles(pair, left, right);
        let stray = self.profiles.get(left).parent != 0;
        let weight = self.weight(&pair);
        let said = pair.said();
        (weight >= LIGHTEST && (!stray || pair.name.is_near())).then_some(ScoredPair { right, weight, said })
    }

    /// Reads what comparing with these profiles begins with, step by step for all of them: their data lie anywhere in
    /// memory, and readings that do not wait for each other cost little more than one.
    fn bring_near(&self, rights: impl Iterator<Item = ProfileNo> + Clone) {
        let table = self.record_table;
        let members = |right: ProfileNo| self.profiles.members(right).iter().copied();
        let facts = || rights.clone().flat_map(members).map(|record| table.facts(record));
        let near = |read: &mut dyn Iterator<Item = u64>| {
            std::hint::black_box(read.fold(0, std::ops::BitXor::bitxor));
        };
        near(&mut rights.clone().map(|right| self.profiles.get(right).organisation));
        near(&mut rights.clone().filter_map(|right| members(right).next()).map(u64::from));
        // A row lies in two lines of the cache.
        near(&mut facts().map(|facts| facts.reference ^ u64::from(facts.flags)));
        near(&mut facts().map(|facts| table.name_entry(facts.name).stem));
        near(&mut facts().map(|facts| u64::from(table.address(facts.address).whole)));
        near(&mut facts().map(|facts| u64::from(table.name(facts.name).glyphs.first().copied().unwrap_or(0))));
    }

    /// Heaviest first; nothing depends on the order of arrival.
    fn order(&self, scored_pairs: &mut [ScoredPair]) {
        let anchor = |scored_pair: &ScoredPair| self.profiles.get(scored_pair.right).anchor();
        scored_pairs.sort_unstable_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| anchor(a).cmp(&anchor(b))));
    }
}

/// The scored pairs of all unidentified profiles.
#[derive(Debug, Clone, Default)]
pub struct ScoredPairs {
    /// Heaviest first.
    of: PackedLists<ScoredPair>,
    /// Loose profiles that have a scored pair to this one, in order.
    to: PackedLists<ProfileNo>,
}

/// What scoring did.
#[derive(Debug, Default)]
pub struct Scored {
    /// Pairs that share a key.
    pub candidates: usize,
    /// Pairs that were compared.
    pub compared: usize,
    /// Profiles whose best scored pairs changed, and the other ends of the scored pairs that did.
    pub moved: Vec<ProfileNo>,
}

impl ScoredPairs {
    /// All scored pairs of an unidentified profile.
    pub fn all(&self, left: ProfileNo) -> &[ScoredPair] {
        self.of.get(left)
    }
    /// The scored pairs that count, heaviest first.
    pub fn best(&self, left: ProfileNo) -> &[ScoredPair] {
        let all = self.all(left);
        &all[..all.len().min(BEST)]
    }
    /// Unidentified profiles that have a scored pair to this one.
    pub fn to(&self, right: ProfileNo) -> &[ProfileNo] {
        self.to.get(right)
    }
    /// How many scored pairs there are.
    pub fn len(&self) -> usize {
        self.of.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// Compares every candidate pair of these unidentified profiles, in order, before any other was compared.
    pub fn of_all(scoring: ScoringContext<'_>, unidentified: &[ProfileNo]) -> (ScoredPairs, Scored) {
        let scored = scored(scoring, unidentified);
        let candidates = scored.iter().map(|(_, candidates)| candidates).sum();
        let lists = unidentified.iter().zip(&scored).map(|(left, (scored_pairs, _))| (*left, scored_pairs));
        let of = PackedLists::of(lists).expect("fewer scored pairs than four thousand million");
        drop(scored);
        let to = PackedLists::turned(&of, |scored_pair| scored_pair.right);
        (ScoredPairs { of, to }, Scored { candidates, compared: candidates, moved: Vec::new() })
    }

    /// Compares every candidate pair of the unidentified profiles given, whose scored pairs so far are forgotten.
    pub fn score(&mut self, scoring: ScoringContext<'_>, unidentified: &[ProfileNo]) -> Scored {
        let scored = scored(scoring, unidentified);
        let mut done = Scored::default();
        for (left, (scored_pairs, candidates)) in unidentified.iter().zip(scored) {
            done.candidates += candidates;
            done.compared += candidates;
            if *scored_pairs != *self.all(*left) {
                self.set(*left, scored_pairs.into_vec(), scoring.settings.review_from, &mut done.moved);
            }
        }
        done
    }

    /// Scored pairs that were weighed elsewhere, heaviest first, by ascending profiles. None where there are more than a `u32` counts.
    pub fn of_lists(lists: impl Iterator<Item = (ProfileNo, Vec<ScoredPair>)>) -> Option<ScoredPairs> {
        let of = PackedLists::of(lists)?;
        let to = PackedLists::turned(&of, |scored_pair| scored_pair.right);
        Some(ScoredPairs { of, to })
    }

    /// Puts new scored pairs in the place of the old ones; notes for whom those that count, or that a person should see, are
    /// others now.
    fn set(&mut self, left: ProfileNo, scored_pairs: Vec<ScoredPair>, review_from: f32, moved: &mut Vec<ProfileNo>) {
        let heeded = |scored_pairs: &[ScoredPair]| {
            let seen = scored_pairs.partition_point(|pair| pair.weight >= review_from);
            scored_pairs[..scored_pairs.len().min(BEST.max(seen))].to_vec()
        };
        let (old, new) = (heeded(self.all(left)), heeded(&scored_pairs));
        if old != new {
            moved.push(left);
            let differ = old
                .iter()
                .filter(|scored_pair| !new.contains(scored_pair))
                .chain(new.iter().filter(|scored_pair| !old.contains(scored_pair)));
            moved.extend(differ.map(|scored_pair| scored_pair.right));
        }
        let before = self.of.get(left);
        let gone = before.iter().filter(|was| !scored_pairs.iter().any(|kept| kept.right == was.right));
        for right in gone.map(|scored_pair| scored_pair.right) {
            let lefts = self.to.change(right);
            if let Ok(at) = lefts.binary_search(&left) {
                lefts.remove(at);
            }
        }
        for scored_pair in &scored_pairs {
            if let Err(at) = self.to.get(scored_pair.right).binary_search(&left) {
                self.to.change(scored_pair.right).insert(at, left);
            }
        }
        self.of.set(left, scored_pairs);
    }

    /// Follows a change. `removed` and `added` are the profiles that went and came; `touched` those for which a count
    /// changed, `branded` those of them whose 字号 it counts; `flipped` the keys that say something now and did not before, or the other way round.
    pub fn rescore(&mut self, scoring: ScoringContext<'_>, change: &Rescoring<'_>) -> Scored {
        let mut done = Scored::default();
        for left in change.removed {
            self.set(*left, Vec::new(), scoring.settings.review_from, &mut done.moved);
        }
        let is_unidentified = |p: &ProfileNo| scoring.profiles.stands(*p) && scoring.profiles.get(*p).is_unidentified();
        let mut whole: Vec<ProfileNo> = change.added.iter().chain(change.touched).copied().filter(is_unidentified).collect();
        for key in change.flipped {
            scoring.index.for_each_in_block(*key, |profile| {
                whole.extend(Some(profile).filter(is_unidentified));
                true
            });
        }
        distinct(&mut whole);
        let mut rights: Vec<ProfileNo> = [change.removed, change.added, change.branded].concat();
        distinct(&mut rights);
        let is_whole = |left: &ProfileNo| whole.binary_search(left).is_ok();
        // Pairs of unidentified profiles with one of `rights` that share a key now.
        let pairs = sharing(scoring, &rights, |left| scoring.profiles.get(left).is_unidentified() && !is_whole(&left));
        done.compared += pairs.len();
        let met: Vec<(ProfileNo, Option<ScoredPair>)> = pairs
            .par_chunks(AT_A_TIME)
            .flat_map_iter(|pairs| {
                scoring.bring_near(pairs.iter().map(|(_, right)| *right));
                pairs.iter().map(|(left, right)| (*left, scoring.scored_pair(*left, *right)))
            })
            .collect();
        // Who shared one before and no longer does loses the scored pair only.
        let mut lefts: Vec<ProfileNo> = rights.iter().flat_map(|right| self.to(*right)).copied().collect();
        lefts.retain(|left| !is_whole(left));
        lefts.extend(met.iter().filter(|(_, scored_pair)| scored_pair.is_some()).map(|(left, _)| *left));
        distinct(&mut lefts);
        let mut met = met.as_slice();
        for left in lefts {
            met = &met[met.partition_point(|(other, _)| *other < left)..];
            let old = self.all(left);
            let mut scored_pairs: Vec<ScoredPair> =
                old.iter().copied().filter(|b| rights.binary_search(&b.right).is_err()).collect();
            scored_pairs.extend(met.iter().take_while(|(other, _)| *other == left).filter_map(|(_, scored_pair)| *scored_pair));
            scoring.order(&mut scored_pairs);
            if scored_pairs.as_slice() != old {
                self.set(left, scored_pairs, scoring.settings.review_from, &mut done.moved);
            }
        }
        let again = self.score(scoring, &whole);
        done.candidates = done.compared + again.candidates;
        done.compared += again.compared;
        done.moved.extend(again.moved);
        done
    }
}

/// The scored pairs of each of these profiles, heaviest first, and how many candidates it had.
fn scored(scoring: ScoringContext<'_>, unidentified: &[ProfileNo]) -> Vec<(Box<[ScoredPair]>, usize)> {
    let with = |(scratch, candidates, found): &mut (Vec<BlockKey>, Vec<ProfileNo>, Vec<ScoredPair>), left: &ProfileNo| {
        scoring.candidates(*left, scratch, candidates);
        scoring.bring_near(candidates.iter().copied());
        found.clear();
        found.extend(candidates.iter().filter_map(|right| scoring.scored_pair(*left, *right)));
        scoring.order(found);
        (found.as_slice().into(), candidates.len())
    };
    unidentified.par_iter().map_init(Default::default, with).collect()
}

/// What [`ScoredPairs::rescore`] follows.
pub struct Rescoring<'a> {
    /// Profiles that no longer stand.
    pub removed: &'a [ProfileNo],
    /// New profiles.
    pub added: &'a [ProfileNo],
    /// Profiles of which a count changed.
    pub touched: &'a [ProfileNo],
    /// Those of them whose 字号 the count is of.
    pub branded: &'a [ProfileNo],
    /// Keys that say something now and did not before, or the other way round.
    pub flipped: &'a [BlockKey],
}

/// Pairs of a profile that `wanted` lets through with one of `rights` (in order) among its candidates; in order, each once.
///
/// The keys of all are gone through in their order: they share many, and the index is far larger than a processor's cache.
fn sharing(
    scoring: ScoringContext<'_>,
    rights: &[ProfileNo],
    wanted: impl Fn(ProfileNo) -> bool + Sync,
) -> Vec<(ProfileNo, ProfileNo)> {
    let offered = |chunk: &[ProfileNo]| -> Vec<(BlockKey, ProfileNo)> {
        let (mut found, mut offered) = (Vec::new(), Vec::with_capacity(chunk.len() * 48));
        for right in chunk.iter().filter(|right| scoring.profiles.stands(**right)) {
            keys(scoring.record_table, scoring.profiles, *right, &mut found);
            offered.extend(found.iter().filter(|key| is_blocking(**key)).map(|key| (*key, *right)));
        }
        offered
    };
    let mut offers: Vec<(BlockKey, ProfileNo)> = rights.par_chunks(1 << 10).map(offered).collect::<Vec<_>>().concat();
    offers.par_sort_unstable();
    let of_keys = |chunk: &[&[(BlockKey, ProfileNo)]]| -> Vec<(ProfileNo, ProfileNo)> {
        let (mut for_each_in_block, mut pairs) = (Vec::new(), Vec::new());
        for offers in chunk {
            let key = offers[0].0;
            for_each_in_block.clear();
            scoring.index.at_most(key, block_limit(key, scoring.settings), &mut for_each_in_block);
            for_each_in_block.retain(|left| wanted(*left));
            for left in &for_each_in_block {
                pairs.extend(offers.iter().filter(|(_, right)| right != left).map(|(_, right)| (*left, *right)));
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    };
    let by_key: Vec<&[(BlockKey, ProfileNo)]> = offers.chunk_by(|a, b| a.0 == b.0).collect();
    let mut pairs = by_key.par_chunks(1 << 10).map(of_keys).collect::<Vec<_>>().concat();
    pairs.par_sort_unstable();
    pairs.dedup();
    pairs
}

fn distinct(profiles: &mut Vec<ProfileNo>) {
    profiles.sort_unstable();
    profiles.dedup();
}

impl KeepAll for ScoredPairs {
    fn write(&self, to: &mut Writer<'_>) -> std::io::Result<()> {
        self.of.write(to)?;
        self.to.write(to)
    }
    fn read(from: &mut Reader) -> Option<ScoredPairs> {
        Some(ScoredPairs { of: PackedLists::read(from)?, to: PackedLists::read(from)? })
    }
}
