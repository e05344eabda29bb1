//! `huitu unit|figure import|list|history|withdraw`, `huitu federation import|export|targets|rank|history|withdraw`: what people enter of the
//! federation, as sheets.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::json;

use super::common::{Common, LangArg};
use super::export_sheet;
use super::terminal::table;
use crate::federation::entry::FederationNoun;
use crate::federation::pace::paces;
use crate::federation::unit::TreeLevel;
use crate::hub::federation::{SheetOrigin, SheetReceipt};
use crate::hub::{Hub, HubError};
use crate::model::Clock;

/// Brings a sheet, whole or not at all
#[derive(Args)]
pub struct ImportSheet {
    /// Comma-separated text (UTF-8 or GB18030); its first line names the columns
    file: PathBuf,
    /// The document that lines without a source are from
    #[arg(long)]
    document: Option<String>,
    /// For lines that name no day
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
    /// Who enters it
    #[arg(long, env = "USER", default_value = "operator")]
    by: String,
}

/// Names one thing
#[derive(Args)]
pub struct OneThing {
    /// Its code
    key: String,
    /// Who takes it back
    #[arg(long, env = "USER", default_value = "operator")]
    by: String,
}

#[derive(Args)]
pub struct UnitArgs {
    #[command(subcommand)]
    command: UnitCommand,
}

#[derive(Subcommand)]
enum UnitCommand {
    /// Bring a sheet of units: code, name, level, parent, areas, industries, places, chair_post, founded_on, due_on, source
    Import(ImportSheet),
    /// The tree, with enterprises and how far setting up is
    List {
        /// As of this day; today where left out
        #[arg(long, value_name = "DATE")]
        on: Option<NaiveDate>,
        /// Only these levels of units count as done and to do: STREET, TOWN
        #[arg(long, value_delimiter = ',', value_name = "LEVEL")]
        levels: Vec<String>,
    },
    /// Every version of one unit
    History {
        /// Its code
        code: String,
    },
    /// Take a unit back
    Withdraw(OneThing),
}

#[derive(Args)]
pub struct FigureArgs {
    #[command(subcommand)]
    command: FigureCommand,
}

#[derive(Subcommand)]
enum FigureCommand {
    /// Bring a sheet of figures: id, value, unit, reading, as_of, source, confidence
    Import(ImportSheet),
    /// The latest of each figure that holds of a day
    List {
        /// Of this day or before; today where left out
        #[arg(long, value_name = "DATE")]
        as_of: Option<NaiveDate>,
    },
    /// Take a figure back: `F09 2009-12-31`
    Withdraw(OneThing),
}

#[derive(Args)]
pub struct FederationArgs {
    #[command(subcommand)]
    command: FederationCommand,
}

#[derive(Subcommand)]
enum FederationCommand {
    /// Bring a sheet of post, place, listing, service, dispatch, collection, pilot, key_point, work, objection, reward, or the appraisal's rules
    /// (TOML)
    Import {
        /// Of what: post, place, …
        noun: String,
        #[command(flatten)]
        sheet: ImportSheet,
    },
    /// Write what was entered as the sheet it is entered with: units, places, listings, posts, services, dispatch, collections, pilots, figures,
    /// targets, key-points, work, objections, rewards; rules
    Export {
        /// Of what
        list: String,
        /// File to write, by its ending csv, ndjson or xlsx; CSV to standard output without it
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Only of this unit and those below it: its code
        #[arg(long, value_name = "UNIT")]
        within: Option<String>,
        /// As of this day
        #[arg(long, value_name = "DATE")]
        on: Option<NaiveDate>,
    },
    /// Set the targets of a sheet: unit, year, indicator, measure, value; parts never exceed their whole
    Targets(ImportSheet),
    /// Units of a level by rank in a year's appraisal
    Rank {
        /// Of which year
        year: i32,
        /// Of which level: DISTRICT, STREET
        #[arg(long, default_value = "DISTRICT")]
        level: String,
        /// As of this day; today where left out
        #[arg(long, value_name = "DATE")]
        on: Option<NaiveDate>,
    },
    /// Every version of one thing
    History {
        /// Of what
        noun: String,
        /// What it is known by
        key: String,
    },
    /// Take something back
    Withdraw {
        /// Of what
        noun: String,
        #[command(flatten)]
        one: OneThing,
    },
}

/// The text of a file: UTF-8, or GB18030 as departments write it.
fn sheet_text(file: &Path) -> anyhow::Result<String> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => error.into_bytes(),
    };
    match encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(&bytes) {
        Some(text) => Ok(text.into_owned()),
        None => Err(HubError::said(
            format!("{} 既不是 UTF-8 也不是 GB18030：请另存为 CSV UTF-8", file.display()),
            format!("{} is neither UTF-8 nor GB18030: save it as CSV UTF-8", file.display()),
        )
        .into()),
    }
}

/// Brings a sheet and says what became of it; code 1 where it was refused, 3 where lines stay out.
async fn import(hub: &Hub, common: &Common, noun: FederationNoun, args: &ImportSheet) -> anyhow::Result<ExitCode> {
    let origin = SheetOrigin { source: args.document.clone(), as_of: args.as_of, by: Some(args.by.clone()) };
    let receipt = hub.import_federation(noun, &sheet_text(&args.file)?, &origin).await?;
    tell(common, &receipt)
}

fn tell(common: &Common, receipt: &SheetReceipt) -> anyhow::Result<ExitCode> {
    show(common, receipt)?;
    Ok(match (receipt.faults.is_empty(), receipt.left_out.is_empty()) {
        (false, _) => ExitCode::FAILURE,
        (true, false) => ExitCode::from(3),
        (true, true) => ExitCode::SUCCESS,
    })
}

fn show(common: &Common, receipt: &SheetReceipt) -> anyhow::Result<()> {
    let lang = common.lang();
    if common.json {
        let SheetReceipt { kept, unchanged, left_out, flagged, faults } = receipt;
        let answer = json!({ "kept": kept, "unchanged": unchanged, "left_out": left_out, "flagged": flagged, "faults": faults });
        println!("{}", serde_json::to_string_pretty(&answer)?);
        return Ok(());
    }
    for fault in receipt.faults.iter().chain(&receipt.left_out).chain(&receipt.flagged) {
        let (zh, en) = (format!("第 {} 行：", fault.line), format!("line {}: ", fault.line));
        eprintln!("{}{}", lang.pick(&zh, &en), fault.problem.text(lang.into()));
    }
    let (zh, en) = match receipt.faults.is_empty() {
        true => {
            let (kept, same, out) = (receipt.kept, receipt.unchanged, receipt.left_out.len());
            let (zh, en) = match receipt.flagged.len() {
                0 => (String::new(), String::new()),
                odd => (format!("，{odd} 行须核对"), format!(", {odd} to be looked at")),
            };
            (
                format!("录入 {kept} 行（其中 {same} 行未变），{out} 行不录入{zh}"),
                format!("{kept} lines kept ({same} of them unchanged), {out} left out{en}"),
            )
        }
        false => ("有错误，一行都未录入".to_owned(), "nothing was kept: mend these lines and bring the sheet again".to_owned()),
    };
    println!("{}", lang.pick(&zh, &en));
    Ok(())
}

async fn history(hub: &Hub, lang: LangArg, noun: FederationNoun, key: &str) -> anyhow::Result<()> {
    let rows = hub.store.federation_history(noun.name(), key).await?;
    let taken_back = lang.pick("撤回", "taken back");
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .map(|row| {
            let at = chrono::DateTime::from_timestamp_millis(row.at).unwrap_or_default().with_timezone(&hub.settings.zone);
            let body = row.body.unwrap_or_else(|| taken_back.to_owned());
            vec![at.format("%Y-%m-%d %H:%M").to_string(), row.by_whom.unwrap_or_default(), body]
        })
        .collect();
    let header = match lang {
        LangArg::Zh => ["时间", "录入人", "内容"],
        LangArg::En => ["when", "who", "what"],
    };
    print!("{}", table(&header, &rows));
    Ok(())
}

async fn with_hub(common: &Common, act: impl AsyncFnOnce(&Hub) -> anyhow::Result<ExitCode>) -> anyhow::Result<ExitCode> {
    let hub = Hub::open(common.settings()?, Clock::System).await?;
    let done = act(&hub).await;
    hub.store.close().await;
    done
}

pub async fn unit(common: &Common, args: UnitArgs) -> anyhow::Result<ExitCode> {
    let noun = FederationNoun::Unit;
    with_hub(common, async |hub| {
        match &args.command {
            UnitCommand::Import(sheet) => return import(hub, common, noun, sheet).await,
            UnitCommand::List { on, levels } => units(hub, common.lang(), *on, levels).await?,
            UnitCommand::History { code } => history(hub, common.lang(), noun, code).await?,
            UnitCommand::Withdraw(one) => hub.withdraw_federation(noun, &one.key, Some(&one.by)).await?,
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}

pub async fn figure(common: &Common, args: FigureArgs) -> anyhow::Result<ExitCode> {
    let noun = FederationNoun::Figure;
    with_hub(common, async |hub| {
        match &args.command {
            FigureCommand::Import(sheet) => return import(hub, common, noun, sheet).await,
            FigureCommand::List { as_of } => figures(hub, common.lang(), *as_of).await?,
            FigureCommand::Withdraw(one) => hub.withdraw_federation(noun, &one.key, Some(&one.by)).await?,
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}

pub async fn federation(common: &Common, args: FederationArgs) -> anyhow::Result<ExitCode> {
    with_hub(common, async |hub| {
        match &args.command {
            FederationCommand::Import { noun, sheet } => return import(hub, common, noun_of(noun)?, sheet).await,
            FederationCommand::Export { list, output, within, on } => {
                let mut query: Vec<(&str, String)> = Vec::new();
                query.extend(within.as_ref().map(|code| ("within", code.clone())));
                query.extend(on.map(|day| ("on", day.to_string())));
                let ending = output.as_ref().and_then(|path| path.extension()).and_then(|ending| ending.to_str());
                let ending = ending.unwrap_or("csv").to_ascii_lowercase();
                let door = format!("federation/{list}");
                export_sheet::write(hub, common, (&door, &ending), &query, output.as_deref()).await?;
            }
            FederationCommand::Targets(sheet) => {
                let origin = SheetOrigin { source: sheet.document.clone(), as_of: None, by: Some(sheet.by.clone()) };
                return tell(common, &hub.import_targets(&sheet_text(&sheet.file)?, &origin).await?);
            }
            FederationCommand::Rank { year, level, on } => rank(hub, common.lang(), *year, level_of(level)?, *on).await?,
            FederationCommand::History { noun, key } => history(hub, common.lang(), noun_of(noun)?, key).await?,
            FederationCommand::Withdraw { noun, one } => {
                hub.withdraw_federation(noun_of(noun)?, &one.key, Some(&one.by)).await?;
            }
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}

/// What a word means; lists are named `key-points` where they are written out, and may be named so here too.
fn noun_of(text: &str) -> Result<FederationNoun, HubError> {
    let name = text.to_ascii_uppercase().replace('-', "_");
    FederationNoun::from_name(&name).or_else(|| FederationNoun::from_name(name.strip_suffix('S')?)).ok_or_else(|| {
        let names: Vec<String> = FederationNoun::ALL.iter().map(|noun| noun.name().to_ascii_lowercase()).collect();
        HubError::said(
            format!("不认识 {text}；可用：{}", names.join("、")),
            format!("{text} cannot be entered; known: {}", names.join(", ")),
        )
    })
}

fn level_of(text: &str) -> Result<TreeLevel, HubError> {
    TreeLevel::from_name(&text.to_ascii_uppercase()).ok_or_else(|| {
        let names: Vec<&str> = TreeLevel::ALL.iter().map(|level| level.name()).collect();
        HubError::said(
            format!("没有层级 {text}；可用：{}", names.join("、")),
            format!("there is no level {text}; known: {}", names.join(", ")),
        )
    })
}

async fn rank(hub: &Hub, lang: LangArg, year: i32, level: TreeLevel, on: Option<NaiveDate>) -> anyhow::Result<()> {
    let on = on.unwrap_or_else(|| hub.clock.today(hub.settings.zone));
    let federation = hub.federation_on(on).await?;
    let Some(rules) = federation.rules_of(year) else {
        return Err(HubError::said(
            format!("没有 {year} 年的考核规则：huitu federation import appraisal 文件"),
            format!("there are no rules for {year}: huitu federation import appraisal FILE"),
        )
        .into());
    };
    let standings = |year: i32| -> Result<_, HubError> {
        let appraised = hub.appraisal(&federation, year, on, &[level])?;
        let lacks_beginning = appraised.as_ref().is_some_and(|appraised| appraised.lacks_beginning());
        let ranked = appraised.and_then(|mut appraised| appraised.ranked.remove(&level)).unwrap_or_default();
        Ok((ranked, lacks_beginning))
    };
    let ((now, lacks_beginning), (before, _)) = (standings(year)?, standings(year - 1)?);
    if lacks_beginning {
        let (zh, en) = (
            format!("{year} 年 1 月 1 日以前没有发布过数据：净增类规则没有得分"),
            format!("nothing was published before 1 January {year}: rules of a net increase bring no points"),
        );
        eprintln!("{}", lang.pick(&zh, &en));
    }
    let rows: Vec<Vec<String>> = now
        .iter()
        .map(|s| {
            let unit = &federation.tree.units[s.unit as usize];
            let last = before.iter().find(|b| b.unit == s.unit).map(|b| b.rank.to_string());
            let lift = s.lift.map(|lift| {
                let rule = &rules.rules[lift.rule];
                format!("{} +{:.1} → {}", lang.pick(&rule.zh, &rule.en), lift.gain, lift.rank)
            });
            vec![
                s.rank.to_string(),
                unit.code.to_string(),
                unit.name.to_string(),
                format!("{:.1}", s.score),
                last.unwrap_or_default(),
                lift.unwrap_or_default(),
            ]
        })
        .collect();
    let header = match lang {
        LangArg::Zh => ["名次", "代码", "单位", "得分", "上年名次", "提升最多"],
        LangArg::En => ["rank", "code", "unit", "score", "year before", "what would lift it"],
    };
    print!("{}", table(&header, &rows));
    Ok(())
}

async fn units(hub: &Hub, lang: LangArg, on: Option<NaiveDate>, levels: &[String]) -> anyhow::Result<()> {
    let on = on.unwrap_or_else(|| hub.clock.today(hub.settings.zone));
    let levels = levels.iter().map(|text| level_of(text)).collect::<Result<Vec<_>, _>>()?;
    let federation = hub.federation_on(on).await?;
    let tree = &federation.tree;
    let paces = paces(tree, &levels, on);
    let sums = hub.editions.current().ok().map(|edition| hub.unit_sums(&edition, &federation));
    let mut rows = Vec::new();
    let mut open: Vec<u32> = tree.root().into_iter().collect();
    while let Some(at) = open.pop() {
        open.extend(tree.children(at).iter().rev());
        let (unit, pace) = (&tree.units[at as usize], paces[at as usize]);
        let depth = tree.upwards(at).count() - 1;
        let mut row = vec![format!("{}{}", "  ".repeat(depth), unit.code), unit.name.to_string()];
        row.push(unit.founded_on.map(|day| day.to_string()).unwrap_or_default());
        row.push(unit.due_on.map(|day| day.to_string()).unwrap_or_default());
        row.extend([pace.done, pace.to_do, pace.late].map(|n| n.to_string()));
        let counts = sums.as_ref().map(|sums| sums.sums[at as usize]);
        row.extend(counts.map_or(Default::default(), |c| [c.covered, c.lacking, c.undecided].map(|n| n.to_string())));
        rows.push(row);
    }
    let header = match lang {
        LangArg::Zh => ["代码", "名称", "成立", "期限", "已建", "待建", "逾期", "已覆盖", "未建会", "未定"],
        LangArg::En => ["code", "name", "founded", "due", "done", "to do", "late", "covered", "lacking", "undecided"],
    };
    print!("{}", table(&header, &rows));
    Ok(())
}

async fn figures(hub: &Hub, lang: LangArg, as_of: Option<NaiveDate>) -> anyhow::Result<()> {
    let on = as_of.unwrap_or_else(|| hub.clock.today(hub.settings.zone));
    let federation = hub.federation_on(on).await?;
    let rows: Vec<Vec<String>> = federation
        .figures_on(on)
        .into_iter()
        .map(|f| {
            let f = &f.what;
            vec![
                f.id.to_string(),
                f.value.to_string(),
                f.unit.as_deref().unwrap_or("").to_owned(),
                f.as_of.to_string(),
                f.source.to_string(),
            ]
        })
        .collect();
    let header = match lang {
        LangArg::Zh => ["编号", "数值", "单位", "截至", "来源"],
        LangArg::En => ["id", "value", "unit", "as of", "source"],
    };
    print!("{}", table(&header, &rows));
    Ok(())
}
