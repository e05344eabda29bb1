//! The edition: what is written reads back, and every question gives what a plain loop over the facts gives.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use huitu::edition::synthetic::input;
use huitu::edition::*;
use huitu::model::enterprise::{Enterprise, IdentifierKind};
use huitu::model::value::Money;
use huitu::model::verdict::*;

struct Case {
    _root: tempfile::TempDir,
    facts: Vec<Enterprise>,
    edition: Edition,
}

fn case(count: u32) -> Case {
    let root = tempfile::tempdir().unwrap();
    let facts = input(1, count, 7);
    let mut rows = facts.enterprises.clone();
    rows.sort_by(|a, b| b.verdicts.priority.score.total_cmp(&a.verdicts.priority.score).then(a.id.cmp(&b.id)));
    write(root.path(), facts).unwrap();
    let edition = Edition::open(&root.path().join("000001")).unwrap();
    Case { facts: rows, edition, _root: root }
}

fn expect(case: &Case, filter: Filter, holds: impl Fn(&Enterprise) -> bool) {
    let found: Vec<u32> = case.edition.filter(&filter).unwrap().iter().collect();
    let expected: Vec<u32> = (0..).zip(&case.facts).filter(|(_, e)| holds(e)).map(|(row, _)| row).collect();
    assert_eq!(found, expected, "{filter:?}");
    assert!(!expected.is_empty(), "{filter:?} tests nothing");
}

#[test]
fn an_enterprise_reads_back_as_it_was_written() {
    let case = case(2_000);
    for (row, e) in case.facts.iter().enumerate() {
        let r = case.edition.enterprise(row as u32);
        assert_eq!(r.id(), &*e.id);
        assert_eq!(r.name(), &*e.name);
        assert_eq!(r.credit_code(), e.credit_code.as_deref());
        assert_eq!(r.former_names(), e.former_names.iter().map(|n| &**n).collect::<Vec<_>>());
        assert_eq!((r.status(), r.ownership()), (Some(e.status), Some(e.ownership)));
        assert_eq!(r.established_on(), e.established_on);
        assert_eq!((r.district(), r.town(), r.employees()), (e.district, e.town, e.employees));
        assert_eq!((r.revenue(), r.payroll()), (e.revenue, e.payroll));
        assert_eq!(r.location(), e.location);
        assert_eq!(r.section(), e.section.map(String::from).as_deref());
        assert_eq!((r.tags(), r.conflicts()), (e.tags, e.conflicts));
        assert_eq!(r.verdicts().unwrap(), e.verdicts);
        assert_eq!(
            (r.gap(), r.union(), r.size()),
            (Some(e.verdicts.gap.status), Some(e.verdicts.union.verdict), Some(e.verdicts.size.verdict))
        );
        assert_eq!(r.gap_since(), e.verdicts.gap.since);
        assert_eq!(r.in_gap(), e.in_gap());
        assert!(r.members().len() >= 2);
        assert!(r.members().all(|m| m.key().ends_with(e.id.trim_start_matches(['E', '0'])) || &*e.id == "E000000000000"));
    }
}

#[test]
fn every_filter_gives_what_a_plain_loop_gives() {
    let case = case(5_000);
    let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
    expect(&case, Filter::All, |_| true);
    expect(&case, Filter::InGap, Enterprise::in_gap);
    expect(&case, Filter::Area(vec!["110103".into()]), |e| e.district == Some(110_103));
    expect(&case, Filter::Area(vec!["110103".into(), "示例4区".into()]), |e| matches!(e.district, Some(110_103 | 110_105)));
    expect(&case, Filter::Area(vec!["110103004".into()]), |e| e.town == Some(110_103_004));
    expect(&case, Filter::Area(vec!["D110104".into()]), |e| e.federation.as_deref() == Some("D110104"));
    expect(&case, Filter::Industry(vec!["C".into()]), |e| e.section == Some('C'));
    expect(&case, Filter::Industry(vec!["11".into()]), |e| e.industry.as_deref().unwrap()[1..3] == *"11");
    let class = case.facts[9].industry.clone().unwrap();
    expect(&case, Filter::Industry(vec![class[1..].into()]), |e| e.industry.as_deref().unwrap()[1..] == class[1..]);
    expect(&case, Filter::Industry(vec![class[1..4].into()]), |e| e.industry.as_deref().unwrap()[1..4] == class[1..4]);
    let any = |facet, values: &[&str]| Filter::Any { facet, values: values.iter().map(|v| (*v).to_owned()).collect() };
    expect(&case, any("ownership", &["STATE", "FOREIGN"]), |e| matches!(e.ownership, Ownership::State | Ownership::Foreign));
    expect(&case, any("union", &["JOINT"]), |e| e.verdicts.union.verdict == UnionStatus::Joint);
    expect(&case, any("tag", &["FOREIGN"]), |e| e.has_tag(EnterpriseTag::Foreign));
    expect(&case, any("country", &["JP"]), |e| e.investor_countries.iter().any(|c| &**c == "JP"));
    expect(&case, any("conflict", &["EMPLOYEES"]), |e| e.conflicts.0 != 0);
    expect(&case, any("finding", &["refused"]), |e| !e.findings.is_empty());
    expect(&case, Filter::Employees(Range { gte: Some(100), lte: Some(500) }), |e| {
        e.employees.is_some_and(|n| (100..=500).contains(&n))
    });
    expect(&case, Filter::Revenue(Range { gte: Some(Money::from_yuan(50_000_000)), lte: None }), |e| {
        e.revenue.is_some_and(|m| m >= Money::from_yuan(50_000_000))
    });
    expect(&case, Filter::EstablishedOn(Range { gte: None, lte: Some(day(1999, 12, 31)) }), |e| {
        e.established_on.is_some_and(|d| d <= day(1999, 12, 31))
    });
    expect(&case, Filter::GapSince(Range { gte: Some(day(2026, 3, 1)), lte: None }), |e| {
        e.verdicts.gap.since.is_some_and(|d| d >= day(2026, 3, 1))
    });
    expect(&case, Filter::Priority(Range { gte: Some(20.0), lte: Some(60.0) }), |e| {
        (20.0..=60.0).contains(&e.verdicts.priority.score)
    });
    expect(&case, Filter::Box { west: 116.2, south: 39.6, east: 116.5, north: 40.0 }, |e| {
        e.location.is_some_and(|l| (116.2..=116.5).contains(&l.longitude) && (39.6..=40.0).contains(&l.latitude))
    });
    expect(&case, Filter::Text("科技".into()), |e| {
        e.name.contains("科技") || e.former_names.iter().any(|n| n.contains("科技"))
    });
    expect(&case, Filter::Text("餐饮管理有限".into()), |e| e.name.contains("餐饮管理有限"));
    let mixed = Filter::And(vec![
        Filter::Or(vec![Filter::Text("商贸".into()), Filter::Employees(Range { gte: Some(300), lte: None })]),
        Filter::Not(Box::new(any("status", &["DEREGISTERED"]))),
        Filter::Area(vec!["110105".into()]),
        Filter::Not(Box::new(Filter::Employees(Range { gte: None, lte: Some(20) }))),
    ]);
    expect(&case, mixed, |e| {
        let trade = e.name.contains("商贸") || e.former_names.iter().any(|n| n.contains("商贸"));
        (trade || e.employees.is_some_and(|n| n >= 300))
            && e.status != OperatingStatus::Deregistered
            && e.district == Some(110_105)
            && e.employees.is_none_or(|n| n > 20)
    });
    assert!(matches!(case.edition.filter(&Filter::Area(vec!["999999".into()])), Err(EditionError::BadInput(_))));
    assert!(matches!(case.edition.filter(&Filter::Industry(vec!["C39112".into()])), Err(EditionError::BadInput(_))));
}

#[test]
fn pages_of_any_order_yield_every_row_once_and_in_order() {
    let case = case(3_000);
    let rows = case.edition.filter(&Filter::Industry(vec!["C".into(), "D".into()])).unwrap();
    for sort in [Sort::Priority, Sort::Employees, Sort::Revenue, Sort::Name, Sort::EstablishedOn, Sort::GapSince] {
        for direction in [SortDirection::Asc, SortDirection::Desc] {
            let order = [Order { sort, direction }];
            let mut seen: Vec<Row> = Vec::new();
            let mut after = None;
            loop {
                let page = case.edition.page(&rows, &order, 37, after);
                assert_eq!(page.total, rows.len());
                assert_eq!(page.has_previous, after.is_some());
                // A jump leads to the same page, from the beginning and from behind the first one.
                let first_page = seen.get(36).map(|last| (Some(*last), seen.len() - 37));
                for behind in [Some((None, seen.len())), first_page].into_iter().flatten() {
                    assert_eq!(case.edition.page_behind(&rows, &order, 37, behind), page, "{order:?} {behind:?}");
                }
                seen.extend(&page.rows);
                after = page.rows.last().copied();
                if !page.has_next {
                    break;
                }
            }
            let beyond = case.edition.page_behind(&rows, &order, 37, (None, usize::MAX));
            assert!(beyond.rows.is_empty() && !beyond.has_next, "nothing stands behind the last");
            let mut sorted = seen.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, rows.iter().collect::<Vec<_>>(), "{order:?}");
            let employees: Vec<Option<u32>> = seen.iter().map(|r| case.facts[*r as usize].employees).collect();
            if sort == Sort::Employees {
                let known: Vec<u32> = employees.iter().flatten().copied().collect();
                assert!(known.is_sorted_by(|a, b| if direction == SortDirection::Asc { a <= b } else { a >= b }));
                assert!(employees.iter().skip_while(|e| e.is_some()).all(Option::is_none), "unknown ones come last");
            }
        }
    }
}

#[test]
fn coverage_counts_what_a_plain_loop_counts() {
    let case = case(4_000);
    let some = case.edition.filter(&Filter::Employees(Range { gte: Some(30), lte: None })).unwrap();
    for rows in [case.edition.all(), some] {
        let (groups, total) = case.edition.coverage(&[Dimension::Town, Dimension::IndustrySection], &rows, 20_000).unwrap();
        let mut expected: BTreeMap<(String, String), Measures> = BTreeMap::new();
        for row in rows.iter() {
            let e = &case.facts[row as usize];
            let key = (e.town.map(|t| t.to_string()).unwrap_or_default(), e.section.map(String::from).unwrap_or_default());
            let m = expected.entry(key).or_default();
            let v = &e.verdicts;
            m.enterprises += 1;
            m.out_of_scope += u64::from(v.gap.status == GapStatus::OutOfScope);
            m.lacking += u64::from(v.gap.status == GapStatus::Lacking);
            m.in_gap += u64::from(e.in_gap());
            if v.gap.status != GapStatus::OutOfScope {
                m.employees += u64::from(e.people.employees);
            }
        }
        assert_eq!(groups.len(), expected.len());
        for (group, ((town, section), m)) in groups.iter().zip(&expected) {
            assert_eq!((&group.keys[0], &group.keys[1]), (town, section));
            let g = &group.measures;
            assert_eq!(
                (g.enterprises, g.out_of_scope, g.lacking, g.in_gap, g.employees),
                (m.enterprises, m.out_of_scope, m.lacking, m.in_gap, m.employees)
            );
        }
        assert_eq!(total.enterprises, rows.len());
        assert_eq!(total.in_gap, rows.intersection_len(&case.edition.filter(&Filter::InGap).unwrap()));
        assert_eq!(total.in_scope, total.gap_covered + total.lacking + total.lacking_independent + total.undecided);
    }
    // So many groups that they are counted by hash, and more than are answered.
    let many =
        [Dimension::Town, Dimension::IndustryDivision, Dimension::Ownership, Dimension::SizeClass, Dimension::InvestorCountry];
    let (groups, total) = case.edition.coverage(&many, &case.edition.all(), 20_000).unwrap();
    assert_eq!(groups.iter().map(|g| g.measures.enterprises).sum::<u64>(), 4_000);
    assert_eq!(total.enterprises, 4_000);
    assert!(matches!(case.edition.coverage(&many, &case.edition.all(), 100), Err(EditionError::BadInput(_))));
    let (by_gap, _) = case.edition.coverage(&[Dimension::GapStatus], &case.edition.all(), 10).unwrap();
    assert_eq!(by_gap.iter().find(|g| g.keys[0] == "LACKING").unwrap().measures.lacking, total.lacking);
}

#[test]
fn search_finds_characters_pinyin_initials_codes_and_former_names() {
    let mut facts = input(1, 500, 3);
    facts.enterprises[100].name = "北京西安门云峰科技有限公司".into();
    facts.enterprises[200].name = "示例市云峰有限公司".into();
    facts.enterprises[200].former_names = ["示例市长歌行服装厂".into()].into();
    facts.enterprises[300].name = "ＡＢＢ示例(北京)工程有限公司".into();
    let ids: Vec<String> = facts.enterprises.iter().map(|e| e.id.to_string()).collect();
    let code = facts.enterprises[42].credit_code.clone().unwrap();
    let root = tempfile::tempdir().unwrap();
    write(root.path(), facts).unwrap();
    let edition = Edition::open(&root.path().join("000001")).unwrap();
    let found = |text: &str| -> Vec<String> {
        edition.search(text, None, 20).iter().map(|h| edition.enterprise(h.row).id().to_owned()).collect()
    };
    for text in ["云峰", "yunfeng", "yunf", "YF", "yunfengkeji", "xianmenyunfeng", "yfkj", "yfkjyxgs"] {
        assert!(found(text).contains(&ids[100]), "{text}: {:?}", found(text));
    }
    assert!(found("长歌行").contains(&ids[200]) && found("cgx").contains(&ids[200]));
    assert_eq!(edition.search("长歌", None, 5)[0].field, HitField::FormerName);
    assert!(found("abb示例").contains(&ids[300]) && found("ABB").contains(&ids[300]));
    assert_eq!(found(&code), vec![ids[42].clone()]);
    assert_eq!(found(&code[8..17]), vec![ids[42].clone()]);
    assert_eq!(found("SI00000042"), vec![ids[42].clone()]);
    let row = edition.rows(&LookupKey::Id(ids[42].clone()))[0];
    for part in [&code[..5], &code[12..16], &code[13..17]] {
        assert!(edition.text(part).contains(row), "four characters of a code find it: {part}");
        assert!(!found(part).is_empty(), "{part}");
    }
    assert!(!edition.text(&code[..3]).contains(row), "three are no part of a code");
    assert_eq!(found("示例市云峰有限公司")[0], ids[200], "the whole name comes first");
    assert!(found("鳏寡孤独").is_empty() && found("").is_empty() && found("（）").is_empty());
    assert!(found("云").contains(&ids[100]), "one character finds something too");
    assert_eq!(edition.text("云峰").len(), 2);
    assert_eq!(edition.text("云峰科").len(), 1);
}

#[test]
fn keys_name_rows_and_unions_their_hosts() {
    let case = case(500);
    for (row, e) in case.facts.iter().enumerate() {
        let row = vec![row as u32];
        assert_eq!(case.edition.rows(&LookupKey::Id(e.id.to_string())), row);
        assert_eq!(case.edition.rows(&LookupKey::CreditCode(e.credit_code.as_deref().unwrap().to_lowercase())), row);
        assert_eq!(case.edition.rows(&LookupKey::Identifier(IdentifierKind::Insurance, e.identifiers[0].1.to_string())), row);
        for m in case.edition.enterprise(row[0]).members() {
            assert_eq!(case.edition.rows(&LookupKey::Record { registry: m.registry().into(), key: m.key().into() }), row);
        }
        for link in &e.verdicts.union.unions {
            let union = case.edition.union_of(&link.union).unwrap();
            assert_eq!(union.covers(), row);
            assert_eq!(Some(union.name()), Some(&*format!("{}工会委员会", e.name)));
        }
    }
    assert_eq!(case.edition.rows(&LookupKey::Id("nobody".into())), Vec::<u32>::new());
}

#[test]
fn equal_facts_give_equal_digests_whatever_the_number_and_share_their_files() {
    let root = tempfile::tempdir().unwrap();
    let first = write(root.path(), input(1, 300, 5)).unwrap();
    let mut again = input(2, 300, 5);
    again.enterprises.reverse();
    let second = write(root.path(), again).unwrap();
    assert_eq!(first.digest, second.digest);
    assert_ne!(first.published_at, second.published_at);
    let third = write(root.path(), input(3, 301, 5)).unwrap();
    assert_ne!(first.digest, third.digest);
    for number in ["000001", "000002", "000003"] {
        Manifest::read(&root.path().join(number)).unwrap().verify(&root.path().join(number)).unwrap();
    }
    use std::os::unix::fs::MetadataExt;
    let inode = |number: &str| std::fs::metadata(root.path().join(number).join("enterprises.arrow")).unwrap().ino();
    assert_eq!(inode("000001"), inode("000002"));
    assert!(write(root.path(), input(3, 10, 5)).is_err(), "a number is taken once");
    let left: Vec<_> = std::fs::read_dir(root.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "nothing half done stays: {left:?}");
}

#[test]
fn a_changed_or_cut_file_is_noticed() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), input(1, 300, 5)).unwrap();
    let folder = root.path().join("000001");
    let path = folder.join("enterprises.arrow");
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, &bytes).unwrap();
    let problem = Manifest::read(&folder).unwrap().verify(&folder).unwrap_err().to_string();
    assert!(problem.contains("enterprises.arrow"), "{problem}");
    std::fs::write(&path, &bytes[..middle]).unwrap();
    assert!(matches!(Edition::open(&folder), Err(EditionError::Broken { .. })));
}

/// Changes one bit of a file.
fn flip(folder: &std::path::Path, name: &str, at: usize) {
    let path = folder.join(name);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[at] ^= 1;
    // Anew: equal files of two editions are one.
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, &bytes).unwrap();
}

#[test]
fn a_flipped_byte_in_any_file_is_refused_before_the_edition_answers() {
    let written = tempfile::tempdir().unwrap();
    write(written.path(), input(1, 300, 5)).unwrap();
    write(written.path(), input(2, 310, 6)).unwrap();
    let day = Manifest::read(&written.path().join("000002")).unwrap().as_of;
    let mut names: Vec<String> = std::fs::read_dir(written.path().join("000002"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(names.len() >= 12 && names.contains(&"manifest.json".to_owned()) && names.contains(&"labels.json".to_owned()));
    for name in names {
        let length = std::fs::metadata(written.path().join("000002").join(&name)).unwrap().len() as usize;
        for at in [0, length / 4, length / 2, length * 3 / 4, length - 1] {
            let root = tempfile::tempdir().unwrap();
            for number in ["000001", "000002"] {
                std::fs::create_dir(root.path().join(number)).unwrap();
                for file in std::fs::read_dir(written.path().join(number)).unwrap() {
                    let file = file.unwrap();
                    std::fs::copy(file.path(), root.path().join(number).join(file.file_name())).unwrap();
                }
            }
            let whole = root.path().join("000002");
            flip(&whole, &name, at);
            // At the start of a server, and while it runs.
            let started = Editions::open(root.path()).unwrap();
            assert_eq!(started.current().unwrap().number(), 1, "{name} byte {at}");
            assert!(started.refresh().unwrap().is_none() && started.is_broken(2), "{name} byte {at}");
            assert_eq!(started.as_of(day).unwrap().number(), 1, "{name} byte {at}");
            let problem = Edition::open(&whole).unwrap_err().to_string();
            assert!(problem.contains(&name) && problem.contains("huitu sync"), "{name} byte {at}: {problem}");
            // Once its bytes are right again it answers.
            flip(&whole, &name, at);
            assert_eq!(started.refresh().unwrap().map(|e| e.number()), Some(2), "{name} byte {at}");
            assert!(!started.is_broken(2));
        }
    }
}

#[test]
fn a_damaged_file_is_not_linked_into_the_next_edition() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), input(1, 300, 5)).unwrap();
    flip(&root.path().join("000001"), "enterprises.arrow", 5_000);
    write(root.path(), input(2, 300, 5)).unwrap();
    let editions = Editions::open(root.path()).unwrap();
    assert_eq!(editions.current().unwrap().number(), 2);
    assert!(matches!(editions.number(1), Err(EditionError::Broken { .. })), "an earlier one is read too before it answers");
}

#[test]
fn the_set_swaps_in_the_newest_and_answers_by_number_and_date() {
    let root = tempfile::tempdir().unwrap();
    let editions = Editions::open(root.path()).unwrap();
    assert!(matches!(editions.current(), Err(EditionError::None)));
    for number in [3, 4, 6] {
        write(root.path(), input(number, 50 + number, 5)).unwrap();
        assert_eq!(editions.refresh().unwrap().unwrap().number(), number);
    }
    assert!(editions.refresh().unwrap().is_none(), "nothing new");
    let held = editions.number(3).unwrap();
    assert_eq!(editions.list().iter().map(|m| m.number).collect::<Vec<_>>(), [6, 4, 3]);
    let day = editions.manifest(4).unwrap().as_of;
    assert_eq!(editions.as_of(day).unwrap().number(), 4);
    assert_eq!(editions.as_of(day + chrono::Days::new(1)).unwrap().number(), 4);
    assert!(matches!(editions.as_of(day - chrono::Days::new(9)), Err(EditionError::BeforeFirst { .. })));
    assert!(matches!(editions.number(5), Err(EditionError::Gone { number: 5, nearest: Some(4 | 6) })));
    std::fs::remove_dir_all(root.path().join("000003")).unwrap();
    editions.refresh().unwrap();
    assert!(editions.number(3).is_err());
    assert!(held.enterprise(0).name().chars().count() > 3, "who holds a removed edition reads on");
}

#[test]
fn an_edition_without_enterprises_answers_too() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), input(1, 0, 5)).unwrap();
    let edition = Edition::open(&root.path().join("000001")).unwrap();
    assert!(edition.is_empty() && edition.filter(&Filter::InGap).unwrap().is_empty());
    assert_eq!(edition.filter(&Filter::Employees(Range { gte: Some(1), lte: None })).unwrap().len(), 0);
    assert_eq!(edition.coverage(&[Dimension::District], &edition.all(), 10).unwrap().0.len(), 0);
    assert!(edition.search("科技", None, 5).is_empty());
}

#[test]
fn counts_hold_beyond_the_size_of_one_bitmap_container() {
    // Full runs of 65,536 rows come into being where the most urgent rows all share a value.
    let case = case(150_000);
    let filter = Filter::Priority(Range { gte: Some(2.0), lte: None });
    let rows = case.edition.filter(&filter).unwrap();
    assert!(rows.len() > 70_000);
    let (groups, total) = case.edition.coverage(&[Dimension::District], &rows, 100).unwrap();
    assert_eq!(total.enterprises, rows.len());
    assert_eq!(groups.iter().map(|g| g.measures.enterprises).sum::<u64>(), rows.len());
    let expected = case.facts.iter().filter(|e| e.verdicts.priority.score >= 2.0 && e.in_gap()).count() as u64;
    assert_eq!(total.in_gap, expected);
    assert_eq!(case.edition.page(&rows, &[], 3, Some(65_534)).rows, [65_535, 65_536, 65_537]);
}
