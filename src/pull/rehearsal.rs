//! A registry for an hour: a connector's own sample served on 127.0.0.1 in the shape its manifest describes, one record a
//! page, with the faults of the world on request.

use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use super::sample::Sample;
use crate::connector::{AuthKind, Connector, Format, PagingKind, Secret, Take, Transport};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    /// A login page with status 200.
    Html,
    /// `{"code":500}` with status 200.
    ErrorBody,
    /// Half an answer.
    Truncated,
    Refused,
    /// To another host.
    Redirect,
    /// The records, said to be a web page.
    Typed,
    /// The records, packed without saying so.
    Packed,
    /// `null` where the list behind the last page should be.
    Null,
    /// The number of records changes behind the first page.
    Moves,
    /// A fault of SOAP with status 200.
    Soap,
}

/// The running stand-in. Ends when dropped.
pub struct Rehearsal {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: tokio::task::JoinHandle<()>,
    secret: tempfile::NamedTempFile,
}

struct Shared {
    items: Vec<Value>,
    connector: Connector,
    fault: Mutex<Fault>,
}

impl Drop for Rehearsal {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Rehearsal {
    /// Serves the records of the sample answers. None where they have not the shape that the manifest describes.
    pub async fn start(connector: &Connector, samples: &[PathBuf]) -> Option<Rehearsal> {
        let mut items = Vec::new();
        for path in samples {
            let text = std::fs::read_to_string(path).ok()?;
            if connector.source.format == Some(Format::Xml) {
                let mut keep = |record: &str| {
                    items.extend(serde_json::from_str::<Value>(record));
                    Ok(())
                };
                super::xml::stream_records(text.as_bytes(), connector.source.http.items.as_deref(), 128, 1 << 20, &mut keep)
                    .ok()?;
                continue;
            }
            if connector.source.format == Some(Format::Ndjson) {
                let lines = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
                items.extend(lines.collect::<Result<Vec<Value>, _>>().ok()?);
                continue;
            }
            let list = super::answer::items(&text, connector.source.http.items.as_deref()).ok()??;
            items.extend(list.iter().filter_map(|i| serde_json::from_str::<Value>(i).ok()));
        }
        if items.is_empty() {
            return None;
        }
        let shared = Arc::new(Shared { items, connector: connector.clone(), fault: Mutex::new(Fault::None) });
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.ok()?;
        let address = listener.local_addr().ok()?;
        let app = axum::Router::new().fallback(answer).with_state(shared.clone());
        let serving = tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        let secret = tempfile::NamedTempFile::new().ok()?;
        std::fs::write(secret.path(), "rehearsal").ok()?;
        Some(Rehearsal { address, shared, serving, secret })
    }

    /// The connector with the stand-in for its registry.
    pub fn connector(&self, connector: &Connector) -> Connector {
        let mut rehearsed = connector.clone();
        rehearsed.source.place = format!("http://{}/records", self.address);
        rehearsed.source.http.paging.size = 1;
        rehearsed.manners.rate_per_sec = None;
        rehearsed.manners.retries = 0;
        rehearsed.manners.quiet.clear();
        if rehearsed.source.http.auth.kind != AuthKind::None {
            rehearsed.source.http.auth.secret = Secret { env: None, file: Some(self.secret.path().display().to_string()) };
        }
        rehearsed
    }

    pub fn records(&self) -> usize {
        self.shared.items.len()
    }

    pub fn set(&self, fault: Fault) {
        *self.shared.fault.lock().expect("no panic while holding it") = fault;
    }
}

async fn answer(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: String) -> Response {
    let http = &shared.connector.source.http;
    let fault = *shared.fault.lock().expect("no panic while holding it");
    let secret_sent = match http.auth.kind {
        AuthKind::None => true,
        AuthKind::Bearer => headers.get(header::AUTHORIZATION).is_some_and(|h| h == "Bearer rehearsal"),
        AuthKind::Basic => headers.contains_key(header::AUTHORIZATION),
        AuthKind::Header => headers.get(&http.auth.header).is_some_and(|h| h == "rehearsal"),
        AuthKind::Signed => headers.contains_key(&http.auth.header) && headers.contains_key("X-Timestamp"),
    };
    if fault == Fault::Refused || !secret_sent {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    match fault {
        Fault::Html => return ([(header::CONTENT_TYPE, "text/html")], "<html>login</html>").into_response(),
        Fault::ErrorBody => return ([(header::CONTENT_TYPE, "application/json")], r#"{"code":500}"#).into_response(),
        Fault::Redirect => return (StatusCode::FOUND, [(header::LOCATION, "http://elsewhere.invalid/")]).into_response(),
        Fault::Soap => {
            let body = "<Envelope><Body><Fault><faultcode>Server</faultcode><faultstring>no database</faultstring></Fault></Body></Envelope>";
            return ([(header::CONTENT_TYPE, "text/xml")], body).into_response();
        }
        _ => {}
    }
    let at = position(&shared.connector, uri.query().unwrap_or_default(), &body);
    let all = shared.items.len();
    let page: Vec<Value> = match http.paging.kind {
        PagingKind::None => shared.items.clone(),
        _ => shared.items.iter().skip(at).take(1).cloned().collect(),
    };
    if shared.connector.source.format == Some(Format::Xml) {
        let total = http.total.as_deref().map(|place| (place, all.to_string()));
        let ok = http.ok.as_ref().map(|(place, good)| (place.as_str(), good.first().cloned().unwrap_or_default()));
        let said: Vec<(&str, String)> = total.into_iter().chain(ok).collect();
        let text = xml(http.items.as_deref().unwrap_or("record"), &page, &said);
        return sent(text, "application/xml", fault);
    }
    if shared.connector.source.format == Some(Format::Ndjson) {
        return sent(page.iter().map(|one| format!("{one}\n")).collect(), "application/x-ndjson", fault);
    }
    let mut envelope = Value::Null;
    let list = if fault == Fault::Null && page.is_empty() { Value::Null } else { Value::Array(page) };
    put(&mut envelope, http.items.as_deref().unwrap_or(""), list);
    if let Some(total) = &http.total {
        put(&mut envelope, total, json!(all + usize::from(fault == Fault::Moves && at == 0)));
    }
    if let Some((sign, good)) = &http.ok {
        let good = good.first().cloned().unwrap_or_default();
        put(&mut envelope, sign, serde_json::from_str(&good).unwrap_or(Value::String(good)));
    }
    let more = at + 1 < all;
    if let Some(next) = http.paging.next.as_deref().filter(|_| http.paging.kind == PagingKind::Cursor) {
        put(&mut envelope, next, if more { json!(format!("t{}", at + 1)) } else { Value::Null });
    }
    let mut response = sent(envelope.to_string(), "application/json", fault);
    if http.paging.kind == PagingKind::Link && more {
        let link = format!("<{}?from={}>; rel=\"next\"", uri.path(), at + 1);
        response.headers_mut().insert(header::LINK, link.parse().expect("plain text"));
    }
    response
}

/// A body as the fault leaves it.
fn sent(text: String, media_type: &'static str, fault: Fault) -> Response {
    let media_type = if fault == Fault::Typed { "text/html" } else { media_type };
    let body = match fault {
        Fault::Truncated => text.as_bytes()[..text.floor_char_boundary(text.len() / 2)].to_vec(),
        Fault::Packed => {
            let mut packed = Vec::new();
            let read = flate2::read::GzEncoder::new(text.as_bytes(), flate2::Compression::fast()).read_to_end(&mut packed);
            if read.is_err() {
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
            packed
        }
        _ => text.into_bytes(),
    };
    ([(header::CONTENT_TYPE, media_type)], body).into_response()
}

/// Index of the first record asked for.
fn position(connector: &Connector, query: &str, body: &str) -> usize {
    let paging = &connector.source.http.paging;
    let name = if paging.kind == PagingKind::Link { "from" } else { paging.param.as_str() };
    let in_query = query.split('&').filter_map(|p| p.split_once('=')).find(|(n, _)| *n == name).map(|(_, v)| v.to_string());
    let in_body = || {
        serde_json::from_str::<Value>(body).ok().and_then(|b| b.get(name).map(|v| v.to_string().trim_matches('"').to_string()))
    };
    let text = in_query.or_else(in_body).unwrap_or_default();
    let number = text.trim_start_matches('t').parse::<u64>().ok();
    match paging.kind {
        PagingKind::Page => number.unwrap_or(paging.first).saturating_sub(paging.first) as usize,
        _ => number.unwrap_or(0) as usize,
    }
}

/// Records as an XML answer, and what it says of itself by the names at the ends of its places.
fn xml(element: &str, records: &[Value], said: &[(&str, String)]) -> String {
    let name = |place: &str| place.rsplit('/').next().unwrap_or_default().to_owned();
    let attributes = said.iter().filter_map(|(place, text)| Some(format!(" {}=\"{text}\"", name(place).strip_prefix('@')?)));
    let mut text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><answer{}>", attributes.collect::<String>());
    for (place, words) in said.iter().filter(|(place, _)| !name(place).starts_with('@')) {
        let name = name(place);
        text.push_str(&format!("<{name}>{words}</{name}>"));
    }
    for record in records {
        write_xml(element, record, &mut text);
    }
    text.push_str("</answer>");
    text
}

fn write_xml(element: &str, value: &Value, out: &mut String) {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    match value {
        Value::Array(list) => list.iter().for_each(|one| write_xml(element, one, out)),
        Value::Object(children) => {
            let (attributes, children): (Vec<_>, Vec<_>) = children.iter().partition(|(name, _)| name.starts_with('@'));
            out.push_str(&format!("<{element}"));
            for (name, value) in attributes {
                out.push_str(&format!(" {}=\"{}\"", &name[1..], escaped(value.as_str().unwrap_or_default())));
            }
            out.push('>');
            for (name, child) in children {
                match name.as_str() {
                    "#text" => out.push_str(&escaped(child.as_str().unwrap_or_default())),
                    name => write_xml(name, child, out),
                }
            }
            out.push_str(&format!("</{element}>"));
        }
        Value::Null => out.push_str(&format!("<{element}/>")),
        Value::String(text) => out.push_str(&format!("<{element}>{}</{element}>", escaped(text))),
        other => out.push_str(&format!("<{element}>{other}</{element}>")),
    }
}

/// Sets `value` at a JSON pointer, making the objects on its way.
fn put(root: &mut Value, pointer: &str, value: Value) {
    let mut here = root;
    for part in pointer.split('/').skip(1) {
        if !here.is_object() {
            *here = Value::Object(Map::new());
        }
        here = here.as_object_mut().expect("made one").entry(part).or_insert(Value::Null);
    }
    *here = value;
}

/// The sample files as a drop folder, and the connector with that folder for its place.
///
/// # Errors
/// A file that cannot be copied.
pub fn drop_folder(connector: &Connector, samples: &[PathBuf], dir: &Path) -> std::io::Result<Connector> {
    for path in samples {
        std::fs::copy(path, dir.join(path.file_name().unwrap_or_default()))?;
    }
    let mut rehearsed = connector.clone();
    rehearsed.source.transport = Transport::File;
    rehearsed.source.place = dir.display().to_string();
    rehearsed.source.take = Some(Take::All);
    rehearsed.manners.quiet.clear();
    // What the files' own extensions say goes before the agreed format, as for a sample.
    let of = samples.first().and_then(|p| crate::connector::format_of(&p.display().to_string()));
    rehearsed.source.format = of.or(connector.source.format);
    Ok(rehearsed)
}

/// The sample as a table of an SQLite database, and the connector with that database for its registry.
///
/// # Errors
/// The database's.
pub async fn database(connector: &Connector, sample: &Sample, path: &Path) -> Result<Connector, sqlx::Error> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true).disable_statement_logging();
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await?;
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let columns = sample.columns.iter().map(|c| format!("{} TEXT", quoted(c))).collect::<Vec<_>>().join(", ");
    sqlx::query(AssertSqlSafe(format!("CREATE TABLE rehearsal ({columns})"))).execute(&mut connection).await?;
    let marks = vec!["?"; sample.columns.len()].join(", ");
    for row in &sample.rows {
        let mut insert = sqlx::query(AssertSqlSafe(format!("INSERT INTO rehearsal VALUES ({marks})")));
        for cell in &row.cells {
            insert = insert.bind(cell.clone());
        }
        insert.execute(&mut connection).await?;
    }
    connection.close().await?;
    let mut rehearsed = connector.clone();
    rehearsed.source.transport = Transport::Sql;
    rehearsed.source.place = format!("sqlite:{}", path.display());
    rehearsed.source.sql.table = Some("rehearsal".into());
    rehearsed.source.sql.query = None;
    rehearsed.source.sql.version = None;
    // Every row a page of its own: the pull is resumed behind each.
    rehearsed.source.sql.page = 1;
    rehearsed.manners.rate_per_sec = None;
    rehearsed.manners.quiet.clear();
    Ok(rehearsed)
}
