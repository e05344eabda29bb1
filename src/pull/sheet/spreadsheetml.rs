//! Excel 2003 XML (SpreadsheetML): one XML file with all its sheets, usually named .xls or .xml.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::format::{NumberFormat, general};
use super::workbook::Each;
use super::workbook::{Merge, SheetName, Workbook, broken, put};
use super::xlsx::{add_text, attribute};
use crate::connector::Connector;
use crate::pull::decode::Utf8Reader;
use crate::pull::file::Capped;

#[derive(Default)]
struct Sheet {
    rows: Vec<(u32, Vec<Option<String>>)>,
    merges: Vec<Merge>,
    /// First and last of columns that are hidden.
    hidden: Vec<(u32, u32)>,
}

pub(super) struct Book {
    names: Vec<SheetName>,
    sheets: Vec<Sheet>,
}

/// A cell on its way: what it says before its text.
#[derive(Default)]
struct Cell {
    style: String,
    kind: String,
    text: String,
    formula: bool,
    has_data: bool,
}

impl Book {
    pub(super) fn open(path: &Path, connector: &Connector) -> io::Result<Book> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut text = String::new();
        let capped = Capped::new(file, connector.source.caps.clone(), move |_| length);
        Utf8Reader::open(capped, None)?.read_to_string(&mut text)?;
        Book::parse(&text)
    }

    fn parse(text: &str) -> io::Result<Book> {
        let mut book = Book { names: Vec::new(), sheets: Vec::new() };
        let mut formats: std::collections::HashMap<String, NumberFormat> = std::collections::HashMap::new();
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_end_names = false;
        let (mut style, mut row, mut column, mut next_column) = (String::new(), 0u32, 0u32, 0u32);
        let (mut cells, mut cell) = (Vec::new(), None::<Cell>);
        let (mut in_data, mut in_visible) = (false, false);
        loop {
            let event = reader.read_event().map_err(|e| at_place(&e, reader.buffer_position()))?;
            match &event {
                Event::DocType(_) => return Err(broken("DOCTYPE")),
                Event::Start(e) | Event::Empty(e) => {
                    let empty = matches!(event, Event::Empty(_));
                    match e.local_name().as_ref() {
                        "Style" => style = attribute(e, "ID").unwrap_or_default(),
                        "NumberFormat" => {
                            if let Some(code) = attribute(e, "Format") {
                                formats.insert(style.clone(), named(&code));
                            }
                        }
                        "Worksheet" => {
                            book.names.push(SheetName { name: attribute(e, "Name").unwrap_or_default(), hidden: false });
                            book.sheets.push(Sheet::default());
                            (row, next_column) = (0, 0);
                        }
                        "Column" => {
                            let first = index(e).unwrap_or(next_column);
                            let last = first
                                .saturating_add(attribute(e, "Span").and_then(|n| n.parse::<u16>().ok()).map_or(0, u32::from));
                            let is_hidden = attribute(e, "Hidden").is_some_and(|how| how == "1");
                            if let Some(sheet) = book.sheets.last_mut().filter(|_| is_hidden) {
                                sheet.hidden.push((first, last));
                            }
                            next_column = last.saturating_add(1);
                        }
                        "Row" => {
                            row = index(e).unwrap_or(row);
                            column = 0;
                            cells = Vec::new();
                            if empty {
                                row += 1;
                            }
                        }
                        "Cell" => {
                            column = index(e).unwrap_or(column);
                            let across = attribute(e, "MergeAcross").and_then(|n| n.parse::<u32>().ok()).unwrap_or(0);
                            let down = attribute(e, "MergeDown").and_then(|n| n.parse::<u32>().ok()).unwrap_or(0);
                            if let Some(sheet) = book.sheets.last_mut().filter(|_| across + down > 0) {
                                sheet.merges.push(Merge { rows: (row, row + down), columns: (column, column + across) });
                            }
                            let formula = attribute(e, "Formula").is_some();
                            let style = attribute(e, "StyleID").unwrap_or_default();
                            let found = Cell { style, formula, ..Cell::default() };
                            if empty {
                                put(&mut cells, column, found.shown(&formats));
                                column += across + 1;
                            } else {
                                cell = Some(found);
                            }
                        }
                        "Data" => {
                            if let Some(cell) = &mut cell {
                                cell.kind = attribute(e, "Type").unwrap_or_default();
                                (cell.has_data, in_data) = (true, !empty);
                            }
                        }
                        "Visible" => in_visible = !empty,
                        "Comment" => in_data = false,
                        _ => {}
                    }
                }
                Event::End(e) => match e.local_name().as_ref() {
                    "Data" => in_data = false,
                    "Visible" => in_visible = false,
                    "Cell" => {
                        if let Some(found) = cell.take() {
                            put(&mut cells, column, found.shown(&formats));
                        }
                        let sheet = book.sheets.last();
                        let merged = sheet.and_then(|s| s.merges.last()).filter(|m| m.rows.0 == row && m.columns.0 == column);
                        column = merged.map_or(column, |m| m.columns.1) + 1;
                    }
                    "Row" => {
                        if let Some(sheet) = book.sheets.last_mut().filter(|_| !cells.is_empty()) {
                            sheet.rows.push((row, std::mem::take(&mut cells)));
                        }
                        row += 1;
                    }
                    _ => {}
                },
                Event::Eof => return Ok(book),
                event if in_data => {
                    if let Some(cell) = &mut cell {
                        add_text(event, &mut cell.text);
                    }
                }
                Event::Text(text) if in_visible => {
                    if let Some(name) = book.names.last_mut() {
                        name.hidden = text.contains("Hidden");
                    }
                }
                _ => {}
            }
        }
    }
}

fn at_place(error: &quick_xml::Error, byte: u64) -> io::Error {
    broken(format!("{error} ({byte})"))
}

/// `ss:Index`, counted from 1.
fn index(e: &BytesStart<'_>) -> Option<u32> {
    attribute(e, "Index")?.parse::<u32>().ok()?.checked_sub(1)
}

/// A format by its name or by its code.
fn named(code: &str) -> NumberFormat {
    match code {
        "General" | "General Number" | "Fixed" | "Standard" | "Currency" | "Euro Currency" | "Scientific" | "@" => {
            NumberFormat::General
        }
        "Percent" => NumberFormat::of("0%"),
        "Short Date" | "General Date" | "Long Date" | "Medium Date" | "Short Time" | "Long Time" | "Medium Time" => {
            NumberFormat::Date
        }
        code => NumberFormat::of(code),
    }
}

impl Cell {
    fn shown(&self, formats: &std::collections::HashMap<String, NumberFormat>) -> String {
        if self.text.is_empty() {
            return if self.formula && !(self.has_data && self.kind == "String") { "=…".into() } else { String::new() };
        }
        match (self.kind.as_str(), self.text.trim().parse::<f64>()) {
            ("Number", Ok(number)) => match formats.get(&self.style) {
                Some(format) => format.show(number, false),
                None => general(number),
            },
            ("DateTime", _) => self.text.replace("T00:00:00.000", "").replace("T00:00:00", "").replace('T', " "),
            ("Boolean", _) => if self.text.trim() == "1" { "TRUE" } else { "FALSE" }.to_owned(),
            _ => self.text.clone(),
        }
    }
}

impl Workbook for Book {
    fn sheets(&self) -> &[SheetName] {
        &self.names
    }

    fn merges(&mut self, sheet: usize) -> io::Result<Vec<Merge>> {
        Ok(self.sheets[sheet].merges.clone())
    }

    fn hidden_columns(&mut self, sheet: usize) -> io::Result<Vec<(u32, u32)>> {
        Ok(self.sheets[sheet].hidden.clone())
    }

    fn rows(&mut self, sheet: usize, each: &mut Each<'_>) -> io::Result<()> {
        self.sheets[sheet].rows.iter().try_for_each(|(at, cells)| each(*at, &mut cells.clone()))
    }
}
