//! Cubes: what coverage counts over all rows by the usual dimensions, counted once at publication.
//!
//! In: the group numbers of `dims`. Out: `cubes.arrow`, a row per group of every cube: one of the areas (district, street, federation
//! unit) or none, by one of the other dimensions or none. Questions with a filter, or by other dimensions, are counted when they
//! are asked (`count`).

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::UInt16Type;
use arrow_array::{ArrayRef, RecordBatch, UInt16Array, UInt64Array};
use rayon::prelude::*;

use super::count::{Axis, Bounds, CountedColumns, Numbers, count};
use super::counting_order::places;
use super::facets::Dims;
use crate::edition::CountingRules;
use crate::edition::error::EditionError;
use crate::edition::format::cells::get;
use crate::edition::format::columns::words;
use crate::edition::format::dimension::{Dimension, Values};
use crate::edition::format::measures::Measures;
use crate::edition::format::table::{TableColumn, column};

pub(in crate::edition) const CUBES: &str = "cubes.arrow";

/// A group of a cube: the numbers in its dimensions, 0 where it has fewer.
type Group = ([u16; 2], Measures);

/// Name of a cube in the file: its columns in the order of `Dimension`.
pub(in crate::edition) fn name_of(by: &[Dimension]) -> String {
    by.iter().map(|d| d.column()).collect::<Vec<_>>().join(",")
}

/// The columns of `cubes.arrow`. The rows are read once for each of the other dimensions, by the places that occur (district,
/// street and unit together); the rest is sums of sums.
pub(in crate::edition) fn columns(dims: &Dims, counting: &CountingRules) -> Result<Vec<TableColumn>, EditionError> {
    let facts =
        CountedColumns { verdicts: &dims.verdicts, employees: &dims.employees, members: &dims.members, unions: &dims.unions };
    let areas: Vec<&[u16]> = Dimension::areas().map(|area| dims.column(area.column())).collect();
    let Some((place_of, places)) = places(&areas) else { return written(Vec::new()) };
    let bounds = Bounds::of(facts);
    let place_axis = Axis { numbers: Numbers::Column(&place_of), size: places.len() };
    let by_place = |other: Dimension| -> Vec<Group> {
        let axis = match other.values() {
            Values::Verdicts { number, codes } => Axis { numbers: Numbers::Verdicts(number), size: codes().len() },
            Values::Column(_) => {
                Axis { numbers: Numbers::Column(dims.column(other.column())), size: dims.values[other.column()].len() }
            }
        };
        let size = axis.size as u64;
        let found = count(facts, &bounds, counting, &[place_axis, axis], None);
        found.into_iter().map(|(group, measures)| ([(group / size) as u16, (group % size) as u16], measures)).collect()
    };
    let others: Vec<Dimension> = Dimension::others().collect();
    let counted: Vec<(Dimension, Vec<Group>)> = others.par_iter().map(|other| (*other, by_place(*other))).collect();
    let mut cubes: Vec<(String, Vec<Group>)> = Vec::new();
    for (other, groups) in &counted {
        for (position, area) in Dimension::areas().enumerate() {
            let of_area = |[place, other]: [u16; 2]| [places[usize::from(place)][position], other];
            cubes.push((name_of(&[area, *other]), rolled_up(groups, of_area)));
        }
        cubes.push((name_of(&[*other]), rolled_up(groups, |[_, other]| [other, 0])));
    }
    let (_, any) = &counted[0];
    for (position, area) in Dimension::areas().enumerate() {
        cubes.push((name_of(&[area]), rolled_up(any, |[place, _]| [places[usize::from(place)][position], 0])));
    }
    cubes.push((name_of(&[]), rolled_up(any, |_| [0, 0])));
    cubes.sort_by(|a, b| a.0.cmp(&b.0));
    written(cubes)
}

fn written(cubes: Vec<(String, Vec<Group>)>) -> Result<Vec<TableColumn>, EditionError> {
    let groups = || cubes.iter().flat_map(|(_, groups)| groups);
    let number = |of: fn(&Group) -> u16| Arc::new(UInt16Array::from_iter_values(groups().map(of))) as ArrayRef;
    let names = words(cubes.iter().flat_map(|(name, groups)| groups.iter().map(|_| Some(name.as_str()))))?;
    let meaning = [("meaning", "labels.json, dims; of gap and union the position among their values")];
    let mut columns = vec![
        column("by", names, &[]),
        column("first", number(|g| g.0[0]), &meaning),
        column("second", number(|g| g.0[1]), &meaning),
    ];
    for (at, name) in Measures::NAMES.iter().enumerate() {
        let values = UInt64Array::from_iter_values(groups().map(|(_, measures)| measures.values()[at]));
        columns.push(column(name, Arc::new(values) as ArrayRef, &[]));
    }
    Ok(columns)
}

/// The same counts by other numbers, in ascending order.
fn rolled_up(groups: &[Group], to: impl Fn([u16; 2]) -> [u16; 2]) -> Vec<Group> {
    let mut sums: hashbrown::HashMap<[u16; 2], Measures> = hashbrown::HashMap::new();
    groups.iter().for_each(|(numbers, measures)| sums.entry(to(*numbers)).or_default().add(measures));
    let mut sums: Vec<Group> = sums.into_iter().collect();
    sums.sort_unstable_by_key(|(numbers, _)| *numbers);
    sums
}

/// The file, and which of its rows are whose.
pub(in crate::edition) struct Cubes {
    pub(in crate::edition) rows: RecordBatch,
    pub(in crate::edition) of: HashMap<String, Range<usize>>,
}

impl Cubes {
    /// Finds out which rows are whose.
    ///
    /// # Errors
    /// There is no column that tells.
    pub(in crate::edition) fn read(rows: &RecordBatch) -> Result<Cubes, String> {
        let by = get(rows, "by")?.as_dictionary_opt::<UInt16Type>().ok_or("by has another type")?;
        let names = by.values().as_string::<i32>();
        let keys = by.keys().values();
        let mut of = HashMap::new();
        let mut start = 0;
        for end in 1..=keys.len() {
            if end == keys.len() || keys[end] != keys[start] {
                of.insert(names.value(usize::from(keys[start])).to_owned(), start..end);
                start = end;
            }
        }
        Ok(Cubes { rows: rows.clone(), of })
    }
}
