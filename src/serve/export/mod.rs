//! Exports: every row of a filter, streamed straight from the edition and the store with flat memory.
//!
//! `/export/{gap|enterprises}.{csv|ndjson|arrow|parquet|xlsx}` with the same filter as the lists, `columns=` to choose (names, paths of the
//! graph, or a selection `{ name records { nodes { key } } }`), `asOf=` or `edition=`, `encoding=gb18030` and `codes=plain` for CSV, `include=` for the
//! parts of the gap list (LACKING, UNDECIDED), `orderBy=` and `first=`. Where a column is
//! in a list, a table holds its values one after the other, NDJSON the lists themselves. The number of rows is in `x-huitu-rows` before the first byte; where the client
//! accepts trailers (`TE: trailers`), rows and SHA-256 follow the last one. A stream that breaks says so in its last line.

use data_encoding::HEXLOWER;
mod choice;
mod columns;
pub(in crate::serve) mod federation;
pub mod fetch;
mod field_names;
mod field_path;
mod format;
pub mod graph;
pub(in crate::serve) mod jobs;
mod request;
mod sheet;
mod sheet_file;
mod stored;
mod told_reasons;
pub(in crate::serve) mod work;
mod work_lines;
mod work_lists;
mod write;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt;
use http_body_util::StreamBody;
use hyper::body::Frame;
use sha2::{Digest, Sha256};

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use roaring::RoaringBitmap;

use super::answers::filter::{EnterpriseOrder, fields_of_order, plan_order};
use super::answers::input_keys::known_keys;
use super::answers::strict_json::read_json;
use super::answers::{usage, validation_messages};
use super::http::parameters::RouteParameters;
use super::http::rest::{RestRequest, not_found};
use super::limits::background;
use super::limits::slots::Slot;
use super::problem::{Code, Problem};
use super::state::{Reading, ServerState};
use crate::access::AccessScope;
use crate::edition::Filter;
use request::ExportProgress;

use crate::serve::export::format::content_type;
pub use choice::{Chosen, choose};
pub use columns::{ExportColumn, told_score};
pub use format::{ExportFileFormat, content_type_of};
pub use request::{ExportRequest, ExportRows};
pub use write::{check_size, write};

/// Bytes handed over at a time.
const CHUNK: usize = 64 << 10;
/// Chunks made ahead of the client: a slow client holds this much memory and no more.
const AHEAD: usize = 4;

/// A client that takes nothing for so long has gone, whatever its socket says.
const STALLED: std::time::Duration = std::time::Duration::from_secs(30);
/// What an export takes beside a filter.
const TAKES: RouteParameters =
    RouteParameters::filtered(&["columns", "include", "encoding", "codes", "orderBy", "first", "mark"]);

/// `GET /export/{list}.{format}`
pub async fn export(State(state): State<ServerState>, Path(file): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let plain = match RestRequest::new(&state, &uri, &headers, TAKES).await {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    match plan(&plain, &file).await {
        Ok((export, format, fields)) => {
            tracing::info!(request_id = %plain.id, who = %plain.ask.caller.name, rows = export.rows.len(), file, "export");
            // What it was chosen and ordered by, and what was opened for that.
            let mut shown = plain.ask.take_shown();
            shown.add_all(&export.edition, &export.rows.bitmap(), fields);
            let caller = &plain.ask.caller;
            // What the graph answers is read from the store, which changes without an edition.
            let is_of_edition = export.graph.is_none();
            let Some(place) = state.exports().take(&caller.id) else {
                let most = state.exports().per_caller();
                let problem = Problem::new(
                    Code::CostExceeded,
                    format!("同时进行的导出过多（每个调用者最多 {most} 个）；请等一个结束，或用 createExport 在后台导出"),
                    format!(
                        "too many exports at a time (a caller has at most {most}): wait for one to end, or let createExport write a file"
                    ),
                );
                return plain.refuse(&problem);
            };
            let purpose = usage::purpose(&headers);
            let asked = uri.to_string();
            let reading = Reading {
                caller,
                purpose: &purpose,
                way: "export",
                asked: asked.as_bytes(),
                given: "",
                shown: &shown,
                // One that holds nobody says of everybody that the filter does not fit.
                beyond_editions: true,
                edition: Some(export.edition.number()),
                request: &plain.id,
            };
            // That it is still the same says as much as all of it.
            if let Err(problem) = state.account(reading).await {
                return plain.refuse(&problem);
            }
            // Their properties, or their rows, name the request.
            let is_weak = export.marks_rows || !matches!(format, ExportFileFormat::Csv | ExportFileFormat::Ndjson);
            let mut response = match is_of_edition && plain.is_known() {
                true => unchanged(&export, format),
                false => stream(export, format, &file, &headers, &plain.id, place),
            };
            match is_of_edition {
                true => plain.name_kept(response.headers_mut(), is_weak),
                false => {
                    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
                }
            }
            response
        }
        Err(problem) => plain.refuse(&problem),
    }
}

/// Whether the codes of a CSV stand in it as they are (`codes=plain`), or so that a spreadsheet takes them for texts (`codes=text`).
///
/// # Errors
/// Another value.
pub fn is_plain(codes: Option<&str>) -> Result<Option<bool>, Problem> {
    match codes {
        None => Ok(None),
        Some("text") => Ok(Some(false)),
        Some("plain") => Ok(Some(true)),
        Some(other) => Err(Problem::bad_input(
            format!("codes 没有取值 {other}：text 供表格软件使用，plain 供程序使用"),
            format!("codes has no value {other}: text is for spreadsheets, plain for programs"),
        )
        .remedy("text, plain")),
    }
}

/// What is asked, and the bits of the fields it shows.
async fn plan(plain: &RestRequest, file: &str) -> Result<(ExportRequest, ExportFileFormat, u32), Problem> {
    plain.ask.caller.require(AccessScope::Export)?;
    let (list, extension) = file.split_once('.').unwrap_or((file, ""));
    let format = ExportFileFormat::from_extension(extension).ok_or_else(|| {
        not_found("可用格式：csv、ndjson、arrow、parquet、xlsx", "formats are csv, ndjson, arrow, parquet and xlsx")
    })?;
    if format != ExportFileFormat::Csv
        && let Some(name) = ["encoding", "codes"].into_iter().find(|name| plain.parameter(name).is_some())
    {
        return Err(Problem::bad_input(format!("{name} 只用于 csv"), format!("{name} is for csv only")));
    }
    if list != "gap" && plain.parameter("include").is_some() {
        return Err(Problem::bad_input("include 只用于 gap", "include is for gap only"));
    }
    let base = match list {
        "gap" => parts_of_the_gap(plain.parameter("include"))?,
        "enterprises" => Filter::All,
        _ => return Err(not_found("可导出 gap 或 enterprises", "gap and enterprises can be exported")),
    };
    let gb18030 = match plain.parameter("encoding").map(str::to_ascii_lowercase).as_deref() {
        None | Some("utf-8" | "utf8") => false,
        Some("gb18030") => true,
        Some(other) => {
            return Err(Problem::bad_input(
                format!("未知编码 {other}：可用 utf-8、gb18030"),
                format!("unknown encoding {other}: utf-8 or gb18030"),
            ));
        }
    };
    let plain_codes = is_plain(plain.parameter("codes"))?.unwrap_or(false);
    let marks_rows = match plain.parameter("mark") {
        None | Some("false") => false,
        Some("true") if matches!(format, ExportFileFormat::Csv | ExportFileFormat::Ndjson) => true,
        Some("true") => {
            return Err(Problem::bad_input(
                "mark 只用于 csv、ndjson：其他格式的文件属性中已有 huitu.request",
                "mark is for csv and ndjson: other files have huitu.request in their properties",
            ));
        }
        Some(other) => {
            return Err(Problem::bad_input(
                format!("mark 没有取值 {other}：true、false"),
                format!("mark has no value {other}: true or false"),
            )
            .remedy("true, false"));
        }
    };
    let choice = choose(plain.parameter("columns"), format, &plain.ask.caller)?;
    let fields = choice.fields();
    let rows = plain.edition.filter(&base.and(plain.filter()?))?;
    let export = ExportRequest {
        edition: plain.edition.clone(),
        rows: chosen_rows(plain, rows)?,
        graph: choice.selection.map(|selection| graph::GraphSource {
            state: plain.state.clone(),
            caller: plain.ask.caller.clone(),
            lang: plain.lang,
            selection,
            runtime: tokio::runtime::Handle::current(),
        }),
        columns: choice.columns,
        lang: plain.lang,
        sight: plain.ask.caller.sight(),
        gb18030,
        plain_codes,
        asked: format!("{file}?{}", plain.handed_on()),
        request: plain.id.clone(),
        marks_rows,
        progress: ExportProgress::default(),
    };
    check_size(&export, format)?;
    export.probe().await?;
    Ok((export, format, fields))
}

/// The rows in the order of `orderBy` (`EMPLOYEES:DESC,NAME`, or JSON as in the graph), at most `first` of them.
fn chosen_rows(plain: &RestRequest, rows: Arc<RoaringBitmap>) -> Result<ExportRows, Problem> {
    let order = match plain.parameter("orderBy") {
        None => Vec::new(),
        Some(text) => {
            let steps = steps(text)?;
            plain.ask.show_fields(fields_of_order(&steps));
            plan_order(&steps, &plain.ask.caller)?
        }
    };
    let first = plain.parameter("first").map(|text| {
        text.parse::<u32>().map_err(|_| Problem::bad_input("first 应为 0 或正整数", "first is a whole number from 0 on"))
    });
    let first = first.transpose()?.map_or(usize::MAX, |n| n as usize);
    Ok(ExportRows::ordered(&plain.edition, rows, &order, first, plain.ask.caller.sight()))
}

/// The steps of an order as GraphQL input.
fn steps(text: &str) -> Result<Vec<EnterpriseOrder>, Problem> {
    let wrong = |zh: &str, en: &str| {
        Problem::bad_input(format!("orderBy 有误：{zh}"), format!("orderBy: {en}")).remedy("EMPLOYEES:DESC,NAME:ASC")
    };
    let value = match text.trim_start().starts_with(['[', '{']) {
        true => read_json("orderBy", text)?,
        false => text
            .split(',')
            .map(|step| {
                let (field, direction) = step.trim().split_once(':').unwrap_or((step.trim(), "DESC"));
                serde_json::json!({ "field": field, "direction": direction.to_ascii_uppercase() })
            })
            .collect(),
    };
    let value = async_graphql::Value::from_json(value).map_err(|e| wrong(&e.to_string(), &e.to_string()))?;
    known_keys::<Vec<EnterpriseOrder>>(&value)?;
    <Vec<EnterpriseOrder> as async_graphql::InputType>::parse(Some(value)).map_err(|e| {
        let (zh, en) = validation_messages::translated(&e.into_server_error(async_graphql::Pos::default()).message);
        wrong(&zh, &en)
    })
}

/// `LACKING`, `UNDECIDED` or both, as the graph's `gap(include:)` takes them.
fn parts_of_the_gap(include: Option<&str>) -> Result<Filter, Problem> {
    let part = |name: &str| match name.trim().to_ascii_uppercase().as_str() {
        "LACKING" => Ok(Filter::InGap),
        "UNDECIDED" => Ok(Filter::may_be_in_gap()),
        _ => Err(Problem::bad_input(
            format!("include 没有取值 {name}：可用 LACKING、UNDECIDED"),
            format!("include has no value {name}: LACKING or UNDECIDED"),
        )),
    };
    Ok(Filter::Or(include.unwrap_or("LACKING").split(',').map(part).collect::<Result<_, _>>()?))
}

/// Where the writers put their bytes: chunks to the client, counted and hashed. Fails where the client has gone.
pub struct Sink {
    buffer: Vec<u8>,
    /// None where the client takes no trailers.
    hash: Option<Sha256>,
    send: tokio::sync::mpsc::Sender<Result<Frame<Bytes>, std::io::Error>>,
    runtime: tokio::runtime::Handle,
    /// Given back with the last byte.
    _place: Slot,
}

impl Sink {
    fn flush_chunk(&mut self) -> std::io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK + 4096));
        if let Some(hash) = &mut self.hash {
            hash.update(&chunk);
        }
        let gone = || std::io::Error::new(std::io::ErrorKind::BrokenPipe, "the client went away");
        let sent = async { tokio::time::timeout(STALLED, self.send.send(Ok(Frame::data(chunk.into())))).await };
        self.runtime.block_on(sent).map_err(|_| gone())?.map_err(|_| gone())
    }
}

impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK {
            self.flush_chunk()?;
        }
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The caller has these rows already.
fn unchanged(export: &ExportRequest, format: ExportFileFormat) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type(format, export.gb18030));
    headers.insert("x-huitu-rows", HeaderValue::from(export.rows.len()));
    response
}

fn stream(export: ExportRequest, format: ExportFileFormat, file: &str, headers: &HeaderMap, id: &str, place: Slot) -> Response {
    let (send, receive) = tokio::sync::mpsc::channel(AHEAD);
    let wants_trailers = headers.get(header::TE).and_then(|v| v.to_str().ok()).is_some_and(|te| te.contains("trailers"));
    let rows = export.rows.len();
    let gb18030 = export.gb18030;
    let name = file.replace(['"', '\\'], "");
    // The name leads back to the account, as the properties of other files do.
    let numbered = name.replacen('.', &format!("-{}-{id}.", export.edition.number()), 1);
    let runtime = tokio::runtime::Handle::current();
    let failing = send.clone();
    let started = background::alone(move || {
        let hash = wants_trailers.then(Sha256::new);
        let mut sink = Sink { buffer: Vec::with_capacity(CHUNK + 4096), hash, send: send.clone(), runtime, _place: place };
        let writing = AssertUnwindSafe(|| write(&export, format, &mut sink).and_then(|()| sink.flush_chunk()));
        let written = catch_unwind(writing).unwrap_or_else(|_| Err(std::io::Error::other("the writer panicked")));
        if let Err(error) = written {
            if error.kind() != std::io::ErrorKind::BrokenPipe {
                tracing::error!(%error, "an export broke off");
                if matches!(format, ExportFileFormat::Csv | ExportFileFormat::Ndjson) {
                    let last = "\n# TRUNCATED 导出中断，数据不完整 the export broke off and is incomplete\n";
                    let _ = send.blocking_send(Ok(Frame::data(Bytes::from_static(last.as_bytes()))));
                }
                let _ = send.blocking_send(Err(std::io::Error::other("truncated")));
            }
            return;
        }
        if let Some(hash) = sink.hash {
            let mut trailers = HeaderMap::new();
            let digest = HEXLOWER.encode(&hash.finalize());
            trailers.insert("x-huitu-rows", HeaderValue::from(rows));
            if let Ok(digest) = HeaderValue::from_str(&digest) {
                trailers.insert("x-huitu-sha256", digest);
            }
            let _ = send.blocking_send(Ok(Frame::trailers(trailers)));
        }
    });
    if let Err(error) = started {
        tracing::error!(%error, "no thread can be started for an export");
        let _ = failing.try_send(Err(error));
    }
    let frames =
        futures_util::stream::unfold(receive, |mut receive| async move { receive.recv().await.map(|frame| (frame, receive)) });
    // Whoever packs the answer asks once more behind its end.
    let mut response = Response::new(Body::new(StreamBody::new(frames.fuse())));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type(format, gb18030));
    headers.insert("x-huitu-rows", HeaderValue::from(rows));
    if wants_trailers {
        headers.insert(header::TRAILER, HeaderValue::from_static("x-huitu-rows, x-huitu-sha256"));
    }
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"huitu-{numbered}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert("x-request-id", id);
    }
    response
}
