//! Folds SQLite's write-ahead log into the file, beside whoever goes on writing.
//!
//! In: that something was committed. Out: a log that does not grow for ever. SQLite would do it at the end of the very commit that makes
//! the log long, and everybody who waits for a delivery to land would wait for its rows to be copied once more. Nothing depends on it: what
//! is committed stands in the log, and readers find it there.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use tokio::task::JoinHandle;

/// Pages of the log at which a commit folds it all the same (256 MB).
pub(super) const AT_THE_LATEST: &str = "65536";
/// Bytes of a log that is worth folding.
const LONG: u64 = 16 << 20;
/// How often it is looked at while little is written.
const NOW_AND_THEN: Duration = Duration::from_secs(5);

/// The connection that folds.
#[derive(Clone)]
pub(super) struct LogKeeper {
    pool: SqlitePool,
    log: Arc<PathBuf>,
    is_folding: Arc<AtomicBool>,
    /// Milliseconds of this process at which it was looked at.
    looked: Arc<AtomicU64>,
}

static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

impl LogKeeper {
    pub fn new(options: SqliteConnectOptions, file: &Path) -> LogKeeper {
        let mut log = file.as_os_str().to_owned();
        log.push("-wal");
        let options = options.create_if_missing(false).pragma("cache_size", "-2048");
        let pool = SqlitePoolOptions::new().max_connections(1).idle_timeout(Duration::from_secs(60)).connect_lazy_with(options);
        LogKeeper { pool, log: Arc::new(log.into()), is_folding: Arc::default(), looked: Arc::default() }
    }

    /// Where nobody looked for some seconds.
    pub fn fold_now_and_then(&self) {
        let now = BEGAN.elapsed().as_millis() as u64;
        let looked = self.looked.load(Ordering::Relaxed);
        if now.saturating_sub(looked) >= NOW_AND_THEN.as_millis() as u64 {
            drop(self.fold());
        }
    }

    /// Begins to fold the log where it is long and nobody does; what folds it, until it is.
    pub fn fold(&self) -> Option<JoinHandle<()>> {
        self.looked.store(BEGAN.elapsed().as_millis() as u64, Ordering::Relaxed);
        let is_long = std::fs::metadata(&*self.log).is_ok_and(|log| log.len() > LONG);
        if !is_long || self.pool.is_closed() || self.is_folding.swap(true, Ordering::AcqRel) {
            return None;
        }
        let (pool, is_folding) = (self.pool.clone(), self.is_folding.clone());
        Some(tokio::spawn(async move {
            // As far as readers let it; what is left is folded the next time.
            if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&pool).await {
                tracing::debug!(%error, "the log of the store is folded by a later commit");
            }
            is_folding.store(false, Ordering::Release);
        }))
    }

    /// Waits for what is under way; nothing is folded any more.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

#[cfg(test)]
mod tests {
    use crate::store::{SQLITE_FILE, Store, Tx};

    #[tokio::test]
    async fn a_long_log_is_folded_while_the_store_is_open() {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open(dir.path(), None).await.expect("a store");
        let bytes = || std::fs::metadata(dir.path().join(SQLITE_FILE)).expect("the file").len();
        let put = async |from: u32, to: u32| {
            let mut tx = store.begin().await.expect("a transaction");
            for n in from..to {
                let Tx::Sqlite(t) = &mut tx else { unreachable!("it is SQLite") };
                let row = sqlx::query("INSERT INTO meta (key, value) VALUES ($1, $2)")
                    .bind(format!("row {n}"))
                    .bind("x".repeat(1 << 20));
                row.execute(&mut **t).await.expect("written");
            }
            tx.commit().await.expect("committed");
        };
        let Store::Sqlite(sqlite) = &store else { unreachable!("it is SQLite") };
        put(0, 2).await;
        assert!(sqlite.log_keeper.fold().is_none(), "a short log stays");
        put(2, 24).await;
        assert!(bytes() < 16 << 20, "a commit does not fold it");
        sqlite.log_keeper.fold().expect("a long log").await.expect("no panic");
        assert!(bytes() > 24 << 20, "all of it is in the file");
        assert_eq!(store.meta("row 23").await.expect("read").map(|v| v.len()), Some(1 << 20));
        store.close().await;
        assert!(sqlite.log_keeper.fold().is_none(), "nothing is folded any more");
    }
}
