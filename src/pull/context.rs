//! What every transport takes and gives: where a pull stands, what is known of its rows, where they go, how it ended.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::breaker::Breaker;
use super::chunk::{Chunk, Note};
use super::http::Proof;
use crate::model::Clock;

type ProgressFn = dyn Fn(Progress) + Send + Sync;

/// Where a pull stands. Serialised as JSON into the store.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cursor {
    /// Where an interrupted pull goes on; None: at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Position>,
    /// What was already had before this pull began: it brings only what changed since (a time, a number, as the registry
    /// writes it). None: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Greatest value of the cursor column seen by this pull so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub greatest: Option<String>,
    /// Rows (good and faulty) delivered before `at`.
    #[serde(default)]
    pub rows: u64,
    /// What the answers of an HTTP registry said so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
}

/// The point after which nothing has been delivered yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// Next page's number.
    Page(u64),
    Offset(u64),
    /// The token of the next page.
    Token(String),
    /// The address of the next page.
    Link(String),
    /// Values of the key columns of the last row.
    Key(Vec<String>),
}

/// What a pull brought, once it is over.
#[derive(Debug, Clone, PartialEq)]
pub struct Pulled {
    /// Every row of the registry came: rows that did not come may be gone.
    pub complete: bool,
    /// Where the next pull starts; kept with the rows, in one transaction. `Cursor::default()` for a source that is always read whole.
    pub next_cursor: Cursor,
    /// Good and faulty rows of this run (not those before a resumed cursor).
    pub rows: u64,
    pub faults: u64,
    /// Bytes as they came (compressed, encoded).
    pub bytes: u64,
    /// What the source looked like; hand it to the next pull's context. Contains the connector's digest.
    pub fingerprint: String,
    /// The source is as the known fingerprint says: no row was delivered.
    pub unchanged: bool,
}

/// What happened so far, for progress bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    pub rows: u64,
    pub bytes: u64,
    /// Rows in all, where the source says so.
    pub total_rows: Option<u64>,
    /// Bytes in all, where known.
    pub total_bytes: Option<u64>,
}

/// A row that a sink has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    pub place: u64,
    /// It has no column that the sink has not heard of: it goes into the chunk's `known` without being read.
    pub unread: bool,
}

/// Takes what a pull brings, in order. An error stops the pull (`spool_failed`).
pub trait RowSink: Send {
    /// The header. Comes before the first chunk, and again where the columns change (another file, a JSON key not seen
    /// before); the chunks after it have these columns.
    fn columns(&mut self, columns: &[String]) -> std::io::Result<()>;
    fn rows(&mut self, chunk: Chunk) -> std::io::Result<()>;
    /// The row whose text has this digest among those the sink has already. Asked in the order of the source.
    fn known(&mut self, digest: u64) -> std::io::Result<Option<Known>> {
        let _ = digest;
        Ok(None)
    }
    /// What was left out, or done about it: other sheets, other files, merged cells.
    fn note(&mut self, note: Note) -> std::io::Result<()> {
        let _ = note;
        Ok(())
    }
    /// Everything delivered so far is whole: after an interruption a pull with this cursor goes on exactly here.
    fn checkpoint(&mut self, cursor: &Cursor) -> std::io::Result<()>;
}

/// What a pull needs to know of the world.
#[derive(Clone)]
pub struct PullContext {
    pub clock: Clock,
    pub zone: chrono_tz::Tz,
    /// Private and loopback addresses are allowed for every connector (demonstration, tests).
    pub allow_private: bool,
    pub cancel: CancellationToken,
    pub progress: Option<Arc<ProgressFn>>,
    /// The fingerprint of the last good pull: the source is not read again where it is still the same.
    pub known: Option<String>,
    /// Where downloads are kept while they are read.
    pub temp: PathBuf,
    /// Relative places are taken from here; None: from the working directory.
    pub base: Option<PathBuf>,
    /// Which registries are left alone for a while.
    pub breaker: Breaker,
}

impl Default for PullContext {
    fn default() -> Self {
        PullContext {
            clock: Clock::System,
            zone: chrono_tz::Asia::Shanghai,
            allow_private: false,
            cancel: CancellationToken::new(),
            progress: None,
            known: None,
            temp: std::env::temp_dir(),
            base: None,
            breaker: Breaker::default(),
        }
    }
}

impl PullContext {
    pub(crate) fn report(&self, progress: Progress) {
        if let Some(report) = &self.progress {
            report(progress);
        }
    }
}
