//! Facts between enterprises as linking found them: replaced as a whole where anything about them changed.

use super::{Store, StoreError, Tx, in_tx, read, set_meta};

super::row! {
    /// One fact; the other side is an entity, or a name only.
    #[derive(Debug, Clone, PartialEq)]
    pub struct RelationRow {
        /// Id of the entity it is said of.
        pub from_entity: String,
        /// Name of a `RelationKind`.
        pub kind: String,
        /// Id of the other entity; None where it is only named.
        pub to_entity: Option<String>,
        /// The other unit, as the record names it.
        pub name: String,
        /// `2019`, `2019-05` or `2019-05-01`.
        pub since: Option<String>,
        /// Name of the registry that says so.
        pub registry: String,
        /// Key of the record there.
        pub key: String,
        /// 0 for the row itself, 1… for the units it covers.
        pub part: i64,
    }
}

/// Digest of the relations as they stand, in the `meta` table.
const DIGEST: &str = "relations";

impl Store {
    /// What is said of some entities, either side, in a fixed order.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn relations_of(&self, entities: &[String]) -> Result<Vec<RelationRow>, StoreError> {
        let mut found = Vec::new();
        for entity in entities {
            let rows: Vec<RelationRow> = read!(self, |db| sqlx::query_as(
                "SELECT from_entity, kind, to_entity, name, since, registry, key, part FROM relation
                 WHERE from_entity = $1 OR to_entity = $1 ORDER BY id"
            )
            .bind(entity)
            .fetch_all(db)
            .await)
            .map_err(|e| self.failed(e))?;
            found.extend(rows);
        }
        found.dedup();
        Ok(found)
    }

    /// What many entities say, by `from_entity`, or with `of_others` what others say of them.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn relations_of_many(&self, entities: &[Box<str>], of_others: bool) -> Result<Vec<RelationRow>, StoreError> {
        let side = if of_others { "to_entity" } else { "from_entity" };
        match self {
            Store::Sqlite(s) => {
                let sql = format!(
                    "SELECT from_entity, kind, to_entity, name, since, registry, key, part FROM relation
                     WHERE {side} IN (SELECT value FROM json_each($1)) ORDER BY id"
                );
                let ids = serde_json::to_string(entities).expect("ids");
                sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(ids).fetch_all(&s.reader).await
            }
            Store::Postgres(p, _) => {
                let sql = format!(
                    "SELECT from_entity, kind, to_entity, name, since, registry, key, part FROM relation
                     WHERE {side} = ANY($1) ORDER BY id"
                );
                let ids: Vec<String> = entities.iter().map(ToString::to_string).collect();
                sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(ids).fetch_all(p).await
            }
        }
        .map_err(|e| self.failed(e))
    }

    /// Ids of entities that were merged into this one, and into those in turn.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn merged_into(&self, entity: &str) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> = read!(self, |db| sqlx::query_as(
            "WITH RECURSIVE merged (id) AS (
                 SELECT id FROM entity WHERE merged_into = $1
                 UNION SELECT e.id FROM entity e JOIN merged m ON e.merged_into = m.id)
             SELECT id FROM merged ORDER BY id"
        )
        .bind(entity)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }
}

/// Puts `relations` in the place of all before; nothing is written where they are the same.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn replace(tx: &mut Tx, relations: &[RelationRow]) -> Result<(), sqlx::Error> {
    let mut hash = xxhash_rust::xxh3::Xxh3::new();
    let rows: Vec<serde_json::Value> = relations
        .iter()
        .enumerate()
        .map(|(number, r)| {
            let row = serde_json::json!([number, r.from_entity, r.kind, r.to_entity, r.name, r.since, r.registry, r.key, r.part]);
            hash.update(row.to_string().as_bytes());
            row
        })
        .collect();
    let digest = format!("{:016x}", hash.digest());
    let known: Option<(String,)> =
        in_tx!(tx, |c| sqlx::query_as("SELECT value FROM meta WHERE key = $1").bind(DIGEST).fetch_optional(c).await)?;
    if known.is_some_and(|(known,)| known == digest) {
        return Ok(());
    }
    in_tx!(tx, |c| sqlx::query("DELETE FROM relation").execute(c).await.map(|_| ()))?;
    insert(tx, &rows).await?;
    set_meta(tx, DIGEST, &digest).await
}

/// Puts `relations` in the place of what these entities said before.
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn replace_of(tx: &mut Tx, entities: &[Box<str>], relations: &[RelationRow]) -> Result<(), sqlx::Error> {
    if entities.is_empty() {
        return Ok(());
    }
    match tx {
        Tx::Sqlite(t) => {
            let ids = serde_json::to_string(entities).expect("ids");
            let sql = "DELETE FROM relation WHERE from_entity IN (SELECT value FROM json_each($1))";
            sqlx::query(sql).bind(ids).execute(&mut **t).await.map(|_| ())?;
        }
        Tx::Postgres(t) => {
            let ids: Vec<String> = entities.iter().map(ToString::to_string).collect();
            sqlx::query("DELETE FROM relation WHERE from_entity = ANY($1)").bind(ids).execute(&mut **t).await.map(|_| ())?;
        }
    }
    let (last,): (i64,) = in_tx!(tx, |c| sqlx::query_as("SELECT COALESCE(MAX(id), -1) FROM relation").fetch_one(c).await)?;
    let row = |(number, r): (i64, &RelationRow)| {
        serde_json::json!([number, r.from_entity, r.kind, r.to_entity, r.name, r.since, r.registry, r.key, r.part])
    };
    let rows: Vec<serde_json::Value> = (last + 1..).zip(relations).map(row).collect();
    insert(tx, &rows).await?;
    // Whoever replaces all of them next has to look.
    set_meta(tx, DIGEST, "").await
}

async fn insert(tx: &mut Tx, rows: &[serde_json::Value]) -> Result<(), sqlx::Error> {
    for chunk in rows.chunks(20_000) {
        let text = serde_json::to_string(chunk).expect("plain values");
        match tx {
            Tx::Sqlite(t) => sqlx::query(
                "INSERT INTO relation (id, from_entity, kind, to_entity, name, since, registry, key, part)
                 SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8
                 FROM json_each($1)",
            )
            .bind(text)
            .execute(&mut **t)
            .await
            .map(|_| ())?,
            Tx::Postgres(t) => sqlx::query(
                "INSERT INTO relation (id, from_entity, kind, to_entity, name, since, registry, key, part)
                 SELECT (v->>0)::BIGINT, v->>1, v->>2, v->>3, v->>4, v->>5, v->>6, v->>7, (v->>8)::BIGINT
                 FROM json_array_elements($1::JSON) AS v",
            )
            .bind(text)
            .execute(&mut **t)
            .await
            .map(|_| ())?,
        }
    }
    Ok(())
}
