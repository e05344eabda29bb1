//! Who read a registry's fields, for which purpose, so that the department that owns them can see it.

use super::{Store, StoreError, in_tx, read};

super::row! {
    /// What one caller read of one registry on one day for one purpose (empty: none was given).
    #[derive(Debug, Clone, PartialEq)]
    pub struct UsageRow {
        /// ISO date in the configured zone.
        pub day: String,
        /// Name of the registry.
        pub registry: String,
        /// Name of the caller's token.
        pub who: String,
        /// As the caller gave it.
        pub purpose: String,
        /// Bits over `EnterpriseField::ALL`.
        pub fields: i64,
        /// Of all answers together; one shown twice counts twice.
        pub enterprises: i64,
        /// How many answers showed something of it.
        pub answers: i64,
    }
}

impl Store {
    /// Adds to what is counted already, in one transaction.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn add_usage(&self, rows: &[UsageRow]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let failed = |e| self.failed(e);
        let mut tx = self.begin().await?;
        for r in rows {
            in_tx!(&mut tx, |c| {
                sqlx::query(
                "INSERT INTO usage (day, registry, who, purpose, fields, enterprises, answers) VALUES ($1, $2, $3, $4, $5, $6, $7)
                 ON CONFLICT (day, registry, who, purpose) DO UPDATE SET fields = usage.fields | excluded.fields,
                     enterprises = usage.enterprises + excluded.enterprises, answers = usage.answers + excluded.answers"
            )
            .bind(&r.day)
            .bind(&r.registry)
            .bind(&r.who)
            .bind(&r.purpose)
            .bind(r.fields)
            .bind(r.enterprises)
            .bind(r.answers)
            .execute(c)
            .await
            .map(|_| ())
            })
            .map_err(failed)?;
        }
        tx.commit().await.map_err(failed)
    }

    /// What was read of a registry since a day (ISO), latest day first.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn usage(&self, registry: &str, since: &str, limit: i64) -> Result<Vec<UsageRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT day, registry, who, purpose, fields, enterprises, answers FROM usage
             WHERE registry = $1 AND day >= $2 ORDER BY day DESC, who, purpose LIMIT $3"
        )
        .bind(registry)
        .bind(since)
        .bind(limit)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }
}
