//! What a record states about an enterprise beside its attributes: an investment, a dispatch of labour, a dispute, an event.

use chrono::NaiveDate;

use super::field::{RecordKind, named};
use super::record::RegistryIndex;

named! {
    /// What a tie is.
    pub enum TieKind {
        /// Investor (the other) → investee (the subject).
        Investment = "INVESTMENT",
        /// Labour dispatch (劳务派遣): agency (the subject) → host employer (the other).
        Dispatch = "DISPATCH",
        /// A strike or an arbitration case; nobody on the other side.
        Dispute = "DISPUTE",
        /// Anything else with a date: an inspection, a hotline case, a service, a media report.
        Event = "EVENT",
    }
}

impl TieKind {
    /// The kind of tie that a kind of record makes; None for records that speak of attributes.
    pub fn of(kind: RecordKind) -> Option<TieKind> {
        Some(match kind {
            RecordKind::Investment => TieKind::Investment,
            RecordKind::Dispatch => TieKind::Dispatch,
            RecordKind::Dispute => TieKind::Dispute,
            RecordKind::Event => TieKind::Event,
            _ => return None,
        })
    }
}

/// One tie, as one record states it. Ids are those of enterprises; None where the unit named is not in the graph.
#[derive(Debug, Clone, PartialEq)]
pub struct Tie {
    /// What the tie is.
    pub kind: TieKind,
    /// The enterprise it is said of.
    pub subject: Option<Box<str>>,
    /// The enterprise on the other side, where the kind has one.
    pub other: Option<Box<str>>,
    /// As the record names them; empty where it does not.
    pub subject_name: Box<str>,
    /// The other side's name as the record writes it; empty where it names none.
    pub other_name: Box<str>,
    /// The other side's code as the record writes it, cleaned; empty where it writes none.
    pub other_code: Box<str>,
    /// Kind of the dispute or event, as the connector says; empty otherwise.
    pub what: Box<str>,
    /// Heading of an event or dispute; empty where there is none.
    pub title: Box<str>,
    /// The investor's country as written.
    pub country: Box<str>,
    /// Share in percent, workers dispatched, people concerned.
    pub number: Option<f64>,
    /// The day it happened, or began.
    pub since: Option<NaiveDate>,
    /// The day it ended; None while it lasts, or where the record does not say.
    pub until: Option<NaiveDate>,
    /// Whose statement it is.
    pub registry: RegistryIndex,
    /// Key of the record inside its registry.
    pub key: Box<str>,
    /// Id in the store's `record` table.
    pub record_id: i64,
}

impl Tie {
    /// How many workers it moves on a day; see [`workers_moved`].
    pub fn workers_on(&self, day: NaiveDate) -> Option<u32> {
        workers_moved(Some(self.kind), self.number, (self.since, self.until), day)
    }
}

/// How many workers a tie moves on a day: a whole number, where it is a dispatch that has begun and is not over; None otherwise.
pub fn workers_moved(
    kind: Option<TieKind>,
    number: Option<f64>,
    (since, until): (Option<NaiveDate>, Option<NaiveDate>),
    day: NaiveDate,
) -> Option<u32> {
    let lasts = since.is_none_or(|from| from <= day) && until.is_none_or(|to| to >= day);
    let whole = |n: f64| (n >= 0.0 && n <= f64::from(u32::MAX) && n.fract() == 0.0).then_some(n as u32);
    number.filter(|_| kind == Some(TieKind::Dispatch) && lasts).and_then(whole)
}
