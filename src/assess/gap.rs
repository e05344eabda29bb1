//! The gap: whether an enterprise lacks a union, by the decision table; the first row that matches decides.
//!
//! | if | gap |
//! |---|---|
//! | deregistered, branch, individual business, moved out, no staff, within the grace period, or a finding says so | OUT_OF_SCOPE |
//! | what scope, size or coverage need never landed, or is older than policy allows | UNDECIDED |
//! | coverage INDEPENDENT or PARENT | COVERED |
//! | coverage JOINT or FEDERATION | size ABOVE: LACKING_INDEPENDENT; BELOW: COVERED; UNKNOWN: UNDECIDED |
//! | coverage POSSIBLE | UNDECIDED |
//! | coverage PREPARING or NONE | LACKING |

use chrono::{Months, NaiveDate};

use thin_vec::{ThinVec, thin_vec};

use super::context::Context;
use super::coverage::finding_input;
use super::entity_facts::EntityFacts;
use crate::model::facts::{Facts, StandingFinding};
use crate::model::reference::unions::finding_reasons;
use crate::model::value::PartialDate;
use crate::model::verdict::{
    GapStatus, GapVerdict, NeededFor, OperatingStatus, Ownership, Reason, ReasonInput, SizeStatus, UnionStatus,
};

/// What the table looks at, beside size and coverage.
pub struct GapInput<'a> {
    pub status: OperatingStatus,
    pub status_from: Option<&'a Facts>,
    pub established: Option<(PartialDate, &'a Facts)>,
    pub ownership: Ownership,
    /// The head's id, or what told that it is a branch.
    pub branch: Option<ReasonInput>,
    /// Employees and insured persons as far as known, with their records.
    pub heads: [Option<(i64, &'a Facts)>; 2],
    pub findings: &'a [&'a StandingFinding],
}

/// The rows of the table in their order; the first that matches decides.
pub(crate) fn judge(
    context: &Context<'_>,
    dossier: EntityFacts<'_>,
    scope: &GapInput<'_>,
    size: SizeStatus,
    union: UnionStatus,
) -> GapVerdict {
    let (status, mut reasons) = match out_of_scope(context, scope) {
        Some(reason) => (GapStatus::OutOfScope, thin_vec![reason]),
        None => match context.missing_sources(NeededFor::decides_the_gap) {
            missing if !missing.is_empty() => (GapStatus::Undecided, missing),
            _ => {
                let (status, code) = decide(size, union);
                (status, thin_vec![Reason::new(code)])
            }
        },
    };
    // What a visit found without changing the verdict is said beside it: refuses, postponed.
    if matches!(status, GapStatus::Lacking | GapStatus::LackingIndependent) {
        for finding in scope.findings.iter().filter(|f| matches!(&*f.reason, "refused" | "deferred")) {
            reasons.push(Reason::new("finding_noted").with(finding_input(finding)));
        }
    }
    let since = since(context, dossier, status, &mut reasons);
    GapVerdict { status, reasons, since }
}

/// Gap and reason code of an enterprise in scope.
pub fn decide(size: SizeStatus, union: UnionStatus) -> (GapStatus, &'static str) {
    use GapStatus as G;
    use SizeStatus as S;
    use UnionStatus as U;
    match (union, size) {
        (U::Independent, _) => (G::Covered, "covered_independent"),
        (U::Parent, _) => (G::Covered, "covered_parent"),
        (U::Joint, S::Above) => (G::LackingIndependent, "lacking_only_joint"),
        (U::Federation, S::Above) => (G::LackingIndependent, "lacking_only_federation"),
        (U::Joint, S::Below) => (G::Covered, "covered_joint"),
        (U::Federation, S::Below) => (G::Covered, "covered_federation"),
        (U::Joint | U::Federation, S::Unknown) => (G::Undecided, "undecided_size"),
        (U::Possible, _) => (G::Undecided, "undecided_possible"),
        (U::Preparing, _) => (G::Lacking, "lacking_preparing"),
        (U::None, _) => (G::Lacking, "lacking_none"),
    }
}

/// One way out of scope: its reason code, and the test that gives the reason where it applies.
type Check = (&'static str, fn(&Context<'_>, &GapInput<'_>) -> Option<Reason>);

/// Every way out of scope, in the order in which they are tried.
pub(crate) const SCOPE_CHECKS: [Check; 7] = [
    ("out_deregistered", |context, scope| with_status(context, scope, OperatingStatus::Deregistered, "out_deregistered")),
    ("out_moved", |context, scope| with_status(context, scope, OperatingStatus::MovedOut, "out_moved")),
    ("out_branch", |context, scope| {
        let branch = scope.branch.as_ref().filter(|_| context.policy.branches_out_of_scope)?;
        Some(Reason::new("out_branch").with(branch.clone()))
    }),
    ("out_individual", |context, scope| {
        let out = scope.ownership == Ownership::Individual && context.policy.individuals_out_of_scope;
        out.then(|| Reason::new("out_individual").with(ReasonInput::new("ownership", scope.ownership.name())))
    }),
    ("out_no_staff", no_staff),
    ("out_grace", |context, scope| {
        let (established, facts) = scope.established?;
        let until = grace_ends(established, context.policy.grace_months).filter(|until| context.as_of < *until)?;
        let founded = context.input("established_on", established, facts);
        Some(Reason::new("out_grace").with(founded).with(ReasonInput::new("until", until)))
    }),
    ("out_finding", |_, scope| {
        let takes_out = |f: &&&StandingFinding| finding_reasons().iter().any(|r| r.code == &*f.reason && !r.stays_in_scope);
        let finding = scope.findings.iter().filter(takes_out).max_by_key(|f| f.at)?;
        let mut input = finding_input(finding);
        input.name = "reason".into();
        Some(Reason::new("out_finding").with(input))
    }),
];

/// The first reason that takes an enterprise out of scope.
fn out_of_scope(context: &Context<'_>, scope: &GapInput<'_>) -> Option<Reason> {
    SCOPE_CHECKS.iter().find_map(|(_, check)| check(context, scope))
}

fn with_status(context: &Context<'_>, scope: &GapInput<'_>, status: OperatingStatus, code: &str) -> Option<Reason> {
    let facts = scope.status_from.filter(|_| scope.status == status)?;
    Some(Reason::new(code).with(context.input("status", status.name(), facts)))
}

/// Every head count that is known is zero.
fn no_staff(context: &Context<'_>, scope: &GapInput<'_>) -> Option<Reason> {
    let known = || scope.heads.iter().zip(["employees", "insured"]).filter_map(|(head, name)| Some((head.as_ref()?, name)));
    let none = known().next().is_some() && known().all(|((n, _), _)| *n == 0);
    none.then(|| {
        let inputs = known().map(|((n, facts), name)| context.input(name, n, facts));
        Reason { code: "out_no_staff".into(), inputs: inputs.collect() }
    })
}

/// The first day on which the enterprise is expected to have a union.
pub fn grace_ends(established: PartialDate, months: u32) -> Option<NaiveDate> {
    established.first_day()?.checked_add_months(Months::new(months))
}

/// Since when it has been lacking: kept from earlier editions, today where it is new, unknown in the first edition.
fn since(context: &Context<'_>, dossier: EntityFacts<'_>, status: GapStatus, reasons: &mut ThinVec<Reason>) -> Option<NaiveDate> {
    if !matches!(status, GapStatus::Lacking | GapStatus::LackingIndependent) {
        return None;
    }
    let since = match context.world.lacking_since.get(dossier.id()) {
        Some(since) => *since,
        None if context.world.first_edition => None,
        None => Some(context.as_of),
    };
    if since.is_none() {
        reasons.push(Reason::new("before_first_edition"));
    }
    since
}
