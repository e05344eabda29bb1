//! Collection of dues and of the preparatory fund by the tax office: pilot areas, what was due and paid, what goes back, what is owed and
//! since when, and whether the tax registry says the same.
//!
//! Source of the share: Trade Union Law, art. 43 (2 % of the payroll). Shares that go back have a source of their own.

use chrono::{Datelike, Months, NaiveDate};
use hashbrown::HashMap;
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

/// The columns of a sheet of pilot areas.
pub const PILOT_AREA_COLUMNS: &[SheetColumn] = &[
    needed("unit", "单位代码"),
    needed("starts_on", "开始日期"),
    optional("decided_on", "决定日期"),
    optional("registered_on", "缴费名册移交日期"),
    optional("reviewed_on", "评估日期"),
    optional("city_group", "市级领导小组"),
    optional("district_group", "区级领导小组"),
    optional("street_group", "街道领导小组"),
    optional("source", "来源"),
];

/// An area where the tax office collects, or is to: its days and who leads it at three levels. Groups and offices are named, not persons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PilotArea {
    /// Code of the unit.
    pub unit: Box<str>,
    /// Since when the tax office collects there, or is to.
    pub starts_on: NaiveDate,
    /// When it was decided.
    pub decided_on: Option<NaiveDate>,
    /// When the list of payers was handed over.
    pub registered_on: Option<NaiveDate>,
    /// When the pilot is, or was, reviewed.
    pub reviewed_on: Option<NaiveDate>,
    /// The city's leading group.
    pub city_group: Option<Box<str>>,
    /// The district's.
    pub district_group: Option<Box<str>>,
    /// The street's or town's.
    pub street_group: Option<Box<str>>,
    /// Where it is said.
    pub source: Box<str>,
}

/// Reads a sheet of pilot areas.
///
/// # Errors
/// Every fault with its line: an area that starts before it was decided, or is reviewed before it starts.
pub fn read_pilot_areas(text: &str, source: Option<&str>) -> Result<Vec<(u64, PilotArea)>, Vec<SheetFault>> {
    read_sheet(text, PILOT_AREA_COLUMNS, |row| {
        let [starts_on, decided_on, registered_on, reviewed_on] =
            ["starts_on", "decided_on", "registered_on", "reviewed_on"].map(|name| row.day(name));
        let source = row.source(source);
        if starts_on.zip(decided_on).is_some_and(|(starts, decided)| starts < decided) {
            row.fault("开始日期早于决定日期", "it starts before it was decided");
        }
        if starts_on.zip(reviewed_on).is_some_and(|(starts, reviewed)| reviewed < starts) {
            row.fault("评估日期早于开始日期", "it is reviewed before it starts");
        }
        Some(PilotArea {
            unit: row.text("unit")?.into(),
            starts_on: starts_on?,
            decided_on,
            registered_on,
            reviewed_on,
            city_group: row.text("city_group").map(Into::into),
            district_group: row.text("district_group").map(Into::into),
            street_group: row.text("street_group").map(Into::into),
            source: source?.into(),
        })
    })
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
        let last_day = quarter(&period).and_then(|(year, quarter)| {
            NaiveDate::from_ymd_opt(year, quarter * 3, 1)?.checked_add_months(Months::new(1))?.pred_opt()
        });
        if starts_on.zip(last_day).is_some_and(|(starts, last)| last < starts) {
            row.fault(
                format!("所属期 {period} 在开始日期之前已结束"),
                format!("the period {period} had ended before the collection began"),
            );
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

/// Payments together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PaidSum {
    /// In fen.
    pub paid: i64,
    /// How many.
    pub payments: u64,
}

impl PaidSum {
    /// One more.
    pub fn add(&mut self, fen: i64) {
        self.paid += fen;
        self.payments += 1;
    }
}

/// What registries say that enterprises at home in units and below them paid, by quarter.
#[derive(Debug, Clone, Default)]
pub struct PaidSums {
    of: HashMap<(u32, Box<str>), PaidSum>,
    /// Payments for no single quarter, by unit and year.
    longer: HashMap<(u32, i32), u64>,
    /// Payments of nobody who is at home anywhere.
    pub unplaced: PaidSum,
}

impl PaidSums {
    /// One payment of somebody at home in the first of these units, the others above it: for a quarter, or for something longer of a year.
    pub fn add(&mut self, units: impl Iterator<Item = u32>, quarter: &Result<String, i32>, fen: i64) {
        for unit in units {
            match quarter {
                Ok(quarter) => self.of.entry((unit, quarter.as_str().into())).or_default().add(fen),
                Err(year) => *self.longer.entry((unit, *year)).or_default() += 1,
            }
        }
    }
    /// What was paid for a quarter (`2010Q3`) in a unit and in those below it.
    pub fn of(&self, unit: u32, quarter: &str) -> PaidSum {
        self.of.get(&(unit, quarter.into())).copied().unwrap_or_default()
    }
    /// How many payments of the quarter's year are for more than a quarter.
    pub fn longer(&self, unit: u32, quarter: &str) -> u64 {
        let year = quarter.get(..4).and_then(|year| year.parse().ok());
        year.and_then(|year| self.longer.get(&(unit, year))).copied().unwrap_or(0)
    }
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
    fn a_pilot_area_needs_no_quarter_and_its_days_follow_each_other() {
        let header = "unit,starts_on,decided_on,registered_on,reviewed_on,city_group,district_group,street_group,source";
        let read = read_pilot_areas(
            &format!("{header}\nD,2010-07-01,2010-05,2010-06,2010-12,市组,区组,,t\nE,2011-01-01,,,,,,,t\n"),
            None,
        );
        let read: Vec<PilotArea> = read.unwrap().into_iter().map(|(_, p)| p).collect();
        assert_eq!((read[0].district_group.as_deref(), &read[1].city_group), (Some("区组"), &None));
        for (row, said) in
            [("D,2010-07-01,2010-08,,,,,,t", "before it was decided"), ("D,2010-07-01,,,2010-06,,,,t", "before it starts")]
        {
            assert!(read_pilot_areas(&format!("{header}\n{row}\n"), None).unwrap_err()[0].problem.en.contains(said), "{row}");
        }
    }

    #[test]
    fn payments_add_up_along_the_tree_and_longer_ones_are_only_counted() {
        let mut sums = PaidSums::default();
        sums.add([2, 1, 0].into_iter(), &Ok("2010Q3".to_owned()), 500);
        sums.add([1, 0].into_iter(), &Ok("2010Q3".to_owned()), 70);
        sums.add([2, 1, 0].into_iter(), &Err(2010), 900);
        assert_eq!((sums.of(0, "2010Q3").paid, sums.of(1, "2010Q3").payments, sums.of(2, "2010Q3").paid), (570, 2, 500));
        assert_eq!((sums.of(2, "2010Q4"), sums.longer(0, "2010Q1"), sums.longer(0, "2011Q1")), (PaidSum::default(), 1, 0));
    }

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
        for row in [
            "D,2010-07-01,2010Q3,1,1,1,60,,,t",
            "D,2010-07-01,2010-09,1,1,1,,,,t",
            "D,2010-07-01,2010Q3,1,1,1,101,办法,,t",
            "D,2010-07-01,2010Q2,1,1,1,,,,t",
        ] {
            assert_eq!(read_collections(&format!("{header}\n{row}\n"), None).unwrap_err().len(), 1, "{row}");
        }
    }
}
