//! What editions rested on: enough to make one again. Written with each edition, on change only; read by a rebuild.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use serde_json::json;
use sqlx::Row;

use super::damage::{damaged, read_json};
use super::finding::FindingRow;
use super::judgement::JudgementRow;
use super::record::StoredRecord;
use super::{Store, StoreError, Tx, in_tx, read};

/// What an edition rests on beside the registries' records of a landing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EditionBasis {
    /// The last landing it read.
    pub landing: i64,
    /// Nothing came before it.
    pub first: bool,
    /// Digests of program, rules, policy, weights and connectors, by name.
    pub made_by: BTreeMap<String, String>,
    /// Ids of the judgements and of the findings in force.
    pub judgements: Vec<String>,
    /// Ids of the findings in force.
    pub findings: Vec<String>,
}

/// What a link was: record, part, and the entity it had.
pub type FormerLink = (i64, u16, Option<Box<str>>);

/// Notes the basis of an edition, what its links were before it, and who newly lacks a union.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn keep(
    tx: &mut Tx,
    edition: i64,
    basis: &EditionBasis,
    former: &[FormerLink],
    lacking: &[Box<str>],
    since: NaiveDate,
) -> Result<(), sqlx::Error> {
    in_tx!(tx, |c| sqlx::query(
        "INSERT INTO edition_basis (edition, landing, first, made_by) VALUES ($1, $2, $3, $4)
         ON CONFLICT (edition) DO UPDATE SET landing = excluded.landing, first = excluded.first, made_by = excluded.made_by"
    )
    .bind(edition)
    .bind(basis.landing)
    .bind(i64::from(basis.first))
    .bind(serde_json::to_string(&basis.made_by).expect("plain texts"))
    .execute(c)
    .await
    .map(|_| ()))?;
    keep_links(tx, edition, former).await?;
    for chunk in lacking.chunks(5_000) {
        let ids = serde_json::to_string(chunk).expect("ids");
        match tx {
            Tx::Sqlite(t) => sqlx::query(
                "INSERT INTO lacking_since (enterprise_id, edition, since) SELECT value, $2, $3 FROM json_each($1) WHERE TRUE
                 ON CONFLICT DO NOTHING",
            )
            .bind(ids)
            .bind(edition)
            .bind(since.to_string())
            .execute(&mut **t)
            .await
            .map(|_| ())?,
            Tx::Postgres(t) => sqlx::query(
                "INSERT INTO lacking_since (enterprise_id, edition, since)
                 SELECT v, $2, $3 FROM json_array_elements_text($1::JSON) AS v ON CONFLICT DO NOTHING",
            )
            .bind(ids)
            .bind(edition)
            .bind(since.to_string())
            .execute(&mut **t)
            .await
            .map(|_| ())?,
        }
    }
    keep_in_force(tx, edition, &basis.judgements, &basis.findings).await
}

/// Links as they were until this edition; what was noted for it already (by a run that published nothing) stays.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn keep_links(tx: &mut Tx, edition: i64, former: &[FormerLink]) -> Result<(), sqlx::Error> {
    for chunk in former.chunks(5_000) {
        let rows: Vec<_> = chunk.iter().map(|(record, part, entity)| json!([record, part, entity])).collect();
        let text = serde_json::to_string(&rows).expect("plain values");
        match tx {
            Tx::Sqlite(t) => sqlx::query(
                "INSERT INTO link_version (record_id, part, until, entity_id)
                 SELECT value->>0, value->>1, $2, value->>2 FROM json_each($1) WHERE TRUE ON CONFLICT DO NOTHING",
            )
            .bind(text)
            .bind(edition)
            .execute(&mut **t)
            .await
            .map(|_| ())?,
            Tx::Postgres(t) => sqlx::query(
                "INSERT INTO link_version (record_id, part, until, entity_id)
                 SELECT (v->>0)::BIGINT, (v->>1)::BIGINT, $2, v->>2 FROM json_array_elements($1::JSON) AS v
                 ON CONFLICT DO NOTHING",
            )
            .bind(text)
            .bind(edition)
            .execute(&mut **t)
            .await
            .map(|_| ())?,
        }
    }
    Ok(())
}

/// Marks exactly those judgements and findings that the edition used: others may have been added meanwhile.
async fn keep_in_force(tx: &mut Tx, edition: i64, judgements: &[String], findings: &[String]) -> Result<(), sqlx::Error> {
    macro_rules! mark {
        ($table:literal, $ids:expr) => {{
            let ids = serde_json::to_string($ids).expect("ids");
            match tx {
                Tx::Sqlite(t) => {
                    const BEGIN: &str = concat!(
                        "UPDATE ",
                        $table,
                        " SET first_edition = $2
                         WHERE first_edition IS NULL AND id IN (SELECT value FROM json_each($1))"
                    );
                    const END: &str = concat!(
                        "UPDATE ",
                        $table,
                        " SET until_edition = $2 WHERE first_edition IS NOT NULL AND until_edition IS NULL
                         AND id NOT IN (SELECT value FROM json_each($1))"
                    );
                    sqlx::query(BEGIN).bind(ids.clone()).bind(edition).execute(&mut **t).await?;
                    sqlx::query(END).bind(ids).bind(edition).execute(&mut **t).await?;
                }
                Tx::Postgres(t) => {
                    const BEGIN: &str = concat!(
                        "UPDATE ",
                        $table,
                        " SET first_edition = $2
                         WHERE first_edition IS NULL AND id IN (SELECT v FROM json_array_elements_text($1::JSON) AS v)"
                    );
                    const END: &str = concat!(
                        "UPDATE ",
                        $table,
                        " SET until_edition = $2 WHERE first_edition IS NOT NULL AND until_edition IS NULL
                         AND id NOT IN (SELECT v FROM json_array_elements_text($1::JSON) AS v)"
                    );
                    sqlx::query(BEGIN).bind(ids.clone()).bind(edition).execute(&mut **t).await?;
                    sqlx::query(END).bind(ids).bind(edition).execute(&mut **t).await?;
                }
            }
        }};
    }
    mark!("judgement", judgements);
    mark!("finding", findings);
    Ok(())
}

impl Store {
    /// What an edition rested on; None where it was published before this was kept.
    ///
    /// # Errors
    /// Damaged, where a row does not hold what this program writes; Database, where the store cannot be read.
    pub async fn edition_basis(&self, edition: i64) -> Result<Option<EditionBasis>, StoreError> {
        let row: Option<(i64, i64, String)> =
            read!(self, |db| sqlx::query_as("SELECT landing, first, made_by FROM edition_basis WHERE edition = $1")
                .bind(edition)
                .fetch_optional(db)
                .await)
            .map_err(|e| self.failed(e))?;
        let basis = |(landing, first, made_by): (i64, i64, String)| {
            let made_by = read_json(&made_by, "edition_basis", edition, "made_by")?;
            Ok(EditionBasis { landing, first: first != 0, made_by, ..EditionBasis::default() })
        };
        row.map(basis).transpose().map_err(|e| self.failed(e))
    }

    /// Records with `after < id <= to` as they stood after a landing, gone ones left out, in id order. `observed_at` of
    /// former states is not kept: null there.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn records_as_of(&self, landing: i64, after: i64, to: i64) -> Result<Vec<StoredRecord>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT r.id, r.registry_id, r.key, r.layout_id, r.batch_id, r.landed_at, r.observed_at, r.gone, r.payload
             FROM record r JOIN batch b ON b.id = r.batch_id
             WHERE r.id > $2 AND r.id <= $3 AND r.gone = 0 AND b.landing <= $1
             UNION ALL
             SELECT v.record_id, r.registry_id, r.key, v.layout_id, v.batch_id, v.landed_at, NULL, v.gone, v.payload
             FROM record_version v JOIN record r ON r.id = v.record_id
                  JOIN batch b ON b.id = v.batch_id JOIN batch n ON n.id = v.replaced_by
             WHERE v.record_id > $2 AND v.record_id <= $3 AND v.gone = 0 AND b.landing <= $1 AND n.landing > $1
             ORDER BY 1"
        )
        .bind(landing)
        .bind(after)
        .bind(to)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// Every link as it stood in an edition: record, part, entity; in no order.
    ///
    /// # Errors
    /// Damaged, where a row does not hold what this program writes; Database, where the store cannot be read.
    pub async fn links_as_of(&self, edition: i64) -> Result<Vec<(i64, u16, Box<str>)>, StoreError> {
        let mut links: HashMap<(i64, u16), Option<Box<str>>> = HashMap::new();
        for (record, part, entity) in self.links(|id| Some(Box::<str>::from(id))).await? {
            links.insert((record, part), Some(entity));
        }
        // The newest change first, so that the oldest one after the edition has the last word.
        read!(self, |db| {
            let rows = sqlx::query(
                "SELECT record_id, part, entity_id FROM link_version WHERE until > $1 ORDER BY until DESC, record_id, part",
            )
            .bind(edition)
            .fetch_all(db)
            .await
            .map_err(|e| self.failed(e))?;
            for row in rows {
                let entity: Option<String> = row.get(2);
                links.insert((row.get(0), row.get::<i64, _>(1) as u16), entity.map(Into::into));
            }
        });
        Ok(links.into_iter().filter_map(|((record, part), entity)| Some((record, part, entity?))).collect())
    }

    /// The judgements that an edition used, in the order they were made.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn judgements_as_of(&self, edition: i64) -> Result<Vec<JudgementRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT id, verdict, left_registry, left_key, left_part, right_registry, right_key, right_part, reason, by_whom, at,
                    withdrawn_at, withdrawn_by, withdrawn_why, idempotency
             FROM judgement WHERE first_edition <= $1 AND (until_edition IS NULL OR until_edition > $1) ORDER BY at, id"
        )
        .bind(edition)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// The findings that an edition used, in the order they were made.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn findings_as_of(&self, edition: i64) -> Result<Vec<FindingRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT id, enterprise_id, reason, note, by_whom, at, until, withdrawn_at, withdrawn_by, withdrawn_why, idempotency
             FROM finding WHERE first_edition <= $1 AND (until_edition IS NULL OR until_edition > $1) ORDER BY at, id"
        )
        .bind(edition)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// The earliest day since which anybody is known to have lacked a union, whoever lacks one still: it stays what it is once somebody
    /// came on the list. None where nobody came since the first edition.
    ///
    /// # Errors
    /// Damaged, where a row does not hold what this program writes; Database, where the store cannot be read.
    pub async fn first_lacking(&self) -> Result<Option<NaiveDate>, StoreError> {
        self.first_lacking_before(i64::MAX).await
    }

    /// The same as an edition was made with.
    ///
    /// # Errors
    /// As [`Store::first_lacking`].
    pub async fn first_lacking_before(&self, edition: i64) -> Result<Option<NaiveDate>, StoreError> {
        let (since,): (Option<String>,) = read!(self, |db| sqlx::query_as(
            "SELECT MIN(since) FROM lacking_since
             WHERE edition > COALESCE((SELECT MAX(edition) FROM edition_basis WHERE first = 1 AND edition < $1), 0) AND edition < $1"
        )
        .bind(edition)
        .fetch_one(db)
        .await)
        .map_err(|e| self.failed(e))?;
        let Some(since) = since else { return Ok(None) };
        let day = since.parse().map_err(|_| damaged("lacking_since", "the first", format_args!("since \"{since}\" is no day")));
        day.map(Some).map_err(|e| self.failed(e))
    }

    /// Since when enterprises lacked a union in an edition; who is not named lacked it before the first one.
    ///
    /// # Errors
    /// Damaged, where a row does not hold what this program writes; Database, where the store cannot be read.
    pub async fn lacking_as_of(&self, edition: i64) -> Result<HashMap<Box<str>, Option<NaiveDate>>, StoreError> {
        let rows: Vec<(String, String)> = read!(self, |db| sqlx::query_as(
            "SELECT enterprise_id, since FROM lacking_since WHERE edition <= $1
             AND edition > COALESCE((SELECT MAX(edition) FROM edition_basis WHERE first = 1 AND edition <= $1), 0)
             ORDER BY edition, enterprise_id"
        )
        .bind(edition)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))?;
        let since = |(id, since): (String, String)| match since.parse() {
            Ok(day) => Ok((id.into(), Some(day))),
            Err(_) => Err(damaged("lacking_since", &id, format_args!("since \"{since}\" is no day"))),
        };
        rows.into_iter().map(since).collect::<Result<_, sqlx::Error>>().map_err(|e| self.failed(e))
    }
}
