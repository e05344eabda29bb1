//! `unions.arrow`: the unions of the roll, the largest first, with the rows they cover; beside it what is only told of them.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, UInt32Builder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, UInt8Type, UInt16Type, UInt32Type};
use arrow_array::{
    ArrayRef, Date32Array, DictionaryArray, ListArray, RecordBatch, StringArray, UInt8Array, UInt32Array, UInt64Array,
};

use crate::edition::error::EditionError;
use crate::edition::format::blocks::{Blocks, block_columns};
use crate::edition::format::cells::{Small, Word, get};
use crate::edition::format::columns::{counts, dates, lists, texts, words};
use crate::edition::format::row_hash;
use crate::edition::format::table::{TableColumn, column};
use crate::model::enterprise::TradeUnion;
use crate::model::verdict::UnionKind;

pub(in crate::edition) const UNION_PARTICULARS: &str = "union_particulars.arrow";

block_columns! {
    /// What is only told of a union, of the unions of a block: `union_particulars.arrow`; of an edition of an earlier program
    /// `unions.arrow`, which had these columns too.
    UnionTold {
        credit_code: StringArray = |a| a.as_string_opt(),
        level: Word = |a| a.as_dictionary_opt(),
        parent: StringArray = |a| a.as_string_opt(),
        industrial: Word = |a| a.as_dictionary_opt(),
        established_on: Date32Array = |a| a.as_primitive_opt::<Date32Type>(),
        employees: UInt32Array = |a| a.as_primitive_opt::<UInt32Type>(),
        female_members: UInt32Array = |a| a.as_primitive_opt::<UInt32Type>(),
        migrant_members: UInt32Array = |a| a.as_primitive_opt::<UInt32Type>(),
        migrant_employees: UInt32Array = |a| a.as_primitive_opt::<UInt32Type>(),
        dispatched_members: UInt32Array = |a| a.as_primitive_opt::<UInt32Type>(),
        record: StringArray = |a| a.as_string_opt(),
    }
}

pub(in crate::edition) struct UnionColumns {
    pub id: StringArray,
    pub name: StringArray,
    pub kind: Small,
    pub district: UInt32Array,
    pub members: UInt32Array,
    pub host: UInt32Array,
    pub covers: ListArray,
    pub told: Blocks<UnionTold>,
    /// In a part that only says what changed: ids in place of rows.
    pub covers_ids: Option<ListArray>,
    /// None in editions written before it was kept.
    pub hash: Option<UInt64Array>,
    /// The same of the host.
    pub host_id: Option<StringArray>,
    pub registry: Word,
}

impl UnionColumns {
    /// Maps the columns by their names.
    ///
    /// # Errors
    /// A column that is missing or of another type.
    pub fn new(batch: &RecordBatch, told: Blocks<UnionTold>) -> Result<UnionColumns, String> {
        let other = |name: &str| format!("unions.{name} has another type");
        let text = |name: &str| get(batch, name)?.as_string_opt::<i32>().cloned().ok_or_else(|| other(name));
        let word = |name: &str| get(batch, name)?.as_dictionary_opt::<UInt16Type>().cloned().ok_or_else(|| other(name));
        let count = |name: &str| get(batch, name)?.as_primitive_opt::<UInt32Type>().cloned().ok_or_else(|| other(name));
        Ok(UnionColumns {
            id: text("id")?,
            name: text("name")?,
            kind: get(batch, "kind")?.as_dictionary_opt().ok_or_else(|| other("kind"))?.clone(),
            district: count("district")?,
            members: count("members")?,
            told,
            covers: get(batch, "covers")?.as_list_opt().ok_or_else(|| other("covers"))?.clone(),
            hash: batch.column_by_name("hash").and_then(|c| c.as_primitive_opt()).cloned(),
            host: count("host")?,
            host_id: batch.column_by_name("host_id").and_then(|c| c.as_string_opt()).cloned(),
            covers_ids: batch.column_by_name("covers_ids").and_then(|c| c.as_list_opt()).cloned(),
            registry: word("registry")?,
        })
    }
}

pub(in crate::edition) fn union_particulars(unions: &[TradeUnion]) -> Result<Vec<TableColumn>, EditionError> {
    let plain = |name: &str, array: ArrayRef| column(name, array, &[]);
    Ok(vec![
        plain("credit_code", texts(unions.iter().map(|u| u.credit_code.as_deref()))),
        plain("level", words(unions.iter().map(|u| u.level.as_deref()))?),
        plain("parent", texts(unions.iter().map(|u| u.parent.as_deref()))),
        plain("industrial", words(unions.iter().map(|u| u.industrial.as_deref()))?),
        plain("established_on", dates(unions.iter().map(|u| u.established_on))),
        plain("employees", counts(unions.iter().map(|u| u.employees))),
        plain("female_members", counts(unions.iter().map(|u| u.female_members))),
        plain("migrant_members", counts(unions.iter().map(|u| u.migrant_members))),
        plain("migrant_employees", counts(unions.iter().map(|u| u.migrant_employees))),
        plain("dispatched_members", counts(unions.iter().map(|u| u.dispatched_members))),
        plain("record", texts(unions.iter().map(|u| Some(&*u.record)))),
    ])
}

pub(in crate::edition) fn union_columns(
    unions: &[TradeUnion],
    row_of: &hashbrown::HashMap<&str, u32>,
    by_id: bool,
) -> Result<Vec<TableColumn>, EditionError> {
    let plain = |name: &str, array: ArrayRef| column(name, array, &[]);
    let kinds: UInt8Array = unions.iter().map(|u| Some(u.kind as u8)).collect();
    let names = StringArray::from(UnionKind::ALL.iter().map(|k| k.name()).collect::<Vec<_>>());
    let mut covers = ListBuilder::new(UInt32Builder::new());
    for union in unions {
        union.covers.iter().filter_map(|id| row_of.get(&**id)).for_each(|row| covers.values().append_value(*row));
        covers.append(true);
    }
    let mut columns = vec![
        plain("id", texts(unions.iter().map(|u| Some(&*u.id)))),
        plain("name", texts(unions.iter().map(|u| Some(&*u.name)))),
        plain("kind", Arc::new(DictionaryArray::<UInt8Type>::try_new(kinds, Arc::new(names))?)),
        plain("district", counts(unions.iter().map(|u| u.district))),
        plain("members", counts(unions.iter().map(|u| u.members))),
        column(
            "host",
            counts(unions.iter().map(|u| row_of.get(u.host.as_deref()?).copied())),
            &[("is", "row of enterprises.arrow")],
        ),
        column("covers", Arc::new(covers.finish()) as ArrayRef, &[("items", "rows of enterprises.arrow, the host first")]),
        plain("registry", words(unions.iter().map(|u| Some(&*u.registry)))?),
    ];
    let hashes = UInt64Array::from_iter_values(unions.iter().map(row_hash::of_union));
    columns.push(column("hash", Arc::new(hashes) as ArrayRef, &[("of", "all that is said of the union")]));
    if by_id {
        columns.push(plain("host_id", texts(unions.iter().map(|u| u.host.as_deref()))));
        let ids = lists(unions.iter().map(|u| u.covers.iter().map(|id| &**id)));
        columns.push(column("covers_ids", ids, &[("items", "ids of enterprises, also of other parts, the host first")]));
    }
    Ok(columns)
}
