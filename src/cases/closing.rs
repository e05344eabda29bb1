//! Closing by the data: the verdicts of an edition on an enterprise decide whether its case goes on.
//!
//! | case | the edition says | then |
//! |---|---|---|
//! | open, or closed by hand without a union | covered as policy asks, and dues arrive or nobody's payments are known | closed as founded |
//! | open | covered, no dues yet | stays open at the tax switch: that is what is left |
//! | open | out of scope: struck off, moved out, no staff, a finding | closed with that reason |
//! | closed by the data | lacks a union | open again |
//! | closed by the data as founded | covered, but the record of the first dues is gone and no other came | open again |
//! | otherwise | | as it was |
//!
//! What is undecided (a registry that is late, a union that nearly matches) opens and closes nothing.

use super::standing::{CaseEvidence, CaseStage, CaseStanding, CaseState, CaseStep, CaseStepKind, is_won, was_covered};
use crate::model::verdict::{FundKind, FundVerdict, GapStatus, GapVerdict, UnionStatus, UnionVerdict};

/// The verdicts of an edition on an enterprise, as far as its case depends on them.
#[derive(Debug, Clone, Copy)]
pub struct CaseView<'a> {
    /// Whether a union is missing.
    pub gap: &'a GapVerdict,
    /// Which unions cover it.
    pub union: &'a UnionVerdict,
    /// What it pays.
    pub fund: &'a FundVerdict,
    /// Payments of anybody are known at all.
    pub payments_known: bool,
}

/// What becomes of a case.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CaseOutcome {
    /// In their order; none: it stays as it is.
    pub steps: Vec<CaseStep>,
    /// The records that say so.
    pub evidence: Vec<CaseEvidence>,
}

/// The reason that a union on the roll closes a case with.
fn founded(union: UnionStatus) -> Option<&'static str> {
    match union {
        UnionStatus::Independent => Some("done_independent"),
        UnionStatus::Parent => Some("parent_union"),
        UnionStatus::Joint => Some("done_joint"),
        UnionStatus::Federation => Some("done_umbrella"),
        UnionStatus::Preparing | UnionStatus::Possible | UnionStatus::None => None,
    }
}

/// The record of the dues that an enterprise pays, where it pays any.
fn dues(fund: &FundVerdict) -> Option<CaseEvidence> {
    let pays = fund.kind_paid == Some(FundKind::Dues) && fund.paid.is_some_and(|paid| paid.0 > 0);
    let input = fund.reasons.iter().flat_map(|r| &r.inputs).find(|i| &*i.name == "period" && i.record.is_some())?;
    pays.then(|| evidence("dues", input.registry.as_deref(), input.record.as_deref()))?
}

fn evidence(what: &str, registry: Option<&str>, key: Option<&str>) -> Option<CaseEvidence> {
    Some(CaseEvidence { what: what.to_owned(), registry: registry?.to_owned(), key: key?.to_owned() })
}

/// The reason and the record that take an enterprise out of scope.
fn out_of_scope(gap: &GapVerdict) -> (String, Option<CaseEvidence>) {
    let reason = gap.reasons.first();
    let input = |name: &str| reason.and_then(|r| r.inputs.iter().find(|i| &*i.name == name)).and_then(|i| i.value.as_deref());
    let code = match reason.map_or("", |r| &*r.code) {
        "out_moved" => "moved",
        "out_branch" => "branch",
        "out_individual" => "individual_business",
        "out_no_staff" => "no_staff",
        "out_grace" => "grace_period",
        "out_finding" => input("reason").unwrap_or("closed"),
        _ => "closed",
    };
    let by = reason.and_then(|r| r.inputs.iter().find(|i| i.record.is_some()));
    (code.to_owned(), by.and_then(|i| evidence("scope", i.registry.as_deref(), i.record.as_deref())))
}

/// What becomes of a case by what an edition says. `evidence_there` tells whether the enterprise still has a record that the case was
/// closed by.
pub fn follow(
    case: &CaseStanding,
    closed_by: &[CaseEvidence],
    view: &CaseView<'_>,
    evidence_there: impl Fn(&CaseEvidence) -> bool,
) -> CaseOutcome {
    let reason = case.reason.as_deref().unwrap_or_default();
    let step = |what, from: Option<&str>, to: Option<&str>| CaseStep::new(what, from.map(Into::into), to.map(Into::into));
    let is_open = case.state == CaseState::Open;
    let lacks = matches!(view.gap.status, GapStatus::Lacking | GapStatus::LackingIndependent);
    let reopened = || CaseOutcome { steps: vec![step(CaseStepKind::ReopenedByData, Some(reason), None)], evidence: Vec::new() };
    match view.gap.status {
        GapStatus::Covered => {
            let Some(founded) = founded(view.union.verdict) else { return CaseOutcome::default() };
            let paid = dues(view.fund);
            if !is_open && case.by_data && (is_won(reason) || was_covered(reason)) {
                let first = closed_by.iter().find(|e| e.what == "dues");
                let gone = paid.is_none() && first.is_some_and(|dues| !evidence_there(dues));
                return if gone { reopened() } else { CaseOutcome::default() };
            }
            // What a visit found before the roll said it stays as it was found.
            if !is_open && !case.by_data && was_covered(reason) {
                return CaseOutcome::default();
            }
            let union = view.union.unions.first();
            let union = union.and_then(|u| evidence("union", Some(&u.registry), Some(&u.record)));
            if paid.is_none() && view.payments_known {
                let behind = is_open && case.stage < CaseStage::TaxSwitch;
                let waits = step(CaseStepKind::Stage, Some(case.stage.name()), Some(CaseStage::TaxSwitch.name()));
                return CaseOutcome {
                    steps: behind.then_some(waits).into_iter().collect(),
                    evidence: union.filter(|_| behind).into_iter().collect(),
                };
            }
            let closed = step(CaseStepKind::ClosedByData, Some(case.stage.name()), Some(founded));
            CaseOutcome { steps: vec![closed], evidence: union.into_iter().chain(paid).collect() }
        }
        GapStatus::OutOfScope if is_open => {
            let (code, by) = out_of_scope(view.gap);
            let closed = step(CaseStepKind::ClosedByData, Some(case.stage.name()), Some(&code));
            CaseOutcome { steps: vec![closed], evidence: by.into_iter().collect() }
        }
        _ if lacks && !is_open && case.by_data => reopened(),
        _ => CaseOutcome::default(),
    }
}

/// What becomes of a case whose enterprise no registry has any more.
pub fn gone(case: &CaseStanding) -> Option<CaseStep> {
    let open = case.state == CaseState::Open;
    open.then(|| CaseStep::new(CaseStepKind::ClosedByData, Some(case.stage.name().into()), Some("closed".into())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::value::Money;
    use crate::model::verdict::{FundStatus, Reason, ReasonInput, UnionKind, UnionLink};

    fn gap(status: GapStatus, reason: Reason) -> GapVerdict {
        GapVerdict { status, reasons: [reason].into(), since: None }
    }
    fn union(verdict: UnionStatus) -> UnionVerdict {
        let link = UnionLink {
            union: "U1".into(),
            kind: UnionKind::Independent,
            since: None,
            registry: "roll".into(),
            record: "R1".into(),
        };
        let unions = founded(verdict).map(|_| link).into_iter().collect();
        UnionVerdict { verdict, unions, possible: Default::default(), reasons: Default::default() }
    }
    fn fund(kind: Option<FundKind>) -> FundVerdict {
        let period = ReasonInput::new("period", "2026Q3").from_record("fund", "P1");
        let reasons = kind.map(|_| Reason::new("fund_paid").with(period)).into_iter().collect();
        let paid = kind.map(|_| Money::from_yuan(1_000));
        FundVerdict { status: FundStatus::Paid, period: "2026Q3".into(), due: None, paid, kind_paid: kind, reasons }
    }

    struct World {
        gap: GapVerdict,
        union: UnionVerdict,
        fund: FundVerdict,
        payments_known: bool,
    }

    impl World {
        fn after(&self, case: &CaseStanding, by: &[CaseEvidence], there: bool) -> (CaseStanding, CaseOutcome) {
            let view = CaseView { gap: &self.gap, union: &self.union, fund: &self.fund, payments_known: self.payments_known };
            let outcome = follow(case, by, &view, |_| there);
            (outcome.steps.iter().fold(case.clone(), |case, step| case.after(step)), outcome)
        }
    }

    fn covered(status: UnionStatus, kind: Option<FundKind>, payments_known: bool) -> World {
        let gap = gap(GapStatus::Covered, Reason::new("covered_independent"));
        World { gap, union: union(status), fund: fund(kind), payments_known }
    }
    fn lacking() -> World {
        let gap = gap(GapStatus::Lacking, Reason::new("lacking_none"));
        World { gap, union: union(UnionStatus::None), fund: fund(None), payments_known: true }
    }

    #[test]
    fn the_roll_and_the_first_dues_close_a_case_and_name_their_records() {
        let case = CaseStanding::opened();
        let (waits, outcome) = covered(UnionStatus::Independent, None, true).after(&case, &[], true);
        assert_eq!((waits.state, waits.stage), (CaseState::Open, CaseStage::TaxSwitch), "a union without dues is not done");
        assert_eq!(outcome.evidence[0].key, "R1");
        let (_, again) = covered(UnionStatus::Independent, None, true).after(&waits, &[], true);
        assert_eq!(again, CaseOutcome::default(), "said once");
        let (preparatory, _) = covered(UnionStatus::Independent, Some(FundKind::Preparatory), true).after(&waits, &[], true);
        assert_eq!(preparatory.state, CaseState::Open, "the preparatory fund is no dues");
        let (done, outcome) = covered(UnionStatus::Independent, Some(FundKind::Dues), true).after(&waits, &[], true);
        assert_eq!((done.is_won(), done.by_data, done.reason.as_deref()), (true, true, Some("done_independent")));
        let keys: Vec<(&str, &str)> = outcome.evidence.iter().map(|e| (e.what.as_str(), e.key.as_str())).collect();
        assert_eq!(keys, [("union", "R1"), ("dues", "P1")]);
        // Where no payments come at all the roll alone decides.
        let (done, _) = covered(UnionStatus::Joint, None, false).after(&case, &[], true);
        assert_eq!(done.reason.as_deref(), Some("done_joint"));
    }

    #[test]
    fn a_case_opens_again_when_what_closed_it_vanishes_and_not_with_each_new_period() {
        let world = covered(UnionStatus::Independent, Some(FundKind::Dues), true);
        let (done, outcome) = world.after(&CaseStanding::opened(), &[], true);
        let unpaid = covered(UnionStatus::Independent, None, true);
        assert_eq!(unpaid.after(&done, &outcome.evidence, true).1, CaseOutcome::default(), "a new period is not paid yet");
        assert_eq!(unpaid.after(&done, &outcome.evidence, false).0.state, CaseState::Open, "the record of the dues is gone");
        assert_eq!(lacking().after(&done, &outcome.evidence, true).0.state, CaseState::Open, "the union is gone");
        let undecided = World { gap: gap(GapStatus::Undecided, Reason::new("source_stale")), ..lacking() };
        assert_eq!(
            undecided.after(&done, &outcome.evidence, false).1,
            CaseOutcome::default(),
            "a roll that is late opens nothing"
        );
    }

    #[test]
    fn who_leaves_the_list_leaves_the_cases_with_the_same_reason() {
        for (reason, code) in [
            (
                Reason::new("out_deregistered").with(ReasonInput::new("status", "DEREGISTERED").from_record("commerce", "C1")),
                "closed",
            ),
            (Reason::new("out_moved"), "moved"),
            (Reason::new("out_no_staff"), "no_staff"),
            (Reason::new("out_finding").with(ReasonInput::new("reason", "not_exist")), "not_exist"),
        ] {
            let world = World { gap: gap(GapStatus::OutOfScope, reason), ..lacking() };
            let (closed, _) = world.after(&CaseStanding::opened(), &[], true);
            assert_eq!((closed.reason.as_deref(), closed.is_won()), (Some(code), false));
            assert_eq!(lacking().after(&closed, &[], true).0.state, CaseState::Open, "{code}: back on the list");
        }
        assert_eq!(gone(&CaseStanding::opened()).and_then(|s| s.to).as_deref(), Some("closed"));
    }

    #[test]
    fn what_a_person_closed_stays_closed_until_a_union_is_founded() {
        let open = CaseStanding::opened();
        let refused = open.clone().after(&open.close("refused").expect("a reason"));
        assert_eq!(lacking().after(&refused, &[], true).1, CaseOutcome::default());
        let (done, _) = covered(UnionStatus::Independent, Some(FundKind::Dues), true).after(&refused, &[], true);
        assert_eq!(done.reason.as_deref(), Some("done_independent"), "a refusal that ended in a union was won");
        let already = open.clone().after(&open.close("already").expect("a reason"));
        let world = covered(UnionStatus::Independent, Some(FundKind::Dues), true);
        assert_eq!(world.after(&already, &[], true).1, CaseOutcome::default(), "it was there before");
    }
}
