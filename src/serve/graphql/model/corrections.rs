//! Correction requests (校核纠错): what is asked of departments, as the graph shows it.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use data_encoding::BASE64URL_NOPAD;

use super::cases::{areas_of_caller, mendable};
use super::connection::PageInfo;
use super::enterprise::Enterprise;
use super::provenance::RegistryRecord;
use super::registry::Registry;
use super::scalars::*;
use crate::access::{AccessScope, classes};
use crate::cases::correction as model;
use crate::cases::correction::{CorrectionStanding, OtherStatement};
use crate::edition::Edition;
use crate::hub::corrections::{others_of, standing_of};
use crate::model::enterprise::EnterpriseField as Model;
use crate::model::linkage::RecordRef;
use crate::serve::answers::filter::known_registries;
use crate::serve::answers::loaders::{CorrectionHistoryKey, CorrectionsKey};
use crate::serve::answers::usage::selected;
use crate::serve::context::{OrTell, RequestContext, ask, parts_of_id, question_of};
use crate::serve::problem::Problem;
use crate::store::correction::{CorrectionCountRow, CorrectionQuery, CorrectionRow};
use crate::store::correction_event::CorrectionEventRow;

/// Pages of requests are at most this long.
pub const MAX_CORRECTIONS: usize = 500;

/// The bare id of a request.
pub fn correction_id(id: &str) -> &str {
    id.strip_prefix("correction:").unwrap_or(id)
}

/// Conditions on correction requests; those given together must all hold. Within a list any one is enough.
#[derive(Debug, Default, InputObject)]
pub struct CorrectionFilter {
    /// Names of registries whose departments are asked.
    pub registry: Option<Vec<String>>,
    /// How far they are.
    pub state: Option<Vec<CorrectionState>>,
    /// Whether they wait for an answer whose day has passed.
    pub overdue: Option<bool>,
    /// What was answered.
    pub answer: Option<Vec<CorrectionAnswer>>,
    /// The fields that are asked about.
    pub field: Option<Vec<EnterpriseField>>,
    /// Ids of enterprises.
    pub enterprise: Option<Vec<ID>>,
    /// Codes or names of areas of any level in which the enterprise lies.
    pub area: Option<Vec<String>>,
    /// Ids of requests.
    pub id: Option<Vec<ID>>,
}

impl CorrectionFilter {
    /// The store's question. A department's registry, or the caller's areas, always apply.
    ///
    /// # Errors
    /// A registry or an area that there is none of.
    pub fn query(&self, ask: &RequestContext) -> Result<CorrectionQuery, Problem> {
        let hub = ask.state.hub();
        known_registries(hub, self.registry.as_deref().unwrap_or_default())?;
        let names = |texts: Option<Vec<&'static str>>| texts.unwrap_or_default().into_iter().map(str::to_owned).collect();
        let mut registries = self.registry.clone().unwrap_or_default();
        let mut ids = self.id.as_ref().map(|ids| ids.iter().map(|id| correction_id(id).to_owned()).collect::<Vec<_>>());
        let mut areas = Vec::new();
        match own_registry(ask) {
            Some(own) => {
                // What is asked of another department is not there for this one.
                if !registries.is_empty() && !registries.iter().any(|name| name == own) {
                    ids = Some(Vec::new());
                }
                registries = vec![own.to_owned()];
            }
            None => areas = areas_of_caller(ask),
        }
        if let Some(texts) = &self.area {
            areas.push(texts.iter().map(|text| hub.case_area(text)).collect::<Result<_, _>>().map_err(mendable)?);
        }
        let today = hub.clock.today(hub.settings.zone).to_string();
        let bare = |ids: &Vec<ID>| ids.iter().map(|id| parts_of_id(id).0.to_owned()).collect();
        let fields = self.field.iter().flatten().map(|field| Model::from(*field).name().to_owned()).collect();
        Ok(CorrectionQuery {
            registries,
            states: names(self.state.as_ref().map(|all| all.iter().map(|s| s.name()).collect())),
            answers: names(self.answer.as_ref().map(|all| all.iter().map(|s| s.name()).collect())),
            fields,
            overdue: self.overdue.map(|is| (today, is)),
            enterprises: self.enterprise.as_ref().map(bare),
            ids,
            areas,
        })
    }
}

/// The registry that a department's caller speaks for; None for everybody else.
pub fn own_registry(ask: &RequestContext) -> Option<&str> {
    ask.caller.registry.as_deref().filter(|own| ask.caller.owns(own))
}

/// Whether another registry's statement may be shown to the caller.
fn is_told_of(ask: &RequestContext, registry: &str, field: Model) -> bool {
    match own_registry(ask) {
        Some(own) => ask.state.hub().is_told_to_department(own, registry, field),
        None => ask.caller.is_shown(classes::of_field(field)),
    }
}

/// What is asked of the department whose registry states a field.
#[derive(Clone)]
pub struct Correction {
    row: CorrectionRow,
    standing: CorrectionStanding,
    edition: Option<Arc<Edition>>,
}

impl Correction {
    pub fn new(edition: Option<Arc<Edition>>, row: CorrectionRow) -> Correction {
        Correction { standing: standing_of(&row), row, edition }
    }

    pub fn row(&self) -> &CorrectionRow {
        &self.row
    }

    /// A request by id, where the caller may know of it.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn find(ask: &RequestContext, id: &str) -> Result<Option<Correction>, Problem> {
        ask.touch_store();
        let edition = ask.state.hub().editions.current().ok();
        let Some(row) = ask.state.hub().store.correction(correction_id(id)).await? else { return Ok(None) };
        let enterprise = edition.as_ref().and_then(|e| e.enterprise_of_id(&row.enterprise_id));
        let visible = ask.caller.owns(&row.registry)
            || ask.caller.may(AccessScope::Review)
                && match enterprise {
                    Some(enterprise) => ask.may_see(enterprise),
                    None => ask.caller.areas.is_empty(),
                };
        Ok(visible.then(|| Correction::new(edition, row)))
    }

    fn asked_field(&self) -> Model {
        Model::from_name(&self.row.field).unwrap_or(Model::Name)
    }

    /// Whether the caller may read what the registry itself says: its department may.
    fn tells(&self, ask: &RequestContext) -> bool {
        let caller = &ask.caller;
        caller.owns(&self.row.registry)
            || caller.may(AccessScope::Records) && caller.is_shown(classes::of_field(self.asked_field()))
    }

    fn told(&self, ctx: &Context<'_>, value: &Option<String>) -> Option<String> {
        value.clone().filter(|_| self.tells(ask(ctx)))
    }
}

/// What another record said when the request was made.
#[derive(SimpleObject)]
pub struct CorrectionStatement {
    /// Whose statement.
    registry: Registry,
    /// As read; null where the caller may not see another department's value of this field.
    value: Option<String>,
    /// When that registry touched its record, else when it came in as it is.
    at: DateTime,
}

/// What is asked of the department whose registry states a field (校核纠错): it answers, or its next delivery does. For that department, and
/// with the scope `review`.
#[Object]
impl Correction {
    /// `correction:` and its number.
    pub async fn id(&self) -> ID {
        ID(format!("correction:{}", self.row.id))
    }
    /// Whose department is asked.
    async fn registry(&self) -> Registry {
        Registry::named(&self.row.registry)
    }
    /// Whose record it is; null for a department, which sees no enterprises, and where no registry has it any more.
    async fn enterprise(&self, ctx: &Context<'_>) -> Option<Enterprise> {
        let edition = self.edition.as_ref()?;
        let row = edition.row_of_id(&self.row.enterprise_id).filter(|row| ask(ctx).may_see(edition.enterprise(*row)))?;
        Some(Enterprise::new(ask(ctx), edition, row))
    }
    /// Id of that enterprise.
    async fn enterprise_id(&self) -> ID {
        ID(self.row.enterprise_id.clone())
    }
    /// The registry's own key of the record.
    async fn record_key(&self) -> &str {
        &self.row.record_key
    }
    /// The record; null where it belongs to no enterprise that the caller may see.
    async fn record(&self, ctx: &Context<'_>) -> Option<RegistryRecord> {
        let named = RecordRef { registry: self.row.registry.as_str().into(), key: self.row.record_key.as_str().into(), part: 0 };
        RegistryRecord::of_edition(ask(ctx), self.edition.as_ref()?, &named)
    }
    /// The field of an enterprise that is asked about.
    async fn field(&self) -> EnterpriseField {
        self.asked_field().into()
    }
    /// The column, as the registry names it.
    async fn column(&self) -> &str {
        &self.row.column_name
    }
    /// What the registry said when it was asked, as written; null where it said nothing. For its department; else it needs the scope
    /// `records`, of sums of money `finance` besides.
    async fn stated(&self, ctx: &Context<'_>) -> Option<String> {
        self.told(ctx, &self.row.stated_raw)
    }
    /// The same as read.
    async fn stated_value(&self, ctx: &Context<'_>) -> Option<String> {
        self.told(ctx, &self.row.stated)
    }
    /// What others said then, as far as the caller may see it.
    async fn others(&self, ctx: &Context<'_>) -> Vec<CorrectionStatement> {
        let (ask, field) = (ask(ctx), self.asked_field());
        if !self.tells(ask) {
            return Vec::new();
        }
        let statement = |other: OtherStatement| CorrectionStatement {
            value: other.value.filter(|_| is_told_of(ask, &other.registry, field)),
            registry: Registry::named(&other.registry),
            at: DateTime::written(other.at),
        };
        others_of(&self.row).into_iter().map(statement).collect()
    }
    /// What it came of.
    async fn origin(&self) -> CorrectionOrigin {
        model::CorrectionOrigin::from_name(&self.row.origin).unwrap_or(model::CorrectionOrigin::Field).into()
    }
    /// The finding that it came of. Needs the scope `review`.
    async fn finding(&self, ctx: &Context<'_>) -> Option<ID> {
        self.row.finding_id.clone().filter(|_| ask(ctx).caller.may(AccessScope::Review)).map(ID)
    }
    /// Why it is asked.
    async fn reason(&self) -> Option<&str> {
        self.row.reason.as_deref()
    }
    /// How far it is.
    async fn state(&self) -> CorrectionState {
        self.standing.state.into()
    }
    /// It waits for an answer, and its day has passed.
    async fn is_overdue(&self, ctx: &Context<'_>) -> bool {
        let hub = ask(ctx).state.hub();
        self.standing.is_overdue(hub.clock.today(hub.settings.zone))
    }
    /// The day on which an answer is due.
    async fn deadline(&self) -> Date {
        Date(self.standing.deadline)
    }
    /// What was answered; null before, and where it was opened again.
    async fn answer(&self) -> Option<CorrectionAnswer> {
        self.standing.answer.map(Into::into)
    }
    /// Of an answer CORRECTED: what is right, as the registry writes it.
    async fn corrected(&self, ctx: &Context<'_>) -> Option<String> {
        self.told(ctx, &self.row.corrected_raw)
    }
    /// What was written beside the answer.
    async fn answer_note(&self) -> Option<&str> {
        self.row.answer_note.as_deref()
    }
    /// Who answered.
    async fn answered_by(&self) -> Option<&str> {
        self.row.answered_by.as_deref()
    }
    /// When.
    async fn answered_at(&self) -> Option<DateTime> {
        self.row.answered_at.and_then(DateTime::from_millis)
    }
    /// What the department says instead has not reached its row yet: somebody else is writing.
    async fn is_pending(&self) -> bool {
        self.standing.is_pending
    }
    /// The batch that put the answer into the row, or that closed the request.
    async fn batch_id(&self) -> Option<ID> {
        self.row.batch_id.map(|id| ID(format!("batch:{id}")))
    }
    /// When it was asked.
    async fn opened_at(&self) -> DateTime {
        DateTime::written(self.row.opened_at)
    }
    /// Who asked.
    async fn opened_by(&self) -> Option<&str> {
        self.row.opened_by.as_deref()
    }
    /// When it was answered, closed or withdrawn; null while it waits.
    async fn closed_at(&self) -> Option<DateTime> {
        self.row.closed_at.and_then(DateTime::from_millis)
    }
    /// Rises with every event.
    async fn version(&self) -> String {
        self.row.version.to_string()
    }
    /// Everything that happened, oldest first.
    async fn events(&self, ctx: &Context<'_>) -> Result<Vec<CorrectionEvent>> {
        let rows = ask(ctx).records.load_one(CorrectionHistoryKey(self.row.id.clone())).await.or_tell(ctx)?.unwrap_or_default();
        Ok(rows.into_iter().map(|row| CorrectionEvent::new(self, row)).collect())
    }
}

/// One event of a correction request.
pub struct CorrectionEvent {
    row: CorrectionEventRow,
    of: Correction,
}

impl CorrectionEvent {
    pub fn new(of: &Correction, row: CorrectionEventRow) -> CorrectionEvent {
        CorrectionEvent { row, of: of.clone() }
    }

    fn kind(&self) -> model::CorrectionStepKind {
        model::CorrectionStepKind::from_name(&self.row.what).unwrap_or(model::CorrectionStepKind::Seen)
    }

    /// Days, answers and ids are anybody's who sees the request; what the row says is not.
    fn shown(&self, ctx: &Context<'_>, value: &Option<String>) -> Option<String> {
        use model::CorrectionStepKind as K;
        match self.kind() {
            K::Landed | K::Overtaken | K::ClosedByData | K::Reopened => self.of.told(ctx, value),
            _ => value.clone(),
        }
    }
}

/// One event of a correction request: never changed, never removed.
#[Object]
impl CorrectionEvent {
    /// Rises over all requests.
    async fn id(&self) -> ID {
        ID(format!("correction-event:{}", self.row.id))
    }
    /// What it was.
    async fn what(&self) -> CorrectionStepKind {
        self.kind().into()
    }
    /// When.
    async fn at(&self) -> DateTime {
        DateTime::written(self.row.at)
    }
    /// Who; null: the registry's data.
    async fn by(&self) -> Option<&str> {
        self.row.by_whom.as_deref()
    }
    /// As it was; null where the caller may not see it.
    async fn from(&self, ctx: &Context<'_>) -> Option<String> {
        self.shown(ctx, &self.row.from_value)
    }
    /// As it is since; null where the caller may not see it.
    async fn to(&self, ctx: &Context<'_>) -> Option<String> {
        self.shown(ctx, &self.row.to_value)
    }
    /// Of an answer CORRECTED: what is right, as the registry writes it.
    async fn value(&self, ctx: &Context<'_>) -> Option<String> {
        self.of.told(ctx, &self.row.value)
    }
    /// What was written beside it.
    async fn note(&self) -> Option<&str> {
        self.row.note.as_deref()
    }
    /// Of what the data did: the batch.
    async fn batch_id(&self) -> Option<ID> {
        self.row.batch_id.map(|id| ID(format!("batch:{id}")))
    }
}

/// Where a page of requests ended.
struct CorrectionCursor {
    question: u32,
    deadline: String,
    id: String,
}

impl CorrectionCursor {
    fn encode(question: u32, row: &CorrectionRow) -> String {
        BASE64URL_NOPAD.encode(format!("{question:08x}{}{}", row.deadline, row.id).as_bytes())
    }
    fn decode(text: &str) -> Option<CorrectionCursor> {
        let text = String::from_utf8(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?).ok()?;
        let question = u32::from_str_radix(text.get(..8)?, 16).ok()?;
        Some(CorrectionCursor { question, deadline: text.get(8..18)?.to_owned(), id: text.get(18..)?.to_owned() })
    }
}

/// Correction requests, page by page, first what is due first.
pub struct CorrectionConnection {
    question: u32,
    rows: Vec<CorrectionRow>,
    total: CorrectionTotal,
    has_next: bool,
    has_previous: bool,
    edition: Option<Arc<Edition>>,
}

/// How many there are of all pages together.
enum CorrectionTotal {
    Known(i32),
    /// Counted when it is asked for.
    Of(Box<CorrectionQuery>),
}

fn read_cursor(after: Option<&str>, question: u32) -> Result<Option<CorrectionCursor>, Problem> {
    let wrong = || {
        Problem::bad_input(
            "游标无效或属于另一个查询：翻页时请保持筛选不变",
            "not a cursor of this question: keep the filter while paging",
        )
    };
    after.map(|text| CorrectionCursor::decode(text).filter(|c| c.question == question).ok_or_else(wrong)).transpose()
}

impl CorrectionConnection {
    /// One page. What its department reads of it is noted as seen.
    ///
    /// # Errors
    /// A cursor of another question; the store cannot be read.
    pub async fn page(
        ask: &RequestContext,
        query: CorrectionQuery,
        first: usize,
        after: Option<&str>,
    ) -> Result<CorrectionConnection, Problem> {
        ask.touch_store();
        let edition = ask.edition().ok();
        let question = question_of(&format!("{query:?}"));
        let cursor = read_cursor(after, question)?;
        let place = cursor.as_ref().map(|c| (c.deadline.as_str(), c.id.as_str()));
        let hub = ask.state.hub();
        let mut rows = hub.store.corrections(&query, first as i64 + 1, place).await?;
        let has_next = rows.len() > first;
        rows.truncate(first);
        seen_by_department(ask, &mut rows).await?;
        let total = CorrectionTotal::Of(Box::new(query));
        Ok(CorrectionConnection { question, rows, total, has_next, has_previous: cursor.is_some(), edition })
    }

    /// A page of what is asked about one enterprise; one read serves all enterprises of an answer.
    ///
    /// # Errors
    /// A cursor of another list; the store cannot be read.
    pub async fn of(
        ask: &RequestContext,
        enterprise: &Enterprise,
        first: usize,
        after: Option<&str>,
    ) -> Result<CorrectionConnection, Problem> {
        ask.touch_store();
        let id = enterprise.row().id().to_owned();
        let question = question_of(&("corrections", &id));
        let cursor = read_cursor(after, question)?;
        let all = ask.records.load_one(CorrectionsKey(id)).await?.unwrap_or_default();
        let total = CorrectionTotal::Known(all.len() as i32);
        let behind = |row: &CorrectionRow| cursor.as_ref().is_none_or(|c| (&row.deadline, &row.id) > (&c.deadline, &c.id));
        let mut rows: Vec<CorrectionRow> = all.into_iter().filter(behind).take(first + 1).collect();
        let has_next = rows.len() > first;
        rows.truncate(first);
        let edition = Some(enterprise.edition().clone());
        Ok(CorrectionConnection { question, rows, total, has_next, has_previous: cursor.is_some(), edition })
    }

    fn show(&self, ctx: &Context<'_>) {
        let Some(edition) = &self.edition else { return };
        let rows = self.rows.iter().filter_map(|row| edition.row_of_id(&row.enterprise_id));
        ask(ctx).show(edition, rows, selected(ctx.field()));
    }
}

/// Notes that the department has read what it is asked.
async fn seen_by_department(ask: &RequestContext, rows: &mut [CorrectionRow]) -> Result<(), Problem> {
    let new = |row: &&mut CorrectionRow| {
        matches!(standing_of(row).state, model::CorrectionState::Open | model::CorrectionState::Sent)
            && ask.caller.owns(&row.registry)
    };
    let unseen: Vec<&mut CorrectionRow> = rows.iter_mut().filter(new).collect();
    if unseen.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = unseen.iter().map(|row| row.id.clone()).collect();
    let by = Some(ask.caller.name.as_str());
    ask.state.hub().note_corrections(&ids, model::CorrectionStepKind::Seen, by).await.map_err(mendable)?;
    unseen.into_iter().for_each(|row| model::CorrectionState::Seen.name().clone_into(&mut row.state));
    ask.state.tell_corrections().await
}

/// Correction requests, page by page, first what is due first. They are as they are now, whatever edition is asked.
#[Object]
impl CorrectionConnection {
    /// The requests of this page.
    async fn nodes(&self, ctx: &Context<'_>) -> Vec<Correction> {
        self.show(ctx);
        self.rows.iter().map(|row| Correction::new(self.edition.clone(), row.clone())).collect()
    }
    /// The same with their cursors.
    async fn edges(&self, ctx: &Context<'_>) -> Vec<CorrectionEdge> {
        self.show(ctx);
        let edge = |row: &CorrectionRow| CorrectionEdge {
            cursor: CorrectionCursor::encode(self.question, row),
            node: Correction::new(self.edition.clone(), row.clone()),
        };
        self.rows.iter().map(edge).collect()
    }
    /// Where the page stands.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.has_next,
            has_previous_page: self.has_previous,
            start_cursor: self.rows.first().map(|row| CorrectionCursor::encode(self.question, row)),
            end_cursor: self.rows.last().map(|row| CorrectionCursor::encode(self.question, row)),
        }
    }
    /// Of all pages together.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i32> {
        match &self.total {
            CorrectionTotal::Known(total) => Ok(*total),
            CorrectionTotal::Of(query) => {
                let count = ask(ctx).state.hub().store.count_corrections(query).await.or_tell(ctx)?;
                Ok(i32::try_from(count).unwrap_or(i32::MAX))
            }
        }
    }
}

/// A correction request and its cursor.
#[derive(SimpleObject)]
pub struct CorrectionEdge {
    /// Give it as `after` to go on behind this request.
    cursor: String,
    /// The request.
    node: Correction,
}

/// How many requests of a registry stand how.
#[derive(SimpleObject, Default)]
pub struct CorrectionCounts {
    /// Waiting for an answer.
    waiting: i32,
    /// Of those, ones whose day has passed.
    overdue: i32,
    /// Answered.
    answered: i32,
    /// Closed because the registry delivered something else.
    closed_by_data: i32,
    /// Taken back.
    withdrawn: i32,
}

impl CorrectionCounts {
    /// Those of one registry among all.
    pub fn of(rows: &[CorrectionCountRow], registry: &str) -> CorrectionCounts {
        let mut counts = CorrectionCounts::default();
        for row in rows.iter().filter(|row| row.registry == registry) {
            let (count, late) = (row.count as i32, row.late as i32);
            match model::CorrectionState::from_name(&row.state) {
                Some(model::CorrectionState::Answered) => counts.answered += count,
                Some(model::CorrectionState::ClosedByData) => counts.closed_by_data += count,
                Some(model::CorrectionState::Withdrawn) => counts.withdrawn += count,
                _ => (counts.waiting, counts.overdue) = (counts.waiting + count, counts.overdue + late),
            }
        }
        counts
    }
}
