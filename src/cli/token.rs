//! `huitu token create|list|rotate|revoke`: who may call, and what for. A secret is shown once and kept only as SHA-256.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};

use super::common::{Common, LangArg};
use super::terminal::table;
use crate::access;
use crate::hub::Hub;
use crate::hub::tokens::{LONGEST_DAYS, LONGEST_OVERLAP, MadeToken, NewToken};
use crate::model::Clock;
use crate::model::text::shown;
use crate::store::token::TokenRow;

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
    /// Makes and ends tokens; sees no enterprise, and not who looked
    Security,
    /// Reads who looked at what, and sees no enterprise
    Auditor,
    /// The department of the registry given with --registry: its receipts, quarantine, quality and use
    Partner,
    /// A map: counts, rates and outlines, and no single enterprise
    Map,
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
            Role::Auditor => access::Role::Auditor,
            Role::Partner => access::Role::Partner,
            Role::Map => access::Role::Map,
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
    clap::value_parser!(i64).range(1..=LONGEST_DAYS)
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
        /// The registry of the department that a token of the role partner is for
        #[arg(long, value_name = "REGISTRY", conflicts_with = "ingest")]
        registry: Option<String>,
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
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(i64).range(0..=LONGEST_OVERLAP))]
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
        TokenCommand::Create { name, role, ingest, registry, area, days } => {
            let role = if ingest.is_some() { access::Role::Ingest } else { role.into() };
            make(
                &hub,
                common,
                NewToken { name, role, registry: ingest.or(registry), areas: area, purposes: common.purpose.clone(), days },
            )
            .await
        }
        TokenCommand::List => list(&hub, common).await,
        TokenCommand::Rotate { id, overlap, days } => match hub.rotate_token(&id, overlap, days).await {
            Ok(made) => {
                show(common, &made);
                Ok(())
            }
            Err(error) => Err(error.into()),
        },
        TokenCommand::Revoke { id } => hub.revoke_token(&id).await.map(|_| ()).map_err(Into::into),
    };
    hub.store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

/// Makes a token and shows its secret, once.
pub async fn make(hub: &Hub, common: &Common, new: NewToken) -> anyhow::Result<()> {
    let made = hub.create_token(new).await?;
    show(common, &made);
    Ok(())
}

fn show(common: &Common, made: &MadeToken) {
    match common.json {
        true => println!("{}", serde_json::json!({ "id": made.row.id, "role": made.row.role, "secret": made.secret })),
        false => {
            println!("{}", made.secret);
            eprintln!("{}", common.lang().pick("请立即保存：以后不再显示。", "Keep it now: it is not shown again."));
        }
    }
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
    let purposes =
        |t: &TokenRow| -> Vec<String> { t.purposes.as_deref().and_then(|p| serde_json::from_str(p).ok()).unwrap_or_default() };
    if common.json {
        let one = |t: &TokenRow| {
            serde_json::json!({
                "id": t.id, "name": t.name, "role": t.role, "registry": t.registry, "areas": areas(t), "purposes": purposes(t), "state": state(t),
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
