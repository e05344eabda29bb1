//! One registry's turn at pulling: into its spool, from where an interrupted pull stopped.

use std::io;
use std::sync::Arc;

use super::error::HubError;
use super::open::Hub;
use super::progress::{ProgressSink, SyncEvent};
use super::pull_outcome::{PullOutcome, PullWatchdog};
use crate::connector::{Connector, Drift, DriftKind, Problem, Transport};
use crate::land::ledger::{Ledger, Matcher, row_digest};
use crate::land::spool::{Spool, SpoolState, SpoolWriter, SpooledFault, cells_to_json};
use crate::land::{LandError, ledger};
use crate::pull::{self, Chunk, Cursor, Known, Mark, Note, PullContext, RowSink};
use crate::store::registry::RegistryRow;

/// Rows between two progress events.
const EVERY: u64 = 20_000;

/// Writes what a pull or a push brings into the spool.
pub(super) struct Sink {
    writer: SpoolWriter,
    /// Place in the spool of each column of the chunk.
    places: Vec<usize>,
    json: String,
    /// The first value of each spooled column, for the report of columns that differ.
    samples: Vec<Option<String>>,
    /// Rows in which samples were looked for.
    looked: u64,
    /// Finds the rows that came the same last time.
    known: Option<Matcher>,
}

/// Rows in which a column's sample is looked for.
const LOOKED_AT: u64 = 2_000;
/// Characters of a sample.
const SAMPLE_CHARS: usize = 40;

impl Sink {
    pub(super) fn new(writer: SpoolWriter) -> Sink {
        Sink { writer, places: Vec::new(), json: String::new(), samples: Vec::new(), looked: 0, known: None }
    }

    /// With the ledger of the last complete pull: rows that stand in it are not spooled again.
    fn with_ledger(mut self, ledger: Ledger) -> Sink {
        self.known = Some(Matcher::new(ledger, self.writer.state.ledger_next));
        self
    }

    /// A row of the chunk, as it goes into the spool.
    fn row(&mut self, chunk: &Chunk, at: usize, cells: &[Option<&str>], straight: bool) -> Result<(), LandError> {
        let head = chunk.head(at);
        let (text, lengths) = chunk.joined(at);
        // A row whose cells change their places is compared in full, and is in no ledger.
        let digest = match head.mark {
            Mark::Cells if straight => row_digest(text, lengths),
            Mark::Text(digest) | Mark::New(digest) if straight => digest,
            _ => 0,
        };
        let place = match head.mark {
            Mark::Known(place) => Some(place),
            Mark::Cells | Mark::Text(_) if straight => self.find(digest).map(|(place, _)| place),
            _ => None,
        };
        if let Some(place) = place {
            return self.writer.same(head.number, place);
        }
        self.json.clear();
        if straight {
            cells_to_json(cells.iter().copied(), &mut self.json);
        } else {
            let mut moved = vec![None; self.writer.state.columns.len()];
            for (cell, place) in cells.iter().zip(&self.places) {
                moved[*place] = *cell;
            }
            cells_to_json(moved.into_iter(), &mut self.json);
        }
        self.writer.row_json(head.number, head.offset, digest, &self.json)
    }

    /// The row's place in the ledger, and how many columns must be known before it may be left unread.
    fn find(&mut self, digest: u64) -> Option<(u64, usize)> {
        let known = self.known.as_mut()?;
        match known.find(digest) {
            Ok(Some(place)) => {
                self.writer.state.ledger = Some(known.ledger.token);
                Some((place, known.ledger.width_at(place)))
            }
            Ok(None) => None,
            Err(e) => {
                tracing::warn!("the ledger cannot be read: {e}; the remaining rows are compared in full");
                self.known = None;
                None
            }
        }
    }

    fn look_for_samples(&mut self, chunk: &Chunk) {
        if self.looked >= LOOKED_AT || self.samples.iter().all(Option::is_some) {
            return;
        }
        for row in 0..chunk.len() {
            self.looked += 1;
            for (cell, place) in chunk.cells(row).zip(&self.places) {
                if let (Some(text), Some(sample @ None)) =
                    (cell.map(str::trim).filter(|t| !t.is_empty()), self.samples.get_mut(*place))
                {
                    *sample = Some(text.chars().take(SAMPLE_CHARS).collect());
                }
            }
            if self.looked >= LOOKED_AT {
                break;
            }
        }
    }

    /// What a pull that ended well amounts to: everything for landing, or a batch that a person must look at.
    pub(super) fn settle(mut self, connector: &Connector, pulled: pull::Pulled) -> Result<PullOutcome, HubError> {
        self.writer.state.complete = pulled.complete;
        self.writer.state.fingerprint = Some(pulled.fingerprint);
        self.writer.state.next_cursor = Some(serde_json::to_string(&pulled.next_cursor).expect("a cursor is plain"));
        let layout = match connector.layout(&self.writer.state.columns) {
            Ok(layout) => layout,
            Err(problem) if !self.writer.state.columns.is_empty() => {
                let state = self.writer.finish()?;
                return Ok(PullOutcome::Suspect(state, problem.clone()));
            }
            // Nothing came, not even columns: the guard decides what an empty answer means.
            Err(_) => return Ok(PullOutcome::Spooled(self.writer.finish()?)),
        };
        if !layout.drift.is_empty() {
            let sample = |column: &str| {
                let at = layout.columns.iter().position(|c| c == column)?;
                self.samples.get(at).cloned().flatten()
            };
            let told: Vec<Drift> = layout
                .drift
                .iter()
                .map(|d| {
                    let of = if d.kind == DriftKind::Renamed { d.nearest.as_deref() } else { Some(d.column.as_str()) };
                    Drift { sample: of.and_then(sample), ..d.clone() }
                })
                .collect();
            self.writer.state.drift = Some(serde_json::to_string(&told).expect("what is noticed of columns is plain"));
        }
        let state = self.writer.finish()?;
        Ok(match &layout.hold {
            Some(problem) => PullOutcome::Suspect(state, problem.clone()),
            None => PullOutcome::Spooled(state),
        })
    }
}

fn io_error(e: LandError) -> io::Error {
    io::Error::other(e.to_string())
}

impl RowSink for Sink {
    fn columns(&mut self, columns: &[String]) -> io::Result<()> {
        self.places = self.writer.columns(columns);
        self.samples.resize(self.writer.state.columns.len(), None);
        // The same cells under other names are other rows.
        self.known = self.known.take().filter(|k| k.ledger.columns.starts_with(&self.writer.state.columns));
        Ok(())
    }

    fn rows(&mut self, chunk: Chunk) -> io::Result<()> {
        self.look_for_samples(&chunk);
        let straight = self.places.iter().enumerate().all(|(i, place)| i == *place);
        let (mut faults, mut known) = (chunk.faults.iter().peekable(), chunk.known.iter().peekable());
        let mut cells = Vec::with_capacity(chunk.width());
        // Faults and known rows among the others keep their place in the order of the source.
        for at in 0..=chunk.len() {
            let number = if at < chunk.len() { chunk.head(at).number } else { u64::MAX };
            loop {
                let fault = faults.peek().map_or(u64::MAX, |f| f.number);
                if let Some((number, place)) = known.next_if(|(n, _)| *n < number.min(fault)) {
                    self.writer.same(*number, *place).map_err(io_error)?;
                } else if let Some(f) = faults.next_if(|f| f.number < number) {
                    self.writer.fault(f.number, f.offset, &spooled(f)).map_err(io_error)?;
                } else {
                    break;
                }
            }
            if at < chunk.len() {
                cells.clear();
                cells.extend(chunk.cells(at));
                self.row(&chunk, at, &cells, straight).map_err(io_error)?;
            }
        }
        Ok(())
    }

    fn known(&mut self, digest: u64) -> io::Result<Option<Known>> {
        let columns = self.writer.state.columns.len();
        Ok(self.find(digest).map(|(place, width)| Known { place, unread: width <= columns }))
    }

    fn note(&mut self, note: Note) -> io::Result<()> {
        self.writer.state.notes.push(note);
        Ok(())
    }

    fn checkpoint(&mut self, cursor: &Cursor) -> io::Result<()> {
        let cursor = serde_json::to_string(cursor).expect("a cursor is plain");
        if let Some(known) = &self.known {
            self.writer.state.ledger_next = known.next();
        }
        self.writer.checkpoint(Some(cursor)).map_err(io_error)
    }
}

/// Where a pull goes on. One that cannot be read costs a pull from the start, and the log says so: no row is lost by it.
fn kept_cursor(registry: &str, place: &str, text: &str) -> Option<Cursor> {
    let read = serde_json::from_str(text);
    read.map_err(|error| tracing::warn!(registry, place, %error, "a damaged cursor is given up; the pull begins anew")).ok()
}

fn spooled(f: &pull::RowFault) -> SpooledFault {
    SpooledFault { raw: f.raw.clone(), ..crate::land::reader::fault(f.error.clone()) }
}

impl Hub {
    /// Pulls one registry into its spool. What went wrong with the source is an `PullOutcome`, what went wrong here an error.
    pub(super) async fn pull(
        &self,
        connector: &Arc<Connector>,
        row: &RegistryRow,
        full: bool,
        progress: Arc<dyn ProgressSink>,
        pace: PullWatchdog,
    ) -> Result<PullOutcome, HubError> {
        let spool = Spool::new(&self.settings.data, &row.name);
        let source = connector.source.shown();
        let basis = ledger::basis(&self.store, row.id, connector.digest).await?;
        let ledger = Ledger::open(&self.settings.data, &row.name, &basis);
        let serves = |s: &SpoolState| s.ledger.is_none_or(|token| ledger.as_ref().is_some_and(|l| l.token == token));
        let earlier = spool.state().filter(|s| !full && s.connector == connector.digest && s.source == source && serves(s));
        // A spool without a readable cursor has rows that a pull from the start would bring again.
        let earlier = earlier.and_then(|state| {
            let at = match state.cursor.as_deref() {
                Some(cursor) => Some(kept_cursor(&row.name, "spool", cursor)?),
                None => None,
            };
            Some((state, at))
        });
        let (writer, resume) = match earlier {
            // Killed between pulling and landing: everything is here already.
            Some((state, _)) if state.finished => return Ok(PullOutcome::Spooled(state)),
            // A file has no pages: it is read anew.
            Some((state, Some(cursor))) if connector.source.transport != Transport::File => (spool.resume(state)?, Some(cursor)),
            _ => {
                let state =
                    SpoolState { source, started_at: self.clock.millis(), connector: connector.digest, ..Default::default() };
                let kept = row.cursor.as_deref().filter(|_| !full);
                let since = kept.and_then(|cursor| kept_cursor(&row.name, "store", cursor));
                (spool.create(state)?, since)
            }
        };
        let midway = writer.state.cursor.is_some();
        let already = writer.rows();
        let registry = row.name.clone();
        let reported = std::sync::atomic::AtomicU64::new(0);
        let moving = pace.clone();
        let report = move |p: pull::Progress| {
            use std::sync::atomic::Ordering;
            moving.moved();
            if p.rows / EVERY != reported.swap(p.rows / EVERY, Ordering::Relaxed) || p.rows < EVERY {
                progress.event(&SyncEvent::Pulling { registry: registry.clone(), rows: already + p.rows, of: p.total_rows });
            }
        };
        let context = PullContext {
            clock: self.clock.clone(),
            zone: self.settings.zone,
            allow_private: self.allow_private,
            cancel: pace.cancel.clone(),
            progress: Some(Arc::new(report)),
            known: row.fingerprint.clone().filter(|_| !full && !midway),
            temp: self.settings.data.join("spool"),
            base: connector.folder.clone().filter(|_| !self.overridden.contains(&row.name)),
            breaker: self.breaker.clone(),
        };
        // What comes as changes is compared in full.
        let whole = resume.as_ref().is_none_or(|c: &Cursor| c.since.is_none());
        let sink = Sink::new(writer);
        let mut sink = match ledger.filter(|_| whole) {
            Some(ledger) => sink.with_ledger(ledger),
            None => sink,
        };
        match pull::pull(connector, resume, &context, &mut sink).await {
            Ok(pulled) if pulled.unchanged => {
                spool.remove()?;
                Ok(PullOutcome::Unchanged)
            }
            Ok(pulled) => sink.settle(connector, pulled),
            // The spool stays: the pull goes on at its last checkpoint once the hours are over.
            Err(e) if e.problem.code == "quiet_hours" => Ok(PullOutcome::Postponed(e.problem.clone())),
            Err(e) if e.held => {
                let state = sink.writer.finish()?;
                Ok(PullOutcome::Suspect(state, e.problem.clone()))
            }
            // Ended for its silence: see `PullWatchdog`.
            Err(e) if e.problem.code == "cancelled" => Ok(PullOutcome::Failed(Problem {
                code: "silent".into(),
                zh: format!("连接器「{}」：数据源长时间没有给出任何数据，已停止等待；下次从断点继续", connector.name),
                en: format!(
                    "connector \"{}\": the registry has sent nothing for too long and is no longer waited for; the next pull goes on from here",
                    connector.name
                ),
                remedy: None,
            })),
            // The spool stays: the next pull goes on at its last checkpoint.
            Err(e) => Ok(PullOutcome::Failed(e.problem.clone())),
        }
    }
}
