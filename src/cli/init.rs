//! `huitu init`: the data folder, and the first administrator. Nobody may ask before.

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
    /// Only says who may ask, and sees no enterprise: where the law wants administrators apart from the data
    #[arg(long)]
    apart: bool,
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
    let role = if args.apart { Role::Security } else { Role::Admin };
    make(hub, common, NewToken { name: args.name, role, registry: None, areas: Vec::new(), days: args.days }).await?;
    let data = hub.settings.data.display();
    if !common.json {
        eprintln!(
            "{}",
            match common.lang() {
                LangArg::Zh =>
                    format!("数据目录 {data} 已就绪。接着：huitu sync，然后 huitu serve；给别人的令牌：huitu token create"),
                LangArg::En => format!(
                    "The data folder {data} is ready. Next: `huitu sync`, then `huitu serve`; tokens for others: `huitu token create`"
                ),
            }
        );
    }
    Ok(())
}
