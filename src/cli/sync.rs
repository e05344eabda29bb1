//! `huitu sync`: pull, land, link, assess, publish; a receipt at the end.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::common::{Common, LangArg};
use super::terminal::{Terminal, table};
use crate::hub::{Hub, SyncOptions, SyncReport};
use crate::land::receipt::{Receipt, SyncOutcome};
use crate::model::Clock;
use crate::model::text::grouped;

/// Exit code: done, but something waits for a person.
const ATTENTION: u8 = 3;

#[derive(Args)]
pub struct SyncArgs {
    /// Registries to sync; all without names
    registries: Vec<String>,
    /// Pull everything again, also from sources that say they have not changed
    #[arg(long)]
    full: bool,
    /// Publish an edition even if nothing changed
    #[arg(long)]
    republish: bool,
    /// Allow sources on private and loopback addresses
    #[arg(long, env = "HUITU_ALLOW_PRIVATE")]
    allow_private: bool,
}

pub async fn run(common: &Common, args: SyncArgs) -> anyhow::Result<ExitCode> {
    let mut hub = Hub::open(common.settings()?, Clock::System).await?;
    hub.allow_private = args.allow_private;
    let options = SyncOptions { registries: args.registries, full: args.full, republish: args.republish, in_turn: false };
    let report = hub.sync(&options, Arc::new(Terminal::new(common.lang()))).await;
    hub.store.close().await;
    let report = report?;
    match common.json {
        true => println!("{}", serde_json::to_string_pretty(&report)?),
        false => print!("{}", receipt_text(&report, common.lang())),
    }
    Ok(if report.needs_attention() { ExitCode::from(ATTENTION) } else { ExitCode::SUCCESS })
}

/// The receipt as people read it.
pub fn receipt_text(report: &SyncReport, lang: LangArg) -> String {
    let header = match lang {
        LangArg::Zh => ["登记库", ">读取", ">入库", ">其中新增", ">变更", ">未变", ">隔离", ">消失", ">已关联", "结果"],
        LangArg::En => {
            ["registry", ">read", ">landed", ">new", ">changed", ">unchanged", ">quarantined", ">gone", ">linked", "outcome"]
        }
    };
    let rows: Vec<Vec<String>> = report.receipts.iter().map(|r| row(r, lang)).collect();
    let mut out = table(&header, &rows);
    for r in &report.receipts {
        for (code, n) in &r.reasons {
            out.push_str(&match lang {
                LangArg::Zh => format!(
                    "  {}：{} 行隔离，原因 {code}（huitu quarantine list {} 查看）\n",
                    r.title_zh,
                    grouped(*n),
                    r.registry
                ),
                LangArg::En => format!(
                    "  {}: {} rows quarantined, {code} (see them with: huitu quarantine list {})\n",
                    r.registry,
                    grouped(*n),
                    r.registry
                ),
            });
        }
        for note in &r.notes {
            out.push_str(&match lang {
                LangArg::Zh => format!("  {}：{}\n", r.title_zh, note.zh),
                LangArg::En => format!("  {}: {}\n", r.registry, note.en),
            });
        }
        if let Some(n) = &r.notice {
            out.push_str(&format!("  {}{}{}\n", r.registry, lang.pick("：", ": "), lang.pick(&n.zh, &n.en)));
        }
        if let Some(batch) = r.batch.filter(|_| r.outcome == SyncOutcome::Held) {
            out.push_str(&match lang {
                LangArg::Zh => {
                    format!("  {}：放行用 huitu batch release {batch}，退回用 huitu batch reject {batch}\n", r.title_zh)
                }
                LangArg::En => format!("  {}: huitu batch release {batch}, or huitu batch reject {batch}\n", r.registry),
            });
        }
        if let Some(batch) = r.batch.filter(|_| r.outcome == SyncOutcome::Held && r.read > 0) {
            out.push_str(&match lang {
                LangArg::Zh => format!("  {}：其中的行用 huitu batch show {batch} --rows 查看\n", r.title_zh),
                LangArg::En => format!("  {}: see its rows with: huitu batch show {batch} --rows\n", r.registry),
            });
        }
    }
    for unmet in &report.lacks {
        let reason = unmet.reason();
        let text = crate::model::message::reason_text(&reason.code, &reason.inputs, lang.into());
        let by = match unmet.registries.is_empty() {
            true => lang.pick("没有任何连接器提供", "no connector brings it").to_owned(),
            false => unmet.registries.join(lang.pick("、", ", ")),
        };
        out.push_str(&match lang {
            LangArg::Zh => format!("  注意：{text}（{by}）\n"),
            LangArg::En => format!("  Attention: {text} ({by})\n"),
        });
    }
    match &report.edition {
        Some(e) if e.is_without_sources() => out.push_str(&match lang {
            LangArg::Zh => format!(
                "已发布第 {} 期：{} 家企业；数据不齐，无法给出未建会名单，{} 家待定（{:.1} 秒）\n",
                e.number,
                grouped(e.enterprises as i64),
                grouped(e.undecided as i64),
                report.seconds
            ),
            LangArg::En => format!(
                "Published edition {}: {} enterprises; without the data above there is no gap list, {} are undecided ({:.1} s)\n",
                e.number,
                grouped(e.enterprises as i64),
                grouped(e.undecided as i64),
                report.seconds
            ),
        }),
        Some(e) => out.push_str(&match lang {
            LangArg::Zh => format!(
                "已发布第 {} 期：{} 家企业，其中规模以上未建会 {} 家（{:.1} 秒）\n",
                e.number,
                grouped(e.enterprises as i64),
                grouped(e.gap as i64),
                report.seconds
            ),
            LangArg::En => format!(
                "Published edition {}: {} enterprises, {} above designated size without a union ({:.1} s)\n",
                e.number,
                grouped(e.enterprises as i64),
                grouped(e.gap as i64),
                report.seconds
            ),
        }),
        None if report.held.is_some() => {}
        None => out.push_str(lang.pick("没有变化，未发布新的一期\n", "Nothing changed: no new edition\n")),
    }
    if let Some(held) = &report.held {
        out.push_str(&format!("{}\n", held.text(lang.into())));
    }
    out
}

fn row(r: &Receipt, lang: LangArg) -> Vec<String> {
    let outcome = match r.outcome {
        SyncOutcome::Landed => lang.pick("完成", "done"),
        SyncOutcome::Unchanged => lang.pick("数据源未变", "source unchanged"),
        SyncOutcome::Held => lang.pick("暂挂待审", "HELD"),
        SyncOutcome::Failed => lang.pick("失败", "FAILED"),
        SyncOutcome::Postponed => lang.pick("安静时段，稍后", "quiet hours, later"),
    };
    let name = match lang {
        LangArg::Zh => &r.title_zh,
        LangArg::En => &r.registry,
    };
    let n = |n: i64| grouped(n);
    let linked = r.linked.map_or_else(|| "–".to_owned(), n);
    vec![
        name.clone(),
        n(r.read),
        n(r.landed),
        n(r.added),
        n(r.changed),
        n(r.unchanged),
        n(r.quarantined),
        n(r.gone),
        linked,
        outcome.to_owned(),
    ]
}
