//! The time behind a date: hour, minute and second as programs and people write them, and the zone they name.
//!
//! In: the text from the time's first sign on (`16:00:00 GMT+0000 (Coordinated Universal Time)`, `04.00.00.000000 PM +00:00`,
//! `下午 4时30分`, `160000Z`). Out: the second of the day and the zone's distance, or that the text says something not known
//! here: it could be a zone that moves the day, so nothing of it is passed over.

use chrono::{NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;

/// A time of day, and how far east of Greenwich it was read, where it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    /// Seconds since midnight; 86400 for 24:00.
    pub seconds: u32,
    /// Seconds east of Greenwich.
    pub offset: Option<i64>,
}

/// Halves of a day, in front of a time or behind it; true is the second.
const HALVES: &[(&str, bool)] = &[
    ("上午", false),
    ("凌晨", false),
    ("早上", false),
    ("早晨", false),
    ("下午", true),
    ("中午", true),
    ("晚上", true),
    ("傍晚", true),
    ("A.M.", false),
    ("P.M.", true),
    ("AM", false),
    ("PM", true),
];

/// Words behind a time that name no zone.
const WEEKDAYS: &[&str] = &["星期", "周", "礼拜", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];

/// Zones by their words.
const ZONES: &[(&str, i64)] = &[
    ("Z", 0),
    ("UTC", 0),
    ("GMT", 0),
    ("UT", 0),
    ("COORDINATED UNIVERSAL TIME", 0),
    ("GREENWICH MEAN TIME", 0),
    ("CST", 8),
    ("PRC", 8),
    ("CHINA STANDARD TIME", 8),
    ("中国标准时间", 8),
    ("北京时间", 8),
    ("东八区", 8),
];

/// The half of the day that stands at the end of a text, and where it begins.
pub(super) fn half_before(text: &str) -> Option<usize> {
    let bare = text.trim_end();
    HALVES.iter().find_map(|(word, _)| {
        let at = bare.len().checked_sub(word.len())?;
        bare.get(at..).filter(|end| end.eq_ignore_ascii_case(word)).map(|_| at)
    })
}

impl Clock {
    /// Reads a time of the day `day` (zones by place have summers). None where anything in it is not understood.
    pub fn read(text: &str, day: NaiveDate) -> Option<Clock> {
        let mut text = text.trim();
        let mut second_half = None;
        if let Some((half, rest)) = half_at(text) {
            (second_half, text) = (Some(half), rest.trim_start());
        }
        let spoken = text.contains(['时', '点', '分', '秒']).then(|| spoken(text));
        let text = spoken.as_deref().unwrap_or(text);
        let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.' | ','))).unwrap_or(text.len());
        let (hour, minute, second) = hands(&text[..end])?;
        let mut rest = text[end..].trim_start();
        let mut zone: Option<(i64, bool)> = None;
        while !rest.is_empty() {
            if let Some((half, behind)) = half_at(rest) {
                if second_half.is_some_and(|h| h != half) {
                    return None;
                }
                (second_half, rest) = (Some(half), behind.trim_start());
                continue;
            }
            let (word, behind) = next_word(rest);
            rest = behind.trim_start();
            // Go prints the reading of its own stopwatch behind a time.
            if word.starts_with("m=") || is_weekday(word) {
                continue;
            }
            let seconds = hour.min(23) * 3_600 + minute * 60 + second;
            let found = zone_of(word, day, seconds)?;
            zone = match zone {
                // GMT +0800: the distance says more than the word in front of it.
                Some((0, true)) => Some(found),
                Some((known, _)) if known != found.0 => return None,
                Some(known) => Some(known),
                None => Some(found),
            };
        }
        let hour = match second_half {
            Some(true) if hour < 12 => hour + 12,
            Some(false) if hour == 12 => 0,
            Some(false) if hour > 12 => return None,
            _ => hour,
        };
        let seconds = hour * 3_600 + minute * 60 + second;
        let within = minute < 60 && second < 61 && (hour < 24 || seconds == 86_400 && zone.is_none());
        within.then_some(Clock { seconds, offset: zone.map(|(offset, _)| offset) })
    }

    /// The moment in Greenwich; None where no zone is named.
    pub fn utc(self, day: NaiveDate) -> Option<NaiveDateTime> {
        let midnight = day.and_hms_opt(0, 0, 0)?;
        midnight.checked_add_signed(TimeDelta::seconds(i64::from(self.seconds) - self.offset?))
    }
}

fn half_at(text: &str) -> Option<(bool, &str)> {
    HALVES.iter().find_map(|(word, half)| {
        let found = text.get(..word.len()).filter(|begin| begin.eq_ignore_ascii_case(word))?;
        let rest = &text[found.len()..];
        // AM of America/… is none.
        (!word.is_ascii() || !rest.starts_with(|c: char| c.is_ascii_alphanumeric())).then_some((*half, rest))
    })
}

/// 8时30分 is 8:30.
fn spoken(text: &str) -> String {
    text.replace("时间", "\u{0}").replace(['时', '点', '分'], ":").replace('秒', "").replace('\u{0}', "时间")
}

/// Hour, minute, second of `16:00:00.000`, `16:00`, `10.00.00.000000`, `160000`, `1600`, `16`.
fn hands(text: &str) -> Option<(u32, u32, u32)> {
    let number = |part: &str| part.parse::<u32>().ok().filter(|_| part.len() <= 2);
    let whole = |text: &str| text.split(['.', ',']).next().map(str::to_owned);
    if text.contains(':') {
        let mut parts = text.split(':').filter(|p| !p.is_empty());
        let hour = number(parts.next()?)?;
        let minute = parts.next().map_or(Some(0), |p| number(&whole(p)?))?;
        let second = parts.next().map_or(Some(0), |p| number(&whole(p)?))?;
        // 2021-03-01 08:00:00:000
        let fraction = parts.next().is_none_or(|p| p.bytes().all(|b| b.is_ascii_digit()));
        return (fraction && parts.next().is_none()).then_some((hour, minute, second));
    }
    if text.matches('.').count() >= 2 {
        let mut parts = text.split('.');
        return Some((number(parts.next()?)?, number(parts.next()?)?, number(parts.next()?)?));
    }
    let digits = whole(text)?;
    let two = |at: usize| digits.get(at..at + 2).and_then(number);
    match digits.len() {
        6 => Some((two(0)?, two(2)?, two(4)?)),
        4 => Some((two(0)?, two(2)?, 0)),
        1 | 2 if digits == text => Some((number(&digits)?, 0, 0)),
        _ => None,
    }
}

/// The next word, brackets and all that stands in them taken as one.
fn next_word(text: &str) -> (&str, &str) {
    for (open, close) in [('(', ')'), ('[', ']')] {
        if let Some(inside) = text.strip_prefix(open) {
            let end = inside.find(close).unwrap_or(inside.len());
            return (inside[..end].trim(), inside.get(end + 1..).unwrap_or_default());
        }
    }
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '(' | '[')).unwrap_or(text.len());
    text.split_at(end)
}

fn is_weekday(word: &str) -> bool {
    let upper = word.to_ascii_uppercase();
    WEEKDAYS.iter().any(|w| upper.starts_with(w))
}

/// Seconds east of Greenwich, and whether it is but the word in front of a distance: `Z`, `+08:00`, `+0800`, `+08`, `UTC`, `GMT+8`,
/// `CST` (China's), `Asia/Shanghai`.
fn zone_of(word: &str, day: NaiveDate, seconds: u32) -> Option<(i64, bool)> {
    let upper = word.to_uppercase();
    if let Some((_, hours)) = ZONES.iter().find(|(name, _)| *name == upper) {
        return Some((hours * 3_600, *hours == 0));
    }
    let bare = upper.strip_prefix("UTC").or_else(|| upper.strip_prefix("GMT")).unwrap_or(&upper).trim();
    let (sign, digits) = match bare.as_bytes().first()? {
        b'+' => (1, &bare[1..]),
        b'-' => (-1, &bare[1..]),
        _ => {
            let place: Tz = word.contains('/').then(|| word.parse().ok())??;
            let time = day.and_hms_opt(0, 0, 0)?.checked_add_signed(TimeDelta::seconds(seconds.into()))?;
            let offset = place.offset_from_local_datetime(&time).earliest()?;
            return Some((offset.fix().local_minus_utc().into(), false));
        }
    };
    let digits: String = digits.chars().filter(|c| *c != ':').collect();
    if digits.is_empty() || digits.len() > 6 || digits.len() == 5 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = digits.split_at(if digits.len() == 3 { 1 } else { digits.len().min(2) });
    let hours: i64 = hours.parse().ok()?;
    let minutes: i64 = minutes.get(..2).map_or(Some(0), |m| m.parse().ok())?;
    // 9:00-17:00 is no zone.
    (hours <= if sign > 0 { 14 } else { 11 } && minutes < 60).then_some((sign * (hours * 3_600 + minutes * 60), false))
}

/// 10.00.00 and 04.00.00.000000: the time as Oracle and DB2 write it.
pub(super) fn is_dotted(text: &str) -> bool {
    text.matches('.').count() >= 2
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && text.split('.').next().is_some_and(|hour| hour.len() <= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_understood_to_its_end_or_not_at_all() {
        let day = NaiveDate::from_ymd_opt(2021, 2, 28).expect("a day");
        for (text, expected) in [
            ("16:00:00", Some((57_600, None))),
            ("16:00:00.123", Some((57_600, None))),
            ("16:00:00,000Z", Some((57_600, Some(0)))),
            ("160000+0000", Some((57_600, Some(0)))),
            ("1600Z", Some((57_600, Some(0)))),
            ("04:00:00 PM UTC", Some((57_600, Some(0)))),
            ("04.00.00.000000 下午 +00:00", Some((57_600, Some(0)))),
            ("下午 4时30分", Some((59_400, None))),
            ("12:00 AM", Some((0, None))),
            ("16:00:00 GMT+0800 (中国标准时间)", Some((57_600, Some(28_800)))),
            ("16:00:00 +0800 CST m=+0.001", Some((57_600, Some(28_800)))),
            ("16:00:00 GMT +0800", Some((57_600, Some(28_800)))),
            ("16:00:00[Asia/Shanghai]", Some((57_600, Some(28_800)))),
            ("10:00:00 星期日", Some((36_000, None))),
            ("24:00:00", Some((86_400, None))),
            ("16:00:00 EST", None),
            ("16:00:00 约", None),
            ("9:00-17:00", None),
            ("16:00 +0800 UTC+9", None),
            ("25:00", None),
            ("10:61", None),
            ("14:00 AM", None),
        ] {
            assert_eq!(Clock::read(text, day).map(|c| (c.seconds, c.offset)), expected, "{text}");
        }
    }
}
