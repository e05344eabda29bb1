//! Pulls files that were found: read in a thread of their own, with a bounded channel to the sink.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;
use xxhash_rust::xxh3::Xxh3;

use super::events::Event;
use super::fingerprint::{marks, unchanged, write_fingerprint};
use super::reader::Reader;
use super::together::Together;
use crate::connector::Connector;
use crate::pull::context::{Cursor, Progress, PullContext, Pulled, RowSink};
use crate::pull::error::PullError;

/// Chunks under way between the reading thread and the sink.
const IN_FLIGHT: usize = 4;

pub(in crate::pull) async fn pull_paths(
    connector: &Connector,
    context: &PullContext,
    sink: &mut dyn RowSink,
    paths: Vec<PathBuf>,
) -> Result<Pulled, PullError> {
    let mut marks = marks(connector, &paths)?;
    if let Some(fingerprint) = unchanged(connector, context, &mut marks) {
        return Ok(Pulled {
            complete: connector.complete,
            next_cursor: Cursor::default(),
            rows: 0,
            faults: 0,
            bytes: 0,
            fingerprint,
            unchanged: true,
        });
    }
    let total_bytes = marks.iter().map(|m| m.size).sum();
    let read_bytes = Arc::new(AtomicU64::new(0));
    let (to_sink, mut events) = mpsc::channel(IN_FLIGHT);
    let reader = Reader {
        connector: connector.clone(),
        cancel: context.cancel.clone(),
        read_bytes: read_bytes.clone(),
        to_sink,
        number: 0,
        columns: Vec::new(),
        hash: Xxh3::new(),
        doubt: None,
    };
    let mut together = Together::of(&paths);
    let reading = tokio::task::spawn_blocking(move || reader.read_all(&paths));
    let (mut rows, mut faults) = (0, 0);
    let mut refused = None;
    while let Some(event) = events.recv().await {
        if let Some(together) = &mut together {
            match &event {
                Event::File(at) => together.file(*at),
                Event::Columns(columns) => together.columns(connector, columns),
                Event::Rows(chunk) => {
                    if let Err(error) = together.rows(connector, chunk) {
                        refused = Some(error);
                        break;
                    }
                }
                Event::Note(_) => {}
            }
        }
        let done = match event {
            Event::File(_) => Ok(()),
            Event::Columns(columns) => sink.columns(&columns),
            Event::Note(note) => sink.note(note),
            Event::Rows(chunk) => {
                rows += (chunk.len() + chunk.faults.len()) as u64;
                faults += chunk.faults.len() as u64;
                sink.rows(chunk)
            }
        };
        if let Err(error) = done {
            refused = Some(PullError::sink(connector, &error));
            break;
        }
        let bytes = read_bytes.load(Ordering::Relaxed);
        context.report(Progress { rows, bytes, total_rows: None, total_bytes: Some(total_bytes) });
    }
    drop(events);
    let read = reading.await.expect("the reading thread does not panic");
    if let Some(error) = refused {
        return Err(error);
    }
    for (mark, hash) in marks.iter_mut().zip(read?) {
        mark.hash = hash;
    }
    let next_cursor = Cursor { rows, ..Cursor::default() };
    sink.checkpoint(&next_cursor).map_err(|e| PullError::sink(connector, &e))?;
    Ok(Pulled {
        complete: connector.complete,
        next_cursor: Cursor::default(),
        rows,
        faults,
        bytes: read_bytes.load(Ordering::Relaxed),
        fingerprint: write_fingerprint(connector, marks),
        unchanged: false,
    })
}
