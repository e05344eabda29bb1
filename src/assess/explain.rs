//! Every rule that was tried on one enterprise and every input, in the order in which they are tried: what
//! `huitu assess explain` prints. The same code judges in `assess`; nothing is decided here.

use chrono::NaiveDate;
use serde::Serialize;

use super::compose::Choices;
use super::context::Context;
use super::entity_facts::{ByEntity, EntityFacts};
use super::provenance::provenance_of;
use super::size::RuleChoice;
use super::{Policy, Rules, compose, coverage, gap, priority, size};
use crate::model::enterprise::Enterprise;
use crate::model::facts::AssessmentInput;
use crate::model::field::named;
use crate::model::provenance::FieldProvenance;
use crate::model::reference::thresholds::{Condition, IndustryMatch, RuleTest};
use crate::model::verdict::{NeededFor, Reason, ReasonInput, UnionKind};

named! {
    /// What became of one rule.
    pub enum StepOutcome {
        /// It holds, and it decided the verdict.
        Decided = "DECIDED",
        /// It holds, but a rule before it had decided.
        Holds = "HOLDS",
        DoesNotHold = "DOES_NOT_HOLD",
        /// It is for this case, but an input is missing.
        MissingInput = "MISSING_INPUT",
        /// It is for other industries.
        OtherIndustry = "OTHER_INDUSTRY",
        /// The industry code is too short to tell whether it is for this enterprise.
        CodeTooShort = "CODE_TOO_SHORT",
        /// It is for this industry, but on other days.
        NotInForce = "NOT_IN_FORCE",
        /// The policy has switched it off, or an earlier rule made it unnecessary.
        NotTried = "NOT_TRIED",
    }
}

named! { pub enum Topic { Size = "SIZE", Union = "UNION", Gap = "GAP", Fund = "FUND", Priority = "PRIORITY" } }

/// One rule tried.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    pub topic: Topic,
    /// Id of a threshold rule, or a reason code.
    pub rule: String,
    pub outcome: StepOutcome,
    pub inputs: Vec<ReasonInput>,
    /// What the rule asks for, as written in the file: `revenue_main >= 20000000`.
    pub asks: Vec<String>,
}

/// Everything that led to an enterprise's verdicts.
#[derive(Debug)]
pub struct Explanation {
    pub enterprise: Enterprise,
    pub fields: Vec<FieldProvenance>,
    pub steps: Vec<Step>,
}

/// Explains one enterprise of a world. None where no registry describes an enterprise of that id.
pub fn explain(world: &AssessmentInput, id: &str, rules: &Rules, policy: &Policy, as_of: NaiveDate) -> Option<Explanation> {
    let entity = world.entities.iter().position(|e| &**e == id)? as u32;
    let groups = ByEntity::new(world);
    let dossier = EntityFacts::new(world, &groups, entity);
    if !dossier.is_enterprise() {
        return None;
    }
    let context = Context::new(world, rules, policy, as_of);
    let (enterprise, _) = compose::enterprise(&context, dossier);
    let choices = Choices::new(&context, dossier);
    let mut steps = size_steps(&context, dossier, &choices, &enterprise);
    steps.extend(union_steps(&enterprise));
    steps.extend(gap_steps(&context, dossier, &choices, &enterprise));
    steps.extend(reasons(Topic::Fund, &enterprise.verdicts.fund.reasons));
    steps.extend(priority_steps(&enterprise));
    Some(Explanation { fields: provenance_of(&context, dossier), enterprise, steps })
}

fn step(topic: Topic, rule: &str, outcome: StepOutcome, inputs: Vec<ReasonInput>) -> Step {
    Step { topic, rule: rule.to_owned(), outcome, inputs, asks: Vec::new() }
}

fn reasons(topic: Topic, reasons: &[Reason]) -> impl Iterator<Item = Step> + '_ {
    reasons.iter().map(move |r| step(topic, &r.code, StepOutcome::Decided, r.inputs.clone()))
}

/// The official list, then every rule of statistics, then the proxy.
fn size_steps(context: &Context<'_>, dossier: EntityFacts<'_>, choices: &Choices<'_>, enterprise: &Enterprise) -> Vec<Step> {
    let verdict = &enterprise.verdicts.size;
    let listed = size::official_list(context, dossier);
    let mut steps = vec![match listed {
        Some((flag, facts)) => {
            step(Topic::Size, "official_list", StepOutcome::Decided, vec![context.input("official_list", flag, facts)])
        }
        None => step(Topic::Size, "official_list", StepOutcome::MissingInput, vec![ReasonInput::missing("official_list")]),
    }];
    let code = choices.industry().map(|(code, _)| code);
    let chosen = match size::rule_for(context, code) {
        RuleChoice::Rule(rule) => Some(rule.id.as_str()),
        _ => None,
    };
    for rule in context.rules.statistics() {
        let speaks = code.map_or(IndustryMatch::Undecided, |code| rule.holds(&code));
        let mut tried = step(Topic::Size, &rule.id, StepOutcome::OtherIndustry, Vec::new());
        tried.asks = rule.conditions.iter().map(asked).collect();
        if rule.test == RuleTest::Any && tried.asks.len() > 1 {
            tried.asks = vec![tried.asks.join(" | ")];
        }
        tried.outcome = match speaks {
            IndustryMatch::No => StepOutcome::OtherIndustry,
            _ if !rule.in_force(context.as_of) => StepOutcome::NotInForce,
            IndustryMatch::Undecided => StepOutcome::CodeTooShort,
            IndustryMatch::Yes if chosen != Some(rule.id.as_str()) => StepOutcome::NotTried,
            IndustryMatch::Yes => {
                let judged = size::try_rule(context, dossier, rule, choices.ownership());
                tried.inputs = judged
                    .conditions
                    .iter()
                    .map(|c| match &c.input {
                        Some(input) => size::named(context, input),
                        None => ReasonInput::missing(c.condition.metric().name()),
                    })
                    .collect();
                match judged.above {
                    None => StepOutcome::MissingInput,
                    Some(_) if listed.is_some() => StepOutcome::Holds,
                    Some(true) => StepOutcome::Decided,
                    Some(false) => StepOutcome::DoesNotHold,
                }
            }
        };
        steps.push(tried);
    }
    steps.extend(
        reasons(Topic::Size, &verdict.reasons)
            .filter(|s| ["proxy", "no_rule", "source_"].iter().any(|kind| s.rule.starts_with(kind))),
    );
    steps
}

fn asked(condition: &Condition) -> String {
    match condition {
        Condition::AtLeast(metric, least) => format!("{} >= {least}", metric.name()),
        Condition::Is(metric, flag) => format!("{} = {flag}", metric.name()),
        Condition::OneOf(metric, words) => format!("{} in {}", metric.name(), words.join(", ")),
    }
}

/// Every kind of coverage in the order of precedence.
fn union_steps(enterprise: &Enterprise) -> Vec<Step> {
    let verdict = &enterprise.verdicts.union;
    let mut steps: Vec<Step> = Vec::new();
    for kind in [UnionKind::Independent, UnionKind::Parent, UnionKind::Joint, UnionKind::Federation, UnionKind::Preparing] {
        let code = coverage::union_code(kind);
        let found = verdict.reasons.iter().filter(|r| &*r.code == code);
        let inputs: Vec<ReasonInput> = found.flat_map(|r| r.inputs.iter().cloned()).collect();
        let outcome = match inputs.is_empty() {
            true => StepOutcome::DoesNotHold,
            false if verdict.verdict.name() == kind.name() => StepOutcome::Decided,
            false => StepOutcome::Holds,
        };
        steps.push(step(Topic::Union, code, outcome, inputs));
    }
    for possible in &verdict.possible {
        let decided = verdict.verdict == crate::model::verdict::UnionStatus::Possible;
        let inputs = vec![ReasonInput::new("union", &possible.union), ReasonInput::new("weight", possible.weight)];
        steps.push(step(Topic::Union, "union_possible", if decided { StepOutcome::Decided } else { StepOutcome::Holds }, inputs));
    }
    steps.extend(reasons(Topic::Union, &verdict.reasons).filter(|s| s.rule == "no_union_record"));
    steps
}

/// Every way out of scope, then the row of the table that decided.
fn gap_steps<'a>(
    context: &'a Context<'a>,
    dossier: EntityFacts<'a>,
    choices: &Choices<'a>,
    enterprise: &Enterprise,
) -> Vec<Step> {
    let scope = choices.scope(context, dossier);
    let mut decided = false;
    let mut steps: Vec<Step> = Vec::new();
    for (code, check) in &gap::SCOPE_CHECKS {
        let found = check(context, &scope);
        let outcome = match (&found, decided) {
            (Some(_), false) => StepOutcome::Decided,
            (Some(_), true) => StepOutcome::Holds,
            (None, _) => StepOutcome::DoesNotHold,
        };
        decided |= found.is_some();
        steps.push(step(Topic::Gap, code, outcome, found.map(|r| r.inputs).unwrap_or_default()));
    }
    for reason in context.missing_sources(NeededFor::decides_the_gap) {
        let outcome = if decided { StepOutcome::Holds } else { StepOutcome::Decided };
        decided = true;
        steps.push(step(Topic::Gap, &reason.code, outcome, reason.inputs));
    }
    let (size, union) = (enterprise.verdicts.size.verdict, enterprise.verdicts.union.verdict);
    let inputs = vec![ReasonInput::new("size", size.name()), ReasonInput::new("coverage", union.name())];
    let (_, code) = gap::decide(size, union);
    steps.push(step(Topic::Gap, code, if decided { StepOutcome::NotTried } else { StepOutcome::Decided }, inputs));
    steps
}

/// Every factor, those without points too.
fn priority_steps(enterprise: &Enterprise) -> Vec<Step> {
    let found = |code: &str| enterprise.verdicts.priority.factors.iter().find(|f| &*f.code == code);
    let tried = priority::FACTORS.iter().map(|factor| factor.code).map(|code| match found(code) {
        Some(factor) => {
            let mut inputs: Vec<ReasonInput> = factor.input.iter().cloned().collect();
            inputs.push(ReasonInput::new("points", format_args!("{:.1}", factor.points)));
            step(Topic::Priority, code, StepOutcome::Decided, inputs)
        }
        None => step(Topic::Priority, code, StepOutcome::DoesNotHold, Vec::new()),
    });
    tried.collect()
}
