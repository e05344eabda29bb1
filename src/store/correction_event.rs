//! What happened to correction requests: every change an event, appended and never changed.

use super::{Store, StoreError, Tx, in_tx, read};

super::row! {
    /// One event of a request. Never changed, never removed.
    #[derive(Debug, Clone, Default, PartialEq)]
    pub struct CorrectionEventRow {
        /// Rises over all requests.
        pub id: i64,
        /// Which request.
        pub correction_id: String,
        /// Whose department is asked.
        pub registry: String,
        /// Its enterprise at that time.
        pub enterprise_id: String,
        /// Milliseconds since 1970.
        pub at: i64,
        /// Who; None: the registry's data.
        pub by_whom: Option<String>,
        /// Name of a `CorrectionStepKind`.
        pub what: String,
        /// As it was.
        pub from_value: Option<String>,
        /// As it is.
        pub to_value: Option<String>,
        /// Of an answer CORRECTED: what is right, as the registry writes it.
        pub value: Option<String>,
        /// What was written beside it.
        pub note: Option<String>,
        /// Of what the data did: the batch.
        pub batch_id: Option<i64>,
        /// Registry and key of a department's system.
        pub idempotency: Option<String>,
        /// Digest of what it sent under that key.
        pub digest: Option<String>,
    }
}

const COLUMNS: &str = "id, correction_id, registry, enterprise_id, at, by_whom, what, from_value, to_value, value, note, batch_id, \
                       idempotency, digest";

impl Store {
    /// All events of some requests in one statement, by request, oldest first.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn correction_histories(&self, ids: &[String]) -> Result<Vec<CorrectionEventRow>, StoreError> {
        match self {
            Store::Sqlite(s) => {
                let sql = format!(
                    "SELECT {COLUMNS} FROM correction_event WHERE correction_id IN (SELECT value FROM json_each($1))
                     ORDER BY correction_id, id"
                );
                let ids = serde_json::to_string(ids).expect("ids");
                sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(ids).fetch_all(&s.reader).await
            }
            Store::Postgres(_, place) => {
                let sql =
                    format!("SELECT {COLUMNS} FROM correction_event WHERE correction_id = ANY($1) ORDER BY correction_id, id");
                sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(ids).fetch_all(&place.reader).await
            }
        }
        .map_err(|e| self.failed(e))
    }

    /// What happened after an event, in order.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn correction_events_after(&self, id: i64, limit: i64) -> Result<Vec<CorrectionEventRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM correction_event WHERE id > $1 ORDER BY id LIMIT $2"));
        read!(self, |db| sqlx::query_as(sql).bind(id).bind(limit).fetch_all(db).await).map_err(|e| self.failed(e))
    }

    /// Number of the last event; 0 before the first.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn last_correction_event(&self) -> Result<i64, StoreError> {
        let (last,): (i64,) =
            read!(self, |db| sqlx::query_as("SELECT COALESCE(MAX(id), 0) FROM correction_event").fetch_one(db).await)
                .map_err(|e| self.failed(e))?;
        Ok(last)
    }
}

/// Number of the last event, inside the transaction of whoever writes the next.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn last_event(tx: &mut Tx) -> Result<i64, sqlx::Error> {
    let (last,): (i64,) = in_tx!(tx, |c| sqlx::query_as("SELECT COALESCE(MAX(id), 0) FROM correction_event").fetch_one(c).await)?;
    Ok(last)
}

/// The event that a department's system made under this key; None where it made none.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn under_key(tx: &mut Tx, idempotency: &str) -> Result<Option<CorrectionEventRow>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM correction_event WHERE idempotency = $1"));
    in_tx!(tx, |c| sqlx::query_as(sql).bind(idempotency).fetch_optional(c).await)
}

/// Appends events with the numbers they have.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn note(tx: &mut Tx, events: &[CorrectionEventRow]) -> Result<(), sqlx::Error> {
    if !events.is_empty() {
        super::told::tell(tx, "correction").await?;
    }
    for e in events {
        let sql = sqlx::AssertSqlSafe(format!(
            "INSERT INTO correction_event ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
        ));
        in_tx!(tx, |c| sqlx::query(sql)
            .bind(e.id)
            .bind(&e.correction_id)
            .bind(&e.registry)
            .bind(&e.enterprise_id)
            .bind(e.at)
            .bind(&e.by_whom)
            .bind(&e.what)
            .bind(&e.from_value)
            .bind(&e.to_value)
            .bind(&e.value)
            .bind(&e.note)
            .bind(e.batch_id)
            .bind(&e.idempotency)
            .bind(&e.digest)
            .execute(c)
            .await
            .map(|_| ()))?;
    }
    Ok(())
}
