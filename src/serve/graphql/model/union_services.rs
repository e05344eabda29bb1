//! Services that units gave, and posts that they have: statement by statement, and counted by kind, period and unit.

use std::collections::BTreeMap;

use async_graphql::{Enum, ID, SimpleObject};
use chrono::NaiveDate;

use super::federation_entries::{EntryOrigin, keyed_pages, number};
use super::scalars::{Date, UnionPostKind, UnionServiceKind};
use super::union_units::{FederationView, UnionUnit};
use crate::federation::entry::FederationNoun;
use crate::federation::post::{PostKind, Staffing};
use crate::federation::service::{ServiceKind, ServicesGiven};
use crate::federation::unit::TreeLevel;
use crate::hub::federation_state::Entered;
use crate::serve::context::RequestContext;
use crate::serve::problem::Problem;

/// What was done of one kind in a period.
#[derive(SimpleObject)]
pub struct UnionServiceSum {
    /// Of what.
    pub kind: UnionServiceKind,
    /// `2010` or `2010-06`.
    pub period: String,
    /// How many, of the unit and those below it.
    pub count: i32,
    /// For each member of the unit's enterprises; null where no members are known.
    pub per_member: Option<f64>,
}

/// What a unit did of one kind in a month or a year.
#[derive(SimpleObject)]
pub struct UnionService {
    /// What it is known by.
    #[graphql(owned)]
    pub id: ID,
    /// Who did it.
    pub unit: Option<UnionUnit>,
    /// Of what.
    pub kind: UnionServiceKind,
    /// `2010` or `2010-06`.
    pub period: String,
    /// How many.
    pub count: i32,
    /// Which paper, which case.
    pub note: Option<String>,
    /// Where it comes from.
    pub origin: EntryOrigin,
}

impl UnionService {
    /// What a statement is known by.
    pub fn key(s: &ServicesGiven) -> String {
        format!("{} {} {}", s.unit, s.kind, s.period)
    }
    pub fn new(ask: &RequestContext, view: &FederationView, entered: &Entered<ServicesGiven>) -> UnionService {
        let (s, key) = (&entered.what, UnionService::key(&entered.what));
        UnionService {
            id: ID(format!("service:{key}")),
            unit: view.unit(ask, &s.unit),
            kind: s.kind.into(),
            period: s.period.to_string(),
            count: number(s.count),
            note: s.note.as_deref().map(str::to_owned),
            origin: EntryOrigin::new(FederationNoun::Service, key, entered, &s.source),
        }
    }
}

keyed_pages!(
    "Services given, page by page, in the order of units, kinds and periods.",
    UnionServiceConnection,
    "The services of this page.",
    UnionService,
    "Services of a kind and period at a unit and their cursor.",
    UnionServiceEdge,
    "The services."
);

/// What services and posts are counted by.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum FederationDimension {
    /// Of what kind.
    Kind,
    /// In which month or year; of posts: as of the last day of which month.
    Period,
    /// Of which unit.
    Unit,
}

/// Services counted together.
#[derive(SimpleObject)]
pub struct UnionServiceCount {
    /// Of what; null where kinds are not told apart.
    pub kind: Option<UnionServiceKind>,
    /// `2010` or `2010-06`; null where periods are not told apart.
    pub period: Option<String>,
    /// Of which unit; null where units are not told apart, and of what no unit of the level stands above.
    pub unit: Option<UnionUnit>,
    /// How many.
    pub count: i32,
}

/// Posts counted together.
#[derive(SimpleObject)]
pub struct UnionPostCount {
    /// Which posts; null where kinds are not told apart.
    pub kind: Option<UnionPostKind>,
    /// The day that they are counted as of.
    pub on: Date,
    /// Of which unit; null where units are not told apart, and of what no unit of the level stands above.
    pub unit: Option<UnionUnit>,
    /// Posts that there are to be.
    pub approved: i32,
    /// Posts that somebody holds.
    pub filled: i32,
    /// Posts that nobody holds.
    pub vacant: i32,
    /// Filled beyond what was approved.
    pub beyond: i32,
    /// Chairs delegated.
    pub delegated_chairs: i32,
}

/// What to count by, and of which units.
pub struct CountQuestion {
    /// What is told apart.
    pub by: Vec<FederationDimension>,
    /// Counted for the nearest unit of this level above; for the unit itself where left out.
    pub level: Option<TreeLevel>,
    /// Only of this unit and those below it.
    pub within: Option<u32>,
}

/// Rows of one answer.
const MAX_ROWS: usize = 20_000;

impl CountQuestion {
    fn tells(&self, dimension: FederationDimension) -> bool {
        self.by.contains(&dimension)
    }

    /// The unit for which a thing of the unit of this code is counted; None where it is none that the caller may see, or not one asked.
    fn unit_of(&self, ask: &RequestContext, view: &FederationView, code: &str) -> Option<Option<u32>> {
        let tree = &view.federation.tree;
        let at = tree.at(code)?;
        let is_asked = self.within.is_none_or(|within| tree.is_within(at, within));
        if !is_asked || !view.federation.is_seen_by(&ask.caller, at) {
            return None;
        }
        let of_level = || match self.level {
            Some(level) => tree.upwards(at).find(|up| tree.units[*up as usize].level == level),
            None => Some(at),
        };
        Some(if self.tells(FederationDimension::Unit) { of_level() } else { None })
    }

    /// Services that count by what is told apart, in the order of units, kinds and periods.
    ///
    /// # Errors
    /// More rows than one answer holds.
    pub fn services<'s>(
        &self,
        ask: &RequestContext,
        view: &FederationView,
        given: impl IntoIterator<Item = &'s ServicesGiven>,
    ) -> Result<Vec<UnionServiceCount>, Problem> {
        let (by_kind, by_period) = (self.tells(FederationDimension::Kind), self.tells(FederationDimension::Period));
        let mut sums: BTreeMap<(Option<u32>, Option<ServiceKind>, Option<&str>), u64> = BTreeMap::new();
        for s in given {
            let Some(unit) = self.unit_of(ask, view, &s.unit) else { continue };
            *sums.entry((unit, by_kind.then_some(s.kind), by_period.then_some(&*s.period))).or_default() += s.count;
        }
        few(sums.len())?;
        let row = |((unit, kind, period), count): ((Option<u32>, Option<ServiceKind>, Option<&str>), u64)| UnionServiceCount {
            kind: kind.map(Into::into),
            period: period.map(str::to_owned),
            unit: unit.and_then(|at| view.seen(ask, at)),
            count: number(count),
        };
        Ok(sums.into_iter().map(row).collect())
    }

    /// Posts as of some days by what is told apart, in the order of days, units and kinds.
    ///
    /// # Errors
    /// More rows than one answer holds.
    pub fn posts(
        &self,
        ask: &RequestContext,
        view: &FederationView,
        days: &[NaiveDate],
        kind: Option<PostKind>,
    ) -> Result<Vec<UnionPostCount>, Problem> {
        let by_kind = self.tells(FederationDimension::Kind);
        let mut sums: BTreeMap<(NaiveDate, Option<u32>, Option<PostKind>), Staffing> = BTreeMap::new();
        for day in days {
            for posts in view.federation.posts_on(*day).iter().map(|p| &p.what).filter(|p| kind.is_none_or(|k| p.kind == k)) {
                let Some(unit) = self.unit_of(ask, view, &posts.unit) else { continue };
                sums.entry((*day, unit, by_kind.then_some(posts.kind))).or_default().add(posts);
            }
            few(sums.len())?;
        }
        let row = |((on, unit, kind), staff): ((NaiveDate, Option<u32>, Option<PostKind>), Staffing)| UnionPostCount {
            kind: kind.map(Into::into),
            on: Date(on),
            unit: unit.and_then(|at| view.seen(ask, at)),
            approved: number(staff.approved),
            filled: number(staff.filled),
            vacant: number(staff.vacant),
            beyond: number(staff.beyond),
            delegated_chairs: number(staff.delegated_chairs),
        };
        Ok(sums.into_iter().map(row).collect())
    }
}

fn few(rows: usize) -> Result<(), Problem> {
    if rows <= MAX_ROWS {
        return Ok(());
    }
    Err(Problem::bad_input(
        format!("结果超过 {MAX_ROWS} 行：请缩小范围，或按层级（level）合计"),
        format!("more than {MAX_ROWS} rows: ask of fewer units, or count by level"),
    ))
}
