//! The invented city's federation: units, places with buildings' own lists, posts, services, dispatch agreements, collections, targets and
//! the year's rules, as the sheets that people would enter; and what a hub ought to say of them.
//!
//! In: a city. Out: sheets in the order in which they are entered, and the truth, added up here along the parents of units and compared with
//! the hub by tests. Names are invented; districts, streets and codes are Beijing's. What it does not do: enter anything.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use serde::Serialize;

use super::city::{City, first_day};
use super::draw::Draw;
use super::entity::Entity;
use super::federation_sheet::{SOURCE, Sheet, districts, draw, is_known, street_code};
use super::federation_year::{key_points, objections, pilots, rewards, rules, targets, work};
use super::words::TRADES;
use crate::model::reference::areas;

/// Neighbourhoods that are looked through for buildings and agencies, however large the city.
const LOOKED_THROUGH: u64 = 400;
/// Enterprises in a house from which on it is a building with a list of its own.
const BUILDING_FROM: usize = 4;
/// Kinds of services that districts report by month.
const SERVICES: [&str; 6] = ["MEDIATION", "LEGAL_AID", "HARDSHIP", "TRAINING", "JOBS", "HOTLINE"];
/// Industrial unions: code, name, sections and divisions of GB/T 4754.
const INDUSTRIAL: [(&str, &str, &str); 8] = [
    ("I-EDU", "市教育工会", "P"),
    ("I-CON", "市建设工会", "E"),
    ("I-TRA", "市交通运输工会", "G"),
    ("I-IND", "市工业工会", "C"),
    ("I-SER", "市服务工会", "H;O"),
    ("I-FIN", "市金融工会", "J"),
    ("I-CUL", "市文化工会", "R"),
    ("I-HEA", "市卫生工会", "Q"),
];

/// What a hub ought to say of a unit and of those below it on the city's first day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct UnitTruth {
    /// Units below, itself left out: founded, to do, and late of these.
    pub done: u64,
    pub to_do: u64,
    pub late: u64,
    /// Places that it keeps, by kind.
    pub places: BTreeMap<&'static str, u64>,
    pub approved: u64,
    pub filled: u64,
    pub vacant: u64,
    pub delegated_chairs: u64,
    /// Member cards of the year.
    pub cards: u64,
    pub agreements: u64,
    pub without_clause: u64,
    pub workers: u64,
    pub dispatched_members: u64,
    pub care_members: u64,
    /// Dues and preparatory fund paid, and what is owed of quarters that have ended, in fen.
    pub paid_fen: i64,
    pub arrears_fen: i64,
    /// Pilot areas.
    pub pilots: u64,
    /// Key points of the year, and how many of them are done.
    pub key_points: u64,
    pub key_points_done: u64,
    /// Objections against the year's appraisal.
    pub objections: u64,
    /// Yuan given for the year before.
    pub rewards_yuan: u64,
}

/// Who truly is in a building, and who stands on its list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BuildingTruth {
    pub name: String,
    pub district: u32,
    /// Credit codes of those whose registered address names it.
    pub there: Vec<String>,
    /// Credit codes on its own list.
    pub listed: Vec<String>,
    /// Lines of its own list that name nobody.
    pub unknown: Vec<String>,
}

/// What a hub ought to answer.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FederationTruth {
    pub units: BTreeMap<String, UnitTruth>,
    pub buildings: BTreeMap<String, BuildingTruth>,
    /// Credit codes of those who serve households, of the neighbourhoods that are looked through.
    pub domestic_service: BTreeSet<String>,
    /// The same of those who care for the old.
    pub care: BTreeSet<String>,
}

/// The invented federation.
#[derive(Debug, Clone, Default)]
pub struct SimulatedFederation {
    /// Noun and sheet, in the order in which they are entered.
    pub sheets: Vec<(&'static str, String)>,
    /// Targets of units.
    pub targets: String,
    pub truth: FederationTruth,
}

/// Units with their parents, and the truth as it grows.
#[derive(Default)]
struct Tally {
    parents: HashMap<String, String>,
    truth: FederationTruth,
}

impl Tally {
    /// Does something to the truth of a unit and of all above it.
    fn upwards(&mut self, code: &str, mut act: impl FnMut(&mut UnitTruth)) {
        let mut at = Some(code.to_owned());
        while let Some(code) = at {
            act(self.truth.units.entry(code.clone()).or_default());
            at = self.parents.get(&code).cloned();
        }
    }
}

/// The federation of a city.
pub fn federation(city: &City) -> SimulatedFederation {
    let mut made = SimulatedFederation::default();
    let mut tally = Tally::default();
    let units = units(city, &mut tally);
    made.sheets.push(("UNIT", units));
    let (places, listings) = places(city, &mut tally);
    made.sheets.extend([("PLACE", places), ("LISTING", listings)]);
    made.sheets.push(("POST", posts(city, &mut tally)));
    made.sheets.push(("SERVICE", services(city, &mut tally)));
    made.sheets.push(("DISPATCH", dispatch(city, &mut tally)));
    made.sheets.push(("COLLECTION", collections(city, &mut tally)));
    made.sheets.extend([("APPRAISAL", rules(2025)), ("APPRAISAL", rules(2026)), ("WORK", work(city))]);
    let (areas_of_pilots, units) = pilots(city);
    units.iter().for_each(|unit| tally.upwards(unit, |truth| truth.pilots += 1));
    let (points, units) = key_points(city);
    for (unit, is_done) in &units {
        tally.upwards(unit, |truth| {
            truth.key_points += 1;
            truth.key_points_done += u64::from(*is_done);
        });
    }
    let (said, units) = objections(city);
    units.iter().for_each(|unit| tally.upwards(unit, |truth| truth.objections += 1));
    let (given, units) = rewards(city);
    units.iter().for_each(|(unit, yuan)| tally.upwards(unit, |truth| truth.rewards_yuan += yuan));
    made.sheets.extend([("PILOT", areas_of_pilots), ("KEY_POINT", points), ("OBJECTION", said), ("REWARD", given)]);
    made.targets = targets(city);
    for number in 0..city.neighbourhoods().min(LOOKED_THROUGH) {
        for entity in city.neighbourhood(number).entities.iter().filter(|e| is_known(e)) {
            let of_trade = match TRADES[entity.trade].class {
                "8010" => &mut tally.truth.domestic_service,
                "8514" => &mut tally.truth.care,
                _ => continue,
            };
            of_trade.insert(entity.credit_code.clone());
        }
    }
    made.truth = tally.truth;
    made
}

/// The city's, districts', streets' and towns' federations, and industrial unions. Two of three streets have theirs; of the others some are
/// late.
fn units(city: &City, tally: &mut Tally) -> String {
    let mut sheet =
        Sheet::new(&["代码", "名称", "层级", "上级代码", "区划代码", "行业代码", "主席职务", "成立日期", "完成期限", "来源"]);
    let mut unit = |tally: &mut Tally, cells: [String; 9]| {
        let [code, _, level, parent, .., founded, due] = &cells;
        if !parent.is_empty() {
            tally.parents.insert(code.clone(), parent.clone());
            let is_late = founded.is_empty() && due.parse::<NaiveDate>().is_ok_and(|due| due < first_day());
            let is_done = !founded.is_empty();
            tally.upwards(parent, |truth| {
                truth.done += u64::from(is_done);
                truth.to_do += u64::from(!is_done);
                truth.late += u64::from(is_late);
            });
        }
        debug_assert!(!level.is_empty());
        tally.truth.units.entry(code.clone()).or_default();
        sheet.line(cells.into_iter().chain([SOURCE.to_owned()]));
    };
    let own = |text: &str| text.to_owned();
    unit(
        tally,
        [own("BJ"), own("市总工会"), own("市"), own(""), own("110000"), own(""), own("主席"), own("1950-01-01"), own("")],
    );
    for (code, name) in districts() {
        let cells = [
            format!("D{code}"),
            format!("{name}总工会"),
            own("区"),
            own("BJ"),
            code.to_string(),
            own(""),
            own("主席"),
            own("1985-05-01"),
            own(""),
        ];
        unit(tally, cells);
        for town in areas().towns_of(code) {
            let mut draw = draw(city, u64::from(town.code));
            let founded = draw.chance(0.67);
            let founded_on =
                NaiveDate::from_ymd_opt(2010 + draw.below(16) as i32, 1 + draw.below(12) as u32, 1 + draw.below(28) as u32);
            let founded_on = founded_on.filter(|_| founded).map(|day| day.to_string()).unwrap_or_default();
            let due = *draw.pick(&["2026-06-30", "2026-12-31", "2027-06-30"]);
            let (level, chair) =
                (if town.kind == "street" { "街道" } else { "乡镇" }, *draw.pick(&["主席", "常务副主席", "社会工作者"]));
            let due = if founded { "" } else { due };
            let cells = [
                street_code(town),
                format!("{}总工会", town.name_zh),
                own(level),
                format!("D{code}"),
                town.code.to_string(),
                own(""),
                own(if founded { chair } else { "" }),
                founded_on,
                own(due),
            ];
            unit(tally, cells);
        }
    }
    for (code, name, industries) in INDUSTRIAL {
        let planned = matches!(code, "I-CUL" | "I-HEA");
        let (founded, due) = if planned { ("", "2026-12-31") } else { ("1990-06-01", "") };
        unit(
            tally,
            [own(code), own(name), own("产业"), own("BJ"), own(""), own(industries), own("主席"), own(founded), own(due)],
        );
    }
    sheet.text()
}

/// Centres of the city and of districts, stations of streets, and houses with many enterprises as buildings with lists of their own: most of
/// who is there, somebody who is not, and a name that nobody bears.
fn places(city: &City, tally: &mut Tally) -> (String, String) {
    let mut places = Sheet::new(&[
        "编号",
        "名称",
        "类别",
        "单位代码",
        "地址",
        "区划代码",
        "经度",
        "纬度",
        "服务项目",
        "党建工作站",
        "社会工作站",
        "工会服务站",
        "驻站人数",
        "来源",
    ]);
    let mut listings = Sheet::new(&["楼宇编号", "企业", "来源"]);
    let mut place = |tally: &mut Tally, kind: &'static str, unit: &str, cells: [String; 12]| {
        tally.upwards(unit, |truth| *truth.places.entry(kind).or_default() += 1);
        let [code, name, rest @ ..] = cells;
        let head = [code, name, kind.to_owned(), unit.to_owned()];
        places.line(head.into_iter().chain(rest.into_iter().take(9)).chain([SOURCE.to_owned()]));
    };
    let at = |(east, north): (f64, f64)| [format!("{east:.5}"), format!("{north:.5}")];
    let near =
        |(east, north): (f64, f64), draw: &mut Draw| (east + (draw.unit() - 0.5) * 0.04, north + (draw.unit() - 0.5) * 0.03);
    let cells = |code: String,
                 name: String,
                 address: String,
                 area: String,
                 point: [String; 2],
                 services: &str,
                 flags: [bool; 3],
                 officers: usize| {
        let [east, north] = point;
        let [party, social, union] = flags.map(|is| (if is { "是" } else { "否" }).to_owned());
        [code, name, address, area, east, north, services.to_owned(), party, social, union, officers.to_string(), String::new()]
    };
    const SERVES: &str = "入会；争议调解；法律援助；困难帮扶；就业服务";
    let points = town_points(city);
    let label = |district: u32| areas().district(district).map_or((116.4, 39.9), |d| d.label);
    place(
        tally,
        "CENTRE",
        "BJ",
        cells(
            "C-BJ".into(),
            "市职工服务中心".into(),
            "虚构路1号".into(),
            "110000".into(),
            at((116.40, 39.91)),
            SERVES,
            [false; 3],
            24,
        ),
    );
    for (district, name) in districts() {
        let mut draw = draw(city, u64::from(district));
        let point = at(near(label(district), &mut draw));
        let (code, unit) = (format!("C-{district}"), format!("D{district}"));
        let centre = cells(
            code,
            format!("{name}职工服务中心"),
            format!("{name}虚构路2号"),
            district.to_string(),
            point,
            SERVES,
            [false; 3],
            6 + draw.below(8),
        );
        place(tally, "CENTRE", &unit, centre);
        for town in areas().towns_of(district) {
            let mut draw = self::draw(city, 1_000_000_000 + u64::from(town.code));
            if draw.chance(0.55) {
                let point = points.get(&town.code).copied().unwrap_or_else(|| near(label(district), &mut draw));
                let station = cells(
                    format!("Z-{}", town.code),
                    format!("{}工会服务站", town.name_zh),
                    format!("{name}{}虚构街{}号", town.name_zh, draw.between(1, 90)),
                    town.code.to_string(),
                    at(point),
                    "入会；争议调解；困难帮扶",
                    [draw.chance(0.5), draw.chance(0.4), true],
                    1 + draw.below(4),
                );
                place(tally, "STATION", &street_code(town), station);
            }
        }
    }
    let mut seen: Vec<String> = Vec::new();
    for number in 0..city.neighbourhoods().min(LOOKED_THROUGH) {
        let made = city.neighbourhood(number);
        let mut houses: BTreeMap<&str, Vec<&Entity>> = BTreeMap::new();
        // A site that goes under its company's code is the same enterprise.
        let mut told: HashSet<&str> = HashSet::new();
        let known: Vec<&Entity> = made.entities.iter().filter(|e| is_known(e) && told.insert(e.credit_code.as_str())).collect();
        for entity in &known {
            // Two houses of a neighbourhood can bear one name.
            let names: BTreeSet<&str> = made.houses.iter().map(String::as_str).collect();
            for house in names.into_iter().filter(|house| entity.address.contains(house)) {
                houses.entry(house).or_default().push(*entity);
            }
        }
        // The one with the most enterprises; of equals the first by name.
        let fullest = houses.into_iter().rev().max_by_key(|(_, there)| there.len());
        let Some((house, there)) = fullest.filter(|(_, there)| there.len() >= BUILDING_FROM) else { continue };
        let (district, unit) = (there[0].district, format!("S{}", there[0].town));
        let key = format!("{district} {house}");
        if seen.contains(&key) {
            continue;
        }
        seen.push(key);
        let mut draw = self::draw(city, 2_000_000_000 + number);
        let (code, is_park) = (format!("L-{number:04}"), house.ends_with("园"));
        let kind = if is_park { "PARK" } else { "BUILDING" };
        let joint = draw.chance(0.4);
        let flags = [joint || draw.chance(0.4), joint || draw.chance(0.3), joint || draw.chance(0.3)];
        let building = cells(
            code.clone(),
            house.to_owned(),
            there[0].address.clone(),
            district.to_string(),
            at(there[0].location),
            if flags[2] { "入会" } else { "" },
            flags,
            usize::from(flags[2]),
        );
        place(tally, kind, &unit, building);
        let mut truth = BuildingTruth {
            name: house.to_owned(),
            district,
            there: there.iter().map(|e| e.credit_code.clone()).collect(),
            ..BuildingTruth::default()
        };
        let elsewhere = known.iter().find(|e| !e.address.contains(house)).copied();
        let listed = there.iter().filter(|_| !draw.chance(0.1)).copied().chain(elsewhere).collect::<Vec<_>>();
        truth.listed = listed.iter().map(|e| e.credit_code.clone()).collect();
        truth.unknown.push(format!("名单所写而查无此名之公司{number}"));
        for enterprise in truth.listed.iter().chain(&truth.unknown) {
            listings.line([code.clone(), enterprise.clone(), format!("{house}物业（虚构）")]);
        }
        tally.truth.buildings.insert(code, truth);
    }
    (places.text(), listings.text())
}

/// The middle of the enterprises of each town, of the neighbourhoods that are looked through.
fn town_points(city: &City) -> HashMap<u32, (f64, f64)> {
    let mut sums: HashMap<u32, (f64, f64, f64)> = HashMap::new();
    for number in 0..city.neighbourhoods().min(LOOKED_THROUGH) {
        for entity in city.neighbourhood(number).entities {
            let sum = sums.entry(entity.town).or_default();
            *sum = (sum.0 + entity.location.0, sum.1 + entity.location.1, sum.2 + 1.0);
        }
    }
    sums.into_iter().map(|(town, (east, north, count))| (town, (east / count, north / count))).collect()
}

/// Social workers of streets and assistants of districts, in spring and in autumn; the later statement counts.
fn posts(city: &City, tally: &mut Tally) -> String {
    let mut sheet = Sheet::new(&["单位代码", "岗位", "编制", "在岗", "派任主席", "补贴", "截至日期", "来源"]);
    let mut state = |tally: &mut Tally, unit: &str, kind: &str, draw: &mut Draw, most: usize| {
        let approved = 1 + draw.below(most) as u64;
        for (day, counts) in [("2026-03-31", false), ("2026-09-30", true)] {
            let filled = approved - draw.below(approved.min(3) as usize) as u64;
            let chairs = if kind == "工会社会工作者" { draw.below(filled as usize + 1) as u64 / 2 } else { 0 };
            if counts {
                tally.upwards(unit, |truth| {
                    truth.approved += approved;
                    truth.filled += filled;
                    truth.vacant += approved - filled;
                    truth.delegated_chairs += chairs;
                });
            }
            let numbers = [approved, filled, chairs].map(|n| n.to_string());
            let head = [unit.to_owned(), kind.to_owned()];
            sheet.line(head.into_iter().chain(numbers).chain(["12000".to_owned(), day.to_owned(), SOURCE.to_owned()]));
        }
    };
    for (district, _) in districts() {
        let mut draw = draw(city, 3_000_000_000 + u64::from(district));
        state(tally, &format!("D{district}"), "协管员", &mut draw, 12);
        state(tally, &format!("D{district}"), "大学生协管员", &mut draw, 6);
        for town in areas().towns_of(district) {
            state(tally, &street_code(town), "工会社会工作者", &mut draw, 4);
        }
    }
    sheet.text()
}

/// Services of districts by month, and cards of streets by quarter's end.
fn services(city: &City, tally: &mut Tally) -> String {
    let mut sheet = Sheet::new(&["单位代码", "服务项目", "期间", "数量", "来源"]);
    let mut line = |unit: &str, kind: &str, period: String, count: u64| {
        sheet.line([unit.to_owned(), kind.to_owned(), period, count.to_string(), SOURCE.to_owned()]);
    };
    for (district, _) in districts() {
        let mut draw = draw(city, 4_000_000_000 + u64::from(district));
        let unit = format!("D{district}");
        for kind in SERVICES {
            for month in 1..=9 {
                line(&unit, kind, format!("2026-{month:02}"), draw.below(40) as u64);
            }
        }
        for kind in ["MATERIAL", "MEDIA", "MODEL_CASE", "FLEXIBLE_WORKER"] {
            line(&unit, kind, "2025".to_owned(), draw.below(900) as u64);
        }
        for town in areas().towns_of(district) {
            for month in [3, 6, 9] {
                let count = draw.below(300) as u64;
                line(&street_code(town), "CARD", format!("2026-{month:02}"), count);
                tally.upwards(&street_code(town), |truth| truth.cards += count);
            }
        }
    }
    sheet.text()
}

/// Agreements between agencies and hosts of the same neighbourhood; those of domestic service and care bear the rule.
fn dispatch(city: &City, tally: &mut Tally) -> String {
    let mut sheet = Sheet::new(&[
        "单位代码",
        "派遣单位",
        "用工单位",
        "协议日期",
        "2%条款",
        "派遣人数",
        "会员人数",
        "入会单位",
        "家政护理认定依据",
        "来源",
    ]);
    for number in 0..city.neighbourhoods().min(LOOKED_THROUGH) {
        let made = city.neighbourhood(number);
        let mut draw = draw(city, 5_000_000_000 + number);
        let known: Vec<&Entity> = made.entities.iter().filter(|e| is_known(e)).collect();
        let services = |e: &&&Entity| ["72", "80", "85"].iter().any(|class| TRADES[e.trade].class.starts_with(class));
        let Some(agency) = known.iter().find(services) else { continue };
        let hosts = known.iter().filter(|e| e.id != agency.id && e.employees >= 20);
        for host in hosts.take(1 + draw.below(3)) {
            let workers = 3 + draw.below(120) as u64;
            let (members, clause, at_host) = (draw.below(workers as usize + 1) as u64, draw.chance(0.6), draw.chance(0.3));
            let is_care = ["80", "85"].iter().any(|class| TRADES[agency.trade].class.starts_with(class));
            let unit = format!("D{}", agency.district);
            tally.upwards(&unit, |truth| {
                truth.agreements += 1;
                truth.without_clause += u64::from(!clause);
                truth.workers += workers;
                truth.dispatched_members += members;
                truth.care_members += if is_care { members } else { 0 };
            });
            let own = |text: &str| text.to_owned();
            sheet.line([
                unit,
                agency.credit_code.clone(),
                host.credit_code.clone(),
                format!("2026-{:02}-01", 1 + draw.below(9)),
                own(if clause { "是" } else { "否" }),
                workers.to_string(),
                members.to_string(),
                own(if at_host { "用工单位" } else { "派遣单位" }),
                own(if is_care { "国民经济行业 80、85（示例规则）" } else { "" }),
                own(SOURCE),
            ]);
        }
    }
    sheet.text()
}

/// What the tax office collected in districts, by quarter; the last one has not ended.
fn collections(city: &City, tally: &mut Tally) -> String {
    let mut sheet = Sheet::new(&[
        "单位代码",
        "开始日期",
        "领导小组",
        "所属期",
        "工资总额",
        "工会经费",
        "建会筹备金",
        "返还比例",
        "返还依据",
        "税务合计",
        "来源",
    ]);
    for (district, name) in districts() {
        let mut draw = draw(city, 6_000_000_000 + u64::from(district));
        let unit = format!("D{district}");
        for (quarter, has_ended) in [(1, true), (2, true), (3, false)] {
            let payroll = draw.between(40_000_000, 400_000_000);
            let due = (payroll * 100 + 25) / 50;
            let dues = due * draw.between(40, 80) / 100 / 100;
            let preparatory = due * draw.between(5, 25) / 100 / 100;
            let paid = (dues + preparatory) * 100;
            tally.upwards(&unit, |truth| {
                truth.paid_fen += paid;
                truth.arrears_fen += if has_ended { (due - paid).max(0) } else { 0 };
            });
            let tax = dues + preparatory + if draw.chance(0.3) { draw.between(1, 90_000) } else { 0 };
            let own = |text: &str| text.to_owned();
            sheet.line([
                unit.clone(),
                own("2026-01-01"),
                format!("{name}代收工作领导小组（虚构）"),
                format!("2026Q{quarter}"),
                payroll.to_string(),
                dues.to_string(),
                preparatory.to_string(),
                own("60"),
                own("示例返还办法第五条（虚构）"),
                tax.to_string(),
                own(SOURCE),
            ]);
        }
    }
    sheet.text()
}
