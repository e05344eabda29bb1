//! What goes from the thread that reads files to the sink, and the way it goes.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::connector::{Connector, said_of_money, word_of};
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
    /// What a person must decide before these rows land; they are handed on all the same, to be looked at.
    pub(super) doubt: &'a mut Option<PullError>,
}

impl Rows<'_> {
    pub(super) fn header(&mut self, columns: Vec<String>) -> Result<(), PullError> {
        if *self.columns != columns {
            self.columns.clone_from(&columns);
            columns.iter().filter(|c| c.contains("单位")).try_for_each(|c| self.aside(c))?;
            self.event(Event::Columns(columns))?;
        }
        Ok(())
    }

    /// A text above, below or beside the table. Where it names the unit of all amounts, the contract must read them in it; a
    /// connector that reads no column yet is told.
    pub(super) fn aside(&mut self, text: &str) -> Result<(), PullError> {
        let Some(yuan) = said_of_money(text) else { return Ok(()) };
        let (contract, word) = (&self.connector.contract, word_of(yuan));
        let said: String = text.trim().chars().take(40).collect();
        if contract.columns.is_empty() {
            return self.note(Note::new(
                "unit_said",
                format!("表外写明了金额的单位：{word}（「{said}」）"),
                format!("the unit of amounts stands beside the table: {word} (\"{said}\")"),
            ));
        }
        if let Some(column) = contract.contradicted_by(yuan)
            && self.doubt.is_none()
        {
            let name = &column.name;
            let unit = word_of(column.unit.yuan);
            let error = PullError::new(
                self.connector,
                "unit_differs",
                format!(
                    "{} 写明「{said}」，而约定按「{unit}」读取「{name}」列，该批次已暂停；单位变了时请修改该列的 unit，没有变则放行",
                    self.shown
                ),
                format!(
                    "{} says \"{said}\", but column \"{name}\" is read as {unit}; the batch is held: change the column's unit, or release the batch where the line is wrong",
                    self.shown
                ),
            );
            *self.doubt = Some(error.held());
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
