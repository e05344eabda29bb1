//! Workbooks: one sheet, cell by cell, after its archive has been counted.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use calamine::{Data, DataRef, Reader, Xlsx};

use super::csv::join_header;
use super::error::said;
use super::file::Capped;
use crate::connector::{Caps, Decoding};

/// Widest sheet that is read (the format's own limit is 16,384).
const MAX_COLUMNS: u32 = 1_024;

/// Inflates every entry of an archive once, keeping nothing, so that a bomb is noticed before anything is built from it.
///
/// # Errors
/// `InvalidData` over the caps, or where a path leads out of the archive.
pub fn check_archive(path: &Path, caps: &Caps) -> io::Result<()> {
    let mut archive = zip::ZipArchive::new(BufReader::new(File::open(path)?)).map_err(zip_error)?;
    if archive.len() as u64 > caps.entries {
        let (found, most) = (archive.len(), caps.entries);
        return Err(too_much(
            format!("压缩包中有 {found} 个文件，超过 {most} 个（source.caps.entries）"),
            format!("{found} files in the archive, more than {most} (source.caps.entries)"),
        ));
    }
    let mut total = 0;
    for at in 0..archive.len() {
        let entry = archive.by_index(at).map_err(zip_error)?;
        if entry.enclosed_name().is_none() {
            let name = entry_name(entry.name_raw());
            return Err(too_much(
                format!("压缩包中的「{name}」指向包外的位置"),
                format!("the archive's entry \"{name}\" leads out of it"),
            ));
        }
        let packed = entry.compressed_size();
        let left = Caps { bytes: caps.bytes.saturating_sub(total), ..caps.clone() };
        total += io::copy(&mut Capped::new(entry, left, move |_| packed), &mut io::sink())?;
    }
    Ok(())
}

pub fn zip_error(error: zip::result::ZipError) -> io::Error {
    match error {
        zip::result::ZipError::Io(e) => e,
        other => said(io::ErrorKind::InvalidData, format!("压缩包无法读取：{other}"), other.to_string()),
    }
}

fn too_much(zh: String, en: String) -> io::Error {
    said(io::ErrorKind::InvalidData, zh, en)
}

fn no_workbook(error: &calamine::XlsxError) -> io::Error {
    said(io::ErrorKind::InvalidData, format!("工作簿无法读取：{error}"), error.to_string())
}

/// What a sheet gives: its header first, then its rows.
pub trait SheetRows {
    /// # Errors
    /// The taker's own; they end the reading.
    fn header(&mut self, columns: Vec<String>) -> io::Result<()>;
    /// # Errors
    /// The taker's own; they end the reading.
    fn row(&mut self, cells: &[Option<String>]) -> io::Result<()>;
}

/// Reads the connector's sheet. Rows that are empty throughout are passed over.
///
/// # Errors
/// `InvalidData` where the workbook is none or has no such sheet (the message names those it has), else the taker's.
pub fn read_sheet(path: &Path, decoding: &Decoding, caps: &Caps, rows: &mut dyn SheetRows) -> io::Result<()> {
    check_archive(path, caps)?;
    let invalid = |e: calamine::XlsxError| no_workbook(&e);
    let mut book: Xlsx<_> = Xlsx::new(BufReader::new(File::open(path)?)).map_err(invalid)?;
    let names = book.sheet_names();
    let sheet = match &decoding.sheet {
        Some(wanted) => names.iter().find(|n| n.trim() == wanted.trim()).ok_or_else(|| no_sheet(wanted, &names))?,
        None => names.first().ok_or_else(|| no_sheet("1", &names))?,
    };
    let mut cells = book.worksheet_cells_reader(sheet).map_err(invalid)?;
    let mut table = Table { decoding, rows, header: Vec::new(), width: 0, started: false };
    let mut current: Option<(u32, Vec<Option<String>>)> = None;
    while let Some(cell) = cells.next_cell().map_err(invalid)? {
        let (row, column) = cell.get_position();
        if column >= MAX_COLUMNS {
            continue;
        }
        if current.as_ref().is_none_or(|(at, _)| *at != row)
            && let Some((at, values)) = current.replace((row, Vec::new()))
        {
            table.row(at, values)?;
        }
        if let (Some((_, values)), Some(text)) = (&mut current, cell_text(cell.get_value())) {
            values.resize(values.len().max(column as usize + 1), None);
            values[column as usize] = Some(text);
        }
    }
    if let Some((at, values)) = current {
        table.row(at, values)?;
    }
    table.start()
}

/// The sheet that holds most cells, where it is not the first: workbooks begin with a page of explanations.
///
/// # Errors
/// As [`read_sheet`].
pub fn fullest_sheet(path: &Path, caps: &Caps) -> io::Result<Option<String>> {
    const ENOUGH: usize = 20_000;
    check_archive(path, caps)?;
    let invalid = |e: calamine::XlsxError| no_workbook(&e);
    let mut book: Xlsx<_> = Xlsx::new(BufReader::new(File::open(path)?)).map_err(invalid)?;
    let mut fullest = (0, 0, None);
    for (at, name) in book.sheet_names().into_iter().enumerate() {
        let Ok(mut cells) = book.worksheet_cells_reader(&name) else { continue };
        let mut filled = 0;
        while filled < ENOUGH
            && let Some(cell) = cells.next_cell().map_err(invalid)?
        {
            filled += usize::from(cell_text(cell.get_value()).is_some());
        }
        if filled > fullest.0 {
            fullest = (filled, at, Some(name));
        }
    }
    Ok(fullest.2.filter(|_| fullest.1 > 0))
}

fn no_sheet(wanted: &str, names: &[String]) -> io::Error {
    let found = names.iter().map(|n| format!("\"{n}\"")).collect::<Vec<_>>().join(", ");
    let listed = names.iter().map(|n| format!("「{n}」")).collect::<Vec<_>>().join("、");
    said(
        io::ErrorKind::InvalidData,
        format!("没有工作表「{wanted}」；现有{listed}（decoding.sheet）"),
        format!("there is no sheet \"{wanted}\"; found {found} (decoding.sheet)"),
    )
}

struct Table<'a> {
    decoding: &'a Decoding,
    rows: &'a mut dyn SheetRows,
    header: Vec<Vec<String>>,
    width: usize,
    started: bool,
}

impl Table<'_> {
    fn row(&mut self, at: u32, mut values: Vec<Option<String>>) -> io::Result<()> {
        if at < self.decoding.skip {
            return Ok(());
        }
        if !self.started && (self.header.len() as u32) < self.decoding.header_rows {
            self.header.push(values.into_iter().map(Option::unwrap_or_default).collect());
            return Ok(());
        }
        self.start()?;
        if values.iter().all(Option::is_none) {
            return Ok(());
        }
        // Cells to the right of the header are still said: they make the row too wide, and land it in quarantine.
        if values.len() < self.width {
            values.resize(self.width, None);
        }
        self.rows.row(&values)
    }

    fn start(&mut self) -> io::Result<()> {
        if self.started {
            return Ok(());
        }
        self.started = true;
        while self.header.last().is_some_and(|row| row.iter().all(String::is_empty)) {
            self.header.pop();
        }
        let columns = if self.header.is_empty() {
            self.decoding.header.clone()
        } else {
            join_header(&self.header, &self.decoding.header_join)
        };
        self.width = columns.len();
        if columns.is_empty() {
            return Err(said(io::ErrorKind::InvalidData, "工作表没有表头", "the sheet has no header"));
        }
        self.rows.header(columns)
    }
}

/// A cell as its owner would have typed it: whole numbers without `.0`, dates as ISO text.
fn cell_text(value: &DataRef<'_>) -> Option<String> {
    let text = match value {
        DataRef::Empty => return None,
        DataRef::String(s) => s.clone(),
        DataRef::SharedString(s) => (*s).to_string(),
        DataRef::Int(n) => n.to_string(),
        DataRef::Float(n) => n.to_string(),
        DataRef::Bool(b) => b.to_string(),
        DataRef::DateTime(date) => return date_text(&Data::DateTime(*date)),
        DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => s.clone(),
        DataRef::Error(e) => e.to_string(),
    };
    (!text.is_empty()).then_some(text)
}

fn date_text(data: &Data) -> Option<String> {
    let Data::DateTime(date) = data else { return None };
    let (year, month, day, hour, minute, second, _) = date.to_ymd_hms_milli();
    Some(match (hour, minute, second) {
        (0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
    })
}

/// The entries of a zip archive that are data: by name, without folders and what macOS leaves behind.
///
/// # Errors
/// As [`check_archive`].
pub fn data_entries(archive: &mut zip::ZipArchive<BufReader<File>>) -> io::Result<Vec<usize>> {
    let mut entries = Vec::new();
    for at in 0..archive.len() {
        let entry = archive.by_index(at).map_err(zip_error)?;
        let name = entry_name(entry.name_raw());
        if entry.is_file() && !name.starts_with("__MACOSX/") && !name.rsplit('/').next().unwrap_or("").starts_with('.') {
            entries.push((name, at));
        }
    }
    entries.sort();
    Ok(entries.into_iter().map(|(_, at)| at).collect())
}

/// An entry's name; archives made on Chinese Windows write it in GBK without saying so.
pub fn entry_name(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(name) => name.to_string(),
        Err(_) => encoding_rs::GB18030.decode(raw).0.into_owned(),
    }
}

/// Reads one entry to the end, within its caps.
pub fn capped_entry<'a, R: Read>(entry: zip::read::ZipFile<'a, R>, caps: &Caps) -> impl Read + use<'a, R> {
    let packed = entry.compressed_size();
    Capped::new(entry, caps.clone(), move |_| packed)
}
