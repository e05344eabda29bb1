//! What visits found: an input to the verdicts with its own provenance; withdrawable, never deleted.

use chrono::NaiveDate;

use super::damage::damaged;
use super::{Store, StoreError, Tx, in_tx, read, write};

super::row! {
    /// One finding. Times in milliseconds since 1970, `until` an ISO date.
    #[derive(Debug, Clone, PartialEq)]
    pub struct FindingRow {
        /// Of the finding.
        pub id: String,
        /// Who was visited.
        pub enterprise_id: String,
        /// Code of `reference/unions/closing_reasons.csv`.
        pub reason: String,
        /// What the visitor wrote beside it.
        pub note: Option<String>,
        /// Who made it.
        pub by_whom: Option<String>,
        /// When it was made.
        pub at: i64,
        /// Last day on which it holds; None: it does not run out.
        pub until: Option<String>,
        /// When it was taken back; None while it stands.
        pub withdrawn_at: Option<i64>,
        /// Who took it back.
        pub withdrawn_by: Option<String>,
        /// The reason they gave.
        pub withdrawn_why: Option<String>,
        /// Key of the request, where the caller gave one.
        pub idempotency: Option<String>,
    }
}

impl FindingRow {
    /// The last day on which it holds; None: it does not run out.
    ///
    /// # Errors
    /// `until` is no day: without it the finding would hold for ever.
    pub fn last_day(&self, store: &Store) -> Result<Option<NaiveDate>, StoreError> {
        let day = |until: &String| {
            until.parse().map_err(|_| store.failed(damaged("finding", &self.id, format_args!("until \"{until}\" is no day"))))
        };
        self.until.as_ref().map(day).transpose()
    }
}

/// Over the store's own connections, or within a transaction.
macro_rules! insert {
    ($f:expr) => {
        sqlx::query(
            "INSERT INTO finding (id, enterprise_id, reason, note, by_whom, at, until, idempotency)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        )
        .bind(&$f.id)
        .bind(&$f.enterprise_id)
        .bind(&$f.reason)
        .bind(&$f.note)
        .bind(&$f.by_whom)
        .bind($f.at)
        .bind(&$f.until)
        .bind(&$f.idempotency)
    };
}

macro_rules! withdraw {
    ($id:expr, $at:expr, $by:expr, $why:expr) => {
        sqlx::query(
            "UPDATE finding SET withdrawn_at = $2, withdrawn_by = $3, withdrawn_why = $4 WHERE id = $1 AND withdrawn_at IS NULL",
        )
        .bind($id)
        .bind($at)
        .bind($by)
        .bind($why)
    };
}

impl Store {
    /// All findings in the order they were made; those of one enterprise where it is named.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn findings(&self, enterprise: Option<&str>) -> Result<Vec<FindingRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT id, enterprise_id, reason, note, by_whom, at, until, withdrawn_at, withdrawn_by, withdrawn_why, idempotency
             FROM finding WHERE (enterprise_id = $1 OR $1 IS NULL) ORDER BY at, id"
        )
        .bind(enterprise)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// Records a finding; a repeated idempotency key records nothing and answers false.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn record_finding(&self, f: &FindingRow) -> Result<bool, StoreError> {
        let done = write!(self, |db| insert!(f).execute(db).await.map(|d| d.rows_affected())).map_err(|e| self.failed(e))?;
        Ok(done == 1)
    }

    /// Takes a finding back; false where it is unknown or was withdrawn before.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn withdraw_finding(&self, id: &str, by: Option<&str>, why: Option<&str>, at: i64) -> Result<bool, StoreError> {
        let done = write!(self, |db| withdraw!(id, at, by, why).execute(db).await.map(|d| d.rows_affected()))
            .map_err(|e| self.failed(e))?;
        Ok(done == 1)
    }
}

/// A finding together with the visit that it comes from.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn put(tx: &mut Tx, f: &FindingRow) -> Result<(), sqlx::Error> {
    in_tx!(tx, |c| insert!(f).execute(c).await.map(|_| ()))
}

/// Takes a finding back together with its visit.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn withdraw(tx: &mut Tx, id: &str, by: Option<&str>, why: Option<&str>, at: i64) -> Result<(), sqlx::Error> {
    in_tx!(tx, |c| withdraw!(id, at, by, why).execute(c).await.map(|_| ()))
}
