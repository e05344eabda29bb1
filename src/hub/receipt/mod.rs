//! The receipt of a batch, made anew from what the store keeps: what came, and what became of every row. The same batch
//! gives the same receipt, however often it is asked for.

use chrono::{DateTime, SecondsFormat};
use serde::Serialize;

use super::error::HubError;
use super::open::Hub;
use crate::connector::{Bilingual, Drift};
use crate::model::problem::Problem;
use crate::store::batch::BatchRow;
use crate::store::quarantine::QuarantinedRow;

/// Rows named one by one in a receipt; `huitu quarantine export --batch` has them all.
pub const NAMED_ROWS: i64 = 1_000;

/// Reasons whose words quote nothing of a row.
const QUOTES_NOTHING: [&str; 7] =
    ["cell_count", "key_missing", "more_values", "nul", "row_too_long", "stray_quote", "value_missing"];

/// What is said of a row to whoever may not see what stands in it; None where its reason quotes nothing.
pub fn withheld_reason(code: &str) -> Option<Problem> {
    let withheld = || {
        Problem::new(
            code.to_owned(),
            format!("{code}（内容不显示：需要权限 records 与 finance）"),
            format!("{code} (what stands there is not shown: it takes the scopes records and finance)"),
        )
    };
    (!QUOTES_NOTHING.contains(&code)).then(withheld)
}

/// `read` = `landed` + `quarantined`; `landed` = `new` + `changed` + `unchanged`. Times are RFC 3339 in the hub's zone.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchReceipt {
    pub id: i64,
    pub registry: String,
    pub title: Bilingual,
    pub owner: Bilingual,
    /// RUNNING DONE HELD REJECTED FAILED
    pub state: String,
    /// Place it was pulled from, or `push`.
    pub source: String,
    /// The batch states the whole registry: what it lacks may be gone.
    pub complete: bool,
    pub started_at: String,
    pub finished_at: Option<String>,
    pub read: i64,
    pub landed: i64,
    pub new: i64,
    pub changed: i64,
    pub unchanged: i64,
    pub quarantined: i64,
    pub gone: i64,
    pub reasons: Vec<QuarantineReason>,
    /// The quarantined rows, at most [`NAMED_ROWS`].
    pub quarantined_rows: Vec<ReceiptRow>,
    /// Values that could not be read in rows that landed, at most [`NAMED_ROWS`].
    pub unreadable_values: Vec<ReceiptRow>,
    /// Columns that differ from the contract.
    pub drift: Vec<Drift>,
    /// What was left out of the source, or done about it.
    pub notes: Vec<Problem>,
    pub held_because: Option<Problem>,
    pub decided_by: Option<String>,
    pub decided_why: Option<String>,
    pub idempotency_key: Option<String>,
    /// SHA-256 of what was pushed, hex.
    pub digest: Option<String>,
}

/// Why rows were put aside, and how many.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuarantineReason {
    pub code: String,
    pub rows: i64,
}

/// One row, or one value of a row, that could not be read.
#[derive(Debug, Clone, Serialize)]
pub struct ReceiptRow {
    pub id: i64,
    /// 1 = the first row after the header; None for a value: its row is known by its key.
    pub row: Option<i64>,
    pub key: Option<String>,
    pub offset: Option<i64>,
    pub column: Option<String>,
    pub code: String,
    pub zh: String,
    pub en: String,
    pub raw: String,
}

impl BatchReceipt {
    /// The same for whoever runs the hub and sees no data: how many, where and by which code, and nothing that stands in a row.
    pub fn without_values(self) -> BatchReceipt {
        let of_rows = |rows: Vec<ReceiptRow>| rows.into_iter().map(ReceiptRow::without_values).collect();
        BatchReceipt {
            quarantined_rows: of_rows(self.quarantined_rows),
            unreadable_values: of_rows(self.unreadable_values),
            drift: self.drift.into_iter().map(|drift| Drift { sample: None, ..drift }).collect(),
            ..self
        }
    }
}

impl ReceiptRow {
    fn without_values(self) -> ReceiptRow {
        let (zh, en) = match withheld_reason(&self.code) {
            Some(reason) => (reason.zh, reason.en),
            None => (self.zh, self.en),
        };
        ReceiptRow { key: None, raw: String::new(), zh, en, ..self }
    }
}

impl From<QuarantinedRow> for ReceiptRow {
    fn from(r: QuarantinedRow) -> ReceiptRow {
        // The row itself stands below: a reason whose words are damaged must not take it away.
        let detail: serde_json::Value = serde_json::from_str(&r.detail).unwrap_or_default();
        let said = |lang: &str| detail[lang].as_str().map(str::to_owned);
        let zh = said("zh").unwrap_or_else(|| format!("{}（原因的说明已损坏）", r.code));
        let en = said("en").unwrap_or_else(|| format!("{} (the words of this reason are damaged)", r.code));
        ReceiptRow {
            id: r.id,
            row: Some(r.row_number).filter(|n| *n > 0),
            zh,
            en,
            key: r.record_key,
            offset: r.byte_offset,
            column: r.column_name,
            code: r.code,
            raw: r.raw,
        }
    }
}

impl Hub {
    /// The receipt of a batch by its number.
    ///
    /// # Errors
    /// There is no such batch, or the store cannot be read.
    pub async fn batch_receipt(&self, id: i64) -> Result<BatchReceipt, HubError> {
        let batch = self.store.batch(id).await?.ok_or_else(|| super::batch_decisions::no_batch(id))?;
        let rows = self.store.registries().await?;
        let name = rows.into_iter().find(|r| r.id == batch.registry_id).map_or_else(String::new, |r| r.name);
        self.receipt_of(&name, batch).await
    }

    pub(super) async fn receipt_of(&self, registry: &str, b: BatchRow) -> Result<BatchReceipt, HubError> {
        let at = |millis: i64| {
            let time = DateTime::from_timestamp_millis(millis).unwrap_or_default().with_timezone(&self.settings.zone);
            time.to_rfc3339_opts(SecondsFormat::Secs, false)
        };
        let named = |name: &str| Bilingual { zh: name.to_owned(), en: name.to_owned() };
        let connector = self.connectors.iter().find(|c| c.name == registry);
        let (title, owner) = connector.map_or_else(|| (named(registry), named("")), |c| (c.title.clone(), c.owner.clone()));
        let reasons = self.store.quarantine_reasons(b.id).await?;
        Ok(BatchReceipt {
            id: b.id,
            registry: registry.to_owned(),
            title,
            owner,
            complete: b.complete != 0,
            started_at: at(b.started_at),
            finished_at: b.finished_at.map(at),
            read: b.read_rows,
            landed: b.landed,
            new: b.added,
            changed: b.changed,
            unchanged: b.unchanged,
            quarantined: b.quarantined,
            gone: b.gone,
            reasons: reasons.into_iter().map(|(code, rows)| QuarantineReason { code, rows }).collect(),
            quarantined_rows: self
                .store
                .quarantined_of_batch(b.id, false, NAMED_ROWS)
                .await?
                .into_iter()
                .map(ReceiptRow::from)
                .collect(),
            unreadable_values: self
                .store
                .quarantined_of_batch(b.id, true, NAMED_ROWS)
                .await?
                .into_iter()
                .map(ReceiptRow::from)
                .collect(),
            drift: match b.drift.as_deref() {
                Some(drift) => self.store.json(drift, "batch", b.id, "drift")?,
                None => Vec::new(),
            },
            notes: match b.notes.as_deref() {
                Some(notes) => self.store.json(notes, "batch", b.id, "notes")?,
                None => Vec::new(),
            },
            held_because: b.held_because.as_deref().map(|why| self.store.json(why, "batch", b.id, "held_because")).transpose()?,
            state: b.state,
            source: b.source,
            decided_by: b.decided_by,
            decided_why: b.decided_why,
            idempotency_key: b.idempotency,
            digest: b.digest,
        })
    }
}
