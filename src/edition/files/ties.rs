//! `relations.arrow`: investments, dispatches of labour, disputes and events, found from either side.
//!
//! Rows are ordered by the subject's row; `by_other` lists their positions by the row on the other side.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, UInt16Type, UInt32Type};
use arrow_array::{
    Array, ArrayRef, Date32Array, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray, UInt32Array,
};

use crate::edition::error::EditionError;
use crate::edition::format::columns::{counts, dates, texts, words};
use crate::edition::format::row::Row;
use crate::edition::format::table::{TableColumn, column, named};
use crate::model::tie::Tie;

pub(in crate::edition) const RELATIONS: &str = "relations.arrow";

pub(in crate::edition) fn columns(
    ties: &[Tie],
    registries: &[Box<str>],
    row_of: &hashbrown::HashMap<&str, u32>,
    by_id: bool,
) -> Result<Vec<TableColumn>, EditionError> {
    let row = |id: &Option<Box<str>>| id.as_deref().and_then(|id| row_of.get(id).copied());
    let mut order: Vec<&Tie> = ties.iter().collect();
    let key = |t: &Tie| (row(&t.subject).unwrap_or(u32::MAX), t.kind, t.registry);
    order.sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| (b.since, &a.key).cmp(&(a.since, &b.key))));
    let mut by_other: Vec<u32> = (0..order.len() as u32).filter(|i| row(&order[*i as usize].other).is_some()).collect();
    by_other.sort_by_key(|i| (row(&order[*i as usize].other), *i));
    // The list is as long as the table; beyond the ties that have another side it is null.
    let by_other: UInt32Array = (0..order.len()).map(|i| by_other.get(i).copied()).collect();
    let plain = |name: &str, array: ArrayRef| column(name, array, &[]);
    let filled = |text: &'_ str| -> Option<String> { (!text.is_empty()).then(|| text.to_owned()) };
    let optional =
        |pick: fn(&Tie) -> &str| -> ArrayRef { Arc::new(order.iter().map(|t| filled(pick(t))).collect::<StringArray>()) };
    let mut columns = vec![
        plain("kind", words(order.iter().map(|t| Some(t.kind.name())))?),
        plain("subject", counts(order.iter().map(|t| row(&t.subject)))),
        plain("other", counts(order.iter().map(|t| row(&t.other)))),
        plain("subject_name", optional(|t| &t.subject_name)),
        plain("other_name", optional(|t| &t.other_name)),
        plain("other_code", optional(|t| &t.other_code)),
        plain("what", words(order.iter().map(|t| Some(&*t.what).filter(|w| !w.is_empty())))?),
        plain("title", optional(|t| &t.title)),
        plain("country", words(order.iter().map(|t| Some(&*t.country).filter(|w| !w.is_empty())))?),
        column(
            "number",
            Arc::new(order.iter().map(|t| t.number).collect::<Float64Array>()) as ArrayRef,
            &[("is", "share in percent, workers, people")],
        ),
        plain("since", dates(order.iter().map(|t| t.since))),
        plain("until", dates(order.iter().map(|t| t.until))),
        plain("registry", words(order.iter().map(|t| Some(&*registries[usize::from(t.registry)])))?),
        plain("key", texts(order.iter().map(|t| Some(&*t.key)))),
        plain("record_id", Arc::new(Int64Array::from_iter_values(order.iter().map(|t| t.record_id)))),
        column("by_other", Arc::new(by_other) as ArrayRef, &[("is", "positions in the order of `other`")]),
    ];
    if by_id {
        let ids = texts(order.iter().map(|t| t.other.as_deref()));
        columns.push(column("other_id", ids, &[("is", "id of an enterprise, also of another part")]));
    }
    Ok(columns)
}

/// The opened table; an edition written before there was one has none.
pub(in crate::edition) struct Relations {
    pub(in crate::edition) kind: DictionaryArray<UInt16Type>,
    pub(in crate::edition) subject: UInt32Array,
    pub(in crate::edition) other: UInt32Array,
    pub(in crate::edition) subject_name: StringArray,
    pub(in crate::edition) other_name: StringArray,
    /// None in an edition of a program that did not keep it.
    pub(in crate::edition) other_code: Option<StringArray>,
    pub(in crate::edition) what: DictionaryArray<UInt16Type>,
    pub(in crate::edition) title: StringArray,
    pub(in crate::edition) country: DictionaryArray<UInt16Type>,
    pub(in crate::edition) number: Float64Array,
    pub(in crate::edition) since: Date32Array,
    pub(in crate::edition) until: Date32Array,
    pub(in crate::edition) registry: DictionaryArray<UInt16Type>,
    pub(in crate::edition) key: StringArray,
    pub(in crate::edition) record_id: Int64Array,
    pub(in crate::edition) by_other: UInt32Array,
    /// In a part that only says what changed: the other side by its id.
    pub(in crate::edition) other_id: Option<StringArray>,
    /// How many have another side.
    pub(in crate::edition) with_other: usize,
}

impl Relations {
    pub(in crate::edition) fn open(batch: &RecordBatch) -> Result<Relations, EditionError> {
        let word = |name: &str| -> Result<DictionaryArray<UInt16Type>, EditionError> {
            Ok(named(batch, name)?.as_dictionary::<UInt16Type>().clone())
        };
        let text = |name: &str| -> Result<StringArray, EditionError> { Ok(named(batch, name)?.as_string::<i32>().clone()) };
        let count =
            |name: &str| -> Result<UInt32Array, EditionError> { Ok(named(batch, name)?.as_primitive::<UInt32Type>().clone()) };
        let day =
            |name: &str| -> Result<Date32Array, EditionError> { Ok(named(batch, name)?.as_primitive::<Date32Type>().clone()) };
        let by_other = count("by_other")?;
        Ok(Relations {
            kind: word("kind")?,
            subject: count("subject")?,
            other: count("other")?,
            subject_name: text("subject_name")?,
            other_name: text("other_name")?,
            other_code: batch.column_by_name("other_code").and_then(|c| c.as_string_opt()).cloned(),
            what: word("what")?,
            title: text("title")?,
            country: word("country")?,
            number: named(batch, "number")?.as_primitive::<Float64Type>().clone(),
            since: day("since")?,
            until: day("until")?,
            registry: word("registry")?,
            key: text("key")?,
            record_id: named(batch, "record_id")?.as_primitive::<Int64Type>().clone(),
            other_id: batch.column_by_name("other_id").and_then(|c| c.as_string_opt()).cloned(),
            with_other: by_other.len() - by_other.null_count(),
            by_other,
        })
    }

    pub(in crate::edition) fn of_subject(&self, row: Row) -> std::ops::Range<usize> {
        let end = self.subject.len() - self.subject.null_count();
        let rows = &self.subject.values()[..end];
        rows.partition_point(|r| *r < row)..rows.partition_point(|r| *r <= row)
    }

    pub(in crate::edition) fn of_other(&self, row: Row) -> &[u32] {
        let positions = &self.by_other.values()[..self.with_other];
        let at = |position: &u32| self.other.value(*position as usize);
        &positions[positions.partition_point(|p| at(p) < row)..positions.partition_point(|p| at(p) <= row)]
    }
}
