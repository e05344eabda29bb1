//! Versions of the policy that persons saved, over what the configuration says.

use super::{Store, StoreError, read, write};

super::row! {
    /// A version of the policy. Nothing of it is ever changed.
    #[derive(Debug, Clone, PartialEq)]
    pub struct PolicyVersionRow {
        /// From 1 on, without a gap; the highest is in force.
        pub number: i64,
        /// When it was saved, in milliseconds since 1970.
        pub at: i64,
        /// Who saved it.
        pub by_whom: String,
        /// Why.
        pub reason: String,
        /// JSON of what it changed; `{}` where it took everything back.
        pub changed: String,
        /// JSON of all that stands over the configuration since; `{}` where nothing does.
        pub saved: String,
    }
}

impl Store {
    /// The newest versions of the policy, the newest first.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn policy_versions(&self, most: i64) -> Result<Vec<PolicyVersionRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT number, at, by_whom, reason, changed, saved FROM policy_version ORDER BY number DESC LIMIT $1"
        )
        .bind(most)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// Keeps a version; false where somebody else kept one of that number before.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn put_policy_version(&self, v: &PolicyVersionRow) -> Result<bool, StoreError> {
        let done = write!(self, |db| sqlx::query(
            "INSERT INTO policy_version (number, at, by_whom, reason, changed, saved) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (number) DO NOTHING"
        )
        .bind(v.number)
        .bind(v.at)
        .bind(&v.by_whom)
        .bind(&v.reason)
        .bind(&v.changed)
        .bind(&v.saved)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))
        .map_err(|e| self.failed(e))?;
        Ok(done == 1)
    }
}
