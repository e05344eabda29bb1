//! What assessing takes: every record's readable values, which entity each belongs to, and what persons have added.

use chrono::NaiveDate;

use super::field::{Field, RecordKind};
use super::linkage::RecordRef;
use super::record::RegistryIndex;
use super::stated_values::{StatedValues, ValueRef};

/// A registry as survivorship sees it. Position in the list is its `RegistryIndex` and its default rank.
#[derive(Debug, Clone, PartialEq)]
pub struct RegistryTraits {
    /// As the connector names it (`commerce`).
    pub name: Box<str>,
    /// For people, in Chinese.
    pub title_zh: Box<str>,
    /// For people, in English.
    pub title_en: Box<str>,
    /// Issues credit codes: its code, name, status and founding date are official.
    pub issues_codes: bool,
    /// Keeps the official list of enterprises above designated size.
    pub official_list: bool,
    /// Is the federation's own union roll.
    pub union_roll: bool,
    /// Classification edition of its industry codes: 2002, 2011 or 2017.
    pub industry_edition: u16,
}

/// One record's readable values (raw texts stay in the store).
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Whose statement it is.
    pub registry: RegistryIndex,
    /// Key of the record inside its registry.
    pub key: Box<str>,
    /// 0 for the row itself, 1… for the units it covers.
    pub part: u16,
    /// Id in the store's `record` table.
    pub record_id: i64,
    /// What the record is about.
    pub kind: RecordKind,
    /// Milliseconds since 1970.
    pub landed_at: i64,
    /// Milliseconds since 1970, where the registry says when it last touched the row.
    pub observed_at: Option<i64>,
    /// Those of its fields that could be read; a field may stand several times.
    pub values: StatedValues,
}

impl Facts {
    /// The first value of a field.
    pub fn get(&self, field: Field) -> Option<ValueRef<'_>> {
        self.values.get(field)
    }
    /// The first value as a text; None where it is empty or no text.
    pub fn text(&self, field: Field) -> Option<&str> {
        match self.get(field)? {
            ValueRef::Text(t) if !t.is_empty() => Some(t),
            _ => None,
        }
    }
    /// The first value as a whole number; None where it is none.
    pub fn count(&self, field: Field) -> Option<i64> {
        match self.get(field)? {
            ValueRef::Count(n) => Some(n),
            _ => None,
        }
    }
    /// The first value as yes or no; None where it is neither.
    pub fn flag(&self, field: Field) -> Option<bool> {
        match self.get(field)? {
            ValueRef::Flag(b) => Some(b),
            _ => None,
        }
    }
}

/// How one enterprise stands to another; made by linking from names, codes and relation columns.
#[derive(Debug, Clone, PartialEq)]
pub struct StatedTie {
    /// What the tie is.
    pub kind: RelationKind,
    /// Id of the enterprise it is said of.
    pub from: Box<str>,
    /// Id of the other enterprise.
    pub to: Box<str>,
    /// Day it began, where a registry says so in full.
    pub since: Option<NaiveDate>,
}

pub use super::linkage::RelationKind;

/// A union record that nearly matches an enterprise, waiting for a person.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenPair {
    /// Review pair's id.
    pub id: Box<str>,
    /// Id of the enterprise.
    pub enterprise: Box<str>,
    /// The union's record on the roll.
    pub union_record: RecordRef,
    /// log2 odds.
    pub weight: f32,
}

/// A standing finding of a visit (withdrawn and expired ones are not given).
#[derive(Debug, Clone, PartialEq)]
pub struct StandingFinding {
    /// Of the finding, as the store gave it.
    pub id: Box<str>,
    /// Id of the enterprise that was visited.
    pub enterprise: Box<str>,
    /// Code of `reference/union/closing_reasons.csv`, or `branch`, `individual_business`, `grace_period`.
    pub reason: Box<str>,
    /// Who made it; None where it was not said.
    pub by: Option<Box<str>>,
    /// Milliseconds since 1970.
    pub at: i64,
    /// Last day on which it holds; None: it does not run out.
    pub until: Option<NaiveDate>,
}

/// Everything one run of assessing looks at.
#[derive(Debug, Default)]
pub struct AssessmentInput {
    /// In the order of the connector list.
    pub registries: Vec<RegistryTraits>,
    /// Of all registries, in no order.
    pub facts: Vec<Facts>,
    /// For each fact, index into `entities`; None for a mention that attached to nothing.
    pub entity_of: Vec<Option<u32>>,
    /// Entity ids. An entity whose facts are only union records is a union without a known host.
    pub entities: Vec<Box<str>>,
    /// Between entities, as linking found them.
    pub relations: Vec<StatedTie>,
    /// Union records that wait for a person.
    pub open_pairs: Vec<OpenPair>,
    /// In force on the day of the run.
    pub findings: Vec<StandingFinding>,
    /// What was lacking before this run: enterprise id → since (None = before the first edition).
    pub lacking_since: std::collections::HashMap<Box<str>, Option<NaiveDate>>,
    /// The earliest day since which anybody of whom it is known has been lacking: who was lacking before the first edition has waited
    /// at least as long. None where nobody came on the list since.
    pub counting_since: Option<chrono::NaiveDate>,
    /// Whether this run makes the first edition: what is lacking now was lacking before anybody counted.
    pub first_edition: bool,
    /// What the verdicts need and the registries do not bring.
    pub unmet: Vec<super::verdict::Unmet>,
}
