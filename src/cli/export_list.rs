//! `huitu export gap` and `edition`: lists as persons and programs read them, by the door that `/export/gap.csv` is, and `--raw`.
//!
//! In: what is asked of the list, as options. Out: a file or standard output. What an area, unit or industry is, the graph's filter
//! decides: an unknown one is an error, never an empty list.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use async_graphql::{InputType, Value};
use axum::body::Body;
use axum::http::{Request, header};
use clap::{Args, ValueEnum};
use http_body_util::BodyExt;
use serde_json::{Map, json};
use tower::ServiceExt;

use super::account::app_of;
use super::common::{Common, LangArg};
use crate::access::{Caller, Role};
use crate::edition::{Edition, EditionAsOf, Filter};
use crate::hub::{Hub, HubError};
use crate::model::reference::unions::federation_unit;
use crate::model::text::grouped;
use crate::serve::ExportColumn;
use crate::serve::answers::filter::EnterpriseFilter;
use crate::serve::app;

/// What a reader of the list looks for, in the order of a list on paper.
const COLUMNS: &str = "name,creditCode,districtName,townName,federationName,address,industryName,ownership,employees,insured,\
                       designatedSize,union,gap,gapSince,priority,reasons,id";

/// Parts of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListPart {
    /// Above designated size, and lacking a union or an independent one
    Lacking,
    /// In scope, and it cannot be told
    Undecided,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SizeClassArg {
    Large,
    Medium,
    Small,
    Micro,
}

/// Which enterprises of the list.
#[derive(Debug, Default, Args)]
pub struct ListArgs {
    /// gap, edition, map, cases, steps, visits, leads: only of these areas, by code or Chinese name: district, street or federation unit
    #[arg(long, value_name = "AREA", value_delimiter = ',')]
    area: Vec<String>,
    /// gap, edition, map, cases, steps, visits, leads, duties: only of these federation units, by code (D110108, I-EDU) or name
    #[arg(long, value_name = "UNIT", value_delimiter = ',')]
    unit: Vec<String>,
    /// gap, edition, map: only of these industries of GB/T 4754-2017, by code of any level (C, 39, 3911) or name
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    section: Vec<String>,
    /// gap, edition, map: only of these size classes
    #[arg(long, value_enum, value_delimiter = ',')]
    size: Vec<SizeClassArg>,
    /// gap, edition, map: only with at least this score
    #[arg(long, value_name = "SCORE")]
    priority: Option<f64>,
    /// gap: which parts of the list [default: lacking]
    #[arg(long, value_enum, value_delimiter = ',')]
    include: Vec<ListPart>,
    /// gap, edition, map: as of a day, an instant or an edition (edition:12); the newest edition without it
    #[arg(long, value_name = "WHEN")]
    as_of: Option<String>,
    /// gap, edition: columns by name or path of the graph, such as name,employees,area.name
    #[arg(long, value_name = "COLUMNS", conflicts_with = "raw")]
    columns: Option<String>,
    /// gap: for programs: names of columns in English, codes instead of texts, no byte order mark
    #[arg(long)]
    pub raw: bool,
}

/// Where an export goes: a file, or standard output.
pub fn open_output(path: Option<&Path>) -> anyhow::Result<Box<dyn Write>> {
    Ok(match path {
        Some(path) => {
            let file = std::fs::File::create(path)
                .with_context(|| format!("cannot write {}; give another file with -o", path.display()))?;
            Box::new(BufWriter::with_capacity(1 << 20, file))
        }
        None => Box::new(BufWriter::new(std::io::stdout().lock())),
    })
}

/// What a list is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    Csv,
    Ndjson,
    /// A workbook; needs a file
    Xlsx,
    /// Typed columns for programs; needs a file
    Arrow,
    /// Typed columns for programs, packed; needs a file
    Parquet,
}

/// Whom a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKind {
    /// The gap list, with the columns of a list on paper.
    Gap,
    /// Every enterprise of the edition, with every column.
    Everybody,
}

impl ListArgs {
    /// Whether nothing was asked of the list: the other exports take none of it.
    pub fn is_empty(&self) -> bool {
        let ListArgs { area, unit, section, size, priority, include, as_of, columns, raw } = self;
        area.is_empty()
            && unit.is_empty()
            && section.is_empty()
            && size.is_empty()
            && include.is_empty()
            && priority.is_none()
            && as_of.is_none()
            && columns.is_none()
            && !raw
    }

    /// Whether nothing is asked but areas and units.
    pub fn names_places_alone(&self) -> bool {
        let ListArgs { area: _, unit: _, section, size, priority, include, as_of, columns, raw } = self;
        section.is_empty()
            && size.is_empty()
            && include.is_empty()
            && priority.is_none()
            && as_of.is_none()
            && columns.is_none()
            && !raw
    }

    /// Areas and units, by the names that the server's doors have for them; what was not asked is left out.
    pub fn places(&self) -> Vec<(&'static str, &[String])> {
        [("area", self.area.as_slice()), ("unit", self.unit.as_slice())].into_iter().filter(|(_, all)| !all.is_empty()).collect()
    }

    /// Whether it names parts of the gap list, or its raw form.
    pub fn is_of_gap_alone(&self) -> bool {
        self.raw || !self.include.is_empty()
    }

    /// Whether columns are chosen.
    pub fn has_columns(&self) -> bool {
        self.columns.is_some()
    }

    /// When, as it was written.
    pub fn as_of(&self) -> Option<&str> {
        self.as_of.as_deref()
    }

    /// The graph's filter, as JSON. Units are those that were entered of the federation, else those that the unions' registry names.
    pub async fn filter(&self, hub: &Hub) -> anyhow::Result<serde_json::Value> {
        let mut conditions = Vec::new();
        if !self.area.is_empty() {
            conditions.push(json!({ "area": self.area }));
        }
        if !self.unit.is_empty() {
            let federation = hub.federation().await?;
            let entered = |text: &String| {
                let units = &federation.tree.units;
                units.iter().find(|unit| *unit.code == **text || *unit.name == **text).map(|unit| unit.code.to_string())
            };
            conditions.push(match self.unit.iter().map(entered).collect::<Option<Vec<_>>>() {
                Some(units) => json!({ "unit": units }),
                None => json!({ "area": self.unit.iter().map(|text| unit_code(text)).collect::<Result<Vec<_>, _>>()? }),
            });
        }
        if !self.section.is_empty() {
            conditions.push(json!({ "industry": self.section }));
        }
        if !self.size.is_empty() {
            let names = self.size.iter().map(|size| format!("{size:?}").to_uppercase());
            conditions.push(json!({ "sizeClass": names.collect::<Vec<_>>() }));
        }
        if let Some(least) = self.priority {
            conditions.push(json!({ "priority": { "gte": least } }));
        }
        Ok(match conditions.is_empty() {
            true => serde_json::Value::Object(Map::new()),
            false => json!({ "and": conditions }),
        })
    }

    fn parts(&self) -> Vec<ListPart> {
        if self.include.is_empty() { vec![ListPart::Lacking] } else { self.include.clone() }
    }
}

/// The code of a federation unit.
fn unit_code(text: &str) -> Result<&'static str, HubError> {
    federation_unit(text).map(|unit| unit.unit).ok_or_else(|| {
        HubError::said(
            format!("没有工会单位「{text}」：请使用 D110108、I-EDU 这样的代码或 海淀区总工会 这样的名称"),
            format!("there is no federation unit \"{text}\": use a code such as D110108 or I-EDU, or its Chinese name"),
        )
    })
}

/// The edition and the rows that `--raw` writes.
pub async fn raw_rows(
    hub: &Hub,
    list: &ListArgs,
) -> anyhow::Result<(std::sync::Arc<Edition>, std::sync::Arc<roaring::RoaringBitmap>)> {
    let edition = match &list.as_of {
        None => hub.editions.current()?,
        Some(when) => {
            let at: EditionAsOf = when.parse().map_err(|()| {
                HubError::said(
                    format!("--as-of 应为日期（2026-11-22）、时刻（2026-11-22T04:30:00Z）或期号（edition:12），不是 {when}"),
                    format!(
                        "--as-of is a day (2026-11-22), an instant (2026-11-22T04:30:00Z) or an edition (edition:12), not {when}"
                    ),
                )
            })?;
            hub.editions.at(at)?
        }
    };
    let parsed = EnterpriseFilter::parse(Some(Value::from_json(list.filter(hub).await?)?))
        .map_err(|e| anyhow::anyhow!(e.into_server_error(async_graphql::Pos::default()).message))?;
    let said = |problem: crate::serve::problem::Problem| HubError::said(problem.zh, problem.en);
    let as_of = Some(EditionAsOf::Edition(edition.number()));
    let wanted = parsed.checked(hub, as_of).await.and_then(|wanted| wanted.plan(&Caller::new("", Role::Admin))).map_err(said)?;
    let parts = list.parts().into_iter().map(|part| match part {
        ListPart::Lacking => Filter::InGap,
        ListPart::Undecided => Filter::may_be_in_gap(),
    });
    let rows = edition.filter(&Filter::Or(parts.collect()).and(wanted))?;
    Ok((edition, rows))
}

/// Writes the list in the reader's language and says how many enterprises stand on it.
pub async fn write(
    hub: &Hub,
    common: &Common,
    (kind, list): (ListKind, &ListArgs),
    format: ListFormat,
    output: Option<&PathBuf>,
) -> anyhow::Result<()> {
    let lang = common.lang();
    let file = match format {
        ListFormat::Csv => "csv",
        ListFormat::Ndjson => "ndjson",
        ListFormat::Xlsx => "xlsx",
        ListFormat::Arrow => "arrow",
        ListFormat::Parquet => "parquet",
    };
    if !matches!(format, ListFormat::Csv | ListFormat::Ndjson) && output.is_none() {
        let name = if kind == ListKind::Gap { "gap" } else { "edition" };
        return Err(HubError::said(
            format!("{file} 需要一个文件：请用 -o 指定，例如 -o {name}.{file}"),
            format!("{file} needs a file: give one with -o, for example -o {name}.{file}"),
        )
        .into());
    }
    let app_of_operator = app_of(hub, common).await?;
    let include: Vec<String> = list.parts().iter().map(|part| format!("{part:?}").to_uppercase()).collect();
    let (filter, include) = (list.filter(hub).await?.to_string(), include.join(","));
    let all = ExportColumn::ALL.iter().map(|column| column.name()).collect::<Vec<_>>().join(",");
    let (name, usual) = match kind {
        ListKind::Gap => ("gap", COLUMNS),
        ListKind::Everybody => ("enterprises", all.as_str()),
    };
    let mut query = vec![("columns", list.columns.as_deref().unwrap_or(usual)), ("filter", filter.as_str())];
    if kind == ListKind::Gap {
        query.push(("include", &include));
    }
    query.extend(list.as_of.as_deref().map(|when| ("asOf", when)));
    let address = reqwest::Url::parse_with_params(&format!("http://huitu/export/{name}.{file}"), query).context("an address")?;
    let path = format!("{}?{}", address.path(), address.query().unwrap_or_default());
    let language = match lang {
        LangArg::Zh => "zh",
        LangArg::En => "en",
    };
    let request = Request::get(path).header(header::ACCEPT_LANGUAGE, language);
    let request = request.header("x-purpose", common.purpose_header()?).body(Body::empty())?;
    let answer = app(app_of_operator).oneshot(request).await?;
    let (parts, mut body) = answer.into_parts();
    if !parts.status.is_success() {
        let bytes = body.collect().await?.to_bytes();
        let said: serde_json::Value = serde_json::from_slice(&bytes).context("the refusal is no JSON")?;
        let text = said["error"]["message"].as_str().unwrap_or_default().to_owned();
        return Err(HubError::said(text.clone(), text).into());
    }
    let mut out = open_output(output.map(PathBuf::as_path))?;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            HubError::said(
                "导出中断，文件不完整；请再导出一次",
                "the export broke off and the file is incomplete; export it again",
            )
        })?;
        if let Some(bytes) = frame.data_ref() {
            out.write_all(bytes)?;
        }
    }
    out.flush()?;
    if let Some(path) = output {
        let rows = parts.headers.get("x-huitu-rows").and_then(|v| v.to_str().ok()).and_then(|n| n.parse().ok()).unwrap_or(0);
        let (rows, path) = (grouped(rows), path.display());
        match lang {
            LangArg::Zh => eprintln!("已写入 {path}：{rows} 家企业"),
            LangArg::En => eprintln!("wrote {path}: {rows} enterprises"),
        }
    }
    Ok(())
}
