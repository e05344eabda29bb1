//! XLSX and XLSM, read part by part: which sheets there are, texts and number formats once, then the cells of a sheet one
//! after the other. Read by ourselves, and not by a library, for what a library of values drops: formulas without a stored
//! result, and the number format that makes 0610 of 610 (ECMA-376 part 1, 18.3 and 18.8).

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::format::{NumberFormat, general};
use super::workbook::Each;
use super::workbook::{MAX_COLUMNS, Merge, SheetName, Workbook, broken, put};
use crate::connector::Caps;
use crate::pull::xlsx::{capped_entry, zip_error};

pub(super) struct Book {
    archive: zip::ZipArchive<BufReader<File>>,
    caps: Caps,
    sheets: Vec<SheetName>,
    /// Where each sheet's cells are.
    parts: Vec<String>,
    strings: Strings,
    formats: Vec<NumberFormat>,
    from_1904: bool,
    hidden_rows: u64,
    /// The sheet that was read last, as its text: asked for its merged cells first, then for its rows.
    open: Option<(usize, String)>,
}

/// The workbook's table of texts, one behind the other.
#[derive(Default)]
struct Strings {
    text: String,
    ends: Vec<usize>,
}

impl Strings {
    fn get(&self, at: usize) -> Option<&str> {
        let begin = if at == 0 { 0 } else { *self.ends.get(at - 1)? };
        self.text.get(begin..*self.ends.get(at)?)
    }
}

impl Book {
    pub(super) fn open(path: &Path, caps: &Caps) -> io::Result<Book> {
        let mut archive = zip::ZipArchive::new(BufReader::new(File::open(path)?)).map_err(zip_error)?;
        crate::pull::xlsx::check_entries(&mut archive, caps)?;
        let mut book = Book {
            archive,
            caps: caps.clone(),
            sheets: Vec::new(),
            parts: Vec::new(),
            strings: Strings::default(),
            formats: Vec::new(),
            from_1904: false,
            hidden_rows: 0,
            open: None,
        };
        let root = book.relations("_rels/.rels")?;
        let workbook =
            root.iter().find(|r| r.kind.ends_with("/officeDocument")).map_or("xl/workbook.xml".into(), |r| target("", &r.target));
        let folder = workbook.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let file = workbook.rsplit('/').next().unwrap_or_default();
        let relations = book.relations(&format!("{folder}/_rels/{file}.rels"))?;
        book.workbook(&workbook, &folder, &relations)?;
        let part = |kind: &str| relations.iter().find(|r| r.kind.ends_with(kind)).map(|r| target(&folder, &r.target));
        if let Some(styles) = part("/styles")
            && let Some(text) = book.part(&styles)?
        {
            book.formats = formats(&text)?;
        }
        if let Some(strings) = part("/sharedStrings")
            && let Some(text) = book.part(&strings)?
        {
            book.strings = shared_strings(&text)?;
        }
        Ok(book)
    }

    /// A part's text; None where there is none. Names are compared without case, as Windows does.
    fn part(&mut self, name: &str) -> io::Result<Option<String>> {
        let at = match self.archive.index_for_name(name) {
            Some(at) => at,
            None => {
                let same = |n: &String| n.replace('\\', "/").eq_ignore_ascii_case(name);
                let found = self.archive.file_names().flatten().map(|n| n.into_owned()).find(same);
                match found.and_then(|n| self.archive.index_for_name(&n)) {
                    Some(at) => at,
                    None => return Ok(None),
                }
            }
        };
        let entry = self.archive.by_index(at).map_err(zip_error)?;
        let mut bytes = Vec::with_capacity(entry.size().min(256 << 20) as usize);
        capped_entry(entry, &self.caps).read_to_end(&mut bytes)?;
        if simdutf8::basic::from_utf8(&bytes).is_ok() {
            let text = String::from_utf8(bytes).expect("checked");
            return Ok(Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)));
        }
        let mut text = String::new();
        crate::pull::decode::Utf8Reader::open(bytes.as_slice(), None)?.read_to_string(&mut text)?;
        Ok(Some(text))
    }

    fn relations(&mut self, name: &str) -> io::Result<Vec<Relation>> {
        let Some(text) = self.part(name)? else { return Ok(Vec::new()) };
        let mut relations = Vec::new();
        each_element(&text, |e| {
            if e.local_name().as_ref() == "Relationship" {
                let value = |name: &str| attribute(e, name).unwrap_or_default();
                relations.push(Relation { id: value("Id"), kind: value("Type"), target: value("Target") });
            }
        })?;
        Ok(relations)
    }

    fn workbook(&mut self, name: &str, folder: &str, relations: &[Relation]) -> io::Result<()> {
        let Some(text) = self.part(name)? else { return Err(broken("xl/workbook.xml")) };
        let (mut sheets, mut from_1904) = (Vec::new(), false);
        each_element(&text, |e| match e.local_name().as_ref() {
            "workbookPr" => from_1904 = attribute(e, "date1904").is_some_and(|v| v == "1" || v == "true"),
            "sheet" => {
                let hidden = attribute(e, "state").is_some_and(|s| s != "visible");
                let id = attribute(e, "id").unwrap_or_default();
                // Sheets of charts and macros have no cells.
                let sheet = relations.iter().find(|r| r.id == id && r.kind.ends_with("/worksheet"));
                if let Some(relation) = sheet {
                    let name = SheetName { name: attribute(e, "name").unwrap_or_default(), hidden };
                    sheets.push((name, target(folder, &relation.target)));
                }
            }
            _ => {}
        })?;
        self.from_1904 = from_1904;
        (self.sheets, self.parts) = sheets.into_iter().unzip();
        Ok(())
    }

    fn text_of(&mut self, sheet: usize) -> io::Result<String> {
        match self.open.take() {
            Some((at, text)) if at == sheet => Ok(text),
            _ => {
                let part = self.parts[sheet].clone();
                Ok(self.part(&part)?.unwrap_or_default())
            }
        }
    }
}

struct Relation {
    id: String,
    kind: String,
    target: String,
}

/// The part that a relation of a part in `folder` leads to.
fn target(folder: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut steps: Vec<&str> = folder.split('/').filter(|s| !s.is_empty()).collect();
    for step in target.split('/') {
        match step {
            ".." => drop(steps.pop()),
            "." | "" => {}
            step => steps.push(step),
        }
    }
    steps.join("/")
}

/// An attribute by its local name, unescaped.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = element.attributes();
    let found = attributes.with_checks(false).flatten().find(|a| a.key.local_name().as_ref() == name)?;
    match found.value.contains('&') {
        true => found.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok().map(|v| v.into_owned()),
        false => Some(found.value.into_owned()),
    }
}

fn each_element(text: &str, mut each: impl FnMut(&BytesStart<'_>)) -> io::Result<()> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    loop {
        match reader.read_event().map_err(broken)? {
            Event::Start(e) | Event::Empty(e) => each(&e),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

fn formats(text: &str) -> io::Result<Vec<NumberFormat>> {
    let mut own: std::collections::HashMap<u32, NumberFormat> = std::collections::HashMap::new();
    let mut styles = Vec::new();
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    let mut in_styles = false;
    loop {
        match reader.read_event().map_err(broken)? {
            Event::Start(e) | Event::Empty(e) => match e.local_name().as_ref() {
                "numFmt" => {
                    if let (Some(id), Some(code)) =
                        (attribute(&e, "numFmtId").and_then(|i| i.parse().ok()), attribute(&e, "formatCode"))
                    {
                        own.insert(id, NumberFormat::of(&code));
                    }
                }
                "cellXfs" => in_styles = true,
                "xf" if in_styles => {
                    let id: u32 = attribute(&e, "numFmtId").and_then(|i| i.parse().ok()).unwrap_or(0);
                    let format = own.get(&id).cloned().or_else(|| NumberFormat::built_in(id));
                    styles.push(format.unwrap_or(NumberFormat::General));
                }
                _ => {}
            },
            Event::End(e) if e.local_name().as_ref() == "cellXfs" => in_styles = false,
            Event::Eof => return Ok(styles),
            _ => {}
        }
    }
}

fn shared_strings(text: &str) -> io::Result<Strings> {
    let mut strings = Strings { text: String::with_capacity(text.len() / 2), ends: Vec::new() };
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    // Texts in phonetic runs (rPh) say how the others are pronounced.
    let (mut in_text, mut in_phonetic, mut from) = (false, false, 0);
    // Runs that are struck through were taken out by hand, where others of the same cell are not: ~~9~~10 is 10.
    let (mut struck, mut run, mut out) = (false, 0, Vec::new());
    loop {
        match reader.read_event().map_err(broken)? {
            Event::Start(e) => match e.local_name().as_ref() {
                "t" => in_text = !in_phonetic,
                "rPh" => in_phonetic = true,
                "si" => (from, out) = (strings.text.len(), Vec::new()),
                "r" => (struck, run) = (false, strings.text.len()),
                "strike" => struck = is_on(&e),
                _ => {}
            },
            Event::End(e) => match e.local_name().as_ref() {
                "t" => in_text = false,
                "rPh" => in_phonetic = false,
                "r" if struck => out.push(run..strings.text.len()),
                "si" => {
                    let gone: usize = out.iter().map(|r: &std::ops::Range<usize>| r.len()).sum();
                    if gone < strings.text.len() - from {
                        out.drain(..).rev().for_each(|r| strings.text.replace_range(r, ""));
                    }
                    unescape_from(&mut strings.text, from);
                    strings.ends.push(strings.text.len());
                }
                _ => {}
            },
            Event::Empty(e) if e.local_name().as_ref() == "strike" => struck = is_on(&e),
            Event::Empty(e) if e.local_name().as_ref() == "si" => strings.ends.push(strings.text.len()),
            event => {
                if in_text {
                    add_text(&event, &mut strings.text);
                }
                if matches!(event, Event::Eof) {
                    return Ok(strings);
                }
            }
        }
    }
}

/// Whether a property that stands alone is meant: `<strike/>`, and not `<strike val="0"/>`.
fn is_on(element: &BytesStart<'_>) -> bool {
    !matches!(attribute(element, "val").as_deref(), Some("0" | "false"))
}

/// Appends what an event says, where it is text.
pub(super) fn add_text(event: &Event<'_>, out: &mut String) {
    match event {
        Event::Text(text) => out.push_str(text),
        Event::CData(data) => out.push_str(data),
        Event::GeneralRef(reference) => match reference.resolve_char_ref() {
            Ok(Some(c)) => out.push(c),
            _ => match quick_xml::escape::resolve_predefined_entity(reference) {
                Some(text) => out.push_str(text),
                None => {
                    out.push('&');
                    out.push_str(reference);
                    out.push(';');
                }
            },
        },
        _ => {}
    }
}

/// Excel writes signs that XML cannot hold as `_x000D_`.
fn unescape_from(text: &mut String, from: usize) {
    if !text[from..].contains("_x") {
        return;
    }
    let old = text.split_off(from);
    let mut rest = old.as_str();
    while let Some(at) = rest.find("_x") {
        let code = rest.get(at + 2..at + 6).filter(|_| rest.as_bytes().get(at + 6) == Some(&b'_'));
        match code.and_then(|c| u32::from_str_radix(c, 16).ok()).and_then(char::from_u32) {
            Some(c) => {
                text.push_str(&rest[..at]);
                text.push(c);
                rest = &rest[at + 7..];
            }
            None => {
                text.push_str(&rest[..at + 2]);
                rest = &rest[at + 2..];
            }
        }
    }
    text.push_str(rest);
}

impl Workbook for Book {
    fn sheets(&self) -> &[SheetName] {
        &self.sheets
    }

    fn merges(&mut self, sheet: usize) -> io::Result<Vec<Merge>> {
        let text = self.text_of(sheet)?;
        let mut merges = Vec::new();
        // They stand behind the cells.
        if let Some(at) = memchr::memmem::rfind(text.as_bytes(), b"</sheetData>")
            .or_else(|| memchr::memmem::rfind(text.as_bytes(), b":sheetData>"))
        {
            let mut tail = &text[at..];
            while let Some(found) = tail.find("mergeCell ") {
                tail = &tail[found + 10..];
                let element = tail.split('>').next().unwrap_or_default();
                let range = element
                    .split_once("ref=")
                    .and_then(|(_, r)| r.get(1..))
                    .map(|r| r.split(['"', '\'']).next().unwrap_or_default());
                merges.extend(range.and_then(merge));
            }
        }
        self.open = Some((sheet, text));
        Ok(merges)
    }

    fn asides(&mut self, sheet: usize) -> io::Result<Vec<String>> {
        let text = self.text_of(sheet)?;
        // Behind the cells.
        let tail = &text[memchr::memmem::rfind(text.as_bytes(), b"sheetData").unwrap_or(text.len())..];
        let inside = |name: &str| {
            let (_, rest) = tail.split_once(&format!("<{name}>"))?;
            rest.split('<').next().map(str::to_owned)
        };
        let found = ["oddHeader", "oddFooter", "firstHeader"].into_iter().filter_map(inside).collect();
        self.open = Some((sheet, text));
        Ok(found)
    }

    fn hidden_columns(&mut self, sheet: usize) -> io::Result<Vec<(u32, u32)>> {
        let text = self.text_of(sheet)?;
        let mut columns = Vec::new();
        // They stand in front of the cells.
        let mut rest = &text[..memchr::memmem::find(text.as_bytes(), b"sheetData").unwrap_or(0)];
        while let Some(found) = rest.find("col ") {
            rest = &rest[found + 4..];
            let element = rest.split('>').next().unwrap_or_default();
            let value = |name: &str| element.split_once(&format!("{name}=\"")).and_then(|(_, v)| v.split('"').next());
            let number = |name: &str| value(name).and_then(|v| v.parse::<u32>().ok()).and_then(|n| n.checked_sub(1));
            if matches!(value("hidden"), Some("1" | "true"))
                && let (Some(first), Some(last)) = (number("min"), number("max"))
            {
                columns.push((first, last));
            }
        }
        self.open = Some((sheet, text));
        Ok(columns)
    }

    fn hidden_rows(&self) -> u64 {
        self.hidden_rows
    }

    fn rows(&mut self, sheet: usize, each: &mut Each<'_>) -> io::Result<()> {
        let text = self.text_of(sheet)?;
        let cells = Cells { strings: &self.strings, formats: &self.formats, from_1904: self.from_1904 };
        let mut hidden = 0;
        let read = cells.read(&text, each, &mut hidden);
        self.hidden_rows = hidden;
        self.open = Some((sheet, text));
        read
    }
}

/// `A1:B3`.
fn merge(range: &str) -> Option<Merge> {
    let (from, to) = range.split_once(':')?;
    let (a, b) = (place(from)?, place(to)?);
    Some(Merge { rows: (a.0, b.0), columns: (a.1, b.1) })
}

/// Row and column of `B3`, counted from 0.
fn place(reference: &str) -> Option<(u32, u32)> {
    let (mut row, mut column) = (0u32, 0u32);
    for b in reference.bytes() {
        match b {
            b'A'..=b'Z' => column = column.checked_mul(26)?.checked_add(u32::from(b - b'A') + 1)?,
            b'a'..=b'z' => column = column.checked_mul(26)?.checked_add(u32::from(b - b'a') + 1)?,
            b'0'..=b'9' => row = row.checked_mul(10)?.checked_add(u32::from(b - b'0'))?,
            b'$' => {}
            _ => return None,
        }
    }
    Some((row.checked_sub(1)?, column.checked_sub(1)?))
}

struct Cells<'b> {
    strings: &'b Strings,
    formats: &'b [NumberFormat],
    from_1904: bool,
}

/// The attributes of a cell.
#[derive(Clone, Copy, PartialEq)]
enum CellKind {
    Number,
    Shared,
    Text,
    Inline,
    Flag,
    Error,
    Day,
}

impl Cells<'_> {
    fn read(&self, text: &str, each: &mut Each<'_>, hidden: &mut u64) -> io::Result<()> {
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_end_names = false;
        let mut cells: Vec<Option<String>> = Vec::new();
        let (mut row, mut next_row, mut column, mut is_hidden) = (0u32, 0u32, 0u32, false);
        let (mut kind, mut style) = (CellKind::Number, 0usize);
        let (mut value, mut formula) = (String::new(), None::<String>);
        // What the text between tags belongs to: nothing, the value, or the formula.
        let (mut into_value, mut into_formula, mut in_cells, mut in_phonetic) = (false, false, false, false);
        loop {
            let event = reader.read_event().map_err(broken)?;
            match &event {
                Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) => {
                    if into_value {
                        add_text(&event, &mut value);
                    } else if into_formula && let Some(formula) = &mut formula {
                        add_text(&event, formula);
                    }
                }
                Event::Start(e) => match e.local_name().as_ref() {
                    "c" if in_cells => {
                        let described = describe(e, &mut column);
                        (kind, style) = (described.0, described.1);
                        value.clear();
                        formula = None;
                    }
                    "v" => into_value = true,
                    "t" => into_value = kind == CellKind::Inline && !in_phonetic,
                    "f" => {
                        formula = Some(String::new());
                        into_formula = true;
                    }
                    "rPh" => in_phonetic = true,
                    "row" if in_cells => {
                        row = row_number(e).unwrap_or(next_row);
                        (next_row, column) = (row + 1, 0);
                        is_hidden = e.attributes_raw().contains("hidden=\"1\"");
                        cells.clear();
                    }
                    "sheetData" => in_cells = true,
                    _ => {}
                },
                Event::Empty(e) => match e.local_name().as_ref() {
                    "c" if in_cells => {
                        describe(e, &mut column);
                        column += 1;
                    }
                    "f" => formula = Some(String::new()),
                    "row" if in_cells => next_row = row_number(e).unwrap_or(next_row) + 1,
                    _ => {}
                },
                Event::End(e) => match e.local_name().as_ref() {
                    "v" | "t" => into_value = false,
                    "f" => into_formula = false,
                    "rPh" => in_phonetic = false,
                    "c" if in_cells => {
                        if column < MAX_COLUMNS {
                            let shown = match (&formula, value.is_empty()) {
                                // No result was stored; a formula that gave an empty text has one.
                                (Some(formula), true) if kind != CellKind::Text => {
                                    format!("={}", if formula.is_empty() { "…" } else { formula })
                                }
                                _ => self.show(kind, style, &mut value),
                            };
                            put(&mut cells, column, shown);
                        }
                        column += 1;
                    }
                    "row" if in_cells && !cells.is_empty() => {
                        *hidden += u64::from(is_hidden);
                        each(row, &mut cells)?;
                    }
                    "sheetData" => return Ok(()),
                    _ => {}
                },
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    fn show(&self, kind: CellKind, style: usize, value: &mut String) -> String {
        if value.is_empty() {
            return String::new();
        }
        let shown = self.shown(kind, style, value);
        let of_texts = matches!(kind, CellKind::Shared | CellKind::Text | CellKind::Inline);
        let framed = self.formats.get(style).filter(|_| of_texts && !shown.is_empty()).and_then(|f| f.show_text(&shown));
        framed.unwrap_or(shown)
    }

    fn shown(&self, kind: CellKind, style: usize, value: &mut String) -> String {
        match kind {
            CellKind::Shared => value.trim().parse().ok().and_then(|at| self.strings.get(at)).unwrap_or_default().to_owned(),
            CellKind::Flag => if value.trim() == "1" { "TRUE" } else { "FALSE" }.to_owned(),
            CellKind::Number => match value.trim().parse::<f64>() {
                Ok(number) => match self.formats.get(style) {
                    None | Some(NumberFormat::General) => self.plain(number, value),
                    Some(format) => format.show(number, self.from_1904),
                },
                Err(_) => std::mem::take(value),
            },
            CellKind::Day => std::mem::take(value).replace("T00:00:00", "").replace('T', " "),
            CellKind::Text | CellKind::Inline | CellKind::Error => {
                unescape_from(value, 0);
                std::mem::take(value)
            }
        }
    }

    /// A whole number as it stands in the file, which is how nearly all do.
    fn plain(&self, number: f64, written: &str) -> String {
        let written = written.trim();
        match written.len() <= 15 && written.bytes().all(|b| b.is_ascii_digit()) && !written.starts_with('0') {
            true => written.to_owned(),
            false => general(number),
        }
    }
}

fn row_number(e: &BytesStart<'_>) -> Option<u32> {
    let mut attributes = e.attributes();
    let found = attributes.with_checks(false).flatten().find(|a| a.key.as_ref() == "r")?;
    found.value.parse::<u32>().ok()?.checked_sub(1)
}

/// Kind and style of a cell; `column` becomes its place where it says one.
fn describe(e: &BytesStart<'_>, column: &mut u32) -> (CellKind, usize) {
    let (mut kind, mut style) = (CellKind::Number, 0);
    for a in e.attributes().with_checks(false).flatten() {
        match a.key.as_ref() {
            "r" => {
                if let Some((_, at)) = place(&a.value) {
                    *column = at;
                }
            }
            "s" => style = a.value.parse().unwrap_or(0),
            "t" => {
                kind = match a.value.as_ref() {
                    "s" => CellKind::Shared,
                    "str" => CellKind::Text,
                    "inlineStr" => CellKind::Inline,
                    "b" => CellKind::Flag,
                    "e" => CellKind::Error,
                    "d" => CellKind::Day,
                    _ => CellKind::Number,
                }
            }
            _ => {}
        }
    }
    (kind, style)
}
