//! Which editions were published, and what changed with each.

use super::bulk::{self, Bulk};
use super::{Store, StoreError, Tx, in_tx, read};

super::row! {
    /// One published edition. `as_of` is an ISO date in the configured zone, `sources` JSON.
    #[derive(Debug, Clone, PartialEq)]
    pub struct EditionRow {
        /// Number of the edition, from 1.
        pub number: i64,
        /// Milliseconds since 1970.
        pub published_at: i64,
        /// The day it stands for.
        pub as_of: String,
        /// The manifest's digest of its data.
        pub digest: String,
        /// The manifest's content; None of editions published before it was kept.
        pub content: Option<String>,
        /// How many it has.
        pub enterprises: i64,
        /// What it rests on: [{name, as_of, records, stale}].
        pub sources: String,
        /// Milliseconds since 1970 when its files were removed; None while they are there.
        pub removed_at: Option<i64>,
    }
}

super::row! {
    /// One change of one enterprise between two editions.
    #[derive(Debug, Clone, PartialEq)]
    pub struct ChangeRow {
        /// Whom it happened to.
        pub enterprise_id: String,
        /// Number of the edition that shows it first.
        pub edition: i64,
        /// Milliseconds since 1970 when that was published.
        pub at: i64,
        /// Name of the `EnterpriseField`; None for what is no field (it appeared, was merged).
        pub field: Option<String>,
        /// Code of what happened (`publish::changes`).
        pub what: String,
        /// As shown before; None where there was nothing.
        pub from_value: Option<String>,
        /// As shown since; None where there is nothing.
        pub to_value: Option<String>,
        /// Name of the registry that says so, where one does.
        pub registry: Option<String>,
    }
}

impl Store {
    /// All editions, newest first, removed ones included.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn editions(&self) -> Result<Vec<EditionRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT number, published_at, as_of, digest, content, enterprises, sources, removed_at FROM edition ORDER BY number DESC"
        )
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// The edition published last, its files there or not; None before the first.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn latest_edition(&self) -> Result<Option<EditionRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT number, published_at, as_of, digest, content, enterprises, sources, removed_at FROM edition ORDER BY number DESC LIMIT 1"
        )
        .fetch_optional(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// What happened to one enterprise, newest first.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn changes_of(&self, enterprise: &str, limit: i64) -> Result<Vec<ChangeRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT enterprise_id, edition, at, field, what, from_value, to_value, registry
             FROM change WHERE enterprise_id = $1 ORDER BY id DESC LIMIT $2"
        )
        .bind(enterprise)
        .bind(limit)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// What happened to several enterprises: for each the `limit` latest changes with ids below `before`, newest first, with
    /// their ids and how many the enterprise has in all. One statement, however many enterprises. Where fewer are below
    /// `before`, others fill the number up, so that an enterprise with changes always has a row that says how many.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn changes_of_many(
        &self,
        enterprises: &[String],
        before: i64,
        limit: i64,
    ) -> Result<Vec<(i64, i64, ChangeRow)>, StoreError> {
        use sqlx::Row;
        macro_rules! taken {
            ($rows:expr) => {
                $rows
                    .await
                    .map_err(|e| self.failed(e))?
                    .iter()
                    .map(|r| Ok((r.try_get("id")?, r.try_get("total")?, <ChangeRow as sqlx::FromRow<_>>::from_row(r)?)))
                    .collect::<Result<Vec<_>, sqlx::Error>>()
                    .map_err(|e| self.failed(e))
            };
        }
        match self {
            Store::Sqlite(s) => taken!(
                sqlx::query(
                    "SELECT id, total, enterprise_id, edition, at, field, what, from_value, to_value, registry FROM (
                         SELECT c.*, COUNT(*) OVER (PARTITION BY enterprise_id) AS total,
                                ROW_NUMBER() OVER (PARTITION BY enterprise_id ORDER BY (id < $2) DESC, id DESC) AS place
                         FROM change c WHERE enterprise_id IN (SELECT value FROM json_each($1))) AS ranked
                     WHERE place <= $3 ORDER BY enterprise_id, id DESC"
                )
                .bind(serde_json::to_string(enterprises).expect("ids"))
                .bind(before)
                .bind(limit)
                .fetch_all(&s.reader)
            ),
            // PostgreSQL takes the array itself.
            Store::Postgres(p, _) => taken!(
                sqlx::query(
                    "SELECT id, total, enterprise_id, edition, at, field, what, from_value, to_value, registry FROM (
                         SELECT c.*, COUNT(*) OVER (PARTITION BY enterprise_id) AS total,
                                ROW_NUMBER() OVER (PARTITION BY enterprise_id ORDER BY (id < $2) DESC, id DESC) AS place
                         FROM change c WHERE enterprise_id = ANY($1)) AS ranked
                     WHERE place <= $3 ORDER BY enterprise_id, id DESC"
                )
                .bind(enterprises)
                .bind(before)
                .bind(limit)
                .fetch_all(p)
            ),
        }
    }

    /// Notes that an edition's files are there again.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn edition_restored(&self, number: i64) -> Result<(), StoreError> {
        super::write!(self, |db| sqlx::query("UPDATE edition SET removed_at = NULL WHERE number = $1")
            .bind(number)
            .execute(db)
            .await
            .map(|_| ()))
        .map_err(|e| self.failed(e))
    }

    /// Notes that an edition's files were removed.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn edition_removed(&self, number: i64, at: i64) -> Result<(), StoreError> {
        super::write!(self, |db| sqlx::query("UPDATE edition SET removed_at = $2 WHERE number = $1")
            .bind(number)
            .bind(at)
            .execute(db)
            .await
            .map(|_| ()))
        .map_err(|e| self.failed(e))
    }
}

/// Notes an edition, in the transaction of its publication.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn put_edition(tx: &mut Tx, e: &EditionRow) -> Result<(), sqlx::Error> {
    super::told::tell(tx, "edition").await?;
    in_tx!(tx, |c| {
        sqlx::query(
        "INSERT INTO edition (number, published_at, as_of, digest, content, enterprises, sources) VALUES ($1, $2, $3, $4, $5, $6, $7)"
    )
    .bind(e.number)
    .bind(e.published_at)
    .bind(&e.as_of)
    .bind(&e.digest)
    .bind(&e.content)
    .bind(e.enterprises)
    .bind(&e.sources)
    .execute(c)
    .await
    .map(|_| ())
    })
}

/// Appends changes; they are numbered as they come.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn put_changes(tx: &mut Tx, changes: &[ChangeRow]) -> Result<(), sqlx::Error> {
    let (first,): (i64,) = in_tx!(tx, |c| sqlx::query_as("SELECT COALESCE(MAX(id), 0) FROM change").fetch_one(c).await)?;
    const SQL: &str = "INSERT INTO change (id, enterprise_id, edition, at, field, what, from_value, to_value, registry)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let numbered = (first + 1..).zip(changes);
    match tx {
        Tx::Sqlite(t) => {
            let mut bulk = Bulk::lock(t).await?;
            bulk::blocking(|| {
                let mut put = bulk.prepare(SQL)?;
                numbered.into_iter().try_for_each(|(id, ch)| {
                    put.run(&[
                        id.into(),
                        (&*ch.enterprise_id).into(),
                        ch.edition.into(),
                        ch.at.into(),
                        ch.field.as_deref().into(),
                        (&*ch.what).into(),
                        ch.from_value.as_deref().into(),
                        ch.to_value.as_deref().into(),
                        ch.registry.as_deref().into(),
                    ])
                })
            })?;
        }
        Tx::Postgres(t) => {
            for (id, ch) in numbered {
                sqlx::query(SQL)
                    .bind(id)
                    .bind(&ch.enterprise_id)
                    .bind(ch.edition)
                    .bind(ch.at)
                    .bind(&ch.field)
                    .bind(&ch.what)
                    .bind(&ch.from_value)
                    .bind(&ch.to_value)
                    .bind(&ch.registry)
                    .execute(&mut **t)
                    .await?;
            }
        }
    }
    Ok(())
}
