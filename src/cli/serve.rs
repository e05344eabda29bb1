//! `huitu serve`: the graph over HTTP, from the current edition and the ones that follow.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use tokio::net::TcpListener;

use super::common::{Common, LangArg};
use super::mock::Mock;
use crate::config::{Serving, Settings};
use crate::connector::valid_schedule;
use crate::hub::{Hub, HubError};
use crate::model::Clock;
use crate::model::text::grouped;
use crate::serve::{App, Authentication, Options, ServerState};
use crate::store::token::TokenRow;

#[derive(Args)]
pub struct ServeArgs {
    /// Answer only the documents of this folder (`huitu trust DIR` prints their digests)
    #[arg(long, env = "HUITU_TRUSTED", value_name = "DIR")]
    trusted: Option<std::path::PathBuf>,
    /// Pull nothing by itself: only `huitu sync`, startSync and pushes bring data
    #[arg(long)]
    no_schedule: bool,
    /// When to pull, as cron: for one registry (tax="30 2 * * *"), or for all that name no schedule of their own
    #[arg(long = "schedule", value_name = "[REGISTRY=]CRON")]
    schedules: Vec<String>,
    /// A demonstration on this machine: whoever calls is the operator, without a token
    #[arg(long)]
    demo: bool,
    /// For whoever builds a client: an invented city in a temporary folder, as a demonstration; nothing is set up and nothing is kept
    #[arg(long, conflicts_with_all = ["demo", "schedules"])]
    mock: bool,
    /// mock: the same seed gives the same answers
    #[arg(long, default_value_t = 1, value_name = "NUMBER", requires = "mock")]
    seed: u64,
    /// mock: number of invented enterprises
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u64).range(100..=100_000), requires = "mock")]
    enterprises: u64,
    /// Allow sources on private and loopback addresses
    #[arg(long, env = "HUITU_ALLOW_PRIVATE")]
    allow_private: bool,
}

pub async fn run(common: &Common, args: ServeArgs) -> anyhow::Result<ExitCode> {
    let settings = common.settings()?;
    if args.mock {
        return mock(common, settings, &args).await;
    }
    let listener = bind(common, settings.listen).await?;
    let mut hub = Hub::open(settings, Clock::System).await?;
    hub.allow_private = args.allow_private;
    for text in &args.schedules {
        plan(&mut hub, text)?;
    }
    let mut serving = common.serving()?;
    serving.trusted = args.trusted.or(serving.trusted);
    serve(common, hub, listener, Start { scheduled: !args.no_schedule, demonstration: args.demo }, &serving).await
}

/// Serves an invented city until it is told to end.
async fn mock(common: &Common, settings: Settings, args: &ServeArgs) -> anyhow::Result<ExitCode> {
    if common.data.is_some() || common.store.is_some() {
        return Err(HubError::said(
            "--mock 使用自己的临时文件夹：请去掉 --data 与 --store",
            "--mock has a temporary folder of its own: leave --data and --store out",
        )
        .into());
    }
    let listener = bind(common, settings.listen).await?;
    let settings = Settings { store: None, ..settings };
    let mock = Mock::begin(common, settings, args.seed, args.enterprises).await?;
    let (seed, enterprises) = (args.seed, grouped(args.enterprises as i64));
    match common.lang() {
        LangArg::Zh => println!("模拟服务：虚构城市，{enterprises} 家企业，种子 {seed}；结束后不留任何数据"),
        LangArg::En => println!("mock: an invented city of {enterprises} enterprises, seed {seed}; nothing stays when it ends"),
    }
    let mut serving = common.serving()?;
    serving.trusted = args.trusted.clone().or(serving.trusted);
    let done = serve(common, mock.hub.clone(), listener, Start { scheduled: false, demonstration: true }, &serving).await;
    mock.stop().await;
    done
}

/// Gives one registry, or all that have none, a schedule.
fn plan(hub: &mut Hub, text: &str) -> anyhow::Result<()> {
    let (name, cron) = match text.split_once('=') {
        Some((name, cron)) => (Some(name.trim()), cron.trim()),
        None => (None, text.trim()),
    };
    if !valid_schedule(cron) {
        return Err(HubError::said(
            format!("--schedule「{cron}」不是 cron，例如 \"30 2 * * *\""),
            format!("--schedule \"{cron}\" is no cron line such as \"30 2 * * *\""),
        )
        .into());
    }
    if let Some(name) = name.filter(|n| hub.connectors.iter().all(|c| c.name != *n)) {
        return Err(hub.no_registry(name).into());
    }
    for connector in &mut hub.connectors {
        let chosen = match name {
            Some(name) => connector.name == name,
            None => connector.manners.schedule.is_none(),
        };
        if chosen {
            Arc::make_mut(connector).manners.schedule = Some(cron.to_owned());
        }
    }
    Ok(())
}

/// Takes the address; a port in use is said before anything else is done.
pub async fn bind(common: &Common, listen: std::net::SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(listen).await.with_context(|| match common.lang() {
        LangArg::Zh => format!("无法监听 {listen}；请停用占用它的程序，或用 --listen 指定其他端口"),
        LangArg::En => format!("cannot listen on {listen}; stop the program that uses it, or choose another port with --listen"),
    })
}

/// How to begin.
#[derive(Clone, Copy)]
pub struct Start {
    /// Pull by schedule.
    pub scheduled: bool,
    /// Whoever calls from this machine is the operator.
    pub demonstration: bool,
}

/// Serves until Ctrl-C or SIGTERM.
pub async fn serve(
    common: &Common,
    hub: Hub,
    listener: TcpListener,
    start: Start,
    serving: &Serving,
) -> anyhow::Result<ExitCode> {
    let lang = common.lang();
    let address = listener.local_addr()?;
    let Start { scheduled, demonstration } = start;
    let now = hub.clock.millis();
    let reads = |t: &&TokenRow| t.revoked_at.is_none() && t.expires_at.is_none_or(|at| at > now) && t.role != "ingest";
    let tokens = hub.store.tokens().await?.iter().filter(reads).count();
    let access = Authentication::decide(address.ip(), demonstration, tokens)
        .map_err(|p| anyhow::anyhow!(p.text(lang.into()).to_owned()))?;
    let mut options = Options::new(access);
    options.apply(serving).with_context(|| match lang {
        LangArg::Zh => "无法读取登记查询的文件夹；请检查 --trusted",
        LangArg::En => "cannot read the folder of trusted documents; check --trusted",
    })?;
    let state = App::new(hub.clone(), options);
    state.refresh().await.map_err(|p| anyhow::anyhow!(p.text(lang.into()).to_owned()))?;
    if access == Authentication::Demonstration {
        println!(
            "{}",
            lang.pick(
                "演示模式：仅本机可访问，任何本机用户都是管理员，不需要令牌（正式使用请去掉 --demo，先运行 huitu init）",
                "demonstration: only this machine can call, and everybody on it is the operator, without a token (for real use leave --demo out and run `huitu init` first)"
            )
        );
    }
    println!("{} http://{address}/graphql   GraphiQL: http://{address}/graphiql", lang.pick("正在提供服务：", "serving"));
    for c in hub.connectors.iter().filter(|c| scheduled && hub.is_pulled(c)) {
        if let Some(cron) = &c.manners.schedule {
            println!("{} {} {cron}", lang.pick("按计划拉取：", "scheduled:"), c.name);
        }
    }
    // Last, because it is what a person goes on with.
    println!("{} http://{address}/", lang.pick("工作台：", "workbench:"));
    let schedule = tokio::spawn(schedules(scheduled, state.state().clone()));
    crate::serve::run(listener, state, stopped()).await?;
    schedule.abort();
    hub.store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn schedules(wanted: bool, state: ServerState) {
    if wanted {
        crate::serve::operate::schedule::run(state).await;
    }
}

/// Resolves when the process is asked to end.
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
