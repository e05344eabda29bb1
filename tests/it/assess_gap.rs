//! Union coverage and the gap: the decision table row by row, precedence, grace, findings, and since when.

use huitu::model::facts::{OpenPair, RelationKind, StandingFinding, StatedTie};
use huitu::model::field::{Field, RecordKind};
use huitu::model::linkage::RecordRef;
use huitu::model::stated_values::{StatedValues, ValueRef};
use huitu::model::value::Value;
use huitu::model::verdict::{GapStatus, OperatingStatus, Reason, SizeStatus, UnionKind, UnionStatus};

use crate::support::assess_case::{AssessCase, COMMERCE, INSURANCE, TAX, TODAY, codes, date, day, text, yuan};

/// An enterprise that is ABOVE, BELOW or UNKNOWN.
fn sized(size: SizeStatus) -> AssessCase {
    let mut small = AssessCase::new();
    let mut values = vec![(Field::Industry, text("3912")), (Field::Employees, Value::Count(30))];
    match size {
        SizeStatus::Above => values.push((Field::RevenueMain, yuan(20_000_000))),
        SizeStatus::Below => values.push((Field::RevenueMain, yuan(1))),
        SizeStatus::Unknown => {}
    }
    small.enterprise("a", values);
    assert_eq!(small.one(TODAY, "a").verdicts.size.verdict, size);
    small
}

fn relate(small: &mut AssessCase, kind: RelationKind, from: &str, to: &str) {
    small.world.relations.push(StatedTie { kind, from: from.into(), to: to.into(), since: None });
}

fn find(small: &mut AssessCase, reason: &str) {
    let finding =
        StandingFinding { id: "f1".into(), enterprise: "a".into(), reason: reason.into(), by: None, at: 1, until: None };
    small.world.findings.push(finding);
}

fn possible(small: &mut AssessCase) {
    let union_record = RecordRef { registry: "unions".into(), key: "x".into(), part: 0 };
    small.world.open_pairs.push(OpenPair { id: "p1".into(), enterprise: "a".into(), union_record, weight: 3.5 });
}

/// Gives enterprise `a` a coverage.
fn cover(small: &mut AssessCase, union: UnionStatus) {
    match union {
        UnionStatus::Independent => drop(small.union("a", "甲工会", vec![])),
        UnionStatus::Parent => {
            small.enterprise("head", vec![]);
            small.union("head", "总部工会", vec![]);
            small.policy.branches_out_of_scope = false;
            relate(small, RelationKind::BranchOf, "a", "head");
        }
        UnionStatus::Joint | UnionStatus::Federation => {
            let name = if union == UnionStatus::Joint { "大厦联合工会" } else { "餐饮行业工会联合会" };
            let row = small.union("host", name, vec![]);
            small.covered(row, 1, "a");
        }
        UnionStatus::Preparing => drop(small.union("a", "甲工会筹备组", vec![])),
        UnionStatus::Possible => possible(small),
        UnionStatus::None => {}
    }
}

#[test]
fn the_decision_table_row_by_row() {
    use GapStatus as G;
    use SizeStatus::{Above, Below, Unknown};
    use UnionStatus as U;
    for (union, size, gap, code) in [
        (U::Independent, Above, G::Covered, "covered_independent"),
        (U::Independent, Below, G::Covered, "covered_independent"),
        (U::Independent, Unknown, G::Covered, "covered_independent"),
        (U::Parent, Above, G::Covered, "covered_parent"),
        (U::Parent, Below, G::Covered, "covered_parent"),
        (U::Parent, Unknown, G::Covered, "covered_parent"),
        (U::Joint, Above, G::LackingIndependent, "lacking_only_joint"),
        (U::Joint, Below, G::Covered, "covered_joint"),
        (U::Joint, Unknown, G::Undecided, "undecided_size"),
        (U::Federation, Above, G::LackingIndependent, "lacking_only_federation"),
        (U::Federation, Below, G::Covered, "covered_federation"),
        (U::Federation, Unknown, G::Undecided, "undecided_size"),
        (U::Possible, Above, G::Undecided, "undecided_possible"),
        (U::Possible, Below, G::Undecided, "undecided_possible"),
        (U::Possible, Unknown, G::Undecided, "undecided_possible"),
        (U::Preparing, Above, G::Lacking, "lacking_preparing"),
        (U::Preparing, Below, G::Lacking, "lacking_preparing"),
        (U::Preparing, Unknown, G::Lacking, "lacking_preparing"),
        (U::None, Above, G::Lacking, "lacking_none"),
        (U::None, Below, G::Lacking, "lacking_none"),
        (U::None, Unknown, G::Lacking, "lacking_none"),
    ] {
        let mut small = sized(size);
        cover(&mut small, union);
        let enterprise = small.one(TODAY, "a");
        assert_eq!(enterprise.verdicts.union.verdict, union, "{union} {size}");
        let verdict = &enterprise.verdicts.gap;
        assert_eq!((verdict.status, &*verdict.reasons[0].code), (gap, code), "{union} {size}");
        assert_eq!(enterprise.in_gap(), size == Above && matches!(gap, G::Lacking | G::LackingIndependent));
    }
}

/// Makes commerce say something else of `a`.
fn commerce(small: &mut AssessCase, field: Field, value: Value) {
    let values = small.world.facts[0].values.iter().filter(|(f, _)| *f != field);
    small.world.facts[0].values = StatedValues::of(values.chain([(field, ValueRef::from(&value))]));
}

#[test]
fn out_of_scope_comes_before_every_coverage() {
    type Change<'a> = (&'a str, Box<dyn Fn(&mut AssessCase)>);
    let changes: Vec<Change<'_>> = vec![
        ("out_deregistered", Box::new(|s| commerce(s, Field::Status, text("注销")))),
        ("out_moved", Box::new(|s| commerce(s, Field::Status, text("迁出")))),
        ("out_branch", Box::new(|s| relate(s, RelationKind::BranchOf, "a", "elsewhere"))),
        ("out_branch", Box::new(|s| commerce(s, Field::RegistrationType, text("有限责任公司分公司")))),
        ("out_branch", Box::new(|s| commerce(s, Field::Name, text("北京甲有限公司朝阳分公司")))),
        ("out_individual", Box::new(|s| commerce(s, Field::RegistrationType, text("个体工商户")))),
        ("out_grace", Box::new(|s| commerce(s, Field::EstablishedOn, date("2026-05-23")))),
        ("out_finding", Box::new(|s| find(s, "not_exist"))),
        ("out_finding", Box::new(|s| find(s, "grace_period"))),
    ];
    for (code, change) in &changes {
        for union in UnionStatus::ALL {
            let mut small = sized(SizeStatus::Above);
            cover(&mut small, *union);
            small.policy.branches_out_of_scope = true;
            if *union == UnionStatus::Parent && *code != "out_branch" {
                continue;
            }
            change(&mut small);
            let verdict = small.one(TODAY, "a").verdicts.gap;
            assert_eq!((verdict.status, codes(&verdict.reasons)), (GapStatus::OutOfScope, vec![*code]), "{union}");
            assert_eq!(verdict.since, None);
        }
    }
}

#[test]
fn the_grace_period_ends_on_its_day() {
    let status = |as_of: &str| {
        let mut small = AssessCase::new();
        let values = vec![(Field::Status, text("存续")), (Field::EstablishedOn, date("2026-05-22"))];
        small.add("a", COMMERCE, RecordKind::Enterprise, values);
        small.one(as_of, "a").verdicts.gap.status
    };
    assert_eq!(status("2026-11-21"), GapStatus::OutOfScope);
    assert_eq!(status("2026-11-22"), GapStatus::Lacking);
}

#[test]
fn no_staff_needs_every_known_count_to_be_zero() {
    for (employees, insured, out) in
        [(Some(0), Some(0), true), (Some(0), None, true), (None, Some(0), true), (Some(0), Some(3), false), (None, None, false)]
    {
        let mut small = AssessCase::new();
        small.add("a", COMMERCE, RecordKind::Enterprise, vec![(Field::Status, text("存续"))]);
        if let Some(n) = employees {
            small.add("a", TAX, RecordKind::Enterprise, vec![(Field::Employees, Value::Count(n))]);
        }
        if let Some(n) = insured {
            small.add("a", INSURANCE, RecordKind::Enterprise, vec![(Field::Insured, Value::Count(n))]);
        }
        let verdict = small.one(TODAY, "a").verdicts.gap;
        assert_eq!(verdict.status == GapStatus::OutOfScope, out, "{employees:?} {insured:?}");
    }
}

#[test]
fn a_revoked_licence_stays_in_scope() {
    let mut small = AssessCase::new();
    small.add("a", COMMERCE, RecordKind::Enterprise, vec![(Field::Status, text("吊销，未注销"))]);
    let enterprise = small.one(TODAY, "a");
    assert_eq!((enterprise.status, enterprise.verdicts.gap.status), (OperatingStatus::Revoked, GapStatus::Lacking));
}

#[test]
fn the_strongest_coverage_wins_and_all_are_listed() {
    use UnionStatus as U;
    let order = [U::Independent, U::Parent, U::Joint, U::Federation, U::Preparing, U::Possible, U::None];
    for (i, stronger) in order.iter().enumerate() {
        for weaker in &order[i + 1..] {
            let mut small = sized(SizeStatus::Above);
            cover(&mut small, *weaker);
            cover(&mut small, *stronger);
            let verdict = small.one(TODAY, "a").verdicts.union;
            assert_eq!(verdict.verdict, *stronger, "{stronger} over {weaker}");
        }
    }
    let mut small = sized(SizeStatus::Above);
    cover(&mut small, U::Federation);
    cover(&mut small, U::Joint);
    let verdict = small.one(TODAY, "a").verdicts.union;
    assert_eq!(verdict.unions.iter().map(|u| u.kind).collect::<Vec<_>>(), [UnionKind::Joint, UnionKind::Federation]);
    assert_eq!(codes(&verdict.reasons), ["union_joint", "union_federation"]);
}

#[test]
fn an_ended_union_covers_nobody_and_two_rows_of_one_host_are_one_union() {
    let mut small = sized(SizeStatus::Above);
    small.union("a", "甲工会", vec![(Field::UnionStatus, text("已撤销"))]);
    small.union("a", "甲工会", vec![(Field::UnionStatus, text("DISSOLVED"))]);
    let assessed = small.assess(TODAY);
    assert_eq!((assessed.unions.len(), assessed.enterprises[0].verdicts.union.verdict), (0, UnionStatus::None));
    small.union("a", "甲工会委员会", vec![(Field::Members, Value::Count(9))]);
    small.union("a", "甲公司工会", vec![(Field::Members, Value::Count(9))]);
    let assessed = small.assess(TODAY);
    assert_eq!(assessed.unions.len(), 1);
    assert_eq!(assessed.enterprises[0].verdicts.union.unions.len(), 1);
    assert_eq!(assessed.enterprises[0].verdicts.union.unions[0].union, assessed.unions[0].id);
}

#[test]
fn the_state_on_the_roll_comes_before_its_kind() {
    for (state, union) in [
        ("筹备期", UnionStatus::Preparing),
        ("PREPARING", UnionStatus::Preparing),
        ("已注销", UnionStatus::None),
        ("正常", UnionStatus::Independent),
        ("ACTIVE", UnionStatus::Independent),
    ] {
        let mut small = sized(SizeStatus::Above);
        small.union("a", "甲工会", vec![(Field::UnionKind, text("独立基层工会")), (Field::UnionStatus, text(state))]);
        assert_eq!(small.one(TODAY, "a").verdicts.union.verdict, union, "{state}");
    }
}

#[test]
fn a_group_is_covered_by_a_group_union_only() {
    for (name, covered) in [("某集团工会", UnionStatus::Parent), ("某公司工会", UnionStatus::None)] {
        let mut small = sized(SizeStatus::Above);
        small.enterprise("head", vec![]);
        small.union("head", name, vec![]);
        relate(&mut small, RelationKind::SameGroup, "a", "head");
        assert_eq!(small.one(TODAY, "a").verdicts.union.verdict, covered, "{name}");
    }
}

#[test]
fn what_a_visit_found_covers_too() {
    for (reason, union, gap) in [
        ("done_independent", UnionStatus::Independent, GapStatus::Covered),
        ("already", UnionStatus::Independent, GapStatus::Covered),
        ("parent_union", UnionStatus::Parent, GapStatus::Covered),
        ("done_joint", UnionStatus::Joint, GapStatus::LackingIndependent),
        ("done_umbrella", UnionStatus::Federation, GapStatus::LackingIndependent),
        ("refused", UnionStatus::None, GapStatus::Lacking),
        ("deferred", UnionStatus::None, GapStatus::Lacking),
    ] {
        let mut small = sized(SizeStatus::Above);
        find(&mut small, reason);
        let enterprise = small.one(TODAY, "a");
        assert_eq!((enterprise.verdicts.union.verdict, enterprise.verdicts.gap.status), (union, gap), "{reason}");
        let reasons: Vec<&Reason> = enterprise.verdicts.union.reasons.iter().chain(&enterprise.verdicts.gap.reasons).collect();
        assert!(reasons.iter().any(|r| r.inputs.iter().any(|i| i.record.as_deref() == Some("f1"))), "{reason} is an input");
        assert_eq!(enterprise.findings, [reason.into()]);
    }
}

#[test]
fn since_is_kept_and_is_unknown_in_the_first_edition() {
    let mut small = sized(SizeStatus::Above);
    let new = small.one(TODAY, "a").verdicts.gap;
    assert_eq!((new.since, codes(&new.reasons)), (Some(day(TODAY)), vec!["lacking_none"]));
    small.world.lacking_since.insert("a".into(), Some(day("2026-03-01")));
    assert_eq!(small.one(TODAY, "a").verdicts.gap.since, Some(day("2026-03-01")));
    small.world.lacking_since.insert("a".into(), None);
    let first = small.one(TODAY, "a").verdicts.gap;
    assert_eq!((first.since, codes(&first.reasons)), (None, vec!["lacking_none", "before_first_edition"]));
    small.world.lacking_since.clear();
    small.world.first_edition = true;
    assert_eq!(small.one(TODAY, "a").verdicts.gap.since, None);
    // The factor says what the verdict says: since when, or nothing.
    let waiting = |small: &AssessCase| {
        let factors = small.one(TODAY, "a").verdicts.priority.factors;
        factors.into_iter().find(|f| &*f.code == "waiting").map(|f| f.points)
    };
    assert_eq!(waiting(&small), None);
    small.world.lacking_since.insert("a".into(), Some(day("2020-03-01")));
    assert_eq!(waiting(&small), Some(small.policy.priority.waiting));
}

#[test]
fn a_union_without_a_known_host_is_a_union_and_no_enterprise() {
    let mut small = sized(SizeStatus::Above);
    let row =
        small.union("nobody", "某街道联合工会", vec![(Field::Members, Value::Count(77)), (Field::District, text("海淀区"))]);
    small.covered(row, 1, "a");
    let assessed = small.assess(TODAY);
    assert_eq!(assessed.enterprises.len(), 1);
    let union = &assessed.unions[0];
    assert_eq!((union.kind, union.district, union.members), (UnionKind::Joint, Some(110108), Some(77)));
    assert_eq!(union.covers, ["a".into()]);
}
