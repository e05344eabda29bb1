//! How many true partners the keys find, and how many candidates that costs: measured on the records at hand.
//!
//! Of the records with a valid code some are covered up, as fitting does; each of them has a profile that it belongs to,
//! and shares a key with it or does not.

use rayon::prelude::*;
use serde::Serialize;

use super::index::Index;
use crate::link::group::profiles::{CannotLinks, ProfileNo, identify_but};
use crate::link::records::{RecordNo, RecordTable};
use crate::link::settings::LinkSettings;
use crate::normalise::mix;

/// One record in this many is covered up, and at most so many.
const ONE_IN: u64 = 20;
const MOST: u64 = 50_000;

/// Blocking, measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Blocking {
    /// Records whose code was covered up and whose enterprise has other records.
    pub tested: usize,
    /// Share of them that meet their enterprise among their candidates; 1 where none was tested.
    pub recall: f64,
    /// Candidates of a record, on average and at most.
    pub candidates_mean: f64,
    /// Candidates of the record that has most.
    pub candidates_most: usize,
}

/// Covers up the codes of some records and looks whether their keys find the others of their enterprise.
pub fn blocking(record_table: &RecordTable, settings: &LinkSettings) -> Blocking {
    let identified = record_table.standing().filter(|record| record_table.facts(*record).organisation != 0).count() as u64;
    let one_in = ONE_IN.max(identified / MOST);
    let hidden = |record: RecordNo| {
        let facts = record_table.facts(record);
        facts.organisation != 0 && mix(facts.reference ^ 0xB10C).is_multiple_of(one_in)
    };
    let profiles = identify_but(record_table, &CannotLinks::default(), hidden);
    let index = Index::of(record_table, &profiles);
    let covered: Vec<(ProfileNo, Vec<ProfileNo>)> = record_table
        .standing()
        .filter(|record| hidden(*record))
        .map(|record| (profiles.of_record[record as usize], profiles.of_code(record_table.facts(record).organisation).collect()))
        .filter(|(_, own): &(_, Vec<ProfileNo>)| !own.is_empty())
        .collect();
    let met: Vec<(bool, usize)> = covered
        .par_iter()
        .map_init(
            || (Vec::new(), Vec::new()),
            |(scratch, found), (profile, own)| {
                index.candidates(record_table, &profiles, settings, *profile, scratch, found);
                (own.iter().any(|own| found.binary_search(own).is_ok()), found.len())
            },
        )
        .collect();
    let share = |part: usize, whole: usize| if whole == 0 { 1.0 } else { part as f64 / whole as f64 };
    Blocking {
        tested: met.len(),
        recall: share(met.iter().filter(|(found, _)| *found).count(), met.len()),
        candidates_mean: if met.is_empty() { 0.0 } else { share(met.iter().map(|(_, n)| n).sum(), met.len()) },
        candidates_most: met.iter().map(|(_, n)| *n).max().unwrap_or(0),
    }
}
