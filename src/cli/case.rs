//! `huitu case open|open-list|list|show|change|close|reopen|stages`: what stands between "lacks a union" and "founded".

use std::process::ExitCode;

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::json;

use super::account::CommandReading;
use super::case_steps::step_text;
use super::common::{Common, LangArg};
use super::terminal::table;
use crate::cases::standing::{CaseChange, CaseMethod, CaseOrigin, CaseOwner, CaseRefusal, CaseStage, CaseState};
use crate::edition::Filter;
use crate::hub::cases::{CaseOpening, CaseWord, owner_of};
use crate::hub::{Hub, HubError};
use crate::model::Clock;
use crate::model::message::{Lang, value_text};
use crate::store::case::{CaseQuery, CaseRow, NEVER_DUE};
use crate::store::case_event::CaseEventRow;

/// Rows that a list shows where nobody says how many.
const LISTED: i64 = 200;

#[derive(Args)]
pub struct CaseArgs {
    #[command(subcommand)]
    command: CaseCommand,
}

/// Who is responsible, as options.
#[derive(Args, Clone, Default)]
pub(crate) struct OwnerArgs {
    /// Unit that is responsible: code or name of an area or federation unit
    #[arg(long, value_name = "UNIT")]
    pub unit: Option<String>,
    /// What they are there, such as 协管员
    #[arg(long, value_name = "ROLE")]
    pub role: Option<String>,
    /// Who they are, where names are kept
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
}

impl OwnerArgs {
    fn owner(&self) -> Result<Option<CaseOwner>, HubError> {
        match (&self.unit, &self.role, &self.name) {
            (Some(unit), role, name) => Ok(Some(CaseOwner { unit: unit.clone(), role: role.clone(), name: name.clone() })),
            (None, None, None) => Ok(None),
            _ => Err(HubError::said("请同时给出单位 --unit", "give the unit as well: --unit")),
        }
    }
}

#[derive(Subcommand)]
enum CaseCommand {
    /// Open a case for one enterprise; one that has a case keeps it
    Open {
        /// Enterprise id or credit code
        enterprise: String,
        #[command(flatten)]
        owner: OwnerArgs,
        #[command(flatten)]
        opening: OpeningArgs,
    },
    /// Open cases for the gap list, or a part of it, the most urgent first
    OpenList {
        /// Only of these areas: codes or names
        #[arg(long, value_delimiter = ',', value_name = "AREA")]
        area: Vec<String>,
        /// So many at most
        #[arg(long, default_value_t = 1_000)]
        at_most: usize,
        #[command(flatten)]
        owner: OwnerArgs,
        #[command(flatten)]
        opening: OpeningArgs,
    },
    /// Cases, first what is due first
    List {
        /// Closed ones as well
        #[arg(long)]
        all: bool,
        /// Only of this stage; `huitu case stages` lists them
        #[arg(long)]
        stage: Option<String>,
        /// Only in these areas: codes or names
        #[arg(long, value_delimiter = ',', value_name = "AREA")]
        area: Vec<String>,
        /// Only those of whom nobody is responsible
        #[arg(long, conflicts_with_all = ["unit", "role", "name"])]
        nobodys: bool,
        #[command(flatten)]
        owner: OwnerArgs,
        /// So many at most
        #[arg(long, default_value_t = LISTED)]
        first: i64,
    },
    /// One case with every step since it was opened
    Show {
        /// Id of the case
        case: String,
    },
    /// Change stage, owner, date, method, assessment or refusal, or write something down
    Change {
        /// Id of the case
        case: String,
        /// How far it is
        #[arg(long)]
        stage: Option<String>,
        #[command(flatten)]
        owner: OwnerArgs,
        /// When something is due
        #[arg(long, value_name = "DATE")]
        next: Option<NaiveDate>,
        /// demand, activity, service or consolidation
        #[arg(long)]
        method: Option<String>,
        /// From 1 (no chance) to 5 (as good as founded)
        #[arg(long)]
        assessment: Option<u8>,
        /// Who refuses: their part in the enterprise
        #[arg(long, value_name = "WHO")]
        refused_by: Option<String>,
        /// Why they refuse
        #[arg(long, value_name = "WHY", requires = "refused_by")]
        refused_why: Option<String>,
        #[command(flatten)]
        word: WordArgs,
    },
    /// Close a case with a reason; a founding closes it by itself
    Close {
        /// Id of the case
        case: String,
        /// A code of `huitu finding reasons`
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        word: WordArgs,
    },
    /// Open a case again that a person closed
    Reopen {
        /// Id of the case
        case: String,
        #[command(flatten)]
        word: WordArgs,
    },
    /// The stages of a case, in the order of the work
    Stages,
}

#[derive(Args)]
struct OpeningArgs {
    /// What for: list, preparatory_fund, dispute, hotline, media, named_list, hand
    #[arg(long)]
    origin: Option<String>,
    /// When something is due
    #[arg(long, value_name = "DATE")]
    next: Option<NaiveDate>,
    /// What else there is to say
    #[arg(long)]
    note: Option<String>,
    /// Who opens it
    #[arg(long, env = "USER", default_value = "operator")]
    by: String,
}

#[derive(Args)]
struct WordArgs {
    /// What else there is to say
    #[arg(long)]
    note: Option<String>,
    /// Who changes it
    #[arg(long, env = "USER", default_value = "operator")]
    by: String,
}

impl From<WordArgs> for CaseWord {
    fn from(w: WordArgs) -> CaseWord {
        CaseWord { by: Some(w.by), version: None, note: w.note }
    }
}

/// A value by its name, in whatever case it is written.
fn named<T>(what: (&str, &str), text: &str, from_name: fn(&str) -> Option<T>, all: Vec<&'static str>) -> Result<T, HubError> {
    let upper = text.trim().to_ascii_uppercase().replace('-', "_");
    from_name(&upper).ok_or_else(|| {
        let nearest = crate::config::nearest(&upper, all.iter().copied()).unwrap_or_default();
        HubError::said(
            format!("没有{}「{text}」；是否指「{nearest}」？可用：{}", what.0, all.join("、")),
            format!("there is no {} \"{text}\"; did you mean \"{nearest}\"? Known: {}", what.1, all.join(", ")),
        )
    })
}

pub(crate) fn stage(text: &str) -> Result<CaseStage, HubError> {
    named(("阶段", "stage"), text, CaseStage::from_name, CaseStage::ALL.iter().map(|s| s.name()).collect())
}

impl OpeningArgs {
    fn opening(self, owner: Option<CaseOwner>, otherwise: CaseOrigin) -> Result<CaseOpening, HubError> {
        let names = || CaseOrigin::ALL.iter().map(|o| o.name()).collect();
        let origin = match self.origin.as_deref() {
            None => otherwise,
            Some(text) => named(("来源", "origin"), text, CaseOrigin::from_name, names())?,
        };
        Ok(CaseOpening { origin, owner, next_on: self.next, note: self.note, by: Some(self.by) })
    }
}

pub async fn run(common: &Common, args: CaseArgs) -> anyhow::Result<ExitCode> {
    if let CaseCommand::Stages = args.command {
        stages(common);
        return Ok(ExitCode::SUCCESS);
    }
    let hub = Hub::open(common.settings()?, Clock::System).await?;
    let done = act(&hub, common, args.command).await;
    hub.store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

fn bare(id: &str) -> &str {
    id.strip_prefix("case:").unwrap_or(id)
}

async fn act(hub: &Hub, common: &Common, command: CaseCommand) -> anyhow::Result<()> {
    match command {
        CaseCommand::Open { enterprise, owner, opening } => {
            let id = hub.enterprise_now(&enterprise, |_| true).await?;
            let mut done = hub.open_cases(&[id], &opening.opening(owner.owner()?, CaseOrigin::Hand)?).await?;
            if let Some((_, why)) = done.needless.pop() {
                return Err(HubError::Told(why).into());
            }
            done.opened.iter().chain(&done.existing).for_each(|id| println!("{id}"));
        }
        CaseCommand::OpenList { area, at_most, owner, opening } => {
            let edition = hub.editions.current()?;
            let filter = if area.is_empty() { Filter::All } else { Filter::Area(area) };
            let rows = edition.filter(&Filter::InGap.and(filter))?;
            let ids: Vec<String> =
                edition.in_order(&rows).take(at_most).map(|row| edition.enterprise(row).id().to_owned()).collect();
            let done = hub.open_cases(&ids, &opening.opening(owner.owner()?, CaseOrigin::List)?).await?;
            let left = rows.len() - ids.len() as u64;
            match common.json {
                true => println!("{}", json!({ "opened": done.opened, "existing": done.existing, "left": left })),
                false => {
                    let (opened, existing) = (done.opened.len(), done.existing.len());
                    let zh = format!("新立案 {opened} 件，已有案件 {existing} 件，清单中尚余 {left} 家");
                    let en = format!("{opened} opened, {existing} had one already, {left} more on the list");
                    println!("{}", common.lang().pick(&zh, &en));
                }
            }
        }
        CaseCommand::List { all, stage: of_stage, area, nobodys, owner, first } => {
            let areas = area.iter().map(|text| hub.case_area(text)).collect::<Result<Vec<_>, _>>()?;
            let owner_units = match &owner.unit {
                Some(unit) => vec![hub.owner_unit(unit).await?],
                None => Vec::new(),
            };
            let query = CaseQuery {
                states: if all { Vec::new() } else { vec![CaseState::Open.name().to_owned()] },
                stages: of_stage.iter().map(|text| Ok(stage(text)?.name().to_owned())).collect::<Result<_, HubError>>()?,
                owner_units,
                owner_role: owner.role,
                owner_name: owner.name,
                owned: nobodys.then_some(false),
                areas: if areas.is_empty() { Vec::new() } else { vec![areas] },
                ..CaseQuery::default()
            };
            let rows = hub.store.cases(&query, first, None).await?;
            show_list(hub, common, &rows).await?;
            let count = hub.store.count_cases(&query).await?;
            if count > rows.len() as i64 && !common.json {
                let zh = format!("共 {count} 件，显示 {} 件；--first 可多看", rows.len());
                let en = format!("{count} cases, {} shown; --first shows more", rows.len());
                eprintln!("{}", common.lang().pick(&zh, &en));
            }
        }
        CaseCommand::Show { case } => show(hub, common, bare(&case)).await?,
        CaseCommand::Change { case, stage: to, owner, next, method, assessment, refused_by, refused_why, word } => {
            let names = || CaseMethod::ALL.iter().map(|m| m.name()).collect();
            let method = method.map(|m| named(("方法", "method"), &m, CaseMethod::from_name, names())).transpose()?;
            let change = CaseChange {
                stage: to.as_deref().map(stage).transpose()?,
                owner: owner.owner()?.map(Some),
                next_on: next.map(Some),
                method: method.map(Some),
                assessment: assessment.map(Some),
                refusal: refused_by.map(|by| Some(CaseRefusal { by, why: refused_why })),
            };
            hub.change_case(bare(&case), change, &word.into()).await?;
        }
        CaseCommand::Close { case, reason, word } => drop(hub.close_case(bare(&case), &reason, &word.into()).await?),
        CaseCommand::Reopen { case, word } => drop(hub.reopen_case(bare(&case), &word.into()).await?),
        CaseCommand::Stages => {}
    }
    Ok(())
}

fn stages(common: &Common) {
    let lang: Lang = common.lang().into();
    let row = |s: &CaseStage| {
        let days = s.due_days().map(|days| days.to_string()).unwrap_or_default();
        vec![s.name().to_ascii_lowercase(), s.text(lang).to_owned(), days]
    };
    let rows: Vec<Vec<String>> = CaseStage::ALL.iter().map(row).collect();
    let header = match common.lang() {
        LangArg::Zh => ["代码", "含义", "通常天数"],
        LangArg::En => ["code", "meaning", "usual days"],
    };
    print!("{}", table(&header, &rows));
}

/// A case as machines read it.
fn as_json(hub: &Hub, row: &CaseRow) -> serde_json::Value {
    let edition = hub.editions.current().ok();
    let name = edition.as_ref().and_then(|e| Some(e.enterprise_of_id(&row.enterprise_id)?.name().to_owned()));
    json!({
        "id": row.id, "enterprise": row.enterprise_id, "name": name, "state": row.state, "stage": row.stage, "reason": row.reason,
        "closedByData": row.by_data != 0, "origin": row.origin, "area": row.area, "owner": owner_of(row),
        "nextOn": Some(&row.due).filter(|due| *due != NEVER_DUE), "method": row.method, "assessment": row.assessment,
        "openedAt": row.opened_at, "closedAt": row.closed_at, "joinedInto": row.joined_into, "version": row.version,
    })
}

/// The columns of a list of cases.
fn list_header(lang: LangArg) -> [&'static str; 6] {
    match lang {
        LangArg::Zh => ["编号", "企业", "阶段", "责任", "下次", "结案"],
        LangArg::En => ["id", "enterprise", "stage", "owner", "next", "closed"],
    }
}

/// Notes that these cases are shown, with whom they concern.
pub(crate) async fn note(hub: &Hub, common: &Common, rows: &[CaseRow], asked: &str) -> anyhow::Result<()> {
    let concerned = rows.iter().map(|row| row.enterprise_id.clone());
    CommandReading::of(concerned).with_fields(&["name"]).note(hub, common, asked).await
}

/// Cases as a table, or as JSON.
pub(crate) async fn show_list(hub: &Hub, common: &Common, rows: &[CaseRow]) -> anyhow::Result<()> {
    note(hub, common, rows, "case list").await?;
    if common.json {
        let all: Vec<serde_json::Value> = rows.iter().map(|row| as_json(hub, row)).collect();
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    print!("{}", table(&list_header(common.lang()), &cells(hub, common.lang(), rows)));
    Ok(())
}

/// The cells of a list of cases.
pub(crate) fn cells(hub: &Hub, lang: LangArg, rows: &[CaseRow]) -> Vec<Vec<String>> {
    let edition = hub.editions.current().ok();
    let lang: Lang = lang.into();
    let row = |row: &CaseRow| {
        let name = edition.as_ref().and_then(|e| Some(e.enterprise_of_id(&row.enterprise_id)?.name().to_owned()));
        let owner = owner_of(row);
        let owner = owner.map(|o| [Some(o.unit), o.role, o.name].into_iter().flatten().collect::<Vec<_>>().join(" "));
        let reason = row.reason.as_deref().map(|code| value_text("finding", code, lang).into_owned());
        vec![
            row.id.clone(),
            name.unwrap_or_else(|| row.enterprise_id.clone()),
            CaseStage::from_name(&row.stage).map_or("", |s| s.text(lang)).to_owned(),
            owner.unwrap_or_default(),
            Some(&row.due).filter(|due| *due != NEVER_DUE).cloned().unwrap_or_default(),
            reason.unwrap_or_default(),
        ]
    };
    rows.iter().map(row).collect()
}

async fn show(hub: &Hub, common: &Common, id: &str) -> anyhow::Result<()> {
    let Some(row) = hub.store.case(id).await? else {
        return Err(HubError::said(
            format!("没有案件 {id}；huitu case list --all 可列出全部"),
            format!("there is no case {id}; `huitu case list --all` shows them"),
        )
        .into());
    };
    note(hub, common, std::slice::from_ref(&row), &format!("case show {id}")).await?;
    let events = hub.store.case_events(&[id.to_owned()], i64::MAX, i64::from(i32::MAX)).await?;
    let events: Vec<_> = events.into_iter().map(|(_, event)| event).rev().collect();
    if common.json {
        let steps: Vec<serde_json::Value> = events
            .iter()
            .map(|e| {
                json!({ "at": e.at, "by": e.by_whom, "what": e.what, "from": e.from_value, "to": e.to_value, "note": e.note,
                    "edition": e.edition, "evidence": e.evidence.as_deref().and_then(|t| serde_json::from_str::<serde_json::Value>(t).ok()) })
            })
            .collect();
        let mut case = as_json(hub, &row);
        case["history"] = steps.into();
        println!("{}", serde_json::to_string_pretty(&case)?);
        return Ok(());
    }
    let lang = common.lang();
    print!("{}", table(&list_header(lang), &cells(hub, lang, std::slice::from_ref(&row))));
    println!();
    let zone = hub.settings.zone;
    let at = |millis: i64| {
        let at = chrono::DateTime::from_timestamp_millis(millis).unwrap_or_default();
        at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
    };
    let step = |event: &CaseEventRow| {
        let by = event.by_whom.clone().unwrap_or_else(|| lang.pick("登记数据", "the registries").to_owned());
        let [what, change, beside] = step_text(event, lang);
        vec![at(event.at), by, what, change, beside]
    };
    let steps: Vec<Vec<String>> = events.iter().map(step).collect();
    let header = match lang {
        LangArg::Zh => ["时间", "何人", "事项", "变化", "备注"],
        LangArg::En => ["when", "who", "what", "change", "note"],
    };
    print!("{}", table(&header, &steps));
    Ok(())
}
