//! Codes that are not what they seem, and names that lead where a code does not: slips that pass the check, a code that is another
//! firm's, firms whose commerce record has no code, districts that only an address tells. All names are invented.

use huitu::link::{Linker, Linking};
use huitu::model::identifier::organisation_check;
use huitu::model::linkage::{LinkRecord, RecordRef};

use crate::link_kinds::{REGISTRIES, city, code, linked, record, registry};

fn beside_a_city(records: &[LinkRecord]) -> (Linker, Linking) {
    linked(&[&city(), records].concat())
}

fn together((linker, linking): &(Linker, Linking), one: &str, other: &str) -> bool {
    let entity = |key: &str| {
        let decision = linking.decisions.iter().find(|d| *linker.record_ref(d.record).key == *key);
        decision.unwrap_or_else(|| panic!("{key} was decided on")).entity
    };
    entity(one).is_some() && entity(one) == entity(other)
}

fn queued((_, linking): &(Linker, Linking), one: &str, other: &str) -> bool {
    let is = |pair: &huitu::link::ReviewPair, a: &str, b: &str| *pair.left.key == *a && *pair.right.key == *b;
    linking.review.iter().any(|pair| is(pair, one, other) || is(pair, other, one))
}

fn refer(name: &str, key: &str) -> RecordRef {
    RecordRef { registry: REGISTRIES[usize::from(registry(name))].into(), key: key.into(), part: 0 }
}

/// The organisation code inside a credit code, one of its characters eleven places off: its check passes.
fn slipped(credit_code: &str) -> String {
    let mut body = credit_code.as_bytes()[8..16].to_vec();
    let at = body.iter().position(|c| c.is_ascii_digit()).expect("a digit");
    body[at] = b'A' + (body[at] - b'0') + 1;
    let whole = [&body[..], &credit_code.as_bytes()[16..17]].concat();
    assert_eq!(organisation_check(&body), Some(whole[8]), "the slip passes the check");
    String::from_utf8(whole).expect("characters")
}

#[test]
fn a_slip_that_passes_the_check_does_not_part_a_union_from_its_host() {
    let host = "北京珞嵋印刷有限公司";
    let own = code(40_001);
    let firm = LinkRecord { district: "朝阳区".into(), ..record(0, "GS".into(), &own, host) };
    let union = |name: &str, district: &str| LinkRecord {
        organisation_code: slipped(&own).into(),
        district: district.into(),
        ..record(4, "GH".into(), "", name)
    };
    let outcome = beside_a_city(&[firm.clone(), union(host, "朝阳区")]);
    assert!(together(&outcome, "GS", "GH"));
    let (evidence, weight) = outcome.0.explain(&refer("unions", "GH"), &refer("commerce", "GS")).expect("both known");
    assert!(weight > 3.0 && evidence.iter().any(|e| *e.level == *"one_slip"), "{evidence:?}");
    // Another name, or another district: the code is what it says.
    assert!(!together(&beside_a_city(&[firm.clone(), union("北京珞嵩广告有限公司", "朝阳区")]), "GS", "GH"));
    assert!(!together(&beside_a_city(&[firm.clone(), union(host, "海淀区")]), "GS", "GH"));
    // The issuer knows the code: two firms of one name.
    let other =
        LinkRecord { organisation_code: slipped(&own).into(), district: "朝阳区".into(), ..record(0, "GS2".into(), "", host) };
    let outcome = beside_a_city(&[firm.clone(), other, union(host, "朝阳区")]);
    assert!(together(&outcome, "GS2", "GH") && !together(&outcome, "GS", "GH"));
    // Two registries do not slip alike.
    let tax = LinkRecord { tax_number: format!("110105{}", slipped(&own)).into(), ..record(1, "SW".into(), "", host) };
    let outcome = beside_a_city(&[firm, tax, union(host, "朝阳区")]);
    assert!(together(&outcome, "SW", "GH") && !together(&outcome, "GS", "GH"));
}

#[test]
fn a_slip_is_seen_in_a_later_run_too_when_the_firm_comes_and_when_it_goes() {
    let host = "北京珞嵋印刷有限公司";
    let own = code(40_002);
    let firm = LinkRecord { district: "朝阳区".into(), ..record(0, "GS".into(), &own, host) };
    let union =
        LinkRecord { organisation_code: slipped(&own).into(), district: "朝阳区".into(), ..record(4, "GH".into(), "", host) };
    let (mut linker, first) = beside_a_city(&[union]);
    assert_eq!(first.decisions.iter().filter(|d| *linker.record_ref(d.record).key == *"GH").count(), 1);
    linker.put(std::slice::from_ref(&firm));
    linker.link(&Default::default(), &[]);
    let entity = |linker: &Linker, key: &str| {
        linker.decisions().iter().find(|d| *linker.record_ref(d.record).key == *key).and_then(|d| d.entity)
    };
    assert!(entity(&linker, "GS").is_some() && entity(&linker, "GS") == entity(&linker, "GH"));
    // Renamed, it is no longer the one whose name the union bears.
    linker.put(&[LinkRecord { name: "北京砚嶙仪器有限公司".into(), ..firm }]);
    linker.link(&Default::default(), &[]);
    assert_ne!(entity(&linker, "GS"), entity(&linker, "GH"));
}

#[test]
fn a_record_whose_code_is_one_firms_does_not_go_to_another_whose_name_it_does_not_bear() {
    let kin = [("GS1", 40_011, "北京珞基业物业管理有限公司"), ("GS2", 40_012, "北京珞基业电子有限公司")];
    let door = |row: LinkRecord, phone: &str| LinkRecord {
        address: "北京市海淀区珞石路27号".into(),
        district: "海淀区".into(),
        phone: phone.into(),
        ..row
    };
    let mut records: Vec<LinkRecord> =
        kin.iter().map(|(key, number, name)| door(record(0, (*key).into(), &code(*number), name), "")).collect();
    records.push(door(record(1, "SW2".into(), &code(40_012), kin[1].2), "010-85975969"));
    // The name is neither's; code and door are the first's, door and telephone the second's.
    records.push(door(record(3, "SB".into(), &code(40_011), "北京珞基业环保有限公司"), "010-85975969"));
    let outcome = beside_a_city(&records);
    assert!(together(&outcome, "GS1", "SB") && !together(&outcome, "GS2", "SB"));
    // What bears the second's name is the second's, whatever code was written beside it.
    records.last_mut().expect("a row").name = kin[1].2.into();
    assert!(together(&beside_a_city(&records), "GS2", "SB"));
}

#[test]
fn a_firm_whose_commerce_record_has_no_code_is_found_by_its_name_of_today() {
    let at =
        |row: LinkRecord| LinkRecord { address: "北京市海淀区珞石路60号".into(), district: "海淀区".into(), ..row };
    let (today, before) = ("珞天环境集团股份有限公司", "珞天环境信息技术股份有限公司");
    let commerce = LinkRecord {
        registration_number: "110108004512378".into(),
        former_names: vec![before.into()],
        ..at(record(0, "GS".into(), "", today))
    };
    let coded = at(record(3, "SB1".into(), &code(40_021), before));
    let bare = LinkRecord { district: "海淀区".into(), employees: Some(22), ..record(2, "TJ".into(), "", today) };
    let outcome = beside_a_city(&[commerce, coded, bare]);
    assert!(together(&outcome, "GS", "SB1") && together(&outcome, "GS", "TJ"));
}

#[test]
fn an_address_in_another_district_does_not_part_one_registered_name_and_a_stated_district_asks_a_person() {
    let name = "北京珞嵊工贸总公司";
    let firm = LinkRecord {
        address: "北京市西城区珞英胡同26号".into(),
        district: "西城区".into(),
        ..record(0, "GS".into(), &code(40_031), name)
    };
    // Its 字号 is a usual one.
    let usual = ["广告", "商贸", "科技", "物流", "餐饮", "装饰", "印刷", "软件", "物业管理", "建筑工程", "食品", "服装"];
    let others = (0..36).map(|n| {
        let name = format!("北京{}珞嵊{}有限公司", ["", "东城", "海淀"][n / 12], usual[n % 12]);
        record(0, format!("GSN{n}"), &code(41_000 + n), &name)
    });
    let others: Vec<LinkRecord> = others.collect();
    let beside = |district: &str| {
        let row = LinkRecord {
            address: "怀柔区杨宋镇珞翔东大街9号A座".into(),
            district: district.into(),
            ..record(3, "SB".into(), "", name)
        };
        beside_a_city(&[&others[..], &[firm.clone(), row]].concat())
    };
    assert!(together(&beside(""), "GS", "SB"));
    let outcome = beside("怀柔区");
    assert!(!together(&outcome, "GS", "SB") && queued(&outcome, "GS", "SB"));
}

#[test]
fn the_initials_of_place_brand_and_trade_with_the_firms_telephone_are_the_firm() {
    let firm = LinkRecord {
        phone: "010-86595616".into(),
        district: "大兴区".into(),
        ..record(0, "GS".into(), &code(40_041), "北京珞田野工程机械有限责任公司")
    };
    let union =
        |phone: &str| LinkRecord {
            phone: phone.into(), district: "大兴区".into(), ..record(4, "GH".into(), "", "北珞工集团")
        };
    assert!(together(&beside_a_city(&[firm.clone(), union("010-86595616")]), "GS", "GH"));
    assert!(!together(&beside_a_city(&[firm, union("")]), "GS", "GH"));
}

/// Two firms in commerce and tax, each at its own door, and a third registry's row of the second with the first's code.
fn borrowed(names: [&str; 2], row: &str) -> Vec<LinkRecord> {
    let door = |n: usize, row: LinkRecord| LinkRecord {
        address: format!("北京市朝阳区珞石路{}号", 31 + n).into(),
        district: "朝阳区".into(),
        phone: format!("010-8597{:04}", 17 + n).into(),
        ..row
    };
    let mut rows: Vec<LinkRecord> = Vec::new();
    for (n, name) in names.into_iter().enumerate() {
        rows.push(door(0, record(0, format!("GS{n}"), &code(40_100 + n), name)));
        rows.push(door(n, record(1, format!("SW{n}"), &code(40_100 + n), name)));
    }
    // At the first's door, with the first's telephone and code.
    rows.push(door(0, record(3, "SB".into(), &code(40_100), row)));
    rows
}

#[test]
fn who_bears_the_name_that_the_issuer_has_beside_another_code_is_that_firm_whatever_code_is_written() {
    for (first, second) in [
        ("北京珞巍商贸有限公司", "北京砚嶂广告有限公司"),
        ("北京珞巍商贸有限公司", "北京珞巍商贸集团有限公司"),
        ("北京珞巍商贸有限公司", "天津珞巍商贸有限公司"),
        ("北京珞巍第二商贸有限公司", "北京珞巍第三商贸有限公司"),
    ] {
        let outcome = beside_a_city(&borrowed([first, second], second));
        assert!(together(&outcome, "GS1", "SB") && !together(&outcome, "GS0", "SB"), "{first} {second}");
    }
    // A former name of the code's own firm is its own, and so is what nobody else is called.
    let mut rows = borrowed(["北京珞巍商贸有限公司", "北京砚嶂广告有限公司"], "北京砚嶂广告有限公司");
    rows[0].former_names = vec!["北京砚嶂广告有限公司".into()];
    assert!(together(&beside_a_city(&rows), "GS0", "SB"));
    let outcome = beside_a_city(&borrowed(["北京珞巍商贸有限公司", "北京砚嶂广告有限公司"], "北京岫嶙文化有限公司"));
    assert!(together(&outcome, "GS0", "SB"));
}

/// A firm in Fengtai and its branch in Huairou, both in commerce and tax, with neighbours under the branch's roof; and a row of the branch's
/// code that bears the firm's name.
fn branch_as_its_firm(row: LinkRecord) -> Vec<LinkRecord> {
    let (firm, branch) = ("北京珞巍汽车维修有限公司", "北京珞巍汽车维修有限公司工程分公司");
    let at = |door: usize, district: &str, row: LinkRecord| LinkRecord {
        address: format!("北京市{district}珞石路{door}号").into(),
        district: district.into(),
        phone: if row.registry == 1 { format!("010-8596{door:04}").into() } else { "".into() },
        ..row
    };
    let mut rows = Vec::new();
    for registry in [0, 1] {
        let key = |n: usize| format!("{}{n}", ["GS", "SW"][usize::from(registry)]);
        rows.push(at(31, "怀柔区", record(registry, key(0), &code(40_110), branch)));
        rows.push(at(72, "丰台区", record(registry, key(1), &code(40_111), firm)));
        rows.push(at(31, "怀柔区", record(registry, key(2), &code(40_112), "北京砚嶂橡胶制品有限公司")));
        rows.push(at(31, "怀柔区", record(registry, key(3), &code(40_113), "北京岫嶙包装材料有限公司")));
    }
    let LinkRecord { address, district, phone, .. } = row;
    rows.push(LinkRecord { address, district, phone, ..record(3, "SB".into(), &code(40_110), firm) });
    rows
}

#[test]
fn a_row_with_a_branchs_code_and_its_firms_name_is_the_branchs_unless_it_is_where_the_firm_is() {
    let row = |address: &str, district: &str, phone: &str| LinkRecord {
        address: address.into(),
        district: district.into(),
        phone: phone.into(),
        ..LinkRecord::default()
    };
    for (address, district, phone) in [
        ("北京市怀柔区珞石路31号", "怀柔区", ""),
        ("北京市怀柔区珞石路31号", "", "010-85960072"),
        ("", "怀柔区", ""),
        ("", "", "010-85960031"),
        ("北京市怀柔区砚台街5号", "怀柔区", ""),
    ] {
        let outcome = beside_a_city(&branch_as_its_firm(row(address, district, phone)));
        assert!(together(&outcome, "GS0", "SB") && !together(&outcome, "GS1", "SB"), "{address} {district} {phone}");
    }
    let outcome = beside_a_city(&branch_as_its_firm(row("北京市丰台区珞石路72号", "丰台区", "010-85960072")));
    assert!(together(&outcome, "GS1", "SB") && !together(&outcome, "GS0", "SB"));
}

#[test]
fn a_branch_that_is_called_by_its_firms_name_follows_the_firm_that_moves() {
    let rows = branch_as_its_firm(LinkRecord {
        address: "北京市丰台区砚台街5号".into(),
        district: "怀柔区".into(),
        ..LinkRecord::default()
    });
    let firm = rows.iter().find(|row| *row.key == *"GS1").expect("the firm").clone();
    let (mut linker, _) = beside_a_city(&rows);
    let entity = |linker: &Linker, key: &str| {
        linker.decisions().iter().find(|d| *linker.record_ref(d.record).key == *key).and_then(|d| d.entity)
    };
    assert_eq!(entity(&linker, "SB"), entity(&linker, "GS0"));
    linker.put(&[LinkRecord { address: "北京市丰台区砚台街5号".into(), ..firm.clone() }]);
    linker.link(&Default::default(), &[]);
    assert_eq!(entity(&linker, "SB"), entity(&linker, "GS1"));
    linker.put(&[firm]);
    linker.link(&Default::default(), &[]);
    assert_eq!(entity(&linker, "SB"), entity(&linker, "GS0"));
}

#[test]
fn a_name_that_the_issuer_gives_to_another_firm_later_leads_away_from_the_code_then_and_back_when_it_goes() {
    let rows = borrowed(["北京珞巍商贸有限公司", "北京砚嶂广告有限公司"], "北京砚嶂广告有限公司");
    let (firm, rest): (Vec<LinkRecord>, Vec<LinkRecord>) = rows.into_iter().partition(|r| *r.key == *"GS1");
    let entity = |linker: &Linker, key: &str| {
        linker.decisions().iter().find(|d| *linker.record_ref(d.record).key == *key).and_then(|d| d.entity)
    };
    let (mut linker, _) = beside_a_city(&rest);
    assert_eq!(entity(&linker, "SB"), entity(&linker, "GS0"));
    linker.put(&firm);
    linker.link(&Default::default(), &[]);
    assert_eq!(entity(&linker, "SB"), entity(&linker, "GS1"));
    linker.remove(&refer("commerce", "GS1"));
    linker.link(&Default::default(), &[]);
    assert_eq!(entity(&linker, "SB"), entity(&linker, "GS0"));
}

#[test]
fn a_dragged_code_draws_nobody_in_through_a_name_in_english_a_row_without_a_name_or_a_shared_bookkeeper() {
    const NAMES: [&str; 6] = [
        "北京珞屿商贸有限公司",
        "北京砚峒印刷有限公司 Beijing Yandong Printing Co., Ltd.",
        "北京岫垣餐饮管理有限公司",
        "",
        "北京麓坪装饰工程有限公司",
        "北京聿埂物流有限公司",
    ];
    let row = |registry: u16, key: String, code: &str, n: usize, name: &str| LinkRecord {
        address: format!("北京市朝阳区珞石路{}号", 51 + n).into(),
        district: "朝阳区".into(),
        // Two of them are looked after by one office.
        phone: format!("010-8597{:04}", if n == 5 { 402 } else { 400 + n }).into(),
        ..record(registry, key, code, name)
    };
    let mut rows = Vec::new();
    for (n, name) in NAMES.into_iter().enumerate() {
        let registered = name.split(" Beijing").next().unwrap_or(name);
        rows.push(row(1, format!("SW{n}"), &code(40_200), n, name));
        if !registered.is_empty() && n != 4 {
            rows.push(row(0, format!("GS{n}"), &code(40_200 + n), n, registered));
        }
    }
    let outcome = beside_a_city(&rows);
    for n in [0, 1, 2, 5] {
        assert!(together(&outcome, &format!("GS{n}"), &format!("SW{n}")), "{}", NAMES[n]);
    }
    // Nobody else is called so: it stands alone, for a person.
    assert!(!(0..6).filter(|n| *n != 4).any(|n| together(&outcome, "SW4", &format!("SW{n}"))));
    // A registration number is dragged as a code is.
    let dragged: Vec<LinkRecord> = rows
        .into_iter()
        .map(|r| {
            if r.registry == 1 {
                LinkRecord { credit_code: "".into(), registration_number: "110105012345675".into(), ..r }
            } else {
                r
            }
        })
        .collect();
    let outcome = beside_a_city(&dragged);
    for n in [0, 1, 2, 5] {
        assert!(together(&outcome, &format!("GS{n}"), &format!("SW{n}")), "{}", NAMES[n]);
    }
}
