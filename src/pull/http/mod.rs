//! HTTP answers, page by page: asked, judged, split into records, checkpointed.

mod ahead;
mod auth;
mod client;
mod download;
mod lookup;
mod page;
mod paging;

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use reqwest::Url;
use xxhash_rust::xxh3::xxh3_64;

use super::json::JsonColumns;
use super::{Chunk, Cursor, Greatest, Known, Mark, Progress, PullContext, PullError, Pulled, RowHead, RowSink};
use crate::connector::Connector;
use ahead::Ahead;
use client::RegistryClient;
pub(super) use client::check_host;
pub(super) use download::pull as download;
pub use lookup::lookup;
use page::Page;

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
    let mut at = cursor.at.clone().unwrap_or_else(|| paging::first(connector));
    let mut fingerprint = None;
    let mut seen = HashSet::new();
    let (mut total, mut size) = (None, None);
    let client = Arc::new(client);
    let mut ahead = Ahead::new(client.clone(), connector.manners.concurrency);
    for _ in 0..MAX_PAGES {
        let first_page = !resumed && seen.is_empty();
        let (answer, body) = match ahead.take(&at) {
            Some(fetched) => fetched.await?,
            None => {
                let mut ask = paging::ask(connector, &base, &at, since.as_deref())?;
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
        // The pages that follow are under way while this one is read.
        let so_far = pages.before + pages.sent;
        for at in paging::foreseen(&at, so_far, size, total).take(ahead.most()) {
            if ahead.free() > 0 {
                let ask = paging::ask(connector, &base, &at, since.as_deref())?;
                ahead.fetch(at, ask);
            }
        }
        let page = Page { connector, media_type: &answer.media_type, body: &body }.read()?;
        let came = page.items.len() as u64;
        if !seen.insert(xxh3_64(body.as_bytes())) && came > 0 {
            return Err(repeats(connector));
        }
        (total, size) = (page.total.or(total), Some(came));
        let rows = so_far + came;
        let next = paging::next(connector, &base, &at, came, rows, total, page.next, answer.next_link)?;
        if let Some(next) = &next
            && !ahead.has(next)
        {
            let ask = paging::ask(connector, &base, next, since.as_deref())?;
            ahead.only(next.clone(), ask);
        }
        pages.deliver(&page.items, &mut cursor)?;
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

impl Pages<'_> {
    /// Hands the page's records to the sink.
    fn deliver(&mut self, items: &[Cow<'_, str>], cursor: &mut Cursor) -> Result<(), PullError> {
        if items.is_empty() {
            return Ok(());
        }
        // The page that settles the columns is read whole: samples of them are taken from it.
        let settled = self.columns.started();
        // Where the cursor's column counts, every row's must be seen.
        let by_text = self.connector.source.http.since.is_none();
        if !settled {
            self.columns.start(items.iter().map(Cow::as_ref));
            self.say_columns()?;
        }
        let mut chunk = Chunk::new(self.columns.names.len());
        for item in items {
            let number = self.before + self.sent + 1;
            let mark = match by_text.then(|| xxh3_64(item.as_bytes()).max(1)) {
                None => Mark::Cells,
                Some(digest) if !settled => Mark::Text(digest),
                Some(digest) => match self.sink.known(digest).map_err(|e| PullError::sink(self.connector, &e))? {
                    None => Mark::New(digest),
                    Some(Known { place, unread: false }) => Mark::Known(place),
                    Some(Known { place, unread: true }) => {
                        chunk.known.push((number, place));
                        self.sent += 1;
                        continue;
                    }
                },
            };
            let head = RowHead { number, offset: None, mark };
            let mut grown = false;
            while !self.columns.push(item, head, &mut chunk) {
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

pub(super) fn parse_url(connector: &Connector, place: &str) -> Result<Url, PullError> {
    Url::parse(place)
        .map_err(|e| PullError::new(connector, "bad_url", format!("网址无效：{e}"), format!("the address is not valid: {e}")))
}

/// Where an incremental pull begins: `cursor.since` stepped back by the overlap where it is a time.
fn since_text(connector: &Connector, cursor: &Cursor) -> Option<String> {
    let since = connector.source.http.since.as_ref()?;
    cursor.since.as_deref().map(|text| super::stepped_back(text, since.overlap_secs))
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
    client: &RegistryClient,
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
