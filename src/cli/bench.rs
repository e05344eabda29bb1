//! `huitu bench serve|link|pull`: figures of this machine, against the bars of the product. Speed is measured here, never in
//! tests: machines differ, and so does their load.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

use super::Common;
use crate::connector::{Connector, Layout};
use crate::hub::Hub;
use crate::link::{Linker, Previous, Settings, Weights};
use crate::model::Clock;
use crate::model::linkage::LinkRecord;
use crate::model::text::grouped;
use crate::pull::{Chunk, Cursor, PullContext, RowSink, pull};
use crate::records::link_record;

/// Every so many records one is written anew for the incremental figure: 1 %.
const CHANGED_EVERY: usize = 100;

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
        /// Also measure these files of the commerce registry's layout (an XLS, an ODS …)
        #[arg(long, value_name = "FILE")]
        file: Vec<PathBuf>,
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

pub async fn run(common: &Common, args: BenchArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        BenchCommand::Serve { rows } => serve(common, rows).await?,
        BenchCommand::Pull { rows, seed, postgres, file } => crate::bench::pull::run(common, rows, seed, postgres, &file).await?,
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

async fn serve(common: &Common, rows: u32) -> anyhow::Result<()> {
    let mut settings = common.settings()?;
    settings.data = settings.data.join(format!("bench-{rows}"));
    let mut figures = crate::bench::serve::prepare(&settings.data, rows)?;
    let began = Instant::now();
    let hub = Hub::open(settings, Clock::System).await?;
    figures.extend(crate::bench::serve::measure(hub, began.elapsed()).await?);
    match common.json {
        true => println!("{}", serde_json::to_string_pretty(&figures)?),
        false => figures.iter().for_each(|f| println!("{f}")),
    }
    Ok(())
}

/// Keeps what a pull brings as linking takes it.
struct Records<'a> {
    connector: &'a Connector,
    registry: u16,
    layout: Option<Layout>,
    all: &'a mut Vec<LinkRecord>,
}

impl RowSink for Records<'_> {
    fn columns(&mut self, columns: &[String]) -> std::io::Result<()> {
        self.layout = Some(self.connector.layout(columns).map_err(|p| std::io::Error::other(p.to_string()))?);
        Ok(())
    }
    fn rows(&mut self, chunk: Chunk) -> std::io::Result<()> {
        let layout = self.layout.as_ref().expect("the columns come before the rows");
        chunk.for_each(|_, cells| {
            if let Ok(records) = self.connector.read(layout, cells) {
                let id = self.all.len() as i64;
                let issues = self.connector.issues_codes;
                self.all.extend(records.iter().map(|r| link_record(r, id, self.registry, issues)));
            }
            Ok(())
        })
    }
    fn checkpoint(&mut self, _: &Cursor) -> std::io::Result<()> {
        Ok(())
    }
}

/// Columns of the table of growth.
const GROWTH: [&str; 8] = [
    ">records",
    ">enterprises",
    ">candidate pairs",
    ">seconds",
    ">CPU seconds",
    ">CPU µs a record",
    ">1 % changed, s",
    ">1 % changed, CPU s",
];

/// Links one case; its row in the table of growth.
async fn link(case: &std::path::Path, output: Option<&PathBuf>) -> anyhow::Result<Vec<String>> {
    let mut connectors = Connector::embedded();
    connectors.sort_by(|a, b| (a.rank, &a.name).cmp(&(b.rank, &b.name)));
    let names: Vec<Box<str>> = connectors.iter().map(|c| c.name.as_str().into()).collect();
    let started = Instant::now();
    let mut records = Vec::new();
    for (registry, connector) in connectors.iter().enumerate() {
        let files = ["csv", "csv.gz"].map(|ext| case.join(format!("{}.{ext}", connector.name)));
        let Some(file) = files.iter().find(|f| f.exists()) else { continue };
        let connector = connector.clone().with_source(&file.display().to_string());
        let mut sink = Records { connector: &connector, registry: registry as u16, layout: None, all: &mut records };
        pull(&connector, None, &PullContext::default(), &mut sink).await.context("reading the case")?;
    }
    if records.is_empty() {
        bail!("{} holds none of commerce.csv, tax.csv …; give the folder of a case with --case", case.display());
    }
    println!("{:<28} {:>12}  {:.1} s", "records read", grouped(records.len() as i64), started.elapsed().as_secs_f64());

    let count = records.len();
    let changed: Vec<LinkRecord> = records.iter().step_by(CHANGED_EVERY).map(rewritten).collect();
    let mut linker = Linker::new(Settings::with_registries(names.iter().map(|n| &**n)), Weights::shipped());
    let (began, cpu) = (Instant::now(), cpu_seconds());
    linker.put(&records);
    drop(records);
    println!("{:<28} {:>12.1} s", "normalised", began.elapsed().as_secs_f64());
    let linking = linker.link(&Previous::default(), &[]);
    let (seconds, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    println!("{:<28} {seconds:>12.1} s  ({cpu:.1} s CPU)", "normalised and linked");
    println!("{:<28} {:>12}", "entities", grouped(linking.statistics.entities as i64));
    println!("{:<28} {:>12}", "candidate pairs", grouped(linking.statistics.candidate_pairs as i64));
    println!("{:<28} {:>12} MB", "largest resident set", peak_megabytes());
    let blocking = linker.blocking();
    println!(
        "{:<28} {:>12.4}    ({} records with their codes covered up; {:.1} candidates each)",
        "recall of blocking",
        blocking.recall,
        grouped(blocking.tested as i64),
        blocking.candidates_mean
    );
    let mut crosswalk = match output {
        Some(path) => Some(std::io::BufWriter::new(
            std::fs::File::create(path).with_context(|| format!("cannot write {}", path.display()))?,
        )),
        None => None,
    };
    if let Some(out) = &mut crosswalk {
        writeln!(out, "registry,record_id,entity_id")?;
    }
    for d in &linking.decisions {
        let (Some(entity), record) = (d.entity, linker.record_ref(d.record)) else { continue };
        if let (Some(out), 0) = (&mut crosswalk, record.part) {
            writeln!(out, "{},{},{entity}", record.registry, record.key)?;
        }
    }
    let statistics = linking.statistics.clone();
    drop(linking);
    let (began, before) = (Instant::now(), cpu_seconds());
    linker.put(&changed);
    linker.link(&Previous::default(), &[]);
    let (again, again_cpu) = (began.elapsed().as_secs_f64(), cpu_seconds() - before);
    println!("{:<28} {again:>12.2} s  ({again_cpu:.2} s CPU)", "1 % changed, linked again");
    Ok(vec![
        grouped(count as i64),
        grouped(statistics.entities as i64),
        grouped(statistics.candidate_pairs as i64),
        format!("{seconds:.1}"),
        format!("{cpu:.1}"),
        format!("{:.1}", cpu * 1e6 / count as f64),
        format!("{again:.2}"),
        format!("{again_cpu:.2}"),
    ])
}

/// The same record after its registry moved it: another house number, another phone.
fn rewritten(record: &LinkRecord) -> LinkRecord {
    LinkRecord { address: format!("{}甲1号", record.address).into(), phone: "".into(), ..record.clone() }
}

pub(super) fn cpu_seconds() -> f64 {
    let usage = usage();
    let seconds = |t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

fn peak_megabytes() -> i64 {
    usage().ru_maxrss / 1024
}

fn usage() -> libc::rusage {
    // SAFETY: `getrusage` only writes into the struct it is given.
    unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    }
}
