//! `huitu duty add|list|end|assign|hand-over|workload`: who is responsible for what, and what everybody has to do.

use std::process::ExitCode;

use chrono::NaiveDate;
use clap::{Args, Subcommand};

use super::common::{Common, LangArg};
use super::terminal::table;
use crate::cases::duty::DutyScope;
use crate::cases::standing::CaseOwner;
use crate::hub::Hub;
use crate::hub::cases::WorkOf;
use crate::hub::duties::NewDuty;
use crate::model::Clock;
use crate::store::case::CaseQuery;

#[derive(Args)]
pub struct DutyArgs {
    #[command(subcommand)]
    command: DutyCommand,
}

#[derive(Subcommand)]
enum DutyCommand {
    /// Make somebody responsible for an area, a trade, a building or an enterprise
    Add {
        /// UNIT, UNIT/ROLE or UNIT/ROLE/NAME
        owner: String,
        /// The first responsible person of the unit
        #[arg(long)]
        first: bool,
        /// For this area: code or name
        #[arg(long)]
        area: Option<String>,
        /// For this section or division
        #[arg(long)]
        industry: Option<String>,
        /// For addresses that hold this
        #[arg(long)]
        building: Option<String>,
        /// For this enterprise: id or credit code
        #[arg(long)]
        enterprise: Option<String>,
        /// First day; today where left out
        #[arg(long, value_name = "DATE")]
        from: Option<NaiveDate>,
        /// Last day
        #[arg(long, value_name = "DATE")]
        until: Option<NaiveDate>,
        /// Who gives it
        #[arg(long, env = "USER", default_value = "operator")]
        by: String,
    },
    /// Duties of one unit, or all
    List {
        /// Code or name of the unit
        unit: Option<String>,
    },
    /// End a duty today
    End {
        /// Id of the duty
        id: String,
        /// Who ends it
        #[arg(long, env = "USER", default_value = "operator")]
        by: String,
    },
    /// Give open cases of nobody to whoever is responsible
    Assign {
        /// Who gives them
        #[arg(long, env = "USER", default_value = "operator")]
        by: String,
    },
    /// Hand everything of somebody over: duties and open cases
    HandOver {
        /// Who leaves: UNIT/ROLE/NAME
        from: String,
        /// Who takes over: UNIT/ROLE/NAME
        to: String,
        /// What is to be said
        #[arg(long)]
        note: Option<String>,
        /// Who says so
        #[arg(long, env = "USER", default_value = "operator")]
        by: String,
    },
    /// What everybody has to do, the most first
    Workload,
}

fn owner(text: &str) -> CaseOwner {
    let mut parts = text.splitn(3, '/').map(str::to_owned);
    CaseOwner { unit: parts.next().unwrap_or_default(), role: parts.next(), name: parts.next() }
}

fn shown(parts: [Option<String>; 3]) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

pub async fn run(common: &Common, args: DutyArgs) -> anyhow::Result<ExitCode> {
    let hub = Hub::open(common.settings()?, Clock::System).await?;
    let done = act(&hub, common, args.command).await;
    hub.store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn act(hub: &Hub, common: &Common, command: DutyCommand) -> anyhow::Result<()> {
    let lang = common.lang();
    match command {
        DutyCommand::Add { owner: who, first, area, industry, building, enterprise, from, until, by } => {
            let scope = DutyScope { area, industry, building, enterprise };
            let new = NewDuty { owner: owner(&who), is_first: first, scope, starts: from, ends: until, by: Some(by) };
            println!("{}", hub.add_duty(new).await?.id);
        }
        DutyCommand::List { unit } => {
            let unit = match &unit {
                Some(unit) => Some(hub.owner_unit(unit).await?),
                None => None,
            };
            let rows = hub.store.duties(unit.as_deref()).await?.into_iter().map(|d| {
                let what = [d.area, d.industry, d.building, d.enterprise_id].into_iter().flatten().collect::<Vec<_>>().join(" ");
                let first = if d.is_first != 0 { lang.pick("第一责任人", "first") } else { "" };
                vec![d.id, shown([Some(d.unit), d.role, d.name]), first.to_owned(), what, d.starts, d.ends.unwrap_or_default()]
            });
            let header = match lang {
                LangArg::Zh => ["编号", "责任人", "", "负责", "自", "至"],
                LangArg::En => ["id", "who", "", "for what", "from", "until"],
            };
            print!("{}", table(&header, &rows.collect::<Vec<_>>()));
        }
        DutyCommand::End { id, by } => hub.end_duty(id.strip_prefix("duty:").unwrap_or(&id), Some(&by)).await?,
        DutyCommand::Assign { by } => {
            let (given, left) = hub.assign_by_duties(&CaseQuery::default(), Some(&by)).await?;
            let (zh, en) = (format!("分派 {given} 件，仍无人负责 {left} 件"), format!("{given} given, {left} still nobody's"));
            println!("{}", lang.pick(&zh, &en));
        }
        DutyCommand::HandOver { from, to, note, by } => {
            let (cases, duties) = hub.hand_over(&owner(&from), &owner(&to), Vec::new(), note.as_deref(), Some(&by)).await?;
            let (zh, en) =
                (format!("移交案件 {cases} 件、职责 {duties} 项"), format!("{cases} cases and {duties} duties handed over"));
            println!("{}", lang.pick(&zh, &en));
        }
        DutyCommand::Workload => {
            let week = hub.work_week(&WorkOf::default());
            let since = week.won.closed.0.unwrap_or_default();
            let rows = hub.store.workload(&week.today.to_string(), since, &[]).await?.into_iter().map(|w| {
                let nobody = lang.pick("无人负责", "nobody").to_owned();
                let who = w.owner_unit.map_or(nobody, |unit| shown([Some(unit), w.owner_role, w.owner_name]));
                vec![who, w.open.to_string(), w.overdue.to_string(), w.closed.to_string()]
            });
            let header = match lang {
                LangArg::Zh => ["责任人", "办理中", "逾期", "本周结案"],
                LangArg::En => ["who", "open", "overdue", "closed this week"],
            };
            print!("{}", table(&header, &rows.collect::<Vec<_>>()));
        }
    }
    Ok(())
}
