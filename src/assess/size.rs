//! Designated size (规模以上): the official list first, then the rule in force for the industry, then a head count as proxy.
//!
//! In: one enterprise's facts and its chosen industry. Out: ABOVE, BELOW or UNKNOWN with basis, rule, reasons and the
//! size class. A missing input gives UNKNOWN and names the input; list and rule that disagree are both shown.

use thin_vec::{ThinVec, thin_vec};

use super::context::Context;
use super::entity_facts::EntityFacts;
use super::{survivorship, values};
use crate::model::enterprise::EnterpriseField;
use crate::model::facts::Facts;
use crate::model::field::{Field, RecordKind};
use crate::model::reference::industries::{CURRENT, IndustryCode};
use crate::model::reference::size_class;
use crate::model::reference::thresholds::{Condition, IndustryMatch, Metric, RuleTest, ThresholdRule, qualification_of};
use crate::model::value::Money;
use crate::model::verdict::{NeededFor, Ownership, Reason, ReasonInput, SizeBasis, SizeClass, SizeStatus, SizeVerdict};

/// What a condition asked for, as found.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    pub metric: Metric,
    /// The field that was read: not the metric's own where another stands in.
    pub field: Field,
    pub value: InputValue<'a>,
    pub facts: Option<&'a Facts>,
    pub stands_in: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum InputValue<'a> {
    Money(Money),
    Count(i64),
    Flag(bool),
    Text(&'a str),
}

impl InputValue<'_> {
    /// Yuan (rounded down to whole yuan) or persons.
    fn number(&self) -> Option<i64> {
        match self {
            InputValue::Money(m) => Some(m.0.div_euclid(100)),
            InputValue::Count(n) => Some(*n),
            _ => None,
        }
    }
}

impl std::fmt::Display for InputValue<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            InputValue::Money(m) => m.fmt(f),
            InputValue::Count(n) => n.fmt(f),
            InputValue::Flag(b) => b.fmt(f),
            InputValue::Text(t) => f.write_str(t),
        }
    }
}

/// One condition tried on one enterprise; `holds` is None where the input is missing.
#[derive(Debug, Clone)]
pub struct TriedCondition<'a> {
    pub condition: &'a Condition,
    pub input: Option<Input<'a>>,
    pub holds: Option<bool>,
}

/// One rule tried on one enterprise; `above` is None where a missing input decides.
#[derive(Debug, Clone)]
pub struct TriedRule<'a> {
    pub rule: &'a ThresholdRule,
    pub conditions: Vec<TriedCondition<'a>>,
    pub above: Option<bool>,
}

/// Which rule is for this industry on this day.
#[derive(Debug, Clone, Copy)]
pub enum RuleChoice<'a> {
    Rule(&'a ThresholdRule),
    /// No industry code is known.
    NoIndustry,
    /// The code is too short to tell between rules.
    ShortCode,
    /// Statistics has no rule for this section at all.
    NoRule,
    /// It has, but none on this day.
    NotInForce,
}

/// The rule that speaks of `code` on the day of the context.
pub(crate) fn rule_for<'a>(context: &Context<'a>, code: Option<IndustryCode>) -> RuleChoice<'a> {
    let Some(code) = code else { return RuleChoice::NoIndustry };
    let mut maybe = false;
    for rule in &context.rules_in_force {
        match rule.holds(&code) {
            IndustryMatch::Yes => return RuleChoice::Rule(rule),
            IndustryMatch::Undecided => maybe = true,
            IndustryMatch::No => {}
        }
    }
    if maybe {
        return RuleChoice::ShortCode;
    }
    let ever = !context.rules.without_rule(&code) && context.rules.ever_speaks_of(&code);
    if ever { RuleChoice::NotInForce } else { RuleChoice::NoRule }
}

/// The best statement of a metric, by the rank of the field it belongs to.
pub(crate) fn input<'a>(
    context: &Context<'a>,
    dossier: EntityFacts<'a>,
    metric: Metric,
    ownership: Ownership,
) -> Option<Input<'a>> {
    let amount = |fields: &[Field]| {
        fields.iter().enumerate().find_map(|(i, field)| {
            let (money, facts) = ranked(context, dossier, EnterpriseField::Revenue, |f| values::money(f, *field))?;
            Some(Input { metric, field: *field, value: InputValue::Money(money), facts: Some(facts), stands_in: i > 0 })
        })
    };
    let flag = |field: Field| {
        let (flag, facts) = ranked(context, dossier, EnterpriseField::OfficialList, |f| f.flag(field))?;
        Some(Input { metric, field, value: InputValue::Flag(flag), facts: Some(facts), stands_in: false })
    };
    match metric {
        Metric::RevenueMain => amount(&[Field::RevenueMain, Field::Revenue]),
        Metric::Revenue => amount(&[Field::Revenue, Field::RevenueMain]),
        Metric::Sales => amount(&[Field::Sales, Field::RevenueMain, Field::Revenue]),
        Metric::Employees => {
            let (n, facts) =
                ranked(context, dossier, EnterpriseField::Employees, |f| f.count(Field::Employees).filter(|n| *n >= 0))?;
            Some(Input { metric, field: Field::Employees, value: InputValue::Count(n), facts: Some(facts), stands_in: false })
        }
        Metric::Qualification => {
            let told = |f: &'a Facts| f.text(Field::Qualification).filter(|t| qualification_of(t).is_some());
            let (text, facts) = ranked(context, dossier, EnterpriseField::Qualification, told)?;
            Some(Input {
                metric,
                field: Field::Qualification,
                value: InputValue::Text(text),
                facts: Some(facts),
                stands_in: false,
            })
        }
        Metric::DevelopmentActivity => flag(Field::DevelopmentActivity),
        Metric::StarRated => flag(Field::StarRated),
        Metric::StateOwned => flag(Field::StateOwned).or_else(|| {
            // The ownership that was chosen tells it where it is known.
            let known = !matches!(ownership, Ownership::Unknown | Ownership::Mixed | Ownership::Other);
            let value = InputValue::Flag(ownership == Ownership::State);
            known.then_some(Input { metric, field: Field::Ownership, value, facts: None, stands_in: true })
        }),
    }
}

/// The first statement in the order that the policy gives the registries for `by`.
fn ranked<'a, T>(
    context: &Context<'a>,
    dossier: EntityFacts<'a>,
    by: EnterpriseField,
    read: impl Fn(&'a Facts) -> Option<T>,
) -> Option<(T, &'a Facts)> {
    let said = dossier.of_kind(RecordKind::Enterprise).filter_map(|f| Some((read(f)?, f)));
    said.min_by_key(|(_, f)| context.plan.place(by, f))
}

/// Tries every condition of a rule.
pub(crate) fn try_rule<'a>(
    context: &Context<'a>,
    dossier: EntityFacts<'a>,
    rule: &'a ThresholdRule,
    ownership: Ownership,
) -> TriedRule<'a> {
    let tried = rule.conditions.iter().map(|condition| {
        let input = input(context, dossier, condition.metric(), ownership);
        let holds = input.as_ref().and_then(|input| match (condition, input.value) {
            (Condition::AtLeast(_, least), value) => value.number().map(|n| n >= *least),
            (Condition::Is(_, want), InputValue::Flag(flag)) => Some(flag == *want),
            (Condition::OneOf(_, list), InputValue::Text(text)) => {
                qualification_of(text).map(|word| list.iter().any(|l| l == word))
            }
            _ => None,
        });
        TriedCondition { condition, input, holds }
    });
    let conditions: Vec<TriedCondition<'a>> = tried.collect();
    let any = |want: Option<bool>| conditions.iter().any(|c| c.holds == want);
    let above = match rule.test {
        RuleTest::All if any(Some(false)) => Some(false),
        RuleTest::Any if any(Some(true)) => Some(true),
        _ if any(None) => None,
        test => Some(test == RuleTest::All),
    };
    TriedRule { rule, conditions, above }
}

/// The verdict on one enterprise.
pub(crate) fn judge<'a>(
    context: &Context<'a>,
    dossier: EntityFacts<'a>,
    industry: Option<(IndustryCode, &'a Facts)>,
    ownership: Ownership,
) -> SizeVerdict {
    let choice = rule_for(context, industry.map(|(code, _)| code));
    let tried = match &choice {
        RuleChoice::Rule(rule) => Some(try_rule(context, dossier, rule, ownership)),
        _ => None,
    };
    let size_class = industry.map_or(SizeClass::Unknown, |(code, _)| class(context, dossier, &code));
    let missing = context.missing_sources(|v| v == NeededFor::Size);
    if !missing.is_empty() {
        return SizeVerdict { verdict: SizeStatus::Unknown, basis: None, rule: None, reasons: missing, size_class };
    }
    let mut reasons = ThinVec::with_capacity(1);
    let by_rule = tried.as_ref().map(|t| (t.rule, t.above));
    if let Some((listed, facts)) = official_list(context, dossier) {
        let verdict = if listed { SizeStatus::Above } else { SizeStatus::Below };
        let code = if listed { "official_list" } else { "not_on_official_list" };
        reasons.push(Reason::new(code).with(context.input("official_list", listed, facts)));
        if let Some(tried) = tried.as_ref().filter(|t| t.above.is_some_and(|above| above != listed)) {
            let mut disagree = rule_reason(context, "official_and_rule_disagree", tried, industry);
            let word = |above: bool| if above { SizeStatus::Above.name() } else { SizeStatus::Below.name() };
            disagree.inputs.push(ReasonInput::new("list", word(listed)));
            disagree.inputs.push(ReasonInput::new("rule_verdict", word(!listed)));
            reasons.push(disagree);
        }
        let rule = by_rule.filter(|(_, above)| above.is_some()).map(|(rule, _)| rule.id.as_str().into());
        return SizeVerdict { verdict, basis: Some(SizeBasis::OfficialList), rule, reasons, size_class };
    }
    let unknown = |reasons, rule| SizeVerdict { verdict: SizeStatus::Unknown, basis: None, rule, reasons, size_class };
    let Some(tried) = tried else {
        reasons.push(match (&choice, industry) {
            (RuleChoice::NoIndustry, _) | (_, None) => Reason::new("missing_input").with(ReasonInput::missing("industry")),
            (RuleChoice::ShortCode, Some(code)) => {
                Reason::new("missing_input").with(ReasonInput::missing("industry_class")).with(industry_input(context, code))
            }
            (RuleChoice::NotInForce, Some(code)) => Reason::new("no_rule_in_force").with(industry_input(context, code)),
            (_, Some(code)) => Reason::new("no_rule").with(industry_input(context, code)),
        });
        return unknown(reasons, None);
    };
    let rule = Some(tried.rule.id.as_str().into());
    match tried.above {
        Some(above) => {
            reasons.push(rule_reason(context, if above { "above_rule" } else { "below_rule" }, &tried, industry));
            let stands_in = tried.conditions.iter().filter_map(|c| c.input.as_ref()).find(|i| i.stands_in);
            if let Some(input) = stands_in.filter(|i| i.metric != Metric::StateOwned) {
                reasons.push(Reason::new("revenue_stands_in").with(named(context, input)));
            }
            let verdict = if above { SizeStatus::Above } else { SizeStatus::Below };
            SizeVerdict { verdict, basis: Some(SizeBasis::Rule), rule, reasons, size_class }
        }
        None => {
            let missing = tried.conditions.iter().filter(|c| c.holds.is_none());
            let inputs = missing.map(|c| ReasonInput::missing(c.condition.metric().name())).collect();
            let mut missing = Reason { code: "missing_input".into(), inputs };
            missing.inputs.push(ReasonInput::new("rule", &tried.rule.id));
            if let Some((verdict, reason)) = proxy(context, dossier, &tried, industry) {
                return SizeVerdict {
                    verdict,
                    basis: Some(SizeBasis::Proxy),
                    rule,
                    reasons: thin_vec![reason, missing],
                    size_class,
                };
            }
            unknown(thin_vec![missing], rule)
        }
    }
}

/// Large, medium, small or micro by employees, revenue and assets.
fn class(context: &Context<'_>, dossier: EntityFacts<'_>, code: &IndustryCode) -> SizeClass {
    let money = |field| ranked(context, dossier, EnterpriseField::Revenue, |f| values::money(f, field)).map(|(m, _)| m);
    let employees = ranked(context, dossier, EnterpriseField::Employees, |f| f.count(Field::Employees).filter(|n| *n >= 0));
    let employees = employees.and_then(|(n, _)| u32::try_from(n).ok());
    size_class(code, employees, money(Field::Revenue).or_else(|| money(Field::RevenueMain)), money(Field::Assets))
}

/// The word of the registry that keeps the official list.
pub(crate) fn official_list<'a>(context: &Context<'a>, dossier: EntityFacts<'a>) -> Option<(bool, &'a Facts)> {
    let keeps = |f: &&Facts| context.world.registries.get(f.registry as usize).is_some_and(|r| r.official_list);
    let said = dossier.of_kind(RecordKind::Enterprise).filter(keeps).filter_map(|f| Some((f.flag(Field::OfficialList)?, f)));
    said.min_by_key(|(_, f)| context.plan.place(EnterpriseField::OfficialList, f))
}

/// A head count stands in where the money that the rule asks for is missing.
fn proxy<'a>(
    context: &Context<'a>,
    dossier: EntityFacts<'a>,
    tried: &TriedRule<'a>,
    industry: Option<(IndustryCode, &Facts)>,
) -> Option<(SizeStatus, Reason)> {
    let money = |m: Metric| matches!(m, Metric::RevenueMain | Metric::Revenue | Metric::Sales);
    if !tried.conditions.iter().filter(|c| c.holds.is_none()).all(|c| money(c.condition.metric())) {
        return None;
    }
    let policy = &context.policy.proxy;
    let employees = ranked(context, dossier, EnterpriseField::Employees, |f| f.count(Field::Employees).filter(|n| *n >= 0));
    let insured = || ranked(context, dossier, EnterpriseField::Insured, |f| f.count(Field::Insured).filter(|n| *n >= 0));
    let ((heads, facts), name) = match employees {
        Some(found) => (found, "employees"),
        None => (policy.insured_stands_in.then(insured).flatten()?, "insured"),
    };
    let section = industry.filter(|(code, _)| code.edition == CURRENT).map(|(code, _)| code.section);
    let above = section.and_then(|s| policy.above_by_section.get(&s).copied()).or(policy.above);
    let code = if name == "insured" { "proxy_insured" } else { "proxy_employees" };
    let reason = |limit: u32| Reason::new(code).with(context.input(name, heads, facts)).with(ReasonInput::new("limit", limit));
    match (above, policy.below) {
        (Some(limit), _) if heads >= i64::from(limit) => Some((SizeStatus::Above, reason(limit))),
        (_, Some(limit)) if heads <= i64::from(limit) => Some((SizeStatus::Below, reason(limit))),
        _ => None,
    }
}

fn rule_reason(context: &Context<'_>, code: &str, tried: &TriedRule<'_>, industry: Option<(IndustryCode, &Facts)>) -> Reason {
    let mut reason = Reason::new(code);
    let found = tried.conditions.iter().filter(|c| c.input.is_some()).count();
    reason.inputs.reserve_exact(found + 1 + usize::from(industry.is_some()));
    reason.inputs.push(ReasonInput::new("rule", &tried.rule.id));
    if let Some(industry) = industry {
        reason.inputs.push(industry_input(context, industry));
    }
    reason.inputs.extend(tried.conditions.iter().filter_map(|c| c.input.as_ref()).map(|i| named(context, i)));
    reason
}

pub(crate) fn named(context: &Context<'_>, input: &Input<'_>) -> ReasonInput {
    match input.facts {
        Some(facts) => context.input(input.field.name(), input.value, facts),
        None => ReasonInput::new(input.field.name(), input.value),
    }
}

fn industry_input(context: &Context<'_>, (code, facts): (IndustryCode, &Facts)) -> ReasonInput {
    context.input("industry", format_args!("{} (GB/T 4754-{})", survivorship::code_text(&code), code.edition), facts)
}
