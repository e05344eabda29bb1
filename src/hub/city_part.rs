//! A part of the city, as assessing takes it: the records of those who are judged again, and of others only what their verdicts look at:
//! the rows of the roll that list them, with the other rows of the hosts, the heads and groups whose unions may cover them, and the
//! pairs that wait.
//!
//! In: a linker, an edition, the store, and whom to judge. Out: an `AssessmentInput` in which exactly these are judged as in the whole
//! city; findings and history are the caller's.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use rayon::prelude::*;

use super::advance::Delivery;
use super::error::HubError;
use super::evidence_texts::{show_texts, told};
use super::linker_state::WritingLinker;
use super::neighbourhood::{STEPS, first_day};
use super::open::Hub;
use super::touched::{key, rows_of};
use crate::assess::union_id;
use crate::link::{Decision, EntityKey, LinkedRelation, Linker, ReviewPair};
use crate::model::facts::{AssessmentInput, Facts, RegistryTraits, RelationKind, StatedTie};
use crate::model::linkage::Evidence;
use crate::model::spilled::SpilledText;
use crate::model::text::json;
use crate::model::value::PartialDate;
use crate::publish::{DecidedRecord, ToldPair, open_pairs};
use crate::store::relation::RelationRow;

/// See the module.
pub(super) struct CityPart {
    /// The asked come first among the entities.
    pub world: AssessmentInput,
    /// How many of the entities were asked for.
    pub asked: u32,
    /// The asked entities' records.
    pub joined: Vec<DecidedRecord>,
    /// Of linking's: positions in `joined` by (row of the store, part).
    pub places: HashMap<(i64, u16), u32>,
    /// Ids of the unions of which every row that matters is here: those that list somebody who was asked for, and their hosts' others.
    pub unions: HashSet<Box<str>>,
    /// What the asked entities say of others.
    pub relations: Vec<LinkedRelation>,
    /// Pairs that came or may be others now, and what speaks for them.
    pub others: Vec<ToldPair>,
    /// Further pairs that concern the asked.
    pub reviews: Vec<ReviewPair>,
    /// Enterprises of a group by the id of its head.
    pub group_of: HashMap<Box<str>, Vec<Box<str>>>,
}

/// The kinds through which a union covers somebody else.
fn leads_up(kind: RelationKind) -> bool {
    matches!(kind, RelationKind::BranchOf | RelationKind::SameGroup)
}

fn stated(row: &RelationRow) -> Option<StatedTie> {
    Some(StatedTie {
        kind: RelationKind::from_name(&row.kind)?,
        from: row.from_entity.as_str().into(),
        to: row.to_entity.as_deref()?.into(),
        since: row.since.as_deref().and_then(first_day),
    })
}

/// What linking says of those who are read.
struct Linked {
    /// By row of the store and part.
    entities: HashMap<(i64, u16), Option<EntityKey>>,
    /// Of the asked: evidence, and the row and part of the partner.
    decisions: Vec<(Decision, Box<[Evidence]>, Option<(i64, u16)>)>,
    others: Vec<(ReviewPair, Box<[Evidence]>)>,
}

/// Which records are read, and of whom.
struct Plan {
    /// Asked for, those that stand, in order.
    asked: Vec<EntityKey>,
    members: Vec<u32>,
    relations: Vec<LinkedRelation>,
    heads: HashSet<EntityKey>,
    roll_rows: Vec<i64>,
    /// Pairs that came or may be others now.
    others: Vec<ReviewPair>,
    reviews: Vec<ReviewPair>,
}

impl Hub {
    /// The entities that branches and groups lead to, step by step, as the store has them.
    async fn heads_of(&self, mut from: HashSet<EntityKey>) -> Result<(HashSet<EntityKey>, Vec<StatedTie>), HubError> {
        let (mut heads, mut ties) = (HashSet::new(), Vec::new());
        for _ in 0..STEPS {
            from.retain(|entity| heads.insert(*entity));
            if from.is_empty() {
                break;
            }
            let ids: Vec<Box<str>> = from.drain().map(|entity| entity.to_string().into()).collect();
            for row in self.store.relations_of_many(&ids, false).await? {
                let Some(tie) = stated(&row).filter(|tie| leads_up(tie.kind)) else { continue };
                from.extend(key(&tie.to));
                ties.push(tie);
            }
        }
        Ok((heads, ties))
    }

    /// Those who may be covered through one of these, step by step, as the store has them: by the head's id.
    pub(super) async fn led_to(&self, heads: &HashSet<EntityKey>) -> Result<Vec<(Box<str>, Box<str>, RelationKind)>, HubError> {
        let mut found = Vec::new();
        let (mut seen, mut from) = (heads.clone(), heads.clone());
        for _ in 0..STEPS {
            if from.is_empty() {
                break;
            }
            let ids: Vec<Box<str>> = from.drain().map(|entity| entity.to_string().into()).collect();
            for row in self.store.relations_of_many(&ids, true).await? {
                let Some(tie) = stated(&row).filter(|tie| leads_up(tie.kind)) else { continue };
                from.extend(key(&tie.from).filter(|entity| seen.insert(*entity)));
                found.push((tie.to, tie.from, tie.kind));
            }
        }
        Ok(found)
    }

    /// See the module. `groups` are what the store says of who is led to whom. The linker is asked before records are read, and let go.
    pub(super) async fn city_part(
        &self,
        (linker, writing): (Arc<Linker>, &mut WritingLinker),
        delivery: &Delivery,
        asked: &HashSet<EntityKey>,
        groups: &[(Box<str>, Box<str>, RelationKind)],
    ) -> Result<CityPart, HubError> {
        let traits = crate::records::traits(&self.connectors);
        let reviewed: HashSet<(u32, u32)> = delivery.changes.reviewed.iter().map(|pair| pair.records).collect();
        let (of_plan, landed) = (linker.clone(), delivery.landed.clone());
        let (wanted, registries) = (asked.clone(), traits.clone());
        let plan = tokio::task::spawn_blocking(move || plan(&of_plan, &wanted, &registries, &landed, &reviewed));
        let mut plan = plan.await.expect("planning does not panic");

        let first: HashSet<EntityKey> = plan.relations.iter().filter(|r| leads_up(r.kind)).filter_map(|r| r.to).collect();
        let (heads, mut ties) = self.heads_of(first.difference(asked).copied().collect()).await?;
        ties.retain(|tie| key(&tie.from).is_some_and(|from| !asked.contains(&from)));
        plan.heads = heads;
        let own = plan.relations.iter().filter_map(|r| {
            Some(StatedTie {
                kind: r.kind,
                from: r.from.to_string().into(),
                to: r.to?.to_string().into(),
                since: r.since.and_then(PartialDate::first_day),
            })
        });
        ties.extend(own);

        let (changed, registries) = (delivery.changed.clone(), traits.clone());
        let rows = tokio::task::spawn_blocking(move || {
            let whole = with_hosts(&linker, &mut plan, &registries);
            let mut rows = rows_of(&linker, plan.members.iter().copied());
            rows.extend(&plan.roll_rows);
            rows.extend(changed);
            // The two sides of a pair lend their texts to it, a union its name.
            rows.extend(plan.others.iter().flat_map(|pair| [pair.left_store_id, pair.right_store_id]));
            rows.extend(plan.reviews.iter().filter(|pair| pair.of_union).map(|pair| pair.left_store_id));
            rows.sort_unstable();
            rows.dedup();
            let linked = linked(&linker, &mut plan, &rows);
            (plan, whole, rows, linked)
        });
        let (plan, unions, rows, linked) = rows.await.expect("planning does not panic");
        writing.let_go().await;
        let facts = self.some_records(&rows, false).await?.standing.facts;
        drop(rows);

        let group_of = group_of(groups, &plan.relations, asked);
        let put = move || {
            let mut part = assembled(linked, plan, traits, facts);
            part.world.relations = ties;
            (part.unions, part.group_of) = (unions, group_of);
            part
        };
        Ok(tokio::task::spawn_blocking(put).await.expect("putting records together does not panic"))
    }
}

/// Who belongs to whose group: as the store has it, and of the asked as they say it now.
fn group_of(
    stored: &[(Box<str>, Box<str>, RelationKind)],
    now: &[LinkedRelation],
    asked: &HashSet<EntityKey>,
) -> HashMap<Box<str>, Vec<Box<str>>> {
    let mut group_of: HashMap<Box<str>, Vec<Box<str>>> = HashMap::new();
    for (head, from, _) in stored.iter().filter(|(_, from, _)| key(from).is_some_and(|from| !asked.contains(&from))) {
        group_of.entry(head.clone()).or_default().push(from.clone());
    }
    for relation in now.iter().filter(|r| leads_up(r.kind)) {
        if let Some(to) = relation.to {
            group_of.entry(to.to_string().into()).or_default().push(relation.from.to_string().into());
        }
    }
    group_of
}

fn plan(
    linker: &Linker,
    asked: &HashSet<EntityKey>,
    registries: &[RegistryTraits],
    landed: &[i64],
    reviewed: &HashSet<(u32, u32)>,
) -> Plan {
    let members = linker.records_of(asked);
    let mut standing: Vec<EntityKey> = asked.iter().copied().filter(|entity| linker.records_in(*entity) > 0).collect();
    standing.sort_unstable();
    let of_roll = |record: &u32| registries[usize::from(linker.record_key(*record).0)].union_roll;
    let roll_rows = rows_of(linker, members.iter().copied().filter(of_roll));
    let relations = linker.relations_of(&members);
    // What a row says may be shown beside the evidence: where it landed again its pairs are told again.
    let touches = |store_id: i64| landed.binary_search(&store_id).is_ok();
    let concerns = |entity: Option<EntityKey>| entity.is_some_and(|entity| asked.contains(&entity));
    let is_other = |(left, right): (u32, u32)| {
        let of_landed = [left, right].into_iter().any(|record| touches(linker.stored(record).0));
        of_landed || reviewed.contains(&(left, right)) || reviewed.contains(&(right, left))
    };
    let reviews =
        linker.reviews(|pair| concerns(pair.left_entity) || concerns(pair.right_entity) || is_other((pair.left, pair.right)));
    let (others, reviews) = reviews.into_iter().partition(|pair| is_other(pair.records));
    Plan { asked: standing, members, relations, heads: HashSet::new(), roll_rows, others, reviews }
}

/// Adds the rows of the roll of heads and hosts; the ids of the unions of all these rows.
fn with_hosts(linker: &Linker, plan: &mut Plan, registries: &[RegistryTraits]) -> HashSet<Box<str>> {
    let of_roll = |record: &u32| registries[usize::from(linker.record_key(*record).0)].union_roll;
    plan.roll_rows.extend(rows_of(linker, linker.records_of(&plan.heads).into_iter().filter(of_roll)));
    plan.roll_rows.sort_unstable();
    plan.roll_rows.dedup();
    // What stands twice at one host is one union.
    let first_parts = linker.records_of_rows(&plan.roll_rows).into_iter().filter(|record| linker.record_key(*record).2 == 0);
    let hosts: HashSet<EntityKey> = first_parts.filter_map(|record| linker.entity(record)).collect();
    let of_host = |record: &u32| of_roll(record) && linker.record_key(*record).2 == 0;
    plan.roll_rows.extend(rows_of(linker, linker.records_of(&hosts).into_iter().filter(of_host)));
    plan.roll_rows.sort_unstable();
    plan.roll_rows.dedup();
    let id = |record: u32| {
        let (registry, key, _) = linker.record_key(record);
        union_id(&registries[usize::from(registry)].name, key)
    };
    linker.records_of_rows(&plan.roll_rows).into_iter().map(id).collect()
}

/// What the linker says of these rows (ids in order) and of the pairs of the plan, which are taken out of it.
fn linked(linker: &Linker, plan: &mut Plan, rows: &[i64]) -> Linked {
    let of_record = |record| (linker.stored(record), linker.entity(record));
    let decision = |d: Decision| {
        let evidence = linker.evidence(&d).into_boxed_slice();
        let partner = d.partner.filter(|_| !evidence.is_empty()).map(|partner| linker.stored(partner));
        (d, evidence, partner)
    };
    let other = |pair: ReviewPair| {
        let evidence = linker.evidence_of_pair(&pair).into_boxed_slice();
        (pair, evidence)
    };
    Linked {
        entities: linker.records_of_rows(rows).into_iter().map(of_record).collect(),
        decisions: linker.decisions_on(&plan.members).into_par_iter().map(decision).collect(),
        others: std::mem::take(&mut plan.others).into_par_iter().map(other).collect(),
    }
}

fn assembled(linked: Linked, plan: Plan, registries: Vec<RegistryTraits>, facts: Vec<Facts>) -> CityPart {
    let mut numbers: HashMap<EntityKey, u32> = (0..).zip(&plan.asked).map(|(number, entity)| (*entity, number)).collect();
    let mut entities: Vec<Box<str>> = plan.asked.iter().map(|entity| entity.to_string().into()).collect();
    let asked = entities.len() as u32;
    let entity_of = |facts: &Facts| {
        let entity = linked.entities.get(&(facts.record_id, facts.part)).copied().flatten()?;
        Some(*numbers.entry(entity).or_insert_with(|| {
            entities.push(entity.to_string().into());
            entities.len() as u32 - 1
        }))
    };
    let entity_of: Vec<Option<u32>> = facts.iter().map(entity_of).collect();
    let at: HashMap<(i64, u16), u32> = (0..).zip(&facts).map(|(at, f)| ((f.record_id, f.part), at)).collect();
    let fact = |(row, part): (i64, u16)| at.get(&(row, part)).map(|at| &facts[*at as usize]);
    let join = |(d, mut evidence, partner): (Decision, Box<[Evidence]>, Option<(i64, u16)>)| {
        let own = fact((d.store_id, d.part))?;
        if let Some(partner) = partner {
            show_texts(&mut evidence, Some(own), fact(partner));
        }
        Some(DecidedRecord {
            record_id: d.store_id,
            part: d.part,
            registry: own.registry,
            key: own.key.clone(),
            entity: d.entity,
            method: d.method,
            weight: d.weight,
            evidence: match evidence.is_empty() {
                true => "".into(),
                false => json(&evidence).into(),
            },
            runner_up: d.runner_up,
            refused: d.refused,
            news: false,
        })
    };
    let joined: Vec<DecidedRecord> = linked.decisions.into_par_iter().filter_map(join).collect();
    let places = (0..).zip(&joined).map(|(place, j)| ((j.record_id, j.part), place)).collect();
    let others: Vec<ToldPair> =
        linked.others.into_par_iter().map(|(pair, evidence)| told(pair, evidence, fact, SpilledText::from)).collect();
    let reviews = plan.reviews;
    // Heads without a union of their own lead on to theirs.
    for head in &plan.heads {
        numbers.entry(*head).or_insert_with(|| {
            entities.push(head.to_string().into());
            entities.len() as u32 - 1
        });
    }
    let is_asked = |id: &str| key(id).is_some_and(|entity| numbers.get(&entity).is_some_and(|number| *number < asked));
    let pairs = others.iter().map(|told| &told.pair).chain(&reviews);
    let open_pairs = open_pairs(pairs).into_iter().filter(|pair| is_asked(&pair.enterprise)).collect();
    let world = AssessmentInput { registries, facts, entity_of, entities, open_pairs, ..AssessmentInput::default() };
    CityPart {
        world,
        asked,
        joined,
        places,
        unions: HashSet::new(),
        relations: plan.relations,
        others,
        reviews,
        group_of: HashMap::new(),
    }
}
