//! Whose turn it is. Two locks: *leading* is for one process at a time and lasts a whole sync; the *turn* to write records
//! and editions lasts a landing or a publication. A sync gives its turn away while it waits for registries, so that what a
//! department pushes does not wait for another department's slow server.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use super::lease::{self, Lease, Right};
use super::{PostgresPlace, Store, StoreError};

/// One process that syncs; its key is "huitu" in ASCII.
const LEADING: Right = Right { id: 1, key: 0x68_75_69_74_75, name: "leads" };
/// One that writes records and editions.
const TURN: Right = Right { id: 2, key: LEADING.key + 1, name: "writes" };
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
    Lease(Box<Lease>),
}

impl Lock {
    /// The store as its holder writes it: see [`super::lease`].
    fn store(&self, store: &Store) -> Store {
        match (self, store) {
            (Lock::Lease(lease), Store::Postgres(_, place)) => {
                let pool = lease.pool.clone();
                Store::Postgres(pool.clone(), PostgresPlace { reader: pool, ..place.clone() })
            }
            _ => store.clone(),
        }
    }
}

/// Held while records or editions are written.
pub struct WriteLock {
    lock: Lock,
    store: Store,
}

impl WriteLock {
    /// The store for what is written in this turn: where another node has taken the turn over, nothing is.
    pub fn store(&self) -> Store {
        self.lock.store(&self.store)
    }
}

/// Held while syncing, together with the turn; dropping it lets another process lead.
pub struct SyncLock {
    lock: Lock,
    store: Store,
    turn: Option<WriteLock>,
}

impl SyncLock {
    /// The store for what the leader reads and writes: it has connections of its own, without a deadline, and where another node has
    /// taken over nothing more is written through it.
    pub fn store(&self) -> Store {
        self.lock.store(&self.store)
    }

    /// The leader before fell silent and may wake up: what it was writing to the disk is not to be gone on with.
    pub fn has_taken_over(&self) -> bool {
        matches!(&self.lock, Lock::Lease(lease) if lease.taken_over)
    }

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
        let lock = self.lock("sync.lock", LEADING, FREEING).await?;
        let turn = Some(self.write_lock(LOCK_TIMEOUT).await?);
        Ok(SyncLock { lock, store: self.clone(), turn })
    }

    /// Takes the turn to write, after waiting for at most `timeout`; `Busy` where it does not come.
    ///
    /// # Errors
    /// Busy, where it does not come within `timeout`; Directory or Database, where the lock cannot be asked for.
    pub async fn write_lock(&self, timeout: Duration) -> Result<WriteLock, StoreError> {
        Ok(WriteLock { lock: self.lock("land.lock", TURN, timeout).await?, store: self.clone() })
    }

    async fn lock(&self, file: &str, right: Right, timeout: Duration) -> Result<Lock, StoreError> {
        let busy = || StoreError::Busy { place: self.place() };
        match self {
            Store::Sqlite(s) => {
                let until = Instant::now() + timeout;
                loop {
                    if let Some(lock) = locked_file(&s.dir, file)? {
                        return Ok(lock);
                    }
                    if Instant::now() >= until {
                        return Err(busy());
                    }
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
            }
            Store::Postgres(pool, _) => {
                let taken = lease::take(&pool.connect_options(), right, timeout).await.map_err(|e| self.failed(e))?;
                taken.map(|lease| Lock::Lease(Box::new(lease))).ok_or_else(busy)
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
