//! Records of JSON and XML files, and the rows of a sheet, on their way to the sink.

use std::io;

use super::events::Rows;
use crate::connector::{Below, Connector, cell_count};
use crate::pull::chunk::{Mark, RowHead};
use crate::pull::csv::nul;
use crate::pull::json::JsonColumns;
use crate::pull::sheet::SheetRows;
use crate::pull::{Chunk, Note, PullError};

/// JSON records on their way: the first ones wait until the columns are settled.
pub(super) struct Records {
    pub(super) columns: JsonColumns,
    pub(super) waiting: Vec<String>,
    /// Bytes that wait.
    pub(super) held: usize,
    pub(super) chunk: Chunk,
}

/// Records looked at before the columns are settled.
const SETTLE_AFTER: usize = 1000;
/// Long ones wait until there are so many bytes of them.
const SETTLE_AFTER_BYTES: usize = 8 << 20;

impl Records {
    pub(super) fn new(connector: &Connector) -> Records {
        Records { columns: JsonColumns::new(connector), waiting: Vec::new(), held: 0, chunk: Chunk::default() }
    }

    pub(super) fn take(&mut self, rows: &mut Rows<'_>, item: &str) -> Result<(), PullError> {
        if self.columns.started() {
            return self.push(rows, item);
        }
        self.waiting.push(item.to_string());
        self.held += item.len();
        let is_settled = self.waiting.len() >= SETTLE_AFTER || self.held >= SETTLE_AFTER_BYTES;
        if is_settled { self.settle(rows) } else { Ok(()) }
    }

    fn settle(&mut self, rows: &mut Rows<'_>) -> Result<(), PullError> {
        let waiting = std::mem::take(&mut self.waiting);
        self.columns.start(waiting.iter().map(String::as_str));
        self.begin(rows)?;
        waiting.iter().try_for_each(|item| self.push(rows, item))
    }

    fn begin(&mut self, rows: &mut Rows<'_>) -> Result<(), PullError> {
        self.chunk = Chunk::new(self.columns.names.len());
        rows.header(self.columns.names.clone())
    }

    fn push(&mut self, rows: &mut Rows<'_>, item: &str) -> Result<(), PullError> {
        *rows.number += 1;
        let head = RowHead { number: *rows.number, offset: None, mark: Mark::Cells };
        while !self.columns.push(item, head, &mut self.chunk) {
            // A key not seen before: what came so far goes out with the old columns.
            rows.send(std::mem::take(&mut self.chunk))?;
            let names = &self.columns.names;
            self.chunk = Chunk::new(names.len());
        }
        if self.chunk.width() != rows.columns.len() {
            rows.header(self.columns.names.clone())?;
        }
        if self.chunk.is_full() {
            rows.send(std::mem::replace(&mut self.chunk, Chunk::new(self.columns.names.len())))?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self, rows: &mut Rows<'_>) -> Result<(), PullError> {
        if !self.columns.started() {
            self.settle(rows)?;
        }
        rows.send(self.chunk)
    }
}

/// Sheet rows on their way.
pub(super) struct Sheet<'s, 'r> {
    pub(super) rows: &'s mut Rows<'r>,
    pub(super) chunk: Chunk,
    pub(super) failed: Option<PullError>,
    below: Option<Below>,
}

impl<'s, 'r> Sheet<'s, 'r> {
    pub(super) fn new(rows: &'s mut Rows<'r>) -> Sheet<'s, 'r> {
        Sheet { rows, chunk: Chunk::default(), failed: None, below: None }
    }

    fn keep(&mut self, done: Result<(), PullError>) -> io::Result<()> {
        done.map_err(|e| {
            self.failed = Some(e);
            io::Error::other("stopped")
        })
    }
}

impl Sheet<'_, '_> {
    fn send_full(&mut self) -> io::Result<()> {
        if !self.chunk.is_full() {
            return Ok(());
        }
        let width = self.chunk.width();
        let chunk = std::mem::replace(&mut self.chunk, Chunk::new(width));
        let done = self.rows.send(chunk);
        self.keep(done)
    }
}

impl SheetRows for Sheet<'_, '_> {
    fn joined(&mut self, text: &str, ends: &[Option<usize>]) -> io::Result<()> {
        *self.rows.number += 1;
        let number = *self.rows.number;
        let begins = |at: usize| ends[..at].iter().rev().find_map(|end| *end).unwrap_or(0);
        let cell = |at: usize| ends.get(at).copied().flatten().map(|end| &text[begins(at)..end]);
        let shown = || (0..ends.len()).map(|at| cell(at).unwrap_or_default()).collect::<Vec<_>>().join("\t");
        if let Some(error) = self.below.as_mut().and_then(|b| b.why(cell)) {
            self.chunk.fault(number, None, error, &shown());
        } else if ends.len() != self.chunk.width() {
            self.chunk.fault(number, None, cell_count(self.chunk.width(), ends.len()), &shown());
        } else if memchr::memchr(0, text.as_bytes()).is_some() {
            self.chunk.fault(number, None, nul(), &shown());
        } else {
            self.chunk.push_joined_or_null(RowHead { number, offset: None, mark: Mark::Cells }, text, ends);
        }
        self.send_full()
    }

    fn header(&mut self, columns: Vec<String>) -> io::Result<()> {
        let chunk = std::mem::replace(&mut self.chunk, Chunk::new(columns.len()));
        self.below = Below::new(self.rows.connector, &columns);
        let done = self.rows.send(chunk).and_then(|()| self.rows.header(columns));
        self.keep(done)
    }

    fn gap(&mut self) {
        self.below.iter_mut().for_each(Below::gap);
    }

    fn aside(&mut self, text: &str) -> io::Result<()> {
        let done = self.rows.aside(text);
        self.keep(done)
    }

    fn note(&mut self, note: Note) -> io::Result<()> {
        let done = self.rows.note(note);
        self.keep(done)
    }

    fn row(&mut self, cells: &[Option<String>]) -> io::Result<()> {
        *self.rows.number += 1;
        let number = *self.rows.number;
        let text = || cells.iter().map(|c| c.as_deref().unwrap_or_default()).collect::<Vec<_>>().join("\t");
        let below = self.below.as_mut().and_then(|b| b.why(|at| cells.get(at)?.as_deref()));
        for text in self.below.as_mut().map(Below::asides).unwrap_or_default() {
            self.aside(&text)?;
        }
        if let Some(error) = below {
            self.chunk.fault(number, None, error, &text());
        } else if cells.len() != self.chunk.width() {
            self.chunk.fault(number, None, cell_count(self.chunk.width(), cells.len()), &text());
        } else if cells.iter().flatten().any(|c| c.as_bytes().contains(&0)) {
            self.chunk.fault(number, None, nul(), &text());
        } else {
            self.chunk.push_row(RowHead { number, offset: None, mark: Mark::Cells }, cells.iter().map(Option::as_deref));
        }
        self.send_full()
    }
}
