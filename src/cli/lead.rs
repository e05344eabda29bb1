//! `huitu lead list`: what says that somebody should go to an enterprise without a union, as the graph tells it.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::asked::data;
use super::common::{Common, LangArg};
use super::terminal::table;
use crate::hub::Hub;
use crate::model::Clock;
use crate::serve::graphql::model::labels::name_of;

const LEADS: &str = "query($filter: LeadFilter, $first: Int!) { leads(filter: $filter, first: $first) { totalCount nodes {
    kind leadStatus on title enterprise { id name } record { registry { name } key } case { id } } } }";

#[derive(Args)]
pub struct LeadArgs {
    #[command(subcommand)]
    command: LeadCommand,
}

#[derive(Subcommand)]
enum LeadCommand {
    /// Leads, newest first
    List {
        /// preparatory_fund, dispute, hotline, media; several times for several
        #[arg(long)]
        kind: Vec<String>,
        /// new, in_work, closed; several times for several
        #[arg(long)]
        status: Vec<String>,
        /// Code or name of an area
        #[arg(long)]
        area: Vec<String>,
        /// Code of a unit of the federation that looks after them
        #[arg(long)]
        unit: Vec<String>,
        /// So many at most, up to 500
        #[arg(long, default_value_t = 50)]
        first: u32,
    },
}

pub async fn run(common: &Common, args: LeadArgs) -> anyhow::Result<ExitCode> {
    let hub = Hub::open(common.settings()?, Clock::System).await?;
    let done = act(&hub, common, args.command).await;
    hub.store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn act(hub: &Hub, common: &Common, command: LeadCommand) -> anyhow::Result<()> {
    let LeadCommand::List { kind, status, area, unit, first } = command;
    let names = |texts: Vec<String>| texts.into_iter().map(|t| t.to_ascii_uppercase().replace('-', "_")).collect::<Vec<_>>();
    let mut filter = serde_json::Map::new();
    for (name, values) in [("kind", names(kind)), ("status", names(status)), ("area", area), ("unit", unit)] {
        if !values.is_empty() {
            filter.insert(name.to_owned(), json!(values));
        }
    }
    let leads = data(hub, common, LEADS, &json!({ "filter": filter, "first": first })).await?["leads"].take();
    if common.json {
        println!("{}", serde_json::to_string_pretty(&leads)?);
        return Ok(());
    }
    let lang = common.lang();
    let nodes = leads["nodes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let named = |of: &str, value: &Value| name_of(of, value.as_str().unwrap_or_default(), lang.into()).to_owned();
    let rows = nodes.iter().map(|n| {
        let enterprise = &n["enterprise"];
        vec![
            text(&n["on"]),
            named("LeadKind", &n["kind"]),
            named("LeadStatus", &n["leadStatus"]),
            text(&enterprise["id"]),
            text(&enterprise["name"]),
            text(&n["title"]),
            text(&n["case"]["id"]),
        ]
    });
    let header = match lang {
        LangArg::Zh => ["日期", "类别", "进展", "编号", "企业", "事由", "案件"],
        LangArg::En => ["day", "kind", "status", "id", "enterprise", "about", "case"],
    };
    print!("{}", table(&header, &rows.collect::<Vec<_>>()));
    let total = leads["totalCount"].as_u64().unwrap_or_default();
    if total > nodes.len() as u64 {
        let zh = format!("共 {total} 条，显示 {} 条；--first 可多看", nodes.len());
        let en = format!("{total} leads, {} shown; --first shows more", nodes.len());
        eprintln!("{}", lang.pick(&zh, &en));
    }
    Ok(())
}
