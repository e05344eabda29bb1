//! Sessions of people who signed in through the identity provider.

use super::{Store, StoreError, read, write};

super::row! {
    /// One session. Times are milliseconds since 1970.
    #[derive(Debug, Clone, PartialEq)]
    pub struct SessionRow {
        /// Of the session, not its secret.
        pub id: String,
        /// SHA-256 of the secret, hex.
        pub hash: String,
        /// Of the account: the same in all its sessions.
        pub caller: String,
        /// What the provider calls the account.
        pub name: String,
        /// As tokens have, but for ingest.
        pub role: String,
        /// Codes of the areas it may read, a JSON array; None: all that the role sees.
        pub areas: Option<String>,
        /// The registry of a department's account, by name.
        pub registry: Option<String>,
        /// When they signed in.
        pub created_at: i64,
        /// When it ends by itself.
        pub expires_at: i64,
        /// To within seconds.
        pub last_used_at: i64,
        /// None while it stands.
        pub ended_at: Option<i64>,
    }
}

impl Store {
    /// Every session that is kept, ended ones among them, newest first.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn sessions(&self) -> Result<Vec<SessionRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT id, hash, caller, name, role, areas, registry, created_at, expires_at, last_used_at, ended_at FROM session
             ORDER BY created_at DESC, id"
        )
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// The session of a secret's hash, ended though it may be; None where there is none.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn session_by_hash(&self, hash: &str) -> Result<Option<SessionRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT id, hash, caller, name, role, areas, registry, created_at, expires_at, last_used_at, ended_at FROM session WHERE hash = $1"
        )
        .bind(hash)
        .fetch_optional(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// The session of an account that was used last among those that stand at `now`; None where none does.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn open_session_of(&self, caller: &str, now: i64) -> Result<Option<SessionRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT id, hash, caller, name, role, areas, registry, created_at, expires_at, last_used_at, ended_at FROM session
             WHERE caller = $1 AND ended_at IS NULL AND expires_at > $2 ORDER BY last_used_at DESC, id LIMIT 1"
        )
        .bind(caller)
        .bind(now)
        .fetch_optional(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// Adds a session, and forgets those that ended or ran out before `forget`.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn put_session(&self, s: &SessionRow, forget: i64) -> Result<(), StoreError> {
        write!(self, |db| sqlx::query("DELETE FROM session WHERE expires_at < $1 OR ended_at < $1")
            .bind(forget)
            .execute(db)
            .await
            .map(|_| ()))
        .map_err(|e| self.failed(e))?;
        write!(self, |db| sqlx::query(
            "INSERT INTO session (id, hash, caller, name, role, areas, registry, created_at, expires_at, last_used_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8)"
        )
        .bind(&s.id)
        .bind(&s.hash)
        .bind(&s.caller)
        .bind(&s.name)
        .bind(&s.role)
        .bind(&s.areas)
        .bind(&s.registry)
        .bind(s.created_at)
        .bind(s.expires_at)
        .execute(db)
        .await
        .map(|_| ()))
        .map_err(|e| self.failed(e))
    }

    /// Notes when sessions were used last, by id; a time before the one that is kept changes nothing.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn sessions_used(&self, used: &[(String, i64)]) -> Result<(), StoreError> {
        for (id, at) in used {
            write!(self, |db| sqlx::query("UPDATE session SET last_used_at = $2 WHERE id = $1 AND last_used_at < $2")
                .bind(id)
                .bind(at)
                .execute(db)
                .await
                .map(|_| ()))
            .map_err(|e| self.failed(e))?;
        }
        Ok(())
    }

    /// Ends a session, or all of an account; how many were open.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn end_sessions(&self, id_or_caller: &str, at: i64) -> Result<u64, StoreError> {
        write!(self, |db| sqlx::query("UPDATE session SET ended_at = $2 WHERE (id = $1 OR caller = $1) AND ended_at IS NULL")
            .bind(id_or_caller)
            .bind(at)
            .execute(db)
            .await
            .map(|d| d.rows_affected()))
        .map_err(|e| self.failed(e))
    }
}
