//! `details.arrow`: everything of the verdicts that is no column of `enterprises.arrow`, as JSON a row, in blocks.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::LargeStringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, LargeStringArray, RecordBatch};
use serde::{Deserialize, Serialize};

use crate::edition::error::EditionError;
use crate::edition::format::cells::get;
use crate::edition::format::table::{TableColumn, column};
use crate::model::enterprise::Enterprise;
use crate::model::text::json;
use crate::model::verdict::{PossibleUnion, PriorityFactor, Reason, UnionLink, Verdicts};

/// What `details.arrow` holds of the verdicts: everything that is no column of `enterprises.arrow`.
#[derive(Serialize, Deserialize)]
pub(in crate::edition) struct Reasons<'a> {
    #[serde(rename = "g", default, skip_serializing_if = "<[_]>::is_empty")]
    pub gap: Cow<'a, [Reason]>,
    #[serde(rename = "s", default, skip_serializing_if = "<[_]>::is_empty")]
    pub size: Cow<'a, [Reason]>,
    #[serde(rename = "u", default, skip_serializing_if = "<[_]>::is_empty")]
    pub union: Cow<'a, [Reason]>,
    #[serde(rename = "f", default, skip_serializing_if = "<[_]>::is_empty")]
    pub fund: Cow<'a, [Reason]>,
    #[serde(rename = "l", default, skip_serializing_if = "<[_]>::is_empty")]
    pub unions: Cow<'a, [UnionLink]>,
    #[serde(rename = "p", default, skip_serializing_if = "<[_]>::is_empty")]
    pub possible: Cow<'a, [PossibleUnion]>,
    #[serde(rename = "w", default, skip_serializing_if = "<[_]>::is_empty")]
    pub factors: Cow<'a, [PriorityFactor]>,
}

/// Of the same, the unions alone.
#[derive(Deserialize)]
pub(in crate::edition) struct Covering {
    #[serde(rename = "l", default)]
    pub unions: Vec<UnionLink>,
}

impl<'a> Reasons<'a> {
    pub fn of(v: &'a Verdicts) -> Reasons<'a> {
        Reasons {
            gap: v.gap.reasons.as_slice().into(),
            size: v.size.reasons.as_slice().into(),
            union: v.union.reasons.as_slice().into(),
            fund: v.fund.reasons.as_slice().into(),
            unions: v.union.unions.as_slice().into(),
            possible: v.union.possible.as_slice().into(),
            factors: v.priority.factors.as_slice().into(),
        }
    }
}

/// Rows of `details.arrow` and `members.arrow` that are unpacked together: a page of a filtered list may lie in as many blocks as it has
/// rows.
pub(in crate::edition) const EVIDENCE_A_BLOCK: usize = 1_024;

/// The reasons of the rows of a block.
pub(in crate::edition) fn read_reasons(batch: &RecordBatch) -> Result<LargeStringArray, String> {
    Ok(get(batch, "reasons")?.as_string_opt::<i64>().ok_or("reasons are not texts")?.clone())
}

/// What stands beside them.
pub(in crate::edition) fn read_beside(batch: &RecordBatch) -> Result<LargeStringArray, String> {
    Ok(get(batch, "beside")?.as_string_opt::<i64>().ok_or("beside is not texts")?.clone())
}

/// Puts the reasons of an enterprise together as an edition keeps them. Of a city's they take half of the memory so, and are written
/// down once; the lists themselves are empty then, but for the unions.
pub fn pack_reasons(e: &mut Enterprise) {
    e.reasons = Some(json(&Reasons::of(&e.verdicts)).into());
    let Verdicts { size, union, gap, fund, priority } = &mut e.verdicts;
    (size.reasons, union.reasons, gap.reasons, fund.reasons) = Default::default();
    (union.possible, priority.factors) = Default::default();
}

/// The reasons of an enterprise as an edition keeps them.
///
/// # Errors
/// They lie in a file that cannot be read.
pub(in crate::edition) fn reasons_of(e: &Enterprise) -> Result<Cow<'_, str>, EditionError> {
    match &e.reasons {
        Some(told) => told.text().map_err(EditionError::io(Path::new("spilled reasons"))),
        None => Ok(serde_json::to_string(&Reasons::of(&e.verdicts))?.into()),
    }
}

/// What the columns of `enterprises.arrow` do not say of the verdicts of these rows: reasons, unions, factors; see `rows::Reasons`.
/// `visit` is shown the place and the reasons of each.
pub(in crate::edition) fn details(
    rows: &[Enterprise],
    mut visit: impl FnMut(usize, &str),
) -> Result<Vec<TableColumn>, EditionError> {
    let mut reasons = LargeStringBuilder::with_capacity(rows.len(), rows.len() * 800);
    let mut beside = LargeStringBuilder::with_capacity(rows.len(), rows.len() * 40);
    let mut text = Vec::new();
    for (at, e) in rows.iter().enumerate() {
        let told = reasons_of(e)?;
        visit(at, &told);
        reasons.append_value(told);
        text.clear();
        serde_json::to_writer(&mut text, &Beside::of(e))?;
        beside.append_value(std::str::from_utf8(&text).expect("serde_json writes UTF-8"));
    }
    Ok(vec![
        column("reasons", Arc::new(reasons.finish()) as ArrayRef, &[("format", "JSON")]),
        column(
            "beside",
            Arc::new(beside.finish()) as ArrayRef,
            &[("format", "JSON: i identifiers, d who says otherwise, as bits")],
        ),
    ])
}

/// What neither a column nor a reason holds about an enterprise, and what it takes to write it again.
#[derive(Serialize, Deserialize)]
pub(in crate::edition) struct Beside<'a> {
    /// Kind and cleaned value.
    #[serde(rename = "i", default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// Field, and the registries that say something else, as bits.
    #[serde(rename = "d", default, skip_serializing_if = "Vec::is_empty")]
    pub disputed_by: Vec<(Cow<'a, str>, u32)>,
}

impl<'a> Beside<'a> {
    fn of(e: &'a Enterprise) -> Beside<'a> {
        Beside {
            identifiers: e.identifiers.iter().map(|(kind, value)| (kind.name().into(), (&**value).into())).collect(),
            disputed_by: e.disputed_by.iter().map(|(field, by)| (field.name().into(), by.0)).collect(),
        }
    }
}
