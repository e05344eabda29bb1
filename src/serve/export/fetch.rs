//! `GET /export/jobs/{id}`: the file of a finished job, whole or in pieces. A broken download goes on where it stopped:
//! the ETag is the file's SHA-256, and `Range: bytes=N-` with `If-Range` asks for the rest.

use std::io::SeekFrom;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use super::format::ExportFileFormat;
use super::format::content_type;
use super::jobs::Request;
use crate::access::AccessScope;
use crate::serve::answers::usage::{self, FieldUse};
use crate::serve::http::headers::{header_text, lang_of, names_tag, request_id};
use crate::serve::http::parameters;
use crate::serve::http::rest::{not_found, refuse};
use crate::serve::problem::{Code, Problem};
use crate::serve::state::{Reading, ServerState};

/// Bytes read at a time.
const CHUNK: usize = 64 << 10;

pub async fn fetch(
    State(state): State<ServerState>,
    Path(id): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let (lang, request) = (lang_of(&headers), request_id(&headers));
    let lang = match parameters::none(&uri, lang) {
        Ok(lang) => lang,
        Err(problem) => return refuse(&problem, lang, &request),
    };
    let mut response = match answer(&state, &id, &method, &headers).await {
        Ok(response) => response,
        Err(problem) => return refuse(&problem, lang, &request),
    };
    if let Ok(request) = HeaderValue::from_str(&request) {
        response.headers_mut().insert("x-request-id", request);
    }
    response
}

async fn answer(state: &ServerState, id: &str, method: &Method, headers: &HeaderMap) -> Result<Response, Problem> {
    let caller = state.caller(header_text(headers, header::AUTHORIZATION)).await?.stating(&usage::purpose(headers));
    caller.require(AccessScope::Export)?;
    let unknown = || not_found("没有这个导出任务，或已过期", "there is no such export, or it has expired");
    let row = state.hub().store.export(id).await?.ok_or_else(unknown)?;
    // An operator fetches another's where they see all that its maker could see: what runs the hub shows no data.
    let is_operators = || {
        let made: Option<Request> = serde_json::from_str(&row.request).ok();
        caller.may(AccessScope::Operate) && made.is_some_and(|made| made.is_within(&caller))
    };
    if row.owner != caller.id && !is_operators() {
        return Err(unknown());
    }
    match row.state.as_str() {
        "DONE" => {}
        "FAILED" => return Err(not_found("该导出失败：请重新创建", "this export failed: create it again")),
        state => {
            return Err(
                not_found("导出尚未完成：请稍后再取", "this export is not finished: fetch it a little later").remedy(state)
            );
        }
    }
    let path =
        row.path.as_ref().filter(|_| row.expires_at.is_none_or(|at| at > state.hub().clock.millis())).ok_or_else(unknown)?;
    let mut file = tokio::fs::File::open(super::jobs::folder(state).join(path)).await.map_err(|_| unknown())?;
    let size = file.metadata().await.map_err(|_| Problem::internal())?.len();
    let etag = format!("\"{}\"", row.sha256.as_deref().unwrap_or(""));
    let is_known = names_tag(headers, header::IF_NONE_MATCH, &etag);
    // RFC 9110, 13.1.5: a range goes on only where the strong tag is this one.
    let goes_on = header_text(headers, header::IF_RANGE).is_none_or(|tag| tag == etag);

    let mut response = Response::new(Body::empty());
    let is_gb18030 = row.request.contains("\"gb18030\":true");
    let out = response.headers_mut();
    out.insert(
        header::CONTENT_TYPE,
        content_type(ExportFileFormat::from_extension(&row.format).unwrap_or(ExportFileFormat::Csv), is_gb18030),
    );
    out.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    for (name, text) in [
        ("etag", etag.clone()),
        ("x-huitu-rows", row.total_rows.unwrap_or(0).to_string()),
        ("x-huitu-sha256", row.sha256.clone().unwrap_or_default()),
        ("content-disposition", format!("attachment; filename=\"huitu-{path}\"")),
    ] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            out.insert(header::HeaderName::from_static(name), value);
        }
    }
    let shown = FieldUse { count: row.total_rows.unwrap_or(0) as u64, ..FieldUse::default() };
    let (purpose, request) = (usage::purpose(headers), request_id(headers));
    let reading = Reading {
        caller: &caller,
        purpose: &purpose,
        way: "file",
        asked: row.request.as_bytes(),
        given: "",
        shown: &shown,
        beyond_editions: true,
        edition: None,
        request: &request,
    };
    // That it is still the same, how long it is and its digest say something of it too.
    state.account(reading).await?;
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(response);
    }
    // A range of another file is answered whole.
    let asked = header_text(headers, header::RANGE).filter(|_| goes_on);
    let (start, end) = match asked.map(|text| range(text, size)) {
        None | Some(Asked::Whole) => (0, size),
        Some(Asked::Part(start, end)) => {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let shown = format!("bytes {start}-{}/{size}", end - 1);
            response.headers_mut().insert(header::CONTENT_RANGE, HeaderValue::from_str(&shown).map_err(|_| Problem::internal())?);
            (start, end)
        }
        Some(Asked::Beyond) => {
            *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
            let shown = format!("bytes */{size}");
            response.headers_mut().insert(header::CONTENT_RANGE, HeaderValue::from_str(&shown).map_err(|_| Problem::internal())?);
            return Ok(response);
        }
    };
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(end - start));
    if *method == Method::HEAD {
        return Ok(response);
    }
    file.seek(SeekFrom::Start(start)).await.map_err(|_| Problem::new(Code::Internal, "读取失败", "the file cannot be read"))?;
    let left = end - start;
    let chunks = futures_util::stream::try_unfold((file, left), |(mut file, left)| async move {
        if left == 0 {
            return Ok::<_, std::io::Error>(None);
        }
        let mut chunk = vec![0; CHUNK.min(usize::try_from(left).unwrap_or(CHUNK))];
        let count = file.read(&mut chunk).await?;
        if count == 0 {
            return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the export's file was cut off"));
        }
        chunk.truncate(count);
        Ok(Some((Bytes::from(chunk), (file, left - count as u64))))
    });
    *response.body_mut() = Body::from_stream(chunks);
    Ok(response)
}

enum Asked {
    /// Several ranges, or none that we understand: the whole file is a right answer to both (RFC 9110, 14.2).
    Whole,
    Part(u64, u64),
    Beyond,
}

fn range(text: &str, size: u64) -> Asked {
    let Some(spec) = text.strip_prefix("bytes=").filter(|s| !s.contains(',')) else { return Asked::Whole };
    let Some((first, last)) = spec.trim().split_once('-') else { return Asked::Whole };
    let (start, end) = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(start), Ok(last)) if last >= start => (start, last.saturating_add(1).min(size)),
        (Ok(start), Err(_)) if last.is_empty() => (start, size),
        (Err(_), Ok(suffix)) if first.is_empty() => (size.saturating_sub(suffix), size),
        _ => return Asked::Whole,
    };
    if start >= end { Asked::Beyond } else { Asked::Part(start, end) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        let read = |text| match range(text, 100) {
            Asked::Whole => None,
            Asked::Part(start, end) => Some((start, end)),
            Asked::Beyond => Some((100, 100)),
        };
        for (text, expected) in [
            ("bytes=0-9", Some((0, 10))),
            ("bytes=90-", Some((90, 100))),
            ("bytes=-5", Some((95, 100))),
            ("bytes=50-500", Some((50, 100))),
            ("bytes=100-", Some((100, 100))),
            ("bytes=9-0", None),
            ("bytes=0-1,5-6", None),
            ("rows=0-1", None),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
