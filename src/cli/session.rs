//! `huitu session list|end`: who signed in through the identity provider.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::common::{Common, LangArg};
use super::terminal::table;
use crate::hub::{Hub, HubError};
use crate::model::Clock;
use crate::model::text::shown;
use crate::store::session::SessionRow;

#[derive(Args)]
pub struct SessionArgs {
    #[command(subcommand)]
    command: SessionCommand,
}

#[derive(Subcommand)]
enum SessionCommand {
    /// All sessions of half a year, newest first
    List,
    /// End a session, or all of an account, now
    End {
        /// Id of the session (S…) or of the account (L…)
        id: String,
    },
}

pub async fn run(common: &Common, args: SessionArgs) -> anyhow::Result<ExitCode> {
    let hub = Hub::open(common.settings()?, Clock::System).await?;
    let done = match args.command {
        SessionCommand::List => list(&hub, common).await,
        SessionCommand::End { id } => end(&hub, common, &id).await,
    };
    hub.store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn end(hub: &Hub, common: &Common, id: &str) -> anyhow::Result<()> {
    let ended = hub.store.end_sessions(id, hub.clock.millis()).await?;
    if ended == 0 {
        return Err(HubError::said(
            format!("没有进行中的登录 {id}；用 huitu session list 查看"),
            format!("no session of {id} is open; `huitu session list` shows them"),
        )
        .into());
    }
    match common.json {
        true => println!("{}", serde_json::json!({ "ended": ended })),
        false => println!("{} {ended}", common.lang().pick("已结束的登录：", "sessions ended:")),
    }
    Ok(())
}

async fn list(hub: &Hub, common: &Common) -> anyhow::Result<()> {
    let (sessions, now) = (hub.store.sessions().await?, hub.clock.millis());
    let state = |s: &SessionRow| match s.ended_at {
        Some(_) => "ended",
        None if s.expires_at <= now => "expired",
        None => "open",
    };
    if common.json {
        let one = |s: &SessionRow| {
            serde_json::json!({
                "id": s.id, "account": s.caller, "name": s.name, "role": s.role,
                "areas": s.areas.as_deref().and_then(|a| serde_json::from_str::<Vec<String>>(a).ok()),
                "state": state(s), "createdAt": s.created_at, "expiresAt": s.expires_at, "lastUsedAt": s.last_used_at,
            })
        };
        println!("{}", serde_json::to_string_pretty(&sessions.iter().map(one).collect::<Vec<_>>())?);
        return Ok(());
    }
    let header: [&str; 7] = match common.lang() {
        LangArg::Zh => ["编号", "账号", "名称", "角色", "状态", "登录时间", "最近使用"],
        LangArg::En => ["id", "account", "name", "role", "state", "signed in", "last used"],
    };
    let states = |s: &SessionRow| match (common.lang(), state(s)) {
        (LangArg::Zh, "ended") => "已退出",
        (LangArg::Zh, "expired") => "已过期",
        (LangArg::Zh, _) => "进行中",
        (LangArg::En, state) => state,
    };
    let instant = |at: i64| chrono::DateTime::from_timestamp_millis(at).map_or_else(String::new, shown);
    let rows = sessions.iter().map(|s| {
        let (began, used) = (instant(s.created_at), instant(s.last_used_at));
        vec![s.id.clone(), s.caller.clone(), s.name.clone(), s.role.clone(), states(s).to_owned(), began, used]
    });
    print!("{}", table(&header, &rows.collect::<Vec<_>>()));
    Ok(())
}
