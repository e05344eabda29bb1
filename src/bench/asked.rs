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

/// CPU milliseconds of one question at the counter about these units, on average of several after the first.
///
/// # Errors
/// The counter refuses the question.
pub async fn check_cost(router: &axum::Router, units: &[String]) -> anyhow::Result<f64> {
    const TIMES: u32 = 20;
    let body = json!({ "purpose": "bench", "units": units }).to_string();
    let mut began = cpu_seconds();
    for number in 0..=TIMES {
        let request = Request::post("/check").header(header::CONTENT_TYPE, "application/json").body(Body::from(body.clone()))?;
        let response = router.clone().oneshot(request).await?;
        let status = response.status();
        let bytes = response.into_body().collect().await?.to_bytes();
        anyhow::ensure!(status.is_success(), "the counter answers {status}: {}", String::from_utf8_lossy(&bytes));
        // The first one reads what the others find read.
        if number == 0 {
            began = cpu_seconds();
        }
    }
    Ok((cpu_seconds() - began) * 1_000.0 / f64::from(TIMES))
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
