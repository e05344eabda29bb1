//! What every verdict may look at: rules, policy, the day, and what is attached to an enterprise.

use std::collections::HashMap;

use chrono::NaiveDate;
use thin_vec::ThinVec;

use super::policy::Policy;
use super::rules::Rules;
use super::survivorship_plan::Plan;
use super::unions::Roll;
use crate::model::facts::{AssessmentInput, Facts, OpenPair, StandingFinding, StatedTie};
use crate::model::reference::thresholds::ThresholdRule;
use crate::model::verdict::{NeededFor, Reason, ReasonInput, Unmet};

/// What every step may look at.
pub(crate) struct Context<'a> {
    pub(super) world: &'a AssessmentInput,
    pub(super) rules: &'a Rules,
    pub(super) policy: &'a Policy,
    pub(super) as_of: NaiveDate,
    pub(super) plan: Plan,
    pub(super) rules_in_force: Vec<&'a ThresholdRule>,
    pub(super) roll: Roll<'a>,
    pub(super) attached: Attached<'a>,
}

impl<'a> Context<'a> {
    pub(super) fn new(world: &'a AssessmentInput, rules: &'a Rules, policy: &'a Policy, as_of: NaiveDate) -> Context<'a> {
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
    pub(super) fn missing_sources(&self, of: impl Fn(NeededFor) -> bool) -> ThinVec<Reason> {
        let mut reasons: ThinVec<Reason> = ThinVec::new();
        for reason in self.world.unmet.iter().filter(|u| of(u.verdict)).map(Unmet::reason) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        reasons
    }

    pub(super) fn registry_name(&self, facts: &Facts) -> &'a str {
        self.world.registries.get(facts.registry as usize).map_or("", |r| &r.name)
    }

    /// Edition of the industry codes of the record's registry.
    pub(super) fn edition_of(&self, facts: &Facts) -> u16 {
        self.world.registries.get(facts.registry as usize).map_or(2017, |r| r.industry_edition)
    }

    /// An input of a decision, with the record that says so.
    pub(super) fn input(&self, name: &str, value: impl std::fmt::Display, facts: &Facts) -> ReasonInput {
        ReasonInput::new(name, value).from_record(self.registry_name(facts), &facts.key)
    }
}

/// What hangs on single entities: few beside the enterprises, hence maps.
pub(crate) struct Attached<'a> {
    entities: HashMap<&'a str, u32>,
    pub(super) relations: HashMap<u32, Vec<&'a StatedTie>>,
    pub(super) pairs: HashMap<u32, Vec<&'a OpenPair>>,
    pub(super) findings: HashMap<u32, Vec<&'a StandingFinding>>,
}

impl<'a> Attached<'a> {
    pub(super) fn new(world: &'a AssessmentInput) -> Attached<'a> {
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

    pub(super) fn entity(&self, id: &str) -> Option<u32> {
        self.entities.get(id).copied()
    }
}
