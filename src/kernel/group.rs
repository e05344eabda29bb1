//! `group`: all records that a code has become profiles, with the keys by which they are found.

use std::io::{Read, Write};
use std::sync::Arc;

use arrow_array::builder::{Int32Builder, Int64Builder, ListBuilder};
use arrow_array::{ArrayRef, BinaryArray, BooleanArray, Int64Array};
use arrow_schema::{DataType, Field};

use super::columns::{Output, filled, needed, read_rows};
use super::statistics::KernelStatistics;
use super::told::{LinkedRegistries, not_carried};
use crate::link::shared_out::{Grouper, ProfileLine};
use crate::model::problem::Problem;

/// Groups the records of a stream, which must be all that each of their codes has.
///
/// # Errors
/// The stream is none, or damaged; a column is missing or of another type; a record was written by another version, is damaged or stands
/// twice; so does one of the statistics.
pub fn group(input: impl Read, output: impl Write, told: &LinkedRegistries, all: &KernelStatistics) -> Result<(), Problem> {
    let mut grouper = Grouper::default();
    for fact in all.facts() {
        grouper.fact(&fact).map_err(|why| {
            let (zh, en) = not_carried(why);
            Problem::new("kernel_statistics", format!("统计中的一条 issuer {zh}"), format!("an issuer of the statistics {en}"))
        })?;
    }
    read_rows(input, |rows| {
        let (records, leads) = (needed(rows.bytes("record")?, "record")?, needed(rows.wholes("lead")?, "lead")?);
        for row in 0..rows.len() {
            let bytes = filled(rows, row, "record", records.get(row))?;
            let lead = leads.get(row).map(|code| code as u64);
            grouper.record(bytes, lead).map_err(|why| rows.fault(row, "record", not_carried(why)))?;
        }
        Ok(())
    })?;
    let list = |of: DataType| DataType::List(Arc::new(Field::new_list_field(of, true)));
    let columns = [
        ("profile", DataType::Int64, false),
        ("identified", DataType::Boolean, false),
        ("keys", list(DataType::Int64), false),
        ("limits", list(DataType::Int32), false),
        ("profile_data", DataType::Binary, false),
    ];
    let mut out = Output::new(output, &columns)?;
    out.rows(&grouper.profiles(&told.settings), lines)?;
    out.end()
}

fn lines(lines: &[ProfileLine]) -> Vec<ArrayRef> {
    let (mut keys, mut limits) = (ListBuilder::new(Int64Builder::new()), ListBuilder::new(Int32Builder::new()));
    for line in lines {
        for (key, limit) in &line.keys {
            keys.values().append_value(i64::from(*key));
            limits.values().append_value(i32::try_from(*limit).unwrap_or(i32::MAX));
        }
        keys.append(true);
        limits.append(true);
    }
    vec![
        Arc::new(lines.iter().map(|line| line.profile as i64).collect::<Int64Array>()),
        Arc::new(lines.iter().map(|line| Some(line.is_identified)).collect::<BooleanArray>()),
        Arc::new(keys.finish()),
        Arc::new(limits.finish()),
        Arc::new(lines.iter().map(|line| Some(&line.bytes)).collect::<BinaryArray>()),
    ]
}
