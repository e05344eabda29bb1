//! Key points of the year: what a unit is to have done beside its numbers, each with its day and where it is said.
//!
//! In: a sheet. Out: points by unit and year. What it does not do: measure anything.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::sheet::{SheetColumn, SheetFault, needed, optional, read_sheet};

/// The columns of a sheet of key points.
pub const KEY_POINT_COLUMNS: &[SheetColumn] = &[
    needed("unit", "单位代码"),
    needed("year", "年度"),
    needed("point", "要点"),
    optional("due_on", "完成期限"),
    optional("done_on", "完成日期"),
    optional("note", "说明"),
    optional("source", "来源"),
];

/// A key point of a unit's year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyPoint {
    /// Code of the unit.
    pub unit: Box<str>,
    /// Of which year.
    pub year: i32,
    /// What is to be done, in a line.
    pub point: Box<str>,
    /// By when; None: in the course of the year.
    pub due_on: Option<NaiveDate>,
    /// Since when it is done; None: still to do.
    pub done_on: Option<NaiveDate>,
    /// More words.
    pub note: Option<Box<str>>,
    /// Where it is said.
    pub source: Box<str>,
}

impl KeyPoint {
    /// Whether it was done by a day.
    pub fn is_done(&self, on: NaiveDate) -> bool {
        self.done_on.is_some_and(|day| day <= on)
    }
    /// Whether its deadline, at the latest the end of its year, had passed by a day and it was not done.
    pub fn is_late(&self, on: NaiveDate) -> bool {
        let last = self.due_on.or_else(|| NaiveDate::from_ymd_opt(self.year, 12, 31));
        !self.is_done(on) && last.is_some_and(|day| day < on)
    }
}

/// Reads a sheet of key points.
///
/// # Errors
/// Every fault with its line: a deadline in another year.
pub fn read_key_points(text: &str, source: Option<&str>) -> Result<Vec<(u64, KeyPoint)>, Vec<SheetFault>> {
    read_sheet(text, KEY_POINT_COLUMNS, |row| {
        let (year, due_on, done_on) = (row.count("year"), row.day("due_on"), row.day("done_on"));
        let source = row.source(source);
        let year = i32::try_from(year?).ok().filter(|year| (2000..=2100).contains(year));
        if year.is_none() {
            row.fault("年度应在 2000 到 2100 之间", "the year is from 2000 to 2100");
        }
        if let (Some(year), Some(due)) = (year, due_on)
            && due.year() != year
        {
            row.fault(format!("完成期限 {due} 不在 {year} 年内"), format!("the deadline {due} is not in {year}"));
        }
        Some(KeyPoint {
            unit: row.text("unit")?.into(),
            year: year?,
            point: row.text("point")?.into(),
            due_on,
            done_on,
            note: row.text("note").map(Into::into),
            source: source?.into(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_point_is_late_behind_its_deadline_or_its_year() {
        let sheet = "unit,year,point,due_on,done_on,source\nD,2026,百日行动,2026-06,2026-07-10,要点\nD,2026,楼宇联合会,,,要点\n";
        let read: Vec<KeyPoint> = read_key_points(sheet, None).unwrap().into_iter().map(|(_, p)| p).collect();
        let on = |at: usize, day: &str| {
            let day = day.parse().unwrap();
            (read[at].is_done(day), read[at].is_late(day))
        };
        assert_eq!(
            [on(0, "2026-06-30"), on(0, "2026-07-01"), on(0, "2026-07-10")],
            [(false, false), (false, true), (true, false)]
        );
        assert_eq!([on(1, "2026-12-31"), on(1, "2027-01-01")], [(false, false), (false, true)]);
        for (row, said) in [("D,2026,点,2027-01-01,,t", "not in 2026"), ("D,1999,点,,,t", "from 2000")] {
            let faults = read_key_points(&format!("unit,year,point,due_on,done_on,source\n{row}\n"), None).unwrap_err();
            assert!(faults[0].problem.en.contains(said), "{faults:?}");
        }
    }
}
