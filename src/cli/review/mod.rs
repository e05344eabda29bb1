//! `huitu review`: the pairs that linking left to a person, most consequential first, one keystroke each.
//!
//! A decision is recorded at once; the clusters follow when the round ends. `u` takes the last one back.

mod keyboard;
mod sheet;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::account::CommandReading;
use super::common::{Common, LangArg};
use super::review::sheet::name;
use super::terminal::{Terminal, table};
use crate::hub::{Hub, NewJudgement};
use crate::model::linkage::JudgementVerdict;
use crate::model::{Clock, message};
use crate::publish::{contradictions, is_contradiction};
use crate::store::entity::ReviewRow;
use keyboard::{KeyPress, Keyboard};

#[derive(Args)]
pub struct ReviewArgs {
    /// How many pairs at most
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// Leave out so many at the front of the queue: what comes behind them
    #[arg(long, default_value_t = 0)]
    skip: u32,
    /// Show the queue and decide nothing
    #[arg(long)]
    list: bool,
    /// Who decides
    #[arg(long, env = "USER", default_value = "operator")]
    by: String,
}

/// Pairs kept in sight.
const QUEUE: i64 = 5_000;

pub async fn run(common: &Common, args: ReviewArgs) -> anyhow::Result<ExitCode> {
    let hub = Hub::open(common.settings()?, Clock::System).await?;
    // More than are asked for, so that what else a record could be can be shown beside each pair.
    let until = args.skip as usize + args.limit as usize;
    let all = hub.store.review_pairs(QUEUE.max(until as i64)).await?;
    let mut waiting = hub.store.review_count().await? as usize;
    let mut pairs: Vec<ReviewRow> = all.iter().take(until).cloned().collect();
    if let Ok(edition) = hub.editions.current() {
        let of_payments = contradictions(&edition, usize::MAX);
        waiting += of_payments.len();
        pairs.extend(of_payments);
        pairs.sort_by(|a, b| b.rank.total_cmp(&a.rank).then_with(|| a.id.cmp(&b.id)));
        pairs.truncate(until);
    }
    pairs.drain(..pairs.len().min(args.skip as usize));
    let concerned = pairs.iter().flat_map(|pair| pair.entities.iter().cloned());
    CommandReading::of(concerned).note(&hub, common, &format!("review {} pairs from {} on", pairs.len(), args.skip)).await?;
    let done = match args.list || common.json {
        true => list(&pairs, common),
        false => decide(&hub, &pairs, &all, common, &args.by).await,
    };
    hub.store.close().await;
    done?;
    eprint!("{}", beyond(args.skip as usize, pairs.len(), waiting, common.lang()));
    Ok(ExitCode::SUCCESS)
}

/// What the queue holds beside the pairs shown, and how to get there; nothing where all were shown.
fn beyond(skipped: usize, shown: usize, waiting: usize, lang: LangArg) -> String {
    let next = skipped + shown;
    match (shown, next < waiting) {
        _ if skipped == 0 && shown == waiting => String::new(),
        (0, _) => match lang {
            LangArg::Zh => format!("队列共 {waiting} 对，跳过 {skipped} 对后已无余\n"),
            LangArg::En => format!("{waiting} pairs wait; none is left behind the {skipped} skipped\n"),
        },
        (_, true) => match lang {
            LangArg::Zh => format!(
                "第 {}–{next} 对，共 {waiting} 对；其后还有 {} 对：huitu review --skip {next}\n",
                skipped + 1,
                waiting - next
            ),
            LangArg::En => format!(
                "pairs {}–{next} of {waiting}; {} more behind them: huitu review --skip {next}\n",
                skipped + 1,
                waiting - next
            ),
        },
        (_, false) => match lang {
            LangArg::Zh => format!("第 {}–{next} 对，共 {waiting} 对\n", skipped + 1),
            LangArg::En => format!("pairs {}–{next} of {waiting}\n", skipped + 1),
        },
    }
}

fn list(pairs: &[ReviewRow], common: &Common) -> anyhow::Result<()> {
    if common.json {
        let all: Vec<_> = pairs
            .iter()
            .map(|p| {
                serde_json::json!({ "id": p.id, "left": p.left, "right": p.right, "entities": p.entities, "weight": p.weight,
                    "evidence": p.evidence, "effect": p.effect })
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    let header = match common.lang() {
        LangArg::Zh => ["编号", "左", "右", ">权重", "影响"],
        LangArg::En => ["id", "left", "right", ">weight", "effect"],
    };
    let rows: Vec<Vec<String>> = pairs
        .iter()
        .map(|p| {
            vec![
                p.id.clone(),
                name(&p.left),
                name(&p.right),
                format!("{:.1}", p.weight),
                sheet::effect(p, common.lang()).to_owned(),
            ]
        })
        .collect();
    print!("{}", table(&header, &rows));
    Ok(())
}

async fn decide(hub: &Hub, pairs: &[ReviewRow], all: &[ReviewRow], common: &Common, by: &str) -> anyhow::Result<()> {
    let lang = common.lang();
    let keyboard = Keyboard::open();
    let mut made: Vec<(usize, String)> = Vec::new();
    let mut at = 0;
    while let Some(pair) = pairs.get(at) {
        println!("\n── {}/{} ── {} ── {}", at + 1, pairs.len(), pair.id, sheet::effect(pair, lang));
        let of_fund = is_contradiction(pair);
        match of_fund {
            true => contradiction(hub, pair, lang)?,
            false => print!("{}", sheet::sheet(hub, pair, all, lang).await?),
        }
        print!("{} ", prompt(of_fund, lang));
        std::io::stdout().flush()?;
        let Some(key) = keyboard.next(|key| !(of_fund && matches!(key, KeyPress::Judge(_)))) else { break };
        match key {
            KeyPress::Quit => break,
            KeyPress::Skip => {
                println!("{}", lang.pick("跳过", "skipped"));
                at += 1;
            }
            KeyPress::Undo => match made.pop() {
                Some((index, id)) => {
                    hub.store.withdraw_judgement(&id, Some(by), Some("undo"), hub.clock.millis()).await?;
                    println!("{} {id}", lang.pick("已撤销", "taken back"));
                    at = index;
                }
                None => println!("{}", lang.pick("没有可撤销的", "nothing to take back")),
            },
            KeyPress::Judge(verdict) => {
                let new =
                    NewJudgement { pair: pair.id.clone(), verdict, reason: None, by: Some(by.to_owned()), idempotency: None };
                let row = hub.record_judgement(new).await?;
                println!("{} {}", said(verdict, lang), row.id);
                made.push((at, row.id));
                at += 1;
            }
        }
    }
    drop(keyboard);
    println!();
    if !made.is_empty() {
        eprintln!("{} {}", made.len(), lang.pick("项判断已记录，正在重新关联", "judgements recorded; linking again"));
        hub.reassess(Arc::new(Terminal::new(lang))).await?;
    }
    Ok(())
}

/// The keys that mean something for this row of the queue.
fn prompt(of_fund: bool, lang: LangArg) -> &'static str {
    match of_fund {
        true => lang.pick("s 下一条 · u 撤销 · q 结束 >", "s next · u undo · q quit >"),
        false => lang.pick(
            "y 同一 · n 不同 · ? 不确定 · s 跳过 · u 撤销 · q 结束 >",
            "y same · n different · ? not sure · s skip · u undo · q quit >",
        ),
    }
}

fn said(verdict: JudgementVerdict, lang: LangArg) -> &'static str {
    match verdict {
        JudgementVerdict::Same => lang.pick("同一", "same"),
        JudgementVerdict::Different => lang.pick("不同", "different"),
        JudgementVerdict::NotSure => lang.pick("不确定", "not sure"),
    }
}

/// What the payments of an enterprise say against the roll; no keystroke settles that.
fn contradiction(hub: &Hub, row: &ReviewRow, lang: LangArg) -> anyhow::Result<()> {
    let edition = hub.editions.current()?;
    let id = row.entities.first().map_or("", String::as_str);
    let Some(e) = edition.enterprise_of_id(id) else { return Ok(()) };
    println!("{} {} {}", e.id(), e.credit_code().unwrap_or("—"), e.name());
    for reason in e.verdicts()?.fund.reasons {
        println!("{}", message::reason_text(&reason.code, &reason.inputs, lang.into()));
    }
    println!(
        "{}",
        lang.pick(
            "请核对名册：可能漏配了工会（huitu explain 缴费记录 工会记录），或以走访结论登记（huitu finding add … --reason already）。",
            "Check the roll: a union may have been missed (huitu explain PAYER-RECORD UNION-RECORD), or record what a visit finds (huitu finding add … --reason already)."
        )
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_of_the_queue_is_counted_and_can_be_reached() {
        assert_eq!(beyond(0, 3, 3, LangArg::En), "");
        assert_eq!(beyond(0, 50, 120, LangArg::En), "pairs 1–50 of 120; 70 more behind them: huitu review --skip 50\n");
        assert_eq!(beyond(100, 20, 120, LangArg::En), "pairs 101–120 of 120\n");
        assert_eq!(beyond(120, 0, 120, LangArg::Zh), "队列共 120 对，跳过 120 对后已无余\n");
        assert!(beyond(50, 50, 120, LangArg::Zh).contains("其后还有 20 对：huitu review --skip 100"));
    }
}
