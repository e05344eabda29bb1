//! What other columns than the name decide: the kind of the unit, former names, addresses from before a move, and rows whose
//! cells stand one column beside their own. All names are invented.

use huitu::connector::Connector;
use huitu::link::{Linker, Linking};
use huitu::model::linkage::{Judgement, JudgementVerdict, LinkRecord, RecordRef};
use huitu::model::value::PartialDate;
use huitu::records::link_record;

use crate::link_kinds::{REGISTRIES, city, code, linked, record, registry};

/// A city, and these beside it.
fn beside_a_city(records: Vec<LinkRecord>) -> (Linker, Linking) {
    linked(&[city(), records].concat())
}

fn refer(name: &str, key: &str) -> RecordRef {
    RecordRef { registry: REGISTRIES[usize::from(registry(name))].into(), key: key.into(), part: 0 }
}

fn together((linker, linking): &(Linker, Linking), keys: &[&str]) -> bool {
    let entity = |key: &&str| {
        let decision = linking.decisions.iter().find(|d| *linker.record_ref(d.record).key == **key);
        decision.unwrap_or_else(|| panic!("{key} was decided on")).entity
    };
    keys.windows(2).all(|pair| entity(&pair[0]).is_some() && entity(&pair[0]) == entity(&pair[1]))
}

fn queued((_, linking): &(Linker, Linking), one: &str, other: &str) -> bool {
    let is = |pair: &huitu::link::ReviewPair, a: &str, b: &str| *pair.left.key == *a && *pair.right.key == *b;
    linking.review.iter().any(|pair| is(pair, one, other) || is(pair, other, one))
}

/// A firm in commerce and tax, at a place and under a number of its own.
fn firm(number: usize, name: &str) -> [LinkRecord; 2] {
    [0, 1].map(|registry| LinkRecord {
        address: format!("北京市朝阳区珞石路{}号", 3 * number).into(),
        district: "朝阳区".into(),
        phone: format!("010-8{number:07}").into(),
        established: Some(PartialDate { year: 2009, month: 4, day: 1 + (number % 27) as u8 }),
        ..record(registry, format!("{}{number}", ["GS", "SW"][usize::from(registry)]), &code(20_000 + number), name)
    })
}

#[test]
fn the_registry_that_says_what_a_unit_is_decides_whose_an_establishment_is_and_else_a_person_does() {
    let name = "北京珞垣建设有限公司";
    let part = |unit_type: &str, code: &str| LinkRecord {
        district: "朝阳区".into(),
        unit_type: unit_type.into(),
        ..record(2, "TJ".into(), code, "北京珞垣建设有限公司地铁12号线项目部")
    };
    let of = |unit_type: &str, code: &str| beside_a_city([&firm(1, name)[..], &[part(unit_type, code)]].concat());
    let own = code(30_001);

    // Without a code it is the firm's, unless its registry calls it a legal person.
    for said in ["", "产业活动单位", "2", "企业"] {
        assert!(together(&of(said, ""), &["GS1", "SW1", "TJ"]), "{said}");
    }
    for said in ["法人单位", "企业法人", "1"] {
        assert!(!together(&of(said, ""), &["GS1", "TJ"]), "{said}");
    }
    // With a code of its own it is what the registry says, and a person's matter where none does.
    for said in ["产业活动单位", "产业活动单位（非法人）", "2"] {
        let outcome = of(said, &own);
        assert!(together(&outcome, &["GS1", "SW1", "TJ"]) && !queued(&outcome, "GS1", "TJ"), "{said}");
    }
    for said in ["法人单位", "1"] {
        let outcome = of(said, &own);
        assert!(!together(&outcome, &["GS1", "TJ"]) && !queued(&outcome, "GS1", "TJ"), "{said}");
    }
    let outcome = of("", &own);
    assert!(!together(&outcome, &["GS1", "TJ"]) && queued(&outcome, "GS1", "TJ"));
    // With the firm's own code it is the firm's.
    assert!(together(&of("", &code(20_001)), &["GS1", "SW1", "TJ"]));
    // A branch is registered by itself, though statistics call it 产业活动单位 like any other.
    let branch = LinkRecord { name: "北京珞垣建设有限公司海淀分公司".into(), ..part("产业活动单位", "") };
    assert!(!together(&beside_a_city([&firm(1, name)[..], &[branch]].concat()), &["GS1", "TJ"]));
}

#[test]
fn a_person_who_says_that_an_establishment_is_its_firms_is_obeyed_and_asked_no_more() {
    let part = record(2, "TJ".into(), &code(30_002), "北京珞垣建设有限公司第一工厂");
    let records = [&city()[..], &firm(1, "北京珞垣建设有限公司"), &[part]].concat();
    let (mut linker, first) = linked(&records);
    assert!(queued(&(linker.clone(), first), "GS1", "TJ"));
    let judgement = Judgement {
        id: "J1".into(),
        left: refer("commerce", "GS1"),
        right: refer("statistics", "TJ"),
        verdict: JudgementVerdict::Same,
    };
    let second = linker.link(&Default::default(), &[judgement]);
    assert!(!second.review.iter().any(|pair| *pair.left.key == *"TJ"));
    let decisions = linker.decisions();
    let entity = |key: &str| decisions.iter().find(|d| *linker.record_ref(d.record).key == *key).and_then(|d| d.entity);
    assert_eq!(entity("GS1"), entity("TJ"));
}

#[test]
fn records_of_an_establishment_in_several_registries_go_with_its_firm_together() {
    let name = "北京珞垣建设有限公司第二工厂";
    let own = code(30_003);
    let parts = [
        LinkRecord { unit_type: "产业活动单位".into(), ..record(2, "TJ".into(), &own, name) },
        record(3, "SB".into(), &own, name),
    ];
    let outcome = beside_a_city([&firm(1, "北京珞垣建设有限公司")[..], &parts].concat());
    assert!(together(&outcome, &["GS1", "TJ", "SB"]));
    // Without the firm they are one, found by their code.
    let alone = beside_a_city(parts.to_vec());
    assert!(together(&alone, &["TJ", "SB"]));
    let method = alone.1.decisions.iter().find(|d| *alone.0.record_ref(d.record).key == *"SB").map(|d| d.method);
    assert_eq!(method, Some(huitu::model::linkage::LinkMethod::CreditCode));
    let (evidence, weight) = alone.0.explain(&refer("statistics", "TJ"), &refer("social_insurance", "SB")).expect("both known");
    assert!(weight > 3.0 && evidence.iter().any(|e| *e.feature == *"credit_code"), "{evidence:?}");
}

#[test]
fn names_of_two_and_three_generations_back_are_found_in_lists() {
    let [commerce, tax] = firm(2, "北京珞宸科技有限公司");
    for list in [
        "北京砚嵋电器有限公司；北京砚嵘机械有限公司；北京砚嶙仪器厂",
        "北京砚嵋电器有限公司、北京砚嵘机械有限公司、北京砚嶙仪器厂",
        "1.北京砚嵋电器有限公司、2.北京砚嵘机械有限公司、3.北京砚嶙仪器厂",
        "北京砚嶙仪器厂→北京砚嵘机械有限公司→北京砚嵋电器有限公司",
        "北京砚嵋电器有限公司（2009-04-02至2012-05-01），北京砚嵘机械有限公司（2012-05-01至2016-01-01），北京砚嶙仪器厂（1999年至2009年）",
    ] {
        let renamed = LinkRecord { former_names: vec![list.into()], ..commerce.clone() };
        let older = ["北京砚嵋电器有限公司", "北京砚嵘机械有限公司", "北京砚嶙仪器厂"]
            .map(|name| LinkRecord { district: "朝阳区".into(), ..record(3, "SB".into(), "", name) });
        for row in older {
            let name = row.name.clone();
            let outcome = beside_a_city(vec![renamed.clone(), tax.clone(), row]);
            assert!(together(&outcome, &["GS2", "SW2", "SB"]), "{name} in {list}");
        }
    }
}

#[test]
fn a_row_shifted_by_a_column_is_read_where_its_cells_stand() {
    let name = "北京珞槐电器有限公司";
    let firms = || firm(3, name).to_vec();
    let own = code(20_003);
    // One column to the right: the code under the name, the name under the address.
    let right = LinkRecord { address: name.into(), credit_code: "3".into(), ..record(3, "SB".into(), "", &own) };
    // One to the left: the name under the code, the address under the name, no code any more.
    let left =
        LinkRecord {
            phone: "".into(), district: "010-80000003".into(), ..record(3, "SB".into(), name, "北京市朝阳区珞石路9号")
        };
    for row in [right, left] {
        assert!(together(&beside_a_city([firms(), vec![row.clone()]].concat()), &["GS3", "SW3", "SB"]), "{row:?}");
    }
    // A firm's name under the code says nothing where the name is a firm's as well.
    let whole = record(3, "SB".into(), name, "北京砚樾物业管理有限公司");
    assert!(!together(&beside_a_city([firms(), vec![whole]].concat()), &["GS3", "SB"]));
}

#[test]
fn a_registration_from_before_a_move_does_not_keep_a_firm_from_its_own() {
    let [commerce, tax] = firm(4, "北京珞桦峰印刷有限公司");
    let moved = LinkRecord { registration_number: "110108004512378".into(), ..commerce };
    let before = LinkRecord {
        district: "海淀区".into(),
        address: "北京市海淀区砚池路12号".into(),
        registration_number: "110105001234562".into(),
        established: tax.established,
        ..record(3, "SB".into(), "", "北京珞桦峰印刷有限公司")
    };
    assert!(together(&beside_a_city(vec![moved, tax, before]), &["GS4", "SW4", "SB"]));
}

#[test]
fn the_number_of_social_insurance_tells_the_district_where_no_column_does() {
    const COLUMNS: [&str; 12] = [
        "单位编号",
        "社会保险登记号",
        "统一社会信用代码",
        "组织机构代码",
        "单位名称",
        "单位类型",
        "单位地址",
        "参保日期",
        "参保人数",
        "缴费状态",
        "所属区县",
        "联系电话",
    ];
    let connector = Connector::embedded().into_iter().find(|c| c.name == "social_insurance").expect("the connector");
    let layout = connector.layout(&COLUMNS.map(String::from)).expect("its columns");
    let area = |number: &str| {
        let cells = COLUMNS.map(|column| match column {
            "单位编号" => Some("SB1"),
            "社会保险登记号" => Some(number),
            "单位名称" => Some("北京珞垣建设有限公司"),
            _ => None,
        });
        let records = connector.read(&layout, &cells).expect("a record");
        link_record(&records[0], 0, registry("social_insurance"), false).area
    };
    assert_eq!(&*area("110228674494"), "#110228");
    assert_eq!(&*area("社险京字110108123456"), "#110108");
    // It speaks for a district, and not against one: the firm may have moved since.
    let name = "北京珞垣建设有限公司";
    let weight = |area: &str| {
        let row = LinkRecord { area: area.into(), ..record(3, "SB".into(), "", name) };
        let (linker, _) = beside_a_city([&firm(7, name)[..], &[row]].concat());
        linker.explain(&refer("social_insurance", "SB"), &refer("commerce", "GS7")).expect("both known").1
    };
    assert!(weight("#110105") > weight("") && weight("#110228") == weight("") && weight("110118") < weight("") - 5.0);
    for none in ["", "12345", "911101011439499267", "91110105788501539W", "110228-67-4494"] {
        assert_eq!(&*area(none), "", "{none}");
    }
}

#[test]
fn a_company_at_its_branchs_address_stays_the_company() {
    let [commerce, tax] = firm(5, "北京珞榉餐饮管理有限公司");
    let at =
        |row: LinkRecord| LinkRecord { district: "海淀区".into(), address: "北京市海淀区砚池路30号".into(), ..row };
    let branch = at(record(0, "GSB".into(), &code(30_005), "北京珞榉餐饮管理有限公司海淀分公司"));
    for (written, phone) in [("", ""), ("", "010-80000005"), (&*code(20_005), "010-80000005")] {
        let row =
            LinkRecord { phone: phone.into(), ..at(record(3, "SB".into(), written, "北京珞榉餐饮管理有限公司")) };
        let outcome = beside_a_city(vec![commerce.clone(), tax.clone(), branch.clone(), row]);
        assert!(together(&outcome, &["GS5", "SW5", "SB"]), "{written} {phone}");
        assert!(!together(&outcome, &["GSB", "SB"]), "{written} {phone}");
    }
}

#[test]
fn a_row_with_its_firms_name_and_code_is_a_branchs_where_place_staff_or_telephone_are() {
    let name = "北京珞楝电子工程有限公司";
    let [commerce, tax] = firm(6, name);
    let tax = LinkRecord { employees: Some(240), ..tax };
    let insured = LinkRecord { phone: tax.phone.clone(), employees: Some(231), ..tax.clone() };
    let insured = LinkRecord { registry: 3, key: "SBF".into(), tax_number: "".into(), established: None, ..insured };
    let branch = LinkRecord {
        district: "通州区".into(),
        address: "北京市大兴区砚池镇西珞村3号".into(),
        phone: "010-89314829".into(),
        ..record(0, "GSB".into(), &code(30_006), "北京珞楝电子工程有限公司销售分公司")
    };
    let row = |row: LinkRecord| {
        let row = LinkRecord { registry: 3, key: "SB".into(), credit_code: code(20_006).into(), name: name.into(), ..row };
        let outcome = beside_a_city(vec![commerce.clone(), tax.clone(), insured.clone(), branch.clone(), row]);
        assert!(together(&outcome, &["GS6", "SW6", "SBF"]));
        together(&outcome, &["GS6", "SB"])
    };
    let own =
        |district: &str, staff: u32| LinkRecord { district: district.into(), employees: Some(staff), ..LinkRecord::default() };
    // Where the branch sits, with a telephone that is its own.
    assert!(!row(LinkRecord { address: branch.address.clone(), phone: branch.phone.clone(), ..own("通州区", 60) }));
    // The registry's second row for the firm, called as the branch is.
    assert!(!row(LinkRecord { address: tax.address.clone(), phone: branch.phone.clone(), ..own("朝阳区", 9) }));
    // In the branch's district, with a fraction of the staff.
    assert!(!row(own("通州区", 6)));
    assert!(!row(LinkRecord { area: "#110112".into(), ..own("", 6) }));
    // In a district where nobody of them is; with a staff that could be the firm's; with the firm's telephone.
    assert!(row(own("平谷区", 6)) && row(own("通州区", 200)));
    assert!(row(LinkRecord { phone: tax.phone.clone(), ..own("朝阳区", 6) }));
}
