//! Counts of coverage as a caller may be told them: graph, GeoJSON and tiles count here.
//!
//! Who sees enterprises one by one, and not their records, is not told small groups (`access::suppression`). Who sees none of them is
//! told numbers from which none follows (`edition::Protection`).

use super::context::RequestContext;
use super::problem::Problem;
use crate::access::suppression;
use crate::edition::{CoverageGroup, Dimension, Edition, Filter, Measures};

/// Groups and their total.
pub struct ToldCounts {
    /// Groups that have enterprises, in ascending order of their keys, and whether they are too small to be told.
    pub groups: Vec<(CoverageGroup, bool)>,
    /// All of them together.
    pub total: Measures,
    /// Whether all of them together are too few to be told.
    pub is_small: bool,
    /// What every number is a multiple of, where they are rounded: groups of fewer are not among `groups`.
    pub rounded_to: Option<u64>,
}

impl ToldCounts {
    /// Counts the rows of a filter by group.
    ///
    /// # Errors
    /// The filter names what does not exist; there would be more than `limit` groups; a file of the edition is damaged; the key of rounding cannot be read.
    pub fn of(
        ask: &RequestContext,
        edition: &Edition,
        by: &[Dimension],
        filter: &Filter,
        limit: usize,
    ) -> Result<ToldCounts, Problem> {
        if let Some(protection) = ask.state.protection(&ask.caller)? {
            let (groups, total) = edition.protected_coverage(by, &*edition.filter(filter)?, &protection, limit)?;
            let groups = groups.into_iter().map(|group| (group, false)).collect();
            return Ok(ToldCounts { groups, total, is_small: total.enterprises == 0, rounded_to: Some(protection.least()) });
        }
        let (groups, total) = edition.coverage_of(by, filter, limit)?;
        let least = ask.state.suppression_threshold(&ask.caller);
        let told: Vec<(&[String], u64)> = groups.iter().map(|g| (&*g.keys, g.measures.enterprises)).collect();
        let hidden = suppression::hidden(&told, least);
        let is_small = least > 0 && (1..least).contains(&total.enterprises);
        Ok(ToldCounts { groups: groups.into_iter().zip(hidden).collect(), total, is_small, rounded_to: None })
    }
}
