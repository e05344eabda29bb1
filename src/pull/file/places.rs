//! Which files a place names: a path, a folder or a glob, whatever case their suffixes have; without markers and what is still
//! being written; and of a series by day the newest of each kind.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::connector::{Connector, Format, Take, format_of};
use crate::pull::context::PullContext;
use crate::pull::{Note, PullError};

/// The files to read, in the order in which they are read: where a key stands in several, the first one's row counts.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) paths: Vec<PathBuf>,
    pub(super) notes: Vec<Note>,
}

/// Files named one by one in a note.
const NAMED: usize = 12;

/// The files that `place` names.
///
/// # Errors
/// `bad_glob`, `file_missing`.
pub(super) fn find(connector: &Connector, place: &str, context: &PullContext) -> Result<Found, PullError> {
    let plain = place.strip_prefix("file://").unwrap_or(place);
    let full = match &context.base {
        Some(base) => base.join(plain),
        None => PathBuf::from(plain),
    };
    if full.is_file() {
        return Ok(Found { paths: vec![full], notes: Vec::new() });
    }
    let folder = full.is_dir();
    let pattern = if folder { full.join("*") } else { full };
    // A department's export is called A.CSV one day and a.csv the next.
    let any_case = glob::MatchOptions { case_sensitive: false, ..glob::MatchOptions::new() };
    let listed = glob::glob_with(&pattern.to_string_lossy(), any_case)
        .map_err(|e| PullError::new(connector, "bad_glob", format!("通配符有误：{e}"), format!("the glob is wrong: {e}")))?;
    let all: Vec<PathBuf> = listed.filter_map(Result::ok).filter(|p| p.is_file()).collect();
    let (aside, mut paths): (Vec<PathBuf>, Vec<PathBuf>) = all.into_iter().partition(|p| is_aside(&name(p)));
    paths.sort_by_key(|p| (natural(&name(p)), p.clone()));
    let mut notes = Vec::new();
    if !aside.is_empty() {
        notes.push(Note::new(
            "files_aside",
            format!("标记、说明和未传完的文件未读取：{}", named(&aside, "、")),
            format!("markers, notes and unfinished files were not read: {}", named(&aside, ", ")),
        ));
    }
    if folder {
        paths = of_one_kind(connector.source.format, paths, &mut notes);
    }
    let (read, left) = taken(connector, paths);
    if read.is_empty() {
        return Err(PullError::new(
            connector,
            "file_missing",
            format!("没有找到文件，请检查路径，或用 --source {}=路径 指定", connector.name),
            format!("there is no such file; check the place, or give another with --source {}=PATH", connector.name),
        )
        .retryable());
    }
    notes.push(Note::new(
        "files_read",
        format!("读取了 {} 个文件：{}", read.len(), named(&read, "、")),
        format!("{} {} read: {}", read.len(), if read.len() == 1 { "file" } else { "files" }, named(&read, ", ")),
    ));
    if !left.is_empty() {
        notes.push(Note::new(
            "files_older",
            format!("{} 个较早的文件未读取：{}（每份都是全量，以最新的为准；各份合起来才是全量时写 take = \"all\"）", left.len(), named(&left, "、")),
            format!(
                "{} older files were not read: {} (each states the registry anew and the newest counts; write take = \"all\" where they belong together)",
                left.len(),
                named(&left, ", ")
            ),
        ));
    }
    Ok(Found { paths: read, notes })
}

fn name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

fn named(paths: &[PathBuf], join: &str) -> String {
    let mut names: Vec<String> = paths.iter().take(NAMED).map(|p| name(p)).collect();
    if paths.len() > NAMED {
        names.push("…".into());
    }
    names.join(join)
}

/// The files to read and those left: what `take` says, or, where it says nothing, the newest of each series by day.
fn taken(connector: &Connector, paths: Vec<PathBuf>) -> (Vec<PathBuf>, Vec<PathBuf>) {
    match (connector.source.take, connector.complete) {
        (Some(Take::Newest), _) => {
            let newest = paths.iter().max_by_key(|p| (day_of(&name(p)), written(p), (*p).clone())).cloned();
            let left = paths.into_iter().filter(|p| Some(p) != newest.as_ref()).collect();
            (newest.into_iter().collect(), left)
        }
        // Deltas, and parts that belong together: the newest comes first, since of rows with one key the first counts.
        (Some(Take::All), _) | (None, false) => (newest_first(paths), Vec::new()),
        (None, true) => {
            let mut series: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
            for path in paths {
                let name = name(&path);
                let series_name = dated(&name).map_or_else(|| name.clone(), |(series, _)| series);
                series.entry(series_name.to_lowercase()).or_default().push(path);
            }
            let (mut read, mut left) = (Vec::new(), Vec::new());
            for (_, mut of_series) in series {
                of_series.sort_by_key(|p| (day_of(&name(p)), written(p), p.clone()));
                read.extend(of_series.pop());
                left.extend(of_series);
            }
            read.sort_by_key(|p| (natural(&name(p)), p.clone()));
            (read, left)
        }
    }
}

fn newest_first(mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
    if paths.iter().any(|p| day_of(&name(p)).is_some()) {
        paths.sort_by_key(|p| std::cmp::Reverse((day_of(&name(p)), natural(&name(p)))));
    }
    paths
}

fn written(path: &Path) -> SystemTime {
    std::fs::metadata(path).and_then(|m| m.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
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

fn day_of(name: &str) -> Option<String> {
    dated(name).map(|(_, digits)| digits)
}

/// A name with its numbers padded, so that 2.csv comes before 10.csv.
fn natural(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 16);
    let mut digits = String::new();
    for c in name.to_lowercase().chars().chain(['\u{0}']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() {
            out.push_str(&format!("{:0>20}", std::mem::take(&mut digits)));
        }
        out.push(c);
    }
    out
}

/// In a folder that holds files of several kinds, those of the connector's.
fn of_one_kind(format: Option<Format>, paths: Vec<PathBuf>, notes: &mut Vec<Note>) -> Vec<PathBuf> {
    let Some(format) = format else { return paths };
    let kind = |f: Format| match f {
        f if f.is_workbook() => Format::Xlsx,
        Format::Tsv => Format::Csv,
        f => f,
    };
    let fits = |p: &PathBuf| format_of(&name(p)).is_none_or(|f| kind(f) == kind(format));
    let (fit, other): (Vec<PathBuf>, Vec<PathBuf>) = paths.into_iter().partition(fits);
    if fit.is_empty() {
        return other;
    }
    if !other.is_empty() {
        notes.push(Note::new(
            "files_of_other_kinds",
            format!("格式不是 {format} 的文件未读取：{}", named(&other, "、")),
            format!("files that are no {format} were not read: {}", named(&other, ", ")),
        ));
    }
    fit
}

/// Files that hold no rows: still being written, markers beside a finished file, notes for people; by the habits of those who
/// write them.
pub(super) fn is_aside(name: &str) -> bool {
    const UNFINISHED: &[&str] =
        &[".part", ".tmp", ".temp", ".crdownload", ".filepart", ".writing", ".uploading", ".inprogress", ".swp"];
    const MARKERS: &[&str] = &[
        ".ok",
        ".done",
        ".flag",
        ".fin",
        ".finish",
        ".finished",
        ".complete",
        ".success",
        ".ready",
        ".md5",
        ".sha1",
        ".sha256",
        ".ctl",
        ".lock",
        ".log",
        ".chk",
        ".end",
        ".asc",
        ".sig",
        ".ini",
        ".db",
        ".lnk",
    ];
    const NOTES: &[&str] = &[".doc", ".docx", ".wps", ".pdf", ".md", ".jpg", ".jpeg", ".png", ".ppt", ".pptx", ".ofd"];
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let lower = base.to_lowercase();
    let ends = |suffixes: &[&str]| suffixes.iter().any(|e| lower.ends_with(e));
    let note = lower.ends_with(".txt")
        && ["readme", "read me", "说明", "填报说明", "使用说明", "注意"].iter().any(|n| lower.starts_with(n));
    lower.starts_with(['.', '~']) || lower == "_success" || ends(UNFINISHED) || ends(MARKERS) || ends(NOTES) || note
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
    fn markers_and_unfinished_files_are_no_data() {
        for name in [
            "a.csv.ok",
            "a.done",
            "a.csv.filepart",
            "~$a.xlsx",
            ".a.csv.swp",
            "_SUCCESS",
            "readme.txt",
            "填报说明.docx",
            "x/说明.txt",
        ] {
            assert!(is_aside(name), "{name}");
        }
        for name in ["a.csv", "A.CSV", "说明.csv", "数据.txt", "a.xls"] {
            assert!(!is_aside(name), "{name}");
        }
        assert!(natural("2.csv") < natural("10.csv"));
    }
}
