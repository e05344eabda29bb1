//! People counted once: the members and the employees of every enterprise, for the two membership rates.
//!
//! In: the assessed enterprises and unions, and who dispatches workers to whom. Out: per enterprise a number of members
//! and a number of employees whose sums over any area count nobody twice. The verdicts keep the counts as registries
//! state them; these are for sums.

use std::collections::HashMap;

use super::context::Context;
use super::entity_facts::{ByEntity, EntityFacts};
use super::policy::DispatchedCount;
use super::survivorship;
use crate::model::enterprise::{Enterprise, EnterpriseField, People, TradeUnion};
use crate::model::tie::Tie;
use crate::model::verdict::{OperatingStatus, UnionKind, UnionLink};

/// Fills in `people` of every enterprise; `entities` are their entities, in the same order.
pub(crate) fn count(
    context: &Context<'_>,
    groups: &ByEntity,
    entities: &[u32],
    enterprises: &mut [Enterprise],
    (unions, ties): (&[TradeUnion], &[Tie]),
) {
    let mut people: Vec<People> = enterprises.iter().map(stated).collect();
    let at_work = |at: usize| counted_by_place_of_work(context, EntityFacts::new(context.world, groups, entities[at]));
    move_dispatched(context, enterprises, ties, at_work, &mut people);
    spread_members(enterprises, unions, &mut people);
    count_unions(enterprises, unions, &mut people);
    for (enterprise, people) in enterprises.iter_mut().zip(people) {
        enterprise.people = people;
    }
}

/// The people that registries state, before anybody is moved.
pub fn stated(e: &Enterprise) -> People {
    People { employees: e.employees.or(e.insured).unwrap_or(0), ..People::default() }
}

/// Which side of a dispatch an enterprise is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DispatchSide {
    Agency,
    Host,
}

/// By how many persons a dispatch corrects one side's count. Statistics counts a dispatched worker where he works (谁用工谁统计), the
/// insurer and the tax office where his contract is. So one of the two counts is corrected: by default the host's, since he joins his
/// agency's union first (总工发〔2009〕21号). `at_work`: the side's count is that of statistics. Of a host that nobody knows the workers
/// stay with the agency.
pub fn correction(at: DispatchedCount, side: DispatchSide, at_work: bool, knows_host: bool, workers: u32) -> i64 {
    let workers = i64::from(workers);
    match (at, side) {
        (DispatchedCount::Agency, DispatchSide::Agency) if at_work => workers,
        (DispatchedCount::Agency, DispatchSide::Host) if at_work => -workers,
        (DispatchedCount::Host, DispatchSide::Host) if !at_work => workers,
        (DispatchedCount::Host, DispatchSide::Agency) if !at_work && knows_host => -workers,
        _ => 0,
    }
}

/// A count with all of its corrections.
pub fn corrected(employees: u32, correction: i64) -> u32 {
    u32::try_from((i64::from(employees) + correction).max(0)).unwrap_or(u32::MAX)
}

fn move_dispatched(
    context: &Context<'_>,
    enterprises: &[Enterprise],
    ties: &[Tie],
    at_work: impl Fn(usize) -> bool,
    heads: &mut [People],
) {
    let flows: Vec<(&Tie, u32)> = ties.iter().filter_map(|tie| Some((tie, tie.workers_on(context.as_of)?))).collect();
    if flows.is_empty() {
        return;
    }
    let by_id: HashMap<&str, usize> = enterprises.iter().enumerate().map(|(i, e)| (&*e.id, i)).collect();
    let mut corrections: HashMap<usize, i64> = HashMap::new();
    for (tie, workers) in flows {
        let of = |id: &Option<Box<str>>| by_id.get(id.as_deref()?).copied();
        let Some(agency) = of(&tie.subject) else { continue };
        let host = of(&tie.other);
        let sides = [Some((agency, DispatchSide::Agency)), host.map(|host| (host, DispatchSide::Host))];
        for (at, side) in sides.into_iter().flatten() {
            let by = correction(context.policy.dispatched_count_at, side, at_work(at), host.is_some(), workers);
            *corrections.entry(at).or_default() += by;
        }
    }
    for (at, by) in corrections {
        heads[at].employees = corrected(heads[at].employees, by);
    }
}

/// Whether the chosen employees count is that of the statistics registry.
pub(super) fn counted_by_place_of_work<'a>(context: &Context<'a>, dossier: EntityFacts<'a>) -> bool {
    let mut said = Vec::new();
    survivorship::read(context, dossier, EnterpriseField::Employees, &mut said);
    let Some((at, _)) = survivorship::choose(context, EnterpriseField::Employees, &said) else { return false };
    context.world.registries.get(said[at].facts.registry as usize).is_some_and(|r| r.official_list)
}

/// The union whose members an enterprise has a share of: the one that covers it most strongly.
pub fn shares_in(e: &Enterprise) -> Option<&str> {
    let strongest = e.verdicts.union.unions.first()?;
    shares(strongest, e.branch_of.as_deref()).then_some(&strongest.union)
}

/// The same of a link that is the strongest. A branch under its head's union: the head's members are counted at the head.
pub fn shares(link: &UnionLink, branch_of: Option<&str>) -> bool {
    link.kind != UnionKind::Preparing && (link.kind != UnionKind::Parent || branch_of.is_none())
}

/// Which heads of a union are counted where.
type Count = (fn(&TradeUnion) -> Option<u32>, fn(&mut People) -> &mut u32);
const COUNTS: [Count; 5] = [
    (|u| u.members, |p| &mut p.members),
    (|u| u.female_members, |p| &mut p.female_members),
    (|u| u.migrant_members, |p| &mut p.migrant_members),
    (|u| u.migrant_employees, |p| &mut p.migrant_employees),
    (|u| u.dispatched_members, |p| &mut p.dispatched_members),
];

/// A union's members belong to the units whose strongest coverage it is, in proportion to their people: a joint union's are not counted
/// again in a federation above it, nor at a member that has a union of its own. `units` stand in the order of their ids, each with its
/// people, whose counts of members are filled in.
pub fn share_out(union: &TradeUnion, units: &mut [&mut People]) {
    let weights: Vec<u64> = units.iter().map(|people| u64::from(people.employees)).collect();
    for (stated, of) in COUNTS {
        let Some(total) = stated(union).filter(|n| *n > 0) else { continue };
        for (people, share) in units.iter_mut().zip(split(total, &weights)) {
            let count = of(people);
            *count = count.saturating_add(share);
        }
    }
}

/// Takes the counts of members from another state of the same enterprise.
pub fn with_members_of(mut people: People, other: &People) -> People {
    let mut other = *other;
    for (_, of) in COUNTS {
        *of(&mut people) = *of(&mut other);
    }
    people
}

fn spread_members(enterprises: &[Enterprise], unions: &[TradeUnion], heads: &mut [People]) {
    let mut units: HashMap<&str, Vec<usize>> = HashMap::new();
    for (i, enterprise) in enterprises.iter().enumerate() {
        if let Some(union) = shares_in(enterprise) {
            units.entry(union).or_default().push(i);
        }
    }
    for union in unions {
        let Some(units) = units.get_mut(&*union.id) else { continue };
        // What the whole numbers leave over goes by id between equals, whatever order the records came in.
        units.sort_by(|a, b| enterprises[*a].id.cmp(&enterprises[*b].id));
        let mut people: Vec<People> = units.iter().map(|i| heads[*i]).collect();
        share_out(union, &mut people.iter_mut().collect::<Vec<_>>());
        for (i, people) in units.iter().zip(people) {
            heads[*i] = people;
        }
    }
}

/// Every union at one enterprise, so that no sum has it twice; those in preparation are none yet.
fn count_unions(enterprises: &[Enterprise], unions: &[TradeUnion], people: &mut [People]) {
    let by_id: HashMap<&str, usize> = enterprises.iter().enumerate().map(|(i, e)| (&*e.id, i)).collect();
    let seat = |id: &str| {
        let e = &enterprises[*by_id.get(id)?];
        Some(Seat { stands: stands(e.status), district: e.district })
    };
    for union in unions {
        if let Some(id) = counted_at(union, seat) {
            people[by_id[id]].unions += 1;
        }
    }
}

/// What tells whether a union counts at an enterprise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    pub stands: bool,
    pub district: Option<u32>,
}

/// Whether an enterprise of that status is still there.
pub fn stands(status: OperatingStatus) -> bool {
    !matches!(status, OperatingStatus::Deregistered | OperatingStatus::MovedOut)
}

/// The enterprise at which a union counts: its host; where it has none, the first by id of the enterprises it covers, one of the
/// union's own district before others. None where it is in preparation, gone with its host, with all it covers, or stands at nobody
/// known: a union of one enterprise or of a group ends with its host, one of several employers with the last of them.
pub fn counted_at(union: &TradeUnion, seat: impl Fn(&str) -> Option<Seat>) -> Option<&str> {
    if union.kind == UnionKind::Preparing {
        return None;
    }
    let of_several = matches!(union.kind, UnionKind::Joint | UnionKind::Federation);
    if let Some(host) = union.host.as_deref()
        && let Some(at) = seat(host)
        && (at.stands || !of_several)
    {
        return at.stands.then_some(host);
    }
    let covered = union.covers.iter().filter_map(|id| Some((&**id, seat(id).filter(|at| at.stands)?)));
    let elsewhere = |at: &Seat| union.district.is_none() || at.district != union.district;
    covered.min_by_key(|(id, at)| (elsewhere(at), *id)).map(|(id, _)| id)
}

/// Splits `total` in proportion to the weights, whole numbers that add up (largest remainder); evenly where all weigh nothing.
fn split(total: u32, weights: &[u64]) -> Vec<u32> {
    let sum: u64 = weights.iter().sum();
    let weight = |i: usize| if sum == 0 { 1 } else { weights[i] };
    let sum = if sum == 0 { weights.len() as u64 } else { sum };
    let exact = |i: usize| u64::from(total) * weight(i);
    let mut shares: Vec<u32> = (0..weights.len()).map(|i| (exact(i) / sum) as u32).collect();
    let left = total - shares.iter().sum::<u32>();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|i| (std::cmp::Reverse(exact(*i) % sum), *i));
    for i in order.into_iter().take(left as usize) {
        shares[i] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up() {
        assert_eq!(split(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(split(7, &[0, 0]), [4, 3]);
        assert_eq!(split(5, &[100, 0, 1]), [5, 0, 0]);
        assert_eq!(split(0, &[3, 4]), [0, 0]);
    }
}
