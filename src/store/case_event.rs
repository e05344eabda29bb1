//! What happened to cases: every change an event, appended and never changed.

use sqlx::Row;

use super::bulk::{self, Bulk};
use super::{Store, StoreError, Tx, in_tx, read};

super::row! {
    /// One step of a case. Never changed, never removed.
    #[derive(Debug, Clone, PartialEq)]
    pub struct CaseEventRow {
        /// Rises over all cases.
        pub id: i64,
        /// Which case.
        pub case_id: String,
        /// Its enterprise at that time.
        pub enterprise_id: String,
        /// When.
        pub at: i64,
        /// Who; None: the registries.
        pub by_whom: Option<String>,
        /// Name of a `CaseStepKind`.
        pub what: String,
        /// As it was.
        pub from_value: Option<String>,
        /// As it is.
        pub to_value: Option<String>,
        /// What was written beside it.
        pub note: Option<String>,
        /// Of what the registries did: the edition that says so.
        pub edition: Option<i64>,
        /// The records that say so, JSON list of `CaseEvidence`.
        pub evidence: Option<String>,
    }
}

const EVENT_COLUMNS: &str = "id, case_id, enterprise_id, at, by_whom, what, from_value, to_value, note, edition, evidence";

impl Store {
    /// The steps of several cases: for each the `limit` latest with ids below `before`, newest first, with how many it has in all. Where
    /// fewer are below `before`, others fill the number up, so that each case has a row that says how many.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn case_events(&self, cases: &[String], before: i64, limit: i64) -> Result<Vec<(i64, CaseEventRow)>, StoreError> {
        macro_rules! taken {
            ($rows:expr) => {
                $rows
                    .await
                    .map_err(|e| self.failed(e))?
                    .iter()
                    .map(|r| Ok((r.try_get("total")?, <CaseEventRow as sqlx::FromRow<_>>::from_row(r)?)))
                    .collect::<Result<Vec<_>, sqlx::Error>>()
                    .map_err(|e| self.failed(e))
            };
        }
        let ranked = |of: &str| {
            format!(
                "SELECT total, {EVENT_COLUMNS} FROM (
                     SELECT c.*, COUNT(*) OVER (PARTITION BY case_id) AS total,
                            ROW_NUMBER() OVER (PARTITION BY case_id ORDER BY (id < $2) DESC, id DESC) AS place
                     FROM case_event c WHERE case_id {of}) AS ranked
                 WHERE place <= $3 ORDER BY case_id, id DESC"
            )
        };
        match self {
            Store::Sqlite(s) => taken!(
                sqlx::query(sqlx::AssertSqlSafe(ranked("IN (SELECT value FROM json_each($1))")))
                    .bind(serde_json::to_string(cases).expect("ids"))
                    .bind(before)
                    .bind(limit)
                    .fetch_all(&s.reader)
            ),
            Store::Postgres(p, _) => {
                taken!(sqlx::query(sqlx::AssertSqlSafe(ranked("= ANY($1)"))).bind(cases).bind(before).bind(limit).fetch_all(p))
            }
        }
    }

    /// What happened after an event, in order.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn case_events_after(&self, id: i64, limit: i64) -> Result<Vec<CaseEventRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {EVENT_COLUMNS} FROM case_event WHERE id > $1 ORDER BY id LIMIT $2"));
        read!(self, |db| sqlx::query_as(sql).bind(id).bind(limit).fetch_all(db).await).map_err(|e| self.failed(e))
    }

    /// Number of the last event; 0 before the first.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn last_case_event(&self) -> Result<i64, StoreError> {
        let (last,): (i64,) = read!(self, |db| sqlx::query_as("SELECT COALESCE(MAX(id), 0) FROM case_event").fetch_one(db).await)
            .map_err(|e| self.failed(e))?;
        Ok(last)
    }
}

/// Number of the last event, inside the transaction of whoever writes the next.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn last_event(tx: &mut Tx) -> Result<i64, sqlx::Error> {
    let row = in_tx!(tx, |c| sqlx::query("SELECT COALESCE(MAX(id), 0) FROM case_event").fetch_one(c).await.map(|r| r.get(0)))?;
    Ok(row)
}

/// Appends events with the numbers they have.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn note(tx: &mut Tx, events: &[CaseEventRow]) -> Result<(), sqlx::Error> {
    const SQL: &str = "INSERT INTO case_event (id, case_id, enterprise_id, at, by_whom, what, from_value, to_value, note, edition, \
                       evidence) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    if !events.is_empty() {
        super::told::tell(tx, "case").await?;
    }
    match tx {
        Tx::Sqlite(t) => {
            let mut bulk = Bulk::lock(t).await?;
            bulk::blocking(|| {
                let mut statement = bulk.prepare(SQL)?;
                events.iter().try_for_each(|e| {
                    statement.run(&[
                        e.id.into(),
                        e.case_id.as_str().into(),
                        e.enterprise_id.as_str().into(),
                        e.at.into(),
                        e.by_whom.as_deref().into(),
                        e.what.as_str().into(),
                        e.from_value.as_deref().into(),
                        e.to_value.as_deref().into(),
                        e.note.as_deref().into(),
                        e.edition.into(),
                        e.evidence.as_deref().into(),
                    ])
                })
            })
        }
        Tx::Postgres(t) => {
            for e in events {
                sqlx::query(SQL)
                    .bind(e.id)
                    .bind(&e.case_id)
                    .bind(&e.enterprise_id)
                    .bind(e.at)
                    .bind(&e.by_whom)
                    .bind(&e.what)
                    .bind(&e.from_value)
                    .bind(&e.to_value)
                    .bind(&e.note)
                    .bind(e.edition)
                    .bind(&e.evidence)
                    .execute(&mut **t)
                    .await?;
            }
            Ok(())
        }
    }
}

/// The steps of a case between two numbers, both included, in order.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn events_between(tx: &mut Tx, case: &str, first: i64, last: i64) -> Result<Vec<CaseEventRow>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {EVENT_COLUMNS} FROM case_event WHERE case_id = $1 AND id >= $2 AND id <= $3 ORDER BY id"
    ));
    in_tx!(tx, |c| sqlx::query_as(sql).bind(case).bind(first).bind(last).fetch_all(c).await)
}
