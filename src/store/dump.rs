//! All rows of a store as files that both databases take: one Arrow IPC stream a table, packed by ZSTD, which pyarrow, DuckDB and
//! Polars open too.
//!
//! In: a store that others read and write meanwhile. Out: its state at one moment, read in one transaction. What the files are
//! for, and whether they are whole, is the caller's.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{Float64Builder, Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{IpcWriteOptions, StreamWriter};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use sqlx::Row;
use thiserror::Error;

use super::bulk::{Bind, Bulk, blocking};
use super::landing::Watermark;
use super::{Store, StoreError, migrations};

/// Rows of one record batch of a file.
const ROWS: usize = 32_768;
/// A record batch ends when its texts are this long.
const BYTES: usize = 8 << 20;

/// Why a store was not written out, or not taken in.
#[derive(Debug, Error)]
pub enum DumpError {
    /// The store itself.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file cannot be written or read: often the disk is full.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file does not hold what this program writes.
    #[error("{path}: {reason}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// Steps of the schema that this program does not know: a newer one wrote them.
    #[error("written by a newer huitu (steps {0:?} of its tables are not known here)")]
    Newer(Vec<i64>),
}

impl DumpError {
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> DumpError + use<> {
        let path = path.to_path_buf();
        move |source| DumpError::File { path, source }
    }

    fn arrow(path: &Path) -> impl Fn(ArrowError) -> DumpError + use<> {
        let path = path.to_path_buf();
        move |error| match error {
            ArrowError::IoError(_, source) => DumpError::File { path: path.clone(), source },
            other => DumpError::Content { path: path.clone(), reason: other.to_string() },
        }
    }
}

/// What kind of values a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueKind {
    Integer,
    Real,
    Text,
}

impl ValueKind {
    /// From the type as the database names it.
    fn of(table: &str, column: &str, declared: &str) -> Result<ValueKind, sqlx::Error> {
        match declared.to_ascii_uppercase().as_str() {
            "INTEGER" | "BIGINT" => Ok(ValueKind::Integer),
            "REAL" | "DOUBLE PRECISION" => Ok(ValueKind::Real),
            "TEXT" => Ok(ValueKind::Text),
            other => Err(sqlx::Error::Protocol(format!("{table}.{column} is of type {other}, which no backup holds"))),
        }
    }

    fn data_type(self) -> DataType {
        match self {
            ValueKind::Integer => DataType::Int64,
            ValueKind::Real => DataType::Float64,
            ValueKind::Text => DataType::Utf8,
        }
    }

    pub(super) fn of_data(data: &DataType) -> Option<ValueKind> {
        [ValueKind::Integer, ValueKind::Real, ValueKind::Text].into_iter().find(|kind| kind.data_type() == *data)
    }
}

/// A table and its columns in their order.
struct Table {
    name: String,
    columns: Vec<(String, ValueKind)>,
}

impl Table {
    fn select(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        format!("SELECT {} FROM \"{}\"", columns.join(", "), self.name)
    }
}

/// A table as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DumpedTable {
    /// Its name, in both databases.
    pub name: String,
    /// Its file in the folder.
    pub file: String,
    /// How many rows it has.
    pub rows: u64,
}

/// A store as written: its state at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreDump {
    /// Name of the store ([`Store::id`]).
    pub id: String,
    /// `sqlite` or `postgres`: where it was. It can be taken in by either.
    pub database: String,
    /// Steps of the schema that it had taken.
    pub steps: Vec<i64>,
    /// The last landing in it.
    pub landing: Watermark,
    /// Number of the newest edition it knows; None before the first.
    pub edition: Option<i64>,
    /// Every table.
    pub tables: Vec<DumpedTable>,
}

impl StoreDump {
    /// Rows of a table; 0 where it has no such table.
    pub fn rows_of(&self, table: &str) -> u64 {
        self.tables.iter().find(|t| t.name == table).map_or(0, |t| t.rows)
    }
}

/// A file of one table that is being written.
struct TableFile {
    path: PathBuf,
    writer: StreamWriter<BufWriter<File>>,
    schema: Arc<Schema>,
    columns: Vec<Values>,
    waiting: usize,
    bytes: usize,
    rows: u64,
}

/// Values of a column that are not written yet.
enum Values {
    Integer(Int64Builder),
    Real(Float64Builder),
    Text(StringBuilder),
}

impl TableFile {
    fn create(path: PathBuf, table: &Table) -> Result<TableFile, DumpError> {
        let fields: Vec<Field> = table.columns.iter().map(|(name, kind)| Field::new(name, kind.data_type(), true)).collect();
        let schema = Arc::new(Schema::new(fields));
        let file = private(&path)?;
        let packed = IpcWriteOptions::default().try_with_compression(Some(CompressionType::ZSTD));
        let writer = packed
            .and_then(|options| {
                StreamWriter::try_new_with_options(BufWriter::with_capacity(1 << 20, file), schema.as_ref(), options)
            })
            .map_err(DumpError::arrow(&path))?;
        let columns = table.columns.iter().map(|(_, kind)| match kind {
            ValueKind::Integer => Values::Integer(Int64Builder::new()),
            ValueKind::Real => Values::Real(Float64Builder::new()),
            ValueKind::Text => Values::Text(StringBuilder::new()),
        });
        Ok(TableFile { columns: columns.collect(), path, writer, schema, waiting: 0, bytes: 0, rows: 0 })
    }

    /// The next value of a row. False where it is not of its column's kind.
    fn put(&mut self, column: usize, value: Bind<'_>) -> bool {
        match (&mut self.columns[column], value) {
            (Values::Integer(values), Bind::Null) => values.append_null(),
            (Values::Integer(values), Bind::Integer(n)) => values.append_value(n),
            (Values::Real(values), Bind::Null) => values.append_null(),
            (Values::Real(values), Bind::Real(n)) => values.append_value(n),
            (Values::Text(values), Bind::Null) => values.append_null(),
            (Values::Text(values), Bind::Text(text)) => {
                values.append_value(text);
                self.bytes += text.len();
            }
            _ => return false,
        }
        true
    }

    fn row_ends(&mut self) -> Result<(), DumpError> {
        self.waiting += 1;
        self.rows += 1;
        if self.waiting >= ROWS || self.bytes >= BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), DumpError> {
        if self.waiting == 0 {
            return Ok(());
        }
        let finished = |values: &mut Values| -> ArrayRef {
            match values {
                Values::Integer(values) => Arc::new(values.finish()),
                Values::Real(values) => Arc::new(values.finish()),
                Values::Text(values) => Arc::new(values.finish()),
            }
        };
        let arrays = self.columns.iter_mut().map(finished).collect();
        let written = RecordBatch::try_new(self.schema.clone(), arrays).and_then(|batch| self.writer.write(&batch));
        written.map_err(DumpError::arrow(&self.path))?;
        (self.waiting, self.bytes) = (0, 0);
        Ok(())
    }

    fn finish(mut self) -> Result<u64, DumpError> {
        self.flush()?;
        let failed = DumpError::arrow(&self.path);
        let out = self.writer.into_inner().map_err(failed)?;
        let synced = out.into_inner().map_err(std::io::IntoInnerError::into_error).and_then(|file| file.sync_all());
        synced.map_err(DumpError::file(&self.path))?;
        Ok(self.rows)
    }
}

/// A new file that nobody else on the machine reads.
///
/// # Errors
/// It exists already, or cannot be made.
pub(crate) fn private(path: &Path) -> Result<File, DumpError> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options().write(true).create_new(true).mode(0o600).open(path).map_err(DumpError::file(path))
}

const LANDING: &str = "SELECT landing, last_record, id AS batch, COALESCE(finished_at, 0) AS finished_at,
                       added + changed + gone AS rows FROM batch WHERE landing = (SELECT MAX(landing) FROM batch)";

/// What is said of a store beside its tables, from within one transaction.
macro_rules! head {
    ($tx:expr, $database:literal, $tables:expr) => {{
        let steps: Vec<(i64,)> =
            sqlx::query_as("SELECT version FROM _sqlx_migrations ORDER BY version").fetch_all(&mut *$tx).await?;
        let id: Option<(String,)> =
            sqlx::query_as("SELECT value FROM meta WHERE key = 'store_id'").fetch_optional(&mut *$tx).await?;
        let landing: Option<Watermark> = sqlx::query_as(LANDING).fetch_optional(&mut *$tx).await?;
        let (edition,): (Option<i64>,) = sqlx::query_as("SELECT MAX(number) FROM edition").fetch_one(&mut *$tx).await?;
        Ok::<StoreDump, sqlx::Error>(StoreDump {
            id: id.map(|id| id.0).unwrap_or_default(),
            database: $database.to_owned(),
            steps: steps.into_iter().map(|step| step.0).collect(),
            landing: landing.unwrap_or(Watermark::NONE),
            edition,
            tables: $tables,
        })
    }};
}

impl Store {
    /// Writes every table into `folder`, as they are at one moment; others read and write meanwhile.
    ///
    /// # Errors
    /// The store cannot be read, holds a value of a kind that its column is not made for, or a file cannot be written.
    pub async fn dump(&self, folder: &Path) -> Result<StoreDump, DumpError> {
        let failed = |e: sqlx::Error| DumpError::Store(self.failed(e));
        match self {
            Store::Sqlite(s) => {
                let mut tx = s.reader.begin().await.map_err(failed)?;
                // The first reading fixes the moment.
                let mut dump = async { head!(tx, "sqlite", Vec::new()) }.await.map_err(failed)?;
                for name in migrations::tables() {
                    let sql = sqlx::AssertSqlSafe(format!("SELECT name, type FROM pragma_table_info('{name}') ORDER BY cid"));
                    let columns: Vec<(String, String)> = sqlx::query_as(sql).fetch_all(&mut *tx).await.map_err(failed)?;
                    let Some(table) = table(name, columns).map_err(failed)? else { continue };
                    let file = format!("{name}.arrows");
                    let mut bulk = Bulk::lock(&mut tx).await.map_err(failed)?;
                    let rows = blocking(|| self.dump_sqlite(&mut bulk, &table, folder.join(&file)))?;
                    dump.tables.push(DumpedTable { name: name.to_owned(), file, rows });
                }
                Ok(dump)
            }
            Store::Postgres(pool, _) => {
                let mut tx = pool.begin().await.map_err(failed)?;
                let isolation = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL statement_timeout = 0";
                sqlx::raw_sql(isolation).execute(&mut *tx).await.map_err(failed)?;
                let mut dump = async { head!(tx, "postgres", Vec::new()) }.await.map_err(failed)?;
                for name in migrations::tables() {
                    let columns: Vec<(String, String)> = sqlx::query_as(
                        "SELECT column_name::TEXT, data_type::TEXT FROM information_schema.columns
                         WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position",
                    )
                    .bind(name)
                    .fetch_all(&mut *tx)
                    .await
                    .map_err(failed)?;
                    let Some(table) = table(name, columns).map_err(failed)? else { continue };
                    let file = format!("{name}.arrows");
                    let mut out = TableFile::create(folder.join(&file), &table)?;
                    let sql = sqlx::AssertSqlSafe(table.select());
                    let mut rows = sqlx::query(sql).fetch(&mut *tx);
                    while let Some(row) = rows.try_next().await.map_err(failed)? {
                        for (at, (_, kind)) in table.columns.iter().enumerate() {
                            let value = match kind {
                                ValueKind::Integer => row.try_get::<Option<i64>, _>(at).map(Bind::from),
                                ValueKind::Real => row.try_get::<Option<f64>, _>(at).map(Bind::from),
                                ValueKind::Text => row.try_get::<Option<&str>, _>(at).map(Bind::from),
                            };
                            out.put(at, value.map_err(failed)?);
                        }
                        out.row_ends()?;
                    }
                    drop(rows);
                    dump.tables.push(DumpedTable { name: name.to_owned(), file, rows: out.finish()? });
                }
                Ok(dump)
            }
        }
    }

    fn dump_sqlite(&self, bulk: &mut Bulk<'_>, table: &Table, path: PathBuf) -> Result<u64, DumpError> {
        let mut out = TableFile::create(path, table)?;
        let mut wrong = None;
        let read = bulk.prepare(&table.select()).and_then(|mut select| {
            select.each(&[], |row| {
                for (at, (column, _)) in table.columns.iter().enumerate() {
                    let value = row.value(at as i32).map_err(|e| super::damage::damaged(table_name(&table.name), column, e))?;
                    if !value.is_some_and(|value| out.put(at, value)) {
                        return Err(super::damage::damaged(table_name(&table.name), column, "it is not of its column's kind"));
                    }
                }
                out.row_ends().map_err(|error| {
                    wrong = Some(error);
                    sqlx::Error::RowNotFound
                })
            })
        });
        match (wrong, read) {
            (Some(error), _) => Err(error),
            (None, Err(error)) => Err(self.failed(error).into()),
            (None, Ok(())) => out.finish(),
        }
    }
}

/// The name as the migrations spell it.
fn table_name(name: &str) -> &'static str {
    migrations::tables().into_iter().find(|known| *known == name).unwrap_or("a table")
}

/// None where the store has no such table.
fn table(name: &str, columns: Vec<(String, String)>) -> Result<Option<Table>, sqlx::Error> {
    let kinds = columns.into_iter().map(|(column, declared)| {
        let kind = ValueKind::of(name, &column, &declared)?;
        Ok::<(String, ValueKind), sqlx::Error>((column, kind))
    });
    let columns: Vec<(String, ValueKind)> = kinds.collect::<Result<_, _>>()?;
    Ok((!columns.is_empty()).then(|| Table { name: name.to_owned(), columns }))
}
