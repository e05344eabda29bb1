//! What people entered of the federation, as versions that are never changed: the last one of a noun and key counts.

use super::{Store, StoreError, in_tx, read};

super::row! {
    /// A version of something entered.
    #[derive(Debug, Clone, PartialEq)]
    pub struct EntryRow {
        /// In the order of entering.
        pub seq: i64,
        /// `UNIT`, `FIGURE`, …
        pub noun: String,
        /// What it is known by among its like.
        pub key: String,
        /// JSON; None: taken back.
        pub body: Option<String>,
        /// Milliseconds since 1970.
        pub at: i64,
        /// Who entered it.
        pub by_whom: Option<String>,
    }
}

impl Store {
    /// What stands of everything entered, by noun and key; as it stood at a moment (milliseconds since 1970) where one is given.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn federation_entries(&self, at: Option<i64>) -> Result<Vec<EntryRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT seq, noun, key, body, at, by_whom FROM federation_entry
             WHERE body IS NOT NULL AND seq IN
                   (SELECT MAX(seq) FROM federation_entry WHERE at <= $1 OR $1 IS NULL GROUP BY noun, key)
             ORDER BY noun, key"
        )
        .bind(at)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// Every version of everything entered, or of one noun, by noun, key and order of entering.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn federation_versions(&self, noun: Option<&str>) -> Result<Vec<EntryRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT seq, noun, key, body, at, by_whom FROM federation_entry WHERE noun = $1 OR $1 IS NULL ORDER BY noun, key, seq"
        )
        .bind(noun)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// Every version of one thing, the latest first.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn federation_history(&self, noun: &str, key: &str) -> Result<Vec<EntryRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT seq, noun, key, body, at, by_whom FROM federation_entry WHERE noun = $1 AND key = $2 ORDER BY seq DESC"
        )
        .bind(noun)
        .bind(key)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// The number of the last version; 0 where nothing was entered. It changes with everything that is entered.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn federation_stamp(&self) -> Result<i64, StoreError> {
        let row: (i64,) =
            read!(self, |db| sqlx::query_as("SELECT COALESCE(MAX(seq), 0) FROM federation_entry").fetch_one(db).await)
                .map_err(|e| self.failed(e))?;
        Ok(row.0)
    }

    /// Adds versions (their `seq` is given here), all or none; false, and nothing is added, where something was entered since `stamp`.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn put_federation_entries(&self, stamp: i64, entries: &[EntryRow]) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let done = async {
            if self.is_postgres() {
                in_tx!(&mut tx, |c| sqlx::query("LOCK TABLE federation_entry IN EXCLUSIVE MODE").execute(c).await.map(|_| ()))?;
            }
            let last: (i64,) =
                in_tx!(&mut tx, |c| sqlx::query_as("SELECT COALESCE(MAX(seq), 0) FROM federation_entry").fetch_one(c).await)?;
            if last.0 != stamp {
                tx.rollback().await?;
                return Ok(false);
            }
            for e in entries {
                in_tx!(&mut tx, |c| sqlx::query(
                    "INSERT INTO federation_entry (noun, key, body, at, by_whom) VALUES ($1, $2, $3, $4, $5)"
                )
                .bind(&e.noun)
                .bind(&e.key)
                .bind(&e.body)
                .bind(e.at)
                .bind(&e.by_whom)
                .execute(c)
                .await
                .map(|_| ()))?;
            }
            tx.commit().await?;
            Ok(true)
        };
        done.await.map_err(|e| self.failed(e))
    }
}
