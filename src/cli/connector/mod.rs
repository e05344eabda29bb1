//! `huitu connector list|new|check|preview|export|schema|keys`: the department's kit.

mod new;
mod shape;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

use super::common::Common;
use crate::connector::{Connector, Transport, embedded_file, embedded_files, json_schema, keys_page, nearest};
use crate::pull::PullContext;
use crate::pull::check::{as_json, check, read_samples};
use crate::pull::sample::{SampleRow, expected_json, take};

#[derive(Args)]
pub struct ConnectorArgs {
    #[command(subcommand)]
    command: ConnectorCommand,
}

#[derive(Subcommand)]
enum ConnectorCommand {
    /// The connectors, and where their data is
    List,
    /// A connector folder from a sample file: encoding, delimiter, header, key and mapping are guessed; without one it asks
    New(new::NewArgs),
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
    /// Write the built-in connectors into a folder, to read or to change them; named there, they take the built-in ones' place
    Export {
        /// Folder to write into
        into: PathBuf,
        /// All of them without
        names: Vec<String>,
        /// Write over what is there
        #[arg(long)]
        force: bool,
    },
    /// JSON Schema of connector.toml, for editors
    Schema,
    /// The page of all keys of connector.toml
    Keys,
}

pub async fn run(common: &Common, args: ConnectorArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        ConnectorCommand::List => list(common),
        ConnectorCommand::New(args) => new::run(common, args).await,
        ConnectorCommand::Check { names, write_expected } => check_all(common, &names, write_expected).await,
        ConnectorCommand::Preview { name, rows } => preview(common, &name, rows).await,
        ConnectorCommand::Export { into, names, force } => export(common, &into, &names, force),
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
    let mut connectors = Connector::built_in_and(settings.connectors.as_deref(), settings.without_built_in)?;
    for connector in &mut connectors {
        *connector = connector.clone().in_zone(settings.zone);
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
                place(&c)
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Where the data is, or where the department sends it.
fn place(c: &Connector) -> String {
    match c.source.transport {
        Transport::Push => format!("POST /ingest/{}", c.name),
        _ => c.source.shown(),
    }
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

/// Writes the built-in connectors' folders.
fn export(common: &Common, into: &Path, names: &[String], force: bool) -> anyhow::Result<ExitCode> {
    let lang = common.lang();
    let all = Connector::embedded_all();
    let chosen: Vec<&Connector> = match names {
        [] => all.iter().collect(),
        names => names.iter().map(|name| named(common, &all, name)).collect::<anyhow::Result<_>>()?,
    };
    if let Some(there) = chosen.iter().map(|c| into.join(&c.name)).find(|folder| !force && folder.exists()) {
        let shown = there.display();
        bail!(
            "{}",
            lang.pick(
                &format!("{shown} 已存在，未写入任何文件；如需覆盖请加 --force"),
                &format!("{shown} is there already, nothing was written; --force writes over it")
            )
        );
    }
    for connector in chosen {
        println!("{}", folder_of(connector, into)?.display());
    }
    Ok(ExitCode::SUCCESS)
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
            let sample = read_samples(connector, own, &context).await.map_err(|e| anyhow::anyhow!(e.text(lang.into())))?;
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
    let sample = take(connector, None, &context, Some(rows)).await.map_err(|e| anyhow::anyhow!(e.text(lang.into())))?;
    if common.json {
        println!("{}", serde_json::to_string_pretty(&expected_json(&sample))?);
        return Ok(ExitCode::SUCCESS);
    }
    for note in &sample.notes {
        println!("! {}", lang.pick(&note.zh, &note.en));
    }
    for drift in sample.layout.iter().flat_map(|l| &l.drift) {
        println!("! {}", lang.pick(&drift.zh, &drift.en));
    }
    for row in &sample.rows {
        show(&sample.columns, row, lang);
    }
    for fault in &sample.faults {
        println!(
            "{} {}{}{}\n    {}",
            lang.pick("行", "row"),
            fault.number,
            lang.pick("：", ": "),
            fault.error.problem.text(lang.into()),
            fault.raw
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// One row: each field with its raw text and what it reads to.
fn show(columns: &[String], row: &SampleRow, lang: super::common::LangArg) {
    println!("{} {}", lang.pick("行", "row"), row.number);
    match &row.read {
        Err(error) => {
            println!("  ✗ {}", error.problem.text(lang.into()));
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
