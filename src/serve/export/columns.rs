//! The columns an export can have: name, titles, and how a row's cell is written.

use std::fmt::Write;

use serde::Deserialize;

use crate::edition::EnterpriseRow;
use crate::model::message::{Lang, reason_text, value_name};
use crate::model::verdict::{EnterpriseTag, Reason};
use crate::serve::access::{Caller, Scope};
use crate::serve::problem::Problem;

macro_rules! columns {
    ($($V:ident $name:literal $zh:literal $en:literal $number:literal),+ $(,)?) => {
        /// A column of an export.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Column { $($V),+ }
        impl Column {
            pub const ALL: &'static [Column] = &[$(Column::$V),+];
            /// As written in `columns=`.
            pub fn name(self) -> &'static str { match self { $(Column::$V => $name),+ } }
            pub fn title(self, lang: Lang) -> &'static str { match self { $(Column::$V => lang.pick($zh, $en)),+ } }
            pub fn is_number(self) -> bool { match self { $(Column::$V => $number),+ } }
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
    Federation "federation" "所属工会" "federation unit" false,
    Address "address" "地址" "address" false,
    Section "section" "行业门类" "section" false,
    Industry "industry" "行业代码" "industry code" false,
    IndustryName "industryName" "行业" "industry" false,
    Ownership "ownership" "所有制" "ownership" false,
    EstablishedOn "establishedOn" "成立日期" "founded on" false,
    Employees "employees" "从业人员" "employees" true,
    Insured "insured" "参保人数" "insured" true,
    RevenueYuan "revenueYuan" "营业收入(元)" "revenue (yuan)" true,
    PayrollYuan "payrollYuan" "工资总额(元)" "payroll (yuan)" true,
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
}

/// What a list shows where nobody chooses.
const USUAL: [Column; 15] = [
    Column::Id,
    Column::Name,
    Column::CreditCode,
    Column::DistrictName,
    Column::TownName,
    Column::Address,
    Column::IndustryName,
    Column::Ownership,
    Column::Employees,
    Column::DesignatedSize,
    Column::Union,
    Column::Gap,
    Column::GapSince,
    Column::Priority,
    Column::Reasons,
];

/// The columns of `columns=a,b,c`; a column the caller may not see is refused, an unknown one named with the known ones.
pub fn choose(names: Option<&str>, caller: &Caller) -> Result<Vec<Column>, Problem> {
    let Some(names) = names else { return Ok(USUAL.to_vec()) };
    names
        .split(',')
        .map(str::trim)
        .map(|name| {
            let found = Column::ALL.iter().copied().find(|c| c.name() == name).ok_or_else(|| {
                let known: Vec<&str> = Column::ALL.iter().map(|c| c.name()).collect();
                Problem::bad_input(format!("没有列 {name}"), format!("there is no column {name}")).hint(known.join(","))
            })?;
            if matches!(found, Column::RevenueYuan | Column::PayrollYuan) {
                caller.require(Scope::Finance)?;
            }
            Ok(found)
        })
        .collect()
}

/// Only the reasons that are shown: reading them skips the rest.
#[derive(Deserialize)]
struct Slim {
    #[serde(rename = "g", default)]
    gap: Vec<Reason>,
    #[serde(rename = "s", default)]
    size: Vec<Reason>,
}

impl Column {
    /// Writes the cell; nothing where the value is absent. Numbers are written plainly.
    pub fn write(self, e: &EnterpriseRow<'_>, lang: Lang, out: &mut String) {
        let words = |out: &mut String, words: &[&str]| out.push_str(&words.join("; "));
        let area = |out: &mut String, code: Option<u32>| {
            if let Some(code) = code {
                let text = code.to_string();
                match e.edition.area(&text) {
                    Some(label) => out.push_str(lang.pick(&label.zh, &label.en)),
                    None => out.push_str(&text),
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
        macro_rules! named {
            ($value:expr) => {
                if let Some(value) = $value {
                    out.push_str(value_name(value.name(), lang));
                }
            };
        }
        match self {
            Column::Id => out.push_str(e.id()),
            Column::Name => out.push_str(e.name()),
            Column::CreditCode => shown!(e.credit_code().or(e.credit_code_raw())),
            Column::FormerNames => words(out, &e.former_names()),
            Column::Status => named!(e.status()),
            Column::District => shown!(e.district()),
            Column::DistrictName => area(out, e.district()),
            Column::Town => shown!(e.town()),
            Column::TownName => area(out, e.town()),
            Column::Federation => shown!(e.federation()),
            Column::Address => shown!(e.address()),
            Column::Section => shown!(e.section()),
            Column::Industry => shown!(e.industry()),
            Column::IndustryName => {
                if let Some(code) = e.industry() {
                    let year = e.industry_edition();
                    let digits = code.trim_start_matches(|c: char| c.is_ascii_alphabetic());
                    let label = e.edition.industry(code, year).or_else(|| e.edition.industry(digits, year));
                    let label = label.or_else(|| e.edition.industry(digits.get(..2)?, year));
                    out.push_str(label.map_or(code, |l| lang.pick(&l.zh, &l.en)));
                }
            }
            Column::Ownership => named!(e.ownership()),
            Column::EstablishedOn => shown!(e.established_on()),
            Column::Employees => shown!(e.employees()),
            Column::Insured => shown!(e.insured()),
            Column::RevenueYuan => shown!(e.revenue()),
            Column::PayrollYuan => shown!(e.payroll()),
            Column::InvestorCountries => words(out, &e.investor_countries()),
            Column::Tags => {
                let tags: Vec<&str> = e.tags().iter().filter_map(|bit| EnterpriseTag::ALL.get(bit).map(|t| t.name())).collect();
                words(out, &tags);
            }
            Column::DesignatedSize => named!(e.size()),
            Column::SizeClass => named!(e.size_class()),
            Column::Union => named!(e.union()),
            Column::Gap => named!(e.gap()),
            Column::GapSince => shown!(e.gap_since()),
            Column::Priority => shown!(Some(e.priority())),
            Column::Reasons => {
                let Ok(slim) = serde_json::from_str::<Slim>(e.reasons_json()) else { return };
                for (i, reason) in slim.gap.iter().chain(&slim.size).enumerate() {
                    if i > 0 {
                        out.push_str("; ");
                    }
                    out.push_str(&reason_text(&reason.code, &reason.inputs, lang));
                }
            }
            Column::Longitude => shown!(e.location().map(|l| l.longitude)),
            Column::Latitude => shown!(e.location().map(|l| l.latitude)),
        }
    }
}
