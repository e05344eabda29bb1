//! Lands a finished spool: one transaction for rows, quarantine, tombstones, cursor and receipt.

use std::path::Path;
use std::sync::Arc;

use roaring::RoaringTreemap;
use tokio::sync::mpsc;

use super::error::LandError;
use super::key_filter::KeyFilter;
use super::ledger;
use super::ledger::Ledger;
use super::ledger_builder::LedgerBuilder;
use super::reader::{Observed, RowReader};
use super::receipt::{Receipt, SyncOutcome};
use super::sort::{BatchContext, Chunk, Deferred, Sorter, check, duplicate};
use super::spool::{Spool, SpoolState};
use crate::model::problem::Problem;
use crate::store::batch::BatchRow;
use crate::store::record_write::NewRecord;
use crate::store::registry::RegistryRow;
use crate::store::{Store, Tx, batch, landing, quarantine, record, record_write, registry};

/// Fewer new rows are put into the indexes one by one.
const MANY: i64 = 20_000;
/// Rows that may wait for the indexes.
const MOST_WAITING: usize = 10_000;

/// When a complete pull may tombstone what it no longer has.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchGuard {
    /// Hold the batch when more than this share of the registry's records vanish (0.05 = 5 %).
    pub vanish: f64,
    /// Hold the batch when more than this share of its rows cannot be read.
    pub quarantine: f64,
    /// Hold a complete pull of fewer rows, whatever was there before; 0: of none.
    pub min_rows: u64,
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
    pub guard: BatchGuard,
    /// A delivery of the registry, which says how fresh it is and where the next pull begins. What a department answers to a question
    /// about one row is none.
    pub is_delivery: bool,
    /// Where the registry's ledger is kept; None: without one.
    pub data: Option<&'a Path>,
    /// Milliseconds since 1970.
    pub now: i64,
}

/// Lands the spool, or holds it. On `Held` nothing is kept but the batch row; the caller moves the spool aside.
///
/// # Errors
/// `Store`, and nothing was kept; `Outdated` and `Damaged`, where the registry has to be pulled again; `Spool`, where its files cannot be
/// read; `Unbalanced`, where the program lost count.
pub async fn land(job: Landing<'_>) -> Result<Receipt, LandError> {
    let store = job.store;
    let failed = |e| LandError::Store(store.failed(e));
    let basis = ledger::basis(store, job.registry.id, job.state.connector).await?;
    let ledger = match (job.state.ledger, job.data) {
        (None, _) => None,
        (Some(token), data) => {
            let found = data.and_then(|data| Ledger::open(data, &job.registry.name, &basis)).filter(|l| l.token == token);
            Some(found.ok_or(LandError::Outdated)?)
        }
    };
    let fresh = !store.has_records(job.registry.id).await?;
    // Which records there were is asked only where some may turn out to be missing.
    let live = match &ledger {
        _ if !job.state.complete || fresh => RoaringTreemap::new(),
        Some(ledger) => ledger.live.clone(),
        None => store.live_ids(job.registry.id).await?,
    };
    let live_before = live.len() as i64;
    let next_id = store.last_record_id().await? + 1;
    let mut tx = store.begin().await?;
    let layout_id = record::ensure_layout(&mut tx, job.registry.id, &job.state.columns).await.map_err(failed)?;
    let batch_context = BatchContext { registry_id: job.registry.id, batch_id: job.state.batch, layout_id };

    let sorter = Sorter {
        reader: job.reader.clone(),
        store: store.clone(),
        next_id,
        batch_context,
        columns_hash: ledger::columns_hash(&job.state.columns),
        width: job.state.columns.len(),
        fresh,
        ledger,
        seen: RoaringTreemap::new(),
        touched: RoaringTreemap::new(),
        inserted: RoaringTreemap::new(),
        keys: KeyFilter::new(job.state.rows),
        ledger_builder: job.data.filter(|_| job.state.complete).map(|data| LedgerBuilder::new(data, &job.registry.name)),
        observed: Default::default(),
        without_key: 0,
        no_records: 0,
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
        notes: job.state.notes_json(),
        decided_by: job.guard.released.as_ref().map(|(by, _)| by.clone()),
        decided_why: job.guard.released.as_ref().map(|(_, why)| why.clone()),
        ..Default::default()
    };
    let mut sorter = write_rows(&mut tx, &job, sorter, &mut batch).await?;
    batch.drift = job.reader.drift(batch.drift.take());

    let vanished = &live - &sorter.seen;
    if let Some(why) = held_because(&job, &batch, sorter.no_records, vanished.len() as i64, live_before) {
        tx.rollback().await.map_err(failed)?;
        sorter.ledger_builder.into_iter().for_each(LedgerBuilder::discard);
        return hold(&job, batch, why).await;
    }
    let mut live_after = live | &sorter.inserted;
    // Rows that could not even be named may be the ones that seem to be missing: then nothing is tombstoned.
    let spared = sorter.without_key >= vanished.len() as i64;
    if !spared || sorter.without_key == 0 {
        let ids: Vec<i64> = vanished.iter().map(|id| id as i64).collect();
        record_write::mark_gone(&mut tx, batch.id, job.now, &ids).await.map_err(failed)?;
        batch.gone = ids.len() as i64;
        live_after -= vanished;
    }
    batch.landed = batch.added + batch.changed + batch.unchanged;
    if batch.read_rows != batch.landed + batch.quarantined || batch.read_rows != job.state.rows as i64 {
        tx.rollback().await.map_err(failed)?;
        sorter.ledger_builder.into_iter().for_each(LedgerBuilder::discard);
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
    let records = match job.state.complete {
        true => live_after.len() as i64,
        false => job.registry.records + sorter.inserted.len() as i64,
    };
    let values = job.reader.unreadable_values();
    quarantine::put_values(&mut tx, job.registry.id, batch.id, layout_id, &values).await.map_err(failed)?;
    batch.finished_at = Some(job.now);
    batch.state = "DONE".into();
    batch::close(&mut tx, &batch).await.map_err(failed)?;
    if batch.added + batch.changed + batch.gone > 0 {
        landing::number(&mut tx, batch.id).await.map_err(failed)?;
    }
    landing::keep_columns(&mut tx, job.registry.id, &job.state.columns, job.state.complete).await.map_err(failed)?;
    let cursor = job.state.next_cursor.as_deref();
    match job.is_delivery {
        true => {
            let fingerprint = job.state.fingerprint.as_deref();
            registry::registry_landed(&mut tx, job.registry.id, job.now, cursor, fingerprint, records).await
        }
        false => registry::registry_amended(&mut tx, job.registry.id, records).await,
    }
    .map_err(failed)?;
    tx.commit().await.map_err(failed)?;
    store.fold_log();
    if let Some(ledger_builder) = sorter.ledger_builder.take() {
        let now = ledger::basis(store, job.registry.id, job.state.connector).await?;
        let old = sorter.ledger.as_ref().map(|ledger| (ledger, now == basis && ledger.columns == job.state.columns));
        ledger_builder.publish(old, now, &job.state.columns, &live_after);
    }
    receipt(&job, &batch, SyncOutcome::Landed, records, None).await
}

async fn write_rows(tx: &mut Tx, job: &Landing<'_>, mut sorter: Sorter, batch: &mut BatchRow) -> Result<Sorter, LandError> {
    let store = job.store;
    let failed = |e| LandError::Store(store.failed(e));
    let (batch_context, fresh, next_id) = (sorter.batch_context, sorter.fresh, sorter.next_id);
    let mut rows = job.spool.rows()?;
    let (send, mut receive) = mpsc::channel::<Chunk>(2);
    let sorting = tokio::task::spawn_blocking(move || -> Result<Sorter, LandError> {
        while let Some(chunk) = sorter.next(&mut rows)? {
            // The receiver ends early only on a database error, which it reports itself.
            if send.blocking_send(chunk).is_err() {
                break;
            }
        }
        Ok(sorter)
    });
    let mut late = Vec::new();
    // Rows whose key may have come before are looked up at the end, when there is an index again.
    let mut bare = fresh && job.state.rows as i64 >= MANY.max(next_id) && record_write::drop_indexes(tx).await.map_err(failed)?;
    let mut waiting: Vec<Deferred> = Vec::new();
    while let Some(mut chunk) = receive.recv().await {
        record_write::insert(tx, job.registry.id, batch.id, job.now, &chunk.added).await.map_err(failed)?;
        record_write::change(tx, batch.id, job.now, &chunk.changed).await.map_err(failed)?;
        batch.added += chunk.added.len() as i64;
        waiting.append(&mut chunk.deferred);
        if bare && waiting.len() > MOST_WAITING {
            record_write::build_indexes(tx).await.map_err(failed)?;
            bare = false;
        }
        if !bare {
            late.extend(settle(tx, job, batch_context, std::mem::take(&mut waiting), &mut chunk, batch).await.map_err(failed)?);
        }
        quarantine::put(tx, &chunk.quarantined).await.map_err(failed)?;
        batch.read_rows += chunk.read;
        batch.changed += chunk.changed.len() as i64;
        batch.unchanged += chunk.unchanged;
        batch.quarantined += chunk.quarantined.len() as i64;
    }
    let mut sorter = sorting.await.expect("sorting does not panic")?;
    if bare {
        record_write::build_indexes(tx).await.map_err(failed)?;
        let mut chunk = Chunk::default();
        late.extend(settle(tx, job, batch_context, waiting, &mut chunk, batch).await.map_err(failed)?);
        quarantine::put(tx, &chunk.quarantined).await.map_err(failed)?;
        batch.unchanged += chunk.unchanged;
        batch.quarantined += chunk.quarantined.len() as i64;
    }
    sorter.inserted.extend(late);
    Ok(sorter)
}

/// Decides about rows whose key the batch may have had: twins say nothing new, others of the same key go to quarantine, and
/// those whose key only looked like another one are new: they are written, and their ids answered.
async fn settle(
    tx: &mut Tx,
    job: &Landing<'_>,
    batch_context: BatchContext,
    deferred: Vec<Deferred>,
    chunk: &mut Chunk,
    batch: &mut BatchRow,
) -> Result<Vec<u64>, sqlx::Error> {
    if deferred.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<&str> =
        deferred.iter().filter_map(|d| if let Deferred::Row { row, .. } = d { Some(row.key.as_str()) } else { None }).collect();
    let known = record::known_in(tx, batch_context.registry_id, &keys).await?;
    let mut new: Vec<NewRecord> = Vec::new();
    let mut observed = Observed::default();
    for row in deferred {
        match row {
            Deferred::Known { number, record } => {
                let (key, payload) = record::replaced(tx, record as i64, batch_context.batch_id).await?;
                chunk.quarantined.push(batch_context.quarantine(number, None, duplicate(&key, &payload)));
            }
            Deferred::Row { number, offset, row } => {
                let first = known.get(&row.key).map(|k| k.hash).or_else(|| new.iter().find(|n| n.key == row.key).map(|n| n.hash));
                match first {
                    // The same row twice says nothing new.
                    Some(hash) if hash == row.hash => chunk.unchanged += 1,
                    Some(_) => {
                        chunk.quarantined.push(batch_context.quarantine(number, offset, duplicate(&row.key, &row.payload)))
                    }
                    None => match check(job.reader.as_ref(), &row.payload, &mut observed) {
                        Ok(observed_at) => new.push(NewRecord { observed_at, ..row }),
                        Err(mut fault) => {
                            if fault.raw.is_empty() {
                                fault.raw = row.payload;
                            }
                            chunk.quarantined.push(batch_context.quarantine(number, offset, fault));
                        }
                    },
                }
            }
        }
    }
    job.reader.gather(&mut observed);
    chunk.quarantined.sort_by_key(|q| q.row_number);
    record_write::insert(tx, batch_context.registry_id, batch.id, job.now, &new).await?;
    batch.added += new.len() as i64;
    Ok(new.iter().map(|row| row.id as u64).collect())
}

fn held_because(job: &Landing<'_>, batch: &BatchRow, no_records: i64, vanished: i64, live_before: i64) -> Option<Problem> {
    if job.guard.released.is_some() {
        return None;
    }
    if let Some(why) = job.reader.hold() {
        return Some(why);
    }
    // Totals and notes are put aside too, and say nothing against the others; unless they are most of what came.
    let spared = if no_records * 2 > batch.read_rows { 0 } else { no_records };
    let (rows, broken) = (batch.read_rows - spared, batch.quarantined - spared);
    if broken > 0 && broken as f64 > job.guard.quarantine * rows as f64 {
        return Some(Problem {
            code: "unreadable".into(),
            zh: format!(
                "{} 行中有 {} 行无法读取，超过 {:.1}% 的上限；很可能列或编码变了。未入库任何行，请核对后放行或退回",
                rows,
                broken,
                job.guard.quarantine * 100.0
            ),
            en: format!(
                "{} of {} rows cannot be read, above the limit of {:.1} %: columns or encoding may have changed; nothing landed; look at the batch, then release or reject it",
                broken,
                rows,
                job.guard.quarantine * 100.0
            ),
            remedy: None,
        });
    }
    if !job.state.complete {
        return None;
    }
    if job.is_delivery && batch.read_rows < job.guard.min_rows as i64 {
        let (rows, least) = (batch.read_rows, job.guard.min_rows);
        return Some(Problem {
            code: "too_few".into(),
            zh: format!("本次全量数据只有 {rows} 行，少于约定的 {least} 行；未入库任何行，请核对后放行或退回"),
            en: format!(
                "this complete pull has {rows} rows, fewer than the {least} agreed; nothing landed; look at the batch, then release or reject it"
            ),
            remedy: None,
        });
    }
    if live_before == 0 {
        return None;
    }
    if batch.read_rows == 0 {
        return Some(Problem {
            code: "empty".into(),
            zh: format!("本次取得 0 行，而库中有 {live_before} 条记录；未删除任何记录，请核对数据源后放行或退回"),
            en: format!(
                "the pull brought no rows while {live_before} records are known; nothing was deleted; look at the source, then release or reject the batch"
            ),
            remedy: None,
        });
    }
    (vanished as f64 > job.guard.vanish * live_before as f64).then(|| Problem {
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
        ), remedy: None })
}

async fn hold(job: &Landing<'_>, counts: BatchRow, why: Problem) -> Result<Receipt, LandError> {
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
    receipt(job, &batch, SyncOutcome::Held, job.registry.records, Some(why)).await
}

async fn receipt(
    job: &Landing<'_>,
    batch: &BatchRow,
    outcome: SyncOutcome,
    records: i64,
    notice: Option<Problem>,
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
        drift: batch.drift.as_deref().map(|drift| job.store.json(drift, "batch", batch.id, "drift")).transpose()?,
        notes: job.state.notes.clone(),
        ..Receipt::empty(&job.registry.name, job.title.0, job.title.1, outcome)
    })
}
