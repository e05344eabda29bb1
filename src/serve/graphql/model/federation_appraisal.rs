//! The year's appraisal of units, with the year before, objections and rewards.

use async_graphql::SimpleObject;

use super::scalars::{Date, ObjectionState};
use super::union_units::{FederationView, UnionUnit};
use crate::federation::appraisal::{AppraisalObjection, AppraisalRules, UnitReward, UnitStanding};
use crate::model::message::Lang;
use crate::serve::context::RequestContext;

/// What one rule brings a unit.
#[derive(SimpleObject)]
pub struct AppraisalLine {
    /// What the rule is known by.
    pub rule: String,
    /// What it is called.
    pub name: String,
    /// What is known of the indicator; null: nothing.
    pub value: Option<f64>,
    /// Points, or what is taken off.
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

/// What a unit says against its appraisal.
#[derive(SimpleObject)]
pub struct UnionObjection {
    /// What it is known by.
    pub code: String,
    /// Against which rule; null: against the whole.
    pub rule: Option<String>,
    /// What is said.
    pub said: String,
    /// How far it is.
    pub state: ObjectionState,
    /// What was answered.
    pub answer: Option<String>,
    /// When it was raised.
    pub on: Date,
    /// Where it is kept.
    pub source: String,
}

/// What a unit was given for a year.
#[derive(SimpleObject)]
pub struct UnionReward {
    /// What: 一等奖.
    pub reward: String,
    /// Yuan, where it is money. Needs the scope `finance`; null without it.
    pub yuan: Option<f64>,
    /// Where it is said.
    pub source: String,
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

impl UnionStanding {
    /// The standing of a unit of `of` of its level.
    pub fn new(
        ask: &RequestContext,
        view: &FederationView,
        rules: &AppraisalRules,
        standing: &UnitStanding,
        of: usize,
        before: Option<&UnitStanding>,
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
                points: line.points,
                cap: rule.cap,
                source: rule.source.clone(),
            }
        });
        let code = &*federation.tree.units[standing.unit as usize].code;
        let objections = federation.objections.iter().map(|o| &o.what).filter(|o| *o.unit == *code && o.year == rules.year);
        let rewards = federation.rewards.iter().map(|r| &r.what).filter(|r| *r.unit == *code && r.year == rules.year);
        UnionStanding {
            unit: UnionUnit { view: view.clone(), at: standing.unit },
            rank: standing.rank as i32,
            of: of as i32,
            score: standing.score,
            lines: lines.collect(),
            lift: standing.lift.map(|lift| AppraisalLift {
                rule: rules.rules[lift.rule].id.clone(),
                name: name(lift.rule),
                gain: lift.gain,
                rank: lift.rank as i32,
            }),
            before: before.map(|b| AppraisalBefore { score: b.score, rank: b.rank as i32 }),
            objections: objections.map(Into::into).collect(),
            rewards: rewards.map(|r| UnionReward::new(ask, r)).collect(),
        }
    }
}

impl From<&AppraisalObjection> for UnionObjection {
    fn from(o: &AppraisalObjection) -> UnionObjection {
        UnionObjection {
            code: o.id.to_string(),
            rule: o.rule.as_deref().map(str::to_owned),
            said: o.said.to_string(),
            state: o.state.into(),
            answer: o.answer.as_deref().map(str::to_owned),
            on: Date(o.on),
            source: o.source.to_string(),
        }
    }
}

impl UnionReward {
    fn new(ask: &RequestContext, r: &UnitReward) -> UnionReward {
        let yuan = r.yuan.filter(|_| super::federation_entries::is_told(ask, "reward_yuan"));
        UnionReward { reward: r.reward.to_string(), yuan, source: r.source.to_string() }
    }
}
