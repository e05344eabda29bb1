//! One file at an http(s) address: fetched whole into a temporary file (validators first), then read like a local one.

use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::client::{Answer, Ask, RegistryClient};
use crate::connector::{Connector, Format, format_of};
use crate::pull::context::{Cursor, PullContext, Pulled, RowSink};
use crate::pull::error::PullError;
use crate::pull::file::{fingerprint, paths};

#[derive(Serialize, Deserialize)]
struct Fingerprint {
    connector: String,
    url: String,
    etag: Option<String>,
    modified: Option<String>,
    sha: String,
}

/// Downloads and reads the file; `unchanged` where the server's validators, or the bytes, are those of last time.
///
/// # Errors
/// Those of [`RegistryClient::send`]; `html`, where a web page came instead of data; what reading the file fails with.
pub async fn pull(
    connector: &Connector,
    place: &str,
    context: &PullContext,
    sink: &mut dyn RowSink,
) -> Result<Pulled, PullError> {
    let url = super::addresses::parse_url(connector, place)?;
    let known: Option<Fingerprint> = context.known.as_deref().and_then(|k| serde_json::from_str(k).ok());
    let known = known.filter(|k| k.connector == digest(connector) && k.url == connector.source.shown());
    let client = RegistryClient::new(connector, context, &url).await?;
    let mut tries = 0;
    loop {
        let mut ask = Ask::get(url.clone());
        if let Some(known) = &known {
            (ask.etag, ask.modified) = (known.etag.clone(), known.modified.clone());
        }
        let answer = client.send(&ask).await?;
        if answer.not_modified {
            return Ok(same_as_before(connector, context));
        }
        let suffix = suffix(connector, &url, &answer);
        let (etag, modified, sized) = (answer.etag.clone(), answer.modified.clone(), answer.sized);
        let mut spool = tempfile::Builder::new()
            .prefix("huitu-download-")
            .suffix(&suffix)
            .tempfile_in(&context.temp)
            .map_err(|e| PullError::sink(connector, &e))?;
        let saved = client.save(answer, spool.as_file_mut()).await;
        match saved {
            Ok(_) => {}
            Err(error) if error.retryable && tries < connector.manners.retries && !context.cancel.is_cancelled() => {
                tries += 1;
                continue;
            }
            Err(error) => return Err(error),
        }
        let path = spool.path().to_path_buf();
        // A table of a web page is a workbook; any other page is a login or an error. What the body is decides, not its media type.
        let workbook = format_of(&suffix).is_some_and(Format::is_workbook);
        if !workbook && begins_as_web_page(&path).map_err(|e| PullError::sink(connector, &e))? {
            return Err(PullError::new(
                connector,
                "html",
                "应答是网页而不是数据（登录页或出错页？），该批次已暂停",
                "answers with a web page, no data (a login or an error page?); the batch is held",
            )
            .held());
        }
        let sha = fingerprint::file_hash(&path).map_err(|e| PullError::sink(connector, &e))?;
        if known.as_ref().is_some_and(|k| k.sha == sha) {
            return Ok(same_as_before(connector, context));
        }
        let inner = PullContext { known: None, ..context.clone() };
        let mut pulled = paths::pull_paths(connector, &inner, sink, vec![path]).await?;
        // A text without a length may have been cut off behind any of its lines; all else shows its end.
        let open_ended = matches!(format_of(&suffix), Some(Format::Csv | Format::Tsv | Format::Ndjson))
            && !suffix.ends_with(".gz")
            && !suffix.ends_with(".zip");
        if !sized && open_ended {
            pulled.complete = false;
            sink.note(super::proof::not_proven_whole()).map_err(|e| PullError::sink(connector, &e))?;
        }
        pulled.bytes = client.bytes();
        let print = Fingerprint { connector: digest(connector), url: connector.source.shown(), etag, modified, sha };
        pulled.fingerprint = serde_json::to_string(&print).expect("plain data");
        return Ok(pulled);
    }
}

fn begins_as_web_page(path: &std::path::Path) -> std::io::Result<bool> {
    use std::io::Read;
    let mut head = Vec::new();
    std::fs::File::open(path)?.take(4_096).read_to_end(&mut head)?;
    Ok(super::page::is_web_page(&String::from_utf8_lossy(&head)))
}

fn digest(connector: &Connector) -> String {
    format!("{:016x}", connector.digest)
}

fn same_as_before(connector: &Connector, context: &PullContext) -> Pulled {
    Pulled {
        complete: connector.complete,
        next_cursor: Cursor::default(),
        rows: 0,
        faults: 0,
        bytes: 0,
        fingerprint: context.known.clone().unwrap_or_default(),
        unchanged: true,
    }
}

/// The extension by which the file is read: the address's, else the connector's format, else the media type's.
fn suffix(connector: &Connector, url: &Url, answer: &Answer) -> String {
    let path = url.path().to_ascii_lowercase();
    let format =
        format_of(&path).or(connector.source.format).or(match answer.media_type.split(';').next().unwrap_or_default().trim() {
            "application/json" => Some(Format::Json),
            "application/x-ndjson" => Some(Format::Ndjson),
            "application/xml" | "text/xml" => Some(Format::Xml),
            "text/tab-separated-values" => Some(Format::Tsv),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => Some(Format::Xlsx),
            "application/vnd.ms-excel" => Some(Format::Xls),
            "application/vnd.oasis.opendocument.spreadsheet" => Some(Format::Ods),
            "application/dbf" | "application/x-dbf" | "application/dbase" => Some(Format::Dbf),
            _ => None,
        });
    let format = format.unwrap_or(Format::Csv);
    let packed = [".gz", ".zip"].into_iter().find(|e| path.ends_with(e));
    let packed = packed.unwrap_or(if answer.coding.as_deref() == Some("gzip") { ".gz" } else { "" });
    format!(".{format}{packed}")
}
