//! `huitu webhook add|list|remove|replay`: who is told of changes by HTTP. A running server sends; this only says to whom.

use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use serde_json::json;

use super::account::operator;
use super::common::{Common, LangArg};
use super::terminal::table;
use crate::hub::webhooks::NewWebhook;
use crate::hub::{Hub, HubError};
use crate::model::Clock;

#[derive(Args)]
pub struct WebhookArgs {
    #[command(subcommand)]
    command: WebhookCommand,
}

#[derive(Subcommand)]
enum WebhookCommand {
    /// Add a receiver, which must repeat the id of the greeting it is sent; its secret is shown once
    Add {
        /// Where to: https://…
        url: String,
        /// case, verdict, correction; several times for several
        #[arg(long, required = true)]
        kind: Vec<String>,
        /// Only of these areas: codes or names
        #[arg(long)]
        area: Vec<String>,
        /// Addresses inside the house are agreed to
        #[arg(long)]
        allow_private: bool,
    },
    /// Every receiver, whoever made it, and how it stands
    List,
    /// Remove a receiver; what waits for it is not sent any more
    Remove {
        /// Id of the receiver
        id: String,
    },
    /// Have everything since a moment sent again; at most a month is kept
    Replay {
        /// Id of the receiver
        id: String,
        /// Since when: 2026-11-22T00:00:00Z
        #[arg(long)]
        since: DateTime<Utc>,
    },
}

fn bare(id: &str) -> &str {
    id.strip_prefix("webhook:").unwrap_or(id)
}

pub async fn run(common: &Common, args: WebhookArgs) -> anyhow::Result<ExitCode> {
    let mut hub = Hub::open(common.settings()?, Clock::System).await?;
    hub.allow_private = matches!(args.command, WebhookCommand::Add { allow_private: true, .. });
    let done = act(&hub, common, args.command).await;
    hub.store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn act(hub: &Hub, common: &Common, command: WebhookCommand) -> anyhow::Result<()> {
    let lang = common.lang();
    let none = |id: &str| HubError::said(format!("没有接收方 {id}"), format!("there is no receiver {id}"));
    match command {
        WebhookCommand::Add { url, kind, area, allow_private: _ } => {
            let kinds = kind.iter().map(|k| k.to_ascii_uppercase()).collect();
            let areas = area.iter().map(|text| hub.case_unit(text)).collect::<Result<_, _>>()?;
            let row = hub.add_webhook(NewWebhook { url, kinds, areas, owner: format!("command:{}", operator()), registry: None });
            let row = row.await?;
            match common.json {
                true => println!("{}", json!({ "id": row.id, "secret": row.secret })),
                false => println!("{} {}", row.id, row.secret),
            }
        }
        WebhookCommand::List => {
            let mut told = Vec::new();
            let mut rows = Vec::new();
            for hook in hub.store.webhooks(None).await? {
                let stands = hub.store.webhook_standing(&hook.id).await?;
                let list = |text: &str| serde_json::from_str::<Vec<String>>(text).unwrap_or_default();
                let (kinds, areas) = (list(&hook.kinds), list(&hook.areas));
                told.push(json!({ "id": hook.id, "url": hook.url, "kinds": kinds, "areas": areas, "registry": hook.registry,
                    "owner": hook.owner, "waiting": stands.waiting, "givenUp": stands.dead, "lastFailure": stands.said }));
                rows.push(vec![
                    hook.id,
                    hook.url,
                    kinds.join(" "),
                    areas.join(" "),
                    stands.waiting.to_string(),
                    stands.dead.to_string(),
                    stands.said.unwrap_or_default(),
                ]);
            }
            if common.json {
                println!("{}", serde_json::to_string_pretty(&told)?);
                return Ok(());
            }
            let header = match lang {
                LangArg::Zh => ["编号", "地址", "种类", "区域", "待发", "放弃", "最近失败"],
                LangArg::En => ["id", "address", "kinds", "areas", "waiting", "given up", "last failure"],
            };
            print!("{}", table(&header, &rows));
        }
        WebhookCommand::Remove { id } => {
            if !hub.store.remove_webhook(bare(&id), hub.clock.millis()).await? {
                return Err(none(&id).into());
            }
        }
        WebhookCommand::Replay { id, since } => {
            let id = bare(&id);
            if !hub.store.webhooks(None).await?.iter().any(|hook| hook.id == id) {
                return Err(none(id).into());
            }
            let again = hub.store.replay_deliveries(id, since.timestamp_millis(), hub.clock.millis()).await?;
            let (zh, en) = (format!("重新发送 {again} 条"), format!("{again} messages are sent again"));
            println!("{}", lang.pick(&zh, &en));
        }
    }
    Ok(())
}
