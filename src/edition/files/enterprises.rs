//! `enterprises.arrow`: what of a row is counted, ordered and searched by; and the columns of the other files that are read by row.
//!
//! In: rows to write, or the mapped file. Out: typed columns. What a row means is said in `query::rows`.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, StringDictionaryBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Float32Type, Float64Type, UInt16Type, UInt32Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, LargeStringArray, RecordBatch,
    StringArray, UInt32Array,
};

use super::members::MembersOfRows;
use super::particulars::Particulars;
use super::unions::UnionColumns;
use crate::edition::error::EditionError;
use crate::edition::format::blocks::Blocks;
use crate::edition::format::cells::{Small, Word, get};
use crate::edition::format::columns::{counts, dates, enum_column, money, texts, words};
use crate::edition::format::table::{TableColumn, column};
use crate::model::enterprise::{Enterprise, LocationBasis};
use crate::model::verdict::{FundStatus, GapStatus, OperatingStatus, Ownership, SizeClass, SizeStatus, UnionStatus};

macro_rules! columns {
    ($($name:ident: $T:ty = $cast:expr),+ $(,)?) => {
        /// The columns of `enterprises.arrow`, and those of the other files that are read by row.
        pub(in crate::edition) struct Columns {
            $(pub $name: $T,)+
            pub particulars: Particulars,
            pub details: Blocks<LargeStringArray>,
            pub members: Blocks<MembersOfRows>,
            pub unions: UnionColumns,
        }
        impl Columns {
            /// Maps the columns by their names.
            ///
            /// # Errors
            /// A column that is missing or of another type.
            pub fn new(
                enterprises: &RecordBatch,
                particulars: Particulars,
                details: Blocks<LargeStringArray>,
                members: Blocks<MembersOfRows>,
                unions: UnionColumns,
            ) -> Result<Columns, String> {
                Ok(Columns {
                    $($name: {
                        let cast: fn(&dyn Array) -> Option<&$T> = $cast;
                        cast(get(enterprises, stringify!($name).trim_end_matches('_'))?)
                            .ok_or(concat!("column ", stringify!($name), " has another type"))?.clone()
                    },)+
                    particulars,
                    details,
                    members,
                    unions,
                })
            }
        }
    };
}

columns! {
    id: StringArray = |a| a.as_string_opt(),
    credit_code: StringArray = |a| a.as_string_opt(),
    name: StringArray = |a| a.as_string_opt(),
    status: Small = |a| a.as_dictionary_opt(),
    established_on: Date32Array = |a| a.as_primitive_opt::<Date32Type>(),
    district: UInt32Array = |a| a.as_primitive_opt::<UInt32Type>(),
    town: UInt32Array = |a| a.as_primitive_opt::<UInt32Type>(),
    federation: Word = |a| a.as_dictionary_opt(),
    longitude: Float64Array = |a| a.as_primitive_opt::<Float64Type>(),
    latitude: Float64Array = |a| a.as_primitive_opt::<Float64Type>(),
    location_basis: Small = |a| a.as_dictionary_opt(),
    industry: Word = |a| a.as_dictionary_opt(),
    section: Word = |a| a.as_dictionary_opt(),
    ownership: Small = |a| a.as_dictionary_opt(),
    employees: UInt32Array = |a| a.as_primitive_opt::<UInt32Type>(),
    insured: UInt32Array = |a| a.as_primitive_opt::<UInt32Type>(),
    revenue: Decimal128Array = |a| a.as_primitive_opt::<Decimal128Type>(),
    registries: UInt32Array = |a| a.as_primitive_opt::<UInt32Type>(),
    size: Small = |a| a.as_dictionary_opt(),
    size_class: Small = |a| a.as_dictionary_opt(),
    union_: Small = |a| a.as_dictionary_opt(),
    gap: Small = |a| a.as_dictionary_opt(),
    gap_since: Date32Array = |a| a.as_primitive_opt::<Date32Type>(),
    in_gap: BooleanArray = |a| a.as_boolean_opt(),
    fund: Small = |a| a.as_dictionary_opt(),
    priority: Float32Array = |a| a.as_primitive_opt::<Float32Type>(),
}

pub(in crate::edition) fn enterprises(rows: &[Enterprise], sources: &[&str]) -> Result<Vec<TableColumn>, EditionError> {
    let mut in_gap = BooleanBuilder::with_capacity(rows.len());
    rows.iter().for_each(|e| in_gap.append_value(e.in_gap()));
    let plain = |name: &str, array: ArrayRef| column(name, array, &[]);
    let degrees = |value: fn(crate::model::enterprise::Location) -> f64| {
        Arc::new(rows.iter().map(|e| e.location.map(value)).collect::<Float64Array>()) as ArrayRef
    };
    Ok(vec![
        plain("id", texts(rows.iter().map(|e| Some(&*e.id)))),
        plain("credit_code", texts(rows.iter().map(|e| e.credit_code.as_deref()))),
        plain("name", texts(rows.iter().map(|e| Some(&*e.name)))),
        plain("status", enum_column!(rows, OperatingStatus, |e| Some(e.status))?),
        plain("established_on", dates(rows.iter().map(|e| e.established_on))),
        plain("district", counts(rows.iter().map(|e| e.district))),
        plain("town", counts(rows.iter().map(|e| e.town))),
        plain("federation", words(rows.iter().map(|e| e.federation.as_deref()))?),
        column("longitude", degrees(|l| l.longitude), &[("datum", "WGS-84")]),
        column("latitude", degrees(|l| l.latitude), &[("datum", "WGS-84")]),
        plain("location_basis", enum_column!(rows, LocationBasis, |e| e.location.map(|l| l.basis))?),
        plain("industry", words(rows.iter().map(|e| e.industry.as_deref()))?),
        plain("section", {
            let mut buffer = [0; 4];
            let mut builder = StringDictionaryBuilder::<UInt16Type>::new();
            for e in rows {
                match e.section {
                    Some(letter) => drop(builder.append(letter.encode_utf8(&mut buffer))?),
                    None => builder.append_null(),
                }
            }
            Arc::new(builder.finish())
        }),
        plain("ownership", enum_column!(rows, Ownership, |e| Some(e.ownership))?),
        plain("employees", counts(rows.iter().map(|e| e.employees))),
        plain("insured", counts(rows.iter().map(|e| e.insured))),
        column("revenue", money(rows, |e| e.revenue)?, &[("unit", "yuan")]),
        column(
            "registries",
            Arc::new(rows.iter().map(|e| e.registries.0).collect::<UInt32Array>()) as ArrayRef,
            &[("bits, lowest first", &*sources.join(","))],
        ),
        plain("size", enum_column!(rows, SizeStatus, |e| Some(e.verdicts.size.verdict))?),
        plain("size_class", enum_column!(rows, SizeClass, |e| Some(e.verdicts.size.size_class))?),
        plain("union", enum_column!(rows, UnionStatus, |e| Some(e.verdicts.union.verdict))?),
        plain("gap", enum_column!(rows, GapStatus, |e| Some(e.verdicts.gap.status))?),
        plain("gap_since", dates(rows.iter().map(|e| e.verdicts.gap.since))),
        column("in_gap", Arc::new(in_gap.finish()) as ArrayRef, &[("means", "size ABOVE, gap LACKING or LACKING_INDEPENDENT")]),
        plain("fund", enum_column!(rows, FundStatus, |e| Some(e.verdicts.fund.status))?),
        plain("priority", Arc::new(rows.iter().map(|e| Some(e.verdicts.priority.score)).collect::<Float32Array>())),
    ])
}
