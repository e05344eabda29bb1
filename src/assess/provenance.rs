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
