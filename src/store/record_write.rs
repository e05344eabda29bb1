//! Records, written: append new ones, keep what a changed one was before, mark gone ones.
//!
//! In: rows with their ids, by the transaction that lands a batch. Out: nothing but the tables `record` and `record_version`. What a row
//! is, new, changed or gone, is decided in `land`; rows are read in `record`.

use super::Tx;
use super::bulk::{self, Bind, Bulk};
use super::copy;

/// A row to write. `hash` is over the payload and its columns.
#[derive(Debug, Clone)]
pub struct NewRecord {
    /// Given by the caller, above [`super::Store::last_record_id`]; of a changed row the one it has.
    pub id: i64,
    /// Names the row inside its registry.
    pub key: String,
    /// xxh3-64: equal where nothing changed.
    pub hash: i64,
    /// Names of its columns (`record::ensure_layout`).
    pub layout_id: i64,
    /// Milliseconds since 1970 when the registry changed the row, where it says so.
    pub observed_at: Option<i64>,
    /// JSON array of the cells as written, null where absent.
    pub payload: String,
}

/// Appends new records. SQLite by one prepared statement, PostgreSQL by COPY.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn insert(tx: &mut Tx, registry_id: i64, batch_id: i64, at: i64, rows: &[NewRecord]) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    match tx {
        Tx::Sqlite(t) => {
            let mut bulk = Bulk::lock(t).await?;
            bulk::blocking(|| {
                let mut insert = bulk.prepare(
                    "INSERT INTO record (id, registry_id, key, hash, layout_id, batch_id, landed_at, observed_at, payload)
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                )?;
                let same = [registry_id, batch_id, at].map(Bind::from);
                rows.iter().try_for_each(|r| {
                    let (key, payload) = (r.key.as_str().into(), r.payload.as_str().into());
                    let [registry, batch, at] = same;
                    insert.run(&[
                        r.id.into(),
                        registry,
                        key,
                        r.hash.into(),
                        r.layout_id.into(),
                        batch,
                        at,
                        r.observed_at.into(),
                        payload,
                    ])
                })
            })
        }
        Tx::Postgres(t) => {
            const PIECE: usize = 1 << 18;
            let mut copy = t
                .copy_in_raw(
                    "COPY record (id, registry_id, key, hash, layout_id, batch_id, landed_at, observed_at, payload)
                     FROM STDIN (FORMAT binary)",
                )
                .await?;
            let mut bytes = Vec::with_capacity(PIECE + (1 << 16));
            bytes.extend_from_slice(copy::HEAD);
            for r in rows {
                copy::row(&mut bytes, 9);
                copy::integer(&mut bytes, r.id);
                copy::integer(&mut bytes, registry_id);
                copy::text(&mut bytes, &r.key);
                copy::integer(&mut bytes, r.hash);
                copy::integer(&mut bytes, r.layout_id);
                copy::integer(&mut bytes, batch_id);
                copy::integer(&mut bytes, at);
                match r.observed_at {
                    Some(at) => copy::integer(&mut bytes, at),
                    None => copy::null(&mut bytes),
                }
                copy::text(&mut bytes, &r.payload);
                if bytes.len() > PIECE {
                    copy.send(bytes.as_slice()).await?;
                    bytes.clear();
                }
            }
            bytes.extend_from_slice(copy::TAIL);
            copy.send(bytes.as_slice()).await?;
            copy.finish().await.map(|_| ())
        }
    }
}

/// Takes the indexes of `record` away for the rest of a transaction that more than doubles the table: PostgreSQL builds
/// them by sorting in half the time, and writes heap pages whole. Nobody can read the table meanwhile. False where it has
/// not been done (SQLite).
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn drop_indexes(tx: &mut Tx) -> Result<bool, sqlx::Error> {
    let Tx::Postgres(t) = tx else { return Ok(false) };
    sqlx::raw_sql("ALTER TABLE record DROP CONSTRAINT record_pkey; DROP INDEX record_by_key").execute(&mut **t).await?;
    Ok(true)
}

/// Makes the indexes anew, as the migrations made them. A key that came twice fails here.
///
/// # Errors
/// The database's: also where a key came twice.
pub async fn build_indexes(tx: &mut Tx) -> Result<(), sqlx::Error> {
    let Tx::Postgres(t) = tx else { return Ok(()) };
    sqlx::raw_sql(
        "SET LOCAL maintenance_work_mem = '256MB';
         ALTER TABLE record ADD CONSTRAINT record_pkey PRIMARY KEY (id);
         CREATE UNIQUE INDEX record_by_key ON record (registry_id, key)",
    )
    .execute(&mut **t)
    .await
    .map(|_| ())
}

/// Keeps what records were: the one of `$1`, or all of them.
macro_rules! keep_versions {
    ($of:literal) => {
        concat!(
            "INSERT INTO record_version (record_id, batch_id, landed_at, replaced_by, replaced_at, layout_id, gone, payload)
             SELECT id, batch_id, landed_at, $2, $3, layout_id, gone, payload FROM record WHERE id = ",
            $of
        )
    };
}

/// Replaces the content of records; what they were stays in `record_version`. Brings gone records back.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn change(tx: &mut Tx, batch_id: i64, at: i64, rows: &[NewRecord]) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    match tx {
        Tx::Sqlite(t) => {
            let mut bulk = Bulk::lock(t).await?;
            bulk::blocking(|| {
                keep_versions(&mut bulk, rows.iter().map(|r| r.id), batch_id, at)?;
                let mut update = bulk.prepare(
                    "UPDATE record SET hash = $2, layout_id = $3, batch_id = $4, landed_at = $5, observed_at = $6, gone = 0,
                                       payload = $7 WHERE id = $1",
                )?;
                rows.iter().try_for_each(|r| {
                    let (observed, payload) = (r.observed_at.into(), r.payload.as_str().into());
                    update.run(&[r.id.into(), r.hash.into(), r.layout_id.into(), batch_id.into(), at.into(), observed, payload])
                })
            })
        }
        // Whole columns travel as arrays: two statements for any number of rows.
        Tx::Postgres(t) => {
            let ids: Vec<i64> = rows.iter().map(|r| r.id).collect();
            keep_versions_of(t, &ids, batch_id, at).await?;
            sqlx::query(
                "UPDATE record SET hash = n.hash, layout_id = n.layout_id, batch_id = $6, landed_at = $7, observed_at = n.observed_at,
                                   gone = 0, payload = n.payload
                 FROM UNNEST($1::BIGINT[], $2::BIGINT[], $3::BIGINT[], $4::BIGINT[], $5::TEXT[])
                      AS n (id, hash, layout_id, observed_at, payload)
                 WHERE record.id = n.id",
            )
            .bind(&ids)
            .bind(rows.iter().map(|r| r.hash).collect::<Vec<_>>())
            .bind(rows.iter().map(|r| r.layout_id).collect::<Vec<_>>())
            .bind(rows.iter().map(|r| r.observed_at).collect::<Vec<_>>())
            .bind(rows.iter().map(|r| r.payload.as_str()).collect::<Vec<_>>())
            .bind(batch_id)
            .bind(at)
            .execute(&mut **t)
            .await
            .map(|_| ())
        }
    }
}

/// Tombstones records: the source no longer has them.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn mark_gone(tx: &mut Tx, batch_id: i64, at: i64, ids: &[i64]) -> Result<(), sqlx::Error> {
    if ids.is_empty() {
        return Ok(());
    }
    match tx {
        Tx::Sqlite(t) => {
            let mut bulk = Bulk::lock(t).await?;
            bulk::blocking(|| {
                keep_versions(&mut bulk, ids.iter().copied(), batch_id, at)?;
                let mut update = bulk.prepare("UPDATE record SET gone = 1, batch_id = $2, landed_at = $3 WHERE id = $1")?;
                ids.iter().try_for_each(|id| update.run(&[(*id).into(), batch_id.into(), at.into()]))
            })
        }
        Tx::Postgres(t) => {
            keep_versions_of(t, ids, batch_id, at).await?;
            sqlx::query("UPDATE record SET gone = 1, batch_id = $2, landed_at = $3 WHERE id = ANY($1)")
                .bind(ids)
                .bind(batch_id)
                .bind(at)
                .execute(&mut **t)
                .await
                .map(|_| ())
        }
    }
}

fn keep_versions(bulk: &mut Bulk<'_>, ids: impl Iterator<Item = i64>, replaced_by: i64, at: i64) -> Result<(), sqlx::Error> {
    let mut keep = bulk.prepare(keep_versions!("$1"))?;
    for id in ids {
        keep.run(&[id.into(), replaced_by.into(), at.into()])?;
    }
    Ok(())
}

async fn keep_versions_of(
    t: &mut sqlx::Transaction<'static, sqlx::Postgres>,
    ids: &[i64],
    replaced_by: i64,
    at: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(keep_versions!("ANY($1)")).bind(ids).bind(replaced_by).bind(at).execute(&mut **t).await.map(|_| ())
}
