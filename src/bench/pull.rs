//! `huitu bench pull`: how quickly rows come from a registry into the store, from the first byte to the commit.
//!
//! Every figure is the whole path: read, decode, spool, compare, one landing transaction on a real store in a temporary
//! folder. The rows are the commerce registry of a simulated city, as a CSV file, as a workbook, an XLS of four sheets and a DBF (its first 200,000 rows) and as
//! JSON pages of a thousand over HTTP on 127.0.0.1; the simulated registry answers from this same process, so its CPU time is counted in the HTTP figures.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail};
use serde::Serialize;

use crate::config::Settings;
use crate::hub::Hub;
use crate::land::receipt::{Receipt, SyncOutcome};
use crate::model::Clock;
use crate::model::text::grouped;
use crate::simulate::{City, CommerceOptions, SimulatedRegistry, header, serve_commerce, stream};

const REGISTRY: &str = "commerce";
/// Rows per second.
const HTTP_BAR: f64 = 60_000.0;
const CSV_BAR: f64 = 100_000.0;
/// Rows of the workbook.
const WORKBOOK_ROWS: i64 = 200_000;
const COPY_BAR: f64 = 150_000.0;
const DBF_BAR: f64 = 100_000.0;
/// A pull without changes against the first one.
const AGAIN_BAR: f64 = 3.0;

/// One pull into one store.
#[derive(Debug, Serialize)]
struct Figure {
    what: String,
    rows: i64,
    seconds: f64,
    cpu_seconds: f64,
    rows_per_second: f64,
    bar: Option<f64>,
    /// How many times faster than the first pull, and the bar.
    times_faster: Option<f64>,
    times_bar: Option<f64>,
    peak_megabytes: i64,
}

/// What is measured.
#[derive(Debug)]
pub struct PullBench {
    pub rows: u64,
    pub seed: u64,
    pub postgres: Option<String>,
    /// The ways that are measured; all where there is none.
    pub only: Vec<String>,
    /// Files beside them.
    pub files: Vec<PathBuf>,
}

/// Pulls the rows by every way into the embedded store, and into PostgreSQL where an address is given.
///
/// # Errors
/// A folder that cannot be written, a pull that fails or lands other than every row.
pub async fn run(settings: &Settings, json: bool, bench: PullBench) -> anyhow::Result<()> {
    let PullBench { rows, seed, postgres, only, files } = bench;
    let dir = tempfile::tempdir().context("no temporary folder")?;
    let written = write(dir.path(), seed, rows)?;
    if !json {
        println!(
            "{} rows of a simulated commerce registry; a peak is the process's resident set during that pull\n",
            grouped(written)
        );
    }
    let options = CommerceOptions { listen: ([127, 0, 0, 1], 0).into(), token: None, requests_per_sec: 0 };
    let old = old_formats(dir.path())?;
    if !json && (!old.xls || old.calamine.is_empty()) {
        println!("NOT MEASURED: XLS needs Python's xlwt, and its yardstick python-calamine: pip install xlwt python-calamine\n");
    }
    let service = serve_commerce(&dir.path().join("rows.ndjson"), options).await?;
    let csv = dir.path().join("rows.csv").display().to_string();
    let quarter = dir.path().join("quarter.csv").display().to_string();
    let xlsx = dir.path().join("rows.xlsx").display().to_string();
    let name = |path: &PathBuf| path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let given: Vec<(String, String)> = files.iter().map(|f| (name(f), f.display().to_string())).collect();
    let mut figures = Vec::new();
    let mut stores = vec![("SQLite", None, CSV_BAR)];
    if let Some(url) = &postgres {
        stores.push(("PostgreSQL by COPY", Some(url.as_str()), COPY_BAR));
    }
    for (store, url, bar) in stores {
        let place = service.place();
        let mut ways = vec![
            ("CSV, a quarter".to_owned(), quarter.as_str(), None),
            ("CSV".to_owned(), csv.as_str(), Some(bar)),
            ("HTTP JSON".to_owned(), place.as_str(), Some(HTTP_BAR)),
            ("XLSX".to_owned(), xlsx.as_str(), None),
        ];
        let (xls, dbf) = (dir.path().join("rows.xls"), dir.path().join("rows.dbf"));
        let (xls, dbf) = (xls.display().to_string(), dbf.display().to_string());
        if old.xls {
            ways.push(("XLS".to_owned(), xls.as_str(), None));
        }
        ways.push(("DBF".to_owned(), dbf.as_str(), None));
        ways.extend(given.iter().map(|(name, place)| (name.clone(), place.as_str(), None)));
        ways.retain(|(way, ..)| only.is_empty() || only.iter().any(|wanted| wanted.eq_ignore_ascii_case(way)));
        for (way, place, bar) in ways {
            let mut found = measure(settings, dir.path(), &format!("{way} → {store}"), place, url, bar).await?;
            // Read by another program, without landing: what the whole path here is held against.
            let calamine = old.calamine.iter().find(|(what, ..)| *what == way);
            let bar = if way == "DBF" { Some(DBF_BAR) } else { calamine.map(|(_, rows, seconds)| *rows as f64 / seconds) };
            found[0].bar = found[0].bar.or(bar);
            if !json {
                found.iter().for_each(show);
            }
            figures.extend(found);
        }
    }
    service.stop().await;
    if json {
        println!("{}", serde_json::to_string_pretty(&figures)?);
    }
    Ok(())
}

/// What there is of old formats.
struct Old {
    xls: bool,
    /// Rows and seconds that python-calamine takes for a workbook, by the name of the way.
    calamine: Vec<(&'static str, i64, f64)>,
}

fn old_formats(dir: &Path) -> anyhow::Result<Old> {
    let (csv, xls) = (dir.join("rows.csv"), dir.join("rows.xls"));
    super::old_formats::write_dbf(&csv, &dir.join("rows.dbf"), WORKBOOK_ROWS as usize)?;
    let written = super::old_formats::write_xls(&csv, &xls);
    let mut books = vec![("XLSX", dir.join("rows.xlsx"))];
    if written {
        books.push(("XLS", xls));
    }
    let read = |(way, book): (&'static str, std::path::PathBuf)| {
        let (rows, seconds) = super::old_formats::yardstick(&book)?;
        Some((way, rows, seconds))
    };
    Ok(Old { xls: written, calamine: books.into_iter().filter_map(read).collect() })
}

/// The connector of the registry with names of columns as a DBF keeps them.
fn short_names(dir: &Path) -> anyhow::Result<PathBuf> {
    let folder = dir.join("short_names");
    std::fs::create_dir_all(folder.join(REGISTRY))?;
    let text = crate::connector::embedded_file(&format!("{REGISTRY}/connector.toml")).unwrap_or_default();
    let mut text = String::from_utf8(text)?;
    for column in header(SimulatedRegistry::Commerce) {
        text = text.replace(&format!("\"{column}\""), &format!("\"{}\"", super::old_formats::short(column)));
    }
    std::fs::write(folder.join(REGISTRY).join("connector.toml"), text)?;
    Ok(folder)
}

fn show(f: &Figure) {
    let (figure, bar) = match (f.times_faster, f.times_bar) {
        (Some(times), Some(bar)) => (format!("{times:.1} × the first pull"), format!("≥ {bar:.0} ×")),
        _ => (
            format!("{:>7} rows/s", grouped(f.rows_per_second as i64)),
            f.bar.map_or("—".to_owned(), |b| format!("≥ {}", grouped(b as i64))),
        ),
    };
    let met = match (f.times_faster.zip(f.times_bar), f.bar) {
        (Some((times, bar)), _) => Some(times >= bar),
        (_, Some(bar)) => Some(f.rows_per_second >= bar),
        _ => None,
    };
    let met = met.map_or("", |m| if m { "✓" } else { "✗" });
    println!(
        "{:<52} {figure:>22}   {bar:<10} {met:<1}  {:>6.2} s  {:>6.2} s CPU  peak {} MB",
        f.what, f.seconds, f.cpu_seconds, f.peak_megabytes
    );
}

/// The same rows as CSV, as lines of JSON, their first quarter as CSV, and the first [`WORKBOOK_ROWS`] as a workbook.
fn write(dir: &Path, seed: u64, rows: u64) -> anyhow::Result<i64> {
    let columns = header(SimulatedRegistry::Commerce);
    let file = |name: &str| csv::Writer::from_path(dir.join(name)).with_context(|| format!("cannot write {name}"));
    let (mut csv, mut quarter) = (file("rows.csv")?, file("quarter.csv")?);
    let mut json = std::io::BufWriter::new(std::fs::File::create(dir.join("rows.ndjson"))?);
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet_with_constant_memory()?;
    for (at, column) in columns.iter().enumerate() {
        sheet.write_string(0, at as u16, *column)?;
    }
    csv.write_record(columns)?;
    quarter.write_record(columns)?;
    let mut written = 0i64;
    stream(&City::new(seed, rows, 0), SimulatedRegistry::Commerce, |made| -> anyhow::Result<()> {
        for row in made {
            if written < rows as i64 / 4 {
                quarter.write_record(&row.cells)?;
            }
            if written < WORKBOOK_ROWS {
                for (at, cell) in row.cells.iter().enumerate().filter(|(_, c)| !c.is_empty()) {
                    match cell.parse::<f64>().ok().filter(|_| cell.len() <= 15 && !cell.starts_with('0')) {
                        Some(number) => sheet.write_number(written as u32 + 1, at as u16, number)?,
                        None => sheet.write_string(written as u32 + 1, at as u16, cell)?,
                    };
                }
            }
            csv.write_record(&row.cells)?;
            let object: serde_json::Map<String, serde_json::Value> =
                columns.iter().zip(row.cells).map(|(c, v)| ((*c).to_owned(), serde_json::Value::String(v))).collect();
            serde_json::to_writer(&mut json, &object)?;
            json.write_all(b"\n")?;
            written += 1;
        }
        Ok(())
    })?;
    csv.flush()?;
    quarter.flush()?;
    json.flush()?;
    book.save(dir.join("rows.xlsx"))?;
    Ok(written)
}

/// The first pull, every row read again, and a source that says it has not changed.
async fn measure(
    settings: &Settings,
    dir: &Path,
    what: &str,
    place: &str,
    postgres: Option<&str>,
    bar: Option<f64>,
) -> anyhow::Result<Vec<Figure>> {
    let data = tempfile::tempdir_in(dir)?;
    let database = match postgres {
        Some(url) => Some(Database::create(url).await?),
        None => None,
    };
    let mut settings = settings.clone();
    settings.data = data.path().to_owned();
    settings.store = database.as_ref().map(|d| d.url.clone());
    settings.sources = [(REGISTRY.to_owned(), place.to_owned())].into();
    settings.connectors = if place.ends_with(".dbf") { Some(short_names(dir)?) } else { None };
    // The connector asks for a credential; the simulated registry lets everybody in.
    let token = data.path().join("token");
    std::fs::write(&token, "none")?;
    settings.secrets = [(REGISTRY.to_owned(), token)].into();
    let mut hub = Hub::open(settings, Clock::System).await?;
    hub.allow_private = true;
    let (first, mut figure) = timed(&hub, what, false).await?;
    figure.bar = bar;
    if first.outcome != SyncOutcome::Landed || first.added != first.read {
        bail!("the first pull was to land every row: {first:?}");
    }
    let mut figures = vec![figure];
    if bar.is_some() {
        let (again, figure) = timed(&hub, "  again, every row read, none changed", true).await?;
        if again.unchanged != first.read || again.added + again.changed + again.gone != 0 {
            bail!("nothing was to change: {again:?}");
        }
        figures.push(figure);
        let (again, figure) = timed(&hub, "  again, as every sync does it", false).await?;
        if again.added + again.changed + again.gone != 0 {
            bail!("nothing was to change: {again:?}");
        }
        figures.push(figure);
        let seconds = figures[0].seconds;
        for again in &mut figures[1..] {
            (again.times_faster, again.times_bar) = (Some(seconds / again.seconds), Some(AGAIN_BAR));
        }
    }
    hub.store.close().await;
    if let Some(database) = database {
        database.drop().await?;
    }
    Ok(figures)
}

async fn timed(hub: &Hub, what: &str, full: bool) -> anyhow::Result<(Receipt, Figure)> {
    super::usage::forget_peak();
    let (began, cpu) = (Instant::now(), super::usage::cpu_seconds());
    let receipt = hub.pull_and_land(REGISTRY, full).await?;
    let seconds = began.elapsed().as_secs_f64();
    let rows = if receipt.read > 0 { receipt.read } else { receipt.unchanged };
    let figure = Figure {
        what: what.to_owned(),
        rows,
        seconds,
        cpu_seconds: super::usage::cpu_seconds() - cpu,
        rows_per_second: rows as f64 / seconds,
        bar: None,
        times_faster: None,
        times_bar: None,
        peak_megabytes: super::usage::peak_since_forgotten(),
    };
    Ok((receipt, figure))
}

/// A database of this measurement alone.
struct Database {
    server: String,
    name: String,
    url: String,
}

impl Database {
    async fn create(server: &str) -> anyhow::Result<Database> {
        let Some((base, tail)) = server.split_once("://").and_then(|(_, rest)| rest.split_once('/')) else {
            bail!("--postgres {}: write postgres://user@host:port/database", crate::store::masked(server));
        };
        let name = format!("huitu_bench_{}", std::process::id());
        let query = tail.split_once('?').map_or(String::new(), |(_, query)| format!("?{query}"));
        let database = Database { server: server.to_owned(), url: format!("postgres://{base}/{name}{query}"), name };
        database.run("DROP DATABASE IF EXISTS").await?;
        database.run("CREATE DATABASE").await?;
        Ok(database)
    }

    async fn drop(self) -> anyhow::Result<()> {
        self.run("DROP DATABASE").await
    }

    async fn run(&self, statement: &str) -> anyhow::Result<()> {
        use sqlx::Connection;
        let shown = crate::store::masked(&self.server);
        let mut connection =
            sqlx::PgConnection::connect(&self.server).await.with_context(|| format!("cannot reach PostgreSQL at {shown}"))?;
        let text = sqlx::AssertSqlSafe(format!("{statement} {}", self.name));
        sqlx::raw_sql(text).execute(&mut connection).await.with_context(|| format!("{statement} at {shown}"))?;
        Ok(connection.close().await?)
    }
}
