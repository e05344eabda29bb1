//! The word tables of `reference/names`, embedded. Their source and meaning stand in the README beside them.

pub const TRADES: &str = include_str!("../../reference/names/trades.txt");
pub const FORMS: &str = include_str!("../../reference/names/forms.txt");
pub const BRANCHES: &str = include_str!("../../reference/names/branches.txt");
pub const DRESS: &str = include_str!("../../reference/names/dress.txt");
pub const ESTABLISHMENTS: &str = include_str!("../../reference/names/establishments.txt");
pub const UNIONS: &str = include_str!("../../reference/names/unions.txt");
pub const PARKS: &str = include_str!("../../reference/names/parks.txt");
pub const NOTES: &str = include_str!("../../reference/names/notes.txt");
pub const REMARKS: &str = include_str!("../../reference/names/remarks.txt");
pub const ENGLISH: &str = include_str!("../../reference/names/english.tsv");
pub const ENGLISH_FORMS: &str = include_str!("../../reference/names/english_forms.txt");
const PLACES: &str = include_str!("../../reference/names/places.tsv");

/// Lines without comments and blanks.
pub fn lines(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// All words of a table of words, several on a line.
pub fn words(table: &'static str) -> impl Iterator<Item = &'static str> {
    lines(table).flat_map(str::split_whitespace)
}

/// Lines `word MARK rest`: the word, and what follows the mark where there is one.
pub fn marked(table: &'static str, mark: char) -> impl Iterator<Item = (&'static str, Option<&'static str>)> {
    lines(table).map(move |line| match line.split_once(mark) {
        Some((word, rest)) => (word.trim(), Some(rest.trim())),
        None => (line, None),
    })
}

pub struct PlaceRow {
    pub code: u32,
    pub name: &'static str,
    pub level: Level,
    /// 0: still in force, or unknown.
    pub successor: u32,
}

pub fn places() -> impl Iterator<Item = PlaceRow> {
    PLACES.lines().skip(1).filter_map(|line| {
        let mut cells = line.split('\t');
        let code = cells.next()?.parse().ok()?;
        let name = cells.next()?;
        let level = match cells.next()? {
            "1" => Level::Province,
            "2" => Level::Prefecture,
            _ => Level::County,
        };
        Some(PlaceRow { code, name, level, successor: cells.next().and_then(|s| s.parse().ok()).unwrap_or(0) })
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Province,
    Prefecture,
    County,
}
