//! What persons change of the policy: the change itself, what is judged by with it, and the key by which each part is told.
//!
//! In: what `huitu.toml` and the thresholds file say, and a change. Out: the policy and the rules with it, or what it cannot be, by its
//! key and with what there is. Who saved it, and when, says `policy_versions`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::{HubError, all_of};
use super::saved_versions::SavedSettings;
use crate::assess::{Policy, Rules};
use crate::connector::nearest;
use crate::model::reference::threshold_change::RuleChange;
use crate::model::text::visible;
use crate::model::verdict::UnionStatus;

/// What is judged by: the policy and the rules of designated size.
#[derive(Debug, Clone, PartialEq)]
pub struct Yardstick {
    pub policy: Policy,
    pub rules: Arc<Rules>,
}

/// What is changed of the policy and of the rules; what is None stays. As JSON (in the store) what is None is left out, and null is
/// Some(None).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PolicyChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace_months: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted_kinds: Option<Vec<UnionStatus>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub established_kinds: Option<Vec<UnionStatus>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branches_out_of_scope: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub individuals_out_of_scope: Option<bool>,
    /// From this head count on an enterprise is above by proxy; Some(None) switches that off.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub proxy_above: Option<Option<u32>>,
    /// Up to this head count an enterprise is below by proxy; Some(None) switches that off.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub proxy_below: Option<Option<u32>>,
    /// Weights of the priority by their names in the policy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub weights: Vec<(String, f32)>,
    /// What holds an edition, by the names of `[policy.publication]`: shares in percent, and a number of enterprises.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub publication: Vec<(String, f64)>,
    /// Other amounts of rules of designated size, by the codes of the thresholds file.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub thresholds: BTreeMap<String, RuleChange>,
}

/// What is there, null too.
pub(super) fn given<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(value).map(Some)
}

impl SavedSettings for PolicyChange {
    fn over(&self, earlier: &PolicyChange) -> PolicyChange {
        PolicyChange {
            grace_months: self.grace_months.or(earlier.grace_months),
            counted_kinds: self.counted_kinds.clone().or_else(|| earlier.counted_kinds.clone()),
            established_kinds: self.established_kinds.clone().or_else(|| earlier.established_kinds.clone()),
            branches_out_of_scope: self.branches_out_of_scope.or(earlier.branches_out_of_scope),
            individuals_out_of_scope: self.individuals_out_of_scope.or(earlier.individuals_out_of_scope),
            proxy_above: self.proxy_above.or(earlier.proxy_above),
            proxy_below: self.proxy_below.or(earlier.proxy_below),
            weights: laid_over(&self.weights, &earlier.weights),
            publication: laid_over(&self.publication, &earlier.publication),
            thresholds: earlier.thresholds.clone().into_iter().chain(self.thresholds.clone()).collect(),
        }
    }

    fn without(&self, key: &str) -> PolicyChange {
        let mut left = self.clone();
        match key {
            "grace_months" => left.grace_months = None,
            "counted_kinds" => left.counted_kinds = None,
            "established_kinds" => left.established_kinds = None,
            "branches_out_of_scope" => left.branches_out_of_scope = None,
            "individuals_out_of_scope" => left.individuals_out_of_scope = None,
            "proxy.above" => left.proxy_above = None,
            "proxy.below" => left.proxy_below = None,
            _ => match key.split_once('.') {
                Some(("priority", name)) => left.weights.retain(|(known, _)| known != name),
                Some(("publication", name)) => left.publication.retain(|(known, _)| known != name),
                Some(("thresholds", code)) => drop(left.thresholds.remove(code)),
                _ => {}
            },
        }
        left
    }

    /// By the keys of the `[policy]` table, and `thresholds.` with the code of a rule: a number, words, true or false, amounts.
    fn settings(&self) -> Vec<(String, Option<String>)> {
        let words = |kinds: &[UnionStatus]| Some(kinds.iter().map(UnionStatus::to_string).collect::<Vec<_>>().join(", "));
        let heads = |heads: Option<Option<u32>>| heads.map(|heads| heads.map(|heads| heads.to_string()));
        let plain = [
            ("grace_months", self.grace_months.map(|months| Some(months.to_string()))),
            ("counted_kinds", self.counted_kinds.as_deref().map(words)),
            ("established_kinds", self.established_kinds.as_deref().map(words)),
            ("branches_out_of_scope", self.branches_out_of_scope.map(|out| Some(out.to_string()))),
            ("individuals_out_of_scope", self.individuals_out_of_scope.map(|out| Some(out.to_string()))),
            ("proxy.above", heads(self.proxy_above)),
            ("proxy.below", heads(self.proxy_below)),
        ];
        let plain = plain.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        let weights = self.weights.iter().map(|(name, value)| (format!("priority.{name}"), Some(value.to_string())));
        let shares = self.publication.iter().map(|(name, value)| (format!("publication.{name}"), Some(value.to_string())));
        let rules = self.thresholds.iter().map(|(code, rule)| (format!("thresholds.{code}"), Some(rule.shown())));
        plain.chain(weights).chain(shares).chain(rules).collect()
    }
}

impl PolicyChange {
    /// The same keys, as the configuration has them.
    pub fn as_configured(&self, configured: &Yardstick) -> PolicyChange {
        let policy = &configured.policy;
        let of = |saved: bool| saved.then_some(());
        let rule = |code: &String| {
            let rule = configured.rules.named(code)?;
            let amounts = rule.amounts().map(|(metric, least)| (metric.name().to_owned(), least)).collect();
            Some((code.clone(), RuleChange { from: None, amounts }))
        };
        let known: BTreeMap<String, f64> = weights(policy).into_iter().collect();
        let shares: BTreeMap<String, f64> = publication(policy).into_iter().collect();
        PolicyChange {
            grace_months: self.grace_months.map(|_| policy.grace_months),
            counted_kinds: of(self.counted_kinds.is_some()).map(|()| policy.counted_kinds.clone()),
            established_kinds: of(self.established_kinds.is_some()).map(|()| policy.established_kinds.clone()),
            branches_out_of_scope: self.branches_out_of_scope.map(|_| policy.branches_out_of_scope),
            individuals_out_of_scope: self.individuals_out_of_scope.map(|_| policy.individuals_out_of_scope),
            proxy_above: self.proxy_above.map(|_| policy.proxy.above),
            proxy_below: self.proxy_below.map(|_| policy.proxy.below),
            weights: self.weights.iter().filter_map(|(name, _)| Some((name.clone(), *known.get(name)? as f32))).collect(),
            publication: self.publication.iter().filter_map(|(name, _)| Some((name.clone(), *shares.get(name)?))).collect(),
            thresholds: self.thresholds.keys().filter_map(rule).collect(),
        }
    }
}

/// Named numbers over earlier ones, in the order of the names.
fn laid_over<T: Copy>(later: &[(String, T)], earlier: &[(String, T)]) -> Vec<(String, T)> {
    let both: BTreeMap<String, T> = earlier.iter().chain(later).cloned().collect();
    both.into_iter().collect()
}

/// The policy and the rules with the changes made.
///
/// # Errors
/// A weight, a share or a rule that there is none of; a value that it cannot have.
pub fn changed(configured: &Yardstick, change: &PolicyChange) -> Result<Yardstick, HubError> {
    let mut next = configured.policy.clone();
    next.grace_months = change.grace_months.unwrap_or(next.grace_months);
    next.counted_kinds = change.counted_kinds.clone().unwrap_or(next.counted_kinds);
    next.established_kinds = change.established_kinds.clone().unwrap_or(next.established_kinds);
    next.branches_out_of_scope = change.branches_out_of_scope.unwrap_or(next.branches_out_of_scope);
    next.individuals_out_of_scope = change.individuals_out_of_scope.unwrap_or(next.individuals_out_of_scope);
    next.proxy.above = change.proxy_above.unwrap_or(next.proxy.above);
    next.proxy.below = change.proxy_below.unwrap_or(next.proxy.below);
    let weighed = change.weights.iter().map(|(name, value)| (name.as_str(), shortest(*value)));
    next.priority = with_numbers(&next.priority, weighed, ["权重", "weight"], |name| {
        let is_whole = name.ends_with("_full") || name.ends_with("_months");
        (is_whole, if is_whole { 1.0 } else { 0.0 })
    })?;
    let shares = change.publication.iter().map(|(name, value)| (name.as_str(), *value));
    next.publication =
        with_numbers(&next.publication, shares, ["复核界限", "limit of an edition"], |name| (name == "at_least", 0.0))?;
    let faults = next.faults();
    if !faults.is_empty() {
        let [zh, en] = all_of(&faults);
        return Err(HubError::said(format!("规则有误：{zh}"), en));
    }
    let rules = match change.thresholds.is_empty() {
        true => configured.rules.clone(),
        false => Arc::new(configured.rules.with(&change.thresholds).map_err(HubError::Told)?),
    };
    Ok(Yardstick { policy: next, rules })
}

/// A table of numbers with some of them changed, by name. `kind` says of a name whether it takes whole numbers alone, and the least of them.
fn with_numbers<'a, T: Serialize + DeserializeOwned>(
    was: &T,
    changes: impl Iterator<Item = (&'a str, f64)>,
    [zh, en]: [&str; 2],
    kind: impl Fn(&str) -> (bool, f64),
) -> Result<T, HubError> {
    let mut table = serde_json::to_value(was).expect("a policy is plain");
    let known = numbers(was);
    for (name, value) in changes {
        let Some((_, was)) = known.iter().find(|(known, _)| known == name) else {
            let names: Vec<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
            let (shown, all) = (visible(name), names.join(", "));
            let meant = nearest(name, names.iter().copied()).map_or_else(String::new, |n| format!(" ({n}?)"));
            return Err(HubError::said(
                format!("没有{zh}「{shown}」{meant}；可用：{all}"),
                format!("there is no {en} \"{shown}\"{meant}; known: {all}"),
            ));
        };
        let (is_whole, least) = kind(name);
        if !value.is_finite() || !(least..=1_000_000.0).contains(&value) || is_whole && value.fract() != 0.0 {
            return Err(HubError::said(
                format!("{zh} {name} 应为不小于 {least} 的{}数（现为 {was}），收到 {value}", if is_whole { "整" } else { "" }),
                format!(
                    "the {en} {name} is a {}number from {least} on (it is {was}), not {value}",
                    if is_whole { "whole " } else { "" }
                ),
            ));
        }
        table[name] = if is_whole { serde_json::json!(value as u64) } else { serde_json::json!(value) };
    }
    Ok(serde_json::from_value(table).expect("numbers in the place of numbers"))
}

/// The numbers of a table by their names, in the order of the names.
fn numbers<T: Serialize>(of: &T) -> Vec<(String, f64)> {
    let table = serde_json::to_value(of).expect("a policy is plain");
    let fields = table.as_object().into_iter().flatten();
    fields.filter_map(|(name, value)| Some((name.clone(), value.as_f64()?))).collect()
}

/// As a person writes it: the shortest decimal of the single-precision number.
fn shortest(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::NAN)
}

/// The weights of the priority by their names in the policy, in the order of the names.
pub fn weights(policy: &Policy) -> Vec<(String, f64)> {
    numbers(&policy.priority).into_iter().map(|(name, value)| (name, shortest(value as f32))).collect()
}

/// What holds an edition, by the names of `[policy.publication]`, in their order.
pub fn publication(policy: &Policy) -> Vec<(String, f64)> {
    numbers(&policy.publication)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configured() -> Yardstick {
        Yardstick { policy: Policy::default(), rules: Arc::new(Rules::embedded()) }
    }

    fn amounts(from: Option<&str>, least: i64) -> RuleChange {
        RuleChange { from: from.map(|day| day.parse().unwrap()), amounts: [("revenue_main".to_owned(), least)].into() }
    }

    #[test]
    fn a_change_is_made_by_name_and_what_cannot_be_is_refused_with_what_there_is() {
        let before = configured();
        let change = PolicyChange {
            grace_months: Some(12),
            weights: vec![("foreign".into(), 3.5)],
            publication: vec![("gap_percent".into(), 35.5), ("at_least".into(), 40.0)],
            thresholds: [("retail-2010".to_owned(), amounts(None, 8_000_000))].into(),
            ..PolicyChange::default()
        };
        let next = changed(&before, &change).expect("a policy");
        let (policy, was) = (&next.policy, &before.policy);
        assert_eq!((policy.grace_months, policy.priority.foreign, policy.priority.waiting), (12, 3.5, was.priority.waiting));
        assert_eq!((policy.publication.gap_percent, policy.publication.at_least), (35.5, 40));
        assert_eq!(policy.publication.unions_percent, was.publication.unions_percent);
        let codes: Vec<&str> =
            next.rules.all().iter().map(|rule| rule.id.as_str()).filter(|code| code.starts_with("retail")).collect();
        assert_eq!(codes, ["retail-1998", "retail-2010[revenue_main=8000000]"]);
        assert_eq!(changed(&before, &PolicyChange::default()).expect("the same"), before);
        let refused = |change: PolicyChange| changed(&before, &change).expect_err("cannot be").to_string();
        let weights =
            |name: &str, value| refused(PolicyChange { weights: vec![(name.into(), value)], ..PolicyChange::default() });
        assert!(weights("foregin", 1.0).contains("foreign?"));
        assert!(weights("foreign", f32::NAN).contains("foreign"));
        assert!(weights("waiting_full_months", 0.0).contains("waiting_full_months"));
        let share =
            |name: &str, value| refused(PolicyChange { publication: vec![(name.into(), value)], ..PolicyChange::default() });
        assert!(share("gap_percents", 1.0).contains("gap_percent?"));
        assert!(share("gap_percent", -1.0).contains("number from 0 on (it is 20)"));
        assert!(share("at_least", 1.5).contains("whole number"));
        assert!(
            refused(PolicyChange { counted_kinds: Some(vec![UnionStatus::None]), ..PolicyChange::default() }).contains("NONE")
        );
        let below = PolicyChange { proxy_below: Some(Some(200)), ..PolicyChange::default() };
        assert!(refused(below).contains("below = 200"));
        let rule = PolicyChange { thresholds: [("retail".to_owned(), amounts(None, 1))].into(), ..PolicyChange::default() };
        assert!(refused(rule).contains("retail-2010"));
    }

    #[test]
    fn each_key_is_told_taken_back_by_its_name_and_compared_with_what_the_configuration_says() {
        let saved = PolicyChange {
            grace_months: Some(9),
            counted_kinds: Some(vec![UnionStatus::Independent]),
            established_kinds: Some(vec![UnionStatus::Independent]),
            branches_out_of_scope: Some(false),
            individuals_out_of_scope: Some(false),
            proxy_above: Some(None),
            proxy_below: Some(Some(20)),
            weights: vec![("foreign".into(), 3.5)],
            publication: vec![("gap_percent".into(), 35.5)],
            thresholds: [("retail-2010".to_owned(), amounts(Some("2027-01-01"), 8_000_000))].into(),
        };
        let told = saved.settings();
        assert_eq!(told.len(), 10, "every part is told: {told:?}");
        assert_eq!(told[9], ("thresholds.retail-2010".to_owned(), Some("revenue_main >= 8000000, from 2027-01-01".to_owned())));
        let base = saved.as_configured(&configured()).settings();
        assert_eq!(base.iter().map(|(key, _)| key).collect::<Vec<_>>(), told.iter().map(|(key, _)| key).collect::<Vec<_>>());
        assert_eq!((&base[0].1, &base[5].1, &base[6].1), (&Some("6".to_owned()), &Some("100".to_owned()), &None));
        assert_eq!(
            (&base[7].1, &base[8].1, &base[9].1),
            (&Some("10".to_owned()), &Some("20".to_owned()), &Some("revenue_main >= 5000000".to_owned()))
        );
        let mut left = saved.clone();
        for (n, (key, _)) in told.iter().enumerate() {
            left = left.without(key);
            assert_eq!(left.settings().len(), 9 - n, "{key} is gone, and nothing else");
        }
        assert_eq!(left, PolicyChange::default());
    }
}
