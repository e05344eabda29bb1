//! Designated size: every rule of statistics just below, at and just above its bound, before, on and after its dates, in
//! every edition of the classification. The table restates the sources by hand; it does not read the rules file.

use huitu::assess::Rules;
use huitu::model::field::{Field, RecordKind};
use huitu::model::message::{Lang, reason_text};
use huitu::model::value::{Money, Value};
use huitu::model::verdict::{SizeBasis, SizeClass, SizeStatus};

use crate::support::assess_case::{AssessCase, COMMERCE, STATISTICS, TAX, TODAY, codes, day, text, yuan};

/// One rule as the sources state it.
struct Stated {
    id: &'static str,
    /// First and last day; "" = in force.
    from: &'static str,
    to: &'static str,
    /// A class that it judges, by edition.
    codes: &'static [(u16, &'static str)],
    test: Test,
    /// What judges the first of the codes on the day before and on the day after.
    before: Option<&'static str>,
    after: Option<&'static str>,
}

#[derive(Clone, Copy)]
enum Test {
    Money(Field, i64),
    /// Money and heads, both needed.
    Both(Field, i64, i64),
    /// Money or heads, one is enough.
    Either(Field, i64, i64),
    Flag(Field),
    /// Money, or the flag.
    MoneyOr(Field, i64, Field),
    Qualification(&'static [&'static str], &'static [&'static str]),
}

#[rustfmt::skip]
const RULES: &[Stated] = &[
    Stated { id: "industry-1998", from: "1998-01-01", to: "2006-12-31", codes: &[(2002, "1311"), (2011, "4411"), (2017, "0610")], test: Test::MoneyOr(Field::RevenueMain, 5_000_000, Field::StateOwned), before: None, after: Some("industry-2007") },
    Stated { id: "industry-2007", from: "2007-01-01", to: "2010-12-31", codes: &[(2002, "1311"), (2011, "4411"), (2017, "0610")], test: Test::Money(Field::RevenueMain, 5_000_000), before: Some("industry-1998"), after: Some("industry-2011") },
    Stated { id: "industry-2011", from: "2011-01-01", to: "", codes: &[(2002, "1311"), (2011, "4411"), (2017, "3912")], test: Test::Money(Field::RevenueMain, 20_000_000), before: Some("industry-2007"), after: None },
    Stated { id: "construction-with-labour", from: "2002-01-01", to: "2019-12-31", codes: &[(2002, "4710"), (2011, "4700"), (2017, "4710")], test: Test::Qualification(&["施工总承包一级", "专业承包二级", "劳务分包"], &["无资质"]), before: None, after: Some("construction-2020") },
    Stated { id: "construction-2020", from: "2020-01-01", to: "", codes: &[(2002, "4710"), (2011, "4700"), (2017, "4710")], test: Test::Qualification(&["施工总承包一级", "专业承包二级"], &["劳务分包", "无"]), before: Some("construction-with-labour"), after: None },
    Stated { id: "wholesale-1998", from: "1998-01-01", to: "2009-12-31", codes: &[(2002, "6311"), (2011, "5111"), (2017, "5111")], test: Test::Both(Field::Sales, 20_000_000, 20), before: None, after: Some("wholesale-2010") },
    Stated { id: "retail-1998", from: "1998-01-01", to: "2009-12-31", codes: &[(2002, "6511"), (2011, "5211"), (2017, "5211")], test: Test::Both(Field::Sales, 5_000_000, 60), before: None, after: Some("retail-2010") },
    Stated { id: "hotel-2004", from: "2004-01-01", to: "2009-12-31", codes: &[(2002, "6610"), (2011, "6110"), (2017, "6110")], test: Test::Flag(Field::StarRated), before: None, after: Some("hotel-catering-2010") },
    Stated { id: "catering-1998", from: "1998-01-01", to: "2009-12-31", codes: &[(2002, "6710"), (2011, "6210"), (2017, "6210")], test: Test::Both(Field::Revenue, 2_000_000, 40), before: None, after: Some("hotel-catering-2010") },
    Stated { id: "wholesale-2010", from: "2010-01-01", to: "", codes: &[(2002, "6311"), (2011, "5111"), (2017, "5111")], test: Test::Money(Field::RevenueMain, 20_000_000), before: Some("wholesale-1998"), after: None },
    Stated { id: "retail-2010", from: "2010-01-01", to: "", codes: &[(2002, "6511"), (2011, "5211"), (2017, "5211")], test: Test::Money(Field::RevenueMain, 5_000_000), before: Some("retail-1998"), after: None },
    Stated { id: "hotel-catering-2010", from: "2010-01-01", to: "", codes: &[(2002, "6710"), (2002, "6610"), (2011, "6110"), (2017, "6210")], test: Test::Money(Field::RevenueMain, 2_000_000), before: Some("catering-1998"), after: None },
    Stated { id: "real-estate-development", from: "2004-01-01", to: "", codes: &[(2002, "7210"), (2011, "7010"), (2017, "7010")], test: Test::Flag(Field::DevelopmentActivity), before: None, after: None },
    Stated { id: "services-2013-1000", from: "2013-01-01", to: "2019-12-31", codes: &[(2017, "6510"), (2017, "7020"), (2017, "8511"), (2011, "8311"), (2011, "8210"), (2002, "6110"), (2002, "8410"), (2002, "7220")], test: Test::Either(Field::Revenue, 10_000_000, 50), before: None, after: Some("services-2020-2000") },
    Stated { id: "services-2013-500", from: "2013-01-01", to: "2019-12-31", codes: &[(2017, "8010"), (2017, "8810"), (2011, "7910"), (2011, "8510"), (2002, "8210"), (2002, "8810")], test: Test::Either(Field::Revenue, 5_000_000, 50), before: None, after: Some("services-2020-500") },
    Stated { id: "services-2020-2000", from: "2020-01-01", to: "", codes: &[(2017, "6510"), (2017, "5411"), (2017, "7810"), (2017, "8411"), (2011, "8311"), (2011, "7810"), (2002, "8510"), (2002, "5210"), (2002, "7910")], test: Test::Money(Field::Revenue, 20_000_000), before: Some("services-2013-1000"), after: None },
    Stated { id: "services-2020-1000", from: "2020-01-01", to: "", codes: &[(2017, "7251"), (2017, "7320"), (2017, "8321"), (2017, "7020"), (2017, "7090"), (2011, "8220"), (2011, "7030"), (2002, "7220"), (2002, "8410"), (2002, "7510")], test: Test::Money(Field::Revenue, 10_000_000), before: Some("services-2013-1000"), after: None },
    Stated { id: "services-2020-500", from: "2020-01-01", to: "", codes: &[(2017, "8010"), (2017, "8810"), (2017, "8511"), (2011, "8411"), (2011, "7910"), (2002, "8710"), (2002, "8210")], test: Test::Money(Field::Revenue, 5_000_000), before: Some("services-2013-500"), after: None },
];

fn world(edition: u16, industry: &str, values: Vec<(Field, Value)>) -> AssessCase {
    let mut small = AssessCase::new();
    small.world.registries[STATISTICS as usize].industry_edition = edition;
    let mut all = vec![(Field::Industry, text(industry))];
    all.extend(values);
    small.enterprise("a", all);
    // Neither a proxy nor anything else but the rule may decide here.
    small.policy.proxy.above = None;
    small
}

fn judged(edition: u16, industry: &str, as_of: &str, values: Vec<(Field, Value)>) -> (SizeStatus, Option<String>) {
    let verdict = world(edition, industry, values).one(as_of, "a").verdicts.size;
    (verdict.verdict, verdict.rule.map(String::from))
}

/// Inputs and what they make of the enterprise: below, at and above every bound, and with an input missing.
fn cases(test: Test) -> Vec<(Vec<(Field, Value)>, SizeStatus)> {
    use SizeStatus::{Above, Below, Unknown};
    let fen = |n: i64| Value::Money(Money(n));
    let heads = |n: i64| (Field::Employees, Value::Count(n));
    match test {
        Test::Money(field, bound) => vec![
            (vec![(field, fen(bound * 100 - 1))], Below),
            (vec![(field, fen(bound * 100))], Above),
            (vec![(field, fen(bound * 100 + 1))], Above),
            (vec![(field, fen(0))], Below),
            (vec![], Unknown),
        ],
        Test::Both(field, bound, people) => vec![
            (vec![(field, fen(bound * 100)), heads(people)], Above),
            (vec![(field, fen(bound * 100 + 1)), heads(people + 1)], Above),
            (vec![(field, fen(bound * 100 - 1)), heads(people)], Below),
            (vec![(field, fen(bound * 100)), heads(people - 1)], Below),
            (vec![(field, fen(bound * 100 - 1))], Below),
            (vec![heads(people - 1)], Below),
            (vec![(field, fen(bound * 100))], Unknown),
            (vec![heads(people)], Unknown),
        ],
        Test::Either(field, bound, people) => vec![
            (vec![(field, fen(bound * 100)), heads(people - 1)], Above),
            (vec![(field, fen(bound * 100 - 1)), heads(people)], Above),
            (vec![(field, fen(bound * 100 - 1)), heads(people + 1)], Above),
            (vec![(field, fen(bound * 100 - 1)), heads(people - 1)], Below),
            (vec![heads(people)], Above),
            (vec![(field, fen(bound * 100))], Above),
            (vec![(field, fen(bound * 100 - 1))], Unknown),
            (vec![], Unknown),
        ],
        Test::Flag(field) => vec![
            (vec![(field, Value::Flag(true))], Above),
            (vec![(field, Value::Flag(false))], Below),
            (vec![(Field::Revenue, fen(i64::MAX))], Unknown),
        ],
        Test::MoneyOr(field, bound, flag) => vec![
            (vec![(field, fen(bound * 100)), (flag, Value::Flag(false))], Above),
            (vec![(field, fen(bound * 100 - 1)), (flag, Value::Flag(false))], Below),
            (vec![(field, fen(bound * 100 - 1)), (flag, Value::Flag(true))], Above),
            (vec![(field, fen(bound * 100 - 1))], Unknown),
        ],
        Test::Qualification(enough, not) => {
            let case = |word: &&str, status| (vec![(Field::Qualification, text(word))], status);
            let mut cases: Vec<_> = enough.iter().map(|w| case(w, Above)).collect();
            cases.extend(not.iter().map(|w| case(w, Below)));
            cases.push((vec![(Field::Revenue, fen(i64::MAX))], Unknown));
            cases
        }
    }
}

#[test]
fn every_rule_holds_at_its_bound_on_its_days_in_every_edition() {
    let mut tried = 0;
    for rule in RULES {
        let mut days = vec![rule.from.to_string()];
        days.push(if rule.to.is_empty() { TODAY.to_string() } else { rule.to.to_string() });
        for (edition, code) in rule.codes {
            for on in &days {
                for (values, status) in cases(rule.test) {
                    let got = judged(*edition, code, on, values.clone());
                    assert_eq!(
                        got,
                        (status, Some(rule.id.to_string())),
                        "{} code {code} of {edition} on {on}: {values:?}",
                        rule.id
                    );
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 900, "{tried}");
}

#[test]
fn the_day_before_and_the_day_after_another_rule_judges() {
    for rule in RULES {
        let (edition, code) = rule.codes[0];
        let before = day(rule.from).pred_opt().expect("a day before").to_string();
        assert_eq!(judged(edition, code, &before, vec![]).1.as_deref(), rule.before, "{} on {before}", rule.id);
        if !rule.to.is_empty() {
            let after = day(rule.to).succ_opt().expect("a day after").to_string();
            assert_eq!(judged(edition, code, &after, vec![]).1.as_deref(), rule.after, "{} on {after}", rule.id);
        }
    }
}

#[test]
fn the_table_states_every_rule_of_the_file() {
    let rules = Rules::embedded();
    let mut ids: Vec<&str> = rules.statistics().map(|r| r.id.as_str()).collect();
    let mut stated: Vec<&str> = RULES.iter().map(|r| r.id).collect();
    ids.sort();
    stated.sort();
    assert_eq!(ids, stated);
    for rule in rules.statistics() {
        let stated = RULES.iter().find(|s| s.id == rule.id).expect("just compared");
        assert_eq!(
            (rule.valid_from, rule.valid_to),
            (day(stated.from), (!stated.to.is_empty()).then(|| day(stated.to))),
            "{}",
            rule.id
        );
    }
}

#[test]
fn sections_without_a_rule_are_unknown_and_say_so() {
    let rich = || vec![(Field::Revenue, yuan(1_000_000_000)), (Field::Employees, Value::Count(5000))];
    for (edition, code) in [(2002, "0111"), (2011, "6610"), (2017, "9110"), (2017, "J"), (2017, "9700")] {
        let verdict = world(edition, code, rich()).one(TODAY, "a").verdicts.size;
        assert_eq!(
            (verdict.verdict, codes(&verdict.reasons), verdict.basis),
            (SizeStatus::Unknown, vec!["no_rule"], None),
            "{code}"
        );
    }
    let early = world(2017, "6510", rich()).one("2005-06-30", "a").verdicts.size;
    assert_eq!((early.verdict, codes(&early.reasons)), (SizeStatus::Unknown, vec!["no_rule_in_force"]));
}

#[test]
fn a_missing_input_is_named() {
    let missing = |small: AssessCase| {
        let verdict = small.one(TODAY, "a").verdicts.size;
        assert_eq!((verdict.verdict, codes(&verdict.reasons)), (SizeStatus::Unknown, vec!["missing_input"]));
        let inputs = &verdict.reasons[0].inputs;
        inputs.iter().find(|i| i.value.is_none()).map(|i| i.name.to_string())
    };
    assert_eq!(missing(world(2017, "3912", vec![])).as_deref(), Some("revenue_main"));
    assert_eq!(missing(world(2017, "4710", vec![])).as_deref(), Some("qualification"));
    // Division 70 holds development and property management, under different rules.
    assert_eq!(missing(world(2017, "70", vec![(Field::Revenue, yuan(1))])).as_deref(), Some("industry_class"));
    let mut unknown = AssessCase::new();
    unknown.enterprise("a", vec![(Field::Revenue, yuan(1))]);
    assert_eq!(missing(unknown).as_deref(), Some("industry"));
}

#[test]
fn the_official_list_comes_first_and_a_differing_rule_is_shown() {
    let listed = |flag, revenue| {
        let values = vec![(Field::OfficialList, Value::Flag(flag)), (Field::RevenueMain, yuan(revenue))];
        world(2017, "3912", values).one(TODAY, "a").verdicts.size
    };
    let agreed = listed(true, 20_000_000);
    assert_eq!(
        (agreed.verdict, agreed.basis, codes(&agreed.reasons)),
        (SizeStatus::Above, Some(SizeBasis::OfficialList), vec!["official_list"])
    );
    let above = listed(true, 19_999_999);
    assert_eq!((above.verdict, codes(&above.reasons)), (SizeStatus::Above, vec!["official_list", "official_and_rule_disagree"]));
    assert_eq!(above.rule.as_deref(), Some("industry-2011"));
    let below = listed(false, 20_000_000);
    assert_eq!(
        (below.verdict, codes(&below.reasons)),
        (SizeStatus::Below, vec!["not_on_official_list", "official_and_rule_disagree"])
    );
    // The same flag in a registry that does not keep the list is no list.
    let mut other = AssessCase::new();
    other.add(
        "a",
        COMMERCE,
        RecordKind::Enterprise,
        vec![(Field::OfficialList, Value::Flag(true)), (Field::Industry, text("3912"))],
    );
    assert_eq!(other.one(TODAY, "a").verdicts.size.verdict, SizeStatus::Unknown);
}

#[test]
fn revenue_stands_in_for_main_revenue_and_says_so() {
    let verdict = world(2017, "3912", vec![(Field::Revenue, yuan(20_000_000))]).one(TODAY, "a").verdicts.size;
    assert_eq!((verdict.verdict, codes(&verdict.reasons)), (SizeStatus::Above, vec!["above_rule", "revenue_stands_in"]));
    let both = vec![(Field::Revenue, yuan(30_000_000)), (Field::RevenueMain, yuan(19_000_000))];
    let verdict = world(2017, "3912", both).one(TODAY, "a").verdicts.size;
    assert_eq!((verdict.verdict, codes(&verdict.reasons)), (SizeStatus::Below, vec!["below_rule"]));
}

#[test]
fn every_input_names_its_record() {
    let verdict = world(2017, "3912", vec![(Field::RevenueMain, yuan(20_000_000))]).one(TODAY, "a").verdicts.size;
    let input = verdict.reasons[0].inputs.iter().find(|i| &*i.name == "revenue_main").expect("the rule's input");
    assert_eq!(
        (input.value.as_deref(), input.registry.as_deref(), input.record.as_deref()),
        (Some("20000000"), Some("statistics"), Some("3-1"))
    );
}

#[test]
fn a_head_count_is_a_proxy_only_where_money_is_missing() {
    let proxied = |code: &str, employees: i64, insured: Option<i64>| {
        let mut small = world(2017, code, vec![]);
        small.policy.proxy.above = Some(100);
        small.add("a", TAX, RecordKind::Enterprise, vec![(Field::Employees, Value::Count(employees))]);
        if let Some(insured) = insured {
            small.add(
                "a",
                crate::support::assess_case::INSURANCE,
                RecordKind::Enterprise,
                vec![(Field::Insured, Value::Count(insured))],
            );
        }
        let verdict = small.one(TODAY, "a").verdicts.size;
        (verdict.verdict, verdict.basis)
    };
    assert_eq!(proxied("3912", 100, None), (SizeStatus::Above, Some(SizeBasis::Proxy)));
    assert_eq!(proxied("3912", 99, None), (SizeStatus::Unknown, None));
    assert_eq!(proxied("3912", 99, Some(500)), (SizeStatus::Unknown, None), "a known employees count is not overruled");
    assert_eq!(proxied("4710", 500, None), (SizeStatus::Unknown, None), "construction asks for a qualification, not for money");
    assert_eq!(proxied("9110", 500, None), (SizeStatus::Unknown, None), "no rule, no proxy");
}

#[test]
fn where_the_insured_decide_the_reason_and_the_priority_say_so() {
    let mut small = world(2017, "3912", vec![]);
    small.policy.proxy.above = Some(100);
    small.add("a", crate::support::assess_case::INSURANCE, RecordKind::Enterprise, vec![(Field::Insured, Value::Count(500))]);
    let verdicts = small.one(TODAY, "a").verdicts;
    let said = |lang| reason_text(&verdicts.size.reasons[0].code, &verdicts.size.reasons[0].inputs, lang);
    assert_eq!(said(Lang::Zh), "缺少营业收入和从业人员，按参保人数 500 人推定");
    let factor = &verdicts.priority.factors[0];
    let inputs: Vec<_> = factor.input.iter().cloned().collect();
    assert_eq!(reason_text(&factor.code, &inputs, Lang::Zh), "参保 500 人");
    assert_eq!(reason_text(&factor.code, &inputs, Lang::En), "500 insured persons");
}

#[test]
fn the_size_class_stands_beside_the_verdict() {
    let values = vec![(Field::Revenue, yuan(400_000_000)), (Field::Employees, Value::Count(999))];
    let verdict = world(2017, "3912", values).one(TODAY, "a").verdicts.size;
    assert_eq!((verdict.verdict, verdict.size_class), (SizeStatus::Above, SizeClass::Medium));
}

#[test]
fn a_wrong_rules_file_is_refused_with_file_line_and_reason() {
    let rule = |id: &str, dates: &str, codes: &str, condition: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\nfamily = \"statistics\"\nscope_zh = \"甲\"\nscope_en = \"A\"\n{dates}\n{codes}\ntest = \"all\"\n\
             conditions = [{condition}]\nsources = [\"s\"]\nconfidence = \"high\"\n"
        )
    };
    let head = "schema = 1\n[sources]\ns = \"甲\"\n";
    let (dates, c, money) = (
        "valid_from = \"2011-01-01\"",
        "codes.2017 = { sections = [\"C\"] }",
        "{ metric = \"revenue\", op = \"ge\", value = 5 }",
    );
    let good = rule("a", dates, c, money);
    assert!(Rules::parse(&format!("{head}{good}"), "r.toml").is_ok());
    for (what, file, line, reason) in [
        ("no dates", rule("b", "", c, money), 4, "valid_from"),
        ("unknown metric", rule("b", dates, c, "{ metric = \"profit\", op = \"ge\", value = 5 }"), 12, "profit"),
        ("unknown code", rule("b", dates, "codes.2017 = { divisions = [\"99\"] }", money), 4, "99"),
        ("unknown key", rule("b", &format!("{dates}\nvalid_til = \"2012-01-01\""), c, money), 10, "valid_til"),
        (
            "two rules for one industry",
            format!("{good}{}", rule("b", dates, "codes.2017 = { divisions = [\"13\"] }", money)),
            15,
            "\"a\"",
        ),
        ("one id twice", format!("{good}{}", rule("a", dates, "codes.2017 = { sections = [\"D\"] }", money)), 15, "twice"),
    ] {
        let faults = Rules::parse(&format!("{head}{file}"), "r.toml").expect_err(what);
        assert_eq!((faults[0].file.as_str(), faults[0].line), ("r.toml", line), "{what}: {}", faults[0]);
        assert!(faults[0].to_string().contains(reason), "{what}: {}", faults[0]);
    }
    // All at once: a rule without dates, one with an unknown key, and two that contradict each other.
    let unknown = rule("c", &format!("{dates}\nvalid_til = \"2012-01-01\""), "codes.2017 = { sections = [\"D\"] }", money);
    let file = format!("{head}{}{unknown}{good}{}", rule("b", "", c, money), rule("d", dates, c, money));
    let faults = Rules::parse(&file, "r.toml").expect_err("three faults");
    let found: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 3, "{found:#?}");
    for (fault, reason) in found.iter().zip(["valid_from", "valid_til", "\"a\""]) {
        assert!(fault.starts_with("r.toml:") && fault.contains(reason), "{fault}");
    }
}
