//! Batches: what one pull or push brought, and what became of every row.

use super::{Store, StoreError, Tx, in_tx, read, write};

super::row! {
    /// One row of `batch`. `landed` = `added` + `changed` + `unchanged`; `read_rows` = `landed` + `quarantined`.
    #[derive(Debug, Clone, Default, PartialEq)]
    pub struct BatchRow {
        /// Numbered as batches begin.
        pub id: i64,
        /// Whose rows it brought.
        pub registry_id: i64,
        /// Milliseconds since 1970.
        pub started_at: i64,
        /// Milliseconds since 1970; None while it runs.
        pub finished_at: Option<i64>,
        /// RUNNING DONE HELD REJECTED FAILED
        pub state: String,
        /// Where the rows came from, secrets masked.
        pub source: String,
        /// 1: it has every row of the registry, and missing ones may be gone; else 0.
        pub complete: i64,
        /// Rows read.
        pub read_rows: i64,
        /// Rows that are in the store now.
        pub landed: i64,
        /// Of those, new ones.
        pub added: i64,
        /// Of those, ones with other content than before.
        pub changed: i64,
        /// Of those, ones that were there as they are.
        pub unchanged: i64,
        /// Rows put aside.
        pub quarantined: i64,
        /// Rows that the source no longer has.
        pub gone: i64,
        /// Why its guard held it, JSON {code, zh, en}.
        pub held_because: Option<String>,
        /// Who released or rejected it.
        pub decided_by: Option<String>,
        /// The reason they gave.
        pub decided_why: Option<String>,
        /// Columns that came, went or moved, JSON list.
        pub drift: Option<String>,
        /// Key of a push.
        pub idempotency: Option<String>,
        /// Where the next incremental pull starts, JSON.
        pub cursor: Option<String>,
        /// SHA-256 of a push's body, hex.
        pub digest: Option<String>,
        /// What was left out or done about it, JSON list of {code, zh, en}.
        pub notes: Option<String>,
    }
}

const COLUMNS: &str = "id, registry_id, started_at, finished_at, state, source, complete, read_rows, landed, added, changed, unchanged, \
     quarantined, gone, held_because, decided_by, decided_why, drift, idempotency, cursor, digest, notes";

impl Store {
    /// Opens a batch in state RUNNING and answers its id.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn batch_started(&self, registry_id: i64, at: i64, source: &str, complete: bool) -> Result<i64, StoreError> {
        let row: (i64,) = write!(self, |db| sqlx::query_as(
            "INSERT INTO batch (id, registry_id, started_at, state, source, complete)
             SELECT COALESCE((SELECT MAX(id) FROM batch), 0) + 1, $1, $2, 'RUNNING', $3, $4
             RETURNING id"
        )
        .bind(registry_id)
        .bind(at)
        .bind(source)
        .bind(i64::from(complete))
        .fetch_one(db)
        .await)
        .map_err(|e| self.failed(e))?;
        Ok(row.0)
    }

    /// Closes a batch outside a landing transaction (held, failed, rejected).
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn batch_closed(&self, batch: &BatchRow) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        close(&mut tx, batch).await.map_err(|e| self.failed(e))?;
        tx.commit().await.map_err(|e| self.failed(e))
    }

    /// What a killed process left RUNNING is FAILED: its rows never landed.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn fail_interrupted_batches(&self, at: i64, except: &[i64]) -> Result<(), StoreError> {
        let except = serde_json::to_string(except).expect("numbers");
        match self {
            Store::Sqlite(s) => sqlx::query(
                "UPDATE batch SET state = 'FAILED', finished_at = $1
                 WHERE state = 'RUNNING' AND id NOT IN (SELECT value FROM json_each($2))",
            )
            .bind(at)
            .bind(except)
            .execute(&s.writer)
            .await
            .map(|_| ()),
            // PostgreSQL spells the array function differently.
            Store::Postgres(p, _) => sqlx::query(
                "UPDATE batch SET state = 'FAILED', finished_at = $1
                 WHERE state = 'RUNNING' AND id NOT IN (SELECT value::BIGINT FROM json_array_elements_text($2::JSON))",
            )
            .bind(at)
            .bind(except)
            .execute(p)
            .await
            .map(|_| ()),
        }
        .map_err(|e| self.failed(e))
    }

    /// A batch by id; None where there is none.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn batch(&self, id: i64) -> Result<Option<BatchRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM batch WHERE id = $1"));
        read!(self, |db| sqlx::query_as(sql).bind(id).fetch_optional(db).await).map_err(|e| self.failed(e))
    }

    /// The latest batches, newest first; `registry_id` None = of all registries, `state` None = any.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn batches(&self, registry_id: Option<i64>, state: Option<&str>, limit: i64) -> Result<Vec<BatchRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM batch
             WHERE (registry_id = $1 OR $1 IS NULL) AND (state = $2 OR $2 IS NULL)
             ORDER BY id DESC LIMIT $3"
        ));
        read!(self, |db| sqlx::query_as(sql).bind(registry_id).bind(state).bind(limit).fetch_all(db).await)
            .map_err(|e| self.failed(e))
    }

    /// Batches of a registry before (older than) an id, newest first, and how many it has in all.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn batches_before(&self, registry_id: i64, before: i64, limit: i64) -> Result<(Vec<BatchRow>, i64), StoreError> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM batch WHERE registry_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
        ));
        let failed = |e| self.failed(e);
        let rows = read!(self, |db| sqlx::query_as(sql).bind(registry_id).bind(before).bind(limit).fetch_all(db).await);
        let total: Result<(i64,), _> = read!(self, |db| sqlx::query_as("SELECT COUNT(*) FROM batch WHERE registry_id = $1")
            .bind(registry_id)
            .fetch_one(db)
            .await);
        Ok((rows.map_err(failed)?, total.map_err(failed)?.0))
    }

    /// Batches by id in one statement.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn batches_by_id(&self, ids: &[i64]) -> Result<Vec<BatchRow>, StoreError> {
        match self {
            Store::Sqlite(s) => {
                let sql = sqlx::AssertSqlSafe(format!(
                    "SELECT {COLUMNS} FROM batch WHERE id IN (SELECT value FROM json_each($1)) ORDER BY id"
                ));
                sqlx::query_as(sql).bind(serde_json::to_string(ids).expect("numbers")).fetch_all(&s.reader).await
            }
            // PostgreSQL takes the array itself.
            Store::Postgres(p, _) => {
                let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM batch WHERE id = ANY($1) ORDER BY id"));
                sqlx::query_as(sql).bind(ids).fetch_all(p).await
            }
        }
        .map_err(|e| self.failed(e))
    }

    /// For each registry the last landing that changed anything: together they name a state of the records.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn last_changes(&self) -> Result<Vec<(i64, i64)>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT registry_id, MAX(landing) FROM batch
             WHERE landing IS NOT NULL GROUP BY registry_id ORDER BY registry_id"
        )
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// The batch that a push with this idempotency key made, if it came before.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn batch_by_idempotency(&self, registry_id: i64, key: &str) -> Result<Option<BatchRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM batch WHERE registry_id = $1 AND idempotency = $2"));
        read!(self, |db| sqlx::query_as(sql).bind(registry_id).bind(key).fetch_optional(db).await).map_err(|e| self.failed(e))
    }
}

/// Writes a batch's final counts and state.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn close(tx: &mut Tx, batch: &BatchRow) -> Result<(), sqlx::Error> {
    in_tx!(tx, |c| sqlx::query(
        "UPDATE batch SET finished_at = $2, state = $3, read_rows = $4, landed = $5, added = $6, changed = $7, unchanged = $8,
                          quarantined = $9, gone = $10, held_because = $11, decided_by = $12, decided_why = $13, drift = $14,
                          idempotency = $15, cursor = $16, digest = $17, notes = $18
         WHERE id = $1"
    )
    .bind(batch.id)
    .bind(batch.finished_at)
    .bind(&batch.state)
    .bind(batch.read_rows)
    .bind(batch.landed)
    .bind(batch.added)
    .bind(batch.changed)
    .bind(batch.unchanged)
    .bind(batch.quarantined)
    .bind(batch.gone)
    .bind(&batch.held_because)
    .bind(&batch.decided_by)
    .bind(&batch.decided_why)
    .bind(&batch.drift)
    .bind(&batch.idempotency)
    .bind(&batch.cursor)
    .bind(&batch.digest)
    .bind(&batch.notes)
    .execute(c)
    .await
    .map(|_| ()))
}
