//! Front-end exchange databases: one SELECT, streamed in the order of its key (or of its cursor column), every value as text.

mod dialect;
mod encoding;
pub(super) mod odbc;
mod opengauss;

use std::borrow::Cow;
use std::str::FromStr;
use std::time::Duration;

use futures_util::StreamExt;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Column, ConnectOptions, Connection, Executor, Row, Statement, TypeInfo};

use super::chunk::{Mark, RowHead};
use super::context::{Cursor, Position, Progress, PullContext, Pulled, RowSink};
use super::csv::nul;
use super::greatest::{Greatest, stepped_back};
use super::{Chunk, Note, PullError};
use crate::connector::{Connector, Encoding, RowError, Source, same_header, split_query};
use dialect::{Dialect, holds_bytes, is_compared_as_text, may_be_no_number, shape, trimmed};

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
            let mut connection = connect_postgres(connector, &options, &url, connect_limit).await?;
            // Times with a zone are shown in the hub's. Where the server does not know it they name their own.
            let zone = format!("SET TIME ZONE '{}'", context.zone.name());
            let _ = within(connector, connect_limit, sqlx::raw_sql(AssertSqlSafe(zone)).execute(&mut connection)).await;
            if matches!(connector.decoding.encoding, Encoding::Named(_)) {
                // The bytes as they are kept: the server would check, or convert, what is not what it is said to be.
                let raw = sqlx::raw_sql("SET client_encoding TO 'SQL_ASCII'").execute(&mut connection);
                within(connector, connect_limit, raw).await?;
            }
            let result = stream_postgres(&mut connection, Job::new(connector, cursor, context, sink, Dialect::Postgres)).await;
            close(connection).await;
            result
        }
        "mysql" | "mariadb" => {
            let url = url.replacen("mariadb:", "mysql:", 1);
            super::http::check_host(connector, context, &url, 3306).await?;
            let options = MySqlConnectOptions::from_str(&url).map_err(|e| refused(connector, &e))?.disable_statement_logging();
            let mut connection = within(connector, connect_limit, MySqlConnection::connect_with(&options)).await?;
            if !split_query(&url).1.iter().any(|(name, _)| matches!(*name, "timezone" | "time-zone")) {
                show_times_in_zone(connector, context, &mut connection).await?;
            }
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

/// PostgreSQL's login, or that of openGauss where it is not understood.
async fn connect_postgres(
    connector: &Connector,
    options: &PgConnectOptions,
    url: &str,
    limit: Duration,
) -> Result<PgConnection, PullError> {
    use opengauss::Failure;
    let misunderstood = match tokio::time::timeout(limit, PgConnection::connect_with(options)).await {
        Err(_) => return Err(timed_out(connector)),
        Ok(Ok(connection)) => return Ok(connection),
        Ok(Err(error @ sqlx::Error::Protocol(_))) => error,
        Ok(Err(error)) => return Err(refused(connector, &error)),
    };
    let password = password_of(url).unwrap_or_default();
    match opengauss::connect(options, &password, limit).await {
        Ok(connection) => Ok(connection),
        Err(Failure::Another) => Err(refused(connector, &misunderstood)),
        Err(Failure::Unknown(code)) => Err(PullError::new(
            connector,
            "opengauss_login",
            format!(
                "openGauss 要求的口令验证方式（代码 {code}）不支持；请数据库管理员设置 password_encryption_type = 1（或 2）后为该账号重设口令，或改用 transport = \"odbc\" 与厂商驱动"
            ),
            format!(
                "openGauss asks for the password in a way (code {code}) that is not known here: have its administrator set password_encryption_type = 1 (or 2) and the account's password anew, or use transport = \"odbc\" with the vendor's driver"
            ),
        )),
        Err(Failure::Refused(words)) => Err(PullError::new(
            connector,
            "unauthorised",
            format!("数据库拒绝登录：{words}；请检查账号与口令（openGauss 的 password_encryption_type 与 pg_hba.conf）"),
            format!(
                "the database refuses the login: {words}; check account and password (password_encryption_type and pg_hba.conf of openGauss)"
            ),
        )),
        Err(Failure::Io(error)) => Err(refused(connector, &sqlx::Error::Io(error))),
        Err(Failure::Driver(error)) => Err(refused(connector, &error)),
    }
}

/// The password of a database address, its escapes taken off.
fn password_of(url: &str) -> Option<String> {
    let url = reqwest::Url::parse(url).ok()?;
    let escaped = url.password()?;
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let hex = behind.get(..2).and_then(|h| u8::from_str_radix(std::str::from_utf8(h).ok()?, 16).ok());
        match hex.filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

/// TIMESTAMP is shown in the session's zone: the hub's by its name (with its summer times of old), or, where the server has no
/// names of zones, by its distance from Greenwich now.
async fn show_times_in_zone(
    connector: &Connector,
    context: &PullContext,
    connection: &mut MySqlConnection,
) -> Result<(), PullError> {
    let limit = Duration::from_secs(connector.manners.connect_timeout_secs);
    let by_name = sqlx::query("SET time_zone = ?").bind(context.zone.name()).execute(&mut *connection);
    if within(connector, limit, by_name).await.is_ok() {
        return Ok(());
    }
    let distance = context.clock.now().with_timezone(&context.zone).format("%:z").to_string();
    let by_distance = sqlx::query("SET time_zone = ?").bind(distance).execute(&mut *connection);
    within(connector, limit, by_distance).await.map(drop)
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

/// The connection string of a place without what is ours: a password may hold a question mark.
fn within_our_params(place: &str) -> String {
    let ours = |(head, query): (&str, &str)| {
        let all = query.split('&').all(|p| p.split_once('=').is_some_and(|(name, _)| OUR_PARAMS.contains(&name)));
        all.then(|| head.to_owned())
    };
    place.rsplit_once('?').and_then(ours).unwrap_or_else(|| place.to_owned())
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
            // PostgreSQL without an encoding of its own checks what it hands out.
            if code == "22021" {
                return PullError::new(
                    connector,
                    "encoding",
                    format!("数据库中的文本不是其声明的编码（{text}）；若是 GBK，请写明 decoding.encoding = \"gbk\"，该批次已暂停"),
                    format!("texts of the database are not in the encoding it states ({text}): where they are GBK write decoding.encoding = \"gbk\"; the batch is held"),
                )
                .held();
            }
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
    /// The encoding in which texts were put into columns of another one.
    encoding: Option<&'static encoding_rs::Encoding>,
    /// Of each column: texts beyond ASCII, and how many of them look like Chinese that passed for a western text.
    suspects: Vec<(u64, u64)>,
    looked_at: bool,
    /// The cursor column sorts otherwise than it counts: every row is read.
    cursor_misleads: bool,
    /// Positions of the columns that order the rows.
    order: Vec<usize>,
    cursor_at: Option<usize>,
    greatest: Greatest,
    chunk: Chunk,
    rows: u64,
    faults: u64,
    last_key: Vec<String>,
    /// Parameters are written `?`, and the end of a probe as every database knows it.
    odbc: bool,
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
            encoding: match connector.decoding.encoding {
                Encoding::Auto => None,
                Encoding::Named(encoding) => Some(encoding),
            },
            suspects: Vec::new(),
            looked_at: false,
            cursor_misleads: false,
            order: Vec::new(),
            cursor_at: None,
            greatest,
            chunk: Chunk::default(),
            rows: 0,
            faults: 0,
            last_key: Vec::new(),
            odbc: false,
            page_done: false,
            fingerprint: String::new(),
        }
    }

    fn through_odbc(
        connector: &'a Connector,
        cursor: Cursor,
        context: &'a PullContext,
        sink: &'a mut dyn RowSink,
        dialect: Dialect,
    ) -> Job<'a> {
        Job { odbc: true, ..Job::new(connector, cursor, context, sink, dialect) }
    }

    /// How the statement writes its parameter of this number.
    fn mark(&self, parameter: usize) -> String {
        if self.odbc || self.dialect == Dialect::MySql { "?".to_owned() } else { format!("${parameter}") }
    }

    fn quoted(&self, name: &str) -> String {
        self.dialect.quoted(name)
    }

    fn relation(&self) -> String {
        let Source { sql, .. } = &self.connector.source;
        match (&sql.query, &sql.table) {
            (Some(query), _) => format!("({}\n) source", trimmed(query)),
            (None, Some(table)) => {
                let table = table.split('.').map(|part| self.dialect.table(part)).collect::<Vec<_>>().join(".");
                format!("{table} source")
            }
            (None, None) => format!("{} source", self.dialect.table(&self.connector.name)),
        }
    }

    /// A column of the table itself: a bare name in ORDER BY would mean the text that the SELECT makes of it.
    fn column(&self, at: usize) -> String {
        format!("source.{}", self.quoted(&self.columns[at]))
    }

    fn probe(&self) -> String {
        // Oracle and SQL Server know no LIMIT.
        let end = if self.odbc { "WHERE 1 = 0" } else { "LIMIT 0" };
        format!("SELECT * FROM {} {end}", self.relation())
    }

    /// Takes the columns that the database reports, and finds those that order the rows.
    fn start(&mut self, columns: Vec<(String, String)>) -> Result<(), PullError> {
        let ignored = |name: &str| self.connector.contract.ignore.iter().any(|i| same_header(i, name));
        let read = self.read_columns(&columns);
        let (kept, left): (Vec<_>, Vec<_>) = columns
            .into_iter()
            .filter(|(name, _)| read(name) || !ignored(name))
            .partition(|(name, kind)| read(name) || !holds_bytes(kind));
        if !left.is_empty() {
            let names = |sep| left.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(sep);
            let note = Note::new(
                "columns_of_bytes",
                format!("未读取图片等二进制列：{}", names("、")),
                format!("columns of bytes (pictures and the like) were not read: {}", names(", ")),
            );
            self.sink.note(note).map_err(|e| PullError::sink(self.connector, &e))?;
        }
        (self.columns, self.types) = kept.into_iter().unzip();
        self.suspects = vec![(0, 0); self.columns.len()];
        let layout = self.connector.layout(&self.columns).map_err(PullError::of)?;
        let ordered = layout.key_positions();
        if let Some(name) = &self.connector.source.sql.cursor {
            let by = |same: &dyn Fn(&str) -> bool| self.columns.iter().position(|c| same(c));
            let at = by(&|c| c == name).or_else(|| by(&|c| same_header(c, name))).ok_or_else(|| {
                let found = match crate::connector::nearest(name, self.columns.iter().map(String::as_str)) {
                    Some(near) => vec![near],
                    None => self.columns.iter().map(String::as_str).take(8).collect(),
                };
                PullError::new(
                    self.connector,
                    "column_missing",
                    format!("没有增量列「{name}」（source.sql.cursor）；有的是「{}」", found.join("」「")),
                    format!("cursor column \"{name}\" missing (source.sql.cursor); found \"{}\"", found.join("\", \"")),
                )
            })?;
            self.cursor_at = Some(at);
            self.order.push(at);
        }
        self.order.extend(ordered.iter().filter(|at| Some(**at) != self.cursor_at));
        self.chunk = Chunk::new(self.columns.len());
        self.sink.columns(&self.columns).map_err(|e| PullError::sink(self.connector, &e))
    }

    /// Whether a column is the cursor, of the key, or read by the contract.
    fn read_columns(&self, columns: &[(String, String)]) -> impl Fn(&str) -> bool + use<> {
        let (contract, sql) = (&self.connector.contract, &self.connector.source.sql);
        let spellings = contract.columns.iter().flat_map(|c| std::iter::once(&c.name).chain(&c.also));
        let combined = contract.combine.iter().flat_map(|c| &c.columns);
        let wanted: Vec<&String> = spellings.chain(combined).chain(&contract.key).chain(&sql.cursor).collect();
        let read: Vec<String> =
            columns.iter().map(|(name, _)| name.clone()).filter(|name| wanted.iter().any(|w| same_header(w, name))).collect();
        move |name: &str| read.iter().any(|r| r == name)
    }

    fn as_text(&self, at: usize) -> String {
        self.dialect.as_text(&self.column(at), &self.types[at])
    }

    /// A text as a value to compare with a column: bound, or written into the statement.
    fn value(&self, at: usize, text: String, bound: &mut Vec<String>) -> String {
        if let Some(literal) = self.dialect.literal(&self.types[at], &text) {
            return literal;
        }
        bound.push(text);
        self.dialect.bound(&self.types[at], &self.mark(bound.len()))
    }

    /// Where the pull goes on in the cursor column; None: at the beginning.
    fn from(&self) -> Option<String> {
        match (&self.cursor.greatest, &self.cursor.since) {
            (Some(greatest), _) if self.cursor.rows > 0 => Some(greatest.clone()),
            (_, Some(since)) => Some(stepped_back(since, self.connector.source.sql.overlap)),
            _ => None,
        }
    }

    /// How many values of a text cursor have their digits elsewhere than the value that the pull goes on from; None where that
    /// need not be asked. The statement and its text to bind.
    fn count_of_other_shapes(&self) -> Option<(String, String)> {
        let at = self.cursor_at?;
        self.from().filter(|_| is_compared_as_text(self.dialect, &self.types[at]))?;
        let from = self.cursor.greatest.as_ref().filter(|_| self.cursor.rows > 0).or(self.cursor.since.as_ref())?;
        let (text, pattern) = (self.as_text(at), self.dialect.bound_text(&self.mark(1)));
        let counted = format!("SELECT {} FROM {} WHERE", self.dialect.counted("COUNT(*)"), self.relation());
        Some((format!("{counted} {} IS NOT NULL AND {text} NOT LIKE {pattern} ESCAPE '!'", self.column(at)), shape(from)))
    }

    /// Texts that sort otherwise than they count are no place to go on from.
    fn cursor_misleads(&mut self) -> Result<(), PullError> {
        self.cursor_misleads = true;
        let name = self.cursor_at.map(|at| self.columns[at].clone()).unwrap_or_default();
        let note = Note::new(
            "cursor_is_text",
            format!("增量列「{name}」是长短不一的文本，按文本排序与按时间或数值不同，本次读取了全部行；建议改用日期时间或数值列"),
            format!(
                "cursor column \"{name}\" holds texts of different shapes, which sort otherwise than they count: all rows were read. A column of times or numbers would be better"
            ),
        );
        self.sink.note(note).map_err(|e| PullError::sink(self.connector, &e))
    }

    /// The statement and its texts to bind.
    fn select(&self) -> (String, Vec<String>) {
        let columns = (0..self.columns.len()).map(|at| self.as_text(at)).collect::<Vec<_>>().join(", ");
        let order = self.order.iter().map(|at| self.column(*at)).collect::<Vec<_>>().join(", ");
        let (mut conditions, mut bound) = (Vec::new(), Vec::new());
        match (self.cursor_at, &self.cursor.at) {
            (Some(at), _) => {
                if let Some(from) = self.from().filter(|_| !self.cursor_misleads) {
                    // A value without a type is compared by what it happens to be: a number is less than any text.
                    let by_text = self.dialect == Dialect::Sqlite && is_compared_as_text(self.dialect, &self.types[at]);
                    let value = if by_text { self.as_text(at) } else { self.column(at) };
                    // Rows that do not say when they changed may have changed.
                    let from = self.value(at, from, &mut bound);
                    conditions.push(format!("({value} >= {from} OR {} IS NULL)", self.column(at)));
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
                let sign = if i == depth { ">" } else { "=" };
                let value = self.value(*at, last[i].clone(), bound);
                parts.push(format!("{} {sign} {value}", self.column(*at)));
            }
            alternatives.push(parts.join(" AND "));
        }
        format!("(({}))", alternatives.join(") OR ("))
    }

    /// The text of a value, in the encoding that the connector names; None where its bytes are no text.
    fn text<'v>(&self, at: usize, bytes: &'v [u8]) -> Option<Option<Cow<'v, str>>> {
        let text = encoding::text(bytes, self.encoding)?;
        let no_number = may_be_no_number(self.dialect, &self.types[at]) && matches!(&*text, "NaN" | "Infinity" | "-Infinity");
        Some((!no_number).then_some(text))
    }

    fn suspect(&mut self, cells: &[Option<&str>]) {
        if self.looked_at || self.encoding.is_some() {
            return;
        }
        for (at, text) in cells.iter().enumerate().filter_map(|(at, c)| c.filter(|t| !t.is_ascii()).map(|t| (at, t))) {
            self.suspects[at].0 += 1;
            self.suspects[at].1 += u64::from(encoding::suspected(text).is_some());
        }
    }

    /// The batch is held where a column's texts are Chinese that passed for a western text: nothing of it may land.
    fn hold_suspects(&mut self, sample: &Chunk) -> Result<(), PullError> {
        if std::mem::replace(&mut self.looked_at, true) {
            return Ok(());
        }
        let Some(at) = self.suspects.iter().position(|(beyond, odd)| *odd > 0 && odd * 10 >= beyond * 9) else { return Ok(()) };
        let column = &self.columns[at];
        let mut texts = (0..sample.len()).filter_map(|row| sample.cells(row).nth(at).flatten());
        let found = texts.find_map(|t| Some((t.chars().take(8).collect::<String>(), encoding::suspected(t)?)));
        let (example, meant) = found.unwrap_or_default();
        Err(PullError::new(
            self.connector,
            "encoding",
            format!("「{column}」列像是中文存进了西文编码的列（如 {example}）；请写明 decoding.encoding = \"{meant}\"，该批次已暂停"),
            format!("column \"{column}\" looks like Chinese kept in a column of a western encoding (such as {example}): write decoding.encoding = \"{meant}\"; the batch is held"),
        )
        .held())
    }

    fn row(&mut self, cells: &[Option<&str>]) -> Result<(), PullError> {
        self.suspect(cells);
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

    /// `what`: why the value of a column is no text.
    fn unreadable(&mut self, at: usize, what: &str) -> Result<(), PullError> {
        self.rows += 1;
        let column = &self.columns[at];
        let error = RowError {
            column: Some(column.clone()),
            code: "undecodable",
            zh: format!(
                "「{column}」列的值不是文本（{what}）；若是 GBK，请写明 decoding.encoding = \"gbk\"；若无须读取，请列入 ignore"
            ),
            en: format!(
                "the value of column \"{column}\" is no text ({what}): write decoding.encoding = \"gbk\" where it is GBK, or name the column under ignore"
            ),
        };
        self.chunk.fault(self.cursor.rows + self.rows, None, error, "");
        self.flush_page()
    }

    fn flush(&mut self, more: bool) -> Result<(), PullError> {
        let connector = self.connector;
        let chunk = std::mem::replace(&mut self.chunk, Chunk::new(self.columns.len()));
        self.hold_suspects(&chunk)?;
        self.faults += chunk.faults.len() as u64;
        if !chunk.is_empty() {
            self.sink.rows(chunk).map_err(|e| PullError::sink(connector, &e))?;
        }
        let rows = self.cursor.rows + self.rows;
        self.context.report(Progress { rows, ..Progress::default() });
        if more {
            let at = if self.cursor_at.is_none() { Some(Position::Key(self.last_key.clone())) } else { None };
            let checkpoint =
                Cursor { at, since: self.cursor.since.clone(), greatest: self.greatest.value(), rows, ..Cursor::default() };
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
                let question = format!("SELECT CAST(v AS {}) FROM (SELECT ({}\n) AS v) AS version", job.dialect.text(), trimmed(question));
                let asked = sqlx::query(AssertSqlSafe(question)).fetch_one(&mut *connection);
                let answer = within(connector, limit, asked).await?;
                let mark: Option<String> = answer.try_get_unchecked(0).map_err(|e| refused(connector, &e))?;
                job.fingerprint = fingerprint(connector, "version", &mark.unwrap_or_default());
                if job.cursor.at.is_none() && job.context.known.as_ref() == Some(&job.fingerprint) {
                    return Ok(unchanged(connector, job.cursor, job.fingerprint));
                }
            }
            job.start(probe.columns().iter().map(|c| (c.name().to_string(), c.type_info().name().to_string())).collect())?;
            if let Some((question, pattern)) = job.count_of_other_shapes() {
                let asked = sqlx::query(AssertSqlSafe(question)).bind(pattern).fetch_one(&mut *connection);
                let answer = within(connector, patience, asked).await?;
                let others: Option<String> = answer.try_get_unchecked(0).map_err(|e| refused(connector, &e))?;
                if others.is_none_or(|n| n.trim() != "0") {
                    job.cursor_misleads()?;
                }
            }
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
                let mut cells: Vec<Option<Cow<'_, str>>> = Vec::with_capacity(width);
                let mut bad = None;
                for at in 0..width {
                    match row.try_get_unchecked::<Option<&[u8]>, _>(at) {
                        Ok(None) => cells.push(None),
                        Ok(Some(bytes)) => match job.text(at, bytes) {
                            Some(text) => cells.push(text),
                            None => bad = bad.or(Some((at, "UTF-8 ✗".to_string()))),
                        },
                        Err(error) => bad = bad.or(Some((at, error.to_string()))),
                    }
                }
                match bad {
                    None => job.row(&cells.iter().map(Option::as_deref).collect::<Vec<_>>())?,
                    Some((at, what)) => job.unreadable(at, &what)?,
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
