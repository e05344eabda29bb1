//! Versions of settings that persons saved over what the configuration says: of the policy, and of each registry.

use super::{Store, StoreError, read, write};

super::row! {
    /// A version of settings. Nothing of it is ever changed.
    #[derive(Debug, Clone, PartialEq)]
    pub struct SavedVersionRow {
        /// From 1 on, without a gap; the highest is in force.
        pub number: i64,
        /// When it was saved, in milliseconds since 1970.
        pub at: i64,
        /// Who saved it.
        pub by_whom: String,
        /// Why.
        pub reason: String,
        /// JSON of what it changed; `{}` where it only took back.
        pub changed: String,
        /// JSON of all that stands over the configuration since; `{}` where nothing does.
        pub saved: String,
    }
}

super::row! {
    /// The newest version of a registry's settings.
    #[derive(Debug, Clone, PartialEq)]
    pub struct RegistrySettingRow {
        /// The registry's name.
        pub registry: String,
        /// Number of the version.
        pub number: i64,
        /// When it was saved, in milliseconds since 1970.
        pub at: i64,
        /// JSON of all that stands over the connector since.
        pub saved: String,
    }
}

impl Store {
    /// The newest versions of the policy, the newest first.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn policy_versions(&self, most: i64) -> Result<Vec<SavedVersionRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT number, at, by_whom, reason, changed, saved FROM policy_version ORDER BY number DESC LIMIT $1"
        )
        .bind(most)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// Keeps a version of the policy; false where somebody else kept one of that number before.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn put_policy_version(&self, v: &SavedVersionRow) -> Result<bool, StoreError> {
        let insert = "INSERT INTO policy_version (number, at, by_whom, reason, changed, saved) VALUES ($1, $2, $3, $4, $5, $6)
                      ON CONFLICT (number) DO NOTHING";
        self.put_version(insert, v, None).await
    }

    /// The newest versions of a registry's settings, the newest first.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn registry_versions(&self, registry: &str, most: i64) -> Result<Vec<SavedVersionRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT number, at, by_whom, reason, changed, saved FROM registry_version WHERE registry = $1
             ORDER BY number DESC LIMIT $2"
        )
        .bind(registry)
        .bind(most)
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// What is in force of every registry's settings, by name.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn registry_settings(&self) -> Result<Vec<RegistrySettingRow>, StoreError> {
        read!(self, |db| sqlx::query_as(
            "SELECT v.registry, v.number, v.at, v.saved FROM registry_version v
             WHERE v.number = (SELECT MAX(w.number) FROM registry_version w WHERE w.registry = v.registry) ORDER BY v.registry"
        )
        .fetch_all(db)
        .await)
        .map_err(|e| self.failed(e))
    }

    /// Keeps a version of a registry's settings; false where somebody else kept one of that number before.
    ///
    /// # Errors
    /// Database, where the store cannot be written.
    pub async fn put_registry_version(&self, registry: &str, v: &SavedVersionRow) -> Result<bool, StoreError> {
        let insert = "INSERT INTO registry_version (number, at, by_whom, reason, changed, saved, registry)
                      VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (registry, number) DO NOTHING";
        self.put_version(insert, v, Some(registry)).await
    }

    /// Whether it was kept; `registry` is the last of the bound values where there is one.
    async fn put_version(&self, insert: &'static str, v: &SavedVersionRow, registry: Option<&str>) -> Result<bool, StoreError> {
        let done = write!(self, |db| {
            let row =
                sqlx::query(insert).bind(v.number).bind(v.at).bind(&v.by_whom).bind(&v.reason).bind(&v.changed).bind(&v.saved);
            let row = match registry {
                Some(registry) => row.bind(registry),
                None => row,
            };
            row.execute(db).await.map(|done| done.rows_affected())
        })
        .map_err(|e| self.failed(e))?;
        Ok(done == 1)
    }
}
