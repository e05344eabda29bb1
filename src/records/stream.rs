//! All live records, read in bulk: from the snapshot where it serves, with what changed since laid over it, else from the
//! store. Both ways give the same records in the order of the store's ids.
//!
//! Several parts are read side by side on the blocking pool and handed out in order. The leader of a sync writes the
//! snapshot anew while it reads, when there is none or too much lies over it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

use super::snapshot::{self, Snapshot, SnapshotBasis, SnapshotChunk, SnapshotWriter};
use super::{StoredRowReader, facts, link_record};
use crate::connector::Connector;
use crate::model::facts::Facts;
use crate::model::linkage::LinkRecord;
use crate::model::record::RegistryIndex;
use crate::store::landing::Watermark;
use crate::store::record::StoredRecord;
use crate::store::registry::RegistryRow;
use crate::store::{Store, StoreError};

/// Ids of one part.
const RANGE: i64 = 40_000;
/// Parts read side by side; more than the two cores help no further.
const READERS: usize = 3;
/// The snapshot is written anew when more than this many records, and more than a twentieth of it, lie over it.
const OVERLAY: usize = 20_000;

/// Which identifying texts are wanted beside the facts.
#[derive(Debug, Clone, PartialEq)]
pub enum WantedLinks {
    All,
    /// Of records that changed since; all where the store never was in that state.
    Since(Watermark),
    None,
}

/// Whether the snapshot may be used and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotUse {
    /// Reads it, and writes it where that pays: only for the one process that syncs.
    Write,
    Read,
    /// Everything from the store.
    Ignore,
}

/// Records in the order of their store ids. With `WantedLinks::All`, `link[i]` and `facts[i]` speak of the same record.
#[derive(Debug, Default, PartialEq)]
pub struct Part {
    pub link: Vec<LinkRecord>,
    pub facts: Vec<Facts>,
    /// Stored rows that the connectors of today can no longer read: they stay in the store.
    pub unreadable: Vec<(i64, RegistryIndex)>,
}

/// What the parts are made of.
struct Job {
    store: Store,
    reading: StoredRowReader,
    issues: Vec<bool>,
    snapshot: Option<Snapshot>,
    links: WantedLinks,
    /// Changed since the snapshot, ascending.
    changed: Vec<i64>,
    /// Changed since the mark of `WantedLinks::Since`, ascending.
    touched: Option<Vec<i64>>,
    write: bool,
}

/// A run of ids: from a chunk of the snapshot, or from the store.
struct Piece {
    after: i64,
    to: i64,
    chunk: Option<SnapshotChunk>,
}

/// Parts as they come.
pub struct RecordStream {
    /// The state that is being read.
    pub mark: Watermark,
    /// With `WantedLinks::Since`: every id that changed, live or gone. None: the links are those of all records.
    pub touched: Option<Vec<i64>>,
    /// About how many there will be.
    pub expected: usize,
    receive: mpsc::Receiver<Part>,
    task: Option<JoinHandle<Result<(), StoreError>>>,
}

impl RecordStream {
    /// The next part; None after the last one.
    ///
    /// # Errors
    /// The store cannot be read; what came before was whole.
    pub async fn next(&mut self) -> Result<Option<Part>, StoreError> {
        if let Some(part) = self.receive.recv().await {
            return Ok(Some(part));
        }
        match self.task.take() {
            Some(task) => task.await.expect("reading records does not panic").map(|()| None),
            None => Ok(None),
        }
    }

    /// Everything at once.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn all(mut self) -> Result<Part, StoreError> {
        let mut all = Part::default();
        while let Some(part) = self.next().await? {
            all.link.extend(part.link);
            all.facts.extend(part.facts);
            all.unreadable.extend(part.unreadable);
        }
        Ok(all)
    }
}

/// Where records come from: the store, what its rows mean, and the folder of the snapshot.
#[derive(Clone, Copy)]
pub struct RecordSource<'a> {
    pub store: &'a Store,
    /// The position is the registry's index.
    pub connectors: &'a [Arc<Connector>],
    pub rows: &'a [RegistryRow],
    pub data: &'a Path,
}

impl RecordStream {
    /// Begins to read every live record.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn open(source: RecordSource<'_>, links: WantedLinks, keep: SnapshotUse) -> Result<RecordStream, StoreError> {
        let RecordSource { store, connectors, rows, data } = source;
        // Before anything is read: what lands meanwhile is read again next time.
        let mark = store.latest_landing().await?;
        let basis = SnapshotBasis::new(store.id().await?, connectors.iter().map(|c| &**c));
        let snapshot = match keep {
            SnapshotUse::Ignore => None,
            _ => Snapshot::open(data, &basis),
        };
        let snapshot = match snapshot {
            Some(s) if !store.knows_landing(s.mark()).await? => {
                tracing::warn!("{} is of another history of the store; reading anew", snapshot::path(data).display());
                None
            }
            other => other,
        };
        let changed = match &snapshot {
            Some(s) => store.ids_changed_since(s.mark()).await?,
            None => Vec::new(),
        };
        let touched = match &links {
            WantedLinks::Since(since) if store.knows_landing(since).await? => Some(store.ids_changed_since(since).await?),
            _ => None,
        };
        let stale = snapshot.as_ref().is_none_or(|s| changed.len() > OVERLAY.max(s.records() as usize / 20));
        let write = keep == SnapshotUse::Write && stale;
        let job = Job {
            reading: StoredRowReader::new(store, connectors, rows).await?,
            issues: connectors.iter().map(|c| c.issues_codes).collect(),
            store: store.clone(),
            snapshot,
            links,
            changed,
            touched: touched.clone(),
            write,
        };
        let last = store.last_record_id().await?;
        let writer = if write { writer(data.to_path_buf(), basis, mark.clone()).await } else { None };
        let (send, receive) = mpsc::channel(2);
        let task = tokio::spawn(produce(Arc::new(job), last, writer, send));
        Ok(RecordStream { mark, touched, expected: last as usize, receive, task: Some(task) })
    }
}

async fn writer(data: PathBuf, basis: SnapshotBasis, mark: Watermark) -> Option<SnapshotWriter> {
    let made = spawn_blocking(move || SnapshotWriter::create(&data, basis, mark)).await;
    made.expect("creating a file does not panic").map_err(|e| tracing::warn!("no snapshot of the records: {e}")).ok()
}

async fn produce(
    job: Arc<Job>,
    last: i64,
    mut writer: Option<SnapshotWriter>,
    send: mpsc::Sender<Part>,
) -> Result<(), StoreError> {
    let mut parts = futures_util::stream::iter(job.pieces(last))
        .map(|piece| {
            let job = job.clone();
            async move { job.part(piece).await }
        })
        .buffered(READERS);
    while let Some(part) = parts.next().await {
        let (ids, part, coded) = part?;
        if let (Some(mut w), Some(coded)) = (writer.take(), coded) {
            let (records, unreadable) = (part.facts.len(), part.unreadable.clone());
            let append = move || w.append(ids, records, unreadable, &coded).map(|()| w);
            writer = spawn_blocking(append)
                .await
                .expect("writing does not panic")
                .map_err(|e| tracing::warn!("no snapshot of the records: {e}"))
                .ok();
        }
        // The receiver goes away where what was read is no longer wanted.
        if send.send(part).await.is_err() {
            return Ok(());
        }
    }
    if let Some(writer) = writer
        && let Err(e) = spawn_blocking(move || writer.finish()).await.expect("writing does not panic")
    {
        tracing::warn!("no snapshot of the records: {e}");
    }
    Ok(())
}

impl Job {
    /// Chunks of the snapshot, then what came after them.
    fn pieces(&self, last: i64) -> Vec<Piece> {
        let chunks = self.snapshot.as_ref().map_or(&[][..], |s| s.chunks());
        let known = chunks.last().map_or(0, |c| c.to);
        let old = chunks.iter().map(|c| Piece { after: c.after, to: c.to, chunk: Some(c.clone()) });
        let new = (known..last).step_by(RANGE as usize);
        old.chain(new.map(|after| Piece { after, to: (after + RANGE).min(last), chunk: None })).collect()
    }

    async fn part(self: Arc<Job>, piece: Piece) -> Result<((i64, i64), Part, Option<Vec<u8>>), StoreError> {
        let ids = (piece.after, piece.to);
        let (rows, mut read) = match &piece.chunk {
            None => (self.store.records_between(piece.after, piece.to).await?, None),
            Some(chunk) => {
                let changed = within(&self.changed, piece.after, piece.to).to_vec();
                let (job, at, skip) = (self.clone(), chunk.clone(), changed.clone());
                let from = move || job.snapshot.as_ref().and_then(|s| s.read(&at, &skip, job.wants_links(&at)));
                match spawn_blocking(from).await.expect("decoding does not panic") {
                    Some((link, facts)) => {
                        let mut unreadable = chunk.unreadable.clone();
                        unreadable.retain(|(id, _)| changed.binary_search(id).is_err());
                        let mut rows = if changed.is_empty() { Vec::new() } else { self.store.records_by_id(&changed).await? };
                        rows.retain(|r| r.gone == 0);
                        (rows, Some(Part { link, facts, unreadable }))
                    }
                    None => {
                        tracing::warn!(
                            after = piece.after,
                            to = piece.to,
                            "the records' snapshot is damaged; reading from the store"
                        );
                        (self.store.records_between(piece.after, piece.to).await?, None)
                    }
                }
            }
        };
        if rows.is_empty() && !self.write {
            return Ok((ids, self.wanted(read.unwrap_or_default()), None));
        }
        let job = self.clone();
        let map = move || {
            let fresh = job.map_rows(&rows);
            drop(rows);
            let part = match read.take() {
                Some(old) => merged(old, fresh),
                None => fresh,
            };
            let coded = job.write.then(|| snapshot::encode(&part.link, &part.facts));
            (job.wanted(part), coded)
        };
        let (part, coded) = spawn_blocking(map).await.expect("mapping does not panic");
        Ok((ids, part, coded))
    }

    /// Whether links of a chunk are wanted: a new snapshot takes them all; else only what changed, where that was before
    /// the snapshot (what changed since is read from the store).
    fn wants_links(&self, chunk: &SnapshotChunk) -> bool {
        let older =
            |touched: &Vec<i64>| within(touched, chunk.after, chunk.to).iter().any(|id| self.changed.binary_search(id).is_err());
        self.write
            || match self.links {
                WantedLinks::All => true,
                WantedLinks::Since(_) => self.touched.as_ref().is_none_or(older),
                WantedLinks::None => false,
            }
    }

    fn map_rows(&self, rows: &[StoredRecord]) -> Part {
        let mut out = Part { facts: Vec::with_capacity(rows.len()), ..Part::default() };
        for row in rows {
            match self.reading.records(row) {
                Some((registry, records)) => {
                    for record in records {
                        if self.links != WantedLinks::None || self.write {
                            out.link.push(link_record(&record, row.id, registry, self.issues[registry as usize]));
                        }
                        out.facts.push(facts(record, registry, row));
                    }
                }
                None => out.unreadable.extend(self.reading.registry(row).map(|registry| (row.id, registry))),
            }
        }
        out
    }

    /// Drops the links that were read for the snapshot alone.
    fn wanted(&self, mut part: Part) -> Part {
        match (&self.links, &self.touched) {
            (WantedLinks::None, _) => part.link = Vec::new(),
            (WantedLinks::Since(_), Some(touched)) => part.link.retain(|r| touched.binary_search(&r.store_id).is_ok()),
            _ => {}
        }
        part
    }
}

/// The ids of a sorted list with `after < id <= to`.
fn within(ids: &[i64], after: i64, to: i64) -> &[i64] {
    &ids[ids.partition_point(|id| *id <= after)..ids.partition_point(|id| *id <= to)]
}

/// Two parts of different records as one, in the order of the store's ids.
fn merged(old: Part, fresh: Part) -> Part {
    let mut out = Part {
        link: interleaved(old.link, fresh.link, |r| r.store_id),
        facts: interleaved(old.facts, fresh.facts, |f| f.record_id),
        unreadable: [old.unreadable, fresh.unreadable].concat(),
    };
    out.unreadable.sort_unstable();
    out
}

fn interleaved<T>(old: Vec<T>, fresh: Vec<T>, id: impl Fn(&T) -> i64) -> Vec<T> {
    if fresh.is_empty() {
        return old;
    }
    let mut out = Vec::with_capacity(old.len() + fresh.len());
    let mut fresh = fresh.into_iter().peekable();
    for item in old {
        while let Some(earlier) = fresh.next_if(|f| id(f) < id(&item)) {
            out.push(earlier);
        }
        out.push(item);
    }
    out.extend(fresh);
    out
}
