//! Export jobs: what was asked, how far it is, where its file lies.

use super::{Store, StoreError, read, write};

super::row! {
    /// One export job. `request` is JSON that `serve` reads; `state` is WAITING, RUNNING, DONE or FAILED.
    #[derive(Debug, Clone, PartialEq)]
    pub struct ExportRow {
        /// Of the job.
        pub id: String,
        /// csv xlsx ndjson arrow
        pub format: String,
        /// How far it is.
        pub state: String,
        /// Which rows and columns.
        pub request: String,
        /// Name of the caller's token, for people.
        pub by_whom: String,
        /// Id of the caller's token, to whom the job belongs; empty for one of a release that noted only names.
        pub owner: String,
        /// Milliseconds since 1970.
        pub created_at: i64,
        /// Milliseconds since 1970 after which its file is removed.
        pub expires_at: Option<i64>,
        /// Rows written; None before it is done.
        pub total_rows: Option<i64>,
        /// Of the file, hex; None before it is done.
        pub sha256: Option<String>,
        /// Name of the file inside the exports folder.
        pub path: Option<String>,
        /// Stable code and safe text, JSON {code, zh, en}.
        pub error: Option<String>,
        /// Key of the request, where the caller gave one.
        pub idempotency: Option<String>,
    }
}

const COLUMNS: &str =
    "id, format, state, request, by_whom, owner, created_at, expires_at, total_rows, sha256, path, error, idempotency";

impl Store {
    /// Notes a new job; false where one with the same idempotency key is there already.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn put_export(&self, e: &ExportRow) -> Result<bool, StoreError> {
        let done = write!(self, |db| sqlx::query(
            "INSERT INTO export (id, format, state, request, by_whom, owner, created_at, expires_at, idempotency)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING"
        )
        .bind(&e.id)
        .bind(&e.format)
        .bind(&e.state)
        .bind(&e.request)
        .bind(&e.by_whom)
        .bind(&e.owner)
        .bind(e.created_at)
        .bind(e.expires_at)
        .bind(&e.idempotency)
        .execute(db)
        .await
        .map(|r| r.rows_affected()));
        done.map(|rows| rows > 0).map_err(|e| self.failed(e))
    }

    /// A job by id; None where there is none.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn export(&self, id: &str) -> Result<Option<ExportRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM export WHERE id = $1"));
        read!(self, |db| sqlx::query_as(sql).bind(id).fetch_optional(db).await).map_err(|e| self.failed(e))
    }

    /// The job that a request with this key made, if it came before.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn export_by_idempotency(&self, key: &str) -> Result<Option<ExportRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM export WHERE idempotency = $1"));
        read!(self, |db| sqlx::query_as(sql).bind(key).fetch_optional(db).await).map_err(|e| self.failed(e))
    }

    /// The latest jobs of a caller (None: of all), newest first.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn exports(&self, owner: Option<&str>, limit: i64) -> Result<Vec<ExportRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM export WHERE (owner = $1 OR $1 IS NULL) ORDER BY created_at DESC, id LIMIT $2"
        ));
        read!(self, |db| sqlx::query_as(sql).bind(owner).bind(limit).fetch_all(db).await).map_err(|e| self.failed(e))
    }

    /// Jobs that are not ended, oldest first: those a killed process left are run again.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn unfinished_exports(&self) -> Result<Vec<ExportRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM export WHERE state IN ('WAITING', 'RUNNING') ORDER BY created_at, id LIMIT 1000"
        ));
        read!(self, |db| sqlx::query_as(sql).fetch_all(db).await).map_err(|e| self.failed(e))
    }

    /// Jobs whose files are past their day.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn expired_exports(&self, at: i64) -> Result<Vec<ExportRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM export WHERE path IS NOT NULL AND expires_at <= $1 ORDER BY created_at, id LIMIT 1000"
        ));
        read!(self, |db| sqlx::query_as(sql).bind(at).fetch_all(db).await).map_err(|e| self.failed(e))
    }

    /// Keeps what has become of a job: state, rows, digest, file, error.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn export_became(&self, e: &ExportRow) -> Result<(), StoreError> {
        write!(self, |db| sqlx::query(
            "UPDATE export SET state = $2, total_rows = $3, sha256 = $4, path = $5, error = $6 WHERE id = $1"
        )
        .bind(&e.id)
        .bind(&e.state)
        .bind(e.total_rows)
        .bind(&e.sha256)
        .bind(&e.path)
        .bind(&e.error)
        .execute(db)
        .await
        .map(|_| ()))
        .map_err(|e| self.failed(e))
    }
}
