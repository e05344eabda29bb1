//! One raw row to its records. Pure and quick: 3 million rows pass here in every full sync.

use std::borrow::Cow;

use hashbrown::HashSet;

use super::Connector;
use super::dress::{is_rounded_code, no_value, undress};
use super::mapping::{Column, Drift, DriftKind, DriftPolicy, Layout};
use super::no_record;
use super::problem::RowError;
use super::read_as::As;
use super::reading::{self, How, Reading};
use crate::model::datum::Datum;
use crate::model::field::{Field, RecordKind};
use crate::model::record::{FieldValue, Record};
use crate::model::value::{PartialDate, Value};

/// Longer keys are a sign of a broken row, and would make the store's index slow.
const MAX_KEY_BYTES: usize = 256;

/// Words for "no value" in any column but flags, where 无 is an answer.
const NONE_WORDS: &[&str] = &[
    "NULL",
    "null",
    "Null",
    "(null)",
    "(NULL)",
    "<null>",
    "<NULL>",
    "[null]",
    "\\N",
    "-",
    "--",
    "---",
    "－",
    "－－",
    "—",
    "——",
    "–",
    "/",
    "／",
    "无",
    "暂无",
    "N/A",
    "n/a",
    "N.A.",
    "#N/A",
    "未填",
    "未填写",
    "空",
    "None",
    "none",
    "nan",
    "NaN",
    "undefined",
    "UNDEFINED",
    "{}",
    "[]",
];

/// Words for what nobody knows, and Latin letters for none: no names and no codes, but in other columns an answer.
const UNKNOWN_WORDS: &[&str] = &["NA", "na", "不详", "未知", "不明", "不清楚", "待补", "待补充", "待定", "待核实"];
/// The longest of both, in bytes.
const NONE_BYTES: usize = 12;

impl Connector {
    /// The row's key in its registry: its key columns, trimmed, joined by `|`.
    ///
    /// # Errors
    /// `cell_count`, `nul`, `key_missing`, `key_too_long`: the row goes to quarantine.
    pub fn key<'a>(&self, layout: &Layout, cells: &[Option<&'a str>]) -> Result<Cow<'a, str>, RowError> {
        self.check_shape(layout, cells)?;
        if let Some(error) = no_record::why(layout, cells) {
            return Err(error);
        }
        let part = |at: usize| {
            let text = undress(cells[at].unwrap_or_default());
            match text.as_ref() {
                "" | "NULL" => Err(key_missing(&layout.columns[at])),
                none if layout.key.len() == 1 && is_for_none(none, true) => Err(key_missing(&layout.columns[at])),
                spoilt => match no_value(spoilt) {
                    Some(_) => Err(key_spoilt(&layout.columns[at], spoilt)),
                    None => Ok(text),
                },
            }
        };
        let key = match layout.key.as_slice() {
            [one] => part(*one)?,
            several => {
                let mut joined = String::new();
                for at in several {
                    if !joined.is_empty() {
                        joined.push('|');
                    }
                    joined.push_str(&part(*at)?);
                }
                Cow::Owned(joined)
            }
        };
        if key.len() > MAX_KEY_BYTES {
            return Err(RowError::new(
                "key_too_long",
                format!("主键长 {} 字节，超过 {MAX_KEY_BYTES}", key.len()),
                format!("the key is {} bytes long, more than {MAX_KEY_BYTES}", key.len()),
            )
            .of_column(&layout.columns[layout.key[0]]));
        }
        Ok(key)
    }

    /// The records of one row: the row itself first, then the units it covers. A cell that cannot be read keeps its raw
    /// text with `value: None`; an empty cell makes no field.
    ///
    /// # Errors
    /// As `key`; `value_missing` where a required column is empty; `value_unreadable` under `drift = "quarantine_row"`.
    pub fn read(&self, layout: &Layout, cells: &[Option<&str>]) -> Result<Vec<Record>, RowError> {
        let key = self.key(layout, cells)?;
        let contract = &self.contract;
        let mut row = Record {
            kind: contract.kind,
            key: key.as_ref().into(),
            part: 0,
            fields: Vec::with_capacity(contract.columns.len() + contract.constants.len() + 1),
        };
        let mut covered = None;
        for (column, at) in contract.columns.iter().zip(&layout.cells) {
            let Some(text) = self.given(column, at.and_then(|at| cells[at]))? else { continue };
            let text = text.as_ref();
            let Some(value) = column.read(text) else { continue };
            if value.is_none() && self.drift == DriftPolicy::QuarantineRow {
                return Err(value_unreadable(column, text));
            }
            if column.read_as == As::List {
                covered = Some((text.to_owned(), column.separators.as_slice()));
            }
            if let (Some(edition), Some(_)) = (column.edition, &value) {
                row.fields.push(FieldValue { field: column.field, raw: text.into(), value });
                row.fields.push(edition_of(edition));
            } else {
                row.fields.push(FieldValue { field: column.field, raw: text.into(), value });
            }
        }
        if let Some(datum) = contract.columns.iter().map(|c| c.datum).find(|d| *d != Datum::Wgs84) {
            move_to_wgs84(&mut row, datum);
        }
        for (combine, at) in contract.combine.iter().zip(&layout.combine) {
            let parts = at.iter().filter_map(|at| cells[*at]).map(undress).filter(|t| !t.is_empty());
            let text = parts.collect::<Vec<_>>().join(&combine.separator);
            if let Some(field) = plain(combine.field, combine.read_as, &text) {
                row.fields.push(field);
            }
        }
        row.fields.extend(contract.constants.iter().filter_map(|c| plain(c.field, c.read_as, &c.text)));
        if contract.kind == RecordKind::Target {
            super::target::check(contract, &row)?;
        }
        let mut records = vec![row];
        if let Some((text, separators)) = covered {
            covered_units(&mut records, &text, separators);
        }
        Ok(records)
    }

    /// Whether a row whose key was read makes its records, without making them: landing asks this of every row. `each` is told
    /// every text that is there, and whether it can be read; `memo` is of this connector alone. Returns the day the registry says the
    /// row is from.
    ///
    /// # Errors
    /// As `read`, but for those of `key`.
    pub fn check(
        &self,
        layout: &Layout,
        cells: &[Option<&str>],
        memo: &mut ReadMemo,
        mut each: impl FnMut(usize, &str, bool),
    ) -> Result<Option<PartialDate>, RowError> {
        let contract = &self.contract;
        let mut updated = None;
        for (number, (column, at)) in contract.columns.iter().zip(&layout.cells).enumerate() {
            let cell = at.and_then(|at| cells[at]);
            if memo.is_readable(number, cell) {
                each(number, cell.unwrap_or_default(), true);
                continue;
            }
            let Some(text) = self.given(column, cell)? else { continue };
            let Some(readable) = column.reads(&text, &mut updated) else { continue };
            if readable && column.is_of_few_words() {
                memo.note(number, cell, &text);
            }
            if !readable && self.drift == DriftPolicy::QuarantineRow {
                return Err(value_unreadable(column, &text));
            }
            each(number, &text, readable);
        }
        // What is put together of several columns, or checked as a whole, is told by the records.
        if contract.kind == RecordKind::Target || contract.combine.iter().any(|c| c.field == Field::UpdatedAt) {
            return Ok(self.read(layout, cells)?.first().and_then(|r| r.date(Field::UpdatedAt)));
        }
        Ok(updated)
    }

    /// What a cell of a column says, as read: None where it holds nothing, Some(None) where what it holds cannot be read.
    pub fn said(&self, column: &Column, cell: Option<&str>) -> Option<Option<Value>> {
        column.read(self.given(column, cell).ok()??.as_ref())
    }

    /// The undressed text of a cell; None where it holds nothing.
    fn given<'a>(&self, column: &Column, cell: Option<&'a str>) -> Result<Option<Cow<'a, str>>, RowError> {
        let text = undress(cell.unwrap_or_default());
        match text.is_empty() || self.is_none_word(column.read_as, &text) {
            true if column.required => Err(value_missing(&column.name)),
            true => Ok(None),
            false => Ok(Some(text)),
        }
    }

    fn check_shape(&self, layout: &Layout, cells: &[Option<&str>]) -> Result<(), RowError> {
        if cells.len() != layout.columns.len() {
            return Err(cell_count(layout.columns.len(), cells.len()));
        }
        match cells.iter().position(|c| c.is_some_and(|t| memchr::memchr(0, t.as_bytes()).is_some())) {
            None => Ok(()),
            Some(at) => Err(RowError::new(
                "nul",
                format!("「{}」列含有 NUL 字符", layout.columns[at]),
                format!("column \"{}\" holds a NUL character", layout.columns[at]),
            )
            .of_column(&layout.columns[at])),
        }
    }

    fn is_none_word(&self, read_as: As, text: &str) -> bool {
        let of_a_unit = matches!(read_as, As::Name | As::List) || read_as.is_identifier();
        is_for_none(text, of_a_unit) && !(read_as == As::Flag && text == "无") || self.contract.nulls.iter().any(|n| n == text)
    }
}

/// Whether a text (not empty) is a word for nothing. `unknown`: what nobody knows is nothing here.
fn is_for_none(text: &str, unknown: bool) -> bool {
    text.len() <= NONE_BYTES
        && !text.as_bytes()[0].is_ascii_digit()
        && (NONE_WORDS.contains(&text) || unknown && UNKNOWN_WORDS.contains(&text))
}

/// Words that were read before, by the place of their column: statuses, flags and divisions are the same few in all rows.
#[derive(Debug, Default)]
pub struct ReadMemo(Vec<HashSet<Box<str>>>);

impl ReadMemo {
    /// Words kept of a column.
    const MOST: usize = 1_024;
    /// The longest of them, in bytes.
    const LONGEST: usize = 48;

    fn is_readable(&self, column: usize, cell: Option<&str>) -> bool {
        let (Some(words), Some(cell)) = (self.0.get(column), cell) else { return false };
        !words.is_empty() && cell.len() <= Self::LONGEST && words.contains(cell)
    }

    /// A cell that wears no dress and can be read.
    fn note(&mut self, column: usize, cell: Option<&str>, text: &str) {
        let Some(cell) = cell.filter(|cell| *cell == text && cell.len() <= Self::LONGEST) else { return };
        if self.0.len() <= column {
            self.0.resize_with(column + 1, HashSet::new);
        }
        if self.0[column].len() < Self::MOST {
            self.0[column].insert(cell.into());
        }
    }
}

impl Column {
    /// Whether its cells hold few different texts, as a rule.
    fn is_of_few_words(&self) -> bool {
        use As::*;
        matches!(
            self.read_as,
            Area | Industry | Status | Ownership | UnionKind | UnionStatus | PaymentKind | Flag | Code | District
        )
    }

    /// Whether a text can be read; None: it means that there is nothing. A day the row is from goes to `updated`.
    fn reads(&self, text: &str, updated: &mut Option<PartialDate>) -> Option<bool> {
        let any_text = matches!(self.read_as, As::Text | As::Name | As::List | As::District);
        if any_text && self.values.is_empty() && no_value(text).is_none() && !(self.read_as == As::Name && text.contains('*')) {
            return Some(true);
        }
        let value = self.read(text)?;
        if let (Field::UpdatedAt, Some(Value::Date(day))) = (self.field, &value) {
            updated.get_or_insert(*day);
        }
        Some(value.is_some())
    }

    /// None: absent. Some(None): there is text that cannot be read.
    pub(super) fn read(&self, text: &str) -> Option<Option<Value>> {
        let meant = match self.values.is_empty() {
            true => text,
            false => self.values.get(text).map_or(text, |m| m),
        };
        if meant.is_empty() {
            return None;
        }
        let reading = match self.read_as {
            As::Code if !std::ptr::eq(meant, text) => Reading::Value(Value::Text(meant.into())),
            kind => reading::read(kind, meant, self.how()),
        };
        match (reading, self.otherwise.as_deref()) {
            (Reading::Value(value), _) => Some(Some(value)),
            (Reading::Absent, _) | (Reading::Unreadable, Some("")) => None,
            (Reading::Unreadable, None) => Some(None),
            (Reading::Unreadable, Some(other)) => Some(match reading::read(self.read_as, other, self.how()) {
                Reading::Value(value) => Some(value),
                _ => (self.read_as == As::Code).then(|| Value::Text(other.into())),
            }),
        }
    }
}

/// `name|code` or `name` or `code`, separated; numbered from 1.
fn covered_units(records: &mut Vec<Record>, text: &str, separators: &[char]) {
    let key = records[0].key.clone();
    for unit in text.split(|c| separators.contains(&c)).map(str::trim).filter(|u| !u.is_empty()) {
        let Ok(part) = u16::try_from(records.len()) else { return };
        let mut fields = Vec::with_capacity(2);
        for piece in unit.split(['|', '｜']).map(str::trim).filter(|p| !p.is_empty()) {
            let code = piece.len() >= 8 && piece.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            let (field, read_as) = match (code, piece.len()) {
                (false, _) => (Field::Name, As::Name),
                (true, 18) => (Field::CreditCode, As::CreditCode),
                (true, 9 | 10) => (Field::OrganisationCode, As::OrganisationCode),
                (true, 15) => (Field::RegistrationNumber, As::RegistrationNumber),
                (true, _) => (Field::CreditCode, As::CreditCode),
            };
            fields.extend(plain(field, read_as, piece));
        }
        records.push(Record { kind: RecordKind::CoveredUnit, key: key.clone(), part, fields });
    }
}

fn plain(field: Field, read_as: As, text: &str) -> Option<FieldValue> {
    if text.is_empty() {
        return None;
    }
    let value = match reading::read(read_as, text, How::default()) {
        Reading::Value(value) => Some(value),
        Reading::Unreadable if read_as == As::Code => Some(Value::Text(text.into())),
        Reading::Unreadable => None,
        Reading::Absent => return None,
    };
    Some(FieldValue { field, raw: text.into(), value })
}

/// A registry's point in WGS-84; what it wrote stays as the raw text.
fn move_to_wgs84(row: &mut Record, datum: Datum) {
    let (Some(longitude), Some(latitude)) = (row.number(Field::Longitude), row.number(Field::Latitude)) else { return };
    let (longitude, latitude) = datum.to_wgs84(longitude, latitude);
    for field in &mut row.fields {
        match field.field {
            Field::Longitude => field.value = Some(Value::Number(longitude)),
            Field::Latitude => field.value = Some(Value::Number(latitude)),
            _ => {}
        }
    }
}

fn edition_of(edition: u16) -> FieldValue {
    FieldValue { field: Field::Edition, raw: edition.to_string().into(), value: Some(Value::Count(edition.into())) }
}

fn key_missing(column: &str) -> RowError {
    RowError::new("key_missing", format!("主键列「{column}」为空"), format!("key column \"{column}\" is empty")).of_column(column)
}

fn key_spoilt(column: &str, text: &str) -> RowError {
    let (zh, en) = reading::why(As::Text, text, How::default()).unwrap_or_default();
    RowError::new(
        "key_spoilt",
        format!("主键列「{column}」的「{text}」不能作主键：{zh}"),
        format!("key column \"{column}\": \"{text}\" can be nobody's key: {en}"),
    )
    .of_column(column)
}

fn value_missing(column: &str) -> RowError {
    RowError::new("value_missing", format!("必填列「{column}」为空"), format!("required column \"{column}\" is empty"))
        .of_column(column)
}

impl Column {
    /// What is said of a value of this column that cannot be read.
    pub fn unreadable(&self, text: &str) -> RowError {
        value_unreadable(self, text)
    }

    /// Whether a text is one that a spreadsheet has spoilt: an error, a formula without its result, a number of too many digits.
    pub fn is_spoilt(&self, text: &str) -> bool {
        no_value(text).is_some() || self.read_as.is_identifier() && is_rounded_code(text)
    }

    pub(super) fn how(&self) -> How<'_> {
        How { unit: &self.unit, zone: self.zone, digits: self.digits }
    }
}

fn value_unreadable(column: &Column, text: &str) -> RowError {
    let sample: String = text.chars().take(40).collect();
    let (zh, en) = match reading::why(column.read_as, text, column.how()) {
        Some((zh, en)) => (format!("：{zh}"), format!(": {en}")),
        None => Default::default(),
    };
    RowError::new(
        "value_unreadable",
        format!("「{}」列的值「{sample}」不能按 {} 读取{zh}", column.name, column.read_as),
        format!("column \"{}\": \"{sample}\" does not read as {}{en}", column.name, column.read_as),
    )
    .of_column(&column.name)
}

/// A row with too many or too few cells.
pub fn cell_count(expected: usize, found: usize) -> RowError {
    RowError::new(
        "cell_count",
        match found > expected {
            true => format!(
                "该行有 {found} 个单元格，表头有 {expected} 列，多 {} 个（单元格中有没加引号的分隔符？）",
                found - expected
            ),
            false => format!("该行有 {found} 个单元格，表头有 {expected} 列，少 {} 个（一行被换行符断开？）", expected - found),
        },
        match found > expected {
            true => format!(
                "the row has {found} cells, the header {expected}: {} too many (a separator inside a cell without quotes?)",
                found - expected
            ),
            false => format!(
                "the row has {found} cells, the header {expected}: {} too few (a row broken by a line end?)",
                expected - found
            ),
        },
    )
}

/// Watches how many values of each column cannot be read, to tell a retyped column from a few bad cells.
#[derive(Debug, Clone, Default)]
pub struct DriftWatch {
    /// By the contract's columns.
    seen: Vec<Watched>,
}

#[derive(Debug, Clone, Default)]
struct Watched {
    all: u64,
    bad: u64,
    sample: Option<Box<str>>,
}

impl DriftWatch {
    /// Values of a column that must have been seen before it can be called retyped.
    const ENOUGH: u64 = 20;

    /// A text of the contract's column at this place.
    pub fn observe(&mut self, column: usize, text: &str, readable: bool) {
        if self.seen.len() <= column {
            self.seen.resize(column + 1, Watched::default());
        }
        let watched = &mut self.seen[column];
        watched.all += 1;
        if !readable {
            watched.bad += 1;
            watched.sample.get_or_insert_with(|| text.into());
        }
    }

    /// Counts what another one has seen behind it.
    pub fn add(&mut self, other: &DriftWatch) {
        if self.seen.len() < other.seen.len() {
            self.seen.resize(other.seen.len(), Watched::default());
        }
        for (watched, more) in self.seen.iter_mut().zip(&other.seen) {
            watched.all += more.all;
            watched.bad += more.bad;
            if watched.sample.is_none() {
                watched.sample.clone_from(&more.sample);
            }
        }
    }

    /// Columns of which more than half of the values could not be read.
    pub fn retyped(&self, connector: &Connector) -> Vec<Drift> {
        let columns = connector.contract.columns.iter().zip(&self.seen);
        columns
            .filter(|(_, seen)| seen.all >= Self::ENOUGH && seen.bad * 2 > seen.all)
            .map(|(column, seen)| {
                let mut drift = Drift::new(DriftKind::Retyped, &column.name, None);
                drift.sample = seen.sample.as_deref().map(str::to_string);
                drift
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_none_are_no_names_and_nobody_s_key() {
        for text in ["undefined", "(null)", "{}", "[]", "n/a", "Null", "空", "－", "NA", "不详", "未知"] {
            assert!(is_for_none(text, true), "{text}");
        }
        for text in ["空港物流", "未知数科技有限公司", "NAS", "北京"] {
            assert!(!is_for_none(text, true), "{text}");
        }
        assert!(!is_for_none("未知", false), "an answer, where it is no name");
    }
}
