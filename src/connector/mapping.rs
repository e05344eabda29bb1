//! The contract of a registry: which column means which field, how it is read, and what a header that differs means.

use std::collections::HashMap;

use super::dress::undress;
use super::money::Unit;
use super::problem::{Problem, nearest};
use super::read_as::As;
use super::text::half_width;
use crate::model::datum::Datum;
use crate::model::field::{Field, RecordKind, named};

named! {
    /// What becomes of a source that no longer looks like its contract.
    pub enum DriftPolicy {
        /// Columns may come and go: reported, landed, absent values are null. An unreadable value is null and flagged.
        Evolve = "evolve",
        /// Each unreadable value is listed in quarantine beside its landed row. A column that was there and is renamed or gone holds
        /// the batch until the contract or a person says otherwise.
        QuarantineValue = "quarantine_value",
        /// A row with an unreadable value goes to quarantine.
        QuarantineRow = "quarantine_row",
        /// A column renamed or gone holds the batch until a person decides.
        Hold = "hold",
    }
}

/// Columns to fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Contract {
    pub kind: RecordKind,
    /// Columns whose values, joined by `|`, identify a row in its registry.
    pub key: Vec<String>,
    pub columns: Vec<Column>,
    pub combine: Vec<Combine>,
    pub constants: Vec<Constant>,
    /// Columns that are landed and deliberately mean nothing to us.
    pub ignore: Vec<String>,
    /// Words that mean "no value" in any column.
    pub nulls: Vec<String>,
}

/// One column read as one field. A column can stand in several of these.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub name: String,
    /// Other spellings of the header.
    pub also: Vec<String>,
    pub field: Field,
    pub read_as: As,
    pub unit: Unit,
    /// Words of the registry and what they mean; an empty meaning is "absent".
    pub values: HashMap<Box<str>, Box<str>>,
    /// What every word means that neither the map nor the reading knows.
    pub otherwise: Option<Box<str>>,
    /// The column may be absent from the header without being missed.
    pub optional: bool,
    /// A row without a value here goes to quarantine.
    pub required: bool,
    /// Edition of GB/T 4754 of an industry column.
    pub edition: Option<u16>,
    /// What a longitude or latitude is measured in.
    pub datum: Datum,
    /// Between the units of a list.
    pub separators: Vec<char>,
    /// Digits that a code of this column has.
    pub digits: Option<u8>,
    /// The hub's zone, in which times that name a zone are days.
    pub zone: chrono_tz::Tz,
}

/// Several columns to one field.
#[derive(Debug, Clone, PartialEq)]
pub struct Combine {
    pub columns: Vec<String>,
    pub field: Field,
    pub separator: String,
    pub read_as: As,
}

/// A field that every row of this registry has without saying so.
#[derive(Debug, Clone, PartialEq)]
pub struct Constant {
    pub field: Field,
    pub text: String,
    pub read_as: As,
}

/// Where the contract's columns stand in a header; made once per file, answer or table.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    pub columns: Vec<String>,
    pub(super) key: Vec<usize>,
    /// Position of each of `Contract::columns`.
    pub(super) cells: Vec<Option<usize>>,
    pub(super) combine: Vec<Vec<usize>>,
    /// Where names of units stand.
    pub(super) names: Vec<usize>,
    pub drift: Vec<Drift>,
    /// Set where the connector's drift policy asks a person to decide before this batch lands.
    pub hold: Option<Problem>,
}

named! { pub enum DriftKind { Added = "added", Renamed = "renamed", Gone = "gone", Retyped = "retyped" } }

/// One difference between a source and its contract, told as a problem whose code is its kind.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(from = "KeptDrift")]
pub struct Drift {
    pub kind: DriftKind,
    pub column: String,
    /// The contract's column (or the source's, for a gone one) that it resembles most.
    pub nearest: Option<String>,
    pub sample: Option<String>,
    #[serde(flatten)]
    pub problem: Problem,
}

/// As a receipt keeps it; one of a release before has no code of its own.
#[derive(serde::Deserialize)]
struct KeptDrift {
    kind: DriftKind,
    column: String,
    nearest: Option<String>,
    sample: Option<String>,
    zh: String,
    en: String,
}

impl From<KeptDrift> for Drift {
    fn from(kept: KeptDrift) -> Drift {
        let problem = Problem::new(kept.kind.name(), kept.zh, kept.en);
        Drift { kind: kept.kind, column: kept.column, nearest: kept.nearest, sample: kept.sample, problem }
    }
}

impl Layout {
    /// Where the columns of the key stand.
    pub fn key_positions(&self) -> &[usize] {
        &self.key
    }
    /// Where each of the contract's columns stands, in its order; None where it is not there.
    pub fn positions(&self) -> &[Option<usize>] {
        &self.cells
    }
}

/// Headers are the same when they differ by blanks, width of signs, or case only.
pub fn same_header(a: &str, b: &str) -> bool {
    // Every cell of every row is asked: nearly all differ in their first sign, which no dress and no width hides.
    let differ = || matches!((first_sign(a), first_sign(b)), (Some(a), Some(b)) if a != b);
    a == b || !differ() && plain_header(a) == plain_header(b)
}

/// The first sign of a text where it is a letter, a digit or a Chinese character, in half width and lower case; None where it may be
/// dress.
fn first_sign(text: &str) -> Option<char> {
    let plain = matches!(text.as_bytes().first(), Some(0x21..=0x7e | 0xE4..=0xE9));
    let text = if plain { text } else { text.trim_start() };
    match text.chars().next()? {
        c if c.is_ascii_alphanumeric() => Some(c.to_ascii_lowercase()),
        c @ '\u{4e00}'..='\u{9fff}' => Some(c),
        c @ ('\u{ff10}'..='\u{ff19}' | '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}') => {
            char::from_u32(c as u32 - 0xfee0).map(|c| c.to_ascii_lowercase())
        }
        _ => None,
    }
}

fn plain_header(header: &str) -> String {
    let shown = undress(header);
    // An asterisk marks a column that must be filled in.
    half_width(&shown).chars().filter(|c| !c.is_whitespace() && !matches!(c, '*' | '@')).flat_map(char::to_lowercase).collect()
}

impl Column {
    fn position(&self, columns: &[String]) -> Option<usize> {
        std::iter::once(&self.name).chain(&self.also).find_map(|name| find(columns, name))
    }
}

fn find(columns: &[String], name: &str) -> Option<usize> {
    let by = |name: &str| columns.iter().position(|c| c == name).or_else(|| columns.iter().position(|c| same_header(c, name)));
    // The text of an XML element is its column, with attributes and without.
    by(name).or_else(|| name.strip_suffix(".text").and_then(by))
}

impl Contract {
    /// Finds the contract's columns in `header`. `place` is the sheet, table or file, for the message.
    ///
    /// # Errors
    /// `column_missing` where a column of the key is not there: without it no row has an identity.
    pub fn layout(&self, registry: &str, policy: DriftPolicy, place: &str, header: &[String]) -> Result<Layout, Problem> {
        let mut key = Vec::with_capacity(self.key.len());
        for name in &self.key {
            let spelled = self.columns.iter().find(|c| c.name == *name);
            let found = find(header, name).or_else(|| spelled.and_then(|c| c.position(header)));
            key.push(found.ok_or_else(|| missing(registry, place, name, header))?);
        }
        let cells: Vec<Option<usize>> = self.columns.iter().map(|c| c.position(header)).collect();
        let combine = self.combine.iter().map(|c| c.columns.iter().filter_map(|name| find(header, name)).collect()).collect();
        let name = |c: &&(&Column, &Option<usize>)| matches!(c.0.field, Field::Name | Field::UnionName);
        let names = self.columns.iter().zip(&cells).collect::<Vec<_>>().iter().filter(name).filter_map(|(_, at)| **at).collect();
        let drift = self.drift(header, &cells);
        let serious = drift.iter().find(|d| matches!(d.kind, DriftKind::Renamed | DriftKind::Gone));
        let hold = serious.filter(|_| matches!(policy, DriftPolicy::Hold | DriftPolicy::QuarantineRow)).map(|d| {
            Problem::new(
                "drift",
                format!("连接器「{registry}」：{}；按约定（drift = \"{policy}\"）暂停该批次，请确认后放行或退回", d.problem.zh),
                format!(
                    "connector \"{registry}\": {}; held as agreed (drift = \"{policy}\"): release or reject the batch",
                    d.problem.en
                ),
            )
        });
        Ok(Layout { columns: header.to_vec(), key, cells, combine, names, drift, hold })
    }

    /// The columns of the contract that were there and are not any more. `before`: the columns of the last delivery that landed;
    /// None: nothing landed yet, and what the contract does not call optional is missed.
    pub fn vanished(&self, before: Option<&[String]>, now: &[String]) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for column in self.columns.iter().filter(|c| c.position(now).is_none()) {
            let was = before.map_or(!column.optional, |before| column.position(before).is_some());
            if was && !names.contains(&column.name.as_str()) {
                names.push(&column.name);
            }
        }
        names
    }

    fn drift(&self, header: &[String], cells: &[Option<usize>]) -> Vec<Drift> {
        let gone: Vec<&Column> =
            self.columns.iter().zip(cells).filter(|(c, at)| at.is_none() && !c.optional).map(|(c, _)| c).collect();
        let taken = |i: usize| {
            cells.contains(&Some(i))
                || self.key.iter().chain(self.combine.iter().flat_map(|c| &c.columns)).any(|n| same_header(n, &header[i]))
                || self.ignore.iter().any(|n| same_header(n, &header[i]))
        };
        let added: Vec<&String> = header.iter().enumerate().filter(|(i, _)| !taken(*i)).map(|(_, c)| c).collect();
        let mut drift = Vec::new();
        let mut renamed_to: Vec<&str> = Vec::new();
        for (i, column) in gone.iter().enumerate() {
            if gone[..i].iter().any(|c| c.name == column.name) {
                continue;
            }
            let near = nearest(&column.name, added.iter().map(|a| a.as_str()).filter(|a| !renamed_to.contains(a)));
            match near.filter(|n| strsim::normalized_damerau_levenshtein(n, &column.name) >= 0.5) {
                Some(new) => {
                    renamed_to.push(new);
                    drift.push(Drift::new(DriftKind::Renamed, &column.name, Some(new)));
                }
                None => drift.push(Drift::new(DriftKind::Gone, &column.name, near)),
            }
        }
        for column in added.iter().filter(|a| !renamed_to.contains(&a.as_str())) {
            let near = nearest(column, self.columns.iter().map(|c| c.name.as_str()));
            drift.push(Drift::new(DriftKind::Added, column, near));
        }
        drift
    }

    /// The names of all columns that the contract reads, once each, in its order.
    pub fn column_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        let combined = self.combine.iter().flat_map(|c| c.columns.iter());
        for name in self.key.iter().chain(self.columns.iter().map(|c| &c.name)).chain(combined).chain(&self.ignore) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }
}

impl Drift {
    pub fn new(kind: DriftKind, column: &str, near: Option<&str>) -> Drift {
        let (zh, en) = match (kind, near) {
            (DriftKind::Added, Some(n)) => (
                format!("多出一列「{column}」（与约定中的「{n}」相近）"),
                format!("column \"{column}\" was added (resembles \"{n}\")"),
            ),
            (DriftKind::Added, None) => (format!("多出一列「{column}」"), format!("column \"{column}\" was added")),
            (DriftKind::Renamed, near) => {
                let n = near.unwrap_or_default();
                (
                    format!("缺少「{column}」列，似已改名为「{n}」；若确是改名，请在该列写 also = [\"{n}\"]"),
                    format!("column \"{column}\" is gone and looks renamed to \"{n}\"; if so, write also = [\"{n}\"] for it"),
                )
            }
            (DriftKind::Gone, _) => (format!("缺少「{column}」列"), format!("column \"{column}\" is gone")),
            (DriftKind::Retyped, _) => (
                format!("「{column}」列的多数值已读不出约定的类型"),
                format!("most values of column \"{column}\" no longer read as the contract says"),
            ),
        };
        let problem = Problem::new(kind.name(), zh, en);
        Drift { kind, column: column.to_string(), nearest: near.map(str::to_string), sample: None, problem }
    }
}

fn missing(registry: &str, place: &str, name: &str, header: &[String]) -> Problem {
    let near: Vec<&str> = match nearest(name, header.iter().map(String::as_str)) {
        Some(near) => vec![near],
        None => header.iter().take(8).map(String::as_str).collect(),
    };
    let found_zh = near.iter().map(|h| format!("「{h}」")).collect::<Vec<_>>().join("、");
    let found_en = near.iter().map(|h| format!("\"{h}\"")).collect::<Vec<_>>().join(", ");
    Problem::new(
        "column_missing",
        format!("连接器「{registry}」：{place} 中缺少主键列「{name}」；找到的是{found_zh}"),
        format!("connector \"{registry}\": key column \"{name}\" missing in {place}; found {found_en}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_known_in_any_dress_and_a_cell_is_not_taken_for_it() {
        let same = [
            ("企业名称", "企业 名称"),
            ("企业名称", "*企业名称"),
            ("企业名称", "=\"企业名称\""),
            ("企业名称", "　企业名称"),
            ("ＩＤ", "id"),
            ("id", "ＩＤ"),
            ("１月", "1月"),
            ("统一社会信用代码", "'统一社会信用代码"),
        ];
        for (header, text) in same {
            assert!(same_header(header, text), "{header} {text}");
        }
        for (header, text) in
            [("企业名称", "北京甲有限公司"), ("企业名称", "企业地址"), ("id", "1"), ("职工", "120"), ("名称", "")]
        {
            assert!(!same_header(header, text), "{header} {text}");
        }
    }
}
