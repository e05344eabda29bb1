//! `huitu audit verify|search|export`: who looked at what, and whether the record of it still is what was written.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};

use super::common::{Common, LangArg};
use super::terminal::table;
use crate::audit::{AuditQuestion, AuditRow, Seen, search, verify_with};
use crate::hub::Hub;
use crate::model::Clock;
use crate::model::text::grouped;

#[derive(Args)]
pub struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Args)]
struct Sought {
    /// Id or name of the caller's token
    #[arg(long)]
    caller: Option<String>,
    /// Id of an enterprise that was shown
    #[arg(long)]
    enterprise: Option<String>,
    /// A field that was shown, such as REVENUE
    #[arg(long)]
    field: Option<String>,
    /// What was asked: the digits by which a row names it, or the first of them
    #[arg(long)]
    operation: Option<String>,
    /// Id of a request: of an answer (`x-request-id`), or of an exported file, in its name, its properties (huitu.request) or its column `mark`
    #[arg(long)]
    request: Option<String>,
    /// From this day or instant on (UTC)
    #[arg(long)]
    since: Option<String>,
    /// Up to this day or instant (UTC)
    #[arg(long)]
    until: Option<String>,
}

impl Sought {
    fn question(self, common: &Common) -> AuditQuestion {
        let purpose = common.purpose.first().cloned();
        let Sought { caller, enterprise, field, operation, request, since, until } = self;
        AuditQuestion { caller, purpose, enterprise, fields: field.into_iter().collect(), operation, request, since, until }
    }
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Compare every row with the digest that the next one holds, and the marks with their key; 1 where a row was altered, deleted or moved
    Verify,
    /// The rows that fit, oldest first
    Search {
        #[command(flatten)]
        sought: Sought,
        /// At most so many
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// The rows that fit, as one JSON object a line
    Export {
        #[command(flatten)]
        sought: Sought,
        /// Into this file
        #[arg(long, short)]
        output: Option<PathBuf>,
    },
}

pub async fn run(common: &Common, args: AuditArgs) -> anyhow::Result<ExitCode> {
    let folder = common.settings()?.data.join("audit");
    match args.command {
        AuditCommand::Verify => checked(common, &folder).await,
        AuditCommand::Search { sought, limit } => found(common, &folder, sought.question(common), limit),
        AuditCommand::Export { sought, output } => {
            let mut out: Box<dyn Write> = match &output {
                Some(path) => Box::new(std::io::BufWriter::new(
                    std::fs::File::create(path).with_context(|| format!("cannot write {}", path.display()))?,
                )),
                None => Box::new(std::io::stdout().lock()),
            };
            search(&folder, &sought.question(common), |row| {
                writeln!(out, "{}", serde_json::to_string(&row).expect("texts and numbers"))
            })?;
            out.flush()?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The chains that the store knows of; none where there is no store, or it cannot be reached: that is said.
async fn known_chains(common: &Common) -> anyhow::Result<Vec<String>> {
    let hub = match Hub::open(common.settings()?, Clock::System).await {
        Ok(hub) => hub,
        Err(error) => {
            let lang = common.lang();
            let text = lang.pick(
                "库无法打开，只与文件夹中的目录核对",
                "the store cannot be opened, so that only the list in the folder is compared",
            );
            eprintln!("{text}: {error}");
            return Ok(Vec::new());
        }
    };
    let known = hub.audit_chains().await;
    hub.store.close().await;
    Ok(known?)
}

async fn checked(common: &Common, folder: &std::path::Path) -> anyhow::Result<ExitCode> {
    let lang = common.lang();
    let known = known_chains(common).await?;
    if !folder.exists() && known.is_empty() {
        println!("{}", lang.pick("还没有访问记录", "nothing was looked at yet"));
        return Ok(ExitCode::SUCCESS);
    }
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let found = verify_with(folder, &known).with_context(|| format!("cannot read {}", folder.display()))?;
    for fault in &found.faults {
        let place = if fault.line == 0 { fault.file.clone() } else { format!("{}:{}", fault.file, fault.line) };
        eprintln!("{place}: {}", lang.pick(&fault.zh, &fault.en));
    }
    let (rows, marks) = (grouped(found.rows as i64), grouped(found.marks as i64));
    let last: Vec<String> = found.last.iter().map(|(seq, hash)| format!("{seq} {hash}")).collect();
    let last = last.join(lang.pick("；", "; "));
    println!(
        "{}",
        match lang {
            LangArg::Zh => format!("{rows} 条记录、{marks} 处签名相符；末条：{last}（抄存他处，日后可证此前未被改动）"),
            LangArg::En => format!(
                "{rows} rows and {marks} marks hold; the last: {last} (kept elsewhere, it proves later that nothing before was changed)"
            ),
        }
    );
    Ok(if found.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn found(common: &Common, folder: &std::path::Path, question: AuditQuestion, limit: usize) -> anyhow::Result<ExitCode> {
    let mut rows: Vec<AuditRow> = Vec::new();
    let mut more = 0;
    search(folder, &question, |row| {
        if rows.len() < limit {
            rows.push(row)
        } else {
            more += 1
        }
        Ok(())
    })?;
    if common.json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(ExitCode::SUCCESS);
    }
    let lang = common.lang();
    let header: [&str; 7] = match lang {
        LangArg::Zh => [">条", "时间", "谁", "方式", "用途", ">企业数", "字段"],
        LangArg::En => [">row", "when", "who", "way", "purpose", ">enterprises", "fields"],
    };
    let cells = rows.iter().map(|row| {
        let count = match &row.enterprises {
            Seen::These(ids) => ids.len() as u64,
            Seen::Many { count, .. } => *count,
        };
        let who = format!("{} ({})", row.name, row.caller);
        vec![
            row.seq.to_string(),
            row.at.clone(),
            who,
            row.way.clone(),
            row.purpose.clone(),
            grouped(count as i64),
            row.fields.join(","),
        ]
    });
    print!("{}", table(&header, &cells.collect::<Vec<_>>()));
    if more > 0 {
        println!(
            "{}",
            match lang {
                LangArg::Zh => format!("另有 {more} 条；--limit 可多列一些"),
                LangArg::En => format!("{more} more; --limit shows more of them"),
            }
        );
    }
    Ok(ExitCode::SUCCESS)
}
