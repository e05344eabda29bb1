//! Dates as registries write them, as precise as they are written: year, year and month, or the whole day.
//!
//! In: an undressed text and the hub's zone. Out: a date; or that the registry says it has none (zero dates of databases and
//! spreadsheets); or that the text could be two dates, which is not for us to choose between. Where the time behind a date names
//! a zone, the day is the one in the hub's zone; where it says what is not understood, it may be another day.

use chrono::{DateTime, Datelike, NaiveDate};
use chrono_tz::Tz;

use super::clock::{self, Clock};
use super::date_words::{Worded, numerals_to_digits, with_month_word};
use super::text::half_width;
use crate::model::value::PartialDate;

/// The day that a text states.
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
        return settled(date, true);
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
    if let Some((day, clock)) = compact(text) {
        return at(day, Some(clock), zone);
    }
    if let Some(found) = with_month_word(text) {
        return match found {
            Worded::Date(date, time) => at(date, time.as_deref(), zone),
            Worded::Doubtful => Dated::Doubtful,
            Worded::No => Dated::No,
        };
    }
    let (day, clock) = split_time(text);
    let all_digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    if let Some((whole, fraction)) = day.split_once('.')
        && all_digits(whole)
        && all_digits(fraction)
    {
        match whole.len() {
            5 => return whole.parse().map_or(Dated::No, excel),
            // Seconds and milliseconds of programs that count finer.
            9 | 10 | 12 | 13 => return digits(whole, false, zone, None),
            _ => {}
        }
    }
    let day = day.strip_suffix(".0").unwrap_or(day);
    if let Some(plain) = day.strip_prefix('-').or(Some(day)).filter(|d| all_digits(d)) {
        return digits(plain, day.starts_with('-'), zone, clock);
    }
    separated(day, clock, zone)
}

/// `2021-3-1`, `2021年3月1日` and their like.
fn separated(day: &str, clock: Option<&str>, zone: Tz) -> Dated {
    let republic = day.strip_prefix("民国").or_else(|| day.strip_prefix("中华民国")).map(str::trim);
    let day = republic.unwrap_or(day).trim_start_matches("公元").trim();
    let is_day_of_week = |note: &str| note.starts_with(['星', '周', '礼']);
    if day.split_once('(').is_some_and(|(_, note)| note.contains(|c: char| c.is_ascii_digit()) && !is_day_of_week(note)) {
        return Dated::Doubtful; // 2021-03-01（2019年变更）
    }
    let day = day.split(['(', '星', '周']).next().unwrap_or(day).trim_end().trim_end_matches('份');
    let mut parts = [0u32; 3];
    let mut widths = [0usize; 3];
    let mut n = 0;
    for part in day.split(['-', '/', '.', '。', '年', '月', '日', '号', '、', ',', ' ']).map(str::trim).filter(|p| !p.is_empty())
    {
        if n == 3 && day.contains('、') && !day.contains(['-', '/', '.', '年', '月']) {
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
    at(date, clock, zone)
}

/// A date with the time behind it: the day in the hub's zone where that names one.
fn at(date: (u32, u32, u32), clock: Option<&str>, zone: Tz) -> Dated {
    let written = |zero: bool| settled(date, zero);
    let Some(text) = clock else { return written(true) };
    let day = i32::try_from(date.0).ok().and_then(|year| NaiveDate::from_ymd_opt(year, date.1, date.2));
    // Zeros, half a date, and what is none.
    let Some(day) = day else { return written(true) };
    let Some(clock) = Clock::read(text, day) else {
        return if checked(date).is_some() { Dated::Doubtful } else { Dated::No };
    };
    match clock.utc(day) {
        Some(moment) => {
            let local = moment.and_utc().with_timezone(&zone).date_naive();
            u32::try_from(local.year()).map_or(Dated::No, |year| settled((year, local.month(), local.day()), true))
        }
        // Midnight, or what midnight in Greenwich is here.
        None => written(matches!(clock.seconds / 60, 0 | 480)),
    }
}

/// The days that databases and programs write for none. `zero`: it has no time of its own, so that 1970-01-01 is none as well.
fn settled((year, month, day): (u32, u32, u32), zero: bool) -> Dated {
    match (year, month, day) {
        (0, 0, 0) | (1, 1, 1) | (1753, 1, 1) | (1899, 12, 30 | 31) | (1900, 1, 1) | (9999, 12, 31) => return Dated::Absent,
        (1970, 1, 1) if zero => return Dated::Absent,
        _ => {}
    }
    checked((year, month, day)).map_or(Dated::No, Dated::Date)
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
    // 2021-03-01 8:00, 2021年3月1日 8时, 2021-03-01 10.00.00
    let dotted = || {
        let (day, clock) = text.split_once(' ')?;
        (clock::is_dotted(clock.split(' ').next()?) && day.contains(['-', '/', '年', '.'])).then_some(day.len() + 1)
    };
    let Some(mark) =
        text.find([':', '时', '点']).map(|at| text[..at].trim_end_matches(|c: char| c.is_ascii_digit()).len()).or_else(dotted)
    else {
        return (text, None);
    };
    let mut day = text[..mark].trim_end_matches([' ', '-', ':']);
    let mut begin = mark;
    if let Some(half) = clock::half_before(day) {
        (begin, day) = (half, day[..half].trim_end());
    }
    (day, Some(&text[begin..]))
}

/// `20210228160000Z`, `202102281600+0800`: a whole day and its time in one row of digits, with more behind.
fn compact(text: &str) -> Option<((u32, u32, u32), &str)> {
    let end = text.bytes().position(|b| !b.is_ascii_digit())?;
    if !matches!(end, 12 | 14 | 17) || text[end..].starts_with(':') {
        return None;
    }
    let day = eight(text)?;
    // An epoch with a fraction is one of 12 digits, whose first eight are no day.
    Some((day, &text[8..]))
}

/// The first eight digits, where they are a day of the last century or of this one.
fn eight(text: &str) -> Option<(u32, u32, u32)> {
    let n: u32 = text.get(..8)?.parse().ok()?;
    let date = (n / 10_000, n / 100 % 100, n % 100);
    ((1900..=2099).contains(&date.0) && checked(date).is_some_and(|d| d.is_full())).then_some(date)
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
        14 | 17 => at(day(n / if text.len() == 14 { 1_000_000 } else { 1_000_000_000 }), Some(&text[8..14]), zone),
        13 => since_1970(n as i64, 1_000, zone),
        12 => match eight(text) {
            Some(date) if n / 100 % 100 < 24 && n % 100 < 60 => settled(date, true),
            Some(_) => Dated::Doubtful,
            None => since_1970(n as i64, 1_000, zone),
        },
        // 2021030112 is an hour of 2021, or a second of 2034; 202103011 a day with a digit too many, or a second of 1976.
        9 | 10 if eight(text).is_some() => Dated::Doubtful,
        9 | 10 => since_1970(n as i64, 1, zone),
        8 => match day(n) {
            // 20210300 and 20210000: what is not known stands as zeros.
            (year, month, 0) => checked((year, month, 0)).map_or(Dated::No, Dated::Date),
            date => at(date, clock, zone),
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
        Ok(year) => settled((year, day.month(), day.day()), false),
        Err(_) => Dated::No,
    }
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
            ("2021年3月份", "2021-03"),
            ("2021。3。1", "2021-03-01"),
            ("2021-3-1、2021-4-1", "no"),
            ("2021年3月1日、4月1日", "no"),
            ("2021年3月1日（2022年4月变更）", "doubtful"),
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
            ("20210228T1600Z", "2021-03-01"),
            ("20210228160000Z", "2021-03-01"),
            ("20210228160000+0000", "2021-03-01"),
            ("20210228160000.000Z", "2021-03-01"),
            ("2021-02-28T16:00:00,000Z", "2021-03-01"),
            ("2021-02-28 16:00:00 +0000 UTC", "2021-03-01"),
            ("2021-02-28 04:00:00 PM UTC", "2021-03-01"),
            ("2021-02-28 下午 04:00:00 UTC", "2021-03-01"),
            ("Sun, 28 Feb 2021 16:00:00 GMT", "2021-03-01"),
            ("Sun Feb 28 2021 16:00:00 GMT+0000 (Coordinated Universal Time)", "2021-03-01"),
            ("Mon Mar 01 2021 00:00:00 GMT+0800 (中国标准时间)", "2021-03-01"),
            ("Sun Feb 28 16:00:00 UTC 2021", "2021-03-01"),
            ("28/Feb/2021:16:00:00 +0000", "2021-03-01"),
            ("28-FEB-21 04.00.00.000000 PM +00:00", "2021-03-01"),
            ("28-2月 -21 04.00.00.000000 下午 +00:00", "2021-03-01"),
            ("1614528000.5", "2021-03-01"),
            ("1614528000123.5", "2021-03-01"),
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
            "202103011",
            "1998100830",
            "199810083061",
            "01-10月-49",
            "01-OCT-49",
            // What stands behind a time may be a zone, and another day.
            "2021-02-28 16:00:00 EST",
            "2021-02-28 16:00:00 世界时",
            "Sun, 28 Feb 2021 16:00:00 PDT",
            "20210228160000X",
            "20210301256000",
        ] {
            assert_eq!(shown(text), "doubtful", "{text}");
        }
        assert_eq!(shown("201306"), "2013-06", "there is no thirteenth month of 2020");
    }
}
