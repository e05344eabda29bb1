//! `statistics`: what the rows of a stream say of the whole, as rows that can be added up.
//!
//! From records what grouping asks of others: where branches sit, how the issuer of codes calls whom. From profiles what weighing asks of
//! all: how many have a value. From statistics their sum. The steps that need them are given the sum of all as a file.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, Int64Array, StringArray};
use arrow_schema::DataType;

use super::columns::{Output, Rows, filled, needed, read_rows};
use super::told::not_carried;
use crate::link::shared_out::{CountedValue, GroupingFact, ValueCounter, grouping_facts};
use crate::model::problem::Problem;

/// A branch of the firm with that stem (`key`) is to be found there (`value`).
const SEAT: &str = "seat";
/// A record (`key`) of the registry that issues codes, and the code its registration number leads to (`value`).
const ISSUER: &str = "issuer";
/// Profiles of all.
const PROFILES: &str = "profiles";
const BRAND: &str = "brand";
const PHONE: &str = "phone";
const ADDRESS: &str = "address";
const ROAD: &str = "road";
const BROKEN: &str = "broken";
const REGISTRY: &str = "registry";
const KINDS: [&str; 9] = [ADDRESS, BRAND, BROKEN, ISSUER, PHONE, PROFILES, REGISTRY, ROAD, SEAT];

/// What is told: its kind, of what, and with what.
type Told = (&'static str, i64, Option<i64>);

/// Statistics that were added up.
#[derive(Debug, Default)]
pub struct KernelStatistics {
    rows: BTreeMap<Told, (i64, Option<Vec<u8>>)>,
}

impl KernelStatistics {
    /// Reads a file of statistics: a stream that [`statistics`] wrote.
    ///
    /// # Errors
    /// The file cannot be read, or holds something else.
    pub fn of_file(path: &Path) -> Result<KernelStatistics, Problem> {
        let shown = path.display();
        let file = std::fs::File::open(path).map_err(|e| {
            Problem::new("kernel_file", format!("无法读取统计 {shown}：{e}"), format!("cannot read the statistics {shown}: {e}"))
        })?;
        let mut all = KernelStatistics::default();
        let read = read_rows(file, |rows| all.add_rows(rows));
        read.map_err(|p| Problem::new(p.code, format!("{shown}：{}", p.zh), format!("{shown}: {}", p.en)))?;
        Ok(all)
    }

    fn add(&mut self, told: Told, count: i64, record: Option<&[u8]>) {
        let known = self.rows.entry(told).or_insert_with(|| (0, record.map(Into::into)));
        known.0 += count;
    }

    fn add_rows(&mut self, rows: &Rows) -> Result<(), Problem> {
        let (kinds, keys) = (needed(rows.texts("kind")?, "kind")?, needed(rows.wholes("key")?, "key")?);
        let (values, counts) = (needed(rows.wholes("value")?, "value")?, needed(rows.wholes("count")?, "count")?);
        let records = needed(rows.bytes("record")?, "record")?;
        for row in 0..rows.len() {
            let name = filled(rows, row, "kind", kinds.get(row))?;
            let kind = KINDS.iter().find(|kind| **kind == name).ok_or_else(|| {
                let (zh, en) = (format!("没有「{name}」这种统计"), format!("there are no statistics \"{name}\""));
                rows.fault(row, "kind", (zh, en))
            })?;
            let key = filled(rows, row, "key", keys.get(row))?;
            let count = filled(rows, row, "count", counts.get(row))?;
            let record = records.get(row);
            if *kind == ISSUER && record.is_none() {
                return Err(rows.fault(row, "record", ("为空", "is empty")));
            }
            self.add((*kind, key, values.get(row)), count, record);
        }
        Ok(())
    }

    /// What grouping is told of others.
    pub(super) fn facts(&self) -> impl Iterator<Item = GroupingFact> + '_ {
        self.rows.iter().filter_map(|((kind, key, value), (_, record))| match (*kind, record) {
            (SEAT, _) => Some(GroupingFact::Seat { stem: *key as u64, seat: (*value)? as u64 }),
            (ISSUER, Some(bytes)) => {
                Some(GroupingFact::Issuer { reference: *key as u64, bytes: bytes.clone(), lead: value.map(|code| code as u64) })
            }
            _ => None,
        })
    }

    /// Profiles of all; None where nobody counted any.
    pub(super) fn profiles(&self) -> Option<usize> {
        self.rows.get(&(PROFILES, 0, None)).and_then(|(count, _)| usize::try_from(*count).ok())
    }

    /// How many profiles have a value.
    pub(super) fn counts(&self) -> impl Iterator<Item = (CountedValue, u32)> + '_ {
        self.rows.iter().filter_map(|((kind, key, _), (count, _))| {
            let value = match *kind {
                BRAND => CountedValue::Brand(*key as u64),
                PHONE => CountedValue::Phone(*key as u32),
                ADDRESS => CountedValue::Address(*key as u32),
                ROAD => CountedValue::Road(*key as u64),
                BROKEN => CountedValue::Broken(*key as u64),
                REGISTRY => CountedValue::Registry(*key as u16),
                _ => return None,
            };
            Some((value, u32::try_from(*count).unwrap_or(u32::MAX)))
        })
    }

    /// Leaves out what says no more than its absence: a value that one profile has.
    fn shorten(&mut self) {
        self.rows.retain(|(kind, ..), (count, _)| *count > 1 || ![BRAND, PHONE, ADDRESS, ROAD, BROKEN].contains(kind));
    }
}

fn told(value: CountedValue) -> Told {
    match value {
        CountedValue::Brand(term) => (BRAND, term as i64, None),
        CountedValue::Phone(phone) => (PHONE, phone.into(), None),
        CountedValue::Address(whole) => (ADDRESS, whole.into(), None),
        CountedValue::Road(door) => (ROAD, door as i64, None),
        CountedValue::Broken(code) => (BROKEN, code as i64, None),
        CountedValue::Registry(registry) => (REGISTRY, registry.into(), None),
    }
}

/// Adds up what a stream says of the whole: one of records with their leads, of profiles, or of statistics. `is_whole`: nothing is added
/// afterwards, so that what says no more than its absence is left out.
///
/// # Errors
/// The stream is none, or damaged; it is of none of the three; a record or profile was written by another version, or is damaged.
pub fn statistics(input: impl Read, output: impl Write, is_whole: bool) -> Result<(), Problem> {
    let mut all = KernelStatistics::default();
    let mut counter = ValueCounter::default();
    let mut of_profiles = false;
    read_rows(input, |rows| match () {
        _ if rows.has("kind") => all.add_rows(rows),
        _ if rows.has("record") => of_records(rows, &mut all),
        _ if rows.has("profile_data") => {
            of_profiles = true;
            let profiles = needed(rows.bytes("profile_data")?, "profile_data")?;
            for row in 0..rows.len() {
                let bytes = filled(rows, row, "profile_data", profiles.get(row))?;
                counter.profile(bytes).map_err(|why| rows.fault(row, "profile_data", not_carried(why)))?;
            }
            Ok(())
        }
        _ => Err(Problem::new(
            "kernel_column",
            "没有 kind、record 或 profile_data 列：统计取自统计、记录或主体",
            "there is no column kind, record or profile_data: statistics are made of statistics, records or profiles",
        )),
    })?;
    if of_profiles {
        let (profiles, counts) = counter.counts();
        all.add((PROFILES, 0, None), profiles as i64, None);
        counts.into_iter().for_each(|(value, count)| all.add(told(value), count.into(), None));
    }
    if is_whole {
        all.shorten();
    }
    write(all, output)
}

fn of_records(rows: &Rows, all: &mut KernelStatistics) -> Result<(), Problem> {
    let (records, leads) = (needed(rows.bytes("record")?, "record")?, needed(rows.wholes("lead")?, "lead")?);
    for row in 0..rows.len() {
        let bytes = filled(rows, row, "record", records.get(row))?;
        let lead = leads.get(row).map(|code| code as u64);
        for fact in grouping_facts(bytes, lead).map_err(|why| rows.fault(row, "record", not_carried(why)))? {
            match fact {
                GroupingFact::Seat { stem, seat } => all.add((SEAT, stem as i64, Some(seat as i64)), 1, None),
                GroupingFact::Issuer { reference, bytes, lead } => {
                    all.add((ISSUER, reference as i64, lead.map(|code| code as i64)), 1, Some(&bytes));
                }
            }
        }
    }
    Ok(())
}

fn write(all: KernelStatistics, output: impl Write) -> Result<(), Problem> {
    let columns = [
        ("kind", DataType::Utf8, false),
        ("key", DataType::Int64, false),
        ("value", DataType::Int64, true),
        ("count", DataType::Int64, false),
        ("record", DataType::Binary, true),
    ];
    let mut out = Output::new(output, &columns)?;
    let rows: Vec<(Told, (i64, Option<Vec<u8>>))> = all.rows.into_iter().collect();
    out.rows(&rows, |rows| -> Vec<ArrayRef> {
        vec![
            Arc::new(rows.iter().map(|((kind, ..), _)| Some(*kind)).collect::<StringArray>()),
            Arc::new(rows.iter().map(|((_, key, _), _)| *key).collect::<Int64Array>()),
            Arc::new(rows.iter().map(|((.., value), _)| *value).collect::<Int64Array>()),
            Arc::new(rows.iter().map(|(_, (count, _))| *count).collect::<Int64Array>()),
            Arc::new(rows.iter().map(|(_, (_, record))| record.as_deref()).collect::<BinaryArray>()),
        ]
    })?;
    out.end()
}
