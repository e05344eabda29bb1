//! Rows of an edition: typed views on the mapped columns, nothing copied until asked for.

use std::borrow::Cow;

use arrow_array::cast::AsArray;
use arrow_array::types::UInt32Type;
use chrono::NaiveDate;
use rayon::prelude::*;
use roaring::RoaringBitmap;

use crate::edition::files::details::{Covering, Reasons};
use crate::edition::files::members::{MemberColumns, RecordsByRegistry};
use crate::edition::files::names::fold;
use crate::edition::files::unions::{UnionColumns, UnionTold};
use crate::edition::format::cells::{date, money, number, text, texts, word};
use crate::edition::format::row::Row;
use crate::edition::format::table::named;
use crate::edition::open::{Edition, Standing};
use crate::edition::part::Part;
use crate::model::enterprise::{Bits, Location, LocationBasis};
use crate::model::value::Money;
use crate::model::verdict::{
    FundKind, FundStatus, FundVerdict, GapStatus, GapVerdict, OperatingStatus, Ownership, Priority, SizeBasis, SizeClass,
    SizeStatus, SizeVerdict, UnionKind, UnionLink, UnionStatus, UnionVerdict, Verdicts,
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
        $($(#[$m])* pub fn $name(&self) -> $T {
            let (part, row) = self.standing();
            $read(&part.columns.$column, row)
        })+
    };
}
/// The same of the columns of `particulars.arrow`.
macro_rules! told {
    ($($(#[$m:meta])* $name:ident: $T:ty = $read:ident($block:ident.$column:ident)),+ $(,)?) => {
        $($(#[$m])* pub fn $name(&self) -> $T {
            let (part, row) = self.standing();
            let (block, row) = part.columns.particulars.$block.at(row);
            $read(&block.$column, row)
        })+
    };
}
macro_rules! enums {
    ($($(#[$m:meta])* $name:ident: $T:ty = $column:ident),+ $(,)?) => {
        $($(#[$m])* pub fn $name(&self) -> Option<$T> {
            let (part, row) = self.standing();
            part.columns.$column.key(row).and_then(|key| <$T>::ALL.get(key).copied())
        })+
    };
}

impl EnterpriseRow<'_> {
    /// Union members and persons employed, nobody of whom is counted at another enterprise; 0 where unknown.
    pub fn counted_people(&self) -> (u32, u32) {
        let (part, row) = self.standing();
        let of = |name| named(&part.dims, name).map_or(0, |column| column.as_primitive::<UInt32Type>().value(row));
        (of("members"), of("employees"))
    }

    /// More members than staff, where both are known: one of the two is wrong.
    pub fn members_exceed_staff(&self) -> bool {
        let (members, employees) = self.counted_people();
        employees > 0 && members > employees
    }
}

impl<'a> EnterpriseRow<'a> {
    /// The part it stands in, and its number there.
    pub(in crate::edition) fn standing(&self) -> (&'a Part, usize) {
        let (standing, at) = self.edition.place(self.row);
        (&standing.part, at)
    }
    getters! {
        /// Valid credit code.
        credit_code: Option<&'a str> = text(credit_code),
        /// Day of foundation.
        established_on: Option<NaiveDate> = date(established_on),
        /// Six-digit county code in force.
        district: Option<u32> = number(district),
        /// Nine-digit street or town code in force.
        town: Option<u32> = number(town),
        /// Federation unit that looks after it.
        federation: Option<&'a str> = word(federation),
        /// Industry code as the registry gives it.
        industry: Option<&'a str> = word(industry),
        /// Persons employed.
        employees: Option<u32> = number(employees),
        /// Persons insured.
        insured: Option<u32> = number(insured),
        /// Operating revenue of a year.
        revenue: Option<Money> = money(revenue),
        /// Day since which a union has been lacking; None also for before the first edition.
        gap_since: Option<NaiveDate> = date(gap_since),
    }
    told! {
        /// Names it bore before.
        former_names: Vec<&'a str> = texts(told.former_names),
        /// Registered address.
        address: Option<&'a str> = text(addresses.address),
        /// Registration type (登记注册类型) as written.
        registration_type: Option<&'a str> = word(told.registration_type),
        /// Countries of its foreign investors.
        investor_countries: Vec<&'a str> = texts(told.investor_countries),
        /// Wages of a year.
        payroll: Option<Money> = money(amounts.payroll),
        /// Codes of the standing findings.
        findings: Vec<&'a str> = texts(told.findings),
        /// Id of the enterprise whose branch it is.
        branch_of: Option<&'a str> = text(told.branch_of),
        /// Threshold rule that the size verdict used.
        size_rule: Option<&'a str> = word(told.size_rule),
        /// Period that the fund verdict speaks of.
        fund_period: Option<&'a str> = word(told.fund_period),
        /// Sum payable for that period.
        fund_due: Option<Money> = money(amounts.fund_due),
        /// Sum paid for that period.
        fund_paid: Option<Money> = money(amounts.fund_paid),
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
        /// Large, medium, small or micro.
        size_class: SizeClass = size_class,
        /// How a union covers it.
        union: UnionStatus = union_,
        /// Whether a union is missing.
        gap: GapStatus = gap,
        /// Whether dues or the preparatory fund were paid.
        fund: FundStatus = fund,
    }
    /// What the size verdict rests on; None where it is unknown.
    pub fn size_basis(&self) -> Option<SizeBasis> {
        let (part, row) = self.standing();
        let (told, row) = part.columns.particulars.told.at(row);
        told.size_basis.key(row).and_then(|key| SizeBasis::ALL.get(key).copied())
    }
    /// What was paid; None where nothing was.
    pub fn fund_kind(&self) -> Option<FundKind> {
        let (part, row) = self.standing();
        let (told, row) = part.columns.particulars.told.at(row);
        told.fund_kind.key(row).and_then(|key| FundKind::ALL.get(key).copied())
    }
    /// Credit code as written, also where the check character fails.
    pub fn credit_code_raw(&self) -> Option<&'a str> {
        let (part, row) = self.standing();
        let (codes, at) = part.columns.particulars.codes.at(row);
        // Only what is written otherwise stands there.
        match text(&codes.credit_code_raw, at) {
            Some(code) => Some(code).filter(|code| !code.is_empty()),
            None => self.credit_code(),
        }
    }
    /// Its stable id, which outlives the edition.
    pub fn id(&self) -> &'a str {
        let (part, row) = self.standing();
        part.columns.id.value(row)
    }
    /// Whether this is its name today, whatever width, case and punctuation it is written in.
    pub fn is_called(&self, name: &str) -> bool {
        fold(self.name()) == fold(name)
    }
    /// The chosen name.
    pub fn name(&self) -> &'a str {
        let (part, row) = self.standing();
        part.columns.name.value(row)
    }
    /// Year of GB/T 4754 that its industry code is of.
    pub fn industry_edition(&self) -> u16 {
        let (part, row) = self.standing();
        let (told, row) = part.columns.particulars.told.at(row);
        told.industry_edition.value(row)
    }
    /// Letter of its section in that edition; None where the code does not tell.
    pub fn section(&self) -> Option<&'a str> {
        let (part, row) = self.standing();
        word(&part.columns.section, row)
    }
    /// The registry's own point; None where no registry gives one.
    pub fn location(&self) -> Option<Location> {
        let (part, row) = self.standing();
        let columns = &part.columns;
        Some(Location {
            longitude: number(&columns.longitude, row)?,
            latitude: number(&columns.latitude, row)?,
            basis: self.location_basis()?,
        })
    }
    /// The registry's point, else the town's own label point, else the district's, marked as such.
    pub fn place(&self) -> Option<Location> {
        let label = |code: Option<u32>, basis| {
            let (longitude, latitude) = self.edition.area_of(code?)?.label_point?;
            Some(Location { longitude, latitude, basis })
        };
        // A town without a point of its own has its district's.
        let of_district = || label(self.district(), LocationBasis::District);
        let is_own = |town: &Location| of_district().is_none_or(|d| (d.longitude, d.latitude) != (town.longitude, town.latitude));
        let of_town = || label(self.town(), LocationBasis::Town).filter(is_own);
        self.location().or_else(of_town).or_else(of_district)
    }
    /// Bits over `EnterpriseTag::ALL`.
    pub fn tags(&self) -> Bits {
        let (part, row) = self.standing();
        let (told, row) = part.columns.particulars.told.at(row);
        Bits(told.tags.value(row))
    }
    /// Bits over the manifest's sources.
    pub fn registries(&self) -> Bits {
        let (part, row) = self.standing();
        Bits(part.columns.registries.value(row))
    }
    /// Bits over `EnterpriseField::ALL`.
    pub fn conflicts(&self) -> Bits {
        let (part, row) = self.standing();
        let (told, row) = part.columns.particulars.told.at(row);
        Bits(told.conflicts.value(row))
    }
    /// Whether it is on the gap list.
    pub fn in_gap(&self) -> bool {
        let (part, row) = self.standing();
        part.columns.in_gap.value(row)
    }
    /// Priority score; higher is more urgent.
    pub fn priority(&self) -> f32 {
        let (part, row) = self.standing();
        part.columns.priority.value(row)
    }
    /// The reasons, as the JSON they are kept in: `g` gap, `s` size, `u` union, `f` fund, each a list of `model::Reason`.
    pub fn reasons_json(&self) -> &'a str {
        let (part, row) = self.standing();
        let (reasons, row) = part.columns.details.at(row);
        reasons.value(row)
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
                reasons: reasons.size.into_owned().into(),
                size_class: self.size_class().unwrap_or(SizeClass::Unknown),
            },
            union: UnionVerdict {
                verdict: self.union().unwrap_or(UnionStatus::None),
                unions: reasons.unions.into_owned().into(),
                possible: reasons.possible.into_owned().into(),
                reasons: reasons.union.into_owned().into(),
            },
            gap: GapVerdict {
                status: self.gap().unwrap_or(GapStatus::Undecided),
                reasons: reasons.gap.into_owned().into(),
                since: self.gap_since(),
            },
            fund: FundVerdict {
                status: self.fund().unwrap_or(FundStatus::Unknown),
                period: self.fund_period().unwrap_or("").into(),
                due: self.fund_due(),
                paid: self.fund_paid(),
                kind_paid: self.fund_kind(),
                reasons: reasons.fund.into_owned().into(),
            },
            priority: Priority { score: self.priority(), factors: reasons.factors.into_owned().into() },
        })
    }
    /// The first of the unions that cover it: the strongest.
    ///
    /// # Errors
    /// As of [`EnterpriseRow::verdicts`], of which this reads the least part.
    pub fn strongest_union(&self) -> Result<Option<UnionLink>, serde_json::Error> {
        Ok(serde_json::from_str::<Covering>(self.reasons_json())?.unions.into_iter().next())
    }
    /// The records that were joined, by registry, key and part.
    pub fn members(&self) -> impl ExactSizeIterator<Item = MemberRow<'a>> + use<'a> {
        let (part, row) = self.standing();
        let (members, row) = part.columns.members.at(row);
        members.of(row).map(move |at| MemberRow { columns: &members.columns, at })
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
    /// Its number there; see `Edition::unions`.
    pub at: u32,
}

macro_rules! union_getters {
    ($place:ident: $($(#[$m:meta])* $name:ident: $T:ty = $read:ident),+ $(,)?) => {
        $($(#[$m])* pub fn $name(&self) -> $T {
            let (unions, at) = self.$place();
            $read(&unions.$name, at)
        })+
    };
}

impl<'a> UnionRow<'a> {
    fn place(&self) -> (&'a UnionColumns, usize) {
        let (standing, at) = self.edition.place_of_union(self.at);
        (&standing.part.columns.unions, at)
    }
    /// What is only told of it.
    pub(in crate::edition) fn told(&self) -> (&'a UnionTold, usize) {
        let (unions, at) = self.place();
        unions.told.at(at)
    }
    union_getters! { place:
        /// Six-digit county code in force.
        district: Option<u32> = number,
        /// Members, as the roll states them.
        members: Option<u32> = number,
        /// Name of the registry whose roll it stands on.
        registry: Option<&'a str> = word,
    }
    union_getters! { told:
        /// The union's own credit code, which begins with 81.
        credit_code: Option<&'a str> = text,
        /// Level in the federation, as the roll words it.
        level: Option<&'a str> = word,
        /// Name of the union above it.
        parent: Option<&'a str> = text,
        /// Unit id of the industrial union (产业工会) it stands under (`I-EDU`).
        industrial: Option<&'a str> = word,
        /// Day of foundation.
        established_on: Option<NaiveDate> = date,
        /// Employees, as the roll states them.
        employees: Option<u32> = number,
    }
    /// `U` and twelve characters.
    pub fn id(&self) -> &'a str {
        let (unions, at) = self.place();
        unions.id.value(at)
    }
    /// As the roll writes it.
    pub fn name(&self) -> &'a str {
        let (unions, at) = self.place();
        unions.name.value(at)
    }
    /// Key of its record on the roll.
    pub fn record(&self) -> &'a str {
        let (told, at) = self.told();
        told.record.value(at)
    }
    /// What it means for its host; None only where the column holds no kind known here.
    pub fn kind(&self) -> Option<UnionKind> {
        let (unions, at) = self.place();
        unions.kind.key(at).and_then(|key| UnionKind::ALL.get(key).copied())
    }
    /// Rows of the covered enterprises, the host first.
    pub fn covers(&self) -> Vec<Row> {
        let (standing, at) = self.edition.place_of_union(self.at);
        let unions = &standing.part.columns.unions;
        let range = |list: &arrow_array::ListArray| list.value_offsets()[at] as usize..list.value_offsets()[at + 1] as usize;
        // A part that only says what changed names enterprises of other parts, by their ids.
        if let Some(ids) = &unions.covers_ids {
            let values = ids.values().as_string::<i32>();
            return range(ids).filter_map(|i| self.edition.row_of_id(values.value(i))).collect();
        }
        let rows = &unions.covers.values().as_primitive::<UInt32Type>().values()[range(&unions.covers)];
        match self.edition.only() {
            Some(_) => rows.to_vec(),
            None => rows.iter().filter_map(|row| self.edition.current(row + standing.start)).collect(),
        }
    }
}

impl Edition {
    /// How many records of a registry belong to enterprises.
    pub fn members_of(&self, registry: &str) -> u64 {
        (0..self.parts.len()).map(|part| self.records_of(part).get(registry).copied().unwrap_or(0)).sum()
    }
    /// How many records the standing enterprises of a part have, by registry. Editions of earlier programs are counted.
    pub(in crate::edition) fn records_of(&self, part: usize) -> Cow<'_, RecordsByRegistry> {
        if let Some(known) = self.manifest.records.get(part) {
            return Cow::Borrowed(known);
        }
        let standing = &self.parts[part];
        let mut rows = (*standing.part.all).clone();
        rows -= &standing.dead;
        Cow::Owned(records_of(&standing.part, &rows))
    }
    /// Every enterprise, by falling priority.
    pub fn enterprises(&self) -> impl Iterator<Item = EnterpriseRow<'_>> {
        let merged = self.only().is_none().then(|| self.in_order(&self.all()).collect::<Vec<Row>>());
        let plain = if merged.is_none() { 0..self.len() } else { 0..0 };
        plain.chain(merged.unwrap_or_default()).map(|row| self.enterprise(row))
    }

    /// The enterprise of a row.
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
    /// Numbers of all unions, the largest first, equal ones by id.
    pub fn unions(&self) -> impl Iterator<Item = u32> {
        let standing = |p: &Standing| {
            let (dead, first) = (p.dead_unions.clone(), p.first_union);
            (0..p.part.unions).filter(move |at| !dead.contains(*at)).map(move |at| first + at)
        };
        let mut numbers: Vec<u32> = self.parts.iter().flat_map(standing).collect();
        if self.parts.len() > 1 {
            numbers.sort_by_cached_key(|at| {
                let union = self.union_at(*at);
                (std::cmp::Reverse(union.members()), union.id())
            });
        }
        numbers.into_iter()
    }
    /// The union of a number.
    pub fn union_at(&self, at: u32) -> UnionRow<'_> {
        UnionRow { edition: self, at }
    }
    /// The union of an id; None where this edition has no such union.
    pub fn union_of(&self, id: &str) -> Option<UnionRow<'_>> {
        self.union_of_id(id).map(|at| self.union_at(at))
    }
}

/// How many records some rows of a part have, by registry.
pub(in crate::edition) fn records_of(part: &Part, rows: &RoaringBitmap) -> RecordsByRegistry {
    let members = &part.columns.members;
    let mut blocks: Vec<usize> = rows.iter().map(|row| members.number_of(row as usize)).collect();
    blocks.dedup();
    let of_block = |block: usize| {
        let (read, of) = (members.glance(block), members.rows_of(block));
        let mut counts = RecordsByRegistry::new();
        let own = rows.range(of.start as u32..of.end as u32).map(|row| row as usize - of.start);
        read.count(own, &mut counts);
        counts
    };
    let add = |mut all: RecordsByRegistry, more: RecordsByRegistry| {
        more.into_iter().for_each(|(registry, count)| *all.entry(registry).or_default() += count);
        all
    };
    blocks.into_par_iter().map(of_block).reduce(RecordsByRegistry::new, add)
}
