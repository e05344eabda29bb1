//! Correction requests (校核纠错): asked of the department whose registry states a field, answered by it, withdrawn, given more time.
//!
//! `cases::correction` decides; `store/correction.rs` keeps. Every change is made in one transaction with the event that says so. What an
//! answer puts into a row, and what deliveries do to requests, is done by [`super::correction_follow`].

use chrono::{Datelike, NaiveDate};
use hashbrown::{HashMap, HashSet};
use sha2::{Digest, Sha256};

use super::cases::{area_of, checked_note};
use super::error::HubError;
use super::open::Hub;
use crate::access::{Sight, classes};
use crate::cases::correction::{
    CellStatement, CorrectionAnswer, CorrectionOrigin, CorrectionStanding, CorrectionState, CorrectionStepKind, OtherStatement,
    checked_deadline,
};
use crate::connector::ShareClass;
use crate::edition::Edition;
use crate::model::enterprise::EnterpriseField;
use crate::model::problem::Problem;
use crate::model::provenance::FieldProvenance;
use crate::model::public_id;
use crate::records::StoredRowReader;
use crate::records::cell::{StatedCell, amended, chosen, stated};
use crate::store::correction::CorrectionRow;
use crate::store::correction_event::CorrectionEventRow;
use crate::store::record::StoredRecord;
use crate::store::{correction, correction_event};
use crate::{assess, records};

/// Source of a batch that puts a department's answer into its row.
pub const SOURCE: &str = "correction";
/// Requests that may be opened at a time.
pub const MAX_OPENED: usize = 10_000;
/// Enterprises of which all rows are read at a time.
const AT_ONCE: usize = 500;
/// Longest text of a value, in characters.
const MAX_VALUE: usize = 1_000;

/// What is asked about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CorrectionTarget {
    /// Id of the enterprise in the current edition.
    pub enterprise: String,
    /// Whose department is asked.
    pub registry: String,
    /// The registry's own key of the record; None: its record that differs from the value that was chosen, else its first.
    pub key: Option<String>,
    pub field: EnterpriseField,
    /// The column, where several speak of the field; None: the first that says anything.
    pub column: Option<String>,
}

/// How requests begin.
#[derive(Debug, Clone)]
pub struct CorrectionOpening {
    pub origin: CorrectionOrigin,
    /// The finding that they come of.
    pub finding: Option<String>,
    pub reason: Option<String>,
    /// None: as the policy says.
    pub deadline: Option<NaiveDate>,
    pub by: Option<String>,
}

/// Requests that were opened, those that waited already, and what could not be asked.
#[derive(Debug, Clone, Default)]
pub struct OpenedCorrections {
    pub opened: Vec<String>,
    pub existing: Vec<String>,
    pub left_out: Vec<(CorrectionTarget, Problem)>,
}

/// An answer, as a department gives it.
#[derive(Debug, Clone)]
pub struct GivenAnswer {
    pub id: String,
    pub answer: CorrectionAnswer,
    /// What is right, as the registry writes it.
    pub value: Option<String>,
    pub note: Option<String>,
    pub by: Option<String>,
    /// The system's own key of this answer.
    pub idempotency: Option<String>,
}

/// Who changes a request, and what they write beside it.
#[derive(Debug, Clone, Default)]
pub struct CorrectionWord {
    pub by: Option<String>,
    pub note: Option<String>,
}

/// The request as `cases` takes it.
pub fn standing_of(row: &CorrectionRow) -> CorrectionStanding {
    CorrectionStanding {
        state: CorrectionState::from_name(&row.state).unwrap_or(CorrectionState::Open),
        answer: row.answer.as_deref().and_then(CorrectionAnswer::from_name),
        is_pending: row.pending != 0,
        stated: CellStatement { raw: row.stated_raw.clone(), value: row.stated.clone() },
        deadline: row.deadline.parse().unwrap_or_default(),
    }
}

/// What others said when it was asked.
pub fn others_of(row: &CorrectionRow) -> Vec<OtherStatement> {
    serde_json::from_str(&row.others).unwrap_or_default()
}

fn no_correction(id: &str) -> HubError {
    HubError::said(
        format!("没有校核请求 {id}；huitu correction list --all 可列出全部"),
        format!("there is no correction request {id}; `huitu correction list --all` shows them"),
    )
}

/// Events being written, numbered as they come.
pub(super) struct CorrectionLog {
    pub next: i64,
    pub at: i64,
    pub events: Vec<CorrectionEventRow>,
}

impl CorrectionLog {
    pub fn add(&mut self, row: &mut CorrectionRow, what: CorrectionStepKind, by: Option<&str>) -> &mut CorrectionEventRow {
        row.version = self.next;
        self.events.push(CorrectionEventRow {
            id: self.next,
            correction_id: row.id.clone(),
            registry: row.registry.clone(),
            enterprise_id: row.enterprise_id.clone(),
            at: self.at,
            by_whom: by.map(str::to_owned),
            what: what.name().to_owned(),
            ..CorrectionEventRow::default()
        });
        self.next += 1;
        self.events.last_mut().expect("one was added")
    }
}

/// All that is said of some enterprises, by record.
struct Said {
    reading: StoredRowReader,
    rows: HashMap<i64, StoredRecord>,
}

impl Said {
    /// What the registries say of each field of an enterprise.
    fn provenance(&self, hub: &Hub, members: &[(i64, u16)]) -> Vec<FieldProvenance> {
        let mut facts = Vec::new();
        for (id, part) in members {
            let Some(row) = self.rows.get(id) else { continue };
            let Some((registry, read)) = self.reading.records(row) else { continue };
            facts.extend(read.into_iter().filter(|r| r.part == *part).map(|record| records::facts(record, registry, row)));
        }
        let today = hub.clock.today(hub.settings.zone);
        assess::provenance(facts, records::traits(&hub.connectors), &hub.settings.policy, today)
    }
}

/// One request before it is written.
struct Asked {
    target: CorrectionTarget,
    record: StoredRecord,
    cell: StatedCell,
    others: Vec<OtherStatement>,
}

impl Hub {
    /// Asks departments about fields of records; where the same cell is asked about already, that request stands.
    ///
    /// # Errors
    /// Nothing was asked: a deadline that cannot be meant, a store that cannot be read or written. What of several cannot be asked is said
    /// of each.
    pub async fn open_corrections(
        &self,
        targets: &[CorrectionTarget],
        opening: &CorrectionOpening,
    ) -> Result<OpenedCorrections, HubError> {
        if targets.len() > MAX_OPENED {
            return Err(HubError::said(
                format!("一次最多提出 {MAX_OPENED} 个请求，收到 {} 个", targets.len()),
                format!("at most {MAX_OPENED} requests can be opened at a time, not {}", targets.len()),
            ));
        }
        let reason = checked_note(opening.reason.as_deref())?.map(str::to_owned);
        let today = self.clock.today(self.settings.zone);
        let deadline = match opening.deadline {
            Some(day) => checked_deadline(day, today).map_err(HubError::Told)?,
            None => self.settings.corrections.due(today),
        };
        if !self.settings.corrections.knows(deadline.year()) {
            tracing::warn!(%deadline, "which days of that year are off is not known: deadlines count weekends alone; name the others in [corrections] holidays");
        }
        let edition = self.editions.current()?;
        let mut done = OpenedCorrections::default();
        let mut asked = Vec::new();
        for part in targets.chunks(AT_ONCE) {
            let said = self.said_of(&edition, part).await?;
            for target in part {
                match self.asked(&edition, &said, target) {
                    Ok(one) => asked.push(one),
                    Err(problem) => done.left_out.push((target.clone(), problem)),
                }
            }
        }
        let at = self.clock.millis();
        let failed = |e| HubError::Store(self.store.failed(e));
        let mut tx = self.store.begin_corrections().await?;
        let next = correction_event::last_event(&mut tx).await.map_err(failed)? + 1;
        let mut log = CorrectionLog { next, at, events: Vec::new() };
        let (mut rows, mut seen) = (Vec::new(), HashSet::new());
        for one in asked {
            let Asked { target, record, cell, others } = one;
            if !seen.insert((target.registry.clone(), record.key.clone(), cell.column.clone())) {
                continue;
            }
            let there = correction::waiting(&mut tx, &target.registry, &record.key, &cell.column).await.map_err(failed)?;
            if let Some(there) = there {
                done.existing.push(there.id);
                continue;
            }
            let text = [target.registry.as_str(), &record.key, &cell.column].join("\u{1f}");
            let bits = xxhash_rust::xxh3::xxh3_64_with_seed(text.as_bytes(), log.next as u64) & public_id::BITS;
            let (area, federation) = area_of(&edition, &target.enterprise);
            let mut row = CorrectionRow {
                id: public_id::write('K', bits),
                enterprise_id: target.enterprise,
                registry: target.registry,
                record_key: record.key,
                record_id: record.id,
                field: target.field.name().to_owned(),
                column_name: cell.column,
                stated_raw: cell.raw,
                stated: cell.value,
                others: serde_json::to_string(&others).expect("plain texts"),
                origin: opening.origin.name().to_owned(),
                finding_id: opening.finding.clone(),
                reason: reason.clone(),
                state: CorrectionState::Open.name().to_owned(),
                answer: None,
                corrected_raw: None,
                answer_note: None,
                answered_by: None,
                answered_at: None,
                pending: 0,
                batch_id: None,
                deadline: deadline.to_string(),
                area,
                federation,
                opened_at: at,
                opened_by: opening.by.clone(),
                closed_at: None,
                version: 0,
            };
            let event = log.add(&mut row, CorrectionStepKind::Opened, opening.by.as_deref());
            event.to_value = Some(row.deadline.clone());
            event.note.clone_from(&reason);
            done.opened.push(row.id.clone());
            rows.push(row);
        }
        correction::put(&mut tx, &rows).await.map_err(failed)?;
        correction_event::note(&mut tx, &log.events).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        Ok(done)
    }

    /// Every row of the enterprises that are asked about.
    async fn said_of(&self, edition: &Edition, targets: &[CorrectionTarget]) -> Result<Said, HubError> {
        let enterprises = targets.iter().filter_map(|t| edition.enterprise_of_id(&t.enterprise));
        let mut ids: Vec<i64> = enterprises.flat_map(|e| e.members().map(|m| m.record_id()).collect::<Vec<_>>()).collect();
        ids.sort_unstable();
        ids.dedup();
        let registries = self.store.registries().await?;
        let reading = StoredRowReader::new(&self.store, &self.connectors, &registries).await?;
        let rows = self.store.records_by_id(&ids).await?;
        Ok(Said { reading, rows: rows.into_iter().map(|row| (row.id, row)).collect() })
    }

    fn asked(&self, edition: &Edition, said: &Said, target: &CorrectionTarget) -> Result<Asked, Problem> {
        let id = &target.enterprise;
        let Some(enterprise) = edition.enterprise_of_id(id) else {
            return Err(Problem::new("unknown", format!("本期没有企业 {id}"), format!("the edition has no enterprise {id}")));
        };
        let registry = &target.registry;
        if !self.connectors.iter().any(|c| c.name == *registry) {
            let known: Vec<&str> = self.connectors.iter().map(|c| c.name.as_str()).collect();
            let known = known.join(", ");
            return Err(Problem::new(
                "unknown",
                format!("没有登记「{registry}」；可用：{known}"),
                format!("there is no registry \"{registry}\"; known: {known}"),
            ));
        }
        let members: Vec<(i64, u16)> = enterprise.members().map(|m| (m.record_id(), m.part())).collect();
        let theirs = enterprise.members().filter(|m| m.registry() == *registry);
        let theirs: Vec<i64> =
            theirs.filter(|m| target.key.as_deref().is_none_or(|key| key == m.key())).map(|m| m.record_id()).collect();
        let of_field: Option<FieldProvenance> = said.provenance(self, &members).into_iter().find(|p| p.field == target.field);
        let chosen_value = of_field.as_ref().and_then(|p| p.value.clone());
        let mut cells: Vec<(&StoredRecord, StatedCell)> = theirs
            .iter()
            .filter_map(|id| said.rows.get(id).filter(|row| row.gone == 0))
            .filter_map(|row| Some((row, chosen(stated(&said.reading, row, target.field), target.column.as_deref())?)))
            .collect();
        // The record that differs from what was chosen is the one that is asked about.
        let differs = |cell: &StatedCell| cell.value.is_some() && cell.value.as_deref() != chosen_value.as_deref();
        let at = cells.iter().position(|(_, cell)| differs(cell)).unwrap_or(0);
        if cells.is_empty() {
            let field = target.field.name();
            return Err(match theirs.is_empty() {
                true => Problem::new(
                    "no_record",
                    format!("企业 {id} 在登记「{registry}」中没有这条记录"),
                    format!("enterprise {id} has no such record of registry \"{registry}\""),
                ),
                false => Problem::new(
                    "no_column",
                    format!("登记「{registry}」的这条记录没有说明 {field} 的列"),
                    format!("the record of registry \"{registry}\" has no column that speaks of {field}"),
                ),
            });
        }
        let (record, cell) = cells.swap_remove(at);
        let sources = of_field.iter().flat_map(|p| p.source.iter().chain(&p.others));
        let others = sources.filter(|s| s.record_id != record.id).filter_map(|s| {
            Some(OtherStatement {
                registry: self.connectors.get(usize::from(s.registry))?.name.clone(),
                key: s.key.to_string(),
                value: s.value.as_deref().map(str::to_owned),
                at: s.observed_at.unwrap_or(s.landed_at),
            })
        });
        Ok(Asked { target: target.clone(), record: record.clone(), cell, others: others.collect() })
    }

    /// Takes a department's answer. One that states another value is put into the row at once where nobody else is writing, else with the
    /// next landing or publication; `pending` of the row says so. The same answer under the same key again changes nothing.
    ///
    /// # Errors
    /// Nothing was recorded: no such request; one that was answered, closed or withdrawn; a value that the registry's column cannot hold; a
    /// key that named another answer.
    pub async fn answer_correction(&self, given: &GivenAnswer) -> Result<CorrectionRow, HubError> {
        let note = checked_note(given.note.as_deref())?;
        let value = given.value.as_deref().map(str::trim).filter(|text| !text.is_empty());
        if value.is_some_and(|text| text.chars().count() > MAX_VALUE) {
            return Err(HubError::said(format!("值最多 {MAX_VALUE} 字"), format!("a value has at most {MAX_VALUE} characters")));
        }
        let registries = self.store.registries().await?;
        let reading = StoredRowReader::new(&self.store, &self.connectors, &registries).await?;
        let failed = |e| HubError::Store(self.store.failed(e));
        let mut tx = self.store.begin_corrections().await?;
        let Some(mut row) = correction::one(&mut tx, &given.id).await.map_err(failed)? else {
            return Err(no_correction(&given.id));
        };
        let parts = [given.id.as_str(), given.answer.name(), value.unwrap_or(""), note.unwrap_or("")];
        let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(parts.join("\u{1f}").as_bytes()));
        let key = given.idempotency.as_ref().map(|key| format!("{}\n{key}", row.registry));
        if let Some(key) = &key
            && let Some(before) = correction_event::under_key(&mut tx, key).await.map_err(failed)?
        {
            return match before.digest.as_deref() == Some(&digest) {
                true => Ok(row),
                false => Err(HubError::Told(Problem::new(
                    "key_reused",
                    format!("这个键已用于对请求 {} 的另一答复；新的答复请用新的键", before.correction_id),
                    format!("this key named another answer, to request {}: give a new answer a new key", before.correction_id),
                ))),
            };
        }
        let standing = standing_of(&row);
        let before = self.answered_before(&row);
        let before = before.as_ref().map(|(zh, en)| (zh.as_str(), en.as_str()));
        standing.may_answer(given.answer, value, before).map_err(HubError::Told)?;
        if let Some(value) = value {
            self.check_value(&reading, &row, value).await?;
        }
        let at = self.clock.millis();
        let next = correction_event::last_event(&mut tx).await.map_err(failed)? + 1;
        let mut log = CorrectionLog { next, at, events: Vec::new() };
        row.state = CorrectionState::Answered.name().to_owned();
        row.answer = Some(given.answer.name().to_owned());
        row.corrected_raw = value.map(str::to_owned);
        row.answer_note = note.map(str::to_owned);
        row.answered_by.clone_from(&given.by);
        row.answered_at = Some(at);
        row.closed_at = Some(at);
        row.pending = i64::from(value.is_some());
        row.batch_id = None;
        let event = log.add(&mut row, CorrectionStepKind::Answered, given.by.as_deref());
        event.to_value = Some(given.answer.name().to_owned());
        event.value = value.map(str::to_owned);
        event.note = note.map(str::to_owned);
        event.digest = key.is_some().then_some(digest);
        event.idempotency = key;
        correction::put(&mut tx, std::slice::from_ref(&row)).await.map_err(failed)?;
        correction_event::note(&mut tx, &log.events).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        if row.pending != 0 {
            self.land_answers_or_tell().await;
        }
        Ok(self.store.correction(&given.id).await?.unwrap_or(row))
    }

    /// Who answered what and when, in both languages.
    fn answered_before(&self, row: &CorrectionRow) -> Option<(String, String)> {
        let answer = row.answer.as_deref().and_then(CorrectionAnswer::from_name)?;
        let at = chrono::DateTime::from_timestamp_millis(row.answered_at?)?.with_timezone(&self.settings.zone);
        let at = at.format("%Y-%m-%d %H:%M");
        let by = row.answered_by.as_deref().unwrap_or("");
        let zh = match answer {
            CorrectionAnswer::Corrected => "已更正",
            CorrectionAnswer::Confirmed => "核实无误",
            CorrectionAnswer::NotOurs => "非本部门数据",
        };
        let value = row.corrected_raw.as_ref().map(|v| (format!("，值“{v}”"), format!(" as \"{v}\"")));
        let (value_zh, value_en) = value.unwrap_or_default();
        Some((format!("{at} {by} {zh}{value_zh}"), format!("{answer}{value_en} by {by} on {at}")))
    }

    /// Whether a value can stand in the row: the row is there, still says what is disputed, and can be read with it.
    async fn check_value(&self, reading: &StoredRowReader, row: &CorrectionRow, value: &str) -> Result<(), HubError> {
        let told = |code: &'static str, zh: String, en: String| HubError::Told(Problem::new(code, zh, en));
        let (record, cell) = match self.cell_of(reading, row).await? {
            Some((record, Some(cell))) => (record, cell),
            _ => {
                return Err(told(
                    "row_gone",
                    format!("登记「{}」中已没有记录 {}，或该列已读不出来：无需更正", row.registry, row.record_key),
                    format!(
                        "registry \"{}\" has no record {} any more, or its column cannot be read: nothing is left to correct",
                        row.registry, row.record_key
                    ),
                ));
            }
        };
        let stated = CellStatement { raw: row.stated_raw.clone(), value: row.stated.clone() };
        let now = CellStatement { raw: cell.raw.clone(), value: cell.value.clone() };
        if !now.agrees(&stated) {
            let says = cell.raw.unwrap_or_default();
            return Err(told(
                "row_changed",
                format!("该记录现在已写作“{says}”，与提出请求时不同：请求将由数据了结，无需更正"),
                format!(
                    "the record says \"{says}\" now, which is not what was disputed: the data closes the request, nothing is left to correct"
                ),
            ));
        }
        let payload = amended(reading, &record, cell.place, value).map_err(HubError::Told)?;
        // What reads the same is no correction.
        let after = StoredRecord { payload, ..record };
        let field = EnterpriseField::from_name(&row.field).unwrap_or(EnterpriseField::Name);
        let after = chosen(crate::records::cell::stated(reading, &after, field), Some(&cell.column));
        let after = after.map(|cell| CellStatement { raw: cell.raw, value: cell.value }).unwrap_or_default();
        if after.agrees(&stated) {
            return Err(told(
                "value_same",
                format!("“{value}”就是登记现在的值：若无误，请答复“核实无误”（CONFIRMED）"),
                format!("\"{value}\" is what the registry says already: where it is right, answer CONFIRMED"),
            ));
        }
        Ok(())
    }

    /// The record that a request is about, and its cell where today's connector reads it; None where the registry has it no more.
    pub(super) async fn cell_of(
        &self,
        reading: &StoredRowReader,
        row: &CorrectionRow,
    ) -> Result<Option<(StoredRecord, Option<StatedCell>)>, HubError> {
        let found = self.store.records_by_id(&[row.record_id]).await?;
        let Some(record) = found.into_iter().next().filter(|record| record.gone == 0) else { return Ok(None) };
        let cell = cell_in(reading, &record, row);
        Ok(Some((record, cell)))
    }

    /// Takes a request back.
    ///
    /// # Errors
    /// Nothing was changed: no such request, or one that waits for no answer any more.
    pub async fn withdraw_correction(&self, id: &str, word: &CorrectionWord) -> Result<CorrectionRow, HubError> {
        let at = self.clock.millis();
        self.step_correction(id, word, |row, log| {
            standing_of(row).may_withdraw()?;
            row.state = CorrectionState::Withdrawn.name().to_owned();
            row.closed_at = Some(at);
            log.add(row, CorrectionStepKind::Withdrawn, word.by.as_deref());
            Ok(())
        })
        .await
    }

    /// Gives a request more time.
    ///
    /// # Errors
    /// Nothing was changed: no such request, one that waits for no answer any more, a day that is not later.
    pub async fn extend_correction(&self, id: &str, to: NaiveDate, word: &CorrectionWord) -> Result<CorrectionRow, HubError> {
        let today = self.clock.today(self.settings.zone);
        self.step_correction(id, word, |row, log| {
            standing_of(row).may_extend(to, today)?;
            let from = std::mem::replace(&mut row.deadline, to.to_string());
            let event = log.add(row, CorrectionStepKind::Extended, word.by.as_deref());
            (event.from_value, event.to_value) = (Some(from), Some(to.to_string()));
            Ok(())
        })
        .await
    }

    async fn step_correction(
        &self,
        id: &str,
        word: &CorrectionWord,
        step: impl FnOnce(&mut CorrectionRow, &mut CorrectionLog) -> Result<(), Problem>,
    ) -> Result<CorrectionRow, HubError> {
        let note = checked_note(word.note.as_deref())?;
        let failed = |e| HubError::Store(self.store.failed(e));
        let mut tx = self.store.begin_corrections().await?;
        let Some(mut row) = correction::one(&mut tx, id).await.map_err(failed)? else { return Err(no_correction(id)) };
        let next = correction_event::last_event(&mut tx).await.map_err(failed)? + 1;
        let mut log = CorrectionLog { next, at: self.clock.millis(), events: Vec::new() };
        step(&mut row, &mut log).map_err(HubError::Told)?;
        if let Some(event) = log.events.first_mut() {
            event.note = note.map(str::to_owned);
        }
        correction::put(&mut tx, std::slice::from_ref(&row)).await.map_err(failed)?;
        correction_event::note(&mut tx, &log.events).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        Ok(row)
    }

    /// Notes that a department has what is asked of it: in a letter, or because it or its system read it. Of those that it had already
    /// nothing is noted.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub async fn note_corrections(&self, ids: &[String], what: CorrectionStepKind, by: Option<&str>) -> Result<usize, HubError> {
        let state = match what {
            CorrectionStepKind::Sent => CorrectionState::Sent,
            _ => CorrectionState::Seen,
        };
        if ids.is_empty() {
            return Ok(0);
        }
        let failed = |e| HubError::Store(self.store.failed(e));
        let mut tx = self.store.begin_corrections().await?;
        let next = correction_event::last_event(&mut tx).await.map_err(failed)? + 1;
        let mut log = CorrectionLog { next, at: self.clock.millis(), events: Vec::new() };
        let mut rows = Vec::new();
        for id in ids {
            let Some(mut row) = correction::one(&mut tx, id).await.map_err(failed)? else { continue };
            let standing = standing_of(&row);
            if !standing.state.is_waiting() || standing.state >= state {
                continue;
            }
            row.state = state.name().to_owned();
            log.add(&mut row, what, by);
            rows.push(row);
        }
        correction::put(&mut tx, &rows).await.map_err(failed)?;
        correction_event::note(&mut tx, &log.events).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        Ok(rows.len())
    }
}

impl Hub {
    /// Whether the department of one registry may be told what another registry says of a field: what is open to every caller, but for
    /// registries that the catalogue keeps where they are (不予共享).
    pub fn is_told_to_department(&self, own: &str, registry: &str, field: EnterpriseField) -> bool {
        let share = self.connectors.iter().find(|c| c.name == registry).and_then(|c| c.catalogue.share);
        own == registry || share != Some(ShareClass::NotShared) && Sight::OPEN.sees(classes::of_field(field))
    }
}

/// The cell of a record that a request is about; None where today's connector does not read it.
pub(super) fn cell_in(reading: &StoredRowReader, record: &StoredRecord, row: &CorrectionRow) -> Option<StatedCell> {
    let all = stated(reading, record, EnterpriseField::from_name(&row.field)?);
    match all.len() {
        // The registry may have renamed its column.
        1 => all.into_iter().next(),
        _ => chosen(all, Some(&row.column_name)),
    }
}
