//! Who is responsible for what, and what everybody has to do.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};

use super::places::Area;
use super::scalars::{Date, DateTime};
use crate::edition::Edition;
use crate::serve::context::ask;
use crate::store::duty::{DutyRow, WorkloadRow};

/// The bare id of a duty.
pub fn duty_id(id: &str) -> &str {
    id.strip_prefix("duty:").unwrap_or(id)
}

/// Who is responsible for what, from and until.
pub struct Duty {
    row: DutyRow,
    edition: Arc<Edition>,
}

impl Duty {
    pub fn new(edition: &Arc<Edition>, row: DutyRow) -> Duty {
        Duty { row, edition: edition.clone() }
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
    /// For this enterprise.
    async fn enterprise(&self, ctx: &Context<'_>) -> Option<super::enterprise::Enterprise> {
        let row = self.edition.row_of_id(self.row.enterprise_id.as_deref()?)?;
        Some(super::enterprise::Enterprise::new(ask(ctx), &self.edition, row))
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
