//! Units of the federation: their place in the tree, what is at home in them, how far setting up is.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};
use chrono::NaiveDate;
use hashbrown::HashSet;

use super::connection::{pages, placed};
use super::edition::EditionNode;
use super::federation_appraisal::UnionStanding;
use super::federation_entries::{UnionArrears, UnionDispatchSums, UnionStaffing, is_told};
pub use super::federation_view::{FederationView, may_see_unit, series_days};
use super::places::Area;
use super::scalars::{Date, DateTime, UnionServiceKind, UnionUnitLevel};
use super::targets::{TargetVersion, known_indicator};
use super::union_services::UnionServiceSum;
use crate::federation::dispatch::dispatch_sums;
use crate::federation::entry::FederationNoun;
use crate::federation::home::UnitCounts;
use crate::federation::pace::SetupPace;
use crate::federation::pilot::{ArrearsByAge, arrears_by_age};
use crate::federation::service::sums;
use crate::federation::share::{TargetMeasure, measure_of, shares};
use crate::federation::unit::{TreeLevel, TreeUnit, UnitTree};
use crate::hub::federation_homes::enterprise_meant;
use crate::hub::targets::{SetBy, canonical};
use crate::model::verdict::GapStatus;
use crate::serve::context::{OrTell, RequestContext, ask};
use crate::serve::problem::Problem;
use crate::store::federation::EntryRow;

/// A unit of the federation: the city's, a district's, a street's, a zone's, an industrial union, a park's or a building's.
#[derive(Clone)]
pub struct UnionUnit {
    pub view: FederationView,
    pub at: u32,
}

/// Enterprises of a unit; each is at home in one unit of the area tree and in at most one industrial union.
#[derive(SimpleObject)]
pub struct UnionUnitCounts {
    /// All of them, in scope or not.
    pub enterprises: i32,
    /// A union covers them.
    pub covered: i32,
    /// They lack a union, or one of their own.
    pub lacking: i32,
    /// It cannot be told.
    pub undecided: i32,
    /// Persons employed, of those in scope.
    pub employees: i32,
    /// Members, of those in scope.
    pub members: i32,
    /// covered / (covered + lacking); null where neither is known of anybody.
    pub coverage: Option<f64>,
}

impl From<&UnitCounts> for UnionUnitCounts {
    fn from(counts: &UnitCounts) -> UnionUnitCounts {
        let number = |n: u64| i32::try_from(n).unwrap_or(i32::MAX);
        let decided = counts.covered + counts.lacking;
        UnionUnitCounts {
            enterprises: number(counts.enterprises),
            covered: number(counts.covered),
            lacking: number(counts.lacking),
            undecided: number(counts.undecided),
            employees: number(counts.employees),
            members: number(counts.members),
            coverage: (decided > 0).then(|| counts.covered as f64 / decided as f64),
        }
    }
}

/// A target of a unit, and what of it is given to units below.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct UnionTargetShare {
    /// What is to be reached: a number, or a share from 0 to 1.
    pub value: f64,
    /// The value is a share of 1, and parts do not add up to it.
    pub is_percent: bool,
    /// What the nearest units below that have a target have together; null for percent.
    pub parts: Option<f64>,
    /// How many of them there are.
    pub units: i32,
    /// What nobody below has to reach; null for percent.
    pub left: Option<f64>,
    /// The first person responsible.
    pub responsible: Option<String>,
    /// The document that it is taken from; null where a registry delivers it, and where nobody said.
    pub source: Option<String>,
    /// Who set it; null where a registry delivers it.
    pub set_by: Option<String>,
    /// When it was set, or delivered last.
    pub set_at: Option<DateTime>,
    #[graphql(skip)]
    of: (UnionUnit, i32, String),
}

/// A target of a unit, and what of it is given to units below.
#[ComplexObject]
impl UnionTargetShare {
    /// Every version that people set, withdrawn ones too, the latest first.
    async fn history(&self, ctx: &Context<'_>) -> Result<Vec<TargetVersion>> {
        let (unit, year, indicator) = &self.of;
        unit.target_versions(ask(ctx), *year, indicator).await.or_tell(ctx)
    }
}

/// How far setting up the units below is, as of a day.
#[derive(SimpleObject)]
pub struct UnionUnitPace {
    /// Founded by the day.
    pub done: i32,
    /// Not founded by the day.
    pub to_do: i32,
    /// Of those to do, whose deadline had passed.
    pub late: i32,
    /// Of those to do, without a deadline.
    pub undated: i32,
    /// The day.
    pub on: Date,
}

impl UnionUnitPace {
    fn new(pace: SetupPace, on: NaiveDate) -> UnionUnitPace {
        let [done, to_do, late, undated] = [pace.done, pace.to_do, pace.late, pace.undated].map(|n| n as i32);
        UnionUnitPace { done, to_do, late, undated, on: Date(on) }
    }
}

/// A version of something that was entered of the federation.
pub struct FederationVersion {
    row: EntryRow,
}

impl FederationVersion {
    pub async fn list(ask: &RequestContext, noun: FederationNoun, key: &str) -> Result<Vec<FederationVersion>, Problem> {
        ask.touch_store();
        let rows = ask.state.hub().store.federation_history(noun.name(), key).await?;
        Ok(rows.into_iter().map(|row| FederationVersion { row }).collect())
    }
}

/// A version of something that was entered of the federation.
#[Object]
impl FederationVersion {
    /// When it was entered.
    async fn at(&self) -> DateTime {
        DateTime::written(self.row.at)
    }
    /// Who entered it.
    async fn by(&self) -> Option<&str> {
        self.row.by_whom.as_deref()
    }
    /// It was taken back.
    async fn withdrawn(&self) -> bool {
        self.row.body.is_none()
    }
    /// What was entered, as JSON; null where it was taken back.
    async fn body(&self) -> Option<&str> {
        self.row.body.as_deref()
    }
}

impl UnionUnit {
    pub fn unit(&self) -> &TreeUnit {
        &self.view.federation.tree.units[self.at as usize]
    }
    fn other(&self, at: u32) -> UnionUnit {
        UnionUnit { view: self.view.clone(), at }
    }
    /// Every version of its target that people set, the latest first.
    async fn target_versions(&self, ask: &RequestContext, year: i32, indicator: &str) -> Result<Vec<TargetVersion>, Problem> {
        ask.touch_store();
        let rows = ask.state.hub().unit_target_history(&self.view.federation, self.at, year, indicator).await;
        Ok(TargetVersion::of(rows.map_err(super::cases::mendable)?))
    }
    /// The unit as it stood on a day; None where it was none of the units then.
    async fn then(&self, ask: &RequestContext, on: Option<Date>) -> Result<Option<UnionUnit>, Problem> {
        let Some(on) = on else { return Ok(Some(self.clone())) };
        let view = self.view.then(ask, on.0).await?;
        let at = view.federation.tree.at(&self.unit().code);
        Ok(at.map(|at| UnionUnit { view, at }))
    }
}

/// A unit of the federation: the city's, a district's, a street's, a zone's, an industrial union, a park's or a building's.
#[Object]
impl UnionUnit {
    /// `unit:` and the code; behind it the edition that its enterprises are counted in, or the day that it is told as of, where one was
    /// asked for.
    pub async fn id(&self, ctx: &Context<'_>) -> ID {
        ID(self.view.id_of(ask(ctx), &self.unit().code))
    }
    /// Its code: `BJ`, `D110108`, `I-EDU`.
    async fn code(&self) -> &str {
        &self.unit().code
    }
    /// What it is called.
    async fn name(&self) -> &str {
        &self.unit().name
    }
    /// What it is.
    async fn level(&self) -> UnionUnitLevel {
        self.unit().level.into()
    }
    /// The unit above; null of the city's, and where the caller may not see it.
    async fn parent(&self, ctx: &Context<'_>) -> Option<UnionUnit> {
        let above = self.view.federation.tree.parent(self.at)?;
        may_see_unit(ask(ctx), &self.view.federation, above).then(|| self.other(above))
    }
    /// The district that the code or a division of a street or town says, where it stands below another one: it was moved and kept them,
    /// and somebody has to look. Null where nothing disagrees.
    async fn other_district(&self) -> Option<&str> {
        self.view.federation.tree.other_district(self.at)
    }
    /// The units right below, by code.
    async fn children(&self, ctx: &Context<'_>) -> Vec<UnionUnit> {
        let seen = |at: &&u32| may_see_unit(ask(ctx), &self.view.federation, **at);
        self.view.federation.tree.children(self.at).iter().filter(seen).map(|at| self.other(*at)).collect()
    }
    /// Divisions whose enterprises are its own.
    async fn areas(&self) -> Vec<Area> {
        self.unit().areas.iter().map(|code| Area::new(&self.view.edition, &**code)).collect()
    }
    /// Sections and divisions of GB/T 4754 whose enterprises are its own.
    async fn industries(&self) -> Vec<&str> {
        self.unit().industries.iter().map(|code| &**code).collect()
    }
    /// Parts of addresses whose enterprises are its own.
    async fn places(&self) -> Vec<&str> {
        self.unit().places.iter().map(|place| &**place).collect()
    }
    /// What its chair is there.
    async fn chair_post(&self) -> Option<&str> {
        self.unit().chair_post.as_deref()
    }
    /// Since when it stands; null: still to do.
    async fn founded_on(&self) -> Option<Date> {
        self.unit().founded_on.map(Date)
    }
    /// By when it is to stand.
    async fn due_on(&self) -> Option<Date> {
        self.unit().due_on.map(Date)
    }
    /// Where that is said.
    async fn source(&self) -> &str {
        &self.unit().source
    }
    /// When it was entered last.
    async fn entered_at(&self) -> Option<DateTime> {
        self.view.federation.entered.get(self.at as usize).map(|(at, _)| DateTime::written(*at))
    }
    /// Who entered it last.
    async fn entered_by(&self) -> Option<&str> {
        self.view.federation.entered.get(self.at as usize)?.1.as_deref()
    }
    /// Enterprises at home in it and in the units below, in the edition asked.
    async fn counts(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = false, desc = "Only those at home in the unit itself.")] own: bool,
    ) -> UnionUnitCounts {
        let sums = ask(ctx).state.hub().unit_sums(&self.view.edition, &self.view.federation);
        (&(if own { &sums.own } else { &sums.sums })[self.at as usize]).into()
    }
    /// How far setting up the units below is.
    async fn pace(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "As of this day; today where left out.")] on: Option<Date>,
        #[graphql(desc = "Only units of these levels; all where left out.")] levels: Option<Vec<UnionUnitLevel>>,
    ) -> Result<UnionUnitPace> {
        let hub = ask(ctx).state.hub();
        let then = self.then(ask(ctx), on).await.or_tell(ctx)?;
        let on = on.map_or_else(|| hub.clock.today(hub.settings.zone), |day| day.0);
        let levels: Vec<TreeLevel> = levels.unwrap_or_default().into_iter().map(Into::into).collect();
        Ok(UnionUnitPace::new(then.map_or_else(SetupPace::default, |unit| unit.view.pace(&levels, on, unit.at)), on))
    }
    /// How far setting up the units below was at the end of every month, and is on the last day asked.
    async fn pace_series(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From the month of this day on, at most ten years back; a year back where left out.")] from: Option<
            Date,
        >,
        #[graphql(desc = "Until this day; today where left out.")] to: Option<Date>,
        #[graphql(desc = "Only units of these levels; all where left out.")] levels: Option<Vec<UnionUnitLevel>>,
    ) -> Result<Vec<UnionUnitPace>> {
        let levels: Vec<TreeLevel> = levels.unwrap_or_default().into_iter().map(Into::into).collect();
        let days = series_days(ask(ctx), from, to);
        let series = self.view.pace_series(ask(ctx), &levels, &days).await.or_tell(ctx)?;
        let pace = |((tree, paces), on): (&(Arc<UnitTree>, Vec<SetupPace>), &NaiveDate)| {
            let at = tree.at(&self.unit().code);
            UnionUnitPace::new(at.map_or_else(SetupPace::default, |at| paces[at as usize]), *on)
        };
        Ok(series.iter().zip(&days).map(pace).collect())
    }
    /// Posts of it and of the units below, and what each officer has to do.
    async fn staffing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "As of this day; today where left out.")] on: Option<Date>,
    ) -> Result<UnionStaffing> {
        let hub = ask(ctx).state.hub();
        let Some(unit) = self.then(ask(ctx), on).await.or_tell(ctx)? else {
            return Ok(UnionStaffing::new(&Default::default(), &UnitCounts::default()));
        };
        let on = on.map_or_else(|| hub.clock.today(hub.settings.zone), |day| day.0);
        let sums = hub.unit_sums(&unit.view.edition, &unit.view.federation);
        let staff = unit.view.federation.staffing(on)[unit.at as usize];
        Ok(UnionStaffing::new(&staff, &sums.sums[unit.at as usize]))
    }
    /// Services given by it and by the units below, by kind and period.
    async fn services_given(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only periods of this year.")] year: Option<i32>,
        #[graphql(desc = "Only of this kind.")] kind: Option<UnionServiceKind>,
        #[graphql(desc = "As of this day: periods that had ended by then; all where left out.")] on: Option<Date>,
    ) -> Result<Vec<UnionServiceSum>> {
        let Some(unit) = self.then(ask(ctx), on).await.or_tell(ctx)? else { return Ok(Vec::new()) };
        let federation = &unit.view.federation;
        let own = federation.services.iter().map(|s| &s.what).filter(|s| federation.is_of(&s.unit, unit.at));
        let own = own.filter(|s| on.is_none_or(|day| s.is_over(day.0)));
        let own = own.filter(|s| kind.is_none_or(|kind| UnionServiceKind::from(s.kind) == kind));
        let year = year.map(|year| year.to_string());
        let counted = ask(ctx).state.hub().unit_sums(&unit.view.edition, federation);
        let members = counted.sums[unit.at as usize].members;
        let sums = sums(own, year.as_deref()).into_iter().map(|((kind, period), count)| UnionServiceSum {
            kind: kind.into(),
            period: period.to_string(),
            count: i32::try_from(count).unwrap_or(i32::MAX),
            per_member: (members > 0).then(|| count as f64 / members as f64),
        });
        Ok(sums.collect())
    }
    /// Agreements on dispatched workers that it and the units below report.
    async fn dispatch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "As of this day: agreed by then, or without a day; all where left out.")] on: Option<Date>,
    ) -> Result<UnionDispatchSums> {
        let ask = ask(ctx);
        let Some(unit) = self.then(ask, on).await.or_tell(ctx)? else {
            return Ok(UnionDispatchSums::new(&dispatch_sums([]), 0, 0));
        };
        let federation = &unit.view.federation;
        let own = federation.agreements.iter().map(|a| &a.what).filter(|a| federation.is_of(&a.unit, unit.at));
        let own: Vec<_> = own.filter(|a| on.is_none_or(|day| a.stood(day.0))).collect();
        let lacking = |texts: HashSet<&str>| {
            let edition = &unit.view.edition;
            let rows: HashSet<_> = texts.into_iter().filter_map(|text| enterprise_meant(edition, text)).collect();
            // One elsewhere is not the caller's to be told of.
            let is_lacking = |row: &&u32| {
                let e = edition.enterprise(**row);
                matches!(e.gap(), Some(GapStatus::Lacking | GapStatus::LackingIndependent)) && ask.may_see(e)
            };
            rows.iter().filter(is_lacking).count() as u64
        };
        let agencies = lacking(own.iter().map(|a| &*a.agency).collect());
        let hosts = lacking(own.iter().map(|a| &*a.host).collect());
        Ok(UnionDispatchSums::new(&dispatch_sums(own), agencies, hosts))
    }
    /// What is owed in it and in the units below, by age. Needs the scope `finance`; null without it.
    async fn arrears(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "As of this day; today where left out.")] on: Option<Date>,
    ) -> Result<Option<UnionArrears>> {
        let ask = ask(ctx);
        if !is_told(ask, "arrears") {
            return Ok(None);
        }
        let hub = ask.state.hub();
        let Some(unit) = self.then(ask, on).await.or_tell(ctx)? else { return Ok(Some(ArrearsByAge::default().into())) };
        let on = on.map_or_else(|| hub.clock.today(hub.settings.zone), |day| day.0);
        let federation = &unit.view.federation;
        let own = federation.collections.iter().map(|c| &c.what).filter(|c| federation.is_of(&c.unit, unit.at));
        Ok(Some(arrears_by_age(own, on).into()))
    }
    /// Its target, and what is given to units below; null where it has none.
    async fn target(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this year.")] year: i32,
        #[graphql(desc = "Id of the list of indicators: net_new_units, coverage_rate.")] indicator: String,
    ) -> Result<Option<UnionTargetShare>> {
        let ask = ask(ctx);
        known_indicator(&indicator).or_tell(ctx)?;
        let indicator = canonical(&indicator);
        ask.touch_store();
        let (hub, day) = (ask.state.hub(), self.view.day());
        let given = hub.given_to_units(&self.view.federation, year, indicator, day).await;
        let given = given.map_err(super::cases::mendable).or_tell(ctx)?;
        let targets = given.iter().map(|(at, given)| (*at, given.target.value)).collect();
        let shares = shares(&self.view.federation.tree, &targets);
        let Some(own) = given.get(&self.at) else { return Ok(None) };
        let is_percent = measure_of(indicator) == Some(TargetMeasure::Percent);
        Ok(shares.get(&self.at).map(|share| UnionTargetShare {
            value: share.value,
            is_percent,
            parts: (!is_percent).then_some(share.parts),
            units: share.units as i32,
            left: (!is_percent).then(|| share.left()),
            responsible: own.target.responsible.as_deref().map(str::to_owned),
            source: own.source.clone(),
            set_by: match &own.by {
                SetBy::Person(by) => by.clone(),
                SetBy::Registry(_) => None,
            },
            set_at: DateTime::from_millis(own.at),
            of: (self.clone(), year, indicator.to_owned()),
        }))
    }
    /// Every version of its target that people set, the latest first: also where it was taken back and none stands.
    async fn target_history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this year.")] year: i32,
        #[graphql(desc = "Id of the list of indicators: net_new_units, coverage_rate.")] indicator: String,
    ) -> Result<Vec<TargetVersion>> {
        known_indicator(&indicator).or_tell(ctx)?;
        self.target_versions(ask(ctx), year, canonical(&indicator)).await.or_tell(ctx)
    }
    /// How it stands in a year's appraisal among the units of its level; null where no rules were entered for the year.
    async fn standing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this year.")] year: i32,
        #[graphql(desc = "As of this day; today where left out.")] on: Option<Date>,
    ) -> Result<Option<UnionStanding>> {
        let (ask, hub) = (ask(ctx), ask(ctx).state.hub());
        let Some(unit) = self.then(ask, on).await.or_tell(ctx)? else { return Ok(None) };
        let on = on.map_or_else(|| hub.clock.today(hub.settings.zone), |day| day.0);
        let ranked = unit.view.ranked(ask, year, on, unit.unit().level).await.or_tell(ctx)?;
        Ok(ranked.and_then(|ranked| ranked.standing(ask, &unit.view, unit.at)))
    }
    /// Every version of it, the latest first.
    async fn history(&self, ctx: &Context<'_>) -> Result<Vec<FederationVersion>> {
        FederationVersion::list(ask(ctx), FederationNoun::Unit, &self.unit().code).await.or_tell(ctx)
    }
    /// The edition that it is counted in.
    async fn edition(&self) -> EditionNode {
        EditionNode::opened(&self.view.edition)
    }
}

pages!(
    "Units of the federation, page by page, in the order of their codes.",
    UnionUnitConnection,
    "The units of this page.",
    UnionUnit,
    "A unit and its cursor.",
    UnionUnitEdge,
    "The unit."
);

impl UnionUnitConnection {
    /// A page of units that the caller may see: of some levels, below one unit, those that `other_district` is told of or the others,
    /// behind a cursor.
    pub fn page(
        ask: &RequestContext,
        view: &FederationView,
        levels: &[TreeLevel],
        (within, in_other_district): (Option<u32>, Option<bool>),
        first: usize,
        after: Option<&str>,
    ) -> UnionUnitConnection {
        let tree = &view.federation.tree;
        let wanted = |at: &u32| {
            (levels.is_empty() || levels.contains(&tree.units[*at as usize].level))
                && within.is_none_or(|above| tree.is_within(*at, above))
                && in_other_district.is_none_or(|flagged| tree.other_district(*at).is_some() == flagged)
                && may_see_unit(ask, &view.federation, *at)
        };
        let found: Vec<u32> = (0..tree.units.len() as u32).filter(wanted).collect();
        let start = after.map_or(0, |code| found.partition_point(|at| &*tree.units[*at as usize].code <= code));
        let page = found.iter().skip(start).take(first);
        let nodes: Vec<UnionUnit> = page.map(|at| UnionUnit { view: view.clone(), at: *at }).collect();
        let cursors = nodes.iter().map(|unit| unit.unit().code.to_string()).collect();
        let placed = placed(start + first < found.len(), start > 0, cursors);
        UnionUnitConnection { nodes, placed, total_count: found.len() as i32 }
    }
}
