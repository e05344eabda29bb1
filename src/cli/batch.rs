//! `huitu batch list|show|release|reject`: what each pull brought, and what to do with a batch that its guard held.

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::sync::receipt_text;
use super::terminal::{Terminal, table};
use super::{Common, Lang};
use crate::hub::{Hub, SyncReport};
use crate::model::Clock;
use crate::model::text::grouped;
use crate::store::batch::BatchRow;
use crate::store::registry::Notice;

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
    /// One batch: counts, reasons, column changes
    Show { id: i64 },
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
        BatchCommand::Show { id } => show(&hub, common, id).await,
        BatchCommand::Release(d) => decide(&hub, common, d, true).await,
        BatchCommand::Reject(d) => decide(&hub, common, d, false).await,
    };
    hub.store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

fn json(b: &BatchRow, registry: &str) -> serde_json::Value {
    let notice: Option<Notice> = b.held_because.as_deref().and_then(|h| serde_json::from_str(h).ok());
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
        Lang::Zh => [">批次", "登记库", "时间", "状态", ">读取", ">新增", ">变更", ">隔离", ">消失"],
        Lang::En => [">batch", "registry", "time", "state", ">read", ">new", ">changed", ">quarantined", ">gone"],
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

async fn show(hub: &Hub, common: &Common, id: i64) -> anyhow::Result<()> {
    let Some(b) = hub.store.batch(id).await? else {
        anyhow::bail!("there is no batch {id}; `huitu batch list` shows them");
    };
    let rows = hub.registry_rows().await?;
    let name = rows.iter().find(|r| r.id == b.registry_id).map_or("", |r| r.name.as_str());
    let mut value = json(&b, name);
    value["reasons"] = serde_json::json!(hub.store.quarantine_reasons(id).await?);
    if common.json {
        println!("{}", serde_json::to_string_pretty(&value)?);
        return Ok(());
    }
    for (key, v) in value.as_object().expect("an object") {
        let shown = match v {
            serde_json::Value::Null => continue,
            serde_json::Value::String(s) => s.clone(),
            other => other.to_string(),
        };
        println!("{key:<12} {shown}");
    }
    Ok(())
}

async fn decide(hub: &Hub, common: &Common, d: Decide, release: bool) -> anyhow::Result<()> {
    let progress = Arc::new(Terminal::new(common.lang()));
    let decision = hub.decide_batch(d.id, release, &d.by, &d.reason, progress).await?;
    match decision.receipt {
        Some(receipt) => {
            let report = SyncReport { receipts: vec![receipt], edition: decision.edition, seconds: 0.0 };
            print!("{}", receipt_text(&report, common.lang()));
        }
        None => println!("{}", common.lang().pick("批次已退回，数据保持原样", "batch rejected; the data stays as it was")),
    }
    Ok(())
}
