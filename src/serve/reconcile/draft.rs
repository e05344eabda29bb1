//! The 1.0 draft of the W3C Reconciliation Service API at `/reconcile/1.0-draft`, beside 0.2: the same candidates and scores, asked and
//! answered in JSON.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{MAX_QUERIES, answers, extend, kind, read_body, respond, told};
use crate::model::message::feature_name;
use crate::serve::http::parameters::RouteParameters;
use crate::serve::http::rest::{RestRequest, not_found};
use crate::serve::problem::Problem;
use crate::serve::state::ServerState;

const TAKES: RouteParameters = RouteParameters::plain(&[]);
const JSON: &str = "application/json; charset=utf-8";

/// One query of a batch.
#[derive(Debug, Deserialize)]
struct DraftQuery {
    #[serde(default)]
    r#type: Value,
    #[serde(default)]
    limit: Value,
    #[serde(default)]
    conditions: Vec<Condition>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Condition {
    match_type: String,
    property_id: Option<String>,
    #[serde(default)]
    property_value: Value,
    #[serde(default)]
    required: bool,
}

/// Kinds of conditions of the draft.
const KINDS: [&str; 3] = ["name", "id", "property"];

/// A query in the form of 0.2; what cannot be read stays as it is, and is refused in its own answer.
fn of_draft(value: &Value) -> Value {
    let Ok(query) = serde_json::from_value::<DraftQuery>(value.clone()) else { return json!(7) };
    let of = |kind: &'static str| query.conditions.iter().filter(move |c| c.match_type == kind);
    let property = |c: &Condition| json!({ "pid": c.property_id, "v": c.property_value, "required": c.required });
    let properties: Vec<Value> = of("property").map(property).collect();
    let first = |kind| of(kind).next().map(|c| &c.property_value);
    json!({ "query": first("name"), "id": first("id"), "type": query.r#type, "limit": query.limit, "properties": properties })
}

/// The kind of a condition that is none: what it asks for is not known, so that nothing is answered.
fn unknown_kind(query: &Value) -> Option<String> {
    let conditions = query.get("conditions")?.as_array()?.iter().filter_map(|c| c.get("matchType")?.as_str());
    conditions.into_iter().find(|kind| !KINDS.contains(kind)).map(str::to_owned)
}

/// `GET /reconcile/1.0-draft`: the manifest.
pub async fn manifest(State(state): State<ServerState>, uri: Uri, headers: HeaderMap) -> Response {
    let plain = match RestRequest::new(&state, &uri, &headers, TAKES).await {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    let view = format!("{}/reconcile/preview?id={{id}}", plain.base);
    let manifest = json!({
        "versions": ["1.0-draft"],
        "name": plain.lang.pick("会图 企业", "huitu enterprises"),
        "lang": plain.lang.code(),
        "defaultTypes": [kind(plain.lang)],
        "batchSize": MAX_QUERIES,
        "view": { "url": view },
        "preview": { "url": view, "width": 420, "height": 240 },
        "suggest": { "entity": true, "property": true, "type": true },
        "extend": { "proposeProperties": true, "propertySettings": [] },
        "standardizedScore": true,
    });
    respond(manifest.to_string(), JSON)
}

/// `POST /reconcile/1.0-draft/match` and `…/extend`
pub async fn ask(
    State(state): State<ServerState>,
    Path(what): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let plain = match RestRequest::new(&state, &uri, &headers, TAKES).await {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    if !matches!(what.as_str(), "match" | "extend") {
        return plain.refuse(&not_found("可用 match、extend", "match and extend are served"));
    }
    let bytes = match read_body(&plain, body).await {
        Ok(bytes) => bytes,
        Err(refused) => return *refused,
    };
    let plain = Arc::new(plain);
    let (working, asked) = (plain.clone(), bytes.clone());
    let answered = tokio::task::spawn_blocking(move || match what.as_str() {
        "match" => matched(&working, &bytes),
        _ => extended(&working, &bytes),
    });
    match answered.await.unwrap_or_else(|_| Err(Problem::internal())) {
        Ok(value) => told(&plain, &asked, respond(value.to_string(), JSON)).await,
        Err(problem) => plain.refuse(&problem),
    }
}

fn matched(plain: &RestRequest, bytes: &[u8]) -> Result<Value, Problem> {
    #[derive(Deserialize)]
    struct Batch {
        queries: Vec<Value>,
    }
    let batch: Batch = serde_json::from_slice(bytes)
        .map_err(|e| Problem::bad_input(format!("请求体无法解析：{e}"), format!("the body cannot be read: {e}")))?;
    let asked: Vec<Value> = batch.queries.iter().map(of_draft).collect();
    let results: Vec<Value> = answers(plain, &asked)?
        .into_iter()
        .zip(&batch.queries)
        .map(|(mut answer, query)| {
            if let Some(kind) = unknown_kind(query) {
                let zh = format!("没有条件类型 {kind}：可用 {}", KINDS.join("、"));
                let en = format!("there is no kind of condition {kind}: use {}", KINDS.join(", "));
                return json!({ "candidates": [], "error": plain.lang.pick(zh, en) });
            }
            let mut candidates = answer["result"].take();
            for feature in candidates.as_array_mut().into_iter().flatten().filter_map(|c| c["features"].as_array_mut()).flatten()
            {
                let name = feature_name(feature["id"].as_str().unwrap_or(""), plain.lang).to_owned();
                feature["name"] = json!(name);
            }
            let mut told = json!({ "candidates": candidates });
            for more in ["error", "warning"] {
                if let Some(text) = answer.get(more) {
                    told[more] = text.clone();
                }
            }
            told
        })
        .collect();
    Ok(json!({ "results": results }))
}

/// The extension of 0.2 with its rows as lists.
fn extended(plain: &RestRequest, bytes: &[u8]) -> Result<Value, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::bad_input("请求体不是 UTF-8", "the body is not UTF-8"))?;
    let answer = extend(plain, text)?;
    let cells = |of: &Value| {
        let of = of.as_object().into_iter().flatten();
        of.map(|(id, values)| json!({ "id": id, "values": values })).collect::<Vec<Value>>()
    };
    let rows = answer["rows"].as_object().into_iter().flatten();
    let rows: Vec<Value> = rows.map(|(id, row)| json!({ "id": id, "properties": cells(row) })).collect();
    Ok(json!({ "meta": answer["meta"], "rows": rows }))
}
