//! The year's appraisal: rules of a file, points by rule, ranks among units of a level, and what would lift a rank most.
//!
//! In: rules, each with its source, and the value of every indicator in every unit. Out: points, penalties, ranks. What it does not do:
//! find out the values.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::sheet::{SheetColumn, SheetFault, needed, optional, read_sheet};
use super::unit::TreeLevel;
use crate::model::field::named;

/// How an indicator becomes points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppraisalRule {
    /// What it is known by: objections name it.
    pub id: String,
    /// `net_new_units`, `net_new_covered`, `net_new_members`, or one that sheets of work bring: `establishment`, `service`, `information`.
    pub indicator: String,
    /// What it is called, in Chinese.
    pub zh: String,
    /// What it is called, in English.
    pub en: String,
    /// Points for each one of the indicator.
    pub per: f64,
    /// Below it there are no points.
    #[serde(default)]
    pub from: f64,
    /// Most points that it can bring.
    pub cap: f64,
    /// Below this value `penalty` points are taken off.
    #[serde(default)]
    pub floor: Option<f64>,
    /// Points that are taken off.
    #[serde(default)]
    pub penalty: f64,
    /// Only for units of these levels; all where it is empty.
    #[serde(default)]
    pub levels: Vec<TreeLevel>,
    /// Where the rule is said. A rule without a source counts for nobody.
    #[serde(default)]
    pub source: String,
}

/// The rules of a year.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppraisalRules {
    /// Of which year.
    pub year: i32,
    /// In the order in which they are shown.
    #[serde(rename = "rule", default)]
    pub rules: Vec<AppraisalRule>,
}

/// Reads a file of rules (TOML).
///
/// # Errors
/// Every fault with its line: what is no TOML or no rule, a rule without a source, twice the same id, caps and penalties that cannot be.
pub fn read_rules(text: &str) -> Result<AppraisalRules, Vec<SheetFault>> {
    let line_at = |byte: usize| text.get(..byte).map_or(0, |before| before.matches('\n').count() as u64 + 1);
    let rules: AppraisalRules = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(0, |span| line_at(span.start));
        vec![SheetFault::new(
            line,
            format!("考核规则无法读取：{}", error.message()),
            format!("the rules cannot be read: {}", error.message()),
        )]
    })?;
    // The n-th rule begins at the n-th heading.
    let headings: Vec<u64> = text.match_indices("[[rule]]").map(|(byte, _)| line_at(byte)).collect();
    let mut faults = Vec::new();
    if !(2000..=2100).contains(&rules.year) {
        faults.push(SheetFault::new(0, "年度应在 2000 到 2100 之间", "the year is from 2000 to 2100"));
    }
    if rules.rules.is_empty() {
        faults.push(SheetFault::new(0, "没有规则", "there are no rules"));
    }
    let mut seen = hashbrown::HashSet::new();
    for (at, rule) in rules.rules.iter().enumerate() {
        let id = &rule.id;
        let mut fault = |zh: String, en: String| faults.push(SheetFault::new(headings.get(at).copied().unwrap_or(0), zh, en));
        if rule.source.trim().is_empty() {
            fault(
                format!("规则 {id} 没有来源：请写明文件名称和条款"),
                format!("rule {id} has no source: say which document and article"),
            );
        }
        if !seen.insert(id.clone()) {
            fault(format!("规则 {id} 出现两次"), format!("rule {id} stands twice"));
        }
        let numbers = [rule.per, rule.from, rule.cap, rule.penalty, rule.floor.unwrap_or(0.0)];
        if numbers.iter().any(|n| !n.is_finite()) || rule.per <= 0.0 || rule.cap <= 0.0 || rule.penalty < 0.0 {
            fault(
                format!("规则 {id}：per 和 cap 须大于 0，penalty 不小于 0"),
                format!("rule {id}: per and cap are above 0, the penalty is not below it"),
            );
        }
        if rule.penalty > 0.0 && rule.floor.is_none() {
            fault(format!("规则 {id} 有扣分但没有 floor"), format!("rule {id} has a penalty and no floor below which it counts"));
        }
    }
    if faults.is_empty() { Ok(rules) } else { Err(faults) }
}

impl AppraisalRule {
    /// Points for a value; less than 0 where a penalty is taken off. What is unknown brings neither.
    pub fn points(&self, value: Option<f64>) -> f64 {
        let Some(value) = value else { return 0.0 };
        if self.floor.is_some_and(|floor| value < floor) {
            return -self.penalty;
        }
        if value < self.from { 0.0 } else { (value * self.per).clamp(0.0, self.cap) }
    }
    /// Whether it holds of units of this level.
    pub fn holds_of(&self, level: TreeLevel) -> bool {
        self.levels.is_empty() || self.levels.contains(&level)
    }
}

/// What one rule brings a unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RulePoints {
    /// Position of the rule.
    pub rule: usize,
    /// None: nothing is known of it.
    pub value: Option<f64>,
    /// Points, or what is taken off.
    pub points: f64,
}

/// What would lift the rank of a unit most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankLift {
    /// Position of the rule that, done in full, lifts it most.
    pub rule: usize,
    /// Points that it would bring more.
    pub gain: f64,
    /// The rank then, if the others stay as they are.
    pub rank: u32,
}

/// How a unit stands.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitStanding {
    /// Its position in the tree.
    pub unit: u32,
    /// By rule, in their order.
    pub lines: Vec<RulePoints>,
    /// All points.
    pub score: f64,
    /// 1 is best; equals share a rank.
    pub rank: u32,
    /// None where every rule is done in full.
    pub lift: Option<RankLift>,
}

/// Units of one level in the order of their ranks; `value` says what is known of an indicator in a unit.
pub fn appraise(
    rules: &AppraisalRules,
    level: TreeLevel,
    units: &[u32],
    value: impl Fn(u32, &str) -> Option<f64>,
) -> Vec<UnitStanding> {
    let own: Vec<(usize, &AppraisalRule)> = rules.rules.iter().enumerate().filter(|(_, rule)| rule.holds_of(level)).collect();
    let mut standings: Vec<UnitStanding> = units
        .iter()
        .map(|unit| {
            let line = |(at, rule): &(usize, &AppraisalRule)| {
                let value = value(*unit, &rule.indicator);
                RulePoints { rule: *at, value, points: rule.points(value) }
            };
            let lines: Vec<RulePoints> = own.iter().map(line).collect();
            let score = lines.iter().map(|line| line.points).sum();
            UnitStanding { unit: *unit, lines, score, rank: 0, lift: None }
        })
        .collect();
    standings.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.unit.cmp(&b.unit)));
    let scores: Vec<f64> = standings.iter().map(|s| s.score).collect();
    // Scores that differ by less than a rounding are equal.
    let rank_of = |score: f64| scores.partition_point(|other| *other > score + 1e-9) as u32 + 1;
    for standing in &mut standings {
        standing.rank = rank_of(standing.score);
        let lifts = standing.lines.iter().map(|line| {
            let gain = rules.rules[line.rule].cap - line.points;
            RankLift { rule: line.rule, gain, rank: rank_of(standing.score + gain) }
        });
        // The better rank; of equal ranks the one that takes fewest points to do, which is the nearer one.
        standing.lift = lifts
            .filter(|lift| lift.gain > 1e-9)
            .min_by(|a, b| a.rank.cmp(&b.rank).then(a.gain.total_cmp(&b.gain)).then(a.rule.cmp(&b.rule)));
    }
    standings
}

named! {
    /// How far an objection is.
    pub enum ObjectionState {
        /// Nobody decided yet.
        Open = "OPEN",
        /// The unit was right.
        Upheld = "UPHELD",
        /// It was not.
        Rejected = "REJECTED",
    }
}

/// The columns of a sheet of objections.
pub const OBJECTION_COLUMNS: &[SheetColumn] = &[
    needed("id", "编号"),
    needed("unit", "单位代码"),
    needed("year", "年度"),
    optional("rule", "规则"),
    needed("said", "异议内容"),
    needed("state", "状态"),
    optional("answer", "答复"),
    needed("on", "日期"),
    optional("source", "来源"),
];

/// What a unit says against its appraisal, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppraisalObjection {
    /// What it is known by.
    pub id: Box<str>,
    /// Code of the unit.
    pub unit: Box<str>,
    /// Of which year.
    pub year: i32,
    /// Against which rule; None: against the whole.
    pub rule: Option<Box<str>>,
    /// What is said.
    pub said: Box<str>,
    /// How far it is.
    pub state: ObjectionState,
    /// What was answered.
    pub answer: Option<Box<str>>,
    /// When it was raised.
    pub on: NaiveDate,
    /// Where it is kept.
    pub source: Box<str>,
}

/// Reads a sheet of objections.
///
/// # Errors
/// Every fault with its line: one that is decided has an answer.
pub fn read_objections(text: &str, source: Option<&str>) -> Result<Vec<(u64, AppraisalObjection)>, Vec<SheetFault>> {
    const STATES: &[(ObjectionState, &[&str])] = &[
        (ObjectionState::Open, &["OPEN", "待复核"]),
        (ObjectionState::Upheld, &["UPHELD", "成立"]),
        (ObjectionState::Rejected, &["REJECTED", "不成立"]),
    ];
    read_sheet(text, OBJECTION_COLUMNS, |row| {
        let (state, on, year, source) = (row.word("state", STATES)?, row.day("on"), row.count("year"), row.source(source));
        if state != ObjectionState::Open && row.text("answer").is_none() {
            row.fault("已有结论的异议须有答复", "an objection that is decided has an answer");
        }
        Some(AppraisalObjection {
            id: row.text("id")?.into(),
            unit: row.text("unit")?.into(),
            year: year? as i32,
            rule: row.text("rule").map(Into::into),
            said: row.text("said")?.into(),
            state,
            answer: row.text("answer").map(Into::into),
            on: on?,
            source: source?.into(),
        })
    })
}

/// The columns of a sheet of work and of rewards.
pub const WORK_COLUMNS: &[SheetColumn] = &[
    needed("unit", "单位代码"),
    needed("year", "年度"),
    needed("indicator", "指标"),
    needed("value", "数值"),
    optional("source", "来源"),
];

/// What a unit did in a year, for rules that no registry counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnitWork {
    /// Code of the unit.
    pub unit: Box<str>,
    /// In which year.
    pub year: i32,
    /// As rules name it: `service`, `information`, `establishment`.
    pub indicator: Box<str>,
    /// How much.
    pub value: f64,
    /// Where it is said.
    pub source: Box<str>,
}

/// Reads a sheet of work.
///
/// # Errors
/// Every fault with its line.
pub fn read_work(text: &str, source: Option<&str>) -> Result<Vec<(u64, UnitWork)>, Vec<SheetFault>> {
    read_sheet(text, WORK_COLUMNS, |row| {
        let (year, value, source) = (row.count("year"), row.number("value"), row.source(source));
        Some(UnitWork {
            unit: row.text("unit")?.into(),
            year: year? as i32,
            indicator: row.text("indicator")?.into(),
            value: value?,
            source: source?.into(),
        })
    })
}

/// The columns of a sheet of rewards.
pub const REWARD_COLUMNS: &[SheetColumn] = &[
    needed("unit", "单位代码"),
    needed("year", "年度"),
    needed("reward", "奖励"),
    optional("yuan", "金额"),
    optional("source", "来源"),
];

/// What a unit was given for a year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnitReward {
    /// Code of the unit.
    pub unit: Box<str>,
    /// For which year.
    pub year: i32,
    /// What: 一等奖.
    pub reward: Box<str>,
    /// Yuan, where it is money.
    pub yuan: Option<f64>,
    /// Where it is said.
    pub source: Box<str>,
}

/// Reads a sheet of rewards.
///
/// # Errors
/// Every fault with its line.
pub fn read_rewards(text: &str, source: Option<&str>) -> Result<Vec<(u64, UnitReward)>, Vec<SheetFault>> {
    read_sheet(text, REWARD_COLUMNS, |row| {
        let (year, yuan, source) = (row.count("year"), row.number("yuan"), row.source(source));
        Some(UnitReward {
            unit: row.text("unit")?.into(),
            year: year? as i32,
            reward: row.text("reward")?.into(),
            yuan,
            source: source?.into(),
        })
    })
}

/// Values of work by unit code and indicator, of one year.
pub fn work_of<'w>(work: impl IntoIterator<Item = &'w UnitWork>, year: i32) -> BTreeMap<(&'w str, &'w str), f64> {
    work.into_iter().filter(|w| w.year == year).map(|w| ((&*w.unit, &*w.indicator), w.value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = r#"
year = 2010

[[rule]]
id = "growth"
indicator = "net_new_units"
zh = "净增组织"
en = "net growth"
per = 0.5
cap = 40
floor = 0
penalty = 10
source = "考核办法第三条"

[[rule]]
id = "service"
indicator = "service"
zh = "服务"
en = "service"
per = 1
from = 5
cap = 20
levels = ["STREET", "TOWN"]
source = "考核办法第四条"
"#;

    #[test]
    fn points_have_thresholds_caps_and_penalties() {
        let rules = read_rules(RULES).unwrap();
        let growth = |value| rules.rules[0].points(value);
        assert_eq!(
            [growth(Some(20.0)), growth(Some(200.0)), growth(Some(-1.0)), growth(Some(0.0)), growth(None)],
            [10.0, 40.0, -10.0, 0.0, 0.0]
        );
        let service = |value| rules.rules[1].points(Some(value));
        assert_eq!([service(4.0), service(5.0), service(50.0)], [0.0, 5.0, 20.0]);
        assert!(!rules.rules[1].holds_of(TreeLevel::District));
    }

    #[test]
    fn units_are_ranked_and_told_what_would_lift_them_most() {
        let rules = read_rules(RULES).unwrap();
        // Growth and service of units 0 to 3.
        let values = [(80.0, 0.0), (60.0, 10.0), (10.0, 20.0), (60.0, 10.0)];
        let value = |unit: u32, indicator: &str| {
            let (growth, service) = values[unit as usize];
            Some(if indicator == "service" { service } else { growth })
        };
        let ranked = appraise(&rules, TreeLevel::Street, &[0, 1, 2, 3], value);
        let ranks: Vec<(u32, f64, u32)> = ranked.iter().map(|s| (s.unit, s.score, s.rank)).collect();
        assert_eq!(ranks, [(0, 40.0, 1), (1, 40.0, 1), (3, 40.0, 1), (2, 25.0, 4)]);
        let last = ranked[3].lift.unwrap();
        assert_eq!((last.rule, last.gain, last.rank), (0, 35.0, 1), "growth done in full would put it first");
        assert_eq!(ranked[0].lift.map(|l| (l.rule, l.gain)), Some((1, 20.0)));
        let districts = appraise(&rules, TreeLevel::District, &[0], value);
        assert_eq!((districts[0].lines.len(), districts[0].lift), (1, None), "all that holds of it is done in full");
    }

    #[test]
    fn a_rule_without_a_source_is_refused_with_its_line() {
        for (text, line, said) in [
            (RULES.replace("source = \"考核办法第四条\"\n", ""), 15, "service has no source"),
            (RULES.replace("id = \"service\"", "id = \"growth\""), 15, "stands twice"),
            (RULES.replace("floor = 0\n", ""), 4, "no floor"),
            (RULES.replace("per = 0.5", "per = 0"), 4, "above 0"),
            (RULES.replace("cap = 40", "caps = 40"), 10, "cannot be read"),
            ("year = 2010".to_owned(), 0, "no rules"),
        ] {
            let faults = read_rules(&text).unwrap_err();
            assert!(faults[0].problem.en.contains(said), "{faults:?}");
            assert!(faults[0].line == line || said == "cannot be read", "{faults:?}");
        }
    }

    #[test]
    fn an_objection_that_is_decided_has_an_answer() {
        let read = |state: &str, answer: &str| {
            read_objections(
                &format!("id,unit,year,said,state,answer,on,source\nO1,A,2010,少计一家,{state},{answer},2011-01-05,t\n"),
                None,
            )
        };
        assert!(read("OPEN", "").is_ok() && read("成立", "补计").is_ok());
        assert_eq!(read("不成立", "").unwrap_err()[0].line, 2);
    }
}
