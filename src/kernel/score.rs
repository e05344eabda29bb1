//! `score`: pairs of profiles that share a key are weighed; the heaviest of each profile without a code are handed on.

use std::io::{Read, Write};
use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float32Array, Int32Array, Int64Array};
use arrow_schema::DataType;

use super::columns::{Output, filled, needed, read_rows};
use super::statistics::KernelStatistics;
use super::told::{LinkedRegistries, not_carried};
use crate::link::shared_out::{PairFault, PairLine, PairScorer, best};
use crate::model::problem::Problem;

/// Weighs the pairs of a stream, which must be all that each of their left sides has.
///
/// # Errors
/// The stream is none, or damaged; a column is missing or of another type; a profile was written by another version, or is damaged; a left
/// side has a code; nobody has counted profiles.
pub fn score(input: impl Read, output: impl Write, told: &LinkedRegistries, all: &KernelStatistics) -> Result<(), Problem> {
    let profiles = all.profiles().ok_or_else(|| {
        Problem::new(
            "kernel_statistics",
            "统计中没有主体数（profiles）；请先对所有主体运行 huitu kernel statistics",
            "the statistics hold no number of profiles; run huitu kernel statistics on all profiles first",
        )
    })?;
    let mut scorer = PairScorer::new(told.settings.clone(), told.weights.clone(), profiles, all.counts());
    let mut pairs: Vec<PairLine> = Vec::new();
    read_rows(input, |rows| {
        let (lefts, rights) = (needed(rows.bytes("left_data")?, "left_data")?, needed(rows.bytes("right_data")?, "right_data")?);
        for row in 0..rows.len() {
            let left = filled(rows, row, "left_data", lefts.get(row))?;
            let right = filled(rows, row, "right_data", rights.get(row))?;
            let found = scorer.score(left, right).map_err(|why| match why {
                PairFault::Left(why) => rows.fault(row, "left_data", not_carried(why)),
                PairFault::Right(why) => rows.fault(row, "right_data", not_carried(why)),
                PairFault::Identified => {
                    let en = "has a valid code: only profiles without one look for theirs";
                    rows.fault(row, "left_data", ("已有有效代码；只有没有代码的主体才需要寻找同伴", en))
                }
                PairFault::Itself => {
                    rows.fault(row, "right_data", ("与左侧是同一主体", "is the profile of the left side itself"))
                }
            })?;
            pairs.extend(found);
        }
        Ok(())
    })?;
    let columns = [
        ("left", DataType::Int64, false),
        ("right", DataType::Int64, false),
        ("right_registry", DataType::Int32, false),
        ("right_identified", DataType::Boolean, false),
        ("weight", DataType::Float32, false),
        ("ties", DataType::Boolean, false),
    ];
    let mut out = Output::new(output, &columns)?;
    out.rows(&best(pairs, &told.settings), lines)?;
    out.end()
}

fn lines(lines: &[(PairLine, bool)]) -> Vec<ArrayRef> {
    vec![
        Arc::new(lines.iter().map(|(pair, _)| pair.left as i64).collect::<Int64Array>()),
        Arc::new(lines.iter().map(|(pair, _)| pair.right as i64).collect::<Int64Array>()),
        Arc::new(lines.iter().map(|(pair, _)| i32::from(pair.right_registry)).collect::<Int32Array>()),
        Arc::new(lines.iter().map(|(pair, _)| Some(pair.right_is_identified)).collect::<BooleanArray>()),
        Arc::new(lines.iter().map(|(pair, _)| pair.weight).collect::<Float32Array>()),
        Arc::new(lines.iter().map(|(_, ties)| Some(*ties)).collect::<BooleanArray>()),
    ]
}
