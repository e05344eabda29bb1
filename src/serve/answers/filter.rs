//! Filters and orders as a caller writes them, turned into the edition's.

use async_graphql::{Enum, ID, InputObject, OneofObject};

use crate::access::{AccessScope, Caller, FieldClass, classes};
use crate::edition;
use crate::edition::{Filter, Range};
use crate::hub::Hub;
use crate::hub::federation_homes::HomesOfUnits;
use crate::hub::federation_state::Federation;
use crate::model::reference::areas::area_text;
use crate::model::reference::countries;
use crate::serve::answers::usage::bits_of;
use crate::serve::graphql::model::scalars::*;
use crate::serve::problem::{Problem, mendable};

/// Names one enterprise.
#[derive(Debug, OneofObject)]
pub enum EnterpriseKey {
    /// The id this graph gave it.
    Id(ID),
    /// 统一社会信用代码, 18 characters.
    CreditCode(String),
    /// 组织机构代码, 9 characters.
    OrganisationCode(String),
    /// 注册号, 15 digits.
    Registration(String),
    /// 纳税人识别号 before the credit code.
    TaxNumber(String),
    /// 社会保险登记号.
    InsuranceNumber(String),
    /// A record of a registry.
    Record(RecordKey),
}

/// A record by registry and key.
#[derive(Debug, InputObject)]
pub struct RecordKey {
    /// Name of the registry, such as `tax`.
    pub registry: String,
    /// The registry's own key of the row.
    pub key: String,
}

/// Names one area.
#[derive(Debug, OneofObject)]
pub enum AreaKey {
    /// The id of an `Area`.
    Id(ID),
    /// Division code (6 or 9 digits) or federation unit.
    Code(String),
}

impl AreaKey {
    pub fn code(&self) -> &str {
        match self {
            AreaKey::Id(id) => area_text(id),
            AreaKey::Code(code) => code,
        }
    }
}

/// Conditions on enterprises; those given together must all hold. Within a list any one is enough.
#[derive(Debug, Default, InputObject)]
pub struct EnterpriseFilter {
    /// All of these hold.
    pub and: Option<Vec<EnterpriseFilter>>,
    /// At least one of these holds.
    pub or: Option<Vec<EnterpriseFilter>>,
    /// This does not hold.
    pub not: Option<Box<EnterpriseFilter>>,
    /// As typed into a search box: names, former names, pinyin, codes.
    pub text: Option<String>,
    /// Codes or names of areas of any level.
    pub area: Option<Vec<String>>,
    /// Codes of units of the federation: at home in one of them, in the area tree or among the industries, or in a unit below. Needs the
    /// scope `review`.
    pub unit: Option<Vec<String>>,
    /// Codes of GB/T 4754-2017 of any level: `C`, `39`, `391`, `3911`; `2011:79` for another edition.
    pub industry: Option<Vec<String>>,
    /// Whose capital it is.
    pub ownership: Option<Vec<Ownership>>,
    /// Large, medium, small, micro.
    pub size_class: Option<Vec<SizeClass>>,
    /// Operating status.
    pub status: Option<Vec<OperatingStatus>>,
    /// Above or below designated size.
    pub designated_size: Option<Vec<SizeStatus>>,
    /// How it is covered by a union.
    pub union: Option<Vec<UnionStatus>>,
    /// Whether a union is missing.
    pub gap: Option<Vec<GapStatus>>,
    /// Needs the scope `finance`.
    pub fund: Option<Vec<FundStatus>>,
    /// Employees, both bounds included.
    pub employees: Option<IntRange>,
    /// Insured persons.
    pub insured: Option<IntRange>,
    /// Needs the scope `finance`.
    pub revenue_yuan: Option<DecimalRange>,
    /// Priority score. Needs the scopes `finance` and `records`.
    pub priority: Option<FloatRange>,
    /// Founding date.
    pub established_on: Option<DateRange>,
    /// Since when a union has been missing.
    pub gap_since: Option<DateRange>,
    /// Countries and regions of investors, by ISO 3166 code or name: `US`, `USA`, 美国, `HK`; `ZZ` for what is none of them.
    pub investor_country: Option<Vec<String>>,
    /// At least one of these marks. What concerns payments needs the scope `finance`, disputes `records`.
    pub tags: Option<Vec<EnterpriseTag>>,
    /// Within this box.
    pub bbox: Option<BoundingBox>,
    /// Has a record in at least one of these registries. One of payments needs the scope `finance`, of disputes and events `records`.
    pub in_registry: Option<Vec<String>>,
    /// Has no record in any of these registries. One of payments needs the scope `finance`, of disputes and events `records`.
    pub not_in_registry: Option<Vec<String>>,
    /// Registries differ on at least one of these fields.
    pub has_conflict: Option<Vec<EnterpriseField>>,
    /// Has more members than staff, or has not.
    pub members_exceed_staff: Option<bool>,
    /// Has a standing finding with one of these reasons. Needs the scope `review`.
    pub has_finding: Option<Vec<String>>,
    /// Somebody is responsible for it today, by a duty in force, or nobody is. Needs the scope `review`.
    pub has_responsible: Option<bool>,
}

/// From `gte` to `lte`, both included. Without bounds it is no condition.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct IntRange {
    /// At least.
    pub gte: Option<i32>,
    /// At most.
    pub lte: Option<i32>,
}
/// From `gte` to `lte`, both included. Without bounds it is no condition.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct FloatRange {
    /// At least.
    pub gte: Option<f64>,
    /// At most.
    pub lte: Option<f64>,
}
/// From `gte` to `lte` yuan, both included. Without bounds it is no condition.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct DecimalRange {
    /// At least.
    pub gte: Option<Decimal>,
    /// At most.
    pub lte: Option<Decimal>,
}
/// From `gte` to `lte`, both days included. Without bounds it is no condition.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct DateRange {
    /// Not before.
    pub gte: Option<Date>,
    /// Not after.
    pub lte: Option<Date>,
}
/// WGS-84 degrees.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct BoundingBox {
    /// Least longitude.
    pub west: f64,
    /// Least latitude.
    pub south: f64,
    /// Greatest longitude.
    pub east: f64,
    /// Greatest latitude.
    pub north: f64,
}

/// One step of an order; rows equal in all steps follow by priority.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct EnterpriseOrder {
    /// What to order by.
    pub field: EnterpriseSort,
    /// Rows without a value come last in either direction.
    #[graphql(default_with = "Direction::Desc")]
    pub direction: Direction,
}

/// What lists can be ordered by.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum EnterpriseSort {
    Priority,
    Employees,
    /// Needs the scope `finance`.
    Revenue,
    /// By code point.
    Name,
    EstablishedOn,
    GapSince,
}

/// Rising or falling.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Asc,
    Desc,
}

/// Conditions on trade unions.
#[derive(Debug, Default, InputObject)]
pub struct TradeUnionFilter {
    /// Part of the name.
    pub text: Option<String>,
    /// Codes or names of districts, towns standing for theirs.
    pub area: Option<Vec<String>>,
    /// Kinds of unions.
    pub kind: Option<Vec<UnionKind>>,
    /// Whether it covers at least one enterprise of this graph.
    pub covers: Option<bool>,
}

/// A filter whose names are known, ready for the edition.
pub struct CheckedFilter<'f> {
    filter: &'f EnterpriseFilter,
    beyond: BeyondEdition,
    /// The classes of that the registries which it names have a record of somebody.
    presence: Vec<FieldClass>,
}

/// What a filter may rest on beside the edition, read before it is planned.
#[derive(Clone, Default)]
pub struct BeyondEdition {
    /// Where it names units: who is at home in them.
    pub homes: Option<HomesOfUnits>,
    /// Where it asks for duties: whom somebody is responsible for.
    pub responsible: Option<Filter>,
}

impl CheckedFilter<'_> {
    /// The edition's filter. A condition on what the caller may not see is refused: its answer would give the value away.
    ///
    /// # Errors
    /// A scope that is missing, a unit that is none of the caller's, a country that nobody knows, a list or nesting beyond its bound.
    pub fn plan(&self, caller: &Caller) -> Result<Filter, Problem> {
        self.presence.iter().filter_map(|class| class.scope()).try_for_each(|scope| caller.require(scope))?;
        self.filter.plan_at(caller, &self.beyond, 0)
    }
    /// Whether what it means changes without an edition: with what is entered of the federation, or with duties.
    pub fn rests_beyond_edition(&self) -> bool {
        self.beyond.homes.is_some() || self.beyond.responsible.is_some()
    }
}

/// Units of the federation that the caller may see, by their codes: positions in the tree.
///
/// # Errors
/// A unit that nobody knows, or that is not the caller's.
pub fn known_units(federation: &Federation, caller: &Caller, codes: &[String]) -> Result<Vec<u32>, Problem> {
    codes.iter().map(|code| federation.unit_seen_by(caller, code).ok_or_else(|| no_unit(code))).collect()
}

/// A unit that nobody knows, or that is not the caller's.
pub fn no_unit(code: &str) -> Problem {
    Problem::bad_input(
        format!("没有单位 {code}：请用 unionUnits 列出的代码"),
        format!("there is no unit {code}: use a code that unionUnits lists"),
    )
}

/// Filters nested deeper are refused.
const MAX_NESTING: usize = 10;
/// Values in one list.
const MAX_VALUES: usize = 1_000;

/// Names a registry that is neither configured nor in the current edition: a misspelt one would answer with nothing at all.
pub fn known_registries(hub: &Hub, names: &[String]) -> Result<(), Problem> {
    let mut known: Vec<String> = hub.connectors.iter().map(|c| c.name.clone()).collect();
    if let Ok(edition) = hub.editions.current() {
        let more = edition.manifest.sources.iter().map(|s| s.name.clone());
        known.extend(more.filter(|name| !hub.connectors.iter().any(|c| c.name == *name)));
    }
    let Some(unknown) = names.iter().find(|name| !known.contains(name)) else { return Ok(()) };
    let list = known.join(", ");
    Err(Problem::bad_input(
        format!("没有登记「{unknown}」；现有：{}", known.join("、")),
        format!("there is no registry \"{unknown}\"; known: {list}"),
    )
    .remedy(list))
}

impl EnterpriseFilter {
    /// The same filter, where all it names is known, with the federation as of a day, an instant or an edition where it names units of it.
    ///
    /// # Errors
    /// A registry or a reason that nobody knows, corners of a box that are swapped; the store cannot be read.
    pub async fn checked(&self, hub: &Hub, as_of: Option<edition::EditionAsOf>) -> Result<CheckedFilter<'_>, Problem> {
        let homes = match self.names_units() {
            true => Some(hub.homes_of_units(as_of).await.map_err(mendable)?),
            false => None,
        };
        let responsible = match self.asks_for_duties() {
            true => Some(hub.with_responsible().await.map_err(mendable)?),
            false => None,
        };
        self.checked_with(hub, BeyondEdition { homes, responsible })
    }

    /// The same, with federation and duties as they were read before.
    ///
    /// # Errors
    /// As of [`EnterpriseFilter::checked`].
    pub fn checked_with(&self, hub: &Hub, beyond: BeyondEdition) -> Result<CheckedFilter<'_>, Problem> {
        self.check(hub)?;
        Ok(CheckedFilter { filter: self, beyond, presence: self.presence(hub) })
    }

    /// The filters inside it.
    fn inner(&self) -> impl Iterator<Item = &EnterpriseFilter> {
        self.and.iter().flatten().chain(self.or.iter().flatten()).chain(self.not.as_deref())
    }

    /// Whether units of the federation stand anywhere in it.
    pub fn names_units(&self) -> bool {
        self.unit.is_some() || self.inner().any(EnterpriseFilter::names_units)
    }

    /// Whether duties stand anywhere in it.
    pub fn asks_for_duties(&self) -> bool {
        self.has_responsible.is_some() || self.inner().any(EnterpriseFilter::asks_for_duties)
    }

    /// The classes of that the registries which stand anywhere in it have a record of somebody.
    fn presence(&self, hub: &Hub) -> Vec<FieldClass> {
        let named = [&self.in_registry, &self.not_in_registry].into_iter().flatten().flatten();
        let own = named.map(|registry| hub.presence_in(registry));
        own.chain(self.inner().flat_map(|filter| filter.presence(hub))).collect()
    }

    fn check(&self, hub: &Hub) -> Result<(), Problem> {
        for names in [&self.in_registry, &self.not_in_registry].into_iter().flatten() {
            known_registries(hub, names)?;
        }
        self.makes_sense(hub.editions.current().ok().as_deref())?;
        self.inner().try_for_each(|filter| filter.check(hub))
    }

    /// The bits of the fields that it asks about, at any depth: whoever is answered is told them of those that fit.
    pub fn fields(&self) -> u32 {
        let given = [
            ("text", self.text.is_some()),
            ("area", self.area.is_some()),
            ("federation", self.unit.is_some()),
            ("industry", self.industry.is_some()),
            ("ownership", self.ownership.is_some()),
            ("status", self.status.is_some()),
            ("designatedSize", self.designated_size.is_some() || self.size_class.is_some()),
            ("unionCoverage", self.union.is_some()),
            ("gap", self.gap.is_some() || self.gap_since.is_some()),
            ("fund", self.fund.is_some()),
            ("employees", self.employees.is_some()),
            ("insured", self.insured.is_some()),
            ("revenueYuan", self.revenue_yuan.is_some()),
            ("priority", self.priority.is_some()),
            ("establishedOn", self.established_on.is_some()),
            ("investorCountries", self.investor_country.is_some()),
            ("tags", self.tags.is_some()),
            ("location", self.bbox.is_some()),
            ("inRegistry", self.in_registry.is_some() || self.not_in_registry.is_some()),
            ("conflicts", self.has_conflict.is_some()),
            ("membersExceedStaff", self.members_exceed_staff.is_some()),
            ("hasFinding", self.has_finding.is_some()),
            ("responsible", self.has_responsible.is_some()),
        ];
        let own = given.iter().filter(|(_, is_given)| *is_given).fold(0, |bits, (name, _)| bits | bits_of(name));
        self.inner().fold(own, |bits, filter| bits | filter.fields())
    }

    /// The classes of the values that this part of the filter asks about.
    fn classes(&self) -> Vec<FieldClass> {
        let mut asked = Vec::new();
        if self.revenue_yuan.is_some() || self.fund.is_some() {
            asked.push(FieldClass::Money);
        }
        if self.has_finding.is_some() || self.unit.is_some() || self.has_responsible.is_some() {
            asked.push(FieldClass::Visit);
        }
        // The score counts what concerns payments and disputes: bounds drawn closer and closer would read it.
        if self.priority.is_some() {
            asked.extend([FieldClass::Money, FieldClass::Dispute]);
        }
        asked.extend(self.tags.iter().flatten().map(|tag| classes::of_tag((*tag).into())));
        asked.extend(self.has_conflict.iter().flatten().map(|field| classes::of_field((*field).into())));
        asked
    }

    fn plan_at(&self, caller: &Caller, beyond: &BeyondEdition, depth: usize) -> Result<Filter, Problem> {
        if depth > MAX_NESTING {
            return Err(Problem::bad_input(
                format!("筛选条件嵌套超过 {MAX_NESTING} 层"),
                format!("the filter is nested more than {MAX_NESTING} deep"),
            ));
        }
        for class in self.classes() {
            class.scope().map_or(Ok(()), |scope| caller.require(scope))?;
        }
        let mut parts = Vec::new();
        if let Some(all) = &self.and {
            check_length(all)?;
            for one in all {
                parts.push(one.plan_at(caller, beyond, depth + 1)?);
            }
        }
        if let Some(any) = &self.or {
            check_length(any)?;
            parts.push(Filter::Or(any.iter().map(|one| one.plan_at(caller, beyond, depth + 1)).collect::<Result<_, _>>()?));
        }
        if let Some(not) = &self.not {
            parts.push(Filter::Not(Box::new(not.plan_at(caller, beyond, depth + 1)?)));
        }
        if let Some(text) = self.text.as_deref().filter(|t| !t.trim().is_empty()) {
            parts.push(Filter::Text(text.to_owned()));
        }
        if let Some(codes) = &self.area {
            check_length(codes)?;
            parts.push(Filter::Area(codes.clone()));
        }
        if let Some(codes) = &self.unit {
            check_length(codes)?;
            let homes = beyond.homes.as_ref().ok_or_else(Problem::internal)?;
            parts.push(homes.filter(&known_units(&homes.federation, caller, codes)?));
        }
        if let Some(has) = self.has_responsible {
            let responsible = beyond.responsible.clone().ok_or_else(Problem::internal)?;
            parts.push(if has { responsible } else { Filter::Not(Box::new(responsible)) });
        }
        if let Some(codes) = &self.industry {
            check_length(codes)?;
            parts.push(Filter::Industry(codes.clone()));
        }
        macro_rules! facet {
            ($field:ident, $facet:literal) => {
                if let Some(values) = &self.$field {
                    parts.push(Filter::Any { facet: $facet, values: values.iter().map(|v| v.name().to_owned()).collect() });
                }
            };
        }
        facet!(ownership, "ownership");
        facet!(size_class, "size_class");
        facet!(status, "status");
        facet!(designated_size, "size");
        facet!(union, "union");
        facet!(gap, "gap");
        facet!(fund, "fund");
        facet!(tags, "tag");
        facet!(has_conflict, "conflict");
        if let Some(more) = self.members_exceed_staff {
            let any = Filter::Any { facet: "members_exceed_staff", values: vec!["yes".to_owned()] };
            parts.push(if more { any } else { Filter::Not(Box::new(any)) });
        }
        let mut texts = |facet: &'static str, values: &Option<Vec<String>>, not: bool| -> Result<(), Problem> {
            let Some(values) = values else { return Ok(()) };
            check_length(values)?;
            let any = Filter::Any { facet, values: values.clone() };
            parts.push(if not { Filter::Not(Box::new(any)) } else { any });
            Ok(())
        };
        let countries = self.investor_country.as_ref().map(|names| names.iter().map(|name| country_code(name)).collect());
        texts("country", &countries.transpose()?, false)?;
        texts("registry", &self.in_registry, false)?;
        texts("registry", &self.not_in_registry, true)?;
        texts("finding", &self.has_finding, false)?;
        let count = |range: IntRange| match range.lte {
            // No count is below zero: an empty range.
            Some(..0) => Range { gte: Some(u32::MAX), lte: Some(0) },
            lte => Range { gte: range.gte.map(|n| n.max(0) as u32), lte: lte.map(|n| n as u32) },
        };
        parts.extend(self.employees.and_then(IntRange::bounded).map(|r| Filter::Employees(count(r))));
        parts.extend(self.insured.and_then(IntRange::bounded).map(|r| Filter::Insured(count(r))));
        let money = |r: DecimalRange| Range { gte: r.gte.map(|d| d.0), lte: r.lte.map(|d| d.0) };
        parts.extend(self.revenue_yuan.and_then(DecimalRange::bounded).map(|r| Filter::Revenue(money(r))));
        let scores = |r: FloatRange| Range { gte: r.gte.map(|n| n as f32), lte: r.lte.map(|n| n as f32) };
        parts.extend(self.priority.and_then(FloatRange::bounded).map(|r| Filter::Priority(scores(r))));
        let days = |r: DateRange| Range { gte: r.gte.map(|d| d.0), lte: r.lte.map(|d| d.0) };
        parts.extend(self.established_on.and_then(DateRange::bounded).map(|r| Filter::EstablishedOn(days(r))));
        parts.extend(self.gap_since.and_then(DateRange::bounded).map(|r| Filter::GapSince(days(r))));
        parts.extend(self.bbox.map(|b| Filter::Box { west: b.west, south: b.south, east: b.east, north: b.north }));
        Ok(match parts.len() {
            0 => Filter::All,
            1 => parts.remove(0),
            _ => Filter::And(parts),
        })
    }
}

/// The code under which an edition keeps a country: of a code or name in ISO 3166-1; `ZZ` for what registries wrote that is none.
fn country_code(text: &str) -> Result<String, Problem> {
    if text.trim().eq_ignore_ascii_case(countries::UNKNOWN) {
        return Ok(countries::UNKNOWN.to_owned());
    }
    countries::country(text).map(|country| country.alpha2.to_owned()).ok_or_else(|| {
        Problem::bad_input(
            format!("ISO 3166 没有国家或地区「{text}」：请使用 US、USA 这样的代码或 美国、香港 这样的名称；ZZ 表示国别不明"),
            format!("ISO 3166 has no country or region \"{text}\": use a code such as US or USA, or a name; ZZ is what registries wrote that is none"),
        )
    })
}

fn check_length<T>(values: &[T]) -> Result<(), Problem> {
    if values.len() <= MAX_VALUES {
        return Ok(());
    }
    Err(Problem::bad_input(format!("一个列表最多 {MAX_VALUES} 个值"), format!("a list may have at most {MAX_VALUES} values")))
}

/// The bits of the fields that an order asks about: where rows stand says how they compare.
pub fn fields_of_order(order: &[EnterpriseOrder]) -> u32 {
    let name = |step: &EnterpriseOrder| match step.field {
        EnterpriseSort::Priority => "priority",
        EnterpriseSort::Employees => "employees",
        EnterpriseSort::Revenue => "revenueYuan",
        EnterpriseSort::Name => "name",
        EnterpriseSort::EstablishedOn => "establishedOn",
        EnterpriseSort::GapSince => "gap",
    };
    order.iter().fold(0, |bits, step| bits | bits_of(name(step)))
}

/// The edition's order; ordering by what the caller may not see is refused.
pub fn plan_order(order: &[EnterpriseOrder], caller: &Caller) -> Result<Vec<edition::Order>, Problem> {
    order
        .iter()
        .map(|step| {
            let sort = match step.field {
                EnterpriseSort::Priority => {
                    caller.note_score();
                    edition::Sort::Priority
                }
                EnterpriseSort::Employees => edition::Sort::Employees,
                EnterpriseSort::Revenue => {
                    caller.require(AccessScope::Finance)?;
                    edition::Sort::Revenue
                }
                EnterpriseSort::Name => edition::Sort::Name,
                EnterpriseSort::EstablishedOn => edition::Sort::EstablishedOn,
                EnterpriseSort::GapSince => edition::Sort::GapSince,
            };
            let direction = match step.direction {
                Direction::Asc => edition::SortDirection::Asc,
                Direction::Desc => edition::SortDirection::Desc,
            };
            Ok(edition::Order { sort, direction })
        })
        .collect()
}
