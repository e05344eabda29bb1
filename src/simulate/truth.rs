//! What the hub ought to find: size, coverage, gap and fund of every enterprise, by the decision tables of the house, from what
//! the simulated registries reported. Written independently of `assess` and of `reference/thresholds.toml`, so that the two can be
//! compared; no stage of the hub reads it.

use chrono::{Months, NaiveDate};

use super::city::Neighbourhood;
use super::entity::{Entity, EntityKind, OwnUnion, RegistrationState, SimulatedRegistry, SimulatedRelation};
use super::words::TRADES;

/// What the policy of the hub must say for these verdicts to hold: the defaults.
#[derive(Debug, Clone, Copy)]
pub struct TruthPolicy {
    /// A firm younger than this is out of scope.
    pub grace_months: u32,
    /// Headcount from which a firm whose revenue nobody reports counts as above designated size; None: UNKNOWN.
    pub proxy_employees: Option<u32>,
}

impl Default for TruthPolicy {
    fn default() -> Self {
        TruthPolicy { grace_months: 6, proxy_employees: Some(100) }
    }
}

/// What the right verdicts are, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    pub size: &'static str,
    /// OFFICIAL_LIST, RULE, PROXY or empty.
    pub basis: &'static str,
    /// Rule id, or empty.
    pub rule: &'static str,
    /// `no_rule`, the missing input, or empty.
    pub size_reason: &'static str,
    pub coverage: &'static str,
    pub gap: &'static str,
    pub gap_reason: &'static str,
    pub fund: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    /// Main revenue, and plain revenue; where one is missing the other stands in. Yuan.
    Main(i64),
    Revenue(i64),
    Qualification,
    Development,
}

/// The rule of 2026 for a class of GB/T 4754-2017. None: no designated size there.
fn rule_for(class: &str) -> Option<(&'static str, Asks)> {
    let million = 1_000_000;
    let division: u32 = class[..2].parse().ok()?;
    Some(match division {
        6..=46 => ("industry-2011", Asks::Main(20 * million)),
        47..=50 => ("construction-2020", Asks::Qualification),
        51 => ("wholesale-2010", Asks::Main(20 * million)),
        52 => ("retail-2010", Asks::Main(5 * million)),
        61 | 62 => ("hotel-catering-2010", Asks::Main(2 * million)),
        53..=60 | 63..=65 | 76..=79 | 84 => ("services-2020-2000", Asks::Revenue(20 * million)),
        70 if class == "7010" => ("real-estate-development", Asks::Development),
        70..=75 | 83 => ("services-2020-1000", Asks::Revenue(10 * million)),
        80..=82 | 85..=90 => ("services-2020-500", Asks::Revenue(5 * million)),
        _ => return None,
    })
}

fn qualifies(words: &str) -> bool {
    words.contains("总承包") || words.contains("专业承包")
}

/// Whether the facts themselves, reported or not, put an enterprise above designated size.
pub fn above_by_rule(entity: &Entity) -> Option<bool> {
    let (_, asks) = rule_for(TRADES[entity.trade].class)?;
    Some(match asks {
        Asks::Main(least) => entity.revenue_main_yuan >= least,
        Asks::Revenue(least) => entity.revenue_yuan >= least,
        Asks::Qualification => entity.qualification.is_some_and(qualifies),
        Asks::Development => entity.development == Some(true),
    })
}

fn reported(entity: &Entity, registry: SimulatedRegistry) -> bool {
    entity.records[registry as usize] > 0
}

/// Size as reported: verdict, basis, rule, reason.
pub fn size(entity: &Entity, policy: &TruthPolicy) -> (&'static str, &'static str, &'static str, &'static str) {
    let statistics = reported(entity, SimulatedRegistry::Statistics);
    let word = |above| if above { "ABOVE" } else { "BELOW" };
    let rule = rule_for(TRADES[entity.trade].class);
    if let (true, Some(listed)) = (statistics, entity.official) {
        return (word(listed), "OFFICIAL_LIST", "", "");
    }
    let code = statistics || reported(entity, SimulatedRegistry::Tax);
    if !code && !reported(entity, SimulatedRegistry::Commerce) {
        return ("UNKNOWN", "", "", "industry");
    }
    // The commerce registry gives the division alone, which does not tell development from the rest of real estate.
    if !code && TRADES[entity.trade].class.starts_with("70") {
        return ("UNKNOWN", "", "", "industry_class");
    }
    let Some((id, asks)) = rule else { return ("UNKNOWN", "", "", "no_rule") };
    let known = |value: Option<bool>| value.map(|above| (word(above), "RULE", id, ""));
    let revenue = (statistics && entity.reports_revenue).then_some(entity.revenue_yuan);
    let main = (statistics && entity.reports_main).then_some(entity.revenue_main_yuan);
    let found = match asks {
        Asks::Main(least) => known(main.or(revenue).map(|r| r >= least)),
        Asks::Revenue(least) => known(revenue.or(main).map(|r| r >= least)),
        Asks::Qualification => known(if statistics { entity.qualification.map(qualifies) } else { None }),
        Asks::Development => known(if statistics { entity.development } else { None }),
    };
    if let Some(found) = found {
        return found;
    }
    // Heads stand in for money alone, not for a qualification.
    if let (Asks::Main(_) | Asks::Revenue(_), Some(least), Some(heads)) = (asks, policy.proxy_employees, employees(entity))
        && heads >= least
    {
        return ("ABOVE", "PROXY", id, "");
    }
    let missing = match asks {
        Asks::Main(_) => "revenue_main",
        Asks::Revenue(_) => "revenue",
        Asks::Qualification => "qualification",
        Asks::Development => "development_activity",
    };
    ("UNKNOWN", "", "", missing)
}

/// Headcount as reported: statistics, tax, then the insured.
pub fn employees(entity: &Entity) -> Option<u32> {
    if reported(entity, SimulatedRegistry::Statistics) || (reported(entity, SimulatedRegistry::Tax) && entity.tax_reports_staff) {
        return Some(entity.employees);
    }
    reported(entity, SimulatedRegistry::SocialInsurance).then_some(entity.insured)
}

/// Coverage by the roll of unions, the strongest first.
pub fn coverage(made: &Neighbourhood, slot: usize) -> &'static str {
    let entity = &made.entities[slot];
    let on_roll = |e: &Entity| reported(e, SimulatedRegistry::Unions);
    let own = on_roll(entity).then_some(&entity.union);
    let has_own = |e: &Entity| on_roll(e) && matches!(e.union, OwnUnion::Independent | OwnUnion::Group(_));
    if has_own(entity) {
        return "INDEPENDENT";
    }
    let by_group =
        made.entities.iter().any(|e| on_roll(e) && matches!(&e.union, OwnUnion::Group(covered) if covered.contains(&slot)));
    let by_head_office = matches!(made.related(entity), Some((SimulatedRelation::BranchOf, parent)) if has_own(parent));
    if by_group || by_head_office {
        return "PARENT";
    }
    let shared = |kind: &str| made.unions.iter().any(|u| u.coverage == kind && u.covered.contains(&slot));
    match own {
        _ if shared("JOINT") => "JOINT",
        _ if shared("FEDERATION") => "FEDERATION",
        Some(OwnUnion::Preparing) => "PREPARING",
        _ => "NONE",
    }
}

/// Standing as reported: commerce first, then tax, then social insurance.
fn standing(entity: &Entity) -> RegistrationState {
    if reported(entity, SimulatedRegistry::Commerce) {
        return entity.standing;
    }
    if reported(entity, SimulatedRegistry::Tax) {
        return match entity.standing {
            _ if entity.tax_lags => RegistrationState::Active,
            RegistrationState::MovedOut => RegistrationState::Deregistered,
            RegistrationState::Revoked => RegistrationState::Suspended,
            other => other,
        };
    }
    match entity.standing {
        RegistrationState::Active => RegistrationState::Active,
        _ if reported(entity, SimulatedRegistry::SocialInsurance) => RegistrationState::Suspended,
        _ => RegistrationState::Active,
    }
}

fn out_of_scope(entity: &Entity, today: NaiveDate, policy: &TruthPolicy) -> Option<&'static str> {
    match standing(entity) {
        RegistrationState::Deregistered => return Some("out_deregistered"),
        RegistrationState::MovedOut => return Some("out_moved"),
        // A revoked licence ends no employment: whoever still works there can join.
        RegistrationState::Active | RegistrationState::Suspended | RegistrationState::Revoked => {}
    }
    let typed =
        [SimulatedRegistry::Commerce, SimulatedRegistry::Tax, SimulatedRegistry::Statistics].iter().any(|r| reported(entity, *r));
    match entity.kind {
        EntityKind::Branch => return Some("out_branch"),
        EntityKind::Individual if typed => return Some("out_individual"),
        EntityKind::Individual | EntityKind::Company => {}
    }
    if employees(entity) == Some(0) {
        return Some("out_no_staff");
    }
    let dated = [SimulatedRegistry::Commerce, SimulatedRegistry::Tax].iter().any(|r| reported(entity, *r));
    (dated && entity.established + Months::new(policy.grace_months) > today).then_some("out_grace")
}

/// The right verdicts on the enterprise in `slot`.
pub fn judge(made: &Neighbourhood, slot: usize, today: NaiveDate, policy: &TruthPolicy) -> Truth {
    let entity = &made.entities[slot];
    let (size, basis, rule, size_reason) = size(entity, policy);
    let coverage = coverage(made, slot);
    let (gap, gap_reason) = match (out_of_scope(entity, today, policy), coverage, size) {
        (Some(reason), ..) => ("OUT_OF_SCOPE", reason),
        (None, "INDEPENDENT", _) => ("COVERED", "covered_independent"),
        (None, "PARENT", _) => ("COVERED", "covered_parent"),
        (None, "JOINT", "ABOVE") => ("LACKING_INDEPENDENT", "lacking_only_joint"),
        (None, "FEDERATION", "ABOVE") => ("LACKING_INDEPENDENT", "lacking_only_federation"),
        (None, "JOINT", "BELOW") => ("COVERED", "covered_joint"),
        (None, "FEDERATION", "BELOW") => ("COVERED", "covered_federation"),
        (None, "JOINT" | "FEDERATION", _) => ("UNDECIDED", "undecided_size"),
        (None, "PREPARING", _) => ("LACKING", "lacking_preparing"),
        _ => ("LACKING", "lacking_none"),
    };
    Truth { size, basis, rule, size_reason, coverage, gap, gap_reason, fund: fund(entity, coverage) }
}

/// Fund of the year by what was paid, against 2 % of payroll.
fn fund(entity: &Entity, coverage: &str) -> &'static str {
    let has_union = matches!(coverage, "INDEPENDENT" | "PARENT" | "JOINT" | "FEDERATION");
    match entity.payment {
        // Who is about to found a union may already pay its dues.
        Some(p) if p.paid_yuan > 0 && p.dues && !has_union && coverage != "PREPARING" => "WRONG_KIND",
        Some(p) if p.paid_yuan > 0 && !p.dues && has_union => "WRONG_KIND",
        // Within one hundredth counts as full.
        Some(p) if p.paid_yuan * 100 >= p.due_yuan * 99 => "PAID",
        Some(p) if p.paid_yuan > 0 => "PARTIAL",
        Some(_) => "UNPAID",
        None => "UNKNOWN",
    }
}
