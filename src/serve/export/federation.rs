//! Exports of what was entered of the federation: the same sheets that it is entered with, for the caller's units, as CSV, NDJSON or a
//! workbook. Columns of sums of money are left out for whoever may not see them.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri, header};
use axum::response::Response;
use chrono::NaiveDate;
use rust_xlsxwriter::{Format as CellFormat, Workbook};
use serde_json::{Map, Value, json};

use super::columns::CellKind;
use super::format::ExportFileFormat;
use super::is_plain;
use super::sheet::serial;
use super::sheet_file::SheetForm;
use super::write::{csv_cell, csv_code, needs_quotes};
use crate::access::AccessScope;
use crate::access::classes::of_federation;
use crate::federation::share::GivenShare;
use crate::federation::sheet::SheetColumn;
use crate::federation::written::{RuleOfYear, SheetCell, WrittenLine};
use crate::hub::federation_state::{Entered, Federation};
use crate::model::message::Lang;
use crate::serve::answers::filter::no_unit;
use crate::serve::answers::usage::{FieldUse, purpose};
use crate::serve::context::RequestContext;
use crate::serve::http::headers::{header_text, lang_of, request_id};
use crate::serve::http::parameters::{self, RouteParameters};
use crate::serve::http::rest::{not_found, refuse};
use crate::serve::problem::{Problem, mendable};
use crate::serve::state::{Reading, ServerState};

/// What can be exported of the federation.
const LISTS: [&str; 15] = [
    "units",
    "places",
    "listings",
    "posts",
    "services",
    "dispatch",
    "collections",
    "pilots",
    "figures",
    "targets",
    "key-points",
    "work",
    "objections",
    "rewards",
    "rules",
];

/// What these exports take.
const TAKES: RouteParameters = RouteParameters::plain(&["within", "on", "encoding", "codes"]);

/// A list as it is written.
struct Written {
    columns: Vec<SheetColumn>,
    rows: Vec<Vec<SheetCell>>,
}

/// The class under which a column is told, by the names that the gate knows.
fn class_of(column: &str) -> &str {
    match column {
        "subsidy_yuan" => "subsidy",
        "payroll_yuan" => "payroll",
        "dues_yuan" | "preparatory_yuan" => "paid",
        "tax_total_yuan" => "tax_total",
        "yuan" => "reward_yuan",
        other => other,
    }
}

impl Written {
    fn of<'t, T: WrittenLine + 't>(rows: impl IntoIterator<Item = &'t T>) -> Written {
        Written { columns: T::COLUMNS.to_vec(), rows: rows.into_iter().map(WrittenLine::cells).collect() }
    }

    /// Leaves out the columns that the caller is not told.
    fn told(mut self, plain: &SheetAsked) -> Written {
        let caller = &plain.ask.caller;
        let told: Vec<bool> = self.columns.iter().map(|column| caller.is_shown(of_federation(class_of(column.name)))).collect();
        let mut at = told.iter();
        self.columns.retain(|_| *at.next().unwrap_or(&false));
        for row in &mut self.rows {
            let mut at = told.iter();
            row.retain(|_| *at.next().unwrap_or(&false));
        }
        self
    }

    fn title(&self, at: usize, lang: Lang) -> &'static str {
        lang.pick(self.columns[at].zh, self.columns[at].name)
    }
}

/// A question for a sheet. It rests on no edition: what was entered comes out before anything is published.
struct SheetAsked {
    ask: RequestContext,
    federation: Arc<Federation>,
    /// The day as of which it is asked.
    on: Option<NaiveDate>,
    parameters: HashMap<String, String>,
    lang: Lang,
    id: String,
}

impl SheetAsked {
    async fn read(state: &ServerState, uri: &Uri, headers: &HeaderMap, id: &str) -> Result<SheetAsked, Problem> {
        let caller = state.caller(header_text(headers, header::AUTHORIZATION)).await?.stating(&purpose(headers));
        let parameters = parameters::read(uri, TAKES)?;
        if let Some(name) =
            ["edition", "asOf"].into_iter().find(|name| parameters.get(*name).is_some_and(|text| !text.is_empty()))
        {
            return Err(Problem::bad_input(
                format!("{name} 用于各期；录入的内容按日期：请用 on"),
                format!("{name} is of editions; what was entered holds of days: use on"),
            )
            .remedy("on"));
        }
        let lang = parameters::lang(&parameters, lang_of(headers))?;
        let ask = RequestContext::new(state.clone(), caller, lang);
        let on = parameters.get("on").filter(|text| !text.is_empty()).map(|text| {
            text.parse::<NaiveDate>()
                .map_err(|_| Problem::bad_input("on 应为日期：2010-08-31", "on is a day: 2010-08-31").remedy("2010-08-31"))
        });
        let on = on.transpose()?;
        let federation = match on {
            Some(on) => state.hub().federation_on(on).await.map_err(mendable)?,
            None => ask.federation().await?,
        };
        Ok(SheetAsked { ask, federation, on, parameters, lang, id: id.to_owned() })
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }
}

/// `GET /export/federation/{list}.{format}`
pub async fn export(State(state): State<ServerState>, Path(file): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let id = request_id(&headers);
    let asked = file.split_once('.').unwrap_or((&file, ""));
    let answered = match SheetAsked::read(&state, &uri, &headers, &id).await {
        Ok(plain) => answer(&plain, asked, &uri, &headers).await.map_err(|problem| refuse(&problem, plain.lang, &id)),
        Err(problem) => Err(refuse(&problem, lang_of(&headers), &id)),
    };
    answered.unwrap_or_else(|refused| refused)
}

async fn answer(
    plain: &SheetAsked,
    (list, extension): (&str, &str),
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    plain.ask.caller.require(AccessScope::Export)?;
    plain.ask.caller.require(AccessScope::Review)?;
    if !LISTS.contains(&list) {
        let known = LISTS.join(", ");
        return Err(not_found(&format!("没有 {list}；可用：{known}"), &format!("there is no {list}; known: {known}")));
    }
    let form = SheetForm::read(list, extension, plain.parameter("encoding"))?;
    if form.format != ExportFileFormat::Csv && plain.parameter("codes").is_some() {
        return Err(Problem::bad_input("codes 只用于 csv", "codes is for csv only"));
    }
    let plain_codes = is_plain(plain.parameter("codes"))?.unwrap_or(false);
    let targets = match list {
        "targets" => plain.ask.state.hub().written_targets(&plain.federation, plain.on).await.map_err(mendable)?,
        _ => Vec::new(),
    };
    let written = written(plain, list, &targets)?.told(plain);
    // No enterprise is named by its id: what is told is what was entered.
    let (asked, purpose, shown) =
        (uri.to_string(), purpose(headers), FieldUse { count: written.rows.len() as u64, ..plain.ask.take_shown() });
    let reading = Reading {
        caller: &plain.ask.caller,
        purpose: &purpose,
        way: "export",
        asked: asked.as_bytes(),
        given: "",
        shown: &shown,
        beyond_editions: true,
        edition: None,
        request: &plain.id,
    };
    plain.ask.state.account(reading).await?;
    let rows = written.rows.len();
    let bytes = match form.format {
        ExportFileFormat::Ndjson => ndjson(&written),
        ExportFileFormat::Xlsx => workbook(&written, plain.lang).map_err(|error| {
            tracing::error!(%error, list, "a workbook could not be written");
            Problem::internal()
        })?,
        _ => form.coded(csv(&written, plain.lang, plain_codes)),
    };
    Ok(form.attachment(list, rows, bytes, &plain.id))
}

/// The list, for the caller's units, `within` one of them, and as of `on` where that is given.
fn written(plain: &SheetAsked, list: &str, targets: &[GivenShare]) -> Result<Written, Problem> {
    let federation = &plain.federation;
    let caller = &plain.ask.caller;
    let within = plain.parameter("within");
    let within = within.map(|code| federation.unit_seen_by(caller, code).ok_or_else(|| no_unit(code))).transpose()?;
    let on = plain.on;
    let is_asked = |unit: &str| {
        federation.tree.at(unit).is_some_and(|at| {
            federation.is_seen_by(caller, at) && within.is_none_or(|within| federation.tree.is_within(at, within))
        })
    };
    macro_rules! entered {
        ($list:expr, $is:expr) => {
            Written::of($list.map(|entered| &entered.what).filter(|what| is_asked(&what.unit) && $is(*what)))
        };
    }
    use crate::federation::appraisal::{AppraisalObjection, AppraisalRules, UnitReward, UnitWork};
    use crate::federation::dispatch::DispatchAgreement;
    use crate::federation::figure::StatedFigure;
    use crate::federation::key_point::KeyPoint;
    use crate::federation::pilot::{Collection, PilotArea};
    use crate::federation::place::UnionPlace;
    use crate::federation::post::UnitPosts;
    use crate::federation::service::ServicesGiven;
    Ok(match list {
        "units" => Written::of(federation.tree.units.iter().filter(|unit| is_asked(&unit.code))),
        "places" => entered!(federation.places.iter(), |_: &UnionPlace| true),
        "listings" => {
            let of_place = |code: &str| federation.places.iter().find(|place| *place.what.code == *code);
            let is_listed = |place: &str| of_place(place).is_some_and(|place| is_asked(&place.what.unit));
            Written::of(federation.listings.iter().map(|l| &l.what).filter(|l| is_listed(&l.place)))
        }
        "posts" => {
            let posts: Vec<&Entered<UnitPosts>> =
                on.map_or_else(|| federation.posts.iter().collect(), |on| federation.posts_on(on));
            entered!(posts.into_iter(), |_: &UnitPosts| true)
        }
        "services" => entered!(federation.services.iter(), |s: &ServicesGiven| on.is_none_or(|on| s.is_over(on))),
        "dispatch" => entered!(federation.agreements.iter(), |a: &DispatchAgreement| on.is_none_or(|on| a.stood(on))),
        "collections" => {
            entered!(federation.collections.iter(), |c: &Collection| on.is_none_or(|on| c.quarters_old(on).is_some()))
        }
        "pilots" => entered!(federation.pilots.iter(), |_: &PilotArea| true),
        "targets" => Written::of(targets.iter().filter(|target| is_asked(&target.unit))),
        "key-points" => entered!(federation.key_points.iter(), |_: &KeyPoint| true),
        "work" => entered!(federation.work.iter(), |_: &UnitWork| true),
        "objections" => entered!(federation.objections.iter(), |o: &AppraisalObjection| on.is_none_or(|on| o.on <= on)),
        "rewards" => entered!(federation.rewards.iter(), |_: &UnitReward| true),
        "rules" => {
            let of_year = |rules: &'_ Entered<AppraisalRules>| -> Vec<Vec<SheetCell>> {
                rules.what.rules.iter().map(|rule| RuleOfYear(rules.what.year, rule).cells()).collect()
            };
            let rows = federation.rules.iter().flat_map(of_year).collect();
            Written { columns: RuleOfYear::COLUMNS.to_vec(), rows }
        }
        _ => {
            let figures: Vec<&Entered<StatedFigure>> =
                on.map_or_else(|| federation.figures.iter().collect(), |on| federation.figures_on(on));
            Written::of(figures.into_iter().map(|figure| &figure.what))
        }
    })
}

fn flags(lang: Lang) -> (&'static str, &'static str) {
    lang.pick(("是", "否"), ("yes", "no"))
}

fn csv(written: &Written, lang: Lang, plain_codes: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let line = |cells: &mut dyn Iterator<Item = (String, CellKind)>, bytes: &mut Vec<u8>| {
        for (at, (cell, kind)) in cells.enumerate() {
            if at > 0 {
                bytes.push(b',');
            }
            match !plain_codes && needs_quotes(&cell, kind) {
                true => csv_code(&cell, bytes),
                false => csv_cell(&cell, kind, bytes),
            }
        }
        bytes.extend_from_slice(b"\r\n");
    };
    line(&mut (0..written.columns.len()).map(|at| (written.title(at, lang).to_owned(), CellKind::Text)), &mut bytes);
    for row in &written.rows {
        let kind = |cell: &SheetCell| match cell {
            SheetCell::Count(_) | SheetCell::Number(_) | SheetCell::Money(_) => CellKind::Number,
            _ => CellKind::Text,
        };
        line(&mut row.iter().map(|cell| (cell.text(flags(lang)), kind(cell))), &mut bytes);
    }
    bytes
}

/// One object a line, by the names of the columns; what is not known is null.
fn ndjson(written: &Written) -> Vec<u8> {
    let mut bytes = Vec::new();
    for row in &written.rows {
        let object: Map<String, Value> = written
            .columns
            .iter()
            .zip(row)
            .map(|(column, cell)| {
                let value = match cell {
                    SheetCell::Blank => Value::Null,
                    SheetCell::Count(count) => json!(count),
                    SheetCell::Number(number) => json!(number),
                    SheetCell::Flag(is) => json!(is),
                    SheetCell::Text(_) | SheetCell::Money(_) | SheetCell::Day(_) => json!(cell.text(("", ""))),
                };
                (column.name.to_owned(), value)
            })
            .collect();
        bytes.extend_from_slice(Value::Object(object).to_string().as_bytes());
        bytes.push(b'\n');
    }
    bytes
}

fn workbook(written: &Written, lang: Lang) -> Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let (bold, sum) = (CellFormat::new().set_bold(), CellFormat::new().set_num_format("#,##0.00"));
    let date = CellFormat::new().set_num_format("yyyy-mm-dd");
    for at in 0..written.columns.len() {
        sheet.write_string_with_format(0, at as u16, written.title(at, lang), &bold)?;
    }
    for (line, row) in written.rows.iter().enumerate() {
        for (at, cell) in row.iter().enumerate() {
            let (line, at) = (line as u32 + 1, at as u16);
            match cell {
                SheetCell::Blank => continue,
                SheetCell::Count(count) => sheet.write_number(line, at, *count as f64),
                SheetCell::Number(number) => sheet.write_number(line, at, *number),
                SheetCell::Money(fen) => sheet.write_number_with_format(line, at, *fen as f64 / 100.0, &sum),
                // Saved as CSV, a day is written as it is shown: what sheets of the federation read.
                SheetCell::Day(day) => match serial(*day) {
                    Some(serial) => sheet.write_number_with_format(line, at, serial, &date),
                    None => sheet.write_string(line, at, day.to_string()),
                },
                // Written as text, a cell is never a formula.
                SheetCell::Text(_) | SheetCell::Flag(_) => sheet.write_string(line, at, cell.text(flags(lang))),
            }?;
        }
    }
    workbook.save_to_buffer()
}
