//! `huitu edition list|diff|verify|rebuild|held|release|reject|prune`: the published states.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::common::{Common, LangArg};
use super::edition_diff;
use super::terminal::table;
use crate::hub::Hub;
use crate::model::Clock;
use crate::model::text::grouped;

#[derive(Args)]
pub struct EditionArgs {
    #[command(subcommand)]
    command: EditionCommand,
}

#[derive(Subcommand)]
enum EditionCommand {
    /// All editions that can be opened, newest first
    List,
    /// Whose verdict changed between two editions, and why
    Diff(edition_diff::DiffArgs),
    /// Read every file of an edition again and compare its digests; the newest without a number
    Verify { number: Option<u32> },
    /// Make an edition again from the store, as of its records, links, judgements and findings, and compare the digests
    Rebuild {
        number: u32,
        /// Put an edition that was removed back among the editions
        #[arg(long)]
        restore: bool,
    },
    /// The edition that differs too far from what is published and waits for a person, and why
    Held,
    /// Publish the edition that waits
    Release(Decide),
    /// Leave what is published as it is, until the data change
    Reject(Decide),
    /// Remove what the policy no longer keeps: the last edition of each day for 90 days, then of each month
    Prune {
        /// Only say what would go
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Args)]
struct Decide {
    /// The number that `sync` and `edition held` show; whichever waits without it
    held: Option<i64>,
    /// Why; kept with the decision
    #[arg(long)]
    reason: String,
    /// Who decides
    #[arg(long, env = "USER", default_value = "operator")]
    by: String,
}

pub async fn run(common: &Common, args: EditionArgs) -> anyhow::Result<ExitCode> {
    let hub = Hub::open(common.settings()?, Clock::System).await?;
    let done = match args.command {
        EditionCommand::List => list(&hub, common),
        EditionCommand::Diff(args) => edition_diff::run(&hub, common, &args).await,
        EditionCommand::Verify { number } => verify(&hub, common, number),
        EditionCommand::Rebuild { number, restore } => rebuild(&hub, common, number, restore).await,
        EditionCommand::Held => held(&hub, common).await,
        EditionCommand::Release(decide) => release(&hub, common, decide).await,
        EditionCommand::Reject(decide) => reject(&hub, common, decide).await,
        EditionCommand::Prune { dry_run } => prune(&hub, common, dry_run).await,
    };
    hub.store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

fn list(hub: &Hub, common: &Common) -> anyhow::Result<()> {
    let editions = hub.editions.list();
    if common.json {
        println!("{}", serde_json::to_string_pretty(&editions.iter().map(|m| &**m).collect::<Vec<_>>())?);
        return Ok(());
    }
    let header: [&str; 5] = match common.lang() {
        LangArg::Zh => [">期号", "截至", "发布时间", ">企业", "摘要"],
        LangArg::En => [">number", "as of", "published", ">enterprises", "digest"],
    };
    let rows = editions.iter().map(|m| {
        let published = m.published_at.with_timezone(&hub.settings.zone).format("%Y-%m-%d %H:%M").to_string();
        vec![m.number.to_string(), m.as_of.to_string(), published, grouped(i64::from(m.enterprises)), m.digest[..12].to_owned()]
    });
    print!("{}", table(&header, &rows.collect::<Vec<_>>()));
    Ok(())
}

fn verify(hub: &Hub, common: &Common, number: Option<u32>) -> anyhow::Result<()> {
    let edition = match number {
        Some(n) => hub.editions.number(n)?,
        None => hub.editions.current()?,
    };
    edition.manifest.verify(&edition.folder)?;
    println!("{} {}", edition.number(), common.lang().pick("完整无误", "is intact"));
    Ok(())
}

async fn rebuild(hub: &Hub, common: &Common, number: u32, restore: bool) -> anyhow::Result<()> {
    let rebuilt = hub.rebuild_edition(number, restore).await?;
    let lang = common.lang();
    if common.json {
        println!("{}", serde_json::to_string_pretty(&rebuilt)?);
    } else if rebuilt.is_equal() {
        println!("{number} {} {}", lang.pick("重建一致", "is the same when made again"), &rebuilt.rebuilt[..12]);
        if rebuilt.restored {
            println!("{number} {}", lang.pick("已恢复", "is restored"));
        }
    }
    if !rebuilt.is_equal() {
        let files = rebuilt.differing.join(lang.pick("、", ", "));
        match lang {
            LangArg::Zh => anyhow::bail!(
                "第 {number} 期重建后不一致：发布时 {}，重建 {}；不同的文件：{files}",
                rebuilt.published,
                rebuilt.rebuilt
            ),
            LangArg::En => anyhow::bail!(
                "edition {number} differs when made again: published {}, made again {}; files: {files}",
                rebuilt.published,
                rebuilt.rebuilt
            ),
        }
    }
    Ok(())
}

async fn held(hub: &Hub, common: &Common) -> anyhow::Result<()> {
    let held = hub.held_edition().await?;
    match (common.json, held) {
        (true, held) => println!("{}", serde_json::to_string_pretty(&held)?),
        (false, Some(held)) => println!("{}", held.text(common.lang().into())),
        (false, None) => println!("{}", common.lang().pick("没有等待决定的版本", "no edition waits for a decision")),
    }
    Ok(())
}

async fn release(hub: &Hub, common: &Common, decide: Decide) -> anyhow::Result<()> {
    let progress = std::sync::Arc::new(super::terminal::Terminal::new(common.lang()));
    let (held, published) = hub.release_edition(decide.held, &decide.by, &decide.reason, progress).await?;
    if common.json {
        println!("{}", serde_json::json!({ "held": held, "edition": published }));
        return Ok(());
    }
    let lang = common.lang();
    match published {
        Some(e) => println!(
            "{}",
            match lang {
                LangArg::Zh => format!("已放行，发布第 {} 期：规模以上未建会 {} 家", e.number, grouped(i64::from(e.gap))),
                LangArg::En =>
                    format!("released: edition {} is published, {} on the gap list", e.number, grouped(i64::from(e.gap))),
            }
        ),
        None => println!("{}", lang.pick("已放行；数据与已发布的一期相同", "released; it is what is published already")),
    }
    Ok(())
}

async fn reject(hub: &Hub, common: &Common, decide: Decide) -> anyhow::Result<()> {
    let held = hub.reject_edition(decide.held, &decide.by, &decide.reason).await?;
    match common.json {
        true => println!("{}", serde_json::to_string_pretty(&held)?),
        false => println!("{}", held.text(common.lang().into())),
    }
    Ok(())
}

async fn prune(hub: &Hub, common: &Common, dry_run: bool) -> anyhow::Result<()> {
    let removed = hub.prune_editions(dry_run).await?;
    match common.json {
        true => println!("{}", serde_json::json!({ "removed": removed, "dryRun": dry_run })),
        false => {
            let list: Vec<String> = removed.iter().map(ToString::to_string).collect();
            let lang = common.lang();
            let what = match (lang, dry_run) {
                (LangArg::Zh, true) => "将移除",
                (LangArg::Zh, false) => "已移除",
                (LangArg::En, true) => "would remove",
                (LangArg::En, false) => "removed",
            };
            let list = if list.is_empty() { "–".to_owned() } else { list.join(lang.pick("、", ", ")) };
            println!("{what}{}{list}", lang.pick("：", ": "));
        }
    }
    Ok(())
}
