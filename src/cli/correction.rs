//! `huitu correction list|open|answer|withdraw|extend|letter`: what is asked of departments about their records (校核纠错).

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::json;

use super::account::CommandReading;
use super::common::{Common, LangArg};
use super::export_list::open_output;
use super::terminal::table;
use crate::cases::correction::{CorrectionAnswer, CorrectionOrigin, CorrectionState, CorrectionStepKind};
use crate::edition::{Edition, Filter};
use crate::hub::corrections::{CorrectionOpening, CorrectionTarget, CorrectionWord, GivenAnswer, others_of, standing_of};
use crate::hub::progress::Silent;
use crate::hub::{Hub, HubError};
use crate::model::Clock;
use crate::model::enterprise::EnterpriseField;
use crate::pages::correction_letter;
use crate::store::StoreError;
use crate::store::correction::{CorrectionQuery, CorrectionRow};

#[derive(Args)]
pub struct CorrectionArgs {
    #[command(subcommand)]
    command: CorrectionCommand,
}

#[derive(Subcommand)]
enum CorrectionCommand {
    /// What is asked of departments, first what is due first
    List {
        /// Only of this registry
        #[arg(long)]
        registry: Option<String>,
        /// Those that were answered, closed or withdrawn as well
        #[arg(long)]
        all: bool,
        /// Only those whose day has passed
        #[arg(long)]
        overdue: bool,
        /// So many at most
        #[arg(long, default_value_t = 200)]
        first: i64,
    },
    /// One request with everything that happened
    Show {
        /// Id of the request
        id: String,
    },
    /// Ask a department about one field of one record, or with --conflicts about every contradiction of its registry
    Open {
        /// Short name of the registry whose department is asked
        registry: String,
        /// Enterprise id or credit code
        #[arg(long, required_unless_present = "conflicts")]
        enterprise: Option<String>,
        /// What is asked about, such as employees; with --conflicts only those
        #[arg(long, required_unless_present = "conflicts")]
        field: Option<String>,
        /// The registry's own key of the record
        #[arg(long)]
        key: Option<String>,
        /// The column, where several speak of the field
        #[arg(long)]
        column: Option<String>,
        /// Every field on which this registry differs from the value that was chosen
        #[arg(long, conflicts_with_all = ["enterprise", "key", "column"])]
        conflicts: bool,
        /// With --conflicts: so many at most, those of the most urgent enterprises first
        #[arg(long, default_value_t = 1_000)]
        at_most: usize,
        /// Id of the finding that it comes of; `huitu finding list` shows them
        #[arg(long, value_name = "ID", conflicts_with = "conflicts")]
        finding: Option<String>,
        /// Why it is asked
        #[arg(long)]
        reason: Option<String>,
        /// The day on which an answer is due; as the policy says where left out
        #[arg(long, value_name = "DATE")]
        deadline: Option<NaiveDate>,
        /// Who asks
        #[arg(long, env = "USER", default_value = "operator")]
        by: String,
    },
    /// Enter an answer that came on paper
    Answer {
        /// Id of the request
        id: String,
        /// corrected, confirmed or not_ours
        answer: String,
        /// With corrected: what is right, as the registry's column writes it
        #[arg(long)]
        value: Option<String>,
        /// What else there is to say
        #[arg(long)]
        note: Option<String>,
        /// Who answered
        #[arg(long, env = "USER", default_value = "operator")]
        by: String,
    },
    /// Take a request back
    Withdraw {
        /// Id of the request
        id: String,
        #[command(flatten)]
        word: WordArgs,
    },
    /// Give a department more time
    Extend {
        /// Id of the request
        id: String,
        /// The new day on which an answer is due
        deadline: NaiveDate,
        #[command(flatten)]
        word: WordArgs,
    },
    /// The letter of what a department is asked and has not answered, as HTML that prints
    Letter {
        /// Short name of the registry
        registry: String,
        /// File to write; standard output without it
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

#[derive(Args)]
struct WordArgs {
    /// Why
    #[arg(long)]
    reason: Option<String>,
    /// Who does it
    #[arg(long, env = "USER", default_value = "operator")]
    by: String,
}

impl From<WordArgs> for CorrectionWord {
    fn from(w: WordArgs) -> CorrectionWord {
        CorrectionWord { by: Some(w.by), note: w.reason }
    }
}

/// A value by its name, in whatever case it is written.
fn named<T>(text: &str, from_name: fn(&str) -> Option<T>, all: &[&'static str]) -> Result<T, HubError> {
    let upper = text.trim().to_ascii_uppercase().replace('-', "_");
    from_name(&upper).ok_or_else(|| {
        let nearest = crate::config::nearest(&upper, all.iter().copied()).unwrap_or_default();
        HubError::said(
            format!("没有「{text}」；是否指「{nearest}」？可用：{}", all.join("、")),
            format!("there is no \"{text}\"; did you mean \"{nearest}\"? Known: {}", all.join(", ")),
        )
    })
}

fn field(text: &str) -> Result<EnterpriseField, HubError> {
    let all: Vec<&'static str> = EnterpriseField::ALL.iter().map(|f| f.name()).collect();
    named(text, EnterpriseField::from_name, &all)
}

pub async fn run(common: &Common, args: CorrectionArgs) -> anyhow::Result<ExitCode> {
    let hub = Hub::open(common.settings()?, Clock::System).await?;
    let done = act(&hub, common, args.command).await;
    hub.store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

fn bare(id: &str) -> &str {
    id.strip_prefix("correction:").unwrap_or(id)
}

/// The conflicts in which a registry differs from the value that was chosen, those of the most urgent enterprises first.
pub fn disputes(edition: &Edition, registry: &str, only: Option<EnterpriseField>) -> Vec<CorrectionTarget> {
    let wanted = EnterpriseField::ALL.iter().copied().filter(|field| only.is_none_or(|only| only == *field));
    let by_field: Vec<(EnterpriseField, _)> =
        wanted.filter_map(|field| Some((field, edition.facet("disputed_by", &format!("{field}:{registry}"))?))).collect();
    let any = by_field.iter().fold(roaring::RoaringBitmap::new(), |any, (_, rows)| any | &**rows);
    let mut targets = Vec::new();
    for row in edition.in_order(&any) {
        let of_row = by_field.iter().filter(|(_, rows)| rows.contains(row));
        targets.extend(of_row.map(|(field, _)| CorrectionTarget {
            enterprise: edition.enterprise(row).id().to_owned(),
            registry: registry.to_owned(),
            key: None,
            field: *field,
            column: None,
        }));
    }
    targets
}

async fn act(hub: &Hub, common: &Common, command: CorrectionCommand) -> anyhow::Result<()> {
    match command {
        CorrectionCommand::List { registry, all, overdue, first } => list(hub, common, registry, all, overdue, first).await?,
        CorrectionCommand::Show { id } => show(hub, common, bare(&id)).await?,
        CorrectionCommand::Open {
            registry,
            enterprise,
            field: of,
            key,
            column,
            conflicts,
            at_most,
            finding,
            reason,
            deadline,
            by,
        } => {
            let of = of.as_deref().map(field).transpose()?;
            let edition = hub.editions.current()?;
            let (targets, origin) = match (conflicts, enterprise, of) {
                (false, Some(enterprise), Some(field)) => {
                    let enterprise = hub.enterprise_id(&enterprise)?;
                    if let Some(finding) = &finding
                        && !hub.store.findings(Some(&enterprise)).await?.iter().any(|known| known.id == *finding)
                    {
                        return Err(HubError::said(
                            format!("企业 {enterprise} 没有走访结论 {finding}；huitu finding list 可列出全部"),
                            format!("enterprise {enterprise} has no finding {finding}; `huitu finding list` shows them"),
                        )
                        .into());
                    }
                    let origin = if finding.is_some() { CorrectionOrigin::Finding } else { CorrectionOrigin::Field };
                    (vec![CorrectionTarget { enterprise, registry, key, field, column }], origin)
                }
                (_, _, of) => {
                    let mut targets = disputes(&edition, &registry, of);
                    targets.truncate(at_most);
                    (targets, CorrectionOrigin::Conflict)
                }
            };
            let opening = CorrectionOpening { origin, finding, reason, deadline, by: Some(by) };
            let done = hub.open_corrections(&targets, &opening).await?;
            if let ([(_, why)], true) = (done.left_out.as_slice(), targets.len() == 1) {
                return Err(HubError::Told(why.clone()).into());
            }
            match common.json {
                true => {
                    println!("{}", json!({ "opened": done.opened, "existing": done.existing, "leftOut": done.left_out.len() }))
                }
                false => done.opened.iter().chain(&done.existing).for_each(|id| println!("{id}")),
            }
        }
        CorrectionCommand::Answer { id, answer, value, note, by } => {
            let all: Vec<&'static str> = CorrectionAnswer::ALL.iter().map(|a| a.name()).collect();
            let answer = named(&answer, CorrectionAnswer::from_name, &all)?;
            let given = GivenAnswer { id: bare(&id).to_owned(), answer, value, note, by: Some(by), idempotency: None };
            let row = hub.answer_correction(&given).await?;
            let published = match row.corrected_raw.is_some() {
                true => hub.reassess(Arc::new(Silent)).await,
                false => Ok(None),
            };
            let lang = common.lang();
            match published {
                Ok(Some(edition)) => {
                    let (zh, en) = (format!("已发布第 {} 期", edition.number), format!("edition {} published", edition.number));
                    println!("{}", lang.pick(&zh, &en));
                }
                Ok(None) => {}
                Err(HubError::Store(StoreError::Busy { .. })) => {
                    let zh = "答复已记录；另一进程正在入库或发布，之后即可见";
                    let en = "the answer is recorded; somebody lands or publishes now and shows it afterwards";
                    println!("{}", lang.pick(zh, en));
                }
                Err(error) => return Err(error.into()),
            }
        }
        CorrectionCommand::Withdraw { id, word } => drop(hub.withdraw_correction(bare(&id), &word.into()).await?),
        CorrectionCommand::Extend { id, deadline, word } => {
            drop(hub.extend_correction(bare(&id), deadline, &word.into()).await?);
        }
        CorrectionCommand::Letter { registry, output } => {
            let states = CorrectionState::WAITING.iter().map(|s| s.name().to_owned()).collect();
            let query = CorrectionQuery { registries: vec![registry.clone()], states, ..CorrectionQuery::default() };
            let rows = hub.store.corrections(&query, i64::from(i32::MAX), None).await?;
            let today = hub.clock.today(hub.settings.zone);
            let page = correction_letter::render(hub, &registry, &rows, today, common.lang().into())?;
            note(hub, common, &rows, &format!("correction letter {registry}")).await?;
            let mut out = open_output(output.as_deref())?;
            out.write_all(page.as_bytes())?;
            out.flush()?;
            let ids: Vec<String> = rows.into_iter().map(|row| row.id).collect();
            hub.note_corrections(&ids, CorrectionStepKind::Sent, Some(&super::account::operator())).await?;
        }
    }
    Ok(())
}

/// Notes that these requests are shown, with whom they concern.
async fn note(hub: &Hub, common: &Common, rows: &[CorrectionRow], asked: &str) -> anyhow::Result<()> {
    let concerned = rows.iter().map(|row| row.enterprise_id.clone());
    CommandReading::of(concerned).with_fields(&["conflicts"]).note(hub, common, asked).await
}

fn as_json(row: &CorrectionRow) -> serde_json::Value {
    json!({
        "id": row.id, "registry": row.registry, "recordKey": row.record_key, "enterprise": row.enterprise_id, "field": row.field,
        "column": row.column_name, "stated": row.stated_raw, "others": others_of(row), "origin": row.origin, "reason": row.reason,
        "state": row.state, "answer": row.answer, "corrected": row.corrected_raw, "answerNote": row.answer_note,
        "answeredBy": row.answered_by, "answeredAt": row.answered_at, "isPending": row.pending != 0, "batch": row.batch_id,
        "deadline": row.deadline, "openedAt": row.opened_at, "openedBy": row.opened_by, "version": row.version,
    })
}

fn cells(hub: &Hub, lang: LangArg, rows: &[CorrectionRow]) -> Vec<Vec<String>> {
    let today = hub.clock.today(hub.settings.zone);
    let row = |row: &CorrectionRow| {
        let late = if standing_of(row).is_overdue(today) { lang.pick("（逾期）", " (late)") } else { "" };
        vec![
            row.id.clone(),
            row.registry.clone(),
            row.record_key.clone(),
            row.column_name.clone(),
            row.stated_raw.clone().unwrap_or_default(),
            row.state.to_ascii_lowercase(),
            format!("{}{late}", row.deadline),
            row.answer.as_deref().unwrap_or("").to_ascii_lowercase(),
        ]
    };
    rows.iter().map(row).collect()
}

fn header(lang: LangArg) -> [&'static str; 8] {
    match lang {
        LangArg::Zh => ["编号", "登记", "记录", "列", "登记所载", "状态", "期限", "答复"],
        LangArg::En => ["id", "registry", "record", "column", "it says", "state", "due", "answer"],
    }
}

async fn list(hub: &Hub, common: &Common, registry: Option<String>, all: bool, overdue: bool, first: i64) -> anyhow::Result<()> {
    let today = hub.clock.today(hub.settings.zone).to_string();
    let states = if all { Vec::new() } else { CorrectionState::WAITING.iter().map(|s| s.name().to_owned()).collect() };
    let query = CorrectionQuery {
        registries: registry.into_iter().collect(),
        states,
        overdue: overdue.then_some((today, true)),
        ..CorrectionQuery::default()
    };
    let rows = hub.store.corrections(&query, first, None).await?;
    note(hub, common, &rows, "correction list").await?;
    if common.json {
        println!("{}", serde_json::to_string_pretty(&rows.iter().map(as_json).collect::<Vec<_>>())?);
        return Ok(());
    }
    print!("{}", table(&header(common.lang()), &cells(hub, common.lang(), &rows)));
    let count = hub.store.count_corrections(&query).await?;
    if count > rows.len() as i64 {
        let zh = format!("共 {count} 件，显示 {} 件；--first 可多看", rows.len());
        let en = format!("{count} requests, {} shown; --first shows more", rows.len());
        eprintln!("{}", common.lang().pick(&zh, &en));
    }
    Ok(())
}

async fn show(hub: &Hub, common: &Common, id: &str) -> anyhow::Result<()> {
    let Some(row) = hub.store.correction(id).await? else {
        return Err(HubError::said(
            format!("没有校核请求 {id}；huitu correction list --all 可列出全部"),
            format!("there is no correction request {id}; `huitu correction list --all` shows them"),
        )
        .into());
    };
    note(hub, common, std::slice::from_ref(&row), &format!("correction show {id}")).await?;
    let events = hub.store.correction_histories(&[id.to_owned()]).await?;
    if common.json {
        let steps: Vec<serde_json::Value> = events
            .iter()
            .map(|e| {
                json!({ "at": e.at, "by": e.by_whom, "what": e.what, "from": e.from_value, "to": e.to_value, "value": e.value,
                    "note": e.note, "batch": e.batch_id })
            })
            .collect();
        let mut shown = as_json(&row);
        shown["events"] = steps.into();
        println!("{}", serde_json::to_string_pretty(&shown)?);
        return Ok(());
    }
    let lang = common.lang();
    print!("{}", table(&header(lang), &cells(hub, lang, std::slice::from_ref(&row))));
    println!();
    let at = |millis: i64| {
        let at = chrono::DateTime::from_timestamp_millis(millis).unwrap_or_default();
        at.with_timezone(&hub.settings.zone).format("%Y-%m-%d %H:%M").to_string()
    };
    let steps: Vec<Vec<String>> = events
        .into_iter()
        .map(|e| {
            let by = e.by_whom.unwrap_or_else(|| lang.pick("登记数据", "the registry's data").to_owned());
            let to = [e.to_value, e.value].into_iter().flatten().collect::<Vec<_>>().join(" ");
            let change = match e.from_value {
                Some(from) => format!("{from} → {to}"),
                None => to,
            };
            let batch = e.batch_id.map(|batch| batch.to_string()).unwrap_or_default();
            vec![at(e.at), by, e.what.to_ascii_lowercase(), change, batch, e.note.unwrap_or_default()]
        })
        .collect();
    let columns = match lang {
        LangArg::Zh => ["时间", "何人", "事项", "变化", "批次", "备注"],
        LangArg::En => ["when", "who", "what", "change", "batch", "note"],
    };
    print!("{}", table(&columns, &steps));
    Ok(())
}

/// All enterprises of a registry, for whoever notes that they are shown.
pub fn of_registry(edition: &Edition, registry: &str) -> roaring::RoaringBitmap {
    let rows = edition.filter(&Filter::Any { facet: "registry", values: vec![registry.to_owned()] });
    rows.map(|rows| (*rows).clone()).unwrap_or_default()
}
