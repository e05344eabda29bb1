//! What a change touches: from records that came, went or are others now, to the clusters to be made anew.

use hashbrown::HashSet;
use rayon::prelude::*;

use super::block::index::Index;
use super::block::keys::{BlockKey, BlockKeyKind, block_limit, is_blocking, key, keys, lookup_key_of};
use super::cluster::judgements::judged_pairs;
use super::cluster::{ClusteringInput, JudgedPairs, cluster};
use super::compare::frequencies::{CountedValue, ValueFrequencies, rounded_population};
use super::compare::weights::Weights;
use super::entity_key::reference_of;
use super::group::profiles::{CannotLinks, Changed, ProfileNo, Profiles, identify};
use super::outcome::Decision;
use super::records::{RecordNo, RecordRow, RecordTable};
use super::resolve::decisions::ResolveScope;
use super::score::edges::{Rescoring, Scored, ScoredPairs, ScoringContext};
use super::settings::LinkSettings;
use super::state::LinkState;
use crate::model::linkage::{Judgement, RecordRef};

/// A larger share of the records than one in so many: everything is done anew, which then is quicker.
const WORTHWHILE: usize = 4;

/// Everything up to the scored pairs, from nothing.
pub fn begin(
    record_table: &RecordTable,
    settings: &LinkSettings,
    weights: &Weights,
    cannot_links: &CannotLinks,
) -> (LinkState, Scored) {
    let profiles = identify(record_table, cannot_links);
    let terms = ValueFrequencies::count(record_table, &profiles);
    let index = Index::of(record_table, &profiles);
    let scoring = ScoringContext { record_table, profiles: &profiles, terms: &terms, weights, index: &index, settings };
    let unidentified: Vec<ProfileNo> = profiles.standing().filter(|p| profiles.get(*p).is_unidentified()).collect();
    let (scored_pairs, scored) = ScoredPairs::of_all(scoring, &unidentified);
    let mut standing = LinkState { profiles, terms, index, scored_pairs, ..LinkState::default() };
    for profile in unidentified {
        standing.count_name(record_table, profile, true);
    }
    (standing, scored)
}

/// Follows changed records and judgements. None where so much has changed that all must be done anew.
pub fn follow(
    record_table: &mut RecordTable,
    settings: &LinkSettings,
    weights: &Weights,
    mut standing: LinkState,
    before: &[(RecordNo, RecordRow)],
    judgements: &[Judgement],
    cannot_links: &CannotLinks,
) -> Option<(LinkState, JudgedPairs, ResolveScope, Scored)> {
    if before.len() > record_table.records.len() / WORTHWHILE + 64 {
        return None;
    }
    let rejudged = newly_judged(record_table, before, &standing.judgements, judgements);
    standing.terms.grow(record_table);
    let index = &standing.index;
    let behind = |key: BlockKey| {
        let mut found = Vec::new();
        index.for_each_in_block(key, |profile| {
            found.push(profile);
            true
        });
        found
    };
    let seated = |stem: u64| behind(key(BlockKeyKind::Seat, stem));
    let called = |title: u64| behind(key(BlockKeyKind::Body, title));
    let affected = standing.profiles.affected(record_table, before, &rejudged, seated, called);
    let leaving = standing.profiles.of_groups(&affected);
    record_table.swap_previous();
    let old = Traits::of(record_table, &standing, &leaving);
    leaving.iter().for_each(|profile| standing.count_name(record_table, *profile, false));
    record_table.swap_previous();
    let Changed { removed, added } = standing.profiles.regroup(record_table, cannot_links, &affected);
    if rounded_population(standing.profiles.count()) != standing.terms.profiles {
        return None;
    }
    added.iter().for_each(|profile| standing.count_name(record_table, *profile, true));
    let new = Traits::of(record_table, &standing, &added);
    let priors = standing.terms.priors().to_vec();
    let counts = standing.terms.shift(&old.values, &new.values);
    if standing.terms.priors() != priors {
        return None;
    }
    standing.index.change(record_table, &standing.profiles, &removed, &added);
    let flipped = flipped(&standing.index, settings, &old.keys, &new.keys);
    let touched = bearers(&standing.index, counts.iter());
    // A phone or an address counts where both sides have it; of a 字号 it is the other side's that counts.
    let branded = bearers(&standing.index, counts.iter().filter(|value| matches!(value, CountedValue::Brand(_))));

    let (profiles, terms, index) = standing.lend();
    let scoring = ScoringContext { record_table, profiles: &profiles, terms: &terms, weights, index: &index, settings };
    let change = Rescoring { removed: &removed, added: &added, touched: &touched, branded: &branded, flipped: &flipped };
    let scored = standing.scored_pairs.rescore(scoring, &change);
    (standing.profiles, standing.terms, standing.index) = (profiles, terms, index);

    let judged = judged_pairs(record_table, &standing.profiles, judgements);
    let mut seeds = [added.as_slice(), &scored.moved].concat();
    seeds.extend(rejudged.iter().filter_map(|r| standing.profiles.of_record.get(*r as usize)));
    seeds.retain(|profile| standing.profiles.stands(*profile));
    let clustered = standing.reached(seeds, &judged, settings);
    for profile in &removed {
        standing.joined.remove(profile);
    }
    let mut reassigned = standing.cluster(&clustered, &judged, settings);
    reassigned.extend(&added);
    let mut bound: Vec<ProfileNo> = clustered
        .iter()
        .flat_map(|p| standing.scored_pairs.to(*p))
        .copied()
        .filter(|p| clustered.binary_search(p).is_err())
        .collect();
    bound.sort_unstable();
    bound.dedup();
    let vanished = before.iter().map(|(record, _)| *record).filter(|r| record_table.facts(*r).is_gone()).collect();
    let lookup_key_of = speakers(&standing.index, old.keys.iter().chain(&new.keys).copied());
    let speakers = lookup_key_of.into_iter().filter(|p| clustered.binary_search(p).is_err()).collect();
    let scope = ResolveScope { clustered, bound, removed, speakers, vanished, reassigned: Some(reassigned) };
    Some((standing, judged, scope, scored))
}

/// Records whose judgements changed, or whose partners did.
fn newly_judged(
    record_table: &RecordTable,
    before: &[(RecordNo, RecordRow)],
    then: &[Judgement],
    now: &[Judgement],
) -> Vec<RecordNo> {
    let marks = |j: &Judgement| (j.id.clone(), j.verdict, j.left.clone(), j.right.clone());
    let (old, new): (HashSet<_>, HashSet<_>) = (then.iter().map(marks).collect(), now.iter().map(marks).collect());
    let find = |record: &RecordRef| record_table.find(reference_of(record));
    let mut found: Vec<RecordNo> = Vec::new();
    for judgement in then.iter().chain(now) {
        let both = [find(&judgement.left), find(&judgement.right)];
        let changed = both.iter().flatten().any(|r| before.binary_search_by_key(r, |(record, _)| *record).is_ok());
        if changed || !old.contains(&marks(judgement)) || !new.contains(&marks(judgement)) {
            found.extend(both.into_iter().flatten());
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Profiles that bear one of the values.
fn bearers<'a>(index: &Index, values: impl Iterator<Item = &'a CountedValue>) -> Vec<ProfileNo> {
    let mut found = Vec::new();
    let mut take = |key: BlockKey| {
        index.for_each_in_block(key, |profile| {
            found.push(profile);
            true
        });
    };
    for value in values {
        match value {
            CountedValue::Brand(term) => {
                take(key(BlockKeyKind::Brand, *term));
                take(key(BlockKeyKind::Term, *term));
            }
            CountedValue::Phone(phone) => take(key(BlockKeyKind::Phone, u64::from(*phone))),
            CountedValue::Address(whole) => take(key(BlockKeyKind::Address, u64::from(*whole))),
            CountedValue::Road(door) => take(key(BlockKeyKind::Road, *door)),
            // Its share in the prior is looked at apart.
            CountedValue::Registry(_) => {}
            CountedValue::Broken(code) => take(key(BlockKeyKind::Broken, *code)),
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Keys and counted values of some profiles, once for every profile that has them.
struct Traits {
    keys: Vec<BlockKey>,
    values: Vec<CountedValue>,
}

impl Traits {
    fn of(record_table: &RecordTable, standing: &LinkState, profiles: &[ProfileNo]) -> Traits {
        let parts: Vec<Traits> = profiles
            .par_chunks(1 << 10)
            .map(|chunk| {
                let (mut key_list, mut value_list) = (Vec::new(), Vec::new());
                let mut all = Traits { keys: Vec::new(), values: Vec::new() };
                for profile in chunk {
                    keys(record_table, &standing.profiles, *profile, &mut key_list);
                    standing.terms.values(record_table, standing.profiles.members(*profile), &mut value_list);
                    all.keys.extend_from_slice(&key_list);
                    all.values.extend_from_slice(&value_list);
                }
                all
            })
            .collect();
        let mut all = Traits { keys: Vec::new(), values: Vec::new() };
        for part in parts {
            all.keys.extend(part.keys);
            all.values.extend(part.values);
        }
        all.keys.par_sort_unstable();
        all
    }
}

/// Keys behind which there were too many profiles and are not any more, or the other way round.
fn flipped(index: &Index, settings: &LinkSettings, old: &[BlockKey], new: &[BlockKey]) -> Vec<BlockKey> {
    let mut flipped = Vec::new();
    let (mut left, mut right) = (old.chunk_by(|a, b| a == b).peekable(), new.chunk_by(|a, b| a == b).peekable());
    let mut differ: Vec<(BlockKey, usize, usize)> = Vec::new();
    loop {
        let next = match (left.peek(), right.peek()) {
            (None, None) => break,
            (Some(a), Some(b)) => a[0].min(b[0]),
            (Some(a), None) => a[0],
            (None, Some(b)) => b[0],
        };
        let gone = left.next_if(|keys| keys[0] == next).map_or(0, <[BlockKey]>::len);
        let come = right.next_if(|keys| keys[0] == next).map_or(0, <[BlockKey]>::len);
        if gone != come && is_blocking(next) {
            differ.push((next, gone, come));
        }
    }
    let is_flipped = |(key, gone, come): &(BlockKey, usize, usize)| {
        let most = block_limit(*key, settings);
        let mut now = 0;
        index.for_each_in_block(*key, |_| {
            now += 1;
            now <= most + gone + come
        });
        // Beyond what was counted there were too many before as well.
        let before = now + gone - come.min(&(now + gone));
        (before > most) != (now > most)
    };
    flipped.par_extend(differ.par_iter().filter(|change| is_flipped(change)).map(|(key, ..)| *key));
    flipped
}

/// Profiles that ask for what these keys offer.
fn speakers(index: &Index, offered: impl Iterator<Item = BlockKey>) -> Vec<ProfileNo> {
    let mut found = Vec::new();
    let mut last = None;
    for key in offered.filter_map(lookup_key_of) {
        if last.replace(key) != Some(key) {
            index.for_each_in_block(key, |profile| {
                found.push(profile);
                true
            });
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

impl LinkState {
    /// Takes out what is only read while the rest is written; [`LinkState`] must get it back.
    pub fn lend(&mut self) -> (Profiles, ValueFrequencies, Index) {
        (std::mem::take(&mut self.profiles), std::mem::take(&mut self.terms), std::mem::take(&mut self.index))
    }

    /// All profiles that scored pairs and judgements tie to the seeds, in order.
    fn reached(&self, seeds: Vec<ProfileNo>, judged: &JudgedPairs, settings: &LinkSettings) -> Vec<ProfileNo> {
        let mut same: super::number_map::NumberMap<ProfileNo, Vec<ProfileNo>> = Default::default();
        for (a, b) in &judged.same {
            same.entry(*a).or_default().push(*b);
            same.entry(*b).or_default().push(*a);
        }
        let mut seen = vec![false; self.profiles.all.len()];
        let mut waiting = seeds;
        let mut reached = Vec::new();
        while let Some(profile) = waiting.pop() {
            if std::mem::replace(&mut seen[profile as usize], true) {
                continue;
            }
            reached.push(profile);
            let strong = |left: ProfileNo| {
                let best = self.scored_pairs.best(left).iter();
                best.filter(|scored_pair| scored_pair.weight >= settings.join_from).map(|scored_pair| scored_pair.right)
            };
            waiting.extend(strong(profile));
            waiting.extend(self.scored_pairs.to(profile).iter().filter(|left| strong(**left).any(|right| right == profile)));
            waiting.extend(same.get(&profile).into_iter().flatten());
        }
        reached.sort_unstable();
        reached
    }

    /// Makes the clusters of `scope` anew, which must be whole: see [`LinkState::reached`]. The profiles that join otherwise than before.
    pub fn cluster(&mut self, scope: &[ProfileNo], judged: &JudgedPairs, settings: &LinkSettings) -> Vec<ProfileNo> {
        let field = ClusteringInput { profiles: &self.profiles, scored_pairs: &self.scored_pairs, settings };
        let mut clusters = cluster(field, scope, judged);
        let roots: Vec<ProfileNo> = scope.iter().map(|profile| clusters.root(*profile)).collect();
        let joined = clusters.joined;
        self.roots.resize(self.profiles.all.len(), 0);
        for (profile, root) in scope.iter().zip(roots) {
            self.roots[*profile as usize] = root;
        }
        let unidentified = scope.iter().filter(|p| !self.profiles.get(**p).is_unidentified());
        unidentified.for_each(|profile| {
            self.joined.remove(profile);
        });
        let mut others = Vec::new();
        for (profile, assignment) in joined {
            if self.joined.insert(profile, assignment) != Some(assignment) {
                others.push(profile);
            }
        }
        others
    }

    /// Profiles outside the scope that speak of an entity which bears another id now, and those in `scope.speakers`.
    pub fn speakers(&self, scoring: ScoringContext<'_>, scope: &ResolveScope, decisions: &[Decision]) -> Vec<ProfileNo> {
        if scope.clustered.len() == scoring.profiles.count() {
            return Vec::new();
        }
        let mut profiles: Vec<ProfileNo> = decisions.iter().map(|d| scoring.profiles.of_record[d.record as usize]).collect();
        profiles.dedup();
        let offered: Vec<BlockKey> = profiles
            .par_iter()
            .map_init(Vec::new, |scratch, profile| {
                keys(scoring.record_table, scoring.profiles, *profile, scratch);
                scratch.iter().copied().filter(|key| lookup_key_of(*key).is_some()).collect::<Vec<BlockKey>>()
            })
            .flatten_iter()
            .collect();
        let mut all = speakers(scoring.index, offered.into_iter());
        all.extend(&scope.speakers);
        all.sort_unstable();
        all.dedup();
        all.retain(|p| scoring.profiles.stands(*p) && scope.clustered.binary_search(p).is_err());
        all
    }
}
