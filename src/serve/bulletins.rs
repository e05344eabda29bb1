//! `GET /bulletins/{area}.html` and `.xlsx`: the bulletin (通报) of a period for the city, a district or a unit of the federation, as
//! `huitu report` makes it.
//!
//! It names the most urgent enterprises and what their scores are made of, so that it takes every scope that shows these; it is an export
//! and noted as one, and whoever is bound to areas gets that of an area of theirs.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use chrono::Datelike;

use super::answers::usage::bits_of;
use super::http::parameters::RouteParameters;
use super::http::rest::{RestRequest, not_found};
use super::problem::{Code, Problem, mendable};
use super::reconcile;
use super::reconcile::respond;
use super::state::ServerState;
use crate::access::AccessScope;
use crate::assess::fund::Period;
use crate::assess::targets::Target;
use crate::bulletin::appraisal::appraised;
use crate::bulletin::figures::{Bulletin, gather};
use crate::edition::{EditionError, Filter};
use crate::hub::HubError;
use crate::model::text::visible;
use crate::pages;

/// What a bulletin takes from its caller's allowance: it counts every unit twice and looks at every enterprise of unknown size.
const PRINTED: u64 = 4_000;
/// What is shown of the most urgent.
const SHOWN: [&str; 6] = ["name", "creditCode", "address", "employees", "gap", "priority"];

/// `GET /bulletins/{area}.html` and `.xlsx`
pub async fn bulletin(State(state): State<ServerState>, Path(file): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let plain = match RestRequest::new(&state, &uri, &headers, RouteParameters::plain(&["period"]).as_it_is()).await {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    match printed(&state, &plain, &file).await {
        Ok(response) => response,
        Err(problem) => plain.refuse(&problem),
    }
}

async fn printed(state: &ServerState, plain: &RestRequest, file: &str) -> Result<Response, Problem> {
    let (area, form) = file.rsplit_once('.').unwrap_or((file, ""));
    if !matches!(form, "html" | "xlsx") {
        return Err(not_found("简报有 .html 与 .xlsx 两种", "a bulletin is there as .html and .xlsx"));
    }
    let caller = &plain.ask.caller;
    for scope in [AccessScope::Finance, AccessScope::Records, AccessScope::Export] {
        caller.require(scope)?;
    }
    let period = period_of(state, plain.parameter("period"))?;
    within_areas(state, plain, area, period)?;
    let _place = plain.export_place()?;
    plain.spend(PRINTED)?;
    let made = gathered(state, plain, area, period).await?;
    let mut shown = plain.ask.take_shown();
    let urgent = made.units.iter().flat_map(|unit| &unit.urgent).filter_map(|urgent| made.edition.row_of_id(&urgent.id));
    let mut urgent: Vec<u32> = urgent.collect();
    urgent.sort_unstable();
    urgent.dedup();
    shown.add(&made.edition, urgent.into_iter(), SHOWN.iter().fold(0, |bits, name| bits | bits_of(name)));
    let asked = format!("bulletin {file} {}", made.period);
    plain.account_for_export(&asked, &shown, Some(made.number)).await?;
    if form == "html" {
        return Ok(respond(pages::bulletin::render(&made), "text/html; charset=utf-8"));
    }
    let bytes = pages::workbook::render(&made).map_err(|error| {
        tracing::error!(%error, "a bulletin could not be written");
        Problem::internal()
    })?;
    Ok(reconcile::workbook(bytes, &format!("huitu-bulletin-{}-{period}", made.area_code)))
}

/// The period that is asked for; one that has not begun has no figures.
fn period_of(state: &ServerState, asked: Option<&str>) -> Result<Period, Problem> {
    let hub = state.hub();
    let today = hub.clock.today(hub.settings.zone);
    let wrong = |text: &str| {
        let text = visible(text);
        Problem::bad_input(
            format!("period「{text}」不是时期：请写 2026、2026Q3 或 2026-09"),
            format!("period \"{text}\" is no period: write 2026, 2026Q3 or 2026-09"),
        )
        .remedy(today.format("%Y-%m").to_string())
    };
    let text = asked.unwrap_or_default();
    let period = Period::parse(text).ok_or_else(|| wrong(text))?;
    match period.first_day() <= today {
        true => Ok(period),
        false => {
            Err(Problem::bad_input(format!("{text} 尚未开始：今天是 {today}"), format!("{text} has not begun: today is {today}"))
                .remedy(today.format("%Y-%m").to_string()))
        }
    }
}

/// Whoever is bound to areas reads of no other; where no edition is as old, what gathers the figures says so.
fn within_areas(state: &ServerState, plain: &RestRequest, area: &str, period: Period) -> Result<(), Problem> {
    let hub = state.hub();
    if plain.ask.caller.areas.is_empty() {
        return Ok(());
    }
    let edition = match hub.editions.as_of(period.last_day().min(hub.clock.today(hub.settings.zone))) {
        Ok(edition) => edition,
        Err(EditionError::BeforeFirst { .. }) => return Ok(()),
        Err(error) => return Err(Problem::from(error)),
    };
    let own = edition.filter(&plain.ask.counted_in_areas(Filter::All))?;
    match edition.filter(&Filter::Area(vec![area.to_owned()]))?.is_subset(&own) {
        true => Ok(()),
        false => Err(Problem::new(
            Code::Forbidden,
            format!("{area} 的简报含有您所辖区域以外的企业：请选您所辖的区域"),
            format!("the bulletin of {area} names enterprises outside your areas: choose one of yours"),
        )),
    }
}

async fn gathered(state: &ServerState, plain: &RestRequest, area: &str, period: Period) -> Result<Bulletin, Problem> {
    let (hub, lang) = (state.hub(), plain.lang);
    let today = hub.clock.today(hub.settings.zone);
    let on = period.last_day().min(today);
    let given = hub.targets(None, on).await.map_err(mendable)?;
    let targets: Vec<Target> = given.into_iter().map(|given| given.target).collect();
    let (counting, area) = (hub.clone(), area.to_owned());
    let counted = move || -> anyhow::Result<Bulletin> {
        let mut made = gather(&counting.editions, &targets, period, &area, today, lang)?;
        made.missing = counting.missing_inputs(&made.edition, &made.rows)?;
        Ok(made)
    };
    let counted = state.background().run(&plain.ask.caller.id, counted).await.expect("counting does not panic");
    let mut made = counted.map_err(|error| match error.downcast::<HubError>() {
        Ok(told) => mendable(told),
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "a bulletin could not be made");
            Problem::internal()
        }
    })?;
    made.appraisal = appraised(hub, &made.area_code, period.last_day().year(), on, lang).await.map_err(mendable)?;
    Ok(made)
}
