//! `members.arrow`: the records of each row, and why they are its; in blocks.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::LargeStringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{
    Array, ArrayRef, Float32Array, Int64Array, LargeStringArray, ListArray, PrimitiveArray, RecordBatch, StringArray,
    StructArray, UInt16Array,
};
use arrow_schema::{DataType, Field, Fields};
use hashbrown::HashMap;
use rayon::prelude::*;

use crate::edition::Member;
use crate::edition::error::EditionError;
use crate::edition::format::cells::{Word, get};
use crate::edition::format::columns::{Words, texts};
use crate::edition::format::row_hash;
use crate::edition::format::table::{TableColumn, column};
use crate::model::linkage::LinkMethod;

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

/// What `members.arrow` is made of, block by block.
pub(in crate::edition) struct MembersToWrite<'a> {
    members: &'a [Member],
    by_row: &'a MembersByRow,
    registries: Words<'a>,
    methods: Words<'a>,
}

impl<'a> MembersToWrite<'a> {
    /// # Errors
    /// There are more registries than the format holds.
    pub fn new(members: &'a [Member], by_row: &'a MembersByRow) -> Result<MembersToWrite<'a>, EditionError> {
        let mut registries: Vec<&str> = Vec::new();
        for member in members {
            if !registries.contains(&&*member.registry) {
                registries.push(&member.registry);
            }
        }
        // In an order of their own: that of the members is any.
        registries.sort_unstable();
        let methods = Words::of(LinkMethod::ALL.iter().map(|method| method.name()))?;
        Ok(MembersToWrite { members, by_row, registries: Words::of(registries.into_iter())?, methods })
    }

    /// The column of some rows; `visit` is shown the row of each member and its hash.
    ///
    /// # Errors
    /// Arrow refuses it, or evidence lies in a file that cannot be read.
    pub fn columns(&self, rows: Range<usize>, mut visit: impl FnMut(usize, u64)) -> Result<Vec<TableColumn>, EditionError> {
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
        let (positions, lengths) = self.by_row.of(rows.clone());
        let ordered = || positions.iter().map(|position| &self.members[*position as usize]);
        let lengths: Vec<usize> = lengths.collect();
        let mut evidence = LargeStringBuilder::with_capacity(positions.len(), 0);
        let row_of_each = rows.zip(&lengths).flat_map(|(row, length)| std::iter::repeat_n(row, *length));
        for (row, member) in row_of_each.zip(ordered()) {
            let told = evidence_of(member)?;
            visit(row, row_hash::of_member(member, &told));
            evidence.append_value(told);
        }
        let columns: Vec<ArrayRef> = vec![
            self.registries.column(ordered().map(|m| Some(&*m.registry)))?,
            texts(ordered().map(|m| Some(&*m.key))),
            Arc::new(UInt16Array::from_iter_values(ordered().map(|m| m.part))),
            Arc::new(Int64Array::from_iter_values(ordered().map(|m| m.record_id))),
            self.methods.column(ordered().map(|m| Some(m.method.name())))?,
            Arc::new(ordered().map(|m| m.weight).collect::<Float32Array>()),
            Arc::new(evidence.finish()),
        ];
        let offsets = arrow_buffer::OffsetBuffer::from_lengths(lengths);
        let items = Arc::new(StructArray::try_new(fields.clone(), columns, None)?);
        let item = Arc::new(Field::new("item", DataType::Struct(fields), false));
        let list: ArrayRef = Arc::new(ListArray::try_new(item, offsets, items, None)?);
        Ok(vec![column("members", list, &[])])
    }
}

/// What made a record a member, as it is written.
///
/// # Errors
/// It lies in a file that cannot be read.
pub(in crate::edition) fn evidence_of(member: &Member) -> Result<Cow<'_, str>, EditionError> {
    member.evidence.text().map_err(EditionError::io(Path::new("spilled evidence")))
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
        self.of(0..self.ends.len()).1
    }

    /// The positions of some rows, and how many members each of these rows has.
    pub fn of(&self, rows: Range<usize>) -> (&[u32], impl Iterator<Item = usize>) {
        let before = |row: usize| if row == 0 { 0 } else { self.ends[row - 1] };
        let positions = before(rows.start) as usize..before(rows.end) as usize;
        (&self.positions[positions], rows.map(move |row| (self.ends[row] - before(row)) as usize))
    }
}
