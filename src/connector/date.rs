//! Dates as registries write them, as precise as they are written: year, year and month, or the whole day.
//!
//! In: an undressed text and the hub's zone. Out: a date; or that the registry says it has none (zero dates of databases and
//! spreadsheets); or that the text could be two dates, which is not for us to choose between. A time behind a date is passed
//! over, except where it names a zone: then the day is the one in the hub's zone.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use chrono_tz::Tz;

use super::text::half_width;
use crate::model::value::PartialDate;

/// What a text says of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dated {
    Date(PartialDate),
    /// A zero date: the registry's way of saying none.
    Absent,
    /// It can be read as more than one date.
    Doubtful,
    No,
}

/// Excel's day 0 (1899-12-30), for serial numbers that lost their format.
const EXCEL_EPOCH: (i32, u32, u32) = (1899, 12, 30);
/// First year of the calendar that counts from 1912 (民国).
const REPUBLIC_OFFSET: u32 = 1911;

/// Reads `1996-10-08`, `1996/10/8`, `1996.10.08`, `19961008`, `201310`, `2019`, `2013-06`, `1994年12月3日`, `二〇二一年三月一日`,
/// `109年3月1日` (counted from 1912), `2021、3、1`, `01-3月 -21`, `Mar 1, 2021`, `20210301123045`, seconds and milliseconds since
/// 1970, `/Date(1614556800000)/`, Excel serial numbers (five digits, with or without a fraction); each also with a time behind it
/// and full-width. Nothing for the thirteenth month and the thirtieth of February.
pub fn read(text: &str, zone: Tz) -> Dated {
    if let Some(date) = iso(text.as_bytes()) {
        return settled(date, None);
    }
    let wide = half_width(text);
    let wide = if wide.contains(['—', '–', '‐', '‑', '−']) {
        wide.replace(['—', '–', '‐', '‑', '−'], "-").into()
    } else {
        wide
    };
    let text = wide.trim();
    if matches!(text, "infinity" | "-infinity" | "Infinity") {
        return Dated::Absent;
    }
    if let Some(epoch) = text.strip_prefix("/Date(").and_then(|t| t.strip_suffix(")/")) {
        let end = epoch.get(1..).and_then(|t| t.find(['+', '-'])).map_or(epoch.len(), |at| at + 1);
        return epoch[..end].parse().map_or(Dated::No, |n| since_1970(n, 1_000, zone));
    }
    let numbered = numerals_to_digits(text);
    let text = numbered.as_deref().unwrap_or(text);
    let (day, clock) = split_time(text);
    let day = day.strip_suffix(".0").unwrap_or(day);
    if let Some(plain) = day.strip_prefix('-').or(Some(day)).filter(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit())) {
        return digits(plain, day.starts_with('-'), zone, clock);
    }
    if let Some((whole, fraction)) = day.split_once('.')
        && whole.len() == 5
        && [whole, fraction].iter().all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()))
    {
        return whole.parse().map_or(Dated::No, excel);
    }
    if let Some(parts) = with_month_word(text) {
        return parts.map_or(Dated::No, |date| settled(date, None));
    }
    separated(day, clock, zone)
}

/// `2021-3-1`, `2021年3月1日` and their like.
fn separated(day: &str, clock: Option<&str>, zone: Tz) -> Dated {
    let republic = day.strip_prefix("民国").or_else(|| day.strip_prefix("中华民国")).map(str::trim);
    let day = republic.unwrap_or(day).trim_start_matches("公元").trim();
    let day = day.split(['(', '星', '周']).next().unwrap_or(day).trim_end();
    let mut parts = [0u32; 3];
    let mut widths = [0usize; 3];
    let mut n = 0;
    for part in day.split(['-', '/', '.', '年', '月', '日', '号', '、', ',', ' ']).map(str::trim).filter(|p| !p.is_empty()) {
        if n == 3 && day.contains('、') {
            break; // [2021,3,1,12,30]: the time of a list
        }
        if n == 3 || part.len() > 4 || !part.bytes().all(|b| b.is_ascii_digit()) {
            return Dated::No;
        }
        (parts[n], widths[n]) = (part.parse().unwrap_or(0), part.len());
        n += 1;
    }
    if n == 0 || !day.starts_with(|c: char| c.is_ascii_digit()) {
        return Dated::No;
    }
    let [a, b, c] = parts;
    let of_republic = republic.is_some() || (widths[0] == 3 && day.contains('年'));
    match (widths[0], n) {
        // 109年 is no year of ours; written with strokes it could be anything.
        (1..=3, _) if of_republic && a > 0 => settled_parts((a + REPUBLIC_OFFSET, b, c), n, clock, zone),
        (4, 2) if day.contains('.') && !day.contains(['-', '/', '年']) && widths[1] == 1 && b == 1 => {
            // 2021.10 typed into a number cell is shown as 2021.1.
            Dated::Doubtful
        }
        (4, _) => settled_parts((a, b, c), n, clock, zone),
        (_, 3) if c <= 9_999 && a > 0 && b > 0 => Dated::Doubtful,
        _ => Dated::No,
    }
}

fn settled_parts(date: (u32, u32, u32), n: usize, clock: Option<&str>, zone: Tz) -> Dated {
    if date.1 == 0 && n > 1 || date.2 == 0 && n > 2 {
        // 0000-00-00 and 1900-01-00 are the zeros of databases and spreadsheets.
        let zero = date.0 == 0 || date == (1900, 1, 0);
        return if zero { Dated::Absent } else { Dated::No };
    }
    match in_zone(date, clock, zone) {
        Some(moved) => settled(moved, None),
        None => settled(date, clock),
    }
}

/// The days that databases and programs write for none.
fn settled((year, month, day): (u32, u32, u32), clock: Option<&str>) -> Dated {
    match (year, month, day) {
        (0, 0, 0) | (1, 1, 1) | (1753, 1, 1) | (1899, 12, 30 | 31) | (1900, 1, 1) | (9999, 12, 31) => return Dated::Absent,
        (1970, 1, 1) if clock.is_none_or(|c| is_midnight(c) || c.starts_with("08:00") || c.starts_with("8:00")) => {
            return Dated::Absent;
        }
        _ => {}
    }
    checked((year, month, day)).map_or(Dated::No, Dated::Date)
}

fn is_midnight(clock: &str) -> bool {
    clock.bytes().filter(u8::is_ascii_digit).all(|b| b == b'0')
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

/// The day and, where there is one, the time behind it (from its first digit on).
fn split_time(text: &str) -> (&str, Option<&str>) {
    // 20210301T080000Z and 2021-03-01-10.00.00 (DB2).
    if let Some((day, clock)) = text.split_once('T')
        && day.ends_with(|c: char| c.is_ascii_digit())
        && clock.starts_with(|c: char| c.is_ascii_digit())
    {
        return (day, Some(clock));
    }
    let db2 = text.len() > 11
        && iso(&text.as_bytes()[..10.min(text.len())]).is_some()
        && text.as_bytes()[10] == b'-'
        && text[11..].contains('.');
    if db2 {
        return (&text[..10], Some(&text[11..]));
    }
    let Some(colon) = text.find(':') else {
        return match text.rsplit_once(['时', '点']) {
            // 2021年3月1日 8时
            Some((before, _)) => {
                let day = before.trim_end_matches(|c: char| c.is_ascii_digit());
                (day.trim_end(), Some(&text[day.len()..]))
            }
            None => (text, None),
        };
    };
    let hour = text[..colon].trim_end_matches(|c: char| c.is_ascii_digit());
    let clock = &text[hour.len()..];
    let day = hour.trim_end_matches([' ', '-', ':']).trim_end_matches("上午").trim_end_matches("下午").trim_end();
    (day, Some(clock))
}

/// The day in the hub's zone, where the time behind it names a zone of its own.
fn in_zone(date: (u32, u32, u32), clock: Option<&str>, zone: Tz) -> Option<(u32, u32, u32)> {
    let clock = clock?;
    let clock = clock.split('[').next().unwrap_or(clock);
    let end = clock.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.'))).unwrap_or(clock.len());
    let offset_secs = offset(clock[end..].trim())?;
    let time = time_of_day(&clock[..end])?;
    let day = NaiveDate::from_ymd_opt(date.0 as i32, date.1, date.2)?;
    let utc = NaiveDateTime::new(day, time).checked_sub_signed(TimeDelta::seconds(offset_secs))?;
    let local = utc.and_utc().with_timezone(&zone).date_naive();
    Some((u32::try_from(local.year()).ok()?, local.month(), local.day()))
}

fn time_of_day(clock: &str) -> Option<NaiveTime> {
    let whole = clock.split('.').next().unwrap_or(clock);
    let mut parts = whole.split(':');
    let hour = parts.next()?;
    if parts.clone().next().is_none() && hour.len() == 6 {
        // 080000
        let two = |at: usize| hour[at..at + 2].parse().ok();
        return NaiveTime::from_hms_opt(two(0)?, two(2)?, two(4)?);
    }
    let mut next = || parts.next().map_or(Some(0), |p| p.parse().ok());
    NaiveTime::from_hms_opt(hour.parse().ok()?, next()?, next()?)
}

/// Seconds east of Greenwich: `Z`, `+08:00`, `+0800`, `+08`, `UTC`, `GMT+8`; `CST` is China's.
fn offset(text: &str) -> Option<i64> {
    let bare = text.strip_prefix("UTC").or_else(|| text.strip_prefix("GMT")).unwrap_or(text).trim();
    match bare {
        "Z" | "z" => return Some(0),
        "" => return (bare.len() < text.len()).then_some(0),
        "CST" => return Some(8 * 3_600),
        _ => {}
    }
    let (sign, digits) = match bare.as_bytes()[0] {
        b'+' => (1, &bare[1..]),
        b'-' => (-1, &bare[1..]),
        _ => return None,
    };
    let digits: String = digits.chars().filter(|c| *c != ':').collect();
    if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = digits.split_at(digits.len().min(if digits.len() == 3 { 1 } else { 2 }));
    Some(sign * (hours.parse::<i64>().ok()? * 3_600 + minutes.parse::<i64>().unwrap_or(0) * 60))
}

/// A row of digits, by how many there are.
fn digits(text: &str, negative: bool, zone: Tz, clock: Option<&str>) -> Dated {
    let Ok(n) = text.parse::<u64>() else { return Dated::No };
    if n == 0 && !negative {
        return Dated::Absent;
    }
    let day = |n: u64| ((n / 10_000) as u32, (n / 100 % 100) as u32, (n % 100) as u32);
    if negative {
        return if text.len() >= 9 { since_1970(-(n as i64), if text.len() > 10 { 1_000 } else { 1 }, zone) } else { Dated::No };
    }
    match text.len() {
        14 | 17 => settled(day(n / if text.len() == 14 { 1_000_000 } else { 1_000_000_000 }), None),
        13 => since_1970(n as i64, 1_000, zone),
        12 => match settled(day(n / 10_000), None) {
            Dated::Date(date) if date.is_full() && n / 100 % 100 < 24 && n % 100 < 60 => Dated::Date(date),
            _ => since_1970(n as i64, 1_000, zone),
        },
        10 => match settled(day(n / 100), None) {
            // 2021030112 is an hour of 2021, or a second of 2034.
            Dated::Date(date) if date.is_full() && n % 100 < 24 => Dated::Doubtful,
            _ => since_1970(n as i64, 1, zone),
        },
        9 => since_1970(n as i64, 1, zone),
        8 => match day(n) {
            // 20210300 and 20210000: what is not known stands as zeros.
            (year, month, 0) => checked((year, month, 0)).map_or(Dated::No, Dated::Date),
            date => match in_zone(date, clock, zone) {
                Some(moved) => settled(moved, None),
                None => settled(date, clock),
            },
        },
        6 => six(n as u32),
        5 => five(n as u32),
        4 => checked((n as u32, 0, 0)).map_or(Dated::No, Dated::Date),
        _ => Dated::No,
    }
}

/// `yyyyMM`; where it is as well a `yyMMdd` (200315 and 210301), or a `yyyyMd` (202131), nobody can tell.
fn six(n: u32) -> Dated {
    let (year, month) = (n / 100, n % 100);
    let as_month = checked((year, month, 0)).filter(|d| d.month > 0);
    let (yy, mm, dd) = (n / 10_000, n / 100 % 100, n % 100);
    let as_day = (1..=12).contains(&mm) && checked((2000 + yy, mm, dd)).is_some_and(|d| d.is_full());
    match as_month {
        Some(date) if !as_day && (1900..=2099).contains(&year) => Dated::Date(date),
        Some(_) => Dated::Doubtful,
        None if as_day || (1900..=2099).contains(&(n / 100)) => Dated::Doubtful,
        None => Dated::No,
    }
}

/// An Excel serial number, unless it is as well a year and a month (20213).
fn five(n: u32) -> Dated {
    match (1949..=2049).contains(&(n / 10)) && !n.is_multiple_of(10) {
        true => Dated::Doubtful,
        false => excel(n),
    }
}

/// Serial numbers from 1927 to 2078, so that no other five-digit number passes for a date by accident of being small.
fn excel(serial: u32) -> Dated {
    let epoch = NaiveDate::from_ymd_opt(EXCEL_EPOCH.0, EXCEL_EPOCH.1, EXCEL_EPOCH.2);
    match epoch.filter(|_| (10_000..=65_380).contains(&serial)) {
        Some(epoch) => Dated::Date(PartialDate::full(epoch + chrono::Days::new(serial.into()))),
        None => Dated::No,
    }
}

fn since_1970(n: i64, per_second: i64, zone: Tz) -> Dated {
    if n == 0 {
        return Dated::Absent;
    }
    let Some(time) = DateTime::from_timestamp(n.div_euclid(per_second), 0) else { return Dated::No };
    let day = time.with_timezone(&zone).date_naive();
    match u32::try_from(day.year()) {
        Ok(year) => settled((year, day.month(), day.day()), Some("-")),
        Err(_) => Dated::No,
    }
}

/// Months by their English beginnings.
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// `Mar 1, 2021`, `01-MAR-21`, `01-3月 -21`, `Mon Mar 01 08:00:00 CST 2021`: a month that is a word. None where there is none;
/// Some(None) where there is one and the rest is no date.
fn with_month_word(text: &str) -> Option<Option<(u32, u32, u32)>> {
    let oracle = text.contains('月') && !text.contains('年');
    if !oracle && !text.bytes().any(|b| b.is_ascii_alphabetic()) {
        return None;
    }
    let mut month = None;
    let mut numbers: Vec<(u32, usize, bool)> = Vec::new();
    for token in text.split([' ', '-', '/', ',', '.']).filter(|t| !t.is_empty()) {
        let lower = token.to_ascii_lowercase();
        if let Some(at) = MONTHS.iter().position(|m| lower.starts_with(m) && lower.bytes().all(|b| b.is_ascii_alphabetic())) {
            month = month.or(Some(at as u32 + 1));
        } else if let Some(number) = token.strip_suffix('月').and_then(|t| t.parse::<u32>().ok()) {
            month = month.or(Some(number));
        } else if let Ok(number) = token
            .trim_end_matches(['日', '号'])
            .trim_end_matches("st")
            .trim_end_matches("nd")
            .trim_end_matches("rd")
            .trim_end_matches("th")
            .parse::<u32>()
        {
            numbers.push((number, token.len(), month.is_some()));
        } else if token.contains(':') && numbers.len() >= 2 {
            break;
        }
    }
    let month = month?;
    // The time of an Oracle date stands behind it in numbers of its own.
    let year_at = numbers.iter().position(|(_, width, _)| *width == 4);
    let (day, year) = match (year_at, numbers.as_slice()) {
        (Some(at), all) => (all.iter().enumerate().find(|(i, _)| *i != at)?.1.0, all[at].0),
        (None, [(day, _, false), (year, 2, true), ..]) => (*day, if *year < 50 { 2000 + year } else { 1900 + year }),
        _ => return Some(None),
    };
    Some(Some((year, month, day)))
}

/// 二〇二一年三月十五日 with our digits; None where no character is a numeral, or it is no date.
fn numerals_to_digits(text: &str) -> Option<String> {
    if !text.contains('年') || !text.chars().any(|c| "一二三四五六七八九十".contains(c)) {
        return None;
    }
    let digit = |c: char| match c {
        '〇' | '○' | '零' | 'O' | 'o' | '0' => Some(0),
        _ => "一二三四五六七八九".chars().position(|d| d == c).map(|at| at as u32 + 1),
    };
    let (year, rest) = text.split_once('年')?;
    let mut out: String = year.chars().map(|c| digit(c).and_then(|n| char::from_digit(n, 10)).unwrap_or(c)).collect();
    out.push('年');
    let mut number: Option<u32> = None;
    for c in rest.chars() {
        match (c, digit(c)) {
            ('十', _) => number = Some(number.unwrap_or(1) * 10),
            ('廿', _) => number = Some(20),
            (_, Some(n)) => {
                number = Some(match number {
                    Some(tens) if tens.is_multiple_of(10) => tens + n,
                    Some(other) => other * 10 + n,
                    None => n,
                })
            }
            _ => {
                if let Some(n) = number.take() {
                    out.push_str(&n.to_string());
                }
                out.push(c);
            }
        }
    }
    if let Some(n) = number {
        out.push_str(&n.to_string());
    }
    Some(out)
}

fn checked((year, month, day): (u32, u32, u32)) -> Option<PartialDate> {
    let date = PartialDate { year: i16::try_from(year).ok()?, month: u8::try_from(month).ok()?, day: u8::try_from(day).ok()? };
    let first = date.first_day()?;
    ((1800..=2200).contains(&year) && (month > 0 || day == 0) && first.year() == year as i32).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match read(text, chrono_tz::Asia::Shanghai) {
            Dated::Date(date) => date.to_string(),
            Dated::Absent => "absent".into(),
            Dated::Doubtful => "doubtful".into(),
            Dated::No => "no".into(),
        }
    }

    #[test]
    fn dates_are_as_precise_as_they_are_written() {
        for (text, expected) in [
            ("1996-10-08", "1996-10-08"),
            ("1996/10/8", "1996-10-08"),
            ("1996.10.08", "1996-10-08"),
            ("19961008", "1996-10-08"),
            ("2013-06", "2013-06"),
            ("201306", "2013-06"),
            ("2019", "2019"),
            ("2019年", "2019"),
            ("1994年12月", "1994-12"),
            ("1994年12月3日", "1994-12-03"),
            ("1994 年 12 月 3 日", "1994-12-03"),
            ("１９９４年１２月", "1994-12"),
            ("2020-01-02 13:14:15", "2020-01-02"),
            ("2020-01-02T13:14:15+08:00", "2020-01-02"),
            ("44927", "2023-01-01"),
            ("20210300", "2021-03"),
            ("20210000", "2021"),
            ("2020-02-30", "no"),
            ("2020-13", "no"),
            ("2020-00-05", "no"),
            ("长期", "no"),
            ("2020-01-02-03", "no"),
            ("示例", "no"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn dates_of_programs_and_of_people_are_read() {
        for (text, expected) in [
            ("2021年3月1日 00:00:00", "2021-03-01"),
            ("2021年03月01日", "2021-03-01"),
            ("2021年3月1日（星期一）", "2021-03-01"),
            ("2021年3月1日 8时", "2021-03-01"),
            ("2021/3/1 0:00", "2021-03-01"),
            ("2021-03-01 上午 10:00:00", "2021-03-01"),
            ("20210301123045", "2021-03-01"),
            ("202103011230", "2021-03-01"),
            ("20210301T080000Z", "2021-03-01"),
            ("1614556800000", "2021-03-01"),
            ("1614556800", "2021-03-01"),
            ("1614556800.0", "2021-03-01"),
            ("946684800000", "2000-01-01"),
            ("-315648000000", "1960-01-01"),
            ("/Date(1614556800000)/", "2021-03-01"),
            ("/Date(1614556800000+0800)/", "2021-03-01"),
            ("二〇二一年三月一日", "2021-03-01"),
            ("二○二一年十二月三十一日", "2021-12-31"),
            ("二零二一年十月十五日", "2021-10-15"),
            ("109年3月1日", "2020-03-01"),
            ("民国38年10月1日", "1949-10-01"),
            ("2021—03—01", "2021-03-01"),
            ("2021、3、1", "2021-03-01"),
            ("2021、3、1、12、30", "2021-03-01"),
            ("01-3月 -21", "2021-03-01"),
            ("01-3月-21 12.00.00.000000000 上午", "2021-03-01"),
            ("01-MAR-21", "2021-03-01"),
            ("01-Mar-2021", "2021-03-01"),
            ("Mar 1, 2021", "2021-03-01"),
            ("March 1, 2021", "2021-03-01"),
            ("1 Mar 2021 08:00", "2021-03-01"),
            ("Mon Mar 01 08:00:00 CST 2021", "2021-03-01"),
            ("42799.4795486111", "2017-03-05"),
            ("44256.0", "2021-03-01"),
            ("2021-03-01-10.00.00.000000", "2021-03-01"),
            ("2021.03", "2021-03"),
            ("2021.10", "2021-10"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn a_time_with_a_zone_is_the_day_in_the_hub_s_zone() {
        for (text, expected) in [
            ("2021-02-28T16:00:00Z", "2021-03-01"),
            ("2021-02-28T16:00:00.000Z", "2021-03-01"),
            ("2021-02-28T15:59:59Z", "2021-02-28"),
            ("2021-02-28 16:00:00+00", "2021-03-01"),
            ("2021-02-28 16:00:00.123456+00:00", "2021-03-01"),
            ("2021-02-28T16:00:00.000+0000", "2021-03-01"),
            ("2021-03-01T00:00:00+08:00", "2021-03-01"),
            ("2021-02-28 16:00:00 UTC", "2021-03-01"),
            ("2021-02-28T11:00:00-05:00", "2021-03-01"),
            ("2021-03-01T00:00:00+08:00[Asia/Shanghai]", "2021-03-01"),
            ("20210228T160000Z", "2021-03-01"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
        assert_eq!(read("2021-02-28T16:00:00Z", chrono_tz::UTC), Dated::Date(PartialDate { year: 2021, month: 2, day: 28 }));
    }

    #[test]
    fn zero_dates_are_none() {
        for text in [
            "0",
            "00000000",
            "0000-00-00",
            "0000-00-00 00:00:00",
            "0001-01-01T00:00:00",
            "1899-12-30",
            "1899-12-31",
            "1900-01-00",
            "1900/1/0",
            "1900-01-01",
            "1900-01-01 00:00:00",
            "1970-01-01",
            "1970-01-01 00:00:00",
            "1970-01-01 08:00:00",
            "1970-01-01T00:00:00Z",
            "19000101",
            "9999-12-31",
            "infinity",
        ] {
            assert_eq!(shown(text), "absent", "{text}");
        }
        assert_eq!(shown("1970-01-02"), "1970-01-02");
        assert_eq!(shown("1970-01-01 10:30:00"), "1970-01-01", "somebody's day");
    }

    #[test]
    fn what_could_be_two_dates_is_neither() {
        for text in [
            "210301",
            "200315",
            "190705",
            "20213",
            "202131",
            "2021.1",
            "03/01/2021",
            "12-31-2020",
            "21-03-01",
            "109/3/1",
            "2021030112",
        ] {
            assert_eq!(shown(text), "doubtful", "{text}");
        }
        assert_eq!(shown("201306"), "2013-06", "there is no thirteenth month of 2020");
    }
}
