//! `huitu init`: the data folder, and the first administrator: the one who says who may ask (等保 2.0 keeps the administrators apart).
//! Nobody may ask before.

use std::process::ExitCode;

use clap::Args;

use super::common::{Common, LangArg};
use super::token::make;
use crate::access::Role;
use crate::hub::tokens::{NewToken, administers};
use crate::hub::{Hub, HubError};
use crate::model::Clock;

#[derive(Args)]
pub struct InitArgs {
    /// Whom the token is for
    #[arg(long, default_value = "administrator")]
    name: String,
    /// Valid for so many days
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(i64).range(1..=crate::hub::tokens::LONGEST_DAYS))]
    days: i64,
    /// One administrator for everything, data included: for an installation that one person runs. Without it the first one only says who may
    /// ask, and sees no enterprise; who runs the hub and who reads the audit are given tokens of their own
    #[arg(long)]
    together: bool,
}

pub async fn run(common: &Common, args: InitArgs) -> anyhow::Result<ExitCode> {
    let hub = Hub::open(common.settings()?, Clock::System).await?;
    let done = first(&hub, common, args).await;
    hub.store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn first(hub: &Hub, common: &Common, args: InitArgs) -> anyhow::Result<()> {
    let now = hub.clock.millis();
    let tokens = hub.store.tokens().await?;
    if let Some(token) = tokens.iter().find(|t| administers(t, now)) {
        return Err(HubError::said(
            format!("已有管理员「{}」（{}）：请用 huitu token create 增加令牌，huitu token list 查看", token.name, token.id),
            format!(
                "there is an administrator already, {} ({}): `huitu token create` adds tokens, `huitu token list` shows them",
                token.name, token.id
            ),
        )
        .into());
    }
    let role = if args.together { Role::Admin } else { Role::Security };
    make(
        hub,
        common,
        NewToken { name: args.name.clone(), role, registry: None, areas: Vec::new(), purposes: Vec::new(), days: args.days },
    )
    .await?;
    let data = hub.settings.data.display();
    if !common.json {
        eprintln!(
            "{}",
            match common.lang() {
                LangArg::Zh if args.together =>
                    format!("数据目录 {data} 已就绪。接着：huitu sync，然后 huitu serve；给别人的令牌：huitu token create"),
                LangArg::En if args.together => format!(
                    "The data folder {data} is ready. Next: `huitu sync`, then `huitu serve`; tokens for others: `huitu token create`"
                ),
                LangArg::Zh => format!(
                    "数据目录 {data} 已就绪。该令牌属于安全管理员：只管理谁可以访问，看不到任何企业。接着：\n  \
                     huitu token create --role system     系统管理员：同步、批次，看不到企业\n  \
                     huitu token create --role auditor    审计员：查看谁看过什么\n  \
                     huitu token create --role analyst    工会分析人员：查看全市企业\n\
                     然后 huitu sync、huitu serve。只有一人管理的安装可用 huitu init --together"
                ),
                LangArg::En => format!(
                    "The data folder {data} is ready. This token is the security administrator's: it says who may ask, and sees no enterprise. Next:\n  \
                     huitu token create --role system     runs the hub: syncs and batches, no enterprise\n  \
                     huitu token create --role auditor    reads who looked at what\n  \
                     huitu token create --role analyst    sees the enterprises of the whole city\n\
                     Then `huitu sync` and `huitu serve`. Where one person runs everything: `huitu init --together`"
                ),
            }
        );
    }
    Ok(())
}
