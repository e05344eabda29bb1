//! Linking: what must hold for any records, and the scores on the shared case.

use huitu::link::{Decision, EntityEvent, FlagKind, LinkSettings, Linker, Linking, Previous, Weights, link};
use huitu::model::linkage::{Judgement, JudgementVerdict, LinkMethod, LinkRecord, LinkRole, RecordRef};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const REGISTRIES: [&str; 3] = ["commerce", "tax", "unions"];

fn settings() -> LinkSettings {
    LinkSettings::with_registries(REGISTRIES)
}

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
    let check = credit_check(head.as_bytes()).expect("valid characters") as char;
    format!("{head}{check}")
}

fn linked(records: &[LinkRecord]) -> (Linker, Linking) {
    let mut linker = Linker::new(settings(), Weights::shipped());
    linker.put(records);
    let linking = linker.link(&Previous::default(), &[]);
    (linker, linking)
}

/// Which records are together, by registry, key and part.
fn partition(linker: &Linker, decisions: &[Decision]) -> BTreeSet<BTreeSet<(u16, String, u16)>> {
    let mut clusters: BTreeMap<String, BTreeSet<(u16, String, u16)>> = BTreeMap::new();
    for d in decisions {
        let (registry, key, part) = linker.record_key(d.record);
        let cluster = d.entity.map_or_else(|| format!("alone {}", d.record), |e| e.to_string());
        clusters.entry(cluster).or_default().insert((registry, key.to_owned(), part));
    }
    clusters.into_values().collect()
}

fn entity_of(linker: &Linker, linking: &Linking, key: &str) -> Option<String> {
    let d = linking.decisions.iter().find(|d| linker.record_key(d.record).1 == key).expect("a decision for every record");
    d.entity.map(|e| e.to_string())
}

fn reference(registry: &str, key: &str) -> RecordRef {
    RecordRef { registry: registry.into(), key: key.into(), part: 0 }
}

fn judgement(id: &str, verdict: JudgementVerdict, left: RecordRef, right: RecordRef) -> Judgement {
    Judgement { id: id.into(), verdict, left, right }
}

#[test]
fn a_union_without_a_code_joins_its_host_and_a_stranger_founds_its_own() {
    let mut host = record(0, "GS1", &code(1), "北京恒信通达科技有限公司");
    host.address = "北京市海淀区学清路16号".into();
    let mut union = record(2, "GH1", "", "恒信通达科技有限责任公司");
    union.address = "海淀区学清路16号".into();
    let (linker, linking) = linked(&[host, union, record(2, "GH2", "", "某某大厦联合工会")]);
    assert_eq!(entity_of(&linker, &linking, "GH1"), entity_of(&linker, &linking, "GS1"));
    assert_ne!(entity_of(&linker, &linking, "GH2"), entity_of(&linker, &linking, "GS1"));
    assert!(entity_of(&linker, &linking, "GH2").is_some());
}

#[test]
fn a_mention_attaches_or_stays_nowhere_and_never_founds() {
    let mut covered = record(2, "GH1", "", "北京恒信通达科技有限公司");
    (covered.role, covered.part) = (LinkRole::Mention, 1);
    let mut unknown = covered.clone();
    (unknown.part, unknown.name) = (2, "上海无此字号贸易有限公司".into());
    let (linker, linking) = linked(&[
        record(0, "GS1", &code(1), "北京恒信通达科技有限公司"),
        record(2, "GH1", "", "中关村联合工会"),
        covered,
        unknown,
    ]);
    let by_part: BTreeMap<u16, _> =
        linking.decisions.iter().filter(|d| linker.record_key(d.record).0 == 2).map(|d| (d.part, d.entity)).collect();
    assert_eq!(by_part[&1].map(|e| e.to_string()), entity_of(&linker, &linking, "GS1"));
    assert_eq!(by_part[&2], None);
    assert!(by_part[&0].is_some());
}

#[test]
fn a_branch_with_its_parents_code_stays_apart_and_is_flagged() {
    let (linker, linking) = linked(&[
        record(0, "GS1", &code(1), "北京恒信商贸有限公司"),
        record(1, "SW1", &code(1), "北京恒信商贸有限公司"),
        record(1, "SW2", &code(1), "北京恒信商贸有限公司海淀分公司"),
    ]);
    assert_eq!(entity_of(&linker, &linking, "SW1"), entity_of(&linker, &linking, "GS1"));
    assert_ne!(entity_of(&linker, &linking, "SW2"), entity_of(&linker, &linking, "GS1"));
    assert!(linking.flags.iter().any(|f| f.kind == FlagKind::BranchUnderParentCode && &*f.record.key == "SW2"));
    assert_eq!(linking.relations.len(), 1, "{:?}", linking.relations);
    assert_eq!(linking.relations[0].to.map(|e| e.to_string()), entity_of(&linker, &linking, "GS1"));
}

#[test]
fn a_branch_that_is_one_by_name_and_by_address_is_decided_once() {
    let at = |r: LinkRecord, address: &str| LinkRecord { address: address.into(), ..r };
    let records = [
        at(record(0, "GS1", &code(1), "北京恒信商贸有限公司"), "海淀区学清路16号"),
        at(record(1, "SW1", &code(1), "北京恒信商贸有限公司海淀分公司"), "朝阳区望京街8号"),
        at(record(0, "GS2", &code(2), "北京恒信商贸有限公司海淀分公司"), "朝阳区望京街8号"),
    ];
    let (linker, linking) = linked(&records);
    assert_eq!(linking.decisions.len(), records.len());
    assert_eq!(entity_of(&linker, &linking, "SW1"), entity_of(&linker, &linking, "GS2"));
}

#[test]
fn two_valid_codes_never_become_one_enterprise() {
    let name = "北京恒信通达科技有限公司";
    let (linker, linking) =
        linked(&[record(0, "GS1", &code(1), name), record(0, "GS2", &code(2), name), record(2, "GH1", "", name)]);
    assert_ne!(entity_of(&linker, &linking, "GS1"), entity_of(&linker, &linking, "GS2"));
    assert_ne!(entity_of(&linker, &linking, "GH1"), entity_of(&linker, &linking, "GS1"), "two equal rivals cancel out");
    assert!(!linking.review.is_empty(), "and a person is asked");
    assert!(linking.review.iter().all(|pair| pair.of_union && !pair.joined));
}

/// A pair of a payment's firm made its enterprise one that a union may cover, and took it off the list.
#[test]
fn a_pair_covers_somebody_where_one_side_is_a_unions_row_or_a_unit_on_it_and_no_payment_or_dispute() {
    let name = "北京恒信通达科技有限公司";
    for (role, part, of_union) in [(LinkRole::Union, 0, true), (LinkRole::Mention, 1, true), (LinkRole::Mention, 0, false)] {
        let mention = LinkRecord { role, part, ..record(2, "GH1", "", name) };
        let (_, linking) = linked(&[record(0, "GS1", &code(1), name), record(0, "GS2", &code(2), name), mention]);
        assert!(!linking.review.is_empty(), "a person is asked all the same");
        assert!(linking.review.iter().all(|pair| pair.of_union == of_union), "{role:?} {part}: {:?}", linking.review);
    }
}

#[test]
fn what_a_person_said_holds_and_leaves_no_trace_when_withdrawn() {
    let records = [
        record(0, "GS1", &code(1), "北京恒信通达科技有限公司"),
        record(2, "GH1", "", "北京恒信通达科技有限公司"),
        record(2, "GH2", "", "全然不同的单位"),
    ];
    let (mut linker, before) = linked(&records);
    let (host, union, other) = (reference("commerce", "GS1"), reference("unions", "GH1"), reference("unions", "GH2"));
    let said =
        [judgement("J1", JudgementVerdict::Different, host.clone(), union), judgement("J2", JudgementVerdict::Same, other, host)];
    let during = linker.link(&Previous::default(), &said);
    let entity = |key: &str| {
        let d = during.decisions.iter().find(|d| linker.record_key(d.record).1 == key);
        d.map(|d| (d.entity.map(|e| e.to_string()), d.method))
    };
    let host_entity = entity_of(&linker, &before, "GS1");
    assert_ne!(entity("GH1").expect("changed").0, host_entity);
    assert_eq!(entity("GH2"), Some((host_entity, LinkMethod::Judgement)));
    let after = linker.link(&Previous::default(), &[]);
    assert_eq!(after.decisions.len(), 2, "both records went back");
    let (fresh, clean) = linked(&records);
    let now = {
        let mut again = Linker::new(settings(), Weights::shipped());
        again.put(&records);
        let all = again.link(&Previous::default(), &[]);
        partition(&again, &all.decisions)
    };
    assert_eq!(now, partition(&fresh, &clean.decisions));
}

#[test]
fn a_person_can_take_a_record_out_of_its_codes_cluster() {
    let (mut linker, _) =
        linked(&[record(0, "GS1", &code(1), "北京恒信通达科技有限公司"), record(1, "SW1", &code(1), "北京完全无关餐饮有限公司")]);
    let said = [judgement("J1", JudgementVerdict::Different, reference("tax", "SW1"), reference("commerce", "GS1"))];
    let linking = linker.link(&Previous::default(), &said);
    assert_eq!(linking.decisions.len(), 1);
    assert!(matches!(linking.events[..], [EntityEvent::Split { .. }]), "{:?}", linking.events);
}

#[test]
fn ids_outlive_the_run_and_merges_are_told() {
    let (mut linker, first) =
        linked(&[record(0, "GS1", &code(1), "北京恒信通达科技有限公司"), record(1, "SW1", "", "北京别处字号餐饮有限公司")]);
    let (old, gone) = (entity_of(&linker, &first, "GS1"), entity_of(&linker, &first, "SW1"));
    linker.put(&[record(1, "SW1", &code(1), "北京别处字号餐饮有限公司")]);
    let second = linker.link(&Previous::default(), &[]);
    assert_eq!(entity_of(&linker, &second, "SW1"), old);
    let merged = EntityEvent::Merged {
        from: gone.expect("an entity").parse().expect("an id"),
        into: old.expect("an entity").parse().expect("an id"),
    };
    assert_eq!(second.events, [merged]);
}

#[test]
fn a_fresh_run_with_the_ids_of_an_earlier_one_keeps_them() {
    let records = [record(0, "GS2", &code(1), "北京恒信通达科技有限公司"), record(1, "SW1", &code(1), "恒信通达")];
    let (linker, first) = linked(&records);
    let mut previous = Previous::default();
    for d in &first.decisions {
        let (registry, key, part) = linker.record_key(d.record);
        previous.insert(REGISTRIES[usize::from(registry)], key, part, d.entity.expect("an entity"));
    }
    let mut more = records.to_vec();
    more.push(record(0, "GS1", &code(1), "北京恒信通达科技有限公司"));
    let second = link(&more, &previous, &[], &settings(), &Weights::shipped());
    let entities: BTreeSet<_> = second.decisions.iter().map(|d| d.entity).collect();
    assert_eq!(entities, BTreeSet::from([first.decisions[0].entity]));
    assert!(second.events.is_empty(), "{:?}", second.events);
}

#[test]
fn hostile_records_neither_panic_nor_pass_unnoticed() {
    let mut records =
        vec![record(0, "empty", "", ""), record(0, "dots", "", "。。（）--"), record(2, "brackets", "", "（（（（")];
    for i in 0..1000 {
        records.push(record(1, &format!("same{i}"), "", "北京恒信通达科技有限公司"));
    }
    for i in 0..100 {
        records.push(record(1, &format!("code{i}"), &code(5), &format!("甲{i}乙丙丁戊{i}有限公司")));
    }
    for (i, (now, before)) in [
        ("甲辰商贸有限公司", "丙午商贸有限公司"),
        ("乙巳商贸有限公司", "甲辰商贸有限公司"),
        ("丙午商贸有限公司", "乙巳商贸有限公司"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut renamed = record(0, &format!("cycle{i}"), &code(10 + i as u32), now);
        renamed.former_names.push(before.into());
        records.push(renamed);
    }
    records.push(record(0, "long", &code(20), &"长".repeat(5000)));
    let (_, linking) = linked(&records);
    assert_eq!(linking.decisions.len(), records.len());
    let flagged: BTreeSet<FlagKind> = linking.flags.iter().map(|f| f.kind).collect();
    for kind in [FlagKind::NoName, FlagKind::ManyRecordsOneName, FlagKind::CodeOnManyNames, FlagKind::RenameCycle] {
        assert!(flagged.contains(&kind), "{kind:?} in {flagged:?}");
    }
}

/// Names, codes and addresses from small sets, so that everything collides with everything.
fn any_record() -> impl Strategy<Value = LinkRecord> {
    let names = prop::sample::select(vec![
        "北京恒信通达科技有限公司",
        "恒信通达科技有限责任公司",
        "北京恒信通达科技发展有限公司",
        "北京恒信通达科技有限公司海淀分公司",
        "恒心通达科技",
        "恒信通达",
        "上海立德商贸有限公司",
        "Hengxintongda (Beijing) Technology Co., Ltd.",
        "北京恒信通达科技有限公司（原上海立德商贸有限公司）工会委员会",
        "",
    ]);
    let addresses = prop::sample::select(vec!["", "北京市海淀区学清路16号", "海淀区学清路16号3层", "上海市黄浦区中山东路2号"]);
    let codes = prop::sample::select(vec![0u32, 0, 1, 2, 3]);
    (0u16..3, 0u32..12, names, addresses, codes, prop::option::of(1u32..50), 0u8..10).prop_map(
        |(registry, key, name, address, number, employees, odd)| {
            let code = if number == 0 { String::new() } else { code(number) };
            // One in ten codes carries a slip.
            let code = if odd == 0 && !code.is_empty() { code.replacen('6', "8", 1) } else { code };
            LinkRecord { address: address.into(), employees, ..record(registry, &format!("K{key}"), &code, name) }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn many_small_runs_end_where_one_full_run_does(
        batches in prop::collection::vec(prop::collection::vec(any_record(), 1..6), 1..6),
        removed in prop::collection::vec((0usize..3, 0u32..12), 0..3),
    ) {
        let mut grown = Linker::new(settings(), Weights::shipped());
        let mut standing: BTreeMap<(u16, String), LinkRecord> = BTreeMap::new();
        let mut latest: BTreeMap<u32, Decision> = BTreeMap::new();
        for batch in &batches {
            grown.put(batch);
            standing.extend(batch.iter().map(|r| ((r.registry, r.key.to_string()), r.clone())));
            latest.extend(grown.link(&Previous::default(), &[]).decisions.into_iter().map(|d| (d.record, d)));
        }
        for (registry, key) in removed {
            let key = format!("K{key}");
            grown.remove(&reference(REGISTRIES[registry], &key));
            standing.remove(&(registry as u16, key));
        }
        latest.extend(grown.link(&Previous::default(), &[]).decisions.into_iter().map(|d| (d.record, d)));
        let kept: Vec<Decision> = latest
            .into_values()
            .filter(|d| { let (registry, key, _) = grown.record_key(d.record); standing.contains_key(&(registry, key.to_owned())) })
            .collect();
        let records: Vec<LinkRecord> = standing.into_values().rev().collect();
        let (fresh, full) = linked(&records);
        prop_assert_eq!(partition(&grown, &kept), partition(&fresh, &full.decisions));
    }

    #[test]
    fn the_order_of_arrival_does_not_matter(records in prop::collection::vec(any_record(), 1..25)) {
        let mut unique: BTreeMap<(u16, String), LinkRecord> = BTreeMap::new();
        for r in records {
            unique.insert((r.registry, r.key.to_string()), r);
        }
        let forward: Vec<LinkRecord> = unique.values().cloned().collect();
        let backward: Vec<LinkRecord> = unique.into_values().rev().collect();
        let ids = |records: &[LinkRecord]| {
            let (linker, linking) = linked(records);
            let of = |d: &Decision| { let (r, k, p) = linker.record_key(d.record); (r, k.to_owned(), p, d.entity.map(|e| e.to_string())) };
            linking.decisions.iter().map(of).collect::<BTreeSet<_>>()
        };
        prop_assert_eq!(ids(&forward), ids(&backward));
    }
}

#[test]
fn the_report_names_clusters_with_two_codes_or_many_addresses() {
    use huitu::link::quality::{Oddity, Report};
    let at = |r: LinkRecord, address: &str| LinkRecord { address: address.into(), ..r };
    let mut records = vec![
        // A branch that its parent's code was written for is not odd.
        at(record(0, "GS1", &code(1), "北京恒信商贸有限公司"), "海淀区学清路16号"),
        at(record(1, "SW1", &code(1), "北京恒信商贸有限公司海淀分公司"), "朝阳区望京街8号"),
        at(record(0, "GS2", &code(2), "北京恒信商贸有限公司海淀分公司"), "朝阳区望京街8号"),
        // A person joined two codes.
        record(1, "SW3", &code(3), "北京明远咨询有限公司"),
        record(1, "SW4", &code(4), "北京明远咨询中心"),
    ];
    let streets = ["学清路1号", "望京街2号", "建外街3号", "西直门4号", "长安街5号", "广安路6号"];
    records.extend(streets.iter().enumerate().map(|(n, street)| {
        at(record(1, &format!("SW{}", 10 + n), &code(5), "北京四海连锁餐饮有限公司"), &format!("北京市朝阳区{street}"))
    }));
    let mut linker = Linker::new(settings(), Weights::shipped());
    linker.put(&records);
    let said = [judgement("J1", JudgementVerdict::Same, reference("tax", "SW3"), reference("tax", "SW4"))];
    let linking = linker.link(&Previous::default(), &said);
    assert_eq!(entity_of(&linker, &linking, "SW3"), entity_of(&linker, &linking, "SW4"), "a person's word joins even two codes");
    let report = Report::of(&linker, &linking);
    let found: Vec<(Oddity, Option<String>, usize)> =
        report.suspicious_clusters.iter().map(|c| (c.kind, Some(c.entity.clone()), c.count)).collect();
    let wanted = [
        (Oddity::TwoCodes, entity_of(&linker, &linking, "SW3"), 2),
        (Oddity::ManyAddresses, entity_of(&linker, &linking, "SW10"), streets.len()),
    ];
    assert_eq!(found, wanted);
    let recall: Vec<f64> = report.bands.iter().map(|b| b.recall).collect();
    assert!(recall.windows(2).all(|w| w[0] >= w[1]), "{recall:?}");
    let page = huitu::pages::linking::LinkingReport(&report).html(huitu::model::message::Lang::Zh);
    assert!(page.contains("含多个有效代码") && page.contains("地址过多") && page.contains("<svg"), "{page}");
}
