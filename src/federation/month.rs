//! Days of a series: the last one of every month.

use chrono::{Datelike, Months, NaiveDate};

/// The most months of one series: ten years.
pub const MAX_MONTHS: usize = 120;

/// The last day of every month from the one of `from` on, `to` in the place of the last one's; at most [`MAX_MONTHS`], the latest.
pub fn month_ends(from: NaiveDate, to: NaiveDate) -> Vec<NaiveDate> {
    let mut days = Vec::new();
    let mut first = to.with_day(1);
    let mut day = Some(to);
    while let (Some(month), Some(last)) = (first, day) {
        if last < from || days.len() == MAX_MONTHS {
            break;
        }
        days.push(last);
        day = month.pred_opt();
        first = month.checked_sub_months(Months::new(1));
    }
    days.reverse();
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_of_the_last_days_of_its_months_and_ends_on_the_day_asked() {
        let ends = |from: &str, to: &str| -> Vec<String> {
            month_ends(from.parse().unwrap(), to.parse().unwrap()).iter().map(ToString::to_string).collect()
        };
        assert_eq!(ends("2011-12-15", "2012-03-05"), ["2011-12-31", "2012-01-31", "2012-02-29", "2012-03-05"]);
        assert_eq!(ends("2012-03-05", "2012-03-05"), ["2012-03-05"]);
        assert!(ends("2012-03-06", "2012-03-05").is_empty());
        assert_eq!(ends("1900-01-01", "2012-03-05").len(), MAX_MONTHS);
    }
}
