//! Edges: candidate pairs with their weight.
//!
//! A branch that was written with its parent's code may only join what bears its own name, give or take a slip.

use rayon::prelude::*;

use super::block::Blocks;
use super::book::Book;
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

/// Scores every candidate pair: for each loose profile its best edges, and how many pairs were compared.
pub fn score(bench: Bench<'_>, blocks: &Blocks) -> (Vec<Vec<Edge>>, usize) {
    let scored: Vec<(Vec<Edge>, usize)> = blocks
        .loose
        .par_iter()
        .enumerate()
        .map_init(Vec::new, |candidates, (index, left)| {
            blocks.candidates(index, candidates);
            let mut edges: Vec<Edge> = candidates
                .iter()
                .filter(|right| !bench.profiles.barred(*left, **right))
                .map(|right| (*right, bench.compare(*left, *right)))
                .filter(|(_, pair)| bench.profiles.get(*left).parent == 0 || pair.name.is_near())
                .map(|(right, pair)| Edge { left: *left, right, weight: bench.weight(&pair) })
                .filter(|edge| edge.weight >= LIGHTEST)
                .collect();
            edges.sort_by(|a, b| {
                let anchor = |e: &Edge| bench.profiles.get(e.right).anchor;
                b.weight.total_cmp(&a.weight).then_with(|| anchor(a).cmp(&anchor(b)))
            });
            edges.truncate(KEPT);
            edges.shrink_to_fit();
            (edges, candidates.len())
        })
        .collect();
    let pairs = scored.iter().map(|(_, pairs)| pairs).sum();
    (scored.into_iter().map(|(edges, _)| edges).collect(), pairs)
}
