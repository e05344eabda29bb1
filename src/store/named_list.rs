//! Lists of enterprises with a name, a source and a purpose. Entries stay as they were written, found or not.

use super::{Store, StoreError, in_tx, read, write};

super::row! {
    /// A list.
    #[derive(Debug, Clone, PartialEq)]
    pub struct NamedListRow {
        /// `N` and twelve characters.
        pub id: String,
        /// What it is called.
        pub title: String,
        /// What for.
        pub purpose: String,
        /// Who keeps it.
        pub source: String,
        /// The last day on which it is shown; None: open.
        pub expires: Option<String>,
        /// Milliseconds since 1970.
        pub at: i64,
        /// Who brought it.
        pub by_whom: Option<String>,
        /// Milliseconds since 1970; None while it stands.
        pub removed_at: Option<i64>,
        /// Id of the enterprise that those on it supply; None: it says nothing of that.
        pub suppliers_of: Option<String>,
    }
}

super::row! {
    /// An entry of a list.
    #[derive(Debug, Clone, PartialEq)]
    pub struct NamedEntryRow {
        /// Of the list.
        pub list_id: String,
        /// In the order given, from 1.
        pub place: i64,
        /// As it was given.
        pub written: String,
        /// Whom it means; None: nobody, or several.
        pub enterprise_id: Option<String>,
    }
}

impl Store {
    /// Adds a list with its entries.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn put_named_list(&self, l: &NamedListRow, entries: &[NamedEntryRow]) -> Result<(), StoreError> {
        let failed = |e| self.failed(e);
        let mut tx = self.begin().await?;
        in_tx!(&mut tx, |c| sqlx::query(
            "INSERT INTO named_list (id, title, purpose, source, expires, at, by_whom, suppliers_of)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        )
        .bind(&l.id)
        .bind(&l.title)
        .bind(&l.purpose)
        .bind(&l.source)
        .bind(&l.expires)
        .bind(l.at)
        .bind(&l.by_whom)
        .bind(&l.suppliers_of)
        .execute(c)
        .await
        .map(|_| ()))
        .map_err(failed)?;
        for e in entries {
            in_tx!(&mut tx, |c| sqlx::query(
                "INSERT INTO named_entry (list_id, place, written, enterprise_id) VALUES ($1, $2, $3, $4)"
            )
            .bind(&e.list_id)
            .bind(e.place)
            .bind(&e.written)
            .bind(&e.enterprise_id)
            .execute(c)
            .await
            .map(|_| ()))
            .map_err(failed)?;
        }
        tx.commit().await.map_err(failed)
    }

    /// The lists that stand, newest first.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn named_lists(&self) -> Result<Vec<NamedListRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT id, title, purpose, source, expires, at, by_whom, removed_at, suppliers_of FROM named_list
             WHERE removed_at IS NULL ORDER BY at DESC, id"
        )
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// The entries of a list in their order.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn named_entries(&self, list: &str) -> Result<Vec<NamedEntryRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT list_id, place, written, enterprise_id FROM named_entry WHERE list_id = $1 ORDER BY place"
        )
        .bind(list)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// Removes a list; false where it is unknown or was removed before.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn remove_named_list(&self, id: &str, at: i64) -> Result<bool, StoreError> {
        let done = write!(self, |db| sqlx::query("UPDATE named_list SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL")
            .bind(id)
            .bind(at)
            .execute(db)
            .await
            .map(|d| d.rows_affected()))
        .map_err(|e| self.failed(e))?;
        Ok(done == 1)
    }
}
