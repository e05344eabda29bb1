//! Lines of a sheet, out of what the graph answered.
//!
//! In: nodes of the graph. Out: the bytes of a CSV, of NDJSON or of a workbook. What it does not do: ask.

use async_graphql::{Name, Value};
use rust_xlsxwriter::{Format as CellFormat, Workbook, XlsxError};
use serde_json::Map;

use super::columns::{CellKind, flag_text};
use super::format::ExportFileFormat;
use super::sheet::MAX_ROWS;
use super::sheet_file::SheetForm;
use super::write::{csv_cell, csv_code};
use crate::model::message::Lang;
use crate::serve::graphql::model::labels::name_of;
use crate::serve::problem::{Code, Problem};

/// Bytes of one file that are made before it leaves: some four hundred thousand cases.
const MAX_BYTES: usize = 128 << 20;

/// A column of a sheet of the graph.
#[derive(Debug, Clone, Copy)]
pub struct GraphCell {
    /// What programs call it; its heading in English.
    pub name: &'static str,
    /// Its heading in Chinese.
    pub zh: &'static str,
    /// Where it stands in the node, from there to the value.
    pub path: &'static str,
    /// The enum that its values are of; empty where they are plain.
    pub of: &'static str,
    /// A credit code: a spreadsheet must not read it as a number.
    pub is_code: bool,
}

/// A field of an object.
pub fn inside<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(fields) => fields.get(&Name::new(name)),
        _ => None,
    }
}

/// The nodes of a page, and the cursor behind which there are more; those of a plain list; one that stands by itself.
pub fn nodes_of(page: &Value) -> (&[Value], Option<String>) {
    match (page, inside(page, "nodes")) {
        (Value::List(nodes), _) => (nodes, None),
        (_, Some(Value::List(nodes))) => {
            let place = inside(page, "pageInfo");
            let is_more = matches!(place.and_then(|p| inside(p, "hasNextPage")), Some(Value::Boolean(true)));
            let cursor = match place.and_then(|p| inside(p, "endCursor")) {
                Some(Value::String(cursor)) if is_more => Some(cursor.clone()),
                _ => None,
            };
            (nodes, cursor)
        }
        (Value::Null, _) => (&[], None),
        _ => (std::slice::from_ref(page), None),
    }
}

/// What stands at the end of a path; of lists a list.
fn picked(value: &Value, path: &str) -> Value {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    match value {
        Value::List(items) => Value::List(items.iter().map(|item| picked(item, path)).collect()),
        value => match inside(value, first) {
            None => Value::Null,
            Some(inner) if rest.is_empty() => inner.clone(),
            Some(inner) => picked(inner, rest),
        },
    }
}

/// A cell of a workbook.
enum BookCell {
    Number(f64),
    Text(String),
}

/// Lines as they are made.
pub struct WorkLines {
    columns: &'static [GraphCell],
    form: SheetForm,
    lang: Lang,
    plain_codes: bool,
    /// Of CSV and NDJSON.
    bytes: Vec<u8>,
    /// Of a workbook.
    book: Vec<Vec<BookCell>>,
    rows: usize,
    /// Bytes that are held.
    held: usize,
}

impl WorkLines {
    /// `plain_codes`: CSV for programs, in which codes stand as they are.
    pub fn new(columns: &'static [GraphCell], form: SheetForm, lang: Lang, plain_codes: bool) -> WorkLines {
        let mut lines = WorkLines { columns, form, lang, plain_codes, bytes: Vec::new(), book: Vec::new(), rows: 0, held: 0 };
        if form.format == ExportFileFormat::Csv {
            for (at, column) in columns.iter().enumerate() {
                if at > 0 {
                    lines.bytes.push(b',');
                }
                csv_cell(lang.pick(column.zh, column.name), CellKind::Text, &mut lines.bytes);
            }
            lines.bytes.extend_from_slice(b"\r\n");
        }
        lines
    }

    /// A line of a node, and of one of the things that it has several of; the node itself where it is the line. What a path names is looked
    /// for in the thing where it begins with `.`.
    ///
    /// # Errors
    /// The file becomes longer than one may be.
    pub fn add(&mut self, node: &Value, thing: &Value) -> Result<(), Problem> {
        let at = |column: &GraphCell| match column.path.strip_prefix('.') {
            Some(path) => picked(thing, path),
            None => picked(node, column.path),
        };
        let cells: Vec<Value> = self.columns.iter().map(at).collect();
        let before = self.bytes.len();
        match self.form.format {
            ExportFileFormat::Ndjson => self.json(cells),
            ExportFileFormat::Xlsx => self.held += self.book_line(&cells),
            _ => self.csv(&cells),
        }
        self.held += self.bytes.len() - before;
        self.rows += 1;
        let is_too_long = self.form.format == ExportFileFormat::Xlsx && self.rows as u64 > MAX_ROWS;
        match self.held > MAX_BYTES || is_too_long {
            false => Ok(()),
            true => Err(Problem::new(
                Code::CostExceeded,
                format!("导出内容过多（超过 {} 行）：请用 filter、area 或 unit 缩小范围", self.rows - 1),
                format!("too much for one file (more than {} rows): ask for less, by filter, area or unit", self.rows - 1),
            )),
        }
    }

    /// The text of a value; of a list its values one after the other.
    fn text(&self, column: &GraphCell, value: &Value) -> String {
        match value {
            Value::String(text) => text.clone(),
            Value::Enum(name) => name_of(column.of, name.as_str(), self.lang).to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Boolean(is) => flag_text(*is, self.lang).to_owned(),
            Value::List(values) => values.iter().map(|value| self.text(column, value)).collect::<Vec<_>>().join("; "),
            _ => String::new(),
        }
    }

    fn csv(&mut self, cells: &[Value]) {
        let columns = self.columns;
        for (at, (column, value)) in columns.iter().zip(cells).enumerate() {
            if at > 0 {
                self.bytes.push(b',');
            }
            let text = self.text(column, value);
            let kind = if matches!(value, Value::Number(_)) { CellKind::Number } else { CellKind::Text };
            match column.is_code && !self.plain_codes && !text.is_empty() {
                true => csv_code(&text, &mut self.bytes),
                false => csv_cell(&text, kind, &mut self.bytes),
            }
        }
        self.bytes.extend_from_slice(b"\r\n");
    }

    /// One object a line, by the names of the columns; what is not known is null, values of enums stand as the graph has them.
    fn json(&mut self, cells: Vec<Value>) {
        let object: Map<String, serde_json::Value> = self
            .columns
            .iter()
            .zip(cells)
            .map(|(column, value)| (column.name.to_owned(), value.into_json().unwrap_or_default()))
            .collect();
        self.bytes.extend_from_slice(serde_json::Value::Object(object).to_string().as_bytes());
        self.bytes.push(b'\n');
    }

    /// A line of a workbook; says how many bytes it holds, the cells' own among them.
    fn book_line(&mut self, cells: &[Value]) -> usize {
        let cell = |(column, value): (&GraphCell, &Value)| match value {
            Value::Number(number) => number.as_f64().map_or_else(|| BookCell::Text(number.to_string()), BookCell::Number),
            value => BookCell::Text(self.text(column, value)),
        };
        let line: Vec<BookCell> = self.columns.iter().zip(cells).map(cell).collect();
        let held = line.iter().map(|cell| size_of::<BookCell>() + if let BookCell::Text(text) = cell { text.len() } else { 0 });
        let held: usize = held.sum();
        self.book.push(line);
        held
    }

    /// How many lines, and the file.
    ///
    /// # Errors
    /// A workbook cannot be written.
    pub fn finish(self) -> Result<(usize, Vec<u8>), XlsxError> {
        match self.form.format {
            ExportFileFormat::Ndjson => Ok((self.rows, self.bytes)),
            ExportFileFormat::Xlsx => Ok((self.rows, self.workbook()?)),
            _ => Ok((self.rows, self.form.coded(self.bytes))),
        }
    }

    fn workbook(&self) -> Result<Vec<u8>, XlsxError> {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        let bold = CellFormat::new().set_bold();
        for (at, column) in self.columns.iter().enumerate() {
            sheet.write_string_with_format(0, at as u16, self.lang.pick(column.zh, column.name), &bold)?;
        }
        for (line, row) in self.book.iter().enumerate() {
            for (at, cell) in row.iter().enumerate() {
                let (line, at) = (line as u32 + 1, at as u16);
                match cell {
                    BookCell::Number(number) => sheet.write_number(line, at, *number)?,
                    BookCell::Text(text) if text.is_empty() => continue,
                    // Written as text, a cell is never a formula, and a code never a number.
                    BookCell::Text(text) => sheet.write_string(line, at, text)?,
                };
            }
        }
        workbook.save_to_buffer()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[GraphCell] = &[
        GraphCell { name: "case", zh: "案件", path: "id", of: "", is_code: false },
        GraphCell { name: "creditCode", zh: "统一社会信用代码", path: "enterprise.creditCode", of: "", is_code: true },
        GraphCell { name: "state", zh: "状态", path: "state", of: "CaseState", is_code: false },
        GraphCell { name: "records", zh: "依据", path: "evidence.key", of: "", is_code: false },
        GraphCell { name: "note", zh: "备注", path: ".note", of: "", is_code: false },
        GraphCell { name: "assessment", zh: "评估", path: ".assessment", of: "", is_code: false },
    ];

    fn written(form: SheetForm, lang: Lang) -> (usize, String) {
        let node = Value::from_json(serde_json::json!({
            "id": "case:C1", "enterprise": { "creditCode": "911101080000000001" }, "state": null,
            "evidence": [{ "key": "U1" }, { "key": "P1" }],
        }));
        let Ok(Value::Object(mut node)) = node else { panic!("an object") };
        node.insert(Name::new("state"), Value::Enum(Name::new("OPEN")));
        let thing = Value::from_json(serde_json::json!({ "note": "=1+1, \"x\"", "assessment": -3 })).expect("a value");
        let mut lines = WorkLines::new(COLUMNS, form, lang, false);
        lines.add(&Value::Object(node), &thing).expect("a line");
        let (rows, bytes) = lines.finish().expect("a file");
        (rows, String::from_utf8(bytes).expect("UTF-8"))
    }

    #[test]
    fn a_line_says_what_node_and_thing_say_and_no_cell_is_a_formula() {
        let csv = SheetForm { format: ExportFileFormat::Csv, gb18030: false };
        let (rows, text) = written(csv, Lang::Zh);
        let expected = "\u{feff}案件,统一社会信用代码,状态,依据,备注,评估\r\ncase:C1,\"=\"\"911101080000000001\"\"\",办理中,U1; P1,\"'=1+1, \"\"x\"\"\",-3\r\n";
        assert_eq!((rows, text.as_str()), (1, expected));
        let (_, text) = written(SheetForm { format: ExportFileFormat::Ndjson, ..csv }, Lang::En);
        let line: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let expected = serde_json::json!({ "case": "case:C1", "creditCode": "911101080000000001", "state": "OPEN",
            "records": ["U1", "P1"], "note": "=1+1, \"x\"", "assessment": -3 });
        assert_eq!(line, expected);
    }

    #[test]
    fn nodes_are_found_in_pages_lists_and_alone() {
        let value = |json: serde_json::Value| Value::from_json(json).expect("a value");
        let page = value(serde_json::json!({ "nodes": [1, 2], "pageInfo": { "hasNextPage": true, "endCursor": "c" } }));
        assert_eq!((nodes_of(&page).0.len(), nodes_of(&page).1.as_deref()), (2, Some("c")));
        let last = value(serde_json::json!({ "nodes": [1], "pageInfo": { "hasNextPage": false, "endCursor": "c" } }));
        assert_eq!(nodes_of(&last).1, None);
        assert_eq!(nodes_of(&value(serde_json::json!([1, 2, 3]))).0.len(), 3);
        assert_eq!(nodes_of(&value(serde_json::json!({ "id": "x" }))).0.len(), 1);
        assert_eq!(nodes_of(&Value::Null).0.len(), 0);
    }
}
