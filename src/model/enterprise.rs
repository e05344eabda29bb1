//! One enterprise and one trade union as an edition holds them: the chosen values and the verdicts.

use chrono::NaiveDate;
use thin_vec::ThinVec;

use super::field::{Field, named};
use super::spilled::SpilledText;
use super::value::Money;
use super::verdict::{EnterpriseTag, OperatingStatus, Ownership, UnionKind, Verdicts};

/// Stable id of an enterprise or a union that has no host: `E` and 12 characters of Crockford's base32.
pub type EntityId = Box<str>;

named! {
    /// Whether a location is the enterprise's own point or that of its area.
    pub enum LocationBasis {
        /// The point that a registry gives.
        Registry = "REGISTRY",
        /// The label point of its street or town.
        Town = "TOWN",
        /// The label point of its district.
        District = "DISTRICT",
    }
}

/// WGS-84 degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Location {
    /// Degrees east.
    pub longitude: f64,
    /// Degrees north.
    pub latitude: f64,
    /// Whether it is the enterprise's own point or that of its area.
    pub basis: LocationBasis,
}

named! {
    /// The fields whose provenance and conflicts are shown; the twin of GraphQL's `EnterpriseField`.
    pub enum EnterpriseField {
        /// The current name.
        Name = "NAME",
        /// The unified social credit code.
        CreditCode = "CREDIT_CODE",
        /// The operating status.
        Status = "STATUS",
        /// The day of foundation.
        EstablishedOn = "ESTABLISHED_ON",
        /// District and town together.
        Area = "AREA",
        /// The registered address.
        Address = "ADDRESS",
        /// The point on the map.
        Location = "LOCATION",
        /// The industry code with its edition.
        Industry = "INDUSTRY",
        /// Whose capital it is.
        Ownership = "OWNERSHIP",
        /// The registration type (登记注册类型).
        RegistrationType = "REGISTRATION_TYPE",
        /// Countries of its foreign investors.
        InvestorCountry = "INVESTOR_COUNTRY",
        /// Persons employed.
        Employees = "EMPLOYEES",
        /// Persons insured.
        Insured = "INSURED",
        /// Operating revenue of a year.
        Revenue = "REVENUE",
        /// Wages of a year.
        Payroll = "PAYROLL",
        /// Whether it is on the official list of enterprises above designated size.
        OfficialList = "OFFICIAL_LIST",
        /// The construction qualification (资质等级).
        Qualification = "QUALIFICATION",
        /// The union that covers it.
        Union = "UNION",
    }
}

/// The field of an enterprise that a connector's field speaks of.
pub fn enterprise_field(field: Field) -> Option<EnterpriseField> {
    Some(match field {
        Field::Name => EnterpriseField::Name,
        Field::CreditCode => EnterpriseField::CreditCode,
        Field::Status => EnterpriseField::Status,
        Field::EstablishedOn => EnterpriseField::EstablishedOn,
        Field::Area | Field::District | Field::Street => EnterpriseField::Area,
        Field::Address | Field::OperatingAddress => EnterpriseField::Address,
        Field::Longitude | Field::Latitude => EnterpriseField::Location,
        Field::Industry => EnterpriseField::Industry,
        Field::Ownership => EnterpriseField::Ownership,
        Field::RegistrationType => EnterpriseField::RegistrationType,
        Field::InvestorCountry => EnterpriseField::InvestorCountry,
        Field::Employees => EnterpriseField::Employees,
        Field::Insured => EnterpriseField::Insured,
        Field::Revenue | Field::RevenueMain => EnterpriseField::Revenue,
        Field::Payroll => EnterpriseField::Payroll,
        Field::OfficialList => EnterpriseField::OfficialList,
        Field::Qualification => EnterpriseField::Qualification,
        Field::UnionName | Field::UnionKind => EnterpriseField::Union,
        _ => return None,
    })
}

named! {
    /// Identifiers by which an enterprise can be looked up besides its id and its credit code.
    pub enum IdentifierKind {
        /// Organisation code (组织机构代码), GB 11714-1997.
        OrganisationCode = "organisation_code",
        /// Registration number (工商注册号).
        Registration = "registration",
        /// Taxpayer identifier (纳税人识别号).
        Tax = "tax",
        /// Number in social insurance.
        Insurance = "insurance",
    }
}

/// A set of small enums, one bit each, in the order of `ALL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bits(pub u32);

impl Bits {
    /// Adds one; `bit` is a position below 32.
    pub fn insert(&mut self, bit: usize) {
        self.0 |= 1 << bit;
    }
    /// Whether it is in the set.
    pub fn contains(self, bit: usize) -> bool {
        self.0 & (1 << bit) != 0
    }
    /// Positions that are in the set, ascending.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..32).filter(move |b| self.contains(*b))
    }
}

/// The people of one enterprise, nobody of whom is counted in another one: what the rates of coverage add up. The chosen
/// values keep the counts as registries state them; these are for sums. What the roll does not state counts as 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct People {
    /// Persons employed, as chosen among the registries.
    pub employees: u32,
    /// Standing unions counted at it: those it hosts, and those of several enterprises without a host that are counted at one of them.
    pub unions: u32,
    /// Of the union that covers it most strongly, shared among the units that union covers.
    pub members: u32,
    /// Women among the members.
    pub female_members: u32,
    /// Migrant workers (农民工) among the members.
    pub migrant_members: u32,
    /// Migrant workers (农民工) among the employees, as the roll states them.
    pub migrant_employees: u32,
    /// Members who are dispatched workers (劳务派遣工).
    pub dispatched_members: u32,
}

impl People {
    /// More members than staff, where both are known: one of the two is wrong.
    pub fn exceeds_staff(&self) -> bool {
        self.employees > 0 && self.members > self.employees
    }
}

/// One enterprise of an edition. Absent is None, never a guess.
#[derive(Debug, Clone, PartialEq)]
pub struct Enterprise {
    /// Stays the same from edition to edition; a merged one redirects (`store::entity`).
    pub id: EntityId,
    /// Valid credit code.
    pub credit_code: Option<Box<str>>,
    /// As written, also where the check character fails.
    pub credit_code_raw: Option<Box<str>>,
    /// Chosen among the registries, as written.
    pub name: Box<str>,
    /// Names it bore before, as written.
    pub former_names: ThinVec<Box<str>>,
    /// Cleaned identifiers (`identifier::clean_identifier`) of all its records; the organisation code inside a credit
    /// code need not be repeated.
    pub identifiers: ThinVec<(IdentifierKind, Box<str>)>,
    /// Chosen among the registries; Unknown where none says.
    pub status: OperatingStatus,
    /// Foundation: the first day that the chosen date can mean.
    pub established_on: Option<NaiveDate>,
    /// Six-digit county code, already the successor in force (110101); None where unknown.
    pub district: Option<u32>,
    /// Nine-digit street or town code (110101001); None where unknown.
    pub town: Option<u32>,
    /// Federation unit (`D110101`, `BEDA`, `I-EDU`).
    pub federation: Option<Box<str>>,
    /// Chosen among the registries, as written.
    pub address: Option<Box<str>>,
    /// The registry's own point; None where no registry gives one.
    pub location: Option<Location>,
    /// Industry code as the registry gives it (section letter, 2, 3 or 4 digits) and its classification edition (2002, 2011, 2017).
    pub industry: Option<Box<str>>,
    /// Year of GB/T 4754 that the code is of: 2002, 2011 or 2017; 2017 where there is no code.
    pub industry_edition: u16,
    /// Section letter in that edition; None where the code does not tell.
    pub section: Option<char>,
    /// Whose capital it is, read from the registration type or stated outright.
    pub ownership: Ownership,
    /// 登记注册类型 as written: a code or a text.
    pub registration_type: Option<Box<str>>,
    /// Countries or regions of its foreign investors as written, sorted, each once.
    pub investor_countries: ThinVec<Box<str>>,
    /// Persons employed (从业人员).
    pub employees: Option<u32>,
    /// Persons insured in social insurance.
    pub insured: Option<u32>,
    /// Operating revenue of a year (营业收入), as chosen among the registries.
    pub revenue: Option<Money>,
    /// Wages of a year (工资总额): what dues are reckoned from.
    pub payroll: Option<Money>,
    /// Bits over `EnterpriseTag::ALL`.
    pub tags: Bits,
    /// Bits over the run's list of registries.
    pub registries: Bits,
    /// Bits over `EnterpriseField::ALL`: fields on which registries differ.
    pub conflicts: Bits,
    /// For each of those fields the registries (bits as in `registries`) that say something else than the chosen value:
    /// whom to ask.
    pub disputed_by: ThinVec<(EnterpriseField, Bits)>,
    /// For the sums of coverage; not the chosen values.
    pub people: People,
    /// Codes of the standing findings.
    pub findings: ThinVec<Box<str>>,
    /// Id of the enterprise whose branch it is.
    pub branch_of: Option<EntityId>,
    /// The reasons as an edition keeps them (JSON), once they were put together: the lists in `verdicts` are empty then.
    pub reasons: Option<SpilledText>,
    /// What was decided of it, with the reasons.
    pub verdicts: Verdicts,
}

impl Enterprise {
    /// Whether the mark stands on it.
    pub fn has_tag(&self, tag: EnterpriseTag) -> bool {
        self.tags.contains(tag as usize)
    }
    /// The question of the house: above designated size, and lacking a union or an independent one.
    pub fn in_gap(&self) -> bool {
        use super::verdict::{GapStatus, SizeStatus};
        self.verdicts.size.verdict == SizeStatus::Above
            && matches!(self.verdicts.gap.status, GapStatus::Lacking | GapStatus::LackingIndependent)
    }
}

/// One union of the roll.
#[derive(Debug, Clone, PartialEq)]
pub struct TradeUnion {
    /// `U` and 12 characters.
    pub id: Box<str>,
    /// As the roll writes it.
    pub name: Box<str>,
    /// The union's own, which begins with 81; None where the roll has none or a wrong one.
    pub credit_code: Option<Box<str>>,
    /// What it means for its host and for those it covers.
    pub kind: UnionKind,
    /// Level in the federation as the roll words it (基层, 街道).
    pub level: Option<Box<str>>,
    /// Name of the union above it, as written.
    pub parent: Option<Box<str>>,
    /// Six-digit county code in force.
    pub district: Option<u32>,
    /// Unit id of the industrial union (产业工会) it stands under (`I-EDU`).
    pub industrial: Option<Box<str>>,
    /// Day of foundation.
    pub established_on: Option<NaiveDate>,
    /// Employees (职工人数), as the roll states them.
    pub employees: Option<u32>,
    /// Members, as the roll states them.
    pub members: Option<u32>,
    /// Women among the members.
    pub female_members: Option<u32>,
    /// Migrant workers (农民工) among the members.
    pub migrant_members: Option<u32>,
    /// Migrant workers among the employees.
    pub migrant_employees: Option<u32>,
    /// Dispatched workers (劳务派遣工) among the members.
    pub dispatched_members: Option<u32>,
    /// The enterprise whose own union it is, or at which a joint one stands; None where that is no known enterprise.
    pub host: Option<EntityId>,
    /// Host enterprise, then the covered ones.
    pub covers: Vec<EntityId>,
    /// Registry whose record it is, by name.
    pub registry: Box<str>,
    /// Key of that record inside the registry.
    pub record: Box<str>,
}
