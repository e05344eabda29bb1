//! Questions about ties: investments, dispatches, disputes and events, from either side.

use arrow_array::Array;
use chrono::NaiveDate;

use crate::edition::files::lookups::lookup_hash;
use crate::edition::files::ties::Relations;
use crate::edition::format::cells::{date, text, word};
use crate::edition::format::row::Row;
use crate::edition::open::Edition;
use crate::model::tie::{TieKind, workers_moved};

/// One tie of an edition.
#[derive(Clone, Copy)]
pub struct TieRow<'a> {
    edition: &'a Edition,
    /// The edition's number of the first row of the part it stands in.
    start: Row,
    relations: &'a Relations,
    at: usize,
}

impl<'a> TieRow<'a> {
    /// Where it stands in its part.
    pub(in crate::edition) fn position(&self) -> u32 {
        self.at as u32
    }
    /// What it is; None where an edition of a later program has a kind that is not known here.
    pub fn kind(&self) -> Option<TieKind> {
        TieKind::from_name(word(&self.relations.kind, self.at)?)
    }
    /// The enterprise it is said of; None where that is not in the graph.
    pub fn subject(&self) -> Option<Row> {
        let column = &self.relations.subject;
        (!column.is_null(self.at)).then(|| self.start + column.value(self.at))
    }
    /// The enterprise on the other side; None where there is none in the graph.
    pub fn other(&self) -> Option<Row> {
        if let Some(ids) = &self.relations.other_id {
            return text(ids, self.at).and_then(|id| self.edition.row_of_id(id));
        }
        let column = &self.relations.other;
        (!column.is_null(self.at)).then(|| self.start + column.value(self.at)).and_then(|row| self.edition.current(row))
    }
    /// The subject as the record names it.
    pub fn subject_name(&self) -> Option<&'a str> {
        text(&self.relations.subject_name, self.at)
    }
    /// The other side as the record names it.
    pub fn other_name(&self) -> Option<&'a str> {
        text(&self.relations.other_name, self.at)
    }
    /// The other side's code as the record writes it, cleaned.
    pub fn other_code(&self) -> Option<&'a str> {
        text(self.relations.other_code.as_ref()?, self.at)
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
    /// How many workers it moves on a day; see [`workers_moved`].
    pub fn workers_on(&self, day: NaiveDate) -> Option<u32> {
        workers_moved(self.kind(), self.number(), (self.since(), self.until()), day)
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
        let (standing, own) = self.place(row);
        let Some(relations) = &standing.part.relations else { return Vec::new() };
        let all = relations.of_subject(own as Row).map(|at| TieRow { edition: self, start: standing.start, relations, at });
        all.filter(|tie| tie.kind() == Some(kind)).collect()
    }

    /// Ties of a kind that name this row on their other side (what it invests in, the agencies that dispatch to it).
    pub fn ties_to(&self, row: Row, kind: TieKind) -> Vec<TieRow<'_>> {
        let mut found: Vec<TieRow<'_>> = Vec::new();
        let id = self.enterprise(row).id();
        for standing in &self.parts {
            let Some(relations) = &standing.part.relations else { continue };
            let tie = |at: usize| TieRow { edition: self, start: standing.start, relations, at };
            let stands = |at: &usize| match relations.subject.is_null(*at) {
                true => !standing.dead_ties.contains(*at as u32),
                false => !standing.dead.contains(relations.subject.value(*at)),
            };
            let positions: Vec<usize> = match &relations.other_id {
                // Few: the part holds what changed.
                Some(ids) => (0..ids.len()).filter(|at| text(ids, *at) == Some(id)).collect(),
                // By the number that it has, or had, in this part.
                None => {
                    let own = standing.part.hashed(lookup_hash("id", &[id]));
                    own.flat_map(|own| relations.of_other(own).iter().map(|at| *at as usize)).collect()
                }
            };
            found.extend(positions.into_iter().filter(stands).map(tie).filter(|tie| tie.kind() == Some(kind)));
        }
        if self.parts.len() > 1 {
            found.sort_by(|a, b| match (a.subject(), b.subject()) {
                (Some(a), Some(b)) => self.order(a, b),
                (a, b) => a.is_none().cmp(&b.is_none()),
            });
        }
        found
    }

    /// Everything that the records of a row state.
    pub(in crate::edition) fn every_tie_of(&self, row: Row) -> Vec<TieRow<'_>> {
        let (standing, own) = self.place(row);
        let Some(relations) = &standing.part.relations else { return Vec::new() };
        relations.of_subject(own as Row).map(|at| TieRow { edition: self, start: standing.start, relations, at }).collect()
    }

    /// Every tie, in no order.
    pub fn every_tie(&self) -> impl Iterator<Item = TieRow<'_>> {
        self.parts.iter().flat_map(move |standing| {
            let relations = standing.part.relations.as_ref();
            let tie = move |at: usize| Some(TieRow { edition: self, start: standing.start, relations: relations?, at });
            let stands = |tie: &TieRow<'_>| match tie.relations.subject.is_null(tie.at) {
                true => !standing.dead_ties.contains(tie.at as u32),
                false => !standing.dead.contains(tie.relations.subject.value(tie.at)),
            };
            (0..relations.map_or(0, |r| r.kind.len())).filter_map(tie).filter(stands)
        })
    }

    /// Whether every tie tells the other side's code: editions of earlier programs do not.
    pub fn ties_tell_codes(&self) -> bool {
        let tells = |r: &Relations| r.other_code.is_some() || r.kind.is_empty();
        self.parts.iter().all(|p| p.part.relations.as_ref().is_none_or(tells))
    }

    /// The ties of a part that no enterprise of the graph states.
    pub(in crate::edition) fn unstated_ties(&self, part: usize) -> Vec<TieRow<'_>> {
        let standing = &self.parts[part];
        let Some(relations) = &standing.part.relations else { return Vec::new() };
        let from = relations.subject.len() - relations.subject.null_count();
        let stand = (from..relations.subject.len()).filter(|at| !standing.dead_ties.contains(*at as u32));
        stand.map(|at| TieRow { edition: self, start: standing.start, relations, at }).collect()
    }
}
