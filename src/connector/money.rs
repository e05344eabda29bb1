//! Money as registries write it: a bare number in the column's unit, or a text that names its own unit and currency.

use std::collections::BTreeMap;

use super::reading::{decimal, half_width};
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
    ("hundred_million_yuan", 100_000_000),
];

const SCALES: &[(&str, i64)] = &[
    ("万亿", 1_000_000_000_000),
    ("百万", 1_000_000),
    ("千万", 10_000_000),
    ("十万", 100_000),
    ("亿", 100_000_000),
    ("万", 10_000),
    ("千", 1_000),
    ("百", 100),
];

/// None where the text is no amount, or one in a currency without a rate.
pub fn read(text: &str, unit: &Unit) -> Option<Money> {
    if let Some(yuan) = decimal(text) {
        return fen(yuan * unit.yuan as f64);
    }
    let wide = half_width(text);
    let text = wide.trim().trim_start_matches(['¥', '￥']).trim_start();
    let split =
        text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+' | 'e' | 'E' | ' '))).unwrap_or(text.len());
    let amount = decimal(text[..split].trim())?;
    let (scale, currency) = scale_and_currency(text[split..].trim());
    let rate = match currency {
        "" | "元" | "圆" | "元人民币" | "人民币元" | "人民币" | "元整" | "RMB" | "CNY" => 1.0,
        other => *unit.rates.get(other).or_else(|| unit.rates.get(other.trim_end_matches('元')))?,
    };
    let named = scale.is_some() || !currency.is_empty();
    let scale = scale.unwrap_or(if named { 1 } else { unit.yuan });
    fen(amount * scale as f64 * rate)
}

fn scale_and_currency(text: &str) -> (Option<i64>, &str) {
    let text = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')).unwrap_or(text);
    SCALES.iter().find_map(|(word, n)| text.strip_prefix(word).map(|rest| (Some(*n), rest.trim()))).unwrap_or((None, text))
}

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
            ("20万港", None),
            ("约五百", None),
            ("-", None),
        ] {
            assert_eq!(read(text, &thousand).map(Money::yuan), expected, "{text}");
        }
    }

    #[test]
    fn a_foreign_amount_is_read_only_with_a_rate() {
        let unit = Unit { yuan: 10_000, rates: [("美元".to_string(), 7.0)].into() };
        assert_eq!(read("20万美元", &unit).map(Money::yuan), Some(1_400_000.0));
        assert_eq!(read("20万日元", &unit), None);
    }
}
