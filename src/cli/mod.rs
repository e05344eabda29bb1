//! The command line: one file per subcommand or family of them, the conventions here.
//!
//! In: arguments, `huitu.toml`, the data folder. Out: what a command prints, and how it ended. It decides nothing that a room below it
//! could decide; an error is a message that names thing and remedy.
//!
//! Exit codes: 0 done; 1 failed; 2 the command line is wrong; 3 done, but something waits for a person (a held batch,
//! a registry that failed). Messages go to standard error, results to standard output; `--json` for machines.

pub mod account;
mod asked;
pub mod assess;
pub mod audit;
pub mod backup;
pub mod batch;
pub mod bench;
pub mod boundaries;
pub mod case;
mod case_steps;
pub mod common;
pub mod connector;
pub mod correction;
pub mod demo;
mod demo_outreach;
pub mod doctor;
pub mod duty;
pub mod edition;
pub mod edition_diff;
pub mod explain;
pub mod export;
pub mod export_list;
pub mod export_map;
pub mod export_sheet;
pub mod federation;
pub mod finding;
pub mod init;
pub mod kernel;
mod kernel_records;
pub mod lead;
pub mod letter;
pub mod link;
pub mod mock;
pub mod named_list;
pub mod quarantine;
pub mod query;
pub mod report;
pub mod review;
pub mod schema;
pub mod serve;
pub mod session;
pub mod simulate;
pub mod sync;
mod telemetry;
pub mod terminal;
pub mod token;
pub mod trust;
pub mod visit;
pub mod webhook;
pub mod work;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::cli::common::in_words;
pub use common::{Common, LangArg};

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

#[derive(Subcommand)]
enum Command {
    /// Simulated departments, a sync, the ten most urgent enterprises, and the graph served: the whole thing in one command
    Demo(demo::DemoArgs),
    /// Make the data folder and the first administrator, whose token is shown once
    Init(init::InitArgs),
    /// The graph over HTTP
    Serve(serve::ServeArgs),
    /// Pull, land, link, assess, publish; a receipt at the end
    Sync(sync::SyncArgs),
    /// Write the gap list, an edition, a map, the crosswalk or the quarantine as files
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
    /// What stands between the list and a union: open, change, close cases
    Case(case::CaseArgs),
    /// What is asked of departments about their records (校核纠错): ask, answer, print the letter
    Correction(correction::CorrectionArgs),
    /// The week of whoever is responsible: due, overdue, new, won, lost
    Work(work::WorkArgs),
    /// Who is responsible for what, and what everybody has to do
    Duty(duty::DutyArgs),
    /// Lists of enterprises with a name: bring, show, remove
    NamedList(named_list::NamedListArgs),
    /// What says that somebody should go: payers, disputes, calls, media reports
    Lead(lead::LeadArgs),
    /// Notice letters to payers without a union, in bulk, as a page to print
    Letter(letter::LetterArgs),
    /// Who is told of changes by HTTP: add, list, remove, send again
    Webhook(webhook::WebhookArgs),
    /// Units of the federation: bring their sheet, show the tree and how far setting up is
    Unit(federation::UnitArgs),
    /// Posts, places, services, dispatch, collections, targets and the appraisal, as sheets
    Federation(federation::FederationArgs),
    /// Figures that documents state, with source and day
    Figure(federation::FigureArgs),
    /// Visit lists: draw, print, take back what they brought
    Visit(visit::VisitArgs),
    /// What a visit found
    Finding(finding::FindingArgs),
    /// The published states: list, verify, prune
    Edition(edition::EditionArgs),
    /// Ask the graph without a server
    Query(query::QueryArgs),
    /// Who looked at what: check the record, search it, write it out
    Audit(audit::AuditArgs),
    /// Copy store, editions, audit and keys into a folder, beside a server that runs
    Backup(backup::BackupArgs),
    /// Put a backup in place: whole, or not at all
    Restore(backup::RestoreArgs),
    /// Who may call, and what for
    Token(token::TokenArgs),
    /// Who signed in through the identity provider
    Session(session::SessionArgs),
    /// Describe a registry's data, check and preview it
    Connector(connector::ConnectorArgs),
    /// A city that never was, as extracts or served as its departments would
    Simulate(simulate::SimulateArgs),
    /// The steps of linking and judging as filters over Arrow streams, for engines that share them out
    Kernel(kernel::KernelArgs),
    /// The GraphQL schema that is served
    Schema(schema::SchemaArgs),
    /// Check a folder of GraphQL documents and print the digests that name them
    Trust(trust::TrustArgs),
    /// Outlines of districts and streets for the maps
    Boundaries(boundaries::BoundariesArgs),
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
    } else if !matches!(cli.command, Command::Serve(_) | Command::Demo(_)) {
        end_without_a_panic_on_a_closed_pipe();
    }
    keep_files_to_ourselves();
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
    let ended = runtime.block_on(async {
        let telemetry = telemetry::Telemetry::start();
        let ended = run(cli).await;
        telemetry.end().await;
        ended
    });
    match ended {
        Ok(code) => code,
        Err(e) => {
            // What a registry answered may stand in it.
            let text = in_words(&e, lang);
            let text = text.split('\n').map(crate::model::text::visible).collect::<Vec<_>>().join("\n");
            eprintln!("{}{text}", lang.pick("huitu 出错：", "huitu: "));
            ExitCode::FAILURE
        }
    }
}

impl Command {
    /// Commands whose output may be cut short (`| head`). Those that talk to sockets keep the signal ignored.
    fn only_prints(&self) -> bool {
        !matches!(
            self,
            Command::Serve(_)
                | Command::Demo(_)
                | Command::Simulate(_)
                | Command::Sync(_)
                | Command::Connector(_)
                | Command::Webhook(_)
                | Command::Bench(_)
        )
    }
}

fn end_quietly_on_a_closed_pipe() {
    // SAFETY: restores the default action before any thread is started.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
    }
}

/// Where the signal is ignored, printing fails, which is no fault of this program and no reason for a backtrace. A server goes on.
fn end_without_a_panic_on_a_closed_pipe() {
    let others = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if panic.payload_as_str().is_some_and(|why| why.starts_with("failed printing to stdout")) {
            // As a shell says it of the signal.
            std::process::exit(128 + libc::SIGPIPE);
        }
        others(panic);
    }));
}

/// Store, editions, exports, spools and secrets are read by the user who runs this program, and by nobody else on the machine.
fn keep_files_to_ourselves() {
    // SAFETY: sets the mask of this process before any thread is started.
    unsafe {
        libc::umask(0o077);
    }
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
        Command::Case(args) => case::run(&common, args).await,
        Command::Correction(args) => correction::run(&common, args).await,
        Command::Duty(args) => duty::run(&common, args).await,
        Command::NamedList(args) => named_list::run(&common, args).await,
        Command::Lead(args) => lead::run(&common, args).await,
        Command::Letter(args) => letter::run(&common, args).await,
        Command::Webhook(args) => webhook::run(&common, args).await,
        Command::Unit(args) => federation::unit(&common, args).await,
        Command::Federation(args) => federation::federation(&common, args).await,
        Command::Figure(args) => federation::figure(&common, args).await,
        Command::Visit(args) => visit::run(&common, args).await,
        Command::Work(args) => work::run(&common, args).await,
        Command::Finding(args) => finding::run(&common, args).await,
        Command::Edition(args) => edition::run(&common, args).await,
        Command::Query(args) => query::run(&common, args).await,
        Command::Connector(args) => connector::run(&common, args).await,
        Command::Audit(args) => audit::run(&common, args).await,
        Command::Backup(args) => backup::backup(&common, args).await,
        Command::Restore(args) => backup::restored(&common, args).await,
        Command::Init(args) => init::run(&common, args).await,
        Command::Token(args) => token::run(&common, args).await,
        Command::Session(args) => session::run(&common, args).await,
        Command::Demo(args) => demo::run(&common, args).await,
        Command::Serve(args) => serve::run(&common, args).await,
        Command::Simulate(args) => simulate::run(&common, args).await,
        Command::Kernel(args) => kernel::run(&common, args).await,
        Command::Schema(args) => schema::run(args),
        Command::Boundaries(args) => boundaries::run(&common, args),
        Command::Trust(args) => trust::run(&common, args).await,
        Command::Bench(args) => bench::run(&common, args).await,
        Command::Doctor => doctor::run(&common).await,
    }
}
