//! Rows that [`Store::dump`](super::Store::dump) wrote, taken into either database: all of them or none.
//!
//! The tables are made as the store that was written out had them, filled, and then brought up to this program's version, so that
//! what an older program wrote is migrated like its own store would be. In: files whose digests were compared. Out: a new SQLite
//! file, or a PostgreSQL database whose tables are replaced in one transaction.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, Instant};

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use arrow_ipc::reader::StreamReader;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, PgConnection, SqliteConnection};

use super::bulk::{Bind, Bulk, blocking};
use super::data_folder::RESTORED;
use super::dump::{DumpError, DumpedTable, StoreDump, ValueKind};
use super::{SQLITE_FILE, StoreError, copy, masked, migrations};

/// Bytes sent to PostgreSQL at a time.
const PIECE: usize = 1 << 18;
/// Tables whose rows stay: how many there are tells how far a store has come.
pub const GROWING: &[&str] = &[
    "batch",
    "edition",
    "judgement",
    "finding",
    "case_event",
    "visit",
    "duty",
    "work_event",
    "named_list",
    "federation_entry",
    "target_version",
    "policy_version",
    "token",
    "webhook",
];

/// What stands where a backup is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingStore {
    /// Name of the store; empty where it is too old to have one.
    pub id: String,
    /// Steps of the schema that it has taken.
    pub steps: Vec<i64>,
    /// Rows of the tables that only grow.
    pub rows: BTreeMap<&'static str, u64>,
}

impl StandingStore {
    /// Steps that this program does not know.
    pub fn unknown_steps(&self) -> Vec<i64> {
        migrations::unknown(&self.steps)
    }
}

/// Rows of the tables that only grow, through an open connection.
macro_rules! standing {
    ($connection:expr, $tables:expr) => {{
        let steps: Vec<(i64,)> =
            sqlx::query_as("SELECT version FROM _sqlx_migrations ORDER BY version").fetch_all(&mut $connection).await?;
        let id: Option<(String,)> =
            sqlx::query_as("SELECT value FROM meta WHERE key = 'store_id'").fetch_optional(&mut $connection).await?;
        let mut rows = BTreeMap::new();
        for table in GROWING.iter().copied().filter(|table| $tables.iter().any(|(there,)| there == table)) {
            let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
            let (count,): (i64,) = sqlx::query_as(sql).fetch_one(&mut $connection).await?;
            rows.insert(table, count.unsigned_abs());
        }
        let steps = steps.into_iter().map(|step| step.0).collect();
        Ok::<StandingStore, sqlx::Error>(StandingStore { id: id.map(|id| id.0).unwrap_or_default(), steps, rows })
    }};
}

/// Looks at the store in a folder or a database without changing it; None where there is none.
///
/// # Errors
/// It is there and cannot be read.
pub async fn standing(data: &Path, url: Option<&str>) -> Result<Option<StandingStore>, StoreError> {
    match url {
        None => {
            let file = data.join(SQLITE_FILE);
            if !file.exists() {
                return Ok(None);
            }
            let place = file.display().to_string();
            let failed = |source| StoreError::Database { place: place.clone(), source };
            let looked = async {
                let mut connection = SqliteConnectOptions::new().filename(&file).read_only(true).connect().await?;
                let tables: Vec<(String,)> = sqlx::query_as("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
                    .fetch_all(&mut connection)
                    .await?;
                let standing = match tables.iter().any(|(name,)| name == "_sqlx_migrations") {
                    true => Some(standing!(connection, tables)?),
                    false => None,
                };
                connection.close().await?;
                Ok::<_, sqlx::Error>(standing)
            };
            looked.await.map_err(failed)
        }
        Some(url) => {
            let place = masked(url);
            let looked = async {
                let mut connection = PgConnectOptions::from_str(url)?.application_name("huitu restore").connect().await?;
                let tables = postgres_tables(&mut connection).await?;
                let standing = match tables.iter().any(|(name,)| name == "_sqlx_migrations") {
                    true => Some(standing!(connection, tables)?),
                    false => None,
                };
                connection.close().await?;
                Ok::<_, sqlx::Error>(standing)
            };
            looked.await.map_err(|source| StoreError::Database { place, source })
        }
    }
}

async fn postgres_tables(connection: &mut PgConnection) -> Result<Vec<(String,)>, sqlx::Error> {
    sqlx::query_as("SELECT table_name::TEXT FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY 1")
        .fetch_all(connection)
        .await
}

/// A session of a program that has just ended is still shown for a moment: looked at again for so long.
const ENDING: Duration = Duration::from_secs(2);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Other programs of ours that use this database right now.
///
/// # Errors
/// The database cannot be asked.
pub async fn others_on_postgres(url: &str) -> Result<i64, StoreError> {
    let asked = async {
        let mut connection = PgConnectOptions::from_str(url)?.application_name("huitu restore").connect().await?;
        let began = Instant::now();
        let others = loop {
            let (others,): (i64,) = sqlx::query_as(
                "SELECT COUNT(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND application_name LIKE 'huitu%' AND pid <> pg_backend_pid()",
            )
            .fetch_one(&mut connection)
            .await?;
            if others == 0 || began.elapsed() > ENDING {
                break others;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        };
        connection.close().await?;
        Ok::<i64, sqlx::Error>(others)
    };
    asked.await.map_err(|source| StoreError::Database { place: masked(url), source })
}

/// Name of the backup that a PostgreSQL database was restored from last.
///
/// # Errors
/// The database cannot be asked.
pub async fn restored_from(url: &str) -> Result<Option<String>, StoreError> {
    let asked = async {
        let mut connection = PgConnectOptions::from_str(url)?.application_name("huitu restore").connect().await?;
        let tables = postgres_tables(&mut connection).await?;
        let mut name: Option<(String,)> = None;
        if tables.iter().any(|(table,)| table == "meta") {
            name = sqlx::query_as("SELECT value FROM meta WHERE key = $1").bind(RESTORED).fetch_optional(&mut connection).await?;
        }
        connection.close().await?;
        Ok::<_, sqlx::Error>(name.map(|name| name.0))
    };
    asked.await.map_err(|source| StoreError::Database { place: masked(url), source })
}

/// The rows of a table's file, a batch at a time, and the names of its columns.
fn batches(folder: &Path, table: &DumpedTable) -> Result<(Vec<String>, StreamReader<BufReader<std::fs::File>>), DumpError> {
    let path = folder.join(&table.file);
    let file = std::fs::File::open(&path).map_err(DumpError::file(&path))?;
    let content = |reason: String| DumpError::Content { path: path.clone(), reason };
    let reader = StreamReader::try_new(BufReader::with_capacity(1 << 20, file), None).map_err(|e| content(e.to_string()))?;
    let schema = reader.schema();
    for field in schema.fields() {
        let plain = field.name().chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !plain || ValueKind::of_data(field.data_type()).is_none() {
            return Err(content(format!("column {} is none of a store's", field.name())));
        }
    }
    Ok((schema.fields().iter().map(|field| field.name().clone()).collect(), reader))
}

/// One value of a batch.
fn value(batch: &RecordBatch, column: usize, row: usize) -> Bind<'_> {
    let array = batch.column(column);
    if array.is_null(row) {
        return Bind::Null;
    }
    match ValueKind::of_data(array.data_type()) {
        Some(ValueKind::Integer) => Bind::Integer(array.as_primitive::<Int64Type>().value(row)),
        Some(ValueKind::Real) => Bind::Real(array.as_primitive::<Float64Type>().value(row)),
        _ => Bind::Text(array.as_string::<i32>().value(row)),
    }
}

/// Refuses tables that no store of ours has, and steps that this program does not know.
fn fits(folder: &Path, dump: &StoreDump) -> Result<(), DumpError> {
    let unknown = migrations::unknown(&dump.steps);
    if !unknown.is_empty() {
        return Err(DumpError::Newer(unknown));
    }
    let known = migrations::tables();
    match dump.tables.iter().find(|table| !known.contains(&table.name.as_str())) {
        Some(table) => {
            Err(DumpError::Content { path: folder.to_path_buf(), reason: format!("no store has a table {}", table.name) })
        }
        None => Ok(()),
    }
}

fn all_rows(folder: &Path, table: &DumpedTable, rows: u64) -> Result<(), DumpError> {
    if rows == table.rows {
        return Ok(());
    }
    let reason = format!("{rows} rows were read, {} were written", table.rows);
    Err(DumpError::Content { path: folder.join(&table.file), reason })
}

/// Makes a new SQLite file of what was written out; `mark` names the backup in it.
///
/// # Errors
/// The file exists, cannot be written, or what was written out does not make a sound store: nothing is left of it that is used.
pub async fn load_sqlite(folder: &Path, dump: &StoreDump, into: &Path, mark: &str) -> Result<(), DumpError> {
    fits(folder, dump)?;
    let place = into.display().to_string();
    let failed = |source: sqlx::Error| DumpError::Store(StoreError::Database { place: place.clone(), source });
    let migrate = |source| DumpError::Store(StoreError::Migrate { place: place.clone(), source });
    drop(super::dump::private(into)?);
    // Nobody uses the file before it is whole and synced: no journal, no waiting for the disk.
    let options = SqliteConnectOptions::new()
        .filename(into)
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(SqliteSynchronous::Off)
        .foreign_keys(false)
        .pragma("cache_size", "-262144");
    let mut connection = options.connect().await.map_err(failed)?;
    migrations::sqlite_of(&dump.steps).run_direct(None, &mut connection, false).await.map_err(migrate)?;
    for table in &dump.tables {
        let mut tx = connection.begin().await.map_err(failed)?;
        fill_sqlite(&mut tx, folder, table).await.map_err(|e| match e {
            Filling::Database(source) => failed(source),
            Filling::File(error) => error,
        })?;
        tx.commit().await.map_err(failed)?;
    }
    migrations::sqlite().run_direct(None, &mut connection, false).await.map_err(migrate)?;
    sqlx::query("INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
        .bind(RESTORED)
        .bind(mark)
        .execute(&mut connection)
        .await
        .map_err(failed)?;
    let unsound: Vec<(String,)> = sqlx::query_as("PRAGMA integrity_check(5)").fetch_all(&mut connection).await.map_err(failed)?;
    let strays = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut connection).await.map_err(failed)?.len();
    connection.close().await.map_err(failed)?;
    if strays > 0 || unsound.iter().any(|(said,)| said != "ok") {
        let said: Vec<&str> = unsound.iter().map(|(said,)| said.as_str()).collect();
        let reason = format!("it makes no sound store: {} rows refer to nothing; {}", strays, said.join("; "));
        return Err(DumpError::Content { path: folder.to_path_buf(), reason });
    }
    std::fs::File::open(into).and_then(|file| file.sync_all()).map_err(DumpError::file(into))
}

enum Filling {
    Database(sqlx::Error),
    File(DumpError),
}

impl From<sqlx::Error> for Filling {
    fn from(error: sqlx::Error) -> Filling {
        Filling::Database(error)
    }
}

impl From<DumpError> for Filling {
    fn from(error: DumpError) -> Filling {
        Filling::File(error)
    }
}

async fn fill_sqlite(connection: &mut SqliteConnection, folder: &Path, table: &DumpedTable) -> Result<(), Filling> {
    let (columns, reader) = batches(folder, table)?;
    let path = folder.join(&table.file);
    let delete = sqlx::AssertSqlSafe(format!("DELETE FROM \"{}\"", table.name));
    sqlx::query(delete).execute(&mut *connection).await?;
    let places: Vec<String> = (1..=columns.len()).map(|n| format!("${n}")).collect();
    let insert = format!("INSERT INTO \"{}\" (\"{}\") VALUES ({})", table.name, columns.join("\", \""), places.join(", "));
    let mut bulk = Bulk::lock(connection).await?;
    let rows = blocking(|| {
        let mut insert = bulk.prepare(&insert)?;
        let mut rows = 0;
        for batch in reader {
            let batch = batch.map_err(|e| DumpError::Content { path: path.clone(), reason: e.to_string() })?;
            let mut values = Vec::with_capacity(columns.len());
            for row in 0..batch.num_rows() {
                values.clear();
                values.extend((0..columns.len()).map(|column| value(&batch, column, row)));
                insert.run(&values)?;
            }
            rows += batch.num_rows() as u64;
        }
        Ok::<u64, Filling>(rows)
    })?;
    Ok(all_rows(folder, table, rows)?)
}

/// Replaces the tables of a PostgreSQL database by what was written out, in one transaction that the last step commits: until then,
/// and where anything fails, the database is as it was. `mark` names the backup in it.
///
/// # Errors
/// The database refuses, or what was written out is not what a store holds.
pub async fn load_postgres(folder: &Path, dump: &StoreDump, url: &str, mark: &str) -> Result<(), DumpError> {
    fits(folder, dump)?;
    let place = masked(url);
    let failed = |source: sqlx::Error| DumpError::Store(StoreError::Database { place: place.clone(), source });
    let migrate = |source| DumpError::Store(StoreError::Migrate { place: place.clone(), source });
    let options = PgConnectOptions::from_str(url).map_err(|_| StoreError::Url(place.clone()))?;
    let mut connection = options.application_name("huitu restore").connect().await.map_err(failed)?;
    let mut tx = connection.begin().await.map_err(failed)?;
    let there = postgres_tables(&mut tx).await.map_err(failed)?;
    let known = migrations::tables();
    let ours: Vec<String> = there
        .into_iter()
        .filter(|(name,)| known.contains(&name.as_str()) || name == "_sqlx_migrations")
        .map(|(name,)| format!("\"{name}\""))
        .collect();
    if !ours.is_empty() {
        let sql = sqlx::AssertSqlSafe(format!("DROP TABLE {} CASCADE", ours.join(", ")));
        sqlx::raw_sql(sql).execute(&mut *tx).await.map_err(failed)?;
    }
    migrations::postgres_of(&dump.steps).run_direct(None, &mut *tx, false).await.map_err(migrate)?;
    for table in &dump.tables {
        fill_postgres(&mut tx, folder, table).await.map_err(|e| match e {
            Filling::Database(source) => failed(source),
            Filling::File(error) => error,
        })?;
    }
    migrations::postgres().run_direct(None, &mut *tx, false).await.map_err(migrate)?;
    let numbered: Vec<(String, String)> = sqlx::query_as(
        "SELECT table_name::TEXT, column_name::TEXT FROM information_schema.columns
         WHERE table_schema = current_schema() AND column_default LIKE 'nextval(%' ORDER BY 1, 2",
    )
    .fetch_all(&mut *tx)
    .await
    .map_err(failed)?;
    for (table, column) in numbered.into_iter().filter(|(table, _)| known.contains(&table.as_str())) {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT setval(pg_get_serial_sequence('{table}', '{column}'), COALESCE(MAX({column}), 0) + 1, false) FROM {table}"
        ));
        sqlx::raw_sql(sql).execute(&mut *tx).await.map_err(failed)?;
    }
    sqlx::query("INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
        .bind(RESTORED)
        .bind(mark)
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    tx.commit().await.map_err(failed)?;
    // What was committed stays, whatever becomes of the connection.
    let _ = connection.close().await;
    Ok(())
}

async fn fill_postgres(connection: &mut PgConnection, folder: &Path, table: &DumpedTable) -> Result<(), Filling> {
    let (columns, reader) = batches(folder, table)?;
    let path = folder.join(&table.file);
    let delete = sqlx::AssertSqlSafe(format!("DELETE FROM \"{}\"", table.name));
    sqlx::query(delete).execute(&mut *connection).await?;
    let sql = format!("COPY \"{}\" (\"{}\") FROM STDIN (FORMAT binary)", table.name, columns.join("\", \""));
    let mut rows = 0;
    let mut bytes = Vec::with_capacity(PIECE + (1 << 16));
    bytes.extend_from_slice(copy::HEAD);
    let mut sending = connection.copy_in_raw(&sql).await?;
    for batch in reader {
        let batch = match batch {
            Ok(batch) => batch,
            Err(e) => {
                sending.abort("the file cannot be read").await?;
                return Err(DumpError::Content { path, reason: e.to_string() }.into());
            }
        };
        for row in 0..batch.num_rows() {
            copy::row(&mut bytes, columns.len() as i16);
            for column in 0..columns.len() {
                match value(&batch, column, row) {
                    Bind::Null => copy::null(&mut bytes),
                    Bind::Integer(n) => copy::integer(&mut bytes, n),
                    Bind::Real(n) => copy::real(&mut bytes, n),
                    Bind::Text(text) => copy::text(&mut bytes, text),
                }
            }
            if bytes.len() > PIECE {
                sending.send(bytes.as_slice()).await?;
                bytes.clear();
            }
        }
        rows += batch.num_rows() as u64;
    }
    bytes.extend_from_slice(copy::TAIL);
    sending.send(bytes.as_slice()).await?;
    sending.finish().await?;
    Ok(all_rows(folder, table, rows)?)
}
