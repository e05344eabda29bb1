//! HTTP answers, page by page: asked, judged, split into records, checkpointed.

mod addresses;
mod ahead;
mod auth;
mod client;
mod collector;
mod deliver;
mod download;
mod lookup;
mod page;
mod paging;
mod proof;
mod shapes;
mod signature;
mod xml_answer;

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::context::{Cursor, Known, Progress, PullContext, Pulled, RowSink};
use super::greatest::Greatest;
use super::json::JsonColumns;
use super::{Chunk, Mark, PullError, RowHead};
use crate::connector::{Connector, PagingKind};
pub(super) use addresses::check_database;
use addresses::parse_url;
use ahead::Ahead;
use client::RegistryClient;
pub use collector::collector_client;
pub use deliver::{Parcel, ParcelAnswer, deliver, receiver};
pub(super) use download::pull as download;
pub use lookup::lookup;
use page::Page;
use paging::repeats;
pub use proof::Proof;
use proof::{AnswerFacts, why_not_whole};

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
        earlier: HashSet::new(),
    };
    let since = since_text(connector, &cursor);
    let resumed = cursor.at.is_some();
    let mut at = cursor.at.clone().unwrap_or_else(|| paging::first(connector));
    let mut fingerprint = None;
    let mut seen = HashSet::new();
    let mut size = None;
    let mut proof = cursor.proof.clone().unwrap_or_default();
    let numbered = matches!(http.paging.kind, PagingKind::Page | PagingKind::Offset);
    let client = Arc::new(client);
    let mut ahead = Ahead::new(client.clone(), connector.manners.concurrency);
    for asked in 0..MAX_PAGES {
        let first_page = !resumed && asked == 0;
        let so_far = pages.before + pages.sent;
        // All that was announced is here: a server that has no page behind the last says so with an error.
        let for_certainty = numbered && proof.asks_once_more(so_far);
        let fetched = match ahead.take(&at) {
            Some(fetched) => fetched.await,
            None => {
                let mut ask = paging::ask(connector, &base, &at, since.as_deref())?;
                ask.etag = known_etag(connector, context).filter(|_| first_page && http.unchanged_by_etag);
                client.text(&ask).await
            }
        };
        let (answer, body) = match fetched {
            Err(error) if for_certainty && error.problem.code == "http_status" && !error.retryable => {
                return pages.finished(cursor, &client, fingerprint, &proof);
            }
            fetched => fetched?,
        };
        if answer.not_modified {
            let fingerprint = context.known.clone();
            return Ok(Pulled { unchanged: true, ..pages.finished(cursor, &client, fingerprint, &proof)? });
        }
        if first_page && let Some(etag) = answer.etag.filter(|_| http.unchanged_by_etag) {
            fingerprint = Some(etag_fingerprint(connector, &etag));
        }
        // The pages that follow are under way while this one is read.
        for at in paging::foreseen(&at, so_far, size, proof.announced()).take(ahead.most()) {
            if ahead.free() > 0 {
                let ask = paging::ask(connector, &base, &at, since.as_deref())?;
                ahead.fetch(at, ask);
            }
        }
        let page = Page { connector, items: http.items.as_deref(), media_type: &answer.media_type, body: &body };
        let contents = match page.read() {
            Err(error) if for_certainty && matches!(&*error.problem.code, "refused_in_body" | "no_items") => {
                return pages.finished(cursor, &client, fingerprint, &proof);
            }
            contents => contents?,
        };
        if !contents.closed && !answer.sized {
            proof.doubt();
        }
        if first_page || contents.items.as_ref().is_none_or(Vec::is_empty) {
            // Lines have nothing around them that could say how it went.
            let same = !contents.closed || proof.same_signs(&page.signs());
            let announced_none = contents.total == Some(0) || (contents.affirmed && (!first_page || contents.items.is_none()));
            match &contents.items {
                None if announced_none || for_certainty => {}
                None if so_far > 0 && same => {}
                // Where no list at all stands for the first page, or the answer has become another one, it may have failed.
                None => return Err(page.nothing()),
                Some(items) if items.is_empty() && so_far > 0 && !same && !announced_none && !for_certainty => {
                    return Err(page.nothing());
                }
                Some(_) => {}
            }
            if first_page && contents.items.is_none() && contents.total != Some(0) {
                proof.doubt();
            }
        }
        let items = contents.items.unwrap_or_default();
        let came = items.len() as u64;
        let rows = so_far + came;
        let digest = digest_of(&items);
        if came > 0 && (proof.repeats(digest) || seen.contains(&digest)) {
            if proof.ends_with_its_last_again(digest, so_far) {
                return pages.finished(cursor, &client, fingerprint, &proof);
            }
            return Err(repeats(connector));
        }
        seen.insert(digest);
        let facts = AnswerFacts { came, rows, total: contents.total, digest };
        proof.see(facts);
        size = Some(came);
        let over = proof.is_over(facts, u64::from(http.paging.size));
        let next = paging::next(connector, &base, &at, came, over, contents.next, answer.next_link)?;
        if let Some(next) = &next
            && !ahead.has(next)
        {
            let ask = paging::ask(connector, &base, next, since.as_deref())?;
            ahead.only(next.clone(), ask);
        }
        if pages.deliver(&items, &mut cursor)? {
            proof.came_again();
        }
        context.report(Progress { rows, bytes: client.bytes(), total_rows: proof.total(), total_bytes: None });
        let Some(next) = next else {
            if let Some(total) = proof.total().filter(|t| rows < *t) {
                return Err(short(connector, rows, total));
            }
            return pages.finished(cursor, &client, fingerprint, &proof);
        };
        at = next;
        cursor.at = Some(at.clone());
        cursor.rows = rows;
        cursor.proof = Some(proof.clone());
        pages.sink.checkpoint(&cursor).map_err(|e| PullError::sink(connector, &e))?;
        if context.cancel.is_cancelled() {
            return Err(PullError::cancelled(connector));
        }
    }
    Err(repeats(connector))
}

/// What a page is recognised by: its records, whatever stands around them.
fn digest_of(items: &[Cow<'_, str>]) -> u64 {
    let mut hasher = xxhash_rust::xxh3::Xxh3::new();
    for item in items {
        hasher.update(item.as_bytes());
        hasher.update(&[0]);
    }
    hasher.digest()
}

struct Pages<'a> {
    connector: &'a Connector,
    sink: &'a mut dyn RowSink,
    columns: JsonColumns,
    greatest: Greatest,
    sent: u64,
    faults: u64,
    before: u64,
    /// Digests of the records of the pages so far.
    earlier: HashSet<u64>,
}

impl Pages<'_> {
    /// Hands the page's records to the sink. Whether any of them stood on an earlier page.
    fn deliver(&mut self, items: &[Cow<'_, str>], cursor: &mut Cursor) -> Result<bool, PullError> {
        if items.is_empty() {
            return Ok(false);
        }
        let digests: Vec<u64> = items.iter().map(|item| xxh3_64(item.as_bytes()).max(1)).collect();
        let again = digests.iter().any(|digest| self.earlier.contains(digest));
        self.earlier.extend(&digests);
        // The page that settles the columns is read whole: samples of them are taken from it.
        let settled = self.columns.started();
        // Where the cursor's column counts, every row's must be seen.
        let by_text = self.connector.source.http.since.is_none();
        if !settled {
            self.columns.start(items.iter().map(Cow::as_ref));
            self.say_columns()?;
        }
        let mut chunk = Chunk::new(self.columns.names.len());
        for (item, digest) in items.iter().zip(digests) {
            let number = self.before + self.sent + 1;
            let mark = match by_text.then_some(digest) {
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
        self.send(chunk, cursor)?;
        Ok(again)
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

    /// The pull is over; what its answers proved decides whether records that did not come may be gone.
    fn finished(
        &mut self,
        cursor: Cursor,
        client: &RegistryClient,
        fingerprint: Option<String>,
        proof: &Proof,
    ) -> Result<Pulled, PullError> {
        let connector = self.connector;
        let incremental = connector.source.http.since.is_some();
        if let Some(note) = why_not_whole(proof, incremental) {
            self.sink.note(note).map_err(|e| PullError::sink(connector, &e))?;
        }
        // What moved past the reader is asked for again: the next pull begins where this one did.
        let greatest = cursor.greatest.filter(|_| !proof.moved());
        let since = if incremental { greatest.or(cursor.since.clone()) } else { None };
        Ok(Pulled {
            complete: connector.complete && proof.is_whole() && !(incremental && cursor.since.is_some()),
            next_cursor: Cursor { since, ..Cursor::default() },
            rows: self.sent,
            faults: self.faults,
            bytes: client.bytes(),
            fingerprint: fingerprint.unwrap_or_default(),
            unchanged: false,
        })
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

/// Where an incremental pull begins: `cursor.since` stepped back by the overlap where it is a time.
fn since_text(connector: &Connector, cursor: &Cursor) -> Option<String> {
    let since = connector.source.http.since.as_ref()?;
    cursor.since.as_deref().map(|text| super::greatest::stepped_back(text, since.overlap_secs))
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

fn etag_fingerprint(connector: &Connector, etag: &str) -> String {
    serde_json::json!({ "connector": format!("{:016x}", connector.digest), "place": connector.source.shown(), "etag": etag })
        .to_string()
}

fn known_etag(connector: &Connector, context: &PullContext) -> Option<String> {
    let known: serde_json::Value = serde_json::from_str(context.known.as_deref()?).ok()?;
    let same = known["connector"] == format!("{:016x}", connector.digest) && known["place"] == connector.source.shown();
    known["etag"].as_str().filter(|_| same).map(str::to_string)
}
