//! XLS and ET (BIFF5 and BIFF8): a sheet's records in the order of its rows, cell by cell ([MS-XLS] 2.4).
//!
//! In: the stream of records inside the compound file. Out: rows as displayed text, one at a time; what is hidden or merged.
//! By hand, because a library keeps every sheet in memory as a rectangle, begins to hand rows on when the last cell is read, drops
//! number formats, hidden columns and formulas without a result, and passes over a text that is not there. It does not
//! calculate, and it does not read BIFF2 to BIFF4, which have no sheets in one file.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read};
use std::path::Path;

use encoding_rs::Encoding;

use super::binary::{error_text, four, rk, two};
use super::format::{NumberFormat, general};
use super::workbook::Each;
use super::workbook::{Merge, SheetName, Workbook, broken, locked, put};
use super::xls_text::{Pieces, SharedTexts};
use crate::connector::Caps;
use crate::pull::error::said;

pub(super) struct Book {
    stream: Vec<u8>,
    wide: bool,
    encoding: &'static Encoding,
    texts: SharedTexts,
    sheets: Vec<SheetName>,
    looks: Vec<Look>,
    formats: Vec<NumberFormat>,
    from_1904: bool,
    hidden_rows: u64,
}

/// What must be known of a sheet before its first row is shown.
#[derive(Default)]
struct Look {
    /// Where its records begin.
    at: usize,
    /// Formulas with a result that is no empty text.
    calculated: u64,
    /// Some cell stands behind one of a later row.
    shuffled: bool,
    /// First and last of columns that are hidden.
    hidden_columns: Vec<(u32, u32)>,
    hidden_rows: HashSet<u32>,
    merges: Vec<Merge>,
}

impl Book {
    pub(super) fn open(path: &Path, caps: &Caps) -> io::Result<Book> {
        let stream = workbook_stream(path, caps)?;
        let mut book = Book {
            stream: Vec::new(),
            wide: true,
            encoding: encoding_rs::GB18030,
            texts: SharedTexts::default(),
            sheets: Vec::new(),
            looks: Vec::new(),
            formats: Vec::new(),
            from_1904: false,
            hidden_rows: 0,
        };
        let offsets = book.globals(&stream)?;
        let look = |at| look(&stream, at);
        book.looks = offsets.into_iter().map(look).collect::<io::Result<_>>()?;
        book.stream = stream;
        Ok(book)
    }

    /// The records before the sheets: their names, texts and formats. Where each sheet begins.
    fn globals(&mut self, stream: &[u8]) -> io::Result<Vec<usize>> {
        let mut own: HashMap<u16, NumberFormat> = HashMap::new();
        let mut styles: Vec<u16> = Vec::new();
        let mut offsets: Vec<usize> = Vec::new();
        let mut records = Records { bytes: stream, at: 0 };
        while let Some((kind, content)) = records.next()? {
            match kind {
                0x0809 => self.wide = two(content, 0) != Some(0x0500),
                0x002F => return Err(locked()),
                0x0042 => {
                    let page = two(content, 0).filter(|page| *page != 1200);
                    self.encoding = page.and_then(codepage::to_encoding).unwrap_or(self.encoding);
                }
                0x0022 => self.from_1904 = two(content, 0) == Some(1),
                0x0085 if content.get(5) == Some(&0) => {
                    let (Some(at), Some(state), Some(name)) = (four(content, 0), content.get(4), content.get(6..)) else {
                        return Err(damaged());
                    };
                    offsets.push(at as usize);
                    self.sheets.push(SheetName { name: self.short_text(name), hidden: state & 0x3F != 0 });
                }
                0x00FC => self.texts = SharedTexts::read(records.pieces(content)).ok_or_else(damaged)?,
                0x041E => {
                    if let (Some(id), Some(code)) = (two(content, 0), self.format_code(content)) {
                        own.insert(id, NumberFormat::of(&code));
                    }
                }
                0x00E0 => styles.extend(two(content, 2)),
                0x000A => break,
                _ => {}
            }
        }
        let format =
            |id: &u16| own.get(id).cloned().or_else(|| NumberFormat::built_in(u32::from(*id))).unwrap_or(NumberFormat::General);
        self.formats = styles.iter().map(format).collect();
        Ok(offsets)
    }

    /// A text behind one byte of length.
    fn short_text(&self, content: &[u8]) -> String {
        let length = usize::from(content.first().copied().unwrap_or(0));
        let rest = content.get(1..).unwrap_or_default();
        let mut text = String::new();
        match self.wide {
            true => Pieces::of(rest).flagged(length, &mut text).unwrap_or_default(),
            false => text.push_str(&self.encoding.decode_without_bom_handling(&rest[..length.min(rest.len())]).0),
        }
        text.retain(|c| c != '\0');
        text
    }

    /// A text behind two bytes of length.
    fn long_text(&self, mut pieces: Pieces<'_>) -> Option<String> {
        let length = usize::from(pieces.two()?);
        let mut text = String::new();
        match self.wide {
            true if length == 0 => {}
            true => pieces.flagged(length, &mut text)?,
            false => text.push_str(&self.encoding.decode_without_bom_handling(&pieces.bytes(length)?).0),
        }
        Some(text)
    }

    /// A format's code: in BIFF8 two bytes of length and a sign of width, in BIFF5 one byte of length.
    fn format_code(&self, content: &[u8]) -> Option<String> {
        match self.wide {
            true => self.long_text(Pieces::of(content.get(2..)?)),
            false => Some(self.short_text(content.get(2..)?)),
        }
    }

    fn text(&self, text: &str, style: u16) -> String {
        let format = self.formats.get(usize::from(style)).filter(|_| !text.is_empty());
        format.and_then(|f| f.show_text(text)).unwrap_or_else(|| text.to_owned())
    }

    fn number(&self, value: f64, style: u16) -> String {
        match self.formats.get(usize::from(style)) {
            None | Some(NumberFormat::General) => general(value),
            Some(format) => format.show(value, self.from_1904),
        }
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
    let mut stream = file.open_stream(name)?;
    if stream.len() > caps.bytes {
        let (found, most) = (stream.len(), caps.bytes);
        return Err(said(
            io::ErrorKind::InvalidData,
            format!("工作簿有 {found} 字节，超过 {most} 字节（source.caps.bytes）"),
            format!("the workbook has {found} bytes, more than {most} (source.caps.bytes)"),
        ));
    }
    let mut bytes = Vec::with_capacity(stream.len() as usize);
    stream.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The records of a stream: kind and content.
struct Records<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Records<'b> {
    /// # Errors
    /// Where the stream ends within a record.
    fn next(&mut self) -> io::Result<Option<(u16, &'b [u8])>> {
        let Some(head) = self.bytes.get(self.at..self.at + 4) else {
            return if self.at == self.bytes.len() { Ok(None) } else { Err(damaged()) };
        };
        let length = usize::from(u16::from_le_bytes([head[2], head[3]]));
        let content = self.bytes.get(self.at + 4..self.at + 4 + length).ok_or_else(damaged)?;
        self.at += 4 + length;
        Ok(Some((u16::from_le_bytes([head[0], head[1]]), content)))
    }

    /// A record's content with what continues it.
    fn pieces(&mut self, content: &'b [u8]) -> Pieces<'b> {
        let mut pieces = Pieces::of(content);
        loop {
            let before = self.at;
            match self.next() {
                Ok(Some((0x003C, more))) => pieces.push(more),
                _ => {
                    self.at = before;
                    return pieces;
                }
            }
        }
    }
}

/// A flag or an error by its two bytes.
fn flag_or_error(value: u8, is_error: bool) -> io::Result<String> {
    match is_error {
        false => Ok(if value == 0 { "FALSE" } else { "TRUE" }.to_owned()),
        true => error_text(value).map(str::to_owned).ok_or_else(damaged),
    }
}

/// The records of the sheet that begins at `at`, without charts inside of it, which are streams of their own.
fn of_sheet<'b>(stream: &'b [u8], at: usize, each: &mut OfSheet<'_, 'b>) -> io::Result<()> {
    if at >= stream.len() {
        return Err(damaged());
    }
    let mut records = Records { bytes: stream, at };
    let mut depth = 0;
    while let Some((kind, content)) = records.next()? {
        match kind {
            0x0809 => depth += 1,
            0x000A if depth <= 1 => break,
            0x000A => depth -= 1,
            _ if depth == 1 => each(kind, content, &mut records)?,
            _ => {}
        }
    }
    Ok(())
}

type OfSheet<'e, 'b> = dyn FnMut(u16, &'b [u8], &mut Records<'b>) -> io::Result<()> + 'e;

fn look(stream: &[u8], at: usize) -> io::Result<Look> {
    let mut look = Look { at, ..Look::default() };
    let mut row = 0;
    of_sheet(stream, at, &mut |kind, content, _| {
        match kind {
            // Numbers, formulas, texts, flags.
            0x0203 | 0x027E | 0x0006 | 0x00FD | 0x0204 | 0x00D6 | 0x0205 | 0x00BD => {
                let here = two(content, 0).ok_or_else(damaged)?;
                look.shuffled |= here < row;
                row = here;
                if kind == 0x0006 && !matches!(content.get(6..14), Some([3, .., 0xFF, 0xFF])) {
                    look.calculated += 1;
                }
            }
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
            0x00E5 => {
                for merge in content.get(2..).unwrap_or_default().chunks_exact(8) {
                    let at = |at: usize| u32::from(u16::from_le_bytes([merge[at], merge[at + 1]]));
                    look.merges.push(Merge { rows: (at(0), at(2)), columns: (at(4), at(6)) });
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(look)
}

/// Takes a cell: row, column and displayed text.
type Cell<'e> = dyn FnMut(u32, u32, String) -> io::Result<()> + 'e;

impl Book {
    /// The cells of a sheet as they stand in the file.
    fn cells(&self, look: &Look, each: &mut Cell<'_>) -> io::Result<()> {
        // The formula whose text stands in a record behind it.
        let mut awaited = None;
        of_sheet(&self.stream, look.at, &mut |kind, content, records| {
            let place = || Some((u32::from(two(content, 0)?), u32::from(two(content, 2)?), two(content, 4)?));
            let (row, column, style) = match kind {
                0x0203 | 0x027E | 0x0006 | 0x00FD | 0x0204 | 0x00D6 | 0x0205 | 0x00BD => place().ok_or_else(damaged)?,
                0x0207 => {
                    let Some((row, column, style)) = awaited.take() else { return Ok(()) };
                    let text = self.long_text(records.pieces(content)).ok_or_else(damaged)?;
                    return each(row, column, self.text(&text, style));
                }
                _ => return Ok(()),
            };
            let shown = match kind {
                0x00FD => {
                    let text = four(content, 6).and_then(|at| self.texts.get(at as usize));
                    self.text(text.ok_or_else(damaged)?, style)
                }
                0x0203 => {
                    let bits = content.get(6..14).and_then(|b| b.try_into().ok()).ok_or_else(damaged)?;
                    self.number(f64::from_le_bytes(bits), style)
                }
                0x027E => self.number(rk(four(content, 6).ok_or_else(damaged)?), style),
                0x00BD => {
                    let cells = content.get(4..content.len().saturating_sub(2)).unwrap_or_default();
                    for (at, cell) in (column..).zip(cells.chunks_exact(6)) {
                        let style = u16::from_le_bytes([cell[0], cell[1]]);
                        let bits = u32::from_le_bytes([cell[2], cell[3], cell[4], cell[5]]);
                        each(row, at, self.number(rk(bits), style))?;
                    }
                    return Ok(());
                }
                0x0204 | 0x00D6 => {
                    let pieces = records.pieces(content.get(6..).unwrap_or_default());
                    self.text(&self.long_text(pieces).ok_or_else(damaged)?, style)
                }
                0x0205 => match content.get(6..8) {
                    Some([value, is_error @ (0 | 1)]) => flag_or_error(*value, *is_error == 1)?,
                    _ => return Err(damaged()),
                },
                _ => match content.get(6..14) {
                    Some([0, .., 0xFF, 0xFF]) => {
                        awaited = Some((row, column, style));
                        return Ok(());
                    }
                    Some([kind @ (1 | 2), _, value, .., 0xFF, 0xFF]) => flag_or_error(*value, *kind == 2)?,
                    // A program that wrote formulas without calculating any of them left every result an empty text.
                    Some([3, .., 0xFF, 0xFF]) => if look.calculated == 0 { "=…" } else { "" }.to_owned(),
                    Some([.., 0xFF, 0xFF]) | None => return Err(damaged()),
                    Some(bits) => self.number(f64::from_le_bytes(bits.try_into().unwrap_or_default()), style),
                },
            };
            each(row, column, shown)
        })
    }
}

impl Workbook for Book {
    fn sheets(&self) -> &[SheetName] {
        &self.sheets
    }

    fn merges(&mut self, sheet: usize) -> io::Result<Vec<Merge>> {
        Ok(self.looks[sheet].merges.clone())
    }

    fn hidden_columns(&mut self, sheet: usize) -> io::Result<Vec<(u32, u32)>> {
        Ok(self.looks[sheet].hidden_columns.clone())
    }

    fn hidden_rows(&self) -> u64 {
        self.hidden_rows
    }

    fn rows(&mut self, sheet: usize, each: &mut Each<'_>) -> io::Result<()> {
        self.hidden_rows = 0;
        let look = &self.looks[sheet];
        let (mut cells, mut at, mut hidden_rows) = (Vec::new(), 0, 0);
        let mut end = |at: u32, cells: &mut Vec<Option<String>>| -> io::Result<()> {
            if !cells.is_empty() {
                hidden_rows += u64::from(look.hidden_rows.contains(&at));
                each(at, cells)?;
                cells.clear();
            }
            Ok(())
        };
        let mut take = |row: u32, column: u32, shown: String| -> io::Result<()> {
            if row != at {
                end(at, &mut cells)?;
                at = row;
            }
            put(&mut cells, column, shown);
            Ok(())
        };
        if look.shuffled {
            let mut all = Vec::new();
            self.cells(look, &mut |row, column, shown| {
                all.push((row, column, shown));
                Ok(())
            })?;
            all.sort_by_key(|(row, ..)| *row);
            all.into_iter().try_for_each(|(row, column, shown)| take(row, column, shown))?;
        } else {
            self.cells(look, &mut take)?;
        }
        end(at, &mut cells)?;
        self.hidden_rows = hidden_rows;
        Ok(())
    }
}
