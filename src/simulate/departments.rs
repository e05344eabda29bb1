//! What the departments really have: tax as GB18030 CSV in a drop folder, social insurance as a front-end database (前置库),
//! statistics as XLSX, the union roll as UTF-8 CSV with BOM, commerce as lines that its HTTP service cuts into pages.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use chrono::{Days, NaiveDate};
use rust_xlsxwriter::{Workbook, XlsxError};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use super::city::{City, first_day};
use super::entity::SimulatedRegistry;
use super::error::SimulateError;
use super::extract::{create, stream};
use super::record::{SimulatedRow, header};

/// Rows one workbook takes at most (Excel ends at 1,048,576).
const WORKBOOK_ROWS: u32 = 1_000_000;
/// Rows of one INSERT: fourteen values each, well below SQLite's limit of bound values.
const INSERT_ROWS: usize = 60;
/// The column that says when the insurance registry last touched a row.
pub const UPDATED_AT: &str = "更新时间";

/// Where a department's files are, below the folder of the simulation.
pub fn place(dir: &Path, registry: SimulatedRegistry) -> PathBuf {
    match registry {
        SimulatedRegistry::Commerce => dir.join("commerce/commerce.ndjson"),
        SimulatedRegistry::Tax => dir.join("tax/tax.csv"),
        SimulatedRegistry::SocialInsurance => dir.join("social_insurance/frontend.db"),
        SimulatedRegistry::Statistics => dir.join("statistics"),
        SimulatedRegistry::Unions => dir.join("unions/unions.csv"),
        SimulatedRegistry::Payments => dir.join("payments/payments.csv"),
    }
}

/// Writes all departments' files of a city into `dir`. Returns rows per registry. Files of an earlier day are replaced.
///
/// # Errors
/// `Io` and `Database`: a file cannot be written.
pub async fn write(city: &City, dir: &Path) -> Result<[u64; 6], SimulateError> {
    for registry in SimulatedRegistry::ALL {
        let at = place(dir, registry);
        let folder = if registry == SimulatedRegistry::Statistics { at.as_path() } else { at.parent().unwrap_or(dir) };
        fs::create_dir_all(folder).map_err(|e| SimulateError::io("create", folder, e))?;
    }
    let mut rows = [0; 6];
    let files = {
        let (city, dir) = (city.clone(), dir.to_owned());
        tokio::task::spawn_blocking(move || -> Result<[u64; 6], SimulateError> {
            let mut rows = [0; 6];
            rows[0] = commerce_lines(&city, &place(&dir, SimulatedRegistry::Commerce))?;
            rows[1] = csv_file(&city, SimulatedRegistry::Tax, &place(&dir, SimulatedRegistry::Tax), Encoding::Gb18030)?;
            rows[3] = workbooks(&city, &place(&dir, SimulatedRegistry::Statistics))?;
            rows[4] = csv_file(&city, SimulatedRegistry::Unions, &place(&dir, SimulatedRegistry::Unions), Encoding::Utf8WithBom)?;
            rows[5] = csv_file(&city, SimulatedRegistry::Payments, &place(&dir, SimulatedRegistry::Payments), Encoding::Utf8)?;
            Ok(rows)
        })
    };
    rows[2] = front_end_database(city, &place(dir, SimulatedRegistry::SocialInsurance)).await?;
    let written = files.await.map_err(|e| SimulateError::io("write", dir, std::io::Error::other(e)))??;
    for (count, of_files) in rows.iter_mut().zip(written) {
        *count += of_files;
    }
    Ok(rows)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Gb18030,
    Utf8,
    Utf8WithBom,
}

fn csv_file(city: &City, registry: SimulatedRegistry, path: &Path, encoding: Encoding) -> Result<u64, SimulateError> {
    let mut file = create(path)?;
    let failed = |e: std::io::Error| SimulateError::io("write", path, e);
    if encoding == Encoding::Utf8WithBom {
        file.write_all(b"\xEF\xBB\xBF").map_err(failed)?;
    }
    let put = |file: &mut BufWriter<fs::File>, text: Vec<u8>| match encoding {
        Encoding::Gb18030 => {
            let text = String::from_utf8(text).expect("rows are text");
            file.write_all(&encoding_rs::GB18030.encode(&text).0)
        }
        Encoding::Utf8 | Encoding::Utf8WithBom => file.write_all(&text),
    };
    put(&mut file, csv_text(std::iter::once(header(registry).iter().map(|c| (*c).to_owned()).collect::<Vec<_>>())))
        .map_err(failed)?;
    let count = stream(city, registry, |rows| put(&mut file, csv_text(rows.into_iter().map(|r| r.cells))).map_err(failed))?;
    file.flush().map_err(failed)?;
    Ok(count)
}

fn csv_text(rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    for row in rows {
        writer.write_record(&row).expect("rows of one registry have one length");
    }
    writer.into_inner().expect("a Vec takes everything")
}

/// One JSON object per line, in the order of the registry.
fn commerce_lines(city: &City, path: &Path) -> Result<u64, SimulateError> {
    let mut file = create(path)?;
    let failed = |e: std::io::Error| SimulateError::io("write", path, e);
    let columns = header(SimulatedRegistry::Commerce);
    let count = stream(city, SimulatedRegistry::Commerce, |rows| {
        let mut text = Vec::with_capacity(rows.len() * 600);
        for row in rows {
            let object: serde_json::Map<String, serde_json::Value> =
                columns.iter().zip(row.cells).map(|(c, v)| ((*c).to_owned(), serde_json::Value::String(v))).collect();
            serde_json::to_writer(&mut text, &object).map_err(|e| failed(e.into()))?;
            text.push(b'\n');
        }
        file.write_all(&text).map_err(failed)
    })?;
    file.flush().map_err(failed)?;
    Ok(count)
}

/// One or more workbooks of one sheet each, numbers as numbers.
fn workbooks(city: &City, folder: &Path) -> Result<u64, SimulateError> {
    for old in fs::read_dir(folder).map_err(|e| SimulateError::io("read", folder, e))?.flatten() {
        if old.path().extension().is_some_and(|e| e == "xlsx") {
            fs::remove_file(old.path()).map_err(|e| SimulateError::io("remove", &old.path(), e))?;
        }
    }
    let columns = header(SimulatedRegistry::Statistics);
    let numbers: Vec<bool> = columns.iter().map(|c| c.contains("千元") || c.contains("人数")).collect();
    let failed = |e: XlsxError| SimulateError::io("write", folder, std::io::Error::other(e));
    let mut book = new_workbook(columns).map_err(failed)?;
    let (mut line, mut number) = (0u32, 1);
    let count = stream(city, SimulatedRegistry::Statistics, |rows| {
        for row in rows {
            if line == WORKBOOK_ROWS {
                book.save(folder.join(format!("statistics_{number}.xlsx"))).map_err(failed)?;
                book = new_workbook(columns).map_err(failed)?;
                (line, number) = (0, number + 1);
            }
            line += 1;
            let sheet = book.worksheet_from_index(0).map_err(failed)?;
            for (at, cell) in row.cells.into_iter().enumerate().filter(|(_, c)| !c.is_empty()) {
                match cell.parse::<f64>() {
                    Ok(value) if numbers[at] => sheet.write_number(line, at as u16, value).map_err(failed)?,
                    _ => sheet.write_string(line, at as u16, cell).map_err(failed)?,
                };
            }
        }
        Ok(())
    })?;
    book.save(folder.join(format!("statistics_{number}.xlsx"))).map_err(failed)?;
    Ok(count)
}

fn new_workbook(columns: &[&str]) -> Result<Workbook, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet_with_constant_memory()?;
    sheet.set_name("统计基本单位名录")?;
    for (at, column) in columns.iter().enumerate() {
        sheet.write_string(0, at as u16, *column)?;
    }
    Ok(book)
}

/// A table `social_insurance` with an index for reading on from where one stopped: (更新时间, 单位编号).
async fn front_end_database(city: &City, path: &Path) -> Result<u64, SimulateError> {
    let failed = |source: sqlx::Error| SimulateError::Database { path: path.to_owned(), source };
    for tail in ["", "-wal", "-shm", "-journal"] {
        let old = PathBuf::from(format!("{}{tail}", path.display()));
        if old.exists() {
            fs::remove_file(&old).map_err(|e| SimulateError::io("remove", &old, e))?;
        }
    }
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut database = options.disable_statement_logging().connect().await.map_err(failed)?;
    let columns = header(SimulatedRegistry::SocialInsurance);
    let declared: Vec<String> = columns
        .iter()
        .map(|c| match *c {
            "单位编号" => format!("\"{c}\" TEXT PRIMARY KEY"),
            "参保人数" | "派遣人数" => format!("\"{c}\" INTEGER"),
            _ => format!("\"{c}\" TEXT"),
        })
        .collect();
    // The texts are constants of this module: nothing from outside goes into the statement.
    let table = format!("CREATE TABLE social_insurance ({}, \"{UPDATED_AT}\" TEXT NOT NULL)", declared.join(", "));
    for pragma in ["PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF"] {
        sqlx::query(pragma).execute(&mut database).await.map_err(failed)?;
    }
    sqlx::query(AssertSqlSafe(table)).execute(&mut database).await.map_err(failed)?;
    sqlx::query("BEGIN").execute(&mut database).await.map_err(failed)?;
    let (send, mut receive) = tokio::sync::mpsc::channel::<Vec<SimulatedRow>>(2);
    let city = city.clone();
    let made =
        tokio::task::spawn_blocking(move || stream(&city, SimulatedRegistry::SocialInsurance, |rows| send.blocking_send(rows)));
    let mut count = 0;
    while let Some(rows) = receive.recv().await {
        for rows in rows.chunks(INSERT_ROWS) {
            insert(&mut database, columns, rows).await.map_err(failed)?;
            count += rows.len() as u64;
        }
    }
    // A send fails only where this function has given up receiving, and then it has returned its own error.
    let _ = made.await;
    sqlx::query("COMMIT").execute(&mut database).await.map_err(failed)?;
    sqlx::query(AssertSqlSafe(format!("CREATE INDEX by_update ON social_insurance (\"{UPDATED_AT}\", \"单位编号\")")))
        .execute(&mut database)
        .await
        .map_err(failed)?;
    database.close().await.map_err(failed)?;
    Ok(count)
}

async fn insert(database: &mut SqliteConnection, columns: &[&str], rows: &[SimulatedRow]) -> Result<(), sqlx::Error> {
    let one = format!("({})", vec!["?"; columns.len() + 1].join(", "));
    let text = format!("INSERT INTO social_insurance VALUES {}", vec![one.as_str(); rows.len()].join(", "));
    let mut query = sqlx::query(AssertSqlSafe(text));
    for row in rows {
        for (column, cell) in columns.iter().zip(&row.cells) {
            query = match *column {
                "参保人数" | "派遣人数" => query.bind(cell.parse::<i64>().ok()),
                _ => query.bind(Some(cell.as_str()).filter(|c| !c.is_empty())),
            };
        }
        query = query.bind(updated_at(row));
    }
    query.execute(database).await.map(|_| ())
}

/// When the registry last touched a row: on its day of change, else some day of the two years before the first.
fn updated_at(row: &SimulatedRow) -> String {
    let mark = xxhash_rust::xxh3::xxh3_64(row.cells[0].as_bytes());
    let day: NaiveDate =
        if row.touched > 0 { first_day() + Days::new(row.touched.into()) } else { first_day() - Days::new(1 + mark % 700) };
    format!("{day} {:02}:{:02}:{:02}", 8 + mark / 700 % 10, mark / 7000 % 60, mark / 420_000 % 60)
}
