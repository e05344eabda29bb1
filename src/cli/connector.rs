//! `huitu connector list|new|check|preview|schema|keys`: the department's kit.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

use super::Common;
use crate::connector::guess::{guess, manifest};
use crate::connector::{Connector, Format, Transport, embedded_file, embedded_files, format_of, json_schema, keys_page, nearest};
use crate::pull::PullContext;
use crate::pull::check::{as_json, check, read_samples};
use crate::pull::sample::{SampleRow, at_sample, expected_json, take};

#[derive(Args)]
pub struct ConnectorArgs {
    #[command(subcommand)]
    command: ConnectorCommand,
}

#[derive(Subcommand)]
enum ConnectorCommand {
    /// The connectors, and where their data is
    List,
    /// A connector folder from a sample file: encoding, delimiter, header, key and mapping are guessed
    New {
        /// Name of the registry: lower case, digits and _
        name: String,
        /// A file as the department delivers it, with invented or few rows
        #[arg(long, value_name = "FILE")]
        sample: PathBuf,
        /// Folder of connector folders to write into
        #[arg(long, default_value = "connectors", value_name = "DIR")]
        into: PathBuf,
        /// The registry's name for people
        #[arg(long)]
        title: Option<String>,
        /// Sheet of a workbook
        #[arg(long)]
        sheet: Option<String>,
        /// Rows that make the header
        #[arg(long, default_value_t = 1)]
        header_rows: u32,
        /// Lines above the header
        #[arg(long, default_value_t = 0)]
        skip: u32,
    },
    /// Contract, sample, drift, bad places, paging, resume: the same tests for every connector
    Check {
        /// All connectors without
        names: Vec<String>,
        /// Write what the samples read to as expected.json instead of comparing
        #[arg(long)]
        write_expected: bool,
    },
    /// The first rows of the real source: as written, as read, and what failed
    Preview {
        name: String,
        #[arg(long, default_value_t = 5)]
        rows: usize,
    },
    /// JSON Schema of connector.toml, for editors
    Schema,
    /// The page of all keys of connector.toml
    Keys,
}

pub async fn run(common: &Common, args: ConnectorArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        ConnectorCommand::List => list(common),
        ConnectorCommand::New { name, sample, into, title, sheet, header_rows, skip } => {
            new(common, &name, &sample, &into, title, Shape { sheet, header_rows, skip }).await
        }
        ConnectorCommand::Check { names, write_expected } => check_all(common, &names, write_expected).await,
        ConnectorCommand::Preview { name, rows } => preview(common, &name, rows).await,
        ConnectorCommand::Schema => {
            println!("{}", serde_json::to_string_pretty(&json_schema())?);
            Ok(ExitCode::SUCCESS)
        }
        ConnectorCommand::Keys => {
            print!("{}", keys_page());
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// All connectors, those that wait for a place too, with the sources of the command line.
fn connectors(common: &Common) -> anyhow::Result<Vec<Connector>> {
    let settings = common.settings()?;
    let mut connectors = match &settings.connectors {
        Some(dir) => Connector::load_dir_all(dir)?,
        None => Connector::embedded_all(),
    };
    for connector in &mut connectors {
        if let Some(place) = settings.sources.get(&connector.name) {
            *connector = connector.clone().with_source(place);
        }
    }
    Ok(connectors)
}

fn named<'a>(common: &Common, all: &'a [Connector], name: &str) -> anyhow::Result<&'a Connector> {
    if let Some(connector) = all.iter().find(|c| c.name == name) {
        return Ok(connector);
    }
    let near = nearest(name, all.iter().map(|c| c.name.as_str())).unwrap_or_default();
    let lang = common.lang();
    bail!(
        "{}",
        lang.pick(
            &format!("没有连接器「{name}」；是否指「{near}」？"),
            &format!("there is no connector \"{name}\"; did you mean \"{near}\"?")
        )
    )
}

fn list(common: &Common) -> anyhow::Result<ExitCode> {
    let lang = common.lang();
    for c in connectors(common)? {
        if common.json {
            let line = serde_json::json!({
                "name": c.name, "title": c.title, "owner": c.owner, "enabled": c.enabled, "kind": c.contract.kind.name(),
                "transport": c.source.transport.name(), "place": c.source.shown(),
            });
            println!("{line}");
        } else {
            let state = if c.enabled { "" } else { lang.pick("（未启用）", " (not enabled)") };
            println!(
                "{:20} {:6} {}{state}  {}",
                c.name,
                c.source.transport.name(),
                lang.pick(&c.title.zh, &c.title.en),
                c.source.shown()
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The connector's folder; an embedded one is unpacked into `temp`.
fn folder_of(connector: &Connector, temp: &Path) -> anyhow::Result<PathBuf> {
    if let Some(folder) = &connector.folder {
        return Ok(folder.clone());
    }
    let prefix = format!("{}/", connector.name);
    for path in embedded_files().iter().filter(|p| p.starts_with(&prefix)) {
        let to = temp.join(path);
        std::fs::create_dir_all(to.parent().context("a file in a folder")?)?;
        std::fs::write(to, embedded_file(path).unwrap_or_default())?;
    }
    Ok(temp.join(&connector.name))
}

async fn check_all(common: &Common, names: &[String], write_expected: bool) -> anyhow::Result<ExitCode> {
    let lang = common.lang();
    let all = connectors(common)?;
    let chosen: Vec<&Connector> = match names {
        [] => all.iter().collect(),
        names => names.iter().map(|n| named(common, &all, n)).collect::<anyhow::Result<_>>()?,
    };
    let temp = tempfile::tempdir()?;
    let context = PullContext::default();
    let mut passed = true;
    for connector in chosen {
        let folder = folder_of(connector, temp.path())?;
        if write_expected {
            let Some(own) = &connector.folder else {
                bail!(
                    "{}",
                    lang.pick(
                        "内置连接器不可写，请用 --connectors 指定目录",
                        "the built-in connectors cannot be written; name a folder with --connectors"
                    )
                );
            };
            let sample = read_samples(connector, own, &context).await?;
            let text = format!("{}\n", serde_json::to_string_pretty(&expected_json(&sample))?);
            std::fs::write(own.join("expected.json"), text)?;
            println!("{}", own.join("expected.json").display());
            continue;
        }
        let findings = check(connector, &folder, &context).await;
        passed &= findings.iter().all(|f| f.passed);
        if common.json {
            println!("{}", as_json(&connector.name, &findings));
            continue;
        }
        println!("{} — {}", connector.name, lang.pick(&connector.title.zh, &connector.title.en));
        for finding in &findings {
            println!("  {} {:16} {}", if finding.passed { "✓" } else { "✗" }, finding.name, lang.pick(&finding.zh, &finding.en));
        }
    }
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn preview(common: &Common, name: &str, rows: usize) -> anyhow::Result<ExitCode> {
    let lang = common.lang();
    let all = connectors(common)?;
    let connector = named(common, &all, name)?;
    let context =
        PullContext { base: connector.folder.clone().filter(|_| !connector.source.overridden), ..PullContext::default() };
    let sample = take(connector, None, &context, Some(rows)).await.map_err(|e| anyhow::anyhow!("{e}"))?;
    if common.json {
        println!("{}", serde_json::to_string_pretty(&expected_json(&sample))?);
        return Ok(ExitCode::SUCCESS);
    }
    for drift in sample.layout.iter().flat_map(|l| &l.drift) {
        println!("! {}", lang.pick(&drift.zh, &drift.en));
    }
    for row in &sample.rows {
        show(&sample.columns, row, lang);
    }
    for fault in &sample.faults {
        println!(
            "{} {}: {}\n    {}",
            lang.pick("行", "row"),
            fault.number,
            lang.pick(&fault.error.zh, &fault.error.en),
            fault.raw
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// One row: each field with its raw text and what it reads to.
fn show(columns: &[String], row: &SampleRow, lang: super::Lang) {
    println!("{} {}", lang.pick("行", "row"), row.number);
    match &row.read {
        Err(error) => {
            println!("  ✗ {}", lang.pick(&error.zh, &error.en));
            for (column, cell) in columns.iter().zip(&row.cells) {
                println!("    {column} = {}", cell.as_deref().unwrap_or("∅"));
            }
        }
        Ok(records) => {
            for record in records {
                println!("  {} {}#{}", record.kind, record.key, record.part);
                for field in &record.fields {
                    match &field.value {
                        Some(value) if value.to_string() == *field.raw => println!("    {} = {value}", field.field),
                        Some(value) => println!("    {} = {value}   ← {}", field.field, field.raw),
                        None => println!("    {} ✗ {}", field.field, field.raw),
                    }
                }
            }
        }
    }
}

/// How the sample's header is made.
struct Shape {
    sheet: Option<String>,
    header_rows: u32,
    skip: u32,
}

/// Rows of a sample that are looked at.
const LOOKED_AT: usize = 500;

async fn new(
    common: &Common,
    name: &str,
    sample: &Path,
    into: &Path,
    title: Option<String>,
    shape: Shape,
) -> anyhow::Result<ExitCode> {
    let lang = common.lang();
    let folder = into.join(name);
    if folder.exists() {
        bail!("{}", lang.pick(&format!("{} 已存在", folder.display()), &format!("{} exists already", folder.display())));
    }
    let place = sample.display().to_string();
    let Some(format) = format_of(&place) else {
        bail!(
            "{}",
            lang.pick(
                "样例的扩展名应为 csv、tsv、xlsx、xml、json 或 ndjson（可加 .gz、.zip）",
                "the sample should end in csv, tsv, xlsx, xml, json or ndjson (with .gz or .zip)"
            )
        );
    };
    let file = sample.file_name().and_then(|n| n.to_str()).context("a sample file")?;
    let title = title.unwrap_or_else(|| name.to_string());
    let mut decoding = String::new();
    if shape.header_rows != 1 {
        decoding.push_str(&format!("header_rows = {}\n", shape.header_rows));
    }
    if shape.skip != 0 {
        decoding.push_str(&format!("skip = {}\n", shape.skip));
    }
    if let Some(sheet) = &shape.sheet {
        decoding.push_str(&format!("sheet = {}\n", toml::Value::String(sheet.clone())));
    }
    // A connector that only knows the shape reads the sample; every column is unknown to it, and the first is its key.
    let source = format!("[source]\ntransport = \"file\"\nplace = \"sample/{file}\"\nformat = \"{format}\"\n");
    let bare = |key: &str, decoding: &str| {
        let key = toml::Value::String(key.to_string());
        format!(
            "title = {{ zh = \"x\", en = \"x\" }}\nowner = {{ zh = \"x\", en = \"x\" }}\n{source}\n[decoding]\n{decoding}\n[key]\ncolumns = [{key}]\n[columns]\n"
        )
    };
    let context = PullContext::default();
    let (columns, found) = header(name, sample, &bare, &decoding, format, &context).await?;
    decoding.push_str(&found);
    let reader = at_sample(&Connector::parse(name, &bare(&columns[0], &decoding))?, sample);
    let looked = take(&reader, None, &context, Some(LOOKED_AT)).await.map_err(|e| anyhow::anyhow!("{e}"))?;
    let rows: Vec<_> = looked.rows.into_iter().map(|r| r.cells).collect();
    let guesses = guess(&looked.columns, &rows, &Connector::embedded_all());
    let text = manifest(&guesses, &title, &source, &decoding);
    let connector = Connector::parse(name, &text)?;
    std::fs::create_dir_all(folder.join("sample"))?;
    std::fs::copy(sample, folder.join("sample").join(file))?;
    std::fs::write(folder.join("connector.toml"), &text)?;
    std::fs::write(
        folder.join("README.md"),
        format!("# {title}\n\n`connector.toml` 说明数据在哪里、各列的含义 / says where the data is and what its columns mean.\n"),
    )?;
    let read = read_samples(&connector, &folder, &context).await?;
    std::fs::write(folder.join("expected.json"), format!("{}\n", serde_json::to_string_pretty(&expected_json(&read))?))?;
    let mapped = guesses.columns.iter().filter(|g| g.field.is_some()).count();
    let (all, key) = (guesses.columns.len(), &guesses.key);
    println!(
        "{}",
        lang.pick(
            &format!("已写入 {}：{all} 列中识别 {mapped} 列，主键「{key}」。请核对 connector.toml，再运行 huitu connector check {name} --connectors {}", folder.display(), into.display()),
            &format!("wrote {}: {mapped} of {all} columns recognised, key \"{key}\". Look through connector.toml, then run huitu connector check {name} --connectors {}", folder.display(), into.display()),
        )
    );
    Ok(ExitCode::SUCCESS)
}

/// The sample's columns, and the `decoding` keys that had to be found out to read them.
async fn header(
    name: &str,
    sample: &Path,
    bare: &impl Fn(&str, &str) -> String,
    decoding: &str,
    format: Format,
    context: &PullContext,
) -> anyhow::Result<(Vec<String>, String)> {
    let mut found = String::new();
    let mut best: Vec<String> = Vec::new();
    let delimiters: &[&str] = if format == Format::Csv { &[",", "tab", ";", "|"] } else { &[""] };
    let mut failed = None;
    for delimiter in delimiters {
        let tried = match *delimiter {
            "" | "," => String::new(),
            other => format!("delimiter = \"{other}\"\n"),
        };
        let reader = at_sample(&Connector::parse(name, &bare("?", &format!("{decoding}{tried}")))?, sample);
        debug_assert_eq!(reader.source.transport, Transport::File);
        let mut sink = crate::pull::sample::Counting::default();
        match crate::pull::pull(&reader, None, context, &mut sink).await {
            Ok(_) if sink.columns.len() > best.len() => (best, found) = (sink.columns, tried),
            Ok(_) => {}
            Err(error) => failed = Some(error),
        }
    }
    match (best.is_empty(), failed) {
        (false, _) => Ok((best, found)),
        (true, Some(error)) => bail!("{error}"),
        (true, None) => bail!("the sample is empty (样例为空)"),
    }
}
