//! `members.arrow`: the records of each row, and why they are its; in blocks.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{
    Array, ArrayRef, Float32Array, LargeStringArray, ListArray, PrimitiveArray, RecordBatch, StringArray, StructArray,
    UInt16Array,
};
use arrow_schema::{DataType, Field, Fields};
use hashbrown::HashMap;
use rayon::prelude::*;

use crate::edition::Member;
use crate::edition::error::EditionError;
use crate::edition::format::cells::{Word, get};
use crate::edition::format::columns::{texts, words};
use crate::edition::format::table::{TableColumn, column};

pub(in crate::edition) struct MemberColumns {
    pub registry: Word,
    pub key: StringArray,
    pub part: UInt16Array,
    pub record_id: PrimitiveArray<Int64Type>,
    pub method: Word,
    pub weight: Float32Array,
    pub evidence: LargeStringArray,
}

/// The records of the rows of a block.
pub(in crate::edition) struct MembersOfRows {
    lists: ListArray,
    pub columns: MemberColumns,
}

impl MembersOfRows {
    /// Maps the column.
    ///
    /// # Errors
    /// It is missing, or of another type.
    pub fn read(batch: &RecordBatch) -> Result<MembersOfRows, String> {
        let lists: &ListArray = get(batch, "members")?.as_list_opt().ok_or("members is not a list")?;
        Ok(MembersOfRows { columns: MemberColumns::new(lists.values())?, lists: lists.clone() })
    }

    /// Where the records of a row of the block stand.
    pub fn of(&self, row: usize) -> Range<usize> {
        let ends = self.lists.value_offsets();
        ends[row] as usize..ends[row + 1] as usize
    }

    /// Adds how many records of each registry these rows of the block have.
    pub fn count(&self, rows: impl Iterator<Item = usize>, counts: &mut RecordsByRegistry) {
        let mut of_words = vec![0_u64; self.columns.registry.values().len()];
        let keys = self.columns.registry.keys().values();
        rows.for_each(|row| keys[self.of(row)].iter().for_each(|key| of_words[usize::from(*key)] += 1));
        let words = self.columns.registry.values().as_string::<i32>();
        for (word, count) in of_words.into_iter().enumerate().filter(|(_, count)| *count > 0) {
            *counts.entry(words.value(word).to_owned()).or_default() += count;
        }
    }
}

/// How many records, by the name of their registry.
pub(in crate::edition) type RecordsByRegistry = BTreeMap<String, u64>;

impl MemberColumns {
    /// Maps the columns by their names.
    ///
    /// # Errors
    /// A column that is missing or of another type.
    pub fn new(items: &dyn Array) -> Result<MemberColumns, String> {
        let items: &StructArray = items.as_struct_opt().ok_or("members are not structs")?;
        let field = |name: &str| items.column_by_name(name).ok_or(format!("members lack {name}"));
        let other = |name: &str| format!("members.{name} has another type");
        Ok(MemberColumns {
            registry: field("registry")?.as_dictionary_opt().ok_or_else(|| other("registry"))?.clone(),
            key: field("key")?.as_string_opt().ok_or_else(|| other("key"))?.clone(),
            part: field("part")?.as_primitive_opt().ok_or_else(|| other("part"))?.clone(),
            record_id: field("record_id")?.as_primitive_opt().ok_or_else(|| other("record_id"))?.clone(),
            method: field("method")?.as_dictionary_opt().ok_or_else(|| other("method"))?.clone(),
            weight: field("weight")?.as_primitive_opt().ok_or_else(|| other("weight"))?.clone(),
            evidence: field("evidence")?.as_string_opt().ok_or_else(|| other("evidence"))?.clone(),
        })
    }
}

pub(in crate::edition) fn members_columns(members: &[Member], by_row: &MembersByRow) -> Result<Vec<TableColumn>, EditionError> {
    let word = || DataType::Dictionary(Box::new(DataType::UInt16), Box::new(DataType::Utf8));
    let fields: Fields = vec![
        Field::new("registry", word(), false),
        Field::new("key", DataType::Utf8, false),
        Field::new("part", DataType::UInt16, false),
        Field::new("record_id", DataType::Int64, false),
        Field::new("method", word(), false),
        Field::new("weight", DataType::Float32, true),
        Field::new("evidence", DataType::LargeUtf8, false),
    ]
    .into();
    let ordered = || by_row.positions().iter().map(|position| &members[*position as usize]);
    let columns: Vec<ArrayRef> = vec![
        words(ordered().map(|m| Some(&*m.registry)))?,
        texts(ordered().map(|m| Some(&*m.key))),
        Arc::new(ordered().map(|m| m.part).collect::<Vec<u16>>().into_iter().map(Some).collect::<UInt16Array>()),
        Arc::new(arrow_array::Int64Array::from_iter_values(ordered().map(|m| m.record_id))),
        words(ordered().map(|m| Some(m.method.name())))?,
        Arc::new(ordered().map(|m| m.weight).collect::<Float32Array>()),
        Arc::new(arrow_array::LargeStringArray::from_iter_values(ordered().map(|m| &*m.evidence))),
    ];
    let offsets = arrow_buffer::OffsetBuffer::from_lengths(by_row.lengths());
    let items = Arc::new(arrow_array::StructArray::try_new(fields.clone(), columns, None)?);
    let item = Arc::new(Field::new("item", DataType::Struct(fields), false));
    let list: ArrayRef = Arc::new(arrow_array::ListArray::try_new(item, offsets, items, None)?);
    Ok(vec![column("members", list, &[])])
}

/// Positions of members, row after row; within a row by registry, key and part.
pub struct MembersByRow {
    positions: Vec<u32>,
    /// Where each row's positions end.
    ends: Vec<u32>,
}

impl MembersByRow {
    pub fn new(members: &[Member], row_of: &HashMap<&str, u32>, rows: usize) -> MembersByRow {
        const NOWHERE: u32 = u32::MAX;
        let row = |m: &Member| row_of.get(&*m.enterprise).copied().unwrap_or(NOWHERE);
        let of: Vec<u32> = members.par_iter().map(row).collect();
        let mut next = vec![0u32; rows + 1];
        of.iter().filter(|row| **row != NOWHERE).for_each(|row| next[*row as usize + 1] += 1);
        for row in 0..rows {
            next[row + 1] += next[row];
        }
        let mut positions = vec![0; next[rows] as usize];
        for (position, row) in (0..).zip(&of) {
            if *row != NOWHERE {
                let place = &mut next[*row as usize];
                positions[*place as usize] = position;
                *place += 1;
            }
        }
        // Each row's next place is now the row's end.
        next.truncate(rows);
        let mut start = 0;
        for end in &next {
            positions[start..*end as usize].sort_unstable_by(|a, b| {
                let (a, b) = (&members[*a as usize], &members[*b as usize]);
                (&a.registry, &a.key, a.part).cmp(&(&b.registry, &b.key, b.part))
            });
            start = *end as usize;
        }
        MembersByRow { positions, ends: next }
    }

    /// How many of each registry.
    pub fn by_registry(&self, members: &[Member]) -> RecordsByRegistry {
        let mut counts: HashMap<&str, u64> = HashMap::new();
        self.positions.iter().for_each(|at| *counts.entry(&members[*at as usize].registry).or_default() += 1);
        counts.into_iter().map(|(registry, count)| (registry.to_owned(), count)).collect()
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.positions.len()
    }

    pub fn positions(&self) -> &[u32] {
        &self.positions
    }

    /// How many members each row has.
    pub fn lengths(&self) -> impl Iterator<Item = usize> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        self.ends.iter().zip(starts).map(|(end, start)| (end - start) as usize)
    }
}
