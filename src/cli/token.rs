//! `huitu token create|list|rotate|revoke`: who may call, and what for. A secret is shown once and kept only as SHA-256.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use rand::Rng;

use super::common::{Common, LangArg};
use super::terminal::table;
use crate::access;
use crate::connector::Transport;
use crate::hub::{Hub, HubError};
use crate::model::Clock;
use crate::model::reference::areas::unit_code;
use crate::model::text::shown;
use crate::store::token::{TokenRow, hash_secret};

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Role {
    /// Everything
    Admin,
    /// The whole city
    Analyst,
    /// The areas given with --area
    District,
    /// Open fields: a front end, a partner system
    Client,
    /// Runs the hub, and sees no enterprise
    System,
    /// Makes and ends tokens, and sees no enterprise
    Security,
}

impl From<Role> for access::Role {
    fn from(role: Role) -> access::Role {
        match role {
            Role::Admin => access::Role::Admin,
            Role::Analyst => access::Role::Analyst,
            Role::District => access::Role::District,
            Role::Client => access::Role::Client,
            Role::System => access::Role::System,
            Role::Security => access::Role::Security,
        }
    }
}

#[derive(Args)]
pub struct TokenArgs {
    #[command(subcommand)]
    command: TokenCommand,
}

/// Days that a token is valid.
fn days() -> clap::builder::RangedI64ValueParser<i64> {
    clap::value_parser!(i64).range(1..=3_650)
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
        /// Only these areas (division codes, or codes of federation units)
        #[arg(long, value_delimiter = ',')]
        area: Vec<String>,
        /// Valid for so many days
        #[arg(long, default_value_t = 365, value_parser = days())]
        days: i64,
    },
    /// All tokens, without their secrets: areas, last use, until when
    List,
    /// Make the next token of the same rights; the old one stands for a while, so that nobody is locked out meanwhile
    Rotate {
        id: String,
        /// Days that the old one still stands; 0 ends it now
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(i64).range(0..=365))]
        overlap: i64,
        /// Valid for so many days
        #[arg(long, default_value_t = 365, value_parser = days())]
        days: i64,
    },
    /// End a token now
    Revoke { id: String },
}

pub async fn run(common: &Common, args: TokenArgs) -> anyhow::Result<ExitCode> {
    let hub = Hub::open(common.settings()?, Clock::System).await?;
    let done = match args.command {
        TokenCommand::Create { name, role, ingest, area, days } => create(&hub, common, name, role, ingest, &area, days).await,
        TokenCommand::List => list(&hub, common).await,
        TokenCommand::Rotate { id, overlap, days } => rotate(&hub, common, &id, overlap, days).await,
        TokenCommand::Revoke { id } => revoke(&hub, &id).await,
    };
    hub.store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

/// A token to be made.
pub struct NewToken {
    pub name: String,
    pub role: access::Role,
    pub registry: Option<String>,
    /// By code; empty: all that the role sees.
    pub areas: Vec<String>,
    pub days: i64,
}

/// Whether a token is in force.
pub fn stands(token: &TokenRow, now: i64) -> bool {
    token.revoked_at.is_none() && token.expires_at.is_none_or(|at| at > now)
}

/// Makes a token and shows its secret, once.
pub async fn make(hub: &Hub, common: &Common, new: NewToken) -> anyhow::Result<()> {
    let mut rng = rand::rng();
    let random = |rng: &mut rand::rngs::ThreadRng, n: usize| -> String {
        const ALPHABET: &[u8] = b"ABCDEFGHJKMNPQRSTVWXYZabcdefghjkmnpqrstvwxyz23456789";
        (0..n).map(|_| ALPHABET[(rng.next_u32() as usize) % ALPHABET.len()] as char).collect()
    };
    let secret = format!("huitu_{}", random(&mut rng, 40));
    let now = hub.clock.millis();
    let row = TokenRow {
        id: random(&mut rng, 10),
        name: new.name,
        role: new.role.name().to_owned(),
        registry: new.registry,
        areas: (!new.areas.is_empty()).then(|| serde_json::to_string(&new.areas).expect("texts")),
        scopes: None,
        hash: hash_secret(&secret),
        created_at: now,
        expires_at: Some(now + new.days * DAY),
        revoked_at: None,
        last_used_at: None,
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
    let role = if ingest.is_some() { access::Role::Ingest } else { role.into() };
    let areas = known_areas(hub, role, areas)?;
    make(hub, common, NewToken { name, role, registry: ingest, areas, days }).await
}

/// Areas by code. A district's token names its district, and every area is one that there is: a misspelt one would see nothing, or
/// everything.
fn known_areas(hub: &Hub, role: access::Role, areas: &[String]) -> Result<Vec<String>, HubError> {
    if role == access::Role::District && areas.is_empty() {
        return Err(HubError::said(
            "角色 district 需要 --area：例如 --area 110105；查看全市请用 --role analyst",
            "the role district needs --area, such as --area 110105; for the whole city use --role analyst",
        ));
    }
    let edition = hub.editions.current().ok();
    let code = |area: &String| {
        let of_edition = || edition.as_ref().and_then(|e| e.area(area)).map(|_| area.clone());
        unit_code(area, None).or_else(of_edition).ok_or_else(|| {
            HubError::said(
                format!("没有区域 {area}：请使用 6 位或 9 位区划代码（如 110105），或工会单位的代码"),
                format!(
                    "there is no area {area}: give a division code of 6 or 9 digits such as 110105, or the code of a federation unit"
                ),
            )
        })
    };
    areas.iter().map(code).collect()
}

/// The token of an id that is in force.
async fn standing(hub: &Hub, id: &str) -> anyhow::Result<TokenRow> {
    let now = hub.clock.millis();
    let found = hub.store.tokens().await?.into_iter().find(|t| t.id == id && stands(t, now));
    found.ok_or_else(|| {
        HubError::said(
            format!("没有生效中的令牌 {id}；用 huitu token list 查看"),
            format!("there is no token {id} in force; `huitu token list` shows them"),
        )
        .into()
    })
}

async fn rotate(hub: &Hub, common: &Common, id: &str, overlap: i64, days: i64) -> anyhow::Result<()> {
    let old = standing(hub, id).await?;
    let role = access::Role::from_name(&old.role).ok_or_else(|| {
        HubError::said(
            format!("令牌 {id} 的角色「{}」不是本版本所知的角色", old.role),
            format!("the role \"{}\" of the token {id} is not one that this release knows", old.role),
        )
    })?;
    let areas = old.areas.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default();
    make(hub, common, NewToken { name: old.name, role, registry: old.registry, areas, days }).await?;
    let now = hub.clock.millis();
    match overlap {
        0 => hub.store.revoke_token(id, now).await.map(|_| ())?,
        days => {
            let until = old.expires_at.unwrap_or(i64::MAX).min(now + days * DAY);
            hub.store.token_expires(id, until).await?;
        }
    }
    Ok(())
}

async fn revoke(hub: &Hub, id: &str) -> anyhow::Result<()> {
    let token = standing(hub, id).await?;
    let now = hub.clock.millis();
    let administers = |t: &TokenRow| ["admin", "security"].contains(&t.role.as_str()) && stands(t, now);
    let others = hub.store.tokens().await?.iter().any(|t| t.id != id && administers(t));
    if administers(&token) && !others {
        return Err(HubError::said(
            format!("{id} 是最后一个管理员令牌：请先运行 huitu token create --role security（或 admin），再撤销它"),
            format!("{id} is the last administrator's token: make another one first (`huitu token create --role security`, or admin), then revoke it"),
        )
        .into());
    }
    hub.store.revoke_token(id, now).await?;
    Ok(())
}

async fn list(hub: &Hub, common: &Common) -> anyhow::Result<()> {
    let tokens = hub.store.tokens().await?;
    let now = hub.clock.millis();
    let state = |t: &TokenRow| match (t.revoked_at, t.expires_at) {
        (Some(_), _) => "revoked",
        (None, Some(at)) if at <= now => "expired",
        _ => "in force",
    };
    let areas =
        |t: &TokenRow| -> Vec<String> { t.areas.as_deref().and_then(|a| serde_json::from_str(a).ok()).unwrap_or_default() };
    if common.json {
        let one = |t: &TokenRow| {
            serde_json::json!({
                "id": t.id, "name": t.name, "role": t.role, "registry": t.registry, "areas": areas(t), "state": state(t),
                "createdAt": t.created_at, "expiresAt": t.expires_at, "lastUsedAt": t.last_used_at,
            })
        };
        let all: Vec<_> = tokens.iter().map(one).collect();
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    let header: [&str; 8] = match common.lang() {
        LangArg::Zh => ["编号", "名称", "角色", "区域", "登记库", "状态", "有效期至", "最近使用"],
        LangArg::En => ["id", "name", "role", "areas", "registry", "state", "until", "last used"],
    };
    let states = |t: &TokenRow| match (common.lang(), state(t)) {
        (LangArg::Zh, "revoked") => "已撤销",
        (LangArg::Zh, "expired") => "已过期",
        (LangArg::Zh, _) => "有效",
        (LangArg::En, state) => state,
    };
    let day = |at: Option<i64>| {
        let at = at.and_then(chrono::DateTime::from_timestamp_millis);
        at.map_or_else(String::new, |at| at.with_timezone(&hub.settings.zone).date_naive().to_string())
    };
    let instant = |at: Option<i64>| at.and_then(chrono::DateTime::from_timestamp_millis).map_or_else(String::new, shown);
    let rows = tokens.iter().map(|t| {
        let registry = t.registry.clone().unwrap_or_default();
        let (until, used) = (day(t.expires_at), instant(t.last_used_at));
        vec![t.id.clone(), t.name.clone(), t.role.clone(), areas(t).join(","), registry, states(t).to_owned(), until, used]
    });
    print!("{}", table(&header, &rows.collect::<Vec<_>>()));
    Ok(())
}
