//! `huitu edition diff FROM TO`: whose verdict changed between two editions, and why.

use std::collections::BTreeMap;

use anyhow::Context;
use clap::Args;
use serde_json::json;

use super::account::CommandReading;
use super::common::{Common, LangArg};
use super::terminal::table;
use crate::assess::Topic;
use crate::assess::diff::{Cause, CauseKind, VerdictChange, verdict_changes};
use crate::edition::{Edition, EnterpriseRow};
use crate::hub::Hub;
use crate::model::message::{input_name, reason_text, value_name, value_text};
use crate::model::text::grouped;
use crate::model::verdict::ReasonInput;

#[derive(Args)]
pub struct DiffArgs {
    /// Number of the earlier edition
    from: u32,
    /// Number of the later edition; the newest where left out
    to: Option<u32>,
    /// Enterprises shown one by one; --json shows all
    #[arg(long, default_value_t = 20)]
    show: usize,
}

/// One enterprise whose verdict moved.
struct Moved {
    id: String,
    name: String,
    changes: Vec<VerdictChange>,
}

struct Difference {
    appeared: u32,
    gone: u32,
    moved: Vec<Moved>,
}

pub async fn run(hub: &Hub, common: &Common, args: &DiffArgs) -> anyhow::Result<()> {
    let from = hub.editions.number(args.from)?;
    let to = match args.to {
        Some(number) => hub.editions.number(number)?,
        None => hub.editions.current()?,
    };
    let found = difference(&from, &to)?;
    let shown = if common.json { usize::MAX } else { args.show };
    let named = found.moved.iter().take(shown).map(|moved| moved.id.clone());
    let asked = format!("edition diff {} {}", from.number(), to.number());
    CommandReading::of(named).of_edition(to.number()).with_fields(&["name"]).note(hub, common, &asked).await?;
    if common.json {
        let moved = found.moved.iter().map(|m| json!({ "id": m.id, "name": m.name, "changes": m.changes }));
        let all = json!({ "from": from.number(), "to": to.number(), "appeared": found.appeared, "gone": found.gone,
            "moved": moved.collect::<Vec<_>>() });
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    print(common.lang(), &found, args.show);
    Ok(())
}

/// Compares the narrow columns first and reads reasons only where one moved.
fn difference(from: &Edition, to: &Edition) -> anyhow::Result<Difference> {
    let mut found = Difference { appeared: 0, gone: 0, moved: Vec::new() };
    let mut kept = 0;
    for row in 0..to.len() {
        let after = EnterpriseRow { edition: to, row };
        let Some(before) = from.enterprise_of_id(after.id()) else {
            found.appeared += 1;
            continue;
        };
        kept += 1;
        let words = |e: &EnterpriseRow<'_>| (e.size(), e.union(), e.gap(), e.fund());
        if words(&before) == words(&after) {
            continue;
        }
        let read = |e: &EnterpriseRow<'_>| e.verdicts().with_context(|| format!("edition {}: {}", e.edition.number(), e.id()));
        let mut changes = verdict_changes(&read(&before)?, &read(&after)?);
        // An input that only one of the verdicts names has a value in both editions where the enterprise states it.
        for cause in changes.iter_mut().flat_map(|change| &mut change.why).filter(|cause| cause.kind == CauseKind::Input) {
            let was = if cause.from.is_none() { stated(&before, &cause.name) } else { None };
            let is = if cause.to.is_none() { stated(&after, &cause.name) } else { None };
            cause.from = cause.from.take().or(was.filter(|was| Some(was) != cause.to.as_ref()));
            cause.to = cause.to.take().or(is.filter(|is| Some(is) != cause.from.as_ref()));
        }
        for cause in changes.iter_mut().flat_map(|change| &mut change.why) {
            let union = match cause.kind {
                CauseKind::UnionAdded => to.union_of(&cause.name),
                CauseKind::UnionEnded => from.union_of(&cause.name),
                _ => None,
            };
            cause.inputs.extend(union.map(|union| ReasonInput::new("union", union.name())));
        }
        found.moved.push(Moved { id: after.id().to_owned(), name: after.name().to_owned(), changes });
    }
    found.gone = from.len() - kept;
    Ok(found)
}

/// What an enterprise of an edition states of an input, as reasons write it.
fn stated(e: &EnterpriseRow<'_>, input: &str) -> Option<String> {
    match input {
        "status" => e.status().map(|status| status.name().to_owned()),
        "employees" => e.employees().map(|n| n.to_string()),
        "insured" => e.insured().map(|n| n.to_string()),
        "ownership" => e.ownership().map(|ownership| ownership.name().to_owned()),
        "established_on" => e.established_on().map(|day| day.to_string()),
        _ => None,
    }
}

fn print(lang: LangArg, found: &Difference, show: usize) {
    let mut counts: BTreeMap<(Topic, &str, &str), u32> = BTreeMap::new();
    for change in found.moved.iter().flat_map(|m| &m.changes) {
        *counts.entry((change.topic, &change.from, &change.to)).or_default() += 1;
    }
    println!(
        "{}{}   {}{}   {}{}",
        lang.pick("新增：", "appeared: "),
        found.appeared,
        lang.pick("消失：", "gone: "),
        found.gone,
        lang.pick("判定变化：", "verdicts moved: "),
        found.moved.len()
    );
    let rows = counts
        .iter()
        .map(|((topic, from, to), n)| vec![topic_name(*topic, lang), said(from, lang), said(to, lang), grouped(i64::from(*n))]);
    let header: [&str; 4] = match lang {
        LangArg::Zh => ["判定", "原", "现", ">企业"],
        LangArg::En => ["verdict", "from", "to", ">enterprises"],
    };
    print!("{}", table(&header, &rows.collect::<Vec<_>>()));
    for moved in found.moved.iter().take(show) {
        println!("\n{} {}", moved.id, moved.name);
        for change in &moved.changes {
            let colon = lang.pick("：", ": ");
            println!("  {}{colon}{} → {}", topic_name(change.topic, lang), said(&change.from, lang), said(&change.to, lang));
            for cause in &change.why {
                println!("      {}", cause_text(cause, lang));
            }
        }
    }
}

fn said(verdict: &str, lang: LangArg) -> String {
    value_name(verdict, lang.into()).to_owned()
}

fn topic_name(topic: Topic, lang: LangArg) -> String {
    let (zh, en) = match topic {
        Topic::Size => ("规模", "designated size"),
        Topic::Union => ("工会覆盖", "union coverage"),
        Topic::Gap => ("缺口", "gap"),
        Topic::Fund => ("经费", "fund"),
        Topic::Priority => ("优先级", "priority"),
    };
    lang.pick(zh, en).to_owned()
}

fn cause_text(cause: &Cause, lang: LangArg) -> String {
    let (zh, en) = match cause.kind {
        CauseKind::Rule => ("规则", "rule"),
        CauseKind::Basis => ("判定依据", "basis"),
        CauseKind::Input => ("数据", "input"),
        CauseKind::Reason => {
            let word =
                if cause.to.is_some() { lang.pick("新理由", "new reason") } else { lang.pick("原理由", "former reason") };
            return format!("{word}{}{}", lang.pick("：", ": "), reason_text(&cause.name, &cause.inputs, lang.into()));
        }
        CauseKind::UnionAdded => ("新增工会", "union added"),
        CauseKind::UnionEnded => ("工会撤销", "union ended"),
        CauseKind::Verdict => ("其他判定", "other verdict"),
    };
    let value = |v: &Option<String>| match v {
        Some(v) => value_text(&cause.name, v, lang.into()).into_owned(),
        None => "—".to_owned(),
    };
    let name = input_name(&cause.name, lang.into());
    // A union that came or went is said by its name.
    if matches!(cause.kind, CauseKind::UnionAdded | CauseKind::UnionEnded) {
        let named = cause.inputs.iter().find_map(|input| input.value.as_deref()).unwrap_or(&cause.name);
        let kinds: Vec<String> = [&cause.from, &cause.to].into_iter().flatten().map(|kind| said(kind, lang)).collect();
        return format!(
            "{}{}{named}{}{}{}",
            lang.pick(zh, en),
            lang.pick("：", ": "),
            lang.pick("（", " ("),
            kinds.join(" → "),
            lang.pick("）", ")")
        );
    }
    // A verdict names what it rests on: what one of the two did not name was not absent.
    if cause.kind == CauseKind::Input
        && let (Some(only), None) | (None, Some(only)) = (&cause.from, &cause.to)
    {
        let only = value_text(&cause.name, only, lang.into());
        let aside = match cause.from.is_none() {
            true => lang.pick("（原判定未用到）", " (the former verdict did not use it)"),
            false => lang.pick("（现判定未用到）", " (the new verdict does not use it)"),
        };
        return format!("{} {name}{}{only}{aside}", lang.pick(zh, en), lang.pick("：", ": "));
    }
    format!("{} {name}{}{} → {}", lang.pick(zh, en), lang.pick("：", ": "), value(&cause.from), value(&cause.to))
}
