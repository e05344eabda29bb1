//! What would change if the policy were another one: a judging on the side, of which nothing is kept.
//!
//! In: what would be changed of the policy, and which enterprises are looked at. Out: how many stand how now and would stand then, who
//! moves, and how much of the beginning of the list stays. Both are judged in the same way from the same records, so that what differs
//! is the policy alone. Of a large city evenly spread enterprises are judged; it says how many.

use std::sync::Arc;

use chrono::NaiveDate;
use hashbrown::{HashMap, HashSet};
use roaring::RoaringBitmap;

use super::error::HubError;
use super::follow_findings::history;
use super::open::Hub;
use super::policy_change::PolicyChange;
use super::told_order::told_scores;
use crate::access::Sight;
use crate::assess::{Policy, assess};
use crate::edition::{Edition, Row};
use crate::model::enterprise::Enterprise;
use crate::model::facts::AssessmentInput;
use crate::model::verdict::{GapStatus, SizeStatus};

/// Enterprises judged, at most.
const MOST: usize = 10_000;
/// Enterprises whose surroundings are read at a time.
const PART: usize = 2_000;
/// Enterprises that move, shown.
const SHOWN: usize = 50;
/// The beginning of the list that is compared.
const BEGINNING: usize = 100;
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
    /// The day it is judged by: the edition's, or the last on which a rule of the change begins to hold.
    pub judged_on: NaiveDate,
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
    /// What would change of these rows of the current edition with a change of the policy, and with what was saved of some keys taken
    /// back; whom of them it names first is as far as these classes tell the priority. Nothing is kept.
    ///
    /// # Errors
    /// A change that cannot be; a key that nobody saved; nothing is published; the store cannot be read.
    pub async fn policy_preview(
        &self,
        change: &PolicyChange,
        take_back: &[String],
        rows: &RoaringBitmap,
        sight: Sight,
    ) -> Result<PolicyPreview, HubError> {
        let in_force = self.policy_in_force().await?;
        let next = self.policy_with(change, take_back).await?;
        // Two administrators at once: the second one waits, as long as its answer may take.
        let _turn = self.preview_turn.acquire().await.expect("it is never closed");
        let edition = self.editions.current()?;
        let begins = change.thresholds.values().filter_map(|rule| rule.from).max();
        let as_of = edition.manifest.as_of.max(begins.unwrap_or(edition.manifest.as_of));
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
            let both_of_them = policies.clone();
            let judging = tokio::task::spawn_blocking(move || {
                both_of_them.each_ref().map(|by| assess(&world, &by.rules, &by.policy, as_of).enterprises)
            });
            let judged = judging.await.expect("judging does not panic");
            let row_of: HashMap<&str, Row> = ids.iter().zip(part).map(|(id, row)| (&**id, *row)).collect();
            for (n, enterprises) in judged.into_iter().enumerate() {
                for e in &enterprises {
                    let Some(row) = row_of.get(&*e.id) else { continue };
                    count(&mut counts[n], e, &policies[n].policy);
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
            judged_on: as_of,
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
    fn rows_are_spread_evenly_and_few_are_all() {
        let rows: RoaringBitmap = (10..35).collect();
        assert_eq!(spread(&rows, 100).len(), 25);
        assert_eq!(spread(&rows, 5), [10, 15, 20, 25, 30]);
        assert!(spread(&RoaringBitmap::new(), 5).is_empty());
    }
}
