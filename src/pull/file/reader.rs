//! Reads files one after the other in a thread of its own: opened, decompressed, counted and hashed.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use xxhash_rust::xxh3::Xxh3;

use super::capped::Capped;
use super::events::{Event, Rows};
use super::gzip::Members;
use super::kind::{Kind, recognise};
use crate::connector::{Connector, Format};
use crate::pull::PullError;

/// Reads the files, one after the other, in a thread of its own.
pub(super) struct Reader {
    pub(super) connector: Connector,
    pub(super) cancel: CancellationToken,
    pub(super) read_bytes: Arc<AtomicU64>,
    pub(super) to_sink: mpsc::Sender<Event>,
    pub(super) number: u64,
    pub(super) columns: Vec<String>,
    pub(super) hash: Xxh3,
    pub(super) doubt: Option<PullError>,
}

impl Reader {
    /// The hash of each file.
    pub(super) fn read_all(mut self, paths: &[PathBuf]) -> Result<Vec<String>, PullError> {
        let mut hashes = Vec::with_capacity(paths.len());
        for (at, path) in paths.iter().enumerate() {
            self.hash = Xxh3::new();
            // A taker that has gone is noticed at the first row.
            drop(self.to_sink.blocking_send(Event::File(at)));
            self.read_file(path)?;
            hashes.push(format!("{:032x}", self.hash.digest128()));
        }
        // Everything was handed on: a person who looks at the held batch sees it whole.
        match self.doubt.take() {
            Some(doubt) => Err(doubt),
            None => Ok(hashes),
        }
    }

    fn read_file(&mut self, path: &Path) -> Result<(), PullError> {
        let shown = path.display().to_string();
        let connector = self.connector.clone();
        let io = |e: io::Error| PullError::io(&connector, &shown, &e);
        let named = connector.source.format_at(&shown).unwrap_or(Format::Csv);
        let caps = &connector.source.caps;
        let (to_sink, cancel) = (self.to_sink.clone(), self.cancel.clone());
        let mut rows = Rows {
            connector: &connector,
            to_sink,
            cancel,
            number: &mut self.number,
            columns: &mut self.columns,
            shown: &shown,
            doubt: &mut self.doubt,
        };
        let file = File::open(path).map_err(io)?;
        let kind = recognise(path, named).map_err(io)?;
        let mut source = Source { inner: file, hash: &mut self.hash, read: self.read_bytes.clone(), own: 0 };
        match kind {
            Kind::Text(_) | Kind::UnnamedText => rows.read(kind, &mut Capped::new(&mut source, caps.clone(), |s| s.own))?,
            Kind::Gzip => {
                let taken = |m: &Members<&mut Source<'_>>| m.source().map_or(u64::MAX, |s| s.own);
                rows.read_inside(named, &mut Capped::new(Members::new(&mut source), caps.clone(), taken))?;
            }
            kind => rows.read_whole(path, kind, named)?,
        }
        io::copy(&mut source, &mut io::sink()).map(|_| ()).map_err(io)
    }
}

/// Counts and hashes what is read.
struct Source<'h> {
    inner: File,
    hash: &'h mut Xxh3,
    read: Arc<AtomicU64>,
    own: u64,
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.hash.update(&buffer[..n]);
        self.own += n as u64;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}
