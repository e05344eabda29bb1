//! Bonds: candidate pairs that are not hopeless, with their weight.
//!
//! They are kept between runs. A pair is compared again only where one of its sides has changed, or how common a value
//! of theirs is; so a run after a small change compares little, and ends where a full one would.
//!
//! A branch that was written with its parent's code may only join what bears its own name, give or take a slip.

use rayon::prelude::*;

use crate::link::block::index::Index;
use crate::link::block::keys::{Key, is_blocking, keys, most};
use crate::link::codec::{KeepAll, Reader, Writer, kept};
use crate::link::compare::compare;
use crate::link::compare::frequencies::Terms;
use crate::link::compare::levels::Comparison;
use crate::link::compare::weights::Weights;
use crate::link::group::profiles::{ProfileNo, Profiles};
use crate::link::number_map::NumberMap;
use crate::link::records::Book;
use crate::link::settings::Settings;

/// What speaks for a loose profile's being one enterprise with another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bond {
    pub right: ProfileNo,
    /// log2 odds.
    pub weight: f32,
}

/// So many of a loose profile's best bonds take part in clustering.
const BEST: usize = 8;
/// Lighter bonds decide nothing.
const LIGHTEST: f32 = -9.0;

/// Everything scoring reads.
#[derive(Clone, Copy)]
pub struct Bench<'a> {
    pub book: &'a Book,
    pub profiles: &'a Profiles,
    pub terms: &'a Terms,
    pub weights: &'a Weights,
    pub index: &'a Index,
    pub settings: &'a Settings,
}

impl Bench<'_> {
    pub fn compare(&self, left: ProfileNo, right: ProfileNo) -> Comparison {
        compare(self.book, self.terms, self.weights, self.profiles.members(left), self.profiles.members(right))
    }
    /// log2 odds that the two are one enterprise.
    pub fn weight(&self, pair: &Comparison) -> f32 {
        self.weights.weigh(pair, self.terms.profiles).iter().sum::<f32>() + self.weights.prior()
    }
    pub fn candidates(&self, left: ProfileNo, scratch: &mut Vec<Key>, out: &mut Vec<ProfileNo>) {
        self.index.candidates(self.book, self.profiles, self.settings, left, scratch, out);
    }

    /// The bond between a loose profile and a candidate; None where nothing may join them, or too little does.
    fn bond(&self, left: ProfileNo, right: ProfileNo) -> Option<Bond> {
        if self.profiles.barred(left, right) {
            return None;
        }
        let pair = self.compare(left, right);
        let stray = self.profiles.get(left).parent != 0;
        let weight = self.weight(&pair);
        (weight >= LIGHTEST && (!stray || pair.name.is_near())).then_some(Bond { right, weight })
    }

    /// Heaviest first; nothing depends on the order of arrival.
    fn order(&self, bonds: &mut [Bond]) {
        let anchor = |bond: &Bond| self.profiles.get(bond.right).anchor;
        bonds.sort_unstable_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| anchor(a).cmp(&anchor(b))));
    }
}

/// The bonds of all loose profiles.
#[derive(Debug, Clone, Default)]
pub struct Bonds {
    /// Heaviest first.
    of: NumberMap<ProfileNo, Box<[Bond]>>,
    /// Loose profiles that have a bond to this one.
    to: NumberMap<ProfileNo, Vec<ProfileNo>>,
}

/// What scoring did.
#[derive(Debug, Default)]
pub struct Scored {
    pub candidates: usize,
    pub compared: usize,
    /// Profiles whose best bonds changed, and the other ends of the bonds that did.
    pub moved: Vec<ProfileNo>,
}

impl Bonds {
    /// All bonds of a loose profile.
    pub fn all(&self, left: ProfileNo) -> &[Bond] {
        self.of.get(&left).map_or(&[], |bonds| bonds)
    }
    /// The bonds that count, heaviest first.
    pub fn best(&self, left: ProfileNo) -> &[Bond] {
        let all = self.all(left);
        &all[..all.len().min(BEST)]
    }
    pub fn to(&self, right: ProfileNo) -> &[ProfileNo] {
        self.to.get(&right).map_or(&[], Vec::as_slice)
    }
    pub fn len(&self) -> usize {
        self.of.values().map(|bonds| bonds.len()).sum()
    }
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// Compares every candidate pair of the loose profiles given, whose bonds so far are forgotten.
    pub fn score(&mut self, bench: Bench<'_>, loose: &[ProfileNo]) -> Scored {
        let scored: Vec<(Vec<Bond>, usize)> = loose
            .par_iter()
            .map_init(
                || (Vec::new(), Vec::new()),
                |(scratch, candidates), left| {
                    bench.candidates(*left, scratch, candidates);
                    let mut bonds: Vec<Bond> = candidates.iter().filter_map(|right| bench.bond(*left, *right)).collect();
                    bench.order(&mut bonds);
                    (bonds, candidates.len())
                },
            )
            .collect();
        let mut done = Scored::default();
        for (left, (bonds, candidates)) in loose.iter().zip(scored) {
            done.candidates += candidates;
            done.compared += candidates;
            self.set(*left, bonds, &mut done.moved);
        }
        done
    }

    /// Puts new bonds in the place of the old ones; notes whose best bonds are others now.
    fn set(&mut self, left: ProfileNo, bonds: Vec<Bond>, moved: &mut Vec<ProfileNo>) {
        let best = |bonds: &[Bond]| bonds[..bonds.len().min(BEST)].to_vec();
        let (old, new) = (best(self.all(left)), best(&bonds));
        if old != new {
            moved.push(left);
            let differ = old.iter().filter(|bond| !new.contains(bond)).chain(new.iter().filter(|bond| !old.contains(bond)));
            moved.extend(differ.map(|bond| bond.right));
        }
        for bond in self.of.remove(&left).unwrap_or_default() {
            if !bonds.iter().any(|kept| kept.right == bond.right)
                && let Some(lefts) = self.to.get_mut(&bond.right)
                && let Some(at) = lefts.iter().position(|known| *known == left)
            {
                lefts.swap_remove(at);
                if lefts.is_empty() {
                    self.to.remove(&bond.right);
                }
            }
        }
        for bond in &bonds {
            let lefts = self.to.entry(bond.right).or_default();
            if !lefts.contains(&left) {
                lefts.push(left);
            }
        }
        if !bonds.is_empty() {
            self.of.insert(left, bonds.into());
        }
    }

    /// Follows a change. `removed` and `added` are the profiles that went and came; `touched` those for which a count
    /// changed, `branded` those of them whose 字号 it counts; `flipped` the keys that say something now and did not before, or the other way round.
    pub fn rescore(&mut self, bench: Bench<'_>, change: &Rescoring<'_>) -> Scored {
        let mut done = Scored::default();
        for left in change.removed {
            self.set(*left, Vec::new(), &mut done.moved);
        }
        let is_loose = |p: &ProfileNo| bench.profiles.stands(*p) && bench.profiles.get(*p).is_loose();
        let mut whole: Vec<ProfileNo> = change.added.iter().chain(change.touched).copied().filter(is_loose).collect();
        for key in change.flipped {
            bench.index.behind(*key, |profile| {
                whole.extend(Some(profile).filter(is_loose));
                true
            });
        }
        distinct(&mut whole);
        let mut rights: Vec<ProfileNo> = [change.removed, change.added, change.branded].concat();
        distinct(&mut rights);
        let is_whole = |left: &ProfileNo| whole.binary_search(left).is_ok();
        // Pairs of loose profiles with one of `rights` that share a key now.
        let pairs = sharing(bench, &rights, |left| bench.profiles.get(left).is_loose() && !is_whole(&left));
        done.compared += pairs.len();
        let met: Vec<(ProfileNo, Option<Bond>)> =
            pairs.par_iter().with_min_len(256).map(|(left, right)| (*left, bench.bond(*left, *right))).collect();
        // Who shared one before and no longer does loses the bond only.
        let mut lefts: Vec<ProfileNo> = rights.iter().flat_map(|right| self.to(*right)).copied().collect();
        lefts.retain(|left| !is_whole(left));
        lefts.extend(met.iter().filter(|(_, bond)| bond.is_some()).map(|(left, _)| *left));
        distinct(&mut lefts);
        let mut met = met.as_slice();
        for left in lefts {
            met = &met[met.partition_point(|(other, _)| *other < left)..];
            let old = self.all(left);
            let mut bonds: Vec<Bond> = old.iter().copied().filter(|b| rights.binary_search(&b.right).is_err()).collect();
            bonds.extend(met.iter().take_while(|(other, _)| *other == left).filter_map(|(_, bond)| *bond));
            bench.order(&mut bonds);
            if bonds.as_slice() != old {
                self.set(left, bonds, &mut done.moved);
            }
        }
        let again = self.score(bench, &whole);
        done.candidates = done.compared + again.candidates;
        done.compared += again.compared;
        done.moved.extend(again.moved);
        done
    }
}

/// What [`Bonds::rescore`] follows.
pub struct Rescoring<'a> {
    pub removed: &'a [ProfileNo],
    pub added: &'a [ProfileNo],
    pub touched: &'a [ProfileNo],
    pub branded: &'a [ProfileNo],
    pub flipped: &'a [Key],
}

/// Pairs of a profile that `wanted` lets through with one of `rights` (in order) among its candidates; in order, each once.
///
/// The keys of all are gone through in their order: they share many, and the index is far larger than a processor's cache.
fn sharing(bench: Bench<'_>, rights: &[ProfileNo], wanted: impl Fn(ProfileNo) -> bool + Sync) -> Vec<(ProfileNo, ProfileNo)> {
    let offered = |chunk: &[ProfileNo]| -> Vec<(Key, ProfileNo)> {
        let (mut found, mut offered) = (Vec::new(), Vec::with_capacity(chunk.len() * 48));
        for right in chunk.iter().filter(|right| bench.profiles.stands(**right)) {
            keys(bench.book, bench.profiles, *right, &mut found);
            offered.extend(found.iter().filter(|key| is_blocking(**key)).map(|key| (*key, *right)));
        }
        offered
    };
    let mut offers: Vec<(Key, ProfileNo)> = rights.par_chunks(1 << 10).map(offered).collect::<Vec<_>>().concat();
    offers.par_sort_unstable();
    let of_keys = |chunk: &[&[(Key, ProfileNo)]]| -> Vec<(ProfileNo, ProfileNo)> {
        let (mut behind, mut pairs) = (Vec::new(), Vec::new());
        for offers in chunk {
            let key = offers[0].0;
            behind.clear();
            bench.index.at_most(key, most(key, bench.settings), &mut behind);
            behind.retain(|left| wanted(*left));
            for left in &behind {
                pairs.extend(offers.iter().filter(|(_, right)| right != left).map(|(_, right)| (*left, *right)));
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    };
    let by_key: Vec<&[(Key, ProfileNo)]> = offers.chunk_by(|a, b| a.0 == b.0).collect();
    let mut pairs = by_key.par_chunks(1 << 10).map(of_keys).collect::<Vec<_>>().concat();
    pairs.par_sort_unstable();
    pairs.dedup();
    pairs
}

fn distinct(profiles: &mut Vec<ProfileNo>) {
    profiles.sort_unstable();
    profiles.dedup();
}

kept!(Bond { right, weight });

impl KeepAll for Bonds {
    fn write(&self, to: &mut Writer<'_>) -> std::io::Result<()> {
        to.map(&self.of)
    }
    fn read(from: &mut Reader<'_>) -> Option<Bonds> {
        let of: NumberMap<ProfileNo, Box<[Bond]>> = from.map()?;
        let mut to: NumberMap<ProfileNo, Vec<ProfileNo>> = NumberMap::default();
        for (left, bonds) in &of {
            bonds.iter().for_each(|bond| to.entry(bond.right).or_default().push(*left));
        }
        Some(Bonds { of, to })
    }
}
