//! `huitu kernel …`: the pure steps of linking and judging as filters over Arrow IPC streams, from standard input to standard output.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use chrono::NaiveDate;
use clap::{Args, Subcommand};

use super::common::{Common, LangArg};
use super::kernel_records::Handed;
use crate::assess::Rules;
use crate::connector::Connector;
use crate::edition::{EditionError, join_segments};
use crate::hub::HubError;
use crate::kernel::{
    KernelDay, KernelStatistics, LinkedRegistries, SegmentPlace, assess, cluster, group, normalise, score, segment, statistics,
};
use crate::link::{LinkSettings, Weights};
use crate::model::problem::Problem;
use crate::model::text::grouped;
use crate::records::traits;

#[derive(Args)]
pub struct KernelArgs {
    #[command(subcommand)]
    command: KernelCommand,
}

/// The registries that are linked; every step must be given the same.
#[derive(Args)]
struct RegistryArgs {
    /// Names of the registries whose records are linked, best first [default: all connectors, as a hub ranks them]
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    registries: Vec<String>,
    /// Those of them that issue credit codes [default: as their connectors say]
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    issuers: Vec<String>,
}

#[derive(Args)]
struct StatisticsArg {
    /// What `huitu kernel statistics --whole` made of all machines' rows
    #[arg(long, value_name = "FILE")]
    statistics: PathBuf,
}

#[derive(Subcommand)]
enum KernelCommand {
    /// What departments' files say (--source), as the records that the next step takes
    Records,
    /// The same files' facts, as `assess` and `segment` take them once they know whose they are
    Facts,
    /// Records as written become records as read, each by itself
    Normalise {
        #[command(flatten)]
        registries: RegistryArgs,
    },
    /// What records, profiles or statistics say of the whole, to be added up
    Statistics {
        /// Of all there is: what says no more than its absence is left out
        #[arg(long)]
        whole: bool,
    },
    /// All records that a code has become profiles, with the keys by which they are found
    Group {
        #[command(flatten)]
        registries: RegistryArgs,
        #[command(flatten)]
        statistics: StatisticsArg,
    },
    /// Pairs of profiles that share a key are weighed
    Score {
        #[command(flatten)]
        registries: RegistryArgs,
        #[command(flatten)]
        statistics: StatisticsArg,
        /// A table that `huitu link fit` wrote [default: the one that ships]
        #[arg(long, value_name = "FILE")]
        weights: Option<PathBuf>,
    },
    /// Profiles that pairs tie together become entities
    Cluster {
        #[command(flatten)]
        registries: RegistryArgs,
    },
    /// The facts of entities become verdicts with their reasons
    Assess {
        #[command(flatten)]
        day: DayArgs,
    },
    /// The facts of a province's entities become a segment of an edition: a folder each, an edition of its own
    Segment {
        #[command(flatten)]
        day: DayArgs,
        /// Names of the registries that say anything anywhere, in any order; every segment must be given the same [default: all connectors]
        #[arg(long, value_delimiter = ',', value_name = "NAMES")]
        only: Vec<String>,
        /// Number of the edition
        #[arg(long, default_value_t = 1)]
        number: u32,
        /// A folder that every worker writes to
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
    },
    /// Segments become one edition, which has them as its parts
    Join {
        /// Number of the edition; must be free
        #[arg(long, default_value_t = 1)]
        number: u32,
        /// Where editions lie (`editions` in a data folder)
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
        /// The folders of the segments
        #[arg(required = true, value_name = "SEGMENT")]
        segments: Vec<PathBuf>,
    },
}

/// As of when, and after what, is judged.
#[derive(Args)]
struct DayArgs {
    /// The day as of which is judged
    #[arg(long, value_name = "DATE")]
    on: NaiveDate,
    /// Nobody was judged before: who lacks a union has lacked it since before anybody counted
    #[arg(long)]
    first: bool,
    /// The earliest day since which anybody has been lacking
    #[arg(long, value_name = "DATE")]
    counting_since: Option<NaiveDate>,
    /// Needs of policy that the registries do not meet, as a list in JSON
    #[arg(long, value_name = "FILE")]
    unmet: Option<PathBuf>,
}

pub async fn run(common: &Common, args: KernelArgs) -> anyhow::Result<ExitCode> {
    let handed = match args.command {
        KernelCommand::Records => Some(Handed::Records),
        KernelCommand::Facts => Some(Handed::Facts),
        _ => None,
    };
    if let Some(handed) = handed {
        super::kernel_records::run(common, std::io::stdout(), handed).await?;
        return Ok(ExitCode::SUCCESS);
    }
    if let KernelCommand::Join { number, out, segments } = args.command {
        let manifest = join_segments(&out, number, &segments).map_err(|e| match e {
            EditionError::BadInput(problem) => anyhow::Error::from(said(problem)),
            other => other.into(),
        })?;
        if common.json {
            println!("{}", serde_json::to_string_pretty(&manifest)?);
        } else {
            let (enterprises, parts) = (grouped(i64::from(manifest.enterprises)), segments.len());
            match common.lang() {
                LangArg::Zh => println!("第 {number} 期：{parts} 个分段，{enterprises} 家企业"),
                LangArg::En => println!("edition {number}: {enterprises} enterprises in {parts} segments"),
            }
        }
        return Ok(ExitCode::SUCCESS);
    }
    let (input, output) = (std::io::stdin().lock(), std::io::stdout().lock());
    let done = match args.command {
        KernelCommand::Records | KernelCommand::Facts | KernelCommand::Join { .. } => Ok(()),
        KernelCommand::Normalise { registries } => normalise(input, output, &told(common, &registries, None)?),
        KernelCommand::Statistics { whole } => statistics(input, output, whole),
        KernelCommand::Group { registries, statistics } => {
            group(input, output, &told(common, &registries, None)?, &read_statistics(&statistics)?)
        }
        KernelCommand::Score { registries, statistics, weights } => {
            score(input, output, &told(common, &registries, weights)?, &read_statistics(&statistics)?)
        }
        KernelCommand::Cluster { registries } => cluster(input, output, &told(common, &registries, None)?),
        KernelCommand::Assess { day: args } => assess(input, output, &day(common, &args, &[])?),
        KernelCommand::Segment { day: args, only, number, out } => {
            let place = SegmentPlace { root: &out, number, zone: common.settings()?.zone };
            segment(input, output, &day(common, &args, &only)?, place)
        }
    };
    done.map_err(said)?;
    Ok(ExitCode::SUCCESS)
}

fn said(problem: Problem) -> HubError {
    HubError::said(problem.zh, problem.en)
}

fn read_statistics(arg: &StatisticsArg) -> anyhow::Result<KernelStatistics> {
    Ok(KernelStatistics::of_file(&arg.statistics).map_err(said)?)
}

/// The connectors in their rank, those that wait for a place too.
fn connectors(common: &Common) -> anyhow::Result<Vec<Connector>> {
    let settings = common.settings()?;
    Ok(Connector::built_in_and(settings.connectors.as_deref(), settings.without_built_in)?)
}

fn told(common: &Common, args: &RegistryArgs, weights: Option<PathBuf>) -> anyhow::Result<LinkedRegistries> {
    let connectors = connectors(common)?;
    let of_connectors = || connectors.iter().map(|connector| connector.name.clone()).collect();
    let names: Vec<String> = if args.registries.is_empty() { of_connectors() } else { args.registries.clone() };
    if let Some(stranger) = args.issuers.iter().find(|issuer| !names.contains(issuer)) {
        let zh = format!("--issuers：「{stranger}」不在登记之中；登记：{}", names.join("、"));
        let en = format!("--issuers: \"{stranger}\" is none of the registries {}", names.join(", "));
        return Err(HubError::said(zh, en).into());
    }
    let issues = |name: &String| match args.issuers.is_empty() {
        true => connectors.iter().any(|connector| connector.name == *name && connector.issues_codes),
        false => args.issuers.contains(name),
    };
    let weights = match weights {
        None => Weights::shipped(),
        Some(path) => {
            let shown = path.display().to_string();
            let text = std::fs::read_to_string(&path).with_context(|| shown.clone())?;
            Weights::parse(&text).map_err(|e| HubError::said(format!("{shown}：{e}"), format!("{shown}: {e}")))?
        }
    };
    Ok(LinkedRegistries {
        issues_codes: names.iter().map(issues).collect(),
        settings: LinkSettings::with_registries(names.iter().map(String::as_str)),
        weights,
    })
}

fn day(common: &Common, args: &DayArgs, only: &[String]) -> anyhow::Result<KernelDay> {
    let settings = common.settings()?;
    let read = |path: &PathBuf| std::fs::read_to_string(path).with_context(|| path.display().to_string());
    let rules = match &settings.thresholds {
        None => Rules::embedded(),
        Some(path) => Rules::parse(&read(path)?, &path.display().to_string())
            .map_err(|faults| anyhow::anyhow!(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))?,
    };
    let faults = settings.policy.faults();
    if !faults.is_empty() {
        let told = |of: fn(&crate::connector::Problem) -> &str| faults.iter().map(of).collect::<Vec<_>>();
        let (zh, en) = (told(|fault| &fault.zh).join("；"), told(|fault| &fault.en).join("; "));
        return Err(HubError::said(format!("[policy]：{zh}"), format!("[policy]: {en}")).into());
    }
    let unmet = match &args.unmet {
        None => Vec::new(),
        Some(path) => serde_json::from_str(&read(path)?).with_context(|| path.display().to_string())?,
    };
    let connectors: Vec<_> = connectors(common)?.into_iter().map(std::sync::Arc::new).collect();
    let mut registries = traits(&connectors);
    if let Some(stranger) = only.iter().find(|name| !registries.iter().any(|known| *known.name == ***name)) {
        let zh = format!("--only：没有登记「{stranger}」");
        return Err(HubError::said(zh, format!("--only: there is no registry \"{stranger}\"")).into());
    }
    registries.retain(|known| only.is_empty() || only.iter().any(|name| *known.name == **name));
    let (as_of, is_first, counting_since) = (args.on, args.first, args.counting_since);
    Ok(KernelDay { as_of, rules, policy: settings.policy, registries, unmet, is_first, counting_since })
}
