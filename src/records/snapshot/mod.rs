//! The records as read, kept beside the store: `records.snapshot` in the data directory.
//!
//! A cache and nothing else. It names the store, the landing (watermark) and the connectors it was read with; where any of
//! them differs, or a checksum fails, the records are read from the store again, and the log says so. What landed since
//! its watermark is read from the store and laid over it.
//!
//! A [`kept_file`](crate::kept_file): chunks of records by ranges of store ids (see [`coding`]), each with a checksum of its own,
//! so that one can be read without the others.

mod coding;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::connector::Connector;
use crate::kept_file::{KeptFile, KeptFileError, KeptFileWriter, Kind};
use crate::model::facts::Facts;
use crate::model::linkage::LinkRecord;
use crate::model::record::RegistryIndex;
use crate::store::landing::Watermark;

pub use coding::{decode, encode};

const FILE: &str = "records.snapshot";
/// The format is raised when the coding changes.
const KIND: Kind = Kind { magic: *b"huiturec", format: 2 };

/// What records were read with: all of it must be the same for the file to be of use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotBasis {
    format: u64,
    /// The program's version, size and time: a newer one may read differently.
    program: String,
    vocabulary: u64,
    store: String,
    /// Name and digest in the order of their ranks.
    connectors: Vec<(String, u64)>,
}

impl SnapshotBasis {
    pub fn new<'a>(store: String, connectors: impl Iterator<Item = &'a Connector>) -> SnapshotBasis {
        let program = std::env::current_exe().and_then(std::fs::metadata).map(|m| {
            let built = m.modified().ok().and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
            format!("{} {} {}", env!("CARGO_PKG_VERSION"), m.len(), built.unwrap_or_default().as_nanos())
        });
        SnapshotBasis {
            format: KIND.format,
            program: program.unwrap_or_else(|_| env!("CARGO_PKG_VERSION").to_owned()),
            vocabulary: coding::vocabulary(),
            store,
            connectors: connectors.map(|c| (c.name.clone(), c.digest)).collect(),
        }
    }
}

/// Records with `after < store id <= to`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotChunk {
    pub after: i64,
    pub to: i64,
    pub records: u64,
    /// Store ids that no connector could read, with their registries.
    pub unreadable: Vec<(i64, RegistryIndex)>,
    offset: u64,
    bytes: u64,
    checksum: u64,
}

#[derive(Serialize, Deserialize)]
struct Index {
    basis: SnapshotBasis,
    mark: Watermark,
    chunks: Vec<SnapshotChunk>,
}

/// A file that was made from this store with these connectors.
pub struct Snapshot(KeptFile<Index>);

pub fn path(data: &Path) -> PathBuf {
    data.join(FILE)
}

impl Snapshot {
    /// The file in `data` if it rests on `basis`; None where there is none or it does not serve, which the log tells.
    pub fn open(data: &Path, basis: &SnapshotBasis) -> Option<Snapshot> {
        let path = path(data);
        let file: KeptFile<Index> = match KeptFile::open(&path, KIND) {
            Ok(file) => file,
            Err(KeptFileError::Io(e)) if e.kind() == io::ErrorKind::NotFound => return None,
            Err(e) => {
                tracing::warn!("{}: {e}; reading the records from the store", path.display());
                return None;
            }
        };
        if file.index.basis != *basis {
            tracing::info!("{} was made by another program or with other connectors; reading the records anew", path.display());
            return None;
        }
        Some(Snapshot(file))
    }

    /// The landing up to which it holds the records.
    pub fn mark(&self) -> &Watermark {
        &self.0.index.mark
    }

    pub fn chunks(&self) -> &[SnapshotChunk] {
        &self.0.index.chunks
    }

    /// Records of all chunks.
    pub fn records(&self) -> u64 {
        self.chunks().iter().map(|c| c.records).sum()
    }

    /// Reads a chunk without the records of `skip` (ascending store ids). None where it is damaged.
    pub fn read(&self, chunk: &SnapshotChunk, skip: &[i64], want_link: bool) -> Option<(Vec<LinkRecord>, Vec<Facts>)> {
        let bytes = self.0.read(chunk.offset, usize::try_from(chunk.bytes).ok()?).ok()?;
        if xxhash_rust::xxh3::xxh3_64(&bytes) != chunk.checksum {
            return None;
        }
        let records = chunk.records as usize;
        let (mut link, mut facts) = (Vec::with_capacity(if want_link { records } else { 0 }), Vec::with_capacity(records));
        decode(&bytes, skip, want_link, &mut link, &mut facts)?;
        Some((link, facts))
    }
}

/// Writes a new file; nothing is seen of it before `finish`.
pub struct SnapshotWriter {
    out: KeptFileWriter,
    index: Index,
}

impl SnapshotWriter {
    /// Begins a snapshot beside the one that is there: what it rests on, and up to where it reads.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn create(data: &Path, basis: SnapshotBasis, mark: Watermark) -> io::Result<SnapshotWriter> {
        let out = KeptFileWriter::create(path(data), KIND)?;
        Ok(SnapshotWriter { out, index: Index { basis, mark, chunks: Vec::new() } })
    }

    /// Appends the chunk that follows the last one. `coded` is what [`encode`] made of its records.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn append(
        &mut self,
        (after, to): (i64, i64),
        records: usize,
        unreadable: Vec<(i64, RegistryIndex)>,
        coded: &[u8],
    ) -> io::Result<()> {
        let (offset, bytes, checksum) = (self.out.written(), coded.len() as u64, xxhash_rust::xxh3::xxh3_64(coded));
        self.out.write_all(coded)?;
        self.index.chunks.push(SnapshotChunk { after, to, records: records as u64, unreadable, offset, bytes, checksum });
        Ok(())
    }

    /// Ends the file and puts it in place of the one that is there.
    ///
    /// # Errors
    /// The file cannot be written or put in place; the one that was there stays.
    pub fn finish(self) -> io::Result<()> {
        self.out.finish(&self.index)?.keep()
    }
}
