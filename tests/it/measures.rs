//! Every measure of `reference/unions/indicators.csv`, by every dimension: numerators and denominators counted by hand.

use std::sync::Arc;

use huitu::edition::{CountingRules, Detail, Dimension, Edition, EditionInput, Filter, Labels, Measures, write};
use huitu::model::facts::{RelationKind, StatedTie};
use huitu::model::field::{Field, RecordKind};
use huitu::model::reference::unions::indicators;
use huitu::model::value::Value;
use huitu::model::verdict::{GapStatus, UnionStatus};

use crate::support::assess_case::{AssessCase, COMMERCE, TAX, TODAY, day, text, yuan};

fn published(small: &AssessCase, folder: &std::path::Path, number: u32) -> Arc<Edition> {
    let assessed = small.assess(TODAY);
    let policy = &small.policy;
    let input = EditionInput {
        number,
        published_at: chrono::DateTime::from_timestamp(1_790_000_000, 0).unwrap(),
        as_of: day(TODAY),
        zone: chrono_tz::Asia::Shanghai,
        enterprises: assessed.enterprises,
        unions: assessed.unions,
        members: Vec::new(),
        ties: Vec::new(),
        unmet: Vec::new(),
        sources: Vec::new(),
        registries: small.world.registries.iter().map(|r| r.name.clone()).collect(),
        labels: Labels::default(),
        counting: CountingRules {
            counted_kinds: policy.counted_kinds.clone(),
            established_kinds: policy.established_kinds.clone(),
            dues_rate: policy.fund.rate,
            industrial_unions: policy.industrial_unions.keys().cloned().collect(),
        },
    };
    write(folder, input).unwrap();
    Arc::new(Edition::open(&folder.join(huitu::edition::folder_name(number))).unwrap())
}

/// Seven enterprises of two districts: an independent union under the education union, a foreign one with a union, a joint
/// union's host and its covered unit, a foreign one without, a dispatch agency, and one that is deregistered but has members.
fn city() -> AssessCase {
    let mut small = AssessCase::new();
    let add = |small: &mut AssessCase, id: &str, area: &str, revenue: i64, employees: i64, more: Vec<(Field, Value)>| {
        let mut values = vec![
            (Field::Area, text(area)),
            (Field::Industry, text("3911")),
            (Field::RevenueMain, yuan(revenue)),
            (Field::Employees, Value::Count(employees)),
            (Field::Payroll, yuan(employees * 100_000)),
        ];
        values.extend(more);
        small.enterprise(id, values);
    };
    let foreign = |country: &str| vec![(Field::Ownership, text("外商投资")), (Field::InvestorCountry, text(country))];
    add(&mut small, "school", "110101001", 30_000_000, 100, vec![]);
    add(&mut small, "foreign", "110101002", 30_000_000, 200, foreign("USA"));
    add(&mut small, "hall", "110108001", 1_000_000, 10, vec![]);
    add(&mut small, "shop", "110108001", 1_000_000, 30, vec![]);
    add(&mut small, "lone", "110108002", 50_000_000, 400, foreign("JPN"));
    add(&mut small, "agency", "110108002", 1_000_000, 60, vec![]);
    let closed = vec![
        (Field::Status, text("注销")),
        (Field::Name, text("gone")),
        (Field::Area, text("110101001")),
        (Field::Employees, Value::Count(70)),
    ];
    small.add("gone", COMMERCE, RecordKind::Enterprise, closed);
    let roll = |members: i64, more: Vec<(Field, Value)>| {
        let mut values = vec![(Field::Members, Value::Count(members))];
        values.extend(more);
        values
    };
    let women = |n| (Field::FemaleMembers, Value::Count(n));
    let education = (Field::ParentUnion, text("北京市教育工会"));
    small.union("school", "某校办企业工会", roll(90, vec![women(40), education]));
    let migrants = vec![(Field::MigrantMembers, Value::Count(30)), (Field::MigrantEmployees, Value::Count(60))];
    small.union("foreign", "外商公司工会", roll(150, migrants));
    let joint = small.union("hall", "大厦联合工会", roll(20, vec![]));
    small.covered(joint, 1, "shop");
    small.union("agency", "派遣公司工会", roll(50, vec![(Field::DispatchedMembers, Value::Count(35))]));
    small.union("gone", "已注销公司工会", roll(60, vec![women(60)]));
    let paid = |due, paid| vec![(Field::Period, text("2026Q3")), (Field::DueYuan, yuan(due)), (Field::PaidYuan, yuan(paid))];
    small.add("school", TAX, RecordKind::Payment, paid(50_000, 50_000));
    small.add("agency", TAX, RecordKind::Payment, paid(30_000, 10_000));
    small
}

fn all(edition: &Edition) -> (Measures, Detail) {
    let (_, measures) = edition.coverage(&[], &edition.all(), 1).unwrap();
    let (_, detail) = edition.detail(&[], &edition.all()).unwrap();
    (measures, detail)
}

#[test]
fn every_indicator_has_its_numerator_and_denominator() {
    let folder = tempfile::tempdir().unwrap();
    let edition = published(&city(), folder.path(), 1);
    let (m, d) = all(&edition);
    let yuan = |n: i64| huitu::model::value::Money::from_yuan(n);
    for indicator in indicators() {
        match indicator.id {
            // school, foreign, hall, shop, agency of six in scope.
            "union_rate_entity" => assert_eq!((m.established, m.in_scope), (5, 6)),
            "coverage_rate" => assert_eq!((m.unionised, m.in_scope), (5, 6)),
            "independent_rate_above_size" => assert_eq!((m.above_independent, m.above), (2, 3)),
            // Of the deregistered one neither members nor employees count.
            "membership_rate" => {
                assert_eq!((m.members_of_unionised, m.employees_of_unionised), (90 + 150 + 20 + 50, 100 + 200 + 40 + 60));
                assert_eq!((m.members, m.employees), (310, 800));
            }
            "migrant_membership_rate" => assert_eq!((d.migrant_members, d.migrant_employees), (30, 60)),
            "female_share_members" => assert_eq!((d.female_members, d.members), (40, 310)),
            "foreign_rate" => assert_eq!((d.foreign_established, d.foreign), (1, 2)),
            "dispatch_members" => assert_eq!(d.dispatched_members, 35),
            "dues_due" => assert_eq!(d.dues_payable, yuan(800 * 100_000 / 50)),
            "dues_collected_rate" => assert_eq!((d.fund_paid, d.fund_due), (yuan(60_000), yuan(80_000))),
            // The union of a deregistered host is none that stands.
            "net_new_units" => assert_eq!(m.unions, 4),
            "net_new_covered" => assert_eq!(m.unionised, 5),
            "net_new_members" => assert_eq!(m.members, 310),
            // Of targets: see `targets`.
            "task_completion" | "rank" => {}
            other => panic!("{other} is counted nowhere"),
        }
    }
}

#[test]
fn a_joint_union_counts_as_unionised_and_covers_the_gap_below_designated_size_only() {
    let mut small = city();
    let large = vec![(Field::Area, text("110108001")), (Field::Industry, text("3911")), (Field::RevenueMain, yuan(30_000_000))];
    small.enterprise("mill", large);
    small.union("mill", "某园区联合工会", vec![]);
    let folder = tempfile::tempdir().unwrap();
    let (m, _) = all(&published(&small, folder.path(), 1));
    // school, foreign and agency have a union of their own, hall and shop a joint one and are small; mill's is joint.
    assert_eq!((m.unionised, m.gap_covered, m.lacking_independent), (6, 5, 1));
    assert_eq!(m.gap_covered + m.lacking + m.lacking_independent + m.undecided + m.out_of_scope, m.enterprises);
}

#[test]
fn each_dimension_splits_the_whole_and_counts_each_enterprise_once() {
    let folder = tempfile::tempdir().unwrap();
    let edition = published(&city(), folder.path(), 1);
    let (whole, detail) = all(&edition);
    for dimension in Dimension::ALL.iter().copied() {
        let (groups, total) = edition.coverage(&[dimension], &edition.all(), 100).unwrap();
        let mut sum = Measures::default();
        groups.iter().for_each(|g| sum.add(&g.measures));
        assert_eq!((sum, total), (whole, whole), "{dimension:?}");
        let (groups, total) = edition.detail(&[dimension], &edition.all()).unwrap();
        let mut sum = Detail::default();
        groups.values().for_each(|d| sum.add(d));
        assert_eq!((sum, total), (detail, detail), "{dimension:?}");
    }
    // The keys of both counts are the same, in two dimensions too.
    let by = [Dimension::Ownership, Dimension::District];
    let keys: Vec<Vec<String>> = edition
        .coverage(&by, &edition.all(), 100)
        .unwrap()
        .0
        .into_iter()
        .filter(|g| g.measures.in_scope > 0)
        .map(|g| g.keys.to_vec())
        .collect();
    assert_eq!(keys, edition.detail(&by, &edition.all()).unwrap().0.into_keys().collect::<Vec<_>>());
}

#[test]
fn an_industrial_union_cuts_across_areas_and_counts_its_enterprises_once() {
    let folder = tempfile::tempdir().unwrap();
    let edition = published(&city(), folder.path(), 1);
    let (groups, _) = edition.coverage(&[Dimension::Federation], &edition.all(), 100).unwrap();
    let found: Vec<(&str, u64)> = groups.iter().map(|g| (g.keys[0].as_str(), g.measures.enterprises)).collect();
    assert_eq!(found, [("D110101", 2), ("D110108", 4), ("I-EDU", 1)]);
    let (districts, _) = edition.coverage(&[Dimension::District], &edition.all(), 100).unwrap();
    let found: Vec<(&str, u64)> = districts.iter().map(|g| (g.keys[0].as_str(), g.measures.enterprises)).collect();
    assert_eq!(found, [("110101", 3), ("110108", 4)], "the map keeps it where it stands");
    let rows = edition.filter(&Filter::Area(vec!["I-EDU".into()])).unwrap();
    assert_eq!(rows.iter().map(|row| edition.enterprise(row).name().to_owned()).collect::<Vec<_>>(), ["school"]);
}

#[test]
fn policy_rules_the_cube_and_not_only_the_verdicts() {
    let folder = tempfile::tempdir().unwrap();
    let mut small = city();
    small.policy.counted_kinds = vec![UnionStatus::Independent];
    small.policy.established_kinds = vec![UnionStatus::Independent, UnionStatus::Joint];
    let (m, _) = all(&published(&small, folder.path(), 1));
    assert_eq!((m.unionised, m.established), (3, 5));
    assert_eq!((m.members_of_unionised, m.employees_of_unionised), (290, 360), "the joint union's people are not counted");
    assert_eq!((m.members, m.employees), (310, 800), "but they are members all the same");
    let other = published(&city(), folder.path(), 2);
    let first = Edition::open(&folder.path().join("000001")).unwrap();
    assert_ne!(first.manifest.digest, other.manifest.digest, "another way of counting is another edition");
}

#[test]
fn an_old_division_counts_in_its_successor_at_its_date() {
    // 宣武区 became part of 西城区 in 2010, and its streets got codes there.
    let mut small = AssessCase::new();
    small.enterprise("old", vec![(Field::Area, text("110104"))]);
    small.enterprise("street", vec![(Field::Area, text("110104001"))]);
    let edition = tempfile::tempdir().unwrap();
    let edition = published(&small, edition.path(), 1);
    let (groups, _) = edition.coverage(&[Dimension::District], &edition.all(), 10).unwrap();
    assert_eq!(groups.iter().map(|g| &*g.keys[0]).collect::<Vec<_>>(), ["110102"]);
    let town = |as_of: &str| small.one(as_of, "street").town;
    assert_eq!(town("2026-01-01"), Some(110_102_013));
    assert_ne!(town("2009-01-01"), Some(110_102_013), "not before the merger");
}

#[test]
fn who_disputes_a_field_can_be_asked() {
    let mut small = city();
    let said = vec![(Field::Name, text("lone")), (Field::Employees, Value::Count(90))];
    small.add("lone", TAX, RecordKind::Enterprise, said);
    let folder = tempfile::tempdir().unwrap();
    let edition = published(&small, folder.path(), 1);
    let disputed = |value: &str| {
        let values = vec![value.to_owned()];
        let rows = edition.filter(&Filter::Any { facet: "disputed_by", values }).unwrap();
        rows.iter().map(|row| edition.enterprise(row).name().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(disputed("EMPLOYEES:tax"), ["lone"]);
    assert!(disputed("EMPLOYEES:statistics").is_empty(), "the chosen statement is not the one to be asked about");
}

#[test]
fn a_branch_under_its_heads_union_is_covered_and_counts_no_member_twice() {
    let mut small = city();
    small.policy.branches_out_of_scope = false;
    small.enterprise("branch", vec![(Field::Area, text("110101001")), (Field::Employees, Value::Count(5))]);
    small.world.relations.push(StatedTie {
        kind: RelationKind::BranchOf,
        from: "branch".into(),
        to: "school".into(),
        since: None,
    });
    let folder = tempfile::tempdir().unwrap();
    let edition = published(&small, folder.path(), 1);
    let (m, _) = all(&edition);
    assert_eq!((m.unionised, m.in_scope, m.members), (6, 7, 310));
    let parents = edition.coverage(&[Dimension::UnionStatus], &edition.all(), 20).unwrap().0;
    let parent = parents.iter().find(|g| g.keys[0] == "PARENT").unwrap();
    assert_eq!((parent.measures.unionised, parent.measures.gap_covered), (1, 1));
    assert_eq!(small.one(TODAY, "branch").verdicts.gap.status, GapStatus::Covered);
}
