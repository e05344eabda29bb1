//! The registries and how fresh each is.

use super::{Store, StoreError, Tx, in_tx, read, write};
use crate::model::problem::Problem;

super::row! {
    /// One row of `registry`; times in milliseconds since 1970.
    #[derive(Debug, Clone, PartialEq)]
    pub struct RegistryRow {
        /// In the order of first appearance.
        pub id: i64,
        /// As the connector names it.
        pub name: String,
        /// CURRENT LATE FAILING HELD NEVER
        pub state: String,
        /// The last pull or push, good or not; None before the first.
        pub last_attempt: Option<i64>,
        /// The last that was good, also where nothing had changed.
        pub last_good: Option<i64>,
        /// Since when it is behind; None while it is not.
        pub late_since: Option<i64>,
        /// What was wrong with the last attempt, JSON {code, zh, en}; None where nothing was.
        pub last_error: Option<String>,
        /// Where the next incremental pull starts, JSON.
        pub cursor: Option<String>,
        /// Of source and connector at the last good batch.
        pub fingerprint: Option<String>,
        /// Records that are not gone.
        pub records: i64,
    }
}

impl Store {
    /// All registries ever seen, by id.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn registries(&self) -> Result<Vec<RegistryRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT id, name, state, last_attempt, last_good, late_since, last_error, cursor, fingerprint, records
             FROM registry ORDER BY id"
        )
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// Makes sure each named registry has a row; ids follow the order of first appearance.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn ensure_registries(&self, names: &[&str]) -> Result<Vec<RegistryRow>, StoreError> {
        // Two nodes that start together make the same rows: whoever comes second finds them, or takes the next number.
        let mut known = self.registries().await?;
        while let Some(name) = names.iter().find(|name| known.iter().all(|row| row.name != **name)) {
            write!(self, |db| sqlx::query(
                "INSERT INTO registry (id, name)
                 SELECT COALESCE((SELECT MAX(id) FROM registry), 0) + 1, $1
                 WHERE NOT EXISTS (SELECT 1 FROM registry WHERE name = $1) ON CONFLICT DO NOTHING"
            )
            .bind(*name)
            .execute(db)
            .await
            .map(|_| ()))
            .map_err(|e| self.failed(e))?;
            known = self.registries().await?;
        }
        Ok(known)
    }

    /// Notes an attempt that brought nothing: why, and since when the registry is behind.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn registry_failed(&self, id: i64, state: &str, at: i64, why: &Problem) -> Result<(), StoreError> {
        let why = serde_json::to_string(why).expect("a notice is plain text");
        write!(self, |db| sqlx::query(
            "UPDATE registry SET state = $1, last_attempt = $2, last_error = $3, late_since = COALESCE(late_since, $2) WHERE id = $4"
        )
        .bind(state)
        .bind(at)
        .bind(why)
        .bind(id)
        .execute(db)
        .await
        .map(|_| ()))
        .map_err(|e| self.failed(e))
    }

    /// Notes a pull that found the source unchanged: only its freshness moves.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn registry_unchanged(&self, id: i64, at: i64) -> Result<(), StoreError> {
        write!(self, |db| sqlx::query(
            "UPDATE registry SET state = 'CURRENT', last_attempt = $1, last_good = $1, late_since = NULL, last_error = NULL WHERE id = $2"
        )
        .bind(at)
        .bind(id)
        .execute(db)
        .await
        .map(|_| ()))
        .map_err(|e| self.failed(e))
    }
}

/// Notes a good batch, in its own transaction: cursor and rows move together.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn registry_landed(
    tx: &mut Tx,
    id: i64,
    at: i64,
    cursor: Option<&str>,
    fingerprint: Option<&str>,
    records: i64,
) -> Result<(), sqlx::Error> {
    in_tx!(tx, |c| sqlx::query(
        "UPDATE registry SET state = 'CURRENT', last_attempt = $1, last_good = $1, late_since = NULL, last_error = NULL,
                             cursor = $2, fingerprint = $3, records = $4
         WHERE id = $5"
    )
    .bind(at)
    .bind(cursor)
    .bind(fingerprint)
    .bind(records)
    .bind(id)
    .execute(c)
    .await
    .map(|_| ()))
}

/// Notes how many records there are after a row was amended outside a delivery: freshness, cursor and fingerprint stay as they are.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn registry_amended(tx: &mut Tx, id: i64, records: i64) -> Result<(), sqlx::Error> {
    in_tx!(tx, |c| sqlx::query("UPDATE registry SET records = $1 WHERE id = $2")
        .bind(records)
        .bind(id)
        .execute(c)
        .await
        .map(|_| ()))
}
