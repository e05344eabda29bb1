//! Tokens: shown once when made, kept only as SHA-256.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::{Store, StoreError, Tx, in_tx, read, write};

/// Key of PostgreSQL's advisory lock of whoever makes and ends tokens: "toke" in ASCII.
const WRITING: i64 = 0x74_6f_6b_65;

const COLUMNS: &str = "id, name, role, registry, areas, scopes, purposes, hash, created_at, expires_at, revoked_at, last_used_at";

super::row! {
    /// One token. `areas`, `scopes` and `purposes` are JSON arrays; None = all areas, the role's scopes, any purpose or none.
    #[derive(Debug, Clone, PartialEq)]
    pub struct TokenRow {
        /// Of the token, not its secret.
        pub id: String,
        /// What its owner calls it.
        pub name: String,
        /// Name of a role.
        pub role: String,
        /// The registry that an ingest token may push or a partner's token is of, by name.
        pub registry: Option<String>,
        /// Codes of the areas it may read.
        pub areas: Option<String>,
        /// What it may do beside reading.
        pub scopes: Option<String>,
        /// What it may state that it reads for.
        pub purposes: Option<String>,
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
        let sql = format!("SELECT {COLUMNS} FROM token ORDER BY created_at, id");
        read!(self, |db| sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(db).await).map_err(|e| self.failed(e))
    }

    /// Opens a transaction that nobody else makes or ends tokens beside: what it reads of them stands until it commits.
    ///
    /// # Errors
    /// Database, where no transaction can be opened.
    pub async fn begin_tokens(&self) -> Result<Tx, StoreError> {
        let mut tx = self.begin().await?;
        if let Tx::Postgres(t) = &mut tx {
            sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(WRITING).execute(&mut **t).await.map_err(|e| self.failed(e))?;
        }
        Ok(tx)
    }

    /// The token of a secret's hash, revoked or expired though it may be; None where there is none.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn token_by_hash(&self, hash: &str) -> Result<Option<TokenRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT id, name, role, registry, areas, scopes, purposes, hash, created_at, expires_at, revoked_at, last_used_at FROM token WHERE hash = $1"
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

    /// Adds a token by itself.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn put_token(&self, token: &TokenRow) -> Result<(), StoreError> {
        let mut tx = self.begin_tokens().await?;
        put_token(&mut tx, token).await.map_err(|e| self.failed(e))?;
        tx.commit().await.map_err(|e| self.failed(e))
    }
}

/// Every token as the transaction sees it, oldest first.
///
/// # Errors
/// The database's.
pub async fn tokens(tx: &mut Tx) -> Result<Vec<TokenRow>, sqlx::Error> {
    let sql = format!("SELECT {COLUMNS} FROM token ORDER BY created_at, id");
    in_tx!(tx, |c| sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(c).await)
}

/// Adds a token.
///
/// # Errors
/// The database's.
pub async fn put_token(tx: &mut Tx, t: &TokenRow) -> Result<(), sqlx::Error> {
    in_tx!(tx, |c| sqlx::query(
        "INSERT INTO token (id, name, role, registry, areas, scopes, hash, created_at, expires_at, purposes)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
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
    .bind(&t.purposes)
    .execute(c)
    .await
    .map(|_| ()))
}

/// Lets a token stand until `at`, milliseconds since 1970.
///
/// # Errors
/// The database's.
pub async fn token_expires(tx: &mut Tx, id: &str, at: i64) -> Result<(), sqlx::Error> {
    in_tx!(tx, |c| sqlx::query("UPDATE token SET expires_at = $2 WHERE id = $1 AND revoked_at IS NULL")
        .bind(id)
        .bind(at)
        .execute(c)
        .await
        .map(|_| ()))
}

/// Ends a token; one that was ended before stays as it is.
///
/// # Errors
/// The database's.
pub async fn revoke_token(tx: &mut Tx, id: &str, at: i64) -> Result<(), sqlx::Error> {
    in_tx!(tx, |c| sqlx::query("UPDATE token SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
        .bind(id)
        .bind(at)
        .execute(c)
        .await
        .map(|_| ()))
}
