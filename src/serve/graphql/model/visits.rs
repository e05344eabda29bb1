//! Visit lists, and what was brought back.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};

use super::cases::{OutreachCase, mendable};
use super::places::Area;
use super::scalars::{Date, DateTime, Language};
use crate::access::AccessScope;
use crate::edition::Edition;
use crate::hub::visits::DrawnList;
use crate::model::problem::Problem as ModelProblem;
use crate::model::reference::unions::visit_results;
use crate::serve::answers::loaders::VisitCountsKey;
use crate::serve::context::{OrTell, RequestContext, ask};
use crate::serve::problem::{Code, Problem};
use crate::store::visit::VisitRow;
use crate::store::work_event::{WorkEventKind, WorkEventRow};

/// Lists that are read at a time.
const PART: i64 = 200;

/// The bare id of a visit list.
pub fn list_id(id: &str) -> &str {
    id.strip_prefix("visits:").unwrap_or(id)
}

/// The list, where the caller may know of all its doors.
pub async fn within_reach(ask: &RequestContext, id: &str) -> Result<DrawnList, Problem> {
    ask.caller.require(AccessScope::Review)?;
    let hub = ask.state.hub();
    let gone = || Problem::new(Code::NotFound, "没有这份走访名单", "there is no such visit list");
    hub.store.visit_list(id).await?.ok_or_else(gone)?;
    let drawn = hub.drawn_list(id).await.map_err(mendable)?;
    if !ask.caller.areas.is_empty() {
        let edition = hub.editions.current()?;
        for stop in &drawn.stops {
            // Only one that the edition does not have is looked up: its case lives on under another enterprise.
            let is_theirs = match edition.enterprise_of_id(&stop.enterprise_id) {
                Some(enterprise) => ask.may_see(enterprise),
                None => OutreachCase::find(ask, &stop.case_id).await?.is_some(),
            };
            if !is_theirs {
                return Err(gone());
            }
        }
    }
    Ok(drawn)
}

/// A corner of a shape, in WGS-84 degrees.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct ShapePoint {
    /// Degrees east.
    pub longitude: f64,
    /// Degrees north.
    pub latitude: f64,
}

/// What became of a visit.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum VisitState {
    /// It counts: a step of its case, and a finding where it is one.
    Counts,
    /// A person is asked whether it counts.
    Asked,
    /// A person decided that it does not.
    Dismissed,
    /// It counted, and was taken back.
    TakenBack,
}

impl VisitState {
    fn of(name: &str) -> VisitState {
        match name {
            "COUNTS" => VisitState::Counts,
            "ASKED" => VisitState::Asked,
            "DISMISSED" => VisitState::Dismissed,
            _ => VisitState::TakenBack,
        }
    }
}

/// What one visit brought back.
pub struct Visit(pub VisitRow);

/// What one visit brought back.
// Other subgraphs have visits of their own: the graph's name says whose these are.
#[Object(name = "CaseVisit")]
impl Visit {
    /// `visit:` and its number.
    async fn id(&self) -> ID {
        ID(format!("visit:{}", self.0.id))
    }
    /// The list that it was brought with.
    async fn list(&self) -> ID {
        ID(format!("visits:{}", self.0.list_id))
    }
    /// The case it is of.
    async fn case(&self, ctx: &Context<'_>) -> Result<Option<OutreachCase>> {
        OutreachCase::find(ask(ctx), &self.0.case_id).await.or_tell(ctx)
    }
    /// Who was there.
    async fn visitor(&self) -> &str {
        &self.0.visitor
    }
    /// Code of what was found at the door.
    async fn door(&self) -> &str {
        &self.0.door
    }
    /// Code of what whoever was met said.
    async fn answer(&self) -> Option<&str> {
        self.0.answer.as_deref()
    }
    /// Both in words.
    async fn result(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Chinese or English; the caller's language otherwise.")] lang: Option<Language>,
    ) -> String {
        let lang: crate::model::message::Lang = lang.map_or(ask(ctx).lang, Into::into);
        let is = |r: &&crate::model::reference::unions::VisitResult| match r.is_answer {
            false => r.code == self.0.door,
            true => Some(r.code) == self.0.answer.as_deref(),
        };
        let named = visit_results().iter().filter(is).map(|r| lang.pick(r.name_zh, r.name_en));
        named.collect::<Vec<_>>().join(lang.pick("，", ", "))
    }
    /// The day that was agreed on.
    async fn on(&self) -> Option<Date> {
        self.0.on_date.as_deref().and_then(|d| d.parse().ok()).map(Date)
    }
    /// From 1 to 5.
    async fn assessment(&self) -> Option<i32> {
        self.0.assessment.map(|n| n as i32)
    }
    /// What else was written.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }
    /// When somebody was there, where they wrote it down.
    async fn visited_at(&self) -> Option<DateTime> {
        self.0.visited_at.and_then(DateTime::from_millis)
    }
    /// When it was brought.
    async fn brought_at(&self) -> DateTime {
        DateTime::written(self.0.brought_at)
    }
    /// What became of it.
    async fn state(&self) -> VisitState {
        VisitState::of(&self.0.state)
    }
    /// Why a person is asked: it cannot be true, came too late, or desk and street both changed the case.
    async fn doubt(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Chinese or English; the caller's language otherwise.")] lang: Option<Language>,
    ) -> Option<String> {
        let doubt: ModelProblem = serde_json::from_str(self.0.doubt.as_deref()?).ok()?;
        Some(doubt.text(lang.map_or(ask(ctx).lang, Into::into)).to_owned())
    }
}

/// How far a list is.
#[derive(SimpleObject)]
pub struct VisitCounts {
    /// Visits that count.
    counts: i64,
    /// Doors with a visit that counts.
    visited: i64,
    /// Doors without one.
    left: i64,
    /// Visits that a person is asked about.
    asked: i64,
    /// Visits that a person decided not to count.
    dismissed: i64,
    /// Visits that counted and were taken back.
    taken_back: i64,
}

/// A door of a list.
#[derive(SimpleObject)]
pub struct VisitStop {
    /// In walking order, from 1.
    place: i32,
    /// The case.
    case: Option<OutreachCase>,
}

/// A list of doors for somebody to walk.
pub struct VisitList {
    drawn: DrawnList,
    edition: Arc<Edition>,
}

impl VisitList {
    pub fn new(edition: &Arc<Edition>, drawn: DrawnList) -> VisitList {
        VisitList { drawn, edition: edition.clone() }
    }

    /// The latest lists whose doors the caller may know of, behind one of them where it is named.
    ///
    /// # Errors
    /// There is no such unit or list; the store cannot be read.
    pub async fn list(
        ask: &RequestContext,
        unit: Option<&str>,
        first: usize,
        after: Option<&str>,
    ) -> Result<Vec<VisitList>, Problem> {
        ask.touch_store();
        let hub = ask.state.hub();
        let unit = match unit {
            Some(unit) => Some(ask.owner_unit(unit).await.map_err(mendable)?),
            None => None,
        };
        let edition = ask.edition()?;
        let mut behind = match after {
            Some(id) => Some(within_reach(ask, list_id(id)).await?.list),
            None => None,
        };
        let mut found = Vec::new();
        loop {
            let part = hub.store.visit_lists(unit.as_deref(), PART, behind.as_ref()).await?;
            let is_last = (part.len() as i64) < PART;
            behind = part.last().cloned();
            for list in part {
                if let Ok(drawn) = within_reach(ask, &list.id).await {
                    found.push(VisitList::new(&edition, drawn));
                }
                if found.len() == first {
                    return Ok(found);
                }
            }
            if is_last {
                return Ok(found);
            }
        }
    }
}

/// A list of doors for somebody to walk: `/visits/ID.html` prints it, `/visits/ID.xlsx` is filled in, `POST /visits/ID` brings it back.
#[Object]
impl VisitList {
    /// `visits:` and its number.
    async fn id(&self) -> ID {
        ID(format!("visits:{}", self.drawn.list.id))
    }
    /// What whoever drew it called it.
    async fn title(&self) -> &str {
        &self.drawn.list.title
    }
    /// When it was drawn.
    async fn drawn_at(&self) -> DateTime {
        DateTime::written(self.drawn.list.drawn_at)
    }
    /// Who drew it.
    async fn drawn_by(&self) -> Option<&str> {
        self.drawn.list.drawn_by.as_deref()
    }
    /// The unit that walks it.
    async fn unit(&self) -> Option<Area> {
        self.drawn.list.owner_unit.as_deref().map(|unit| Area::new(&self.edition, unit))
    }
    /// The role of whoever walks it.
    async fn role(&self) -> Option<&str> {
        self.drawn.list.owner_role.as_deref()
    }
    /// Until when it is to be walked.
    async fn due(&self) -> Option<Date> {
        let due = &self.drawn.list.due;
        Some(due).filter(|due| *due != crate::store::case::NEVER_DUE).and_then(|d| d.parse().ok()).map(Date)
    }
    /// The last day on which a copy may be taken, and a visit counts unasked.
    async fn expires(&self) -> Option<Date> {
        self.drawn.list.expires.parse().ok().map(Date)
    }
    /// Length of the walk in kilometres, as the crow flies.
    async fn walk_km(&self, ctx: &Context<'_>) -> f64 {
        (ask(ctx).state.hub().walk_km(&self.drawn.stops) * 10.0).round() / 10.0
    }
    /// How many doors.
    async fn doors(&self) -> i32 {
        self.drawn.stops.len() as i32
    }
    /// How far it is.
    async fn counts(&self, ctx: &Context<'_>) -> Result<VisitCounts> {
        let key = VisitCountsKey(self.drawn.list.id.clone());
        let rows = ask(ctx).records.load_one(key).await.or_tell(ctx)?.unwrap_or_default();
        let of = |state: &str| rows.iter().find(|row| row.state == state).map_or((0, 0), |row| (row.visits, row.doors));
        let (counts, visited) = of("COUNTS");
        Ok(VisitCounts {
            counts,
            visited,
            left: (self.drawn.stops.len() as i64 - visited).max(0),
            asked: of("ASKED").0,
            dismissed: of("DISMISSED").0,
            taken_back: of("TAKEN_BACK").0,
        })
    }
    /// The doors in walking order.
    async fn stops(&self, ctx: &Context<'_>) -> Result<Vec<VisitStop>> {
        let mut stops = Vec::with_capacity(self.drawn.stops.len());
        for stop in &self.drawn.stops {
            let case = OutreachCase::find(ask(ctx), &stop.case_id).await.or_tell(ctx)?;
            stops.push(VisitStop { place: stop.place as i32, case });
        }
        Ok(stops)
    }
    /// What was brought back, in the order it was brought.
    async fn visits(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that a person is asked about.", default)] asked: bool,
    ) -> Result<Vec<Visit>> {
        let rows = ask(ctx).state.hub().store.visits_of_list(&self.drawn.list.id).await.or_tell(ctx)?;
        Ok(rows.into_iter().filter(|v| !asked || v.state == "ASKED").map(Visit).collect())
    }
}

/// What can happen to a visit list.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum VisitListStep {
    /// It was drawn.
    Drawn,
    /// Visits were brought back.
    Brought,
    /// Visits that a person was asked about were decided.
    Settled,
    /// Visits were taken back.
    TakenBack,
}

/// What happened to a visit list, and the list as it is since.
#[derive(SimpleObject)]
pub struct VisitListChanged {
    /// What happened.
    what: VisitListStep,
    /// When.
    at: DateTime,
    /// Who did it; null where nobody said.
    by: Option<String>,
    /// Visits that it concerns; null of a list that was drawn.
    visits: Option<i32>,
    /// The list as it is now.
    list: VisitList,
}

impl VisitListChanged {
    /// What an event tells the caller; None where it is of something else, or of a list with a door that the caller may not know of.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn of(ask: &RequestContext, event: &WorkEventRow, unit: Option<&str>) -> Result<Option<VisitListChanged>, Problem> {
        let what = match event.kind() {
            Some(WorkEventKind::Drawn) => VisitListStep::Drawn,
            Some(WorkEventKind::Brought) => VisitListStep::Brought,
            Some(WorkEventKind::Settled) => VisitListStep::Settled,
            Some(WorkEventKind::TakenBack) => VisitListStep::TakenBack,
            _ => return Ok(None),
        };
        let drawn = match within_reach(ask, &event.thing).await {
            Ok(drawn) => drawn,
            Err(problem) if problem.code == Code::NotFound => return Ok(None),
            Err(problem) => return Err(problem),
        };
        if unit.is_some() && drawn.list.owner_unit.as_deref() != unit {
            return Ok(None);
        }
        let edition = ask.state.hub().editions.current()?;
        Ok(Some(VisitListChanged {
            what,
            at: DateTime::written(event.at),
            by: event.by_whom.clone(),
            visits: event.visits.map(|visits| visits as i32),
            list: VisitList::new(&edition, drawn),
        }))
    }
}
