//! What answers put into rows, and what deliveries do to requests: closed by another value, opened again by the disputed one.
//!
//! An answer is recorded before its value lands; where a process was killed in between, the next landing or publication puts it there
//! under the same key, so that it lands once. Requests follow what has landed, whether an edition shows it or waits for a person.

use std::time::Duration;

use super::corrections::{CorrectionLog, SOURCE, cell_in, standing_of};
use super::error::HubError;
use super::open::Hub;
use crate::cases::correction::{CellStatement, CorrectionState, CorrectionStepKind, Delivered};
use crate::edition::LookupKey;
use crate::land::spool::{Spool, SpoolState};
use crate::records::StoredRowReader;
use crate::records::cell::amended;
use crate::store::correction::CorrectionRow;
use crate::store::record::StoredRecord;
use crate::store::{StoreError, correction, correction_event, set_meta};

/// Landing and edition that the requests have followed.
const FOLLOWED: &str = "corrections_followed";
/// Rows read at a time.
const AT_ONCE: usize = 5_000;
/// An answer waits so long for whoever is landing or publishing.
const PATIENCE: Duration = Duration::from_secs(2);

/// What deliveries did to requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CorrectionsFollowed {
    pub closed: usize,
    pub reopened: usize,
    /// Whose record belongs to another enterprise now.
    pub moved: usize,
}

impl Hub {
    /// Puts the answers that wait into their rows; how many. Those that cannot be put there now wait on.
    ///
    /// # Errors
    /// `StoreError::Busy` while somebody lands or publishes; the store cannot be read or written.
    pub async fn land_answers(&self) -> Result<usize, HubError> {
        if self.store.pending_corrections().await?.is_empty() {
            return Ok(0);
        }
        let turn = self.store.write_lock(PATIENCE).await?;
        self.through(turn.store()).land_answers_in_turn().await
    }

    /// The same, where a failure is nothing to whoever answered: what they said is kept.
    pub(super) async fn land_answers_or_tell(&self) {
        match self.land_answers().await {
            Ok(_) | Err(HubError::Store(StoreError::Busy { .. })) => {}
            Err(error) => {
                tracing::error!(%error, "an answer could not be put into its row; the next landing or publication does it")
            }
        }
    }

    /// The same for whoever has the turn to write.
    pub(super) async fn land_answers_in_turn(&self) -> Result<usize, HubError> {
        let waiting = self.store.pending_corrections().await?;
        for row in &waiting {
            self.land_answer(row).await?;
        }
        Ok(waiting.len())
    }

    async fn land_answer(&self, row: &CorrectionRow) -> Result<(), HubError> {
        let Ok((connector, registry)) = self.registry(&row.registry).await else {
            return self.answer_landed(row, None, Some("")).await;
        };
        // No push has a blank in its key.
        let key = format!("correction {} {}", row.id, row.answered_at.unwrap_or_default());
        if let Some(batch) = self.store.batch_by_idempotency(registry.id, &key).await? {
            return self.answer_landed(row, Some(batch.id), None).await;
        }
        let value = row.corrected_raw.as_deref().unwrap_or_default();
        let reading = StoredRowReader::new(&self.store, &self.connectors, std::slice::from_ref(&registry)).await?;
        let Some((record, Some(cell))) = self.cell_of(&reading, row).await? else {
            return self.answer_landed(row, None, Some("")).await;
        };
        let says = cell.raw.clone().unwrap_or_default();
        let now = CellStatement { raw: cell.raw, value: cell.value };
        let disputed = CellStatement { raw: row.stated_raw.clone(), value: row.stated.clone() };
        let payload = amended(&reading, &record, cell.place, value);
        let payload = payload.ok().filter(|_| now.agrees(&disputed));
        let Some(payload) = payload else { return self.answer_landed(row, None, Some(&says)).await };
        let columns = reading.columns(&record).unwrap_or_default().to_vec();
        let spool = Spool::new(&self.settings.data.join(SOURCE), &row.registry);
        let state = SpoolState {
            source: SOURCE.to_owned(),
            started_at: self.clock.millis(),
            connector: connector.digest,
            idempotency: Some(key),
            next_cursor: registry.cursor.clone(),
            fingerprint: registry.fingerprint.clone(),
            ..SpoolState::default()
        };
        let mut writer = spool.create(state)?;
        writer.columns(&columns);
        writer.row_json(1, None, 0, &payload)?;
        let state = writer.finish()?;
        let batch = self.store.batch_started(registry.id, state.started_at, SOURCE, false).await?;
        // Nothing holds a row that its department has just stated.
        let said = Some((row.answered_by.clone().unwrap_or_default(), format!("correction {}", row.id)));
        self.land_spool(&connector, &registry, &spool, SpoolState { batch, ..state }, said).await?;
        self.answer_landed(row, Some(batch), None).await
    }

    /// Notes that an answer stands in its row, or what the row says instead.
    async fn answer_landed(&self, given: &CorrectionRow, batch: Option<i64>, instead: Option<&str>) -> Result<(), HubError> {
        let failed = |e| HubError::Store(self.store.failed(e));
        let mut tx = self.store.begin_corrections().await?;
        let Some(mut row) = correction::one(&mut tx, &given.id).await.map_err(failed)?.filter(|row| row.pending != 0) else {
            return Ok(());
        };
        let next = correction_event::last_event(&mut tx).await.map_err(failed)? + 1;
        let mut log = CorrectionLog { next, at: self.clock.millis(), events: Vec::new() };
        (row.pending, row.batch_id) = (0, batch);
        let (stated, corrected) = (row.stated_raw.clone(), row.corrected_raw.clone());
        let what = if batch.is_some() { CorrectionStepKind::Landed } else { CorrectionStepKind::Overtaken };
        let event = log.add(&mut row, what, None);
        event.batch_id = batch;
        (event.from_value, event.to_value) = match instead {
            None => (stated, corrected),
            Some(says) => (corrected, Some(says.to_owned()).filter(|text| !text.is_empty())),
        };
        correction::put(&mut tx, std::slice::from_ref(&row)).await.map_err(failed)?;
        correction_event::note(&mut tx, &log.events).await.map_err(failed)?;
        tx.commit().await.map_err(failed)
    }

    /// Lets the requests follow what has landed and what is published. A state that they follow already changes nothing.
    ///
    /// # Errors
    /// Nothing was changed: the store cannot be read or written.
    pub async fn follow_corrections(&self) -> Result<CorrectionsFollowed, HubError> {
        let edition = self.editions.current().ok();
        let landing = self.store.latest_landing().await?.landing;
        let mark = format!("{landing}:{}", edition.as_ref().map_or(0, |e| e.number()));
        if self.store.meta(FOLLOWED).await?.as_ref() == Some(&mark) {
            return Ok(CorrectionsFollowed::default());
        }
        let registries = self.store.registries().await?;
        let reading = StoredRowReader::new(&self.store, &self.connectors, &registries).await?;
        let failed = |e| HubError::Store(self.store.failed(e));
        let mut tx = self.store.begin_corrections().await?;
        let mut rows = correction::followed(&mut tx).await.map_err(failed)?;
        let next = correction_event::last_event(&mut tx).await.map_err(failed)? + 1;
        let mut log = CorrectionLog { next, at: self.clock.millis(), events: Vec::new() };
        let mut done = CorrectionsFollowed::default();
        let mut changed = Vec::new();
        for part in rows.chunks_mut(AT_ONCE) {
            let ids: Vec<i64> = part.iter().map(|row| row.record_id).collect();
            let records = self.store.records_by_id(&ids).await?;
            for row in part {
                let before = row.version;
                if let Some(edition) = &edition {
                    let key = LookupKey::Record { registry: row.registry.clone(), key: row.record_key.clone() };
                    let holder = edition.rows(&key).first().map(|holder| edition.enterprise(*holder).id().to_owned());
                    if let Some(holder) = holder {
                        let (area, federation) = super::cases::area_of(edition, &holder);
                        if row.area != area || row.federation != federation {
                            (row.area, row.federation) = (area, federation);
                            changed.push(row.clone());
                        }
                        if row.enterprise_id != holder {
                            done.moved += 1;
                            let from = std::mem::replace(&mut row.enterprise_id, holder.clone());
                            let event = log.add(row, CorrectionStepKind::Moved, None);
                            (event.from_value, event.to_value) = (Some(from), Some(holder));
                        }
                    }
                }
                let record = records.binary_search_by_key(&row.record_id, |record| record.id).ok().map(|at| &records[at]);
                self.follow_one(&reading, record, row, &mut log, &mut done);
                if row.version != before {
                    changed.push(row.clone());
                }
            }
        }
        correction::put(&mut tx, &changed).await.map_err(failed)?;
        correction_event::note(&mut tx, &log.events).await.map_err(failed)?;
        set_meta(&mut tx, FOLLOWED, &mark).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        if done != CorrectionsFollowed::default() {
            tracing::info!(?done, %mark, "correction requests follow the data");
        }
        Ok(done)
    }

    fn follow_one(
        &self,
        reading: &StoredRowReader,
        record: Option<&StoredRecord>,
        row: &mut CorrectionRow,
        log: &mut CorrectionLog,
        done: &mut CorrectionsFollowed,
    ) {
        let cell = record.filter(|record| record.gone == 0).map(|record| cell_in(reading, record, row));
        let now = match &cell {
            None => Delivered::Gone,
            Some(None) => Delivered::Unread,
            Some(Some(cell)) => Delivered::Says(CellStatement { raw: cell.raw.clone(), value: cell.value.clone() }),
        };
        let Some(step) = standing_of(row).follow(&now) else { return };
        let says = cell.flatten().and_then(|cell| cell.raw);
        let (stated, batch) = (row.stated_raw.clone(), record.map(|record| record.batch_id));
        match step {
            CorrectionStepKind::Reopened => {
                done.reopened += 1;
                // What was answered stays in its event.
                (row.answer, row.corrected_raw, row.answer_note, row.answered_by, row.answered_at) =
                    (None, None, None, None, None);
                (row.closed_at, row.batch_id) = (None, None);
                row.state = CorrectionState::Open.name().to_owned();
                row.deadline = self.settings.corrections.due(self.clock.today(self.settings.zone)).to_string();
                let event = log.add(row, step, None);
                (event.to_value, event.batch_id) = (says, batch);
            }
            _ => {
                done.closed += 1;
                row.state = CorrectionState::ClosedByData.name().to_owned();
                (row.closed_at, row.batch_id) = (Some(log.at), batch);
                let event = log.add(row, step, None);
                (event.from_value, event.to_value, event.batch_id) = (stated, says, batch);
            }
        }
    }

    /// Lets the requests follow; where that fails the log says so, and the next publication, or the server, tries again.
    pub async fn followed_by_corrections(&self) {
        if let Err(error) = self.follow_corrections().await {
            tracing::error!(%error, "the correction requests could not follow the data; the next publication, or the server, tries again");
        }
    }
}
