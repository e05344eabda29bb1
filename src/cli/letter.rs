//! `huitu letter`: notices to those who pay the preparatory fund and have no union, in bulk, from the deployer's own text.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::asked::page;
use super::common::{Common, LangArg};
use super::export_list::open_output;
use crate::hub::Hub;
use crate::model::Clock;

#[derive(Args)]
pub struct LetterArgs {
    /// Which text of the data folder's `letters`: notice
    #[arg(default_value = "notice")]
    kind: String,
    /// Only in these areas: codes or names; several times for several
    #[arg(long)]
    area: Vec<String>,
    /// Only whom these units of the federation look after
    #[arg(long)]
    unit: Vec<String>,
    /// File to write; standard output without it
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub async fn run(common: &Common, args: LetterArgs) -> anyhow::Result<ExitCode> {
    let hub = Hub::open(common.settings()?, Clock::System).await?;
    let done = write(&hub, common, &args).await;
    hub.store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn write(hub: &Hub, common: &Common, args: &LetterArgs) -> anyhow::Result<()> {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("lang", if common.lang() == LangArg::Zh { "zh" } else { "en" });
    for (name, values) in [("area", &args.area), ("unit", &args.unit)] {
        if !values.is_empty() {
            query.append_pair(name, &values.join(","));
        }
    }
    let kind: String = url::form_urlencoded::byte_serialize(args.kind.as_bytes()).collect();
    let letters = page(hub, common, &format!("/letters/{kind}.html?{}", query.finish())).await?;
    let mut out = open_output(args.output.as_deref())?;
    std::io::Write::write_all(&mut out, &letters)?;
    std::io::Write::flush(&mut out)?;
    Ok(())
}
