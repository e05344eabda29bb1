//! `huitu link report|fit`: how well the records were joined, and the weights fitted to them.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};

use super::common::Common;
use crate::hub::Hub;
use crate::link::{Report, Weights};
use crate::model::Clock;
use crate::pages::linking::LinkingReport;

#[derive(Args)]
pub struct LinkArgs {
    #[command(subcommand)]
    command: LinkCommand,
}

#[derive(Subcommand)]
enum LinkCommand {
    /// Counts by method, histogram of weights, estimated precision and recall, largest and suspicious clusters
    Report {
        /// Also write the report as one HTML page
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
    },
    /// Fit the weight table to the records in the store, and print it
    Fit {
        /// Use the fitted table from the next sync on
        #[arg(long)]
        apply: bool,
    },
}

pub async fn run(common: &Common, args: LinkArgs) -> anyhow::Result<ExitCode> {
    let hub = Hub::open(common.settings()?, Clock::System).await?;
    let done = match args.command {
        LinkCommand::Report { html } => report(&hub, common, html).await,
        LinkCommand::Fit { apply } => fit(&hub, common, apply).await,
    };
    hub.store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn report(hub: &Hub, common: &Common, html: Option<PathBuf>) -> anyhow::Result<()> {
    let (linker, linking) = hub.relinked().await?;
    let report = Report::of(&linker, &linking);
    if let Some(path) = html {
        std::fs::write(&path, LinkingReport(&report).html(common.lang().into()))
            .with_context(|| format!("cannot write the report to {}", path.display()))?;
    }
    match common.json {
        true => println!("{}", serde_json::to_string_pretty(&report)?),
        false => print!("{}", LinkingReport(&report).text(common.lang().into(), super::terminal::table)),
    }
    Ok(())
}

async fn fit(hub: &Hub, common: &Common, apply: bool) -> anyhow::Result<()> {
    let linker = hub.linker().await?;
    anyhow::ensure!(
        !linker.is_empty(),
        "{}",
        common.lang().pick("库中没有记录：请先运行 huitu sync", "the store holds no records: run huitu sync first")
    );
    let table = tokio::task::spawn_blocking(move || linker.fit()).await?;
    let toml = Weights::new(table)?.to_toml();
    match apply {
        true => {
            let path = hub.weights_path();
            std::fs::write(&path, toml).with_context(|| format!("cannot write the weights to {}", path.display()))?;
            let shown = path.display();
            eprintln!("{}{shown}", common.lang().pick("下次同步起使用：", "in force from the next sync on: "));
        }
        false => print!("{toml}"),
    }
    Ok(())
}
