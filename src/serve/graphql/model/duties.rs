//! Who is responsible for what, and what everybody has to do.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};

use super::cases::{caller_areas, mendable};
use super::federation_entries::keyed_pages;
use super::places::Area;
use super::scalars::{Date, DateTime};
use crate::edition::Edition;
use crate::hub::federation_state::Federation;
use crate::serve::context::{RequestContext, ask};
use crate::serve::problem::Problem;
use crate::store::case::CaseArea;
use crate::store::duty::{DutyRow, WorkloadRow};
use crate::store::work_event::{WorkEventKind, WorkEventRow};

/// The bare id of a duty.
pub fn duty_id(id: &str) -> &str {
    id.strip_prefix("duty:").unwrap_or(id)
}

keyed_pages!(
    "Duties, page by page, by unit and day.",
    DutyConnection,
    "The duties of this page.",
    Duty,
    "A duty and its cursor.",
    DutyEdge,
    "The duty."
);
keyed_pages!(
    "What everybody has to do, page by page, the most first.",
    WorkloadConnection,
    "The owners of this page.",
    Workload,
    "What one owner has to do, and its cursor.",
    WorkloadEdge,
    "What one owner has to do."
);

/// Which duties: all that is given holds together.
#[derive(InputObject, Default)]
pub struct DutyFilter {
    /// Only those of these units: codes or names.
    unit: Option<Vec<String>>,
    /// Only those of this role.
    role: Option<String>,
    /// Only those of first responsible persons, or only the others.
    is_first: Option<bool>,
    /// Only those that have begun and neither ended nor were ended, or only the others.
    in_force: Option<bool>,
}

impl DutyFilter {
    /// The duties of these, with what they are known by in their order; ended ones included where nothing is said of that.
    ///
    /// # Errors
    /// There is no such unit; the store cannot be read.
    pub async fn rows(&self, ask: &RequestContext) -> Result<Vec<DutyRow>, Problem> {
        let hub = ask.state.hub();
        let units = units_meant(ask, self.unit.as_deref()).await?;
        let mut rows = match units.as_deref() {
            Some([unit]) => hub.store.duties(Some(unit)).await?,
            _ => hub.store.duties(None).await?,
        };
        let today = hub.clock.today(hub.settings.zone).to_string();
        let is_in_force =
            |row: &DutyRow| row.ended_at.is_none() && row.starts <= today && row.ends.as_ref().is_none_or(|last| *last >= today);
        rows.retain(|row| {
            units.as_ref().is_none_or(|units| units.contains(&row.unit))
                && self.role.as_ref().is_none_or(|role| row.role.as_ref() == Some(role))
                && self.is_first.is_none_or(|is| (row.is_first != 0) == is)
                && self.in_force.is_none_or(|is| is_in_force(row) == is)
        });
        Ok(rows)
    }
}

/// Which owners: all that is given holds together.
#[derive(InputObject, Default)]
pub struct WorkloadFilter {
    /// Only owners in these units: codes or names.
    unit: Option<Vec<String>>,
    /// Only what is nobody's, or only what somebody has.
    is_nobodys: Option<bool>,
    /// Only owners with a case whose day has passed, or only the others.
    is_overdue: Option<bool>,
}

impl WorkloadFilter {
    /// Of these rows those that are asked for.
    ///
    /// # Errors
    /// There is no such unit; the store cannot be read.
    pub async fn kept(&self, ask: &RequestContext, mut rows: Vec<WorkloadRow>) -> Result<Vec<WorkloadRow>, Problem> {
        let units = units_meant(ask, self.unit.as_deref()).await?;
        rows.retain(|row| {
            units.as_ref().is_none_or(|units| row.owner_unit.as_ref().is_some_and(|unit| units.contains(unit)))
                && self.is_nobodys.is_none_or(|is| row.owner_unit.is_none() == is)
                && self.is_overdue.is_none_or(|is| (row.overdue > 0) == is)
        });
        Ok(rows)
    }
}

/// Codes of the units that are named; None where none are.
async fn units_meant(ask: &RequestContext, units: Option<&[String]>) -> Result<Option<Vec<String>>, Problem> {
    let Some(units) = units else { return Ok(None) };
    let mut meant = Vec::with_capacity(units.len());
    for unit in units {
        meant.push(ask.owner_unit(unit).await.map_err(mendable)?);
    }
    Ok(Some(meant))
}

/// What can happen to a duty.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum DutyStep {
    /// It was given; to somebody else, where it was handed over.
    Given,
    /// It was ended.
    Ended,
}

/// What happened to a duty, and the duty as it is since.
#[derive(SimpleObject)]
pub struct DutyChanged {
    /// What happened.
    what: DutyStep,
    /// When.
    at: DateTime,
    /// Who did it; null where nobody said.
    by: Option<String>,
    /// The duty as it is now.
    duty: Duty,
}

impl DutyChanged {
    /// What an event tells the caller; None where it is of something else, or of a duty that the caller may not know of.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn of(ask: &RequestContext, event: &WorkEventRow, unit: Option<&str>) -> Result<Option<DutyChanged>, Problem> {
        let what = match event.kind() {
            Some(WorkEventKind::Given) => DutyStep::Given,
            Some(WorkEventKind::Ended) => DutyStep::Ended,
            _ => return Ok(None),
        };
        let row = ask.state.hub().store.duty(&event.thing).await?;
        let Some(row) = row.filter(|row| unit.is_none_or(|unit| row.unit == unit)) else { return Ok(None) };
        let edition = ask.state.hub().editions.current()?;
        let duty = DutyReach::of(ask).await?.told(&edition, vec![row]).await?.pop();
        Ok(duty.map(|duty| DutyChanged { what, at: DateTime::written(event.at), by: event.by_whom.clone(), duty }))
    }
}

/// What of duties a caller may know and give: those of their own units, and those for their own areas and enterprises.
pub struct DutyReach<'a> {
    ask: &'a RequestContext,
    /// None for callers of the whole city.
    areas: Option<(Vec<CaseArea>, Arc<Federation>)>,
}

impl<'a> DutyReach<'a> {
    /// # Errors
    /// The store cannot be read.
    pub async fn of(ask: &'a RequestContext) -> Result<DutyReach<'a>, Problem> {
        let areas = match caller_areas(ask) {
            Some(areas) => Some((areas, ask.federation().await?)),
            None => None,
        };
        Ok(DutyReach { ask, areas })
    }

    /// Whether the caller sees the whole city.
    pub fn is_whole(&self) -> bool {
        self.areas.is_none()
    }

    /// Whether an area or unit, by its code, is one of the caller's or lies in one.
    pub fn has_unit(&self, code: &str) -> bool {
        let Some((areas, federation)) = &self.areas else { return true };
        let is_in = |area: &CaseArea| match area {
            CaseArea::Everywhere => true,
            CaseArea::Within(own) => code.starts_with(own.as_str()) || code.strip_prefix('D') == Some(own.as_str()),
            CaseArea::Federation(own) => code == own,
        };
        areas.iter().any(is_in) || federation.tree.at(code).is_some_and(|at| federation.is_seen_by(&self.ask.caller, at))
    }

    /// Whether a duty is told to the caller. `enterprise`: the one it is for, as it is now.
    fn shows(&self, edition: &Edition, row: &DutyRow, enterprise: Option<&str>) -> bool {
        let is_theirs = |id: &str| edition.enterprise_of_id(id).is_some_and(|e| self.ask.may_see(e));
        self.has_unit(&row.unit)
            || row.area.as_deref().is_some_and(|area| self.has_unit(area))
            || enterprise.is_some_and(is_theirs)
    }

    /// Those of these duties that the caller may know of.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn told(&self, edition: &Arc<Edition>, rows: Vec<DutyRow>) -> Result<Vec<Duty>, Problem> {
        let now = self.ask.state.hub().duties_now(&rows).await.map_err(mendable)?;
        let duty = |row: DutyRow| {
            let enterprise = row.enterprise_id.as_ref().map(|id| now.get(id).unwrap_or(id).clone());
            self.shows(edition, &row, enterprise.as_deref()).then(|| Duty::new(edition, row, enterprise))
        };
        Ok(rows.into_iter().filter_map(duty).collect())
    }
}

/// Who is responsible for what, from and until.
pub struct Duty {
    row: DutyRow,
    /// The enterprise that it is for, as the edition knows it.
    enterprise: Option<String>,
    edition: Arc<Edition>,
}

impl Duty {
    /// What it is known by among its like, in their order.
    pub fn key(&self) -> String {
        format!("{} {} {}", self.row.unit, self.row.starts, self.row.id)
    }

    pub fn new(edition: &Arc<Edition>, row: DutyRow, enterprise: Option<String>) -> Duty {
        Duty { row, enterprise, edition: edition.clone() }
    }
}

/// Who is responsible for what, from and until. All conditions that are given hold together.
#[Object]
impl Duty {
    /// `duty:` and its number.
    async fn id(&self) -> ID {
        ID(format!("duty:{}", self.row.id))
    }
    /// The unit.
    async fn unit(&self) -> Area {
        Area::new(&self.edition, self.row.unit.as_str())
    }
    /// What they are there.
    async fn role(&self) -> Option<&str> {
        self.row.role.as_deref()
    }
    /// Who they are, where names are kept.
    async fn name(&self) -> Option<&str> {
        self.row.name.as_deref()
    }
    /// The first responsible person of the unit.
    async fn is_first(&self) -> bool {
        self.row.is_first != 0
    }
    /// For enterprises of this area.
    async fn area(&self) -> Option<Area> {
        self.row.area.as_deref().map(|code| Area::new(&self.edition, code))
    }
    /// For this section or division of GB/T 4754.
    async fn industry(&self) -> Option<&str> {
        self.row.industry.as_deref()
    }
    /// For addresses that hold this: a street, a building.
    async fn building(&self) -> Option<&str> {
        self.row.building.as_deref()
    }
    /// For this enterprise; where it was joined with another one, for that. Null also where it lies in an area that is not the caller's.
    async fn enterprise(&self, ctx: &Context<'_>) -> Option<super::enterprise::Enterprise> {
        let found = self.edition.enterprise_of_id(self.enterprise.as_deref()?).filter(|e| ask(ctx).may_see(*e))?;
        Some(super::enterprise::Enterprise::new(ask(ctx), &self.edition, found.row))
    }
    /// First day.
    async fn starts(&self) -> Option<Date> {
        self.row.starts.parse().ok().map(Date)
    }
    /// Last day; null while it is open.
    async fn ends(&self) -> Option<Date> {
        self.row.ends.as_deref().and_then(|d| d.parse().ok()).map(Date)
    }
    /// Who gave it.
    async fn given_by(&self) -> Option<&str> {
        self.row.by_whom.as_deref()
    }
    /// When it was given.
    async fn given_at(&self) -> DateTime {
        DateTime::written(self.row.at)
    }
}

/// What one owner has to do.
#[derive(SimpleObject)]
pub struct Workload {
    /// The unit; null: cases of nobody.
    pub unit: Option<Area>,
    /// The role.
    pub role: Option<String>,
    /// The person, where names are kept.
    pub name: Option<String>,
    /// Open cases.
    pub open: i32,
    /// Open cases whose day has passed.
    pub overdue: i32,
    /// Cases closed since the Monday of this week.
    pub closed: i32,
}

impl Workload {
    /// What an owner is known by among their like, the most open cases first.
    pub fn key(row: &WorkloadRow) -> String {
        let of = |text: &Option<String>| text.clone().unwrap_or_default();
        let less = 9_999_999_999_i64.saturating_sub(row.open);
        format!("{less:010} {} {} {}", of(&row.owner_unit), of(&row.owner_role), of(&row.owner_name))
    }

    pub fn new(edition: &Arc<Edition>, row: WorkloadRow) -> Workload {
        Workload {
            unit: row.owner_unit.map(|unit| Area::new(edition, unit)),
            role: row.owner_role,
            name: row.owner_name,
            open: row.open as i32,
            overdue: row.overdue as i32,
            closed: row.closed as i32,
        }
    }
}
