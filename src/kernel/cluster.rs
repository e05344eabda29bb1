//! `cluster`: profiles that pairs tie together, and these pairs, become entities.

use std::io::{Read, Write};
use std::sync::Arc;

use arrow_array::{ArrayRef, Float32Array, Int32Array, Int64Array, StringArray};
use arrow_schema::DataType;

use super::columns::{Output, filled, needed, read_rows};
use super::told::{LinkedRegistries, not_carried};
use crate::link::shared_out::{Gathering, GatheringFault, PairLine, RecordEntity};
use crate::model::problem::Problem;

/// Names the entities of a stream of profiles and pairs. Whatever pairs tie together stands in one stream.
///
/// # Errors
/// The stream is none, or damaged; a column is missing or of another type; a profile was written by another version, or is damaged; a pair
/// ties a profile that is not there.
pub fn cluster(input: impl Read, output: impl Write, told: &LinkedRegistries) -> Result<(), Problem> {
    let mut gathering = Gathering::default();
    read_rows(input, |rows| {
        let profiles = needed(rows.bytes("profile_data")?, "profile_data")?;
        let (lefts, rights) = (needed(rows.wholes("left")?, "left")?, needed(rows.wholes("right")?, "right")?);
        let registries = needed(rows.wholes("right_registry")?, "right_registry")?;
        let identified = needed(rows.flags("right_identified")?, "right_identified")?;
        let weights = needed(rows.floats("weight")?, "weight")?;
        for row in 0..rows.len() {
            match (profiles.get(row), lefts.get(row)) {
                (Some(bytes), None) => {
                    gathering.profile(bytes).map_err(|why| rows.fault(row, "profile_data", not_carried(why)))?;
                }
                (None, Some(left)) => {
                    let registry = filled(rows, row, "right_registry", registries.get(row))?;
                    gathering.pair(PairLine {
                        left: left as u64,
                        right: filled(rows, row, "right", rights.get(row))? as u64,
                        right_registry: u16::try_from(registry).map_err(|_| {
                            let zh = format!("{registry} 不是登记的序号");
                            rows.fault(row, "right_registry", (zh, format!("{registry} is no number of a registry")))
                        })?,
                        right_is_identified: filled(rows, row, "right_identified", identified.get(row))?,
                        weight: filled(rows, row, "weight", weights.get(row))?,
                    });
                }
                _ => {
                    let en = "a row is either a profile (profile_data) or a pair (left, right and what follows)";
                    return Err(rows.fault(
                        row,
                        "profile_data",
                        ("一行或为主体（profile_data），或为一对（left、right 等）", en),
                    ));
                }
            }
        }
        Ok(())
    })?;
    let entities = gathering.entities(&told.settings).map_err(|why| match why {
        GatheringFault::NoLeft(left) => Problem::new(
            "kernel_component",
            format!("主体 {left} 有待比对的一对，但本身不在数据流中；相连的主体须在同一数据流中"),
            why.to_string(),
        ),
        GatheringFault::NoRight(left, right) => Problem::new(
            "kernel_component",
            format!("主体 {left} 与 {right} 相连，但后者不在数据流中；相连的主体须在同一数据流中"),
            why.to_string(),
        ),
    })?;
    let columns = [
        ("registry", DataType::Utf8, false),
        ("key", DataType::Utf8, false),
        ("part", DataType::Int32, false),
        ("entity", DataType::Utf8, true),
        ("founder", DataType::Int64, true),
        ("profile", DataType::Int64, false),
        ("weight", DataType::Float32, true),
        ("partner", DataType::Int64, true),
    ];
    let mut out = Output::new(output, &columns)?;
    out.rows(&entities, |entities| lines(entities, told))?;
    out.end()
}

fn lines(lines: &[RecordEntity], told: &LinkedRegistries) -> Vec<ArrayRef> {
    let numbers = |of: fn(&RecordEntity) -> Option<u64>| -> ArrayRef {
        Arc::new(lines.iter().map(|line| of(line).map(|number| number as i64)).collect::<Int64Array>())
    };
    vec![
        Arc::new(lines.iter().map(|line| Some(told.settings.registry(line.registry))).collect::<StringArray>()),
        Arc::new(lines.iter().map(|line| Some(&*line.key)).collect::<StringArray>()),
        Arc::new(lines.iter().map(|line| i32::from(line.part)).collect::<Int32Array>()),
        Arc::new(lines.iter().map(|line| line.entity.map(|entity| entity.to_string())).collect::<StringArray>()),
        numbers(|line| line.founder),
        numbers(|line| Some(line.profile)),
        Arc::new(lines.iter().map(|line| line.weight).collect::<Float32Array>()),
        numbers(|line| line.partner),
    ]
}
