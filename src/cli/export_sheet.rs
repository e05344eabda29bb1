//! Sheets that commands write by the doors that the server has for them (`/export/federation/units.csv`, `/export/work/cases.csv`): the same
//! rights, the same account in the audit.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use axum::body::Body;
use axum::http::{Request, header};
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::account::app_of;
use super::common::Common;
use super::export_list::open_output;
use crate::hub::{Hub, HubError};
use crate::serve::app;

/// Writes the sheet behind a door, such as `federation/units`, in the form that an ending names; to standard output without a file.
pub async fn write(
    hub: &Hub,
    common: &Common,
    (door, ending): (&str, &str),
    query: &[(&str, String)],
    output: Option<&Path>,
) -> anyhow::Result<()> {
    if ending == "xlsx" && output.is_none() {
        return Err(HubError::said(
            "xlsx 需要一个文件：请用 -o 指定，例如 -o 导出.xlsx",
            "xlsx needs a file: give one with -o, for example -o sheet.xlsx",
        )
        .into());
    }
    let address =
        reqwest::Url::parse_with_params(&format!("http://huitu/export/{door}.{ending}"), query).context("an address")?;
    let path = format!("{}?{}", address.path(), address.query().unwrap_or_default());
    let language = common.lang().pick("zh", "en");
    let request = Request::get(path).header(header::ACCEPT_LANGUAGE, language);
    let request = request.header("x-purpose", common.purpose_header()?).body(Body::empty())?;
    let answer = app(app_of(hub, common).await?).oneshot(request).await?;
    let status = answer.status();
    let rows = answer.headers().get("x-huitu-rows").and_then(|rows| rows.to_str().ok()).unwrap_or("0").to_owned();
    let bytes = answer.into_body().collect().await?.to_bytes();
    if !status.is_success() {
        let said: serde_json::Value = serde_json::from_slice(&bytes).context("the refusal is no JSON")?;
        let text = said["error"]["message"].as_str().unwrap_or_default().to_owned();
        return Err(HubError::said(text.clone(), text).into());
    }
    let mut out = open_output(output)?;
    out.write_all(&bytes)?;
    out.flush()?;
    if let Some(path) = output {
        let (zh, en) = (format!("已写入 {}：{rows} 行", path.display()), format!("wrote {}: {rows} lines", path.display()));
        eprintln!("{}", common.lang().pick(&zh, &en));
    }
    Ok(())
}
