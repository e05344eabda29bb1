//! Lands a finished spool: one transaction for rows, quarantine, tombstones, cursor and receipt.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::LandError;
use super::receipt::{Outcome, Receipt};
use super::spool::{Fault, Spool, SpoolState, SpooledRow, cells_to_json};
use crate::store::batch::{self, BatchRow};
use crate::store::landing;
use crate::store::quarantine::{self, QuarantinedRow, UnreadableValue};
use crate::store::record::{self, KeyIndex, Known, NewRecord, key_hash};
use crate::store::registry::{self, Notice, RegistryRow};
use crate::store::{Store, Tx};

/// Rows prepared at a time; the next chunk is prepared while this one is written.
const CHUNK: usize = 6_000;

/// What landing needs to know of a connector: a row's key, and whether the row can be read at all.
pub trait RowReader: Send + Sync {
    fn key(&self, cells: &[Option<&str>]) -> Result<String, Fault>;
    /// Whether the row maps to records; asked only for rows that are new or changed. Answers, where the registry says
    /// so, when it last changed the row (milliseconds since 1970).
    fn check(&self, cells: &[Option<&str>]) -> Result<Option<i64>, Fault>;
    /// The values of checked rows that could not be read and are to be listed beside their rows; each is given out once.
    fn unreadable_values(&self) -> Vec<UnreadableValue> {
        Vec::new()
    }
    /// The column changes known before landing (JSON), with those that only the values of the checked rows show.
    fn drift(&self, known: Option<String>) -> Option<String> {
        known
    }
    /// Why the checked rows ask for a person before they land.
    fn hold(&self) -> Option<Notice> {
        None
    }
}

/// When a complete pull may tombstone what it no longer has.
#[derive(Debug, Clone, PartialEq)]
pub struct Guard {
    /// Hold the batch when more than this share of the registry's records vanish (0.05 = 5 %).
    pub vanish: f64,
    /// Hold the batch when more than this share of its rows cannot be read.
    pub quarantine: f64,
    /// Who released the batch, and why: then nothing holds it.
    pub released: Option<(String, String)>,
}

/// What landing is asked to do.
pub struct Landing<'a> {
    pub store: &'a Store,
    pub registry: &'a RegistryRow,
    pub title: (&'a str, &'a str),
    pub spool: &'a Spool,
    pub state: SpoolState,
    pub reader: Arc<dyn RowReader>,
    pub guard: Guard,
    /// Milliseconds since 1970.
    pub now: i64,
}

#[derive(Default)]
struct Chunk {
    added: Vec<NewRecord>,
    changed: Vec<NewRecord>,
    quarantined: Vec<QuarantinedRow>,
    unchanged: i64,
    read: i64,
}

/// Sorts spooled rows into new, changed, unchanged and unreadable, against what the store knows.
struct Sorter {
    reader: Arc<dyn RowReader>,
    index: KeyIndex,
    next_id: i64,
    registry_id: i64,
    batch_id: i64,
    layout_id: i64,
    columns_hash: u64,
    width: usize,
    /// Quarantined rows whose key could not be read: any of them may be one that seems to have vanished.
    nameless: i64,
}

impl Sorter {
    fn quarantine(&self, number: u64, offset: Option<u64>, fault: Fault) -> QuarantinedRow {
        QuarantinedRow {
            id: 0,
            registry_id: self.registry_id,
            batch_id: self.batch_id,
            row_number: number as i64,
            byte_offset: offset.map(|o| o as i64),
            column_name: fault.column,
            code: fault.code,
            detail: serde_json::json!({ "zh": fault.zh, "en": fault.en }).to_string(),
            raw: fault.raw,
            layout_id: Some(self.layout_id),
            state: "OPEN".into(),
            record_key: None,
        }
    }

    fn take(&mut self, row: SpooledRow, chunk: &mut Chunk) {
        chunk.read += 1;
        match row {
            SpooledRow::Fault { number, offset, fault } => {
                self.nameless += 1;
                chunk.quarantined.push(self.quarantine(number, offset, fault));
            }
            SpooledRow::Row { number, offset, cells } => {
                if let Err(mut fault) = self.sort(&cells, chunk) {
                    if fault.raw.is_empty() {
                        fault.raw = cells;
                    }
                    chunk.quarantined.push(self.quarantine(number, offset, fault));
                }
            }
        }
    }

    fn sort(&mut self, payload: &str, chunk: &mut Chunk) -> Result<(), Fault> {
        let owned = record::cells(payload).unwrap_or_default();
        let mut cells: Vec<Option<&str>> = owned.iter().map(Option::as_deref).collect();
        // Columns that appeared later in the pull were absent here.
        let padded = (cells.len() < self.width).then(|| {
            cells.resize(self.width, None);
            let mut json = String::with_capacity(payload.len() + 16);
            cells_to_json(cells.iter().copied(), &mut json);
            json
        });
        let payload = padded.as_deref().unwrap_or(payload);
        let key = match self.reader.key(&cells) {
            Ok(k) => k,
            Err(f) => {
                self.nameless += 1;
                return Err(f);
            }
        };
        let hash = xxhash_rust::xxh3::xxh3_64_with_seed(payload.as_bytes(), self.columns_hash) as i64;
        let slot = key_hash(&key);
        let known = self.index.get_mut(&slot);
        if let Some(known) = &known
            && known.seen
        {
            return match known.hash == hash {
                // The same row twice says nothing new.
                true => {
                    chunk.unchanged += 1;
                    Ok(())
                }
                false => Err(fault(
                    "duplicate_key",
                    format!("主键“{key}”在本批中出现多次且内容不同，仅保留第一行"),
                    format!("key \"{key}\" occurs several times in this batch with different contents; the first row was kept"),
                )),
            };
        }
        if let Some(known) = known {
            known.seen = true;
            if known.hash == hash && !known.gone {
                chunk.unchanged += 1;
                return Ok(());
            }
            // Seen even where the new content cannot be read: the source still has the record.
            let observed_at = self.reader.check(&cells)?;
            known.hash = hash;
            known.gone = false;
            let row = NewRecord { id: known.id, key, hash, layout_id: self.layout_id, observed_at, payload: payload.to_owned() };
            chunk.changed.push(row);
        } else {
            let observed_at = self.reader.check(&cells)?;
            let id = self.next_id;
            self.next_id += 1;
            self.index.insert(slot, Known { id, hash, gone: false, seen: true });
            chunk.added.push(NewRecord { id, key, hash, layout_id: self.layout_id, observed_at, payload: payload.to_owned() });
        }
        Ok(())
    }
}

fn fault(code: &str, zh: String, en: String) -> Fault {
    Fault { code: code.into(), column: None, zh, en, raw: String::new() }
}

/// Lands the spool, or holds it. On `Held` nothing is kept but the batch row; the caller moves the spool aside.
pub async fn land(job: Landing<'_>) -> Result<Receipt, LandError> {
    let store = job.store;
    let failed = |e| LandError::Store(store.failed(e));
    let index = store.key_index(job.registry.id, job.registry.records as usize).await?;
    let live_before = index.values().filter(|k| !k.gone).count() as i64;
    let next_id = store.last_record_id().await? + 1;
    let mut tx = store.begin().await?;
    let layout_id = record::ensure_layout(&mut tx, job.registry.id, &job.state.columns).await.map_err(failed)?;

    let sorter = Sorter {
        reader: job.reader.clone(),
        index,
        next_id,
        registry_id: job.registry.id,
        batch_id: job.state.batch,
        layout_id,
        columns_hash: xxhash_rust::xxh3::xxh3_64(job.state.columns.join("\u{1f}").as_bytes()),
        width: job.state.columns.len(),
        nameless: 0,
    };
    let mut batch = BatchRow {
        id: job.state.batch,
        registry_id: job.registry.id,
        started_at: job.state.started_at,
        source: job.state.source.clone(),
        complete: i64::from(job.state.complete),
        drift: job.state.drift.clone(),
        idempotency: job.state.idempotency.clone(),
        digest: job.state.digest.clone(),
        cursor: job.state.next_cursor.clone(),
        decided_by: job.guard.released.as_ref().map(|(by, _)| by.clone()),
        decided_why: job.guard.released.as_ref().map(|(_, why)| why.clone()),
        ..Default::default()
    };
    let sorter = write_rows(&mut tx, &job, sorter, &mut batch).await?;
    batch.drift = job.reader.drift(batch.drift.take());

    let vanished: Vec<i64> = match job.state.complete {
        true => sorter.index.values().filter(|k| !k.seen && !k.gone).map(|k| k.id).collect(),
        false => Vec::new(),
    };
    if let Some(why) = held_because(&job, &batch, vanished.len() as i64, live_before) {
        tx.rollback().await.map_err(failed)?;
        return hold(&job, batch, why).await;
    }
    // Rows that could not even be named may be the ones that seem to be missing: then nothing is tombstoned.
    let spared = sorter.nameless >= vanished.len() as i64;
    if !spared || sorter.nameless == 0 {
        let mut ids = vanished;
        ids.sort_unstable();
        record::mark_gone(&mut tx, batch.id, job.now, &ids).await.map_err(failed)?;
        batch.gone = ids.len() as i64;
    }
    batch.landed = batch.added + batch.changed + batch.unchanged;
    if batch.read_rows != batch.landed + batch.quarantined || batch.read_rows != job.state.rows as i64 {
        tx.rollback().await.map_err(failed)?;
        return Err(LandError::Unbalanced {
            registry: job.registry.name.clone(),
            batch: batch.id,
            read: job.state.rows as i64,
            landed: batch.landed,
            quarantined: batch.quarantined,
        });
    }
    if job.state.complete {
        quarantine::supersede(&mut tx, job.registry.id, batch.id).await.map_err(failed)?;
    }
    let records = sorter.index.values().filter(|k| !k.gone).count() as i64 - batch.gone;
    let values = job.reader.unreadable_values();
    quarantine::put_values(&mut tx, job.registry.id, batch.id, layout_id, &values).await.map_err(failed)?;
    batch.finished_at = Some(job.now);
    batch.state = "DONE".into();
    batch::close(&mut tx, &batch).await.map_err(failed)?;
    if batch.added + batch.changed + batch.gone > 0 {
        landing::number(&mut tx, batch.id).await.map_err(failed)?;
    }
    let cursor = job.state.next_cursor.as_deref();
    registry::registry_landed(&mut tx, job.registry.id, job.now, cursor, job.state.fingerprint.as_deref(), records)
        .await
        .map_err(failed)?;
    tx.commit().await.map_err(failed)?;
    receipt(&job, &batch, Outcome::Landed, records, None).await
}

async fn write_rows(tx: &mut Tx, job: &Landing<'_>, mut sorter: Sorter, batch: &mut BatchRow) -> Result<Sorter, LandError> {
    let store = job.store;
    let failed = |e| LandError::Store(store.failed(e));
    let rows = job.spool.rows()?;
    let (send, mut receive) = mpsc::channel::<Chunk>(3);
    let sorting = tokio::task::spawn_blocking(move || -> Result<Sorter, LandError> {
        let mut chunk = Chunk::default();
        for row in rows {
            sorter.take(row?, &mut chunk);
            if chunk.read as usize == CHUNK {
                // The receiver ends early only on a database error, which it reports itself.
                if send.blocking_send(std::mem::take(&mut chunk)).is_err() {
                    break;
                }
            }
        }
        let _ = send.blocking_send(chunk);
        Ok(sorter)
    });
    while let Some(chunk) = receive.recv().await {
        record::insert(tx, job.registry.id, batch.id, job.now, &chunk.added).await.map_err(failed)?;
        record::change(tx, batch.id, job.now, &chunk.changed).await.map_err(failed)?;
        quarantine::put(tx, &chunk.quarantined).await.map_err(failed)?;
        batch.read_rows += chunk.read;
        batch.added += chunk.added.len() as i64;
        batch.changed += chunk.changed.len() as i64;
        batch.unchanged += chunk.unchanged;
        batch.quarantined += chunk.quarantined.len() as i64;
    }
    sorting.await.expect("sorting does not panic")
}

fn held_because(job: &Landing<'_>, batch: &BatchRow, vanished: i64, live_before: i64) -> Option<Notice> {
    if job.guard.released.is_some() {
        return None;
    }
    if batch.read_rows > 0 && batch.quarantined as f64 > job.guard.quarantine * batch.read_rows as f64 {
        return Some(Notice {
            code: "unreadable".into(),
            zh: format!(
                "{} 行中有 {} 行无法读取，超过 {:.1}% 的上限；很可能列或编码变了。未入库任何行，请核对后放行或退回",
                batch.read_rows,
                batch.quarantined,
                job.guard.quarantine * 100.0
            ),
            en: format!(
                "{} of {} rows cannot be read, above the limit of {:.1} %: columns or encoding may have changed; nothing landed; look at the batch, then release or reject it",
                batch.quarantined,
                batch.read_rows,
                job.guard.quarantine * 100.0
            ),
        });
    }
    if let Some(why) = job.reader.hold() {
        return Some(why);
    }
    if !job.state.complete || live_before == 0 {
        return None;
    }
    if batch.read_rows == 0 {
        return Some(Notice {
            code: "empty".into(),
            zh: format!("本次取得 0 行，而库中有 {live_before} 条记录；未删除任何记录，请核对数据源后放行或退回"),
            en: format!(
                "the pull brought no rows while {live_before} records are known; nothing was deleted; look at the source, then release or reject the batch"
            ),
        });
    }
    (vanished as f64 > job.guard.vanish * live_before as f64).then(|| Notice {
        code: "vanished".into(),
        zh: format!(
            "{live_before} 条记录中有 {vanished} 条（{:.1}%）在本次全量数据中消失，超过 {:.1}% 的上限；未删除任何记录，请核对后放行或退回",
            vanished as f64 * 100.0 / live_before as f64,
            job.guard.vanish * 100.0
        ),
        en: format!(
            "{vanished} of {live_before} records ({:.1} %) are missing from this complete pull, above the limit of {:.1} %; nothing was deleted; look at the batch, then release or reject it",
            vanished as f64 * 100.0 / live_before as f64,
            job.guard.vanish * 100.0
        ),
    })
}

async fn hold(job: &Landing<'_>, counts: BatchRow, why: Notice) -> Result<Receipt, LandError> {
    let batch = BatchRow {
        state: "HELD".into(),
        finished_at: Some(job.now),
        held_because: Some(serde_json::to_string(&why).expect("plain texts")),
        // Nothing landed: the counts of what would have happened stay out of the receipt.
        added: 0,
        changed: 0,
        unchanged: 0,
        landed: 0,
        quarantined: 0,
        gone: 0,
        cursor: None,
        ..counts
    };
    job.store.batch_closed(&batch).await?;
    job.store.registry_failed(job.registry.id, "HELD", job.now, &why).await?;
    receipt(job, &batch, Outcome::Held, job.registry.records, Some(why)).await
}

async fn receipt(
    job: &Landing<'_>,
    batch: &BatchRow,
    outcome: Outcome,
    records: i64,
    notice: Option<Notice>,
) -> Result<Receipt, LandError> {
    let reasons = match batch.quarantined {
        0 => Vec::new(),
        _ => job.store.quarantine_reasons(batch.id).await?,
    };
    Ok(Receipt {
        batch: Some(batch.id),
        read: batch.read_rows,
        landed: batch.landed,
        added: batch.added,
        changed: batch.changed,
        unchanged: batch.unchanged,
        quarantined: batch.quarantined,
        reasons,
        gone: batch.gone,
        records,
        seconds: (job.now - batch.started_at) as f64 / 1000.0,
        notice,
        drift: batch.drift.as_deref().and_then(|d| serde_json::from_str(d).ok()),
        ..Receipt::empty(&job.registry.name, job.title.0, job.title.1, outcome)
    })
}
