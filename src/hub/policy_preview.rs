//! What would change if the policy were another one: a judging on the side, of which nothing is kept.
//!
//! In: what would be changed of the policy, and which enterprises are looked at. Out: how many stand how now and would stand then, who
//! moves, and how much of the beginning of the list stays. Both are judged in the same way from the same records, so that what differs
//! is the policy alone. Of a large city evenly spread enterprises are judged; it says how many.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::error::HubError;
use super::follow_findings::history;
use super::open::{Hub, all_of};
use super::told_order::told_scores;
use crate::access::Sight;
use crate::assess::{Policy, assess};
use crate::connector::nearest;
use crate::edition::{Edition, Row};
use crate::model::enterprise::Enterprise;
use crate::model::facts::AssessmentInput;
use crate::model::text::visible;
use crate::model::verdict::{GapStatus, SizeStatus, UnionStatus};

/// Enterprises judged, at most.
const MOST: usize = 10_000;
/// Enterprises whose surroundings are read at a time.
const PART: usize = 2_000;
/// Enterprises that move, shown.
const SHOWN: usize = 50;
/// The beginning of the list that is compared.
const BEGINNING: usize = 100;
/// A preview keeps a core busy for seconds: one at a time.
static TURN: Semaphore = Semaphore::const_new(1);

/// What would be changed of the policy; what is None stays. As JSON (in the store) what is None is left out, and null is Some(None).
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
    /// Weights of the priority by their names in the policy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub weights: Vec<(String, f32)>,
}

/// What is there, null too.
fn given<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Option<u32>>, D::Error> {
    Option::<u32>::deserialize(value).map(Some)
}

impl PolicyChange {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == PolicyChange::default()
    }

    /// This change over an earlier one.
    pub fn over(&self, earlier: &PolicyChange) -> PolicyChange {
        let mut weights: BTreeMap<String, f32> = earlier.weights.iter().cloned().collect();
        weights.extend(self.weights.iter().cloned());
        PolicyChange {
            grace_months: self.grace_months.or(earlier.grace_months),
            counted_kinds: self.counted_kinds.clone().or_else(|| earlier.counted_kinds.clone()),
            established_kinds: self.established_kinds.clone().or_else(|| earlier.established_kinds.clone()),
            branches_out_of_scope: self.branches_out_of_scope.or(earlier.branches_out_of_scope),
            individuals_out_of_scope: self.individuals_out_of_scope.or(earlier.individuals_out_of_scope),
            proxy_above: self.proxy_above.or(earlier.proxy_above),
            weights: weights.into_iter().collect(),
        }
    }

    /// What it changes, by the keys of the `[policy]` table: a number, words, true or false; None: switched off.
    pub fn settings(&self) -> Vec<(String, Option<String>)> {
        let words = |kinds: &[UnionStatus]| Some(kinds.iter().map(UnionStatus::to_string).collect::<Vec<_>>().join(", "));
        let plain = [
            ("grace_months", self.grace_months.map(|months| Some(months.to_string()))),
            ("counted_kinds", self.counted_kinds.as_deref().map(words)),
            ("established_kinds", self.established_kinds.as_deref().map(words)),
            ("branches_out_of_scope", self.branches_out_of_scope.map(|out| Some(out.to_string()))),
            ("individuals_out_of_scope", self.individuals_out_of_scope.map(|out| Some(out.to_string()))),
            ("proxy.above", self.proxy_above.map(|heads| heads.map(|heads| heads.to_string()))),
        ];
        let plain = plain.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        plain.chain(self.weights.iter().map(|(name, value)| (format!("priority.{name}"), Some(value.to_string())))).collect()
    }
}

/// How many stand how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PolicyCounts {
    pub in_scope: u64,
    pub above: u64,
    pub size_unknown: u64,
    pub lacking: u64,
    pub undecided: u64,
    /// In scope, with a union of a counted kind.
    pub covered: u64,
    /// In scope, with a union of a kind that counts as established.
    pub established: u64,
}

/// An enterprise that would stand elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyMove {
    pub row: Row,
    pub from: GapStatus,
    pub to: GapStatus,
}

/// What would change.
#[derive(Debug, Clone)]
pub struct PolicyPreview {
    pub edition: Arc<Edition>,
    /// How many were judged, and out of how many.
    pub judged: u64,
    pub of: u64,
    pub now: PolicyCounts,
    pub then: PolicyCounts,
    /// From one status to another, how many; the most first.
    pub moves: Vec<(GapStatus, GapStatus, u64)>,
    /// The most urgent of those that move.
    pub moved: Vec<PolicyMove>,
    /// How long the beginning of the list is that was compared, and how many of it would still be there.
    pub beginning: u64,
    pub stays: u64,
}

/// The policy with the changes made.
///
/// # Errors
/// A weight that there is none of; a value that a policy cannot have.
pub fn changed(policy: &Policy, change: &PolicyChange) -> Result<Policy, HubError> {
    let mut next = policy.clone();
    next.grace_months = change.grace_months.unwrap_or(next.grace_months);
    next.counted_kinds = change.counted_kinds.clone().unwrap_or(next.counted_kinds);
    next.established_kinds = change.established_kinds.clone().unwrap_or(next.established_kinds);
    next.branches_out_of_scope = change.branches_out_of_scope.unwrap_or(next.branches_out_of_scope);
    next.individuals_out_of_scope = change.individuals_out_of_scope.unwrap_or(next.individuals_out_of_scope);
    next.proxy.above = change.proxy_above.unwrap_or(next.proxy.above);
    let known = weights(policy);
    let mut table = serde_json::to_value(&next.priority).expect("a policy is plain");
    for (name, value) in &change.weights {
        let Some((_, was)) = known.iter().find(|(known, _)| known == name) else {
            let names: Vec<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
            let (shown, all) = (visible(name), names.join(", "));
            let meant = nearest(name, names.iter().copied()).map_or_else(String::new, |n| format!(" ({n}?)"));
            return Err(HubError::said(
                format!("没有权重「{shown}」{meant}；可用：{all}"),
                format!("there is no weight \"{shown}\"{meant}; known: {all}"),
            ));
        };
        let is_whole = name.ends_with("_full") || name.ends_with("_months");
        if !value.is_finite() || !(0.0..=1_000_000.0).contains(value) || is_whole && (value.fract() != 0.0 || *value < 1.0) {
            return Err(HubError::said(
                format!("权重 {name} 应为不小于 0 的数（现为 {was}），收到 {value}"),
                format!("the weight {name} is a number from 0 on (it is {was}), not {value}"),
            ));
        }
        table[name] = if is_whole { serde_json::json!(*value as u32) } else { serde_json::json!(value) };
    }
    next.priority = serde_json::from_value(table).expect("numbers in the place of numbers");
    let faults = next.faults();
    match faults.is_empty() {
        true => Ok(next),
        false => {
            let [zh, en] = all_of(&faults);
            Err(HubError::said(format!("规则有误：{zh}"), en))
        }
    }
}

/// The weights of the priority by their names in the policy, in the order of the names.
pub fn weights(policy: &Policy) -> Vec<(String, f64)> {
    let table = serde_json::to_value(&policy.priority).expect("a policy is plain");
    let fields = table.as_object().into_iter().flatten();
    // As a person writes it: the shortest decimal of the single-precision number.
    fields.filter_map(|(name, value)| Some((name.clone(), (value.as_f64()? as f32).to_string().parse().ok()?))).collect()
}

/// Some of the rows, spread evenly; all where they are few.
fn spread(rows: &RoaringBitmap, most: usize) -> Vec<Row> {
    let step = rows.len().div_ceil(most as u64).max(1);
    (0..rows.len()).step_by(step as usize).filter_map(|n| rows.select(n as u32)).collect()
}

/// What one judging says of an enterprise.
struct Judged {
    gap: GapStatus,
    score: f32,
}

fn count(counts: &mut PolicyCounts, e: &Enterprise, policy: &Policy) {
    let v = &e.verdicts;
    counts.above += u64::from(v.size.verdict == SizeStatus::Above);
    counts.size_unknown += u64::from(v.size.verdict == SizeStatus::Unknown);
    counts.lacking += u64::from(lacks(v.gap.status));
    counts.undecided += u64::from(v.gap.status == GapStatus::Undecided);
    if v.gap.status != GapStatus::OutOfScope {
        counts.in_scope += 1;
        counts.covered += u64::from(policy.counted_kinds.contains(&v.union.verdict));
        counts.established += u64::from(policy.established_kinds.contains(&v.union.verdict));
    }
}

fn lacks(gap: GapStatus) -> bool {
    matches!(gap, GapStatus::Lacking | GapStatus::LackingIndependent)
}

/// The most urgent of those that lack a union.
fn beginning(judged: &HashMap<Row, Judged>) -> HashSet<Row> {
    let mut list: Vec<(Row, f32)> = judged.iter().filter(|(_, j)| lacks(j.gap)).map(|(row, j)| (*row, j.score)).collect();
    list.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    list.into_iter().take(BEGINNING).map(|(row, _)| row).collect()
}

impl Hub {
    /// What would change of these rows of the current edition; whom of them it names first is as far as these classes tell the priority.
    /// Nothing is kept.
    ///
    /// # Errors
    /// A change that cannot be; another preview is running; nothing is published; the store cannot be read.
    pub async fn policy_preview(
        &self,
        change: &PolicyChange,
        rows: &RoaringBitmap,
        sight: Sight,
    ) -> Result<PolicyPreview, HubError> {
        let in_force = self.policy_in_force().await?;
        let next = changed(&in_force, change)?;
        let _turn = TURN
            .try_acquire()
            .map_err(|_| HubError::said("另一次预演正在进行：请稍候再试", "another preview is running: try again in a moment"))?;
        let edition = self.editions.current()?;
        let as_of = edition.manifest.as_of;
        let findings = self.standing_findings(as_of).await?;
        let before = self.decided_before(Some(&edition));
        let counting_since = self.store.first_lacking().await?;
        let chosen = spread(rows, MOST);
        let policies = Arc::new([in_force, next]);
        let mut counts = [PolicyCounts::default(), PolicyCounts::default()];
        let mut both: [HashMap<Row, Judged>; 2] = [HashMap::new(), HashMap::new()];
        for part in chosen.chunks(PART) {
            let ids: Vec<Box<str>> = part.iter().map(|row| edition.enterprise(*row).id().into()).collect();
            let mut world: AssessmentInput = self.neighbourhood(&edition, &ids).await?;
            let of_part: HashSet<&str> = ids.iter().map(|id| &**id).collect();
            world.findings = findings.iter().filter(|f| of_part.contains(&*f.enterprise)).cloned().collect();
            world.counting_since = counting_since;
            history(&mut world, before.as_deref(), &ids);
            let (hub, both_of_them) = (self.clone(), policies.clone());
            let judging = tokio::task::spawn_blocking(move || {
                both_of_them.each_ref().map(|policy| assess(&world, &hub.rules, policy, as_of).enterprises)
            });
            let judged = judging.await.expect("judging does not panic");
            let row_of: HashMap<&str, Row> = ids.iter().zip(part).map(|(id, row)| (&**id, *row)).collect();
            for (n, enterprises) in judged.into_iter().enumerate() {
                for e in &enterprises {
                    let Some(row) = row_of.get(&*e.id) else { continue };
                    count(&mut counts[n], e, &policies[n]);
                    both[n].insert(*row, Judged { gap: e.verdicts.gap.status, score: e.verdicts.priority.score });
                }
            }
        }
        let [now, then] = &both;
        let mut moves: HashMap<(GapStatus, GapStatus), u64> = HashMap::new();
        let mut moved = Vec::new();
        for row in &chosen {
            let (Some(from), Some(to)) = (now.get(row), then.get(row)) else { continue };
            if from.gap != to.gap {
                *moves.entry((from.gap, to.gap)).or_default() += 1;
                moved.push(PolicyMove { row: *row, from: from.gap, to: to.gap });
            }
        }
        let told = told_scores(&edition, sight);
        let order = |a, b| told.as_ref().map_or_else(|| edition.order(a, b), |told| edition.told_order(told, a, b));
        moved.sort_by(|a, b| order(a.row, b.row));
        moved.truncate(SHOWN);
        let mut moves: Vec<(GapStatus, GapStatus, u64)> = moves.into_iter().map(|((from, to), n)| (from, to, n)).collect();
        moves.sort_by(|a, b| b.2.cmp(&a.2).then((a.0, a.1).cmp(&(b.0, b.1))));
        let (first_now, first_then) = (beginning(now), beginning(then));
        Ok(PolicyPreview {
            judged: now.len() as u64,
            of: rows.len(),
            now: counts[0],
            then: counts[1],
            moves,
            moved,
            beginning: first_now.len() as u64,
            stays: first_now.intersection(&first_then).count() as u64,
            edition,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_made_by_name_and_what_cannot_be_is_refused_with_what_there_is() {
        let policy = Policy::default();
        let change = PolicyChange { grace_months: Some(12), weights: vec![("foreign".into(), 3.5)], ..PolicyChange::default() };
        let next = changed(&policy, &change).expect("a policy");
        assert_eq!((next.grace_months, next.priority.foreign, next.priority.waiting), (12, 3.5, policy.priority.waiting));
        assert_eq!(changed(&policy, &PolicyChange::default()).expect("the same"), policy);
        let refused = |weights: Vec<(String, f32)>| {
            let change = PolicyChange { weights, ..PolicyChange::default() };
            changed(&policy, &change).expect_err("cannot be").to_string()
        };
        assert!(refused(vec![("foregin".into(), 1.0)]).contains("foreign?"));
        assert!(refused(vec![("foreign".into(), f32::NAN)]).contains("foreign"));
        assert!(refused(vec![("waiting_full_months".into(), 0.0)]).contains("waiting_full_months"));
        let kinds = PolicyChange { counted_kinds: Some(vec![UnionStatus::None]), ..PolicyChange::default() };
        assert!(changed(&policy, &kinds).is_err(), "none is no union");
    }

    #[test]
    fn rows_are_spread_evenly_and_few_are_all() {
        let rows: RoaringBitmap = (10..35).collect();
        assert_eq!(spread(&rows, 100).len(), 25);
        assert_eq!(spread(&rows, 5), [10, 15, 20, 25, 30]);
        assert!(spread(&RoaringBitmap::new(), 5).is_empty());
    }
}
