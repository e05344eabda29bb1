//! Landings in the order of their commits, and what changed since one: so that work done on the records can be kept and
//! only what changed be done again.
//!
//! Batch ids do not serve for this: a held batch keeps its id and may be released long after later ones landed.

use super::damage::damaged;
use super::{Store, StoreError, Tx, in_tx, read};

super::row! {
    /// A state of the records, named by the landing that made it.
    #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
    pub struct Watermark {
        /// 1, 2, … in the order of the commits; 0 before the first one.
        pub landing: i64,
        /// Highest record id then; later records are above it.
        pub last_record: i64,
        /// Id, end and counts of its batch: after a restore from a backup the same number names another landing.
        pub batch: i64,
        /// Milliseconds since 1970 when that batch ended.
        pub finished_at: i64,
        /// Rows it added, changed or marked as gone.
        pub rows: i64,
    }
}

const LANDING: &str = "SELECT landing, last_record, id AS batch, COALESCE(finished_at, 0) AS finished_at,
                       added + changed + gone AS rows FROM batch WHERE landing = ";

impl Watermark {
    /// Before anything landed.
    pub const NONE: Watermark = Watermark { landing: 0, last_record: 0, batch: 0, finished_at: 0, rows: 0 };
}

impl Store {
    /// The latest landing; `Watermark::NONE` in an empty store.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn latest_landing(&self) -> Result<Watermark, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{LANDING}(SELECT MAX(landing) FROM batch)"));
        let row: Option<Watermark> =
            read!(self, |db| sqlx::query_as(sql).fetch_optional(db).await).map_err(|e| self.failed(e))?;
        Ok(row.unwrap_or(Watermark::NONE))
    }

    /// A registry's last landing that changed anything: its number, batch and end; zeros before the first one.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn landing_of(&self, registry_id: i64) -> Result<(i64, i64, i64), StoreError> {
        let row: Option<(i64, i64, i64)> = read!(self, |db| sqlx::query_as(
            "SELECT landing, id, COALESCE(finished_at, 0) FROM batch
             WHERE registry_id = $1 AND landing IS NOT NULL ORDER BY landing DESC LIMIT 1"
        )
        .bind(registry_id)
        .fetch_optional(db)
        .await)
        .map_err(|e| self.failed(e))?;
        Ok(row.unwrap_or_default())
    }

    /// What landed since a landing: registry, rows added, changed and gone.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn landed_since(&self, landing: i64) -> Result<Vec<(i64, i64, i64, i64)>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT registry_id, CAST(SUM(added) AS BIGINT), CAST(SUM(changed) AS BIGINT), CAST(SUM(gone) AS BIGINT)
             FROM batch WHERE landing > $1 GROUP BY registry_id ORDER BY registry_id"
        )
        .bind(landing)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// Whether this store went through this very landing (a restored backup, or another store, did not).
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn knows_landing(&self, landing: &Watermark) -> Result<bool, StoreError> {
        if *landing == Watermark::NONE {
            return Ok(true);
        }
        let sql = sqlx::AssertSqlSafe(format!("{LANDING}$1"));
        let row: Option<Watermark> =
            read!(self, |db| sqlx::query_as(sql).bind(landing.landing).fetch_optional(db).await).map_err(|e| self.failed(e))?;
        Ok(row.as_ref() == Some(landing))
    }

    /// Ids of all records that are new, changed, gone or back since a landing, in ascending order. Their rows come from
    /// [`Store::records_by_id`], gone ones among them.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn ids_changed_since(&self, landing: &Watermark) -> Result<Vec<i64>, StoreError> {
        let changed: Vec<(i64,)> = read!(self, |db| sqlx::query_as(
            "SELECT DISTINCT record_id FROM record_version
             WHERE record_id <= $2 AND replaced_by IN (SELECT id FROM batch WHERE landing > $1) ORDER BY record_id"
        )
        .bind(landing.landing)
        .bind(landing.last_record)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))?;
        let last = self.last_record_id().await?;
        Ok(changed.into_iter().map(|(id,)| id).chain(landing.last_record + 1..=last).collect())
    }

    /// Name of this store, made with it: what is kept beside it (ledgers, snapshot, linker) fits no other one.
    ///
    /// # Errors
    /// Damaged, where the store has lost its name; Database, where it cannot be read.
    pub async fn id(&self) -> Result<String, StoreError> {
        let id = self.meta("store_id").await?.filter(|id| !id.is_empty());
        id.ok_or_else(|| self.failed(damaged("meta", "store_id", "it is missing")))
    }
}

impl Store {
    /// The columns of what a registry delivered last; None before the first delivery.
    ///
    /// # Errors
    /// Damaged, where a row does not hold what this program writes; Database, where the store cannot be read.
    pub async fn landed_columns(&self, registry_id: i64) -> Result<Option<Vec<String>>, StoreError> {
        let key = columns_key(registry_id);
        self.meta(&key).await?.map(|text| self.json(&text, "meta", &key, "value")).transpose()
    }
}

fn columns_key(registry_id: i64) -> String {
    format!("columns_of_{registry_id}")
}

/// Notes the columns of a delivery, in the transaction in which it lands. One that is no complete pull may leave some out.
///
/// # Errors
/// The database's, or what was kept before is damaged: the transaction is then dropped.
pub async fn keep_columns(tx: &mut Tx, registry_id: i64, columns: &[String], complete: bool) -> Result<(), sqlx::Error> {
    if columns.is_empty() {
        return Ok(());
    }
    let key = columns_key(registry_id);
    let mut all = columns.to_vec();
    if !complete {
        let before: Option<(String,)> =
            in_tx!(tx, |c| sqlx::query_as("SELECT value FROM meta WHERE key = $1").bind(&key).fetch_optional(c).await)?;
        let before: Vec<String> = match before {
            Some((text,)) => super::damage::read_json(&text, "meta", &key, "value")?,
            None => Vec::new(),
        };
        all.extend(before.into_iter().filter(|column| !columns.contains(column)));
    }
    super::set_meta(tx, &key, &serde_json::to_string(&all).expect("plain texts")).await
}

/// Numbers the landing of a batch that changed anything, as the last act of its transaction.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn number(tx: &mut Tx, batch: i64) -> Result<(), sqlx::Error> {
    in_tx!(tx, |c| sqlx::query(
        "UPDATE batch SET landing = (SELECT COALESCE(MAX(landing), 0) + 1 FROM batch),
                          last_record = (SELECT COALESCE(MAX(id), 0) FROM record)
         WHERE id = $1"
    )
    .bind(batch)
    .execute(c)
    .await
    .map(|_| ()))
}
