//! `huitu serve`: the graph over HTTP, from the current edition and the ones that follow.

use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

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
use crate::serve::problem::Problem;
use crate::serve::{App, Authentication, Entrance, Options, Provider, ServerState, TlsFiles};
use crate::store::token::TokenRow;

/// No question reads the store for longer; a sync does.
const READING: Duration = Duration::from_secs(60);
/// Nobody who records something waits longer for the database: it is then not stored.
const WRITING: Duration = Duration::from_secs(30);

#[derive(Args)]
pub struct ServeArgs {
    /// Answer only the documents of this folder (`huitu trust DIR` prints their digests)
    #[arg(long, env = "HUITU_TRUSTED", value_name = "DIR")]
    trusted: Option<PathBuf>,
    /// Pull nothing by itself: only `huitu sync`, startSync and pushes bring data
    #[arg(long)]
    no_schedule: bool,
    /// When to pull, as cron: for one registry (tax="30 2 * * *"), or for all that name no schedule of their own
    #[arg(long = "schedule", value_name = "[REGISTRY=]CRON")]
    schedules: Vec<String>,
    /// A demonstration on this machine: whoever calls is the operator, without a token
    #[arg(long)]
    demo: bool,
    /// Serve over TLS with this certificate (PEM, those that vouch for it after it); a changed file is taken up without a restart
    #[arg(long, env = "HUITU_TLS_CERTIFICATE", value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// The private key of the certificate (PEM, without a passphrase)
    #[arg(long, env = "HUITU_TLS_KEY", value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Addresses of the proxies that end TLS; whoever goes around them is turned away
    #[arg(long, env = "HUITU_BEHIND_PROXY", value_name = "ADDRESS", value_delimiter = ',')]
    behind_proxy: Vec<IpAddr>,
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
    hub.store = hub.store.with_deadlines(READING, WRITING);
    for text in &args.schedules {
        plan(&mut hub, text)?;
    }
    let mut serving = common.serving()?;
    serving.trusted = args.trusted.or(serving.trusted);
    serving.tls_certificate = args.tls_certificate.or(serving.tls_certificate);
    serving.tls_key = args.tls_key.or(serving.tls_key);
    if !args.behind_proxy.is_empty() {
        serving.behind_proxy = args.behind_proxy;
    }
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
    let in_words = |problem: Problem| anyhow::anyhow!(problem.text(lang.into()).to_owned());
    let provider = provider(common)?;
    let ways = tokens + usize::from(provider.is_some());
    let files = tls_files(serving).map_err(in_words)?;
    let entrance = Entrance::open(address.ip(), files, serving.behind_proxy.clone(), hub.clock.now());
    let access = Authentication::decide(address.ip(), demonstration, ways);
    // A demonstration on a network is refused for being one; all else first for what could be read there.
    let (entrance, access) = match (entrance, access) {
        (_, Err(problem)) if demonstration => return Err(in_words(problem)),
        (entrance, access) => (entrance.map_err(in_words)?, access.map_err(in_words)?),
    };
    let mut options = Options::new(access);
    options.entrance = entrance;
    options.provider = provider;
    let scheme = if options.entrance.tls.is_some() { "https" } else { "http" };
    options.apply(serving).with_context(|| match lang {
        LangArg::Zh => "无法读取登记查询的文件夹；请检查 --trusted",
        LangArg::En => "cannot read the folder of trusted documents; check --trusted",
    })?;
    let state = App::new(hub.clone(), options);
    state.refresh().await.map_err(in_words)?;
    if access == Authentication::Demonstration {
        println!(
            "{}",
            lang.pick(
                "演示模式：仅本机可访问，任何本机用户都是管理员，不需要令牌（正式使用请去掉 --demo，先运行 huitu init）",
                "demonstration: only this machine can call, and everybody on it is the operator, without a token (for real use leave --demo out and run `huitu init` first)"
            )
        );
    }
    println!("{} {scheme}://{address}/graphql   GraphiQL: {scheme}://{address}/graphiql", lang.pick("正在提供服务：", "serving"));
    for c in hub.connectors.iter().filter(|c| scheduled && hub.is_pulled(c)) {
        if let Some(cron) = &hub.manners(c).schedule {
            println!("{} {} {cron}", lang.pick("按计划拉取：", "scheduled:"), c.name);
        }
    }
    // Last, because it is what a person goes on with.
    println!("{} {scheme}://{address}/", lang.pick("工作台：", "workbench:"));
    let schedule = tokio::spawn(schedules(scheduled, state.state().clone()));
    crate::serve::run(listener, state, stopped()).await?;
    schedule.abort();
    hub.store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// The identity provider of the `[login]` table. Its secret comes from a file or the environment, never from the configuration itself.
fn provider(common: &Common) -> anyhow::Result<Option<Arc<Provider>>> {
    let Some(said) = common.login()? else { return Ok(None) };
    let lang = common.lang();
    let secret = match (&said.client_secret_file, std::env::var("HUITU_LOGIN_SECRET").ok()) {
        (Some(path), _) => Some(std::fs::read_to_string(path).with_context(|| match lang {
            LangArg::Zh => format!("无法读取 login.client_secret_file {}", path.display()),
            LangArg::En => format!("cannot read login.client_secret_file {}", path.display()),
        })?),
        (None, secret) => secret,
    };
    let secret = secret.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let provider = Provider::new(&said, secret).map_err(|p| anyhow::anyhow!(p.text(lang.into()).to_owned()))?;
    Ok(Some(Arc::new(provider)))
}

/// Both files, or neither.
fn tls_files(serving: &Serving) -> Result<Option<TlsFiles>, Problem> {
    match (serving.tls_certificate.clone(), serving.tls_key.clone()) {
        (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate, key })),
        (None, None) => Ok(None),
        _ => Err(Problem::bad_input(
            "TLS 需要证书与私钥两个文件：请同时给出 --tls-certificate 与 --tls-key（或 serve.tls_certificate 与 serve.tls_key）",
            "TLS takes a certificate and its key: give both --tls-certificate and --tls-key (or serve.tls_certificate and serve.tls_key)",
        )),
    }
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
