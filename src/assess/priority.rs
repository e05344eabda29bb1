//! Whom to visit first: points added up, each with what it rests on. The weights are policy.
//!
//! Only who may need a visit has a score: LACKING, LACKING_INDEPENDENT and UNDECIDED; everybody else has 0.

use chrono::NaiveDate;

use super::context::Context;
use crate::model::enterprise::Enterprise;
use crate::model::verdict::{EnterpriseTag, FundStatus, GapStatus, Priority, PriorityFactor, ReasonInput};

/// The score of one enterprise, from its chosen values and tags and since when it has been lacking.
pub(crate) fn judge(context: &Context<'_>, enterprise: &Enterprise, heads: Option<(u32, ReasonInput)>) -> Priority {
    if !matches!(enterprise.verdicts.gap.status, GapStatus::Lacking | GapStatus::LackingIndependent | GapStatus::Undecided) {
        return Priority::default();
    }
    let weights = &context.policy.priority;
    let mut factors: Vec<PriorityFactor> = Vec::with_capacity(3);
    let mut add = |code: &str, points: f32, input: Option<ReasonInput>| {
        if points > 0.0 {
            // Tenths, so that the parts shown add up to the score shown.
            factors.push(PriorityFactor { code: code.into(), points: (points * 10.0).round() / 10.0, input });
        }
    };
    if let Some((heads, input)) = heads.filter(|(n, _)| *n > 0) {
        let share = (1.0 + heads as f32).ln() / (1.0 + weights.employees_full.max(1) as f32).ln();
        let code = if &*input.name == "insured" { "insured" } else { "employees" };
        add(code, weights.employees * share.min(1.0), Some(input));
    }
    if enterprise.has_tag(EnterpriseTag::Foreign) || enterprise.has_tag(EnterpriseTag::Hmt) {
        add("foreign", weights.foreign, Some(ReasonInput::new("ownership", enterprise.ownership.name())));
    }
    let marks = [
        (EnterpriseTag::Fortune500, "fortune_500", weights.fortune_500),
        (EnterpriseTag::Leading, "leading", weights.leading),
        (EnterpriseTag::LabourDispatch, "dispatch_agency", weights.dispatch_agency),
        (EnterpriseTag::PaysPreparatoryFund, "pays_preparatory_fund", weights.pays_preparatory_fund),
        (EnterpriseTag::DisputeLast12Months, "recent_dispute", weights.recent_dispute),
    ];
    for (tag, code, points) in marks {
        if enterprise.has_tag(tag) {
            add(code, points, None);
        }
    }
    let fund = &enterprise.verdicts.fund;
    if fund.status == FundStatus::WrongKind {
        let kind = fund.kind_paid.map(|kind| ReasonInput::new("kind_paid", kind.name()));
        add("fund_contradiction", weights.fund_contradiction, kind);
    }
    if let Some(from) = waiting_from(context, enterprise) {
        let days = (context.as_of - from).num_days().max(0) as f32;
        let full = weights.waiting_full_months.max(1) as f32 * 30.44;
        add("waiting", weights.waiting * (days / full).min(1.0), Some(ReasonInput::new("months", (days / 30.44) as u32)));
    }
    factors.shrink_to_fit();
    let score = factors.iter().map(|f| f.points).sum::<f32>();
    Priority { score: (score * 10.0).round() / 10.0, factors }
}

/// Since when it waits: the edition that first had it lacking, as the verdict says. Of what lacked a union before the first edition
/// nobody knows since when.
fn waiting_from(context: &Context<'_>, enterprise: &Enterprise) -> Option<NaiveDate> {
    enterprise.verdicts.gap.since.filter(|from| *from <= context.as_of)
}
