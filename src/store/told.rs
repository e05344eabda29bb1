//! What other nodes did: PostgreSQL tells those who listen when a transaction has committed, so that an edition or a step of a case of
//! one node is seen by the others at once. SQLite tells nobody; whoever reads it looks again every second.

use sqlx::postgres::PgListener;

use super::{Store, StoreError, Tx};

/// The channel that all nodes listen to.
const CHANNEL: &str = "huitu";

/// Tells the other nodes, once the transaction has committed, that there is something new to read.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn tell(tx: &mut Tx, what: &'static str) -> Result<(), sqlx::Error> {
    match tx {
        Tx::Sqlite(_) => Ok(()),
        Tx::Postgres(t) => sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(what).execute(&mut **t).await.map(|_| ()),
    }
}

/// Listens to the other nodes and to this one.
pub struct Told(PgListener);

impl Told {
    /// Waits until something was told: `edition`, `case`. None where the connection was lost meanwhile and is open again: whatever
    /// was told in between is to be looked for.
    ///
    /// # Errors
    /// The connection is lost and cannot be opened again.
    pub async fn next(&mut self) -> Result<Option<String>, sqlx::Error> {
        Ok(self.0.try_recv().await?.map(|told| told.payload().to_owned()))
    }
}

impl Store {
    /// Begins to listen; None on SQLite.
    ///
    /// # Errors
    /// Database, where it cannot be reached.
    pub async fn listen(&self) -> Result<Option<Told>, StoreError> {
        let Store::Postgres(pool, _) = self else { return Ok(None) };
        let listening = async {
            let mut listener = PgListener::connect_with(pool).await?;
            listener.listen(CHANNEL).await?;
            Ok::<PgListener, sqlx::Error>(listener)
        };
        listening.await.map(|listener| Some(Told(listener))).map_err(|e| self.failed(e))
    }
}
