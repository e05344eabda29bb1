//! The 1.0 draft of the W3C Reconciliation Service API at `/reconcile/1.0-draft`, beside 0.2: the same candidates and scores, asked and
//! answered in JSON.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde_json::{Value, json};

use super::extend::extend;
use super::question::SoughtName;
use super::{MAX_QUERIES, answers, kind, read_body, respond, told};
use crate::model::message::feature_name;
use crate::serve::answers::strict_json::read_json;
use crate::serve::http::parameters::RouteParameters;
use crate::serve::http::rest::{RestRequest, not_found};
use crate::serve::problem::Problem;
use crate::serve::state::ServerState;

const TAKES: RouteParameters = RouteParameters::plain(&[]);
const JSON: &str = "application/json; charset=utf-8";

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
    let answered = state.background().run(&plain.ask.caller.id, move || {
        let text = std::str::from_utf8(&bytes).map_err(|_| Problem::bad_input("请求体不是 UTF-8", "the body is not UTF-8"))?;
        let answer = match what.as_str() {
            "match" => matched(&working, text)?,
            _ => extended(&working, text)?,
        };
        Ok(answer.to_string())
    });
    match answered.await.unwrap_or_else(|_| Err(Problem::internal())) {
        Ok(text) => told(&plain, &asked, respond(text, JSON)).await,
        Err(problem) => plain.refuse(&problem),
    }
}

fn matched(plain: &RestRequest, text: &str) -> Result<Value, Problem> {
    let body = read_json("match", text)?;
    let (keys, queries) = (body.as_object().map(|body| body.len()), body["queries"].as_array());
    let (Some(1), Some(queries)) = (keys, queries) else {
        return Err(Problem::bad_input(
            "请求体应为 {\"queries\": [...]}，没有其他键",
            "the body is {\"queries\": [...]} with no other key",
        ));
    };
    let results: Vec<Value> = answers(plain, queries, SoughtName::read_draft)?
        .into_iter()
        .map(|mut answer| {
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
fn extended(plain: &RestRequest, text: &str) -> Result<Value, Problem> {
    let answer = extend(plain, text)?;
    let cells = |of: &Value| {
        let of = of.as_object().into_iter().flatten();
        of.map(|(id, values)| json!({ "id": id, "values": values })).collect::<Vec<Value>>()
    };
    let rows = answer["rows"].as_object().into_iter().flatten();
    let rows: Vec<Value> = rows.map(|(id, row)| json!({ "id": id, "properties": cells(row) })).collect();
    let mut told = json!({ "meta": answer["meta"], "rows": rows });
    if let Some(text) = answer.get("warning") {
        told["warning"] = text.clone();
    }
    Ok(told)
}
