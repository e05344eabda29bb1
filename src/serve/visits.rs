//! Visit lists outside the graph: `GET /visits/{id}.html` (A4), `.xlsx` (to be filled in), `.json` (for a program without a network), `POST /visits/{id}` (brought back).
//!
//! A copy is an export: it is noted with whom it shows, holds nothing that needs a scope beyond visits, and is refused once expired.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde_json::json;

use super::answers::events::Broadcast;
use super::answers::usage::{bits_of, purpose};
use super::graphql::model::cases::mendable;
use super::graphql::model::visits::within_reach;
use super::http::parameters::RouteParameters;
use super::http::rest::{RestRequest, not_found};
use super::problem::{Code, Problem};
use super::reconcile;
use super::reconcile::respond;
use super::state::ServerState;
use crate::access::AccessScope;
use crate::hub::visits::Bringing;
use crate::model::message::reason_text;
use crate::pages::visits::{cells, render, workbook};

/// Bytes of a list that is brought back.
const MAX_BODY: usize = 16 << 20;

/// `GET /visits/{id}.html`, `.xlsx` and `.json`
pub async fn copy(State(state): State<ServerState>, Path(file): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let plain = match RestRequest::new(&state, &uri, &headers, RouteParameters::plain(&[])).await {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    match copied(&state, &plain, &file).await {
        Ok(response) => response,
        Err(problem) => plain.refuse(&problem),
    }
}

async fn copied(state: &ServerState, plain: &RestRequest, file: &str) -> Result<Response, Problem> {
    let (id, form) = file.rsplit_once('.').unwrap_or((file, ""));
    let drawn = within_reach(&plain.ask, id).await?;
    plain.ask.caller.require(AccessScope::Export)?;
    let hub = state.hub();
    hub.may_take_copy(&drawn.list).map_err(mendable)?;
    let doors = hub.doors(&drawn, plain.lang).await.map_err(mendable)?;
    let mut shown = plain.ask.take_shown();
    let rows = drawn.stops.iter().filter_map(|s| plain.edition.row_of_id(&s.enterprise_id));
    let fields = ["name", "creditCode", "address", "location", "unionCoverage"].iter().fold(0, |bits, n| bits | bits_of(n));
    shown.add(&plain.edition, rows, fields);
    let asked = format!("visit list {id}.{form}");
    plain.account_for_export(&asked, &shown, Some(plain.edition.number())).await?;
    match form {
        "html" => Ok(respond(render(&drawn, &doors, hub.walk_km(&drawn.stops), plain.lang), "text/html; charset=utf-8")),
        "xlsx" => {
            let bytes = workbook(&doors, plain.lang).map_err(|error| {
                tracing::error!(%error, "a visit list could not be written");
                Problem::internal()
            })?;
            Ok(reconcile::workbook(bytes, id))
        }
        "json" => {
            Ok(respond(offline(&drawn, &doors, hub.clock.now(), plain.lang).to_string(), "application/json; charset=utf-8"))
        }
        _ => Err(not_found("走访名单有 .html、.xlsx 和 .json 三种", "a visit list is there as .html, .xlsx and .json")),
    }
}

/// A list as a program takes it along: what is printed, and until when it may be kept.
fn offline(
    drawn: &crate::hub::visits::DrawnList,
    doors: &[crate::hub::doors::Door],
    now: chrono::DateTime<chrono::Utc>,
    lang: crate::model::message::Lang,
) -> serde_json::Value {
    let door = |door: &crate::hub::doors::Door| {
        json!({
            "place": door.place, "case": format!("case:{}", door.case), "name": door.name, "creditCode": door.credit_code,
            "address": door.address, "area": door.area, "stage": door.stage.name(), "stageLabel": door.stage.text(lang),
            "location": door.at.map(|(longitude, latitude)| json!({ "longitude": longitude, "latitude": latitude })),
            "why": door.why.iter().map(|reason| reason_text(&reason.code, &reason.inputs, lang)).collect::<Vec<_>>(),
        })
    };
    let due = Some(&drawn.list.due).filter(|due| *due != crate::store::case::NEVER_DUE);
    json!({
        "id": drawn.list.id, "title": drawn.list.title, "due": due, "expires": drawn.list.expires,
        "takenAt": crate::model::text::shown(now), "doors": doors.iter().map(door).collect::<Vec<_>>(),
    })
}

/// `POST /visits/{id}`: a workbook or CSV; `visitor` says who was at the doors, the caller where left out.
pub async fn bring(
    State(state): State<ServerState>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let plain = match RestRequest::new(&state, &uri, &headers, RouteParameters::plain(&["visitor"])).await {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    match brought(&state, &plain, &id, &headers, body).await {
        Ok(text) => respond(text, "application/json; charset=utf-8"),
        Err(problem) => plain.refuse(&problem),
    }
}

async fn brought(state: &ServerState, plain: &RestRequest, id: &str, headers: &HeaderMap, body: Body) -> Result<String, Problem> {
    within_reach(&plain.ask, id).await?;
    let bytes = axum::body::to_bytes(body, MAX_BODY).await.map_err(|_| {
        Problem::new(Code::CostExceeded, "文件超过 16 MB，或传输中断", "the file is longer than 16 MB, or was cut off")
    })?;
    let rows = state.background().run(&plain.ask.caller.id, move || cells(&bytes)).await.map_err(|_| Problem::internal())?;
    let rows = rows.map_err(|p| Problem::bad_input(p.zh, p.en))?;
    state.account_for_change(&plain.ask.caller, &purpose(headers), &format!("visit list {id}"), &plain.id).await?;
    let name = &plain.ask.caller.name;
    let visitor = plain.parameter("visitor").unwrap_or(name).to_owned();
    let bringing = Bringing { list: id.to_owned(), visitor, by: Some(name.clone()) };
    let progress = Arc::new(Broadcast { events: state.events().clone(), also: None });
    let receipt = state.hub().bring_visits(&bringing, &rows, progress).await.map_err(mendable)?;
    if receipt.pending {
        state.note_push();
    }
    state.refresh().await?;
    let told = |rows: &[(usize, crate::model::problem::Problem)]| -> Vec<serde_json::Value> {
        rows.iter().map(|(row, p)| json!({ "row": row, "code": p.code, "message": p.text(plain.lang) })).collect()
    };
    let answer = json!({
        "read": receipt.read, "counts": receipt.counts, "already": receipt.already, "asked": told(&receipt.asked),
        "refused": told(&receipt.refused), "unread": receipt.unread, "pending": receipt.pending,
    });
    Ok(answer.to_string())
}
