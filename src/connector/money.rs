//! Money as registries write it: a bare number in the column's unit, or a text that names its own unit and currency.

use std::collections::BTreeMap;

use super::number::{self, decimal};
use super::text::half_width;
use crate::model::value::Money;

/// The unit of a money column. A text that names a unit (`150万元人民币`) overrides it.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// Yuan per unit of a bare number.
    pub yuan: i64,
    /// Yuan per unit of a foreign currency, by the currency's word (`美元 = 7.1`). Without a rate the amount is not read.
    pub rates: BTreeMap<String, f64>,
}

impl Default for Unit {
    fn default() -> Self {
        Unit { yuan: 1, rates: BTreeMap::new() }
    }
}

/// `unit = …` in a connector.
pub const UNITS: &[(&str, i64)] = &[
    ("yuan", 1),
    ("hundred_yuan", 100),
    ("thousand_yuan", 1_000),
    ("ten_thousand_yuan", 10_000),
    ("million_yuan", 1_000_000),
    ("ten_million_yuan", 10_000_000),
    ("hundred_million_yuan", 100_000_000),
];

/// Currencies in front of an amount or behind it, by their usual words; the first of each line is the name a rate is given under.
const FOREIGN: &[&[&str]] = &[
    &["美元", "USD", "US$", "美金"],
    &["港元", "HKD", "HK$", "港币"],
    &["欧元", "EUR", "€"],
    &["日元", "JPY", "日圆"],
    &["英镑", "GBP", "£"],
    &["新台币", "TWD", "NT$", "台币"],
    &["澳元", "AUD"],
    &["加元", "CAD"],
    &["新加坡元", "SGD"],
    &["韩元", "KRW", "₩"],
];

/// Words for our own currency.
const OWN: &[&str] = &["", "元", "圆", "元整", "圆整", "元人民币", "人民币元", "人民币", "RMB", "CNY", "元正", "整"];

/// None where the text is no amount, or one in a currency without a rate.
pub fn read(text: &str, unit: &Unit) -> Option<Money> {
    if let Some(yuan) = decimal(text) {
        return fen(yuan * unit.yuan as f64);
    }
    let wide = half_width(text);
    let mut text = wide.trim();
    let mut negative = false;
    if let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        (text, negative) = (inner.trim(), true);
    } else if let Some(inner) = text.strip_suffix('-').filter(|t| t.ends_with(|c: char| c.is_ascii_digit())) {
        (text, negative) = (inner, true);
    }
    let (before, text) = currency_before(text);
    let amount = number::leading(text)?;
    if negative && amount.value < 0.0 {
        return None;
    }
    let (scale, currency) = match amount.scaled {
        true => (Some(1.0), amount.rest),
        false => scale_and_currency(amount.rest),
    };
    let currency = plain_currency(currency);
    if !before.is_empty() && !currency.is_empty() && !OWN.contains(&currency) && rate_of(before, unit) != rate_of(currency, unit)
    {
        return None;
    }
    // 3千 in a column of thousands: 3000 yuan, or 3000 thousand.
    let own_sign = wide.trim().starts_with(['¥', '￥']);
    if amount.scaled && currency.is_empty() && before.is_empty() && !own_sign && unit.yuan != 1 {
        return None;
    }
    let named = scale.is_some() || !currency.is_empty() || !before.is_empty();
    let rate =
        rate_of(if currency.is_empty() || OWN.contains(&currency) && !before.is_empty() { before } else { currency }, unit)?;
    let scale = scale.unwrap_or(if named { 1.0 } else { unit.yuan as f64 });
    fen(amount.value * scale * rate * if negative { -1.0 } else { 1.0 })
}

/// The currency that stands in front of an amount. `¥88` and `$1,234.50` (as a database's money type writes it, whatever its
/// money) keep the column's unit.
fn currency_before(text: &str) -> (&str, &str) {
    let text = text.trim_start_matches(['¥', '￥']).trim_start();
    if let Some(amount) = text.strip_prefix('$').or_else(|| text.strip_prefix("-$")).map(str::trim_start) {
        let cents = amount.rsplit_once('.').is_some_and(|(_, c)| c.len() == 2 && c.bytes().all(|b| b.is_ascii_digit()));
        if cents && amount.bytes().all(|b| b.is_ascii_digit() || matches!(b, b',' | b'.')) {
            return ("", amount);
        }
        return ("美元", amount);
    }
    let words = OWN.iter().filter(|w| !w.is_empty() && **w != "整").chain(FOREIGN.iter().copied().flatten());
    let longest = words.filter(|w| text.starts_with(**w)).max_by_key(|w| w.len());
    match longest {
        Some(word) => (word, text[word.len()..].trim_start_matches([':', ' '])),
        None => ("", text),
    }
}

/// Yuan for one of the currency; None where nobody has said.
fn rate_of(currency: &str, unit: &Unit) -> Option<f64> {
    if OWN.contains(&currency) {
        return Some(1.0);
    }
    let given = |name: &str| unit.rates.get(name).or_else(|| unit.rates.get(name.trim_end_matches('元'))).copied();
    let same = FOREIGN.iter().find(|names| names.contains(&currency));
    given(currency).or_else(|| same.into_iter().copied().flatten().find_map(|name| given(name)))
}

/// A currency may stand in brackets: 100万元（人民币）.
fn plain_currency(text: &str) -> &str {
    match text.strip_suffix(')').and_then(|t| t.split_once('(')) {
        Some(("", inside)) => inside,
        Some((before, inside)) if OWN.contains(&before) => inside,
        _ => text,
    }
}

fn scale_and_currency(text: &str) -> (Option<f64>, &str) {
    let text = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')).unwrap_or(text);
    SCALES.iter().find_map(|(word, n)| text.strip_prefix(word).map(|rest| (Some(*n), rest.trim()))).unwrap_or((None, text))
}

/// Scales that stand in brackets behind an amount: 200(万元).
const SCALES: &[(&str, f64)] =
    &[("万亿", 1e12), ("百万", 1e6), ("千万", 1e7), ("十万", 1e5), ("亿", 1e8), ("万", 1e4), ("千", 1e3), ("百", 1e2)];

fn fen(yuan: f64) -> Option<Money> {
    let fen = (yuan * 100.0).round();
    (fen.abs() < 9.2e18).then_some(Money(fen as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_names_its_unit_overrides_the_column() {
        let thousand = Unit { yuan: 1000, ..Unit::default() };
        for (text, expected) in [
            ("7997", Some(7_997_000.0)),
            ("1,234.5", Some(1_234_500.0)),
            ("150万元人民币", Some(1_500_000.0)),
            ("1.2e+3万元人民币", Some(12_000_000.0)),
            ("50万元", Some(500_000.0)),
            ("３０００元", Some(3_000.0)),
            ("1.5亿元", Some(150_000_000.0)),
            ("¥88.80元", Some(88.8)),
            ("200(万元)", Some(2_000_000.0)),
            ("20万美元", None),
            ("壹佰万元整", Some(1_000_000.0)),
            ("一百二十万元", Some(1_200_000.0)),
            ("三千元", Some(3_000.0)),
            ("人民币100万元", Some(1_000_000.0)),
            ("人民币：100万元", Some(1_000_000.0)),
            ("RMB 100万", Some(1_000_000.0)),
            ("500万人民币", Some(5_000_000.0)),
            ("100万元（人民币）", Some(1_000_000.0)),
            ("100万元（美元）", None),
            ("100万元（实缴50万元）", None),
            ("(1,234.50)", Some(-1_234_500.0)),
            ("1,234.50-", Some(-1_234_500.0)),
            ("￥12,000.00元", Some(12_000.0)),
            ("$1,234,567.89", Some(1_234_567_890.0)),
            ("$100万", None),
            ("USD 100万", None),
            ("1.234,56", None),
            ("12,34", None),
            ("1 234 567.8", None),
            ("100-200万元", None),
            // In a column of thousands nobody can tell what the scale counts.
            ("1.1万", None),
            ("3千", None),
            ("1.2万", None),
            ("壹万贰仟", None),
            ("壹万贰仟元", Some(12_000.0)),
            ("¥1.1万", Some(11_000.0)),
            ("元", None),
            ("", None),
            ("20万港", None),
            ("约五百", None),
            ("-", None),
        ] {
            assert_eq!(read(text, &thousand).map(Money::yuan), expected, "{text}");
        }
    }

    #[test]
    fn a_foreign_amount_is_read_only_with_a_rate() {
        assert_eq!(read("1.1万", &Unit::default()).map(Money::yuan), Some(11_000.0), "a column of yuan");
        let unit = Unit { yuan: 10_000, rates: [("美元".to_string(), 7.0)].into() };
        assert_eq!(read("20万美元", &unit).map(Money::yuan), Some(1_400_000.0));
        assert_eq!(read("USD20万", &unit).map(Money::yuan), Some(1_400_000.0));
        assert_eq!(read("20万日元", &unit), None);
    }
}
