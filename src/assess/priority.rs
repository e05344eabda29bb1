//! Whom to visit first: points added up, each with what it rests on. The weights are policy.
//!
//! Only who may need a visit has a score: LACKING, LACKING_INDEPENDENT and UNDECIDED; everybody else has 0.

use chrono::NaiveDate;

use thin_vec::ThinVec;

use super::context::Context;
use super::policy::PriorityPolicy;
use crate::model::enterprise::Enterprise;
use crate::model::verdict::{EnterpriseTag, FundStatus, GapStatus, Priority, PriorityFactor, ReasonInput};

/// What a factor looks at.
pub(crate) struct Case<'a> {
    context: &'a Context<'a>,
    enterprise: &'a Enterprise,
    /// Employees, or insured persons where no registry states employees.
    heads: Option<&'a (u32, ReasonInput)>,
}

/// One reason to go there soon: points by policy's weight, and what they rest on. None where it does not hold.
pub(crate) struct Factor {
    pub code: &'static str,
    judge: fn(&PriorityPolicy, &Case<'_>) -> Option<(f32, Option<ReasonInput>)>,
}

/// Every factor, in the order in which they are shown. `explain` lists them all, those without points too.
pub(crate) const FACTORS: &[Factor] = &[
    Factor { code: "employees", judge: |weights, case| heads(weights, case, false) },
    Factor { code: "insured", judge: |weights, case| heads(weights, case, true) },
    Factor {
        code: "foreign",
        judge: |weights, case| {
            let e = case.enterprise;
            let is_foreign = e.has_tag(EnterpriseTag::Foreign) || e.has_tag(EnterpriseTag::Hmt);
            is_foreign.then(|| (weights.foreign, Some(ReasonInput::new("ownership", e.ownership.name()))))
        },
    },
    Factor { code: "fortune_500", judge: |weights, case| tagged(case, EnterpriseTag::Fortune500, weights.fortune_500) },
    Factor { code: "leading", judge: |weights, case| tagged(case, EnterpriseTag::Leading, weights.leading) },
    Factor {
        code: "dispatch_agency",
        judge: |weights, case| tagged(case, EnterpriseTag::LabourDispatch, weights.dispatch_agency),
    },
    Factor {
        code: "pays_preparatory_fund",
        judge: |weights, case| tagged(case, EnterpriseTag::PaysPreparatoryFund, weights.pays_preparatory_fund),
    },
    Factor {
        code: "recent_dispute",
        judge: |weights, case| tagged(case, EnterpriseTag::DisputeLast12Months, weights.recent_dispute),
    },
    Factor {
        code: "fund_contradiction",
        judge: |weights, case| {
            let fund = &case.enterprise.verdicts.fund;
            let kind = || fund.kind_paid.map(|kind| ReasonInput::new("kind_paid", kind.name()));
            (fund.status == FundStatus::WrongKind).then(|| (weights.fund_contradiction, kind()))
        },
    },
    Factor {
        code: "waiting",
        judge: |weights, case| {
            let from = waiting_from(case.context, case.enterprise)?;
            // By whole months, as they are shown: a score that moved every day would be another one of everybody every day.
            let months = months_waited(from, case.context.as_of);
            let share = months as f32 / weights.waiting_full_months.max(1) as f32;
            Some((weights.waiting * share.min(1.0), Some(ReasonInput::new("months", months))))
        },
    },
];

/// Whole months from one day to another.
pub fn months_waited(from: NaiveDate, until: NaiveDate) -> u32 {
    ((until - from).num_days().max(0) as f32 / 30.44) as u32
}

/// Points for people: by the square root, so that the hundredth counts more than the ten thousandth, and a firm of two thousand still
/// more than one of two hundred with every mark there is.
fn heads(weights: &PriorityPolicy, case: &Case<'_>, is_insured: bool) -> Option<(f32, Option<ReasonInput>)> {
    let (heads, input) = case.heads.filter(|(heads, input)| *heads > 0 && (&*input.name == "insured") == is_insured)?;
    Some((head_points(weights, *heads), Some(input.clone())))
}

/// What so many persons earn.
pub(crate) fn head_points(weights: &PriorityPolicy, persons: u32) -> f32 {
    weights.employees * (persons as f32 / weights.employees_full.max(1) as f32).sqrt().min(1.0)
}

fn tagged(case: &Case<'_>, tag: EnterpriseTag, points: f32) -> Option<(f32, Option<ReasonInput>)> {
    case.enterprise.has_tag(tag).then_some((points, None))
}

/// The score of one enterprise, from its chosen values and tags and since when it has been lacking.
pub(crate) fn judge(context: &Context<'_>, enterprise: &Enterprise, heads: Option<(u32, ReasonInput)>) -> Priority {
    if !matches!(enterprise.verdicts.gap.status, GapStatus::Lacking | GapStatus::LackingIndependent | GapStatus::Undecided) {
        return Priority::default();
    }
    let case = Case { context, enterprise, heads: heads.as_ref() };
    let mut factors: ThinVec<PriorityFactor> = ThinVec::with_capacity(3);
    for factor in FACTORS {
        if let Some((points, input)) = (factor.judge)(&context.policy.priority, &case)
            && points > 0.0
        {
            // Tenths, so that the parts shown add up to the score shown.
            factors.push(PriorityFactor { code: factor.code.into(), points: (points * 10.0).round() / 10.0, input });
        }
    }
    factors.shrink_to_fit();
    // From zero: the sum of no floats is -0.0.
    let score = factors.iter().map(|f| f.points).fold(0.0, |sum: f32, points| sum + points);
    Priority { score: (score * 10.0).round() / 10.0, factors }
}

/// Since when it waits: the edition that first had it lacking, as the verdict says. Of what lacked a union before the first edition
/// nobody knows since when: at least as long as whoever came on the list first.
fn waiting_from(context: &Context<'_>, enterprise: &Enterprise) -> Option<NaiveDate> {
    let gap = &enterprise.verdicts.gap;
    let before_all = gap.reasons.iter().any(|reason| &*reason.code == "before_first_edition");
    let from = if before_all { context.world.counting_since } else { gap.since };
    from.filter(|from| *from <= context.as_of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::message::{Lang, is_known, reason_text};

    #[test]
    fn a_firm_of_two_thousand_stands_before_one_of_two_hundred_with_every_mark_of_its_owner() {
        let weights = PriorityPolicy::default();
        let marked = weights.foreign + weights.fortune_500;
        assert!(head_points(&weights, 2_000) > head_points(&weights, 240) + marked);
        assert!(head_points(&weights, 500) > head_points(&weights, 100) + weights.foreign);
        // Points grow with every head up to the full count, and no further.
        let all: Vec<f32> = (0..=2_000).map(|n| head_points(&weights, n)).collect();
        assert!(all.windows(2).all(|w| w[0] < w[1]) && all[0] == 0.0);
        assert_eq!(head_points(&weights, 60_000), weights.employees);
    }

    /// A weight in policy for each, both texts, and no weight that belongs to none.
    #[test]
    fn every_factor_has_a_weight_and_is_said_in_both_languages() {
        let weights = toml::Value::try_from(PriorityPolicy::default()).unwrap();
        let weights = weights.as_table().unwrap();
        let mut weighed: Vec<&str> = Vec::new();
        for factor in FACTORS {
            // Employees and insured persons are two readings of one weight.
            let weight = if factor.code == "insured" { "employees" } else { factor.code };
            assert!(weights.contains_key(weight), "policy has no weight for {}", factor.code);
            weighed.push(weight);
            assert!(is_known(factor.code), "{} has no text", factor.code);
            let said = [Lang::Zh, Lang::En].map(|lang| reason_text(factor.code, &[], lang));
            assert_ne!(said[0], said[1], "{}", factor.code);
        }
        let unused: Vec<&String> =
            weights.keys().filter(|key| !key.contains("_full") && !weighed.contains(&key.as_str())).collect();
        assert!(unused.is_empty(), "weights of no factor: {unused:?}");
    }
}
