//! `huitu export gap|edition|map|cases|…|crosswalk|quarantine|corrections|return`: files for people and for other programs.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::account::CommandReading;
use super::common::Common;
use super::export_list::{self, ListArgs, ListFormat, ListKind, open_output};
use super::export_map;
use super::export_sheet;
use crate::edition::EnterpriseRow;
use crate::hub::return_flow::{RETURN_PAGE, ReturnPlace};
use crate::hub::{Hub, HubError};
use crate::model::Clock;
use crate::pages::return_flow as return_file;
use crate::store::correction::CorrectionQuery;

/// Rows of the quarantine read at a time.
const PAGE: i64 = 5_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Every record and the enterprise it belongs to: registry, record_id, entity_id
    Crosswalk,
    /// Enterprises above designated size that lack a union, most urgent first, with titles and reasons in the language asked
    Gap,
    /// Every enterprise of an edition, one row each, with verdicts and reasons: Parquet with typed columns unless another format is asked
    Edition,
    /// A folder that any web server hands out as a map: vector tiles in PMTiles, areas in TopoJSON, a style that draws them
    Map,
    /// Outreach cases, first what is due first
    Cases,
    /// Every step of cases: who, when, from what to what
    Steps,
    /// What visits brought back, those that do not count among them
    Visits,
    /// What says that somebody should go to an enterprise: payers, disputes, calls, media reports
    Leads,
    /// Who is responsible for what, from and until
    Duties,
    /// What everybody has to do
    Workload,
    /// Named lists with the enterprises on them
    NamedLists,
    /// Who follows the enterprises on named lists, and why
    Followers,
    /// Rows that could not be read or mapped, with where they stood and why
    Quarantine,
    /// What departments are asked about their records, with answers and states (校核请求)
    Corrections,
    /// A department's own rows with what the hub learnt beside them (回流), to be handed back to it
    Return,
}

impl What {
    /// Whether it is a list of the work that leads to a union.
    fn is_of_work(self) -> bool {
        use What::{Cases, Duties, Followers, Leads, NamedLists, Steps, Visits, Workload};
        matches!(self, Cases | Steps | Visits | Leads | Duties | Workload | NamedLists | Followers)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormatArg {
    Csv,
    Ndjson,
}

#[derive(Args)]
pub struct ExportArgs {
    what: What,
    /// return: short name of the registry whose rows go back
    registry: Option<String>,
    /// By the file's ending where left out, else CSV
    #[arg(long, value_enum)]
    format: Option<ListFormat>,
    /// File to write, for a map the folder; standard output without it
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// map: where the folder will be handed out, for the addresses in its style
    #[arg(long, value_name = "URL", default_value = export_map::USUAL_BASE)]
    url: String,
    /// map: the figure that is painted, such as independentRate [default: coverageRate]
    #[arg(long, value_name = "NAME")]
    measure: Option<String>,
    /// cases, steps, visits, leads: only these: the graph's CaseFilter or LeadFilter as JSON, such as '{"state":["OPEN"]}'
    #[arg(long, value_name = "JSON")]
    filter: Option<String>,
    #[command(flatten)]
    list: ListArgs,
}

impl ExportArgs {
    fn format(&self) -> ListFormat {
        let ending = self.output.as_ref().and_then(|path| path.extension()).map(|e| e.to_ascii_lowercase());
        self.format.unwrap_or(match ending.as_deref().and_then(|e| e.to_str()) {
            Some("ndjson") => ListFormat::Ndjson,
            Some("xlsx") => ListFormat::Xlsx,
            Some("arrow") => ListFormat::Arrow,
            Some("parquet") => ListFormat::Parquet,
            Some("csv") => ListFormat::Csv,
            _ if self.what == What::Edition => ListFormat::Parquet,
            _ => ListFormat::Csv,
        })
    }

    /// For rows written here, which are no workbook.
    fn plain_format(&self) -> Result<ExportFormatArg, HubError> {
        match self.format() {
            ListFormat::Csv => Ok(ExportFormatArg::Csv),
            ListFormat::Ndjson => Ok(ExportFormatArg::Ndjson),
            ListFormat::Xlsx | ListFormat::Arrow | ListFormat::Parquet => Err(HubError::said(
                "只有 export gap（不带 --raw）与 export edition 能写成工作簿、Arrow 或 Parquet；请改用 --format csv 或 ndjson",
                "only export gap, without --raw, and export edition write workbooks, Arrow and Parquet; take --format csv or ndjson",
            )),
        }
    }
}

/// Writes rows in either format; cells that a spreadsheet would take for a formula are disarmed in CSV.
struct Table {
    out: Box<dyn Write>,
    format: ExportFormatArg,
    header: &'static [&'static str],
}

impl Table {
    fn new(args: &ExportArgs, header: &'static [&'static str]) -> anyhow::Result<Table> {
        Table::open(args.output.as_deref(), args.plain_format()?, header)
    }

    fn open(output: Option<&Path>, format: ExportFormatArg, header: &'static [&'static str]) -> anyhow::Result<Table> {
        let mut table = Table { out: open_output(output)?, format, header };
        if format == ExportFormatArg::Csv {
            table.csv(header)?;
        }
        Ok(table)
    }

    fn csv(&mut self, cells: &[&str]) -> anyhow::Result<()> {
        for (i, cell) in cells.iter().enumerate() {
            if i > 0 {
                self.out.write_all(b",")?;
            }
            let formula =
                cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) && cell.parse::<f64>().is_err();
            let guard = if formula { "'" } else { "" };
            match cell.contains([',', '"', '\n', '\r']) {
                true => write!(self.out, "\"{guard}{}\"", cell.replace('"', "\"\""))?,
                false => write!(self.out, "{guard}{cell}")?,
            }
        }
        self.out.write_all(b"\n")?;
        Ok(())
    }

    fn row(&mut self, cells: &[&str]) -> anyhow::Result<()> {
        match self.format {
            ExportFormatArg::Csv => self.csv(cells),
            ExportFormatArg::Ndjson => {
                let object: serde_json::Map<String, serde_json::Value> =
                    self.header.iter().zip(cells).map(|(h, c)| ((*h).to_owned(), (*c).into())).collect();
                serde_json::to_writer(&mut self.out, &object)?;
                self.out.write_all(b"\n")?;
                Ok(())
            }
        }
    }
}

pub async fn run(common: &Common, args: ExportArgs) -> anyhow::Result<ExitCode> {
    if (args.what == What::Return) != args.registry.is_some() {
        return Err(HubError::said(
            "export return 需要登记名，如 huitu export return tax；其他导出不需要",
            "export return takes the name of a registry, such as `huitu export return tax`; other exports take none",
        )
        .into());
    }
    let is_of_work = args.what.is_of_work();
    if args.filter.is_some() && !is_of_work {
        return Err(HubError::said(
            "--filter 只用于 export cases、steps、visits、leads",
            "--filter is for export cases, steps, visits and leads only",
        )
        .into());
    }
    let narrows = matches!(args.what, What::Gap | What::Edition | What::Map);
    let narrows = narrows || is_of_work && args.list.names_places_alone();
    if !narrows && !args.list.is_empty() {
        return Err(HubError::said(
            "--area、--unit、--section、--size、--priority、--include、--as-of、--columns、--raw 只用于 export gap（前五项与 --as-of 也用于 edition、map，--area、--unit 也用于 cases、steps、visits、leads，--unit 也用于 duties）",
            "--area, --unit, --section, --size, --priority, --include, --as-of, --columns and --raw are for export gap only (the first five and --as-of for edition and map too, --area and --unit for cases, steps, visits and leads, --unit for duties)",
        )
        .into());
    }
    if args.what != What::Gap && args.list.is_of_gap_alone() {
        return Err(HubError::said("--include、--raw 只用于 export gap", "--include and --raw are for export gap only").into());
    }
    let hub = Hub::open(common.settings()?, Clock::System).await?;
    let done = write(&hub, common, &args).await;
    hub.store.close().await;
    // A reader that has seen enough (head) is no error.
    match done {
        Err(e) if e.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe) => {
            Ok(ExitCode::SUCCESS)
        }
        done => done.map(|()| ExitCode::SUCCESS),
    }
}

/// Writes a list of work by the server's door for it, which has its name.
async fn work(hub: &Hub, common: &Common, args: &ExportArgs) -> anyhow::Result<()> {
    let named = args.what.to_possible_value().expect("no list is hidden");
    // What was published by somebody who ended before the cases followed.
    hub.follow_cases().await?;
    let ending = match args.format() {
        ListFormat::Csv => "csv",
        ListFormat::Ndjson => "ndjson",
        ListFormat::Xlsx => "xlsx",
        ListFormat::Arrow => "arrow",
        ListFormat::Parquet => "parquet",
    };
    let mut query: Vec<(&str, String)> = Vec::new();
    query.extend(args.filter.as_ref().map(|filter| ("filter", filter.clone())));
    query.extend(args.list.places().into_iter().map(|(name, values)| (name, values.join(","))));
    let door = format!("work/{}", named.get_name());
    export_sheet::write(hub, common, (&door, ending), &query, args.output.as_deref()).await
}

async fn write(hub: &Hub, common: &Common, args: &ExportArgs) -> anyhow::Result<()> {
    match args.what {
        What::Crosswalk => crosswalk(hub, common, args).await,
        What::Gap if args.list.raw => raw_gap(hub, common, args).await,
        What::Gap => export_list::write(hub, common, (ListKind::Gap, &args.list), args.format(), args.output.as_ref()).await,
        What::Edition => {
            export_list::write(hub, common, (ListKind::Everybody, &args.list), args.format(), args.output.as_ref()).await
        }
        What::Map => {
            let wanted = export_map::MapWanted { list: &args.list, url: &args.url, measure: args.measure.as_deref() };
            export_map::write(hub, common, &wanted, args.output.as_deref()).await
        }
        What::Corrections => corrections(hub, common, args).await,
        What::Return => return_flow(hub, common, args).await,
        What::Quarantine => quarantine(hub, common, args.output.as_deref(), args.plain_format()?, &Put::default()).await,
        What::Cases
        | What::Steps
        | What::Visits
        | What::Leads
        | What::Duties
        | What::Workload
        | What::NamedLists
        | What::Followers => work(hub, common, args).await,
    }
}

const CORRECTIONS: &[&str] = &[
    "id",
    "registry",
    "record_key",
    "column",
    "field",
    "stated",
    "state",
    "deadline",
    "answer",
    "corrected",
    "answered_by",
    "answered_at",
    "reason",
    "enterprise",
];

/// Every correction request, first what is due first.
async fn corrections(hub: &Hub, common: &Common, args: &ExportArgs) -> anyhow::Result<()> {
    let rows = hub.store.corrections(&CorrectionQuery::default(), i64::MAX, None).await?;
    let concerned = CommandReading::of(rows.iter().map(|row| row.enterprise_id.clone()));
    concerned.with_fields(&["conflicts"]).note(hub, common, "export corrections").await?;
    let mut table = Table::new(args, CORRECTIONS)?;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    for r in &rows {
        let answered = r.answered_at.and_then(chrono::DateTime::from_timestamp_millis).map(crate::model::text::shown);
        table.row(&[
            &r.id,
            &r.registry,
            &r.record_key,
            &r.column_name,
            &r.field,
            &text(&r.stated_raw),
            &r.state,
            &r.deadline,
            &text(&r.answer),
            &text(&r.corrected_raw),
            &text(&r.answered_by),
            &text(&answered),
            &text(&r.reason),
            &r.enterprise_id,
        ])?;
    }
    table.out.flush()?;
    Ok(())
}

/// A department's own rows with what the hub learnt, within what the department may see.
async fn return_flow(hub: &Hub, common: &Common, args: &ExportArgs) -> anyhow::Result<()> {
    let registry = args.registry.as_deref().unwrap_or_default();
    let lang = common.lang().into();
    let edition = hub.editions.current()?;
    let flow = hub.return_flow(registry, &edition).await?;
    let shown = CommandReading::of_rows(&edition, &super::correction::of_registry(&edition, registry));
    shown.with_fields(&["name", "creditCode", "conflicts"]).note(hub, common, &format!("export return {registry}")).await?;
    let format = args.format();
    let mut out = open_output(args.output.as_deref())?;
    match format {
        ListFormat::Xlsx => out.write_all(&return_file::workbook(&flow, lang).await?)?,
        ListFormat::Csv | ListFormat::Ndjson => {
            if format == ListFormat::Csv {
                out.write_all(&return_file::csv_header(&flow.columns))?;
            }
            let mut place = Some(ReturnPlace::START);
            while let Some(after) = place {
                let (rows, next) = flow.page(after, RETURN_PAGE).await?;
                let bytes = match format {
                    ListFormat::Csv => return_file::csv(&rows, lang, false),
                    _ => return_file::ndjson(&flow.columns, &rows, lang),
                };
                out.write_all(&bytes)?;
                place = next;
            }
        }
        ListFormat::Arrow | ListFormat::Parquet => {
            return Err(
                HubError::said("回流可用 csv、xlsx 或 ndjson", "the return flow is written as csv, xlsx or ndjson").into()
            );
        }
    }
    out.flush()?;
    Ok(())
}

async fn crosswalk(hub: &Hub, common: &Common, args: &ExportArgs) -> anyhow::Result<()> {
    let mut table = Table::new(args, &["registry", "record_id", "entity_id"])?;
    let names: std::collections::HashMap<i64, String> =
        hub.store.registries().await?.into_iter().map(|r| (r.id, r.name)).collect();
    let entity_of: std::collections::HashMap<i64, Box<str>> = hub
        .store
        .links(|id| Some(id.into()))
        .await?
        .into_iter()
        .filter(|(_, part, _)| *part == 0)
        .map(|(record, _, entity)| (record, entity))
        .collect();
    let last = hub.store.last_record_id().await?;
    let mut rows: Vec<(&str, Box<str>, &str)> = Vec::new();
    for after in (0..last).step_by(20_000) {
        for record in hub.store.records_between(after, (after + 20_000).min(last)).await? {
            if let (Some(registry), Some(entity)) = (names.get(&record.registry_id), entity_of.get(&record.id)) {
                rows.push((registry, record.key.into(), entity));
            }
        }
    }
    CommandReading::many(rows.len() as u64).note(hub, common, "export crosswalk").await?;
    // By registry and key, so that two crosswalks can be laid side by side.
    rows.sort_unstable();
    for (registry, key, entity) in rows {
        table.row(&[registry, &key, entity])?;
    }
    table.out.flush()?;
    Ok(())
}

const GAP: &[&str] = &[
    "id",
    "credit_code",
    "name",
    "district",
    "town",
    "address",
    "industry",
    "ownership",
    "employees",
    "revenue_yuan",
    "gap",
    "reasons",
    "since",
    "priority",
];

/// What it shows, by the names of the graph.
const RAW_FIELDS: &[&str] =
    &["creditCode", "name", "area", "address", "industry", "ownership", "employees", "revenueYuan", "designatedSize", "union"];

/// For programs: codes instead of texts, whatever the language.
async fn raw_gap(hub: &Hub, common: &Common, args: &ExportArgs) -> anyhow::Result<()> {
    let (edition, rows) = export_list::raw_rows(hub, &args.list).await?;
    let shown = CommandReading::of_rows(&edition, &rows);
    shown.with_fields(RAW_FIELDS).note(hub, common, &format!("export gap --raw {}", args.list.filter(hub).await?)).await?;
    let mut table = Table::new(args, GAP)?;
    let text = |n: Option<String>| n.unwrap_or_default();
    for row in rows.iter() {
        let e = EnterpriseRow { edition: &edition, row };
        let verdicts = e.verdicts()?;
        let area = |code: Option<u32>| code.and_then(|c| edition.area(&c.to_string())).map(|a| a.zh.clone());
        let reasons: Vec<&str> = verdicts.size.reasons.iter().chain(&verdicts.gap.reasons).map(|r| &*r.code).collect();
        table.row(&[
            e.id(),
            e.credit_code().unwrap_or(""),
            e.name(),
            &text(area(e.district())),
            &text(area(e.town())),
            e.address().unwrap_or(""),
            e.industry().unwrap_or(""),
            e.ownership().map_or("", |o| o.name()),
            &text(e.employees().map(|n| n.to_string())),
            &text(e.revenue().map(|m| m.to_string())),
            e.gap().map_or("", |g| g.name()),
            &reasons.join("|"),
            &text(e.gap_since().map(|d| d.to_string())),
            &format!("{:.1}", e.priority()),
        ])?;
    }
    table.out.flush()?;
    Ok(())
}

/// Which part of the quarantine to write.
#[derive(Default)]
pub struct Put<'a> {
    pub registry: Option<&'a str>,
    /// Only of this batch, also what was replayed or superseded since.
    pub batch: Option<i64>,
    /// Unreadable values of rows that landed, instead of rows.
    pub values: bool,
}

const QUARANTINE: &[&str] = &["id", "registry", "batch", "row", "key", "byte_offset", "column", "code", "detail", "state", "raw"];

/// Writes quarantined rows, or values, as a file.
pub async fn quarantine(
    hub: &Hub,
    common: &Common,
    output: Option<&Path>,
    format: ExportFormatArg,
    put: &Put<'_>,
) -> anyhow::Result<()> {
    let registry = match put.registry {
        Some(name) => Some(hub.registry(name).await?.1.id),
        None => None,
    };
    CommandReading::many(0).note(hub, common, &format!("export quarantine {}", put.registry.unwrap_or(""))).await?;
    let mut table = Table::open(output, format, QUARANTINE)?;
    let names: std::collections::HashMap<i64, String> =
        hub.store.registries().await?.into_iter().map(|r| (r.id, r.name)).collect();
    let mut after = 0;
    loop {
        let rows = match (put.batch, put.values) {
            (Some(batch), values) if after == 0 => hub.store.quarantined_of_batch(batch, values, i64::MAX).await?,
            (Some(_), _) => break,
            (None, true) => hub.store.unreadable_values(registry, after, PAGE).await?,
            (None, false) => hub.store.quarantined(registry, after, PAGE).await?,
        };
        let Some(last) = rows.last() else { break };
        after = last.id;
        for r in &rows {
            let offset = r.byte_offset.map(|o| o.to_string()).unwrap_or_default();
            let row = if r.row_number > 0 { r.row_number.to_string() } else { String::new() };
            table.row(&[
                &r.id.to_string(),
                names.get(&r.registry_id).map_or("", String::as_str),
                &r.batch_id.to_string(),
                &row,
                r.record_key.as_deref().unwrap_or(""),
                &offset,
                r.column_name.as_deref().unwrap_or(""),
                &r.code,
                &r.detail,
                &r.state,
                &r.raw,
            ])?;
        }
    }
    table.out.flush()?;
    Ok(())
}
