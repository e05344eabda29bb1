//! What is entered of a unit's year: work that rules count, objections, rewards, the rules themselves, and key points. Each with its source
//! and its versions.

use async_graphql::SimpleObject;
use chrono::NaiveDate;

use super::federation_entries::{EntryOrigin, is_told, keyed_pages};
use super::scalars::{Date, ObjectionState, UnionUnitLevel};
use super::union_units::{FederationView, UnionUnit};
use crate::federation::appraisal::{AppraisalObjection, AppraisalRule, AppraisalRules, UnitReward, UnitWork};
use crate::federation::entry::FederationNoun;
use crate::federation::key_point::KeyPoint;
use crate::hub::federation_state::Entered;
use crate::model::message::Lang;
use crate::serve::context::RequestContext;

keyed_pages!(
    "Work that rules of the appraisal count, page by page, in the order of units, years and indicators.",
    UnionWorkConnection,
    "The work of this page.",
    UnionWork,
    "Work of a unit and its cursor.",
    UnionWorkEdge,
    "The work."
);
keyed_pages!(
    "Objections, page by page, in the order of what they are known by.",
    UnionObjectionConnection,
    "The objections of this page.",
    UnionObjection,
    "An objection and its cursor.",
    UnionObjectionEdge,
    "The objection."
);
keyed_pages!(
    "Rewards, page by page, in the order of units and years.",
    UnionRewardConnection,
    "The rewards of this page.",
    UnionReward,
    "A reward and its cursor.",
    UnionRewardEdge,
    "The reward."
);
keyed_pages!(
    "Key points, page by page, in the order of units and years.",
    UnionKeyPointConnection,
    "The key points of this page.",
    UnionKeyPoint,
    "A key point and its cursor.",
    UnionKeyPointEdge,
    "The key point."
);
keyed_pages!(
    "Rules of appraisals, page by page, in the order of years.",
    AppraisalYearConnection,
    "The years of this page.",
    AppraisalYear,
    "The rules of a year and their cursor.",
    AppraisalYearEdge,
    "The rules of a year."
);

/// What a unit did in a year, for rules that no registry counts.
#[derive(SimpleObject)]
pub struct UnionWork {
    /// Whose it is.
    pub unit: Option<UnionUnit>,
    /// In which year.
    pub year: i32,
    /// As rules name it: `service`, `information`, `establishment`.
    pub indicator: String,
    /// How much.
    pub value: f64,
    /// Where it comes from.
    pub origin: EntryOrigin,
}

impl UnionWork {
    /// What work is known by.
    pub fn key(w: &UnitWork) -> String {
        format!("{} {} {}", w.unit, w.year, w.indicator)
    }
    pub fn new(ask: &RequestContext, view: &FederationView, entered: &Entered<UnitWork>) -> UnionWork {
        let w = &entered.what;
        UnionWork {
            unit: view.unit(ask, &w.unit),
            year: w.year,
            indicator: w.indicator.to_string(),
            value: w.value,
            origin: EntryOrigin::new(FederationNoun::Work, UnionWork::key(w), entered, &w.source),
        }
    }
}

/// What a unit says against its appraisal.
#[derive(SimpleObject)]
pub struct UnionObjection {
    /// What it is known by.
    pub code: String,
    /// Whose it is.
    pub unit: Option<UnionUnit>,
    /// Of which year.
    pub year: i32,
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
    /// Where it comes from.
    pub origin: EntryOrigin,
}

impl UnionObjection {
    pub fn new(ask: &RequestContext, view: &FederationView, entered: &Entered<AppraisalObjection>) -> UnionObjection {
        let o = &entered.what;
        UnionObjection {
            code: o.id.to_string(),
            unit: view.unit(ask, &o.unit),
            year: o.year,
            rule: o.rule.as_deref().map(str::to_owned),
            said: o.said.to_string(),
            state: o.state.into(),
            answer: o.answer.as_deref().map(str::to_owned),
            on: Date(o.on),
            source: o.source.to_string(),
            origin: EntryOrigin::new(FederationNoun::Objection, o.id.to_string(), entered, &o.source),
        }
    }
}

/// What a unit was given for a year.
#[derive(SimpleObject)]
pub struct UnionReward {
    /// To whom.
    pub unit: Option<UnionUnit>,
    /// For which year.
    pub year: i32,
    /// What: 一等奖.
    pub reward: String,
    /// Yuan, where it is money. Needs the scope `finance`; null without it.
    pub yuan: Option<f64>,
    /// Where it is said.
    pub source: String,
    /// Where it comes from.
    pub origin: EntryOrigin,
}

impl UnionReward {
    /// What a reward is known by.
    pub fn key(r: &UnitReward) -> String {
        format!("{} {} {}", r.unit, r.year, r.reward)
    }
    pub fn new(ask: &RequestContext, view: &FederationView, entered: &Entered<UnitReward>) -> UnionReward {
        let r = &entered.what;
        UnionReward {
            unit: view.unit(ask, &r.unit),
            year: r.year,
            reward: r.reward.to_string(),
            yuan: r.yuan.filter(|_| is_told(ask, "reward_yuan")),
            source: r.source.to_string(),
            origin: EntryOrigin::new(FederationNoun::Reward, UnionReward::key(r), entered, &r.source),
        }
    }
}

/// What a unit is to have done in a year beside its numbers.
#[derive(SimpleObject)]
pub struct UnionKeyPoint {
    /// Whose it is.
    pub unit: Option<UnionUnit>,
    /// Of which year.
    pub year: i32,
    /// What is to be done, in a line.
    pub point: String,
    /// By when; null: in the course of the year.
    pub due_on: Option<Date>,
    /// Since when it is done; null: still to do.
    pub done_on: Option<Date>,
    /// Whether it was done by the day asked.
    pub done: bool,
    /// Whether its deadline had passed by the day asked, and it was not done.
    pub late: bool,
    /// More words.
    pub note: Option<String>,
    /// Where it comes from.
    pub origin: EntryOrigin,
}

impl UnionKeyPoint {
    /// What a key point is known by.
    pub fn key(p: &KeyPoint) -> String {
        format!("{} {} {}", p.unit, p.year, p.point)
    }
    pub fn new(ask: &RequestContext, view: &FederationView, on: NaiveDate, entered: &Entered<KeyPoint>) -> UnionKeyPoint {
        let p = &entered.what;
        UnionKeyPoint {
            unit: view.unit(ask, &p.unit),
            year: p.year,
            point: p.point.to_string(),
            due_on: p.due_on.map(Date),
            done_on: p.done_on.map(Date),
            done: p.is_done(on),
            late: p.is_late(on),
            note: p.note.as_deref().map(str::to_owned),
            origin: EntryOrigin::new(FederationNoun::KeyPoint, UnionKeyPoint::key(p), entered, &p.source),
        }
    }
}

/// How an indicator becomes points.
#[derive(SimpleObject)]
pub struct AppraisalRuleOfYear {
    /// What it is known by: objections name it.
    pub rule: String,
    /// What it is called.
    pub name: String,
    /// What it counts: a net increase of the editions, or an indicator of sheets of work.
    pub indicator: String,
    /// Points for each one of the indicator.
    pub per: f64,
    /// Below it there are no points.
    pub from: f64,
    /// Most points that it can bring.
    pub cap: f64,
    /// Below this value the penalty is taken off; null: none is.
    pub floor: Option<f64>,
    /// Points that are taken off.
    pub penalty: f64,
    /// Only for units of these levels; all where it is empty.
    pub levels: Vec<UnionUnitLevel>,
    /// Where the rule is said.
    pub source: String,
}

impl AppraisalRuleOfYear {
    fn new(lang: Lang, rule: &AppraisalRule) -> AppraisalRuleOfYear {
        AppraisalRuleOfYear {
            rule: rule.id.clone(),
            name: if lang == Lang::Zh { rule.zh.clone() } else { rule.en.clone() },
            indicator: rule.indicator.clone(),
            per: rule.per,
            from: rule.from,
            cap: rule.cap,
            floor: rule.floor,
            penalty: rule.penalty,
            levels: rule.levels.iter().map(|level| (*level).into()).collect(),
            source: rule.source.clone(),
        }
    }
}

/// The rules of a year's appraisal.
#[derive(SimpleObject)]
pub struct AppraisalYear {
    /// Of which year.
    pub year: i32,
    /// In the order in which they are shown.
    pub rules: Vec<AppraisalRuleOfYear>,
    /// Where they come from; each rule names its own source.
    pub origin: EntryOrigin,
}

impl AppraisalYear {
    pub fn new(ask: &RequestContext, entered: &Entered<AppraisalRules>) -> AppraisalYear {
        let rules = &entered.what;
        let mut sources: Vec<&str> = rules.rules.iter().map(|rule| rule.source.as_str()).collect();
        sources.dedup();
        let (key, sources) = (rules.year.to_string(), sources.join("; "));
        AppraisalYear {
            year: rules.year,
            rules: rules.rules.iter().map(|rule| AppraisalRuleOfYear::new(ask.lang, rule)).collect(),
            origin: EntryOrigin::new(FederationNoun::Appraisal, key, entered, &sources),
        }
    }
}
