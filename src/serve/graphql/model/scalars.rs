//! Scalars, and the enums of the model as GraphQL shows them.

use std::borrow::Cow;

use async_graphql::registry::Registry;
use async_graphql::{Enum, InputType, InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::NaiveDate;

use crate::edition;
use crate::model::message::Lang;
use crate::model::text::shown;
use crate::model::value::Money;

/// A day, ISO 8601: `2026-11-22`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub NaiveDate);

/// A day, ISO 8601: `2026-11-22`. Where a question asks of an earlier state (`asOf`, `compareWith`) also an instant
/// (`2026-11-22T04:30:00Z`) or an edition (`edition:12`).
#[Scalar(name = "Date", specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => NaiveDate::parse_from_str(text, "%Y-%m-%d")
                .map(Date)
                .map_err(|_| InputValueError::custom(format!("{text:?} is not a day such as 2026-11-22"))),
            _ => Err(InputValueError::expected_type(value)),
        }
    }
    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// Which edition a question is asked of. In the schema it is a `Date`, so that documents with `$asOf: Date` stay valid: beside a day
/// it takes an instant (`2026-11-22T04:30:00Z`) or an edition (`edition:12`, `12`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsOf(pub edition::EditionAsOf);

impl InputType for AsOf {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        <Date as InputType>::type_name()
    }
    fn create_type_info(registry: &mut Registry) -> String {
        <Date as InputType>::create_type_info(registry)
    }
    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let text = match value.unwrap_or_default() {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            other => return Err(InputValueError::expected_type(other)),
        };
        let wrong = |()| {
            InputValueError::custom(format!(
                "{text:?} is neither a day (2026-11-22), an instant (2026-11-22T04:30:00Z) nor an edition (edition:12)"
            ))
        };
        text.parse().map(AsOf).map_err(wrong)
    }
    fn to_value(&self) -> Value {
        Value::String(match self.0 {
            edition::EditionAsOf::Day(day) => day.to_string(),
            edition::EditionAsOf::Instant(instant) => shown(instant),
            edition::EditionAsOf::Edition(number) => format!("edition:{number}"),
        })
    }
    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

/// An instant, RFC 3339 in UTC: `2026-11-22T04:30:00Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateTime(pub chrono::DateTime<chrono::Utc>);

impl DateTime {
    /// None where the milliseconds since 1970 are out of range.
    pub fn from_millis(millis: i64) -> Option<DateTime> {
        chrono::DateTime::from_timestamp_millis(millis).map(DateTime)
    }
    /// A time that the program itself wrote; one that is out of range is shown as 1970.
    pub fn written(millis: i64) -> DateTime {
        DateTime::from_millis(millis).unwrap_or(DateTime(chrono::DateTime::UNIX_EPOCH))
    }
}

/// An instant, RFC 3339 in UTC: `2026-11-22T04:30:00Z`.
#[Scalar(name = "DateTime", specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => chrono::DateTime::parse_from_rfc3339(text)
                .map(|t| DateTime(t.to_utc()))
                .map_err(|_| InputValueError::custom(format!("{text:?} is not a time such as 2026-11-22T04:30:00Z"))),
            _ => Err(InputValueError::expected_type(value)),
        }
    }
    fn to_value(&self) -> Value {
        Value::String(shown(self.0))
    }
}

/// An amount of money in yuan as a decimal text: `12000` or `12000.50`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal(pub Money);

/// An amount of money in yuan as a decimal text: `12000` or `12000.50`.
#[Scalar(name = "Decimal", specified_by_url = "https://www.w3.org/TR/xmlschema11-2/#decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = match &value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return Err(InputValueError::expected_type(value)),
        };
        parse_yuan(&text)
            .map(Decimal)
            .ok_or_else(|| InputValueError::custom(format!("{text:?} is not an amount such as 12000.50")))
    }
    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

fn parse_yuan(text: &str) -> Option<Money> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || fraction.len() > 2 || !all_digits(fraction) {
        return None;
    }
    let fen: i64 = format!("{fraction:0<2}").parse().ok()?;
    Some(Money(sign * whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(fen)?))
}

/// Unified social credit code, 18 characters (统一社会信用代码, GB 32100-2015).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditCode(pub String);

/// Unified social credit code, 18 characters (统一社会信用代码, GB 32100-2015).
#[Scalar(
    name = "CreditCode",
    specified_by_url = "https://openstd.samr.gov.cn/bzgk/std/newGbInfo?hcno=24691C25985C1073D3A7C85629378AC0"
)]
impl ScalarType for CreditCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(CreditCode(text)),
            other => Err(InputValueError::expected_type(other)),
        }
    }
    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// The languages texts are given in.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Chinese
    Zh,
    /// English
    En,
}

impl From<Language> for Lang {
    fn from(language: Language) -> Lang {
        match language {
            Language::Zh => Lang::Zh,
            Language::En => Lang::En,
        }
    }
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Language {
        lang.pick(Language::Zh, Language::En)
    }
}

/// The GraphQL twin of one of the model's named enums.
macro_rules! twin {
    ($(#[$m:meta])* $T:ident = $remote:literal { $($(#[$vm:meta])* $V:ident = $name:literal),+ $(,)? }) => {
        $(#[$m])*
        #[derive(Debug, Enum, Clone, Copy, PartialEq, Eq, Hash)]
        #[graphql(remote = $remote)]
        pub enum $T { $($(#[$vm])* #[graphql(name = $name)] $V),+ }
        impl $T {
            pub fn name(self) -> &'static str { match self { $($T::$V => $name),+ } }
        }
    };
}

twin! {
    /// What the commerce registry says of an enterprise's life.
    OperatingStatus = "crate::model::verdict::OperatingStatus" {
        Active = "ACTIVE", Suspended = "SUSPENDED", Revoked = "REVOKED", Deregistered = "DEREGISTERED", MovedOut = "MOVED_OUT", Unknown = "UNKNOWN",
    }
}
twin! {
    /// Whose capital it is (登记注册类型). HMT: Hong Kong, Macao, Taiwan.
    Ownership = "crate::model::verdict::Ownership" {
        State = "STATE", Collective = "COLLECTIVE", Private = "PRIVATE", Hmt = "HMT", Foreign = "FOREIGN", Mixed = "MIXED",
        Individual = "INDIVIDUAL", Other = "OTHER", Unknown = "UNKNOWN",
    }
}
twin! {
    /// Large, medium, small or micro (统计上大中小微型企业划分办法, 2017).
    SizeClass = "crate::model::verdict::SizeClass" { Large = "LARGE", Medium = "MEDIUM", Small = "SMALL", Micro = "MICRO", Unknown = "UNKNOWN" }
}
twin! {
    /// Marks of an enterprise; all but LISTED, DOMESTIC_SERVICE and CARE raise its priority.
    EnterpriseTag = "crate::model::verdict::EnterpriseTag" {
        Fortune500 = "FORTUNE_500", Leading = "LEADING", LabourDispatch = "LABOUR_DISPATCH", Foreign = "FOREIGN", Hmt = "HMT",
        DisputeLast12Months = "DISPUTE_LAST_12_MONTHS", PaysPreparatoryFund = "PAYS_PREPARATORY_FUND", Listed = "LISTED",
        DomesticService = "DOMESTIC_SERVICE", Care = "CARE",
    }
}
twin! {
    /// A field of an enterprise that registries speak of.
    EnterpriseField = "crate::model::enterprise::EnterpriseField" {
        Name = "NAME", CreditCode = "CREDIT_CODE", Status = "STATUS", EstablishedOn = "ESTABLISHED_ON", Area = "AREA", Address = "ADDRESS",
        Location = "LOCATION", Industry = "INDUSTRY", Ownership = "OWNERSHIP", RegistrationType = "REGISTRATION_TYPE",
        InvestorCountry = "INVESTOR_COUNTRY", Employees = "EMPLOYEES", Insured = "INSURED", Revenue = "REVENUE", Payroll = "PAYROLL",
        OfficialList = "OFFICIAL_LIST", Qualification = "QUALIFICATION", Union = "UNION",
    }
}
twin! {
    /// Whether a location is the registry's own point or the label point of an area.
    LocationBasis = "crate::model::enterprise::LocationBasis" { Registry = "REGISTRY", Town = "TOWN", District = "DISTRICT" }
}
twin! {
    /// Above or below designated size (规模以上).
    SizeStatus = "crate::model::verdict::SizeStatus" { Above = "ABOVE", Below = "BELOW", Unknown = "UNKNOWN" }
}
twin! {
    /// What the size verdict rests on: the official list, a threshold rule, or headcount standing in for revenue.
    SizeBasis = "crate::model::verdict::SizeBasis" { OfficialList = "OFFICIAL_LIST", Rule = "RULE", Proxy = "PROXY" }
}
twin! {
    /// How an enterprise is covered by a union; where several apply, the first.
    UnionStatus = "crate::model::verdict::UnionStatus" {
        Independent = "INDEPENDENT", Parent = "PARENT",
        /// 联合基层工会
        Joint = "JOINT",
        /// 区域性、行业性工会联合会
        Federation = "FEDERATION",
        /// 筹备组
        Preparing = "PREPARING",
        /// A union record nearly matches: a person decides.
        Possible = "POSSIBLE", None = "NONE",
    }
}
twin! {
    /// Kinds of unions on the roll.
    UnionKind = "crate::model::verdict::UnionKind" {
        Independent = "INDEPENDENT", Parent = "PARENT", Joint = "JOINT", Federation = "FEDERATION", Preparing = "PREPARING",
    }
}
twin! {
    /// Whether a union is missing.
    GapStatus = "crate::model::verdict::GapStatus" {
        Lacking = "LACKING", LackingIndependent = "LACKING_INDEPENDENT", Covered = "COVERED", Undecided = "UNDECIDED", OutOfScope = "OUT_OF_SCOPE",
    }
}
twin! {
    /// Whether union dues or the preparatory fund were paid.
    FundStatus = "crate::model::verdict::FundStatus" { Paid = "PAID", Partial = "PARTIAL", Unpaid = "UNPAID", WrongKind = "WRONG_KIND", Unknown = "UNKNOWN" }
}
twin! {
    /// Union dues (工会经费) or preparatory fund (建会筹备金).
    FundKind = "crate::model::verdict::FundKind" { Dues = "DUES", Preparatory = "PREPARATORY" }
}
twin! {
    /// What joined a record to its enterprise.
    LinkMethod = "crate::model::linkage::LinkMethod" {
        CreditCode = "CREDIT_CODE", OrganisationCode = "ORGANISATION_CODE", RegistrationNumber = "REGISTRATION_NUMBER", Name = "NAME",
        NameAndAddress = "NAME_AND_ADDRESS", Score = "SCORE", Judgement = "JUDGEMENT",
    }
}

twin! {
    /// How far an outreach case is, in the order of the work.
    CaseStage = "crate::cases::standing::CaseStage" {
        /// On the list; nobody was there yet.
        Found = "FOUND",
        /// Visit and verify.
        Verify = "VERIFY", Inform = "INFORM",
        /// 建会告知书
        Letter = "LETTER",
        /// 催告函
        SecondLetter = "SECOND_LETTER",
        /// 约谈
        Talk = "TALK",
        /// 部门联动
        JointAction = "JOINT_ACTION",
        /// 申请建会
        Apply = "APPLY",
        /// 筹备组
        PrepareGroup = "PREPARE_GROUP", Enrol = "ENROL", Assembly = "ASSEMBLY", Approve = "APPROVE", Legal = "LEGAL",
        /// From the preparatory fund to dues.
        TaxSwitch = "TAX_SWITCH", EnterRoll = "ENTER_ROLL", FollowUp = "FOLLOW_UP",
    }
}
twin! {
    /// Whether somebody still has to go.
    CaseState = "crate::cases::standing::CaseState" { Open = "OPEN", Closed = "CLOSED" }
}
twin! {
    /// What an outreach case was opened for.
    CaseOrigin = "crate::cases::standing::CaseOrigin" {
        List = "LIST",
        /// Needs the scope `finance`.
        PreparatoryFund = "PREPARATORY_FUND",
        /// Needs the scope `records`.
        Dispute = "DISPUTE", Hotline = "HOTLINE", Media = "MEDIA", NamedList = "NAMED_LIST", Hand = "HAND",
    }
}
twin! {
    /// How an enterprise is won: the four methods.
    CaseMethod = "crate::cases::standing::CaseMethod" {
        /// 需求带动
        Demand = "DEMAND",
        /// 活动吸引
        Activity = "ACTIVITY",
        /// 服务凝聚
        Service = "SERVICE",
        /// 作用巩固
        Consolidation = "CONSOLIDATION",
    }
}
twin! {
    /// What a step of an outreach case was.
    CaseStepKind = "crate::cases::standing::CaseStepKind" {
        Opened = "OPENED", Stage = "STAGE", Owner = "OWNER", NextOn = "NEXT_ON", Method = "METHOD", Assessment = "ASSESSMENT",
        Refusal = "REFUSAL", Note = "NOTE", Closed = "CLOSED",
        /// By what the registries say.
        ClosedByData = "CLOSED_BY_DATA", Reopened = "REOPENED", ReopenedByData = "REOPENED_BY_DATA",
        /// Its enterprise lives on as another one.
        Moved = "MOVED",
        /// Its enterprise was joined with one whose case goes on.
        Joined = "JOINED", Parted = "PARTED", Visited = "VISITED",
    }
}
twin! {
    /// How far a correction request is.
    CorrectionState = "crate::cases::correction::CorrectionState" {
        /// Asked; the department has not been told yet.
        Open = "OPEN",
        /// It stands in a letter.
        Sent = "SENT",
        /// The department, or its system, has read it.
        Seen = "SEEN", Answered = "ANSWERED",
        /// The registry's next delivery says something else.
        ClosedByData = "CLOSED_BY_DATA", Withdrawn = "WITHDRAWN",
    }
}
twin! {
    /// What a department answers.
    CorrectionAnswer = "crate::cases::correction::CorrectionAnswer" {
        /// It was wrong, and this is right.
        Corrected = "CORRECTED",
        /// It is right as it stands.
        Confirmed = "CONFIRMED",
        /// Another department says so; this one only repeats it.
        NotOurs = "NOT_OURS",
    }
}
twin! {
    /// What a correction request came of.
    CorrectionOrigin = "crate::cases::correction::CorrectionOrigin" {
        /// Two registries contradict each other.
        Conflict = "CONFLICT",
        /// A visit found something else.
        Finding = "FINDING",
        /// A person picked the field of a record.
        Field = "FIELD",
    }
}
twin! {
    /// What happened to a correction request.
    CorrectionStepKind = "crate::cases::correction::CorrectionStepKind" {
        Opened = "OPENED", Sent = "SENT", Seen = "SEEN", Answered = "ANSWERED",
        /// What the department says instead stands in its record.
        Landed = "LANDED",
        /// The record had changed before it could.
        Overtaken = "OVERTAKEN",
        /// The registry delivered something else.
        ClosedByData = "CLOSED_BY_DATA",
        /// The registry says again what was disputed.
        Reopened = "REOPENED", Extended = "EXTENDED", Withdrawn = "WITHDRAWN",
        /// Its record belongs to another enterprise now.
        Moved = "MOVED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_are_read_exactly() {
        for (text, fen) in [("0", 0), ("12000.5", 1_200_050), ("-3.07", -307)] {
            assert_eq!(parse_yuan(text), Some(Money(fen)), "{text}");
        }
        for text in ["", "1.234", "1e9", "1,000", ".5", "9999999999999999999", "１２"] {
            assert_eq!(parse_yuan(text), None, "{text}");
        }
    }
}
twin! {
    /// What a unit of the federation is.
    UnionUnitLevel = "crate::federation::unit::TreeLevel" {
        City = "CITY", District = "DISTRICT", Street = "STREET", Town = "TOWN", Zone = "ZONE",
        /// 产业工会
        Industrial = "INDUSTRIAL",
        Park = "PARK", Building = "BUILDING",
    }
}
twin! {
    /// A kind of thing that people enter of the federation, as a sheet; the rules of an appraisal are a TOML file.
    FederationNoun = "crate::federation::entry::FederationNoun" {
        Unit = "UNIT", Figure = "FIGURE", Post = "POST", Place = "PLACE",
        /// A line of a building's own list.
        Listing = "LISTING",
        Service = "SERVICE", Dispatch = "DISPATCH", Collection = "COLLECTION",
        /// A pilot area of the collection by the tax office.
        Pilot = "PILOT",
        /// Work that rules of the appraisal count.
        Work = "WORK",
        Objection = "OBJECTION", Reward = "REWARD", Appraisal = "APPRAISAL",
        /// A key point of a unit's year.
        KeyPoint = "KEY_POINT",
    }
}
twin! {
    /// How sure it is that a figure was read as it was written.
    FigureConfidence = "crate::federation::figure::FigureConfidence" { High = "HIGH", Medium = "MEDIUM" }
}
twin! {
    /// A kind of post.
    UnionPostKind = "crate::federation::post::PostKind" {
        /// 工会社会工作者
        SocialWorker = "SOCIAL_WORKER",
        /// 大学生协管员
        StudentAssistant = "STUDENT_ASSISTANT",
        /// 协管员
        Assistant = "ASSISTANT",
        /// 劳动保障协管员
        Coordinator = "COORDINATOR",
    }
}
twin! {
    /// What a place is.
    UnionPlaceKind = "crate::federation::place::PlaceKind" { Centre = "CENTRE", Station = "STATION", OfficeBuilding = "BUILDING", BusinessPark = "PARK" }
}
twin! {
    /// A kind of service.
    UnionServiceKind = "crate::federation::service::ServiceKind" {
        Mediation = "MEDIATION", LegalAid = "LEGAL_AID", Hardship = "HARDSHIP", MutualAid = "MUTUAL_AID", Training = "TRAINING", Jobs = "JOBS",
        /// 12351
        Hotline = "HOTLINE",
        Card = "CARD", Material = "MATERIAL", Media = "MEDIA", ModelCase = "MODEL_CASE", FlexibleWorker = "FLEXIBLE_WORKER",
    }
}
twin! {
    /// Where dispatched workers joined a union.
    UnionJoinedAt = "crate::federation::dispatch::JoinedAt" { Agency = "AGENCY", Host = "HOST" }
}
twin! {
    /// How far an objection is.
    ObjectionState = "crate::federation::appraisal::ObjectionState" { Open = "OPEN", Upheld = "UPHELD", Rejected = "REJECTED" }
}
