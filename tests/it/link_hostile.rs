//! Bad input: no panic, no quadratic effort (pairs are counted, not seconds), and a person is told.

use std::collections::BTreeSet;

use huitu::link::{FlagKind, LinkSettings, Linker, Linking, Previous, Weights};
use huitu::model::linkage::{LinkRecord, LinkRole};

const REGISTRIES: [&str; 3] = ["commerce", "tax", "unions"];

fn record(registry: u16, key: &str, code: &str, name: &str) -> LinkRecord {
    LinkRecord {
        registry,
        key: key.into(),
        issues_codes: registry == 0,
        role: if registry == 2 { LinkRole::Union } else { LinkRole::Enterprise },
        credit_code: code.into(),
        name: name.into(),
        ..LinkRecord::default()
    }
}

/// A valid credit code made of a number.
fn code(number: u32) -> String {
    use huitu::model::identifier::{credit_check, organisation_check};
    let body = format!("{:08}", 60_000_000 + number);
    let organisation = organisation_check(body.as_bytes()).expect("digits") as char;
    let head = format!("91110105{body}{organisation}");
    format!("{head}{}", credit_check(head.as_bytes()).expect("valid characters") as char)
}

fn linked(records: &[LinkRecord]) -> Linking {
    let mut linker = Linker::new(LinkSettings::with_registries(REGISTRIES), Weights::shipped());
    linker.put(records);
    let linking = linker.link(&Previous::default(), &[]);
    assert_eq!(linking.decisions.len(), records.len(), "a decision for every record");
    // The same again, as a change of everything said: nothing may be left over from the first run.
    for r in records {
        linker.put(&[LinkRecord { employees: Some(7), ..r.clone() }]);
    }
    linker.link(&Previous::default(), &[]);
    linking
}

fn entities(linking: &Linking) -> usize {
    linking.decisions.iter().filter_map(|d| d.entity).collect::<BTreeSet<_>>().len()
}

fn flagged(linking: &Linking, kind: FlagKind) -> Vec<u32> {
    linking.flags.iter().filter(|f| f.kind == kind).map(|f| f.count).collect()
}

#[test]
fn empty_names_and_names_of_punctuation_join_nothing_and_are_flagged() {
    let names = ["", " ", "　", "。。。", "（）", "--", "【】〔〕", "\u{200b}", "？？？", "·"];
    let many = names.iter().cycle().take(500).enumerate();
    let records: Vec<LinkRecord> = many.map(|(i, name)| record((i % 3) as u16, &format!("K{i}"), "", name)).collect();
    let linking = linked(&records);
    assert_eq!(entities(&linking), records.len(), "nothing to compare is no reason to join");
    assert_eq!(flagged(&linking, FlagKind::NoName).len(), records.len());
    assert_eq!(linking.statistics.compared_pairs, 0);
}

#[test]
fn a_thousand_records_with_one_name_cost_no_thousand_squared() {
    let same = |count: usize| -> Vec<LinkRecord> {
        (0..count).map(|i| record(1 + (i % 2) as u16, &format!("K{i}"), "", "北京恒信通达科技有限公司")).collect()
    };
    let (small, large) = (linked(&same(1_000)), linked(&same(4_000)));
    let pairs = |linking: &Linking| linking.statistics.compared_pairs;
    assert!(pairs(&small) <= 200 * 1_000, "{}", pairs(&small));
    assert!(pairs(&large) <= 5 * pairs(&small).max(1_000), "{} after {}", pairs(&large), pairs(&small));
    assert_eq!(flagged(&small, FlagKind::ManyRecordsOneName), [1_000]);
    assert_eq!(flagged(&large, FlagKind::ManyRecordsOneName), [4_000]);
}

#[test]
fn a_thousand_branches_of_one_firm_cost_no_thousand_squared() {
    let place = |n: usize| ["海淀", "朝阳", "丰台", "通州", "昌平"][n % 5];
    let branches = |count: usize| -> Vec<LinkRecord> {
        let name = |i: usize| format!("北京恒信商贸有限公司{}第{i}分公司", place(i));
        let firm = record(0, "GS", &code(1), "北京恒信商贸有限公司");
        (0..count).map(|i| record(1, &format!("K{i}"), &code(1), &name(i))).chain([firm]).collect()
    };
    let (small, large) = (linked(&branches(500)), linked(&branches(2_000)));
    let pairs = |linking: &Linking| linking.statistics.compared_pairs.max(20_000);
    assert!(pairs(&large) <= 6 * pairs(&small), "{} after {}", pairs(&large), pairs(&small));
    assert_eq!(flagged(&small, FlagKind::BranchUnderParentCode).len(), 500);
}

#[test]
fn one_code_on_a_hundred_names_says_nothing_of_any_and_is_flagged() {
    let records: Vec<LinkRecord> =
        (0..100).map(|i| record(1, &format!("K{i}"), &code(5), &format!("甲{i}乙丙丁戊{i}有限公司"))).collect();
    let linking = linked(&records);
    assert_eq!(entities(&linking), 100, "a code dragged over a hundred rows is none of theirs");
    let flagged = flagged(&linking, FlagKind::CodeOnManyNames);
    assert_eq!(flagged.len(), 100);
    assert!(flagged.iter().all(|names| *names == 100));
}

#[test]
fn renames_in_a_circle_are_flagged_and_long_chains_are_not() {
    let name = |n: usize| {
        let glyph = |at: usize| ["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸"][at % 10];
        format!("{}{}{}{}商贸有限公司", glyph(n / 1000), glyph(n / 100), glyph(n / 10), glyph(n))
    };
    let renamed = |n: usize, before: usize| {
        let mut r = record(0, &format!("GS{n}"), &code(n as u32), &name(n));
        r.former_names.push(name(before).into());
        r
    };
    let circle: Vec<LinkRecord> = (0..3).map(|n| renamed(n, (n + 2) % 3)).collect();
    let linking = linked(&circle);
    assert_eq!(flagged(&linking, FlagKind::RenameCycle), [3]);
    assert_eq!(entities(&linking), 3, "names alone join no two codes");
    let chain: Vec<LinkRecord> = (1..5_000).map(|n| renamed(n, n - 1)).collect();
    assert!(flagged(&linked(&chain), FlagKind::RenameCycle).is_empty());
}

#[test]
fn overlong_and_odd_texts_do_no_harm() {
    let odd =
        ["长".repeat(5_000), "𠮷𡈽".repeat(40), "a".repeat(70_000), "\u{feff}北京".into(), "1234567890".into(), "🏭🏭🏭".into()];
    let records: Vec<LinkRecord> = odd
        .iter()
        .zip(0u16..)
        .map(|(text, part)| LinkRecord {
            part,
            address: text.as_str().into(),
            phone: text.as_str().into(),
            registration_number: text.as_str().into(),
            former_names: vec![text.as_str().into()],
            ..record(1, text, text, text)
        })
        .collect();
    assert_eq!(linked(&records).decisions.len(), odd.len());
}
