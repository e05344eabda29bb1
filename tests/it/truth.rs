//! What a verdict or a count says only where it is known: unions counted once, industrial unions, streets, countries, people.

use huitu::assess::Policy;
use huitu::edition::format::rates;
use huitu::edition::{Dimension, Edition, Filter, folder_name, synthetic, write};
use huitu::model::enterprise::EnterpriseField;
use huitu::model::facts::OpenPair;
use huitu::model::field::{Field, RecordKind};
use huitu::model::linkage::RecordRef;
use huitu::model::message::{Lang, reason_text};
use huitu::model::provenance::SurvivorshipRule;
use huitu::model::value::Value;
use huitu::model::verdict::UnionStatus;

use crate::support::assess_case::{AssessCase, COMMERCE, STATISTICS, TAX, TODAY, date, day, text};

/// Unions counted at each enterprise.
fn unions(small: &AssessCase) -> Vec<(String, u32)> {
    small.assess(TODAY).enterprises.iter().map(|e| (e.id.to_string(), e.people.unions)).filter(|(_, n)| *n > 0).collect()
}

fn gone(small: &mut AssessCase, entity: &str) {
    let values = vec![(Field::Name, text(entity)), (Field::Status, text("注销")), (Field::EstablishedOn, date("2001-02-03"))];
    small.add(entity, COMMERCE, RecordKind::Enterprise, values);
}

#[test]
fn every_union_is_counted_once_with_or_without_a_host_and_none_that_ended_with_it() {
    let mut small = AssessCase::new();
    for name in ["a", "b", "c"] {
        small.enterprise(name, vec![(Field::Area, text("110108"))]);
    }
    small.enterprise("far", vec![(Field::Area, text("110105"))]);
    gone(&mut small, "z");
    small.union("a", "甲公司工会", vec![]);
    // No host that anybody knows: at one of those it covers, of its own district first.
    let joint = small.union("nobody's", "某大厦联合工会", vec![(Field::Area, text("110108"))]);
    for (part, unit) in ["far", "c", "b", "z"].into_iter().enumerate() {
        small.covered(joint, part as u16 + 1, unit);
    }
    // Ended with its host.
    small.union("z", "乙公司工会", vec![]);
    // All that it covers is gone.
    let empty = small.union("nobody's either", "某园区联合工会", vec![]);
    small.covered(empty, 1, "z");
    // Not there yet.
    small.union("b", "丙公司工会", vec![(Field::UnionStatus, text("筹建中"))]);
    assert_eq!(unions(&small), [("a".to_owned(), 1), ("b".to_owned(), 1)]);
}

#[test]
fn a_joint_union_outlives_its_host() {
    let mut small = AssessCase::new();
    small.enterprise("b", vec![]);
    gone(&mut small, "z");
    let joint = small.union("z", "某大厦联合工会", vec![(Field::UnionKind, text("联合基层工会"))]);
    small.covered(joint, 1, "b");
    assert_eq!(unions(&small), [("b".to_owned(), 1)]);
}

#[test]
fn a_street_that_nobody_gives_is_read_from_the_address_and_said_so() {
    let read = |registry: Vec<(u16, Vec<(Field, Value)>)>| {
        let mut small = AssessCase::new();
        for (of, values) in registry {
            small.add("a", of, RecordKind::Enterprise, values);
        }
        let enterprise = small.one(TODAY, "a");
        let registries = small.world.registries.clone();
        let fields = huitu::assess::provenance(small.world.facts.clone(), registries, &Policy::default(), day(TODAY));
        let rule = fields.iter().find(|f| f.field == EnterpriseField::Area).map(|f| f.rule);
        (enterprise.district, enterprise.town, rule, enterprise.conflicts.contains(EnterpriseField::Area as usize))
    };
    let address = |t: &str| (Field::Address, text(t));
    let district = (Field::Area, text("110108"));
    let (_, town, rule, _) = read(vec![(COMMERCE, vec![district.clone(), address("北京市海淀区上庄镇上庄路1号")])]);
    let shangzhuang = town.expect("a street");
    assert_eq!((shangzhuang / 1000, rule), (110_108, Some(SurvivorshipRule::FromAddress)));
    // The name of a road is no street, and two streets are none.
    for none in ["北京市海淀区上庄南路165号", "海淀区上庄镇与苏家坨镇交界", "北京市朝阳区东风地区1号"]
    {
        let (found, town, rule, _) = read(vec![(COMMERCE, vec![district.clone(), address(none)])]);
        assert_eq!((found, town, rule), (Some(110_108), None, Some(SurvivorshipRule::OnlyValue)), "{none}");
    }
    // What a registry gives comes first, and the address contradicts nobody.
    let given = (STATISTICS, vec![(Field::Area, text("110108001000"))]);
    let (_, town, rule, conflict) = read(vec![(COMMERCE, vec![district.clone(), address("海淀区上庄镇上庄路1号")]), given]);
    assert_eq!((town, rule, conflict), (Some(110_108_001), Some(SurvivorshipRule::MostComplete), false));
    let other = (TAX, vec![district.clone()]);
    let (_, town, rule, _) = read(vec![other, (COMMERCE, vec![district, address("海淀区上庄镇上庄路1号")])]);
    assert_eq!((town, rule), (Some(shangzhuang), Some(SurvivorshipRule::FromAddress)));
}

#[test]
fn an_industrial_union_has_the_enterprises_of_its_industries_where_policy_names_them() {
    let build = |industries: &[&str]| {
        let mut small = AssessCase::new();
        if !industries.is_empty() {
            let own = industries.iter().map(|code| (*code).to_owned()).collect();
            small.policy.industrial_unions.insert("I-EDU".to_owned(), own);
        }
        for (name, industry) in [("school", "8334"), ("college", "8341"), ("factory", "3912")] {
            small.enterprise(name, vec![(Field::Area, text("110108")), (Field::Industry, text(industry))]);
        }
        small.union("school", "学校工会", vec![(Field::ParentUnion, text("北京市教育工会"))]);
        let assessed = small.assess(TODAY);
        let mut units: Vec<String> =
            assessed.enterprises.iter().map(|e| format!("{} {}", e.id, e.federation.as_deref().unwrap_or(""))).collect();
        units.sort();
        units
    };
    assert_eq!(build(&[]), ["college D110108", "factory D110108", "school I-EDU"], "nobody said what is its own");
    for own in [&["P"][..], &["83"], &["833", "8341"]] {
        assert_eq!(build(own), ["college I-EDU", "factory D110108", "school I-EDU"], "{own:?}");
    }
}

#[test]
fn a_policy_of_unknown_unions_unknown_industries_or_negative_points_is_refused_by_name() {
    let mut policy = Policy::default();
    assert!(policy.faults().is_empty());
    policy.industrial_unions.insert("I-MOON".to_owned(), vec!["P".to_owned()]);
    policy.industrial_unions.insert("I-EDU".to_owned(), vec!["99Z".to_owned()]);
    policy.industrial_unions.insert("I-FIN".to_owned(), Vec::new());
    policy.priority.waiting = -1.0;
    policy.priority.foreign = f32::NAN;
    policy.publication.gap_percent = -20.0;
    policy.fund.rate = -0.02;
    policy.registration_editions.insert("tax".to_owned(), 2017);
    for lang in [Lang::Zh, Lang::En] {
        let faults = policy.faults().iter().map(|fault| fault.text(lang).to_owned()).collect::<Vec<_>>().join("\n");
        for named in ["I-MOON", "99Z", "I-FIN", "priority.waiting", "priority.foreign", "gap_percent", "fund.rate", "tax = 2017"]
        {
            assert!(faults.contains(named), "{named}: {faults}");
        }
    }
}

#[test]
fn an_industrial_union_without_its_industries_has_counts_and_no_rates() {
    let opened = |industrial: &[&str]| {
        let root = tempfile::tempdir().unwrap();
        let mut input = synthetic::input(1, 600, 7);
        input.counting.industrial_unions = industrial.iter().map(|unit| (*unit).to_owned()).collect();
        for e in input.enterprises.iter_mut().step_by(5) {
            e.federation = Some("I-EDU".into());
        }
        write(root.path(), input).unwrap();
        let edition = Edition::open(&root.path().join(folder_name(1))).unwrap();
        (root, edition)
    };
    for (known, told) in [(&[][..], false), (&["I-EDU"][..], true)] {
        let (_root, edition) = opened(known);
        let (groups, total) = edition.coverage(&[Dimension::Federation], &edition.all(), 1_000).unwrap();
        let of = |unit: &str| groups.iter().find(|g| g.keys[0] == unit).expect("a unit").measures;
        assert!(of("I-EDU").in_scope > 20);
        assert_eq!(rates::COVERAGE_RATE.value(&of("I-EDU")).is_some(), told);
        let district = groups.iter().find(|g| g.keys[0].starts_with('D')).unwrap();
        assert!(rates::COVERAGE_RATE.value(&district.measures).is_some() && rates::COVERAGE_RATE.value(&total).is_some());
        // The same through a filter, and by other dimensions within it.
        let rows = edition.filter(&Filter::Area(vec!["I-EDU".to_owned()])).unwrap();
        let (sections, within) = edition.coverage(&[Dimension::IndustrySection], &rows, 1_000).unwrap();
        assert_eq!(rates::COVERAGE_RATE.value(&within).is_some(), told);
        let in_scope: Vec<_> = sections.iter().filter(|g| g.measures.in_scope > 0).collect();
        assert!(!in_scope.is_empty() && in_scope.iter().all(|g| rates::COVERAGE_RATE.value(&g.measures).is_some() == told));
        // Streets of a unit add up to it, and the list beside them holds the same enterprises.
        let unit = district.keys[0].clone();
        let rows = edition.filter(&Filter::Area(vec![unit.clone()])).unwrap();
        let (streets, whole) = edition.coverage(&[Dimension::Town], &rows, 1_000).unwrap();
        let sum = |of: fn(&huitu::edition::Measures) -> u64| streets.iter().map(|g| of(&g.measures)).sum::<u64>();
        assert_eq!((sum(|m| m.enterprises), sum(|m| m.unions)), (whole.enterprises, whole.unions));
        assert_eq!(whole.enterprises, district.measures.enterprises, "the rows beside the unit are the unit's");
        let listed = edition.filter(&Filter::InGap.and(Filter::Area(vec![unit.clone()]))).unwrap();
        assert_eq!(listed.len(), whole.in_gap);
        assert!(listed.iter().all(|row| edition.enterprise(row).federation() == Some(&*unit)));
    }
}

#[test]
fn more_members_than_staff_are_counted_as_a_conflict_and_listed() {
    let mut small = AssessCase::new();
    for (name, staff, members) in [("a", 100, 148), ("b", 100, 90), ("c", 0, 7)] {
        small.enterprise(name, vec![(Field::Employees, Value::Count(staff))]);
        small.union(name, "某公司工会", vec![(Field::Members, Value::Count(members))]);
    }
    let assessed = small.assess(TODAY);
    let conflicting: Vec<&str> = assessed.enterprises.iter().filter(|e| e.people.exceeds_staff()).map(|e| &*e.id).collect();
    assert_eq!(conflicting, ["a"], "a staff of nobody known is no conflict");

    let root = tempfile::tempdir().unwrap();
    let mut input = synthetic::input(1, 300, 7);
    for e in input.enterprises.iter_mut() {
        e.people.employees = 10;
        e.people.members = 4;
    }
    let chosen: Vec<String> = input.enterprises.iter().step_by(10).map(|e| e.id.to_string()).collect();
    for e in input.enterprises.iter_mut().step_by(10) {
        e.people.members = 1_000;
    }
    write(root.path(), input).unwrap();
    let edition = Edition::open(&root.path().join(folder_name(1))).unwrap();
    let (_, total) = edition.coverage(&[], &edition.all(), 1).unwrap();
    let listed = Filter::Any { facet: "members_exceed_staff", values: vec!["yes".to_owned()] };
    let listed = edition.filter(&listed).unwrap();
    assert_eq!(listed.len(), chosen.len() as u64);
    let out = Filter::Any { facet: "gap", values: vec!["OUT_OF_SCOPE".to_owned()] };
    assert_eq!(total.members_exceed_staff, (&*listed - &*edition.filter(&out).unwrap()).len());
    assert_eq!(rates::MEMBERSHIP_RATE_ALL.value(&total), None, "{} of {}", total.members, total.employees);
    assert!(rates::MEMBERSHIP_RATE_ALL.is_conflict(total.members, total.employees));
}

#[test]
fn countries_are_kept_by_code_and_what_is_none_is_flagged() {
    let mut small = AssessCase::new();
    small.enterprise("a", vec![(Field::InvestorCountry, text("美国；香港、TWN,中国澳门"))]);
    small.enterprise("b", vec![(Field::InvestorCountry, text("火星"))]);
    let countries = |name: &str| small.one(TODAY, name).investor_countries.iter().map(|c| c.to_string()).collect::<Vec<_>>();
    assert_eq!(countries("a"), ["HK", "MO", "TW", "US"]);
    assert_eq!(countries("b"), ["ZZ"]);
}

#[test]
fn a_union_that_nearly_matches_is_said_by_its_name() {
    let mut small = AssessCase::new();
    small.enterprise("a", vec![]);
    let roll = small.union("someone else", "甲乙公司工会", vec![]);
    let key = small.world.facts[roll].key.clone();
    small.world.open_pairs.push(OpenPair {
        id: "P1".into(),
        enterprise: "a".into(),
        union_record: RecordRef { registry: "unions".into(), key, part: 0 },
        weight: 3.0,
    });
    let union = small.one(TODAY, "a").verdicts.union;
    assert_eq!(union.verdict, UnionStatus::Possible);
    let said = reason_text(&union.reasons[0].code, &union.reasons[0].inputs, Lang::Zh);
    assert!(said.contains("甲乙公司工会"), "{said}");
}

#[test]
fn who_lacked_a_union_before_the_first_edition_has_waited_as_long_as_whoever_came_on_the_list_first() {
    let mut small = AssessCase::new();
    for name in ["before", "first", "later", "new"] {
        small.enterprise(name, vec![(Field::Employees, Value::Count(50))]);
    }
    small.world.lacking_since.insert("before".into(), None);
    small.world.lacking_since.insert("first".into(), Some(day("2026-05-22")));
    small.world.lacking_since.insert("later".into(), Some(day("2026-10-22")));
    small.world.counting_since = Some(day("2026-05-22"));
    let waiting = |name: &str| {
        let verdicts = small.one(TODAY, name).verdicts;
        let points = verdicts.priority.factors.iter().find(|f| &*f.code == "waiting").map_or(0.0, |f| f.points);
        (verdicts.gap.since, points)
    };
    let [before, first, later, new] = ["before", "first", "later", "new"].map(waiting);
    assert_eq!((before.0, new.0), (None, Some(day(TODAY))), "the verdict says since when, and that nobody knows");
    assert_eq!(before.1, first.1);
    assert!(first.1 > later.1 && later.1 > new.1 && new.1 == 0.0, "{first:?} {later:?} {new:?}");
}
