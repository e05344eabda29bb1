//! The order of lists for whoever is told a part of the priority: by what the factors told add up to, equal ones by id.
//!
//! Rows are numbered by the whole priority, so that neither a row's number nor its place beside an equal one may be told to whoever does
//! not see all of it: two enterprises with equal told scores would say by their order which of them has a dispute, or pays. In: a rule
//! that says which factors are told. Out: a score for every row, read once per part and rule, and orders by it. Cursors of such lists
//! count places, not rows.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::Array;
use rayon::prelude::*;
use roaring::RoaringBitmap;
use serde::Deserialize;

use super::page::{Order, RowPage};
use crate::edition::format::row::Row;
use crate::edition::format::scores::ToldScores;
use crate::edition::open::Edition;
use crate::edition::part::Part;

/// The factors alone: reading them skips the rest.
#[derive(Deserialize)]
struct Factors<'a> {
    #[serde(borrow, rename = "w", default)]
    factors: Vec<Factor<'a>>,
}
#[derive(Deserialize)]
struct Factor<'a> {
    #[serde(borrow)]
    code: std::borrow::Cow<'a, str>,
    points: f32,
}

/// Reads the factors of every row of a part where no rule of this number did: some microseconds for each, on all cores. No lock is held
/// meanwhile: whoever waits for a thread of the pool may be given the work of another who wants it.
fn scores_of(part: &Part, rule: u8, is_told: &(impl Fn(&str) -> bool + Sync)) -> Arc<[f32]> {
    if let Some(scores) = part.told.get(rule) {
        return scores;
    }
    let score = |reasons: &str| {
        // What cannot be read is told as nothing.
        let read: Option<Factors<'_>> = serde_json::from_str(reasons).ok();
        let told = read.iter().flat_map(|read| &read.factors).filter(|factor| is_told(&factor.code));
        let sum = told.fold(0.0, |sum: f32, factor| sum + factor.points);
        (sum * 10.0).round() / 10.0
    };
    let of_block = |block: usize| -> Vec<f32> {
        let reasons = part.columns.details.glance(block);
        (0..reasons.len()).into_par_iter().map(|row| score(reasons.value(row))).collect()
    };
    let scores: Vec<Vec<f32>> = part.columns.details.numbers().into_par_iter().map(of_block).collect();
    part.told.keep(rule, scores.concat().into())
}

impl Edition {
    /// The scores of all rows as a rule tells them. `rule` is its number: two rules of one number tell the same.
    pub fn told_scores(&self, rule: u8, is_told: impl Fn(&str) -> bool + Sync) -> ToldScores {
        ToldScores { parts: self.parts.iter().map(|p| scores_of(&p.part, rule, &is_told)).collect() }
    }

    /// The score of a row as it is told.
    pub fn told_score(&self, told: &ToldScores, row: Row) -> f32 {
        let (standing, at) = self.place(row);
        let part = self.parts.iter().rposition(|p| p.start == standing.start).expect("the row's own part");
        told.parts[part][at]
    }

    /// Which of two rows comes first: by falling told score, equal ones by id.
    pub fn told_order(&self, told: &ToldScores, a: Row, b: Row) -> Ordering {
        let by_score = self.told_score(told, b).total_cmp(&self.told_score(told, a));
        by_score.then_with(|| self.enterprise(a).id().cmp(self.enterprise(b).id()))
    }

    /// Rows in an order, equal ones by told score.
    pub fn told_rows(&self, matches: &RoaringBitmap, order: &[Order], told: &ToldScores) -> Vec<Row> {
        let mut rows: Vec<Row> = matches.iter().collect();
        rows.par_sort_unstable_by(|a, b| self.compare(order, *a, *b, Some(told)));
        rows
    }

    /// The `first` rows of `matches` behind the first `start`, in `order`; equal rows by told score.
    pub fn told_page(&self, matches: &RoaringBitmap, order: &[Order], first: usize, start: u32, told: &ToldScores) -> RowPage {
        let mut rows: Vec<Row> = matches.iter().collect();
        let (total, from) = (matches.len(), (start as usize).min(rows.len()));
        let wanted = from.saturating_add(first).saturating_add(1);
        if wanted < rows.len() {
            rows.select_nth_unstable_by(wanted, |a, b| self.compare(order, *a, *b, Some(told)));
            rows.truncate(wanted);
        }
        rows.par_sort_unstable_by(|a, b| self.compare(order, *a, *b, Some(told)));
        rows.drain(..from);
        let has_next = rows.len() > first;
        rows.truncate(first);
        RowPage { rows, total, has_next, has_previous: start > 0 && total > 0, start: Some(start) }
    }
}
