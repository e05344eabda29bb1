//! The return flow (回流): a department's own rows, in its own columns and keys, with what the hub learnt beside them.
//!
//! In: a registry and an edition. Out: its rows as they stood when the edition was published, page by page, each with the enterprise it
//! belongs to, how it was matched, where others differ, what is asked about it; then the rows that were put aside, with why. Whoever
//! fetches it, it says what the department may see and no more: of other registries only what is open to every caller, and nothing of
//! those that the catalogue keeps where they are.

use std::collections::HashMap;
use std::sync::Arc;

use hashbrown::HashSet;

use super::corrections::standing_of;
use super::error::HubError;
use super::open::Hub;
use crate::edition::{Edition, LookupKey};
use crate::model::enterprise::EnterpriseField;
use crate::model::field::RecordKind;
use crate::records::StoredRowReader;
use crate::store::correction::{CorrectionQuery, CorrectionRow};
use crate::store::quarantine::QuarantinedRow;
use crate::store::record::{StoredRecord, cells};
use crate::{assess, records};

/// Rows read at a time.
pub const RETURN_PAGE: usize = 500;
/// Requests that wait of one registry which a return flow shows; more are in the list of requests.
const MAX_ASKED: i64 = 100_000;

/// Where a page of the return flow ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReturnPlace {
    /// Behind this record.
    Record(i64),
    /// Behind this row that was put aside; all records came before.
    Quarantine(i64),
}

impl ReturnPlace {
    /// The beginning.
    pub const START: ReturnPlace = ReturnPlace::Record(0);

    /// As an address carries it: `r12`, `q3`.
    pub fn text(self) -> String {
        match self {
            ReturnPlace::Record(id) => format!("r{id}"),
            ReturnPlace::Quarantine(id) => format!("q{id}"),
        }
    }
    /// Reads what [`ReturnPlace::text`] wrote; None for any other text.
    pub fn read(text: &str) -> Option<ReturnPlace> {
        match (text.get(..1)?, text.get(1..)?.parse().ok().filter(|id| *id >= 0)?) {
            ("r", id) => Some(ReturnPlace::Record(id)),
            ("q", id) => Some(ReturnPlace::Quarantine(id)),
            _ => None,
        }
    }
}

/// A field on which another registry says something else than the department's row.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ReturnedConflict {
    pub field: &'static str,
    /// What the department's row says, as read.
    pub own: Option<String>,
    /// Registry and value, of those that the department may see; the others differ too, and are not told.
    pub others: Vec<(String, String)>,
}

/// What is asked about the row.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReturnedCorrection {
    pub id: String,
    pub column: String,
    pub state: &'static str,
    pub deadline: String,
}

/// One row of the department with what the hub learnt beside it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReturnedRow {
    /// The registry's own key; None of a row that was put aside before it could be read.
    pub key: Option<String>,
    /// The department's own cells, in the order of [`ReturnFlow::columns`].
    pub cells: Vec<Option<String>>,
    /// Id of the enterprise in the hub; None where the row belongs to none.
    pub enterprise: Option<String>,
    /// How many other registries, of those that may be told, have a record of the same enterprise.
    pub matched: u32,
    /// Unified credit code, where a source that the department may see says it.
    pub credit_code: Option<String>,
    pub conflicts: Vec<ReturnedConflict>,
    pub corrections: Vec<ReturnedCorrection>,
    /// Why the row was put aside, in Chinese and English; None of a row that landed.
    pub quarantined: Option<(String, String)>,
}

/// A return flow under way.
pub struct ReturnFlow {
    hub: Hub,
    edition: Arc<Edition>,
    registry: String,
    registry_id: i64,
    reading: StoredRowReader,
    layouts: HashMap<i64, (i64, Vec<String>)>,
    /// The department's own columns.
    pub columns: Vec<String>,
    /// The fields that its contract reads.
    fields: HashSet<EnterpriseField>,
    /// What waits for an answer, by key.
    asked: HashMap<String, Vec<CorrectionRow>>,
}

impl Hub {
    /// Begins the return flow of a registry, of an edition.
    ///
    /// # Errors
    /// There is no such registry; the store cannot be read.
    pub async fn return_flow(&self, registry: &str, edition: &Arc<Edition>) -> Result<ReturnFlow, HubError> {
        let (connector, row) = self.registry(registry).await?;
        let rows = self.store.registries().await?;
        let reading = StoredRowReader::new(&self.store, &self.connectors, &rows).await?;
        let layouts = self.store.layouts().await?;
        let mut columns = self.store.landed_columns(row.id).await?.unwrap_or_default();
        // What an earlier delivery named and the last one did not is the department's own too.
        let mut earlier: Vec<(&i64, &(i64, Vec<String>))> = layouts.iter().filter(|(_, (of, _))| *of == row.id).collect();
        earlier.sort_unstable_by_key(|(id, _)| **id);
        for column in earlier.into_iter().flat_map(|(_, (_, names))| names) {
            if !columns.contains(column) {
                columns.push(column.clone());
            }
        }
        let states = crate::cases::correction::CorrectionState::WAITING.iter().map(|s| s.name().to_owned()).collect();
        let query = CorrectionQuery { registries: vec![registry.to_owned()], states, ..CorrectionQuery::default() };
        let mut asked: HashMap<String, Vec<CorrectionRow>> = HashMap::new();
        for row in self.store.corrections(&query, MAX_ASKED, None).await? {
            asked.entry(row.record_key.clone()).or_default().push(row);
        }
        let fields =
            connector.contract.columns.iter().filter_map(|c| crate::model::enterprise::enterprise_field(c.field)).collect();
        Ok(ReturnFlow {
            hub: self.clone(),
            edition: edition.clone(),
            registry: registry.to_owned(),
            registry_id: row.id,
            reading,
            layouts,
            columns,
            fields,
            asked,
        })
    }
}

impl ReturnFlow {
    /// Rows behind a place, at most `limit` of them; None as the next place where these were the last.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn page(&self, after: ReturnPlace, limit: usize) -> Result<(Vec<ReturnedRow>, Option<ReturnPlace>), HubError> {
        let mut rows = Vec::new();
        let put_aside_after = match after {
            ReturnPlace::Record(after) => {
                let at = self.edition.manifest.published_at.timestamp_millis();
                let records = self.hub.store.records_page_at(self.registry_id, at, after, limit as i64).await?;
                let (full, last) = (records.len() == limit, records.last().map(|r| r.id));
                rows = self.with_what_is_known(records).await?;
                if let (true, Some(last)) = (full, last) {
                    return Ok((rows, Some(ReturnPlace::Record(last))));
                }
                0
            }
            ReturnPlace::Quarantine(after) => after,
        };
        let left = limit.saturating_sub(rows.len());
        let put_aside = self.hub.store.quarantined(Some(self.registry_id), put_aside_after, left as i64).await?;
        let next = (put_aside.len() == left).then(|| put_aside.last().map_or(put_aside_after, |q| q.id));
        rows.extend(put_aside.into_iter().map(|row| self.put_aside(row)));
        Ok((rows, next.map(ReturnPlace::Quarantine)))
    }

    /// The enterprises that rows belong to, for whoever notes what is shown.
    pub fn holders(&self, rows: &[ReturnedRow]) -> Vec<u32> {
        rows.iter().filter_map(|row| self.edition.row_of_id(row.enterprise.as_deref()?)).collect()
    }

    async fn with_what_is_known(&self, own: Vec<StoredRecord>) -> Result<Vec<ReturnedRow>, HubError> {
        let holder = |record: &StoredRecord| {
            let key = LookupKey::Record { registry: self.registry.clone(), key: record.key.clone() };
            self.edition.rows(&key).first().copied()
        };
        let holders: Vec<Option<u32>> = own.iter().map(holder).collect();
        let mut ids: Vec<i64> = holders
            .iter()
            .flatten()
            .flat_map(|row| self.edition.enterprise(*row).members().map(|m| m.record_id()).collect::<Vec<_>>())
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let all: HashMap<i64, StoredRecord> = self.hub.store.records_by_id(&ids).await?.into_iter().map(|r| (r.id, r)).collect();
        Ok(own.into_iter().zip(holders).map(|(record, holder)| self.known(record, holder, &all)).collect())
    }

    fn known(&self, record: StoredRecord, holder: Option<u32>, all: &HashMap<i64, StoredRecord>) -> ReturnedRow {
        let mut row = ReturnedRow { key: Some(record.key.clone()), cells: self.cells_of(&record), ..ReturnedRow::default() };
        let asked = self.asked.get(&record.key).map_or(&[][..], Vec::as_slice);
        row.corrections = asked
            .iter()
            .map(|c| ReturnedCorrection {
                id: c.id.clone(),
                column: c.column_name.clone(),
                state: standing_of(c).state.name(),
                deadline: c.deadline.clone(),
            })
            .collect();
        let Some(enterprise) = holder.map(|row| self.edition.enterprise(row)) else { return row };
        row.enterprise = Some(enterprise.id().to_owned());
        let mut others: Vec<&str> = Vec::new();
        let mut facts = Vec::new();
        for member in enterprise.members() {
            let name = member.registry();
            // That there is a payment or a dispute of it is not open: only registries of attributes and the roll are counted.
            let is_plain = self
                .hub
                .connectors
                .iter()
                .any(|c| c.name == name && matches!(c.contract.kind, RecordKind::Enterprise | RecordKind::Union));
            let is_told = is_plain && self.hub.is_told_to_department(&self.registry, name, EnterpriseField::Name);
            if name != self.registry && is_told && !others.contains(&name) {
                others.push(member.registry());
            }
            let stored = if member.record_id() == record.id { Some(&record) } else { all.get(&member.record_id()) };
            let Some(stored) = stored.filter(|stored| stored.gone == 0) else { continue };
            let Some((registry, read)) = self.reading.records(stored) else { continue };
            facts.extend(read.into_iter().filter(|r| r.part == member.part()).map(|r| records::facts(r, registry, stored)));
        }
        row.matched = others.len() as u32;
        let today = self.hub.clock.today(self.hub.settings.zone);
        let said = assess::provenance(facts, records::traits(&self.hub.connectors), &self.hub.settings.policy, today);
        let name_of = |index: u16| self.hub.connectors.get(usize::from(index)).map_or("", |c| &c.name);
        for of_field in said {
            let field = of_field.field;
            let told = |s: &&crate::model::provenance::SourceValue| {
                self.hub.is_told_to_department(&self.registry, name_of(s.registry), field)
            };
            let statements = || of_field.source.iter().chain(&of_field.others);
            if field == EnterpriseField::CreditCode {
                row.credit_code = statements().find(told).and_then(|s| s.value.as_deref().map(str::to_owned));
            }
            let Some(own) = statements().find(|s| s.record_id == record.id).filter(|_| self.fields.contains(&field)) else {
                continue;
            };
            let differs = enterprise.conflicts().contains(field as usize);
            if differs && statements().any(|s| s.value != own.value) {
                let others = statements()
                    .filter(|s| s.value != own.value)
                    .filter(told)
                    .filter_map(|s| Some((name_of(s.registry).to_owned(), s.value.as_deref()?.to_owned())));
                row.conflicts.push(ReturnedConflict {
                    field: field.name(),
                    own: own.value.as_deref().map(str::to_owned),
                    others: others.filter(|(registry, _)| *registry != self.registry).collect(),
                });
            }
        }
        row
    }

    fn cells_of(&self, record: &StoredRecord) -> Vec<Option<String>> {
        let columns = self.layouts.get(&record.layout_id).map_or(&[][..], |(_, columns)| columns.as_slice());
        self.arranged(columns, &record.payload)
    }

    /// The cells of a payload in the order of the department's columns.
    fn arranged(&self, columns: &[String], payload: &str) -> Vec<Option<String>> {
        let found = cells(payload).unwrap_or_default();
        let cell = |name: &String| {
            let at = columns.iter().position(|column| column == name)?;
            found.get(at)?.as_deref().map(str::to_owned)
        };
        self.columns.iter().map(cell).collect()
    }

    fn put_aside(&self, row: QuarantinedRow) -> ReturnedRow {
        #[derive(serde::Deserialize)]
        struct Why {
            zh: String,
            en: String,
        }
        let why = serde_json::from_str(&row.detail).unwrap_or(Why { zh: row.code.clone(), en: row.code.clone() });
        let layout = row.layout_id.and_then(|id| self.layouts.get(&id)).filter(|_| row.raw.starts_with('['));
        let mut cells = match layout {
            Some((_, columns)) => self.arranged(columns, &row.raw),
            None => vec![None; self.columns.len()],
        };
        // A row that was never cut into cells stands whole in the first of them.
        if layout.is_none()
            && let Some(first) = cells.first_mut()
        {
            *first = Some(row.raw);
        }
        ReturnedRow { key: row.record_key, cells, quarantined: Some((why.zh, why.en)), ..ReturnedRow::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written_and_nothing_else_is_one() {
        for place in [ReturnPlace::START, ReturnPlace::Record(7), ReturnPlace::Quarantine(12)] {
            assert_eq!(ReturnPlace::read(&place.text()), Some(place));
        }
        for wrong in ["", "r", "x1", "r-1", "q1.5", "企1"] {
            assert_eq!(ReturnPlace::read(wrong), None, "{wrong}");
        }
    }
}
