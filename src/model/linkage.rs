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

/// Stands in [`LinkRecord::area`] before the division of the office that numbered a record which tells no district itself. The firm may
/// have moved since.
pub const OF_OFFICE: char = '#';

/// A record as linking sees it: everything as written; `normalise` reads it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LinkRecord {
    /// Lower index = higher rank among registries.
    pub registry: RegistryIndex,
    /// Key of the record inside its registry.
    pub key: Box<str>,
    /// The store's number of the record; linking hands it back and does nothing else with it.
    pub store_id: i64,
    /// 0 for the row itself, 1… for the units it covers.
    pub part: u16,
    /// Whether it founds an enterprise or only attaches to one.
    pub role: LinkRole,
    /// The registry issues credit codes (commerce): two of its records with different valid codes are two enterprises.
    pub issues_codes: bool,
    /// The unit's name; empty where the record has none.
    pub name: Box<str>,
    /// Former names, English names, the union's own name: prefixed by kind is not needed, `normalise` tells them apart.
    pub former_names: Vec<Box<str>>,
    /// The union's own name, on union records; else empty.
    pub union_name: Box<str>,
    /// As written, or empty; so are the three below.
    pub credit_code: Box<str>,
    /// 组织机构代码, nine characters.
    pub organisation_code: Box<str>,
    /// 工商注册号, fifteen digits.
    pub registration_number: Box<str>,
    /// 纳税人识别号: old ones hold an organisation code.
    pub tax_number: Box<str>,
    /// Division code as written (6, 9 or 12 digits), or empty; behind [`OF_OFFICE`] that of the office which numbered the record.
    pub area: Box<str>,
    /// District or authority text (`海淀区`, `海淀区总工会`), or empty.
    pub district: Box<str>,
    /// Registered address as written, or empty.
    pub address: Box<str>,
    /// Where it works, as written, or empty.
    pub operating_address: Box<str>,
    /// As written, or empty; several may stand in one text.
    pub phone: Box<str>,
    /// Foundation, as precise as the registry writes it.
    pub established: Option<PartialDate>,
    /// Industry code as written, or empty.
    pub industry: Box<str>,
    /// 登记注册类型 as written, or empty: tells branches and individual businesses.
    pub registration_type: Box<str>,
    /// 单位类型 or 单位类别 as written, or empty: a legal person (法人单位), or an establishment of one (产业活动单位).
    pub unit_type: Box<str>,
    /// Persons employed.
    pub employees: Option<u32>,
    /// Other units the record names: its parent, the firm that absorbed it, its group.
    pub related: Vec<RelatedUnit>,
}

/// Another unit that a record names, and how it is related to the record's own.
#[derive(Debug, Clone, PartialEq)]
pub struct RelatedUnit {
    /// What the named unit is to the record's own.
    pub kind: RelationKind,
    /// As written.
    pub name: Box<str>,
    /// Credit or organisation code as written, or empty.
    pub code: Box<str>,
    /// Since when, where the registry says so.
    pub since: Option<PartialDate>,
}

named! {
    /// A fact between two enterprises; never a reason to join them.
    pub enum RelationKind {
        /// A branch (分公司) of the other.
        BranchOf = "BRANCH_OF",
        /// Absorbed by the other (吸收合并).
        AbsorbedBy = "ABSORBED_BY",
        /// It bore the other's name before.
        RenamedFrom = "RENAMED_FROM",
        /// Both belong to one group (集团).
        SameGroup = "SAME_GROUP",
    }
}

named! {
    /// What joined a record to its enterprise.
    pub enum LinkMethod {
        /// The same valid credit code.
        CreditCode = "CREDIT_CODE",
        /// The same valid organisation code, also inside a credit code or an old tax number.
        OrganisationCode = "ORGANISATION_CODE",
        /// The same valid registration number.
        RegistrationNumber = "REGISTRATION_NUMBER",
        /// The name alone.
        Name = "NAME",
        /// Name and address together.
        NameAndAddress = "NAME_AND_ADDRESS",
        /// The sum of all evidence.
        Score = "SCORE",
        /// A person said so.
        Judgement = "JUDGEMENT",
    }
}

named! {
    /// A person's judgement on two records.
    pub enum JudgementVerdict {
        /// The two are one enterprise: they must be linked.
        Same = "SAME",
        /// They are not: they are never linked.
        Different = "DIFFERENT",
        /// It cannot be told: the pair is asked no more, and nothing is forced.
        NotSure = "NOT_SURE",
    }
}

/// Names one record across runs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RecordRef {
    /// By name, which outlives the order of the connector list.
    pub registry: Box<str>,
    /// Key of the record inside its registry.
    pub key: Box<str>,
    /// 0 for the row itself, 1… for the units it covers.
    pub part: u16,
}

/// A person's decision on a pair of records: must link, cannot link, or neither.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// Of the judgement, as the store gave it.
    pub id: Box<str>,
    /// What the person decided.
    pub verdict: JudgementVerdict,
    /// One record of the pair; the order means nothing.
    pub left: RecordRef,
    /// The other record.
    pub right: RecordRef,
}

/// One feature of a comparison, how well it agreed, and how much that moved the decision (log2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What was compared: `name`, `address` (`message::feature_name` has the words).
    pub feature: Box<str>,
    /// How well it agreed: `equal`, `one_slip` (`message::level_text` has the words).
    pub level: Box<str>,
    /// As compared on the left; None where that side lacks it.
    pub left: Option<Box<str>>,
    /// As compared on the right; None where that side lacks it.
    pub right: Option<Box<str>>,
    /// log2 of how much likelier this is of one enterprise than of two; below 0 it speaks against.
    pub weight: f32,
}
