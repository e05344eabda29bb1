//! Outreach cases: what stands between "lacks a union" and "founded", as the graph shows it.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use data_encoding::BASE64URL_NOPAD;

pub use super::case_filter::{CaseFilter, CaseOwnerKey, areas_of_caller, caller_areas, case_id};
use super::connection::{PageInfo, numbered, page_of, pages};
use super::enterprise::Enterprise;
use super::places::Area;
use super::provenance::RegistryRecord;
use super::registry::Registry;
use super::scalars::*;
use super::visits::Visit;
use crate::access::classes;
use crate::cases::standing as model;
use crate::cases::standing::{CaseOwner as ModelOwner, CaseStanding};
use crate::edition::Edition;
use crate::hub::cases::{evidence_of, standing_of};
use crate::model::linkage::RecordRef;
use crate::model::message::value_text;
use crate::serve::answers::loaders::{CaseHistoryKey, CaseKey, CaseVisitsKey, JoinedCaseKey};
use crate::serve::answers::usage::selected;
use crate::serve::context::{OrTell, RequestContext, ask, checked_first, question_of};
use crate::serve::problem::Problem;
pub use crate::serve::problem::mendable;
use crate::store::case::{CaseQuery, CaseRow};
use crate::store::case_event::CaseEventRow;

/// Pages of cases are at most this long.
pub const MAX_CASES: usize = 500;
/// Marks cursors of a case's steps.
const STEPS: u32 = 0x00ca_5e57;

/// What is done about an enterprise that lacks a union.
#[derive(Clone)]
pub struct OutreachCase {
    row: CaseRow,
    standing: CaseStanding,
    edition: Arc<Edition>,
}

impl OutreachCase {
    pub fn new(edition: &Arc<Edition>, row: CaseRow) -> OutreachCase {
        OutreachCase { standing: standing_of(&row), row, edition: edition.clone() }
    }

    /// A case by id, where the caller may know of its enterprise.
    ///
    /// # Errors
    /// The store cannot be read, or nothing is published.
    pub async fn find(ask: &RequestContext, id: &str) -> Result<Option<OutreachCase>, Problem> {
        ask.touch_store();
        // The newest edition, not that of the question's beginning: a subscription lasts.
        let edition = ask.state.hub().editions.current()?;
        let Some(row) = ask.state.hub().store.case(case_id(id)).await? else { return Ok(None) };
        let mut seen = row.enterprise_id.clone();
        if edition.row_of_id(&seen).is_none()
            && let Some(into) = &row.joined_into
            && let Some(other) = ask.state.hub().store.case(into).await?
        {
            seen = other.enterprise_id;
        }
        let visible = match edition.enterprise_of_id(&seen) {
            Some(enterprise) => ask.may_see(enterprise),
            None => ask.caller.areas.is_empty(),
        };
        Ok(visible.then(|| OutreachCase::new(&edition, row)))
    }

    /// Whether somebody is responsible for it; what is None holds of everybody.
    pub fn is_of(&self, unit: Option<&str>, role: Option<&str>, name: Option<&str>) -> bool {
        let owner = self.standing.owner.as_ref();
        let is = |wanted: Option<&str>, has: Option<&str>| wanted.is_none_or(|wanted| has == Some(wanted));
        is(unit, owner.map(|o| o.unit.as_str()))
            && is(role, owner.and_then(|o| o.role.as_deref()))
            && is(name, owner.and_then(|o| o.name.as_deref()))
    }

    /// The case of an enterprise; None where it has none.
    pub async fn of(ask: &RequestContext, enterprise: &Enterprise) -> Result<Option<OutreachCase>, Problem> {
        ask.touch_store();
        let row = ask.records.load_one(CaseKey(enterprise.row().id().to_owned())).await?;
        Ok(row.map(|row| OutreachCase::new(enterprise.edition(), (*row).clone())))
    }
}

/// Who is responsible for a case.
pub struct CaseOwner {
    owner: ModelOwner,
    edition: Arc<Edition>,
}

impl CaseOwner {
    /// Who the caller said they are; None where they said nothing, or nothing is published yet.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn of_caller(ask: &RequestContext) -> Result<Option<CaseOwner>, Problem> {
        ask.touch_store();
        let Ok(edition) = ask.edition() else { return Ok(None) };
        let seat = ask.state.hub().store.seat(&ask.caller.id).await?;
        Ok(seat.map(|seat| CaseOwner { owner: ModelOwner { unit: seat.unit, role: seat.role, name: seat.name }, edition }))
    }
}

/// Who is responsible for a case.
#[Object]
impl CaseOwner {
    /// The area or federation unit.
    async fn unit(&self) -> Area {
        Area::new(&self.edition, self.owner.unit.as_str())
    }
    /// What they are there.
    async fn role(&self) -> Option<&str> {
        self.owner.role.as_deref()
    }
    /// Who they are, where names are kept.
    async fn name(&self) -> Option<&str> {
        self.owner.name.as_deref()
    }
}

/// Who refuses, and why.
#[derive(SimpleObject)]
pub struct CaseRefusal {
    /// Their part in the enterprise.
    by: String,
    /// What they say.
    why: Option<String>,
}

/// A record that a case was closed by.
pub struct CaseEvidence {
    evidence: model::CaseEvidence,
    edition: Arc<Edition>,
}

/// A record that a case was closed by.
#[Object]
impl CaseEvidence {
    /// union, dues or scope.
    async fn what(&self) -> &str {
        &self.evidence.what
    }
    /// The registry that says so.
    async fn registry(&self) -> Registry {
        Registry::named(&self.evidence.registry)
    }
    /// The registry's own key of the record.
    async fn key(&self) -> &str {
        &self.evidence.key
    }
    /// The record; null where it belongs to no enterprise of the current edition.
    async fn record(&self, ctx: &Context<'_>) -> Option<RegistryRecord> {
        let named =
            RecordRef { registry: self.evidence.registry.as_str().into(), key: self.evidence.key.as_str().into(), part: 0 };
        RegistryRecord::of_edition(ask(ctx), &self.edition, &named)
    }
}

fn told_evidence(ctx: &Context<'_>, edition: &Arc<Edition>, text: Option<&str>) -> Vec<CaseEvidence> {
    let caller = &ask(ctx).caller;
    let all = evidence_of(text).into_iter().filter(|e| caller.is_shown(classes::of_case(&e.what)));
    all.map(|evidence| CaseEvidence { evidence, edition: edition.clone() }).collect()
}

/// What is done about an enterprise that lacks a union: who goes, when, what came of it. Needs the scope `review`.
#[Object]
impl OutreachCase {
    /// `case:` and its number.
    pub async fn id(&self) -> ID {
        ID(format!("case:{}", self.row.id))
    }
    /// Whose case it is; null where no registry has the enterprise any more.
    async fn enterprise(&self, ctx: &Context<'_>) -> Option<Enterprise> {
        self.edition.row_of_id(&self.row.enterprise_id).map(|row| Enterprise::new(ask(ctx), &self.edition, row))
    }
    /// Open or closed.
    async fn state(&self) -> CaseState {
        self.standing.state.into()
    }
    /// How far it is, or was when it was closed.
    async fn stage(&self) -> CaseStage {
        self.standing.stage.into()
    }
    /// What people call the stage.
    async fn stage_label(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Chinese or English; the caller's language otherwise.")] lang: Option<Language>,
    ) -> &str {
        self.standing.stage.text(lang.map_or(ask(ctx).lang, Into::into))
    }
    /// What it was opened for; a payment only with the scope `finance`, a dispute only with `records`.
    async fn origin(&self, ctx: &Context<'_>) -> Option<CaseOrigin> {
        let told = ask(ctx).caller.is_shown(classes::of_case(&self.row.origin));
        model::CaseOrigin::from_name(&self.row.origin).filter(|_| told).map(Into::into)
    }
    /// The street or town of the enterprise; where that is unknown, the district.
    async fn area(&self) -> Option<Area> {
        (!self.row.area.is_empty()).then(|| Area::new(&self.edition, self.row.area.as_str()))
    }
    /// Who is responsible; null where nobody is.
    async fn owner(&self) -> Option<CaseOwner> {
        self.standing.owner.clone().map(|owner| CaseOwner { owner, edition: self.edition.clone() })
    }
    /// Since when they are.
    async fn owned_at(&self) -> Option<DateTime> {
        self.row.owned_at.and_then(DateTime::from_millis)
    }
    /// The day on which something is due.
    async fn next_on(&self) -> Option<Date> {
        self.standing.next_on.map(Date)
    }
    /// Open, and that day has passed.
    async fn is_overdue(&self, ctx: &Context<'_>) -> bool {
        let hub = ask(ctx).state.hub();
        let today = hub.clock.today(hub.settings.zone);
        self.standing.state == model::CaseState::Open && self.standing.next_on.is_some_and(|day| day < today)
    }
    /// How it is gone about.
    async fn method(&self) -> Option<CaseMethod> {
        self.standing.method.map(Into::into)
    }
    /// From 1 (no chance) to 5 (as good as founded).
    async fn assessment(&self) -> Option<i32> {
        self.standing.assessment.map(i32::from)
    }
    /// Who refuses, and why.
    async fn refusal(&self) -> Option<CaseRefusal> {
        self.standing.refusal.clone().map(|r| CaseRefusal { by: r.by, why: r.why })
    }
    /// Code of the reason that it was closed with; null while it is open.
    async fn reason(&self) -> Option<&str> {
        self.standing.reason.as_deref()
    }
    /// The reason in words.
    async fn reason_label(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Chinese or English; the caller's language otherwise.")] lang: Option<Language>,
    ) -> Option<String> {
        let lang = lang.map_or(ask(ctx).lang, Into::into);
        self.standing.reason.as_deref().map(|code| value_text("finding", code, lang).into_owned())
    }
    /// Closed, and with a union.
    async fn is_won(&self) -> bool {
        self.standing.is_won()
    }
    /// The registries closed it, not a person.
    async fn closed_by_data(&self) -> bool {
        self.standing.by_data
    }
    /// The records that closed it; those of payments only with the scope `finance`.
    async fn evidence(&self, ctx: &Context<'_>) -> Vec<CaseEvidence> {
        told_evidence(ctx, &self.edition, self.row.evidence.as_deref())
    }
    /// When it was opened.
    async fn opened_at(&self) -> DateTime {
        DateTime::written(self.row.opened_at)
    }
    /// When it was closed; null while it is open.
    async fn closed_at(&self) -> Option<DateTime> {
        self.row.closed_at.and_then(DateTime::from_millis)
    }
    /// Rises with every step. Give it back with a change: where somebody else was faster, nothing is changed and both are told.
    async fn version(&self) -> String {
        self.row.version.to_string()
    }
    /// The case that goes on for both, where enterprises were joined.
    async fn joined_into(&self) -> Option<ID> {
        self.row.joined_into.as_ref().map(|id| ID(format!("case:{id}")))
    }
    /// Cases of enterprises that were joined with this one; they part again with them.
    async fn joined(&self, ctx: &Context<'_>) -> Result<Vec<OutreachCase>> {
        let rows = ask(ctx).records.load_one(JoinedCaseKey(self.row.id.clone())).await.or_tell(ctx)?;
        Ok(rows.unwrap_or_default().into_iter().map(|row| OutreachCase::new(&self.edition, row)).collect())
    }
    /// What visits brought back of it, newest first, those that do not count among them.
    async fn visits(&self, ctx: &Context<'_>) -> Result<Vec<Visit>> {
        let rows = ask(ctx).records.load_one(CaseVisitsKey(self.row.id.clone())).await.or_tell(ctx)?;
        Ok(rows.unwrap_or_default().into_iter().map(Visit).collect())
    }
    /// Every step since it was opened, newest first.
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20, desc = "At most 100.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<CaseEventConnection> {
        let first = checked_first(first, 100).or_tell(ctx)?;
        let before = numbered(after.as_deref(), STEPS).or_tell(ctx)?;
        let key = CaseHistoryKey { case: self.row.id.clone(), before: before.unwrap_or(i64::MAX), limit: first as i64 + 1 };
        let (mut rows, total) = ask(ctx).records.load_one(key).await.or_tell(ctx)?.unwrap_or_default();
        let placed = page_of(&mut rows, first, before.is_some(), STEPS, |row| row.id);
        let nodes = rows.into_iter().map(|row| CaseEvent { row, edition: self.edition.clone() }).collect();
        Ok(CaseEventConnection { nodes, placed, total_count: total as i32 })
    }
}

/// One step of a case.
#[derive(Clone)]
pub struct CaseEvent {
    row: CaseEventRow,
    edition: Arc<Edition>,
}

impl CaseEvent {
    pub fn new(edition: &Arc<Edition>, row: CaseEventRow) -> CaseEvent {
        CaseEvent { row, edition: edition.clone() }
    }

    /// A value as people read it; null where the caller may not see it.
    fn shown(&self, ctx: &Context<'_>, value: Option<&str>) -> Option<String> {
        let value = value?;
        let kind = model::CaseStepKind::from_name(&self.row.what)?;
        match kind {
            model::CaseStepKind::Owner => {
                let owner: ModelOwner = serde_json::from_str(value).ok()?;
                Some([Some(owner.unit), owner.role, owner.name].into_iter().flatten().collect::<Vec<_>>().join(" "))
            }
            model::CaseStepKind::Refusal => {
                let refusal: model::CaseRefusal = serde_json::from_str(value).ok()?;
                Some([Some(refusal.by), refusal.why].into_iter().flatten().collect::<Vec<_>>().join(" "))
            }
            model::CaseStepKind::Opened => {
                let told = ask(ctx).caller.is_shown(classes::of_case(value));
                told.then(|| value.to_owned())
            }
            _ => Some(value.to_owned()),
        }
    }
}

/// One step of a case: never changed, never removed.
#[Object]
impl CaseEvent {
    /// Rises over all cases.
    async fn id(&self) -> ID {
        ID(format!("case-event:{}", self.row.id))
    }
    /// What it was.
    async fn what(&self) -> CaseStepKind {
        model::CaseStepKind::from_name(&self.row.what).unwrap_or(model::CaseStepKind::Note).into()
    }
    /// When.
    async fn at(&self) -> DateTime {
        DateTime::written(self.row.at)
    }
    /// Who; null: the registries.
    async fn by(&self) -> Option<&str> {
        self.row.by_whom.as_deref()
    }
    /// As it was.
    async fn from(&self, ctx: &Context<'_>) -> Option<String> {
        self.shown(ctx, self.row.from_value.as_deref())
    }
    /// As it is since.
    async fn to(&self, ctx: &Context<'_>) -> Option<String> {
        self.shown(ctx, self.row.to_value.as_deref())
    }
    /// What was written beside it.
    async fn note(&self) -> Option<&str> {
        self.row.note.as_deref()
    }
    /// Of what the registries did: number of the edition that says so.
    async fn edition_number(&self) -> Option<i32> {
        self.row.edition.map(|n| n as i32)
    }
    /// The records that say so; those of payments only with the scope `finance`.
    async fn evidence(&self, ctx: &Context<'_>) -> Vec<CaseEvidence> {
        told_evidence(ctx, &self.edition, self.row.evidence.as_deref())
    }
}

pages!(
    "Steps of a case, page by page, newest first.",
    CaseEventConnection,
    "The steps of this page.",
    CaseEvent,
    "A step and its cursor.",
    CaseEventEdge,
    "The step."
);

/// Where a page of cases ended.
struct CaseCursor {
    question: u32,
    due: String,
    id: String,
}

impl CaseCursor {
    fn encode(question: u32, row: &CaseRow) -> String {
        BASE64URL_NOPAD.encode(format!("{question:08x}{}{}", row.due, row.id).as_bytes())
    }
    fn decode(text: &str) -> Option<CaseCursor> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let question = u32::from_str_radix(text.get(..8)?, 16).ok()?;
        Some(CaseCursor { question, due: text.get(8..18)?.to_owned(), id: text.get(18..)?.to_owned() })
    }
}

/// Cases, page by page, first what is due first.
pub struct CaseConnection {
    query: CaseQuery,
    question: u32,
    rows: Vec<CaseRow>,
    has_next: bool,
    has_previous: bool,
    edition: Arc<Edition>,
}

impl CaseConnection {
    /// One page.
    ///
    /// # Errors
    /// A cursor of another question; the store cannot be read.
    pub async fn page(
        ask: &RequestContext,
        query: CaseQuery,
        first: usize,
        after: Option<&str>,
    ) -> Result<CaseConnection, Problem> {
        ask.touch_store();
        let edition = ask.edition()?;
        let question = question_of(&format!("{query:?}"));
        let cursor = after.map(|text| {
            CaseCursor::decode(text).filter(|c| c.question == question).ok_or_else(|| {
                Problem::bad_input(
                    "游标无效或属于另一个查询：翻页时请保持筛选不变",
                    "not a cursor of this question: keep the filter while paging",
                )
            })
        });
        let cursor = cursor.transpose()?;
        let place = cursor.as_ref().map(|c| (c.due.as_str(), c.id.as_str()));
        let mut rows = ask.state.hub().store.cases(&query, first as i64 + 1, place).await?;
        let has_next = rows.len() > first;
        rows.truncate(first);
        Ok(CaseConnection { query, question, rows, has_next, has_previous: cursor.is_some(), edition })
    }

    fn show(&self, ctx: &Context<'_>) {
        let rows = self.rows.iter().filter_map(|row| self.edition.row_of_id(&row.enterprise_id));
        ask(ctx).show(&self.edition, rows, selected(ctx.field()));
    }
}

/// Cases, page by page, first what is due first. They are as they are now, whatever edition is asked.
#[Object]
impl CaseConnection {
    /// The cases of this page.
    async fn nodes(&self, ctx: &Context<'_>) -> Vec<OutreachCase> {
        self.show(ctx);
        self.rows.iter().map(|row| OutreachCase::new(&self.edition, row.clone())).collect()
    }
    /// The same with their cursors.
    async fn edges(&self, ctx: &Context<'_>) -> Vec<CaseEdge> {
        self.show(ctx);
        let edge = |row: &CaseRow| CaseEdge {
            cursor: CaseCursor::encode(self.question, row),
            node: OutreachCase::new(&self.edition, row.clone()),
        };
        self.rows.iter().map(edge).collect()
    }
    /// Where the page stands.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.has_next,
            has_previous_page: self.has_previous,
            start_cursor: self.rows.first().map(|row| CaseCursor::encode(self.question, row)),
            end_cursor: self.rows.last().map(|row| CaseCursor::encode(self.question, row)),
        }
    }
    /// Of all pages together.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i32> {
        let count = ask(ctx).state.hub().store.count_cases(&self.query).await.or_tell(ctx)?;
        Ok(i32::try_from(count).unwrap_or(i32::MAX))
    }
}

/// A case and its cursor.
#[derive(SimpleObject)]
pub struct CaseEdge {
    /// Give it as `after` to go on behind this case.
    cursor: String,
    /// The case.
    node: OutreachCase,
}
