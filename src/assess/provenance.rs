//! Where each field of an enterprise comes from: the record that was chosen, by which rule, and what the others say.

use chrono::NaiveDate;

use super::context::Context;
use super::entity_facts::{ByEntity, EntityFacts};
use super::policy::Policy;
use super::rules::Rules;
use super::survivorship::{self, Candidate};
use crate::model::enterprise::EnterpriseField;
use crate::model::facts::{AssessmentInput, Facts, RegistryTraits};
use crate::model::provenance::{Agreement, FieldProvenance, SourceValue, SurvivorshipRule};

/// The value that every registry states for every field of one enterprise, which statement was chosen, and by which rule. `facts` are
/// the records of that enterprise alone; fields of which nobody says anything are left out.
pub fn provenance(facts: Vec<Facts>, registries: Vec<RegistryTraits>, policy: &Policy, as_of: NaiveDate) -> Vec<FieldProvenance> {
    let world = AssessmentInput {
        registries,
        entity_of: vec![Some(0); facts.len()],
        facts,
        entities: vec!["".into()],
        ..AssessmentInput::default()
    };
    let rules = Rules::none();
    let context = Context::new(&world, &rules, policy, as_of);
    let groups = ByEntity::new(&world);
    let dossier = EntityFacts::new(&world, &groups, 0);
    provenance_of(&context, dossier)
}

/// The chosen value of every field of several enterprises, and by which rule it was: what [`provenance`] says of each, without who else says
/// what. `facts` are theirs, each with the number of its enterprise, in the order in which `provenance` would be given them.
pub fn chosen_values(
    facts: Vec<(u32, Facts)>,
    enterprises: u32,
    registries: Vec<RegistryTraits>,
    policy: &Policy,
    as_of: NaiveDate,
) -> Vec<Vec<ChosenValue>> {
    let (entity_of, facts): (Vec<_>, Vec<_>) = facts.into_iter().map(|(of, facts)| (Some(of), facts)).unzip();
    let entities = vec!["".into(); enterprises as usize];
    let world = AssessmentInput { registries, entity_of, facts, entities, ..AssessmentInput::default() };
    let rules = Rules::none();
    let context = Context::new(&world, &rules, policy, as_of);
    let groups = ByEntity::new(&world);
    let mut candidates = Vec::new();
    let mut chosen_of = |enterprise| {
        let dossier = EntityFacts::new(&world, &groups, enterprise);
        let mut fields = Vec::new();
        for field in EnterpriseField::ALL {
            survivorship::read(&context, dossier, *field, &mut candidates);
            if let Some((chosen, rule)) = survivorship::choose(&context, *field, &candidates) {
                fields.push(ChosenValue { field: *field, value: candidates[chosen].reading.to_string(), rule });
            }
        }
        fields
    };
    (0..enterprises).map(&mut chosen_of).collect()
}

/// One field as it was chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct ChosenValue {
    /// Which.
    pub field: EnterpriseField,
    /// As read.
    pub value: String,
    /// Why this statement won.
    pub rule: SurvivorshipRule,
}

pub(super) fn provenance_of(context: &Context<'_>, dossier: EntityFacts<'_>) -> Vec<FieldProvenance> {
    let mut candidates = Vec::new();
    let mut fields = Vec::new();
    for field in EnterpriseField::ALL {
        survivorship::read(context, dossier, *field, &mut candidates);
        fields.extend(field_provenance(context, *field, &candidates));
    }
    fields
}

pub(super) fn field_provenance(
    context: &Context<'_>,
    field: EnterpriseField,
    candidates: &[Candidate<'_>],
) -> Option<FieldProvenance> {
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
