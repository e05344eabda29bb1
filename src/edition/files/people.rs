//! `people.arrow`: the rarer head counts, only of the enterprises that have some.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::UInt32Type;
use arrow_array::{ArrayRef, UInt32Array};

use crate::edition::format::blocks::block_columns;
use crate::edition::format::table::{TableColumn, column};
use crate::model::enterprise::{Enterprise, People};

pub(in crate::edition) type Count = (&'static str, fn(&People) -> u32);

pub(in crate::edition) const PEOPLE: [Count; 4] = [
    ("female_members", |p| p.female_members),
    ("migrant_members", |p| p.migrant_members),
    ("migrant_employees", |p| p.migrant_employees),
    ("dispatched_members", |p| p.dispatched_members),
];

block_columns! {
    /// The file, which is unpacked as a whole.
    RarerCounts {
        row: UInt32Array = |a| a.as_primitive_opt::<UInt32Type>(),
        female_members: UInt32Array = |a| a.as_primitive_opt::<UInt32Type>(),
        migrant_members: UInt32Array = |a| a.as_primitive_opt::<UInt32Type>(),
        migrant_employees: UInt32Array = |a| a.as_primitive_opt::<UInt32Type>(),
        dispatched_members: UInt32Array = |a| a.as_primitive_opt::<UInt32Type>(),
    }
}

/// `people.arrow`: the rows that have any of the rarer head counts, and those counts.
pub(in crate::edition) fn people_columns(rows: &[Enterprise]) -> Vec<TableColumn> {
    let some = |e: &Enterprise| PEOPLE.iter().any(|(_, of)| of(&e.people) > 0);
    let kept: Vec<usize> = (0..rows.len()).filter(|row| some(&rows[*row])).collect();
    let numbers = UInt32Array::from_iter_values(kept.iter().map(|row| *row as u32));
    let mut columns = vec![column("row", Arc::new(numbers) as ArrayRef, &[("of", "enterprises.arrow")])];
    for (name, of) in PEOPLE {
        let counts = UInt32Array::from_iter_values(kept.iter().map(|row| of(&rows[*row].people)));
        columns.push(column(name, Arc::new(counts) as ArrayRef, &[("counted", "nobody twice")]));
    }
    columns
}
