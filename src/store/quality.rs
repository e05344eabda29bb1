//! How good registries' data was, batch by batch.

use super::{Store, StoreError, Tx, in_tx, read};

/// Measurements kept of one registry; older ones go.
const KEPT: i64 = 1_000;

super::row! {
    /// One measurement.
    #[derive(Debug, Clone, PartialEq)]
    pub struct QualityRow {
        /// The newest batch that had landed.
        pub batch_id: i64,
        /// When it was measured; milliseconds since 1970.
        pub at: i64,
        /// The edition that was published then.
        pub edition: i64,
        /// What was measured, JSON.
        pub measured: String,
    }
}

impl Store {
    /// Measurements of a registry, newest first, before a batch; and how many there are in all.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn quality_before(&self, registry: i64, batch: i64, limit: i64) -> Result<(Vec<QualityRow>, i64), StoreError> {
        let rows = read!(self, |db| sqlx::query_as(
            "SELECT batch_id, at, edition, measured FROM registry_quality
             WHERE registry_id = $1 AND batch_id < $2 ORDER BY batch_id DESC LIMIT $3"
        )
        .bind(registry)
        .bind(batch)
        .bind(limit)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))?;
        let (count,): (i64,) = read!(self, |db| sqlx::query_as("SELECT COUNT(*) FROM registry_quality WHERE registry_id = $1")
            .bind(registry)
            .fetch_one(db)
            .await)
        .map_err(|e| self.failed(e))?;
        Ok((rows, count))
    }

    /// Keeps a measurement; one of the same batch that is there stays.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn put_quality(&self, registry: i64, row: &QualityRow) -> Result<(), StoreError> {
        let failed = |e| self.failed(e);
        let mut tx = self.begin().await?;
        put(&mut tx, registry, row).await.map_err(failed)?;
        tx.commit().await.map_err(failed)
    }
}

async fn put(tx: &mut Tx, registry: i64, row: &QualityRow) -> Result<(), sqlx::Error> {
    in_tx!(tx, |c| sqlx::query(
        "INSERT INTO registry_quality (registry_id, batch_id, at, edition, measured) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (registry_id, batch_id) DO NOTHING"
    )
    .bind(registry)
    .bind(row.batch_id)
    .bind(row.at)
    .bind(row.edition)
    .bind(&row.measured)
    .execute(c)
    .await
    .map(|_| ()))?;
    in_tx!(tx, |c| sqlx::query(
        "DELETE FROM registry_quality WHERE registry_id = $1 AND batch_id NOT IN
         (SELECT batch_id FROM registry_quality WHERE registry_id = $1 ORDER BY batch_id DESC LIMIT $2)"
    )
    .bind(registry)
    .bind(KEPT)
    .execute(c)
    .await
    .map(|_| ()))
}
