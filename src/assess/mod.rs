//! Assessing: every enterprise's designated size, union coverage, gap, fund and priority, each with its reasons; and the
//! value of every field, chosen among what the registries say.
//!
//! In: a `World` (readable records, which entity each belongs to, relations, findings), `Rules` (data files) and `Policy`.
//! Out: `Assessed`: the enterprises and unions of the next edition, and what contradicts itself. Pure: the same input
//! gives the same output; the day is an argument, nothing is read or written, the order of records does not matter.
//!
//! One entity's way: `dossier` gathers its facts, `survive` chooses a statement per field, then `size`, `coverage`, `gap`,
//! `fund` and `priority` judge, and `compose` puts the enterprise together. `explain` shows every rule that was tried.

mod compose;
mod coverage;
pub mod diff;
mod entity_facts;
mod explain;
pub mod fund;
pub mod gap;
mod membership;
pub mod needs;
pub mod policy;
mod priority;
pub mod rules;
mod size;
mod survivorship;
pub mod table;
pub mod targets;
mod unions;
mod vocabulary;

use std::collections::HashMap;
use std::sync::Mutex;

use chrono::NaiveDate;
use rayon::prelude::*;

use crate::model::enterprise::{Enterprise, EnterpriseField, TradeUnion};
use crate::model::facts::{Facts, OpenPair, RegistryTraits, Relation, StandingFinding, World};
use crate::model::provenance::{Agreement, FieldProvenance, SourceValue, SurvivorshipRule};
use crate::model::reference::thresholds::ThresholdRule;
use crate::model::verdict::{NeededFor, Reason, ReasonInput, Unmet};

pub use explain::{Explanation, Outcome, Step, Topic, explain};
pub use fund::Contradiction;
pub use policy::Policy;
pub use rules::Rules;
pub use unions::union_id;

use entity_facts::{ByEntity, Dossier};
use survivorship::{Candidate, Plan};
use unions::Roll;

/// What one run of assessing gives.
#[derive(Debug, Default)]
pub struct Assessed {
    /// In the order of the world's entities.
    pub enterprises: Vec<Enterprise>,
    pub unions: Vec<TradeUnion>,
    /// Payments that do not fit the union roll, for review.
    pub contradictions: Vec<Contradiction>,
}

/// Assesses every enterprise of the world as of a day.
pub fn assess(world: &World, rules: &Rules, policy: &Policy, as_of: NaiveDate) -> Assessed {
    let groups = ByEntity::new(world);
    let context = Context::new(world, rules, policy, as_of);
    let entities: Vec<u32> =
        (0..world.entities.len() as u32).filter(|e| Dossier::new(world, &groups, *e).is_enterprise()).collect();
    // Written in place, in order; the few contradictions go beside and are ordered after.
    let found: Mutex<Vec<(u32, Contradiction)>> = Mutex::default();
    let judge = |entity: &u32| {
        let (enterprise, contradiction) = compose::enterprise(&context, Dossier::new(world, &groups, *entity));
        if let Some(contradiction) = contradiction {
            found.lock().expect("no panic while pushing").push((*entity, contradiction));
        }
        enterprise
    };
    let mut enterprises: Vec<Enterprise> = entities.par_iter().with_min_len(256).map(judge).collect();
    let id_of = |entity: u32| entities.binary_search(&entity).is_ok().then(|| world.entities[entity as usize].clone());
    let unions = context.roll.trade_unions(world, as_of, id_of);
    membership::count(&context, &groups, &entities, &mut enterprises, &unions);
    let mut found = found.into_inner().expect("no panic while pushing");
    found.sort_by_key(|(entity, _)| *entity);
    Assessed { enterprises, unions, contradictions: found.into_iter().map(|(_, c)| c).collect() }
}

/// What every registry says of every field of one enterprise, which statement was chosen, and by which rule. `facts` are
/// the records of that enterprise alone; fields of which nobody says anything are left out.
pub fn provenance(facts: Vec<Facts>, registries: Vec<RegistryTraits>, policy: &Policy, as_of: NaiveDate) -> Vec<FieldProvenance> {
    let world = World { registries, entity_of: vec![Some(0); facts.len()], facts, entities: vec!["".into()], ..World::default() };
    let rules = Rules::none();
    let context = Context::new(&world, &rules, policy, as_of);
    let groups = ByEntity::new(&world);
    let dossier = Dossier::new(&world, &groups, 0);
    provenance_of(&context, dossier)
}

fn provenance_of(context: &Context<'_>, dossier: Dossier<'_>) -> Vec<FieldProvenance> {
    let mut candidates = Vec::new();
    let mut fields = Vec::new();
    for field in EnterpriseField::ALL {
        survivorship::read(context, dossier, *field, &mut candidates);
        fields.extend(field_provenance(context, *field, &candidates));
    }
    fields
}

fn field_provenance(context: &Context<'_>, field: EnterpriseField, candidates: &[Candidate<'_>]) -> Option<FieldProvenance> {
    let (chosen, rule): (usize, SurvivorshipRule) = survivorship::choose(context, field, candidates)?;
    let agreement: Agreement = survivorship::agreement(context, candidates);
    let source = |c: &Candidate<'_>| SourceValue {
        registry: c.facts.registry,
        key: c.facts.key.clone(),
        part: c.facts.part,
        record_id: c.facts.record_id,
        value: Some(c.reading.to_string().into()),
        observed_at: c.facts.observed_at,
        landed_at: c.facts.landed_at,
    };
    let others = (0..candidates.len()).filter(|i| *i != chosen).map(|i| source(&candidates[i])).collect();
    let source = source(&candidates[chosen]);
    Some(FieldProvenance { field, value: source.value.clone(), source: Some(source), rule, others, agreement })
}

/// What every step may look at.
pub(crate) struct Context<'a> {
    world: &'a World,
    rules: &'a Rules,
    policy: &'a Policy,
    as_of: NaiveDate,
    plan: Plan,
    rules_in_force: Vec<&'a ThresholdRule>,
    roll: Roll<'a>,
    attached: Attached<'a>,
}

impl<'a> Context<'a> {
    fn new(world: &'a World, rules: &'a Rules, policy: &'a Policy, as_of: NaiveDate) -> Context<'a> {
        Context {
            world,
            rules,
            policy,
            as_of,
            plan: Plan::new(&world.registries, policy),
            rules_in_force: rules.statistics().filter(|r| r.in_force(as_of)).collect(),
            roll: Roll::new(world),
            attached: Attached::new(world),
        }
    }

    /// Why the registries do not bear the verdicts that `of` names; empty where they do.
    fn missing_sources(&self, of: impl Fn(NeededFor) -> bool) -> Vec<Reason> {
        let mut reasons: Vec<Reason> = Vec::new();
        for reason in self.world.unmet.iter().filter(|u| of(u.verdict)).map(Unmet::reason) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        reasons
    }

    fn registry_name(&self, facts: &Facts) -> &'a str {
        self.world.registries.get(facts.registry as usize).map_or("", |r| &r.name)
    }

    /// Edition of the industry codes of the record's registry.
    fn edition_of(&self, facts: &Facts) -> u16 {
        self.world.registries.get(facts.registry as usize).map_or(2017, |r| r.industry_edition)
    }

    /// An input of a decision, with the record that says so.
    fn input(&self, name: &str, value: impl std::fmt::Display, facts: &Facts) -> ReasonInput {
        ReasonInput::new(name, value).from_record(self.registry_name(facts), &facts.key)
    }
}

/// What hangs on single entities: few beside the enterprises, hence maps.
struct Attached<'a> {
    entities: HashMap<&'a str, u32>,
    relations: HashMap<u32, Vec<&'a Relation>>,
    pairs: HashMap<u32, Vec<&'a OpenPair>>,
    findings: HashMap<u32, Vec<&'a StandingFinding>>,
}

impl<'a> Attached<'a> {
    fn new(world: &'a World) -> Attached<'a> {
        let mut mentioned: HashMap<&'a str, Option<u32>> = HashMap::new();
        let relations = world.relations.iter().flat_map(|r| [&*r.from, &*r.to]);
        let others = world.open_pairs.iter().map(|p| &*p.enterprise).chain(world.findings.iter().map(|f| &*f.enterprise));
        mentioned.extend(relations.chain(others).map(|id| (id, None)));
        if !mentioned.is_empty() {
            for (i, id) in world.entities.iter().enumerate() {
                if let Some(slot) = mentioned.get_mut(&**id) {
                    *slot = Some(i as u32);
                }
            }
        }
        let entities: HashMap<&str, u32> = mentioned.into_iter().filter_map(|(id, at)| Some((id, at?))).collect();
        let mut attached = Attached { relations: HashMap::new(), pairs: HashMap::new(), findings: HashMap::new(), entities };
        for relation in &world.relations {
            if let Some(at) = attached.entity(&relation.from) {
                attached.relations.entry(at).or_default().push(relation);
            }
        }
        for pair in &world.open_pairs {
            if let Some(at) = attached.entity(&pair.enterprise) {
                attached.pairs.entry(at).or_default().push(pair);
            }
        }
        for finding in &world.findings {
            if let Some(at) = attached.entity(&finding.enterprise) {
                attached.findings.entry(at).or_default().push(finding);
            }
        }
        attached
    }

    fn entity(&self, id: &str) -> Option<u32> {
        self.entities.get(id).copied()
    }
}
