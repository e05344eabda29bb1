//! `huitu simulate`: a city that never was, as extracts or served as its departments would.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::common::{Common, LangArg};
use crate::model::text;
use crate::simulate;
use crate::simulate::{City, ExtractFormat, InjectedFault, ServeOptions, SimulateError, SimulatedRegistry, Summary};

/// Port that the built-in commerce connector asks.
const COMMERCE_PORT: &str = "127.0.0.1:8701";

#[derive(Args)]
pub struct SimulateArgs {
    /// Number of enterprises
    #[arg(long, short = 'n', default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..=50_000_000))]
    enterprises: u64,
    /// The same seed gives the same city
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Days later: about 1 % of the records change on each day
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=365))]
    day: u16,
    /// Folder to write to
    #[arg(long, short = 'o', default_value = "huitu-simulated", value_name = "DIR")]
    out: PathBuf,
    /// Form of the extracts
    #[arg(long, value_enum, default_value_t = FormatArg::CsvGz)]
    format: FormatArg,
    /// Write a year of outreach instead: fifty officers, their firms, what three departments write month by month, and the truth
    #[arg(long, conflicts_with_all = ["served", "day", "format"])]
    outreach: bool,
    /// Serve what departments really have, until interrupted: HTTP, GB18030 CSV, a front-end database, XLSX, CSV with BOM
    #[arg(long)]
    served: bool,
    /// Address of the served commerce registry
    #[arg(long, default_value = COMMERCE_PORT, value_name = "ADDR:PORT", requires = "served")]
    at: SocketAddr,
    /// Its bearer token
    #[arg(long, env = "HUITU_COMMERCE_TOKEN", default_value = "simulated-token", hide_env_values = true)]
    token: String,
    /// Its limit of requests per second; 0 = none
    #[arg(long, default_value_t = 200, value_name = "N")]
    rate: u32,
    /// Let the commerce registry answer badly: empty-list, html, error-code, truncated, hang, drip, endless, status-500, redirect, wrong-token
    #[arg(long, requires = "served")]
    fault: Option<InjectedFault>,
    /// First page that answers badly
    #[arg(long, default_value_t = 1, requires = "fault", value_name = "PAGE")]
    fault_from: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    #[value(name = "csv.gz")]
    CsvGz,
    Csv,
}

#[derive(Serialize)]
struct Written {
    enterprises: u64,
    seed: u64,
    day: u16,
    rows: Vec<(&'static str, u64)>,
    sources: Vec<(&'static str, String)>,
}

pub async fn run(common: &Common, args: SimulateArgs) -> anyhow::Result<ExitCode> {
    if args.at.ip().is_loopback() || !args.served { serve_or_write(common, args).await } else { bail_open(common, args.at) }
}

fn bail_open(common: &Common, at: SocketAddr) -> anyhow::Result<ExitCode> {
    bail!(
        common
            .lang()
            .pick(
                &format!("模拟登记机关只在本机提供服务，不能监听 {at}；请用 127.0.0.1"),
                &format!("simulated registries serve this machine alone, not {at}; use 127.0.0.1"),
            )
            .to_owned()
    )
}

async fn serve_or_write(common: &Common, args: SimulateArgs) -> anyhow::Result<ExitCode> {
    let lang = common.lang();
    if args.outreach {
        return write_year(lang, &args).await;
    }
    if !args.served {
        let (seed, enterprises, day, out) = (args.seed, args.enterprises, args.day, args.out.clone());
        let format = if args.format == FormatArg::CsvGz { ExtractFormat::CsvGz } else { ExtractFormat::Csv };
        let written = tokio::task::spawn_blocking(move || simulate::write(&City::new(seed, enterprises, day), &out, format));
        let summary: Summary = written.await.context("writing the extracts")??;
        report(common, &args, summary.enterprises, summary.rows, Vec::new());
        return Ok(ExitCode::SUCCESS);
    }
    let options = ServeOptions { listen: args.at, token: Some(args.token.clone()), requests_per_sec: args.rate, truth: true };
    let served = match simulate::serve(&args.out, args.seed, args.enterprises, args.day, options).await {
        Err(e @ SimulateError::Listen { .. }) => {
            return Err(e).context(lang.pick("用 --at 指定其他端口", "choose another port with --at"));
        }
        other => other?,
    };
    if let Some(fault) = args.fault {
        served.faults.set(fault, args.fault_from);
    }
    let sources = served.sources.iter().map(|s| (s.registry, s.place.clone())).collect();
    report(common, &args, args.enterprises, served.rows, sources);
    if !common.json {
        println!("{}", lang.pick("按 Ctrl-C 结束", "Ctrl-C ends it"));
    }
    tokio::signal::ctrl_c().await.context("waiting for Ctrl-C")?;
    served.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// Writes a year of outreach, and says how it ends.
async fn write_year(lang: LangArg, args: &SimulateArgs) -> anyhow::Result<ExitCode> {
    let (seed, enterprises, out) = (args.seed, args.enterprises, args.out.clone());
    let written = tokio::task::spawn_blocking(move || simulate::write_outreach(&City::new(seed, enterprises, 0), &out));
    let Some(truth) = written.await.context("writing the year")?? else {
        bail!(
            lang.pick(
                "城市太小，五十名走访人员不够各有五家企业：请用 -n 4000 或更多",
                "the city is too small for fifty officers with five firms each: take -n 4000 or more",
            )
            .to_owned()
        );
    };
    let (won, all) = (truth.cases.get(&simulate::CaseTruth::Won).copied().unwrap_or(0), truth.cases.values().sum::<u32>());
    let (zh, en) = (
        format!("一年的走访工作：{all} 家企业，其中 {won} 家建会 → {}", args.out.display()),
        format!("a year of outreach: {all} firms, {won} of them with a union at its end → {}", args.out.display()),
    );
    println!("{}", lang.pick(&zh, &en));
    Ok(ExitCode::SUCCESS)
}

/// `12,345`.
fn grouped(n: u64) -> String {
    text::grouped(i64::try_from(n).unwrap_or(i64::MAX))
}

fn report(common: &Common, args: &SimulateArgs, enterprises: u64, rows: [u64; 6], sources: Vec<(&'static str, String)>) {
    let rows: Vec<(&'static str, u64)> = SimulatedRegistry::ALL.iter().map(|r| (r.name(), rows[*r as usize])).collect();
    if common.json {
        let written = Written { enterprises, seed: args.seed, day: args.day, rows, sources };
        println!("{}", serde_json::to_string_pretty(&written).expect("plain numbers and texts"));
        return;
    }
    let lang: LangArg = common.lang();
    println!(
        "{}",
        lang.pick(
            &format!(
                "模拟城市：{} 家企业，种子 {}，第 {} 天 → {}",
                grouped(enterprises),
                args.seed,
                args.day,
                args.out.display()
            ),
            &format!(
                "simulated city: {} enterprises, seed {}, day {} → {}",
                grouped(enterprises),
                args.seed,
                args.day,
                args.out.display()
            ),
        )
    );
    for (registry, count) in rows {
        let place = sources.iter().find(|(r, _)| *r == registry).map_or("", |(_, p)| p.as_str());
        println!("  {registry:<17}{:>12}  {place}", grouped(count));
    }
}
