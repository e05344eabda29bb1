//! HTTP answers, page by page: asked, judged, split into records, checkpointed.

mod auth;
mod client;
mod download;
mod lookup;

use std::borrow::Cow;
use std::collections::HashSet;

use reqwest::Url;
use xxhash_rust::xxh3::xxh3_64;

use super::json::{self, JsonColumns};
use super::{Chunk, Cursor, Greatest, Position, Progress, PullContext, PullError, Pulled, RowSink};
use crate::connector::{Connector, Format, PagingKind};
pub(super) use client::check_host;
use client::{Ask, RegistryClient};
pub(super) use download::pull as download;
pub use lookup::lookup;

/// Pages without an end are an error, not a long wait.
const MAX_PAGES: u64 = 1_000_000;

/// Pulls the pages from `cursor` on.
pub(super) async fn pull(
    connector: &Connector,
    mut cursor: Cursor,
    context: &PullContext,
    sink: &mut dyn RowSink,
) -> Result<Pulled, PullError> {
    let place = connector.source.resolved_place(&connector.name).map_err(PullError::of)?;
    let base = parse_url(connector, &place)?;
    let client = RegistryClient::new(connector, context, &base).await?;
    let http = &connector.source.http;
    let mut pages = Pages {
        connector,
        sink,
        columns: JsonColumns::new(connector),
        greatest: Greatest::new(&cursor, &context.clock),
        sent: 0,
        faults: 0,
        before: cursor.rows,
    };
    let since = since_text(connector, &cursor);
    let resumed = cursor.at.is_some();
    let mut at = cursor.at.clone().unwrap_or_else(|| first(connector));
    let mut fingerprint = None;
    let mut seen = HashSet::new();
    let mut total = None;
    let mut ahead = None;
    for _ in 0..MAX_PAGES {
        let first_page = !resumed && seen.is_empty();
        let (answer, body) = match ahead.take() {
            Some(fetched) => fetched?,
            None => {
                let mut ask = ask(connector, &base, &at, since.as_deref())?;
                ask.etag = known_etag(connector, context).filter(|_| first_page && http.unchanged_by_etag);
                client.text(&ask).await?
            }
        };
        if answer.not_modified {
            return Ok(finished(connector, cursor, &pages, &client, context.known.clone(), true));
        }
        if first_page && let Some(etag) = answer.etag.filter(|_| http.unchanged_by_etag) {
            fingerprint = Some(etag_fingerprint(connector, &etag));
        }
        let page = Page { connector, media_type: &answer.media_type, body: &body };
        page.check()?;
        let items = page.items()?;
        let came = items.len() as u64;
        if !seen.insert(xxh3_64(body.as_bytes())) && came > 0 {
            return Err(repeats(connector));
        }
        total = http.total.as_deref().and_then(|t| json::text_at(&body, t)).and_then(|t| t.parse::<u64>().ok()).or(total);
        let rows = pages.before + pages.sent + came;
        let next = next(connector, &base, &at, came, rows, total, &body, answer.next_link)?;
        // Where the manners allow two requests at a time, the next page is under way while this one is read.
        let ask_ahead = match &next {
            Some(at) if connector.manners.concurrency > 1 => Some(ask(connector, &base, at, since.as_deref())?),
            _ => None,
        };
        let fetch = async {
            match &ask_ahead {
                Some(ask) => Some(client.text(ask).await),
                None => None,
            }
        };
        let deliver = async { pages.deliver(&items, &mut cursor) };
        let (fetched, delivered) = tokio::join!(fetch, deliver);
        delivered?;
        ahead = fetched;
        context.report(Progress { rows, bytes: client.bytes(), total_rows: total, total_bytes: None });
        let Some(next) = next else {
            if total.is_some_and(|t| rows < t) {
                return Err(short(connector, rows, total.unwrap_or_default()));
            }
            return Ok(finished(connector, cursor, &pages, &client, fingerprint, false));
        };
        at = next;
        cursor.at = Some(at.clone());
        cursor.rows = rows;
        pages.sink.checkpoint(&cursor).map_err(|e| PullError::sink(connector, &e))?;
        if context.cancel.is_cancelled() {
            return Err(PullError::cancelled(connector));
        }
    }
    Err(repeats(connector))
}

struct Pages<'a> {
    connector: &'a Connector,
    sink: &'a mut dyn RowSink,
    columns: JsonColumns,
    greatest: Greatest,
    sent: u64,
    faults: u64,
    before: u64,
}

struct Page<'a> {
    connector: &'a Connector,
    media_type: &'a str,
    body: &'a str,
}

impl Page<'_> {
    /// What came with status 200 is an answer of the registry at all.
    fn check(&self) -> Result<(), PullError> {
        let head = self.body.trim_start();
        let start: String = head.chars().take(15).collect::<String>().to_ascii_lowercase();
        if self.media_type.starts_with("text/html") || start.starts_with("<!doctype html") || start.starts_with("<html") {
            return Err(PullError::new(
                self.connector,
                "html",
                "应答是网页而不是数据（登录页或出错页？），该批次已暂停",
                "answers with a web page, no data (a login or an error page?); the batch is held",
            )
            .held());
        }
        let Some((at, good)) = &self.connector.source.http.ok else { return Ok(()) };
        if self.is_xml() {
            return Ok(());
        }
        let said = json::text_at(self.body, at);
        if said.as_ref().is_some_and(|s| good.contains(s)) {
            return Ok(());
        }
        // What is no JSON at all is named for what it is.
        if said.is_none() && serde_json::from_str::<serde::de::IgnoredAny>(self.body).is_err() {
            return Ok(());
        }
        let said = said.unwrap_or_else(|| "∅".into());
        Err(PullError::new(
            self.connector,
            "refused_in_body",
            format!("应答正文表示失败（{at} = {said}），该批次已暂停"),
            format!("its answer says that it failed ({at} = {said}); the batch is held"),
        )
        .held())
    }

    fn is_xml(&self) -> bool {
        self.connector.source.format == Some(Format::Xml) || self.media_type.contains("xml")
    }
}

impl Pages<'_> {
    /// Hands the page's records to the sink.
    fn deliver(&mut self, items: &[Cow<'_, str>], cursor: &mut Cursor) -> Result<(), PullError> {
        if items.is_empty() {
            return Ok(());
        }
        if !self.columns.started() {
            self.columns.start(items.iter().map(Cow::as_ref));
            self.say_columns()?;
        }
        let mut chunk = Chunk::new(self.columns.names.len());
        for item in items {
            let number = self.before + self.sent + 1;
            let mut grown = false;
            while !self.columns.push(item, number, None, &mut chunk) {
                // A key not seen before: what came so far goes out with the old columns.
                let wider = Chunk::new(self.columns.names.len());
                self.send(std::mem::replace(&mut chunk, wider), cursor)?;
                grown = true;
            }
            if grown {
                self.say_columns()?;
            }
            self.sent += 1;
        }
        self.send(chunk, cursor)
    }

    fn say_columns(&mut self) -> Result<(), PullError> {
        self.sink.columns(&self.columns.names).map_err(|e| PullError::sink(self.connector, &e))
    }

    fn send(&mut self, chunk: Chunk, cursor: &mut Cursor) -> Result<(), PullError> {
        self.faults += chunk.faults.len() as u64;
        self.note_greatest(&chunk, cursor);
        if chunk.is_empty() {
            return Ok(());
        }
        self.sink.rows(chunk).map_err(|e| PullError::sink(self.connector, &e))
    }

    fn note_greatest(&mut self, chunk: &Chunk, cursor: &mut Cursor) {
        let Some(since) = &self.connector.source.http.since else { return };
        let Some(at) = self.columns.names.iter().position(|n| *n == since.column) else { return };
        for row in 0..chunk.len() {
            if let Some(Some(text)) = chunk.cells(row).nth(at) {
                self.greatest.see(text);
            }
        }
        cursor.greatest = self.greatest.value();
    }
}

impl<'a> Page<'a> {
    fn items(&self) -> Result<Vec<Cow<'a, str>>, PullError> {
        let pointer = self.connector.source.http.items.as_deref();
        if self.is_xml() {
            let mut records = Vec::new();
            let mut keep = |record: &str| {
                records.push(Cow::Owned(record.to_string()));
                Ok(())
            };
            return super::xml::stream_records(self.body.as_bytes(), pointer, self.connector.source.caps.depth, &mut keep)
                .map(|()| records)
                .map_err(|e| PullError::io(self.connector, "the XML answer", &e));
        }
        match json::items(self.body, pointer) {
            Ok(Some(items)) => Ok(items.into_iter().map(Cow::Borrowed).collect()),
            Ok(None) => {
                let place = pointer.unwrap_or("/");
                let body = excerpt(self.body);
                Err(PullError::new(
                    self.connector,
                    "no_items",
                    format!("应答中 {place} 处没有记录列表（应答开头：{body}），该批次已暂停"),
                    format!("its answer has no list of records at {place} (it begins: {body}); the batch is held"),
                )
                .held())
            }
            Err(e) if e.is_eof() => Err(PullError::new(
                self.connector,
                "truncated",
                "应答不完整，该批次已暂停",
                "its answer is cut off; the batch is held",
            )
            .held()),
            Err(e) => {
                let body = excerpt(self.body);
                Err(PullError::new(
                    self.connector,
                    "not_json",
                    format!("应答不是 JSON：{e}（应答开头：{body}），该批次已暂停"),
                    format!("its answer is no JSON: {e} (it begins: {body}); the batch is held"),
                )
                .held())
            }
        }
    }
}

fn excerpt(body: &str) -> String {
    body.chars().filter(|c| !c.is_control()).take(60).collect()
}

pub(super) fn parse_url(connector: &Connector, place: &str) -> Result<Url, PullError> {
    Url::parse(place)
        .map_err(|e| PullError::new(connector, "bad_url", format!("网址无效：{e}"), format!("the address is not valid: {e}")))
}

fn first(connector: &Connector) -> Position {
    let paging = &connector.source.http.paging;
    match paging.kind {
        PagingKind::Page | PagingKind::None => Position::Page(paging.first),
        PagingKind::Offset => Position::Offset(0),
        PagingKind::Cursor => Position::Token(String::new()),
        PagingKind::Link => Position::Link(String::new()),
    }
}

/// Where an incremental pull begins: `cursor.since` stepped back by the overlap where it is a time.
fn since_text(connector: &Connector, cursor: &Cursor) -> Option<String> {
    let since = connector.source.http.since.as_ref()?;
    cursor.since.as_deref().map(|text| super::stepped_back(text, since.overlap_secs))
}

fn ask(connector: &Connector, base: &Url, at: &Position, since: Option<&str>) -> Result<Ask, PullError> {
    let http = &connector.source.http;
    let paging = &http.paging;
    if let Position::Link(link) = at
        && !link.is_empty()
    {
        return Ok(Ask::get(same_host(connector, base, link)?));
    }
    let size = paging.size.to_string();
    let (page, offset, token) = match at {
        Position::Page(n) => (n.to_string(), String::new(), ""),
        Position::Offset(n) => (String::new(), n.to_string(), ""),
        Position::Token(t) => (String::new(), String::new(), t.as_str()),
        Position::Link(_) | Position::Key(_) => Default::default(),
    };
    let body = http.body.as_ref().map(|body| {
        body.replace("{page}", &page)
            .replace("{offset}", &offset)
            .replace("{size}", &size)
            .replace("{cursor}", token)
            .replace("{since}", since.unwrap_or_default())
    });
    let mut url = base.clone();
    {
        let mut query = url.query_pairs_mut();
        query.extend_pairs(&http.query);
        if body.is_none() {
            match paging.kind {
                PagingKind::None => {}
                PagingKind::Page => drop(query.append_pair(&paging.param, &page).append_pair(&paging.size_param, &size)),
                PagingKind::Offset => drop(query.append_pair(&paging.param, &offset).append_pair(&paging.size_param, &size)),
                PagingKind::Cursor if token.is_empty() => drop(query.append_pair(&paging.size_param, &size)),
                PagingKind::Cursor => drop(query.append_pair(&paging.param, token).append_pair(&paging.size_param, &size)),
                PagingKind::Link => drop(query.append_pair(&paging.size_param, &size)),
            }
            if let (Some(since), Some(spec)) = (since, &http.since) {
                query.append_pair(&spec.param, since);
            }
        }
    }
    if url.query() == Some("") {
        url.set_query(None);
    }
    Ok(Ask { method: http.method, url, body, etag: None, modified: None })
}

/// A next-page address, taken relative to the registry's; refused off its host.
fn same_host(connector: &Connector, base: &Url, link: &str) -> Result<Url, PullError> {
    let url = base.join(link).map_err(|_| bad_link(connector, link))?;
    let same = url.scheme() == base.scheme()
        && url.host_str() == base.host_str()
        && url.port_or_known_default() == base.port_or_known_default();
    if same { Ok(url) } else { Err(bad_link(connector, link)) }
}

fn bad_link(connector: &Connector, link: &str) -> PullError {
    let link = crate::connector::mask(link);
    PullError::new(
        connector,
        "redirect",
        format!("下一页指向另一主机：{link}，按约定不跟随"),
        format!("its next page is on another host: {link}, which is not followed"),
    )
    .held()
}

/// Where the next page is; None: that was the last one. A page shorter than asked for is no end: the server may cap the
/// size. The end is an empty page, or the announced total.
#[allow(clippy::too_many_arguments)]
fn next(
    connector: &Connector,
    base: &Url,
    at: &Position,
    came: u64,
    rows: u64,
    total: Option<u64>,
    body: &str,
    link: Option<String>,
) -> Result<Option<Position>, PullError> {
    let paging = &connector.source.http.paging;
    let over = came == 0 || total.is_some_and(|t| rows >= t);
    Ok(match (paging.kind, at) {
        (PagingKind::None, _) => None,
        (PagingKind::Page, Position::Page(n)) => (!over).then_some(Position::Page(n + 1)),
        (PagingKind::Offset, Position::Offset(n)) => (!over).then_some(Position::Offset(n + came)),
        (PagingKind::Cursor, Position::Token(token)) => {
            let next = paging.next.as_deref().and_then(|p| json::text_at(body, p)).filter(|t| !t.is_empty());
            if next.as_ref() == Some(token) {
                return Err(repeats(connector));
            }
            next.map(Position::Token)
        }
        (PagingKind::Link, _) => match link {
            Some(link) => Some(Position::Link(same_host(connector, base, &link)?.into())),
            None => None,
        },
        // A cursor of another kind of paging: the manifest has changed since.
        _ => {
            return Err(PullError::new(
                connector,
                "foreign_cursor",
                "断点与连接器的分页方式不符，请从头拉取",
                "the checkpoint is of another kind of paging; pull from the beginning",
            ));
        }
    })
}

fn repeats(connector: &Connector) -> PullError {
    PullError::new(
        connector,
        "paging_repeats",
        "分页重复返回同一页，该批次已暂停；请检查 source.http.paging",
        "its paging returns the same page again; the batch is held: check source.http.paging",
    )
    .held()
}

fn short(connector: &Connector, rows: u64, total: u64) -> PullError {
    PullError::new(
        connector,
        "short",
        format!("声明共 {total} 条，实际只给出 {rows} 条，该批次已暂停"),
        format!("announces {total} records and delivers {rows}; the batch is held"),
    )
    .held()
}

fn finished(
    connector: &Connector,
    cursor: Cursor,
    pages: &Pages<'_>,
    client: &RegistryClient<'_>,
    fingerprint: Option<String>,
    unchanged: bool,
) -> Pulled {
    let incremental = connector.source.http.since.is_some();
    let since = if incremental { cursor.greatest.or(cursor.since.clone()) } else { None };
    Pulled {
        complete: connector.complete && !(incremental && cursor.since.is_some()),
        next_cursor: Cursor { since, ..Cursor::default() },
        rows: pages.sent,
        faults: pages.faults,
        bytes: client.bytes(),
        fingerprint: fingerprint.unwrap_or_default(),
        unchanged,
    }
}

fn etag_fingerprint(connector: &Connector, etag: &str) -> String {
    serde_json::json!({ "connector": format!("{:016x}", connector.digest), "place": connector.source.shown(), "etag": etag })
        .to_string()
}

fn known_etag(connector: &Connector, context: &PullContext) -> Option<String> {
    let known: serde_json::Value = serde_json::from_str(context.known.as_deref()?).ok()?;
    let same = known["connector"] == format!("{:016x}", connector.digest) && known["place"] == connector.source.shown();
    known["etag"].as_str().filter(|_| same).map(str::to_string)
}
