//! Values as read from a cell: text, counts, money in yuan, dates that may lack their day.

use std::fmt;

use chrono::NaiveDate;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// An amount in yuan, kept in fen (1/100 yuan) so that sums are exact. Range ±92 quadrillion yuan.
///
/// ```
/// use huitu_rules::model::value::Money;
///
/// let paid = Money::from_yuan(12_000);
/// assert_eq!(paid.to_string(), "12000");
/// assert_eq!(Money(paid.0 + 50).to_string(), "12000.50");
/// assert_eq!(Money(-150).whole_yuan(), 0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(pub i64);

impl Money {
    /// Whole yuan; what is out of range stays at its end.
    pub fn from_yuan(yuan: i64) -> Money {
        Money(yuan.saturating_mul(100))
    }
    /// For showing and dividing: a float holds up to 90 trillion yuan to the fen.
    pub fn yuan(self) -> f64 {
        self.0 as f64 / 100.0
    }
    /// Yuan without fen, rounded; 0 for what is less than nothing.
    pub fn whole_yuan(self) -> u64 {
        u64::try_from((self.0 + 50) / 100).unwrap_or(0)
    }
}

/// Decimal text in yuan, without exponent: `12000`, `12000.50`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, fen) = if self.0 < 0 { ("-", self.0.unsigned_abs()) } else { ("", self.0 as u64) };
        match fen % 100 {
            0 => write!(f, "{sign}{}", fen / 100),
            cents => write!(f, "{sign}{}.{cents:02}", fen / 100),
        }
    }
}

/// A date as registries write it: year, year and month, or the whole day. `month` and `day` are 0 when absent.
///
/// ```
/// use huitu_rules::model::value::PartialDate;
///
/// let april = PartialDate { year: 2019, month: 4, day: 0 };
/// assert_eq!(april.to_string(), "2019-04");
/// assert!(!april.is_full());
/// assert_eq!(april.first_day().map(|day| day.to_string()), Some("2019-04-01".to_owned()));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PartialDate {
    /// Of the Gregorian calendar.
    pub year: i16,
    /// 1 to 12, or 0.
    pub month: u8,
    /// 1 to 31, or 0.
    pub day: u8,
}

impl PartialDate {
    /// The whole day.
    pub fn full(date: NaiveDate) -> PartialDate {
        use chrono::Datelike;
        PartialDate { year: date.year() as i16, month: date.month() as u8, day: date.day() as u8 }
    }
    /// The first day it can mean.
    pub fn first_day(self) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(self.year.into(), u32::from(self.month.max(1)), u32::from(self.day.max(1)))
    }
    /// Whether it names a day.
    pub fn is_full(self) -> bool {
        self.day != 0
    }
}

/// ISO 8601, as precise as it is: `2019`, `2019-04`, `2019-04-18`.
impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.month, self.day) {
            (0, _) => write!(f, "{:04}", self.year),
            (m, 0) => write!(f, "{:04}-{m:02}", self.year),
            (m, d) => write!(f, "{:04}-{m:02}-{d:02}", self.year),
        }
    }
}

/// One value read from a cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// A name, an address, a word: as the row has it.
    Text(CompactString),
    /// A whole number: persons, a year.
    Count(i64),
    /// Any other number: degrees, percent.
    Number(f64),
    /// An amount of money.
    Money(Money),
    /// A day, a month or a year.
    Date(PartialDate),
    /// Yes or no.
    Flag(bool),
}

/// A city has some sixty million of them in memory while it is judged: short texts lie in the value itself.
const _: () = assert!(size_of::<Value>() == 24);

/// The text that GraphQL, exports and explanations show.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(t) => f.write_str(t),
            Value::Count(n) => write!(f, "{n}"),
            Value::Number(n) => write!(f, "{n}"),
            Value::Money(m) => write!(f, "{m}"),
            Value::Date(d) => write!(f, "{d}"),
            Value::Flag(b) => write!(f, "{b}"),
        }
    }
}
