//! The records as read, kept beside the store: `records.snapshot` in the data directory.
//!
//! A cache and nothing else. It names the store, the landing (watermark) and the connectors it was read with; where any of
//! them differs, or a checksum fails, the records are read from the store again, and the log says so. What landed since
//! its watermark is read from the store and laid over it.
//!
//! The file: chunks of records by ranges of store ids (see [`coding`]), then an index in JSON, then its length and
//! checksum and a magic word. It is written under another name and renamed; it is not forced to the disk, as a file that a
//! power cut left half empty fails its checksums.

mod coding;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::connector::Connector;
use crate::model::facts::Facts;
use crate::model::linkage::LinkRecord;
use crate::model::record::RegistryIndex;
use crate::store::landing::Watermark;

pub use coding::{decode, encode};

const FILE: &str = "records.snapshot";
const MAGIC: &[u8; 8] = b"huiturec";
/// Length and checksum of the index, and the magic word.
const TAIL: u64 = 24;
/// Raised when the coding changes.
const FORMAT: u32 = 1;

/// What records were read with: all of it must be the same for the file to be of use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotBasis {
    format: u32,
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
            format: FORMAT,
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
pub struct Snapshot {
    file: File,
    pub mark: Watermark,
    pub chunks: Vec<SnapshotChunk>,
}

pub fn path(data: &Path) -> PathBuf {
    data.join(FILE)
}

impl Snapshot {
    /// The file in `data` if it rests on `basis`; None where there is none or it does not serve, which the log tells.
    pub fn open(data: &Path, basis: &SnapshotBasis) -> Option<Snapshot> {
        let path = path(data);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return None,
            Err(e) => {
                tracing::warn!("cannot open {}: {e}; reading the records from the store", path.display());
                return None;
            }
        };
        let Some(index) = index(&file) else {
            tracing::warn!("{} is damaged; reading the records from the store", path.display());
            return None;
        };
        if index.basis != *basis {
            tracing::info!("{} was made by another program or with other connectors; reading the records anew", path.display());
            return None;
        }
        Some(Snapshot { file, mark: index.mark, chunks: index.chunks })
    }

    /// Records of all chunks.
    pub fn records(&self) -> u64 {
        self.chunks.iter().map(|c| c.records).sum()
    }

    /// Reads a chunk without the records of `skip` (ascending store ids). None where it is damaged.
    pub fn read(&self, chunk: &SnapshotChunk, skip: &[i64], want_link: bool) -> Option<(Vec<LinkRecord>, Vec<Facts>)> {
        let mut bytes = vec![0; usize::try_from(chunk.bytes).ok()?];
        self.file.read_exact_at(&mut bytes, chunk.offset).ok()?;
        if xxhash_rust::xxh3::xxh3_64(&bytes) != chunk.checksum {
            return None;
        }
        let records = chunk.records as usize;
        let (mut link, mut facts) = (Vec::with_capacity(if want_link { records } else { 0 }), Vec::with_capacity(records));
        decode(&bytes, skip, want_link, &mut link, &mut facts)?;
        Some((link, facts))
    }
}

fn index(file: &File) -> Option<Index> {
    let length = file.metadata().ok()?.len();
    let at = length.checked_sub(TAIL)?;
    let mut tail = [0; TAIL as usize];
    file.read_exact_at(&mut tail, at).ok()?;
    let number = |range: std::ops::Range<usize>| Some(u64::from_le_bytes(tail[range].try_into().ok()?));
    let (bytes, checksum) = (number(0..8)?, number(8..16)?);
    if tail[16..] != *MAGIC {
        return None;
    }
    let mut json = vec![0; usize::try_from(bytes.min(at)).ok()?];
    file.read_exact_at(&mut json, at.checked_sub(bytes)?).ok()?;
    (xxhash_rust::xxh3::xxh3_64(&json) == checksum).then_some(())?;
    serde_json::from_slice(&json).ok()
}

/// Writes a new file; nothing is seen of it before `finish`.
pub struct SnapshotWriter {
    out: BufWriter<File>,
    part: PathBuf,
    path: PathBuf,
    at: u64,
    index: Index,
}

impl SnapshotWriter {
    pub fn create(data: &Path, basis: SnapshotBasis, mark: Watermark) -> io::Result<SnapshotWriter> {
        let path = path(data);
        let part = path.with_extension("part");
        let out = BufWriter::with_capacity(1 << 18, File::create(&part)?);
        Ok(SnapshotWriter { out, part, path, at: 0, index: Index { basis, mark, chunks: Vec::new() } })
    }

    /// Appends the chunk that follows the last one. `coded` is what [`encode`] made of its records.
    pub fn append(
        &mut self,
        (after, to): (i64, i64),
        records: usize,
        unreadable: Vec<(i64, RegistryIndex)>,
        coded: &[u8],
    ) -> io::Result<()> {
        self.out.write_all(coded)?;
        let (bytes, checksum) = (coded.len() as u64, xxhash_rust::xxh3::xxh3_64(coded));
        self.index.chunks.push(SnapshotChunk {
            after,
            to,
            records: records as u64,
            unreadable,
            offset: self.at,
            bytes,
            checksum,
        });
        self.at += bytes;
        Ok(())
    }

    pub fn finish(mut self) -> io::Result<()> {
        let json = serde_json::to_vec(&self.index)?;
        self.out.write_all(&json)?;
        self.out.write_all(&(json.len() as u64).to_le_bytes())?;
        self.out.write_all(&xxhash_rust::xxh3::xxh3_64(&json).to_le_bytes())?;
        self.out.write_all(MAGIC)?;
        self.out.flush()?;
        std::fs::rename(&self.part, &self.path)
    }
}
