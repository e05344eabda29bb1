//! Coverage for those who may see no single enterprise, by `format::protection`.
//!
//! In: dimensions, rows, and a [`Protection`]. Out: groups as of [`Edition::coverage`], with numbers that may be told. It does not know
//! who asks.

use roaring::RoaringBitmap;

use super::coverage::{added, few_enough};
use crate::edition::error::EditionError;
use crate::edition::files::count::{Cell, CountedColumns, count_as};
use crate::edition::format::dimension::Dimension;
use crate::edition::format::measures::{CoverageGroup, Measures};
use crate::edition::format::protection::{Protection, RecordKey};
use crate::edition::open::Edition;

impl Edition {
    /// As [`Edition::coverage`], in numbers from which no enterprise follows (see `format::protection`): groups of fewer than the least that may
    /// be told are left out like those that have none, every number of enterprises or unions is a multiple of it, and 0 stands for
    /// fewer. The total is rounded on its own, so that groups do not add up to it; it is all 0 where it is too small.
    ///
    /// # Errors
    /// BadInput, with what to do, where there would be more than `limit` groups; Broken where a column is missing.
    pub fn protected_coverage(
        &self,
        by: &[Dimension],
        rows: &RoaringBitmap,
        protection: &Protection,
        limit: usize,
    ) -> Result<(Vec<CoverageGroup>, Measures), EditionError> {
        let moved = |heads: u32, key: RecordKey| (f64::from(heads) * f64::from(key.factor)).round() as u64;
        let mut counted = self.count_each(by, rows, protection, |facts, key, row| Cell {
            count: 1,
            employees: moved(facts.employees[row], key),
            unions: u64::from(facts.unions[row]),
            members: moved(facts.members[row], key),
        })?;
        // Whose unions are counted has its key there once for each.
        let mut keys = self.count_each(by, rows, protection, |facts, key, row| Cell {
            count: u64::from(key.key),
            unions: u64::from(key.key) * u64::from(facts.unions[row]),
            ..Cell::default()
        })?;
        let lacking = self.without_universe() & rows;
        let lacking = match lacking.is_empty() {
            true => Vec::new(),
            false => self.coverage(by, &lacking, usize::MAX)?.0,
        };
        let lacking_of = |keys: &[String]| {
            let at = lacking.binary_search_by(|group| (*group.keys).cmp(keys)).ok();
            at.map_or(0, |at| lacking[at].measures.in_scope)
        };
        let (mut total, mut total_keys) = (Measures::default(), Measures::default());
        counted.iter().for_each(|group| total.add(&group.measures));
        keys.iter().for_each(|group| total_keys.add(&group.measures));
        let all_lacking: u64 = lacking.iter().map(|group| group.measures.in_scope).sum();
        let total = match total.enterprises < protection.least() {
            true => Measures::default(),
            false => protection.told(&total, &total_keys, all_lacking == 0 || all_lacking < total.in_scope),
        };
        counted.sort_unstable_by(|a, b| a.keys.cmp(&b.keys));
        keys.sort_unstable_by(|a, b| a.keys.cmp(&b.keys));
        let mut told = Vec::new();
        for (group, keys) in counted.into_iter().zip(keys) {
            debug_assert_eq!(group.keys, keys.keys);
            if group.measures.enterprises >= protection.least() {
                let lacking = lacking_of(&group.keys);
                let has_universe = lacking == 0 || lacking < group.measures.in_scope;
                told.push(CoverageGroup {
                    measures: protection.told(&group.measures, &keys.measures, has_universe),
                    keys: group.keys,
                });
            }
        }
        few_enough(told.len(), limit)?;
        Ok((told, total))
    }

    /// Every part's groups added up, its rows counted as `of` says. A group has the same rows however they are counted, so that the
    /// same groups come each time.
    fn count_each(
        &self,
        by: &[Dimension],
        rows: &RoaringBitmap,
        protection: &Protection,
        of: impl Fn(CountedColumns<'_>, RecordKey, usize) -> Cell,
    ) -> Result<Vec<CoverageGroup>, EditionError> {
        let mut parts = Vec::with_capacity(self.parts.len());
        for standing in &self.parts {
            let (part, rows) = (&standing.part, standing.own(rows));
            let ids = (0..part.len as usize).map(|row| part.columns.id.value(row));
            let (facts, axes, keys) = (part.counted_columns()?, part.axes(by)?, part.record_keys.of(protection, ids));
            let counted = count_as(facts, &part.counting, &axes, Some(&rows), |row| of(facts, keys[row], row));
            parts.push(part.with_codes(by, counted)?);
        }
        Ok(added(parts))
    }
}
