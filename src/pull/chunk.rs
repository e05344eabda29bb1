//! Rows on their way from a source: the cells of many rows in one text, so that a row costs no allocation.

use crate::connector::RowError;

/// A row that cannot be split into cells; it goes to quarantine.
#[derive(Debug, Clone, PartialEq)]
pub struct RowFault {
    /// 1 = first row after the header, counted through all files of a pull.
    pub number: u64,
    /// Bytes before it in its file, as encoded there; None where the source has no bytes (SQL, XLSX).
    pub offset: Option<u64>,
    pub error: RowError,
    /// What could be read of it, cut after 4 KiB.
    pub raw: String,
}

/// What was left out of a source, or done about it on the way: said in previews and receipts.
pub type Note = crate::model::problem::Problem;

/// One good row of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowHead {
    pub number: u64,
    pub offset: Option<u64>,
    pub mark: Mark,
}

/// What a row is recognised by in the next pull. Digests are never 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mark {
    /// Its cells.
    #[default]
    Cells,
    /// Its text as the source wrote it, by its digest.
    Text(u64),
    /// The same, after [`RowSink::known`](super::RowSink::known) has not known it.
    New(u64),
    /// It has its place among the rows that the sink knows, and is read only for its columns.
    Known(u64),
}

const NULL: (u32, u32) = (u32::MAX, 0);

/// Some rows with the same columns, in the order of the source, and the faults among them.
#[derive(Debug, Clone, Default)]
pub struct Chunk {
    text: String,
    heads: Vec<RowHead>,
    spans: Vec<(u32, u32)>,
    width: usize,
    pub faults: Vec<RowFault>,
    /// Number and place of the rows that the sink knows.
    pub known: Vec<(u64, u64)>,
}

/// A chunk is handed on when its text is longer than this …
pub(super) const FULL_BYTES: usize = 1 << 20;
/// … or it has this many rows.
pub(super) const FULL_ROWS: usize = 4096;

impl Chunk {
    pub fn new(width: usize) -> Chunk {
        Chunk { width, ..Chunk::default() }
    }

    /// Number of good rows.
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    pub fn is_empty(&self) -> bool {
        self.heads.is_empty() && self.faults.is_empty() && self.known.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.text.len() >= FULL_BYTES || self.heads.len() >= FULL_ROWS || self.faults.len() >= FULL_ROWS
    }

    /// Number of cells of each row.
    pub fn width(&self) -> usize {
        self.width
    }

    pub fn head(&self, row: usize) -> RowHead {
        self.heads[row]
    }

    /// The cells of one row, as written; None where the source says null.
    pub fn cells(&self, row: usize) -> impl ExactSizeIterator<Item = Option<&str>> {
        self.spans[row * self.width..(row + 1) * self.width]
            .iter()
            .map(|(start, end)| (*start != u32::MAX).then(|| &self.text[*start as usize..*end as usize]))
    }

    /// The text of one row's cells without anything between them, and the length of each; None where the source says null.
    pub fn joined(&self, row: usize) -> (&str, impl Iterator<Item = Option<u32>>) {
        let spans = &self.spans[row * self.width..(row + 1) * self.width];
        let mut given = spans.iter().filter(|(start, _)| *start != u32::MAX);
        let first = given.next().copied().unwrap_or((0, 0));
        let last = given.next_back().copied().unwrap_or(first);
        let lengths = spans.iter().map(|(start, end)| (*start != u32::MAX).then(|| end - start));
        (&self.text[first.0 as usize..last.1 as usize], lengths)
    }

    /// Calls `each` with every good row. The cell list is reused between rows.
    ///
    /// # Errors
    /// The first error of `each`.
    pub fn for_each<E>(&self, mut each: impl FnMut(RowHead, &[Option<&str>]) -> Result<(), E>) -> Result<(), E> {
        let mut cells: Vec<Option<&str>> = Vec::with_capacity(self.width);
        for row in 0..self.len() {
            cells.clear();
            cells.extend(self.cells(row));
            each(self.heads[row], &cells)?;
        }
        Ok(())
    }

    /// Adds a row; `cells` has `width` items.
    pub fn push_row<'a>(&mut self, head: RowHead, cells: impl IntoIterator<Item = Option<&'a str>>) {
        for cell in cells {
            self.push_cell(cell);
        }
        self.close_row(head);
    }

    pub(super) fn push_cell(&mut self, cell: Option<&str>) {
        self.spans.push(match cell {
            None => NULL,
            Some(text) => {
                let start = self.text.len() as u32;
                self.text.push_str(text);
                (start, self.text.len() as u32)
            }
        });
    }

    pub(super) fn close_row(&mut self, head: RowHead) {
        self.heads.push(head);
        debug_assert_eq!(self.spans.len(), self.heads.len() * self.width, "every row has the chunk's width");
    }

    /// Adds a row whose cells stand one after the other in `text`, ending at `ends`.
    pub(super) fn push_joined(&mut self, head: RowHead, text: &str, ends: &[usize]) {
        let base = self.text.len() as u32;
        self.text.push_str(text);
        let mut start = 0;
        for end in ends {
            self.spans.push((base + start as u32, base + *end as u32));
            start = *end;
        }
        self.close_row(head);
    }

    /// The same of a row some of whose cells the source says nothing in: None.
    pub(super) fn push_joined_or_null(&mut self, head: RowHead, text: &str, ends: &[Option<usize>]) {
        let base = self.text.len() as u32;
        self.text.push_str(text);
        let mut start = 0;
        self.spans.extend(ends.iter().map(|end| match end {
            None => NULL,
            Some(end) => (base + std::mem::replace(&mut start, *end) as u32, base + *end as u32),
        }));
        self.close_row(head);
    }

    /// Takes the last row back.
    pub(super) fn pop_row(&mut self) {
        self.heads.pop();
        self.spans.truncate(self.heads.len() * self.width);
    }

    pub(super) fn fault(&mut self, number: u64, offset: Option<u64>, error: RowError, raw: &str) {
        const KEEP: usize = 4096;
        let raw = if raw.len() <= KEEP { raw } else { &raw[..raw.floor_char_boundary(KEEP)] };
        self.faults.push(RowFault { number, offset, error, raw: raw.to_string() });
    }
}
