//! `huitu report`: the bulletin (通报) of a period, as one HTML file that prints on A4, or as a workbook.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use chrono::Datelike;
use clap::{Args, ValueEnum};

use super::account::CommandReading;
use super::common::{Common, LangArg};
use crate::assess::fund::Period;
use crate::assess::targets::Target;
use crate::bulletin::appraisal::appraised;
use crate::hub::Hub;
use crate::model::reference::areas::CITY;
use crate::model::{Clock, message};

#[derive(Args)]
pub struct ReportArgs {
    /// Year, quarter or month: 2026, 2026Q3, 2026-09
    #[arg(long, value_parser = parse_period)]
    period: Period,
    /// District, or federation unit; the whole city where left out
    #[arg(long, value_name = "CODE")]
    area: Option<String>,
    /// By the file's ending where left out; HTML on standard output
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// In English; Chinese otherwise
    #[arg(long)]
    english: bool,
    /// File to write; HTML goes to standard output without it
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Html,
    Xlsx,
}

fn parse_period(text: &str) -> Result<Period, String> {
    Period::parse(text).ok_or_else(|| format!("\"{text}\" is no period; write 2026, 2026Q3 or 2026-09"))
}

pub async fn run(common: &Common, args: ReportArgs) -> anyhow::Result<ExitCode> {
    let hub = Hub::open(common.settings()?, Clock::System).await?;
    let written = write(&hub, &args, common).await;
    hub.store.close().await;
    written.map(|()| ExitCode::SUCCESS)
}

async fn write(hub: &Hub, args: &ReportArgs, common: &Common) -> anyhow::Result<()> {
    // A bulletin is Chinese unless somebody asks otherwise, whatever the terminal's language.
    let english = args.english || common.lang == Some(LangArg::En);
    let lang = if english { message::Lang::En } else { message::Lang::Zh };
    let by_name = args.output.as_ref().and_then(|p| p.extension()).is_some_and(|e| e.eq_ignore_ascii_case("xlsx"));
    let format = args.format.unwrap_or(if by_name { Format::Xlsx } else { Format::Html });
    let area = args.area.clone().unwrap_or_else(|| CITY.to_string());
    let today = hub.clock.today(hub.settings.zone);
    let targets: Vec<Target> =
        hub.targets(None, args.period.last_day().min(today)).await?.into_iter().map(|given| given.target).collect();
    let mut bulletin = crate::bulletin::figures::gather(&hub.editions, &targets, args.period, &area, today, lang)?;
    let last = args.period.last_day();
    bulletin.appraisal = appraised(hub, &bulletin.area_code, last.year(), last.min(today), lang).await?;
    bulletin.missing = hub.missing_inputs(&bulletin.edition, &bulletin.rows)?;
    let named = bulletin.units.iter().flat_map(|unit| &unit.urgent).map(|urgent| urgent.id.clone());
    let shown = CommandReading::of(named).of_edition(bulletin.number);
    let shown = shown.with_fields(&["name", "creditCode", "address", "employees"]);
    shown.note(hub, common, &format!("report {} {area}", bulletin.period)).await?;
    let bytes = match format {
        Format::Html => crate::pages::bulletin::render(&bulletin).into_bytes(),
        Format::Xlsx => crate::pages::workbook::render(&bulletin).context("cannot make the workbook")?,
    };
    match &args.output {
        Some(path) => {
            std::fs::write(path, bytes).with_context(|| format!("cannot write {}; give another file with -o", path.display()))
        }
        None if format == Format::Xlsx => {
            anyhow::bail!("a workbook needs a file: give one with -o, for example -o bulletin.xlsx")
        }
        None => {
            print!("{}", String::from_utf8(bytes).expect("HTML is text"));
            Ok(())
        }
    }
}
