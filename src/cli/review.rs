//! `huitu review`: the pairs that linking left to a person, most consequential first, one keystroke each.
//!
//! A decision is recorded at once; the clusters follow when the round ends. `u` takes the last one back.

use std::io::{IsTerminal, Read, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::explain::shown;
use super::terminal::{Terminal, table};
use super::{Common, Lang};
use crate::hub::world::Reading;
use crate::hub::{Hub, NewJudgement};
use crate::model::Clock;
use crate::model::linkage::{JudgementVerdict, RecordRef};
use crate::model::message;
use crate::publish::{contradictions, is_contradiction};
use crate::store::entity::ReviewRow;

#[derive(Args)]
pub struct ReviewArgs {
    /// How many pairs at most
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// Show the queue and decide nothing
    #[arg(long)]
    list: bool,
    /// Who decides
    #[arg(long, env = "USER", default_value = "operator")]
    by: String,
}

/// What a keystroke asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Judge(JudgementVerdict),
    Skip,
    Undo,
    Quit,
}

fn meaning(byte: u8) -> Option<Key> {
    match byte {
        b'y' | b'Y' | b'1' => Some(Key::Judge(JudgementVerdict::Same)),
        b'n' | b'N' | b'0' => Some(Key::Judge(JudgementVerdict::Different)),
        b'?' | b'm' => Some(Key::Judge(JudgementVerdict::NotSure)),
        b's' | b' ' => Some(Key::Skip),
        b'u' => Some(Key::Undo),
        b'q' | 3 | 4 | 27 => Some(Key::Quit),
        _ => None,
    }
}

pub async fn run(common: &Common, args: ReviewArgs) -> anyhow::Result<ExitCode> {
    let hub = Hub::open(common.settings()?, Clock::System).await?;
    let mut pairs = hub.store.review_pairs(i64::from(args.limit)).await?;
    if let Ok(edition) = hub.editions.current() {
        pairs.extend(contradictions(&edition, args.limit as usize));
        pairs.sort_by(|a, b| b.rank.total_cmp(&a.rank).then_with(|| a.id.cmp(&b.id)));
        pairs.truncate(args.limit as usize);
    }
    let done = match args.list || common.json {
        true => list(&pairs, common),
        false => decide(&hub, &pairs, common, &args.by).await,
    };
    hub.store.close().await;
    done.map(|()| ExitCode::SUCCESS)
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
        Lang::Zh => ["编号", "左", "右", ">权重", "影响"],
        Lang::En => ["id", "left", "right", ">weight", "effect"],
    };
    let rows: Vec<Vec<String>> = pairs
        .iter()
        .map(|p| vec![p.id.clone(), name(&p.left), name(&p.right), format!("{:.1}", p.weight), p.effect.clone()])
        .collect();
    print!("{}", table(&header, &rows));
    Ok(())
}

fn name(record: &RecordRef) -> String {
    match record.part {
        0 => format!("{}:{}", record.registry, record.key),
        part => format!("{}:{}#{part}", record.registry, record.key),
    }
}

async fn decide(hub: &Hub, pairs: &[ReviewRow], common: &Common, by: &str) -> anyhow::Result<()> {
    let lang = common.lang();
    let keyboard = Keyboard::open();
    let mut made: Vec<(usize, String)> = Vec::new();
    let mut at = 0;
    while let Some(pair) = pairs.get(at) {
        println!("\n── {}/{} ── {} ── {}", at + 1, pairs.len(), pair.id, pair.effect);
        if is_contradiction(pair) {
            contradiction(hub, pair, lang)?;
            at += 1;
            continue;
        }
        print!("{}", side_by_side(hub, pair, lang).await?);
        print!("{}", shown(&pair.evidence, lang));
        print!(
            "{} ",
            lang.pick(
                "y 同一 · n 不同 · ? 不确定 · s 跳过 · u 撤销 · q 结束 >",
                "y same · n different · ? not sure · s skip · u undo · q quit >"
            )
        );
        std::io::stdout().flush()?;
        let Some(key) = keyboard.next() else { break };
        match key {
            Key::Quit => break,
            Key::Skip => at += 1,
            Key::Undo => match made.pop() {
                Some((index, id)) => {
                    hub.store.withdraw_judgement(&id, Some(by), Some("undo"), hub.clock.millis()).await?;
                    println!("{} {id}", lang.pick("已撤销", "taken back"));
                    at = index;
                }
                None => println!("{}", lang.pick("没有可撤销的", "nothing to take back")),
            },
            Key::Judge(verdict) => {
                let new =
                    NewJudgement { pair: pair.id.clone(), verdict, reason: None, by: Some(by.to_owned()), idempotency: None };
                let row = hub.record_judgement(new).await?;
                println!("{} {}", verdict.name(), row.id);
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

/// What the payments of an enterprise say against the roll; no keystroke settles that.
fn contradiction(hub: &Hub, row: &ReviewRow, lang: Lang) -> anyhow::Result<()> {
    let edition = hub.editions.current()?;
    let id = row.entities.first().map_or("", String::as_str);
    let Some(e) = edition.enterprise_of_id(id) else { return Ok(()) };
    println!("{} {} {}", e.id(), e.credit_code().unwrap_or("—"), e.name());
    let message_lang = match lang {
        Lang::Zh => message::Lang::Zh,
        Lang::En => message::Lang::En,
    };
    for reason in e.verdicts()?.fund.reasons {
        println!("{}", message::reason_text(&reason.code, &reason.inputs, message_lang));
    }
    println!(
        "{}",
        lang.pick(
            "请核对名册：可能漏配了工会（huitu link explain），或以走访结论登记（huitu finding add … --reason already）。",
            "Check the roll: a union may have been missed (huitu link explain), or record what a visit finds (huitu finding add … --reason already)."
        )
    );
    Ok(())
}

/// The two rows as their registries wrote them, cell by cell.
async fn side_by_side(hub: &Hub, pair: &ReviewRow, lang: Lang) -> anyhow::Result<String> {
    let rows = hub.registry_rows().await?;
    let reading = Reading::new(&hub.store, &hub.connectors, &rows).await?;
    let mut cells: Vec<Vec<(String, String)>> = Vec::new();
    for side in [&pair.left, &pair.right] {
        let registry = rows.iter().find(|r| *r.name == *side.registry);
        let stored = match registry {
            Some(registry) => hub.store.record(registry.id, &side.key).await?,
            None => None,
        };
        cells.push(stored.and_then(|row| reading.records(&row)).map_or_else(Vec::new, |(_, records)| {
            let record = records.into_iter().find(|r| r.part == side.part);
            record.map_or_else(Vec::new, |r| {
                r.fields.iter().filter(|f| !f.raw.is_empty()).map(|f| (f.field.name().to_owned(), f.raw.to_string())).collect()
            })
        }));
    }
    let mut fields: Vec<&String> = cells.iter().flatten().map(|(field, _)| field).collect();
    fields.dedup();
    let mut seen: Vec<&String> = Vec::new();
    let value = |side: usize, field: &str| {
        cells[side].iter().find(|(f, _)| f == field).map_or_else(String::new, |(_, v)| v.chars().take(WIDEST).collect())
    };
    let mut out: Vec<Vec<String>> = Vec::new();
    for field in fields {
        if !seen.contains(&field) {
            seen.push(field);
            out.push(vec![field.clone(), value(0, field), value(1, field)]);
        }
    }
    let (left, right) = (name(&pair.left), name(&pair.right));
    Ok(table(&[lang.pick("字段", "field"), &left, &right], &out))
}

/// Longest cell shown, in characters.
const WIDEST: usize = 40;

/// Single keystrokes where standard input is a terminal; first letters of what is piped in otherwise.
struct Keyboard {
    before: Option<libc::termios>,
}

impl Keyboard {
    fn open() -> Keyboard {
        if !std::io::stdin().is_terminal() {
            return Keyboard { before: None };
        }
        // SAFETY: termios is plain data, and the descriptor of standard input stays open.
        let before = unsafe {
            let mut now: libc::termios = std::mem::zeroed();
            (libc::tcgetattr(libc::STDIN_FILENO, &raw mut now) == 0).then_some(now)
        };
        if let Some(mut raw) = before {
            raw.c_lflag &= !(libc::ICANON | libc::ECHO);
            // SAFETY: as above; `raw` is a changed copy of what the terminal reported.
            unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, &raw const raw) };
        }
        Keyboard { before }
    }

    /// The next key that means something; None at the end of input.
    fn next(&self) -> Option<Key> {
        let mut byte = [0u8; 1];
        loop {
            match std::io::stdin().read(&mut byte) {
                Ok(1) => {
                    if let Some(key) = meaning(byte[0]) {
                        return Some(key);
                    }
                }
                _ => return None,
            }
        }
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // SAFETY: restores what `open` read.
            unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, before) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_prompt_means_something() {
        assert_eq!(meaning(b'y'), Some(Key::Judge(JudgementVerdict::Same)));
        assert_eq!(meaning(b'n'), Some(Key::Judge(JudgementVerdict::Different)));
        assert_eq!(meaning(b'?'), Some(Key::Judge(JudgementVerdict::NotSure)));
        assert_eq!(meaning(b'u'), Some(Key::Undo));
        assert_eq!(meaning(b'\n'), None);
        assert_eq!(meaning(b'x'), None);
    }
}
