//! `huitu query`: asks the graph without a server running, through the same door as a client.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use super::asked::graph;
use super::common::Common;
use crate::hub::Hub;
use crate::model::Clock;

#[derive(Args)]
pub struct QueryArgs {
    /// The GraphQL document; without it, standard input
    document: Option<String>,
    /// File with the document
    #[arg(short, long, value_name = "FILE", conflicts_with = "document")]
    file: Option<PathBuf>,
    /// Variables as a JSON object
    #[arg(long, default_value = "{}", value_name = "JSON")]
    variables: String,
}

/// Exit code 1 where the answer has errors.
pub async fn run(common: &Common, args: QueryArgs) -> anyhow::Result<ExitCode> {
    let document = match (args.document, args.file) {
        (Some(document), _) => document,
        (None, Some(path)) => std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?,
        (None, None) => std::io::read_to_string(std::io::stdin())?,
    };
    let variables: serde_json::Value =
        serde_json::from_str(&args.variables).context("--variables is no JSON object, for example {\"first\": 10}")?;
    let hub = Hub::open(common.settings()?, Clock::System).await?;
    let answered = graph(&hub, common, &document, &variables).await;
    hub.store.close().await;
    let value = answered?;
    println!("{}", serde_json::to_string_pretty(&value)?);
    Ok(if value.get("errors").is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
