//! Edges: candidate pairs with their weight.
//!
//! A branch that was written with its parent's code may only join what bears its own name, give or take a slip.

use rayon::prelude::*;

use crate::normalise::mix;

use super::block::Blocks;
use super::book::{Book, NumberMap, RecordNo};
use super::compare::{Comparison, compare};
use super::identify::{ProfileNo, Profiles};
use super::terms::Terms;
use super::weights::Weights;

/// A loose profile and another, with what speaks for their being one enterprise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    pub left: ProfileNo,
    pub right: ProfileNo,
    /// log2 odds.
    pub weight: f32,
}

/// The best edges of one loose profile, heaviest first.
const KEPT: usize = 8;
/// Lighter edges decide nothing.
const LIGHTEST: f32 = -9.0;

/// Everything scoring reads.
#[derive(Clone, Copy)]
pub struct Bench<'a> {
    pub book: &'a Book,
    pub profiles: &'a Profiles,
    pub terms: &'a Terms,
    pub weights: &'a Weights,
}

impl Bench<'_> {
    pub fn compare(&self, left: ProfileNo, right: ProfileNo) -> Comparison {
        compare(self.book, self.terms, self.weights, self.profiles.members(left), self.profiles.members(right))
    }
    /// log2 odds that the two are one enterprise.
    pub fn weight(&self, pair: &Comparison) -> f32 {
        self.weights.weigh(pair, self.terms.profiles).iter().sum::<f32>() + self.weights.prior()
    }
}

/// Scores of an earlier run. A pair's weight holds as long as nothing it rests on has changed: so a run after a small
/// change compares little, and ends where a full one would.
#[derive(Debug, Clone, Default)]
pub struct Scored {
    profiles: u32,
    /// Fingerprint of the profile that each record is the first of; 0 for the other records.
    marks: Vec<u64>,
    /// By first record of the loose profile.
    entries: NumberMap<RecordNo, Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    /// First records of all candidates, in order.
    candidates: Box<[RecordNo]>,
    /// First record of the other side, and weight, of every edge; None where they were too many to keep.
    edges: Option<Box<[(RecordNo, f32)]>>,
}

/// More edges than this are not remembered.
const REMEMBERED: usize = 40;

/// What scoring gives: for each loose profile its best edges, and how many pairs were candidates and really compared.
pub struct Scores {
    pub edges: Vec<Vec<Edge>>,
    pub candidates: usize,
    pub compared: usize,
}

/// Scores every candidate pair, but those whose score stands in `before`; remembers them there.
pub fn score(bench: Bench<'_>, blocks: &Blocks, before: &mut Scored) -> Scores {
    if before.profiles != bench.terms.profiles {
        *before = Scored { profiles: bench.terms.profiles, ..Scored::default() };
    }
    let marks = marks(bench);
    let known = Known { before, marks: &marks };
    let scored: Vec<(Entry, Vec<Edge>, usize)> = blocks
        .loose
        .par_iter()
        .enumerate()
        .map_init(Vec::new, |candidates, (index, left)| {
            blocks.candidates(index, candidates);
            known.edges(bench, *left, candidates)
        })
        .collect();
    let mut scores = Scores { edges: Vec::with_capacity(scored.len()), candidates: 0, compared: 0 };
    let mut entries = NumberMap::default();
    for (left, (entry, edges, compared)) in blocks.loose.iter().zip(scored) {
        scores.candidates += entry.candidates.len();
        scores.compared += compared;
        scores.edges.push(edges);
        entries.insert(bench.profiles.members(*left)[0], entry);
    }
    before.entries = entries;
    before.marks = vec![0; bench.book.records.len()];
    for (profile, mark) in marks.iter().enumerate() {
        before.marks[bench.profiles.members(profile as ProfileNo)[0] as usize] = *mark;
    }
    scores
}

/// What an earlier run knows, and the fingerprints of this one.
struct Known<'a> {
    before: &'a Scored,
    marks: &'a [u64],
}

impl Known<'_> {
    /// Nothing about the profile has changed.
    fn unchanged(&self, bench: Bench<'_>, profile: ProfileNo) -> bool {
        let first = bench.profiles.members(profile)[0];
        self.before.marks.get(first as usize) == Some(&self.marks[profile as usize])
    }

    /// The best edges of a loose profile, what to remember of them, and how many pairs were compared anew.
    fn edges(&self, bench: Bench<'_>, left: ProfileNo, candidates: &[ProfileNo]) -> (Entry, Vec<Edge>, usize) {
        let first = |profile: ProfileNo| bench.profiles.members(profile)[0];
        let old = self.before.entries.get(&first(left)).filter(|_| self.unchanged(bench, left));
        let recall = |right: ProfileNo| {
            let edges = old?.edges.as_ref()?;
            let known = self.unchanged(bench, right) && old?.candidates.binary_search(&first(right)).is_ok();
            known.then(|| edges.iter().find(|(record, _)| *record == first(right)).map(|(_, weight)| *weight))
        };
        let mut compared = 0;
        let mut edges: Vec<Edge> = Vec::new();
        for right in candidates {
            let weight = recall(*right).unwrap_or_else(|| {
                compared += 1;
                bench.edge(left, *right)
            });
            edges.extend(weight.map(|weight| Edge { left, right: *right, weight }));
        }
        let mut seen: Vec<RecordNo> = candidates.iter().map(|right| first(*right)).collect();
        seen.sort_unstable();
        let kept = (edges.len() <= REMEMBERED).then(|| edges.iter().map(|e| (first(e.right), e.weight)).collect());
        edges.sort_by(|a, b| {
            let anchor = |e: &Edge| bench.profiles.get(e.right).anchor;
            b.weight.total_cmp(&a.weight).then_with(|| anchor(a).cmp(&anchor(b)))
        });
        edges.truncate(KEPT);
        edges.shrink_to_fit();
        (Entry { candidates: seen.into(), edges: kept }, edges, compared)
    }
}

/// For every profile a fingerprint of its records and of how common their names, phones and addresses are.
fn marks(bench: Bench<'_>) -> Vec<u64> {
    let Bench { book, profiles, terms, .. } = bench;
    (0..profiles.all.len() as ProfileNo)
        .into_par_iter()
        .map(|profile| {
            let head = profiles.get(profile);
            profiles.members(profile).iter().fold(mix(head.organisation ^ head.parent.rotate_left(32)), |mark, record| {
                let facts = book.facts(*record);
                let mut mark = mix(mark ^ u64::from(*record) ^ facts.fingerprint());
                for name in book.names_of(*record) {
                    mark = mix(mark ^ u64::from(name) << 32 ^ u64::from(terms.brand(name)));
                }
                let common = [
                    if facts.phone == 0 { 0 } else { terms.phone(facts.phone) },
                    terms.address(facts.address),
                    terms.address(facts.operating),
                ];
                common.iter().fold(mark, |mark, count| mix(mark ^ u64::from(*count)))
            })
        })
        .collect()
}

impl Bench<'_> {
    /// Weight of the edge between a loose profile and a candidate; None where nothing may join them, or too little does.
    fn edge(&self, left: ProfileNo, right: ProfileNo) -> Option<f32> {
        if self.profiles.barred(left, right) {
            return None;
        }
        let pair = self.compare(left, right);
        let stray = self.profiles.get(left).parent != 0;
        Some(self.weight(&pair)).filter(|weight| *weight >= LIGHTEST && (!stray || pair.name.is_near()))
    }
}
