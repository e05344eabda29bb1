//! `enterprises.arrow`, the columns of a row, and those of the other files that are read by row.
//!
//! In: rows to write, or the mapped file. Out: typed columns. What a row means is said in `query::rows`.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, StringDictionaryBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Float32Type, Float64Type, UInt16Type, UInt32Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, LargeStringArray, ListArray,
    RecordBatch, StringArray, UInt16Array, UInt32Array,
};

use super::members::MemberColumns;
use super::unions::UnionColumns;
use crate::edition::error::EditionError;
use crate::edition::format::cells::{Small, Word, get};
use crate::edition::format::columns::{counts, dates, enum_column, lists, money, texts, words};
use crate::edition::format::table::{TableColumn, column};
use crate::model::enterprise::{Enterprise, EnterpriseField, LocationBasis};
use crate::model::verdict::{
    EnterpriseTag, FundKind, FundStatus, GapStatus, OperatingStatus, Ownership, SizeBasis, SizeClass, SizeStatus, UnionStatus,
};

macro_rules! columns {
    ($($name:ident: $T:ty = $cast:expr),+ $(,)?) => {
        /// The columns of `enterprises.arrow`, and those of the other files that are read by row.
        pub(in crate::edition) struct Columns {
            $(pub $name: $T,)+
            pub details: LargeStringArray,
            pub members: ListArray,
            pub member: MemberColumns,
            pub unions: UnionColumns,
        }
        impl Columns {
            /// Maps the columns by their names.
            ///
            /// # Errors
            /// A column that is missing or of another type.
            pub fn new(enterprises: &RecordBatch, details: &RecordBatch, members: &RecordBatch, unions: &RecordBatch) -> Result<Columns, String> {
                let members = get(members, "members")?.as_list_opt::<i32>().ok_or("members is not a list")?.clone();
                Ok(Columns {
                    $($name: {
                        let cast: fn(&dyn Array) -> Option<&$T> = $cast;
                        cast(get(enterprises, stringify!($name).trim_end_matches('_'))?)
                            .ok_or(concat!("column ", stringify!($name), " has another type"))?.clone()
                    },)+
                    details: get(details, "reasons")?.as_string_opt::<i64>().ok_or("details are not texts")?.clone(),
                    member: MemberColumns::new(members.values())?,
                    members,
                    unions: UnionColumns::new(unions)?,
                })
            }
        }
    };
}

columns! {
    id: StringArray = |a| a.as_string_opt(),
    credit_code: StringArray = |a| a.as_string_opt(),
    credit_code_raw: StringArray = |a| a.as_string_opt(),
    name: StringArray = |a| a.as_string_opt(),
    former_names: ListArray = |a| a.as_list_opt(),
    status: Small = |a| a.as_dictionary_opt(),
    established_on: Date32Array = |a| a.as_primitive_opt::<Date32Type>(),
    district: UInt32Array = |a| a.as_primitive_opt::<UInt32Type>(),
    town: UInt32Array = |a| a.as_primitive_opt::<UInt32Type>(),
    federation: Word = |a| a.as_dictionary_opt(),
    address: StringArray = |a| a.as_string_opt(),
    longitude: Float64Array = |a| a.as_primitive_opt::<Float64Type>(),
    latitude: Float64Array = |a| a.as_primitive_opt::<Float64Type>(),
    location_basis: Small = |a| a.as_dictionary_opt(),
    industry: Word = |a| a.as_dictionary_opt(),
    industry_edition: UInt16Array = |a| a.as_primitive_opt::<UInt16Type>(),
    section: Word = |a| a.as_dictionary_opt(),
    ownership: Small = |a| a.as_dictionary_opt(),
    registration_type: Word = |a| a.as_dictionary_opt(),
    investor_countries: ListArray = |a| a.as_list_opt(),
    employees: UInt32Array = |a| a.as_primitive_opt::<UInt32Type>(),
    insured: UInt32Array = |a| a.as_primitive_opt::<UInt32Type>(),
    revenue: Decimal128Array = |a| a.as_primitive_opt::<Decimal128Type>(),
    payroll: Decimal128Array = |a| a.as_primitive_opt::<Decimal128Type>(),
    tags: UInt32Array = |a| a.as_primitive_opt::<UInt32Type>(),
    registries: UInt32Array = |a| a.as_primitive_opt::<UInt32Type>(),
    conflicts: UInt32Array = |a| a.as_primitive_opt::<UInt32Type>(),
    findings: ListArray = |a| a.as_list_opt(),
    branch_of: StringArray = |a| a.as_string_opt(),
    size: Small = |a| a.as_dictionary_opt(),
    size_basis: Small = |a| a.as_dictionary_opt(),
    size_rule: Word = |a| a.as_dictionary_opt(),
    size_class: Small = |a| a.as_dictionary_opt(),
    union_: Small = |a| a.as_dictionary_opt(),
    gap: Small = |a| a.as_dictionary_opt(),
    gap_since: Date32Array = |a| a.as_primitive_opt::<Date32Type>(),
    in_gap: BooleanArray = |a| a.as_boolean_opt(),
    fund: Small = |a| a.as_dictionary_opt(),
    fund_period: Word = |a| a.as_dictionary_opt(),
    fund_due: Decimal128Array = |a| a.as_primitive_opt::<Decimal128Type>(),
    fund_paid: Decimal128Array = |a| a.as_primitive_opt::<Decimal128Type>(),
    fund_kind: Small = |a| a.as_dictionary_opt(),
    priority: Float32Array = |a| a.as_primitive_opt::<Float32Type>(),
}

pub(in crate::edition) fn enterprises(rows: &[Enterprise], sources: &[&str]) -> Result<Vec<TableColumn>, EditionError> {
    let bits = |names: Vec<&str>| names.join(",");
    let tags = bits(EnterpriseTag::ALL.iter().map(|t| t.name()).collect());
    let fields = bits(EnterpriseField::ALL.iter().map(|t| t.name()).collect());
    let mut in_gap = BooleanBuilder::with_capacity(rows.len());
    rows.iter().for_each(|e| in_gap.append_value(e.in_gap()));
    let bit_column = |name: &str, names: &str, value: fn(&Enterprise) -> u32| {
        column(name, Arc::new(rows.iter().map(value).collect::<UInt32Array>()) as ArrayRef, &[("bits, lowest first", names)])
    };
    let plain = |name: &str, array: ArrayRef| column(name, array, &[]);
    let degrees = |value: fn(crate::model::enterprise::Location) -> f64| {
        Arc::new(rows.iter().map(|e| e.location.map(value)).collect::<Float64Array>()) as ArrayRef
    };
    Ok(vec![
        plain("id", texts(rows.iter().map(|e| Some(&*e.id)))),
        plain("credit_code", texts(rows.iter().map(|e| e.credit_code.as_deref()))),
        plain("credit_code_raw", texts(rows.iter().map(|e| e.credit_code_raw.as_deref()))),
        plain("name", texts(rows.iter().map(|e| Some(&*e.name)))),
        plain("former_names", lists(rows.iter().map(|e| e.former_names.iter().map(|n| &**n)))),
        plain("status", enum_column!(rows, OperatingStatus, |e| Some(e.status))?),
        plain("established_on", dates(rows.iter().map(|e| e.established_on))),
        plain("district", counts(rows.iter().map(|e| e.district))),
        plain("town", counts(rows.iter().map(|e| e.town))),
        plain("federation", words(rows.iter().map(|e| e.federation.as_deref()))?),
        plain("address", texts(rows.iter().map(|e| e.address.as_deref()))),
        column("longitude", degrees(|l| l.longitude), &[("datum", "WGS-84")]),
        column("latitude", degrees(|l| l.latitude), &[("datum", "WGS-84")]),
        plain("location_basis", enum_column!(rows, LocationBasis, |e| e.location.map(|l| l.basis))?),
        plain("industry", words(rows.iter().map(|e| e.industry.as_deref()))?),
        column(
            "industry_edition",
            Arc::new(rows.iter().map(|e| Some(e.industry_edition)).collect::<UInt16Array>()) as ArrayRef,
            &[("classification", "GB/T 4754, year")],
        ),
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
        plain("registration_type", words(rows.iter().map(|e| e.registration_type.as_deref()))?),
        plain("investor_countries", lists(rows.iter().map(|e| e.investor_countries.iter().map(|n| &**n)))),
        plain("employees", counts(rows.iter().map(|e| e.employees))),
        plain("insured", counts(rows.iter().map(|e| e.insured))),
        column("revenue", money(rows, |e| e.revenue)?, &[("unit", "yuan")]),
        column("payroll", money(rows, |e| e.payroll)?, &[("unit", "yuan")]),
        bit_column("tags", &tags, |e| e.tags.0),
        bit_column("registries", &bits(sources.to_vec()), |e| e.registries.0),
        bit_column("conflicts", &fields, |e| e.conflicts.0),
        plain("findings", lists(rows.iter().map(|e| e.findings.iter().map(|n| &**n)))),
        plain("branch_of", texts(rows.iter().map(|e| e.branch_of.as_deref()))),
        plain("size", enum_column!(rows, SizeStatus, |e| Some(e.verdicts.size.verdict))?),
        plain("size_basis", enum_column!(rows, SizeBasis, |e| e.verdicts.size.basis)?),
        plain("size_rule", words(rows.iter().map(|e| e.verdicts.size.rule.as_deref()))?),
        plain("size_class", enum_column!(rows, SizeClass, |e| Some(e.verdicts.size.size_class))?),
        plain("union", enum_column!(rows, UnionStatus, |e| Some(e.verdicts.union.verdict))?),
        plain("gap", enum_column!(rows, GapStatus, |e| Some(e.verdicts.gap.status))?),
        plain("gap_since", dates(rows.iter().map(|e| e.verdicts.gap.since))),
        column("in_gap", Arc::new(in_gap.finish()) as ArrayRef, &[("means", "size ABOVE, gap LACKING or LACKING_INDEPENDENT")]),
        plain("fund", enum_column!(rows, FundStatus, |e| Some(e.verdicts.fund.status))?),
        plain("fund_period", words(rows.iter().map(|e| Some(&*e.verdicts.fund.period)))?),
        column("fund_due", money(rows, |e| e.verdicts.fund.due)?, &[("unit", "yuan")]),
        column("fund_paid", money(rows, |e| e.verdicts.fund.paid)?, &[("unit", "yuan")]),
        plain("fund_kind", enum_column!(rows, FundKind, |e| e.verdicts.fund.kind_paid)?),
        plain("priority", Arc::new(rows.iter().map(|e| Some(e.verdicts.priority.score)).collect::<Float32Array>())),
    ])
}
