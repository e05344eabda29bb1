//! Exports: every row of a filter, streamed straight from the edition and the store with flat memory.
//!
//! `/export/{gap|enterprises}.{csv|ndjson|arrow|xlsx}` with the same filter as the lists, `columns=` to choose (names, paths of the
//! graph, or a selection `{ name records { nodes { key } } }`), `asOf=` or `edition=`, `encoding=gb18030` for CSV. Where a column is
//! in a list, a table holds its values one after the other, NDJSON the lists themselves. The number of rows is in `x-huitu-rows` before the first byte; where the client
//! accepts trailers (`TE: trailers`), rows and SHA-256 follow the last one. A stream that breaks says so in its last line.

mod choice;
mod columns;
pub mod fetch;
pub mod graph;
pub(in crate::serve) mod jobs;
mod request;
mod sheet;

use std::sync::atomic::Ordering;

use async_graphql::Value;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::Response;
use bytes::Bytes;
use http_body_util::StreamBody;
use hyper::body::Frame;
use sha2::{Digest, Sha256};

use super::access::AccessScope;
use super::answers::usage;
use super::http::rest::{RestRequest, not_found};
use super::problem::Problem;
use super::state::ServerState;
use crate::edition::{Filter, Row};
use jobs::ExportProgress;

pub use choice::{Chosen, choose};
pub use columns::ExportColumn;
pub use request::{ExportFileFormat, ExportRequest, ExportRows};

/// Bytes handed over at a time.
const CHUNK: usize = 64 << 10;
/// Chunks made ahead of the client: a slow client holds this much memory and no more.
const AHEAD: usize = 4;

/// `GET /export/{list}.{format}`
pub async fn export(State(state): State<ServerState>, Path(file): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let plain = match RestRequest::new(&state, &uri, &headers).await {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    match plan(&plain, &file).await {
        Ok((export, format, fields)) => {
            tracing::info!(request_id = %plain.id, who = %plain.ask.caller.name, rows = export.rows.len(), file, "export");
            let mut shown = usage::FieldUse::default();
            shown.add_all(&export.edition, &export.rows.bitmap(), fields);
            state.tally().add(&plain.ask.caller, &usage::purpose(&headers), &shown);
            stream(export, format, &file, &headers, &plain.id)
        }
        Err(problem) => plain.refuse(&problem),
    }
}

/// What is asked, and the bits of the fields it shows.
async fn plan(plain: &RestRequest, file: &str) -> Result<(ExportRequest, ExportFileFormat, u32), Problem> {
    plain.ask.caller.require(AccessScope::Export)?;
    let (list, extension) = file.split_once('.').unwrap_or((file, ""));
    let format = ExportFileFormat::from_extension(extension)
        .ok_or_else(|| not_found("可用格式：csv、ndjson、arrow、xlsx", "formats are csv, ndjson, arrow and xlsx"))?;
    let base = match list {
        "gap" => Filter::InGap,
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
    let choice = choose(plain.parameter("columns"), format, &plain.ask.caller)?;
    let fields = choice.fields();
    let rows = plain.edition.filter(&base.and(plain.filter()?))?;
    let export = ExportRequest {
        edition: plain.edition.clone(),
        rows: ExportRows::Priority(rows),
        graph: choice.selection.map(|selection| graph::GraphSource {
            state: plain.state.clone(),
            caller: plain.ask.caller.clone(),
            lang: plain.lang,
            selection,
            runtime: tokio::runtime::Handle::current(),
        }),
        columns: choice.columns,
        lang: plain.lang,
        gb18030,
        progress: ExportProgress::default(),
    };
    check_size(&export, format)?;
    export.probe().await?;
    Ok((export, format, fields))
}

/// A sheet holds a million rows and no more.
pub fn check_size(export: &ExportRequest, format: ExportFileFormat) -> Result<(), Problem> {
    let rows = export.rows.len();
    if format == ExportFileFormat::Xlsx && rows > sheet::MAX_ROWS {
        return Err(Problem::bad_input(
            format!("{rows} 行超过 Excel 的上限；请改用 csv 或缩小范围"),
            format!("{rows} rows are more than a sheet holds: use csv, or filter"),
        ));
    }
    Ok(())
}

/// The media type of a file.
pub fn content_type(format: ExportFileFormat, gb18030: bool) -> HeaderValue {
    HeaderValue::from_static(match format {
        ExportFileFormat::Csv if gb18030 => "text/csv; charset=gb18030",
        ExportFileFormat::Csv => "text/csv; charset=utf-8",
        ExportFileFormat::Ndjson => "application/x-ndjson; charset=utf-8",
        ExportFileFormat::Arrow => "application/vnd.apache.arrow.stream",
        ExportFileFormat::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    })
}

/// Where the writers put their bytes: chunks to the client, counted and hashed. Fails where the client has gone.
pub struct Sink {
    buffer: Vec<u8>,
    hash: Sha256,
    send: tokio::sync::mpsc::Sender<Result<Frame<Bytes>, std::io::Error>>,
}

impl Sink {
    fn flush_chunk(&mut self) -> std::io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK + 4096));
        self.hash.update(&chunk);
        self.send
            .blocking_send(Ok(Frame::data(chunk.into())))
            .map_err(|_| std::io::Error::new(std::io::ErrorKind::BrokenPipe, "the client went away"))
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

fn stream(export: ExportRequest, format: ExportFileFormat, file: &str, headers: &HeaderMap, id: &str) -> Response {
    let (send, receive) = tokio::sync::mpsc::channel(AHEAD);
    let wants_trailers = headers.get(header::TE).and_then(|v| v.to_str().ok()).is_some_and(|te| te.contains("trailers"));
    let rows = export.rows.len();
    let gb18030 = export.gb18030;
    let name = file.replace(['"', '\\'], "");
    let numbered = name.replacen('.', &format!("-{}.", export.edition.number()), 1);
    tokio::task::spawn_blocking(move || {
        let mut sink = Sink { buffer: Vec::with_capacity(CHUNK + 4096), hash: Sha256::new(), send: send.clone() };
        let written = write(&export, format, &mut sink).and_then(|()| sink.flush_chunk());
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
        if wants_trailers {
            let mut trailers = HeaderMap::new();
            let digest = crate::edition::format::manifest::hex(&sink.hash.finalize());
            trailers.insert("x-huitu-rows", HeaderValue::from(rows));
            if let Ok(digest) = HeaderValue::from_str(&digest) {
                trailers.insert("x-huitu-sha256", digest);
            }
            let _ = send.blocking_send(Ok(Frame::trailers(trailers)));
        }
    });
    let frames =
        futures_util::stream::unfold(receive, |mut receive| async move { receive.recv().await.map(|frame| (frame, receive)) });
    let mut response = Response::new(Body::new(StreamBody::new(frames)));
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

/// Writes the whole export.
pub fn write(export: &ExportRequest, format: ExportFileFormat, out: &mut impl std::io::Write) -> std::io::Result<()> {
    match format {
        ExportFileFormat::Csv => csv(export, out),
        ExportFileFormat::Ndjson => ndjson(export, out),
        ExportFileFormat::Arrow => sheet::arrow(export, out),
        ExportFileFormat::Xlsx => sheet::xlsx(export, out),
    }
}

/// Rows that one thread writes at a time, and those of the first round, which the client waits for.
const PIECE: usize = 2_048;
const FIRST_PIECE: usize = 128;
/// Threads that write one export.
const WRITERS: usize = 4;

/// Writes all rows in their order, several pieces at a time: what is ahead of the client stays small.
fn in_pieces(
    export: &ExportRequest,
    out: &mut impl std::io::Write,
    lines: impl Fn(&[Row], Option<&[Value]>, &mut Vec<u8>) -> std::io::Result<()> + Sync,
) -> std::io::Result<()> {
    use rayon::prelude::*;
    let mut rows = export.rows.iter();
    let mut piece = FIRST_PIECE;
    let writers = rayon::current_num_threads().clamp(1, WRITERS);
    loop {
        let pieces: Vec<Vec<Row>> = (0..writers).map(|_| rows.by_ref().take(piece).collect()).collect();
        if pieces[0].is_empty() {
            return Ok(());
        }
        let written: Vec<std::io::Result<Vec<u8>>> = pieces
            .par_iter()
            .map(|rows| {
                let mut bytes = Vec::with_capacity(rows.len() * 400);
                let answers = export.answers(rows)?;
                lines(rows, answers.as_deref(), &mut bytes).map(|()| bytes)
            })
            .collect();
        for (rows, bytes) in pieces.iter().zip(written) {
            out.write_all(&bytes?)?;
            export.progress.fetch_add(rows.len() as u64, Ordering::Relaxed);
        }
        piece = export.at_a_time(PIECE);
    }
}

fn csv(export: &ExportRequest, out: &mut impl std::io::Write) -> std::io::Result<()> {
    // Excel takes UTF-8 for UTF-8 only behind a byte order mark.
    if !export.gb18030 {
        out.write_all("\u{feff}".as_bytes())?;
    }
    let coded = |line: Vec<u8>| match export.gb18030 {
        true => encoding_rs::GB18030.encode(std::str::from_utf8(&line).expect("cells are UTF-8")).0.into_owned(),
        false => line,
    };
    let mut header = Vec::new();
    for (i, column) in export.columns.iter().enumerate() {
        if i > 0 {
            header.push(b',');
        }
        csv_cell(&column.title(export.lang), false, &mut header);
    }
    header.extend_from_slice(b"\r\n");
    out.write_all(&coded(header))?;
    in_pieces(export, out, |rows, answers, bytes| {
        let mut cell = String::new();
        for (at, row) in rows.iter().enumerate() {
            let enterprise = export.edition.enterprise(*row);
            for (i, column) in export.columns.iter().enumerate() {
                if i > 0 {
                    bytes.push(b',');
                }
                export.cell(column, &enterprise, answers.map(|a| &a[at]), &mut cell);
                csv_cell(&cell, column.is_number(), bytes);
            }
            bytes.extend_from_slice(b"\r\n");
        }
        *bytes = coded(std::mem::take(bytes));
        Ok(())
    })
}

/// One cell: quoted where needed, and never taken for a formula by a spreadsheet.
fn csv_cell(text: &str, is_number: bool, line: &mut Vec<u8>) {
    let starts_formula = || text.starts_with(['=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    let guard = !is_number && starts_formula() && text.parse::<f64>().is_err();
    let quote = text.bytes().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r'));
    if quote {
        line.push(b'"');
    }
    if guard {
        line.push(b'\'');
    }
    if quote {
        for byte in text.bytes() {
            if byte == b'"' {
                line.push(b'"');
            }
            line.push(byte);
        }
        line.push(b'"');
    } else {
        line.extend_from_slice(text.as_bytes());
    }
}

/// What the edition holds by the names of its columns, then what the graph answered, as it answered.
fn ndjson(export: &ExportRequest, out: &mut impl std::io::Write) -> std::io::Result<()> {
    in_pieces(export, out, |rows, answers, bytes| {
        let mut cell = String::new();
        for (at, row) in rows.iter().enumerate() {
            let enterprise = export.edition.enterprise(*row);
            bytes.push(b'{');
            let mut first = true;
            let mut name = |name: &str, bytes: &mut Vec<u8>| -> std::io::Result<()> {
                if !std::mem::take(&mut first) {
                    bytes.push(b',');
                }
                serde_json::to_writer(&mut *bytes, name)?;
                bytes.push(b':');
                Ok(())
            };
            for column in export.columns.iter().filter(|c| matches!(c, Chosen::Edition(_))) {
                name(&column.name(), bytes)?;
                export.cell(column, &enterprise, None, &mut cell);
                match (cell.is_empty(), column.is_number()) {
                    (true, _) => bytes.extend_from_slice(b"null"),
                    (false, true) => bytes.extend_from_slice(cell.as_bytes()),
                    (false, false) => serde_json::to_writer(&mut *bytes, &cell)?,
                }
            }
            if let Some(Value::Object(fields)) = answers.map(|a| &a[at]) {
                for (of, value) in fields {
                    name(of, bytes)?;
                    serde_json::to_writer(&mut *bytes, value)?;
                }
            }
            bytes.extend_from_slice(b"}\n");
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        let cell = |text: &str, is_number| {
            let mut line = Vec::new();
            csv_cell(text, is_number, &mut line);
            String::from_utf8(line).unwrap()
        };
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("+86", "+86"),
            ("-3.5", "-3.5"),
            ("-3.5x", "'-3.5x"),
            ("@cmd", "'@cmd"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("\u{ff20}x", "'\u{ff20}x"),
            ("\tx", "'\tx"),
            ("=\"a\",b", "\"'=\"\"a\"\",b\""),
            ("北京,示例", "\"北京,示例\""),
        ] {
            assert_eq!(cell(text, false), expected);
        }
        assert_eq!(cell("-12", true), "-12");
    }
}
