//! What the edition does not hold: the registries' rows, what each of them says of a field, findings and changes. Read in
//! batches: one statement per kind and answer, however many enterprises a page has.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use async_graphql::dataloader::Loader;
use prometheus_client::metrics::counter::Counter;

use crate::assess::ChosenValue;
use crate::connector::Connector;
use crate::hub::Hub;
use crate::hub::duties::KeptDuties;
use crate::model::facts::Facts;
use crate::model::field::Field;
use crate::model::provenance::FieldProvenance;
use crate::records;
use crate::records::StoredRowReader;
use crate::serve::problem::{Problem, mendable};
use crate::store::case::CaseRow;
use crate::store::case_event::CaseEventRow;
use crate::store::correction::CorrectionRow;
use crate::store::correction_event::CorrectionEventRow;
use crate::store::edition::ChangeRow;
use crate::store::entity::{LinkRow, ReviewRow};
use crate::store::finding::FindingRow;
use crate::store::judgement::JudgementRow;
use crate::store::record::{StoredRecord, cells};
use crate::store::relation::RelationRow;
use crate::store::visit::{VisitCountRow, VisitRow};

/// A registry's row as kept, and as read.
#[derive(Debug, Clone)]
pub struct RecordDetail {
    pub id: i64,
    pub registry: String,
    pub key: String,
    /// Milliseconds since 1970.
    pub observed_at: Option<i64>,
    pub landed_at: i64,
    /// The batch that it last came with.
    pub batch_id: i64,
    pub gone: bool,
    pub fields: Vec<FieldDetail>,
    /// The row's records as assessing takes them, by part; empty where today's connectors cannot read it.
    pub(in crate::serve) facts: Vec<Facts>,
}

/// A column of a row, and the field it was mapped to.
#[derive(Debug, Clone)]
pub struct FieldDetail {
    pub column: String,
    pub raw: Option<String>,
    pub field: Option<Field>,
    pub value: Option<String>,
}

/// How stored rows are read: the connectors' mappings of the layouts that were there when it was made, and the names of the
/// registries. A layout never changes, so that only a row of a new one asks for another.
struct RouteParameters {
    layouts: HashSet<i64>,
    reading: StoredRowReader,
    names: HashMap<i64, String>,
}

/// The latest way to read rows; shared by all answers.
#[derive(Default)]
pub struct Readings(Mutex<Option<Arc<RouteParameters>>>);

/// Reads details for one answer. Made per request, so that no row is kept beyond it.
pub struct Details {
    hub: Hub,
    /// Statements sent to the store, for the metrics.
    reads: Counter,
    readings: Arc<Readings>,
}

impl Details {
    pub fn new(hub: Hub, reads: Counter, readings: Arc<Readings>) -> Details {
        Details { hub, reads, readings }
    }

    pub fn count_read(&self) {
        self.reads.inc();
    }

    pub fn count_reads(&self, count: u64) {
        self.reads.inc_by(count);
    }

    /// A way to read these rows, made anew where one of them has a layout that is not known yet.
    async fn known(&self, rows: &[StoredRecord]) -> Result<Arc<RouteParameters>, Problem> {
        let kept = self.readings.0.lock().expect("no panic while holding the readings").clone();
        if let Some(known) = kept.filter(|known| rows.iter().all(|row| known.layouts.contains(&row.layout_id))) {
            return Ok(known);
        }
        self.count_reads(2);
        let registries = self.hub.store.registries().await?;
        let layouts = self.hub.store.layouts().await?;
        let known = Arc::new(RouteParameters {
            layouts: layouts.keys().copied().collect(),
            reading: StoredRowReader::of(layouts, &self.hub.connectors, &registries),
            names: registries.into_iter().map(|r| (r.id, r.name)).collect(),
        });
        *self.readings.0.lock().expect("no panic while holding the readings") = Some(known.clone());
        Ok(known)
    }

    fn detail(
        connectors: &[Arc<Connector>],
        row: &StoredRecord,
        RouteParameters { reading, names, .. }: &RouteParameters,
    ) -> RecordDetail {
        let columns = reading.columns(row).unwrap_or_default();
        let read = reading.records(row);
        let raw: Vec<Option<String>> =
            cells(&row.payload).unwrap_or_default().into_iter().map(|cell| cell.map(|text| text.into_owned())).collect();
        let connector = read.as_ref().and_then(|(registry, _)| connectors.get(usize::from(*registry)));
        let field_of = |column: &str| {
            let columns = &connector?.contract.columns;
            columns.iter().find(|c| c.name == column || c.also.iter().any(|other| other == column)).map(|c| c.field)
        };
        let fields = columns
            .iter()
            .zip(raw)
            .map(|(column, raw)| {
                let field = field_of(column);
                let found = field.and_then(|field| read.as_ref()?.1.iter().find_map(|record| record.field(field)));
                let value = found.and_then(|f| f.value.as_ref().map(ToString::to_string));
                FieldDetail { column: column.clone(), raw, field, value }
            })
            .collect();
        let facts = match read {
            Some((registry, records)) => records.into_iter().map(|record| records::facts(record, registry, row)).collect(),
            None => Vec::new(),
        };
        RecordDetail {
            id: row.id,
            registry: names.get(&row.registry_id).cloned().unwrap_or_default(),
            key: row.key.clone(),
            observed_at: row.observed_at,
            landed_at: row.landed_at,
            batch_id: row.batch_id,
            gone: row.gone != 0,
            fields,
            facts,
        }
    }

    /// What registries say of an enterprise, from its records and the part of each row that is meant.
    pub fn provenance(&self, members: &[(Arc<RecordDetail>, u16)]) -> Vec<FieldProvenance> {
        let facts: Vec<Facts> =
            members.iter().flat_map(|(record, part)| record.facts.iter().filter(|f| f.part == *part).cloned()).collect();
        let traits = records::traits(&self.hub.connectors);
        let today = self.hub.clock.today(self.hub.settings.zone);
        crate::assess::provenance(facts, traits, &self.hub.settings.policy, today)
    }

    /// Registries' rows by their ids, ascending.
    pub async fn stored(&self, ids: &[i64]) -> Result<Vec<StoredRecord>, Problem> {
        self.count_read();
        Ok(self.hub.store.records_by_id(ids).await?)
    }

    /// The chosen values of several enterprises, from the rows of all of them, ascending by id, and the rows and parts that each has.
    pub async fn chosen_values(
        &self,
        rows: &[StoredRecord],
        members: &[Vec<(i64, u16)>],
    ) -> Result<Vec<Vec<ChosenValue>>, Problem> {
        let known = self.known(rows).await?;
        let mut read: Vec<Vec<Facts>> = rows
            .iter()
            .map(|row| match known.reading.records(row) {
                Some((registry, records)) => records.into_iter().map(|record| records::facts(record, registry, row)).collect(),
                None => Vec::new(),
            })
            .collect();
        let mut facts = Vec::with_capacity(rows.len());
        for (enterprise, members) in (0..).zip(members) {
            for (id, part) in members {
                let Ok(at) = rows.binary_search_by_key(id, |row| row.id) else { continue };
                match &mut read[at] {
                    // A row of one record is one enterprise's.
                    one if one.len() == 1 && one[0].part == *part => facts.extend(one.pop().map(|facts| (enterprise, facts))),
                    several => facts.extend(several.iter().filter(|f| f.part == *part).map(|f| (enterprise, f.clone()))),
                }
            }
        }
        let traits = records::traits(&self.hub.connectors);
        let today = self.hub.clock.today(self.hub.settings.zone);
        Ok(crate::assess::chosen_values(facts, members.len() as u32, traits, &self.hub.settings.policy, today))
    }

    /// Name of a registry by its position among the connectors.
    pub fn registry_name(&self, index: u16) -> &str {
        self.hub.connectors.get(usize::from(index)).map_or("", |c| &c.name)
    }
}

/// The loader of one request.
pub struct DetailLoader(pub Arc<Details>);

/// Key: id of the row in the store.
impl Loader<i64> for DetailLoader {
    type Value = Arc<RecordDetail>;
    type Error = Problem;

    async fn load(&self, ids: &[i64]) -> Result<HashMap<i64, Arc<RecordDetail>>, Problem> {
        self.0.count_read();
        let rows = self.0.hub.store.records_by_id(ids).await?;
        let known = self.0.known(&rows).await?;
        Ok(rows.iter().map(|row| (row.id, Arc::new(Details::detail(&self.0.hub.connectors, row, &known)))).collect())
    }
}

/// A page of one enterprise's changes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HistoryKey {
    pub enterprise: String,
    /// Only changes with ids below this.
    pub before: i64,
    pub limit: i64,
}

/// Changes with their ids, newest first, and how many the enterprise has in all.
#[derive(Debug, Clone, Default)]
pub struct HistoryPage {
    pub changes: Vec<(i64, ChangeRow)>,
    pub total: i64,
}

/// One statement for all enterprises whose pages begin alike: those of one selection always do.
impl Loader<HistoryKey> for DetailLoader {
    type Value = HistoryPage;
    type Error = Problem;

    async fn load(&self, keys: &[HistoryKey]) -> Result<HashMap<HistoryKey, HistoryPage>, Problem> {
        let mut alike: HashMap<(i64, i64), Vec<String>> = HashMap::new();
        for key in keys {
            alike.entry((key.before, key.limit)).or_default().push(key.enterprise.clone());
        }
        // An enterprise without changes is an answer too: what is missing here would be asked for again, one by one.
        let mut found: HashMap<HistoryKey, HistoryPage> = keys.iter().map(|key| (key.clone(), HistoryPage::default())).collect();
        for ((before, limit), enterprises) in alike {
            self.0.count_read();
            for (id, total, row) in self.0.hub.store.changes_of_many(&enterprises, before, limit).await? {
                let key = HistoryKey { enterprise: row.enterprise_id.clone(), before, limit };
                let page = found.entry(key).or_default();
                page.total = total;
                if id < before {
                    page.changes.push((id, row));
                }
            }
        }
        Ok(found)
    }
}

/// Key: all duties; one read serves a whole answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DutiesKey;

impl Loader<DutiesKey> for DetailLoader {
    type Value = Arc<KeptDuties>;
    type Error = Problem;

    async fn load(&self, _: &[DutiesKey]) -> Result<HashMap<DutiesKey, Arc<KeptDuties>>, Problem> {
        self.0.count_read();
        let kept = self.0.hub.kept_duties().await.map_err(mendable)?;
        Ok([(DutiesKey, Arc::new(kept))].into())
    }
}

/// Key: id of an enterprise, whose outreach case is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CaseKey(pub String);

impl Loader<CaseKey> for DetailLoader {
    type Value = Arc<CaseRow>;
    type Error = Problem;

    async fn load(&self, keys: &[CaseKey]) -> Result<HashMap<CaseKey, Arc<CaseRow>>, Problem> {
        self.0.count_read();
        let ids: Vec<String> = keys.iter().map(|key| key.0.clone()).collect();
        let rows = self.0.hub.store.cases_of(&ids).await?;
        Ok(rows.into_iter().map(|row| (CaseKey(row.enterprise_id.clone()), Arc::new(row))).collect())
    }
}

/// Key: id of a case, and those that wait behind it are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JoinedCaseKey(pub String);

impl Loader<JoinedCaseKey> for DetailLoader {
    type Value = Vec<CaseRow>;
    type Error = Problem;

    async fn load(&self, keys: &[JoinedCaseKey]) -> Result<HashMap<JoinedCaseKey, Vec<CaseRow>>, Problem> {
        self.0.count_read();
        let ids: Vec<String> = keys.iter().map(|key| key.0.clone()).collect();
        let mut found: HashMap<JoinedCaseKey, Vec<CaseRow>> = HashMap::new();
        for row in self.0.hub.store.cases_joined_into(&ids).await? {
            let into = row.joined_into.clone().unwrap_or_default();
            found.entry(JoinedCaseKey(into)).or_default().push(row);
        }
        Ok(found)
    }
}

/// Key: id of a case, and what visits brought back of it is wanted. Value: newest first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CaseVisitsKey(pub String);

impl Loader<CaseVisitsKey> for DetailLoader {
    type Value = Vec<VisitRow>;
    type Error = Problem;

    async fn load(&self, keys: &[CaseVisitsKey]) -> Result<HashMap<CaseVisitsKey, Vec<VisitRow>>, Problem> {
        self.0.count_read();
        let ids: Vec<String> = keys.iter().map(|key| key.0.clone()).collect();
        let mut found: HashMap<CaseVisitsKey, Vec<VisitRow>> = HashMap::new();
        for row in self.0.hub.store.visits_of_cases(&ids).await? {
            found.entry(CaseVisitsKey(row.case_id.clone())).or_default().push(row);
        }
        Ok(found)
    }
}

/// Key: id of a visit list, and how many of its visits stand how is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VisitCountsKey(pub String);

impl Loader<VisitCountsKey> for DetailLoader {
    type Value = Vec<VisitCountRow>;
    type Error = Problem;

    async fn load(&self, keys: &[VisitCountsKey]) -> Result<HashMap<VisitCountsKey, Vec<VisitCountRow>>, Problem> {
        self.0.count_read();
        let ids: Vec<String> = keys.iter().map(|key| key.0.clone()).collect();
        let mut found: HashMap<VisitCountsKey, Vec<VisitCountRow>> = HashMap::new();
        for row in self.0.hub.store.visit_counts(&ids).await? {
            found.entry(VisitCountsKey(row.list_id.clone())).or_default().push(row);
        }
        Ok(found)
    }
}

/// Key: id of an enterprise, and what is asked about it is wanted. Value: first what is due first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CorrectionsKey(pub String);

impl Loader<CorrectionsKey> for DetailLoader {
    type Value = Vec<CorrectionRow>;
    type Error = Problem;

    async fn load(&self, keys: &[CorrectionsKey]) -> Result<HashMap<CorrectionsKey, Vec<CorrectionRow>>, Problem> {
        self.0.count_read();
        let ids: Vec<String> = keys.iter().map(|key| key.0.clone()).collect();
        let mut found: HashMap<CorrectionsKey, Vec<CorrectionRow>> = HashMap::new();
        for row in self.0.hub.store.corrections_of(&ids).await? {
            found.entry(CorrectionsKey(row.enterprise_id.clone())).or_default().push(row);
        }
        Ok(found)
    }
}

/// Key: id of a batch, and the answer that it put into a row is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LandedCorrectionKey(pub i64);

impl Loader<LandedCorrectionKey> for DetailLoader {
    type Value = Arc<CorrectionRow>;
    type Error = Problem;

    async fn load(&self, keys: &[LandedCorrectionKey]) -> Result<HashMap<LandedCorrectionKey, Arc<CorrectionRow>>, Problem> {
        self.0.count_read();
        let batches: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let rows = self.0.hub.store.corrections_landed(&batches).await?;
        Ok(rows.into_iter().filter_map(|row| Some((LandedCorrectionKey(row.batch_id?), Arc::new(row)))).collect())
    }
}

/// Key: id of a correction request, and everything that happened to it is wanted. Value: oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CorrectionHistoryKey(pub String);

impl Loader<CorrectionHistoryKey> for DetailLoader {
    type Value = Vec<CorrectionEventRow>;
    type Error = Problem;

    async fn load(
        &self,
        keys: &[CorrectionHistoryKey],
    ) -> Result<HashMap<CorrectionHistoryKey, Vec<CorrectionEventRow>>, Problem> {
        self.0.count_read();
        let ids: Vec<String> = keys.iter().map(|key| key.0.clone()).collect();
        let mut found: HashMap<CorrectionHistoryKey, Vec<CorrectionEventRow>> = HashMap::new();
        for row in self.0.hub.store.correction_histories(&ids).await? {
            found.entry(CorrectionHistoryKey(row.correction_id.clone())).or_default().push(row);
        }
        Ok(found)
    }
}

/// A page of one case's steps.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CaseHistoryKey {
    pub case: String,
    /// Only steps with ids below this.
    pub before: i64,
    pub limit: i64,
}

/// One statement for all cases whose pages begin alike. Value: the steps, newest first, and how many the case has in all.
impl Loader<CaseHistoryKey> for DetailLoader {
    type Value = (Vec<CaseEventRow>, i64);
    type Error = Problem;

    async fn load(&self, keys: &[CaseHistoryKey]) -> Result<HashMap<CaseHistoryKey, (Vec<CaseEventRow>, i64)>, Problem> {
        let mut alike: HashMap<(i64, i64), Vec<String>> = HashMap::new();
        for key in keys {
            alike.entry((key.before, key.limit)).or_default().push(key.case.clone());
        }
        let mut found: HashMap<CaseHistoryKey, (Vec<CaseEventRow>, i64)> = HashMap::new();
        for ((before, limit), cases) in alike {
            self.0.count_read();
            for (total, row) in self.0.hub.store.case_events(&cases, before, limit).await? {
                let page = found.entry(CaseHistoryKey { case: row.case_id.clone(), before, limit }).or_default();
                page.1 = total;
                if row.id < before {
                    page.0.push(row);
                }
            }
        }
        Ok(found)
    }
}

/// Key: id of a pair of the review queue.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PairKey(pub String);

impl Loader<PairKey> for DetailLoader {
    type Value = Arc<ReviewRow>;
    type Error = Problem;

    async fn load(&self, keys: &[PairKey]) -> Result<HashMap<PairKey, Arc<ReviewRow>>, Problem> {
        self.0.count_read();
        let ids: Vec<&str> = keys.iter().map(|k| k.0.as_str()).collect();
        let rows = self.0.hub.store.review_pairs_by_id(&ids).await?;
        Ok(rows.into_iter().map(|row| (PairKey(row.id.clone()), Arc::new(row))).collect())
    }
}

/// Key: id of an enterprise. One enterprise is asked for by its id; several at once by reading all findings, which are few.
impl Loader<String> for DetailLoader {
    type Value = Vec<FindingRow>;
    type Error = Problem;

    async fn load(&self, ids: &[String]) -> Result<HashMap<String, Vec<FindingRow>>, Problem> {
        self.0.count_read();
        let one = if let [id] = ids { Some(id.as_str()) } else { None };
        let mut found: HashMap<String, Vec<FindingRow>> = ids.iter().map(|id| (id.clone(), Vec::new())).collect();
        for row in self.0.hub.store.findings(one).await? {
            if let Some(rows) = found.get_mut(&row.enterprise_id) {
                rows.push(row);
            }
        }
        Ok(found)
    }
}

/// Key: id of a row, whose links are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinkKey(pub i64);

impl Loader<LinkKey> for DetailLoader {
    type Value = Vec<LinkRow>;
    type Error = Problem;

    async fn load(&self, keys: &[LinkKey]) -> Result<HashMap<LinkKey, Vec<LinkRow>>, Problem> {
        self.0.count_read();
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<LinkKey, Vec<LinkRow>> = HashMap::new();
        for row in self.0.hub.store.links_of(&ids).await? {
            found.entry(LinkKey(row.record_id)).or_default().push(row);
        }
        Ok(found)
    }
}

/// Key: registry and key of a row that persons have judged.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JudgedKey(pub String, pub String);

/// Judgements in force are few: one read serves all records of an answer.
impl Loader<JudgedKey> for DetailLoader {
    type Value = Vec<JudgementRow>;
    type Error = Problem;

    async fn load(&self, keys: &[JudgedKey]) -> Result<HashMap<JudgedKey, Vec<JudgementRow>>, Problem> {
        self.0.count_read();
        let mut found: HashMap<JudgedKey, Vec<JudgementRow>> = keys.iter().map(|key| (key.clone(), Vec::new())).collect();
        for row in self.0.hub.store.judgements().await? {
            let sides = [(&row.left_registry, &row.left_key), (&row.right_registry, &row.right_key)];
            for (registry, key) in sides {
                if let Some(rows) = found.get_mut(&JudgedKey(registry.clone(), key.clone())) {
                    rows.push(row.clone());
                }
            }
        }
        Ok(found)
    }
}

/// Key: id of an enterprise, whose relations are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RelationKey(pub String);

impl Loader<RelationKey> for DetailLoader {
    type Value = Vec<RelationRow>;
    type Error = Problem;

    async fn load(&self, keys: &[RelationKey]) -> Result<HashMap<RelationKey, Vec<RelationRow>>, Problem> {
        self.0.count_read();
        let ids: Vec<String> = keys.iter().map(|key| key.0.clone()).collect();
        let mut found: HashMap<RelationKey, Vec<RelationRow>> = HashMap::new();
        for row in self.0.hub.store.relations_of(&ids).await? {
            for side in [Some(&row.from_entity), row.to_entity.as_ref()].into_iter().flatten().filter(|id| ids.contains(id)) {
                found.entry(RelationKey(side.clone())).or_default().push(row.clone());
            }
        }
        Ok(found)
    }
}

/// Key: id of an enterprise; the ids that were merged into it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MergedKey(pub String);

impl Loader<MergedKey> for DetailLoader {
    type Value = Vec<String>;
    type Error = Problem;

    async fn load(&self, keys: &[MergedKey]) -> Result<HashMap<MergedKey, Vec<String>>, Problem> {
        let mut found = HashMap::new();
        for key in keys {
            self.0.count_read();
            found.insert(key.clone(), self.0.hub.store.merged_into(&key.0).await?);
        }
        Ok(found)
    }
}
