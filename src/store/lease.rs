//! The right to write on PostgreSQL, where several nodes share a database: one holder at a time, and none that only believes it is one.
//!
//! A holder keeps an advisory lock on a connection of its own and says every few seconds that it lives. A process that dies lets go with
//! its connections. One that hangs, or whose machine is gone, falls silent: whoever comes next has the database end all its sessions and
//! takes a higher number. A holder writes through connections that bear its name and are opened only while its number is the last
//! one, so that what an earlier one wakes up to write finds its connections ended and gets no new ones.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection};

/// How often a holder says that it lives.
const BEAT: Duration = Duration::from_secs(3);
/// A holder that said nothing for so long is gone; by the database's clock.
const SILENT: Duration = Duration::from_secs(15);
/// How often a lock that another holds is tried again.
const LOOK_AGAIN: Duration = Duration::from_millis(25);
/// The sessions of the one before are waited for this long.
const ENDING: Duration = Duration::from_secs(10);
/// Milliseconds since 1970 by the database's clock: those of two machines differ.
const NOW: &str = "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::BIGINT";
/// A client that is gone is noticed by the server after some fifteen seconds; whoever holds a right takes the time that it needs.
const SESSION: [(&str, &str); 5] = [
    ("statement_timeout", "0"),
    ("tcp_keepalives_idle", "5"),
    ("tcp_keepalives_interval", "3"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "15000"),
];

/// What is held.
#[derive(Debug, Clone, Copy)]
pub(super) struct Right {
    /// Its row.
    pub id: i64,
    /// Key of the advisory lock.
    pub key: i64,
    /// How sessions are called that hold it.
    pub name: &'static str,
}

/// A right that is held; dropping it lets go.
pub(super) struct Lease {
    /// Connections that write as this holder.
    pub pool: PgPool,
    /// The one before it fell silent, and its sessions were ended.
    pub taken_over: bool,
    beating: tokio::task::JoinHandle<()>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.beating.abort();
    }
}

/// Names of this process's holders differ: its id alone comes again on another machine.
fn holder(right: Right) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    static PROCESS: std::sync::LazyLock<u64> = std::sync::LazyLock::new(rand::random);
    format!("huitu {} {:016x}-{}", right.name, *PROCESS, NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Takes a right, waiting for at most `timeout`; None where another holds it and lives.
pub(super) async fn take(options: &PgConnectOptions, right: Right, timeout: Duration) -> Result<Option<Lease>, sqlx::Error> {
    let until = Instant::now() + timeout;
    let options = options.clone().options(SESSION);
    let mut connection = options.clone().application_name("huitu waits").connect().await?;
    let mut taken_over = false;
    loop {
        let (got,): (bool,) =
            sqlx::query_as("SELECT pg_try_advisory_lock($1)").bind(right.key).fetch_one(&mut connection).await?;
        if got {
            break;
        }
        // Of every right, not only of this one: a leader that hangs holds both. Its number is no longer the last one from here on.
        let sql = sqlx::AssertSqlSafe(format!(
            "UPDATE lease SET token = token + 1
             WHERE beat_at < {NOW} - $1
               AND EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = lease.holder)
             RETURNING holder"
        ));
        let silent: Vec<(String,)> = sqlx::query_as(sql).bind(SILENT.as_millis() as i64).fetch_all(&mut connection).await?;
        for (silent,) in silent {
            tracing::warn!(holder = silent, "whoever writes has been silent for {SILENT:?}: its sessions are ended");
            taken_over |= end_sessions(&mut connection, "application_name = $1", &silent).await? > 0;
        }
        if Instant::now() >= until {
            return Ok(None);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    let name = holder(right);
    let sql = sqlx::AssertSqlSafe(format!("SET application_name = '{name}'"));
    sqlx::query(sql).execute(&mut connection).await?;
    let sql = sqlx::AssertSqlSafe(format!(
        "INSERT INTO lease (id, token, holder, beat_at) VALUES ($1, 1, $2, {NOW})
         ON CONFLICT (id) DO UPDATE SET token = lease.token + 1, holder = excluded.holder, beat_at = excluded.beat_at
         RETURNING token"
    ));
    let (token,): (i64,) = sqlx::query_as(sql).bind(right.id).bind(&name).fetch_one(&mut connection).await?;
    // From here on no earlier holder opens a connection; those that it has are ended before anything is written.
    let began = Instant::now();
    let others = format!("huitu {} %", right.name);
    while end_sessions(&mut connection, "application_name LIKE $1", &others).await? > 0 {
        if began.elapsed() > ENDING {
            return Err(sqlx::Error::Protocol("the sessions of the one who wrote before do not end".into()));
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    let pool = PgPoolOptions::new()
        .max_connections(8)
        .acquire_timeout(Duration::from_secs(10))
        .after_connect(move |connection, _| Box::pin(is_last(connection, right, token)))
        .connect_lazy_with(options.application_name(&name));
    let beating = tokio::spawn(beat(connection, right, token));
    Ok(Some(Lease { pool, taken_over, beating }))
}

/// Ends the sessions of this database that `which` picks by `name`, but our own; how many there were.
async fn end_sessions(connection: &mut PgConnection, which: &str, name: &str) -> Result<i64, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND {which}"
    ));
    let (ended,): (i64,) = sqlx::query_as(sql).bind(name).fetch_one(connection).await?;
    Ok(ended)
}

/// Refuses a connection to whoever is not the last holder any more.
async fn is_last(connection: &mut PgConnection, right: Right, token: i64) -> Result<(), sqlx::Error> {
    let (last,): (i64,) = sqlx::query_as("SELECT token FROM lease WHERE id = $1").bind(right.id).fetch_one(connection).await?;
    match last == token {
        true => Ok(()),
        false => Err(sqlx::Error::Protocol("another node has taken over; nothing more is written here".into())),
    }
}

/// Says that the holder lives until it lets go or another has taken over.
async fn beat(mut connection: PgConnection, right: Right, token: i64) {
    loop {
        tokio::time::sleep(BEAT).await;
        let sql = sqlx::AssertSqlSafe(format!("UPDATE lease SET beat_at = {NOW} WHERE id = $1 AND token = $2"));
        match sqlx::query(sql).bind(right.id).bind(token).execute(&mut connection).await {
            Ok(done) if done.rows_affected() == 1 => {}
            Ok(_) => {
                tracing::warn!("another node has taken over {}: nothing more is written here", right.name);
                break;
            }
            Err(error) => {
                tracing::warn!(%error, "the right to write is lost: nothing more is written here");
                break;
            }
        }
    }
    let _ = connection.close().await;
}
