//! `huitu finding add|list|withdraw`: what a visit found, an input to the verdicts with its own provenance.

use std::process::ExitCode;
use std::sync::Arc;

use chrono::NaiveDate;
use clap::{Args, Subcommand};

use super::account::CommandReading;
use super::common::{Common, LangArg};
use super::terminal::{Terminal, table};
use crate::hub::{Hub, NewFinding, Recorded};
use crate::model::Clock;
use crate::model::message::value_text;
use crate::model::reference::unions::finding_reasons;

#[derive(Args)]
pub struct FindingArgs {
    #[command(subcommand)]
    command: FindingCommand,
}

#[derive(Subcommand)]
enum FindingCommand {
    /// Record what a visit found; the verdicts follow at once
    Add {
        /// Enterprise id or credit code
        enterprise: String,
        /// A code of `huitu finding reasons`
        #[arg(long)]
        reason: String,
        /// What else there is to say
        #[arg(long)]
        note: Option<String>,
        /// Holds until this day (included)
        #[arg(long)]
        until: Option<NaiveDate>,
        /// Who was there
        #[arg(long, env = "USER", default_value = "operator")]
        by: String,
    },
    /// Findings of one enterprise, or all
    List {
        /// Enterprise id or credit code; all where left out
        enterprise: Option<String>,
    },
    /// Take a finding back
    Withdraw {
        /// Id of the finding, as `huitu finding list` shows it
        id: String,
        /// Why it is taken back
        #[arg(long)]
        reason: Option<String>,
        /// Who takes it back
        #[arg(long, env = "USER", default_value = "operator")]
        by: String,
    },
    /// The reasons a finding can have
    Reasons,
}

/// Says what was recorded, and where no edition shows it yet.
fn said<T>(lang: LangArg, recorded: &Recorded<T>, tell: impl FnOnce()) {
    tell();
    if recorded.pending {
        let later = lang
            .pick("已记录；另一次同步正在进行，下一版本即可看到", "recorded; a sync is under way, and the next edition shows it");
        eprintln!("{later}");
    }
}

pub async fn run(common: &Common, args: FindingArgs) -> anyhow::Result<ExitCode> {
    let hub = Hub::open(common.settings()?, Clock::System).await?;
    let progress = Arc::new(Terminal::new(common.lang()));
    let lang = common.lang();
    let done = match args.command {
        FindingCommand::Add { enterprise, reason, note, until, by } => {
            let new = NewFinding { enterprise, reason, note, until, by: Some(by), idempotency: None };
            let added = hub.add_finding(new, progress).await;
            added.map(|f| said(lang, &f, || println!("{}", f.id))).map_err(Into::into)
        }
        FindingCommand::Withdraw { id, reason, by } => {
            let taken = hub.withdraw_finding(&id, Some(&by), reason.as_deref(), progress).await;
            taken.map(|f| said(lang, &f, || {})).map_err(Into::into)
        }
        FindingCommand::List { enterprise } => list(&hub, common, enterprise.as_deref()).await,
        FindingCommand::Reasons => {
            let rows: Vec<Vec<String>> =
                finding_reasons().iter().map(|r| vec![r.code.to_owned(), lang.pick(r.name_zh, r.name_en).to_owned()]).collect();
            print!("{}", table(&[lang.pick("代码", "code"), lang.pick("含义", "meaning")], &rows));
            Ok(())
        }
    };
    hub.store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn list(hub: &Hub, common: &Common, enterprise: Option<&str>) -> anyhow::Result<()> {
    let id = match enterprise {
        Some(text) => Some(hub.enterprise_id(text)?),
        None => None,
    };
    let findings = hub.store.findings(id.as_deref()).await?;
    let concerned = findings.iter().map(|finding| finding.enterprise_id.clone());
    CommandReading::of(concerned).with_fields(&["name"]).note(hub, common, "finding list").await?;
    if common.json {
        let all: Vec<_> = findings
            .iter()
            .map(|f| {
                serde_json::json!({ "id": f.id, "enterprise": f.enterprise_id, "reason": f.reason, "note": f.note, "by": f.by_whom,
                    "at": f.at, "until": f.until, "withdrawnAt": f.withdrawn_at })
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    let header: [&str; 7] = match common.lang() {
        LangArg::Zh => ["编号", "企业", "名称", "结论", "登记人", "有效至", "状态"],
        LangArg::En => ["id", "enterprise", "name", "finding", "by", "until", "state"],
    };
    let edition = hub.editions.current().ok();
    let rows = findings.into_iter().map(|f| {
        let state = if f.withdrawn_at.is_some() {
            common.lang().pick("已撤回", "withdrawn")
        } else {
            common.lang().pick("有效", "standing")
        };
        let reason = value_text("finding", &f.reason, common.lang().into()).into_owned();
        let name = edition.as_ref().and_then(|e| Some(e.enterprise_of_id(&f.enterprise_id)?.name().to_owned()));
        vec![
            f.id,
            f.enterprise_id,
            name.unwrap_or_default(),
            reason,
            f.by_whom.unwrap_or_default(),
            f.until.unwrap_or_default(),
            state.to_owned(),
        ]
    });
    print!("{}", table(&header, &rows.collect::<Vec<_>>()));
    Ok(())
}
