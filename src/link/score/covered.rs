//! How well records are joined whose code is missing: measured, not estimated.
//!
//! Of the records with a valid code some are covered up, as blocking does. Each is then joined as a record without a code
//! would be, to the enterprise that leads its rivals, or left alone; its code tells whether that was right. Records whose
//! enterprise has no other record are among them: they should stay alone.

use rayon::prelude::*;
use serde::Serialize;

use super::edges::ScoringContext;
use crate::link::block::index::Index;
use crate::link::compare::frequencies::ValueFrequencies;
use crate::link::compare::weights::Weights;
use crate::link::group::profiles::{CannotLinks, identify_but};
use crate::link::records::{RecordNo, RecordTable};
use crate::link::settings::LinkSettings;
use crate::normalise::mix;

/// One record in this many is covered up, and at most so many.
const ONE_IN: u64 = 20;
const MOST: u64 = 50_000;

/// What came of the covered records of one registry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Covered {
    /// Its number among the registries.
    pub registry: u16,
    /// Records whose code was covered up.
    pub tested: usize,
    /// Those whose enterprise has another record.
    pub partnered: usize,
    /// Those that were joined to an enterprise.
    pub joined: usize,
    /// Those that were joined to their own.
    pub right: usize,
}

impl Covered {
    /// Share of right ones among the joined; None where none was.
    pub fn precision(&self) -> Option<f64> {
        (self.joined > 0).then(|| self.right as f64 / self.joined as f64)
    }
    /// Share of those with a partner that found it; None where none has one.
    pub fn recall(&self) -> Option<f64> {
        (self.partnered > 0).then(|| self.right as f64 / self.partnered as f64)
    }
}

/// By registry, those without a covered record left out.
pub fn covered(record_table: &RecordTable, settings: &LinkSettings, weights: &Weights) -> Vec<Covered> {
    let identified = record_table.standing().filter(|record| record_table.facts(*record).organisation != 0).count() as u64;
    let one_in = ONE_IN.max(identified / MOST);
    let hidden = |record: RecordNo| {
        let facts = record_table.facts(record);
        facts.organisation != 0 && mix(facts.reference ^ 0xC07E).is_multiple_of(one_in)
    };
    let profiles = identify_but(record_table, &CannotLinks::default(), hidden);
    let terms = ValueFrequencies::count(record_table, &profiles);
    let index = Index::of(record_table, &profiles);
    let scoring = ScoringContext { record_table, profiles: &profiles, terms: &terms, weights, index: &index, settings };
    let tested: Vec<RecordNo> = record_table.standing().filter(|record| hidden(*record)).collect();
    let found: Vec<(RecordNo, bool, Option<bool>)> = tested
        .par_iter()
        .map_init(
            || (Vec::new(), Vec::new()),
            |(scratch, candidates), record| {
                let left = profiles.of_record[*record as usize];
                let code = record_table.facts(*record).organisation;
                scoring.candidates(left, scratch, candidates);
                // Its code is covered up: nothing may be read from it, not even that it is one slip away from another.
                let mut weights: Vec<(f32, u64)> = candidates
                    .iter()
                    .filter(|right| !profiles.get(**right).is_unidentified() && !profiles.barred(left, **right))
                    .map(|right| (scoring.weight(&scoring.compare(left, *right)), profiles.get(*right).organisation))
                    .collect();
                weights.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
                let rivals: f64 = weights.iter().skip(1).map(|(weight, _)| f64::from(*weight).exp2()).sum();
                let best = weights.first().filter(|(weight, _)| weight - (1.0 + rivals).log2() as f32 >= settings.join_from);
                (*record, profiles.of_code(code).next().is_some(), best.map(|(_, organisation)| *organisation == code))
            },
        )
        .collect();
    let mut by_registry: Vec<Covered> = Vec::new();
    for (record, partnered, joined) in found {
        let registry = record_table.facts(record).registry;
        let at = usize::from(registry);
        if by_registry.len() <= at {
            by_registry.resize(at + 1, Covered::default());
        }
        let counts = &mut by_registry[at];
        counts.registry = registry;
        counts.tested += 1;
        counts.partnered += usize::from(partnered);
        counts.joined += usize::from(joined.is_some());
        counts.right += usize::from(joined == Some(true));
    }
    by_registry.retain(|counts| counts.tested > 0);
    by_registry
}
