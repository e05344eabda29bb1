//! Front-end exchange databases: one SELECT, streamed in the order of its key (or of its cursor column), every value as text.

use std::str::FromStr;
use std::time::Duration;

use futures_util::StreamExt;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Column, ConnectOptions, Connection, Executor, Row, Statement, TypeInfo};

use super::chunk::{Mark, RowHead};
use super::csv::nul;
use super::{Chunk, Cursor, Greatest, Position, Progress, PullContext, PullError, Pulled, RowSink, stepped_back};
use crate::connector::{Connector, RowError, Source, split_query};

/// How the databases differ.
#[derive(Clone, Copy, PartialEq)]
enum Dialect {
    Postgres,
    MySql,
    Sqlite,
}

impl Dialect {
    /// The type of a text in a CAST.
    fn text(self) -> &'static str {
        if self == Dialect::MySql { "CHAR" } else { "TEXT" }
    }
}

/// Parameters of a place that are ours, not the database's.
const OUR_PARAMS: &[&str] = &["table", "cursor"];

/// Streams the table or query of the connector, from `cursor` on.
pub(super) async fn pull(
    connector: &Connector,
    cursor: Cursor,
    context: &PullContext,
    sink: &mut dyn RowSink,
) -> Result<Pulled, PullError> {
    let place = connector.source.resolved_place(&connector.name).map_err(PullError::of)?;
    let url = without_our_params(&place);
    let connect_limit = Duration::from_secs(connector.manners.connect_timeout_secs);
    let scheme = url.split(':').next().unwrap_or_default();
    match scheme {
        "postgres" | "postgresql" => {
            super::http::check_host(connector, context, &url, 5432).await?;
            let options = PgConnectOptions::from_str(&url).map_err(|e| refused(connector, &e))?.disable_statement_logging();
            let mut connection = within(connector, connect_limit, PgConnection::connect_with(&options)).await?;
            let result = stream_postgres(&mut connection, Job::new(connector, cursor, context, sink, Dialect::Postgres)).await;
            close(connection).await;
            result
        }
        "mysql" | "mariadb" => {
            let url = url.replacen("mariadb:", "mysql:", 1);
            super::http::check_host(connector, context, &url, 3306).await?;
            let options = MySqlConnectOptions::from_str(&url).map_err(|e| refused(connector, &e))?.disable_statement_logging();
            let mut connection = within(connector, connect_limit, MySqlConnection::connect_with(&options)).await?;
            let result = stream_mysql(&mut connection, Job::new(connector, cursor, context, sink, Dialect::MySql)).await;
            close(connection).await;
            result
        }
        "sqlite" => {
            let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
            let (path, _) = split_query(path);
            let path = context.base.as_ref().map_or_else(|| path.into(), |base| base.join(path));
            if !path.is_file() {
                return Err(PullError::new(
                    connector,
                    "file_missing",
                    format!("没有数据库文件 {}，请检查路径", path.display()),
                    format!("there is no database file {}; check the place", path.display()),
                )
                .retryable());
            }
            let mark = file_mark(&path);
            let fingerprint = fingerprint(connector, "file", &mark);
            if connector.source.sql.version.is_none() && cursor.at.is_none() && context.known.as_ref() == Some(&fingerprint) {
                return Ok(unchanged(connector, cursor, fingerprint));
            }
            let options = SqliteConnectOptions::new()
                .filename(&path)
                .read_only(true)
                .busy_timeout(Duration::from_secs(30))
                .disable_statement_logging();
            let mut connection = within(connector, connect_limit, SqliteConnection::connect_with(&options)).await?;
            let result = stream_sqlite(&mut connection, Job::new(connector, cursor, context, sink, Dialect::Sqlite)).await;
            close(connection).await;
            let by_file = connector.source.sql.version.is_none();
            result.map(|pulled| if by_file { Pulled { fingerprint, ..pulled } } else { pulled })
        }
        other => Err(PullError::new(
            connector,
            "bad_url",
            format!("不支持的数据库「{other}」；可用 postgres://、mysql://、sqlite:"),
            format!("the database \"{other}\" is not known; use postgres://, mysql:// or sqlite:"),
        )),
    }
}

/// Size and time of a database file and of its write-ahead log: no change of the data leaves them all as they were.
fn file_mark(path: &std::path::Path) -> String {
    let mark = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let meta = std::fs::metadata(name).ok().filter(|m| m.len() > 0)?;
        let modified = meta.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(format!("{}@{}", meta.len(), modified.as_nanos()))
    };
    ["", "-wal"].map(|suffix| mark(suffix).unwrap_or_default()).join(" ")
}

fn fingerprint(connector: &Connector, by: &str, mark: &str) -> String {
    let digest = format!("{:016x}", connector.digest);
    serde_json::json!({ "connector": digest, "place": connector.source.shown(), by: mark }).to_string()
}

fn unchanged(connector: &Connector, cursor: Cursor, fingerprint: String) -> Pulled {
    Pulled {
        complete: connector.complete && cursor.since.is_none(),
        next_cursor: cursor,
        rows: 0,
        faults: 0,
        bytes: 0,
        fingerprint,
        unchanged: true,
    }
}

/// A stream that was left early cannot be drained politely: the connection is dropped after a moment.
async fn close(connection: impl Connection) {
    let _ = tokio::time::timeout(Duration::from_millis(500), connection.close()).await;
}

fn without_our_params(place: &str) -> String {
    let (head, params) = split_query(place);
    let kept: Vec<String> = params.iter().filter(|(n, _)| !OUR_PARAMS.contains(n)).map(|(n, v)| format!("{n}={v}")).collect();
    if kept.is_empty() { head.to_string() } else { format!("{head}?{}", kept.join("&")) }
}

async fn within<T>(
    connector: &Connector,
    limit: Duration,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, PullError> {
    match tokio::time::timeout(limit, work).await {
        Ok(done) => done.map_err(|e| refused(connector, &e)),
        Err(_) => Err(timed_out(connector)),
    }
}

fn timed_out(connector: &Connector) -> PullError {
    PullError::new(connector, "timeout", "数据库在时限内没有应答", "the database did not answer within its time-out").retryable()
}

fn refused(connector: &Connector, error: &sqlx::Error) -> PullError {
    match error {
        sqlx::Error::Database(e) => {
            let (code, text) = (e.code().unwrap_or_default().into_owned(), e.message().to_string());
            let login = code.starts_with("28") || code == "1045";
            let code = if login { "unauthorised" } else { "sql" };
            PullError::new(
                connector,
                code,
                format!("数据库拒绝：{text}；请检查账号权限、表名与列名"),
                format!("the database refuses: {text}; check the account's rights, table and columns"),
            )
        }
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => PullError::new(
            connector,
            "unreachable",
            format!("无法连接数据库或连接中断：{error}；请检查地址与网络"),
            format!("the database cannot be reached, or broke off: {error}; check the address and the network"),
        )
        .retryable(),
        other => PullError::new(connector, "sql", format!("数据库错误：{other}"), format!("the database fails: {other}")),
    }
}

/// One pull over an open connection.
struct Job<'a> {
    connector: &'a Connector,
    cursor: Cursor,
    context: &'a PullContext,
    sink: &'a mut dyn RowSink,
    dialect: Dialect,
    columns: Vec<String>,
    types: Vec<String>,
    /// Positions of the columns that order the rows.
    order: Vec<usize>,
    cursor_at: Option<usize>,
    greatest: Greatest,
    chunk: Chunk,
    rows: u64,
    faults: u64,
    last_key: Vec<String>,
    /// A page went out since the last pause.
    page_done: bool,
    fingerprint: String,
}

impl<'a> Job<'a> {
    fn new(
        connector: &'a Connector,
        cursor: Cursor,
        context: &'a PullContext,
        sink: &'a mut dyn RowSink,
        dialect: Dialect,
    ) -> Job<'a> {
        let greatest = Greatest::new(&cursor, &context.clock);
        Job {
            connector,
            cursor,
            context,
            sink,
            dialect,
            columns: Vec::new(),
            types: Vec::new(),
            order: Vec::new(),
            cursor_at: None,
            greatest,
            chunk: Chunk::default(),
            rows: 0,
            faults: 0,
            last_key: Vec::new(),
            page_done: false,
            fingerprint: String::new(),
        }
    }

    fn quoted(&self, name: &str) -> String {
        match self.dialect {
            Dialect::MySql => format!("`{}`", name.replace('`', "``")),
            _ => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    }

    fn relation(&self) -> String {
        let Source { sql, .. } = &self.connector.source;
        match (&sql.query, &sql.table) {
            (Some(query), _) => format!("({}) AS source", query.trim().trim_end_matches(';')),
            (None, Some(table)) => {
                let table = table.split('.').map(|part| self.quoted(part)).collect::<Vec<_>>().join(".");
                format!("{table} AS source")
            }
            (None, None) => format!("{} AS source", self.quoted(&self.connector.name)),
        }
    }

    /// A column of the table itself: a bare name in ORDER BY would mean the text that the SELECT makes of it.
    fn column(&self, at: usize) -> String {
        format!("source.{}", self.quoted(&self.columns[at]))
    }

    fn probe(&self) -> String {
        format!("SELECT * FROM {} LIMIT 0", self.relation())
    }

    /// Takes the columns that the database reports, and finds those that order the rows.
    fn start(&mut self, columns: Vec<(String, String)>) -> Result<(), PullError> {
        (self.columns, self.types) = columns.into_iter().unzip();
        let layout = self.connector.layout(&self.columns).map_err(PullError::of)?;
        let ordered = layout.key_positions();
        if let Some(name) = &self.connector.source.sql.cursor {
            let at = self.columns.iter().position(|c| c == name).ok_or_else(|| {
                let found = crate::connector::nearest(name, self.columns.iter().map(String::as_str)).unwrap_or_default();
                PullError::new(
                    self.connector,
                    "column_missing",
                    format!("没有增量列「{name}」；相近的是「{found}」"),
                    format!("cursor column \"{name}\" missing; found \"{found}\""),
                )
            })?;
            self.cursor_at = Some(at);
            self.order.push(at);
        }
        self.order.extend(ordered.iter().filter(|at| Some(**at) != self.cursor_at));
        self.chunk = Chunk::new(self.columns.len());
        self.sink.columns(&self.columns).map_err(|e| PullError::sink(self.connector, &e))
    }

    fn as_text(&self, at: usize) -> String {
        let name = self.column(at);
        match self.dialect {
            Dialect::Postgres => format!("{name}::text"),
            Dialect::MySql => format!("CAST({name} AS CHAR)"),
            Dialect::Sqlite => format!("CAST({name} AS TEXT)"),
        }
    }

    /// The bound text as the column's type, so that the comparison uses its order and its index.
    fn bound(&self, at: usize, parameter: usize) -> String {
        match self.dialect {
            Dialect::Postgres => format!("CAST(CAST(${parameter} AS TEXT) AS {})", self.types[at]),
            Dialect::MySql => "?".to_string(),
            Dialect::Sqlite => format!("${parameter}"),
        }
    }

    /// The statement and its texts to bind.
    fn select(&self) -> (String, Vec<String>) {
        let columns = (0..self.columns.len()).map(|at| self.as_text(at)).collect::<Vec<_>>().join(", ");
        let order = self.order.iter().map(|at| self.column(*at)).collect::<Vec<_>>().join(", ");
        let (mut conditions, mut bound) = (Vec::new(), Vec::new());
        match (self.cursor_at, &self.cursor.at) {
            (Some(at), _) => {
                let overlap = self.connector.source.sql.overlap;
                let from = match (&self.cursor.greatest, &self.cursor.since) {
                    (Some(greatest), _) if self.cursor.rows > 0 => Some(greatest.clone()),
                    (_, Some(since)) => Some(stepped_back(since, overlap)),
                    _ => None,
                };
                if let Some(from) = from {
                    bound.push(from);
                    conditions.push(format!("{} >= {}", self.column(at), self.bound(at, 1)));
                }
            }
            (None, Some(Position::Key(last))) if last.len() == self.order.len() => {
                conditions.push(self.after(last, &mut bound));
            }
            _ => {}
        }
        let condition = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
        (format!("SELECT {columns} FROM {}{condition} ORDER BY {order}", self.relation()), bound)
    }

    /// `(a, b) > (x, y)` spelled out, as not all databases use an index for the short form.
    fn after(&self, last: &[String], bound: &mut Vec<String>) -> String {
        let mut alternatives = Vec::new();
        for depth in 0..self.order.len() {
            let mut parts = Vec::new();
            for (i, at) in self.order[..=depth].iter().enumerate() {
                bound.push(last[i].clone());
                let sign = if i == depth { ">" } else { "=" };
                parts.push(format!("{} {sign} {}", self.column(*at), self.bound(*at, bound.len())));
            }
            alternatives.push(parts.join(" AND "));
        }
        format!("(({}))", alternatives.join(") OR ("))
    }

    fn row(&mut self, cells: &[Option<&str>]) -> Result<(), PullError> {
        self.rows += 1;
        let number = self.cursor.rows + self.rows;
        if cells.iter().any(|c| c.is_some_and(|t| t.as_bytes().contains(&0))) {
            self.chunk.fault(number, None, nul(), &cells.iter().map(|c| c.unwrap_or_default()).collect::<Vec<_>>().join("\t"));
        } else {
            self.chunk.push_row(RowHead { number, offset: None, mark: Mark::Cells }, cells.iter().copied());
        }
        if let Some(text) = self.cursor_at.and_then(|at| cells[at]) {
            self.greatest.see(text);
        }
        self.last_key.clear();
        self.last_key.extend(self.order.iter().map(|at| cells[*at].unwrap_or_default().to_string()));
        self.flush_page()
    }

    fn flush_page(&mut self) -> Result<(), PullError> {
        let page = self.connector.source.sql.page as usize;
        if !self.chunk.is_full() && self.chunk.len() + self.chunk.faults.len() < page {
            return Ok(());
        }
        self.page_done = true;
        self.flush(true)
    }

    /// How long the database is left alone between two pages.
    fn pause(&mut self) -> Option<Duration> {
        let rate = self.connector.manners.rate_per_sec.filter(|_| self.page_done)?;
        self.page_done = false;
        Some(Duration::from_secs_f64(1.0 / rate))
    }

    fn unreadable(&mut self, error: &sqlx::Error) -> Result<(), PullError> {
        self.rows += 1;
        let error = RowError {
            column: None,
            code: "undecodable",
            zh: format!("数据库返回的值无法解码：{error}"),
            en: format!("a value of the database cannot be decoded: {error}"),
        };
        self.chunk.fault(self.cursor.rows + self.rows, None, error, "");
        self.flush_page()
    }

    fn flush(&mut self, more: bool) -> Result<(), PullError> {
        let connector = self.connector;
        let chunk = std::mem::replace(&mut self.chunk, Chunk::new(self.columns.len()));
        self.faults += chunk.faults.len() as u64;
        if !chunk.is_empty() {
            self.sink.rows(chunk).map_err(|e| PullError::sink(connector, &e))?;
        }
        let rows = self.cursor.rows + self.rows;
        self.context.report(Progress { rows, ..Progress::default() });
        if more {
            let at = if self.cursor_at.is_none() { Some(Position::Key(self.last_key.clone())) } else { None };
            let checkpoint = Cursor { at, since: self.cursor.since.clone(), greatest: self.greatest.value(), rows, ..Cursor::default() };
            self.sink.checkpoint(&checkpoint).map_err(|e| PullError::sink(connector, &e))?;
        }
        if self.context.cancel.is_cancelled() { Err(PullError::cancelled(connector)) } else { Ok(()) }
    }

    fn finish(mut self) -> Result<Pulled, PullError> {
        self.flush(false)?;
        let incremental = self.cursor_at.is_some();
        let since = if incremental { self.greatest.value().or(self.cursor.since.clone()) } else { None };
        Ok(Pulled {
            complete: self.connector.complete && self.cursor.since.is_none(),
            next_cursor: Cursor { since, ..Cursor::default() },
            rows: self.rows,
            faults: self.faults,
            bytes: 0,
            fingerprint: self.fingerprint,
            unchanged: false,
        })
    }
}

/// The same loop over three drivers, whose types have no common name.
macro_rules! stream {
    ($name:ident, $Connection:ty) => {
        async fn $name(connection: &mut $Connection, mut job: Job<'_>) -> Result<Pulled, PullError> {
            let connector = job.connector;
            let limit = Duration::from_secs(connector.manners.read_timeout_secs);
            // The first row may have to wait for the database to sort them all.
            let patience = limit.max(Duration::from_secs(connector.manners.total_timeout_secs));
            // Safe: identifiers are quoted, values are bound; a query of its own comes from the operator's manifest.
            let probe = within(connector, limit, (&mut *connection).prepare(AssertSqlSafe(job.probe()).into_sql_str())).await?;
            if let Some(question) = &connector.source.sql.version {
                let question = format!("SELECT CAST(v AS {}) FROM (SELECT ({}) AS v) AS version", job.dialect.text(), question.trim().trim_end_matches(';'));
                let asked = sqlx::query(AssertSqlSafe(question)).fetch_one(&mut *connection);
                let answer = within(connector, limit, asked).await?;
                let mark: Option<String> = answer.try_get_unchecked(0).map_err(|e| refused(connector, &e))?;
                job.fingerprint = fingerprint(connector, "version", &mark.unwrap_or_default());
                if job.cursor.at.is_none() && job.context.known.as_ref() == Some(&job.fingerprint) {
                    return Ok(unchanged(connector, job.cursor, job.fingerprint));
                }
            }
            job.start(probe.columns().iter().map(|c| (c.name().to_string(), c.type_info().name().to_string())).collect())?;
            let (select, bound) = job.select();
            let mut query = sqlx::query(AssertSqlSafe(select));
            for text in bound {
                query = query.bind(text);
            }
            let mut rows = query.fetch(&mut *connection);
            let width = job.columns.len();
            loop {
                let next = tokio::select! {
                    next = tokio::time::timeout(if job.rows == 0 { patience } else { limit }, rows.next()) => next.map_err(|_| timed_out(connector))?,
                    () = job.context.cancel.cancelled() => return Err(PullError::cancelled(connector)),
                };
                let Some(row) = next else { break };
                let row = row.map_err(|e| refused(connector, &e))?;
                let mut cells: Vec<Option<&str>> = Vec::with_capacity(width);
                let mut bad = None;
                for at in 0..width {
                    match row.try_get_unchecked::<Option<&str>, _>(at) {
                        Ok(cell) => cells.push(cell),
                        Err(error) => {
                            bad = Some(error);
                            break;
                        }
                    }
                }
                match bad {
                    None => job.row(&cells)?,
                    Some(error) => job.unreadable(&error)?,
                }
                if let Some(pause) = job.pause() {
                    tokio::time::sleep(pause).await;
                }
            }
            drop(rows);
            job.finish()
        }
    };
}

use sqlx::SqlSafeStr;
stream!(stream_postgres, PgConnection);
stream!(stream_mysql, MySqlConnection);
stream!(stream_sqlite, SqliteConnection);
