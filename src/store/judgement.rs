//! Persons' decisions on pairs: recorded with who and why, withdrawable, never deleted.

use super::damage::damaged;
use super::{Store, StoreError, read, write};
use crate::model::linkage::{Judgement, JudgementVerdict, RecordRef};

super::row! {
    /// A judgement with its history. Times in milliseconds since 1970.
    #[derive(Debug, Clone, PartialEq)]
    pub struct JudgementRow {
        /// Of the judgement.
        pub id: String,
        /// Name of a `JudgementVerdict`.
        pub verdict: String,
        /// Registry of one record, by name.
        pub left_registry: String,
        /// Its key there.
        pub left_key: String,
        /// 0 for the row itself, 1… for the units it covers.
        pub left_part: i64,
        /// Registry of the other record, by name.
        pub right_registry: String,
        /// Its key there.
        pub right_key: String,
        /// 0 for the row itself, 1… for the units it covers.
        pub right_part: i64,
        /// What the person wrote.
        pub reason: Option<String>,
        /// Who decided.
        pub by_whom: Option<String>,
        /// When.
        pub at: i64,
        /// When it was taken back; None while it stands.
        pub withdrawn_at: Option<i64>,
        /// Who took it back.
        pub withdrawn_by: Option<String>,
        /// The reason they gave.
        pub withdrawn_why: Option<String>,
        /// Key of the request, where the caller gave one.
        pub idempotency: Option<String>,
    }
}

impl JudgementRow {
    /// As linking takes it.
    ///
    /// # Errors
    /// Its verdict is none: taken for "not sure" it would undo what a person decided.
    pub fn judgement(&self, store: &Store) -> Result<Judgement, StoreError> {
        let verdict = JudgementVerdict::from_name(&self.verdict).ok_or_else(|| {
            store.failed(damaged("judgement", &self.id, format_args!("verdict \"{}\" is not known", self.verdict)))
        })?;
        let side =
            |registry: &str, key: &str, part: i64| RecordRef { registry: registry.into(), key: key.into(), part: part as u16 };
        Ok(Judgement {
            id: self.id.as_str().into(),
            verdict,
            left: side(&self.left_registry, &self.left_key, self.left_part),
            right: side(&self.right_registry, &self.right_key, self.right_part),
        })
    }
}

impl Store {
    /// Judgements in force, in the order they were made.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn judgements(&self) -> Result<Vec<JudgementRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT id, verdict, left_registry, left_key, left_part, right_registry, right_key, right_part, reason, by_whom, at,
                    withdrawn_at, withdrawn_by, withdrawn_why, idempotency
             FROM judgement WHERE withdrawn_at IS NULL ORDER BY at, id"
        )
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// A judgement by id, withdrawn ones among them; None where there is none.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn judgement(&self, id: &str) -> Result<Option<JudgementRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT id, verdict, left_registry, left_key, left_part, right_registry, right_key, right_part, reason, by_whom, at,
                    withdrawn_at, withdrawn_by, withdrawn_why, idempotency
             FROM judgement WHERE id = $1"
        )
        .bind(id)
        .fetch_optional(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// Records a judgement; a repeated idempotency key records nothing and answers false.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn record_judgement(&self, j: &JudgementRow) -> Result<bool, StoreError> {
        let done = write!(self, |db| sqlx::query(
            "INSERT INTO judgement (id, verdict, left_registry, left_key, left_part, right_registry, right_key, right_part,
                                    reason, by_whom, at, idempotency)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING"
        )
        .bind(&j.id)
        .bind(&j.verdict)
        .bind(&j.left_registry)
        .bind(&j.left_key)
        .bind(j.left_part)
        .bind(&j.right_registry)
        .bind(&j.right_key)
        .bind(j.right_part)
        .bind(&j.reason)
        .bind(&j.by_whom)
        .bind(j.at)
        .bind(&j.idempotency)
        .execute(db)
        .await
        .map(|d| d.rows_affected()))
        .map_err(|e| self.failed(e))?;
        Ok(done == 1)
    }

    /// Takes a judgement back; false where it is unknown or was withdrawn before.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn withdraw_judgement(&self, id: &str, by: Option<&str>, why: Option<&str>, at: i64) -> Result<bool, StoreError> {
        let done = write!(self, |db| {
            sqlx::query(
            "UPDATE judgement SET withdrawn_at = $2, withdrawn_by = $3, withdrawn_why = $4 WHERE id = $1 AND withdrawn_at IS NULL"
        )
        .bind(id)
        .bind(at)
        .bind(by)
        .bind(why)
        .execute(db)
        .await
        .map(|d| d.rows_affected())
        })
        .map_err(|e| self.failed(e))?;
        Ok(done == 1)
    }
}
