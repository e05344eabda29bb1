//! `huitu backup` and `huitu restore`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::common::{Common, LangArg};
use super::terminal::table;
use crate::backup::{BackupChoice, BackupError, BackupManifest, RestoreTo, back_up, choose, kept, restore, verify};
use crate::hub::HubError;
use crate::model::Clock;
use crate::model::text::grouped;
use crate::store::Store;

#[derive(Args)]
pub struct BackupArgs {
    /// Folder of the backups, best on another disk; each backup is a folder in it
    #[arg(value_name = "DIR")]
    into: PathBuf,
    /// Remove all but so many of the newest; 0 keeps all
    #[arg(long, default_value_t = 0, value_name = "N")]
    keep: usize,
    /// Only say which backups there are
    #[arg(long)]
    list: bool,
}

#[derive(Args)]
pub struct RestoreArgs {
    /// Folder of backups, or one of them
    #[arg(value_name = "DIR")]
    from: PathBuf,
    /// The backup whose last landing is this one [default: the newest backup]
    #[arg(long, value_name = "N")]
    landing: Option<i64>,
    /// The backup of this name
    #[arg(long, value_name = "NAME", conflicts_with = "landing")]
    name: Option<String>,
    /// Only compare every file with its digest
    #[arg(long)]
    check: bool,
    /// Take the place of the store that is there
    #[arg(long)]
    replace: bool,
    /// Also of one that has what came after the backup
    #[arg(long, requires = "replace")]
    lose_newer: bool,
}

pub async fn backup(common: &Common, args: BackupArgs) -> anyhow::Result<ExitCode> {
    if args.list {
        return list(common, &args.into);
    }
    let settings = common.settings()?;
    let store = Store::open(&settings.data, settings.store.as_deref()).await.map_err(HubError::from)?;
    let made = back_up(&store, &settings.data, &args.into, Clock::System.now(), args.keep).await;
    store.close().await;
    let made = made.map_err(|e| in_words(e, common.lang()))?;
    let (name, landing, edition) =
        (&made.manifest.name, made.manifest.store.landing.landing, made.manifest.store.edition.unwrap_or(0));
    if common.json {
        println!("{}", shown(&made.manifest));
        return Ok(ends(&made.manifest));
    }
    let (files, megabytes) = (grouped(made.manifest.files.len() as i64), made.manifest.bytes().div_ceil(1_000_000));
    println!(
        "{}",
        match common.lang() {
            LangArg::Zh => format!("备份 {name}：至第 {landing} 次入库、第 {edition} 期；{files} 个文件，{megabytes} MB"),
            LangArg::En => format!("backup {name}: up to landing {landing}, edition {edition}; {files} files, {megabytes} MB"),
        }
    );
    if !made.manifest.damaged.is_empty() {
        let numbers: Vec<String> = made.manifest.damaged.iter().map(u32::to_string).collect();
        let numbers = numbers.join(", ");
        eprintln!(
            "{}",
            match common.lang() {
                LangArg::Zh => format!("第 {numbers} 期已损坏，未列入；huitu edition rebuild 期号 --restore 可重建"),
                LangArg::En =>
                    format!("damaged and left out: editions {numbers}; `huitu edition rebuild N --restore` makes them again"),
            }
        );
    }
    for name in &made.removed {
        println!("{} {name}", common.lang().pick("已删除旧备份", "removed the old backup"));
    }
    Ok(ends(&made.manifest))
}

/// 3 where something is missing that a person should look at.
fn ends(manifest: &BackupManifest) -> ExitCode {
    if manifest.damaged.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(3) }
}

fn shown(manifest: &BackupManifest) -> serde_json::Value {
    json!({
        "name": manifest.name,
        "madeAt": manifest.made_at,
        "program": manifest.program,
        "database": manifest.store.database,
        "landing": manifest.store.landing.landing,
        "edition": manifest.store.edition,
        "editions": manifest.editions,
        "damagedEditions": manifest.damaged,
        "files": manifest.files.len(),
        "bytes": manifest.bytes(),
    })
}

fn list(common: &Common, folder: &std::path::Path) -> anyhow::Result<ExitCode> {
    let all = kept(folder).map_err(|e| in_words(e, common.lang()))?;
    if common.json {
        let all: Vec<serde_json::Value> = all.iter().map(|(_, manifest)| shown(manifest)).collect();
        println!("{}", serde_json::Value::from(all));
        return Ok(ExitCode::SUCCESS);
    }
    let head = match common.lang() {
        LangArg::Zh => ["名称", "入库序号", "期号", "来自", "MB"],
        LangArg::En => ["name", "landing", "edition", "from", "MB"],
    };
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|(_, m)| {
            vec![
                m.name.clone(),
                m.store.landing.landing.to_string(),
                m.store.edition.unwrap_or(0).to_string(),
                m.store.database.clone(),
                m.bytes().div_ceil(1_000_000).to_string(),
            ]
        })
        .collect();
    print!("{}", table(&head, &rows));
    Ok(ExitCode::SUCCESS)
}

pub async fn restored(common: &Common, args: RestoreArgs) -> anyhow::Result<ExitCode> {
    let lang = common.lang();
    let choice = BackupChoice { landing: args.landing, name: args.name, replace: args.replace, lose_newer: args.lose_newer };
    let backup = choose(&args.from, &choice).map_err(|e| in_words(e, lang))?;
    if args.check {
        let manifest = verify(&backup).map_err(|e| in_words(e, lang))?;
        let (name, files) = (&manifest.name, grouped(manifest.files.len() as i64));
        println!(
            "{}",
            match lang {
                LangArg::Zh => format!("备份 {name} 完整：{files} 个文件与摘要相符"),
                LangArg::En => format!("the backup {name} is whole: {files} files are what was written"),
            }
        );
        return Ok(ExitCode::SUCCESS);
    }
    let settings = common.settings()?;
    let into = RestoreTo { data: &settings.data, store: settings.store.as_deref() };
    let done = restore(&backup, into, &choice).await.map_err(|e| in_words(e, lang))?;
    let (name, landing, edition) =
        (&done.manifest.name, done.manifest.store.landing.landing, done.manifest.store.edition.unwrap_or(0));
    if common.json {
        let before = done.before.as_ref().map(|path| path.display().to_string());
        let chains = done.audit_chains_kept;
        println!("{}", json!({ "backup": shown(&done.manifest), "before": before, "auditChainsKept": chains }));
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "{}",
        match lang {
            LangArg::Zh => format!("已恢复备份 {name}：至第 {landing} 次入库、第 {edition} 期"),
            LangArg::En => format!("restored the backup {name}: up to landing {landing}, edition {edition}"),
        }
    );
    if let Some(before) = &done.before {
        println!(
            "{} {}",
            lang.pick("原有内容移至（确认无误后可删除）：", "what was there before is kept (remove it when all is well):"),
            before.display()
        );
    }
    if done.audit_chains_kept > 0 {
        println!(
            "{}",
            lang.pick(
                "访问记录保留原样：恢复不会抹去谁看过什么",
                "the audit stays as it is: a restore takes back nothing of who looked"
            )
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn in_words(error: BackupError, lang: LangArg) -> anyhow::Error {
    match error {
        BackupError::Store(error) => HubError::from(error).into(),
        told => anyhow::anyhow!(told.text(lang.into())),
    }
}
