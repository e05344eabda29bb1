//! Facets: for every value of every facet the bitmap of its rows; and dims: a small number per row for counting by group.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{LargeBinaryBuilder, StringBuilder};
use arrow_array::{ArrayRef, UInt8Array, UInt16Array, UInt32Array, UInt64Array};
use hashbrown::HashMap;
use roaring::RoaringBitmap;

use crate::edition::error::EditionError;
use crate::edition::format::dimension::{Dimension, Values, digits};
use crate::edition::format::manifest::FileDigest;
use crate::edition::format::table::{TableColumn, column, write_table};
use crate::edition::format::verdict_code;
use crate::model::enterprise::{Enterprise, EnterpriseField};
use crate::model::verdict::{
    EnterpriseTag, FundStatus, GapStatus, OperatingStatus, Ownership, SizeClass, SizeStatus, UnionStatus,
};

/// Group numbers per row, given out in the order of the codes. Number 0 means unknown; `values[dim][number]` is the code.
pub struct Dims {
    pub numbers: Vec<(&'static str, Vec<u16>)>,
    pub values: BTreeMap<&'static str, Vec<String>>,
    /// By `verdict_code`: everything the counts of coverage depend on.
    pub verdicts: Vec<u8>,
    /// Nobody counted twice; 0 where absent.
    pub employees: Vec<u32>,
    pub members: Vec<u32>,
    /// Standing unions counted at it.
    pub unions: Vec<u8>,
}

impl Dims {
    /// The group numbers of a dimension.
    pub fn column(&self, name: &str) -> &[u16] {
        &self.numbers.iter().find(|(of, _)| *of == name).expect("a dimension with a column").1
    }
}

struct Interner {
    values: Vec<String>,
    numbers: HashMap<String, u16>,
}

impl Interner {
    fn new() -> Interner {
        Interner { values: vec![String::new()], numbers: HashMap::new() }
    }
    /// 0 for the empty text, and where 65,535 values are used up.
    fn number(&mut self, value: &str) -> u16 {
        if value.is_empty() {
            return 0;
        }
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let Ok(number) = u16::try_from(self.values.len()) else { return 0 };
        self.values.push(value.to_owned());
        self.numbers.insert(value.to_owned(), number);
        number
    }
    /// Gives the numbers out anew in the order of the values, and changes `column` accordingly.
    fn sort(&mut self, column: &mut [u16]) {
        let mut order: Vec<u16> = (0..self.values.len()).map(|number| number as u16).collect();
        order.sort_unstable_by(|a, b| self.values[usize::from(*a)].cmp(&self.values[usize::from(*b)]));
        let mut new = vec![0_u16; order.len()];
        order.iter().enumerate().for_each(|(number, old)| new[usize::from(*old)] = number as u16);
        column.iter_mut().for_each(|number| *number = new[usize::from(*number)]);
        self.values.sort_unstable();
        self.numbers.clear();
    }
}

/// Numbers every row in every dimension that has a column, in the order of the codes.
pub fn dims_of(rows: &[Enterprise]) -> Dims {
    use rayon::prelude::*;
    let values: Vec<_> = Dimension::ALL
        .iter()
        .filter_map(|dimension| match dimension.values() {
            Values::Column(value) => Some((dimension.column(), value)),
            Values::Verdicts { .. } => None,
        })
        .collect();
    let numbered = values.par_iter().map(|(name, value)| {
        let mut interner = Interner::new();
        let mut text = String::new();
        let number = |e: &Enterprise| {
            text.clear();
            value(e, &mut text);
            interner.number(&text)
        };
        let mut column: Vec<u16> = rows.iter().map(number).collect();
        interner.sort(&mut column);
        ((*name, column), (*name, interner.values))
    });
    let (numbers, values): (Vec<_>, Vec<_>) = numbered.collect::<Vec<_>>().into_iter().unzip();
    let values = values.into_iter().collect();
    let verdicts = rows
        .par_iter()
        .map(|e| {
            let verdicts = &e.verdicts;
            verdict_code::pack(verdicts.size.verdict, verdicts.union.verdict, verdicts.gap.status, e.people.exceeds_staff())
        })
        .collect();
    let people = |of: fn(&Enterprise) -> u32| rows.par_iter().map(of).collect();
    Dims {
        numbers,
        values,
        verdicts,
        employees: people(|e| e.people.employees),
        members: people(|e| e.people.members),
        unions: rows.par_iter().map(|e| e.people.unions.min(255) as u8).collect(),
    }
}

#[derive(Default)]
struct Facets<'a> {
    rows: BTreeMap<(&'static str, std::borrow::Cow<'a, str>), Vec<u32>>,
}

impl<'a> Facets<'a> {
    /// One value per row, by number.
    fn numbered(&mut self, facet: &'static str, values: impl Iterator<Item = &'a str>, numbers: impl Iterator<Item = usize>) {
        let values: Vec<&str> = values.collect();
        let mut lists: Vec<Vec<u32>> = vec![Vec::new(); values.len()];
        for (row, number) in numbers.enumerate() {
            lists[number].push(row as u32);
        }
        for (value, list) in values.into_iter().zip(lists) {
            if !value.is_empty() && !list.is_empty() {
                self.rows.insert((facet, value.into()), list);
            }
        }
    }
    /// Any number of values per row, as bits.
    fn bits(&mut self, facet: &'static str, values: impl Iterator<Item = &'a str>, bits: impl Fn(usize) -> u32, rows: usize) {
        let mut lists: Vec<Vec<u32>> = vec![Vec::new(); 32];
        for row in 0..rows {
            let mut left = bits(row);
            while left != 0 {
                lists[left.trailing_zeros() as usize].push(row as u32);
                left &= left - 1;
            }
        }
        for (value, list) in values.zip(lists) {
            if !list.is_empty() {
                self.rows.insert((facet, value.into()), list);
            }
        }
    }
    /// Who says something else than the chosen value of a field: `EMPLOYEES:tax`.
    fn disputes(&mut self, field: EnterpriseField, registries: &[&str], rows: &[Enterprise]) {
        let known = registries.len().min(32);
        let mut lists: Vec<Vec<u32>> = vec![Vec::new(); known];
        for (row, e) in rows.iter().enumerate().filter(|(_, e)| e.conflicts.contains(field as usize)) {
            if let Some((_, by)) = e.disputed_by.iter().find(|(f, _)| *f == field) {
                by.iter().filter(|bit| *bit < known).for_each(|bit| lists[bit].push(row as u32));
            }
        }
        for (registry, list) in registries.iter().zip(lists).filter(|(_, list)| !list.is_empty()) {
            self.rows.insert(("disputed_by", format!("{field}:{registry}").into()), list);
        }
    }
    /// Any number of texts per row.
    fn texts<I: Iterator<Item = &'a str>>(&mut self, facet: &'static str, rows: impl Iterator<Item = I>) {
        let mut lists: HashMap<&str, Vec<u32>> = HashMap::new();
        for (row, texts) in rows.enumerate() {
            for text in texts {
                let list = lists.entry(text).or_default();
                if list.last() != Some(&(row as u32)) {
                    list.push(row as u32);
                }
            }
        }
        self.rows.extend(lists.into_iter().map(|(value, list)| ((facet, value.into()), list)));
    }
}

/// Writes `facets.arrow`: facet, value, number of rows, bitmap (the portable Roaring format), sorted by facet and value.
///
/// # Errors
/// The disk does not take it.
pub fn write_facets(folder: &Path, rows: &[Enterprise], sources: &[&str], dims: &Dims) -> Result<FileDigest, EditionError> {
    let mut facets = Facets::default();
    for (name, numbers) in &dims.numbers {
        if *name == "country" {
            continue; // all countries count here, not only the first
        }
        facets.numbered(name, dims.values[name].iter().map(String::as_str), numbers.iter().map(|n| usize::from(*n)));
    }
    macro_rules! of_enum {
        ($facet:literal, $T:ty, $value:expr) => {
            facets.numbered($facet, <$T>::ALL.iter().map(|v| v.name()), rows.iter().map($value).map(|v: $T| v as usize))
        };
    }
    of_enum!("status", OperatingStatus, |e| e.status);
    of_enum!("ownership", Ownership, |e| e.ownership);
    of_enum!("size", SizeStatus, |e| e.verdicts.size.verdict);
    of_enum!("size_class", SizeClass, |e| e.verdicts.size.size_class);
    of_enum!("union", UnionStatus, |e| e.verdicts.union.verdict);
    of_enum!("gap", GapStatus, |e| e.verdicts.gap.status);
    of_enum!("fund", FundStatus, |e| e.verdicts.fund.status);
    let more_members = rows.iter().map(|e| usize::from(e.people.exceeds_staff()));
    facets.numbered("members_exceed_staff", ["no", "yes"].into_iter(), more_members);
    facets.numbered("in_gap", ["no", "yes"].into_iter(), rows.iter().map(|e| usize::from(e.in_gap())));
    facets.bits("tag", EnterpriseTag::ALL.iter().map(|t| t.name()), |row| rows[row].tags.0, rows.len());
    facets.bits("conflict", EnterpriseField::ALL.iter().map(|t| t.name()), |row| rows[row].conflicts.0, rows.len());
    for field in EnterpriseField::ALL {
        facets.disputes(*field, sources, rows);
    }
    facets.bits("registry", sources.iter().copied(), |row| rows[row].registries.0, rows.len());
    facets.texts("country", rows.iter().map(|e| e.investor_countries.iter().map(|c| &**c)));
    facets.texts("finding", rows.iter().map(|e| e.findings.iter().map(|c| &**c)));
    facets.texts("branch_of", rows.iter().map(|e| e.branch_of.iter().map(|c| &**c)));
    // Groups and classes: any prefix of three or four digits of codes of the edition in force; older editions by exact code.
    facets.texts(
        "industry",
        rows.iter().map(|e| {
            let code = digits(e.industry.as_deref().unwrap_or(""));
            let current = matches!(e.industry_edition, 0 | 2017);
            [code.get(..3), code.get(..4)].into_iter().flatten().filter(move |_| current)
        }),
    );

    let mut names = StringBuilder::new();
    let mut values = StringBuilder::new();
    let mut counts = Vec::with_capacity(facets.rows.len());
    let mut bitmaps = LargeBinaryBuilder::new();
    let mut bytes = Vec::new();
    for ((facet, value), list) in facets.rows {
        names.append_value(facet);
        values.append_value(value);
        counts.push(list.len() as u64);
        bitmap_bytes(&list, &mut bytes);
        bitmaps.append_value(&bytes);
    }
    let columns = vec![
        column("facet", Arc::new(names.finish()) as ArrayRef, &[]),
        column("value", Arc::new(values.finish()) as ArrayRef, &[]),
        column("rows", Arc::new(UInt64Array::from(counts)) as ArrayRef, &[]),
        column("bitmap", Arc::new(bitmaps.finish()) as ArrayRef, &[("format", "Roaring, portable")]),
    ];
    write_table(folder, "facets.arrow", columns)
}

/// Replaces `bytes` by the bitmap of ascending rows.
pub fn bitmap_bytes(rows: &[u32], bytes: &mut Vec<u8>) {
    let mut bitmap = RoaringBitmap::from_sorted_iter(rows.iter().copied()).expect("rows are visited in ascending order");
    bitmap.optimize();
    bytes.clear();
    bitmap.serialize_into(&mut *bytes).expect("writing to memory cannot fail");
}

pub(in crate::edition) fn dims_columns(dims: &Dims, hashes: &[u64]) -> Vec<TableColumn> {
    let mut columns: Vec<TableColumn> = dims
        .numbers
        .iter()
        .map(|(name, numbers)| {
            column(name, Arc::new(UInt16Array::from(numbers.clone())) as ArrayRef, &[("meaning", "labels.json, dims")])
        })
        .collect();
    let people = |of: &Vec<u32>| Arc::new(UInt32Array::from(of.clone())) as ArrayRef;
    columns.push(column(
        "verdicts",
        Arc::new(UInt8Array::from(dims.verdicts.clone())) as ArrayRef,
        &[("is", verdict_code::MEANING)],
    ));
    columns.push(column("employees", people(&dims.employees), &[("absent", "0"), ("counted", "nobody twice")]));
    let unions = UInt8Array::from(dims.unions.clone());
    columns.push(column(
        "unions",
        Arc::new(unions) as ArrayRef,
        &[("are", "standing unions, each at its host or at one of those it covers")],
    ));
    columns.push(column("members", people(&dims.members), &[("absent", "0"), ("counted", "nobody twice")]));
    let hashes = UInt64Array::from(hashes.to_vec());
    columns.push(column(
        "hash",
        Arc::new(hashes) as ArrayRef,
        &[("of", "all that is said of the row, its records and ties among it")],
    ));
    columns
}
