//! What every format of workbook gives: its sheets by name, and the rows of one as they are shown.

use std::io;

use crate::pull::chunk::Note;
use crate::pull::error::said;

/// Takes a row: its number in the sheet, counted from 0, and its cells as displayed. An error ends the reading.
pub(super) type Each<'e> = dyn FnMut(u32, &mut Vec<Option<String>>) -> io::Result<()> + 'e;

/// Widest sheet that is read (the format's own limit is 16,384).
pub(super) const MAX_COLUMNS: u32 = 1_024;

/// A sheet of a workbook.
#[derive(Debug, Clone, PartialEq)]
pub struct SheetName {
    pub name: String,
    pub hidden: bool,
}

/// Cells shown as one; rows and columns counted from 0, both ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Merge {
    pub(super) rows: (u32, u32),
    pub(super) columns: (u32, u32),
}

/// A workbook of any kind.
pub(super) trait Workbook {
    fn sheets(&self) -> &[SheetName];
    fn merges(&mut self, sheet: usize) -> io::Result<Vec<Merge>>;
    /// Texts that stand outside of the sheet's cells: above and below a table of a page, in a header for print.
    ///
    /// # Errors
    /// As [`Workbook::rows`].
    fn asides(&mut self, sheet: usize) -> io::Result<Vec<String>> {
        let _ = sheet;
        Ok(Vec::new())
    }
    /// Columns that are hidden, first and last of each range, counted from 0.
    ///
    /// # Errors
    /// As [`Workbook::rows`].
    fn hidden_columns(&mut self, sheet: usize) -> io::Result<Vec<(u32, u32)>> {
        let _ = sheet;
        Ok(Vec::new())
    }
    /// Rows that are hidden or filtered out, among those of the last reading that hold anything.
    fn hidden_rows(&self) -> u64 {
        0
    }
    /// The rows that hold anything, in order.
    fn rows(&mut self, sheet: usize, each: &mut Each<'_>) -> io::Result<()>;
}

/// What a sheet gives: its header first, then its rows.
pub trait SheetRows {
    /// # Errors
    /// The taker's own; they end the reading.
    fn header(&mut self, columns: Vec<String>) -> io::Result<()>;
    /// # Errors
    /// The taker's own; they end the reading.
    fn row(&mut self, cells: &[Option<String>]) -> io::Result<()>;
    /// A row whose cells stand one behind the other in `text`, by where each ends; None: the cell holds nothing.
    ///
    /// # Errors
    /// The taker's own; they end the reading.
    fn joined(&mut self, text: &str, ends: &[Option<usize>]) -> io::Result<()> {
        let mut start = 0;
        let cell = |end: &Option<usize>| end.map(|end| text[std::mem::replace(&mut start, end)..end].to_owned());
        self.row(&ends.iter().map(cell).collect::<Vec<_>>())
    }
    /// An empty row.
    fn gap(&mut self) {}
    /// A text above the header or beside the table.
    ///
    /// # Errors
    /// The taker's own; they end the reading.
    fn aside(&mut self, text: &str) -> io::Result<()> {
        let _ = text;
        Ok(())
    }
    /// What was left out, or done about it.
    ///
    /// # Errors
    /// The taker's own; they end the reading.
    fn note(&mut self, note: Note) -> io::Result<()>;
}

/// Cells counted to find the fullest sheet.
pub(super) const ENOUGH: usize = 20_000;

/// What ends a reading that has seen enough.
pub(super) fn enough() -> io::Error {
    io::Error::other("enough")
}

/// A workbook that cannot be taken apart.
pub(super) fn broken(error: impl std::fmt::Display) -> io::Error {
    said(io::ErrorKind::InvalidData, format!("工作簿无法读取：{error}"), format!("the workbook cannot be read: {error}"))
}

/// A workbook that only opens with a password.
pub(super) fn locked() -> io::Error {
    said(
        io::ErrorKind::InvalidData,
        "工作簿设有打开密码，无法读取；请部门去掉密码后另存，再报送",
        "the workbook opens only with a password: ask the department to save it without one and to send it again",
    )
}

/// Puts a displayed text into its column of a row.
pub(super) fn put(cells: &mut Vec<Option<String>>, column: u32, text: String) {
    if column >= MAX_COLUMNS || text.is_empty() {
        return;
    }
    let at = column as usize;
    if cells.len() <= at {
        cells.resize(at + 1, None);
    }
    cells[at] = Some(text);
}
