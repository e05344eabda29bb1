//! The steps of linking and judging as filters: shared out over any number of streams they decide as one machine does.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, BinaryArray, BooleanArray, DictionaryArray, Float32Array, Int32Array, Int64Array, StringArray};
use huitu::edition::{Dimension, Edition, EnterpriseRow, join_segments};
use huitu::hub::progress::Silent;
use huitu::hub::{Hub, SyncOptions};
use huitu::kernel::{self, KernelDay, KernelStatistics, LinkedRegistries, SegmentPlace};
use huitu::link::entity_key::reference;
use huitu::link::{LinkSettings, Weights};
use huitu::model::Clock;
use huitu::model::facts::{AssessmentInput, Facts, StatedTie};
use huitu::model::field::{Field, RecordKind};
use huitu::model::linkage::{LinkRecord, LinkRole, RecordRef, RelationKind};
use huitu::model::message::Lang;
use huitu::model::value::PartialDate;
use huitu::records::stream::{SnapshotUse, WantedLinks};
use huitu::records::traits;
use huitu::simulate::{City, ExtractFormat, SimulatedRegistry, write};

use crate::support::graph::settings;
use crate::support::kernel_engine::{as_columns, by_filters, by_one_machine, bytes, rows, stream, text, through, whole};

fn told(registries: &[&str]) -> LinkedRegistries {
    LinkedRegistries {
        settings: LinkSettings::with_registries(registries.iter().copied()),
        issues_codes: registries.iter().map(|name| *name == "commerce").collect(),
        weights: Weights::shipped(),
    }
}

/// Numbers that look drawn, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most as u64) as usize
    }
    fn of<'a>(&mut self, texts: &[&'a str]) -> &'a str {
        texts[self.below(texts.len())]
    }
}

fn code(number: usize) -> String {
    use huitu::model::identifier::{credit_check, organisation_check};
    let body = format!("{:08}", 60_000_000 + number);
    let organisation = organisation_check(body.as_bytes()).unwrap() as char;
    let head = format!("91110105{body}{organisation}");
    format!("{head}{}", credit_check(head.as_bytes()).unwrap() as char)
}

fn registration(number: usize) -> String {
    let body = format!("110105{number:08}");
    let mut product = 10;
    for digit in body.bytes() {
        let sum = (product + u32::from(digit - b'0')) % 10;
        product = (if sum == 0 { 10 } else { sum }) * 2 % 11;
    }
    format!("{body}{}", (11 - product) % 10)
}

/// Invented records from small sets, so that everything collides: borrowed and dragged codes, codes one slip away, branches under their
/// firm's code, registration numbers that lead elsewhere, unions, lists, English and former names.
fn tangle(seed: u64, count: usize) -> Vec<LinkRecord> {
    let mut dice = Dice(seed | 1);
    let glyphs: Vec<char> = "赤橙黄绿青蓝紫金木水火土甲乙丙丁戊己庚辛壬癸".chars().collect();
    let record = |at: usize| {
        let registry = dice.below(4) as u16;
        let (which, other) = (dice.below(count / 6), dice.below(count / 6));
        let glyph = |n: usize| glyphs[n % glyphs.len()];
        let brand: String = [glyph(which), glyph(which / 3 + 5), glyph(which / 7 + 11)].iter().collect();
        let stem = format!("{brand}{}", ["科技", "商贸", "建筑工程"][which % 3]);
        let name = match dice.below(12) {
            0 => stem.clone(),
            1 => format!("北京{stem}发展有限公司"),
            2 => format!("北京{stem}有限公司海淀分公司"),
            3 => format!("{stem}有限公司浦东分公司"),
            4 => String::new(),
            5 => "Hengxintongda (Beijing) Technology Co., Ltd.".to_owned(),
            6 => format!("上海{stem}有限责任公司"),
            7 => format!("北京{stem}有限公司第一工厂"),
            _ => format!("北京{stem}有限公司"),
        };
        let number = if dice.below(8) == 0 { other } else { which };
        let mut credit = if dice.below(3) == 0 { String::new() } else { code(number) };
        if !credit.is_empty() && dice.below(12) == 0 {
            // Now and then the check fails, now and then it holds for another code.
            let at = 9 + dice.below(7);
            credit.replace_range(at..at + 1, dice.of(&["0", "3", "5", "8"]));
        }
        let street = dice.of(&["北京市海淀区学清路", "海淀区成府路", "上海市浦东新区世纪大道"]);
        let address = if dice.below(4) == 0 { String::new() } else { format!("{street}{}号", which % 37 + dice.below(2)) };
        LinkRecord {
            registry,
            key: format!("K{at}").into(),
            part: if registry == 3 && dice.below(3) == 0 { 1 } else { 0 },
            role: match (registry, dice.below(3)) {
                (3, 0) => LinkRole::Mention,
                (3, _) => LinkRole::Union,
                _ => LinkRole::Enterprise,
            },
            issues_codes: registry == 0,
            union_name: if registry == 3 { format!("{name}工会委员会").into() } else { "".into() },
            name: name.into(),
            former_names: if dice.below(9) == 0 { vec![format!("北京{stem}贸易有限公司").into()] } else { Vec::new() },
            organisation_code: if credit.is_empty() && dice.below(4) == 0 { code(number)[8..17].into() } else { "".into() },
            registration_number: if dice.below(4) == 0 { registration(number + dice.below(2)).into() } else { "".into() },
            credit_code: credit.into(),
            district: dice.of(&["", "海淀区", "朝阳区", "浦东新区"]).into(),
            address: address.into(),
            phone: if dice.below(3) == 0 { format!("010-6234{:04}", which % 61).into() } else { "".into() },
            established: (dice.below(2) == 0).then(|| PartialDate {
                year: 2000 + (which % 20) as i16,
                month: 4,
                day: dice.below(3) as u8,
            }),
            industry: ["", "7519", "5179", "47"][which % 4].into(),
            unit_type: dice.of(&["", "", "1", "2"]).into(),
            employees: (dice.below(2) == 0).then(|| 5 + (which % 90) as u32),
            ..LinkRecord::default()
        }
    };
    (0..count).map(record).collect()
}

#[test]
fn any_number_of_streams_gives_the_entities_of_one_machine() {
    let told = told(&["commerce", "tax", "statistics", "unions"]);
    let mut joined_by_weight = 0;
    for seed in [3, 11, 2_026] {
        let records = tangle(seed, 900);
        let (one, linking) = by_one_machine(&records, &told);
        assert_eq!(one.len(), records.len());
        joined_by_weight += one.values().filter(|(_, weight, _)| weight.is_some()).count();
        assert!(linking.flags.len() > 20, "borrowed codes and branches are among them: {}", linking.flags.len());
        for parts in [1, 2, 4] {
            let shared_out = by_filters(&records, &told, parts);
            let differ: Vec<_> = one.iter().filter(|(record, said)| shared_out.get(record) != Some(said)).collect();
            let told: Vec<String> = differ
                .iter()
                .take(5)
                .map(|(record, said)| format!("{record:?}: {said:?}, not {:?}", shared_out.get(record)))
                .collect();
            assert!(differ.is_empty(), "seed {seed}, {parts} streams: {} differ\n{}", differ.len(), told.join("\n"));
            assert_eq!(one.len(), shared_out.len());
        }
    }
    assert!(joined_by_weight > 300, "many are joined by what speaks for it: {joined_by_weight}");
}

const REGISTRIES: [SimulatedRegistry; 5] = [
    SimulatedRegistry::Commerce,
    SimulatedRegistry::Tax,
    SimulatedRegistry::SocialInsurance,
    SimulatedRegistry::Statistics,
    SimulatedRegistry::Unions,
];

/// An invented city after its first sync.
async fn city(root: &std::path::Path, enterprises: u64) -> Hub {
    write(&City::new(8, enterprises, 0), &root.join("city"), ExtractFormat::Csv).unwrap();
    let mut settings = settings(&root.join("data"));
    for registry in REGISTRIES {
        let place = root.join(format!("city/{}.csv", registry.name()));
        settings.sources.insert(registry.name().to_owned(), place.display().to_string());
    }
    let hub = Hub::open(settings, Clock::fixed("2026-11-22T02:00:00Z".parse().unwrap())).await.unwrap();
    let registries = REGISTRIES.map(|registry| registry.name().to_owned()).to_vec();
    hub.sync(&SyncOptions { registries, full: true, ..SyncOptions::default() }, Arc::new(Silent)).await.unwrap();
    hub
}

/// Whose facts the verdict on an entity looks at beside its own: hosts of unions that list it, its heads and its groups.
fn looked_at(of: &str, world: &AssessmentInput) -> BTreeSet<Box<str>> {
    let entity = |at: usize| world.entity_of[at].map(|entity| world.entities[entity as usize].clone());
    let mut seen: BTreeSet<Box<str>> = BTreeSet::new();
    let mut open: Vec<Box<str>> = vec![of.into()];
    while let Some(id) = open.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let of_it = |at: &usize| entity(*at).as_deref() == Some(&*id);
        for facts in (0..world.facts.len()).filter(of_it).map(|at| &world.facts[at]) {
            let is_row =
                |other: &Facts| other.registry == facts.registry && other.key == facts.key && other.kind == RecordKind::Union;
            open.extend((0..world.facts.len()).filter(|at| is_row(&world.facts[*at])).filter_map(entity));
        }
        let up = |tie: &&StatedTie| tie.from == id && matches!(tie.kind, RelationKind::BranchOf | RelationKind::SameGroup);
        open.extend(world.relations.iter().filter(up).map(|tie| tie.to.clone()));
    }
    seen
}

/// Neighbourhoods by name, each of the entities that are asked for in it.
type Asked = Vec<(String, Vec<Box<str>>)>;

/// The stream of these neighbourhoods; where people are counted, with whomever the unions list that list somebody of them.
fn neighbourhoods(world: &AssessmentInput, asked: &Asked, counts_people: bool) -> Vec<u8> {
    struct Row<'a>(String, Option<&'a str>, bool, Option<(&'a Facts, i64)>, Option<(String, i64)>);
    let mut told: Vec<Row<'_>> = Vec::new();
    let rolls = |facts: &Facts, seen: &BTreeSet<Box<str>>| {
        // The row of a union that lists somebody who is looked at, though nobody knows its host; or that waits for a person to say whether it does.
        let lists = |at: usize| {
            let unit = &world.facts[at];
            let of = world.entity_of[at].map(|entity| &world.entities[entity as usize]);
            unit.kind == RecordKind::CoveredUnit
                && (unit.registry, &unit.key) == (facts.registry, &facts.key)
                && of.is_some_and(|of| seen.contains(of))
        };
        let registry = &world.registries[usize::from(facts.registry)].name;
        let waits = world.open_pairs.iter().any(|pair| {
            seen.contains(&pair.enterprise) && (&pair.union_record.registry, &pair.union_record.key) == (registry, &facts.key)
        });
        facts.kind == RecordKind::Union && (waits || (0..world.facts.len()).any(lists))
    };
    let each = asked.iter().map(|(name, asked)| {
        let mut seen: BTreeSet<Box<str>> = asked.iter().flat_map(|id| looked_at(id, world)).collect();
        if counts_people {
            let of = |at: usize| world.entity_of[at].map(|entity| &world.entities[entity as usize]);
            let row = |at: usize| (world.facts[at].registry, world.facts[at].key.clone());
            let is_listed =
                |at: &usize| matches!(world.facts[*at].kind, RecordKind::Union | RecordKind::CoveredUnit) && of(*at).is_some();
            let listed: Vec<usize> = (0..world.facts.len()).filter(is_listed).collect();
            let theirs = |at: &&usize| of(**at).is_some_and(|id| asked.contains(id));
            let rows: BTreeSet<_> = listed.iter().filter(theirs).map(|at| row(*at)).collect();
            seen.extend(listed.iter().filter(|at| rows.contains(&row(**at))).filter_map(|at| of(*at)).cloned());
        }
        (name, asked.iter().map(|id| &**id).collect::<BTreeSet<&str>>(), seen)
    });
    for (name, asked, seen) in each {
        for (at, facts) in world.facts.iter().enumerate().rev() {
            let of = world.entity_of[at].map(|entity| &world.entities[entity as usize]);
            if of.is_some_and(|of| seen.contains(of)) || rolls(facts, &seen) {
                let is_asked = of.is_some_and(|of| asked.contains(&&**of));
                told.push(Row(name.clone(), of.map(|of| &**of), is_asked, Some((facts, at as i64)), None));
            }
        }
        for (at, tie) in world.relations.iter().enumerate().filter(|(_, tie)| seen.contains(&tie.from)) {
            let said =
                serde_json::json!({ "relation": { "kind": tie.kind, "from": tie.from, "to": tie.to, "since": tie.since } });
            told.push(Row(name.clone(), None, false, None, Some((said.to_string(), at as i64))));
        }
        for (at, pair) in world.open_pairs.iter().enumerate().filter(|(_, pair)| seen.contains(&pair.enterprise)) {
            let RecordRef { registry, key, part } = &pair.union_record;
            let said = serde_json::json!({ "open_pair": { "id": pair.id, "enterprise": pair.enterprise, "registry": registry,
                "key": key, "part": part, "weight": pair.weight } });
            told.push(Row(name.clone(), None, false, None, Some((said.to_string(), at as i64))));
        }
    }
    let fact = |of: &dyn Fn(&Facts) -> String| -> ArrayRef {
        Arc::new(told.iter().map(|row| row.3.map(|(facts, _)| of(facts))).collect::<StringArray>())
    };
    let numbers = |of: &dyn Fn(&Facts) -> Option<i64>| -> ArrayRef {
        Arc::new(told.iter().map(|row| row.3.and_then(|(facts, _)| of(facts))).collect::<Int64Array>())
    };
    let ids = told.iter().map(|row| row.3.map(|(_, at)| at).or_else(|| row.4.as_ref().map(|(_, at)| *at)));
    stream(&[
        ("neighbourhood", Arc::new(told.iter().map(|row| Some(row.0.as_str())).collect::<StringArray>())),
        ("entity", Arc::new(told.iter().map(|row| row.1).collect::<StringArray>())),
        ("asked", Arc::new(told.iter().map(|row| Some(row.2)).collect::<BooleanArray>())),
        ("id", Arc::new(ids.collect::<Int64Array>())),
        ("registry", fact(&|facts| world.registries[usize::from(facts.registry)].name.to_string())),
        ("key", fact(&|facts| facts.key.to_string())),
        ("part", numbers(&|facts| Some(facts.part.into()))),
        ("kind", fact(&|facts| facts.kind.name().to_owned())),
        ("landed_at", numbers(&|facts| Some(facts.landed_at))),
        ("observed_at", numbers(&|facts| facts.observed_at)),
        ("values", fact(&|facts| serde_json::to_string(&facts.values.iter().collect::<Vec<_>>()).unwrap())),
        ("beside", Arc::new(told.iter().map(|row| row.4.as_ref().map(|(said, _)| said.as_str())).collect::<StringArray>())),
    ])
}

/// Records of the invented city as the hub reads them: linked by the filters as by one machine, and judged by them as by one machine.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_invented_city_is_linked_and_judged_by_filters_as_by_one_machine() {
    let root = tempfile::tempdir().unwrap();
    let hub = city(root.path(), 400).await;
    let part = hub.records(WantedLinks::All, SnapshotUse::Ignore).await.unwrap().all().await.unwrap();
    let names: Vec<&str> = hub.connectors.iter().map(|connector| connector.name.as_str()).collect();
    let told = LinkedRegistries {
        issues_codes: hub.connectors.iter().map(|connector| connector.issues_codes).collect(),
        ..told(&names)
    };
    let (one, linking) = by_one_machine(&part.link, &told);
    for parts in [1, 3] {
        let shared_out = by_filters(&part.link, &told, parts);
        let differ = one.iter().filter(|(record, said)| shared_out.get(record) != Some(said)).count();
        assert_eq!((differ, shared_out.len()), (0, one.len()), "{parts} streams");
    }

    // The city as assessing takes it, its enterprises by what linking said.
    let entity_of = |facts: &Facts| {
        let registry = names[usize::from(facts.registry)].into();
        one.get(&RecordRef { registry, key: facts.key.clone(), part: facts.part }).and_then(|said| said.0.clone())
    };
    let entities: BTreeSet<Box<str>> = one.values().filter_map(|said| said.0.as_deref().map(Into::into)).collect();
    let entities: Vec<Box<str>> = entities.into_iter().collect();
    let place = |id: String| entities.binary_search(&id.into()).unwrap() as u32;
    let ties = linking.relations.iter().filter_map(|relation| {
        let since = relation.since.and_then(|day| day.first_day());
        let (from, to) = (relation.from.to_string().into(), relation.to?.to_string().into());
        Some(StatedTie { kind: relation.kind, from, to, since })
    });
    let world = AssessmentInput {
        registries: traits(&hub.connectors),
        entity_of: part.facts.iter().map(|facts| entity_of(facts).map(place)).collect(),
        facts: part.facts,
        relations: ties.collect(),
        open_pairs: huitu::publish::open_pairs(linking.review.iter()),
        entities: entities.clone(),
        first_edition: true,
        ..AssessmentInput::default()
    };
    let day = KernelDay {
        as_of: "2026-11-22".parse().unwrap(),
        rules: huitu::assess::Rules::embedded(),
        policy: huitu::assess::Policy::default(),
        registries: world.registries.clone(),
        unmet: Vec::new(),
        is_first: true,
        counting_since: None,
    };
    let judged = huitu::assess::assess(&world, &day.rules, &day.policy, day.as_of).enterprises;
    let wanted: BTreeMap<String, String> =
        judged.iter().map(|e| (e.id.to_string(), serde_json::to_string(&e.verdicts).unwrap())).collect();
    assert!(wanted.len() > 350 && judged.iter().any(|e| !e.verdicts.union.unions.is_empty()));
    // One neighbourhood for all, then one for each of some: among them whoever has a union, a head or a pair.
    let is_tied = |id: &str| {
        let e = judged.iter().find(|e| *e.id == *id);
        e.is_some_and(|e| e.branch_of.is_some() || !e.verdicts.union.possible.is_empty() || e.verdicts.union.unions.len() > 1)
    };
    let some: Vec<Box<str>> =
        entities.iter().enumerate().filter(|(at, id)| at % 9 == 0 || is_tied(id)).map(|(_, id)| id.clone()).collect();
    assert!(some.iter().filter(|id| is_tied(id)).count() > 3);
    let together: Asked = vec![("city".to_owned(), entities.clone())];
    let each: Asked = some.iter().map(|id| (id.to_string(), vec![id.clone()])).collect();
    for (asked, streams, apart) in [(&entities, &together, false), (&some, &each, true)] {
        let out = through(|i, o| kernel::assess(i, o, &day), &neighbourhoods(&world, streams, false));
        let found: BTreeMap<String, String> = rows(&out, |batch, row| {
            let verdicts: serde_json::Value = serde_json::from_str(&text(batch, "verdicts", row).unwrap()).unwrap();
            assert_eq!(verdicts["gap"]["status"], *text(batch, "gap", row).unwrap());
            assert_eq!(verdicts["size"]["verdict"], *text(batch, "size", row).unwrap());
            (text(batch, "entity", row).unwrap(), text(batch, "verdicts", row).unwrap())
        })
        .into_iter()
        .collect();
        let asked: BTreeMap<String, String> =
            asked.iter().filter_map(|id| Some((id.to_string(), wanted.get(&**id)?.clone()))).collect();
        let differ: Vec<_> = asked.iter().filter(|(id, said)| found.get(*id) != Some(said)).take(3).collect();
        assert!(
            differ.is_empty(),
            "apart: {apart}: {differ:#?}, not {:#?}",
            differ.iter().map(|(id, _)| found.get(*id)).collect::<Vec<_>>()
        );
        assert_eq!(asked.len(), found.len());
    }
    as_segments(root.path(), &world, &day, &entities);
}

/// The same city in segments, which are one edition: it says of everybody what one that was written at once says.
fn as_segments(root: &std::path::Path, world: &AssessmentInput, day: &KernelDay, entities: &[Box<str>]) {
    let written = |folder: &str, asked: &Asked| {
        let folder = root.join(folder);
        let place = SegmentPlace { root: &folder, number: 3, zone: chrono_tz::Asia::Shanghai };
        let out = through(|i, o| kernel::segment(i, o, day, place), &neighbourhoods(world, asked, true));
        let names: Vec<std::path::PathBuf> = rows(&out, |batch, row| folder.join(text(batch, "segment", row).unwrap()));
        (names, out)
    };
    let (whole, _) = written("whole", &vec![("11".to_owned(), entities.to_vec())]);
    let province = |at: usize| format!("{}", 11 + at % 3);
    let asked: Asked = (0..3)
        .map(|of| {
            let here = entities.iter().enumerate().filter(|(at, _)| at % 3 == of).map(|(_, id)| id.clone());
            (province(of), here.collect())
        })
        .collect();
    let (segments, first) = written("segments", &asked);
    assert_eq!(segments.len(), 3);
    // A lost worker's segments are written again, and are the same.
    assert_eq!(written("segments", &asked).1, first);

    let editions = root.join("nation");
    join_segments(&editions, 3, &segments).unwrap();
    let nation = Edition::open(&editions.join("000003")).unwrap();
    nation.manifest.verify(&nation.folder).unwrap();
    let one = Edition::open(&whole[0]).unwrap();
    let numbers = |edition: &Edition| (edition.len(), edition.manifest.unions, edition.manifest.members);
    assert_eq!(numbers(&nation), numbers(&one));
    assert!(nation.len() > 350 && segments.iter().all(|folder| Edition::open(folder).unwrap().len() > 50));
    let said = |edition: &Edition| -> BTreeMap<String, String> {
        let row = |row| edition.enterprise(row);
        let told = |e: EnterpriseRow<'_>| (e.id().to_owned(), format!("{:?} {:?}", e.written(), e.verdicts().unwrap()));
        edition.in_order(&edition.all()).map(row).map(told).collect()
    };
    let (one_says, nation_says) = (said(&one), said(&nation));
    let differ: Vec<&String> =
        one_says.iter().filter(|(id, said)| nation_says.get(*id) != Some(said)).map(|(id, _)| id).collect();
    assert!(differ.is_empty(), "{} differ: {:?}", differ.len(), differ.first().map(|id| (&one_says[*id], nation_says.get(*id))));
    let by = [Dimension::District];
    let counts = |edition: &Edition| edition.coverage(&by, &edition.all(), 1_000).unwrap();
    assert_eq!(counts(&nation), counts(&one));

    // What does not fit together is refused by name, and nothing is written.
    let refused = |folders: &[std::path::PathBuf]| join_segments(&root.join("refused"), 1, folders).unwrap_err().to_string();
    assert!(refused(&[segments[0].clone(), segments[1].clone(), segments[0].clone()]).contains("stands in"));
    assert!(refused(&[]).contains("no segment is named"));
    assert!(refused(&[root.join("nowhere")]).contains("name folders that `huitu kernel segment` wrote"));
    std::fs::write(segments[1].join("enterprises.arrow"), b"torn").unwrap();
    assert!(refused(&segments).contains("enterprises.arrow"));
    assert!(!root.join("refused").exists() || std::fs::read_dir(root.join("refused")).unwrap().next().is_none());
    let (bad, place) = (vec![("../11".to_owned(), entities.to_vec())], root.join("bad"));
    let place = SegmentPlace { root: &place, number: 1, zone: chrono_tz::Asia::Shanghai };
    let why = kernel::segment(&*neighbourhoods(world, &bad, true), &mut Vec::new(), day, place).unwrap_err();
    assert!(why.en.contains("no name of a segment"), "{}", why.en);
}

/// What the program says, and how it ends.
fn program(arguments: &[&str], input: &[u8]) -> (Vec<u8>, String, i32) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_huitu"))
        .env_clear()
        .env("HUITU_LANG", "en")
        .arg("kernel")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may end before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(input);
    let out = child.wait_with_output().unwrap();
    (out.stdout, String::from_utf8(out.stderr).unwrap(), out.status.code().unwrap())
}

#[test]
fn what_is_wrong_is_told_by_row_and_column_and_the_program_fails() {
    let told = told(&["commerce", "tax", "statistics", "unions"]);
    let records = tangle(5, 60);
    let good = as_columns(&records.iter().collect::<Vec<_>>(), &told);
    let registries = ["--registries", "commerce,tax,statistics,unions", "--issuers", "commerce"];
    let normalise: Vec<&str> = ["normalise"].iter().chain(&registries).copied().collect();
    let (out, said, ended) = program(&normalise, &stream(&good));
    assert_eq!((said.as_str(), ended), ("", 0));
    let read = through(|i, o| kernel::normalise(i, o, &told), &stream(&good));
    assert_eq!(out, read, "the program does what the room does");

    let with = |column: &'static str, array: ArrayRef| {
        let mut columns: Vec<(&str, ArrayRef)> = good.iter().filter(|(name, _)| *name != column).cloned().collect();
        columns.push((column, array));
        stream(&columns)
    };
    let keys = |at: usize| -> ArrayRef { Arc::new((0..60).map(|n| (n != at).then(|| format!("K{n}"))).collect::<StringArray>()) };
    let words: DictionaryArray<Int32Type> = (0..60).map(|_| Some("北京示例有限公司")).collect();
    let days: ArrayRef = Arc::new((0..60).map(|n| Some(if n == 41 { "2019/04" } else { "2019-04" })).collect::<StringArray>());
    let mut torn = stream(&good);
    torn.truncate(torn.len() - 8);
    for (input, wanted) in [
        (with("key", keys(17)), "row 18, column key: is empty"),
        (with("established", days), "row 42, column established: \"2019/04\" is no date; expected 2019, 2019-04 or 2019-04-18"),
        (with("name", Arc::new(words)), "column name is of type Dictionary"),
        (with("phones", keys(60)), "unknown column phones; known are registry, key, "),
        (
            with("employees", Arc::new(Int64Array::from(vec![-3; 60]))),
            "row 1, column employees: -3 is not between 0 and 4294967295",
        ),
        (
            with("role", Arc::new(StringArray::from(vec!["firm"; 60]))),
            "row 1, column role: \"firm\" is no role; expected one of enterprise, ",
        ),
        (stream(&good[1..]), "column registry is missing"),
        (b"registry,key\ncommerce,1\n".to_vec(), "the input is no Arrow IPC stream: "),
        (torn, "the stream is damaged or ends after row 60: no end of stream"),
        ([stream(&good), stream(&good)].concat(), "the stream is damaged or ends after row 60: more bytes follow its end"),
    ] {
        let (_, said, ended) = program(&normalise, &input);
        assert!(said.contains(wanted) && ended == 1, "{wanted}: {ended} {said}");
    }
    let (_, said, ended) = program(&["normalise", "--registries", "commerce"], &stream(&good));
    assert!(said.contains("column registry: there is no registry \"") && ended == 1, "{said}");
    let (_, said, ended) = program(&["normalise", "--registries", "tax", "--issuers", "commerce"], &stream(&good));
    assert!(said.contains("--issuers: \"commerce\" is none of the registries tax") && ended == 1, "{said}");
    assert_eq!(program(&["assess"], &[]).2, 2, "the day is never guessed");

    // What an earlier step handed on: damaged, of another version, twice, without its end of the rope.
    let mut lines: Vec<Vec<u8>> = rows(&read, |batch, row| bytes(batch, "record", row));
    let nobody = through(|i, o| kernel::statistics(i, o, true), &handed_on(&lines[..1]));
    let refused = |lines: &[Vec<u8>]| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.arrow");
        std::fs::write(&path, &nobody).unwrap();
        let all = KernelStatistics::of_file(&path).unwrap();
        kernel::group(&handed_on(lines)[..], std::io::sink(), &told, &all).expect_err("refused")
    };
    let twice = refused(&[lines[0].clone(), lines[1].clone(), lines[0].clone()]);
    assert_eq!(
        twice.text(Lang::En),
        "row 3, column record: stands in the stream twice; registry, key and part together name one record"
    );
    assert_eq!(twice.text(Lang::Zh), "第 3 行，列 record：在数据流中出现了两次；登记、主键与分项合起来只能指一条记录");
    let last = lines[2].len() - 1;
    lines[2][last] ^= 1;
    assert_eq!(refused(&lines[..3]).text(Lang::En), "row 3, column record: is damaged: its checksum does not fit");
    lines[2][0] = 99;
    assert!(refused(&lines[..3]).text(Lang::En).starts_with("row 3, column record: was not written by this version of huitu"));
    let uncounted = kernel::score(&stream(&good)[..], std::io::sink(), &told, &KernelStatistics::default()).expect_err("refused");
    assert!(uncounted.text(Lang::En).starts_with("the statistics hold no number of profiles"));
    let unpaired = stream(&[
        ("profile_data", Arc::new(BinaryArray::from(vec![None::<&[u8]>]))),
        ("left", Arc::new(Int64Array::from(vec![7]))),
        ("right", Arc::new(Int64Array::from(vec![9]))),
        ("right_registry", Arc::new(Int32Array::from(vec![0]))),
        ("right_identified", Arc::new(BooleanArray::from(vec![true]))),
        ("weight", Arc::new(Float32Array::from(vec![8.0]))),
    ]);
    let alone = kernel::cluster(&unpaired[..], std::io::sink(), &told).expect_err("refused");
    assert!(alone.text(Lang::En).starts_with("profile 7 looks for its like and is not there itself"));
}

/// Records as grouping and its statistics take them.
fn handed_on(lines: &[Vec<u8>]) -> Vec<u8> {
    stream(&[
        ("record", Arc::new(lines.iter().map(Some).collect::<BinaryArray>())),
        ("lead", Arc::new(Int64Array::from(vec![None; lines.len()]))),
    ])
}

#[test]
fn a_record_is_named_across_machines_by_what_it_is() {
    let told = told(&["commerce", "tax"]);
    let record = LinkRecord { registry: 1, key: "SW1".into(), name: "北京示例有限公司".into(), ..LinkRecord::default() };
    let out = through(|i, o| kernel::normalise(i, o, &told), &stream(&as_columns(&[&record], &told)));
    let references = rows(&out, |batch, row| whole(batch, "reference", row));
    assert_eq!(references, [Some(reference("tax", "SW1", 0) as i64)]);
    assert!(Field::from_name("name").is_some(), "values are named as connectors name them");
}
