//! What huitu decides about an enterprise, always with the reasons. Deciding is `assess`'s work; these are the shapes.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use super::field::named;
use super::value::Money;

named! {
    /// Above or below designated size (规模以上), as statistics draws the line.
    pub enum SizeStatus {
        /// At or above it.
        Above = "ABOVE",
        /// Below it.
        Below = "BELOW",
        /// What it takes to tell is missing.
        Unknown = "UNKNOWN",
    }
}
named! {
    /// What the verdict on size rests on, the strongest first.
    pub enum SizeBasis {
        /// The statistics registry's own list.
        OfficialList = "OFFICIAL_LIST",
        /// A threshold rule (`reference/thresholds.toml`).
        Rule = "RULE",
        /// Headcount, where revenue is missing.
        Proxy = "PROXY",
    }
}
named! {
    /// Large, medium, small or micro (统计上大中小微型企业划分办法 2017).
    pub enum SizeClass {
        /// 大型.
        Large = "LARGE",
        /// 中型.
        Medium = "MEDIUM",
        /// 小型.
        Small = "SMALL",
        /// 微型.
        Micro = "MICRO",
        /// A number is missing that could change it, or the industry has no row.
        Unknown = "UNKNOWN",
    }
}
named! {
    /// How an enterprise is covered by a union; where several apply, the first.
    pub enum UnionStatus {
        /// By a union of its own (单独建会).
        Independent = "INDEPENDENT",
        /// By the union of the company above it.
        Parent = "PARENT",
        /// By one union of several small units (联合基层工会).
        Joint = "JOINT",
        /// By a federation of an area or a trade (区域性、行业性工会联合会).
        Federation = "FEDERATION",
        /// One is being set up (筹备组).
        Preparing = "PREPARING",
        /// A union record nearly matches: a person decides.
        Possible = "POSSIBLE",
        /// By none.
        None = "NONE",
    }
}
named! {
    /// What a union on the roll is to an enterprise; the words are those of [`UnionStatus`].
    pub enum UnionKind {
        /// Its own.
        Independent = "INDEPENDENT",
        /// That of the company above it.
        Parent = "PARENT",
        /// One of several small units.
        Joint = "JOINT",
        /// A federation of an area or a trade.
        Federation = "FEDERATION",
        /// Being set up.
        Preparing = "PREPARING",
    }
}
named! {
    /// Whether a union is missing.
    pub enum GapStatus {
        /// No union covers it.
        Lacking = "LACKING",
        /// Above designated size and covered, but by no union of its own.
        LackingIndependent = "LACKING_INDEPENDENT",
        /// Covered as policy asks.
        Covered = "COVERED",
        /// It cannot be told: a person, or a registry that is missing, decides.
        Undecided = "UNDECIDED",
        /// Not to be counted: struck off, moved out, without staff, too young, by policy a branch or an individual business, or by a
        /// finding.
        OutOfScope = "OUT_OF_SCOPE",
    }
}
named! {
    /// Whether union dues or the preparatory fund were paid for a period.
    pub enum FundStatus {
        /// In full.
        Paid = "PAID",
        /// In part.
        Partial = "PARTIAL",
        /// Due, and not paid.
        Unpaid = "UNPAID",
        /// Dues without a union, or the preparatory fund although there is one.
        WrongKind = "WRONG_KIND",
        /// What was due or paid is not known.
        Unknown = "UNKNOWN",
    }
}
named! {
    /// What a payment is for.
    pub enum FundKind {
        /// Union dues (工会经费).
        Dues = "DUES",
        /// Preparatory fund (建会筹备金), before there is a union.
        Preparatory = "PREPARATORY",
    }
}
named! {
    /// What a need belongs to: who is in scope at all, designated size, union coverage, the fund.
    pub enum NeededFor {
        /// Who is in scope at all.
        Scope = "SCOPE",
        /// Designated size.
        Size = "SIZE",
        /// Union coverage.
        Coverage = "COVERAGE",
        /// Dues and preparatory fund.
        Fund = "FUND",
    }
}

/// A need of policy that the registries do not meet: what a verdict rests on has never landed, or is too old.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmet {
    /// Which verdict lacks it.
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
    /// The registration status of an enterprise; its words are read by `reference/registration/statuses.csv`.
    pub enum OperatingStatus {
        /// In business (存续, 在营, 开业).
        Active = "ACTIVE",
        /// Business has stopped for a time (停业, 歇业).
        Suspended = "SUSPENDED",
        /// The licence was taken away (吊销), or the firm is being wound up; the legal person still exists.
        Revoked = "REVOKED",
        /// Struck off (注销).
        Deregistered = "DEREGISTERED",
        /// Moved to another authority (迁出).
        MovedOut = "MOVED_OUT",
        /// Nobody says, or not in words that are known.
        Unknown = "UNKNOWN",
    }
}
named! {
    /// Whose capital it is, read from the registration type (登记注册类型) by `reference/registration/types.csv`.
    pub enum Ownership {
        /// State-owned (国有).
        State = "STATE",
        /// Collective (集体).
        Collective = "COLLECTIVE",
        /// Private (私营).
        Private = "PRIVATE",
        /// From Hong Kong, Macao or Taiwan (港澳台投资).
        Hmt = "HMT",
        /// Foreign (外商投资).
        Foreign = "FOREIGN",
        /// Of several owners (混合所有制).
        Mixed = "MIXED",
        /// An individual business (个体).
        Individual = "INDIVIDUAL",
        /// Another kind, said outright.
        Other = "OTHER",
        /// A bare company form, or nothing at all.
        Unknown = "UNKNOWN",
    }
}
named! {
    /// Marks that raise the priority of an enterprise.
    pub enum EnterpriseTag {
        /// One of the world's 500 largest, or a company of one.
        Fortune500 = "FORTUNE_500",
        /// Leads its trade (龙头企业).
        Leading = "LEADING",
        /// A labour dispatch agency (劳务派遣).
        LabourDispatch = "LABOUR_DISPATCH",
        /// Foreign-invested.
        Foreign = "FOREIGN",
        /// Invested from Hong Kong, Macao or Taiwan.
        Hmt = "HMT",
        /// A strike or an arbitration case in the last twelve months.
        DisputeLast12Months = "DISPUTE_LAST_12_MONTHS",
        /// Pays the preparatory fund (建会筹备金).
        PaysPreparatoryFund = "PAYS_PREPARATORY_FUND",
        /// Its shares are traded.
        Listed = "LISTED",
        /// Serves households (家政服务).
        DomesticService = "DOMESTIC_SERVICE",
        /// Cares for the sick, the old and the disabled (护理、养老服务).
        Care = "CARE",
    }
}

/// A reason: a stable code and the inputs it rests on. Texts in both languages come from `model::message`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Stable, for machines (`no_union_record`).
    #[serde(rename = "c")]
    pub code: Box<str>,
    /// In the order the text names them.
    #[serde(rename = "i", default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<ReasonInput>,
}

impl Reason {
    /// Without inputs.
    pub fn new(code: &str) -> Reason {
        Reason { code: code.into(), inputs: Vec::new() }
    }
    /// The same with one input more.
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
    /// Which fact (`employees`); `message::input_name` has the words.
    #[serde(rename = "n")]
    pub name: Box<str>,
    /// As text: a number, a day, a code; None where the fact is missing.
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
    /// A value that no single record states: a limit, a day.
    pub fn new(name: &str, value: impl std::fmt::Display) -> ReasonInput {
        ReasonInput { name: name.into(), value: Some(value.to_string().into()), registry: None, record: None }
    }
    /// A fact that nobody states.
    pub fn missing(name: &str) -> ReasonInput {
        ReasonInput { name: name.into(), value: None, registry: None, record: None }
    }
    /// The same with the record that states it.
    pub fn from_record(mut self, registry: &str, record: &str) -> ReasonInput {
        self.registry = Some(registry.into());
        self.record = Some(record.into());
        self
    }
}

/// Whether the enterprise is above designated size (规模以上).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SizeVerdict {
    /// Unknown where neither list, rule nor proxy tells.
    pub verdict: SizeStatus,
    /// What it rests on; None where it is unknown.
    pub basis: Option<SizeBasis>,
    /// Id of the threshold rule in `reference/thresholds.toml`.
    pub rule: Option<Box<str>>,
    /// What led to it.
    pub reasons: ThinVec<Reason>,
    /// Large to micro, by its own regulation; it does not decide the verdict.
    pub size_class: SizeClass,
}

/// Which union covers the enterprise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnionVerdict {
    /// By the strongest union.
    pub verdict: UnionStatus,
    /// Those that cover it.
    pub unions: ThinVec<UnionLink>,
    /// Union records that nearly match it, where a person has to decide.
    pub possible: ThinVec<PossibleUnion>,
    /// What led to it.
    pub reasons: ThinVec<Reason>,
}

/// A union that covers the enterprise: `union` is the trade union's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnionLink {
    /// Its id: `U` and twelve characters.
    pub union: Box<str>,
    /// What this union is to this enterprise.
    pub kind: UnionKind,
    /// Day the union was founded, where the roll says so.
    pub since: Option<NaiveDate>,
    /// The roll it stands on, by name.
    pub registry: Box<str>,
    /// Key of its record there.
    pub record: Box<str>,
}

/// A union record that nearly matches; a person decides. `pair` is the review pair's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PossibleUnion {
    /// Its id: `R` and twelve characters.
    pub pair: Box<str>,
    /// Id of the union.
    pub union: Box<str>,
    /// log2 odds.
    pub weight: f32,
}

/// Whether a union is missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GapVerdict {
    /// For every enterprise; the gap list takes those above designated size only.
    pub status: GapStatus,
    /// What led to it.
    pub reasons: ThinVec<Reason>,
    /// The edition date since which it has been lacking; None with reason `before_first_edition` for the first one.
    pub since: Option<NaiveDate>,
}

/// Whether union dues (工会经费) or the preparatory fund (建会筹备金) were paid for the latest period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FundVerdict {
    /// Unknown where no registry of payments says anything of it.
    pub status: FundStatus,
    /// `2026`, `2026Q3` or `2026-09`; empty where nothing was paid or due.
    pub period: Box<str>,
    /// Sum payable for the period.
    pub due: Option<Money>,
    /// Sum paid for the period.
    pub paid: Option<Money>,
    /// What was paid; None where nothing was.
    pub kind_paid: Option<FundKind>,
    /// What led to it.
    pub reasons: ThinVec<Reason>,
}

/// Points added up: the sum of the factors is the score.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Priority {
    /// Higher is more urgent; rows of an edition stand by it.
    pub score: f32,
    /// What it is made of, in the order of the table of factors; empty for an enterprise that lacks nothing.
    pub factors: ThinVec<PriorityFactor>,
}

/// One reason why an enterprise is urgent, with its points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PriorityFactor {
    /// Stable (`employees`, `foreign`); `message::reason_text` has the words.
    pub code: Box<str>,
    /// Added to the score.
    pub points: f32,
    /// The fact it rests on, where it is one.
    pub input: Option<ReasonInput>,
}

/// All verdicts of one enterprise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdicts {
    /// Designated size.
    pub size: SizeVerdict,
    /// Union coverage.
    pub union: UnionVerdict,
    /// Whether a union is missing.
    pub gap: GapVerdict,
    /// Dues and preparatory fund.
    pub fund: FundVerdict,
    /// How urgent it is.
    pub priority: Priority,
}
