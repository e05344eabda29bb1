//! A published edition, as a receipt tells it.

use chrono::NaiveDate;
use serde::Serialize;

use crate::model::verdict::Unmet;

/// A published edition, for the receipt.
#[derive(Debug, Clone, Serialize)]
pub struct Published {
    pub number: u32,
    pub digest: String,
    pub as_of: NaiveDate,
    pub enterprises: u32,
    /// Enterprises above designated size that lack a union or an independent one.
    pub gap: u32,
    /// Enterprises in scope of which it cannot be told whether they lack a union.
    pub undecided: u32,
    pub review_pairs: u32,
    /// How many enterprises were judged for it; None: all.
    pub judged: Option<u32>,
    /// What the verdicts need and no registry brought.
    pub unmet: Vec<Unmet>,
}

impl Published {
    /// Whether the gap list lacks what it would rest on: then it is empty, and everybody in scope UNDECIDED.
    pub fn is_without_sources(&self) -> bool {
        self.unmet.iter().any(|u| u.verdict.decides_the_gap())
    }
}
