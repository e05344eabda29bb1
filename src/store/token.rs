//! Tokens: shown once when made, kept only as SHA-256.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::{Store, StoreError, read, write};

super::row! {
    /// One token. `areas` and `scopes` are JSON arrays; None = all areas, the role's scopes.
    #[derive(Debug, Clone, PartialEq)]
    pub struct TokenRow {
        /// Of the token, not its secret.
        pub id: String,
        /// What its owner calls it.
        pub name: String,
        /// admin analyst district client ingest
        pub role: String,
        /// The registry that an ingest token may push, by name.
        pub registry: Option<String>,
        /// Codes of the areas it may read.
        pub areas: Option<String>,
        /// What it may do beside reading.
        pub scopes: Option<String>,
        /// SHA-256 of the secret, hex.
        pub hash: String,
        /// Milliseconds since 1970.
        pub created_at: i64,
        /// Milliseconds since 1970; None: it does not run out.
        pub expires_at: Option<i64>,
        /// Milliseconds since 1970; None while it stands.
        pub revoked_at: Option<i64>,
        /// Milliseconds since 1970, to within seconds; None: never.
        pub last_used_at: Option<i64>,
    }
}

/// Hex SHA-256 of a secret, as the store keeps it.
pub fn hash_secret(secret: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(secret.as_bytes()))
}

impl Store {
    /// Every token, revoked and expired ones among them, oldest first.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn tokens(&self) -> Result<Vec<TokenRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT id, name, role, registry, areas, scopes, hash, created_at, expires_at, revoked_at, last_used_at FROM token ORDER BY created_at, id"
        )
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// The token of a secret's hash, revoked or expired though it may be; None where there is none.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn token_by_hash(&self, hash: &str) -> Result<Option<TokenRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT id, name, role, registry, areas, scopes, hash, created_at, expires_at, revoked_at, last_used_at FROM token WHERE hash = $1"
        )
        .bind(hash)
        .fetch_optional(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// Notes when tokens were used last, by id; a time before the one that is kept changes nothing.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn tokens_used(&self, used: &[(String, i64)]) -> Result<(), StoreError> {
        for (id, at) in used {
            write!(self, |db| sqlx::query(
                "UPDATE token SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)"
            )
            .bind(id)
            .bind(at)
            .execute(db)
            .await
            .map(|_| ()))
            .map_err(|e| self.failed(e))?;
        }
        Ok(())
    }

    /// Lets a token stand until `at`, milliseconds since 1970.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn token_expires(&self, id: &str, at: i64) -> Result<(), StoreError> {
        write!(self, |db| sqlx::query("UPDATE token SET expires_at = $2 WHERE id = $1 AND revoked_at IS NULL")
            .bind(id)
            .bind(at)
            .execute(db)
            .await
            .map(|_| ()))
        .map_err(|e| self.failed(e))
    }

    /// Adds a token.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
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

    /// Ends a token; false where it is unknown or was ended before.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
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
