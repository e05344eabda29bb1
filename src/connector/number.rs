//! Numbers as departments write them: one number to a cell, with the signs, counters and scales that stand around it.
//!
//! In: an undressed text. Out: the number, or nothing. Two numbers in one cell, ranges and estimates (约50, 30余人, 50-99) are
//! nobody's number and are not read. Money is read by `money`, with the number's help.

use super::text::half_width;

/// A number in front of a text: `1.2万人` is 12000 before `人`.
#[derive(Debug, Clone, PartialEq)]
pub struct Leading<'a> {
    pub value: f64,
    /// Told by a scale of its own (万, 亿).
    pub scaled: bool,
    pub rest: &'a str,
}

/// Scales by the words that name them, longest first.
const SCALES: &[(&str, f64)] =
    &[("万亿", 1e12), ("百万", 1e6), ("千万", 1e7), ("十万", 1e5), ("亿", 1e8), ("万", 1e4), ("千", 1e3), ("百", 1e2)];

/// Counters that may stand behind a number of people or things.
const COUNTERS: &[&str] = &["人", "名", "户", "家", "个", "位", "人次", "元"];

/// What a half-width, trimmed text begins with. Chinese numerals are read too (壹佰, 一百二十). None where it begins otherwise.
pub fn leading(text: &str) -> Option<Leading<'_>> {
    let (negative, text) = match text.strip_prefix(['-', '−', '﹣']) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let ascii =
        text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | 'e' | 'E' | '+' | '-'))).unwrap_or(text.len());
    let (value, mut scaled, rest) = match ascii {
        0 => {
            let end = text.find(|c: char| numeral(c).is_none()).unwrap_or(text.len());
            (from_numerals(&text[..end])?, true, &text[end..])
        }
        _ => (decimal(&text[..ascii])?, false, &text[ascii..]),
    };
    let mut rest = rest.trim_start();
    let mut value = if negative { -value } else { value };
    if ascii > 0
        && let Some((word, times)) = SCALES.iter().find(|(word, _)| rest.starts_with(word))
    {
        (value, scaled, rest) = (round_off(value * times), true, rest[word.len()..].trim_start());
    }
    Some(Leading { value, scaled, rest })
}

/// 1.2 × 10000 is 12000 and not 11999.999….
fn round_off(value: f64) -> f64 {
    let rounded = (value * 1e4).round() / 1e4;
    if (rounded - value).abs() < 1e-6 * value.abs().max(1.0) { rounded } else { value }
}

/// The one number of a text, with its counter: `1,234`, `57人`, `1.2万`, `(1,234.50)` which is negative in accounts,
/// `1,234.50-` likewise. `percent`: a percent sign may stand behind it.
pub fn number(text: &str, percent: bool) -> Option<f64> {
    let wide = half_width(text);
    let mut bare = wide.trim();
    let mut negative = false;
    if let Some(inner) = bare.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        (bare, negative) = (inner.trim(), true);
    } else if let Some(inner) = bare.strip_suffix('-').filter(|t| t.ends_with(|c: char| c.is_ascii_digit())) {
        (bare, negative) = (inner, true);
    }
    if negative && bare.starts_with('-') {
        return None;
    }
    let found = leading(bare)?;
    let rest = if percent { found.rest.trim_end_matches(['%', '‰']).trim_end() } else { found.rest };
    let value = if percent && found.rest.ends_with('‰') { found.value / 10.0 } else { found.value };
    (rest.is_empty() || COUNTERS.contains(&rest)).then_some(if negative { -value } else { value })
}

/// A decimal number with thousands separators or an exponent.
pub fn decimal(text: &str) -> Option<f64> {
    let first = text.bytes().next()?;
    if !(first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.')) {
        return None; // keeps out "inf" and "nan"
    }
    if text.bytes().any(|b| b == b',') { grouped(text)?.parse().ok() } else { text.parse().ok() }.filter(|n: &f64| n.is_finite())
}

/// `1,234,567.8` without its commas; None where a comma does not stand before three digits. Blanks group nothing: `120 135`
/// is two numbers.
fn grouped(text: &str) -> Option<String> {
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut groups = whole.split(',');
    let lead = groups.next()?;
    let lead_digits = lead.trim_start_matches(['-', '+']).len();
    if lead_digits == 0
        || lead_digits > 3
        || rest.contains(',')
        || !groups.all(|g| g.len() == 3 && g.bytes().all(|b| b.is_ascii_digit()))
    {
        return None;
    }
    Some(text.replace(',', ""))
}

enum Numeral {
    Digit(u64),
    /// Ten, hundred, thousand: times the digit before.
    Small(u64),
    /// Ten thousand, a hundred million: times everything since the last such.
    Large(u64),
}

fn numeral(c: char) -> Option<Numeral> {
    use Numeral::*;
    Some(match c {
        '零' | '〇' | '○' => Digit(0),
        '一' | '壹' | '弌' => Digit(1),
        '二' | '贰' | '貳' | '两' | '弍' => Digit(2),
        '三' | '叁' | '參' | '叄' => Digit(3),
        '四' | '肆' => Digit(4),
        '五' | '伍' => Digit(5),
        '六' | '陆' | '陸' => Digit(6),
        '七' | '柒' => Digit(7),
        '八' | '捌' => Digit(8),
        '九' | '玖' => Digit(9),
        '十' | '拾' => Small(10),
        '百' | '佰' => Small(100),
        '千' | '仟' => Small(1_000),
        '万' | '萬' => Large(10_000),
        '亿' | '億' => Large(100_000_000),
        _ => return None,
    })
}

/// 壹佰贰拾万 is 1200000. None for a row of digits without a scale (一二三), which is no amount anybody writes.
fn from_numerals(text: &str) -> Option<f64> {
    let (mut total, mut section, mut digit, mut scales) = (0u64, 0u64, None::<u64>, 0);
    for c in text.chars() {
        match numeral(c)? {
            Numeral::Digit(0) => {}
            Numeral::Digit(n) if digit.is_none() => digit = Some(n),
            Numeral::Digit(_) => return None,
            Numeral::Small(n) => {
                // 十五 is fifteen; 百 alone (百货) is no number.
                let times = digit.take().or((n == 10 && section == 0).then_some(1))?;
                section = section.checked_add(times.checked_mul(n)?)?;
                scales += 1;
            }
            Numeral::Large(n) => {
                section = section.checked_add(digit.take().unwrap_or(0))?;
                total = total.checked_add(section)?.checked_mul(n)?;
                if total == 0 {
                    return None;
                }
                section = 0;
                scales += 1;
            }
        }
    }
    let value = total.checked_add(section)?.checked_add(digit.unwrap_or(0))?;
    (scales > 0 || text.chars().count() == 1).then_some(value as f64)
}

/// Whether a number stands before a counter that counts no people: 1200元, 500家, 60户.
pub fn other_counter(text: &str) -> bool {
    const PEOPLE: &[&str] = &["", "人", "名", "位", "人次"];
    let wide = half_width(text);
    leading(wide.trim()).is_some_and(|found| !PEOPLE.contains(&found.rest) && COUNTERS.contains(&found.rest))
}

/// Whether a text holds several numbers side by side (`120 135`, `3、5`), so that none of them is the cell's.
pub fn several(text: &str) -> bool {
    let wide = half_width(text);
    let parts: Vec<&str> =
        wide.split([' ', ',', ';', '、', '/', '\n', '~', '～']).map(str::trim).filter(|p| !p.is_empty()).collect();
    parts.len() > 1 && parts.iter().all(|p| number(p, true).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_to_a_cell_is_read_as_people_write_it() {
        for (text, expected) in [
            ("57", Some(57.0)),
            ("1,234", Some(1234.0)),
            ("57人", Some(57.0)),
            ("35 人", Some(35.0)),
            ("57.0", Some(57.0)),
            ("１２", Some(12.0)),
            ("1.2万", Some(12_000.0)),
            ("1.2万人", Some(12_000.0)),
            ("3亿", Some(3e8)),
            ("(1,234.50)", Some(-1234.5)),
            ("（12）", Some(-12.0)),
            ("1,234.50-", Some(-1234.5)),
            ("-1,234", Some(-1234.0)),
            ("1e5", Some(100_000.0)),
            ("壹佰贰拾", Some(120.0)),
            ("一百二十", Some(120.0)),
            ("三十五人", Some(35.0)),
            ("120 135", None),
            ("1 234", None),
            ("2,3", None),
            ("12,34", None),
            ("1.234,56", None),
            ("50-99", None),
            ("约50", None),
            ("30余人", None),
            ("60+", None),
            ("100以上", None),
            ("12O", None),
            ("35%", None),
            ("inf", None),
            ("一二三", None),
            ("万", None),
            ("千元", None),
            ("", None),
        ] {
            assert_eq!(number(text, false), expected, "{text}");
        }
        assert_eq!(number("35%", true), Some(35.0));
        assert_eq!(number("5‰", true), Some(0.5));
        assert!(several("120 135") && several("3、5") && !several("120人"));
    }
}
