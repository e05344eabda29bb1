//! `huitu query`: asks the graph without a server running, through the same door as a client.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use axum::body::Body;
use axum::http::{Request, header};
use clap::Args;
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::account::app_of;
use super::common::{Common, LangArg};
use crate::hub::Hub;
use crate::model::Clock;
use crate::serve::app;

/// More than any answer the limits allow.
const MAX_ANSWER: usize = 256 << 20;

#[derive(Args)]
pub struct QueryArgs {
    /// The GraphQL document; without it, standard input
    document: Option<String>,
    /// File with the document
    #[arg(short, long, value_name = "FILE", conflicts_with = "document")]
    file: Option<PathBuf>,
    /// Variables as a JSON object
    #[arg(long, default_value = "{}", value_name = "JSON")]
    variables: String,
}

/// Exit code 1 where the answer has errors.
pub async fn run(common: &Common, args: QueryArgs) -> anyhow::Result<ExitCode> {
    let document = match (args.document, args.file) {
        (Some(document), _) => document,
        (None, Some(path)) => std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?,
        (None, None) => std::io::read_to_string(std::io::stdin())?,
    };
    let variables: serde_json::Value =
        serde_json::from_str(&args.variables).context("--variables is no JSON object, for example {\"first\": 10}")?;
    let hub = Hub::open(common.settings()?, Clock::System).await?;
    let state = app_of(&hub, common).await?;
    let language = match common.lang() {
        LangArg::Zh => "zh",
        LangArg::En => "en",
    };
    let request = Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT_LANGUAGE, language)
        .header("x-purpose", common.purpose_header()?)
        .body(Body::from(serde_json::json!({ "query": document, "variables": variables }).to_string()))?;
    let answer = app(state).oneshot(request).await?;
    let bytes =
        http_body_util::Limited::new(answer.into_body(), MAX_ANSWER).collect().await.map_err(|e| anyhow::anyhow!(e))?.to_bytes();
    hub.store.close().await;
    let value: serde_json::Value = serde_json::from_slice(&bytes).context("the answer is no JSON")?;
    println!("{}", serde_json::to_string_pretty(&value)?);
    Ok(if value.get("errors").is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
