//! Union coverage of one enterprise: INDEPENDENT > PARENT > JOINT > FEDERATION > PREPARING > POSSIBLE > NONE.
//!
//! In: its links to the roll, its relations to a head or a group, what visits found, and records that nearly match. Out:
//! the strongest coverage, every union that counts, and the reasons.

use thin_vec::ThinVec;

use super::context::Context;
use super::entity_facts::EntityFacts;
use super::unions::{Link, precedence, union_id};
use super::{values, vocabulary};
use crate::model::facts::RelationKind;
use crate::model::field::Field;
use crate::model::verdict::{NeededFor, PossibleUnion, Reason, ReasonInput, UnionKind, UnionLink, UnionStatus, UnionVerdict};

/// The verdict on one enterprise.
pub(crate) fn judge(context: &Context<'_>, dossier: EntityFacts<'_>) -> UnionVerdict {
    let mut unions: ThinVec<UnionLink> = ThinVec::new();
    let mut reasons = ThinVec::with_capacity(1);
    for link in context.roll.of(dossier.entity) {
        if unions.iter().any(|u| u.union == context.roll.unions[link.union].id) {
            continue;
        }
        unions.reserve_exact(1);
        unions.push(union_link(context, link, link.kind));
        reasons.push(reason(context, union_code(link.kind), link));
    }
    if unions.first().is_none_or(|u| u.kind != UnionKind::Independent)
        && let Some((link, relation)) = through_head(context, dossier)
    {
        let parent = reason(context, "union_parent", &link).with(ReasonInput::new(relation.kind.name(), &relation.to));
        unions.push(union_link(context, &link, UnionKind::Parent));
        reasons.push(parent);
        unions.sort_by_key(|u| precedence(u.kind));
        reasons.sort_by_key(|r| reason_precedence(&r.code));
    }
    let mut verdict = unions.first().map(|u| status(u.kind));
    if let Some((found, finding)) = found(context, dossier)
        && verdict.is_none_or(|v| (found as u8) < (v as u8))
    {
        let code = match found {
            UnionStatus::Independent => "union_independent",
            UnionStatus::Parent => "union_parent",
            UnionStatus::Joint => "union_joint",
            _ => "union_federation",
        };
        reasons.insert(0, Reason::new(code).with(finding_input(finding)));
        verdict = Some(found);
    }
    let pairs = context.attached.pairs.get(&dossier.entity).map(Vec::as_slice).unwrap_or_default();
    let mut possible: ThinVec<PossibleUnion> = ThinVec::new();
    for pair in pairs {
        let union = union_id(&pair.union_record.registry, &pair.union_record.key);
        if unions.iter().any(|u| u.union == union) {
            continue;
        }
        possible.push(PossibleUnion { pair: pair.id.clone(), union, weight: pair.weight });
    }
    possible.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.pair.cmp(&b.pair)));
    let missing = context.missing_sources(|v| v == NeededFor::Coverage);
    if verdict.is_none() {
        if let Some(best) = possible.first() {
            let pair = pairs.iter().find(|p| p.id == best.pair).expect("possible unions come from these pairs");
            let named = context.roll.name_of(&best.union).unwrap_or(&best.union);
            let union = ReasonInput::new("union", named).from_record(&pair.union_record.registry, &pair.union_record.key);
            reasons.push(Reason::new("union_possible").with(union).with(ReasonInput::new("pair", &best.pair)));
            verdict = Some(UnionStatus::Possible);
        } else if missing.is_empty() {
            reasons.push(Reason::new("no_union_record"));
        }
    }
    // A roll that is not there says nothing, and one that is too old says what was.
    reasons.extend(missing);
    UnionVerdict { verdict: verdict.unwrap_or(UnionStatus::None), unions, possible, reasons }
}

/// The union of the head (a branch's legal person) or of the group, where policy lets it cover this enterprise.
fn through_head<'a>(context: &Context<'a>, dossier: EntityFacts<'a>) -> Option<(Link<'a>, &'a crate::model::facts::StatedTie)> {
    let relations = context.attached.relations.get(&dossier.entity)?;
    for relation in relations {
        let branch = relation.kind == RelationKind::BranchOf && context.policy.parent_covers_branches;
        let group = relation.kind == RelationKind::SameGroup && context.policy.group_union_covers_members;
        if !branch && !group {
            continue;
        }
        let Some(mut head) = context.attached.entity(&relation.to) else { continue };
        // A branch's branch: up to the legal person, a few steps at most (a ring would be a fault of the registries).
        for _ in 0..4 {
            if let Some(link) = context.roll.independent(head) {
                let row = &context.roll.unions[link.union];
                if branch || row.form.covered == UnionKind::Parent {
                    return Some((*link, relation));
                }
            }
            let next = context.attached.relations.get(&head).and_then(|r| r.iter().find(|r| r.kind == RelationKind::BranchOf));
            match next.and_then(|r| context.attached.entity(&r.to)).filter(|_| branch) {
                Some(next) if next != dossier.entity => head = next,
                _ => break,
            }
        }
    }
    None
}

/// The coverage that a finding tells; None where it tells none.
pub(crate) fn covered_by_finding(reason: &str) -> Option<UnionStatus> {
    Some(match reason {
        "done_independent" | "already" => UnionStatus::Independent,
        "parent_union" => UnionStatus::Parent,
        "done_joint" => UnionStatus::Joint,
        "done_umbrella" | "association_union" => UnionStatus::Federation,
        _ => return None,
    })
}

/// Coverage that only a visit could tell.
fn found<'a>(context: &Context<'a>, dossier: EntityFacts<'a>) -> Option<(UnionStatus, &'a crate::model::facts::StandingFinding)> {
    let findings = context.attached.findings.get(&dossier.entity)?;
    let covers = |f: &&'a crate::model::facts::StandingFinding| Some((covered_by_finding(&f.reason)?, *f));
    findings.iter().filter_map(covers).min_by_key(|(status, f)| (*status as u8, std::cmp::Reverse(f.at)))
}

/// A finding as an input: its code, its id as the record, who and when.
pub fn finding_input(finding: &crate::model::facts::StandingFinding) -> ReasonInput {
    ReasonInput::new("finding", &finding.reason).from_record("finding", &finding.id)
}

fn union_link(context: &Context<'_>, link: &Link<'_>, kind: UnionKind) -> UnionLink {
    let row = &context.roll.unions[link.union];
    UnionLink {
        union: row.id.clone(),
        kind,
        since: values::date(row.facts, Field::EstablishedOn).and_then(|d| d.first_day()),
        registry: context.registry_name(link.facts).into(),
        record: link.facts.key.clone(),
    }
}

fn reason(context: &Context<'_>, code: &str, link: &Link<'_>) -> Reason {
    let name = vocabulary::union_name(context.roll.unions[link.union].facts);
    Reason::new(code).with(context.input("union", name, link.facts))
}

pub(crate) fn union_code(kind: UnionKind) -> &'static str {
    match kind {
        UnionKind::Independent => "union_independent",
        UnionKind::Parent => "union_parent",
        UnionKind::Joint => "union_joint",
        UnionKind::Federation => "union_federation",
        UnionKind::Preparing => "union_preparing",
    }
}

fn reason_precedence(code: &str) -> usize {
    let order = ["union_independent", "union_parent", "union_joint", "union_federation", "union_preparing"];
    order.iter().position(|c| *c == code).unwrap_or(order.len())
}

fn status(kind: UnionKind) -> UnionStatus {
    match kind {
        UnionKind::Independent => UnionStatus::Independent,
        UnionKind::Parent => UnionStatus::Parent,
        UnionKind::Joint => UnionStatus::Joint,
        UnionKind::Federation => UnionStatus::Federation,
        UnionKind::Preparing => UnionStatus::Preparing,
    }
}
