//! Databases that speak no protocol of ours, through the ODBC driver of their vendor: rows come from the program `huitu-odbc`
//! through a pipe. It links unixODBC, which huitu must start without, and a driver that hangs is ended with it.
//!
//! In: a connector whose place is an ODBC connection string. Out: as of any database. Every value comes as text.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::dialect::{Dialect, trimmed};
use super::job::Job;
use super::{fingerprint, timed_out, unchanged, within_our_params};
use crate::connector::Connector;
use crate::pull::PullError;
use crate::pull::context::{Cursor, PullContext, Pulled, RowSink};

const PROGRAM: &str = "huitu-odbc";
/// Where the program is, where it is neither beside huitu nor in the PATH.
const PROGRAM_VARIABLE: &str = "HUITU_ODBC";

/// One line of the program.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Row(Vec<Option<String>>),
    Said(Said),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Said {
    Dbms(String),
    Columns(Vec<(String, String)>),
    Rows(u64),
    Error { state: String, text: String },
}

struct Session<'a> {
    connector: &'a Connector,
    child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    /// Rows of this statement so far.
    came: u64,
}

/// Streams the table or query of the connector, from `cursor` on.
pub(in crate::pull) async fn pull(
    connector: &Connector,
    cursor: Cursor,
    context: &PullContext,
    sink: &mut dyn RowSink,
) -> Result<Pulled, PullError> {
    let place = connector.source.resolved_place(&connector.name).map_err(PullError::of)?;
    let place = place.strip_prefix("odbc:").unwrap_or(&place);
    let (mut session, dbms) = Session::open(connector, &within_our_params(place)).await?;
    let dialect = dialect_of(&dbms);
    // Times with a zone are shown in the hub's, as far as the database knows it.
    let zone = context.zone.name();
    for statement in match dialect {
        Dialect::Postgres => vec![format!("SET TIME ZONE '{zone}'")],
        Dialect::MySql => {
            let distance = context.clock.now().with_timezone(&context.zone).format("%:z");
            vec![format!("SET time_zone = '{distance}'"), format!("SET time_zone = '{zone}'")]
        }
        _ => Vec::new(),
    } {
        let _ = session.first_row(&statement, &[]).await;
    }
    let pulled = stream(&mut session, Job::through_odbc(connector, cursor, context, sink, dialect), context).await;
    let _ = session.child.start_kill();
    pulled
}

fn dialect_of(dbms: &str) -> Dialect {
    let name = dbms.to_ascii_lowercase();
    let is = |words: &[&str]| words.iter().any(|w| name.contains(w));
    match () {
        () if is(&["postgres", "kingbase", "gauss", "vastbase", "highgo"]) => Dialect::Postgres,
        () if is(&["mysql", "mariadb", "oceanbase"]) => Dialect::MySql,
        () if is(&["sqlite"]) => Dialect::Sqlite,
        () => Dialect::Other,
    }
}

async fn stream(session: &mut Session<'_>, mut job: Job<'_>, context: &PullContext) -> Result<Pulled, PullError> {
    let connector = job.connector;
    let columns = session.ask(&job.probe(), &[]).await?;
    while session.next().await?.is_some() {}
    if let Some(question) = &connector.source.sql.version {
        let mark = session.first_row(trimmed(question), &[]).await?.and_then(|row| row.into_iter().next().flatten());
        job.fingerprint = fingerprint(connector, "version", &mark.unwrap_or_default());
        if job.cursor.at.is_none() && context.known.as_ref() == Some(&job.fingerprint) {
            return Ok(unchanged(connector, job.cursor, job.fingerprint));
        }
    }
    job.start(columns)?;
    if let Some((question, pattern)) = job.count_of_other_shapes() {
        let others = session.first_row(&question, &[pattern]).await?.and_then(|row| row.into_iter().next().flatten());
        if others.is_none_or(|n| n.trim() != "0") {
            job.cursor_misleads()?;
        }
    }
    let (select, bound) = job.select();
    session.ask(&select, &bound).await?;
    loop {
        let row = tokio::select! {
            row = session.next() => row?,
            () = context.cancel.cancelled() => return Err(PullError::cancelled(connector)),
        };
        let Some(row) = row else { break };
        let mut cells = Vec::with_capacity(row.len());
        for (at, cell) in row.iter().enumerate() {
            // The program gives nothing but texts: none is unreadable.
            cells.push(cell.as_deref().and_then(|text| job.text(at, text.as_bytes())).flatten());
        }
        job.row(&cells.iter().map(Option::as_deref).collect::<Vec<_>>())?;
        if let Some(pause) = job.pause() {
            tokio::time::sleep(pause).await;
        }
    }
    job.finish()
}

impl<'a> Session<'a> {
    /// Starts the program and logs in; with the name of the database.
    async fn open(connector: &'a Connector, connect: &str) -> Result<(Session<'a>, String), PullError> {
        let program = program();
        let mut command = Command::new(&program);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(|e| not_started(connector, &program, &e))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(not_started(connector, &program, &std::io::ErrorKind::BrokenPipe.into()));
        };
        let mut session = Session { connector, child, input, lines: BufReader::new(output).lines(), came: 0 };
        let limit = connector.manners.connect_timeout_secs;
        session.send(&json!({ "connect": connect, "timeout_secs": limit })).await?;
        // The driver has its own limit; one that does not heed it is ended.
        match session.line(Duration::from_secs(limit + 2)).await? {
            Line::Said(Said::Dbms(dbms)) => Ok((session, dbms)),
            other => Err(session.unexpected(other)),
        }
    }

    async fn send(&mut self, line: &serde_json::Value) -> Result<(), PullError> {
        let text = format!("{line}\n");
        match self.input.write_all(text.as_bytes()).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.ended().await),
        }
    }

    /// Runs a statement; its columns with their kinds.
    async fn ask(&mut self, sql: &str, bind: &[String]) -> Result<Vec<(String, String)>, PullError> {
        let time_limit = self.connector.manners.read_timeout_secs.max(self.connector.manners.total_timeout_secs);
        self.send(&json!({ "sql": sql, "bind": bind, "timeout_secs": time_limit })).await?;
        self.came = 0;
        match self.line(Duration::from_secs(time_limit + 2)).await? {
            Line::Said(Said::Columns(columns)) => Ok(columns),
            other => Err(self.unexpected(other)),
        }
    }

    /// The next row of the statement; None behind the last.
    async fn next(&mut self) -> Result<Option<Vec<Option<String>>>, PullError> {
        match self.line(Duration::from_secs(self.connector.manners.read_timeout_secs)).await? {
            Line::Row(row) => {
                self.came += 1;
                Ok(Some(row))
            }
            Line::Said(Said::Rows(sent)) if sent == self.came => Ok(None),
            other => Err(self.unexpected(other)),
        }
    }

    async fn first_row(&mut self, sql: &str, bind: &[String]) -> Result<Option<Vec<Option<String>>>, PullError> {
        self.ask(sql, bind).await?;
        let first = self.next().await?;
        if first.is_some() {
            while self.next().await?.is_some() {}
        }
        Ok(first)
    }

    async fn line(&mut self, limit: Duration) -> Result<Line, PullError> {
        match tokio::time::timeout(limit, self.lines.next_line()).await {
            Err(_) => {
                let _ = self.child.start_kill();
                Err(timed_out(self.connector))
            }
            Ok(Ok(Some(line))) => match serde_json::from_str(&line) {
                Ok(line) => Ok(line),
                Err(_) => Err(broken(self.connector, &line)),
            },
            Ok(_) => Err(self.ended().await),
        }
    }

    fn unexpected(&self, line: Line) -> PullError {
        match line {
            Line::Said(Said::Error { state, text }) => refused(self.connector, &state, &text),
            _ => broken(self.connector, "?"),
        }
    }

    /// Why the program has ended, from what it said last.
    async fn ended(&mut self) -> PullError {
        let mut said = String::new();
        if let Some(errors) = self.child.stderr.take() {
            let mut errors = errors.take(4_096);
            let read = errors.read_to_string(&mut said);
            let _ = tokio::time::timeout(Duration::from_secs(2), read).await;
        }
        if said.contains("libodbc") {
            return PullError::new(
                self.connector,
                "odbc_missing",
                "本机没有 unixODBC：请安装 unixodbc（apt-get install unixodbc，或 dnf install unixODBC）以及数据库厂商的 ODBC 驱动",
                "there is no unixODBC here: install unixodbc (apt-get install unixodbc, or dnf install unixODBC) and the ODBC driver of the database's vendor",
            );
        }
        broken(self.connector, said.trim())
    }
}

/// Beside huitu itself, else in the PATH, unless the environment names it.
fn program() -> PathBuf {
    if let Some(named) = std::env::var_os(PROGRAM_VARIABLE) {
        return named.into();
    }
    let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join(PROGRAM)));
    beside.filter(|p| p.is_file()).unwrap_or_else(|| PROGRAM.into())
}

fn not_started(connector: &Connector, program: &Path, error: &std::io::Error) -> PullError {
    let shown = program.display();
    PullError::new(
        connector,
        "odbc_program_missing",
        format!(
            "无法启动 {shown}（{error}）：transport = \"odbc\" 需要程序 {PROGRAM}（在源码的 odbc 目录中 cargo build --release），请放在 huitu 旁边或 PATH 中，或用环境变量 {PROGRAM_VARIABLE} 指明；它还需要 unixodbc 和数据库厂商的驱动"
        ),
        format!(
            "{shown} cannot be started ({error}): transport = \"odbc\" needs the program {PROGRAM} (cargo build --release in the folder odbc of the source) beside huitu, in the PATH, or where {PROGRAM_VARIABLE} says; it needs unixodbc and the vendor's driver in turn"
        ),
    )
}

fn broken(connector: &Connector, said: &str) -> PullError {
    let said: String = said.chars().filter(|c| !c.is_control()).take(200).collect();
    PullError::new(
        connector,
        "odbc_broke",
        format!("ODBC 驱动或 {PROGRAM} 异常结束（{said}）；请升级驱动，或换用厂商的其他驱动"),
        format!("the ODBC driver or {PROGRAM} broke off ({said}): update the driver, or use another one of the vendor's"),
    )
    .retryable()
}

fn refused(connector: &Connector, state: &str, text: &str) -> PullError {
    let no_driver = state == "IM002" || state == "IM003" || (state == "01000" && text.contains("Can't open lib"));
    if no_driver {
        return PullError::new(
            connector,
            "odbc_driver_missing",
            format!(
                "没有可用的 ODBC 驱动（{text}）：请安装数据库厂商的驱动并登记到 odbcinst.ini（odbcinst -q -d 列出已有的），在 source.place 中写 Driver=驱动名 或 DSN=数据源名"
            ),
            format!(
                "there is no such ODBC driver ({text}): install the one of the database's vendor and name it in odbcinst.ini (odbcinst -q -d lists what is there), then write Driver=NAME or DSN=NAME in source.place"
            ),
        );
    }
    if state.starts_with("08") || state.starts_with("HYT") {
        return PullError::new(
            connector,
            "unreachable",
            format!("无法连接数据库或连接中断：{text}；请检查地址与网络"),
            format!("the database cannot be reached, or broke off: {text}; check the address and the network"),
        )
        .retryable();
    }
    let code = if state.starts_with("28") { "unauthorised" } else { "sql" };
    PullError::new(
        connector,
        code,
        format!("数据库拒绝（{state}）：{text}；请检查账号权限、表名与列名"),
        format!("the database refuses ({state}): {text}; check the account's rights, table and columns"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_are_known_by_what_their_drivers_call_them() {
        for (dbms, dialect) in [
            ("PostgreSQL", Dialect::Postgres),
            ("KingbaseES", Dialect::Postgres),
            ("MariaDB", Dialect::MySql),
            ("SQLite", Dialect::Sqlite),
            ("Oracle", Dialect::Other),
            ("DM8", Dialect::Other),
            ("DM DBMS", Dialect::Other),
            ("Microsoft SQL Server", Dialect::Other),
        ] {
            assert_eq!(dialect_of(dbms), dialect, "{dbms}");
        }
    }
}
