//! The rarer measures of coverage, counted only when asked for: foreign-invested enterprises, women and migrants among the
//! members, dispatched members, dues payable and paid.
//!
//! In: the same groups and rows as `coverage`. Out: per group a `Detail`, of enterprises in scope only.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{UInt8Type, UInt32Type};
use arrow_array::{Array, Decimal128Array};
use roaring::RoaringBitmap;

use crate::edition::error::EditionError;
use crate::edition::files::count::Numbers;
use crate::edition::format::dimension::Dimension;
use crate::edition::format::measures::Detail;
use crate::edition::format::table::named;
use crate::edition::format::verdict_code;
use crate::edition::open::Edition;
use crate::edition::part::Part;
use crate::model::verdict::{GapStatus, Ownership};

impl Edition {
    /// The rarer measures of the groups that `coverage` counts, by their keys, and of all together.
    ///
    /// # Errors
    /// Broken, where a column is missing.
    pub fn detail(
        &self,
        by: &[Dimension],
        rows: &RoaringBitmap,
    ) -> Result<(BTreeMap<Vec<String>, Detail>, Detail), EditionError> {
        if let Some(part) = self.only() {
            return part.detail(by, rows);
        }
        let (mut groups, mut total) = (BTreeMap::<Vec<String>, Detail>::new(), Detail::default());
        for standing in &self.parts {
            let (of_part, all) = standing.part.detail(by, &standing.own(rows))?;
            total.add(&all);
            of_part.into_iter().for_each(|(keys, detail)| groups.entry(keys).or_default().add(&detail));
        }
        Ok((groups, total))
    }
}

impl Part {
    fn detail(&self, by: &[Dimension], rows: &RoaringBitmap) -> Result<(BTreeMap<Vec<String>, Detail>, Detail), EditionError> {
        let verdicts: &[u8] = named(&self.dims, "verdicts")?.as_primitive::<UInt8Type>().values();
        let members: &[u32] = named(&self.dims, "members")?.as_primitive::<UInt32Type>().values();
        let axes = by.iter().map(|d| self.axis(*d)).collect::<Result<Vec<_>, _>>()?;
        let group = |row: usize| {
            axes.iter().fold(0_u64, |key, (axis, codes)| {
                let number = match axis.numbers {
                    Numbers::Column(n) => u64::from(n[row]),
                    Numbers::Verdicts(f) => u64::from(f(verdicts[row])),
                };
                key * codes.len() as u64 + number
            })
        };
        let in_scope = |row: usize| verdict_code::gap(verdicts[row]) != GapStatus::OutOfScope;
        let mut found: hashbrown::HashMap<u64, Detail> = hashbrown::HashMap::new();
        let columns = &self.columns;
        let money = |column: &Decimal128Array, row: usize| (!column.is_null(row)).then(|| column.value(row) as i64);
        for row in rows.iter().map(|row| row as usize).filter(|row| in_scope(*row)) {
            let detail = found.entry(group(row)).or_default();
            detail.members += u64::from(members[row]);
            let ownership = columns.ownership.key(row).and_then(|key| Ownership::ALL.get(key));
            if matches!(ownership, Some(Ownership::Foreign | Ownership::Hmt)) {
                detail.foreign += 1;
                let union = verdict_code::union(verdicts[row]);
                detail.foreign_established += u64::from(self.counting.established_kinds.contains(&union));
            }
            let (amounts, at) = columns.particulars.amounts.at(row);
            if let Some(payroll) = money(&amounts.payroll, at) {
                detail.dues_payable.0 += (payroll as f64 * self.counting.dues_rate).round() as i64;
            }
            if let (Some(due), Some(paid)) = (money(&amounts.fund_due, at), money(&amounts.fund_paid, at)) {
                detail.fund_due.0 += due;
                detail.fund_paid.0 += paid;
            }
        }
        let (people, _) = self.people.at(0);
        for (at, row) in people.row.values().iter().enumerate() {
            if !rows.contains(*row) || !in_scope(*row as usize) {
                continue;
            }
            let detail = found.entry(group(*row as usize)).or_default();
            detail.female_members += u64::from(people.female_members.value(at));
            detail.migrant_members += u64::from(people.migrant_members.value(at));
            detail.migrant_employees += u64::from(people.migrant_employees.value(at));
            detail.dispatched_members += u64::from(people.dispatched_members.value(at));
        }
        let mut total = Detail::default();
        let mut groups = BTreeMap::new();
        for (mut key, detail) in found {
            total.add(&detail);
            let mut keys: Vec<String> = Vec::with_capacity(axes.len());
            for (_, codes) in axes.iter().rev() {
                keys.push(codes[(key % codes.len() as u64) as usize].to_owned());
                key /= codes.len() as u64;
            }
            keys.reverse();
            groups.insert(keys, detail);
        }
        Ok((groups, total))
    }
}
