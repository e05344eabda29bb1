//! Dates with a word in them: a month by its English name, and years, months and days in Chinese numerals.
//!
//! In: a text that may be such a date. Out: its numbers and the time behind it, or that it could be of two centuries; whether there is such
//! a day, `date` asks.

use super::clock;

/// Months by their English beginnings.
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// What a text with a month in words says.
pub(super) enum Worded {
    Date((u32, u32, u32), Option<String>),
    Doubtful,
    No,
}

/// Years of two digits that may be of the last century or of this: a unit of 1949 and a contract until 2049 are both written 49.
const EITHER_CENTURY: std::ops::RangeInclusive<u32> = 30..=49;

/// `Mar 1, 2021`, `01-MAR-21`, `01-3月 -21`, `Mon Mar 01 08:00:00 CST 2021`, `Sun, 28 Feb 2021 16:00:00 GMT`: a month that is a
/// word, and the time behind it. None where there is no such month.
pub(super) fn with_month_word(text: &str) -> Option<Worded> {
    let oracle = text.contains('月') && !text.contains('年');
    if !oracle && !text.bytes().any(|b| b.is_ascii_alphabetic()) {
        return None;
    }
    let (day, mut clock) = worded_parts(text);
    let mut month = None;
    let mut numbers: Vec<(u32, usize, bool)> = Vec::new();
    for token in day.split([' ', '-', '/', ',', '.']).filter(|t| !t.is_empty()) {
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
        }
    }
    let month = month?;
    // Mon Mar 01 08:00:00 CST 2021: the year stands behind the time.
    if numbers.len() == 1
        && let Some(text) = &clock
        && let Some((before, year)) = text.rsplit_once(' ')
        && year.len() == 4
        && let Ok(year) = year.parse::<u32>()
    {
        numbers.push((year, 4, true));
        clock = Some(before.to_owned());
    }
    let year_at = numbers.iter().position(|(_, width, _)| *width == 4);
    let (day, year) = match (year_at, numbers.as_slice()) {
        (Some(at), [_, _]) => (numbers[1 - at].0, numbers[at].0),
        (None, [(_, _, false), (year, 2, true)]) if EITHER_CENTURY.contains(year) => return Some(Worded::Doubtful),
        (None, [(day, _, false), (year, 2, true)]) => (*day, if *year < 50 { 2000 + year } else { 1900 + year }),
        _ => return Some(Worded::No),
    };
    Some(Worded::Date((year, month, day), clock))
}

/// The words of the date, and from the first sign of a time on the rest.
fn worded_parts(text: &str) -> (String, Option<String>) {
    let mut day: Vec<&str> = Vec::new();
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        let before = word.find(':').map(|at| &word[..at]);
        let starts = match before {
            Some(before) => match before.rfind('T') {
                // 2021-Feb-28T16:00:00
                Some(t) => {
                    day.push(&word[..t]);
                    Some(&word[t + 1..])
                }
                // 28/Feb/2021:16:00:00
                None if before.contains(|c: char| c.is_ascii_alphabetic()) => {
                    day.push(before);
                    Some(&word[before.len() + 1..])
                }
                None => Some(word),
            },
            None if clock::is_dotted(word) || !day.is_empty() && clock::half_before(word) == Some(0) => Some(word),
            None => None,
        };
        if let Some(first) = starts {
            let rest: Vec<&str> = std::iter::once(first).chain(words).collect();
            return (day.join(" "), Some(rest.join(" ")));
        }
        day.push(word);
    }
    (day.join(" "), None)
}

/// 二〇二一年三月十五日 with our digits; None where no character is a numeral, or it is no date.
pub(super) fn numerals_to_digits(text: &str) -> Option<String> {
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
