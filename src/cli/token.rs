//! `huitu token create|list|revoke`: who may call, and what for. A secret is shown once and kept only as SHA-256.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use rand::Rng;

use super::common::{Common, LangArg};
use super::terminal::table;
use crate::connector::Transport;
use crate::hub::{Hub, HubError};
use crate::model::Clock;
use crate::store::token::{TokenRow, hash_secret};

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

#[derive(Clone, Copy, ValueEnum)]
enum Role {
    Admin,
    Analyst,
    District,
    Client,
}

#[derive(Args)]
pub struct TokenArgs {
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Subcommand)]
enum TokenCommand {
    /// Make a token and show its secret once
    Create {
        /// Whom it is for
        #[arg(long, default_value = "unnamed")]
        name: String,
        #[arg(long, value_enum, default_value = "analyst", conflicts_with = "ingest")]
        role: Role,
        /// A token with which a department pushes batches of this registry, and nothing else
        #[arg(long, value_name = "REGISTRY")]
        ingest: Option<String>,
        /// Only these areas (division codes)
        #[arg(long, value_delimiter = ',')]
        area: Vec<String>,
        /// Valid for so many days
        #[arg(long, default_value_t = 365)]
        days: i64,
    },
    /// All tokens, without their secrets
    List,
    /// End a token now
    Revoke { id: String },
}

pub async fn run(common: &Common, args: TokenArgs) -> anyhow::Result<ExitCode> {
    let hub = Hub::open(common.settings()?, Clock::System).await?;
    let done = match args.command {
        TokenCommand::Create { name, role, ingest, area, days } => create(&hub, common, name, role, ingest, &area, days).await,
        TokenCommand::List => list(&hub, common).await,
        TokenCommand::Revoke { id } => match hub.store.revoke_token(&id, hub.clock.millis()).await? {
            true => Ok(()),
            false => Err(HubError::said(
                format!("没有生效中的令牌 {id}；用 huitu token list 查看"),
                format!("there is no token {id} in force; `huitu token list` shows them"),
            )
            .into()),
        },
    };
    hub.store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

#[allow(clippy::too_many_arguments)]
async fn create(
    hub: &Hub,
    common: &Common,
    name: String,
    role: Role,
    ingest: Option<String>,
    areas: &[String],
    days: i64,
) -> anyhow::Result<()> {
    if let Some(registry) = &ingest {
        let (connector, _) = hub.registry(registry).await?;
        if connector.source.transport != Transport::Push {
            return Err(HubError::said(
                format!("登记「{registry}」由本系统拉取；只有 source.transport = \"push\" 的登记才需要推送令牌"),
                format!("registry \"{registry}\" is pulled; only one with source.transport = \"push\" needs a token to push"),
            )
            .into());
        }
    }
    let mut rng = rand::rng();
    let random = |rng: &mut rand::rngs::ThreadRng, n: usize| -> String {
        const ALPHABET: &[u8] = b"ABCDEFGHJKMNPQRSTVWXYZabcdefghjkmnpqrstvwxyz23456789";
        (0..n).map(|_| ALPHABET[(rng.next_u32() as usize) % ALPHABET.len()] as char).collect()
    };
    let secret = format!("huitu_{}", random(&mut rng, 40));
    let now = hub.clock.millis();
    let row = TokenRow {
        id: random(&mut rng, 10),
        name,
        role: match (&ingest, role) {
            (Some(_), _) => "ingest",
            (None, Role::Admin) => "admin",
            (None, Role::Analyst) => "analyst",
            (None, Role::District) => "district",
            (None, Role::Client) => "client",
        }
        .to_owned(),
        registry: ingest,
        areas: (!areas.is_empty()).then(|| serde_json::to_string(areas).expect("texts")),
        scopes: None,
        hash: hash_secret(&secret),
        created_at: now,
        expires_at: Some(now + days * DAY),
        revoked_at: None,
    };
    hub.store.put_token(&row).await?;
    match common.json {
        true => println!("{}", serde_json::json!({ "id": row.id, "role": row.role, "secret": secret })),
        false => {
            println!("{secret}");
            eprintln!("{}", common.lang().pick("请立即保存：以后不再显示。", "Keep it now: it is not shown again."));
        }
    }
    Ok(())
}

async fn list(hub: &Hub, common: &Common) -> anyhow::Result<()> {
    let tokens = hub.store.tokens().await?;
    let now = hub.clock.millis();
    let state = |t: &TokenRow| match (t.revoked_at, t.expires_at) {
        (Some(_), _) => "revoked",
        (None, Some(at)) if at < now => "expired",
        _ => "in force",
    };
    if common.json {
        let all: Vec<_> = tokens
            .iter()
            .map(|t| serde_json::json!({ "id": t.id, "name": t.name, "role": t.role, "registry": t.registry, "state": state(t), "expiresAt": t.expires_at }))
            .collect();
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    let header: [&str; 5] = match common.lang() {
        LangArg::Zh => ["编号", "名称", "角色", "登记库", "状态"],
        LangArg::En => ["id", "name", "role", "registry", "state"],
    };
    let rows = tokens
        .iter()
        .map(|t| vec![t.id.clone(), t.name.clone(), t.role.clone(), t.registry.clone().unwrap_or_default(), state(t).to_owned()]);
    print!("{}", table(&header, &rows.collect::<Vec<_>>()));
    Ok(())
}
