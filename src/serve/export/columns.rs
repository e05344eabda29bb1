//! The columns an export can have: name, titles, and how a row's cell is written.

use std::fmt::Write;

use chrono::{Datelike, NaiveDate};
use serde::Deserialize;

use super::told_reasons::{ToldReason, gap_and_size, push_gap_and_size, push_reasons};
use crate::access::{AccessScope, Caller, FieldClass, Sight, classes};
use crate::edition::EnterpriseRow;
use crate::model::message::{Lang, country_name, value_name};
use crate::model::verdict::{EnterpriseTag, PriorityFactor, UnionLink};
use crate::serve::answers::usage::bits_of;

macro_rules! columns {
    ($($V:ident $name:literal $zh:literal $en:literal $number:literal),+ $(,)?) => {
        /// A column of an export.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ExportColumn { $($V),+ }
        impl ExportColumn {
            pub const ALL: &'static [ExportColumn] = &[$(ExportColumn::$V),+];
            /// As written in `columns=`.
            pub fn name(self) -> &'static str { match self { $(ExportColumn::$V => $name),+ } }
            pub fn title(self, lang: Lang) -> &'static str { match self { $(ExportColumn::$V => lang.pick($zh, $en)),+ } }
            pub fn is_number(self) -> bool { match self { $(ExportColumn::$V => $number),+ } }
        }
    };
}

columns! {
    Id "id" "编号" "id" false,
    Name "name" "企业名称" "name" false,
    CreditCode "creditCode" "统一社会信用代码" "credit code" false,
    FormerNames "formerNames" "曾用名" "former names" false,
    Status "status" "登记状态" "status" false,
    District "district" "区代码" "district code" false,
    DistrictName "districtName" "区" "district" false,
    Town "town" "街道乡镇代码" "town code" false,
    TownName "townName" "街道乡镇" "town" false,
    Federation "federation" "所属工会代码" "federation unit code" false,
    FederationName "federationName" "所属工会" "federation unit" false,
    Address "address" "地址" "address" false,
    Section "section" "行业门类" "section" false,
    Industry "industry" "行业代码" "industry code" false,
    IndustryName "industryName" "行业" "industry" false,
    Ownership "ownership" "所有制" "ownership" false,
    EstablishedOn "establishedOn" "成立日期" "founded on" false,
    Employees "employees" "从业人员" "employees" true,
    Insured "insured" "参保人数" "insured" true,
    RevenueYuan "revenueYuan" "营业收入（元）" "revenue (yuan)" true,
    PayrollYuan "payrollYuan" "工资总额（元）" "payroll (yuan)" true,
    InvestorCountries "investorCountries" "投资方国别" "investor countries" false,
    Tags "tags" "标记" "tags" false,
    DesignatedSize "designatedSize" "规模以上" "designated size" false,
    SizeClass "sizeClass" "企业规模" "size class" false,
    Union "union" "建会情况" "union" false,
    Gap "gap" "缺口" "gap" false,
    GapSince "gapSince" "缺口起始" "gap since" false,
    Priority "priority" "优先度" "priority" true,
    Reasons "reasons" "理由" "reasons" false,
    Longitude "longitude" "经度" "longitude" true,
    Latitude "latitude" "纬度" "latitude" true,
    LocationBasis "locationBasis" "坐标来源" "location basis" false,
    Area "area" "区域代码" "area code" false,
    AreaName "areaName" "区域" "area" false,
    AreaParentName "areaParentName" "上级区域" "area above" false,
    IndustryEdition "industryEdition" "行业分类版本" "industry edition" false,
    RegistrationType "registrationType" "登记注册类型" "registration type" false,
    SizeBasis "sizeBasis" "规模依据" "size basis" false,
    SizeRule "sizeRule" "规模规则" "size rule" false,
    SizeReasons "sizeReasons" "规模理由" "size reasons" false,
    UnionReasons "unionReasons" "建会理由" "union reasons" false,
    Unions "unions" "工会" "unions" false,
    GapReasons "gapReasons" "缺口理由" "gap reasons" false,
    Fund "fund" "经费情况" "fund" false,
    FundDueYuan "fundDueYuan" "应缴经费（元）" "fund due (yuan)" true,
    FundPaidYuan "fundPaidYuan" "已缴经费（元）" "fund paid (yuan)" true,
    BranchOf "branchOf" "总公司编号" "branch of" false,
    Records "records" "来源记录" "records" false,
    ReasonCodes "reasonCodes" "理由代码" "reason codes" false,
    Members "members" "会员" "members" true,
    MembersExceedStaff "membersExceedStaff" "会员多于职工" "more members than staff" false,
}

/// What a list shows where nobody chooses.
pub(super) const USUAL: [ExportColumn; 15] = [
    ExportColumn::Id,
    ExportColumn::Name,
    ExportColumn::CreditCode,
    ExportColumn::DistrictName,
    ExportColumn::TownName,
    ExportColumn::Address,
    ExportColumn::IndustryName,
    ExportColumn::Ownership,
    ExportColumn::Employees,
    ExportColumn::DesignatedSize,
    ExportColumn::Union,
    ExportColumn::Gap,
    ExportColumn::GapSince,
    ExportColumn::Priority,
    ExportColumn::Reasons,
];

/// Columns by their path in the graph, where that is not their name.
pub(super) const PATHS: [(&str, ExportColumn); 25] = [
    ("area.code", ExportColumn::Area),
    ("area.name", ExportColumn::AreaName),
    ("area.parent.name", ExportColumn::AreaParentName),
    ("location.longitude", ExportColumn::Longitude),
    ("location.latitude", ExportColumn::Latitude),
    ("location.basis", ExportColumn::LocationBasis),
    ("industry.code", ExportColumn::Industry),
    ("industry.name", ExportColumn::IndustryName),
    ("industry.edition", ExportColumn::IndustryEdition),
    ("designatedSize.verdict", ExportColumn::DesignatedSize),
    ("designatedSize.basis", ExportColumn::SizeBasis),
    ("designatedSize.sizeClass", ExportColumn::SizeClass),
    ("designatedSize.rule.id", ExportColumn::SizeRule),
    ("designatedSize.reasons.message", ExportColumn::SizeReasons),
    ("unionCoverage.verdict", ExportColumn::Union),
    ("unionCoverage.unions.tradeUnion.name", ExportColumn::Unions),
    ("unionCoverage.reasons.message", ExportColumn::UnionReasons),
    ("gap.status", ExportColumn::Gap),
    ("gap.since", ExportColumn::GapSince),
    ("gap.priority.score", ExportColumn::Priority),
    ("gap.reasons.message", ExportColumn::GapReasons),
    ("fund.status", ExportColumn::Fund),
    ("fund.dueYuan", ExportColumn::FundDueYuan),
    ("fund.paidYuan", ExportColumn::FundPaidYuan),
    ("branchOf.id", ExportColumn::BranchOf),
];

/// What a cell holds, where a file has types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellKind {
    Text,
    /// Digits that are no number: a spreadsheet must not count with them.
    Code,
    /// A whole number.
    Count,
    /// Yuan, to the fen.
    Money,
    Number,
    /// A day.
    Date,
    /// A moment, in UTC.
    Instant,
    /// Yes or no, said of everybody.
    Flag,
}

/// How a flag reads where a file has no type for it.
pub fn flag_text(is: bool, lang: Lang) -> &'static str {
    if is { lang.pick("是", "yes") } else { lang.pick("否", "no") }
}

/// A cell of [`CellKind::Flag`] read back.
pub fn flag(cell: &str) -> Option<bool> {
    [true, false].into_iter().find(|is| [Lang::Zh, Lang::En].iter().any(|lang| flag_text(*is, *lang) == cell))
}

impl ExportColumn {
    pub fn kind(self) -> CellKind {
        use ExportColumn as C;
        match self {
            C::CreditCode => CellKind::Code,
            C::Employees | C::Insured | C::Members => CellKind::Count,
            C::RevenueYuan | C::PayrollYuan | C::FundDueYuan | C::FundPaidYuan => CellKind::Money,
            C::EstablishedOn | C::GapSince => CellKind::Date,
            C::MembersExceedStaff => CellKind::Flag,
            other if other.is_number() => CellKind::Number,
            _ => CellKind::Text,
        }
    }
    /// What the caller needs beyond exporting.
    pub fn scopes(self) -> &'static [AccessScope] {
        use ExportColumn as C;
        match self {
            C::RevenueYuan | C::PayrollYuan | C::Fund | C::FundDueYuan | C::FundPaidYuan => &[AccessScope::Finance],
            // Which registries have somebody says who pays and who has a dispute.
            C::Records => &[AccessScope::Finance, AccessScope::Records],
            _ => &[],
        }
    }
    /// Bits of the fields that it shows.
    pub fn fields(self) -> u32 {
        use ExportColumn as C;
        let of = |names: &[&str]| names.iter().fold(0, |bits, name| bits | bits_of(name));
        match self {
            C::SizeBasis | C::SizeRule => bits_of("designatedSize"),
            // The facts that are filled in, without sums of money.
            C::SizeReasons => of(&["designatedSize", "employees", "insured", "industry", "findings"]),
            C::UnionReasons => of(&["unionCoverage", "findings"]),
            C::GapReasons => of(&["gap", "status", "establishedOn", "findings"]),
            C::Reasons => C::SizeReasons.fields() | C::GapReasons.fields(),
            C::ReasonCodes => of(&["gap", "designatedSize"]),
            C::FundDueYuan | C::FundPaidYuan => bits_of("fund"),
            C::Members => bits_of("unionCoverage"),
            other => bits_of(other.name()),
        }
    }
    /// Notes what is opened to a caller by telling them this column, beyond its scopes: scores, marks and reasons are told as far as they
    /// may see what these are made of.
    pub fn note_opened(self, caller: &Caller) {
        use ExportColumn as C;
        let made_of: &[FieldClass] = match self {
            C::Priority => &classes::OF_SCORE,
            C::Tags => &[FieldClass::Money, FieldClass::Dispute],
            C::Reasons | C::SizeReasons | C::UnionReasons | C::GapReasons => &[FieldClass::Visit],
            _ => &[],
        };
        made_of.iter().for_each(|class| {
            caller.is_shown(*class);
        });
    }
    /// By name, or by path in the graph.
    pub fn find(name: &str) -> Option<ExportColumn> {
        ExportColumn::ALL.iter().copied().find(|c| c.name() == name).or_else(|| ExportColumn::of_path(name))
    }
    /// The column that a path in the graph means, by its own name or by the way to it.
    pub fn of_graph(path: &str) -> Option<ExportColumn> {
        let named = ExportColumn::ALL.iter().copied().find(|c| c.is_of_graph() && c.name() == path);
        named.or_else(|| ExportColumn::of_path(path))
    }
    pub fn of_path(path: &str) -> Option<ExportColumn> {
        PATHS.iter().find(|(of, _)| *of == path).map(|(_, column)| *column)
    }
    /// Whether the graph has a field of the same name and meaning on an enterprise, without fields of its own.
    pub fn is_of_graph(self) -> bool {
        use ExportColumn as C;
        matches!(
            self,
            C::Id
                | C::Name
                | C::FormerNames
                | C::Status
                | C::Address
                | C::Ownership
                | C::EstablishedOn
                | C::Employees
                | C::Insured
                | C::RevenueYuan
                | C::PayrollYuan
                | C::InvestorCountries
                | C::Tags
                | C::RegistrationType
                | C::CreditCode
        )
    }
}

/// Only what is shown: reading it skips the rest.
#[derive(Deserialize)]
struct Slim<'a> {
    #[serde(rename = "g", default, borrow)]
    gap: Vec<ToldReason<'a>>,
    #[serde(rename = "s", default, borrow)]
    size: Vec<ToldReason<'a>>,
    #[serde(rename = "u", default, borrow)]
    union: Vec<ToldReason<'a>>,
    #[serde(rename = "l", default)]
    unions: Vec<UnionLink>,
}

/// The factors of the priority alone.
#[derive(Deserialize)]
struct Factors {
    #[serde(rename = "w", default)]
    factors: Vec<PriorityFactor>,
}

/// The score as this caller is told it.
pub fn told_score(e: &EnterpriseRow<'_>, sight: Sight) -> Option<f32> {
    if sight.sees_all() {
        return Some(e.priority());
    }
    let read: Factors = serde_json::from_str(e.reasons_json()).ok()?;
    Some(sight.score(&read.factors))
}

/// Texts of some of the reasons, one after the other; sums of money have columns of their own, with their own rights.
fn reasons<'a>(
    e: &EnterpriseRow<'a>,
    out: &mut String,
    lang: Lang,
    sight: Sight,
    which: for<'s> fn(&'s Slim<'a>) -> &'s [ToldReason<'a>],
) {
    let Ok(slim) = serde_json::from_str::<Slim<'a>>(e.reasons_json()) else { return };
    push_reasons(which(&slim).iter(), lang, sight, out);
}

/// A day as `2026-06-01`.
fn push_day(out: &mut String, day: NaiveDate) {
    let (year, month, of_month) = (day.year(), day.month(), day.day());
    if !(1000..10_000).contains(&year) {
        let _ = write!(out, "{day}"); // writing to a String cannot fail
        return;
    }
    push_count(out, year as u32);
    for two in [month, of_month] {
        out.push_str(if two < 10 { "-0" } else { "-" });
        push_count(out, two);
    }
}

/// A number without signs and separators.
fn push_count(out: &mut String, count: u32) {
    let (mut digits, mut at, mut rest) = ([0_u8; 10], 10, count);
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.push_str(std::str::from_utf8(&digits[at..]).expect("digits"));
}

impl ExportColumn {
    /// Writes the cell; nothing where the value is absent. Numbers are written plainly.
    pub fn write(self, e: &EnterpriseRow<'_>, lang: Lang, sight: Sight, out: &mut String) {
        let words = |out: &mut String, words: &[&str]| out.push_str(&words.join(lang.pick("；", "; ")));
        let area = |out: &mut String, code: Option<u32>| {
            if let Some(code) = code {
                match e.edition.area_of(code) {
                    Some(label) => out.push_str(lang.pick(&label.zh, &label.en)),
                    None => {
                        let _ = write!(out, "{code}"); // writing to a String cannot fail
                    }
                }
            }
        };
        macro_rules! shown {
            ($value:expr) => {
                if let Some(value) = $value {
                    let _ = write!(out, "{value}"); // writing to a String cannot fail
                }
            };
        }
        let text = |out: &mut String, text: Option<&str>| out.push_str(text.unwrap_or_default());
        macro_rules! day {
            ($value:expr) => {
                if let Some(day) = $value {
                    push_day(out, day);
                }
            };
        }
        macro_rules! count {
            ($value:expr) => {
                if let Some(count) = $value {
                    push_count(out, count);
                }
            };
        }
        macro_rules! named {
            ($value:expr) => {
                if let Some(value) = $value {
                    out.push_str(value_name(value.name(), lang));
                }
            };
        }
        match self {
            ExportColumn::Id => out.push_str(e.id()),
            ExportColumn::Name => out.push_str(e.name()),
            ExportColumn::CreditCode => text(out, e.credit_code().or(e.credit_code_raw())),
            ExportColumn::FormerNames => words(out, &e.former_names()),
            ExportColumn::Status => named!(e.status()),
            ExportColumn::District => count!(e.district()),
            ExportColumn::DistrictName => area(out, e.district()),
            ExportColumn::Town => count!(e.town()),
            ExportColumn::TownName => area(out, e.town()),
            ExportColumn::Federation => text(out, e.federation()),
            ExportColumn::FederationName => {
                if let Some(label) = e.federation().and_then(|code| e.edition.area(code)) {
                    out.push_str(lang.pick(&label.zh, &label.en));
                }
            }
            ExportColumn::Address => text(out, e.address()),
            ExportColumn::Section => text(out, e.section()),
            ExportColumn::Industry => text(out, e.industry()),
            ExportColumn::IndustryName => {
                if let Some(code) = e.industry() {
                    out.push_str(e.edition.industry_name(code, e.industry_edition(), lang));
                }
            }
            ExportColumn::Ownership => named!(e.ownership()),
            ExportColumn::EstablishedOn => day!(e.established_on()),
            ExportColumn::Employees => count!(e.employees()),
            ExportColumn::Insured => count!(e.insured()),
            ExportColumn::RevenueYuan => shown!(e.revenue()),
            ExportColumn::PayrollYuan => shown!(e.payroll()),
            ExportColumn::InvestorCountries => {
                let countries = e.investor_countries();
                let names: Vec<&str> = countries.iter().map(|code| country_name(code, lang).unwrap_or(code)).collect();
                words(out, &names)
            }
            ExportColumn::Tags => {
                let tags = e.tags();
                let tags = tags.iter().filter_map(|bit| EnterpriseTag::ALL.get(bit).copied());
                let told = tags.filter(|tag| sight.sees(classes::of_tag(*tag)));
                let told: Vec<&str> = told.map(|tag| value_name(tag.name(), lang)).collect();
                words(out, &told);
            }
            ExportColumn::DesignatedSize => named!(e.size()),
            ExportColumn::SizeClass => named!(e.size_class()),
            ExportColumn::Union => named!(e.union()),
            ExportColumn::Gap => named!(e.gap()),
            ExportColumn::GapSince => day!(e.gap_since()),
            ExportColumn::Priority => shown!(told_score(e, sight)),
            ExportColumn::Reasons => push_gap_and_size(e.reasons_json(), lang, sight, out),
            ExportColumn::ReasonCodes => {
                let Some([gap, size]) = gap_and_size(e.reasons_json()) else { return };
                let codes: Vec<&str> = gap.iter().chain(&size).map(|reason| &*reason.code).collect();
                out.push_str(&codes.join("; "));
            }
            ExportColumn::Longitude => shown!(e.place().map(|l| l.longitude)),
            ExportColumn::Latitude => shown!(e.place().map(|l| l.latitude)),
            ExportColumn::LocationBasis => named!(e.place().map(|l| l.basis)),
            ExportColumn::Area => shown!(e.town().or(e.district())),
            ExportColumn::AreaName => area(out, e.town().or(e.district())),
            ExportColumn::AreaParentName => {
                let above = e.edition.area(&e.town().or(e.district()).unwrap_or(0).to_string()).and_then(|a| a.parent.as_deref());
                if let Some(label) = above.and_then(|code| e.edition.area(code)) {
                    out.push_str(lang.pick(&label.zh, &label.en));
                }
            }
            ExportColumn::IndustryEdition => shown!(e.industry().map(|_| e.industry_edition())),
            ExportColumn::RegistrationType => text(out, e.registration_type()),
            ExportColumn::SizeBasis => named!(e.size_basis()),
            ExportColumn::SizeRule => text(out, e.size_rule()),
            ExportColumn::SizeReasons => reasons(e, out, lang, sight, |slim| &slim.size),
            ExportColumn::UnionReasons => reasons(e, out, lang, sight, |slim| &slim.union),
            ExportColumn::GapReasons => reasons(e, out, lang, sight, |slim| &slim.gap),
            ExportColumn::Unions => {
                let Ok(slim) = serde_json::from_str::<Slim<'_>>(e.reasons_json()) else { return };
                let names: Vec<&str> =
                    slim.unions.iter().filter_map(|link| e.edition.union_of(&link.union)).map(|u| u.name()).collect();
                words(out, &names);
            }
            ExportColumn::Fund => named!(e.fund()),
            ExportColumn::FundDueYuan => shown!(e.fund_due()),
            ExportColumn::FundPaidYuan => shown!(e.fund_paid()),
            ExportColumn::BranchOf => text(out, e.branch_of()),
            ExportColumn::Members => shown!(Some(e.counted_people().0).filter(|members| *members > 0)),
            ExportColumn::MembersExceedStaff => out.push_str(flag_text(e.members_exceed_staff(), lang)),
            ExportColumn::Records => {
                let (mut last, start) = (None, out.len());
                for m in e.members().filter(|m| last.replace(m.record_id()) != Some(m.record_id())) {
                    if out.len() > start {
                        out.push_str("; ");
                    }
                    let _ = write!(out, "{}:{}", m.registry(), m.key());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Role;

    #[test]
    fn numbers_and_days_are_written_as_everywhere() {
        for count in [0, 7, 10, 110_108, u32::MAX] {
            let mut text = "x".to_owned();
            push_count(&mut text, count);
            assert_eq!(text, format!("x{count}"));
        }
        for (year, month, of_month) in [(2026, 6, 1), (1999, 12, 31), (800, 1, 2), (10_000, 10, 9), (-4, 3, 3)] {
            let day = NaiveDate::from_ymd_opt(year, month, of_month).unwrap();
            let mut text = String::new();
            push_day(&mut text, day);
            assert_eq!(text, day.to_string());
        }
    }

    #[test]
    fn every_column_is_noted_by_what_it_shows_and_opens() {
        let silent: Vec<&str> =
            ExportColumn::ALL.iter().filter(|column| column.fields() == 0).map(|column| column.name()).collect();
        assert_eq!(silent, ["id"], "an id says nothing");
        let opened = |column: ExportColumn| {
            let caller = Caller::new("a", Role::Analyst).noting();
            column.note_opened(&caller);
            FieldClass::opened_by(caller.opened.bits())
        };
        assert_eq!(opened(ExportColumn::Name), 0);
        for column in [ExportColumn::Priority, ExportColumn::Tags] {
            assert_eq!(opened(column), FieldClass::Money.bit() | FieldClass::Dispute.bit(), "{}", column.name());
        }
        assert_eq!(opened(ExportColumn::Reasons), FieldClass::Visit.bit());
    }
}
