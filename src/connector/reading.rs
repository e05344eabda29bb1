//! Typed readings: from the text of a cell to a value. Pure; what cannot be read is `Unreadable`, never a guess.

use super::{date, money};
use crate::model::field::{Field, named};
use crate::model::identifier::{CreditCode, OrganisationCode, RegistrationNumber, TaxNumber, clean_identifier};
use crate::model::value::Value;

named! {
    /// `as = …` in a connector.
    pub enum As {
        /// Trimmed text, as written.
        Text = "text",
        /// A name: trimmed; `normalise` reads it further.
        Name = "name",
        CreditCode = "credit_code",
        OrganisationCode = "organisation_code",
        RegistrationNumber = "registration_number",
        TaxNumber = "tax_number",
        /// A whole number ≥ 0; `1,234`, `57人` and `57.0` are read.
        Count = "count",
        /// A decimal number; `35%` reads 35.
        Number = "number",
        Money = "money",
        Date = "date",
        /// A division code of 6, 9 or 12 digits.
        Area = "area",
        /// A district by name.
        District = "district",
        /// A code of GB/T 4754 (section letter, 2, 3 or 4 digits) in the `edition` given.
        Industry = "industry",
        /// OperatingStatus, through the value map and the words known everywhere.
        Status = "status",
        Ownership = "ownership",
        UnionKind = "union_kind",
        UnionStatus = "union_status",
        PaymentKind = "payment_kind",
        /// Yes or no.
        Flag = "flag",
        /// Any vocabulary of its own: only what the value map names is read.
        Code = "code",
        /// The first and the second number of a cell such as `116.39,39.90`.
        FirstNumber = "first_number",
        SecondNumber = "second_number",
        /// Several units in one cell, `name|code` each; each becomes a record of kind `covered_unit`.
        List = "list",
    }
}

impl As {
    /// Codes with a check character: a failing one is kept as written and weighs less.
    pub fn is_identifier(self) -> bool {
        matches!(self, As::CreditCode | As::OrganisationCode | As::RegistrationNumber | As::TaxNumber)
    }
}

/// What one cell says.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    Value(Value),
    /// There is text, and it is not what the connector says it is.
    Unreadable,
    /// A word for "none": the field is absent.
    Absent,
}

/// The reading that a field has where the connector names none.
pub fn natural(field: Field) -> As {
    use Field::*;
    match field {
        Name | FormerName | EnglishName | UnionName | ParentName | AbsorbedByName | HostName | InvestorName => As::Name,
        CreditCode | UnionCode => As::CreditCode,
        OrganisationCode => As::OrganisationCode,
        RegistrationNumber => As::RegistrationNumber,
        TaxNumber => As::TaxNumber,
        Status => As::Status,
        EstablishedOn | ClosedOn | PaidOn | Since | Until | On => As::Date,
        Area => As::Area,
        District => As::District,
        Longitude | Latitude | SharePercent | TargetValue => As::Number,
        Industry => As::Industry,
        Ownership => As::Ownership,
        Capital | Revenue | RevenueMain | Sales | Payroll | Assets | DueYuan | PaidYuan => As::Money,
        Employees | Insured | DispatchedWorkers | Members | FemaleMembers | MigrantMembers | MigrantEmployees
        | DispatchedMembers | Workers | People | Year | Edition => As::Count,
        OfficialList | DevelopmentActivity | StateOwned | StarRated | Fortune500 | Leading | Listed | DispatchAgency => As::Flag,
        UnionKind => As::UnionKind,
        UnionStatus => As::UnionStatus,
        PaymentKind => As::PaymentKind,
        CoveredUnits => As::List,
        _ => As::Text,
    }
}

/// Reads `text` (not empty, already trimmed) as `kind`. `money` is used for money only.
pub fn read(kind: As, text: &str, unit: &money::Unit) -> Reading {
    let value = match kind {
        As::Text | As::Name | As::List => Some(Value::Text(text.into())),
        As::CreditCode => return identifier(text, |t| CreditCode::parse(t).map(|c| c.as_str().into())),
        As::OrganisationCode => return identifier(text, |t| OrganisationCode::parse(t).map(|c| c.as_str().into())),
        As::RegistrationNumber => return identifier(text, |t| RegistrationNumber::parse(t).map(|c| c.as_str().into())),
        As::TaxNumber => return identifier(text, |t| TaxNumber::parse(t).map(|_| clean_identifier(t).into())),
        As::Count => count(text).map(Value::Count),
        As::Number => number(text).map(Value::Number),
        As::Money => money::read(text, unit).map(Value::Money),
        As::Date => date::read(text).map(Value::Date),
        As::Area => area(text).map(|t| Value::Text(t.into())),
        As::District => Some(Value::Text(text.into())),
        As::Industry => industry(text).map(|t| Value::Text(t.into())),
        As::Status | As::Ownership | As::UnionKind | As::UnionStatus | As::PaymentKind => {
            super::values::known(kind, text).map(|v| Value::Text(v.into()))
        }
        As::Flag => super::values::flag(text).map(Value::Flag),
        As::FirstNumber => pair(text, 0).map(Value::Number),
        As::SecondNumber => pair(text, 1).map(Value::Number),
        As::Code => None,
    };
    value.map_or(Reading::Unreadable, Reading::Value)
}

fn identifier(text: &str, parse: impl Fn(&str) -> Option<Box<str>>) -> Reading {
    match parse(text) {
        Some(code) => Reading::Value(Value::Text(code)),
        None if clean_identifier(text).is_empty() => Reading::Absent,
        None => Reading::Unreadable,
    }
}

/// ASCII digits and signs for full-width ones; borrowed where nothing had to change.
pub(crate) fn half_width(text: &str) -> std::borrow::Cow<'_, str> {
    if text.is_ascii() {
        return text.into();
    }
    text.chars()
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).expect("full-width forms are ASCII shifted"),
            '\u{3000}' => ' ',
            _ => c,
        })
        .collect::<String>()
        .into()
}

fn count(text: &str) -> Option<i64> {
    if text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok();
    }
    let n = number(text)?;
    (n >= 0.0 && n.fract() == 0.0 && n < 9e15).then_some(n as i64)
}

/// Decimal number with thousands separators, exponent, and one of the counters or signs that registries append.
pub(crate) fn number(text: &str) -> Option<f64> {
    let wide = half_width(text);
    let bare = wide.trim().trim_end_matches(['人', '名', '户', '家', '个', '%', '元']).trim_end();
    decimal(bare)
}

pub(crate) fn decimal(text: &str) -> Option<f64> {
    let first = text.bytes().next()?;
    if !(first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.')) {
        return None; // keeps out "inf" and "nan"
    }
    if text.bytes().any(|b| matches!(b, b',' | b' ')) { grouped(text)?.parse().ok() } else { text.parse().ok() }
        .filter(|n: &f64| n.is_finite())
}

/// `1,234,567.8` without its commas; None where a comma does not stand before three digits.
fn grouped(text: &str) -> Option<String> {
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut groups = whole.split([',', ' ']);
    let lead = groups.next()?;
    let lead_digits = lead.trim_start_matches(['-', '+']).len();
    if lead_digits == 0
        || lead_digits > 3
        || rest.contains([',', ' '])
        || !groups.all(|g| g.len() == 3 && g.bytes().all(|b| b.is_ascii_digit()))
    {
        return None;
    }
    Some(text.replace([',', ' '], ""))
}

/// The `at`-th of exactly two numbers, separated by comma, semicolon or blank.
fn pair(text: &str, at: usize) -> Option<f64> {
    let wide = half_width(text);
    let mut parts = wide.split([',', ';', ' ', '、']).map(str::trim).filter(|p| !p.is_empty()).map(decimal);
    let both = [parts.next()??, parts.next()??];
    parts.next().is_none().then(|| both[at])
}

fn area(text: &str) -> Option<String> {
    let wide = half_width(text);
    let digits = wide.trim();
    let digits = digits.strip_suffix(".0").unwrap_or(digits);
    (matches!(digits.len(), 2 | 4 | 6 | 9 | 12) && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.to_string())
}

/// `C`, `35`, `351`, `3519` or `C3519`: the section letter in front of digits is dropped, it is implied.
fn industry(text: &str) -> Option<String> {
    let wide = half_width(text);
    let code = wide.trim();
    let code = code.strip_suffix(".0").unwrap_or(code);
    let digits = code.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let letters = code.len() - digits.len();
    match (letters, digits.len()) {
        (1, 0) => Some(code.to_ascii_uppercase()),
        (0 | 1, 2..=4) if digits.bytes().all(|b| b.is_ascii_digit()) => Some(digits.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_as_registries_write_them() {
        for (text, expected) in [("57", 57), ("1,234", 1234), ("57人", 57), ("57.0", 57), ("１２", 12), ("1 234", 1234)] {
            assert_eq!(count(text), Some(expected), "{text}");
        }
        for text in ["-3", "1.5", "约50", "1,23", "inf", "", "50-99"] {
            assert_eq!(count(text), None, "{text}");
        }
    }

    #[test]
    fn industries_lose_their_implied_letter_only() {
        assert_eq!(industry("C3519").as_deref(), Some("3519"));
        assert_eq!(industry("72").as_deref(), Some("72"));
        assert_eq!(industry("k").as_deref(), Some("K"));
        assert_eq!(industry("软件业"), None);
        assert_eq!(industry("12345"), None);
    }

    #[test]
    fn a_word_for_none_is_absence_and_a_wrong_check_character_is_not() {
        let unit = money::Unit::default();
        assert_eq!(read(As::CreditCode, "无", &unit), Reading::Absent);
        assert_eq!(read(As::CreditCode, "91350100M000100Y44", &unit), Reading::Unreadable);
        assert_eq!(read(As::CreditCode, "91350100m000100y43", &unit), Reading::Value(Value::Text("91350100M000100Y43".into())));
    }
}
