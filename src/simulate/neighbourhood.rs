//! Makes the enterprises of one neighbourhood and the unions they share.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{Datelike, Days, Months, NaiveDate};

use super::city::{City, Lie, Neighbourhood, first_day, purpose};
use super::draw::Draw;
use super::entity::{
    Entity, EntityKind, FORMS, Former, INDIVIDUAL_FORM, OwnUnion, Payment, RegistrationState, SharedUnion, SimulatedRelation,
};
use super::name::{self, SimulatedName};
use super::truth;
use super::words::{COUNTRIES, HMT_PLACES, HOUSES, ROAD_TAILS, TRADES};
use crate::model::reference::areas;

/// What is added to the logarithm of a trade's median staff, and how widely staff is spread about it: so the average firm has the
/// 17 or so of the economic census of 2013 (11.1 million in 631,000), and the average service firm above designated size the
/// 140 that its threshold rules allow (168 to 204 in the city's monthly figures of 2019 and 2022).
const STAFF: (f64, f64) = (-1.0, 1.6);

/// Roads and houses of a neighbourhood, which its enterprises share.
struct Streets {
    roads: Vec<String>,
    houses: Vec<(usize, String)>,
}

pub(super) fn make(city: &City, number: u64, size: usize, new: bool, renamed: &HashMap<u64, u8>) -> Neighbourhood {
    let first_id = number * super::city::SLOTS as u64;
    let own = grounds(city, number);
    let mut entities: Vec<Entity> = Vec::with_capacity(size);
    for slot in 0..size {
        let id = first_id + slot as u64;
        let again = renamed.get(&id).copied().unwrap_or(0);
        // Firms are founded everywhere: each of the new ones lies in a neighbourhood of the first day.
        let elsewhere = new.then(|| {
            let first = city.first_neighbourhoods().max(1) as usize;
            grounds(city, Draw::new(city.seed, purpose::HOME, id).below(first) as u64)
        });
        let (lie, streets) = elsewhere.as_ref().unwrap_or(&own);
        let entity = enterprise(city, id, new, lie, streets, &entities, again);
        entities.push(entity);
    }
    let (lie, streets) = own;
    let mut draw = Draw::new(city.seed, purpose::UNION, number ^ 0x5151_0000_0000);
    let unions = if new { Vec::new() } else { shared_unions(&lie, &streets, &mut entities, &mut draw) };
    let houses = if new { Vec::new() } else { streets.houses.into_iter().map(|(_, house)| house).collect() };
    let mut made = Neighbourhood { number, entities, unions, houses };
    pay(city, &mut made);
    made
}

/// Where a neighbourhood lies, with its roads and houses.
fn grounds(city: &City, number: u64) -> (Lie, Streets) {
    let lie = city.place(number);
    let streets = streets(&lie, &mut Draw::new(city.seed, purpose::PLACE, number ^ 0x5151_0000_0000));
    (lie, streets)
}

fn streets(lie: &Lie, draw: &mut Draw) -> Streets {
    let stem = |name: &'static str| {
        let name = ["街道", "镇", "乡", "地区"].iter().find_map(|s| name.strip_suffix(s)).unwrap_or(name);
        if name.chars().count() > 6 { "园区" } else { name }
    };
    let mut roads: Vec<String> = lie
        .towns
        .iter()
        .flat_map(|t| (0..3).map(|_| stem(t.name_zh)))
        .map(|s| format!("{s}{}", draw.pick(&ROAD_TAILS)))
        .collect();
    roads.dedup();
    let word = name::trade_name;
    let houses = (0..5).map(|_| (draw.below(roads.len()), format!("{}{}", word(draw), draw.pick(&HOUSES)))).collect();
    Streets { roads, houses }
}

/// 北京市海淀区学院路12号院3号楼1205室, or a room in one of the shared houses.
fn address(lie: &Lie, streets: &Streets, draw: &mut Draw) -> String {
    let district = lie.district.name_zh;
    let mut text = format!("北京市{district}");
    if draw.chance(0.25) {
        text.push_str(lie.towns[draw.below(lie.towns.len())].name_zh);
    }
    if draw.chance(0.4) {
        let (road, house) = &streets.houses[draw.below(streets.houses.len())];
        text.push_str(&format!(
            "{}{}号{house}{}层{}",
            streets.roads[*road],
            1 + house.len() * 7 % 90,
            draw.between(1, 22),
            room(draw)
        ));
    } else {
        text.push_str(&format!("{}{}号", streets.roads[draw.below(streets.roads.len())], draw.between(1, 200)));
        match draw.below(4) {
            0 => {}
            1 => text.push_str(&format!("院{}号楼{}", draw.between(1, 30), room(draw))),
            2 => text.push_str(&format!("{}幢{}", draw.between(1, 12), room(draw))),
            _ => text.push_str(&format!("{}层{}", draw.between(1, 18), room(draw))),
        }
    }
    text
}

fn room(draw: &mut Draw) -> String {
    let room = draw.between(101, 2899);
    if draw.chance(0.8) { format!("{room}室") } else { format!("{room}") }
}

/// A number nobody can dial: local numbers do not begin with 0.
fn phone(draw: &mut Draw) -> String {
    format!("010-0{:07}", draw.below(10_000_000))
}

/// The code of the authority that registered a firm of `district` in `year`: old codes stay frozen in old numbers.
fn authority(district: u32, year: i32, in_zone: bool, draw: &mut Draw) -> u32 {
    match district {
        _ if in_zone => 110_302,
        110_101 if year < 2010 && draw.chance(0.4) => 110_103,
        110_102 if year < 2010 && draw.chance(0.4) => 110_104,
        110_118 if year < 2015 => 110_228,
        110_119 if year < 2015 => 110_229,
        other => other,
    }
}

fn enterprise(city: &City, id: u64, new: bool, lie: &Lie, streets: &Streets, before: &[Entity], again: u8) -> Entity {
    let mut draw = Draw::new(city.seed, purpose::ENTITY, id);
    let mut names = Draw::new(city.seed, purpose::NAME, id ^ (u64::from(again) << 48));
    let related = if new { None } else { relation(before, &mut draw) };
    let kind = match related {
        Some((SimulatedRelation::BranchOf, _)) => EntityKind::Branch,
        None if draw.chance(0.03) => EntityKind::Individual,
        _ => EntityKind::Company,
    };
    let other_trade = any_trade(&mut draw);
    let parent = related.map(|(_, slot)| &before[slot]);
    let trade = match (related, parent) {
        (Some((SimulatedRelation::BranchOf, _)), Some(p)) => p.trade,
        _ => any_trade(&mut draw),
    };
    let town = lie.towns[draw.below(lie.towns.len())];
    let district = lie.district.name_zh;

    let founded = city.founded_on_day(id);
    let established = if new { first_day() + Days::new(founded.into()) } else { established(&mut draw) };
    let year = established.year();
    let employees = match kind {
        EntityKind::Individual => draw.lognormal(0.7, 0.6),
        _ => draw.lognormal(TRADES[trade].heads + STAFF.0, STAFF.1),
    };
    let mut employees = (employees.round() as u32).clamp(1, 60_000);
    let shell = kind == EntityKind::Company && draw.chance(0.015);
    let (form, country) = form(kind, employees, year, parent, &mut draw);
    let foreign = country.is_some() && FORMS[form].ownership == "FOREIGN";
    let name = full_name(kind, related, parent, &mut names, trade, other_trade, district, year, foreign);
    let fortune_500 = foreign && kind == EntityKind::Company && draw.chance(0.12);
    if fortune_500 {
        // From a representative's office to a plant, half of them above two hundred: a stream of its own, so that nothing else moves.
        let mut staff = Draw::new(city.seed, purpose::FORTUNE, id);
        employees = (staff.lognormal(5.4, 0.8).round() as u32).clamp(30, 20_000);
    }
    if shell {
        employees = 0;
    }
    let former = (kind == EntityKind::Company && draw.chance(0.09)).then(|| {
        let until = established + Days::new(draw.below(((first_day() - established).num_days().max(2) - 1) as usize) as u64);
        Former { name: name::former(&name, &mut names, other_trade), until }
    });
    let former = former.filter(|f| f.name != name);

    let t = &TRADES[trade];
    let revenue_yuan = (f64::from(employees) * t.revenue * 0.32 * draw.lognormal(0.0, 0.8)) as i64 * 10_000;
    let main = (revenue_yuan as f64 * (1.0 - draw.unit() * draw.unit() * 0.3)) as i64 / 1000 * 1000;
    let payroll_yuan = (f64::from(employees) * t.pay * draw.lognormal(0.0, 0.3) * 10_000.0) as i64 / 100 * 100;
    let insured = (f64::from(employees) * (0.7 + 0.3 * draw.unit())).round() as u32;
    let construction =
        t.class.starts_with("47") || t.class.starts_with("48") || t.class.starts_with("49") || t.class.starts_with("50");
    let qualification = construction.then(|| match draw.below(100 + 600 / (employees as usize + 2)) {
        0..=24 => "总承包三级",
        25..=34 => "总承包二级",
        35..=39 => "总承包一级",
        40..=59 => "专业承包二级",
        60..=66 => "专业承包一级",
        67..=79 => "施工劳务",
        _ => "无资质",
    });
    let standing = if new { RegistrationState::Active } else { standing(year, related, &mut draw) };
    let closed_on = (standing != RegistrationState::Active).then(|| first_day() - Days::new(draw.below(900) as u64));
    let has_old = draw.chance(0.14);
    let credit_code = city.credit_code(
        id,
        kind,
        authority(lie.district.code, year, town.development_zone, &mut draw),
        established >= ymd(2015, 10, 1),
    );
    let authority_code: u32 = credit_code[2..8].parse().unwrap_or(lie.district.code);
    let registration_number =
        (established < ymd(2015, 10, 1) || draw.chance(0.3)).then(|| city.registration_number(id, authority_code, foreign));
    let point = areas().label_point(lie.district.code).unwrap_or((116.4, 39.9));
    let mut entity = Entity {
        id,
        kind,
        relation: related,
        name,
        former,
        credit_code,
        registration_number,
        form,
        country,
        fortune_500,
        leading: employees > 500 && draw.chance(0.15),
        on_exchange: employees > 200 && draw.chance(0.06),
        established,
        standing,
        closed_on,
        trade,
        capital: [10, 30, 50, 100, 100, 200, 300, 500, 500, 1000, 1000, 2000, 5000, 10_000][draw.below(14)]
            * if employees > 300 { 10 } else { 1 },
        district: lie.district.code,
        town: town.code,
        address: address(lie, streets, &mut draw),
        operating: draw.chance(0.12).then(|| address(lie, streets, &mut draw)),
        old_address: has_old.then(|| address(lie, streets, &mut draw)),
        location: (point.0 + draw.normal() * 0.03, point.1 + draw.normal() * 0.022),
        employees,
        insured: if shell { 0 } else { insured },
        revenue_yuan,
        revenue_main_yuan: main,
        payroll_yuan,
        assets_yuan: (revenue_yuan as f64 * draw.lognormal(0.0, 0.6)) as i64 / 1000 * 1000,
        reports_revenue: draw.chance(0.96),
        reports_main: draw.chance(0.6),
        tax_reports_staff: shell || draw.chance(0.7),
        tax_lags: standing != RegistrationState::Suspended && draw.chance(0.2),
        official: None,
        qualification,
        development: (t.class == "7010").then(|| draw.chance(0.45)),
        dispatched_workers: if t.class == "7263" {
            employees * 9 / 10
        } else if draw.chance(0.06) {
            employees / 5
        } else {
            0
        },
        phone: phone(&mut draw),
        union: OwnUnion::No,
        union_since: established,
        members: 0,
        payment: None,
        records: [0; 6],
        touched: [founded; 6],
    };
    entity.official = official(&entity, &mut draw);
    entity.records = records(&entity, &mut draw);
    own_union(&mut entity, &mut draw);
    entity
}

/// A trade by how common it is.
fn any_trade(draw: &mut Draw) -> usize {
    static UP_TO: LazyLock<Vec<f64>> = LazyLock::new(|| {
        TRADES
            .iter()
            .scan(0.0, |sum, t| {
                *sum += t.weight;
                Some(*sum)
            })
            .collect()
    });
    let at = draw.unit() * UP_TO[TRADES.len() - 1];
    UP_TO.partition_point(|up_to| *up_to <= at).min(TRADES.len() - 1)
}

fn ymd(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a calendar day")
}

/// Which earlier enterprise of the neighbourhood a new one belongs to, if any.
fn relation(before: &[Entity], draw: &mut Draw) -> Option<(SimulatedRelation, usize)> {
    // Most stand alone; then nothing has to be looked for.
    let fate = draw.below(1000);
    if fate >= 112 {
        return None;
    }
    let companies: Vec<usize> =
        (0..before.len()).filter(|s| before[*s].kind == EntityKind::Company && before[*s].relation.is_none()).collect();
    if companies.is_empty() {
        return None;
    }
    let of = |draw: &mut Draw| companies[draw.below(companies.len())];
    // Large firms have the branches and subsidiaries.
    let large = |draw: &mut Draw| companies[draw.weighted(companies.iter().map(|s| f64::from(before[*s].employees) + 1.0))];
    match fate {
        0..=49 => Some((SimulatedRelation::SiblingOf, of(draw))),
        50..=87 => Some((SimulatedRelation::BranchOf, large(draw))),
        88..=105 => Some((SimulatedRelation::SubsidiaryOf, large(draw))),
        106..=111 => Some((SimulatedRelation::AbsorbedBy, of(draw))),
        _ => None,
    }
}

fn established(draw: &mut Draw) -> NaiveDate {
    let year = match draw.below(100) {
        0..=4 => draw.between(1980, 1992),
        5..=19 => draw.between(1993, 2002),
        20..=49 => draw.between(2003, 2012),
        50..=88 => draw.between(2013, 2022),
        _ => draw.between(2023, 2026),
    };
    let day = ymd(year as i32, draw.between(1, 12) as u32, draw.between(1, 28) as u32);
    // Nobody is founded after the first day.
    if day > first_day() { day - Months::new(12) } else { day }
}

fn form(kind: EntityKind, employees: u32, year: i32, parent: Option<&Entity>, draw: &mut Draw) -> (usize, Option<&'static str>) {
    if kind == EntityKind::Individual {
        return (INDIVIDUAL_FORM, None);
    }
    if let (EntityKind::Branch, Some(parent)) = (kind, parent) {
        return (parent.form, parent.country);
    }
    let size = f64::from(employees.max(1)).ln();
    let old = if year < 1995 { 4.0 } else { 0.15 };
    let weights =
        [60.0, 12.0, 8.0 + size, 3.0, 1.5 + 0.8 * size, old, old * 0.7, 1.2 + 0.6 * size, 1.5 + 0.8 * size, 0.8 + 0.4 * size];
    let form = draw.weighted(weights.into_iter());
    let country = match FORMS[form].ownership {
        "FOREIGN" => Some(*draw.pick(&COUNTRIES)),
        "HMT" => Some(*draw.pick(&HMT_PLACES)),
        _ => None,
    };
    (form, country)
}

#[allow(clippy::too_many_arguments)] // one name is made of all of these
fn full_name(
    kind: EntityKind,
    related: Option<(SimulatedRelation, usize)>,
    parent: Option<&Entity>,
    draw: &mut Draw,
    trade: usize,
    other_trade: usize,
    district: &'static str,
    year: i32,
    foreign: bool,
) -> SimulatedName {
    match (kind, related, parent) {
        (EntityKind::Individual, ..) => name::individual(draw, district),
        (EntityKind::Branch, _, Some(parent)) => {
            let districts = areas().districts();
            let number = draw.below(9);
            let place = if draw.chance(0.5) { district } else { districts[draw.below(districts.len())].name_zh };
            name::branch(&parent.name, draw, place, number)
        }
        (_, Some((SimulatedRelation::SiblingOf, _)), Some(parent)) => name::sibling(&parent.name, draw, other_trade),
        (_, Some((SimulatedRelation::SubsidiaryOf, _)), Some(parent)) => {
            let own = name::company(draw, trade, district, false, false);
            SimulatedName { trade_name: parent.name.trade_name.clone(), ..own }
        }
        _ => {
            let mut own = name::company(draw, trade, district, year < 1995, foreign);
            own.district = district;
            own
        }
    }
}

fn standing(year: i32, related: Option<(SimulatedRelation, usize)>, draw: &mut Draw) -> RegistrationState {
    if matches!(related, Some((SimulatedRelation::AbsorbedBy, _))) {
        return RegistrationState::Deregistered;
    }
    let dead = if year > 2010 { 0.05 } else { 0.1 };
    match draw.unit() {
        p if p < dead => RegistrationState::Deregistered,
        p if p < dead + 0.01 => RegistrationState::Revoked,
        p if p < dead + 0.02 => RegistrationState::MovedOut,
        p if p < dead + 0.03 => RegistrationState::Suspended,
        _ => RegistrationState::Active,
    }
}

/// 是否规上: mostly right, sometimes a year late, sometimes left blank.
fn official(entity: &Entity, draw: &mut Draw) -> Option<bool> {
    let by_rule = truth::above_by_rule(entity)?;
    match draw.below(100) {
        0..=79 => Some(by_rule),
        80..=82 => Some(!by_rule),
        _ => None,
    }
}

/// Which registries know it, and how often: the larger, the better known.
fn records(entity: &Entity, draw: &mut Draw) -> [u8; 6] {
    let s = (0.25 + 0.16 * (f64::from(entity.employees) / 10.0).sqrt()).min(1.0);
    let dead = entity.standing != RegistrationState::Active && entity.standing != RegistrationState::Suspended;
    let above = truth::above_by_rule(entity) == Some(true);
    let mut p = [0.97, if dead { 0.4 } else { 0.88 }, (0.45 + 0.35 * s).min(0.97), if above { 0.96 } else { 0.28 }, 0.0, 0.0];
    if entity.kind == EntityKind::Individual {
        p = [0.95, 0.6, 0.1, 0.02, 0.0, 0.0];
    }
    let again = [0.002, 0.006, 0.012, 0.004, 0.0, 0.0];
    let mut records = [0; 6];
    for at in 0..4 {
        if draw.chance(p[at]) {
            records[at] = 1 + u8::from(draw.chance(again[at]));
        }
    }
    if records.iter().all(|n| *n == 0) {
        records[0] = 1;
    }
    records
}

/// Whether it has a union of its own: by size, owner and district.
fn own_union(entity: &mut Entity, draw: &mut Draw) {
    let owner = match FORMS[entity.form].ownership {
        "STATE" => 1.5,
        "COLLECTIVE" => 1.2,
        "FOREIGN" | "HMT" => 0.75,
        "INDIVIDUAL" => 0.0,
        _ => 0.95,
    };
    // Some districts have worked longer at it.
    let district = 0.75 + f64::from(entity.district * 7 % 11) / 20.0;
    let size = match entity.employees {
        0 => 0.0,
        n if n < 25 => 0.05,
        n => (0.28 + 0.13 * (f64::from(n) / 25.0).ln()).min(0.8),
    };
    let kind = if entity.kind == EntityKind::Branch { 0.3 } else { 1.0 };
    if !draw.chance((size * owner * district * kind).min(0.95)) {
        return;
    }
    let years = (first_day() - entity.established).num_days().max(1);
    entity.union_since = entity.established + Days::new(draw.below(years as usize) as u64);
    entity.union = match draw.below(100) {
        0..=3 => OwnUnion::Preparing,
        4..=5 => OwnUnion::Dissolved,
        _ => OwnUnion::Independent,
    };
    entity.members = (f64::from(entity.employees) * (0.45 + 0.55 * draw.unit())) as u32;
    entity.records[4] = 1 + u8::from(draw.chance(0.02));
}

/// Joint unions and federations of the neighbourhood, and unions of groups.
fn shared_unions(lie: &Lie, streets: &Streets, entities: &mut [Entity], draw: &mut Draw) -> Vec<SharedUnion> {
    for slot in 0..entities.len() {
        let group: Vec<usize> =
            (0..entities.len()).filter(|s| entities[*s].relation == Some((SimulatedRelation::SubsidiaryOf, slot))).collect();
        if entities[slot].union == OwnUnion::Independent && !group.is_empty() && draw.chance(0.7) {
            entities[slot].union = OwnUnion::Group(group);
        }
    }
    let small: Vec<usize> = (0..entities.len())
        .filter(|s| {
            let e = &entities[*s];
            e.kind == EntityKind::Company
                && e.employees > 0
                && e.standing == RegistrationState::Active
                && (e.employees < 60 || draw.chance(0.25))
        })
        .collect();
    let town = lie.towns[0];
    let house = &streets.houses[0].1;
    let mut unions = Vec::new();
    let since = |draw: &mut Draw| ymd(draw.between(2008, 2025) as i32, draw.between(1, 12) as u32, draw.between(1, 28) as u32);
    let mut add = |name: String, kind, coverage, share: f64, draw: &mut Draw| {
        let since = since(draw);
        let covered: Vec<usize> = small.iter().copied().filter(|_| draw.chance(share)).collect();
        if !covered.is_empty() {
            unions.push(SharedUnion {
                number: unions.len(),
                name,
                kind,
                coverage,
                district: lie.district.code,
                town_name: town.name_zh,
                since,
                covered,
                touched: 0,
            });
        }
    };
    if draw.chance(0.75) {
        add(format!("{}{house}联合工会委员会", town.name_zh), "联合基层工会", "JOINT", 0.26, draw);
    }
    if draw.chance(0.25) {
        add(format!("{}餐饮行业工会联合会", town.name_zh), "行业性工会联合会", "FEDERATION", 0.08, draw);
    }
    if draw.chance(0.25) {
        add(
            format!("{}{}商圈工会联合会", lie.district.name_zh, streets.houses[1].1),
            "区域性工会联合会",
            "FEDERATION",
            0.1,
            draw,
        );
    }
    unions
}

/// Dues (工会经费) and preparatory fund (建会筹备金) of the year.
fn pay(city: &City, made: &mut Neighbourhood) {
    for slot in 0..made.entities.len() {
        let entity = &made.entities[slot];
        let mut draw = Draw::new(city.seed, purpose::UNION, entity.id);
        let known = entity.records[1] > 0
            && entity.employees >= 5
            && entity.kind != EntityKind::Individual
            && entity.standing == RegistrationState::Active;
        let has_union = matches!(truth::coverage(made, slot), "INDEPENDENT" | "PARENT" | "JOINT" | "FEDERATION");
        let pays = if has_union { 0.85 } else { 0.45 };
        if !known || !draw.chance(pays) {
            continue;
        }
        let dues = if has_union { draw.chance(0.94) } else { draw.chance(0.12) };
        let due_yuan = entity.payroll_yuan / 50;
        let paid_yuan = match draw.below(100) {
            0..=81 => due_yuan,
            82..=92 => (due_yuan as f64 * (0.2 + 0.6 * draw.unit())) as i64,
            _ => 0,
        };
        made.entities[slot].payment = Some(Payment { dues, due_yuan, paid_yuan });
    }
}
