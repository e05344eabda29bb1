//! People counted once: the members and the employees of every enterprise, for the two membership rates.
//!
//! In: the assessed enterprises and unions, and who dispatches workers to whom. Out: per enterprise a number of members
//! and a number of employees whose sums over any area count nobody twice. The verdicts keep the counts as registries
//! state them; these are for sums.

use std::collections::HashMap;

use super::context::Context;
use super::entity_facts::{ByEntity, EntityFacts};
use super::policy::DispatchedCount;
use super::{survivorship, values};
use crate::model::enterprise::{Enterprise, EnterpriseField, People, TradeUnion};
use crate::model::facts::Facts;
use crate::model::field::{Field, RecordKind};
use crate::model::identifier::CreditCode;
use crate::model::verdict::{OperatingStatus, UnionKind};

/// Fills in `people` of every enterprise; `entities` are their entities, in the same order.
pub(crate) fn count(
    context: &Context<'_>,
    groups: &ByEntity,
    entities: &[u32],
    enterprises: &mut [Enterprise],
    unions: &[TradeUnion],
) {
    let stated = |e: &Enterprise| People { employees: e.employees.or(e.insured).unwrap_or(0), ..People::default() };
    let mut people: Vec<People> = enterprises.iter().map(stated).collect();
    move_dispatched(context, groups, entities, enterprises, &mut people);
    spread_members(enterprises, unions, &mut people);
    count_unions(enterprises, unions, &mut people);
    for (enterprise, people) in enterprises.iter_mut().zip(people) {
        enterprise.people = people;
    }
}

/// Statistics counts a dispatched worker where he works (谁用工谁统计), the insurer and the tax office where his contract
/// is. So one of the two counts is corrected: by default the host's, since he joins his agency's union first
/// (总工发〔2009〕21号).
fn move_dispatched(context: &Context<'_>, groups: &ByEntity, entities: &[u32], enterprises: &[Enterprise], heads: &mut [People]) {
    let world = context.world;
    let flows = world.facts.iter().zip(&world.entity_of).filter(|(f, _)| f.kind == RecordKind::Dispatch);
    let flows: Vec<(&Facts, usize)> =
        flows.filter_map(|(f, entity)| Some((f, entities.binary_search(entity.as_ref()?).ok()?))).collect();
    if flows.is_empty() {
        return;
    }
    let mut by_code: HashMap<&str, usize> = HashMap::new();
    let mut by_name: HashMap<&str, Option<usize>> = HashMap::new();
    for (i, enterprise) in enterprises.iter().enumerate() {
        by_code.extend(enterprise.credit_code.as_deref().map(|code| (code, i)));
        // Two enterprises of one name: the name tells nothing.
        by_name.entry(&enterprise.name).and_modify(|at| *at = None).or_insert(Some(i));
    }
    let by_place_of_work = |at: usize| counted_by_place_of_work(context, EntityFacts::new(world, groups, entities[at]));
    for (facts, agency) in flows {
        let over = |field| values::date(facts, field).and_then(|d| d.first_day());
        if over(Field::Since).is_some_and(|from| from > context.as_of) || over(Field::Until).is_some_and(|to| to < context.as_of)
        {
            continue;
        }
        let Some(workers) = facts.count(Field::Workers).and_then(|n| u32::try_from(n).ok()) else { continue };
        let code = facts.text(Field::HostCode).and_then(CreditCode::parse);
        let host = code.and_then(|c| by_code.get(c.as_str()).copied());
        let host = host.or_else(|| by_name.get(facts.text(Field::HostName)?).copied().flatten());
        let mut correct = |at: usize, more: bool| {
            let employees = &mut heads[at].employees;
            *employees = if more { employees.saturating_add(workers) } else { employees.saturating_sub(workers) };
        };
        match context.policy.dispatched_count_at {
            DispatchedCount::Agency => {
                if by_place_of_work(agency) {
                    correct(agency, true);
                }
                if let Some(host) = host.filter(|host| by_place_of_work(*host)) {
                    correct(host, false);
                }
            }
            DispatchedCount::Host => {
                if let Some(host) = host.filter(|host| !by_place_of_work(*host)) {
                    correct(host, true);
                }
                // Of a host that nobody knows the workers stay with the agency.
                if host.is_some() && !by_place_of_work(agency) {
                    correct(agency, false);
                }
            }
        }
    }
}

/// Whether the chosen employees count is that of the statistics registry.
fn counted_by_place_of_work<'a>(context: &Context<'a>, dossier: EntityFacts<'a>) -> bool {
    let mut said = Vec::new();
    survivorship::read(context, dossier, EnterpriseField::Employees, &mut said);
    let Some((at, _)) = survivorship::choose(context, EnterpriseField::Employees, &said) else { return false };
    context.world.registries.get(said[at].facts.registry as usize).is_some_and(|r| r.official_list)
}

/// A union's members belong to the units whose strongest coverage it is, in proportion to their people: a joint union's
/// are not counted again in a federation above it, nor at a member that has a union of its own.
fn spread_members(enterprises: &[Enterprise], unions: &[TradeUnion], heads: &mut [People]) {
    let mut units: HashMap<&str, Vec<usize>> = HashMap::new();
    for (i, enterprise) in enterprises.iter().enumerate() {
        let strongest = enterprise.verdicts.union.unions.first();
        // A branch under its head's union: the head's members are counted at the head.
        if let Some(link) = strongest
            .filter(|l| l.kind != UnionKind::Preparing && (l.kind != UnionKind::Parent || enterprise.branch_of.is_none()))
        {
            units.entry(&link.union).or_default().push(i);
        }
    }
    type Count = (fn(&TradeUnion) -> Option<u32>, fn(&mut People) -> &mut u32);
    const COUNTS: [Count; 5] = [
        (|u| u.members, |p| &mut p.members),
        (|u| u.female_members, |p| &mut p.female_members),
        (|u| u.migrant_members, |p| &mut p.migrant_members),
        (|u| u.migrant_employees, |p| &mut p.migrant_employees),
        (|u| u.dispatched_members, |p| &mut p.dispatched_members),
    ];
    for union in unions {
        let Some(units) = units.get_mut(&*union.id) else { continue };
        // What the whole numbers leave over goes by id between equals, whatever order the records came in.
        units.sort_by(|a, b| enterprises[*a].id.cmp(&enterprises[*b].id));
        let weights: Vec<u64> = units.iter().map(|i| u64::from(heads[*i].employees)).collect();
        for (stated, of) in COUNTS {
            let Some(total) = stated(union).filter(|n| *n > 0) else { continue };
            for (i, share) in units.iter().zip(shares(total, &weights)) {
                let count = of(&mut heads[*i]);
                *count = count.saturating_add(share);
            }
        }
    }
}

/// Every union at one enterprise, so that no sum has it twice; those in preparation are none yet.
fn count_unions(enterprises: &[Enterprise], unions: &[TradeUnion], people: &mut [People]) {
    let by_id: HashMap<&str, usize> = enterprises.iter().enumerate().map(|(i, e)| (&*e.id, i)).collect();
    for union in unions.iter().filter(|u| u.kind != UnionKind::Preparing) {
        if let Some(at) = counted_at(union, &by_id, enterprises) {
            people[at].unions += 1;
        }
    }
}

/// The enterprise at which a union counts: its host; where it has none, the first by id of the enterprises it covers, one of the
/// union's own district before others. None where it is gone with its host, with all it covers, or stands at nobody known: a union
/// of one enterprise or of a group ends with its host, one of several employers with the last of them.
fn counted_at(union: &TradeUnion, by_id: &HashMap<&str, usize>, enterprises: &[Enterprise]) -> Option<usize> {
    let stands = |at: &usize| !matches!(enterprises[*at].status, OperatingStatus::Deregistered | OperatingStatus::MovedOut);
    let of_several = matches!(union.kind, UnionKind::Joint | UnionKind::Federation);
    if let Some(host) = union.host.as_deref().and_then(|id| by_id.get(id).copied())
        && (stands(&host) || !of_several)
    {
        return Some(host).filter(stands);
    }
    let covered = union.covers.iter().filter_map(|id| by_id.get(&**id).copied()).filter(stands);
    covered.min_by_key(|at| (union.district.is_none() || enterprises[*at].district != union.district, &*enterprises[*at].id))
}

/// Splits `total` in proportion to the weights, whole numbers that add up (largest remainder); evenly where all weigh nothing.
fn shares(total: u32, weights: &[u64]) -> Vec<u32> {
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
        assert_eq!(shares(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(shares(7, &[0, 0]), [4, 3]);
        assert_eq!(shares(5, &[100, 0, 1]), [5, 0, 0]);
        assert_eq!(shares(0, &[3, 4]), [0, 0]);
    }
}
