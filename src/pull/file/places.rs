//! Which files a place names: a path, a folder or a glob, whatever case their suffixes have; without markers and what is still
//! being written; and of a series by day the newest of each kind.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::series::{self, Mark};
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

/// The files to read and those left: what `take` says, or, where it says nothing, the newest of each series.
fn taken(connector: &Connector, paths: Vec<PathBuf>) -> (Vec<PathBuf>, Vec<PathBuf>) {
    match (connector.source.take, connector.complete) {
        (Some(Take::Newest), _) => {
            let newest = paths.iter().max_by_key(|p| (place_of(&name(p)), written(p), (*p).clone())).cloned();
            let left = paths.into_iter().filter(|p| Some(p) != newest.as_ref()).collect();
            (newest.into_iter().collect(), left)
        }
        // Deltas, and parts that belong together: the newest comes first, since of rows with one key the first counts.
        (Some(Take::All), _) | (None, false) => (newest_first(paths), Vec::new()),
        (None, true) => newest_of_each(paths),
    }
}

/// The newest of each series, with what supplements it in front of it.
fn newest_of_each(paths: Vec<PathBuf>) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let mut by_series: BTreeMap<String, Vec<(Mark, PathBuf)>> = BTreeMap::new();
    for path in paths {
        let mark = series::mark(&name(&path));
        by_series.entry(mark.series.clone()).or_default().push((mark, path));
    }
    let (mut read, mut left): (Vec<Vec<PathBuf>>, Vec<PathBuf>) = (Vec::new(), Vec::new());
    for (_, mut of_series) in by_series {
        series::over_the_year(of_series.iter_mut().map(|(mark, _)| mark));
        let (more, mut whole): (Vec<_>, Vec<_>) = of_series.into_iter().partition(|(mark, _)| mark.supplement);
        whole.sort_by_key(|(mark, p)| (mark.place(), written(p), p.clone()));
        let newest = whole.pop();
        let day = newest.as_ref().and_then(|(mark, _)| mark.day.clone());
        let (mut with_it, older): (Vec<_>, Vec<_>) =
            more.into_iter().partition(|(mark, _)| mark.day >= day || mark.day.is_none());
        with_it.sort_by_key(|(mark, p)| std::cmp::Reverse((mark.place(), p.clone())));
        read.push(with_it.into_iter().chain(newest).map(|(_, p)| p).collect());
        left.extend(older.into_iter().chain(whole).map(|(_, p)| p));
    }
    read.sort_by_key(|files| files.last().map(|p| (natural(&name(p)), p.clone())));
    left.sort();
    (read.into_iter().flatten().collect(), left)
}

fn newest_first(mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
    if paths.iter().any(|p| series::mark(&name(p)).is_placed()) {
        let mut marks: Vec<(Mark, PathBuf)> = paths.into_iter().map(|p| (series::mark(&name(&p)), p)).collect();
        series::over_the_year(marks.iter_mut().map(|(mark, _)| mark));
        marks.sort_by_key(|(mark, p)| std::cmp::Reverse((mark.place(), natural(&name(p)))));
        paths = marks.into_iter().map(|(_, p)| p).collect();
    }
    paths
}

fn place_of(name: &str) -> (Option<String>, u32, bool) {
    series::mark(name).place()
}

fn written(path: &Path) -> SystemTime {
    std::fs::metadata(path).and_then(|m| m.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
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
    fn of_each_series_the_newest_is_read_with_what_supplements_it() {
        for (names, read, left) in [
            (&["tax_1127.csv", "tax_1128.csv"][..], &["tax_1128.csv"][..], 1),
            (&["tax_1231.csv", "tax_0101.csv"], &["tax_0101.csv"], 1),
            (&["税务11月27日.xlsx", "税务11月28日.xlsx"], &["税务11月28日.xlsx"], 1),
            (&["tax_1128.csv", "tax_1128(1).csv"], &["tax_1128(1).csv"], 1),
            (&["tax_1128.csv", "tax_1128_补充.csv", "tax_1127_补充.csv"], &["tax_1128_补充.csv", "tax_1128.csv"], 1),
            (&["a.csv", "b.csv"], &["a.csv", "b.csv"], 0),
            (&["part-1.csv", "part-2.csv"], &["part-1.csv", "part-2.csv"], 0),
            (&["朝阳区.csv", "海淀区.csv"], &["朝阳区.csv", "海淀区.csv"], 0),
        ] {
            let (found, older) = newest_of_each(names.iter().map(PathBuf::from).collect());
            assert_eq!(found, read.iter().map(PathBuf::from).collect::<Vec<_>>(), "{names:?}");
            assert_eq!(older.len(), left, "{names:?}");
        }
        let deltas = newest_first(["d_1127.csv", "d_1128.csv", "d_1128_补充.csv"].map(PathBuf::from).to_vec());
        assert_eq!(deltas, ["d_1128_补充.csv", "d_1128.csv", "d_1127.csv"].map(PathBuf::from));
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
