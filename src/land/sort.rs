//! Sorts spooled rows into new, changed, unchanged and unreadable, against what the store knows.
//!
//! Memory does not grow with the registry: keys are looked up in the store a chunk at a time, keys that the batch itself
//! brought are remembered by a filter of two bytes each, and records by one bit of their number.

use std::collections::HashMap;
use std::sync::Arc;

use hashbrown::HashSet;
use rayon::prelude::*;
use roaring::RoaringTreemap;

use super::error::LandError;
use super::key_filter::KeyFilter;
use super::ledger::{Entry, Ledger};
use super::ledger_builder::LedgerBuilder;
use super::reader::{Observed, RowReader};
use super::spool::{NO_RECORD, SpoolReader, SpooledFault, SpooledRow, cells_to_json};
use crate::model::problem::Problem;
use crate::store::quarantine::QuarantinedRow;
use crate::store::record::{KnownRecord, key_hash};
use crate::store::record_write::NewRecord;
use crate::store::{Store, record};

/// Rows prepared at a time; the next chunk is prepared while this one is written.
const CHUNK_ROWS: i64 = 6_000;
/// … or so many bytes of their payloads.
const CHUNK_BYTES: usize = 8 << 20;

/// Stretches of a chunk that are read side by side.
const STRETCHES: usize = 4;

/// What a chunk of the spool asks of the store.
#[derive(Default)]
pub(super) struct Chunk {
    pub added: Vec<NewRecord>,
    pub changed: Vec<NewRecord>,
    pub quarantined: Vec<QuarantinedRow>,
    pub deferred: Vec<Deferred>,
    pub unchanged: i64,
    pub read: i64,
    bytes: usize,
}

impl Chunk {
    pub fn is_full(&self) -> bool {
        self.read >= CHUNK_ROWS || self.bytes >= CHUNK_BYTES
    }
}

/// A row whose key this batch has brought already, or perhaps has: only the rows written so far can tell.
pub(super) enum Deferred {
    Row {
        number: u64,
        offset: Option<u64>,
        row: NewRecord,
    },
    /// A row as the ledger has it, of a record that another row of this batch has changed.
    Known {
        number: u64,
        record: u64,
    },
}

/// Where the batch's rows belong.
#[derive(Debug, Clone, Copy)]
pub(super) struct BatchContext {
    pub registry_id: i64,
    pub batch_id: i64,
    pub layout_id: i64,
}

impl BatchContext {
    pub fn quarantine(&self, number: u64, offset: Option<u64>, fault: SpooledFault) -> QuarantinedRow {
        QuarantinedRow {
            id: 0,
            registry_id: self.registry_id,
            batch_id: self.batch_id,
            row_number: number as i64,
            byte_offset: offset.map(|o| o as i64),
            column_name: fault.column,
            code: fault.problem.code.into_owned(),
            detail: serde_json::json!({ "zh": fault.problem.zh, "en": fault.problem.en }).to_string(),
            raw: fault.raw,
            layout_id: Some(self.layout_id),
            state: "OPEN".into(),
            record_key: None,
        }
    }
}

pub(super) struct Sorter {
    pub reader: Arc<dyn RowReader>,
    pub store: Store,
    pub next_id: i64,
    pub batch_context: BatchContext,
    pub columns_hash: u64,
    pub width: usize,
    /// The registry has no records: nothing needs to be looked up.
    pub fresh: bool,
    pub ledger: Option<Ledger>,
    /// Known records that this batch has had.
    pub seen: RoaringTreemap,
    /// Those among them that it has changed.
    pub touched: RoaringTreemap,
    /// Records that it has added, and those it has brought back.
    pub inserted: RoaringTreemap,
    /// Keys that it has added.
    pub keys: KeyFilter,
    pub ledger_builder: Option<LedgerBuilder>,
    /// What checked rows of this chunk showed, stretch by stretch.
    pub observed: [Observed; STRETCHES],
    /// Quarantined rows whose key could not be read: any of them may be one that seems to have vanished.
    pub without_key: i64,
    /// Rows of a table that are no records: totals, notes, a repeated header.
    pub no_records: i64,
}

/// A row as it stands in the spool.
struct Came {
    number: u64,
    offset: Option<u64>,
    digest: u64,
    payload: String,
    /// Of the spool.
    line: u64,
}

/// A row whose key could be read.
struct Named {
    number: u64,
    offset: Option<u64>,
    digest: u64,
    /// Columns that were known when it came.
    width: usize,
    row: NewRecord,
    /// Whether it can be read, where it was looked at while its cells were at hand.
    checked: Option<Result<Option<i64>, SpooledFault>>,
}

/// A row that was looked at, or why it has no key.
type Looked = Result<Named, (u64, Option<u64>, SpooledFault)>;

/// A spooled row that is no list of cells: the spool is damaged. Its line.
struct NoCells(u64);

enum Item {
    Came,
    Same { number: u64, place: u64, count: u64 },
}

impl Sorter {
    /// The next rows of the spool, sorted; None behind the last one.
    ///
    /// # Errors
    /// `Spool` and `Damaged`, where the spool cannot be read; `Store`, where what is known of its keys cannot.
    pub fn next(&mut self, rows: &mut SpoolReader) -> Result<Option<Chunk>, LandError> {
        let mut chunk = Chunk::default();
        let (mut items, mut came) = (Vec::new(), Vec::new());
        while !chunk.is_full() {
            let Some(row) = rows.next() else { break };
            match row? {
                SpooledRow::Fault { number, offset, fault } => {
                    chunk.read += 1;
                    self.unnamed(&fault.problem.code);
                    chunk.quarantined.push(self.batch_context.quarantine(number, offset, fault));
                }
                SpooledRow::Same { number, place, count } => {
                    chunk.read += count as i64;
                    items.push(Item::Same { number, place, count });
                }
                SpooledRow::Row { number, offset, digest, cells } => {
                    chunk.read += 1;
                    chunk.bytes += cells.len();
                    came.push(Came { number, offset, digest, payload: cells, line: rows.line() });
                    items.push(Item::Came);
                }
            }
        }
        if chunk.read == 0 {
            return Ok(None);
        }
        let looked = self.look(came).map_err(|NoCells(line)| rows.damaged_at(line))?;
        let known = self.known(&looked)?;
        let mut looked = looked.into_iter();
        for item in items {
            match item {
                Item::Same { number, place, count } => self.same(number, place, count, &mut chunk)?,
                Item::Came => match looked.next().expect("one for each that came") {
                    Ok(named) => {
                        let known = known.get(&named.row.key).copied();
                        self.sort(named, known, &mut chunk);
                    }
                    Err((number, offset, fault)) => {
                        self.unnamed(&fault.problem.code);
                        chunk.quarantined.push(self.batch_context.quarantine(number, offset, fault));
                    }
                },
            }
        }
        chunk.quarantined.sort_by_key(|q| q.row_number);
        self.observed.iter_mut().for_each(|observed| self.reader.gather(observed));
        Ok(Some(chunk))
    }

    /// Reads keys and contents, on all cores. In a registry without records a row is checked at once, while its cells are at hand.
    fn look(&mut self, came: Vec<Came>) -> Result<Vec<Looked>, NoCells> {
        let stretch = came.len().div_ceil(STRETCHES).max(1);
        let mut observed = std::mem::take(&mut self.observed);
        let mut came = came;
        let looked = came.par_chunks_mut(stretch).zip(&mut observed).map(|(rows, observed)| {
            rows.iter_mut().map(|row| self.look_at(row, observed)).collect::<Result<Vec<Looked>, NoCells>>()
        });
        let looked: Vec<Result<Vec<Looked>, NoCells>> = looked.collect();
        self.observed = observed;
        // The first line that is damaged is named, whichever was met first.
        let looked = looked.into_iter().collect::<Result<Vec<_>, NoCells>>()?;
        let mut looked: Vec<Looked> = looked.into_iter().flatten().collect();
        // Where rows of one key come together, whether the second one is looked at depends on the first.
        let mut keys = HashSet::new();
        let mut checked = looked.iter().flatten().filter(|named| named.checked.is_some());
        if !checked.all(|named| keys.insert(key_hash(&named.row.key))) {
            self.observed.iter_mut().for_each(Observed::forget);
            looked.iter_mut().flatten().for_each(|named| named.checked = None);
        }
        Ok(looked)
    }

    fn look_at(&self, came: &mut Came, observed: &mut Observed) -> Result<Looked, NoCells> {
        let Came { number, offset, digest, .. } = *came;
        let payload = std::mem::take(&mut came.payload);
        let owned;
        let mut cells: Vec<Option<&str>> = match record::plain_cells(&payload) {
            Some(plain) => plain,
            None => {
                owned = record::cells(&payload).ok_or(NoCells(came.line))?;
                owned.iter().map(Option::as_deref).collect()
            }
        };
        let width = cells.len();
        // Columns that appeared later in the pull were absent here.
        let padded = (cells.len() < self.width).then(|| {
            cells.resize(self.width, None);
            let mut json = String::with_capacity(payload.len() + 16);
            cells_to_json(cells.iter().copied(), &mut json);
            json
        });
        let content = padded.as_deref().unwrap_or(&payload);
        let key = match self.reader.key(&cells) {
            Ok(key) => key,
            Err(fault) => {
                let raw = if fault.raw.is_empty() { payload } else { fault.raw.clone() };
                return Ok(Err((number, offset, SpooledFault { raw, ..fault })));
            }
        };
        let hash = xxhash_rust::xxh3::xxh3_64_with_seed(content.as_bytes(), self.columns_hash) as i64;
        let is_new = self.fresh && !self.keys.may_have(key_hash(&key));
        let checked = is_new.then(|| self.reader.check(&cells, observed));
        let payload = padded.unwrap_or(payload);
        let row = NewRecord { id: 0, key, hash, layout_id: self.batch_context.layout_id, observed_at: None, payload };
        Ok(Ok(Named { number, offset, digest, width, row, checked }))
    }

    fn known(&self, looked: &[Looked]) -> Result<HashMap<String, KnownRecord>, LandError> {
        if self.fresh {
            return Ok(HashMap::new());
        }
        let keys: Vec<&str> = looked.iter().flatten().map(|named| named.row.key.as_str()).collect();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        Ok(tokio::runtime::Handle::current().block_on(self.store.known(self.batch_context.registry_id, &keys))?)
    }

    /// A row without a key: it may be one that seems to be missing, unless it is no record at all.
    fn unnamed(&mut self, code: &str) {
        match code.starts_with(NO_RECORD) {
            true => self.no_records += 1,
            false => self.without_key += 1,
        }
    }

    fn keep(&mut self, digest: u64, width: usize, record: i64) {
        if let Some(ledger_builder) = &mut self.ledger_builder {
            ledger_builder.row(self.ledger.as_ref(), Entry { digest, record: record as u64 }, width);
        }
    }

    /// Whether a row maps to records: as it was found, or from its payload.
    fn checked(&mut self, named: &mut Named) -> Result<Option<i64>, SpooledFault> {
        let found = named.checked.take();
        found.unwrap_or_else(|| check(self.reader.as_ref(), &named.row.payload, &mut self.observed[0]))
    }

    fn add(&mut self, mut named: Named, chunk: &mut Chunk) {
        let checked = self.checked(&mut named);
        let Named { number, offset, digest, width, row, .. } = named;
        match checked {
            Ok(observed_at) => {
                let id = self.next_id;
                self.next_id += 1;
                self.keys.insert(key_hash(&row.key));
                self.inserted.insert(id as u64);
                self.keep(digest, width, id);
                chunk.added.push(NewRecord { id, observed_at, ..row });
            }
            Err(fault) => self.unreadable(number, offset, row.payload, fault, chunk),
        }
    }

    fn unreadable(&self, number: u64, offset: Option<u64>, payload: String, mut fault: SpooledFault, chunk: &mut Chunk) {
        if fault.raw.is_empty() {
            fault.raw = payload;
        }
        chunk.quarantined.push(self.batch_context.quarantine(number, offset, fault));
    }

    fn sort(&mut self, mut named: Named, known: Option<KnownRecord>, chunk: &mut Chunk) {
        let again = match &known {
            Some(known) => self.seen.contains(known.id as u64),
            // What was checked beside its neighbours has no key of any row before it.
            None => named.checked.is_none() && self.keys.may_have(key_hash(&named.row.key)),
        };
        if again {
            // Should it turn out to be new after all, its number waits for it.
            let id = self.next_id;
            self.next_id += 1;
            let Named { number, offset, row, .. } = named;
            chunk.deferred.push(Deferred::Row { number, offset, row: NewRecord { id, ..row } });
            return;
        }
        let Some(known) = known else { return self.add(named, chunk) };
        // Seen even where the new content cannot be read: the source still has the record.
        self.seen.insert(known.id as u64);
        if known.hash == named.row.hash && !known.gone {
            chunk.unchanged += 1;
            return self.keep(named.digest, named.width, known.id);
        }
        match self.checked(&mut named) {
            Ok(observed_at) => {
                self.touched.insert(known.id as u64);
                if known.gone {
                    self.inserted.insert(known.id as u64);
                }
                self.keep(named.digest, named.width, known.id);
                chunk.changed.push(NewRecord { id: known.id, observed_at, ..named.row });
            }
            Err(fault) => self.unreadable(named.number, named.offset, named.row.payload, fault, chunk),
        }
    }

    fn same(&mut self, number: u64, place: u64, count: u64, chunk: &mut Chunk) -> Result<(), LandError> {
        const STEP: u64 = 65_536;
        let mut entries = Vec::new();
        let mut done = 0;
        while done < count {
            let step = STEP.min(count - done);
            let Some(ledger) = &self.ledger else { return Err(LandError::Outdated) };
            ledger.slice(place + done, step as usize, &mut entries).map_err(|_| LandError::Outdated)?;
            // Records are numbered as they came: most runs of rows are runs of numbers.
            for run in entries.chunk_by(|a, b| a.record + 1 == b.record) {
                self.seen.insert_range(run[0].record..=run[run.len() - 1].record);
            }
            if !self.touched.is_empty() {
                let (again, once): (Vec<_>, Vec<_>) =
                    (done..).zip(&entries).partition(|(_, entry)| self.touched.contains(entry.record));
                if !again.is_empty() {
                    let deferred = again.iter().map(|(i, entry)| Deferred::Known { number: number + i, record: entry.record });
                    chunk.deferred.extend(deferred);
                    chunk.unchanged += once.len() as i64;
                    if let Some(ledger_builder) = &mut self.ledger_builder {
                        once.iter().for_each(|(i, entry)| ledger_builder.row(Some(ledger), **entry, ledger.width_at(place + i)));
                    }
                    done += step;
                    continue;
                }
            }
            chunk.unchanged += entries.len() as i64;
            if let Some(ledger_builder) = &mut self.ledger_builder {
                ledger_builder.same(ledger, place + done, &entries);
            }
            done += step;
        }
        Ok(())
    }
}

/// Whether a row maps to records, from its payload; the fault of one that does not carries it.
pub(super) fn check(reader: &dyn RowReader, payload: &str, observed: &mut Observed) -> Result<Option<i64>, SpooledFault> {
    let Some(owned) = record::cells(payload) else {
        return Err(SpooledFault {
            problem: Box::new(Problem::new(
                "payload_damaged",
                "该行的内容已损坏，无法拆分为单元格",
                "the contents of this row are damaged and cannot be split into cells",
            )),
            column: None,
            raw: payload.to_owned(),
        });
    };
    let cells: Vec<Option<&str>> = owned.iter().map(Option::as_deref).collect();
    reader.check(&cells, observed)
}

/// A key that stands twice in one batch with different contents.
pub(super) fn duplicate(key: &str, payload: &str) -> SpooledFault {
    SpooledFault {
        problem: Box::new(Problem::new(
            "duplicate_key",
            format!("主键“{key}”在本批中出现多次且内容不同，仅保留第一行"),
            format!("key \"{key}\" occurs several times in this batch with different contents; the first row was kept"),
        )),
        column: None,
        raw: payload.to_owned(),
    }
}
