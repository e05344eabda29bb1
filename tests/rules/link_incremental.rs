//! Many small runs end where one full run does: whatever comes, goes, changes, is judged or taken back.

use std::collections::BTreeMap;

use huitu_rules::link::flat_list::Lent;
use huitu_rules::link::{Decision, LinkSettings, Linker, Linking, Previous, Weights};
use huitu_rules::model::linkage::{Judgement, JudgementVerdict, LinkRecord, LinkRole, RecordRef, RelatedUnit, RelationKind};
use proptest::prelude::*;

const REGISTRIES: [&str; 3] = ["commerce", "tax", "unions"];
/// Strangers that keep the city's size, and with it every weight, about the same.
const STRANGERS: u32 = 295;

#[derive(Debug, Clone)]
enum Step {
    Put(Vec<LinkRecord>),
    Remove(usize, u32),
    Judge(JudgementVerdict, (usize, u32), (usize, u32)),
    Withdraw(usize),
}

fn code(number: u32) -> String {
    use huitu_rules::model::identifier::{credit_check, organisation_check};
    let body = format!("{:08}", 60_000_000 + number);
    let organisation = organisation_check(body.as_bytes()).expect("digits") as char;
    let head = format!("91110105{body}{organisation}");
    format!("{head}{}", credit_check(head.as_bytes()).expect("valid characters") as char)
}

fn registration(number: u32) -> String {
    let body = format!("110105{:08}", number);
    let mut product = 10;
    for digit in body.bytes() {
        let sum = (product + u32::from(digit - b'0')) % 10;
        product = (if sum == 0 { 10 } else { sum }) * 2 % 11;
    }
    format!("{body}{}", (11 - product) % 10)
}

fn record(registry: u16, key: String, code: String, name: &str) -> LinkRecord {
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

fn strangers() -> Vec<LinkRecord> {
    let glyphs: Vec<char> = "赤橙黄绿青蓝紫金木水火土甲乙丙丁戊己庚辛壬癸".chars().collect();
    let name = |n: u32| -> String {
        let at = |shift: u32| glyphs[(n.wrapping_mul(2_654_435_761).rotate_left(shift) as usize) % glyphs.len()];
        format!("{}{}{}{}有限公司", at(0), at(7), at(13), at(21))
    };
    (0..STRANGERS).map(|n| record(0, format!("S{n}"), code(1000 + n), &name(n))).collect()
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
        "立德商贸有限公司浦东分公司",
        "Hengxintongda (Beijing) Technology Co., Ltd.",
        "北京恒信通达科技有限公司（原上海立德商贸有限公司）工会委员会",
        "",
    ]);
    let former = prop::sample::select(vec!["", "", "", "上海立德商贸有限公司", "北京恒信通达科技有限公司", "恒信通达"]);
    let addresses = prop::sample::select(vec!["", "北京市海淀区学清路16号", "海淀区学清路16号3层", "上海市黄浦区中山东路2号"]);
    let codes = prop::sample::select(vec![0u32, 0, 0, 1, 2, 3]);
    let registrations = prop::sample::select(vec![0u32, 0, 0, 0, 1, 2]);
    let phones = prop::sample::select(vec!["", "", "010-62341234", "010-62345678"]);
    let districts = prop::sample::select(vec!["", "", "海淀区", "朝阳区"]);
    let odd = (0u8..10, 0u8..8);
    let place = (addresses, districts);
    (0u16..3, 0u32..9, names, former, place, (codes, registrations), phones, prop::option::of(1u32..50), odd).prop_map(
        |(registry, key, name, former, (address, district), (number, registered), phone, employees, (slip, related))| {
            let code = if number == 0 { String::new() } else { code(number) };
            // One in ten codes carries a slip.
            let code = if slip == 0 && !code.is_empty() { code.replacen('6', "8", 1) } else { code };
            let unit = RelatedUnit {
                kind: if related == 0 { RelationKind::AbsorbedBy } else { RelationKind::SameGroup },
                name: "上海立德商贸有限公司".into(),
                code: if related == 0 { self::code(2).into() } else { "".into() },
                since: None,
            };
            LinkRecord {
                address: address.into(),
                district: district.into(),
                employees,
                phone: phone.into(),
                former_names: if former.is_empty() { Vec::new() } else { vec![former.into()] },
                registration_number: if registered == 0 { "".into() } else { registration(registered).into() },
                related: if related < 2 { vec![unit] } else { Vec::new() },
                ..record(registry, format!("K{key}"), code, name)
            }
        },
    )
}

fn any_step() -> impl Strategy<Value = Step> {
    let place = || (0usize..3, 0u32..9);
    let verdict = prop::sample::select(JudgementVerdict::ALL.to_vec());
    prop_oneof![
        6 => prop::collection::vec(any_record(), 1..5).prop_map(Step::Put),
        2 => place().prop_map(|(registry, key)| Step::Remove(registry, key)),
        3 => (verdict, place(), place()).prop_map(|(verdict, left, right)| Step::Judge(verdict, left, right)),
        1 => (0usize..4).prop_map(Step::Withdraw),
    ]
}

fn reference((registry, key): (usize, u32)) -> RecordRef {
    RecordRef { registry: REGISTRIES[registry].into(), key: format!("K{key}").into(), part: 0 }
}

/// What a run says of every record that stands, in words that do not depend on record numbers.
fn said(linker: &Linker, decisions: impl Iterator<Item = Decision>) -> BTreeMap<RecordRef, String> {
    let shown = |d: Decision| {
        // A quarter of a unit is what counts as news; no side of nothing does.
        let weight = d.weight.map(|w| (w * 4.0).round() / 4.0 + 0.0);
        let partner = d.partner.map(|p| linker.record_ref(p));
        (linker.record_ref(d.record), format!("{:?}", (d.entity, d.method, weight, partner, d.runner_up, d.refused)))
    };
    decisions.map(shown).collect()
}

/// Pairs, relations and warnings.
fn rest(linker: &Linker, linking: &Linking) -> (Vec<String>, Vec<String>, Vec<String>) {
    let pair = |p: &huitu_rules::link::ReviewPair| {
        let entities = (p.left_entity, p.right_entity);
        let evidence: Vec<String> = linker
            .evidence_of_pair(p)
            .into_iter()
            .map(|e| format!("{} {} {:?} {:?} {:.1}", e.feature, e.level, e.left, e.right, e.weight))
            .collect();
        format!("{} {:?} {:?} {entities:?} {:.1} {} {} {evidence:?}", p.id, p.left, p.right, p.weight, p.of_union, p.joined)
    };
    let relation = |r: &huitu_rules::link::LinkedRelation| format!("{r:?}");
    (
        linking.review.iter().map(pair).collect(),
        linking.relations.iter().map(relation).collect(),
        linking.flags.iter().map(|flag| format!("{flag:?}")).collect(),
    )
}

fn new_linker() -> Linker {
    Linker::new(LinkSettings::with_registries(REGISTRIES), Weights::shipped())
}

/// Takes all steps; after each of them the linker that remembers and one that starts anew must agree.
fn agree(steps: &[Step]) -> Result<(), TestCaseError> {
    let mut grown = new_linker();
    let mut standing: BTreeMap<RecordRef, LinkRecord> = BTreeMap::new();
    let strangers = strangers();
    grown.put(&strangers);
    let whose = |r: &LinkRecord| RecordRef { registry: REGISTRIES[usize::from(r.registry)].into(), key: r.key.clone(), part: 0 };
    standing.extend(strangers.iter().map(|r| (whose(r), r.clone())));
    let mut judgements: Vec<Judgement> = Vec::new();
    let mut latest: BTreeMap<u32, Decision> =
        grown.link(&Previous::default(), &[]).decisions.into_iter().map(|d| (d.record, d)).collect();
    for (number, step) in steps.iter().enumerate() {
        // What is written and read back goes on as if nothing had happened.
        if number % 3 == 2 {
            let mut bytes = Vec::new();
            grown.write(&mut bytes).expect("written after a run");
            let len = bytes.len();
            let read = Linker::read(Lent::new(bytes), len, LinkSettings::with_registries(REGISTRIES), Weights::shipped());
            grown = read.expect("read as written");
        }
        match step {
            Step::Put(records) => {
                grown.put(records);
                standing.extend(records.iter().map(|r| (whose(r), r.clone())));
            }
            Step::Remove(registry, key) => {
                let record = reference((*registry, *key));
                assert_eq!(grown.remove(&record), standing.remove(&record).is_some());
            }
            Step::Judge(verdict, left, right) if left != right => {
                let (left, right) = (reference(*left), reference(*right));
                judgements.push(Judgement { id: format!("J{number:03}").into(), verdict: *verdict, left, right });
            }
            Step::Withdraw(at) if *at < judgements.len() => drop(judgements.remove(*at)),
            _ => {}
        }
        let mut previous = Previous::default();
        for d in latest.values() {
            let r = grown.record_ref(d.record);
            if let Some(entity) = d.entity.filter(|_| standing.contains_key(&r)) {
                previous.insert(&r.registry, &r.key, r.part, entity);
            }
        }
        let linking = grown.link(&Previous::default(), &judgements);
        latest.extend(linking.decisions.iter().map(|d| (d.record, *d)));
        latest.retain(|record, _| standing.contains_key(&grown.record_ref(*record)));

        let mut fresh = new_linker();
        // Another order of arrival.
        fresh.put(&standing.values().rev().cloned().collect::<Vec<_>>());
        let full = fresh.link(&previous, &judgements);
        prop_assert_eq!(
            said(&grown, latest.values().copied()),
            said(&fresh, full.decisions.iter().copied()),
            "decisions after step {}: {:?}",
            number,
            step
        );
        prop_assert_eq!(rest(&grown, &linking), rest(&fresh, &full), "after step {}: {:?}", number, step);
        prop_assert_eq!(linking.statistics.entities, full.statistics.entities);
        prop_assert_eq!(linking.statistics.scored_pairs, full.statistics.scored_pairs);
        let fewer = linking.statistics.compared_pairs <= full.statistics.compared_pairs;
        prop_assert!(fewer, "a small run compares no more than a full one");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("HUITU_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(64)
    ))]

    #[test]
    fn every_small_run_ends_where_a_full_run_would(steps in prop::collection::vec(any_step(), 1..14)) {
        agree(&steps)?;
    }
}

/// A record that states whose it was taken over by, as all of these do.
fn taken_over(registry: u16, key: &str, code: String, name: &str) -> LinkRecord {
    let by = RelatedUnit {
        kind: RelationKind::AbsorbedBy,
        name: "上海立德商贸有限公司".into(),
        code: self::code(2).into(),
        since: None,
    };
    LinkRecord { related: vec![by], ..record(registry, key.into(), code, name) }
}

const NAME: &str = "北京恒信通达科技有限公司";
const BEFORE: &str = "上海立德商贸有限公司";
const STREET: &str = "北京市海淀区学清路16号";

#[test]
fn a_branch_follows_the_firm_that_came_to_its_code_by_a_registration_number() {
    let plain = |registry, key, name| taken_over(registry, key, String::new(), name);
    let steps = [
        Step::Put(vec![plain(1, "K4", NAME), LinkRecord { phone: "010-62341234".into(), ..plain(0, "K3", NAME) }]),
        Step::Put(vec![
            plain(2, "K1", NAME),
            LinkRecord { former_names: vec![BEFORE.into()], ..taken_over(1, "K0", code(3), "恒心通达科技") },
        ]),
        Step::Put(vec![
            LinkRecord {
                registration_number: registration(1).into(),
                phone: "010-62345678".into(),
                ..plain(1, "K1", "Hengxintongda (Beijing) Technology Co., Ltd.")
            },
            LinkRecord {
                former_names: vec![NAME.into()],
                address: STREET.into(),
                phone: "010-62341234".into(),
                ..taken_over(2, "K2", code(3), "恒心通达科技")
            },
        ]),
        Step::Put(vec![
            LinkRecord {
                registration_number: registration(1).into(),
                address: STREET.into(),
                ..taken_over(2, "K0", code(1), "立德商贸有限公司浦东分公司")
            },
            LinkRecord { registration_number: registration(2).into(), ..plain(0, "K0", NAME) },
            taken_over(0, "K1", code(3).replacen('6', "8", 1), NAME),
            LinkRecord { registration_number: registration(2).into(), address: STREET.into(), ..plain(2, "K5", NAME) },
        ]),
        Step::Put(vec![LinkRecord {
            address: "海淀区学清路16号3层".into(), ..plain(2, "K2", "北京恒信通达科技发展有限公司")
        }]),
    ];
    agree(&steps).expect("as from nothing");
}

#[test]
fn a_pair_whose_names_changed_and_whose_weight_did_not_is_told_anew() {
    let plain = |registry, key, name| taken_over(registry, key, String::new(), name);
    let formerly = |former: &str, record| LinkRecord { former_names: vec![former.into()], ..record };
    let steps = [
        Step::Put(vec![formerly(BEFORE, taken_over(1, "K0", code(2), NAME))]),
        Step::Put(vec![
            LinkRecord { address: "海淀区学清路16号3层".into(), ..formerly(BEFORE, plain(2, "K0", NAME)) },
            LinkRecord { address: STREET.into(), ..plain(0, "K1", "恒心通达科技") },
        ]),
        Step::Put(vec![
            formerly(NAME, taken_over(0, "K0", code(2), "北京恒信通达科技发展有限公司")),
            LinkRecord { address: STREET.into(), ..taken_over(2, "K1", code(2), NAME) },
        ]),
        Step::Put(vec![LinkRecord {
            employees: Some(17), ..plain(0, "K2", "北京恒信通达科技有限公司海淀分公司")
        }]),
    ];
    agree(&steps).expect("as from nothing");
}

#[test]
fn a_damaged_state_is_refused_and_an_unfinished_one_not_written() {
    let mut linker = new_linker();
    linker.put(&strangers());
    assert!(linker.write(&mut Vec::new()).is_err(), "nothing was linked yet");
    linker.link(&Previous::default(), &[]);
    let mut bytes = Vec::new();
    linker.write(&mut bytes).expect("written after a run");
    let settings = || LinkSettings::with_registries(REGISTRIES);
    let read = |bytes: &[u8]| Linker::read(Lent::new(bytes.to_vec()), bytes.len(), settings(), Weights::shipped()).is_some();
    assert!(read(&bytes));
    assert!(!read(&bytes[..bytes.len() - 1]), "cut short");
    let longer = [bytes.as_slice(), b"x"].concat();
    assert!(!read(&longer), "followed by something else");
    for at in (0..bytes.len()).step_by(bytes.len() / 97) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        assert!(!read(&damaged), "byte {at} of {}", bytes.len());
    }
}

#[test]
fn a_small_change_compares_few_pairs() {
    let mut linker = new_linker();
    let mut records = strangers();
    let name = "北京恒信通达科技有限公司";
    records.extend((0..40).map(|n| record(2, format!("U{n}"), String::new(), &format!("{name}第{n}工会"))));
    linker.put(&records);
    let first = linker.link(&Previous::default(), &[]).statistics;
    linker.put(&[LinkRecord { employees: Some(12), ..records[7].clone() }]);
    let second = linker.link(&Previous::default(), &[]).statistics;
    assert!(first.compared_pairs > 40, "{first:?}");
    assert!(second.compared_pairs * 4 < first.compared_pairs, "{second:?} after {first:?}");
}
