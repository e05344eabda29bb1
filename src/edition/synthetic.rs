//! Believable facts by seed, for tests and benchmarks of the edition and the server. Not a registry: see `simulate`.

use chrono::{DateTime, NaiveDate};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use thin_vec::{ThinVec, thin_vec};

use super::{AreaLabel, CountingRules, EditionInput, EditionSource, IndustryLabel, Labels, Member};
use crate::model::enterprise::{Bits, Enterprise, EnterpriseField, IdentifierKind, Location, LocationBasis, People, TradeUnion};
use crate::model::identifier::{credit_check, organisation_check};
use crate::model::linkage::LinkMethod;
use crate::model::tie::{Tie, TieKind};
use crate::model::value::Money;
use crate::model::verdict::*;

const DISTRICTS: u32 = 16;
const TOWNS: u32 = 20;
const TRADE_NAMES: [char; 40] = [
    '华', '宇', '天', '地', '金', '信', '达', '通', '盛', '和', '德', '福', '新', '明', '光', '远', '航', '科', '创', '联', '合',
    '众', '兴', '隆', '泰', '安', '康', '健', '美', '佳', '乐', '友', '博', '雅', '正', '方', '圆', '博', '海', '川',
];
const TRADES: [&str; 12] =
    ["科技", "商贸", "餐饮管理", "物业管理", "建筑工程", "信息技术", "文化传播", "物流", "医药", "咨询", "食品", "人力资源"];
const COUNTRIES: [&str; 5] = ["US", "JP", "DE", "KR", "FR"];
/// The registries whose records are made up, in the order of the bits of `Enterprise::registries`.
pub const REGISTRIES: [&str; 5] = ["commerce", "tax", "social_insurance", "statistics", "unions"];

/// An edition's worth of facts: `count` enterprises, a union for every fifteenth, three records each.
pub fn input(number: u32, count: u32, seed: u64) -> EditionInput {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut enterprises = Vec::with_capacity(count as usize);
    let mut unions = Vec::new();
    let mut members = Vec::with_capacity(count as usize * 3);
    for i in 0..count {
        let e = enterprise(i, &mut rng);
        if matches!(e.verdicts.union.verdict, UnionStatus::Independent | UnionStatus::Joint) {
            unions.push(union_of(&e, i, &mut rng));
        }
        for (position, registry) in
            REGISTRIES.iter().enumerate().take(2 + usize::from(e.verdicts.union.verdict != UnionStatus::None))
        {
            members.push(Member {
                enterprise: (&*e.id).into(),
                registry: (*registry).into(),
                key: format!("{registry}-{i}").into(),
                part: 0,
                record_id: i64::from(i) * 3 + position as i64,
                method: if position == 1 { LinkMethod::Score } else { LinkMethod::CreditCode },
                weight: (position == 1).then_some(12.5),
                evidence: if position == 1 {
                    r#"[{"feature":"name","level":"same","left":null,"right":null,"weight":12.5}]"#
                } else {
                    ""
                }
                .into(),
            });
        }
        enterprises.push(e);
    }
    let published_at = DateTime::from_timestamp(1_790_000_000 + i64::from(number) * 86_400, 0).expect("a time in range");
    EditionInput {
        number,
        published_at,
        as_of: published_at.with_timezone(&chrono_tz::Asia::Shanghai).date_naive(),
        zone: chrono_tz::Asia::Shanghai,
        enterprises,
        unions,
        members,
        ties: ties(count),
        registries: REGISTRIES.iter().map(|name| (*name).into()).collect(),
        unmet: Vec::new(),
        sources: REGISTRIES
            .iter()
            .map(|name| EditionSource {
                name: (*name).to_owned(),
                title_zh: format!("登记源 {name}"),
                title_en: format!("registry {name}"),
                as_of: published_at,
                records: u64::from(count),
                stale: false,
            })
            .collect(),
        labels: labels(),
        counting: CountingRules::default(),
    }
}

/// Every hundredth enterprise invests, dispatches, has a dispute and an event; without the generator's numbers, so that the
/// enterprises stay what they are.
fn ties(count: u32) -> Vec<Tie> {
    let id = |i: u32| -> Option<Box<str>> { (i < count).then(|| format!("E{i:012}").into()) };
    let mut ties = Vec::new();
    for i in (0..count).step_by(100) {
        for (kind, what, number) in [
            (TieKind::Investment, "", Some(51.0)),
            (TieKind::Dispatch, "", Some(f64::from(i % 90 + 1))),
            (TieKind::Dispute, "arbitration", Some(3.0)),
            (TieKind::Event, "work_safety_inspection", None),
        ] {
            let between = matches!(kind, TieKind::Investment | TieKind::Dispatch);
            ties.push(Tie {
                kind,
                subject: id(i),
                other: if between { id(i + 1) } else { None },
                subject_name: format!("甲{i}").into(),
                other_name: if between { format!("乙{i}") } else { String::new() }.into(),
                other_code: "".into(),
                what: what.into(),
                title: if between { "" } else { "示例" }.into(),
                country: if kind == TieKind::Investment { "德国" } else { "" }.into(),
                number,
                since: NaiveDate::from_ymd_opt(2026, 1 + i / 100 % 12, 1),
                until: None,
                registry: 0,
                key: format!("{}-{i}", kind.name()).into(),
                record_id: i64::from(i) * 3,
            });
        }
    }
    ties
}

fn district(i: u32) -> u32 {
    110_101 + i
}

fn enterprise(i: u32, rng: &mut ChaCha8Rng) -> Enterprise {
    let d = (rng.random_range(0..DISTRICTS) * rng.random_range(1..=2)) % DISTRICTS;
    let town = rng.random_range(0..TOWNS);
    let section = char::from(b'A' + rng.random_range(0..20_u8));
    let division = 1 + (u32::from(section as u8 - b'A') * 5 + rng.random_range(0..5)) % 97;
    let trade = TRADES[rng.random_range(0..TRADES.len())];
    let mut trade_name = String::new();
    (0..2 + i % 2).for_each(|_| trade_name.push(TRADE_NAMES[rng.random_range(0..TRADE_NAMES.len())]));
    let employees = (10_f64.powf(rng.random_range(0.3..3.6))) as u32;
    let above = employees >= 50 && rng.random_bool(0.6);
    let union = match rng.random_range(0..100_u32) {
        n if above && n < 55 => UnionStatus::Independent,
        n if n < 4 => UnionStatus::Independent,
        n if n < 20 => UnionStatus::Joint,
        n if n < 22 => UnionStatus::Possible,
        _ => UnionStatus::None,
    };
    let deregistered = rng.random_bool(0.05);
    let size = if above { SizeStatus::Above } else { SizeStatus::Below };
    let gap = match union {
        _ if deregistered => GapStatus::OutOfScope,
        UnionStatus::Independent | UnionStatus::Parent => GapStatus::Covered,
        UnionStatus::Joint | UnionStatus::Federation if above => GapStatus::LackingIndependent,
        UnionStatus::Joint | UnionStatus::Federation => GapStatus::Covered,
        UnionStatus::Possible => GapStatus::Undecided,
        UnionStatus::Preparing | UnionStatus::None => GapStatus::Lacking,
    };
    let foreign = rng.random_bool(0.04);
    let code = credit_code(district(d), i);
    let key: Box<str> = format!("commerce-{i}").into();
    let lacking = above && matches!(gap, GapStatus::Lacking | GapStatus::LackingIndependent);
    let points = (employees as f32).log2() * if lacking { 10.0 } else { 1.0 } + if foreign { 15.0 } else { 0.0 };
    let mut tags = Bits::default();
    if foreign {
        tags.insert(EnterpriseTag::Foreign as usize);
    }
    let mut conflicts = Bits::default();
    if rng.random_bool(0.1) {
        conflicts.insert(EnterpriseField::Employees as usize);
    }
    Enterprise {
        id: format!("E{i:012}").into(),
        credit_code: Some(code.clone().into()),
        credit_code_raw: Some(code.into()),
        name: format!("北京{trade_name}{trade}有限公司").into(),
        former_names: if i.is_multiple_of(12) {
            thin_vec![format!("北京{trade_name}{trade}中心").into()]
        } else {
            ThinVec::new()
        },
        identifiers: thin_vec![(IdentifierKind::Insurance, format!("SI{i:08}").into())],
        status: if deregistered { OperatingStatus::Deregistered } else { OperatingStatus::Active },
        established_on: NaiveDate::from_ymd_opt(1990 + (i % 34) as i32, 1 + i % 12, 1 + i % 28),
        district: Some(district(d)),
        town: (!i.is_multiple_of(50)).then_some(district(d) * 1000 + 1 + town),
        federation: Some(format!("D{}", district(d)).into()),
        address: Some(format!("示例街道{town}号").into()),
        location: (i.is_multiple_of(3)).then(|| Location {
            longitude: 116.0 + f64::from(d % 4) * 0.2 + rng.random_range(0.0..0.2),
            latitude: 39.6 + f64::from(d / 4) * 0.2 + rng.random_range(0.0..0.2),
            basis: LocationBasis::Registry,
        }),
        industry: Some(format!("{section}{division:02}{:02}", 10 + i % 60).into()),
        industry_edition: 2017,
        section: Some(section),
        ownership: Ownership::ALL[rng.random_range(0..Ownership::ALL.len())],
        registration_type: Some("有限责任公司".into()),
        investor_countries: if foreign { thin_vec![COUNTRIES[rng.random_range(0..5)].into()] } else { ThinVec::new() },
        employees: (!i.is_multiple_of(20)).then_some(employees),
        insured: Some(employees / 2),
        revenue: Some(Money::from_yuan(i64::from(employees) * 300_000)),
        payroll: Some(Money::from_yuan(i64::from(employees) * 90_000)),
        tags,
        registries: Bits(0b111),
        disputed_by: conflicts.iter().map(|bit| (EnterpriseField::ALL[bit], Bits(0b10))).collect(),
        conflicts,
        people: People {
            employees: if i.is_multiple_of(20) { employees / 2 } else { employees },
            unions: u32::from(matches!(union, UnionStatus::Independent | UnionStatus::Joint)),
            members: if matches!(union, UnionStatus::Independent | UnionStatus::Joint) { employees * 8 / 10 } else { 0 },
            female_members: if union == UnionStatus::Independent { employees * 3 / 10 } else { 0 },
            ..People::default()
        },
        findings: if i % 500 == 7 { thin_vec!["refused".into()] } else { ThinVec::new() },
        branch_of: (i % 100 == 99).then(|| format!("E{:012}", i - 1).into()),
        reasons: None,
        verdicts: Verdicts {
            size: SizeVerdict {
                verdict: size,
                basis: Some(SizeBasis::Rule),
                rule: Some("services-2021".into()),
                reasons: thin_vec![
                    Reason::new(if above { "above_rule" } else { "below_rule" })
                        .with(ReasonInput::new("employees", employees).from_record("commerce", &key)),
                ],
                size_class: if employees > 300 { SizeClass::Large } else { SizeClass::Small },
            },
            union: UnionVerdict {
                verdict: union,
                unions: match union {
                    UnionStatus::Independent | UnionStatus::Joint => thin_vec![UnionLink {
                        union: format!("U{i:012}").into(),
                        kind: if union == UnionStatus::Joint { UnionKind::Joint } else { UnionKind::Independent },
                        since: NaiveDate::from_ymd_opt(2020, 1, 1),
                        registry: "unions".into(),
                        record: format!("unions-{i}").into(),
                    }],
                    _ => ThinVec::new(),
                },
                possible: ThinVec::new(),
                reasons: thin_vec![Reason::new(if union == UnionStatus::None { "no_union_record" } else { "union_independent" })],
            },
            gap: GapVerdict {
                status: gap,
                reasons: thin_vec![Reason::new(if gap == GapStatus::Lacking { "lacking_none" } else { "covered_independent" })],
                since: lacking.then(|| NaiveDate::from_ymd_opt(2026, 1 + i % 9, 1)).flatten(),
            },
            fund: FundVerdict {
                status: FundStatus::Unknown,
                period: "".into(),
                due: Some(Money::from_yuan(i64::from(employees) * 1_800)),
                paid: None,
                kind_paid: None,
                reasons: ThinVec::new(),
            },
            priority: Priority {
                score: points,
                factors: thin_vec![PriorityFactor {
                    code: "employees".into(),
                    points,
                    input: Some(ReasonInput::new("employees", employees).from_record("commerce", &key)),
                }],
            },
        },
    }
}

/// A valid credit code that belongs to no company: category 93 is not in use for enterprises.
fn credit_code(district: u32, i: u32) -> String {
    let body = format!("{i:08}");
    let organisation = organisation_check(body.as_bytes()).expect("eight digits") as char;
    let body = format!("93{district}{body}{organisation}");
    let check = credit_check(body.as_bytes()).expect("seventeen characters") as char;
    format!("{body}{check}")
}

fn union_of(e: &Enterprise, i: u32, rng: &mut ChaCha8Rng) -> TradeUnion {
    let members = e.employees.unwrap_or(10).max(3) * rng.random_range(50..=98) / 100;
    TradeUnion {
        id: format!("U{i:012}").into(),
        name: format!("{}工会委员会", e.name).into(),
        credit_code: None,
        kind: if e.verdicts.union.verdict == UnionStatus::Joint { UnionKind::Joint } else { UnionKind::Independent },
        level: Some("基层".into()),
        parent: None,
        district: e.district,
        industrial: None,
        established_on: NaiveDate::from_ymd_opt(2020, 1, 1),
        employees: e.employees,
        members: Some(members),
        female_members: None,
        migrant_members: None,
        migrant_employees: None,
        dispatched_members: None,
        host: Some(e.id.clone()),
        covers: vec![e.id.clone()],
        registry: "unions".into(),
        record: format!("unions-{i}").into(),
    }
}

fn labels() -> Labels {
    let mut areas = vec![area("110000", "CITY", None, "示例市".to_owned(), "Example City".to_owned())];
    for d in 0..DISTRICTS {
        let code = district(d).to_string();
        areas.push(area(&code, "DISTRICT", Some("110000"), format!("示例{d}区"), format!("District {d}")));
        areas.push(area(&format!("D{code}"), "FEDERATION", None, format!("示例{d}区总工会"), format!("District {d} Federation")));
        for t in 1..=TOWNS {
            areas.push(area(&format!("{code}{t:03}"), "TOWN", Some(&code), format!("示例{d}区{t}街道"), format!("Town {d}-{t}")));
        }
    }
    let industries = (0..20)
        .map(|i| {
            let code = char::from(b'A' + i).to_string();
            let (zh, en) = (format!("门类{code}"), format!("Section {code}"));
            IndustryLabel { code, level: "SECTION".to_owned(), edition: 2017, parent: None, zh, en }
        })
        .chain((1..=97).map(|d| IndustryLabel {
            code: format!("{d:02}"),
            level: "DIVISION".to_owned(),
            edition: 2017,
            parent: Some(char::from(b'A' + ((d - 1) / 5) as u8).to_string()),
            zh: format!("大类{d:02}"),
            en: format!("Division {d:02}"),
        }))
        .collect();
    Labels { areas, industries }
}

fn area(code: &str, level: &str, parent: Option<&str>, zh: String, en: String) -> AreaLabel {
    AreaLabel {
        code: code.to_owned(),
        level: level.to_owned(),
        parent: parent.map(str::to_owned),
        zh,
        en,
        label_point: Some((116.4, 39.9)),
        predecessors: Vec::new(),
    }
}
