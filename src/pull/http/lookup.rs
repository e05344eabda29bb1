//! Single enterprises by credit code, in batches, within the connector's time-out.

use std::time::Duration;

use super::addresses::parse_url;
use super::client::{Ask, RegistryClient};
use super::page::Page;
use crate::connector::{Connector, Layout, Lookup};
use crate::model::record::Record;
use crate::pull::context::PullContext;
use crate::pull::json::JsonColumns;
use crate::pull::{Chunk, Mark, PullError, RowHead};

/// Asks the registry for enterprises by credit code. What it does not know is not in the answer; an empty list where the
/// connector offers no look-up.
///
/// # Errors
/// `timeout` after the look-up's own limit; else as a pull, without its retries: a person is waiting.
pub async fn lookup(connector: &Connector, codes: &[&str], context: &PullContext) -> Result<Vec<Record>, PullError> {
    let Some(spec) = &connector.lookup else { return Ok(Vec::new()) };
    let mut patient = connector.clone();
    patient.manners.retries = 0;
    patient.source.place.clone_from(&spec.place);
    let limit = Duration::from_secs(spec.timeout_secs);
    match tokio::time::timeout(limit, ask_all(&patient, spec, codes, context)).await {
        Ok(found) => found,
        Err(_) => {
            let secs = spec.timeout_secs;
            let error =
                PullError::new(connector, "timeout", format!("{secs} 秒内没有应答"), format!("no answer within {secs} s"));
            Err(error.retryable())
        }
    }
}

async fn ask_all(connector: &Connector, spec: &Lookup, codes: &[&str], context: &PullContext) -> Result<Vec<Record>, PullError> {
    let place = connector.source.resolved_place(&connector.name).map_err(PullError::of)?;
    let mut found = Vec::new();
    let mut client: Option<RegistryClient> = None;
    for batch in codes.chunks(spec.batch) {
        // Credit codes are letters and digits: nothing else may enter an address.
        let clean: Vec<&str> = batch.iter().copied().filter(|c| c.bytes().all(|b| b.is_ascii_alphanumeric())).collect();
        if clean.is_empty() {
            continue;
        }
        let url = parse_url(connector, &place.replace("{codes}", &clean.join(",")))?;
        if client.is_none() {
            client = Some(RegistryClient::new(connector, context, &url).await?);
        }
        let Some(client) = &client else { continue };
        let list = serde_json::to_string(&clean).expect("texts");
        let body = spec.body.as_ref().map(|b| b.replace("{codes_json}", &list).replace("{codes}", &clean.join(",")));
        let ask = Ask { method: spec.method, url, body, etag: None, modified: None };
        let (head, text) = client.text(&ask).await?;
        found.extend(records(connector, spec, &head.media_type, &text)?);
    }
    Ok(found)
}

fn records(connector: &Connector, spec: &Lookup, media_type: &str, text: &str) -> Result<Vec<Record>, PullError> {
    // What holds in a pull's answers need not hold here: the look-up has a shape of its own.
    let mut asked = connector.clone();
    (asked.source.http.ok, asked.source.http.total, asked.source.http.paging.next) = (None, None, None);
    let page = Page { connector: &asked, items: spec.items.as_deref(), media_type, body: text };
    let unreadable = |_| PullError::new(connector, "not_json", "查询应答无法读取", "the look-up's answer cannot be read");
    let items = page.read().map_err(unreadable)?.items.unwrap_or_default();
    let mut columns = JsonColumns::new(connector);
    columns.start(items.iter().map(|i| i.as_ref()));
    let mut chunk = Chunk::new(columns.names.len());
    for (number, item) in (1..).zip(&items) {
        columns.push(item, RowHead { number, offset: None, mark: Mark::Cells }, &mut chunk);
    }
    let Ok(layout) = connector.layout(&columns.names) else { return Ok(Vec::new()) };
    Ok(read_chunk(connector, &layout, &chunk))
}

fn read_chunk(connector: &Connector, layout: &Layout, chunk: &Chunk) -> Vec<Record> {
    let mut records = Vec::new();
    for row in 0..chunk.len() {
        let cells: Vec<Option<&str>> = chunk.cells(row).collect();
        // A row that cannot be read is no answer; the next pull puts it into quarantine with its reason.
        records.extend(connector.read(layout, &cells).unwrap_or_default());
    }
    records
}
