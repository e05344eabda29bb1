//! The cursor of an incremental pull: the greatest value seen, and how far the next pull steps back.

use chrono::{NaiveDateTime, TimeDelta};

use super::context::Cursor;
use crate::model::Clock;

/// The greatest value of a cursor column. Times that lie in the future are passed over: one wrong clock would otherwise
/// hide every later change.
pub(super) struct Greatest {
    value: Option<String>,
    limit: NaiveDateTime,
}

/// How far a registry's clock may be ahead of ours.
pub(super) const CLOCK_SKEW_SECS: i64 = 300;

impl Greatest {
    pub(super) fn new(cursor: &Cursor, clock: &Clock) -> Greatest {
        // Registries write local time without a zone: the furthest zone ahead is allowed for.
        let limit = clock.now().naive_utc() + TimeDelta::seconds(CLOCK_SKEW_SECS) + TimeDelta::hours(14);
        Greatest { value: cursor.greatest.clone(), limit }
    }

    pub(super) fn see(&mut self, text: &str) {
        if text.is_empty() || time_of(text).is_some_and(|(time, _)| time > self.limit) {
            return;
        }
        let greater = match &self.value {
            None => true,
            Some(now) if has_same_shape(now, text) => text > now.as_str(),
            Some(now) => match (now.parse::<i128>(), text.parse::<i128>(), time_of(now), time_of(text)) {
                (Ok(now), Ok(text), ..) => text > now,
                (_, _, Some((now, _)), Some((text, _))) => text > now,
                _ => text > now.as_str(),
            },
        };
        if greater {
            self.value = Some(text.to_string());
        }
    }

    pub(super) fn value(&self) -> Option<String> {
        self.value.clone()
    }
}

/// Digits in the same places, and the same signs between them: such texts sort as they count.
pub(super) fn has_same_shape(one: &str, other: &str) -> bool {
    let same = |(a, b): (u8, u8)| if a.is_ascii_digit() { b.is_ascii_digit() } else { a == b };
    one.len() == other.len() && !one.starts_with('-') && one.bytes().zip(other.bytes()).all(same)
}

/// A time as registries write it, and the format to write it back.
pub(super) fn time_of(text: &str) -> Option<(NaiveDateTime, &'static str)> {
    if let Ok(time) = chrono::DateTime::parse_from_rfc3339(text) {
        return Some((time.naive_utc(), "%Y-%m-%dT%H:%M:%S%.fZ"));
    }
    // PostgreSQL writes `+08`, which is no RFC 3339.
    for zoned in ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f%#z"] {
        if let Ok(time) = chrono::DateTime::parse_from_str(text, zoned) {
            return Some((time.naive_utc(), "%Y-%m-%d %H:%M:%S%.f+00"));
        }
    }
    const FORMATS: [&str; 6] = [
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y/%m/%d %H:%M:%S",
        "%Y-%m-%d %H:%M",
        "%Y/%m/%d %H:%M",
        "%Y%m%d %H:%M:%S",
    ];
    for format in FORMATS {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, format) {
            return Some((time, format));
        }
    }
    for format in ["%Y-%m-%d", "%Y/%m/%d"] {
        if let Ok(day) = chrono::NaiveDate::parse_from_str(text, format) {
            return Some((day.and_time(chrono::NaiveTime::MIN), format));
        }
    }
    None
}

/// A row of digits that is a time: `20260102120000`, and with milliseconds behind it.
pub(super) fn time_of_digits(text: &str) -> Option<(NaiveDateTime, &'static str)> {
    let format = match text.len() {
        14 => "%Y%m%d%H%M%S",
        17 => "%Y%m%d%H%M%S%3f",
        12 => "%Y%m%d%H%M",
        8 => return Some((chrono::NaiveDate::parse_from_str(text, "%Y%m%d").ok()?.and_time(chrono::NaiveTime::MIN), "%Y%m%d")),
        _ => return None,
    };
    let time = NaiveDateTime::parse_from_str(text, format).ok()?;
    (1980..2200).contains(&chrono::Datelike::year(&time)).then_some((time, format))
}

/// `text` moved back: seconds for a time, units for a whole number; of digits that are both, whichever is further. What is neither
/// stays.
pub(super) fn stepped_back(text: &str, overlap: u64) -> String {
    let step = TimeDelta::seconds(overlap.min(1 << 40) as i64);
    if let Ok(number) = text.parse::<i64>() {
        let units = number.saturating_sub_unsigned(overlap);
        let earlier =
            time_of_digits(text).and_then(|(time, format)| (time - step).format(format).to_string().parse::<i64>().ok());
        let further = earlier.map_or(units, |earlier| earlier.min(units));
        // Zeros in front are part of a text.
        let width = if text.starts_with('0') { text.len() } else { 0 };
        return if further >= 0 { format!("{further:0width$}") } else { further.to_string() };
    }
    match time_of(text) {
        Some((time, format)) => (time - step).format(format).to_string(),
        None => text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlap_steps_back_in_the_registry_s_own_format() {
        for (text, expected) in [
            ("2026-11-22 00:05:00", "2026-11-21 23:55:00"),
            ("2026-11-22T00:05:00Z", "2026-11-21T23:55:00Z"),
            ("2026-11-22T08:05:00+08:00", "2026-11-21T23:55:00Z"),
            ("2026-11-22 08:05:00.5+08", "2026-11-21 23:55:00.500+00"),
            ("2026-11-22", "2026-11-21"),
            ("1000", "400"),
            ("20260102120000", "20260102115000"),
            ("20260102000500", "20260101235500"),
            ("20260102120000123", "20260102115000123"),
            ("20260301", "20259701"),
            ("2026/01/02 00:05", "2026/01/01 23:55"),
            ("000700", "000100"),
            ("v17", "v17"),
        ] {
            assert_eq!(stepped_back(text, 600), expected, "{text}");
        }
    }

    #[test]
    fn a_time_in_the_future_does_not_become_the_cursor() {
        let clock = Clock::fixed("2026-11-22T00:00:00Z".parse().expect("a time"));
        let mut greatest = Greatest::new(&Cursor::default(), &clock);
        for text in ["2026-11-20 10:00:00", "2099-01-01 00:00:00", "2026-11-21 09:00:00", ""] {
            greatest.see(text);
        }
        assert_eq!(greatest.value().as_deref(), Some("2026-11-21 09:00:00"));
        let mut numbers = Greatest::new(&Cursor::default(), &clock);
        ["9", "10", "8"].into_iter().for_each(|n| numbers.see(n));
        assert_eq!(numbers.value().as_deref(), Some("10"));
        let mut times = Greatest::new(&Cursor::default(), &clock);
        ["2026/1/9 12:00", "2026/1/10 12:00"].into_iter().for_each(|t| times.see(t));
        assert_eq!(times.value().as_deref(), Some("2026/1/10 12:00"));
    }
}
