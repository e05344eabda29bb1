//! Front-end exchange databases: one SELECT, streamed in the order of its key (or of its cursor column), every value as text.

mod dialect;
mod encoding;
mod job;
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

use super::context::{Cursor, PullContext, Pulled, RowSink};
use super::error::PullError;
use crate::connector::{Connector, Encoding, split_query};
use dialect::{Dialect, trimmed};
use job::Job;

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
            let options = PgConnectOptions::from_str(&url).map_err(|e| refused(connector, &e))?.disable_statement_logging();
            let socket = options.get_socket().map(|path| path.as_path());
            super::http::check_database(connector, context, options.get_host(), options.get_port(), socket).await?;
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
            let options = MySqlConnectOptions::from_str(&url).map_err(|e| refused(connector, &e))?.disable_statement_logging();
            let socket = options.get_socket().map(|path| path.as_path());
            super::http::check_database(connector, context, options.get_host(), options.get_port(), socket).await?;
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

/// The same loop over three drivers, whose types have no common name.
macro_rules! stream {
    ($name:ident, $Connection:ty) => {
        async fn $name(connection: &mut $Connection, mut job: Job<'_>) -> Result<Pulled, PullError> {
            let connector = job.connector;
            let limit = Duration::from_secs(connector.manners.read_timeout_secs);
            // The first row may have to wait for the database to sort them all.
            let time_limit = limit.max(Duration::from_secs(connector.manners.total_timeout_secs));
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
                let answer = within(connector, time_limit, asked).await?;
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
                    next = tokio::time::timeout(if job.rows == 0 { time_limit } else { limit }, rows.next()) => next.map_err(|_| timed_out(connector))?,
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
