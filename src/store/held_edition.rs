//! Publications that wait for a person, and what was decided of them; never deleted.

use super::{Store, StoreError, Tx, in_tx, read, write};

super::row! {
    /// One publication that was held. Times in milliseconds since 1970; `jumps` and `causes` are JSON.
    #[derive(Debug, Clone, PartialEq)]
    pub struct HeldEditionRow {
        /// Numbered as they were held.
        pub id: i64,
        /// HELD RELEASED REJECTED SUPERSEDED PUBLISHED
        pub state: String,
        /// Digest of what it would rest on.
        pub inputs: String,
        /// The same without the day.
        pub substance: String,
        /// When it was held.
        pub held_at: i64,
        /// What differs too far: [{measure, before, after, limit_percent}].
        pub jumps: String,
        /// What may have made it: [{code, zh, en}].
        pub causes: String,
        /// Who released or rejected it.
        pub decided_by: Option<String>,
        /// The reason they gave.
        pub decided_why: Option<String>,
        /// When they did; None while nobody has.
        pub decided_at: Option<i64>,
        /// Number of the edition that was published of it.
        pub edition: Option<i64>,
    }
}

impl Store {
    /// The publication that was held last, whatever became of it.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn last_held_edition(&self) -> Result<Option<HeldEditionRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT id, state, inputs, substance, held_at, jumps, causes, decided_by, decided_why, decided_at, edition
             FROM held_edition ORDER BY id DESC LIMIT 1"
        )
        .fetch_optional(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// Keeps a publication that waits; one that waited before it is superseded. Answers its id.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn hold_edition(&self, row: &HeldEditionRow) -> Result<i64, StoreError> {
        let failed = |e| self.failed(e);
        let mut tx = self.begin().await?;
        let (last,): (i64,) =
            in_tx!(&mut tx, |c| sqlx::query_as("SELECT COALESCE(MAX(id), 0) FROM held_edition").fetch_one(c).await)
                .map_err(failed)?;
        in_tx!(&mut tx, |c| sqlx::query("UPDATE held_edition SET state = 'SUPERSEDED' WHERE state IN ('HELD', 'RELEASED')")
            .execute(c)
            .await
            .map(|_| ()))
        .map_err(failed)?;
        in_tx!(&mut tx, |c| sqlx::query(
            "INSERT INTO held_edition (id, state, inputs, substance, held_at, jumps, causes) VALUES ($1, 'HELD', $2, $3, $4, $5, $6)"
        )
        .bind(last + 1)
        .bind(&row.inputs)
        .bind(&row.substance)
        .bind(row.held_at)
        .bind(&row.jumps)
        .bind(&row.causes)
        .execute(c)
        .await
        .map(|_| ()))
        .map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        Ok(last + 1)
    }

    /// Nothing waits any more: the data are what is published.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn nothing_held(&self) -> Result<(), StoreError> {
        let open = self.last_held_edition().await?.is_some_and(|h| matches!(h.state.as_str(), "HELD" | "RELEASED" | "REJECTED"));
        if !open {
            return Ok(());
        }
        let failed = |e| self.failed(e);
        let mut tx = self.begin().await?;
        supersede(&mut tx).await.map_err(failed)?;
        tx.commit().await.map_err(failed)
    }

    /// Notes what a person decided of the publication that waits; false where it no longer does.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn decide_held_edition(&self, id: i64, state: &str, by: &str, why: &str, at: i64) -> Result<bool, StoreError> {
        let done = write!(self, |db| {
            sqlx::query(
            "UPDATE held_edition SET state = $2, decided_by = $3, decided_why = $4, decided_at = $5 WHERE id = $1 AND state = 'HELD'"
        )
        .bind(id)
        .bind(state)
        .bind(by)
        .bind(why)
        .bind(at)
        .execute(db)
        .await
        .map(|r| r.rows_affected())
        });
        Ok(done.map_err(|e| self.failed(e))? == 1)
    }
}

/// Closes what waited, in the transaction of the edition that is published: PUBLISHED where it was released, SUPERSEDED otherwise.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn close(tx: &mut Tx, edition: i64) -> Result<(), sqlx::Error> {
    in_tx!(tx, |c| sqlx::query("UPDATE held_edition SET state = 'PUBLISHED', edition = $1 WHERE state = 'RELEASED'")
        .bind(edition)
        .execute(c)
        .await
        .map(|_| ()))?;
    in_tx!(tx, |c| sqlx::query("UPDATE held_edition SET state = 'SUPERSEDED' WHERE state IN ('HELD', 'REJECTED')")
        .execute(c)
        .await
        .map(|_| ()))
}

/// Closes what waited or was rejected where the data are what is published again.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn supersede(tx: &mut Tx) -> Result<(), sqlx::Error> {
    in_tx!(tx, |c| sqlx::query("UPDATE held_edition SET state = 'SUPERSEDED' WHERE state IN ('HELD', 'RELEASED', 'REJECTED')")
        .execute(c)
        .await
        .map(|_| ()))
}
