//! A threshold rule with other amounts: for its whole time, or from a day on.
//!
//! In: a rule and the amounts that a federation saved over it. Out: the rules that stand for it then. The code of a changed rule says
//! what it was made of (`retail-2010[from=2027-01-01,revenue_main=8000000]`), so that a verdict of whatever edition is told with the
//! amounts it was judged by, whatever is saved since.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::thresholds::{Condition, Metric, RuleFamily, ThresholdRule, Thresholds};
use crate::model::problem::Problem;
use crate::model::text::visible;

/// The largest amount, in yuan or persons: far above any rule, and far below what a sum of them would not hold.
pub const LARGEST_AMOUNT: i64 = 1_000_000_000_000;

/// Other amounts of a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleChange {
    /// The first day; None: the rule's whole time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// Yuan or persons by what a condition looks at (`revenue_main`); what is not named stays.
    pub amounts: BTreeMap<String, i64>,
}

impl RuleChange {
    /// What a rule so changed is called.
    pub fn code(&self, rule: &str) -> String {
        format!("{rule}[{}]", self.parts("=").join(","))
    }

    /// For people: `revenue_main >= 8000000, from 2027-01-01`.
    pub fn shown(&self) -> String {
        let mut parts = self.parts(" >= ");
        if let Some(from) = self.from {
            parts.remove(0);
            parts.push(format!("from {from}"));
        }
        parts.join(", ")
    }

    /// The day, then the amounts.
    fn parts(&self, between: &str) -> Vec<String> {
        let from = self.from.map(|from| format!("from={from}"));
        from.into_iter().chain(self.amounts.iter().map(|(metric, least)| format!("{metric}{between}{least}"))).collect()
    }

    /// The rule and the change of it that a code names; None for a code of a rule as the file has it.
    fn read(code: &str) -> Option<(&str, RuleChange)> {
        let (rule, parts) = code.strip_suffix(']')?.split_once('[')?;
        let mut change = RuleChange::default();
        for part in parts.split(',') {
            match part.split_once('=')? {
                ("from", day) => change.from = Some(day.parse().ok()?),
                (metric, least) => drop(change.amounts.insert(metric.to_owned(), least.parse().ok()?)),
            }
        }
        Some((rule, change))
    }
}

impl ThresholdRule {
    /// The amounts that its conditions ask for, in yuan or persons, by what they look at.
    pub fn amounts(&self) -> impl Iterator<Item = (Metric, i64)> {
        self.conditions.iter().filter_map(|condition| match condition {
            Condition::AtLeast(metric, least) => Some((*metric, *least)),
            _ => None,
        })
    }

    /// The rule of the file that it was made of; None where it stands there as it is.
    pub fn made_of(&self) -> Option<&str> {
        RuleChange::read(&self.id).map(|(rule, _)| rule)
    }

    /// The rules that stand for this one with a change: itself until the day before where the change has a first day, and the changed
    /// one. Amounts that it has anyway change nothing.
    ///
    /// # Errors
    /// `bad_threshold`: a rule of the federation's own head counts, an amount that it does not ask for or that none can be, a day on
    /// which it does not hold.
    pub fn with(&self, change: &RuleChange) -> Result<Vec<ThresholdRule>, Problem> {
        let bad = |zh: String, en: String| {
            Err(Problem::new("bad_threshold", format!("规则 {}：{zh}", self.id), format!("rule {}: {en}", self.id)))
        };
        if self.family != RuleFamily::Statistics {
            return bad(
                "是工会自用的人数，不判定规模；请改 proxy.above".to_owned(),
                "a head count of the federation's own, which decides no size: change proxy.above".to_owned(),
            );
        }
        for (metric, least) in &change.amounts {
            if !self.amounts().any(|(known, _)| known.name() == metric) {
                let known = self.amounts().map(|(known, _)| known.name()).collect::<Vec<_>>().join(", ");
                let shown = visible(metric);
                return bad(
                    format!("没有「{shown}」这项数额；可改：{known}"),
                    format!("it asks for no amount of \"{shown}\"; what can be changed: {known}"),
                );
            }
            if !(1..=LARGEST_AMOUNT).contains(least) {
                return bad(
                    format!("{metric} = {least}：应为 1 至 {LARGEST_AMOUNT} 的整数（元或人）"),
                    format!("{metric} = {least}: a whole number of yuan or persons from 1 to {LARGEST_AMOUNT} is needed"),
                );
            }
        }
        if let Some(from) = change.from.filter(|from| *from <= self.valid_from || self.valid_to.is_some_and(|last| *from > last))
        {
            let (first, last) = (self.valid_from, self.valid_to.map_or_else(String::new, |last| last.to_string()));
            return bad(
                format!("{from} 不在其施行期间之内（{first} 至 {last}）；全程改动请不写起始日"),
                format!("{from} is not within its time ({first} to {last}); without a first day the change is for all of it"),
            );
        }
        let other: BTreeMap<String, i64> = (self.amounts())
            .filter_map(|(metric, was)| {
                Some((metric.name().to_owned(), *change.amounts.get(metric.name()).filter(|least| **least != was)?))
            })
            .collect();
        if other.is_empty() {
            return Ok(vec![self.clone()]);
        }
        let change = RuleChange { from: change.from, amounts: other };
        let mut changed = ThresholdRule { id: change.code(&self.id), ..self.clone() };
        for condition in &mut changed.conditions {
            let Condition::AtLeast(metric, least) = condition else { continue };
            let Some(next) = change.amounts.get(metric.name()) else { continue };
            changed.scope_zh = retold(&changed.scope_zh, [amount_zh(*metric, *least), amount_zh(*metric, *next)], ["（", "）"]);
            changed.scope_en = retold(&changed.scope_en, [amount_en(*metric, *least), amount_en(*metric, *next)], [" (", ")"]);
            *least = *next;
        }
        let Some(from) = change.from else { return Ok(vec![changed]) };
        changed.valid_from = from;
        let before = ThresholdRule { valid_to: from.checked_sub_days(Days::new(1)), ..self.clone() };
        Ok(vec![before, changed])
    }
}

impl Thresholds {
    /// The rules with changes of some, by their codes.
    ///
    /// # Errors
    /// `bad_threshold`: there is no such rule, or see [`ThresholdRule::with`].
    pub fn with(&self, changes: &BTreeMap<String, RuleChange>) -> Result<Thresholds, Problem> {
        if let Some(unknown) = changes.keys().find(|code| self.rule(code).is_none()) {
            let known =
                self.rules.iter().filter(|r| r.family == RuleFamily::Statistics).map(|r| r.id.as_str()).collect::<Vec<_>>();
            let (unknown, known) = (visible(unknown), known.join(", "));
            return Err(Problem::new(
                "bad_threshold",
                format!("没有规则「{unknown}」；可用：{known}"),
                format!("there is no rule \"{unknown}\"; known: {known}"),
            ));
        }
        let mut rules = Vec::with_capacity(self.rules.len() + changes.len());
        for rule in &self.rules {
            match changes.get(&rule.id) {
                Some(change) => rules.extend(rule.with(change)?),
                None => rules.push(rule.clone()),
            }
        }
        Ok(Thresholds { rules, no_rule: self.no_rule.clone() })
    }

    /// The rule that a verdict names, as it was applied: one of these, or one of these changed.
    pub fn named(&self, code: &str) -> Option<Cow<'_, ThresholdRule>> {
        if let Some(rule) = self.rule(code) {
            return Some(Cow::Borrowed(rule));
        }
        let (rule, change) = RuleChange::read(code)?;
        let changed = self.rule(rule)?.with(&change).ok()?.into_iter().find(|rule| rule.id == code);
        changed.map(Cow::Owned)
    }
}

/// A title with the new amount in the place of the former, or behind it where the former is not in it.
fn retold(title: &str, [was, is]: [String; 2], [open, close]: [&str; 2]) -> String {
    match title.contains(&was) {
        true => title.replacen(&was, &is, 1),
        false => format!("{title}{open}{is}{close}"),
    }
}

/// As titles write an amount: `2000 万元`, `50 人`.
fn amount_zh(metric: Metric, amount: i64) -> String {
    match metric {
        Metric::Employees => format!("{amount} 人"),
        _ => format!("{} 万元", amount as f64 / 1e4),
    }
}

/// As titles write an amount: `20 million yuan`, `50 staff`.
fn amount_en(metric: Metric, amount: i64) -> String {
    match metric {
        Metric::Employees => format!("{amount} staff"),
        _ => format!("{} million yuan", amount as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::super::thresholds;
    use super::*;

    fn change(from: Option<&str>, amounts: &[(&str, i64)]) -> RuleChange {
        RuleChange {
            from: from.map(|day| day.parse().unwrap()),
            amounts: amounts.iter().map(|(metric, least)| ((*metric).to_owned(), *least)).collect(),
        }
    }

    #[test]
    fn a_changed_rule_says_its_amounts_and_is_found_again_by_its_code_alone() {
        let retail = thresholds().rule("retail-2010").unwrap();
        let all = retail.with(&change(None, &[("revenue_main", 8_000_000)])).unwrap();
        let [whole] = &all[..] else { panic!("{all:?}") };
        assert_eq!(whole.id, "retail-2010[revenue_main=8000000]");
        assert_eq!(whole.scope_zh, "限额以上零售业（年主营业务收入 800 万元以上）");
        assert_eq!(whole.scope_en, "Retail: from 8 million yuan main revenue");
        assert_eq!((whole.amounts().next(), whole.made_of()), (Some((Metric::RevenueMain, 8_000_000)), Some("retail-2010")));
        assert_eq!((whole.valid_from, retail.made_of()), (retail.valid_from, None));
        let two = retail.with(&change(Some("2027-01-01"), &[("revenue_main", 7_505_000)])).unwrap();
        assert_eq!((two[0].id.as_str(), two[0].valid_to), ("retail-2010", "2026-12-31".parse().ok()));
        assert_eq!(
            (two[1].id.as_str(), two[1].valid_from),
            ("retail-2010[from=2027-01-01,revenue_main=7505000]", "2027-01-01".parse().unwrap())
        );
        assert!(two[1].scope_zh.contains("750.5 万元") && two[1].scope_en.contains("7.505 million yuan"), "{:?}", two[1]);
        for rule in [whole, &two[1]] {
            assert_eq!(thresholds().named(&rule.id).as_deref(), Some(rule));
        }
        for code in [
            "retail-2010",
            "retail-2010[",
            "retail-2010[revenue_main=x]",
            "nothing[revenue_main=1]",
            "retail-2010[revenue_main=5000000]",
        ] {
            assert_eq!(
                thresholds().named(code).map(|rule| rule.id.clone()).as_deref(),
                (code == "retail-2010").then_some(code),
                "{code}"
            );
        }
    }

    #[test]
    fn two_amounts_of_one_rule_change_apart_and_those_it_has_anyway_change_nothing() {
        let services = thresholds().rule("services-2013-1000").unwrap();
        let other = services.with(&change(None, &[("employees", 60)])).unwrap().remove(0);
        assert_eq!(other.scope_en, "Services, scheme of 2013: from 10 million yuan revenue or 60 staff");
        assert_eq!(other.amounts().map(|(_, least)| least).max(), Some(10_000_000));
        assert_eq!(services.with(&change(None, &[("employees", 50)])).unwrap(), std::slice::from_ref(services));
        let law =
            thresholds().with(&[("retail-2010".to_owned(), change(Some("2027-01-01"), &[("revenue_main", 1)]))].into()).unwrap();
        assert_eq!(law.rules.len(), thresholds().rules.len() + 1);
        assert_ne!(law.canonical(), thresholds().canonical(), "another law");
    }

    #[test]
    fn what_no_rule_can_be_is_refused_with_what_there_is() {
        let told = |rule: &str, change: RuleChange| thresholds().with(&[(rule.to_owned(), change)].into()).unwrap_err().en;
        for (rule, change, said) in [
            ("retail", change(None, &[("revenue_main", 1)]), "retail-2010"),
            ("retail-2010", change(None, &[("revenue", 1)]), "revenue_main"),
            ("retail-2010", change(None, &[("revenue_main", 0)]), "from 1 to"),
            ("retail-2010", change(Some("2010-01-01"), &[("revenue_main", 9)]), "within its time"),
            ("retail-1998", change(Some("2026-01-01"), &[("sales", 9)]), "within its time"),
            ("union-campaign-50", change(None, &[("employees", 9)]), "proxy.above"),
        ] {
            let en = told(rule, change);
            assert!(en.contains(said), "{rule}: {en}");
        }
    }
}
