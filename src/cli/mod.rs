//! The command line: one file per subcommand, the conventions here.
//!
//! Exit codes: 0 done; 1 failed; 2 the command line is wrong; 3 done, but something waits for a person (a held batch,
//! a registry that failed). Messages go to standard error, results to standard output; `--json` for machines.

pub mod assess;
pub mod batch;
pub mod bench;
pub mod connector;
pub mod demo;
pub mod doctor;
pub mod edition;
pub mod edition_diff;
pub mod explain;
pub mod export;
pub mod finding;
pub mod link;
pub mod quarantine;
pub mod query;
pub mod report;
pub mod review;
pub mod schema;
pub mod serve;
pub mod simulate;
pub mod sync;
pub mod terminal;
pub mod token;
pub mod trust;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::{ConfigFile, Settings, parse_source, parse_zone};

/// Port and address `serve` and `demo` listen on by default.
const DEFAULT_LISTEN: &str = "127.0.0.1:8080";

#[derive(Parser)]
#[command(
    name = "huitu",
    version,
    about = "会图: which enterprises above designated size still lack a union (规模以上未建会企业)"
)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// Options every subcommand takes; each also as an environment variable and in the configuration file.
#[derive(Args, Clone)]
#[command(next_help_heading = "Options of every command")]
pub struct Common {
    /// Everything the hub writes: store, editions, quarantine [default: ./huitu-data]
    #[arg(long, global = true, env = "HUITU_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Folder of connector folders: each is added, or takes the place of the built-in one of its name
    #[arg(long, global = true, env = "HUITU_CONNECTORS", value_name = "DIR")]
    pub connectors: Option<PathBuf>,
    /// Leave the built-in connectors out: only those of --connectors
    #[arg(long, global = true, env = "HUITU_WITHOUT_BUILT_IN")]
    pub without_built_in: bool,
    /// PostgreSQL address; without it the embedded store in --data
    #[arg(long, global = true, env = "HUITU_STORE", value_name = "URL", hide_env_values = true)]
    pub store: Option<String>,
    /// Address to serve on [default: 127.0.0.1:8080]
    #[arg(long, global = true, env = "HUITU_LISTEN", value_name = "ADDR:PORT")]
    pub listen: Option<SocketAddr>,
    /// Configuration file (TOML)
    #[arg(long, global = true, env = "HUITU_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Time zone whose days `as of` counts [default: Asia/Shanghai]
    #[arg(long, global = true, env = "HUITU_ZONE", value_name = "NAME")]
    pub zone: Option<String>,
    /// Where a registry's data is, for example tax=/data/tax.csv.gz; HUITU_SOURCE_TAX says the same
    #[arg(long = "source", global = true, value_name = "REGISTRY=PLACE")]
    pub sources: Vec<String>,
    /// Machine-readable output
    #[arg(long, global = true)]
    pub json: bool,
    /// Language of messages
    #[arg(long, global = true, env = "HUITU_LANG", value_enum)]
    pub lang: Option<Lang>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    Zh,
    En,
}

impl From<Lang> for crate::model::message::Lang {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Zh => Self::Zh,
            Lang::En => Self::En,
        }
    }
}

impl Lang {
    /// Picks the text of this language.
    pub fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }
}

impl Common {
    /// The language asked for, else the locale's.
    pub fn lang(&self) -> Lang {
        self.lang.unwrap_or_else(|| {
            let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|v| std::env::var(v).ok().filter(|t| !t.is_empty()));
            match locale {
                Some(l) if l.starts_with("zh") => Lang::Zh,
                _ => Lang::En,
            }
        })
    }

    /// Command line over environment over file over defaults.
    pub fn settings(&self) -> anyhow::Result<Settings> {
        let file = match &self.config {
            Some(path) => ConfigFile::read(path)?,
            None => ConfigFile::default(),
        };
        let mut sources = file.sources;
        for (name, place) in std::env::vars() {
            if let Some(registry) = name.strip_prefix("HUITU_SOURCE_") {
                sources.insert(registry.to_lowercase(), place);
            }
        }
        for text in &self.sources {
            let (registry, place) = parse_source(text)?;
            sources.insert(registry, place);
        }
        let zone = self.zone.as_deref().or(file.zone.as_deref()).unwrap_or("Asia/Shanghai");
        Ok(Settings {
            data: self.data.clone().or(file.data).unwrap_or_else(|| PathBuf::from("huitu-data")),
            connectors: self.connectors.clone().or(file.connectors),
            without_built_in: self.without_built_in || file.without_built_in,
            store: self.store.clone().or(file.store),
            listen: self.listen.or(file.listen).unwrap_or_else(|| DEFAULT_LISTEN.parse().expect("a constant address")),
            zone: parse_zone(zone)?,
            sources,
            policy: file.policy.unwrap_or_default(),
            thresholds: file.thresholds,
            origins: file.origins,
            secrets: Default::default(),
        })
    }
}

impl Common {
    /// What the configuration file says of serving.
    pub fn serving(&self) -> anyhow::Result<crate::config::Serving> {
        Ok(match &self.config {
            Some(path) => ConfigFile::read(path)?.serve,
            None => crate::config::Serving::default(),
        })
    }
}

#[derive(Subcommand)]
enum Command {
    /// Simulated departments, a sync, the ten most urgent enterprises, and the graph served: the whole thing in one command
    Demo(demo::DemoArgs),
    /// The graph over HTTP
    Serve(serve::ServeArgs),
    /// Pull, land, link, assess, publish; a receipt at the end
    Sync(sync::SyncArgs),
    /// Write the crosswalk, the gap list or the quarantine as a file
    Export(export::ExportArgs),
    /// What each pull brought; release or reject a held batch
    Batch(batch::BatchArgs),
    /// Rows that could not be read; read them again after a fix
    Quarantine(quarantine::QuarantineArgs),
    /// Which rules decide, and why one enterprise was judged as it was
    Assess(assess::AssessArgs),
    /// How well the records were joined; fit the weights to them
    Link(link::LinkArgs),
    /// Decide the pairs that linking left to a person, one keystroke each
    Review(review::ReviewArgs),
    /// Why two records are, or are not, one enterprise
    Explain(explain::ExplainArgs),
    /// The bulletin of a period, as HTML or as a workbook
    Report(report::ReportArgs),
    /// What a visit found
    Finding(finding::FindingArgs),
    /// The published states: list, verify, prune
    Edition(edition::EditionArgs),
    /// Ask the graph without a server
    Query(query::QueryArgs),
    /// Who may call, and what for
    Token(token::TokenArgs),
    /// Describe a registry's data, check and preview it
    Connector(connector::ConnectorArgs),
    /// A city that never was, as extracts or served as its departments would
    Simulate(simulate::SimulateArgs),
    /// The GraphQL schema that is served
    Schema(schema::SchemaArgs),
    /// Check a folder of GraphQL documents and print the digests that name them
    Trust(trust::TrustArgs),
    /// Figures of this machine against the bars of the product
    Bench(bench::BenchArgs),
    /// What is missing or wrong on this machine, with the remedy
    Doctor,
}

/// Runs the program and says how it ended.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if cli.command.only_prints() {
        end_quietly_on_a_closed_pipe();
    }
    init_log();
    // One provider for every TLS connection; reqwest and sqlx look it up.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            eprintln!("huitu: cannot start: {e}");
            return ExitCode::FAILURE;
        }
    };
    let lang = cli.common.lang();
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(e) => {
            let text = in_words(&e, lang);
            eprintln!("{}{text}", lang.pick("huitu 出错：", "huitu: "));
            ExitCode::FAILURE
        }
    }
}

/// An error in the reader's language, where it knows both.
fn in_words(error: &anyhow::Error, lang: Lang) -> String {
    if let Some(known) = error.downcast_ref::<crate::hub::HubError>() {
        return known.text(lang.into());
    }
    if let (Some(known), Lang::Zh) = (error.downcast_ref::<crate::edition::EditionError>(), lang) {
        return crate::hub::message::edition(known);
    }
    if let Some(known) = error.downcast_ref::<crate::config::ConfigError>() {
        return known.text(lang.into());
    }
    if let Some(known) = error.downcast_ref::<crate::connector::ConnectorError>() {
        let texts: Vec<&str> = known.problems.iter().map(|p| lang.pick(p.zh.as_str(), p.en.as_str())).collect();
        return texts.join("\n");
    }
    format!("{error:#}")
}

impl Command {
    /// Commands whose output may be cut short (`| head`). Those that talk to sockets keep the signal ignored.
    fn only_prints(&self) -> bool {
        !matches!(self, Command::Serve(_) | Command::Demo(_) | Command::Simulate(_) | Command::Sync(_) | Command::Connector(_))
    }
}

fn end_quietly_on_a_closed_pipe() {
    // SAFETY: restores the default action before any thread is started.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
    }
}

fn init_log() {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_env("HUITU_LOG").unwrap_or_else(|_| EnvFilter::new("warn,sqlx=error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let common = cli.common;
    match cli.command {
        Command::Sync(args) => sync::run(&common, args).await,
        Command::Export(args) => export::run(&common, args).await,
        Command::Batch(args) => batch::run(&common, args).await,
        Command::Quarantine(args) => quarantine::run(&common, args).await,
        Command::Assess(args) => assess::run(&common, args).await,
        Command::Link(args) => link::run(&common, args).await,
        Command::Review(args) => review::run(&common, args).await,
        Command::Explain(args) => explain::run(&common, args).await,
        Command::Report(args) => report::run(&common, args).await,
        Command::Finding(args) => finding::run(&common, args).await,
        Command::Edition(args) => edition::run(&common, args).await,
        Command::Query(args) => query::run(&common, args).await,
        Command::Connector(args) => connector::run(&common, args).await,
        Command::Token(args) => token::run(&common, args).await,
        Command::Demo(args) => demo::run(&common, args).await,
        Command::Serve(args) => serve::run(&common, args).await,
        Command::Simulate(args) => simulate::run(&common, args).await,
        Command::Schema(args) => schema::run(args),
        Command::Trust(args) => trust::run(&common, args).await,
        Command::Bench(args) => bench::run(&common, args).await,
        Command::Doctor => doctor::run(&common).await,
    }
}
