//! Number formats of workbooks: a number as its cell shows it, as far as the format is part of the value.
//!
//! In: a format code (`0000`, `0.00%`, `0!.0,"万元"`, `yyyy-mm-dd`) and a number. Out: the text that the clerk sees: padded zeros,
//! percentages, units, dates. Rounding, thousands separators and colours are not part of a value: the number keeps its digits,
//! except where the format hides some behind a sign of its own. Codes by ECMA-376 part 1, 18.8.30 and 18.8.31.

/// How the cells of one style show their numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum NumberFormat {
    General,
    /// A day, or a day and a time.
    Date,
    /// A month of a year: 2021年3月, which is stored as its first day.
    Month,
    /// A year, stored as its first day.
    Year,
    /// Hours beyond a day are hours: `[h]:mm`.
    Elapsed,
    Sections(Vec<Section>),
}

/// One of the parts between `;`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Section {
    condition: Option<(Compare, f64)>,
    tokens: Vec<Token>,
    percent: bool,
    /// Commas behind the last digit: each divides by a thousand.
    thousands: i32,
    /// It shows nothing at all: the third part of `0;-0;;@`.
    hidden: bool,
    /// What a format of texts puts around one: `@"科技有限公司"`.
    around: Option<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Compare {
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// A place for a digit; true: it shows a zero where there is none.
    Digit(bool),
    Point,
    Literal(String),
}

/// A number that Excel keeps to 15 digits only.
const TOO_LONG: f64 = 1e15;

impl NumberFormat {
    /// By the number under which the format is built in; None for those a workbook defines itself.
    pub fn built_in(id: u32) -> Option<NumberFormat> {
        Some(match id {
            0..=8 | 11..=13 | 37..=44 | 48 | 49 => NumberFormat::General,
            9 | 10 => NumberFormat::of("0%"),
            17 | 27 | 36 | 50 | 52 | 57 => NumberFormat::Month,
            14..=16 | 18..=22 | 28..=35 | 45 | 47 | 51 | 53..=56 | 58 => NumberFormat::Date,
            46 => NumberFormat::Elapsed,
            _ => return None,
        })
    }

    pub fn of(code: &str) -> NumberFormat {
        if let Some(time) = as_time(code) {
            return time;
        }
        let parts = sections(code);
        // The fourth part is of texts alone; one behind a last semicolon that shows nothing hides what it is for.
        let section = |part: &String| match part.trim().is_empty() && parts.len() > 1 {
            true => Section { hidden: true, ..Section::default() },
            false => Section::of(part),
        };
        let sections: Vec<Section> = parts.iter().map(section).collect();
        match sections.iter().all(|s| s.is_plain()) {
            true => NumberFormat::General,
            false => NumberFormat::Sections(sections),
        }
    }

    /// The number as shown. `from_1904`: the workbook counts its days from 1904.
    pub fn show(&self, value: f64, from_1904: bool) -> String {
        match self {
            NumberFormat::General => general(value),
            NumberFormat::Date if value >= 0.0 => day(value, from_1904).unwrap_or_else(|| general(value)),
            NumberFormat::Month | NumberFormat::Year if value >= 0.0 => {
                let shown = day(value, from_1904).unwrap_or_else(|| general(value));
                // Any other day was meant as such, and its format hides it.
                let first = if *self == NumberFormat::Month { "-01" } else { "-01-01" };
                shown.strip_suffix(first).filter(|rest| rest.len() >= 4).map(str::to_owned).unwrap_or(shown)
            }
            NumberFormat::Date | NumberFormat::Month | NumberFormat::Year | NumberFormat::Elapsed => general(value),
            NumberFormat::Sections(sections) => {
                // Texts have the fourth part, or the only one with an @ in it.
                let numbers: &[Section] = match sections.as_slice() {
                    [rest @ .., last] if !rest.is_empty() && (rest.len() == 3 || last.around.is_some()) => rest,
                    all => all,
                };
                let by_sign = |at: usize| numbers.get(at).filter(|s| s.hidden || !s.tokens.is_empty()).unwrap_or(&numbers[0]);
                let chosen = match sections.iter().any(|s| s.condition.is_some()) {
                    true => sections
                        .iter()
                        .find(|s| s.condition.is_none_or(|(how, than)| how.holds(value, than)))
                        .unwrap_or(&sections[0]),
                    false if value < 0.0 => by_sign(1),
                    false if value == 0.0 => by_sign(2),
                    false => &numbers[0],
                };
                chosen.show(value)
            }
        }
    }
}

impl NumberFormat {
    /// A text as shown; None: as it is.
    pub fn show_text(&self, text: &str) -> Option<String> {
        let NumberFormat::Sections(sections) = self else { return None };
        let of_texts = match sections.as_slice() {
            [_, _, _, last] => last,
            [.., last] if last.around.is_some() => last,
            _ => return None,
        };
        match &of_texts.around {
            _ if of_texts.hidden => Some(String::new()),
            Some((before, behind)) if !before.is_empty() || !behind.is_empty() => Some(format!("{before}{text}{behind}")),
            _ => None,
        }
    }
}

impl Compare {
    fn holds(self, value: f64, than: f64) -> bool {
        match self {
            Compare::Less => value < than,
            Compare::LessOrEqual => value <= than,
            Compare::Equal => value == than,
            Compare::NotEqual => value != than,
            Compare::Greater => value > than,
            Compare::GreaterOrEqual => value >= than,
        }
    }
}

/// A number without a format: whole numbers without a point, fifteen digits at most. Longer ones lost theirs and say so.
pub fn general(value: f64) -> String {
    if value.abs() >= TOO_LONG {
        return format!("{value:.14E}").replace('E', "E+");
    }
    if value.fract() == 0.0 {
        return format!("{value:.0}");
    }
    let rounded: f64 = format!("{value:.14e}").parse().unwrap_or(value);
    rounded.to_string()
}

/// The day of a serial number, with its time where it has one. Day 0 and the zeros before it are shown as Excel shows them.
fn day(value: f64, from_1904: bool) -> Option<String> {
    const SECONDS: f64 = 86_400.0;
    let total = (value * SECONDS).round();
    let (whole, seconds) = ((total / SECONDS).floor() as i64, (total % SECONDS) as u32);
    let time = match seconds {
        0 => String::new(),
        s => format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60),
    };
    if whole == 0 && !from_1904 {
        return Some(if time.is_empty() { "1900-01-00".into() } else { time });
    }
    let days = match (from_1904, whole) {
        (true, n) => n + 1_462,
        // Excel believes in a 29 February 1900.
        (false, n) if n < 60 => n + 1,
        (false, n) => n,
    };
    let date = chrono::NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_days(chrono::Days::new(u64::try_from(days).ok()?))?;
    if date.format("%Y").to_string().len() > 4 {
        return None;
    }
    Some(if time.is_empty() { date.to_string() } else { format!("{date} {time}") })
}

/// Whether the code shows days or times.
fn as_time(code: &str) -> Option<NumberFormat> {
    let first = sections(code).into_iter().next()?;
    let mut chars = first.chars().peekable();
    let (mut date, mut parts) = (false, String::new());
    while let Some(c) = chars.next() {
        match c {
            '"' => drop(chars.by_ref().take_while(|c| *c != '"').count()),
            '\\' | '_' | '*' | '!' => drop(chars.next()),
            '[' => {
                let inside: String = chars.by_ref().take_while(|c| *c != ']').collect();
                if !inside.is_empty() && inside.chars().all(|c| matches!(c.to_ascii_lowercase(), 'h' | 'm' | 's')) {
                    return Some(NumberFormat::Elapsed);
                }
            }
            'E' | 'e' if matches!(chars.peek(), Some('+' | '-')) => return None,
            'y' | 'Y' | 'm' | 'M' | 'd' | 'D' | 'h' | 'H' | 's' | 'S' | 'e' => {
                date = true;
                parts.push(if c == 'e' { 'y' } else { c.to_ascii_lowercase() });
            }
            // General, G/通用格式
            'G' if first.trim_start_matches(|c| c != 'G').starts_with("General") || first.contains("G/") => return None,
            '0' | '#' | '?' if !date => return None,
            _ => {}
        }
    }
    let (year, month) = (parts.contains('y'), parts.contains('m'));
    let finer = parts.contains(['d', 'h', 's']);
    date.then_some(match (year, month) {
        (true, true) if !finer => NumberFormat::Month,
        (true, false) if !finer => NumberFormat::Year,
        _ => NumberFormat::Date,
    })
}

/// The parts between `;`, quotes respected.
fn sections(code: &str) -> Vec<String> {
    let (mut parts, mut quoted, mut escaped) = (vec![String::new()], false, false);
    for c in code.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' | '!' if !quoted => escaped = true,
            '"' => quoted = !quoted,
            ';' if !quoted => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().expect("one at least").push(c);
    }
    parts
}

impl Section {
    fn of(code: &str) -> Section {
        let mut section = Section::default();
        let mut literal = String::new();
        let mut pending_commas = 0;
        let mut chars = code.chars();
        if code.contains('@') {
            section.around = around(code);
            return section;
        }
        if code.contains("General") || code.contains("G/") {
            return section;
        }
        while let Some(c) = chars.next() {
            let token = match c {
                '0' => Token::Digit(true),
                '#' | '?' => Token::Digit(false),
                '.' => Token::Point,
                ',' => {
                    pending_commas += 1;
                    continue;
                }
                '"' => {
                    literal.extend(chars.by_ref().take_while(|c| *c != '"'));
                    continue;
                }
                '\\' | '!' => {
                    literal.extend(chars.next());
                    continue;
                }
                '_' | '*' => {
                    chars.next();
                    continue;
                }
                '%' => {
                    section.percent = true;
                    literal.push('%');
                    continue;
                }
                '[' => {
                    let inside: String = chars.by_ref().take_while(|c| *c != ']').collect();
                    section.bracket(&inside, &mut literal);
                    continue;
                }
                // 0.00E+00 shows the same number.
                'E' | 'e' => return Section::default(),
                // The money of the country and the sign of a number go without saying.
                '¥' | '￥' | '+' | '(' | ')' | ' ' => continue,
                '-' if section.tokens.is_empty() => continue,
                c => {
                    literal.push(c);
                    continue;
                }
            };
            if !literal.is_empty() {
                section.tokens.push(Token::Literal(std::mem::take(&mut literal)));
            }
            pending_commas = 0;
            section.tokens.push(token);
        }
        // Commas behind the last digit, and not those between thousands.
        section.thousands = pending_commas;
        if !literal.is_empty() {
            section.tokens.push(Token::Literal(literal));
        }
        section
    }

    fn bracket(&mut self, inside: &str, literal: &mut String) {
        if let Some(currency) = inside.strip_prefix('$') {
            let sign = currency.split('-').next().unwrap_or_default();
            if !matches!(sign, "¥" | "￥" | "CNY" | "RMB") {
                literal.push_str(sign);
            }
            return;
        }
        let compare = [
            ("<=", Compare::LessOrEqual),
            (">=", Compare::GreaterOrEqual),
            ("<>", Compare::NotEqual),
            ("<", Compare::Less),
            (">", Compare::Greater),
            ("=", Compare::Equal),
        ];
        if let Some((sign, how)) = compare.into_iter().find(|(sign, _)| inside.starts_with(sign)) {
            self.condition = inside[sign.len()..].trim().parse().ok().map(|than| (how, than));
        }
    }

    /// Digits before the point that show a zero where there is none.
    fn padding(&self) -> usize {
        let whole = self.tokens.iter().take_while(|t| **t != Token::Point);
        whole.filter(|t| **t == Token::Digit(true)).count()
    }

    /// It says nothing that the number does not.
    fn is_plain(&self) -> bool {
        let bare = self.around.as_ref().is_none_or(|(before, behind)| before.is_empty() && behind.is_empty());
        !self.hidden
            && bare
            && !self.percent
            && self.thousands == 0
            && self.padding() <= 1
            && !self.tokens.iter().any(|t| matches!(t, Token::Literal(_)))
    }

    fn show(&self, value: f64) -> String {
        if self.hidden {
            return String::new();
        }
        if let Some((before, behind)) = &self.around {
            return format!("{before}{}{behind}", general(value));
        }
        let digits = |t: &Token| matches!(t, Token::Digit(_));
        let (Some(first), Some(last)) = (self.tokens.iter().position(digits), self.tokens.iter().rposition(digits)) else {
            return general(value);
        };
        if value.abs() >= TOO_LONG {
            return general(value);
        }
        let scaled = if self.percent { value * 100.0 } else { value } / 1_000f64.powi(self.thousands);
        let literal = |tokens: &[Token]| -> String {
            tokens.iter().filter_map(|t| if let Token::Literal(text) = t { Some(text.as_str()) } else { None }).collect()
        };
        let inside = &self.tokens[first..=last];
        let number = match inside.iter().any(|t| matches!(t, Token::Literal(_))) {
            true => laid_out(inside, scaled),
            false => {
                let text = general(scaled.abs());
                let whole = text.split('.').next().unwrap_or_default().len();
                let zeros = if self.padding() > 1 { self.padding().saturating_sub(whole) } else { 0 };
                format!("{}{}{text}", if scaled < 0.0 { "-" } else { "" }, "0".repeat(zeros))
            }
        };
        format!("{}{number}{}", literal(&self.tokens[..first]), literal(&self.tokens[last + 1..]))
    }
}

/// The literals in front of the @ of a format of texts, and behind it. None where there is none outside quotes.
fn around(code: &str) -> Option<(String, String)> {
    let (mut before, mut behind, mut at) = (String::new(), String::new(), false);
    let mut chars = code.chars();
    while let Some(c) = chars.next() {
        let side = if at { &mut behind } else { &mut before };
        match c {
            '@' => at = true,
            '"' => side.extend(chars.by_ref().take_while(|c| *c != '"')),
            '\\' | '!' => side.extend(chars.next()),
            '_' | '*' => drop(chars.next()),
            '[' => drop(chars.by_ref().take_while(|c| *c != ']').count()),
            ' ' => {}
            c => side.push(c),
        }
    }
    at.then_some((before, behind))
}

/// Digits in their places, with signs of the format's own between them: `0!.0,` and `0000-00-00`.
fn laid_out(tokens: &[Token], value: f64) -> String {
    let point = tokens.iter().position(|t| *t == Token::Point).unwrap_or(tokens.len());
    let decimals = tokens[point..].iter().filter(|t| matches!(t, Token::Digit(_))).count();
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut whole: Vec<char> = whole.chars().collect();
    if whole == ['0'] {
        whole.clear();
    }
    let places = tokens[..point].iter().filter(|t| matches!(t, Token::Digit(_))).count();
    let mut out = Vec::new();
    let mut left = places;
    for token in tokens[..point].iter().rev() {
        match token {
            Token::Digit(zero) => {
                left -= 1;
                match whole.pop() {
                    Some(digit) => out.push(digit),
                    None if *zero => out.push('0'),
                    None => {}
                }
                if left == 0 {
                    out.extend(whole.drain(..).rev());
                }
            }
            Token::Literal(text) => out.extend(text.chars().rev()),
            Token::Point => {}
        }
    }
    out.reverse();
    let mut shown: String = out.into_iter().collect();
    let mut rest = fraction.chars();
    for token in &tokens[point..] {
        match token {
            Token::Point => shown.push('.'),
            Token::Digit(_) => shown.extend(rest.next()),
            Token::Literal(text) => shown.push_str(text),
        }
    }
    if value < 0.0 { format!("-{shown}") } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_format_says_is_part_of_the_value() {
        for (code, value, expected) in [
            ("General", 57.0, "57"),
            ("General", 57.00000000000001, "57"),
            ("General", 0.1 + 0.2, "0.3"),
            ("General", 911101051000000000.0, "9.11101051000000E+17"),
            ("0", 911101051000000000.0, "9.11101051000000E+17"),
            ("0000", 610.0, "0610"),
            ("00000", 1.0, "00001"),
            ("0000", 12345.0, "12345"),
            ("\"No.\"000", 7.0, "No.007"),
            ("0.00", 2021.1, "2021.1"),
            ("#,##0.00", 1234567.891, "1234567.891"),
            ("#,##0;[Red]-#,##0", -5.0, "-5"),
            ("0.00%", 0.35, "35%"),
            ("0%", 1.0, "100%"),
            ("0.00%", 0.6667, "66.67%"),
            ("0.00\"万元\"", 12.3456, "12.3456万元"),
            ("0.00万元", 12.5, "12.5万元"),
            ("#,##0\"人\"", 1234.0, "1234人"),
            ("0!.0,\"万元\"", 12345.0, "1.2万元"),
            ("0\\.0,\"万\"", 123456.0, "12.3万"),
            ("0.0,\"千元\"", 12345.0, "12.345千元"),
            ("0,,\"百万\"", 12_000_000.0, "12百万"),
            ("[>=100000000]0.00,,\"百万\";[>=10000]0!.0,\"万\";0", 25000.0, "2.5万"),
            ("[>=100000000]0.00,,\"百万\";[>=10000]0!.0,\"万\";0", 250.0, "250"),
            ("0000\\-00\\-00", 20210301.0, "2021-03-01"),
            ("000-0000-0000", 13800001111.0, "138-0000-1111"),
            ("[$¥-804]#,##0.00", 1234.5, "1234.5"),
            ("_ ¥* #,##0.00_ ", 1234.5, "1234.5"),
            ("[$$-409]#,##0.00", 1234.5, "$1234.5"),
            ("0.00E+00", 1234.5, "1234.5"),
            ("@", 12.0, "12"),
            ("@\"号楼\"", 12.0, "12号楼"),
            ("0;-0;;@", 0.0, ""),
            ("0;-0;;@", 5.0, "5"),
            ("0;-0;;@", -5.0, "-5"),
            (";;;", 5.0, ""),
            (";;;", -5.0, ""),
            (";;;", 0.0, ""),
            ("0;;", -5.0, ""),
            ("#,##0;-#,##0", 0.0, "0"),
            ("yyyy\\-mm\\-dd", 44256.0, "2021-03-01"),
            ("yyyy\"年\"m\"月\"", 44256.0, "2021-03"),
            ("yyyy\"年\"m\"月\"", 44270.0, "2021-03-15"),
            ("mmm-yy", 44256.0, "2021-03"),
            ("yyyy", 44197.0, "2021"),
            ("[$-804]yyyy\"年\"m\"月\"d\"日\";@", 44256.0, "2021-03-01"),
            ("[DBNum1][$-804]yyyy\"年\"m\"月\"d\"日\";@", 44256.0, "2021-03-01"),
            ("[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", 44256.0, "2021-03-01"),
            ("[$-404]e/m/d;@", 44256.0, "2021-03-01"),
            ("yyyy-mm-dd hh:mm:ss", 42799.4795486111, "2017-03-05 11:30:33"),
            ("yyyy-mm-dd", 0.0, "1900-01-00"),
            ("yyyy-mm-dd", 1.0, "1900-01-01"),
            ("yyyy-mm-dd", 59.0, "1900-02-28"),
            ("yyyy-mm-dd", 61.0, "1900-03-01"),
            ("h:mm", 0.5, "12:00:00"),
            ("G/通用格式\"年\"", 2021.0, "2021"),
        ] {
            assert_eq!(NumberFormat::of(code).show(value, false), expected, "{code} {value}");
        }
        for (code, shown) in [
            ("@\"科技有限公司\"", Some("示例科技有限公司")),
            ("\"北京\"@", Some("北京示例")),
            (";;;", Some("")),
            ("0;-0;;@", None),
            ("@", None),
            ("0", None),
        ] {
            assert_eq!(NumberFormat::of(code).show_text("示例").as_deref(), shown, "{code}");
        }
        assert_eq!(NumberFormat::Date.show(42794.0, true), "2021-03-01", "counted from 1904");
        assert_eq!(NumberFormat::built_in(10).map(|f| f.show(0.35, false)).as_deref(), Some("35%"));
        assert_eq!(NumberFormat::built_in(57).map(|f| f.show(44256.0, false)).as_deref(), Some("2021-03"));
        assert_eq!(NumberFormat::built_in(58).map(|f| f.show(44256.0, false)).as_deref(), Some("2021-03-01"));
    }
}
