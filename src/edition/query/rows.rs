//! Rows of an edition: typed views on the mapped columns, nothing copied until asked for.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt32Type;
use chrono::NaiveDate;

use crate::edition::files::details::Reasons;
use crate::edition::files::members::MemberColumns;
use crate::edition::format::cells::{date, money, number, text, texts, word};
use crate::edition::format::row::Row;
use crate::edition::open::Edition;
use crate::model::enterprise::{Bits, Location, LocationBasis};
use crate::model::value::Money;
use crate::model::verdict::{
    FundKind, FundStatus, FundVerdict, GapStatus, GapVerdict, OperatingStatus, Ownership, Priority, SizeBasis, SizeClass,
    SizeStatus, SizeVerdict, UnionKind, UnionStatus, UnionVerdict, Verdicts,
};

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
