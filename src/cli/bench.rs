//! `huitu bench serve|all|federation|link|pull|work`: figures of this machine, against the bars of the product. Speed is measured here, never in
//! tests: machines differ, and so does their load.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Args, Subcommand};

use super::common::Common;
use crate::bench::city::CityBench;
use crate::bench::federation::FederationBench;
use crate::bench::link::{GROWTH, link};
use crate::bench::pull::PullBench;
use crate::bench::serve::ServePart;
use crate::bench::work::WorkBench;
use crate::config::Settings;
use crate::hub::Hub;
use crate::model::Clock;

#[derive(Args)]
pub struct BenchArgs {
    #[command(subcommand)]
    command: BenchCommand,
}

#[derive(Subcommand)]
enum BenchCommand {
    /// What each kind of question costs the server, on generated facts; run it twice for the memory of serving alone
    Serve {
        #[arg(long, default_value_t = 2_500_000)]
        rows: u32,
        /// What of it
        #[arg(long, value_enum, default_value_t)]
        only: ServePart,
    },
    /// Pulling and landing a registry: CSV and HTTP JSON into SQLite, and into PostgreSQL by COPY
    Pull {
        #[arg(long, default_value_t = 400_000)]
        rows: u64,
        #[arg(long, default_value_t = 7)]
        seed: u64,
        /// Also measure landing into this server, in a database of its own
        #[arg(long, value_name = "URL")]
        postgres: Option<String>,
        /// Only this way (CSV, "HTTP JSON", XLSX, XLS, DBF); may be repeated.
        #[arg(long, value_name = "WAY")]
        only: Vec<String>,
        /// Also measure these files of the commerce registry's layout (an XLS, an ODS …)
        #[arg(long, value_name = "FILE")]
        file: Vec<PathBuf>,
    },
    /// A simulated city of any size through the real program: from nothing, a day later, a finding
    All {
        /// Enterprises; may be repeated, for a table of how the effort grows
        #[arg(short = 'n', long, value_name = "N", default_values_t = [10_000, 100_000])]
        enterprises: Vec<u64>,
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Also measure this build of the program, stage by stage in turn
        #[arg(long, value_name = "PROGRAM")]
        beside: Option<PathBuf>,
        /// Write one picture a stage here
        #[arg(long, value_name = "DIR")]
        svg: Option<PathBuf>,
    },
    /// Cases and visits: an officer's list, a shape on the map, closing by the data, an answer that others see
    Work {
        #[arg(long, default_value_t = 1_000_000)]
        enterprises: u32,
        #[arg(long, default_value_t = 200_000)]
        cases: usize,
        #[arg(long, default_value_t = 2_000_000)]
        visits: i64,
        /// Cases that the second edition closes
        #[arg(long, default_value_t = 10_000)]
        closing: usize,
    },
    /// The federation: a unit's page, the whole tree, the appraisal of all units
    Federation {
        #[arg(long, default_value_t = 1_000_000)]
        enterprises: u32,
        #[arg(long, default_value_t = 30_000)]
        units: usize,
    },
    /// Linking five extracts: seconds, memory, and 1 % changed
    Link {
        /// Folder with commerce, tax, social_insurance, statistics and unions as .csv or .csv.gz; several for a table of
        /// how the effort grows
        #[arg(long, value_name = "DIR", required = true)]
        case: Vec<PathBuf>,
        /// Write the crosswalk of the last case here, for a scorer
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// The settings without the object store: what is measured is shared with nobody.
fn alone(common: &Common) -> anyhow::Result<Settings> {
    Ok(Settings { editions: None, ..common.settings()? })
}

pub async fn run(common: &Common, args: BenchArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        BenchCommand::Serve { rows, only } => serve(common, rows, only).await?,
        BenchCommand::Pull { rows, seed, postgres, only, file } => {
            crate::bench::pull::run(&alone(common)?, common.json, PullBench { rows, seed, postgres, only, files: file }).await?
        }
        BenchCommand::All { enterprises, seed, beside, svg } => {
            let mut settings = alone(common)?;
            settings.data = settings.data.join("bench-city");
            crate::bench::city::run(&settings, common.json, CityBench { sizes: enterprises, seed, beside, svg }).await?
        }
        BenchCommand::Work { enterprises, cases, visits, closing } => {
            work(common, WorkBench { enterprises, cases, visits, closing }).await?;
        }
        BenchCommand::Federation { enterprises, units } => federation(common, FederationBench { enterprises, units }).await?,
        BenchCommand::Link { case, output } => {
            let mut growth = Vec::new();
            for (number, folder) in case.iter().enumerate() {
                let last = number + 1 == case.len();
                growth.push(link(folder, output.as_ref().filter(|_| last)).await?);
            }
            if growth.len() > 1 {
                print!("\n{}", super::terminal::table(&GROWTH, &growth));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn work(common: &Common, bench: WorkBench) -> anyhow::Result<()> {
    let mut settings = alone(common)?;
    settings.data = settings.data.join(format!("bench-work-{}-{}", bench.enterprises, bench.cases));
    crate::bench::work::prepare(&settings.data, bench)?;
    let hub = Hub::open(settings, Clock::System).await?;
    let figures = crate::bench::work::measure(hub, bench).await?;
    match common.json {
        true => println!("{}", serde_json::to_string_pretty(&figures)?),
        false => figures.iter().for_each(|f| println!("{f}")),
    }
    Ok(())
}

async fn federation(common: &Common, bench: FederationBench) -> anyhow::Result<()> {
    let mut settings = alone(common)?;
    settings.data = settings.data.join(format!("bench-federation-{}-{}", bench.enterprises, bench.units));
    crate::bench::federation::prepare(&settings.data, bench)?;
    let hub = Hub::open(settings, Clock::System).await?;
    let figures = crate::bench::federation::measure(hub, bench).await?;
    match common.json {
        true => println!("{}", serde_json::to_string_pretty(&figures)?),
        false => figures.iter().for_each(|f| println!("{f}")),
    }
    Ok(())
}

async fn serve(common: &Common, rows: u32, only: ServePart) -> anyhow::Result<()> {
    let mut settings = alone(common)?;
    settings.data = settings.data.join(format!("bench-{rows}"));
    let mut figures = crate::bench::serve::prepare(&settings.data, rows)?;
    let began = Instant::now();
    let hub = Hub::open(settings, Clock::System).await?;
    figures.extend(crate::bench::serve::measure(hub, began.elapsed(), only).await?);
    match common.json {
        true => println!("{}", serde_json::to_string_pretty(&figures)?),
        false => figures.iter().for_each(|f| println!("{f}")),
    }
    Ok(())
}
