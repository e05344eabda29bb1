//! XLS and ET (BIFF5 and BIFF8): values by the library, number formats and formulas without a result by a look at the records
//! that it drops ([MS-XLS] 2.4).

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use calamine::{Data, Reader, SheetType, SheetVisible, Xls};

use super::format::{NumberFormat, general};
use super::workbook::Each;
use super::workbook::{MAX_COLUMNS, Merge, SheetName, Workbook, broken, locked, put};
use crate::connector::Caps;
use crate::pull::error::said;

pub(super) struct Book {
    book: Xls<BufReader<File>>,
    sheets: Vec<SheetName>,
    looks: Vec<Look>,
    formats: Vec<NumberFormat>,
    from_1904: bool,
    hidden_rows: u64,
}

/// What the library does not tell of a sheet.
#[derive(Default)]
struct Look {
    /// The style of each number that has one worth knowing.
    styles: HashMap<(u32, u32), u16>,
    /// Formulas whose result is an empty text.
    blank: HashSet<(u32, u32)>,
    /// Formulas with any other result.
    calculated: u64,
    /// Cells with a value, and the corners of the rectangle around them.
    cells: u64,
    corners: Option<((u32, u32), (u32, u32))>,
    /// First and last of columns that are hidden.
    hidden_columns: Vec<(u32, u32)>,
    hidden_rows: HashSet<u32>,
}

/// Cells that a sheet's rectangle may always have: the library keeps all of them in memory, empty ones too.
const FREE_CELLS: u64 = 4_000_000;
/// Beyond that, empty cells to every filled one.
const EMPTY_TO_FILLED: u64 = 20;

impl Look {
    fn value(&mut self, row: u32, columns: (u32, u32)) {
        self.cells += u64::from(columns.1 - columns.0) + 1;
        let ((top, left), (bottom, right)) = self.corners.unwrap_or(((row, columns.0), (row, columns.1)));
        self.corners = Some(((top.min(row), left.min(columns.0)), (bottom.max(row), right.max(columns.1))));
    }

    /// How many cells a sheet's rectangle has, where that is out of all proportion to those that are filled.
    fn mostly_empty(&self) -> Option<u64> {
        let ((top, left), (bottom, right)) = self.corners?;
        let area = u64::from(bottom - top + 1) * u64::from(right - left + 1);
        (area > FREE_CELLS && area > self.cells.saturating_mul(EMPTY_TO_FILLED)).then_some(area)
    }
}

impl Book {
    pub(super) fn open(path: &Path, caps: &Caps) -> io::Result<Book> {
        let stream = workbook_stream(path, caps)?;
        let (looks, formats, from_1904) = look(&stream)?;
        drop(stream);
        if let Some((sheet, area)) = looks.iter().enumerate().find_map(|(at, look)| Some((at, look.mostly_empty()?))) {
            let filled = looks[sheet].cells;
            return Err(said(
                io::ErrorKind::InvalidData,
                format!(
                    "第 {} 张工作表的已用区域有 {area} 格，其中只有 {filled} 格有内容；请删除表格之外零星的单元格，或另存为 xlsx",
                    sheet + 1
                ),
                format!(
                    "sheet {} uses {area} cells of which {filled} are filled: delete the stray cells beyond the table, or save it as xlsx",
                    sheet + 1
                ),
            ));
        }
        let file = BufReader::new(File::open(path)?);
        // The library trusts lengths that a damaged file gets wrong.
        let opened = catch_unwind(AssertUnwindSafe(|| Xls::new(file))).map_err(|_| damaged())?;
        let book = match opened {
            Ok(book) => book,
            Err(calamine::XlsError::Password) => return Err(locked()),
            Err(e) => return Err(broken(e)),
        };
        let kept = |s: &&calamine::Sheet| s.typ == SheetType::WorkSheet;
        let sheets = book.sheets_metadata().iter().filter(kept);
        let sheets = sheets.map(|s| SheetName { name: s.name.clone(), hidden: s.visible != SheetVisible::Visible }).collect();
        Ok(Book { book, sheets, looks, formats, from_1904, hidden_rows: 0 })
    }
}

fn damaged() -> io::Error {
    said(
        io::ErrorKind::InvalidData,
        "工作簿已损坏；请在 Excel/WPS 中打开并另存为 xlsx",
        "the workbook is damaged: open it in Excel or WPS and save it as xlsx",
    )
}

/// The stream of records inside the compound file.
fn workbook_stream(path: &Path, caps: &Caps) -> io::Result<Vec<u8>> {
    let mut file = cfb::open(path).map_err(broken)?;
    let name = ["/Workbook", "/Book", "/WORKBOOK", "/BOOK"].into_iter().find(|n| file.is_stream(n));
    let Some(name) = name else { return Err(broken("no stream \"Workbook\"")) };
    let mut bytes = Vec::new();
    file.open_stream(name)?.take(caps.bytes).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The records of a stream: kind and content.
struct Records<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Iterator for Records<'b> {
    type Item = (u16, &'b [u8]);
    fn next(&mut self) -> Option<(u16, &'b [u8])> {
        let head = self.bytes.get(self.at..self.at + 4)?;
        let length = usize::from(u16::from_le_bytes([head[2], head[3]]));
        let content = self.bytes.get(self.at + 4..self.at + 4 + length)?;
        self.at += 4 + length;
        Some((u16::from_le_bytes([head[0], head[1]]), content))
    }
}

fn two(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn look(stream: &[u8]) -> io::Result<(Vec<Look>, Vec<NumberFormat>, bool)> {
    let mut own: HashMap<u16, NumberFormat> = HashMap::new();
    let mut styles: Vec<u16> = Vec::new();
    let mut offsets: Vec<usize> = Vec::new();
    let mut from_1904 = false;
    for (kind, content) in (Records { bytes: stream, at: 0 }) {
        match kind {
            0x002F => return Err(locked()),
            0x0022 => from_1904 = two(content, 0) == Some(1),
            0x0085 if content.get(5) == Some(&0) => {
                offsets.extend(content.get(..4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize));
            }
            0x041E => {
                if let (Some(id), Some(code)) = (two(content, 0), format_code(content)) {
                    own.insert(id, NumberFormat::of(&code));
                }
            }
            0x00E0 => styles.extend(two(content, 2)),
            0x000A => break,
            _ => {}
        }
    }
    let formats: Vec<NumberFormat> = styles
        .iter()
        .map(|id| own.get(id).cloned().or_else(|| NumberFormat::built_in(u32::from(*id))).unwrap_or(NumberFormat::General))
        .collect();
    let worth = |style: u16| formats.get(usize::from(style)).is_some_and(|f| *f != NumberFormat::General);
    let looks = offsets.into_iter().map(|at| sheet(Records { bytes: stream, at }, &worth)).collect();
    Ok((looks, formats, from_1904))
}

/// A format's code: in BIFF8 two bytes of length and a sign of width, in BIFF5 one byte of length.
fn format_code(content: &[u8]) -> Option<String> {
    let length = usize::from(two(content, 2)?);
    let wide = *content.get(4)?;
    if wide <= 1 && content.len() >= 5 + length * (1 + usize::from(wide)) {
        let text = &content[5..5 + length * (1 + usize::from(wide))];
        return Some(match wide {
            0 => text.iter().map(|b| char::from(*b)).collect(),
            _ => encoding_rs::UTF_16LE.decode_without_bom_handling(text).0.into_owned(),
        });
    }
    let length = usize::from(*content.get(2)?);
    Some(encoding_rs::GB18030.decode_without_bom_handling(content.get(3..3 + length)?).0.into_owned())
}

fn sheet(records: Records<'_>, worth: &dyn Fn(u16) -> bool) -> Look {
    let mut look = Look::default();
    let mut depth = 0;
    for (kind, content) in records {
        // Charts inside a sheet are streams of their own.
        match kind {
            0x0809 => depth += 1,
            0x000A => {
                depth -= 1;
                if depth <= 0 {
                    break;
                }
            }
            _ => {}
        }
        if depth != 1 {
            continue;
        }
        let place = || Some((u32::from(two(content, 0)?), u32::from(two(content, 2)?)));
        match kind {
            // Numbers, formulas, texts, flags: what the library keeps. Blank cells with a format are none.
            0x0203 | 0x027E | 0x0006 | 0x00FD | 0x0204 | 0x00D6 | 0x0205 => {
                if let Some((row, column)) = place() {
                    look.value(row, (column, column));
                }
            }
            0x00BD => {
                if let (Some((row, first)), cells) = (place(), content.len().saturating_sub(6) / 6) {
                    look.value(row, (first, first + (cells as u32).saturating_sub(1)));
                }
            }
            _ => {}
        }
        match kind {
            // ColInfo and Row: hidden by a flag, or as wide as nothing.
            0x007D => {
                let is_hidden = two(content, 8).is_some_and(|flags| flags & 1 != 0) || two(content, 4) == Some(0);
                if let (Some(first), Some(last), true) = (two(content, 0), two(content, 2), is_hidden) {
                    look.hidden_columns.push((first.into(), last.into()));
                }
            }
            0x0208 if two(content, 12).is_some_and(|flags| flags & 0x20 != 0) => {
                look.hidden_rows.extend(two(content, 0).map(u32::from));
            }
            0x0203 | 0x027E | 0x0006 => {
                let (Some(place), Some(style)) = (place(), two(content, 4)) else { continue };
                if worth(style) {
                    look.styles.insert(place, style);
                }
                if kind == 0x0006 {
                    match content.get(6..14) {
                        Some([3, .., 0xFF, 0xFF]) => drop(look.blank.insert(place)),
                        _ => look.calculated += 1,
                    }
                }
            }
            0x00BD => {
                let Some((row, first)) = place() else { continue };
                let cells = content.get(4..content.len().saturating_sub(2)).unwrap_or_default();
                for (i, cell) in cells.chunks_exact(6).enumerate() {
                    let style = u16::from_le_bytes([cell[0], cell[1]]);
                    if worth(style) {
                        look.styles.insert((row, first + i as u32), style);
                    }
                }
            }
            _ => {}
        }
    }
    look
}

impl Workbook for Book {
    fn sheets(&self) -> &[SheetName] {
        &self.sheets
    }

    fn merges(&mut self, sheet: usize) -> io::Result<Vec<Merge>> {
        let found = self.book.merge_cells_by_sheet_name(&self.sheets[sheet].name).unwrap_or_default();
        Ok(found.into_iter().map(|d| Merge { rows: (d.start.0, d.end.0), columns: (d.start.1, d.end.1) }).collect())
    }

    fn hidden_columns(&mut self, sheet: usize) -> io::Result<Vec<(u32, u32)>> {
        Ok(self.looks.get(sheet).map(|look| look.hidden_columns.clone()).unwrap_or_default())
    }

    fn hidden_rows(&self) -> u64 {
        self.hidden_rows
    }

    fn rows(&mut self, sheet: usize, each: &mut Each<'_>) -> io::Result<()> {
        self.hidden_rows = 0;
        let name = self.sheets[sheet].name.clone();
        let range =
            catch_unwind(AssertUnwindSafe(|| self.book.worksheet_range(&name))).map_err(|_| damaged())?.map_err(broken)?;
        let Some((top, left)) = range.start() else { return Ok(()) };
        let empty = Look::default();
        let look = self.looks.get(sheet).unwrap_or(&empty);
        // A program that wrote formulas without calculating any of them left every result an empty text.
        let uncalculated = look.calculated == 0;
        let (mut cells, mut hidden_rows) = (Vec::new(), 0);
        for (i, row) in range.rows().enumerate() {
            let at = top + i as u32;
            cells.clear();
            for (j, value) in row.iter().enumerate().take(MAX_COLUMNS as usize) {
                let place = (at, left + j as u32);
                let shown = match value {
                    Data::Empty => continue,
                    Data::String(text) if text.is_empty() && uncalculated && look.blank.contains(&place) => "=…".to_owned(),
                    Data::String(text) => self.text(text, look.styles.get(&place)),
                    Data::Bool(flag) => if *flag { "TRUE" } else { "FALSE" }.to_owned(),
                    Data::Error(error) => error.to_string(),
                    Data::Int(n) => self.number(*n as f64, look.styles.get(&place)),
                    Data::Float(n) => self.number(*n, look.styles.get(&place)),
                    Data::DateTime(day) => match look.styles.get(&place) {
                        Some(style) => self.number(day.as_f64(), Some(style)),
                        None => NumberFormat::Date.show(day.as_f64(), self.from_1904),
                    },
                    Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
                };
                put(&mut cells, place.1, shown);
            }
            if !cells.is_empty() {
                hidden_rows += u64::from(look.hidden_rows.contains(&at));
                each(at, &mut cells)?;
            }
        }
        self.hidden_rows = hidden_rows;
        Ok(())
    }
}

impl Book {
    fn text(&self, text: &str, style: Option<&u16>) -> String {
        let format = style.and_then(|s| self.formats.get(usize::from(*s)));
        format.and_then(|f| f.show_text(text)).unwrap_or_else(|| text.to_owned())
    }

    fn number(&self, value: f64, style: Option<&u16>) -> String {
        match style.and_then(|s| self.formats.get(usize::from(*s))) {
            Some(format) => format.show(value, self.from_1904),
            None => general(value),
        }
    }
}
