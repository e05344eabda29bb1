//! Which series a file belongs to by its name, and where in it: by its day, week, month, quarter or year, its version, and whether it
//! supplements another.
//!
//! In: a file's name. Out: the name without what differs within the series, and the place. A name that holds none of it is a series
//! of its own.

/// A file's place in its series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) series: String,
    /// Digits that sort as the days do.
    pub(super) day: Option<String>,
    /// Of two files of one day: v2, (1), 最新.
    pub(super) version: u32,
    /// It holds further rows, and not all anew: 补充.
    pub(super) supplement: bool,
    /// The day has no year.
    yearless: bool,
}

impl Mark {
    /// Later is greater.
    pub(super) fn place(&self) -> (Option<String>, u32, bool) {
        (self.day.clone(), self.version, self.supplement)
    }

    pub(super) fn is_placed(&self) -> bool {
        self.day.is_some() || self.version > 0 || self.supplement
    }
}

/// Words at a name's end for one that takes the place of another.
const NEWER: &[&str] = &[
    "最新版",
    "最新",
    "更新版",
    "更新",
    "修订版",
    "修订",
    "修正",
    "改",
    "新",
    "终稿",
    "定稿",
    "final",
    "latest",
    "updated",
    "new",
    "rev",
];
/// Words for one that comes in addition.
const MORE: &[&str] = &["补充", "补报", "增补", "追加", "补录", "supplement", "append", "extra"];

/// The mark of a file's name.
pub(super) fn mark(name: &str) -> Mark {
    let lower: String = name
        .to_lowercase()
        .chars()
        .map(|c| match c {
            '（' => '(',
            '）' => ')',
            c => c,
        })
        .collect();
    let (mut stem, mut suffix) = lower.rsplit_once('.').unwrap_or((&lower, ""));
    if matches!(suffix, "gz" | "zip")
        && let Some((inner, kind)) = stem.rsplit_once('.')
        && kind.len() <= 6
        && kind.bytes().all(|b| b.is_ascii_alphanumeric())
        && !kind.bytes().all(|b| b.is_ascii_digit())
    {
        (stem, suffix) = (inner, kind);
    }
    let (mut version, mut supplement) = (0, false);
    loop {
        stem = stem.trim_end_matches([' ', '_', '-', '.', '—']);
        if let Some((before, n)) = copy(stem) {
            (stem, version) = (before, version + n);
        } else if let Some((before, n)) = edition(stem) {
            (stem, version) = (before, version + n * 100);
        } else if let Some(before) = word_off(stem, MORE) {
            (stem, supplement) = (before, true);
        } else if let Some(before) = word_off(stem, NEWER) {
            (stem, version) = (before, version + 50);
        } else {
            break;
        }
    }
    let (series, day, yearless) = match dated(stem) {
        Some((series, day)) => (series, Some(day), false),
        None => match other_day(stem) {
            Some((series, day, yearless)) => (series, Some(day), yearless),
            None => (stem.to_owned(), None, false),
        },
    };
    Mark { series: format!("{series}.{suffix}"), day, version, supplement, yearless }
}

/// Of days without a year, December's come before January's.
pub(super) fn over_the_year<'m>(marks: impl Iterator<Item = &'m mut Mark>) {
    let mut yearless: Vec<&mut Mark> = marks.filter(|m| m.yearless).collect();
    let first = |m: &Mark| m.day.as_deref().and_then(|d| d.get(..2)?.parse::<u32>().ok()).unwrap_or(0);
    let (least, most) = yearless.iter().fold((u32::MAX, 0), |(least, most), m| (least.min(first(m)), most.max(first(m))));
    // Months have twelve and weeks fifty-two to a year.
    let round = if most > 12 { 52 } else { 12 };
    if most.saturating_sub(least) * 2 <= round {
        return;
    }
    for mark in &mut yearless {
        let n = first(mark);
        if n * 2 <= round
            && let Some(rest) = mark.day.as_deref().and_then(|d| d.get(2..)).map(str::to_owned)
        {
            mark.day = Some(format!("{:02}{rest}", n + round));
        }
    }
}

/// (1), as a browser names a second download.
fn copy(stem: &str) -> Option<(&str, u32)> {
    let (before, inside) = stem.strip_suffix(')')?.rsplit_once('(')?;
    let n = inside.trim().parse().ok().filter(|n| *n < 100)?;
    (!before.is_empty()).then_some((before, n))
}

/// v2, v1.2, 第2版
fn edition(stem: &str) -> Option<(&str, u32)> {
    if let Some(before) = stem.strip_suffix('版') {
        let digits = before.len() - before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let (front, n) = before.split_at(before.len() - digits);
        return Some((front.strip_suffix('第')?, n.parse().ok().filter(|n| *n < 100)?));
    }
    let front = stem.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let n = &stem[front.len()..];
    let before = front.strip_suffix("ver").or_else(|| front.strip_suffix('v'))?;
    let apart = before.is_empty() || before.ends_with(|c: char| !c.is_ascii_alphabetic());
    let whole = n.split('.').next()?.parse().ok().filter(|n| *n < 100)?;
    apart.then_some((before, whole))
}

fn word_off<'s>(stem: &'s str, words: &[&str]) -> Option<&'s str> {
    words.iter().find_map(|word| {
        let before = stem.strip_suffix(word)?;
        let apart = before.ends_with(['_', '-', ' ', '.', '(', '+']) || !word.is_ascii() && word.chars().count() > 1;
        (apart && !before.is_empty()).then(|| before.trim_end_matches(['(', '+']))
    })
}

/// Days that are written otherwise than from the year on: quarters, weeks, 11月27日, 27112026, 261127, 26-11-27, 1127, 2026, seconds
/// since 1970; and whether a year is told.
fn other_day(stem: &str) -> Option<(String, String, bool)> {
    quarter_or_week(stem).or_else(|| month_and_day(stem)).or_else(|| parted(stem)).or_else(|| runs(stem))
}

/// The digits that end a text, as a number, and where they begin.
fn number_before(text: &str) -> Option<(usize, u32)> {
    let at = text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    Some((at, text[at..].parse().ok().filter(|_| text.len() - at <= 4)?))
}

fn numeral(text: &str) -> Option<(usize, u32)> {
    if let Some(found) = number_before(text) {
        return Some(found);
    }
    let c = text.chars().next_back()?;
    let n = "一二三四".chars().position(|d| d == c)? as u32 + 1;
    Some((text.len() - c.len_utf8(), n))
}

/// The year in front of a quarter or a week, and where it begins.
fn year_before(text: &str) -> Option<(usize, u32)> {
    let bare = text.trim_end_matches(['年', '-', '_', ' ', '度', '第', '.']);
    number_before(bare).filter(|(_, year)| (1990..2100).contains(year))
}

fn quarter_or_week(stem: &str) -> Option<(String, String, bool)> {
    let latin = |mark: char, most: u32| {
        let at = stem.char_indices().find(|(at, c)| {
            *c == mark
                && !stem[..*at].ends_with(|c: char| c.is_ascii_alphabetic())
                && stem[at + 1..].starts_with(|c: char| c.is_ascii_digit())
        })?;
        let at = at.0;
        let rest = &stem[at + 1..];
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let n: u32 = rest[..end].parse().ok().filter(|n| (1..=most).contains(n))?;
        (!rest[end..].starts_with(|c: char| c.is_ascii_alphabetic())).then_some((at, n, at + 1 + end))
    };
    let chinese = |word: &str| {
        let at = stem.find(word)?;
        let (begin, n) = numeral(&stem[..at])?;
        let begin = stem[..begin].strip_suffix('第').map_or(begin, str::len);
        Some((begin, n, at + word.len()))
    };
    let quarter = latin('q', 4).or_else(|| chinese("季度").filter(|(_, n, _)| (1..=4).contains(n)));
    let week = || latin('w', 53).or_else(|| chinese("周").filter(|(_, n, _)| (1..=53).contains(n)));
    let (begin, n, end) = match quarter {
        Some((begin, n, end)) => (begin, n * 3, end),
        None => week()?,
    };
    let year = year_before(&stem[..begin]);
    let front = year.map_or(begin, |(at, _)| at);
    let series = format!("{}*{}", &stem[..front], &stem[end..]);
    let day = year.map_or_else(|| format!("{n:02}"), |(_, year)| format!("{year}{n:02}"));
    Some((series, day, year.is_none()))
}

/// 11月27日
fn month_and_day(stem: &str) -> Option<(String, String, bool)> {
    let at = stem.find('月')?;
    let (begin, month) = number_before(&stem[..at]).filter(|(_, m)| (1..=12).contains(m))?;
    let rest = &stem[at + '月'.len_utf8()..];
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let day: u32 = if digits == 0 { 0 } else { rest[..digits].parse().ok().filter(|d| (1..=31).contains(d))? };
    let behind = rest[digits..].trim_start_matches(['日', '号', '份']);
    Some((format!("{}*{behind}", &stem[..begin]), format!("{month:02}{day:02}"), true))
}

/// 27-11-2026 and 26-11-27
fn parted(stem: &str) -> Option<(String, String, bool)> {
    let runs = digit_runs(stem);
    runs.windows(3).find_map(|three| {
        let [a, b, c] = three else { return None };
        let joined = |end: usize, begin: usize| matches!(&stem[end..begin], "-" | "_" | ".");
        if !joined(a.1, b.0) || !joined(b.1, c.0) || a.1 - a.0 > 2 || b.1 - b.0 > 2 {
            return None;
        }
        let n = |run: &(usize, usize)| stem[run.0..run.1].parse::<u32>().ok();
        let (first, month, last) = (n(a)?, n(b)?, n(c)?);
        let (year, day) = match c.1 - c.0 {
            4 => (last, first),
            2 => (2000 + first, last),
            _ => return None,
        };
        real_day(year, month, day).map(|day| (format!("{}*{}", &stem[..a.0], &stem[c.1..]), day, false))
    })
}

fn real_day(year: u32, month: u32, day: u32) -> Option<String> {
    ((2000..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day))
        .then(|| format!("{year:04}{month:02}{day:02}"))
}

fn digit_runs(text: &str) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (at, _) in text.bytes().enumerate().filter(|(_, b)| b.is_ascii_digit()) {
        match runs.last_mut() {
            Some(run) if run.1 == at => run.1 = at + 1,
            _ => runs.push((at, at + 1)),
        }
    }
    runs
}

/// One row of digits: 27112026, 261127, 1127, 2026, 1764201600.
fn runs(stem: &str) -> Option<(String, String, bool)> {
    digit_runs(stem).into_iter().find_map(|(begin, end)| {
        let digits = &stem[begin..end];
        let n: u64 = digits.parse().ok()?;
        let part = |r: std::ops::Range<usize>| digits[r].parse::<u32>().ok();
        let (day, yearless) = match digits.len() {
            13 if (1_000_000_000_000..2_500_000_000_000).contains(&n) => (digits.to_owned(), false),
            10 if (1_000_000_000..2_500_000_000).contains(&n) => (digits.to_owned(), false),
            8 => (real_day(part(4..8)?, part(2..4)?, part(0..2)?)?, false),
            6 => (real_day(2000 + part(0..2)?, part(2..4)?, part(4..6)?)?, false),
            4 if (1990..2100).contains(&n) => (digits.to_owned(), false),
            4 if (1..=12).contains(&part(0..2)?) && (1..=31).contains(&part(2..4)?) => (digits.to_owned(), true),
            _ => return None,
        };
        Some((format!("{}*{}", &stem[..begin], &stem[end..]), day, yearless))
    })
}

/// Where a name holds a day (20261125, 2026-11-25, 2026年11月25日, with a time behind it), how long, and the digits of it.
fn day_in(name: &str) -> Option<(usize, usize, String)> {
    let bytes = name.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() || at > 0 && bytes[at - 1].is_ascii_digit() {
            at += 1;
            continue;
        }
        if let Some((length, digits)) = day_at(&name[at..]) {
            return Some((at, length, digits));
        }
        at += 1;
    }
    None
}

fn day_at(text: &str) -> Option<(usize, String)> {
    let mut digits = String::new();
    let mut end = 0;
    for (at, c) in text.char_indices() {
        match c {
            '0'..='9' => {
                digits.push(c);
                end = at + 1;
            }
            '年' | '月' if digits.len() >= 4 => pad(&mut digits)?,
            '-' | '_' | '.' if digits.len() >= 8 => break,
            '-' | '_' | '.' | '日' if digits.len() >= 4 => {
                // A file's suffix is no part of its day.
                if !text[at + c.len_utf8()..].starts_with(|c: char| c.is_ascii_digit()) {
                    if c == '日' {
                        end = at + c.len_utf8();
                    }
                    break;
                }
                pad(&mut digits)?;
            }
            _ => break,
        }
    }
    pad(&mut digits)?;
    let number = |r: std::ops::Range<usize>| digits.get(r)?.parse::<u32>().ok();
    let (year, month) = (number(0..4)?, number(4..6)?);
    let day = number(6..8).unwrap_or(1);
    let whole = matches!(digits.len(), 6 | 8 | 10 | 12 | 14 | 17);
    ((1990..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day) && whole).then_some((end, digits))
}

/// 2026-1-5 is 20260105.
fn pad(digits: &mut String) -> Option<()> {
    if digits.len() > 4 && digits.len() % 2 == 1 && digits.len() < 9 {
        let last = digits.pop()?;
        digits.push('0');
        digits.push(last);
    }
    Some(())
}

/// A name without its day and the long numbers behind it (a time, a second day), and the digits of them all.
fn dated(name: &str) -> Option<(String, String)> {
    let (at, length, mut digits) = day_in(name)?;
    let mut series = format!("{}*", &name[..at]);
    let mut run = String::new();
    for c in name[at + length..].chars().chain(['\u{0}']) {
        if c.is_ascii_digit() {
            run.push(c);
            continue;
        }
        match run.len() {
            0..4 => series.push_str(&run),
            _ => {
                series.push('*');
                digits.push_str(&run);
            }
        }
        run.clear();
        series.push(c);
    }
    Some((series, digits))
}

#[cfg(test)]
fn day_of(name: &str) -> Option<String> {
    dated(name).map(|(_, digits)| digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_found_in_a_file_s_name() {
        for (name, expected) in [
            ("20261125.csv", Some("20261125")),
            ("tax_2026-11-25.csv", Some("20261125")),
            ("tax_2026-1-5.csv", Some("20260105")),
            ("税务2026年11月25日.xlsx", Some("20261125")),
            ("税务2026年1月.xlsx", Some("202601")),
            ("T20261125083000.txt", Some("20261125083000")),
            ("tax.202611.csv", Some("202611")),
            ("1.csv", None),
            ("20260101-20260107.csv", Some("2026010120260107")),
            ("tax_20261125_083000.csv", Some("20261125083000")),
            ("part-0001.csv", None),
            ("朝阳区.csv", None),
            ("99999999.csv", None),
        ] {
            assert_eq!(day_of(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn the_later_of_two_files_of_a_series_is_told_by_its_name() {
        for (earlier, later) in [
            ("tax_1127.csv", "tax_1128.csv"),
            ("11月27日.csv", "11月28日.csv"),
            ("税务9月.csv", "税务10月.csv"),
            ("tax_261127.csv", "tax_261128.csv"),
            ("tax_30112026.csv", "tax_01122026.csv"),
            ("tax_27-11-2026.csv", "tax_28-11-2026.csv"),
            ("tax 26-11-27.csv", "tax 26-11-28.csv"),
            ("tax_2026Q2.csv", "tax_2026Q3.csv"),
            ("2025Q4.csv", "2026Q1.csv"),
            ("税务2026年二季度.xlsx", "税务2026年三季度.xlsx"),
            ("税务2026年第2季度.xlsx", "税务2026年第3季度.xlsx"),
            ("tax_W47.csv", "tax_W48.csv"),
            ("税务第47周.xlsx", "税务第48周.xlsx"),
            ("tax_1128.csv", "tax_1128(1).csv"),
            ("tax(1).csv", "tax(2).csv"),
            ("tax（1）.csv", "tax（2）.csv"),
            ("tax.csv", "tax (1).csv"),
            ("tax_v1.csv", "tax_v2.csv"),
            ("tax_v9.csv.gz", "tax_v10.csv.gz"),
            ("tax.csv", "tax_new.csv"),
            ("税务.xlsx", "税务最新.xlsx"),
            ("tax-2025.csv", "tax-2026.csv"),
            ("tax_1764201600.csv", "tax_1764288000.csv"),
            ("tax_1764201600000.csv", "tax_1764288000000.csv"),
            ("tax_20261127.csv", "tax_20261128.csv"),
        ] {
            let (a, b) = (mark(earlier), mark(later));
            assert_eq!(a.series, b.series, "{earlier} {later}");
            assert!(a.place() < b.place(), "{earlier} {later}: {:?} {:?}", a.place(), b.place());
        }
        let more = mark("tax_1128_补充.csv");
        assert_eq!((more.series.as_str(), more.supplement), (mark("tax_1128.csv").series.as_str(), true));
    }

    #[test]
    fn what_is_no_series_is_none() {
        for (a, b) in [
            ("part-1.csv", "part-2.csv"),
            ("part-0001.csv", "part-0002.csv"),
            ("朝阳区.csv", "海淀区.csv"),
            ("a.csv", "b.csv"),
            ("renew.csv", "re.csv"),
            ("dev2.csv", "dev3.csv"),
        ] {
            assert_ne!(mark(a).series, mark(b).series, "{a} {b}");
        }
    }
}
