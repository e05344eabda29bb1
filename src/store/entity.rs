//! Entities, the links that make them, and the pairs that wait for a person.

use std::borrow::Cow;
use std::io;

use hashbrown::HashSet;
use serde_json::json;
use sqlx::Row;

use super::bulk::{self, Bulk};
use super::damage::{damaged, read_json};
use super::{Store, StoreError, Tx, in_tx, read};
use crate::model::linkage::{Evidence, RecordRef};
use crate::model::spilled::SpilledText;

/// A link as kept: record and part → entity.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkRow {
    /// Id in the `record` table.
    pub record_id: i64,
    /// 0 for the row itself, 1… for the units it covers.
    pub part: i64,
    /// The entity it belongs to.
    pub entity_id: Box<str>,
    /// Name of a `LinkMethod`, or ALONE.
    pub method: String,
    /// log2 odds; None where an identifier or a person decided.
    pub weight: Option<f64>,
    /// JSON list of `Evidence`.
    pub evidence: Option<String>,
    /// Entity that came second, where one came close.
    pub runner_up: Option<String>,
    /// Code of the constraint that refused a better pair (`message::refusal_text`).
    pub refused: Option<String>,
}

/// A pair for a person to decide; `rank` orders the queue by what a decision would change on the gap list.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewRow {
    /// `R` and twelve characters.
    pub id: String,
    /// One record.
    pub left: RecordRef,
    /// The other record.
    pub right: RecordRef,
    /// Ids of the entities they belong to now.
    pub entities: Vec<String>,
    /// log2 odds that the two are one.
    pub weight: f64,
    /// What speaks for and against it.
    pub evidence: Vec<Evidence>,
    /// Code of what a decision would change (`message::effect_text`).
    pub effect: String,
    /// Greater comes first.
    pub rank: f64,
}

/// A pair as it is put into the queue.
#[derive(Debug, Clone, PartialEq)]
pub struct QueuedPair {
    /// As of a [`ReviewRow`].
    pub id: Box<str>,
    /// One record.
    pub left: RecordRef,
    /// The other record.
    pub right: RecordRef,
    /// Ids of the entities they belong to now, as a JSON list.
    pub entities: Box<str>,
    /// log2 odds that the two are one.
    pub weight: f64,
    /// What speaks for and against it: `Evidence` as a JSON list.
    pub evidence: SpilledText,
    /// Code of what a decision would change.
    pub effect: &'static str,
    /// Greater comes first.
    pub rank: f64,
}

macro_rules! review_row {
    ($r:expr) => {{
        let id: String = $r.get(0);
        Ok::<ReviewRow, sqlx::Error>(ReviewRow {
            left: RecordRef {
                registry: $r.get::<String, _>(1).into(),
                key: $r.get::<String, _>(2).into(),
                part: $r.get::<i64, _>(3) as u16,
            },
            right: RecordRef {
                registry: $r.get::<String, _>(4).into(),
                key: $r.get::<String, _>(5).into(),
                part: $r.get::<i64, _>(6) as u16,
            },
            entities: read_json($r.get::<&str, _>(7), "review_pair", &id, "entities")?,
            weight: $r.get(8),
            evidence: read_json($r.get::<&str, _>(9), "review_pair", &id, "evidence")?,
            effect: $r.get(10),
            rank: $r.get(11),
            id,
        })
    }};
}

impl Store {
    /// Every link in the order of records and parts: record, part and what `read` makes of the entity's id.
    ///
    /// # Errors
    /// Names a link whose id `read` does not know: left out, its record would found an enterprise with another id.
    pub async fn links<T: Send>(&self, read: fn(&str) -> Option<T>) -> Result<Vec<(i64, u16, T)>, StoreError> {
        use futures_util::TryStreamExt;
        const SQL: &str = "SELECT record_id, part, entity_id FROM link ORDER BY record_id, part";
        let link = |record: i64, part: i64, entity: &str| {
            let row = || format!("of record {record}, part {part}");
            let id = read(entity).ok_or_else(|| damaged("link", row(), format_args!("entity_id \"{entity}\" is no id")))?;
            let part = u16::try_from(part).map_err(|_| damaged("link", row(), "part is no number from 0 to 65535"))?;
            Ok::<_, sqlx::Error>((record, part, id))
        };
        let mut links = Vec::new();
        match self {
            Store::Sqlite(s) => {
                let mut connection = s.reader.acquire().await.map_err(|e| self.failed(e))?;
                let mut bulk = Bulk::lock(&mut connection).await.map_err(|e| self.failed(e))?;
                bulk::blocking(|| {
                    bulk.prepare(SQL)?.each(&[], |row| {
                        let record = row.integer(0);
                        let entity = row.text(2).map_err(|e| damaged("link", format_args!("of record {record}"), e))?;
                        links.push(link(record, row.integer(1), entity)?);
                        Ok(())
                    })
                })
                .map_err(|e| self.failed(e))?;
            }
            Store::Postgres(p, _) => {
                let mut rows = sqlx::query(SQL).fetch(p);
                while let Some(row) = rows.try_next().await.map_err(|e| self.failed(e))? {
                    links.push(link(row.get(0), row.get(1), row.get(2)).map_err(|e| self.failed(e))?);
                }
            }
        }
        Ok(links)
    }

    /// Links of some records in one statement.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn links_of(&self, record_ids: &[i64]) -> Result<Vec<LinkRow>, StoreError> {
        let ids = serde_json::to_string(record_ids).expect("numbers");
        let take = |r: (i64, i64, String, String, Option<f64>, Option<String>, Option<String>, Option<String>)| LinkRow {
            record_id: r.0,
            part: r.1,
            entity_id: r.2.into(),
            method: r.3,
            weight: r.4,
            evidence: r.5,
            runner_up: r.6,
            refused: r.7,
        };
        let rows = match self {
            Store::Sqlite(s) => {
                sqlx::query_as(
                    "SELECT record_id, part, entity_id, method, weight, evidence, runner_up, refused FROM link
                     WHERE record_id IN (SELECT value FROM json_each($1)) ORDER BY record_id, part",
                )
                .bind(ids)
                .fetch_all(&s.reader)
                .await
            }
            Store::Postgres(p, _) => {
                sqlx::query_as(
                    "SELECT record_id, part, entity_id, method, weight, evidence, runner_up, refused FROM link
                     WHERE record_id = ANY($1) ORDER BY record_id, part",
                )
                .bind(record_ids)
                .fetch_all(p)
                .await
            }
        }
        .map_err(|e| self.failed(e))?;
        Ok(rows.into_iter().map(take).collect())
    }

    /// Where a merged entity went; None where the id is unknown or stands for itself.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn entity_redirect(&self, id: &str) -> Result<Option<String>, StoreError> {
        let row: Option<(Option<String>,)> =
            read!(self, |db| sqlx::query_as("SELECT merged_into FROM entity WHERE id = $1").bind(id).fetch_optional(db).await)
                .map_err(|e| self.failed(e))?;
        Ok(row.and_then(|r| r.0))
    }

    /// The review queue, first what would change the gap list most.
    ///
    /// # Errors
    /// Damaged, where a row does not hold what this program writes; Database, where the store cannot be read.
    pub async fn review_pairs(&self, limit: i64) -> Result<Vec<ReviewRow>, StoreError> {
        let rows = read!(self, |db| sqlx::query(
            "SELECT id, left_registry, left_key, left_part, right_registry, right_key, right_part, entities, weight, evidence, effect, rank
             FROM review_pair ORDER BY rank DESC, id LIMIT $1"
        )
        .bind(limit)
        .fetch_all(db)
        .await
        .and_then(|rows| rows.iter().map(|r| review_row!(r)).collect::<Result<Vec<_>, _>>()))
        .map_err(|e| self.failed(e))?;
        Ok(rows)
    }

    /// The pairs of some entities.
    ///
    /// # Errors
    /// Damaged, where a row does not hold what this program writes; Database, where the store cannot be read.
    pub async fn review_pairs_of(&self, entities: &[&str]) -> Result<Vec<ReviewRow>, StoreError> {
        const FEW: usize = 20;
        if entities.len() > FEW {
            let mut rows = self.review_pairs(i64::MAX).await?;
            rows.retain(|row| row.entities.iter().any(|id| entities.contains(&id.as_str())));
            return Ok(rows);
        }
        let mut found: Vec<ReviewRow> = Vec::new();
        for id in entities {
            let rows = read!(self, |db| sqlx::query(
                "SELECT id, left_registry, left_key, left_part, right_registry, right_key, right_part, entities, weight, evidence, effect, rank
                 FROM review_pair WHERE entities LIKE '%\"' || $1 || '\"%' ORDER BY id"
            )
            .bind(id)
            .fetch_all(db)
            .await
            .and_then(|rows| rows.iter().map(|r| review_row!(r)).collect::<Result<Vec<_>, _>>()))
            .map_err(|e| self.failed(e))?;
            for row in rows {
                if found.iter().all(|known| known.id != row.id) {
                    found.push(row);
                }
            }
        }
        Ok(found)
    }

    /// How many pairs wait for a person.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn review_count(&self) -> Result<i64, StoreError> {
        let row: (i64,) = read!(self, |db| sqlx::query_as("SELECT COUNT(*) FROM review_pair").fetch_one(db).await)
            .map_err(|e| self.failed(e))?;
        Ok(row.0)
    }

    /// Pairs by id in one statement.
    ///
    /// # Errors
    /// Damaged, where a row does not hold what this program writes; Database, where the store cannot be read.
    pub async fn review_pairs_by_id(&self, ids: &[&str]) -> Result<Vec<ReviewRow>, StoreError> {
        match self {
            Store::Sqlite(s) => {
                sqlx::query(
                    "SELECT id, left_registry, left_key, left_part, right_registry, right_key, right_part, entities, weight, evidence, effect, rank
                     FROM review_pair WHERE id IN (SELECT value FROM json_each($1)) ORDER BY id",
                )
                .bind(serde_json::to_string(ids).expect("ids"))
                .fetch_all(&s.reader)
                .await
                .and_then(|rows| rows.iter().map(|r| review_row!(r)).collect::<Result<Vec<_>, _>>())
            }
            // PostgreSQL takes the array itself.
            Store::Postgres(p, _) => {
                sqlx::query(
                    "SELECT id, left_registry, left_key, left_part, right_registry, right_key, right_part, entities, weight, evidence, effect, rank
                     FROM review_pair WHERE id = ANY($1) ORDER BY id",
                )
                .bind(ids)
                .fetch_all(p)
                .await
                .and_then(|rows| rows.iter().map(|r| review_row!(r)).collect::<Result<Vec<_>, _>>())
            }
        }
        .map_err(|e| self.failed(e))
    }

    /// Effect and rank of pairs by id: (id, effect, rank).
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn review_ranks(&self, ids: &[&str]) -> Result<Vec<(String, String, f64)>, StoreError> {
        match self {
            Store::Sqlite(s) => {
                const SQL: &str =
                    "SELECT id, effect, rank FROM review_pair WHERE id IN (SELECT value FROM json_each($1)) ORDER BY id";
                sqlx::query_as(SQL).bind(serde_json::to_string(ids).expect("ids")).fetch_all(&s.reader).await
            }
            Store::Postgres(p, _) => {
                sqlx::query_as("SELECT id, effect, rank FROM review_pair WHERE id = ANY($1) ORDER BY id")
                    .bind(ids)
                    .fetch_all(p)
                    .await
            }
        }
        .map_err(|e| self.failed(e))
    }

    /// A pair by id; None where it no longer waits.
    ///
    /// # Errors
    /// Damaged, where a row does not hold what this program writes; Database, where the store cannot be read.
    pub async fn review_pair(&self, id: &str) -> Result<Option<ReviewRow>, StoreError> {
        read!(self, |db| sqlx::query(
            "SELECT id, left_registry, left_key, left_part, right_registry, right_key, right_part, entities, weight, evidence, effect, rank
             FROM review_pair WHERE id = $1"
        )
        .bind(id)
        .fetch_optional(db)
        .await
        .and_then(|row| row.map(|r| review_row!(r)).transpose()))
        .map_err(|e| self.failed(e))
    }
}

/// A link to write; texts are borrowed where they are long.
#[derive(Debug, Clone, PartialEq)]
pub struct NewLink<'a> {
    /// Id in the `record` table.
    pub record_id: i64,
    /// 0 for the row itself, 1… for the units it covers.
    pub part: u16,
    /// The entity it belongs to.
    pub entity_id: String,
    /// Name of a `LinkMethod`, or ALONE.
    pub method: &'a str,
    /// log2 odds; None where an identifier or a person decided.
    pub weight: Option<f64>,
    /// JSON list of `Evidence`.
    pub evidence: Option<Cow<'a, str>>,
    /// Entity that came second, where one came close.
    pub runner_up: Option<String>,
    /// Code of the constraint that refused a better pair.
    pub refused: Option<&'a str>,
}

/// Links that travel to PostgreSQL in one statement, as one JSON text.
const LINKS_PER_STATEMENT: usize = 5_000;

/// Writes links that are new or changed: what `link` says of `all` at `places`, in the order of their records where they are
/// many.
///
/// # Errors
/// The database's, and those of `link`: the transaction is then dropped.
pub async fn put_links<T: Sync>(
    tx: &mut Tx,
    all: &[T],
    places: &[u32],
    link: for<'a> fn(&'a T) -> io::Result<NewLink<'a>>,
) -> Result<(), sqlx::Error> {
    match tx {
        Tx::Sqlite(t) => {
            let mut bulk = Bulk::lock(t).await?;
            bulk::blocking(|| {
                let mut put = bulk.prepare(
                    "INSERT INTO link (record_id, part, entity_id, method, weight, evidence, runner_up, refused)
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                     ON CONFLICT (record_id, part) DO UPDATE SET entity_id = excluded.entity_id, method = excluded.method,
                         weight = excluded.weight, evidence = excluded.evidence, runner_up = excluded.runner_up,
                         refused = excluded.refused",
                )?;
                for at in places {
                    let l = link(&all[*at as usize])?;
                    put.run(&[
                        l.record_id.into(),
                        i64::from(l.part).into(),
                        l.entity_id.as_str().into(),
                        l.method.into(),
                        l.weight.into(),
                        l.evidence.as_deref().into(),
                        l.runner_up.as_deref().into(),
                        l.refused.into(),
                    ])?;
                }
                Ok(())
            })
        }
        Tx::Postgres(t) => {
            for places in places.chunks(LINKS_PER_STATEMENT) {
                let json = |l: NewLink<'_>| {
                    json!([l.record_id, l.part, l.entity_id, l.method, l.weight, l.evidence, l.runner_up, l.refused])
                };
                let rows = places.iter().map(|at| Ok(json(link(&all[*at as usize])?))).collect::<io::Result<Vec<_>>>()?;
                let text = serde_json::to_string(&rows).expect("plain values");
                sqlx::query(
                    "INSERT INTO link (record_id, part, entity_id, method, weight, evidence, runner_up, refused)
                     SELECT (v->>0)::BIGINT, (v->>1)::BIGINT, v->>2, v->>3, (v->>4)::DOUBLE PRECISION, v->>5, v->>6, v->>7
                     FROM json_array_elements($1::JSON) AS v
                     ON CONFLICT (record_id, part) DO UPDATE SET entity_id = excluded.entity_id, method = excluded.method,
                         weight = excluded.weight, evidence = excluded.evidence, runner_up = excluded.runner_up,
                         refused = excluded.refused",
                )
                .bind(text)
                .execute(&mut **t)
                .await?;
            }
            Ok(())
        }
    }
}

/// Removes links of records that are gone or no longer attach.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn drop_links(tx: &mut Tx, links: &[(i64, u16)]) -> Result<(), sqlx::Error> {
    for (record_id, part) in links {
        in_tx!(tx, |c| sqlx::query("DELETE FROM link WHERE record_id = $1 AND part = $2")
            .bind(*record_id)
            .bind(i64::from(*part))
            .execute(c)
            .await
            .map(|_| ()))?;
    }
    Ok(())
}

/// Notes entities that appeared with this edition.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn put_entities(tx: &mut Tx, edition: i64, ids: &[Box<str>]) -> Result<(), sqlx::Error> {
    for chunk in ids.chunks(20_000) {
        let text = serde_json::to_string(chunk).expect("ids");
        match tx {
            Tx::Sqlite(t) => sqlx::query(
                "INSERT INTO entity (id, since) SELECT value, $2 FROM json_each($1) WHERE TRUE
                 ON CONFLICT (id) DO UPDATE SET until = NULL, merged_into = NULL",
            )
            .bind(text)
            .bind(edition)
            .execute(&mut **t)
            .await
            .map(|_| ())?,
            Tx::Postgres(t) => sqlx::query(
                "INSERT INTO entity (id, since) SELECT v, $2 FROM json_array_elements_text($1::JSON) AS v
                 ON CONFLICT (id) DO UPDATE SET until = NULL, merged_into = NULL",
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

/// Ends an entity; where it was merged, its id redirects from now on.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn end_entity(tx: &mut Tx, id: &str, edition: i64, merged_into: Option<&str>) -> Result<(), sqlx::Error> {
    in_tx!(tx, |c| sqlx::query("UPDATE entity SET until = $2, merged_into = $3 WHERE id = $1")
        .bind(id)
        .bind(edition)
        .bind(merged_into)
        .execute(c)
        .await
        .map(|_| ()))
}

/// Gives pairs of the queue another effect and rank: id, effect, rank.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn rank_review(tx: &mut Tx, pairs: &[(String, String, f64)]) -> Result<(), sqlx::Error> {
    for (id, effect, rank) in pairs {
        in_tx!(tx, |c| sqlx::query("UPDATE review_pair SET effect = $2, rank = $3 WHERE id = $1")
            .bind(id)
            .bind(effect)
            .bind(rank)
            .execute(c)
            .await
            .map(|_| ()))?;
    }
    Ok(())
}

/// Replaces the review queue with what this run could not settle.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn replace_review(tx: &mut Tx, pairs: &[QueuedPair]) -> Result<(), sqlx::Error> {
    in_tx!(tx, |c| sqlx::query("DELETE FROM review_pair").execute(c).await.map(|_| ()))?;
    put_review(tx, pairs, PUT_NEW).await
}

/// Takes pairs out of the queue by id, and puts others in; one that is to go and to come is changed where it stands, and one
/// that says what it said is not written: a row of a registry that landed again seldom changes what is told of its pairs.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn change_review(tx: &mut Tx, out: &[Box<str>], pairs: &[QueuedPair]) -> Result<(), sqlx::Error> {
    let stay: HashSet<&str> = pairs.iter().map(|pair| &*pair.id).collect();
    let out: Vec<&str> = out.iter().map(|id| &**id).filter(|id| !stay.contains(id)).collect();
    match tx {
        Tx::Sqlite(t) => {
            let ids = serde_json::to_string(&out).expect("ids");
            let sql = "DELETE FROM review_pair WHERE id IN (SELECT value FROM json_each($1))";
            sqlx::query(sql).bind(ids).execute(&mut **t).await.map(|_| ())?;
        }
        Tx::Postgres(t) => {
            sqlx::query("DELETE FROM review_pair WHERE id = ANY($1)").bind(out).execute(&mut **t).await.map(|_| ())?;
        }
    }
    put_review(tx, pairs, PUT_OVER).await
}

macro_rules! put_review {
    ($conflict:literal) => {
        concat!(
            "INSERT INTO review_pair (id, left_registry, left_key, left_part, right_registry, right_key, right_part,
                                      entities, weight, evidence, effect, rank)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO ",
            $conflict
        )
    };
}
const PUT_NEW: &str = put_review!("NOTHING");
const PUT_OVER: &str = put_review!(
    "UPDATE SET left_registry = excluded.left_registry, left_key = excluded.left_key, left_part = excluded.left_part,
                right_registry = excluded.right_registry, right_key = excluded.right_key, right_part = excluded.right_part,
                entities = excluded.entities, weight = excluded.weight, evidence = excluded.evidence,
                effect = excluded.effect, rank = excluded.rank
     WHERE review_pair.evidence <> excluded.evidence OR review_pair.entities <> excluded.entities
        OR review_pair.left_key <> excluded.left_key OR review_pair.right_key <> excluded.right_key
        OR review_pair.left_registry <> excluded.left_registry OR review_pair.right_registry <> excluded.right_registry
        OR review_pair.left_part <> excluded.left_part OR review_pair.right_part <> excluded.right_part
        OR review_pair.weight <> excluded.weight OR review_pair.effect <> excluded.effect OR review_pair.rank <> excluded.rank"
);

async fn put_review(tx: &mut Tx, pairs: &[QueuedPair], sql: &'static str) -> Result<(), sqlx::Error> {
    match tx {
        Tx::Sqlite(t) => {
            let mut bulk = Bulk::lock(t).await?;
            bulk::blocking(|| {
                let mut put = bulk.prepare(sql)?;
                pairs.iter().try_for_each(|p| {
                    put.run(&[
                        (&*p.id).into(),
                        (&*p.left.registry).into(),
                        (&*p.left.key).into(),
                        i64::from(p.left.part).into(),
                        (&*p.right.registry).into(),
                        (&*p.right.key).into(),
                        i64::from(p.right.part).into(),
                        (&*p.entities).into(),
                        p.weight.into(),
                        (&*p.evidence.text()?).into(),
                        p.effect.into(),
                        p.rank.into(),
                    ])
                })
            })?;
        }
        Tx::Postgres(t) => {
            for p in pairs {
                sqlx::query(sql)
                    .bind(&*p.id)
                    .bind(&*p.left.registry)
                    .bind(&*p.left.key)
                    .bind(i64::from(p.left.part))
                    .bind(&*p.right.registry)
                    .bind(&*p.right.key)
                    .bind(i64::from(p.right.part))
                    .bind(&*p.entities)
                    .bind(p.weight)
                    .bind(&*p.evidence.text()?)
                    .bind(p.effect)
                    .bind(p.rank)
                    .execute(&mut **t)
                    .await?;
            }
        }
    }
    Ok(())
}
