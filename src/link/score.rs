//! Bonds: candidate pairs that are not hopeless, with their weight.
//!
//! They are kept between runs. A pair is compared again only where one of its sides has changed, or how common a value
//! of theirs is; so a run after a small change compares little, and ends where a full one would.
//!
//! A branch that was written with its parent's code may only join what bears its own name, give or take a slip.

use rayon::prelude::*;

use super::book::{Book, NumberMap};
use super::compare::{Comparison, compare};
use super::index::Index;
use super::keep::{KeepAll, Reader, Writer, kept};
use super::keys::{Key, is_blocking, keys, most};
use super::profiles::{ProfileNo, Profiles};
use super::settings::Settings;
use super::terms::Terms;
use super::weights::Weights;

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
    /// changed; `flipped` the keys that say something now and did not before, or the other way round.
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
        let mut rights: Vec<ProfileNo> = [change.removed, change.added, change.touched].concat();
        distinct(&mut rights);
        // Loose profiles that met one of `rights`, or meet it now, pair by pair.
        let met: Vec<Vec<(ProfileNo, ProfileNo, Option<Bond>, bool)>> = rights
            .par_iter()
            .map_init(
                || (Vec::new(), Vec::new()),
                |(scratch, sharing), right| {
                    let mut pairs = Vec::new();
                    sharing.clear();
                    if bench.profiles.stands(*right) {
                        loose_behind(bench, *right, scratch, sharing);
                    }
                    sharing.retain(|left| left != right && whole.binary_search(left).is_err());
                    pairs.extend(sharing.iter().map(|left| (*left, *right, bench.bond(*left, *right), true)));
                    let gone = self.to(*right).iter().filter(|left| sharing.binary_search(left).is_err());
                    pairs.extend(gone.map(|left| (*left, *right, None, false)));
                    pairs
                },
            )
            .collect();
        let mut pairs: Vec<(ProfileNo, ProfileNo, Option<Bond>, bool)> = met.into_iter().flatten().collect();
        pairs.par_sort_unstable_by_key(|(left, right, ..)| (*left, *right));
        for same in pairs.chunk_by(|a, b| a.0 == b.0) {
            let left = same[0].0;
            done.compared += same.iter().filter(|(.., compared)| *compared).count();
            if whole.binary_search(&left).is_ok() {
                continue;
            }
            let old = self.all(left);
            let mut bonds: Vec<Bond> = old.iter().copied().filter(|b| rights.binary_search(&b.right).is_err()).collect();
            bonds.extend(same.iter().filter_map(|(_, _, bond, _)| *bond));
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
    pub flipped: &'a [Key],
}

/// Loose profiles that have `right` among their candidates, in order.
fn loose_behind(bench: Bench<'_>, right: ProfileNo, scratch: &mut Vec<Key>, out: &mut Vec<ProfileNo>) {
    keys(bench.book, bench.profiles, right, scratch);
    for key in scratch.iter().filter(|key| is_blocking(**key)) {
        let from = out.len();
        bench.index.at_most(*key, most(*key, bench.settings), out);
        let mut kept = from;
        for at in from..out.len() {
            if bench.profiles.get(out[at]).is_loose() {
                out[kept] = out[at];
                kept += 1;
            }
        }
        out.truncate(kept);
    }
    out.sort_unstable();
    out.dedup();
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
