//! The ledger: which rows the last complete pull of a registry had, in the source's order, and which records they are.
//!
//! An unchanged row costs one digest and one comparison: its digest stands where the row stood last time, so that nobody
//! reads its key, spools it, or looks it up. A ledger names the store, the connector and the registry's last changing
//! landing; where any of them differs it does not serve, and every row is read and compared in full. It is a cache: what
//! is missing or damaged costs time and nothing else.
//!
//! A digest is that of a row's cells, or of its text as written where the source has one for each row; then a known row
//! need not even be taken apart. Columns that JSON records bring on the way are the reason for the widths: a row is left
//! unread only once every column is known that it may have, so that a column neither appears nor vanishes unseen.
//!
//! A [`kept_file`](crate::kept_file): 16 bytes a row (digest, record id), then the ids of all records that are not gone (a roaring
//! bitmap); its index holds what it rests on, the columns and the widths.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use roaring::RoaringTreemap;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::kept_file::{KeptFile, KeptFileError, KeptFileWriter, Kind};
use crate::store::{Store, StoreError};

const KIND: Kind = Kind { magic: *b"huituled", format: 3 };
const ENTRY: usize = 16;
/// Entries read at a time.
const READ: usize = 8_192;
/// How far ahead of its place a row is looked for: rows before it were changed or taken away.
const AHEAD: usize = 4_096;
/// After this many rows that were nowhere ahead only every sixteenth is looked for.
const LOST: u32 = 256;

/// What a ledger rests on: all of it must be the same for its rows to count as known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerBasis {
    pub store: String,
    pub connector: u64,
    /// The registry's last landing that changed anything, by number, batch and end.
    pub landing: (i64, i64, i64),
}

#[derive(Serialize, Deserialize)]
struct Index {
    basis: LedgerBasis,
    rows: u64,
    columns: Vec<String>,
    /// Place from which on rows have so many of the columns, growing.
    widths: Vec<(u64, usize)>,
}

/// One row: what it looked like and which record it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub digest: u64,
    pub record: u64,
}

/// What a ledger must rest on to serve now.
///
/// # Errors
/// The store cannot be read.
pub async fn basis(store: &Store, registry_id: i64, connector: u64) -> Result<LedgerBasis, StoreError> {
    Ok(LedgerBasis { store: store.id().await?, connector, landing: store.landing_of(registry_id).await? })
}

pub fn path(data: &Path, registry: &str) -> PathBuf {
    data.join("ledger").join(registry)
}

/// A ledger whose basis and checksum hold.
pub struct Ledger {
    file: KeptFile<Index>,
    /// Names this very ledger.
    pub token: u64,
    pub entries: u64,
    pub columns: Vec<String>,
    /// Ids of the registry's records that are not gone.
    pub live: RoaringTreemap,
}

impl Ledger {
    /// The registry's ledger if it rests on `basis`; None where there is none or it does not serve.
    pub fn open(data: &Path, registry: &str, basis: &LedgerBasis) -> Option<Ledger> {
        let path = path(data, registry);
        match Ledger::read(&path) {
            Ok(ledger) if ledger.file.index.basis == *basis => Some(ledger),
            Ok(_) => None,
            Err(KeptFileError::Io(e)) if e.kind() == io::ErrorKind::NotFound => None,
            Err(e) => {
                tracing::warn!("{}: {e}; every row is compared in full", path.display());
                None
            }
        }
    }

    fn read(path: &Path) -> Result<Ledger, KeptFileError> {
        let mut file: KeptFile<Index> = KeptFile::open(path, KIND)?;
        file.verify()?;
        let entries = file.index.rows;
        let rows = entries.checked_mul(ENTRY as u64).filter(|rows| *rows <= file.len).ok_or(KeptFileError::Damaged)?;
        let bitmap = file.read(rows, (file.len - rows) as usize)?;
        let live = RoaringTreemap::deserialize_from(&bitmap[..]).map_err(|_| KeptFileError::Damaged)?;
        let (token, columns) = (file.checksum, std::mem::take(&mut file.index.columns));
        Ok(Ledger { file, token, entries, columns, live })
    }

    /// How many of the columns must be known before the row at `place` may be left unread: it has none of the others.
    pub fn width_at(&self, place: u64) -> usize {
        let widths = &self.file.index.widths;
        let steps = widths.partition_point(|(from, _)| *from <= place);
        steps.checked_sub(1).map_or(0, |last| widths[last].1)
    }

    /// Entries `from..from + count`, in order.
    ///
    /// # Errors
    /// The file cannot be read, or has fewer entries.
    pub fn slice(&self, from: u64, count: usize, out: &mut Vec<Entry>) -> io::Result<()> {
        out.clear();
        if count as u64 > self.entries.saturating_sub(from) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let bytes = self.file.read(from * ENTRY as u64, count * ENTRY)?;
        out.extend(bytes.chunks_exact(ENTRY).map(|entry| {
            let (digest, record) = entry.split_at(8);
            let number = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
            Entry { digest: number(digest), record: number(record) }
        }));
        Ok(())
    }
}

/// Finds the rows of a running pull in the ledger, going forward only.
pub struct Matcher {
    pub ledger: Ledger,
    /// `window[at..]` are the entries from `next` on that have been read.
    window: Vec<Entry>,
    at: usize,
    next: u64,
    missed: u32,
}

impl Matcher {
    /// `next`: the entry after the last one found before.
    pub fn new(ledger: Ledger, next: u64) -> Matcher {
        Matcher { ledger, window: Vec::new(), at: 0, next, missed: 0 }
    }

    /// The entry after the last one found.
    pub fn next(&self) -> u64 {
        self.next
    }

    fn fill(&mut self, wanted: usize) -> io::Result<()> {
        let left = (self.ledger.entries - self.next) as usize;
        if self.window.len() - self.at >= wanted.min(left) {
            return Ok(());
        }
        self.at = 0;
        self.ledger.slice(self.next, READ.min(left), &mut self.window)
    }

    /// Place of the row in the ledger, None where it is not there (or not where it can be expected).
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn find(&mut self, digest: u64) -> io::Result<Option<u64>> {
        self.fill(1)?;
        if self.window.get(self.at).is_some_and(|e| e.digest == digest) {
            return Ok(Some(self.take(0)));
        }
        self.missed = self.missed.wrapping_add(1);
        if self.missed > LOST && !self.missed.is_multiple_of(16) {
            return Ok(None);
        }
        self.fill(AHEAD)?;
        let ahead = self.window[self.at..].iter().take(AHEAD).position(|e| e.digest == digest);
        Ok(ahead.map(|skipped| self.take(skipped)))
    }

    fn take(&mut self, skipped: usize) -> u64 {
        let place = self.next + skipped as u64;
        self.at += skipped + 1;
        self.next = place + 1;
        self.missed = 0;
        place
    }
}

/// Writes the ledger of a landing; it counts only once [`LedgerWriter::publish`] has put it in place.
pub struct LedgerWriter {
    out: KeptFileWriter,
    rows: u64,
    widths: Vec<(u64, usize)>,
}

impl LedgerWriter {
    /// Begins the ledger of a registry beside the one that is there.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn create(data: &Path, registry: &str) -> io::Result<LedgerWriter> {
        Ok(LedgerWriter { out: KeptFileWriter::create(path(data, registry), KIND)?, rows: 0, widths: Vec::new() })
    }

    /// Adds a row that has the first `width` columns.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn push(&mut self, entry: Entry, width: usize) -> io::Result<()> {
        if self.widths.last().is_none_or(|(_, last)| *last < width) {
            self.widths.push((self.rows, width));
        }
        self.rows += 1;
        let mut bytes = [0; ENTRY];
        bytes[..8].copy_from_slice(&entry.digest.to_le_bytes());
        bytes[8..].copy_from_slice(&entry.record.to_le_bytes());
        self.out.write_all(&bytes)
    }

    /// Ends the file and puts it in place, once the landing is committed.
    ///
    /// # Errors
    /// The file cannot be written or put in place; the ledger that was there stays.
    pub fn publish(mut self, basis: LedgerBasis, columns: &[String], live: &RoaringTreemap) -> io::Result<()> {
        live.serialize_into(&mut self.out)?;
        let index = Index { basis, rows: self.rows, columns: columns.to_vec(), widths: self.widths };
        self.out.finish(&index)?.keep()
    }

    /// Leaves the ledger that is there as it is.
    pub fn discard(self) {
        self.out.discard();
    }
}

/// Digest of a row's cells: their text, one after the other, and where each ends.
pub fn row_digest(text: &str, lengths: impl Iterator<Item = Option<u32>>) -> u64 {
    let mut shape = 0u64;
    for length in lengths {
        let step = length.map_or(u64::MAX, u64::from);
        shape = (shape.rotate_left(5) ^ step).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    // Zero means that a row has no digest.
    xxhash_rust::xxh3::xxh3_64_with_seed(text.as_bytes(), shape).max(1)
}

/// As [`row_digest`], of cells that stand apart.
pub fn cells_digest(cells: &[Option<&str>]) -> u64 {
    let text: String = cells.iter().flatten().copied().collect();
    row_digest(&text, cells.iter().map(|c| c.map(|t| t.len() as u32)))
}

/// A name for a list of columns.
pub fn columns_hash(columns: &[String]) -> u64 {
    xxh3_64(columns.join("\u{1f}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(dir: &Path, digests: impl Iterator<Item = u64>, basis: &LedgerBasis) -> Option<Ledger> {
        let mut writer = LedgerWriter::create(dir, "tax").expect("created");
        digests.enumerate().for_each(|(i, digest)| {
            writer.push(Entry { digest, record: i as u64 + 1 }, 1 + i / 1000).expect("written");
        });
        writer.publish(basis.clone(), &["a".into()], &(1..=3).collect()).expect("published");
        Ledger::open(dir, "tax", basis)
    }

    #[test]
    fn rows_are_found_in_order_past_changed_and_missing_ones() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let basis = LedgerBasis { store: "s".into(), connector: 1, landing: (1, 2, 3) };
        let mut matcher = Matcher::new(ledger(dir.path(), 1000..21_000, &basis).expect("a ledger"), 0);
        let mut find = |digest| matcher.find(digest).expect("readable");
        assert_eq!(find(1000), Some(0));
        assert_eq!(find(7), None, "a new row");
        assert_eq!(find(1003), Some(3), "two were taken away");
        assert_eq!(find(1001), None, "it does not go back");
        assert_eq!(find(4000), Some(3000));
        assert_eq!(find(20_999), None, "too far ahead");
        for digest in 4001..21_000 {
            assert_eq!(find(digest), Some(digest - 1000));
        }
        assert_eq!(find(21_000), None, "behind the end");
        let width = |place| matcher.ledger.width_at(place);
        assert_eq!([width(0), width(999), width(1000), width(19_999)], [1, 1, 2, 20]);
    }

    #[test]
    fn many_new_rows_do_not_lose_the_place() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let basis = LedgerBasis { store: "s".into(), connector: 1, landing: (1, 2, 3) };
        let mut matcher = Matcher::new(ledger(dir.path(), 1_000_000..1_050_000, &basis).expect("a ledger"), 0);
        for new in 1..30_000 {
            assert_eq!(matcher.find(new).expect("readable"), None);
        }
        let found = (1_000_000..1_050_000).filter(|d| matcher.find(*d).expect("readable").is_some()).count();
        assert_eq!(found, 50_000);
    }

    #[test]
    fn another_basis_or_a_flipped_bit_does_not_serve() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let basis = LedgerBasis { store: "s".into(), connector: 1, landing: (1, 2, 3) };
        assert!(ledger(dir.path(), 0..100, &basis).is_some());
        for other in [
            LedgerBasis { store: "t".into(), ..basis.clone() },
            LedgerBasis { connector: 2, ..basis.clone() },
            LedgerBasis { landing: (2, 2, 3), ..basis.clone() },
        ] {
            assert!(Ledger::open(dir.path(), "tax", &other).is_none());
        }
        let path = path(dir.path(), "tax");
        let mut bytes = std::fs::read(&path).expect("the file");
        bytes[24] ^= 1;
        std::fs::write(&path, bytes).expect("written");
        assert!(Ledger::open(dir.path(), "tax", &basis).is_none());
    }

    #[test]
    fn a_digest_tells_cells_apart_that_join_to_the_same_text() {
        let all = [
            cells_digest(&[Some("ab"), Some("c")]),
            cells_digest(&[Some("a"), Some("bc")]),
            cells_digest(&[Some("abc"), Some("")]),
            cells_digest(&[Some("abc"), None]),
            cells_digest(&[None, Some("abc")]),
        ];
        assert_eq!(all.iter().collect::<std::collections::HashSet<_>>().len(), all.len());
    }
}
