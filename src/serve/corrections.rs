//! `GET /corrections/{registry}` and `POST /corrections/{registry}/{id}`: a department's own system reads what it is asked and answers,
//! without the graph. For the department's tokens, those it pushes with among them; answers carry a key, so that one sent again happens
//! once.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answers::usage::{FieldUse, bits_of, purpose};
use super::http::headers::{header_text, lang_of, request_id, status_of};
use super::http::parameters::{self, RouteParameters};
use super::http::rest::{not_found, refuse};
use super::problem::{Code, Problem, mendable};
use super::state::{Reading, ServerState};
use crate::access::{AccessScope, Caller};
use crate::cases::correction::{CorrectionAnswer, CorrectionState, CorrectionStepKind};
use crate::hub::corrections::{GivenAnswer, others_of, standing_of};
use crate::hub::{Hub, HubError};
use crate::model::enterprise::EnterpriseField;
use crate::model::message::Lang;
use crate::model::text::shown;
use crate::store::correction::{CorrectionQuery, CorrectionRow};

/// Requests of one page.
const MAX_PAGE: usize = 500;
/// Longest key, in characters.
const MAX_KEY: usize = 200;
/// Bytes of an answer.
const MAX_BODY: usize = 64 << 10;

/// Who speaks for the department of a registry: its own tokens, and whoever runs the hub.
fn may_speak(caller: &Caller, registry: &str) -> Result<(), Problem> {
    let is_own = caller.role.has_registry() && caller.registry.as_deref() == Some(registry);
    if is_own || caller.may(AccessScope::Operate) && caller.may(AccessScope::Records) {
        return Ok(());
    }
    Err(Problem::new(
        Code::Forbidden,
        format!("该令牌不属于登记「{registry}」的部门；请用 huitu token create --partner {registry} 生成的令牌"),
        format!(
            "this token is not of the department of registry \"{registry}\"; use one made by `huitu token create --partner {registry}`"
        ),
    ))
}

fn moment(millis: Option<i64>) -> Option<String> {
    millis.and_then(chrono::DateTime::from_timestamp_millis).map(shown)
}

/// A request as a department's system reads it.
pub(super) fn as_json(hub: &Hub, row: &CorrectionRow) -> Value {
    let standing = standing_of(row);
    let field = EnterpriseField::from_name(&row.field).unwrap_or(EnterpriseField::Name);
    let told = others_of(row).into_iter().filter(|other| hub.is_told_to_department(&row.registry, &other.registry, field));
    let others: Vec<Value> =
        told.map(|other| json!({ "registry": other.registry, "value": other.value, "at": moment(Some(other.at)) })).collect();
    json!({
        "id": row.id, "registry": row.registry, "recordKey": row.record_key, "field": row.field, "column": row.column_name,
        "stated": row.stated_raw, "statedValue": row.stated, "others": others, "origin": row.origin, "reason": row.reason,
        "state": row.state, "deadline": row.deadline, "isOverdue": standing.is_overdue(hub.clock.today(hub.settings.zone)),
        "answer": row.answer, "corrected": row.corrected_raw, "answerNote": row.answer_note, "answeredBy": row.answered_by,
        "answeredAt": moment(row.answered_at), "isPending": standing.is_pending, "batch": row.batch_id,
        "openedAt": moment(Some(row.opened_at)), "closedAt": moment(row.closed_at), "version": row.version,
    })
}

fn with_headers(mut response: Response, id: &str) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert("x-request-id", id);
    }
    response
}

/// Accounts for what a department reads of its own records and of what others say of them.
async fn account(
    state: &ServerState,
    caller: &Caller,
    headers: &HeaderMap,
    asked: &str,
    rows: &[CorrectionRow],
) -> Result<(), Problem> {
    let edition = state.hub().editions.current().ok();
    let mut seen = FieldUse::default();
    if let Some(edition) = &edition {
        let mut holders: Vec<u32> = rows.iter().filter_map(|row| edition.row_of_id(&row.enterprise_id)).collect();
        holders.sort_unstable();
        holders.dedup();
        seen.add(edition, holders.into_iter(), bits_of("conflicts"));
    }
    let reading = Reading {
        caller,
        purpose: &purpose(headers),
        way: "file",
        asked: asked.as_bytes(),
        given: "",
        shown: &seen,
        beyond_editions: true,
        edition: edition.map(|e| e.number()),
        request: &request_id(headers),
    };
    state.account(reading).await
}

/// `GET /corrections/{registry}`
pub async fn list(State(state): State<ServerState>, Path(registry): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let (callers, id) = (lang_of(&headers), request_id(&headers));
    let asked = parameters::read(&uri, RouteParameters::plain(&["state", "first", "after"]).as_it_is());
    let (given, lang) = match asked.and_then(|given| Ok((parameters::lang(&given, callers)?, given))) {
        Ok((lang, given)) => (given, lang),
        Err(problem) => return refuse(&problem, callers, &id),
    };
    match listed(&state, &registry, &uri, &given, &headers).await {
        Ok(body) => with_headers(Json(body).into_response(), &id),
        Err(problem) => refuse(&problem, lang, &id),
    }
}

async fn listed(
    state: &ServerState,
    registry: &str,
    uri: &Uri,
    given: &HashMap<String, String>,
    headers: &HeaderMap,
) -> Result<Value, Problem> {
    let caller = state.caller(header_text(headers, header::AUTHORIZATION)).await?.stating(&purpose(headers));
    may_speak(&caller, registry)?;
    let hub = state.hub();
    known(hub, registry).await?;
    let states = match given.get("state").map(|text| text.to_ascii_lowercase()).as_deref() {
        None | Some("" | "waiting") => CorrectionState::WAITING.iter().map(|s| s.name().to_owned()).collect(),
        Some("all") => Vec::new(),
        Some(other) => {
            let name = other.to_ascii_uppercase();
            let known = CorrectionState::from_name(&name).ok_or_else(|| {
                Problem::bad_input(
                    format!("state 没有取值 {other}：可用 waiting、all 或一个状态名"),
                    format!("state has no value {other}: waiting, all or the name of a state"),
                )
            })?;
            vec![known.name().to_owned()]
        }
    };
    let first = match given.get("first").filter(|text| !text.is_empty()) {
        None => 100,
        Some(text) => text.parse().ok().filter(|n| (1..=MAX_PAGE).contains(n)).ok_or_else(|| {
            Problem::bad_input(format!("first 应在 1 到 {MAX_PAGE} 之间"), format!("first is a number from 1 to {MAX_PAGE}"))
        })?,
    };
    let wrong = || Problem::bad_input("after 应为上一页的 next", "after is the `next` of the page before");
    let after = match given.get("after").filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => Some(text.split_once('.').ok_or_else(wrong)?),
    };
    let query = CorrectionQuery { registries: vec![registry.to_owned()], states, ..CorrectionQuery::default() };
    let mut rows = hub.store.corrections(&query, first as i64 + 1, after).await?;
    let has_next = rows.len() > first;
    rows.truncate(first);
    account(state, &caller, headers, &format!("corrections {uri}"), &rows).await?;
    if caller.role.has_registry() {
        let unseen = rows.iter().filter(|row| matches!(standing_of(row).state, CorrectionState::Open | CorrectionState::Sent));
        let ids: Vec<String> = unseen.map(|row| row.id.clone()).collect();
        hub.note_corrections(&ids, CorrectionStepKind::Seen, Some(&caller.name)).await.map_err(mendable)?;
        rows.iter_mut()
            .filter(|row| ids.contains(&row.id))
            .for_each(|row| CorrectionState::Seen.name().clone_into(&mut row.state));
        state.tell_corrections().await?;
    }
    let next = rows.last().filter(|_| has_next).map(|row| format!("{}.{}", row.deadline, row.id));
    let total = hub.store.count_corrections(&query).await?;
    let rows: Vec<Value> = rows.iter().map(|row| as_json(hub, row)).collect();
    Ok(json!({ "registry": registry, "total": total, "corrections": rows, "next": next }))
}

async fn known(hub: &Hub, registry: &str) -> Result<(), Problem> {
    match hub.registry(registry).await {
        Ok(_) => Ok(()),
        Err(error) => Err(not_found(&error.text(Lang::Zh), &error.text(Lang::En))),
    }
}

/// What a system sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentAnswer {
    answer: String,
    value: Option<String>,
    note: Option<String>,
}

/// `POST /corrections/{registry}/{id}`
pub async fn answer(
    State(state): State<ServerState>,
    Path((registry, correction)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (callers, id) = (lang_of(&headers), request_id(&headers));
    let lang = match parameters::none(&uri, callers) {
        Ok(lang) => lang,
        Err(problem) => return refuse(&problem, callers, &id),
    };
    match answered(&state, &registry, &correction, &headers, &body).await {
        Ok(row) => with_headers(Json(as_json(state.hub(), &row)).into_response(), &id),
        Err(Refused::Problem(problem)) => refuse(&problem, lang, &id),
        Err(Refused::Told(problem)) => told(&problem, lang, &id),
    }
}

/// Why an answer was not taken.
enum Refused {
    Problem(Problem),
    /// By the request itself, with a code of its own.
    Told(crate::model::problem::Problem),
}

impl<E: Into<Problem>> From<E> for Refused {
    fn from(error: E) -> Refused {
        Refused::Problem(error.into())
    }
}

/// Answered before or under way otherwise is a conflict; what the column cannot hold cannot be processed.
fn told(problem: &crate::model::problem::Problem, lang: Lang, id: &str) -> Response {
    let status = match &*problem.code {
        "already_answered" | "correction_over" | "key_reused" | "row_changed" | "row_gone" => StatusCode::CONFLICT,
        "told" => status_of(Code::BadInput),
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let body = json!({ "error": {
        "code": problem.code.to_ascii_uppercase(), "message": problem.text(lang), "retryable": false, "hint": problem.remedy,
        "requestId": id,
    } });
    let mut response = Json(body).into_response();
    *response.status_mut() = status;
    with_headers(response, id)
}

async fn answered(
    state: &ServerState,
    registry: &str,
    correction: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<CorrectionRow, Refused> {
    let caller: Arc<Caller> = state.caller(header_text(headers, header::AUTHORIZATION)).await?.stating(&purpose(headers));
    may_speak(&caller, registry)?;
    let hub = state.hub();
    known(hub, registry).await?;
    let key = headers.get("idempotency-key").and_then(|v| v.to_str().ok()).map(|k| k.trim().trim_matches('"'));
    let key = key.filter(|key| !key.is_empty() && key.len() <= MAX_KEY && key.bytes().all(|b| b.is_ascii_graphic()));
    let Some(key) = key else {
        return Err(Problem::bad_input(
            format!("缺少 Idempotency-Key 请求头：给每个答复一个不重复的键（1–{MAX_KEY} 个可见 ASCII 字符），重试时用同一个"),
            format!("the header Idempotency-Key is missing or wrong: give every answer its own key (1–{MAX_KEY} visible ASCII characters), and the same one when sending it again"),
        )
        .remedy("Idempotency-Key: answer-2026-11-22-1")
        .into());
    };
    if body.len() > MAX_BODY {
        return Err(
            Problem::bad_input(format!("答复最多 {MAX_BODY} 字节"), format!("an answer has at most {MAX_BODY} bytes")).into()
        );
    }
    let sent: SentAnswer = serde_json::from_slice(body).map_err(|error| {
        Problem::bad_input(
            format!("答复应为 JSON，如 {{\"answer\":\"CORRECTED\",\"value\":\"85\"}}：{error}"),
            format!("an answer is JSON such as {{\"answer\":\"CORRECTED\",\"value\":\"85\"}}: {error}"),
        )
    })?;
    let answer = CorrectionAnswer::from_name(&sent.answer).ok_or_else(|| {
        Problem::bad_input("answer 应为 CORRECTED、CONFIRMED 或 NOT_OURS", "answer is CORRECTED, CONFIRMED or NOT_OURS")
            .remedy("CORRECTED, CONFIRMED, NOT_OURS")
    })?;
    // What is asked of another department does not exist for this one.
    let id = correction.strip_prefix("correction:").unwrap_or(correction);
    let there = hub.store.correction(id).await?.filter(|row| row.registry == registry);
    if there.is_none() {
        return Err(not_found("没有这个校核请求", "there is no such correction request").into());
    }
    state.account_for_change(&caller, &purpose(headers), &format!("answer {registry} {id}"), &request_id(headers)).await?;
    let by = Some(caller.name.clone());
    let given =
        GivenAnswer { id: id.to_owned(), answer, value: sent.value, note: sent.note, by, idempotency: Some(key.to_owned()) };
    match hub.answer_correction(&given).await {
        Ok(row) => {
            state.note_push();
            state.tell_corrections().await?;
            Ok(row)
        }
        Err(HubError::Told(problem)) => Err(Refused::Told(problem)),
        Err(error) => Err(mendable(error).into()),
    }
}
