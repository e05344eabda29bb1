//! The spool: rows of a running pull, appended to a local file, with a checkpoint after every page.
//!
//! Pulls of many registries write their spools side by side; landing reads a finished spool in one go. A killed pull
//! resumes from the last checkpoint. A held batch keeps its spool until a person decides.
//!
//! `rows` has one line per row, tab-separated: `D <number> <offset> <digest> <cells>`, cells a JSON array of texts and
//! nulls (earlier versions wrote `R` without a digest), or `F <number> <offset> <fault>`; or one line for a run of rows that
//! stand in the registry's ledger as they came: `S <number> <place> <count>`. `state.json` names the columns, the cursor and
//! how many bytes and rows are good.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::LandError;
use crate::model::problem::Problem;

/// What the codes of rows begin with that are no records at all: totals, notes, a header repeated among the rows.
pub const NO_RECORD: &str = "no_record";

/// Why a row cannot land, as found while pulling or reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpooledFault {
    #[serde(flatten)]
    pub problem: Box<Problem>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The row's text as far as it could be kept, at most 64 KiB.
    pub raw: String,
}

impl SpoolState {
    /// The notes as the store keeps them; None where there are none.
    pub fn notes_json(&self) -> Option<String> {
        (!self.notes.is_empty()).then(|| serde_json::to_string(&self.notes).expect("plain texts"))
    }
}

/// What is known of a spool so far; written at every checkpoint.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SpoolState {
    pub batch: i64,
    pub columns: Vec<String>,
    pub bytes: u64,
    pub rows: u64,
    /// Where the pull continues, in the connector's own terms.
    pub cursor: Option<String>,
    /// All rows are here.
    pub finished: bool,
    /// The pull states the whole registry.
    pub complete: bool,
    /// Cursor of the next incremental pull.
    pub next_cursor: Option<String>,
    pub fingerprint: Option<String>,
    pub source: String,
    pub started_at: i64,
    /// Digest of the connector that pulled it: another one starts anew.
    pub connector: u64,
    /// Key under which a department pushed it, and the SHA-256 of what it sent.
    pub idempotency: Option<String>,
    #[serde(default)]
    pub digest: Option<String>,
    /// Changes of the columns against the contract, JSON.
    pub drift: Option<String>,
    /// What was left out of the source, or done about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Problem>,
    /// The ledger that runs of known rows refer to, and its next row.
    #[serde(default)]
    pub ledger: Option<u64>,
    #[serde(default)]
    pub ledger_next: u64,
}

/// One spooled row. `offset` is the byte offset in the source where the transport has one.
#[derive(Debug, Clone, PartialEq)]
pub enum SpooledRow {
    /// `digest` is that of the cells as they came, 0 where it is not known.
    Row {
        number: u64,
        offset: Option<u64>,
        digest: u64,
        cells: String,
    },
    Fault {
        number: u64,
        offset: Option<u64>,
        fault: SpooledFault,
    },
    /// Rows that came as the ledger has them, from its entry `place` on.
    Same {
        number: u64,
        place: u64,
        count: u64,
    },
}

/// A folder for one registry's spool.
#[derive(Debug, Clone)]
pub struct Spool {
    dir: PathBuf,
}

impl Spool {
    pub fn new(data: &Path, registry: &str) -> Spool {
        Spool { dir: data.join("spool").join(registry) }
    }
    /// The spool of a held batch, kept apart from the running one.
    pub fn held(data: &Path, registry: &str, batch: i64) -> Spool {
        Spool { dir: data.join("held").join(registry).join(batch.to_string()) }
    }
    fn failed(&self) -> impl Fn(std::io::Error) -> LandError + '_ {
        |source| LandError::Spool { path: self.dir.clone(), source }
    }
    fn rows_path(&self) -> PathBuf {
        self.dir.join("rows")
    }
    fn state_path(&self) -> PathBuf {
        self.dir.join("state.json")
    }

    /// The state at the last checkpoint; None where there is no spool or its file is shorter than it says.
    pub fn state(&self) -> Option<SpoolState> {
        let state: SpoolState = serde_json::from_slice(&std::fs::read(self.state_path()).ok()?).ok()?;
        let length = std::fs::metadata(self.rows_path()).ok()?.len();
        (length >= state.bytes).then_some(state)
    }

    /// Starts a new spool, dropping what was there.
    ///
    /// # Errors
    /// `Spool`: the folder cannot be written to.
    pub fn create(&self, state: SpoolState) -> Result<SpoolWriter, LandError> {
        self.remove()?;
        std::fs::create_dir_all(&self.dir).map_err(self.failed())?;
        let file = File::create(self.rows_path()).map_err(self.failed())?;
        let mut writer =
            SpoolWriter { spool: self.clone(), out: BufWriter::with_capacity(1 << 20, file), state, open: 0, same: None };
        writer.checkpoint(None)?;
        Ok(writer)
    }

    /// Continues at the last checkpoint: what came after it is cut off.
    ///
    /// # Errors
    /// `Spool`: the file is not there or cannot be written to.
    pub fn resume(&self, state: SpoolState) -> Result<SpoolWriter, LandError> {
        let mut file = File::options().write(true).open(self.rows_path()).map_err(self.failed())?;
        file.set_len(state.bytes).map_err(self.failed())?;
        file.seek(SeekFrom::End(0)).map_err(self.failed())?;
        Ok(SpoolWriter { spool: self.clone(), out: BufWriter::with_capacity(1 << 20, file), state, open: 0, same: None })
    }

    /// Reads the good rows in order.
    ///
    /// # Errors
    /// `Damaged`, where there is no spool or its file is shorter than it says; `Spool`, where it cannot be opened.
    pub fn rows(&self) -> Result<SpoolReader, LandError> {
        let state = self.state().ok_or_else(|| LandError::Damaged { path: self.dir.clone(), line: 0 })?;
        let file = File::open(self.rows_path()).map_err(self.failed())?;
        Ok(SpoolReader {
            path: self.dir.clone(),
            input: BufReader::with_capacity(1 << 20, file),
            left: state.rows,
            line: 0,
            buffer: Vec::new(),
        })
    }

    /// Moves a finished spool aside for a person to look at.
    ///
    /// # Errors
    /// `Spool`: the folders cannot be renamed or made.
    pub fn hold(&self, data: &Path, registry: &str, batch: i64) -> Result<Spool, LandError> {
        let held = Spool::held(data, registry, batch);
        held.remove()?;
        if let Some(parent) = held.dir.parent() {
            std::fs::create_dir_all(parent).map_err(self.failed())?;
        }
        std::fs::rename(&self.dir, &held.dir).map_err(self.failed())?;
        Ok(held)
    }

    /// A spool in a folder next to this one.
    pub(super) fn beside(&self, extension: &str) -> Spool {
        Spool { dir: self.dir.with_extension(extension) }
    }

    /// Puts this spool in the place of another.
    pub(super) fn replace(&self, other: &Spool) -> Result<(), LandError> {
        other.remove()?;
        std::fs::rename(&self.dir, &other.dir).map_err(self.failed())
    }

    /// Removes the folder, where there is one.
    ///
    /// # Errors
    /// `Spool`: it is there and cannot be removed.
    pub fn remove(&self) -> Result<(), LandError> {
        match std::fs::remove_dir_all(&self.dir) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(self.failed()(e)),
            _ => Ok(()),
        }
    }
}

/// Appends rows; nothing counts before the next checkpoint.
pub struct SpoolWriter {
    spool: Spool,
    out: BufWriter<File>,
    pub state: SpoolState,
    /// Rows since the last checkpoint.
    open: u64,
    /// A run of known rows that may go on: number and place of its first, and how many.
    same: Option<(u64, u64, u64)>,
}

impl SpoolWriter {
    fn write(&mut self, bytes: &[u8]) -> Result<(), LandError> {
        self.out.write_all(bytes).map_err(|source| LandError::Spool { path: self.spool.dir.clone(), source })?;
        self.state.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Names the columns. Where a pull meets new ones on its way they go behind the known ones, so that a row's cells
    /// never change their place; answers the place of each given column.
    pub fn columns(&mut self, columns: &[String]) -> Vec<usize> {
        columns
            .iter()
            .map(|name| {
                self.state.columns.iter().position(|known| known == name).unwrap_or_else(|| {
                    self.state.columns.push(name.clone());
                    self.state.columns.len() - 1
                })
            })
            .collect()
    }

    /// Appends a row whose cells are already a JSON array; `digest` 0 where it is not known.
    ///
    /// # Errors
    /// `Spool`: the file cannot be written.
    pub fn row_json(&mut self, number: u64, offset: Option<u64>, digest: u64, cells: &str) -> Result<(), LandError> {
        self.end_run()?;
        let mut head = [0u8; 80];
        let mut rest = &mut head[..];
        write!(rest, "D\t{number}\t{}\t{digest}\t", offset.map_or(-1, |o| o as i64)).expect("three numbers fit");
        let length = 80 - rest.len();
        self.write(&head[..length])?;
        self.write(cells.as_bytes())?;
        self.write(b"\n")?;
        self.open += 1;
        Ok(())
    }

    /// Appends a row of cells, None where a cell is absent.
    ///
    /// # Errors
    /// `Spool`: the file cannot be written.
    pub fn row<'a>(
        &mut self,
        number: u64,
        offset: Option<u64>,
        cells: impl Iterator<Item = Option<&'a str>>,
    ) -> Result<(), LandError> {
        let mut json = String::with_capacity(256);
        cells_to_json(cells, &mut json);
        self.row_json(number, offset, 0, &json)
    }

    /// Notes a row that stands in the ledger at `place`.
    ///
    /// # Errors
    /// `Spool`: the file cannot be written.
    pub fn same(&mut self, number: u64, place: u64) -> Result<(), LandError> {
        self.open += 1;
        if let Some((first, from, count)) = &mut self.same
            && (*first + *count, *from + *count) == (number, place)
        {
            *count += 1;
            return Ok(());
        }
        self.end_run()?;
        self.same = Some((number, place, 1));
        Ok(())
    }

    fn end_run(&mut self) -> Result<(), LandError> {
        match self.same.take() {
            Some((number, place, count)) => self.write(format!("S\t{number}\t{place}\t{count}\n").as_bytes()),
            None => Ok(()),
        }
    }

    /// Appends a row that could not be read, with its reason.
    ///
    /// # Errors
    /// `Spool`: the file cannot be written.
    pub fn fault(&mut self, number: u64, offset: Option<u64>, fault: &SpooledFault) -> Result<(), LandError> {
        self.end_run()?;
        let json = serde_json::to_string(fault).expect("plain texts");
        let line = format!("F\t{number}\t{}\t{json}\n", offset.map_or(-1, |o| o as i64));
        self.write(line.as_bytes())?;
        self.open += 1;
        Ok(())
    }

    /// Rows so far, checkpointed or not.
    pub fn rows(&self) -> u64 {
        self.state.rows + self.open
    }

    /// Makes everything so far good: a killed pull continues from `cursor`.
    ///
    /// # Errors
    /// `Spool`: file or state cannot be written; the checkpoint before is still the last one.
    pub fn checkpoint(&mut self, cursor: Option<String>) -> Result<(), LandError> {
        self.end_run()?;
        let failed = |source| LandError::Spool { path: self.spool.dir.clone(), source };
        self.out.flush().map_err(failed)?;
        self.state.rows += self.open;
        self.open = 0;
        if cursor.is_some() {
            self.state.cursor = cursor;
        }
        let next = self.spool.dir.join("state.next");
        std::fs::write(&next, serde_json::to_vec(&self.state).expect("plain state")).map_err(failed)?;
        std::fs::rename(&next, self.spool.state_path()).map_err(failed)
    }

    /// All rows are here. The file reaches the disk before the state says so.
    ///
    /// # Errors
    /// `Spool`: file or state cannot be written.
    pub fn finish(mut self) -> Result<SpoolState, LandError> {
        self.end_run()?;
        self.out.flush().map_err(|source| LandError::Spool { path: self.spool.dir.clone(), source })?;
        self.state.finished = true;
        self.checkpoint(None)?;
        Ok(self.state)
    }
}

/// A JSON array of the cells: what the store keeps as payload.
pub fn cells_to_json<'a>(cells: impl Iterator<Item = Option<&'a str>>, out: &mut String) {
    out.push('[');
    for (i, cell) in cells.enumerate() {
        if i > 0 {
            out.push(',');
        }
        match cell {
            None => out.push_str("null"),
            Some(text) if plain(text.as_bytes()) => {
                out.push('"');
                out.push_str(text);
                out.push('"');
            }
            Some(text) => out.push_str(&serde_json::to_string(text).expect("a text")),
        }
    }
    out.push(']');
}

/// Whether a text needs no escapes in JSON. Looks at every byte without leaving early, so that the compiler takes many at
/// a time.
fn plain(text: &[u8]) -> bool {
    !text.iter().fold(false, |found, b| found | (*b < 0x20) | (*b == b'"') | (*b == b'\\'))
}

/// Iterates over a spool's good rows.
pub struct SpoolReader {
    path: PathBuf,
    input: BufReader<File>,
    left: u64,
    line: u64,
    buffer: Vec<u8>,
}

impl SpoolReader {
    /// The row that came last is not what this program spools.
    pub(crate) fn damaged(&self) -> LandError {
        self.damaged_at(self.line)
    }

    /// The same of the row of a line.
    pub(super) fn damaged_at(&self, line: u64) -> LandError {
        LandError::Damaged { path: self.path.clone(), line }
    }

    /// The line of the row that came last.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// As `read_until`, with a search of many bytes at a time.
    fn read_line(&mut self) -> std::io::Result<()> {
        loop {
            let ahead = match self.input.fill_buf() {
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                ahead => ahead?,
            };
            let end = memchr::memchr(b'\n', ahead);
            let taken = end.map_or(ahead.len(), |at| at + 1);
            self.buffer.extend_from_slice(&ahead[..taken]);
            self.input.consume(taken);
            if end.is_some() || taken == 0 {
                return Ok(());
            }
        }
    }

    fn parse(&self) -> Option<SpooledRow> {
        let text = simdutf8::basic::from_utf8(&self.buffer).ok()?.strip_suffix('\n')?;
        let mut parts = text.splitn(4, '\t');
        let (kind, number, second, rest) =
            (parts.next()?, parts.next()?.parse().ok()?, parts.next()?.parse::<i64>().ok()?, parts.next()?);
        let offset = u64::try_from(second).ok();
        match kind {
            "D" => {
                let (digest, cells) = rest.split_once('\t')?;
                Some(SpooledRow::Row { number, offset, digest: digest.parse().ok()?, cells: cells.to_owned() })
            }
            "R" => Some(SpooledRow::Row { number, offset, digest: 0, cells: rest.to_owned() }),
            "S" => Some(SpooledRow::Same { number, place: offset?, count: rest.parse().ok()? }),
            "F" => Some(SpooledRow::Fault { number, offset, fault: serde_json::from_str(rest).ok()? }),
            _ => None,
        }
    }
}

impl Iterator for SpoolReader {
    type Item = Result<SpooledRow, LandError>;
    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        self.line += 1;
        self.buffer.clear();
        if let Err(source) = self.read_line() {
            self.left = 0;
            return Some(Err(LandError::Spool { path: self.path.clone(), source }));
        }
        let row = self.parse();
        let rows = match &row {
            Some(SpooledRow::Same { count, .. }) => *count,
            _ => 1,
        };
        match (row, self.left.checked_sub(rows)) {
            (Some(row), Some(left)) if rows > 0 => {
                self.left = left;
                Some(Ok(row))
            }
            _ => {
                self.left = 0;
                Some(Err(self.damaged()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_killed_pull_resumes_at_its_last_checkpoint() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let spool = Spool::new(dir.path(), "tax");
        let mut w = spool.create(SpoolState { batch: 7, ..Default::default() }).expect("created");
        w.columns(&["a".into(), "b".into()]);
        w.row(1, Some(10), [Some("甲\"乙"), None].into_iter()).expect("written");
        w.checkpoint(Some("page 1".into())).expect("checkpoint");
        w.row(2, Some(20), [Some("lost"), None].into_iter()).expect("written");
        drop(w); // killed: the second row was never checkpointed

        let state = spool.state().expect("a state");
        assert_eq!((state.rows, state.cursor.as_deref(), state.finished), (1, Some("page 1"), false));
        let mut w = spool.resume(state).expect("resumed");
        w.row(2, None, [Some("again"), Some("x")].into_iter()).expect("written");
        w.finish().expect("finished");
        let rows: Vec<_> = spool.rows().expect("rows").map(|r| r.expect("good")).collect();
        assert_eq!(
            rows,
            [
                SpooledRow::Row { number: 1, offset: Some(10), digest: 0, cells: "[\"甲\\\"乙\",null]".into() },
                SpooledRow::Row { number: 2, offset: None, digest: 0, cells: "[\"again\",\"x\"]".into() },
            ]
        );
    }

    #[test]
    fn known_rows_are_kept_as_runs_and_counted_one_by_one() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let spool = Spool::new(dir.path(), "tax");
        let mut w = spool.create(SpoolState::default()).expect("created");
        for (number, place) in [(1, 0), (2, 1), (3, 2), (4, 9)] {
            w.same(number, place).expect("written");
        }
        w.row_json(5, None, 7, "[\"new\"]").expect("written");
        w.same(6, 10).expect("written");
        assert_eq!(w.rows(), 6);
        let state = w.finish().expect("finished");
        assert_eq!(state.rows, 6);
        let rows: Vec<_> = spool.rows().expect("rows").map(|r| r.expect("good")).collect();
        assert_eq!(
            rows,
            [
                SpooledRow::Same { number: 1, place: 0, count: 3 },
                SpooledRow::Same { number: 4, place: 9, count: 1 },
                SpooledRow::Row { number: 5, offset: None, digest: 7, cells: "[\"new\"]".into() },
                SpooledRow::Same { number: 6, place: 10, count: 1 },
            ]
        );
    }
}
