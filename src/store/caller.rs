//! What a caller keeps for themselves: their seat in the federation, and views of pages under a name.

use super::{Store, StoreError, Tx, in_tx, read, write};

super::row! {
    /// Who a caller is in the federation.
    #[derive(Debug, Clone, PartialEq)]
    pub struct SeatRow {
        /// Code of the unit.
        pub unit: String,
        /// What they are there.
        pub role: Option<String>,
        /// Who they are, where names are kept.
        pub name: Option<String>,
    }
}

super::row! {
    /// A view of a page under a name.
    #[derive(Debug, Clone, PartialEq)]
    pub struct SavedViewRow {
        /// The page.
        pub page: String,
        /// What its owner calls it.
        pub name: String,
        /// Query of the page's address.
        pub query: String,
        /// When it was saved; milliseconds since 1970.
        pub at: i64,
    }
}

impl Store {
    /// The seat of a caller; None where they named none.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn seat(&self, caller: &str) -> Result<Option<SeatRow>, StoreError> {
        read!(self, |db| sqlx::query_as("SELECT unit, role, name FROM caller_seat WHERE caller = $1")
            .bind(caller)
            .fetch_optional(db)
            .await)
        .map_err(|e| self.failed(e))
    }

    /// Keeps the seat of a caller; None takes it away.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn put_seat(&self, caller: &str, seat: Option<&SeatRow>, at: i64) -> Result<(), StoreError> {
        match seat {
            None => write!(self, |db| sqlx::query("DELETE FROM caller_seat WHERE caller = $1")
                .bind(caller)
                .execute(db)
                .await
                .map(|_| ())),
            Some(seat) => write!(self, |db| sqlx::query(
                "INSERT INTO caller_seat (caller, unit, role, name, at) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (caller) DO UPDATE SET unit = excluded.unit, role = excluded.role, name = excluded.name, at = excluded.at"
            )
            .bind(caller)
            .bind(&seat.unit)
            .bind(&seat.role)
            .bind(&seat.name)
            .bind(at)
            .execute(db)
            .await
            .map(|_| ())),
        }
        .map_err(|e| self.failed(e))
    }

    /// The views that a caller saved of a page, by name; of all pages where none is given.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn saved_views(&self, caller: &str, page: Option<&str>) -> Result<Vec<SavedViewRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT page, name, query, at FROM saved_view WHERE caller = $1 AND (page = $2 OR $2 IS NULL) ORDER BY page, name"
        )
        .bind(caller)
        .bind(page)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// Saves a view; one of the same name is replaced.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn put_view(&self, caller: &str, view: &SavedViewRow) -> Result<(), StoreError> {
        write!(self, |db| sqlx::query(
            "INSERT INTO saved_view (caller, page, name, query, at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (caller, page, name) DO UPDATE SET query = excluded.query, at = excluded.at"
        )
        .bind(caller)
        .bind(&view.page)
        .bind(&view.name)
        .bind(&view.query)
        .bind(view.at)
        .execute(db)
        .await
        .map(|_| ()))
        .map_err(|e| self.failed(e))
    }

    /// Removes a view; false where there is none of that name.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn remove_view(&self, caller: &str, page: &str, name: &str) -> Result<bool, StoreError> {
        let done = write!(self, |db| sqlx::query("DELETE FROM saved_view WHERE caller = $1 AND page = $2 AND name = $3")
            .bind(caller)
            .bind(page)
            .bind(name)
            .execute(db)
            .await
            .map(|d| d.rows_affected()))
        .map_err(|e| self.failed(e))?;
        Ok(done == 1)
    }
}

/// Hands what a caller keeps on to the one who follows; the first one keeps it too, but for receivers of what happens: each is one's.
///
/// # Errors
/// The database's.
pub async fn hand_on(tx: &mut Tx, from: &str, to: &str) -> Result<(), sqlx::Error> {
    for sql in [
        "INSERT INTO caller_seat (caller, unit, role, name, at) SELECT $2, unit, role, name, at FROM caller_seat WHERE caller = $1",
        "INSERT INTO saved_view (caller, page, name, query, at) SELECT $2, page, name, query, at FROM saved_view WHERE caller = $1",
        "UPDATE webhook SET owner = $2 WHERE owner = $1 AND removed_at IS NULL",
    ] {
        in_tx!(tx, |c| sqlx::query(sql).bind(from).bind(to).execute(c).await.map(|_| ()))?;
    }
    Ok(())
}
