//! What commands ask of the server's own routes without one running: through the same gate, with the same row in the audit.

use anyhow::Context;
use axum::body::Body;
use axum::http::{Request, header};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use super::account::app_of;
use super::common::{Common, LangArg};
use crate::hub::Hub;
use crate::serve::app;

/// More than any answer the limits allow.
const MAX_ANSWER: usize = 256 << 20;

fn language(common: &Common) -> &'static str {
    match common.lang() {
        LangArg::Zh => "zh",
        LangArg::En => "en",
    }
}

async fn answered(hub: &Hub, common: &Common, request: Request<Body>) -> anyhow::Result<(axum::http::StatusCode, Vec<u8>)> {
    let answer = app(app_of(hub, common).await?).oneshot(request).await?;
    let status = answer.status();
    let body = http_body_util::Limited::new(answer.into_body(), MAX_ANSWER).collect().await.map_err(|e| anyhow::anyhow!(e))?;
    Ok((status, body.to_bytes().to_vec()))
}

/// The whole answer of the graph, errors among it.
///
/// # Errors
/// Nothing could be asked.
pub async fn graph(hub: &Hub, common: &Common, document: &str, variables: &Value) -> anyhow::Result<Value> {
    let request = Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT_LANGUAGE, language(common))
        .header("x-purpose", common.purpose_header()?)
        .body(Body::from(serde_json::json!({ "query": document, "variables": variables }).to_string()))?;
    let (_, bytes) = answered(hub, common, request).await?;
    serde_json::from_slice(&bytes).context("the answer is no JSON")
}

/// What the graph tells.
///
/// # Errors
/// The graph refuses the question, in its own words.
pub async fn data(hub: &Hub, common: &Common, document: &str, variables: &Value) -> anyhow::Result<Value> {
    let mut answer = graph(hub, common, document, variables).await?;
    match answer["errors"][0]["message"].as_str() {
        Some(message) => Err(anyhow::anyhow!(message.to_owned())),
        None => Ok(answer["data"].take()),
    }
}

/// A page of the server, by path and query.
///
/// # Errors
/// The server refuses it, in its own words.
pub async fn page(hub: &Hub, common: &Common, path: &str) -> anyhow::Result<Vec<u8>> {
    let request = Request::get(path)
        .header(header::ACCEPT_LANGUAGE, language(common))
        .header("x-purpose", common.purpose_header()?)
        .body(Body::empty())?;
    let (status, bytes) = answered(hub, common, request).await?;
    if status.is_success() {
        return Ok(bytes);
    }
    let refused: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let said = refused["error"]["message"].as_str().map_or_else(|| String::from_utf8_lossy(&bytes).into_owned(), str::to_owned);
    Err(anyhow::anyhow!(said))
}
