//! Questions to the graph without a socket, and what they cost.

use axum::body::Body;
use axum::http::{Request, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::usage::cpu_seconds;

/// The answer to one question.
///
/// # Errors
/// The graph says that something is wrong with it.
pub async fn ask(router: &axum::Router, query: &str) -> anyhow::Result<Value> {
    let body = json!({ "query": query }).to_string();
    let request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json").body(Body::from(body))?;
    let bytes = router.clone().oneshot(request).await?.into_body().collect().await?.to_bytes();
    let answer: Value = serde_json::from_slice(&bytes)?;
    anyhow::ensure!(answer.get("errors").is_none(), "{query}: {answer}");
    Ok(answer)
}

/// CPU milliseconds of one question, on average of several after the first.
///
/// # Errors
/// As [`ask`].
pub async fn cost(router: &axum::Router, query: &str) -> anyhow::Result<f64> {
    const TIMES: u32 = 40;
    ask(router, query).await?;
    let began = cpu_seconds();
    for _ in 0..TIMES {
        ask(router, query).await?;
    }
    Ok((cpu_seconds() - began) * 1_000.0 / f64::from(TIMES))
}
