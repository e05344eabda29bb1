//! `huitu batch list|show|release|reject`: what each pull brought, and what to do with a batch that its guard held.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Subcommand};

use super::account::CommandReading;
use super::common::{Common, LangArg};
use super::sync::receipt_text;
use super::terminal::{Terminal, table, width};
use crate::hub::receipt::BatchReceipt;
use crate::hub::{Hub, SyncReport};
use crate::model::Clock;
use crate::model::problem::Problem;
use crate::model::text::grouped;
use crate::pages::receipt;
use crate::store::batch::BatchRow;

#[derive(Args)]
pub struct BatchArgs {
    #[command(subcommand)]
    command: BatchCommand,
}

#[derive(Subcommand)]
enum BatchCommand {
    /// The latest batches, newest first
    List {
        /// Only of this registry
        registry: Option<String>,
        /// Only held ones
        #[arg(long)]
        held: bool,
        #[arg(long, default_value_t = 20)]
        limit: i64,
    },
    /// The receipt of one batch: counts, reasons, column changes; `--json` for machines
    Show {
        id: i64,
        /// Write it as a page to print (A4) into this file
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
        /// The rows of a held batch: those that cannot be read first, each with its reason
        #[arg(long)]
        rows: bool,
        /// Rows to show
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// Land a held batch all the same
    Release(Decide),
    /// Throw a held batch away
    Reject(Decide),
}

#[derive(Args)]
struct Decide {
    id: i64,
    /// Why; kept with the batch
    #[arg(long)]
    reason: String,
    /// Who decides
    #[arg(long, env = "USER", default_value = "operator")]
    by: String,
}

pub async fn run(common: &Common, args: BatchArgs) -> anyhow::Result<ExitCode> {
    let hub = Hub::open(common.settings()?, Clock::System).await?;
    let done = match args.command {
        BatchCommand::List { registry, held, limit } => list(&hub, common, registry.as_deref(), held, limit).await,
        BatchCommand::Show { id, rows: true, limit, .. } => show_rows(&hub, common, id, limit).await,
        BatchCommand::Show { id, html, .. } => show(&hub, common, id, html.as_deref()).await,
        BatchCommand::Release(d) => decide(&hub, common, d, true).await,
        BatchCommand::Reject(d) => decide(&hub, common, d, false).await,
    };
    hub.store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

fn json(b: &BatchRow, registry: &str) -> serde_json::Value {
    let notice: Option<Problem> = b.held_because.as_deref().and_then(|h| serde_json::from_str(h).ok());
    serde_json::json!({
        "id": b.id, "registry": registry, "state": b.state, "source": b.source, "complete": b.complete != 0,
        "startedAt": b.started_at, "finishedAt": b.finished_at, "read": b.read_rows, "landed": b.landed, "new": b.added,
        "changed": b.changed, "unchanged": b.unchanged, "quarantined": b.quarantined, "gone": b.gone, "heldBecause": notice,
        "decidedBy": b.decided_by, "decidedWhy": b.decided_why,
        "drift": b.drift.as_deref().and_then(|d| serde_json::from_str::<serde_json::Value>(d).ok()),
    })
}

/// A time of the store in the configured zone, to the minute.
fn when(hub: &Hub, millis: i64) -> String {
    chrono::DateTime::from_timestamp_millis(millis)
        .map_or_else(String::new, |t| t.with_timezone(&hub.settings.zone).format("%Y-%m-%d %H:%M").to_string())
}

async fn list(hub: &Hub, common: &Common, registry: Option<&str>, held: bool, limit: i64) -> anyhow::Result<()> {
    let id = match registry {
        Some(name) => Some(hub.registry(name).await?.1.id),
        None => None,
    };
    let rows = hub.registry_rows().await?;
    let name = |id: i64| rows.iter().find(|r| r.id == id).map_or("", |r| r.name.as_str());
    let batches = hub.store.batches(id, held.then_some("HELD"), limit).await?;
    if common.json {
        let all: Vec<_> = batches.iter().map(|b| json(b, name(b.registry_id))).collect();
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    let header: [&str; 9] = match common.lang() {
        LangArg::Zh => [">批次", "登记库", "时间", "状态", ">读取", ">新增", ">变更", ">隔离", ">消失"],
        LangArg::En => [">batch", "registry", "time", "state", ">read", ">new", ">changed", ">quarantined", ">gone"],
    };
    let cells = batches.iter().map(|b| {
        vec![
            b.id.to_string(),
            name(b.registry_id).to_owned(),
            when(hub, b.started_at),
            b.state.clone(),
            grouped(b.read_rows),
            grouped(b.added),
            grouped(b.changed),
            grouped(b.quarantined),
            grouped(b.gone),
        ]
    });
    print!("{}", table(&header, &cells.collect::<Vec<_>>()));
    Ok(())
}

async fn show(hub: &Hub, common: &Common, id: i64, html: Option<&Path>) -> anyhow::Result<()> {
    let receipt = hub.batch_receipt(id).await?;
    if let Some(path) = html {
        std::fs::write(path, receipt::render(&receipt, common.lang().into())).with_context(|| match common.lang() {
            LangArg::Zh => format!("无法写入 {}；请换一个文件", path.display()),
            LangArg::En => format!("cannot write {}; give another file", path.display()),
        })?;
        println!("{}", path.display());
        return Ok(());
    }
    match common.json {
        true => println!("{}", serde_json::to_string_pretty(&receipt)?),
        false => print!("{}", text(&receipt, common.lang())),
    }
    Ok(())
}

async fn show_rows(hub: &Hub, common: &Common, id: i64, limit: usize) -> anyhow::Result<()> {
    let lang = common.lang();
    let held = hub.held_rows(id, limit).await?;
    CommandReading::many(0).note(hub, common, &format!("batch rows {id}")).await?;
    if common.json {
        println!("{}", serde_json::to_string_pretty(&held)?);
        return Ok(());
    }
    println!(
        "{}",
        match lang {
            LangArg::Zh => format!(
                "批次 {id} 暂停中，共 {} 行：{} 行可读，{} 行不可读{}",
                grouped(held.rows as i64),
                grouped((held.rows - held.broken) as i64),
                grouped(held.broken as i64),
                if held.shown.len() < held.rows { "；以下为其中一部分（--limit）" } else { "" }
            ),
            LangArg::En => format!(
                "batch {id} is held, {} rows: {} can be read, {} cannot{}",
                grouped(held.rows as i64),
                grouped((held.rows - held.broken) as i64),
                grouped(held.broken as i64),
                if held.shown.len() < held.rows { "; some of them below (--limit)" } else { "" }
            ),
        }
    );
    println!("{}", held.columns.join(" | "));
    for row in &held.shown {
        let mark = if row.reason.is_some() { "✗" } else { "✓" };
        println!("{mark} {} {}", row.number, row.text);
        if let Some(reason) = &row.reason {
            println!("    {}", lang.pick(&reason.zh, &reason.en));
        }
    }
    Ok(())
}

/// The receipt on a terminal.
fn text(r: &BatchReceipt, lang: LangArg) -> String {
    let mut lines = vec![
        (lang.pick("批次", "batch"), format!("{} · {} · {}", r.id, lang.pick(&r.title.zh, &r.title.en), r.state)),
        (lang.pick("来源", "source"), r.source.clone()),
        (lang.pick("时间", "time"), format!("{} – {}", r.started_at, r.finished_at.as_deref().unwrap_or("…"))),
        (lang.pick("收到", "came"), grouped(r.read)),
        (
            lang.pick("入库", "landed"),
            match lang {
                LangArg::Zh => format!(
                    "{}（新增 {}，变更 {}，未变 {}）",
                    grouped(r.landed),
                    grouped(r.new),
                    grouped(r.changed),
                    grouped(r.unchanged)
                ),
                LangArg::En => format!(
                    "{} ({} new, {} changed, {} unchanged)",
                    grouped(r.landed),
                    grouped(r.new),
                    grouped(r.changed),
                    grouped(r.unchanged)
                ),
            },
        ),
        (lang.pick("隔离", "quarantined"), grouped(r.quarantined)),
        (lang.pick("撤销", "gone"), grouped(r.gone)),
    ];
    lines.extend(r.reasons.iter().map(|reason| ("", format!("{} × {}", reason.code, grouped(reason.rows)))));
    if let Some(why) = &r.held_because {
        lines.push((lang.pick("原因", "because"), lang.pick(&why.zh, &why.en).to_owned()));
    }
    if let Some(by) = &r.decided_by {
        lines.push((
            lang.pick("决定", "decided by"),
            format!("{by}{}{}", lang.pick("：", ": "), r.decided_why.as_deref().unwrap_or("")),
        ));
    }
    if let Some(key) = &r.idempotency_key {
        lines.push((lang.pick("批次键", "key"), key.clone()));
    }
    lines.extend(r.notes.iter().map(|n| (lang.pick("说明", "note"), lang.pick(&n.zh, &n.en).to_owned())));
    for d in &r.drift {
        let sample = d.sample.as_deref().map_or_else(String::new, |s| format!(" — {s}"));
        lines.push((lang.pick("列", "column"), format!("{}{sample}", d.problem.text(lang.into()))));
    }
    if !r.unreadable_values.is_empty() {
        let n = r.unreadable_values.len();
        lines.push((
            lang.pick("无法读取的值", "values"),
            match lang {
                LangArg::Zh => format!("{n}（huitu quarantine list --values {}）", r.registry),
                LangArg::En => format!("{n} unreadable (huitu quarantine list --values {})", r.registry),
            },
        ));
    }
    let wide = lines.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    lines.iter().map(|(name, value)| format!("{name}{}  {value}\n", " ".repeat(wide - width(name)))).collect()
}

async fn decide(hub: &Hub, common: &Common, d: Decide, release: bool) -> anyhow::Result<()> {
    let progress = Arc::new(Terminal::new(common.lang()));
    let decision = hub.decide_batch(d.id, release, &d.by, &d.reason, progress).await?;
    match decision.receipt {
        Some(receipt) => {
            let report = SyncReport {
                receipts: vec![receipt],
                edition: decision.edition,
                seconds: 0.0,
                lacks: hub.lacks(),
                held: hub.held_edition().await?,
            };
            print!("{}", receipt_text(&report, common.lang()));
        }
        None => println!("{}", common.lang().pick("批次已退回，数据保持原样", "batch rejected; the data stays as it was")),
    }
    Ok(())
}
