//! Dates as registries write them, as precise as they are written: year, year and month, or the whole day.

use chrono::{Datelike, NaiveDate};

use super::reading::half_width;
use crate::model::value::PartialDate;

/// Excel's day 0 (1899-12-30), for serial numbers that lost their format.
const EXCEL_EPOCH: (i32, u32, u32) = (1899, 12, 30);

/// Reads `1996-10-08`, `1996/10/8`, `1996.10.08`, `19961008`, `199610`, `2019`, `2013-06`, `1994年12月`, `1994年12月3日`,
/// each also with a time behind it, full-width, and Excel serial numbers (five digits). None for anything else, for the
/// thirteenth month and for the thirtieth of February.
pub fn read(text: &str) -> Option<PartialDate> {
    if let Some(date) = iso(text.as_bytes()) {
        return checked(date);
    }
    let wide = half_width(text);
    let text = wide.trim();
    let day = match text.find(['T', ' ']) {
        Some(at) if text[..at].bytes().next_back().is_some_and(|b| b.is_ascii_digit()) && at >= 8 => &text[..at],
        _ => text,
    };
    let day = day.strip_suffix(".0").unwrap_or(day);
    if day.bytes().all(|b| b.is_ascii_digit()) {
        return digits(day);
    }
    let mut parts = [0u32; 3];
    let mut n = 0;
    for part in day.split(['-', '/', '.', '年', '月', '日', '号', ' ']).map(str::trim).filter(|p| !p.is_empty()) {
        if n == 3 || part.len() > 4 || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        parts[n] = part.parse().ok()?;
        n += 1;
    }
    let [a, b, c] = parts;
    match n {
        1..=3 if day.as_bytes()[0].is_ascii_digit() && a >= 1000 => checked((a, b, c)).filter(|d| n == d.parts()),
        _ => None,
    }
}

trait Parts {
    fn parts(&self) -> usize;
}
impl Parts for PartialDate {
    fn parts(&self) -> usize {
        1 + usize::from(self.month > 0) + usize::from(self.day > 0)
    }
}

/// The common case without a detour: `YYYY-MM-DD`, exactly.
fn iso(b: &[u8]) -> Option<(u32, u32, u32)> {
    if b.len() != 10 || b[4] != b'-' || b[7] != b'-' {
        return None;
    }
    let number =
        |r: std::ops::Range<usize>| b[r].iter().try_fold(0u32, |n, c| c.is_ascii_digit().then(|| n * 10 + u32::from(c - b'0')));
    let date = (number(0..4)?, number(5..7)?, number(8..10)?);
    (date.1 > 0 && date.2 > 0).then_some(date)
}

fn digits(text: &str) -> Option<PartialDate> {
    let n: u32 = text.parse().ok()?;
    match text.len() {
        8 => checked((n / 10_000, n / 100 % 100, n % 100)).filter(|d| d.is_full()),
        6 => checked((n / 100, n % 100, 0)).filter(|d| d.month > 0),
        5 => excel(n),
        4 => checked((n, 0, 0)),
        _ => None,
    }
}

/// Serial numbers from 1927 to 2078, so that no other five-digit number passes for a date by accident of being small.
fn excel(serial: u32) -> Option<PartialDate> {
    let epoch = NaiveDate::from_ymd_opt(EXCEL_EPOCH.0, EXCEL_EPOCH.1, EXCEL_EPOCH.2)?;
    (10_000..=65_380).contains(&serial).then(|| epoch + chrono::Days::new(serial.into())).map(PartialDate::full)
}

fn checked((year, month, day): (u32, u32, u32)) -> Option<PartialDate> {
    let date = PartialDate { year: i16::try_from(year).ok()?, month: u8::try_from(month).ok()?, day: u8::try_from(day).ok()? };
    let first = date.first_day()?;
    ((1800..=2200).contains(&year) && (month > 0 || day == 0) && first.year() == year as i32).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_as_precise_as_they_are_written() {
        for (text, expected) in [
            ("1996-10-08", Some("1996-10-08")),
            ("1996/10/8", Some("1996-10-08")),
            ("1996.10.08", Some("1996-10-08")),
            ("19961008", Some("1996-10-08")),
            ("2013-06", Some("2013-06")),
            ("201306", Some("2013-06")),
            ("2019", Some("2019")),
            ("2019年", Some("2019")),
            ("1994年12月", Some("1994-12")),
            ("1994年12月3日", Some("1994-12-03")),
            ("1994 年 12 月 3 日", Some("1994-12-03")),
            ("１９９４年１２月", Some("1994-12")),
            ("2020-01-02 13:14:15", Some("2020-01-02")),
            ("2020-01-02T13:14:15+08:00", Some("2020-01-02")),
            ("44927", Some("2023-01-01")),
            ("2020-02-30", None),
            ("2020-13", None),
            ("2020-00-05", None),
            ("0", None),
            ("长期", None),
            ("12-31-2020", None),
            ("2020-01-02-03", None),
        ] {
            assert_eq!(read(text).map(|d| d.to_string()).as_deref(), expected, "{text}");
        }
    }
}
