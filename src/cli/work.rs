//! `huitu work`: the week of whoever is responsible: due today, overdue, new on the list, won and lost since Monday.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::case::{OwnerArgs, cells};
use super::common::{Common, LangArg};
use super::terminal::table;
use crate::hub::Hub;
use crate::hub::cases::{WorkOf, WorkWeek};
use crate::model::Clock;
use crate::store::case::CaseQuery;

#[derive(Args)]
pub struct WorkArgs {
    #[command(flatten)]
    owner: OwnerArgs,
    /// Only in these areas: codes or names
    #[arg(long, value_delimiter = ',', value_name = "AREA")]
    area: Vec<String>,
    /// So many of each part at most
    #[arg(long, default_value_t = 20)]
    first: i64,
}

/// The parts of a week: key for machines, title in Chinese and English, and what is asked.
fn parts(week: &WorkWeek) -> [(&'static str, &'static str, &'static str, &CaseQuery); 6] {
    [
        ("dueToday", "今天到期", "due today", &week.due_today),
        ("overdue", "已逾期", "overdue", &week.overdue),
        ("newOnList", "本周新到", "new this week", &week.new),
        ("undated", "未定日期", "without a date", &week.undated),
        ("won", "本周建会", "won this week", &week.won),
        ("lost", "本周其他结案", "closed otherwise this week", &week.lost),
    ]
}

pub async fn run(common: &Common, args: WorkArgs) -> anyhow::Result<ExitCode> {
    let hub = Hub::open(common.settings()?, Clock::System).await?;
    let done = show(&hub, common, args).await;
    hub.store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn show(hub: &Hub, common: &Common, args: WorkArgs) -> anyhow::Result<()> {
    // What was published by somebody who ended before the cases followed.
    hub.follow_cases().await?;
    let areas = args.area.iter().map(|text| hub.case_area(text)).collect::<Result<Vec<_>, _>>()?;
    let unit = match &args.owner.unit {
        Some(unit) => Some(hub.owner_unit(unit).await?),
        None => None,
    };
    let areas = if areas.is_empty() { Vec::new() } else { vec![areas] };
    let week = hub.work_week(&WorkOf { unit, role: args.owner.role, name: args.owner.name, areas });
    let lang = common.lang();
    let mut told = serde_json::Map::new();
    if !common.json {
        let (zh, en) =
            (format!("{}，本周自 {} 起", week.today, week.since), format!("{}, the week since {}", week.today, week.since));
        println!("{}", lang.pick(&zh, &en));
    }
    for (key, zh, en, query) in parts(&week) {
        let (count, rows) = (hub.store.count_cases(query).await?, hub.store.cases(query, args.first, None).await?);
        super::case::note(hub, common, &rows, &format!("work {key}")).await?;
        if common.json {
            let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
            told.insert(key.to_owned(), json!({ "count": count, "cases": ids }));
            continue;
        }
        println!("\n{} {count}", lang.pick(zh, en));
        if !rows.is_empty() {
            let header = match lang {
                LangArg::Zh => ["编号", "企业", "阶段", "责任", "下次", "结案"],
                LangArg::En => ["id", "enterprise", "stage", "owner", "next", "closed"],
            };
            print!("{}", table(&header, &cells(hub, lang, &rows)));
        }
    }
    if common.json {
        println!("{}", serde_json::to_string_pretty(&json!({ "today": week.today, "since": week.since, "parts": told }))?);
    }
    Ok(())
}
