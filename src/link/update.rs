//! What a change touches: from records that came, went or are others now, to the clusters to be made anew.

use hashbrown::HashSet;
use rayon::prelude::*;

use super::block::index::Index;
use super::block::keys::{Key, Kind, asked, is_blocking, key, keys, most};
use super::cluster::judgements::judged_pairs;
use super::cluster::{Field, Spoken, cluster};
use super::compare::frequencies::{Terms, Value, haystack};
use super::compare::weights::Weights;
use super::entity_key::reference_of;
use super::group::profiles::{Apart, Changed, ProfileNo, Profiles, identify};
use super::outcome::Decision;
use super::records::{Book, Facts, RecordNo};
use super::resolve::decisions::Scope;
use super::score::edges::{Bench, Bonds, Rescoring, Scored};
use super::settings::Settings;
use super::state::Standing;
use crate::model::linkage::{Judgement, RecordRef};

/// A larger share of the records than one in so many: everything is done anew, which then is quicker.
const WORTHWHILE: usize = 4;

/// Everything up to the bonds, from nothing.
pub fn begin(book: &Book, settings: &Settings, weights: &Weights, apart: &Apart) -> (Standing, Scored) {
    let profiles = identify(book, apart);
    let terms = Terms::count(book, &profiles);
    let index = Index::of(book, &profiles);
    let bench = Bench { book, profiles: &profiles, terms: &terms, weights, index: &index, settings };
    let loose: Vec<ProfileNo> = profiles.standing().filter(|p| profiles.get(*p).is_loose()).collect();
    let mut bonds = Bonds::default();
    let scored = bonds.score(bench, &loose);
    let mut standing = Standing { profiles, terms, index, bonds, ..Standing::default() };
    for profile in loose {
        standing.count_name(book, profile, true);
    }
    (standing, scored)
}

/// Follows changed records and judgements. None where so much has changed that all must be done anew.
pub fn follow(
    book: &mut Book,
    settings: &Settings,
    weights: &Weights,
    mut standing: Standing,
    before: &[(RecordNo, Facts)],
    judgements: &[Judgement],
    apart: &Apart,
) -> Option<(Standing, Spoken, Scope, Scored)> {
    if before.len() > book.records.len() / WORTHWHILE + 64 {
        return None;
    }
    let judged = spoken_on(book, before, &standing.judgements, judgements);
    standing.terms.grow(book);
    let index = &standing.index;
    let seated = |stem: u64| {
        let mut found = Vec::new();
        index.behind(key(Kind::Seat, stem), |profile| {
            found.push(profile);
            true
        });
        found
    };
    let affected = standing.profiles.affected(book, before, &judged, seated);
    let leaving = standing.profiles.of_groups(&affected);
    book.turn();
    let old = Traits::of(book, &standing, &leaving);
    leaving.iter().for_each(|profile| standing.count_name(book, *profile, false));
    book.turn();
    let Changed { removed, added } = standing.profiles.regroup(book, apart, &affected);
    if haystack(standing.profiles.count()) != standing.terms.profiles {
        return None;
    }
    added.iter().for_each(|profile| standing.count_name(book, *profile, true));
    let new = Traits::of(book, &standing, &added);
    let counts = standing.terms.shift(&old.values, &new.values);
    standing.index.change(book, &standing.profiles, &removed, &added);
    let flipped = flipped(&standing.index, settings, &old.keys, &new.keys);
    let touched = bearers(&standing.index, counts.iter());
    // A phone or an address counts where both sides have it; of a 字号 it is the other side's that counts.
    let branded = bearers(&standing.index, counts.iter().filter(|value| matches!(value, Value::Brand(_))));

    let (profiles, terms, index) = standing.lend();
    let bench = Bench { book, profiles: &profiles, terms: &terms, weights, index: &index, settings };
    let change = Rescoring { removed: &removed, added: &added, touched: &touched, branded: &branded, flipped: &flipped };
    let scored = standing.bonds.rescore(bench, &change);
    (standing.profiles, standing.terms, standing.index) = (profiles, terms, index);

    let spoken = judged_pairs(book, &standing.profiles, judgements);
    let mut seeds = [added.as_slice(), &scored.moved].concat();
    seeds.extend(judged.iter().filter_map(|r| standing.profiles.of_record.get(*r as usize)));
    seeds.retain(|profile| standing.profiles.stands(*profile));
    let clustered = standing.reached(seeds, &spoken, settings);
    for profile in &removed {
        standing.joined.remove(profile);
    }
    standing.cluster(&clustered, &spoken, settings);
    let mut bound: Vec<ProfileNo> =
        clustered.iter().flat_map(|p| standing.bonds.to(*p)).copied().filter(|p| clustered.binary_search(p).is_err()).collect();
    bound.sort_unstable();
    bound.dedup();
    let vanished = before.iter().map(|(record, _)| *record).filter(|r| book.facts(*r).is_gone()).collect();
    let asked = speakers(&standing.index, old.keys.iter().chain(&new.keys).copied());
    let speakers = asked.into_iter().filter(|p| clustered.binary_search(p).is_err()).collect();
    let scope = Scope { clustered, bound, removed, speakers, vanished };
    Some((standing, spoken, scope, scored))
}

/// Records whose judgements changed, or whose partners did.
fn spoken_on(book: &Book, before: &[(RecordNo, Facts)], then: &[Judgement], now: &[Judgement]) -> Vec<RecordNo> {
    let marks = |j: &Judgement| (j.id.clone(), j.verdict, j.left.clone(), j.right.clone());
    let (old, new): (HashSet<_>, HashSet<_>) = (then.iter().map(marks).collect(), now.iter().map(marks).collect());
    let find = |record: &RecordRef| book.find(reference_of(record));
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
fn bearers<'a>(index: &Index, values: impl Iterator<Item = &'a Value>) -> Vec<ProfileNo> {
    let mut found = Vec::new();
    let mut take = |key: Key| {
        index.behind(key, |profile| {
            found.push(profile);
            true
        });
    };
    for value in values {
        match value {
            Value::Brand(term) => {
                take(key(Kind::Brand, *term));
                take(key(Kind::Term, *term));
            }
            Value::Phone(phone) => take(key(Kind::Phone, u64::from(*phone))),
            Value::Address(whole) => take(key(Kind::Address, u64::from(*whole))),
            Value::Road(door) => take(key(Kind::Road, *door)),
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Keys and counted values of some profiles, once for every profile that has them.
struct Traits {
    keys: Vec<Key>,
    values: Vec<Value>,
}

impl Traits {
    fn of(book: &Book, standing: &Standing, profiles: &[ProfileNo]) -> Traits {
        let parts: Vec<Traits> = profiles
            .par_chunks(1 << 10)
            .map(|chunk| {
                let (mut key_list, mut value_list) = (Vec::new(), Vec::new());
                let mut all = Traits { keys: Vec::new(), values: Vec::new() };
                for profile in chunk {
                    keys(book, &standing.profiles, *profile, &mut key_list);
                    standing.terms.values(book, standing.profiles.members(*profile), &mut value_list);
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
fn flipped(index: &Index, settings: &Settings, old: &[Key], new: &[Key]) -> Vec<Key> {
    let mut flipped = Vec::new();
    let (mut left, mut right) = (old.chunk_by(|a, b| a == b).peekable(), new.chunk_by(|a, b| a == b).peekable());
    let mut differ: Vec<(Key, usize, usize)> = Vec::new();
    loop {
        let next = match (left.peek(), right.peek()) {
            (None, None) => break,
            (Some(a), Some(b)) => a[0].min(b[0]),
            (Some(a), None) => a[0],
            (None, Some(b)) => b[0],
        };
        let gone = left.next_if(|keys| keys[0] == next).map_or(0, <[Key]>::len);
        let come = right.next_if(|keys| keys[0] == next).map_or(0, <[Key]>::len);
        if gone != come && is_blocking(next) {
            differ.push((next, gone, come));
        }
    }
    let is_flipped = |(key, gone, come): &(Key, usize, usize)| {
        let most = most(*key, settings);
        let mut now = 0;
        index.behind(*key, |_| {
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
fn speakers(index: &Index, offered: impl Iterator<Item = Key>) -> Vec<ProfileNo> {
    let mut found = Vec::new();
    let mut last = None;
    for key in offered.filter_map(asked) {
        if last.replace(key) != Some(key) {
            index.behind(key, |profile| {
                found.push(profile);
                true
            });
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

impl Standing {
    /// Takes out what is only read while the rest is written; [`Standing`] must get it back.
    pub fn lend(&mut self) -> (Profiles, Terms, Index) {
        (std::mem::take(&mut self.profiles), std::mem::take(&mut self.terms), std::mem::take(&mut self.index))
    }

    /// All profiles that bonds and judgements tie to the seeds, in order.
    fn reached(&self, seeds: Vec<ProfileNo>, spoken: &Spoken, settings: &Settings) -> Vec<ProfileNo> {
        let mut same: super::number_map::NumberMap<ProfileNo, Vec<ProfileNo>> = Default::default();
        for (a, b) in &spoken.same {
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
                let best = self.bonds.best(left).iter();
                best.filter(|bond| bond.weight >= settings.join_from).map(|bond| bond.right)
            };
            waiting.extend(strong(profile));
            waiting.extend(self.bonds.to(profile).iter().filter(|left| strong(**left).any(|right| right == profile)));
            waiting.extend(same.get(&profile).into_iter().flatten());
        }
        reached.sort_unstable();
        reached
    }

    /// Makes the clusters of `scope` anew, which must be whole: see [`Standing::reached`].
    pub fn cluster(&mut self, scope: &[ProfileNo], spoken: &Spoken, settings: &Settings) {
        let field = Field { profiles: &self.profiles, bonds: &self.bonds, settings };
        let mut clusters = cluster(field, scope, spoken);
        let roots: Vec<ProfileNo> = scope.iter().map(|profile| clusters.root(*profile)).collect();
        let joined = clusters.joined;
        self.roots.resize(self.profiles.all.len(), 0);
        for (profile, root) in scope.iter().zip(roots) {
            self.roots[*profile as usize] = root;
        }
        let loose = scope.iter().filter(|p| !self.profiles.get(**p).is_loose());
        loose.for_each(|profile| {
            self.joined.remove(profile);
        });
        self.joined.extend(joined);
    }

    /// Profiles outside the scope that speak of an entity which bears another id now, and those in `scope.speakers`.
    pub fn speakers(&self, bench: Bench<'_>, scope: &Scope, decisions: &[Decision]) -> Vec<ProfileNo> {
        if scope.clustered.len() == bench.profiles.count() {
            return Vec::new();
        }
        let mut profiles: Vec<ProfileNo> = decisions.iter().map(|d| bench.profiles.of_record[d.record as usize]).collect();
        profiles.dedup();
        let offered: Vec<Key> = profiles
            .par_iter()
            .map_init(Vec::new, |scratch, profile| {
                keys(bench.book, bench.profiles, *profile, scratch);
                scratch.iter().copied().filter(|key| asked(*key).is_some()).collect::<Vec<Key>>()
            })
            .flatten_iter()
            .collect();
        let mut all = speakers(bench.index, offered.into_iter());
        all.extend(&scope.speakers);
        all.sort_unstable();
        all.dedup();
        all.retain(|p| bench.profiles.stands(*p) && scope.clustered.binary_search(p).is_err());
        all
    }
}
