//! What happened to visit lists and duties: every change an event, appended and never changed.

use super::{Store, StoreError, Tx, in_tx, read};
use crate::model::field::named;

named! {
    /// What can happen to a visit list or a duty.
    pub enum WorkEventKind {
        /// A visit list was drawn.
        Drawn = "DRAWN",
        /// Visits of a list were brought back.
        Brought = "BROUGHT",
        /// Visits that a person was asked about were decided.
        Settled = "SETTLED",
        /// Visits of a list were taken back.
        TakenBack = "TAKEN_BACK",
        /// A duty was given.
        Given = "GIVEN",
        /// A duty was ended.
        Ended = "ENDED",
    }
}

impl WorkEventKind {
    /// What it happens to: VISIT_LIST, DUTY.
    fn noun(self) -> &'static str {
        match self {
            WorkEventKind::Drawn | WorkEventKind::Brought | WorkEventKind::Settled | WorkEventKind::TakenBack => "VISIT_LIST",
            WorkEventKind::Given | WorkEventKind::Ended => "DUTY",
        }
    }
}

super::row! {
    /// One event of a visit list or a duty. Never changed, never removed.
    #[derive(Debug, Clone, PartialEq)]
    pub struct WorkEventRow {
        /// Rises over all lists and duties.
        pub id: i64,
        /// VISIT_LIST, DUTY.
        pub noun: String,
        /// Id of the list or duty.
        pub thing: String,
        /// Milliseconds since 1970.
        pub at: i64,
        /// Who; None: nobody said.
        pub by_whom: Option<String>,
        /// Name of a `WorkEventKind`.
        pub what: String,
        /// Visits that it concerns; None of a list that was drawn, and of duties.
        pub visits: Option<i64>,
    }
}

impl WorkEventRow {
    /// What happened; None where a newer program wrote it.
    pub fn kind(&self) -> Option<WorkEventKind> {
        WorkEventKind::from_name(&self.what)
    }
}

/// What happened to one list or duty, as it is noted.
#[derive(Debug, Clone, Copy)]
pub struct WorkEvent<'a> {
    /// What.
    pub kind: WorkEventKind,
    /// Id of the list or duty.
    pub thing: &'a str,
    /// Visits that it concerns, of a list.
    pub visits: Option<usize>,
}

const COLUMNS: &str = "id, noun, thing, at, by_whom, what, visits";

impl Store {
    /// What happened after an event, in order.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn work_events_after(&self, id: i64, limit: i64) -> Result<Vec<WorkEventRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM work_event WHERE id > $1 ORDER BY id LIMIT $2"));
        read!(self, |db| sqlx::query_as(sql).bind(id).bind(limit).fetch_all(db).await).map_err(|e| self.failed(e))
    }

    /// Number of the last event; 0 before the first.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn last_work_event(&self) -> Result<i64, StoreError> {
        let (last,): (i64,) = read!(self, |db| sqlx::query_as("SELECT COALESCE(MAX(id), 0) FROM work_event").fetch_one(db).await)
            .map_err(|e| self.failed(e))?;
        Ok(last)
    }
}

/// Appends events, in a transaction of whoever writes cases (`Store::begin_cases`): numbers rise in the order in which they become visible.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn note(tx: &mut Tx, events: &[WorkEvent<'_>], at: i64, by: Option<&str>) -> Result<(), sqlx::Error> {
    if events.is_empty() {
        return Ok(());
    }
    super::told::tell(tx, "work").await?;
    let (last,): (i64,) = in_tx!(tx, |c| sqlx::query_as("SELECT COALESCE(MAX(id), 0) FROM work_event").fetch_one(c).await)?;
    for (id, event) in (last + 1..).zip(events) {
        in_tx!(tx, |c| sqlx::query(
            "INSERT INTO work_event (id, noun, thing, at, by_whom, what, visits) VALUES ($1, $2, $3, $4, $5, $6, $7)"
        )
        .bind(id)
        .bind(event.kind.noun())
        .bind(event.thing)
        .bind(at)
        .bind(by)
        .bind(event.kind.name())
        .bind(event.visits.map(|visits| visits as i64))
        .execute(c)
        .await
        .map(|_| ()))?;
    }
    Ok(())
}
