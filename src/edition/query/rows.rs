//! Rows of an edition: typed views on the mapped columns, nothing copied until asked for.

use std::borrow::Cow;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Float32Type, Float64Type, Int64Type, UInt8Type, UInt16Type, UInt32Type};
use arrow_array::{
    Array, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Float64Array, LargeStringArray, ListArray,
    PrimitiveArray, RecordBatch, StringArray, StructArray, UInt16Array, UInt32Array,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::edition::open::{Edition, Row};
use crate::model::enterprise::{Bits, Location, LocationBasis};
use crate::model::value::Money;
use crate::model::verdict::{
    FundKind, FundStatus, FundVerdict, GapStatus, GapVerdict, OperatingStatus, Ownership, PossibleUnion, Priority,
    PriorityFactor, Reason, SizeBasis, SizeClass, SizeStatus, SizeVerdict, UnionKind, UnionLink, UnionStatus, UnionVerdict,
    Verdicts,
};

type Small = DictionaryArray<UInt8Type>;
type Word = DictionaryArray<UInt16Type>;

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

pub(in crate::edition) struct MemberColumns {
    registry: Word,
    key: StringArray,
    part: UInt16Array,
    record_id: PrimitiveArray<Int64Type>,
    method: Word,
    weight: Float32Array,
    evidence: LargeStringArray,
}

impl MemberColumns {
    fn new(items: &dyn Array) -> Result<MemberColumns, String> {
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

pub(in crate::edition) struct UnionColumns {
    pub id: StringArray,
    pub name: StringArray,
    credit_code: StringArray,
    kind: Small,
    level: Word,
    parent: StringArray,
    district: UInt32Array,
    industrial: Word,
    established_on: Date32Array,
    employees: UInt32Array,
    members: UInt32Array,
    covers: ListArray,
    registry: Word,
    record: StringArray,
}

impl UnionColumns {
    fn new(batch: &RecordBatch) -> Result<UnionColumns, String> {
        let other = |name: &str| format!("unions.{name} has another type");
        let text = |name: &str| get(batch, name)?.as_string_opt::<i32>().cloned().ok_or_else(|| other(name));
        let word = |name: &str| get(batch, name)?.as_dictionary_opt::<UInt16Type>().cloned().ok_or_else(|| other(name));
        let count = |name: &str| get(batch, name)?.as_primitive_opt::<UInt32Type>().cloned().ok_or_else(|| other(name));
        Ok(UnionColumns {
            id: text("id")?,
            name: text("name")?,
            credit_code: text("credit_code")?,
            kind: get(batch, "kind")?.as_dictionary_opt().ok_or_else(|| other("kind"))?.clone(),
            level: word("level")?,
            parent: text("parent")?,
            district: count("district")?,
            industrial: word("industrial")?,
            established_on: get(batch, "established_on")?.as_primitive_opt().ok_or_else(|| other("established_on"))?.clone(),
            employees: count("employees")?,
            members: count("members")?,
            covers: get(batch, "covers")?.as_list_opt().ok_or_else(|| other("covers"))?.clone(),
            registry: word("registry")?,
            record: text("record")?,
        })
    }
}

fn get<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a dyn Array, String> {
    batch.column_by_name(name).map(|c| &**c).ok_or_else(|| format!("column {name} is missing"))
}

fn text(array: &StringArray, row: usize) -> Option<&str> {
    (!array.is_null(row)).then(|| array.value(row))
}

fn word(array: &Word, row: usize) -> Option<&str> {
    array.key(row).map(|key| array.values().as_string::<i32>().value(key))
}

fn number<T: arrow_array::types::ArrowPrimitiveType>(array: &PrimitiveArray<T>, row: usize) -> Option<T::Native> {
    (!array.is_null(row)).then(|| array.value(row))
}

fn date(array: &Date32Array, row: usize) -> Option<NaiveDate> {
    number(array, row).and_then(|days| NaiveDate::from_num_days_from_ce_opt(days + 719_163))
}

fn money(array: &Decimal128Array, row: usize) -> Option<Money> {
    number(array, row).map(|fen| Money(fen as i64))
}

fn texts(array: &ListArray, row: usize) -> Vec<&str> {
    let offsets = array.value_offsets();
    let values = array.values().as_string::<i32>();
    (offsets[row] as usize..offsets[row + 1] as usize).map(|i| values.value(i)).collect()
}

/// What `details.arrow` holds of the verdicts: everything that is no column of `enterprises.arrow`.
#[derive(Serialize, Deserialize)]
pub(in crate::edition) struct Reasons<'a> {
    #[serde(rename = "g", default, skip_serializing_if = "<[_]>::is_empty")]
    gap: Cow<'a, [Reason]>,
    #[serde(rename = "s", default, skip_serializing_if = "<[_]>::is_empty")]
    size: Cow<'a, [Reason]>,
    #[serde(rename = "u", default, skip_serializing_if = "<[_]>::is_empty")]
    union: Cow<'a, [Reason]>,
    #[serde(rename = "f", default, skip_serializing_if = "<[_]>::is_empty")]
    fund: Cow<'a, [Reason]>,
    #[serde(rename = "l", default, skip_serializing_if = "<[_]>::is_empty")]
    unions: Cow<'a, [UnionLink]>,
    #[serde(rename = "p", default, skip_serializing_if = "<[_]>::is_empty")]
    possible: Cow<'a, [PossibleUnion]>,
    #[serde(rename = "w", default, skip_serializing_if = "<[_]>::is_empty")]
    factors: Cow<'a, [PriorityFactor]>,
}

impl<'a> Reasons<'a> {
    pub fn of(v: &'a Verdicts) -> Reasons<'a> {
        Reasons {
            gap: (&v.gap.reasons).into(),
            size: (&v.size.reasons).into(),
            union: (&v.union.reasons).into(),
            fund: (&v.fund.reasons).into(),
            unions: (&v.union.unions).into(),
            possible: (&v.union.possible).into(),
            factors: (&v.priority.factors).into(),
        }
    }
}

/// One enterprise of an edition.
#[derive(Clone, Copy)]
pub struct EnterpriseRow<'a> {
    pub edition: &'a Edition,
    pub row: Row,
}

macro_rules! getters {
    ($($(#[$m:meta])* $name:ident: $T:ty = $read:ident($column:ident)),+ $(,)?) => {
        $($(#[$m])* pub fn $name(&self) -> $T { $read(&self.edition.columns.$column, self.row as usize) })+
    };
}
macro_rules! enums {
    ($($name:ident: $T:ty = $column:ident),+ $(,)?) => {
        $(pub fn $name(&self) -> Option<$T> {
            self.edition.columns.$column.key(self.row as usize).and_then(|key| <$T>::ALL.get(key).copied())
        })+
    };
}

impl<'a> EnterpriseRow<'a> {
    getters! {
        credit_code: Option<&'a str> = text(credit_code),
        credit_code_raw: Option<&'a str> = text(credit_code_raw),
        former_names: Vec<&'a str> = texts(former_names),
        established_on: Option<NaiveDate> = date(established_on),
        district: Option<u32> = number(district),
        town: Option<u32> = number(town),
        federation: Option<&'a str> = word(federation),
        address: Option<&'a str> = text(address),
        industry: Option<&'a str> = word(industry),
        registration_type: Option<&'a str> = word(registration_type),
        investor_countries: Vec<&'a str> = texts(investor_countries),
        employees: Option<u32> = number(employees),
        insured: Option<u32> = number(insured),
        revenue: Option<Money> = money(revenue),
        payroll: Option<Money> = money(payroll),
        findings: Vec<&'a str> = texts(findings),
        branch_of: Option<&'a str> = text(branch_of),
        size_rule: Option<&'a str> = word(size_rule),
        gap_since: Option<NaiveDate> = date(gap_since),
        fund_period: Option<&'a str> = word(fund_period),
        fund_due: Option<Money> = money(fund_due),
        fund_paid: Option<Money> = money(fund_paid),
    }
    enums! {
        status: OperatingStatus = status, ownership: Ownership = ownership, location_basis: LocationBasis = location_basis,
        size: SizeStatus = size, size_basis: SizeBasis = size_basis, size_class: SizeClass = size_class,
        union: UnionStatus = union_, gap: GapStatus = gap, fund: FundStatus = fund, fund_kind: FundKind = fund_kind,
    }
    pub fn id(&self) -> &'a str {
        self.edition.columns.id.value(self.row as usize)
    }
    pub fn name(&self) -> &'a str {
        self.edition.columns.name.value(self.row as usize)
    }
    pub fn industry_edition(&self) -> u16 {
        self.edition.columns.industry_edition.value(self.row as usize)
    }
    pub fn section(&self) -> Option<&'a str> {
        word(&self.edition.columns.section, self.row as usize)
    }
    pub fn location(&self) -> Option<Location> {
        let columns = &self.edition.columns;
        let row = self.row as usize;
        Some(Location {
            longitude: number(&columns.longitude, row)?,
            latitude: number(&columns.latitude, row)?,
            basis: self.location_basis()?,
        })
    }
    /// The registry's point, else the label point of the town, else of the district, marked as such.
    pub fn place(&self) -> Option<Location> {
        let label = |code: Option<u32>, basis| {
            let (longitude, latitude) = self.edition.area_of(code?)?.label_point?;
            Some(Location { longitude, latitude, basis })
        };
        let of_town = || label(self.town(), LocationBasis::Town);
        self.location().or_else(of_town).or_else(|| label(self.district(), LocationBasis::District))
    }
    /// Bits over `EnterpriseTag::ALL`.
    pub fn tags(&self) -> Bits {
        Bits(self.edition.columns.tags.value(self.row as usize))
    }
    /// Bits over the manifest's sources.
    pub fn registries(&self) -> Bits {
        Bits(self.edition.columns.registries.value(self.row as usize))
    }
    /// Bits over `EnterpriseField::ALL`.
    pub fn conflicts(&self) -> Bits {
        Bits(self.edition.columns.conflicts.value(self.row as usize))
    }
    pub fn in_gap(&self) -> bool {
        self.edition.columns.in_gap.value(self.row as usize)
    }
    pub fn priority(&self) -> f32 {
        self.edition.columns.priority.value(self.row as usize)
    }
    /// The reasons, as the JSON they are kept in: `g` gap, `s` size, `u` union, `f` fund, each a list of `model::Reason`.
    pub fn reasons_json(&self) -> &'a str {
        self.edition.columns.details.value(self.row as usize)
    }
    /// The verdicts with their reasons. Reading takes a few microseconds.
    pub fn verdicts(&self) -> Result<Verdicts, serde_json::Error> {
        let reasons: Reasons<'_> = serde_json::from_str(self.reasons_json())?;
        Ok(Verdicts {
            size: SizeVerdict {
                verdict: self.size().unwrap_or(SizeStatus::Unknown),
                basis: self.size_basis(),
                rule: self.size_rule().map(Into::into),
                reasons: reasons.size.into_owned(),
                size_class: self.size_class().unwrap_or(SizeClass::Unknown),
            },
            union: UnionVerdict {
                verdict: self.union().unwrap_or(UnionStatus::None),
                unions: reasons.unions.into_owned(),
                possible: reasons.possible.into_owned(),
                reasons: reasons.union.into_owned(),
            },
            gap: GapVerdict {
                status: self.gap().unwrap_or(GapStatus::Undecided),
                reasons: reasons.gap.into_owned(),
                since: self.gap_since(),
            },
            fund: FundVerdict {
                status: self.fund().unwrap_or(FundStatus::Unknown),
                period: self.fund_period().unwrap_or("").into(),
                due: self.fund_due(),
                paid: self.fund_paid(),
                kind_paid: self.fund_kind(),
                reasons: reasons.fund.into_owned(),
            },
            priority: Priority { score: self.priority(), factors: reasons.factors.into_owned() },
        })
    }
    /// The records that were joined, by registry, key and part.
    pub fn members(&self) -> impl ExactSizeIterator<Item = MemberRow<'a>> + use<'a> {
        let edition = self.edition;
        let offsets = edition.columns.members.value_offsets();
        let (start, end) = (offsets[self.row as usize] as usize, offsets[self.row as usize + 1] as usize);
        (start..end).map(move |at| MemberRow { columns: &edition.columns.member, at })
    }
}

/// A record of an enterprise, and why it belongs to it.
#[derive(Clone, Copy)]
pub struct MemberRow<'a> {
    columns: &'a MemberColumns,
    at: usize,
}

impl<'a> MemberRow<'a> {
    pub fn registry(&self) -> &'a str {
        word(&self.columns.registry, self.at).expect("a member's registry is never null")
    }
    pub fn key(&self) -> &'a str {
        self.columns.key.value(self.at)
    }
    pub fn part(&self) -> u16 {
        self.columns.part.value(self.at)
    }
    pub fn record_id(&self) -> i64 {
        self.columns.record_id.value(self.at)
    }
    pub fn method(&self) -> &'a str {
        word(&self.columns.method, self.at).expect("a member's method is never null")
    }
    pub fn weight(&self) -> Option<f32> {
        number(&self.columns.weight, self.at)
    }
    /// JSON array of `model::linkage::Evidence`, or empty.
    pub fn evidence(&self) -> &'a str {
        self.columns.evidence.value(self.at)
    }
}

/// One union of an edition.
#[derive(Clone, Copy)]
pub struct UnionRow<'a> {
    pub edition: &'a Edition,
    pub at: u32,
}

macro_rules! union_getters {
    ($($name:ident: $T:ty = $read:ident),+ $(,)?) => {
        $(pub fn $name(&self) -> $T { $read(&self.edition.columns.unions.$name, self.at as usize) })+
    };
}

impl<'a> UnionRow<'a> {
    union_getters! {
        credit_code: Option<&'a str> = text, level: Option<&'a str> = word, parent: Option<&'a str> = text,
        district: Option<u32> = number, industrial: Option<&'a str> = word, established_on: Option<NaiveDate> = date,
        employees: Option<u32> = number, members: Option<u32> = number, registry: Option<&'a str> = word,
    }
    pub fn id(&self) -> &'a str {
        self.edition.columns.unions.id.value(self.at as usize)
    }
    pub fn name(&self) -> &'a str {
        self.edition.columns.unions.name.value(self.at as usize)
    }
    pub fn record(&self) -> &'a str {
        self.edition.columns.unions.record.value(self.at as usize)
    }
    pub fn kind(&self) -> Option<UnionKind> {
        self.edition.columns.unions.kind.key(self.at as usize).and_then(|key| UnionKind::ALL.get(key).copied())
    }
    /// Rows of the covered enterprises, the host first.
    pub fn covers(&self) -> &'a [Row] {
        let covers = &self.edition.columns.unions.covers;
        let offsets = covers.value_offsets();
        let (start, end) = (offsets[self.at as usize] as usize, offsets[self.at as usize + 1] as usize);
        &covers.values().as_primitive::<UInt32Type>().values()[start..end]
    }
}

impl Edition {
    /// How many records of a registry belong to enterprises. Reads one narrow column.
    pub fn members_of(&self, registry: &str) -> u64 {
        let column = &self.columns.member.registry;
        let names = column.values().as_string::<i32>();
        let Some(key) = (0..names.len()).find(|i| names.value(*i) == registry) else { return 0 };
        column.keys().values().iter().filter(|k| usize::from(**k) == key).count() as u64
    }
    /// The enterprise of a row below `len`.
    pub fn enterprise(&self, row: Row) -> EnterpriseRow<'_> {
        EnterpriseRow { edition: self, row }
    }
    pub fn enterprise_of_id(&self, id: &str) -> Option<EnterpriseRow<'_>> {
        self.row_of_id(id).map(|row| self.enterprise(row))
    }
    pub fn union_count(&self) -> u32 {
        self.manifest.unions
    }
    /// The union at a position below `union_count`.
    pub fn union_at(&self, at: u32) -> UnionRow<'_> {
        UnionRow { edition: self, at }
    }
    pub fn union_of(&self, id: &str) -> Option<UnionRow<'_>> {
        self.union_of_id(id).map(|at| self.union_at(at))
    }
}
