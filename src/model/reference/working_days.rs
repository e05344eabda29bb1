//! Days off on which others work, and weekends that are worked instead (放假调休), as the General Office of the State Council sets them for
//! each year. A year that it has not set, or that this release does not know yet, has weekends alone: [`is_set`] says so.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate};

use super::table::rows;

/// What a day was set to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetDay {
    /// A day off, whatever day of the week it is.
    Off,
    /// A Saturday or Sunday that is worked.
    Worked,
}

fn table() -> &'static BTreeMap<NaiveDate, SetDay> {
    static TABLE: LazyLock<BTreeMap<NaiveDate, SetDay>> = LazyLock::new(|| {
        rows("working_days.csv", include_str!("../../../reference/working_days.csv"))
            .map(|r| {
                let day: NaiveDate = r[0].parse().expect("days of working_days.csv are dates");
                (day, if &r[1] == "worked" { SetDay::Worked } else { SetDay::Off })
            })
            .collect()
    });
    &TABLE
}

/// What a day was set to be; None for one that is as its day of the week.
pub fn set_day(day: NaiveDate) -> Option<SetDay> {
    table().get(&day).copied()
}

/// Whether the days of a year are known here.
pub fn is_set(year: i32) -> bool {
    table().keys().any(|day| day.year() == year)
}

/// The last year whose days are known here.
pub fn last_set() -> i32 {
    table().keys().next_back().map_or(0, |day| day.year())
}

#[cfg(test)]
mod tests {
    use chrono::Weekday;

    use super::*;

    #[test]
    fn days_are_as_the_notices_of_2024_11_12_and_2025_11_04_set_them() {
        let of = |text: &str| set_day(text.parse().expect("a day"));
        for off in ["2025-01-28", "2025-10-08", "2026-01-02", "2026-02-23", "2026-10-07"] {
            assert_eq!(of(off), Some(SetDay::Off), "{off}");
        }
        for worked in ["2025-01-26", "2025-10-11", "2026-02-14", "2026-05-09", "2026-09-20"] {
            assert_eq!(of(worked), Some(SetDay::Worked), "{worked}");
        }
        assert_eq!((of("2026-02-24"), of("2026-11-22")), (None, None), "as any other day of the week");
        assert!(is_set(2025) && is_set(2026) && !is_set(2024) && !is_set(last_set() + 1));
        // In 2025 28 days were off and 5 weekends worked; in 2026 33 and 6.
        let count = |year, kind| table().iter().filter(|(day, of)| day.year() == year && **of == kind).count();
        assert_eq!([count(2025, SetDay::Off), count(2025, SetDay::Worked)], [28, 5]);
        assert_eq!([count(2026, SetDay::Off), count(2026, SetDay::Worked)], [33, 6]);
        let is_weekend = |day: &NaiveDate| matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        assert!(table().iter().filter(|(_, of)| **of == SetDay::Worked).all(|(day, _)| is_weekend(day)));
    }
}
