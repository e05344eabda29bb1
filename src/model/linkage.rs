//! What linking takes and gives: records with their identifying facts, judgements, clusters, evidence.

use serde::{Deserialize, Serialize};

use super::field::named;
use super::record::RegistryIndex;
use super::value::PartialDate;

named! {
    /// How a record takes part in linking.
    #[derive(Default)]
    pub enum LinkRole {
        /// Describes an enterprise: makes one where nothing matches.
        #[default]
        Enterprise = "enterprise",
        /// A union: its host is matched. Makes an entity of its own where it has no host.
        Union = "union",
        /// A unit on a union's covered list, or the enterprise of a payment, dispute, investment: attaches, never founds.
        Mention = "mention",
    }
}

/// A record as linking sees it: everything as written; `normalise` reads it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LinkRecord {
    /// Lower index = higher rank among registries.
    pub registry: RegistryIndex,
    pub key: Box<str>,
    /// The store's number of the record; linking hands it back and does nothing else with it.
    pub store_id: i64,
    /// 0 for the row itself, 1… for the units it covers.
    pub part: u16,
    pub role: LinkRole,
    /// The registry issues credit codes (commerce): two of its records with different valid codes are two enterprises.
    pub issues_codes: bool,
    pub name: Box<str>,
    /// Former names, English names, the union's own name: prefixed by kind is not needed, `normalise` tells them apart.
    pub former_names: Vec<Box<str>>,
    pub union_name: Box<str>,
    pub credit_code: Box<str>,
    pub organisation_code: Box<str>,
    pub registration_number: Box<str>,
    pub tax_number: Box<str>,
    /// Division code as written (6, 9 or 12 digits), or empty.
    pub area: Box<str>,
    /// District or authority text (`海淀区`, `海淀区总工会`), or empty.
    pub district: Box<str>,
    pub address: Box<str>,
    pub operating_address: Box<str>,
    pub phone: Box<str>,
    pub established: Option<PartialDate>,
    pub industry: Box<str>,
    pub registration_type: Box<str>,
    pub employees: Option<u32>,
    /// Other units the record names: its parent, the firm that absorbed it, its group.
    pub related: Vec<RelatedUnit>,
}

/// Another unit that a record names, and how it is related to the record's own.
#[derive(Debug, Clone, PartialEq)]
pub struct RelatedUnit {
    pub kind: RelationKind,
    pub name: Box<str>,
    /// Credit or organisation code as written, or empty.
    pub code: Box<str>,
    /// Since when, where the registry says so.
    pub since: Option<PartialDate>,
}

named! {
    /// A fact between two enterprises; never a reason to join them.
    pub enum RelationKind {
        BranchOf = "BRANCH_OF", AbsorbedBy = "ABSORBED_BY", RenamedFrom = "RENAMED_FROM", SameGroup = "SAME_GROUP",
    }
}

named! {
    pub enum LinkMethod {
        CreditCode = "CREDIT_CODE", OrganisationCode = "ORGANISATION_CODE", RegistrationNumber = "REGISTRATION_NUMBER",
        Name = "NAME", NameAndAddress = "NAME_AND_ADDRESS", Score = "SCORE", Judgement = "JUDGEMENT",
    }
}

named! { pub enum JudgementVerdict { Same = "SAME", Different = "DIFFERENT", NotSure = "NOT_SURE" } }

/// Names one record across runs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RecordRef {
    pub registry: Box<str>,
    pub key: Box<str>,
    pub part: u16,
}

/// A person's decision on a pair of records: must link, cannot link, or neither.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    pub id: Box<str>,
    pub verdict: JudgementVerdict,
    pub left: RecordRef,
    pub right: RecordRef,
}

/// One feature of a comparison, how well it agreed, and how much that moved the decision (log2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    pub feature: Box<str>,
    pub level: Box<str>,
    pub left: Option<Box<str>>,
    pub right: Option<Box<str>>,
    pub weight: f32,
}
