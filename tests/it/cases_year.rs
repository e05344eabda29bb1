//! A city lives a year: fifty officers, visits with errors, foundings, refusals, moves, renames, mergers, an officer who leaves. What the
//! world did is kept beside the hub, which never sees it; at the end every founding is explained by its case, every case agrees with
//! the roll, and the counts are those of the truth.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Duration, TimeZone, Utc};
use huitu::cases::standing::{CaseOrigin, CaseOwner};
use huitu::hub::cases::CaseOpening;
use huitu::hub::progress::Silent;
use huitu::hub::visits::{Bringing, NewVisits};
use huitu::model::Clock;
use huitu::model::verdict::GapStatus;
use huitu::store::case::{CaseQuery, CaseRow};

use crate::cases::{agrees_with_its_steps, connector};
use crate::registries::credit_code;
use crate::support::hub::{TestHub, hub_with};

const FIRMS: u32 = 240;
const OFFICERS: u32 = 50;

/// What a firm really is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Really {
    Lacking,
    /// On the roll, no dues yet.
    OnRoll,
    Founded,
    Refuses,
    Moved,
    StruckOff,
    /// Taken in by another one.
    Merged,
}

#[derive(Debug, Clone)]
struct Firm {
    number: u32,
    really: Really,
    /// Renamed so often.
    names: u32,
}

/// Numbers by seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

struct Year {
    city: TestHub,
    clock: Clock,
    firms: Vec<Firm>,
    dice: Dice,
}

/// Fifty officers, ten in each of five districts.
fn district(number: u32) -> String {
    ["110101", "110102", "110105", "110106", "110108"][(number % OFFICERS / 10) as usize].to_owned()
}

fn officer(number: u32) -> CaseOwner {
    let number = number % OFFICERS;
    CaseOwner { unit: district(number), role: Some(format!("协管员{number}")), name: None }
}

/// The open cases of an officer.
fn of_officer(number: u32) -> CaseQuery {
    let CaseOwner { unit, role, .. } = officer(number);
    CaseQuery { owner_units: vec![unit], owner_role: role, states: vec!["OPEN".into()], ..CaseQuery::default() }
}

impl Year {
    async fn new() -> Year {
        let clock = Clock::fixed(Utc.with_ymd_and_hms(2026, 1, 5, 2, 0, 0).unwrap());
        let firms = connector(
            "enterprise",
            "\"职工\" = \"employees\"\n\"规上\" = \"official_list\"\n\"区划\" = \"area\"\n\"状态\" = \"status\"",
        );
        let roll = connector("union", "\"工会\" = \"union_name\"\n\"类型\" = \"union_kind\"\n\"会员\" = \"members\"");
        let fund = connector(
            "payment",
            "\"费种\" = \"payment_kind\"\n\"所属期\" = \"period\"\n\"应缴\" = { field = \"due\", unit = \"yuan\" }\n\
             \"实缴\" = { field = \"paid\", unit = \"yuan\" }",
        );
        let city = hub_with(&[("firms", firms), ("roll", roll), ("fund", fund)], clock.clone()).await;
        let firms = (0..FIRMS).map(|number| Firm { number, really: Really::Lacking, names: 0 }).collect();
        let year = Year { city, clock, firms, dice: Dice(7) };
        year.sync().await;
        year
    }

    fn name(f: &Firm) -> String {
        let letters = ["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸"];
        let word: String = format!("{:03}", f.number).bytes().map(|b| letters[usize::from(b - b'0')]).collect();
        match f.names {
            0 => format!("北京{word}示例有限公司"),
            n => format!("北京{word}更名{n}示例有限公司"),
        }
    }

    /// What the departments write this month.
    async fn sync(&self) {
        let (mut firms, mut roll, mut fund) = (String::new(), String::new(), String::new());
        for f in &self.firms {
            let (name, mut code) = (Year::name(f), credit_code(f.number + 1));
            let (mut name_of_firm, mut status) = (name.clone(), "存续");
            // Of two that became one the registry shows both rows under one code, name and standing.
            let is = if f.really == Really::Merged { &self.firms[f.number as usize + 1] } else { f };
            if f.really == Really::Merged {
                (code, name_of_firm) = (credit_code(is.number + 1), Year::name(is));
            }
            match is.really {
                Really::Moved => status = "迁出",
                Really::StruckOff => status = "注销",
                _ => {}
            }
            firms.push_str(&format!("F{},{name_of_firm},{code},120,是,{},{status}\n", f.number, district(f.number)));
            if matches!(f.really, Really::OnRoll | Really::Founded) {
                roll.push_str(&format!("U{},{name},{code},{name}工会委员会,独立基层工会,80\n", f.number));
            }
            if f.really == Really::Founded {
                fund.push_str(&format!("P{},{name},{code},工会经费,2026Q4,1000,1000\n", f.number));
            }
        }
        // One that had a union all along, and one that pays the preparatory fund: neither roll nor payments are ever empty.
        let old = credit_code(900);
        firms.push_str(&format!("F900,北京老厂示例有限公司,{old},120,是,110101001,存续\n"));
        roll.push_str(&format!("U900,北京老厂示例有限公司,{old},北京老厂示例有限公司工会委员会,独立基层工会,80\n"));
        fund.push_str(&format!("P900,北京老厂示例有限公司,{old},工会经费,2026Q4,1000,1000\n"));
        self.city.write("connectors/firms/rows.csv", format!("编号,名称,代码,职工,规上,区划,状态\n{firms}"));
        self.city.write("connectors/roll/rows.csv", format!("编号,名称,代码,工会,类型,会员\n{roll}"));
        self.city.write("connectors/fund/rows.csv", format!("编号,名称,代码,费种,所属期,应缴,实缴\n{fund}"));
        self.city.sync(&[]).await;
        if self.city.hub.held_edition().await.unwrap().is_some_and(|held| held.waits()) {
            self.city.hub.release_edition(None, "甲", "一个月的变化", Arc::new(Silent)).await.unwrap();
        }
    }

    /// The case of a firm by the record that founded its enterprise.
    async fn cases(&self) -> BTreeMap<String, CaseRow> {
        let all = self.city.hub.store.cases(&CaseQuery::default(), 10_000, None).await.unwrap();
        all.into_iter().map(|row| (row.id.clone(), row)).collect()
    }

    /// What happens in the world in a month.
    fn live(&mut self, month: u32) {
        for at in 0..self.firms.len() {
            let roll = self.dice.below(100);
            let f = &mut self.firms[at];
            match (f.really, roll) {
                (Really::OnRoll, 0..=69) => f.really = Really::Founded,
                (Really::Lacking | Really::Refuses, 0..=4) => f.really = Really::OnRoll,
                (Really::Lacking, 5..=6) => f.really = Really::Refuses,
                (Really::Lacking, 7) => f.really = Really::Moved,
                (Really::Lacking, 8) => f.really = Really::StruckOff,
                (Really::Lacking | Really::Founded, 9..=10) => f.names += 1,
                // A union that is taken off the roll again.
                (Really::Founded, 11) => f.really = Really::Lacking,
                _ => {}
            }
        }
        // Twice in the year two become one.
        if matches!(month, 4 | 8) {
            let quiet = |f: &Firm| f.really == Really::Lacking;
            let pair = (10..self.firms.len() - 1)
                .find(|at| quiet(&self.firms[*at]) && quiet(&self.firms[at + 1]) && at % 3 == month as usize % 3);
            self.firms[pair.expect("two quiet neighbours")].really = Really::Merged;
        }
    }
}

/// Everybody on the list gets a case of the officer in charge.
async fn open_for_all(hub: &huitu::hub::Hub, month: u32) {
    let edition = hub.editions.current().unwrap();
    let mut of: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for row in edition.filter(&huitu::edition::Filter::InGap).unwrap().iter() {
        let e = edition.enterprise(row);
        let key = e.members().find(|m| m.registry() == "firms").map(|m| m.key().to_owned()).unwrap();
        let firm: u32 = key.trim_start_matches('F').parse().unwrap();
        of.entry(firm % OFFICERS).or_default().push(e.id().to_owned());
    }
    for (n, ids) in of {
        // Whoever left in March is followed by the next one.
        let n = if n == 7 && month > 3 { 8 } else { n };
        let opening =
            CaseOpening {
                origin: CaseOrigin::List, owner: Some(officer(n)), next_on: None, note: None, by: Some("市总".into())
            };
        hub.open_cases(&ids, &opening).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_year_of_fifty_officers_ends_as_the_roll_says() {
    let mut year = Year::new().await;
    let hub = year.city.hub.clone();
    let start = Utc.with_ymd_and_hms(2026, 1, 5, 2, 0, 0).unwrap();
    let (mut brought, mut doubted, mut taken_back) = (0, 0, 0);
    for month in 1..=12_u32 {
        year.clock.set(start + Duration::days(i64::from(month) * 30));
        open_for_all(&hub, month).await;
        year.live(month);
        year.sync().await;
        let edition = hub.editions.current().unwrap();
        // In March an officer leaves: the next one takes over, case by case.
        if month == 3 {
            let left = hub.store.count_cases(&of_officer(7)).await.unwrap();
            let (cases, _) = hub.hand_over(&officer(7), &officer(8), Vec::new(), Some("移交"), Some("主席")).await.unwrap();
            assert!(left > 0 && cases as i64 == left, "{cases} of {left}");
            assert_eq!(hub.store.count_cases(&of_officer(7)).await.unwrap(), 0);
        }
        // Five officers walk a list each; every third makes a mess of it.
        for walk in 0..5_u32 {
            let who = (month * 5 + walk) % OFFICERS;
            let query = of_officer(who);
            let new = NewVisits {
                title: format!("{month}月"),
                query,
                doors: 20,
                lists: 1,
                owners: vec![officer(who)],
                ..NewVisits::default()
            };
            let Ok(drawn) = hub.draw_visits(new).await else { continue };
            let list = &drawn[0];
            let messy = walk % 3 == 2;
            let mut rows = vec![["案件编号", "到访结果", "答复", "走访时间"].map(str::to_owned).to_vec()];
            let day = year.clock.now() - Duration::hours(2);
            for (at, stop) in list.stops.iter().enumerate() {
                let row = edition.enterprise_of_id(&stop.enterprise_id);
                let key = row.and_then(|e| e.members().find(|m| m.registry() == "firms").map(|m| m.key().to_owned())).unwrap();
                let firm: usize = key.trim_start_matches('F').parse().unwrap();
                let really = year.firms[firm].really;
                let (door, answer) = match really {
                    Really::Refuses => ("met", "refused"),
                    _ if messy && at == 0 => ("查无此单位", ""),
                    Really::OnRoll => ("met", "date_set"),
                    _ => ("met", "thinks"),
                };
                // Whoever makes a mess of it was at every door within a minute, or writes codes that do not exist.
                let answer = if messy && at == 1 { "perhaps" } else { answer };
                let minutes = if messy && list.stops.len() > 6 { 0 } else { at as i64 * 12 };
                let time = (day + Duration::minutes(minutes)).with_timezone(&chrono_tz::Asia::Shanghai);
                let cells = [stop.case_id.as_str(), door, answer, &time.format("%Y-%m-%d %H:%M").to_string()];
                rows.push(cells.map(str::to_owned).to_vec());
                if answer == "date_set" {
                    let on = (year.clock.now() + Duration::days(20)).date_naive();
                    rows[0].resize(5, "约定日期".into());
                    rows.last_mut().unwrap().push(on.to_string());
                }
            }
            let visitor = format!("officer {who}");
            let bringing = Bringing { list: list.list.id.clone(), visitor: visitor.clone(), by: Some(visitor.clone()) };
            let receipt = hub.bring_visits(&bringing, &rows, Arc::new(Silent)).await.unwrap();
            assert_eq!(receipt.read, receipt.counts + receipt.already + receipt.asked.len() + receipt.refused.len());
            let again = hub.bring_visits(&bringing, &rows, Arc::new(Silent)).await.unwrap();
            assert_eq!((again.counts, again.asked.len()), (0, 0), "twice is once");
            (brought, doubted) = (brought + receipt.counts, doubted + receipt.asked.len() + receipt.refused.len());
            if messy {
                let back =
                    hub.take_back_visits(&list.list.id, Some(&visitor), Some("主席"), Some("走错门"), Arc::new(Silent)).await;
                taken_back += back.map_or(0, |(visits, _)| visits);
            }
        }
    }
    year.sync().await;
    println!("{brought} visits count, {doubted} doubted or refused, {taken_back} taken back");
    assert!(brought > 100 && doubted > 5 && taken_back > 10);

    // Every case is what its steps make.
    let cases = year.cases().await;
    for case in cases.values() {
        agrees_with_its_steps(&hub.store, case).await;
    }
    // Each firm's case agrees with what it really is.
    let edition = hub.editions.current().unwrap();
    let of_enterprise: BTreeMap<&str, &CaseRow> = cases.values().map(|c| (c.enterprise_id.as_str(), c)).collect();
    let mut counted: BTreeMap<(Really, &str), u32> = BTreeMap::new();
    let mut wrong = Vec::new();
    for row in 0..edition.len() {
        let e = edition.enterprise(row);
        let keys: Vec<u32> =
            e.members().filter(|m| m.registry() == "firms").map(|m| m.key().trim_start_matches('F').parse().unwrap()).collect();
        let firms: Vec<&Firm> = keys.iter().filter(|k| **k < FIRMS).map(|k| &year.firms[*k as usize]).collect();
        // Of two that became one, what the one that is left is.
        let Some(firm) = firms.iter().find(|f| f.really != Really::Merged) else { continue };
        let case = of_enterprise.get(e.id());
        let stands = match case {
            None => "none",
            Some(c) if c.state == "OPEN" => "open",
            Some(c) if c.reason.as_deref() == Some("done_independent") && c.by_data == 1 => "won",
            Some(_) => "closed",
        };
        *counted.entry((firm.really, stands)).or_default() += 1;
        let right = match firm.really {
            Really::Founded => stands == "won",
            Really::OnRoll => stands == "open" && case.is_some_and(|c| c.stage == "TAX_SWITCH"),
            Really::Lacking | Really::Refuses => stands == "open",
            Really::Moved | Really::StruckOff => stands == "closed",
            Really::Merged => false,
        };
        if !right {
            wrong.push(format!(
                "F{} is {:?}, its case {stands}: {:?}",
                firm.number,
                firm.really,
                case.map(|c| (&c.stage, &c.reason))
            ));
        }
        if stands == "won" {
            assert_eq!(e.gap(), Some(GapStatus::Covered));
            let evidence = case.unwrap().evidence.as_deref().unwrap();
            assert!(
                evidence.contains(&format!("U{}", firm.number)) && evidence.contains(&format!("P{}", firm.number)),
                "{evidence}"
            );
        }
    }
    assert!(wrong.is_empty(), "{counted:?}\n{}", wrong.join("\n"));
    // The counts are those of the truth.
    let really = |what: Really| year.firms.iter().filter(|f| f.really == what).count() as u32;
    let stands = |what: &str| counted.iter().filter(|((_, s), _)| *s == what).map(|(_, n)| n).sum::<u32>();
    assert_eq!(stands("won"), really(Really::Founded));
    assert_eq!(stands("open"), really(Really::Lacking) + really(Really::Refuses) + really(Really::OnRoll));
    assert_eq!(really(Really::Merged), 2);
    assert!(stands("won") > 40 && really(Really::StruckOff) > 3 && really(Really::Moved) > 3, "{counted:?}");
    assert_eq!(of_enterprise.len(), cases.len(), "an enterprise has one case that goes on");
}
