//! Rows that could not be read or mapped, with where they stood and why; they can be replayed after a fix.

use super::{Store, StoreError, Tx, in_tx, read};

super::row! {
    /// One quarantined row. `row_number` 1 = the first row after the header; `detail` is JSON {zh, en}.
    #[derive(Debug, Clone, PartialEq)]
    pub struct QuarantinedRow {
        /// Numbered as they were put aside.
        pub id: i64,
        /// Whose row it is.
        pub registry_id: i64,
        /// The batch that brought it.
        pub batch_id: i64,
        /// Where it stood in the source.
        pub row_number: i64,
        /// Where it began in the source's bytes, where that is known.
        pub byte_offset: Option<i64>,
        /// The column that could not be read; None where the whole row could not.
        pub column_name: Option<String>,
        /// Why, for machines (`value_unreadable`).
        pub code: String,
        /// Why, for people.
        pub detail: String,
        /// The row as it came: JSON array of its cells, or its text.
        pub raw: String,
        /// Its columns' names; None where it has not been cut into cells.
        pub layout_id: Option<i64>,
        /// OPEN REPLAYED SUPERSEDED; VALUE: an unreadable value of a row that landed
        pub state: String,
        /// Key of the landed row that a value belongs to.
        pub record_key: Option<String>,
    }
}

impl Store {
    /// Open quarantined rows after an id, oldest first; `registry_id` None = of all registries.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn quarantined(&self, registry_id: Option<i64>, after: i64, limit: i64) -> Result<Vec<QuarantinedRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT id, registry_id, batch_id, row_number, byte_offset, column_name, code, detail, raw, layout_id, state, record_key
             FROM quarantine
             WHERE (registry_id = $1 OR $1 IS NULL) AND state = 'OPEN' AND id > $2 ORDER BY id LIMIT $3"
        )
        .bind(registry_id)
        .bind(after)
        .bind(limit)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// How many rows of a registry are open.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn quarantined_count(&self, registry_id: i64) -> Result<i64, StoreError> {
        let row: (i64,) =
            read!(self, |db| sqlx::query_as("SELECT COUNT(*) FROM quarantine WHERE registry_id = $1 AND state = 'OPEN'")
                .bind(registry_id)
                .fetch_one(db)
                .await)
            .map_err(|e| self.failed(e))?;
        Ok(row.0)
    }

    /// Changes whenever a row of a registry is put aside or settled.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn quarantine_mark(&self, registry: &str) -> Result<String, StoreError> {
        let (open, last): (i64, i64) = read!(self, |db| sqlx::query_as(
            "SELECT COUNT(*), COALESCE(MAX(q.id), 0) FROM quarantine q JOIN registry r ON r.id = q.registry_id
             WHERE r.name = $1 AND q.state = 'OPEN'"
        )
        .bind(registry)
        .fetch_one(db)
        .await)
        .map_err(|e| self.failed(e))?;
        Ok(format!("{open}-{last}"))
    }

    /// A quarantined row by id, whatever its state; None where there is none.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn quarantined_row(&self, id: i64) -> Result<Option<QuarantinedRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT id, registry_id, batch_id, row_number, byte_offset, column_name, code, detail, raw, layout_id, state, record_key
             FROM quarantine WHERE id = $1"
        )
        .bind(id)
        .fetch_optional(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// What a batch put aside, in the order of its rows: rows, or (`values`) the unreadable values of rows that landed.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn quarantined_of_batch(&self, batch_id: i64, values: bool, limit: i64) -> Result<Vec<QuarantinedRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT id, registry_id, batch_id, row_number, byte_offset, column_name, code, detail, raw, layout_id, state, record_key
             FROM quarantine
             WHERE batch_id = $1 AND (record_key IS NOT NULL) = ($2 <> 0) ORDER BY id LIMIT $3"
        )
        .bind(batch_id)
        .bind(i64::from(values))
        .bind(limit)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// Values that could not be read in rows that landed, after an id, oldest first.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn unreadable_values(
        &self,
        registry_id: Option<i64>,
        after: i64,
        limit: i64,
    ) -> Result<Vec<QuarantinedRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT id, registry_id, batch_id, row_number, byte_offset, column_name, code, detail, raw, layout_id, state, record_key
             FROM quarantine
             WHERE (registry_id = $1 OR $1 IS NULL) AND state = 'VALUE' AND id > $2 ORDER BY id LIMIT $3"
        )
        .bind(registry_id)
        .bind(after)
        .bind(limit)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// How many rows of a batch were quarantined for each reason, most frequent first.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn quarantine_reasons(&self, batch_id: i64) -> Result<Vec<(String, i64)>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT code, COUNT(*) FROM quarantine WHERE batch_id = $1 AND record_key IS NULL GROUP BY code ORDER BY COUNT(*) DESC, code"
        )
        .bind(batch_id)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }
}

/// Puts rows aside. A complete pull makes the registry's older open rows obsolete: see [`supersede`].
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn put(tx: &mut Tx, rows: &[QuarantinedRow]) -> Result<(), sqlx::Error> {
    for r in rows {
        in_tx!(tx, |c| {
            sqlx::query(
            "INSERT INTO quarantine (id, registry_id, batch_id, row_number, byte_offset, column_name, code, detail, raw, layout_id)
             SELECT COALESCE((SELECT MAX(id) FROM quarantine), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8, $9"
        )
        .bind(r.registry_id)
        .bind(r.batch_id)
        .bind(r.row_number)
        .bind(r.byte_offset)
        .bind(&r.column_name)
        .bind(&r.code)
        .bind(&r.detail)
        .bind(&r.raw)
        .bind(r.layout_id)
        .execute(c)
        .await
        .map(|_| ())
        })?;
    }
    Ok(())
}

/// One value that could not be read in a row that landed.
#[derive(Debug, Clone, PartialEq)]
pub struct UnreadableValue {
    /// Key of its row; empty for the note that more were not listed.
    pub key: String,
    /// Its column; None for the note that more were not listed.
    pub column: Option<String>,
    /// Why, for machines.
    pub code: String,
    /// JSON {zh, en}
    pub detail: String,
    /// As written.
    pub text: String,
}

/// Lists unreadable values beside their landed rows, and forgets those of rows that this batch changed or removed.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn put_values(
    tx: &mut Tx,
    registry_id: i64,
    batch_id: i64,
    layout_id: i64,
    values: &[UnreadableValue],
) -> Result<(), sqlx::Error> {
    in_tx!(tx, |c| sqlx::query(
        "UPDATE quarantine SET state = 'SUPERSEDED'
         WHERE registry_id = $1 AND state = 'VALUE' AND batch_id <> $2 AND (record_key = '' OR EXISTS (
             SELECT 1 FROM record WHERE record.registry_id = quarantine.registry_id AND record.key = quarantine.record_key
                                        AND (record.batch_id = $2 OR record.gone = 1)))"
    )
    .bind(registry_id)
    .bind(batch_id)
    .execute(c)
    .await
    .map(|_| ()))?;
    for v in values {
        in_tx!(tx, |c| {
            sqlx::query(
            "INSERT INTO quarantine (id, registry_id, batch_id, row_number, column_name, code, detail, raw, layout_id, state, record_key)
             SELECT COALESCE((SELECT MAX(id) FROM quarantine), 0) + 1, $1, $2, 0, $3, $4, $5, $6, $7, 'VALUE', $8"
        )
        .bind(registry_id)
        .bind(batch_id)
        .bind(&v.column)
        .bind(&v.code)
        .bind(&v.detail)
        .bind(&v.text)
        .bind(layout_id)
        .bind(&v.key)
        .execute(c)
        .await
        .map(|_| ())
        })?;
    }
    Ok(())
}

/// A complete pull states the whole registry again: its earlier quarantined rows no longer wait.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn supersede(tx: &mut Tx, registry_id: i64, batch_id: i64) -> Result<(), sqlx::Error> {
    in_tx!(tx, |c| sqlx::query(
        "UPDATE quarantine SET state = 'SUPERSEDED' WHERE registry_id = $1 AND batch_id <> $2 AND state = 'OPEN'"
    )
    .bind(registry_id)
    .bind(batch_id)
    .execute(c)
    .await
    .map(|_| ()))
}

/// A replayed row has landed.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn replayed(tx: &mut Tx, id: i64) -> Result<(), sqlx::Error> {
    in_tx!(tx, |c| sqlx::query("UPDATE quarantine SET state = 'REPLAYED' WHERE id = $1").bind(id).execute(c).await.map(|_| ()))
}
