//! What goes from the thread that reads files to the sink, and the way it goes.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::connector::Connector;
use crate::pull::chunk::{Chunk, Note};
use crate::pull::error::PullError;

/// What goes from the reading thread to the sink.
pub(super) enum Event {
    /// The next file begins, by its place among all.
    File(usize),
    Columns(Vec<String>),
    Rows(Chunk),
    Note(Note),
}

/// Rows of one file on their way to the sink.
pub(super) struct Rows<'a> {
    pub(super) connector: &'a Connector,
    pub(super) to_sink: mpsc::Sender<Event>,
    pub(super) cancel: CancellationToken,
    pub(super) number: &'a mut u64,
    pub(super) columns: &'a mut Vec<String>,
    pub(super) shown: &'a str,
}

impl Rows<'_> {
    pub(super) fn header(&mut self, columns: Vec<String>) -> Result<(), PullError> {
        if *self.columns != columns {
            self.columns.clone_from(&columns);
            self.event(Event::Columns(columns))?;
        }
        Ok(())
    }

    pub(super) fn send(&mut self, chunk: Chunk) -> Result<(), PullError> {
        if chunk.is_empty() { Ok(()) } else { self.event(Event::Rows(chunk)) }
    }

    pub(super) fn note(&self, note: Note) -> Result<(), PullError> {
        self.event(Event::Note(note))
    }

    pub(super) fn event(&self, event: Event) -> Result<(), PullError> {
        if self.cancel.is_cancelled() || self.to_sink.blocking_send(event).is_err() {
            return Err(PullError::cancelled(self.connector));
        }
        Ok(())
    }
}
