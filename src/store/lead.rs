//! Whose turn it is. Two locks: *leading* is for one process at a time and lasts a whole sync; the *turn* to write records
//! and editions lasts a landing or a publication. A sync gives its turn away while it waits for registries, so that what a
//! department pushes does not wait for another department's slow server.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;

use super::{Store, StoreError};

/// Keys of PostgreSQL's advisory locks: "huitu" in ASCII, and the next.
const LEADER: i64 = 0x68_75_69_74_75;
const TURN: i64 = LEADER + 1;
/// How often a lock that another holds is tried again.
const LOOK_AGAIN: Duration = Duration::from_millis(25);
/// So long a lock that seems to be held is looked at again: PostgreSQL frees one when it has noticed the closed connection, and a
/// file's is shared with a child process for the moment between its fork and its own program.
const FREEING: Duration = Duration::from_secs(1);
/// A leader waits so long for a push to end.
const LOCK_TIMEOUT: Duration = Duration::from_secs(300);

/// A lock; dropping it lets go.
enum Lock {
    File(#[allow(dead_code)] File),
    Connection(#[allow(dead_code)] Box<PoolConnection<sqlx::Postgres>>),
}

/// Held while records or editions are written.
pub struct WriteLock {
    #[allow(dead_code)]
    lock: Lock,
}

/// Held while syncing, together with the turn; dropping it lets another process lead.
pub struct SyncLock {
    #[allow(dead_code)]
    lock: Lock,
    store: Store,
    turn: Option<WriteLock>,
}

impl SyncLock {
    /// Lets pushes in until [`SyncLock::take_turn`].
    pub fn release_turn(&mut self) {
        self.turn = None;
    }

    /// Waits until whoever was let in has ended.
    ///
    /// # Errors
    /// Busy, where whoever was let in does not end within five minutes; Database, where the store cannot be asked.
    pub async fn take_turn(&mut self) -> Result<(), StoreError> {
        if self.turn.is_none() {
            self.turn = Some(self.store.write_lock(LOCK_TIMEOUT).await?);
        }
        Ok(())
    }
}

impl Store {
    /// Becomes the one process that syncs, and takes the turn; `Busy` where another one is.
    ///
    /// # Errors
    /// Busy, where another process leads or a push does not end; Directory or Database, where the lock cannot be asked for.
    pub async fn lead(&self) -> Result<SyncLock, StoreError> {
        let lock = self.lock("sync.lock", LEADER, FREEING).await?;
        let turn = Some(self.write_lock(LOCK_TIMEOUT).await?);
        Ok(SyncLock { lock, store: self.clone(), turn })
    }

    /// Takes the turn to write, after waiting for at most `timeout`; `Busy` where it does not come.
    ///
    /// # Errors
    /// Busy, where it does not come within `timeout`; Directory or Database, where the lock cannot be asked for.
    pub async fn write_lock(&self, timeout: Duration) -> Result<WriteLock, StoreError> {
        Ok(WriteLock { lock: self.lock("land.lock", TURN, timeout).await? })
    }

    async fn lock(&self, file: &str, key: i64, timeout: Duration) -> Result<Lock, StoreError> {
        let until = Instant::now() + timeout;
        loop {
            if let Some(lock) = self.try_lock(file, key).await? {
                return Ok(lock);
            }
            if Instant::now() >= until {
                return Err(StoreError::Busy { place: self.place() });
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn try_lock(&self, file: &str, key: i64) -> Result<Option<Lock>, StoreError> {
        match self {
            Store::Sqlite(s) => locked_file(&s.dir, file),
            Store::Postgres(p, _) => {
                let mut connection = p.acquire().await.map_err(|e| self.failed(e))?;
                let (got,): (bool,) = sqlx::query_as("SELECT pg_try_advisory_lock($1)")
                    .bind(key)
                    .fetch_one(&mut *connection)
                    .await
                    .map_err(|e| self.failed(e))?;
                if !got {
                    return Ok(None);
                }
                // The lock belongs to the connection: keep it out of the pool until it ends with us.
                connection.close_on_drop();
                Ok(Some(Lock::Connection(Box::new(connection))))
            }
        }
    }
}

fn locked_file(dir: &Path, name: &str) -> Result<Option<Lock>, StoreError> {
    let path = dir.join(name);
    let opened = File::options().create(true).append(true).open(&path);
    let file = opened.map_err(|source| StoreError::Directory { path, source })?;
    Ok(file.try_lock().is_ok().then_some(Lock::File(file)))
}
