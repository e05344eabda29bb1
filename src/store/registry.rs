//! The registries and how fresh each is.

use super::{Store, StoreError, Tx, in_tx, read, write};
use crate::model::problem::Problem;

super::row! {
    /// One row of `registry`; times in milliseconds since 1970.
    #[derive(Debug, Clone, PartialEq)]
    pub struct RegistryRow {
        pub id: i64,
        pub name: String,
        /// CURRENT LATE FAILING HELD NEVER
        pub state: String,
        pub last_attempt: Option<i64>,
        pub last_good: Option<i64>,
        pub late_since: Option<i64>,
        pub last_error: Option<String>,
        pub cursor: Option<String>,
        pub fingerprint: Option<String>,
        pub records: i64,
    }
}

impl Store {
    /// All registries ever seen, by id.
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
    pub async fn ensure_registries(&self, names: &[&str]) -> Result<Vec<RegistryRow>, StoreError> {
        for name in names {
            write!(self, |db| sqlx::query(
                "INSERT INTO registry (id, name)
                 SELECT COALESCE((SELECT MAX(id) FROM registry), 0) + 1, $1
                 WHERE NOT EXISTS (SELECT 1 FROM registry WHERE name = $1)"
            )
            .bind(*name)
            .execute(db)
            .await
            .map(|_| ()))
            .map_err(|e| self.failed(e))?;
        }
        self.registries().await
    }

    /// Notes an attempt that brought nothing: why, and since when the registry is behind.
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
