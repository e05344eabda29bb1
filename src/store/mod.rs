//! The durable truth, through sqlx: SQLite in one file, or PostgreSQL by URL.
//!
//! In: nouns to keep. Out: nouns as kept. One enum over the two pools and one macro that runs the same code on both;
//! SQL text is shared wherever the databases agree (`$1` works on both), and where they do not, both versions stand
//! next to each other. No business rule lives here. One writer at a time (see [`Store::lead`] and [`Store::write_lock`]).

pub mod batch;
pub(crate) mod bulk;
pub mod caller;
pub mod case;
pub mod case_event;
mod conditions;
mod copy;
pub mod correction;
pub mod correction_event;
pub(crate) mod damage;
pub mod data_folder;
pub mod dump;
pub mod duty;
pub mod edition;
pub mod entity;
pub mod export;
pub mod federation;
pub mod finding;
pub mod held_edition;
pub mod history;
pub mod judgement;
pub mod landing;
pub mod lead;
pub(crate) mod lease;
pub mod load;
mod log_keeper;
mod migrations;
pub mod named_list;
pub mod quality;
pub mod quarantine;
pub mod record;
pub mod record_write;
pub mod registry;
pub mod relation;
pub mod saved_version;
pub mod session;
pub mod target;
pub mod token;
pub mod told;
pub mod usage;
pub mod visit;
pub mod webhook;
pub mod work_event;

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use thiserror::Error;

use self::data_folder::{FolderError, InUse};
use crate::model::problem::{Code, Problem};

pub use self::data_folder::SQLITE_FILE;

/// Why the store did not do what was asked; every message names the store's place, secrets masked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database refused a statement, or cannot be reached.
    #[error("store {place}: {source}")]
    Database {
        /// File or address.
        place: String,
        /// What the database said.
        source: sqlx::Error,
    },
    /// The tables cannot be made or brought up to this program's version.
    #[error("store {place}: cannot prepare the tables: {source}")]
    Migrate {
        /// File or address.
        place: String,
        /// Which step failed, and why.
        source: sqlx::migrate::MigrateError,
    },
    /// The data directory cannot be made or written.
    #[error("cannot use the data directory {path}: {source}; give a writable directory with --data")]
    Directory {
        /// The directory, or the file in it.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process has the lead or the turn.
    #[error("another huitu is syncing into {place}; wait for it to end, or give another --data or --store")]
    Busy {
        /// File or address.
        place: String,
    },
    /// The tables have taken steps that this program does not know.
    #[error(
        "store {place} was written by a newer huitu (steps {steps:?} of its tables are not known here); start that version, or restore a backup of this one elsewhere; nothing was changed"
    )]
    Newer {
        /// File or address.
        place: String,
        /// Their numbers.
        steps: Vec<i64>,
    },
    /// A restore holds the data folder.
    #[error("a backup is being restored into {path}; try again when it is done")]
    Restoring {
        /// The data folder.
        path: PathBuf,
    },
    /// Somebody has the store of the data folder open.
    #[error("the store in {path} is open; stop `huitu serve` and whatever else uses it, then restore")]
    InUse {
        /// The data folder.
        path: PathBuf,
    },
    /// The address is none of PostgreSQL's; its password is masked.
    #[error("--store \"{0}\" is not a PostgreSQL address; write postgres://user@host/database")]
    Url(String),
    /// A row does not hold what this program writes.
    #[error("store {place}: damaged row: {damage}; nothing was dropped: restore the store from a backup, or mend this row")]
    Damaged {
        /// File or address.
        place: String,
        /// Which row, and what was found there.
        damage: damage::DamagedRow,
    },
}

impl From<FolderError> for StoreError {
    fn from(error: FolderError) -> StoreError {
        match error {
            FolderError::Unusable { path, source } => StoreError::Directory { path, source },
            FolderError::Restoring { path } => StoreError::Restoring { path },
            FolderError::InUse { path } => StoreError::InUse { path },
        }
    }
}

/// The problem that a caller of the graph gets.
impl From<StoreError> for Problem<Code> {
    fn from(error: StoreError) -> Problem<Code> {
        tracing::error!(%error, "the store could not be read");
        Problem::internal()
    }
}

/// A SQLite file opened twice: one connection that writes, several that read.
#[derive(Clone)]
pub struct Sqlite {
    pub(crate) writer: SqlitePool,
    pub(crate) reader: SqlitePool,
    log_keeper: log_keeper::LogKeeper,
    dir: PathBuf,
    #[allow(dead_code)]
    in_use: Arc<InUse>,
}

/// What is known of a PostgreSQL database beside the connections that write.
#[derive(Clone)]
pub struct PostgresPlace {
    /// Its address with the password masked.
    shown: String,
    /// Connections that only read, apart from those that write: a slow question keeps nobody from recording what was found.
    reader: PgPool,
    #[allow(dead_code)]
    in_use: Arc<InUse>,
}

/// The store, wherever it is; cheap to clone, shared by everybody in the process.
///
/// ```
/// use huitu_engine::store::Store;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let data = tempfile::tempdir()?;
/// let store = Store::open(data.path(), None).await?;
///
/// let registries = store.ensure_registries(&["commerce", "tax"]).await?;
/// assert_eq!(registries[1].name, "tax");
/// assert_eq!(registries[1].state, "NEVER");
/// assert_eq!(store.latest_edition().await?, None);
///
/// store.close().await;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub enum Store {
    /// The file in the data directory.
    Sqlite(Sqlite),
    /// A server's database.
    Postgres(PgPool, PostgresPlace),
}

/// Runs the same body on whichever database is open: `read!(store, |db| query.fetch_all(db).await)`.
macro_rules! read {
    ($store:expr, |$db:ident| $body:expr) => {
        match $store {
            $crate::store::Store::Sqlite(s) => {
                let $db = &s.reader;
                $body
            }
            $crate::store::Store::Postgres(_, place) => {
                let $db = &place.reader;
                $body
            }
        }
    };
}
/// As `read!`, on the writing connection.
macro_rules! write {
    ($store:expr, |$db:ident| $body:expr) => {
        match $store {
            $crate::store::Store::Sqlite(s) => {
                let $db = &s.writer;
                $body
            }
            $crate::store::Store::Postgres(p, _) => {
                let $db = p;
                $body
            }
        }
    };
}
/// Runs the body inside an open transaction: `in_tx!(tx, |c| query.execute(c).await)`.
macro_rules! in_tx {
    ($tx:expr, |$c:ident| $body:expr) => {
        match $tx {
            $crate::store::Tx::Sqlite(t) => {
                let $c = &mut **t;
                $body
            }
            $crate::store::Tx::Postgres(t) => {
                let $c = &mut **t;
                $body
            }
        }
    };
}
/// A struct that reads itself from a row by its fields' names, on either database. By hand instead of sqlx's derive,
/// which would bring its whole macro crate into the build.
macro_rules! row {
    ($(#[$m:meta])* pub struct $T:ident { $($(#[$fm:meta])* pub $f:ident: $t:ty,)+ }) => {
        $(#[$m])*
        pub struct $T { $($(#[$fm])* pub $f: $t,)+ }
        impl<'r, R: sqlx::Row> sqlx::FromRow<'r, R> for $T
        where
            &'static str: sqlx::ColumnIndex<R>,
            i64: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
            f64: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
            String: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
        {
            fn from_row(row: &'r R) -> Result<$T, sqlx::Error> {
                Ok($T { $($f: row.try_get(stringify!($f))?,)+ })
            }
        }
    };
}
pub(crate) use {in_tx, read, row, write};

/// A writing transaction; dropped without `commit` it leaves no trace.
pub enum Tx {
    /// On the one connection that writes.
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    /// On a connection of the pool.
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

impl Tx {
    /// Makes what was written last.
    ///
    /// # Errors
    /// The database's: nothing was written.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Tx::Sqlite(t) => t.commit().await,
            Tx::Postgres(t) => t.commit().await,
        }
    }
    /// Takes back what was written, and waits until it is.
    ///
    /// # Errors
    /// The database's: nothing was written either way.
    pub async fn rollback(self) -> Result<(), sqlx::Error> {
        match self {
            Tx::Sqlite(t) => t.rollback().await,
            Tx::Postgres(t) => t.rollback().await,
        }
    }
}

/// Takes from everybody else on the machine what a release before gave them: data of a folder that holds a store is not theirs to read. A
/// folder that belongs to another user stays as it is, and whoever runs the program finds that in the log.
fn keep_to_ourselves(data: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let Ok(mode) = std::fs::metadata(data).map(|m| m.permissions().mode()) else { return };
        let is_ours = data.join(SQLITE_FILE).exists() || data.join("editions").exists();
        if is_ours
            && mode & 0o007 != 0
            && let Err(error) = std::fs::set_permissions(data, std::fs::Permissions::from_mode(mode & 0o770))
        {
            tracing::warn!(%error, folder = %data.display(), "everybody on this machine can read this folder: chmod o-rwx it");
        }
    }
}

impl Store {
    /// Opens (and where new, creates) the store: `url` names PostgreSQL, otherwise a file in `data`.
    ///
    /// # Errors
    /// Directory, Url, Database, Migrate, Newer or Restoring: what is wrong with the place, with the remedy.
    pub async fn open(data: &Path, url: Option<&str>) -> Result<Store, StoreError> {
        let directory = |source| StoreError::Directory { path: data.into(), source };
        std::fs::create_dir_all(data).map_err(directory)?;
        keep_to_ourselves(data);
        let in_use = Arc::new(data_folder::share(data).await?);
        match url {
            Some(url) if url.starts_with("postgres") => Store::open_postgres(data, url, in_use).await,
            Some(url) => Err(StoreError::Url(masked(url))),
            None => Store::open_sqlite(data, in_use).await,
        }
    }

    async fn open_sqlite(data: &Path, in_use: Arc<InUse>) -> Result<Store, StoreError> {
        let file = data.join(SQLITE_FILE);
        let place = file.display().to_string();
        let failed = |source| StoreError::Database { place: place.clone(), source };
        // busy_timeout comes before the journal mode: switching to WAL needs the lock.
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true)
            .busy_timeout(Duration::from_secs(30))
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("cache_size", "-65536")
            .pragma("temp_store", "MEMORY")
            .pragma("mmap_size", "67108864")
            .pragma("wal_autocheckpoint", log_keeper::AT_THE_LATEST)
            .statement_cache_capacity(64)
            // Rows come over from the thread that reads them; each time it waits for room costs more than the rows.
            .row_buffer_size(1_024);
        // The writer's memory is its cache and does not grow with the file; only readers map it.
        let writing = options.clone().pragma("mmap_size", "0");
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(writing.clone()).await.map_err(failed)?;
        migrations::sqlite().run(&writer).await.map_err(|source| not_prepared(&place, source))?;
        let reader = SqlitePoolOptions::new()
            .max_connections(6)
            .max_lifetime(Duration::from_secs(600))
            .connect_with(options.read_only(true).pragma("cache_size", "-16384"))
            .await
            .map_err(failed)?;
        let log_keeper = log_keeper::LogKeeper::new(writing, &file);
        Ok(Store::Sqlite(Sqlite { writer, reader, log_keeper, dir: data.into(), in_use }))
    }

    async fn open_postgres(data: &Path, url: &str, in_use: Arc<InUse>) -> Result<Store, StoreError> {
        let place = masked(url);
        let failed = |source| StoreError::Database { place: place.clone(), source };
        let options = PgConnectOptions::from_str(url).map_err(|_| StoreError::Url(place.clone()))?;
        let options = options.application_name("huitu");
        let several = || PgPoolOptions::new().max_connections(8).acquire_timeout(Duration::from_secs(10));
        let pool = several().connect_with(options.clone()).await.map_err(failed)?;
        let reader = several().connect_lazy_with(options);
        migrations::postgres().run(&pool).await.map_err(|source| not_prepared(&place, source))?;
        let restored: Option<(String,)> = sqlx::query_as("SELECT value FROM meta WHERE key = $1")
            .bind(data_folder::RESTORED)
            .fetch_optional(&pool)
            .await
            .map_err(failed)?;
        data_folder::settle(data, restored.as_ref().map(|r| r.0.as_str()))?;
        Ok(Store::Postgres(pool, PostgresPlace { shown: place, reader, in_use }))
    }

    /// Where it is, for messages; secrets masked.
    pub fn place(&self) -> String {
        match self {
            Store::Sqlite(s) => s.dir.join(SQLITE_FILE).display().to_string(),
            Store::Postgres(_, place) => place.shown.clone(),
        }
    }

    /// Whether it is PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        matches!(self, Store::Postgres(..))
    }

    pub(crate) fn failed(&self, source: sqlx::Error) -> StoreError {
        let place = self.place();
        match source {
            sqlx::Error::Decode(what) => match what.downcast::<damage::DamagedRow>() {
                Ok(damage) => StoreError::Damaged { place, damage: *damage },
                Err(what) => StoreError::Database { place, source: sqlx::Error::Decode(what) },
            },
            source => StoreError::Database { place, source },
        }
    }

    /// A JSON text as kept in a column.
    ///
    /// # Errors
    /// Names the row that holds something else.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(
        &self,
        text: &str,
        table: &'static str,
        row: impl std::fmt::Display,
        column: &str,
    ) -> Result<T, StoreError> {
        damage::read_json(text, table, row, column).map_err(|e| self.failed(e))
    }

    /// Opens a writing transaction (`BEGIN IMMEDIATE` on SQLite: two writers must not meet half-way).
    ///
    /// # Errors
    /// Database, where no transaction can be opened: on SQLite also where another process writes for more than thirty seconds.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        match self {
            Store::Sqlite(s) => {
                s.log_keeper.fold_now_and_then();
                s.writer.begin_with("BEGIN IMMEDIATE").await.map(Tx::Sqlite)
            }
            Store::Postgres(p, _) => p.begin().await.map(Tx::Postgres),
        }
        .map_err(|e| self.failed(e))
    }

    /// Much was committed: SQLite's write-ahead log is folded into the file, while others go on writing and reading.
    pub(crate) fn fold_log(&self) {
        if let Store::Sqlite(s) = self {
            drop(s.log_keeper.fold());
        }
    }

    /// A value of the small key–value table, for counters and digests.
    ///
    /// # Errors
    /// Database, where the store cannot be read.
    pub async fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        let row: Option<(String,)> =
            read!(self, |db| sqlx::query_as("SELECT value FROM meta WHERE key = $1").bind(key).fetch_optional(db).await)
                .map_err(|e| self.failed(e))?;
        Ok(row.map(|r| r.0))
    }

    /// Closes the pools; SQLite folds its write-ahead log into the file.
    pub async fn close(&self) {
        match self {
            Store::Sqlite(s) => {
                s.log_keeper.close().await;
                s.reader.close().await;
                s.writer.close().await;
            }
            Store::Postgres(p, place) => {
                place.reader.close().await;
                p.close().await;
            }
        }
    }

    /// Connections of each pool: its name, how many are open, how many of them nobody uses.
    pub fn connections(&self) -> [(&'static str, u32, usize); 2] {
        match self {
            Store::Sqlite(s) => [("write", s.writer.size(), s.writer.num_idle()), ("read", s.reader.size(), s.reader.num_idle())],
            Store::Postgres(p, place) => {
                [("write", p.size(), p.num_idle()), ("read", place.reader.size(), place.reader.num_idle())]
            }
        }
    }

    /// The same store for whoever answers many callers: on PostgreSQL a statement that reads for longer than `reading`, or waits for or
    /// writes longer than `writing`, is ended by the server. Syncs have connections of their own ([`lead::SyncLock::store`]), without
    /// such an end. SQLite's readers are bounded by the time of a question alone.
    pub fn with_deadlines(&self, reading: Duration, writing: Duration) -> Store {
        let Store::Postgres(pool, place) = self else { return self.clone() };
        let several = |deadline: Duration| {
            let options = pool.connect_options().as_ref().clone();
            PgPoolOptions::new()
                .max_connections(8)
                .acquire_timeout(Duration::from_secs(10))
                .connect_lazy_with(options.options([("statement_timeout", deadline.as_millis().to_string())]))
        };
        Store::Postgres(several(writing), PostgresPlace { reader: several(reading), ..place.clone() })
    }
}

/// Why the tables cannot be used, told apart: those of a newer program are nobody's fault.
fn not_prepared(place: &str, source: sqlx::migrate::MigrateError) -> StoreError {
    match source {
        sqlx::migrate::MigrateError::VersionMissing(step) => StoreError::Newer { place: place.to_owned(), steps: vec![step] },
        source => StoreError::Migrate { place: place.to_owned(), source },
    }
}

/// Sets a value of the small key–value table ([`Store::meta`]).
///
/// # Errors
/// The database's: the transaction is then dropped.
pub async fn set_meta(tx: &mut Tx, key: &str, value: &str) -> Result<(), sqlx::Error> {
    in_tx!(tx, |c| sqlx::query(
        "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    )
    .bind(key)
    .bind(value)
    .execute(c)
    .await
    .map(|_| ()))
}

/// An address with its password written as `****`.
pub fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    match rest.rsplit_once('@') {
        Some((user, host)) => format!("{scheme}://{}:****@{host}", user.split(':').next().unwrap_or("")),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(masked("postgres://huitu:secret@db/huitu"), "postgres://huitu:****@db/huitu");
        assert_eq!(masked("postgres://db/huitu"), "postgres://db/huitu");
    }
}
