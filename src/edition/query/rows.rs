//! Rows of an edition: typed views on the mapped columns, nothing copied until asked for.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt32Type;
use chrono::NaiveDate;

use crate::edition::files::details::Reasons;
use crate::edition::files::members::MemberColumns;
use crate::edition::format::cells::{date, money, number, text, texts, word};
use crate::edition::format::row::Row;
use crate::edition::format::table::named;
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
    /// Where it stands.
    pub edition: &'a Edition,
    /// Its number there, below `Edition::len`.
    pub row: Row,
}

macro_rules! getters {
    ($($(#[$m:meta])* $name:ident: $T:ty = $read:ident($column:ident)),+ $(,)?) => {
        $($(#[$m])* pub fn $name(&self) -> $T { $read(&self.edition.columns.$column, self.row as usize) })+
    };
}
macro_rules! enums {
    ($($(#[$m:meta])* $name:ident: $T:ty = $column:ident),+ $(,)?) => {
        $($(#[$m])* pub fn $name(&self) -> Option<$T> {
            self.edition.columns.$column.key(self.row as usize).and_then(|key| <$T>::ALL.get(key).copied())
        })+
    };
}

impl EnterpriseRow<'_> {
    /// Union members and persons employed, nobody of whom is counted at another enterprise; 0 where unknown.
    pub fn counted_people(&self) -> (u32, u32) {
        let of = |name| {
            named(&self.edition.dims, name).map_or(0, |column| column.as_primitive::<UInt32Type>().value(self.row as usize))
        };
        (of("members"), of("employees"))
    }

    /// More members than staff, where both are known: one of the two is wrong.
    pub fn members_exceed_staff(&self) -> bool {
        let (members, employees) = self.counted_people();
        employees > 0 && members > employees
    }
}

impl<'a> EnterpriseRow<'a> {
    getters! {
        /// Valid credit code.
        credit_code: Option<&'a str> = text(credit_code),
        /// Credit code as written, also where the check character fails.
        credit_code_raw: Option<&'a str> = text(credit_code_raw),
        /// Names it bore before.
        former_names: Vec<&'a str> = texts(former_names),
        /// Day of foundation.
        established_on: Option<NaiveDate> = date(established_on),
        /// Six-digit county code in force.
        district: Option<u32> = number(district),
        /// Nine-digit street or town code in force.
        town: Option<u32> = number(town),
        /// Federation unit that looks after it.
        federation: Option<&'a str> = word(federation),
        /// Registered address.
        address: Option<&'a str> = text(address),
        /// Industry code as the registry gives it.
        industry: Option<&'a str> = word(industry),
        /// Registration type (登记注册类型) as written.
        registration_type: Option<&'a str> = word(registration_type),
        /// Countries of its foreign investors.
        investor_countries: Vec<&'a str> = texts(investor_countries),
        /// Persons employed.
        employees: Option<u32> = number(employees),
        /// Persons insured.
        insured: Option<u32> = number(insured),
        /// Operating revenue of a year.
        revenue: Option<Money> = money(revenue),
        /// Wages of a year.
        payroll: Option<Money> = money(payroll),
        /// Codes of the standing findings.
        findings: Vec<&'a str> = texts(findings),
        /// Id of the enterprise whose branch it is.
        branch_of: Option<&'a str> = text(branch_of),
        /// Threshold rule that the size verdict used.
        size_rule: Option<&'a str> = word(size_rule),
        /// Day since which a union has been lacking; None also for before the first edition.
        gap_since: Option<NaiveDate> = date(gap_since),
        /// Period that the fund verdict speaks of.
        fund_period: Option<&'a str> = word(fund_period),
        /// Sum payable for that period.
        fund_due: Option<Money> = money(fund_due),
        /// Sum paid for that period.
        fund_paid: Option<Money> = money(fund_paid),
    }
    enums! {
        /// Operating status.
        status: OperatingStatus = status,
        /// Whose capital it is.
        ownership: Ownership = ownership,
        /// Whose point its location is; None where it has none of its own.
        location_basis: LocationBasis = location_basis,
        /// Above or below designated size.
        size: SizeStatus = size,
        /// What that rests on; None where it is unknown.
        size_basis: SizeBasis = size_basis,
        /// Large, medium, small or micro.
        size_class: SizeClass = size_class,
        /// How a union covers it.
        union: UnionStatus = union_,
        /// Whether a union is missing.
        gap: GapStatus = gap,
        /// Whether dues or the preparatory fund were paid.
        fund: FundStatus = fund,
        /// What was paid; None where nothing was.
        fund_kind: FundKind = fund_kind,
    }
    /// Its stable id, which outlives the edition.
    pub fn id(&self) -> &'a str {
        self.edition.columns.id.value(self.row as usize)
    }
    /// The chosen name.
    pub fn name(&self) -> &'a str {
        self.edition.columns.name.value(self.row as usize)
    }
    /// Year of GB/T 4754 that its industry code is of.
    pub fn industry_edition(&self) -> u16 {
        self.edition.columns.industry_edition.value(self.row as usize)
    }
    /// Letter of its section in that edition; None where the code does not tell.
    pub fn section(&self) -> Option<&'a str> {
        word(&self.edition.columns.section, self.row as usize)
    }
    /// The registry's own point; None where no registry gives one.
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
    /// Whether it is on the gap list.
    pub fn in_gap(&self) -> bool {
        self.edition.columns.in_gap.value(self.row as usize)
    }
    /// Priority score; higher is more urgent.
    pub fn priority(&self) -> f32 {
        self.edition.columns.priority.value(self.row as usize)
    }
    /// The reasons, as the JSON they are kept in: `g` gap, `s` size, `u` union, `f` fund, each a list of `model::Reason`.
    pub fn reasons_json(&self) -> &'a str {
        self.edition.columns.details.value(self.row as usize)
    }
    /// The verdicts with their reasons. Reading takes a few microseconds.
    ///
    /// # Errors
    /// The reasons are no JSON of this program's: the edition is not what was written.
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
    /// Name of the registry.
    pub fn registry(&self) -> &'a str {
        word(&self.columns.registry, self.at).expect("a member's registry is never null")
    }
    /// Key of the record there.
    pub fn key(&self) -> &'a str {
        self.columns.key.value(self.at)
    }
    /// 0 for the row itself, 1… for the units it covers.
    pub fn part(&self) -> u16 {
        self.columns.part.value(self.at)
    }
    /// Id in the store's `record` table.
    pub fn record_id(&self) -> i64 {
        self.columns.record_id.value(self.at)
    }
    /// What joined it: the name of a `LinkMethod`.
    pub fn method(&self) -> &'a str {
        word(&self.columns.method, self.at).expect("a member's method is never null")
    }
    /// log2 odds; None where an identifier or a person decided.
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
    /// Where it stands.
    pub edition: &'a Edition,
    /// Its position in `unions.arrow`.
    pub at: u32,
}

macro_rules! union_getters {
    ($($(#[$m:meta])* $name:ident: $T:ty = $read:ident),+ $(,)?) => {
        $($(#[$m])* pub fn $name(&self) -> $T { $read(&self.edition.columns.unions.$name, self.at as usize) })+
    };
}

impl<'a> UnionRow<'a> {
    union_getters! {
        /// The union's own credit code, which begins with 81.
        credit_code: Option<&'a str> = text,
        /// Level in the federation, as the roll words it.
        level: Option<&'a str> = word,
        /// Name of the union above it.
        parent: Option<&'a str> = text,
        /// Six-digit county code in force.
        district: Option<u32> = number,
        /// Unit id of the industrial union (产业工会) it stands under (`I-EDU`).
        industrial: Option<&'a str> = word,
        /// Day of foundation.
        established_on: Option<NaiveDate> = date,
        /// Employees, as the roll states them.
        employees: Option<u32> = number,
        /// Members, as the roll states them.
        members: Option<u32> = number,
        /// Name of the registry whose roll it stands on.
        registry: Option<&'a str> = word,
    }
    /// `U` and twelve characters.
    pub fn id(&self) -> &'a str {
        self.edition.columns.unions.id.value(self.at as usize)
    }
    /// As the roll writes it.
    pub fn name(&self) -> &'a str {
        self.edition.columns.unions.name.value(self.at as usize)
    }
    /// Key of its record on the roll.
    pub fn record(&self) -> &'a str {
        self.edition.columns.unions.record.value(self.at as usize)
    }
    /// What it means for its host; None only where the column holds no kind known here.
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
    /// The enterprise of an id; None where this edition has no such enterprise.
    pub fn enterprise_of_id(&self, id: &str) -> Option<EnterpriseRow<'_>> {
        self.row_of_id(id).map(|row| self.enterprise(row))
    }
    /// How many unions it has.
    pub fn union_count(&self) -> u32 {
        self.manifest.unions
    }
    /// The union at a position below `union_count`.
    pub fn union_at(&self, at: u32) -> UnionRow<'_> {
        UnionRow { edition: self, at }
    }
    /// The union of an id; None where this edition has no such union.
    pub fn union_of(&self, id: &str) -> Option<UnionRow<'_>> {
        self.union_of_id(id).map(|at| self.union_at(at))
    }
}
