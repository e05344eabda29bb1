//! One enterprise and one trade union as an edition holds them: the chosen values and the verdicts.

use chrono::NaiveDate;

use super::field::named;
use super::value::Money;
use super::verdict::{EnterpriseTag, OperatingStatus, Ownership, UnionKind, Verdicts};

/// Stable id of an enterprise or a union that has no host: `E` and 12 characters of Crockford's base32.
pub type EntityId = Box<str>;

named! { pub enum LocationBasis { Registry = "REGISTRY", Town = "TOWN", District = "DISTRICT" } }

/// WGS-84 degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Location {
    pub longitude: f64,
    pub latitude: f64,
    pub basis: LocationBasis,
}

named! {
    /// The fields whose provenance and conflicts are shown; the twin of GraphQL's `EnterpriseField`.
    pub enum EnterpriseField {
        Name = "NAME", CreditCode = "CREDIT_CODE", Status = "STATUS", EstablishedOn = "ESTABLISHED_ON", Area = "AREA",
        Address = "ADDRESS", Location = "LOCATION", Industry = "INDUSTRY", Ownership = "OWNERSHIP",
        RegistrationType = "REGISTRATION_TYPE", InvestorCountry = "INVESTOR_COUNTRY", Employees = "EMPLOYEES",
        Insured = "INSURED", Revenue = "REVENUE", Payroll = "PAYROLL", OfficialList = "OFFICIAL_LIST",
        Qualification = "QUALIFICATION", Union = "UNION",
    }
}

named! {
    /// Identifiers by which an enterprise can be looked up besides its id and its credit code.
    pub enum IdentifierKind {
        OrganisationCode = "organisation_code", Registration = "registration", Tax = "tax", Insurance = "insurance",
    }
}

/// A set of small enums, one bit each, in the order of `ALL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bits(pub u32);

impl Bits {
    pub fn insert(&mut self, bit: usize) {
        self.0 |= 1 << bit;
    }
    pub fn contains(self, bit: usize) -> bool {
        self.0 & (1 << bit) != 0
    }
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..32).filter(move |b| self.contains(*b))
    }
}

/// The people of one enterprise, nobody of whom is counted in another one: what the rates of coverage add up. The chosen
/// values keep the counts as registries state them; these are for sums. What the roll does not state counts as 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct People {
    pub employees: u32,
    /// Standing unions whose host it is.
    pub unions: u32,
    /// Of the union that covers it most strongly, shared among the units that union covers.
    pub members: u32,
    pub female_members: u32,
    pub migrant_members: u32,
    /// Migrant workers (农民工) among the employees, as the roll states them.
    pub migrant_employees: u32,
    /// Members who are dispatched workers (劳务派遣工).
    pub dispatched_members: u32,
}

/// One enterprise of an edition. Absent is None, never a guess.
#[derive(Debug, Clone, PartialEq)]
pub struct Enterprise {
    pub id: EntityId,
    /// Valid credit code.
    pub credit_code: Option<Box<str>>,
    /// As written, also where the check character fails.
    pub credit_code_raw: Option<Box<str>>,
    pub name: Box<str>,
    pub former_names: Vec<Box<str>>,
    /// Cleaned identifiers (`identifier::clean_identifier`) of all its records; the organisation code inside a credit
    /// code need not be repeated.
    pub identifiers: Vec<(IdentifierKind, Box<str>)>,
    pub status: OperatingStatus,
    pub established_on: Option<NaiveDate>,
    /// Six-digit county code, already the successor in force (110101); None where unknown.
    pub district: Option<u32>,
    /// Nine-digit street or town code (110101001); None where unknown.
    pub town: Option<u32>,
    /// Federation unit (`D110101`, `BEDA`, `I-EDU`).
    pub federation: Option<Box<str>>,
    pub address: Option<Box<str>>,
    pub location: Option<Location>,
    /// Industry code as the registry gives it (section letter, 2, 3 or 4 digits) and its classification edition (2002, 2011, 2017).
    pub industry: Option<Box<str>>,
    pub industry_edition: u16,
    /// Section letter in that edition; None where the code does not tell.
    pub section: Option<char>,
    pub ownership: Ownership,
    pub registration_type: Option<Box<str>>,
    pub investor_countries: Vec<Box<str>>,
    pub employees: Option<u32>,
    pub insured: Option<u32>,
    pub revenue: Option<Money>,
    pub payroll: Option<Money>,
    /// Bits over `EnterpriseTag::ALL`.
    pub tags: Bits,
    /// Bits over the run's list of registries.
    pub registries: Bits,
    /// Bits over `EnterpriseField::ALL`: fields on which registries differ.
    pub conflicts: Bits,
    /// For each of those fields the registries (bits as in `registries`) that say something else than the chosen value:
    /// whom to ask.
    pub disputed_by: Vec<(EnterpriseField, Bits)>,
    pub people: People,
    /// Codes of the standing findings.
    pub findings: Vec<Box<str>>,
    /// Id of the enterprise whose branch it is.
    pub branch_of: Option<EntityId>,
    pub verdicts: Verdicts,
}

impl Enterprise {
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
    pub name: Box<str>,
    pub credit_code: Option<Box<str>>,
    pub kind: UnionKind,
    pub level: Option<Box<str>>,
    pub parent: Option<Box<str>>,
    pub district: Option<u32>,
    pub industrial: Option<Box<str>>,
    pub established_on: Option<NaiveDate>,
    pub employees: Option<u32>,
    pub members: Option<u32>,
    pub female_members: Option<u32>,
    pub migrant_members: Option<u32>,
    pub migrant_employees: Option<u32>,
    pub dispatched_members: Option<u32>,
    /// The enterprise whose own union it is, or at which a joint one stands; None where that is no known enterprise.
    pub host: Option<EntityId>,
    /// Host enterprise, then the covered ones.
    pub covers: Vec<EntityId>,
    pub registry: Box<str>,
    pub record: Box<str>,
}
