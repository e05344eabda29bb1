//! Reads a registry's database through the ODBC driver of its vendor: a program of its own, so that huitu starts where no
//! unixODBC is, and ends a driver that hangs by ending this.
//!
//! In, on standard input, one JSON text a line: first `{"connect": "Driver=…;Server=…", "timeout_secs": 10}`, then any number of
//! `{"sql": "SELECT …", "bind": ["…"], "timeout_secs": 30}`. Out, on standard output: `{"dbms": "…"}`; for every statement
//! `{"columns": [["name", "KIND"]]}`, a list of texts (or nulls) a row, and `{"rows": n}`; or `{"error": {"state": "…", "text": "…"}}`.
//! Every value is fetched as text: what drivers say of the types of columns is not to be relied on. It reads and never writes
//! files, and ends with its input.

use std::io::{BufRead, BufWriter, Stdout, Write};

use odbc_api::{Connection, ConnectionOptions, Cursor, DataType, Environment, Error, IntoParameter, ResultSetMetadata};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Login {
    connect: String,
    timeout_secs: u32,
}

#[derive(Deserialize)]
struct Question {
    sql: String,
    #[serde(default)]
    bind: Vec<String>,
    timeout_secs: usize,
}

/// Statements that fail are told; a session that cannot go on ends the program.
enum Fault {
    Odbc(Error),
    Ended(std::io::Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault::Odbc(error)
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Fault {
        Fault::Ended(error)
    }
}

fn main() -> std::process::ExitCode {
    match run() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("huitu-odbc: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

/// The driver manager converts texts for drivers that know none of its wide functions by the charset of the locale.
fn texts_are_utf8() {
    for locale in [c"C.UTF-8", c"C.utf8", c"en_US.UTF-8", c"zh_CN.UTF-8"] {
        // SAFETY: called once, before any other thread or driver is there; the text is ended by a NUL.
        if unsafe { !libc::setlocale(libc::LC_CTYPE, locale.as_ptr()).is_null() } {
            return;
        }
    }
}

fn run() -> std::io::Result<()> {
    texts_are_utf8();
    let mut input = std::io::stdin().lock().lines();
    let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout());
    let Some(line) = input.next().transpose()? else { return Ok(()) };
    let login: Login = serde_json::from_str(&line)?;
    let secrets = secrets(&login.connect);
    let told = |error: Error, out: &mut BufWriter<Stdout>| say(out, &failure(&error, &secrets));
    let environment = match Environment::new() {
        Ok(environment) => environment,
        Err(error) => return told(error, &mut out),
    };
    let options = ConnectionOptions { login_timeout_sec: Some(login.timeout_secs), ..ConnectionOptions::default() };
    // Not all drivers know the option.
    let connected = environment.connect_with_connection_string(&login.connect, options);
    let connected = match connected {
        Err(Error::Diagnostics { ref record, .. }) if record.state.as_str() == "HYC00" => {
            environment.connect_with_connection_string(&login.connect, ConnectionOptions::default())
        }
        other => other,
    };
    let connection = match connected {
        Ok(connection) => connection,
        Err(error) => return told(error, &mut out),
    };
    let dbms = connection.database_management_system_name().unwrap_or_default();
    say(&mut out, &json!({ "dbms": plain(&dbms) }))?;
    for line in input {
        let question: Question = serde_json::from_str(&line?)?;
        match answer(&connection, &question, &mut out) {
            Ok(()) => {}
            Err(Fault::Odbc(error)) => told(error, &mut out)?,
            Err(Fault::Ended(error)) => return Err(error),
        }
    }
    Ok(())
}

fn say(out: &mut BufWriter<Stdout>, answer: &serde_json::Value) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, answer)?;
    out.write_all(b"\n")?;
    out.flush()
}

fn answer(connection: &Connection<'_>, question: &Question, out: &mut BufWriter<Stdout>) -> Result<(), Fault> {
    let bound: Vec<_> = question.bind.iter().map(|text| text.as_str().into_parameter()).collect();
    let run = |timeout: Option<usize>| match bound.is_empty() {
        true => connection.execute(&question.sql, (), timeout),
        false => connection.execute(&question.sql, bound.as_slice(), timeout),
    };
    let found = match run(Some(question.timeout_secs)) {
        Err(Error::Diagnostics { ref record, .. }) if record.state.as_str() == "HYC00" => run(None),
        found => found,
    };
    let Some(mut cursor) = found? else {
        say(out, &json!({ "columns": [] }))?;
        return Ok(say(out, &json!({ "rows": 0 }))?);
    };
    let width = u16::try_from(cursor.num_result_cols()?).unwrap_or(0);
    let mut columns = Vec::new();
    for at in 1..=width {
        let kind = cursor.col_data_type(at).map_or("", |kind| name_of(&kind));
        columns.push(json!([plain(&cursor.col_name(at)?), kind]));
    }
    say(out, &json!({ "columns": columns }))?;
    let (mut rows, mut text): (u64, Vec<u16>) = (0, Vec::new());
    while let Some(mut row) = cursor.next_row()? {
        let mut cells: Vec<Option<String>> = Vec::with_capacity(width.into());
        for at in 1..=width {
            let there = row.get_wide_text(at, &mut text)?;
            cells.push(there.then(|| String::from_utf16_lossy(&text)));
        }
        serde_json::to_writer(&mut *out, &cells).map_err(std::io::Error::from)?;
        out.write_all(b"\n")?;
        rows += 1;
    }
    Ok(say(out, &json!({ "rows": rows }))?)
}

/// Names of some drivers carry NULs behind them.
fn plain(name: &str) -> String {
    name.trim_end_matches('\0').replace('\0', "")
}

/// What a driver says of a column's type, for comparing with its order; its values are texts.
fn name_of(kind: &DataType) -> &'static str {
    match kind {
        DataType::TinyInt | DataType::SmallInt | DataType::Integer | DataType::BigInt => "BIGINT",
        DataType::Numeric { .. } | DataType::Decimal { .. } => "NUMERIC",
        DataType::Float { .. } | DataType::Real | DataType::Double => "FLOAT",
        DataType::Bit => "BIT",
        DataType::Date => "DATE",
        DataType::Timestamp { .. } => "TIMESTAMP",
        DataType::Binary { .. } | DataType::Varbinary { .. } | DataType::LongVarbinary { .. } => "BLOB",
        _ => "TEXT",
    }
}

/// The passwords of a connection string.
fn secrets(connect: &str) -> Vec<String> {
    let named = |part: &str| {
        let (name, value) = part.split_once('=')?;
        let secret = matches!(name.trim().to_ascii_lowercase().as_str(), "pwd" | "password");
        secret.then(|| value.trim_matches(['{', '}', ' ']).to_owned())
    };
    connect.split(';').filter_map(named).filter(|s| !s.is_empty()).collect()
}

fn failure(error: &Error, secrets: &[String]) -> serde_json::Value {
    let (state, text) = match error {
        Error::Diagnostics { record, .. } => (record.state.as_str().to_owned(), String::from_utf16_lossy(&record.message)),
        other => (String::new(), other.to_string()),
    };
    let text = secrets.iter().fold(plain(&text), |text, secret| text.replace(secret.as_str(), "****"));
    json!({ "error": { "state": state, "text": text } })
}
