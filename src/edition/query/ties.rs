//! Questions about ties: investments, dispatches, disputes and events, from either side.

use arrow_array::Array;
use chrono::NaiveDate;

use crate::edition::files::ties::Relations;
use crate::edition::format::cells::{date, text, word};
use crate::edition::format::row::Row;
use crate::edition::open::Edition;
use crate::model::tie::TieKind;

/// One tie of an edition.
#[derive(Clone, Copy)]
pub struct TieRow<'a> {
    relations: &'a Relations,
    at: usize,
}

impl<'a> TieRow<'a> {
    /// What it is; None where an edition of a later program has a kind that is not known here.
    pub fn kind(&self) -> Option<TieKind> {
        TieKind::from_name(word(&self.relations.kind, self.at)?)
    }
    /// The enterprise it is said of; None where that is not in the graph.
    pub fn subject(&self) -> Option<Row> {
        let column = &self.relations.subject;
        (!column.is_null(self.at)).then(|| column.value(self.at))
    }
    /// The enterprise on the other side; None where there is none in the graph.
    pub fn other(&self) -> Option<Row> {
        let column = &self.relations.other;
        (!column.is_null(self.at)).then(|| column.value(self.at))
    }
    /// The subject as the record names it.
    pub fn subject_name(&self) -> Option<&'a str> {
        text(&self.relations.subject_name, self.at)
    }
    /// The other side as the record names it.
    pub fn other_name(&self) -> Option<&'a str> {
        text(&self.relations.other_name, self.at)
    }
    /// Kind of the dispute or event, as the connector says.
    pub fn what(&self) -> Option<&'a str> {
        word(&self.relations.what, self.at)
    }
    /// Heading of the dispute or event.
    pub fn title(&self) -> Option<&'a str> {
        text(&self.relations.title, self.at)
    }
    /// The investor's country as written.
    pub fn country(&self) -> Option<&'a str> {
        word(&self.relations.country, self.at)
    }
    /// Share in percent, workers dispatched, or people concerned.
    pub fn number(&self) -> Option<f64> {
        let column = &self.relations.number;
        (!column.is_null(self.at)).then(|| column.value(self.at))
    }
    /// The day it happened, or began.
    pub fn since(&self) -> Option<NaiveDate> {
        date(&self.relations.since, self.at)
    }
    /// The day it ended.
    pub fn until(&self) -> Option<NaiveDate> {
        date(&self.relations.until, self.at)
    }
    /// Name of the registry that says so.
    pub fn registry(&self) -> &'a str {
        word(&self.relations.registry, self.at).unwrap_or("")
    }
    /// Key of the record there.
    pub fn key(&self) -> &'a str {
        self.relations.key.value(self.at)
    }
    /// Id in the store's `record` table.
    pub fn record_id(&self) -> i64 {
        self.relations.record_id.value(self.at)
    }
}

impl Edition {
    /// Ties of a kind whose subject is this row (its investors, the hosts it dispatches to, its disputes, its events),
    /// newest first within a registry.
    pub fn ties_of(&self, row: Row, kind: TieKind) -> Vec<TieRow<'_>> {
        let Some(relations) = &self.relations else { return Vec::new() };
        let all = relations.of_subject(row).map(|at| TieRow { relations, at });
        all.filter(|tie| tie.kind() == Some(kind)).collect()
    }

    /// Ties of a kind that name this row on their other side (what it invests in, the agencies that dispatch to it).
    pub fn ties_to(&self, row: Row, kind: TieKind) -> Vec<TieRow<'_>> {
        let Some(relations) = &self.relations else { return Vec::new() };
        let all = relations.of_other(row).iter().map(|at| TieRow { relations, at: *at as usize });
        all.filter(|tie| tie.kind() == Some(kind)).collect()
    }
}
