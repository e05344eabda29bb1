//! `huitu quarantine list|show|replay|export`: rows and values that could not be read, and reading them again after a fix.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::account::CommandReading;
use super::common::{Common, LangArg};
use super::export;
use super::export::{ExportFormatArg, Put};
use super::sync::receipt_text;
use super::terminal::{Terminal, table};
use crate::hub::{Hub, HubError, SyncReport};
use crate::model::Clock;
use crate::store::quarantine::QuarantinedRow;

#[derive(Args)]
pub struct QuarantineArgs {
    #[command(subcommand)]
    command: QuarantineCommand,
}

#[derive(Subcommand)]
enum QuarantineCommand {
    /// Open rows, oldest first
    List {
        /// Only of this registry
        registry: Option<String>,
        /// Values that could not be read in rows that landed, instead of rows
        #[arg(long)]
        values: bool,
        #[arg(long, default_value_t = 50)]
        limit: i64,
    },
    /// One row with its whole text
    Show { id: i64 },
    /// Read rows again with today's connector
    Replay {
        registry: String,
        /// Ids; all open rows of the registry without
        ids: Vec<i64>,
    },
    /// Write rows or values as a file
    Export {
        /// Only of this registry
        registry: Option<String>,
        /// Only of this batch, also what was replayed since
        #[arg(long, value_name = "NUMBER")]
        batch: Option<i64>,
        /// Values that could not be read in rows that landed, instead of rows
        #[arg(long)]
        values: bool,
        #[arg(long, value_enum, default_value = "csv")]
        format: ExportFormatArg,
        /// File to write; standard output without it
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// The reason in the language asked for; kept as JSON {zh, en}.
fn reason(r: &QuarantinedRow, lang: LangArg) -> String {
    let detail: serde_json::Value = serde_json::from_str(&r.detail).unwrap_or_default();
    detail[lang.pick("zh", "en")].as_str().unwrap_or(&r.code).to_owned()
}

pub async fn run(common: &Common, args: QuarantineArgs) -> anyhow::Result<ExitCode> {
    let hub = Hub::open(common.settings()?, Clock::System).await?;
    let done = match args.command {
        QuarantineCommand::List { registry, values, limit } => list(&hub, common, registry.as_deref(), values, limit).await,
        QuarantineCommand::Show { id } => show(&hub, common, id).await,
        QuarantineCommand::Replay { registry, ids } => replay(&hub, common, &registry, &ids).await,
        QuarantineCommand::Export { registry, batch, values, format, output } => {
            let put = Put { registry: registry.as_deref(), batch, values };
            export::quarantine(&hub, common, output.as_deref(), format, &put).await
        }
    };
    hub.store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn list(hub: &Hub, common: &Common, registry: Option<&str>, values: bool, limit: i64) -> anyhow::Result<()> {
    let id = match registry {
        Some(name) => Some(hub.registry(name).await?.1.id),
        None => None,
    };
    let names = hub.registry_rows().await?;
    let name = |id: i64| names.iter().find(|r| r.id == id).map_or("", |r| r.name.as_str());
    let rows = match values {
        true => hub.store.unreadable_values(id, 0, limit).await?,
        false => hub.store.quarantined(id, 0, limit).await?,
    };
    CommandReading::many(0).note(hub, common, &format!("quarantine list {}", registry.unwrap_or(""))).await?;
    if common.json {
        let all: Vec<_> = rows.iter().map(|r| json(r, name(r.registry_id))).collect();
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    if rows.is_empty() {
        println!(
            "{}",
            match values {
                true => common.lang().pick("没有无法读取的值", "no values are unreadable"),
                false => common.lang().pick("没有隔离的行", "no rows are quarantined"),
            }
        );
        return Ok(());
    }
    let header: [&str; 6] = match common.lang() {
        LangArg::Zh => [">编号", "登记库", ">批次", if values { "主键" } else { ">行号" }, ">字节偏移", "原因"],
        LangArg::En => [">id", "registry", ">batch", if values { "key" } else { ">row" }, ">offset", "reason"],
    };
    let cells = rows.iter().map(|r| {
        vec![
            r.id.to_string(),
            name(r.registry_id).to_owned(),
            r.batch_id.to_string(),
            r.record_key.clone().unwrap_or_else(|| r.row_number.to_string()),
            r.byte_offset.map_or_else(|| "–".to_owned(), |o| o.to_string()),
            reason(r, common.lang()),
        ]
    });
    print!("{}", table(&header, &cells.collect::<Vec<_>>()));
    Ok(())
}

fn json(r: &QuarantinedRow, registry: &str) -> serde_json::Value {
    serde_json::json!({
        "id": r.id, "registry": registry, "batch": r.batch_id, "row": r.row_number, "key": r.record_key, "offset": r.byte_offset, "column": r.column_name,
        "code": r.code, "reason": serde_json::from_str::<serde_json::Value>(&r.detail).unwrap_or_default(), "raw": r.raw, "state": r.state,
    })
}

async fn show(hub: &Hub, common: &Common, id: i64) -> anyhow::Result<()> {
    let Some(row) = hub.store.quarantined_row(id).await? else {
        return Err(HubError::said(
            format!("隔离区中没有第 {id} 号；用 huitu quarantine list 查看"),
            format!("there is nothing numbered {id} in quarantine; `huitu quarantine list` shows what is"),
        )
        .into());
    };
    let names = hub.registry_rows().await?;
    let name = names.iter().find(|r| r.id == row.registry_id).map_or("", |r| r.name.as_str());
    CommandReading::many(0).note(hub, common, &format!("quarantine show {id}")).await?;
    match common.json {
        true => println!("{}", serde_json::to_string_pretty(&json(&row, name))?),
        false => tell(hub, common.lang(), name, &row).await?,
    }
    Ok(())
}

/// One row with its place, its reason, and each cell under its column.
async fn tell(hub: &Hub, lang: LangArg, registry: &str, r: &QuarantinedRow) -> anyhow::Result<()> {
    println!("{registry} · {} {} · {} · {}", lang.pick("批次", "batch"), r.batch_id, r.code, r.state);
    println!("{}", reason(r, lang));
    match &r.record_key {
        Some(key) => {
            println!("{} {key} · {}", lang.pick("已入库的行，主键", "row landed, key"), r.column_name.as_deref().unwrap_or(""))
        }
        None => {
            let offset = r.byte_offset.map_or_else(String::new, |o| format!(" · {} {o}", lang.pick("字节偏移", "byte offset")));
            println!("{} {}{offset}", lang.pick("行", "row"), r.row_number);
        }
    }
    let layouts = hub.store.layouts().await?;
    let columns = r.layout_id.and_then(|id| layouts.get(&id)).map(|(_, columns)| columns.as_slice()).unwrap_or_default();
    match crate::store::record::cells(&r.raw).filter(|cells| r.record_key.is_none() && cells.len() == columns.len()) {
        Some(cells) => {
            for (column, cell) in columns.iter().zip(cells) {
                println!("  {column} = {}", cell.as_deref().unwrap_or("∅"));
            }
        }
        None => println!("{}", r.raw),
    }
    Ok(())
}

async fn replay(hub: &Hub, common: &Common, registry: &str, ids: &[i64]) -> anyhow::Result<()> {
    let progress = Arc::new(Terminal::new(common.lang()));
    let (receipts, edition) = hub.replay_quarantine(registry, ids, progress).await?;
    if receipts.is_empty() {
        println!(
            "{}",
            common.lang().pick(
                "没有可重放的行；无法拆分的行需重新拉取",
                "no row can be replayed; rows that were never split into cells need a new pull"
            )
        );
        return Ok(());
    }
    let report = SyncReport { receipts, edition, seconds: 0.0, lacks: hub.lacks(), held: hub.held_edition().await? };
    match common.json {
        true => println!("{}", serde_json::to_string_pretty(&report)?),
        false => print!("{}", receipt_text(&report, common.lang())),
    }
    Ok(())
}
