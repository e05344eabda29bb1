//! `GET /return/{registry}`, with `.csv`, `.xlsx` or `.ndjson` behind it: the return flow (回流) for the department itself. Lines of JSON
//! where nothing is said, the whole of it as a stream, or a page at a time by `first` and `after`. It rests on one edition, which the
//! answer names; `edition=` asks for the same again.
//!
//! Whoever fetches it, it says what the department may see: see [`crate::hub::return_flow`].

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt;

use super::answers::usage::bits_of;
use super::export::{content_type_of, is_plain};
use super::http::headers::names_tag;
use super::http::parameters::RouteParameters;
use super::http::rest::{RestRequest, not_found};
use super::problem::Problem;
use super::state::ServerState;
use crate::access::AccessScope;
use crate::hub::HubError;
use crate::hub::return_flow::{RETURN_PAGE, ReturnFlow, ReturnPlace, ReturnedRow};
use crate::model::message::Lang;
use crate::pages::return_flow::{ReturnError, TRUNCATED, csv, csv_header, ndjson, workbook};

/// Rows of one page.
const MAX_PAGE: usize = 10_000;
/// Pieces that may be ahead of the reader.
const AHEAD: usize = 4;
/// A reader that takes nothing for so long has gone.
const STALLED: std::time::Duration = std::time::Duration::from_secs(60);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReturnFormat {
    Csv,
    Xlsx,
    Ndjson,
}

impl ReturnFormat {
    fn extension(self) -> &'static str {
        match self {
            ReturnFormat::Csv => "csv",
            ReturnFormat::Xlsx => "xlsx",
            ReturnFormat::Ndjson => "ndjson",
        }
    }
    fn rows(self, flow: &ReturnFlow, rows: &[ReturnedRow], (lang, for_spreadsheets): (Lang, bool)) -> Vec<u8> {
        match self {
            ReturnFormat::Csv => csv(rows, lang, for_spreadsheets),
            ReturnFormat::Ndjson | ReturnFormat::Xlsx => ndjson(&flow.columns, rows, lang),
        }
    }
    fn head(self, flow: &ReturnFlow) -> Vec<u8> {
        if self == ReturnFormat::Csv { csv_header(&flow.columns) } else { Vec::new() }
    }
}

/// `GET /return/{registry}`
pub async fn return_flow(State(state): State<ServerState>, Path(file): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let plain = match RestRequest::new(&state, &uri, &headers, RouteParameters::plain(&["first", "after", "codes"])).await {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    match answer(&state, &plain, &file, &uri, &headers).await {
        Ok(response) => response,
        Err(problem) => plain.refuse(&problem),
    }
}

fn failed(error: HubError) -> Problem {
    match error {
        HubError::Told(p) => not_found(&p.zh, &p.en),
        HubError::Store(e) => Problem::from(e),
        other => {
            tracing::error!(error = %other, "a return flow could not be read");
            Problem::internal()
        }
    }
}

async fn answer(
    state: &ServerState,
    plain: &RestRequest,
    file: &str,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let (registry, format) = match file.rsplit_once('.') {
        None => (file, ReturnFormat::Ndjson),
        Some((registry, "csv")) => (registry, ReturnFormat::Csv),
        Some((registry, "xlsx")) => (registry, ReturnFormat::Xlsx),
        Some((registry, "ndjson")) => (registry, ReturnFormat::Ndjson),
        Some(_) => return Err(not_found("可用格式：csv、xlsx、ndjson", "formats are csv, xlsx and ndjson")),
    };
    let caller = &plain.ask.caller;
    if !caller.owns(registry) {
        // A department's rows as it delivered them, all of them: whoever runs the whole city's hub, and nobody of one district.
        [AccessScope::Operate, AccessScope::Records, AccessScope::Finance]
            .into_iter()
            .try_for_each(|scope| caller.require(scope))?;
    }
    let codes = plain.parameter("codes");
    if format != ReturnFormat::Csv && codes.is_some() {
        return Err(Problem::bad_input("codes 只用于 csv", "codes is for csv only"));
    }
    // A department's own keys come back as it wrote them, unless they are asked for a spreadsheet.
    let shape = (plain.lang, is_plain(codes)? == Some(false));
    let hub = state.hub();
    let flow = Arc::new(hub.return_flow(registry, &plain.edition).await.map_err(failed)?);
    let wrong = || Problem::bad_input("after 应为上一页的 x-huitu-next", "after is the x-huitu-next of the page before");
    let after = plain.parameter("after").map(|text| ReturnPlace::read(text).ok_or_else(wrong)).transpose()?;
    let first = match plain.parameter("first") {
        None => None,
        Some(text) => Some(text.parse::<usize>().ok().filter(|n| (1..=MAX_PAGE).contains(n)).ok_or_else(|| {
            Problem::bad_input(format!("first 应在 1 到 {MAX_PAGE} 之间"), format!("first is a number from 1 to {MAX_PAGE}"))
        })?),
    };
    if format == ReturnFormat::Xlsx && (first.is_some() || after.is_some()) {
        return Err(Problem::bad_input("first、after 不用于 xlsx", "first and after are not for xlsx"));
    }
    let asked = hub.store.last_correction_event().await?;
    let put_aside = hub.store.quarantine_mark(registry).await?;
    let parts = format!("{uri} {} {} {asked} {put_aside} {}", plain.edition.number(), caller.visibility(), plain.lang.code());
    let etag = format!("\"{:032x}\"", xxhash_rust::xxh3::xxh3_128(parts.as_bytes()));
    let place = plain.export_place()?;
    let mut shown = plain.ask.take_shown();
    if let Some(rows) = plain.edition.facet("registry", registry) {
        let bits = ["name", "creditCode", "conflicts"].iter().fold(0, |bits, name| bits | bits_of(name));
        shown.add_all(&plain.edition, &rows, bits);
    }
    let asked_for = format!("return {uri}");
    // That it is still the same says as much as all of it.
    plain.account_for_export(&asked_for, &shown, Some(plain.edition.number())).await?;
    if names_tag(headers, header::IF_NONE_MATCH, &etag) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(marked(response, plain, &etag, format, registry));
    }
    let lang = plain.lang;
    let (body, next) =
        match (format, first) {
            (ReturnFormat::Xlsx, _) => {
                let book = workbook(&flow, lang).await.map_err(|error| match error {
                    ReturnError::Hub(error) => failed(error),
                    ReturnError::TooLong => {
                        Problem::bad_input("行数超过 Excel 的上限：请改用 csv", "more rows than a sheet holds: take csv")
                    }
                    ReturnError::Sheet(error) => {
                        tracing::error!(%error, "a workbook could not be written");
                        Problem::internal()
                    }
                })?;
                (Body::from(book), None)
            }
            (_, Some(first)) => {
                let (rows, next) = flow.page(after.unwrap_or(ReturnPlace::START), first).await.map_err(failed)?;
                let mut bytes = if after.is_none() { format.head(&flow) } else { Vec::new() };
                bytes.extend(format.rows(&flow, &rows, shape));
                (Body::from(bytes), next)
            }
            (_, None) => {
                let (send, receive) = tokio::sync::mpsc::channel::<Result<Bytes, std::io::Error>>(AHEAD);
                let start = after.unwrap_or(ReturnPlace::START);
                tokio::spawn(async move {
                    let _place = place;
                    let send = |bytes: Result<Bytes, std::io::Error>| {
                        let send = send.clone();
                        async move { matches!(tokio::time::timeout(STALLED, send.send(bytes)).await, Ok(Ok(()))) }
                    };
                    let head = if start == ReturnPlace::START { format.head(&flow) } else { Vec::new() };
                    let (mut at, mut is_there) = (Some(start), head.is_empty() || send(Ok(head.into())).await);
                    while let (Some(after), true) = (at, is_there) {
                        match flow.page(after, RETURN_PAGE).await {
                            Ok((rows, next)) => {
                                is_there = rows.is_empty() || send(Ok(format.rows(&flow, &rows, shape).into())).await;
                                at = next;
                            }
                            Err(error) => {
                                tracing::error!(%error, "a return flow broke off");
                                let _ = send(Ok(Bytes::from_static(TRUNCATED.as_bytes()))).await;
                                let _ = send(Err(std::io::Error::other("truncated"))).await;
                                return;
                            }
                        }
                    }
                });
                let pieces = futures_util::stream::unfold(receive, |mut receive| async move {
                    receive.recv().await.map(|piece| (piece, receive))
                });
                // Whoever packs the answer asks once more behind its end.
                (Body::from_stream(pieces.fuse()), None)
            }
        };
    let mut response = marked(Response::new(body), plain, &etag, format, registry);
    if let Some(next) = next
        && let Ok(next) = HeaderValue::from_str(&next.text())
    {
        response.headers_mut().insert("x-huitu-next", next);
    }
    Ok(response)
}

/// The answer with what it is of: edition, tag, name of the file.
fn marked(mut response: Response, plain: &RestRequest, etag: &str, format: ReturnFormat, registry: &str) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type_of(format.extension()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Language, Authorization, Cookie"));
    headers.insert("x-huitu-edition", HeaderValue::from(plain.edition.number()));
    let name = format!("attachment; filename=\"huitu-return-{registry}-{}.{}\"", plain.edition.number(), format.extension());
    for (header, text) in [(header::ETAG, etag), (header::CONTENT_DISPOSITION, name.as_str())] {
        if let Ok(text) = HeaderValue::from_str(text) {
            headers.insert(header, text);
        }
    }
    if let Ok(id) = HeaderValue::from_str(&plain.id) {
        headers.insert("x-request-id", id);
    }
    response
}
