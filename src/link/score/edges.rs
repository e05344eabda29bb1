//! Edges: candidate pairs that are not hopeless, with their weight.
//!
//! They are kept between runs. A pair is compared again only where one of its sides has changed, or how common a value
//! of theirs is; so a run after a small change compares little, and ends where a full one would.
//!
//! A branch that was written with its parent's code may only join what bears its own name, give or take a slip.

use rayon::prelude::*;

use crate::link::block::index::Index;
use crate::link::block::keys::{BlockKey, block_limit, is_blocking, keys};
use crate::link::codec::{KeepAll, Reader, Writer, kept};
use crate::link::compare::caution::caution;
use crate::link::compare::compare;
use crate::link::compare::frequencies::ValueFrequencies;
use crate::link::compare::levels::Caution;
use crate::link::compare::levels::{CodeLevel, Comparison, RegistrationLevel};
use crate::link::compare::weights::Weights;
use crate::link::group::bearers::Doubt;
use crate::link::group::profiles::{NONE, Profile, ProfileNo, Profiles};
use crate::link::number_map::NumberMap;
use crate::link::records::{RecordNo, RecordTable};
use crate::link::settings::LinkSettings;

/// What speaks for an unidentified profile's being one enterprise with another.
#[derive(Debug, Clone, Copy, PartialEq)]
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
        self.compare_records(self.profiles.members(left), self.profiles.members(right))
    }
    /// The same of some records of two profiles.
    pub fn compare_records(&self, left: &[RecordNo], right: &[RecordNo]) -> Comparison {
        let mut pair = compare(self.record_table, self.terms, self.weights, left, right);
        let profile = |records: &[RecordNo]| records.first().map(|r| self.profiles.of_record[*r as usize]).filter(|p| *p != NONE);
        if let (Some(left), Some(right)) = (profile(left), profile(right)) {
            let (a, b) = (self.profiles.get(left), self.profiles.get(right));
            // A code of its own: a unit by itself, or not, and nobody has said.
            if pair.establishment && a.organisation != 0 && b.organisation != 0 && left != right {
                pair.caution = Caution::Unit;
            }
            // A registration number dragged over many rows proves nothing of any.
            let dragged = |one: &Profile| one.doubt == Doubt::Dragged && one.claim == 0;
            if pair.registration == RegistrationLevel::Same && (dragged(a) || dragged(b)) {
                pair.registration = RegistrationLevel::Absent;
                pair.caution = caution(&pair, self.record_table.name(pair.names.0), self.record_table.name(pair.names.1));
            }
            // Whose code it is nobody has to guess; another firm's name would have to say so.
            let of_another = |one: &Profile, other: &Profile| {
                let codes = one.claim != 0 && other.organisation != 0 && one.claim != other.organisation;
                codes && one.doubt != Doubt::Dragged
            };
            if pair.name.is_of_another() && (of_another(a, b) || of_another(b, a)) {
                pair.caution = Caution::OtherCode;
            }
            // All that is beside the code says no; it is the firm's own only if nobody else's.
            for (one, _) in [(a, b), (b, a)].into_iter().filter(|(one, other)| one.claim != 0 && one.claim == other.organisation)
            {
                match one.doubt {
                    // The name is another unit's or another city's: whose code it is does not say which of the two is wrong.
                    Doubt::Silent if matches!(pair.caution, Caution::Unit | Caution::Place) => pair.caution = Caution::Dragged,
                    Doubt::Silent => pair.caution = Caution::Unsaid,
                    Doubt::Contradicted => pair.caution = Caution::Claim,
                    Doubt::Dragged => pair.caution = Caution::Dragged,
                    Doubt::Slip => pair.code = CodeLevel::OneSlip,
                }
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
        let pair = self.compare(left, right);
        let stray = self.profiles.get(left).parent != 0;
        let weight = self.weight(&pair);
        let said = pair.said();
        (weight >= LIGHTEST && (!stray || pair.name.is_near())).then_some(ScoredPair { right, weight, said })
    }

    /// Reads what comparing with these profiles begins with, step by step for all of them: their data lie anywhere in
    /// memory, and readings that do not wait for each other cost little more than one.
    fn bring_near(&self, rights: impl Iterator<Item = ProfileNo> + Clone) {
        let first = |right: ProfileNo| self.profiles.members(right).first().copied();
        let facts = rights.clone().filter_map(first).map(|record| self.record_table.facts(record));
        std::hint::black_box(rights.map(|right| self.profiles.get(right).organisation).fold(0, std::ops::BitXor::bitxor));
        std::hint::black_box(facts.clone().map(|facts| facts.name).fold(0, std::ops::BitXor::bitxor));
        std::hint::black_box(facts.clone().map(|f| self.record_table.name_entry(f.name).stem).fold(0, std::ops::BitXor::bitxor));
        let glyph = |name| self.record_table.name(name).glyphs.first().copied().unwrap_or(0);
        std::hint::black_box(facts.map(|facts| glyph(facts.name)).fold(0, std::ops::BitXor::bitxor));
    }

    /// Heaviest first; nothing depends on the order of arrival.
    fn order(&self, scored_pairs: &mut [ScoredPair]) {
        let anchor = |scored_pair: &ScoredPair| self.profiles.get(scored_pair.right).anchor;
        scored_pairs.sort_unstable_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| anchor(a).cmp(&anchor(b))));
    }
}

/// The scored pairs of all unidentified profiles.
#[derive(Debug, Clone, Default)]
pub struct ScoredPairs {
    /// Heaviest first.
    of: NumberMap<ProfileNo, Box<[ScoredPair]>>,
    /// Loose profiles that have a scored pair to this one.
    to: NumberMap<ProfileNo, Vec<ProfileNo>>,
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
        self.of.get(&left).map_or(&[], |scored_pairs| scored_pairs)
    }
    /// The scored pairs that count, heaviest first.
    pub fn best(&self, left: ProfileNo) -> &[ScoredPair] {
        let all = self.all(left);
        &all[..all.len().min(BEST)]
    }
    /// Unidentified profiles that have a scored pair to this one.
    pub fn to(&self, right: ProfileNo) -> &[ProfileNo] {
        self.to.get(&right).map_or(&[], Vec::as_slice)
    }
    /// How many scored pairs there are.
    pub fn len(&self) -> usize {
        self.of.values().map(|scored_pairs| scored_pairs.len()).sum()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// Compares every candidate pair of the unidentified profiles given, whose scored pairs so far are forgotten.
    pub fn score(&mut self, scoring: ScoringContext<'_>, unidentified: &[ProfileNo]) -> Scored {
        let scored: Vec<(Vec<ScoredPair>, usize)> = unidentified
            .par_iter()
            .map_init(
                || (Vec::new(), Vec::new()),
                |(scratch, candidates), left| {
                    scoring.candidates(*left, scratch, candidates);
                    scoring.bring_near(candidates.iter().copied());
                    let mut scored_pairs: Vec<ScoredPair> =
                        candidates.iter().filter_map(|right| scoring.scored_pair(*left, *right)).collect();
                    scoring.order(&mut scored_pairs);
                    (scored_pairs, candidates.len())
                },
            )
            .collect();
        let mut done = Scored::default();
        for (left, (scored_pairs, candidates)) in unidentified.iter().zip(scored) {
            done.candidates += candidates;
            done.compared += candidates;
            self.set(*left, scored_pairs, scoring.settings.review_from, &mut done.moved);
        }
        done
    }

    /// Scored pairs that were weighed elsewhere, heaviest first, of a profile that has none yet.
    pub fn insert(&mut self, left: ProfileNo, scored_pairs: Vec<ScoredPair>) {
        for scored_pair in &scored_pairs {
            self.to.entry(scored_pair.right).or_default().push(left);
        }
        self.of.insert(left, scored_pairs.into());
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
        for scored_pair in self.of.remove(&left).unwrap_or_default() {
            if !scored_pairs.iter().any(|kept| kept.right == scored_pair.right)
                && let Some(lefts) = self.to.get_mut(&scored_pair.right)
                && let Some(at) = lefts.iter().position(|known| *known == left)
            {
                lefts.swap_remove(at);
                if lefts.is_empty() {
                    self.to.remove(&scored_pair.right);
                }
            }
        }
        for scored_pair in &scored_pairs {
            let lefts = self.to.entry(scored_pair.right).or_default();
            if !lefts.contains(&left) {
                lefts.push(left);
            }
        }
        if !scored_pairs.is_empty() {
            self.of.insert(left, scored_pairs.into());
        }
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

kept!(ScoredPair { right, weight, said });

impl KeepAll for ScoredPairs {
    fn write(&self, to: &mut Writer<'_>) -> std::io::Result<()> {
        to.map(&self.of)
    }
    fn read(from: &mut Reader<'_>) -> Option<ScoredPairs> {
        let of: NumberMap<ProfileNo, Box<[ScoredPair]>> = from.map()?;
        let mut to: NumberMap<ProfileNo, Vec<ProfileNo>> = NumberMap::default();
        for (left, scored_pairs) in &of {
            scored_pairs.iter().for_each(|scored_pair| to.entry(scored_pair.right).or_default().push(*left));
        }
        Some(ScoredPairs { of, to })
    }
}
