//! People counted once: dispatched workers, members of joint unions; and what changed between two assessments.

use huitu::assess::diff::{CauseKind, verdict_changes};
use huitu::assess::policy::DispatchedCount;
use huitu::assess::{Rules, StepOutcome, Topic, explain};
use huitu::model::facts::{RelationKind, StatedTie};
use huitu::model::field::{Field, RecordKind};
use huitu::model::value::Value;
use huitu::model::verdict::Verdicts;

use crate::support::assess_case::{AssessCase, STATISTICS, TAX, TODAY, day, text, yuan};

fn people(small: &AssessCase) -> Vec<(String, u32, u32)> {
    let assessed = small.assess(TODAY);
    assessed.enterprises.iter().map(|e| (e.id.to_string(), e.people.employees, e.people.members)).collect()
}

#[test]
fn a_dispatched_worker_is_counted_once_wherever_policy_says() {
    // 1,000 work at the host by statistics, 300 of them dispatched; the agency's tax file has its 20 and the 300.
    let build = |agency_registry, agency_count, at| {
        let mut small = AssessCase::new();
        small.policy.dispatched_count_at = at;
        small.enterprise("host", vec![(Field::Employees, Value::Count(1000))]);
        let name = (Field::Name, text("agency"));
        small.add("agency", agency_registry, RecordKind::Enterprise, vec![name, (Field::Employees, Value::Count(agency_count))]);
        let flow = vec![(Field::HostName, text("host")), (Field::Workers, Value::Count(300))];
        small.add("agency", TAX, RecordKind::Dispatch, flow);
        people(&small).iter().map(|(_, employees, _)| *employees).collect::<Vec<_>>()
    };
    assert_eq!(build(TAX, 320, DispatchedCount::Agency), [700, 320]);
    assert_eq!(build(TAX, 320, DispatchedCount::Host), [1000, 20]);
    // Counted by place of work on both sides, the agency's file has its own 20 alone.
    assert_eq!(build(STATISTICS, 20, DispatchedCount::Agency), [700, 320]);
    assert_eq!(build(STATISTICS, 20, DispatchedCount::Host), [1000, 20]);
}

#[test]
fn a_dispatch_that_is_over_moves_nobody() {
    let mut small = AssessCase::new();
    small.enterprise("host", vec![(Field::Employees, Value::Count(1000))]);
    let flow = vec![
        (Field::HostName, text("host")),
        (Field::Workers, Value::Count(300)),
        (Field::Until, crate::support::assess_case::date("2026-11-21")),
    ];
    small.add("agency", TAX, RecordKind::Enterprise, vec![(Field::Employees, Value::Count(320))]);
    small.add("agency", TAX, RecordKind::Dispatch, flow);
    assert_eq!(people(&small)[0].1, 1000);
}

#[test]
fn members_of_a_joint_union_are_spread_and_none_is_counted_twice() {
    let mut small = AssessCase::new();
    for (name, employees) in [("a", 60), ("b", 30), ("c", 10), ("d", 500)] {
        small.enterprise(name, vec![(Field::Employees, Value::Count(employees))]);
    }
    let members = |n| vec![(Field::Members, Value::Count(n))];
    let joint = small.union("hall", "大厦联合工会", members(50));
    let federation = small.union("area", "某街道工会联合会", members(700));
    for (part, unit) in ["a", "b", "c", "d"].into_iter().enumerate() {
        small.covered(joint, part as u16 + 1, unit);
        small.covered(federation, part as u16 + 1, unit);
    }
    small.union("d", "丁公司工会", members(480));
    let counted: Vec<u32> = people(&small).iter().map(|(_, _, members)| *members).collect();
    assert_eq!(counted, [30, 15, 5, 480], "the joint union's 50 at its three units, the federation's 700 nowhere again");
}

#[test]
fn a_branch_does_not_repeat_its_heads_members() {
    let mut small = AssessCase::new();
    small.enterprise("head", vec![(Field::Employees, Value::Count(100))]);
    small.enterprise("branch", vec![(Field::Employees, Value::Count(100))]);
    small.union("head", "总部工会", vec![(Field::Members, Value::Count(90))]);
    small.world.relations.push(StatedTie { kind: RelationKind::BranchOf, from: "branch".into(), to: "head".into(), since: None });
    let counted: Vec<u32> = people(&small).iter().map(|(_, _, members)| *members).collect();
    assert_eq!(counted, [90, 0]);
}

fn verdicts(values: Vec<(Field, Value)>, union: bool, as_of: &str) -> Verdicts {
    let mut small = AssessCase::new();
    let mut all = vec![(Field::Industry, text("3912"))];
    all.extend(values);
    small.enterprise("a", all);
    if union {
        small.union("a", "甲工会", vec![]);
    }
    small.one(as_of, "a").verdicts
}

#[test]
fn a_diff_names_what_moved_a_verdict() {
    let poor = verdicts(vec![(Field::RevenueMain, yuan(19_000_000))], false, TODAY);
    let rich = verdicts(vec![(Field::RevenueMain, yuan(21_000_000))], false, TODAY);
    let unionised = verdicts(vec![(Field::RevenueMain, yuan(21_000_000))], true, TODAY);
    assert_eq!(verdict_changes(&poor, &poor), []);
    let grown = verdict_changes(&poor, &rich);
    assert_eq!(grown.len(), 1, "lacking before and after");
    assert_eq!((grown[0].topic, grown[0].from.as_str(), grown[0].to.as_str()), (Topic::Size, "BELOW", "ABOVE"));
    let cause = &grown[0].why[0];
    let (from, to) = (cause.from.as_deref(), cause.to.as_deref());
    assert_eq!(
        (cause.kind, cause.name.as_str(), from, to),
        (CauseKind::Input, "revenue_main", Some("19000000"), Some("21000000"))
    );
    let founded = verdict_changes(&rich, &unionised);
    assert_eq!(founded.iter().map(|c| c.topic).collect::<Vec<_>>(), [Topic::Union, Topic::Gap]);
    assert_eq!(founded[0].why[0].kind, CauseKind::UnionAdded);
    assert_eq!((founded[1].why[0].kind, founded[1].why[0].name.as_str()), (CauseKind::Verdict, "union_coverage"));
    // The same inputs under the rule of 2010: the rule moved it.
    let then = verdicts(vec![(Field::RevenueMain, yuan(19_000_000))], false, "2010-12-31");
    let ruled = verdict_changes(&then, &poor);
    assert_eq!((ruled[0].from.as_str(), ruled[0].to.as_str()), ("ABOVE", "BELOW"));
    assert_eq!(ruled[0].why[0].kind, CauseKind::Rule);
    assert_eq!(ruled[0].why[0].from.as_deref(), Some("industry-2007"));
}

#[test]
fn an_explanation_tries_every_rule_of_statistics_once() {
    let mut small = AssessCase::new();
    small.enterprise("a", vec![(Field::Industry, text("3912")), (Field::Revenue, yuan(21_000_000))]);
    let rules = Rules::embedded();
    let explained = explain(&small.world, "a", &rules, &small.policy, day(TODAY)).expect("an enterprise");
    for rule in rules.statistics() {
        let steps = explained.steps.iter().filter(|s| s.rule == rule.id);
        let outcomes: Vec<StepOutcome> = steps.map(|s| s.outcome).collect();
        let want = match rule.id.as_str() {
            "industry-2011" => StepOutcome::Decided,
            "industry-1998" | "industry-2007" => StepOutcome::NotInForce,
            _ => StepOutcome::OtherIndustry,
        };
        assert_eq!(outcomes, [want], "{}", rule.id);
    }
    let decided = explained.steps.iter().find(|s| s.rule == "industry-2011").expect("tried");
    assert_eq!(decided.asks, ["revenue_main >= 20000000"]);
    assert_eq!((&*decided.inputs[0].name, decided.inputs[0].record.as_deref()), ("revenue", Some("3-1")));
    let gap: Vec<(&str, StepOutcome)> =
        explained.steps.iter().filter(|s| s.topic == Topic::Gap).map(|s| (s.rule.as_str(), s.outcome)).collect();
    assert_eq!(gap.len(), 8, "seven ways out of scope, and the row of the table");
    assert_eq!(gap[7], ("lacking_none", StepOutcome::Decided));
    assert!(explain(&small.world, "z", &rules, &small.policy, day(TODAY)).is_none());
}
