//! Tokens: shown once when made, kept only as SHA-256.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::{Store, StoreError, read, write};

super::row! {
    /// One token. `areas` and `scopes` are JSON arrays; None = all areas, the role's scopes.
    #[derive(Debug, Clone, PartialEq)]
    pub struct TokenRow {
        pub id: String,
        pub name: String,
        /// admin analyst district client ingest
        pub role: String,
        pub registry: Option<String>,
        pub areas: Option<String>,
        pub scopes: Option<String>,
        pub hash: String,
        pub created_at: i64,
        pub expires_at: Option<i64>,
        pub revoked_at: Option<i64>,
    }
}

/// Hex SHA-256 of a secret, as the store keeps it.
pub fn hash_secret(secret: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(secret.as_bytes()))
}

impl Store {
    pub async fn tokens(&self) -> Result<Vec<TokenRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT id, name, role, registry, areas, scopes, hash, created_at, expires_at, revoked_at FROM token ORDER BY created_at, id"
        )
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    pub async fn token_by_hash(&self, hash: &str) -> Result<Option<TokenRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT id, name, role, registry, areas, scopes, hash, created_at, expires_at, revoked_at FROM token WHERE hash = $1"
        )
        .bind(hash)
        .fetch_optional(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    pub async fn put_token(&self, t: &TokenRow) -> Result<(), StoreError> {
        write!(self, |db| sqlx::query(
            "INSERT INTO token (id, name, role, registry, areas, scopes, hash, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        )
        .bind(&t.id)
        .bind(&t.name)
        .bind(&t.role)
        .bind(&t.registry)
        .bind(&t.areas)
        .bind(&t.scopes)
        .bind(&t.hash)
        .bind(t.created_at)
        .bind(t.expires_at)
        .execute(db)
        .await
        .map(|_| ()))
        .map_err(|e| self.failed(e))
    }

    /// False where the token is unknown or was revoked before.
    pub async fn revoke_token(&self, id: &str, at: i64) -> Result<bool, StoreError> {
        let done = write!(self, |db| sqlx::query("UPDATE token SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
            .bind(id)
            .bind(at)
            .execute(db)
            .await
            .map(|d| d.rows_affected()))
        .map_err(|e| self.failed(e))?;
        Ok(done == 1)
    }
}
