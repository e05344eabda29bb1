//! The year's appraisal of units, with the year before, objections and rewards.

use std::sync::Arc;

use async_graphql::SimpleObject;
use chrono::NaiveDate;
use hashbrown::HashMap;

use super::cases::mendable;
use super::connection::{pages, placed};
use super::federation_year::{UnionObjection, UnionReward};
use super::union_units::{FederationView, UnionUnit};
use crate::federation::appraisal::{AppraisalRules, UnitStanding};
use crate::federation::unit::TreeLevel;
use crate::hub::federation_standing::AppraisedYear;
use crate::hub::federation_state::Federation;
use crate::model::message::Lang;
use crate::serve::context::RequestContext;
use crate::serve::problem::Problem;

/// What one rule brings a unit.
#[derive(SimpleObject)]
pub struct AppraisalLine {
    /// What the rule is known by.
    pub rule: String,
    /// What it is called.
    pub name: String,
    /// What is known of the indicator; null: nothing.
    pub value: Option<f64>,
    /// Why nothing is known of it, in words; null where something is.
    pub unknown: Option<String>,
    /// Points, or what is taken off; 0 where nothing is known.
    pub points: f64,
    /// Most points that it can bring.
    pub cap: f64,
    /// Where the rule is said.
    pub source: String,
}

/// What would lift the rank of a unit most.
#[derive(SimpleObject)]
pub struct AppraisalLift {
    /// The rule that, done in full, lifts it most.
    pub rule: String,
    /// What it is called.
    pub name: String,
    /// Points that it would bring more.
    pub gain: f64,
    /// The rank then, if the others stay as they are.
    pub rank: i32,
}

/// How a unit stood the year before.
#[derive(SimpleObject)]
pub struct AppraisalBefore {
    /// All points.
    pub score: f64,
    /// 1 is best.
    pub rank: i32,
}

/// How a unit stands in a year's appraisal, among the units of its level.
#[derive(SimpleObject)]
pub struct UnionStanding {
    /// Whose it is.
    pub unit: UnionUnit,
    /// 1 is best; equals share a rank.
    pub rank: i32,
    /// Units of the level.
    pub of: i32,
    /// All points.
    pub score: f64,
    /// By rule.
    pub lines: Vec<AppraisalLine>,
    /// What would lift its rank most; null where every rule is done in full.
    pub lift: Option<AppraisalLift>,
    /// By the rules of the year before; null where there were none.
    pub before: Option<AppraisalBefore>,
    /// What it says against it.
    pub objections: Vec<UnionObjection>,
    /// What it was given.
    pub rewards: Vec<UnionReward>,
}

pages!(
    "Units of a level by their rank in a year's appraisal, page by page.",
    UnionStandingConnection,
    "The units of this page with their ranks.",
    UnionStanding,
    "A unit with its rank, and their cursor.",
    UnionStandingEdge,
    "The unit and its rank."
);

/// A year's appraisal of the units of one level, worked out once for an answer.
pub struct RankedLevel {
    federation: Arc<Federation>,
    year: AppraisedYear,
    level: TreeLevel,
    /// The day as of which it is asked.
    on: NaiveDate,
    /// By position in the tree: the place in the order of ranks.
    places: HashMap<u32, usize>,
    before: HashMap<u32, (f64, u32)>,
}

impl RankedLevel {
    /// The appraisal of a year with the units of the view; None where no rules were entered for it.
    ///
    /// # Errors
    /// An edition cannot be read.
    pub fn of(
        ask: &RequestContext,
        view: &FederationView,
        year: i32,
        on: NaiveDate,
        level: TreeLevel,
    ) -> Result<Option<RankedLevel>, Problem> {
        let ranked = |year: i32| ask.state.hub().appraisal(&view.federation, year, on, &[level]).map_err(mendable);
        let Some(now) = ranked(year)? else { return Ok(None) };
        let before = ranked(year - 1)?.and_then(|mut before| before.ranked.remove(&level)).unwrap_or_default();
        let places = now.ranked.get(&level).into_iter().flatten().enumerate().map(|(at, s)| (s.unit, at)).collect();
        Ok(Some(RankedLevel {
            federation: view.federation.clone(),
            year: now,
            level,
            on,
            places,
            before: before.iter().map(|s| (s.unit, (s.score, s.rank))).collect(),
        }))
    }

    fn standings(&self) -> &[UnitStanding] {
        self.year.ranked.get(&self.level).map_or(&[], Vec::as_slice)
    }

    /// How a unit stands; None of a unit of another level.
    pub fn standing(&self, ask: &RequestContext, view: &FederationView, unit: u32) -> Option<UnionStanding> {
        let standing = &self.standings()[*self.places.get(&unit)?];
        let rules = self.federation.rules_of(self.year.year)?;
        Some(UnionStanding::new(ask, view, rules, standing, self))
    }

    /// The first units that the caller may see, by rank.
    pub fn first(&self, ask: &RequestContext, view: &FederationView, first: usize) -> Vec<UnionStanding> {
        let seen = self.seen(ask, None).into_iter().take(first);
        seen.filter_map(|unit| self.standing(ask, view, unit)).collect()
    }

    /// Units that the caller may see, of one unit and those below it, by rank.
    fn seen(&self, ask: &RequestContext, within: Option<u32>) -> Vec<u32> {
        let tree = &self.federation.tree;
        let is_asked = |unit: &u32| {
            within.is_none_or(|within| tree.is_within(*unit, within)) && self.federation.is_seen_by(&ask.caller, *unit)
        };
        self.standings().iter().map(|s| s.unit).filter(is_asked).collect()
    }
}

impl UnionStandingConnection {
    /// The page behind a cursor, which is the code of the last unit of the page before.
    ///
    /// # Errors
    /// A cursor of another question.
    pub fn page(
        ask: &RequestContext,
        view: &FederationView,
        ranked: Option<&RankedLevel>,
        within: Option<u32>,
        first: usize,
        after: Option<&str>,
    ) -> Result<UnionStandingConnection, Problem> {
        let Some(ranked) = ranked else {
            return Ok(UnionStandingConnection { nodes: Vec::new(), placed: placed(false, false, Vec::new()), total_count: 0 });
        };
        let code = |unit: u32| &*ranked.federation.tree.units[unit as usize].code;
        let seen = ranked.seen(ask, within);
        let start = match after {
            None => 0,
            Some(after) => seen.iter().position(|unit| code(*unit) == after).map(|at| at + 1).ok_or_else(|| {
                Problem::bad_input(
                    format!("after 不是这个列表的游标：{after}"),
                    format!("after is no cursor of this list: {after}"),
                )
                .remedy("pageInfo.endCursor")
            })?,
        };
        let page = &seen[start..seen.len().min(start + first)];
        let cursors = page.iter().map(|unit| code(*unit).to_owned()).collect();
        let nodes = page.iter().filter_map(|unit| ranked.standing(ask, view, *unit)).collect();
        Ok(UnionStandingConnection {
            nodes,
            placed: placed(start + page.len() < seen.len(), start > 0, cursors),
            total_count: seen.len() as i32,
        })
    }
}

impl UnionStanding {
    fn new(
        ask: &RequestContext,
        view: &FederationView,
        rules: &AppraisalRules,
        standing: &UnitStanding,
        ranked: &RankedLevel,
    ) -> UnionStanding {
        let federation = &view.federation;
        let name = |rule: usize| match ask.lang {
            Lang::Zh => rules.rules[rule].zh.clone(),
            Lang::En => rules.rules[rule].en.clone(),
        };
        let lines = standing.lines.iter().map(|line| {
            let rule = &rules.rules[line.rule];
            AppraisalLine {
                rule: rule.id.clone(),
                name: name(line.rule),
                value: line.value,
                unknown: line.value.is_none().then(|| {
                    let (zh, en) = ranked.year.unknown(&rule.indicator);
                    if ask.lang == Lang::Zh { zh } else { en }
                }),
                points: line.points,
                cap: rule.cap,
                source: rule.source.clone(),
            }
        });
        let code = &*federation.tree.units[standing.unit as usize].code;
        let is_own = |unit: &str, year: i32| *unit == *code && year == rules.year;
        let objections = federation.objections.iter().filter(|o| is_own(&o.what.unit, o.what.year) && o.what.on <= ranked.on);
        let rewards = federation.rewards.iter().filter(|r| is_own(&r.what.unit, r.what.year));
        UnionStanding {
            unit: UnionUnit { view: view.clone(), at: standing.unit },
            rank: standing.rank as i32,
            of: ranked.standings().len() as i32,
            score: standing.score,
            lines: lines.collect(),
            lift: standing.lift.map(|lift| AppraisalLift {
                rule: rules.rules[lift.rule].id.clone(),
                name: name(lift.rule),
                gain: lift.gain,
                rank: lift.rank as i32,
            }),
            before: ranked.before.get(&standing.unit).map(|(score, rank)| AppraisalBefore { score: *score, rank: *rank as i32 }),
            objections: objections.map(|o| UnionObjection::new(ask, view, o)).collect(),
            rewards: rewards.map(|r| UnionReward::new(ask, view, r)).collect(),
        }
    }
}
