//! `huitu visit draw|list|copy|bring|settle|take-back`: visit lists from the drawing to what they brought.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::account::CommandReading;
use super::case::stage;
use super::common::{Common, LangArg};
use super::terminal::{Terminal, table};
use crate::cases::standing::CaseOwner;
use crate::hub::visits::{Bringing, NewVisits};
use crate::hub::{Hub, HubError};
use crate::model::Clock;
use crate::model::problem::Problem;
use crate::pages::visits::{cells, render, workbook};
use crate::store::case::CaseQuery;

#[derive(Args)]
pub struct VisitArgs {
    #[command(subcommand)]
    command: VisitCommand,
}

#[derive(Subcommand)]
enum VisitCommand {
    /// Draw lists of doors that lie together, of equal load, in walking order
    Draw {
        /// What they are called
        title: String,
        /// One list each: UNIT or UNIT/ROLE, may be repeated
        #[arg(long = "owner", value_name = "UNIT[/ROLE]")]
        owners: Vec<String>,
        /// So many lists, where nobody owns them
        #[arg(long, default_value_t = 1, conflicts_with = "owners")]
        lists: usize,
        /// Only in these areas: codes or names
        #[arg(long, value_delimiter = ',', value_name = "AREA")]
        area: Vec<String>,
        /// Only cases at these stages: codes of `huitu case stages`
        #[arg(long, value_delimiter = ',', value_name = "STAGE")]
        stage: Vec<String>,
        /// Only inside the polygon of this GeoJSON file, in WGS-84
        #[arg(long, value_name = "FILE")]
        shape: Option<PathBuf>,
        /// So many doors at most, what is due first
        #[arg(long, default_value_t = 200)]
        doors: usize,
        /// Until when they are to be walked
        #[arg(long, value_name = "DATE")]
        due: Option<NaiveDate>,
        /// Who draws them
        #[arg(long, env = "USER", default_value = "operator")]
        by: String,
    },
    /// The latest lists
    List {
        /// Only those of this unit
        #[arg(long)]
        unit: Option<String>,
    },
    /// Write a list for printing (.html) or to be filled in (.xlsx)
    Copy {
        /// Id of the list
        list: String,
        /// Where to; the ending says which
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Take a list back as it was filled in (XLSX or CSV)
    Bring {
        /// Id of the list
        list: String,
        /// The file
        file: PathBuf,
        /// Who was at the doors
        #[arg(long, env = "USER", default_value = "operator")]
        visitor: String,
    },
    /// Decide visits that a person is asked about
    Settle {
        /// Id of the list
        list: String,
        /// Numbers of visits
        #[arg(required = true)]
        visits: Vec<i64>,
        /// They do not count
        #[arg(long)]
        dismiss: bool,
    },
    /// Take back what a list brought, or what one person brought of it
    TakeBack {
        /// Id of the list
        list: String,
        /// Only what this person brought
        #[arg(long)]
        visitor: Option<String>,
        /// Why
        #[arg(long)]
        reason: Option<String>,
        /// Who takes it back
        #[arg(long, env = "USER", default_value = "operator")]
        by: String,
    },
}

pub async fn run(common: &Common, args: VisitArgs) -> anyhow::Result<ExitCode> {
    let hub = Hub::open(common.settings()?, Clock::System).await?;
    let done = act(&hub, common, args.command).await;
    hub.store.close().await;
    done
}

fn bare(id: &str) -> &str {
    id.strip_prefix("visits:").unwrap_or(id)
}

/// The corners of a polygon in GeoJSON, degrees east and north; of several polygons none is meant.
fn corners(shape: &Value) -> Option<Vec<(f64, f64)>> {
    match shape["type"].as_str()? {
        "FeatureCollection" => match shape["features"].as_array()?.as_slice() {
            [feature] => corners(feature),
            _ => None,
        },
        "Feature" => corners(&shape["geometry"]),
        "Polygon" => {
            let degree = |point: &Value, at: usize| point.get(at).and_then(Value::as_f64);
            let ring = shape["coordinates"].get(0)?.as_array()?;
            ring.iter().map(|point| Some((degree(point, 0)?, degree(point, 1)?))).collect()
        }
        _ => None,
    }
}

/// The polygon that a file holds.
fn shape_of(file: &Path) -> anyhow::Result<Vec<(f64, f64)>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let shape = serde_json::from_str::<Value>(text.trim_start_matches('\u{feff}')).ok();
    shape.as_ref().and_then(corners).ok_or_else(|| {
        let file = file.display();
        let zh = format!("{file} 不是一个多边形：应为 GeoJSON 的 Polygon，或只有一个 Polygon 的 Feature");
        HubError::said(zh, format!("{file} is no polygon: a Polygon in GeoJSON, or a Feature with one, is meant")).into()
    })
}

async fn act(hub: &Hub, common: &Common, command: VisitCommand) -> anyhow::Result<ExitCode> {
    let lang = common.lang();
    let progress = Arc::new(Terminal::new(lang));
    match command {
        VisitCommand::Draw { title, owners, lists, area, stage: stages, shape, doors, due, by } => {
            let areas = area.iter().map(|text| hub.case_area(text)).collect::<Result<Vec<_>, _>>()?;
            let owner = |text: &String| {
                let (unit, role) = text.split_once('/').map_or((text.as_str(), None), |(unit, role)| (unit, Some(role)));
                CaseOwner { unit: unit.to_owned(), role: role.map(str::to_owned), name: None }
            };
            let stages = stages.iter().map(|text| Ok(stage(text)?.name().to_owned())).collect::<Result<_, HubError>>()?;
            let areas = if areas.is_empty() { Vec::new() } else { vec![areas] };
            let query = CaseQuery { areas, stages, ..CaseQuery::default() };
            let shape = shape.as_deref().map(shape_of).transpose()?.unwrap_or_default();
            let owners = owners.iter().map(owner).collect();
            let new = NewVisits { title, query, shape, doors, owners, lists, due, by: Some(by), sight: None };
            for drawn in hub.draw_visits(new).await? {
                println!("{}", drawn.list.id);
            }
        }
        VisitCommand::List { unit } => list(hub, common, unit.as_deref()).await?,
        VisitCommand::Copy { list, output } => {
            let drawn = hub.drawn_list(bare(&list)).await?;
            hub.may_take_copy(&drawn.list)?;
            let doors = hub.doors(&drawn, lang.into()).await?;
            let visited = drawn.stops.iter().map(|stop| stop.enterprise_id.clone());
            let reading = CommandReading::of(visited).with_fields(&["name", "address", "employees"]);
            reading.note(hub, common, &format!("visit copy {}", drawn.list.id)).await?;
            let bytes = match output.extension().and_then(|e| e.to_str()) {
                Some("html") => render(&drawn, &doors, hub.walk_km(&drawn.stops), lang.into()).into_bytes(),
                Some("xlsx") => workbook(&doors, lang.into())?,
                _ => return Err(HubError::said("文件名应以 .html 或 .xlsx 结尾", "the file ends in .html or .xlsx").into()),
            };
            std::fs::write(&output, bytes).with_context(|| format!("cannot write {}", output.display()))?;
        }
        VisitCommand::Bring { list, file, visitor } => {
            let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let rows = cells(&bytes).map_err(HubError::Told)?;
            let bringing = Bringing { list: bare(&list).to_owned(), visitor: visitor.clone(), by: Some(visitor) };
            let receipt = hub.bring_visits(&bringing, &rows, progress).await?;
            let told = |rows: &[(usize, Problem)]| {
                rows.iter()
                    .map(|(row, p)| json!({ "row": row, "code": p.code, "message": p.text(lang.into()) }))
                    .collect::<Vec<_>>()
            };
            if common.json {
                let answer = json!({ "read": receipt.read, "counts": receipt.counts, "already": receipt.already,
                    "asked": told(&receipt.asked), "refused": told(&receipt.refused), "unread": receipt.unread, "pending": receipt.pending });
                println!("{}", serde_json::to_string_pretty(&answer)?);
            } else {
                let (read, counts, already) = (receipt.read, receipt.counts, receipt.already);
                let zh = format!("读取 {read} 行，计入 {counts}，此前已交回 {already}");
                let en = format!("{read} rows read, {counts} count, {already} were brought before");
                println!("{}", lang.pick(&zh, &en));
                if !receipt.unread.is_empty() {
                    let (zh, en) = (receipt.unread.join("、"), receipt.unread.join(", "));
                    let zh = format!("这些列未能识别，其内容未采用：{zh}；请恢复表头或标注 [on]、[note] 等后再交一次");
                    let en = format!(
                        "columns that nobody understood, and that were not taken: {en}; restore their headings, or write [on], [note] behind \
                         them, and bring the sheet again"
                    );
                    println!("{}", lang.pick(&zh, &en));
                }
                for (what, rows) in
                    [(lang.pick("待定", "asked"), &receipt.asked), (lang.pick("未收", "refused"), &receipt.refused)]
                {
                    rows.iter().for_each(|(row, p)| println!("{what} {row}  {}", p.text(lang.into())));
                }
            }
            // Something waits for a person.
            return Ok(if receipt.asked.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(3) });
        }
        VisitCommand::Settle { list, visits, dismiss } => {
            let done = hub.settle_visits(bare(&list), &visits, !dismiss, None, progress).await?;
            println!("{done}");
        }
        VisitCommand::TakeBack { list, visitor, reason, by } => {
            let (done, kept) =
                hub.take_back_visits(bare(&list), visitor.as_deref(), Some(&by), reason.as_deref(), progress).await?;
            let zh = format!("撤回 {done} 次走访；{kept} 件案件此后已有改动，保持不变");
            let en = format!("{done} visits taken back; {kept} cases were changed since and stay as they are");
            println!("{}", lang.pick(&zh, &en));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(hub: &Hub, common: &Common, unit: Option<&str>) -> anyhow::Result<()> {
    let unit = match unit {
        Some(unit) => Some(hub.owner_unit(unit).await?),
        None => None,
    };
    let mut rows = Vec::new();
    for list in hub.store.visit_lists(unit.as_deref(), 100, None).await? {
        let (stops, visits) = (hub.store.visit_stops(&list.id).await?, hub.store.visits_of_list(&list.id).await?);
        let count = |state: &str| visits.iter().filter(|v| v.state == state).count().to_string();
        rows.push(vec![
            list.id,
            list.title,
            list.owner_unit.unwrap_or_default(),
            stops.len().to_string(),
            count("COUNTS"),
            count("ASKED"),
            list.expires,
        ]);
    }
    let header = match common.lang() {
        LangArg::Zh => ["编号", "名称", "单位", "户数", "计入", "待定", "有效至"],
        LangArg::En => ["id", "title", "unit", "doors", "count", "asked", "valid until"],
    };
    print!("{}", table(&header, &rows));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_polygon_is_a_shape_and_nothing_else_is() {
        let polygon = json!({ "type": "Polygon", "coordinates": [[[116.2, 39.9], [116.5, 39.9], [116.5, 40.1], [116.2, 39.9]]] });
        let feature = json!({ "type": "Feature", "properties": {}, "geometry": polygon });
        let one = json!({ "type": "FeatureCollection", "features": [feature] });
        for shape in [&polygon, &feature, &one] {
            assert_eq!(corners(shape).map(|c| (c.len(), c[1])), Some((4, (116.5, 39.9))), "{shape}");
        }
        let two = json!({ "type": "FeatureCollection", "features": [feature, feature] });
        for shape in [
            two,
            json!({ "type": "Point", "coordinates": [1, 2] }),
            json!([]),
            json!({ "type": "Polygon", "coordinates": [["a"]] }),
        ] {
            assert_eq!(corners(&shape), None, "{shape}");
        }
    }
}
