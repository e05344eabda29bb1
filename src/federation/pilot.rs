//! Collection of dues and of the preparatory fund by the tax office: pilot areas, what was due and paid, what goes back, what is owed and
//! since when, and whether the tax registry says the same.
//!
//! Source of the share: Trade Union Law, art. 43 (2 % of the payroll). Shares that go back have a source of their own.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::sheet::{SheetColumn, SheetFault, needed, optional, read_sheet};

/// The columns of a sheet of collections.
pub const PILOT_COLUMNS: &[SheetColumn] = &[
    needed("unit", "单位代码"),
    needed("starts_on", "开始日期"),
    optional("leading_group", "领导小组"),
    needed("period", "所属期"),
    needed("payroll_yuan", "工资总额"),
    needed("dues_yuan", "工会经费"),
    needed("preparatory_yuan", "建会筹备金"),
    optional("refund_percent", "返还比例"),
    optional("refund_source", "返还依据"),
    optional("tax_total_yuan", "税务合计"),
    optional("source", "来源"),
];

/// What was collected in a pilot area for a quarter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Collection {
    /// Code of the unit.
    pub unit: Box<str>,
    /// Since when the tax office collects there.
    pub starts_on: NaiveDate,
    /// Who leads it.
    pub leading_group: Option<Box<str>>,
    /// `2010Q3`.
    pub period: Box<str>,
    /// Wages of all who pay, in fen.
    pub payroll: i64,
    /// Union dues paid, in fen.
    pub dues: i64,
    /// Preparatory fund paid, in fen.
    pub preparatory: i64,
    /// Percent of what is paid that goes back, and the rule that says so.
    pub refund: Option<(f64, Box<str>)>,
    /// What the tax registry gives as collected, in fen.
    pub tax_total: Option<i64>,
    /// Where it is said.
    pub source: Box<str>,
}

/// The year and quarter of `2010Q3`.
fn quarter(period: &str) -> Option<(i32, u32)> {
    let (year, quarter) = period.split_once('Q')?;
    let (year, quarter) = (year.parse().ok()?, quarter.parse().ok()?);
    ((1..=4).contains(&quarter) && (1950..=2200).contains(&year)).then_some((year, quarter))
}

/// Whether a text names a quarter: `2010Q3`.
pub fn is_quarter(text: &str) -> bool {
    quarter(text).is_some()
}

impl Collection {
    /// 2 % of the payroll, in fen.
    pub fn due(&self) -> i64 {
        (self.payroll + 25) / 50
    }
    /// Dues and preparatory fund together, in fen.
    pub fn paid(&self) -> i64 {
        self.dues + self.preparatory
    }
    /// What is still owed, in fen; never negative.
    pub fn arrears(&self) -> i64 {
        (self.due() - self.paid()).max(0)
    }
    /// What goes back, in fen; None where no rule says a share.
    pub fn refund(&self) -> Option<i64> {
        self.refund.as_ref().map(|(percent, _)| (self.paid() as f64 * percent / 100.0).round() as i64)
    }
    /// What the tax registry says beyond what was reported here; None where it says nothing.
    pub fn difference(&self) -> Option<i64> {
        self.tax_total.map(|total| total - self.paid())
    }
    /// Whole quarters since the period ended, on a day; None where it has not ended.
    pub fn quarters_old(&self, on: NaiveDate) -> Option<u32> {
        let (year, quarter) = quarter(&self.period)?;
        let now = on.year() * 4 + on.month0() as i32 / 3;
        u32::try_from(now - (year * 4 + quarter as i32 - 1) - 1).ok()
    }
}

/// Reads a sheet of collections.
///
/// # Errors
/// Every fault with its line.
pub fn read_collections(text: &str, source: Option<&str>) -> Result<Vec<(u64, Collection)>, Vec<SheetFault>> {
    read_sheet(text, PILOT_COLUMNS, |row| {
        let fen = |yuan: Option<f64>| yuan.map(|yuan| (yuan * 100.0).round() as i64);
        let starts_on = row.day("starts_on");
        let [payroll, dues, preparatory, tax_total] =
            ["payroll_yuan", "dues_yuan", "preparatory_yuan", "tax_total_yuan"].map(|name| fen(row.number(name)));
        let (percent, rule, source) = (row.number("refund_percent"), row.text("refund_source"), row.source(source));
        let period = row.text("period")?.to_ascii_uppercase();
        if quarter(&period).is_none() {
            row.fault(format!("所属期 {period} 应为 2010Q3"), format!("the period {period} is a quarter: 2010Q3"));
        }
        if percent.is_some_and(|percent| percent > 100.0) {
            row.fault("返还比例超过 100%", "the share that goes back is above 100 %");
        }
        if percent.is_some() && rule.is_none() {
            row.fault("返还比例没有依据：请填写「返还依据」", "a share goes back by a rule: fill \"refund_source\"");
        }
        Some(Collection {
            unit: row.text("unit")?.into(),
            starts_on: starts_on?,
            leading_group: row.text("leading_group").map(Into::into),
            period: period.into(),
            payroll: payroll?,
            dues: dues?,
            preparatory: preparatory?,
            refund: percent.zip(rule.map(Into::into)),
            tax_total,
            source: source?.into(),
        })
    })
}

/// What is owed by how long ago its quarter ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ArrearsByAge {
    /// Of quarters that ended less than a quarter ago.
    pub fresh: i64,
    /// Of those up to a year ago.
    pub within_year: i64,
    /// Older.
    pub older: i64,
}

/// Arrears by age on a day, in fen; periods that have not ended owe nothing yet.
pub fn arrears_by_age<'c>(collections: impl IntoIterator<Item = &'c Collection>, on: NaiveDate) -> ArrearsByAge {
    let mut ages = ArrearsByAge::default();
    for c in collections {
        match c.quarters_old(on) {
            None => {}
            Some(0) => ages.fresh += c.arrears(),
            Some(1..=3) => ages.within_year += c.arrears(),
            Some(_) => ages.older += c.arrears(),
        }
    }
    ages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_owed_has_an_age_and_what_goes_back_has_a_rule() {
        let sheet =
            "unit,starts_on,period,payroll_yuan,dues_yuan,preparatory_yuan,refund_percent,refund_source,tax_total_yuan,source
D,2010-07-01,2010Q3,\"1,000,000\",15000,2000,60,示例办法,17500,t
D,2010-07-01,2010q4,1000000,20000,1000,,,,t
";
        let read: Vec<Collection> = read_collections(sheet, None).unwrap().into_iter().map(|(_, c)| c).collect();
        assert_eq!((read[0].due(), read[0].paid(), read[0].arrears()), (2_000_000, 1_700_000, 300_000));
        assert_eq!((read[0].refund(), read[0].difference()), (Some(1_020_000), Some(50_000)));
        assert_eq!((read[1].arrears(), read[1].refund(), read[1].difference()), (0, None, None), "more than due was paid");
        let on = |day: &str| arrears_by_age(&read, day.parse().unwrap());
        assert_eq!(on("2010-09-30"), ArrearsByAge::default(), "the quarter has not ended");
        assert_eq!(on("2010-10-01").fresh, 300_000);
        assert_eq!(on("2011-06-30").within_year, 300_000);
        assert_eq!(on("2011-10-01").older, 300_000);
        let header = sheet.lines().next().unwrap();
        for row in
            ["D,2010-07-01,2010Q3,1,1,1,60,,,t", "D,2010-07-01,2010-09,1,1,1,,,,t", "D,2010-07-01,2010Q3,1,1,1,101,办法,,t"]
        {
            assert_eq!(read_collections(&format!("{header}\n{row}\n"), None).unwrap_err().len(), 1, "{row}");
        }
    }
}
