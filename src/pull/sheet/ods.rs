//! ODS (OpenDocument 1.3 part 3): a cell keeps its value and the text it shows; the text is taken where it says more than the
//! number (zeros in front, units), and the number where the text only rounds it.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::format::general;
use super::workbook::Each;
use super::workbook::{MAX_COLUMNS, Merge, SheetName, Workbook, broken, locked, put};
use super::xlsx::{add_text, attribute};
use crate::connector::Caps;
use crate::pull::xlsx::{capped_entry, check_entries, zip_error};

pub(super) struct Book {
    content: String,
    sheets: Vec<SheetName>,
}

/// Rows of a sheet at most, as in every workbook.
const MAX_ROWS: u32 = 1 << 20;

impl Book {
    pub(super) fn open(path: &Path, caps: &Caps) -> io::Result<Book> {
        let mut archive = zip::ZipArchive::new(BufReader::new(File::open(path)?)).map_err(zip_error)?;
        check_entries(&mut archive, caps)?;
        let mut text = |name: &str| -> io::Result<String> {
            let Some(at) = archive.index_for_name(name) else { return Ok(String::new()) };
            let mut text = String::new();
            capped_entry(archive.by_index(at).map_err(zip_error)?, caps).read_to_string(&mut text)?;
            Ok(text)
        };
        if text("META-INF/manifest.xml")?.contains("encryption-data") {
            return Err(locked());
        }
        let content = text("content.xml")?;
        if content.is_empty() {
            return Err(broken("content.xml"));
        }
        let sheets = sheets(&content)?;
        Ok(Book { content, sheets })
    }

    /// Walks the cells of one sheet.
    fn walk(&self, sheet: usize, each: &mut dyn FnMut(Step<'_>) -> io::Result<()>) -> io::Result<()> {
        let mut reader = Reader::from_str(&self.content);
        reader.config_mut().check_end_names = false;
        let (mut table, mut depth, mut row, mut column) = (0usize, 0u32, 0u32, 0u32);
        let mut repeat_row = 1;
        let mut cell: Option<Cell> = None;
        let (mut in_note, mut paragraphs) = (0u32, 0u32);
        loop {
            let event = reader.read_event().map_err(broken)?;
            match &event {
                Event::Start(e) | Event::Empty(e) => {
                    let empty = matches!(event, Event::Empty(_));
                    match e.local_name().as_ref() {
                        "table" if e.name().as_ref().starts_with("table:") => {
                            if !empty {
                                depth += 1;
                            }
                            (row, column) = (0, 0);
                        }
                        _ if depth != 1 || table != sheet => {}
                        "table-row" => {
                            repeat_row = repeated(e, "number-rows-repeated");
                            column = 0;
                            if empty {
                                row = row.saturating_add(repeat_row);
                            }
                        }
                        "table-cell" | "covered-table-cell" => {
                            let found = Cell::of(e);
                            if empty {
                                each(Step::Cell(row, column, &found))?;
                                column = column.saturating_add(found.repeat);
                            } else {
                                (cell, paragraphs) = (Some(found), 0);
                            }
                        }
                        "annotation" if !empty => in_note += 1,
                        name => {
                            if let Some(cell) = cell.as_mut().filter(|_| in_note == 0) {
                                match name {
                                    "p" => {
                                        if paragraphs > 0 {
                                            cell.text.push('\n');
                                        }
                                        paragraphs += 1;
                                    }
                                    "s" => (0..repeated(e, "c").min(100)).for_each(|_| cell.text.push(' ')),
                                    "tab" => cell.text.push('\t'),
                                    "line-break" => cell.text.push('\n'),
                                    _ => {}
                                }
                            }
                        }
                    }
                }
                Event::End(e) => match e.local_name().as_ref() {
                    "table" if e.name().as_ref().starts_with("table:") => {
                        depth -= 1;
                        if depth == 0 {
                            if table == sheet {
                                return Ok(());
                            }
                            table += 1;
                        }
                    }
                    "annotation" => in_note = in_note.saturating_sub(1),
                    "table-cell" | "covered-table-cell" => {
                        if let Some(found) = cell.take() {
                            each(Step::Cell(row, column, &found))?;
                            column = column.saturating_add(found.repeat);
                        }
                    }
                    "table-row" if depth == 1 && table == sheet => {
                        each(Step::Row(row, repeat_row))?;
                        row = row.saturating_add(repeat_row);
                    }
                    _ => {}
                },
                Event::Eof => return Ok(()),
                _ => {
                    if let Some(cell) = cell.as_mut().filter(|_| in_note == 0 && paragraphs > 0) {
                        add_text(&event, &mut cell.text);
                    }
                }
            }
        }
    }
}

enum Step<'c> {
    /// Row, column, and what stands there.
    Cell(u32, u32, &'c Cell),
    /// The row has ended; how many there are of it.
    Row(u32, u32),
}

#[derive(Default)]
struct Cell {
    kind: String,
    value: String,
    formula: bool,
    text: String,
    repeat: u32,
    spans: (u32, u32),
}

impl Cell {
    fn of(e: &BytesStart<'_>) -> Cell {
        let mut cell = Cell { repeat: 1, spans: (1, 1), ..Cell::default() };
        for a in e.attributes().with_checks(false).flatten() {
            let number = || a.value.parse().unwrap_or(1).max(1);
            match a.key.as_ref() {
                "office:value-type" => cell.kind = a.value.into_owned(),
                "office:value" | "office:date-value" | "office:boolean-value" | "office:time-value" => {
                    cell.value = a.value.into_owned()
                }
                "table:formula" => cell.formula = true,
                "table:number-columns-repeated" => cell.repeat = number(),
                "table:number-columns-spanned" => cell.spans.1 = number(),
                "table:number-rows-spanned" => cell.spans.0 = number(),
                _ => {}
            }
        }
        cell
    }

    fn shown(&self) -> String {
        let text = self.text.trim();
        match (self.kind.as_str(), self.value.parse::<f64>()) {
            ("float" | "currency", Ok(number)) => {
                let digits = text.starts_with('0') && text.len() > 1 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
                let unit = text.ends_with(|c: char| c.is_alphabetic()) || text.ends_with('%');
                if digits || unit && !text.contains(['E', 'e']) { text.to_owned() } else { general(number) }
            }
            ("percentage", Ok(number)) => format!("{}%", general(number * 100.0)),
            ("date", _) => self.value.replace("T00:00:00", "").replace('T', " "),
            ("boolean", _) => self.value.to_ascii_uppercase(),
            ("", _) if self.formula && text.is_empty() => "=…".to_owned(),
            _ => self.text.clone(),
        }
    }
}

fn repeated(e: &BytesStart<'_>, name: &str) -> u32 {
    attribute(e, name).and_then(|n| n.parse().ok()).unwrap_or(1)
}

/// The tables, and which of them their style hides.
fn sheets(content: &str) -> io::Result<Vec<SheetName>> {
    let mut reader = Reader::from_str(content);
    reader.config_mut().check_end_names = false;
    let (mut style, mut hidden_styles): (String, Vec<String>) = (String::new(), Vec::new());
    let (mut sheets, mut depth) = (Vec::new(), 0);
    loop {
        match reader.read_event().map_err(broken)? {
            Event::Start(e) | Event::Empty(e) if e.name().as_ref() == "style:style" => {
                style = attribute(&e, "name").unwrap_or_default()
            }
            Event::Start(e) | Event::Empty(e)
                if e.name().as_ref() == "style:table-properties" && attribute(&e, "display").is_some_and(|d| d == "false") =>
            {
                hidden_styles.push(style.clone());
            }
            Event::Start(e) if e.name().as_ref() == "table:table" => {
                if depth == 0 {
                    let hidden = attribute(&e, "style-name").is_some_and(|s| hidden_styles.contains(&s));
                    sheets.push(SheetName { name: attribute(&e, "name").unwrap_or_default(), hidden });
                }
                depth += 1;
            }
            Event::End(e) if e.name().as_ref() == "table:table" => depth -= 1,
            Event::Eof => return Ok(sheets),
            _ => {}
        }
    }
}

/// First and last of the columns of a table that are hidden.
fn hidden_columns(content: &str, sheet: usize) -> io::Result<Vec<(u32, u32)>> {
    let mut reader = Reader::from_str(content);
    reader.config_mut().check_end_names = false;
    let (mut table, mut depth, mut column, mut hidden) = (0usize, 0u32, 0u32, Vec::new());
    loop {
        match reader.read_event().map_err(broken)? {
            Event::Start(e) if e.name().as_ref() == "table:table" => depth += 1,
            Event::End(e) if e.name().as_ref() == "table:table" => {
                depth = depth.saturating_sub(1);
                table += usize::from(depth == 0);
            }
            Event::Start(e) | Event::Empty(e) if depth == 1 && table == sheet && e.name().as_ref() == "table:table-column" => {
                let next = column.saturating_add(repeated(&e, "number-columns-repeated").max(1));
                if attribute(&e, "visibility").is_some_and(|how| how != "visible") {
                    hidden.push((column, next - 1));
                }
                column = next;
            }
            Event::Eof => return Ok(hidden),
            _ if table > sheet => return Ok(hidden),
            _ => {}
        }
    }
}

impl Workbook for Book {
    fn sheets(&self) -> &[SheetName] {
        &self.sheets
    }

    fn merges(&mut self, sheet: usize) -> io::Result<Vec<Merge>> {
        let mut merges = Vec::new();
        self.walk(sheet, &mut |step| {
            if let Step::Cell(row, column, cell) = step
                && cell.spans != (1, 1)
            {
                merges.push(Merge { rows: (row, row + cell.spans.0 - 1), columns: (column, column + cell.spans.1 - 1) });
            }
            Ok(())
        })?;
        Ok(merges)
    }

    fn hidden_columns(&mut self, sheet: usize) -> io::Result<Vec<(u32, u32)>> {
        hidden_columns(&self.content, sheet)
    }

    fn rows(&mut self, sheet: usize, each: &mut Each<'_>) -> io::Result<()> {
        let mut cells: Vec<Option<String>> = Vec::new();
        self.walk(sheet, &mut |step| {
            match step {
                Step::Cell(_, column, cell) => {
                    let shown = cell.shown();
                    if !shown.is_empty() {
                        let end = column.saturating_add(cell.repeat).min(MAX_COLUMNS);
                        (column..end).for_each(|at| put(&mut cells, at, shown.clone()));
                    }
                }
                Step::Row(row, repeat) => {
                    if !cells.is_empty() {
                        for at in row..row.saturating_add(repeat).min(MAX_ROWS) {
                            let mut again = cells.clone();
                            each(at, &mut again)?;
                        }
                        cells.clear();
                    }
                }
            }
            Ok(())
        })
    }
}
