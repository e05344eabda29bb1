//! Assessing from the outside: small worlds in, verdicts with reasons and chosen values out.

use huitu::assess::{Policy, provenance};
use huitu::model::enterprise::EnterpriseField;
use huitu::model::field::{Field, RecordKind};
use huitu::model::provenance::{Agreement, FieldProvenance, SurvivorshipRule};
use huitu::model::value::{PartialDate, Value};
use huitu::model::verdict::{EnterpriseTag, FundKind, FundStatus, OperatingStatus, Ownership, UnionStatus};

use crate::support::assess_case::{
    AssessCase, COMMERCE, INSURANCE, PAYMENTS, STATISTICS, TAX, TODAY, codes, date, day, text, yuan,
};

fn field(fields: &[FieldProvenance], field: EnterpriseField) -> &FieldProvenance {
    fields.iter().find(|f| f.field == field).expect("somebody says it")
}

fn provenance_of(small: &AssessCase) -> Vec<FieldProvenance> {
    provenance(small.world.facts.clone(), small.world.registries.clone(), &small.policy, day(TODAY))
}

#[test]
fn the_issuing_registry_names_the_enterprise_and_others_are_kept() {
    let mut small = AssessCase::new();
    small.add("a", TAX, RecordKind::Enterprise, vec![(Field::Name, text("北京甲贸易公司"))]);
    small.add("a", COMMERCE, RecordKind::Enterprise, vec![(Field::Name, text("北京甲商贸有限公司"))]);
    small.add("a", STATISTICS, RecordKind::Enterprise, vec![(Field::Name, text("北京甲商贸（有限公司）"))]);
    let fields = provenance_of(&small);
    let name = field(&fields, EnterpriseField::Name);
    assert_eq!(name.value.as_deref(), Some("北京甲商贸有限公司"));
    assert_eq!(name.rule, SurvivorshipRule::Official);
    assert_eq!(name.agreement, Agreement::Different);
    assert_eq!(
        name.others.iter().filter_map(|o| o.value.as_deref()).collect::<Vec<_>>(),
        ["北京甲贸易公司", "北京甲商贸（有限公司）"]
    );
    let enterprise = small.one(TODAY, "a");
    assert_eq!(&*enterprise.name, "北京甲商贸有限公司");
    assert!(enterprise.conflicts.contains(EnterpriseField::Name as usize));
}

#[test]
fn spelling_precision_and_rounding_are_no_conflict() {
    let mut small = AssessCase::new();
    let commerce = vec![
        (Field::Name, text("北京乙（集团）有限公司")),
        (Field::Area, text("110108")),
        (Field::Industry, text("75")),
        (Field::EstablishedOn, date("2011-05-06")),
    ];
    let statistics = vec![
        (Field::Name, text("北京乙(集团) 有限公司")),
        (Field::Area, text("110108001000")),
        (Field::Industry, text("7519")),
        (Field::EstablishedOn, Value::Date(PartialDate { year: 2011, month: 5, day: 0 })),
        (Field::Employees, Value::Count(100)),
    ];
    small.add("b", COMMERCE, RecordKind::Enterprise, commerce);
    small.add("b", STATISTICS, RecordKind::Enterprise, statistics);
    small.add("b", TAX, RecordKind::Enterprise, vec![(Field::Employees, Value::Count(103)), (Field::Industry, text("7519"))]);
    let fields = provenance_of(&small);
    for (which, agreement) in [
        (EnterpriseField::Name, Agreement::Equivalent),
        (EnterpriseField::Area, Agreement::Equivalent),
        (EnterpriseField::Industry, Agreement::Equivalent),
        (EnterpriseField::EstablishedOn, Agreement::Equivalent),
        (EnterpriseField::Employees, Agreement::Equivalent),
    ] {
        assert_eq!(field(&fields, which).agreement, agreement, "{which}");
    }
    // The ranked district in more detail: the registry that knows the street.
    assert_eq!(field(&fields, EnterpriseField::Area).rule, SurvivorshipRule::MostComplete);
    let enterprise = small.one(TODAY, "b");
    assert_eq!((enterprise.district, enterprise.town), (Some(110108), Some(110108001)));
    assert_eq!(enterprise.industry.as_deref(), Some("7519"));
    assert_eq!(enterprise.employees, Some(100));
    assert_eq!(enterprise.conflicts.0, 0);
}

#[test]
fn two_head_counts_stay_apart() {
    let mut small = AssessCase::new();
    small.add("c", TAX, RecordKind::Enterprise, vec![(Field::Employees, Value::Count(80))]);
    small.add("c", STATISTICS, RecordKind::Enterprise, vec![(Field::Employees, Value::Count(120))]);
    small.add("c", INSURANCE, RecordKind::Enterprise, vec![(Field::Insured, Value::Count(61))]);
    let enterprise = small.one(TODAY, "c");
    assert_eq!((enterprise.employees, enterprise.insured), (Some(120), Some(61)));
    assert!(enterprise.conflicts.contains(EnterpriseField::Employees as usize));
    assert!(!enterprise.conflicts.contains(EnterpriseField::Insured as usize));
}

#[test]
fn a_code_that_fails_its_check_stays_visible_and_loses_to_one_that_holds() {
    let mut small = AssessCase::new();
    small.add("d", COMMERCE, RecordKind::Enterprise, vec![(Field::CreditCode, text("91350100M000100Y44"))]);
    let alone = small.one(TODAY, "d");
    assert_eq!((alone.credit_code.as_deref(), alone.credit_code_raw.as_deref()), (None, Some("91350100M000100Y44")));
    small.add("d", TAX, RecordKind::Enterprise, vec![(Field::CreditCode, text("91350100M000100Y43"))]);
    let both = small.one(TODAY, "d");
    assert_eq!(both.credit_code.as_deref(), Some("91350100M000100Y43"));
}

/// 养老 in what it is called, a class of domestic service, a registry's own word; goods for it are none.
#[test]
fn domestic_service_and_care_are_marked_by_class_name_or_a_registrys_word() {
    let marks = |values: Vec<(Field, Value)>| {
        let mut small = AssessCase::new();
        small.add("s", STATISTICS, RecordKind::Enterprise, values);
        let one = small.one(TODAY, "s");
        [EnterpriseTag::DomesticService, EnterpriseTag::Care].map(|tag| one.has_tag(tag))
    };
    let named = |name: &str| (Field::Name, text(name));
    assert_eq!(marks(vec![named("北京示例科技有限公司"), (Field::Industry, text("8010"))]), [true, false]);
    assert_eq!(marks(vec![named("北京示例科技有限公司"), (Field::Industry, text("8512"))]), [false, true]);
    assert_eq!(marks(vec![named("北京示例家政服务有限公司"), (Field::Industry, text("80"))]), [true, false]);
    assert_eq!(marks(vec![named("北京示例医院管理有限公司"), (Field::CareService, Value::Flag(true))]), [false, true]);
    assert_eq!(marks(vec![named("北京示例家政用品有限公司"), (Field::CareService, Value::Flag(false))]), [false, false]);
}

/// 140 is a joint operation in the table of 2011 and a sole proprietorship in that of 2022; a connector knows the former only.
#[test]
fn a_code_of_2022_is_not_read_by_the_table_of_2011() {
    for (edition, ownership) in [(None, Ownership::Mixed), (Some(2022), Ownership::Private)] {
        let mut small = AssessCase::new();
        small.policy.registration_editions.extend(edition.map(|edition| ("statistics".into(), edition)));
        let read = vec![(Field::RegistrationType, text("140")), (Field::Ownership, text("MIXED"))];
        small.add("e", STATISTICS, RecordKind::Enterprise, read);
        assert_eq!(small.one(TODAY, "e").ownership, ownership, "{edition:?}");
    }
}

#[test]
fn a_firm_word_on_ownership_beats_a_bare_form() {
    let mut small = AssessCase::new();
    small.add("e", COMMERCE, RecordKind::Enterprise, vec![(Field::RegistrationType, text("有限责任公司"))]);
    small.add("e", STATISTICS, RecordKind::Enterprise, vec![(Field::RegistrationType, text("159"))]);
    assert_eq!(small.one(TODAY, "e").ownership, Ownership::Mixed);
    small.add("e", TAX, RecordKind::Enterprise, vec![(Field::RegistrationType, text("外商投资企业"))]);
    let enterprise = small.one(TODAY, "e");
    assert_eq!(enterprise.ownership, Ownership::Foreign);
    assert!(!enterprise.conflicts.contains(EnterpriseField::Ownership as usize));
}

#[test]
fn policy_may_rank_registries_otherwise() {
    let mut small = AssessCase::new();
    small.add("f", TAX, RecordKind::Enterprise, vec![(Field::Employees, Value::Count(80))]);
    small.add("f", STATISTICS, RecordKind::Enterprise, vec![(Field::Employees, Value::Count(120))]);
    small.policy = toml::from_str("[survivorship.EMPLOYEES]\nrule = \"REGISTRY_RANK\"\nrank = [\"tax\"]\n").expect("a policy");
    assert_eq!(small.policy.faults(), []);
    assert_eq!(small.one(TODAY, "f").employees, Some(80));
    let wrong: Policy = toml::from_str("[survivorship.EMPLOYEE]\nrule = \"REGISTRY_RANK\"\n").expect("well-formed");
    assert!(wrong.faults()[0].en.contains("survivorship.EMPLOYEE"), "{:?}", wrong.faults());
    assert!(toml::from_str::<Policy>("grace_month = 3\n").is_err());
}

#[test]
fn the_order_of_records_does_not_matter() {
    let mut small = AssessCase::new();
    for (registry, name, status, count) in [
        (COMMERCE, "北京丙有限公司", "存续", 10),
        (COMMERCE, "北京丙有限公司", "注销", 20),
        (TAX, "北京丙公司", "正常", 30),
        (STATISTICS, "北京丙有限公司", "正常运营", 40),
    ] {
        let values = vec![(Field::Name, text(name)), (Field::Status, text(status)), (Field::Employees, Value::Count(count))];
        small.add("g", registry, RecordKind::Enterprise, values);
    }
    let forward = small.one(TODAY, "g");
    small.world.facts.reverse();
    small.world.entity_of.reverse();
    assert_eq!(forward, small.one(TODAY, "g"));
    assert_eq!(forward.status, OperatingStatus::Active, "of two records of one registry the living one tells the state");
}

fn payment(period: &str, kind: &str, due: Option<i64>, paid: i64) -> Vec<(Field, Value)> {
    let mut values = vec![(Field::Period, text(period)), (Field::PaymentKind, text(kind)), (Field::PaidYuan, yuan(paid))];
    values.extend(due.map(|d| (Field::DueYuan, yuan(d))));
    values
}

#[test]
fn the_fund_of_the_latest_period_is_judged_by_amount_and_kind() {
    // Payroll 1.2 million a year: 24,000 due a year, 6,000 a quarter.
    for (has_union, payments, status, code, kind) in [
        (true, vec![payment("2026Q3", "工会经费", None, 6000)], FundStatus::Paid, "fund_paid", Some(FundKind::Dues)),
        (true, vec![payment("2026Q3", "工会经费", None, 5000)], FundStatus::Partial, "fund_partial", Some(FundKind::Dues)),
        (true, vec![payment("2026Q3", "工会经费", Some(5000), 5000)], FundStatus::Paid, "fund_paid", Some(FundKind::Dues)),
        (true, vec![payment("2026Q3", "工会经费", None, 0)], FundStatus::Unpaid, "fund_unpaid", Some(FundKind::Dues)),
        (
            true,
            vec![payment("2026Q3", "建会筹备金", None, 6000)],
            FundStatus::WrongKind,
            "fund_preparatory_with_union",
            Some(FundKind::Preparatory),
        ),
        (
            false,
            vec![payment("2026Q3", "工会经费", None, 6000)],
            FundStatus::WrongKind,
            "fund_dues_without_union",
            Some(FundKind::Dues),
        ),
        (false, vec![payment("2026Q3", "建会筹备金", None, 6000)], FundStatus::Paid, "fund_paid", Some(FundKind::Preparatory)),
        // The later period counts, not the larger payment.
        (
            true,
            vec![payment("2026Q2", "工会经费", None, 6000), payment("2026Q3", "工会经费", None, 10)],
            FundStatus::Partial,
            "fund_partial",
            Some(FundKind::Dues),
        ),
        // Two payments of one period add up.
        (
            true,
            vec![payment("2026Q3", "工会经费", None, 4000), payment("2026年3季度", "工会经费", None, 2000)],
            FundStatus::Paid,
            "fund_paid",
            Some(FundKind::Dues),
        ),
        (true, vec![], FundStatus::Unknown, "fund_no_payments", None),
    ] {
        let mut small = AssessCase::new();
        small.enterprise("h", vec![(Field::Payroll, yuan(1_200_000))]);
        if has_union {
            small.union("h", "庚工会", vec![]);
        }
        for values in &payments {
            small.add("h", PAYMENTS, RecordKind::Payment, values.clone());
        }
        let assessed = small.assess(TODAY);
        let fund = &assessed.enterprises[0].verdicts.fund;
        assert_eq!((fund.status, codes(&fund.reasons), fund.kind_paid), (status, vec![code], kind), "{payments:?}");
        assert_eq!(assessed.contradictions.len(), usize::from(status == FundStatus::WrongKind));
    }
}

#[test]
fn the_score_is_the_sum_of_its_factors_and_only_who_may_need_a_visit_has_one() {
    let mut small = AssessCase::new();
    small.enterprise(
        "i",
        vec![(Field::Employees, Value::Count(2000)), (Field::RegistrationType, text("330")), (Field::Leading, Value::Flag(true))],
    );
    small.add("i", PAYMENTS, RecordKind::Payment, payment("2026Q3", "建会筹备金", Some(1), 1));
    small.add("i", COMMERCE, RecordKind::Dispute, vec![(Field::On, date("2026-01-05"))]);
    small.world.lacking_since.insert("i".into(), Some(day("2020-01-05")));
    let lacking = small.one(TODAY, "i");
    let priority = &lacking.verdicts.priority;
    let factors: Vec<&str> = priority.factors.iter().map(|f| &*f.code).collect();
    assert_eq!(factors, ["employees", "foreign", "leading", "pays_preparatory_fund", "recent_dispute", "waiting"]);
    assert!((priority.factors.iter().map(|f| f.points).sum::<f32>() - priority.score).abs() < 0.05);
    assert!((priority.factors[0].points - small.policy.priority.employees).abs() < 0.05, "as many people as earn all points");
    small.union("i", "辛工会", vec![]);
    let covered = small.one(TODAY, "i");
    assert_eq!((covered.verdicts.union.verdict, covered.verdicts.priority.score), (UnionStatus::Independent, 0.0));
}

#[test]
fn two_tables_words_for_a_type_conflict_only_where_the_owners_differ() {
    for (commerce, statistics, conflict) in [
        ("有限责任公司", "159", false),
        ("有限责任公司", "170", false),
        ("有限责任公司(自然人投资或控股)", "173", false),
        ("有限责任公司(自然人投资或控股)", "330", true),
        ("全民所有制", "110", false),
        ("外商投资企业", "230", true),
    ] {
        let mut small = AssessCase::new();
        small.add("t", COMMERCE, RecordKind::Enterprise, vec![(Field::RegistrationType, text(commerce))]);
        small.add("t", STATISTICS, RecordKind::Enterprise, vec![(Field::RegistrationType, text(statistics))]);
        let enterprise = small.one(TODAY, "t");
        assert_eq!(
            enterprise.conflicts.contains(EnterpriseField::RegistrationType as usize),
            conflict,
            "{commerce} {statistics}"
        );
        assert_eq!(enterprise.registration_type.as_deref(), Some(commerce));
    }
}

#[test]
fn every_reason_has_a_text_in_both_languages() {
    use huitu::model::message::{Lang, is_known, reason_text};
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/assess");
    let starts = [
        "out_",
        "lacking_",
        "covered_",
        "undecided_",
        "union_",
        "fund_",
        "proxy_",
        "no_rule",
        "official_",
        "not_on_",
        "missing_",
        "above_",
        "below_",
        "finding_",
        "revenue_stands",
        "before_",
    ];
    // Names of inputs and topics that begin alike.
    let others = ["union_roll", "union_kind", "union_coverage", "official_list_", "covered_percent"];
    let mut seen = 0;
    for file in std::fs::read_dir(folder).expect("the stage's sources") {
        let source = std::fs::read_to_string(file.expect("a file").path()).expect("text");
        for literal in source.split('"').skip(1).step_by(2) {
            let is_code = literal.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit());
            if is_code && starts.iter().any(|s| literal.starts_with(s)) && !literal.ends_with('_') && !others.contains(&literal) {
                assert!(is_known(literal), "{literal} has no text");
                assert_ne!(reason_text(literal, &[], Lang::Zh), reason_text(literal, &[], Lang::En));
                seen += 1;
            }
        }
    }
    assert!(seen > 40, "{seen}");
}

/// What the book says of the verdicts is what the code does, row by row.
#[test]
fn the_generated_decision_tables_are_those_of_the_code() {
    let page = huitu::assess::table::page();
    for row in [
        "| NONE | any | LACKING | `lacking_none` |",
        "| JOINT | ABOVE | LACKING_INDEPENDENT | `lacking_only_joint` |",
        "| JOINT | UNKNOWN | UNDECIDED | `undecided_size` |",
        "| coverage | the union roll | 工会名册 | 100 |",
    ] {
        assert!(page.contains(row), "{row} in {page}");
    }
    crate::generated::compare("docs/src/develop/verdicts.md", &page);
}
