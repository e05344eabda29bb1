//! Targets set by people; those that a connector delivers are records.

use super::{Store, StoreError, Tx, in_tx, read};

super::row! {
    /// Unit × year × indicator. `at` in milliseconds since 1970.
    #[derive(Debug, Clone, PartialEq)]
    pub struct TargetRow {
        /// Code of the unit (`reference::areas::unit_code`).
        pub area: String,
        /// The year it is for.
        pub year: i64,
        /// Id of `reference/unions/indicators.csv`.
        pub indicator: String,
        /// The value to reach, in the indicator's unit.
        pub value: f64,
        /// Who answers for it.
        pub responsible: Option<String>,
        /// Who set it.
        pub by_whom: Option<String>,
        /// When it was set.
        pub at: i64,
        /// Where it is said.
        pub source: Option<String>,
    }
}
super::row! {
    /// A target as it was from `at` on. Times in milliseconds since 1970.
    #[derive(Debug, Clone, PartialEq)]
    pub struct TargetVersionRow {
        /// The value to reach, in the indicator's unit.
        pub value: f64,
        /// Who answers for it.
        pub responsible: Option<String>,
        /// Who set it.
        pub by_whom: Option<String>,
        /// When it was set.
        pub at: i64,
        /// Where it is said.
        pub source: Option<String>,
        /// When another one took its place, or when it was taken back; None: it stands.
        pub replaced_at: Option<i64>,
    }
}

impl Store {
    /// Targets of a year, or of all years, by area and indicator; as they stood at a moment (milliseconds since 1970) where
    /// one is given.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn targets(&self, year: Option<i64>, at: Option<i64>) -> Result<Vec<TargetRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT area, year, indicator, value, responsible, by_whom, at, source FROM target
             WHERE (year = $1 OR $1 IS NULL) AND (at <= $2 OR $2 IS NULL)
             UNION ALL
             SELECT area, year, indicator, value, responsible, by_whom, at, source FROM target_version
             WHERE (year = $1 OR $1 IS NULL) AND at <= $2 AND replaced_at > $2
             ORDER BY year, indicator, area"
        )
        .bind(year)
        .bind(at)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// Another one whenever a target was set or taken back: the last moment of either (milliseconds since 1970), and how many there are.
    /// Two changes of one millisecond may leave it as it is.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn targets_stamp(&self) -> Result<(i64, i64, i64), StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT MAX(last), CAST(MAX(set_count) AS BIGINT), CAST(MAX(version_count) AS BIGINT) FROM (
                 SELECT COALESCE(MAX(at), 0) AS last, COUNT(*) AS set_count, 0 AS version_count FROM target
                 UNION ALL
                 SELECT COALESCE(MAX(replaced_at), 0), 0, COUNT(*) FROM target_version) AS both_tables"
        )
        .fetch_one(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// Every version of the targets of a unit's codes, the latest first.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn target_history(
        &self,
        areas: [&str; 2],
        year: i64,
        indicator: &str,
    ) -> Result<Vec<TargetVersionRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT value, responsible, by_whom, at, source, CAST(NULL AS BIGINT) AS replaced_at FROM target
             WHERE area IN ($1, $2) AND year = $3 AND indicator = $4
             UNION ALL
             SELECT value, responsible, by_whom, at, source, replaced_at FROM target_version
             WHERE area IN ($1, $2) AND year = $3 AND indicator = $4
             ORDER BY at DESC"
        )
        .bind(areas[0])
        .bind(areas[1])
        .bind(year)
        .bind(indicator)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// Takes a target back: it is kept among the versions until now. False where nobody set it.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn withdraw_target(&self, area: &str, year: i64, indicator: &str, at: i64) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let done = async {
            in_tx!(&mut tx, |c| sqlx::query(
                "INSERT INTO target_version (area, year, indicator, value, responsible, by_whom, at, source, replaced_at)
                 SELECT area, year, indicator, value, responsible, by_whom, at, source, $4 FROM target
                 WHERE area = $1 AND year = $2 AND indicator = $3
                 ON CONFLICT (area, year, indicator, at) DO UPDATE SET value = excluded.value,
                     responsible = excluded.responsible, by_whom = excluded.by_whom, source = excluded.source,
                     replaced_at = excluded.replaced_at"
            )
            .bind(area)
            .bind(year)
            .bind(indicator)
            .bind(at)
            .execute(c)
            .await
            .map(|_| ()))?;
            let gone = in_tx!(&mut tx, |c| sqlx::query("DELETE FROM target WHERE area = $1 AND year = $2 AND indicator = $3")
                .bind(area)
                .bind(year)
                .bind(indicator)
                .execute(c)
                .await
                .map(|r| r.rows_affected()))?;
            tx.commit().await?;
            Ok(gone == 1)
        };
        done.await.map_err(|e| self.failed(e))
    }

    /// Sets a target; the one before is replaced and kept among the versions.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn put_target(&self, t: &TargetRow) -> Result<(), StoreError> {
        self.put_targets(std::slice::from_ref(t)).await
    }

    /// Sets several targets, all or none.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn put_targets(&self, targets: &[TargetRow]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let done = async {
            for t in targets {
                put(&mut tx, t).await?;
            }
            tx.commit().await
        };
        done.await.map_err(|e| self.failed(e))
    }
}

async fn put(tx: &mut Tx, t: &TargetRow) -> Result<(), sqlx::Error> {
    in_tx!(tx, |c| sqlx::query(
        "INSERT INTO target_version (area, year, indicator, value, responsible, by_whom, at, source, replaced_at)
         SELECT area, year, indicator, value, responsible, by_whom, at, source, $4 FROM target
         WHERE area = $1 AND year = $2 AND indicator = $3
         ON CONFLICT (area, year, indicator, at) DO UPDATE SET value = excluded.value,
             responsible = excluded.responsible, by_whom = excluded.by_whom, source = excluded.source,
             replaced_at = excluded.replaced_at"
    )
    .bind(&t.area)
    .bind(t.year)
    .bind(&t.indicator)
    .bind(t.at)
    .execute(c)
    .await
    .map(|_| ()))?;
    in_tx!(tx, |c| {
        sqlx::query(
        "INSERT INTO target (area, year, indicator, value, responsible, by_whom, at, source) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (area, year, indicator) DO UPDATE SET value = excluded.value, responsible = excluded.responsible,
             by_whom = excluded.by_whom, at = excluded.at, source = excluded.source"
    )
    .bind(&t.area)
    .bind(t.year)
    .bind(&t.indicator)
    .bind(t.value)
    .bind(&t.responsible)
    .bind(&t.by_whom)
    .bind(t.at)
    .bind(&t.source)
    .execute(c)
    .await
    .map(|_| ())
    })
}
