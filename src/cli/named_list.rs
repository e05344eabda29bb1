//! `huitu named-list bring|list|show|remove`: lists of enterprises with a source, a purpose and a last day.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::json;

use super::account::CommandReading;
use super::common::{Common, LangArg};
use super::terminal::table;
use crate::hub::named_lists::{NewNamedList, unfound};
use crate::hub::{Hub, HubError};
use crate::model::Clock;

#[derive(Args)]
pub struct NamedListArgs {
    #[command(subcommand)]
    command: NamedListCommand,
}

#[derive(Subcommand)]
enum NamedListCommand {
    /// Bring a list: a text file with an id, a credit code or a name a line; `-` reads standard input
    Bring {
        /// The file
        file: PathBuf,
        /// What it is called
        #[arg(long)]
        title: String,
        /// What for
        #[arg(long)]
        purpose: String,
        /// Who keeps it
        #[arg(long)]
        from: String,
        /// The last day on which it is shown
        #[arg(long, value_name = "DATE")]
        until: Option<NaiveDate>,
        /// Those on it supply this enterprise: its id or credit code
        #[arg(long, value_name = "ENTERPRISE")]
        suppliers_of: Option<String>,
        /// Who brings it
        #[arg(long, env = "USER", default_value = "operator")]
        by: String,
    },
    /// The lists that stand
    List,
    /// Who is on a list, the most urgent first, and what nobody fits
    Show {
        /// Id of the list
        list: String,
    },
    /// Remove a list; its cases stay
    Remove {
        /// Id of the list
        list: String,
    },
}

fn bare(id: &str) -> &str {
    id.strip_prefix("named:").unwrap_or(id)
}

pub async fn run(common: &Common, args: NamedListArgs) -> anyhow::Result<ExitCode> {
    let hub = Hub::open(common.settings()?, Clock::System).await?;
    let done = act(&hub, common, args.command).await;
    hub.store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn act(hub: &Hub, common: &Common, command: NamedListCommand) -> anyhow::Result<()> {
    let lang = common.lang();
    match command {
        NamedListCommand::Bring { file, title, purpose, from, until, suppliers_of, by } => {
            let text = match file.as_os_str() == "-" {
                true => std::io::read_to_string(std::io::stdin())?,
                false => std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?,
            };
            let entries = text.trim_start_matches('\u{feff}').lines().map(str::to_owned).collect();
            let new = NewNamedList { title, purpose, source: from, expires: until, entries, suppliers_of, by: Some(by) };
            let (list, entries) = hub.add_named_list(new).await?;
            let missing = entries.iter().filter(|e| e.enterprise_id.is_none()).count();
            println!("{}", list.id);
            if missing > 0 {
                let zh = format!("{} 条中有 {missing} 条没有或有多家企业对应：huitu named-list show {}", entries.len(), list.id);
                let en =
                    format!("of {} entries {missing} fit nobody or several: huitu named-list show {}", entries.len(), list.id);
                eprintln!("{}", lang.pick(&zh, &en));
            }
        }
        NamedListCommand::List => {
            let lists = hub.store.named_lists().await?;
            if common.json {
                let told = lists.iter().map(
                    |l| json!({ "id": l.id, "title": l.title, "purpose": l.purpose, "source": l.source, "expires": l.expires }),
                );
                println!("{}", serde_json::to_string_pretty(&told.collect::<Vec<_>>())?);
                return Ok(());
            }
            let rows = lists.into_iter().map(|l| vec![l.id, l.title, l.purpose, l.source, l.expires.unwrap_or_default()]);
            let header = match lang {
                LangArg::Zh => ["编号", "名称", "用途", "来源", "至"],
                LangArg::En => ["id", "title", "purpose", "source", "until"],
            };
            print!("{}", table(&header, &rows.collect::<Vec<_>>()));
        }
        NamedListCommand::Show { list } => show(hub, common, bare(&list)).await?,
        NamedListCommand::Remove { list } => {
            let list = bare(&list);
            if !hub.store.remove_named_list(list, hub.clock.millis()).await? {
                return Err(HubError::said(format!("没有名单 {list}"), format!("there is no named list {list}")).into());
            }
        }
    }
    Ok(())
}

async fn show(hub: &Hub, common: &Common, list: &str) -> anyhow::Result<()> {
    let lang = common.lang();
    let list = hub.named_list(list).await?;
    let edition = hub.editions.current()?;
    let on_it: roaring::RoaringBitmap = hub.named_rows(&edition, &list.id).await?.into_iter().collect();
    let entries = hub.store.named_entries(&list.id).await?;
    let missing = unfound(&edition, entries);
    let reading = CommandReading::of_rows(&edition, &on_it).with_fields(&["name", "creditCode", "gap"]);
    reading.note(hub, common, &format!("named-list show {}", list.id)).await?;
    let gap = |row| edition.enterprise(row).gap().map(|g| g.name()).unwrap_or_default();
    if common.json {
        let enterprises = edition.in_order(&on_it).map(|row| {
            let e = edition.enterprise(row);
            json!({ "id": e.id(), "creditCode": e.credit_code(), "name": e.name(), "gap": gap(row) })
        });
        let told =
            json!({ "id": list.id, "title": list.title, "enterprises": enterprises.collect::<Vec<_>>(), "notFound": missing });
        println!("{}", serde_json::to_string_pretty(&told)?);
        return Ok(());
    }
    let rows = edition.in_order(&on_it).map(|row| {
        let e = edition.enterprise(row);
        vec![e.id().to_owned(), e.credit_code().unwrap_or_default().to_owned(), e.name().to_owned(), gap(row).to_owned()]
    });
    let header = match lang {
        LangArg::Zh => ["编号", "信用代码", "名称", "建会"],
        LangArg::En => ["id", "credit code", "name", "gap"],
    };
    print!("{}", table(&header, &rows.collect::<Vec<_>>()));
    if !missing.is_empty() {
        println!("\n{}", lang.pick("没有或有多家对应：", "nobody or several fit:"));
        missing.iter().for_each(|text| println!("{}", crate::model::text::visible(text)));
    }
    Ok(())
}
