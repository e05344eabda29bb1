//! What huitu decides about an enterprise, always with the reasons. Deciding is `assess`'s work; these are the shapes.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::field::named;
use super::value::Money;

named! { pub enum SizeStatus { Above = "ABOVE", Below = "BELOW", Unknown = "UNKNOWN" } }
named! { pub enum SizeBasis { OfficialList = "OFFICIAL_LIST", Rule = "RULE", Proxy = "PROXY" } }
named! {
    /// Large, medium, small or micro (统计上大中小微型企业划分办法 2017).
    pub enum SizeClass { Large = "LARGE", Medium = "MEDIUM", Small = "SMALL", Micro = "MICRO", Unknown = "UNKNOWN" }
}
named! {
    pub enum UnionStatus {
        Independent = "INDEPENDENT", Parent = "PARENT", Joint = "JOINT", Federation = "FEDERATION",
        Preparing = "PREPARING", Possible = "POSSIBLE", None = "NONE",
    }
}
named! {
    pub enum UnionKind {
        Independent = "INDEPENDENT", Parent = "PARENT", Joint = "JOINT", Federation = "FEDERATION", Preparing = "PREPARING",
    }
}
named! {
    pub enum GapStatus {
        Lacking = "LACKING", LackingIndependent = "LACKING_INDEPENDENT", Covered = "COVERED",
        Undecided = "UNDECIDED", OutOfScope = "OUT_OF_SCOPE",
    }
}
named! {
    pub enum FundStatus {
        Paid = "PAID", Partial = "PARTIAL", Unpaid = "UNPAID", WrongKind = "WRONG_KIND", Unknown = "UNKNOWN",
    }
}
named! { pub enum FundKind { Dues = "DUES", Preparatory = "PREPARATORY" } }
named! {
    /// What a need belongs to: who is in scope at all, designated size, union coverage, the fund.
    pub enum NeededFor { Scope = "SCOPE", Size = "SIZE", Coverage = "COVERAGE", Fund = "FUND" }
}

/// A need of policy that the registries do not meet: what a verdict rests on has never landed, or is too old.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmet {
    pub verdict: NeededFor,
    /// What would meet it, each a registry's name or what registries bring (`union_roll`); one of them is enough.
    pub need: Vec<Box<str>>,
    /// The connectors that bring it; nobody does where this is empty.
    pub registries: Vec<Box<str>>,
    /// The day of the newest that landed; None: none ever did.
    pub as_of: Option<NaiveDate>,
    /// Days that it may be old.
    pub limit_days: Option<u32>,
}

impl Unmet {
    /// `source_missing` or `source_stale`, with what is needed and since when it is too old.
    pub fn reason(&self) -> Reason {
        let mut need = ReasonInput::new("need", self.need.join("|"));
        need.registry = self.registries.first().cloned();
        match self.as_of {
            None => Reason::new("source_missing").with(need),
            Some(as_of) => {
                let limit = self.limit_days.unwrap_or_default();
                Reason::new("source_stale")
                    .with(need)
                    .with(ReasonInput::new("as_of", as_of))
                    .with(ReasonInput::new("days", limit))
            }
        }
    }

    /// Whether two speak of the same need, however old what they found.
    pub fn is_same_need(&self, other: &Unmet) -> bool {
        self.verdict == other.verdict && self.need == other.need
    }
}
named! {
    pub enum OperatingStatus {
        Active = "ACTIVE", Suspended = "SUSPENDED", Revoked = "REVOKED", Deregistered = "DEREGISTERED",
        MovedOut = "MOVED_OUT", Unknown = "UNKNOWN",
    }
}
named! {
    pub enum Ownership {
        State = "STATE", Collective = "COLLECTIVE", Private = "PRIVATE", Hmt = "HMT", Foreign = "FOREIGN",
        Mixed = "MIXED", Individual = "INDIVIDUAL", Other = "OTHER", Unknown = "UNKNOWN",
    }
}
named! {
    pub enum EnterpriseTag {
        Fortune500 = "FORTUNE_500", Leading = "LEADING", LabourDispatch = "LABOUR_DISPATCH", Foreign = "FOREIGN",
        Hmt = "HMT", DisputeLast12Months = "DISPUTE_LAST_12_MONTHS", PaysPreparatoryFund = "PAYS_PREPARATORY_FUND",
        Listed = "LISTED",
    }
}

/// A reason: a stable code and the inputs it rests on. Texts in both languages come from `model::message`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    #[serde(rename = "c")]
    pub code: Box<str>,
    #[serde(rename = "i", default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<ReasonInput>,
}

impl Reason {
    pub fn new(code: &str) -> Reason {
        Reason { code: code.into(), inputs: Vec::new() }
    }
    pub fn with(mut self, input: ReasonInput) -> Reason {
        // Millions of reasons hold one input: room for one, not for four.
        self.inputs.reserve_exact(1);
        self.inputs.push(input);
        self
    }
}

/// One input of a decision: which fact, its value, and which record of which registry said so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonInput {
    #[serde(rename = "n")]
    pub name: Box<str>,
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Box<str>>,
    /// Registry by name, so that an edition stays readable when the connector list changes.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub registry: Option<Box<str>>,
    /// Key of the record inside that registry.
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Box<str>>,
}

impl ReasonInput {
    pub fn new(name: &str, value: impl std::fmt::Display) -> ReasonInput {
        ReasonInput { name: name.into(), value: Some(value.to_string().into()), registry: None, record: None }
    }
    pub fn missing(name: &str) -> ReasonInput {
        ReasonInput { name: name.into(), value: None, registry: None, record: None }
    }
    pub fn from_record(mut self, registry: &str, record: &str) -> ReasonInput {
        self.registry = Some(registry.into());
        self.record = Some(record.into());
        self
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SizeVerdict {
    pub verdict: SizeStatus,
    pub basis: Option<SizeBasis>,
    /// Id of the threshold rule in `reference/thresholds.toml`.
    pub rule: Option<Box<str>>,
    pub reasons: Vec<Reason>,
    pub size_class: SizeClass,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnionVerdict {
    pub verdict: UnionStatus,
    pub unions: Vec<UnionLink>,
    pub possible: Vec<PossibleUnion>,
    pub reasons: Vec<Reason>,
}

/// A union that covers the enterprise: `union` is the trade union's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnionLink {
    pub union: Box<str>,
    pub kind: UnionKind,
    pub since: Option<NaiveDate>,
    pub registry: Box<str>,
    pub record: Box<str>,
}

/// A union record that nearly matches; a person decides. `pair` is the review pair's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PossibleUnion {
    pub pair: Box<str>,
    pub union: Box<str>,
    /// log2 odds.
    pub weight: f32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GapVerdict {
    pub status: GapStatus,
    pub reasons: Vec<Reason>,
    /// The edition date since which it has been lacking; None with reason `before_first_edition` for the first one.
    pub since: Option<NaiveDate>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FundVerdict {
    pub status: FundStatus,
    /// `2026`, `2026Q3` or `2026-09`; empty where nothing was paid or due.
    pub period: Box<str>,
    pub due: Option<Money>,
    pub paid: Option<Money>,
    pub kind_paid: Option<FundKind>,
    pub reasons: Vec<Reason>,
}

/// Points added up: the sum of the factors is the score.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Priority {
    pub score: f32,
    pub factors: Vec<PriorityFactor>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PriorityFactor {
    pub code: Box<str>,
    pub points: f32,
    pub input: Option<ReasonInput>,
}

/// All verdicts of one enterprise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdicts {
    pub size: SizeVerdict,
    pub union: UnionVerdict,
    pub gap: GapVerdict,
    pub fund: FundVerdict,
    pub priority: Priority,
}
