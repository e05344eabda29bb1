//! XLSB: the parts of an XLSX as binary records ([MS-XLSB] 2.1). Every length is checked against what there is.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use super::binary::{error_text, four, rk};
use super::format::{NumberFormat, general};
use super::workbook::Each;
use super::workbook::{MAX_COLUMNS, Merge, SheetName, Workbook, broken, put};
use crate::connector::Caps;
use crate::pull::xlsx::{capped_entry, check_entries, zip_error};

pub(super) struct Book {
    archive: zip::ZipArchive<BufReader<File>>,
    caps: Caps,
    sheets: Vec<SheetName>,
    parts: Vec<String>,
    strings: Vec<Box<str>>,
    formats: Vec<NumberFormat>,
    from_1904: bool,
}

impl Book {
    pub(super) fn open(path: &Path, caps: &Caps) -> io::Result<Book> {
        let mut archive = zip::ZipArchive::new(BufReader::new(File::open(path)?)).map_err(zip_error)?;
        check_entries(&mut archive, caps)?;
        let mut book = Book {
            archive,
            caps: caps.clone(),
            sheets: Vec::new(),
            parts: Vec::new(),
            strings: Vec::new(),
            formats: Vec::new(),
            from_1904: false,
        };
        let relations = String::from_utf8_lossy(&book.part("xl/_rels/workbook.bin.rels")?.unwrap_or_default()).into_owned();
        let target = |id: &str| {
            let element = relations.split("<Relationship").find(|e| e.contains(&format!("Id=\"{id}\"")))?;
            let target = element.split_once("Target=\"")?.1.split('"').next()?;
            Some(target.strip_prefix("/xl/").unwrap_or(target).to_owned())
        };
        let workbook = book.part("xl/workbook.bin")?.ok_or_else(|| broken("xl/workbook.bin"))?;
        for (kind, content) in Records(&workbook) {
            match kind {
                153 => book.from_1904 = content.first().is_some_and(|b| b & 1 == 1),
                156 => {
                    let Some((relation, used)) = wide_text(content, 8) else { continue };
                    let Some((name, _)) = wide_text(content, 8 + used) else { continue };
                    if let Some(part) = target(&relation).filter(|p| p.starts_with("worksheets/")) {
                        book.sheets.push(SheetName { name, hidden: four(content, 0) != Some(0) });
                        book.parts.push(format!("xl/{part}"));
                    }
                }
                _ => {}
            }
        }
        if let Some(strings) = book.part("xl/sharedStrings.bin")? {
            let items = Records(&strings).filter(|(kind, _)| *kind == 19);
            book.strings = items.map(|(_, content)| wide_text(content, 1).map_or_else(|| "".into(), |(t, _)| t.into())).collect();
        }
        if let Some(styles) = book.part("xl/styles.bin")? {
            book.formats = formats(&styles);
        }
        Ok(book)
    }

    fn part(&mut self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let Some(at) = self.archive.index_for_name(name) else { return Ok(None) };
        let entry = self.archive.by_index(at).map_err(zip_error)?;
        let mut bytes = Vec::new();
        capped_entry(entry, &self.caps).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }
}

fn formats(bytes: &[u8]) -> Vec<NumberFormat> {
    let mut own = std::collections::HashMap::new();
    let (mut styles, mut in_styles) = (Vec::new(), false);
    for (kind, content) in Records(bytes) {
        let id = |at: usize| content.get(at..at + 2).map(|b| u32::from(u16::from_le_bytes([b[0], b[1]])));
        match kind {
            44 => {
                if let (Some(id), Some((code, _))) = (id(0), wide_text(content, 2)) {
                    own.insert(id, NumberFormat::of(&code));
                }
            }
            617 => in_styles = true,
            618 => in_styles = false,
            47 if in_styles => {
                let id = id(2).unwrap_or(0);
                styles.push(own.get(&id).cloned().or_else(|| NumberFormat::built_in(id)).unwrap_or(NumberFormat::General));
            }
            _ => {}
        }
    }
    styles
}

/// Records: kind and length in seven bits a byte, then the content.
struct Records<'b>(&'b [u8]);

impl<'b> Iterator for Records<'b> {
    type Item = (u32, &'b [u8]);
    fn next(&mut self) -> Option<(u32, &'b [u8])> {
        let kind = self.number(2)?;
        // A kind of two bytes keeps its high bit: 0x80 | low, high.
        let length = self.number(4)? as usize;
        let content = self.0.get(..length)?;
        self.0 = &self.0[length..];
        Some((kind, content))
    }
}

impl Records<'_> {
    fn number(&mut self, most: u32) -> Option<u32> {
        let mut number = 0;
        for at in 0..most {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u32::from(byte & 0x7F) << (7 * at);
            if byte & 0x80 == 0 {
                break;
            }
        }
        Some(number)
    }
}

/// A text of UTF-16 behind its length, and how many bytes both take.
fn wide_text(bytes: &[u8], at: usize) -> Option<(String, usize)> {
    let length = match four(bytes, at)? {
        u32::MAX => 0,
        n => n as usize * 2,
    };
    let text = bytes.get(at + 4..at.checked_add(4)?.checked_add(length)?)?;
    Some((encoding_rs::UTF_16LE.decode_without_bom_handling(text).0.into_owned(), 4 + length))
}

impl Workbook for Book {
    fn sheets(&self) -> &[SheetName] {
        &self.sheets
    }

    fn merges(&mut self, sheet: usize) -> io::Result<Vec<Merge>> {
        let part = self.parts[sheet].clone();
        let bytes = self.part(&part)?.unwrap_or_default();
        let merges = Records(&bytes)
            .filter(|(kind, _)| *kind == 176)
            .filter_map(|(_, c)| Some(Merge { rows: (four(c, 0)?, four(c, 4)?), columns: (four(c, 8)?, four(c, 12)?) }));
        Ok(merges.collect())
    }

    fn hidden_columns(&mut self, sheet: usize) -> io::Result<Vec<(u32, u32)>> {
        let part = self.parts[sheet].clone();
        let bytes = self.part(&part)?.unwrap_or_default();
        // BrtColInfo: first and last column, width, style, and flags of which the lowest hides.
        let is_hidden = |c: &[u8]| c.get(16).is_some_and(|flags| flags & 1 != 0) || four(c, 8) == Some(0);
        let hidden = Records(&bytes).filter(|(kind, content)| *kind == 60 && is_hidden(content));
        Ok(hidden.filter_map(|(_, c)| Some((four(c, 0)?, four(c, 4)?))).collect())
    }

    fn rows(&mut self, sheet: usize, each: &mut Each<'_>) -> io::Result<()> {
        let part = self.parts[sheet].clone();
        let bytes = self.part(&part)?.unwrap_or_default();
        let (mut row, mut cells) = (0, Vec::new());
        for (kind, content) in Records(&bytes) {
            if kind == 0 || kind == 146 {
                if !cells.is_empty() {
                    each(row, &mut cells)?;
                    cells.clear();
                }
                row = four(content, 0).unwrap_or(row);
                continue;
            }
            if !(2..=11).contains(&kind) {
                continue;
            }
            let (Some(column), Some(style)) = (four(content, 0), four(content, 4)) else { continue };
            if column >= MAX_COLUMNS {
                continue;
            }
            let format = self.formats.get((style & 0xFF_FFFF) as usize);
            let number = |n: f64| format.map_or_else(|| general(n), |f| f.show(n, self.from_1904));
            let real = || content.get(8..16).and_then(|b| b.try_into().ok()).map(f64::from_le_bytes);
            let shown = match kind {
                2 => four(content, 8).map(|bits| number(rk(bits))),
                5 | 9 => real().map(number),
                3 | 11 => content.get(8).map(|code| error_text(*code).unwrap_or("#N/A").to_owned()),
                4 | 10 => content.get(8).map(|flag| if *flag == 1 { "TRUE" } else { "FALSE" }.to_owned()),
                6 | 8 => wide_text(content, 8).map(|(text, _)| text),
                _ => four(content, 8).and_then(|at| self.strings.get(at as usize)).map(|text| text.to_string()),
            };
            let shown = shown.unwrap_or_default();
            let framed = format.filter(|_| matches!(kind, 6..=8) && !shown.is_empty()).and_then(|f| f.show_text(&shown));
            put(&mut cells, column, framed.unwrap_or(shown));
        }
        if !cells.is_empty() {
            each(row, &mut cells)?;
        }
        Ok(())
    }
}
